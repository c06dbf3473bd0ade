//! What a write-back node has yet to write: the rows, who waits for room among them, and when dirty entries end.

use crate::cache::buffer::{Buffer, GivenUp, RowId};
use crate::cache::command::{Answer, Command};
use crate::cache::keys::{ByKey, Numbers};
use crate::engine::{CallId, CallQueue, Calls, TaskId};
use crate::model::{Key, WriteId};
use crate::scenario::{AfterFlush, DirtyEnd, Take, WhenFull, WriteBack};
use crate::time::Nanos;
use crate::work;

/// See the module.
#[derive(Debug)]
pub(super) struct WriteBuffer {
    settings: WriteBack,
    rows: Buffer,
    /// Writes that wait for room.
    waiting: CallQueue,
    /// Keys with an event under way for the end of their dirty entry.
    watched: ByKey<bool>,
    /// The task that flushes, where it waits.
    flusher: Option<TaskId>,
    /// By write, 64 in a word: those it has taken, where some may come more than once.
    taken: Option<Vec<u64>>,
}

/// How a dirty entry leaves the store before its flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its TTL is over.
    Expired,
    /// It made room for another.
    Evicted,
}

/// What becomes of the rows of a dirty entry that has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// They are to be flushed now. None where an older row of the key is in a flush, which must not be overtaken: the
    /// buffer keeps the others.
    Flush(Vec<RowId>),
    /// They are gone.
    Dropped(Vec<WriteId>),
}

/// What becomes of a write that finds the buffer full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenRejected {
    /// It fails.
    Fails,
    /// It waits for room.
    Waits,
    /// It waits, and a flush is to begin now.
    WaitsForFlush,
}

impl WriteBuffer {
    /// An empty buffer. In a lane without write-back nothing ever gets into it.
    /// `repeats`: a write may come more than once.
    pub(super) fn new(settings: Option<&WriteBack>, numbers: &Numbers, repeats: bool) -> WriteBuffer {
        let without = || WriteBack { coalesce: false, when_full: WhenFull::Refuse, ..WriteBack::default() };
        let settings = settings.cloned().unwrap_or_else(without);
        WriteBuffer {
            rows: Buffer::new(settings.coalesce, numbers),
            waiting: CallQueue::default(),
            watched: ByKey::new(false, numbers),
            flusher: None,
            taken: repeats.then(Vec::new),
            settings,
        }
    }

    // ---- Writes that come more than once ----

    /// Whether `write` has been taken before: a request id, which lives as long as the memory that took it.
    #[inline]
    pub(super) fn has_taken(&self, write: WriteId) -> bool {
        let (word, bit) = (write.index() / 64, write.0 % 64);
        self.taken.as_ref().and_then(|taken| taken.get(word)).is_some_and(|word| word >> bit & 1 == 1)
    }

    fn note_taken(&mut self, write: WriteId) {
        let Some(taken) = &mut self.taken else { return };
        crate::table::reach(taken, write.index() / 64, 0);
        taken[write.index() / 64] |= 1 << (write.0 % 64);
    }

    /// Nobody knows any more that these were taken.
    pub(super) fn forget_taken(&mut self, writes: &[WriteId]) {
        let Some(taken) = &mut self.taken else { return };
        work::count(writes.len());
        for write in writes {
            if let Some(word) = taken.get_mut(write.index() / 64) {
                *word &= !(1 << (write.0 % 64));
            }
        }
    }

    /// Memory is gone, and with it what was taken.
    pub(super) fn forget_all_taken(&mut self) {
        self.taken.iter_mut().for_each(Vec::clear);
    }

    // ---- Writes ----

    /// Buffers a write made now; returns the older write whose place it took, if it did.
    pub(super) fn put(&mut self, key: Key, write: WriteId, now: Nanos) -> Option<WriteId> {
        self.note_taken(write);
        let delay = self.settings.delay;
        self.rows.put(key, write, if delay == Nanos::ZERO { Nanos::ZERO } else { now.saturating_add(delay) })
    }

    /// The newest buffered write of `key`. What a flusher has taken out of the cache is no longer here.
    #[inline]
    pub(super) fn newest_write(&self, key: Key) -> Option<WriteId> {
        let newest = self.rows.newest_write(key)?;
        self.is_still_here(key).then_some(newest)
    }

    /// Whether the rows of `key` have not been taken out of the cache; it has some.
    #[cold]
    fn is_still_here(&self, key: Key) -> bool {
        !self.is_taken_out() || self.rows.is_queued(key)
    }

    /// Whether a flush takes rows out of the cache, and so has them alone.
    #[inline]
    pub(super) fn is_taken_out(&self) -> bool {
        self.settings.take == Take::GetDel
    }

    /// Whether `key` has a row that waits for a flush.
    #[inline]
    pub(super) fn is_queued(&self, key: Key) -> bool {
        self.rows.is_queued(key)
    }

    /// Whether there is room for another row.
    fn has_room(&self) -> bool {
        self.settings.bound.is_none_or(|bound| self.rows.held() < bound)
    }

    /// Whether a write of `key` finds the buffer full.
    pub(super) fn is_full_for(&self, key: Key) -> bool {
        !self.has_room() && self.rows.needs_row(key)
    }

    /// A write finds the buffer full.
    pub(super) fn reject(&mut self, calls: &Calls<Command, Answer>, call: CallId) -> WhenRejected {
        let outcome = match self.settings.when_full {
            WhenFull::Refuse => return WhenRejected::Fails,
            WhenFull::Block => WhenRejected::Waits,
            WhenFull::Flush => WhenRejected::WaitsForFlush,
        };
        self.waiting.push(calls, call);
        outcome
    }

    /// Whether somebody waits for room.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next write that waited and for which there is room now.
    #[inline]
    pub(super) fn admit_next(&mut self, calls: &Calls<Command, Answer>) -> Option<CallId> {
        if self.waiting.is_empty() || !self.has_room() {
            return None;
        }
        work::count(1);
        self.waiting.pop(calls)
    }

    /// Everyone who waits for room.
    pub(super) fn take_waiting(&mut self) -> CallQueue {
        std::mem::take(&mut self.waiting)
    }

    // ---- Dirty entries ----

    /// When an event must come so that the end of the dirty entry of `key` is noticed; `None` where it has none, or one will
    /// come anyway.
    pub(super) fn watch(&mut self, key: Key, expires: Nanos, now: Nanos) -> Option<Nanos> {
        let wanted = expires < Nanos::MAX && !std::mem::replace(self.watched.get_mut(key), true);
        // An entry is good up to and including the moment it expires; one that a crash brought back may be over.
        wanted.then(|| expires.saturating_add(Nanos(1)).max(now))
    }

    /// The event of `key` has come, or no longer counts.
    pub(super) fn unwatch(&mut self, key: Key) {
        self.watched.set(key, false);
    }

    /// A dirty entry has left the store before its flush.
    pub(super) fn end(&mut self, key: Key, how: Ending) -> Ended {
        let end = match how {
            Ending::Expired => self.settings.on_expiry,
            Ending::Evicted => self.settings.on_eviction,
        };
        match end {
            DirtyEnd::Flush => Ended::Flush(self.rows.take_key(key)),
            DirtyEnd::Drop => Ended::Dropped(self.rows.drop_key(key)),
        }
    }

    /// Whether anything is ever flushed.
    pub(super) fn is_flushed(&self) -> bool {
        self.settings.flush
    }

    /// Whether an entry that has been flushed leaves the store.
    pub(super) fn removes_flushed(&self) -> bool {
        self.settings.after_flush == AfterFlush::Remove
    }

    // ---- Flushes ----

    /// The task that flushes waits for the next flush to be due.
    pub(super) fn set_flusher(&mut self, flusher: Option<TaskId>) {
        self.flusher = flusher;
    }

    /// The task that flushes, where it waits.
    pub(super) fn flusher(&self) -> Option<TaskId> {
        self.flusher
    }

    /// Whether so many rows wait that a flush begins before its interval is over.
    pub(super) fn has_enough(&self) -> bool {
        self.settings.at.is_some_and(|at| self.rows.queued() >= at)
    }

    /// Whether so many rows, or somebody who waits for room, are reason enough to flush before the interval is over.
    pub(super) fn wants_flush(&self) -> bool {
        self.settings.when_full == WhenFull::Flush && self.is_waited_for() || self.has_enough()
    }

    /// How many rows wait for a flush and are due at `by`.
    pub(super) fn due(&mut self, by: Nanos) -> u32 {
        self.rows.due(by)
    }

    /// Takes up to `most` rows due at `by`, oldest first.
    pub(super) fn take(&mut self, most: u32, by: Nanos) -> Vec<RowId> {
        self.rows.take(most, by)
    }

    /// Reads up to `most` rows due at `by`, oldest first, and leaves them marked dirty.
    pub(super) fn read(&mut self, most: u32, by: Nanos) -> Vec<(Key, WriteId)> {
        self.rows.read(most, by)
    }

    /// The key and write of a row.
    pub(super) fn row(&self, id: RowId) -> (Key, WriteId) {
        self.rows.row(id)
    }

    /// The database has a taken row, which leaves.
    pub(super) fn flushed(&mut self, id: RowId) -> WriteId {
        self.rows.flushed(id)
    }

    /// The database did not take a taken row: it waits again, or leaves.
    pub(super) fn flush_failed(&mut self, id: RowId, requeue: u32) -> Option<GivenUp> {
        let outcome = self.rows.requeue(id, requeue);
        self.rows.unless_queued(id, outcome)
    }

    /// Whoever flushed is no more: gives the rows that were in its hands, those that came last first.
    pub(super) fn taken(&self) -> Vec<RowId> {
        self.rows.taken()
    }

    /// One of them waits again, or leaves.
    pub(super) fn put_back(&mut self, id: RowId) -> Option<GivenUp> {
        let outcome = self.rows.put_back(id);
        self.rows.unless_queued(id, outcome)
    }

    /// Whoever had taken a row out of the cache is no more, and the row with it; returns its write.
    pub(super) fn drop_taken(&mut self, id: RowId) -> WriteId {
        self.rows.give_up(id)
    }

    /// Deletes the mark of `key`, whatever it stands for by now; returns that write.
    pub(super) fn delete_mark(&mut self, key: Key) -> Option<WriteId> {
        self.rows.delete_mark(key)
    }

    /// The database did not take the row of `key` that was read. Returns its write if that was once too often.
    pub(super) fn mark_failed(&mut self, key: Key, requeue: u32) -> Option<WriteId> {
        self.rows.mark_failed(key, requeue)
    }

    // ---- All at once ----

    /// Gives up every row that waits; returns their writes, oldest first.
    pub(super) fn drop_queued(&mut self) -> Vec<WriteId> {
        self.rows.drop_queued()
    }

    /// Gives up everything; returns the writes, oldest first.
    pub(super) fn clear(&mut self) -> Vec<WriteId> {
        self.rows.clear()
    }

    /// Holds a row again that a crash brought back; returns the older write whose place it took, if it did.
    pub(super) fn restore(&mut self, key: Key, write: WriteId) -> Option<WriteId> {
        self.rows.put(key, write, Nanos::ZERO)
    }

    // ---- What it shows ----

    /// Rows held, now and at most.
    pub(super) fn held(&self) -> (u32, u32) {
        (self.rows.held(), self.rows.held_max())
    }

    /// The most is what is held from now on.
    pub(super) fn restart_maximum(&mut self) {
        self.rows.restart_maximum();
    }

    /// Panics if the inner rules do not hold.
    pub(super) fn validate(&self) {
        self.rows.validate();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::Kernel;

    const BOUND: usize = 4;

    #[derive(Clone, Debug)]
    enum Op {
        Write(Key),
        Take(u32),
        Flushed,
        Failed,
        End(Key, bool),
    }

    fn op() -> impl Strategy<Value = Op> {
        let key = 0..5u32;
        prop_oneof![
            8 => key.clone().prop_map(Op::Write),
            3 => (1..4u32).prop_map(Op::Take),
            3 => Just(Op::Flushed),
            2 => Just(Op::Failed),
            1 => (key, any::<bool>()).prop_map(|(key, expired)| Op::End(key, expired)),
        ]
    }

    /// Rows in their order, and writes that wait for room, in lists.
    #[derive(Debug, Default)]
    struct Model {
        queued: VecDeque<(Key, WriteId, u32)>,
        taken: Vec<(Key, WriteId, u32)>,
        waiting: VecDeque<(CallId, Key, WriteId)>,
    }

    impl Model {
        fn held(&self) -> usize {
            self.queued.len() + self.taken.len()
        }

        fn queued(&self, key: Key) -> Option<WriteId> {
            self.queued.iter().find(|row| row.0 == key).map(|row| row.1)
        }

        fn newest(&self, key: Key) -> Option<WriteId> {
            self.queued(key).or_else(|| self.taken.iter().rev().find(|row| row.0 == key).map(|row| row.1))
        }

        fn put(&mut self, key: Key, write: WriteId) -> Option<WriteId> {
            match self.queued.iter_mut().find(|row| row.0 == key) {
                Some(row) => Some(std::mem::replace(&mut row.1, write)),
                None => {
                    self.queued.push_back((key, write, 0));
                    None
                }
            }
        }

        /// The first rows whose key is in no flush.
        fn take(&mut self, most: usize) -> Vec<(Key, WriteId)> {
            let free: Vec<_> = self
                .queued
                .iter()
                .filter(|row| self.taken.iter().all(|taken| taken.0 != row.0))
                .take(most)
                .copied()
                .collect();
            self.queued.retain(|row| !free.contains(row));
            self.taken.extend(&free);
            free.into_iter().map(|(key, write, _)| (key, write)).collect()
        }
    }

    /// A buffer under test with the same as lists.
    struct Pair {
        kernel: Kernel,
        calls: Calls<Command, Answer>,
        buffer: WriteBuffer,
        model: Model,
        taken: Vec<RowId>,
        writes: u32,
    }

    impl Pair {
        fn new() -> Pair {
            let settings = WriteBack {
                bound: Some(BOUND as u32),
                when_full: WhenFull::Block,
                on_eviction: DirtyEnd::Drop,
                ..WriteBack::default()
            };
            Pair {
                kernel: Kernel::default(),
                calls: Calls::default(),
                buffer: WriteBuffer::new(Some(&settings), &Numbers::default(), false),
                model: Model::default(),
                taken: Vec::new(),
                writes: 0,
            }
        }

        fn write(&mut self, key: Key) {
            self.writes += 1;
            let write = WriteId(self.writes);
            let full = self.model.held() >= BOUND && self.model.queued(key).is_none();
            assert_eq!(self.buffer.is_full_for(key), full);
            if full {
                let call = self.calls.open(&self.kernel, Command::Delete(key)).id();
                assert_eq!(self.buffer.reject(&self.calls, call), WhenRejected::Waits);
                self.model.waiting.push_back((call, key, write));
            } else {
                assert_eq!(self.buffer.put(key, write, Nanos(1)), self.model.put(key, write));
            }
        }

        /// Everyone who waits gets room in the order in which they came, and nobody before there is any.
        fn admit(&mut self) {
            while let Some(call) = self.buffer.admit_next(&self.calls) {
                let (expected, key, write) = self.model.waiting.pop_front().expect("somebody waits");
                assert!(call == expected && self.model.held() < BOUND);
                assert_eq!(self.buffer.put(key, write, Nanos(1)), self.model.put(key, write));
            }
            assert!(self.model.waiting.is_empty() || self.model.held() >= BOUND, "there was room for one more");
        }

        fn end(&mut self, key: Key, expired: bool) {
            let row = self.model.queued(key);
            match self.buffer.end(key, if expired { Ending::Expired } else { Ending::Evicted }) {
                Ended::Flush(rows) => {
                    assert!(expired, "an evicted row is dropped here");
                    let may_go = row.filter(|_| self.model.taken.iter().all(|taken| taken.0 != key));
                    assert_eq!(
                        rows.iter().map(|&id| self.buffer.row(id)).collect::<Vec<_>>(),
                        Vec::from_iter(may_go.map(|write| (key, write)))
                    );
                    if may_go.is_some() {
                        let place = self.model.queued.iter().position(|row| row.0 == key).expect("it is queued");
                        let row = self.model.queued.remove(place).expect("it is queued");
                        self.model.taken.push(row);
                        self.taken.extend(rows);
                    }
                }
                Ended::Dropped(writes) => {
                    assert_eq!(writes, Vec::from_iter(row));
                    self.model.queued.retain(|row| row.0 != key);
                }
            }
        }

        fn fail(&mut self) {
            let (id, (key, write, failures)) = (self.taken.remove(0), self.model.taken.remove(0));
            let expected = match self.model.newest(key) {
                _ if failures == 1 => Some(GivenUp::TooOften(write)),
                Some(by) => Some(GivenUp::Superseded { write, by }),
                None => {
                    self.model.queued.push_front((key, write, failures + 1));
                    None
                }
            };
            assert_eq!(self.buffer.flush_failed(id, 1), expected);
        }

        fn step(&mut self, op: Op) {
            match op {
                Op::Write(key) => self.write(key),
                Op::Take(most) => {
                    let rows = self.buffer.take(most, Nanos::MAX);
                    let taken: Vec<_> = rows.iter().map(|&id| self.buffer.row(id)).collect();
                    assert_eq!(taken, self.model.take(most as usize));
                    self.taken.extend(rows);
                }
                Op::Flushed if !self.taken.is_empty() => {
                    let write = self.buffer.flushed(self.taken.remove(0));
                    assert_eq!(write, self.model.taken.remove(0).1);
                }
                Op::Failed if !self.taken.is_empty() => self.fail(),
                Op::Flushed | Op::Failed => {}
                Op::End(key, expired) => self.end(key, expired),
            }
            self.admit();
            assert_eq!(self.buffer.held().0 as usize, self.model.held());
            for key in 0..5 {
                assert_eq!(self.buffer.newest_write(key), self.model.newest(key));
                assert_eq!(self.buffer.is_queued(key), self.model.queued(key).is_some());
            }
            self.buffer.validate();
        }
    }

    proptest! {
        /// A buffer with a bound does what lists of rows and of those who wait do.
        #[test]
        fn a_bounded_buffer_is_a_list_of_rows_and_a_line_before_it(ops in prop::collection::vec(op(), 0..120)) {
            let mut pair = Pair::new();
            ops.into_iter().for_each(|op| pair.step(op));
        }
    }

    #[test]
    fn the_end_of_a_dirty_entry_is_watched_for_once_until_its_event_has_come() {
        let mut buffer = WriteBuffer::new(None, &Numbers::default(), false);
        assert_eq!(buffer.watch(7, Nanos::MAX, Nanos(1)), None, "it has none");
        assert_eq!(buffer.watch(7, Nanos(5), Nanos(1)), Some(Nanos(6)), "good up to and including its last moment");
        assert_eq!(buffer.watch(7, Nanos(5), Nanos(1)), None);
        buffer.unwatch(7);
        assert_eq!(buffer.watch(7, Nanos(5), Nanos(9)), Some(Nanos(9)), "it is over already");
    }
}
