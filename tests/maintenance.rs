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
    let (with_save, without) = (with(&scenario, saved.clone()), with(&scenario, unsaved));
    // The last snapshot began after three seconds; to write this one, 400 entries, takes 0.4 s, in which nobody is served.
    assert_eq!((lost(&with_save), lost(&without)), (0, 101));
    assert_eq!(without.ledger().ever_lost().get(Cause::PersistenceWindow), 101);
    assert_eq!((with_save.report().errors, without.report().errors), (40, 0));
    assert_eq!(with_save.report().cache.saves, without.report().cache.saves + 1);
    // An append-only file is complete when its process ends.
    let fsync_time = constant(ms(700));
    scenario.cache.persistence = Persistence::AppendOnly { fsync: Fsync::EverySecond, fsync_time };
    assert_eq!(lost(&with(&scenario, saved)), 0);
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
            random(FaultKind::CacheFailover, 300, 5_000),
            random(FaultKind::CacheFailover, 500, 20),
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
        let error =
            Scenario::from_toml(&file(&format!("what = \"cache.crash\"\n{field} = true"))).unwrap_err().to_string();
        assert!(error.contains(&format!("fault.0.{field} = true: only a restart")), "{error}");
    }
}

// ---- The processes in the background ----

fn workers_crash(at: impl Into<FaultTime>, lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(FaultKind::WorkerCrash, at) }
}

#[test]
fn a_flusher_that_crashes_with_a_batch_in_hand_writes_it_again_and_loses_nothing_where_a_node_loses_all() {
    let mut scenario = writes();
    // The database is slow to answer, so that the batch in hand is committed although nobody hears of it.
    scenario.network.cache_database = constant(ms(30));
    scenario.lanes = lane(Reading::default(), WriteBack { every: s(1), batch: 10_000, ..WriteBack::default() });
    let committed = |fault: Fault| {
        let report = with(&scenario, fault).report();
        assert_eq!(report.errors > 0, report.ever_lost > 0, "callers notice a dead node, and no dead flusher");
        (report.database.writes + report.database.drain_writes, report.ever_lost)
    };
    let whole = run(&scenario).report().database;
    let whole = whole.writes + whole.drain_writes;
    // A batch leaves at each second, reaches the database 30 ms later, and is committed 20 ms after that.
    let at = FaultTime::Moment(ms(4_060));
    assert_eq!(committed(workers_crash(at, ms(500))), (whole + 100, 0), "the hundred rows in hand, twice");
    let before = FaultTime::Moment(ms(3_995));
    assert_eq!(committed(workers_crash(before, ms(500))), (whole, 0), "nothing is in hand");
    let dead = Fault { lasts: ms(500), ..Fault::new(FaultKind::CacheCrash, before) };
    assert!(committed(dead).1 > 90);
}

#[test]
fn nobody_flushes_while_the_flusher_is_away_and_the_next_one_takes_all() {
    let mut scenario = writes();
    scenario.lanes = lane(Reading::default(), WriteBack { every: s(1), batch: 10_000, ..WriteBack::default() });
    let most = |faults: Vec<Fault>| run(&Scenario { faults, ..scenario.clone() }).report().cache.dirty_max;
    assert_eq!(most(Vec::new()), 102, "those of a second, and what comes during a batch");
    assert_eq!(most(vec![workers_crash(ms(3_500), s(3))]), 402);
    // One that is away when its node comes back does not flush either, and there is only one of it afterwards.
    let mut node = crash(ms(200));
    node.at = FaultTime::Moment(ms(4_200));
    let report = run(&Scenario { faults: vec![workers_crash(ms(4_100), s(3)), node], ..scenario.clone() }).report();
    assert_eq!((report.database.batches, report.cache.dirty_max), (4 + 2, 362));
}

#[test]
fn a_relay_that_crashes_passes_on_again_what_it_had_not_finished() {
    let mut scenario = writes();
    scenario.network.app_cache = constant(ms(1));
    scenario.database.write = constant(ms(1));
    let how = Outbox { every: s(1), cached: Relayed::Update, ..Outbox::default() };
    scenario.lanes = lane(Reading::look_aside(), how);
    let commands = |faults: Vec<Fault>| {
        let lane = run(&Scenario { faults, ..scenario.clone() });
        let report = lane.report();
        assert_eq!((report.ever_lost, report.writes_by_class.at_risk), (0, 0));
        report.cache.commands
    };
    // It passes on a hundred records in 0.2 s after each second: 25 of them in 50 ms, which are passed on again.
    let (whole, again) = (commands(Vec::new()), commands(vec![workers_crash(ms(4_051), ms(100))]));
    assert!((20..=30).contains(&(again - whole)), "{again} and {whole}");
    assert_eq!(commands(vec![workers_crash(ms(3_900), ms(50))]), whole, "it was idle");
}

#[test]
fn crashes_of_workers_and_of_their_nodes_may_overlap_in_any_order() {
    let moments: Vec<u64> = (0..30).collect();
    for (number, report) in in_parallel(&moments, |number| {
        let mut scenario = writes();
        (scenario.seed, scenario.duration, scenario.cache.shards) = (number, s(6), 2);
        (scenario.cache.replicas, scenario.cache.failover) = (1, Some(ms(60)));
        scenario.clients.keys = Keys::Uniform { count: 300 };
        scenario.lanes = lane(Reading::read_through(), WriteBack { every: ms(100), ..WriteBack::default() });
        let random = |what, every, lasts| Fault { lasts: ms(lasts), ..Fault::new(what, FaultTime::Every(ms(every))) };
        scenario.faults = vec![
            random(FaultKind::WorkerCrash, 200, 60),
            random(FaultKind::WorkerCrash, 300, 200),
            random(FaultKind::CacheFreeze, 300, 150),
            random(FaultKind::CacheCrash, 500, 100),
            random(FaultKind::CacheRestart, 500, 50),
        ];
        (number, run(&scenario).report())
    }) {
        let class = report.writes_by_class;
        assert_eq!((class.at_risk, class.recoverable), (0, 0), "seed {number}");
        assert!(class.durable > 50, "seed {number}: somebody flushes again: {class:?}");
    }
}

#[test]
fn a_crash_of_workers_is_refused_where_there_are_none() {
    let file = |write: &str| format!("[[lane]]\nwrite = {write}\n[[fault]]\nat = \"5s\"\nwhat = \"worker.crash\"");
    of(&file("\"outbox\""));
    for write in ["\"write-around\"", "{ kind = \"write-back\", flush = false }"] {
        let error = Scenario::from_toml(&file(write)).unwrap_err().to_string();
        assert!(error.contains("no lane has a flusher beside the cache, a relay or a log reader"), "{error}");
    }
}

// ---- Failovers that somebody wants ----

fn failover(lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(FaultKind::CacheFailover, AT) }
}

#[test]
fn a_manual_failover_loses_nothing_and_holds_up_writes_for_the_lag_where_one_after_a_crash_loses_the_lag() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.failover) = (1, Some(ms(50)));
    scenario.cache.lag = constant(ms(305));
    let after = |fault: Fault| {
        let report = with(&scenario, fault).report();
        (report.ever_lost, report.errors, report.cache.failovers, report.latency_ms.all.max, report.faults[0].for_s)
    };
    // The newest change was made 5 ms before, and arrives 300 ms later. Writes wait, and none fails.
    assert_eq!(after(failover(s(5))), (0, 0, 1, 295.0, 0.3));
    let (lost, errors, failovers, ..) = after(crash(s(1)));
    assert_eq!((lost, failovers), (30, 1));
    assert!(errors > 0);
}

#[test]
fn a_manual_failover_that_takes_too_long_is_given_up() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.lag) = (1, constant(ms(305)));
    let report = with(&scenario, failover(ms(100))).report();
    assert_eq!((report.cache.failovers, report.ever_lost, report.errors), (0, 0, 0));
    assert_eq!((report.latency_ms.all.max, report.faults[0].for_s), (95.0, 0.1));
}

#[test]
fn after_a_manual_failover_the_old_primary_is_a_replica_that_can_take_over_in_its_turn() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.failover) = (1, Some(ms(50)));
    scenario.cache.lag = constant(ms(20));
    let crash = Fault { at: FaultTime::Moment(ms(6_005)), ..crash(s(1)) };
    let report = run(&Scenario { faults: vec![failover(s(5)), crash], ..scenario }).report();
    assert_eq!((report.cache.failovers, report.ever_lost), (2, 2), "what came in the last 20 ms, and no more");
}

#[test]
fn the_replica_that_catches_up_first_takes_over_and_one_that_is_down_does_not() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.lag) = (2, Distribution::Exponential(ms(100)));
    let mean = |replicas: u32| {
        let seeds: Vec<u64> = (0..40).collect();
        let waits = in_parallel(&seeds, |seed| {
            let mut scenario = Scenario { seed, ..scenario.clone() };
            scenario.cache.replicas = replicas;
            with(&scenario, failover(s(5))).report().faults[0].for_s
        });
        waits.iter().sum::<f64>() / 40.0
    };
    let (one, three) = (mean(1), mean(3));
    assert!(three < 0.8 * one && three > 0.0, "{three} s against {one} s");
    let away = Fault { lasts: s(8), ..Fault::new(FaultKind::ReplicaCrash, ms(1_000)) };
    let report = run(&Scenario { faults: vec![away, failover(s(1))], ..scenario }).report();
    assert_eq!((report.cache.failovers, report.errors), (0, 0), "there is nobody to take over");
}

#[test]
fn the_end_of_one_manual_failover_is_not_that_of_the_next() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.lag) = (1, constant(ms(305)));
    let second = Fault { at: FaultTime::Moment(ms(8_905)), ..failover(s(5)) };
    // The first is over after 0.3 s; the time it was given ends while the second is under way.
    let report = run(&Scenario { faults: vec![failover(s(5)), second], ..scenario }).report();
    assert_eq!((report.cache.failovers, report.ever_lost, report.errors), (2, 0, 0));
}

#[test]
fn where_the_replica_dies_that_was_to_take_over_the_node_waits_for_the_next() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.lag) = (2, Distribution::Exponential(ms(100)));
    let seeds: Vec<u64> = (0..10).collect();
    let takes = in_parallel(&seeds, |seed| {
        let takes = |dies: Option<u32>| {
            let which = dies.map(FaultTarget::Server);
            let crash =
                Fault { which, lasts: s(8), ..Fault::new(FaultKind::ReplicaCrash, AT + Nanos::from_micros(10)) };
            let faults = std::iter::once(failover(s(5))).chain(dies.map(|_| crash)).collect();
            let report = run(&Scenario { seed, faults, ..scenario.clone() }).report();
            assert_eq!((report.cache.failovers, report.ever_lost), (1, 0), "seed {seed}");
            report.faults[0].for_s
        };
        (takes(None), takes(Some(0)), takes(Some(1)))
    });
    let mut later = 0;
    for (both, second, first) in takes {
        assert!((second.min(first) - both).abs() < 1e-6, "{both}, {second}, {first}");
        later += u32::from(second.max(first) > both + 1e-3);
    }
    assert!(later > 5, "{later} of 10");
}

#[test]
fn a_manual_failover_of_a_frozen_node_begins_when_it_goes_on_and_of_a_dead_one_never() {
    let mut scenario = writes();
    (scenario.cache.replicas, scenario.cache.lag) = (1, constant(ms(20)));
    let after = |what, at| {
        let first = Fault { lasts: s(1), ..Fault::new(what, at) };
        let report = run(&Scenario { faults: vec![first, failover(s(5))], ..scenario.clone() }).report();
        let by_hand = report.faults.iter().find(|fault| fault.what == "cache.failover").expect("it is reported");
        (report.cache.failovers, (by_hand.for_s * 1e3).round())
    };
    assert_eq!(after(FaultKind::CacheFreeze, ms(3_900)), (1, 895.0));
    assert_eq!(
        after(FaultKind::CacheFreeze, ms(4_010)),
        (1, 1_005.0),
        "it stands still while it waits for the replica"
    );
    assert_eq!(after(FaultKind::CacheCrash, ms(3_900)), (0, 0.0));
}

#[test]
fn a_restart_is_reported_until_the_node_is_back() {
    // 400 rows are 40 batches of 20 ms.
    let lasts = |fault: Fault| (with(&writes(), fault).report().faults[0].for_s * 1e3).round();
    assert_eq!(lasts(restart(ms(1), true, true)), 800.0);
    assert_eq!(lasts(restart(s(2), true, true)), 2_000.0);
    // Where nobody flushes, it lasts to the end of the run.
    let dead = Fault { lasts: s(1_000), ..Fault::new(FaultKind::WorkerCrash, ms(4_000)) };
    let report = run(&Scenario { faults: vec![restart(s(1), true, true), dead], ..writes() }).report();
    assert_eq!((report.faults[1].for_s * 1e3).round(), 5_995.0);
}

#[test]
fn a_node_that_flushes_before_it_goes_gives_up_no_row_while_the_database_is_away() {
    let mut scenario = writes();
    let how = WriteBack { every: s(100_000), requeue: 0, ..WriteBack::default() };
    scenario.lanes = lane(Reading::default(), how);
    let outage = Fault { lasts: ms(2_500), ..Fault::new(FaultKind::DatabaseOutage, ms(4_000)) };
    let report = run(&Scenario { faults: vec![outage, restart(ms(1), true, true)], ..scenario }).report();
    assert_eq!(report.ever_lost, 0);
    assert!(report.errors > 250, "it waits for the database: {}", report.errors);
}

#[test]
fn what_would_not_be_done_first_anyway_nobody_asks_not_to_do() {
    let file = |write: &str, said: &str| {
        format!("[[lane]]\nwrite = {write}\n[[fault]]\nat = \"5s\"\nwhat = \"cache.restart\"\n{said} = false")
    };
    for (write, said, told) in [
        ("\"write-around\"", "flush", "fault.0.flush = false: no lane ever flushes"),
        ("\"write-back\"", "save", "fault.0.save = false: no node writes snapshots"),
    ] {
        let error = Scenario::from_toml(&file(write, said)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let log = |read: &str| format!("[[lane]]\nread = \"{read}\"\nwrite = {{ kind = \"write-around\", log = {{}} }}");
    of(&log("look-aside"));
    let error = Scenario::from_toml(&log("none")).unwrap_err().to_string();
    assert!(error.contains("lane.0.write.log") && error.contains("nothing reads the cache"), "{error}");
}

#[test]
fn a_manual_failover_needs_a_replica() {
    let file = |cache: &str| format!("{cache}[[lane]]\n[[fault]]\nat = \"5s\"\nwhat = \"cache.failover\"");
    of(&file("[cache]\nreplicas = 1\n"));
    let error = Scenario::from_toml(&file("")).unwrap_err().to_string();
    assert!(error.contains("the cache has no replicas"), "{error}");
}
