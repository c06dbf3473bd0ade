//! Sizes in scenario files: the room of a cache, the sizes of values.

use super::check::{MINIMUM_ABOVE_MAXIMUM, P99_BELOW_MEDIAN};
use super::distribution::{named, refuse_shape};
use super::field::{Field, Plain, Takes, read_in, refuse, refuse_strangers, require};
use super::node::{Node, Value, join};
use super::problem::{Problems, Reason};
use crate::bytes::Bytes;
use crate::phrase::{Phrase, phrase};
use crate::random::Sampler;
use crate::time::Nanos;

/// How much a cache node has room for: entries (`100`) or bytes (`"64MiB"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// So many entries, of any size.
    Entries(u32),
    /// So many bytes of values, each with 64 bytes on top for its key and its place.
    Bytes(Bytes),
}

impl From<u32> for Capacity {
    fn from(entries: u32) -> Capacity {
        Capacity::Entries(entries)
    }
}

const ENTRIES_OR_SIZE: Phrase =
    Phrase::fixed("a number of entries, or a size such as \"64MiB\"", "항목 수, 또는 \"64MiB\" 같은 크기");
const SIZE: Phrase =
    Phrase::fixed("a size with its unit, such as \"64MiB\" or \"10kB\"", "\"64MiB\"나 \"10kB\"처럼 단위를 붙인 크기");

impl Field for Capacity {
    fn show(&self) -> Node {
        match self {
            Capacity::Entries(count) => count.show(),
            Capacity::Bytes(bytes) => bytes.show(),
        }
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Capacity> {
        if let Some(bytes) = node.word().and_then(|word| word.parse().ok()) {
            return Some(Capacity::Bytes(bytes));
        }
        match &node.value {
            Value::Text(_) => refuse(node, at, problems, ENTRIES_OR_SIZE),
            _ => u32::read(node, at, problems).map(Capacity::Entries),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(Phrase::fixed("a number of entries, or a size", "항목 수 또는 크기")))
    }
}

impl Field for Bytes {
    fn show(&self) -> Node {
        Value::Text(self.to_string()).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Bytes> {
        match node.word().and_then(|word| word.parse().ok()) {
            Some(bytes) => Some(bytes),
            None => refuse(node, at, problems, SIZE),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(Phrase::fixed("a size", "크기")))
    }
}

/// A distribution of sizes. A bare size is a constant; the others are a table with one name in it.
///
/// ```toml
/// "1KiB"
/// { exponential = "1KiB" }                              # its mean
/// { uniform = { min = "100B", max = "10kB" } }
/// { lognormal = { median = "200B", p99 = "8KiB" } }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizes {
    /// Always the same.
    Constant(Bytes),
    /// Exponential with this mean.
    Exponential(Bytes),
    /// Equally likely between two sizes.
    Uniform {
        /// The least.
        min: Bytes,
        /// The most.
        max: Bytes,
    },
    /// Log-normal, by its median and 99th percentile.
    Lognormal {
        /// Half of the values are smaller.
        median: Bytes,
        /// 99 % of the values are smaller.
        p99: Bytes,
    },
}

impl Sizes {
    /// The distribution, ready to draw from; it counts bytes where a sampler of times counts nanoseconds.
    ///
    /// # Panics
    /// When its numbers make no distribution, which [`Scenario::check`](super::Scenario::check) refuses.
    pub fn sampler(&self) -> Sampler {
        const CHECKED: &str = "a scenario is checked before it runs";
        let count = |bytes: Bytes| Nanos(bytes.0);
        match *self {
            Sizes::Constant(size) => Sampler::constant(count(size)),
            Sizes::Exponential(mean) => Sampler::exponential(count(mean)),
            Sizes::Uniform { min, max } => Sampler::uniform(count(min), count(max)).expect(CHECKED),
            Sizes::Lognormal { median, p99 } => Sampler::lognormal(count(median), count(p99)).expect(CHECKED),
        }
    }

    /// What is wrong between its parts.
    pub(super) fn contradiction(&self) -> Option<Phrase> {
        match self {
            Sizes::Uniform { min, max } if min > max => Some(MINIMUM_ABOVE_MAXIMUM),
            Sizes::Lognormal { median: Bytes(0), .. } => Some(Phrase::fixed(
                "the median of a lognormal must be above 0; give a larger one, or the constant \"0B\"",
                "로그 정규 분포의 중앙값은 0보다 커야 합니다. 더 큰 값이나 상수 \"0B\"를 적어 주세요",
            )),
            Sizes::Lognormal { median, p99 } if p99 < median => Some(P99_BELOW_MEDIAN),
            _ => None,
        }
    }
}

pub(super) const NAMES: &[&str] = &["exponential", "uniform", "lognormal"];
const EXPECTED: Phrase = Phrase::fixed(
    "a size such as \"1KiB\", or a distribution such as { exponential = \"1KiB\" }",
    "\"1KiB\" 같은 크기, 또는 { exponential = \"1KiB\" } 같은 분포",
);

impl Field for Sizes {
    fn show(&self) -> Node {
        let pair = |a: (&str, &Bytes), b: (&str, &Bytes)| {
            Value::Table(vec![(a.0.to_owned(), a.1.show()), (b.0.to_owned(), b.1.show())]).into()
        };
        let (name, inner) = match self {
            Sizes::Constant(size) => return size.show(),
            Sizes::Exponential(mean) => ("exponential", mean.show()),
            Sizes::Uniform { min, max } => ("uniform", pair(("min", min), ("max", max))),
            Sizes::Lognormal { median, p99 } => ("lognormal", pair(("median", median), ("p99", p99))),
        };
        Value::Named(name.to_owned(), Box::new(inner)).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Sizes> {
        if let Some(word) = node.word() {
            let constant = word.parse().ok().map(Sizes::Constant);
            return constant.or_else(|| refuse_shape(node, EXPECTED, at, problems));
        }
        let (name, inner) = named(node, NAMES, EXPECTED, at, problems)?;
        let at = &join(at, &name);
        match name.as_str() {
            "exponential" => Bytes::read(&inner, at, problems).map(Sizes::Exponential),
            "uniform" => pair(&inner, "min", "max", at, problems).map(|(min, max)| Sizes::Uniform { min, max }),
            _ => pair(&inner, "median", "p99", at, problems).map(|(median, p99)| Sizes::Lognormal { median, p99 }),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(Phrase::fixed("a size or a distribution of sizes", "크기 또는 크기의 분포")))
    }
}

/// Two sizes in a table, both needed.
fn pair(inner: &Node, first: &str, second: &str, at: &str, problems: &mut Problems) -> Option<(Bytes, Bytes)> {
    let Some(fields) = inner.fields() else {
        let sentence = phrase!(
            "must be {{ {first} = \"1kB\", {second} = \"10kB\" }}",
            "{{ {first} = \"1kB\", {second} = \"10kB\" }}처럼 적어 주세요"
        );
        problems.push(at, inner.quote(), inner.line, Reason::Because(sentence));
        return None;
    };
    refuse_strangers(fields, &[first, second], at, problems);
    require(fields, first, Phrase::fixed("a size, such as \"1kB\"", "\"1kB\" 같은 크기"), at, problems);
    require(fields, second, Phrase::fixed("a size, such as \"10kB\"", "\"10kB\" 같은 크기"), at, problems);
    let (first, second) = (read_in(fields, first, at, problems), read_in(fields, second, at, problems));
    Some((first?, second?))
}
