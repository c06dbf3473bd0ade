//! Redis' `volatile-ttl`: of a few entries looked at, the one that expires soonest goes.
//!
//! Only entries with a time to live are candidates. When none is left, nothing can go: what would need room is refused.
//! Sampling and the pool are in [`redis`](super::redis); moments are compared in milliseconds, as Redis keeps them.

use super::redis::{Held, Sampled};
use super::{Policy, View};
use crate::cache::store::Entry;
use crate::random::Stream;
use crate::scenario::eviction::Sampling;
use crate::time::Nanos;

#[derive(Clone, Debug)]
pub(in crate::cache) struct VolatileTtl {
    /// Those that expire some day.
    mortal: Sampled,
    /// Those that do not.
    immortal: Held,
}

impl VolatileTtl {
    pub(super) fn new(stream: Stream) -> VolatileTtl {
        VolatileTtl { mortal: Sampled::new(stream), immortal: Held::default() }
    }

    pub(super) fn tune(&mut self, sampling: Sampling) {
        self.mortal.samples = sampling.samples;
    }

    fn place(&mut self, slot: u32, entry: &Entry) {
        let place = if entry.expires == Nanos::MAX { &mut self.immortal } else { &mut self.mortal.held };
        place.add(slot, entry.key);
    }
}

impl Policy for VolatileTtl {
    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.place(slot, entry);
    }

    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        // A use that is a new value may also bring a life of another kind.
        if self.mortal.held.has(slot) != (entry.expires < Nanos::MAX) {
            self.remove(slot);
            self.place(slot, entry);
        }
    }

    fn remove(&mut self, slot: u32) {
        self.mortal.held.remove(slot);
        self.immortal.remove(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let score = |slot: u32| u64::MAX - view.entry(slot).expires.0 / Nanos::from_millis(1).0;
        self.mortal.evict(view, score)
    }

    fn can_evict(&self) -> bool {
        !self.mortal.held.is_empty()
    }

    fn remembers(&self, _key: u32) -> bool {
        // Its number says where a key lies in the table, now and when it comes back.
        true
    }

    fn clear(&mut self) {
        self.mortal.clear();
        self.immortal.clear();
    }

    fn slots(&self) -> Vec<u32> {
        [self.mortal.held.slots(), self.immortal.slots()].concat()
    }

    fn validate(&self) {
        self.mortal.validate();
        self.immortal.validate();
    }
}
