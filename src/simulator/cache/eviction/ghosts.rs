//! Ghosts: the keys of entries that are gone, remembered for a while, oldest first, without their values.
//!
//! A policy that asks "did I give this one up too early?" looks here. Ghosts weigh what their entries weighed, so that
//! a share of the cache's capacity limits them whether capacity is counted in entries or in bytes.

use super::list::List;
use crate::cache::keys::{ByKey, Numbers};
use crate::slots::Slots;
use crate::work;

/// No place.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Ghost {
    key: u32,
    weight: u64,
}

/// A queue of keys, each of which can be found.
#[derive(Clone, Debug)]
pub(super) struct Ghosts {
    /// By key: its place in `ghosts`, or `NONE`.
    places: ByKey<u32>,
    ghosts: Slots<Ghost>,
    /// Places, oldest first.
    order: List,
    weight: u64,
}

impl Default for Ghosts {
    fn default() -> Ghosts {
        Ghosts::numbered(&Numbers::default())
    }
}

impl Ghosts {
    /// No ghosts, of a node that numbers its keys like this.
    pub(super) fn numbered(numbers: &Numbers) -> Ghosts {
        Ghosts { places: ByKey::new(NONE, numbers), ghosts: Slots::default(), order: List::default(), weight: 0 }
    }

    /// Remembers `key`, which must not be among them, and forgets the oldest until all weigh at most `most`.
    pub(super) fn push(&mut self, key: u32, weight: u64, most: u64) {
        let place = self.ghosts.insert(Ghost { key, weight });
        let of_key = self.places.get_mut(key);
        debug_assert_eq!(*of_key, NONE, "a key has one ghost at most");
        *of_key = place;
        self.order.push_back(place);
        self.weight += weight;
        self.trim(most);
    }

    /// Forgets the oldest until all weigh at most `most`.
    pub(super) fn trim(&mut self, most: u64) {
        while self.weight > most && self.forget_oldest() {}
    }

    /// Forgets the oldest, if there is one.
    fn forget_oldest(&mut self) -> bool {
        work::count(1);
        let oldest = self.order.front();
        if let Some(place) = oldest {
            self.forget(place);
        }
        oldest.is_some()
    }

    fn forget(&mut self, place: u32) {
        let Ghost { key, weight } = self.ghosts[place];
        self.order.unlink(place);
        self.places.set(key, NONE);
        self.ghosts.free(place);
        self.weight -= weight;
    }

    /// Forgets `key`; whether it was there.
    #[inline]
    pub(super) fn remove(&mut self, key: u32) -> bool {
        let place = self.places.get(key);
        if place != NONE {
            self.forget(place);
        }
        place != NONE
    }

    /// Whether `key` is among them.
    pub(super) fn has(&self, key: u32) -> bool {
        self.places.get(key) != NONE
    }

    /// What all of them weigh.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    pub(super) fn clear(&mut self) {
        work::count(self.ghosts.all().len());
        for place in self.order.slots() {
            self.places.set(self.ghosts[place].key, NONE);
        }
        let places = std::mem::take(&mut self.places);
        *self = Ghosts { places, ..Ghosts::default() };
    }

    /// Asserts the inner rules.
    pub(super) fn validate(&self) {
        let places = self.order.slots();
        assert_eq!(places.len(), self.ghosts.in_use(), "every place is in use or free");
        for &place in &places {
            assert_eq!(self.places.get(self.ghosts[place].key), place, "a ghost is found by its key");
        }
        let found = self.places.iter().filter(|&&place| place != NONE).count();
        assert_eq!(found, places.len(), "no other key is found");
        let weight: u64 = places.iter().map(|&place| self.ghosts[place].weight).sum();
        assert_eq!(weight, self.weight, "the weight is that of all");
    }
}
