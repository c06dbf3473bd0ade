//! A scenario made in code, and how its lanes compare: `cargo run --release --example own_scenario`.
//!
//! The same can be said in a TOML file (`Scenario::from_toml`) or a link (`link::decode`).

use cachelane::experiment::Experiment;
use cachelane::report::Report;
use cachelane::scenario::{Fault, FaultKind, Lane, Reading, Scenario, WriteBack, Writing};
use cachelane::time::Nanos;

fn main() {
    for lane in run(&scenario()).lanes {
        println!("{:20} {:6} rows written, {:4} writes lost", lane.name, lane.database.writes, lane.ever_lost);
    }
}

/// Write-back with a rare flush and with one every second; the cache crashes.
pub fn scenario() -> Scenario {
    let lane = |name: &str, every: u64| Lane {
        name: name.to_owned(),
        read: Reading::default(),
        write: Writing::WriteBack(WriteBack { every: Nanos::from_secs(every), ..WriteBack::default() }),
        ..Lane::default()
    };
    let crash = Fault::new(FaultKind::CacheCrash, Nanos::from_secs(18));
    let scenario = Scenario {
        name: "How often to flush".to_owned(),
        seed: 3,
        duration: Nanos::from_secs(30),
        lanes: vec![lane("flushed every 10 s", 10), lane("flushed every second", 1)],
        faults: vec![crash],
        ..Scenario::default()
    };
    // What is written in code is not checked; what is read is, and every problem is told.
    Scenario::from_toml(&scenario.to_toml()).expect("it can run")
}

/// The report at the end of its run.
pub fn run(scenario: &Scenario) -> Report {
    let mut experiment = Experiment::new(scenario, None).expect("it needs no trace and little memory");
    experiment.advance(Nanos::MAX, || false);
    experiment.report()
}
