//! What runs, of `cachelane`, whose modules these are: [`engine`], the parts of the world ([`cache`], [`database`],
//! [`network`]), the strategies ([`strategy`]), the [`ledger`], and [`simulation`], which is all of it for one lane. In the page
//! this is built for speed, the rest for size.
#![forbid(unsafe_code)]

pub use cachelane_base::{bytes, escape, phrase, random, report, scenario, sort, time};

pub mod app;
pub mod cache;
pub mod database;
pub mod engine;
pub mod fault;
pub mod history;
pub mod jobs;
pub mod keyspace;
pub mod ledger;
pub mod metrics;
pub mod model;
pub mod network;
pub mod pile;
pub mod simulation;
pub mod slots;
pub mod stage;
pub mod stats;
pub mod strategy;
pub mod table;
pub mod work;
pub mod workload;
