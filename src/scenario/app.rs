//! The application servers between clients and stores.

use super::Distribution;
use super::field::record;
use crate::time::Nanos;

/// The application servers: how many, their own work, and how patient their calls are.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// How many servers; requests go to the living ones in turn.
    pub servers: u32,
    /// Work of their own per request, before the first call.
    pub work: Distribution,
    /// How many requests each serves at once; more wait in line.
    pub concurrency: Option<u32>,
    /// How long a call to the cache may take before it is given up.
    pub cache_timeout: Option<Nanos>,
    /// How long a call to the database may take before it is given up.
    pub database_timeout: Option<Nanos>,
    /// How often a failed database call is tried again.
    pub retries: u32,
    /// The pause before the first retry; it doubles with each further one, and half of it is drawn at random.
    pub backoff: Nanos,
}

impl Default for App {
    fn default() -> App {
        App {
            servers: 2,
            work: Distribution::Constant(Nanos::ZERO),
            concurrency: None,
            cache_timeout: None,
            database_timeout: None,
            retries: 0,
            backoff: Nanos::from_millis(50),
        }
    }
}

record!(App { servers, work, concurrency, cache_timeout, database_timeout, retries, backoff });
