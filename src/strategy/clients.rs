//! What strategies are written against: the cache and the database as their callers see them.
//!
//! A call is a message over a link, the server's queue and service, and a message back, all within a timeout.

use std::cell::{Cell, RefCell};

use crate::cache::node::{Answer, CacheNode, Command};
use crate::cache::shards::Shards;
use crate::database::{Asked, Database, Reply, Row};
use crate::engine::{Call, Event, Failure, Kernel};
use crate::fault::Triggers;
use crate::ledger::{Key, WriteId};
use crate::network::{Network, Way};
use crate::random::Stream;
use crate::scenario::Link;
use crate::time::Nanos;

/// The kinds of event with which calls reach their servers; the index is the call's.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// A command reaches the cache.
    pub cache_arrival: u8,
    /// A query reaches the database.
    pub database_arrival: u8,
}

/// An application server's view of the world.
pub struct App<'a> {
    /// The cache.
    pub cache: CacheClient<'a>,
    /// The database.
    pub database: DatabaseClient<'a>,
    /// Who waits for the answer.
    pub client: Client,
}

/// The client who waits for the answer to a write. Usually the answer is what the strategy's code returns; code that
/// goes on after the answer, in the background, gives it here.
#[derive(Debug, Default)]
pub struct Client {
    told: Cell<Option<Told>>,
}

/// What an early yes is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The database has the write.
    Done,
    /// The server is still going to bring the write to the database.
    Promised,
}

impl Client {
    /// Tells the client yes now: the database has the write, and what follows is tidying up.
    pub fn say_yes(&self) {
        self.told.set(Some(Told::Done));
    }

    /// Tells the client yes now, although the database has yet to get the write.
    pub fn promise(&self) {
        self.told.set(Some(Told::Promised));
    }

    /// The yes given since this was last asked.
    pub fn take_told(&self) -> Option<Told> {
        self.told.take()
    }
}

/// A cache node's view of the world, for work it does by itself.
pub struct CacheSide<'a> {
    /// The clock.
    pub kernel: &'a Kernel,
    /// The node itself.
    pub node: &'a CacheNode,
    /// The database.
    pub database: DatabaseClient<'a>,
    /// Faults that wait for a flush.
    pub triggers: &'a Triggers,
}

/// The cache as an application sees it.
pub struct CacheClient<'a> {
    /// The clock.
    pub kernel: &'a Kernel,
    /// The network between.
    pub network: &'a Network,
    /// The nodes that answer, each for its keys.
    pub nodes: &'a Shards,
    /// The kinds of event.
    pub events: Events,
    /// The patience of a call.
    pub timeout: Option<Nanos>,
}

impl CacheClient<'_> {
    /// The value of `key`, if the cache has it.
    pub async fn get(&self, key: Key) -> Result<Option<WriteId>, Failure> {
        self.call(Command::Get(key)).await
    }

    /// The value of `key`, which the cache loads if it has to.
    pub async fn fetch(&self, key: Key) -> Result<WriteId, Failure> {
        let value = self.call(Command::Fetch(key)).await?;
        Ok(value.expect("a load brings a value or fails"))
    }

    /// Puts a value in the cache.
    pub async fn set(&self, key: Key, value: WriteId) -> Result<(), Failure> {
        self.call(Command::Set(key, value)).await.map(drop)
    }

    /// Takes a key out of the cache.
    pub async fn delete(&self, key: Key) -> Result<(), Failure> {
        self.call(Command::Delete(key)).await.map(drop)
    }

    /// Puts a value in the cache and leaves it to the cache to write it to the database later.
    pub async fn write_behind(&self, key: Key, value: WriteId) -> Result<(), Failure> {
        self.call(Command::WriteBehind(key, value)).await.map(drop)
    }

    async fn call(&self, command: Command) -> Answer {
        let call: Call<'_, Command, Answer> = self.nodes.command(command);
        self.network.send(Link::AppCache, Way::There, Event::new(self.events.cache_arrival, call.id()));
        self.kernel.timeout(self.timeout, call).await.unwrap_or(Err(Failure::TimedOut))
    }
}

/// The database as an application server or a cache sees it.
pub struct DatabaseClient<'a> {
    /// The clock.
    pub kernel: &'a Kernel,
    /// The network between.
    pub network: &'a Network,
    /// The link its messages take.
    pub link: Link,
    /// The database itself.
    pub database: &'a Database,
    /// The kinds of event.
    pub events: Events,
    /// The patience of a call.
    pub timeout: Option<Nanos>,
    /// How often a failed call is tried again.
    pub retries: u32,
    /// The pause before the first retry.
    pub backoff: Nanos,
    /// Draws the random half of each pause.
    pub jitter: &'a RefCell<Stream>,
}

impl DatabaseClient<'_> {
    /// The committed value of `key`.
    pub async fn read(&self, key: Key) -> Result<WriteId, Failure> {
        self.with_retries(|| self.database.read(key, self.link)).await
    }

    /// Commits `value` for `key`.
    pub async fn write(&self, key: Key, value: WriteId) -> Result<(), Failure> {
        self.with_retries(|| self.database.write(Row { key, write: value }, self.link)).await.map(drop)
    }

    /// Commits all rows, or none.
    pub async fn write_batch(&self, rows: &[Row]) -> Result<(), Failure> {
        self.with_retries(|| self.database.write_batch(rows, self.link)).await.map(drop)
    }

    /// Calls, and calls again after a growing pause; the failure reported is the one that leaves most open.
    async fn with_retries<'c>(&self, begin: impl Fn() -> Call<'c, Asked, Reply>) -> Reply {
        let mut worst: Option<Failure> = None;
        for attempt in 0..=self.retries {
            if attempt > 0 {
                self.kernel.sleep(self.pause(attempt)).await;
            }
            let call = begin();
            self.network.send(self.link, Way::There, Event::new(self.events.database_arrival, call.id()));
            match self.kernel.timeout(self.timeout, call).await.unwrap_or(Err(Failure::TimedOut)) {
                Ok(value) => return Ok(value),
                // An attempt that may still succeed behind our back outweighs a later clear no.
                Err(failure) => worst = Some(worst.filter(|worst| worst.leaves_open()).unwrap_or(failure)),
            }
        }
        Err(worst.expect("at least one attempt"))
    }

    /// The pause before retry `attempt`: it doubles each time, and half of it is drawn at random.
    fn pause(&self, attempt: u32) -> Nanos {
        let full = self.backoff.0.saturating_mul(1 << (attempt - 1).min(20));
        let share = 0.5 + 0.5 * self.jitter.borrow_mut().unit();
        Nanos((full as f64 * share) as u64)
    }
}
