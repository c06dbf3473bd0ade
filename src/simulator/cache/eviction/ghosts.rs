//! Ghosts: the keys of entries that are gone, remembered for a while, oldest first, without their values.
//!
//! A policy that asks "did I give this one up too early?" looks here. Ghosts weigh what their entries weighed, so that
//! a share of the cache's capacity limits them whether capacity is counted in entries or in bytes. They may be in several
//! lists; one look finds a key in whichever it is.

use super::segments::Segments;
use crate::cache::keys::{ByKey, Numbers};
use crate::slots::Slots;
use crate::work;

/// No place.
const NONE: u32 = u32::MAX;

/// `N` queues of keys, each of which can be found.
#[derive(Clone, Debug)]
pub(super) struct Ghosts<const N: usize = 1> {
    /// By key: its place in `keys`, or `NONE`.
    places: ByKey<u32>,
    keys: Slots<u32>,
    /// Places, oldest first.
    order: Segments<N>,
}

impl<const N: usize> Default for Ghosts<N> {
    fn default() -> Ghosts<N> {
        Ghosts::numbered(&Numbers::default())
    }
}

impl<const N: usize> Ghosts<N> {
    /// No ghosts, of a node that numbers its keys like this.
    pub(super) fn numbered(numbers: &Numbers) -> Ghosts<N> {
        Ghosts { places: ByKey::new(NONE, numbers), keys: Slots::default(), order: Segments::default() }
    }

    /// Remembers `key`, which must not be among them, in a list.
    pub(super) fn push(&mut self, list: usize, key: u32, weight: u64) {
        let place = self.keys.insert(key);
        let of_key = self.places.get_mut(key);
        debug_assert_eq!(*of_key, NONE, "a key has one ghost at most");
        *of_key = place;
        self.order.push_back(list, place, weight);
    }

    /// Forgets the oldest of a list until it weighs at most `most`.
    pub(super) fn trim(&mut self, list: usize, most: u64) {
        while self.weight(list) > most {
            work::count(1);
            let Some(place) = self.order.front(list) else { return };
            self.forget(place);
        }
    }

    fn forget(&mut self, place: u32) {
        self.order.unlink(place);
        self.places.set(self.keys[place], NONE);
        self.keys.free(place);
    }

    /// Forgets `key`; the list it was in.
    #[inline]
    pub(super) fn remove(&mut self, key: u32) -> Option<usize> {
        let place = self.places.get(key);
        (place != NONE).then(|| {
            let list = self.order.segment(place);
            self.forget(place);
            list
        })
    }

    /// Whether `key` is among them.
    pub(super) fn has(&self, key: u32) -> bool {
        self.places.get(key) != NONE
    }

    /// What those in a list weigh.
    #[inline]
    pub(super) fn weight(&self, list: usize) -> u64 {
        self.order.weight(list)
    }

    pub(super) fn clear(&mut self) {
        work::count(self.keys.all().len());
        for place in self.order.slots() {
            self.places.set(self.keys[place], NONE);
        }
        let places = std::mem::take(&mut self.places);
        *self = Ghosts { places, ..Ghosts::default() };
    }

    /// Asserts the inner rules.
    pub(super) fn validate(&self) {
        self.order.validate();
        let places = self.order.slots();
        assert_eq!(places.len(), self.keys.in_use(), "every place is in use or free");
        for &place in &places {
            assert_eq!(self.places.get(self.keys[place]), place, "a ghost is found by its key");
        }
        let found = self.places.iter().filter(|&&place| place != NONE).count();
        assert_eq!(found, places.len(), "no other key is found");
    }
}
