//! Queues through whole runs, against queueing theory: no latency, no cache, reads only, so that a request's latency
//! is its time in the database's queue and in service.
//!
//! How long is long enough? Sojourn times of neighbours are alike, so the mean of n of them varies much more than n
//! independent ones would: for M/M/1, n·Var → ρ(2+5ρ−4ρ²+ρ³)/(1−ρ)⁴/μ² (Daley 1968), which is 0.198 s² at ρ = 0.8: a
//! relative standard error of 0.3 % takes 8.8 million requests, and the percentiles and log-normal service more. So
//! each case has two parts:
//!
//! 1. A run through the whole simulation has, request by request, the latencies of the recursion of Kiefer and
//!    Wolfowitz (a request starts when the first worker is free) fed with the same draws: mean and percentiles are
//!    equal to the bit. That recursion is ten lines long and knows neither events nor tasks.
//! 2. The recursion, which is thirty times as fast, runs [`SEEDS`] seeds long enough that three standard errors
//!    (two for log-normal service), taken from the spread between the seeds, fit into the 1 % that it is held to.

use cachelane::random::{Sampler, Stream, Streams};
use cachelane::scenario::*;
use cachelane::stats::Histogram;
use cachelane::time::Nanos;

use crate::common::{bare, close, in_parallel, lane, near, run, start};

const SEEDS: [u64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// Requests a second that one worker serves.
const MU: f64 = 100.0;
const MEAN: Nanos = Nanos::from_millis(10);

/// A queue: `lambda` requests a second, so many workers, this service time.
fn queue(lambda: f64, workers: u32, service: Distribution, requests: f64) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: lambda };
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario.database.workers = workers;
    scenario.database.read = service;
    scenario.warmup = Nanos::from_secs(60);
    scenario.duration = Nanos::from_secs_f64(60.0 + requests / lambda);
    scenario
}

/// A row that is written `lambda` times a second: a queue with one server, whatever the workers, for a write has the row to
/// itself until it commits.
fn locked_row(lambda: f64, service: Distribution, requests: f64) -> Scenario {
    let mut scenario = queue(lambda, 64, Distribution::Constant(Nanos::ZERO), requests);
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.clients.modify_ratio = 1.0;
    scenario.lanes[0].modify = Modify::Increment {};
    scenario.database.write = service;
    scenario
}

/// Requests that only work, on so many cores of one server.
fn cores(lambda: f64, cores: u32, work: Distribution, requests: f64) -> Scenario {
    let mut scenario = queue(lambda, 1_000, Distribution::Constant(Nanos::ZERO), requests);
    (scenario.app.servers, scenario.app.cores, scenario.app.work) = (1, Some(cores), work);
    scenario
}

/// What the requests of a scenario wait for: its draws, its times, and how many servers there are.
fn waited_for(scenario: &Scenario) -> (Stream, Sampler, u32) {
    let streams = Streams::new(scenario.seed);
    let (app, database) = (&scenario.app, &scenario.database);
    if scenario.clients.modify_ratio == 1.0 {
        (streams.named("database write"), database.write.sampler(), 1)
    } else if app.work != Distribution::Constant(Nanos::ZERO) {
        (streams.numbered("app work", 0), app.work.sampler(), app.cores.expect("a number of cores"))
    } else {
        (streams.named("database read"), database.read.sampler(), database.workers)
    }
}

/// Latencies by the recursion, from the draws that the scenario's run would take.
fn recursion(scenario: &Scenario) -> Histogram {
    let mut arrivals = Streams::new(scenario.seed).named("arrivals");
    let (mut services, service, servers) = waited_for(scenario);
    let gap = Distribution::Exponential(scenario.clients.arrivals.mean_gap().expect("an open loop")).sampler();
    let mut free = vec![Nanos::ZERO; servers as usize];
    let (mut latencies, mut now) = (Histogram::new(), gap.sample(&mut arrivals));
    while now < scenario.duration {
        let worker = free.iter_mut().min().expect("a worker");
        *worker = now.max(*worker) + service.sample(&mut services);
        if now >= scenario.warmup {
            latencies.record((*worker - now).0);
        }
        now += gap.sample(&mut arrivals);
    }
    latencies
}

/// Milliseconds: mean, p50, p95, p99.
fn figures(latencies: &Histogram) -> [f64; 4] {
    let ms = |q| latencies.quantile(q).expect("requests") as f64 / 1e6;
    [latencies.mean().expect("requests") / 1e6, ms(0.50), ms(0.95), ms(0.99)]
}

/// The same, without the rounding to whole ranks and nanoseconds.
fn fine_figures(latencies: &Histogram) -> [f64; 4] {
    let ms = |q: f64| {
        let mut missing = q * latencies.count() as f64;
        for (low, width, count) in latencies.buckets() {
            if missing <= count as f64 {
                return (low as f64 + width as f64 * missing / count as f64) / 1e6;
            }
            missing -= count as f64;
        }
        unreachable!("a share of all requests")
    };
    [latencies.mean().expect("requests") / 1e6, ms(0.50), ms(0.95), ms(0.99)]
}

const NAMES: [&str; 4] = ["mean", "p50", "p95", "p99"];

/// Holds the scenario's run against the recursion, and the recursion over `requests` against theory, within 1 %.
#[track_caller]
fn agrees(what: &str, scenario: &Scenario, expected: &[f64], requests: f64) {
    agrees_within(3.0, what, scenario, expected, requests);
}

#[track_caller]
fn agrees_within(errors: f64, what: &str, scenario: &Scenario, expected: &[f64], requests: f64) {
    let latency = run(scenario).report().latency_ms.all;
    let path = recursion(scenario);
    assert_eq!(latency.count, path.count());
    assert_eq!([latency.mean, latency.p50, latency.p95, latency.p99], figures(&path), "{what}: against the recursion");

    let share = requests / SEEDS.len() as f64 / path.count() as f64;
    let duration = Nanos((scenario.duration.0 as f64 * share) as u64);
    let runs = in_parallel(&SEEDS, |seed| fine_figures(&recursion(&Scenario { seed, duration, ..scenario.clone() })));
    let n = runs.len() as f64;
    for (at, (&expected, name)) in expected.iter().zip(NAMES).enumerate() {
        let mean = runs.iter().map(|run| run[at]).sum::<f64>() / n;
        let variance = runs.iter().map(|run| (run[at] - mean) * (run[at] - mean)).sum::<f64>() / (n - 1.0);
        let error = (variance / n).sqrt() / mean;
        println!("{what} {name}: {:+.3} % ± {:.3} %", (mean / expected - 1.0) * 100.0, error * 100.0);
        assert!(errors * error <= 0.01, "{what}: too short to tell the {name}: ±{:.2} %", error * 100.0);
        close(&format!("{what}: {name}"), mean, expected, 0.01);
    }
}

/// Erlang C: the probability that an arrival waits, `a` the offered load.
fn erlang_c(c: u32, a: f64) -> f64 {
    let b = erlang_b(c, a);
    let rho = a / f64::from(c);
    b / (1.0 - rho * (1.0 - b))
}

/// Erlang B: the probability that all `c` workers are busy when nobody waits.
fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// The time that the share `q` does not exceed, where `beyond(t)` is the share beyond t seconds; in milliseconds.
fn quantile(q: f64, beyond: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e-3);
    while beyond(high) > 1.0 - q {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beyond(middle) > 1.0 - q { low = middle } else { high = middle }
    }
    low * 1e3
}

/// Mean and percentiles of the time in an M/M/c system, milliseconds.
fn mmc(lambda: f64, c: u32) -> [f64; 4] {
    let (a, c_f) = (lambda / MU, f64::from(c));
    let wait = erlang_c(c, a);
    let mean = (wait / (c_f * MU - lambda) + 1.0 / MU) * 1e3;
    let slack = c_f - 1.0 - a;
    let beyond = |t: f64| {
        let waited =
            if c == 1 { libm::exp(MU * a * t) - 1.0 } else { wait * (1.0 - libm::exp(-MU * t * slack)) / slack };
        libm::exp(-MU * t) * (1.0 + waited)
    };
    [mean, quantile(0.5, beyond), quantile(0.95, beyond), quantile(0.99, beyond)]
}

/// The same of M/D/1 (Erlang 1909; Crommelin 1932).
fn md1(lambda: f64) -> [f64; 4] {
    let (rho, d) = (lambda / MU, 1.0 / MU);
    let mean = (d + rho / (1.0 - rho) * 0.5 * d) * 1e3;
    let beyond = |t: f64| {
        if t < d {
            return 1.0;
        }
        let wait = t - d;
        let (mut sum, mut factorial) = (0.0, 1.0);
        for k in 0..=(wait / d) as u32 {
            factorial *= f64::from(k.max(1));
            let x = lambda * (wait - f64::from(k) * d);
            sum += libm::pow(-x, f64::from(k)) * libm::exp(x) / factorial;
        }
        1.0 - (1.0 - rho) * sum
    };
    [mean, quantile(0.5, beyond), quantile(0.95, beyond), quantile(0.99, beyond)]
}

/// A log-normal service time of mean 10 ms and this squared coefficient of variation.
struct Lognormal {
    mu: f64,
    sigma: f64,
}

impl Lognormal {
    fn with_cs2(cs2: f64) -> Lognormal {
        let variance = libm::log(1.0 + cs2);
        Lognormal { mu: libm::log(1.0 / MU) - variance / 2.0, sigma: variance.sqrt() }
    }

    fn distribution(&self) -> Distribution {
        let median = libm::exp(self.mu);
        let p99 = median * libm::exp(2.326_347_874_040_841 * self.sigma);
        Distribution::Lognormal { median: Nanos::from_secs_f64(median), p99: Nanos::from_secs_f64(p99) }
    }

    fn below(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { normal_below((libm::log(x) - self.mu) / self.sigma) }
    }

    /// The share of the residual service time, as an arrival finds it, that is below x.
    fn residual_below(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let part = normal_below((libm::log(x) - self.mu) / self.sigma - self.sigma);
        x * (1.0 - self.below(x)) * MU + part
    }
}

fn normal_below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / 2f64.sqrt())
}

/// Mean (Pollaczek–Khinchine) and percentiles of M/G/1: the wait is a geometric sum of residual service times
/// (Beneš 1957), summed on a grid by Panjer's recursion, and a service time on top.
fn mg1(lambda: f64, service: &Lognormal, cs2: f64) -> [f64; 4] {
    let rho = lambda / MU;
    let mean = (1.0 + rho / (1.0 - rho) * (1.0 + cs2) / 2.0) / MU * 1e3;
    let (h, n) = (0.000_5, 4_000);
    let cell = |below: &dyn Fn(f64) -> f64, j: usize| below((j as f64 + 0.5) * h) - below((j as f64 - 0.5) * h);
    let residual: Vec<f64> = (0..n).map(|j| cell(&|x| service.residual_below(x), j)).collect();
    let served: Vec<f64> = (0..n).map(|j| cell(&|x| service.below(x), j)).collect();
    let mut wait = vec![0.0; n];
    for at in 0..n {
        let sum: f64 = (1..=at).map(|j| residual[j] * wait[at - j]).sum();
        let none = if at == 0 { 1.0 - rho } else { 0.0 };
        wait[at] = (none + rho * sum) / (1.0 - rho * residual[0]);
    }
    let mut below = 0.0;
    let mut cumulated = Vec::with_capacity(n);
    for at in 0..n {
        below += (0..=at).map(|j| served[j] * wait[at - j]).sum::<f64>();
        cumulated.push(below);
    }
    let percentile = |q: f64| {
        let at = cumulated.partition_point(|&share| share < q);
        let (before, after) = (cumulated[at - 1], cumulated[at]);
        (at as f64 - 0.5 + (q - before) / (after - before)) * h * 1e3
    };
    [mean, percentile(0.5), percentile(0.95), percentile(0.99)]
}

#[test]
fn the_formulas_give_the_figures_of_the_anchors() {
    for (measured, published) in mmc(80.0, 1).iter().zip([50.0, 34.66, 149.79, 230.26]) {
        near("M/M/1", *measured, published, 0.005);
    }
    near("P(wait)", erlang_c(4, 3.2), 0.596_43, 0.000_005);
    near("M/M/4", mmc(320.0, 4)[0], 17.455, 0.000_5);
    near("M/D/1", md1(80.0)[0], 30.0, 1e-9);
    near("M/G/1", mg1(80.0, &Lognormal::with_cs2(4.0), 4.0)[0], 110.0, 1e-9);
}

#[test]
fn one_worker_is_an_m_m_1_queue() {
    agrees("M/M/1 at 80 %", &queue(80.0, 1, Distribution::Exponential(MEAN), 0.5e6), &mmc(80.0, 1), 48e6);
    agrees("M/M/1 at 50 %", &queue(50.0, 1, Distribution::Exponential(MEAN), 0.2e6), &mmc(50.0, 1), 4e6);
}

#[test]
fn four_workers_are_an_m_m_4_queue() {
    agrees("M/M/4 at 80 %", &queue(320.0, 4, Distribution::Exponential(MEAN), 0.5e6), &mmc(320.0, 4), 40e6);
    agrees("M/M/3 at 60 %", &queue(180.0, 3, Distribution::Exponential(MEAN), 0.2e6), &mmc(180.0, 3), 4e6);
}

#[test]
fn constant_service_is_an_m_d_1_queue() {
    agrees("M/D/1 at 80 %", &queue(80.0, 1, Distribution::Constant(MEAN), 0.5e6), &md1(80.0), 12e6);
    agrees("M/D/1 at 60 %", &queue(60.0, 1, Distribution::Constant(MEAN), 0.2e6), &md1(60.0), 4e6);
}

#[test]
fn a_locked_row_is_an_m_m_1_or_m_d_1_queue_whatever_the_workers() {
    let exponential = |lambda| locked_row(lambda, Distribution::Exponential(MEAN), 0.2e6);
    agrees("M/M/1 row at 50 %", &exponential(50.0), &mmc(50.0, 1), 6e6);
    let constant = |lambda| locked_row(lambda, Distribution::Constant(MEAN), 0.2e6);
    agrees("M/D/1 row at 60 %", &constant(60.0), &md1(60.0), 4e6);
    agrees("M/D/1 row at 80 %", &constant(80.0), &md1(80.0), 12e6);
    // Without locks every write has a worker of its own.
    let mut free = constant(80.0);
    free.database.row_locks = false;
    assert_eq!(run(&free).report().latency_ms.all.max, 10.0);
}

#[test]
fn the_cores_of_a_server_are_an_m_m_c_queue() {
    agrees("M/M/4 cores at 80 %", &cores(320.0, 4, Distribution::Exponential(MEAN), 0.5e6), &mmc(320.0, 4), 40e6);
    let mut without = cores(320.0, 4, Distribution::Constant(MEAN), 0.1e6);
    without.app.cores = None;
    assert_eq!(run(&without).report().latency_ms.all.max, 10.0, "without a limit nobody waits");
}

#[test]
fn spread_out_service_is_an_m_g_1_queue() {
    let service = Lognormal::with_cs2(4.0);
    // At 80 % three standard errors of 1 % would take 140 million requests: twenty seconds for the third one.
    let half = queue(50.0, 1, service.distribution(), 0.2e6);
    agrees_within(2.0, "M/G/1 at 50 %", &half, &mg1(50.0, &service, 4.0), 64e6);
    let busy = queue(80.0, 1, service.distribution(), 0.5e6);
    agrees_within(2.0, "M/G/1 at 80 %", &busy, &mg1(80.0, &service, 4.0)[..2], 36e6);
}

#[test]
#[ignore = "half a minute; `make test-long` runs it"]
fn the_tail_of_an_m_g_1_queue_is_as_long_as_theory_says() {
    let service = Lognormal::with_cs2(4.0);
    let busy = queue(80.0, 1, service.distribution(), 0.5e6);
    agrees("M/G/1 at 80 %", &busy, &mg1(80.0, &service, 4.0), 400e6);
}

#[test]
fn arrivals_find_all_four_workers_busy_as_often_as_erlang_says() {
    // Poisson arrivals see time averages, and here they are looked at as often as that.
    let scenario = queue(320.0, 4, Distribution::Exponential(MEAN), 0.2e6);
    let shares = in_parallel(&SEEDS, |seed| {
        let mut lane = start(&Scenario { seed, ..scenario.clone() });
        let looks = 40_000;
        let mut all_busy = 0;
        for look in 1..=looks {
            lane.run_until(Nanos(scenario.duration.0 / (looks + 1) * look));
            all_busy += u32::from(lane.database_busy() == 4);
        }
        f64::from(all_busy) / looks as f64
    });
    close("P(wait)", shares.iter().sum::<f64>() / shares.len() as f64, erlang_c(4, 3.2), 0.01);
}

#[test]
fn without_a_queue_arrivals_are_refused_as_often_as_erlang_says() {
    for (lambda, workers) in [(320.0, 4), (80.0, 1)] {
        let mut scenario = queue(lambda, workers, Distribution::Exponential(MEAN), 0.1e6);
        scenario.database.queue = 0;
        let refused = in_parallel(&SEEDS, |seed| {
            let report = run(&Scenario { seed, ..scenario.clone() }).report();
            report.errors as f64 / report.requests as f64
        });
        let mean = refused.iter().sum::<f64>() / SEEDS.len() as f64;
        close("blocked", mean, erlang_b(workers, lambda / MU), 0.01);
    }
}
