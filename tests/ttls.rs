//! How long copies live: near ones that end with their parents, keys without a TTL among others; and how large they are.

use cachelane::report::LaneReport;
use cachelane::scenario::*;

use crate::common::{bare, constant, lane, ms, near, report, s};

/// A hundred requests a second for one key, some of which write it and leave its copies as they are.
fn left(read: Reading, ttl: Ttl, bounded: bool) -> LaneReport {
    let mut scenario = Scenario { duration: s(60), ..bare() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.write_ratio = 0.002;
    (scenario.app.servers, scenario.cache.ttl) = (4, ttl);
    scenario.app.near = Some(Near { bounded, ttl: Some(s(10)), ..Near::default() });
    scenario.database.read = constant(ms(1));
    scenario.lanes = lane(read, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    report(&scenario)
}

#[test]
fn a_bounded_near_copy_ends_with_its_parent_and_otherwise_the_two_times_add_up() {
    let jittered = Ttl::Jittered { ttl: s(1), spread: 0.5 };
    for read in [
        Reading::look_aside(),
        Reading::LookAside(LookAside { leases: Leases::Wait, ..LookAside::default() }),
        Reading::read_through(),
    ] {
        for ttl in [Ttl::Fixed(s(1)), jittered] {
            let (bounded, unbounded) = (left(read.clone(), ttl, true), left(read.clone(), ttl, false));
            assert!(bounded.stale_age_ms.max <= 1_010.0, "{read:?}: {}", bounded.stale_age_ms.max);
            assert!(unbounded.stale_age_ms.max > 5_000.0, "{read:?}: {}", unbounded.stale_age_ms.max);
            assert!(bounded.app.near_hits > 4_000, "it is of use all the same: {:?}", bounded.app);
        }
    }
}

#[test]
fn a_bound_that_comes_later_than_the_near_caches_own_changes_nothing() {
    for read in [Reading::look_aside(), Reading::read_through()] {
        let [bounded, unbounded] = [true, false].map(|bounded| left(read.clone(), Ttl::Fixed(s(3_600)), bounded));
        assert_eq!(bounded, unbounded);
    }
}

#[test]
fn keys_without_a_ttl_stay_and_the_others_end() {
    // Each key is read once a second: with a TTL of 100 ms, one read in eleven finds it; without one, every one does.
    let hits = |mix: &[(cachelane::time::Nanos, f64)]| {
        let mut scenario = Scenario { warmup: s(60), duration: s(160), ..bare() };
        scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
        scenario.clients.keys = Keys::Uniform { count: 500 };
        scenario.cache.capacity = 1_000.into();
        scenario.cache.ttl = Ttl::Mixed(TtlMix::new(mix).expect("a mix"));
        scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
        report(&scenario).hit_ratio
    };
    near("three of ten have none", hits(&[(ms(100), 0.7), (TtlMix::NO_TTL, 0.3)]), 0.3 + 0.7 / 11.0, 0.03);
    near("all have one", hits(&[(ms(100), 1.0)]), 1.0 / 11.0, 0.01);
}

/// Reads of values of such sizes, a popular key as often large as another, from a cache of a tenth of their bytes.
fn sized(eviction: Eviction, value_size: Sizes) -> LaneReport {
    let mut scenario = Scenario { warmup: s(50), duration: s(150), ..bare() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 500.0 };
    scenario.clients.keys = Keys::zipf(2_000, 0.8);
    scenario.clients.value_size = value_size;
    (scenario.cache.eviction, scenario.cache.capacity) = (eviction, Capacity::Bytes("400kB".parse().expect("a size")));
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    report(&scenario)
}

#[test]
fn gdsf_hits_more_often_than_policies_that_know_no_sizes_and_serves_fewer_bytes() {
    let sizes = Sizes::Lognormal { median: "1kB".parse().expect("a size"), p99: "20kB".parse().expect("a size") };
    let [gdsf, lfu, lru] = [Eviction::Gdsf, Eviction::Lfu, Eviction::Lru].map(|policy| sized(policy, sizes));
    assert!(gdsf.hit_ratio > lfu.hit_ratio + 0.02 && gdsf.hit_ratio > lru.hit_ratio + 0.1, "{}", gdsf.hit_ratio);
    assert!(gdsf.byte_hit_ratio < gdsf.hit_ratio - 0.1, "{} {}", gdsf.byte_hit_ratio, gdsf.hit_ratio);
    assert!(gdsf.byte_hit_ratio < lfu.byte_hit_ratio, "{} {}", gdsf.byte_hit_ratio, lfu.byte_hit_ratio);
}

#[test]
fn where_all_values_are_of_one_size_bytes_are_hit_as_often_as_reads() {
    let lru = sized(Eviction::Lru, Sizes::Constant("2kB".parse().expect("a size")));
    assert!((lru.byte_hit_ratio - lru.read_hit_ratio).abs() < 1e-12 && lru.byte_hit_ratio > 0.1);
}
