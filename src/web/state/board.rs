//! The columns of the table of lanes: what each shows of a lane, which have news, and what the reader may set limits on.

use super::limits::Limits;
use crate::chart::text;
use crate::number;
use crate::phrase::Phrase;
use crate::report::LaneReport;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Count,
    /// A latency.
    Millis,
    /// A part of a whole, 0 to 1.
    Share,
    /// Money.
    Amount,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its head.
    pub head: Phrase,
    /// What it shows of a lane; none where the lane has no such thing.
    pub value: fn(&LaneReport) -> Option<f64>,
    /// How that is written.
    pub unit: Unit,
    /// Whether each is one too many.
    pub is_bad: bool,
    /// What a limit can be set on, if something.
    pub limited: Option<Limited>,
}

/// A number that the reader may set a limit on.
#[derive(Debug)]
pub struct Limited {
    /// Its name in links.
    pub name: &'static str,
    /// What the page calls it.
    pub label: Phrase,
    /// The number of a lane.
    pub value: fn(&LaneReport) -> Option<f64>,
    /// How it is written.
    pub unit: Unit,
    /// Whether it should be high; else it should be low.
    pub high_is_good: bool,
}

impl PartialEq for Limited {
    fn eq(&self, other: &Limited) -> bool {
        self.name == other.name
    }
}

impl Unit {
    /// A number in words.
    pub fn say(self, value: f64) -> String {
        match self {
            Unit::Count => text::count(value as u64),
            Unit::Millis => text::millis(value),
            Unit::Share => text::share(value),
            Unit::Amount => text::amount(value),
        }
    }

    /// A number as a field of a form holds it: a share in percent.
    pub fn plain(self, value: f64) -> String {
        // Rounded, for 0.07 · 100 is 7.000000000000001.
        let percent = (value * 1e8).round() / 1e6;
        if self == Unit::Share { percent.to_string() } else { value.to_string() }
    }

    /// What was typed, with its unit or without.
    ///
    /// ```
    /// use cachelane::web::state::board::Unit;
    /// assert_eq!((Unit::Millis.read(" 50 ms"), Unit::Millis.read("1.5s")), (Some(50.0), Some(1500.0)));
    /// assert_eq!((Unit::Share.read("7 %"), Unit::Share.read("700")), (Some(0.07), None));
    /// assert_eq!((Unit::Count.read("1,000,000"), Unit::Count.read("-1")), (Some(1e6), None));
    /// ```
    pub fn read(self, typed: &str) -> Option<f64> {
        let typed = typed.trim();
        let (number, factor) = match self {
            Unit::Millis if !typed.ends_with("ms") && typed.ends_with('s') => (typed.trim_end_matches('s'), 1_000.0),
            Unit::Millis => (typed.trim_end_matches("ms"), 1.0),
            Unit::Share => (typed.trim_end_matches('%'), 0.01),
            Unit::Count | Unit::Amount => (typed, 1.0),
        };
        let plain = crate::scenario::typed::plain(number.trim()).ok()?;
        self.accept(number::read(&plain)? * factor)
    }

    /// The number, if it can be one of this kind.
    pub fn accept(self, value: f64) -> Option<f64> {
        let highest = if self == Unit::Share { 1.0 } else { 1e12 };
        (0.0..=highest).contains(&value).then_some(value)
    }

    /// What stands behind a field of a form.
    pub fn sign(self) -> &'static str {
        match self {
            Unit::Count | Unit::Amount => "",
            Unit::Millis => "ms",
            Unit::Share => "%",
        }
    }
}

fn number(value: u64) -> Option<f64> {
    Some(value as f64)
}

/// A latency as the figures show it: with failed requests, by the time they took.
macro_rules! latency {
    ($which:ident.$percentile:ident) => {
        |lane: &LaneReport| {
            let summary = &lane.latency_with_errors_ms.$which;
            (summary.count > 0).then_some(summary.$percentile)
        }
    };
}

/// A column that can be limited in just what it shows.
macro_rules! limited {
    ($name:literal, $head:expr, $unit:ident, $of:expr, is_bad: $bad:literal, high_is_good: $high:literal) => {
        Column {
            head: $head,
            value: $of,
            unit: Unit::$unit,
            is_bad: $bad,
            limited: Some(Limited { name: $name, label: $head, value: $of, unit: Unit::$unit, high_is_good: $high }),
        }
    };
}

/// A column without limits.
const fn plain(head: Phrase, value: fn(&LaneReport) -> Option<f64>) -> Column {
    Column { head, value, unit: Unit::Count, is_bad: false, limited: None }
}

pub(super) const ERRORS: Phrase = Phrase::fixed("Errors", "오류");
const ERROR_SHARE: Phrase = Phrase::fixed("Error share", "오류 비율");
pub(super) const STALE: Phrase = Phrase::fixed("Stale reads", "오래된 읽기");
const LOST: Phrase = Phrase::fixed("Lost", "유실");
pub(super) const LOST_INCREMENTS: Phrase = Phrase::fixed("Lost increments", "유실된 증가");
pub(super) const AT_RISK: Phrase = Phrase::fixed("Max at risk", "유실 위험 최댓값");
pub(super) const DIVERGING: Phrase = Phrase::fixed("Max diverging copies", "DB와 다른 사본 최댓값");
pub(super) const GOODPUT: Phrase = Phrase::fixed("Goodput", "굿풋(goodput)");
pub(super) const HIT_RATIO: Phrase = Phrase::fixed("Hit ratio", "적중률");
const READ_HITS: Phrase = Phrase::fixed("Hit ratio of all reads", "전체 읽기 적중률");
const READ_P50: Phrase = Phrase::fixed("Read p50", "읽기 p50");
const READ_P99: Phrase = Phrase::fixed("Read p99", "읽기 p99");
const WRITE_P50: Phrase = Phrase::fixed("Write p50", "쓰기 p50");
const WRITE_P99: Phrase = Phrase::fixed("Write p99", "쓰기 p99");
pub(super) const COST: Phrase = Phrase::fixed("Cost", "비용");
pub(super) const REQUESTS: Phrase = Phrase::fixed("Requests", "요청");

/// Every column, what went wrong first.
pub static BOARD: [Column; 15] = [
    Column {
        head: ERRORS,
        value: |lane| number(lane.errors),
        unit: Unit::Count,
        is_bad: true,
        limited: Some(Limited {
            name: "error_share",
            label: ERROR_SHARE,
            value: |lane| (lane.requests > 0).then(|| lane.error_ratio()),
            unit: Unit::Share,
            high_is_good: false,
        }),
    },
    limited!("stale", STALE, Count, |lane| number(lane.stale_reads), is_bad: false, high_is_good: false),
    limited!("lost", LOST, Count, |lane| number(lane.ever_lost), is_bad: true, high_is_good: false),
    limited!(
        "lost_increments",
        LOST_INCREMENTS,
        Count,
        |lane| number(lane.lost_increments),
        is_bad: true,
        high_is_good: false
    ),
    // The most at once: just after a flush there is none.
    plain(AT_RISK, |lane| number(lane.at_risk_max)),
    plain(DIVERGING, |lane| number(lane.diverging_copies.max)),
    limited!("goodput", GOODPUT, Share, LaneReport::shown_goodput, is_bad: false, high_is_good: true),
    limited!(
        "hit_ratio",
        HIT_RATIO,
        Share,
        |lane| (lane.hits + lane.misses > 0).then_some(lane.hit_ratio),
        is_bad: false,
        high_is_good: true
    ),
    limited!(
        "read_hit_ratio",
        READ_HITS,
        Share,
        |lane| (lane.reads > 0).then_some(lane.read_hit_ratio),
        is_bad: false,
        high_is_good: true
    ),
    limited!("read_p50", READ_P50, Millis, latency!(read.p50), is_bad: false, high_is_good: false),
    limited!("read_p99", READ_P99, Millis, latency!(read.p99), is_bad: false, high_is_good: false),
    limited!("write_p50", WRITE_P50, Millis, latency!(write.p50), is_bad: false, high_is_good: false),
    limited!("write_p99", WRITE_P99, Millis, latency!(write.p99), is_bad: false, high_is_good: false),
    limited!("cost", COST, Amount, |lane| lane.cost.map(|cost| cost.total), is_bad: false, high_is_good: false),
    plain(REQUESTS, |lane| number(lane.requests)),
];

impl Column {
    /// Whether some lane has something to show in it: a value, and one that is not zero.
    pub fn has_any<'a>(&self, mut lanes: impl Iterator<Item = &'a LaneReport>) -> bool {
        lanes.any(|lane| (self.value)(lane).is_some_and(|value| value > 0.0))
    }

    /// Whether that is news: a hit ratio of all reads is some only where it says something else than that of look-ups.
    pub fn has_news<'a>(&self, mut lanes: impl Iterator<Item = &'a LaneReport> + Clone) -> bool {
        let differs = |lane: &LaneReport| (lane.read_hit_ratio - lane.hit_ratio).abs() >= 0.001;
        self.has_any(lanes.clone()) && (self.head != READ_HITS || lanes.any(differs))
    }

    /// What it shows of a lane, in words.
    pub fn say(&self, lane: &LaneReport) -> String {
        (self.value)(lane).map_or_else(|| "–".to_owned(), |value| self.unit.say(value))
    }
}

/// The columns that stand open, those first that the reader has asked for, and what is folded away.
pub fn arranged<'a>(
    lanes: impl Iterator<Item = &'a LaneReport> + Clone,
    limits: &Limits,
    watches_copies: bool,
) -> [Vec<&'static Column>; 2] {
    let has_limit = |column: &Column| column.limited.as_ref().is_some_and(|of| limits.of(of).is_some());
    // Prices are there only where the reader has given some.
    let is_asked = |column: &Column| has_limit(column) || column.head == COST && column.has_any(lanes.clone());
    let is_open = |column: &Column| {
        is_asked(column) || column.has_news(lanes.clone()) && (watches_copies || column.head != DIVERGING)
    };
    let (mut open, folded): (Vec<&Column>, Vec<&Column>) = BOARD.iter().partition(|column| is_open(column));
    crate::sort::by_key(&mut open, |column| !is_asked(column));
    [open, folded]
}

/// Everything that a limit can be set on, in the order of the columns.
pub fn limitable() -> impl Iterator<Item = &'static Limited> {
    BOARD.iter().filter_map(|column| column.limited.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cost, DivergingCopies, Latencies, Summary, WritesByClass};

    fn heads_with_news(lanes: &[LaneReport]) -> Vec<String> {
        BOARD.iter().filter(|column| column.has_news(lanes.iter())).map(|column| column.head.to_string()).collect()
    }

    #[test]
    fn only_columns_in_which_a_lane_has_something_have_news_and_what_went_wrong_comes_first() {
        let quiet = LaneReport { requests: 100, within_deadline: 100, ..LaneReport::default() };
        let lost = LaneReport { requests: 100, errors: 3, ever_lost: 7, hits: 9, misses: 1, ..LaneReport::default() };
        assert_eq!(heads_with_news(&[]), Vec::<String>::new());
        assert_eq!(heads_with_news(std::slice::from_ref(&quiet)), ["Goodput", "Requests"]);
        let lost = LaneReport { hit_ratio: 0.9, within_deadline: 97, goodput: 0.97, ..lost };
        assert_eq!(heads_with_news(&[quiet, lost]), ["Errors", "Lost", "Goodput", "Hit ratio", "Requests"]);
    }

    fn heads(lanes: &[LaneReport], limits: &str, watches_copies: bool) -> Vec<String> {
        let limits = Limits::read(limits).unwrap_or_default();
        let [open, folded] = arranged(lanes.iter(), &limits, watches_copies);
        assert_eq!(open.len() + folded.len(), BOARD.len());
        open.iter().map(|column| column.head.to_string()).collect()
    }

    #[test]
    fn what_the_reader_asked_for_comes_first_and_copies_are_open_only_where_they_are_watched() {
        let diverging_copies = DivergingCopies { max: 9, ..DivergingCopies::default() };
        let lane = LaneReport { requests: 100, errors: 3, diverging_copies, ..LaneReport::default() };
        let lanes = [lane];
        assert_eq!(heads(&lanes, "", false), ["Errors", "Requests"]);
        assert_eq!(heads(&lanes, "", true), ["Errors", "Max diverging copies", "Requests"]);
        assert_eq!(heads(&lanes, "lost<=0", false), ["Lost", "Errors", "Requests"]);
    }

    #[test]
    fn a_cost_stands_before_what_nobody_asked_for() {
        let cost = Cost { total: 3.5, ..Cost::default() };
        let lane = LaneReport { requests: 100, errors: 3, cost: Some(cost), ..LaneReport::default() };
        assert_eq!(heads(&[lane], "", false), ["Cost", "Errors", "Requests"]);
    }

    #[test]
    fn a_hit_ratio_that_says_what_the_other_does_is_no_news() {
        let same =
            LaneReport { reads: 10, hits: 9, misses: 1, hit_ratio: 0.9, read_hit_ratio: 0.9, ..LaneReport::default() };
        let near = LaneReport { read_hit_ratio: 0.97, ..same.clone() };
        assert_eq!(heads_with_news(std::slice::from_ref(&same)), ["Hit ratio"]);
        assert_eq!(heads_with_news(&[same, near]), ["Hit ratio", "Hit ratio of all reads"]);
    }

    #[test]
    fn at_risk_is_the_most_at_once_and_not_what_is_left_after_a_flush() {
        let writes_by_class = WritesByClass { at_risk: 2, recoverable: 9, ..WritesByClass::default() };
        let lane = LaneReport { at_risk_max: 7_886, writes_by_class, ..LaneReport::default() };
        let at_risk = BOARD.iter().find(|column| column.head == AT_RISK).expect("a column");
        assert_eq!(at_risk.say(&lane), "7,886");
    }

    #[test]
    fn a_latency_is_that_of_the_figures_with_failed_requests() {
        let one = |p50| Latencies { read: Summary { count: 10, p50, ..Summary::default() }, ..Latencies::default() };
        let lane = LaneReport { latency_ms: one(1.0), latency_with_errors_ms: one(800.0), ..LaneReport::default() };
        let read = BOARD.iter().find(|column| column.head == READ_P50).expect("a column");
        assert_eq!((read.say(&lane), read.say(&LaneReport::default())), ("800 ms".to_owned(), "–".to_owned()));
    }
}
