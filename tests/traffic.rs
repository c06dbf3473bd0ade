//! The same traffic for every lane, whatever the strategies make of it.

use std::sync::Arc;

use cachelane::experiment::Experiment;
use cachelane::model::WriteId;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use cachelane::workload::trace::Trace;

use crate::common::{bare, ms, run, s};

/// Lanes as different as they get, and a cache that crashes in one of two seconds.
fn lanes(arrivals: Arrivals) -> Scenario {
    let mut scenario = presets::get("default").unwrap().scenario().clone();
    scenario.duration = Nanos::from_secs(10);
    scenario.faults[0].at = FaultTime::Moment(Nanos::from_secs(4));
    scenario.clients.arrivals = arrivals;
    scenario
}

#[test]
fn every_lane_gets_the_same_arrivals() {
    for arrivals in [
        Arrivals::Bursts { rate: 800.0, quiet: 10.0, on: s(1), off: s(2) },
        Arrivals::Wave { rate: 300.0, swing: 0.9, period: s(5) },
        Arrivals::Spike(Spike { rate: 100.0, times: 20.0, at: s(3), lasts: s(2) }),
    ] {
        let mut experiment = Experiment::new(&lanes(arrivals), None).unwrap();
        experiment.advance(Nanos::MAX, || false);
        let report = experiment.report();
        let requests: Vec<u64> = report.lanes.iter().map(|lane| lane.requests).collect();
        assert!(requests[0] > 1_000 && requests.iter().all(|lane| *lane == requests[0]), "{requests:?}");
        let writes: Vec<u64> = report.lanes.iter().map(|lane| lane.writes).collect();
        assert!(writes[0] > 100 && writes.iter().all(|lane| *lane == writes[0]), "{writes:?}");
    }
}

#[test]
fn a_scan_reads_one_key_after_the_other_and_users_think_only_after_it() {
    let mut scenario = bare();
    scenario.clients.keys = Keys::Uniform { count: 100_000 };
    scenario.clients.mix = Mix::Custom;
    scenario.clients.scan_ratio = 1.0;
    scenario.clients.arrivals = Arrivals::Closed { users: 1, think: Distribution::Constant(Nanos::from_secs(1)) };
    scenario.database.read = Distribution::Constant(ms(1));
    scenario.duration = Nanos::from_secs(1_000);
    let report = run(&scenario).report();
    // A scan of L reads takes L ms and is thought about for a second: L is 50.5 in the mean.
    let cycles = 1_000.0 / 1.0505;
    let per_cycle = report.reads as f64 / cycles;
    assert!((per_cycle - 50.5).abs() < 3.0 * 28.9 / cycles.sqrt(), "{per_cycle}");
}

#[test]
fn ycsb_e_inserts_are_the_same_writes_in_every_lane() {
    let mut scenario = lanes(Arrivals::Poisson { rate: 50.0 });
    scenario.clients.write_ratio = 0.1;
    scenario.clients.mix = Mix::YcsbE;
    let told: Vec<u64> =
        (0..scenario.lanes.len()).map(|lane| Simulation::new(&scenario, lane, None).unwrap()).map(writes).collect();
    assert!(told[0] > 10 && told.iter().all(|writes| *writes == told[0]), "{told:?}");
}

fn writes(mut lane: Simulation) -> u64 {
    lane.run_until(Nanos::MAX);
    lane.report().writes
}

#[test]
fn sessions_take_turns() {
    let mut scenario = lanes(Arrivals::Constant { rate: 100.0 });
    (scenario.clients.write_ratio, scenario.clients.sessions, scenario.duration) = (1.0, 3, Nanos::from_secs(1));
    let lane = run(&scenario);
    let clients: Vec<u32> = (1..=6).map(|write| lane.ledger().attempt(WriteId(write)).1).collect();
    assert_eq!(clients, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn the_clients_of_a_trace_are_its_own_also_where_it_names_no_operations() {
    let mut scenario = bare();
    (scenario.clients.write_ratio, scenario.clients.keys) = (1.0, Keys::of_trace("a.csv".to_owned()));
    let trace = Trace::read("a.csv", &b"key,client\na,x\nb,y\na,x\nc,z\n"[..], None).unwrap();
    let mut lane = Simulation::new(&scenario, 0, Some(Arc::new(trace))).unwrap();
    lane.run_until(Nanos::MAX);
    let clients: Vec<u32> = (1..=4).map(|write| lane.ledger().attempt(WriteId(write)).1).collect();
    assert_eq!(clients, [0, 1, 0, 2]);
}
