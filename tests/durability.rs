//! What disks and replicas save of a crashed cache node, and what not: against the formulas, and in opposite pairs.

use cachelane::ledger::Cause;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{bare, close, in_parallel, lane, ms, run, start};

/// Writes only, so many a second, to 100 keys, without any latency; nothing is flushed before clients go home.
fn writes(rate: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.clients.write_ratio = 1.0;
    (scenario.cache.capacity, scenario.cache.loading) = (1_000.into(), Nanos::ZERO);
    let how = WriteBack { every: Nanos::from_secs(100_000), coalesce: false, ..WriteBack::default() };
    scenario.lanes = lane(Reading::default(), how);
    scenario
}

/// The machine loses power, and what its disk has not got with it; whoever calls is told at once.
fn crash(at: Nanos, lasts: Nanos) -> Fault {
    Fault { lasts, silent: Some(false), ..Fault::new(FaultKind::CachePowerLoss, at) }
}

fn snapshots(every: Nanos, per_entry: Nanos) -> Persistence {
    Persistence::Snapshots { every, changes: 1, per_entry, also: Vec::new() }
}

fn append_only(fsync: Fsync, time: Nanos) -> Persistence {
    Persistence::AppendOnly { fsync, fsync_time: Distribution::Constant(time) }
}

fn lost(lane: &Simulation, cause: Cause) -> u64 {
    lane.ledger().ever_lost().get(cause)
}

/// The mean number of writes that a crash loses for `cause`, over `runs` crashes spread evenly over a time of `cycle`
/// from `from` on, each in a run of its own luck. Nothing may be lost for any other cause.
fn mean_loss(scenario: &Scenario, cause: Cause, from: Nanos, cycle: Nanos, runs: u64) -> f64 {
    let numbers: Vec<u64> = (0..runs).collect();
    let losses = in_parallel(&numbers, |number| {
        let at = from + Nanos((cycle.0 as f64 * (number as f64 + 0.5) / runs as f64) as u64);
        let mut scenario = Scenario { seed: 1_000 + number, ..scenario.clone() };
        scenario.faults = vec![crash(at, ms(20))];
        scenario.duration = at + ms(100);
        let lane = run(&scenario);
        assert_eq!(lane.ledger().ever_lost().total(), lost(&lane, cause));
        lost(&lane, cause)
    });
    losses.iter().sum::<u64>() as f64 / runs as f64
}

// ---- Loss windows against their formulas ----

#[test]
fn snapshots_lose_the_writes_of_half_an_interval_and_one_and_a_half_writings() {
    // Every 2 s after the last, half a second of writing (100 entries of 5 ms): cycles of 2.5 s, finished at 7.5 s.
    let mut scenario = writes(400.0);
    scenario.cache.persistence = snapshots(ms(2_000), ms(5));
    let mean = mean_loss(&scenario, Cause::PersistenceWindow, ms(7_500), ms(2_500), 200);
    close("snapshots", mean, 400.0 * (2.0 / 2.0 + 1.5 * 0.5), 0.02);
}

#[test]
fn append_only_every_second_loses_the_writes_of_half_a_second_and_a_sync() {
    let mut scenario = writes(1_000.0);
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(200));
    let mean = mean_loss(&scenario, Cause::PersistenceWindow, ms(3_000), ms(1_000), 200);
    close("every second", mean, 1_000.0 * (0.5 + 0.2), 0.02);
}

#[test]
fn append_only_without_syncs_of_its_own_loses_the_writes_of_a_quarter_minute() {
    let mut scenario = writes(30.0);
    scenario.cache.persistence = append_only(Fsync::No, ms(500));
    let mean = mean_loss(&scenario, Cause::PersistenceWindow, ms(60_000), ms(30_000), 150);
    close("no", mean, 30.0 * (15.0 + 0.5), 0.02);
}

fn replicated(rate: f64, lag: Distribution) -> Scenario {
    let mut scenario = writes(rate);
    scenario.cache.replicas = 1;
    scenario.cache.lag = lag;
    scenario.cache.failover = Some(ms(10));
    scenario
}

#[test]
fn a_failover_loses_the_writes_of_a_constant_lag() {
    let scenario = replicated(2_000.0, Distribution::Constant(ms(100)));
    let mean = mean_loss(&scenario, Cause::FailoverLag, ms(300), ms(100), 400);
    close("constant lag", mean, 2_000.0 * 0.1, 0.02);
}

#[test]
fn a_failover_loses_more_when_lags_vary_since_news_keep_their_order() {
    let (rate, mean_lag) = (1_000.0, 0.01);
    let scenario = replicated(rate, Distribution::Exponential(ms(10)));
    // λ·∫(1 − P(L ≤ u)·exp(−λ·∫ᵤ P(L > v) dv)) du, in 10 µs steps; see the module `replicas`.
    let step = 1e-5;
    let unheard = |u: f64| {
        let above = libm::exp(-u / mean_lag);
        1.0 - (1.0 - above) * libm::exp(-rate * mean_lag * above)
    };
    let expected: f64 = (0..40_000).map(|i| rate * step * unheard((f64::from(i) + 0.5) * step)).sum();
    assert!(expected > 2.5 * rate * mean_lag, "order makes a difference: {expected}");
    let mean = mean_loss(&scenario, Cause::FailoverLag, ms(300), ms(100), 2_000);
    close("exponential lag", mean, expected, 0.02);
}

#[test]
fn the_more_advanced_of_two_replicas_takes_over() {
    let mut scenario = replicated(1_000.0, Distribution::Exponential(ms(10)));
    let one = mean_loss(&scenario, Cause::FailoverLag, ms(300), ms(100), 100);
    scenario.cache.replicas = 2;
    let two = mean_loss(&scenario, Cause::FailoverLag, ms(300), ms(100), 100);
    assert!(two < 0.8 * one, "{two} against {one}");
}

// ---- Replicas that answer reads ----

/// Reads of one key a hundred times a second, and writes that reach the cache as soon as they are acknowledged; two replicas hear
/// of them a tenth of a second later.
fn read_from_replicas(writes: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 + writes };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.write_ratio = writes / (100.0 + writes);
    (scenario.cache.replicas, scenario.cache.reads) = (2, ReadsFrom::Replicas);
    (scenario.cache.lag, scenario.cache.loading) = (Distribution::Constant(ms(100)), Nanos::ZERO);
    scenario.duration = Nanos::from_secs(2_000);
    scenario.lanes = lane(Reading::look_aside(), WriteThrough::default());
    scenario
}

#[test]
fn what_a_replica_gives_is_stale_as_long_as_it_has_not_heard_of_the_newest_write() {
    // Writes come μ a second, each is unheard for L: a read is stale with probability 1 − e^(−μL).
    for (rate, expected) in [(2.0, 0.181_27), (0.5, 0.048_77)] {
        let report = run(&read_from_replicas(rate)).report();
        let share = report.stale_reads as f64 / (report.requests as f64 * 100.0 / (100.0 + rate));
        close("stale share", share, expected, 0.05);
        assert!(report.hit_ratio > 0.999, "{}", report.hit_ratio);
        let primary = Scenario {
            cache: Cache { reads: ReadsFrom::Primary, ..read_from_replicas(rate).cache },
            ..read_from_replicas(rate)
        };
        assert_eq!(run(&primary).report().stale_reads, 0);
    }
}

#[test]
fn replicas_read_beside_each_other_and_those_that_are_gone_are_left_out() {
    let requests = |reads, crashed: &[u32]| {
        let mut scenario = read_from_replicas(0.0);
        (scenario.clients.write_ratio, scenario.duration) = (0.0, ms(4_000));
        scenario.clients.arrivals = Arrivals::Closed { users: 40, think: Distribution::Constant(Nanos::ZERO) };
        (scenario.cache.command, scenario.cache.reads) = (Distribution::Constant(ms(1)), reads);
        let gone = |which| Fault {
            which: Some(FaultTarget::Server(which)),
            lasts: ms(9_000),
            ..Fault::new(FaultKind::ReplicaCrash, Nanos(1))
        };
        scenario.faults = crashed.iter().copied().map(gone).collect();
        run(&scenario).report().requests as f64
    };
    // A thousand commands a second for each machine that answers.
    close("the primary", requests(ReadsFrom::Primary, &[]), 4_000.0, 0.02);
    close("two replicas", requests(ReadsFrom::Replicas, &[]), 8_000.0, 0.02);
    close("one of two", requests(ReadsFrom::Replicas, &[1]), 4_000.0, 0.02);
    close("none: the primary again", requests(ReadsFrom::Replicas, &[0, 1]), 4_000.0, 0.02);
}

#[test]
fn replicas_of_a_primary_that_is_down_go_on_answering_until_it_comes_back_with_less() {
    let reads = |reads, persistence| {
        let mut scenario = read_from_replicas(0.0);
        (scenario.clients.write_ratio, scenario.duration) = (0.0, ms(6_000));
        (scenario.cache.reads, scenario.cache.persistence) = (reads, persistence);
        scenario.faults = vec![Fault { lasts: ms(2_000), ..Fault::new(FaultKind::CacheCrash, ms(2_000)) }];
        let report = run(&scenario).report();
        assert_eq!(report.errors, 0);
        report.database.reads
    };
    let disk = || append_only(Fsync::No, ms(1));
    // At first, and again when the primary has come back with nothing, some go to the database until the fill has reached
    // the replicas. One that comes back with what it had costs nothing.
    let (without, with) = (reads(ReadsFrom::Replicas, Persistence::None {}), reads(ReadsFrom::Replicas, disk()));
    assert!((2..60).contains(&without) && with < without, "{without} and {with} reads of the database");
    // Whoever asks the primary alone goes to the database for two seconds, of 100 reads each.
    assert!((190..=220).contains(&reads(ReadsFrom::Primary, disk())));
}

// ---- Opposite pairs ----

/// A second of writes, a crash in the middle.
fn crashed(persistence: Persistence) -> Simulation {
    let mut scenario = writes(1_000.0);
    scenario.duration = ms(10_000);
    scenario.cache.persistence = persistence;
    scenario.faults = vec![crash(ms(5_678), ms(500))];
    run(&scenario)
}

#[test]
fn nothing_acknowledged_is_lost_with_a_sync_before_each_answer_and_everything_unflushed_without_persistence() {
    let none = crashed(Persistence::None {});
    let written = none.ledger().ever_lost().get(Cause::CacheCrash);
    assert!((5_400..5_950).contains(&written), "{written}");
    let always = crashed(append_only(Fsync::Always, Nanos::from_micros(300)));
    assert_eq!(always.ledger().ever_lost().total(), 0);
    assert!(always.report().cache.utilisation > 0.25, "each of 1000 writes a second pays 0.3 ms");
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_it_has_written_to_its_file_and_what_no_snapshot_has() {
    let lost = |what, persistence| {
        let mut scenario = writes(1_000.0);
        (scenario.duration, scenario.cache.persistence) = (ms(10_000), persistence);
        scenario.faults = vec![Fault { lasts: ms(500), silent: Some(false), ..Fault::new(what, ms(5_678)) }];
        let lane = run(&scenario);
        (lost(&lane, Cause::PersistenceWindow), lane.ledger().ever_lost().total())
    };
    for fsync in [Fsync::Always, Fsync::EverySecond, Fsync::No] {
        assert_eq!(lost(FaultKind::CacheCrash, append_only(fsync, ms(100))), (0, 0), "{fsync:?}");
    }
    // The sync of 5 s has ended: 0.678 s of writes are not on disk.
    let (window, all) = lost(FaultKind::CachePowerLoss, append_only(Fsync::EverySecond, ms(100)));
    assert!((640..720).contains(&window) && window == all, "{window}");
    let snapshot = || snapshots(Nanos::from_secs(2), Nanos::ZERO);
    assert_eq!(lost(FaultKind::CacheCrash, snapshot()), lost(FaultKind::CachePowerLoss, snapshot()));
    assert!(lost(FaultKind::CacheCrash, snapshot()).0 > 1_000);
}

#[test]
fn a_write_whose_sync_a_crash_cuts_short_was_not_acknowledged() {
    // A write a second, each with half a second of sync: a crash in the sync, and one behind it.
    for (at, unknown) in [(ms(1_300), 1), (ms(1_700), 0)] {
        let mut scenario = writes(1.0);
        scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
        scenario.cache.persistence = append_only(Fsync::Always, ms(500));
        scenario.duration = ms(1_800);
        scenario.faults = vec![crash(at, ms(10))];
        let lane = run(&scenario);
        let counts = lane.ledger().counts();
        assert_eq!((counts.unknown, counts.lost, counts.durable), (unknown, 0, 1 - unknown));
    }
}

#[test]
fn every_second_loses_no_write_older_than_two_seconds_and_no_syncs_do() {
    let oldest = |persistence: Persistence| {
        let lane = crashed(persistence);
        let lost = lane.ledger().cases().lost().to_vec();
        assert!(!lost.is_empty());
        lost.iter().map(|case| case.issued).min().expect("a lost write")
    };
    // Syncs begin at whole seconds and nearly take one: at 5.678 s the one from 4 s has ended.
    let every_second = oldest(append_only(Fsync::EverySecond, ms(900)));
    assert!(every_second >= ms(4_000) && every_second < ms(4_010), "{every_second}");
    assert!(oldest(append_only(Fsync::No, ms(1))) < ms(10));
    // A sync that takes longer than a second puts the next one off: from 1, 2.4, 3.8 and 5.2 s on.
    let slow = oldest(append_only(Fsync::EverySecond, ms(1_400)));
    assert!(slow >= ms(3_800) && slow < ms(3_810), "{slow}");
}

/// What a crash takes in the worst of moments, of one client who writes 200 times a second: of so many seconds of work.
fn worst_window_s(fsync: Fsync, time: Nanos, from: Nanos, cycle: Nanos) -> f64 {
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Closed { users: 1, think: Distribution::Constant(ms(5)) };
    (scenario.app.cache_timeout, scenario.cache.persistence) = (None, append_only(fsync, time));
    let steps: Vec<u64> = (1..=60).collect();
    let losses = in_parallel(&steps, |step| {
        let at = from + Nanos(cycle.0 * step / 60) - Nanos(1); // the last is just before a sync has ended
        let mut scenario = scenario.clone();
        (scenario.faults, scenario.duration) = (vec![crash(at, ms(20))], at + ms(100));
        let lane = run(&scenario);
        assert_eq!(lane.ledger().ever_lost().total(), lost(&lane, Cause::PersistenceWindow));
        lost(&lane, Cause::PersistenceWindow)
    });
    losses.into_iter().max().expect("sixty crashes") as f64 / 200.0
}

#[test]
fn every_second_never_loses_more_than_the_work_of_two_syncs_and_two_seconds_of_each() {
    // Syncs from 1, 2, 3 s; from 1, 2.4, 3.8 s; from 1, 11, 21 s: each cycle ends as a sync does.
    for (time, ends, cycle, worst) in [
        (100, 4_100, 1_000, 1.1),
        (1_000, 5_000, 1_000, 2.0),
        (1_400, 6_600, 1_400, 2.8),
        (10_000, 31_000, 10_000, 4.0),
    ] {
        let found = worst_window_s(Fsync::EverySecond, ms(time), ms(ends - cycle), ms(cycle));
        assert!((worst - 0.1..=worst + 0.01).contains(&found), "{time} ms: {found} s, not {worst} s");
    }
    // The kernel makes nobody wait: it has no such bound.
    let without = worst_window_s(Fsync::No, ms(10_000), ms(60_000), ms(10_000));
    assert!(without > 39.0, "{without} s");
}

#[test]
fn a_sync_of_each_second_makes_changes_wait_after_two_seconds_and_not_before() {
    for (time, longest_ms) in [(1_900, 0.0), (5_000, 3_000.0)] {
        let mut scenario = writes(1.0);
        scenario.clients.arrivals = Arrivals::Constant { rate: 1_000.0 };
        scenario.clients.write_ratio = 0.5;
        scenario.app.cache_timeout = None;
        scenario.cache.persistence = append_only(Fsync::EverySecond, ms(time));
        scenario.duration = ms(20_000);
        let all = run(&scenario).report().latency_ms.all.max;
        assert!((all - longest_ms).abs() <= 0.01 * longest_ms, "{time} ms: {all} ms");
    }
}

#[test]
fn a_sync_before_each_answer_serves_all_who_are_in_line() {
    // One at a time, a disk with syncs of 10 ms takes a hundred writes a second. Of fifty clients, the first to come has a
    // sync alone, and all others share the next one.
    for (users, a_second) in [(1, 100.0), (50, 2_500.0)] {
        let mut scenario = writes(1.0);
        scenario.clients.arrivals = Arrivals::Closed { users, think: Distribution::Constant(Nanos::ZERO) };
        scenario.cache.persistence = append_only(Fsync::Always, ms(10));
        (scenario.duration, scenario.faults) = (ms(4_000), vec![crash(ms(3_005), ms(1_000))]);
        let lane = run(&scenario);
        let report = lane.report();
        close("writes in three seconds", report.writes_by_class.durable as f64, 3.0 * a_second, 0.05);
        assert!(report.cache.saves <= 301, "{}", report.cache.saves);
        // The whole round that the crash cut short was not acknowledged, and none of it is there.
        assert_eq!((report.ever_lost, report.writes_by_class.unknown), (0, users.into()));
    }
}

#[test]
fn a_freeze_holds_back_every_answer_of_a_round() {
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Closed { users: 20, think: Distribution::Constant(Nanos::ZERO) };
    scenario.app.cache_timeout = None;
    scenario.cache.persistence = append_only(Fsync::Always, ms(10));
    scenario.duration = ms(2_000);
    scenario.faults = vec![Fault { lasts: ms(700), ..Fault::new(FaultKind::CacheFreeze, ms(1_015)) }];
    let mut lane = start(&scenario);
    let mut answered_by = |at| {
        lane.run_until(ms(at));
        lane.report().requests
    };
    let [before, during, after] = [1_016, 1_714, 1_722].map(&mut answered_by);
    assert!(before > 900 && during == before, "{before}, {during}");
    assert_eq!(after, during + 19, "all of the round that it caught, and of no other");
}

#[test]
fn a_failover_loses_nothing_that_waited_for_a_replica_and_something_that_did_not() {
    for (wait, loses) in [(0, true), (1, false)] {
        let mut scenario = replicated(1_000.0, Distribution::Exponential(ms(20)));
        (scenario.cache.replicas, scenario.cache.wait, scenario.duration) = (2, wait, ms(3_000));
        scenario.faults = vec![crash(ms(1_000), ms(100)), crash(ms(2_000), ms(500))];
        let lane = run(&scenario);
        assert_eq!(lost(&lane, Cause::FailoverLag) > 0, loses);
        assert_eq!(lane.ledger().ever_lost().total() > 0, loses);
        let wait_ms = lane.report().latency_ms.write.p50;
        assert_eq!(wait_ms > 1.0, wait == 1, "the answer waits for the replica: {wait_ms} ms");
    }
}

/// The case of `../shared/cases/L26_wait_on_fill.toml`, and readers while no replica is there to wait for.
#[test]
fn what_a_reader_fills_in_waits_for_no_replica_and_what_a_writer_sets_does() {
    let mut scenario = replicated(100.0, Distribution::Constant(ms(50)));
    (scenario.cache.replicas, scenario.cache.wait, scenario.cache.wait_timeout) = (1, 1, ms(300));
    (scenario.clients.write_ratio, scenario.clients.keys) = (0.2, Keys::Uniform { count: 100_000 });
    scenario.duration = ms(10_000);
    let mut alone = scenario.clone();
    alone.faults = vec![Fault { what: FaultKind::ReplicaCrash, ..crash(ms(1_000), ms(5_000)) }];
    for (scenario, lonely) in [(scenario, false), (alone, true)] {
        for persistence in [
            Persistence::None {},
            Persistence::AppendOnly { fsync: Fsync::Always, fsync_time: Distribution::Constant(ms(1)) },
        ] {
            let world = Scenario { cache: Cache { persistence, ..scenario.cache.clone() }, ..scenario.clone() };
            let report = run(&world).report();
            let latency = &report.latency_ms;
            assert!(report.hit_ratio < 0.1 && latency.read.max < 49.0, "{:?}", latency.read);
            assert!(latency.write.p50 >= 50.0 && (report.errors > 0) == lonely, "{:?}", latency.write);
        }
    }
}

#[test]
fn a_wait_for_more_replicas_than_live_ends_with_its_timeout_and_without_an_acknowledgement() {
    let mut scenario = replicated(100.0, Distribution::Constant(ms(1)));
    (scenario.cache.replicas, scenario.cache.wait, scenario.cache.wait_timeout) = (2, 2, ms(50));
    scenario.duration = ms(3_000);
    let replica = |which| Fault {
        what: FaultKind::ReplicaCrash,
        which: Some(FaultTarget::Server(which)),
        ..crash(ms(1_000), ms(1_000))
    };
    scenario.faults = vec![replica(1)];
    let lane = run(&scenario);
    let counts = lane.ledger().counts();
    // A second of writes is answered with an error, and applied nevertheless.
    assert!((70..130).contains(&counts.unknown), "{counts:?}");
    assert_eq!(lane.ledger().ever_lost().total(), 0);
}

#[test]
fn writes_are_refused_while_too_few_replicas_follow_and_only_then() {
    for (least, refused) in [(0, 0), (1, 100), (2, 200)] {
        let mut scenario = replicated(100.0, Distribution::Constant(ms(1)));
        (scenario.cache.replicas, scenario.cache.min_replicas) = (2, least);
        scenario.duration = ms(4_000);
        let replica = |which, from| Fault {
            what: FaultKind::ReplicaCrash,
            which: Some(FaultTarget::Server(which)),
            ..crash(ms(from), ms(2_000 - from / 2))
        };
        scenario.faults = vec![replica(0, 1_000), replica(1, 1_500)];
        let lane = run(&scenario);
        let rejected = lane.ledger().counts().rejected;
        assert!(rejected.abs_diff(refused) <= refused / 2, "{least}: {rejected}");
    }
}

#[test]
fn without_a_failover_a_replica_is_of_no_use_and_a_master_back_before_it_wipes_its_replicas() {
    let mut never = replicated(1_000.0, Distribution::Constant(ms(1)));
    (never.cache.failover, never.duration) = (None, ms(2_000));
    never.faults = vec![crash(ms(1_000), ms(500))];
    let mut late = never.clone();
    late.cache.failover = Some(ms(600));
    let mut early = never.clone();
    early.cache.failover = Some(ms(400));
    for (scenario, cause) in [(never, Cause::CacheCrash), (late, Cause::CacheCrash), (early, Cause::FailoverLag)] {
        let lane = run(&scenario);
        assert_eq!(lane.ledger().ever_lost().get(cause) > 900, cause == Cause::CacheCrash);
        assert!(lost(&lane, cause) > 0);
    }
}

fn freeze(at: Nanos, lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(FaultKind::CacheFreeze, at) }
}

#[test]
fn a_frozen_master_is_replaced_like_a_crashed_one_and_comes_back_as_a_replica() {
    // Frozen for less than the detection time, nobody notices. Frozen for longer, it is replaced; when it thaws it follows,
    // so that it can take over when its successor crashes.
    for (frozen, failovers, errors) in [(150, [0, 1], 0), (3_000, [1, 2], 40)] {
        let mut scenario = replicated(200.0, Distribution::Constant(ms(1)));
        (scenario.cache.failover, scenario.duration) = (Some(ms(200)), ms(6_000));
        scenario.app.cache_timeout = None;
        scenario.faults = vec![freeze(ms(1_000), ms(frozen)), crash(ms(5_000), ms(900))];
        let mut lane = start(&scenario);
        lane.run_until(ms(4_500));
        let first = lane.report();
        assert_eq!((first.cache.failovers, first.ever_lost), (failovers[0], 0));
        let unknown = first.writes_by_class.unknown;
        assert!(unknown.abs_diff(errors) <= errors / 2, "{unknown} waited in it");
        assert!(first.latency_ms.all.max <= 201.0, "nobody waits for its end: {}", first.latency_ms.all.max);
        lane.run_until(Nanos::MAX);
        lane.validate();
        assert_eq!(lane.report().cache.failovers, failovers[1]);
        assert!(lane.report().ever_lost < 5, "{}", lane.report().ever_lost);
    }
}

#[test]
fn a_successor_of_a_frozen_master_lacks_what_it_has_not_heard_of_and_a_thaw_before_loses_nothing() {
    for (frozen, loses) in [(50, 0), (2_000, 300)] {
        let mut scenario = replicated(1_000.0, Distribution::Constant(ms(400)));
        (scenario.cache.failover, scenario.duration) = (Some(ms(100)), ms(4_000));
        scenario.faults = vec![freeze(ms(1_000), ms(frozen))];
        let lane = run(&scenario);
        let lost = lost(&lane, Cause::FailoverLag);
        assert!(lost.abs_diff(loses) <= loses / 5, "{lost}");
        assert_eq!(lane.ledger().ever_lost().total(), lost);
    }
}

#[test]
fn without_a_failover_a_frozen_master_keeps_its_place_and_what_waits_in_it() {
    let mut scenario = replicated(100.0, Distribution::Constant(ms(1)));
    (scenario.cache.failover, scenario.duration) = (None, ms(4_000));
    scenario.app.cache_timeout = None;
    scenario.faults = vec![freeze(ms(1_000), ms(2_000))];
    let report = run(&scenario).report();
    assert_eq!((report.cache.failovers, report.errors, report.ever_lost), (0, 0, 0));
    assert!(report.latency_ms.all.max > 1_900.0);
}

#[test]
fn freezes_crashes_and_failovers_may_overlap_in_any_order() {
    let moments: Vec<u64> = (0..30).collect();
    for (number, lanes) in in_parallel(&moments, |number| {
        let mut scenario = replicated(300.0, Distribution::Exponential(ms(20)));
        (scenario.seed, scenario.cache.replicas, scenario.cache.shards) = (number, 2, 2);
        (scenario.cache.failover, scenario.duration) = (Some(ms(50)), ms(3_000));
        scenario.cache.persistence = append_only(Fsync::Always, ms(2));
        scenario.cache.loading = ms(1);
        let how = WriteBack { every: ms(30), ..WriteBack::default() };
        scenario.lanes = lane(Reading::read_through(), how);
        scenario.clients.write_ratio = 0.5;
        let random = |what, every, lasts| Fault { lasts: ms(lasts), ..Fault::new(what, FaultTime::Every(ms(every))) };
        scenario.faults = vec![
            random(FaultKind::CacheFreeze, 200, 80),
            random(FaultKind::CacheFreeze, 300, 200),
            random(FaultKind::CacheCrash, 400, 60),
            random(FaultKind::ReplicaCrash, 300, 100),
            Fault::new(FaultKind::FlushAll, FaultTime::Every(ms(500))),
        ];
        let lane = run(&scenario);
        (number, lane.report())
    })
    .into_iter()
    {
        assert_eq!((lanes.writes_by_class.at_risk, lanes.writes_by_class.recoverable), (0, 0), "seed {number}");
        assert!(lanes.cache.failovers > 2, "seed {number}: {}", lanes.cache.failovers);
        assert!(lanes.writes_by_class.durable > 50, "seed {number}: the node is at work again");
    }
}

// ---- At awkward moments ----

#[test]
fn entries_come_back_with_their_values_and_lives_and_the_node_refuses_until_they_are_loaded() {
    let mut scenario = writes(1_000.0);
    scenario.cache.ttl = Ttl::Fixed(ms(1_500));
    scenario.cache.loading = ms(5);
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    scenario.duration = ms(4_000);
    scenario.faults = vec![crash(ms(1_000), ms(100))];
    let mut lane = start(&scenario);
    lane.run_until(ms(999));
    let before: Vec<_> = (0..100).map(|key| lane.cached(key)).collect();
    lane.run_until(ms(1_100));
    let refused = lane.report().cache.refused;
    // 100 entries of 5 ms each: half a second more.
    lane.run_until(ms(1_600));
    let while_loading = lane.report().cache.refused - refused;
    assert!((420..580).contains(&while_loading), "{while_loading}");
    let after: Vec<_> = (0..100).map(|key| lane.cached(key)).collect();
    let same = before.iter().zip(&after).filter(|(before, after)| before == after).count();
    assert!(same >= 98, "{same}: one write may have come between");
    lane.run_until(ms(1_650));
    assert_eq!(lane.report().cache.refused - refused - while_loading, 0);
    lane.run_until(Nanos::MAX);
    lane.validate();
}

#[test]
fn a_crash_while_loading_loses_no_more_than_the_crash_before_it() {
    let mut scenario = writes(1_000.0);
    scenario.cache.loading = ms(5);
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(100));
    scenario.duration = ms(4_000);
    scenario.faults = vec![crash(ms(2_500), ms(100))];
    let once = run(&scenario);
    scenario.faults.push(crash(ms(2_700), ms(50)));
    let twice = run(&scenario);
    assert!(lost(&once, Cause::PersistenceWindow) > 400);
    assert_eq!(lost(&once, Cause::PersistenceWindow), lost(&twice, Cause::PersistenceWindow));
    assert!(twice.report().cache.refused > once.report().cache.refused);
}

#[test]
fn a_crash_during_a_snapshot_leaves_the_one_before() {
    // Forks at 2 s and, when that has been written for 0.5 s, 2 s later.
    let mut scenario = writes(500.0);
    scenario.cache.persistence = snapshots(ms(2_000), ms(5));
    let lost_at = |at: u64| {
        let mut scenario = scenario.clone();
        (scenario.duration, scenario.faults) = (ms(at + 100), vec![crash(ms(at), ms(10))]);
        let lane = run(&scenario);
        assert_eq!(lane.ledger().ever_lost().total(), lost(&lane, Cause::PersistenceWindow));
        lost(&lane, Cause::PersistenceWindow)
    };
    for (at, window_s) in [(4_400, 2.4), (4_900, 2.9), (5_100, 0.6)] {
        let (lost, expected) = (lost_at(at) as f64, 500.0 * window_s);
        assert!((lost - expected).abs() < 4.5 * expected.sqrt(), "at {at} ms: {lost}, not {expected}");
    }
}

#[test]
fn the_rule_fulfilled_first_makes_the_snapshot() {
    // Redis' rules: 3600 s and 1 change, 300 s and 100, 60 s and 10,000. With 2 changes a second the second one is it.
    let rule = |seconds, changes| SnapshotRule { every: Nanos::from_secs(seconds), changes };
    let mut scenario = writes(2.0);
    scenario.cache.persistence = Persistence::Snapshots {
        every: Nanos::from_secs(3_600),
        changes: 1,
        per_entry: Nanos::ZERO,
        also: vec![rule(300, 100), rule(60, 10_000)],
    };
    scenario.duration = Nanos::from_secs(500);
    scenario.faults = vec![crash(Nanos::from_secs(450), ms(1_000))];
    let lost_slow = lost(&run(&scenario), Cause::PersistenceWindow) as f64;
    assert!((lost_slow - 300.0).abs() < 80.0, "since 300 s: {lost_slow}");
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    let lost_fast = lost(&run(&scenario), Cause::PersistenceWindow) as f64;
    assert!((lost_fast - 200.0 * 30.0).abs() < 400.0, "since 420 s: {lost_fast}");
}

#[test]
fn rows_flushed_since_the_last_snapshot_come_back_and_overwrite_what_is_newer() {
    // One key. Its first write is in the snapshot of 1 s; its second is flushed at 2 s; the crash brings the first back.
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.25 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.cache.persistence = snapshots(ms(1_000), Nanos::ZERO);
    let how = WriteBack { every: ms(2_000), ..WriteBack::default() };
    scenario.lanes = lane(Reading::default(), how);
    (scenario.duration, scenario.faults) = (ms(2_300), vec![crash(ms(2_200), ms(50))]);
    // Snapshots at 1 s and 2 s: the second is taken before the flush of that moment.
    let lane = run(&scenario);
    assert_eq!(lane.ledger().counts().attempts(), 2);
    assert_eq!(lane.ledger().ever_lost().total(), 0, "the snapshot of 2 s has both");
    let Persistence::Snapshots { every, .. } = &mut scenario.cache.persistence else { unreachable!() };
    *every = ms(1_500);
    let lane = run(&scenario);
    assert_eq!(lost(&lane, Cause::OverwrittenByOlder), 1, "{:?}", lane.report().ever_lost_by_cause);
}

#[test]
fn one_node_of_many_fails_over_while_the_others_go_on() {
    let mut scenario = replicated(2_000.0, Distribution::Constant(ms(20)));
    (scenario.cache.shards, scenario.cache.failover, scenario.duration) = (4, Some(ms(200)), ms(2_000));
    let how = WriteBack { every: ms(100), ..WriteBack::default() };
    scenario.lanes = lane(Reading::default(), how);
    scenario.database.batch.base = Some(Distribution::Constant(ms(40))); // flushes take long, so the crash meets one
    scenario.faults = vec![Fault { which: Some(FaultTarget::Server(2)), ..crash(ms(1_020), ms(900)) }];
    let lane = run(&scenario);
    let report = lane.report();
    // A quarter of the keys for a fifth of a second, though the machine is away for nearly one.
    assert!((60..140).contains(&report.errors), "{}", report.errors);
    assert!(lost(&lane, Cause::FailoverLag) > 0);
    assert_eq!(report.cache.failovers, 1);
}

#[test]
fn failovers_follow_one_another_and_old_masters_come_back_as_replicas() {
    let mut scenario = replicated(500.0, Distribution::Constant(ms(5)));
    (scenario.cache.replicas, scenario.cache.failover, scenario.duration) = (1, Some(ms(100)), ms(6_000));
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(10));
    scenario.faults = (1..6).map(|second| crash(ms(second * 1_000), ms(300))).collect();
    let lane = run(&scenario);
    assert_eq!(lane.report().cache.failovers, 5);
    assert!(lost(&lane, Cause::FailoverLag) > 0);
    // What is on the crashed machine's disk does not count once another has taken over.
    assert!(lane.ledger().ever_lost().total() < 5 * 20, "{:?}", lane.report().ever_lost_by_cause);
}

#[test]
fn a_disk_ahead_of_the_replica_saves_what_the_replica_lacks_if_its_node_is_back_in_time() {
    for (back, cause) in [(50, Cause::PersistenceWindow), (500, Cause::FailoverLag)] {
        let mut scenario = replicated(1_000.0, Distribution::Constant(ms(2_000)));
        scenario.cache.failover = Some(ms(100));
        scenario.cache.persistence = append_only(Fsync::EverySecond, ms(10));
        (scenario.duration, scenario.faults) = (ms(4_000), vec![crash(ms(3_500), ms(back))]);
        let lane = run(&scenario);
        let window = lost(&lane, Cause::PersistenceWindow);
        assert!((420..580).contains(&window), "lost at once, nobody had it: {window}");
        assert_eq!(lost(&lane, Cause::FailoverLag) > 1_300, cause == Cause::FailoverLag);
    }
}

#[test]
fn what_somebody_empties_on_purpose_does_not_come_back_with_a_restart() {
    for (emptied, held) in [(false, true), (true, false)] {
        let mut scenario = writes(1_000.0);
        scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
        scenario.duration = ms(2_000);
        let empty = Fault { lasts: ms(1_100), ..Fault::new(FaultKind::FlushAll, ms(500)) };
        scenario.faults = vec![crash(ms(1_000), ms(900))];
        scenario.faults.extend(emptied.then_some(empty));
        let mut lane = start(&scenario);
        lane.run_until(ms(1_900));
        assert_eq!((0..100).any(|key| lane.cached(key).is_some()), held);
        lane.run_until(Nanos::MAX);
        lane.validate();
        assert_eq!(lost(&lane, Cause::FlushAll) > 400, emptied);
        assert_eq!(lost(&lane, Cause::PersistenceWindow), 0);
    }
}

/// Looking at a lane on the way changes nothing, though it lets expired entries go that a snapshot would have counted.
#[test]
fn a_look_at_a_node_changes_no_snapshot() {
    let mut scenario = writes(200.0);
    (scenario.cache.ttl, scenario.cache.expiry) = (Ttl::Fixed(ms(30)), Expiry::Precise);
    scenario.cache.persistence = snapshots(ms(20), ms(4));
    (scenario.duration, scenario.faults) = (ms(2_000), vec![crash(ms(1_500), ms(100))]);
    let whole = run(&scenario).report();
    let mut steps = start(&scenario);
    for step in 0..200 {
        steps.run_until(ms(step * 10 + 7));
        let _ = steps.report();
    }
    steps.run_until(Nanos::MAX);
    assert_eq!(steps.report(), whole);
    assert!(whole.cache.saves > 20, "{}", whole.cache.saves);
}

/// What the dead machine's memory would have been saved as, had it lived, is not on its disk.
#[test]
fn a_node_that_is_down_saves_nothing() {
    let mut scenario = replicated(1_000.0, Distribution::Constant(ms(1)));
    (scenario.cache.replicas, scenario.cache.failover) = (2, Some(ms(5_000)));
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(1));
    let replica = |at| Fault {
        which: Some(FaultTarget::Server(1)),
        lasts: ms(10),
        ..Fault::new(FaultKind::ReplicaCrash, ms(at))
    };
    scenario.duration = ms(8_000);
    // The last sync is of 1 s. A replica has all up to 1.899 s, but the node is back before it takes over.
    scenario.faults = vec![crash(ms(1_900), ms(3_000)), replica(3_500), replica(4_200)];
    let lane = run(&scenario);
    let lost = lane.ledger().ever_lost().total();
    assert!((800..1_000).contains(&lost), "since 1 s: {lost}");
}

#[test]
fn who_waits_for_room_is_let_in_when_an_eviction_makes_it_on_a_durable_node_too() {
    for persistence in [Persistence::None {}, append_only(Fsync::No, ms(1))] {
        let mut scenario = bare();
        scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
        scenario.clients.keys = Keys::Uniform { count: 5 };
        scenario.clients.write_ratio = 0.5;
        scenario.duration = Nanos::from_secs(5);
        (scenario.cache.capacity, scenario.cache.persistence) = (1.into(), persistence);
        let (every, bound, on_eviction) = (Nanos::from_secs(3_600), Some(1), DirtyEnd::Drop);
        let how = WriteBack { every, bound, on_eviction, ..WriteBack::default() };
        scenario.lanes = lane(Reading::look_aside(), how);
        let mut lane = start(&scenario);
        for step in 1..500 {
            lane.run_until(ms(step * 10));
            // Nothing takes any time here: who is not answered waits for room.
            let waiting = lane.ledger().counts().in_flight;
            assert!(waiting == 0 || lane.dirty() > 0, "{waiting} wait beside an empty buffer, {:?}", scenario.cache);
        }
        assert!(lane.report().ever_lost > 10, "dirty entries are evicted");
    }
}

#[test]
fn a_snapshot_waits_for_new_changes_and_begins_when_there_are_enough() {
    // A change every 100 ms: the fifteenth is at 1.5 s, and the fork with it, not when a second is over.
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    scenario.clients.keys = Keys::Scan { count: 1_000 };
    let rule = |per_entry| Persistence::Snapshots { every: ms(1_000), changes: 15, per_entry, also: Vec::new() };
    (scenario.cache.persistence, scenario.duration) = (rule(Nanos::ZERO), ms(9_950));
    assert_eq!(run(&scenario).report().cache.saves, 6, "one for each fifteen of ninety-nine");
    // Its fifteen or so entries take 0.3 s to write.
    scenario.cache.persistence = rule(ms(20));
    for (at, rest) in [(ms(1_650), 16), (ms(1_950), 4)] {
        (scenario.duration, scenario.faults) = (at + ms(40), vec![crash(at, ms(10))]);
        assert_eq!(lost(&run(&scenario), Cause::PersistenceWindow), rest, "at {at}");
    }
}

#[test]
fn the_next_sync_after_a_restart_comes_an_interval_later() {
    let mut scenario = writes(1_000.0);
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(1));
    // Back at 3.5 s, so the first sync would come at 4.5 s.
    (scenario.duration, scenario.faults) = (ms(4_500), vec![crash(ms(3_010), ms(490))]);
    let once = lost(&run(&scenario), Cause::PersistenceWindow);
    scenario.faults.push(crash(ms(4_400), ms(10)));
    let lost = lost(&run(&scenario), Cause::PersistenceWindow) - once;
    assert!((800..1_000).contains(&lost), "since 3.5 s: {lost}");
}

#[test]
fn nothing_is_synced_where_nothing_has_changed() {
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 0.25 };
    scenario.cache.persistence = append_only(Fsync::EverySecond, ms(1));
    scenario.duration = Nanos::from_secs(19);
    // Writes at 4, 8, 12 and 16 s.
    assert_eq!(run(&scenario).report().cache.saves, 4);
}

#[test]
fn a_wait_that_a_slow_replica_would_end_too_late_ends_with_its_timeout() {
    let mut scenario = replicated(100.0, Distribution::Constant(ms(200)));
    (scenario.cache.wait, scenario.duration) = (1, ms(1_000));
    for (timeout, told) in [(199, false), (200, true)] {
        scenario.cache.wait_timeout = ms(timeout);
        let report = run(&scenario).report();
        assert_eq!((report.errors == 0, report.errors == report.writes), (told, !told), "{timeout} ms");
    }
}

#[test]
fn a_replica_that_lags_more_than_ten_seconds_behind_is_not_close_enough() {
    let mut scenario = replicated(1.0, Distribution::Constant(ms(20_000)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.cache.min_replicas, scenario.duration) = (1, ms(35_000));
    // The first write is sent at 0.1 s. Ten seconds later it is too old; the last of those written till then arrives
    // at 30.1 s, and then nothing is on its way.
    let rejected = run(&scenario).ledger().counts().rejected;
    assert!(rejected.abs_diff(200) <= 2, "{rejected}");
}

/// A write at 1 s, and replicas that hear of it up to 400 ms later, in twenty worlds.
fn one_write(replicas: u32, wait: u32, faults: &[Fault]) -> Vec<Simulation> {
    let mut scenario = replicated(1.0, Distribution::Uniform { min: Nanos::ZERO, max: ms(400) });
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    (scenario.cache.replicas, scenario.cache.wait) = (replicas, wait);
    (scenario.duration, scenario.faults) = (ms(1_950), faults.to_vec());
    (0..20).map(|seed| run(&Scenario { seed, ..scenario.clone() })).collect()
}

#[test]
fn who_takes_over_passes_on_what_the_other_replica_has_not_heard() {
    // The second crash comes when the new master's news has arrived, and before there is any other.
    let faults = vec![crash(ms(1_200), ms(9_000)), crash(ms(1_700), ms(9_000))];
    let lost = |faults: &[Fault]| -> Vec<u64> {
        one_write(2, 0, faults).iter().map(|lane| lane.ledger().ever_lost().total()).collect()
    };
    let once = lost(&faults[..1]);
    assert!(once.contains(&0) && once.contains(&1), "{once:?}");
    assert_eq!(lost(&faults), once, "what one replica had, the next one has");
}

#[test]
fn a_wait_is_in_vain_when_the_replica_that_would_have_ended_it_crashes() {
    let replica =
        Fault { which: Some(FaultTarget::Server(0)), lasts: ms(900), ..Fault::new(FaultKind::ReplicaCrash, ms(1_001)) };
    let unknown = |replicas| -> u64 {
        let lanes = one_write(replicas, 1, std::slice::from_ref(&replica));
        lanes.iter().map(|lane| lane.ledger().counts().unknown).sum()
    };
    assert_eq!(unknown(1), 20);
    let of_two = unknown(2);
    assert!((5..15).contains(&of_two), "it is the faster one in about half of the worlds: {of_two}");
}

#[test]
fn what_a_dead_master_had_sent_and_nobody_has_heard_is_not_heard_later() {
    // A write every 10 ms, and a replica hears of it 98 ms later: at 1.005 s of those up to 0.9 s. The second crash is
    // before the other replica hears anything of the new master.
    let mut scenario = replicated(1.0, Distribution::Constant(ms(98)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    (scenario.cache.replicas, scenario.duration) = (2, ms(1_085));
    scenario.faults = vec![crash(ms(1_005), ms(9_000)), crash(ms(1_065), ms(9_000))];
    let lane = run(&scenario);
    assert_eq!(lost(&lane, Cause::FailoverLag), 10 + 5, "those up to 1 s, and from 1.02 s on");
}

#[test]
fn after_a_failover_every_key_has_what_the_replica_had_heard() {
    let mut scenario = replicated(1.0, Distribution::Constant(ms(98)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    (scenario.clients.keys, scenario.duration) = (Keys::Scan { count: 3 }, ms(1_090));
    scenario.faults = vec![crash(ms(1_005), ms(9_000))];
    let mut lane = start(&scenario);
    lane.run_until(ms(907));
    let heard = [0, 1, 2].map(|key| lane.cached(key));
    lane.run_until(ms(1_000));
    assert_ne!([0, 1, 2].map(|key| lane.cached(key)), heard);
    lane.run_until(ms(1_016));
    assert_eq!([0, 1, 2].map(|key| lane.cached(key)), heard);
}

#[test]
fn a_replica_that_comes_back_follows_when_it_has_loaded_what_the_master_holds() {
    let mut scenario = replicated(1.0, Distribution::Constant(ms(1)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    scenario.clients.keys = Keys::Scan { count: 100 };
    (scenario.cache.min_replicas, scenario.cache.loading, scenario.duration) = (1, ms(10), ms(5_000));
    scenario.faults = vec![Fault { lasts: ms(500), ..Fault::new(FaultKind::ReplicaCrash, ms(2_000)) }];
    let rejected = run(&scenario).ledger().counts().rejected;
    assert!(rejected.abs_diff(150) <= 2, "half a second, and one for 100 entries: {rejected}");
}

#[test]
fn a_replica_that_came_back_while_there_was_no_master_follows_the_next_one() {
    let mut scenario = replicated(1.0, Distribution::Constant(ms(1)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    (scenario.cache.replicas, scenario.cache.min_replicas, scenario.cache.failover) = (2, 1, Some(ms(500)));
    let replica =
        Fault { which: Some(FaultTarget::Server(1)), lasts: ms(700), ..Fault::new(FaultKind::ReplicaCrash, ms(500)) };
    (scenario.duration, scenario.faults) = (ms(4_000), vec![replica, crash(ms(1_000), ms(9_000))]);
    let report = run(&scenario).report();
    assert!(report.errors.abs_diff(50) <= 2, "only until the failover: {}", report.errors);
}

#[test]
fn reads_go_on_while_too_few_replicas_follow() {
    let mut scenario = replicated(100.0, Distribution::Constant(ms(1)));
    (scenario.clients.write_ratio, scenario.cache.min_replicas, scenario.duration) = (0.5, 1, ms(4_000));
    scenario.lanes[0].read = Reading::read_through();
    scenario.faults = vec![Fault { lasts: ms(1_000), ..Fault::new(FaultKind::ReplicaCrash, ms(1_000)) }];
    let report = run(&scenario).report();
    assert!(report.writes_by_class.rejected > 30);
    assert_eq!(report.errors, report.writes_by_class.rejected);
}

#[test]
fn reads_wait_for_no_sync() {
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Uniform { count: 1 }, 0.5);
    (scenario.cache.persistence, scenario.duration) = (append_only(Fsync::Always, ms(30)), ms(20_000));
    let latency = run(&scenario).report().latency_ms;
    // The first one may be a miss, and a fill is a change.
    assert!(latency.read.p98 == 0.0 && latency.write.p50 > 29.0, "{latency:?}");
}

#[test]
fn a_master_that_is_back_in_time_remains_the_master() {
    let mut scenario = replicated(1_000.0, Distribution::Constant(ms(1)));
    (scenario.cache.failover, scenario.duration) = (Some(ms(600)), ms(3_000));
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    scenario.faults = vec![crash(ms(1_000), ms(500))];
    let report = run(&scenario).report();
    assert_eq!((report.cache.failovers, report.ever_lost), (0, 0));
}

#[test]
fn what_has_expired_during_an_outage_need_not_be_loaded() {
    let mut scenario = writes(1_000.0);
    (scenario.cache.ttl, scenario.cache.loading) = (Ttl::Fixed(ms(500)), ms(5));
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    (scenario.duration, scenario.faults) = (ms(3_000), vec![crash(ms(1_000), ms(1_000))]);
    let mut lane = start(&scenario);
    lane.run_until(ms(2_000));
    let refused = lane.report().cache.refused;
    lane.run_until(Nanos::MAX);
    assert_eq!((refused > 900, lane.report().cache.refused), (true, refused));
}

#[test]
fn a_copy_that_the_disk_did_not_have_is_missed_because_of_the_crash() {
    let mut scenario = writes(500.0);
    scenario.clients.write_ratio = 0.0;
    scenario.cache.persistence = snapshots(ms(9_000), Nanos::ZERO);
    (scenario.duration, scenario.faults) = (ms(3_000), vec![crash(ms(1_500), ms(10))]);
    let misses = run(&scenario).report().misses_by_cause;
    assert!(misses.crashed > 90 && misses.cold <= 100, "{misses:?}");
}

#[test]
fn a_dirty_entry_whose_life_ended_during_an_outage_is_flushed_after_it() {
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    (scenario.cache.ttl, scenario.duration) = (Ttl::Fixed(ms(500)), ms(1_950));
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    scenario.faults = vec![crash(ms(1_400), ms(200))];
    let mut lane = start(&scenario);
    lane.run_until(ms(1_300));
    assert_eq!(lane.dirty(), 1);
    lane.run_until(ms(1_900));
    assert_eq!((lane.dirty(), lane.ledger().counts().durable), (0, 1));
}

#[test]
fn a_relay_deletes_later_what_a_restart_will_bring_back() {
    // The cache refuses the delete while it is down, and then has the old copy again.
    let mut scenario = writes(1.0);
    (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Uniform { count: 20 }, 0.1);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    scenario.lanes = lane(Reading::look_aside(), Outbox { every: ms(10), ..Outbox::default() });
    (scenario.duration, scenario.faults) = (ms(4_000), vec![crash(ms(2_000), ms(1_000))]);
    let mut lane = start(&scenario);
    lane.run_until(ms(3_011));
    let held: Vec<u32> = (0..20).filter(|&key| lane.cached(key).is_some()).collect();
    assert!(!held.is_empty(), "what is not written comes back");
    assert!(held.iter().all(|&key| lane.cached(key) == Some(lane.committed(key))), "{held:?}");
}

#[test]
fn nobody_empties_a_node_that_is_down() {
    let mut scenario = writes(1_000.0);
    scenario.cache.persistence = append_only(Fsync::Always, Nanos::ZERO);
    scenario.duration = ms(3_000);
    scenario.faults = vec![crash(ms(1_000), ms(1_000)), Fault::new(FaultKind::FlushAll, ms(1_500))];
    let mut lane = start(&scenario);
    lane.run_until(ms(2_000));
    assert!((0..100).all(|key| lane.cached(key).is_some()));
    lane.run_until(Nanos::MAX);
    assert_eq!(lane.ledger().ever_lost().total(), 0);
}

#[test]
fn a_life_that_a_hit_made_longer_is_not_in_a_snapshot_from_before() {
    // One key, asked for every 100 ms; only its fill at 0.1 s is a change. The snapshot of 1 s lets it live until 2 s.
    let mut scenario = writes(1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Uniform { count: 1 }, 0.0);
    scenario.cache.ttl = Ttl::Sliding(ms(1_000));
    scenario.cache.persistence = snapshots(ms(1_000), Nanos::ZERO);
    (scenario.duration, scenario.faults) = (ms(3_500), vec![crash(ms(3_050), ms(10))]);
    assert_eq!(run(&scenario).report().misses, 2);
}
