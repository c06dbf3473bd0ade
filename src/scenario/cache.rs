//! The cache as data: capacity, eviction, TTL, command time.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Distribution;
pub use super::eviction::Eviction;
use crate::time::Nanos;

/// One cache node: a single-threaded command server with room for `capacity` entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Room, in entries.
    pub capacity: u32,
    /// Which entry makes room for a new one.
    pub eviction: Eviction,
    /// How long an entry lives.
    pub ttl: Ttl,
    /// Service time of one command.
    pub command: Distribution,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            capacity: 100,
            eviction: Eviction::Lru,
            ttl: Ttl::Fixed(Nanos::from_secs(60)),
            command: Distribution::Constant(Nanos::from_micros(6)),
        }
    }
}

/// How long an entry lives: `"none"`, a duration, `{ jittered = { ttl = "60s", spread = 0.1 } }` or `{ sliding = "2h" }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ttl {
    /// Until it is evicted.
    None,
    /// A fixed time from the moment it was set; hits do not extend it.
    Fixed(Nanos),
    /// A fixed time, less a random part of it, so that entries set together do not expire together.
    Jittered {
        /// The longest life.
        ttl: Nanos,
        /// The random share of it, 0 to 1: lives are uniform between `ttl·(1 − spread)` and `ttl`.
        spread: f64,
    },
    /// A fixed time from the last access: every hit renews it.
    Sliding(Nanos),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jittered {
    ttl: Nanos,
    spread: f64,
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Ttl::None => serializer.serialize_str("none"),
            Ttl::Fixed(ttl) => ttl.serialize(serializer),
            Ttl::Jittered { ttl, spread } => {
                serializer.serialize_newtype_variant("Ttl", 2, "jittered", &Jittered { ttl, spread })
            }
            Ttl::Sliding(ttl) => serializer.serialize_newtype_variant("Ttl", 3, "sliding", &ttl),
        }
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ttl, D::Error> {
        struct TtlVisitor;
        impl<'de> Visitor<'de> for TtlVisitor {
            type Value = Ttl;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "\"none\", a duration, { jittered = { ttl = \"60s\", spread = 0.1 } } or { sliding = \"2h\" }",
                )
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Ttl, E> {
                if text == "none" {
                    return Ok(Ttl::None);
                }
                text.parse().map(Ttl::Fixed).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ttl, A::Error> {
                let Some(kind) = map.next_key::<String>()? else {
                    return Err(A::Error::custom("an empty table is no TTL: name `jittered` or `sliding`"));
                };
                let ttl = match kind.as_str() {
                    "jittered" => {
                        let Jittered { ttl, spread } = map.next_value()?;
                        Ttl::Jittered { ttl, spread }
                    }
                    "sliding" => Ttl::Sliding(map.next_value()?),
                    other => return Err(A::Error::unknown_field(other, &["jittered", "sliding"])),
                };
                match map.next_key::<String>()? {
                    Some(second) => {
                        Err(A::Error::custom(format!("a TTL is one thing: `{kind}` or `{second}`, not both")))
                    }
                    None => Ok(ttl),
                }
            }
        }
        deserializer.deserialize_any(TtlVisitor)
    }
}
