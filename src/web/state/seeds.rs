//! *Many seeds*: the scenario as it is, run with seed after seed by a crew of workers, and what has come of it so far.
//!
//! [`Seeds`] is told what happens and gives the [`Order`]s that must be carried out; it touches nothing else. It is no part of
//! the page's [`State`](super::State), which every embed has: an embed does without it.

use std::rc::Rc;

use super::Failure;
use super::board::{self, Unit};
use crate::chart::strip::Kind;
use crate::chart::text;
use crate::experiment::harm::Numbers;
use crate::phrase::{Phrase, phrase};
use crate::report::measures::{MEASURES, Measure};
use crate::scenario::{Keys, Scenario};
use crate::stats::Spread;
use crate::web::platform::protocol::{FromWorker, ToWorker};

/// How many seeds are on offer.
pub const COUNTS: [u32; 3] = [20, 100, 500];

/// How many are run unless the reader chooses.
pub const COUNT: u32 = COUNTS[1];

/// What must be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Say this to the worker of that number.
    Say(usize, Box<ToWorker>),
    /// End all workers, whatever they are at.
    EndAll,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// Workers are at it.
    Running,
    /// All runs have come to their end.
    Done,
    /// The reader wanted no more, or another scenario came; what there is until then stands.
    Cancelled,
    /// A run says nothing, so that the mean of all would say something wrong.
    Refused(Phrase),
    /// The workers have failed, with the last one's own words.
    Failed(Failure, String),
}

/// See the [module](self).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seeds {
    /// How often it was asked for.
    generation: u32,
    phase: Phase,
    /// What is run.
    scenario: Option<Rc<Scenario>>,
    /// By their numbers: what has come of each run.
    runs: Vec<Option<Numbers>>,
    /// The first run that nobody has begun.
    next: u32,
    /// Runs that a worker has left unfinished.
    left: Vec<u32>,
    /// Which run each worker is at, while it is there.
    workers: Vec<Worker>,
}

/// A worker, as it is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    At(u32),
    Free,
    Gone,
}

impl Seeds {
    /// Begins with `count` runs of `scenario` by so many workers, which have just been started.
    pub fn begin(&mut self, scenario: Rc<Scenario>, count: u32, workers: usize) -> Vec<Order> {
        *self = Seeds {
            generation: self.generation + 1,
            phase: Phase::Running,
            scenario: Some(scenario),
            runs: vec![None; count as usize],
            workers: vec![Worker::Free; workers],
            ..Seeds::default()
        };
        (0..workers).filter_map(|worker| self.give(worker)).collect()
    }

    /// A worker has said something.
    pub fn hear(&mut self, worker: usize, said: FromWorker) -> Vec<Order> {
        if self.phase != Phase::Running {
            return Vec::new();
        }
        match said {
            FromWorker::Measuring { generation, run } if self.is_at(worker, generation, run) => {
                self.ask(worker, run).into_iter().collect()
            }
            FromWorker::Measured { generation, run, numbers } if self.is_at(worker, generation, run) => {
                self.runs[run as usize] = Some(numbers);
                self.workers[worker] = Worker::Free;
                if self.done() as usize == self.runs.len() {
                    return self.end(Phase::Done);
                }
                self.give(worker).into_iter().collect()
            }
            FromWorker::Refused { generation, why } if generation == self.generation => self.end(Phase::Refused(why)),
            FromWorker::Panicked { message } => self.end(Phase::Failed(Failure::Crashed, message)),
            _ => Vec::new(),
        }
    }

    /// A worker has ended. One that did not start, or had no memory, is one fewer: the others do what it was to do.
    pub fn lose(&mut self, worker: usize, failure: Failure, details: String) -> Vec<Order> {
        if self.phase != Phase::Running {
            return Vec::new();
        }
        let others = self.workers.iter().enumerate().filter(|(other, is)| *other != worker && **is != Worker::Gone);
        let is_bearable = matches!(failure, Failure::NotStarted | Failure::OutOfMemory) && others.count() > 0;
        if !is_bearable {
            return self.end(Phase::Failed(failure, details));
        }
        if let Some(Worker::At(run)) = self.workers.get(worker).copied() {
            self.left.push(run);
        }
        self.workers[worker] = Worker::Gone;
        let free: Vec<usize> = (0..self.workers.len()).filter(|other| self.workers[*other] == Worker::Free).collect();
        free.into_iter().filter_map(|other| self.give(other)).collect()
    }

    /// The reader wants no more.
    pub fn cancel(&mut self) -> Vec<Order> {
        if self.phase == Phase::Running { self.end(Phase::Cancelled) } else { Vec::new() }
    }

    /// Another scenario is on the page: who is at the former one need not go on.
    pub fn change_to(&mut self, scenario: &Scenario) -> Vec<Order> {
        if self.is_stale(scenario) { self.cancel() } else { Vec::new() }
    }

    /// Whether what there is is of another scenario than this one; the seed does not count, since many were run.
    pub fn is_stale(&self, scenario: &Scenario) -> bool {
        self.scenario.as_ref().is_some_and(|own| !is_but_for_its_seed(own, scenario))
    }

    /// How far it is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What is run, or was.
    pub fn scenario(&self) -> Option<&Rc<Scenario>> {
        self.scenario.as_ref()
    }

    /// How many runs have come to their end.
    pub fn done(&self) -> u32 {
        self.runs.iter().flatten().count() as u32
    }

    /// How many there are in all.
    pub fn count(&self) -> u32 {
        self.runs.len() as u32
    }

    /// The runs from the first on that have all come to their end: what `--seeds` would run of as many.
    pub fn complete(&self) -> Vec<Numbers> {
        self.runs.iter().map_while(Clone::clone).collect()
    }

    fn is_at(&self, worker: usize, generation: u32, run: u32) -> bool {
        generation == self.generation && self.workers.get(worker) == Some(&Worker::At(run))
    }

    /// Gives a free worker a run that nobody is at, if there is one.
    fn give(&mut self, worker: usize) -> Option<Order> {
        let fresh = (self.next < self.count()).then_some(self.next);
        let run = self.left.pop().or(fresh)?;
        self.next = self.next.max(run + 1);
        self.workers[worker] = Worker::At(run);
        self.ask(worker, run)
    }

    fn ask(&self, worker: usize, run: u32) -> Option<Order> {
        let scenario = self.scenario.as_ref()?;
        let seeded = Scenario { seed: scenario.seed_of_run(run), ..(**scenario).clone() };
        let said = ToWorker::Measure { generation: self.generation, run, scenario: Box::new(seeded) };
        Some(Order::Say(worker, Box::new(said)))
    }

    fn end(&mut self, phase: Phase) -> Vec<Order> {
        self.phase = phase;
        self.workers.clear();
        vec![Order::EndAll]
    }
}

/// Whether two scenarios are one but for their seeds.
pub fn is_but_for_its_seed(one: &Scenario, other: &Scenario) -> bool {
    one.seed == other.seed && one == other || Scenario { seed: other.seed, ..one.clone() } == *other
}

/// Whether the scenario can be run by the crew. A trace is held by one worker, the run's own.
pub fn is_offered(scenario: &Scenario) -> bool {
    !matches!(scenario.clients.keys, Keys::Trace { .. })
}

/// A measure, what the page calls it, and how it is written.
pub struct Called {
    /// The measure.
    pub measure: &'static Measure,
    /// What the page calls it.
    pub title: Phrase,
    /// How it is written.
    pub unit: Unit,
}

impl Called {
    /// With how many decimals numbers of that spread are written: as many as its interval tells apart.
    pub fn decimals(&self, spread: &Spread) -> usize {
        let half = self.scale() * (spread.high - spread.low) / 2.0;
        if half > 0.0 {
            let most = if self.unit == Unit::Amount { 9.0 } else { 4.0 };
            return libm::ceil(-libm::log10(half) - 1e-9).clamp(0.0, most) as usize;
        }
        match self.scale() * spread.mean.abs() {
            mean if self.unit == Unit::Count || mean == 0.0 => 0,
            mean if mean >= 10.0 => 1,
            mean if mean >= 1.0 => 2,
            mean if self.unit == Unit::Amount => libm::ceil(2.0 - libm::log10(mean)).clamp(0.0, 9.0) as usize,
            _ => 3,
        }
    }

    /// A number in words: `1,234`, `14.2 ms`, `97.31 %`.
    pub fn say(&self, value: f64, decimals: usize) -> String {
        format!("{}{}", self.plain(value, decimals), self.sign())
    }

    /// From where to where the mean lies: `371 … 388`.
    pub fn interval(&self, spread: &Spread, decimals: usize) -> String {
        format!("{} … {}", self.plain(spread.low, decimals), self.say(spread.high, decimals))
    }

    /// The least or the greatest of all runs: of what is counted a whole number.
    pub fn end(&self, value: f64, decimals: usize) -> String {
        self.say(value, if self.unit == Unit::Count { 0 } else { decimals })
    }

    /// A difference, with its sign: `+12`, `−0.3 ms`; of shares in percentage points, `−4.08 pp`.
    pub fn difference(&self, value: f64, decimals: usize) -> Phrase {
        let plain = self.signed(value, decimals);
        let sign = if self.unit == Unit::Share { POINTS } else { Phrase::new(self.sign(), self.sign()) };
        phrase!("{plain}{sign}", "{plain}{sign}", sign)
    }

    /// From where to where the mean of a difference lies: `+302 … +318`.
    pub fn differences(&self, spread: &Spread, decimals: usize) -> String {
        format!("{} … {}", self.signed(spread.low, decimals), self.signed(spread.high, decimals))
    }

    fn signed(&self, value: f64, decimals: usize) -> String {
        let plain = self.plain(value, decimals);
        let is_nothing = !plain.contains(|c: char| ('1'..='9').contains(&c));
        if value > 0.0 && !is_nothing { format!("+{plain}") } else { plain }
    }

    fn plain(&self, value: f64, decimals: usize) -> String {
        let text = format!("{:.*}", decimals, (self.scale() * value).abs());
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), text::count);
        let is_nothing = !text.contains(|c: char| ('1'..='9').contains(&c));
        format!("{}{whole}{rest}", if value < 0.0 && !is_nothing { "−" } else { "" })
    }

    fn scale(&self) -> f64 {
        if self.unit == Unit::Share { 100.0 } else { 1.0 }
    }

    fn sign(&self) -> &'static str {
        match self.unit {
            Unit::Count | Unit::Amount => "",
            Unit::Millis => " ms",
            Unit::Share => " %",
        }
    }

    /// How it lies on the line of its runs.
    pub fn kind(&self) -> Kind {
        match self.unit {
            Unit::Count => Kind::Count,
            Unit::Amount => Kind::Amount,
            Unit::Millis => Kind::Millis,
            Unit::Share => Kind::Share,
        }
    }

    /// Its place among the measures.
    pub fn place(&self) -> usize {
        // few: the measures there are
        MEASURES.iter().position(|measure| measure.name == self.measure.name).unwrap_or_default()
    }
}

const POINTS: Phrase = Phrase::fixed(" pp", " %p");
// The table of lanes counts failed requests among its latencies; here they are left out, and the names say so.
const READ_P50: Phrase = Phrase::fixed("Read p50 without failed requests", "읽기 p50(실패한 요청 제외)");
const READ_P99: Phrase = Phrase::fixed("Read p99 without failed requests", "읽기 p99(실패한 요청 제외)");
const WRITE_P50: Phrase = Phrase::fixed("Write p50 without failed requests", "쓰기 p50(실패한 요청 제외)");
const WRITE_P99: Phrase = Phrase::fixed("Write p99 without failed requests", "쓰기 p99(실패한 요청 제외)");
const DATABASE_READS: Phrase = Phrase::fixed("Database reads", "DB 읽기");
const ROWS_WRITTEN: Phrase = Phrase::fixed("Rows written", "DB 쓰기 행 수");
const DATABASE_QUEUE: Phrase = Phrase::fixed("Max DB queue", "DB 큐 최댓값");
const LOST: Phrase = Phrase::fixed("Lost writes", "유실된 쓰기");

/// A measure by its name, as the page calls it; none without that name.
pub fn called(name: &str) -> Option<Called> {
    // few: the measures there are
    let measure = MEASURES.iter().find(|measure| measure.name == name)?;
    let (title, unit) = match name {
        "ever_lost" => (LOST, Unit::Count),
        "lost_increments" => (board::LOST_INCREMENTS, Unit::Count),
        "errors" => (board::ERRORS, Unit::Count),
        "stale_reads" => (board::STALE, Unit::Count),
        "diverging_copies_max" => (board::DIVERGING, Unit::Count),
        "at_risk_max" => (board::AT_RISK, Unit::Count),
        "goodput" => (board::GOODPUT, Unit::Share),
        "hit_ratio" => (board::HIT_RATIO, Unit::Share),
        "read_p50_ms" => (READ_P50, Unit::Millis),
        "read_p99_ms" => (READ_P99, Unit::Millis),
        "write_p50_ms" => (WRITE_P50, Unit::Millis),
        "write_p99_ms" => (WRITE_P99, Unit::Millis),
        "database_reads" => (DATABASE_READS, Unit::Count),
        "rows_written" => (ROWS_WRITTEN, Unit::Count),
        "database_queue_max" => (DATABASE_QUEUE, Unit::Count),
        "cost" => (board::COST, Unit::Amount),
        "requests" => (board::REQUESTS, Unit::Count),
        _ => return None,
    };
    Some(Called { measure, title, unit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Language;
    use crate::scenario::presets;

    fn scenario() -> Rc<Scenario> {
        Rc::new(presets::get("default").unwrap().scenario().clone())
    }

    fn numbers(value: f64) -> Numbers {
        vec![[Some(value); MEASURES.len()]; 5]
    }

    /// Who was told to go at which run, with which seed.
    fn given(orders: &[Order]) -> Vec<(usize, u32, u64)> {
        let said = orders.iter().filter_map(|order| match order {
            Order::Say(worker, said) => match &**said {
                ToWorker::Measure { run, scenario, .. } => Some((*worker, *run, scenario.seed)),
                _ => None,
            },
            Order::EndAll => None,
        });
        said.collect()
    }

    fn measured(generation: u32, run: u32) -> FromWorker {
        FromWorker::Measured { generation, run, numbers: numbers(f64::from(run)) }
    }

    #[test]
    fn who_is_free_gets_the_next_run_until_all_are_done_each_in_its_place() {
        let (mut seeds, first) = (Seeds::default(), scenario().seed);
        assert_eq!(given(&seeds.begin(scenario(), 4, 2)), [(0, 0, first), (1, 1, first + 1)]);
        // The second is quicker.
        assert_eq!(given(&seeds.hear(1, measured(1, 1))), [(1, 2, first + 2)]);
        assert_eq!((seeds.done(), seeds.complete().len()), (1, 0), "from the first on, none is complete");
        let again = seeds.hear(0, FromWorker::Measuring { generation: 1, run: 0 });
        assert_eq!(given(&again), [(0, 0, first)], "a run goes on until it is done");
        assert_eq!(given(&seeds.hear(1, measured(1, 2))), [(1, 3, first + 3)]);
        assert_eq!(seeds.hear(1, measured(1, 3)), [], "nothing is left to begin");
        assert_eq!(seeds.hear(0, measured(1, 0)), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Done);
        assert_eq!(seeds.complete(), [0.0, 1.0, 2.0, 3.0].map(numbers));
    }

    #[test]
    fn what_is_cancelled_ends_at_once_and_keeps_the_runs_from_the_first_on() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), 20, 3);
        for (worker, run) in [(0, 0), (1, 1), (0, 3)] {
            seeds.hear(worker, measured(1, run));
        }
        assert_eq!(seeds.cancel(), [Order::EndAll]);
        assert_eq!((seeds.phase(), seeds.done(), seeds.complete().len()), (&Phase::Cancelled, 3, 2));
        assert_eq!(seeds.hear(2, measured(1, 2)), [], "too late");
        assert_eq!((seeds.done(), seeds.cancel()), (3, vec![]));
    }

    #[test]
    fn what_an_older_crew_says_is_thrown_away() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), 2, 1);
        seeds.cancel();
        seeds.begin(scenario(), 2, 1);
        assert_eq!(seeds.hear(0, measured(1, 0)), []);
        assert_eq!(seeds.hear(0, FromWorker::Refused { generation: 1, why: Phrase::fixed("", "") }), []);
        assert_eq!((seeds.phase(), seeds.done()), (&Phase::Running, 0));
    }

    #[test]
    fn a_worker_that_does_not_start_or_has_no_memory_is_one_fewer() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), 3, 2);
        assert_eq!(seeds.lose(1, Failure::OutOfMemory, String::new()), []);
        let first = scenario().seed;
        assert_eq!(given(&seeds.hear(0, measured(1, 0))), [(0, 1, first + 1)], "what it was at is done by another");
        assert_eq!(given(&seeds.hear(0, measured(1, 1))), [(0, 2, first + 2)]);
        assert_eq!(seeds.hear(0, measured(1, 2)), [Order::EndAll]);
        assert_eq!(seeds.complete(), [0.0, 1.0, 2.0].map(numbers));
    }

    #[test]
    fn who_is_free_takes_over_what_another_one_left_last() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), 2, 2);
        seeds.hear(0, measured(1, 0));
        assert_eq!(given(&seeds.lose(1, Failure::NotStarted, String::new())), [(0, 1, scenario().seed + 1)]);
    }

    #[test]
    fn the_last_worker_s_failure_and_every_crash_end_it_all() {
        let mut seeds = Seeds::default();
        seeds.begin(scenario(), 3, 1);
        assert_eq!(seeds.lose(0, Failure::NotStarted, "why".into()), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Failed(Failure::NotStarted, "why".into()));
        seeds.begin(scenario(), 3, 2);
        assert_eq!(seeds.lose(1, Failure::Crashed, String::new()), [Order::EndAll]);
        seeds.begin(scenario(), 3, 2);
        assert_eq!(seeds.hear(0, FromWorker::Panicked { message: "oh".into() }), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Failed(Failure::Crashed, "oh".into()));
        seeds.begin(scenario(), 3, 2);
        let why = Phrase::fixed("too much", "너무 큼");
        assert_eq!(seeds.hear(1, FromWorker::Refused { generation: 4, why: why.clone() }), [Order::EndAll]);
        assert_eq!(seeds.phase(), &Phase::Refused(why));
    }

    #[test]
    fn another_scenario_ends_it_and_makes_it_stale_and_another_seed_does_not() {
        let mut seeds = Seeds::default();
        assert!(!seeds.is_stale(&scenario()), "there is nothing");
        seeds.begin(scenario(), 20, 2);
        let other_seed = Scenario { seed: 99, ..(*scenario()).clone() };
        assert_eq!((seeds.change_to(&other_seed), seeds.is_stale(&other_seed)), (vec![], false));
        let mut other = (*scenario()).clone();
        other.database.workers += 1;
        assert_eq!(seeds.change_to(&other), [Order::EndAll]);
        assert!(seeds.is_stale(&other) && !seeds.is_stale(&scenario()), "an edit that is undone makes it good again");
    }

    #[test]
    fn every_measure_has_its_words_and_its_unit() {
        for measure in MEASURES {
            let called =
                called(measure.name).unwrap_or_else(|| panic!("{}: what does the page call it?", measure.name));
            assert_eq!(called.measure.name, measure.name);
            assert_eq!(called.unit == Unit::Share, measure.is_share, "{}", measure.name);
            assert_eq!(called.unit == Unit::Millis, measure.name.ends_with("_ms"), "{}", measure.name);
        }
        assert!(called("none").is_none());
    }

    #[test]
    fn numbers_have_the_digits_that_their_interval_tells_apart() {
        let said = |name: &str, values: &[f64]| {
            let (called, spread) = (called(name).unwrap(), Spread::of(values).unwrap());
            let decimals = called.decimals(&spread);
            [
                called.say(spread.mean, decimals),
                called.interval(&spread, decimals),
                called.difference(spread.mean, decimals).to_string(),
            ]
        };
        assert_eq!(said("requests", &[23_000.0, 25_000.0, 24_000.5]), ["24,000", "21,516 … 26,484", "+24,000"]);
        assert_eq!(said("ever_lost", &[1.0, 2.0, 1.0, 2.0]), ["1.5", "0.6 … 2.4", "+1.5"]);
        assert_eq!(said("ever_lost", &[0.0, 0.0]), ["0", "0 … 0", "0"]);
        assert_eq!(said("read_p50_ms", &[14.21, 14.23, 14.22]), ["14.22 ms", "14.20 … 14.24 ms", "+14.22 ms"]);
        assert_eq!(said("goodput", &[0.971, 0.975, 0.973]), ["97.3 %", "96.8 … 97.8 %", "+97.3 pp"]);
        assert_eq!(said("stale_reads", &[-1_200.0, -1_201.0])[2], "−1,200");
        assert_eq!(said("stale_reads", &[-0.2, 0.1, 0.05])[2], "0.0", "what is nothing when written has no sign");
        assert_eq!(said("goodput", &[0.0, 0.0])[2], "0 pp");
        assert_eq!(called("goodput").unwrap().difference(-0.0408, 2).say(Language::Korean), "−4.08 %p");
        let (lost, spread) = (called("ever_lost").unwrap(), Spread::of(&[1.0, 2.0, 1.0, 2.0]).unwrap());
        assert_eq!((lost.end(spread.min, 1), lost.differences(&spread, 1)), ("1".into(), "+0.6 … +2.4".into()));
    }
}
