//! Random lengths of time: a distribution compiled to a form that is quick to sample.
//!
//! Every sample takes exactly one `u64` from its stream (a constant takes none) and is rounded to the nearest
//! whole nanosecond. The continuous ones invert their cumulative function; the normal's inverse is in
//! [`normal`].
//!
//! ```
//! use cachelane::random::{Sampler, Streams};
//! use cachelane::time::Nanos;
//! let read = Sampler::lognormal(Nanos::from_millis(5), Nanos::from_millis(30)).unwrap();
//! let mut stream = Streams::new(7).named("database");
//! assert!(read.sample(&mut stream) > Nanos::ZERO);
//! ```

use std::fmt;

use super::{Stream, normal};
use crate::time::Nanos;

/// No sample of a distribution with a tail is longer than this (about 36 years), so that adding one to a moment
/// never overflows.
pub const LONGEST_SAMPLE: Nanos = Nanos(u64::MAX / 16);

/// A distribution of lengths of time, ready to draw from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampler(Kind);

/// Lengths in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Constant(Nanos),
    Exponential {
        mean: f64,
    },
    Uniform {
        min: u64,
        max: u64,
    },
    Lognormal {
        median: f64,
        sigma: f64,
    },
    /// `below_zero` is the share of the whole normal that the truncation cuts off.
    Normal {
        mean: f64,
        sd: f64,
        below_zero: f64,
    },
    /// (share of all samples at or below, value), both ascending; the last share is 1.
    Empirical(Box<[(f64, f64)]>),
}

impl Sampler {
    /// Always `length`.
    pub const fn constant(length: Nanos) -> Sampler {
        Sampler(Kind::Constant(length))
    }

    /// Exponential with this mean: the gaps of a Poisson process.
    pub fn exponential(mean: Nanos) -> Sampler {
        Sampler(Kind::Exponential { mean: mean.0 as f64 })
    }

    /// Every nanosecond from `min` to `max`, both included, equally likely.
    pub fn uniform(min: Nanos, max: Nanos) -> Result<Sampler, BadDistribution> {
        if min > max {
            return Err(BadDistribution::MinAboveMax { min, max });
        }
        Ok(Sampler(Kind::Uniform { min: min.0, max: max.0 }))
    }

    /// Lognormal, given by its median and its 99th percentile.
    pub fn lognormal(median: Nanos, p99: Nanos) -> Result<Sampler, BadDistribution> {
        if median == Nanos::ZERO || p99 < median {
            return Err(BadDistribution::P99BelowMedian { median, p99 });
        }
        let median = median.0 as f64;
        let sigma = libm::log(p99.0 as f64 / median) / normal::inverse(0.99);
        Ok(Sampler(Kind::Lognormal { median, sigma }))
    }

    /// Normal with this mean and standard deviation, conditioned on being at least zero (a true truncation:
    /// what would be negative is spread over the rest, not piled up at zero, so the mean rises a little).
    pub fn normal(mean: Nanos, sd: Nanos) -> Sampler {
        if sd == Nanos::ZERO {
            return Sampler::constant(mean);
        }
        let (mean, sd) = (mean.0 as f64, sd.0 as f64);
        Sampler(Kind::Normal { mean, sd, below_zero: normal::cumulative(-mean / sd) })
    }

    /// A percentile row: (percent, value) pairs with both ascending, such as a load test prints. Between two
    /// points the value is interpolated linearly; everything below the first percent has the first value (a row
    /// that begins at 50 % says nothing of the faster half). The last percent must be 100.
    pub fn empirical(row: &[(f64, Nanos)]) -> Result<Sampler, BadDistribution> {
        let last = row.last().ok_or(BadDistribution::EmptyRow)?;
        if let Some(&(percent, _)) = row.iter().find(|(percent, _)| !(0.0..=100.0).contains(percent)) {
            return Err(BadDistribution::PercentOutOfRange(percent));
        }
        if let Some(pair) = row.windows(2).find(|pair| pair[0].0 >= pair[1].0 || pair[0].1 > pair[1].1) {
            return Err(BadDistribution::RowNotAscending(pair[0], pair[1]));
        }
        if last.0 < 100.0 {
            return Err(BadDistribution::NoMaximum { last: last.0 });
        }
        Ok(Sampler(Kind::Empirical(row.iter().map(|&(percent, value)| (percent / 100.0, value.0 as f64)).collect())))
    }

    /// Draws one length.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> Nanos {
        match &self.0 {
            Kind::Constant(length) => *length,
            Kind::Exponential { mean } => whole(-libm::log(stream.unit_open()) * mean),
            Kind::Uniform { min, max } => {
                let count = u128::from(max - min) + 1;
                Nanos(min + ((u128::from(stream.u64()) * count) >> 64) as u64)
            }
            Kind::Lognormal { median, sigma } => {
                whole(median * libm::exp(sigma * normal::inverse(stream.unit_between())))
            }
            Kind::Normal { mean, sd, below_zero } => whole(mean + sd * truncated(stream.unit_between(), *below_zero)),
            Kind::Empirical(row) => whole(interpolate(row, stream.unit())),
        }
    }

    /// Draws as many as there is room for, the same as one by one. In steps, so that those of one step do not wait for
    /// each other.
    #[inline] // so that it is as optimised as the crate that draws, in the page, too
    pub(super) fn fill<const N: usize>(&self, stream: &mut Stream, lengths: &mut [Nanos; N]) {
        match &self.0 {
            Kind::Exponential { mean } => {
                let units = std::array::from_fn::<f64, N, _>(|_| stream.unit_open());
                *lengths = units.map(|unit| whole(-libm::log(unit) * mean));
            }
            Kind::Lognormal { median, sigma } => {
                let units = std::array::from_fn::<f64, N, _>(|_| stream.unit_between());
                let powers = normal::inverses(&units).map(|z| libm::exp(sigma * z));
                *lengths = powers.map(|power| whole(median * power));
            }
            Kind::Constant(length) => lengths.fill(*length),
            Kind::Uniform { .. } | Kind::Normal { .. } | Kind::Empirical(_) => {
                lengths.fill_with(|| self.sample(stream));
            }
        }
    }

    /// The distribution's mean, in seconds.
    pub fn mean(&self) -> f64 {
        let nanos = match &self.0 {
            Kind::Constant(length) => length.0 as f64,
            Kind::Exponential { mean } => *mean,
            Kind::Uniform { min, max } => (*min as f64 + *max as f64) / 2.0,
            Kind::Lognormal { median, sigma } => median * libm::exp(sigma * sigma / 2.0),
            Kind::Normal { mean, sd, below_zero } => mean + sd * normal::density(mean / sd) / (1.0 - below_zero),
            Kind::Empirical(row) => {
                let between = row.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0);
                row[0].0 * row[0].1 + between.sum::<f64>()
            }
        };
        nanos / 1e9
    }
}

/// To the nearest whole nanosecond, within zero and [`LONGEST_SAMPLE`].
#[inline]
fn whole(nanos: f64) -> Nanos {
    // `as` saturates, and turns NaN into 0.
    Nanos((nanos + 0.5) as u64).min(LONGEST_SAMPLE)
}

/// The standard normal conditioned on lying above its `below`-quantile, at `unit` of its mass from the bottom.
fn truncated(unit: f64, below: f64) -> f64 {
    // Counted from the top, where 1 − p would lose digits, and mirrored.
    -normal::inverse((1.0 - unit) * (1.0 - below))
}

/// The value at `share` (in [0, 1)) of a percentile row.
fn interpolate(row: &[(f64, f64)], share: f64) -> f64 {
    let next = row.partition_point(|&(point, _)| point <= share);
    if next == 0 {
        return row[0].1;
    }
    let ((from, low), (to, high)) = (row[next - 1], row[next]);
    low + (high - low) * ((share - from) / (to - from))
}

/// Why some numbers describe no distribution; the message says what to change.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant says what its numbers are")]
pub enum BadDistribution {
    /// A uniform distribution's ends are the wrong way round.
    MinAboveMax { min: Nanos, max: Nanos },
    /// A lognormal's median is zero, or its 99th percentile is below it.
    P99BelowMedian { median: Nanos, p99: Nanos },
    /// A percentile row without points.
    EmptyRow,
    /// A percent outside 0..=100.
    PercentOutOfRange(f64),
    /// Two neighbours of a percentile row that do not ascend.
    RowNotAscending((f64, Nanos), (f64, Nanos)),
    /// A percentile row that stops short of 100 %.
    NoMaximum { last: f64 },
}

impl fmt::Display for BadDistribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinAboveMax { min, max } => write!(f, "uniform: min {min} is above max {max}; swap them"),
            Self::P99BelowMedian { median, p99 } => {
                write!(f, "lognormal: median {median} and p99 {p99} must satisfy 0 < median <= p99")
            }
            Self::EmptyRow => f.write_str("empirical: the percentile row is empty; give at least 100 % (the maximum)"),
            Self::PercentOutOfRange(percent) => write!(f, "empirical: {percent} % is not within 0 to 100 %"),
            Self::RowNotAscending((p, a), (q, b)) => write!(
                f,
                "empirical: {p} % = {a} is followed by {q} % = {b}; percents must rise from point to point, values must not fall"
            ),
            Self::NoMaximum { last } => {
                write!(f, "empirical: the row stops at {last} %; add the 100 % point (the maximum)")
            }
        }
    }
}

impl std::error::Error for BadDistribution {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    const MS: fn(u64) -> Nanos = Nanos::from_millis;

    /// Mean (against the sampler's own and `mean`) and quantiles (q, expected), in milliseconds, of 400,000 samples.
    fn check(sampler: &Sampler, mean: f64, quantiles: &[(f64, f64)]) {
        let mut stream = Streams::new(11).named("sampler");
        let n = 400_000;
        let mut samples: Vec<f64> = (0..n).map(|_| sampler.sample(&mut stream).as_millis_f64()).collect();
        samples.sort_by(f64::total_cmp);
        let measured = samples.iter().sum::<f64>() / f64::from(n);
        assert!((sampler.mean() * 1e3 / mean - 1.0).abs() < 1e-9, "says mean {}, not {mean}", sampler.mean() * 1e3);
        assert!((measured / mean - 1.0).abs() < 0.01, "mean {measured}, not {mean}");
        for &(q, expected) in quantiles {
            let value = samples[(q * f64::from(n)) as usize];
            assert!((value / expected - 1.0).abs() < 0.02, "quantile {q}: {value}, not {expected}");
        }
    }

    #[test]
    fn a_constant_is_constant_and_draws_nothing() {
        let (mut stream, untouched) = (Streams::new(1).named("x"), Streams::new(1).named("x"));
        assert_eq!(Sampler::constant(MS(3)).sample(&mut stream), MS(3));
        assert_eq!(stream, untouched);
        assert_eq!(Sampler::constant(MS(3)).mean(), 0.003);
    }

    #[test]
    fn every_other_distribution_takes_one_draw_a_sample() {
        let row = [(50.0, MS(1)), (100.0, MS(2))];
        for sampler in [
            Sampler::exponential(MS(10)),
            Sampler::uniform(MS(1), MS(9)).unwrap(),
            Sampler::lognormal(MS(1), MS(9)).unwrap(),
            Sampler::normal(MS(1), MS(9)),
            Sampler::empirical(&row).unwrap(),
        ] {
            let (mut stream, mut counted) = (Streams::new(1).named("x"), Streams::new(1).named("x"));
            for _ in 0..1_000 {
                sampler.sample(&mut stream);
                counted.u64();
            }
            assert_eq!(stream, counted, "{sampler:?}");
        }
    }

    #[test]
    fn exponential_has_its_mean_and_quantiles() {
        let at = |q: f64| (q, -10.0 * libm::log(1.0 - q));
        check(&Sampler::exponential(MS(10)), 10.0, &[at(0.1), at(0.5), at(0.9), at(0.99), at(0.999)]);
    }

    #[test]
    fn uniform_has_its_mean_and_quantiles() {
        check(&Sampler::uniform(MS(2), MS(6)).unwrap(), 4.0, &[(0.01, 2.04), (0.5, 4.0), (0.99, 5.96)]);
    }

    #[test]
    fn uniform_reaches_both_its_ends() {
        let sampler = Sampler::uniform(Nanos(5), Nanos(7)).unwrap();
        let mut stream = Streams::new(2).named("uniform");
        let mut seen: Vec<u64> = (0..100).map(|_| sampler.sample(&mut stream).0).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [5, 6, 7]);
        let widest = Sampler::uniform(Nanos::ZERO, Nanos::MAX).unwrap();
        assert_ne!(widest.sample(&mut stream), widest.sample(&mut stream));
    }

    #[test]
    fn lognormal_has_the_median_and_p99_it_was_given() {
        let sigma = libm::log(6.0) / 2.326_347_874_040_841;
        let p10 = 0.5 * libm::exp(-1.281_551_565_544_600_4 * sigma);
        let sampler = Sampler::lognormal(Nanos::from_micros(500), MS(3)).unwrap();
        check(&sampler, 0.5 * libm::exp(sigma * sigma / 2.0), &[(0.1, p10), (0.5, 0.5), (0.99, 3.0)]);
    }

    #[test]
    fn a_lognormal_as_wide_as_time_stays_addable() {
        let sampler = Sampler::lognormal(Nanos(1), Nanos::MAX).unwrap();
        let mut stream = Streams::new(2).named("wide");
        assert!((0..10_000).all(|_| sampler.sample(&mut stream) <= LONGEST_SAMPLE));
    }

    #[test]
    fn normal_far_from_zero_is_plainly_normal() {
        let z99 = 2.326_347_874_040_841;
        check(
            &Sampler::normal(MS(100), MS(10)),
            100.0,
            &[(0.01, 100.0 - 10.0 * z99), (0.5, 100.0), (0.99, 123.263_479)],
        );
    }

    #[test]
    fn normal_at_zero_is_the_half_normal() {
        let half = libm::sqrt(2.0 / std::f64::consts::PI) * 10.0;
        check(&Sampler::normal(Nanos::ZERO, MS(10)), half, &[(0.5, 6.744_897_5), (0.98, 23.263_479)]);
    }

    #[test]
    fn an_empirical_row_is_interpolated_and_extends_its_first_value() {
        let row = [(50.0, MS(27)), (90.0, MS(55)), (99.0, MS(110)), (100.0, MS(190))];
        let mean = 0.5 * 27.0 + 0.4 * 41.0 + 0.09 * 82.5 + 0.01 * 150.0;
        let points = [(0.1, 27.0), (0.49, 27.0), (0.7, 41.0), (0.9, 55.0), (0.99, 110.0), (0.995, 150.0)];
        check(&Sampler::empirical(&row).unwrap(), mean, &points);
        let single = Sampler::empirical(&[(100.0, MS(4))]).unwrap();
        check(&single, 4.0, &[(0.0, 4.0), (0.999, 4.0)]);
    }

    #[test]
    fn what_describes_no_distribution_is_refused() {
        use BadDistribution as Bad;
        assert_eq!(Sampler::uniform(MS(2), MS(1)), Err(Bad::MinAboveMax { min: MS(2), max: MS(1) }));
        assert_eq!(Sampler::lognormal(MS(2), MS(1)), Err(Bad::P99BelowMedian { median: MS(2), p99: MS(1) }));
        assert!(Sampler::lognormal(MS(0), MS(1)).is_err());
        assert_eq!(Sampler::empirical(&[]), Err(Bad::EmptyRow));
        assert_eq!(Sampler::empirical(&[(101.0, MS(1))]), Err(Bad::PercentOutOfRange(101.0)));
        assert!(Sampler::empirical(&[(f64::NAN, MS(1))]).is_err());
        assert!(Sampler::empirical(&[(50.0, MS(1)), (50.0, MS(2)), (100.0, MS(3))]).is_err());
        assert!(Sampler::empirical(&[(50.0, MS(3)), (100.0, MS(2))]).is_err());
        assert_eq!(Sampler::empirical(&[(50.0, MS(1))]), Err(Bad::NoMaximum { last: 50.0 }));
    }
}
