//! Random worlds over the whole range that a scenario may have, extremes and corners included: each is refused with a
//! field, or it runs without panic, in steps that keep to their budget, in no more memory than was estimated, and settles,
//! or is stopped by a named limit, or by this check when it has seen enough.
//!
//! Like the [storms](super::storms), worlds are made from the types; but storms stay where strategies differ, and these go
//! wherever the limits let them. A world drawn at random is nearly always too large, so most are made smaller until the
//! check accepts them: what it accepts is what must be shown to run.
//!
//! `make test` runs a few; `make test-long` ten thousand. `WORLDS=17` prints and runs that one, `WORLDS=100..200` these.

#![allow(clippy::disallowed_methods, reason = "how long a world took is shown, and decides nothing")]

use std::ops::Range as Numbers;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cachelane::experiment::Experiment;
use cachelane::random::{Stream, Streams};
use cachelane::scenario::estimate::Amount;
use cachelane::scenario::form::{Form, FormField, Input};
use cachelane::scenario::limits::Range;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use cachelane::work;

/// Enough of one world, in steps of work.
const ENOUGH: u64 = 500_000;
/// The most steps of work between two questions whether to stop: a lane's slice, and what one event did at the end of it.
const STEP: u64 = 10_000_000;

// ---- Making worlds ----

/// A number from the whole range: an end of it, or anything between, small ones as likely as large ones.
fn number(draws: &mut Stream, least: f64, most: f64) -> f64 {
    match draws.below(8) {
        0 => least,
        1 => most,
        _ => {
            let low = least.max(most * 1e-12).max(1e-9);
            low * libm::pow(most / low, draws.unit())
        }
    }
    .clamp(least, most)
}

fn whole(draws: &mut Stream, least: u64, most: u64) -> u64 {
    match draws.below(8) {
        0 => least,
        1 => most,
        2 => (least + 1).min(most),
        _ => (number(draws, least.max(1) as f64, most as f64) as u64).clamp(least, most),
    }
}

fn time(draws: &mut Stream, least: Nanos, most: Nanos) -> Nanos {
    Nanos(whole(draws, least.0, most.0))
}

/// The ends of a field's range, where it is one of times.
fn times(field: &FormField) -> (Nanos, Nanos) {
    match field.limit.map(|limit| limit.range) {
        Some(Range::Time(least, most)) => (least, most),
        _ => (Nanos::ZERO, Nanos::from_secs(3_600)),
    }
}

fn distribution(draws: &mut Stream, (least, most): (Nanos, Nanos)) -> String {
    let mut any = || time(draws, least, most);
    let (a, b) = (any(), any());
    let (low, high) = (a.min(b), a.max(b));
    match draws.below(8) {
        0 => format!("exponential({a})"),
        1 => format!("uniform(min:{low},max:{high})"),
        2 => format!("lognormal(median:{low},p99:{high})"),
        3 => format!("normal(mean:{a},sd:{b})"),
        _ => a.to_string(),
    }
}

fn size(draws: &mut Stream, most: f64) -> String {
    format!("{}B", number(draws, 0.0, most) as u64)
}

fn ttl(draws: &mut Stream, (least, most): (Nanos, Nanos)) -> String {
    let (a, b) = (time(draws, least, most), time(draws, least, most));
    match draws.below(6) {
        0 => "none".to_owned(),
        1 => format!("sliding({a})"),
        2 => format!("jittered(ttl:{a},spread:{})", number(draws, 0.0, 1.0)),
        3 => format!("mixed([[{a},0.4],[{b},0.6]])"),
        _ => a.to_string(),
    }
}

/// A value for a field, as links write it; none where it should stay.
fn value(field: &FormField, draws: &mut Stream) -> Option<String> {
    if matches!(field.path.as_str(), "name" | "seed") || field.path.ends_with(".name") {
        return None;
    }
    if field.limit.is_some_and(|limit| limit.or_none) && draws.chance(0.3) {
        return Some("none".to_owned());
    }
    Some(match (&field.takes, field.limit.map(|limit| limit.range)) {
        (Input::Choice(words), _) => {
            // Whoever reads a trace needs the file.
            let words: Vec<&str> =
                words.iter().map(|(word, _)| word.as_str()).filter(|word| *word != "trace").collect();
            words[draws.below(words.len() as u32) as usize].to_owned()
        }
        (Input::Flag, _) => draws.chance(0.5).to_string(),
        (Input::Whole, Some(Range::Whole(least, most))) => whole(draws, least, most).to_string(),
        (Input::Number, Some(Range::Number(least, most))) => number(draws, least, most).to_string(),
        (Input::Duration, _) => {
            let (least, most) = times(field);
            time(draws, least, most).to_string()
        }
        (Input::Other(_), Some(Range::Capacity(entries, least, most))) => match draws.chance(0.7) {
            true => whole(draws, 1, entries.into()).to_string(),
            false => format!("{}B", whole(draws, least.0, most.0)),
        },
        (Input::Other(_), Some(Range::Size(_, most))) => match draws.below(3) {
            0 => format!("exponential({})", size(draws, most.0 as f64)),
            _ => size(draws, most.0 as f64),
        },
        (Input::Ttl(_), _) => ttl(draws, times(field)),
        (Input::Distribution(_), _) => distribution(draws, times(field)),
        (Input::Other(what), _) if what.to_string().contains("distribution") => distribution(draws, times(field)),
        _ => return None,
    })
}

fn fault(scenario: &Scenario, draws: &mut Stream) -> Fault {
    let what = FaultKind::ALL[draws.below(FaultKind::ALL.len() as u32) as usize];
    let month = Nanos::from_secs(30 * 86_400);
    let at = match draws.below(5) {
        0 => FaultTime::Every(time(draws, Nanos(scenario.duration.0 / 90_000).max(Nanos::from_millis(1)), month)),
        1 => FaultTime::BeforeFlush(whole(draws, 1, 1_000_000_000)),
        2 => FaultTime::AfterAcknowledged(whole(draws, 1, 1_000_000_000)),
        _ => FaultTime::Moment(Nanos((scenario.duration.0 as f64 * draws.unit() * 0.999) as u64)),
    };
    let servers = match what.part() {
        Part::App => scenario.app.servers,
        Part::Cache => scenario.cache.shards,
        Part::Replica => (scenario.cache.shards * scenario.cache.replicas).max(1),
        Part::Link | Part::Worker | Part::Database => 1,
    };
    let which = match what.part() {
        Part::Link => Some(FaultTarget::Link(Link::ALL[draws.below(Link::ALL.len() as u32) as usize])),
        Part::Worker | Part::Database => None,
        Part::App => Some(FaultTarget::Server(draws.below(servers))),
        Part::Cache | Part::Replica => draws.chance(0.5).then(|| FaultTarget::Server(draws.below(servers))),
    };
    let lasts = time(draws, Nanos::from_micros(1), month);
    let times = what.has_times().then(|| number(draws, 1.0, 1_000.0));
    let share = what.has_share().then(|| number(draws, 0.0, 1.0));
    let silent = what.can_be_silent().then(|| draws.chance(0.5));
    let mut either = || what.is_in_order().then(|| draws.chance(0.5));
    let (flush, save) = (either(), either());
    Fault { which, lasts, times, share, silent, flush, save, ..Fault::new(what, at) }
}

/// A world as it is drawn: every value in its range, and none that contradicts another.
fn drawn(number: u64) -> Scenario {
    let mut draws = Streams::new(number).named("world");
    let lanes = if draws.chance(0.7) { 1 } else { 1 + draws.below(12) };
    let mut scenario = Scenario { seed: number, lanes: vec![Lane::default(); lanes as usize], ..Scenario::default() };
    let share: f64 = [0.05, 0.2, 0.6, 0.9][draws.below(4) as usize];
    // Options appear when their choice is made: twice round.
    for round in 0..2 {
        let form = Form::of(&scenario);
        let mut fields = form.fields("");
        (0..lanes).for_each(|lane| fields.extend(form.fields(&format!("lane.{lane}"))));
        for field in fields.into_iter().filter(|field| round == 0 || field.is_option) {
            let often = if field.path.starts_with("lane") { share.max(0.4) } else { share };
            if draws.chance(often)
                && let Some(value) = value(&field, &mut draws)
            {
                scenario = scenario.drafted(&field.path, &value).unwrap_or(scenario);
            }
        }
    }
    for _ in 0..[0, 0, 1, 3, 12][draws.below(5) as usize] {
        let fault = fault(&scenario, &mut draws);
        scenario.faults.push(fault);
    }
    mended(scenario)
}

/// Whether a problem says that a world is too large, not that it makes no sense.
fn is_of_size(problem: &Problem) -> bool {
    let sentence = problem.reason.to_string();
    ["of memory", "can be simulated", "can be remembered", "can be known", "can be;", "it would occur"]
        .iter()
        .any(|words| sentence.contains(words))
}

/// The world without what makes no sense in it.
fn mended(mut scenario: Scenario) -> Scenario {
    for _ in 0..200 {
        let problems = scenario.check().map_or_else(|error| error.problems, |()| Vec::new());
        let Some(problem) = problems.iter().find(|problem| !is_of_size(problem)) else { return scenario };
        scenario = without(scenario, &problem.field);
    }
    panic!("it cannot be mended: {}\n{:?}", scenario.to_toml(), scenario.check());
}

/// The world with the default at `path`, or in the part around it.
fn without(mut scenario: Scenario, path: &str) -> Scenario {
    if let Some(rest) = path.strip_prefix("fault.") {
        let number: usize = rest.split('.').next().and_then(|number| number.parse().ok()).expect("a fault's number");
        scenario.faults.remove(number);
        return scenario;
    }
    if path == "warmup" {
        scenario.warmup = Nanos::ZERO;
        return scenario;
    }
    let mut path = path;
    loop {
        match scenario.without(path) {
            Ok(less) if less != scenario => return less,
            _ => {}
        }
        let Some((outer, _)) = path.rsplit_once('.') else { return Scenario::default() };
        path = outer;
    }
}

/// The world made smaller until it is accepted.
fn shrunk(mut scenario: Scenario, draws: &mut Stream) -> Scenario {
    for round in 0..200 {
        let Err(error) = scenario.check() else { return scenario };
        // What other fields do not make smaller is taken from the field that is blamed.
        match error.problems.iter().find(|problem| round > 100 || !is_of_size(problem)) {
            Some(problem) => scenario = without(scenario, &problem.field.clone()),
            None => shrink(&mut scenario, draws),
        }
    }
    panic!("it stays too large: {}\n{:?}", scenario.to_toml(), scenario.check());
}

fn shrink(scenario: &mut Scenario, draws: &mut Stream) {
    let less = |count: &mut u32| *count = (*count / 8).max(1);
    match draws.below(5) {
        0 | 1 => {
            scenario.duration = Nanos(scenario.duration.0 / 10).max(Nanos::from_millis(1));
            scenario.warmup = scenario.warmup.min(Nanos(scenario.duration.0 / 2));
        }
        2 => match &mut scenario.clients.arrivals {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } | Arrivals::Wave { rate, .. } => {
                *rate = (*rate / 10.0).max(0.001);
            }
            Arrivals::Bursts { rate, quiet, .. } => (*rate, *quiet) = ((*rate / 10.0).max(0.001), *quiet / 10.0),
            Arrivals::Spike(spike) => spike.rate = (spike.rate / 10.0).max(0.001),
            Arrivals::Closed { users, .. } => less(users),
            Arrivals::Trace { .. } => {}
        },
        3 => match &mut scenario.clients.keys {
            Keys::Uniform { count }
            | Keys::Zipf { count, .. }
            | Keys::ZipfSample { count, .. }
            | Keys::HotSet { count, .. }
            | Keys::Latest { count, .. }
            | Keys::Scan { count } => less(count),
            Keys::Trace { .. } => {}
        },
        _ => {
            scenario.lanes.pop();
            if scenario.lanes.is_empty() {
                scenario.lanes.push(Lane::default());
            }
        }
    }
}

// ---- Judging them ----

/// What became of the worlds.
#[derive(Debug, Default)]
struct Figures {
    drawn: u64,
    /// Of those drawn, before any was made smaller.
    accepted: u64,
    refused: u64,
    settled: u64,
    cut: u64,
    stopped: std::collections::BTreeMap<String, u64>,
    /// The greatest, each with the world's number.
    step: (u64, u64),
    peak: (u64, u64),
    /// How much of its estimate a world took at most.
    share: (f64, u64),
    /// The longest that a world took, in seconds: shown, so that work that nobody counts is seen.
    longest: (f64, u64),
}

impl Figures {
    fn add(&mut self, other: Figures) {
        self.drawn += other.drawn;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.settled += other.settled;
        self.cut += other.cut;
        other.stopped.into_iter().for_each(|(why, count)| *self.stopped.entry(why).or_default() += count);
        self.step = self.step.max(other.step);
        self.peak = self.peak.max(other.peak);
        for (mine, theirs) in [(&mut self.share, other.share), (&mut self.longest, other.longest)] {
            if theirs.0 > mine.0 {
                *mine = theirs;
            }
        }
    }
}

/// The world of this number, made smaller until it is accepted; `None` where it is left as it was drawn, and refused.
fn world(number: u64, figures: &mut Figures) -> Option<Scenario> {
    let mut draws = Streams::new(number).named("judge");
    let scenario = drawn(number);
    figures.drawn += 1;
    let accepted = scenario.check().is_ok();
    figures.accepted += u64::from(accepted);
    if !accepted && draws.chance(0.1) {
        figures.refused += 1;
        return None;
    }
    Some(shrunk(scenario, &mut draws))
}

/// Draws and judges the world of this number.
fn judge(number: u64, figures: &mut Figures) {
    let Some(scenario) = world(number, figures) else { return };
    let estimate = scenario.estimate();
    let mut step = 0;
    let mut judged = Err(String::new());
    let taken = allocation_counter::measure(|| judged = run(&scenario, &mut step));
    match judged {
        Ok(None) => figures.settled += 1,
        Ok(Some(why)) if why.is_empty() => figures.cut += 1,
        Ok(Some(why)) => *figures.stopped.entry(why).or_default() += 1,
        Err(why) => panic!("{why}"),
    }
    figures.step = figures.step.max((step, number));
    figures.peak = figures.peak.max((taken.bytes_max, number));
    let share = taken.bytes_max as f64 / estimate.bytes();
    if share > figures.share.0 {
        figures.share = (share, number);
    }
    assert!(step <= STEP, "{step} steps of work between two questions");
    assert!(
        share <= 1.0,
        "it took {}, and the estimate is {}: {:#?}",
        Amount(taken.bytes_max as f64),
        Amount(estimate.bytes()),
        estimate.shares()
    );
}

/// Runs all lanes for as long as there is something to see; why it did not settle, if it did not.
fn run(scenario: &Scenario, longest: &mut u64) -> Result<Option<String>, String> {
    let mut experiment = Experiment::new(scenario, None).map_err(|error| error.to_string())?;
    let begun = work::done();
    while !experiment.finished() && work::done() - begun < ENOUGH {
        let before = work::done();
        experiment.advance(Nanos::MAX, || true);
        *longest = (*longest).max(work::done() - before);
    }
    let report = experiment.report();
    let requests: u64 = report.lanes.iter().map(|lane| lane.requests).sum();
    let most = scenario.estimate().requests();
    if requests as f64 > most {
        return Err(format!("{requests} requests, and the estimate is {most}"));
    }
    (0..scenario.lanes.len()).for_each(|lane| _ = experiment.series(lane, 0, 1));
    if !experiment.finished() {
        return Ok(Some(String::new()));
    }
    // The limit's name is enough to count by.
    let why = experiment.stopped().next().map(|(_, why)| format!("{why:?}"));
    Ok(why.map(|why| why.split_once(' ').map_or(why.clone(), |(name, _)| name.to_owned())))
}

/// The figures of these worlds; panics with the first that fails.
fn judge_all(numbers: Numbers<u64>) -> Figures {
    if numbers.end - numbers.start == 1 {
        let world = world(numbers.start, &mut Figures::default());
        println!("{}", world.map_or_else(|| "refused".to_owned(), |world| world.to_toml()));
    }
    let (next, failed) = (AtomicU64::new(numbers.start), Mutex::new(None));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let mut together = Figures::default();
    std::thread::scope(|scope| {
        let work = || {
            let mut figures = Figures::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    return figures;
                }
                let begun = Instant::now();
                let outcome = catch_unwind(AssertUnwindSafe(|| judge(number, &mut figures)));
                let took = begun.elapsed().as_secs_f64();
                if took > figures.longest.0 {
                    figures.longest = (took, number);
                }
                if let Err(panic) = outcome {
                    next.store(numbers.end, Ordering::Relaxed);
                    let words = panic.downcast_ref::<String>().cloned();
                    let words = words.or_else(|| panic.downcast_ref::<&str>().map(|&words| words.to_owned()));
                    failed.lock().expect("a number").get_or_insert((number, words.unwrap_or_default()));
                }
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| together.add(thread.join().expect("panics are caught")));
    });
    if let Some((number, why)) = failed.lock().expect("a number").take() {
        let world = catch_unwind(|| world(number, &mut Figures::default()));
        let toml = world.ok().flatten().map_or_else(|| "it could not be drawn".to_owned(), |world| world.to_toml());
        panic!("world {number} fails: {why}\n{toml}");
    }
    println!("{together:#?}");
    together
}

fn asked_for(usual: Numbers<u64>) -> Numbers<u64> {
    let Ok(text) = std::env::var("WORLDS") else { return usual };
    let number = |text: &str| text.parse::<u64>().expect("WORLDS is a number, or two with .. between");
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(&text)..number(&text) + 1,
    }
}

#[test]
fn whatever_is_accepted_runs_in_the_memory_that_was_estimated() {
    let figures = judge_all(asked_for(0..60));
    assert!(figures.settled * 4 >= figures.drawn, "too few are seen to their end: {figures:?}");
}

#[test]
#[ignore = "ten thousand worlds: make test-long"]
fn ten_thousand_worlds_run_in_the_memory_that_was_estimated() {
    let numbers = asked_for(0..10_000);
    let whole = numbers == (0..10_000);
    let figures = judge_all(numbers);
    assert!(!whole || (figures.refused > 100 && figures.accepted > 1_000), "{figures:?}");
}
