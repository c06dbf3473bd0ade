//! Distributions of durations as scenario files write them.

use super::field::{Field, Plain, Takes, read_in, refuse_strangers, refuse_value, refuse_word, require};
use super::node::{Node, Value, join};
use super::problem::{Problems, Reason};
use crate::phrase::{Phrase, phrase};
use crate::random::Sampler;
use crate::time::Nanos;

/// A distribution of durations. A bare duration is a constant; the others are a table with one name in it.
///
/// ```toml
/// "5ms"
/// { exponential = "10ms" }                            # its mean
/// { uniform = { min = "1ms", max = "3ms" } }
/// { lognormal = { median = "0.5ms", p99 = "3ms" } }
/// { normal = { mean = "5ms", sd = "1ms" } }           # never below zero
/// { empirical = [[50, "27ms"], [99, "110ms"], [100, "190ms"]] }   # percent, value; straight lines between
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Nanos),
    /// Exponential with this mean.
    Exponential(Nanos),
    /// Equally likely between two values.
    Uniform {
        /// The least.
        min: Nanos,
        /// The most.
        max: Nanos,
    },
    /// Log-normal, by its median and 99th percentile.
    Lognormal {
        /// Half of the values are below.
        median: Nanos,
        /// 99 % of the values are below.
        p99: Nanos,
    },
    /// Normal, conditioned on being at least zero.
    Normal {
        /// The mean.
        mean: Nanos,
        /// The standard deviation.
        sd: Nanos,
    },
    /// A measured percentile row: (percent, value) pairs, both rising, up to 100 %.
    Empirical(Vec<(f64, Nanos)>),
}

impl Distribution {
    /// Its kind in a word, for a list of kinds to choose from.
    pub const fn kind(&self) -> &'static str {
        match self {
            Distribution::Constant(_) => "constant",
            Distribution::Exponential(_) => "exponential",
            Distribution::Uniform { .. } => "uniform",
            Distribution::Lognormal { .. } => "lognormal",
            Distribution::Normal { .. } => "normal",
            Distribution::Empirical(_) => "empirical",
        }
    }

    /// What the page calls its kind.
    pub const fn title(&self) -> Phrase {
        match self {
            Distribution::Constant(_) => Phrase::fixed("constant", "상수"),
            Distribution::Exponential(_) => Phrase::fixed("exponential", "지수 분포"),
            Distribution::Uniform { .. } => Phrase::fixed("uniform", "균등 분포"),
            Distribution::Lognormal { .. } => Phrase::fixed("lognormal", "로그 정규 분포"),
            Distribution::Normal { .. } => Phrase::fixed("normal", "정규 분포"),
            Distribution::Empirical(_) => Phrase::fixed("empirical", "실측 분포"),
        }
    }

    /// Its first number, or where its middle is.
    fn middle(&self) -> Nanos {
        match self {
            Distribution::Constant(v) | Distribution::Exponential(v) => *v,
            Distribution::Uniform { min, max } => Nanos(min.0 / 2 + max.0 / 2),
            Distribution::Lognormal { median, .. } => *median,
            Distribution::Normal { mean, .. } => *mean,
            Distribution::Empirical(row) => row.first().map_or(Nanos::ZERO, |(_, v)| *v),
        }
    }

    /// One of each kind that may take its place, about as long as it is. A measured row comes from a file only: it is kept.
    pub fn each_kind(&self) -> Vec<Distribution> {
        let middle = self.middle();
        let mut kinds = vec![
            Distribution::Constant(middle),
            Distribution::Exponential(middle),
            Distribution::Uniform { min: Nanos(middle.0 / 2), max: Nanos(middle.0 / 2 * 3) },
            Distribution::Lognormal { median: middle, p99: Nanos(middle.0 * 5) },
            Distribution::Normal { mean: middle, sd: Nanos(middle.0 / 5) },
        ];
        if matches!(self, Distribution::Empirical(_)) {
            kinds.push(self.clone());
        }
        kinds
    }

    /// The distribution, ready to draw from.
    ///
    /// # Panics
    /// When its numbers make no distribution, which [`Scenario::check`](super::Scenario::check) refuses.
    pub fn sampler(&self) -> Sampler {
        const CHECKED: &str = "a scenario is checked before it runs";
        match self {
            Distribution::Constant(value) => Sampler::constant(*value),
            Distribution::Exponential(mean) => Sampler::exponential(*mean),
            Distribution::Uniform { min, max } => Sampler::uniform(*min, *max).expect(CHECKED),
            Distribution::Lognormal { median, p99 } => Sampler::lognormal(*median, *p99).expect(CHECKED),
            Distribution::Normal { mean, sd } => Sampler::normal(*mean, *sd),
            Distribution::Empirical(row) => Sampler::empirical(row).expect(CHECKED),
        }
    }
}

pub(super) const NAMES: &[&str] = &["exponential", "uniform", "lognormal", "normal", "empirical"];
const EXPECTED: Phrase = Phrase::fixed(
    "a duration such as \"5ms\", or a distribution such as { exponential = \"10ms\" }",
    "\"5ms\" 같은 시간, 또는 { exponential = \"10ms\" } 같은 분포",
);

impl Field for Distribution {
    fn show(&self) -> Node {
        let pair = |a: (&str, &Nanos), b: (&str, &Nanos)| {
            Value::Table(vec![(a.0.to_owned(), a.1.show()), (b.0.to_owned(), b.1.show())]).into()
        };
        let (name, inner) = match self {
            Distribution::Constant(value) => return value.show(),
            Distribution::Exponential(mean) => ("exponential", mean.show()),
            Distribution::Uniform { min, max } => ("uniform", pair(("min", min), ("max", max))),
            Distribution::Lognormal { median, p99 } => ("lognormal", pair(("median", median), ("p99", p99))),
            Distribution::Normal { mean, sd } => ("normal", pair(("mean", mean), ("sd", sd))),
            Distribution::Empirical(row) => ("empirical", row.show()),
        };
        Value::Named(name.to_owned(), Box::new(inner)).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Distribution> {
        if let Some(word) = node.word() {
            let constant = word.parse().ok().map(Distribution::Constant);
            return constant.or_else(|| refuse_shape(node, EXPECTED, at, problems));
        }
        let (name, inner) = named(node, NAMES, EXPECTED, at, problems)?;
        let at = &join(at, &name);
        let mut pair = |first, second| pair(&inner, first, second, at, problems);
        Some(match name.as_str() {
            "exponential" => Distribution::Exponential(Nanos::read(&inner, at, problems)?),
            "uniform" => pair("min", "max").map(|(min, max)| Distribution::Uniform { min, max })?,
            "lognormal" => pair("median", "p99").map(|(median, p99)| Distribution::Lognormal { median, p99 })?,
            "normal" => pair("mean", "sd").map(|(mean, sd)| Distribution::Normal { mean, sd })?,
            _ => Distribution::Empirical(Field::read(&inner, at, problems)?),
        })
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Distribution)
    }
}

/// Two durations in a table, both needed.
fn pair(inner: &Node, first: &str, second: &str, at: &str, problems: &mut Problems) -> Option<(Nanos, Nanos)> {
    let Some(fields) = inner.fields() else {
        let sentence = phrase!(
            "must be {{ {first} = \"1ms\", {second} = \"3ms\" }}",
            "{{ {first} = \"1ms\", {second} = \"3ms\" }}처럼 적어 주세요"
        );
        problems.push(at, inner.quote(), inner.line, Reason::Because(sentence));
        return None;
    };
    refuse_strangers(fields, &[first, second], at, problems);
    require(fields, first, Phrase::fixed("a duration, such as \"1ms\"", "\"1ms\" 같은 시간"), at, problems);
    require(fields, second, Phrase::fixed("a duration, such as \"3ms\"", "\"3ms\" 같은 시간"), at, problems);
    let (first, second) = (read_in(fields, first, at, problems), read_in(fields, second, at, problems));
    Some((first?, second?))
}

/// The name and the inside of a node that should be a table with one name in it.
pub(super) fn named(
    node: &Node,
    known: &[&str],
    expected: Phrase,
    at: &str,
    problems: &mut Problems,
) -> Option<(String, Node)> {
    let (name, inner) = match &node.value {
        Value::Named(word, inner) => (word.clone(), (**inner).clone()),
        // A link's `lognormal(median:1ms,p99:3ms)`.
        Value::Kind(word, fields) => (word.clone(), Value::Table(fields.clone()).into()),
        Value::Table(fields) => match fields.as_slice() {
            [(word, inner)] => (word.clone(), inner.clone()),
            [] => return refuse_shape(node, expected, at, problems),
            several => return refuse_several(node, several, at, problems),
        },
        _ => return refuse_shape(node, expected, at, problems),
    };
    if !known.contains(&name.as_str()) {
        return refuse_word(node, &name, known, at, problems);
    }
    Some((name, inner))
}

pub(super) fn refuse_shape<T>(node: &Node, expected: Phrase, at: &str, problems: &mut Problems) -> Option<T> {
    refuse_value(node, at, problems, expected)
}

fn refuse_several<T>(node: &Node, several: &[(String, Node)], at: &str, problems: &mut Problems) -> Option<T> {
    let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let sentence = phrase!(
        "gives several at once; keep one of {names}",
        "여러 가지를 한꺼번에 적었습니다. {names} 중 하나만 남겨 주세요"
    );
    problems.push(at, node.quote(), node.line, Reason::Because(sentence));
    None
}
