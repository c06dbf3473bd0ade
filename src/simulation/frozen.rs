//! Whose tasks stand still.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::TaskId;
use crate::work;

/// Owners of tasks that stand still, and their tasks that would go on.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    owners: BTreeMap<u32, Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    /// How many freezes of the owner last.
    times: u32,
    /// The tasks that would go on, in the order in which they would.
    waiting: Vec<TaskId>,
    /// The same, to be found.
    known: BTreeSet<TaskId>,
}

impl Frozen {
    /// Whether nobody stands still.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// A freeze begins.
    pub fn begin(&mut self, owner: u32) {
        self.owners.entry(owner).or_default().times += 1;
    }

    /// A freeze ends; returns the tasks that go on.
    pub fn end(&mut self, owner: u32) -> Vec<TaskId> {
        let standing = self.owners.get_mut(&owner).expect("only what is frozen can thaw");
        standing.times -= 1;
        if standing.times > 0 {
            return Vec::new();
        }
        let tasks = self.owners.remove(&owner).map(|standing| standing.waiting).unwrap_or_default();
        work::count(tasks.len());
        tasks
    }

    /// All freezes of the owner end, and none of its tasks goes on.
    pub fn forget(&mut self, owner: u32) {
        self.owners.remove(&owner);
    }

    /// The owner's tasks are no more.
    pub fn drop_tasks_of(&mut self, owner: u32) {
        if let Some(standing) = self.owners.get_mut(&owner) {
            standing.waiting.clear();
            standing.known.clear();
        }
    }

    /// Whether a task that would go on has to wait for the end of its owner's freeze.
    #[cold]
    pub fn keeps(&mut self, task: TaskId, owner: Option<u32>) -> bool {
        let Some(standing) = owner.and_then(|owner| self.owners.get_mut(&owner)) else { return false };
        if standing.known.insert(task) {
            standing.waiting.push(task);
        }
        true
    }
}
