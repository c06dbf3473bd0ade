//! Cachelane: a deterministic cache strategy simulator, in the browser and on the command line.
//!
//! A *lane* is one strategy: a way of reading and a way of writing. All lanes of an experiment see the same traffic
//! and the same faults. A tour of the house, from the ground up; each room uses only rooms on floors below it:
//!
//! ```text
//! floor 7  web  cli                     the page, the command line
//! floor 6  experiment                   lanes side by side
//! floor 5  simulation  chart            one lane, put together and run; drawings of what it showed
//! floor 4  strategy  report             the strategies, one file each; results as data, tables, CSV
//! floor 3  cache database network       the parts of the world
//!          app workload fault metrics
//! floor 2  scenario engine ledger stats the experiment as data; clock, queue and tasks; the witness; histograms
//!          keyspace                     what a server's commands do to its keys
//! floor 1  random                       named streams of chance (on the ground: whole nanoseconds in time, steps
//!                                       counted in work, texts made safe to show in escape)
//! ```
//!
//! Begin with [`scenario`] (what can be asked), [`strategy`] (what a lane does, as an application programmer would write it)
//! and [`ledger`] (what became of every write). [`engine`] is how it runs.
//!
//! ```
//! use cachelane::{experiment::Experiment, scenario::Scenario, time::Nanos};
//!
//! let scenario = Scenario::from_toml(r#"
//!     duration = "20s"
//!     [[lane]]
//!     write = "write-through"
//!     [[lane]]
//!     write = { kind = "write-back", every = "5s" }
//!     [[fault]]
//!     at = "14s"
//!     what = "cache.crash"
//! "#)?;
//! let mut experiment = Experiment::new(&scenario, None)?;
//! experiment.advance(Nanos::MAX, || false);
//! let report = experiment.report();
//! assert_eq!(report.lanes[0].ever_lost, 0);
//! assert!(report.lanes[1].ever_lost > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! More programs are in `examples/`: a preset run from code, an eviction policy of your own, a scenario of your own. The
//! feature `cli` is the command line; without it (`default-features = false`) none of its crates come along.
//!
//! *Determinism is a contract*: the same scenario, seed and [engine version](engine::VERSION) give the same events on every
//! machine, to the bit. That is why time is an integer, why chance comes in named streams, and why `clippy.toml` refuses std's
//! float functions, clocks and walks over hash maps.
#![forbid(unsafe_code)]

pub mod app;
pub mod bytes;
pub mod cache;
pub mod chart;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod database;
pub mod engine;
pub mod escape;
pub mod experiment;
pub mod fault;
pub mod keyspace;
pub mod ledger;
pub mod metrics;
pub mod network;
pub mod random;
pub mod report;
pub mod scenario;
pub mod simulation;
pub mod stats;
pub mod strategy;
pub mod table;
pub mod time;
pub mod web;
pub mod work;
pub mod workload;
