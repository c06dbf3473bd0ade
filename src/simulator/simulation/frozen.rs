//! Whose tasks stand still.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::TaskId;
use crate::jobs::Owner;
use crate::work;

/// Owners of tasks that stand still, by number, and their tasks that would go on.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    owners: BTreeMap<u32, Freeze>,
}

#[derive(Debug, Default)]
struct Freeze {
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

    /// Whether an owner stands still.
    pub fn has(&self, owner: Owner) -> bool {
        self.owners.contains_key(&owner.number())
    }

    /// A freeze begins.
    pub fn begin(&mut self, owner: Owner) {
        self.owners.entry(owner.number()).or_default().times += 1;
    }

    /// A freeze ends; returns the tasks that go on.
    pub fn end(&mut self, owner: Owner) -> Vec<TaskId> {
        let freeze = self.owners.get_mut(&owner.number()).expect("only what is frozen can thaw");
        freeze.times -= 1;
        if freeze.times > 0 {
            return Vec::new();
        }
        let tasks = self.owners.remove(&owner.number()).map(|freeze| freeze.waiting).unwrap_or_default();
        work::count(tasks.len());
        tasks
    }

    /// All freezes of the owner end, and none of its tasks goes on.
    pub fn forget(&mut self, owner: Owner) {
        self.owners.remove(&owner.number());
    }

    /// The owner's tasks are no more.
    pub fn drop_tasks_of(&mut self, owner: Owner) {
        if let Some(freeze) = self.owners.get_mut(&owner.number()) {
            freeze.waiting.clear();
            freeze.known.clear();
        }
    }

    /// Whether a task that would go on has to wait for the end of its owner's freeze.
    #[cold]
    pub fn keeps(&mut self, task: TaskId, owner: Option<u32>) -> bool {
        let beside = owner.and_then(Owner::beside).map(Owner::number);
        let frozen = [owner, beside].into_iter().flatten().find(|owner| self.owners.contains_key(owner));
        let Some(freeze) = frozen.and_then(|owner| self.owners.get_mut(&owner)) else { return false };
        if freeze.known.insert(task) {
            freeze.waiting.push(task);
        }
        true
    }
}
