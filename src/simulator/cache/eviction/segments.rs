//! Entries in several ordered lists at once, each entry in one of them, with the weight that each list holds.
//!
//! A *weight* is what an entry takes up of the cache's capacity: 1 where capacity is counted in entries, its bytes where it is
//! counted in bytes (see [`Capacity`](crate::cache::entry::Capacity)). A policy that gives each of its lists a share of the
//! room compares weights, and so means the same thing in both.

use super::list::List;

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    weight: u64,
    segment: u8,
}

/// `N` lists of slots.
#[derive(Clone, Debug)]
pub(super) struct Segments<const N: usize> {
    lists: [List; N],
    weights: [u64; N],
    /// By slot; outdated for slots in no list.
    places: Vec<Place>,
}

impl<const N: usize> Default for Segments<N> {
    fn default() -> Segments<N> {
        Segments { lists: std::array::from_fn(|_| List::default()), weights: [0; N], places: Vec::new() }
    }
}

impl<const N: usize> Segments<N> {
    /// Adds `slot` at the back of a segment.
    #[inline]
    pub(super) fn push_back(&mut self, segment: usize, slot: u32, weight: u64) {
        if slot as usize >= self.places.len() {
            self.places.resize(slot as usize + 1, Place::default());
        }
        self.places[slot as usize] = Place { weight, segment: segment as u8 };
        self.weights[segment] += weight;
        self.lists[segment].push_back(slot);
    }

    /// Takes `slot` out of its segment; gives its weight.
    #[inline]
    pub(super) fn unlink(&mut self, slot: u32) -> u64 {
        let Place { weight, segment } = self.places[slot as usize];
        self.weights[segment as usize] -= weight;
        self.lists[segment as usize].unlink(slot);
        weight
    }

    /// Moves `slot` to the back of a segment, its own or another.
    #[inline]
    pub(super) fn move_to_back(&mut self, segment: usize, slot: u32) {
        if self.segment(slot) == segment {
            self.lists[segment].move_to_back(slot);
        } else {
            let weight = self.unlink(slot);
            self.push_back(segment, slot, weight);
        }
    }

    /// The entry at `slot` weighs something else from now on.
    #[inline]
    pub(super) fn reweigh(&mut self, slot: u32, weight: u64) {
        let place = &mut self.places[slot as usize];
        let segment = &mut self.weights[place.segment as usize];
        *segment = *segment - place.weight + weight;
        place.weight = weight;
    }

    /// The segment that `slot`, which must be in one, is in.
    #[inline]
    pub(super) fn segment(&self, slot: u32) -> usize {
        usize::from(self.places[slot as usize].segment)
    }

    /// The first slot of a segment.
    #[inline]
    pub(super) fn front(&self, segment: usize) -> Option<u32> {
        self.lists[segment].front()
    }

    /// What a segment's entries weigh together.
    #[inline]
    pub(super) fn weight(&self, segment: usize) -> u64 {
        self.weights[segment]
    }

    pub(super) fn clear(&mut self) {
        *self = Segments::default();
    }

    /// The slots of all segments.
    pub(super) fn slots(&self) -> Vec<u32> {
        self.lists.iter().flat_map(List::slots).collect()
    }

    /// Asserts that every slot knows its segment and every segment its weight.
    pub(super) fn validate(&self) {
        for (segment, list) in self.lists.iter().enumerate() {
            let slots = list.slots();
            assert!(slots.iter().all(|&slot| self.segment(slot) == segment), "a slot knows its segment");
            let weight: u64 = slots.iter().map(|&slot| self.places[slot as usize].weight).sum();
            assert_eq!(self.weights[segment], weight, "a segment knows its weight");
        }
    }
}
