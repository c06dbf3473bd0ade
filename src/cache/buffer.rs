//! The write-behind buffer of a write-back cache: rows that the database has not got yet, in the order of their arrival.
//!
//! A row waits (*queued*), is in a flush (*taken*), and leaves when the database has it or when it is given up.
//! With coalescing, a new write of a key whose row is queued takes that row's place, and the older write is done with.
//! Without it, every write is a row of its own. With a delay, a row is *due* that long after its last write, and waits
//! for a later flush until then.
//!
//! A dirty set that is read first and deleted afterwards is another way: [`read`](Buffer::read) leaves the rows where
//! they are, [`delete_mark`](Buffer::delete_mark) then takes out whatever a key's row holds by that time. The buffer lives in the cache's memory: a crash takes it along.

use std::collections::VecDeque;

use super::keys::{ByKey, Numbers};
use crate::ledger::{Key, WriteId};
use crate::scenario::estimate;
use crate::time::Nanos;

/// The number of a row in its buffer; used again when the row is gone.
pub type RowId = u32;

const NONE: RowId = RowId::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Queued,
    Taken,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: Key,
    write: WriteId,
    state: State,
    failures: u32,
    /// From when on a flush may take it.
    due: Nanos,
    /// How often this slot has been taken out of the line: tells its place there from the places it had before.
    takes: u32,
    /// The flush that took it last.
    flush: u32,
    /// The key's next older and next newer row.
    older: RowId,
    newer: RowId,
}

const _: () = assert!(size_of::<Row>() <= estimate::DIRTY_ROW_BYTES);

/// What became of a row that failed in a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeued {
    /// It waits again, first in line.
    Queued,
    /// A newer write of the key had taken its place meanwhile.
    Superseded,
    /// It had failed once too often and is gone.
    Dropped,
}

/// See the module.
#[derive(Debug)]
pub struct Buffer {
    rows: Vec<Row>,
    free: Vec<RowId>,
    /// The line: a row, and its `takes` when it was put there. Places that no longer match are passed over.
    queue: VecDeque<(RowId, u32)>,
    /// Each key's newest row.
    newest: ByKey<RowId>,
    coalesce: bool,
    queued: u32,
    held: u32,
    held_max: u32,
    /// The number of the latest flush.
    flush: u32,
}

impl Buffer {
    /// An empty buffer, of a node that numbers its keys like this.
    pub fn new(coalesce: bool, numbers: &Numbers) -> Buffer {
        Buffer {
            rows: Vec::new(),
            free: Vec::new(),
            queue: VecDeque::new(),
            newest: ByKey::new(NONE, numbers),
            coalesce,
            queued: 0,
            held: 0,
            held_max: 0,
            flush: 0,
        }
    }

    /// Buffers a write, for flushes from `due` on; returns the older write whose place it took, if it did.
    pub fn put(&mut self, key: Key, write: WriteId, due: Nanos) -> Option<WriteId> {
        let newest = self.newest.get(key);
        if self.coalesce && newest != NONE && self.rows[newest as usize].state == State::Queued {
            let row = &mut self.rows[newest as usize];
            row.due = due;
            return Some(std::mem::replace(&mut row.write, write));
        }
        let state = State::Queued;
        let mut row = Row { key, write, state, failures: 0, due, takes: 0, flush: 0, older: newest, newer: NONE };
        let id = self.free.pop().unwrap_or(self.rows.len() as RowId);
        match self.rows.get_mut(id as usize) {
            Some(slot) => {
                row.takes = slot.takes;
                *slot = row;
            }
            None => self.rows.push(row),
        }
        if newest != NONE {
            self.rows[newest as usize].newer = id;
        }
        self.newest.set(key, id);
        self.queue.push_back((id, row.takes));
        self.queued += 1;
        self.held += 1;
        self.held_max = self.held_max.max(self.held);
        None
    }

    /// Whether a write of `key` would need a row of its own.
    pub fn needs_row(&self, key: Key) -> bool {
        !(self.coalesce && self.is_queued(key))
    }

    /// How many rows wait for a flush and are due at `by`.
    pub fn due(&self, by: Nanos) -> u32 {
        if by == Nanos::MAX {
            return self.queued;
        }
        self.rows.iter().filter(|row| row.state == State::Queued && row.due <= by).count() as u32
    }

    /// Up to `most` rows due at `by`, those that have waited longest first, which go on waiting.
    pub fn read(&self, most: u32, by: Nanos) -> Vec<(Key, WriteId)> {
        let waits = |&&(id, takes): &&(RowId, u32)| {
            let row = &self.rows[id as usize];
            row.state == State::Queued && row.takes == takes && row.due <= by
        };
        let row = |&(id, _): &(RowId, u32)| self.row(id);
        self.queue.iter().filter(waits).take(most as usize).map(row).collect()
    }

    /// Deletes the mark of `key`: its waiting row leaves, whatever it holds. Returns that write, if there was one.
    pub fn delete_mark(&mut self, key: Key) -> Option<WriteId> {
        let id = self.queued_row(key)?;
        self.mark_taken(id);
        Some(self.remove(id))
    }

    /// The waiting row of `key` was read and not written. Returns its write if that was once too often, and it leaves.
    pub fn mark_failed(&mut self, key: Key, limit: u32) -> Option<WriteId> {
        let id = self.queued_row(key)?;
        self.rows[id as usize].failures += 1;
        if self.rows[id as usize].failures > limit { self.delete_mark(key) } else { None }
    }

    fn queued_row(&self, key: Key) -> Option<RowId> {
        let id = self.newest.get(key);
        (id != NONE && self.rows[id as usize].state == State::Queued).then_some(id)
    }

    /// Takes up to `most` rows due at `by` for one flush, those that have waited longest first. A row waits on while an
    /// older one of its key is in another flush: the two could reach the database in either order.
    pub fn take(&mut self, most: u32, by: Nanos) -> Vec<RowId> {
        self.flush = self.flush.wrapping_add(1);
        let (mut taken, mut held_back) = (Vec::new(), Vec::new());
        while taken.len() < most as usize {
            let Some((id, takes)) = self.queue.pop_front() else { break };
            // Rows that were dropped or flushed apart left their place in the line behind.
            let row = &self.rows[id as usize];
            if row.state != State::Queued || row.takes != takes {
                continue;
            }
            if row.due > by || self.would_overtake(row.older) {
                held_back.push((id, takes));
            } else {
                self.mark_taken(id);
                taken.push(id);
            }
        }
        held_back.into_iter().rev().for_each(|place| self.queue.push_front(place));
        taken
    }

    /// Takes the queued rows of one key, oldest first, for a flush of their own; none when an older one of the key is
    /// in another flush.
    pub fn take_key(&mut self, key: Key) -> Vec<RowId> {
        let mut rows = self.queued_of(key);
        rows.reverse();
        self.flush = self.flush.wrapping_add(1);
        if rows.first().is_some_and(|&oldest| self.would_overtake(self.rows[oldest as usize].older)) {
            return Vec::new();
        }
        rows.iter().for_each(|&id| self.mark_taken(id));
        rows
    }

    /// Gives up the queued rows of one key; returns their writes.
    pub fn drop_key(&mut self, key: Key) -> Vec<WriteId> {
        let mut dropped = self.queued_of(key);
        dropped.reverse();
        dropped.iter().for_each(|&id| self.mark_taken(id));
        dropped.iter().map(|&id| self.remove(id)).collect()
    }

    /// Gives up every row that waits; returns their writes. Those in a flush stay.
    pub fn drop_queued(&mut self) -> Vec<WriteId> {
        let ids = 0..self.rows.len() as RowId;
        let queued: Vec<RowId> = ids.filter(|&id| self.rows[id as usize].state == State::Queued).collect();
        queued.iter().for_each(|&id| self.mark_taken(id));
        queued.iter().map(|&id| self.remove(id)).collect()
    }

    /// Whether a row whose next older one is `older` would leave it behind, in another flush or in the line.
    fn would_overtake(&self, mut older: RowId) -> bool {
        while older != NONE {
            let row = &self.rows[older as usize];
            if row.state != State::Taken || row.flush != self.flush {
                return true;
            }
            older = row.older;
        }
        false
    }

    /// The database has a taken row; it leaves. Returns its write.
    pub fn flushed(&mut self, id: RowId) -> WriteId {
        assert_eq!(self.rows[id as usize].state, State::Taken, "only a taken row is flushed");
        self.remove(id)
    }

    /// The database did not take a taken row: it waits again, unless it has failed more than `limit` times.
    pub fn requeue(&mut self, id: RowId, limit: u32) -> Requeued {
        let row = &mut self.rows[id as usize];
        assert_eq!(row.state, State::Taken, "only a taken row is put back");
        row.failures += 1;
        let (key, failures) = (row.key, row.failures);
        if failures > limit {
            return Requeued::Dropped;
        }
        if self.coalesce && self.newest.get(key) != id {
            return Requeued::Superseded;
        }
        self.rows[id as usize].state = State::Queued;
        self.queued += 1;
        self.queue.push_front((id, self.rows[id as usize].takes));
        Requeued::Queued
    }

    /// A taken row leaves without having been written; returns its write.
    pub fn give_up(&mut self, id: RowId) -> WriteId {
        self.flushed(id)
    }

    /// A crash: everything is gone; returns the writes that were held.
    pub fn clear(&mut self) -> Vec<WriteId> {
        let writes = self.rows.iter().filter(|row| row.state != State::Free).map(|row| row.write).collect();
        let (coalesce, held_max) = (self.coalesce, self.held_max);
        *self = Buffer { held_max, ..Buffer::new(coalesce, self.newest.numbers()) };
        writes
    }

    /// The key and write of a row.
    pub fn row(&self, id: RowId) -> (Key, WriteId) {
        let row = self.rows[id as usize];
        (row.key, row.write)
    }

    /// The newest buffered write of `key`, queued or taken.
    pub fn newest_write(&self, key: Key) -> Option<WriteId> {
        let id = self.newest.get(key);
        (id != NONE).then(|| self.rows[id as usize].write)
    }

    /// Whether `key` has a row waiting.
    pub fn is_queued(&self, key: Key) -> bool {
        self.queued_row(key).is_some()
    }

    /// How many rows wait for a flush.
    pub fn queued(&self) -> u32 {
        self.queued
    }

    /// How many rows are held, waiting or in a flush.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// The most rows ever held at once.
    pub fn held_max(&self) -> u32 {
        self.held_max
    }

    fn queued_of(&self, key: Key) -> Vec<RowId> {
        let mut ids = Vec::new();
        let mut id = self.newest.get(key);
        while id != NONE {
            let row = self.rows[id as usize];
            if row.state == State::Queued {
                ids.push(id);
            }
            id = row.older;
        }
        ids
    }

    fn mark_taken(&mut self, id: RowId) {
        let row = &mut self.rows[id as usize];
        row.flush = self.flush;
        row.state = State::Taken;
        row.takes = row.takes.wrapping_add(1);
        self.queued -= 1;
    }

    fn remove(&mut self, id: RowId) -> WriteId {
        let row = self.rows[id as usize];
        assert_ne!(row.state, State::Queued, "a row is taken before it leaves");
        match row.newer {
            NONE => self.newest.set(row.key, row.older),
            newer => self.rows[newer as usize].older = row.older,
        }
        if row.older != NONE {
            self.rows[row.older as usize].newer = row.newer;
        }
        self.rows[id as usize].state = State::Free;
        self.free.push(id);
        self.held -= 1;
        row.write
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        let count = |state| self.rows.iter().filter(|row| row.state == state).count() as u32;
        assert_eq!(self.queued, count(State::Queued));
        assert_eq!(self.held, count(State::Queued) + count(State::Taken));
        let is_place = |&&(id, takes): &&(RowId, u32)| {
            let row = &self.rows[id as usize];
            row.state == State::Queued && row.takes == takes
        };
        let places = self.queue.iter().filter(is_place).count();
        assert_eq!(places as u32, self.queued, "each queued row has one place in the line");
        for &newest in self.newest.iter().filter(|&&newest| newest != NONE) {
            let key = self.rows[newest as usize].key;
            assert_eq!(self.newest.get(key), newest, "a key's newest row is found by the key");
            let mut id = newest;
            while id != NONE {
                assert_eq!(self.rows[id as usize].key, key);
                assert_ne!(self.rows[id as usize].state, State::Free);
                let older = self.rows[id as usize].older;
                assert!(older == NONE || self.rows[older as usize].newer == id);
                id = self.rows[id as usize].older;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Nanos = Nanos(100);

    #[test]
    fn coalescing_makes_one_row_of_many_writes_and_its_absence_does_not() {
        for (coalesce, rows) in [(true, 1), (false, 3)] {
            let mut buffer = Buffer::new(coalesce, &Numbers::default());
            for write in 1..=3 {
                buffer.put(7, WriteId(write), NOW);
            }
            assert_eq!(buffer.queued(), rows);
            assert_eq!(buffer.newest_write(7), Some(WriteId(3)));
        }
    }

    #[test]
    fn a_failed_row_never_replaces_a_newer_one() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), NOW);
        let taken = buffer.take(1, NOW)[0];
        buffer.put(7, WriteId(2), NOW);
        assert_eq!(buffer.requeue(taken, 3), Requeued::Superseded);
        assert_eq!(buffer.give_up(taken), WriteId(1));
        assert_eq!(buffer.newest_write(7), Some(WriteId(2)));
        buffer.validate();
    }

    #[test]
    fn a_row_that_fails_too_often_is_dropped_and_one_that_fails_less_is_not() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), NOW);
        for _ in 0..2 {
            let taken = buffer.take(1, NOW)[0];
            assert_eq!(buffer.requeue(taken, 2), Requeued::Queued);
        }
        let taken = buffer.take(1, NOW)[0];
        assert_eq!(buffer.requeue(taken, 2), Requeued::Dropped);
    }

    #[test]
    fn a_row_waits_while_an_older_one_of_its_key_is_in_another_flush() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), NOW);
        let first = buffer.take_key(7);
        buffer.put(7, WriteId(2), NOW);
        buffer.put(8, WriteId(3), NOW);
        assert!(buffer.take_key(7).is_empty());
        let others = buffer.take(9, NOW);
        assert_eq!(others.iter().map(|&id| buffer.row(id)).collect::<Vec<_>>(), [(8, WriteId(3))]);
        buffer.flushed(first[0]);
        assert_eq!(buffer.take(9, NOW).len(), 1, "now it is free to go");
        buffer.validate();
    }

    #[test]
    fn rows_of_one_key_may_share_a_flush() {
        let mut buffer = Buffer::new(false, &Numbers::default());
        (1..=3).for_each(|write| assert_eq!(buffer.put(7, WriteId(write), NOW), None));
        let rows: Vec<WriteId> = buffer.take(9, NOW).iter().map(|&id| buffer.row(id).1).collect();
        assert_eq!(rows, [WriteId(1), WriteId(2), WriteId(3)]);
    }

    #[test]
    fn a_row_is_due_after_its_last_write_and_not_after_its_first() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), Nanos(10));
        buffer.put(8, WriteId(2), Nanos(11));
        buffer.put(7, WriteId(3), Nanos(12));
        assert_eq!((buffer.due(Nanos(11)), buffer.due(Nanos(12)), buffer.due(Nanos::MAX)), (1, 2, 2));
        let taken = buffer.take(9, Nanos(11));
        assert_eq!(taken.iter().map(|&id| buffer.row(id)).collect::<Vec<_>>(), [(8, WriteId(2))]);
        assert_eq!(buffer.read(9, Nanos(12)), [(7, WriteId(3))]);
        buffer.validate();
    }

    #[test]
    fn a_mark_set_again_between_reading_and_deleting_is_deleted_with_the_newer_write() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), NOW);
        assert_eq!(buffer.read(9, NOW), [(7, WriteId(1))]);
        assert_eq!(buffer.put(7, WriteId(2), NOW), Some(WriteId(1)));
        assert_eq!(buffer.delete_mark(7), Some(WriteId(2)));
        assert_eq!((buffer.delete_mark(7), buffer.held()), (None, 0));
        buffer.validate();
    }

    #[test]
    fn a_row_that_is_read_and_fails_too_often_leaves_and_one_that_fails_less_stays() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        buffer.put(7, WriteId(1), NOW);
        assert_eq!((buffer.mark_failed(7, 1), buffer.queued()), (None, 1));
        assert_eq!((buffer.mark_failed(7, 1), buffer.queued()), (Some(WriteId(1)), 0));
        buffer.validate();
    }

    #[derive(Clone, Debug)]
    enum Op {
        Put(Key, u64),
        Delete(Key),
        FailMark(Key),
        Take,
        TakeKey(Key),
        DropKey(Key),
        DropQueued,
        Flush,
        Fail,
        Crash,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            8 => (0u32..6, 99..102u64).prop_map(|(key, due)| Op::Put(key, due)),
            1 => (0u32..6).prop_map(Op::Delete),
            1 => (0u32..6).prop_map(Op::FailMark),
            4 => Just(Op::Take),
            1 => (0u32..6).prop_map(Op::TakeKey),
            1 => (0u32..6).prop_map(Op::DropKey),
            1 => Just(Op::DropQueued),
            3 => Just(Op::Flush),
            2 => Just(Op::Fail),
            1 => Just(Op::Crash),
        ]
    }

    proptest! {
        /// Every write that goes in comes out exactly once, whatever happens in between.
        #[test]
        fn no_write_is_lost_or_doubled(coalesce: bool, ops in prop::collection::vec(op(), 0..200)) {
            let mut buffer = Buffer::new(coalesce, &Numbers::default());
            let (mut taken, mut inside, mut next) = (Vec::new(), std::collections::BTreeSet::new(), 0);
            for op in ops {
                let mut out = Vec::new();
                match op {
                    Op::Delete(key) => out.extend(buffer.delete_mark(key)),
                    Op::FailMark(key) => out.extend(buffer.mark_failed(key, 1)),
                    Op::Put(key, due) => {
                        next += 1;
                        inside.insert(next);
                        out.extend(buffer.put(key, WriteId(next), Nanos(due)));
                    }
                    Op::Take => taken.extend(buffer.take(2, NOW)),
                    Op::TakeKey(key) => taken.extend(buffer.take_key(key)),
                    Op::DropKey(key) => out.extend(buffer.drop_key(key)),
                    Op::DropQueued => out.extend(buffer.drop_queued()),
                    Op::Flush => out.extend(taken.pop().map(|id| buffer.flushed(id))),
                    Op::Fail => if let Some(id) = taken.pop()
                        && buffer.requeue(id, 1) != Requeued::Queued { out.push(buffer.give_up(id)); },
                    Op::Crash => { taken.clear(); out.extend(buffer.clear()); }
                }
                for write in out {
                    prop_assert!(inside.remove(&write.0), "write {} left twice", write.0);
                }
                buffer.validate();
                prop_assert_eq!(buffer.held() as usize, inside.len());
            }
        }
    }

    #[test]
    fn rows_that_are_not_due_yet_keep_their_order() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        for (key, due) in [(1, Nanos(200)), (2, Nanos(200)), (3, NOW)] {
            buffer.put(key, WriteId(key), due);
        }
        let keys = |buffer: &Buffer, ids: Vec<RowId>| ids.into_iter().map(|id| buffer.row(id).0).collect::<Vec<Key>>();
        let (first, then) = (buffer.take(9, NOW), buffer.take(9, Nanos(200)));
        assert_eq!((keys(&buffer, first), keys(&buffer, then)), (vec![3], vec![1, 2]));
    }

    #[test]
    fn the_rows_of_a_key_that_are_taken_apart_come_in_their_order() {
        let mut buffer = Buffer::new(false, &Numbers::default());
        [1, 2, 3].into_iter().for_each(|write| _ = buffer.put(7, WriteId(write), NOW));
        let writes: Vec<WriteId> = buffer.take_key(7).into_iter().map(|id| buffer.row(id).1).collect();
        assert_eq!(writes, [1, 2, 3].map(WriteId));
    }

    #[test]
    fn the_most_that_was_ever_held_outlives_a_crash() {
        let mut buffer = Buffer::new(true, &Numbers::default());
        [1, 2, 3].into_iter().for_each(|key| _ = buffer.put(key, WriteId(key), NOW));
        buffer.clear();
        assert_eq!((buffer.held(), buffer.held_max()), (0, 3));
    }
}
