//! `shrink`: the least scenario that still shows the harm.

use std::io::Write;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::run::cannot_run;
use super::seeds::{ran, whole_run};
use super::worst::chosen;
use super::{Failure, input};
use crate::escape::shown;
use crate::experiment::harm::{Harm, numbers};
use crate::experiment::seeds::RunError;
use crate::experiment::shrink::{Found, Target};
use crate::phrase::Language;
use crate::report::table;

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
    /// How much of it must be left: without it, one of what is counted, and of a latency half of what the run has,
    /// with ten requests beyond the percentile (1,000 reads for their p99).
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
        let target = Target::of(&scenario, lane.unwrap_or(most), (harm, own), self.at_least).map_err(|too_little| {
            let (head, own, least) = (harm.measure().head, table::number(own), table::number(too_little.at_least));
            Failure::Failed(format!("nothing to shrink: {head} is {own} as it stands, not {least} or more"))
        })?;
        target.check().map_err(|why| Failure::Input(why.to_string()))?;
        let bar = progress();
        let found = target.shrink(|smaller| {
            let run = ran(smaller, trace.clone());
            bar.inc(1);
            match run {
                Ok(report) => Ok(Some(numbers(&report))),
                Err(RunError::Stopped { .. }) => Ok(None),
                Err(RunError::Start(error)) => Err(cannot_run(error)),
            }
        });
        bar.finish_and_clear();
        let found = found?;
        let text = match (self.toml, self.json) {
            (true, _) => found.least.to_toml(),
            (false, true) => found.json(),
            (false, false) => set(&found, harm.measure().head),
        };
        Ok(out.write_all(text.as_bytes())?)
    }
}

fn set(found: &Found, head: &str) -> String {
    let name = if found.scenario.is_empty() { "(no name)".into() } else { shown(&found.scenario) };
    let rows = found
        .steps
        .iter()
        .map(|step| vec![shown(step.what.say(Language::English)).into_owned(), table::number(step.value)]);
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
