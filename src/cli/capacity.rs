//! `capacity`: what each lane serves, and from how much it heals by itself.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::run::cannot_run;
use super::{Failure, input, note};
use crate::escape::shown;
use crate::experiment::capacity::{Capacities, Halt, LaneCapacity, Probe, Search, Survey, Verdict};
use crate::phrase::Phrase;
use crate::report::table;
use crate::scenario::{Arrivals, Scenario};
use crate::time::Nanos;

/// The rates that can be asked, requests a second.
const RATES: (f64, f64) = (1e-3, 1e6);

/// Find how much load each lane serves within its deadline (its advertised capacity), and from how much it heals by itself
/// after the scenario's faults (its hidden capacity).
///
/// HotOS 2021 has the two words (Bronson et al., "Metastable failures in distributed systems"). Each is found by bisection
/// over runs with Poisson arrivals: a lane serves a rate if, without faults, 99 % are answered within clients.deadline and
/// no backlog grows; it heals from one if, some time after the last fault, it does so again. Probes begin at a rate that
/// the lane serves from empty caches, as long as the scenario lasts.
#[derive(Args)]
pub struct Capacity {
    #[command(flatten)]
    source: input::Source,
    /// The least rate to ask, requests a second; without it, 1/1024 of the scenario's own.
    #[arg(long, value_name = "RATE")]
    from: Option<f64>,
    /// The greatest; without it, 64 times the scenario's own.
    #[arg(long, value_name = "RATE")]
    to: Option<f64>,
    /// How finely: the width of the bracket in which each seed's load lies, 0.1% to 50%.
    #[arg(long, value_name = "SHARE", default_value = "2%")]
    precision: String,
    /// How many seeds, from the scenario's on. Each has a bisection of its own; the loads are their medians, the intervals hold
    /// the brackets of all.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// How long a lane is given to heal after the last fault, from 1s; without it, what the scenario leaves, or 25 times the
    /// faults' length where that is longer, and at least 60s.
    #[arg(long, value_name = "TIME")]
    within: Option<String>,
    /// Print JSON.
    #[arg(long, group = "format")]
    json: bool,
    /// Print CSV, one row per lane.
    #[arg(long, group = "format")]
    csv: bool,
    /// Print a table (the default).
    #[arg(long, group = "format")]
    table: bool,
}

impl Capacity {
    /// Searches and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let search = self.search(&scenario)?;
        let surveys = (0..scenario.lanes.len()).map(|lane| Survey::new(&scenario, lane, &search));
        let surveys =
            surveys.collect::<Result<Vec<Survey>, Phrase>>().map_err(|why| Failure::Input(why.to_string()))?;
        if !matches!(scenario.clients.arrivals, Arrivals::Poisson { .. }) {
            note("clients.arrivals: the search asks with Poisson arrivals of each rate, whatever their kind here");
        }
        let bar = progress();
        let probed = |probe: &Probe| -> Result<Verdict, Halt> {
            let verdict = probe.run(|| false);
            bar.inc(1);
            verdict
        };
        let lanes = surveys.par_iter().map(|survey| {
            let first = survey.first(probed)?;
            let others: Result<Vec<_>, Halt> =
                (1..search.seeds).into_par_iter().map(|number| survey.again(&first, number, probed)).collect();
            let mut found = vec![first];
            found.extend(others?);
            Ok(survey.sum_up(&found))
        });
        let lanes: Result<Vec<LaneCapacity>, Halt> = lanes.collect();
        bar.finish_and_clear();
        let lanes = lanes.map_err(|halt| match halt {
            Halt::Cannot(error) => cannot_run(error),
            Halt::Stopped => Failure::Failed("stopped before the end of the search".to_owned()),
        })?;
        self.print(&scenario, &search, lanes, out)
    }

    /// What the options say.
    fn search(&self, scenario: &Scenario) -> Result<Search, Failure> {
        let (least, most) = RATES;
        for (name, rate) in [("--from", self.from), ("--to", self.to)] {
            if let Some(rate) = rate.filter(|rate| !(least..=most).contains(rate)) {
                let told = format!("{name} {rate}: give requests a second, a number from {least} to {most}");
                return Err(Failure::Input(told));
            }
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(Failure::Input(format!(
                "--from {from} --to {to}: the range is empty; --to must be the greater"
            )));
        }
        let within = self.within.as_deref().map(|text| {
            let time = text.parse::<Nanos>().ok().filter(|time| (Nanos::from_secs(1)..=DAY).contains(time));
            time.ok_or_else(|| Failure::Input(format!("--within {text}: give a duration from 1s to {DAY}")))
        });
        let within = within.transpose()?;
        if within.is_some() && scenario.faults.is_empty() {
            return Err(Failure::Input(
                "--within: the scenario has no fault, so there is nothing to heal from".to_owned(),
            ));
        }
        Ok(Search { from: self.from, to: self.to, precision: share(&self.precision)?, seeds: self.seeds, within })
    }

    fn print(
        &self,
        scenario: &Scenario,
        search: &Search,
        lanes: Vec<LaneCapacity>,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let found = Capacities::of(scenario, search, lanes);
        let text = if self.json {
            found.json()
        } else if self.csv {
            found.csv()
        } else {
            told(&found)
        };
        Ok(out.write_all(text.as_bytes())?)
    }
}

/// A healing that takes longer is none.
const DAY: Nanos = Nanos::from_secs(86_400);

/// A share as people write it: `2%` or `0.02`.
fn share(text: &str) -> Result<f64, Failure> {
    let number = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.trim().parse(),
    };
    number
        .ok()
        .filter(|share| (0.001..=0.5).contains(share))
        .ok_or_else(|| Failure::Input(format!("--precision {text}: give a share from 0.1% to 50%, such as 2% or 0.02")))
}

fn told(found: &Capacities) -> String {
    let name = if found.scenario.is_empty() { "(no name)".into() } else { shown(&found.scenario) };
    let head = ["lane", "serves /s", "from", "to", "beyond", "heals /s", "from", "to", "beyond", "heals %", "runs"];
    let rows: Vec<Vec<String>> = found.lanes.iter().map(row).collect();
    let seeds = if found.seeds == 1 { "1 seed".to_owned() } else { format!("{} seeds", found.seeds) };
    let mut text = format!(
        "{name} · {seeds} from {} · precision {} % · engine {}\n\n{}",
        found.seed,
        table::number(found.precision * 100.0),
        found.engine,
        table::plain(&head, rows)
    );
    text += &format!(
        "serves (advertised capacity): the most that is answered within {} s (clients.deadline) without faults, {} %\n",
        table::number(found.deadline_s),
        table::number(found.goodput * 100.0)
    );
    let given = found.lanes.iter().filter_map(|lane| lane.heals_within_s);
    let (shortest, longest) = given.fold((f64::INFINITY, 0.0_f64), |(a, b), s| (a.min(s), b.max(s)));
    if longest > 0.0 {
        let [shortest, longest] = [shortest, longest].map(table::number);
        let span = if shortest == longest { shortest } else { format!("{shortest} to {longest}") };
        text += &format!(
            "heals (hidden capacity): the most from which that is so again, by itself, within {span} s after the faults (--within)\n"
        );
    }
    text += "requests a second; from, to: the brackets of all seeds; beyond: what goes wrong above\n";
    for lane in &found.lanes {
        for note in &lane.notes {
            text += &format!("{}: {note}\n", shown(&lane.name));
        }
    }
    text
}

fn row(lane: &LaneCapacity) -> Vec<String> {
    let or = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), table::number);
    let mut cells = lane.cells(or, "–");
    cells[0] = shown(&lane.name).into_owned();
    let share = lane.heals_per_s.zip(lane.serves_per_s).map(|(heals, serves)| heals / serves * 100.0);
    cells[10] = or(share);
    cells.remove(9); // the time it was given stands below
    cells
}

/// How many runs are done, on standard error, drawn only where that is a terminal: how many there will be depends on them.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos} runs  {elapsed} elapsed");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
