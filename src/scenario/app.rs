//! The application servers between clients and stores.

use super::Distribution;
use super::field::record;
use crate::time::Nanos;

record! {
    /// The application servers: how many, their own work, and how patient their calls are.
    pub struct App {
        /// How many servers; requests go to the living ones in turn.
        pub servers: u32 = 2,
        /// Work of their own per request, before the first call.
        pub work: Distribution = Distribution::Constant(Nanos::ZERO),
        /// How many requests each serves at once; more wait in line.
        pub concurrency: Option<u32> = None,
        /// How long a call to the cache may take before it is given up.
        pub cache_timeout: Option<Nanos> = None,
        /// How long a call to the database may take before it is given up.
        pub database_timeout: Option<Nanos> = None,
        /// How often a failed database call is tried again.
        pub retries: u32 = 0,
        /// The pause before the first retry; it doubles with each further one, and half of it is drawn at random.
        pub backoff: Nanos = Nanos::from_millis(50),
    }
}
