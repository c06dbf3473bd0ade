//! What the options of the writing strategies cost and what they save, as claims in opposite pairs.

use cachelane::ledger::Cause;
use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{Write, bare, lane, ms, run, s, start};

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
        which: Some(FaultTarget::Server(0)),
        lasts: ms(20),
        ..Fault::new(FaultKind::AppCrash, ms(400 + n * 450))
    };
    scenario.app.servers = 1;
    scenario.faults = (0..100).map(crash).collect();
    scenario
}

fn around(cached: Invalidate) -> WriteAround {
    WriteAround { cached, delay: ms(500), ..WriteAround::default() }
}

fn through(order: Order, acknowledge: Acknowledge) -> WriteThrough {
    WriteThrough { order, acknowledge, ..WriteThrough::default() }
}

/// How many of the five keys the cache holds another value of than the database.
fn disagreements(lane: &Simulation) -> usize {
    (0..5).filter(|&key| lane.cached(key).is_some_and(|value| value != lane.committed(key))).count()
}

/// For how long the cache has held another value of a key than the database, at most, in steps of 10 ms.
fn longest_disagreement_ms(scenario: &Scenario) -> u64 {
    let mut lane = start(scenario);
    let (mut since, mut longest) = ([0; 5], 0);
    for now in (10..60_000).step_by(10) {
        lane.run_until(ms(now));
        for key in 0..5u32 {
            let agrees = lane.cached(key).is_none_or(|value| value == lane.committed(key));
            since[key as usize] = if agrees { now } else { since[key as usize] };
            longest = longest.max(now - since[key as usize]);
        }
    }
    longest
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

/// Whether copies are stale for longer than so many milliseconds, by how the copy is deleted, half a second between two deletes, and how
/// slowly readers read.
fn longest_and_most_stale(cached: Invalidate, read: Distribution) -> (f64, u64) {
    let mut scenario = racing(Reading::look_aside(), around(cached));
    scenario.clients.write_ratio = 0.02;
    scenario.database.read = read;
    let report = run(&scenario).report();
    (report.stale_age_ms.max, report.stale_reads)
}

#[test]
fn a_delete_after_the_commit_and_again_later_takes_away_what_slow_readers_put_back_but_not_slower_ones() {
    let slow = Distribution::Exponential(ms(5));
    let (once, again) = (Invalidate::Delete, Invalidate::DeleteAgain);
    let (one, two) = (longest_and_most_stale(once, slow.clone()), longest_and_most_stale(again, slow.clone()));
    assert!(one.0 > 1_000.0 && two.0 < 500.0 + 50.0, "{one:?} and {two:?}: it lasts until the second delete");
    assert!(two.1 > 0 && two.1 * 2 < one.1, "{two:?} against {one:?}");
    // No reader brings the old value back between a delete and the commit, as with the first delete before it.
    let before = longest_and_most_stale(Invalidate::DeleteTwice, slow);
    assert!(two.1 < before.1, "{two:?} against {before:?}");
    // Readers slower than the delay come after the second delete, too.
    let slower = longest_and_most_stale(again, Distribution::Exponential(ms(600)));
    assert!(slower.0 > 1_000.0, "{slower:?}");
}

#[test]
fn a_reader_of_the_commit_log_deletes_copies_that_nobody_else_does_after_its_lag() {
    let run = |log: Option<LogReader>| {
        let mut scenario = racing(Reading::look_aside(), WriteAround { log, ..around(Invalidate::Leave) });
        scenario.clients.write_ratio = 0.02;
        run(&scenario)
    };
    let every = |every| Some(LogReader { every, ..LogReader::default() });
    let (left, late, soon) = (run(None).report(), run(every(ms(1_000))).report(), run(every(ms(100))).report());
    assert!(left.stale_age_ms.max > 5_000.0, "{}", left.stale_age_ms.max);
    assert!(late.stale_reads * 3 < left.stale_reads, "{} and {}", late.stale_reads, left.stale_reads);
    assert!(soon.stale_reads * 2 < late.stale_reads, "{} and {}", soon.stale_reads, late.stale_reads);
    // It writes nothing to the cache but deletes; and who reads before the commit may still fill after the delete.
    assert!(soon.stale_reads > 0);
}

#[test]
fn a_reader_of_the_commit_log_asks_the_database_nothing_and_hears_nothing_while_it_is_down() {
    let asked = |write: Write| {
        let mut scenario = racing(Reading::look_aside(), write);
        scenario.clients.write_ratio = 1.0;
        let report = run(&scenario).report();
        (report.database.reads, report.database.writes)
    };
    let log = Some(LogReader { every: ms(100), ..LogReader::default() });
    let (plain, read) = (around(Invalidate::Leave), WriteAround { log, ..around(Invalidate::Leave) });
    assert_eq!(asked(read.clone().into()), asked(plain.into()), "no query, and no delete");
    assert!(asked(Outbox { every: ms(100), ..Outbox::default() }.into()).0 > 50, "a relay looks at intervals");
    // What was committed just before an outage is deleted after it.
    let oldest = |what| {
        let mut scenario = racing(Reading::look_aside(), read.clone());
        scenario.clients.write_ratio = 0.02;
        scenario.faults = vec![Fault { lasts: s(3), ..Fault::new(what, ms(4_000)) }];
        run(&scenario).report().stale_age_ms.max
    };
    let (away, there) = (oldest(FaultKind::DatabaseOutage), oldest(FaultKind::AppFreeze));
    assert!(away > 2_500.0 && away > there, "{away} ms, and {there} ms");
}

#[test]
fn what_a_crashed_server_has_not_deleted_the_reader_of_the_log_deletes() {
    let diverging = |log: Option<LogReader>| {
        let mut scenario = racing(Reading::look_aside(), WriteAround { log, ..around(Invalidate::Delete) });
        // Every write is answered by a crash, between its commit and its delete.
        scenario.network.app_cache = Distribution::Constant(ms(20));
        scenario.clients.write_ratio = 0.05;
        run(&crashing_servers(scenario)).report()
    };
    let (without, with) = (diverging(None), diverging(Some(LogReader { every: ms(100), ..LogReader::default() })));
    let between = |report: &LaneReport| {
        report
            .diverging_by_cause
            .iter()
            .filter(|(cause, _)| cause == "crash_between")
            .map(|(_, copies)| *copies)
            .sum::<u64>()
    };
    assert!(between(&without) > 3 && between(&with) == 0, "{} and {}", between(&without), between(&with));
    assert!(with.stale_reads * 2 < without.stale_reads, "{} and {}", with.stale_reads, without.stale_reads);
}

#[test]
fn a_cache_that_compares_versions_never_goes_back_where_writers_update_and_may_where_they_delete() {
    let stale = |versions, cached| {
        let read = Reading::LookAside(LookAside { versions, ..LookAside::default() });
        let mut scenario = racing(read, around(cached));
        scenario.network.app_cache = Distribution::Exponential(ms(30));
        let lane = run(&scenario);
        let app = lane.report().app;
        (lane.report().stale_reads, disagreements(&lane), app.fills_refused)
    };
    // Two writers overtake one another, and slow readers fill with what they read before a commit.
    let (plain, compared) = (stale(false, Invalidate::Update), stale(true, Invalidate::Update));
    assert!(plain.0 > 100 && plain.2 == 0, "{plain:?}");
    assert!((compared.0, compared.1) == (0, 0) && compared.2 > 0, "{compared:?}");
    // A delete leaves nothing to compare with.
    let (plain, compared) = (stale(false, Invalidate::Delete), stale(true, Invalidate::Delete));
    assert!(compared.0 * 2 > plain.0 && compared.0 > 20, "{compared:?} against {plain:?}");
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
    for twice in [Invalidate::DeleteTwice, Invalidate::DeleteAgain] {
        crate::common::close("write latency", latency(twice), latency(Invalidate::Delete), 0.02);
    }
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
fn a_connection_that_breaks_after_the_acknowledgement_loses_the_write_and_before_it_nobody_is_promised_anything() {
    let broken = |acknowledge| {
        let mut scenario = racing(Reading::look_aside(), through(Order::CacheFirst, acknowledge));
        scenario.database.write = Distribution::Constant(ms(50));
        scenario.faults.push(Fault { lasts: s(2), ..Fault::new(FaultKind::DatabaseOutage, s(20)) });
        let lane = run(&scenario);
        lane.ledger().ever_lost().get(Cause::ConnectionLost)
    };
    assert!(broken(Acknowledge::First) > 0);
    assert_eq!(broken(Acknowledge::Both), 0);
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

// ---- Write-back ----

/// Ten seconds of 200 writes a second over 100 keys, flushed at intervals by a database that needs a millisecond or two.
fn flushing(how: WriteBack) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(10);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.clients.keys = Keys::zipf(100, 0.9);
    scenario.clients.write_ratio = 1.0;
    scenario.database.batch = Batch { base: Some(Distribution::Exponential(ms(2))), row: Nanos::ZERO };
    scenario.lanes = lane(Reading::look_aside(), how);
    scenario
}

fn bounded(when_full: WhenFull) -> WriteBack {
    WriteBack { every: s(1), bound: Some(20), when_full, ..WriteBack::default() }
}

#[test]
fn a_bound_is_kept_and_without_one_more_rows_are_dirty() {
    let dirty_max = |how| run(&flushing(how)).report().cache.dirty_max;
    for when_full in WhenFull::ALL {
        assert_eq!(dirty_max(bounded(when_full)), 20);
    }
    assert!(dirty_max(WriteBack { bound: None, ..bounded(WhenFull::Block) }) > 40);
}

#[test]
fn a_full_buffer_blocks_for_an_interval_or_flushes_at_once_or_refuses() {
    let report = |when_full| {
        let lane = run(&flushing(bounded(when_full)));
        loses_nothing(&lane);
        lane.report()
    };
    let (blocked, flushed, refused) = (report(WhenFull::Block), report(WhenFull::Flush), report(WhenFull::Refuse));
    assert!(
        blocked.latency_ms.write.max > 500.0 && blocked.latency_ms.write.max < 10_000.0,
        "waits for the next flush"
    );
    assert!(flushed.latency_ms.write.max < 50.0 && flushed.latency_ms.write.max > 1.0, "waits for its own flush");
    assert_eq!((blocked.errors, flushed.errors), (0, 0));
    assert!(refused.errors > 100 && refused.latency_ms.write.max == 0.0);
    assert_eq!(refused.writes_by_class.rejected, refused.errors, "who is refused knows it");
}

#[test]
fn who_waits_for_room_waits_for_the_next_flush_although_rows_have_yet_to_rest() {
    let mut scenario = flushing(WriteBack { delay: s(30), ..bounded(WhenFull::Block) });
    scenario.clients.arrivals = Arrivals::Poisson { rate: 15.0 };
    scenario.clients.keys = Keys::Uniform { count: 100_000 };
    assert!(run(&scenario).report().latency_ms.write.max < 2_100.0);
}

#[test]
fn a_deleted_row_is_known_until_it_is_deleted_in_the_database_too_and_then_no_longer() {
    let mut scenario = flushing(WriteBack { every: s(3), ..WriteBack::default() });
    scenario.clients.keys = Keys::Uniform { count: 1 };
    (scenario.clients.write_ratio, scenario.clients.delete_ratio) = (0.0, 1.0);
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    scenario.duration = ms(1_500);
    scenario.lanes = lane(Reading::look_aside(), WriteBack { every: s(3), ..WriteBack::default() });
    let mut deleted = start(&scenario);
    deleted.run_until(ms(1_200));
    assert_eq!((deleted.report().cache.entries, deleted.report().cache.dirty), (0, 1));
    deleted.run_until(Nanos::MAX);
    assert_eq!((deleted.report().cache.entries, deleted.report().cache.dirty), (0, 0));

    // Half the requests delete, half read: until the flush they find the mark, after it nothing.
    (scenario.clients.delete_ratio, scenario.duration) = (0.5, s(1_000));
    scenario.clients.arrivals = Arrivals::Poisson { rate: 0.1 };
    let report = run(&scenario).report();
    assert!(report.reads > 20 && report.hits * 3 < report.reads, "{} hits of {} reads", report.hits, report.reads);
    assert_eq!(report.stale_reads, 0);
}

#[test]
fn a_value_that_is_deleted_and_kept_behind_leaves_the_cache() {
    let mut scenario = flushing(WriteBack { every: s(100), ..WriteBack::default() });
    (scenario.clients.write_ratio, scenario.clients.delete_ratio) = (0.5, 0.5);
    let mut lane = start(&scenario);
    lane.run_until(s(9));
    let held = lane.report().cache.entries;
    assert!((30..70).contains(&held), "about half of the 100 keys are there: {held}");
}

#[test]
fn a_counter_that_has_no_row_yet_begins_at_nothing_in_the_cache_as_in_the_database() {
    for modify in [Modify::Increment {}, Modify::CompareAndSet { tries: 10 }] {
        let mut scenario = flushing(WriteBack::default());
        (scenario.clients.write_ratio, scenario.clients.modify_ratio, scenario.clients.absent) = (0.0, 1.0, 1.0);
        scenario.network.app_cache = Distribution::Exponential(ms(2));
        scenario.lanes[0].modify = modify.clone();
        let report = run(&scenario).report();
        assert!(report.increments > 1_900 && report.errors == 0, "{modify:?}: {} errors", report.errors);
        assert_eq!(report.lost_increments, 0, "{modify:?}");
        assert!(report.database.reads <= 300, "each counter is looked for about once: {}", report.database.reads);
    }
}

#[test]
fn writers_who_wait_for_room_are_told_of_a_crash_and_lose_nothing_they_were_promised() {
    // Nothing is ever flushed before the crash, so the first writes fill the buffer and the others wait.
    let mut scenario = flushing(WriteBack { every: s(100), ..bounded(WhenFull::Block) });
    scenario.faults.push(Fault { lasts: ms(100), ..Fault::new(FaultKind::CacheCrash, s(5)) });
    let lane = run(&scenario);
    let (counts, lost) = (lane.ledger().counts(), *lane.ledger().ever_lost());
    assert!(lost.total() == lost.get(Cause::CacheCrash) && lost.total() >= 20);
    assert!(counts.unknown > 100, "those in line got no answer: {counts:?}");
    assert_eq!(counts.in_flight + counts.at_risk, 0);
}

#[test]
fn entries_leave_after_a_flush_or_stay() {
    let entries = |after_flush| {
        let how = WriteBack { every: ms(500), after_flush, ..WriteBack::default() };
        let lane = run(&flushing(how));
        loses_nothing(&lane);
        lane.report().cache.entries
    };
    assert_eq!(entries(AfterFlush::Remove), 0);
    assert!(entries(AfterFlush::Keep) > 90);
}

#[test]
fn a_mark_set_between_reading_and_deleting_is_lost_and_when_the_set_is_taken_in_one_step_it_is_not() {
    let taking = |take| {
        let mut scenario = flushing(WriteBack { every: ms(100), take, ..WriteBack::default() });
        scenario.database.batch.base = Some(Distribution::Constant(ms(20)));
        run(&scenario)
    };
    loses_only(&taking(Take::ReadThenDelete), Cause::FlushMarkLost);
    loses_nothing(&taking(Take::Atomic));
}

#[test]
fn a_lost_mark_leaves_the_newer_value_in_the_cache_until_a_crash() {
    // One key, written at 1 s, and again at 2 s while the flush that began at 1.99 s is under way.
    let mut scenario = flushing(WriteBack { every: ms(1_990), take: Take::ReadThenDelete, ..WriteBack::default() });
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.database.batch.base = Some(Distribution::Constant(ms(50)));
    scenario.duration = ms(2_500);
    let lane = run(&scenario);
    loses_only(&lane, Cause::FlushMarkLost);
    assert_eq!((lane.cached(0).map(|w| w.0), lane.committed(0).0), (Some(2), 1));
    assert_eq!(lane.dirty(), 0, "and nobody knows that it is dirty");
}

#[test]
fn a_row_written_again_and_again_waits_for_its_rest_and_without_a_delay_it_does_not() {
    let batches = |delay| {
        let mut scenario = flushing(WriteBack { every: ms(100), delay, ..WriteBack::default() });
        // Written every 300 ms, for ten seconds.
        scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 / 3.0 };
        scenario.clients.keys = Keys::Uniform { count: 1 };
        let lane = run(&scenario);
        loses_nothing(&lane);
        let database = lane.report().database;
        database.batches + database.drain_batches
    };
    assert_eq!(batches(Nanos::ZERO), 33, "each write is flushed");
    assert_eq!(batches(ms(150)), 33, "each has rested before the next comes");
    assert_eq!(batches(ms(500)), 1, "only the last has rested, at the end");
}

#[test]
fn a_read_dirty_set_that_fails_too_often_is_dropped_and_one_that_fails_less_often_is_not() {
    let outage = |requeue| {
        let how = WriteBack { every: ms(200), requeue, take: Take::ReadThenDelete, ..WriteBack::default() };
        let mut scenario = flushing(how);
        scenario.database.batch.base = Some(Distribution::Constant(Nanos::ZERO));
        scenario.faults.push(Fault { lasts: s(2), ..Fault::new(FaultKind::DatabaseOutage, s(4)) });
        run(&scenario)
    };
    loses_only(&outage(2), Cause::DroppedAfterRetries);
    loses_nothing(&outage(15));
}

// ---- Outbox ----

#[test]
fn a_server_that_crashes_between_commit_and_delete_leaves_a_stale_copy_and_an_outbox_only_for_its_lag() {
    // Reads load through the cache, which keeps nothing that a delete overtook: what is old, a crash has left. The
    // client was not told yes, so to the ledger nothing is stale; but cache and database disagree.
    let longest = |write: Write| {
        let mut scenario = crashing_servers(racing(Reading::read_through(), write));
        scenario.clients.write_ratio = 0.02; // an old copy waits long for the next write
        scenario.network.app_cache = Distribution::Exponential(ms(10));
        longest_disagreement_ms(&scenario)
    };
    let dual = longest(around(Invalidate::Delete).into());
    assert!(dual > 1_000, "{dual} ms");
    for cached in [Relayed::Delete, Relayed::Update] {
        let outbox = longest(Outbox { every: ms(100), cached, ..Outbox::default() }.into());
        assert!(outbox < 500, "{outbox} ms");
    }
}

#[test]
fn the_relay_waits_out_an_outage_of_the_cache_or_the_database_and_then_catches_up() {
    for what in [FaultKind::CacheCrash, FaultKind::DatabaseOutage] {
        let mut scenario = racing(Reading::read_through(), Outbox { every: ms(100), ..Outbox::default() });
        scenario.faults.push(Fault { lasts: s(5), ..Fault::new(what, s(20)) });
        let lane = run(&scenario);
        loses_nothing(&lane);
        assert_eq!(disagreements(&lane), 0);
    }
}

#[test]
fn a_relay_that_gives_up_waiting_for_a_slow_database_drops_no_record_it_has_not_passed_on() {
    let mut scenario = racing(Reading::look_aside(), Outbox { every: ms(50), batch: 3, ..Outbox::default() });
    // One writer at a time, so that nothing but a lost record leaves an old copy.
    scenario.clients.arrivals = Arrivals::Closed { users: 1, think: Distribution::Exponential(ms(5)) };
    scenario.clients.write_ratio = 0.7;
    scenario.network.app_cache = Distribution::Constant(ms(1));
    scenario.network.app_database = Distribution::Constant(ms(1));
    scenario.database.write = Distribution::Exponential(ms(5));
    (scenario.app.database_timeout, scenario.app.retries, scenario.app.backoff) = (Some(ms(15)), 3, ms(1));
    for seed in 1..=5 {
        scenario.seed = seed;
        assert_eq!(disagreements(&run(&scenario)), 0, "seed {seed}");
    }
}

// ---- Values that live in the cache only ----

/// A minute of 100 requests a second, a third of them writes, over keys without rows.
fn sessions(write: WriteBack) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(60);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
    scenario.clients.keys = Keys::Uniform { count: 200 };
    (scenario.clients.write_ratio, scenario.clients.absent) = (0.3, 1.0);
    scenario.cache.capacity = 1_000.into();
    scenario.lanes = lane(Reading::look_aside(), write);
    scenario
}

#[test]
fn what_is_not_flushed_never_reaches_the_database_and_stays_at_risk() {
    let lane = run(&sessions(WriteBack::cache_only()));
    let (report, counts) = (lane.report(), lane.ledger().counts());
    assert_eq!((report.database.writes, report.ever_lost, report.stale_reads), (0, 0, 0));
    assert_eq!((counts.durable, counts.at_risk, lane.dirty()), (0, counts.attempts(), 200), "one value a key");
    let flushed = run(&sessions(WriteBack::default()));
    assert_eq!((flushed.ledger().counts().at_risk, flushed.dirty()), (0, 0));
    assert!(flushed.report().database.writes > 200);
}

#[test]
fn what_is_not_flushed_is_gone_with_its_cause_when_it_leaves_the_cache() {
    let causes = |change: fn(&mut Scenario)| {
        let mut scenario = sessions(WriteBack::cache_only());
        change(&mut scenario);
        let lane = run(&scenario);
        let report = lane.report();
        assert_eq!(report.database.writes, 0);
        assert!(report.ever_lost > 100, "{}", report.ever_lost);
        report.ever_lost_by_cause
    };
    let only =
        |causes: Vec<(String, u64)>, cause: &str| assert!(causes.iter().all(|(name, _)| name == cause), "{causes:?}");
    only(causes(|scenario| scenario.cache.ttl = Ttl::Fixed(s(2))), "expired_dirty");
    only(causes(|scenario| scenario.cache.capacity = 50.into()), "evicted_dirty");
    only(causes(|scenario| scenario.faults.push(Fault::new(FaultKind::CacheCrash, s(30)))), "cache_crash");
}

#[test]
fn a_sliding_life_ends_only_for_those_who_stay_away() {
    let lost = |ttl| {
        let mut scenario = sessions(WriteBack::cache_only());
        scenario.cache.ttl = ttl;
        run(&scenario).report().ever_lost
    };
    let (fixed, sliding) = (lost(Ttl::Fixed(s(10))), lost(Ttl::Sliding(s(10))));
    assert!(sliding * 5 < fixed && sliding > 0, "{sliding} and {fixed}");
}

#[test]
fn options_that_say_how_to_flush_are_refused_where_nothing_is_flushed() {
    let read = |options: &str| {
        Scenario::from_toml(&format!("[[lane]]\nwrite = {{ kind = \"write-back\", flush = false{options} }}"))
    };
    let plain = read("").unwrap();
    assert_eq!(plain.lanes[0].write, Writing::WriteBack(WriteBack::cache_only()), "what leaves is gone, unasked");
    assert_eq!(read(", on_expiry = \"drop\", on_eviction = \"drop\"").unwrap(), plain);
    assert_eq!(Scenario::from_toml(&plain.to_toml()).unwrap(), plain);
    for (field, value) in [
        ("on_expiry", "\"flush\""),
        ("on_eviction", "\"flush\""),
        ("every", "\"1s\""),
        ("at", "10"),
        ("batch", "10"),
        ("coalesce", "false"),
        ("requeue", "1"),
        ("bound", "10"),
        ("when_full", "\"refuse\""),
        ("after_flush", "\"remove\""),
        ("take", "\"read-then-delete\""),
        ("delay", "\"1s\""),
    ] {
        let told = read(&format!(", {field} = {value}")).expect_err(field).to_string();
        assert!(told.contains(&format!("lane.0.write.{field} = {value}")) && told.contains("flush = false"), "{told}");
    }
    // A link says what differs: it need not say what becomes of entries.
    let changed = link::with(
        &Scenario { lanes: lane(Reading::look_aside(), WriteBack::default()), ..Scenario::default() },
        &[("lane.0.write.flush", "false")],
    );
    assert_eq!(changed.unwrap().lanes[0].write, Writing::WriteBack(WriteBack::cache_only()));
}

#[test]
fn the_relay_passes_on_batch_after_batch_until_nothing_is_left() {
    let mut scenario = bare();
    (scenario.duration, scenario.clients.write_ratio) = (s(10), 0.2);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.clients.keys = Keys::Uniform { count: 5 };
    scenario.lanes = lane(Reading::look_aside(), Outbox { every: s(1), batch: 1, ..Outbox::default() });
    let mut lane = start(&scenario);
    for second in 1..10 {
        lane.run_until(Nanos(s(second).0 - 1));
        let before = disagreements(&lane);
        lane.run_until(Nanos(s(second).0 + 1));
        assert!(before > 0 && disagreements(&lane) == 0, "{before} at {second} s");
    }
}

// ---- At the edges ----

#[test]
fn a_late_fill_does_not_hide_what_is_dirty() {
    // Nothing is flushed, so every key that was written stays dirty, whatever a slow reader still brings.
    let mut scenario = racing(Reading::look_aside(), WriteBack { every: s(3_600), ..WriteBack::default() });
    scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
    (scenario.clients.keys, scenario.cache.capacity) = (Keys::Uniform { count: 500 }, 1_000.into());
    scenario.duration = s(10);
    assert_eq!(run(&scenario).report().stale_reads, 0);
}

#[test]
fn a_flush_removes_only_the_value_that_it_wrote() {
    let entries = |take| {
        let how = WriteBack { every: ms(500), take, after_flush: AfterFlush::Remove, ..WriteBack::default() };
        let mut scenario = flushing(how);
        scenario.database.batch.base = Some(Distribution::Constant(ms(100)));
        run(&scenario).report().cache.entries
    };
    assert_eq!(entries(Take::Atomic), 0);
    assert!(entries(Take::ReadThenDelete) > 0, "newer values whose marks were lost");
}

#[test]
fn as_many_rows_as_asked_for_make_a_flush_and_no_flush_takes_more_than_a_batch() {
    let report = |how| {
        let mut scenario = flushing(how);
        scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
        scenario.clients.keys = Keys::Scan { count: 1_000 };
        scenario.database.batch.base = Some(Distribution::Constant(Nanos::ZERO));
        run(&scenario).report()
    };
    let on_count = report(WriteBack { every: s(100), at: Some(10), ..WriteBack::default() });
    assert_eq!(on_count.cache.dirty_max, 10);
    let in_parts = report(WriteBack { every: s(1), batch: 10, ..WriteBack::default() });
    let batches = in_parts.database.batches + in_parts.database.drain_batches;
    assert!(batches >= in_parts.writes / 10, "{:?}", in_parts.database);
}

#[test]
fn a_dirty_entry_that_was_renewed_is_flushed_when_its_new_life_ends() {
    let mut scenario = flushing(WriteBack { every: s(100), ..WriteBack::default() });
    // About ten writes in the first quarter of a second, and none later.
    let (on, off) = (ms(250), s(1_000));
    scenario.clients.arrivals = Arrivals::Bursts { rate: 40.0, quiet: 0.0, on, off };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.cache.ttl = Ttl::Fixed(s(1));
    let mut lane = start(&scenario);
    lane.run_until(ms(900));
    assert!(lane.dirty() == 1 && lane.ledger().counts().attempts() > 3);
    lane.run_until(s(2));
    assert_eq!(lane.dirty(), 0);
}

#[test]
fn what_fails_after_the_clients_have_gone_is_tried_again_soon() {
    let mut scenario = flushing(WriteBack { every: s(3_600), requeue: 200, ..WriteBack::default() });
    scenario.database.abort = 0.9;
    let report = run(&scenario).report();
    let settled_after_s = report.at_s - scenario.duration.as_secs_f64();
    assert!((1.0..290.0).contains(&settled_after_s), "{settled_after_s} s");
}

#[test]
fn a_write_that_failed_in_the_cache_promises_nothing() {
    let mut scenario = flushing(WriteBack::default());
    scenario.database.write = Distribution::Constant(ms(10));
    scenario.database.workers = 64;
    scenario.lanes = lane(Reading::look_aside(), through(Order::CacheFirst, Acknowledge::First));
    scenario.faults = vec![Fault { lasts: s(60), ..Fault::new(FaultKind::CacheCrash, Nanos::ZERO) }];
    let latency = run(&scenario).report().latency_ms.write;
    assert!((latency.p50 - 10.0).abs() < 0.2, "it waits for the database: {latency:?}");
}

#[test]
fn a_write_that_succeeded_is_not_rolled_back() {
    let how = WriteThrough { order: Order::CacheFirst, rollback: true, ..WriteThrough::default() };
    let mut scenario = flushing(WriteBack::default());
    scenario.lanes = lane(Reading::look_aside(), how);
    assert!(run(&scenario).report().cache.entries > 90);
}

#[test]
fn compare_and_set_tries_as_often_as_asked_and_compares_with_what_is_dirty() {
    // Two at 5 and 10 ms; each reads for 10 ms and then writes for 10 ms.
    let errors = |tries| {
        let mut scenario = bare();
        scenario.clients.arrivals = Arrivals::Constant { rate: 200.0 };
        (scenario.clients.keys, scenario.duration) = (Keys::Uniform { count: 1 }, Nanos::from_micros(12_500));
        scenario.clients.modify_ratio = 1.0;
        (scenario.database.read, scenario.database.write) =
            (Distribution::Constant(ms(10)), Distribution::Constant(ms(10)));
        scenario.database.workers = 8;
        scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
        scenario.lanes[0].modify = Modify::CompareAndSet { tries };
        run(&scenario).report().errors
    };
    assert_eq!((errors(1), errors(2)), (1, 0));
    let mut scenario = flushing(WriteBack { every: s(3_600), ..WriteBack::default() });
    (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
    scenario.lanes[0].modify = Modify::CompareAndSet { tries: 1 };
    assert_eq!(run(&scenario).report().errors, 0);
}

// ---- Taking what is pending out of the cache ----

/// Flushed twice a second, ten rows at a time, in a database that takes 20 ms for each batch.
fn taking(take: Take) -> Scenario {
    let mut scenario = flushing(WriteBack { every: ms(500), batch: 10, take, ..WriteBack::default() });
    scenario.database.batch.base = Some(Distribution::Constant(ms(20)));
    scenario
}

#[test]
fn a_flusher_that_crashes_loses_what_it_had_taken_out_of_the_cache_and_nothing_that_it_had_only_read_there() {
    let crashing = |take, at: FaultTime| {
        let mut scenario = taking(take);
        scenario.faults.push(Fault { lasts: ms(100), ..Fault::new(FaultKind::WorkerCrash, at) });
        run(&scenario)
    };
    for at in [FaultTime::BeforeFlush(5), FaultTime::Moment(ms(2_530))] {
        let lane = crashing(Take::GetDel, at);
        loses_only(&lane, Cause::FlusherCrash);
        assert!(
            lane.ledger().ever_lost().total() > 20,
            "what was in none of the batches sent: {:?}",
            lane.ledger().ever_lost()
        );
        assert_eq!(lane.dirty(), 0);
        loses_nothing(&crashing(Take::Atomic, at));
    }
    loses_nothing(&run(&taking(Take::GetDel)));
}

#[test]
fn a_read_between_taking_out_and_writing_finds_the_old_row_and_an_increment_is_made_from_it() {
    let reading = |take| {
        let mut scenario = taking(take);
        scenario.clients.write_ratio = 0.3;
        run(&scenario).report().stale_reads
    };
    assert!(reading(Take::GetDel) > 20, "{} stale reads", reading(Take::GetDel));
    assert_eq!(reading(Take::Atomic), 0);
    let counting = |take| {
        let mut scenario = taking(take);
        (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
        scenario.lanes[0].modify = Modify::Increment {};
        run(&scenario).report().lost_increments
    };
    assert!(counting(Take::GetDel) > 20, "{} increments", counting(Take::GetDel));
    assert_eq!(counting(Take::Atomic), 0);
}

#[test]
fn what_was_taken_out_and_could_not_be_written_is_put_back_until_it_has_failed_too_often() {
    let outage = |requeue| {
        let mut scenario = taking(Take::GetDel);
        scenario.lanes = lane(
            Reading::look_aside(),
            WriteBack { every: ms(200), requeue, take: Take::GetDel, ..WriteBack::default() },
        );
        scenario.clients.write_ratio = 0.5;
        scenario.faults.push(Fault { lasts: s(2), ..Fault::new(FaultKind::DatabaseOutage, s(4)) });
        run(&scenario)
    };
    loses_only(&outage(2), Cause::DroppedAfterRetries);
    let lane = outage(15);
    loses_nothing(&lane);
    assert_eq!(lane.dirty(), 0);
}

#[test]
fn a_disk_saves_what_is_in_the_cache_at_a_crash_and_not_what_had_been_taken_out_of_it() {
    let crashing = |take| {
        let mut scenario = taking(take);
        let fsync_time = Distribution::Constant(Nanos::ZERO);
        scenario.cache.persistence = Persistence::AppendOnly { fsync: Fsync::Always, fsync_time };
        scenario.faults.push(Fault { lasts: ms(100), ..Fault::new(FaultKind::CacheCrash, ms(2_530)) });
        run(&scenario)
    };
    loses_only(&crashing(Take::GetDel), Cause::FlusherCrash);
    loses_nothing(&crashing(Take::Atomic));
}

// ---- Queues in the servers ----

/// Like [`flushing`], by so many servers, each with a queue of its own.
fn queueing(servers: u32, how: WriteBack) -> Scenario {
    let mut scenario = flushing(WriteBack { buffer: BufferIn::App, ..how });
    scenario.app.servers = servers;
    scenario
}

#[test]
fn what_a_server_has_queued_is_lost_with_it_and_a_crash_of_the_cache_takes_nothing() {
    let crashing = |what, which| {
        let mut scenario = queueing(4, WriteBack { every: s(2), ..WriteBack::default() });
        scenario.faults.push(Fault { lasts: s(1), which, ..Fault::new(what, ms(5_500)) });
        *run(&scenario).ledger().ever_lost()
    };
    let server = crashing(FaultKind::AppCrash, Some(FaultTarget::Server(2)));
    // A quarter of 1.5 s of 200 writes a second, less those of which another server had a newer one.
    let lost = server.get(Cause::QueueLost);
    assert!((10..75).contains(&lost) && server.get(Cause::CacheCrash) == 0, "{server:?}");
    let cache = crashing(FaultKind::CacheCrash, None);
    assert_eq!((cache.get(Cause::QueueLost), cache.get(Cause::CacheCrash)), (0, 0), "{cache:?}");
    // The same in the cache: then it is its crash that loses them, all of them.
    let mut scenario = flushing(WriteBack { every: s(2), ..WriteBack::default() });
    scenario.faults.push(Fault { lasts: s(1), ..Fault::new(FaultKind::CacheCrash, ms(5_500)) });
    let lane = run(&scenario);
    loses_only(&lane, Cause::CacheCrash);
    assert!(lane.ledger().ever_lost().total() > 3 * lost);
}

#[test]
fn a_queue_is_flushed_at_intervals_in_batches_that_merge_writes_and_whatever_is_left_at_the_end() {
    let rows = |coalesce| {
        let lane = run(&queueing(1, WriteBack { every: s(3), batch: 10, coalesce, ..WriteBack::default() }));
        loses_nothing(&lane);
        assert_eq!(lane.dirty(), 0);
        let report = lane.report();
        assert_eq!(report.writes_by_class.at_risk + report.writes_by_class.in_flight, 0);
        (report.database.writes, report.database.batches)
    };
    let ((merged, batches), (each, _)) = (rows(true), rows(false));
    assert!(each > 1_700 && merged * 4 < each, "{merged} rows against {each}");
    assert!(batches >= merged / 10 && batches <= merged / 10 + 3, "{batches} batches for {merged} rows");
    // Rows that are written again while others are flushed are left for the next flush, which comes.
    let rested = run(&queueing(1, WriteBack { every: s(3), delay: ms(1), ..WriteBack::default() }));
    loses_nothing(&rested);
    assert_eq!((rested.dirty(), rested.stopped()), (0, None));
    // A server that is back after a crash flushes again.
    let mut scenario = queueing(1, WriteBack { every: s(1), ..WriteBack::default() });
    scenario.faults = vec![Fault { lasts: ms(10), ..Fault::new(FaultKind::AppCrash, ms(2_001)) }];
    let mut lane = start(&scenario);
    lane.run_until(ms(7_050));
    assert!((1..50).contains(&lane.dirty()), "{} rows", lane.dirty());
}

#[test]
fn a_full_queue_makes_writers_wait_or_refuses_them_and_drops_nothing() {
    let full = |when_full| {
        let lane = run(&queueing(1, WriteBack { every: s(1), bound: Some(10), when_full, ..WriteBack::default() }));
        loses_nothing(&lane);
        let report = lane.report();
        assert_eq!(report.cache.dirty_max, 10);
        (report.errors, report.latency_ms.write.p99)
    };
    let (blocked, refused, flushed) = (full(WhenFull::Block), full(WhenFull::Refuse), full(WhenFull::Flush));
    assert!(blocked.0 == 0 && blocked.1 > 300.0, "who waits, waits for the next flush: {blocked:?}");
    assert!(refused.0 > 500 && refused.1 < 10.0, "{refused:?}");
    assert!(flushed.0 == 0 && flushed.1 < 50.0, "who has a flush begun waits for that: {flushed:?}");
}

#[test]
fn a_queued_write_that_the_database_refuses_too_often_is_dropped_and_less_often_is_not() {
    let outage = |requeue| {
        let mut scenario = queueing(1, WriteBack { every: ms(200), requeue, ..WriteBack::default() });
        scenario.faults.push(Fault { lasts: s(2), ..Fault::new(FaultKind::DatabaseOutage, s(4)) });
        run(&scenario)
    };
    loses_only(&outage(2), Cause::DroppedAfterRetries);
    loses_nothing(&outage(15));
}

#[test]
fn other_servers_see_what_is_queued_in_the_cache_and_without_a_copy_find_the_old_row() {
    let stale = |ttl| {
        let mut scenario = queueing(4, WriteBack { every: s(2), ..WriteBack::default() });
        (scenario.clients.write_ratio, scenario.cache.ttl) = (0.1, ttl);
        run(&scenario).report().stale_reads
    };
    let (kept, short) = (stale(Ttl::None), stale(Ttl::Fixed(ms(200))));
    assert!(kept * 10 < short && short > 50, "{kept} and {short}");
}

#[test]
fn of_two_servers_the_one_that_flushes_last_decides_which_write_stays() {
    let of = |servers| {
        let mut scenario = queueing(servers, WriteBack { every: s(1), ..WriteBack::default() });
        scenario.clients.keys = Keys::Uniform { count: 2 };
        run(&scenario)
    };
    loses_only(&of(2), Cause::OverwrittenByOlder);
    loses_nothing(&of(1));
}
