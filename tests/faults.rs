//! Each kind of fault does what it says and nothing else, in opposite pairs where there is an opposite; random faults and
//! triggers fire when they should; and a fault added while a run goes on is one that was there from the start.

use cachelane::experiment::Experiment;
use cachelane::network::RETRANSMISSION_FIRST;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{bare, constant, lane, ms, run, run_injecting, start};
use crate::strategies::all_lanes;

fn fault(what: FaultKind, at: impl Into<FaultTime>, lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(what, at) }
}

fn on_link(link: Link, fault: Fault) -> Fault {
    Fault { which: Some(FaultTarget::Link(link)), ..fault }
}

/// Every reading strategy with write-back, nothing flushed before the end unless a test says so.
fn back(every: Nanos) -> WriteBack {
    WriteBack { every, ..WriteBack::default() }
}

/// Ten seconds of a request every 10 ms, half of them writes, each part of the world taking 1 ms.
fn steady(read: Reading, write: impl Into<crate::common::Write>) -> Scenario {
    let mut scenario = bare();
    scenario.duration = ms(10_000);
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.clients.write_ratio = 0.5;
    scenario.cache.command = constant(ms(1));
    scenario.app.work = constant(ms(1));
    scenario.app.servers = 1;
    (scenario.app.cache_timeout, scenario.app.database_timeout) = (None, None);
    scenario.database.workers = 4;
    (scenario.database.read, scenario.database.write) = (constant(ms(1)), constant(ms(1)));
    scenario.database.batch.base = Some(constant(ms(1)));
    scenario.lanes = lane(read, write);
    scenario
}

fn with(mut scenario: Scenario, faults: &[Fault]) -> Scenario {
    scenario.faults = faults.to_vec();
    scenario
}

fn slowest_ms(lane: &Simulation) -> f64 {
    lane.report().latency_ms.all.max
}

// ---- The cache ----

#[test]
fn a_frozen_cache_loses_nothing_and_a_crashed_one_does() {
    let lost = |what| {
        let lane = run(&with(steady(Reading::look_aside(), back(ms(60_000))), &[fault(what, ms(5_000), ms(1_000))]));
        let report = lane.report();
        (report.ever_lost, report.errors, report.misses_by_cause.crashed)
    };
    assert_eq!(lost(FaultKind::CacheFreeze), (0, 0, 0));
    let (lost, errors, misses) = lost(FaultKind::CacheCrash);
    assert!(lost > 20 && errors > 20 && misses > 5, "{lost} lost, {errors} errors, {misses} misses");
}

#[test]
fn callers_of_a_frozen_cache_have_only_their_timeouts() {
    let mut scenario = with(
        steady(Reading::look_aside(), WriteAround::default()),
        &[fault(FaultKind::CacheFreeze, ms(5_000), ms(1_000))],
    );
    // A request sent as the freeze begins waits for its end.
    assert!((950.0..1_100.0).contains(&slowest_ms(&run(&scenario))));
    scenario.app.cache_timeout = Some(ms(50));
    assert!((50.0..120.0).contains(&slowest_ms(&run(&scenario))), "{}", slowest_ms(&run(&scenario)));
    // A crashed one tells them at once.
    scenario.faults[0].what = FaultKind::CacheCrash;
    assert!(slowest_ms(&run(&scenario)) < 50.0);
}

#[test]
fn while_a_cache_is_frozen_no_answer_leaves_it_not_even_one_that_was_being_given() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    scenario.clients.write_ratio = 0.0;
    scenario.clients.keys = Keys::Uniform { count: 1 };
    // The requests of 5.000 s reaches the cache at 5.001 s and would be answered at 5.002 s.
    for at in [Nanos::from_micros(5_001_500), Nanos::from_micros(5_001_000), ms(5_000)] {
        let mut lane = start(&with(scenario.clone(), &[fault(FaultKind::CacheFreeze, at, ms(500))]));
        lane.run_until(at);
        let before = lane.report().requests;
        lane.run_until(Nanos(at.0 + ms(500).0 - 1));
        assert_eq!(lane.report().requests, before, "frozen at {at}");
        lane.run_until(Nanos(at.0 + ms(502).0));
        assert!(lane.report().requests > before);
        lane.run_until(Nanos::MAX);
        lane.validate();
        assert_eq!(lane.report().errors, 0);
    }
}

#[test]
fn an_answer_caught_by_a_freeze_comes_as_much_later_as_the_freeze_lasts() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    (scenario.clients.write_ratio, scenario.clients.keys) = (0.0, Keys::Uniform { count: 1 });
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    // 1 ms of work, 30 ms there, 1 ms of service (32 to 33 ms after the request), 30 ms back: a hit takes 62 ms.
    scenario.network.app_cache = constant(ms(30));
    scenario.duration = ms(3_000);
    let longest = |lasts: u64| {
        slowest_ms(&run(&with(
            scenario.clone(),
            // The first request, at 1 s, is a miss; the second one meets the freeze.
            &[fault(FaultKind::CacheFreeze, Nanos::from_micros(2_031_500), ms(lasts))],
        )))
    };
    let miss = slowest_ms(&run(&scenario));
    assert!((miss - 124.0).abs() < 1.0, "{miss}");
    for lasts in [100, 500] {
        let measured = longest(lasts);
        assert!((measured - (62.0 + lasts as f64)).abs() < 0.01 * measured, "{measured} after {lasts} ms");
    }
}

#[test]
fn emptying_the_cache_loses_what_is_dirty_and_keeps_the_node_up() {
    let scenario = steady(Reading::look_aside(), back(ms(60_000)));
    let lane = run(&with(scenario.clone(), &[fault(FaultKind::FlushAll, ms(5_000), ms(100))]));
    let report = lane.report();
    assert_eq!(report.errors, 0);
    let causes: Vec<&str> = report.ever_lost_by_cause.iter().map(|(cause, _)| &**cause).collect();
    assert_eq!(causes, ["flush_all"]);
    assert!(report.misses_by_cause.invalidated > 5 && report.misses_by_cause.crashed == 0);
    assert!((98.0..130.0).contains(&slowest_ms(&lane)), "{}: it is busy for as long", slowest_ms(&lane));
    // What has been flushed is safe.
    let mut safe = with(scenario, &[fault(FaultKind::FlushAll, ms(5_999), ms(1))]);
    safe.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    safe.lanes = lane_of(back(ms(100)));
    assert_eq!(run(&safe).report().ever_lost, 0);
}

#[test]
fn a_command_over_all_entries_takes_so_long_for_each_that_the_node_holds() {
    // 50,000 entries of 40 ns each are 2 ms, of 100 ns each 5 ms; of four nodes each has about a quarter.
    for (what, all_ms) in [(FaultKind::SlowCommand, 2.0), (FaultKind::FlushAll, 5.0)] {
        for (shards, told, expected) in [(1, None, all_ms), (4, None, all_ms / 4.0), (4, Some(ms(8)), 8.0)] {
            let mut scenario = bare();
            scenario.clients.arrivals = Arrivals::Constant { rate: 100_000.0 };
            scenario.clients.keys = Keys::Uniform { count: 50_000 };
            (scenario.cache.capacity, scenario.cache.shards) = (50_000.into(), shards);
            let read = Reading::LookAside(LookAside { warm_up: 50_000, ..LookAside::default() });
            scenario.lanes = lane(read, WriteAround::default());
            (scenario.duration, scenario.database.queue) = (ms(50), 1_000_000);
            let mut fault = Fault { which: Some(FaultTarget::Server(0)), ..Fault::new(what, ms(25)) };
            fault.lasts = told.unwrap_or(fault.lasts);
            scenario.faults = vec![fault];
            assert_eq!(scenario.check(), Ok(()));
            let report = run(&scenario).report();
            let struck_ms = report.faults[0].for_s * 1e3;
            assert!((struck_ms / expected - 1.0).abs() < 0.03, "{what:?}: {struck_ms} ms, not {expected}");
            let slowest = report.latency_ms.all.max;
            assert!((0.8 * expected..1.03 * expected).contains(&slowest), "{what:?}: {slowest} ms, not {expected}");
        }
    }
    let mut crash = steady(Reading::look_aside(), back(ms(60_000)));
    crash.faults = vec![fault(FaultKind::CacheCrash, ms(5_000), Nanos::ZERO)];
    let message = crash.check().unwrap_err().to_string();
    assert!(message.ends_with("fault.0.for = \"0s\": must be a duration from 1us to 30d"), "{message}");
}

fn lane_of(how: WriteBack) -> Vec<Lane> {
    lane(Reading::look_aside(), how)
}

#[test]
fn a_slow_command_delays_everyone_behind_it_by_its_length_and_loses_nothing() {
    let scenario = steady(Reading::look_aside(), back(ms(60_000)));
    for length in [300, 900] {
        let lane = run(&with(scenario.clone(), &[fault(FaultKind::SlowCommand, ms(5_000), ms(length))]));
        let report = lane.report();
        assert_eq!((report.ever_lost, report.errors, report.misses_by_cause.invalidated), (0, 0, 0));
        // The request that comes as it begins waits for all of it, and is itself served in 2 ms.
        let slowest = slowest_ms(&lane);
        assert!((slowest - length as f64).abs() < 10.0, "{slowest}");
        // Requests come every 10 ms: as many are late as come meanwhile, and those of the line behind them.
        let late = length / 10;
        let unhurried = report.latency_ms.all;
        assert!(unhurried.count == 1_000 - 1 && unhurried.p50 <= 5.0, "{unhurried:?}");
        let series = lane.series(0, 1);
        let slow: u32 = series
            .points
            .iter()
            .filter(|point| point.mean_ms.is_some_and(|mean| mean > 10.0))
            .map(|p| p.requests)
            .sum();
        assert!(slow as u64 >= late, "{slow} late requests");
    }
}

#[test]
fn a_slow_cache_a_slow_server_and_a_slow_database_take_as_many_times_as_long() {
    // Look-aside hits: 1 ms of work and 1 ms in the cache. Reads without a cache: 1 ms of work, 1 ms in the database.
    for (what, read, slow) in [
        (FaultKind::CacheSlow, Reading::look_aside(), 1.0 + 4.0),
        (FaultKind::AppSlow, Reading::look_aside(), 4.0 + 1.0),
        (FaultKind::DatabaseSlow, Reading::None {}, 1.0 + 4.0),
        (FaultKind::CacheSlow, Reading::None {}, 1.0 + 1.0),
    ] {
        let mut scenario = steady(read, WriteAround::default());
        (scenario.clients.write_ratio, scenario.clients.keys) = (0.0, Keys::Uniform { count: 1 });
        scenario.warmup = ms(1_000);
        let which = (what == FaultKind::AppSlow).then_some(FaultTarget::Server(0));
        scenario.faults = vec![Fault { times: Some(4.0), which, ..fault(what, ms(5_000), ms(2_500)) }];
        let latency = run(&scenario).report().latency_ms.all;
        assert!((latency.p50 - 2.0).abs() < 0.02 && (latency.max - slow).abs() < 0.05, "{what:?}: {latency:?}");
    }
}

// ---- Machines that are silent ----

#[test]
fn callers_of_a_silent_cache_wait_for_their_timeouts_or_its_return_and_those_of_an_ended_process_are_refused() {
    let slowest = |what, timeout: Option<Nanos>, silent| {
        let mut scenario = steady(Reading::look_aside(), WriteAround::default());
        scenario.app.cache_timeout = timeout;
        scenario.faults = vec![Fault { silent: Some(silent), ..fault(what, ms(5_000), ms(1_000)) }];
        slowest_ms(&run(&scenario))
    };
    for what in [FaultKind::CacheCrash, FaultKind::CachePowerLoss] {
        let refused = slowest(what, Some(ms(60)), false);
        assert!(refused < 30.0, "{what:?}: {refused} ms");
        let patient = slowest(what, None, true);
        assert!((950.0..1_100.0).contains(&patient), "{what:?}: {patient} ms");
        // A read waits for the cache, and a miss or a write then deletes from it, too: two timeouts at most.
        let timed_out = slowest(what, Some(ms(60)), true);
        assert!((60.0..140.0).contains(&timed_out), "{what:?}: {timed_out} ms");
    }
    assert_eq!(Fault::new(FaultKind::CachePowerLoss, ms(0)).silent, Some(true));
    assert_eq!(Fault::new(FaultKind::DatabaseOutage, ms(0)).silent, Some(false));
    assert_eq!(Fault::new(FaultKind::CacheFreeze, ms(0)).silent, None);
}

#[test]
fn a_client_of_a_silent_database_fails_once_in_each_timeout_and_one_of_an_ended_process_again_and_again() {
    let errors = |what, timeout: Option<Nanos>, silent| {
        let mut scenario = steady(Reading::None {}, WriteAround::default());
        scenario.clients.arrivals = Arrivals::Closed { users: 1, think: constant(ms(9)) };
        scenario.clients.write_ratio = 1.0;
        scenario.app.database_timeout = timeout;
        scenario.faults = vec![Fault { silent: Some(silent), ..fault(what, ms(5_000), ms(1_000)) }];
        run(&scenario).report().errors
    };
    for what in [FaultKind::DatabaseOutage, FaultKind::DatabasePowerLoss] {
        assert!((95..=101).contains(&errors(what, Some(ms(60)), false)), "{what:?}");
        assert!((14..=15).contains(&errors(what, Some(ms(60)), true)), "{what:?}: every 70 ms");
        assert_eq!(errors(what, None, true), 1, "{what:?}: when it is back");
    }
}

#[test]
fn a_silent_master_is_left_when_a_replica_has_taken_over() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    (scenario.cache.replicas, scenario.cache.failover) = (1, Some(ms(300)));
    scenario.faults = vec![fault(FaultKind::CachePowerLoss, ms(5_000), ms(2_000))];
    let slowest = slowest_ms(&run(&scenario));
    assert!((290.0..340.0).contains(&slowest), "{slowest} ms");
}

#[test]
fn a_silent_database_commits_nothing_and_every_caller_hears_of_it_once() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    (scenario.clients.write_ratio, scenario.database.workers) = (1.0, 1);
    scenario.database.write = constant(ms(15));
    scenario.database.queue = 1_000_000;
    scenario.duration = ms(7_000);
    scenario.faults = vec![fault(FaultKind::DatabasePowerLoss, ms(5_000), ms(1_000))];
    let report = run(&scenario).report();
    // 500 came before, 333 of them were committed; all that waited, and the 100 of the silent second, have lost their connection.
    assert!((265..=270).contains(&report.errors), "{}", report.errors);
    assert_eq!(report.writes_by_class.unknown, report.errors, "none of them knows");
    assert_eq!(report.requests, 699);
}

// ---- The database ----

#[test]
fn a_frozen_database_aborts_nothing_and_an_outage_does() {
    let outcome = |what| {
        let scenario = steady(Reading::look_aside(), WriteAround::default());
        let lane = run(&with(scenario, &[fault(what, ms(5_000), ms(1_000))]));
        let report = lane.report();
        (report.errors, report.latency_ms.all.max)
    };
    let (errors, longest) = outcome(FaultKind::DatabaseFreeze);
    assert!(errors == 0 && (950.0..1_300.0).contains(&longest), "{errors} errors, {longest} ms");
    let (errors, longest) = outcome(FaultKind::DatabaseOutage);
    assert!(errors > 40 && longest < 50.0, "{errors} errors, {longest} ms");
}

#[test]
fn what_comes_to_a_frozen_database_is_refused_only_when_it_goes_on_and_its_queue_is_full() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    (scenario.database.queue, scenario.database.workers) = (3, 1);
    let report = run(&with(scenario, &[fault(FaultKind::DatabaseFreeze, ms(5_000), ms(1_000))])).report();
    // A hundred arrive, one is served, three wait.
    assert!((94..=97).contains(&report.database.refused), "{}", report.database.refused);
}

#[test]
fn failing_transactions_fail_in_the_share_asked_for_and_only_while_they_do() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    scenario.clients.write_ratio = 1.0;
    scenario.clients.arrivals = Arrivals::Constant { rate: 1_000.0 };
    scenario.database.workers = 64;
    let failing = Fault { share: Some(0.3), ..fault(FaultKind::DatabaseFailing, ms(2_000), ms(5_000)) };
    let aborted = run(&with(scenario.clone(), std::slice::from_ref(&failing))).report().database.aborted as f64;
    assert!((aborted / 5_000.0 - 0.3).abs() < 3.0 * (0.21f64 / 5_000.0).sqrt(), "{aborted}");
    // Two at once: a transaction has to escape both.
    let aborted = run(&with(scenario, &[failing.clone(), failing])).report().database.aborted as f64;
    assert!((aborted / 5_000.0 - 0.51).abs() < 3.0 * (0.25f64 / 5_000.0).sqrt(), "{aborted}");
}

// ---- Application servers ----

#[test]
fn a_frozen_server_finishes_what_a_crashed_one_drops() {
    let outcome = |what| {
        let mut scenario = steady(Reading::look_aside(), WriteAround::default());
        scenario.app.work = constant(ms(40)); // so that several requests are under way
        let which = Some(FaultTarget::Server(0));
        let report = run(&with(scenario, &[Fault { which, ..fault(what, ms(5_000), ms(1_000)) }])).report();
        (report.errors, report.latency_ms.all.max, report.writes_by_class.unknown)
    };
    let (errors, longest, unknown) = outcome(FaultKind::AppFreeze);
    assert!(errors == 0 && unknown == 0 && (990.0..1_300.0).contains(&longest), "{errors} errors, {longest} ms");
    let (errors, longest, unknown) = outcome(FaultKind::AppCrash);
    assert!(errors > 90 && unknown > 0 && longest < 60.0, "{errors} errors, {unknown} unknown, {longest} ms");
}

#[test]
fn a_frozen_server_keeps_its_share_of_the_requests_and_the_others_go_on() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    scenario.app.servers = 4;
    let which = Some(FaultTarget::Server(2));
    let report = run(&with(scenario, &[Fault { which, ..fault(FaultKind::AppFreeze, ms(5_000), ms(2_000)) }])).report();
    assert_eq!((report.errors, report.requests), (0, 999));
    // A quarter of the requests of a fifth of the run is late.
    assert!(report.latency_ms.all.p90 < 5.0 && report.latency_ms.all.p98 > 500.0, "{:?}", report.latency_ms.all);
}

// ---- The network ----

#[test]
fn loss_only_delays_and_by_doubling_timeouts() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    scenario.clients.arrivals = Arrivals::Constant { rate: 1_000.0 };
    (scenario.database.workers, scenario.cache.command) = (1_024, constant(ms(0)));
    let report = |share| {
        let loss = Fault { share: Some(share), ..fault(FaultKind::LinkLoss, ms(0), ms(10_000)) };
        run(&with(scenario.clone(), &[on_link(Link::AppDatabase, loss)])).report()
    };
    let (some, none) = (report(0.2), report(0.0));
    assert_eq!((some.errors, some.requests), (0, none.requests));
    assert_eq!(some.writes_by_class.lost + some.writes_by_class.rejected + some.writes_by_class.unknown, 0);
    // Each of two messages is lost k times with probability 0.2^k·0.8: 64 % are on time, the 20 % slowest take one more
    // timeout at least, and the mean is 2·Σ 0.2^k·0.8·(2^k − 1)·200 ms = 133.3 ms longer.
    let rto = RETRANSMISSION_FIRST.0 as f64 / 1e6;
    assert!((some.latency_ms.all.p50 - none.latency_ms.all.p50).abs() < 0.1);
    assert!((some.latency_ms.all.p80 - rto).abs() < 0.05 * rto, "{:?}", some.latency_ms.all);
    let longer = some.latency_ms.all.mean - none.latency_ms.all.mean;
    assert!((longer / 133.3 - 1.0).abs() < 0.06, "{longer} ms longer");
    assert!(none.latency_ms.all.max < 10.0);
}

#[test]
fn when_everything_is_lost_everything_comes_through_one_timeout_after_the_end_at_the_latest() {
    let scenario = steady(Reading::None {}, WriteAround::default());
    for (until, slowest) in [(500, 600.0), (3_000, 3_000.0), (600_000, 12_000.0)] {
        let loss = Fault { share: Some(1.0), ..fault(FaultKind::LinkLoss, ms(100), ms(until)) };
        let lane = run(&with(scenario.clone(), &[on_link(Link::AppDatabase, loss)]));
        assert_eq!(lane.report().errors, 0);
        assert!(slowest_ms(&lane) >= slowest * 0.7 && slowest_ms(&lane) < 2.2 * slowest, "{}", slowest_ms(&lane));
    }
}

#[test]
fn a_slow_link_takes_as_many_times_as_long_and_slow_downs_multiply() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    scenario.clients.write_ratio = 0.0;
    scenario.network.app_database = constant(ms(5));
    let slow = |at, lasts, times| {
        on_link(Link::AppDatabase, Fault { times: Some(times), ..fault(FaultKind::LinkSlow, ms(at), ms(lasts)) })
    };
    let longest = |faults: &[Fault]| slowest_ms(&run(&with(scenario.clone(), faults)));
    // 1 ms of work, 5 ms there, 1 ms in the database, 5 ms back.
    for (faults, expected) in [
        (vec![], 12.0),
        (vec![slow(2_000, 1_000, 10.0)], 102.0),
        (vec![slow(2_000, 1_000, 10.0), slow(2_500, 1_000, 3.0)], 302.0),
        (vec![slow(2_000, 1_000, 10.0), slow(4_000, 1_000, 3.0)], 102.0),
    ] {
        let measured = longest(&faults);
        assert!((measured / expected - 1.0).abs() < 0.01, "{measured}, not {expected}");
    }
}

// ---- Nesting, healing, the report ----

/// One fault of each kind, from `at` on; those of replicas have tests of their own, beside the replicas.
fn one_of_each(at: Nanos, lasts: Nanos) -> Vec<Fault> {
    let one = |what: FaultKind| {
        let which = match what.part() {
            Part::App => Some(FaultTarget::Server(0)),
            Part::Link => Some(FaultTarget::Link(Link::AppDatabase)),
            Part::Cache | Part::Replica | Part::Worker | Part::Database => None,
        };
        Fault {
            which,
            times: what.has_times().then_some(7.0),
            share: what.has_share().then_some(0.4),
            ..fault(what, at, lasts)
        }
    };
    FaultKind::ALL.into_iter().filter(|what| what.part() != Part::Replica).map(one).collect()
}

#[test]
fn two_overlapping_faults_of_one_kind_are_one_that_lasts_until_both_are_over() {
    for one in one_of_each(ms(4_000), ms(2_000)).into_iter().filter(|one| one.times.or(one.share).is_none()) {
        let mut scenario = steady(Reading::look_aside(), back(ms(700)));
        scenario.network.app_database = constant(ms(1));
        let digest = |faults: &[Fault]| {
            let report = run(&with(scenario.clone(), faults)).report();
            (report.requests, report.errors, report.hits, report.misses, report.latency_ms, report.writes_by_class)
        };
        let (mut first, mut second) = (one.clone(), one.clone());
        first.lasts = ms(1_500);
        (second.at, second.lasts) = (FaultTime::Moment(ms(5_000)), ms(1_000));
        // Emptying twice at different moments is not emptying once.
        if one.what != FaultKind::FlushAll {
            assert_eq!(digest(&[first, second]), digest(std::slice::from_ref(&one)), "{}", one.what.name());
        }
    }
}

#[test]
fn at_the_end_of_a_run_everything_heals() {
    for one in one_of_each(ms(9_000), Nanos::from_secs(30 * 86_400)) {
        let name = one.what.name();
        let mut scenario = with(steady(Reading::look_aside(), back(ms(700))), std::slice::from_ref(&one));
        scenario.network.app_database = constant(ms(1));
        let lane = run(&scenario);
        assert!(lane.now() < Nanos::from_secs(30), "{name}: settled at {}", lane.now());
        let report = lane.report();
        assert_eq!((lane.dirty(), report.writes_by_class.at_risk), (0, 0), "{name}");
        let occurred = &report.faults[0];
        // Without a replica there is none to take over, and nobody waits for one.
        let lasts = if one.what == FaultKind::CacheFailover { 0.0 } else { 1.0 };
        assert_eq!((&*occurred.what, occurred.at_s, occurred.for_s), (name, 9.0, lasts));
    }
}

#[test]
fn a_fault_of_any_kind_added_while_it_runs_does_what_it_does_when_planned() {
    for how in all_lanes() {
        let mut planned = steady(how.read.clone(), WriteAround::default());
        planned.lanes = vec![how];
        planned.network.app_database = Distribution::Exponential(ms(1));
        let every = |(i, mut one): (usize, Fault)| {
            one.at = FaultTime::Moment(ms(300 + 600 * i as u64));
            one
        };
        planned.faults = one_of_each(ms(0), ms(800)).into_iter().enumerate().map(every).collect();
        let whole = run(&planned).report();
        assert_eq!(run_injecting(&planned).report(), whole);
        let mut steps = start(&planned);
        (1..=1_000).for_each(|step| steps.run_until(ms(step * 10)));
        steps.run_until(Nanos::MAX);
        assert_eq!(steps.report(), whole);
    }
}

// ---- Random faults ----

/// When faults occurred and for how long, in seconds.
fn occurrences(scenario: &Scenario, lane: usize) -> Vec<(f64, f64)> {
    let mut lane = Simulation::new(scenario, lane, None).expect("no trace is needed");
    lane.run_until(Nanos::MAX);
    lane.report().faults.iter().map(|fault| (fault.at_s, fault.for_s)).collect()
}

#[test]
fn random_faults_are_the_same_in_every_lane_and_others_with_another_seed_or_place() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    scenario.lanes = all_lanes();
    scenario.faults = vec![fault(FaultKind::CacheCrash, FaultTime::Every(ms(500)), ms(100)); 2];
    let first = occurrences(&scenario, 0);
    assert!(first.len() > 15, "{}", first.len());
    assert!((1..scenario.lanes.len()).all(|lane| occurrences(&scenario, lane) == first));
    // The two have draws of their own.
    let lane = run(&scenario).report().faults;
    let of = |number| lane.iter().filter(|occurrence| occurrence.fault == number).map(|s| s.at_s).collect::<Vec<f64>>();
    assert!(of(0)[0] != of(1)[0]);
    assert_ne!(occurrences(&Scenario { seed: 2, ..scenario }, 0), first);
}

#[test]
fn random_faults_strike_as_often_and_last_as_long_as_asked_and_never_twice_at_once() {
    // In t seconds, with a mean cycle of 2.5 s, about t/2.5 faults; the number of a renewal process has variance
    // t·σ²/μ³ with σ² = 2² + 0.5² here.
    let (mut count, mut lasting) = (0.0, 0.0);
    let runs = 200;
    for seed in 0..runs {
        let mut scenario = steady(Reading::None {}, WriteAround::default());
        scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
        (scenario.seed, scenario.duration) = (seed, ms(100_000));
        scenario.faults = vec![fault(FaultKind::DatabaseOutage, FaultTime::Every(ms(2_000)), ms(500))];
        let occurred = occurrences(&scenario, 0);
        assert!(occurred.windows(2).all(|two| two[0].0 + two[0].1 < two[1].0), "one ends before the next begins");
        count += occurred.len() as f64;
        lasting += occurred.iter().map(|(_, lasts)| lasts).sum::<f64>();
    }
    let time = 100.0 * runs as f64;
    // The first cycle begins with being well: 0.16 faults more than t/2.5 on average ((σ² − μ²)/2μ² + …), under 1 %.
    let (expected, sigma) = (time / 2.5, (time * 4.25 / 15.625).sqrt());
    assert!((count - expected).abs() < 3.0 * sigma + 0.5 * runs as f64, "{count} faults, not {expected} ± {sigma}");
    assert!((lasting / count - 0.5).abs() < 3.0 * 0.5 / count.sqrt(), "{} s each", lasting / count);
    // Availability is MTBF / (MTBF + MTTR).
    assert!((lasting / time - 0.2).abs() < 0.01, "{}", lasting / time);
}

// ---- Triggers ----

#[test]
fn a_crash_before_the_nth_flush_loses_what_that_flush_would_have_saved_and_nothing_of_those_before() {
    let lost = |number: u64| {
        let mut scenario = steady(Reading::look_aside(), back(ms(1_000)));
        scenario.clients.write_ratio = 1.0;
        scenario.clients.arrivals = Arrivals::Constant { rate: 7.0 };
        scenario.clients.keys = Keys::Uniform { count: 10_000 };
        scenario.cache.capacity = 10_000.into();
        scenario.faults = vec![fault(FaultKind::CacheCrash, FaultTime::BeforeFlush(number), ms(10))];
        let lane = run(&scenario);
        let report = lane.report();
        assert_eq!(report.faults.len(), 1);
        let cases = lane.ledger().cases().lost().to_vec();
        (
            report.faults[0].at_s,
            report.ever_lost,
            cases.iter().map(|case| case.issued).min(),
            cases.iter().map(|case| case.issued).max(),
        )
    };
    for number in 1..=9 {
        let (at_s, lost, first, last) = lost(number);
        assert_eq!(at_s, number as f64, "flushes come every second");
        assert_eq!(lost, if number == 1 { 6 } else { 7 }, "a second's writes; the first seventh comes too late");
        let (first, last) = (first.expect("a case"), last.expect("a case"));
        assert!(first > ms((number - 1) * 1_000 - if number > 1 { 5 } else { 0 }) && last <= ms(number * 1_000));
    }
}

#[test]
fn a_flush_in_many_batches_is_one_flush() {
    let mut scenario = steady(Reading::look_aside(), WriteBack { every: ms(1_000), batch: 2, ..WriteBack::default() });
    scenario.clients.write_ratio = 1.0;
    scenario.clients.arrivals = Arrivals::Constant { rate: 7.0 };
    scenario.clients.keys = Keys::Uniform { count: 10_000 };
    scenario.faults = vec![fault(FaultKind::CacheCrash, FaultTime::BeforeFlush(3), ms(10))];
    let at_s = run(&scenario).report().faults[0].at_s;
    assert!((3.0..3.1).contains(&at_s), "{at_s}");
}

#[test]
fn a_trigger_strikes_once_the_nth_write_is_acknowledged_in_each_lane_at_its_own_time() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    scenario.clients.write_ratio = 1.0;
    scenario.lanes.extend(lane(Reading::look_aside(), back(ms(1_000))));
    scenario.database.write = constant(ms(30));
    scenario.faults = vec![fault(FaultKind::CacheCrash, FaultTime::AfterAcknowledged(100), ms(500))];
    let at: Vec<f64> = (0..2).map(|lane| occurrences(&scenario, lane)[0].0).collect();
    // The hundredth write is sent at 1 s; write-around answers it 31 ms later and deletes from the cache in another.
    assert!((at[0] - 1.032).abs() < 0.0015 && (at[1] - 1.002).abs() < 0.0005, "{at:?}");
    for lane in 0..2 {
        let mut lane = Simulation::new(&scenario, lane, None).expect("no trace is needed");
        while lane.report().faults.is_empty() {
            lane.run_until(Nanos(lane.now().0 + 100_000));
        }
        let classes = lane.report().writes_by_class;
        let acknowledged = classes.durable + classes.superseded + classes.at_risk + classes.recoverable + classes.lost;
        assert_eq!(acknowledged, 100);
    }
}

#[test]
fn a_lane_without_a_flush_never_meets_a_fault_that_waits_for_one() {
    let mut scenario = steady(Reading::look_aside(), WriteThrough::default());
    let without = run(&scenario).report();
    scenario.faults = vec![fault(FaultKind::CacheCrash, FaultTime::BeforeFlush(1), ms(500))];
    assert_eq!(run(&scenario).report(), without);
}

#[test]
fn a_frozen_flusher_goes_on_with_the_flush_that_froze_it() {
    let mut scenario = steady(Reading::look_aside(), back(ms(1_000)));
    scenario.faults = vec![fault(FaultKind::CacheFreeze, FaultTime::BeforeFlush(3), ms(1_500))];
    let mut lane = start(&scenario);
    lane.run_until(ms(4_490));
    let batches = lane.report().database.batches;
    lane.run_until(ms(4_600));
    assert!(batches == 2 && lane.report().database.batches == 3, "{batches}");
    lane.run_until(Nanos::MAX);
    lane.validate();
    assert_eq!(lane.report().ever_lost, 0);
}

// ---- Between the commands of a cache ----

/// Writes to a cache whose commands take 1.5 s: at 1 s, served till 2.5 s, and at 2 s, served after it.
fn slowest_of_two_commands(faults: &[Fault]) -> f64 {
    let mut scenario = steady(Reading::look_aside(), back(ms(60_000)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    (scenario.clients.write_ratio, scenario.duration) = (1.0, ms(2_950));
    (scenario.app.work, scenario.cache.command) = (constant(Nanos::ZERO), constant(ms(1_500)));
    slowest_ms(&run(&with(scenario, faults)))
}

#[test]
fn a_command_caught_by_a_freeze_takes_as_much_longer_and_so_the_next_one_begins_later() {
    let long = fault(FaultKind::CacheFreeze, ms(2_100), ms(800));
    let short = fault(FaultKind::CacheFreeze, ms(2_300), ms(400));
    for faults in [vec![long.clone()], vec![long, short]] {
        // The first has 0.4 s left at the thaw, 2.9 s; the second ends 1.5 s after it.
        let slowest = slowest_of_two_commands(&faults);
        assert!((slowest - 2_800.0).abs() < 1.0, "{slowest}");
    }
    assert!((slowest_of_two_commands(&[]) - 2_000.0).abs() < 1.0);
}

#[test]
fn a_dirty_entry_that_expires_during_a_freeze_is_flushed_when_it_is_over() {
    let mut scenario = steady(Reading::look_aside(), back(ms(60_000)));
    scenario.clients.arrivals = Arrivals::Constant { rate: 0.5 };
    (scenario.clients.write_ratio, scenario.duration) = (1.0, ms(3_900));
    scenario.cache.ttl = Ttl::Fixed(ms(1_000));
    let mut lane = start(&with(scenario, &[fault(FaultKind::CacheFreeze, ms(2_500), ms(1_000))]));
    lane.run_until(ms(3_450));
    assert_eq!(lane.dirty(), 1);
    lane.run_until(ms(3_600));
    assert_eq!((lane.dirty(), lane.ledger().counts().durable), (0, 1));
}

#[test]
fn a_slow_command_keeps_the_node_busy() {
    let mut scenario = steady(Reading::look_aside(), WriteAround::default());
    scenario.clients.arrivals = Arrivals::Constant { rate: 0.1 };
    let utilisation = |lasts| {
        let slow = fault(FaultKind::SlowCommand, ms(2_000), ms(lasts));
        run(&with(scenario.clone(), &[slow])).report().cache.utilisation
    };
    let (short, long) = (utilisation(1_000), utilisation(3_000));
    assert!((long - short - 0.2).abs() < 0.01, "{short} {long}");
}

#[test]
fn emptying_the_cache_makes_room_for_a_writer_who_waits_for_it() {
    let mut scenario = steady(Reading::look_aside(), WriteBack { bound: Some(1), ..back(ms(60_000)) });
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.5 };
    (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Scan { count: 10 }, 1.0);
    scenario.duration = ms(1_990);
    let mut lane = start(&with(scenario, &[fault(FaultKind::FlushAll, ms(1_500), ms(100))]));
    lane.run_until(ms(1_490));
    assert_eq!(lane.requests_under_way(), 1);
    lane.run_until(ms(1_700));
    assert_eq!(lane.requests_under_way(), 0);
}

#[test]
fn a_crash_ends_a_slow_command_and_who_is_down_begins_none() {
    let crash = fault(FaultKind::CacheCrash, ms(2_000), ms(500));
    for slow in
        [fault(FaultKind::SlowCommand, ms(1_950), ms(6_000)), fault(FaultKind::SlowCommand, ms(2_200), ms(6_000))]
    {
        let scenario = steady(Reading::look_aside(), WriteAround::default());
        let slowest = slowest_ms(&run(&with(scenario, &[crash.clone(), slow])));
        assert!(slowest < 100.0, "{slowest}");
    }
}

// ---- Attempts at the database ----

/// A read at 1 s while the database is away; a server tries it four times.
fn four_attempts(seed: u64) -> Simulation {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    (scenario.clients.write_ratio, scenario.duration, scenario.seed) = (0.0, ms(1_990), seed);
    (scenario.app.retries, scenario.app.backoff) = (3, ms(100));
    start(&with(scenario, &[fault(FaultKind::DatabaseOutage, ms(500), ms(9_000))]))
}

#[test]
fn pauses_between_attempts_double_and_chance_shortens_them_by_up_to_a_half() {
    // At most 100, 200 and 400 ms, at least half of that.
    let under_way = |at| {
        let under_way = |seed| {
            let mut lane = four_attempts(seed);
            lane.run_until(ms(at));
            lane.requests_under_way()
        };
        (0..20).map(under_way).sum::<usize>()
    };
    assert_eq!((under_way(1_350), under_way(1_702)), (20, 0));
    assert!((4..17).contains(&under_way(1_525)), "{}", under_way(1_525));
}

#[test]
fn an_attempt_that_may_have_succeeded_outweighs_a_later_refusal() {
    // Committed 30 ms after 1 s, when its server had given up; the second attempt finds the database gone.
    let mut scenario = steady(Reading::None {}, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    (scenario.clients.write_ratio, scenario.duration) = (1.0, ms(1_990));
    (scenario.app.retries, scenario.app.backoff) = (1, ms(60));
    (scenario.app.database_timeout, scenario.database.write) = (Some(ms(20)), constant(ms(30)));
    let lane = run(&with(scenario, &[fault(FaultKind::DatabaseOutage, ms(1_035), ms(900))]));
    assert_eq!(lane.report().errors, 1);
    assert_eq!(lane.ledger().counts().rejected + lane.ledger().counts().phantom, 0, "{:?}", lane.ledger().counts());
}

#[test]
fn an_increment_that_may_have_been_applied_is_not_tried_again() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
    scenario.lanes[0].modify = Modify::Increment {};
    (scenario.app.retries, scenario.app.database_timeout) = (3, Some(ms(5)));
    (scenario.database.write, scenario.database.workers) = (Distribution::Exponential(ms(5)), 64);
    let report = run(&scenario).report();
    assert!(report.errors > 100, "{}", report.errors);
    assert!(report.database.writes <= report.writes, "{} of {}", report.database.writes, report.writes);
}

#[test]
fn the_pause_before_a_message_is_sent_again_grows_to_two_minutes_and_no_more() {
    // All is lost until 600.1 s. After 204.6 s of doubling the pauses are two minutes: it comes through after 684.6 s.
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    (scenario.clients.arrivals, scenario.duration) = (Arrivals::Constant { rate: 1.0 }, ms(900_000));
    let loss = Fault { share: Some(1.0), ..fault(FaultKind::LinkLoss, ms(100), ms(600_000)) };
    let slowest = slowest_ms(&run(&with(scenario, &[on_link(Link::AppDatabase, loss)])));
    assert!((slowest / 684_600.0 - 1.0).abs() < 0.01, "{slowest}");
}

#[test]
fn each_trigger_is_pulled_once_also_where_there_are_others() {
    let mut scenario = steady(Reading::look_aside(), back(ms(1_000)));
    let before = |flush| fault(FaultKind::CacheFreeze, FaultTime::BeforeFlush(flush), ms(10));
    scenario.faults = vec![before(1), before(3), before(4)];
    assert_eq!(occurrences(&scenario, 0).len(), 3);
}

#[test]
fn random_faults_last_exponentially_long() {
    let mut scenario = steady(Reading::None {}, WriteAround::default());
    (scenario.clients.arrivals, scenario.duration) = (Arrivals::Constant { rate: 1.0 }, ms(1_000_000));
    scenario.faults = vec![fault(FaultKind::DatabaseSlow, FaultTime::Every(ms(1_000)), ms(100))];
    let occurrences = occurrences(&scenario, 0);
    let long = occurrences.iter().filter(|(_, lasts)| *lasts > 0.1).count() as f64 / occurrences.len() as f64;
    assert!(
        occurrences.len() > 150 && (long - libm::exp(-1.0)).abs() < 0.1,
        "{long} of {} beyond their mean",
        occurrences.len()
    );
}

#[test]
fn of_two_losses_alike_the_one_that_ends_first_ends_first() {
    let loss = |at, lasts| {
        on_link(Link::AppDatabase, Fault { share: Some(1.0), ..fault(FaultKind::LinkLoss, ms(at), ms(lasts)) })
    };
    let scenario = steady(Reading::None {}, WriteAround::default());
    let mut lane = start(&with(scenario, &[loss(1_000, 1_000), loss(1_500, 4_000)]));
    lane.run_until(ms(1_100));
    let before = lane.report().requests;
    lane.run_until(ms(5_400));
    assert_eq!(lane.report().requests, before, "nothing comes through until 5.5 s");
}

#[test]
fn what_a_scenario_may_not_say_cannot_be_injected_and_what_can_be_makes_a_good_scenario() {
    let mut experiment = Experiment::new(&Scenario::default(), None).unwrap();
    experiment.advance(ms(1_000), || false);
    let mut inject = |what, which| experiment.inject(what, which, ms(1_000));
    let told = inject(FaultKind::AppSlow, Some(FaultTarget::Server(0))).unwrap_err().to_string();
    assert!(told.contains("give app.work"), "{told}");
    assert!(
        inject(FaultKind::ReplicaCrash, None).is_err()
            && inject(FaultKind::AppCrash, Some(FaultTarget::Server(9))).is_err()
    );
    inject(FaultKind::AppFreeze, Some(FaultTarget::Server(0))).unwrap();
    assert_eq!(experiment.scenario().faults.len(), 1);
    assert_eq!(experiment.scenario().check(), Ok(()));
}

// ---- Lanes that are spared ----

#[test]
fn a_spared_lane_does_what_it_did_without_the_fault_and_the_others_what_they_do_with_it() {
    let crash = |at: FaultTime| fault(FaultKind::CacheCrash, at, ms(500));
    let later = fault(FaultKind::DatabaseSlow, FaultTime::Every(ms(2_000)), ms(300));
    for at in [FaultTime::Moment(ms(5_000)), FaultTime::Every(ms(3_000)), FaultTime::AfterAcknowledged(100)] {
        let mut two = steady(Reading::look_aside(), back(ms(1_000)));
        two.lanes.push(two.lanes[0].clone());
        let digests = |faults: &[Fault]| -> Vec<String> {
            let scenario = with(two.clone(), faults);
            scenario.check().expect("faults may spare lanes");
            let mut experiment = Experiment::new(&scenario, None).expect("it runs");
            experiment.advance(Nanos::MAX, || false);
            experiment.report().lanes.into_iter().map(|lane| lane.digest).collect()
        };
        // The second fault is random: its moments must not depend on whether the first one strikes.
        let sparing = digests(&[Fault { spares: vec![1], ..crash(at) }, later.clone()]);
        assert_eq!(sparing[0], digests(&[crash(at), later.clone()])[0], "{at:?}");
        assert_eq!(sparing[1], digests(&[Fault { spares: vec![0, 1], ..crash(at) }, later.clone()])[1], "{at:?}");
        assert_ne!(sparing[0], sparing[1], "{at:?}");
        if at == FaultTime::Moment(ms(5_000)) {
            let (first, second) = (digests(&[Fault { spares: vec![1], ..crash(at) }]), digests(&[]));
            assert_eq!(first[1], second[1]);
        }
    }
}

#[test]
fn a_lane_that_has_something_otherwise_can_be_spared_too() {
    let text =
        "[[lane]]\n[[lane]]\ncache = { ttl = \"9s\" }\n[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\nspares = [1]\n";
    Scenario::from_toml(text).expect("a scenario").check().expect("both lanes are there");
}

#[test]
fn a_lane_that_is_not_there_cannot_be_spared() {
    let scenario = with(
        steady(Reading::look_aside(), back(ms(1_000))),
        &[Fault { spares: vec![1], ..fault(FaultKind::CacheCrash, ms(5_000), ms(500)) }],
    );
    let told = scenario.check().expect_err("there is one lane").to_string();
    assert!(told.contains("fault.0.spares.0") && told.contains("no lane 1") && told.contains("from 0 to 0"), "{told}");
}
