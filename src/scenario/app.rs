//! The application servers between clients and stores.

use super::Distribution;
use super::eviction::Eviction;
use super::field::{record, words};
use crate::time::Nanos;

record! {
    /// The application servers: how many, their own work, and how patient their calls are.
    pub struct App {
        /// How many servers; requests go to the living ones in turn.
        pub servers: u32 = 2,
        /// Work of their own per request, before the first call.
        pub work: Distribution = Distribution::Constant(Nanos::ZERO),
        /// How many cores each has: the work of so many requests goes on at once, that of others waits, first come, first served.
        /// Waiting for the cache or the database takes no core. (Four virtual CPUs, as a middle-sized instance has: an assumption.)
        pub cores: Option<u32> = Some(4),
        /// How many requests each serves at once; more wait in line.
        pub concurrency: Option<u32> = None,
        /// How long a call to the cache may take before it is given up.
        pub cache_timeout: Option<Nanos> = None,
        /// How long a call to the database may take before it is given up.
        pub database_timeout: Option<Nanos> = None,
        /// Whether a query is cancelled when its caller gives it up, as a driver does with its query timeout: a message
        /// follows it, and ends it where it finds it. Otherwise it runs on, and holds its connection, its worker and its
        /// locks to the end (PostgreSQL does not notice that a client is gone: `client_connection_check_interval` = 0).
        /// It can let nothing through at all: first come, first served, with one timeout for all, each query may begin just before
        /// its caller gives it up (`never-comes-back` with `cancel = true`). A shorter `pool_timeout` frees it, or without a pool a
        /// shorter `database.queue`.
        pub cancel: bool = false,
        /// How often a failed database call is tried again.
        pub retries: u32 = 0,
        /// The pause before the first retry; it doubles with each further one, and half of it is drawn at random.
        pub backoff: Nanos = Nanos::from_millis(50),
        /// How many connections to the database each server has; a call waits for a free one, within its timeout. A call
        /// that is given up closes its connection, and a new one takes its place at once (HikariCP: `maximumPoolSize` = 10).
        pub pool: Option<u32> = Some(10),
        /// How long a call waits for a free connection before it fails (HikariCP: `connectionTimeout` = 30 s).
        pub pool_timeout: Option<Nanos> = Some(Nanos::from_secs(30)),
        /// A circuit breaker on each server's calls to the database: after failures in a row it lets none through for a while.
        pub breaker: Option<Breaker> = None,
        /// A near cache in the memory of each server, in front of whatever the lane reads from; a crash empties it.
        pub near: Option<Near> = None,
    }
}

record! {
    /// A circuit breaker. Refused, lost and timed-out calls count as failures, and so do those that got no connection in time;
    /// an aborted transaction does not.
    pub struct Breaker {
        /// After how many failures in a row it opens.
        pub failures: u32 = 5,
        /// How long calls then fail at once, without being sent.
        pub open_for: Nanos = Nanos::from_secs(5),
        /// How many calls are then let through; when all of them succeed it closes, when one fails it opens again.
        pub probes: u32 = 1,
    }
}

record! {
    /// A near cache. With `read = "none"` it is the only cache there is.
    pub struct Near {
        /// Room on each server, in entries.
        pub capacity: u32 = 100,
        /// How long an entry lives; hits do not extend it.
        pub ttl: Option<Nanos> = Some(Nanos::from_secs(10)),
        /// Which entry makes room for a new one.
        pub eviction: Eviction = Eviction::Lru,
        /// Whether a server that writes a key tells the others.
        pub invalidate: Tell = Tell::None,
    }
}

words! {
    /// How near caches learn that another server has written a key.
    pub enum Tell {
        /// Not at all: a copy is stale until its TTL ends.
        "none" => None,
        /// By messages of the cache to every server (over the link app-cache) about each key it is told to set or delete,
        /// as with Redis' client tracking; what it is not told of, it cannot tell. In a lane that reads without the cache,
        /// the server that writes tells the others through it, as by Redis' pub/sub. A partition holds messages up; while
        /// a cache node is down, near caches are emptied and keep nothing.
        "messages" => Messages,
    }
}
