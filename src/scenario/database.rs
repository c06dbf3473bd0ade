//! The database as data: workers, queue, service times.

use super::Distribution;
use super::field::record;
use crate::time::Nanos;

/// A database of `workers` workers behind one first-in-first-out queue. What it commits is durable.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// How many requests are served at once.
    pub workers: u32,
    /// How many may wait; the next one is refused.
    pub queue: u32,
    /// Service time of one read.
    pub read: Distribution,
    /// Service time of one write.
    pub write: Distribution,
    /// Service time of a batch of writes.
    pub batch: Batch,
    /// The share of write transactions that abort, 0 to 1.
    pub abort: f64,
}

impl Default for Database {
    fn default() -> Database {
        Database {
            workers: 8,
            queue: 10_000,
            read: Distribution::Exponential(Nanos::from_millis(10)),
            write: Distribution::Exponential(Nanos::from_millis(10)),
            batch: Batch::default(),
            abort: 0.0,
        }
    }
}

/// Service time of a batch of `n` rows: `base + n · row`.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The time of a batch whatever its size.
    pub base: Distribution,
    /// The time of each row.
    pub row: Nanos,
}

impl Default for Batch {
    fn default() -> Batch {
        Batch { base: Distribution::Constant(Nanos::from_millis(5)), row: Nanos::from_micros(200) }
    }
}

record!(Database { workers, queue, read, write, batch, abort });
record!(Batch { base, row });
