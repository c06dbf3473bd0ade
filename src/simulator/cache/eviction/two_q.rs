//! 2Q: newcomers wait in a queue until they prove that they are asked for again *later*, not just twice in a row.
//!
//! A new entry joins `Ain`, a FIFO queue with a quarter of the capacity; a hit there does nothing. When it leaves, its key
//! is remembered in `Aout`, as many keys as half of the capacity would hold. A key that comes back while it is remembered
//! joins `Am`, which has the rest of the capacity and is an LRU list.
//!
//! ```text
//! new ─▶ Ain (25 %, FIFO) ─▶ gone, key in Aout (50 %) ─ asked for again ─▶ Am (LRU) ─▶ gone
//! ```
//!
//! Johnson, Shasha, "2Q: a low overhead high performance buffer management replacement algorithm", VLDB 1994. `Ain`
//! gives up an entry while it is longer than its share, otherwise `Am` does.

use super::ghosts::Ghosts;
use super::segments::Segments;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::cache::keys::Numbers;
use crate::random::Stream;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Box<TwoQ>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(TwoQ::new(capacity))
}

const IN: usize = 0;
const MAIN: usize = 1;

#[derive(Clone, Debug)]
pub(in crate::cache) struct TwoQ {
    capacity: Capacity,
    in_share: u64,
    out_share: u64,
    queues: Segments<2>,
    out: Ghosts,
    /// The key that is coming in was remembered.
    returning: bool,
}

impl TwoQ {
    pub(super) fn new(capacity: Capacity) -> TwoQ {
        TwoQ {
            capacity,
            in_share: capacity.share(0.25),
            out_share: capacity.share(0.5),
            queues: Segments::default(),
            out: Ghosts::default(),
            returning: false,
        }
    }
}

impl Policy for TwoQ {
    fn admit(&mut self, entry: &Entry) {
        self.returning = self.out.remove(entry.key).is_some();
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let queue = if std::mem::take(&mut self.returning) { MAIN } else { IN };
        self.queues.push_back(queue, slot, self.capacity.weight(entry));
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        if self.queues.segment(slot) == MAIN {
            self.queues.move_to_back(MAIN, slot);
        }
        self.queues.reweigh(slot, self.capacity.weight(entry));
    }

    fn remove(&mut self, slot: u32) {
        self.queues.unlink(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let oldest_in = self.queues.front(IN);
        match self.queues.front(MAIN) {
            Some(slot) if self.queues.weight(IN) <= self.in_share => {
                self.queues.unlink(slot);
                Some(slot)
            }
            _ => {
                let slot = oldest_in?;
                let weight = self.queues.unlink(slot);
                self.out.push(0, view.entry(slot).key, weight);
                self.out.trim(0, self.out_share);
                Some(slot)
            }
        }
    }

    fn remembers(&self, key: u32) -> bool {
        self.out.has(key)
    }

    fn number_by(&mut self, numbers: &Numbers) {
        self.out = Ghosts::numbered(numbers);
    }

    fn clear(&mut self) {
        self.queues.clear();
        self.out.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.queues.slots()
    }

    fn validate(&self) {
        self.queues.validate();
        self.out.validate();
        assert!(self.out.weight(0) <= self.out_share, "Aout keeps to its share");
    }
}
