//! The links between the parts, and their latency.

use std::fmt;

use super::Distribution;
use super::field::{record, words};
use crate::bytes::Bytes;
use crate::time::Nanos;

record! {
    /// One-way latency of each link; by default, all but that of `client_app` vary. Each message has a connection of its own, as
    /// with pooled clients: what was sent later can arrive earlier, except within one request, whose calls wait for each other.
    pub struct Network {
        /// Clients to application servers. At its default, figures are those that the servers' own monitoring shows.
        pub client_app: Distribution = Distribution::Constant(Nanos::ZERO),
        /// Application servers to the cache: a round trip takes 0.5 ms in the mean, the usual figure for one data centre (Dean,
        /// "Numbers everyone should know"); that the 99th percentile is five times the median is an assumption.
        pub app_cache: Distribution = around(Nanos::from_micros(200)),
        /// Application servers to the database, as if it stood in another zone: 1.3 ms a round trip, an assumption.
        pub app_database: Distribution = around(Nanos::from_micros(500)),
        /// The cache to the database: read-through loads, write-back flushes. As from application servers.
        pub cache_database: Distribution = around(Nanos::from_micros(500)),
        /// How many bytes a second each link carries.
        pub bandwidth: Bandwidth = Bandwidth::default(),
    }
}

record! {
    /// How many bytes a second a link carries, each way, to each machine at its far end (a cache node, the database). Values
    /// that are sent there or back (`clients.value_size`) go one after the other; all else takes no time. `"none"`: no limit.
    pub struct Bandwidth {
        /// Clients to application servers.
        pub client_app: Option<Bytes> = None,
        /// Application servers to each cache node (10 Gbit/s, as of a middle-sized cloud instance).
        pub app_cache: Option<Bytes> = Some(TEN_GIGABIT),
        /// Application servers to the database, and to each of its replicas (10 Gbit/s).
        pub app_database: Option<Bytes> = Some(TEN_GIGABIT),
        /// The cache to the database, and to each of its replicas (10 Gbit/s).
        pub cache_database: Option<Bytes> = Some(TEN_GIGABIT),
    }
}

/// 10 Gbit/s in bytes.
pub(super) const TEN_GIGABIT: Bytes = Bytes(1_250_000_000);

/// A latency that varies as those of a data centre do: one in a hundred takes five times the median.
const fn around(median: Nanos) -> Distribution {
    Distribution::Lognormal { median, p99: Nanos(5 * median.0) }
}

words! {
    /// The name of a link.
    pub enum Link {
        /// Clients to application servers.
        "client-app" => ClientApp,
        /// Application servers to the cache.
        "app-cache" => AppCache,
        /// Application servers to the database.
        "app-database" => AppDatabase,
        /// The cache to the database.
        "cache-database" => CacheDatabase,
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Network {
    /// The latency of `link`.
    pub fn latency(&self, link: Link) -> &Distribution {
        match link {
            Link::ClientApp => &self.client_app,
            Link::AppCache => &self.app_cache,
            Link::AppDatabase => &self.app_database,
            Link::CacheDatabase => &self.cache_database,
        }
    }

    /// How many bytes a second `link` carries, if there is a limit.
    pub fn bandwidth(&self, link: Link) -> Option<Bytes> {
        let Bandwidth { client_app, app_cache, app_database, cache_database } = self.bandwidth;
        match link {
            Link::ClientApp => client_app,
            Link::AppCache => app_cache,
            Link::AppDatabase => app_database,
            Link::CacheDatabase => cache_database,
        }
    }
}
