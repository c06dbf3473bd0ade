//! Cachelane: a deterministic cache strategy simulator.
#![forbid(unsafe_code)]

pub mod time;
