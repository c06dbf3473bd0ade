//! What a lane has cost: what it used and what went wrong, by the scenario's prices.

use serde::{Deserialize, Serialize};

/// What a lane has cost since the warm-up, in the currency of `[prices]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// All of it.
    pub total: f64,
    /// For the memory of cache entries.
    pub memory: f64,
    /// For rows read from the database.
    pub database_reads: f64,
    /// For rows written to it.
    pub database_writes: f64,
    /// For lost writes, from the start of the run.
    pub lost_writes: f64,
    /// For requests answered with an error.
    pub failed_requests: f64,
    /// For answers after the deadline.
    pub lateness: f64,
}
