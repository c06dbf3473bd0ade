//! Runs a preset and prints what its lanes are like: `cargo run --release --example run_a_preset`.

use cachelane::experiment::Experiment;
use cachelane::report::Report;
use cachelane::scenario::presets;
use cachelane::time::Nanos;

fn main() {
    println!("{:15} {:>12} {:>6}", "lane", "write p99 ms", "lost");
    for lane in run().lanes {
        println!("{:15} {:>12.2} {:>6}", lane.name, lane.latency_ms.write.p99, lane.ever_lost);
    }
}

/// The report of the preset `default` at the end of its run.
pub fn run() -> Report {
    let preset = presets::get("default").expect("there is such a preset");
    // The only reasons to be refused are a trace that is missing and too little memory.
    let mut experiment = Experiment::new(preset.scenario(), None).expect("a preset can run");
    // To the end, and on until everything has settled; the closure may stop it earlier.
    experiment.advance(Nanos::MAX, || false);
    experiment.report()
}
