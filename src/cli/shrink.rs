//! `shrink`: the least scenario that still shows the harm.

use std::io::Write;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::run::cannot_run;
use super::seeds::{ran, whole_run};
use super::worst::chosen;
use super::{Failure, input};
use crate::escape::shown;
use crate::experiment::ENGINE_VERSION;
use crate::experiment::harm::{Harm, numbers};
use crate::experiment::seeds::RunError;
use crate::experiment::shrink::{Shrunk, shrink};
use crate::report::table;
use crate::scenario::{Scenario, link};

/// Make a scenario as small as can be while its run still shows the harm.
///
/// One lane, the fewest and shortest faults, the shortest run, the fewest requests; the seed stays. Delta debugging: each
/// step is a run that was seen to show it. What comes out is printed as a link.
#[derive(Args)]
pub struct Shrink {
    #[command(flatten)]
    source: input::Source,
    /// The measure, by its name in JSON (such as ever_lost or read_p99_ms); without it, the first harm that there is: lost
    /// writes, lost increments, errors, stale reads, else the slowest reads.
    #[arg(long, value_name = "MEASURE")]
    by: Option<String>,
    /// How much of it must be left: without it, one of what is counted, and of a latency half of what the run has.
    #[arg(long, value_name = "X")]
    at_least: Option<f64>,
    /// Of which lane, by number (from 0) or name; without it, the one with the most of it.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// Print JSON.
    #[arg(long, group = "format")]
    json: bool,
    /// Print the scenario that came out as TOML, and nothing else.
    #[arg(long, group = "format")]
    toml: bool,
}

/// What the command prints as JSON.
#[derive(Serialize)]
struct Found {
    engine: &'static str,
    scenario: String,
    lane: String,
    measure: &'static str,
    /// How much there was, had to be left, and is left.
    own: f64,
    at_least: f64,
    left: f64,
    /// How many runs it took.
    runs: u32,
    steps: Vec<Step>,
    faults: usize,
    duration_s: f64,
    /// What came out as a link; none where it would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[derive(Serialize)]
struct Step {
    what: String,
    value: f64,
}

impl Shrink {
    /// Shrinks and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let (by, lane) = chosen(&scenario, self.by.as_deref(), self.lane.as_deref())?;
        if let Some(least) = self.at_least.filter(|least| !(*least > 0.0 && least.is_finite())) {
            return Err(Failure::Input(format!("--at-least {least}: give a number above 0")));
        }
        let trace = input::trace_of(&scenario)?;
        let mut all = numbers(&whole_run(&scenario, trace.clone(), "")?);
        if let Some(lane) = lane {
            all = vec![all[lane]];
        }
        let harm = by.unwrap_or_else(|| Harm::of_runs(std::slice::from_ref(&all)));
        let (own, most) = harm.most(&all);
        let lane = lane.unwrap_or(most);
        let least = self.at_least.unwrap_or(if harm.is_count() { 1.0 } else { own / 2.0 });
        if own < least || own == 0.0 {
            let (head, own, least) = (harm.measure().head, table::number(own), table::number(least));
            return Err(Failure::Failed(format!(
                "nothing to shrink: {head} is {own} as it stands, not {least} or more"
            )));
        }
        let bar = progress();
        let shows = |smaller: &Scenario| -> Result<Option<f64>, Failure> {
            let run = ran(smaller, trace.clone());
            bar.inc(1);
            let report = match run {
                Ok(report) => report,
                // What a limit ends is no smaller scenario that shows it; others may be.
                Err(RunError::Stopped { .. }) => return Ok(None),
                Err(RunError::Start(error)) => return Err(cannot_run(error)),
            };
            let value = harm.most(&numbers(&report)).0;
            Ok((value >= least).then_some(value))
        };
        let alone = alone(&scenario, lane);
        // Every step would be refused, and so would what came out.
        alone.check().map_err(|error| {
            let title = scenario.titles().swap_remove(lane);
            Failure::Input(format!("\"{}\" alone is no valid scenario: {error}", shown(&title)))
        })?;
        let shrunk = shrink(&alone, own, shows);
        bar.finish_and_clear();
        self.print(&scenario.titles()[lane], (harm, own, least), &shrunk?, out)
    }

    fn print(
        &self,
        lane: &str,
        (harm, own, least): (Harm, f64, f64),
        shrunk: &Shrunk,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let scenario = &shrunk.scenario;
        if self.toml {
            return Ok(out.write_all(scenario.to_toml().as_bytes())?);
        }
        let found = Found {
            engine: ENGINE_VERSION,
            scenario: scenario.name.clone(),
            lane: lane.to_owned(),
            measure: harm.measure().name,
            own,
            at_least: least,
            left: shrunk.value,
            runs: shrunk.runs,
            steps: shrunk.steps.iter().map(|step| Step { what: step.what.clone(), value: step.value }).collect(),
            faults: scenario.faults.len(),
            duration_s: scenario.duration.as_secs_f64(),
            link: link::encode_shortest(scenario).ok(),
        };
        let text = if self.json { super::json(&found)? } else { set(&found, harm.measure().head) };
        Ok(out.write_all(text.as_bytes())?)
    }
}

/// That lane alone, called what it was called.
fn alone(scenario: &Scenario, lane: usize) -> Scenario {
    let mut alone = scenario.only(lane);
    alone.lanes[0].name = scenario.titles().swap_remove(lane);
    alone.keep_looks(scenario, &[Some(lane)]);
    alone
}

fn set(found: &Found, head: &str) -> String {
    let name = if found.scenario.is_empty() { "(no name)".into() } else { shown(&found.scenario) };
    let rows = found.steps.iter().map(|step| vec![shown(&step.what).into_owned(), table::number(step.value)]);
    let mut text = format!(
        "{name} · {} · {} runs · engine {}\n\n{}",
        shown(&found.lane),
        found.runs,
        found.engine,
        table::plain(&["change", head], rows.collect())
    );
    let [own, left, least] = [found.own, found.left, found.at_least].map(table::number);
    text += &format!("{head}: {own} before, {left} left (at least {least})\n");
    if let Some(link) = &found.link {
        text += &format!("the least: {link}\n");
    }
    text
}

/// How many runs are done, on standard error, drawn only where that is a terminal: how many there will be depends on them.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos} runs  {elapsed} elapsed");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
