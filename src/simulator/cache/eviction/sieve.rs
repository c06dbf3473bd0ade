//! SIEVE: a queue in order of insertion, one bit per entry, and a hand that remembers where it stopped.
//!
//! A hit sets the entry's bit ("visited"). When room is needed, the hand walks from the oldest towards the newest,
//! clearing bits as it passes; the first entry found clear goes, and the hand stays there for the next time. Unlike
//! CLOCK, what survives keeps its place, so newcomers meet the hand soon while old popular entries are left alone.
//! Past the newest, also when the newest itself goes, the hand starts again at the oldest. Entries come in unvisited.
//!
//! Zhang, Yang, Yue, Vigfusson, Rashmi, "SIEVE is simpler than LRU", NSDI 2024.

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Sieve;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Sieve::default()
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Sieve {
    /// Oldest first.
    queue: List,
    /// By slot.
    visited: Vec<bool>,
    /// Where the next search begins; `None`: at the oldest.
    hand: Option<u32>,
}

impl Policy for Sieve {
    #[inline]
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.queue.push_back(slot);
        if slot as usize >= self.visited.len() {
            self.visited.resize(slot as usize + 1, false);
        }
        self.visited[slot as usize] = false;
    }

    #[inline]
    fn hit(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.visited[slot as usize] = true;
    }

    #[inline]
    fn remove(&mut self, slot: u32) {
        if self.hand == Some(slot) {
            self.hand = self.queue.after(slot);
        }
        self.queue.unlink(slot);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        // Ends: every step clears a bit, so in the second round at the latest one is clear.
        loop {
            let slot = self.hand.or(self.queue.front())?;
            self.hand = self.queue.after(slot);
            work::count(1);
            if !std::mem::take(&mut self.visited[slot as usize]) {
                self.queue.unlink(slot);
                return Some(slot);
            }
        }
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.hand = None;
    }

    fn slots(&self) -> Vec<u32> {
        self.queue.slots()
    }

    fn validate(&self) {
        if let Some(hand) = self.hand {
            assert!(self.queue.slots().contains(&hand), "the hand points at an entry that is held");
        }
    }
}
