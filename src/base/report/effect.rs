//! What the faults did to a lane: its figures with them, without them, and the difference.
//!
//! The twin without faults has the same seed. In an open loop the same requests arrive at the same moments in both; in a
//! closed loop only until the fault changes an answer, since users go on from their answers. Service times and latencies of
//! links are drawn in the order in which they are needed, so the first call that the fault drops or delays gives every later
//! one another draw. So a difference is the faults' effect and luck together: one that is small against the spread over seeds
//! is luck, and only other seeds tell.
//! A cause beside a figure (`misses_by_cause.crashed`) is *attribution*: it says what a miss is attributed to. It is not
//! effect, since much of what a crash takes would have expired, been evicted or been written over anyhow.

use serde::{Deserialize, Serialize};

use super::{LaneReport, Latencies, Summary};

/// A figure with the faults, without them, and the first less the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Change<T, D> {
    pub with: T,
    pub without: T,
    pub difference: D,
}

/// A change of a number of things.
pub type Counts = Change<u64, i64>;

/// A change of a share, or of milliseconds; none where there is nothing to measure.
pub type Values = Change<Option<f64>, Option<f64>>;

/// What the faults did to the figures of a lane. Each is that of [`LaneReport`] with the same name.
///
/// Both runs have the same seed, but after the fault's first consequence service times and links are drawn again: a difference
/// that is small against the spread over seeds is luck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the report's fields say what they are")]
pub struct Effect {
    pub requests: Counts,
    pub errors: Counts,
    pub goodput: Values,
    pub reads: Counts,
    pub writes: Counts,
    pub hits: Counts,
    pub misses: Counts,
    /// Misses attributed to a crash: attribution, beside the difference of all misses.
    pub misses_crashed: Counts,
    pub hit_ratio: Values,
    pub reads_from_cache: Counts,
    pub read_hit_ratio: Values,
    pub database_reads: Counts,
    pub database_writes: Counts,
    pub stale_reads: Counts,
    pub diverging_end: Counts,
    pub ever_lost: Counts,
    pub keys_lost: Counts,
    pub lost_increments: Counts,
    pub latency_ms: LatencyEffect,
    pub latency_with_errors_ms: LatencyEffect,
}

/// Latency of all requests, of reads, of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LatencyEffect {
    pub all: PercentileEffect,
    pub read: PercentileEffect,
    pub write: PercentileEffect,
}

/// Mean and some percentiles, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PercentileEffect {
    pub mean: Values,
    pub p50: Values,
    pub p95: Values,
    pub p99: Values,
}

fn counts(with: u64, without: u64) -> Counts {
    Change { with, without, difference: with as i64 - without as i64 }
}

fn values(with: Option<f64>, without: Option<f64>) -> Values {
    Change { with, without, difference: with.zip(without).map(|(with, without)| with - without) }
}

fn percentiles(with: &Summary, without: &Summary) -> PercentileEffect {
    let part = |of: fn(&Summary) -> f64| {
        let measured = |summary: &Summary| (summary.count > 0).then(|| of(summary));
        values(measured(with), measured(without))
    };
    PercentileEffect { mean: part(|s| s.mean), p50: part(|s| s.p50), p95: part(|s| s.p95), p99: part(|s| s.p99) }
}

fn latencies(with: &Latencies, without: &Latencies) -> LatencyEffect {
    LatencyEffect {
        all: percentiles(&with.all, &without.all),
        read: percentiles(&with.read, &without.read),
        write: percentiles(&with.write, &without.write),
    }
}

impl Effect {
    /// What the faults did: `with` is the lane as it ran, `without` its twin that met none.
    pub fn of(with: &LaneReport, without: &LaneReport) -> Effect {
        let count = |of: fn(&LaneReport) -> u64| counts(of(with), of(without));
        // A share of nothing is none.
        let share = |of: fn(&LaneReport) -> (f64, u64)| {
            let measured = |lane: &LaneReport| Some(of(lane)).filter(|(_, whole)| *whole > 0).map(|(share, _)| share);
            values(measured(with), measured(without))
        };
        Effect {
            requests: count(|l| l.requests),
            errors: count(|l| l.errors),
            goodput: share(|l| (l.goodput, l.requests + l.overdue)),
            reads: count(|l| l.reads),
            writes: count(|l| l.writes),
            hits: count(|l| l.hits),
            misses: count(|l| l.misses),
            misses_crashed: count(|l| l.misses_by_cause.crashed),
            hit_ratio: share(|l| (l.hit_ratio, l.hits + l.misses)),
            reads_from_cache: count(|l| l.reads_from_cache),
            read_hit_ratio: share(|l| (l.read_hit_ratio, l.reads)),
            database_reads: count(|l| l.database.reads),
            database_writes: count(|l| l.database.writes),
            stale_reads: count(|l| l.stale_reads),
            diverging_end: count(|l| l.diverging_copies.end),
            ever_lost: count(|l| l.ever_lost),
            keys_lost: count(|l| l.keys_lost),
            lost_increments: count(|l| l.lost_increments),
            latency_ms: latencies(&with.latency_ms, &without.latency_ms),
            latency_with_errors_ms: latencies(&with.latency_with_errors_ms, &without.latency_with_errors_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_what_there_is_with_the_faults_less_what_there_is_without() {
        let lane = |misses, lost, p50| LaneReport {
            misses,
            ever_lost: lost,
            latency_ms: Latencies { read: Summary { count: 9, p50, ..Summary::default() }, ..Latencies::default() },
            ..LaneReport::default()
        };
        let effect = Effect::of(&lane(90, 5, 2.5), &lane(100, 0, 1.0));
        assert_eq!(effect.misses, Change { with: 90, without: 100, difference: -10 });
        assert_eq!(effect.ever_lost.difference, 5);
        assert_eq!(effect.latency_ms.read.p50.difference, Some(1.5));
    }

    #[test]
    fn what_was_not_measured_has_no_difference() {
        let some = LaneReport { reads: 10, read_hit_ratio: 0.5, ..LaneReport::default() };
        let effect = Effect::of(&LaneReport::default(), &some);
        assert_eq!(effect.read_hit_ratio, Change { with: None, without: Some(0.5), difference: None });
        assert_eq!(effect.latency_ms.all.p99.with, None);
    }
}
