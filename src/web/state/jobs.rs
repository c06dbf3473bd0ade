//! Many jobs, done piece by piece by a crew of workers beside the run on the page: which worker is at which, and what has come
//! of them so far.
//!
//! [`Work`] is told what happens and gives the [`Order`]s that must be carried out; it touches nothing else. It is no part of
//! the page's [`State`](super::State), which every embed has: an embed does without it. What the jobs are, a panel's [`Jobs`]
//! say.

use std::rc::Rc;

use super::Failure;
use super::traces::TraceFile;
use crate::phrase::Phrase;
use crate::scenario::Scenario;
use crate::web::platform::protocol::{FromWorker, ToWorker};

/// What the jobs of a panel are.
pub trait Jobs: Default {
    /// What comes of one.
    type Outcome;

    /// Whether it is known, but for a few, how many there will be.
    const COUNT_IS_KNOWN: bool = true;

    /// How many there are; more once it has [grown](Jobs::grow).
    fn count(&self) -> u32;

    /// What a worker is told to begin with a job, and again to go on with it; `None` where it needs what others have not come to
    /// yet. `outcomes`: by job, what has come of it.
    fn ask(&self, scenario: &Scenario, which: Which, outcomes: &[Option<Self::Outcome>]) -> Option<ToWorker>;

    /// All that there are have come to their ends: adds those that follow from what has come of them, if some do.
    fn grow(&mut self, _outcomes: &[Option<Self::Outcome>]) {}

    /// What comes of a job that a worker refuses; `None` where the others would say something wrong without it.
    fn refused(&self) -> Option<Self::Outcome> {
        None
    }

    /// What a worker's answer says of which job.
    fn hear(said: FromWorker) -> Option<(Which, Said<Self::Outcome>)>;

    /// Whether what has come of one scenario is what would come of the other.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        one == other
    }
}

/// How often the panel was asked, and the job's number.
pub type Which = (u32, u32);

/// What a worker says of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Said<O> {
    /// There is more to do; so far it has done so much of it.
    GoesOn(u32),
    /// That has come of it.
    Done(O),
}

impl<O> Said<O> {
    /// The same of what is made of its outcome.
    pub fn map<P>(self, make: impl FnOnce(O) -> P) -> Said<P> {
        match self {
            Said::GoesOn(part) => Said::GoesOn(part),
            Said::Done(outcome) => Said::Done(make(outcome)),
        }
    }
}

/// What must be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Say this to the worker of that number.
    Say(usize, Box<ToWorker>),
    /// End all workers, whatever they are at.
    EndAll,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// Workers are at it.
    Running,
    /// All jobs have come to their end.
    Done,
    /// The reader wanted no more, or another scenario came; what there is until then stands.
    Cancelled,
    /// A job cannot be done, so that the others would say something wrong.
    Refused(Phrase),
    /// The workers have failed, with the last one's own words.
    Failed(Failure, String),
}

/// See the [module](self).
#[derive(Clone, Debug, PartialEq)]
pub struct Work<J: Jobs> {
    jobs: J,
    /// How often it was asked for.
    generation: u32,
    phase: Phase,
    /// What the jobs are about.
    scenario: Option<Rc<Scenario>>,
    /// By their numbers: what has come of each.
    outcomes: Vec<Option<J::Outcome>>,
    /// By their numbers: how much of each is done that has not come to its end.
    parts: Vec<u32>,
    /// Where each worker is, while it is there.
    workers: Vec<Worker>,
}

/// A worker, as it is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    /// It reads the trace that the scenario replays.
    Reading,
    At(u32),
    Free,
    Gone,
}

impl<J: Jobs> Default for Work<J> {
    fn default() -> Work<J> {
        Work {
            jobs: J::default(),
            generation: 0,
            phase: Phase::default(),
            scenario: None,
            outcomes: Vec::new(),
            parts: Vec::new(),
            workers: Vec::new(),
        }
    }
}

impl<J: Jobs> Work<J> {
    /// Begins with `jobs` about `scenario`, by so many workers, which have just been started; each reads the trace first that
    /// it replays, if it does.
    pub fn begin(&mut self, scenario: Rc<Scenario>, jobs: J, trace: Option<&TraceFile>, workers: usize) -> Vec<Order> {
        let count = jobs.count() as usize;
        let first = if trace.is_some() { Worker::Reading } else { Worker::Free };
        *self = Work {
            jobs,
            generation: self.generation + 1,
            phase: Phase::Running,
            scenario: Some(scenario),
            outcomes: std::iter::repeat_with(|| None).take(count).collect(),
            parts: vec![0; count],
            workers: vec![first; workers],
        };
        if count == 0 {
            return self.end(Phase::Done);
        }
        let Some(TraceFile { name, bytes }) = trace else { return self.give_all() };
        let open = || Box::new(ToWorker::Open { name: name.clone(), bytes: bytes.clone() });
        (0..workers).map(|worker| Order::Say(worker, open())).collect()
    }

    /// A worker has said something.
    pub fn hear(&mut self, worker: usize, said: FromWorker) -> Vec<Order> {
        if self.phase != Phase::Running {
            return Vec::new();
        }
        match said {
            FromWorker::Refused { generation, why } if generation == self.generation => {
                match (self.workers.get(worker), self.jobs.refused()) {
                    (Some(Worker::At(job)), Some(outcome)) => self.go_on(worker, *job, Said::Done(outcome)),
                    _ => self.end(Phase::Refused(why)),
                }
            }
            FromWorker::Panicked { message } => self.end(Phase::Failed(Failure::Crashed, message)),
            said if self.workers.get(worker) == Some(&Worker::Reading) => self.read_on(worker, said),
            said => match J::hear(said) {
                Some((which, said)) if self.is_at(worker, which) => self.go_on(worker, which.1, said),
                _ => Vec::new(),
            },
        }
    }

    fn read_on(&mut self, worker: usize, said: FromWorker) -> Vec<Order> {
        match said {
            FromWorker::Reading(_) => vec![Order::Say(worker, Box::new(ToWorker::Continue))],
            FromWorker::Opened(_) => {
                self.workers[worker] = Worker::Free;
                self.give_all()
            }
            FromWorker::Unreadable { why } => self.end(Phase::Refused(why)),
            _ => Vec::new(),
        }
    }

    fn go_on(&mut self, worker: usize, job: u32, said: Said<J::Outcome>) -> Vec<Order> {
        match said {
            Said::GoesOn(part) => {
                self.parts[job as usize] = part;
                self.ask(worker, job).into_iter().collect()
            }
            Said::Done(outcome) => {
                self.outcomes[job as usize] = Some(outcome);
                self.workers[worker] = Worker::Free;
                let known = self.outcomes.len();
                if self.done() as usize == known {
                    self.jobs.grow(&self.outcomes);
                    let count = self.jobs.count() as usize;
                    if count <= known {
                        return self.end(Phase::Done);
                    }
                    self.outcomes.resize_with(count, || None);
                    self.parts.resize(count, 0);
                }
                self.give_all()
            }
        }
    }

    /// A worker has ended. One that did not start, or had no memory, is one fewer: the others do what it was to do.
    pub fn lose(&mut self, worker: usize, failure: Failure, details: String) -> Vec<Order> {
        if self.phase != Phase::Running {
            return Vec::new();
        }
        let others = self.workers.iter().enumerate().filter(|(other, is)| *other != worker && **is != Worker::Gone);
        let is_bearable = matches!(failure, Failure::NotStarted | Failure::OutOfMemory) && others.count() > 0;
        if !is_bearable {
            return self.end(Phase::Failed(failure, details));
        }
        self.workers[worker] = Worker::Gone;
        self.give_all()
    }

    /// The reader wants no more.
    pub fn cancel(&mut self) -> Vec<Order> {
        if self.phase == Phase::Running { self.end(Phase::Cancelled) } else { Vec::new() }
    }

    /// Another scenario is on the page: who is at the former one need not go on.
    pub fn change_to(&mut self, scenario: &Scenario) -> Vec<Order> {
        if self.is_stale(scenario) { self.cancel() } else { Vec::new() }
    }

    /// Whether what there is is of another scenario than this one.
    pub fn is_stale(&self, scenario: &Scenario) -> bool {
        self.scenario.as_ref().is_some_and(|own| !self.jobs.is_same(own, scenario))
    }

    /// How far it is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What it is about, or was.
    pub fn scenario(&self) -> Option<&Rc<Scenario>> {
        self.scenario.as_ref()
    }

    /// The jobs.
    pub fn jobs(&self) -> &J {
        &self.jobs
    }

    /// By their numbers: what has come of each.
    pub fn outcomes(&self) -> &[Option<J::Outcome>] {
        &self.outcomes
    }

    /// How much is done of those that have not come to their end.
    pub fn parts(&self) -> u32 {
        self.parts.iter().zip(&self.outcomes).filter(|(_, outcome)| outcome.is_none()).map(|(part, _)| part).sum()
    }

    /// How many have come to their end.
    pub fn done(&self) -> u32 {
        self.outcomes.iter().flatten().count() as u32
    }

    /// How many there are in all.
    pub fn count(&self) -> u32 {
        self.outcomes.len() as u32
    }

    /// What has come of the jobs from the first on that have all come to their end.
    pub fn complete(&self) -> Vec<J::Outcome>
    where
        J::Outcome: Clone,
    {
        self.outcomes.iter().map_while(Clone::clone).collect()
    }

    fn is_at(&self, worker: usize, (generation, job): Which) -> bool {
        generation == self.generation && self.workers.get(worker) == Some(&Worker::At(job))
    }

    /// Gives every free worker a job that nobody is at and that can be begun, as far as there are some.
    fn give_all(&mut self) -> Vec<Order> {
        let mut orders = Vec::new();
        for worker in 0..self.workers.len() {
            if self.workers[worker] == Worker::Free
                && let Some(order) = self.give(worker)
            {
                orders.push(order);
            }
        }
        orders
    }

    fn give(&mut self, worker: usize) -> Option<Order> {
        let is_open = |job: &u32| self.outcomes[*job as usize].is_none() && !self.workers.contains(&Worker::At(*job));
        let (job, order) = (0..self.count()).filter(is_open).find_map(|job| Some((job, self.ask(worker, job)?)))?;
        self.workers[worker] = Worker::At(job);
        Some(order)
    }

    fn ask(&self, worker: usize, job: u32) -> Option<Order> {
        let said = self.jobs.ask(self.scenario.as_ref()?, (self.generation, job), &self.outcomes)?;
        Some(Order::Say(worker, Box::new(said)))
    }

    fn end(&mut self, phase: Phase) -> Vec<Order> {
        self.phase = phase;
        self.workers.clear();
        vec![Order::EndAll]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::harm::Numbers;
    use crate::report::measures::MEASURES;
    use crate::scenario::presets;
    use crate::web::platform::protocol::{Progress, TraceFacts};
    use crate::web::state::seeds::{Runs, Seeds};

    fn scenario() -> Rc<Scenario> {
        Rc::new(presets::get("default").unwrap().scenario().clone())
    }

    fn numbers(value: f64) -> Numbers {
        vec![[Some(value); MEASURES.len()]; 5]
    }

    /// Who was told to go at which run, with which seed.
    fn given(orders: &[Order]) -> Vec<(usize, u32, u64)> {
        let said = orders.iter().filter_map(|order| match order {
            Order::Say(worker, said) => match &**said {
                ToWorker::Measure { run, scenario, .. } => Some((*worker, *run, scenario.seed)),
                _ => None,
            },
            Order::EndAll => None,
        });
        said.collect()
    }

    fn measured(generation: u32, run: u32) -> FromWorker {
        FromWorker::Measured { generation, run, numbers: numbers(f64::from(run)), steps: Vec::new() }
    }

    #[test]
    fn who_is_free_gets_the_next_run_until_all_are_done_each_in_its_place() {
        let (mut seeds, first) = (Seeds::default(), scenario().seed);
        assert_eq!(given(&seeds.begin(scenario(), Runs { count: 4 }, None, 2)), [(0, 0, first), (1, 1, first + 1)]);
        // The second is quicker.
        assert_eq!(given(&seeds.hear(1, measured(1, 1))), [(1, 2, first + 2)]);
        assert_eq!((seeds.done(), seeds.complete().len()), (1, 0), "from the first on, none is complete");
        let again = seeds.hear(0, FromWorker::Measuring { generation: 1, run: 0 });
        assert_eq!(given(&again), [(0, 0, first)], "a run goes on until it is done");
        assert_eq!(given(&seeds.hear(1, measured(1, 2))), [(1, 3, first + 3)]);
        assert_eq!(seeds.hear(1, measured(1, 3)), [], "nothing is left to begin");
        assert_eq!(seeds.hear(0, measured(1, 0)), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Done);
        assert_eq!(seeds.complete(), [0.0, 1.0, 2.0, 3.0].map(|value| (numbers(value), Vec::new())));
    }

    #[test]
    fn each_worker_reads_the_trace_before_it_is_given_a_run() {
        let mut seeds = Seeds::default();
        let file = TraceFile { name: "a.csv".into(), bytes: b"1,a".as_slice().into() };
        let told = |orders: Vec<Order>| match orders.as_slice() {
            [] => None,
            [Order::Say(worker, said)] => Some((*worker, (**said).clone())),
            other => panic!("{other:?}"),
        };
        let opens = seeds.begin(scenario(), Runs { count: 3 }, Some(&file), 2);
        let open = || Box::new(ToWorker::Open { name: "a.csv".into(), bytes: file.bytes.clone() });
        assert_eq!(opens, [Order::Say(0, open()), Order::Say(1, open())]);
        let reading = FromWorker::Reading(Progress::default());
        assert_eq!(told(seeds.hear(1, reading)), Some((1, ToWorker::Continue)));
        let first = scenario().seed;
        let opened = || FromWorker::Opened(TraceFacts::default());
        assert_eq!(given(&seeds.hear(1, opened())), [(1, 0, first)], "the other one reads still");
        assert_eq!(given(&seeds.hear(0, opened())), [(0, 1, first + 1)]);
        assert_eq!(given(&seeds.hear(1, measured(1, 0))), [(1, 2, first + 2)]);
        seeds.begin(scenario(), Runs { count: 3 }, Some(&file), 1);
        let why = Phrase::fixed("no trace", "트레이스 아님");
        assert_eq!(seeds.hear(0, FromWorker::Unreadable { why: why.clone() }), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Refused(why));
    }

    #[test]
    fn a_worker_that_is_lost_while_it_reads_is_one_fewer_and_a_cancel_ends_all_that_read() {
        let mut seeds = Seeds::default();
        let file = TraceFile { name: "a.csv".into(), bytes: b"1,a".as_slice().into() };
        seeds.begin(scenario(), Runs { count: 3 }, Some(&file), 2);
        assert_eq!(seeds.lose(0, Failure::OutOfMemory, String::new()), []);
        let first = scenario().seed;
        assert_eq!(given(&seeds.hear(1, FromWorker::Opened(TraceFacts::default()))), [(1, 0, first)]);
        seeds.begin(scenario(), Runs { count: 3 }, Some(&file), 2);
        assert_eq!((seeds.cancel(), seeds.phase()), (vec![Order::EndAll], &Phase::Cancelled));
        assert_eq!(seeds.hear(0, FromWorker::Opened(TraceFacts::default())), [], "too late");
    }

    #[test]
    fn what_is_cancelled_ends_at_once_and_keeps_the_runs_from_the_first_on() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), Runs { count: 20 }, None, 3);
        for (worker, run) in [(0, 0), (1, 1), (0, 3)] {
            seeds.hear(worker, measured(1, run));
        }
        assert_eq!(seeds.cancel(), [Order::EndAll]);
        assert_eq!((seeds.phase(), seeds.done(), seeds.complete().len()), (&Phase::Cancelled, 3, 2));
        assert_eq!(seeds.hear(2, measured(1, 2)), [], "too late");
        assert_eq!((seeds.done(), seeds.cancel()), (3, vec![]));
    }

    #[test]
    fn what_an_older_crew_says_is_thrown_away() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), Runs { count: 2 }, None, 1);
        seeds.cancel();
        seeds.begin(scenario(), Runs { count: 2 }, None, 1);
        assert_eq!(seeds.hear(0, measured(1, 0)), []);
        assert_eq!(seeds.hear(0, FromWorker::Refused { generation: 1, why: Phrase::fixed("", "") }), []);
        assert_eq!((seeds.phase(), seeds.done()), (&Phase::Running, 0));
    }

    #[test]
    fn a_worker_that_does_not_start_or_has_no_memory_is_one_fewer() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), Runs { count: 3 }, None, 2);
        assert_eq!(seeds.lose(1, Failure::OutOfMemory, String::new()), []);
        let first = scenario().seed;
        assert_eq!(given(&seeds.hear(0, measured(1, 0))), [(0, 1, first + 1)], "what it was at is done by another");
        assert_eq!(given(&seeds.hear(0, measured(1, 1))), [(0, 2, first + 2)]);
        assert_eq!(seeds.hear(0, measured(1, 2)), [Order::EndAll]);
        assert_eq!(seeds.complete(), [0.0, 1.0, 2.0].map(|value| (numbers(value), Vec::new())));
    }

    #[test]
    fn who_is_free_takes_over_what_another_one_left_last() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), Runs { count: 2 }, None, 2);
        seeds.hear(0, measured(1, 0));
        assert_eq!(given(&seeds.lose(1, Failure::NotStarted, String::new())), [(0, 1, scenario().seed + 1)]);
    }

    #[test]
    fn the_last_worker_s_failure_and_every_crash_end_it_all() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), Runs { count: 3 }, None, 1);
        assert_eq!(seeds.lose(0, Failure::NotStarted, "why".into()), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Failed(Failure::NotStarted, "why".into()));
        seeds.begin(scenario(), Runs { count: 3 }, None, 2);
        assert_eq!(seeds.lose(1, Failure::Crashed, String::new()), [Order::EndAll]);
        seeds.begin(scenario(), Runs { count: 3 }, None, 2);
        assert_eq!(seeds.hear(0, FromWorker::Panicked { message: "oh".into() }), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Failed(Failure::Crashed, "oh".into()));
        seeds.begin(scenario(), Runs { count: 3 }, None, 2);
        let why = Phrase::fixed("too much", "너무 큼");
        assert_eq!(seeds.hear(1, FromWorker::Refused { generation: 4, why: why.clone() }), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Refused(why));
    }

    #[test]
    fn another_scenario_ends_it_and_makes_it_stale_and_another_seed_does_not() {
        let mut seeds = Seeds::default();
        assert!(!seeds.is_stale(&scenario()), "there is nothing");
        seeds.begin(scenario(), Runs { count: 20 }, None, 2);
        let other_seed = Scenario { seed: 99, ..(*scenario()).clone() };
        assert_eq!((seeds.change_to(&other_seed), seeds.is_stale(&other_seed)), (vec![], false));
        let mut other = (*scenario()).clone();
        other.database.workers += 1;
        assert_eq!(seeds.change_to(&other), [Order::EndAll]);
        assert!(seeds.is_stale(&other) && !seeds.is_stale(&scenario()), "an edit that is undone makes it good again");
    }
    /// Jobs of which each follows from the one before: as many as the first has come to; what is refused comes to nothing.
    #[derive(Default)]
    struct Growing(u32);

    impl Jobs for Growing {
        type Outcome = u32;

        fn count(&self) -> u32 {
            self.0
        }

        fn ask(&self, scenario: &Scenario, (generation, run): Which, known: &[Option<u32>]) -> Option<ToWorker> {
            assert!(known[..run as usize].iter().all(Option::is_some), "it knows all before");
            Some(ToWorker::Measure { generation, run, scenario: Box::new(scenario.clone()), steps: false })
        }

        fn hear(said: FromWorker) -> Option<(Which, Said<u32>)> {
            let (which, said) = Runs::hear(said)?;
            Some((which, said.map(|(numbers, _)| numbers[0][0].unwrap_or_default() as u32)))
        }

        fn grow(&mut self, outcomes: &[Option<u32>]) {
            self.0 += u32::from(outcomes[0] > Some(self.0));
        }

        fn refused(&self) -> Option<u32> {
            Some(0)
        }
    }

    #[test]
    fn jobs_that_follow_from_what_has_come_of_others_are_done_too_and_one_that_is_refused_may_be_an_answer() {
        let mut work = Work::default();
        let done = |run, value| FromWorker::Measured { generation: 1, run, numbers: numbers(value), steps: Vec::new() };
        assert_eq!(given(&work.begin(scenario(), Growing(1), None, 2)).len(), 1);
        assert_eq!(given(&work.hear(0, done(0, 3.0)))[0].1, 1, "a second one");
        assert_eq!((work.count(), work.done(), work.phase()), (2, 1, &Phase::Running));
        let refused = FromWorker::Refused { generation: 1, why: Phrase::default() };
        assert_eq!(given(&work.hear(0, refused))[0].1, 2, "and a third one");
        assert_eq!(work.hear(0, done(2, 9.0)), [Order::EndAll]);
        assert_eq!((work.phase(), work.complete()), (&Phase::Done, vec![3, 0, 9]));
        assert_eq!(work.begin(scenario(), Growing(0), None, 1), [Order::EndAll], "nothing is to be done");
        assert_eq!(work.phase(), &Phase::Done);
    }
}
