//! CLOCK, or second chance: FIFO with one bit per entry. A hit sets the bit. When room is needed, the oldest entry
//! with a set bit has it cleared and joins the queue again; the first found clear goes. Entries come in clear.
//!
//! Corbató, "A paging experiment with the Multics system", MIT Project MAC 1968.

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Clock;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Clock::default()
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Clock {
    /// Oldest first; one that was spared counts as new.
    queue: List,
    /// By slot: used since it was inserted or last spared.
    used: Vec<bool>,
}

impl Policy for Clock {
    #[inline]
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.queue.push_back(slot);
        if slot as usize >= self.used.len() {
            self.used.resize(slot as usize + 1, false);
        }
        self.used[slot as usize] = false;
    }

    #[inline]
    fn hit(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        self.used[slot as usize] = true;
    }

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.queue.unlink(slot);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        // Ends: every turn clears a bit, so after one round the front is clear.
        loop {
            let slot = self.queue.front()?;
            if !std::mem::take(&mut self.used[slot as usize]) {
                self.queue.unlink(slot);
                return Some(slot);
            }
            work::count(1);
            self.queue.move_to_back(slot);
        }
    }

    fn clear(&mut self) {
        self.queue.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.queue.slots()
    }

    fn validate(&self) {}
}
