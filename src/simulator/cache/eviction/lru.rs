//! LRU, least recently used: a list in order of last use. A hit moves the entry to the back; the front goes.
//!
//! Mattson, Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", IBM Systems Journal 1970.

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Lru;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Lru::default()
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Lru {
    /// Least recently used first.
    uses: List,
}

impl Policy for Lru {
    #[inline]
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.uses.push_back(slot);
    }

    #[inline]
    fn hit(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.uses.move_to_back(slot);
    }

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.uses.unlink(slot);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        let slot = self.uses.front()?;
        self.uses.unlink(slot);
        Some(slot)
    }

    fn clear(&mut self) {
        self.uses.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.uses.slots()
    }

    fn validate(&self) {}
}
