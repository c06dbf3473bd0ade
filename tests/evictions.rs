//! Eviction and room in whole runs: what a full cache does to requests.

use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{Write, bare, lane, run};

/// Half reads, half writes, of 100 keys, through a cache for ten.
fn full(eviction: Eviction, write: impl Into<Write>) -> LaneReport {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.clients.write_ratio = 0.5;
    scenario.cache.capacity = 10;
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
    scenario.cache.capacity = 10;
    scenario.cache.eviction = Eviction::None;
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.duration = Nanos::from_secs(100);
    let report = run(&scenario).report();
    // The first ten keys stay for ever, and each is asked for once in a hundred times.
    assert!((report.hit_ratio - 0.1).abs() < 0.005, "{}", report.hit_ratio);
    assert_eq!((report.errors, report.misses_by_cause.evicted), (0, 0));
}
