//! GDSF, Greedy-Dual-Size-Frequency (L. Cherkasova, "Improving WWW proxies performance with Greedy-Dual-Size-Frequency caching
//! policy", HP Labs 1998): the entry with the lowest priority goes; among equals, the one that reached its priority earliest.
//!
//! ```text
//! priority = clock + uses · cost / size        clock = the priority of the entry evicted last
//! ```
//!
//! Small entries stay longer than large ones that are as popular, so that more requests are hits, if of fewer bytes. The
//! clock lets what was popular once grow old. Each miss costs the same here (cost 1, as in libCacheSim); where capacity is
//! counted in entries, all are of one size, and what is left is LFU with aging.

use std::collections::BTreeSet;

use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Gdsf;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Gdsf { capacity, clock: 0.0, changes: 0, order: BTreeSet::new(), places: Vec::new() }
}

/// A priority, whose bits are in the order of their numbers since none is negative, and which change it came with.
type Place = (u64, u64);

#[derive(Clone, Debug)]
pub(in crate::cache) struct Gdsf {
    capacity: Capacity,
    clock: f64,
    changes: u64,
    /// Every slot by its place.
    order: BTreeSet<(Place, u32)>,
    /// By slot: its place, and its uses.
    places: Vec<(Place, u32)>,
}

impl Gdsf {
    fn put(&mut self, slot: u32, entry: &Entry, uses: u32) {
        let size = self.capacity.weight(entry).max(1);
        let priority = self.clock + f64::from(uses) / size as f64;
        self.changes += 1;
        let place = (priority.to_bits(), self.changes);
        self.places[slot as usize] = (place, uses);
        self.order.insert((place, slot));
    }
}

impl Policy for Gdsf {
    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        if slot as usize >= self.places.len() {
            self.places.resize(slot as usize + 1, ((0, 0), 0));
        }
        self.put(slot, entry, 1);
    }

    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let (place, uses) = self.places[slot as usize];
        self.order.remove(&(place, slot));
        self.put(slot, entry, uses.saturating_add(1));
    }

    fn remove(&mut self, slot: u32) {
        self.order.remove(&(self.places[slot as usize].0, slot));
    }

    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        let ((priority, _), slot) = self.order.pop_first()?;
        self.clock = f64::from_bits(priority);
        Some(slot)
    }

    fn clear(&mut self) {
        (self.clock, self.changes) = (0.0, 0);
        self.order.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.order.iter().map(|(_, slot)| *slot).collect()
    }

    fn validate(&self) {
        assert!(self.order.iter().all(|&(place, slot)| self.places[slot as usize].0 == place), "in its place");
        let first = self.order.first().map_or(f64::INFINITY, |((priority, _), _)| f64::from_bits(*priority));
        assert!(first >= self.clock, "nobody is behind the clock");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cache::store::{Lookup, Store};
    use crate::random::Streams;
    use crate::scenario::Eviction;

    fn store(bytes: u64) -> Store {
        Store::new(Eviction::Gdsf, Capacity::bytes_with_overhead(bytes, 0), Streams::new(1).named("eviction"))
    }

    /// The definition, as it stands in the paper.
    #[derive(Default)]
    struct Naive {
        clock: f64,
        /// Key, size, uses, priority, and when it got that.
        held: Vec<(u32, u32, u32, f64, usize)>,
    }

    impl Naive {
        /// Whether the key is there; then it is, unless it is too large.
        fn ask(&mut self, key: u32, size: u32, capacity: u32, now: usize) -> bool {
            let clock = self.clock;
            if let Some(held) = self.held.iter_mut().find(|held| held.0 == key) {
                (held.2, held.4) = (held.2 + 1, now);
                held.3 = clock + f64::from(held.2) / f64::from(held.1);
                return true;
            }
            if size > capacity {
                return false;
            }
            while self.held.iter().map(|held| held.1).sum::<u32>() + size > capacity {
                let least = |a: &&(u32, u32, u32, f64, usize), b: &&(u32, u32, u32, f64, usize)| {
                    a.3.partial_cmp(&b.3).expect("numbers").then(a.4.cmp(&b.4))
                };
                let (victim, .., priority, _) = *self.held.iter().min_by(least).expect("something is held");
                self.clock = priority;
                self.held.retain(|held| held.0 != victim);
            }
            self.held.push((key, size, 1, self.clock + 1.0 / f64::from(size), now));
            false
        }
    }

    proptest! {
        #[test]
        fn it_keeps_what_the_definition_keeps(keys in prop::collection::vec(0..12u32, 1..300), capacity in 4..30u32) {
            let (mut store, mut naive) = (store(capacity.into()), Naive::default());
            for (now, key) in keys.into_iter().enumerate() {
                let size = 1 + key * key % 7;
                let hit = matches!(store.get(key, Nanos(1)), Lookup::Hit(_));
                if !hit {
                    let _ = store.insert(Entry { size, ..Entry::new(key, 0, Nanos::MAX) }, Nanos(1));
                    while store.next_evicted().is_some() {}
                }
                prop_assert_eq!(hit, naive.ask(key, size, capacity, now));
                store.validate();
            }
        }
    }
}
