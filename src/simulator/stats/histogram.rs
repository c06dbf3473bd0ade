//! Log-linear histogram: counts in buckets whose width grows with the value, so that every quantile is known to
//! within 1 % from little memory.
//!
//! Each octave (a factor of two) is cut into 128 equal buckets; below 256 a bucket is one whole number. This is the
//! layout of Gil Tene's HdrHistogram.
//!
//! ```text
//! value    0 1 2 … 255 | 256 258 260 … 510 | 512 516 … 1020 | 1024 …
//! width         1      |         2         |       4       |  8 …
//! ```
//!
//! A quantile is answered by a straight line through its bucket, from the share of the bucket's values below it (and
//! within the recorded minimum and maximum): nearly exact where values spread smoothly, and never more than a bucket's
//! width off, 0.79 % of the value.

/// Buckets an octave.
const SUB_BUCKETS: u64 = 128;
/// log₂ of [`SUB_BUCKETS`].
const SUB_BITS: u32 = 7;

/// The percentiles of the row that Locust prints at the end of a load test.
pub const LOCUST_PERCENTS: [f64; 11] = [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0];

/// Counts of `u64` values (here mostly nanoseconds). Count, sum, minimum and maximum are exact, quantiles within 1 %.
///
/// Only the octaves between the least and the greatest value take memory (512 bytes each), an empty histogram
/// almost none.
///
/// ```
/// use cachelane::stats::Histogram;
/// let mut latency_ns = Histogram::new();
/// for ms in 1..=100 { latency_ns.record(ms * 1_000_000) }
/// assert_eq!(latency_ns.max(), Some(100_000_000));
/// let p90 = latency_ns.quantile(0.9).unwrap() as f64;
/// assert!((p90 / 90e6 - 1.0).abs() < 0.01);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Counts of the buckets from `first` on; whole octaves.
    counts: Vec<u64>,
    /// The bucket that `counts[0]` counts, a multiple of [`SUB_BUCKETS`].
    first: usize,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

impl Histogram {
    /// A histogram of nothing.
    pub const fn new() -> Histogram {
        Histogram { counts: Vec::new(), first: 0, count: 0, sum: 0, min: u64::MAX, max: 0 }
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let bucket = bucket_of(value);
        // Below `first` this wraps to something larger than any length.
        let mut at = bucket.wrapping_sub(self.first);
        if at >= self.counts.len() {
            self.cover(bucket, bucket);
            at = bucket - self.first;
        }
        self.counts[at] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds everything `other` counted.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        self.cover(other.first, other.first + other.counts.len() - 1);
        let at = other.first - self.first;
        for (mine, theirs) in self.counts[at..].iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Grows `counts` in whole octaves until buckets `low` to `high` have a place.
    #[cold]
    fn cover(&mut self, low: usize, high: usize) {
        let octave = SUB_BUCKETS as usize;
        let low = low / octave * octave;
        if self.counts.is_empty() {
            self.first = low;
        }
        if low < self.first {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - low));
            self.first = low;
        }
        let length = (high / octave + 1) * octave - self.first;
        let length = length.max(self.counts.len());
        // It seldom grows, and seldom by much: nothing to spare.
        self.counts.reserve_exact(length - self.counts.len());
        self.counts.resize(length, 0);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// True when nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The exact sum of the values.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The mean, from the exact sum; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The least value, exact; `None` when empty.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value, exact; `None` when empty.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The value that at least the share `q` (in 0..=1) of all values do not exceed (nearest rank), within 1 %;
    /// 0 and 1 give the exact minimum and maximum. `None` when empty.
    ///
    /// # Panics
    /// When `q` is not within 0..=1.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        assert!((0.0..=1.0).contains(&q), "quantile {q} is not within 0 to 1");
        if self.count == 0 || q == 0.0 {
            return self.min();
        }
        if q == 1.0 {
            return self.max();
        }
        // The product may come out a hair above a whole number (0.07 · 100): that must not cost a rank.
        let rank = libm::ceil(q * self.count as f64 * (1.0 - 4.0 * f64::EPSILON)) as u64;
        let (mut below, mut at) = (0, 0);
        while below + self.counts[at] < rank.max(1) {
            below += self.counts[at];
            at += 1;
        }
        let (low, width) = bounds(self.first + at);
        let share = ((rank.max(1) - below) as f64 - 0.5) / self.counts[at] as f64;
        Some((low + (share * width as f64) as u64).clamp(self.min, self.max))
    }

    /// The row Locust prints: (percent, value) at [`LOCUST_PERCENTS`]; `None` when empty.
    pub fn rows(&self) -> Option<[(f64, u64); 11]> {
        // The empty histogram has no quantile at all, the other has every one.
        self.quantile(0.0)?;
        Some(LOCUST_PERCENTS.map(|percent| (percent, self.quantile(percent / 100.0).unwrap_or(self.max))))
    }

    /// The buckets that counted anything, ascending: (least value, width, count).
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, &count)| {
            let (low, width) = bounds(self.first + at);
            (low, width, count)
        })
    }

    /// Asserts the inner rules; for tests and fuzzing.
    ///
    /// # Panics
    /// When one is broken.
    pub fn validate(&self) {
        assert_eq!(self.counts.iter().sum::<u64>(), self.count, "the buckets sum to the count");
        assert_eq!(self.first % SUB_BUCKETS as usize, 0, "the first bucket begins an octave");
        assert_eq!(self.counts.len() % SUB_BUCKETS as usize, 0, "whole octaves");
        if self.count == 0 {
            assert!(self.sum == 0 && self.min == u64::MAX && self.max == 0, "an empty histogram saw nothing");
            return;
        }
        assert!(self.min <= self.max);
        let n = u128::from(self.count);
        assert!(u128::from(self.min) * n <= self.sum && self.sum <= u128::from(self.max) * n, "min <= mean <= max");
        let (mut lowest, mut highest) = (None, 0);
        for (at, _) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            lowest = lowest.or(Some(at + self.first));
            highest = at + self.first;
        }
        assert_eq!(lowest, Some(bucket_of(self.min)), "the minimum lies in the lowest bucket");
        assert_eq!(highest, bucket_of(self.max), "the maximum lies in the highest bucket");
    }
}

/// The bucket that counts `value`.
#[inline]
fn bucket_of(value: u64) -> usize {
    // 0 below 256, then one more for each octave.
    let shift = 63 - SUB_BITS - (value | SUB_BUCKETS).leading_zeros();
    (u64::from(shift) * SUB_BUCKETS + (value >> shift)) as usize
}

/// The least value of a bucket, and how many values it spans.
fn bounds(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    if bucket < 2 * SUB_BUCKETS {
        return (bucket, 1);
    }
    let shift = bucket / SUB_BUCKETS - 1;
    ((bucket - shift * SUB_BUCKETS) << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Sampler, Streams};
    use crate::time::Nanos;

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_leave_no_gap() {
        let mut end = Some(0);
        for bucket in 0..=bucket_of(u64::MAX) {
            let (low, width) = bounds(bucket);
            assert_eq!(Some(low), end, "bucket {bucket} begins where the one before ends");
            assert_eq!((bucket_of(low), bucket_of(low + (width - 1))), (bucket, bucket));
            end = low.checked_add(width);
        }
        assert_eq!(end, None, "the last bucket reaches the end of u64");
    }

    fn record_all(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.record(value));
        histogram.validate();
        histogram
    }

    #[test]
    fn quantiles_are_within_one_percent_of_the_exact_ones() {
        let mut stream = Streams::new(1).named("histogram");
        let samplers = [
            Sampler::exponential(Nanos::from_millis(3)),
            Sampler::lognormal(Nanos(800), Nanos::from_secs(40)).unwrap(),
            Sampler::uniform(Nanos(0), Nanos(300)).unwrap(),
            Sampler::uniform(Nanos(0), Nanos::MAX).unwrap(),
        ];
        for sampler in samplers {
            let mut values: Vec<u64> = (0..10_007).map(|_| sampler.sample(&mut stream).0).collect();
            let histogram = record_all(&values);
            values.sort_unstable();
            for step in 0..=1_000 {
                let exact = values[(step * values.len()).div_ceil(1_000).max(1) - 1];
                let q = step as f64 / 1_000.0;
                let answer = histogram.quantile(q).unwrap();
                assert!(answer.abs_diff(exact) as f64 <= exact as f64 * 0.01, "{sampler:?} {q}: {answer}, not {exact}");
            }
        }
    }

    #[test]
    fn count_sum_min_max_and_mean_are_exact() {
        let histogram = record_all(&[u64::MAX, u64::MAX, 5]);
        assert_eq!((histogram.count(), histogram.min(), histogram.max()), (3, Some(5), Some(u64::MAX)));
        assert_eq!(histogram.sum(), 2 * u128::from(u64::MAX) + 5);
        assert_eq!(record_all(&[1, 2, 6]).mean(), Some(3.0));
    }

    #[test]
    fn an_empty_histogram_answers_nothing_and_holds_nothing() {
        let histogram = Histogram::new();
        histogram.validate();
        assert_eq!(
            (histogram.quantile(0.5), histogram.mean(), histogram.min(), histogram.max()),
            (None, None, None, None)
        );
        assert!(histogram.rows().is_none() && histogram.counts.capacity() == 0);
    }

    #[test]
    fn small_whole_numbers_are_exact() {
        let histogram = record_all(&(1..=100).collect::<Vec<_>>());
        for percent in 1..=100 {
            assert_eq!(histogram.quantile(percent as f64 / 100.0), Some(percent));
        }
        let rows = histogram.rows().unwrap();
        assert_eq!(rows[0], (50.0, 50));
        assert_eq!((rows[7], rows[8], rows[10]), ((99.0, 99), (99.9, 100), (100.0, 100)));
    }

    #[test]
    fn merging_equals_recording_everything_in_one() {
        let mut stream = Streams::new(2).named("merge");
        let sampler = Sampler::lognormal(Nanos(1_000), Nanos::from_secs(1)).unwrap();
        let values: Vec<u64> = (0..3_000).map(|_| sampler.sample(&mut stream).0).collect();
        let (some, others) = values.split_at(700);
        let mut merged = record_all(some);
        merged.merge(&record_all(others));
        merged.validate();
        assert_eq!(merged, record_all(&values));
        let mut from_empty = Histogram::new();
        from_empty.merge(&merged);
        from_empty.merge(&Histogram::new());
        assert_eq!(from_empty, merged);
    }
}
