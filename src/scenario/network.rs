//! The links between the parts, and their latency.

use std::fmt;

use super::Distribution;
use super::field::{record, words};
use crate::time::Nanos;

record! {
    /// One-way latency of each link.
    pub struct Network {
        /// Clients to application servers.
        pub client_app: Distribution = Distribution::Constant(Nanos::ZERO),
        /// Application servers to the cache.
        pub app_cache: Distribution = Distribution::Constant(Nanos::from_micros(200)),
        /// Application servers to the database.
        pub app_database: Distribution = Distribution::Constant(Nanos::from_micros(500)),
        /// The cache to the database: read-through loads, write-back flushes.
        pub cache_database: Distribution = Distribution::Constant(Nanos::from_micros(500)),
    }
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
}
