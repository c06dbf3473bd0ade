//! The tasks of a simulation, whose type has no name.

use std::future::Future;

use crate::engine::{TaskId, Tasks};
use crate::jobs::{Job, Owner};
use crate::scenario::estimate;

/// What the loop needs of the tasks.
pub(super) trait Executor {
    fn spawn(&mut self, job: Job) -> TaskId;
    fn poll(&mut self, task: TaskId);
    fn owner(&self, task: TaskId) -> Option<u32>;
    fn drop_owned_by(&mut self, owners: &[Owner]) -> usize;
    fn running(&self) -> usize;
}

struct Runner<F, S> {
    tasks: Tasks<F>,
    start: S,
}

impl<F: Future<Output = ()>, S: Fn(Job) -> F> Executor for Runner<F, S> {
    fn spawn(&mut self, job: Job) -> TaskId {
        let owner = job.owner().number();
        self.tasks.spawn((self.start)(job), owner)
    }

    fn poll(&mut self, task: TaskId) {
        self.tasks.poll(task);
    }

    fn owner(&self, task: TaskId) -> Option<u32> {
        self.tasks.owner(task)
    }

    fn drop_owned_by(&mut self, owners: &[Owner]) -> usize {
        let numbers: Vec<u32> = owners.iter().map(|owner| owner.number()).collect();
        self.tasks.drop_owned_by(&numbers)
    }

    fn running(&self) -> usize {
        self.tasks.running()
    }
}

/// `start` as it is, whose tasks take no more than a scenario's estimate says.
pub(super) fn estimated<F, S: Fn(Job) -> F>(start: S) -> S {
    const { assert!(size_of::<F>() <= estimate::TASK_BYTES, "what a waiting request takes is known beforehand") };
    start
}

/// An executor of tasks that all run `start`.
pub(super) fn executor<F, S>(start: S) -> Box<dyn Executor>
where
    F: Future<Output = ()> + 'static,
    S: Fn(Job) -> F + 'static,
{
    Box::new(Runner { tasks: Tasks::default(), start })
}
