//! The outbox: a record of each committed row that has yet to be passed on, oldest first.

use std::collections::VecDeque;

use super::Row;

/// See the module. Records are numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Records {
    rows: VecDeque<Row>,
    forgotten: u32,
}

impl Records {
    /// Adds the record of a row that is committed with it.
    pub fn add(&mut self, row: Row) {
        self.rows.push_back(row);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The oldest, up to number `last`.
    pub fn oldest(&self, last: u32) -> impl ExactSizeIterator<Item = Row> {
        self.rows.iter().take(self.up_to(last)).copied()
    }

    /// How many there are up to number `last`.
    fn up_to(&self, last: u32) -> usize {
        (last.saturating_sub(self.forgotten) as usize).min(self.rows.len())
    }

    /// The number of the last of the oldest `most`.
    pub fn last_of(&self, most: u32) -> u32 {
        self.forgotten + most.min(self.rows.len() as u32)
    }

    /// Drops the records up to number `last`, and gives what they said.
    pub fn forget(&mut self, last: u32) -> impl Iterator<Item = Row> {
        let count = self.up_to(last);
        self.forgotten += count as u32;
        self.rows.drain(..count)
    }
}
