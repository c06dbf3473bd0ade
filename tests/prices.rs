//! What a run costs: each price alone, and where keeping an entry costs as much as reading it again.

use cachelane::experiment::Experiment;
use cachelane::report::{Cost, LaneReport};
use cachelane::scenario::{Prices, Scenario};
use cachelane::time::Nanos;

use crate::common::{close, of};

fn whole_run(scenario: &Scenario) -> Vec<LaneReport> {
    let mut experiment = Experiment::new(scenario, None).expect("it runs");
    experiment.advance(Nanos::MAX, || false);
    experiment.report().lanes
}

/// Every part of the cost has something to count here: a crash in the middle, a slow database, a tight deadline.
fn hard_times() -> Scenario {
    of(r#"
        duration = "20s"
        [clients]
        write_ratio = 0.3
        deadline = "20ms"
        arrivals = { kind = "poisson", rate = 200 }
        [database]
        queue = 4
        [[lane]]
        write = "write-back"
        [[lane]]
        [[fault]]
        what = "cache.crash"
        at = "10.7s"
        for = "2s"
    "#)
}

#[test]
fn without_prices_nothing_is_said_of_costs() {
    assert!(whole_run(&hard_times()).iter().all(|lane| lane.cost.is_none()));
}

/// A price of one for one thing at a time: the cost is that thing's count, and the rest is free.
#[test]
fn each_price_is_for_what_its_name_says() {
    let with = |prices: Prices| whole_run(&Scenario { prices, ..hard_times() });
    let free = Prices::default;
    let of_lane = |lane: &LaneReport| lane.cost.expect("there is a price");
    type Part = (Prices, fn(&Cost) -> f64, fn(&LaneReport) -> f64);
    let all: [Part; 5] = [
        (Prices { database_reads: 1e6, ..free() }, |c| c.database_reads, |l| l.database.reads as f64),
        (
            Prices { database_writes: 1e6, ..free() },
            |c| c.database_writes,
            |l| (l.database.writes + l.database.drain_writes) as f64,
        ),
        (Prices { lost_write: 1.0, ..free() }, |c| c.lost_writes, |l| l.ever_lost as f64),
        (Prices { failed_request: 1.0, ..free() }, |c| c.failed_requests, |l| l.errors as f64),
        (Prices { late_second: 1.0, ..free() }, |c| c.lateness, |l| l.late_s),
    ];
    let plain = whole_run(&hard_times());
    for (prices, part, count) in all {
        let lanes = with(prices.clone());
        assert!(lanes.iter().any(|lane| count(lane) > 0.0), "{prices:?}: there is nothing to pay for");
        for (lane, unpriced) in lanes.iter().zip(&plain) {
            let cost = of_lane(lane);
            assert!((part(&cost) - count(lane)).abs() < 1e-6 && (cost.total - part(&cost)).abs() < 1e-9, "{cost:?}");
            assert_eq!(lane.digest, unpriced.digest, "a price changes nothing but the bill");
        }
    }
}

/// Each replica holds all that its primary does; also where a lane has replicas of its own.
#[test]
fn memory_is_paid_for_on_each_replica() {
    let scenario = of("duration = \"20s\"\n[[lane]]\n[[lane]]\ncache = { replicas = 2 }\n[prices]\nmemory = 1e6\n");
    let lanes = whole_run(&scenario);
    let per_byte = |lane: &LaneReport| lane.cost.expect("a price").memory / lane.cache.bytes_mean;
    close("three copies", per_byte(&lanes[1]) / per_byte(&lanes[0]), 3.0, 1e-9);
    // A million a GiB-hour, for twenty seconds.
    close("one copy", per_byte(&lanes[0]), 1e6 / (1_u64 << 30) as f64 * 20.0 / 3_600.0, 1e-9);
}

/// Late are answers, by as much as they took longer than the deadline; so with a deadline of nothing, by all they took.
#[test]
fn lateness_is_the_time_beyond_the_deadline() {
    let tight = of("duration = \"20s\"\n[clients]\ndeadline = \"1us\"\n[[lane]]\n");
    let lane = &whole_run(&tight)[0];
    let latency = &lane.latency_with_errors_ms.all;
    close("seconds late", lane.late_s, latency.mean * latency.count as f64 / 1e3, 0.001);
}

/// Keys that are asked for λ times a second each, kept for T, cost (p + cT) / (T + 1/λ) a second each: p for the miss, c for
/// a second in memory. At λ = c/p, which is the five-minute rule of Gray and Putzolu (SIGMOD 1987), that is c whatever T:
/// keeping costs what reading again does. Who asks more often gains by a longer TTL, and who asks less often loses.
#[test]
fn at_the_break_even_rate_every_ttl_costs_the_same() {
    const KEYS: f64 = 200.0;
    const RATE: f64 = 0.2;
    let cost = |ttl: u64, price: f64| {
        let scenario = of(&format!(
            r#"
            duration = "1000s"
            warmup = "100s"
            [clients]
            write_ratio = 0
            arrivals = {{ kind = "poisson", rate = {} }}
            keys = {{ kind = "uniform", count = {KEYS} }}
            value_size = "10KiB"
            [cache]
            capacity = 1000
            ttl = "{ttl}s"
            expiry = "precise"
            [database]
            read = "1ms"
            [[lane]]
            [prices]
            memory = {price}
            database_reads = 1e6
            "#,
            KEYS * RATE
        ));
        let lane = whole_run(&scenario).swap_remove(0);
        let entry = lane.cache.bytes as f64 / lane.cache.entries as f64;
        (lane.cost.expect("there are prices").total / 900.0 / KEYS, entry)
    };
    let (_, entry) = cost(5, 1.0);
    // So that an entry costs `RATE` a second, as its reads would.
    let even = RATE * 3_600.0 * (1_u64 << 30) as f64 / entry;
    for ttl in [2, 10, 50] {
        let t = ttl as f64;
        close("at the break-even rate", cost(ttl, even).0, RATE, 0.03);
        close("half the price", cost(ttl, even / 2.0).0, (1.0 + 0.5 * RATE * t) / (t + 1.0 / RATE), 0.03);
        close("twice the price", cost(ttl, even * 2.0).0, (1.0 + 2.0 * RATE * t) / (t + 1.0 / RATE), 0.03);
    }
}
