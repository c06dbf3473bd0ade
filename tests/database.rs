//! The database as databases are: what a read sees, who waits for a row, what a connection is, what a batch costs, and
//! what becomes of a query whose caller has given up. Each claim beside its opposite.

use std::sync::Arc;

use cachelane::bytes::Bytes;
use cachelane::model::CallError;
use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use cachelane::workload::trace::Trace;

use crate::common::{bare, close, constant, lane, ms, run, s};

/// The requests of a trace of this text, in a world of constant times: 0.2 ms to the cache, 0.5 ms to the database, reads
/// of 100 ms and writes of 5 ms.
fn traced(text: &str, change: impl FnOnce(&mut Scenario)) -> LaneReport {
    let mut scenario = bare();
    scenario.duration = s(10);
    (scenario.clients.arrivals, scenario.clients.keys) =
        (Arrivals::Trace { speed: 1.0 }, Keys::of_trace("t.csv".to_owned()));
    scenario.network.app_cache = constant(Nanos::from_micros(200));
    (scenario.network.app_database, scenario.network.cache_database) =
        (constant(Nanos::from_micros(500)), constant(Nanos::from_micros(500)));
    scenario.app.servers = 1;
    (scenario.database.workers, scenario.database.queue) = (8, 10_000);
    (scenario.database.read, scenario.database.write) = (constant(ms(100)), constant(ms(5)));
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    change(&mut scenario);
    assert_eq!(scenario.check(), Ok(()));
    let trace = Trace::read("t.csv", text.as_bytes(), None).expect("a good trace");
    let mut lane = Simulation::new(&scenario, 0, Some(Arc::new(trace))).expect("its trace is there");
    lane.run_until(Nanos::MAX);
    lane.validate();
    lane.report()
}

/// A slow read overlaps a fast write (`../shared/cases`, h1).
const OVERLAP: &str = "time,key,op,client\n0,k,get,1\n0.010,k,set,2\n0.200,k,get,3\n0.300,k,get,4\n1.000,k,get,5\n";

// ---- What a read sees ----

#[test]
fn a_slow_reader_puts_back_what_was_there_before_a_commit_that_it_has_overlapped() {
    let stale = |change: &dyn Fn(&mut Scenario)| traced(OVERLAP, change).stale_reads;
    assert_eq!(stale(&|_| {}), 3, "the reads at 0.2, 0.3 and 1 s find the old value");
    assert_eq!(stale(&|scenario| scenario.database.reads = Reads::Locking), 0, "it has seen the end");
    // A write that replaces the copy is overwritten by the late fill as well.
    let update = WriteAround { cached: Invalidate::Update, ..WriteAround::default() };
    assert_eq!(stale(&|scenario| scenario.lanes = lane(Reading::look_aside(), update.clone())), 3);
    assert_eq!(stale(&|scenario| scenario.lanes = lane(Reading::look_aside(), WriteThrough::default())), 3);
}

#[test]
fn what_guards_against_late_fills_guards_against_those_of_a_snapshot() {
    let leases = Reading::LookAside(LookAside { leases: Leases::Wait, ..LookAside::default() });
    for read in [Reading::None {}, Reading::read_through(), leases] {
        assert_eq!(
            traced(OVERLAP, |scenario| scenario.lanes = lane(read.clone(), WriteAround::default())).stale_reads,
            0
        );
    }
    let twice = WriteAround { cached: Invalidate::DeleteTwice, delay: ms(150), ..WriteAround::default() };
    let report = traced(OVERLAP, |scenario| scenario.lanes = lane(Reading::look_aside(), twice));
    assert_eq!(report.stale_reads, 0, "the second delete comes at 166 ms");
}

#[test]
fn a_read_sees_what_was_committed_when_its_service_began_not_when_it_came() {
    // One worker: the read comes at 10 ms and waits for the write, which commits at 100.5 ms.
    let text = "time,key,op,client\n0,k,set,1\n0.010,k,get,2\n0.600,k,get,3\n";
    let report = traced(text, |scenario| {
        scenario.database.workers = 1;
        scenario.database.write = constant(ms(100));
        scenario.lanes =
            lane(Reading::look_aside(), WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    });
    assert_eq!((report.hits, report.stale_reads), (1, 0), "the copy that it fills is the new value");
}

// ---- Row locks ----

/// So many increments a second over so many rows, each of 20 ms, in a database with workers enough for all.
fn hot_rows(rate: f64, rows: u32) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(60);
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.clients.keys = Keys::Uniform { count: rows };
    scenario.clients.modify_ratio = 1.0;
    (scenario.database.workers, scenario.database.write) = (256, constant(ms(20)));
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario.lanes[0].modify = Modify::Increment {};
    scenario
}

/// How many rows are written a second, in the run's own time.
fn written_per_second(scenario: &Scenario) -> f64 {
    let mut lane = Simulation::new(scenario, 0, None).expect("no trace is needed");
    lane.run_until(Nanos(scenario.duration.0 - 1));
    lane.report().database.writes as f64 / scenario.duration.as_secs_f64()
}

#[test]
fn one_row_takes_one_write_at_a_time_and_several_rows_as_many() {
    for rows in [1, 3] {
        let most = 50.0 * f64::from(rows);
        close("a locked row", written_per_second(&hot_rows(400.0, rows)), most, 0.01);
    }
    let mut free = hot_rows(400.0, 1);
    free.database.row_locks = false;
    assert!(written_per_second(&free) > 380.0);
    // The case of `../shared/cases/hot_row.toml`, with all its defaults.
    let text = "duration = \"60s\"\n[clients]\narrivals = { kind = \"poisson\", rate = 400 }\n\
                keys = { kind = \"uniform\", count = 1 }\nwrite_ratio = 0\nmodify_ratio = 1\n[app]\nservers = 4\n\
                [database]\nworkers = 32\nwrite = \"20ms\"\n[[lane]]\nread = \"none\"\nmodify = \"increment\"";
    let measured = written_per_second(&Scenario::from_toml(text).unwrap());
    assert!((49.0..=50.0).contains(&measured), "{measured} increments a second");
}

#[test]
fn whoever_writes_a_row_waits_for_it_and_readers_of_a_snapshot_do_not() {
    // One write a second, and reads in between: of its row, and of another.
    let slowest = |reads, locks| {
        let mut scenario = hot_rows(50.0, 1);
        scenario.clients.modify_ratio = 0.5;
        scenario.database.reads = reads;
        scenario.database.row_locks = locks;
        scenario.database.read = constant(ms(1));
        let latency = run(&scenario).report().latency_ms;
        (latency.read.max, latency.write.max)
    };
    let (read, write) = slowest(Reads::Snapshot, true);
    assert!(read == 1.0 && write > 40.0, "{read} and {write} ms");
    let (read, write) = slowest(Reads::Locking, true);
    assert!(read > 20.0 && write > 40.0, "a locking read waits for writers: {read} and {write} ms");
    for reads in Reads::ALL {
        assert_eq!(slowest(reads, false), (1.0, 20.0), "{reads:?}");
    }
}

#[test]
fn readers_share_a_row_and_a_writer_waits_for_all_of_them() {
    let mut scenario = hot_rows(300.0, 1);
    (scenario.clients.modify_ratio, scenario.clients.write_ratio) = (0.0, 0.0);
    (scenario.database.reads, scenario.database.read) = (Reads::Locking, constant(ms(20)));
    assert_eq!(run(&scenario).report().latency_ms.read.max, 20.0, "six at a time, and nobody waits");
    scenario.clients.modify_ratio = 0.001;
    let report = run(&scenario).report();
    assert!(report.latency_ms.write.max > 30.0 && report.database.lock_waits > 0, "{:?}", report.latency_ms.write);
}

#[test]
fn a_hot_row_uses_up_the_connections_but_no_workers() {
    // 400 increments a second of row 0, of which 50 get through, beside 40 of other rows.
    let mut scenario = hot_rows(440.0, 1);
    scenario.clients.keys = Keys::HotSet { count: 1_000, hot: 0.001, traffic: 0.909, moves_every: None };
    (scenario.database.workers, scenario.database.queue) = (8, 1_000_000);
    scenario.database.connections = Some(100);
    // The other rows wait like everyone: in the end, for all increments of the run that are not done.
    let starved = run(&scenario).report();
    assert_eq!((starved.errors, starved.database.connections_max), (0, 100));
    assert!(starved.database.queue_max > 15_000, "{}", starved.database.queue_max);
    assert!(starved.database.utilisation < 0.4, "the workers have time: {}", starved.database.utilisation);
    // With connections enough, the other rows do not notice; without locks nobody does, as long as there are workers.
    scenario.database.connections = None;
    assert_eq!(run(&scenario).report().database.queue_max, 0);
    (scenario.database.connections, scenario.database.row_locks, scenario.database.workers) = (Some(100), false, 64);
    assert_eq!(run(&scenario).report().database.queue_max, 0);
    // A short queue refuses most.
    (scenario.database.row_locks, scenario.database.queue) = (true, 100);
    let refused = run(&scenario).report();
    assert!(refused.errors > 10_000 && refused.errors == refused.database.refused, "{:?}", refused.database);
}

#[test]
fn who_has_waited_for_a_lock_goes_on_before_all_who_have_not_begun() {
    // One worker is never enough for two writers of a row; of two, the first two writers take both, and readers wait.
    let text = "time,key,op,client\n0,k,set,1\n0.001,k,set,2\n0.002,a,get,3\n0.003,b,get,4\n0.004,c,get,5\n";
    let report = traced(text, |scenario| {
        scenario.database.workers = 2;
        (scenario.database.read, scenario.database.write) = (constant(ms(30)), constant(ms(30)));
        scenario.lanes = lane(Reading::None {}, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    });
    // The second write is done at 60 ms: its lock comes at 30, with the worker of the first. Two readers take turns on the
    // other worker; the third waits for one of both, at 60.
    assert!((report.latency_ms.write.max - 60.0).abs() < 0.1, "{:?}", report.latency_ms.write);
    assert!((report.latency_ms.read.max - 88.0).abs() < 2.5, "{:?}", report.latency_ms.read);
    assert_eq!(report.database.lock_waits, 1);
    close("seconds waited", report.database.lock_waited_s, 0.029, 0.001);
}

// ---- Batches ----

/// A write every 50 ms, each of another row, through or behind the cache.
fn single_rows(write: impl Into<crate::common::Write>) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(300);
    scenario.clients.arrivals = Arrivals::Constant { rate: 20.0 };
    scenario.clients.keys = Keys::Scan { count: 100_000 };
    scenario.clients.write_ratio = 1.0;
    scenario.cache.capacity = 100_000.into();
    (scenario.database.workers, scenario.database.batch) = (8, Batch::default());
    scenario.database.write = constant(ms(10));
    scenario.lanes = lane(Reading::look_aside(), write);
    scenario
}

#[test]
fn a_row_costs_the_database_the_same_written_through_and_flushed_alone() {
    let alone = WriteBack { every: ms(50), batch: 1, ..WriteBack::default() };
    let busy = |scenario: &Scenario| {
        let report = run(scenario).report();
        assert!(report.database.writes > 5_990, "{}", report.database.writes);
        report.database.utilisation * 8.0 * 300.0 / 5_999.0 * 1e3
    };
    close("written through", busy(&single_rows(WriteThrough::default())), 10.0, 0.001);
    close("flushed alone", busy(&single_rows(alone.clone())), 10.0, 0.001);
    // A write that varies is as dear both ways, too.
    let mut varies = single_rows(alone);
    varies.database.write = Distribution::Exponential(ms(10));
    close("flushed alone", busy(&varies), 10.0, 0.05);
}

#[test]
fn each_further_row_of_a_batch_adds_its_time_and_a_base_of_its_own_counts_for_all_rows() {
    let busy_s = |base, rows: u32| {
        let every = Nanos(ms(50).0 * u64::from(rows));
        let mut scenario = single_rows(WriteBack { every, batch: rows, ..WriteBack::default() });
        scenario.database.batch = Batch { base, row: ms(2) };
        let report = run(&scenario).report();
        report.database.utilisation * 8.0 * 300.0 / report.database.batches as f64
    };
    for rows in [1, 10] {
        close("a write and further rows", busy_s(None, rows), 0.010 + 0.002 * f64::from(rows - 1), 0.02);
        close("base and all rows", busy_s(Some(constant(ms(5))), rows), 0.005 + 0.002 * f64::from(rows), 0.02);
    }
}

// ---- Connections ----

#[test]
fn no_more_queries_than_connections_are_served_whatever_the_workers() {
    let report = |workers, connections| {
        let mut scenario = hot_rows(100.0, 1_000_000);
        (scenario.database.workers, scenario.database.connections) = (workers, connections);
        run(&scenario).report()
    };
    // 20 ms each, 100 a second: two are busy all the time, and three are enough.
    let (limited, few) = (report(64, Some(3)), report(3, None));
    assert_eq!(limited.latency_ms, few.latency_ms);
    assert_eq!((limited.database.connections_max, limited.database.queue_max), (3, few.database.queue_max));
    assert!(limited.database.queue_max > 3 && report(64, None).database.queue_max == 0);
}

#[test]
fn what_finds_the_queue_full_is_refused() {
    let report = |queue| {
        let mut scenario = hot_rows(1_000.0, 1_000_000);
        scenario.duration = s(5);
        (scenario.database.workers, scenario.database.queue) = (4, queue);
        run(&scenario).report()
    };
    // 200 a second get through; who is the last of 26 waits for seven services.
    let short = report(26);
    assert_eq!((short.database.queue_max, short.database.refused), (26, short.errors));
    assert!(short.errors > 3_500 && short.latency_ms.write.max <= 160.0, "{:?}", short.latency_ms.write);
    assert_eq!(report(10_000).errors, 0);
}

#[test]
fn a_pool_lets_calls_wait_at_their_server_and_gives_up_in_time() {
    let report = |pool, patience| {
        let mut scenario = hot_rows(1_000.0, 1_000_000);
        scenario.duration = s(5);
        (scenario.database.workers, scenario.app.servers) = (4, 2);
        (scenario.app.pool, scenario.app.pool_timeout) = (pool, patience);
        let lane = run(&scenario);
        (lane.report(), lane.errors().filter(|(_, count)| *count > 0).collect::<Vec<_>>())
    };
    let (patient, failures) = report(Some(5), None);
    // Ten of the two pools are at the database: four are served, six stand in its queue.
    let database = &patient.database;
    assert_eq!((database.connections_max, database.queue_max, failures.len()), (4, 6, 0));
    assert!(patient.latency_ms.write.max > 15_000.0 && patient.app.pool_waits > 4_000);
    let (hasty, failures) = report(Some(5), Some(ms(300)));
    assert!(matches!(failures[..], [(CallError::NoConnection, count)] if count > 3_500), "{failures:?}");
    assert!(
        hasty.latency_ms.write.max < 360.0,
        "300 ms for a connection, 50 in the database: {:?}",
        hasty.latency_ms.write
    );
    assert_eq!(hasty.writes_by_class.unknown, 0, "what was never sent is refused, not unknown");
    assert_eq!(hasty.writes_by_class.rejected, hasty.errors);
}

#[test]
fn a_cache_node_has_connections_of_its_own() {
    let report = |pool| {
        let mut scenario = bare();
        scenario.duration = s(5);
        scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
        scenario.clients.keys = Keys::Scan { count: 1_000_000 };
        (scenario.cache.pool, scenario.database.workers) = (pool, 64);
        scenario.database.read = constant(ms(50));
        scenario.lanes = lane(Reading::read_through(), WriteAround::default());
        run(&scenario).report()
    };
    // Ten loads of 50 ms are 200 a second; nobody is refused, all wait.
    let few = report(Some(10));
    assert_eq!((few.errors, few.database.connections_max), (0, 10));
    assert!(few.latency_ms.read.max > 15_000.0, "{:?}", few.latency_ms.read);
    let many = report(None);
    assert!(many.database.connections_max > 40 && many.latency_ms.read.max < 200.0, "{:?}", many.latency_ms.read);
}

// ---- Cancelling ----

/// A read a second that takes 400 ms, and its caller 100.
fn impatient(cancel: bool) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(20);
    scenario.clients.arrivals = Arrivals::Constant { rate: 5.0 };
    scenario.database.read = constant(ms(400));
    scenario.network.app_database = constant(ms(1));
    (scenario.app.database_timeout, scenario.app.cancel) = (Some(ms(100)), cancel);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario
}

#[test]
fn a_query_runs_on_when_its_caller_gives_up_and_a_cancelled_one_ends() {
    let (runs_on, cancelled) = (run(&impatient(false)).report(), run(&impatient(true)).report());
    assert_eq!((runs_on.errors, cancelled.errors), (99, 99), "nobody has an answer either way");
    // 5 a second of 400 ms each are twice what one worker does; until the message comes, each has 100 ms.
    assert!(runs_on.database.utilisation > 0.98 && runs_on.database.queue_max > 40);
    close("utilisation", cancelled.database.utilisation, 0.5, 0.02);
    assert_eq!((cancelled.database.cancelled, cancelled.database.queue_max), (99, 0));
    assert_eq!((cancelled.database.reads, runs_on.database.cancelled), (0, 0));
}

#[test]
fn a_cancelled_query_leaves_the_queue_and_gives_back_its_locks_and_its_connection() {
    // Five writers of one row a second, each of 400 ms; those in line for the lock give up before they have it.
    let outcome = |cancel, connections| {
        let mut scenario = impatient(cancel);
        scenario.clients.write_ratio = 1.0;
        scenario.clients.keys = Keys::Uniform { count: 1 };
        scenario.clients.arrivals = Arrivals::Constant { rate: 50.0 };
        (scenario.database.workers, scenario.database.write) = (8, constant(ms(400)));
        scenario.database.connections = connections;
        run(&scenario)
    };
    let kept = outcome(false, Some(100)).report();
    assert!(kept.database.queue_max > 500 && kept.database.connections_max == 100, "{:?}", kept.database);
    let freed = outcome(true, Some(100));
    let report = freed.report();
    // At any time those of the last 100 ms are there, and none is ever done.
    assert!(report.database.connections_max <= 7 && report.database.queue_max == 0, "{:?}", report.database);
    // The last ones are cancelled while the run drains.
    assert!((0..=6).contains(&(report.errors - report.database.cancelled)), "{:?}", report.database);
    assert_eq!(report.database.writes + report.database.drain_writes, 0);
    assert_eq!(freed.ledger().counts().unknown, report.errors, "their clients cannot know");
}

#[test]
fn a_message_that_comes_too_late_or_too_early_cancels_nothing_else() {
    for (seed, timeout) in [(1, 20), (2, 21), (3, 30), (4, 5)] {
        let mut scenario = impatient(true);
        scenario.seed = seed;
        scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
        scenario.clients.write_ratio = 0.5;
        scenario.clients.keys = Keys::Uniform { count: 3 };
        scenario.network.app_database = Distribution::Exponential(ms(5));
        (scenario.database.read, scenario.database.write) =
            (Distribution::Exponential(ms(8)), Distribution::Exponential(ms(8)));
        (scenario.database.workers, scenario.app.retries, scenario.app.database_timeout) = (2, 2, Some(ms(timeout)));
        let lane = run(&scenario);
        let report = lane.report();
        assert!(report.database.cancelled > 20 && report.errors < report.requests, "{:?}", report.database);
        let kinds: Vec<CallError> = lane.errors().filter(|(_, n)| *n > 0).map(|(failure, _)| failure).collect();
        assert_eq!(kinds, [CallError::TimedOut], "an answer to a cancelled query reaches nobody");
    }
}

// ---- Links ----

#[test]
fn messages_overtake_each_other_unless_told_otherwise() {
    let network = Network::default();
    for link in [Link::AppCache, Link::AppDatabase, Link::CacheDatabase] {
        assert!(matches!(network.latency(link), Distribution::Lognormal { .. }), "{link}");
    }
    // Two writers of one key commit in one order and reach the cache in the other: the older value stays.
    let old_copies = |app_cache: Distribution| {
        let mut scenario = bare();
        scenario.duration = s(60);
        scenario.clients.arrivals = Arrivals::Poisson { rate: 2_000.0 };
        scenario.clients.keys = Keys::Uniform { count: 50 };
        scenario.clients.write_ratio = 1.0;
        scenario.network.app_cache = app_cache;
        (scenario.database.workers, scenario.database.write) = (64, constant(Nanos::from_micros(100)));
        scenario.lanes =
            lane(Reading::look_aside(), WriteAround { cached: Invalidate::Update, ..WriteAround::default() });
        let mut lane = Simulation::new(&scenario, 0, None).expect("no trace is needed");
        let mut old = 0;
        for look in 1..600 {
            lane.run_until(ms(100 * look));
            old += (0..50).filter(|&key| lane.cached(key).is_some_and(|copy| copy < lane.committed(key))).count();
        }
        // A copy may be on its way: that is nobody's fault, and about as frequent in both.
        old
    };
    let (even, varying) = (old_copies(constant(Nanos::from_micros(254))), old_copies(network.app_cache.clone()));
    assert!(varying > even + 100, "{varying} against {even}");
}

// ---- Sizes ----

/// One read a second of a value of 100 MB, which is cached, or not.
fn large_values(read: Reading) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(20);
    scenario.clients.arrivals = Arrivals::Constant { rate: 1.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.value_size = Sizes::Constant(Bytes(100_000_000));
    scenario.lanes = lane(read, WriteAround::default());
    scenario
}

#[test]
fn a_value_takes_its_time_on_the_wire_and_on_the_node() {
    let hit = |change: fn(&mut Scenario)| {
        let mut scenario = large_values(Reading::look_aside());
        scenario.warmup = ms(1_500); // the first is a miss
        change(&mut scenario);
        let read = run(&scenario).report().latency_ms.read;
        (read.p50, read.max)
    };
    let gigabytes = |n: u64| Some(Bytes(n * 1_000_000_000));
    assert_eq!(hit(|_| {}), (0.0, 0.0));
    assert_eq!(hit(|s| s.network.bandwidth.app_cache = Some(Bytes(1_250_000_000))), (80.0, 80.0));
    assert_eq!(hit(|s| s.cache.throughput = Some(Bytes(2_500_000_000))), (40.0, 40.0));
    // A miss carries it from the database to the server, and from there to the cache.
    let mut missed = large_values(Reading::look_aside());
    missed.duration = ms(1_500);
    (missed.network.bandwidth.app_cache, missed.network.bandwidth.app_database) = (gigabytes(1), gigabytes(2));
    assert_eq!(run(&missed).report().latency_ms.read.max, 150.0);
    // A write carries it there, and its answer nothing back.
    let mut written = large_values(Reading::None {});
    (written.clients.write_ratio, written.network.bandwidth.app_database) = (1.0, gigabytes(1));
    let cached = WriteAround { cached: Invalidate::Leave, ..WriteAround::default() };
    written.lanes = lane(Reading::None {}, cached);
    assert_eq!(run(&written).report().latency_ms.write.max, 100.0);
}

#[test]
fn what_says_that_there_is_no_row_carries_nothing() {
    let gigabyte = Some(Bytes(1_000_000_000));
    let slow = |scenario: &mut Scenario| {
        let bandwidth = &mut scenario.network.bandwidth;
        (bandwidth.client_app, bandwidth.app_cache, bandwidth.app_database) = (gigabyte, gigabyte, gigabyte);
        scenario.cache.throughput = gigabyte;
    };
    let mut deleted = large_values(Reading::look_aside());
    (deleted.clients.delete_ratio, deleted.lanes) = (1.0, lane(Reading::look_aside(), WriteThrough::default()));
    slow(&mut deleted);
    assert_eq!(run(&deleted).report().latency_ms.write.max, 0.0);
    // A reader who finds no row, and has that remembered.
    let negative = LookAside { negative: Some(s(1)), ..LookAside::default() };
    let mut missing = large_values(Reading::LookAside(negative));
    missing.clients.absent = 1.0;
    slow(&mut missing);
    assert_eq!(run(&missing).report().latency_ms.read.max, 0.0);
}

#[test]
fn an_expired_entry_is_not_copied() {
    let slowest = |ttl| {
        let mut scenario = large_values(Reading::look_aside());
        (scenario.cache.ttl, scenario.cache.throughput) = (Ttl::Fixed(ttl), Some(Bytes(1_000_000_000)));
        run(&scenario).report().latency_ms.read.max
    };
    // A hit costs 100 ms, a miss as much for the fill, and no more where something expired is found.
    assert_eq!((slowest(s(3_600)), slowest(ms(1))), (100.0, 100.0));
}

#[test]
fn what_a_cut_link_has_held_back_still_goes_one_after_the_other() {
    let mut scenario = large_values(Reading::None {});
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.clients.write_ratio, scenario.clients.keys) = (1.0, Keys::Scan { count: 1_000 });
    scenario.network.bandwidth.app_database = Some(Bytes(2_000_000_000));
    (scenario.duration, scenario.database.workers) = (s(4), 64);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    let mean = |scenario: &Scenario| run(scenario).report().latency_ms.write.mean;
    close("each alone", mean(&scenario), 50.0, 0.001);
    let cut = Fault { lasts: ms(1_000), ..Fault::new(FaultKind::Partition, ms(1_020)) };
    scenario.faults = vec![Fault { which: Some(FaultTarget::Link(Link::AppDatabase)), ..cut }];
    // Ten leave when it heals, at 2.02 s, 50 ms after one another: 970, 920, … 520 ms after they were sent. The nine behind
    // them wait less and less. Were they on the wire all at once, the mean would be half.
    let mean = mean(&scenario);
    assert!((290.0..320.0).contains(&mean), "{mean} ms");
}

#[test]
fn a_slow_link_carries_values_as_slowly_as_messages() {
    let mut scenario = large_values(Reading::None {});
    scenario.network.bandwidth.app_database = Some(Bytes(2_000_000_000));
    scenario.faults = vec![Fault { lasts: s(30), times: Some(3.0), ..Fault::new(FaultKind::LinkSlow, Nanos(1)) }];
    scenario.faults[0].which = Some(FaultTarget::Link(Link::AppDatabase));
    assert_eq!(run(&scenario).report().latency_ms.read.max, 150.0);
}

#[test]
fn values_to_one_machine_go_one_after_the_other_and_to_several_side_by_side() {
    // Ten reads a second of 80 ms each on the wire are most of what it carries; twenty are more.
    let slowest = |rate, shards, size| {
        let mut scenario = large_values(Reading::LookAside(LookAside { warm_up: 50, ..LookAside::default() }));
        scenario.clients.arrivals = Arrivals::Poisson { rate };
        scenario.clients.keys = Keys::Uniform { count: 50 };
        scenario.clients.value_size = Sizes::Constant(Bytes(size));
        (scenario.cache.capacity, scenario.cache.shards) = (50.into(), shards);
        (scenario.warmup, scenario.duration) = (s(10), s(60));
        scenario.network.bandwidth.app_cache = Some(Bytes(1_250_000));
        run(&scenario).report().latency_ms.read.p50
    };
    let (one, four) = (slowest(20.0, 1, 100_000), slowest(20.0, 4, 100_000));
    assert!(one > 2_000.0 && four < 200.0, "{one} and {four} ms");
    assert_eq!(slowest(20.0, 1, 0), 0.0, "what has no size takes no time");
}

// ---- Read replicas ----

/// One key, written once a second and read a hundred times, in a database that takes no time and replicas 100 ms behind.
fn replicated(replicas: u32) -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(600);
    scenario.clients.arrivals = Arrivals::Poisson { rate: 101.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.write_ratio = 1.0 / 101.0;
    (scenario.database.replicas, scenario.database.lag) = (replicas, constant(ms(100)));
    scenario.lanes = lane(Reading::None {}, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    scenario
}

#[test]
fn a_read_of_a_replica_is_stale_as_often_as_something_was_written_within_its_lag() {
    let report = run(&replicated(2)).report();
    // Poisson writes, one a second: 1 − e^(−0.1).
    close("stale share", report.stale_reads as f64 / report.reads as f64, 1.0 - libm::exp(-0.1), 0.05);
    assert!(report.stale_age_ms.max <= 100.0, "{:?}", report.stale_age_ms);
    let short = Scenario { duration: s(60), ..replicated(0) };
    assert_eq!(run(&short).report().stale_reads, 0, "the primary knows");
}

#[test]
fn replicas_share_the_reads_and_the_primary_has_the_writes() {
    let queue_max = |replicas| {
        let mut scenario = replicated(replicas);
        scenario.duration = s(60);
        scenario.clients.arrivals = Arrivals::Poisson { rate: 300.0 };
        scenario.database.read = Distribution::Exponential(ms(10));
        run(&scenario).report().database.queue_max
    };
    // 300 reads a second are three times what one worker does, and a quarter less than four do.
    assert!(queue_max(0) > 5_000 && queue_max(4) < 100, "{} and {}", queue_max(0), queue_max(4));
}

#[test]
fn a_fill_from_a_replica_outlives_the_delete_and_leases_do_not_help() {
    let stale_age = |replicas, leases| {
        let mut scenario = replicated(replicas);
        (scenario.duration, scenario.cache.ttl) = (s(300), Ttl::Fixed(s(60)));
        let read = Reading::LookAside(LookAside { leases, ..LookAside::default() });
        scenario.lanes = lane(read, WriteAround::default());
        run(&scenario).report().stale_age_ms.p50
    };
    for leases in [Leases::None, Leases::Wait] {
        assert!(stale_age(1, leases) > 300.0, "until the next write: {leases:?}");
        assert_eq!(stale_age(0, leases), 0.0, "{leases:?}");
    }
}

#[test]
fn what_decides_about_a_write_is_read_from_the_primary() {
    let lost = |modify: Modify| {
        let mut scenario = replicated(1);
        scenario.duration = s(60);
        (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 0.1);
        scenario.lanes[0].modify = modify;
        let report = run(&scenario).report();
        (report.lost_increments, report.errors)
    };
    assert_eq!(lost(Modify::CompareAndSet { tries: 3 }), (0, 0), "a stale value would never be the expected one");
    assert_eq!(lost(Modify::Increment {}), (0, 0));
    assert!(lost(Modify::Naive {}).0 > 50, "who reads a replica and writes back loses what it has not received");
}

// ---- What it all comes to ----

/// `../shared/cases/never-comes-back.toml`, with all its defaults: one flush at 60 s, callers who give up after a second.
fn never_comes_back(lane: &str) -> Scenario {
    let text = "duration = \"180s\"\n[clients]\n\
                arrivals = { kind = \"spike\", rate = 200, times = 5, at = \"30s\", for = \"150s\" }\n\
                keys = { kind = \"uniform\", count = 2000 }\nwrite_ratio = 0\n[app]\nservers = 4\n[network]\nclient_app = \"0s\"\n\
                [cache]\ncapacity = 1800\nttl = \"none\"\n[database]\nworkers = 30\nqueue = 10000\nread = \"100ms\"\n\
                [[lane]]\nLANE\n[[fault]]\nat = \"60s\"\nwhat = \"cache.flush-all\"\n";
    Scenario::from_toml(&text.replace("LANE", lane)).unwrap_or_else(|error| panic!("{error}"))
}

/// The hit ratio from one moment to another, seconds.
fn hit_ratio(lane: &mut Simulation, from: u64, to: u64) -> f64 {
    let mut counts = [from, to].map(|at| {
        lane.run_until(Nanos(s(at).0 - 1));
        let report = lane.report();
        (report.hits, report.hits + report.misses)
    });
    let [before, after] = &mut counts;
    (after.0 - before.0) as f64 / (after.1 - before.1) as f64
}

#[test]
fn look_aside_never_comes_back_from_an_empty_cache_and_read_through_is_back_in_twenty_seconds() {
    let trapped = [
        "read = \"look-aside\"\napp = { database_timeout = \"1s\" }",
        "read = { kind = \"look-aside\", single_flight = true }\napp = { database_timeout = \"1s\" }",
    ];
    for lane in trapped {
        let mut run = Simulation::new(&never_comes_back(lane), 0, None).expect("no trace is needed");
        let (before, after) = (hit_ratio(&mut run, 50, 60), hit_ratio(&mut run, 120, 180));
        assert!(before > 0.85 && after < 0.3, "{lane}: {before:.3} before, {after:.3} at the end");
    }
    let through = never_comes_back("read = \"read-through\"\napp = { cache_timeout = \"1s\" }");
    let mut run = Simulation::new(&through, 0, None).expect("no trace is needed");
    let back = hit_ratio(&mut run, 80, 100);
    assert!(back > 0.88, "{back:.3} twenty seconds after");
    // That a query ends with its caller does not help: who comes to the head of the line has hardly any patience left. A line in
    // which nobody waits for long does: who gets a connection has the time to make use of it.
    for (more, ratios) in [("cancel = true", 0.0..0.3), ("pool_timeout = \"500ms\"", 0.85..1.0)] {
        let lane = format!("read = \"look-aside\"\napp = {{ database_timeout = \"1s\", {more} }}");
        let mut run = Simulation::new(&never_comes_back(&lane), 0, None).expect("no trace is needed");
        let after = hit_ratio(&mut run, 120, 180);
        assert!(ratios.contains(&after), "{after:.3} with {more}");
    }
}

#[test]
fn replicas_go_on_reading_while_their_primary_is_gone_or_stands_still() {
    for what in [FaultKind::DatabaseOutage, FaultKind::DatabasePowerLoss, FaultKind::DatabaseFreeze] {
        let failed = |replicas| {
            let mut scenario = replicated(replicas);
            (scenario.duration, scenario.app.database_timeout) = (s(60), Some(s(1)));
            scenario.faults = vec![Fault { lasts: s(20), ..Fault::new(what, s(20)) }];
            run(&scenario).report().errors
        };
        // A hundred reads and one write a second, for 20 s.
        let (alone, helped) = (failed(0), failed(2));
        assert!(alone > 1_900 && (5..60).contains(&helped), "{what:?}: {alone} and {helped} errors");
    }
}

#[test]
fn where_nothing_reads_the_cache_nothing_is_deleted_there() {
    let commands = |read: Reading, cached| {
        let mut scenario = replicated(0);
        scenario.duration = s(20);
        scenario.lanes = lane(read, WriteAround { cached, ..WriteAround::default() });
        run(&scenario).report().cache.commands
    };
    assert_eq!(commands(Reading::None {}, Invalidate::Delete), 0);
    assert!(commands(Reading::None {}, Invalidate::Update) > 0, "whoever asks for it has it");
    assert!(commands(Reading::look_aside(), Invalidate::Delete) > 0);
}
