//! What strategies are written against: the cache and the database as their callers see them.
//!
//! A call is a message over a link, the server's queue and service, and a message back, all within a timeout.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::Location;
use std::pin::pin;

use super::{negative, source};
use crate::app::{AppServerState, Breaker, Permit, Pool, RetryBudget, pause_before};
use crate::cache::command::{Answer, Command, Fill, Found, LeaseAsked};
use crate::cache::near::{Begun, NearCache};
use crate::cache::node::CacheNode;
use crate::cache::refresh::Refresh;
use crate::cache::shards::Shards;
use crate::cache::ttl::EntryTtl;
use crate::cache::values::Values;
use crate::cache::write_queue::WriteQueues;
use crate::database::{Database, Request, Response, Row};
use crate::engine::{Call, CallId, Event, Kernel};
use crate::fault::Triggers;
use crate::jobs::{Job, Jobs};
use crate::ledger::Ledger;
use crate::model::{CallError, Change, Key, WriteId};
use crate::network::{Direction, Network, Payload};
use crate::random::Stream;
use crate::scenario::Link;
use crate::time::Nanos;
use crate::workload::rows::Rows;

/// The kinds of event with which calls reach their servers; the index is the call's.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// A command reaches the cache.
    pub cache_arrival: u8,
    /// A query reaches the database.
    pub database_arrival: u8,
}

/// Tells whoever follows the present task from which line of its strategy it calls. What strategies call is therefore no
/// `async fn`: those do not know their callers. (scripts/symbols.mjs knows that lines of strategies are read, and other lines not.)
#[track_caller]
#[inline]
fn note_line(network: &Network, kernel: &Kernel) {
    if let Some(watcher) = network.watched() {
        let caller = Location::caller();
        watcher.stands_at(kernel.current(), || source::number(caller.file(), caller.line()));
    }
}

/// An application server's view of the world.
pub struct App<'a> {
    /// The cache.
    pub cache: CacheClient<'a>,
    /// The database.
    pub database: DatabaseClient<'a>,
    /// Who waits for the answer.
    pub client: Client,
    /// The server's near cache.
    pub near: NearClient<'a>,
    /// The state of the server.
    pub server: &'a AppServerState,
    /// The servers' write-behind queues, in a lane that has them.
    pub queues: &'a WriteQueues,
    /// Which values are rows.
    pub rows: &'a Rows,
    /// For how long the cache remembers that there is no row, where it does.
    pub negative: Option<Nanos>,
    /// When good copies are loaded again.
    pub refresh: &'a Refresh,
    /// What is to be done beside the request.
    pub jobs: &'a Jobs,
    /// Who is told what a value was made from.
    pub ledger: &'a RefCell<Ledger>,
}

impl App<'_> {
    /// For how long `value` of `key` is kept.
    pub fn ttl(&self, key: Key, value: WriteId) -> EntryTtl {
        negative::ttl(self.rows, self.negative, key, value)
    }

    /// Has a copy that had this value loaded again in the background, by another task of this server.
    pub fn refresh_in_background(&self, key: Key, copy: WriteId) {
        self.jobs.push(Job::Refresh(self.server.server, key, copy));
    }

    /// Brings the cached copy up to a write: the new value, or after a delete none.
    #[track_caller]
    #[inline]
    pub fn renew_copy(&self, key: Key, value: WriteId) -> impl Future<Output = Result<(), CallError>> {
        self.cache.tell(self.renewal(key, value))
    }

    /// Like [`renew_copy`](App::renew_copy); a cache that has no room for the new value gives up the former one, which
    /// must not be served any longer.
    #[track_caller]
    #[inline]
    pub fn renew_or_drop_copy(&self, key: Key, value: WriteId) -> impl Future<Output = Result<(), CallError>> {
        note_line(self.cache.network, self.cache.kernel);
        let renewal = self.renewal(key, value);
        async move {
            let answer = match self.cache.call(renewal).await {
                Err(CallError::Full) => self.cache.call(Command::Delete(key)).await,
                answer => answer,
            };
            answer.map(drop)
        }
    }

    fn renewal(&self, key: Key, value: WriteId) -> Command {
        if self.rows.is_row(key, value) { Command::Set(key, value) } else { Command::Delete(key) }
    }

    /// Says how the write of this request is applied to the value it finds.
    pub fn apply(&self, change: Change) {
        self.cache.change.set(change);
        self.database.change.set(change);
    }

    /// Says that `value` was made from `base`, which changes nothing but what the ledger knows.
    pub fn made_from(&self, value: WriteId, base: WriteId) {
        self.ledger.borrow_mut().based_on(value, base);
    }
}

/// The client who waits for the answer. Usually the answer is what the strategy's code returns; a write's code that goes
/// on after the answer, in the background, gives it here.
#[derive(Debug, Default)]
pub struct Client {
    early_ack: Cell<Option<EarlyAck>>,
    from_cache: Cell<bool>,
}

/// An acknowledgement before the strategy's code has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyAck {
    /// The database has the write; what follows concerns copies.
    Committed,
    /// The server still has to bring the write to the database.
    BeforeCommit,
}

impl Client {
    /// Acknowledges the write now: the database has it, and what follows concerns copies.
    pub fn acknowledge_committed(&self) {
        self.early_ack.set(Some(EarlyAck::Committed));
    }

    /// Acknowledges the write now, although the database does not have it yet.
    pub fn acknowledge_before_commit(&self) {
        self.early_ack.set(Some(EarlyAck::BeforeCommit));
    }

    /// Notes that a copy is what the client is answered with, and that nobody loaded it for this request.
    pub fn has_copy(&self) {
        self.from_cache.set(true);
    }

    /// Whether a copy is what the client is answered with.
    pub fn is_from_cache(&self) -> bool {
        self.from_cache.get()
    }

    /// The acknowledgement given since the last call of this.
    pub fn take_early_ack(&self) -> Option<EarlyAck> {
        self.early_ack.take()
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
    /// Which values are rows.
    pub rows: &'a Rows,
    /// For how long the cache remembers that there is no row, where it does.
    pub negative: Option<Nanos>,
    /// Whether what it loads may be changed here before it goes back to the database.
    pub writes_back: bool,
}

impl CacheSide<'_> {
    /// The database's value of `key`.
    #[track_caller]
    #[inline]
    pub fn load(&self, key: Key) -> impl Future<Output = Result<WriteId, CallError>> {
        self.database.look_up(key, self.writes_back)
    }

    /// For how long `value` of `key` is kept.
    pub fn ttl(&self, key: Key, value: WriteId) -> EntryTtl {
        negative::ttl(self.rows, self.negative, key, value)
    }
}

/// The near cache as its own server sees it: asking it takes no time. Without one, nothing is ever found or kept.
pub struct NearClient<'a> {
    /// The clock.
    pub kernel: &'a Kernel,
    /// The near cache, where servers have them.
    pub near: Option<&'a NearCache>,
    /// Whether what this request reads is not to be kept.
    pub not_kept: Cell<bool>,
    /// When the copy ends that this request has read, where that was said.
    pub end: Cell<Option<Nanos>>,
}

impl NearClient<'_> {
    /// The copy of `key`, if there is a good one.
    pub fn get(&self, key: Key) -> Option<WriteId> {
        self.near?.get(key, self.kernel.now())
    }

    /// Notes that a read begins whose outcome may be [kept](NearClient::keep).
    pub fn begin(&self) -> Option<Begun> {
        self.near.map(NearCache::begin)
    }

    /// Keeps what a read brought, for `ttl` at most, unless its key has been written by a server known to this one since
    /// the read began.
    pub fn keep(&self, key: Key, value: WriteId, ttl: EntryTtl, begun: Option<Begun>) {
        if let (Some(near), Some(begun), false) = (self.near, begun, self.not_kept.get()) {
            near.keep(key, value, ttl, (begun, self.end.get()), self.kernel.now());
        }
    }

    /// Whether it matters when a copy ends that is kept here.
    pub fn is_bounded(&self) -> bool {
        self.near.is_some_and(NearCache::is_bounded)
    }

    /// What this request reads is a copy that ends then.
    pub fn ends_with(&self, end: Nanos) {
        self.end.set(Some(end));
    }

    /// What this request reads is good for its reader, but may be older than a write it does not know of: it is not kept.
    pub fn do_not_keep(&self) {
        self.not_kept.set(true);
    }
}

/// Where a value comes from that the cache was to load if it had to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchedFrom {
    /// The cache had a good copy, which ends then, if it said so.
    Copy(Option<Nanos>),
    /// It had one past its TTL, and has not loaded it, or not yet.
    PastTtl,
    /// It has loaded it.
    Load,
}

/// What remains of two failures: an attempt that may still succeed behind our back outweighs a later clear no.
fn worse(worst: Option<CallError>, failure: CallError) -> CallError {
    worst.filter(|worst| worst.leaves_open()).unwrap_or(failure)
}

/// Whether a call to the cache is worth another try: its latest one failed like this, and of all the worst is this.
fn is_tried_again(command: Command, latest: CallError, worst: CallError) -> bool {
    // What was not the expected value is not so by asking again, nor has a full cache more room; and what may have been
    // applied could be so twice.
    let in_vain = matches!(latest, CallError::Conflict | CallError::Full);
    let twice = worst.leaves_open() && matches!(command, Command::ChangeBehind(..));
    !in_vain && !twice
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
    /// How patient the caller is, and how often it tries.
    pub server: &'a AppServerState,
    /// How a write that the cache is to write later is applied.
    pub change: Cell<Change>,
}

impl CacheClient<'_> {
    /// The value of `key`, if the cache has it.
    #[track_caller]
    #[inline(always)] // or its future is moved twice, and all hits pass here
    pub fn get(&self, key: Key) -> impl Future<Output = Result<Option<WriteId>, CallError>> {
        let replica = self.nodes.next_reader(key);
        let command = replica.map_or(Command::Get(key), |number| Command::GetFromReplica(key, number));
        note_line(self.network, self.kernel);
        async move { self.call(command).await.map(Found::value) }
    }

    /// The value of `key`, if the gutter has it.
    #[track_caller]
    #[inline]
    pub fn get_from_gutter(&self, key: Key) -> impl Future<Output = Result<Option<WriteId>, CallError>> {
        note_line(self.network, self.kernel);
        async move { self.call(Command::GetFromGutter(key)).await.map(Found::value) }
    }

    /// The places in `keys` of those that each node has; nothing of nodes that have none.
    pub fn by_node(&self, keys: &[Key]) -> Vec<Vec<usize>> {
        let mut nodes = vec![Vec::new(); self.nodes.count() as usize];
        keys.iter().enumerate().for_each(|(place, &key)| nodes[self.nodes.shard_of(key) as usize].push(place));
        nodes.into_iter().filter(|places| !places.is_empty()).collect()
    }

    /// The values of `keys`, all of one node, in their order, as far as it has them.
    #[track_caller]
    #[inline]
    pub fn multi_get(&self, keys: Box<[Key]>) -> impl Future<Output = Result<Vec<Option<WriteId>>, CallError>> {
        note_line(self.network, self.kernel);
        async move {
            let (first, awaited) = (keys[0], self.nodes.multi_get(keys));
            self.call(Command::MultiGet(first, awaited.number)).await?;
            Ok(awaited.get.found())
        }
    }

    /// The value of `key` and how old it is, if the cache has it.
    #[track_caller]
    #[inline]
    pub fn get_copy(&self, key: Key) -> impl Future<Output = Answer> {
        self.ask(Command::GetCopy(key))
    }

    /// The same; if the cache does not have it, a lease to fill it, or the advice to wait for who has that.
    #[track_caller]
    #[inline]
    pub fn lease(&self, asked: LeaseAsked) -> impl Future<Output = Answer> {
        self.ask(Command::Lease(asked))
    }

    /// Puts in the cache what a reader has had from the database, if the cache still allows it.
    #[track_caller]
    #[inline]
    pub fn fill(&self, fill: Fill) -> impl Future<Output = Result<(), CallError>> {
        self.tell(Command::Fill(fill))
    }

    /// The value of `key`, which the cache loads if it has to; and where it had it from.
    #[track_caller]
    #[inline]
    pub fn fetch(&self, key: Key) -> impl Future<Output = Result<(WriteId, FetchedFrom), CallError>> {
        note_line(self.network, self.kernel);
        async move {
            let found = self.call(Command::Fetch(key)).await?;
            let value = found.value().expect("a load brings a value or fails");
            let from = match found {
                Found::Loaded(_) => FetchedFrom::Load,
                Found::PastTtl(_) => FetchedFrom::PastTtl,
                Found::Copy(copied) => FetchedFrom::Copy(Some(copied.expires)),
                _ => FetchedFrom::Copy(None),
            };
            Ok((value, from))
        }
    }

    /// Puts a value in the cache.
    #[track_caller]
    #[inline]
    pub fn set(&self, key: Key, value: WriteId) -> impl Future<Output = Result<(), CallError>> {
        self.tell(Command::Set(key, value))
    }

    /// Takes a key out of the cache.
    #[track_caller]
    #[inline]
    pub fn delete(&self, key: Key) -> impl Future<Output = Result<(), CallError>> {
        self.tell(Command::Delete(key))
    }

    /// The value of `key`, for somebody about to change it.
    #[track_caller]
    #[inline]
    pub fn fetch_to_change(&self, key: Key) -> impl Future<Output = Result<WriteId, CallError>> {
        note_line(self.network, self.kernel);
        async move {
            let found = self.call(Command::FetchToChange(key)).await?;
            Ok(found.value().expect("a load brings a value or fails"))
        }
    }

    /// Puts a value in the cache, for so long, and leaves it to the cache to write it to the database later.
    #[track_caller]
    #[inline]
    pub fn write_behind(&self, key: Key, value: WriteId, ttl: EntryTtl) -> impl Future<Output = Result<(), CallError>> {
        self.tell(match self.change.get() {
            Change::Replace => Command::WriteBehind(key, value, ttl),
            change => Command::ChangeBehind(key, value, change),
        })
    }

    /// A command whose answer matters, from a line of a strategy.
    #[track_caller]
    #[inline]
    fn ask(&self, command: Command) -> impl Future<Output = Answer> {
        note_line(self.network, self.kernel);
        self.call(command)
    }

    /// A command of which only matters whether it was done, from a line of a strategy.
    #[track_caller]
    #[inline]
    fn tell(&self, command: Command) -> impl Future<Output = Result<(), CallError>> {
        note_line(self.network, self.kernel);
        async move { self.call(command).await.map(drop) }
    }

    /// Calls, and calls again after a growing pause where that is worth it; the failure reported is the one that leaves most
    /// open.
    async fn call(&self, command: Command) -> Answer {
        self.server.begins_to_ask_the_cache();
        let (mut worst, mut tries) = (None, 0);
        loop {
            let call: Call<'_, Command, Answer> = self.nodes.command(command);
            let event = Event::new(self.events.cache_arrival, call.id());
            self.send(event, command);
            let answer = self.kernel.timeout(self.server.cache_timeout, call).await.unwrap_or_else(|_| {
                if let Some(watcher) = self.network.watched() {
                    watcher.gives_up(event);
                }
                Err(CallError::TimedOut)
            });
            let Err(failure) = answer else { return answer };
            let after_all = worse(worst, failure);
            tries += 1;
            let pause = match is_tried_again(command, failure, after_all) {
                true => self.server.pause_before_asking_the_cache(tries),
                false => None,
            };
            let Some(pause) = pause else { return Err(after_all) };
            worst = Some(after_all);
            self.kernel.sleep(pause).await;
        }
    }

    /// Sends a command on its way, with the value that it carries.
    #[inline]
    fn send(&self, event: Event, command: Command) {
        if let Some(watcher) = self.network.watched() {
            watcher.asks(self.kernel.current(), event, command.asked());
        }
        match command.value().filter(|_| self.network.limits_bandwidth(Link::AppCache)) {
            None => self.network.send(Link::AppCache, Direction::Request, event),
            Some((key, value)) => {
                let bytes = self.nodes.values().size(key, value).into();
                let payload = Payload { bytes, machine: self.nodes.shard_of(key) };
                self.network.send_payload(Link::AppCache, Direction::Request, event, self.kernel.now(), payload);
            }
        }
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
    /// How large values are.
    pub values: &'a Values,
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
    /// Whether a call that is given up is cancelled.
    pub cancel: bool,
    /// The caller's connections, where they are limited, and how long a call waits for one.
    pub pool: Option<(&'a Pool, Option<Nanos>)>,
    /// The caller's circuit breaker, where there is one.
    pub breaker: Option<&'a Breaker>,
    /// The caller's retry budget, where there is one.
    pub budget: Option<&'a RetryBudget>,
    /// How a write is applied.
    pub change: Cell<Change>,
}

impl DatabaseClient<'_> {
    /// The committed value of `key`.
    #[track_caller]
    #[inline]
    pub fn read(&self, key: Key) -> impl Future<Output = Result<WriteId, CallError>> {
        self.look_up(key, false)
    }

    /// The same, as the primary has it: for somebody about to change it.
    #[track_caller]
    #[inline]
    pub fn read_primary(&self, key: Key) -> impl Future<Output = Result<WriteId, CallError>> {
        self.look_up(key, true)
    }

    /// The committed values of `keys`, in their order, by one query.
    #[track_caller]
    #[inline]
    pub fn read_several(&self, keys: Box<[Key]>) -> impl Future<Output = Result<Vec<WriteId>, CallError>> {
        note_line(self.network, self.kernel);
        async move {
            let (first, awaited) = (keys[0], self.database.several().begin(keys));
            self.with_retries(|| self.database.read_several(first, awaited.number, self.link)).await?;
            Ok(awaited.get.found().into_iter().flatten().collect())
        }
    }

    #[track_caller]
    #[inline]
    fn look_up(&self, key: Key, of_primary: bool) -> impl Future<Output = Result<WriteId, CallError>> {
        note_line(self.network, self.kernel);
        self.with_retries(move || match of_primary {
            true => self.database.read_primary(key, self.link),
            false => self.database.read(key, self.link),
        })
    }

    /// Commits `value` for `key`.
    #[track_caller]
    #[inline]
    pub fn write(&self, key: Key, value: WriteId) -> impl Future<Output = Result<(), CallError>> {
        note_line(self.network, self.kernel);
        let row = Row { key, write: value };
        let change = self.change.get();
        async move {
            let begin = || match change {
                Change::Replace => self.database.write(row, self.link),
                change => self.database.change(row, change, self.link),
            };
            self.with_retries(begin).await.map(drop)
        }
    }

    /// The oldest records of the outbox, `most` at most, and the number of the last.
    pub async fn records(&self, most: u32) -> Result<(Vec<Row>, u32), CallError> {
        let last = self.with_retries(|| self.database.records(most, self.link)).await?.0;
        Ok((self.database.records_up_to(last), last))
    }

    /// Drops the records of the outbox up to number `last`.
    pub async fn forget(&self, last: u32) -> Result<(), CallError> {
        self.with_retries(|| self.database.forget(last, self.link)).await.map(drop)
    }

    /// Commits all rows, or none.
    pub async fn write_batch(&self, rows: &[Row]) -> Result<(), CallError> {
        self.with_retries(|| self.database.write_batch(rows, self.link)).await.map(drop)
    }

    /// Calls, and calls again after a growing pause; the failure reported is the one that leaves most open.
    async fn with_retries<'c>(&self, begin: impl Fn() -> Call<'c, Request, Response>) -> Response {
        let mut worst: Option<CallError> = None;
        for attempt in 0..=self.retries {
            if !self.may_try(attempt) {
                break;
            }
            if attempt > 0 {
                self.kernel.sleep(self.pause(attempt)).await;
            }
            let Ok(permit) = self.permit() else {
                // As long as the breaker is open, trying again is of no use.
                return Err(worse(worst, CallError::BreakerOpen));
            };
            let outcome = self.attempt(&begin).await;
            self.tell_breaker(permit, outcome);
            match outcome {
                Ok(value) => return Ok(value),
                // What was not the expected value is not so by asking again.
                Err(CallError::Conflict) => return Err(CallError::Conflict),
                // Tried again, it could be applied twice.
                Err(failure) if failure.leaves_open() && self.change.get() != Change::Replace => return Err(failure),
                Err(failure) => worst = Some(worse(worst, failure)),
            }
        }
        Err(worst.expect("at least one attempt"))
    }

    /// One call, as soon as there is a connection for it. The wait is part of the caller's patience.
    async fn attempt<'c>(&self, begin: &impl Fn() -> Call<'c, Request, Response>) -> Response {
        let sent = Cell::new(None);
        let send = || {
            let call = begin();
            self.send(call.id());
            sent.set(Some((call.id(), self.database.calls().serial(call.id()))));
            call
        };
        let outcome = match self.pool {
            None => self.kernel.timeout(self.timeout, send()).await,
            Some((pool, patience)) => {
                let pooled = pin!(async {
                    let connection = self.kernel.timeout(patience, pool.connection(self.kernel)).await;
                    let _connection = connection.map_err(|_| CallError::NoConnection)?;
                    send().await
                });
                self.kernel.timeout(self.timeout, pooled).await
            }
        };
        match (outcome, sent.get()) {
            (Ok(reply), _) => reply,
            (Err(_), None) => Err(CallError::NoConnection),
            (Err(_), Some((call, serial))) => {
                if let Some(watcher) = self.network.watched() {
                    watcher.gives_up(Event::new(self.events.database_arrival, call));
                }
                if self.cancel {
                    self.cancel(call, serial);
                }
                Err(CallError::TimedOut)
            }
        }
    }

    /// Sends a query on its way, with the values that it carries.
    fn send(&self, call: CallId) {
        let event = Event::new(self.events.database_arrival, call);
        if let Some(watcher) = self.network.watched() {
            watcher.asks(self.kernel.current(), event, self.database.asked(call));
        }
        if !self.network.limits_bandwidth(self.link) {
            return self.network.send(self.link, Direction::Request, event);
        }
        let payload = self.database.payload(call, Direction::Request, |key, value| self.values.size(key, value).into());
        self.network.send_payload(self.link, Direction::Request, event, self.kernel.now(), payload);
    }

    /// Sends a message after a call, which ends it where it finds it; nobody waits for an answer.
    fn cancel(&self, call: CallId, serial: u32) {
        let message = self.database.cancel(call, serial, self.link);
        self.network.send(self.link, Direction::Request, Event::new(self.events.database_arrival, message.id()));
    }

    /// Whether a call may be made, or made again.
    fn may_try(&self, attempt: u32) -> bool {
        let Some(budget) = self.budget else { return true };
        if attempt > 0 {
            return budget.withdraw();
        }
        budget.deposit();
        true
    }

    /// What the breaker says to a call; without one, every call may be made.
    fn permit(&self) -> Result<Option<Permit>, CallError> {
        let Some(breaker) = self.breaker else { return Ok(None) };
        breaker.ask(self.kernel.now()).map(Some).ok_or(CallError::BreakerOpen)
    }

    fn tell_breaker(&self, permit: Option<Permit>, outcome: Response) {
        if let (Some(permit), Some(breaker)) = (permit, self.breaker) {
            // A database that rolls back, or has another value than expected, is well.
            let well = matches!(outcome, Ok(_) | Err(CallError::Aborted | CallError::Conflict));
            breaker.tell(permit, well, self.kernel.now());
        }
    }

    fn pause(&self, attempt: u32) -> Nanos {
        pause_before(attempt, self.backoff, &mut self.jitter.borrow_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_for_good_is_not_tried_again_whatever_failed_before() {
        let set = Command::Set(1, WriteId(1));
        let worst = worse(Some(CallError::TimedOut), CallError::Full);
        assert_eq!(worst, CallError::TimedOut);
        assert!(!is_tried_again(set, CallError::Full, worst), "it has no more room for having been late once");
        assert!(is_tried_again(set, CallError::TimedOut, CallError::TimedOut));
        assert!(is_tried_again(set, CallError::Down, worst));
    }

    #[test]
    fn a_change_that_may_have_been_made_is_not_asked_for_twice() {
        let change = Command::ChangeBehind(1, WriteId(1), Change::Add);
        assert!(!is_tried_again(change, CallError::TimedOut, CallError::TimedOut));
        assert!(!is_tried_again(change, CallError::Down, worse(Some(CallError::TimedOut), CallError::Down)));
        assert!(is_tried_again(change, CallError::Down, CallError::Down));
    }
}
