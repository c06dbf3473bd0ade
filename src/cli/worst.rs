//! `worst`: the seed, and by choice the moment of the faults, with the most harm.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use clap::Args;
use rayon::prelude::*;

use super::run::chosen_lane;
use super::seeds::{SEEDS_MAX, progress, whole_run};
use super::{Failure, input};
use crate::escape::shown;
use crate::experiment::harm::{Harm, Numbers, numbers};
use crate::experiment::worst::{Candidate, Found, Search, Tried};
use crate::report::table;
use crate::scenario::Scenario;
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// Search for the seed, and by choice the moment of the faults, with the most harm.
///
/// The worst run is printed as a link. Nothing is drawn in the search: the same one finds the same run.
#[derive(Args)]
pub struct Worst {
    #[command(flatten)]
    source: input::Source,
    /// How many seeds, from the scenario's on.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(SEEDS_MAX)))]
    seeds: u32,
    /// Also move the faults: the first that begins at a moment begins within FROM..TO (such as 20s..25s), the others keep
    /// their distances to it. Each seed has a moment of its own, and then the worst are moved a little, again and again.
    #[arg(long, value_name = "FROM..TO")]
    move_faults: Option<String>,
    /// The measure, by its name in JSON (such as ever_lost or read_p99_ms); without it, the first harm that there is: lost
    /// writes, lost increments, errors, stale reads, else the slowest reads.
    #[arg(long, value_name = "MEASURE")]
    by: Option<String>,
    /// In this lane, by number (from 0) or name; without it, in any.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Worst {
    /// Searches and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let (by, lane) = chosen(&scenario, self.by.as_deref(), self.lane.as_deref())?;
        let range = self.move_faults.as_deref().map(range).transpose()?;
        let search = Search::new(&scenario, self.seeds, range);
        let search = search.map_err(|told| Failure::Input(format!("--move-faults {told}")))?;
        let trace = input::trace_of(&scenario)?;
        let run = |scenario: &Scenario| run(scenario, lane, trace.clone());
        let own = run(&scenario)?;
        let mut tried = Tried::default();
        loop {
            let candidates = search.next(|runs| by.unwrap_or_else(|| Harm::of_runs(runs)), &tried);
            if candidates.is_empty() {
                break;
            }
            let bar = progress(candidates.len() as u64);
            let one = |candidate: &Candidate| {
                let numbers = run(&search.scenario_of(*candidate));
                bar.inc(1);
                numbers
            };
            let numbers: Result<Vec<Numbers>, Failure> = candidates.par_iter().map(one).collect();
            bar.finish_and_clear();
            tried.take_in(candidates, numbers?);
        }
        let harm = by.unwrap_or_else(|| Harm::of_runs(tried.runs()));
        let found = Found::of((&search, &tried), lane, (harm, harm.most(&own).0));
        let text = if self.json { found.json() } else { set(&found, harm, &scenario) };
        Ok(out.write_all(text.as_bytes())?)
    }
}

/// The measure and the lane that `--by` and `--lane` name, as far as they are given.
pub(super) fn chosen(
    scenario: &Scenario,
    by: Option<&str>,
    lane: Option<&str>,
) -> Result<(Option<Harm>, Option<usize>), Failure> {
    let by = by.map(|name| Harm::named(name).map_err(|told| format!("--by {told}"))).transpose();
    if let Ok(Some(by)) = &by
        && !by.is_had(scenario)
    {
        let told = format!(
            "--by {}: the scenario has no prices; give some, such as --set prices.lost_write=1",
            by.measure().name
        );
        return Err(Failure::Input(told));
    }
    let lane = lane.map(|lane| chosen_lane(scenario, Some(lane)));
    Ok((by.map_err(Failure::Input)?, lane.transpose().map_err(Failure::Input)?))
}

/// What a run comes to: all lanes, or that one.
fn run(scenario: &Scenario, lane: Option<usize>, trace: Option<Arc<Trace>>) -> Result<Numbers, Failure> {
    let alone = lane.map(|lane| scenario.only(lane));
    let scenario = alone.as_ref().unwrap_or(scenario);
    whole_run(scenario, trace, "").map(|report| numbers(&report))
}

/// Two moments as people write them: `20s..25s`.
fn range(text: &str) -> Result<RangeInclusive<Nanos>, Failure> {
    let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to): (Nanos, Nanos) = ends.ok_or_else(|| {
        Failure::Input(format!("--move-faults {text}: give two moments of the run, such as 20s..25s"))
    })?;
    Ok(from..=to)
}

fn set(found: &Found, harm: Harm, scenario: &Scenario) -> String {
    let moved = found.worst.iter().any(|run| run.first_fault_s.is_some());
    let mut head = vec!["", harm.measure().head, "seed"];
    if moved {
        head.push("first fault");
    }
    head.push("lane");
    let rows = found.worst.iter().enumerate().map(|(place, run)| {
        let mut cells = vec![(place + 1).to_string(), table::number(run.value), run.seed.to_string()];
        if moved {
            cells.push(run.first_fault_s.map_or_else(String::new, |at| format!("{at:.3} s")));
        }
        cells.push(shown(&run.lane).into_owned());
        cells
    });
    let name = if found.scenario.is_empty() { "(no name)".into() } else { shown(&found.scenario) };
    let (runs, engine) = (found.runs, found.engine);
    let mut text = format!("{name} · {runs} runs · engine {engine}\n\n{}", table::plain(&head, rows.collect()));
    let at = scenario.first_fault().filter(|_| moved).map(|at| format!(", first fault at {at}")).unwrap_or_default();
    text += &format!("as the scenario stands: {} (seed {}{at})\n", table::number(found.own), scenario.seed);
    if let Some(link) = &found.link {
        text += &format!("the worst: {link}\n");
    }
    text
}
