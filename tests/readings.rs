//! What the options of reading do, and what servers have of their own: single flight, leases, refreshes, negative
//! caching, warm-up, TTL jitter, near caches, pools, breakers. Mostly in opposite pairs.

use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

use crate::common::{bare, close, constant, lane, ms, near, report, run, s, start};

fn aside(how: LookAside) -> Reading {
    Reading::LookAside(how)
}

/// Reads of one key, `rate` a second, by one server; the database takes `load`, the copy lives for `ttl`.
fn one_key(read: Reading, rate: f64, ttl: Nanos, load: Nanos, requests: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.lanes = lane(read, WriteAround::default());
    scenario.cache.ttl = Ttl::Fixed(ttl);
    scenario.app.servers = 1;
    (scenario.database.workers, scenario.database.queue) = (64, 1_000_000);
    scenario.database.read = constant(load);
    scenario.duration = Nanos::from_secs_f64(requests / rate);
    scenario
}

/// 400 requests a second over few keys, a tenth of them writes; the way back from the database may be long.
fn racing(read: Reading) -> Scenario {
    let mut scenario = Scenario { duration: s(30), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 400.0 };
    scenario.clients.keys = Keys::Uniform { count: 10 };
    scenario.network.app_database = Distribution::Exponential(ms(20));
    scenario.cache.ttl = Ttl::None;
    scenario.lanes = lane(read, WriteAround::default());
    scenario
}

fn fault(scenario: &mut Scenario, at: Nanos, what: FaultKind, which: Option<FaultTarget>, lasts: Nanos) {
    scenario.faults.push(Fault { which, lasts, ..Fault::new(what, at) });
}

/// The database reads of each second.
fn misses_by_bucket(lane: &Simulation) -> Vec<u32> {
    lane.series(0, 1).points.iter().map(|point| point.misses).collect()
}

// ---- Single flight ----

#[test]
fn shared_loads_are_as_many_as_the_formula_of_coalesced_misses_says() {
    let (rate, ttl, z) = (10.0, 1.0, 0.2);
    let how = LookAside { single_flight: true, ..LookAside::default() };
    let shared = report(&one_key(aside(how), rate, s(1), ms(200), 3e5));
    let n = 1.0 + rate * (ttl + z);
    let share = |count: u64| count as f64 / shared.reads as f64;
    close("hit", share(shared.hits), rate * ttl / n, 0.02);
    close("shared", share(shared.app.coalesced), rate * z / n, 0.02);
    close("loads", share(shared.database.reads), 1.0 / n, 0.02);
    close("mean wait", shared.latency_ms.read.mean, (z + rate * z * z / 2.0) / n * 1e3, 0.02);
    let alone = report(&one_key(Reading::look_aside(), rate, s(1), ms(200), 3e5));
    assert!(alone.database.reads as f64 > 2.5 * shared.database.reads as f64, "each loads for himself");
    assert_eq!(alone.app.coalesced, 0);
}

#[test]
fn a_flight_is_shared_within_a_server_and_not_between_servers() {
    let loads = |servers| {
        let how = LookAside { single_flight: true, ..LookAside::default() };
        let mut scenario = one_key(aside(how), 1_000.0, s(1), ms(100), 1e4);
        scenario.app.servers = servers;
        report(&scenario).database.reads
    };
    let (one, four) = (loads(1), loads(4));
    assert!((8..=10).contains(&one), "one load a TTL: {one}");
    assert_eq!(four, 4 * one);
}

#[test]
fn a_crash_of_the_leaders_server_leaves_nobody_waiting_and_a_timeout_reaches_all() {
    let how = LookAside { single_flight: true, ..LookAside::default() };
    let mut scenario = one_key(aside(how), 500.0, ms(50), ms(200), 5e3);
    scenario.app.servers = 2;
    (1..20).for_each(|n| fault(&mut scenario, ms(n * 470), FaultKind::AppCrash, Some(FaultTarget::Server(0)), ms(30)));
    let lane = run(&scenario);
    assert_eq!(lane.requests_under_way(), 0);
    assert!(lane.report().errors > 500, "who waited died with the server: {}", lane.report().errors);
    let mut slow = scenario.clone();
    (slow.faults, slow.app.database_timeout) = (Vec::new(), Some(ms(150)));
    let slow = run(&slow);
    assert_eq!((slow.requests_under_way(), slow.report().errors), (0, slow.report().requests), "no load is in time");
    assert!(slow.report().app.coalesced > 1_000 && slow.report().latency_ms.read.count == 0);
}

// ---- Leases ----

#[test]
fn with_leases_no_fill_puts_back_what_a_delete_took_away_and_without_them_many_do() {
    let with = |leases| report(&racing(aside(LookAside { leases, ..LookAside::default() })));
    let (plain, leased) = (with(Leases::None), with(Leases::Wait));
    assert!(plain.stale_reads > 100, "{}", plain.stale_reads);
    assert_eq!(leased.stale_reads, 0, "not one");
    assert!(leased.app.fills_refused > 10 && leased.app.lease_waits > 100, "{:?}", leased.app);
    assert!(leased.database.reads < plain.database.reads, "one loads, the others wait");
}

#[test]
fn leases_hold_for_refreshes_too() {
    for (early_refresh, refresh_ahead) in [(Some(5.0), None), (None, Some(0.5))] {
        let how = LookAside { leases: Leases::Wait, early_refresh, refresh_ahead, ..LookAside::default() };
        let mut scenario = racing(aside(how));
        scenario.cache.ttl = Ttl::Fixed(ms(300));
        let leased = report(&scenario);
        assert!(leased.app.refreshes > 100, "{:?}", leased.app);
        assert_eq!(leased.stale_reads, 0);
    }
}

#[test]
fn who_takes_what_the_delete_left_behind_waits_less_and_reads_stale() {
    let with = |leases| report(&racing(aside(LookAside { leases, ..LookAside::default() })));
    let (wait, stale) = (with(Leases::Wait), with(Leases::Stale));
    assert!(stale.latency_ms.read.mean < 0.8 * wait.latency_ms.read.mean);
    assert!(stale.stale_reads > 100 && stale.app.lease_waits < wait.app.lease_waits / 4);
}

#[test]
fn leases_vanish_in_a_crash_of_the_cache_and_of_their_holder_and_nobody_waits_for_ever() {
    let how = LookAside { leases: Leases::Wait, ..LookAside::default() };
    let mut scenario = racing(aside(how));
    (1..28).for_each(|n| fault(&mut scenario, ms(n * 1_000), FaultKind::CacheCrash, None, ms(20)));
    let crashing = run(&scenario);
    assert_eq!((crashing.requests_under_way(), crashing.report().stale_reads), (0, 0));
    // A holder who dies keeps the others waiting until its lease ends after 10 s.
    let mut scenario =
        one_key(aside(LookAside { leases: Leases::Wait, ..LookAside::default() }), 50.0, s(60), ms(100), 2e3);
    fault(&mut scenario, ms(80), FaultKind::AppCrash, None, ms(10));
    let dead = report(&scenario);
    assert!((9_500.0..=10_500.0).contains(&dead.latency_ms.read.max), "{}", dead.latency_ms.read.max);
}

// ---- Refreshes ----

#[test]
fn an_early_refresh_prevents_most_stampedes_and_the_more_so_the_larger_beta() {
    let loads_at_once = |early_refresh| {
        let how = LookAside { early_refresh, ..LookAside::default() };
        let report = report(&one_key(aside(how), 100.0, s(5), ms(100), 1e5));
        // Each expiry is a stampede of those who come while the first one loads.
        (report.misses, report.latency_ms.read.mean)
    };
    let [(plain, _), (one, _), (five, _)] = [None, Some(1.0), Some(5.0)].map(loads_at_once);
    assert!(plain > 1_500, "about eleven miss at each of 196 expiries: {plain}");
    assert!(one * 4 < plain, "{one} of {plain}");
    assert!(five * 20 < plain, "{five} of {plain}");
}

#[test]
fn a_reader_who_refreshes_early_and_fails_still_has_the_copy() {
    let how = LookAside { early_refresh: Some(50.0), ..LookAside::default() };
    for read in [aside(how), Reading::ReadThrough(ReadThrough { early_refresh: Some(50.0), ..ReadThrough::default() })]
    {
        let mut scenario = one_key(read, 100.0, s(10), ms(100), 1e3);
        fault(&mut scenario, s(2), FaultKind::DatabaseOutage, None, s(5));
        let report = report(&scenario);
        assert!(report.app.refreshes > 50, "{:?}", report.app);
        assert_eq!(report.errors, 0, "the copy outlives the outage");
    }
}

#[test]
fn refreshed_ahead_nobody_waits_again_and_otherwise_somebody_does_at_each_expiry() {
    for through in [false, true] {
        let waits = |refresh_ahead| {
            let read = match through {
                true => Reading::ReadThrough(ReadThrough { refresh_ahead, ..ReadThrough::default() }),
                false => aside(LookAside { refresh_ahead, single_flight: true, ..LookAside::default() }),
            };
            let mut scenario = one_key(read, 100.0, s(1), ms(50), 1e4);
            scenario.warmup = s(1);
            report(&scenario)
        };
        let (ahead, plain) = (waits(Some(0.8)), waits(None));
        assert_eq!((ahead.misses, ahead.latency_ms.read.max), (0, 0.0), "through: {through}");
        assert!(plain.misses > 90 && plain.latency_ms.read.max >= 40.0);
        assert!((100..140).contains(&ahead.app.refreshes), "one at a time: {:?}", ahead.app);
    }
}

// ---- Rows that are not there ----

#[test]
fn every_read_of_a_missing_row_goes_to_the_database_unless_the_cache_remembers() {
    let (rate, ttl) = (10.0, 1.0);
    for through in [false, true] {
        let with = |negative| {
            let read = match through {
                true => Reading::ReadThrough(ReadThrough { negative, ..ReadThrough::default() }),
                false => aside(LookAside { negative, ..LookAside::default() }),
            };
            let mut scenario = one_key(read, rate, s(3_600), Nanos::ZERO, 1e5);
            scenario.clients.absent = 1.0;
            report(&scenario)
        };
        let (forgetful, mindful) = (with(None), with(Some(s(1))));
        assert_eq!(forgetful.database.reads, forgetful.reads);
        let share = mindful.database.reads as f64 / mindful.reads as f64;
        close("loads", share, 1.0 / (1.0 + rate * ttl), 0.02);
    }
}

#[test]
fn a_row_that_is_written_is_there_from_then_on() {
    let mut scenario = racing(Reading::look_aside());
    (scenario.clients.absent, scenario.clients.keys) = (1.0, Keys::Uniform { count: 2_000 });
    (scenario.cache.capacity, scenario.clients.write_ratio) = (5_000.into(), 0.0);
    let never = report(&scenario);
    assert_eq!((never.hits, never.cache.entries), (0, 0), "there is nothing to keep");
    scenario.clients.write_ratio = 0.3;
    let written = report(&scenario);
    assert!(written.hits > 1_000 && written.cache.entries > 500, "{} {}", written.hits, written.cache.entries);
}

// ---- Warm-up ----

#[test]
fn a_warmed_cache_misses_less_at_the_start_and_after_a_crash() {
    for through in [false, true] {
        let with = |warm_up| {
            let read = match through {
                true => Reading::ReadThrough(ReadThrough { warm_up, ..ReadThrough::default() }),
                false => aside(LookAside { warm_up, ..LookAside::default() }),
            };
            let mut scenario = Scenario { duration: s(20), ..Scenario::default() };
            scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
            scenario.clients.write_ratio = 0.0;
            scenario.lanes = lane(read, WriteAround::default());
            scenario.cache.capacity = 1_000.into();
            fault(&mut scenario, s(10), FaultKind::CacheCrash, None, ms(1));
            let lane = run(&scenario);
            let misses = misses_by_bucket(&lane);
            let from_1_s = |from: usize| misses[from + 12..from + 60].iter().sum::<u32>();
            (from_1_s(0), from_1_s(120), lane.report().database.reads)
        };
        let (cold, warm) = (with(0), with(500));
        assert!(warm.0 * 2 < cold.0 && warm.1 * 2 < cold.1, "{warm:?} {cold:?}");
        assert!(warm.2 >= 1_000, "the loader reads 500 rows, twice: {}", warm.2);
    }
}

#[test]
fn a_warm_up_takes_time_eight_keys_at_a_time() {
    let how = LookAside { warm_up: 80, ..LookAside::default() };
    let mut scenario = one_key(aside(how), 0.001, s(60), ms(100), 0.0);
    scenario.clients.keys = Keys::Uniform { count: 80 };
    scenario.clients.arrivals = Arrivals::Constant { rate: 0.01 };
    scenario.duration = s(10);
    let mut lane = start(&scenario);
    for (at, loaded) in [(ms(99), 0), (ms(100), 8), (ms(550), 40), (s(1), 80)] {
        lane.run_until(at);
        assert_eq!(lane.report().cache.entries, loaded, "at {at}");
    }
    assert_eq!(lane.report().misses, 0, "nobody has missed anything");
}

/// The cache right after its warm-up, before the first request.
fn just_warmed(keys: Keys, read: Reading) -> Simulation {
    let mut scenario = one_key(read, 0.001, s(60), ms(1), 0.0);
    scenario.clients.keys = keys;
    scenario.clients.arrivals = Arrivals::Constant { rate: 0.01 };
    (scenario.duration, scenario.cache.capacity) = (s(1), 1_000.into());
    let mut lane = start(&scenario);
    lane.run_until(s(1));
    lane
}

#[test]
fn a_warm_up_loads_the_most_popular_keys_there_are_at_the_start() {
    for read in [
        aside(LookAside { warm_up: 20, ..LookAside::default() }),
        Reading::ReadThrough(ReadThrough { warm_up: 20, ..ReadThrough::default() }),
    ] {
        let held = |keys: Keys| {
            let lane = just_warmed(keys, read.clone());
            (0..1_000).filter(|&key| lane.cached(key).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(held(Keys::zipf(100, 1.0)), (0..20).collect::<Vec<_>>());
        assert_eq!(held(Keys::Latest { count: 100, alpha: 0.99 }), (80..100).collect::<Vec<_>>(), "the newest");
        let scrambled = held(Keys::Zipf { count: 1_000, alpha: 1.0, scrambled: true });
        assert!(scrambled.len() == 20 && scrambled.iter().any(|&key| key >= 500), "anywhere: {scrambled:?}");
    }
}

#[test]
fn a_warmed_cache_hits_whatever_makes_keys_popular() {
    for keys in [
        Keys::zipf(2_000, 1.0),
        Keys::Zipf { count: 2_000, alpha: 1.0, scrambled: true },
        Keys::Latest { count: 2_000, alpha: 1.0 },
        Keys::HotSet { count: 2_000, hot: 0.1, traffic: 0.9, moves_every: Some(100_000) },
    ] {
        let misses = |warm_up| {
            let mut scenario = Scenario { duration: s(2), ..Scenario::default() };
            scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
            (scenario.clients.keys, scenario.clients.write_ratio) = (keys.clone(), 0.0);
            (scenario.cache.capacity, scenario.cache.ttl) = (2_000.into(), Ttl::None);
            scenario.database.read = constant(Nanos::from_micros(10));
            scenario.lanes = lane(aside(LookAside { warm_up, ..LookAside::default() }), WriteAround::default());
            report(&scenario).misses
        };
        let (cold, warm) = (misses(0), misses(500));
        assert!(warm * 10 < cold * 9 && warm * 2 < cold + 300, "{keys:?}: {warm} and {cold}");
    }
}

#[test]
fn a_warm_up_asks_for_keys_without_a_row_like_for_others_and_keeps_only_that_there_is_none() {
    let warm = |absent, negative| {
        let mut scenario =
            one_key(aside(LookAside { warm_up: 80, negative, ..LookAside::default() }), 0.001, s(60), ms(1), 0.0);
        (scenario.clients.absent, scenario.duration) = (absent, s(1));
        scenario.clients.keys = Keys::Uniform { count: 80 };
        scenario.clients.arrivals = Arrivals::Constant { rate: 0.01 };
        let report = report(&scenario);
        (report.database.reads, report.cache.entries)
    };
    assert_eq!(warm(0.0, None), (80, 80));
    assert_eq!(warm(1.0, None), (80, 0), "there is nothing to keep");
    assert_eq!(warm(1.0, Some(s(10))), (80, 80), "but that there is no row");
}

#[test]
fn a_warm_up_with_more_keys_than_there_are_is_refused() {
    let toml = |keys, warm_up| {
        format!(
            "[clients]\nkeys = {{ kind = \"zipf\", count = {keys} }}\n[[lane]]\nread = {{ kind = \"look-aside\", warm_up = {warm_up} }}"
        )
    };
    assert!(Scenario::from_toml(&toml(50, 50)).is_ok());
    let told = Scenario::from_toml(&toml(50, 51)).unwrap_err().to_string();
    assert!(told.contains("lane.0.read.warm_up = 51") && told.contains("from 0 to 50"), "{told}");
}

#[test]
fn jitter_flattens_the_spike_of_misses_when_entries_were_filled_together() {
    let worst = |ttl| {
        let mut scenario = Scenario { duration: s(60), ..Scenario::default() };
        scenario.clients.arrivals = Arrivals::Poisson { rate: 2_000.0 };
        (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Uniform { count: 300 }, 0.0);
        scenario.lanes = lane(aside(LookAside { warm_up: 300, ..LookAside::default() }), WriteAround::default());
        (scenario.cache.capacity, scenario.cache.ttl) = (1_000.into(), ttl);
        let misses = misses_by_bucket(&run(&scenario));
        misses[60..].iter().copied().max().unwrap()
    };
    let together = worst(Ttl::Fixed(s(20)));
    let spread = worst(Ttl::Jittered { ttl: s(20), spread: 0.5 });
    assert!(spread * 3 < together, "{spread} and {together} misses in the worst quarter of a second");
}

#[test]
fn copies_are_refreshed_in_the_last_part_of_their_own_lives() {
    // Of jittered lives the shortest are a tenth of the longest; by the longest, they would be loaded at every hit.
    let reads = |ttl, refresh_ahead| {
        let mut scenario = one_key(
            aside(LookAside { refresh_ahead, single_flight: true, ..LookAside::default() }),
            100.0,
            s(1),
            ms(1),
            60_000.0,
        );
        scenario.cache.ttl = ttl;
        report(&scenario).database.reads as f64
    };
    let jittered = Ttl::Jittered { ttl: s(1), spread: 0.9 };
    let mean_life = 0.55;
    close("loads", reads(jittered, Some(0.5)), 600.0 / (0.5 * mean_life + 0.011), 0.05);
    close("loads without", reads(jittered, None), 600.0 / (mean_life + 0.011), 0.05);
}

#[test]
fn that_there_is_no_row_is_not_refreshed_ahead() {
    let reads = |refresh_ahead| {
        let how = LookAside { refresh_ahead, negative: Some(s(1)), ..LookAside::default() };
        let mut scenario = one_key(aside(how), 100.0, s(60), ms(1), 6_000.0);
        scenario.clients.absent = 1.0;
        report(&scenario).database.reads
    };
    assert_eq!(reads(Some(0.8)), reads(None));
}

// ---- Near caches ----

fn near_cache(invalidate: Tell) -> Option<Near> {
    Some(Near { capacity: 1_000, ttl: Some(s(5)), invalidate, ..Near::default() })
}

fn with_near(read: Reading, near: Option<Near>) -> Scenario {
    let mut scenario = racing(read);
    scenario.network.app_database = constant(ms(1));
    (scenario.app.servers, scenario.app.near) = (4, near);
    scenario.clients.write_ratio = 0.02;
    // No late fill of the common cache: what is stale here, near caches have made so.
    (scenario.database.reads, scenario.database.row_locks) = (Reads::Locking, false);
    scenario
}

#[test]
fn a_near_cache_is_stale_for_its_ttl_and_with_messages_hardly_at_all() {
    let with = |near| report(&with_near(Reading::look_aside(), near));
    let (none, deaf, told) = (with(None), with(near_cache(Tell::None)), with(near_cache(Tell::Messages)));
    assert_eq!((none.app.near_hits, none.app.near_misses), (0, 0));
    assert!(deaf.app.near_hits > 9_000 && told.app.near_hits > 6_000, "{:?} {:?}", deaf.app, told.app);
    assert!(deaf.latency_ms.read.p50 < none.latency_ms.read.p50, "a hit nearby takes no time");
    assert!(deaf.stale_reads > 1_000 && deaf.stale_age_ms.max > 4_000.0, "{}", deaf.stale_reads);
    assert!(deaf.stale_age_ms.max <= 5_100.0, "a copy lives 5 s: {}", deaf.stale_age_ms.max);
    assert!(told.stale_reads * 50 < deaf.stale_reads, "{}", told.stale_reads);
    assert!(told.app.near_invalidated > 100);
}

#[test]
fn messages_come_when_the_cache_is_told_so_what_an_outbox_brings_late_is_near_and_far_equally_late() {
    let with = |near| {
        let mut scenario = with_near(Reading::look_aside(), near);
        scenario.lanes = lane(Reading::look_aside(), Outbox { every: ms(500), ..Outbox::default() });
        report(&scenario)
    };
    let (far, told) = (with(None), with(near_cache(Tell::Messages)));
    assert!(far.stale_reads > 100 && far.stale_age_ms.max > 400.0, "{}", far.stale_age_ms.max);
    assert!(
        told.app.near_hits > 6_000 && told.stale_age_ms.max < far.stale_age_ms.max + 20.0,
        "{:?}",
        told.stale_age_ms
    );
}

#[test]
fn a_frozen_cache_tells_nobody_and_emptying_it_empties_near_caches() {
    let mut frozen = with_near(Reading::look_aside(), near_cache(Tell::Messages));
    let mut emptied = with_near(Reading::look_aside(), Some(Near { ttl: None, ..near_cache(Tell::Messages).unwrap() }));
    emptied.clients.write_ratio = 0.0;
    let calm = report(&emptied).app.near_misses;
    fault(&mut emptied, s(15), FaultKind::FlushAll, None, ms(1));
    let filled_twice = report(&emptied).app.near_misses;
    assert!((35..60).contains(&(filled_twice - calm)), "10 keys on each of 4 servers: {calm}, then {filled_twice}");
    // Writers do not wait long for it, and are done.
    frozen.app.cache_timeout = Some(ms(50));
    assert!(report(&frozen).stale_age_ms.max < 100.0);
    fault(&mut frozen, s(5), FaultKind::CacheFreeze, None, s(4));
    assert!(report(&frozen).stale_age_ms.max > 2_000.0);
}

#[test]
fn what_a_lease_waiter_makes_do_with_is_not_kept_near() {
    let mut slow = with_near(aside(LookAside { leases: Leases::Stale, ..LookAside::default() }), None);
    slow.database.read = constant(ms(300));
    let far = report(&slow);
    slow.app.near = near_cache(Tell::Messages);
    let told = report(&slow);
    assert!(far.stale_reads > 20 && told.stale_age_ms.max < far.stale_age_ms.max + 20.0, "{:?}", told.stale_age_ms);
}

#[test]
fn who_boards_a_flight_that_began_before_a_write_keeps_nothing_near() {
    let mut scenario =
        with_near(aside(LookAside { single_flight: true, ..LookAside::default() }), near_cache(Tell::Messages));
    scenario.database.read = constant(ms(300));
    let report = report(&scenario);
    assert!(report.app.coalesced > 100 && report.stale_age_ms.max < 400.0, "{:?}", report.stale_age_ms);
}

#[test]
fn messages_are_held_up_by_a_partition_and_their_loss_with_the_cache_empties_near_caches() {
    let mut cut = with_near(Reading::None {}, near_cache(Tell::Messages));
    cut.lanes = lane(Reading::None {}, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    let calm = report(&cut);
    assert!(calm.stale_age_ms.max < 10.0, "only while a message is under way: {}", calm.stale_age_ms.max);
    let mut crashed = cut.clone();
    fault(&mut cut, s(5), FaultKind::Partition, Some(FaultTarget::Link(Link::AppCache)), s(4));
    assert!(report(&cut).stale_age_ms.max > 2_000.0);
    fault(&mut crashed, s(5), FaultKind::CacheCrash, None, s(10));
    let crashed = report(&crashed);
    assert!(crashed.stale_age_ms.max < 10.0, "nothing is kept that nobody could call back");
    assert!(crashed.app.near_hits * 4 < calm.app.near_hits * 3);
}

#[test]
fn local_caches_alone_serve_many_readers_from_memory_and_one_global_cache_asks_the_database_less() {
    let none = || WriteAround { cached: Invalidate::Leave, ..WriteAround::default() };
    let mut local = with_near(Reading::None {}, near_cache(Tell::None));
    (local.clients.write_ratio, local.lanes) = (0.0, lane(Reading::None {}, none()));
    let mut global = with_near(Reading::look_aside(), None);
    (global.clients.write_ratio, global.cache.ttl) = (0.0, Ttl::Fixed(s(5)));
    let (local, global) = (report(&local), report(&global));
    assert_eq!((local.cache.commands, local.app.near_hits + local.app.near_misses), (0, local.reads));
    assert!(local.latency_ms.read.mean < global.latency_ms.read.mean);
    assert!(local.database.reads > 3 * global.database.reads, "each of the four loads for itself");
}

#[test]
fn a_crash_of_a_server_empties_its_near_cache_and_no_other() {
    let mut scenario = with_near(Reading::None {}, Some(Near { ttl: None, ..near_cache(Tell::None).unwrap() }));
    scenario.clients.write_ratio = 0.0;
    let calm = report(&scenario).app.near_misses;
    assert!((40..60).contains(&calm), "each server misses each of the ten keys once: {calm}");
    fault(&mut scenario, s(10), FaultKind::AppCrash, Some(FaultTarget::Server(2)), ms(1));
    assert!((10..15).contains(&(report(&scenario).app.near_misses - calm)));
}

// ---- Pools and breakers ----

#[test]
fn a_pool_bounds_what_is_under_way_and_its_wait_is_part_of_the_latency() {
    // Two servers with two connections and 10 ms a query: an M/D/2 queue before each, whatever the database could do.
    let with = |pool| {
        let mut scenario = one_key(Reading::None {}, 320.0, s(1), ms(10), 3e4);
        (scenario.app.servers, scenario.app.pool) = (2, pool);
        let mut lane = start(&scenario);
        let busy = (1..200).map(|n| {
            lane.run_until(ms(n * 97));
            lane.database_busy()
        });
        let most = busy.max().unwrap();
        lane.run_until(Nanos::MAX);
        (most, lane.report())
    };
    let ((free_most, free), (most, pooled)) = (with(None), with(Some(2)));
    assert!(most == 4 && free_most > 4, "{most} {free_most}");
    assert_eq!((free.latency_ms.read.max, free.app.pool_waits), (10.0, 0));
    assert!(pooled.app.pool_waits > 1_000 && pooled.latency_ms.read.mean > 12.0, "{:?}", pooled.app);
    let waited_ms = pooled.latency_ms.read.mean - 10.0;
    close("the waits add up", pooled.app.pool_waited_s * 1e3 / pooled.reads as f64, waited_ms, 0.01);
}

#[test]
fn who_waits_too_long_for_a_connection_is_given_up_and_the_pool_is_whole_again() {
    let mut scenario = one_key(Reading::None {}, 100.0, s(1), ms(50), 1e3);
    (scenario.app.pool, scenario.app.database_timeout) = (Some(1), Some(ms(60)));
    let lane = run(&scenario);
    assert!(lane.report().errors > 300 && lane.requests_under_way() == 0);
    // Half the load, and nobody waits for what earlier calls left.
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    assert_eq!(report(&scenario).errors, 0);
    // A call that is given up frees its place at once, though the database is still at it.
    scenario.app.database_timeout = Some(ms(20));
    (scenario.clients.arrivals, scenario.database.workers) = (Arrivals::Constant { rate: 40.0 }, 64);
    assert_eq!(report(&scenario).app.pool_waits, 0);
}

/// A database at 60 % of what it can do; from 5 s to 8 s nothing gets through to it, and then everything at once.
fn brown_out(breaker: Option<Breaker>, retries: u32) -> Scenario {
    let mut scenario = one_key(Reading::None {}, 240.0, s(1), ms(10), 240.0 * 60.0);
    (scenario.app.servers, scenario.database.workers) = (4, 4);
    (scenario.app.database_timeout, scenario.app.backoff) = (Some(ms(100)), ms(20));
    (scenario.app.retries, scenario.app.breaker) = (retries, breaker);
    fault(&mut scenario, s(5), FaultKind::Partition, Some(FaultTarget::Link(Link::AppDatabase)), s(3));
    scenario
}

#[test]
fn after_a_brown_out_retries_keep_the_database_saturated_and_a_breaker_lets_it_recover() {
    let failing_at_the_end = |breaker, retries| {
        let lane = run(&brown_out(breaker, retries));
        let points = lane.series(0, 1).points;
        let end = &points[points.len() - 40..];
        let (errors, requests): (u32, u32) = (end.iter().map(|p| p.errors).sum(), end.iter().map(|p| p.requests).sum());
        (f64::from(errors) / f64::from(requests), lane.report())
    };
    let breaker = Breaker { failures: 5, open_for: s(1), probes: 2, ..Breaker::default() };
    let (stuck, plain) = failing_at_the_end(None, 3);
    let (well, broken) = failing_at_the_end(Some(breaker), 3);
    assert!(stuck > 0.5, "50 s after the cause is gone, {stuck} fail");
    near("with a breaker", well, 0.0, 0.001);
    assert!(broken.errors < plain.errors / 2);
    assert_eq!((plain.app.breaker_rejections, plain.app.breaker_open_s), (0, 0.0));
    assert!(broken.app.breaker_rejections > 100 && broken.app.breaker_open_s > 4.0, "{:?}", broken.app);
    let (calm, _) = failing_at_the_end(None, 0);
    assert!(calm < stuck, "it is the retries: {calm}");
}

#[test]
fn a_breaker_that_never_sees_a_failure_changes_nothing() {
    let scenario = |breaker| Scenario { faults: Vec::new(), ..brown_out(breaker, 3) };
    assert_eq!(report(&scenario(Some(Breaker::default()))), report(&scenario(None)));
}

// ---- What means nothing ----

#[test]
fn a_refresh_without_a_ttl_is_refused_and_a_lane_with_a_ttl_of_its_own_is_not() {
    let text = |lane: &str| {
        format!("cache.ttl = \"none\"\n[[lane]]\nread = {{ kind = \"look-aside\", early_refresh = 1 }}\n{lane}")
    };
    let error = Scenario::from_toml(&text("")).unwrap_err().to_string();
    assert!(error.contains("lane.0.read.early_refresh") && error.contains("give cache.ttl a duration"), "{error}");
    Scenario::from_toml(&text("cache = { ttl = \"5s\" }")).unwrap();
}

#[test]
fn a_conflict_is_an_answer_of_a_healthy_database_and_does_not_open_the_breaker() {
    let mut scenario = racing(Reading::None {});
    (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.0, 1.0);
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 20.0 };
    scenario.lanes[0].modify = Modify::CompareAndSet { tries: 50 };
    scenario.app.breaker = Some(Breaker { failures: 1, ..Breaker::default() });
    let report = report(&scenario);
    assert!(report.database.reads > report.writes * 2, "many conflicts: {} reads", report.database.reads);
    assert_eq!((report.errors, report.app.breaker_rejections), (0, 0));
}

// ---- At the edges ----

#[test]
fn nothing_is_left_behind_of_a_copy_that_had_expired() {
    let mut scenario = racing(aside(LookAside { leases: Leases::Stale, ..LookAside::default() }));
    scenario.cache.ttl = Ttl::Fixed(Nanos(1_000));
    assert_eq!(report(&scenario).stale_reads, 0);
}

#[test]
fn who_asks_again_for_a_lease_is_counted_once_and_waits_ever_longer() {
    for leases in [Leases::Wait, Leases::Stale] {
        let report = report(&racing(aside(LookAside { leases, ..LookAside::default() })));
        assert_eq!(report.hits + report.misses, report.reads, "a read is one look-up");
    }
    // Two ask at 10 and 20 ms; the second waits for the first one's second: 2, 4, … 64 ms, and then 64 ms again.
    let how = LookAside { leases: Leases::Wait, ..LookAside::default() };
    let mut scenario = one_key(aside(how), 100.0, s(60), s(1), 2.5);
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    let waits = report(&scenario).app.lease_waits;
    assert!((18..22).contains(&waits), "{waits}");
}

#[test]
fn a_lease_from_before_a_crash_fills_nothing_after_it() {
    let how = LookAside { leases: Leases::Wait, ..LookAside::default() };
    let mut scenario = one_key(aside(how), 10.0, s(60), s(2), 50.0);
    fault(&mut scenario, s(1), FaultKind::CacheCrash, None, ms(10));
    assert_eq!(report(&scenario).app.fills_refused, 1);
}

#[test]
fn what_leaves_expired_is_missed_because_it_expired() {
    let mut scenario = one_key(Reading::look_aside(), 100.0, ms(1), Nanos::ZERO, 1e3);
    (scenario.clients.keys, scenario.cache.capacity) = (Keys::Scan { count: 2 }, 1.into());
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    let misses = report(&scenario).misses_by_cause;
    assert_eq!((misses.cold, misses.evicted), (2, 0), "{misses:?}");
}

#[test]
fn a_warm_up_does_not_load_again_what_a_reader_has_loaded() {
    let how = ReadThrough { warm_up: 80, ..ReadThrough::default() };
    let mut scenario = one_key(Reading::ReadThrough(how), 50.0, s(60), ms(100), 100.0);
    scenario.clients.keys = Keys::Uniform { count: 80 };
    scenario.cache.capacity = 100.into();
    assert_eq!(report(&scenario).database.reads, 80);
}

#[test]
fn a_near_cache_does_not_remember_that_there_is_no_row_unless_it_is_told_to() {
    let with = |negative| {
        let mut scenario = one_key(aside(LookAside { negative, ..LookAside::default() }), 10.0, s(60), ms(1), 1e3);
        (scenario.clients.absent, scenario.app.near) = (1.0, Some(Near::default()));
        report(&scenario).app.near_hits
    };
    assert!(with(None) == 0 && with(Some(s(1))) > 500);
}

#[test]
fn a_restart_of_its_server_closes_a_breaker_and_a_rollback_does_not_open_it() {
    let breaker = Some(Breaker { failures: 1, open_for: s(3_600), ..Breaker::default() });
    let mut scenario = one_key(Reading::None {}, 100.0, s(1), Nanos::ZERO, 1e3);
    scenario.app.breaker = breaker;
    fault(&mut scenario, s(2), FaultKind::DatabaseOutage, None, s(1));
    fault(&mut scenario, s(6), FaultKind::AppCrash, Some(FaultTarget::Server(0)), ms(10));
    let rejected = report(&scenario).app.breaker_rejections;
    assert!(rejected.abs_diff(400) < 80, "from 2 to 6 s: {rejected}");
    scenario.faults.clear();
    (scenario.clients.write_ratio, scenario.database.abort) = (1.0, 0.5);
    let rolling_back = report(&scenario);
    assert!(rolling_back.errors > 300 && rolling_back.app.breaker_rejections == 0, "{}", rolling_back.errors);
}

#[test]
fn leases_hold_for_warm_ups_too() {
    let how = LookAside { leases: Leases::Wait, warm_up: 10, ..LookAside::default() };
    let mut scenario = racing(aside(how));
    (1..28).for_each(|n| fault(&mut scenario, ms(n * 1_000), FaultKind::CacheCrash, None, ms(20)));
    assert_eq!(report(&scenario).stale_reads, 0);
}
