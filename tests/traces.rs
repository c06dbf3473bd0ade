//! A trace in a run: what it says of its requests and of their values holds.

use std::sync::Arc;

use cachelane::bytes::Bytes;
use cachelane::experiment::Experiment;
use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use cachelane::workload::trace::Trace;

use crate::commands::monitor;
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
    let told = Experiment::new(&scenario, Some(trace)).err().expect("too many").to_string();
    assert!(told.starts_with("clients.keys.file: the trace \"t\" makes about 20000010 writes"), "{told}");
    assert!(told.contains("at most 20000000"), "{told}");
}

/// The same with a cache that is written, too, and a capture of a server.
fn written_through(session: &str) -> LaneReport {
    let mut scenario = replaying();
    scenario.lanes = lane(Reading::default(), WriteThrough::default());
    run(&scenario, &monitor(session))
}

fn expired_dirty(report: &LaneReport) -> u64 {
    report.ever_lost_by_cause.iter().filter(|(cause, _)| cause.starts_with("expired")).map(|(_, count)| count).sum()
}

#[test]
fn a_set_without_a_ttl_ends_the_one_before_in_a_scenario_too() {
    let report = written_through("0 SET k v EX 10\n5 SET k w\n60 GET k");
    assert_eq!((report.writes, report.hits, report.misses), (2, 1, 0));
    let report = written_through("0 SET k v EX 10\n5 SET k w KEEPTTL\n9 GET k\n60 GET k");
    assert_eq!((report.hits, report.misses_by_cause.expired), (1, 1));
    let mut scenario = replaying();
    scenario.lanes = lane(Reading::default(), WriteBack::cache_only());
    let report = run(&scenario, &monitor("0 SET k v EX 10\n5 SET k w\n60 GET k"));
    // The first write is overwritten, the second lives on: nothing expires.
    assert_eq!((report.hits, expired_dirty(&report)), (1, 0));
}

#[test]
fn an_increment_keeps_the_end_of_the_copy_and_a_fill_takes_the_life_given_last() {
    let limiter = "0 INCR k\n0.0001 EXPIRE k 60\n30 INCR k\n59 INCR k\n59.5 GET k\n61 GET k\n62 GET k\n80 GET k";
    let report = written_through(limiter);
    // Two of the increments read the copy, as do the reads at 59.5, 62 and 80 s. Expired at 60 s, filled at 61 s for 60 s.
    assert_eq!((report.writes, report.hits, report.misses_by_cause.expired), (3, 5, 1));
    // Without a copy to keep the end of, as where writes delete the copy, a fill lives as long as was said last.
    let report = run(&replaying(), &monitor(limiter));
    assert_eq!((report.hits, report.misses_by_cause.expired), (3, 0));
}

#[test]
fn expire_and_its_like_change_the_life_of_the_copy_that_is_there() {
    for (renewal, hits, expired) in [
        ("20 EXPIRE k 10", 1, 1),
        ("20 PEXPIREAT k 1700000030000", 1, 1),
        ("20 EXPIRE k 100", 2, 0),
        ("20 EXPIRE k 10 XX", 2, 0),
        ("20 EXPIRE k 10\n21 PERSIST k", 2, 0),
        ("20 EXPIRE k 1\n20.5 EXPIRE k 60 GT", 2, 0),
        ("20 EXPIRE k 10\n20.5 EXPIRE k 60 LT", 1, 1),
        ("20 GETEX k EX 10", 2, 1),
    ] {
        let report = written_through(&format!("0 SET k v\n15 GET other\n{renewal}\n29 GET k\n31 GET k"));
        assert_eq!((report.hits, report.misses_by_cause.expired), (hits, expired), "{renewal}");
    }
    let report = written_through("0 SET k v EX 30\n15 GETEX k EX 60\n70 GET k\n80 GET k");
    assert_eq!((report.hits, report.misses_by_cause.expired), (2, 1), "from 15 s on for 60 s");
}

#[test]
fn a_copy_that_is_to_end_earlier_is_noticed_when_it_does_where_it_is_dirty() {
    let mut scenario = replaying();
    scenario.lanes = lane(Reading::default(), WriteBack::cache_only());
    let report = run(&scenario, &monitor("0 SET k v EX 80\n5 GET other\n6 EXPIRE k 10\n7 GET other\n20 GET other"));
    assert_eq!(expired_dirty(&report), 1);
}

#[test]
fn commands_become_the_requests_that_they_amounted_to() {
    use cachelane::workload::operation::Operation::{Delete, Modify, Read, Write};
    for (session, expected) in [
        ("SET k v NX\nSET k w NX\nSET j v XX", vec![Write, Read, Read]),
        ("SET a v\nRENAME a b\nRENAME a c", vec![Write, Delete, Write, Read]),
        ("SET a v\nCOPY a b\nCOPY x y", vec![Write, Read, Write, Read]),
        ("SET a v\nSET b v\nFLUSHALL\nFLUSHALL", vec![Write, Write, Delete, Delete]),
        ("0 SET a v EX 1\n0 SET b v\n5 FLUSHDB", vec![Write, Write, Delete]),
        ("LPUSH q a b\nLPOP q\nLPOP q\nLPOP q", vec![Modify, Modify, Delete, Read]),
        ("@w BLPOP q 0\n@p LPUSH q a", vec![Read, Modify, Delete]),
        ("INCR n\nINCR n\nGETDEL n\nGETDEL n", vec![Modify, Modify, Read, Delete, Read]),
        ("SET k v\nGETSET k w\nSET k x GET\nGETEX k", vec![Write, Read, Write, Read, Write, Read]),
        ("DEL k\nUNLINK a b", vec![Delete, Delete, Delete]),
        ("MSETNX a 1 b 2\nMSETNX b 1 c 2", vec![Write, Write, Read, Read]),
        ("SADD s a\nSADD s a\nSREM s b\nSREM s a", vec![Modify, Read, Read, Delete]),
        ("SADD s a\nSUNIONSTORE t s\nSINTERSTORE t s x", vec![Modify, Read, Write, Read, Read, Delete]),
        ("EXPIRE k 5\nSET k v\nEXPIRE k 5\nEXPIRE k 0", vec![Write, Delete]),
    ] {
        let trace = Trace::read("-", monitor(session).as_bytes(), None).expect("it is read");
        let got: Vec<_> = (0..trace.keys().len()).filter_map(|number| trace.operation(number)).collect();
        assert_eq!(got, expected, "{session}");
    }
    let twitter = "0,k,1,1,1,add,10\n1,k,1,1,1,add,10\n2,k,1,1,1,incr,0\n3,j,1,1,1,replace,0\n4,j,1,1,1,append,0\n";
    let trace = Trace::read("t", twitter.as_bytes(), None).expect("it is read");
    let got: Vec<_> = (0..trace.keys().len()).filter_map(|number| trace.operation(number)).collect();
    assert_eq!(got, [Write, Read, Modify, Read, Read]);
}
