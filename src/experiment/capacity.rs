//! Two loads of a lane that one run cannot say, found by bisection over many runs.
//!
//! *What it serves*: the greatest request rate at which, without the scenario's faults, it answers within the deadline. *From
//! what it heals*: the greatest rate from which it comes back by itself once the scenario's faults are over. Bronson,
//! Aghayev, Charapko and Zhu ("Metastable failures in distributed systems", HotOS 2021) call them the *advertised* and the
//! *hidden* capacity: between the two everything looks well until the first fault, and then stays broken.
//!
//! Every probe is a plain scenario of one lane and one seed, with Poisson arrivals:
//!
//! ```text
//! rate asked                  ┌─────────────────────────────────────────────
//! gentle rate  ───────────────┘          watched: does it serve?
//!              caches load     settles   │ faults │ does it heal?
//! ```
//!
//! - *Gentle rate*: the greatest of base, 2 · base, 4 · base, … (or base / 2, …; base is the scenario's own rate) that the lane
//!   serves from empty caches. A probe of more begins at it for as long as the scenario lasts (or until as many requests have
//!   come as in the scenario, but at least 10 s), since a lane that needs its cache is not to be asked before it has one.
//!   Caches that need longer to load need a longer `duration`.
//! - *Settles*: a quarter of the scenario's duration, 10 s to 60 s; where requests come fast, until 500,000 have come.
//! - *Serves*: over some 25 / precision² requests (at least 5,000, a quarter of the scenario's duration or 500,000 requests,
//!   ten deadlines and 10 s; at most 1,000 s) at least 99 % are answered within `clients.deadline` and without an error, and the requests that wait for
//!   an answer or in the database's queue do not grow by more than half the precision of what came. What is owed to the
//!   database later (dirty entries, an outbox) is no such request.
//! - *Heals*: after the last fault's end, within the time given, as many are answered as that in four pieces in a row of at
//!   least 5 s, five deadlines and 200 requests, with no more waiting than before the faults. The time given is what
//!   the scenario leaves after its faults, or, where that is longer, 25 times the faults' length: so long takes their
//!   backlog to drain where a twenty-fifth of the database is to spare. It is at least 60 s, and where requests come
//!   fast no more than 250,000 of them; it does not depend on the precision. Only what it serves is asked, so it never heals from more than it serves.
//!
//! The faults keep their distances to each other and move to where the lane has settled. Faults at random or on a trigger have
//! no last end that would be known beforehand: then, and where no fault hits the lane, nothing is said of healing.
//!
//! *Confidence*: each seed has a bisection of its own, down to a bracket of the precision's width; the first seed's result
//! is where the others begin. A load is the median over the seeds of the middles of their brackets, for some seeds may serve
//! the whole range, of which no mean can be made, and `low` to `high` holds the brackets of all. A probe near the edge is decided by luck, so a wide interval says that the edge is not sharp.

use std::iter;

use serde::{Deserialize, Serialize, Serializer};

use super::{ENGINE_VERSION, Experiment, Plan, StartError};
use crate::escape::shown_json;
use crate::phrase::{Phrase, phrase};
use crate::report::{LaneReport, csv, table};
use crate::scenario::{Arrivals, Fault, Keys, Scenario, Spike};
use crate::time::Nanos;

/// The share of requests that must be answered within the deadline and without an error.
pub const GOODPUT: f64 = 0.99;

/// How far below the base rate is searched where no range is given, and how far above: who serves so much more than the
/// scenario brings has answered the question, and takes long to ask.
const RANGE: (f64, f64) = (1024.0, 64.0);

/// So many requests are enough for a lane to settle, or to watch it, where they come fast.
const ENOUGH: f64 = 500_000.0;

/// A backlog drains in so many times the time in which it grew where the rest of the database's time is to spare.
const DRAINS: f64 = 25.0;

/// So many requests are waited for until a lane has healed, where they come fast.
const MOST_TO_HEAL: f64 = 250_000.0;

/// What is searched, and how finely.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The least rate that is asked, requests a second; 1/1024 of the scenario's own where nothing is said.
    pub from: Option<f64>,
    /// The greatest, likewise; 64 times the scenario's own.
    pub to: Option<f64>,
    /// The width of each seed's bracket in the end, as a share of the rate.
    pub precision: f64,
    /// How many seeds: the scenario's and those that follow it.
    pub seeds: u32,
    /// How long a lane is given to heal after the last fault; as the module says where nothing is said.
    pub within: Option<Nanos>,
}

impl Default for Search {
    fn default() -> Search {
        Search { from: None, to: None, precision: 0.02, seeds: 3, within: None }
    }
}

/// Why a lane does not serve more, or does not heal from more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Most requests that fail are answered with an error.
    Errors,
    /// Most are answered too late.
    Late,
    /// All are answered in time, but ever more wait.
    Backlog,
    /// More would take more requests or memory than a run may have.
    TooLarge,
}

impl End {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            End::Errors => "errors",
            End::Late => "late",
            End::Backlog => "backlog",
            End::TooLarge => "too_large",
        }
    }
}

/// What a probe came to: nothing, or why it does not do what was asked.
pub type Verdict = Result<(), End>;

/// Why a search has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// The caller asked to stop.
    Stopped,
    /// A probe cannot be run.
    Cannot(StartError),
}

/// What a lane's runs came to. Rates in requests a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneCapacity {
    /// The lane's name.
    pub name: String,
    /// The greatest rate that it serves (the advertised capacity); nothing if half of the seeds serve none of the range.
    pub serves_per_s: Option<f64>,
    /// The brackets of all seeds lie above this.
    pub serves_low: Option<f64>,
    /// And below this; nothing if some seed serves the whole range.
    pub serves_high: Option<f64>,
    /// What goes wrong above it, by the first seed.
    pub serves_ends: Option<End>,
    /// The greatest rate from which it heals (the hidden capacity); nothing if half of the seeds heal from none of the range, or
    /// there is nothing to heal from.
    pub heals_per_s: Option<f64>,
    /// As of what it serves.
    pub heals_low: Option<f64>,
    /// As of what it serves.
    pub heals_high: Option<f64>,
    /// What goes wrong above it, by the first seed.
    pub heals_ends: Option<End>,
    /// How many seconds it was given to heal from that rate, or where it heals from none, from the least that was asked.
    pub heals_within_s: Option<f64>,
    /// The rate at which probes begin, where they ask for more.
    pub gentle_per_s: Option<f64>,
    /// What each seed serves, in their order: the middle of its bracket; nothing where it serves none of the range.
    pub serves_by_seed: Vec<Option<f64>>,
    /// From what each seed heals, likewise; of no seed where there is nothing to heal from.
    pub heals_by_seed: Vec<Option<f64>>,
    /// How many runs it took.
    pub runs: u64,
    /// What else there is to say; in JSON in English.
    #[serde(serialize_with = "in_english")]
    pub notes: Vec<Phrase>,
}

fn in_english<S: Serializer>(notes: &[Phrase], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(notes.iter().map(ToString::to_string))
}

/// What came of all lanes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacities {
    /// The engine's version.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The first seed.
    pub seed: u64,
    /// How many seeds follow each other.
    pub seeds: u32,
    /// See [`Search::precision`].
    pub precision: f64,
    /// `clients.deadline`, seconds.
    pub deadline_s: f64,
    /// See [`GOODPUT`].
    pub goodput: f64,
    /// Per lane, in the scenario's order.
    pub lanes: Vec<LaneCapacity>,
}

impl Capacities {
    /// What the search has found in the lanes of `scenario`.
    pub fn of(scenario: &Scenario, search: &Search, lanes: Vec<LaneCapacity>) -> Capacities {
        Capacities {
            engine: ENGINE_VERSION,
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            seeds: search.seeds,
            precision: search.precision,
            deadline_s: scenario.clients.deadline.as_secs_f64(),
            goodput: GOODPUT,
            lanes,
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default(); // names and numbers can be written
        shown_json(&text).into_owned() + "\n"
    }

    /// As CSV: a row for each lane.
    pub fn csv(&self) -> String {
        let exact = |rate: Option<f64>| rate.map(|rate| rate.to_string()).unwrap_or_default();
        let rows: Vec<Vec<String>> = self.lanes.iter().map(|lane| lane.cells(exact, "")).collect();
        csv::plain(&COLUMNS, &rows)
    }
}

/// The columns of the CSV.
const COLUMNS: [&str; 12] = [
    "name",
    "serves_per_s",
    "serves_low",
    "serves_high",
    "serves_ends",
    "heals_per_s",
    "heals_low",
    "heals_high",
    "heals_ends",
    "heals_within_s",
    "gentle_per_s",
    "runs",
];

impl LaneCapacity {
    /// Its values in the order of the CSV's columns, rates by `rate`.
    pub fn cells(&self, rate: impl Fn(Option<f64>) -> String, none: &'static str) -> Vec<String> {
        let end = |end: Option<End>| end.map_or(none, End::name).to_owned();
        vec![
            self.name.clone(),
            rate(self.serves_per_s),
            rate(self.serves_low),
            rate(self.serves_high),
            end(self.serves_ends),
            rate(self.heals_per_s),
            rate(self.heals_low),
            rate(self.heals_high),
            end(self.heals_ends),
            rate(self.heals_within_s),
            rate(self.gentle_per_s),
            self.runs.to_string(),
        ]
    }
}

/// The search in one lane.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The lane alone.
    scenario: Scenario,
    name: String,
    search: Search,
    /// The scenario's own rate.
    base: f64,
    /// The fields with which something is wrong now that the lane is alone: what means something in another one only.
    known: Vec<String>,
    /// From the first fault's beginning to the last one's end, if there are faults to heal from.
    faults: Result<Nanos, Phrase>,
}

/// A run that is to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// What is run.
    pub scenario: Scenario,
    /// The rate that is asked, requests a second.
    pub rate: f64,
    precision: f64,
    /// The fields with which something is wrong whatever the rate.
    known: Vec<String>,
    /// When the lane has settled.
    settled: Nanos,
    /// When the last fault is over, where it is asked whether it heals.
    over: Option<Nanos>,
}

/// What one seed has found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    gentle: Option<f64>,
    serves: Bisection,
    heals: Option<Bisection>,
    runs: u64,
}

impl Found {
    /// How many runs it took.
    pub fn runs(&self) -> u64 {
        self.runs
    }
}

/// The scenario's own rate, requests a second: the mean, of a spike the rate during it.
fn base_rate(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Poisson { rate } | Arrivals::Constant { rate } | Arrivals::Wave { rate, .. } => Some(*rate),
        Arrivals::Bursts { rate, quiet, on, off } => {
            let (on, off) = (on.as_secs_f64(), off.as_secs_f64());
            Some((rate * on + quiet * off) / (on + off))
        }
        Arrivals::Spike(spike) => Some(spike.rate * spike.times.max(1.0)),
        Arrivals::Closed { .. } | Arrivals::Trace { .. } => None,
    }
}

/// The fields with which something is wrong.
fn problems(scenario: &Scenario) -> Vec<String> {
    let problems = scenario.check().map_or_else(|error| error.problems, |()| Vec::new());
    problems.into_iter().map(|problem| problem.field).collect()
}

/// Why nothing heals where nothing breaks.
pub const NO_FAULT: Phrase = Phrase::fixed("there is no fault to heal from", "회복할 장애가 없습니다");

/// From the first fault's beginning to the last one's end, or why there is nothing to heal from.
fn faults_length(faults: &[Fault]) -> Result<Nanos, Phrase> {
    const NO_END: Phrase = Phrase::fixed(
        "a fault at random or on a trigger has no end that is known beforehand: give it a moment",
        "무작위로 또는 조건에 따라 일어나는 장애는 끝나는 시점을 미리 알 수 없습니다. 시점을 정하세요",
    );
    let moments: Option<Vec<Nanos>> = faults.iter().map(|fault| fault.at.moment()).collect();
    let moments = moments.ok_or(NO_END)?;
    let ends = faults.iter().zip(&moments).map(|(fault, at)| at.saturating_add(fault.lasts)).max();
    let (first, last) = moments.iter().min().zip(ends).ok_or(NO_FAULT)?;
    Ok(last.saturating_sub(*first))
}

/// The scenario's own rate, requests a second, from which a search begins.
///
/// # Errors
/// When requests do not come in an open loop, are of two classes, or their keys come from a trace, which ends: the field and what
/// it must be.
pub fn searchable(scenario: &Scenario) -> Result<f64, Phrase> {
    let kind = match scenario.clients.arrivals {
        Arrivals::Trace { .. } => "trace",
        _ => "closed",
    };
    let called = if kind == "trace" { "트레이스 재생" } else { "클로즈드 루프" };
    let base = base_rate(&scenario.clients.arrivals).ok_or_else(|| {
        phrase!(
            "clients.arrivals is {kind:?}, which has no rate to search; it must be an open loop: poisson, constant, bursts, wave or spike",
            "{called}(clients.arrivals = {kind:?})에서는 찾을 요청 속도가 없습니다. 오픈 루프여야 합니다: poisson, constant, bursts, wave, spike"
        )
    })?;
    if matches!(scenario.clients.keys, Keys::Trace { .. }) {
        return Err(Phrase::fixed(
            "clients.keys is a trace, which ends; keys must be drawn: uniform, zipf, hot-set …",
            "clients.keys가 트레이스이면 요청에 끝이 있습니다. 키를 분포에서 뽑아야 합니다: uniform, zipf, hot-set …",
        ));
    }
    if scenario.clients.second.is_some() {
        return Err(Phrase::fixed(
            "clients.second: a capacity is a load of one class of requests; leave the second out",
            "clients.second: 용량은 한 종류의 요청으로만 찾습니다. 두 번째 트래픽을 빼 주세요",
        ));
    }
    Ok(base)
}

impl Survey {
    /// The search in lane number `lane` of a checked scenario.
    ///
    /// # Errors
    /// When requests do not come in an open loop, or their keys come from a trace, which ends: the field and what it must be.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn new(scenario: &Scenario, lane: usize, search: &Search) -> Result<Survey, Phrase> {
        let base = searchable(scenario)?;
        let name = scenario.titles().swap_remove(lane);
        let mut alone = scenario.only(lane);
        alone.faults.retain(|fault| !fault.spares(0));
        alone.warmup = Nanos::ZERO;
        let (known, faults) = (problems(&alone), faults_length(&alone.faults));
        Ok(Survey { scenario: alone, name, search: search.clone(), base: base.max(least_rate()), known, faults })
    }

    /// What the first seed finds; `run` runs each probe.
    ///
    /// # Errors
    /// Those of `run`.
    pub fn first(&self, mut run: impl FnMut(&Probe) -> Result<Verdict, Halt>) -> Result<Found, Halt> {
        let (from, to) = self.range();
        let mut runs = 0;
        // From empty caches, to a factor of two: where more is asked, it begins there.
        let least = if self.search.from.is_some() { (from / RANGE.0).max(least_rate()) } else { from };
        let start = self.base.clamp(from, to);
        let mut cold = Bisection { least, precision: 1.0, ..Bisection::from(start, from, to) };
        self.ask(&mut cold, &mut runs, |rate| self.probe(rate, rate, 0, false), &mut run)?;
        let Some(gentle) = cold.low else {
            return Ok(Found { gentle: None, serves: cold, heals: None, runs });
        };
        let mut serves = Bisection::from((2.0 * gentle).clamp(from, to), from, to);
        serves.precision = self.search.precision;
        serves.low = (gentle >= from).then_some(gentle.min(to));
        let (serves, heals) = self.both(serves, None, gentle, 0, &mut runs, &mut run)?;
        Ok(Found { gentle: Some(gentle), serves, heals, runs })
    }

    /// What another seed finds, `number` after the first.
    ///
    /// # Errors
    /// Those of `run`.
    pub fn again(
        &self,
        first: &Found,
        number: u32,
        mut run: impl FnMut(&Probe) -> Result<Verdict, Halt>,
    ) -> Result<Found, Halt> {
        let Some(gentle) = first.gentle else { return Ok(Found { runs: 0, ..first.clone() }) };
        let mut runs = 0;
        let near = |found: &Bisection| Bisection {
            factor: 1.0 + self.search.precision,
            precision: self.search.precision,
            ..Bisection::from(found.low.or(found.high).unwrap_or(gentle), found.least, found.most)
        };
        let heals = first.heals.as_ref().map(near);
        let (serves, heals) = self.both(near(&first.serves), heals, gentle, number, &mut runs, &mut run)?;
        Ok(Found { gentle: Some(gentle), serves, heals, runs })
    }

    /// Both loads, each from where its bisection begins.
    fn both(
        &self,
        mut serves: Bisection,
        heals: Option<Bisection>,
        gentle: f64,
        seed: u32,
        runs: &mut u64,
        run: &mut impl FnMut(&Probe) -> Result<Verdict, Halt>,
    ) -> Result<(Bisection, Option<Bisection>), Halt> {
        self.ask(&mut serves, runs, |rate| self.probe(rate, gentle, seed, false), run)?;
        let (Some(most), Ok(_)) = (serves.low, &self.faults) else { return Ok((serves, None)) };
        let mut heals = heals.unwrap_or_else(|| Bisection::from(most, serves.least, most));
        (heals.most, heals.start, heals.precision) = (most, heals.start.min(most), self.search.precision);
        self.ask(&mut heals, runs, |rate| self.probe(rate, gentle, seed, true), run)?;
        if heals.low == Some(most) {
            // From all that it serves: the edge is that of what it serves.
            (heals.high, heals.end) = (serves.high, serves.end);
        }
        Ok((serves, Some(heals)))
    }

    fn ask(
        &self,
        bisection: &mut Bisection,
        runs: &mut u64,
        probe: impl Fn(f64) -> Probe,
        run: &mut impl FnMut(&Probe) -> Result<Verdict, Halt>,
    ) -> Result<(), Halt> {
        while let Some(rate) = bisection.next() {
            *runs += 1;
            bisection.tell(rate, run(&probe(rate))?);
        }
        Ok(())
    }

    /// The least and the greatest rate that are asked.
    fn range(&self) -> (f64, f64) {
        let from = self.search.from.unwrap_or(self.base / RANGE.0).max(least_rate());
        let to = self.search.to.unwrap_or(self.base * RANGE.1).min(greatest_rate());
        // Where only one end is given, the other must not contradict it.
        (from.min(to), to.max(from))
    }

    /// The run that asks for `rate`, after a beginning at the gentle rate where that is less.
    fn probe(&self, rate: f64, gentle: f64, seed: u32, heals: bool) -> Probe {
        let (mut scenario, own) = (self.scenario.clone(), self.scenario.duration.as_secs_f64());
        let first = gentle.min(rate);
        let loads = (own * self.base / first).clamp(10.0, own.max(10.0));
        let settles = (own / 4.0).clamp(10.0, 60.0).min((ENOUGH / rate).max(10.0));
        let (loaded, settled) = (Nanos::from_secs_f64(loads), Nanos::from_secs_f64(loads + settles));
        let (over, end) = if heals { self.fault_times(&mut scenario, settled) } else { (None, settled) };
        if !heals {
            scenario.faults.clear();
        }
        let end = end.saturating_add(Nanos::from_secs_f64(self.watched_s(rate, heals)));
        scenario.seed = scenario.seed_of_run(seed);
        scenario.duration = end;
        scenario.clients.arrivals = if rate > first {
            let lasts = end.saturating_sub(loaded);
            Arrivals::Spike(Spike { rate: first, times: rate / first, at: loaded, lasts })
        } else {
            Arrivals::Poisson { rate }
        };
        let (precision, known) = (self.search.precision, self.known.clone());
        Probe { scenario, rate, precision, known, settled, over }
    }

    /// Moves the faults to where the lane has settled; returns when the last is over.
    fn fault_times(&self, scenario: &mut Scenario, settled: Nanos) -> (Option<Nanos>, Nanos) {
        scenario.begin_faults_at(settled);
        let over = settled.saturating_add(*self.faults.as_ref().unwrap_or(&Nanos::ZERO));
        (Some(over), over)
    }

    /// How long the lane is watched at that rate, seconds: while it serves, or after the last fault.
    fn watched_s(&self, rate: f64, heals: bool) -> f64 {
        let (own, precision) = (self.scenario.duration.as_secs_f64(), self.search.precision);
        let deadline = self.scenario.clients.deadline.as_secs_f64();
        let requests = (25.0 / (precision * precision)).max(5_000.0);
        if !heals {
            let least = (own / 4.0).min(ENOUGH / rate).max(10.0 * deadline).max(10.0);
            return (requests / rate).min(1_000.0).max(least);
        }
        if let Some(within) = self.search.within {
            return within.as_secs_f64();
        }
        let last = self.scenario.faults.iter().filter_map(|fault| Some(fault.at.moment()?.saturating_add(fault.lasts)));
        let left = own - last.max().unwrap_or_default().as_secs_f64();
        let length = self.faults.as_ref().map_or(0.0, |length| length.as_secs_f64());
        left.max(DRAINS * length).min(MOST_TO_HEAL / rate).max(60.0).max(8.0 * piece_s(rate, deadline))
    }

    /// What all seeds have found, the first one first.
    pub fn sum_up(&self, found: &[Found]) -> LaneCapacity {
        let serves: Vec<&Bisection> = found.iter().map(|found| &found.serves).collect();
        // What serves nothing heals from nothing.
        let heals = found.iter().filter(|_| self.faults.is_ok());
        let heals: Vec<&Bisection> = heals.map(|found| found.heals.as_ref().unwrap_or(&found.serves)).collect();
        let (serves_per_s, serves_low, serves_high) = together(&serves);
        let (heals_per_s, heals_low, heals_high) = together(&heals);
        let mut notes = Vec::new();
        if let (Err(why), Some(_)) = (&self.faults, serves_per_s) {
            notes.push(why.clone());
        }
        notes.extend(Kinds::of(&serves).map(|kinds| kinds.serve()));
        notes.extend(Kinds::of(&heals).map(|kinds| kinds.heal()));
        if serves_per_s.is_some() && serves_high.is_none() {
            let (most, seeds) = (self.range().1, serves.len());
            let all = serves.iter().filter(|one| one.high.is_none()).count();
            notes.push(if all == seeds {
                phrase!(
                    "it serves {most}/s, the greatest rate that was asked; on the command line, --to asks for more",
                    "시험한 가장 높은 속도인 {most}/s까지 감당합니다. 더 높은 속도는 명령줄에서 --to로 시험합니다"
                )
            } else {
                phrase!(
                    "with {all} of {seeds} seeds it serves {most}/s, the greatest rate that was asked; on the command line, --to asks for more",
                    "시드 {seeds}개 중 {all}개에서 시험한 가장 높은 속도인 {most}/s까지 감당합니다. 더 높은 속도는 명령줄에서 --to로 시험합니다"
                )
            });
        }
        let none = |all: &[&Bisection]| all.iter().all(|one| one.low.is_none());
        if none(&serves) {
            notes.push(Phrase::fixed(
                "it serves no rate that was asked; on the command line, --from asks for less",
                "시험한 어떤 속도도 감당하지 못합니다. 더 낮은 속도는 명령줄에서 --from으로 시험합니다",
            ));
        } else if none(&heals) && self.faults.is_ok() {
            notes.push(Phrase::fixed(
                "it heals from no rate that was asked; on the command line, --from asks for less",
                "시험한 어떤 속도에서도 스스로 회복하지 못합니다. 더 낮은 속도는 명령줄에서 --from으로 시험합니다",
            ));
        }
        LaneCapacity {
            name: self.name.clone(),
            serves_per_s,
            serves_low,
            serves_high,
            serves_ends: serves.first().and_then(|one| one.end),
            heals_per_s,
            heals_low,
            heals_high,
            heals_ends: heals.first().and_then(|one| one.end),
            heals_within_s: (!heals.is_empty()).then(|| self.watched_s(heals_per_s.unwrap_or(self.range().0), true)),
            gentle_per_s: found.first().and_then(|found| found.gentle),
            serves_by_seed: serves.iter().map(|one| one.middle()).collect(),
            heals_by_seed: heals.iter().map(|one| one.middle()).collect(),
            runs: found.iter().map(|found| found.runs).sum(),
            notes,
        }
    }
}

/// Two kinds of seeds: of some the load is far less than of all others, so that their median says what happens with one kind only.
#[derive(Debug, PartialEq)]
struct Kinds {
    /// How many have less.
    less: usize,
    /// Of how many.
    seeds: usize,
    /// The greatest load of these; nothing if that is none of the range.
    most: Option<f64>,
    /// The least of the others.
    least: f64,
}

impl Kinds {
    /// The two kinds on both sides of the widest gap, if that is no accident of where an edge lies.
    fn of(brackets: &[&Bisection]) -> Option<Kinds> {
        /// An edge that luck moves lies seldom so far from where it lies with the next seed.
        const FAR: f64 = 1.5;
        let middles = middles(brackets);
        let gaps = middles.windows(2).zip(1..).filter(|(pair, _)| pair[1] > FAR * pair[0]);
        let widest = gaps.reduce(|a, b| if b.0[1] * a.0[0] > a.0[1] * b.0[0] { b } else { a });
        widest.map(|(pair, less)| {
            let most = Some(pair[0]).filter(|most| *most > 0.0);
            Kinds { less, seeds: middles.len(), most, least: pair[1] }
        })
    }

    /// The two in words, as what is served.
    fn serve(&self) -> Phrase {
        let Kinds { less, seeds, .. } = *self;
        let least = table::number(self.least);
        match self.most.map(table::number) {
            Some(most) => phrase!(
                "with {less} of {seeds} seeds it serves about {most}/s at most, with the others about {least}/s or more: the median tells of neither kind alone",
                "시드 {seeds}개 중 {less}개에서는 약 {most}/s까지, 나머지에서는 약 {least}/s 이상을 감당합니다. 중앙값만으로는 두 갈래를 알 수 없습니다"
            ),
            None => phrase!(
                "with {less} of {seeds} seeds it serves no rate that was asked, with the others {least}/s or more",
                "시드 {seeds}개 중 {less}개에서는 시험한 어떤 속도도 감당하지 못하고, 나머지에서는 {least}/s 이상을 감당합니다"
            ),
        }
    }

    /// The two in words, as from what is healed.
    fn heal(&self) -> Phrase {
        let Kinds { less, seeds, .. } = *self;
        let least = table::number(self.least);
        match self.most.map(table::number) {
            Some(most) => phrase!(
                "with {less} of {seeds} seeds it heals from about {most}/s at most, with the others from about {least}/s or more: the median tells of neither kind alone",
                "시드 {seeds}개 중 {less}개에서는 약 {most}/s까지만, 나머지에서는 약 {least}/s 이상에서도 스스로 회복합니다. 중앙값만으로는 두 갈래를 알 수 없습니다"
            ),
            None => phrase!(
                "with {less} of {seeds} seeds it heals from no rate that was asked, with the others from {least}/s or more",
                "시드 {seeds}개 중 {less}개에서는 시험한 어떤 속도에서도 스스로 회복하지 못하고, 나머지에서는 {least}/s 이상에서도 회복합니다"
            ),
        }
    }
}

/// The brackets' middles, the least first; 0 where nothing of the range is served.
fn middles(brackets: &[&Bisection]) -> Vec<f64> {
    let mut middles: Vec<f64> = brackets.iter().map(|one| one.middle().unwrap_or(0.0)).collect();
    middles.sort_by(f64::total_cmp);
    middles
}

/// The median of the brackets' middles, and what holds them all.
fn together(brackets: &[&Bisection]) -> (Option<f64>, Option<f64>, Option<f64>) {
    if brackets.is_empty() {
        return (None, None, None);
    }
    let middles = middles(brackets);
    let (lower, upper) = (middles[(middles.len() - 1) / 2], middles[middles.len() / 2]);
    // Below the least that was asked, nothing is known but that it is more than none.
    let median = (lower > 0.0).then_some(f64::midpoint(lower, upper));
    let low = brackets.iter().map(|one| one.low.unwrap_or(0.0)).fold(f64::INFINITY, f64::min);
    let highs: Option<Vec<f64>> = brackets.iter().map(|one| one.high).collect();
    (median, Some(low), highs.map(|highs| highs.into_iter().fold(0.0, f64::max)))
}

fn least_rate() -> f64 {
    1e-3
}

fn greatest_rate() -> f64 {
    1e6
}

/// How long a piece is over which it is judged whether a lane has healed, seconds.
fn piece_s(rate: f64, deadline: f64) -> f64 {
    (5.0 * deadline).max(5.0).max(200.0 / rate)
}

/// The search for an edge on a scale of rates: below, what is asked holds; above, it does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bisection {
    /// The greatest rate known to do.
    low: Option<f64>,
    /// The least known not to.
    high: Option<f64>,
    /// Why not.
    end: Option<End>,
    start: f64,
    /// How far it goes on while one side is not known.
    factor: f64,
    least: f64,
    most: f64,
    precision: f64,
}

impl Bisection {
    fn from(start: f64, least: f64, most: f64) -> Bisection {
        Bisection { low: None, high: None, end: None, start, factor: 2.0, least, most, precision: 0.02 }
    }

    /// What to ask next; nothing once the bracket is as narrow as it is to be, or the range at its end.
    fn next(&self) -> Option<f64> {
        match (self.low, self.high) {
            (None, None) => Some(self.start.clamp(self.least, self.most)),
            (Some(low), None) => (low < self.most).then(|| (low * self.factor).min(self.most)),
            (None, Some(high)) => (high > self.least).then(|| (high / self.factor).max(self.least)),
            (Some(low), Some(high)) => {
                (high / low > (1.0 + self.precision) * (1.0 + 1e-9)).then(|| (low * high).sqrt())
            }
        }
    }

    fn tell(&mut self, rate: f64, verdict: Verdict) {
        if self.low.is_some() != self.high.is_some() {
            // Far from where it was thought to be: larger steps.
            self.factor = (self.factor * self.factor).min(2.0);
        }
        match verdict {
            Ok(()) => self.low = Some(rate),
            Err(end) => (self.high, self.end) = (Some(rate), Some(end)),
        }
    }

    /// The middle of the bracket; the range's end where everything does.
    fn middle(&self) -> Option<f64> {
        self.low.map(|low| self.high.map_or(low, |high| (low * high).sqrt()))
    }
}

/// A lane's totals at a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    good: f64,
    errors: f64,
    /// Requests whose fate is sealed: answered, or overdue.
    sealed: f64,
    /// Requests that wait for an answer, and queries in the database's queue.
    waiting: f64,
}

impl Totals {
    fn of(report: &LaneReport, queue: u32) -> Totals {
        Totals {
            good: report.within_deadline as f64,
            errors: report.errors as f64,
            sealed: (report.requests + report.overdue) as f64,
            waiting: report.unanswered as f64 + f64::from(queue),
        }
    }

    /// What has happened since then; what waits, now.
    fn since(self, then: Totals) -> Totals {
        let Totals { good, errors, sealed, waiting } = self;
        Totals { good: good - then.good, errors: errors - then.errors, sealed: sealed - then.sealed, waiting }
    }

    fn failed(self) -> f64 {
        self.sealed - self.good
    }

    /// Whether enough are answered in time; where nothing came, nothing was missed.
    fn are_answered(self) -> Verdict {
        if self.failed() <= (1.0 - GOODPUT) * self.sealed {
            return Ok(());
        }
        Err(if 2.0 * self.errors >= self.failed() { End::Errors } else { End::Late })
    }
}

/// A probe as it runs. It may be made in several goes.
struct Running {
    probe: Probe,
    /// `None` where it is too large.
    experiment: Option<Experiment>,
    /// The totals at the probe's moments so far.
    totals: Vec<Totals>,
    /// Buckets seen, and the queue at the end of the last.
    seen: usize,
    queue: u32,
}

impl Running {
    fn begin(probe: Probe) -> Result<Running, Halt> {
        // The scenario itself was good: only its rate and its length are others.
        let is_too_large = problems(&probe.scenario).iter().any(|field| !probe.known.contains(field));
        let experiment = if is_too_large {
            None
        } else {
            Some(Plan::new(&probe.scenario, None).map_err(Halt::Cannot)?.begin_lanes(iter::once(0)))
        };
        Ok(Running { probe, experiment, totals: Vec::new(), seen: 0, queue: 0 })
    }

    /// Runs on, as far as is needed to judge it; `None` where `stop` has asked for a pause before.
    fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Option<Verdict> {
        let Some(experiment) = &mut self.experiment else { return Some(Err(End::TooLarge)) };
        loop {
            if let Some(verdict) = self.probe.judge(&self.totals) {
                return Some(verdict);
            }
            let moment = self.probe.moment(self.totals.len());
            while experiment.now() < moment {
                let reached = experiment.advance(moment, &mut stop);
                if experiment.stopped().next().is_some() {
                    // What a limit ended has more under way than there is room for.
                    return Some(Err(End::Backlog));
                }
                if reached < moment {
                    return None;
                }
            }
            let points = experiment.series(0, self.seen, 1).points;
            self.seen += points.len();
            self.queue = points.last().map_or(self.queue, |point| point.queue);
            self.totals.extend(experiment.report().lanes.first().map(|lane| Totals::of(lane, self.queue)));
        }
    }
}

/// In how many pieces it is watched whether a lane serves: so often it is looked whether it is hopeless.
const PIECES: u64 = 20;

impl Probe {
    /// Runs it, as far as is needed to judge it, or until `stop` says so.
    ///
    /// # Errors
    /// When it cannot be run, or was stopped.
    pub fn run(&self, stop: impl FnMut() -> bool) -> Result<Verdict, Halt> {
        Running::begin(self.clone())?.advance(stop).ok_or(Halt::Stopped)
    }

    /// Moment number `number` at which its totals are looked at: the first is when the lane has settled.
    fn moment(&self, number: usize) -> Nanos {
        let (number, duration) = (number as u64, self.scenario.duration);
        match (number, self.over) {
            (0, _) => self.settled,
            (1, Some(over)) => over,
            (_, Some(over)) => {
                let piece = Nanos::from_secs_f64(piece_s(self.rate, self.scenario.clients.deadline.as_secs_f64()));
                over.saturating_add(Nanos(piece.0.saturating_mul(number - 1))).min(duration)
            }
            (_, None) => {
                let length = duration.saturating_sub(self.settled);
                self.settled.saturating_add(Nanos(length.0 / PIECES * number))
            }
        }
    }

    /// What the totals at the moments so far say, once they say it.
    fn judge(&self, totals: &[Totals]) -> Option<Verdict> {
        match (totals, self.over) {
            ([] | [_], _) => None,
            ([settled, .., last], None) => self.serves(*settled, *last, totals.len() as u64 - 1),
            ([settled, after @ ..], Some(_)) => self.heals(*settled, after),
        }
    }

    /// How many more may wait after so many requests, by luck or within the precision.
    fn allowed(&self, requests: f64) -> f64 {
        (self.precision / 2.0 * requests).max(3.0 * requests.sqrt())
    }

    /// Whether it serves, once so many pieces have gone by.
    fn serves(&self, settled: Totals, now: Totals, pieces: u64) -> Option<Verdict> {
        let length = self.scenario.duration.saturating_sub(self.settled);
        let clients = &self.scenario.clients;
        let tries = f64::from(clients.retries) + 1.0;
        let all = self.rate * length.as_secs_f64() * clients.requests_per_operation() * tries;
        let happened = now.since(settled);
        // A tenth more than is expected, by luck: even if all of it were answered, that would not do.
        let is_hopeless = happened.failed() > (1.0 - GOODPUT) * 1.1 * all.max(happened.sealed);
        if pieces < PIECES && !is_hopeless {
            return None;
        }
        let grows = happened.waiting - settled.waiting > self.allowed(self.rate * length.as_secs_f64());
        Some(happened.are_answered().and(if grows { Err(End::Backlog) } else { Ok(()) }))
    }

    /// Whether it heals, by the totals from the last fault's end on.
    fn heals(&self, settled: Totals, after: &[Totals]) -> Option<Verdict> {
        /// So many good pieces in a row are no accident.
        const ROW: usize = 4;
        let seconds = piece_s(self.rate, self.scenario.clients.deadline.as_secs_f64());
        let room = settled.waiting + self.allowed(self.rate * seconds);
        let verdict = |pair: &[Totals]| {
            let [before, now] = pair else { return Err(End::Late) };
            let is_backlog = now.waiting > room;
            now.since(*before).are_answered().and(if is_backlog { Err(End::Backlog) } else { Ok(()) })
        };
        let row = after.windows(2).rev().take(ROW).take_while(|pair| verdict(pair).is_ok()).count();
        if row == ROW {
            return Some(Ok(()));
        }
        let is_over = self.moment(after.len()) >= self.scenario.duration;
        // One that was on its way when the time was over has not healed.
        is_over.then(|| Err(after.windows(2).next_back().map_or(Err(End::Late), verdict).err().unwrap_or(End::Late)))
    }
}

/// What one seed finds in a lane, which may be made in several goes: [`Survey::first`] or [`Survey::again`].
pub struct Seeking {
    survey: Survey,
    /// How many seeds after the first, and what that has found.
    after: Option<(u32, Found)>,
    /// What the runs so far came to.
    verdicts: Vec<Verdict>,
    running: Option<Running>,
}

impl Seeking {
    /// At its beginning; `after`: not the first seed, but so many after it, which has found that.
    pub fn begin(survey: Survey, after: Option<(u32, Found)>) -> Seeking {
        Seeking { survey, after, verdicts: Vec::new(), running: None }
    }

    /// How many runs have come to their end.
    pub fn runs(&self) -> u32 {
        self.verdicts.len() as u32
    }

    /// Goes on to its end, and gives what was found; `None` where `stop` has asked for a pause before (see
    /// [`Experiment::advance`]). However often it pauses, it finds the same.
    ///
    /// # Errors
    /// When a probe cannot be run.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Found>, Halt> {
        loop {
            let probe = match self.next() {
                Ok(found) => return Ok(Some(found)),
                Err(probe) => probe,
            };
            let mut running = match self.running.take() {
                Some(running) => running,
                None => Running::begin(*probe)?,
            };
            match running.advance(&mut stop) {
                Some(verdict) => self.verdicts.push(verdict),
                None => {
                    self.running = Some(running);
                    return Ok(None);
                }
            }
        }
    }

    /// What was found, or the run that has to be judged for that: a search asks the same as long as it hears the same, so it is
    /// begun again with the verdicts that there are.
    fn next(&self) -> Result<Found, Box<Probe>> {
        let (mut verdicts, mut next) = (self.verdicts.iter(), None);
        let hear = |probe: &Probe| match verdicts.next() {
            Some(verdict) => Ok(*verdict),
            None => {
                next = Some(Box::new(probe.clone()));
                Err(Halt::Stopped)
            }
        };
        let found = match &self.after {
            None => self.survey.first(hear),
            Some((number, first)) => self.survey.again(first, *number, hear),
        };
        found.map_err(|_| next.expect("only a run without a verdict halts the search"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn seeds_of_two_kinds_are_told_apart_and_an_edge_that_is_not_sharp_is_of_one_kind() {
        let kinds = |loads: &[f64]| {
            let all: Vec<Bisection> = loads
                .iter()
                .map(|load| {
                    let (low, high) = (Some(*load).filter(|low| *low > 0.0), Some(load.max(1.0)));
                    Bisection { low, high, ..Bisection::from(1.0, 1.0, 1_000.0) }
                })
                .collect();
            Kinds::of(&all.iter().collect::<Vec<_>>()).map(|kinds| (kinds.less, kinds.most, kinds.least))
        };
        assert_eq!(kinds(&[1_000.0, 481.0, 1_000.0]), Some((1, Some(481.0), 1_000.0)));
        assert_eq!(kinds(&[300.0, 0.0, 310.0, 0.0]), Some((2, None, 300.0)), "never");
        assert_eq!(kinds(&[100.0, 160.0, 500.0]), Some((2, Some(160.0), 500.0)), "the widest gap");
        assert_eq!(kinds(&[476.0, 493.0, 525.0]), None);
        assert_eq!(kinds(&[0.0, 0.0]), None);
        assert_eq!(kinds(&[300.0]), None);
    }

    #[test]
    fn a_search_that_pauses_finds_what_one_in_one_go_finds() {
        let scenario = presets::get("tipping-point").expect("a preset").scenario().clone();
        let search = Search { precision: 0.5, seeds: 2, ..Search::default() };
        let survey = Survey::new(&scenario, 1, &search).expect("an open loop");
        let whole = |probe: &Probe| probe.run(|| false);
        let first = survey.first(whole).expect("it can be run");
        let again = survey.again(&first, 1, whole).expect("it can be run");
        let mut pauses = 0;
        let mut in_pieces = |after: Option<(u32, Found)>| {
            let mut seeking = Seeking::begin(survey.clone(), after);
            let mut calls = 0_u32;
            loop {
                let stop = || {
                    calls += 1;
                    calls.is_multiple_of(50)
                };
                match seeking.advance(stop).expect("it can be run") {
                    Some(found) => return (found, seeking.runs()),
                    None => pauses += 1,
                }
            }
        };
        assert_eq!(in_pieces(None), (first.clone(), first.runs as u32));
        assert_eq!(in_pieces(Some((1, first.clone()))), (again.clone(), again.runs as u32));
        assert!(pauses > 20, "{pauses} pauses");
        assert!(first.heals.expect("a fault").low < first.serves.low, "retries keep it from healing");
    }
}
