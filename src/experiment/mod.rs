//! All lanes of a scenario, side by side: the same traffic, the same faults.

use std::sync::Arc;

use crate::ledger::Story;
use crate::report::{FaultReport, LaneReport, Report, Series};
use crate::scenario::{Arrivals, Fault, Keys, Scenario, What, Which, limits};
use crate::simulation::Simulation;
use crate::time::Nanos;
use crate::workload::foresight::Foresight;
use crate::workload::requests::KeySource;
use crate::workload::trace::Trace;

/// The engine's version, as reports carry it.
pub use crate::engine::VERSION as ENGINE_VERSION;

/// About how many events a lane handles before its neighbours catch up and the caller is asked whether to stop.
const STEP_EVENTS: u64 = 4_000;

/// When what breaks in a run, as far as that is known: faults at a moment from the scenario, random and triggered ones as
/// the lanes have met them. Random ones are the same in all lanes; of those that strike lanes at different moments, each
/// moment is there once.
pub fn strikes<'a>(scenario: &Scenario, lanes: impl Iterator<Item = &'a LaneReport>) -> Vec<FaultReport> {
    let met: Vec<&FaultReport> = lanes.flat_map(|lane| &lane.faults).collect();
    let mut strikes: Vec<FaultReport> = Vec::new();
    for (number, fault) in scenario.faults.iter().enumerate() {
        if let Some(at) = fault.at.moment() {
            // What lasts as long as it takes has its length from the lane that was longest at it.
            let of_this = met.iter().filter(|met| met.fault as usize == number && fault.lasts == Nanos::ZERO);
            strikes.push(FaultReport {
                at_s: at.as_secs_f64(),
                for_s: of_this.map(|met| met.for_s).fold(fault.lasts.as_secs_f64(), f64::max),
                what: fault.what.name().to_owned(),
                which: fault.which.map(|which| which.to_string()),
                fault: number as u32,
            });
        }
    }
    for met in met {
        let known = scenario.faults.get(met.fault as usize).is_none_or(|fault| fault.at.moment().is_some());
        if !known && !strikes.contains(met) {
            strikes.push(met.clone());
        }
    }
    strikes
}

/// Whether the ledger could remember all that the lanes write, where only the trace knows how much that is.
fn check_traced_writes(scenario: &Scenario, file: &str, trace: &Trace) -> Result<(), String> {
    let requests = match scenario.clients.arrivals {
        Arrivals::Trace { speed } => {
            let until = Nanos::from_secs_f64(scenario.duration.as_secs_f64() * speed);
            trace.requests_until(until)
        }
        _ => trace.keys().len(),
    };
    let share = trace.write_ratio().unwrap_or_else(|| scenario.clients.shares().changes());
    let writes = requests as f64 * share * scenario.lanes.len() as f64;
    if writes <= limits::WRITES_MAX {
        return Ok(());
    }
    Err(format!(
        "clients.keys.file: the trace {file:?} makes about {writes:.0} writes in all lanes, and at most {} can be \
         remembered; run fewer lanes, or a shorter trace",
        limits::WRITES_MAX
    ))
}

/// The lanes of a scenario, running in step.
pub struct Experiment {
    scenario: Scenario,
    lanes: Vec<Simulation>,
    now: Nanos,
    step: Nanos,
}

impl Experiment {
    /// Every lane of `scenario` at the beginning of its run.
    ///
    /// # Errors
    /// When the scenario needs a trace and has none, or one that does not say what is asked of it, names fewer keys
    /// than a lane warms up with, or writes more than the ledger can remember.
    ///
    /// # Panics
    /// When the scenario has not been checked.
    pub fn new(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<Experiment, String> {
        if let (Keys::Trace { file, .. }, Some(trace)) = (&scenario.clients.keys, &trace) {
            check_traced_writes(scenario, file, trace)?;
        }
        let keys = KeySource::new(scenario, trace)?;
        let foresight = Foresight::of(scenario, &keys);
        let lane = |lane| Simulation::with_foresight(scenario, lane, keys.clone(), foresight.clone());
        let lanes = (0..scenario.lanes.len()).map(lane).collect();
        let step = Nanos((scenario.duration.0 / 1_000).max(1));
        Ok(Experiment { scenario: scenario.clone(), lanes, now: Nanos::ZERO, step })
    }

    /// Runs all lanes, in step, up to and including the moment `to`; past the end of the run, until they have settled.
    /// Stops early when `stop` says so, which is asked every few milliseconds of work. Returns the moment reached.
    pub fn advance(&mut self, to: Nanos, mut stop: impl FnMut() -> bool) -> Nanos {
        let to = to.min(self.scenario.duration);
        while self.now < to && !self.finished() {
            let next = self.now.saturating_add(self.step).min(to);
            let before = self.events();
            self.lanes.iter_mut().for_each(|lane| lane.run_until(next));
            self.now = next;
            self.adapt_step(self.events() - before);
            if stop() {
                break;
            }
        }
        self.now
    }

    /// Steps are as long as the work in them is worth.
    fn adapt_step(&mut self, events: u64) {
        let target = STEP_EVENTS * self.lanes.len() as u64;
        if events > target {
            self.step = Nanos((self.step.0 / 2).max(1));
        } else if events < target / 4 {
            self.step = Nanos(self.step.0.saturating_mul(2).min(self.scenario.duration.0.max(1)));
        }
    }

    /// The moment all lanes have reached.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Whether every lane has ended and settled.
    pub fn finished(&self) -> bool {
        self.lanes.iter().all(Simulation::is_finished)
    }

    /// Events handled by all lanes.
    pub fn events(&self) -> u64 {
        self.lanes.iter().map(Simulation::events).sum()
    }

    /// Lets something break now: at the next whole millisecond. The fault is part of the scenario from then on, which,
    /// run from the start, does the same things.
    ///
    /// # Errors
    /// When the run is over, or the fault is one that the scenario's check refuses.
    pub fn inject(&mut self, what: What, which: Option<Which>, lasts: Nanos) -> Result<Fault, String> {
        let at = self.now.tick_after(Nanos::from_millis(1));
        if at >= self.scenario.duration {
            return Err(format!("the run is over after {}: restart it to break something", self.scenario.duration));
        }
        let fault = Fault { which, lasts, ..Fault::new(what, at) };
        // What a scenario may not say, a click may not do: the link would be refused.
        let mut with = self.scenario.clone();
        with.faults.push(fault.clone());
        let its = format!("fault.{}.", with.faults.len() - 1);
        let problems = with.check().map_or_else(|error| error.problems, |()| Vec::new());
        if let Some(problem) = problems.iter().find(|problem| problem.field.starts_with(&its)) {
            return Err(problem.to_string());
        }
        self.lanes.iter_mut().for_each(|lane| lane.inject(&fault));
        self.scenario.faults.push(fault.clone());
        Ok(fault)
    }

    /// The scenario, with the faults injected so far.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What all lanes have shown so far.
    pub fn report(&self) -> Report {
        Report {
            engine: ENGINE_VERSION.to_owned(),
            scenario: self.scenario.name.clone(),
            seed: self.scenario.seed,
            lanes: self.lanes.iter().map(Simulation::report).collect(),
        }
    }

    /// A lane's measures over time, from a bucket on.
    pub fn series(&self, lane: usize, from_bucket: usize) -> Series {
        self.lanes[lane].series(from_bucket)
    }

    /// The stories of a lane's lost writes.
    pub fn stories(&self, lane: usize) -> Vec<Story> {
        self.lanes[lane].stories()
    }

    /// How many of a lane's stories have been taken back so far, because the database got the write after all.
    pub fn stories_withdrawn(&self, lane: usize) -> u64 {
        self.lanes[lane].stories_withdrawn()
    }
}
