//! `run` and `compare`: an experiment from its beginning to its end, or to a moment.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::outcome::Outcome;
use super::seeds::{Format, SEEDS_MAX, repeat};
use super::{Failure, input, note};
use crate::chart::bands::{self, Range};
use crate::chart::palette::Theme;
use crate::chart::{self, Band, Data, FIGURES, LaneData, Options};
use crate::escape::shown_json;
use crate::experiment::{StartError, occurrences};
use crate::phrase::Language;
use crate::report::effect::Effect;
use crate::report::{Report, csv, table};
use crate::scenario::{Arrivals, FaultKind, Scenario};
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// When to report a run, and how to print it.
#[derive(Args)]
struct Printing {
    /// Report at this moment of the run (such as 25s) instead of after its end, when everything has settled.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Print JSON.
    #[arg(long, group = "format")]
    json: bool,
    /// Print CSV, one row per lane.
    #[arg(long, group = "format")]
    csv: bool,
    /// Print a table (the default).
    #[arg(long, group = "format")]
    table: bool,
    /// Add a table of the percentiles that Locust prints, one row per lane.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    percentiles: bool,
    /// Print all measures over time: in JSON beside the totals, in CSV instead of them (one row per lane and bucket).
    #[arg(long)]
    series: bool,
    /// Also run each lane without its faults, with the same seed, and print the difference. After the fault's first
    /// consequence, service times and links are drawn again, so a small difference may be luck: try other seeds.
    #[arg(long)]
    effect: bool,
    /// Also draw the figures as SVG files, into this folder. With --seeds: those of the first run, and behind each line of latency,
    /// hit ratio and lost writes a band: from the 5th to the 95th percentile of the runs, of fewer than 20 from the least to the
    /// greatest, of more than 500 those of the first 500.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Run it with so many seeds, from the scenario's on, and print each number's mean with its 95 % interval, its range, and
    /// how much more it is than in the first lane, run by run.
    #[arg(long, value_name = "N", conflicts_with_all = ["percentiles", "series", "effect", "at"],
        value_parser = clap::value_parser!(u32).range(2..=i64::from(SEEDS_MAX)))]
    seeds: Option<u32>,
    /// With --seeds: the lane that the others are compared with, by number (from 0) or name.
    #[arg(long, value_name = "LANE", requires = "seeds")]
    against: Option<String>,
}

/// Run one lane of a scenario.
#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    source: input::Source,
    /// The lane, by number (from 0) or name; required if there are several.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

impl Run {
    /// Runs and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let mut scenario = self.source.read()?;
        let lane = chosen_lane(&scenario, self.lane.as_deref()).map_err(Failure::Input)?;
        let all = scenario.clone();
        // Named while its neighbours are still there.
        let title = scenario.titles().swap_remove(lane);
        scenario = scenario.only(lane);
        scenario.lanes[0].name = title;
        scenario.keep_looks(&all, &[Some(lane)]);
        self.printing.run(&scenario, out)
    }
}

pub(super) fn chosen_lane(scenario: &Scenario, wanted: Option<&str>) -> Result<usize, String> {
    let list = list(scenario);
    match wanted {
        Some(lane) => lane_named(scenario, lane)
            .ok_or_else(|| format!("--lane {lane}: there is no such lane; the lanes are:{list}")),
        None if scenario.lanes.len() == 1 => Ok(0),
        None => Err(format!("the scenario has several lanes; choose one with --lane, or use compare:{list}")),
    }
}

/// The lane with that number or name.
fn lane_named(scenario: &Scenario, lane: &str) -> Option<usize> {
    let titles = scenario.titles();
    let number = lane.parse::<usize>().ok().filter(|number| *number < titles.len());
    // few: LANES_MAX
    number.or_else(|| titles.iter().position(|title| title == lane))
}

/// The lanes with their numbers, a line each.
fn list(scenario: &Scenario) -> String {
    scenario.titles().iter().enumerate().map(|(i, title)| format!("\n{i}  {title}")).collect()
}

/// Run all lanes of a scenario side by side.
#[derive(Args)]
pub struct Compare {
    #[command(flatten)]
    source: input::Source,
    #[command(flatten)]
    printing: Printing,
}

impl Compare {
    /// Runs and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        self.printing.run(&self.source.read()?, out)
    }
}

impl Printing {
    fn run(&self, scenario: &Scenario, out: &mut dyn Write) -> Result<(), Failure> {
        let until = self.moment(scenario)?;
        self.check(scenario)?;
        let trace = input::trace_of(scenario)?;
        if let Some(count) = self.seeds {
            let against = self.against.as_deref().unwrap_or("0");
            let against = lane_named(scenario, against).ok_or_else(|| {
                Failure::Input(format!("--against {against}: there is no such lane; the lanes are:{}", list(scenario)))
            })?;
            if self.svg.is_some() && count > bands::RUNS_MAX {
                note(&format!("the figures' bands are those of the first {} runs", bands::RUNS_MAX));
            }
            let (repeated, steps) = repeat(scenario, trace.clone(), (count, against), self.svg.is_some())?;
            if let Some(folder) = &self.svg {
                let first = Outcome::of(scenario, trace, None).map_err(cannot_run)?;
                draw(&first, &Range::by_lane(&steps), folder).map_err(|error| undrawn(folder, &error))?;
            }
            return repeated.print(self.format(), out);
        }
        let twin = if self.effect { Some(without_faults(scenario, trace.clone(), until)?) } else { None };
        let outcome = Outcome::of(scenario, trace, until).map_err(cannot_run)?;
        if let (None, Some((played, all))) = (until, outcome.unplayed) {
            note(&format!(
                "the run ends after {played} of the {all} requests of the trace; a longer duration{} plays more of it",
                if matches!(scenario.clients.arrivals, Arrivals::Trace { .. }) { ", or a greater speed," } else { "" }
            ));
        }
        if let Some(folder) = &self.svg {
            draw(&outcome, &[], folder).map_err(|error| undrawn(folder, &error))?;
        }
        let mut report = outcome.report.clone();
        for (number, lane) in report.lanes.iter_mut().enumerate() {
            lane.effect = twin.as_ref().map(|twin| Box::new(Effect::of(lane, &twin.lanes[number])));
            lane.series = self.series.then(|| outcome.buckets[number].clone());
        }
        self.print(&report, out)?;
        outcome.tell_stopped().map_err(Failure::Failed)
    }

    fn format(&self) -> Format {
        match (self.json, self.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            (false, false) => Format::Table,
        }
    }

    /// Whether the options fit together, and fit the scenario.
    fn check(&self, scenario: &Scenario) -> Result<(), Failure> {
        if self.series && !self.json && !self.csv {
            return Err(Failure::Input("--series has no table; add --json or --csv".to_owned()));
        }
        if self.effect && self.series && self.csv {
            let told = "--effect and --series are two tables; with --csv ask for one of them, or print --json";
            return Err(Failure::Input(told.to_owned()));
        }
        if self.effect && scenario.faults.is_empty() {
            return Err(Failure::Input(
                "--effect: the scenario has no fault, so there is no effect to measure".to_owned(),
            ));
        }
        Ok(())
    }

    /// The moment of the report; `None` is the end, after everything has settled.
    fn moment(&self, scenario: &Scenario) -> Result<Option<Nanos>, Failure> {
        let Some(text) = &self.at else { return Ok(None) };
        let end = scenario.duration;
        match text.parse::<Nanos>() {
            Ok(moment) if moment <= end => Ok(Some(moment)),
            _ => Err(Failure::Input(format!("--at {text}: give a moment of the run, a duration from 0s to {end}"))),
        }
    }

    fn print(&self, report: &Report, out: &mut dyn Write) -> Result<(), Failure> {
        let text = if self.json {
            let told = |error: serde_json::Error| Failure::Failed(format!("cannot write the report: {error}"));
            shown_json(&serde_json::to_string_pretty(report).map_err(told)?).into_owned() + "\n"
        } else if self.csv && self.series {
            csv::series(report.lanes.iter().filter_map(|lane| Some((lane.name.as_str(), lane.series.as_ref()?))))
        } else if self.csv {
            csv::lanes(report)
        } else {
            let row = if self.percentiles { format!("\n{}", table::percentiles(report)) } else { String::new() };
            format!("{}\n{}{row}{}", table::heading(report), table::lanes(report), table::effects(report))
        };
        Ok(out.write_all(text.as_bytes())?)
    }
}

pub(super) fn cannot_run(error: StartError) -> Failure {
    Failure::Input(format!("cannot run: {error}"))
}

/// What the lanes show without faults, with the same seed.
fn without_faults(scenario: &Scenario, trace: Option<Arc<Trace>>, until: Option<Nanos>) -> Result<Report, Failure> {
    let twin = Outcome::of(&Scenario { faults: Vec::new(), ..scenario.clone() }, trace, until).map_err(cannot_run)?;
    twin.tell_stopped().map_err(Failure::Failed)?;
    Ok(twin.report)
}

fn undrawn(folder: &Path, error: &str) -> Failure {
    Failure::Failed(format!("--svg {}: {error}", folder.display()))
}

/// Writes each figure of the experiment so far that has something to show into `folder`, which is made if it is not there.
fn draw(outcome: &Outcome, ranges: &[Range], folder: &Path) -> Result<(), String> {
    /// As wide as a column of a page.
    const SIZE: (u32, u32) = (960, 420);
    /// Those that are written even if they are empty: that nothing was lost is an answer, too.
    const ALWAYS: [&str; 3] = ["latency", "hits", "lost"];
    let told = |error: io::Error| error.to_string();
    std::fs::create_dir_all(folder).map_err(told)?;
    let mut data = chart_data(outcome, Language::English);
    data.lanes.iter_mut().zip(ranges).for_each(|(lane, range)| lane.range = Some(Arc::new(range.clone())));
    for figure in FIGURES.iter().filter(|figure| ALWAYS.contains(&figure.name) || figure.has_news(&data)) {
        let svg = chart::svg(figure, &data, Options::default(), Theme::Light, SIZE, Language::English)?;
        std::fs::write(folder.join(format!("{}.svg", figure.name)), svg).map_err(told)?;
    }
    Ok(())
}

/// What the figures of `outcome` are drawn from, with the lanes' English names, and faults in words.
pub fn chart_data(outcome: &Outcome, language: Language) -> Data {
    let scenario = &outcome.scenario;
    let titles = scenario.titles().into_iter().zip(scenario.looks()).enumerate();
    let called = |name: &str| FaultKind::ALL.iter().find(|what| what.name() == name);
    let faults = occurrences(scenario, outcome.report.lanes.iter()).into_iter().map(|fault| Band {
        from_s: fault.at_s,
        to_s: fault.at_s + fault.for_s,
        spares: scenario.spared_by(fault.fault),
        label: called(&fault.what).map_or(fault.what, |what| what.title().say(language).to_owned()),
    });
    Data {
        lanes: titles
            .map(|(number, (label, look))| LaneData {
                number,
                look,
                label,
                series: outcome.points[number].clone(),
                range: None,
            })
            .collect(),
        faults: faults.collect(),
        warmup: Band::of_warmup(scenario.warmup.as_secs_f64(), language),
        duration_s: scenario.duration.as_secs_f64(),
        now_s: outcome.now.as_secs_f64(),
        no_reads: scenario.clients.never_reads(),
        no_writes: scenario.clients.never_writes(),
        ..Data::default()
    }
}
