//! Virtual time: whole nanoseconds, and the human way to write them.
//!
//! One type serves both for a moment (nanoseconds since the run began) and for a length of time.
//! It is an integer because two machines agree on integers to the bit.
//!
//! ```
//! use cachelane::time::Nanos;
//! let ttl: Nanos = "1.5s".parse().unwrap();
//! assert_eq!(ttl, Nanos::from_millis(1_500));
//! assert_eq!(ttl.to_string(), "1.5s");
//! ```

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of virtual time (since the run began), or a length of it, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// The units a duration may be written in, largest first, with their length in nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Nanos {
    /// The beginning of a run; a length of nothing.
    pub const ZERO: Nanos = Nanos(0);
    /// Later than anything that happens.
    pub const MAX: Nanos = Nanos(u64::MAX);

    /// `n` microseconds.
    pub const fn from_micros(n: u64) -> Nanos {
        Nanos(n * 1_000)
    }

    /// `n` milliseconds.
    pub const fn from_millis(n: u64) -> Nanos {
        Nanos(n * 1_000_000)
    }

    /// `n` seconds.
    pub const fn from_secs(n: u64) -> Nanos {
        Nanos(n * 1_000_000_000)
    }

    /// The nearest whole nanosecond to `seconds`; negative and NaN give zero, absurd lengths [`Nanos::MAX`].
    pub fn from_secs_f64(seconds: f64) -> Nanos {
        // `as` saturates in Rust, and turns NaN into 0, on every target alike.
        Nanos((seconds * 1e9 + 0.5) as u64)
    }

    /// The length in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The length in milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `self - other`, or zero when `other` is later.
    pub const fn saturating_sub(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_sub(other.0))
    }

    /// The next multiple of `every` after this moment.
    pub const fn tick_after(self, every: Nanos) -> Nanos {
        Nanos((self.0 / every.0 + 1).saturating_mul(every.0))
    }

    /// `self + other`, or [`Nanos::MAX`] when that is too far away to count.
    pub const fn saturating_add(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_add(other.0))
    }
}

impl Add for Nanos {
    type Output = Nanos;
    fn add(self, other: Nanos) -> Nanos {
        Nanos(self.0 + other.0)
    }
}

impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Nanos) {
        self.0 += other.0;
    }
}

impl Sub for Nanos {
    type Output = Nanos;
    fn sub(self, other: Nanos) -> Nanos {
        Nanos(self.0 - other.0)
    }
}

impl fmt::Display for Nanos {
    /// The shortest exact form in one unit: `1.5s`, `250ms`, `2h`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        // The largest unit that writes it in at most three decimals; nanoseconds always do.
        for (name, length) in UNITS {
            if self.0 >= length && (u128::from(self.0) * 1000) % u128::from(length) == 0 {
                let thousandths = u128::from(self.0) * 1000 / u128::from(length);
                let (whole, part) = (thousandths / 1000, thousandths % 1000);
                if part == 0 {
                    return write!(f, "{whole}{name}");
                }
                let digits = format!("{part:03}");
                return write!(f, "{whole}.{}{name}", digits.trim_end_matches('0'));
            }
        }
        write!(f, "{}ns", self.0)
    }
}

/// Why a text is not a duration; says how to write one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDuration(pub String);

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a duration: write a number and a unit (ns, us, ms, s, min, h, d), such as \"250ms\" or \"1.5h\"",
            self.0
        )
    }
}

impl std::error::Error for BadDuration {}

impl Nanos {
    /// A regular expression that every text fits that can be read as a duration, as JSON Schema writes them.
    pub fn pattern() -> String {
        let units = UNITS.map(|(name, _)| name).join("|");
        format!(r"^\s*([0-9.]+\s*({units}|m|µs|μs)\s*)+$")
    }
}

impl FromStr for Nanos {
    type Err = BadDuration;

    /// Reads `"250ms"`, `"1.5 h"`, `"10us"`, and what is put together of whole units and a last one, the largest first:
    /// `"1min30s"`, `"1h 5m"`. An `m` alone may be minutes or milliseconds, so it is neither; behind hours, or before
    /// seconds, it is minutes. At most a million days, at least a nanosecond or exactly zero.
    fn from_str(text: &str) -> Result<Nanos, BadDuration> {
        let bad = || BadDuration(text.to_owned());
        let pieces = pieces(text.trim()).ok_or_else(bad)?;
        let (mut total, mut last_length) = (0_u64, u64::MAX);
        for (i, (number, unit)) in pieces.iter().enumerate() {
            let unit = match *unit {
                "µs" | "μs" => "us",
                "m" if pieces.len() > 1 => "min",
                unit => unit,
            };
            let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
            let is_in_place = *length < last_length && (i + 1 == pieces.len() || !number.contains('.'));
            let piece = exact_nanos(number, *length).filter(|_| is_in_place).ok_or_else(bad)?;
            total = total.checked_add(piece.0).ok_or_else(bad)?;
            last_length = *length;
        }
        Ok(Nanos(total))
    }
}

/// The numbers of a text, each with its unit.
fn pieces(text: &str) -> Option<Vec<(&str, &str)>> {
    let (mut rest, mut pieces) = (text, Vec::new());
    while !rest.is_empty() {
        let is_digit = |c: char| c.is_ascii_digit() || c == '.';
        let (number, behind) = rest.split_at(rest.find(|c: char| !is_digit(c))?);
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(behind.find(|c: char| is_digit(c) || c == ' ').unwrap_or(behind.len()));
        pieces.push((number, unit));
        rest = behind.trim_start();
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// `number` (decimal digits with at most one point) times `length`, in whole nanoseconds, without rounding through a float.
fn exact_nanos(number: &str, length: u64) -> Option<Nanos> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > 15 || part.contains('.') || whole.len() > 20 {
        return None;
    }
    let digits: u128 = format!("{whole}{part}").parse().ok()?;
    let scale = 10u128.pow(part.len() as u32);
    let nanos = (digits.checked_mul(u128::from(length))? + scale / 2) / scale;
    let largest = 1_000_000 * u128::from(UNITS[0].1);
    (nanos <= largest.min(u128::from(u64::MAX))).then_some(Nanos(nanos as u64))
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Nanos;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"250ms\" or \"2h\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Nanos, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_alike() {
        for text in ["250ms", "2h", "1.5s", "6us", "0s", "10d", "999ns", "1.234us", "50min", "2592000000000.001us"] {
            assert_eq!(text.parse::<Nanos>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_duration_may_be_put_together_of_several_units() {
        for (text, plain) in [
            ("1min30s", "90s"),
            ("1h 5m", "65min"),
            ("1h5m 30 s", "3930s"),
            ("2m 1.5s", "121.5s"),
            ("1 s 250 ms", "1.25s"),
            ("1d 12h", "36h"),
            ("1.5 s", "1.5s"),
        ] {
            assert_eq!(text.parse::<Nanos>().unwrap(), plain.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in ["30m", "30s 1min", "1s 1s", "1.5h 5min", "1h 5", "1h,5min", "213503d 213503d", "5m m"] {
            assert!(text.parse::<Nanos>().is_err(), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1.2.3s", "5 parsecs", "1e3s", "NaN", "99999999999999999999s", "9999999999d"]
        {
            assert!(text.parse::<Nanos>().is_err(), "{text}");
        }
    }
}
