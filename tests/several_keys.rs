//! Requests for several keys: they wait for their slowest part, more nodes do not serve proportionally more of them, and each
//! key is counted as a read of its own.

use std::collections::BTreeMap;

use cachelane::cache::shards::slot_of;
use cachelane::history::Answered;
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, close, constant, lane, ms, run, s, start};

/// Multi-gets of so many of a thousand keys, `rate` in a second.
fn several(keys: u32, rate: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients = Clients {
        arrivals: Arrivals::Constant { rate },
        keys: Keys::Uniform { count: 1_000 },
        write_ratio: 0.0,
        multi_get_ratio: 1.0,
        multi_get_keys: keys,
        ..Clients::default()
    };
    scenario.cache.capacity = Capacity::Entries(1_000);
    scenario.lanes = lane(Reading::LookAside(LookAside::default()), WriteAround::default());
    scenario
}

/// What became of the keys of each request, by when it was sent.
fn requests(scenario: &Scenario) -> BTreeMap<Nanos, Vec<Answered>> {
    let mut lane = start(scenario);
    lane.keep_history();
    lane.run_until(Nanos::MAX);
    lane.validate();
    let mut by_moment: BTreeMap<Nanos, Vec<Answered>> = BTreeMap::new();
    lane.take_history().into_iter().for_each(|answered| by_moment.entry(answered.issued).or_default().push(answered));
    by_moment
}

/// "The Tail at Scale" (Dean and Barroso, CACM 2013): where each of a hundred servers is slow once in a hundred times, 63 % of
/// the requests that wait for all of them are slow.
#[test]
fn of_a_hundred_parts_that_are_slow_once_in_a_hundred_one_is_slow_in_63_of_100_requests() {
    let mut scenario = several(100, 20.0);
    scenario.clients.keys = Keys::Uniform { count: 10_000_000 };
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario.duration = s(100);
    scenario.app.scatter = true;
    scenario.database.workers = 1_024;
    scenario.database.read = Distribution::Empirical(vec![(98.99, ms(1)), (99.0, ms(500)), (100.0, ms(500))]);
    let requests = requests(&scenario);
    let slow = requests.values().filter(|parts| parts[0].at.saturating_sub(parts[0].issued) >= ms(250));
    let (slow, all) = (slow.count() as f64, requests.len() as f64);
    let expected = 1.0 - libm::pow(0.99, 100.0);
    assert!((slow / all - expected).abs() < 3.0 * (expected * (1.0 - expected) / all).sqrt(), "{slow} of {all}");
    assert!(requests.values().all(|parts| parts.iter().all(|part| part.at == parts[0].at)), "all are answered at once");
}

/// The multiget hole (Facebook, 2009): each request asks nearly all nodes, so a further node takes keys off the others, and no
/// calls. A node is busy for the time of a call, and for that of each key beside the first.
#[test]
fn more_nodes_take_keys_off_each_other_and_no_calls() {
    let (call, key) = (Nanos::from_micros(100), Nanos::from_micros(2));
    let busy = |nodes: u32| {
        let mut scenario = several(50, 100.0);
        (scenario.cache.shards, scenario.cache.command, scenario.cache.per_key) = (nodes, constant(call), key);
        (scenario.warmup, scenario.duration) = (s(20), s(60));
        let report = run(&scenario).report();
        assert_eq!(report.misses, 0, "all keys are there after the warm-up");
        // The keys of a request are each on any node with the share of the slots that it has.
        let mut shares: Vec<f64> = vec![0.0; nodes as usize];
        (0..1_000).for_each(|key| shares[(slot_of(key) * nodes / 16_384) as usize] += 1e-3);
        let drawn = 1_000.0 * (1.0 - libm::pow(1.0 - 1e-3, 50.0));
        let asked: f64 = shares.iter().map(|share| 1.0 - libm::pow(1.0 - share, 50.0)).sum();
        let each = asked * call.as_secs_f64() + (drawn - asked) * key.as_secs_f64();
        close(&format!("{nodes} nodes"), report.cache.utilisation, 100.0 * each / f64::from(nodes), 0.02);
        report.cache.utilisation
    };
    let [one, ten, twenty] = [1, 10, 20].map(busy);
    assert!(one / ten < 2.0 && ten / twenty < 1.3, "ten nodes do not serve ten times as much: {one} {ten} {twenty}");
}

#[test]
fn each_key_is_a_read_of_its_own_and_a_query_reads_all_that_is_missed() {
    let mut scenario = several(20, 50.0);
    scenario.clients.write_ratio = 0.2;
    scenario.clients.multi_get_ratio = 0.8;
    (scenario.cache.shards, scenario.cache.capacity) = (5, Capacity::Entries(40));
    scenario.database.read = constant(ms(2));
    scenario.database.workers = 64;
    scenario.duration = s(20);
    for scatter in [false, true] {
        scenario.app.scatter = scatter;
        let sent = requests(&scenario);
        let report = run(&scenario).report();
        let reads: usize = sent.values().map(|parts| parts.iter().filter(|part| part.write.is_none()).count()).sum();
        let with_misses =
            sent.values().filter(|parts| parts.iter().any(|part| part.write.is_none() && !part.from_cache));
        assert_eq!((report.reads, report.hits + report.misses), (reads as u64, reads as u64));
        assert_eq!(report.reads_from_cache, report.hits);
        assert!(report.hits > 1_000 && report.misses > 1_000, "{} {}", report.hits, report.misses);
        let queries = if scatter { report.misses } else { with_misses.count() as u64 };
        assert_eq!(report.database.reads, queries, "scattered: {scatter}");
        for parts in sent.values() {
            let mut keys: Vec<u32> = parts.iter().map(|part| part.key).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), parts.len(), "no key is asked for twice");
        }
    }
}

#[test]
fn a_query_for_several_keys_takes_longer_by_its_further_keys() {
    let mut scenario = several(11, 10.0);
    scenario.clients.keys = Keys::Scan { count: 1_000 };
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    (scenario.database.read, scenario.database.per_key) = (constant(ms(5)), ms(1));
    let latency = run(&scenario).report().latency_ms.read;
    close("IN of 11 keys", latency.max, 15.0, 0.01);
    scenario.app.scatter = true;
    scenario.database.per_key = Database::default().per_key;
    close("eleven queries to one worker", run(&scenario).report().latency_ms.read.max, 55.0, 0.01);
}

#[test]
fn a_node_that_is_down_costs_its_own_keys_a_query_and_nobody_an_answer() {
    let mut scenario = several(20, 50.0);
    (scenario.cache.shards, scenario.warmup, scenario.duration) = (4, s(10), s(20));
    let fault = Fault { which: Some(FaultTarget::Server(1)), lasts: s(10), ..Fault::new(FaultKind::CacheCrash, s(10)) };
    scenario.faults = vec![fault];
    let report = run(&scenario).report();
    assert_eq!(report.errors, 0);
    let of_the_node = (0..1_000).filter(|&key| slot_of(key) * 4 / 16_384 == 1).count() as f64 / 1_000.0;
    close("what was read from the database", 1.0 - report.read_hit_ratio, of_the_node, 0.1);
}

#[test]
fn who_gives_up_gives_up_all_keys_and_asks_for_all_of_them_again() {
    let mut scenario = several(20, 10.0);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    (scenario.database.read, scenario.database.workers) = (constant(ms(50)), 64);
    (scenario.clients.timeout, scenario.clients.retries) = (Some(ms(20)), 1);
    scenario.duration = s(2);
    for parts in requests(&scenario).values() {
        assert!(parts.len() > 15 && parts.iter().all(|part| part.outcome.is_err()), "{}", parts.len());
    }
    let twice = run(&scenario).report().requests;
    scenario.clients.retries = 0;
    let once = run(&scenario).report().requests;
    assert!(twice > once * 19 / 10 && twice <= once * 2, "{twice} {once}");
}

#[test]
fn a_server_that_crashes_answers_no_key() {
    let mut scenario = several(20, 10.0);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    (scenario.database.read, scenario.database.workers, scenario.app.servers) = (constant(ms(50)), 64, 1);
    scenario.duration = s(2);
    scenario.faults = vec![Fault { lasts: ms(1), ..Fault::new(FaultKind::AppCrash, ms(1_025)) }];
    let failed: Vec<_> = requests(&scenario).into_values().filter(|parts| parts[0].outcome.is_err()).collect();
    assert!(failed.len() == 1 && failed[0].iter().all(|part| part.outcome.is_err()), "{}", failed.len());
}
