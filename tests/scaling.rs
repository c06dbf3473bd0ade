//! Cost grows with the work: four times the requests, keys, lanes, faults … take at most six times the steps.
//!
//! Steps, not seconds: the engine counts its events and every entry that it goes over while it handles them
//! ([`cachelane::work`]). A list that is searched for each request shows here as sixteen times the steps. That loops say
//! how far they go is held by the second test.

use cachelane::bytes::Bytes;
use cachelane::experiment::Experiment;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use cachelane::work;

use crate::common::{constant, in_parallel, ms};

/// The work is multiplied by this, and the steps by at most the other.
const TIMES: u32 = 4;
const STEPS_TIMES_MAX: f64 = 6.0;

/// Fewer steps than this are no measure of anything.
const STEPS_LEAST: u64 = 8_000;

/// Steps of a run from its beginning to its end, with a look at the report twenty times on the way.
pub fn steps(scenario: &Scenario) -> u64 {
    assert_eq!(scenario.check(), Ok(()));
    let mut experiment = Experiment::new(scenario, None).expect("no trace is needed");
    let before = work::done();
    for look in 1..=20 {
        experiment.advance(Nanos(scenario.duration.0 / 20 * look), || false);
        let report = experiment.report();
        assert_eq!(report.lanes.len(), scenario.lanes.len());
    }
    experiment.advance(Nanos::MAX, || false);
    assert!(experiment.finished());
    work::done() - before
}

/// Even traffic at `rate` for a second, over many keys; reads and writes alike; nobody gives up.
fn world(rate: u32) -> Scenario {
    let mut scenario = Scenario { duration: Nanos::from_secs(1), warmup: Nanos::ZERO, ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Constant { rate: f64::from(rate) };
    scenario.clients.keys = Keys::Uniform { count: 1_000_000 };
    scenario.clients.write_ratio = 0.5;
    scenario.cache.capacity = Capacity::Entries(1_000_000);
    scenario.cache.command = Distribution::Constant(Nanos::from_micros(1));
    scenario.database.workers = 1_000;
    scenario.database.queue = 10_000_000;
    (scenario.app.cores, scenario.app.pool, scenario.app.pool_timeout) = (None, None, None);
    scenario.database.connections = None;
    scenario.database.read = constant(ms(1));
    scenario.database.write = constant(ms(1));
    scenario
}

fn writing(rate: u32, write: Writing) -> Scenario {
    let mut scenario = world(rate);
    scenario.clients.write_ratio = 1.0;
    scenario.lanes[0].write = write;
    scenario
}

fn one_key(mut scenario: Scenario) -> Scenario {
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario
}

fn reading(rate: u32, read: Reading) -> Scenario {
    let mut scenario = world(rate);
    scenario.clients.write_ratio = 0.0;
    scenario.lanes[0].read = read;
    scenario
}

fn write_back(options: WriteBack) -> Writing {
    Writing::WriteBack(options)
}

/// A fault of the first server, or of all nodes.
fn with_fault(mut scenario: Scenario, what: FaultKind, at: u64, lasts: u64) -> Scenario {
    let which = match what.part() {
        Part::App => Some(FaultTarget::Server(0)),
        Part::Link => Some(FaultTarget::Link(Link::AppDatabase)),
        Part::Cache | Part::Replica | Part::Worker | Part::Database => None,
    };
    scenario.faults.push(Fault { which, lasts: ms(lasts), ..Fault::new(what, ms(at)) });
    scenario
}

/// Crashes of the first server all the time, while the second has everything under way.
fn with_crashes(mut scenario: Scenario, what: FaultKind) -> Scenario {
    let which = if what.part() == Part::Database { None } else { Some(FaultTarget::Server(0)) };
    scenario.faults.push(Fault { which, lasts: ms(2), ..Fault::new(what, FaultTime::Every(ms(5))) });
    scenario
}

fn replicated(rate: u32, lag: u64, wait: u32) -> Scenario {
    let mut scenario = writing(rate, Writing::WriteThrough(WriteThrough::default()));
    (scenario.cache.replicas, scenario.cache.wait, scenario.cache.lag) = (2, wait, constant(ms(lag)));
    scenario.cache.wait_timeout = Nanos::from_secs(5);
    scenario
}

/// Traffic of one key whose messages overtake each other.
fn overtaking(mut scenario: Scenario) -> Scenario {
    scenario.network.client_app = Distribution::Uniform { min: Nanos::ZERO, max: ms(500) };
    one_key(scenario)
}

pub type Part4 = (&'static str, fn(u32) -> Scenario);

/// Every part of the world, at so many times its work.
pub const PARTS: &[Part4] = &[
    // ---- Traffic ----
    ("rate", |n| world(2_000 * n)),
    ("duration", |n| Scenario { duration: Nanos::from_secs(u64::from(n)), ..world(2_000) }),
    ("lanes", |n| Scenario { lanes: vec![Lane::default(); 2 * n as usize], ..world(1_000) }),
    ("users", |n| {
        let mut scenario = world(1);
        scenario.clients.arrivals = Arrivals::Closed { users: 50 * n, think: constant(ms(20)) };
        scenario
    }),
    ("keys, one after the other", |n| {
        let mut scenario = world(2_000 * n);
        scenario.clients.keys = Keys::Scan { count: 2_000 * n };
        scenario
    }),
    ("scans", |n| {
        let mut scenario = world(50 * n);
        (scenario.clients.write_ratio, scenario.clients.scan_ratio) = (0.0, 1.0);
        scenario
    }),
    ("multi-gets", |n| {
        let mut scenario = world(50 * n);
        (scenario.clients.write_ratio, scenario.clients.multi_get_ratio) = (0.0, 1.0);
        scenario
    }),
    ("inserts", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.clients.insert_ratio, scenario.clients.keys) = (0.5, Keys::Latest { count: 1_000, alpha: 1.0 });
        scenario
    }),
    ("one hot key whose answers overtake each other", |n| overtaking(world(2_000 * n))),
    ("one hot key of one client whose answers overtake each other", |n| {
        let mut scenario = overtaking(world(2_000 * n));
        scenario.clients.sessions = 1;
        scenario
    }),
    ("stale reads of one hot key", |n| {
        let mut scenario = overtaking(world(2_000 * n));
        scenario.lanes[0].write =
            Writing::WriteAround(WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
        scenario
    }),
    // ---- Reading ----
    ("loads of read-through", |n| {
        let mut scenario = reading(2_000 * n, Reading::read_through());
        scenario.database.read = constant(ms(300));
        scenario
    }),
    ("loads that writes overtake", |n| {
        let mut scenario = world(2_000 * n);
        scenario.lanes[0].read = Reading::read_through();
        (scenario.clients.keys, scenario.database.read) = (Keys::Uniform { count: 2_000 }, constant(ms(300)));
        scenario
    }),
    ("one load and all who wait for it", |n| {
        let mut scenario = one_key(reading(2_000 * n, Reading::read_through()));
        scenario.database.read = constant(ms(900));
        scenario
    }),
    ("loads when the cache crashes", |n| {
        let mut scenario = reading(2_000 * n, Reading::read_through());
        scenario.database.read = constant(ms(300));
        with_crashes(scenario, FaultKind::CacheCrash)
    }),
    ("single flight", |n| {
        let mut scenario =
            reading(2_000 * n, Reading::LookAside(LookAside { single_flight: true, ..LookAside::default() }));
        (scenario.clients.keys, scenario.database.read) = (Keys::Uniform { count: 100 }, constant(ms(300)));
        scenario
    }),
    ("leases whose loads outlive the run", |n| {
        let how = LookAside { leases: Leases::Wait, ..LookAside::default() };
        let mut scenario = one_key(reading(100 * n, Reading::LookAside(how)));
        scenario.database.read = constant(ms(1_500));
        scenario
    }),
    ("leases of many keys", |n| {
        let how = LookAside { leases: Leases::Stale, ..LookAside::default() };
        let mut scenario = world(2_000 * n);
        (scenario.lanes[0].read, scenario.clients.keys) = (Reading::LookAside(how), Keys::Uniform { count: 5_000 });
        scenario
    }),
    ("early and ahead refreshes", |n| {
        let how = ReadThrough { early_refresh: Some(1.0), refresh_ahead: Some(0.5), ..ReadThrough::default() };
        let mut scenario = reading(2_000 * n, Reading::ReadThrough(how));
        (scenario.cache.ttl, scenario.clients.keys) = (Ttl::Fixed(ms(100)), Keys::Uniform { count: 500 * n });
        scenario.database.read = constant(ms(50));
        scenario
    }),
    ("keys to warm up with", |n| {
        let how = LookAside { warm_up: 2_000 * n, ..LookAside::default() };
        Scenario { lanes: vec![Lane { read: Reading::LookAside(how), ..Lane::default() }], ..world(100) }
    }),
    ("shards to warm up", |n| {
        let mut scenario = reading(100, Reading::LookAside(LookAside { warm_up: 20_000, ..LookAside::default() }));
        scenario.cache.shards = 4 * n;
        scenario
    }),
    ("near caches", |n| {
        let mut scenario = world(1_000);
        scenario.app.servers = 4 * n;
        scenario.app.near = Some(Near { invalidate: Tell::Messages, ..Near::default() });
        scenario.clients.keys = Keys::Uniform { count: 100 };
        scenario
    }),
    ("near caches when the cache crashes", |n| {
        let mut scenario = world(1_000);
        scenario.app.servers = 4 * n;
        scenario.app.near = Some(Near { invalidate: Tell::Messages, capacity: 10_000, ..Near::default() });
        with_crashes(scenario, FaultKind::CacheCrash)
    }),
    // ---- Writing ----
    ("delete-twice", |n| {
        let how = WriteAround { cached: Invalidate::DeleteTwice, delay: ms(500), ..WriteAround::default() };
        writing(2_000 * n, Writing::WriteAround(how))
    }),
    ("early answers", |n| {
        let (order, acknowledge) = (Order::CacheFirst, Acknowledge::First);
        let how = WriteThrough { order, acknowledge, delay: ms(500), ..WriteThrough::default() };
        writing(2_000 * n, Writing::WriteThrough(how))
    }),
    ("early answers when servers crash", |n| {
        let (order, acknowledge) = (Order::CacheFirst, Acknowledge::First);
        let how = WriteThrough { order, acknowledge, delay: ms(500), ..WriteThrough::default() };
        with_crashes(writing(2_000 * n, Writing::WriteThrough(how)), FaultKind::AppCrash)
    }),
    ("increments of one key", |n| {
        let mut scenario = one_key(world(1_000 * n));
        (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
        scenario.lanes[0].modify = Modify::Increment {};
        scenario
    }),
    ("increments of rows that are not there", |n| {
        let mut scenario = writing(2_000 * n, write_back(WriteBack::default()));
        (scenario.clients.write_ratio, scenario.clients.modify_ratio, scenario.clients.absent) = (0.0, 1.0, 1.0);
        (scenario.lanes[0].read, scenario.lanes[0].modify) = (Reading::read_through(), Modify::Increment {});
        scenario
    }),
    ("outbox", |n| writing(1_000 * n, Writing::Outbox(Outbox { batch: 10, ..Outbox::default() }))),
    ("outbox whose relay is slow", |n| {
        let mut scenario = writing(1_000 * n, Writing::Outbox(Outbox { batch: 1_000, ..Outbox::default() }));
        scenario.cache.command = Distribution::Constant(ms(1));
        scenario
    }),
    ("write-back", |n| writing(2_000 * n, write_back(WriteBack { every: ms(100), ..WriteBack::default() }))),
    ("write-back of one key that does not coalesce", |n| {
        let how = WriteBack { every: ms(900), batch: 1_000_000, coalesce: false, ..WriteBack::default() };
        one_key(writing(2_000 * n, write_back(how)))
    }),
    ("write-back in batches of one that does not coalesce", |n| {
        let how = WriteBack { every: ms(500), batch: 1, coalesce: false, ..WriteBack::default() };
        one_key(writing(1_000 * n, write_back(how)))
    }),
    ("write-back of one key whose flushes fail", |n| {
        let how = WriteBack { every: ms(20), batch: 10, coalesce: false, requeue: 200, ..WriteBack::default() };
        with_fault(one_key(writing(2_000 * n, write_back(how))), FaultKind::DatabaseOutage, 100, 800)
    }),
    ("write-back of one key when the cache crashes", |n| {
        let how = WriteBack { every: ms(300), batch: 10_000, coalesce: false, ..WriteBack::default() };
        with_fault(one_key(writing(2_000 * n, write_back(how))), FaultKind::CacheCrash, 950, 10)
    }),
    ("debounced rows", |n| {
        let how = WriteBack { every: ms(5), delay: ms(500), batch: 10, ..WriteBack::default() };
        writing(2_000 * n, write_back(how))
    }),
    ("debounced rows that are written again", |n| {
        let how = WriteBack { every: ms(5), delay: ms(400), batch: 10, ..WriteBack::default() };
        let mut scenario = writing(2_000 * n, write_back(how));
        scenario.clients.keys = Keys::Uniform { count: 500 * n };
        scenario
    }),
    ("debounced rows that do not coalesce", |n| {
        let how = WriteBack { every: ms(5), delay: ms(500), batch: 10, coalesce: false, ..WriteBack::default() };
        let mut scenario = writing(2_000 * n, write_back(how));
        scenario.clients.keys = Keys::Uniform { count: 20 };
        scenario
    }),
    ("a dirty set that is read first", |n| {
        let take = Take::ReadThenDelete;
        let how = WriteBack { every: ms(20), delay: ms(300), batch: 10, take, ..WriteBack::default() };
        writing(2_000 * n, write_back(how))
    }),
    ("writers who wait for room", |n| {
        let how = WriteBack { every: ms(10), bound: Some(20), batch: 20, ..WriteBack::default() };
        writing(1_000 * n, write_back(how))
    }),
    ("dirty entries that are evicted", |n| {
        let how = WriteBack { every: ms(500), coalesce: false, ..WriteBack::default() };
        let mut scenario = writing(2_000 * n, write_back(how));
        (scenario.cache.capacity, scenario.clients.keys) = (Capacity::Entries(2), Keys::Uniform { count: 3 });
        scenario.database.batch.base = Some(constant(ms(200)));
        scenario
    }),
    ("dirty entries that expire", |n| {
        let how = WriteBack { every: ms(900), on_expiry: DirtyEnd::Drop, ..WriteBack::default() };
        let mut scenario = writing(2_000 * n, write_back(how));
        scenario.cache.ttl = Ttl::Fixed(ms(100));
        scenario
    }),
    // ---- What breaks ----
    ("a frozen server", |n| {
        let mut scenario = writing(2_000 * n, Writing::WriteAround(WriteAround::default()));
        scenario.database.write = constant(ms(200));
        with_fault(scenario, FaultKind::AppFreeze, 300, 600)
    }),
    ("a frozen database", |n| with_fault(world(2_000 * n), FaultKind::DatabaseFreeze, 100, 800)),
    ("a frozen cache", |n| with_fault(world(2_000 * n), FaultKind::CacheFreeze, 100, 800)),
    ("a frozen master whose writes wait for replicas", |n| {
        with_fault(replicated(2_000 * n, 300, 1), FaultKind::CacheFreeze, 350, 400)
    }),
    ("frozen masters one after the other", |n| {
        let mut scenario = replicated(2_000 * n, 100, 1);
        scenario.cache.shards = 4;
        scenario.faults.push(Fault { lasts: ms(50), ..Fault::new(FaultKind::CacheFreeze, FaultTime::Every(ms(50))) });
        scenario
    }),
    ("a partition", |n| with_fault(world(2_000 * n), FaultKind::Partition, 100, 800)),
    ("lost messages", |n| with_fault(world(1_000 * n), FaultKind::LinkLoss, 100, 800)),
    ("crashes of a server", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.database.read, scenario.database.write) = (constant(ms(500)), constant(ms(500)));
        with_crashes(scenario, FaultKind::AppCrash)
    }),
    ("crashes of the cache", |n| with_crashes(world(2_000 * n), FaultKind::CacheCrash)),
    ("crashes of a cache of many keys", |n| {
        let mut scenario = world(1_000);
        scenario.clients.keys = Keys::Uniform { count: 100_000 * n };
        with_crashes(scenario, FaultKind::CacheCrash)
    }),
    ("a cache emptied again and again", |n| {
        let mut scenario = writing(2_000 * n, write_back(WriteBack { every: ms(900), ..WriteBack::default() }));
        scenario.faults.push(Fault { lasts: ms(1), ..Fault::new(FaultKind::FlushAll, FaultTime::Every(ms(20))) });
        scenario
    }),
    ("outages of the database", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.app.retries, scenario.app.backoff) = (3, ms(10));
        with_crashes(scenario, FaultKind::DatabaseOutage)
    }),
    ("faults of every kind", |n| {
        let mut scenario = writing(1_500, write_back(WriteBack { every: ms(10), ..WriteBack::default() }));
        (scenario.cache.replicas, scenario.clients.write_ratio) = (1, 0.5);
        scenario.app.work = Distribution::Constant(Nanos::from_micros(10));
        for number in 0..64 * n {
            let what = FaultKind::ALL[number as usize % FaultKind::ALL.len()];
            let mut fault = Fault { lasts: ms(300), ..Fault::new(what, ms(u64::from(number * 800 / (64 * n)))) };
            fault.which = with_fault(Scenario::default(), what, 1, 1).faults[0].which;
            fault.times = what.has_times().then_some(1.01);
            fault.share = what.has_share().then_some(0.01);
            scenario.faults.push(fault);
        }
        scenario
    }),
    ("slow-downs that overlap", |n| {
        let mut scenario = world(2_000);
        for number in 0..50 * n {
            let at = ms(u64::from(number * 800 / (50 * n)));
            scenario.faults.push(Fault { lasts: ms(150), times: Some(1.0), ..Fault::new(FaultKind::CacheSlow, at) });
        }
        scenario
    }),
    ("triggered faults", |n| {
        let mut scenario = writing(2_000, write_back(WriteBack { every: ms(2), ..WriteBack::default() }));
        for number in 0..100 * u64::from(n) {
            scenario.faults.push(Fault {
                lasts: ms(1),
                ..Fault::new(FaultKind::DatabaseSlow, FaultTime::BeforeFlush(1 + number))
            });
            let at = FaultTime::AfterAcknowledged(1 + number);
            scenario.faults.push(Fault { lasts: ms(1), ..Fault::new(FaultKind::DatabaseSlow, at) });
        }
        scenario
    }),
    // ---- Queues and pools ----
    ("the database's queue", |n| {
        let mut scenario = world(2_000 * n);
        scenario.database.workers = 4;
        scenario
    }),
    ("requests that give up in the queue", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.database.workers, scenario.app.database_timeout) = (1, Some(ms(200)));
        scenario
    }),
    ("writers of one row", |n| one_key(writing(1_000 * n, Writing::WriteAround(WriteAround::default())))),
    ("writers of one row who give up", |n| {
        let mut scenario = one_key(writing(2_000 * n, Writing::WriteAround(WriteAround::default())));
        (scenario.app.database_timeout, scenario.app.cancel) = (Some(ms(300)), true);
        scenario.database.write = constant(ms(5));
        scenario
    }),
    ("writers of one row who use up the connections", |n| {
        let mut scenario = world(2_000 * n);
        scenario.clients.keys = Keys::HotSet { count: 100_000, hot: 0.00001, traffic: 0.9, moves_every: None };
        (scenario.database.connections, scenario.database.write) = (Some(50 * n), constant(ms(5)));
        scenario
    }),
    ("compare and set of one row", |n| {
        let mut scenario = one_key(world(400 * n));
        (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
        scenario.lanes[0].modify = Modify::CompareAndSet { tries: 3 };
        scenario
    }),
    ("readers who keep a row from its writers", |n| {
        let mut scenario = one_key(world(2_000 * n));
        scenario.database.reads = Reads::Locking;
        scenario.lanes[0].read = Reading::None {};
        scenario
    }),
    ("replicas of the database", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.database.replicas, scenario.database.lag) = (2, constant(ms(300)));
        scenario
    }),
    ("queries that are cancelled in the queue", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.database.workers, scenario.app.database_timeout, scenario.app.cancel) = (1, Some(ms(200)), true);
        scenario
    }),
    ("the servers' cores", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.app.cores, scenario.app.work) = (Some(2), constant(ms(5)));
        scenario
    }),
    ("the servers' places", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.app.concurrency, scenario.app.work) = (Some(2), constant(ms(5)));
        scenario
    }),
    ("pools whose callers give up", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.app.pool, scenario.app.database_timeout) = (Some(2), Some(ms(300)));
        scenario.database.read = constant(ms(20));
        scenario.database.write = constant(ms(20));
        scenario
    }),
    ("a pool of a frozen server", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.app.pool, scenario.database.write, scenario.database.read) =
            (Some(400 * n), constant(ms(200)), constant(ms(200)));
        with_fault(scenario, FaultKind::AppFreeze, 300, 600)
    }),
    ("servers, most of them down", |n| {
        let mut scenario = world(2_000);
        scenario.app.servers = 16 * n;
        for server in 1..16 * n {
            let fault = Fault::new(FaultKind::AppCrash, Nanos::ZERO);
            scenario.faults.push(Fault { which: Some(FaultTarget::Server(server)), lasts: ms(900), ..fault });
        }
        scenario
    }),
    ("retries", |n| {
        let mut scenario = world(500 * n);
        (scenario.app.retries, scenario.app.backoff, scenario.database.abort) = (10, ms(1), 1.0);
        scenario
    }),
    ("a breaker", |n| {
        let mut scenario = world(2_000 * n);
        scenario.app.breaker = Some(Breaker { failures: 2, open_for: ms(10), ..Breaker::default() });
        with_fault(scenario, FaultKind::DatabaseOutage, 100, 800)
    }),
    // ---- The cache's memory ----
    ("shards", |n| {
        let mut scenario = world(2_000);
        (scenario.cache.shards, scenario.clients.keys) = (4 * n, Keys::zipf(10_000, 0.9));
        scenario
    }),
    ("shards that crash", |n| {
        let mut scenario = world(1_000);
        scenario.cache.shards = 4 * n;
        with_crashes(scenario, FaultKind::CacheCrash)
    }),
    ("writes that wait for replicas", |n| replicated(2_000 * n, 500, 1)),
    ("a hot key of which replicas answer the reads", |n| {
        let mut scenario = replicated(2_000 * n, 500, 1);
        (scenario.clients.keys, scenario.cache.reads) = (Keys::Uniform { count: 1 }, ReadsFrom::Replicas);
        scenario
    }),
    ("replicas", |n| Scenario {
        cache: Cache { replicas: 2 * n, ..replicated(1_000, 500, 1).cache },
        ..replicated(1_000, 500, 1)
    }),
    ("failovers", |n| {
        let mut scenario = replicated(2_000 * n, 50, 1);
        (scenario.cache.failover, scenario.cache.loading) = (Some(ms(5)), Nanos::ZERO);
        scenario.faults.push(Fault { lasts: ms(20), ..Fault::new(FaultKind::CacheCrash, FaultTime::Every(ms(40))) });
        scenario
    }),
    ("replicas that crash", |n| {
        let mut scenario = replicated(2_000 * n, 300, 1);
        scenario.faults.push(Fault { lasts: ms(20), ..Fault::new(FaultKind::ReplicaCrash, FaultTime::Every(ms(40))) });
        scenario
    }),
    ("snapshots", |n| {
        let mut scenario = writing(2_000 * n, write_back(WriteBack { every: ms(100), ..WriteBack::default() }));
        let per_entry = Nanos::from_micros(1);
        scenario.cache.persistence = Persistence::Snapshots { every: ms(50), changes: 1, per_entry, also: Vec::new() };
        with_fault(scenario, FaultKind::CacheCrash, 700, 20)
    }),
    ("an append-only file, synced each time", |n| {
        let mut scenario = writing(2_000 * n, write_back(WriteBack { every: ms(100), ..WriteBack::default() }));
        let fsync_time = Distribution::Constant(Nanos::from_micros(100));
        scenario.cache.persistence = Persistence::AppendOnly { fsync: Fsync::Always, fsync_time };
        scenario
    }),
    ("an append-only file, synced each second", |n| {
        let mut scenario = writing(2_000 * n, write_back(WriteBack { every: ms(100), ..WriteBack::default() }));
        let fsync_time = Distribution::Constant(ms(1));
        scenario.cache.persistence = Persistence::AppendOnly { fsync: Fsync::EverySecond, fsync_time };
        with_fault(scenario, FaultKind::CacheCrash, 700, 20)
    }),
    ("entries that expire at their moment", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.cache.expiry, scenario.cache.ttl) = (Expiry::Precise, Ttl::Fixed(ms(50)));
        scenario
    }),
    ("entries that expire in cycles", |n| {
        let mut scenario = world(2_000 * n);
        (scenario.cache.expiry, scenario.cache.ttl) = (Expiry::Sampled, Ttl::Fixed(ms(50)));
        scenario
    }),
    ("values of many sizes", |n| {
        let mut scenario = world(2_000 * n);
        scenario.cache.capacity = Capacity::Bytes(Bytes(u64::from(n) << 20));
        scenario.clients.value_size = Sizes::Lognormal { median: Bytes(200), p99: Bytes(20_000) };
        scenario
    }),
];

/// Every policy, in a cache that a tenth of the keys fill.
fn policy(eviction: Eviction, n: u32) -> Scenario {
    let mut scenario = reading(4_000 * n, Reading::look_aside());
    (scenario.cache.eviction, scenario.cache.capacity) = (eviction, Capacity::Entries(200 * n));
    (scenario.clients.keys, scenario.cache.ttl) = (Keys::zipf(2_000 * n, 0.8), Ttl::Fixed(ms(400)));
    scenario.clients.write_ratio = 0.05;
    scenario
}

#[test]
fn four_times_the_work_takes_at_most_six_times_the_steps_in_every_part() {
    let parts: Vec<usize> = (0..PARTS.len()).collect();
    let measured = in_parallel(&parts, |part| {
        let (name, world) = PARTS[part];
        (name.to_owned(), steps(&world(1)), steps(&world(TIMES)))
    });
    let policies = in_parallel(&Eviction::ALL, |eviction| {
        (format!("eviction {eviction}"), steps(&policy(eviction, 1)), steps(&policy(eviction, TIMES)))
    });
    let mut bad = Vec::new();
    for (name, once, times) in measured.iter().chain(&policies) {
        let ratio = *times as f64 / *once as f64;
        println!("{ratio:6.2}  {once:>9}  {times:>10}  {name}");
        if ratio > STEPS_TIMES_MAX || *once < STEPS_LEAST {
            bad.push(format!("{name}: {once} steps, and {times} for {TIMES} times the work: {ratio:.1} times"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// The rooms whose cost is held to grow with the work.
const ROOMS: [&str; 10] = [
    "src/simulator/app",
    "src/simulator/cache",
    "src/simulator/database.rs",
    "src/simulator/engine",
    "src/simulator/fault.rs",
    "src/simulator/ledger",
    "src/simulator/metrics.rs",
    "src/simulator/network.rs",
    "src/simulator/simulation",
    "src/simulator/strategy",
];

/// What goes over a list until it finds something, or through all of it.
const SEARCHES: [&str; 14] = [
    ".retain(",
    ".retain_mut(",
    ".iter().position(",
    ".iter().find(",
    ".iter().any(",
    ".iter().all(",
    ".iter().filter(",
    ".iter_mut().find(",
    ".iter_mut().filter(",
    ".iter().copied().filter(",
    ".iter().enumerate().filter(",
    ".contains(&",
    ".remove(0)",
    ".insert(0,",
];

/// Functions that are there for tests only.
const FOR_TESTS: [&str; 8] =
    ["validate", "validate_copies", "validate_report", "validate_series", "validate_key", "slots", "holds_of", "keys"];

fn sources(path: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        let mut inside: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        inside.sort();
        inside.iter().for_each(|path| sources(path, found));
    } else if !path.ends_with("tests.rs") && !path.ends_with("sabotage.rs") {
        found.push(path.to_owned());
    }
}

#[test]
fn whoever_searches_a_list_counts_its_steps_or_says_why_it_is_short() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ROOMS.iter().for_each(|room| sources(&root.join(room), &mut files));
    let (mut bad, mut searches) = (Vec::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        let mut function = "";
        for (number, line) in lines.iter().enumerate() {
            if let Some((_, rest)) = line.split_once("fn ") {
                function = rest.split(['(', '<']).next().unwrap_or_default();
            }
            let is_comment = line.trim_start().starts_with("//");
            if is_comment || FOR_TESTS.contains(&function) || !SEARCHES.iter().any(|search| line.contains(search)) {
                continue;
            }
            searches += 1;
            let near = lines[number.saturating_sub(7)..(number + 3).min(lines.len())].join("\n");
            if !near.contains("work::count(") && !near.contains("// few: ") {
                bad.push(format!("{}:{}: {}", file.strip_prefix(root).unwrap().display(), number + 1, line.trim()));
            }
        }
    }
    assert!(searches > 15, "the searches are found: {searches}");
    assert!(
        bad.is_empty(),
        "count the entries gone over (work::count), or say why there are never many (// few: …):\n{}",
        bad.join("\n")
    );
}
