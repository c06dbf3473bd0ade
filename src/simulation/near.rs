//! The near caches of all application servers, and the messages between them.
//!
//! ```text
//!   server 0 has written key 7: forgets its own copy ──app-cache──▶ cache ──app-cache──▶ servers 1, 2, … forget theirs
//! ```
//!
//! So it is with Redis' client-side caching: the cache knows who has a copy, and tells them over connections that are
//! there anyway. A partition holds the messages up. When a cache node crashes its connections break, and since nobody
//! can know what was not told, near caches are emptied and keep nothing until it is back.

use std::cell::RefCell;

use super::world::{World, kind};
use crate::cache::near::{NearCache, NearCounts};
use crate::engine::Event;
use crate::ledger::Key;
use crate::network::Way;
use crate::random::Streams;
use crate::scenario::{App, Link, Tell};

/// A message that is under way.
#[derive(Clone, Copy, Debug)]
enum Message {
    /// This server has written the key.
    ToCache { from: u32, key: Key },
    /// Somebody else than this server has.
    ToServer { server: u32, key: Key },
}

/// See the module.
pub(super) struct Nears {
    caches: Vec<NearCache>,
    tells: bool,
    messages: RefCell<Vec<Message>>,
    free: RefCell<Vec<u32>>,
}

impl Nears {
    /// One near cache for each server, where the settings say so.
    pub fn new(settings: &App, streams: &Streams) -> Nears {
        let near = settings.near.as_ref();
        let cache = |server| {
            near.map(|how| {
                NearCache::new(how.capacity, how.eviction, how.ttl, streams.numbered("near eviction", server))
            })
        };
        Nears {
            caches: (0..settings.servers).filter_map(cache).collect(),
            tells: near.is_some_and(|how| how.invalidate == Tell::Messages),
            messages: RefCell::default(),
            free: RefCell::default(),
        }
    }

    /// The near cache of a server, if it has one.
    #[inline]
    pub fn of(&self, server: u32) -> Option<&NearCache> {
        self.caches.get(server as usize)
    }

    /// A cache node has crashed.
    pub fn connection_lost(&self) {
        if self.tells {
            self.caches.iter().for_each(NearCache::close);
        }
    }

    /// A cache node is back.
    pub fn connection_back(&self) {
        if self.tells {
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

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        self.caches.iter().for_each(NearCache::validate);
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
    /// A server is about to answer a write: its own copy is old, and the others are told, where that is the way.
    pub(super) fn tell_near_caches(&self, server: u32, key: Key) {
        let Some(own) = self.nears.of(server) else { return };
        own.forget(key);
        if self.nears.tells {
            let message = self.nears.put(Message::ToCache { from: server, key });
            self.network.send(Link::AppCache, Way::There, message);
        }
    }

    /// A message between near caches has arrived.
    pub(super) fn near_message(&self, slot: u32) {
        match self.nears.take(slot) {
            Message::ToCache { from, key } => {
                for server in (0..self.nears.caches.len() as u32).filter(|&server| server != from) {
                    let message = self.nears.put(Message::ToServer { server, key });
                    self.network.send(Link::AppCache, Way::Back, message);
                }
            }
            Message::ToServer { server, key } => self.nears.caches[server as usize].invalidate(key),
        }
    }
}
