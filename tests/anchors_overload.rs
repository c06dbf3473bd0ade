//! Too much for a database, and what a fault leaves behind, through whole runs and against closed forms: users who wait for
//! each other, refusals, retries and their tipping point, what a crash of a warm cache costs and how fast it is warm again.

use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::anchors_ratios::{che, zipf};
use crate::common::{bare, close, in_parallel, lane, near, run, start};

const SEEDS: [u64; 4] = [1, 2, 3, 4];

fn reports(scenario: &Scenario) -> Vec<LaneReport> {
    in_parallel(&SEEDS, |seed| run(&Scenario { seed, ..scenario.clone() }).report())
}

fn mean(reports: &[LaneReport], of: impl Fn(&LaneReport) -> f64) -> f64 {
    reports.iter().map(of).sum::<f64>() / reports.len() as f64
}

/// Reads straight from a database with so many workers of this service time.
fn straight(arrivals: Arrivals, workers: u32, service: Distribution, seconds: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = arrivals;
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    (scenario.database.workers, scenario.database.read) = (workers, service);
    scenario.warmup = Nanos::from_secs(20);
    scenario.duration = Nanos::from_secs_f64(20.0 + seconds);
    scenario
}

/// The probabilities of 0, 1, … up to `most` in a system that comes from n to n+1 at the rate `up(n)`, and back at `down(n+1)`.
fn birth_death(most: u32, up: impl Fn(u32) -> f64, down: impl Fn(u32) -> f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    for n in 0..most {
        weights.push(weights[n as usize] * up(n) / down(n + 1));
    }
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// How many are there in the mean.
fn mean_number(p: &[f64]) -> f64 {
    p.iter().enumerate().map(|(n, p)| n as f64 * p).sum()
}

/// The machine repairman: users who think `think` seconds and are served in `service` by one of `workers`, both exponential:
/// answers a second and their mean time in milliseconds.
fn repairman(users: u32, think: f64, service: f64, workers: u32) -> (f64, f64) {
    let up = |n| f64::from(users - n) / think;
    let p = birth_death(users, up, |n| f64::from(n.min(workers)) / service);
    let rate: f64 = p.iter().enumerate().map(|(n, p)| p * up(n as u32)).sum();
    (rate, mean_number(&p) / rate * 1e3)
}

/// M/M/c/K: the share that is refused, and the mean time of the others in milliseconds.
fn loss(lambda: f64, service: f64, workers: u32, room: u32) -> (f64, f64) {
    let p = birth_death(room, |_| lambda, |n| f64::from(n.min(workers)) / service);
    let refused = p[room as usize];
    (refused, mean_number(&p) / (lambda * (1.0 - refused)) * 1e3)
}

/// How many requests until the least recently used of `capacity` entries leaves (Che 2002).
fn characteristic_time(p: &[f64], capacity: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        let held: f64 = p.iter().map(|p| -libm::expm1(-p * middle)).sum();
        if held < f64::from(capacity) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The reads that find nothing because a warm LRU cache was emptied, and would have found something.
fn crash_cost(p: &[f64], capacity: u32) -> f64 {
    let t = characteristic_time(p, capacity);
    p.iter().map(|p| 1.0 - libm::exp(-p * t) * (1.0 + p * t)).sum()
}

/// The hit ratio `t` requests after it was emptied.
fn recovering(p: &[f64], capacity: u32, t: f64) -> f64 {
    let t = t.min(characteristic_time(p, capacity));
    p.iter().map(|p| p * -libm::expm1(-p * t)).sum()
}

#[test]
fn the_formulas_give_the_figures_of_the_anchors() {
    let (rate, time) = repairman(100, 1.0, 0.01, 1);
    near("answers a second", rate, 92.430, 0.000_5);
    near("their time", time, 81.900, 0.000_5);
    let p = zipf(10_000, 1.0);
    near("reads a crash costs", crash_cost(&p, 1_000), 237.0, 0.05);
    near("90 % warm after 1.20 C", recovering(&p, 1_000, 1_200.0) / che(&p, 1_000), 0.9, 0.001);
    near("tries a write", tries(0.3, 3), 1.417, 0.000_5);
    near("refused", libm::pow(0.3, 4.0), 0.0081, 1e-9);
    // No room to wait is Erlang B, and a lot of room is M/M/1.
    near("M/M/1/1", loss(80.0, 0.01, 1, 1).0, 0.8 / 1.8, 1e-9);
    near("M/M/1", loss(80.0, 0.01, 1, 500).1, 50.0, 1e-6);
}

#[test]
fn users_who_wait_for_their_answers_are_the_machine_repairmans() {
    for (users, think, service, workers) in [(100, 1.0, 0.01, 1), (40, 0.5, 0.03, 2), (20, 2.0, 0.05, 1)] {
        let exponential = |s| Distribution::Exponential(Nanos::from_secs_f64(s));
        let closed = Arrivals::Closed { users, think: exponential(think) };
        let (rate, time) = repairman(users, think, service, workers);
        let scenario = straight(closed, workers, exponential(service), 0.2e6 / rate);
        let reports = reports(&scenario);
        let answered = mean(&reports, |report| report.requests as f64) / (0.2e6 / rate);
        close(&format!("{users} users: answers a second"), answered, rate, 0.003);
        close(&format!("{users} users: their time"), mean(&reports, |report| report.latency_ms.read.mean), time, 0.02);
    }
}

#[test]
fn a_bounded_queue_refuses_as_many_as_theory_says_and_the_others_wait_as_long() {
    for (lambda, workers, room) in [(90.0, 1, 5), (320.0, 4, 8), (150.0, 2, 2), (130.0, 1, 10)] {
        let service = Distribution::Exponential(Nanos::from_millis(10));
        let mut scenario = straight(Arrivals::Poisson { rate: lambda }, workers, service, 0.15e6 / lambda);
        scenario.database.queue = room - workers;
        let reports = reports(&scenario);
        let (refused, time) = loss(lambda, 0.01, workers, room);
        let what = format!("M/M/{workers}/{room} at {lambda}");
        close(&what, mean(&reports, |report| report.errors as f64 / report.requests as f64), refused, 0.02);
        close(&what, mean(&reports, |report| report.latency_ms.read.mean), time, 0.01);
    }
}

/// How often a call is tried that fails with probability `p` each time, with so many retries.
fn tries(p: f64, retries: u32) -> f64 {
    (1.0 - libm::pow(p, f64::from(retries + 1))) / (1.0 - p)
}

#[test]
fn writes_are_tried_and_refused_as_often_as_theory_says() {
    for (p, retries) in [(0.3, 3), (0.5, 1), (0.6, 5)] {
        let service = Distribution::Constant(Nanos::ZERO);
        let mut scenario = straight(Arrivals::Poisson { rate: 1_000.0 }, 8, service, 20.0);
        (scenario.warmup, scenario.clients.write_ratio) = (Nanos::ZERO, 1.0);
        (scenario.app.retries, scenario.app.backoff) = (retries, Nanos::from_millis(1));
        scenario.database.abort = p;
        let reports = reports(&scenario);
        let tried = |report: &LaneReport| (report.database.writes + report.database.aborted) as f64;
        close("tries a write", mean(&reports, |r| tried(r) / r.writes as f64), tries(p, retries), 0.01);
        let refused = libm::pow(p, f64::from(retries + 1));
        let writes = mean(&reports, |r| r.writes as f64) * SEEDS.len() as f64;
        let three_errors = 3.0 * (refused * (1.0 - refused) / writes).sqrt();
        near("refused", mean(&reports, |r| r.errors as f64 / r.writes as f64), refused, three_errors);
        assert!(reports.iter().all(|r| r.writes_by_class.rejected == r.errors), "and they are told so");
    }
}

/// Reads of a database that serves `capacity` a second, by callers who wait a second and try again `retries` times; for ten
/// seconds nothing reaches it, and then everything that was sent meanwhile. Whether it heals: all are answered in the end.
fn heals(workers: u32, service: Nanos, retries: u32, load: f64, seed: u64) -> bool {
    let capacity = f64::from(workers) / service.as_secs_f64();
    let rate = load * capacity / f64::from(retries + 1);
    let service = Distribution::Constant(service);
    let mut scenario = straight(Arrivals::Poisson { rate }, workers, service, 330.0);
    (scenario.seed, scenario.app.database_timeout) = (seed, Some(Nanos::from_secs(1)));
    (scenario.app.retries, scenario.app.backoff) = (retries, Nanos::ZERO);
    let outage = Fault::new(FaultKind::Partition, Nanos::from_secs(20));
    let which = Some(FaultTarget::Link(Link::AppDatabase));
    scenario.faults = vec![Fault { which, lasts: Nanos::from_secs(10), ..outage }];
    let mut lane = start(&scenario);
    let mut look = |at| {
        lane.run_until(Nanos::from_secs(at));
        let report = lane.report();
        (report.requests as f64, report.errors as f64)
    };
    let (before, late, end) = (look(20), look(300), look(349));
    assert_eq!(before.1, 0.0, "all are answered before");
    let failed = (end.1 - late.1) / (end.0 - late.0);
    assert!(failed == 0.0 || failed > 0.9, "either it has healed or nearly nobody is answered: {failed:.3}");
    failed == 0.0
}

/// Bronson, Aghayev, Charapko, Zhu, "Metastable Failures in Distributed Systems", HotOS 2021: at 300/s and one retry a
/// database heals below 150/s only.
#[test]
fn a_database_heals_below_its_capacity_over_the_tries_and_not_above() {
    let cases = [(30, 100, 1), (10, 50, 3), (8, 20, 2), (20, 100, 0)];
    for (workers, service_ms, retries) in cases {
        let heals = |load| {
            let service = Nanos::from_millis(service_ms);
            in_parallel(&[1, 2, 3, 4], |seed| heals(workers, service, retries, load, seed))
        };
        let what = format!("{workers} workers of {service_ms} ms, {retries} retries");
        assert!(heals(0.95).iter().all(|&healed| healed), "{what}: below");
        assert!(heals(1.05).iter().all(|&healed| !healed), "{what}: above");
    }
}

/// A hundred thousand reads a second of a warm LRU cache, and how many requests lie between two crashes of it.
fn crashing(count: u32, alpha: f64, capacity: u32) -> (Scenario, f64) {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: RATE };
    scenario.clients.keys = Keys::zipf(count, alpha);
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.cache.capacity = capacity.into();
    // Long enough to be warm again: Che's T is the longest that anything stays.
    let between = 5.0 * characteristic_time(&zipf(count, alpha), capacity);
    scenario.duration = Nanos::from_secs_f64(between * f64::from(CRASHES + 1) / RATE);
    for crash in 1..=CRASHES {
        let at = Nanos::from_secs_f64(between * f64::from(crash) / RATE);
        scenario.faults.push(Fault { lasts: Nanos(1), ..Fault::new(FaultKind::CacheCrash, at) });
    }
    (scenario, between)
}

const RATE: f64 = 100_000.0;
const CRASHES: u32 = 80;
/// Zipf keys and room: how many, how skewed, for how many.
const CACHES: [(u32, f64, u32); 3] = [(10_000, 1.0, 1_000), (1_000, 0.8, 100), (5_000, 0.6, 500)];

#[test]
fn a_crash_of_a_warm_lru_cache_costs_as_many_reads_as_theory_says() {
    for (count, alpha, capacity) in CACHES {
        let (crashed, _) = crashing(count, alpha, capacity);
        let calm = Scenario { faults: Vec::new(), ..crashed.clone() };
        let misses: Vec<u64> = in_parallel(&[&crashed, &calm], |scenario| run(scenario).report().misses);
        let cost = (misses[0] - misses[1]) as f64 / f64::from(CRASHES);
        let expected = crash_cost(&zipf(count, alpha), capacity);
        close(&format!("reads a crash costs, {count} {alpha} {capacity}"), cost, expected, 0.03);
    }
}

#[test]
fn an_lru_cache_is_warm_again_as_fast_as_theory_says() {
    // In multiples of the capacity.
    const WINDOWS: [(f64, f64); 4] = [(0.0, 0.2), (0.4, 0.6), (1.1, 1.3), (2.0, 2.5)];
    let measured = in_parallel(&[0, 1, 2], |case: usize| {
        let (count, alpha, capacity) = CACHES[case];
        let (scenario, between) = crashing(count, alpha, capacity);
        let mut lane = start(&scenario);
        let mut sums = [(0.0, 0.0); WINDOWS.len()];
        for crash in 1..=CRASHES {
            for ((from, to), (hits, reads)) in WINDOWS.iter().zip(&mut sums) {
                let mut look = |after: f64| {
                    let requests = between * f64::from(crash) + after * f64::from(capacity);
                    lane.run_until(Nanos::from_secs_f64(requests / RATE));
                    let report = lane.report();
                    (report.hits as f64, report.reads as f64)
                };
                let (before, after) = (look(*from), look(*to));
                *hits += after.0 - before.0;
                *reads += after.1 - before.1;
            }
        }
        sums.map(|(hits, reads)| hits / reads)
    });
    for ((count, alpha, capacity), measured) in CACHES.into_iter().zip(measured) {
        let p = zipf(count, alpha);
        for ((from, to), measured) in WINDOWS.into_iter().zip(measured) {
            let at = |part: u32| from + (to - from) * (f64::from(part) + 0.5) / 10.0;
            let expected =
                (0..10).map(|part| recovering(&p, capacity, at(part) * f64::from(capacity))).sum::<f64>() / 10.0;
            near(&format!("hit ratio {from} to {to} C after, {count} {alpha}"), measured, expected, 0.02);
        }
    }
}
