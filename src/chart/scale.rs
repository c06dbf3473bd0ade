//! Axes: where a value stands, and which few values are named.

use super::text;
use crate::phrase::Language;

/// How a figure's vertical axis counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axis {
    /// Milliseconds from `low` to `high`, each decade alike.
    Log {
        /// The bottom.
        low: f64,
        /// The top.
        high: f64,
    },
    /// The same, and beneath it, set apart, a place for 0: what takes no time stands at the bottom edge.
    LogAndZero {
        /// The least above 0.
        low: f64,
        /// The top.
        high: f64,
    },
    /// Milliseconds from 0 to `high`.
    Millis {
        /// The top.
        high: f64,
    },
    /// A share, 0 to `high`, which is 1 at most.
    Share {
        /// The top.
        high: f64,
    },
    /// A number from 0 to `high`.
    Count {
        /// The top.
        high: f64,
    },
    /// A number a second, from 0 to `high`.
    Rate {
        /// The top.
        high: f64,
    },
    /// Bytes from 0 to `high`.
    Bytes {
        /// The top.
        high: f64,
    },
}

impl Axis {
    /// A logarithmic axis that holds all `values`, its ends on 1, 2 or 5 of a decade, at least one decade long.
    pub fn log_over(values: impl Iterator<Item = f64>) -> Axis {
        let (mut low, mut high, mut has_zero) = (f64::INFINITY, 0.0_f64, false);
        for value in values {
            if value > 0.0 {
                low = low.min(value);
                high = high.max(value);
            } else {
                has_zero = true;
            }
        }
        let (low, high) = if low.is_finite() {
            let (low, high) = (round_down(low / 1.15), round_up(high * 1.15));
            (low, high.max(low * 10.0))
        } else {
            (0.1, 100.0)
        };
        if has_zero { Axis::LogAndZero { low, high } } else { Axis::Log { low, high } }
    }

    /// An axis of all shares.
    pub const SHARE: Axis = Axis::Share { high: 1.0 };

    /// An axis of shares from 0 that holds all `values`, for those that may be small.
    pub fn share_over(values: impl Iterator<Item = f64>) -> Axis {
        Axis::Share { high: round_up(values.fold(0.001, f64::max) * 1.08).min(1.0) }
    }

    /// A linear axis in milliseconds from 0 that holds all `values`.
    pub fn millis_over(values: impl Iterator<Item = f64>) -> Axis {
        Axis::Millis { high: round_up(values.fold(0.1, f64::max) * 1.05) }
    }

    /// A linear axis from 0 that holds all `values` and is never shorter than ten.
    pub fn count_over(values: impl Iterator<Item = f64>) -> Axis {
        Axis::Count { high: round_up(values.fold(9.0, f64::max) * 1.08) }
    }

    /// A linear axis a second, from 0, that holds all `values` and is never shorter than ten.
    pub fn rate_over(values: impl Iterator<Item = f64>) -> Axis {
        Axis::Rate { high: round_up(values.fold(9.0, f64::max) * 1.08) }
    }

    /// A linear axis of bytes from 0 that holds all `values`; it ends on a power of two of a unit or half of one.
    pub fn bytes_over(values: impl Iterator<Item = f64>) -> Axis {
        let most = values.fold(1000.0, f64::max) * 1.05;
        let power = libm::pow(2.0, libm::ceil(libm::log2(most)));
        Axis::Bytes { high: if power * 0.75 >= most { power * 0.75 } else { power } }
    }

    /// Where `value` stands: 0 at the bottom, 1 at the top; values outside stand at the nearer end.
    pub fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Axis::Log { low, high } => log_place(value, low, high),
            Axis::LogAndZero { .. } if value <= 0.0 => 0.0,
            Axis::LogAndZero { low, high } => ZERO_ROOM + (1.0 - ZERO_ROOM) * log_place(value, low, high),
            Axis::Millis { high }
            | Axis::Count { high }
            | Axis::Rate { high }
            | Axis::Bytes { high }
            | Axis::Share { high } => value / high,
        };
        place.clamp(0.0, 1.0)
    }

    /// The values that are named, with their names; `room` is the most there is space for.
    pub fn ticks(&self, room: usize) -> Vec<(f64, String)> {
        match *self {
            Axis::Log { low, high } => log_ticks(low, high, room),
            Axis::LogAndZero { low, high } => {
                std::iter::once((0.0, "0".to_owned())).chain(log_ticks(low, high, room.saturating_sub(1))).collect()
            }
            Axis::Millis { high } => even_ticks(high, room).map(|v| (v, text::millis(v))).collect(),
            Axis::Count { high } | Axis::Rate { high } => {
                even_ticks(high, room).map(|v| (v, text::count(v as u64))).collect()
            }
            Axis::Bytes { high } => {
                let parts = if room >= 4 { 4 } else { 2 };
                (0..=parts).map(|i| high * f64::from(i) / f64::from(parts)).map(|v| (v, text::bytes(v))).collect()
            }
            Axis::Share { high } if high < 1.0 => {
                even_ticks(high, room).map(|v| (v, text::percent(v, share_decimals(high).saturating_sub(1)))).collect()
            }
            Axis::Share { .. } if room >= 5 => {
                [0.0, 0.25, 0.5, 0.75, 1.0].map(|v| (v, text::percent(v, 0))).into_iter().collect()
            }
            Axis::Share { .. } => [0.0, 0.5, 1.0].map(|v| (v, text::percent(v, 0))).into_iter().collect(),
        }
    }

    /// A value of this axis in words.
    pub fn name(&self, value: f64) -> String {
        match self {
            Axis::Log { .. } | Axis::LogAndZero { .. } | Axis::Millis { .. } => text::millis(value),
            // What is not zero does not read as zero.
            Axis::Share { high } => text::percent(value, share_decimals(*high).max(text::decimals(value).min(4))),
            Axis::Count { .. } => text::count(value as u64),
            Axis::Rate { .. } => text::rate(value),
            Axis::Bytes { .. } => text::bytes(value),
        }
    }
}

/// Decimals of a share on an axis that ends there: a tenth of its first digit is seen.
fn share_decimals(high: f64) -> usize {
    match high {
        high if high > 0.05 => 1,
        high if high > 0.005 => 2,
        _ => 3,
    }
}

/// The part of an axis that sets 0 apart from the least value above it.
const ZERO_ROOM: f64 = 0.14;

fn log_place(value: f64, low: f64, high: f64) -> f64 {
    (libm::log(value.max(low) / low) / libm::log(high / low)).clamp(0.0, 1.0)
}

/// The largest of 1, 2, 5 × 10ⁿ that is not above `value`.
fn round_down(value: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(value)));
    [5.0, 2.0, 1.0].into_iter().map(|m| m * decade).find(|v| *v <= value * 1.000_001).unwrap_or(decade)
}

/// The least of 1, 2, 5 × 10ⁿ that is not below `value`.
pub(super) fn round_up(value: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(value)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * decade).find(|v| *v >= value * 0.999_999).unwrap_or(decade * 10.0)
}

fn log_ticks(low: f64, high: f64, room: usize) -> Vec<(f64, String)> {
    let decades = libm::log10(high / low);
    let steps: &[f64] = if decades * 3.0 <= room as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut ticks = Vec::new();
    let mut decade = libm::pow(10.0, libm::floor(libm::log10(low)));
    while decade <= high * 1.000_001 {
        for step in steps {
            let value = step * decade;
            if value >= low * 0.999_999 && value <= high * 1.000_001 {
                ticks.push((value, text::millis(value)));
            }
        }
        decade *= 10.0;
    }
    ticks
}

fn even_ticks(high: f64, room: usize) -> impl Iterator<Item = f64> {
    let step = round_up(high / room.max(1) as f64);
    (0..).map(move |i| f64::from(i) * step).take_while(move |v| *v <= high * 1.000_001)
}

/// The moments that are named on a time axis between two moments, with their names; the unit stands at the last only.
pub fn time_ticks((from, to): (f64, f64), room: usize, language: Language) -> Vec<(f64, String)> {
    let (unit, [english, korean]) = match to {
        s if s >= 3.0 * 86_400.0 => (86_400.0, [" d", "일"]),
        s if s >= 3.0 * 3600.0 => (3600.0, [" h", "시간"]),
        s if s >= 180.0 => (60.0, [" min", "분"]),
        s if s >= 1.0 => (1.0, [" s", "초"]),
        _ => (0.001, [" ms", " ms"]),
    };
    let name = if language == Language::Korean { korean } else { english };
    let step = round_up((to - from) / unit / room.max(1) as f64);
    let first = libm::ceil(from / unit / step - 1e-9).max(0.0);
    let moments = (0..).map(|i| (first + f64::from(i)) * step).take_while(|v| v * unit <= to * 1.000_001);
    let mut ticks: Vec<(f64, String)> = moments.map(|v| (v * unit, plain(v, step))).collect();
    if let Some((_, last)) = ticks.last_mut() {
        last.push_str(name);
    }
    ticks
}

/// A number with as many decimals as steps of that size need.
fn plain(value: f64, step: f64) -> String {
    format!("{value:.*}", decimals_of(step))
}

/// With how many decimals values are told apart that lie so far from each other.
pub(super) fn decimals_of(step: f64) -> usize {
    libm::ceil(-libm::log10(step) - 1e-9).clamp(0.0, 6.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_axis_shows_cache_and_database_alike() {
        let axis = Axis::log_over([0.42, 40.0].into_iter());
        assert_eq!(axis, Axis::Log { low: 0.2, high: 50.0 });
        let names: Vec<String> = axis.ticks(4).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["1 ms", "10 ms"]);
        assert!((axis.place(0.2)).abs() < 1e-12 && (axis.place(50.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn small_shares_fill_their_axis() {
        let axis = Axis::share_over([0.0002, 0.0043].into_iter());
        assert_eq!((axis, axis.name(0.0002)), (Axis::Share { high: 0.005 }, "0.020 %".to_owned()));
        let names: Vec<String> = axis.ticks(3).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["0.00 %", "0.20 %", "0.40 %"]);
        assert_eq!(Axis::share_over([0.6].into_iter()), Axis::SHARE);
    }

    #[test]
    fn what_takes_no_time_stands_at_the_bottom_of_a_log_axis_with_a_tick_of_its_own() {
        let axis = Axis::log_over([0.0, 0.42, 40.0].into_iter());
        let names: Vec<String> = axis.ticks(4).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["0", "1 ms", "10 ms"]);
        assert_eq!((axis.place(0.0), axis.place(50.0)), (0.0, 1.0));
        assert!(axis.place(0.2) > 0.1, "the least value above 0 is not taken for 0: {}", axis.place(0.2));
        assert_eq!(Axis::log_over(std::iter::once(0.0)), Axis::LogAndZero { low: 0.1, high: 100.0 });
    }

    #[test]
    fn an_axis_without_values_still_stands() {
        assert_eq!(Axis::log_over(std::iter::empty()), Axis::Log { low: 0.1, high: 100.0 });
        assert_eq!(Axis::count_over(std::iter::empty()), Axis::Count { high: 10.0 });
    }

    #[test]
    fn time_is_named_in_its_unit() {
        let names: Vec<String> =
            time_ticks((0.0, 60.0), 7, Language::Korean).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["0", "10", "20", "30", "40", "50", "60초"]);
        let names: Vec<String> =
            time_ticks((22.31, 22.74), 5, Language::English).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["22.4", "22.5", "22.6", "22.7 s"], "a part of the axis begins on a round moment");
    }
}
