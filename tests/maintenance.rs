//! Planned work on the cache: a node that is restarted in order, with what it does first and without it, beside a crash.

use cachelane::ledger::Cause;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{bare, constant, in_parallel, lane, ms, of, run, s};

/// A hundred writes a second for ten seconds, each of a key of its own, that nobody flushes unless the node is about to go: then ten
/// rows at a time, 20 ms a batch.
fn writes() -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(10);
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    scenario.clients.keys = Keys::Scan { count: 2_000 };
    scenario.clients.write_ratio = 1.0;
    scenario.cache.capacity = 2_000.into();
    scenario.database.batch.base = Some(constant(ms(20)));
    let how = WriteBack { every: s(100_000), batch: 10, ..WriteBack::default() };
    scenario.lanes = lane(Reading::default(), how);
    scenario
}

/// After four seconds and a bit.
const AT: Nanos = ms(4_005);

fn restart(lasts: Nanos, flush: bool, save: bool) -> Fault {
    Fault { lasts, flush: Some(flush), save: Some(save), ..Fault::new(FaultKind::CacheRestart, AT) }
}

fn crash(lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(FaultKind::CacheCrash, AT) }
}

fn with(scenario: &Scenario, fault: Fault) -> Simulation {
    let scenario = Scenario { faults: vec![fault], ..scenario.clone() };
    assert_eq!(scenario.check(), Ok(()));
    run(&scenario)
}

fn lost(lane: &Simulation) -> u64 {
    lane.ledger().ever_lost().total()
}

#[test]
fn a_node_that_flushes_before_it_goes_loses_nothing_and_one_that_does_not_loses_what_a_crash_does() {
    let (flushed, thrown, crashed) = (
        with(&writes(), restart(s(1), true, true)),
        with(&writes(), restart(s(1), false, true)),
        with(&writes(), crash(s(1))),
    );
    assert_eq!(lost(&flushed), 0);
    assert_eq!((lost(&thrown), lost(&crashed)), (400, 400));
    assert_eq!(thrown.ledger().ever_lost().get(Cause::CacheCrash), 400);
}

#[test]
fn flushing_takes_the_flushers_time_and_nobody_is_served_meanwhile() {
    // 400 rows are 40 batches of 20 ms: 80 writes come meanwhile. A restart that lasts longer than that is no longer for it.
    for (lasts, errors) in [(ms(1), 80), (ms(500), 80), (ms(2_000), 200)] {
        let report = with(&writes(), restart(lasts, true, true)).report();
        assert_eq!((report.errors, report.ever_lost), (errors, 0), "{lasts}");
    }
    let report = with(&writes(), restart(ms(500), false, true)).report();
    assert_eq!(report.errors, 50, "what flushes nothing goes at once");
}

#[test]
fn what_waits_in_line_is_served_before_the_node_goes_and_in_a_crash_it_is_not() {
    // Commands of 15 ms that come every 10 ms: after four seconds a third of them waits.
    let mut scenario = writes();
    scenario.cache.command = constant(ms(15));
    let (restarted, crashed) = (with(&scenario, restart(s(4), false, true)), with(&scenario, crash(s(4))));
    let (after, before) = (restarted.report(), crashed.report());
    assert!((130..140).contains(&(before.errors - after.errors)), "{} and {}", before.errors, after.errors);
}

#[test]
fn a_node_saves_before_it_goes_as_with_shutdown_save_and_not_with_nosave() {
    let mut scenario = writes();
    scenario.cache.loading = Nanos::ZERO;
    scenario.cache.persistence = Persistence::Snapshots { every: s(3), changes: 1, per_entry: ms(1), also: Vec::new() };
    let (saved, unsaved) = (restart(ms(1), false, true), restart(ms(1), false, false));
    let (with_save, without) = (with(&scenario, saved.clone()), with(&scenario, unsaved.clone()));
    // The last snapshot began after three seconds; to write this one, 400 entries, takes 0.4 s, in which nobody is served.
    assert_eq!((lost(&with_save), lost(&without)), (0, 101));
    assert_eq!(without.ledger().ever_lost().get(Cause::PersistenceWindow), 101);
    assert_eq!((with_save.report().errors, without.report().errors), (40, 0));
    assert_eq!(with_save.report().cache.saves, without.report().cache.saves + 1);
    // An append-only file is complete when its process ends, whatever is said.
    let fsync_time = constant(ms(700));
    scenario.cache.persistence = Persistence::AppendOnly { fsync: Fsync::EverySecond, fsync_time };
    for fault in [saved, unsaved] {
        assert_eq!(lost(&with(&scenario, fault)), 0);
    }
}

#[test]
fn a_node_waits_for_its_replicas_before_it_goes_but_no_longer_than_ten_seconds() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.failover, scenario.cache.loading) = (1, Some(ms(50)), Nanos::ZERO);
    let after = |lag, fault: Fault| {
        let mut scenario = Scenario { duration: s(30), ..scenario.clone() };
        scenario.cache.lag = constant(lag);
        let lane = with(&scenario, fault);
        (lost(&lane), lane.report().cache.failovers)
    };
    let restart = restart(s(1), false, true);
    assert_eq!(after(ms(305), restart.clone()), (0, 1));
    assert_eq!(after(ms(305), crash(s(1))), (30, 1), "what came in the last 0.3 s");
    // With a lag of 20 s the replica has nothing when the ten seconds are over; then the second has long passed.
    assert_eq!(after(s(20), restart), (400, 0));
}

#[test]
fn a_node_that_lives_in_the_cache_only_does_not_wait_for_flushes_that_never_come() {
    let mut scenario = writes();
    scenario.lanes = lane(Reading::default(), WriteBack::cache_only());
    let report = with(&scenario, restart(ms(500), true, true)).report();
    assert_eq!((report.errors, report.ever_lost), (50, 400));
}

#[test]
fn a_restart_may_be_overtaken_by_a_crash_or_a_freeze_and_is_over_in_the_end() {
    let moments: Vec<u64> = (0..40).collect();
    for (number, report) in in_parallel(&moments, |number| {
        let mut scenario = writes();
        (scenario.seed, scenario.duration) = (number, s(6));
        (scenario.cache.replicas, scenario.cache.lag) = (1, Distribution::Exponential(ms(40)));
        (scenario.cache.failover, scenario.cache.loading) = (Some(ms(100)), Nanos::from_micros(100));
        scenario.cache.persistence =
            Persistence::Snapshots { every: ms(300), changes: 1, per_entry: Nanos::from_micros(200), also: Vec::new() };
        scenario.clients.keys = Keys::Uniform { count: 300 };
        scenario.lanes = lane(Reading::read_through(), WriteBack { every: ms(300), ..WriteBack::default() });
        let random = |what, every, lasts| Fault { lasts: ms(lasts), ..Fault::new(what, FaultTime::Every(ms(every))) };
        scenario.faults = vec![
            random(FaultKind::CacheRestart, 300, 60),
            Fault { flush: Some(false), ..random(FaultKind::CacheRestart, 500, 20) },
            random(FaultKind::CacheCrash, 400, 60),
            random(FaultKind::CacheFreeze, 400, 150),
            random(FaultKind::SlowCommand, 400, 50),
            random(FaultKind::ReplicaCrash, 400, 100),
            random(FaultKind::DatabaseOutage, 900, 200),
        ];
        (number, run(&scenario).report())
    }) {
        let class = report.writes_by_class;
        assert_eq!((class.at_risk, class.recoverable), (0, 0), "seed {number}");
        assert!(class.durable > 50, "seed {number}: the node is at work again: {class:?}");
    }
}

#[test]
fn what_is_done_first_is_said_of_a_restart_only() {
    let file = |more: &str| format!("[[lane]]\nwrite = \"write-back\"\n[[fault]]\nat = \"5s\"\n{more}");
    let scenario = of(&file("what = \"cache.restart\"\nflush = false"));
    assert_eq!((scenario.faults[0].flush, scenario.faults[0].save), (Some(false), Some(true)));
    for field in ["flush", "save"] {
        let error = Scenario::from_toml(&file(&format!("what = \"cache.crash\"\n{field} = true"))).unwrap_err().to_string();
        assert!(error.contains(&format!("fault.0.{field} = true: only a restart")), "{error}");
    }
}
