//! Sizes: whole bytes, and the human way to write them.
//!
//! ```
//! use cachelane::bytes::Bytes;
//! let memory: Bytes = "1.5MiB".parse().unwrap();
//! assert_eq!(memory, Bytes(1_572_864));
//! assert_eq!(memory.to_string(), "1.5MiB");
//! assert_eq!("10kB".parse(), Ok(Bytes(10_000)));
//! ```

use std::fmt;
use std::str::FromStr;

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// The units a size may be written in, with their bytes: by thousands and by 1,024, larger ones first.
pub const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Bytes {
    /// A regular expression that every text fits that can be read as a size, as JSON Schema writes them.
    pub fn pattern() -> String {
        let units = UNITS.map(|(name, _)| name).join("|");
        format!(r"^\s*[0-9.]+\s*({units})\s*$")
    }
}

impl fmt::Display for Bytes {
    /// The shortest exact form in one unit: `64MiB`, `1.5kB`, `0B`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In at most three decimals; bytes always do. Of two that do, the shorter one.
        let forms = UNITS.iter().filter_map(|&(name, length)| in_unit(self.0, name, length));
        f.write_str(&forms.min_by_key(String::len).expect("bytes are always exact"))
    }
}

fn in_unit(bytes: u64, name: &str, length: u64) -> Option<String> {
    let thousandths = u128::from(bytes) * 1000;
    if (bytes < length && length > 1) || !thousandths.is_multiple_of(u128::from(length)) {
        return None;
    }
    let thousandths = thousandths / u128::from(length);
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    let digits = format!("{part:03}");
    let digits = digits.trim_end_matches('0');
    Some(if digits.is_empty() { format!("{whole}{name}") } else { format!("{whole}.{digits}{name}") })
}

/// Why a text is not a size; says how to write one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBytes(pub String);

impl fmt::Display for BadBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a size: write a number and a unit (B, kB, KiB, MB, MiB, GB, GiB, TB, TiB), such as \"64MiB\"",
            self.0
        )
    }
}

impl std::error::Error for BadBytes {}

impl FromStr for Bytes {
    type Err = BadBytes;

    /// Reads `"64MiB"`, `"1.5 kB"`, `"100B"`: a whole number of bytes, of at most 1,000,000 TiB.
    fn from_str(text: &str) -> Result<Bytes, BadBytes> {
        let bad = || BadBytes(text.to_owned());
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(bad)?;
        let (number, unit) = (&trimmed[..split], trimmed[split..].trim());
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        exact(number, *length).ok_or_else(bad)
    }
}

/// `number` (decimal digits with at most one point) times `length`, if that is whole.
fn exact(number: &str, length: u64) -> Option<Bytes> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > 15 || part.contains('.') || whole.len() > 20 {
        return None;
    }
    let digits: u128 = format!("{whole}{part}").parse().ok()?;
    let (bytes, scale) = (digits.checked_mul(u128::from(length))?, 10u128.pow(part.len() as u32));
    let most = 1_000_000 * (1u128 << 40);
    (bytes.is_multiple_of(scale) && bytes / scale <= most).then(|| Bytes((bytes / scale) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written_alike() {
        for text in ["0B", "64MiB", "10kB", "1.5MiB", "1B", "999B", "2TiB", "1.25GB", "1023B", "1000000TiB"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
        for bytes in [0, 1, 999, 1_000, 1_024, 1_536, 123_456_789, 1 << 33, (1 << 33) + 1, 3_000_000_000] {
            assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in ["", "5", "MiB", "-1MiB", "1.2.3MB", "5 apples", "1e3kB", "NaN", "0.5B", "1mb", "1000001TiB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        let message = "64 mib".parse::<Bytes>().unwrap_err().to_string();
        assert!(message.contains("\"64 mib\" is not a size") && message.contains("MiB"), "{message}");
    }
}
