//! What a run measures: latency histograms for the whole run and over time, and gauges read at regular moments.
//!
//! The whole-run figures leave the warm-up out: a request counts if it was sent after it. The figures over time count
//! everything, each answer in the bucket in which it came.

use crate::ledger::{Freshness, ReadCounts};
use crate::model::CallError;
use crate::stats::{Histogram, TimeSeries};
use crate::time::Nanos;

/// How many buckets a run's figures over time have.
pub const BUCKETS: u64 = 240;

/// How many of them go into one point of a figure: a line of eighty points says as much as one of more.
pub const FIGURE_GROUP: usize = 3;

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
    /// Acknowledged writes that a crash would lose: neither in the database yet nor on a disk or a replica.
    pub at_risk: u64,
    /// Requests in the database's queue.
    pub queue: u64,
    /// Requests sent since the start.
    pub sent: u64,
    /// Requests that wait for an answer.
    pub unanswered: u64,
    /// Those among them that have waited for longer than the deadline.
    pub overdue: u64,
    /// Reads that the database has served since the start.
    pub database_reads: u64,
    /// Rows that it has committed.
    pub database_rows: u64,
    /// Nanoseconds that its workers have spent serving, all together.
    pub database_busy_ns: u128,
    /// Nanoseconds that the cache's threads were busy, all together.
    pub cache_busy_ns: u128,
    /// Bytes that the cache's entries take.
    pub cache_bytes: u64,
    /// Entries of the cache.
    pub cache_entries: u64,
    /// Dirty entries of the cache.
    pub dirty: u64,
    /// Commands that the cache rejected, and queries that the database did, since the start.
    pub refused: u64,
    /// Acknowledged increments that the database's value does not contain. Read where a point of the figures ends, and
    /// otherwise as it was there: to count them takes a walk over all writes.
    pub lost_increments: u64,
}

/// What happened in one bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Answered reads, ns.
    pub read: Histogram,
    /// Answered writes, ns.
    pub write: Histogram,
    /// Reads answered with an error, ns.
    pub failed_read: Histogram,
    /// Writes answered with an error, ns.
    pub failed_write: Histogram,
    /// Requests answered within the deadline, and not with an error.
    pub good: u32,
    /// Requests answered after the deadline, whatever the answer.
    pub late: u32,
    /// Reads answered with a copy, without a load.
    pub from_cache: u32,
    /// Ages of the stale values read, ns.
    pub stale_age: Histogram,
}

impl Bucket {
    /// Counts what happened in a later bucket, too.
    pub fn merge(&mut self, later: &Bucket) {
        self.read.merge(&later.read);
        self.write.merge(&later.write);
        self.failed_read.merge(&later.failed_read);
        self.failed_write.merge(&later.failed_write);
        self.good += later.good;
        self.late += later.late;
        self.from_cache += later.from_cache;
        self.stale_age.merge(&later.stale_age);
    }

    /// Requests answered with an error.
    pub fn errors(&self) -> u64 {
        self.failed_read.count() + self.failed_write.count()
    }
}

/// What a request was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it was a write.
    pub write: bool,
    /// How it failed, if it did.
    pub failed: Option<CallError>,
    /// Whether it was a read that was answered with a copy, without a load.
    pub from_cache: bool,
    /// The bytes of the value that it brought a reader.
    pub bytes: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Metrics {
    warmup: Nanos,
    end: Nanos,
    deadline: Nanos,
    /// Latency of reads after the warm-up, errors left out, ns.
    pub read: Histogram,
    /// Latency of writes likewise.
    pub write: Histogram,
    /// Ages of the stale values read after the warm-up, ns.
    pub stale_age: Histogram,
    /// How long failed reads took, of those sent after the warm-up, ns.
    pub failed_read: Histogram,
    /// How long failed writes took, likewise.
    pub failed_write: Histogram,
    /// Requests sent after the warm-up and answered with an error, by its kind, in the order of [`CallError::ALL`].
    pub errors: [u64; CallError::ALL.len()],
    /// Requests sent after the warm-up and answered within the deadline, and not with an error.
    pub good: u64,
    /// By how much answers came after the deadline, all together, of requests sent after the warm-up, ns.
    pub late_ns: u128,
    /// Reads sent after the warm-up and answered with a copy, without a load.
    pub from_cache: u64,
    /// The bytes of values that reads sent after the warm-up were answered with.
    pub read_bytes: u64,
    /// Those of copies among them.
    pub bytes_from_cache: u64,
    /// Reads sent after the warm-up that did not see the same client's earlier write.
    pub read_your_writes_violations: u64,
    /// Reads sent after the warm-up that went back behind what the same client had seen.
    pub monotonic_read_violations: u64,
    /// Where there are two classes of traffic: what each got.
    pub classes: Option<Box<[ClassMetrics; 2]>>,
    series: TimeSeries<Bucket>,
    gauges: Vec<Gauges>,
}

/// What one class of traffic got, of requests sent after the warm-up.
#[derive(Clone, Debug, Default)]
pub struct ClassMetrics {
    /// Latency, errors left out, ns.
    pub latency: Histogram,
    /// Reads answered, with or without an error.
    pub reads: u64,
    /// Reads answered with a copy, without a load.
    pub from_cache: u64,
    /// Requests answered with an error.
    pub errors: u64,
    /// Stale reads.
    pub stale: u64,
}

/// The width of the buckets of a run of `duration`.
pub fn bucket_width(duration: Nanos) -> Nanos {
    Nanos(duration.0.div_ceil(BUCKETS).max(1))
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new(warmup: Nanos, duration: Nanos, deadline: Nanos) -> Metrics {
        Metrics {
            warmup,
            end: duration,
            deadline,
            read: Histogram::default(),
            write: Histogram::default(),
            stale_age: Histogram::default(),
            failed_read: Histogram::default(),
            failed_write: Histogram::default(),
            errors: [0; CallError::ALL.len()],
            good: 0,
            late_ns: 0,
            from_cache: 0,
            read_bytes: 0,
            bytes_from_cache: 0,
            read_your_writes_violations: 0,
            monotonic_read_violations: 0,
            classes: None,
            series: TimeSeries::new(bucket_width(duration), BUCKETS as usize),
            gauges: Vec::new(),
        }
    }

    /// A request sent at `issued` is answered now.
    pub fn answered(&mut self, answer: Answer, issued: Nanos, now: Nanos) {
        let (latency, deadline) = ((now - issued).0, self.deadline.0);
        let good = answer.failed.is_none() && latency <= deadline;
        if issued >= self.warmup {
            self.good += u64::from(good);
            self.late_ns += u128::from(latency.saturating_sub(deadline));
            self.from_cache += u64::from(answer.failed.is_none() && answer.from_cache);
            self.read_bytes += u64::from(answer.bytes);
            self.bytes_from_cache += if answer.from_cache { u64::from(answer.bytes) } else { 0 };
            match (answer.failed, answer.write) {
                (None, false) => self.read.record(latency),
                (None, true) => self.write.record(latency),
                (Some(failure), write) => {
                    self.errors[failure as usize] += 1;
                    if write { self.failed_write.record(latency) } else { self.failed_read.record(latency) }
                }
            }
        }
        if now < self.end {
            let bucket = self.series.bucket(now);
            bucket.good += u32::from(good);
            bucket.late += u32::from(latency > deadline);
            bucket.from_cache += u32::from(answer.failed.is_none() && answer.from_cache);
            match (answer.failed.is_none(), answer.write) {
                (true, false) => bucket.read.record(latency),
                (true, true) => bucket.write.record(latency),
                (false, false) => bucket.failed_read.record(latency),
                (false, true) => bucket.failed_write.record(latency),
            }
        }
    }

    /// The same for a class of traffic, where there are two: the first or the second.
    #[cold]
    pub fn answered_to_class(&mut self, second: bool, (answer, is_stale): (Answer, bool), issued: Nanos, now: Nanos) {
        let Some(classes) = self.classes.as_mut().filter(|_| issued >= self.warmup) else { return };
        let class = &mut classes[usize::from(second)];
        class.reads += u64::from(!answer.write);
        class.from_cache += u64::from(answer.failed.is_none() && answer.from_cache);
        class.stale += u64::from(is_stale);
        match answer.failed {
            None => class.latency.record((now - issued).0),
            Some(_) => class.errors += 1,
        }
    }

    /// What the ledger says of a read sent at `issued` and answered now: how fresh it was, and its counts before and after.
    pub fn read(
        &mut self,
        freshness: Freshness,
        (before, after): (&ReadCounts, &ReadCounts),
        issued: Nanos,
        now: Nanos,
    ) {
        if let (Freshness::Stale { age }, true) = (freshness, now < self.end) {
            self.series.bucket(now).stale_age.record(age.0);
        }
        if issued < self.warmup {
            return;
        }
        if let Freshness::Stale { age } = freshness {
            self.stale_age.record(age.0);
        }
        self.read_your_writes_violations += after.read_your_writes_violations - before.read_your_writes_violations;
        self.monotonic_read_violations += after.monotonic_read_violations - before.monotonic_read_violations;
    }

    /// The moment at which the present bucket ends.
    pub fn next_reading(&self) -> Nanos {
        Nanos(self.series.width().0.saturating_mul(self.gauges.len() as u64 + 1))
    }

    /// How many buckets are over.
    pub fn readings(&self) -> usize {
        self.gauges.len()
    }

    /// Whether a point of the figures ends with the present bucket.
    pub fn is_end_of_point(&self) -> bool {
        let over = self.gauges.len() + 1;
        over.is_multiple_of(FIGURE_GROUP) || self.next_reading() >= self.end
    }

    /// The gauges at the end of the last bucket that is over.
    pub fn last_gauges(&self) -> Gauges {
        self.gauges.last().copied().unwrap_or_default()
    }

    /// The most writes at risk at the end of any bucket that has ended since the warm-up, as far as they were read then.
    pub fn at_risk_max(&self) -> u64 {
        let after = (self.warmup.0 / self.width().0) as usize;
        self.gauges.iter().skip(after).map(|gauges| gauges.at_risk).max().unwrap_or(0)
    }

    /// How many bytes the cache held in the mean of the ends of all buckets since the warm-up that are over; none before one is.
    pub fn cache_bytes_mean(&self) -> Option<f64> {
        let after = (self.warmup.0 / self.width().0) as usize;
        let since = self.gauges.get(after..).filter(|since| !since.is_empty())?;
        Some(since.iter().map(|gauges| gauges.cache_bytes as f64).sum::<f64>() / since.len() as f64)
    }

    /// The gauges at the end of the present bucket.
    pub fn close_bucket(&mut self, gauges: Gauges) {
        self.gauges.push(gauges);
    }

    /// The buckets that are over, from number `first` on, `group` of them put together in one: what happened in them, how
    /// long they are, the gauges at the end of the last of them, and those at the beginning. The last ones of the run may be
    /// fewer.
    ///
    /// # Panics
    /// When `group` is zero, or no group begins with `first`.
    pub fn buckets(&self, first: usize, group: usize) -> impl Iterator<Item = (Bucket, Nanos, Gauges, Gauges)> {
        assert!(group > 0 && first.is_multiple_of(group), "groups begin at multiples of their length");
        let over = self.gauges.len();
        let whole = if self.is_full() { over } else { over - over % group };
        (first..whole).step_by(group).map(move |begin| {
            let end = (begin + group).min(whole);
            let mut all = Bucket::default();
            (begin..end).filter_map(|index| self.series.get(index)).for_each(|bucket| all.merge(bucket));
            let at = |index: usize| self.series.width().0.saturating_mul(index as u64).min(self.end.0);
            let before = begin.checked_sub(1).map_or_else(Gauges::default, |before| self.gauges[before]);
            (all, Nanos(at(end) - at(begin)), self.gauges[end - 1], before)
        })
    }

    /// Whether the last bucket of the run is over.
    fn is_full(&self) -> bool {
        self.series.width().0.saturating_mul(self.gauges.len() as u64) >= self.end.0
    }

    /// The width of a bucket.
    pub fn width(&self) -> Nanos {
        self.series.width()
    }
}
