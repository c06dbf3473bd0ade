//! Eviction, room, expiry and paging in whole runs.

use std::sync::Arc;

use cachelane::bytes::Bytes;
use cachelane::cache::entry::OVERHEAD_BYTES;
use cachelane::cache::eviction::opt;
use cachelane::experiment::Experiment;
use cachelane::random::Streams;
use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use cachelane::workload::requests::{KeySource, Requests};
use cachelane::workload::trace::Trace;

use crate::anchors_counts::generated;
use crate::anchors_ratios::{che, zipf};
use crate::common::{Write, bare, close, lane, near, run, start};

/// Half reads, half writes, of 100 keys, through a cache for ten.
fn full(eviction: Eviction, write: impl Into<Write>) -> LaneReport {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.clients.write_ratio = 0.5;
    scenario.cache.capacity = 10.into();
    scenario.cache.eviction = eviction;
    scenario.lanes = lane(Reading::look_aside(), write);
    scenario.duration = Nanos::from_secs(20);
    run(&scenario).report()
}

#[test]
fn a_full_cache_that_evicts_nothing_tells_writes_no_that_need_it() {
    let cache_first = WriteThrough { order: Order::CacheFirst, ..WriteThrough::default() };
    for report in [full(Eviction::None, WriteBack::default()), full(Eviction::None, cache_first)] {
        let classes = report.writes_by_class;
        // Nine of ten keys have no place.
        assert!(report.errors * 10 > report.writes * 8, "{} of {} writes", report.errors, report.writes);
        assert_eq!(classes.rejected, report.errors, "{classes:?}");
        assert_eq!((classes.lost, classes.unknown, classes.phantom, report.cache.entries), (0, 0, 0, 10));
    }
}

#[test]
fn a_full_cache_that_evicts_or_need_not_be_asked_tells_no_write_no() {
    let reports = [
        full(Eviction::Lru, WriteBack::default()),
        full(Eviction::None, WriteThrough { order: Order::DatabaseFirst, ..WriteThrough::default() }),
        full(Eviction::None, WriteAround::default()),
    ];
    for report in reports {
        assert_eq!((report.errors, report.writes_by_class.rejected, report.cache.entries), (0, 0, 10));
    }
}

#[test]
fn look_aside_fills_are_not_kept_by_a_full_cache_that_evicts_nothing() {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.cache.capacity = 10.into();
    scenario.cache.eviction = Eviction::None;
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.duration = Nanos::from_secs(100);
    let report = run(&scenario).report();
    // The first ten keys stay for ever, and each is asked for once in a hundred times.
    assert!((report.hit_ratio - 0.1).abs() < 0.005, "{}", report.hit_ratio);
    assert_eq!((report.errors, report.misses_by_cause.evicted), (0, 0));
}

// ---- OPT ----

/// The keys of all requests that these clients make, up to the end of the run.
fn keys_of(scenario: &Scenario, requests: u64) -> Vec<u32> {
    let source = KeySource::new(scenario, None).expect("no trace is needed");
    let mut made = Requests::new(&scenario.clients, source, &Streams::new(scenario.seed));
    let mut keys: Vec<u32> = Vec::new();
    while keys.len() < requests as usize {
        let request = made.make().expect("drawn requests do not end");
        keys.extend((0..=request.more).map(|more| request.key + more));
    }
    keys.truncate(requests as usize);
    keys
}

fn hits_with(eviction: Eviction, scenario: &Scenario) -> LaneReport {
    let mut scenario = scenario.clone();
    scenario.cache.eviction = eviction;
    assert_eq!(scenario.check().map_err(|error| error.to_string()), Ok(()));
    run(&scenario).report()
}

/// One client after the other, nothing takes any time: a look-aside cache is what a replay plays through.
fn one_at_a_time(clients: Clients) -> Scenario {
    let mut scenario = bare();
    scenario.clients = Clients { arrivals: Arrivals::Constant { rate: 5_000.0 }, write_ratio: 0.0, ..clients };
    scenario.database.queue = 1_000;
    scenario.cache.capacity = 100.into();
    scenario.duration = Nanos::from_secs(6);
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario
}

#[test]
fn opt_in_a_run_hits_as_often_as_in_a_replay_of_the_same_keys() {
    let zipf = Keys::zipf(2_000, 0.9);
    let clients = [
        Clients { keys: zipf.clone(), ..Clients::default() },
        Clients { keys: Keys::Uniform { count: 300 }, ..Clients::default() },
        Clients { keys: zipf.clone(), scan_ratio: 0.2, ..Clients::default() },
        Clients {
            keys: Keys::HotSet { count: 1_000, hot: 0.1, traffic: 0.8, moves_every: Some(700) },
            ..Clients::default()
        },
    ];
    for clients in clients {
        let scenario = one_at_a_time(clients);
        let report = hits_with(Eviction::Opt, &scenario);
        let expected = opt::replay(&keys_of(&scenario, report.requests), 100);
        assert_eq!((report.requests, report.hits), (expected.requests, expected.hits), "{:?}", scenario.clients.keys);
        assert!(report.hits > report.requests / 10);
    }
}

#[test]
fn opt_in_a_run_hits_a_trace_as_often_as_the_anchors_say() {
    let text: String = generated().iter().map(|key| format!("{key}\n")).collect();
    let trace = Arc::new(Trace::read("t", text.as_bytes(), None).expect("it is read"));
    for (capacity, hits) in [(16, 29_516), (64, 53_885), (256, 79_824)] {
        let clients = Clients { keys: Keys::of_trace("t".to_owned()), ..Clients::default() };
        let mut scenario = one_at_a_time(clients);
        scenario.duration = Nanos::from_secs(21);
        (scenario.cache.capacity, scenario.cache.eviction) = (capacity.into(), Eviction::Opt);
        let mut experiment = Experiment::new(&scenario, Some(trace.clone())).expect("it can run");
        experiment.advance(Nanos::MAX, || false);
        let report = experiment.report().lanes.swap_remove(0);
        assert_eq!((report.requests, report.hits), (100_000, hits));
    }
}

#[test]
fn opt_is_never_below_lru_not_even_where_requests_overlap_or_insert() {
    for seed in 1..=5 {
        for (insert_ratio, shards, latency) in [(0.0, 1, 0), (0.0, 4, 0), (0.05, 1, 0), (0.0, 1, 500)] {
            let clients = Clients { keys: Keys::zipf(2_000, 0.9), insert_ratio, ..Clients::default() };
            let mut scenario = one_at_a_time(clients);
            (scenario.seed, scenario.cache.shards) = (seed, shards);
            (scenario.cache.capacity, scenario.database.workers) = ((100 / shards).into(), 64);
            scenario.network.app_cache = Distribution::Exponential(Nanos::from_micros(latency));
            let [opt, lru] = [Eviction::Opt, Eviction::Lru].map(|policy| hits_with(policy, &scenario).hits);
            assert!(
                opt > lru + lru / 20,
                "seed {seed}, {shards} nodes, {insert_ratio}, {latency}: {opt} against {lru}"
            );
        }
    }
}

#[test]
fn opt_is_refused_where_it_cannot_know_the_future() {
    let mut long = one_at_a_time(Clients::default());
    (long.cache.eviction, long.duration) = (Eviction::Opt, Nanos::from_secs(5_000));
    let message = long.check().unwrap_err().to_string();
    assert!(message.starts_with("cache.eviction = \"opt\": it must know all requests in advance"), "{message}");
    assert!(message.contains("25000000") && message.contains("at most 20000000"), "{message}");
    let mut near = one_at_a_time(Clients::default());
    near.app.near = Some(Near { eviction: Eviction::Opt, ..Near::default() });
    let message = near.check().unwrap_err().to_string();
    assert!(message.starts_with("app.near.eviction = \"opt\": which server gets which request"), "{message}");
}

// ---- Redis' knobs ----

#[test]
fn the_more_are_sampled_the_nearer_redis_comes_to_lru() {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 20.0 };
    scenario.clients.keys = Keys::zipf(1_000, 1.0);
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    (scenario.duration, scenario.warmup) = (Nanos::from_secs(10_000), Nanos::from_secs(1_000));
    let ratio = |eviction, samples| {
        let mut scenario = scenario.clone();
        (scenario.cache.eviction, scenario.cache.samples) = (eviction, samples);
        run(&scenario).report().hit_ratio
    };
    let [one, five, ten] = [1, 5, 10].map(|samples| ratio(Eviction::RedisLru, samples));
    let lru = ratio(Eviction::Lru, 5);
    assert!(one + 0.005 < five && five < ten && ten < lru + 0.002, "{one} {five} {ten} {lru}");
}

#[test]
fn a_counter_that_never_counts_down_keeps_what_was_popular_once() {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 50.0 };
    scenario.clients.keys = Keys::HotSet { count: 1_000, hot: 0.05, traffic: 1.0, moves_every: Some(50_000) };
    (scenario.cache.eviction, scenario.cache.capacity) = (Eviction::RedisLfu, 60.into());
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.duration = Nanos::from_secs(4_000);
    let hits = |decay, log_factor| {
        let mut scenario = scenario.clone();
        (scenario.cache.lfu_decay, scenario.cache.lfu_log_factor) = (decay, log_factor);
        run(&scenario).report().hit_ratio
    };
    let [usual, never, slow] = [(1, 10), (0, 10), (1, 0)].map(|(decay, log_factor)| hits(decay, log_factor));
    assert!(usual > never + 0.05, "{usual} {never}");
    assert!(usual != slow, "the factor makes a difference");
}

#[test]
fn what_tunes_sampling_is_refused_where_nothing_samples() {
    let problems = |text: &str| Scenario::from_toml(text).err().map(|error| error.to_string()).unwrap_or_default();
    let lanes = "[[lane]]\n[[lane]]\ncache = { eviction = \"redis-lru\" }\n";
    assert_eq!(problems(&format!("[cache]\nsamples = 10\n{lanes}")), "");
    assert_eq!(
        problems("[cache]\nsamples = 10\n"),
        "line 2: cache.samples = 10: lru does not use it; leave it out, or set eviction to redis-lru, redis-lfu, \
         volatile-lru, volatile-lfu or volatile-ttl"
    );
    assert!(problems(&format!("[cache]\nlfu_decay = 3\n{lanes}")).contains("cache.lfu_decay = 3"));
    let own = "[[lane]]\n[[lane]]\ncache = { eviction = \"redis-lru\", lfu_log_factor = 3 }\n";
    assert!(problems(own).contains("lane.1.cache.lfu_log_factor = 3: redis-lru does not use it"), "{}", problems(own));
    assert!(problems("[cache]\neviction = \"redis-lru\"\nsamples = 65\n").contains("a whole number from 1 to 64"));
}

/// Reads of Zipf keys through a look-aside cache, without anything else that takes time.
fn reads() -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100_000.0 };
    scenario.clients.keys = Keys::zipf(1_000, 1.0);
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.duration = Nanos::from_secs(6);
    scenario.warmup = Nanos::from_secs(1);
    scenario
}

#[test]
fn room_in_bytes_for_values_of_one_size_is_room_for_so_many_entries() {
    let entry = 1_000 + u64::from(OVERHEAD_BYTES);
    let reports =
        [Capacity::Entries(100), Capacity::Bytes(Bytes(100 * entry)), Capacity::Bytes(Bytes(101 * entry - 1))].map(
            |capacity| {
                let mut scenario = reads();
                scenario.clients.value_size = Sizes::Constant(Bytes(1_000));
                scenario.cache.capacity = capacity;
                run(&scenario).report()
            },
        );
    assert_eq!((reports[0].hits, reports[0].cache.entries), (reports[1].hits, 100));
    assert_eq!(reports[1].hits, reports[2].hits, "the odd bytes hold nothing");
    assert_eq!((reports[1].cache.bytes, reports[1].cache.bytes_max), (100 * entry, 100 * entry));
    near("as LRU should", reports[0].hit_ratio, che(&zipf(1_000, 1.0), 100), 0.003);
}

#[test]
fn values_of_all_sizes_never_take_more_than_the_room_and_nearly_fill_it() {
    for eviction in Eviction::ALL {
        let mut scenario = reads();
        scenario.duration = Nanos::from_secs(2);
        scenario.clients.value_size = Sizes::Exponential(Bytes(1_000));
        let room = 100_000;
        (scenario.cache.capacity, scenario.cache.eviction) = (Capacity::Bytes(Bytes(room)), eviction);
        let cache = run(&scenario).report().cache;
        assert!(cache.bytes_max <= room && cache.bytes > room - 10_000, "{eviction}: {} bytes", cache.bytes);
        // A thousand on the mean and the overhead; large ones are given up more often where size is not looked at.
        assert!((50..400).contains(&cache.entries), "{eviction}: {} entries", cache.entries);
    }
}

#[test]
fn a_value_larger_than_the_cache_is_not_kept_and_one_that_fits_is() {
    for (size, kept) in [(2_000, 0), (1_900, 1)] {
        let mut scenario = reads();
        scenario.duration = Nanos::from_secs(2);
        scenario.clients.value_size = Sizes::Constant(Bytes(size));
        scenario.cache.capacity = Capacity::Bytes(Bytes(2_000));
        let report = run(&scenario).report();
        assert_eq!((report.cache.entries, report.errors, report.hits > 0), (kept, 0, kept == 1));
    }
}

/// Keys that are each asked for once or twice, and live a second: how many entries are held at the end.
fn held(expiry: Expiry) -> f64 {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 2_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 1_000_000 };
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    (scenario.cache.capacity, scenario.cache.ttl) = (1_000_000.into(), Ttl::Fixed(Nanos::from_secs(1)));
    scenario.cache.expiry = expiry;
    scenario.duration = Nanos::from_secs(31);
    let mut lane = start(&scenario);
    let moments: Vec<f64> = (10..30)
        .map(|second| {
            lane.run_until(Nanos::from_secs(second));
            lane.report().cache.entries as f64
        })
        .collect();
    moments.iter().sum::<f64>() / moments.len() as f64
}

#[test]
fn precise_expiry_holds_what_lives_lazy_all_there_ever_was_and_the_cycle_what_its_sampling_leaves() {
    let (precise, lazy, sampled) = (held(Expiry::Precise), held(Expiry::Lazy), held(Expiry::Sampled));
    close("rate times life", precise, 2_000.0, 0.02);
    close("all of half a run", lazy, 2_000.0 * 19.5, 0.05);
    // Of the expired share s, a loop of 20 removes 20·s, and is the last with the chance P that at most two of the 20 had
    // expired. A cycle has 200 to remove: 20·s / P = 200. What expired since the last cycle comes on top.
    let last = |s: f64| {
        let alive = |n: i32| (0..n).fold(1.0, |product, _| product * (1.0 - s));
        alive(20) + 20.0 * s * alive(19) + 190.0 * s * s * alive(18)
    };
    let share = (1..1_000).map(|s| f64::from(s) / 1_000.0).find(|&s| 20.0 * s / last(s) > 200.0).unwrap();
    close("the active cycle's balance", sampled, 2_000.0 / (1.0 - share) + 200.0, 0.04);
}

#[test]
fn the_active_cycle_keeps_commands_waiting_for_at_most_a_quarter_of_a_tick() {
    let longest = |expiry| {
        let mut scenario = bare();
        scenario.clients.arrivals = Arrivals::Poisson { rate: 50_000.0 };
        scenario.clients.keys = Keys::Uniform { count: 1_000_000 };
        scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
        (scenario.cache.capacity, scenario.cache.ttl) = (1_000_000.into(), Ttl::Fixed(Nanos::from_millis(500)));
        scenario.cache.expiry = expiry;
        scenario.duration = Nanos::from_secs(3);
        run(&scenario).report().latency_ms.all.max
    };
    assert_eq!(longest(Expiry::Lazy), 0.0);
    let waited = longest(Expiry::Sampled);
    // Some 5,000 entries expire in a tick, at half a microsecond each.
    assert!((1.5..=25.5).contains(&waited), "{waited} ms");
}

#[test]
fn commands_wait_for_the_disk_as_often_as_memory_is_paged_out() {
    for (memory, share) in [(None, 0.0), (Some(100), 0.0), (Some(75), 0.25), (Some(20), 0.8)] {
        let mut scenario = reads();
        scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
        scenario.cache.eviction = Eviction::Lru;
        scenario.cache.memory = memory.map(Capacity::Entries);
        scenario.cache.page_fault = Distribution::Constant(Nanos::from_micros(100));
        scenario.cache.command = Distribution::Constant(Nanos::from_micros(10));
        scenario.duration = Nanos::from_secs(2_000);
        scenario.warmup = Nanos::from_secs(100);
        let cache = run(&scenario).report().cache;
        // A hundred entries are held: of each command's time, its own and its share of the faults.
        let busy_us = cache.utilisation * 1_900.0 * 1e6 / cache.commands as f64;
        close("time of a command", busy_us, 10.0 + 100.0 * share, 0.01);
    }
}

#[test]
fn an_outbox_leaves_no_old_copy_where_the_new_value_does_not_fit() {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
    scenario.clients.keys = Keys::Uniform { count: 30 };
    scenario.clients.write_ratio = 0.5;
    scenario.clients.value_size = Sizes::Uniform { min: Bytes(100), max: Bytes(6_000) };
    scenario.cache.capacity = Capacity::Bytes(Bytes(20_000));
    scenario.cache.eviction = Eviction::None;
    scenario.duration = Nanos::from_secs(10);
    scenario.lanes = lane(Reading::read_through(), WriteAround::default());
    scenario.lanes[0].write = Writing::Outbox(Outbox { cached: Relayed::Update, ..Outbox::default() });
    let lane = run(&scenario);
    let cached: Vec<u32> = (0..30).filter(|&key| lane.cached(key).is_some()).collect();
    assert!((1..30).contains(&cached.len()), "some fit, and some do not: {cached:?}");
    for key in cached {
        assert_eq!(lane.cached(key), Some(lane.committed(key)), "key {key}");
    }
}

#[test]
fn nobody_who_renews_a_copy_leaves_the_old_one_where_the_new_value_does_not_fit() {
    let around = WriteAround { cached: Invalidate::Update, ..WriteAround::default() };
    for write in [Write::from(around), Write::from(WriteThrough::default())] {
        let mut scenario = bare();
        scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
        (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Uniform { count: 30 }, 0.5);
        scenario.clients.value_size = Sizes::Uniform { min: Bytes(100), max: Bytes(6_000) };
        (scenario.cache.capacity, scenario.cache.eviction) = (Capacity::Bytes(Bytes(20_000)), Eviction::None);
        scenario.duration = Nanos::from_secs(10);
        scenario.lanes = lane(Reading::read_through(), write);
        let lane = run(&scenario);
        let cached: Vec<u32> = (0..30).filter(|&key| lane.cached(key).is_some()).collect();
        assert!((1..30).contains(&cached.len()), "some fit, and some do not: {cached:?}");
        assert!(cached.iter().all(|&key| lane.cached(key) == Some(lane.committed(key))), "{cached:?}");
    }
}
