//! A trace in a run: what it says of its requests and of their values holds.

use std::sync::Arc;

use cachelane::bytes::Bytes;
use cachelane::experiment::Experiment;
use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use cachelane::workload::trace::Trace;

use crate::common::{bare, lane};

/// A minute and a half of look-aside without latency, at the trace's own times.
fn replaying() -> Scenario {
    let mut scenario = bare();
    scenario.duration = Nanos::from_secs(90);
    scenario.clients.keys = Keys::of_trace("t".to_owned());
    scenario.clients.arrivals = Arrivals::Trace { speed: 1.0 };
    scenario.lanes = lane(Reading::default(), WriteAround::default());
    scenario
}

fn run(scenario: &Scenario, text: &str) -> LaneReport {
    let trace = Trace::read("t", text.as_bytes(), None).expect("it is read");
    let mut experiment = Experiment::new(scenario, Some(Arc::new(trace))).expect("it can run");
    experiment.advance(Nanos::MAX, || false);
    experiment.report().lanes.swap_remove(0)
}

/// Twitter's columns: second, key, key size, value size, client, operation, TTL.
const SESSION: &str = "0,k,1,4,7,set,60\n1,k,1,4,7,get,0\n61,k,1,4,7,get,0\n62,k,1,4,7,get,0\n63,k,1,4,7,get,0\n";

#[test]
fn a_value_lives_as_long_as_the_trace_says() {
    let report = run(&replaying(), SESSION);
    // Filled at 1 s for 60 s: still there at 61 s, expired at 62 s, filled again.
    assert_eq!((report.writes, report.hits, report.misses), (1, 2, 2));
    assert_eq!(report.misses_by_cause.expired, 1);
}

#[test]
fn hits_do_not_renew_a_life_that_the_trace_gives() {
    let mut scenario = replaying();
    scenario.cache.ttl = Ttl::Sliding(Nanos::from_secs(80));
    assert_eq!(run(&scenario, SESSION).misses_by_cause.expired, 1);
}

#[test]
fn values_live_by_the_caches_ttl_where_the_trace_is_not_to_say_it_or_does_not() {
    let mut scenario = replaying();
    scenario.cache.ttl = Ttl::Fixed(Nanos::from_secs(30));
    let silent = "time,key,op\n0,k,set\n1,k,get\n61,k,get\n62,k,get\n63,k,get\n";
    assert_eq!(run(&scenario, silent).misses_by_cause.expired, 1);
    scenario.clients.keys = Keys::Trace { file: "t".to_owned(), ttls: false, sizes: true };
    let report = run(&scenario, SESSION);
    // Expired at 61 s, filled again for 30 s.
    assert_eq!((report.hits, report.misses_by_cause.expired), (2, 1));
}

#[test]
fn before_a_trace_says_the_first_life_of_a_key_that_life_holds_already() {
    let text = "0,k,1,4,7,get,0\n9,k,1,4,7,get,0\n11,k,1,4,7,get,0\n20,k,1,4,7,set,10\n";
    assert_eq!(run(&replaying(), text).misses_by_cause.expired, 1);
}

#[test]
fn values_are_as_large_as_the_trace_says() {
    let mut scenario = replaying();
    scenario.cache.capacity = Capacity::Bytes(Bytes(1_000));
    let text = "time,key,size\n0,a,400\n1,b,400\n2,a,400\n3,c,400\n4,b,400\n";
    // Two of 464 bytes fit: the third evicts the one not used for longest.
    let report = run(&scenario, text);
    assert_eq!((report.hits, report.misses_by_cause.evicted), (1, 1));
    scenario.clients.value_size = Sizes::Constant(Bytes(100));
    scenario.clients.keys = Keys::Trace { file: "t".to_owned(), ttls: true, sizes: false };
    let report = run(&scenario, text);
    assert_eq!((report.hits, report.misses_by_cause.evicted), (2, 0));
}

#[test]
fn a_trace_that_writes_more_than_can_be_remembered_is_refused_and_a_part_of_it_is_not() {
    let mut scenario = replaying();
    scenario.lanes = vec![Lane::default(); 10];
    let mut text = "time,key,op\n".to_owned();
    let times = (0..2_000_001).map(|number| number / 20_000);
    times.for_each(|time| text.push_str(&format!("{time},k,set\n")));
    let trace = Arc::new(Trace::read("t", text.as_bytes(), None).expect("it is read"));
    // In 90 of its 100 seconds there are fewer.
    assert!(Experiment::new(&scenario, Some(trace.clone())).is_ok());
    scenario.duration = Nanos::from_secs(100);
    let told = Experiment::new(&scenario, Some(trace)).err().expect("too many");
    assert!(told.starts_with("clients.keys.file: the trace \"t\" makes about 20000010 writes"), "{told}");
    assert!(told.contains("at most 20000000"), "{told}");
}
