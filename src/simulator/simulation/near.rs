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
use std::rc::Rc;

use super::event::EventKind;
use crate::cache::keys::Numbers;
use crate::cache::near::NearCache;
use crate::cache::observer::CopyObserver;
use crate::engine::{Event, Kernel};
use crate::ledger::{Ledger, Mended, Place};
use crate::model::Key;
use crate::network::{Direction, Network};
use crate::random::Streams;
use crate::report::AppReport;
use crate::scenario::{App, Link, Reading, Tell, Ttl};
use crate::slots::Slots;
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
pub(super) struct NearCaches {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    caches: Vec<NearCache>,
    /// Who tells the servers, where they are told.
    teller: Option<Teller>,
    /// The messages under way.
    messages: RefCell<Slots<Message>>,
}

impl NearCaches {
    /// One near cache for each server, where the settings say so, in a lane that reads like this.
    pub fn new(
        (settings, ttl): (&App, Ttl),
        read: &Reading,
        (kernel, ledger): (Rc<Kernel>, Rc<RefCell<Ledger>>),
        streams: &Streams,
    ) -> NearCaches {
        let near = settings.near.as_ref();
        let teller = if matches!(read, Reading::None {}) { Teller::Writer } else { Teller::Cache };
        // Sooner or later each server meets the same keys.
        let numbers = if settings.servers == 1 { Numbers::default() } else { Numbers::shared() };
        let cache = |server| {
            near.map(|how| {
                let draws = streams.numbered("near eviction", server);
                let cache = NearCache::new(how.capacity, how.eviction, how.ttl, &numbers, draws);
                let cache = if how.bounded { cache.bounded(ttl) } else { cache };
                cache.observed(CopyObserver::new(kernel.clone(), ledger.clone(), Place::Near(server)))
            })
        };
        NearCaches {
            caches: (0..settings.servers).filter_map(cache).collect(),
            teller: near.filter(|how| how.invalidate == Tell::Messages).map(|_| teller),
            messages: RefCell::default(),
            kernel,
            ledger,
        }
    }

    /// The near cache of a server, if it has one.
    #[inline]
    pub fn of(&self, server: u32) -> Option<&NearCache> {
        self.caches.get(server as usize)
    }

    /// Whether the cache's nodes tell the servers what they are told.
    pub fn cache_tells(&self) -> bool {
        self.teller == Some(Teller::Cache)
    }

    /// A cache node has crashed.
    pub fn connection_lost(&self) {
        if self.teller.is_some() {
            self.caches.iter().for_each(NearCache::close);
        }
    }

    /// A cache node is back.
    pub fn connection_back(&self) {
        if self.teller.is_some() {
            self.caches.iter().for_each(NearCache::open);
        }
    }

    /// Totals of all servers.
    pub fn counts(&self) -> AppReport {
        let mut sum = AppReport::default();
        self.caches.iter().for_each(|cache| sum += cache.counts());
        sum
    }

    /// Tells the ledger which near caches have a copy of `key`.
    pub fn report_copy(&self, key: Key) {
        self.caches.iter().for_each(|cache| cache.report_copy(key));
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
        self.messages.borrow().in_use() == 0
    }

    /// A server is about to answer a write: its own copy is old, and where nobody else does it tells the others.
    pub fn written(&self, network: &Network, server: u32, key: Key) {
        let Some(own) = self.of(server) else { return };
        own.forget(key);
        if self.teller == Some(Teller::Writer) {
            self.ledger.borrow_mut().mending(key, self.kernel.now());
            let message = self.put(Message::ToCache { from: server, key });
            network.send(Link::AppCache, Direction::Request, message);
        }
    }

    /// The cache tells every server at the moment `leaves` that `key`, or everything, has changed; all `but` one, where that
    /// one knows.
    pub fn tell_servers(&self, network: &Network, key: Option<Key>, leaves: Nanos, but: Option<u32>) {
        for server in (0..self.caches.len() as u32).filter(|&server| Some(server) != but) {
            if let Some(key) = key {
                self.ledger.borrow_mut().mending(key, self.kernel.now());
            }
            let message = self.put(Message::ToServer { server, key });
            network.send_at(Link::AppCache, Direction::Response, message, leaves);
        }
    }

    /// A message has arrived.
    pub fn receive(&self, network: &Network, slot: u32) {
        let message = {
            let mut messages = self.messages.borrow_mut();
            messages.free(slot);
            messages[slot]
        };
        let key = match message {
            Message::ToCache { from, key } => {
                self.tell_servers(network, Some(key), self.kernel.now(), Some(from));
                key
            }
            Message::ToServer { server, key: Some(key) } => {
                self.caches[server as usize].invalidate(key);
                key
            }
            Message::ToServer { server, key: None } => return self.caches[server as usize].clear(),
        };
        self.ledger.borrow_mut().mended(key, Mended::Done, self.kernel.now());
    }

    fn put(&self, message: Message) -> Event {
        EventKind::NearMessage.about(self.messages.borrow_mut().insert(message))
    }
}
