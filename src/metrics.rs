//! What a run measures: latency histograms for the whole run and over time, and gauges read at regular moments.
//!
//! The whole-run figures leave the warm-up out: a request counts if it was sent after it. The figures over time count
//! everything, each answer in the bucket in which it came.

use crate::stats::{Histogram, TimeSeries};
use crate::time::Nanos;

/// How many buckets a run's figures over time have.
pub const BUCKETS: u64 = 240;

/// Running totals that other parts keep, as they stood at the end of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Cache hits since the start.
    pub hits: u64,
    /// Cache misses since the start.
    pub misses: u64,
    /// Stale reads since the start.
    pub stale: u64,
    /// Writes ever lost.
    pub lost: u64,
    /// Cached copies that differ from the database for good.
    pub diverging: u64,
    /// Acknowledged writes not yet in the database.
    pub at_risk: u64,
    /// Requests in the database's queue.
    pub queue: u64,
}

/// What happened in one bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Answered reads, ns.
    pub read: Histogram,
    /// Answered writes, ns.
    pub write: Histogram,
    /// Requests answered with an error.
    pub errors: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Metrics {
    warmup: Nanos,
    end: Nanos,
    /// Latency of reads after the warm-up, errors left out, ns.
    pub read: Histogram,
    /// Latency of writes likewise.
    pub write: Histogram,
    /// Ages of the stale values read after the warm-up, ns.
    pub stale_age: Histogram,
    /// Requests sent after the warm-up and answered with an error: reads, writes.
    pub errors: [u64; 2],
    series: TimeSeries<Bucket>,
    gauges: Vec<Gauges>,
}

/// The width of the buckets of a run of `duration`.
pub fn bucket_width(duration: Nanos) -> Nanos {
    Nanos(duration.0.div_ceil(BUCKETS).max(1))
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new(warmup: Nanos, duration: Nanos) -> Metrics {
        Metrics {
            warmup,
            end: duration,
            read: Histogram::default(),
            write: Histogram::default(),
            stale_age: Histogram::default(),
            errors: [0; 2],
            series: TimeSeries::new(bucket_width(duration), BUCKETS as usize),
            gauges: Vec::new(),
        }
    }

    /// A request sent at `issued` is answered now.
    pub fn answered(&mut self, write: bool, ok: bool, issued: Nanos, now: Nanos) {
        let latency = (now - issued).0;
        let measured = issued >= self.warmup;
        if measured {
            match (ok, write) {
                (false, _) => self.errors[usize::from(write)] += 1,
                (true, false) => self.read.record(latency),
                (true, true) => self.write.record(latency),
            }
        }
        if now < self.end {
            let bucket = self.series.bucket(now);
            match (ok, write) {
                (false, _) => bucket.errors += 1,
                (true, false) => bucket.read.record(latency),
                (true, true) => bucket.write.record(latency),
            }
        }
    }

    /// A read sent at `issued` saw a value this stale.
    pub fn stale(&mut self, age: Nanos, issued: Nanos) {
        if issued >= self.warmup {
            self.stale_age.record(age.0);
        }
    }

    /// The moment at which the present bucket ends.
    pub fn next_reading(&self) -> Nanos {
        Nanos(self.series.width().0.saturating_mul(self.gauges.len() as u64 + 1))
    }

    /// The gauges at the end of the present bucket.
    pub fn close_bucket(&mut self, gauges: Gauges) {
        self.gauges.push(gauges);
    }

    /// The buckets that are over, each with the gauges at its end and at the end of the one before.
    pub fn buckets(&self, first: usize) -> impl Iterator<Item = (Option<&Bucket>, Gauges, Gauges)> {
        (first..self.gauges.len()).map(|index| {
            let before = index.checked_sub(1).map_or_else(Gauges::default, |before| self.gauges[before]);
            (self.series.get(index), self.gauges[index], before)
        })
    }

    /// The width of a bucket.
    pub fn width(&self) -> Nanos {
        self.series.width()
    }
}
