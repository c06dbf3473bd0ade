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
    make: Box<dyn Fn(Rc<Inbox<J>>) -> Worker>,
    slots: Slots<Place<J>>,
    owned: Owned,
}

type Worker = Pin<Box<dyn Future<Output = ()>>>;

struct Place<J> {
    inbox: Rc<Inbox<J>>,
    /// None, where a task was dropped in the middle.
    worker: Option<Worker>,
}

/// Where a worker finds its next job, and says that it has done one.
struct Inbox<J> {
    job: Cell<Option<J>>,
    done: Cell<bool>,
}

async fn work<J, F: Future<Output = ()>>(inbox: Rc<Inbox<J>>, task: Rc<impl Fn(J) -> F>) {
    loop {
        let job = poll_fn(|_| inbox.job.take().map_or(Poll::Pending, Poll::Ready)).await;
        task(job).await;
        inbox.done.set(true);
    }
}

impl<J: 'static> Tasks<J> {
    /// No tasks yet; `task` is what each of them does.
    pub fn new<F: Future<Output = ()> + 'static>(task: impl Fn(J) -> F + 'static) -> Tasks<J> {
        let task = Rc::new(task);
        let make = move |inbox| -> Worker { Box::pin(work(inbox, task.clone())) };
        Tasks { make: Box::new(make), slots: Slots::default(), owned: Owned::default() }
    }

    /// Gives a task for `job` a slot. `owner` is whose crash ends it. The caller polls it for the first time.
    pub fn spawn(&mut self, job: J, owner: u32) -> TaskId {
        let id = self.slots.reuse().unwrap_or_else(|| {
            let inbox = Rc::new(Inbox { job: Cell::new(None), done: Cell::new(false) });
            self.slots.insert(Place { inbox, worker: None })
        });
        let Place { inbox, worker } = &mut self.slots[id];
        worker.get_or_insert_with(|| (self.make)(inbox.clone()));
        inbox.job.set(Some(job));
        self.owned.give(id, owner);
        id
    }

    /// Lets the task in slot `id` go on, if there is one.
    #[inline]
    pub fn poll(&mut self, id: TaskId) {
        let Place { inbox, worker: Some(worker) } = &mut self.slots[id] else { return };
        // The waker does nothing: whoever completes what a task waits for names the task itself.
        let polled = worker.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(polled.is_pending(), "a worker waits for its next job");
        if inbox.done.take() {
            self.end(id);
        }
    }

    fn end(&mut self, id: TaskId) {
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
            self.slots[id].inbox.job.set(None);
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
    fn a_job_that_was_dropped_before_it_began_is_not_done_in_the_next_use_of_its_slot() {
        let [dropped, next] = [(); 2].map(|()| Rc::new(Cell::new(0)));
        let mut tasks = Tasks::new(two_steps);
        let first = tasks.spawn(dropped.clone(), 1);
        assert_eq!(tasks.drop_owned_by([1]), 1);
        assert_eq!(Rc::strong_count(&dropped), 1, "nobody has it any more");
        assert_eq!(tasks.spawn(next.clone(), 2), first);
        tasks.poll(first);
        tasks.poll(first);
        assert_eq!((dropped.get(), next.get(), tasks.running()), (0, 11, 0));
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
