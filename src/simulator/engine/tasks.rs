//! The slab of running tasks, in slots that are used again.
//!
//! What a slot has is a *worker*, who does one job after the other; a task is one of its jobs. So its future, which takes a
//! kilobyte or two, stays where it is, and a task that begins moves no more than a job.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Owned;
use crate::slots::Slots;

/// The slot a task runs in. Slots are used again, so a late wake-up may reach another task, which then finds
/// itself not ready and goes on waiting.
pub type TaskId = u32;

/// Running tasks, each of which does a job `J`.
pub struct Tasks<J> {
    hire: Box<dyn Fn(Rc<Desk<J>>) -> Worker>,
    slots: Slots<Place<J>>,
    owned: Owned,
}

type Worker = Pin<Box<dyn Future<Output = ()>>>;

struct Place<J> {
    desk: Rc<Desk<J>>,
    /// None, where a task was dropped in the middle.
    worker: Option<Worker>,
}

/// Where a worker finds its next job, and leaves word that it has done one.
struct Desk<J> {
    job: Cell<Option<J>>,
    done: Cell<bool>,
}

async fn work<J, F: Future<Output = ()>>(desk: Rc<Desk<J>>, task: Rc<impl Fn(J) -> F>) {
    loop {
        let job = poll_fn(|_| desk.job.take().map_or(Poll::Pending, Poll::Ready)).await;
        task(job).await;
        desk.done.set(true);
    }
}

impl<J: 'static> Tasks<J> {
    /// No tasks yet; `task` is what each of them does.
    pub fn new<F: Future<Output = ()> + 'static>(task: impl Fn(J) -> F + 'static) -> Tasks<J> {
        let task = Rc::new(task);
        let hire = move |desk| -> Worker { Box::pin(work(desk, task.clone())) };
        Tasks { hire: Box::new(hire), slots: Slots::default(), owned: Owned::default() }
    }

    /// Gives a task for `job` a slot. `owner` is whose crash ends it. The caller polls it for the first time.
    pub fn spawn(&mut self, job: J, owner: u32) -> TaskId {
        let id = self.slots.reuse().unwrap_or_else(|| {
            let desk = Rc::new(Desk { job: Cell::new(None), done: Cell::new(false) });
            self.slots.insert(Place { desk, worker: None })
        });
        let Place { desk, worker } = &mut self.slots[id];
        worker.get_or_insert_with(|| (self.hire)(desk.clone()));
        desk.job.set(Some(job));
        self.owned.give(id, owner);
        id
    }

    /// Lets the task in slot `id` go on, if there is one.
    #[inline]
    pub fn poll(&mut self, id: TaskId) {
        let Place { desk, worker: Some(worker) } = &mut self.slots[id] else { return };
        // The waker does nothing: whoever completes what a task waits for names the task itself.
        let polled = worker.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(polled.is_pending(), "a worker waits for its next job");
        if desk.done.take() {
            self.leave(id);
        }
    }

    fn leave(&mut self, id: TaskId) {
        self.slots.free(id);
        self.owned.take(id);
    }

    /// Whose task `id` is, if there is one.
    pub fn owner(&self, id: TaskId) -> Option<u32> {
        self.owned.owner(id)
    }

    /// Drops every task of these owners where it stands, in the order of the slots. Returns how many there were.
    pub fn drop_owned_by(&mut self, owners: impl IntoIterator<Item = u32>) -> usize {
        let mut theirs: Vec<TaskId> = owners.into_iter().flat_map(|owner| self.owned.of(owner)).collect();
        theirs.sort_unstable();
        for &id in &theirs {
            self.slots[id].worker = None;
            self.slots[id].desk.job.set(None);
            self.leave(id);
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
        poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
        steps.set(steps.get() + 10);
    }

    #[test]
    fn a_task_runs_from_await_to_await_and_its_slot_is_used_again() {
        let steps = Rc::new(Cell::new(0));
        let mut tasks = Tasks::new(two_steps);
        let first = tasks.spawn(steps.clone(), 1);
        tasks.poll(first);
        assert_eq!((steps.get(), tasks.running()), (1, 1));
        tasks.poll(first);
        assert_eq!((steps.get(), tasks.running()), (11, 0));
        tasks.poll(first); // a late wake-up of an empty slot does nothing
        assert_eq!(tasks.spawn(steps, 1), first);
    }

    #[test]
    fn a_crash_drops_the_owners_tasks_where_they_stand_and_no_others() {
        let steps = Rc::new(Cell::new(0));
        let mut tasks = Tasks::new(two_steps);
        let ids: Vec<TaskId> = [1, 2, 1].map(|owner| tasks.spawn(steps.clone(), owner)).to_vec();
        ids.iter().for_each(|&id| tasks.poll(id));
        assert_eq!(tasks.drop_owned_by([1]), 2);
        ids.iter().for_each(|&id| tasks.poll(id));
        assert_eq!(steps.get(), 3 + 10, "only the second task took its second step");
    }
}
