//! Cachelane: a deterministic cache strategy simulator.
#![forbid(unsafe_code)]

pub mod chart;
pub mod engine;
pub mod report;
pub mod scenario;
pub mod time;
pub mod web;
