//! SLRU, segmented LRU: four LRU lists of equal shares, one above the other.
//!
//! A new entry joins the lowest list that has room, and the lowest of all when none has. A hit lifts an entry into the
//! next list; what that one has no room for any more, its least recently used, steps down into the list below. The
//! lowest list that holds anything gives up its least recently used entry.
//!
//! ```text
//! new ─▶ 0 ─ hit ─▶ 1 ─ hit ─▶ 2 ─ hit ─▶ 3
//!        ▼ gone   ◀─ cools ─┘◀─ cools ─┘◀─┘
//! ```
//!
//! Karedla, Love, Wherry, "Caching strategies to improve disk system performance", IEEE Computer 1994, there with two
//! lists; four equal ones after Huang and others, "An analysis of Facebook photo caching", SOSP 2013.

use super::segments::Segments;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Box<Slru>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(Slru::new(capacity))
}

const LISTS: usize = 4;

#[derive(Clone, Debug)]
pub(in crate::cache) struct Slru {
    capacity: Capacity,
    shares: [u64; LISTS],
    lists: Segments<LISTS>,
}

impl Slru {
    pub(super) fn new(capacity: Capacity) -> Slru {
        // Differences of rounded sums, so that the shares are the whole.
        let up_to = |list: usize| (u128::from(capacity.total()) * list as u128 / LISTS as u128) as u64;
        Slru { capacity, shares: std::array::from_fn(|list| up_to(list + 1) - up_to(list)), lists: Segments::default() }
    }

    /// Lets entries step down from `list` until it keeps to its share, and so on below it.
    fn cool(&mut self, list: usize) {
        for list in (1..=list).rev() {
            while self.lists.weight(list) > self.shares[list] {
                work::count(1);
                let oldest = self.lists.front(list).expect("what weighs something holds something");
                self.lists.move_to_back(list - 1, oldest);
            }
        }
    }
}

impl Policy for Slru {
    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let weight = self.capacity.weight(entry);
        let has_room = |&list: &usize| self.lists.weight(list) + weight <= self.shares[list];
        let list = (0..LISTS).find(has_room).unwrap_or(0);
        self.lists.push_back(list, slot, weight);
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let list = (self.lists.segment(slot) + 1).min(LISTS - 1);
        self.lists.move_to_back(list, slot);
        self.lists.reweigh(slot, self.capacity.weight(entry));
        self.cool(list);
    }

    fn remove(&mut self, slot: u32) {
        self.lists.unlink(slot);
    }

    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        let slot = (0..LISTS).find_map(|list| self.lists.front(list))?;
        self.lists.unlink(slot);
        Some(slot)
    }

    fn clear(&mut self) {
        self.lists.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.lists.slots()
    }

    fn validate(&self) {
        self.lists.validate();
        for list in 1..LISTS {
            assert!(self.lists.weight(list) <= self.shares[list], "a list above the lowest keeps to its share");
        }
    }
}
