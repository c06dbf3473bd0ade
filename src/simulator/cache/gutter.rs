//! A gutter: a small pool that clients ask where the node of a key gives no answer. What readers fill it with expires soon, so that
//! nobody deletes or updates it (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.3).
//!
//! It is one more node, with a single thread. Nothing breaks it.

use std::cell::RefCell;
use std::rc::Rc;

use super::command::{Command, Found};
use super::common::Common;
use super::entry::{Capacity, Entry};
use super::node::server::Server;
use super::store::{Lookup, Store};
use super::ttl::EntryTtl;
use crate::engine::CallId;
use crate::model::WriteId;
use crate::random::Streams;
use crate::report::AppReport;
use crate::scenario::{self, Eviction};
use crate::time::Nanos;

struct State {
    store: Store,
    /// When the commands that have come so far are done.
    busy_until: Nanos,
    /// It takes as long for a command as a node does.
    server: Server,
    /// What it counts, as reports show it; the rest is empty.
    counts: AppReport,
}

/// See the module.
pub struct Gutter {
    common: Rc<Common>,
    ttl: Nanos,
    state: RefCell<State>,
}

impl Gutter {
    /// An empty one, beside the nodes of a cache with these settings.
    pub(super) fn new(
        how: &scenario::Gutter,
        cache: &scenario::Cache,
        common: Rc<Common>,
        streams: &Streams,
    ) -> Gutter {
        let capacity = Capacity::entries_of(how.capacity);
        let state = State {
            store: Store::new(Eviction::Lru, capacity, streams.named("gutter eviction")),
            busy_until: Nanos::ZERO,
            server: Server::new(cache, streams.named("gutter")),
            counts: AppReport::default(),
        };
        Gutter { common, ttl: how.ttl, state: RefCell::new(state) }
    }

    /// A command has reached it: it is served when those before it are done.
    pub(super) fn arrive(&self, call: CallId) {
        let state = &mut *self.state.borrow_mut();
        let now = self.common.kernel.now();
        state.busy_until = state.busy_until.max(now).saturating_add(state.server.draw_time());
        let (server, values) = (&state.server, &self.common.values);
        let copying = |key, value| server.copying_time(values.size(key, value));
        let found = match self.common.calls.request(call) {
            Command::Fill(fill) => {
                state.busy_until = state.busy_until.saturating_add(copying(fill.key, fill.value));
                let ttl = if let EntryTtl::For(ttl) = fill.ttl { ttl.min(self.ttl) } else { self.ttl };
                let entry = Entry::new(fill.key, fill.value.0, now.saturating_add(ttl));
                // Nothing here is dirty, so what makes room may go unseen.
                let _ = state.store.insert(entry, now);
                while state.store.next_evicted().is_some() {}
                Found::Nothing
            }
            command => match state.store.get(command.key(), now) {
                Lookup::Hit(entry) => {
                    state.counts.gutter_hits += 1;
                    let value = WriteId(entry.value);
                    state.busy_until = state.busy_until.saturating_add(copying(command.key(), value));
                    Found::Value(value)
                }
                Lookup::Expired(_) | Lookup::Absent => {
                    state.counts.gutter_misses += 1;
                    Found::Nothing
                }
            },
        };
        self.common.calls.respond(call, Ok(found), state.busy_until);
    }

    /// Totals up to this moment.
    pub(super) fn counts(&self) -> AppReport {
        self.state.borrow().counts
    }

    /// Panics if the inner rules do not hold; for tests.
    pub(super) fn validate(&self) {
        self.state.borrow().store.validate();
    }
}
