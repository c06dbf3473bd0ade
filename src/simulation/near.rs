//! The near caches of all application servers, and the messages that they get.
//!
//! ```text
//!   the cache is told of a write of key 7 ──app-cache──▶ servers 0, 1, 2, … forget theirs
//! ```
//!
//! So it is with Redis' client-side caching (in its broadcasting mode): the cache tells every server, over connections
//! that are there anyway, which key it was told to set or to delete. What it is not told of, such as a write to the
//! database only, it cannot tell, and a reader's fill is no news. In a lane that does not read from the cache, the server
//! that wrote tells the others through it, as over a channel of Redis' pub/sub.
//!
//! A partition holds the messages up; a cache node that stands still is told nothing and so tells nothing. When a node
//! crashes its connections break, and since nobody can know what was not told, near caches are emptied and keep nothing
//! until it is back.

use std::cell::RefCell;

use super::world::{World, kind};
use crate::cache::keys::Numbers;
use crate::cache::near::{NearCache, NearCounts};
use crate::cache::watch::Watch;
use crate::engine::Event;
use crate::ledger::{Mended, Place};
use crate::model::Key;
use crate::network::Way;
use crate::random::Streams;
use crate::scenario::{App, Link, Reading, Tell};
use crate::time::Nanos;

/// A message that is under way.
#[derive(Clone, Copy, Debug)]
enum Message {
    /// This server has written the key.
    ToCache { from: u32, key: Key },
    /// The key was written, or everything was taken away.
    ToServer { server: u32, key: Option<Key> },
}

/// Who tells the servers what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Teller {
    Cache,
    Writer,
}

/// See the module.
pub(super) struct Nears {
    caches: Vec<NearCache>,
    tells: Option<Teller>,
    messages: RefCell<Vec<Message>>,
    free: RefCell<Vec<u32>>,
}

impl Nears {
    /// One near cache for each server, where the settings say so, in a lane that reads like this.
    pub fn new(settings: &App, read: &Reading, streams: &Streams, watch: impl Fn(Place) -> Watch) -> Nears {
        let near = settings.near.as_ref();
        let teller = if matches!(read, Reading::None {}) { Teller::Writer } else { Teller::Cache };
        // Sooner or later each server meets the same keys.
        let numbers = if settings.servers == 1 { Numbers::default() } else { Numbers::in_common() };
        let cache = |server| {
            near.map(|how| {
                let draws = streams.numbered("near eviction", server);
                let cache = NearCache::new(how.capacity, how.eviction, how.ttl, &numbers, draws);
                cache.watched(watch(Place::Near(server)))
            })
        };
        Nears {
            caches: (0..settings.servers).filter_map(cache).collect(),
            tells: near.filter(|how| how.invalidate == Tell::Messages).map(|_| teller),
            messages: RefCell::default(),
            free: RefCell::default(),
        }
    }

    /// The near cache of a server, if it has one.
    #[inline]
    pub fn of(&self, server: u32) -> Option<&NearCache> {
        self.caches.get(server as usize)
    }

    /// Whether the cache's nodes tell the servers what they are told.
    pub fn cache_tells(&self) -> bool {
        self.tells == Some(Teller::Cache)
    }

    /// A cache node has crashed.
    pub fn connection_lost(&self) {
        if self.tells.is_some() {
            self.caches.iter().for_each(NearCache::close);
        }
    }

    /// A cache node is back.
    pub fn connection_back(&self) {
        if self.tells.is_some() {
            self.caches.iter().for_each(NearCache::open);
        }
    }

    /// Totals of all servers.
    pub fn counts(&self) -> NearCounts {
        self.caches.iter().map(NearCache::counts).fold(NearCounts::default(), |sum, one| NearCounts {
            hits: sum.hits + one.hits,
            misses: sum.misses + one.misses,
            invalidated: sum.invalidated + one.invalidated,
        })
    }

    /// Tells the witness which near caches have a copy of `key`.
    pub fn tell_of(&self, key: Key) {
        self.caches.iter().for_each(|cache| cache.tell_of(key));
    }

    /// The near caches, each with its server.
    pub fn all(&self) -> impl Iterator<Item = (u32, &NearCache)> {
        (0..).zip(&self.caches)
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        self.caches.iter().for_each(NearCache::validate);
    }

    /// Whether no message is on its way. The end of a run does not wait for it; for tests.
    pub fn are_quiet(&self) -> bool {
        self.messages.borrow().len() == self.free.borrow().len()
    }

    fn put(&self, message: Message) -> Event {
        let mut messages = self.messages.borrow_mut();
        let slot = self.free.borrow_mut().pop().unwrap_or(messages.len() as u32);
        match messages.get_mut(slot as usize) {
            Some(free) => *free = message,
            None => messages.push(message),
        }
        Event::new(kind::NEAR_MESSAGE, slot)
    }

    fn take(&self, slot: u32) -> Message {
        self.free.borrow_mut().push(slot);
        self.messages.borrow()[slot as usize]
    }
}

impl World {
    /// A server is about to answer a write: its own copy is old, and where nobody else does it tells the others.
    pub(super) fn tell_near_caches(&self, server: u32, key: Key) {
        let Some(own) = self.nears.of(server) else { return };
        own.forget(key);
        if self.nears.tells == Some(Teller::Writer) {
            self.ledger.borrow_mut().mending(key, self.kernel.now());
            let message = self.nears.put(Message::ToCache { from: server, key });
            self.network.send(Link::AppCache, Way::There, message);
        }
    }

    /// The cache tells every server at the moment `leaves` that `key`, or all, is not what it was; all `but` one, where that
    /// one knows.
    pub(super) fn tell_servers(&self, key: Option<Key>, leaves: Nanos, but: Option<u32>) {
        for server in (0..self.nears.caches.len() as u32).filter(|&server| Some(server) != but) {
            if let Some(key) = key {
                self.ledger.borrow_mut().mending(key, self.kernel.now());
            }
            let message = self.nears.put(Message::ToServer { server, key });
            self.network.send_at(Link::AppCache, Way::Back, message, leaves);
        }
    }

    /// A message to near caches has arrived.
    pub(super) fn near_message(&self, slot: u32) {
        let told = match self.nears.take(slot) {
            Message::ToCache { from, key } => {
                self.tell_servers(Some(key), self.kernel.now(), Some(from));
                key
            }
            Message::ToServer { server, key: Some(key) } => {
                self.nears.caches[server as usize].invalidate(key);
                key
            }
            Message::ToServer { server, key: None } => return self.nears.caches[server as usize].clear(),
        };
        self.ledger.borrow_mut().mended(told, Mended::Done, self.kernel.now());
    }
}
