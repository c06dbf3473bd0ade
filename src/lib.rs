//! Cachelane: a deterministic cache strategy simulator.
#![forbid(unsafe_code)]

pub mod cache;
pub mod chart;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod database;
pub mod engine;
pub mod experiment;
pub mod fault;
pub mod ledger;
pub mod metrics;
pub mod network;
pub mod random;
pub mod report;
pub mod scenario;
pub mod simulation;
pub mod stats;
pub mod strategy;
pub mod time;
pub mod web;
pub mod workload;
