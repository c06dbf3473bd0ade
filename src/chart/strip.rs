//! Dots on a line, one for each run: where each run of many came to lie, and their mean with its interval.

use super::scale::{Axis, decimals_of, round_up};
use super::text;

/// How the values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Count,
    /// Milliseconds; by decades where they lie far apart.
    Millis,
    /// Shares, 0 to 1, in percent.
    Share,
    /// Money.
    Amount,
    /// A number a second; by decades where they lie far apart.
    Rate,
}

/// The axis along which the dots lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    kind: Kind,
    low: f64,
    high: f64,
    /// Between two values that are named; `None` where each decade is alike.
    step: Option<f64>,
}

/// From this ratio of the greatest to the least value on, latencies and rates are shown by decades.
const DECADES_FROM: f64 = 20.0;

/// About how many values are named.
const NAMED: f64 = 5.0;

impl Strip {
    /// An axis that holds all `values`, its ends on values that are named. It begins at 0 unless the values lie close together.
    pub fn over(kind: Kind, values: impl Iterator<Item = f64> + Clone) -> Strip {
        let (mut low, mut high) = values
            .clone()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if !low.is_finite() {
            (low, high) = (0.0, 0.0);
        }
        if matches!(kind, Kind::Millis | Kind::Rate)
            && low > 0.0
            && high / low >= DECADES_FROM
            && let Axis::Log { low, high } = Axis::log_over(values)
        {
            return Strip { kind, low, high, step: None };
        }
        if low >= 0.0 && low < 0.6 * high {
            low = 0.0;
        }
        let least = match kind {
            Kind::Count => 1.0,
            Kind::Millis | Kind::Share | Kind::Rate => 1e-6,
            Kind::Amount => 1e-9,
        };
        // Where all are alike, something around them is shown.
        let span = (high - low).max(if high == low { high.abs() * 0.05 } else { 0.0 }).max(least);
        let step = round_up(span / NAMED).max(least);
        let low = libm::floor(low / step + 1e-9) * step;
        let mut high = libm::ceil(high / step - 1e-9) * step;
        if high <= low {
            high = low + step;
        }
        Strip { kind, low, high, step: Some(step) }
    }

    /// Where a value lies: 0 at the left end, 1 at the right.
    pub fn place(&self, value: f64) -> f64 {
        match self.step {
            Some(_) => ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0),
            None => Axis::Log { low: self.low, high: self.high }.place(value),
        }
    }

    /// The values that are named, with their names.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let Some(step) = self.step else {
            let ticks = Axis::Log { low: self.low, high: self.high }.ticks(NAMED as usize);
            let named = |(value, name)| (value, if self.kind == Kind::Rate { self.name(value, value) } else { name });
            return ticks.into_iter().map(named).collect();
        };
        let count = libm::round((self.high - self.low) / step) as u32;
        (0..=count).map(|i| self.low + f64::from(i) * step).map(|value| (value, self.name(value, step))).collect()
    }

    fn name(&self, value: f64, step: f64) -> String {
        match self.kind {
            Kind::Count => text::count(libm::round(value) as u64),
            Kind::Rate if step >= 1.0 => format!("{}/s", text::count(libm::round(value) as u64)),
            Kind::Rate => format!("{value:.*}/s", decimals_of(step)),
            Kind::Millis => format!("{value:.*} ms", decimals_of(step)),
            Kind::Share => format!("{:.*} %", decimals_of(100.0 * step), 100.0 * value),
            Kind::Amount => format!("{value:.*}", decimals_of(step)),
        }
    }

    /// The dots as the data of an SVG path of points without length, in a box of that size: stroked with round ends they are
    /// dots. Those of runs that came out alike stand above each other.
    pub fn dots(&self, values: impl Iterator<Item = f64>, (width, height): (f64, f64)) -> String {
        let at = |(i, value): (usize, f64)| {
            // Steps of the golden ratio fill the height evenly, in an order that nobody takes for a pattern.
            let level = (i as f64 * 0.618_034) % 1.0;
            format!("M{:.1} {:.1}h0", self.place(value) * width, (0.15 + 0.7 * level) * height)
        };
        values.enumerate().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: Kind, values: &[f64]) -> Vec<String> {
        Strip::over(kind, values.iter().copied()).ticks().into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn an_axis_begins_at_zero_unless_the_values_lie_close_together() {
        assert_eq!(names(Kind::Count, &[94.0, 230.0]), ["0", "50", "100", "150", "200", "250"]);
        assert_eq!(names(Kind::Count, &[23_900.0, 24_100.0])[0], "23,900");
        assert_eq!(names(Kind::Amount, &[0.000_02, 0.000_03])[..2], ["0.000020", "0.000022"]);
        assert_eq!(names(Kind::Share, &[0.971, 0.989]).first().unwrap(), "97.0 %");
        assert_eq!(names(Kind::Millis, &[14.2, 14.4]).first().unwrap(), "14.20 ms");
    }

    #[test]
    fn latencies_that_lie_far_apart_are_shown_by_decades() {
        assert_eq!(names(Kind::Millis, &[1.8, 900.0]), ["1 ms", "10 ms", "100 ms", "1 s"]);
        assert_eq!(names(Kind::Rate, &[150.0, 300.0])[..3], ["0/s", "100/s", "200/s"]);
        assert_eq!(names(Kind::Rate, &[0.04, 3_035.0])[..2], ["0.1/s", "1/s"]);
        assert_eq!(names(Kind::Rate, &[0.4, 3_035.0]).last().unwrap(), "1,000/s");
    }

    #[test]
    fn every_name_is_another_and_every_value_lies_between_the_ends() {
        for values in [vec![], vec![0.0], vec![3.0; 4], vec![0.0, 1.0, 2.0], vec![1e9, 1e9 + 3.0], vec![0.5, 0.500_1]] {
            for kind in [Kind::Count, Kind::Millis, Kind::Share, Kind::Rate] {
                let strip = Strip::over(kind, values.iter().copied());
                let mut names: Vec<String> = strip.ticks().into_iter().map(|(_, name)| name).collect();
                assert!((2..=12).contains(&names.len()), "{kind:?} {values:?}: {names:?}");
                names.dedup();
                assert_eq!(names.len(), strip.ticks().len(), "{kind:?} {values:?}: {names:?}");
                assert!(values.iter().all(|value| strip.low <= *value && *value <= strip.high), "{strip:?} {values:?}");
            }
        }
    }

    #[test]
    fn each_run_is_a_dot() {
        let strip = Strip::over(Kind::Count, [0.0, 10.0].into_iter());
        let drawn = strip.dots([0.0, 10.0, 5.0].into_iter(), (100.0, 20.0));
        assert!(drawn.starts_with("M0.0 3.0h0M100.0 ") && drawn.matches("h0").count() == 3, "{drawn}");
    }
}
