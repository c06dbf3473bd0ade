//! What servers still do for writes that were acknowledged early.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::model::WriteId;
use crate::strategy::EarlyAck;

/// Writes acknowledged already whose servers have more to do, by server.
#[derive(Debug)]
pub(super) struct BackgroundWrites {
    of: RefCell<Vec<BTreeMap<WriteId, EarlyAck>>>,
    under_way: Cell<usize>,
}

impl BackgroundWrites {
    /// None of so many servers does anything yet.
    pub fn new(servers: u32) -> BackgroundWrites {
        BackgroundWrites { of: RefCell::new(vec![BTreeMap::new(); servers as usize]), under_way: Cell::new(0) }
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.under_way.get() == 0
    }

    /// A server goes on with `write`.
    pub fn begin(&self, server: u32, write: WriteId, early_ack: EarlyAck) {
        let known = self.of.borrow_mut()[server as usize].insert(write, early_ack);
        assert!(known.is_none(), "a write is acknowledged early once");
        self.under_way.set(self.under_way.get() + 1);
    }

    /// The server has done what was left to do for `write`; returns how it was acknowledged.
    pub fn end(&self, server: u32, write: WriteId) -> EarlyAck {
        self.under_way.set(self.under_way.get() - 1);
        self.of.borrow_mut()[server as usize].remove(&write).expect("work that was begun")
    }

    /// The server has crashed; returns the writes of which it leaves something undone, in the order in which they were
    /// asked for, and how they were acknowledged.
    pub fn abandon(&self, server: u32) -> BTreeMap<WriteId, EarlyAck> {
        let its = std::mem::take(&mut self.of.borrow_mut()[server as usize]);
        self.under_way.set(self.under_way.get() - its.len());
        its
    }
}
