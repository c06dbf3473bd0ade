//! `--seeds N`: the same experiment with N seeds. One run is one throw of the dice; this is what the dice do.
//!
//! Run number i has the scenario's seed and i. All lanes of a run share their luck (the same requests at the same moments), so
//! lanes are compared run by run: the interval of their *difference* is far narrower than those of the two would suggest.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use super::{Failure, run};
use crate::escape::shown;
use crate::experiment::harm::{Harm, Numbers, numbers};
use crate::experiment::{ENGINE_VERSION, Plan};
use crate::report::measures::{MEASURES, Measure};
use crate::report::table::{Table, number};
use crate::report::{Report, csv};
use crate::scenario::{Scenario, link};
use crate::stats::Spread;
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// The most runs of one command.
pub const SEEDS_MAX: u32 = 100_000;

/// What came of all runs.
#[derive(Serialize)]
pub struct Repeated {
    engine: &'static str,
    scenario: String,
    /// The first seed, and how many follow each other.
    seeds: Seeds,
    lanes: Vec<Lane>,
    /// The run that went worst.
    worst: Worst,
}

#[derive(Serialize)]
struct Seeds {
    first: u64,
    count: u32,
}

#[derive(Serialize)]
struct Lane {
    name: String,
    /// By the measures' names.
    measures: Vec<Measured>,
}

#[derive(Serialize)]
struct Measured {
    name: &'static str,
    #[serde(flatten)]
    spread: Spread,
    /// How much more it is than in the lane compared with, run by run.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_than: Option<MoreThan>,
}

#[derive(Serialize)]
struct MoreThan {
    lane: String,
    #[serde(flatten)]
    spread: Spread,
}

#[derive(Serialize)]
struct Worst {
    lane: String,
    measure: &'static str,
    value: f64,
    seed: u64,
    /// The run as a link; none where it would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Runs the scenario with `count` seeds, on all cores; `against` is the lane that the others are compared with.
pub fn repeat(
    scenario: &Scenario,
    trace: Option<Arc<Trace>>,
    (count, against): (u32, usize),
) -> Result<Repeated, Failure> {
    let bar = progress(u64::from(count));
    let one = |i: u32| {
        let seeded = Scenario { seed: scenario.seed_of_run(i), ..scenario.clone() };
        let report = whole_run(&seeded, trace.clone(), "");
        bar.inc(1);
        report.map(|report| numbers(&report))
    };
    let runs: Result<Vec<Numbers>, Failure> = (0..count).into_par_iter().map(one).collect();
    bar.finish_and_clear();
    Ok(told(scenario, &runs?, against))
}

/// What a run comes to at its end; `place` says in messages which of many runs it is.
pub fn whole_run(scenario: &Scenario, trace: Option<Arc<Trace>>, place: &str) -> Result<Report, Failure> {
    let mut experiment = Plan::new(scenario, trace).map_err(run::cannot_run)?.begin();
    experiment.advance(Nanos::MAX, || false);
    let broken = experiment.stopped().find(|(_, why)| !why.is_after_the_run()).map(|(lane, why)| {
        let seed = scenario.seed;
        Failure::Failed(format!("{place}seed {seed}, lane {lane}: stopped before the end of the run: {why}"))
    });
    broken.map_or_else(|| Ok(experiment.report()), Err)
}

fn told(scenario: &Scenario, runs: &[Numbers], against: usize) -> Repeated {
    let titles = scenario.titles();
    let lanes = titles.iter().enumerate().map(|(lane, name)| {
        let of =
            |lane: usize, measure: usize| -> Vec<Option<f64>> { runs.iter().map(|run| run[lane][measure]).collect() };
        let measured = |(place, measure): (usize, &Measure)| {
            let (own, others) = (of(lane, place), of(against, place));
            let values: Vec<f64> = own.iter().copied().flatten().collect();
            let pairs = own.iter().zip(&others).filter_map(|(own, other)| Some((*own)? - (*other)?));
            let more = Spread::of(&pairs.collect::<Vec<_>>()).filter(|_| lane != against);
            let more_than = more.map(|spread| MoreThan { lane: titles[against].clone(), spread });
            Some(Measured { name: measure.name, spread: Spread::of(&values)?, more_than })
        };
        Lane { name: name.clone(), measures: MEASURES.iter().enumerate().filter_map(measured).collect() }
    });
    Repeated {
        engine: ENGINE_VERSION,
        scenario: scenario.name.clone(),
        seeds: Seeds { first: scenario.seed, count: runs.len() as u32 },
        lanes: lanes.collect(),
        worst: worst(scenario, runs),
    }
}

/// The run with the most of the first harm that any run has.
fn worst(scenario: &Scenario, runs: &[Numbers]) -> Worst {
    let harm = Harm::of_runs(runs);
    let (value, run, lane) = harm.worst(runs);
    let seed = scenario.seed_of_run(run as u32);
    let link = link::encode_shortest(&Scenario { seed, ..scenario.clone() }).ok();
    Worst { lane: scenario.titles().swap_remove(lane), measure: harm.measure().name, value, seed, link }
}

impl Repeated {
    /// As a table, or in JSON or CSV.
    pub fn print(&self, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
        let text = match format {
            Format::Json => {
                let told = |error: serde_json::Error| Failure::Failed(format!("cannot write the result: {error}"));
                serde_json::to_string_pretty(self).map_err(told)? + "\n"
            }
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
        let Worst { lane, measure, value, seed, link } = &self.worst;
        let head = known(measure).map_or(*measure, |measure| measure.head);
        let link = link.as_ref().map(|link| format!(": {link}")).unwrap_or_default();
        text += &format!("\nworst: seed {seed}, {} {head} in {}{link}\n", number(*value), shown(lane));
        text += "95 % interval: of the mean; differences run by run, with the same seed in both lanes\n";
        text
    }

    /// Whether any run of any lane has any of it.
    fn has(&self, measure: &Measure) -> bool {
        let all = self.lanes.iter().flat_map(|lane| &lane.measures);
        all.filter(|measured| measured.name == measure.name).any(|measured| measured.spread.max > 0.0)
    }

    fn csv(&self) -> String {
        const HEAD: [&str; 13] = [
            "lane",
            "measure",
            "runs",
            "mean",
            "low",
            "high",
            "sd",
            "min",
            "max",
            "more_than",
            "more_mean",
            "more_low",
            "more_high",
        ];
        let mut text = csv::line(HEAD.into_iter());
        for lane in &self.lanes {
            for Measured { name, spread, more_than } in &lane.measures {
                let Spread { runs, mean, low, high, sd, min, max } = spread;
                let mut cells = vec![csv::text_cell(&lane.name), (*name).to_owned(), runs.to_string()];
                cells.extend([mean, low, high, sd, min, max].map(f64::to_string));
                match more_than {
                    Some(MoreThan { lane, spread }) => {
                        cells.push(csv::text_cell(lane));
                        cells.extend([spread.mean, spread.low, spread.high].map(|value| value.to_string()));
                    }
                    None => cells.extend([const { String::new() }; 4]),
                }
                text += &csv::line(cells.iter().map(String::as_str));
            }
        }
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
