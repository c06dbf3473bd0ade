//! `when`: at which moment a write came to be lost, a read to be stale, a copy to differ.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;

use super::run::cannot_run;
use super::story::Choice;
use super::{Failure, input, seeds};
use crate::escape::shown;
use crate::experiment::when::{self, Answer, Answers, Fork, Found, Halt};
use crate::phrase::Language;
use crate::report::table;
use crate::stats::Share;
use crate::story::case_title;

/// The most runs of one command.
const RUNS_MAX: u64 = 1_000_000;

/// Find at which moment a write came to be lost, a read stale, a copy left behind.
///
/// The run is wound back to some moments and goes on with other luck; how often is the same write lost? Where the
/// probability jumps, it was decided: at one moment, or in several steps of which none is surely the greatest.
///
/// Luck is what is drawn at random from the moment on: service times, latencies, evictions, jitter. The requests, the sizes
/// of values and the faults stay as they are; before a fault, the probability without the faults to come stands beside the
/// other, and jumps are looked for in it. In closed loops, and where clients try again, nothing is asked before the
/// request is sent, since what is sent depends on the answers. The moments bracket the steps of the story.
#[derive(Args)]
pub struct When {
    #[command(flatten)]
    source: input::Source,
    #[command(flatten)]
    choice: Choice,
    /// At about how many moments: those just before and after each step of the story, and more in between.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(2..=1000))]
    moments: u32,
    /// How many runs go on from each, with other luck each.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    forks: u32,
    /// Ask about the ends first, and then only between moments that differ: far fewer runs. What rises and falls again
    /// between two that agree is not seen.
    #[arg(long)]
    quick: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Also draw the probabilities over time, as an SVG picture, into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl When {
    /// Runs and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        // Where faults are to come, each moment is asked with and without them.
        let kinds = if scenario.faults.is_empty() { 1 } else { 2 };
        let runs = kinds * u64::from(self.moments) * u64::from(self.forks);
        if runs > RUNS_MAX {
            let told = format!(
                "--moments {} --forks {}: that is up to {runs} runs, and at most {RUNS_MAX} can be asked for",
                self.moments, self.forks
            );
            return Err(Failure::Input(told));
        }
        let trace = input::trace_of(&scenario)?;
        let (lane, cases) = self.choice.found(&scenario, trace.clone())?;
        let case = self.choice.of(&cases)?;
        let asked =
            when::When::new((&scenario, trace), (lane, case), self.moments as usize, || false).map_err(failed)?;
        let known = self.ask(&asked).map_err(failed)?;
        let found = asked.sum_up(&scenario.titles()[lane], self.forks, &known);
        if let Some(file) = &self.svg {
            let cannot = |error| Failure::Failed(format!("--svg {}: {error}", file.display()));
            std::fs::write(file, found.svg(Language::English)).map_err(cannot)?;
        }
        let text = if self.json { super::json(&found)? } else { told(&found) };
        Ok(out.write_all(text.as_bytes())?)
    }
}

impl When {
    /// Runs the forks, on all cores.
    fn ask(&self, asked: &when::When) -> Result<Answers, Halt> {
        let mut known = Answers::default();
        loop {
            let forks = asked.forks(&asked.next(&known, self.quick), self.forks);
            if forks.is_empty() {
                return Ok(known);
            }
            let bar = seeds::progress(forks.len() as u64);
            let run = |fork: &Fork| {
                let answer = asked.run(*fork, || false);
                bar.inc(1);
                answer
            };
            let answers: Result<Vec<Answer>, Halt> = forks.par_iter().map(run).collect();
            bar.finish_and_clear();
            known.take_in(&forks, &answers?);
        }
    }
}

fn failed(halt: Halt) -> Failure {
    let input = |text: &str| Failure::Input(text.to_owned());
    match halt {
        Halt::Cannot(error) => cannot_run(error),
        Halt::Stopped => Failure::Failed("stopped before the end".to_owned()),
        Halt::Kind => input("--kind: when asks of lost, diverging or stale; of others `story` tells"),
        Halt::AfterTheRun => {
            input("this case came about after the end of the run; choose an earlier one with --number")
        }
    }
}

fn told(found: &Found) -> String {
    let both = found.moments.iter().any(|moment| moment.without_faults.is_some());
    let name = if found.scenario.is_empty() { "(no name)".into() } else { shown(&found.scenario) };
    let mut text = format!(
        "{name} · {} · {} · {} forks a moment · seed {} · engine {}\n{}\n\n{}",
        shown(&found.lane),
        case_title(&found.case),
        found.forks,
        found.seed,
        found.engine,
        found.sentence,
        listed(found, both)
    );
    let labels: Vec<String> = found.moments.iter().map(|moment| stamp(moment.at_s)).collect();
    text += found.decided(&labels, &stamp(found.cause_s)).say(Language::English);
    text.push('\n');
    text +=
        "p: of the runs that are the same up to the moment and then have other luck, those in which it goes wrong\n";
    if both {
        text += "no more faults: the same if nothing breaks that has not broken by then; jumps are looked for here\n";
    }
    text
}

/// The moments as a table, and beside each what the story tells of the time before it.
fn listed(found: &Found, both: bool) -> String {
    let mut head = vec!["at", "p %", "95 %"];
    if both {
        head.extend(["no more faults %", "95 %"]);
    }
    head.push("");
    let rows = found.moments.iter().enumerate().map(|(place, moment)| {
        let mut cells = vec![stamp(moment.at_s)];
        cells.extend(shares(Some(moment.probability)));
        if both {
            cells.extend(shares(moment.without_faults));
        }
        cells.push(if found.is_jump(place) { "◀ jump" } else { "" }.to_owned());
        cells
    });
    let set = table::plain(&head, rows.collect());
    let wide = set.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    // The head and its rule come first.
    let beside = [None; 2].into_iter().chain(found.moments.iter().map(Some));
    for (line, moment) in set.lines().zip(beside) {
        let since = moment.map_or(&[][..], |moment| &moment.since);
        let mut since = since.iter().map(|line| shown(line.say(Language::English)).into_owned());
        text += format!("{line:wide$}  {}", since.next().unwrap_or_default()).trim_end();
        text.push('\n');
        since.for_each(|more| text += &format!("{:wide$}  {more}\n", ""));
    }
    text
}

fn shares(share: Option<Share>) -> [String; 2] {
    match share.filter(|share| share.of > 0) {
        Some(share) => [percent(share.share), format!("{} … {}", percent(share.low), percent(share.high))],
        None => ["–".to_owned(), "–".to_owned()],
    }
}

fn percent(share: f64) -> String {
    table::number(100.0 * share)
}

/// To the nanosecond, for moments just before and after the same step.
fn stamp(at_s: f64) -> String {
    format!("{at_s:.9} s")
}
