//! A node and its parts.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use super::durability::Durability;
use super::loads::Loads;
use super::memory::Memory;
use super::server::Server;
use super::write_buffer::WriteBuffer;
use crate::cache::common::{Common, Shard};
use crate::cache::counts::NodeCounts;
use crate::cache::entry::Capacity;
use crate::cache::keys::Numbers;
use crate::cache::observer::CopyObserver;
use crate::cache::refresh::{Grace, Refresh};
use crate::cache::store::Store;
use crate::engine::{CallId, Event};
use crate::ledger::Place;
use crate::model::CallError;
use crate::random::{Stream, Streams};
use crate::scenario::{self, ReadsFrom, WriteBack};
use crate::time::Nanos;

/// What a node needs to know of how the lane reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeReading {
    /// When it reloads a good copy by itself (read-through).
    pub refresh: Refresh,
    /// Whether it remembers what a delete leaves behind (leases).
    pub keeps_stale: bool,
    /// For how long it keeps copies past their TTL.
    pub grace: Grace,
    /// Whether it remembers the full TTLs of copies (refresh-ahead, serving past the TTL).
    pub tracks_ttls: bool,
    /// Whether it says when the copies end that it gives to whom it loads for (bounded near caches).
    pub tells_ends: bool,
    /// Whether it keeps the newer of two versions of a row.
    pub compares: bool,
    /// Whether a write may reach it more than once (retries of cache calls).
    pub repeats: bool,
    /// Whether it tells the near caches what is written (their messages).
    pub notifies: bool,
}

/// What a node holds and does at present.
pub(super) struct State {
    pub(super) memory: Memory,
    pub(super) loads: Loads,
    pub(super) buffer: WriteBuffer,
    pub(super) server: Server,
    pub(super) durability: Durability,
    pub(super) counts: NodeCounts,
}

/// See the [module](super).
pub struct CacheNode {
    pub(super) shard: Shard,
    pub(super) common: Rc<Common>,
    /// Whether its replicas answer reads.
    pub(super) has_readers: bool,
    pub(super) reading: NodeReading,
    pub(super) state: RefCell<State>,
}

impl CacheNode {
    /// An empty node, one of the cache's, which numbers its keys like this. `write_back` says how its buffer works, in a lane that has one.
    pub fn new(
        (shard, numbers): (Shard, Numbers),
        settings: &scenario::Cache,
        write_back: Option<&WriteBack>,
        reading: NodeReading,
        common: Rc<Common>,
        streams: &Streams,
    ) -> CacheNode {
        // The first node's draws are those of a cache that has only one.
        let stream = |name: &str| if shard == 0 { streams.named(name) } else { streams.numbered(name, shard) };
        let state = State {
            memory: Memory::new(store(settings, &common, stream), settings, reading, &numbers, stream),
            loads: Loads::new(reading.refresh, stream("early refresh")),
            buffer: WriteBuffer::new(write_back, &numbers, reading.repeats),
            server: Server::new(settings, stream("cache command")),
            durability: Durability::new(settings, &numbers, stream),
            counts: NodeCounts::default(),
        };
        let has_readers = settings.reads == ReadsFrom::Replicas;
        CacheNode { shard, common, has_readers, reading, state: RefCell::new(state) }
    }

    #[inline]
    pub(super) fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    #[inline]
    pub(super) fn now(&self) -> Nanos {
        self.common.kernel.now()
    }

    /// The node may be at work again at that moment, or another in its place.
    pub(super) fn schedule_turn(&self, at: Nanos) {
        self.common.kernel.schedule(at, Event::new(self.common.events.turn, self.shard));
    }

    /// Makes sure that the first in line is served as soon as the node is free.
    #[inline]
    pub(super) fn call_back(&self, state: &mut State) {
        if let Some(at) = state.server.call_back(self.now()) {
            self.common.kernel.schedule(at, Event::new(self.common.events.free, self.shard));
        }
    }

    /// A call that was to be answered is not.
    pub(super) fn fail(&self, call: CallId, why: CallError) {
        self.common.calls.respond(call, Err(why), self.now());
    }

    /// Responses that had not left never will.
    pub(super) fn break_answers(&self, calls: impl IntoIterator<Item = CallId>) {
        calls.into_iter().for_each(|call| self.common.calls.replace_response(call, Err(CallError::Lost)));
    }
}

/// An empty store, of whose entries the ledger is told.
fn store(settings: &scenario::Cache, common: &Common, stream: impl Fn(&str) -> Stream) -> Store {
    let store = Store::new(settings.eviction, Capacity::of(settings.capacity), stream("eviction"));
    let observer = CopyObserver::new(common.kernel.clone(), common.ledger.clone(), Place::Cache);
    let store = store.observed(observer);
    if let Some(upcoming) = &common.upcoming { store.foreseeing(upcoming.clone()) } else { store }
}
