//! The percentiles of response times as HdrHistogram prints them (`outputPercentileDistribution`): value in milliseconds,
//! share, count up to there, and 1 / (1 - share), in five steps for each half of what is left.

use std::fmt::Write as _;

use crate::time::Nanos;

const STEPS: f64 = 5.0;

/// The distribution of these times, in any order; its rows end with the greatest.
///
/// ```
/// use cachelane::history::hgrm;
/// use cachelane::time::Nanos;
/// let text = hgrm((1..=100).map(Nanos::from_millis));
/// assert!(text.contains("      50.000 0.500000000000         50           2.00\n"));
/// assert!(text.contains("     100.000 1.000000000000        100\n"));
/// ```
pub fn hgrm(times: impl Iterator<Item = Nanos>) -> String {
    let mut sorted: Vec<u64> = times.map(|time| time.0).collect();
    sorted.sort_unstable();
    let mut text = format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let all = sorted.len();
    let mut level = 0.0_f64;
    while let Some(last) = sorted.last() {
        let place = (libm::ceil(level * all as f64) as usize).clamp(1, all);
        let value = sorted[place - 1];
        let count = sorted.partition_point(|other| *other <= value);
        if value == *last {
            let _ = writeln!(text, "{:12.3} {:.12} {all:10}", value as f64 / 1e6, 1.0);
            break;
        }
        let _ = writeln!(text, "{:12.3} {level:.12} {count:10} {:14.2}", value as f64 / 1e6, 1.0 / (1.0 - level));
        let halves = libm::floor(-libm::log2(1.0 - level)) + 1.0;
        level += 1.0 / (STEPS * libm::exp2(halves));
    }
    let (mean, deviation) = moments(&sorted);
    let most = sorted.last().copied().unwrap_or(0) as f64 / 1e6;
    let _ = writeln!(text, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]");
    let _ = writeln!(text, "#[Max     = {most:12.3}, Total count    = {all:12}]");
    // Every time is kept: the buckets of a histogram are of the reader's own making.
    let _ = writeln!(text, "#[Buckets = {:12}, SubBuckets     = {:12}]", 1, all);
    text
}

/// Mean and standard deviation, milliseconds.
fn moments(sorted: &[u64]) -> (f64, f64) {
    let all = sorted.len().max(1) as f64;
    let ms = || sorted.iter().map(|ns| *ns as f64 / 1e6);
    let mean = ms().sum::<f64>() / all;
    (mean, libm::sqrt(ms().map(|value| (value - mean) * (value - mean)).sum::<f64>() / all))
}
