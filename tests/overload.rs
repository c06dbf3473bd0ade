//! What keeps an overloaded database of use: retry budgets, breakers by the share of failures, load shedding; and how
//! service times grow with load. In opposite pairs.

use cachelane::report::LaneReport;
use cachelane::scenario::*;

use crate::common::{bare, close, constant, lane, ms, near, report, run, s};

/// Reads straight from a database, `rate` a second, by one server.
fn straight(rate: f64, seconds: u64) -> Scenario {
    let mut scenario = Scenario { duration: s(seconds), ..bare() };
    scenario.clients.arrivals = Arrivals::Poisson { rate };
    scenario.clients.deadline = ms(200);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario.app.servers = 1;
    scenario
}

// ---- Retry budgets ----

#[test]
fn a_budget_bounds_what_retries_add_to_an_outage_and_without_it_each_call_comes_four_times() {
    let asked = |retry_budget| {
        let mut scenario = straight(100.0, 100);
        (scenario.app.retries, scenario.app.backoff, scenario.app.retry_budget) = (3, ms(1), retry_budget);
        scenario.faults = vec![Fault { lasts: s(100), ..Fault::new(FaultKind::DatabaseOutage, s(0)) }];
        let report = report(&scenario);
        (report.database.refused as f64 / report.requests as f64, report)
    };
    let ((plain, _), (budgeted, report)) = (asked(None), asked(Some(RetryBudget { share: 0.2, burst: 50 })));
    near("without", plain, 4.0, 0.001);
    close("a fifth, and the burst", budgeted, 1.2 + 50.0 / report.requests as f64, 0.001);
    let tried = report.database.refused - report.requests;
    assert!(report.app.retries_withheld + tried >= report.requests, "each call wants at least one");
}

/// A database at 60 % of what it can do; from 5 s to 8 s nothing gets through to it, and then everything at once.
fn brown_out(app: App) -> (f64, LaneReport) {
    let mut scenario = straight(240.0, 60);
    scenario.app = App { servers: 4, database_timeout: Some(ms(100)), retries: 3, backoff: ms(20), ..app };
    (scenario.database.workers, scenario.database.queue, scenario.database.read) = (4, 1_000_000, constant(ms(10)));
    let link = Some(FaultTarget::Link(Link::AppDatabase));
    scenario.faults = vec![Fault { which: link, lasts: s(3), ..Fault::new(FaultKind::Partition, s(5)) }];
    let lane = run(&scenario);
    let points = lane.series(0, 1).points;
    let end = &points[points.len() - 40..];
    let (errors, requests): (u32, u32) = (end.iter().map(|p| p.errors).sum(), end.iter().map(|p| p.requests).sum());
    (f64::from(errors) / f64::from(requests), lane.report())
}

#[test]
fn with_a_budget_a_database_recovers_from_what_retries_otherwise_sustain() {
    let (stuck, plain) = brown_out(bare().app);
    let budget = Some(RetryBudget { share: 0.2, burst: 20 });
    let (well, budgeted) = brown_out(App { retry_budget: budget, ..bare().app });
    assert!(stuck > 0.5, "50 s after the cause is gone, {stuck} fail");
    near("with a budget", well, 0.0, 0.001);
    assert!(budgeted.app.retries_withheld > 100 && plain.app.retries_withheld == 0);
}

#[test]
fn a_budget_that_is_never_used_up_changes_nothing() {
    let with = |retry_budget| {
        let mut scenario = straight(100.0, 20);
        (scenario.database.abort, scenario.clients.write_ratio) = (0.05, 0.5);
        (scenario.app.retries, scenario.app.retry_budget) = (3, retry_budget);
        report(&scenario)
    };
    assert_eq!(with(Some(RetryBudget::default())), with(None));
}

// ---- Breakers ----

#[test]
fn a_breaker_by_share_opens_where_too_many_fail_among_others_and_one_by_failures_in_a_row_does_not() {
    // Two fifths of all calls take longer than anybody waits.
    let opens = |breaker| {
        let mut scenario = straight(200.0, 60);
        scenario.database.workers = 1_000;
        scenario.database.read = Distribution::Uniform { min: ms(0), max: ms(100) };
        (scenario.app.database_timeout, scenario.app.breaker) = (Some(ms(60)), Some(breaker));
        report(&scenario).app.breaker_rejections
    };
    let by_share = |share| Breaker { share: Some(share), window: 50, ..Breaker::default() };
    assert!(opens(by_share(0.25)) > 5_000, "{}", opens(by_share(0.25)));
    assert_eq!(opens(by_share(0.8)), 0);
    assert_eq!(opens(Breaker { failures: 20, ..Breaker::default() }), 0, "twenty in a row never come");
}

// ---- Load shedding ----

/// A database that can serve 400 a second, asked for as many in the mean, with this queue.
fn asked(rate: f64, queue_order: QueueOrder, shed: Shed) -> LaneReport {
    let mut scenario = Scenario { warmup: s(20), ..straight(rate, 120) };
    scenario.database = Database {
        workers: 4,
        queue: 400,
        read: Distribution::Exponential(ms(10)),
        queue_order,
        shed,
        ..scenario.database
    };
    report(&scenario)
}

const CODEL: Shed = Shed::Codel { target: ms(20), interval: ms(100) };
const LIMIT: Shed = Shed::ConcurrencyLimit { target: ms(60), backoff: 0.9 };

#[test]
fn under_a_little_too_much_a_full_queue_makes_everybody_late_and_shedding_does_not() {
    let plain = asked(440.0, QueueOrder::FirstCome, Shed::None {});
    assert!(plain.goodput < 0.01 && plain.latency_ms.read.p50 > 900.0, "{}", plain.goodput);
    for shed in [CODEL, LIMIT] {
        let report = asked(440.0, QueueOrder::FirstCome, shed.clone());
        // Ten of eleven can be served.
        assert!(report.goodput > 0.85, "{shed:?}: {}", report.goodput);
        assert!(report.latency_ms.read.p99 < 250.0, "{shed:?}: {:?}", report.latency_ms.read);
        assert!(report.database.utilisation > 0.95, "{shed:?}: {}", report.database.utilisation);
        assert_eq!((report.database.refused, report.database.shed), (0, report.errors), "{shed:?}");
    }
}

#[test]
fn codel_is_slow_against_senders_who_do_not_slow_down_and_a_limit_is_not() {
    let [codel, limit] = [CODEL, LIMIT].map(|shed| asked(600.0, QueueOrder::FirstCome, shed));
    // Two of three can be served.
    assert!(limit.goodput > 0.6 && limit.latency_ms.read.p99 < 120.0, "{}", limit.goodput);
    assert!(codel.goodput < 0.45 && codel.latency_ms.read.p99 > 300.0, "{}", codel.goodput);
}

#[test]
fn who_came_last_is_served_in_time_under_overload_and_who_came_first_is_late() {
    let last = asked(600.0, QueueOrder::LastCome, Shed::None {});
    assert!(last.goodput > 0.6, "{}", last.goodput);
    assert!(last.latency_ms.read.p50 < 50.0, "{:?}", last.latency_ms.read);
    // Without overload the order changes who waits, not how long in the mean (work is conserved).
    let [first, last] = [QueueOrder::FirstCome, QueueOrder::LastCome].map(|order| asked(320.0, order, Shed::None {}));
    close("mean wait", last.latency_ms.read.mean, first.latency_ms.read.mean, 0.05);
    assert!(last.latency_ms.read.p99_9 > 1.5 * first.latency_ms.read.p99_9, "but somebody waits for long");
}

#[test]
fn a_database_with_little_to_do_refuses_nobody_for_the_load() {
    for shed in [CODEL, Shed::ConcurrencyLimit { target: s(1), backoff: 0.9 }] {
        let report = asked(100.0, QueueOrder::FirstCome, shed.clone());
        assert!((report.database.shed as f64) < 0.001 * report.requests as f64, "{shed:?}: {}", report.database.shed);
    }
}

// ---- Load-dependent service times ----

#[test]
fn throughput_grows_with_workers_as_the_universal_scalability_law_says_and_falls_again() {
    let (contention, coherency) = (0.05, 0.01);
    let per_second = |workers: u32, contention, coherency| {
        let mut scenario = straight(1.0, 30);
        scenario.clients.arrivals = Arrivals::Closed { users: workers, think: constant(ms(0)) };
        scenario.database = Database { workers, read: constant(ms(10)), contention, coherency, ..scenario.database };
        report(&scenario).requests as f64 / 30.0
    };
    let mut measured = Vec::new();
    for workers in [1, 4, 10, 40] {
        let n = f64::from(workers);
        let law = n / (1.0 + contention * (n - 1.0) + coherency * n * (n - 1.0)) / 0.01;
        measured.push(per_second(workers, contention, coherency));
        close("throughput", measured[measured.len() - 1], law, 0.01);
        close("without crowding", per_second(workers, 0.0, 0.0), n / 0.01, 0.01);
    }
    assert!(
        measured[2] > measured[1] && measured[3] < measured[1],
        "the peak is at √((1 − α) / β) = 9.7: {measured:?}"
    );
}
