//! Two classes of traffic: keys of their own, sizes and TTLs of their own, one cache, and a report for each.

use cachelane::report::{ClassReport, LaneReport};
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, constant, lane, ms, of, run, s};

/// Users and their hundred keys, beside a second class.
fn two(second: Second) -> Scenario {
    let mut scenario = bare();
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
    scenario.clients.keys = Keys::Uniform { count: 100 };
    scenario.clients.write_ratio = 0.2;
    scenario.clients.second = Some(second);
    scenario.lanes = lane(Reading::LookAside(LookAside::default()), WriteAround::default());
    (scenario.warmup, scenario.duration) = (s(5), s(30));
    scenario
}

fn report(scenario: &Scenario) -> LaneReport {
    let lane = run(scenario);
    lane.validate();
    lane.report()
}

fn classes(report: &LaneReport) -> [ClassReport; 2] {
    report.classes.clone().try_into().expect("two classes")
}

#[test]
fn one_class_is_as_it_was_and_two_sum_up_to_all() {
    let second = Second { arrivals: Arrivals::Constant { rate: 40.0 }, write_ratio: 0.5, ..Second::default() };
    let mut scenario = two(second);
    scenario.database.read = constant(ms(1));
    let both = report(&scenario);
    let [first, second] = classes(&both);
    assert_eq!(second.requests, 40 * 25);
    assert_eq!(first.requests + second.requests, both.requests);
    assert_eq!(first.reads + second.reads, both.reads);
    scenario.clients.second = None;
    let alone = report(&scenario);
    assert_eq!((alone.requests, alone.reads), (first.requests, first.reads), "the first asks for what it asks alone");
    assert!(alone.classes.is_empty());
}

/// Keys 0 to 99 are the first's; the second's begin with 100, whatever it names.
#[test]
fn no_key_is_asked_for_by_both() {
    let keys = Keys::Uniform { count: 7 };
    let scenario = two(Second { keys, write_ratio: 1.0, ..Second::default() });
    let lane = run(&scenario);
    let ledger = lane.ledger();
    let written = |keys: std::ops::Range<u32>| keys.filter(|&key| ledger.follows(key)).count();
    assert_eq!((written(0..100), written(100..107), written(107..10_000)), (100, 7, 0));
}

/// "If the redis cache fills up, we want to drop everything else before sessions" (tjcsl/ion#351): that is what volatile-lru is
/// for, where only the others have a TTL.
#[test]
fn what_has_no_ttl_stays_under_volatile_lru_whatever_the_other_class_brings() {
    let pages = Second {
        arrivals: Arrivals::Poisson { rate: 300.0 },
        keys: Keys::Uniform { count: 5_000 },
        write_ratio: 0.0,
        ttl: Some(s(600)),
        ..Second::default()
    };
    let mut scenario = two(pages);
    scenario.clients.write_ratio = 0.0;
    (scenario.cache.ttl, scenario.cache.capacity) = (Ttl::None, Capacity::Entries(300));
    let hits = |eviction| {
        let scenario = Scenario { cache: Cache { eviction, ..scenario.cache.clone() }, ..scenario.clone() };
        let [sessions, pages] = classes(&report(&scenario));
        (sessions.read_hit_ratio, pages.read_hit_ratio)
    };
    let (all, volatile) = (hits(Eviction::RedisLru), hits(Eviction::VolatileLru));
    assert!(all.0 < 0.9, "pages push sessions out: {all:?}");
    assert_eq!(volatile.0, 1.0, "{volatile:?}");
    assert!((volatile.1 - 0.04).abs() < 0.02, "200 of 5,000 pages find room: {volatile:?}");
}

#[test]
fn a_batch_job_that_goes_through_everything_evicts_what_users_ask_for_while_it_runs() {
    let batch = Second {
        arrivals: Arrivals::Spike(Spike { rate: 0.1, times: 50_000.0, at: s(15), lasts: s(5) }),
        keys: Keys::Scan { count: 20_000 },
        write_ratio: 0.0,
        ..Second::default()
    };
    let mut scenario = two(batch);
    scenario.clients.write_ratio = 0.0;
    (scenario.cache.ttl, scenario.cache.capacity) = (Ttl::None, Capacity::Entries(200));
    let hit = |report: &LaneReport| classes(report)[0].read_hit_ratio;
    let with = hit(&report(&scenario));
    let quiet = scenario.clients.second.as_mut().expect("a second class");
    quiet.arrivals = Arrivals::Poisson { rate: 0.1 };
    let without = hit(&report(&scenario));
    // LRU keeps a user's key for the 40 ms in which 200 others come: e^-4 % of all are asked for again by then.
    assert!(without > 0.99 && with < without - 0.15, "{with} {without}");
}

#[test]
fn each_class_has_sizes_and_a_ttl_of_its_own() {
    let second = Second {
        arrivals: Arrivals::Constant { rate: 100.0 },
        keys: Keys::Uniform { count: 1 },
        write_ratio: 0.0,
        value_size: Sizes::Constant(cachelane::bytes::Bytes(50_000)),
        ttl: Some(ms(95)),
    };
    let mut scenario = two(second);
    (scenario.clients.write_ratio, scenario.cache.ttl, scenario.warmup) = (0.0, Ttl::None, s(18));
    scenario.cache.capacity = Capacity::Entries(1_000);
    let report = report(&scenario);
    let [first, second] = classes(&report);
    assert_eq!(first.read_hit_ratio, 1.0);
    // A copy lives for nine requests after the one that loads it.
    assert!((second.read_hit_ratio - 0.9).abs() < 0.005, "{}", second.read_hit_ratio);
    assert!(report.cache.bytes_max > 100 * 1_024 + 50_000 && report.cache.bytes_max < 200 * 1_024 + 50_000);
}

#[test]
fn closed_users_of_both_classes_think_for_themselves() {
    let closed = |users, think| Arrivals::Closed { users, think: Distribution::Constant(think) };
    let mut scenario = two(Second { arrivals: closed(10, ms(500)), write_ratio: 0.0, ..Second::default() });
    (scenario.clients.arrivals, scenario.clients.write_ratio) = (closed(3, ms(100)), 0.0);
    let [first, second] = classes(&report(&scenario));
    for (class, expected) in [(first, 3.0 * 25.0 / 0.1), (second, 10.0 * 25.0 / 0.5)] {
        assert!((class.requests as f64 - expected).abs() <= expected * 0.05, "{} {expected}", class.requests);
    }
}

#[test]
fn a_lost_write_is_its_classs() {
    let toml = r#"
        duration = "10s"
        [clients]
        arrivals = { kind = "constant", rate = 50 }
        write_ratio = 0
        [clients.second]
        arrivals = { kind = "constant", rate = 20 }
        write_ratio = 1
        [[lane]]
        write = { kind = "write-back", every = "5s" }
        [[fault]]
        what = "cache.crash"
        at = "4s"
        for = "100ms"
    "#;
    let report = report(&of(toml));
    let [first, second] = classes(&report);
    assert!(report.ever_lost > 50, "{}", report.ever_lost);
    assert_eq!((first.ever_lost, second.ever_lost), (0, report.ever_lost));
    assert_eq!(first.errors + second.errors, report.errors);
}

#[test]
fn the_load_of_both_is_estimated() {
    let one = two(Second { arrivals: Arrivals::Poisson { rate: 900.0 }, ..Second::default() });
    assert!((one.expected_requests() - 30_000.0).abs() < 1.0, "{}", one.expected_requests());
    let too_many = Second { arrivals: Arrivals::Poisson { rate: 1e6 }, ..Second::default() };
    let long = Scenario { duration: Nanos::from_secs(86_400), ..two(too_many) };
    assert!(long.check().is_err());
}
