//! Which entry a full cache gives up: the choices, by name. What they do is in `cache::eviction`.

use std::fmt;
use std::str::FromStr;

use super::field::words;
use super::problem::did_you_mean;

/// The policies, each with its meaning in both languages, the bytes that it takes, its name, and its file in
/// `cache::eviction`. Both the names here and what they do there are made from this list.
#[macro_export]
macro_rules! for_each_policy {
    ($make:ident) => {
        $make! {
            /// The entry unused for the longest time.
            #[ko = "가장 오래 사용되지 않은 항목."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "lru" => Lru: lru,
            /// The entry inserted the longest time ago.
            #[ko = "가장 먼저 들어온 항목."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "fifo" => Fifo: fifo,
            /// The entry used the fewest times since its insertion.
            #[ko = "들어온 뒤로 가장 적게 사용된 항목."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "lfu" => Lfu: lfu,
            /// Any entry, all equally likely.
            #[ko = "아무 항목이나 같은 확률로."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "random" => Random: random,
            /// The oldest entry not used since it was last passed over.
            #[ko = "지난번에 건너뛴 뒤로 사용되지 않은 가장 오래된 항목."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "clock" => Clock: clock,
            /// Like CLOCK, but survivors keep their place in the queue.
            #[ko = "CLOCK과 비슷하지만 살아남은 항목은 큐에서 자리를 지킵니다."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "sieve" => Sieve: sieve,
            /// S3-FIFO: a small queue for newcomers, a main one for those hit twice there, ghosts of those that were not.
            #[ko = "S3-FIFO: 새 항목은 작은 큐에, 거기서 두 번 적중한 항목은 주 큐에 두고, 그러지 못한 항목은 고스트로 \
                기억합니다."]
            #[bytes(by_key: 4.0, by_entry: 64.0)]
            "s3-fifo" => S3Fifo: s3_fifo,
            /// 2Q: newcomers wait in a queue; what is asked for again after it has left joins an LRU list.
            #[ko = "2Q: 새 항목은 큐에서 기다리고, 나간 뒤에 다시 요청된 항목은 LRU 목록에 들어갑니다."]
            #[bytes(by_key: 4.0, by_entry: 64.0)]
            "2q" => TwoQ: two_q,
            /// ARC: used once and used again, in two LRU lists that share the room as the traffic rewards.
            #[ko = "ARC: 한 번 사용된 항목과 다시 사용된 항목을 두 LRU 목록에 두고, 트래픽에 맞춰 자리를 나눕니다."]
            #[bytes(by_key: 8.0, by_entry: 64.0)]
            "arc" => Arc: arc,
            /// Segmented LRU: four LRU lists; a hit lifts an entry into the next.
            #[ko = "세그먼트 LRU: LRU 목록 네 개. 적중하면 다음 목록으로 올라갑니다."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "slru" => Slru: slru,
            /// LIRS: keeps what is used at short intervals.
            #[ko = "LIRS: 짧은 간격으로 다시 사용되는 항목을 남깁니다."]
            #[bytes(by_key: 4.0, by_entry: 144.0)]
            "lirs" => Lirs: lirs,
            /// W-TinyLFU: a window for newcomers, and only what was asked for more often than the victim gets past it.
            #[ko = "W-TinyLFU: 새 항목은 윈도에 두고, 축출 대상보다 자주 요청된 항목만 주 영역에 들입니다."]
            #[bytes(by_key: 0.0, by_entry: 56.0, at_first: |capacity| 16.0 * capacity.min(65_536.0))]
            "w-tinylfu" => WTinyLfu: w_tinylfu,
            /// GDSF (Greedy-Dual-Size-Frequency): the entry with the fewest uses for its size, by a clock that lets what was popular
            /// once grow old. Each miss costs the same. With a capacity in entries, all are of one size: LFU with aging.
            #[ko = "GDSF(Greedy-Dual-Size-Frequency): 크기에 비해 사용 횟수가 가장 적은 항목. 시계가 있어 예전에 인기 있던 항목도 \
                밀려납니다. 미스의 비용은 모두 같습니다. 용량이 항목 수이면 크기가 모두 같아 에이징이 있는 LFU가 됩니다."]
            #[bytes(by_key: 0.0, by_entry: 96.0)]
            "gdsf" => Gdsf: gdsf,
            /// Redis' allkeys-lru: the one unused longest of `samples` and a pool of sixteen, by a clock of one second.
            #[ko = "Redis의 allkeys-lru: 표본 `samples`개와 후보 16개 중 가장 오래 사용되지 않은 항목(1초 단위 시계)."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "redis-lru" => RedisLru: redis_lru,
            /// Redis' allkeys-lfu: the one used least lately of those sampled, by a counter of eight bits (`lfu_log_factor`, `lfu_decay`).
            #[ko = "Redis의 allkeys-lfu: 표본 중 최근에 가장 적게 사용된 항목(8비트 카운터, `lfu_log_factor`, `lfu_decay`)."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "redis-lfu" => RedisLfu: redis_lfu,
            /// Redis' volatile-lru: as redis-lru, among entries with a TTL only; without any, a full cache refuses what is new.
            #[ko = "Redis의 volatile-lru: redis-lru와 같지만 TTL이 있는 항목만 대상입니다. 그런 항목이 없으면 가득 찬 캐시는 \
                새 항목을 거부합니다."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "volatile-lru" => VolatileLru: volatile_lru,
            /// Redis' volatile-lfu: as redis-lfu, among entries with a TTL only; without any, a full cache refuses what is new.
            #[ko = "Redis의 volatile-lfu: redis-lfu와 같지만 TTL이 있는 항목만 대상입니다. 그런 항목이 없으면 가득 찬 캐시는 \
                새 항목을 거부합니다."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "volatile-lfu" => VolatileLfu: volatile_lfu,
            /// Redis' volatile-random: any entry with a TTL, all equally likely; without any, a full cache refuses what is new.
            #[ko = "Redis의 volatile-random: TTL이 있는 항목 중 아무거나 같은 확률로. 그런 항목이 없으면 가득 찬 캐시는 새 \
                항목을 거부합니다."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "volatile-random" => VolatileRandom: volatile_random,
            /// Redis' volatile-ttl: the one of those sampled that expires soonest; entries without a TTL never go,
            /// so that without any TTL a full cache refuses what is new, as with `none`.
            #[ko = "Redis의 volatile-ttl: 표본 중 가장 먼저 만료될 항목. TTL이 없는 항목은 축출되지 않으므로, TTL이 있는 \
                항목이 없으면 `none`처럼 새 항목을 거부합니다."]
            #[bytes(by_key: 0.0, by_entry: 40.0)]
            "volatile-ttl" => VolatileTtl: volatile_ttl,
            /// Nothing goes: a full cache refuses what is new (Redis' noeviction).
            #[ko = "축출하지 않습니다: 가득 찬 캐시는 새 항목을 거부합니다(Redis의 noeviction)."]
            #[bytes(by_key: 0.0, by_entry: 16.0)]
            "none" => None: none,
            /// OPT (Bélády), the yardstick no policy beats that takes in every miss: the entry whose next request comes last. It
            /// is told the future, each request counting as a use; with writes, latency, expiry or a capacity in bytes it is no
            /// longer the best there can be, and others may well beat it.
            #[ko = "OPT(Bélády), 모든 미스를 캐시에 넣는 정책의 상한: 다음 요청이 가장 늦은 항목을 축출합니다. 앞으로 올 \
                요청을 미리 알며 모든 요청을 사용으로 셉니다. 쓰기, 지연, 만료가 있거나 용량을 바이트로 정하면 \
                더는 최적이 아니며 다른 정책이 더 나을 수 있습니다."]
            #[bytes(by_key: 16.0, by_entry: 48.0, at_first: |_| 16.0 * 1_000.0 * super::estimate::GROWTH)]
            "opt" => pub Opt: opt,
        }
    };
}
pub use for_each_policy;

/// Bytes that a policy takes beside the entries.
pub(super) struct PolicyBytes {
    /// Those of its tables by key, for each.
    pub by_key: f64,
    /// Those of an entry's places in lists and heaps, and of the places of entries that are gone.
    pub by_entry: f64,
    /// What it takes before it holds anything, by the capacity in entries.
    pub at_first: fn(f64) -> f64,
}

macro_rules! eviction {
    (@at_first) => { |_| 0.0 };
    (@at_first $at_first:expr) => { $at_first };
    ($(
        $(#[doc = $doc:literal])*
        #[ko = $ko:literal]
        #[bytes(by_key: $by_key:literal, by_entry: $by_entry:literal $(, at_first: $at_first:expr)?)]
        $name:literal => $vis:vis $policy:ident: $file:ident,
    )*) => {
        words! {
            /// An eviction policy, by name.
            pub enum Eviction {
                $($(#[doc = $doc])* #[ko = $ko] $name => $policy),*
            }
        }

        impl Eviction {
            /// Bytes that the policy takes.
            pub(super) fn bytes(self) -> PolicyBytes {
                match self {
                    $(Eviction::$policy => PolicyBytes {
                        by_key: $by_key,
                        by_entry: $by_entry,
                        at_first: eviction!(@at_first $($at_first)?),
                    }),*
                }
            }
        }
    };
}
for_each_policy!(eviction);

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
