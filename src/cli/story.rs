//! `story`: how a write was lost, a read stale, a copy left behind.

use std::io::Write;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::run::{cannot_run, chosen_lane};
use super::{Failure, input};
use crate::escape::shown;
use crate::experiment::Experiment;
use crate::experiment::telling::Telling;
use crate::ledger::{Case, Cases};
use crate::phrase::Language;
use crate::scenario::Scenario;
use crate::story::{Told, case_title, stamp};
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// What a story is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A write that was acknowledged and lost.
    Lost,
    /// A copy that differs from the database for good.
    Diverging,
    /// A read of an old value; those of the greatest age.
    Stale,
    /// A read of a value that then was nowhere.
    Vanished,
    /// A write that was rejected, and yet committed or read.
    Phantom,
}

impl Kind {
    fn of(self, cases: &Cases) -> Vec<Case> {
        match self {
            Kind::Lost => cases.lost().to_vec(),
            Kind::Diverging => cases.diverging().to_vec(),
            Kind::Stale => cases.stale(),
            Kind::Vanished => cases.vanished().to_vec(),
            Kind::Phantom => cases.phantom().to_vec(),
        }
    }
}

/// Of which lane, of what, and which of them.
#[derive(Args)]
pub struct Choice {
    /// Of which lane, by number (from 0) or name; without it, the first with such a story.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// Of what; without it, the first of these that there is.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Which of them, from 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: usize,
}

/// Tell how a write was lost, a read stale, or a copy left behind, and what became of the same in the other lanes.
#[derive(Args)]
pub struct Story {
    #[command(flatten)]
    source: input::Source,
    #[command(flatten)]
    choice: Choice,
    /// List them instead.
    #[arg(long, group = "format")]
    list: bool,
    /// Print it as a Mermaid sequence diagram.
    #[arg(long, group = "format")]
    mermaid: bool,
    /// Print it as an SVG picture.
    #[arg(long, group = "format")]
    svg: bool,
    /// Print it as JSON, in English and Korean.
    #[arg(long, group = "format")]
    json: bool,
}

impl Choice {
    /// The lane, and its cases of the kind, in the run of `scenario`.
    pub fn found(&self, scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<(usize, Vec<Case>), Failure> {
        let lane = self.lane.as_deref().map(|lane| chosen_lane(scenario, Some(lane)));
        let lane = lane.transpose().map_err(Failure::Input)?;
        let mut experiment = Experiment::new(scenario, trace).map_err(cannot_run)?;
        experiment.advance(Nanos::MAX, || false);
        let of = |lane: usize, kind: Kind| kind.of(&experiment.cases(lane));
        let kinds = self.kind.map_or_else(|| Kind::value_variants().to_vec(), |kind| vec![kind]);
        let lanes = lane.map_or(0..scenario.lanes.len(), |lane| lane..lane + 1);
        let pairs = kinds.into_iter().flat_map(|kind| lanes.clone().map(move |lane| (lane, kind)));
        let found = pairs.map(|(lane, kind)| (lane, of(lane, kind))).find(|(_, cases)| !cases.is_empty());
        found.ok_or_else(|| Failure::Failed("there is no such story: nothing of the kind happened".to_owned()))
    }

    /// The chosen one of these.
    pub fn of(&self, cases: &[Case]) -> Result<Case, Failure> {
        let case = self.number.checked_sub(1).and_then(|number| cases.get(number)).copied();
        case.ok_or_else(|| Failure::Input(format!("--number {}: give a number from 1 to {}", self.number, cases.len())))
    }
}

impl Story {
    /// Runs and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let trace = input::trace_of(&scenario)?;
        let (lane, cases) = self.choice.found(&scenario, trace.clone())?;
        if self.list {
            for (number, case) in (1..).zip(&cases) {
                writeln!(out, "{number:4}  {}  {}", stamp(case.at).say(Language::English), case_title(case))?;
            }
            return Ok(());
        }
        let case = self.choice.of(&cases)?;
        let told = Telling::new(&scenario, trace, lane, case).advance(|| false).map_err(cannot_run)?;
        let told = told.ok_or_else(|| Failure::Failed("the story was not told to its end".to_owned()))?;
        self.print(&told, &scenario.titles(), out)
    }

    fn print(&self, told: &Told, titles: &[String], out: &mut dyn Write) -> Result<(), Failure> {
        let (story, english) = (&told.story, Language::English);
        if self.mermaid {
            return Ok(out.write_all(told.mermaid(&titles[told.lane], english).as_bytes())?);
        }
        if self.svg {
            return Ok(out.write_all(told.svg(&titles[told.lane], english).as_bytes())?);
        }
        if self.json {
            let json = serde_json::to_string_pretty(told);
            let json = json.map_err(|error| Failure::Failed(format!("cannot write the story: {error}")))?;
            return Ok(writeln!(out, "{json}")?);
        }
        writeln!(
            out,
            "{} · {}\n{} {}\n",
            case_title(&story.case),
            shown(&titles[told.lane]),
            story.sentence,
            story.left
        )?;
        for line in story.plain(english) {
            writeln!(out, "{line}")?;
        }
        if !told.elsewhere.is_empty() {
            writeln!(out, "\nIn the other lanes")?;
        }
        for other in &told.elsewhere {
            writeln!(out, "{}: {}", shown(&titles[other.lane]), other.text)?;
        }
        Ok(())
    }
}
