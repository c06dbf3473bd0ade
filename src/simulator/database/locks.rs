//! Row locks: who writes a row has it to itself from the beginning of its service to its commit; the others wait for it,
//! first come, first served.
//!
//! ```text
//! take ─▶ free? ─▶ taken ─▶ … commit ─▶ give back ─▶ to the first in queue, or free again
//!         else in line
//! ```
//!
//! A writer's lock is exclusive. A locking read (`reads = "locking"`) shares the row with other readers and keeps writers
//! out. Who needs several rows takes them in the order of their keys, so no circle of waiting can close: there are no
//! deadlocks. A row that nobody waits for costs one bit.

use std::collections::BTreeMap;

use super::{Query, Request, Response};
use crate::engine::{CallId, CallQueue, Calls};
use crate::model::Key;
use crate::table;

type Queries = Calls<Request, Response>;

/// The locks of all rows. See the module.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// A bit a row: whether somebody has it.
    held: Vec<u64>,
    /// Of those that have it, the rows that readers have or somebody waits for.
    contended: BTreeMap<Key, RowLock>,
    waiting: u32,
}

#[derive(Debug, Default)]
struct RowLock {
    /// How many readers have the row; none when a writer has it.
    readers: u32,
    queue: CallQueue,
}

fn reads(calls: &Queries, call: CallId) -> bool {
    matches!(calls.request(call).query, Query::Read(_))
}

impl RowLock {
    /// Lets in the readers at the head of the queue.
    fn admit_readers(&mut self, calls: &Queries, granted: &mut Vec<CallId>) {
        while let Some(reader) = self.queue.first().filter(|&first| reads(calls, first)) {
            self.queue.pop(calls);
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
    /// [`release`](Locks::release). Returns whether it was free.
    pub fn acquire(&mut self, calls: &Queries, key: Key, call: CallId) -> bool {
        let (word, bit) = (key as usize / 64, 1 << (key % 64));
        table::reach(&mut self.held, word, 0);
        let reads = reads(calls, call);
        if self.held[word] & bit == 0 {
            self.held[word] |= bit;
            if reads {
                self.contended.insert(key, RowLock { readers: 1, queue: CallQueue::default() });
            }
            return true;
        }
        let lock = self.contended.entry(key).or_default();
        if reads && lock.readers > 0 && lock.queue.is_empty() {
            lock.readers += 1;
            return true;
        }
        lock.queue.push(calls, call);
        self.waiting += 1;
        false
    }

    /// One who has row `key` gives it back; `granted` hears who has it now.
    pub fn release(&mut self, calls: &Queries, key: Key, granted: &mut Vec<CallId>) {
        let Some(lock) = self.contended.get_mut(&key) else {
            self.held[key as usize / 64] &= !(1 << (key % 64));
            return;
        };
        lock.readers = lock.readers.saturating_sub(1);
        if lock.readers > 0 {
            return;
        }
        let before = granted.len();
        lock.admit_readers(calls, granted);
        if lock.readers == 0 {
            granted.extend(lock.queue.pop(calls));
        }
        let admitted = granted.len() - before;
        self.waiting -= admitted as u32;
        if lock.readers == 0 && lock.queue.is_empty() {
            self.contended.remove(&key);
        }
        if admitted == 0 {
            self.held[key as usize / 64] &= !(1 << (key % 64));
        }
    }

    /// `call` waits for row `key` no longer; `granted` hears of readers that it has kept waiting.
    pub fn stop_waiting(&mut self, calls: &Queries, key: Key, call: CallId, granted: &mut Vec<CallId>) {
        let lock = self.contended.get_mut(&key).expect("who waits for a row stands in its line");
        lock.queue.remove(calls, call);
        let before = granted.len();
        if lock.readers > 0 {
            lock.admit_readers(calls, granted);
        }
        self.waiting -= 1 + (granted.len() - before) as u32;
        if lock.readers == 0 && lock.queue.is_empty() {
            self.contended.remove(&key);
        }
    }

    /// All locks are free again; returns those who waited for one, by row.
    pub fn reset(&mut self, calls: &Queries) -> Vec<CallId> {
        let mut waited = Vec::new();
        for mut lock in std::mem::take(&mut self.contended).into_values() {
            waited.extend(std::iter::from_fn(|| lock.queue.pop(calls)));
        }
        *self = Locks::default();
        waited
    }

    /// Panics if the locks are not in order; for tests.
    pub fn validate(&self) {
        let waiting: u32 = self.contended.values().map(|lock| lock.queue.len()).sum();
        assert_eq!(waiting, self.waiting, "who waits stands in a line");
        for (&key, lock) in &self.contended {
            assert!(self.held[key as usize / 64] & 1 << (key % 64) != 0, "nobody waits for a free row");
            assert!(lock.readers > 0 || !lock.queue.is_empty(), "no lock without anyone");
        }
    }
}
