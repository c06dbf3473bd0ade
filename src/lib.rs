//! Cachelane: a deterministic cache strategy simulator.
#![forbid(unsafe_code)]

pub mod ledger;
pub mod time;
