//! What a node shows.

use super::state::CacheNode;
use crate::cache::counts::NodeCounts;
use crate::cache::entry::Entry;
use crate::model::{Key, WriteId};
use crate::stage::Condition;
use crate::time::Nanos;

impl CacheNode {
    /// Totals up to this moment.
    pub fn counts(&self) -> NodeCounts {
        let state = self.state.borrow();
        let mut counts = state.counts.clone();
        (counts.report.saves, counts.report.failovers) = state.durability.saves_and_failovers();
        counts
    }

    /// Entries held.
    pub fn entries(&self) -> u32 {
        self.state.borrow().memory.entries(self.now())
    }

    /// How the node is.
    pub fn condition(&self) -> Condition {
        self.state.borrow().server.availability.condition()
    }

    /// Bytes held, their overhead included, now and at most.
    pub fn bytes(&self) -> (u64, u64) {
        self.state.borrow().memory.bytes(self.now())
    }

    /// Rows not yet in the database, now and at most.
    pub fn dirty(&self) -> (u32, u32) {
        self.state.borrow().buffer.held()
    }

    /// Whether anything outlives a loss of power: a disk, or a replica.
    pub fn is_durable(&self) -> bool {
        self.state.borrow().durability.is_durable()
    }

    /// The rows that a loss of power now would leave, on disk or with a replica that would take over.
    pub fn rows_that_survive(&self, now: Nanos) -> Vec<WriteId> {
        self.state.borrow().durability.rows_that_survive(now)
    }

    /// What is the most is so from now on.
    pub fn restart_maxima(&self) {
        let state = &mut *self.state();
        state.memory.restart_maximum();
        state.buffer.restart_maximum();
    }

    /// The value held for `key` that a reader would see, for tests.
    pub fn peek(&self, key: Key) -> Option<WriteId> {
        self.state.borrow().memory.entry(key).map(|entry| WriteId(entry.value))
    }

    /// All entries held, expired or not, for tests.
    pub fn held(&self) -> Vec<Entry> {
        self.state.borrow().memory.held()
    }

    /// Tells the ledger whether there is a copy of `key`.
    pub fn report_copy(&self, key: Key) {
        self.state.borrow().memory.report_copy(key);
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        let state = self.state.borrow();
        state.memory.validate();
        state.buffer.validate();
    }
}
