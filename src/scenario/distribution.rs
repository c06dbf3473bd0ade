//! Distributions of durations as scenario files write them.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uniform {
    min: Nanos,
    max: Nanos,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lognormal {
    median: Nanos,
    p99: Nanos,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Normal {
    mean: Nanos,
    sd: Nanos,
}

const NAMES: &[&str] = &["exponential", "uniform", "lognormal", "normal", "empirical"];

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Distribution";
        match self {
            Distribution::Constant(value) => value.serialize(serializer),
            Distribution::Exponential(mean) => serializer.serialize_newtype_variant(NAME, 1, "exponential", mean),
            Distribution::Uniform { min, max } => {
                serializer.serialize_newtype_variant(NAME, 2, "uniform", &Uniform { min: *min, max: *max })
            }
            Distribution::Lognormal { median, p99 } => {
                serializer.serialize_newtype_variant(NAME, 3, "lognormal", &Lognormal { median: *median, p99: *p99 })
            }
            Distribution::Normal { mean, sd } => {
                serializer.serialize_newtype_variant(NAME, 4, "normal", &Normal { mean: *mean, sd: *sd })
            }
            Distribution::Empirical(row) => serializer.serialize_newtype_variant(NAME, 5, "empirical", row),
        }
    }
}

impl Distribution {
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

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Distribution, D::Error> {
        deserializer.deserialize_any(DistributionVisitor)
    }
}

struct DistributionVisitor;

impl<'de> Visitor<'de> for DistributionVisitor {
    type Value = Distribution;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"5ms\", or a distribution such as { exponential = \"10ms\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Distribution, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distribution, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom(format!(
                "an empty table is no distribution: name one of {}",
                NAMES.join(", ")
            )));
        };
        let distribution = match name.as_str() {
            "exponential" => Distribution::Exponential(map.next_value()?),
            "uniform" => {
                let Uniform { min, max } = map.next_value()?;
                Distribution::Uniform { min, max }
            }
            "lognormal" => {
                let Lognormal { median, p99 } = map.next_value()?;
                Distribution::Lognormal { median, p99 }
            }
            "normal" => {
                let Normal { mean, sd } = map.next_value()?;
                Distribution::Normal { mean, sd }
            }
            "empirical" => Distribution::Empirical(map.next_value()?),
            other => return Err(A::Error::unknown_field(other, NAMES)),
        };
        match map.next_key::<String>()? {
            Some(second) => {
                Err(A::Error::custom(format!("a distribution is one thing: `{name}` or `{second}`, not both")))
            }
            None => Ok(distribution),
        }
    }
}
