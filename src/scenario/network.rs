//! The links between the parts, and their latency.

use std::fmt;

use super::Distribution;
use super::field::{record, words};
use crate::time::Nanos;

/// One-way latency of each link.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Clients to application servers.
    pub client_app: Distribution,
    /// Application servers to the cache.
    pub app_cache: Distribution,
    /// Application servers to the database.
    pub app_database: Distribution,
    /// The cache to the database: read-through loads, write-back flushes.
    pub cache_database: Distribution,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            client_app: Distribution::Constant(Nanos::ZERO),
            app_cache: Distribution::Constant(Nanos::from_micros(200)),
            app_database: Distribution::Constant(Nanos::from_micros(500)),
            cache_database: Distribution::Constant(Nanos::from_micros(500)),
        }
    }
}

/// The name of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Clients to application servers.
    ClientApp,
    /// Application servers to the cache.
    AppCache,
    /// Application servers to the database.
    AppDatabase,
    /// The cache to the database.
    CacheDatabase,
}

impl Link {
    /// Every link, in the order of their numbers.
    pub const ALL: [Link; 4] = [Link::ClientApp, Link::AppCache, Link::AppDatabase, Link::CacheDatabase];

    /// The link's name in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            Link::ClientApp => "client-app",
            Link::AppCache => "app-cache",
            Link::AppDatabase => "app-database",
            Link::CacheDatabase => "cache-database",
        }
    }
}

record!(Network { client_app, app_cache, app_database, cache_database });
words!(Link);

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
