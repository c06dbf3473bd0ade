//! Which entry a full cache gives up: the choices, by name. What they do is in `cache::eviction`.

use std::fmt;
use std::str::FromStr;

use super::field::words;
use super::problem::did_you_mean;

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
        /// S3-FIFO: a small queue for newcomers, a main one for those hit twice there, ghosts of those that were not.
        "s3-fifo" => S3Fifo,
        /// 2Q: newcomers wait in a queue; what is asked for again after it has left joins an LRU list.
        "2q" => TwoQ,
        /// ARC: used once and used again, in two LRU lists that share the room as the traffic rewards.
        "arc" => Arc,
        /// Segmented LRU: four LRU lists; a hit lifts an entry into the next.
        "slru" => Slru,
        /// LIRS: keeps what is used at short intervals.
        "lirs" => Lirs,
        /// W-TinyLFU: a window for newcomers, and only what was asked for more often than the victim gets past it.
        "w-tinylfu" => WTinyLfu,
        /// Redis' allkeys-lru: the one unused longest of `samples` and a pool of sixteen, by a clock of one second.
        "redis-lru" => RedisLru,
        /// Redis' allkeys-lfu: the one used least lately of those sampled, by a counter of eight bits (`lfu_log_factor`, `lfu_decay`).
        "redis-lfu" => RedisLfu,
        /// Redis' volatile-lru: as redis-lru, among entries with a TTL only; without any, a full cache refuses what is new.
        "volatile-lru" => VolatileLru,
        /// Redis' volatile-lfu: as redis-lfu, among entries with a TTL only; without any, a full cache refuses what is new.
        "volatile-lfu" => VolatileLfu,
        /// Redis' volatile-random: any entry with a TTL, all equally likely; without any, a full cache refuses what is new.
        "volatile-random" => VolatileRandom,
        /// Redis' volatile-ttl: the one of those sampled that expires soonest; entries without a TTL never go,
        /// so that without any TTL a full cache refuses what is new, as with `none`.
        "volatile-ttl" => VolatileTtl,
        /// Nothing goes: a full cache refuses what is new (Redis' noeviction).
        "none" => None,
        /// OPT (Bélády), the yardstick no policy beats that takes in every miss: the entry whose next request comes last. It
        /// is told the future, each request counting as a use; with writes, latency or expiry it is no longer the best there
        /// can be.
        "opt" => Opt,
    }
}

/// What Redis lets one tune of its sampled policies, with its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Entries looked at per eviction (`maxmemory-samples`).
    pub samples: u32,
    /// How slowly the counter of LFU grows (`lfu-log-factor`).
    pub log_factor: u32,
    /// After how many idle minutes it counts one less; 0: never (`lfu-decay-time`).
    pub decay: u32,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { samples: 5, log_factor: 10, decay: 1 }
    }
}

impl Eviction {
    /// Whether it looks at a few entries only.
    pub fn samples(self) -> bool {
        matches!(self, Eviction::RedisLru | Eviction::VolatileLru | Eviction::VolatileTtl) || self.counts_uses()
    }

    /// Whether it goes by Redis' counter of eight bits.
    pub fn counts_uses(self) -> bool {
        matches!(self, Eviction::RedisLfu | Eviction::VolatileLfu)
    }

    /// Whether a full cache may have to refuse what is new.
    pub fn may_refuse(self) -> bool {
        matches!(
            self,
            Eviction::VolatileLru
                | Eviction::VolatileLfu
                | Eviction::VolatileRandom
                | Eviction::VolatileTtl
                | Eviction::None
        )
    }
}

/// What Redis calls policies that have another name here, with their meanings.
const REDIS_NAMES: [(&str, Eviction); 4] = [
    ("allkeys-lru", Eviction::RedisLru),
    ("allkeys-lfu", Eviction::RedisLfu),
    ("allkeys-random", Eviction::Random),
    ("noeviction", Eviction::None),
];

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Eviction {
    type Err = UnknownEviction;

    /// By its name here or Redis' name, in any case.
    fn from_str(name: &str) -> Result<Eviction, UnknownEviction> {
        let lower = name.trim().to_ascii_lowercase().replace('_', "-");
        let found = names().find(|(known, _)| *known == lower);
        found.map(|(_, policy)| policy).ok_or_else(|| UnknownEviction(name.to_owned()))
    }
}

/// Every name of every policy.
fn names() -> impl Iterator<Item = (&'static str, Eviction)> {
    Eviction::ALL.into_iter().map(|policy| (policy.name(), policy)).chain(REDIS_NAMES)
}

/// A name that is no eviction policy's; the message lists those that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEviction(pub String);

impl fmt::Display for UnknownEviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = names().map(|(name, _)| name).collect();
        let meant = did_you_mean(&self.0, &known).map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
        write!(f, "{:?} is not an eviction policy; {meant}known: {}", self.0, known.join(", "))
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
    fn redis_names_and_any_case_are_known() {
        let of = |name: &str| name.parse().ok();
        assert_eq!(of("allkeys-lru"), Some(Eviction::RedisLru));
        assert_eq!(of("ALLKEYS-LFU"), Some(Eviction::RedisLfu));
        assert_eq!(of("Volatile_LRU"), Some(Eviction::VolatileLru));
        assert_eq!(of("noeviction"), Some(Eviction::None));
        assert_eq!(of("LRU"), Some(Eviction::Lru));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones_and_the_nearest() {
        let message = "mru".parse::<Eviction>().unwrap_err().to_string();
        let begins = "\"mru\" is not an eviction policy; did you mean lru? known: lru, fifo, lfu, ";
        assert!(message.starts_with(begins), "{message}");
        assert!(
            message.ends_with(", volatile-ttl, none, opt, allkeys-lru, allkeys-lfu, allkeys-random, noeviction"),
            "{message}"
        );
        let message = "volatile-lur".parse::<Eviction>().unwrap_err().to_string();
        assert!(message.contains("did you mean volatile-lru?"), "{message}");
        assert!(!"best".parse::<Eviction>().unwrap_err().to_string().contains("did you mean"));
    }
}
