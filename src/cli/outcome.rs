//! What a scenario's lanes come to, each run on a core of its own: lanes never meet, so together they show what they would
//! have shown side by side.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use crate::experiment::{Experiment, Plan, StartError};
use crate::metrics::FIGURE_GROUP;
use crate::report::{Report, Series};
use crate::scenario::Scenario;
use crate::simulation::Stopped;
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// See the module.
pub struct Outcome {
    /// What was run.
    pub scenario: Scenario,
    /// The totals of all lanes.
    pub report: Report,
    /// Each lane's points, as figures show them.
    pub points: Vec<Series>,
    /// Each lane's buckets, all of them.
    pub buckets: Vec<Series>,
    /// The moment that all lanes have reached.
    pub now: Nanos,
    /// How many requests of the trace were played, and how many it has, where that is not all of them.
    pub unplayed: Option<(u64, u64)>,
    /// The lanes that ended before they had settled, each with why.
    stopped: Vec<(usize, Stopped)>,
}

impl Outcome {
    /// Runs all lanes to the moment, or to their ends, with a progress bar if it takes long and someone watches.
    ///
    /// # Errors
    /// What an [`Experiment`] refuses.
    ///
    /// # Panics
    /// When the scenario has not been [checked](Scenario::check).
    pub fn of(scenario: &Scenario, trace: Option<Arc<Trace>>, until: Option<Nanos>) -> Result<Outcome, StartError> {
        let plan = Plan::new(scenario, trace)?;
        let bar = progress(scenario.lanes.len() as u64 * until.unwrap_or(scenario.duration).0);
        let alone = |lane| run_lane(plan.clone(), lane, until, &bar);
        let lanes: Vec<Outcome> = (0..scenario.lanes.len()).into_par_iter().map(alone).collect();
        bar.finish_and_clear();
        Ok(lanes.into_iter().reduce(Outcome::beside).expect("a scenario that can be run has a lane"))
    }

    /// These lanes, and another one behind them.
    fn beside(mut self, lane: Outcome) -> Outcome {
        // A lane that a limit has stopped holds nobody up.
        self.now = match (self.is_stopped(), lane.is_stopped()) {
            (false, true) => self.now,
            (true, false) => lane.now,
            (true, true) => self.now.max(lane.now),
            (false, false) => self.now.min(lane.now),
        };
        self.report.lanes.extend(lane.report.lanes);
        self.points.extend(lane.points);
        self.buckets.extend(lane.buckets);
        // A trace is played as far as the lane that got furthest.
        self.unplayed = self.unplayed.zip(lane.unplayed).map(|(one, other)| one.max(other));
        self.stopped.extend(lane.stopped);
        self
    }

    /// Whether all its lanes were stopped before the end of the run.
    fn is_stopped(&self) -> bool {
        let broken = self.stopped.iter().filter(|(_, why)| !why.is_after_the_run()).count();
        broken == self.report.lanes.len()
    }

    /// Reports the lanes that were stopped. One that was stopped while it settled has complete figures, and gets only a note.
    ///
    /// # Errors
    /// When a lane was stopped before the end of the run: which, and why.
    pub fn tell_stopped(&self) -> Result<(), String> {
        let titles = self.scenario.titles();
        let line = |(lane, why): &(usize, Stopped)| format!("lane {lane} ({}): {why}", titles[*lane]);
        let (late, broken): (Vec<_>, Vec<_>) = self.stopped.iter().partition(|(_, why)| why.is_after_the_run());
        late.into_iter().for_each(|stopped| _ = writeln!(io::stderr(), "note: {}", line(stopped)));
        if broken.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = broken.into_iter().map(line).collect();
        Err(format!("stopped before the end of the run\n{}", lines.join("\n")))
    }
}

fn run_lane(plan: Plan, lane: usize, until: Option<Nanos>, bar: &ProgressBar) -> Outcome {
    let mut experiment = plan.begin_lanes(std::iter::once(lane));
    advance(&mut experiment, until, bar);
    Outcome {
        report: experiment.report(),
        points: vec![experiment.series(0, 0, FIGURE_GROUP)],
        buckets: vec![experiment.series(0, 0, 1)],
        now: experiment.now(),
        unplayed: experiment.trace_played(),
        stopped: experiment.stopped().map(|(_, why)| (lane, why.clone())).collect(),
        scenario: experiment.scenario().clone(),
    }
}

fn advance(experiment: &mut Experiment, until: Option<Nanos>, bar: &ProgressBar) {
    /// A piece of the run between two looks at the progress bar.
    const PIECES: u64 = 500;
    let target = until.unwrap_or(experiment.scenario().duration);
    let mut reached = 0;
    for piece in 1..PIECES {
        let to = Nanos((u128::from(target.0) * u128::from(piece) / u128::from(PIECES)) as u64);
        experiment.advance(to, || false);
        bar.inc(to.0 - reached);
        reached = to.0;
    }
    experiment.advance(until.unwrap_or(Nanos::MAX), || false);
    bar.inc(target.0 - reached);
}

/// A bar over virtual time, on standard error, drawn only where that is a terminal.
fn progress(target: u64) -> ProgressBar {
    let bar = ProgressBar::new(target).with_style(
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
