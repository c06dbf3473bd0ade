//! What is at risk is what a crash takes: the figure, the table and the sentence promise it, so a crash is made to say so.

use cachelane::ledger::Cause;
use cachelane::report::{LaneReport, WritesByClass};
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use cachelane::work::Budget;

use crate::common::{bare, in_parallel, lane, ms, run, s, start};

/// A thousand writes a second to a hundred keys, acknowledged by the cache.
fn writes(persistence: Persistence, how: WriteBack) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.clients.write_ratio = 1.0;
    (scenario.cache.capacity, scenario.cache.loading) = (1_000.into(), Nanos::ZERO);
    scenario.cache.persistence = persistence;
    scenario.lanes = lane(Reading::default(), how);
    scenario
}

fn append_only(fsync: Fsync) -> Persistence {
    Persistence::AppendOnly { fsync, fsync_time: Distribution::Constant(ms(50)) }
}

fn snapshots() -> Persistence {
    Persistence::Snapshots { every: s(1), changes: 1, per_entry: ms(2), also: Vec::new() }
}

/// Nothing is flushed before the end.
fn unflushed(coalesce: bool) -> WriteBack {
    WriteBack { every: s(100_000), coalesce, ..WriteBack::default() }
}

/// What is at risk just before that moment, and what is lost just after it, where the machine loses its power then.
fn before_and_after(scenario: &Scenario, at: Nanos) -> (WritesByClass, LaneReport) {
    let mut scenario = scenario.clone();
    scenario.duration = at + s(5);
    scenario.faults = vec![Fault { lasts: s(1), silent: Some(false), ..Fault::new(FaultKind::CachePowerLoss, at) }];
    let mut lane = start(&scenario);
    lane.run_until(at - Nanos(1));
    let before = lane.report().writes_by_class;
    lane.run_until(at);
    lane.validate();
    (before, lane.report())
}

/// Moments on and off the syncs, before the first and after several.
const MOMENTS_MS: [u64; 9] = [400, 999, 1_020, 1_333, 2_040, 3_049, 3_051, 4_500, 5_678];

/// Checks at each moment that a crash loses what was at risk, and gives how much that was at each.
fn at_risk_is_lost(name: &str, scenario: &Scenario) -> Vec<u64> {
    in_parallel(&MOMENTS_MS, |at| {
        let (before, after) = before_and_after(scenario, ms(at));
        assert_eq!(after.writes_by_class.lost, before.at_risk, "{name}, a crash at {at} ms");
        assert_eq!((after.writes_by_class.at_risk, after.ever_lost), (0, before.at_risk), "{name}, {at} ms");
        let held = before.at_risk + before.recoverable;
        assert_eq!(after.writes_by_class.recoverable, held - before.at_risk, "{name}: the others are there, {at} ms");
        assert!(held as f64 > 0.7 * at as f64, "{name}: nothing is in the database, {at} ms");
        before.at_risk
    })
}

#[test]
fn a_crash_loses_exactly_what_was_at_risk_however_much_of_it_is_on_disk() {
    for coalesce in [false, true] {
        let at_risk = |name, persistence| at_risk_is_lost(name, &writes(persistence, unflushed(coalesce)));
        let none = at_risk("memory alone", Persistence::None {});
        assert!(none.is_sorted() && none[8] > 5_000, "all of it: {none:?}");
        assert_eq!(at_risk("always", append_only(Fsync::Always)), [0; 9], "what is acknowledged is synced");
        let each_second = at_risk("every second", append_only(Fsync::EverySecond));
        assert!(each_second.iter().all(|&n| n < 1_150) && each_second[6] < 100, "since the last sync: {each_second:?}");
        assert!(each_second[5] > 950, "a sync that has not ended does not count: {each_second:?}");
        assert_eq!(at_risk("the kernel alone", append_only(Fsync::No)), none, "no sync in the first 30 s");
        let snapshots = at_risk("snapshots", snapshots());
        assert!(snapshots[8] < 2_000 && snapshots[0] == none[0], "{snapshots:?}");
    }
}

#[test]
fn a_replica_that_would_take_over_leaves_at_risk_what_it_has_not_received() {
    let mut scenario = writes(Persistence::None {}, unflushed(true));
    (scenario.cache.replicas, scenario.cache.lag) = (1, Distribution::Constant(ms(100)));
    scenario.cache.failover = Some(ms(500));
    let lag = at_risk_is_lost("a replica", &scenario);
    assert!(lag.iter().all(|n| (60..150).contains(n)), "a tenth of a second of writes: {lag:?}");
    // Nobody would take over from a replica without a failover: then it is all at risk.
    scenario.cache.failover = None;
    let (before, _) = before_and_after(&scenario, ms(2_040));
    assert!(before.at_risk > 1_800 && before.recoverable == 0, "{before:?}");
}

#[test]
fn between_two_flushes_as_well_and_what_a_flush_carries_the_crash_does_not_take() {
    let flushed = WriteBack { every: s(1), ..WriteBack::default() };
    for (persistence, is_volatile) in [(Persistence::None {}, true), (append_only(Fsync::Always), false)] {
        for (at, since) in [(2_400, 400), (3_700, 700)] {
            let (before, after) = before_and_after(&writes(persistence.clone(), flushed.clone()), ms(at));
            assert_eq!((after.ever_lost, after.writes_by_class.lost), (before.at_risk, before.at_risk), "{at} ms");
            let expected = if is_volatile { since - 100..since + 100 } else { 0..1 };
            assert!(expected.contains(&before.at_risk), "{at} ms: {before:?}");
        }
    }
    // The batch is on its way to the database for 200 ms.
    let mut slow = writes(Persistence::None {}, flushed);
    slow.network.cache_database = Distribution::Constant(ms(200));
    slow.network.app_database = Distribution::Constant(ms(200));
    let (before, after) = before_and_after(&slow, ms(2_100));
    assert!(after.ever_lost < before.at_risk && after.ever_lost > 50, "{} of {before:?}", after.ever_lost);
}

#[test]
fn who_looks_often_changes_nothing() {
    let mut scenario = writes(append_only(Fsync::EverySecond), WriteBack { every: ms(1_700), ..WriteBack::default() });
    (scenario.cache.replicas, scenario.cache.lag) = (2, Distribution::Exponential(ms(30)));
    (scenario.cache.failover, scenario.duration) = (Some(ms(300)), s(8));
    scenario.faults = vec![Fault { lasts: s(1), ..Fault::new(FaultKind::CachePowerLoss, ms(4_321)) }];
    let mut watched = start(&scenario);
    while !watched.is_finished() {
        watched.advance(Nanos::MAX, &Budget::of(101));
        let report = watched.report();
        assert!(report.at_risk_max >= report.writes_by_class.at_risk || watched.now() >= scenario.duration);
    }
    assert_eq!(watched.report(), run(&scenario).report());
}

/// Lanes of different promises beside each other: the figure and the table say the same of each.
#[test]
fn the_most_at_risk_is_the_highest_point_of_the_figure() {
    let most = |persistence| {
        let mut scenario = writes(persistence, WriteBack { every: s(2), ..WriteBack::default() });
        scenario.duration = s(12);
        let lane: Simulation = run(&scenario);
        let points = lane.series(0, 1).points;
        let highest = points.iter().map(|point| u64::from(point.at_risk)).max().expect("points");
        assert_eq!(lane.report().at_risk_max, highest);
        assert_eq!(lane.ledger().ever_lost().get(Cause::PersistenceWindow), 0);
        highest
    };
    assert!((1_700..2_300).contains(&most(Persistence::None {})));
    assert!((850..1_200).contains(&most(append_only(Fsync::EverySecond))));
    assert_eq!(most(append_only(Fsync::Always)), 0);
}
