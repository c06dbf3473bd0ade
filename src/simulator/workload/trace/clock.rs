//! Columns of times: numbers in some unit, or dates.
//!
//! Where nobody says the unit, the first time's size does: milliseconds, microseconds and nanoseconds since 1970 and
//! Windows' hundreds of nanoseconds since 1601 are of sizes of their own, small numbers are seconds. What lies between is
//! asked for. The sizes are those of the years 1998 to 2128.

use std::fmt;
use std::str::FromStr;

use super::Problem;
use super::error::shown;
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

const SECOND: u64 = 1_000_000_000;

/// From Windows' epoch to the one of Unix, in hundreds of nanoseconds.
const FILETIME_1970: u64 = 116_444_736_000_000_000;

/// The unit of a column of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
    /// Hundreds of nanoseconds since 1601, as Windows counts.
    FileTime,
}

impl TimeUnit {
    const ALL: [(TimeUnit, &'static str); 5] = [
        (TimeUnit::Seconds, "s"),
        (TimeUnit::Milliseconds, "ms"),
        (TimeUnit::Microseconds, "us"),
        (TimeUnit::Nanoseconds, "ns"),
        (TimeUnit::FileTime, "filetime"),
    ];

    /// What it is called.
    pub fn phrase(self) -> Phrase {
        match self {
            TimeUnit::Seconds => Phrase::fixed("seconds", "초"),
            TimeUnit::Milliseconds => Phrase::fixed("milliseconds", "밀리초"),
            TimeUnit::Microseconds => Phrase::fixed("microseconds", "마이크로초"),
            TimeUnit::Nanoseconds => Phrase::fixed("nanoseconds", "나노초"),
            TimeUnit::FileTime => Phrase::fixed("hundreds of nanoseconds since 1601", "1601년부터 센 100나노초"),
        }
    }

    /// Its length in nanoseconds.
    fn nanos(self) -> u64 {
        match self {
            TimeUnit::Seconds => SECOND,
            TimeUnit::Milliseconds => 1_000_000,
            TimeUnit::Microseconds => 1_000,
            TimeUnit::Nanoseconds => 1,
            TimeUnit::FileTime => 100,
        }
    }

    /// The unit that the end of a column's name says, such as `_ms`, and the name without it.
    pub fn of_name(name: &str) -> (&str, Option<TimeUnit>) {
        const ENDINGS: [(&str, TimeUnit); 21] = [
            ("_s", TimeUnit::Seconds),
            ("_sec", TimeUnit::Seconds),
            ("_secs", TimeUnit::Seconds),
            ("_seconds", TimeUnit::Seconds),
            ("_in_seconds", TimeUnit::Seconds),
            ("_ms", TimeUnit::Milliseconds),
            ("_msec", TimeUnit::Milliseconds),
            ("_millis", TimeUnit::Milliseconds),
            ("_milliseconds", TimeUnit::Milliseconds),
            ("_in_ms", TimeUnit::Milliseconds),
            ("_us", TimeUnit::Microseconds),
            ("_usec", TimeUnit::Microseconds),
            ("_micros", TimeUnit::Microseconds),
            ("_microseconds", TimeUnit::Microseconds),
            ("_µs", TimeUnit::Microseconds),
            ("_in_us", TimeUnit::Microseconds),
            ("_ns", TimeUnit::Nanoseconds),
            ("_nsec", TimeUnit::Nanoseconds),
            ("_nanos", TimeUnit::Nanoseconds),
            ("_nanoseconds", TimeUnit::Nanoseconds),
            ("_in_ns", TimeUnit::Nanoseconds),
        ];
        let found = ENDINGS.iter().filter_map(|(ending, unit)| Some((name.strip_suffix(ending)?, Some(*unit))));
        found.min_by_key(|(rest, _)| rest.len()).unwrap_or((name, None))
    }

    /// The unit of a column whose first time is this number; `None` where that is not clear.
    fn of_first(number: u64) -> Option<TimeUnit> {
        match number {
            0..=5_000_000_000 => Some(TimeUnit::Seconds),
            900_000_000_000..=5_000_000_000_000 => Some(TimeUnit::Milliseconds),
            900_000_000_000_000..=5_000_000_000_000_000 => Some(TimeUnit::Microseconds),
            FILETIME_1970..=160_000_000_000_000_000 => Some(TimeUnit::FileTime),
            900_000_000_000_000_000..=5_000_000_000_000_000_000 => Some(TimeUnit::Nanoseconds),
            _ => None,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

impl FromStr for TimeUnit {
    type Err = Phrase;

    fn from_str(name: &str) -> Result<TimeUnit, Phrase> {
        let lower = name.to_ascii_lowercase().replace('µ', "u");
        let found = TimeUnit::ALL.into_iter().find(|(_, short)| *short == lower);
        found.map(|(unit, _)| unit).ok_or_else(|| {
            phrase!(
                "{name:?} is no unit of times; known: s, ms, us, ns, filetime",
                "{name:?}: 그런 시간 단위는 없습니다. 가능한 값: s, ms, us, ns, filetime"
            )
        })
    }
}

/// Reads a column of times.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The unit, once it is known.
    unit: Option<TimeUnit>,
    /// Whether a comma may stand for the point, as where semicolons separate the fields.
    pub decimal_comma: bool,
    /// What was taken for granted, to be told.
    note: Option<Phrase>,
}

impl Clock {
    /// Times in `unit`, or in what the first one says.
    pub fn new(unit: Option<TimeUnit>) -> Clock {
        Clock { unit, ..Clock::default() }
    }

    /// The moment that a field says.
    #[inline]
    pub fn moment(&mut self, field: &[u8]) -> Result<Nanos, Problem> {
        let field = field.trim_ascii();
        let Some(number) = decimal(field, self.decimal_comma) else {
            return date(field).map(Nanos).ok_or_else(|| {
                let time = Phrase::fixed(
                    "a time: seconds, such as 12 or 12.5, or a date, such as 2024-01-31T12:00:00.5Z",
                    "시각: 12나 12.5 같은 초, 또는 2024-01-31T12:00:00.5Z 같은 날짜",
                );
                Problem::expected(field, time)
            });
        };
        let unit = match self.unit {
            Some(unit) => unit,
            None => self.guess(field, number.whole)?,
        };
        let too_late = || {
            let unit = unit.phrase();
            Problem::expected(
                field,
                phrase!("a time in {unit} before the year 2500", "2500년 이전의 시각({unit})", unit),
            )
        };
        let nanos = number.times(unit.nanos());
        let since_1970 =
            if unit == TimeUnit::FileTime { nanos.and_then(|n| n.checked_sub(FILETIME_1970 * 100)) } else { nanos };
        since_1970.map(Nanos).ok_or_else(too_late)
    }

    #[cold]
    fn guess(&mut self, field: &[u8], first: u64) -> Result<TimeUnit, Problem> {
        let unit = TimeUnit::of_first(first).ok_or_else(|| {
            let clear = Phrase::fixed(
                "a time whose unit is clear; say it: --time-unit s, ms, us or ns, or call the column time_ms",
                "단위가 분명한 시각. 단위를 알려 주세요: --time-unit s, ms, us, ns 중 하나, 또는 열 이름을 time_ms처럼 적기",
            );
            Problem::expected(field, clear)
        })?;
        self.unit = Some(unit);
        if unit != TimeUnit::Seconds {
            let (unit, first) = (unit.phrase(), shown(field));
            self.note = Some(phrase!(
                "the times are taken as {unit}, since the first is {first}",
                "첫 시각이 {first}이므로 시각의 단위를 {unit}로 봅니다",
                unit
            ));
        }
        Ok(unit)
    }

    /// What was taken for granted.
    pub fn note(&self) -> Option<&Phrase> {
        self.note.as_ref()
    }
}

/// A length of time in `unit`, in nanoseconds.
pub fn length(field: &[u8], unit: TimeUnit, decimal_comma: bool) -> Option<u64> {
    decimal(field.trim_ascii(), decimal_comma)?.times(unit.nanos())
}

/// A decimal number.
#[derive(Clone, Copy)]
struct Decimal {
    whole: u64,
    /// The first nine digits after the point.
    billionths: u64,
}

impl Decimal {
    /// So many nanoseconds for each one, rounded down.
    fn times(self, nanos: u64) -> Option<u64> {
        self.whole
            .checked_mul(nanos)?
            .checked_add((u128::from(self.billionths) * u128::from(nanos) / 1_000_000_000) as u64)
    }
}

/// A number such as `1339518083.107412`, exactly; digits beyond nine after the point are cut.
#[inline]
fn decimal(text: &[u8], decimal_comma: bool) -> Option<Decimal> {
    let is_point = |&byte: &u8| byte == b'.' || (decimal_comma && byte == b',');
    let (whole, part) = match text.iter().position(is_point) {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b""[..]),
    };
    if whole.is_empty() || !part.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut number = 0u64;
    for digit in whole {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    let mut billionths = 0;
    let mut unit = 100_000_000;
    for digit in part.iter().take(9) {
        billionths += u64::from(digit - b'0') * unit;
        unit /= 10;
    }
    Some(Decimal { whole: number, billionths })
}

/// A number of seconds, such as `1339518083.107412`, exactly, in nanoseconds.
pub fn seconds(field: &[u8]) -> Option<u64> {
    length(field, TimeUnit::Seconds, false)
}

/// Whether a field is a date that is read.
pub fn is_date(field: &[u8]) -> bool {
    date(field.trim_ascii()).is_some()
}

/// A date such as `2024-01-31T12:00:00.5Z`, `2024-01-31 12:00:00` or `2024-01-31T12:00:00+09:00`, from 1970 on; without a
/// zone it is taken as UTC. ISO 8601, RFC 3339.
fn date(text: &[u8]) -> Option<u64> {
    let number = |from: usize, length: usize| -> Option<u64> {
        let digits = text.get(from..from + length)?;
        digits.iter().all(u8::is_ascii_digit).then(|| decimal(digits, false).map(|number| number.whole))?
    };
    let is = |at: usize, any: &[u8]| text.get(at).is_some_and(|byte| any.contains(byte));
    let separated = is(4, b"-/") && is(7, b"-/") && is(10, b"T t") && is(13, b":") && is(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute) = (number(11, 2)?, number(14, 2)?);
    let end = (17..text.len()).find(|&at| !text[at].is_ascii_digit() && text[at] != b'.').unwrap_or(text.len());
    let second = decimal(text.get(17..end)?, false)?;
    let zone = zone_minutes(&text[end..])?;
    let in_range = (1970..=2500).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !separated || !in_range || hour > 23 || minute > 59 || second.whole > 60 {
        return None;
    }
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute;
    let minutes = i64::try_from(minutes).ok()? - zone;
    u64::try_from(minutes).ok()?.checked_mul(60 * SECOND)?.checked_add(second.times(SECOND)?)
}

/// How many minutes a zone is ahead of UTC.
fn zone_minutes(zone: &[u8]) -> Option<i64> {
    let zone = std::str::from_utf8(zone).ok()?.trim();
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") || zone == "UTC" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.strip_prefix(['+', '-'])?.replace(':', "");
    let is_zone = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_zone.then(|| format!("{digits:0<4}").parse().ok())??;
    Some(sign * (number / 100 * 60 + number % 100))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    // Years that begin in March end with the day that leap years add.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    days - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(field: &str) -> Result<(u64, bool), String> {
        let mut clock = Clock::new(None);
        let moment = clock.moment(field.as_bytes());
        let told = |problem| format!("{}", super::super::TraceError { place: super::super::Place::Line(1), problem });
        moment.map(|moment| (moment.0, clock.note().is_some())).map_err(told)
    }

    #[test]
    fn the_size_of_the_first_time_says_its_unit_and_the_unit_is_told() {
        let moment = 1_700_000_000_123_456_789;
        assert_eq!(first("1700000000.123456789"), Ok((moment, false)));
        assert_eq!(first("1700000000123"), Ok((moment / 1_000_000 * 1_000_000, true)));
        assert_eq!(first("1700000000123.5"), Ok((moment / 1_000_000 * 1_000_000 + 500_000, true)));
        assert_eq!(first("1700000000123456"), Ok((moment / 1_000 * 1_000, true)));
        assert_eq!(first("1700000000123456789"), Ok((moment, true)));
        // 2007-02-22 17:00:00.3061629, as in the block traces of Cambridge.
        assert_eq!(first("128166372003061629"), Ok((1_172_163_600_306_162_900, true)));
        assert_eq!(first("0"), Ok((0, false)));
        assert!(first("12345678901234").unwrap_err().contains("--time-unit"));
    }

    #[test]
    fn the_unit_that_is_given_or_taken_first_holds_for_all() {
        let mut clock = Clock::new(Some(TimeUnit::Milliseconds));
        assert_eq!(clock.moment(b"5").ok(), Some(Nanos::from_millis(5)));
        assert_eq!(clock.moment(b"1700000000").ok(), Some(Nanos::from_millis(1_700_000_000)));
        let mut clock = Clock::new(None);
        assert_eq!(clock.moment(b"5").ok(), Some(Nanos::from_secs(5)));
        assert!(clock.moment(b"1700000000000").is_err(), "54,000 years later");
    }

    #[test]
    fn dates_are_read_with_their_zones() {
        let at = |text: &str| date(text.as_bytes());
        let s = |seconds: u64| Some(seconds * SECOND);
        assert_eq!(at("1970-01-01T00:00:00Z"), s(0));
        assert_eq!(at("2024-01-01T00:00:01Z"), s(1_704_067_201));
        assert_eq!(at("2024-02-29 23:59:59"), s(1_709_251_199));
        assert_eq!(at("2024/03/01 00:00:00"), s(1_709_251_200));
        assert_eq!(at("2024-01-01T09:00:01.25+09:00"), Some(1_704_067_201_250_000_000));
        assert_eq!(at("2023-12-31T19:30:01-0430"), s(1_704_067_201));
        for bad in [
            "2024-13-01T00:00:00Z",
            "2024-01-01",
            "2024-01-01T25:00:00Z",
            "2024-01-01T00:00:00 PST",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_comma_is_a_point_only_where_it_cannot_be_anything_else() {
        assert!(first("0,5").is_err());
        let mut clock = Clock::new(None);
        clock.decimal_comma = true;
        assert_eq!(clock.moment(b"0,5").ok(), Some(Nanos::from_millis(500)));
        assert!(clock.moment(b"1,000.5").is_err());
        for bad in ["", "-1", "+1", "1e9", ".5", "1.2.3", "١"] {
            assert!(first(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_may_say_the_unit() {
        assert_eq!(TimeUnit::of_name("timestamp_ms"), ("timestamp", Some(TimeUnit::Milliseconds)));
        assert_eq!(TimeUnit::of_name("time_in_us"), ("time", Some(TimeUnit::Microseconds)));
        assert_eq!(TimeUnit::of_name("ts"), ("ts", None));
        assert_eq!("MS".parse(), Ok(TimeUnit::Milliseconds));
        assert!("min".parse::<TimeUnit>().unwrap_err().to_string().contains("known: s, ms, us, ns"));
    }
}
