//! The database as data: workers, queue, service times.

use super::Distribution;
use super::field::record;
use crate::time::Nanos;

record! {
    /// A database of `workers` workers behind one first-in-first-out queue. What it commits is durable.
    pub struct Database {
        /// How many requests are served at once.
        pub workers: u32 = 8,
        /// How many may wait; the next one is refused.
        pub queue: u32 = 10_000,
        /// Service time of one read.
        pub read: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// Service time of one write.
        pub write: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// Service time of a batch of writes.
        pub batch: Batch = Batch::default(),
        /// The share of write transactions that abort, 0 to 1.
        pub abort: f64 = 0.0,
    }
}

record! {
    /// Service time of a batch of `n` rows: `base + n · row`.
    pub struct Batch {
        /// The time of a batch whatever its size.
        pub base: Distribution = Distribution::Constant(Nanos::from_millis(5)),
        /// The time of each row.
        pub row: Nanos = Nanos::from_micros(200),
    }
}
