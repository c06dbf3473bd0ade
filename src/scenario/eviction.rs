//! Which entry a full cache gives up: the choices, by name. What they do is in `cache::eviction`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An eviction policy, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// The entry unused for the longest time.
    #[default]
    Lru,
    /// The entry inserted the longest time ago.
    Fifo,
    /// The entry used the fewest times since its insertion.
    Lfu,
    /// Any entry, all equally likely.
    Random,
    /// The oldest entry not used since it was last passed over.
    Clock,
    /// Like CLOCK, but survivors keep their place in the queue.
    Sieve,
}

impl Eviction {
    /// Every policy.
    pub const ALL: [Eviction; 6] =
        [Eviction::Lru, Eviction::Fifo, Eviction::Lfu, Eviction::Random, Eviction::Clock, Eviction::Sieve];

    /// The name in scenario files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Eviction::Lru => "lru",
            Eviction::Fifo => "fifo",
            Eviction::Lfu => "lfu",
            Eviction::Random => "random",
            Eviction::Clock => "clock",
            Eviction::Sieve => "sieve",
        }
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Eviction {
    type Err = UnknownEviction;

    fn from_str(name: &str) -> Result<Eviction, UnknownEviction> {
        Eviction::ALL.into_iter().find(|policy| policy.name() == name).ok_or_else(|| UnknownEviction(name.to_owned()))
    }
}

/// A name that is no eviction policy's; the message lists those that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEviction(pub String);

impl fmt::Display for UnknownEviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not an eviction policy; choose one of {}",
            self.0,
            Eviction::ALL.map(Eviction::name).join(", ")
        )
    }
}

impl std::error::Error for UnknownEviction {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_read_back_from_its_name() {
        for policy in Eviction::ALL {
            assert_eq!(policy.name().parse(), Ok(policy));
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(json, format!("{:?}", policy.name()));
            assert_eq!(serde_json::from_str::<Eviction>(&json).unwrap(), policy);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let message = "mru".parse::<Eviction>().unwrap_err().to_string();
        assert_eq!(message, "\"mru\" is not an eviction policy; choose one of lru, fifo, lfu, random, clock, sieve");
    }
}
