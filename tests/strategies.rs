//! What each strategy loses, refuses and serves stale, as claims about whole runs. Most come in pairs: something
//! happens and a write is lost, with its cause; the opposite setting, or nothing happens, and it is not.

use cachelane::ledger::{CaseKind, Cause, Counts};
use cachelane::model::WriteId;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{Write, bare, lane, ms, run, run_injecting, s, start};

/// Ten seconds of 200 requests a second, a fifth of them writes, over 100 keys, in a world of small latencies.
fn busy(read: Reading, write: impl Into<Write>) -> Scenario {
    let mut scenario = Scenario { duration: s(10), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.clients.keys = Keys::zipf(100, 0.9);
    scenario.clients.write_ratio = 0.2;
    scenario.cache.ttl = Ttl::None;
    scenario.lanes = lane(read, write);
    scenario
}

/// A write every second, to key 0, at 1 s, 2 s, …; every step takes 1 ms.
fn writes_every_second(write: impl Into<Write>) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.write_ratio = 1.0;
    scenario.duration = s(10);
    let one = Distribution::Constant(ms(1));
    (scenario.database.read, scenario.database.write, scenario.database.batch.base) =
        (one.clone(), one.clone(), Some(one));
    scenario.lanes = lane(Reading::look_aside(), write);
    scenario
}

fn fault(scenario: &mut Scenario, at: Nanos, what: FaultKind, which: Option<FaultTarget>, lasts: Nanos) {
    scenario.faults.push(Fault { which, lasts, ..Fault::new(what, at) });
}

fn with_fault(mut scenario: Scenario, at: Nanos, what: FaultKind, lasts: Nanos) -> Scenario {
    fault(&mut scenario, at, what, None, lasts);
    scenario
}

fn counts(lane: &Simulation) -> Counts {
    lane.ledger().counts()
}

#[track_caller]
fn loses_only(lane: &Simulation, cause: Cause) {
    let ledger = lane.ledger();
    let lost = ledger.ever_lost();
    assert!(lost.get(cause) > 0, "nothing was lost by {cause}: {lost:?}");
    assert_eq!(lost.total(), lost.get(cause), "only {cause}: {lost:?}");
    assert!(ledger.cases().lost().iter().all(|case| case.kind == CaseKind::Lost { cause }));
}

#[track_caller]
fn loses_nothing(lane: &Simulation) {
    assert_eq!(lane.ledger().ever_lost().total(), 0, "{:?}", lane.ledger().ever_lost());
}

fn every(every: Nanos) -> WriteBack {
    WriteBack { every, ..WriteBack::default() }
}

// ---- Lost, and why ----

#[test]
fn an_unflushed_write_is_lost_in_a_cache_crash() {
    loses_only(
        &run(&with_fault(busy(Reading::look_aside(), every(s(3))), s(5), FaultKind::CacheCrash, s(1))),
        Cause::CacheCrash,
    );
}

#[test]
fn a_flushed_write_survives_a_cache_crash() {
    // The flush at 3 s takes far less than 500 ms, and no write comes between it and the crash.
    let mut scenario = writes_every_second(every(ms(1_500)));
    fault(&mut scenario, ms(2_000) - Nanos(1), FaultKind::CacheCrash, None, ms(500));
    let lane = run(&scenario);
    loses_nothing(&lane);
    assert_eq!(counts(&lane).rejected, 1, "the write at 2 s found no cache");
}

#[test]
fn write_through_never_loses_an_acknowledged_write_to_a_cache_crash() {
    for order in [Order::DatabaseFirst, Order::CacheFirst] {
        let how = through(order, false);
        let mut scenario = busy(Reading::look_aside(), how);
        (1..9).for_each(|at| fault(&mut scenario, s(at), FaultKind::CacheCrash, None, ms(300)));
        loses_nothing(&run(&scenario));
    }
}

fn through(order: Order, rollback: bool) -> WriteThrough {
    WriteThrough { order, rollback, ..WriteThrough::default() }
}

fn dirty_end(end: DirtyEnd) -> WriteBack {
    WriteBack { on_expiry: end, on_eviction: end, ..every(s(4)) }
}

#[test]
fn a_dirty_entry_that_expires_is_lost_when_dropped_and_safe_when_flushed_first() {
    let expiring = |end| {
        let mut scenario = busy(Reading::look_aside(), dirty_end(end));
        (scenario.cache.ttl, scenario.cache.capacity) = (Ttl::Fixed(ms(500)), 1_000.into());
        run(&scenario)
    };
    loses_only(&expiring(DirtyEnd::Drop), Cause::ExpiredDirty);
    loses_nothing(&expiring(DirtyEnd::Flush));
}

#[test]
fn a_dirty_entry_that_is_evicted_is_lost_when_dropped_and_safe_when_flushed_first() {
    let evicting = |end| {
        let mut scenario = busy(Reading::look_aside(), dirty_end(end));
        scenario.cache.capacity = 10.into();
        run(&scenario)
    };
    loses_only(&evicting(DirtyEnd::Drop), Cause::EvictedDirty);
    loses_nothing(&evicting(DirtyEnd::Flush));
}

#[test]
fn a_row_that_fails_too_often_is_dropped_and_one_that_fails_less_often_is_not() {
    let outage = |requeue| {
        let how = WriteBack { requeue, ..every(ms(200)) };
        run(&with_fault(busy(Reading::look_aside(), how), s(4), FaultKind::DatabaseOutage, s(2)))
    };
    loses_only(&outage(2), Cause::DroppedAfterRetries);
    loses_nothing(&outage(15));
}

#[test]
fn rows_that_always_abort_are_dropped_and_rows_that_never_abort_are_not() {
    let aborting = |abort| {
        let mut scenario = busy(Reading::look_aside(), every(ms(200)));
        scenario.database.abort = abort;
        run(&scenario)
    };
    loses_only(&aborting(1.0), Cause::DroppedAfterRetries);
    loses_nothing(&aborting(0.0));
}

#[test]
fn a_full_buffer_retries_at_its_pace_in_an_outage_and_not_at_once() {
    // Twenty rows gather in half a second; an outage of three seconds is six flushes long, not a thousand.
    let how = WriteBack { at: Some(20), requeue: 8, ..every(ms(500)) };
    loses_nothing(&run(&with_fault(busy(Reading::look_aside(), how), s(4), FaultKind::DatabaseOutage, s(3))));
}

#[test]
fn an_old_write_whose_message_was_held_up_overwrites_a_newer_one() {
    // The database answers in 1 ms; from 2 s to 2.5 s nothing passes. The call of 2 s is given up, and commits late.
    let held_up = |timeout| {
        let mut scenario = writes_every_second(WriteAround::default());
        scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
        scenario.network.app_database = Distribution::Uniform { min: Nanos::ZERO, max: ms(90) };
        (scenario.app.database_timeout, scenario.app.retries) = (timeout, 3);
        scenario.app.backoff = ms(1);
        run(&scenario)
    };
    loses_only(&held_up(Some(ms(60))), Cause::OverwrittenByOlder);
    loses_nothing(&held_up(None));
}

#[test]
fn a_dual_write_half_done_leaves_a_value_that_nobody_was_promised() {
    // Cache first: the application dies between its two writes. Nothing acknowledged is lost, yet readers have seen it.
    let crashing = |order| {
        let mut scenario = busy(Reading::look_aside(), through(order, false));
        scenario.network.app_cache = Distribution::Constant(ms(10));
        (0..20).for_each(|n| fault(&mut scenario, ms(500 + n * 450), FaultKind::AppCrash, None, ms(20)));
        run(&scenario)
    };
    let half_done = crashing(Order::CacheFirst);
    loses_nothing(&half_done);
    assert!(counts(&half_done).unknown > 0);
    assert!(half_done.ledger().reads().vanished > 0, "a value was read that the database never got");
    let whole = crashing(Order::DatabaseFirst);
    loses_nothing(&whole);
    assert_eq!(whole.ledger().reads().vanished, 0, "what the cache has, the database had first");
}

// ---- Refused ----

#[test]
fn a_refused_write_is_a_phantom_without_rollback_and_its_readers_see_it_vanish() {
    let refusing = |rollback, order| {
        let mut scenario = busy(Reading::look_aside(), through(order, rollback));
        scenario.database.abort = 0.5;
        run(&scenario)
    };
    let plain = refusing(false, Order::CacheFirst);
    assert!(counts(&plain).phantom > 0 && plain.ledger().reads().vanished > 0);
    let rolled_back = refusing(true, Order::CacheFirst);
    assert!(counts(&rolled_back).phantom < counts(&plain).phantom, "only those read before the rollback");
    let database_first = refusing(false, Order::DatabaseFirst);
    assert_eq!((counts(&database_first).phantom, database_first.ledger().reads().vanished), (0, 0));
    assert!(counts(&database_first).rejected > 0);
    [plain, rolled_back, database_first].iter().for_each(loses_nothing);
}

// ---- Reads ----

/// The share of reads answered between two moments, by whole buckets, and of those that failed.
fn answered_and_failed(lane: &Simulation, from: Nanos, to: Nanos) -> (u32, u32) {
    let series = lane.series(0, 1);
    let bucket = |at: Nanos| (at.as_secs_f64() / series.bucket_s) as usize;
    let points = &series.points[bucket(from) + 1..bucket(to)];
    (points.iter().map(|point| point.requests).sum(), points.iter().map(|point| point.errors).sum())
}

fn reads_only(read: Reading) -> Scenario {
    let mut scenario = busy(read, WriteAround::default());
    scenario.clients.write_ratio = 0.0;
    scenario
}

#[test]
fn with_the_cache_down_read_through_fails_and_look_aside_floods_the_database() {
    let down = |read| run(&with_fault(reads_only(read), s(5), FaultKind::CacheCrash, s(2)));
    let (requests, failed) = answered_and_failed(&down(Reading::read_through()), s(5), s(7));
    assert_eq!(failed, requests);
    let aside = down(Reading::look_aside());
    assert_eq!(answered_and_failed(&aside, s(5), s(7)).1, 0);
    let calm = run(&reads_only(Reading::look_aside())).report().database.reads;
    assert!(aside.report().database.reads > calm + 300, "the 400 reads of the two seconds went to the database");
    loses_nothing(&aside);
}

#[test]
fn with_the_database_down_look_aside_answers_what_it_holds_and_none_answers_nothing() {
    let down = |read| run(&with_fault(reads_only(read), s(5), FaultKind::DatabaseOutage, s(2)));
    let (requests, failed) = answered_and_failed(&down(Reading::None {}), s(5), s(7));
    assert_eq!(failed, requests);
    let (requests, failed) = answered_and_failed(&down(Reading::look_aside()), s(5), s(7));
    assert!(failed < requests / 20, "a warm cache of all keys answers: {failed} of {requests}");
}

#[test]
fn a_copy_left_in_the_cache_is_stale_until_its_ttl_and_a_deleted_one_is_not() {
    let with = |cached| {
        let mut scenario = busy(Reading::look_aside(), WriteAround { cached, ..WriteAround::default() });
        (scenario.cache.ttl, scenario.app.servers) = (Ttl::Fixed(s(2)), 1);
        run(&scenario).report()
    };
    let (left, deleted) = (with(Invalidate::Leave), with(Invalidate::Delete));
    assert!(left.stale_reads > 100, "{}", left.stale_reads);
    assert!(left.stale_age_ms.max <= 2_100.0, "a copy lives 2 s: {}", left.stale_age_ms.max);
    assert!(deleted.stale_reads * 20 < left.stale_reads, "only fills that raced: {}", deleted.stale_reads);
}

/// Few keys, and a way back from the database of any length: a reader often fills the cache with what a writer has just replaced.
fn racing(read: Reading) -> Simulation {
    let mut scenario = busy(read, WriteAround::default());
    scenario.clients.keys = Keys::Uniform { count: 5 };
    scenario.network.app_database = Distribution::Exponential(ms(20));
    scenario.network.cache_database = Distribution::Exponential(ms(20));
    scenario.duration = s(60);
    run(&scenario)
}

#[test]
fn look_aside_keeps_a_value_that_was_replaced_while_it_was_fetched_and_read_through_does_not() {
    let (aside, through) = (racing(Reading::look_aside()), racing(Reading::read_through()));
    assert!(aside.report().stale_reads > 100, "{}", aside.report().stale_reads);
    assert_eq!(through.report().stale_reads, 0);
}

// ---- The whole ----

/// Every reading strategy with every writing strategy.
pub fn all_lanes() -> Vec<Lane> {
    let around = |cached| Writing::WriteAround(WriteAround { cached, ..WriteAround::default() });
    let through = |order, rollback| Writing::WriteThrough(through(order, rollback));
    let first = |order, rollback| {
        Writing::WriteThrough(WriteThrough { order, rollback, acknowledge: Acknowledge::First, delay: ms(20) })
    };
    let back = |coalesce, end| {
        Writing::WriteBack(WriteBack { coalesce, on_expiry: end, on_eviction: end, at: Some(30), ..every(ms(700)) })
    };
    let writes = [
        around(Invalidate::Leave),
        around(Invalidate::Delete),
        around(Invalidate::Update),
        around(Invalidate::DeleteTwice),
        around(Invalidate::DeleteAgain),
        first(Order::DatabaseFirst, false),
        first(Order::CacheFirst, true),
        through(Order::DatabaseFirst, false),
        through(Order::CacheFirst, false),
        through(Order::CacheFirst, true),
        Writing::Outbox(Outbox { every: ms(2), ..Outbox::default() }),
        Writing::Outbox(Outbox { every: ms(2), batch: 1, cached: Relayed::Update }),
        back(true, DirtyEnd::Flush),
        back(false, DirtyEnd::Drop),
        Writing::WriteBack(WriteBack { bound: Some(5), after_flush: AfterFlush::Remove, ..every(ms(50)) }),
        Writing::WriteBack(WriteBack { bound: Some(5), when_full: WhenFull::Flush, delay: ms(80), ..every(ms(50)) }),
        Writing::WriteBack(WriteBack { bound: Some(5), when_full: WhenFull::Refuse, coalesce: false, ..every(ms(9)) }),
    ];
    let reads = [Reading::None {}, Reading::look_aside(), Reading::read_through()];
    let pairs = reads.iter().flat_map(|read| writes.iter().map(move |write| (read.clone(), write.clone())));
    pairs.map(|(read, write)| Lane { read, write, ..Lane::default() }).collect()
}

fn stormy(lane: Lane) -> Scenario {
    let mut scenario = busy(Reading::None {}, WriteAround::default());
    scenario.lanes = vec![lane];
    scenario.cache = Cache { capacity: 60.into(), ttl: Ttl::Fixed(ms(900)), ..Cache::default() };
    scenario.database.abort = 0.05;
    (scenario.app.cache_timeout, scenario.app.database_timeout, scenario.app.retries) = (Some(ms(5)), Some(ms(40)), 2);
    fault(&mut scenario, s(2), FaultKind::CacheCrash, None, ms(300));
    fault(&mut scenario, s(3), FaultKind::AppCrash, Some(FaultTarget::Server(1)), ms(300));
    fault(&mut scenario, s(4), FaultKind::DatabaseOutage, None, ms(700));
    for (n, link) in Link::ALL.into_iter().enumerate() {
        fault(&mut scenario, ms(5_000 + 900 * n as u64), FaultKind::Partition, Some(FaultTarget::Link(link)), ms(400));
    }
    scenario
}

#[test]
fn at_every_moment_the_classes_sum_to_the_attempts_and_every_part_is_in_order() {
    for how in all_lanes() {
        let mut lane = start(&stormy(how));
        for moment in 1..=40 {
            lane.run_until(ms(moment * 250));
            lane.validate();
        }
        lane.run_until(Nanos::MAX);
        lane.validate();
        assert!(lane.is_finished() && counts(&lane).in_flight + counts(&lane).at_risk == 0);
        assert!(counts(&lane).attempts() > 300);
    }
}

#[test]
fn small_steps_do_what_one_long_run_does_and_the_same_seed_does_it_again() {
    for how in all_lanes() {
        let scenario = stormy(how);
        let whole = run(&scenario).report();
        let mut lane = start(&scenario);
        (1..=1_000).for_each(|step| lane.run_until(ms(step * 10)));
        lane.run_until(Nanos::MAX);
        assert_eq!(lane.report(), whole);
        assert_ne!(run(&Scenario { seed: 2, ..scenario }).report().digest, whole.digest);
    }
}

#[test]
fn a_fault_added_while_it_runs_does_what_it_does_when_planned() {
    for how in all_lanes() {
        let planned = stormy(how);
        let whole = run(&planned).report();
        assert_eq!(run_injecting(&planned).report(), whole);
    }
}

/// The attempts of a run: key, client and moment of each write.
fn attempts(lane: &Simulation) -> Vec<(u32, u32, Nanos)> {
    let ledger = lane.ledger();
    (1..=ledger.counts().attempts()).map(|w| ledger.attempt(WriteId(w as u32))).collect()
}

#[test]
fn all_lanes_see_the_same_requests_whatever_happens_in_them() {
    let runs: Vec<_> = all_lanes().into_iter().map(|how| run(&stormy(how))).collect();
    let expected = attempts(&runs[0]);
    assert!(runs.iter().all(|lane| attempts(lane) == expected));
    assert!(runs.iter().all(|lane| lane.report().requests == runs[0].report().requests));
    // In a closed loop moments differ, and so does the number of requests; which keys they name does not.
    let closed = |how| {
        let mut scenario = stormy(how);
        scenario.clients.arrivals = Arrivals::Closed { users: 20, think: Distribution::Exponential(ms(100)) };
        let keys: Vec<u32> = attempts(&run(&scenario)).iter().map(|(key, ..)| *key).collect();
        keys
    };
    let runs: Vec<_> = all_lanes().into_iter().map(closed).collect();
    let shortest = runs.iter().map(Vec::len).min().expect("lanes");
    assert!(shortest > 100 && runs.iter().all(|keys| keys[..shortest] == runs[0][..shortest]));
}

#[test]
fn without_faults_nothing_is_lost_and_the_cache_holds_what_the_database_does() {
    // Requests that do not overlap: one at a time, each much shorter than the gap.
    for how in all_lanes() {
        let mut scenario = busy(Reading::None {}, WriteAround::default());
        scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
        scenario.duration = s(60);
        scenario.database.write = Distribution::Constant(ms(3));
        scenario.database.read = Distribution::Constant(ms(3));
        // What is written back later, the cache must be asked for.
        let early = how.read == Reading::None {} && matches!(how.write, Writing::WriteBack(_));
        let leaves = matches!(&how.write, Writing::WriteAround(how) if how.cached == Invalidate::Leave);
        scenario.lanes = vec![how];
        let lane = run(&scenario);
        loses_nothing(&lane);
        let counts = counts(&lane);
        assert_eq!(counts.durable + counts.superseded, counts.attempts());
        let agrees = |key| lane.cached(key).is_none_or(|value| value == lane.committed(key));
        assert!(leaves || (0..100).all(agrees), "{}", lane.report().name);
        assert!(leaves || early || lane.report().stale_reads == 0, "{}", lane.report().name);
    }
}

#[test]
fn without_faults_write_back_keeps_the_order_of_the_writes_of_a_key() {
    // Entries are evicted dirty and flushed at once, by many database workers, some much slower than others.
    for coalesce in [true, false] {
        let mut scenario = busy(Reading::look_aside(), WriteBack { coalesce, batch: 4, ..every(ms(50)) });
        scenario.cache.capacity = 5.into();
        scenario.clients.write_ratio = 0.8;
        scenario.database.batch.base = Some(Distribution::Exponential(ms(50)));
        loses_nothing(&run(&scenario));
    }
}

#[test]
fn a_lone_request_takes_as_long_as_its_parts() {
    // Links of 1 and 2 ms (one way), commands of 3 ms, reads of 10 ms.
    let latency = |read: Reading| {
        let mut scenario = bare();
        let constant = |n| Distribution::Constant(ms(n));
        scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
        scenario.clients.keys = Keys::Uniform { count: 1 };
        scenario.lanes = lane(read, WriteAround::default());
        (scenario.network.app_cache, scenario.cache.command) = (constant(1), constant(3));
        (scenario.network.app_database, scenario.network.cache_database) = (constant(2), constant(2));
        scenario.database.read = constant(10);
        scenario.duration = ms(2_500); // one miss, one hit
        let latency = run(&scenario).report().latency_ms.read;
        (latency.max, latency.mean * 2.0 - latency.max)
    };
    assert_eq!(latency(Reading::None {}), (14.0, 14.0));
    assert_eq!(latency(Reading::look_aside()), (5.0 + 14.0 + 5.0, 5.0));
    assert_eq!(latency(Reading::read_through()), (5.0 + 14.0, 5.0));
}

#[test]
fn users_without_thought_in_a_world_without_latency_do_not_stop_the_clock() {
    for how in all_lanes() {
        let mut scenario = bare();
        let think = Distribution::Constant(Nanos::ZERO);
        scenario.clients.arrivals = Arrivals::Closed { users: 5, think };
        scenario.clients.write_ratio = 0.5;
        scenario.lanes = vec![how];
        scenario.duration = s(1);
        fault(&mut scenario, ms(300), FaultKind::AppCrash, None, ms(200));
        fault(&mut scenario, ms(600), FaultKind::CacheCrash, None, ms(200));
        assert!(run(&scenario).report().requests <= 5_005);
    }
}

#[test]
fn lanes_with_worlds_of_their_own_see_the_same_traffic_and_only_differ_where_they_say() {
    let text = "seed = 3\nduration = \"20s\"\n[[lane]]\n[[lane]]\ncache = { capacity = 300 }\n[[lane]]\ncache = { capacity = 100 }";
    let scenario = Scenario::from_toml(text).unwrap();
    let lanes = (0..3).map(|lane| {
        let mut lane = Simulation::new(&scenario, lane, None).unwrap();
        lane.run_until(Nanos::MAX);
        lane.report()
    });
    let lanes: Vec<_> = lanes.collect();
    assert!(lanes.iter().all(|lane| lane.requests == lanes[0].requests && lane.writes == lanes[0].writes));
    assert!(lanes[1].hit_ratio > lanes[0].hit_ratio + 0.1, "three times the room");
    assert_eq!(lanes[2].digest, lanes[0].digest, "saying what all have changes nothing");
}
