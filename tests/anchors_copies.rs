//! One cached copy through whole runs, against closed forms: how often and how long it is stale, what its expiry costs.
//! One key, no latency but what a test names, so that requests meet only where the formula says so.
//!
//! λ reads and μ writes a second of that key, T its TTL, in seconds.

use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, close, in_parallel, lane, near, run, start};

const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// One key, `lambda` reads and `mu` writes a second, this strategy, loads of this length.
fn one_key(read: Reading, lambda: f64, mu: f64, ttl: Ttl, load: Distribution, requests: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: lambda + mu };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.write_ratio = mu / (lambda + mu);
    scenario.lanes = lane(read, WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
    scenario.cache.ttl = ttl;
    scenario.database.workers = 1_000;
    scenario.database.read = load;
    scenario.duration = Nanos::from_secs_f64(requests / (lambda + mu));
    scenario
}

/// 1 − e^{−x}.
fn within(x: f64) -> f64 {
    -libm::expm1(-x)
}

/// The share of stale reads when writes leave the copy until its fixed TTL ends.
fn stale_share(lambda: f64, t: f64, mu: f64) -> f64 {
    lambda * (t - within(mu * t) / mu) / (1.0 + lambda * t)
}

/// How long, in the mean, a stale read's value has been out of date, in seconds.
fn stale_age_s(t: f64, mu: f64) -> f64 {
    let stale = t - within(mu * t) / mu;
    (t * t / 2.0 - stale / mu) / stale
}

/// The share of stale reads when each read renews the copy's TTL.
fn sliding_stale_share(lambda: f64, t: f64, mu: f64) -> f64 {
    let odds = |x: f64| x / (1.0 - x);
    let lives = odds(within(lambda * t));
    let lives_unwritten = odds(lambda / (lambda + mu) * within((lambda + mu) * t));
    (lives - lives_unwritten) / (lives + 1.0)
}

#[test]
fn the_formulas_give_the_figures_of_the_anchors() {
    near("stale share", stale_share(10.0, 10.0, 0.1), 0.364_24, 0.000_005);
    near("stale share", stale_share(50.0, 5.0, 1.0), 0.798_15, 0.000_005);
    near("age", stale_age_s(10.0, 0.1), 3.591_4, 0.000_05);
    near("age", stale_age_s(5.0, 1.0), 2.119_7, 0.000_05);
    near("sliding", sliding_stale_share(10.0, 0.3, 0.1), 0.137_71, 0.000_005);
    near("sliding", sliding_stale_share(10.0, 1.0, 0.1), 0.995_43, 0.000_005);
    near("delayed hits", delayed_wait_ms(10.0, 1.0, 0.2), 46.154, 0.000_5);
}

/// Stale share and mean age in milliseconds, over the seeds.
fn staleness(scenario: &Scenario) -> (f64, f64) {
    let reports = in_parallel(&SEEDS, |seed| run(&Scenario { seed, ..scenario.clone() }).report());
    let sum = |f: fn(&cachelane::report::LaneReport) -> f64| reports.iter().map(f).sum::<f64>();
    let stale = sum(|report| report.stale_reads as f64);
    let age = sum(|report| report.stale_age_ms.mean * report.stale_reads as f64);
    (stale / sum(|report| report.reads as f64), age / stale)
}

#[test]
fn a_copy_left_until_its_ttl_is_stale_as_often_and_as_long_as_theory_says() {
    for (lambda, t, mu) in [(10.0, 10.0, 0.1), (50.0, 5.0, 1.0), (4.0, 2.0, 0.5)] {
        let ttl = Ttl::Fixed(Nanos::from_secs_f64(t));
        let none = Distribution::Constant(Nanos::ZERO);
        let scenario = one_key(Reading::look_aside(), lambda, mu, ttl, none, 0.25e6);
        let (share, age) = staleness(&scenario);
        let what = format!("λ {lambda}, T {t}, μ {mu}");
        close(&format!("stale share, {what}"), share, stale_share(lambda, t, mu), 0.02);
        close(&format!("mean age, {what}"), age, stale_age_s(t, mu) * 1e3, 0.02);
    }
}

/// A hot key under a sliding TTL is stale nearly for ever: nothing but a pause of T in its reads ends a life.
#[test]
fn a_copy_whose_life_each_read_renews_is_stale_as_often_as_theory_says() {
    for (lambda, t, mu, tolerance) in [(10.0, 0.3, 0.1, 0.02), (10.0, 1.0, 0.1, 0.002), (5.0, 0.5, 1.0, 0.01)] {
        let ttl = Ttl::Sliding(Nanos::from_secs_f64(t));
        let none = Distribution::Constant(Nanos::ZERO);
        let scenario = one_key(Reading::look_aside(), lambda, mu, ttl, none, 0.2e6);
        let (share, _) = staleness(&scenario);
        let expected = sliding_stale_share(lambda, t, mu);
        close(&format!("stale share, λ {lambda}, T {t}, μ {mu}"), share, expected, tolerance);
    }
}

/// Mean wait of a read when all who miss wait for one load, whose time is exponential of mean `z`, in milliseconds.
fn delayed_wait_ms(lambda: f64, t: f64, z: f64) -> f64 {
    (z + lambda * z * z) / (1.0 + lambda * (t + z)) * 1e3
}

#[test]
fn loads_of_exponential_length_make_those_who_wait_for_them_wait_as_long_as_theory_says() {
    for (lambda, t, z) in [(10.0, 1.0, 0.2), (20.0, 0.5, 0.05), (5.0, 2.0, 0.5)] {
        let ttl = Ttl::Fixed(Nanos::from_secs_f64(t));
        let load = Distribution::Exponential(Nanos::from_secs_f64(z));
        let scenario = one_key(Reading::read_through(), lambda, 0.0, ttl, load, 0.25e6);
        let reports = in_parallel(&SEEDS, |seed| run(&Scenario { seed, ..scenario.clone() }).report());
        let mean = |f: &dyn Fn(&cachelane::report::LaneReport) -> f64| {
            reports.iter().map(f).sum::<f64>() / reports.len() as f64
        };
        let n = 1.0 + lambda * (t + z);
        near("hit", mean(&|r| r.hits as f64 / r.reads as f64), lambda * t / n, 0.002);
        near("delayed", mean(&|r| r.delayed_hits as f64 / r.reads as f64), lambda * z / n, 0.002);
        close("mean wait", mean(&|r| r.latency_ms.read.mean), delayed_wait_ms(lambda, t, z), 0.02);
    }
}

/// Everyone who misses loads, and each load puts the copy's end off: (1+λd)/(T+2d) loads a second.
#[test]
fn without_a_cure_a_key_is_loaded_as_often_as_theory_says() {
    for (lambda, t, d) in [(100.0, 1.0, 0.2), (200.0, 2.0, 0.1), (50.0, 0.5, 0.3)] {
        let ttl = Ttl::Fixed(Nanos::from_secs_f64(t));
        let load = Distribution::Constant(Nanos::from_secs_f64(d));
        let scenario = one_key(Reading::look_aside(), lambda, 0.0, ttl, load, 0.6e6);
        let report = run(&scenario).report();
        let loads = report.database.reads as f64 / scenario.duration.as_secs_f64();
        close(&format!("loads a second, λ {lambda}"), loads, (1.0 + lambda * d) / (t + 2.0 * d), 0.01);
    }
}

/// How many readers load together, one number for each expiry: loads that overlap are one group.
fn groups(beta: f64, seed: u64, count: u32) -> Vec<u64> {
    const LAMBDA: f64 = 1_000.0;
    let load = Nanos::from_millis(100);
    // So long that hardly anybody loads early in a new TTL, and so busy that somebody does well before its end.
    let ttl = Ttl::Fixed(Nanos::from_secs_f64(1.2 * beta));
    let read =
        Reading::LookAside(LookAside { early_refresh: Some(beta), single_flight: false, ..LookAside::default() });
    let requests = f64::from(count) * LAMBDA * beta;
    let scenario = Scenario { seed, ..one_key(read, LAMBDA, 0.0, ttl, Distribution::Constant(load), requests) };
    let mut lane = start(&scenario);
    let (mut groups, mut before, mut was_busy) = (Vec::new(), 0, false);
    for step in 1..scenario.duration.0 / (load.0 / 5) {
        lane.run_until(Nanos(step * (load.0 / 5)));
        let is_busy = lane.database_busy() > 0;
        if was_busy && !is_busy {
            let loads = lane.report().database.reads;
            groups.push(loads - before);
            before = loads;
        }
        was_busy = is_busy;
    }
    // The first load finds nothing cached, and everybody misses until it is done.
    groups.remove(0);
    let report = lane.report();
    assert!(report.misses < 150, "beta {beta}: {} waited for an expiry", report.misses);
    groups
}

/// XFetch (Vattani, Chierichetti, Lowenstein, VLDB 2015): the hazard of an early load grows by e^{1/β} while one takes place,
/// so that the sizes of groups are geometric with that mean.
#[test]
fn early_refreshes_come_in_groups_of_geometric_size() {
    for beta in [0.7, 1.0, 2.0] {
        let sizes = in_parallel(&[1, 2], |seed| groups(beta, seed, 400)).concat();
        let count = sizes.len() as f64;
        assert!(count > 700.0, "{count} groups");
        let alone = sizes.iter().filter(|&&size| size == 1).count() as f64 / count;
        let mean = sizes.iter().sum::<u64>() as f64 / count;
        let e = libm::exp(1.0 / beta);
        close(&format!("beta {beta}: mean size"), mean, e, 0.05);
        near(&format!("beta {beta}: groups of one"), alone, 1.0 / e, 0.03);
        let three = sizes.iter().filter(|&&size| size >= 3).count() as f64 / count;
        near(&format!("beta {beta}: groups of three and more"), three, (1.0 - 1.0 / e) * (1.0 - 1.0 / e), 0.03);
    }
}
