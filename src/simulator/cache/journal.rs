//! What a node's memory was: a record of changes, from which an earlier state can be restored.
//!
//! Snapshots, append-only files and replicas all hold the state of some earlier moment: a *position* in the one row of
//! changes. The journal keeps, forevery change that somebody may have to go back past, what was there before. Going
//! back to a position undoes the changes behind it; nothing is ever copied as a whole.
//!
//! ```text
//!   change     1    2    3    4    5    6    7    8
//!              └─ forgotten ─┘    ▲              ▲
//!                                 disk           replica       a crash goes back to one of them
//! ```
//!
//! Where positions are taken only now and then (snapshots, syncs), one record a key between two of them is enough.
//! A replica may stand anywhere, so then each change has its record until every replica has acknowledged it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::entry::Entry;
use super::keys::{ByKey, Numbers};
use crate::model::{Key, WriteId};
use crate::scenario::estimate;
use crate::sort;
use crate::work;

/// A place in the row of changes: how many there were.
pub type Position = u64;

#[derive(Clone, Copy, Debug)]
enum Change {
    /// The entry of a key was this; `prior` is the position of the key's record before, 0 for none.
    Entry { key: Key, before: Option<Entry>, prior: Position },
    /// A row left the buffer; it had come at that position.
    Left { key: Key, write: WriteId, came: Position },
}

const _: () = assert!(size_of::<(Position, Change)>() <= estimate::RECORD_BYTES);

/// See the module.
#[derive(Debug)]
pub struct Journal {
    records: VecDeque<(Position, Change)>,
    /// How many changes there have been.
    position: Position,
    /// How many of them count as such: what a command did to its own key.
    changes: u64,
    /// Whether somebody may stand at any position, not only at marks.
    everywhere: bool,
    /// The newest position that somebody has taken.
    mark: Position,
    /// By key: the position of its latest record, 0 for none.
    recorded: ByKey<Position>,
    /// Where readers are answered with earlier states: the positions of each key's records.
    by_key: Option<BTreeSet<(Key, Position)>>,
    /// The rows in the buffer: key, and the position at which each came.
    rows: BTreeMap<WriteId, (Key, Position)>,
}

/// What going back has changed.
#[derive(Debug, Default)]
pub struct Undone {
    /// The entries that were different: what each key had, in the order of the keys.
    pub entries: Vec<(Key, Option<Entry>)>,
    /// Rows that are in the buffer again.
    pub returned: Vec<WriteId>,
    /// Rows that had not come yet.
    pub lost: Vec<WriteId>,
    /// Rows that had not come yet, and have left meanwhile; not all of them where positions are taken only at marks.
    pub unseen: Vec<WriteId>,
}

impl Journal {
    /// Nothing has happened. `everywhere`: positions are taken at any time, not only by [`mark`](Journal::mark). `read`: at any
    /// of them somebody may [look](Journal::entry_at). Its node numbers its keys like this.
    pub fn new(everywhere: bool, read: bool, numbers: &Numbers) -> Journal {
        assert!(everywhere || !read, "whoever looks stands anywhere");
        Journal {
            records: VecDeque::new(),
            position: 0,
            changes: 0,
            everywhere,
            mark: 0,
            recorded: ByKey::new(0, numbers),
            by_key: read.then(BTreeSet::new),
            rows: BTreeMap::new(),
        }
    }

    /// The present position.
    pub fn position(&self) -> Position {
        self.position
    }

    /// How many changes were made by commands to their own keys.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes the present position: from now on it can be gone back to, until it is forgotten.
    pub fn mark(&mut self) -> Position {
        self.mark = self.position;
        self.position
    }

    /// A command is about to change the entry of its key.
    pub fn entry_set(&mut self, key: Key, before: Option<Entry>) {
        self.changes += 1;
        self.entry_gone(key, before);
    }

    /// The entry of a key is about to leave, or to change without a command.
    pub fn entry_gone(&mut self, key: Key, before: Option<Entry>) {
        self.position += 1;
        let recorded = self.recorded.get_mut(key);
        if self.everywhere || *recorded <= self.mark {
            let prior = std::mem::replace(recorded, self.position);
            self.records.push_back((self.position, Change::Entry { key, before, prior }));
            self.by_key.iter_mut().for_each(|by_key| {
                by_key.insert((key, self.position));
            });
        }
    }

    /// The entry of `key` as it was at an earlier position that has not been forgotten; `now` is what it is. O(log n).
    ///
    /// # Panics
    /// Where nobody was to look.
    pub fn entry_at(&self, position: Position, key: Key, now: Option<Entry>) -> Option<Entry> {
        let by_key = self.by_key.as_ref().expect("a journal for readers");
        let Some(&(_, at)) = by_key.range((key, position + 1)..=(key, Position::MAX)).next() else { return now };
        let place = self.records.partition_point(|(other, _)| *other < at);
        match self.records[place] {
            (_, Change::Entry { before, .. }) => before,
            (_, Change::Left { .. }) => unreachable!("only entries are kept by key"),
        }
    }

    /// A row has come into the buffer.
    pub fn row_came(&mut self, key: Key, write: WriteId) {
        self.position += 1;
        self.rows.insert(write, (key, self.position));
    }

    /// A row has left the buffer, for whatever reason.
    pub fn row_left(&mut self, write: WriteId) {
        self.position += 1;
        let Some((key, came)) = self.rows.remove(&write) else { return };
        // Between two positions it came and went, and nobody will know.
        if self.everywhere || came <= self.mark {
            self.records.push_back((self.position, Change::Left { key, write, came }));
        }
    }

    /// Nobody will go back behind `position` any more.
    pub fn forget(&mut self, position: Position) {
        while self.records.front().is_some_and(|(at, _)| *at <= position) {
            work::count(1);
            if let (Some((at, Change::Entry { key, .. })), Some(by_key)) = (self.records.pop_front(), &mut self.by_key)
            {
                by_key.remove(&(key, at));
            }
        }
    }

    /// Goes back to an earlier position that has not been forgotten.
    pub fn roll_back(&mut self, to: Position) -> Undone {
        let mut undone = Undone::default();
        while let Some((at, change)) = self.records.pop_back_if(|(at, _)| *at > to) {
            work::count(1);
            match change {
                Change::Entry { key, before, prior } => {
                    self.recorded.set(key, prior);
                    self.by_key.iter_mut().for_each(|by_key| {
                        by_key.remove(&(key, at));
                    });
                    undone.entries.push((key, before));
                }
                Change::Left { key, write, came } => {
                    if came <= to {
                        self.rows.insert(write, (key, came));
                        undone.returned.push(write);
                    } else {
                        undone.unseen.push(write);
                    }
                }
            }
        }
        // Of each key, what the earliest change has replaced: the last one that was met.
        undone.entries.reverse();
        sort::by_key(&mut undone.entries, |(key, _)| *key);
        undone.entries.dedup_by_key(|(key, _)| *key);
        work::count(self.rows.len());
        undone.lost = self.rows.iter().filter(|(_, (_, came))| *came > to).map(|(write, _)| *write).collect();
        for write in &undone.lost {
            self.rows.remove(write);
        }
        undone.returned.reverse();
        self.position = to;
        self.mark = self.mark.min(to);
        undone
    }

    /// Everything is gone, and nobody can go back. Positions go on counting.
    pub fn clear(&mut self) {
        work::count(self.records.len() + self.rows.len());
        self.records.clear();
        self.by_key.iter_mut().for_each(BTreeSet::clear);
        self.rows.clear();
        // What is recorded of keys lies behind the mark from now on, and so does not count.
        self.position += 1;
        self.mark = self.position;
    }

    /// The rows in the buffer, those that came first first.
    pub fn rows(&self) -> Vec<(Key, WriteId)> {
        work::count(self.rows.len());
        let mut rows: Vec<_> = self.rows.iter().map(|(write, (key, came))| (*came, *key, *write)).collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, key, write)| (key, write)).collect()
    }

    /// The rows that were in the buffer at an earlier position that has not been forgotten, in no order.
    pub fn rows_at(&self, position: Position) -> Vec<WriteId> {
        work::count(self.rows.len());
        let there = self.rows.iter().filter(|(_, (_, came))| *came <= position).map(|(write, _)| *write);
        let since = self.records.iter().rev().take_while(|(at, _)| *at > position);
        let left = since.inspect(|_| work::count(1)).filter_map(|(_, change)| match change {
            Change::Left { write, came, .. } if *came <= position => Some(*write),
            _ => None,
        });
        there.chain(left).collect()
    }

    /// How many records are kept.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::time::Nanos;

    fn entry(key: Key, value: u32) -> Entry {
        Entry::new(key, value, Nanos::MAX)
    }

    #[derive(Clone, Debug)]
    enum Op {
        Set(Key),
        Delete(Key),
        Come(Key),
        Leave(prop::sample::Index),
        Mark,
        Forget,
        GoBack,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => (0u32..5).prop_map(Op::Set),
            3 => (0u32..5).prop_map(Op::Delete),
            4 => (0u32..5).prop_map(Op::Come),
            3 => any::<prop::sample::Index>().prop_map(Op::Leave),
            2 => Just(Op::Mark),
            1 => Just(Op::Forget),
            1 => Just(Op::GoBack),
        ]
    }

    type Copy = (BTreeMap<Key, Entry>, Vec<(Key, WriteId)>);

    proptest! {
        /// Whatever was done, going back to a mark gives the state that was there, as a copy made then shows it.
        #[test]
        fn going_back_gives_what_was_there(everywhere: bool, ops in prop::collection::vec(op(), 0..120)) {
            let mut journal = Journal::new(everywhere, everywhere, &Numbers::default());
            let mut state: Copy = Default::default();
            let mut marks: Vec<(Position, Copy)> = vec![(0, state.clone())];
            let mut next = 0;
            for op in ops {
                next += 1;
                match op {
                    Op::Set(key) => {
                        journal.entry_set(key, state.0.get(&key).copied());
                        state.0.insert(key, entry(key, next));
                    }
                    Op::Delete(key) => if let Some(before) = state.0.remove(&key) {
                        journal.entry_gone(key, Some(before));
                    },
                    Op::Come(key) => {
                        journal.row_came(key, WriteId(next));
                        state.1.push((key, WriteId(next)));
                    }
                    Op::Leave(which) => if !state.1.is_empty() {
                        let (_, write) = state.1.remove(which.index(state.1.len()));
                        journal.row_left(write);
                    },
                    Op::Mark => marks.push((journal.mark(), state.clone())),
                    Op::Forget => if marks.len() > 1 {
                        marks.remove(0);
                        journal.forget(marks[0].0);
                    },
                    Op::GoBack => {
                        let (to, copy) = marks.pop().expect("always one");
                        let undone = journal.roll_back(to);
                        for (key, before) in undone.entries {
                            match before {
                                Some(before) => state.0.insert(key, before),
                                None => state.0.remove(&key),
                            };
                        }
                        prop_assert_eq!(&state.0, &copy.0);
                        prop_assert_eq!(journal.rows(), copy.1.clone());
                        state.1 = copy.1.clone();
                        marks.push((to, copy));
                    }
                }
                // Whoever looks back at one of them sees the rows of then.
                for (at, copy) in &marks {
                    let mut rows = journal.rows_at(*at);
                    rows.sort_unstable();
                    prop_assert_eq!(rows, copy.1.iter().map(|(_, write)| *write).collect::<Vec<_>>());
                }
                // A replica that stands at one of them sees what was there then.
                for (at, copy) in marks.iter().filter(|_| everywhere) {
                    for key in 0..5 {
                        let seen = journal.entry_at(*at, key, state.0.get(&key).copied());
                        prop_assert_eq!(seen, copy.0.get(&key).copied());
                    }
                }
            }
        }
    }

    #[test]
    fn a_busy_key_needs_one_record_between_two_marks_and_one_a_change_for_replicas() {
        for (everywhere, records) in [(false, 2), (true, 200)] {
            let mut journal = Journal::new(everywhere, false, &Numbers::default());
            for value in 0..200 {
                if value == 100 {
                    journal.mark();
                }
                journal.entry_set(7, Some(entry(7, value)));
            }
            assert_eq!(journal.len(), records);
        }
    }
}
