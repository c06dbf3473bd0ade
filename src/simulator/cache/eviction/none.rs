//! No eviction: nothing goes, so a full cache refuses what is new (Redis' `noeviction`: "OOM command not allowed").

use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = NoEviction;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    NoEviction::default()
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct NoEviction {
    held: super::redis::Held,
}

impl Policy for NoEviction {
    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.held.add(slot, entry.key);
    }

    fn hit(&mut self, _slot: u32, _entry: &Entry, _now: Nanos) {}

    fn remove(&mut self, slot: u32) {
        self.held.remove(slot);
    }

    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        None
    }

    fn can_evict(&self) -> bool {
        false
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.held.slots()
    }

    fn validate(&self) {
        self.held.validate();
    }
}
