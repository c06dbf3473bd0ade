//! `--seeds N`: the same experiment with N seeds, on all cores; what comes of it is told by
//! [`experiment::seeds`](crate::experiment::seeds), as on the page.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::{Failure, run};
use crate::chart::bands::{self, Steps};
use crate::escape::shown;
use crate::experiment::harm::{Numbers, numbers};
use crate::experiment::seeds::{Repeated, RunError, Seeds, WholeRun, Worst};
use crate::report::Report;
use crate::report::measures::{MEASURES, Measure};
use crate::report::table::{Table, number};
use crate::scenario::Scenario;
use crate::stats::Spread;
use crate::workload::trace::Trace;

/// The most runs of one command.
pub const SEEDS_MAX: u32 = 100_000;

/// Runs the scenario with `count` seeds, on all cores; `against` is the lane that the others are compared with. Beside what that
/// comes to, what the figures' bands are made from, of as many runs as so much is kept of, if `drawn`.
pub fn repeat(
    scenario: &Scenario,
    trace: Option<Arc<Trace>>,
    (count, against): (u32, usize),
    drawn: bool,
) -> Result<(Repeated, Vec<Vec<Steps>>), Failure> {
    let bar = progress(u64::from(count));
    let one = |i: u32| {
        let seeded = Scenario { seed: scenario.seed_of_run(i), ..scenario.clone() };
        let keeps = drawn && i < bands::RUNS_MAX;
        let begin = |run: WholeRun| if keeps { run.keeping_steps() } else { run };
        let mut run = WholeRun::begin(&seeded, trace.clone()).map(begin).map_err(|error| failed(error, ""))?;
        let report = run.advance(|| false).map_err(|error| failed(error, ""))?;
        bar.inc(1);
        Ok((numbers(&report.expect("nobody has asked for a pause")), run.take_steps()))
    };
    let runs: Result<Vec<(Numbers, Vec<Steps>)>, Failure> = (0..count).into_par_iter().map(one).collect();
    bar.finish_and_clear();
    let (runs, mut steps): (Vec<Numbers>, Vec<Vec<Steps>>) = runs?.into_iter().unzip();
    steps.retain(|steps| !steps.is_empty());
    Ok((Repeated::of(scenario, &runs, against), steps))
}

/// What a run comes to at its end; `place` says in messages which of many runs it is.
pub fn whole_run(scenario: &Scenario, trace: Option<Arc<Trace>>, place: &str) -> Result<Report, Failure> {
    ran(scenario, trace).map_err(|error| failed(error, place))
}

fn failed(error: RunError, place: &str) -> Failure {
    match error {
        RunError::Start(error) => run::cannot_run(error),
        stopped @ RunError::Stopped { .. } => Failure::Failed(format!("{place}{stopped}")),
    }
}

/// What a run comes to at its end, or why there is none.
pub fn ran(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<Report, RunError> {
    let report = WholeRun::begin(scenario, trace).and_then(|mut run| run.advance(|| false))?;
    Ok(report.expect("nobody has asked for a pause"))
}

impl Repeated {
    /// As a table, or in JSON or CSV.
    pub(super) fn print(&self, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
        let text = match format {
            Format::Json => self.json(),
            Format::Csv => self.csv(),
            Format::Table => self.table(),
        };
        Ok(out.write_all(text.as_bytes())?)
    }

    fn table(&self) -> String {
        let (Seeds { first, count }, name) = (&self.seeds, shown(&self.scenario));
        let mut text = format!("{name} · {count} seeds from {first} · engine {}\n\n", self.engine);
        let against =
            self.lanes.iter().flat_map(|lane| &lane.measures).find_map(|measured| measured.more_than.as_ref());
        let than = against.map(|more| format!("more than {}", shown(&more.lane)));
        let mut head = vec!["lane", "measure", "mean", "95 % interval", "least", "greatest"];
        head.extend(than.as_deref());
        let mut table = Table::new(&head);
        for lane in &self.lanes {
            for (measured, known) in lane.measures.iter().filter_map(|measured| Some((measured, known(measured.name)?)))
            {
                if !self.has(known) {
                    continue;
                }
                let spread = &measured.spread;
                let said = |value: f64| number(if known.is_share { 100.0 * value } else { value });
                let interval = |spread: &Spread| format!("{} … {}", said(spread.low), said(spread.high));
                let mut cells = vec![shown(&lane.name).into_owned(), known.head.to_owned(), said(spread.mean)];
                cells.extend([interval(spread), said(spread.min), said(spread.max)]);
                if than.is_some() {
                    let more = measured.more_than.as_ref().map(|more| {
                        if more.spread.min == more.spread.max {
                            return said(more.spread.mean);
                        }
                        let luck = if more.spread.is_clear() { "" } else { ", may be luck" };
                        format!("{} ({}{luck})", said(more.spread.mean), interval(&more.spread))
                    });
                    cells.push(more.unwrap_or_else(|| "–".to_owned()));
                }
                table.push(cells);
            }
        }
        text += &table.set();
        let missing = |measure: &&Measure| !measure.is_share && measure.name != "cost" && !self.has(measure);
        let none: Vec<&str> = MEASURES.iter().filter(missing).map(|measure| measure.head).collect();
        if !none.is_empty() {
            text += &format!("none in any run of any lane: {}\n", none.join(", "));
        }
        let Worst { lane, measure, value, seed, link, .. } = &self.worst;
        let head = known(measure).map_or(*measure, |measure| measure.head);
        let link = link.as_ref().map(|link| format!(": {link}")).unwrap_or_default();
        text += &format!("\nworst: seed {seed}, {} {head} in {}{link}\n", number(*value), shown(lane));
        text += "95 % interval: of the mean; differences run by run, with the same seed in both lanes\n";
        text
    }
}

// few: the measures there are
fn known(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For spreadsheets: a row for each lane and measure.
    Csv,
}

/// A bar over the runs, on standard error, drawn only where that is a terminal.
pub fn progress(runs: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} runs  {elapsed} elapsed, {eta} left");
    let bar = ProgressBar::new(runs).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
