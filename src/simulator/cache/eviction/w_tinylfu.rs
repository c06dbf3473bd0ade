//! W-TinyLFU: a small window for newcomers, and an entrance exam foreverything else.
//!
//! New entries join an LRU window with a hundredth of the capacity. The one that the window gives up is compared with the
//! one that the main part would give up: the key that has been asked for more often lately stays, and on a tie the one
//! in main does. Main is a segmented LRU: *probation*, and *protected* with four fifths of main for what was hit there.
//!
//! How often a key has been asked for is estimated by a sketch: four rows of 4-bit counters, the least of a key's
//! four being the estimate. Whenever ten times the cache's size have been counted, every counter is halved, so that
//! old popularity fades. In a replay, where ids of keys are used again, a key is counted by its
//! [name](Entry::name).
//!
//! ```text
//! new ─▶ window (1 %, LRU) ─▶ asked for more often than main's victim? ─ yes ─▶ probation ─ hit ─▶ protected (80 %)
//!                                                  └─ no ─▶ gone                     ◀─ steps down ─┘
//! ```
//!
//! Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage 2017;
//! shares, sketch and sample size as in its authors' library Caffeine.

use super::segments::Segments;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::{Stream, splitmix64};
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Box<WTinyLfu>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(WTinyLfu::new(capacity))
}

const WINDOW: usize = 0;
const PROBATION: usize = 1;
const PROTECTED: usize = 2;

#[derive(Clone, Debug)]
pub(in crate::cache) struct WTinyLfu {
    capacity: Capacity,
    window_share: u64,
    protected_share: u64,
    lists: Segments<3>,
    /// How many entries are held.
    held: u64,
    sketch: Sketch,
    /// The weight of the entry that is coming in.
    incoming: u64,
    /// Some key without a name was counted by its id.
    counts_ids: bool,
}

impl WTinyLfu {
    pub(super) fn new(capacity: Capacity) -> WTinyLfu {
        let main_share = capacity.share(0.99);
        WTinyLfu {
            capacity,
            window_share: capacity.total() - main_share,
            protected_share: (main_share as f64 * 0.8) as u64,
            lists: Segments::default(),
            held: 0,
            sketch: Sketch::new(first_width(capacity)),
            incoming: 0,
            counts_ids: false,
        }
    }

    /// The one that main would give up.
    fn victim(&self) -> Option<u32> {
        self.lists.front(PROBATION).or(self.lists.front(PROTECTED))
    }

    /// Lets the window's oldest go on to main until the window keeps to its share.
    fn overflow(&mut self) {
        while self.lists.weight(WINDOW) > self.window_share {
            work::count(1);
            let oldest = self.lists.front(WINDOW).expect("what weighs something holds something");
            self.lists.move_to_back(PROBATION, oldest);
        }
    }
}

/// What the sketch counts of an entry's key: its name, so that it is the same key when it comes back under another id.
#[inline]
fn counted(entry: &Entry) -> u32 {
    if entry.name == 0 { entry.key } else { entry.name }
}

impl Policy for WTinyLfu {
    fn admit(&mut self, entry: &Entry) {
        self.incoming = self.capacity.weight(entry);
        self.counts_ids |= entry.name == 0;
        self.sketch.count(counted(entry));
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.lists.push_back(WINDOW, slot, self.capacity.weight(entry));
        self.held += 1;
        self.sketch.fit(self.held);
        self.overflow();
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        self.sketch.count(counted(entry));
        let list = if self.lists.segment(slot) == WINDOW { WINDOW } else { PROTECTED };
        self.lists.move_to_back(list, slot);
        self.lists.reweigh(slot, self.capacity.weight(entry));
        while self.lists.weight(PROTECTED) > self.protected_share {
            work::count(1);
            let oldest = self.lists.front(PROTECTED).expect("what weighs something holds something");
            self.lists.move_to_back(PROBATION, oldest);
        }
        self.overflow();
    }

    fn remove(&mut self, slot: u32) {
        self.lists.unlink(slot);
        self.held -= 1;
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        // The newcomer will push the window's oldest out: that one stands against main's.
        let overflows = self.lists.weight(WINDOW) + self.incoming > self.window_share;
        let candidate = self.lists.front(WINDOW).filter(|_| overflows);
        let slot = match (candidate, self.victim()) {
            (Some(candidate), Some(victim)) => {
                let [asked, wanted] = [candidate, victim].map(|slot| self.sketch.estimate(counted(view.entry(slot))));
                if asked > wanted {
                    self.lists.move_to_back(PROBATION, candidate);
                    victim
                } else {
                    candidate
                }
            }
            (candidate, victim) => candidate.or(victim).or(self.lists.front(WINDOW))?,
        };
        self.lists.unlink(slot);
        self.held -= 1;
        Some(slot)
    }

    fn remembers(&self, _key: u32) -> bool {
        self.counts_ids
    }

    fn clear(&mut self) {
        // A near cache that stays closed through many crashes is cleared at each of them.
        if self.held > 0 || self.sketch.counted > 0 || self.sketch.size > first_width(self.capacity) {
            work::count(self.sketch.words.len());
            *self = WTinyLfu::new(self.capacity);
        }
    }

    fn slots(&self) -> Vec<u32> {
        self.lists.slots()
    }

    fn validate(&self) {
        self.lists.validate();
        assert_eq!(self.held, self.lists.slots().len() as u64, "it knows how many it holds");
        assert!(self.lists.weight(WINDOW) <= self.window_share, "the window keeps to its share");
        assert!(self.lists.weight(PROTECTED) <= self.protected_share, "the protected keep to theirs");
    }
}

/// The sketch of a large cache begins as wide as this and widens with what is held.
const FIRST_WIDTH: u64 = 1 << 16;
/// How many entries the sketch of an empty cache is made for.
fn first_width(capacity: Capacity) -> u64 {
    capacity.entries().unwrap_or(0).clamp(8, FIRST_WIDTH)
}

/// Counters in a word.
const ROWS: u32 = 4;

/// A count-min sketch: each key has one 4-bit counter in each of four rows.
#[derive(Clone, Debug)]
struct Sketch {
    /// Sixteen counters each, four of every row.
    words: Vec<u64>,
    /// Entries it was made for.
    size: u64,
    /// Counted since it was last halved, the half then kept included.
    counted: u64,
}

impl Sketch {
    fn new(size: u64) -> Sketch {
        Sketch { words: vec![0; size.next_power_of_two().max(8) as usize], size: size.max(8), counted: 0 }
    }

    /// The word and the shift of a key's counter in a row.
    fn counter(&self, key: u32, row: u32) -> (usize, u32) {
        let bits = splitmix64(&mut (u64::from(key) << 2 | u64::from(row)));
        let word = bits as usize & (self.words.len() - 1);
        (word, 4 * (ROWS * row + (bits >> 62) as u32))
    }

    /// Key was asked for once more.
    fn count(&mut self, key: u32) {
        let mut counted = false;
        for row in 0..ROWS {
            let (word, shift) = self.counter(key, row);
            if self.words[word] >> shift & 15 < 15 {
                self.words[word] += 1 << shift;
                counted = true;
            }
        }
        self.counted += u64::from(counted);
        if self.counted >= 10 * self.size {
            work::count(self.words.len());
            self.words.iter_mut().for_each(|word| *word = *word >> 1 & 0x7777_7777_7777_7777);
            self.counted /= 2;
        }
    }

    /// How often a key has been asked for lately, 15 at most.
    fn estimate(&self, key: u32) -> u64 {
        let counters = (0..ROWS).map(|row| self.counter(key, row));
        counters.map(|(word, shift)| self.words[word] >> shift & 15).min().expect("there are rows")
    }

    /// Widens for so many entries; what was counted is forgotten then.
    fn fit(&mut self, held: u64) {
        if held > self.size {
            *self = Sketch::new(2 * self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_never_counts_less_than_there_was_and_halves_it_in_time() {
        let mut sketch = Sketch::new(100);
        for key in 0..60 {
            (0..=key % 10).for_each(|_| sketch.count(key));
        }
        for key in 0..60 {
            let (asked, estimate) = (u64::from(key % 10 + 1), sketch.estimate(key));
            assert!((asked..asked + 3).contains(&estimate), "{key}: asked for {asked} times, estimated {estimate}");
        }
        let before = sketch.estimate(9);
        while sketch.counted > 500 || sketch.estimate(9) == before {
            sketch.count(1_000 + sketch.counted as u32 % 50);
        }
        assert!(sketch.estimate(9) < before, "old popularity fades");
    }
}
