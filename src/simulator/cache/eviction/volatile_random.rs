//! Redis' `volatile-random`: any entry with a time to live goes, all equally likely; without one, nothing can go.
//!
//! Redis draws a bucket of its hash table first, so its draws are not quite even; here they are. One draw an eviction.

use super::random::Random;
use super::redis::Held;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Box<VolatileRandom>;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    Box::new(VolatileRandom::new(stream))
}

#[derive(Clone, Debug)]
pub(in crate::cache) struct VolatileRandom {
    mortal: Random,
    /// Those that have no end of their own.
    immortal: Held,
}

impl VolatileRandom {
    pub(super) fn new(stream: Stream) -> VolatileRandom {
        VolatileRandom { mortal: Random::new(stream), immortal: Held::default() }
    }
}

impl Policy for VolatileRandom {
    fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        if entry.expires == Nanos::MAX {
            self.immortal.add(slot, entry.key);
        } else {
            self.mortal.insert(slot, entry, now);
        }
    }

    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.expiry_changed(slot, entry);
    }

    fn expiry_changed(&mut self, slot: u32, entry: &Entry) {
        // A use that is a new value may also bring an end, or take it away.
        if self.immortal.has(slot) != (entry.expires == Nanos::MAX) {
            self.remove(slot);
            self.insert(slot, entry, Nanos::ZERO);
        }
    }

    fn remove(&mut self, slot: u32) {
        if self.immortal.has(slot) {
            self.immortal.remove(slot);
        } else {
            self.mortal.remove(slot);
        }
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        self.mortal.evict(view)
    }

    fn can_evict(&self) -> bool {
        !self.mortal.is_empty()
    }

    fn clear(&mut self) {
        self.mortal.clear();
        self.immortal.clear();
    }

    fn slots(&self) -> Vec<u32> {
        [self.mortal.slots(), self.immortal.slots()].concat()
    }

    fn validate(&self) {
        self.mortal.validate();
        self.immortal.validate();
    }
}
