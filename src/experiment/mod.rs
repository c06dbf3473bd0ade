//! All lanes of a scenario, side by side: the same traffic, the same faults.

pub mod capacity;
mod cost;
pub mod curve;
pub mod harm;
pub mod seeds;
pub mod shrink;
pub mod sweep;
pub mod telling;
pub mod when;
pub mod worst;

use std::cell::Ref;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::history::Answered;
use crate::ledger::{Cases, Ledger};
use crate::phrase::{Phrase, phrase};
use crate::report::{FaultReport, LaneReport, Report, Series};
use crate::scenario::estimate::Traced;
use crate::scenario::{Arrivals, Fault, FaultKind, FaultTarget, Keys, Problem, Scenario, limits};
use crate::simulation::{Limits, Simulation, Stopped};
use crate::stage::Scene;
use crate::time::Nanos;
use crate::work::{self, Budget};
use crate::workload::foresight::Foreseeing;
use crate::workload::requests::{KeySource, KeysError};
use crate::workload::trace::Trace;

/// The engine's version, as reports carry it.
pub use crate::engine::VERSION as ENGINE_VERSION;

/// About how much a lane does before its neighbours catch up and the caller is asked whether to stop, in [steps of
/// work](crate::work).
const SLICE: u64 = 5_000;

/// In how many pieces a run is cut at least, so that no lane gets far ahead of the others in a quiet time.
const PIECES_LEAST: u64 = 1_000;

/// When what breaks in a run, as far as that is known: faults at a moment from the scenario, random and triggered ones as
/// the lanes have met them. Random ones are the same in all lanes; of those that hit lanes at different moments, each
/// moment is there once.
pub fn occurrences<'a>(scenario: &Scenario, lanes: impl Iterator<Item = &'a LaneReport>) -> Vec<FaultReport> {
    let met: Vec<&FaultReport> = lanes.flat_map(|lane| &lane.faults).collect();
    let mut longest_s = vec![0.0; scenario.faults.len()];
    for met in &met {
        if let Some(longest_s) = longest_s.get_mut(met.fault as usize) {
            *longest_s = met.for_s.max(*longest_s);
        }
    }
    let mut occurrences: Vec<FaultReport> = Vec::new();
    for (number, fault) in scenario.faults.iter().enumerate() {
        if let Some(at) = fault.at.moment().filter(|_| fault.strikes_any(scenario.lanes.len())) {
            // What lasts as long as it takes has its length from the lane that was longest at it.
            let for_s = if fault.lasts == Nanos::ZERO { longest_s[number] } else { fault.lasts.as_secs_f64() };
            occurrences.push(FaultReport {
                at_s: at.as_secs_f64(),
                for_s,
                what: fault.what.name().to_owned(),
                which: fault.which.map(|which| which.to_string()),
                fault: number as u32,
            });
        }
    }
    let mut told = BTreeSet::new();
    for met in met {
        let known = scenario.faults.get(met.fault as usize).is_none_or(|fault| fault.at.moment().is_some());
        if !known && told.insert((met.fault, met.at_s.to_bits(), met.for_s.to_bits(), &met.which)) {
            occurrences.push(met.clone());
        }
    }
    occurrences
}

/// How many requests of a trace a run plays, where that is known beforehand: at the trace's own times.
pub fn requests_played(scenario: &Scenario, trace: &Trace) -> Option<usize> {
    let Arrivals::Trace { speed } = scenario.clients.arrivals else { return None };
    Some(trace.requests_until(Nanos::from_secs_f64(scenario.duration.as_secs_f64() * speed)))
}

/// What a trace says of a run of `scenario`, for its [estimate](Scenario::estimate_with).
pub fn traced(scenario: &Scenario, trace: &Trace) -> Traced {
    let requests = requests_played(scenario, trace).unwrap_or(trace.keys().len());
    Traced { requests: requests as f64, keys: trace.distinct(), write_ratio: trace.write_ratio() }
}

/// Whether the ledger could remember all that the lanes write, and memory hold the rest, where only the trace knows how
/// much that is.
fn check_traced(scenario: &Scenario, file: &str, trace: &Trace) -> Result<(), StartError> {
    let traced = traced(scenario, trace);
    let share = traced.write_ratio.unwrap_or_else(|| scenario.clients.shares().changes());
    let writes = traced.requests * share * scenario.lanes.len() as f64;
    if writes <= limits::WRITES_MAX {
        return scenario
            .estimate_with(Some(traced))
            .problem()
            .map_or(Ok(()), |problem| Err(StartError::Problem(problem)));
    }
    Err(StartError::TooManyWrites { file: file.to_owned(), writes })
}

/// Why a scenario cannot be run.
#[derive(Clone, Debug, PartialEq)]
pub enum StartError {
    /// There is no source of its keys.
    Keys(KeysError),
    /// Its trace writes more than the ledger can remember.
    TooManyWrites {
        /// The trace's file.
        file: String,
        /// About how many writes all lanes would make.
        writes: f64,
    },
    /// It takes more than a run may take.
    Problem(Problem),
}

impl StartError {
    /// Why, in each language.
    pub fn phrase(&self) -> Phrase {
        match self {
            StartError::Keys(error) => error.phrase(),
            StartError::TooManyWrites { file, writes } => {
                let most = limits::WRITES_MAX;
                phrase!(
                    "clients.keys.file: the trace {file:?} makes about {writes:.0} writes in all lanes, and at most {most} can be \
                     remembered; run fewer lanes, or a shorter trace",
                    "clients.keys.file: 트레이스 {file:?}는 모든 레인을 합쳐 쓰기 약 {writes:.0}건을 만드는데, 최대 {most}건까지 \
                     기록할 수 있습니다. 레인을 줄이거나 더 짧은 트레이스를 쓰세요"
                )
            }
            StartError::Problem(problem) => problem.phrase(),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

impl std::error::Error for StartError {}

/// Why a fault cannot be injected.
#[derive(Clone, Debug, PartialEq)]
pub enum InjectError {
    /// The run is over.
    RunIsOver {
        /// How long it was.
        after: Nanos,
    },
    /// A lane is past that moment.
    Past {
        /// The moment.
        at: Nanos,
        /// The first that is possible.
        soonest: Nanos,
    },
    /// A scenario with this fault would be refused.
    Problem(Problem),
}

impl InjectError {
    /// Why, in each language.
    pub fn phrase(&self) -> Phrase {
        match self {
            InjectError::RunIsOver { after } => phrase!(
                "the run is over after {after}: restart it to break something",
                "실행이 {after}에 끝났습니다. 장애를 주입하려면 처음부터 다시 실행하세요"
            ),
            InjectError::Past { at, soonest } => phrase!(
                "at {at}: the run is past that moment; from {soonest} on something can break",
                "{at}: 이미 지난 시점입니다. {soonest}부터 장애를 주입할 수 있습니다"
            ),
            InjectError::Problem(problem) => problem.phrase(),
        }
    }
}

impl fmt::Display for InjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

impl std::error::Error for InjectError {}

/// An experiment that can be run, before its lanes are there: whoever has another one may still keep that, or make room.
/// Plans go from thread to thread, which lanes that have begun do not.
#[derive(Clone)]
pub struct Plan {
    scenario: Scenario,
    keys: KeySource,
    trace_requests: Option<u64>,
}

impl Plan {
    /// What [`Experiment::new`] refuses is refused here.
    ///
    /// # Errors
    /// As there.
    pub fn new(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<Plan, StartError> {
        if let (Keys::Trace { file, .. }, Some(trace)) = (&scenario.clients.keys, &trace) {
            check_traced(scenario, file, trace)?;
        }
        let trace_requests = trace.as_ref().map(|trace| trace.keys().len() as u64);
        let trace_requests = trace_requests.filter(|_| matches!(scenario.clients.keys, Keys::Trace { .. }));
        let keys = KeySource::new(scenario, trace).map_err(StartError::Keys)?;
        Ok(Plan { scenario: scenario.clone(), keys, trace_requests })
    }

    /// Every lane at the beginning of its run.
    pub fn begin(self) -> Experiment {
        let all = 0..self.scenario.lanes.len();
        self.begin_lanes(all)
    }

    /// Those lanes at the beginning of their run: each does what it would do beside the others.
    ///
    /// # Panics
    /// When the scenario has no such lane.
    pub fn begin_lanes(self, lanes: impl Iterator<Item = usize>) -> Experiment {
        let Plan { scenario, keys, trace_requests } = self;
        let numbers: Vec<usize> = lanes.collect();
        let foreseeing = Foreseeing::begin(&scenario, &numbers, &keys).map(Box::new);
        let lanes = numbers.iter().map(|lane| Simulation::unforeseeing(&scenario, *lane, keys.clone())).collect();
        let step = longest_step(scenario.duration);
        Experiment { scenario, numbers, lanes, foreseeing, now: Nanos::ZERO, step, trace_requests }
    }
}

/// The lanes of a scenario, or some of them, running in step.
pub struct Experiment {
    scenario: Scenario,
    /// Which lanes of the scenario are run.
    numbers: Vec<usize>,
    lanes: Vec<Simulation>,
    /// What some lane must know before it runs, while it is made.
    foreseeing: Option<Box<Foreseeing>>,
    /// The moment that all lanes have reached.
    now: Nanos,
    /// How far the lanes go until all are at the same moment again.
    step: Nanos,
    /// How many requests the trace has that the keys come from.
    trace_requests: Option<u64>,
}

impl Experiment {
    /// Every lane of `scenario` at the beginning of its run.
    ///
    /// # Errors
    /// When the scenario needs a trace and has none, or one that does not say what is asked of it, names fewer keys
    /// than a lane warms up with, or writes more than the ledger can remember, or takes
    /// more memory than there is.
    ///
    /// # Panics
    /// When the scenario has not been checked.
    pub fn new(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<Experiment, StartError> {
        Plan::new(scenario, trace).map(Plan::begin)
    }

    /// Runs all lanes, in step, up to and including the moment `to`; at the end of the run, up to it, before clients have
    /// gone and anything is tidied up; past that, until they have settled.
    /// Stops early when `stop` says so, which is asked after some thousand steps of work in whichever lane, also while
    /// lanes settle; a single event is not cut. Returns the moment that all lanes have reached. Going on later does the
    /// same as if nobody had stopped.
    pub fn advance(&mut self, to: Nanos, mut stop: impl FnMut() -> bool) -> Nanos {
        let end = self.scenario.duration;
        let (to, settle) = (to.min(end), to > end);
        if !self.foresee(&mut stop) {
            return self.now;
        }
        while !self.finished() && (self.now < to || settle) {
            let next = if self.now >= end { Nanos::MAX } else { self.now.saturating_add(self.step).min(to) };
            let (begun, mut asked, mut all_there) = (work::done(), work::done(), true);
            for lane in 0..self.lanes.len() {
                all_there &= self.lanes[lane].advance(next, &Budget::of(SLICE));
                if work::done() - asked >= SLICE {
                    asked = work::done();
                    if stop() {
                        return self.reach();
                    }
                }
            }
            self.adapt_step(all_there, work::done() - begun);
            self.reach();
            if stop() {
                break;
            }
        }
        self.now
    }

    /// Makes what the lanes must know beforehand, if anything; returns whether they can run.
    fn foresee(&mut self, stop: &mut impl FnMut() -> bool) -> bool {
        while let Some(foreseeing) = &mut self.foreseeing {
            if let Some(foresight) = foreseeing.go_on(&Budget::of(SLICE)) {
                self.lanes.iter_mut().for_each(|lane| lane.foresee(foresight.clone()));
                self.foreseeing = None;
            } else if stop() {
                return false;
            }
        }
        true
    }

    /// Works out which moment all lanes have reached. A lane that a limit has stopped holds nobody up.
    fn reach(&mut self) -> Nanos {
        let going = self.lanes.iter().filter(|lane| !lane.is_finished()).map(Simulation::now).min();
        let last = || self.lanes.iter().map(Simulation::now).max().unwrap_or_default();
        self.now = going.unwrap_or_else(last).min(self.scenario.duration).max(self.now);
        self.now
    }

    /// Steps are as long as the work in them is worth.
    fn adapt_step(&mut self, all_there: bool, work: u64) {
        let target = SLICE * self.lanes.len() as u64;
        if !all_there || work > target {
            self.step = Nanos((self.step.0 / 2).max(1));
        } else if work < target / 4 {
            self.step = Nanos(self.step.0.saturating_mul(2)).min(longest_step(self.scenario.duration));
        }
    }

    /// The moment all lanes have reached.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Whether nothing more will happen in any lane: each has ended and settled, or was [stopped](Experiment::stopped).
    pub fn finished(&self) -> bool {
        self.lanes.iter().all(Simulation::is_finished)
    }

    /// Whether the run is over, its clients have gone, and some lane has still to settle.
    pub fn is_settling(&self) -> bool {
        self.now >= self.scenario.duration && !self.finished()
    }

    /// The lanes that ended before they had settled, by number, each with why.
    pub fn stopped(&self) -> impl Iterator<Item = (usize, &Stopped)> {
        self.lanes.iter().enumerate().filter_map(|(number, lane)| lane.stopped().map(|why| (number, why)))
    }

    /// Sets other limits for all lanes than those of the scenario, before they run.
    pub fn limit(&mut self, limits: Limits) {
        self.lanes.iter_mut().for_each(|lane| lane.limit(limits));
    }

    /// Events handled by all lanes.
    pub fn events(&self) -> u64 {
        self.lanes.iter().map(Simulation::events).sum()
    }

    /// The next whole millisecond that no lane has begun: the first at which something can still break.
    pub fn soonest(&self) -> Nanos {
        // Some lanes may be a little further than all are.
        let going = self.lanes.iter().filter(|lane| !lane.is_finished());
        let furthest = going.map(Simulation::frontier).max().unwrap_or_default();
        self.now.max(furthest).tick_after(Nanos::from_millis(1))
    }

    /// Lets something break now: [`soonest`](Experiment::soonest). The fault is part of the scenario from then on, which,
    /// run from the start, does the same things.
    ///
    /// # Errors
    /// When the run is over, or the fault is one that the scenario's check refuses.
    pub fn inject(&mut self, what: FaultKind, which: Option<FaultTarget>, lasts: Nanos) -> Result<Fault, InjectError> {
        self.inject_at(self.soonest(), what, which, lasts)
    }

    /// The same at a moment of the caller's, for whoever runs the lanes in several experiments: it must be the same in all.
    ///
    /// # Errors
    /// As there, and when a lane is past that moment.
    pub fn inject_at(
        &mut self,
        at: Nanos,
        what: FaultKind,
        which: Option<FaultTarget>,
        lasts: Nanos,
    ) -> Result<Fault, InjectError> {
        if at >= self.scenario.duration {
            return Err(InjectError::RunIsOver { after: self.scenario.duration });
        }
        let soonest = self.soonest();
        if at < soonest {
            return Err(InjectError::Past { at, soonest });
        }
        let fault = Fault { which, lasts, ..Fault::new(what, at) };
        // What a scenario may not say, a click may not do: the link would be refused.
        let mut with = self.scenario.clone();
        with.faults.push(fault.clone());
        let its = format!("fault.{}.", with.faults.len() - 1);
        if let Err(mut refused) = with.check() {
            let own = refused.problems.iter().position(|problem| problem.field.starts_with(&its));
            return Err(InjectError::Problem(refused.problems.swap_remove(own.unwrap_or(0))));
        }
        self.lanes.iter_mut().for_each(|lane| lane.inject(&fault));
        self.scenario.faults.push(fault.clone());
        Ok(fault)
    }

    /// The scenario, with the faults injected so far.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many requests of a trace were played so far, in the lane that played most, and how many it has; `None` where
    /// the keys come from no trace, or all were played.
    pub fn trace_played(&self) -> Option<(u64, u64)> {
        let all = self.trace_requests?;
        let played = self.lanes.iter().map(Simulation::requests_made).max().unwrap_or(0);
        (played < all).then_some((played, all))
    }

    /// What all lanes have shown so far.
    pub fn report(&self) -> Report {
        let lanes = self.lanes.iter().zip(&self.numbers).map(|(lane, number)| {
            let report = lane.report();
            let is_free = self.scenario.prices.is_free();
            let cost = (!is_free).then(|| cost::cost(&report, &self.scenario.for_lane(*number)));
            LaneReport { cost, ..report }
        });
        Report {
            engine: ENGINE_VERSION.to_owned(),
            scenario: self.scenario.name.clone(),
            seed: self.scenario.seed,
            deadline_s: self.scenario.clients.deadline.as_secs_f64(),
            lanes: lanes.collect(),
        }
    }

    /// A lane's measures over time, `group` buckets of the run to a point, from point number `first` on.
    pub fn series(&self, lane: usize, first: usize, group: usize) -> Series {
        self.lanes[lane].series(first, group)
    }

    /// From now on every so many-th request of each lane is [followed](crate::stage); with `None` nobody watches. It
    /// changes nothing else.
    pub fn watch(&self, every: Option<u64>) {
        self.lanes.iter().for_each(|lane| lane.watch(every));
    }

    /// From now on each lane's parts are kept as they are at the run's end, to be [seen](Experiment::scenes) after it. It
    /// changes nothing else.
    pub fn keep_parts_at_end(&self) {
        self.lanes.iter().for_each(Simulation::keep_parts_at_end);
    }

    /// What there is to be seen in each lane since this was last asked for; none where nobody watches.
    pub fn scenes(&self) -> Vec<Scene> {
        self.lanes.iter().filter_map(Simulation::scene).collect()
    }

    /// From now on it is kept what the lanes' clients are answered. It changes nothing else.
    pub fn keep_history(&self) {
        self.lanes.iter().for_each(Simulation::keep_history);
    }

    /// What the clients of a lane were answered since it is kept, in the order of the answers.
    pub fn take_history(&self, lane: usize) -> Vec<Answered> {
        self.lanes[lane].take_history()
    }

    /// The lost writes, stale reads and diverging copies of a lane, case by case.
    pub fn cases(&self, lane: usize) -> Ref<'_, Cases> {
        Ref::map(self.lanes[lane].ledger(), Ledger::cases)
    }
}

/// How far lanes go at most until all are at the same moment again.
fn longest_step(duration: Nanos) -> Nanos {
    Nanos((duration.0 / PIECES_LEAST).max(1))
}
