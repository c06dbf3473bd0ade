//! Several cache nodes: each has its keys, its thread and its fate.

use cachelane::cache::shards::{SLOTS, slot_of};
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{lane, run, start};

/// Three nodes, 90 keys, everything through write-back; nothing is flushed before the end.
fn three_nodes() -> Scenario {
    let mut scenario = Scenario { duration: Nanos::from_secs(20), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
    scenario.clients.keys = Keys::Uniform { count: 90 };
    scenario.clients.write_ratio = 0.5;
    scenario.cache.shards = 3;
    let how = WriteBack { every: Nanos::from_secs(100), ..WriteBack::default() };
    scenario.lanes = lane(Reading::read_through(), how);
    scenario
}

fn shard(key: u32) -> u32 {
    slot_of(key) * 3 / SLOTS
}

fn crash(which: Option<u32>) -> Fault {
    let (at, lasts) = (Nanos::from_secs(10), Nanos::from_secs(30));
    Fault { which: which.map(FaultTarget::Server), lasts, ..Fault::new(FaultKind::CacheCrash, at) }
}

#[test]
fn a_crashed_node_takes_its_own_keys_along_and_no_others() {
    let mut scenario = three_nodes();
    scenario.faults = vec![crash(Some(1))];
    let mut lane = start(&scenario);
    lane.run_until(Nanos::from_secs(19));
    for key in 0..90 {
        assert_eq!(lane.cached(key).is_some(), shard(key) != 1, "key {key}");
    }
    let report = lane.report();
    // A third of the traffic in the second half of the run.
    assert!((0.12..0.21).contains(&(report.errors as f64 / report.requests as f64)), "{}", report.errors);
    lane.run_until(Nanos::MAX);
    lane.validate();
    let lost: Vec<u32> = lane.ledger().cases().lost().iter().map(|case| case.key).collect();
    assert!(!lost.is_empty() && lost.iter().all(|&key| shard(key) == 1), "{lost:?}");
}

#[test]
fn a_crash_of_the_cache_without_a_number_is_a_crash_of_every_node() {
    let mut scenario = three_nodes();
    scenario.faults = vec![crash(None)];
    let mut lane = start(&scenario);
    lane.run_until(Nanos::from_secs(19));
    assert!((0..90).all(|key| lane.cached(key).is_none()));
    lane.run_until(Nanos::MAX);
    lane.validate();
}

#[test]
fn each_node_has_the_whole_capacity_for_its_keys() {
    for (shards, held) in [(1, 10), (3, 30)] {
        let mut scenario = three_nodes();
        (scenario.cache.capacity, scenario.cache.shards) = (10.into(), shards);
        scenario.cache.ttl = Ttl::None;
        assert_eq!(run(&scenario).report().cache.entries, held);
    }
}

#[test]
fn more_nodes_spread_many_keys_and_cannot_spread_one_hot_key() {
    let busiest = |keys: Keys| {
        let mut scenario = three_nodes();
        scenario.clients.keys = keys;
        scenario.cache.command = Distribution::Constant(Nanos::from_micros(500));
        scenario.warmup = Nanos(scenario.duration.0 / 2);
        let report = run(&scenario).report().cache;
        let sum: u64 = report.nodes.iter().map(|node| node.commands).sum();
        assert_eq!((report.nodes.len(), sum), (3, report.commands), "the nodes' parts are the whole");
        let mean = report.nodes.iter().map(|node| node.utilisation).sum::<f64>() / 3.0;
        assert!((mean - report.utilisation).abs() < 1e-9, "all count from the end of the warm-up");
        let most = report.nodes.iter().map(|node| node.utilisation).fold(0.0, f64::max);
        (most / report.utilisation, report.hottest[0])
    };
    let (even, _) = busiest(Keys::Uniform { count: 9_000 });
    assert!(even < 1.1, "the busiest node has its share: {even:.2} of the mean");
    let (uneven, hot) = busiest(Keys::HotSet { count: 9_000, hot: 0.0001, traffic: 0.8, moves_every: None });
    assert!(uneven > 2.2, "the busiest node has nearly all: {uneven:.2} of the mean");
    assert!((hot.share - 0.8).abs() < 0.03 && hot.key == 0 && hot.node == shard(0), "{hot:?}");
}

#[test]
fn equally_hot_keys_are_told_in_their_order() {
    let mut scenario = three_nodes();
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.clients.keys, scenario.clients.write_ratio) = (Keys::Scan { count: 30 }, 0.0);
    let hottest: Vec<u32> = run(&scenario).report().cache.hottest.iter().map(|hot| hot.key).collect();
    assert!(hottest.len() > 2 && hottest.is_sorted(), "{hottest:?}");
}

#[test]
fn the_most_dirty_rows_are_those_of_all_nodes() {
    let report = run(&three_nodes()).report();
    assert_eq!(report.cache.dirty_max, 90, "every key is written, and none is flushed before the end");
}

// ---- A gutter ----

/// Three nodes, of which one is dead from 10 s to 30 s.
pub fn with_a_dead_node(gutter: Option<Gutter>) -> Scenario {
    let mut scenario = Scenario { duration: Nanos::from_secs(40), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
    scenario.clients.keys = Keys::zipf(300, 0.9);
    scenario.clients.write_ratio = 0.02;
    scenario.cache = Cache { shards: 3, ttl: Ttl::None, ..scenario.cache };
    // Nobody puts an old value into a node, so that what is stale is so by the gutter.
    let read = LookAside { gutter, leases: Leases::Wait, ..LookAside::default() };
    scenario.lanes = lane(Reading::LookAside(read), WriteAround::default());
    scenario.faults = vec![Fault { lasts: Nanos::from_secs(20), ..crash(Some(1)) }];
    scenario
}

#[test]
fn a_gutter_takes_the_load_of_a_dead_node_and_what_it_serves_is_stale_for_its_ttl_at_most() {
    let ttl = Nanos::from_secs(2);
    let report = |gutter| run(&with_a_dead_node(gutter)).report();
    let (with, without) = (report(Some(Gutter { capacity: 100, ttl })), report(None));
    let (few, many) = (with.database.reads, without.database.reads);
    assert!(few * 2 < many, "{few} reads of the database against {many}");
    assert!(with.app.gutter_hits > 1_000 && without.app.gutter_hits == 0, "{:?}", with.app);
    assert_eq!((with.errors, without.errors), (0, 0), "with or without, the database can serve them");
    // Without it, all who miss read the row; and nobody tells the gutter of a write.
    let (old, none) = (with.stale_age_ms.max, without.stale_age_ms.max);
    assert!(old > 500.0 && old < 2_000.0 + 100.0 && none < 100.0, "{old} ms and {none} ms");
    let longer = report(Some(Gutter { capacity: 100, ttl: Nanos::from_secs(8) }));
    assert!(
        longer.stale_reads > with.stale_reads && longer.database.reads < few,
        "a longer TTL is staler, and asks less"
    );
    let small = report(Some(Gutter { capacity: 5, ttl }));
    assert!(small.database.reads > few && small.database.reads < many, "what has no room in it is read again");
}

#[test]
fn nobody_asks_a_gutter_while_all_nodes_answer() {
    let calm = |gutter| {
        let scenario = Scenario { faults: Vec::new(), ..with_a_dead_node(gutter) };
        let report = run(&scenario).report();
        assert_eq!(report.app.gutter_hits + report.app.gutter_misses, 0);
        report.digest
    };
    assert_eq!(calm(Some(Gutter::default())), calm(None));
}
