//! Cachelane: a deterministic cache strategy simulator, in the browser and on the command line.
//!
//! A *lane* is one strategy: a way of reading and a way of writing. All lanes of an experiment see the same traffic
//! and the same faults. Each module uses only those below it (the whole picture is in DESIGN.md):
//!
//! ```text
//! web  cli                                the page, the command line
//! experiment                              lanes side by side
//! simulation                              one lane, put together and run
//! strategy                                the strategies, one file each
//! database  cache  network                the parts of the world
//! app  workload  fault  metrics  chart    servers' parts, requests, faults, measures, figures
//! scenario  engine  ledger  report  …     the experiment as data; clock, queue and tasks; what became of writes
//! model  random                           keys and writes; named random streams
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

#[doc(inline)]
pub use cachelane_base::{bytes, escape, number, phrase, random, report, scenario, sort, time};
#[doc(inline)]
pub use cachelane_simulator::{
    app, cache, database, engine, fault, history, jobs, keyspace, ledger, metrics, model, network, simulation, slots,
    stage, stats, strategy, table, work, workload,
};

pub mod chart;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod experiment;
pub mod story;
pub mod web;
