//! Row locks: who writes a row has it to itself from the beginning of its service to its commit; the others wait for it,
//! first come, first served.
//!
//! ```text
//! take ─▶ free? ─▶ taken ─▶ … commit ─▶ give back ─▶ to the first in line, or free again
//!         else in line
//! ```
//!
//! A writer's lock is exclusive. A locking read (`reads = "locking"`) shares the row with other readers and keeps writers
//! out. Who needs several rows takes them in the order of their keys, so no circle of waiting can close: there are no
//! deadlocks. A row that nobody waits for costs one bit.

use std::collections::BTreeMap;

use super::{Asked, Query, Reply};
use crate::engine::{CallId, Calls, Line};
use crate::model::Key;
use crate::table;

type Queries = Calls<Asked, Reply>;

/// The locks of all rows. See the module.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// A bit a row: whether somebody has it.
    held: Vec<u64>,
    /// Of those that have it, the rows that readers have or somebody waits for.
    crowded: BTreeMap<Key, Crowd>,
    waiting: u32,
}

#[derive(Debug, Default)]
struct Crowd {
    /// How many readers have the row; none when a writer has it.
    readers: u32,
    line: Line,
}

fn reads(calls: &Queries, call: CallId) -> bool {
    matches!(calls.question(call).query, Query::Read(_))
}

impl Crowd {
    /// Lets in the readers at the head of the line.
    fn admit_readers(&mut self, calls: &Queries, granted: &mut Vec<CallId>) {
        while let Some(reader) = self.line.first().filter(|&first| reads(calls, first)) {
            self.line.pop(calls);
            self.readers += 1;
            granted.push(reader);
        }
    }
}

impl Locks {
    /// How many queries wait for a lock.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Takes the lock of row `key` for `call`, or lines up for it: then it comes with
    /// [`give_back`](Locks::give_back). Returns whether it was free.
    pub fn take(&mut self, calls: &Queries, key: Key, call: CallId) -> bool {
        let (word, bit) = (key as usize / 64, 1 << (key % 64));
        table::reach(&mut self.held, word, 0);
        let reads = reads(calls, call);
        if self.held[word] & bit == 0 {
            self.held[word] |= bit;
            if reads {
                self.crowded.insert(key, Crowd { readers: 1, line: Line::default() });
            }
            return true;
        }
        let crowd = self.crowded.entry(key).or_default();
        if reads && crowd.readers > 0 && crowd.line.is_empty() {
            crowd.readers += 1;
            return true;
        }
        crowd.line.push(calls, call);
        self.waiting += 1;
        false
    }

    /// One who has row `key` gives it back; `granted` hears who has it now.
    pub fn give_back(&mut self, calls: &Queries, key: Key, granted: &mut Vec<CallId>) {
        let Some(crowd) = self.crowded.get_mut(&key) else {
            self.held[key as usize / 64] &= !(1 << (key % 64));
            return;
        };
        crowd.readers = crowd.readers.saturating_sub(1);
        if crowd.readers > 0 {
            return;
        }
        let before = granted.len();
        crowd.admit_readers(calls, granted);
        if crowd.readers == 0 {
            granted.extend(crowd.line.pop(calls));
        }
        let admitted = granted.len() - before;
        self.waiting -= admitted as u32;
        if crowd.readers == 0 && crowd.line.is_empty() {
            self.crowded.remove(&key);
        }
        if admitted == 0 {
            self.held[key as usize / 64] &= !(1 << (key % 64));
        }
    }

    /// `call` waits for row `key` no longer; `granted` hears of readers that it has kept waiting.
    pub fn leave(&mut self, calls: &Queries, key: Key, call: CallId, granted: &mut Vec<CallId>) {
        let crowd = self.crowded.get_mut(&key).expect("who waits for a row stands in its line");
        crowd.line.remove(calls, call);
        let before = granted.len();
        if crowd.readers > 0 {
            crowd.admit_readers(calls, granted);
        }
        self.waiting -= 1 + (granted.len() - before) as u32;
        if crowd.readers == 0 && crowd.line.is_empty() {
            self.crowded.remove(&key);
        }
    }

    /// All locks are free again; returns those who waited for one, by row.
    pub fn reset(&mut self, calls: &Queries) -> Vec<CallId> {
        let mut waited = Vec::new();
        for mut crowd in std::mem::take(&mut self.crowded).into_values() {
            waited.extend(std::iter::from_fn(|| crowd.line.pop(calls)));
        }
        *self = Locks::default();
        waited
    }

    /// Panics if the locks are not in order; for tests.
    pub fn validate(&self) {
        let waiting: u32 = self.crowded.values().map(|crowd| crowd.line.len()).sum();
        assert_eq!(waiting, self.waiting, "who waits stands in a line");
        for (&key, crowd) in &self.crowded {
            assert!(self.held[key as usize / 64] & 1 << (key % 64) != 0, "nobody waits for a free row");
            assert!(crowd.readers > 0 || !crowd.line.is_empty(), "no crowd without anyone");
        }
    }
}
