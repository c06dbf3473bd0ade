//! A law fitted to measured response times: what a load generator printed, as one of the distributions that a scenario knows.
//!
//! A fit smooths what was measured, and says how far it is from it. The points themselves are a distribution, too
//! ([`Distribution::Empirical`]); a law has two numbers that can be turned, and a tail beyond the last point.

use super::Distribution;
use super::percentiles::{self, BadPercentiles, Percentiles};
use crate::phrase::{Phrase, phrase};
use crate::random::normal_quantile;
use crate::time::Nanos;

/// Response times as somebody measured them.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// Percentiles.
    Percentiles(Percentiles),
    /// Their mean and standard deviation, all that pgbench says, and wrk without `--latency`.
    Moments {
        /// The mean.
        mean: Nanos,
        /// The standard deviation.
        deviation: Nanos,
    },
}

/// A law and how far from the points it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The law.
    pub law: Distribution,
    /// Each point: percent, what was measured, and what the law has there; not the least and the greatest value, which
    /// depend on how often was measured.
    pub points: Vec<(f64, Nanos, Nanos)>,
}

impl Fit {
    /// The point where the law is farthest off, and by which factor it is more (or, below 1, less) than what was measured.
    pub fn farthest(&self) -> Option<(f64, f64)> {
        let off = |&(percent, measured, law): &(f64, Nanos, Nanos)| (percent, law.0 as f64 / measured.0 as f64);
        self.points.iter().map(off).max_by(|a, b| libm::fabs(libm::log(a.1)).total_cmp(&libm::fabs(libm::log(b.1))))
    }
}

/// By how many percent a law is more (or less) than what was measured, by the factor: a whole number, never -0.
pub fn percent_off(factor: f64) -> f64 {
    ((factor - 1.0) * 100.0).round() + 0.0
}

/// Reads what a load generator printed: percentiles, or a mean and a standard deviation.
///
/// # Errors
/// What is missing, with its line.
///
/// ```
/// use cachelane::scenario::fit::{Measured, fit, read};
/// let read = read("latency average = 2.5 ms\nlatency stddev = 0.7 ms").unwrap();
/// assert!(matches!(read, Measured::Moments { .. }));
/// assert_eq!(fit(&read).unwrap().law.kind(), "lognormal");
/// ```
pub fn read(text: &str) -> Result<Measured, BadPercentiles> {
    let is_inside = |all: &Percentiles, percent: f64| percent > 0.0 && percent < 100.0 && !all.is_chosen(percent);
    let inside = |all: &Percentiles| all.rows.iter().any(|(percent, _)| is_inside(all, *percent));
    match (percentiles::read(text), moments(text)) {
        (Ok(percentiles), None) => Ok(Measured::Percentiles(percentiles)),
        (Ok(percentiles), Some(_)) if inside(&percentiles) => Ok(Measured::Percentiles(percentiles)),
        // The least and the greatest value say less.
        (_, Some(moments)) => moments,
        (Err(error), None) => Err(error),
    }
}

/// The mean and the deviation of pgbench (`latency average = 2.5 ms`) or wrk (`Latency  635.91us  0.89ms  12.92ms`).
fn moments(text: &str) -> Option<Result<Measured, BadPercentiles>> {
    let lines = || text.lines().enumerate();
    let after = |name: &str| {
        lines()
            .find_map(|(i, line)| Some((i, line.trim().strip_prefix(name)?.trim_start_matches([' ', '=', ':']).trim())))
    };
    let bad = |line: usize, reason| Some(Err(BadPercentiles { line: line + 1, reason }));
    let (mean_line, mean, deviation) = if let Some((line, mean)) = after("latency average") {
        let Some((_, deviation)) = after("latency stddev") else {
            let reason = Phrase::fixed(
                "an average without its deviation says nothing of the tail; let pgbench print it (-P 10), or give percentiles",
                "평균만으로는 꼬리 지연을 알 수 없습니다. pgbench가 표준편차를 출력하게 하거나(-P 10) 백분위수를 넣어 주세요",
            );
            return bad(line, reason);
        };
        (line, mean, deviation)
    } else {
        let (line, rest) = after("Latency").filter(|_| text.contains("Thread Stats"))?;
        let mut cells = rest.split_whitespace();
        (line, cells.next()?, cells.next()?)
    };
    // With its unit: `2.5 ms`, and what may follow it (`(including failures)`).
    let time = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        [words.join(""), words.first().copied().unwrap_or_default().to_owned()].into_iter().find_map(|t| t.parse().ok())
    };
    match (time(mean), time(deviation)) {
        (Some(mean), Some(deviation)) if mean > Nanos::ZERO => Some(Ok(Measured::Moments { mean, deviation })),
        _ => bad(
            mean_line,
            phrase!("{mean} and {deviation} are no times", "{mean}, {deviation}: 시간으로 읽을 수 없습니다"),
        ),
    }
}

/// The law that is nearest to what was measured, of those with one number (the same always, exponential) or two (lognormal):
/// nearest in the mean square of logarithms, so that a tenth too much counts the same at every percentile. One with a single
/// number that is nowhere off by more than a fiftieth is taken before one with two. `None` where there are not two points between the
/// least and the greatest value, which any law would fit, or where some took no time at all.
pub fn fit(measured: &Measured) -> Option<Fit> {
    let percentiles = match measured {
        Measured::Moments { mean, deviation } => {
            let law = if deviation.0 == 0 { Distribution::Constant(*mean) } else { of_moments(*mean, *deviation) };
            return Some(Fit { law, points: Vec::new() });
        }
        Measured::Percentiles(percentiles) => percentiles,
    };
    let is_measured = |percent: f64| percent > 0.0 && percent < 100.0 && !percentiles.is_chosen(percent);
    let inside = percentiles.rows.iter().filter(|(percent, _)| is_measured(*percent));
    let points: Vec<(f64, Nanos)> = inside.copied().collect();
    if points.len() < 2 || points[0].1.0 == 0 {
        return None;
    }
    if points.first()?.1 == points.last()?.1 {
        let value = points[0].1;
        let points = points.iter().map(|&(percent, measured)| (percent, measured, value)).collect();
        return Some(Fit { law: Distribution::Constant(value), points });
    }
    let (one, two) = (exponential(&points), lognormal(&points));
    let is_near = one.farthest().is_some_and(|(_, factor)| (0.98..1.02).contains(&factor));
    Some(if is_near || distance(&one) <= distance(&two) { one } else { two })
}

/// The lognormal law with these moments.
fn of_moments(mean: Nanos, deviation: Nanos) -> Distribution {
    let [mean, deviation] = [mean, deviation].map(|time| time.0 as f64);
    let ratio = 1.0 + (deviation / mean) * (deviation / mean);
    let (median, sigma) = (mean / libm::sqrt(ratio), libm::sqrt(libm::log(ratio)));
    let at = |z: f64| rounded(median * libm::exp(sigma * z));
    Distribution::Lognormal { median: at(0.0), p99: at(normal_quantile(0.99)) }
}

/// ln v = ln m + ln(-ln(1 - p)), whose one number is a mean.
fn exponential(points: &[(f64, Nanos)]) -> Fit {
    let scale = |percent: f64| -libm::log1p(-percent / 100.0);
    let sum: f64 = points.iter().map(|&(percent, value)| libm::log(value.0 as f64 / scale(percent))).sum();
    let mean = libm::exp(sum / points.len() as f64);
    of_law(Distribution::Exponential(rounded(mean)), points, |percent| mean * scale(percent))
}

/// ln v = ln median + sigma z(p): a straight line, by least squares.
fn lognormal(points: &[(f64, Nanos)]) -> Fit {
    let z = |percent: f64| normal_quantile(percent / 100.0);
    let n = points.len() as f64;
    let mean_of = |of: &dyn Fn(f64, f64) -> f64| {
        points.iter().map(|&(percent, value)| of(z(percent), libm::log(value.0 as f64))).sum::<f64>() / n
    };
    let (mean_z, mean_v) = (mean_of(&|z, _| z), mean_of(&|_, v| v));
    let sigma = mean_of(&|z, v| (z - mean_z) * (v - mean_v)) / mean_of(&|z, _| (z - mean_z) * (z - mean_z));
    let at = |z: f64| libm::exp(mean_v + sigma * (z - mean_z));
    let law = Distribution::Lognormal { median: rounded(at(0.0)), p99: rounded(at(normal_quantile(0.99))) };
    of_law(law, points, |percent| at(z(percent)))
}

fn of_law(law: Distribution, points: &[(f64, Nanos)], at: impl Fn(f64) -> f64) -> Fit {
    Fit { law, points: points.iter().map(|&(percent, value)| (percent, value, rounded(at(percent)))).collect() }
}

/// The mean square of how far a law is off, in logarithms.
fn distance(fit: &Fit) -> f64 {
    let square = |&(_, measured, law): &(f64, Nanos, Nanos)| {
        let off = libm::log(law.0 as f64 / measured.0 as f64);
        off * off
    };
    fit.points.iter().map(square).sum()
}

/// Rounded to a microsecond, or where it is shorter than a millisecond to ten nanoseconds: nobody measures finer.
pub(super) fn rounded(value: f64) -> Nanos {
    let step = if value < 1e6 { 10.0 } else { 1e3 };
    Nanos(((value / step).round() * step).max(1.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(text: &str) -> Fit {
        fit(&read(text).unwrap_or_else(|error| panic!("{text}: {}", error.phrase()))).expect("there are points")
    }

    #[test]
    fn percentiles_of_a_law_give_the_law_back() {
        // Φ⁻¹ at 50, 90, 99, 99.9 %: 0, 1.2816, 2.3263, 3.0902 (any table); ln 5 / 2.3263 = 0.69184.
        let Fit { law, .. } = fitted("50 10\n90 24.270\n99 50\n99.9 84.809");
        let Distribution::Lognormal { median, p99 } = law else { panic!("{law:?}") };
        assert!(
            (median.as_millis_f64() - 10.0).abs() < 0.01 && (p99.as_millis_f64() - 50.0).abs() < 0.05,
            "{median} {p99}"
        );
        // -ln(1 - p): 0.6931, 2.3026, 4.6052.
        let Fit { law, .. } = fitted("50 6.931ms\n90 23.026ms\n99 46.052ms\nmax 80ms");
        let Distribution::Exponential(mean) = law else { panic!("{law:?}") };
        assert!((mean.as_millis_f64() - 10.0).abs() < 0.01, "{mean}");
        assert_eq!(fitted("50 5ms\n99 5ms\n100 7ms").law, Distribution::Constant(Nanos::from_millis(5)));
        // Two points of an exponential law are no lognormal one, though one goes through them.
        assert_eq!(fitted("50 6.931ms\n90 23.026ms").law.kind(), "exponential");
        for any in ["p99 5ms", "p50 0ms\np90 0ms\np99 1ms"] {
            assert_eq!(fit(&read(any).unwrap()), None, "{any}");
        }
    }

    #[test]
    fn a_fit_says_where_it_is_farthest_off() {
        // The row of ANCHORS: Locust, with Redis.
        let fit = fitted("27 34 39 43 55 67 88 110 170 190 190");
        let (percent, factor) = fit.farthest().unwrap();
        assert_eq!(fit.points.len(), 10, "not the greatest value");
        let off = |&(_, measured, law): &(f64, Nanos, Nanos)| {
            (law.0 as f64 / measured.0 as f64).max(measured.0 as f64 / law.0 as f64)
        };
        let most = fit.points.iter().map(off).fold(0.0, f64::max);
        assert!((factor.max(1.0 / factor) - most).abs() < 1e-12 && most < 1.3, "{factor} at {percent}");
        // Every other law of the kind is farther from the points.
        let Distribution::Lognormal { median, p99 } = fit.law else { panic!("{:?}", fit.law) };
        let points: Vec<_> = fit.points.iter().map(|&(percent, value, _)| (percent, value)).collect();
        let sigma = libm::log(p99.0 as f64 / median.0 as f64) / normal_quantile(0.99);
        for (a, b) in [(1.02, 1.0), (0.98, 1.0), (1.0, 1.02), (1.0, 0.98)] {
            let at = |percent: f64| median.0 as f64 * a * libm::exp(sigma * b * normal_quantile(percent / 100.0));
            assert!(distance(&of_law(fit.law.clone(), &points, at)) > distance(&fit), "{a} {b}");
        }
    }

    #[test]
    fn a_mean_and_a_deviation_are_a_lognormal_law_with_both() {
        let pgbench = "scaling factor: 10\nmaximum number of tries: 1\nlatency average = 10.000 ms\nlatency stddev = 5.000 ms\ntps = 999.1 (without initial connection time)";
        let wrk = "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency    10.00ms    5.00ms  12.92ms   93.69%\n    Req/Sec    56.20k     8.07k   62.00k    86.54%";
        for text in [pgbench, wrk] {
            let Distribution::Lognormal { median, p99 } = fitted(text).law else { panic!("{text}") };
            let sigma = libm::log(p99.0 as f64 / median.0 as f64) / normal_quantile(0.99);
            let mean = median.as_millis_f64() * libm::exp(sigma * sigma / 2.0);
            let deviation = mean * libm::sqrt(libm::exp(sigma * sigma) - 1.0);
            assert!((mean - 10.0).abs() < 0.01 && (deviation - 5.0).abs() < 0.01, "{mean} {deviation}");
        }
        let error = read("number of clients: 10\nlatency average = 10.0 ms\ntps = 10").unwrap_err();
        assert!(error.line == 2 && error.phrase().to_string().contains("-P 10"), "{}", error.phrase());
    }
}
