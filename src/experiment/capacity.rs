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

use serde::Serialize;

use super::{Experiment, Plan, StartError};
use crate::report::LaneReport;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    /// How many runs it took.
    pub runs: u64,
    /// What else there is to say.
    pub notes: Vec<String>,
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
    faults: Result<Nanos, &'static str>,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    gentle: Option<f64>,
    serves: Bisection,
    heals: Option<Bisection>,
    runs: u64,
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

/// From the first fault's beginning to the last one's end, or why there is nothing to heal from.
fn faults_length(faults: &[Fault]) -> Result<Nanos, &'static str> {
    let moments: Option<Vec<Nanos>> = faults.iter().map(|fault| fault.at.moment()).collect();
    let moments =
        moments.ok_or("a fault at random or on a trigger has no end that is known beforehand: give it a moment")?;
    let ends = faults.iter().zip(&moments).map(|(fault, at)| at.saturating_add(fault.lasts)).max();
    let (first, last) = moments.iter().min().zip(ends).ok_or("there is no fault to heal from")?;
    Ok(last.saturating_sub(*first))
}

impl Survey {
    /// The search in lane number `lane` of a checked scenario.
    ///
    /// # Errors
    /// When requests do not come in an open loop, or their keys come from a trace, which ends: the field and what it must be.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn new(scenario: &Scenario, lane: usize, search: &Search) -> Result<Survey, String> {
        let open = "poisson, constant, bursts, wave or spike";
        let kind = match scenario.clients.arrivals {
            Arrivals::Trace { .. } => "trace",
            _ => "closed",
        };
        let base = base_rate(&scenario.clients.arrivals).ok_or_else(|| {
            format!("clients.arrivals is {kind:?}, which has no rate to search; it must be an open loop: {open}")
        })?;
        if matches!(scenario.clients.keys, Keys::Trace { .. }) {
            return Err("clients.keys is a trace, which ends; keys must be drawn: uniform, zipf, hot-set …".to_owned());
        }
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
            notes.push((*why).to_owned());
        }
        if serves_per_s.is_some() && serves_high.is_none() {
            let most = self.range().1;
            let all = serves.iter().filter(|one| one.high.is_none()).count();
            let who = if all == serves.len() {
                "it serves".to_owned()
            } else {
                format!("with {all} of {} seeds it serves", serves.len())
            };
            notes.push(format!("{who} {most}/s, the greatest rate that was asked; --to asks for more"));
        }
        if serves_per_s.is_none() {
            notes.push("it serves no rate that was asked; --from asks for less".to_owned());
        } else if heals_per_s.is_none() && self.faults.is_ok() {
            notes.push("it heals from no rate that was asked; --from asks for less".to_owned());
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
            runs: found.iter().map(|found| found.runs).sum(),
            notes,
        }
    }
}

/// The median of the brackets' middles, and what holds them all.
fn together(brackets: &[&Bisection]) -> (Option<f64>, Option<f64>, Option<f64>) {
    if brackets.is_empty() {
        return (None, None, None);
    }
    let mut middles: Vec<f64> = brackets.iter().map(|one| one.middle().unwrap_or(0.0)).collect();
    middles.sort_by(f64::total_cmp);
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
#[derive(Clone, Debug, PartialEq)]
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

/// A probe's lane as it runs.
struct Watched<S: FnMut() -> bool> {
    experiment: Experiment,
    stop: S,
    /// Buckets seen, and the queue at the end of the last.
    seen: usize,
    queue: u32,
}

impl<S: FnMut() -> bool> Watched<S> {
    /// The totals at that moment; `None` if a limit has ended the run before.
    fn at(&mut self, moment: Nanos) -> Result<Option<Totals>, Halt> {
        while self.experiment.now() < moment {
            let reached = self.experiment.advance(moment, &mut self.stop);
            if self.experiment.stopped().next().is_some() {
                return Ok(None);
            }
            if reached < moment {
                return Err(Halt::Stopped);
            }
        }
        let points = self.experiment.series(0, self.seen, 1).points;
        self.seen += points.len();
        self.queue = points.last().map_or(self.queue, |point| point.queue);
        Ok(self.experiment.report().lanes.first().map(|lane| Totals::of(lane, self.queue)))
    }
}

impl Probe {
    /// Runs it, as far as is needed to judge it, or until `stop` says so.
    ///
    /// # Errors
    /// When it cannot be run, or was stopped.
    pub fn run(&self, stop: impl FnMut() -> bool) -> Result<Verdict, Halt> {
        if problems(&self.scenario).iter().any(|field| !self.known.contains(field)) {
            // The scenario itself was good: only its rate and its length are others.
            return Ok(Err(End::TooLarge));
        }
        let plan = Plan::new(&self.scenario, None).map_err(Halt::Cannot)?;
        let mut watched = Watched { experiment: plan.begin_lanes(iter::once(0)), stop, seen: 0, queue: 0 };
        let verdict = match (watched.at(self.settled)?, self.over) {
            (None, _) => None,
            (Some(settled), None) => self.serves(&mut watched, settled)?,
            (Some(settled), Some(over)) => self.heals(&mut watched, settled, over)?,
        };
        // What a limit ended has more under way than there is room for.
        Ok(verdict.unwrap_or(Err(End::Backlog)))
    }

    /// How many more may wait after so many requests, by luck or within the precision.
    fn allowed(&self, requests: f64) -> f64 {
        (self.precision / 2.0 * requests).max(3.0 * requests.sqrt())
    }

    /// `None` if a limit has ended the run.
    fn serves<S: FnMut() -> bool>(&self, watched: &mut Watched<S>, settled: Totals) -> Result<Option<Verdict>, Halt> {
        /// So often it is looked whether it is hopeless.
        const PIECES: u64 = 20;
        let length = self.scenario.duration.saturating_sub(self.settled);
        let clients = &self.scenario.clients;
        let tries = f64::from(clients.retries) + 1.0;
        let all = self.rate * length.as_secs_f64() * clients.shares().requests_per_operation() * tries;
        let mut happened = Totals::default();
        for piece in 1..=PIECES {
            let moment = self.settled.saturating_add(Nanos(length.0 / PIECES * piece));
            let Some(now) = watched.at(moment)? else { return Ok(None) };
            happened = now.since(settled);
            // A tenth more than is expected, by luck: even if all of it were answered, that would not do.
            if happened.failed() > (1.0 - GOODPUT) * 1.1 * all.max(happened.sealed) {
                break;
            }
        }
        let grows = happened.waiting - settled.waiting > self.allowed(self.rate * length.as_secs_f64());
        Ok(Some(happened.are_answered().and(if grows { Err(End::Backlog) } else { Ok(()) })))
    }

    /// `None` if a limit has ended the run.
    fn heals<S: FnMut() -> bool>(
        &self,
        watched: &mut Watched<S>,
        settled: Totals,
        over: Nanos,
    ) -> Result<Option<Verdict>, Halt> {
        /// So many good pieces in a row are no accident.
        const ROW: u32 = 4;
        let seconds = piece_s(self.rate, self.scenario.clients.deadline.as_secs_f64());
        let room = settled.waiting + self.allowed(self.rate * seconds);
        let (mut row, mut moment, mut last) = (0, over, Err(End::Late));
        let Some(mut before) = watched.at(over)? else { return Ok(None) };
        while moment < self.scenario.duration && row < ROW {
            moment = moment.saturating_add(Nanos::from_secs_f64(seconds)).min(self.scenario.duration);
            let Some(now) = watched.at(moment)? else { return Ok(None) };
            let happened = now.since(before);
            last = happened.are_answered().and(if now.waiting > room { Err(End::Backlog) } else { Ok(()) });
            row = if last.is_ok() { row + 1 } else { 0 };
            before = now;
        }
        // One that was on its way when the time was over has not healed.
        Ok(Some(if row == ROW { Ok(()) } else { Err(last.err().unwrap_or(End::Late)) }))
    }
}
