//! The slab of running tasks: futures of one concrete type, in slots that are used again.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Owned;
use crate::slots::Slots;

/// The slot a task runs in. Slots are used again, so a late wake-up may reach another task, which then finds
/// itself not ready and goes on waiting.
pub type TaskId = u32;

/// Running tasks. `F` is one future type for all of them, usually that of one `async fn`.
pub struct Tasks<F> {
    /// The boxes outlive the futures in them: the next task of a slot moves into the same memory.
    slots: Slots<Pin<Box<Option<F>>>>,
    owned: Owned,
}

impl<F> Default for Tasks<F> {
    fn default() -> Tasks<F> {
        Tasks { slots: Slots::default(), owned: Owned::default() }
    }
}

impl<F: Future<Output = ()>> Tasks<F> {
    /// Gives `future` a slot. `owner` is whose crash ends it. The caller polls it for the first time.
    pub fn spawn(&mut self, future: F, owner: u32) -> TaskId {
        let id = match self.slots.reuse() {
            Some(id) => {
                self.slots[id].as_mut().set(Some(future));
                id
            }
            None => self.slots.insert(Box::pin(Some(future))),
        };
        self.owned.give(id, owner);
        id
    }

    /// Lets the task in slot `id` go on, if there is one.
    #[inline]
    pub fn poll(&mut self, id: TaskId) {
        let Some(future) = self.slots[id].as_mut().as_pin_mut() else { return };
        // The waker does nothing: whoever completes what a task waits for names the task itself.
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(()) = future.poll(&mut context) {
            self.end(id);
        }
    }

    fn end(&mut self, id: TaskId) {
        self.slots[id].as_mut().set(None);
        self.slots.free(id);
        self.owned.take(id);
    }

    /// Whose task `id` is, if there is one.
    pub fn owner(&self, id: TaskId) -> Option<u32> {
        self.owned.owner(id)
    }

    /// Drops every task of these owners where it stands, in the order of the slots. Returns how many there were.
    pub fn drop_owned_by(&mut self, owners: &[u32]) -> usize {
        let mut theirs: Vec<TaskId> = owners.iter().flat_map(|owner| self.owned.of(*owner)).collect();
        theirs.sort_unstable();
        for &id in &theirs {
            self.end(id);
        }
        theirs.len()
    }

    /// How many tasks are running.
    pub fn running(&self) -> usize {
        self.slots.in_use()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    async fn two_steps(steps: Rc<Cell<u32>>) {
        steps.set(steps.get() + 1);
        let mut polled = false;
        std::future::poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending })
            .await;
        steps.set(steps.get() + 10);
    }

    #[test]
    fn a_task_runs_from_await_to_await_and_its_slot_is_used_again() {
        let steps = Rc::new(Cell::new(0));
        let mut tasks = Tasks::default();
        let first = tasks.spawn(two_steps(steps.clone()), 1);
        tasks.poll(first);
        assert_eq!((steps.get(), tasks.running()), (1, 1));
        tasks.poll(first);
        assert_eq!((steps.get(), tasks.running()), (11, 0));
        tasks.poll(first); // a late wake-up of an empty slot does nothing
        assert_eq!(tasks.spawn(two_steps(steps), 1), first);
    }

    #[test]
    fn a_crash_drops_the_owners_tasks_where_they_stand_and_no_others() {
        let steps = Rc::new(Cell::new(0));
        let mut tasks = Tasks::default();
        let ids: Vec<TaskId> = [1, 2, 1].map(|owner| tasks.spawn(two_steps(steps.clone()), owner)).to_vec();
        ids.iter().for_each(|&id| tasks.poll(id));
        assert_eq!(tasks.drop_owned_by(&[1]), 2);
        ids.iter().for_each(|&id| tasks.poll(id));
        assert_eq!(steps.get(), 3 + 10, "only the second task took its second step");
    }
}
