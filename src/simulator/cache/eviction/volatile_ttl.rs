//! Redis' `volatile-ttl`: of a few entries looked at, the one that expires soonest goes.
//!
//! Only entries with a time to live are candidates. When none is left, nothing can go: what would need room is refused.
//! Sampling and the pool are in [`redis`](super::redis); moments are compared in milliseconds, as Redis keeps them.

use super::redis::Sampled;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::scenario::eviction::Sampling;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Box<VolatileTtl>;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    Box::new(VolatileTtl::new(stream))
}

#[derive(Clone, Debug)]
pub(in crate::cache) struct VolatileTtl {
    sampled: Sampled,
}

impl VolatileTtl {
    pub(super) fn new(stream: Stream) -> VolatileTtl {
        VolatileTtl { sampled: Sampled::volatile(stream) }
    }
}

impl Policy for VolatileTtl {
    fn tune(&mut self, sampling: Sampling) {
        self.sampled.samples = sampling.samples;
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.sampled.add(slot, entry);
    }

    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        // A use that is a new value may also bring an end, or take it away.
        self.sampled.changed(slot, entry);
    }

    fn remove(&mut self, slot: u32) {
        self.sampled.remove(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let score = |slot: u32| u64::MAX - view.entry(slot).expires.0 / Nanos::from_millis(1).0;
        self.sampled.evict(view, score)
    }

    fn can_evict(&self) -> bool {
        self.sampled.can_evict()
    }

    fn expiry_changed(&mut self, slot: u32, entry: &Entry) {
        self.sampled.changed(slot, entry);
    }

    fn remembers(&self, _key: u32) -> bool {
        // Its number says where a key lies in the table, now and when it comes back.
        true
    }

    fn clear(&mut self) {
        self.sampled.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.sampled.slots()
    }

    fn validate(&self) {
        self.sampled.validate();
    }
}
