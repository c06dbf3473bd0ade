//! Which entry a full cache gives up: the choices, by name. What they do is in `cache::eviction`.

use std::fmt;
use std::str::FromStr;

use super::field::words;

words! {
    /// An eviction policy, by name.
    pub enum Eviction {
        /// The entry unused for the longest time.
        "lru" => Lru,
        /// The entry inserted the longest time ago.
        "fifo" => Fifo,
        /// The entry used the fewest times since its insertion.
        "lfu" => Lfu,
        /// Any entry, all equally likely.
        "random" => Random,
        /// The oldest entry not used since it was last passed over.
        "clock" => Clock,
        /// Like CLOCK, but survivors keep their place in the queue.
        "sieve" => Sieve,
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
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let message = "mru".parse::<Eviction>().unwrap_err().to_string();
        assert_eq!(message, "\"mru\" is not an eviction policy; choose one of lru, fifo, lfu, random, clock, sieve");
    }
}
