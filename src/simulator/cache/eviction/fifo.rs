//! FIFO, first in, first out: a queue in order of insertion. Hits change nothing; the oldest goes.
//!
//! With more room it can hit less: Bélády, Nelson, Shedler, "An anomaly in space-time characteristics of certain
//! programs running in a paging machine", CACM 1969.

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Fifo;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Fifo::default()
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Fifo {
    /// Oldest first. A list rather than a ring buffer, since entries are also removed from the middle.
    queue: List,
}

impl Policy for Fifo {
    #[inline]
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.queue.push_back(slot);
    }

    #[inline]
    fn hit(&mut self, _slot: u32, _entry: &Entry, _now: Nanos) {}

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.queue.unlink(slot);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        let slot = self.queue.front()?;
        self.queue.unlink(slot);
        Some(slot)
    }

    fn clear(&mut self) {
        self.queue.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.queue.slots()
    }

    fn validate(&self) {}
}
