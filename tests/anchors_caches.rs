//! Caches through whole runs, against theory: hit ratios, times to live, coalesced misses, write-back's losses.
//! All links and stores answer in no time, so that requests do not overlap, unless a test says otherwise.

use cachelane::ledger::Cause;
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::anchors_ratios::{che, fifo, zipf};
use crate::common::{bare, close, in_parallel, lane, near, run, start};

/// A hundred thousand reads a second through this reading strategy.
fn reads(read: Reading, draws: f64) -> Scenario {
    let mut scenario = bare();
    let rate = 100_000.0;
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.lanes = lane(read, WriteAround::default());
    scenario.duration = Nanos::from_secs_f64(draws / rate);
    scenario.warmup = Nanos::from_secs_f64(draws / rate / 5.0);
    scenario
}

#[test]
fn look_aside_hits_as_often_as_the_theory_of_its_eviction_says() {
    type Theory = fn(&[f64], u32) -> f64;
    // CLOCK has no closed form; the figure is ANCHORS' simulated one.
    let cases: [(u32, f64, u32, Eviction, Theory); 5] = [
        (1_000, 1.0, 100, Eviction::Lru, che),
        (1_000, 1.0, 100, Eviction::Fifo, fifo),
        (1_000, 1.0, 100, Eviction::Clock, |_, _| 0.5899),
        (10_000, 1.0, 1_000, Eviction::Lru, che),
        (1_000, 0.8, 100, Eviction::Random, fifo),
    ];
    let measured = in_parallel(&[0, 1, 2, 3, 4], |case: usize| {
        let (count, alpha, capacity, eviction, _) = cases[case];
        let mut scenario = reads(Reading::look_aside(), 1.5e6);
        scenario.clients.keys = Keys::zipf(count, alpha);
        (scenario.cache.capacity, scenario.cache.eviction) = (capacity.into(), eviction);
        run(&scenario).report().hit_ratio
    });
    for ((count, alpha, capacity, eviction, theory), measured) in cases.into_iter().zip(measured) {
        let expected = theory(&zipf(count, alpha), capacity);
        near(&format!("{eviction} at {count} {alpha} {capacity}"), measured, expected, 0.002);
    }
}

/// One key, asked for `rate` times a second, and what the lane reported.
fn one_key(read: Reading, rate: f64, ttl: Ttl, load: Nanos, requests: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.lanes = lane(read, WriteAround::default());
    scenario.cache.ttl = ttl;
    scenario.database.workers = 64;
    scenario.database.read = Distribution::Constant(load);
    scenario.duration = Nanos::from_secs_f64(requests / rate);
    scenario.warmup = Nanos::from_secs(10);
    scenario
}

#[test]
fn times_to_live_hit_as_often_as_theory_says() {
    for (rate, seconds) in [(10.0, 0.1), (10.0, 1.0), (3.0, 0.5)] {
        let (x, ttl): (f64, _) = (rate * seconds, Nanos::from_secs_f64(seconds));
        for read in [Reading::look_aside(), Reading::read_through()] {
            let hits = |ttl| run(&one_key(read.clone(), rate, ttl, Nanos::ZERO, 0.6e6)).report().hit_ratio;
            near("fixed", hits(Ttl::Fixed(ttl)), x / (1.0 + x), 0.002);
            near("sliding", hits(Ttl::Sliding(ttl)), 1.0 - libm::exp(-x), 0.002);
        }
    }
}

#[test]
fn read_through_answers_all_who_wait_for_a_load_at_once() {
    for (rate, ttl, z) in [(10.0, 1.0, 0.2), (5.0, 2.0, 0.5), (40.0, 0.1, 0.05)] {
        let fixed = Ttl::Fixed(Nanos::from_secs_f64(ttl));
        let scenario = one_key(Reading::read_through(), rate, fixed, Nanos::from_secs_f64(z), 1.0e6);
        let report = run(&scenario).report();
        let n = 1.0 + rate * (ttl + z);
        let share = |count: u64| count as f64 / report.reads as f64;
        near("hit", share(report.hits), rate * ttl / n, 0.002);
        near("delayed", share(report.delayed_hits), rate * z / n, 0.002);
        near("miss", share(report.misses - report.delayed_hits), 1.0 / n, 0.002);
        close("mean wait", report.latency_ms.read.mean, (z + rate * z * z / 2.0) / n * 1e3, 0.01);
        near("loads", share(report.database.reads), 1.0 / n, 0.002);
    }
}

const EVERY: f64 = 5.0;

/// Writes only, 40 a second over a Zipf of 100 keys, flushed every 5 s in no time.
fn write_back(coalesce: bool, periods: u32) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 40.0 };
    scenario.clients.keys = Keys::zipf(100, 1.0);
    scenario.clients.write_ratio = 1.0;
    scenario.cache.capacity = 100.into();
    let how = WriteBack { every: Nanos::from_secs_f64(EVERY), batch: 10_000, coalesce, ..WriteBack::default() };
    scenario.lanes = lane(Reading::look_aside(), how);
    scenario.duration = Nanos::from_secs_f64(EVERY * f64::from(periods));
    scenario
}

/// Σ over the keys, of `term(wᵢΔ)`.
fn over_keys(term: impl Fn(f64) -> f64) -> f64 {
    zipf(100, 1.0).iter().map(|p| term(p * 40.0 * EVERY)).sum()
}

/// One crash in every period, at moments spread evenly over it, so that their mean is that of a uniform one.
#[test]
fn a_crash_at_a_random_moment_loses_half_a_period_of_acknowledged_writes() {
    const PERIODS: u32 = 250;
    for coalesce in [true, false] {
        let lost = in_parallel(&[1, 2, 3, 4, 5, 6, 7, 8], |seed: u64| {
            let mut scenario = write_back(coalesce, PERIODS);
            scenario.seed = seed;
            for period in 0..PERIODS {
                let place = (f64::from(period * 89 % PERIODS) + 0.5) / f64::from(PERIODS);
                let at = Nanos::from_secs_f64((f64::from(period) + place) * EVERY);
                scenario.faults.push(Fault { lasts: Nanos(1), ..Fault::new(FaultKind::CacheCrash, at) });
            }
            let lane = run(&scenario);
            let ledger = lane.ledger();
            assert_eq!(ledger.ever_lost().get(Cause::CacheCrash), ledger.ever_lost().total());
            ledger.ever_lost().total() as f64
        });
        let mean = lost.iter().sum::<f64>() / lost.len() as f64 / f64::from(PERIODS);
        close("lost in a crash", mean, 40.0 * EVERY / 2.0, 0.02);
    }
}

#[test]
fn right_after_a_crash_the_lost_writes_are_those_since_the_last_flush() {
    let mut scenario = write_back(true, 2);
    let at = Nanos::from_secs(8);
    scenario.faults.push(Fault { lasts: Nanos::from_secs(1), ..Fault::new(FaultKind::CacheCrash, at) });
    let mut lane = start(&scenario);
    lane.run_until(Nanos::from_secs(5));
    let durable = lane.ledger().counts();
    assert_eq!((durable.at_risk, durable.lost), (0, 0), "everything has just been flushed");
    lane.run_until(Nanos(at.0 - 1));
    let at_risk = lane.ledger().counts().at_risk;
    lane.run_until(at);
    let counts = lane.ledger().counts();
    assert_eq!((counts.at_risk, counts.lost), (0, at_risk));
    assert!(at_risk > 50, "about 120 writes came since the flush: {at_risk}");
    lane.validate();
}

#[test]
fn dirty_keys_and_rows_per_flush_are_as_many_as_theory_says() {
    const PERIODS: u32 = 800;
    let mut lane = start(&write_back(true, PERIODS));
    let (mut before_flush, mut average) = (0.0, 0.0);
    for period in 0..PERIODS {
        let place = (f64::from(period * 89 % PERIODS) + 0.5) / f64::from(PERIODS);
        lane.run_until(Nanos::from_secs_f64((f64::from(period) + place) * EVERY));
        average += f64::from(lane.dirty());
        lane.run_until(Nanos(Nanos::from_secs_f64(f64::from(period + 1) * EVERY).0 - 1));
        before_flush += f64::from(lane.dirty());
    }
    lane.run_until(Nanos::MAX);
    let report = lane.report();
    let per_flush = over_keys(|x| 1.0 - libm::exp(-x));
    close("dirty before a flush", before_flush / f64::from(PERIODS), per_flush, 0.02);
    close("rows per flush", report.database.writes as f64 / report.database.batches as f64, per_flush, 0.02);
    close("dirty on average", average / f64::from(PERIODS), over_keys(|x| 1.0 - (1.0 - libm::exp(-x)) / x), 0.02);
}
