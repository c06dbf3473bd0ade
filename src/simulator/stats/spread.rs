//! What a number is over several runs: its mean, how sure that is, and how far the runs lie apart.

use serde::Serialize;

/// A number over independent runs.
///
/// ```
/// use cachelane::stats::Spread;
/// let lost = Spread::of(&[10.0, 12.0, 14.0]).unwrap();
/// assert_eq!((lost.runs, lost.mean, lost.min, lost.max), (3, 12.0, 10.0, 14.0));
/// // Student's t with two degrees of freedom is 4.30 at 95 %, and the error of the mean 2/√3.
/// assert!((lost.low - 7.03).abs() < 0.01 && (lost.high - 16.97).abs() < 0.01);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// In how many runs there is such a number.
    pub runs: usize,
    /// Their mean.
    pub mean: f64,
    /// The 95 % interval of the mean by Student's t: where the mean of ever more runs would come to lie. Of one run it is all
    /// there could be, and so nothing is said: mean, low and high are one.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The standard deviation of the runs.
    pub sd: f64,
    /// The least of all runs.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of these values, one a run; `None` of none.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let (runs, first) = (values.len(), *values.first()?);
        let mean = values.iter().sum::<f64>() / runs as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let sd = if runs > 1 { (squares / (runs - 1) as f64).sqrt() } else { 0.0 };
        let half = if runs > 1 { student_t(runs - 1) * sd / (runs as f64).sqrt() } else { 0.0 };
        let (min, max) = values.iter().fold((first, first), |(min, max), value| (min.min(*value), max.max(*value)));
        Some(Spread { runs, mean, low: mean - half, high: mean + half, sd, min, max })
    }

    /// The interval where the number can only be from `least` to `most`, as a count or a share: Student's t knows nothing of that.
    #[must_use]
    pub fn within(self, least: f64, most: f64) -> Spread {
        Spread { low: self.low.max(least), high: self.high.min(most), ..self }
    }

    /// Whether the interval lies on one side of zero: of a difference, whether it is more than luck.
    pub fn is_clear(&self) -> bool {
        self.runs > 1 && (self.low > 0.0 || self.high < 0.0)
    }
}

/// The 97.5 % point of Student's distribution with that many degrees of freedom, to three digits: for one and two the exact
/// formulas, from there on Fisher's expansion about the normal point (Abramowitz and Stegun, 26.7.5).
fn student_t(degrees: usize) -> f64 {
    const NORMAL: f64 = 1.959_963_985;
    match degrees {
        0 | 1 => 12.706_205,
        2 => 4.302_653,
        _ => {
            let (n, z) = (degrees as f64, NORMAL);
            let z2 = z * z;
            let terms = [
                z * (z2 + 1.0) / 4.0,
                z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
                z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
                z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0,
            ];
            terms.iter().rev().fold(0.0, |sum, term| (sum + term) / n) + z
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of any textbook.
    #[test]
    fn student_s_points_are_those_of_the_tables() {
        for (degrees, point) in
            [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (19, 2.093), (999, 1.962)]
        {
            let found = student_t(degrees);
            assert!((found - point).abs() < 0.006, "{degrees}: {found} instead of {point}");
        }
    }

    #[test]
    fn one_run_has_no_interval_and_none_no_spread() {
        let one = Spread::of(&[3.0]).unwrap();
        assert_eq!((one.low, one.high, one.sd, one.is_clear()), (3.0, 3.0, 0.0, false));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn an_interval_stays_within_what_is_possible() {
        let rare = Spread::of(&[0.0, 0.0, 1.0]).unwrap();
        assert!(rare.low < 0.0 && rare.high > 1.0);
        let share = rare.within(0.0, 1.0);
        assert_eq!((share.low, share.high, share.mean), (0.0, 1.0, rare.mean));
    }

    /// Of many samples of a normal distribution, the interval holds the true mean in 95 of 100.
    #[test]
    fn the_interval_covers_the_mean_as_often_as_it_says() {
        let mut draws = crate::random::Streams::new(5).named("coverage");
        let normal = crate::random::Sampler::exponential(crate::time::Nanos(1_000_000));
        let covered = (0..2_000)
            .filter(|_| {
                // Sums of twelve are near enough to normal.
                let sum =
                    |draws: &mut crate::random::Stream| (0..12).map(|_| normal.sample(draws).0 as f64).sum::<f64>();
                let values: Vec<f64> = (0..8).map(|_| sum(&mut draws)).collect();
                let spread = Spread::of(&values).unwrap();
                (spread.low..=spread.high).contains(&12e6)
            })
            .count();
        assert!((1_860..=1_940).contains(&covered), "{covered} of 2000");
    }
}
