//! The numbers that a sentence compares two lanes by, and when they differ by more than luck.

use crate::report::{LaneReport, Summary};
use crate::scenario::presets::Watch;

/// A number of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Measure {
    /// Acknowledged writes that are lost.
    Lost,
    /// Acknowledged increments that are lost.
    Increments,
    /// The share of requests that failed.
    Failed,
    /// The most writes that only the cache held at once.
    AtRisk,
    StaleReads,
    DivergingCopies,
    HitRatio,
    MissRatio,
    Goodput,
    DatabaseReads,
    RowsWritten,
    DatabaseQueue,
}

impl Measure {
    /// The number that is watched, where it is no time.
    pub fn of(what: Watch) -> Option<Measure> {
        Some(match what {
            Watch::ReadP50 | Watch::WriteP50 | Watch::ReadP99 | Watch::WriteP99 | Watch::Percentiles => return None,
            Watch::Lost => Measure::Lost,
            Watch::LostIncrements => Measure::Increments,
            Watch::Errors => Measure::Failed,
            Watch::AtRisk => Measure::AtRisk,
            Watch::StaleReads => Measure::StaleReads,
            Watch::DivergingCopies => Measure::DivergingCopies,
            Watch::HitRatio => Measure::HitRatio,
            Watch::MissRatio => Measure::MissRatio,
            Watch::Goodput => Measure::Goodput,
            Watch::DatabaseReads => Measure::DatabaseReads,
            Watch::RowsWritten => Measure::RowsWritten,
            Watch::DatabaseQueue => Measure::DatabaseQueue,
        })
    }

    /// How many there are in a lane, and of how many, where it is a share.
    fn count(self, lane: &LaneReport) -> (u64, Option<u64>) {
        match self {
            Measure::Lost => (lane.ever_lost, None),
            Measure::Increments => (lane.lost_increments, None),
            Measure::Failed => (lane.errors, Some(lane.requests)),
            Measure::AtRisk => (lane.at_risk_max, None),
            Measure::StaleReads => (lane.stale_reads, None),
            Measure::DivergingCopies => (lane.diverging_copies.max, None),
            Measure::HitRatio => (lane.hits, Some(lane.hits + lane.misses)),
            Measure::MissRatio => (lane.misses, Some(lane.hits + lane.misses)),
            Measure::Goodput => (lane.within_deadline, Some(lane.requests + lane.overdue)),
            Measure::DatabaseReads => (lane.database.reads, None),
            Measure::RowsWritten => (lane.database.writes + lane.database.drain_writes, None),
            Measure::DatabaseQueue => (lane.database.queue_max, None),
        }
    }

    /// The number of a lane, or the share; none of nothing.
    pub fn value(self, lane: &LaneReport) -> Option<f64> {
        match self.count(lane) {
            (_, Some(0)) => None,
            (part, of) => Some(part as f64 / of.unwrap_or(1) as f64),
        }
    }
}

/// A part of the sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// One answers faster than the other, or slower.
    Time {
        /// Writes; else reads.
        writes: bool,
        /// The 99th percentile; else the median.
        tail: bool,
        /// Its time, milliseconds.
        ms: f64,
        /// The other's.
        than: f64,
    },
    /// A number of the one, and of the other.
    Number {
        /// What it is.
        measure: Measure,
        /// The number, or the share.
        value: f64,
        /// The other's, where there is one.
        than: Option<f64>,
    },
}

/// A median of fewer answers than this says nothing.
const ANSWERS_MIN: u64 = 20;
/// Less than this is no news.
const FACTOR_MIN: f64 = 1.2;
/// Two times below this, milliseconds, are alike.
const MS_MIN: f64 = 0.01;
/// A 99th percentile of fewer answers, or of less than this, says nothing either.
const TAIL_ANSWERS_MIN: u64 = 1_000;
const TAIL_FACTOR_MIN: f64 = 2.0;
/// Two counts, or shares, that are fewer standard errors apart may be so by luck: one in a hundred times.
const ERRORS_APART: f64 = 2.58;
/// A share that differs by less than a percentage point is no news, however sure it is; a small one, by less than a fifth.
const SHARE_MIN: f64 = 0.01;

impl Part {
    /// What there is to say of `lane` beside `other` in the number `what`; nothing where they do not differ by more than luck.
    pub fn of(what: Watch, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
        match what {
            Watch::ReadP50 => faster(false, false, lane, other?),
            Watch::WriteP50 => faster(true, false, lane, other?),
            Watch::ReadP99 => faster(false, true, lane, other?),
            Watch::WriteP99 => faster(true, true, lane, other?),
            Watch::Percentiles => faster(false, true, lane, other?).or_else(|| faster(true, true, lane, other?)),
            _ => {
                let measure = Measure::of(what)?;
                match measure {
                    Measure::Lost | Measure::Increments => fact(measure, lane, other),
                    Measure::Failed => failed(lane, other),
                    Measure::AtRisk => at_risk(lane, other),
                    Measure::StaleReads | Measure::DivergingCopies => count(measure, lane, other),
                    Measure::HitRatio | Measure::MissRatio | Measure::Goodput => share(measure, lane, other),
                    Measure::DatabaseReads | Measure::RowsWritten | Measure::DatabaseQueue => {
                        much(measure, lane, other)
                    }
                }
            }
        }
    }

    /// The number of both, whether it tells them apart or not; nothing of a time.
    pub fn number_of(what: Watch, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
        let measure = Measure::of(what)?;
        Some(number(measure, measure.value(lane)?, other.and_then(|other| measure.value(other))))
    }

    /// Whether it tells of harm that the lane does, and the other does not or not so much.
    pub fn is_harm(&self) -> bool {
        match self {
            Part::Time { .. } => false,
            Part::Number { measure, value, than } => {
                let is_bad = match measure {
                    Measure::Lost
                    | Measure::Increments
                    | Measure::Failed
                    | Measure::AtRisk
                    | Measure::StaleReads
                    | Measure::DivergingCopies => true,
                    Measure::HitRatio
                    | Measure::MissRatio
                    | Measure::Goodput
                    | Measure::DatabaseReads
                    | Measure::RowsWritten
                    | Measure::DatabaseQueue => false,
                };
                is_bad && than.is_none_or(|than| *value > than)
            }
        }
    }
}

fn number(measure: Measure, value: f64, than: Option<f64>) -> Part {
    Part::Number { measure, value, than }
}

/// The median or the 99th percentile of a lane's reads or writes, milliseconds, if it says something.
pub(super) fn time_ms(writes: bool, tail: bool, lane: &LaneReport) -> Option<f64> {
    let summary: Summary = if writes { lane.latency_ms.write } else { lane.latency_ms.read };
    let (ms, answers_min) = if tail { (summary.p99, TAIL_ANSWERS_MIN) } else { (summary.p50, ANSWERS_MIN) };
    (summary.count >= answers_min).then_some(ms)
}

fn faster(writes: bool, tail: bool, lane: &LaneReport, other: &LaneReport) -> Option<Part> {
    let (ms, than) = (time_ms(writes, tail, lane)?, time_ms(writes, tail, other)?);
    let least = if tail { TAIL_FACTOR_MIN } else { FACTOR_MIN };
    let (shorter, longer) = (ms.min(than), ms.max(than));
    // What a server has itself takes no time at all.
    let is_news = longer >= shorter * least && longer >= MS_MIN;
    is_news.then_some(Part::Time { writes, tail, ms, than })
}

/// A loss is a fact, however few are lost.
fn fact(measure: Measure, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let (its, theirs) = (measure.value(lane)?, other.and_then(|other| measure.value(other)));
    (its > 0.0 || theirs.is_some_and(|n| n > 0.0)).then(|| number(measure, its, theirs))
}

/// A count of what happens by chance, as of stale reads.
fn count(measure: Measure, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let (its, theirs) = (measure.value(lane)?, other.and_then(|other| measure.value(other)));
    let differs = match theirs {
        Some(theirs) => (its - theirs).abs() > ERRORS_APART * (its + theirs).sqrt(),
        None => its > 0.0,
    };
    differs.then(|| number(measure, its, theirs))
}

/// A count of work, which is compared as a whole: by more than luck, and by more than a fifth.
fn much(measure: Measure, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let (its, theirs) = (measure.value(lane)?, measure.value(other?)?);
    let differs =
        (its - theirs).abs() > ERRORS_APART * (its + theirs).sqrt() && its.max(theirs) >= FACTOR_MIN * its.min(theirs);
    differs.then(|| number(measure, its, Some(theirs)))
}

/// Shares of what has happened, for two lanes.
fn share(measure: Measure, lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let ((part, all), (their_part, their_all)) = (measure.count(lane), measure.count(other?));
    let (all, their_all) = (all?, their_all?);
    if all < ANSWERS_MIN || their_all < ANSWERS_MIN {
        return None;
    }
    let (n, m) = (all as f64, their_all as f64);
    let (its, theirs) = (part as f64 / n, their_part as f64 / m);
    let both = (part + their_part) as f64 / (n + m);
    let error = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
    let rare = its.max(theirs).min((1.0 - its).max(1.0 - theirs));
    let least = SHARE_MIN.min(rare * (1.0 - 1.0 / FACTOR_MIN));
    let differs = (its - theirs).abs() > (ERRORS_APART * error).max(least);
    differs.then(|| number(measure, its, Some(theirs)))
}

fn failed(lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let Some(other) = other else {
        return lane.fails_notably().then(|| number(Measure::Failed, lane.error_ratio(), None));
    };
    let differs =
        (lane.errors as f64 - other.errors as f64).abs() > ERRORS_APART * ((lane.errors + other.errors) as f64).sqrt();
    let (its, theirs) = (lane.error_ratio(), other.error_ratio());
    let is_news = differs && (lane.fails_notably() || other.fails_notably());
    is_news.then(|| number(Measure::Failed, its, Some(theirs)))
}

/// Where nothing is lost, what could have been: the most at once, for just after a flush nothing is at risk.
fn at_risk(lane: &LaneReport, other: Option<&LaneReport>) -> Option<Part> {
    let (its, theirs) = (lane.at_risk_max, other.map(|other| other.at_risk_max));
    let is_news = lane.ever_lost == 0 && its > 0 && theirs.is_none_or(|theirs| its as f64 > FACTOR_MIN * theirs as f64);
    is_news.then(|| number(Measure::AtRisk, its as f64, theirs.map(|n| n as f64)))
}
