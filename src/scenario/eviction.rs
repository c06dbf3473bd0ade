//! The eviction policies by name.

use serde::{Deserialize, Serialize};

/// Which entry makes room for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    Lru,
    Fifo,
    Lfu,
    Random,
    Clock,
    Sieve,
}
