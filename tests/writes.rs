//! What the options of the writing strategies cost and what they save, as claims in opposite pairs.

use cachelane::ledger::Cause;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{Write, bare, lane, run};

const fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

const fn s(n: u64) -> Nanos {
    Nanos::from_secs(n)
}

/// A minute of 200 requests a second over five keys, a fifth of them writes; the ways to the cache and the database
/// take any time, so that requests overtake one another.
fn racing(read: Reading, write: impl Into<Write>) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(60);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.clients.keys = Keys::Uniform { count: 5 };
    scenario.clients.write_ratio = 0.2;
    scenario.network.app_cache = Distribution::Exponential(ms(2));
    scenario.network.app_database = Distribution::Exponential(ms(20));
    scenario.network.cache_database = Distribution::Exponential(ms(20));
    scenario.database = Database { workers: 64, read: Distribution::Exponential(ms(5)), ..scenario.database };
    scenario.lanes = lane(read, write);
    scenario
}

fn crashing_servers(mut scenario: Scenario) -> Scenario {
    let crash = |n: u64| Fault {
        which: Some(Which::Server(0)),
        lasts: ms(20),
        ..Fault::new(What::AppCrash, ms(400 + n * 450))
    };
    scenario.app.servers = 1;
    scenario.faults = (0..100).map(crash).collect();
    scenario
}

fn around(cached: Invalidate) -> WriteAround {
    WriteAround { cached, delay: ms(500) }
}

fn through(order: Order, acknowledge: Acknowledge) -> WriteThrough {
    WriteThrough { order, acknowledge, ..WriteThrough::default() }
}

/// How many of the five keys the cache holds another value of than the database.
fn disagreements(lane: &Simulation) -> usize {
    (0..5).filter(|&key| lane.cached(key).is_some_and(|value| value != lane.committed(key))).count()
}

#[track_caller]
fn loses_only(lane: &Simulation, cause: Cause) {
    let lost = *lane.ledger().ever_lost();
    assert!(lost.get(cause) > 0, "nothing was lost by {cause}: {lost:?}");
    assert_eq!(lost.total(), lost.get(cause), "only {cause}: {lost:?}");
}

#[track_caller]
fn loses_nothing(lane: &Simulation) {
    assert_eq!(lane.ledger().ever_lost().total(), 0, "{:?}", lane.ledger().ever_lost());
}

// ---- Write-around ----

#[test]
fn a_slow_reader_leaves_a_stale_copy_after_one_delete_and_after_two_only_until_the_second() {
    let stale = |cached| {
        let mut scenario = racing(Reading::look_aside(), around(cached));
        scenario.clients.write_ratio = 0.02; // a copy that is not deleted waits long for the next write
        run(&scenario)
    };
    let once = stale(Invalidate::Delete);
    assert!(once.report().stale_age_ms.max > 1_000.0, "{}", once.report().stale_age_ms.max);
    let twice = stale(Invalidate::DeleteTwice);
    assert!(twice.report().stale_reads > 0, "until the second delete, the copy is served");
    assert!(twice.report().stale_age_ms.max < 500.0 + 50.0, "{}", twice.report().stale_age_ms.max);
    assert_eq!(disagreements(&twice), 0);
}

#[test]
fn the_second_delete_dies_with_its_server() {
    let mut scenario = racing(Reading::look_aside(), around(Invalidate::DeleteTwice));
    scenario.clients.write_ratio = 0.05;
    let crashed = run(&crashing_servers(scenario)).report();
    assert!(crashed.stale_age_ms.max > 600.0, "{}", crashed.stale_age_ms.max);
}

#[test]
fn two_writers_may_leave_the_older_value_in_the_cache_when_it_is_updated_and_not_when_it_is_deleted() {
    let writers = |cached| {
        // Reads load through the cache, which keeps nothing that a write overtook: what is old, a writer left.
        let mut scenario = racing(Reading::read_through(), around(cached));
        scenario.clients.write_ratio = 0.8;
        scenario.network.app_cache = Distribution::Exponential(ms(30));
        run(&scenario)
    };
    let (updated, deleted) = (writers(Invalidate::Update), writers(Invalidate::Delete));
    assert!(updated.report().stale_reads > 40, "{}", updated.report().stale_reads);
    assert_eq!(deleted.report().stale_reads, 0);
    assert!(updated.report().hit_ratio > deleted.report().hit_ratio + 0.2, "that is what it is done for");
}

#[test]
fn the_client_does_not_wait_for_the_second_delete() {
    let latency = |cached| {
        let mut scenario = racing(Reading::look_aside(), around(cached));
        scenario.network.app_cache = Distribution::Constant(ms(2));
        run(&scenario).report().latency_ms.write.mean
    };
    // Both wait for one round trip to the cache, before the write or after it.
    crate::common::close("write latency", latency(Invalidate::DeleteTwice), latency(Invalidate::Delete), 0.02);
}

// ---- Write-through ----

#[test]
fn a_server_that_crashes_between_its_two_writes_has_lost_what_it_acknowledged_after_the_first() {
    let half_done = |order, acknowledge| {
        let lane = run(&crashing_servers(racing(Reading::look_aside(), through(order, acknowledge))));
        lane.ledger().ever_lost().get(Cause::DualWriteHalfDone)
    };
    assert!(half_done(Order::CacheFirst, Acknowledge::First) > 10);
    assert_eq!(half_done(Order::CacheFirst, Acknowledge::Both), 0);
    assert_eq!(half_done(Order::DatabaseFirst, Acknowledge::First), 0);
}

#[test]
fn without_a_crash_the_server_finishes_what_it_acknowledged_after_the_first() {
    let lane = run(&racing(Reading::look_aside(), through(Order::CacheFirst, Acknowledge::First)));
    assert_eq!(lane.ledger().ever_lost().get(Cause::DualWriteHalfDone), 0);
    let counts = lane.ledger().counts();
    assert_eq!(counts.at_risk + counts.in_flight, 0, "the run is not over before the servers are done");
}

#[test]
fn what_the_database_refuses_after_the_acknowledgement_is_lost_and_before_it_is_refused() {
    let refusing = |acknowledge| {
        let mut scenario = racing(Reading::look_aside(), through(Order::CacheFirst, acknowledge));
        scenario.database.abort = 0.3;
        // One write at a time: none commits before one that was issued earlier.
        scenario.clients.arrivals = Arrivals::Constant { rate: 2.0 };
        run(&scenario)
    };
    loses_only(&refusing(Acknowledge::First), Cause::Refused);
    let both = refusing(Acknowledge::Both);
    loses_nothing(&both);
    assert!(both.ledger().counts().phantom + both.ledger().counts().rejected > 0);
}

#[test]
fn an_early_acknowledgement_takes_as_long_as_the_first_of_the_two_writes() {
    let latency = |order, acknowledge| {
        let mut scenario = bare();
        scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
        scenario.clients.write_ratio = 1.0;
        scenario.cache.command = Distribution::Constant(ms(3));
        scenario.database.write = Distribution::Constant(ms(10));
        scenario.lanes = lane(Reading::look_aside(), through(order, acknowledge));
        run(&scenario).report().latency_ms.write.max
    };
    assert_eq!(latency(Order::CacheFirst, Acknowledge::Both), 13.0);
    assert_eq!(latency(Order::CacheFirst, Acknowledge::First), 3.0);
    assert_eq!(latency(Order::DatabaseFirst, Acknowledge::Both), 13.0);
    assert_eq!(latency(Order::DatabaseFirst, Acknowledge::First), 10.0);
}
