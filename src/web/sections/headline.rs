//! The sentence at the top: what is happening, in numbers, as it happens.
//!
//! [`headline`] picks what is most worth saying; how it is said is up to each language ([`i18n`](crate::web::i18n)).

use crate::report::notable::NOTABLE;
use crate::report::{LaneReport, Report};

/// What is most worth saying, as data. Lanes are their places in the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// How many lanes there are.
    pub lanes: usize,
    /// Something about speed, if it is worth saying.
    pub speed: Option<Speed>,
    /// Something about safety, if it is worth saying.
    pub harm: Option<Harm>,
    /// Whether so much has been answered that nothing to say is news of its own.
    pub alike: bool,
}

/// One lane is faster than another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// The faster lane.
    pub lane: usize,
    /// The lane it is compared with.
    pub than: usize,
    /// How many times faster its median is, or its 99th percentile.
    pub factor: f64,
    /// Whether that is the 99th percentile.
    pub tail: bool,
    /// Of writes; else of reads.
    pub writes: bool,
}

/// What a lane did to its clients.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are a lane and a number")]
pub enum Harm {
    /// Acknowledged writes are gone.
    Lost { lane: usize, writes: u64 },
    /// Acknowledged increments do not count in the database.
    Increments { lane: usize, lost: u64, of: u64 },
    /// Requests were answered with an error.
    Failed { lane: usize, requests: u64 },
    /// Acknowledged writes would be gone if the cache crashed now.
    AtRisk { lane: usize, writes: u64 },
    /// Reads did not see the newest value.
    Stale { lane: usize, reads: u64 },
}

impl Harm {
    /// The lane that did it.
    pub fn lane(self) -> usize {
        match self {
            Harm::Lost { lane, .. } | Harm::Increments { lane, .. } | Harm::Failed { lane, .. } => lane,
            Harm::AtRisk { lane, .. } | Harm::Stale { lane, .. } => lane,
        }
    }
}

/// A piece of the sentence as it stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Plain text.
    Text(String),
    /// A lane's name, underlined in its colour.
    Lane(usize, String),
    /// A number that changes.
    Number(String),
    /// A number that is bad news.
    Alarm(String),
}

/// The whole sentence as plain text, for screen readers and for the window's title.
pub fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Lane(_, text) | Piece::Number(text) | Piece::Alarm(text) => text.clone(),
    };
    pieces.iter().map(text).collect()
}

/// A median of fewer answers than this says nothing.
const ANSWERS_MIN: u64 = 20;
/// Less than this is no news.
const FACTOR_MIN: f64 = 1.2;
/// A 99th percentile of fewer answers, or of less than this, says nothing either.
const TAIL_ANSWERS_MIN: u64 = 1_000;
const TAIL_FACTOR_MIN: f64 = 2.0;

/// What `report` has to say about the lanes that `shown` accepts.
pub fn headline(report: &Report, shown: impl Fn(usize) -> bool) -> Headline {
    let lanes: Vec<(usize, &LaneReport)> = report.lanes.iter().enumerate().filter(|(i, _)| shown(*i)).collect();
    let harm = harm(&lanes);
    let median = |writes, of| speed(&lanes, writes, false, of);
    let tail = |writes| speed(&lanes, writes, true, None).filter(|speed| speed.factor >= TAIL_FACTOR_MIN);
    let speed = match harm {
        // Whoever loses writes is worth comparing by its writes, whatever else is fast.
        Some(Harm::Lost { lane, .. } | Harm::AtRisk { lane, .. }) => {
            median(true, Some(lane)).or_else(|| median(false, None))
        }
        _ => median(true, None).filter(|speed| speed.factor >= 2.0).or_else(|| median(false, None)),
    };
    let speed = speed.or_else(|| tail(false)).or_else(|| tail(true));
    let alike = lanes.len() > 1 && lanes.iter().all(|(_, lane)| lane.latency_ms.all.count >= TAIL_ANSWERS_MIN);
    Headline { lanes: lanes.len(), speed, harm, alike }
}

fn harm(lanes: &[(usize, &LaneReport)]) -> Option<Harm> {
    let worst = |count: fn(&LaneReport) -> u64| {
        lanes
            .iter()
            .map(|(i, lane)| (*i, count(lane)))
            .filter(|(_, n)| *n > 0)
            .max_by_key(|(i, n)| (*n, usize::MAX - i))
    };
    let lost = worst(|l| l.ever_lost).map(|(lane, writes)| Harm::Lost { lane, writes });
    let increments = worst(|l| l.lost_increments).map(|(lane, lost)| {
        let of = lanes.iter().find(|(i, _)| *i == lane).map_or(0, |(_, report)| report.increments);
        Harm::Increments { lane, lost, of }
    });
    let failed = worst(|l| if l.fails_notably() { l.errors } else { 0 });
    let failed = failed.map(|(lane, requests)| Harm::Failed { lane, requests });
    // Just after a flush nothing is at risk; the sentence stays the same all the same.
    let risk = worst(|l| if l.cache.dirty_max > 0 { l.writes_by_class.at_risk + 1 } else { 0 });
    let risk = risk.map(|(lane, more)| Harm::AtRisk { lane, writes: more - 1 });
    let stale = worst(|l| l.stale_reads).map(|(lane, reads)| Harm::Stale { lane, reads });
    lost.or(increments).or(failed).or(risk).or(stale)
}

/// The shares of a lane's requests that failed, and that got no good answer within the deadline. A lane in which notably more
/// do than in another is not the faster one, whatever its answers took.
fn failing(lane: &LaneReport) -> [f64; 2] {
    [lane.error_ratio(), if lane.requests + lane.overdue == 0 { 0.0 } else { 1.0 - lane.goodput }]
}

/// The greatest lead of one lane (`of`, if given) over another that fails as much, or more.
fn speed(lanes: &[(usize, &LaneReport)], writes: bool, tail: bool, of: Option<usize>) -> Option<Speed> {
    let time = |lane: &LaneReport| {
        let summary = if writes { lane.latency_ms.write } else { lane.latency_ms.read };
        let (ms, answers_min) = if tail { (summary.p99, TAIL_ANSWERS_MIN) } else { (summary.p50, ANSWERS_MIN) };
        (summary.count >= answers_min && ms > 0.0).then_some(ms)
    };
    let timed = lanes.iter().filter_map(|(i, lane)| time(lane).map(|ms| (*i, ms, failing(lane))));
    let mut timed: Vec<(usize, f64, [f64; 2])> = timed.collect();
    timed.sort_by(|a, b| a.1.total_cmp(&b.1));
    // The fastest of whom it can be said.
    timed.iter().filter(|(i, ..)| of.is_none_or(|lane| lane == *i)).find_map(|&(lane, ms, fails)| {
        let no_more = |others: &[f64; 2]| fails.iter().zip(others).all(|(its, theirs)| *its <= theirs + NOTABLE);
        let others = timed.iter().filter(|(i, _, others)| *i != lane && no_more(others));
        // Writes are compared with the nearest honest rival, reads with the slowest: both are what a reader would ask.
        let rival = if writes {
            others.filter(|(_, others, _)| *others >= ms * FACTOR_MIN).min_by(|a, b| a.1.total_cmp(&b.1))?
        } else {
            others.max_by(|a, b| a.1.total_cmp(&b.1))?
        };
        let factor = rival.1 / ms;
        (factor >= FACTOR_MIN).then_some(Speed { lane, than: rival.0, factor, tail, writes })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CacheReport, Latencies, Summary, WritesByClass};

    fn lane(write_ms: f64, lost: u64, at_risk: u64, errors: u64) -> LaneReport {
        let write = Summary { count: 100, p50: write_ms, ..Summary::default() };
        LaneReport {
            latency_ms: Latencies { write, ..Latencies::default() },
            writes_by_class: WritesByClass { at_risk, ..WritesByClass::default() },
            ever_lost: lost,
            requests: 100 + errors,
            goodput: 100.0 / (100 + errors) as f64,
            cache: CacheReport { dirty_max: at_risk, ..CacheReport::default() },
            errors,
            ..LaneReport::default()
        }
    }

    fn report(lanes: Vec<LaneReport>) -> Report {
        Report { engine: "1".into(), scenario: String::new(), seed: 1, deadline_s: 1.0, lanes }
    }

    #[test]
    fn lost_writes_come_before_all_else() {
        let said = headline(&report(vec![lane(9.0, 0, 0, 40), lane(1.0, 212, 3, 0)]), |_| true);
        assert_eq!(said.harm, Some(Harm::Lost { lane: 1, writes: 212 }));
        assert_eq!(said.speed, Some(Speed { lane: 1, than: 0, factor: 9.0, tail: false, writes: true }));
    }

    #[test]
    fn lost_increments_are_told_with_how_many_there_were() {
        let racing = LaneReport { increments: 3000, lost_increments: 212, ..lane(2.0, 0, 0, 40) };
        let said = headline(&report(vec![lane(1.0, 0, 0, 0), racing]), |_| true);
        assert_eq!(said.harm, Some(Harm::Increments { lane: 1, lost: 212, of: 3000 }));
    }

    #[test]
    fn where_the_medians_are_alike_the_slowest_answers_are_compared_and_else_it_is_said_that_all_are_alike() {
        let read = |p99: f64| {
            let read = Summary { count: 1_000, p50: 0.4, p99, ..Summary::default() };
            LaneReport { latency_ms: Latencies { read, all: read, ..Latencies::default() }, ..LaneReport::default() }
        };
        let said = headline(&report(vec![read(1800.0), read(300.0)]), |_| true);
        assert_eq!(said.speed, Some(Speed { lane: 1, than: 0, factor: 6.0, tail: true, writes: false }));
        let said = headline(&report(vec![read(500.0), read(300.0)]), |_| true);
        assert_eq!(said, Headline { lanes: 2, speed: None, harm: None, alike: true });
    }

    #[test]
    fn a_lane_that_fails_notably_more_is_not_called_faster_and_one_that_fails_as_much_is() {
        let lane = |p50: f64, errors: u64, late: u64| {
            let read = Summary { count: 10_000 - errors, p50, ..Summary::default() };
            let goodput = (10_000 - errors - late) as f64 / 10_000.0;
            let latency_ms = Latencies { read, all: read, ..Latencies::default() };
            LaneReport { requests: 10_000, errors, goodput, latency_ms, ..LaneReport::default() }
        };
        let said = |fast: LaneReport| headline(&report(vec![lane(9.9, 3, 0), fast]), |_| true).speed;
        assert_eq!(said(lane(1.0, 5_642, 0)), None, "failing is fast");
        assert_eq!(said(lane(1.0, 20, 0)), None, "also a little");
        assert_eq!(said(lane(1.0, 3, 300)), None, "and so is a good median with many answers too late");
        let faster = Speed { lane: 1, than: 0, factor: 9.9, tail: false, writes: false };
        assert_eq!(said(lane(1.0, 4, 0)), Some(faster));
        let third = headline(&report(vec![lane(9.0, 0, 0), lane(1.0, 5_642, 0), lane(3.0, 0, 0)]), |_| true).speed;
        assert_eq!(third.map(|speed| (speed.lane, speed.than)), Some((2, 0)), "the next one is");
    }

    #[test]
    fn requests_that_still_wait_beyond_the_deadline_fail_too() {
        let read = Summary { count: 1_000, p50: 1.0, ..Summary::default() };
        let latency_ms = Latencies { read, all: read, ..Latencies::default() };
        let stuck = LaneReport { requests: 1_000, overdue: 4_000, goodput: 0.2, latency_ms, ..LaneReport::default() };
        let read = Summary { p50: 9.0, ..read };
        let slow = LaneReport {
            goodput: 1.0,
            overdue: 0,
            latency_ms: Latencies { read, all: read, ..Latencies::default() },
            ..stuck.clone()
        };
        assert_eq!(headline(&report(vec![slow, stuck]), |_| true).speed, None);
    }

    #[test]
    fn a_hidden_lane_is_not_spoken_of() {
        let said = headline(&report(vec![lane(9.0, 0, 0, 0), lane(1.0, 212, 3, 0)]), |i| i == 0);
        assert_eq!(said, Headline { lanes: 1, speed: None, harm: None, alike: false });
    }

    #[test]
    fn nothing_is_said_before_there_is_something_to_say() {
        let said = headline(&report(vec![LaneReport::default(), LaneReport::default()]), |_| true);
        assert_eq!(said, Headline { lanes: 2, speed: None, harm: None, alike: false });
    }
}
