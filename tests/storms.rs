//! Random small worlds under random faults: nothing panics, every part is in order at every moment, and the same
//! scenario does the same again.

use cachelane::bytes::Bytes;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use proptest::prelude::*;

use crate::common::{any_own, any_reading, fit, start};
use crate::strategies::all_lanes;

fn latency() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        2 => Just(Distribution::Constant(Nanos::ZERO)),
        1 => Just(Distribution::Constant(Nanos(1))),
        3 => Just(Distribution::Constant(Nanos::from_micros(300))),
        2 => Just(Distribution::Exponential(Nanos::from_millis(2))),
        1 => Just(Distribution::Uniform { min: Nanos::ZERO, max: Nanos::from_millis(20) }),
    ]
}

fn network() -> impl Strategy<Value = Network> {
    (latency(), latency(), latency(), latency()).prop_map(|(client_app, app_cache, app_database, cache_database)| {
        Network { client_app, app_cache, app_database, cache_database }
    })
}

fn clients() -> impl Strategy<Value = Clients> {
    let arrivals = prop_oneof![
        (50.0..3_000.0).prop_map(|rate| Arrivals::Poisson { rate }),
        (50.0..3_000.0).prop_map(|rate| Arrivals::Constant { rate }),
        // Users who think for no time at all ask for more than a test can wait for, unless the world is slow.
        (1u32..20)
            .prop_map(|users| Arrivals::Closed { users, think: Distribution::Exponential(Nanos::from_millis(2)) }),
    ];
    let keys = prop_oneof![Just(1u32), Just(3), Just(50)].prop_map(|count| Keys::Zipf { count, alpha: 0.9 });
    let absent = prop_oneof![2 => Just(0.0), 1 => Just(0.5), 1 => Just(1.0)];
    (arrivals, keys, prop_oneof![Just(0.0), Just(0.3), Just(1.0)], 1u32..5, absent).prop_map(
        |(arrivals, keys, write_ratio, sessions, absent)| Clients {
            absent,
            arrivals,
            keys,
            write_ratio,
            value_size: Sizes::Exponential(Bytes(1_000)),
            sessions,
            ..Clients::default()
        },
    )
}

fn patience() -> impl Strategy<Value = Option<Nanos>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(Nanos::from_micros(1))), 2 => Just(Some(Nanos::from_millis(4)))]
}

fn app() -> impl Strategy<Value = App> {
    let concurrency = prop_oneof![Just(None), Just(Some(1)), Just(Some(3))];
    let retries = prop_oneof![3 => Just(0), 2 => Just(2), 1 => Just(10)];
    let servers = prop_oneof![Just(1), Just(2), Just(64)];
    (servers, latency(), concurrency, patience(), patience(), retries, 0u64..5_000_000, any_own()).prop_map(
        |(servers, work, concurrency, cache_timeout, database_timeout, retries, backoff, (pool, breaker, near))| App {
            servers,
            work,
            concurrency,
            cache_timeout,
            database_timeout,
            retries,
            backoff: Nanos(backoff),
            pool,
            breaker,
            near,
        },
    )
}

fn shards() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(1u32), 1 => Just(2), 1 => Just(5)]
}

fn cache() -> impl Strategy<Value = Cache> {
    let ttl = prop_oneof![
        Just(Ttl::None),
        Just(Ttl::Fixed(Nanos(1))),
        Just(Ttl::Fixed(Nanos::from_millis(30))),
        Just(Ttl::Sliding(Nanos::from_millis(10))),
        Just(Ttl::Jittered { ttl: Nanos::from_millis(50), spread: 1.0 }),
    ];
    let eviction = prop::sample::select(Eviction::ALL.to_vec());
    let capacity = || {
        let entries = prop_oneof![Just(1u32), Just(2), Just(20), Just(1_000)].prop_map(Capacity::Entries);
        prop_oneof![2 => entries, 1 => (100..20_000u64).prop_map(|bytes| Capacity::Bytes(Bytes(bytes)))]
    };
    let expiry = prop::sample::select(Expiry::ALL.to_vec());
    let rest = (shards(), expiry, prop::option::of(capacity()), latency());
    (capacity(), eviction, ttl, latency(), rest).prop_map(
        |(capacity, eviction, ttl, command, (shards, expiry, memory, page_fault))| Cache {
            capacity,
            eviction,
            ttl,
            expiry,
            memory,
            page_fault,
            command,
            shards,
            ..Cache::default()
        },
    )
}

fn persistence() -> impl Strategy<Value = Persistence> {
    let time = || prop_oneof![Just(0u64), Just(20), Just(100)].prop_map(Nanos::from_millis);
    let snapshots = (time(), 1u32..50, 0u64..2_000).prop_map(|(every, changes, per_entry)| Persistence::Snapshots {
        every: every.max(Nanos::from_millis(1)),
        changes,
        per_entry: Nanos::from_micros(per_entry),
        also: vec![SnapshotRule { every: Nanos::from_millis(1), changes: 30 }],
    });
    let fsync = prop::sample::select(vec![Fsync::Always, Fsync::EverySecond, Fsync::No]);
    let append = (fsync, latency()).prop_map(|(fsync, fsync_time)| Persistence::AppendOnly { fsync, fsync_time });
    prop_oneof![2 => Just(Persistence::None {}), 2 => snapshots, 2 => append]
}

/// Disk and replicas, added to a cache.
fn durable(cache: impl Strategy<Value = Cache>) -> impl Strategy<Value = Cache> {
    let failover = prop_oneof![Just(None), Just(Some(0)), Just(Some(10)), Just(Some(50))];
    let replicas = (prop_oneof![3 => Just(0u32), 1 => Just(1), 1 => Just(2)], latency(), failover, 0u32..3, 0u32..3);
    (cache, persistence(), 0u64..3_000, replicas).prop_map(|(cache, persistence, loading, replicas)| {
        let (replicas, lag, failover, wait, least) = replicas;
        Cache {
            persistence,
            loading: Nanos::from_micros(loading),
            replicas,
            lag,
            failover: failover.filter(|_| replicas > 0).map(Nanos::from_millis),
            wait: wait.min(replicas),
            wait_timeout: Nanos::from_millis(5),
            min_replicas: least.min(replicas),
            ..cache
        }
    })
}

fn database() -> impl Strategy<Value = Database> {
    let abort = prop_oneof![4 => Just(0.0), 2 => Just(0.3), 1 => Just(1.0)];
    let queue = prop_oneof![Just(0u32), Just(1), Just(10_000)];
    (prop_oneof![Just(1u32), Just(3), Just(64)], queue, latency(), latency(), latency(), abort).prop_map(
        |(workers, queue, read, write, base, abort)| {
            let batch = Batch { base, row: Nanos::from_micros(50) };
            Database { workers, queue, read, write, batch, abort }
        },
    )
}

fn write_back() -> impl Strategy<Value = Lane> {
    let end = || prop_oneof![Just(DirtyEnd::Flush), Just(DirtyEnd::Drop)];
    let every = prop_oneof![Just(1u64), Just(20), Just(100_000)].prop_map(Nanos::from_millis);
    let at = prop_oneof![Just(None), Just(Some(1)), Just(Some(5))];
    let batch = prop_oneof![Just(1u32), Just(4), Just(128)];
    let requeue = prop_oneof![Just(0u32), Just(3), Just(200)];
    let take = prop_oneof![3 => Just(Take::Atomic), 1 => Just(Take::ReadThenDelete)];
    let bound = prop_oneof![2 => Just(None), 1 => Just(Some(1)), 2 => Just(Some(4))];
    let delay = prop_oneof![2 => Just(0u64), 1 => Just(30)].prop_map(Nanos::from_millis);
    let full = prop::sample::select(WhenFull::ALL.to_vec());
    let after = prop::sample::select(AfterFlush::ALL.to_vec());
    let more = (take, bound, full, after, delay);
    (any_reading(), every, at, batch, any::<bool>(), requeue, end(), end(), more).prop_map(
        |(read, every, at, batch, coalesce, requeue, on_expiry, on_eviction, more)| {
            let (take, bound, when_full, after_flush, delay) = more;
            let coalesce = coalesce || take == Take::ReadThenDelete;
            let how = WriteBack {
                every,
                at,
                batch,
                coalesce,
                requeue,
                on_expiry,
                on_eviction,
                bound,
                when_full,
                after_flush,
                take,
                delay,
            };
            Lane { read, write: Writing::WriteBack(how), ..Lane::default() }
        },
    )
}

/// A fault on one of 64 servers or nodes is brought down to those there are.
fn fault() -> impl Strategy<Value = Fault> {
    let at = prop_oneof![1 => Just(1u64), 1 => Just(299_999_999), 8 => 0u64..300_000_000].prop_map(Nanos);
    let lasts =
        prop_oneof![1 => Just(Nanos(1)), 6 => (0u64..100).prop_map(Nanos::from_millis), 1 => Just(Nanos::from_secs(9))];
    let what = prop_oneof![
        3 => Just((What::CacheCrash, None)),
        2 => (0u32..64).prop_map(|shard| (What::CacheCrash, Some(Which::Server(shard)))),
        2 => (0u32..64).prop_map(|replica| (What::ReplicaCrash, Some(Which::Server(replica)))),
        2 => (0u32..64).prop_map(|server| (What::AppCrash, Some(Which::Server(server)))),
        1 => Just((What::AppCrash, None)),
        2 => Just((What::DatabaseOutage, None)),
        3 => prop::sample::select(Link::ALL.to_vec()).prop_map(|link| (What::Partition, Some(Which::Link(link)))),
    ];
    (at, what, lasts).prop_map(|(at, (what, which), lasts)| Fault { which, lasts, ..Fault::new(what, at) })
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let reading = (any_reading(), prop::sample::select(all_lanes())).prop_map(|(read, lane)| Lane { read, ..lane });
    let lane = prop_oneof![prop::sample::select(all_lanes()), reading, write_back()];
    let duration = prop_oneof![1 => Just(1u64), 6 => Just(300)].prop_map(Nanos::from_millis);
    let parts = (clients(), app(), network(), durable(cache()), database());
    (any::<u32>(), duration, parts, lane, prop::collection::vec(fault(), 0..6)).prop_map(
        |(seed, duration, (clients, app, network, cache, database), mut lane, mut faults)| {
            fit(&mut lane.read, cache.ttl);
            faults.retain(|fault| fault.what != What::ReplicaCrash || cache.replicas > 0);
            for fault in &mut faults {
                if let Some(Which::Server(server)) = &mut fault.which {
                    *server %= match fault.what {
                        What::CacheCrash => cache.shards,
                        What::ReplicaCrash => cache.shards * cache.replicas,
                        _ => app.servers,
                    };
                }
                fault.at = At::Moment(Nanos(fault.at.moment().expect("a moment").0 % duration.0));
            }
            let (seed, lanes) = (u64::from(seed), vec![lane]);
            Scenario {
                name: String::new(),
                seed,
                duration,
                warmup: Nanos::ZERO,
                clients,
                app,
                network,
                cache,
                database,
                lanes,
                faults,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_books_are_right_and_it_happens_again(scenario in scenario()) {
        let mut lane = start(&scenario);
        for eighth in 1..8 {
            lane.run_until(Nanos(scenario.duration.0 / 8 * eighth));
            lane.validate();
        }
        lane.run_until(Nanos::MAX);
        lane.validate();
        prop_assert!(lane.is_finished());
        let counts = lane.ledger().counts();
        // A database that fails every flush can keep rows waiting for longer than a run is given to settle.
        let settled = counts.in_flight == 0 && counts.at_risk == 0 || lane.dirty() > 0;
        prop_assert!(settled, "{:?}", counts);
        let mut again = start(&scenario);
        again.run_until(Nanos::MAX);
        prop_assert_eq!(again.report(), lane.report());
    }
}
