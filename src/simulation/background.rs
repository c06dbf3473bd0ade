//! What servers still do for writes that were answered early.

use crate::model::WriteId;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Writes answered already whose servers have more to do, by server.
#[derive(Debug)]
pub(super) struct Background {
    /// Of each write, whether the server has yet to bring it to the database.
    of: RefCell<Vec<BTreeMap<WriteId, bool>>>,
    under_way: Cell<usize>,
}

impl Background {
    /// None of so many servers does anything yet.
    pub fn new(servers: u32) -> Background {
        Background { of: RefCell::new(vec![BTreeMap::new(); servers as usize]), under_way: Cell::new(0) }
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.under_way.get() == 0
    }

    /// A server goes on with `write`; `promised`: it has yet to bring it to the database.
    pub fn begin(&self, server: u32, write: WriteId, promised: bool) {
        let known = self.of.borrow_mut()[server as usize].insert(write, promised);
        assert!(known.is_none(), "a write is answered early once");
        self.under_way.set(self.under_way.get() + 1);
    }

    /// The server has done what was left to do for `write`; returns whether that was promised.
    pub fn end(&self, server: u32, write: WriteId) -> bool {
        self.under_way.set(self.under_way.get() - 1);
        self.of.borrow_mut()[server as usize].remove(&write).expect("work that was begun")
    }

    /// The server has crashed; returns the writes of which it leaves something undone, in the order in which they were
    /// asked for, and whether it was promised.
    pub fn abandon(&self, server: u32) -> BTreeMap<WriteId, bool> {
        let its = std::mem::take(&mut self.of.borrow_mut()[server as usize]);
        self.under_way.set(self.under_way.get() - its.len());
        its
    }
}
