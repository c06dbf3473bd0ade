//! The cache as data: capacity, eviction, TTL, command time.

use super::Distribution;
use super::distribution::{named, refuse_shape};
pub use super::eviction::Eviction;
use super::field::{Field, Takes, read_in, record, refuse_strangers, require, words};
use super::node::{Node, Value};
use super::persistence::Persistence;
use super::problem::Problems;
use super::size::Capacity;
use crate::time::Nanos;

record! {
    /// The cache: single-threaded command servers, each with room for `capacity` entries.
    pub struct Cache {
        /// Room of each node: a number of entries, or bytes such as `"64MiB"`. In bytes, each entry takes its value's size
        /// (`clients.value_size`) and 64 bytes for its key and its place.
        pub capacity: Capacity = Capacity::Entries(100),
        /// Which entry makes room for a new one.
        pub eviction: Eviction = Eviction::Lru,
        /// How long an entry lives.
        pub ttl: Ttl = Ttl::Fixed(Nanos::from_secs(60)),
        /// When what has expired leaves.
        pub expiry: Expiry = Expiry::Lazy,
        /// How much of it lies in RAM, in entries or bytes, of each node; the rest is paged out to disk. `"none"`: all of it.
        pub memory: Option<Capacity> = None,
        /// How much longer a command takes that touches what is paged out. The chance is the share paged out of what is held.
        pub page_fault: Distribution = Distribution::Constant(Nanos::from_micros(100)),
        /// Service time of one command.
        pub command: Distribution = Distribution::Constant(Nanos::from_micros(6)),
        /// How many nodes share the keys, by hash slot as in Redis Cluster; each has `capacity` of its own.
        pub shards: u32 = 1,
        /// What of each node's memory is kept on disk and survives a crash.
        pub persistence: Persistence = Persistence::None {},
        /// How long a restarted node loads what its disk had, and a new replica what its master has, for each entry.
        pub loading: Nanos = Nanos::from_micros(1),
        /// How many replicas each node has; they hear of its changes some time later.
        pub replicas: u32 = 0,
        /// How long after a change each replica has heard of it. Changes arrive in order, whatever they draw.
        pub lag: Distribution = Distribution::Constant(Nanos::from_millis(1)),
        /// How long after a node's crash its most advanced replica takes over; with "none", none ever does.
        pub failover: Option<Nanos> = None,
        /// A change is answered when so many replicas have heard of it, as with Redis' WAIT; 0 waits for none.
        pub wait: u32 = 0,
        /// How long such an answer waits at most; then the change is made and not confirmed, which is an error.
        pub wait_timeout: Nanos = Nanos::from_secs(1),
        /// Changes are refused while fewer replicas follow, as with Redis' min-replicas-to-write.
        pub min_replicas: u32 = 0,
    }
}

words! {
    /// When an expired entry leaves the cache.
    pub enum Expiry {
        /// When it is next touched, or evicted; until then it holds its place.
        "lazy" => Lazy,
        /// At its moment.
        "precise" => Precise,
        /// When Redis' active cycle comes across it: ten times a second 20 entries are looked at, and again while more than
        /// a tenth of them had expired, for at most a quarter of the time. Commands wait meanwhile.
        "sampled" => Sampled,
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

const NAMES: &[&str] = &["jittered", "sliding"];
const EXPECTED: &str = "\"none\", a duration, { jittered = { ttl = \"60s\", spread = 0.1 } } or { sliding = \"2h\" }";

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
        let at = &super::node::join(at, &name);
        if name == "sliding" {
            return Nanos::read(&inner, at, problems).map(Ttl::Sliding);
        }
        let Some(fields) = inner.fields() else {
            return refuse_shape(&inner, EXPECTED, at, problems);
        };
        refuse_strangers(fields, &["ttl", "spread"], at, problems);
        require(fields, "ttl", "the longest life, such as \"60s\"", at, problems);
        require(fields, "spread", "the random share of it, from 0 to 1", at, problems);
        let ttl = read_in(fields, "ttl", at, problems);
        let spread = read_in(fields, "spread", at, problems);
        Some(Ttl::Jittered { ttl: ttl?, spread: spread? })
    }

    fn takes() -> Takes {
        Takes::Value(EXPECTED)
    }
}
