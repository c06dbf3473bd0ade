//! ARC, adaptive replacement: LRU and "used at least twice" side by side, sharing the capacity as the traffic rewards.
//!
//! `T1` holds entries used once since they came, `T2` those used again, both in order of last use. What they give up
//! is remembered by key in `B1` and `B2`. A key that comes back while in `B1` says that `T1` was too small: its target
//! `p` grows; one from `B2` says the opposite. Either way it comes back into `T2`. `T1` gives up entries while it is
//! above its target, otherwise `T2` does. `T1` with its ghosts remembers as much as the capacity, all four twice the capacity.
//!
//! ```text
//! new ─▶ T1 ─ hit ─▶ T2          p grows by max(|B2| / |B1|, 1) on a hit in B1, shrinks by max(|B1| / |B2|, 1) in B2
//!         └▶ B1       └▶ B2      B1 or B2 asked for again ─▶ T2
//! ```
//!
//! Megiddo, Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003. `p` is a real number. With capacity in
//! bytes, a step counts the returning entry's bytes.

use super::ghosts::Ghosts;
use super::segments::Segments;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::cache::keys::Numbers;
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Box<Arc>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(Arc::new(capacity))
}

const ONCE: usize = 0;
const AGAIN: usize = 1;

#[derive(Clone, Debug)]
pub(in crate::cache) struct Arc {
    capacity: Capacity,
    /// T1 and T2.
    held: Segments<2>,
    /// B1 and B2.
    gone: Ghosts<2>,
    /// The target weight of T1.
    p: f64,
    /// Where the key that is coming in was remembered.
    returning: Option<usize>,
}

impl Arc {
    pub(super) fn new(capacity: Capacity) -> Arc {
        Arc { capacity, held: Segments::default(), gone: Ghosts::default(), p: 0.0, returning: None }
    }

    /// Keeps T1 with its ghosts within the capacity, and all within twice the capacity.
    fn trim(&mut self) {
        let capacity = self.capacity.total();
        self.gone.trim(ONCE, capacity.saturating_sub(self.held.weight(ONCE)));
        let others = self.held.weight(ONCE) + self.held.weight(AGAIN) + self.gone.weight(ONCE);
        self.gone.trim(AGAIN, (2 * capacity).saturating_sub(others));
    }
}

impl Policy for Arc {
    fn admit(&mut self, entry: &Entry) {
        let [once, again] = [ONCE, AGAIN].map(|list| self.gone.weight(list) as f64);
        let (step, most) = (self.capacity.weight(entry) as f64, self.capacity.total() as f64);
        self.returning = self.gone.remove(entry.key);
        match self.returning {
            None => {}
            Some(ONCE) => self.p = (self.p + (again / once).max(1.0) * step).min(most),
            Some(_) => self.p = (self.p - (once / again).max(1.0) * step).max(0.0),
        }
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let list = if self.returning.take().is_none() { ONCE } else { AGAIN };
        self.held.push_back(list, slot, self.capacity.weight(entry));
        self.trim();
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.held.move_to_back(AGAIN, slot);
        self.held.reweigh(slot, self.capacity.weight(entry));
    }

    fn remove(&mut self, slot: u32) {
        self.held.unlink(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let weight = self.held.weight(ONCE) as f64;
        let above = weight > self.p || (weight == self.p && self.returning == Some(AGAIN));
        let list = if above || self.held.front(AGAIN).is_none() { ONCE } else { AGAIN };
        let (list, slot) = match self.held.front(list) {
            Some(slot) => (list, slot),
            None => (1 - list, self.held.front(1 - list)?),
        };
        let weight = self.held.unlink(slot);
        self.gone.push(list, view.entry(slot).key, weight); // trimmed when the newcomer is in
        Some(slot)
    }

    fn remembers(&self, key: u32) -> bool {
        self.gone.has(key)
    }

    fn number_by(&mut self, numbers: &Numbers) {
        self.gone = Ghosts::numbered(numbers);
    }

    fn clear(&mut self) {
        self.held.clear();
        self.gone.clear();
        (self.p, self.returning) = (0.0, None);
    }

    fn slots(&self) -> Vec<u32> {
        self.held.slots()
    }

    fn validate(&self) {
        self.held.validate();
        self.gone.validate();
        assert!((0.0..=self.capacity.total() as f64).contains(&self.p), "the target lies within the capacity");
    }
}
