//! Random: any entry goes, all equally likely. Under independent references it hits exactly as often as FIFO
//! (Gelenbe, "A unified approach to the evaluation of a class of replacement algorithms", IEEE Trans. Computers 1973).
//!
//! One draw an eviction, none otherwise.

use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Random;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    Random::new(stream)
}

#[derive(Clone, Debug)]
pub(in crate::cache) struct Random {
    stream: Stream,
    /// The slots in use, in no particular order.
    held: Vec<u32>,
    /// By slot: its place in `held`.
    place: Vec<u32>,
}

impl Random {
    pub(super) fn new(stream: Stream) -> Random {
        Random { stream, held: Vec::new(), place: Vec::new() }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes out the slot at `place`; the last one takes its place.
    fn take(&mut self, place: u32) -> u32 {
        let slot = self.held.swap_remove(place as usize);
        if let Some(&moved) = self.held.get(place as usize) {
            self.place[moved as usize] = place;
        }
        slot
    }
}

impl Policy for Random {
    #[inline]
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        if slot as usize >= self.place.len() {
            self.place.resize(slot as usize + 1, 0);
        }
        self.place[slot as usize] = self.held.len() as u32;
        self.held.push(slot);
    }

    #[inline]
    fn hit(&mut self, _slot: u32, _entry: &Entry, _now: Nanos) {}

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.take(self.place[slot as usize]);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        if self.held.is_empty() {
            return None;
        }
        let place = self.stream.below(self.held.len() as u32);
        Some(self.take(place))
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.held.clone()
    }

    fn validate(&self) {
        for (place, &slot) in self.held.iter().enumerate() {
            assert_eq!(self.place[slot as usize] as usize, place, "every slot knows its place");
        }
    }
}
