//! The write-behind buffer of a write-back cache: rows that the database has not got yet, in the order of their arrival.
//!
//! A row waits (*queued*), is in a flush (*taken*), and leaves when the database has it or when it is given up.
//! With coalescing, a new write of a key whose row is queued takes that row's place, and the older write is done with.
//! Without it, every write is a row of its own. With a delay, a row is *due* that long after its last write, and waits
//! for a later flush until then.
//!
//! A dirty set that is read first and deleted afterwards is another way: [`read`](Buffer::read) leaves the rows where
//! they are, [`delete_mark`](Buffer::delete_mark) then takes out whatever a key's row holds by that time. The buffer lives in the cache's memory: a crash takes it along.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{ByKey, Numbers};
use crate::ledger::Release;
use crate::model::{Key, WriteId};
use crate::scenario::estimate;
use crate::slots::Slots;
use crate::time::Nanos;
use crate::work;

/// The number of a row in its buffer; used again when the row is gone.
pub type RowId = u32;

const NONE: RowId = RowId::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowState {
    Free,
    Queued,
    Taken,
}

#[derive(Clone, Copy, Debug)]
struct DirtyRow {
    key: Key,
    write: WriteId,
    state: RowState,
    failures: u32,
    /// From when on a flush may take it.
    due: Nanos,
    /// While it waits: whether it was due when that was last asked; else the moment under which it is postponed, not
    /// later than `due`.
    ready: bool,
    postponed_until: Nanos,
    /// Its place in the line, while it waits.
    place: i64,
    /// The key's next older and next newer row.
    older: RowId,
    newer: RowId,
}

const _: () = assert!(size_of::<DirtyRow>() <= estimate::DIRTY_ROW_BYTES);

/// The pause after a failed flush at the end of a run, where the interval is longer.
pub(super) const DRAIN_PAUSE: Nanos = Nanos::from_secs(1);

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

/// Why a row that failed in a flush does not wait again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It had failed once too often.
    TooOften(WriteId),
    /// A newer write of the key had taken its place.
    Superseded {
        /// The write of the row.
        write: WriteId,
        /// The newer one.
        by: WriteId,
    },
}

impl GivenUp {
    /// The write, and what the ledger is told of it.
    pub fn release(self) -> (WriteId, Release) {
        match self {
            GivenUp::TooOften(write) => (write, Release::DroppedAfterRetries),
            GivenUp::Superseded { write, by } => (write, Release::Coalesced { into: by }),
        }
    }
}

/// Waiting rows by their place in the line.
#[derive(Debug, Default)]
struct Line {
    all: BTreeMap<i64, RowId>,
    /// Those that are due; kept only where rows are postponed.
    ready: BTreeMap<i64, RowId>,
}

/// See the module.
///
/// Of each key's rows the oldest is the one to be flushed first, so only that one stands in `heads`; the others stand in
/// `behind`, as do all rows of a key of which one is in a flush. So a flush never looks at a row that it may not take.
#[derive(Debug)]
pub struct Buffer {
    rows: Slots<DirtyRow>,
    heads: Line,
    behind: Line,
    /// The places before the first and behind the last in line.
    front: i64,
    back: i64,
    /// Each key's oldest and newest row.
    ends: ByKey<(RowId, RowId)>,
    coalesce: bool,
    /// Whether any row was ever postponed.
    postpones: bool,
    /// Waiting rows that were not due yet when that was last asked, by the moment under which they are postponed.
    postponed: BTreeSet<(Nanos, RowId)>,
    /// Up to which moment rows count as due.
    due_by: Nanos,
    queued: u32,
    ready: u32,
    held: u32,
    held_max: u32,
}

impl Buffer {
    /// An empty buffer, of a node that numbers its keys like this.
    pub fn new(coalesce: bool, numbers: &Numbers) -> Buffer {
        Buffer {
            rows: Slots::default(),
            heads: Line::default(),
            behind: Line::default(),
            front: 0,
            back: 1,
            ends: ByKey::new((NONE, NONE), numbers),
            coalesce,
            postpones: false,
            postponed: BTreeSet::new(),
            due_by: Nanos::ZERO,
            queued: 0,
            ready: 0,
            held: 0,
            held_max: 0,
        }
    }

    /// Buffers a write, for flushes from `due` on; returns the older write whose place it took, if it did.
    pub fn put(&mut self, key: Key, write: WriteId, due: Nanos) -> Option<WriteId> {
        let (oldest, newest) = self.ends.get(key);
        if self.coalesce && newest != NONE && self.rows[newest].state == RowState::Queued {
            self.postpone(newest, due);
            return Some(std::mem::replace(&mut self.rows[newest].write, write));
        }
        let row = DirtyRow {
            key,
            write,
            state: RowState::Taken,
            failures: 0,
            due,
            ready: false,
            postponed_until: Nanos::ZERO,
            place: self.back,
            older: newest,
            newer: NONE,
        };
        let id = self.rows.insert(row);
        if newest != NONE {
            self.rows[newest].newer = id;
        }
        self.ends.set(key, (if oldest == NONE { id } else { oldest }, id));
        self.back += 1;
        self.held += 1;
        self.held_max = self.held_max.max(self.held);
        self.queue(id);
        None
    }

    /// Whether a write of `key` would need a row of its own.
    pub fn needs_row(&self, key: Key) -> bool {
        !(self.coalesce && self.is_queued(key))
    }

    /// How many rows wait for a flush and are due at `by`.
    pub fn due(&mut self, by: Nanos) -> u32 {
        if by == Nanos::MAX {
            return self.queued;
        }
        self.update_due(by);
        self.ready
    }

    /// Up to `most` rows due at `by`, those that have waited longest first, which go on waiting.
    pub fn read(&mut self, most: u32, by: Nanos) -> Vec<(Key, WriteId)> {
        self.update_due(by);
        let (heads, behind) = (self.line_by(&self.heads, by), self.line_by(&self.behind, by));
        let (mut heads, mut behind) = (heads.iter().peekable(), behind.iter().peekable());
        let mut rows = Vec::new();
        while rows.len() < most as usize {
            let first = match (heads.peek(), behind.peek()) {
                (Some(head), Some(other)) if other.0 < head.0 => behind.next(),
                (Some(_), _) => heads.next(),
                (None, _) => behind.next(),
            };
            let Some((_, &id)) = first else { break };
            rows.push(self.row(id));
        }
        work::count(rows.len());
        rows
    }

    /// Deletes the mark of `key`: its waiting row leaves, whatever it holds. Returns that write, if there was one.
    pub fn delete_mark(&mut self, key: Key) -> Option<WriteId> {
        let id = self.queued_row(key)?;
        self.unqueue(id);
        Some(self.remove(id))
    }

    /// The waiting row of `key` was read and not written. Returns its write if that was once too often, and it leaves.
    pub fn mark_failed(&mut self, key: Key, limit: u32) -> Option<WriteId> {
        let id = self.queued_row(key)?;
        self.rows[id].failures += 1;
        if self.rows[id].failures > limit { self.delete_mark(key) } else { None }
    }

    fn queued_row(&self, key: Key) -> Option<RowId> {
        let (_, id) = self.ends_of(key);
        (id != NONE && self.rows[id].state == RowState::Queued).then_some(id)
    }

    /// Takes up to `most` rows due at `by` for one flush, those that have waited longest first. A row waits on while an
    /// older one of its key is in another flush: the two could reach the database in either order.
    pub fn take(&mut self, most: u32, by: Nanos) -> Vec<RowId> {
        self.update_due(by);
        let mut taken = Vec::new();
        while taken.len() < most as usize
            && let Some((_, &id)) = self.line_by(&self.heads, by).first_key_value()
        {
            self.unqueue(id);
            taken.push(id);
            // The next one of the key may go with it.
            self.change_line(self.rows[id].newer, true);
        }
        // Whatever has not gone along waits until these have been written.
        for &id in &taken {
            self.change_line(self.rows[id].newer, false);
        }
        work::count(2 * taken.len());
        taken
    }

    /// Takes the queued rows of one key, oldest first, for a flush of their own; none when an older one of the key is
    /// in another flush.
    pub fn take_key(&mut self, key: Key) -> Vec<RowId> {
        let (oldest, _) = self.ends_of(key);
        if oldest == NONE || self.rows[oldest].state == RowState::Taken {
            return Vec::new();
        }
        let rows = self.queued_of(key);
        rows.iter().for_each(|&id| self.unqueue(id));
        rows
    }

    /// Gives up the queued rows of one key; returns their writes.
    pub fn drop_key(&mut self, key: Key) -> Vec<WriteId> {
        let rows = self.queued_of(key);
        rows.iter().for_each(|&id| self.unqueue(id));
        rows.iter().map(|&id| self.remove(id)).collect()
    }

    /// Gives up every row that waits; returns their writes, oldest first. Those in a flush stay.
    pub fn drop_queued(&mut self) -> Vec<WriteId> {
        let queued: Vec<RowId> = self.heads.all.values().chain(self.behind.all.values()).copied().collect();
        work::count(2 * queued.len());
        queued.iter().for_each(|&id| self.unqueue(id));
        in_order(queued.iter().map(|&id| self.remove(id)).collect())
    }

    /// The database has a taken row; it leaves. Returns its write.
    pub fn flushed(&mut self, id: RowId) -> WriteId {
        assert_eq!(self.rows[id].state, RowState::Taken, "only a taken row is flushed");
        self.remove(id)
    }

    /// The database did not take a taken row: it waits again, unless it has failed more than `limit` times.
    pub fn requeue(&mut self, id: RowId, limit: u32) -> Requeued {
        let row = &mut self.rows[id];
        assert_eq!(row.state, RowState::Taken, "only a taken row is put back");
        row.failures += 1;
        if row.failures > limit {
            return Requeued::Dropped;
        }
        self.put_back(id)
    }

    /// Whoever had taken a row is no more: it waits again.
    pub fn put_back(&mut self, id: RowId) -> Requeued {
        let row = &mut self.rows[id];
        if self.coalesce && row.newer != NONE {
            return Requeued::Superseded;
        }
        row.place = self.front;
        self.front -= 1;
        self.queue(id);
        Requeued::Queued
    }

    /// The rows that are in a flush, those that came last first.
    pub fn taken(&self) -> Vec<RowId> {
        work::count(self.rows.all().len());
        let taken = |(id, row): (usize, &DirtyRow)| (row.state == RowState::Taken).then_some((row.place, id as RowId));
        let mut rows: Vec<(i64, RowId)> = self.rows.all().iter().enumerate().filter_map(taken).collect();
        rows.sort_unstable();
        rows.into_iter().rev().map(|(_, id)| id).collect()
    }

    /// A taken row leaves without having been written; returns its write.
    pub fn give_up(&mut self, id: RowId) -> WriteId {
        self.flushed(id)
    }

    /// A taken row leaves, unless it waits again.
    pub fn unless_queued(&mut self, id: RowId, outcome: Requeued) -> Option<GivenUp> {
        let (key, write) = self.row(id);
        let given_up = match outcome {
            Requeued::Queued => return None,
            Requeued::Dropped => GivenUp::TooOften(write),
            Requeued::Superseded => {
                GivenUp::Superseded { write, by: self.newest_write(key).expect("a newer row of the key") }
            }
        };
        self.give_up(id);
        Some(given_up)
    }

    /// A crash: everything is gone; returns the writes that were held, oldest first.
    pub fn clear(&mut self) -> Vec<WriteId> {
        work::count(self.rows.all().len());
        let mut writes = Vec::new();
        let mut ends = std::mem::replace(&mut self.ends, ByKey::new((NONE, NONE), &Numbers::default()));
        for row in self.rows.all().iter().filter(|row| row.state != RowState::Free) {
            writes.push(row.write);
            ends.set(row.key, (NONE, NONE));
        }
        let (coalesce, held_max) = (self.coalesce, self.held_max);
        *self = Buffer { held_max, ends, ..Buffer::new(coalesce, &Numbers::default()) };
        in_order(writes)
    }

    /// The key and write of a row.
    pub fn row(&self, id: RowId) -> (Key, WriteId) {
        let row = self.rows[id];
        (row.key, row.write)
    }

    /// The newest buffered write of `key`, queued or taken.
    pub fn newest_write(&self, key: Key) -> Option<WriteId> {
        let (_, id) = self.ends_of(key);
        (id != NONE).then(|| self.rows[id].write)
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

    /// The most is what is held from now on.
    pub fn restart_maximum(&mut self) {
        self.held_max = self.held;
    }

    fn ends_of(&self, key: Key) -> (RowId, RowId) {
        self.ends.get(key)
    }

    /// The queued rows of one key, oldest first. They are newer than those in a flush.
    fn queued_of(&self, key: Key) -> Vec<RowId> {
        let mut ids = Vec::new();
        let (_, mut id) = self.ends_of(key);
        while id != NONE && self.rows[id].state == RowState::Queued {
            ids.push(id);
            id = self.rows[id].older;
        }
        work::count(ids.len());
        ids.reverse();
        ids
    }

    // ---- The line ----

    /// The part of a line that is due at `by`.
    fn line_by<'l>(&self, line: &'l Line, by: Nanos) -> &'l BTreeMap<i64, RowId> {
        if self.postpones && by < Nanos::MAX { &line.ready } else { &line.all }
    }

    /// A row begins to wait, at its place.
    fn queue(&mut self, id: RowId) {
        let row = &mut self.rows[id];
        row.state = RowState::Queued;
        (row.ready, row.postponed_until) = (row.due <= self.due_by, row.due);
        let DirtyRow { ready, due, older, .. } = *row;
        self.queued += 1;
        if ready {
            self.ready += 1;
        } else {
            if !self.postpones {
                self.begin_to_postpone();
            }
            self.postponed.insert((due, id));
        }
        self.line_up(id, older == NONE);
    }

    /// A waiting row waits no longer.
    fn unqueue(&mut self, id: RowId) {
        let DirtyRow { ready, postponed_until, place, .. } = self.rows[id];
        self.rows[id].state = RowState::Taken;
        self.queued -= 1;
        if ready {
            self.ready -= 1;
        } else {
            self.postponed.remove(&(postponed_until, id));
        }
        for line in [&mut self.heads, &mut self.behind] {
            if line.all.remove(&place).is_some() {
                line.ready.remove(&place);
            }
        }
    }

    /// Puts a waiting row in one of the two lines.
    fn line_up(&mut self, id: RowId, as_head: bool) {
        let DirtyRow { ready, place, .. } = self.rows[id];
        let line = if as_head { &mut self.heads } else { &mut self.behind };
        line.all.insert(place, id);
        if self.postpones && ready {
            line.ready.insert(place, id);
        }
    }

    /// Moves a row, if it waits, from one line to the other.
    fn change_line(&mut self, id: RowId, as_head: bool) {
        if id == NONE || self.rows[id].state != RowState::Queued {
            return;
        }
        let place = self.rows[id].place;
        let from = if as_head { &mut self.behind } else { &mut self.heads };
        from.all.remove(&place);
        from.ready.remove(&place);
        self.line_up(id, as_head);
    }

    // ---- Postponing ----

    /// From now on some rows are due and others are not. Up to now all were.
    fn begin_to_postpone(&mut self) {
        self.postpones = true;
        for line in [&mut self.heads, &mut self.behind] {
            work::count(line.all.len());
            line.ready = line.all.clone();
        }
    }

    /// Finds out which rows are due at `by`. Somebody who asks for an earlier moment than before is rare, and costs a look
    /// at all rows.
    fn update_due(&mut self, by: Nanos) {
        if by == Nanos::MAX || by == self.due_by || !self.postpones {
            return;
        }
        let earlier = by < self.due_by;
        self.due_by = by;
        if earlier {
            let waiting: Vec<RowId> = self.heads.all.values().chain(self.behind.all.values()).copied().collect();
            work::count(waiting.len());
            waiting.into_iter().for_each(|id| self.classify(id));
        }
        while let Some(&(until, id)) = self.postponed.first()
            && until <= by
        {
            work::count(1);
            self.classify(id);
        }
    }

    /// A waiting row is due at another moment.
    fn postpone(&mut self, id: RowId, due: Nanos) {
        let row = &mut self.rows[id];
        row.due = due;
        let later = row.ready && due > self.due_by;
        let sooner = !row.ready && due < row.postponed_until;
        if later || sooner {
            if later && !self.postpones {
                self.begin_to_postpone();
            }
            self.classify(id);
        }
    }

    /// Sorts a waiting row among those that are due or those that are postponed.
    fn classify(&mut self, id: RowId) {
        let DirtyRow { due, ready: was, postponed_until, place, .. } = self.rows[id];
        let ready = due <= self.due_by;
        if !was {
            self.postponed.remove(&(postponed_until, id));
        }
        if !ready {
            self.postponed.insert((due, id));
        }
        self.rows[id].postponed_until = due;
        if ready != was {
            self.rows[id].ready = ready;
            self.ready = if ready { self.ready + 1 } else { self.ready - 1 };
            let line = if self.heads.all.contains_key(&place) { &mut self.heads } else { &mut self.behind };
            if ready {
                line.ready.insert(place, id);
            } else {
                line.ready.remove(&place);
            }
        }
    }

    fn remove(&mut self, id: RowId) -> WriteId {
        let row = self.rows[id];
        assert_eq!(row.state, RowState::Taken, "a row is taken before it leaves");
        let ends = self.ends.get_mut(row.key);
        match row.newer {
            NONE => ends.1 = row.older,
            newer => self.rows[newer].older = row.older,
        }
        match row.older {
            NONE => ends.0 = row.newer,
            older => self.rows[older].newer = row.newer,
        }
        self.rows[id].state = RowState::Free;
        self.rows.free(id);
        self.held -= 1;
        if row.older == NONE {
            self.change_line(row.newer, true); // nothing is in its way any more
        }
        row.write
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        let count = |state| self.rows.all().iter().filter(|row| row.state == state).count() as u32;
        assert_eq!(self.queued, count(RowState::Queued));
        assert_eq!(self.held, count(RowState::Queued) + count(RowState::Taken));
        assert_eq!((self.heads.all.len() + self.behind.all.len()) as u32, self.queued, "each waits in one line");
        let mut due = 0;
        for (line, as_head) in [(&self.heads, true), (&self.behind, false)] {
            for (&place, &id) in &line.all {
                let row = &self.rows[id];
                assert!(row.state == RowState::Queued && row.place == place && place > self.front && place < self.back);
                assert_eq!(row.older == NONE, as_head, "a key's oldest row goes first, and no other");
                assert_eq!(row.ready, row.due <= self.due_by, "it is known what is due");
                assert!(
                    row.ready
                        || (row.postponed_until <= row.due && self.postponed.contains(&(row.postponed_until, id)))
                );
                assert!(!self.postpones || line.ready.contains_key(&place) == row.ready);
                due += u32::from(row.ready);
            }
            assert!(line.ready.keys().all(|place| line.all.contains_key(place)));
        }
        assert_eq!((due, self.postponed.len() as u32), (self.ready, self.queued - self.ready));
        for &(oldest, newest) in self.ends.iter().filter(|ends| ends.1 != NONE) {
            let key = self.rows[newest].key;
            assert_eq!(self.ends.get(key), (oldest, newest), "a key's rows are found by the key");
            let (mut id, mut last) = (newest, NONE);
            while id != NONE {
                assert_eq!(self.rows[id].key, key);
                assert_ne!(self.rows[id].state, RowState::Free);
                assert_eq!(self.rows[id].newer, last);
                (last, id) = (id, self.rows[id].older);
            }
            assert_eq!(last, oldest);
        }
    }
}

/// Writes in the order in which they were asked for. The ledger is told of old ones first: while a newer one is held,
/// nothing is lost.
fn in_order(mut writes: Vec<WriteId>) -> Vec<WriteId> {
    writes.sort_unstable();
    writes
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
            let (mut taken, mut inside, mut next) = (Vec::new(), BTreeSet::new(), 0);
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
