//! *Many seeds*: the scenario as it is, run with seed after seed, and how the page writes what has come of it.

use super::board::{self, Unit};
use std::rc::Rc;
use std::sync::Arc;

use crate::chart::bands::{self, Range, Steps};
use crate::chart::strip::Kind;
use crate::chart::text;
use crate::experiment::harm::Numbers;
use crate::phrase::{Phrase, phrase};
use crate::report::measures::{MEASURES, Measure};
use crate::scenario::Scenario;
use crate::stats::Spread;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// How many seeds are on offer.
pub const COUNTS: [u32; 3] = [20, 100, 500];

/// How many are run unless the reader chooses.
pub const COUNT: u32 = COUNTS[1];

/// The runs: the scenario as it is, with seed after seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// How many.
    pub count: u32,
}

/// How far they are, and what has come of each.
pub type Seeds = Work<Runs>;

impl Jobs for Runs {
    /// What it comes to, and the steps of its figures.
    type Outcome = (Numbers, Vec<Steps>);

    fn count(&self) -> u32 {
        self.count
    }

    fn ask(&self, scenario: &Scenario, (generation, run): Which, _: &[Option<Self::Outcome>]) -> Option<ToWorker> {
        let seeded = Scenario { seed: scenario.seed_of_run(run), ..scenario.clone() };
        Some(ToWorker::Measure { generation, run, scenario: Box::new(seeded), steps: run < bands::RUNS_MAX })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Self::Outcome>)> {
        match said {
            FromWorker::Measuring { generation, run } => Some(((generation, run), Said::GoesOn(0))),
            FromWorker::Measured { generation, run, numbers, steps } => {
                Some(((generation, run), Said::Done((numbers, steps))))
            }
            _ => None,
        }
    }

    /// The seed does not count, since many were run.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        is_but_for_its_seed(one, other)
    }
}

/// From where to where the lanes of a scenario lie with many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranged {
    scenario: Rc<Scenario>,
    lanes: Vec<Arc<Range>>,
}

impl Ranged {
    /// Of these runs of `scenario`; `None` of fewer than two.
    pub fn of(scenario: &Rc<Scenario>, runs: &[Vec<Steps>]) -> Option<Ranged> {
        let lanes = Range::by_lane(runs).into_iter().map(Arc::new).collect();
        (runs.len() > 1).then(|| Ranged { scenario: scenario.clone(), lanes })
    }

    /// That of a lane of `scenario`; `None` where it is another one than was run, but for its seed.
    pub fn lane(&self, lane: usize, scenario: &Scenario) -> Option<Arc<Range>> {
        self.lanes.get(lane).filter(|_| is_but_for_its_seed(&self.scenario, scenario)).cloned()
    }
}

/// Whether two scenarios are one but for their seeds.
pub fn is_but_for_its_seed(one: &Scenario, other: &Scenario) -> bool {
    one.seed == other.seed && one == other || Scenario { seed: other.seed, ..one.clone() } == *other
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
const REQUESTS: Phrase = Phrase::fixed("Requests", "요청 수");
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
        "requests" => (REQUESTS, Unit::Count),
        _ => return None,
    };
    Some(Called { measure, title, unit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Language;
    use crate::scenario::presets;

    #[test]
    fn bands_are_those_of_the_scenario_with_any_seed_and_go_with_a_change() {
        let scenario = Rc::new(presets::get("default").expect("a preset").scenario().clone());
        let run = |lost: f32| vec![vec![[None, None, None, None, Some(0.5), Some(lost)]; 80]; 5];
        assert_eq!(Ranged::of(&scenario, &[run(1.0)]), None, "one run has no range");
        let ranged = Ranged::of(&scenario, &[run(1.0), run(7.0)]).expect("two runs");
        let other_seed = Scenario { seed: 99, ..(*scenario).clone() };
        assert!(
            ranged.lane(4, &scenario).is_some_and(|range| range.runs == 2) && ranged.lane(4, &other_seed).is_some()
        );
        assert_eq!((ranged.lane(5, &scenario), ranged.lane(4, &scenario.only(4))), (None, None));
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
