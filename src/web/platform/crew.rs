//! Workers beside those of the run: each makes whole runs of its own, so that many seeds take as many processors as there are.
//!
//! Unlike the [pool](super::pool), they do not answer as one: who is free is given the next run.

use yew::Callback;

use super::protocol::{FromWorker, ToWorker};
use super::worker_handle::{OneWorker, processors};
use crate::scenario::{Scenario, limits};
use crate::web::state::Failure;

/// What the page hears of one of them.
#[derive(Debug)]
pub enum Heard {
    /// It said something.
    Said(FromWorker),
    /// It has ended, with its own words if there are any.
    Failed(Failure, String),
}

/// The workers, until they are dropped: then they end, whatever they are at.
pub struct Crew(Vec<OneWorker>);

impl Crew {
    /// Starts so many; `hear` hears them, each by its number.
    pub fn open(count: usize, hear: &Callback<(usize, Heard)>) -> Crew {
        let open = |worker: usize| {
            let said = hear.reform(move |said| (worker, Heard::Said(said)));
            let fail = hear.reform(move |(failure, details)| (worker, Heard::Failed(failure, details)));
            OneWorker::open(said, fail)
        };
        Crew((0..count).map(open).collect())
    }

    /// Says something to worker number `worker`.
    pub fn send(&self, worker: usize, said: &ToWorker) {
        if let Some(worker) = self.0.get(worker) {
            worker.send(said);
        }
    }
}

/// How many workers play a file of so many bytes at once: each holds it.
pub fn crew_for(bytes: usize) -> usize {
    const MOST: usize = 8;
    const ROOM: usize = 256 << 20;
    processors().min(MOST).min(ROOM / bytes.max(1)).max(1)
}

/// How many workers run `scenario` at once: one a processor, as far as there is likely room for them. The estimate is often
/// several times what a run takes; a worker that finds no memory all the same is one fewer.
pub fn crew_of(scenario: &Scenario) -> usize {
    const MOST: usize = 16;
    const ROOM: f64 = 4.0 * limits::MEMORY_MAX.0 as f64;
    let room = (ROOM / scenario.estimate().bytes().max(1.0)) as usize;
    processors().min(MOST).min(room).max(1)
}
