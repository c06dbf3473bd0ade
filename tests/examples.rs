//! The programs in `examples/` say what they are there to say. (`cargo test` also builds them as programs.)

#![allow(dead_code, reason = "their main functions only print")]

#[path = "../examples/own_policy.rs"]
mod own_policy;
#[path = "../examples/own_scenario.rs"]
mod own_scenario;
#[path = "../examples/run_a_preset.rs"]
mod run_a_preset;

#[test]
fn of_the_default_lanes_only_write_back_answers_writes_early_and_loses_some() {
    let report = run_a_preset::run();
    let (write_back, others) = report.lanes.split_last().expect("five lanes");
    assert_eq!((write_back.name.as_str(), others.len()), ("Write-back", 4));
    assert!(write_back.ever_lost > 0);
    for lane in others {
        assert_eq!(lane.ever_lost, 0, "{}", lane.name);
        assert!(write_back.latency_ms.write.p99 * 3.0 < lane.latency_ms.write.p99, "{}", lane.name);
    }
}

#[test]
fn a_policy_of_ones_own_hits_as_often_as_the_same_one_that_is_built_in() {
    let counts = own_policy::run();
    let [own, fifo, clock] = counts.as_slice() else { panic!("three policies") };
    assert_eq!(own.1, clock.1, "a clock is a queue with a second chance");
    assert!(own.1.hits > fifo.1.hits + 500, "{} and {}", own.1.hits, fifo.1.hits);
}

#[test]
fn a_scenario_of_ones_own_shows_what_flushing_often_saves_and_costs() {
    let report = own_scenario::run(&own_scenario::scenario());
    let [rare, often] = report.lanes.as_slice() else { panic!("two lanes") };
    assert!(often.ever_lost > 0 && often.ever_lost * 4 < rare.ever_lost, "{} and {}", often.ever_lost, rare.ever_lost);
    assert!(often.database.writes > rare.database.writes);
}
