//! The same experiment with many seeds. One run is one throw of the dice; this is what the dice do.
//!
//! Run number i has the scenario's seed and i. All lanes of a run share their luck (the same requests at the same moments), so
//! lanes are compared run by run: the interval of their *difference* is far narrower than those of the two would suggest.
//!
//! ```text
//!  Scenario, run i ─▶ WholeRun ─▶ Report ─▶ Numbers ─┐
//!                                            …       ├─▶ Repeated ─▶ table, JSON, CSV, page
//!  Scenario, run n ─▶ WholeRun ─▶ Report ─▶ Numbers ─┘
//! ```
//!
//! Who runs them, on how many cores, is the command line's and the page's own affair: what comes of it is the same to the bit.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::harm::{Harm, Numbers};
use super::{ENGINE_VERSION, Experiment, Plan, StartError};
use crate::chart::bands::{Steps, steps};
use crate::metrics::FIGURE_GROUP;
use crate::phrase::{Phrase, phrase};
use crate::report::measures::{MEASURES, Measure};
use crate::report::{Report, csv};
use crate::scenario::{Scenario, link};
use crate::simulation::Stopped;
use crate::stats::Spread;
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// Why a run says nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// It could not begin.
    Start(StartError),
    /// A limit has ended a lane before the end of the run.
    Stopped {
        /// The run's seed.
        seed: u64,
        /// The lane, from 0.
        lane: usize,
        /// Which limit.
        why: Stopped,
    },
}

impl RunError {
    /// Why, in each language.
    pub fn phrase(&self) -> Phrase {
        match self {
            RunError::Start(error) => error.phrase(),
            RunError::Stopped { seed, lane, why } => {
                let why = why.phrase();
                phrase!(
                    "seed {seed}, lane {lane}: stopped before the end of the run: {why}",
                    "시드 {seed}, 레인 {lane}: 실행이 끝나기 전에 중단되었습니다. {why}",
                    why
                )
            }
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

impl std::error::Error for RunError {}

/// A run from its beginning to its end, which may be made in several goes. It goes lane by lane: each does what it would do
/// beside the others, and memory holds one at a time.
pub struct WholeRun {
    plan: Plan,
    /// The lane that is under way, by itself.
    lane: Option<Experiment>,
    /// The totals of those that have settled.
    told: Option<Report>,
    /// Their figures, as far as the bands of many seeds need them; `None` where nobody does.
    steps: Option<Vec<Steps>>,
}

impl WholeRun {
    /// At its beginning.
    ///
    /// # Errors
    /// What an [`Experiment`] refuses.
    ///
    /// # Panics
    /// When the scenario has not been checked.
    pub fn begin(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<WholeRun, RunError> {
        let plan = Plan::new(scenario, trace).map_err(RunError::Start)?;
        Ok(WholeRun { plan, lane: None, told: None, steps: None })
    }

    /// Also keeps what the bands of many seeds are made from.
    #[must_use]
    pub fn keeping_steps(self) -> WholeRun {
        WholeRun { steps: Some(Vec::new()), ..self }
    }

    /// What was kept of each lane that has settled.
    pub fn take_steps(&mut self) -> Vec<Steps> {
        self.steps.take().unwrap_or_default()
    }

    /// Runs on until all lanes have settled, and gives the totals; `None` where `stop` has asked for a pause before (see
    /// [`Experiment::advance`]). However often it pauses, the totals are the same.
    ///
    /// # Errors
    /// When a lane was stopped before the end of the run.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Report>, RunError> {
        loop {
            let lane = self.told.as_ref().map_or(0, |told| told.lanes.len());
            if lane == self.plan.scenario.lanes.len() {
                return Ok(self.told.take());
            }
            let experiment = self.lane.get_or_insert_with(|| self.plan.clone().begin_lanes(std::iter::once(lane)));
            experiment.advance(Nanos::MAX, &mut stop);
            if !experiment.finished() {
                return Ok(None);
            }
            if let Some((_, why)) = experiment.stopped().find(|(_, why)| !why.is_after_the_run()) {
                return Err(RunError::Stopped { seed: self.plan.scenario.seed, lane, why: why.clone() });
            }
            let report = experiment.report();
            if let Some(kept) = &mut self.steps {
                kept.push(steps(&experiment.series(0, 0, FIGURE_GROUP)));
            }
            match &mut self.told {
                Some(told) => told.lanes.extend(report.lanes),
                None => self.told = Some(report),
            }
            self.lane = None;
        }
    }
}

/// What came of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeated {
    /// The engine's version.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The first seed, and how many follow each other.
    pub seeds: Seeds,
    /// Per lane, in the scenario's order.
    pub lanes: Vec<Lane>,
    /// The run that went worst.
    pub worst: Worst,
}

/// Seeds that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many there are.
    pub count: u32,
}

/// What came of a lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// In the order of the [`MEASURES`], without those of which the lane has no number.
    pub measures: Vec<Measured>,
}

/// What came of a measure of a lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The measure's name.
    pub name: &'static str,
    /// Its mean, how sure that is, and how far the runs lie apart.
    #[serde(flatten)]
    pub spread: Spread,
    /// How much more it is than in the lane compared with, run by run; none in that lane itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_than: Option<MoreThan>,
}

/// How much more a measure is than in another lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoreThan {
    /// The other lane's name.
    pub lane: String,
    /// The differences of all runs.
    #[serde(flatten)]
    pub spread: Spread,
}

/// The run that went worst.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// The name of the lane in which it did.
    pub lane: String,
    /// Its place in the scenario, from 0.
    #[serde(skip)]
    pub place: usize,
    /// The name of the measure that says so.
    pub measure: &'static str,
    /// What it is in that lane.
    pub value: f64,
    /// The run's seed.
    pub seed: u64,
    /// The run as a link; none where it would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Repeated {
    /// What these runs of `scenario` say, of which number i has [its seed](Scenario::seed_of_run); `against` is the lane that
    /// the others are compared with, from 0.
    ///
    /// # Panics
    /// When there is no run, or no such lane.
    pub fn of(scenario: &Scenario, runs: &[Numbers], against: usize) -> Repeated {
        let titles = scenario.titles();
        let lanes = titles.iter().enumerate().map(|(lane, name)| {
            let of = |lane: usize, measure: usize| -> Vec<Option<f64>> {
                runs.iter().map(|run| run[lane][measure]).collect()
            };
            let measured = |(place, measure): (usize, &Measure)| {
                let (own, others) = (of(lane, place), of(against, place));
                let values: Vec<f64> = own.iter().copied().flatten().collect();
                let pairs = own.iter().zip(&others).filter_map(|(own, other)| Some((*own)? - (*other)?));
                let more = Spread::of(&pairs.collect::<Vec<_>>()).filter(|_| lane != against);
                let more_than = more.map(|spread| MoreThan { lane: titles[against].clone(), spread });
                let most = if measure.is_share { 1.0 } else { f64::INFINITY };
                Some(Measured { name: measure.name, spread: Spread::of(&values)?.within(0.0, most), more_than })
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

    /// Whether any run of any lane has any of it.
    pub fn has(&self, measure: &Measure) -> bool {
        let all = self.lanes.iter().flat_map(|lane| &lane.measures);
        all.filter(|measured| measured.name == measure.name).any(|measured| measured.spread.max > 0.0)
    }

    /// As JSON, for programs.
    ///
    /// # Panics
    /// Never: it can always be written as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers and names") + "\n"
    }

    /// As CSV, for spreadsheets: a row for each lane and measure.
    pub fn csv(&self) -> String {
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

impl Lane {
    /// What came of a measure; none where the lane has no number of it.
    pub fn measured(&self, name: &str) -> Option<&Measured> {
        // few: the measures there are
        self.measures.iter().find(|measured| measured.name == name)
    }
}

/// The run with the most of the first harm that any run has.
fn worst(scenario: &Scenario, runs: &[Numbers]) -> Worst {
    let harm = Harm::of_runs(runs);
    told_worst(scenario, harm.measure().name, harm.worst(runs))
}

/// The run that went worst by the measure of that name: that with the most of it in any lane, and of a share with the
/// least. Of equal ones the first; `None` where there is no such measure, or no run has a number of it.
pub fn worst_by(scenario: &Scenario, runs: &[Numbers], name: &str) -> Option<Worst> {
    // few: the measures there are
    let place = MEASURES.iter().position(|measure| measure.name == name)?;
    let measure = &MEASURES[place];
    let lanes = runs.iter().enumerate().flat_map(|(run, lanes)| {
        lanes.iter().enumerate().filter_map(move |(lane, numbers)| Some((numbers[place]?, run, lane)))
    });
    let is_worse = |a: f64, b: f64| if measure.is_share { a < b } else { a > b };
    let found = lanes.reduce(|a, b| if is_worse(b.0, a.0) { b } else { a })?;
    Some(told_worst(scenario, measure.name, found))
}

fn told_worst(scenario: &Scenario, measure: &'static str, (value, run, place): (f64, usize, usize)) -> Worst {
    let seed = scenario.seed_of_run(run as u32);
    let link = link::encode_shortest(&Scenario { seed, ..scenario.clone() }).ok();
    Worst { lane: scenario.titles().swap_remove(place), place, measure, value, seed, link }
}

#[cfg(test)]
mod tests {
    use super::super::harm::numbers;
    use super::*;
    use crate::scenario::presets;

    fn short() -> Scenario {
        let mut scenario = presets::get("default").unwrap().scenario().clone();
        scenario.duration = Nanos::from_secs(3);
        scenario.faults.clear();
        scenario
    }

    #[test]
    fn a_run_in_several_goes_comes_to_the_same_as_one_in_one_go() {
        let scenario = short();
        let mut whole = WholeRun::begin(&scenario, None).unwrap();
        let at_once = whole.advance(|| false).unwrap().expect("the end");
        let mut pieces = WholeRun::begin(&scenario, None).unwrap();
        let mut goes = 0;
        let in_pieces = loop {
            goes += 1;
            if let Some(report) = pieces.advance(|| true).unwrap() {
                break report;
            }
        };
        assert!(goes > 5, "{goes}");
        assert_eq!(numbers(&in_pieces), numbers(&at_once));
    }

    #[test]
    fn a_run_lane_by_lane_comes_to_what_all_lanes_come_to_side_by_side() {
        let mut together = Experiment::new(&short(), None).unwrap();
        together.advance(Nanos::MAX, || false);
        let alone = WholeRun::begin(&short(), None).unwrap().advance(|| false).unwrap().expect("the end");
        assert_eq!(alone, together.report());
    }

    #[test]
    fn a_run_that_a_limit_ends_says_its_seed_and_lane() {
        let scenario = Scenario { seed: 11, ..short() };
        let mut run = WholeRun::begin(&scenario, None).unwrap();
        while run.told.is_none() {
            run.advance(|| true).expect("no limit is met");
        }
        let limits = crate::simulation::Limits { requests: 100, ..crate::simulation::Limits::of(&scenario) };
        run.lane.as_mut().expect("the second lane").limit(limits);
        let error = run.advance(|| false).expect_err("a limit").to_string();
        assert!(error.starts_with("seed 11, lane 1: stopped before the end of the run: "), "{error}");
    }

    #[test]
    fn the_worst_run_by_a_measure_has_the_most_of_it_and_of_a_share_the_least() {
        let place = |name: &str| MEASURES.iter().position(|measure| measure.name == name).unwrap();
        let run = |lanes: [(f64, f64, Option<f64>); 2]| -> Numbers {
            let lane = |(lost, goodput, p99)| {
                let mut numbers = [Some(0.0); MEASURES.len()];
                numbers[place("ever_lost")] = Some(lost);
                numbers[place("goodput")] = Some(goodput);
                numbers[place("read_p99_ms")] = p99;
                numbers
            };
            lanes.map(lane).to_vec()
        };
        let runs = [
            run([(3.0, 0.9, None), (5.0, 0.8, Some(4.0))]),
            run([(0.0, 0.7, None), (9.0, 0.6, Some(2.0))]),
            run([(9.0, 0.5, None), (0.0, 0.8, Some(8.0))]),
        ];
        let mut scenario = short();
        scenario.lanes.truncate(2);
        let by = |name: &str| {
            worst_by(&scenario, &runs, name).map(|worst| (worst.value, worst.seed - scenario.seed, worst.place))
        };
        assert_eq!(by("ever_lost"), Some((9.0, 1, 1)), "of equal ones the first");
        assert_eq!(by("goodput"), Some((0.5, 2, 0)));
        assert_eq!(by("read_p99_ms"), Some((8.0, 2, 1)), "a lane without a number has none");
        assert_eq!((by("none"), worst_by(&scenario, &[], "ever_lost")), (None, None));
        assert_eq!(worst_by(&scenario, &runs, "ever_lost"), Some(worst(&scenario, &runs)));
    }

    #[test]
    fn what_goes_through_json_is_the_same_to_the_bit() {
        let runs: Vec<Numbers> = vec![vec![[Some(1.0 / 3.0); MEASURES.len()], [None; MEASURES.len()]]];
        let text = serde_json::to_string(&runs).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Numbers>>(&text).unwrap(), runs);
    }
}
