//! Cachelane: a deterministic cache strategy simulator.
#![forbid(unsafe_code)]

pub mod cache;
pub mod random;
pub mod scenario;
pub mod stats;
pub mod time;
pub mod workload;
