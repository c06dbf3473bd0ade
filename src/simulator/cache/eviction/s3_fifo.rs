//! S3-FIFO: three queues, because most entries are never asked for again and should leave quickly.
//!
//! New entries join a *small* queue with a tenth of the capacity. What leaves it having been hit twice or more moves on
//! to the *main* queue; what has not goes, and its key is remembered in a *ghost* queue as large as main. A key that
//! comes back while it is a ghost joins main at once. Main is FIFO with second chances: an entry that was hit joins
//! the back again, at most three times. Nothing moves on a hit, only a counter.
//!
//! ```text
//! new ─▶ small (10 %) ─ hit ≥ 2 ─▶ main (90 %) ─ hit ─▶ main again, counter min(n, 3) − 1
//!              └─ else ─▶ gone, ghost ─ asked for again ─▶ main
//! ```
//!
//! Yang, Zhang, Qiu, Yue, Vinayak, "FIFO queues are all you need for cache eviction", SOSP 2023. The counter starts
//! again in main; main gives up an entry only while it is over its share or small is empty.

use super::ghosts::Ghosts;
use super::segments::Segments;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::cache::keys::Numbers;
use crate::random::Stream;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Box<S3Fifo>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(S3Fifo::new(capacity))
}

const SMALL: usize = 0;
const MAIN: usize = 1;
/// Hits in small that earn a place in main.
const PROMOTED_AT: u8 = 2;
/// The most chances in main.
const CHANCES: u8 = 3;

#[derive(Clone, Debug)]
pub(in crate::cache) struct S3Fifo {
    capacity: Capacity,
    main_share: u64,
    ghost_share: u64,
    queues: Segments<2>,
    /// By slot: hits since it joined its queue.
    hits: Vec<u8>,
    ghosts: Ghosts,
    /// The key that is coming in was a ghost.
    returning: bool,
}

impl S3Fifo {
    pub(super) fn new(capacity: Capacity) -> S3Fifo {
        let small_share = capacity.share(0.1).max(1);
        S3Fifo {
            capacity,
            main_share: capacity.total() - small_share,
            ghost_share: capacity.share(0.9),
            queues: Segments::default(),
            hits: Vec::new(),
            ghosts: Ghosts::default(),
            returning: false,
        }
    }

    /// The first of main without a hit; those before it get another turn.
    fn evict_main(&mut self) -> Option<u32> {
        // Ends: every turn takes a hit away.
        loop {
            let slot = self.queues.front(MAIN)?;
            let hits = &mut self.hits[slot as usize];
            if *hits == 0 {
                self.queues.unlink(slot);
                return Some(slot);
            }
            work::count(1);
            *hits = (*hits).min(CHANCES) - 1;
            self.queues.move_to_back(MAIN, slot);
        }
    }

    /// The first of small that has not earned its place in main; those before it move there.
    fn evict_small(&mut self, view: View<'_>) -> Option<u32> {
        loop {
            let slot = self.queues.front(SMALL)?;
            if self.hits[slot as usize] < PROMOTED_AT {
                let weight = self.queues.unlink(slot);
                self.ghosts.push(0, view.entry(slot).key, weight);
                self.ghosts.trim(0, self.ghost_share);
                return Some(slot);
            }
            work::count(1);
            self.hits[slot as usize] = 0;
            self.queues.move_to_back(MAIN, slot);
        }
    }
}

impl Policy for S3Fifo {
    fn admit(&mut self, entry: &Entry) {
        self.returning = self.ghosts.remove(entry.key).is_some();
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        if slot as usize >= self.hits.len() {
            self.hits.resize(slot as usize + 1, 0);
        }
        self.hits[slot as usize] = 0;
        let queue = if std::mem::take(&mut self.returning) { MAIN } else { SMALL };
        self.queues.push_back(queue, slot, self.capacity.weight(entry));
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.hits[slot as usize] = self.hits[slot as usize].saturating_add(1);
        self.queues.reweigh(slot, self.capacity.weight(entry));
    }

    fn remove(&mut self, slot: u32) {
        self.queues.unlink(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        if self.queues.weight(MAIN) <= self.main_share
            && let Some(slot) = self.evict_small(view)
        {
            return Some(slot);
        }
        // Also when all of small has just moved here. Main may be empty while it is over its share of nothing.
        self.evict_main().or_else(|| self.evict_small(view))
    }

    fn remembers(&self, key: u32) -> bool {
        self.ghosts.has(key)
    }

    fn number_by(&mut self, numbers: &Numbers) {
        self.ghosts = Ghosts::numbered(numbers);
    }

    fn clear(&mut self) {
        self.queues.clear();
        self.ghosts.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.queues.slots()
    }

    fn validate(&self) {
        self.queues.validate();
        self.ghosts.validate();
        assert!(self.ghosts.weight(0) <= self.ghost_share, "ghosts keep to their share");
    }
}
