//! The cache as data: capacity, eviction, TTL, command time.

use super::Distribution;
use super::distribution::{named, refuse_shape};
pub use super::eviction::Eviction;
use super::eviction::Sampling;
use super::field::{Field, Plain, Takes, read_in, record, refuse_strangers, require, words};
use super::network::TEN_GIGABIT;
use super::node::{Node, Value, join};
use super::persistence::Persistence;
use super::problem::Problems;
use super::size::Capacity;
use crate::bytes::Bytes;
use crate::phrase::Phrase;
use crate::random::splitmix64;
use crate::time::Nanos;

record! {
    /// The cache: single-threaded command servers, each with room for `capacity` entries.
    #[ko = "캐시: 명령을 한 번에 하나씩 처리하는 서버로, 각각 `capacity`만큼 담습니다."]
    pub struct Cache {
        /// Room of each node: a number of entries, or bytes such as `"64MiB"`. In bytes, each entry takes its value's size
        /// (`clients.value_size`) and 64 bytes for its key and its place.
        #[ko = "노드당 용량: 항목 수, 또는 `\"64MiB\"` 같은 바이트 크기. 바이트로 정하면 항목마다 값의 \
            크기(`clients.value_size`)에 키와 관리용으로 64바이트가 더해집니다."]
        #[slider = Log(1.0, 100_000.0)]
        #[label = ("Capacity (entries)", "용량 (항목 수)")]
        pub capacity: Capacity = Capacity::Entries(100),
        /// Which entry makes room for a new one.
        #[ko = "새 항목에 자리를 내줄 항목을 고르는 정책."]
        #[label = ("Eviction", "축출 정책")]
pub eviction: Eviction = Eviction::Lru,
        /// How many entries redis-lru, redis-lfu, volatile-lru, volatile-lfu and volatile-ttl look at per eviction, as with
        /// Redis' maxmemory-samples.
        #[ko = "redis-lru, redis-lfu, volatile-lru, volatile-lfu, volatile-ttl이 축출할 때마다 살펴보는 항목 수(Redis의 \
            maxmemory-samples)."]
        pub samples: u32 = Sampling::default().samples,
        /// How slowly the counter of redis-lfu and volatile-lfu grows: at count c, a use counts with probability
        /// 1 / ((c - 5) times this + 1).
        #[ko = "redis-lfu와 volatile-lfu의 카운터가 느리게 증가하는 정도. 값이 c일 때 사용 한 번은 1 / ((c - 5) × 이 값 \
            + 1)의 확률로 셉니다."]
        pub lfu_log_factor: u32 = Sampling::default().log_factor,
        /// After how many minutes without use the counter of redis-lfu and volatile-lfu counts one less; 0 for never.
        #[ko = "redis-lfu와 volatile-lfu의 카운터가 1 줄어들기까지 사용되지 않은 시간(분). 0이면 줄지 않습니다."]
        pub lfu_decay: u32 = Sampling::default().decay,
        /// How long an entry lives: always as long; `jittered`, less a random share of it, up to `spread`; `sliding`, since
        /// the last access; or `mixed`, one of 1 to 10 TTLs, each with the share of the keys that has it, above 0 (shares that do
        /// not sum to 1 count as weights).
        #[ko = "항목의 TTL: 고정 값, `jittered`(`spread`까지 무작위로 짧아짐), `sliding`(마지막 접근 이후), `mixed`(키의 \
            일부마다 다른 TTL 1~10개, 비율은 0보다 커야 하며 합이 1이 아니면 가중치로 봄)."]
        #[slider = Log(0.1, 86_400.0)]
        #[label = ("Expiry", "만료 방식")]
        pub ttl: Ttl = Ttl::Fixed(Nanos::from_secs(60)),
        /// When what has expired leaves.
        #[ko = "만료된 항목이 캐시에서 사라지는 시점."]
        pub expiry: Expiry = Expiry::Lazy,
        /// How much of it lies in RAM, in entries or bytes, of each node; the rest is paged out to disk. `"none"`: all of it.
        #[ko = "노드당 RAM에 두는 양(항목 수 또는 바이트). 나머지는 디스크로 페이징됩니다. `\"none\"`이면 모두 RAM에 \
            둡니다."]
        pub memory: Option<Capacity> = None,
        /// How much longer a command takes that touches what is paged out. The chance is the share paged out of what is held.
        #[ko = "디스크로 페이징된 데이터를 건드리는 명령에 더 걸리는 시간. 그 확률은 담고 있는 것 중 페이징된 \
            비율입니다."]
        pub page_fault: Distribution = Distribution::Constant(Nanos::from_micros(100)),
        /// Service time of one command.
        #[ko = "명령 하나의 처리 시간."]
        #[slider = Log(1e-6, 0.1)]
        #[label = ("Time per command", "명령당 처리 시간")]
        pub command: Distribution = Distribution::Constant(Nanos::from_micros(6)),
        /// How much longer a command takes for each key after its first (MGET). (A sixth of a command, most of which is reading it
        /// from the socket and answering: an assumption.)
        #[ko = "MGET에서 첫 키 다음의 키마다 더 걸리는 처리 시간. (명령 처리의 대부분은 소켓 읽기와 응답이므로 명령의 6분의 1로 \
            가정한 값입니다.)"]
        pub per_key: Nanos = Nanos::from_micros(1),
        /// How many bytes of values a node takes in or gives out a second, on top of `command`; `"none"`: any number. (The 10 Gbit/s
        /// of its network: an assumption, since a node copies values as fast.)
        #[ko = "노드가 `command`에 더해 초당 주고받을 수 있는 값의 바이트 수. `\"none\"`이면 제한이 없습니다. \
            (네트워크의 10 Gbit/s로, 노드가 값을 그만큼 빨리 복사한다고 가정합니다.)"]
        pub throughput: Option<Bytes> = Some(TEN_GIGABIT),
        /// How many nodes share the keys, by hash slot as in Redis Cluster; each has `capacity` of its own.
        #[ko = "키를 나누어 맡는 노드 수(Redis Cluster의 해시 슬롯). 노드마다 `capacity`만큼 담습니다."]
        pub shards: u32 = 1,
        /// How many connections to the database each node has, for its loads and flushes; they wait for a free one as calls
        /// of a server do for one of `app.pool`. `"none"`: as many as it needs. (Loads go one at a time for each key, so a
        /// node seldom needs many; where the database is the bottleneck, compare with servers whose pools are as large.)
        #[ko = "노드가 로드와 플러시에 쓰는 DB 커넥션 수. `app.pool`처럼 빈 커넥션을 기다립니다. `\"none\"`이면 필요한 \
            만큼 씁니다. (로드는 키마다 하나씩만 진행되므로 많이 필요한 일은 드뭅니다. DB가 병목이면 풀 크기가 같은 \
            서버와 비교하세요.)"]
        pub pool: Option<u32> = None,
        /// What of each node's memory is kept on disk and survives a crash.
        #[ko = "노드의 메모리 중 디스크에 저장되어 크래시 후에도 남는 것."]
        pub persistence: Persistence = Persistence::None {},
        /// How long a restarted node loads what its disk had, and a new replica what its master has, for each entry.
        #[ko = "재시작한 노드가 디스크에서, 새 복제본이 마스터에서 불러올 때 항목당 걸리는 시간."]
        pub loading: Nanos = Nanos::from_micros(1),
        /// How many replicas each node has; they hear of its changes some time later.
        #[ko = "노드당 복제본 수. 변경은 조금 늦게 전달됩니다."]
        pub replicas: u32 = 0,
        /// Which machines answer the GETs of look-aside without leases and refreshes: the primary of each node, or its replicas in turn, as far as they
        /// live and follow (the primary where none does). A replica has a thread of its own, and answers by what it has received.
        #[ko = "리스와 갱신이 없는 룩어사이드의 GET에 응답하는 서버: 노드의 프라이머리, 또는 살아서 따라오는 복제본들이 \
            차례로(없으면 프라이머리) 응답합니다. 복제본은 자기 스레드로, 그때까지 전달받은 값을 응답합니다."]
        pub reads: ReadsFrom = ReadsFrom::Primary,
        /// How long after a change each replica has received it. Changes arrive in order, whatever they draw.
        #[ko = "변경이 복제본에 전달되기까지 걸리는 시간. 뽑힌 시간과 관계없이 변경은 순서대로 도착합니다."]
        pub lag: Distribution = Distribution::Constant(Nanos::from_millis(1)),
        /// How long a node must have been silent, crashed or frozen, until its most advanced replica takes over; with "none",
        /// none ever does.
        #[ko = "크래시하거나 멈춘 노드가 이 시간 동안 응답하지 않으면 가장 앞선 복제본이 역할을 넘겨받습니다. \
            \"none\"이면 넘겨받지 않습니다."]
        pub failover: Option<Nanos> = None,
        /// A write is answered when so many replicas have received it, as with Redis' WAIT; 0 waits for none. What a reader
        /// fills in waits for nobody.
        #[ko = "이 수만큼의 복제본에 전달된 뒤에 쓰기에 응답합니다(Redis의 WAIT). 0이면 기다리지 않습니다. 읽기가 캐시를 \
            채울 때는 기다리지 않습니다."]
        pub wait: u32 = 0,
        /// How long such an answer waits at most; then the change is made and not confirmed, which is an error.
        #[ko = "그 응답을 기다리는 최대 시간. 넘으면 변경은 적용되었지만 확인되지 않은 것이므로 오류가 됩니다."]
        pub wait_timeout: Nanos = Nanos::from_secs(1),
        /// Changes are refused while fewer replicas follow, as with Redis' min-replicas-to-write.
        #[ko = "따라오는 복제본이 이보다 적으면 변경을 거부합니다(Redis의 min-replicas-to-write)."]
        pub min_replicas: u32 = 0,
    }
}

impl Cache {
    /// How the sampled policies are tuned.
    pub fn sampling(&self) -> Sampling {
        Sampling { samples: self.samples, log_factor: self.lfu_log_factor, decay: self.lfu_decay }
    }
}

words! {
    /// Which machines of a cache node answer reads.
    pub enum ReadsFrom {
        /// The one that is written to.
        #[ko = "쓰기를 받는 서버."]
        "primary" => Primary,
        /// Its replicas, as with Redis' READONLY: what they give may be as old as their lag. A read there renews and promotes
        /// nothing, so the primary evicts without knowing of it. While their primary is down they go on with what
        /// they have, as Redis' replicas do unless told otherwise (`replica-serve-stale-data yes`).
        #[ko = "복제본(Redis의 READONLY). 복제 지연만큼 오래된 값일 수 있습니다. 복제본에서 읽어도 TTL이나 순위가 \
            갱신되지 않아 프라이머리는 이를 모른 채 축출합니다. 프라이머리가 멈춘 동안에는 가진 값으로 계속 \
            응답합니다(Redis 기본값 `replica-serve-stale-data yes`)."]
        "replicas" => Replicas,
    }
}

words! {
    /// When an expired entry leaves the cache.
    pub enum Expiry {
        /// When it is next touched, or evicted; until then it holds its place.
        #[ko = "다음에 접근하거나 축출할 때. 그때까지 자리를 차지합니다."]
        "lazy" => Lazy,
        /// At its moment.
        #[ko = "만료되는 순간."]
        "precise" => Precise,
        /// When Redis' active cycle comes across it: ten times a second 20 entries are looked at, and again while more than
        /// a tenth of them had expired, for at most a quarter of the time. Commands wait meanwhile.
        #[ko = "Redis의 능동 만료 주기가 찾았을 때. 초당 10번, 항목 20개를 살펴보고, 그중 만료된 것이 10분의 1을 넘으면 \
            전체 시간의 4분의 1까지 반복합니다. 그동안 명령은 기다립니다."]
        "sampled" => Sampled,
    }
}

/// How long an entry lives: `"none"`, a duration, `{ jittered = { ttl = "60s", spread = 0.1 } }`,
/// `{ sliding = "2h" }` or `{ mixed = [["240s", 0.7], ["1d", 0.3]] }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ttl {
    /// Until it is evicted.
    None,
    /// A fixed time from the moment it was set; hits do not extend it.
    Fixed(Nanos),
    /// A fixed time, less a random part of it, so that entries set together do not expire together.
    Jittered {
        /// The longest TTL.
        ttl: Nanos,
        /// The random share of it, 0 to 1: TTLs are uniform between `ttl·(1 − spread)` and `ttl`.
        spread: f64,
    },
    /// A fixed time from the last access: every hit renews it.
    Sliding(Nanos),
    /// A fixed time, another for some keys than for others; some may have none.
    Mixed(TtlMix),
}

/// Fixed TTLs and which share of the keys has each: the same keys in every lane and run, spread evenly over popular and
/// unpopular ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TtlMix {
    /// Those behind `count` are no part of it.
    parts: [(Nanos, f64); TtlMix::MOST],
    count: usize,
}

impl TtlMix {
    /// The most TTLs.
    pub const MOST: usize = 10;
    /// The TTL of keys that have none.
    pub const NO_TTL: Nanos = Nanos::MAX;

    /// TTLs with their weights; `None` when there are none or too many, or the weights are not positive.
    pub fn new(parts: &[(Nanos, f64)]) -> Option<TtlMix> {
        let good = parts.iter().all(|&(_, weight)| weight > 0.0 && weight <= 1.0);
        if parts.is_empty() || parts.len() > TtlMix::MOST || !good {
            return None;
        }
        let mut mix = TtlMix { parts: [(Nanos::ZERO, 0.0); TtlMix::MOST], count: parts.len() };
        mix.parts[..parts.len()].copy_from_slice(parts);
        Some(mix)
    }

    /// TTLs with their weights.
    pub fn parts(&self) -> &[(Nanos, f64)] {
        &self.parts[..self.count]
    }

    /// The TTL of a key.
    pub fn of(&self, key: u32) -> Nanos {
        // Any number that has nothing to do with popularity.
        let mut state = 0x7474_6C5F_6D69_7800 ^ u64::from(key);
        let unit = (splitmix64(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
        let mut left = unit * self.parts().iter().map(|(_, weight)| weight).sum::<f64>();
        for &(ttl, weight) in self.parts() {
            left -= weight;
            if left < 0.0 {
                return ttl;
            }
        }
        self.parts[self.count - 1].0
    }
}

impl Ttl {
    /// Its kind in a word, for a list of kinds to choose from.
    pub const fn kind(&self) -> &'static str {
        match self {
            Ttl::None => "none",
            Ttl::Fixed(_) => "fixed",
            Ttl::Jittered { .. } => "jittered",
            Ttl::Sliding(_) => "sliding",
            Ttl::Mixed(_) => "mixed",
        }
    }

    /// What the page calls its kind.
    pub const fn title(&self) -> Phrase {
        match self {
            Ttl::None => Phrase::fixed("no TTL", "TTL 없음"),
            Ttl::Fixed(_) => Phrase::fixed("fixed TTL", "고정 TTL"),
            Ttl::Jittered { .. } => Phrase::fixed("jittered TTL", "지터 TTL"),
            Ttl::Sliding(_) => Phrase::fixed("sliding TTL", "슬라이딩 TTL"),
            Ttl::Mixed(_) => Phrase::fixed("TTL by key", "키마다 다른 TTL"),
        }
    }

    /// The time that it is about; `None` of a mixture, and where there is none.
    pub const fn time(&self) -> Option<Nanos> {
        match *self {
            Ttl::None | Ttl::Mixed(_) => None,
            Ttl::Fixed(time) | Ttl::Jittered { ttl: time, .. } | Ttl::Sliding(time) => Some(time),
        }
    }

    /// One of each kind that may take its place, as long as it is. A mixture comes from files and links only: it is kept.
    pub fn each_kind(self) -> Vec<Ttl> {
        let ttl = self.time().unwrap_or(Nanos::from_secs(60));
        let mut kinds = vec![Ttl::None, Ttl::Fixed(ttl), Ttl::Jittered { ttl, spread: 0.1 }, Ttl::Sliding(ttl)];
        if matches!(self, Ttl::Mixed(_)) {
            kinds.push(self);
        }
        kinds
    }
}

const NAMES: &[&str] = &["jittered", "sliding", "mixed"];
/// What a TTL must be.
pub(super) const EXPECTED: Phrase = Phrase::fixed(
    "\"none\", a duration, { jittered = { ttl = \"60s\", spread = 0.1 } }, { sliding = \"2h\" } or { mixed = [[\"240s\", 0.7], \
     [\"1d\", 0.3]] }",
    "\"none\", 시간, { jittered = { ttl = \"60s\", spread = 0.1 } }, { sliding = \"2h\" }, { mixed = [[\"240s\", 0.7], [\"1d\", \
     0.3]] } 중 하나",
);
const EXPECTED_MIX: Phrase = Phrase::fixed(
    "1 to 10 pairs of a duration, or \"none\", and the share of keys that has it, above 0 and at most 1, such as \
     [[\"240s\", 0.7], [\"1d\", 0.3]]",
    "[[\"240s\", 0.7], [\"1d\", 0.3]]처럼 시간(또는 \"none\")과 그 TTL을 쓰는 키의 비율(0 초과 1 이하)의 쌍 1~10개",
);

impl Field for Ttl {
    fn show(&self) -> Node {
        let value = match self {
            Ttl::None => Value::Text("none".to_owned()),
            Ttl::Fixed(ttl) => return ttl.show(),
            Ttl::Jittered { ttl, spread } => {
                let inner = vec![("ttl".to_owned(), ttl.show()), ("spread".to_owned(), spread.show())];
                Value::Named("jittered".to_owned(), Box::new(Value::Table(inner).into()))
            }
            Ttl::Sliding(ttl) => Value::Named("sliding".to_owned(), Box::new(ttl.show())),
            Ttl::Mixed(mix) => {
                let shown = |ttl: &Nanos| {
                    if *ttl == TtlMix::NO_TTL { Node::from(Value::Text("none".to_owned())) } else { ttl.show() }
                };
                let pair = |(ttl, share): &(Nanos, f64)| Value::List(vec![shown(ttl), share.show()]).into();
                let pairs = Value::List(mix.parts().iter().map(pair).collect());
                Value::Named("mixed".to_owned(), Box::new(pairs.into()))
            }
        };
        value.into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Ttl> {
        match node.word() {
            Some("none") => return Some(Ttl::None),
            Some(word) => {
                let fixed = word.parse().ok().map(Ttl::Fixed);
                return fixed.or_else(|| refuse_shape(node, EXPECTED, at, problems));
            }
            None => {}
        }
        let (name, inner) = named(node, NAMES, EXPECTED, at, problems)?;
        let at = &join(at, &name);
        if name == "sliding" {
            return Nanos::read(&inner, at, problems).map(Ttl::Sliding);
        }
        if name == "mixed" {
            return read_mix(&inner, at, problems).map(Ttl::Mixed);
        }
        let Some(fields) = inner.fields() else {
            return refuse_shape(&inner, EXPECTED, at, problems);
        };
        refuse_strangers(fields, &["ttl", "spread"], at, problems);
        require(
            fields,
            "ttl",
            Phrase::fixed("the longest TTL, such as \"60s\"", "\"60s\" 같은 최대 TTL"),
            at,
            problems,
        );
        require(
            fields,
            "spread",
            Phrase::fixed("the random share of it, from 0 to 1", "그중 무작위로 짧아지는 비율, 0부터 1까지"),
            at,
            problems,
        );
        let ttl = read_in(fields, "ttl", at, problems);
        let spread = read_in(fields, "spread", at, problems);
        Some(Ttl::Jittered { ttl: ttl?, spread: spread? })
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Ttl)
    }
}

fn read_mix(node: &Node, at: &str, problems: &mut Problems) -> Option<TtlMix> {
    let Value::List(items) = &node.value else {
        return refuse_shape(node, EXPECTED_MIX, at, problems);
    };
    let mut parts = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let at = &join(at, &i.to_string());
        let pair = match &item.value {
            Value::List(pair) => pair.as_slice(),
            _ => &[],
        };
        let [ttl, share] = pair else { return refuse_shape(item, EXPECTED_MIX, at, problems) };
        let no_ttl = (ttl.word() == Some("none")).then_some(TtlMix::NO_TTL);
        let ttl = no_ttl.or_else(|| Nanos::read(ttl, &join(at, "0"), problems));
        let share = f64::read(share, &join(at, "1"), problems);
        parts.push(ttl.zip(share)?);
    }
    TtlMix::new(&parts).or_else(|| refuse_shape(node, EXPECTED_MIX, at, problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_ttl_and_each_ttl_its_share_of_the_keys() {
        let (short, long) = (Nanos::from_secs(1), Nanos::from_secs(9));
        let mix = TtlMix::new(&[(short, 0.3), (long, 0.1)]).unwrap();
        let of_keys: Vec<Nanos> = (0..40_000).map(|key| mix.of(key)).collect();
        let shorts = |keys: &[Nanos]| keys.iter().filter(|&&ttl| ttl == short).count();
        assert!(shorts(&of_keys).abs_diff(30_000) < 300, "{}", shorts(&of_keys));
        assert!(shorts(&of_keys[..400]).abs_diff(300) < 30, "popular keys like others");
        assert!(of_keys.iter().all(|&ttl| ttl == short || ttl == long));
        assert_eq!(TtlMix::new(&[]), None);
        assert_eq!(TtlMix::new(&[(short, 0.0)]), None);
    }
}
