//! Every preset shows what it says it shows.

use cachelane::experiment::Experiment;
use cachelane::report::{LaneReport, Report, Summary};
use cachelane::scenario::presets;
use cachelane::time::Nanos;

fn report_at(preset: &str, at: Nanos) -> Report {
    let mut experiment = Experiment::new(presets::get(preset).unwrap().scenario(), None).unwrap();
    experiment.advance(at, || false);
    experiment.report()
}

fn lane<'a>(report: &'a Report, name: &str) -> &'a LaneReport {
    report.lanes.iter().find(|lane| lane.name == name).unwrap()
}

fn near(what: &str, got: f64, wanted: f64, share: f64) {
    assert!((got / wanted - 1.0).abs() <= share, "{what}: {got} is not within {} % of {wanted}", share * 100.0);
}

#[test]
fn the_locust_test_prints_both_measured_rows_from_one_world() {
    let report = report_at("locust-test", Nanos::MAX);
    let rows = [
        ("Without Redis", [110.0, 200.0, 280.0, 330.0, 470.0, 600.0, 840.0, 970.0], 5843.0),
        ("With Redis", [27.0, 34.0, 39.0, 43.0, 55.0, 67.0, 88.0, 110.0], 7578.0),
    ];
    for (name, row, requests) in rows {
        let lane = lane(&report, name);
        let Summary { p50, p66, p75, p80, p90, p95, p98, p99, .. } = lane.latency_ms.all;
        for (got, wanted) in [p50, p66, p75, p80, p90, p95, p98, p99].into_iter().zip(row) {
            near(name, got, wanted, 0.15);
        }
        near(name, lane.requests as f64, requests, 0.05);
    }
    let base = presets::get("locust-test").unwrap().scenario();
    assert_eq!(base.lanes.len(), 2);
    assert_eq!(base.lanes[0].write, base.lanes[1].write, "only the cache is switched");
}

#[test]
fn the_default_tells_its_story_in_a_crash_at_a_third_of_the_run() {
    let scenario = presets::get("default").unwrap().scenario();
    assert!(scenario.duration <= Nanos::from_secs(60));
    assert_eq!(scenario.faults[0].at.0 * 3, scenario.duration.0);
    let report = report_at("default", scenario.faults[0].at + Nanos::from_secs(1));
    assert_eq!(report.lanes.len(), 5);
    let (back, through) = (lane(&report, "Write-back"), lane(&report, "Write-through"));
    assert!(back.writes_by_class.lost > 100 && through.writes_by_class.lost == 0);
    assert!(through.latency_ms.write.p50 > 4.0 * back.latency_ms.write.p50, "write-back answers far sooner");
    assert!(lane(&report, "Write-around").stale_reads > 1_000, "copies are left until their TTL");
    assert!(lane(&report, "Read-through").errors > 0 && lane(&report, "Look-aside").errors == 0);
}

#[test]
fn the_first_three_seconds_of_the_default_already_set_strategies_apart() {
    let report = report_at("default", Nanos::from_secs(3));
    let writes = |name: &str| lane(&report, name).latency_ms.write.p50;
    assert!(writes("Write-through") > 4.0 * writes("Write-back"));
    assert!(lane(&report, "Write-around").stale_reads > 10 * lane(&report, "Look-aside").stale_reads.max(1));
}

#[test]
fn likes_flushed_every_50_minutes_are_lost_by_the_hundred_in_one_crash() {
    let report = report_at("like-button", Nanos::MAX);
    let lost = |name: &str| lane(&report, name).writes_by_class.lost;
    assert!(lost("Flushed every 50 min") > 10 * lost("Flushed every minute"));
    assert!(lost("Flushed every minute") > 0);
    assert_eq!(lost("Straight to the database"), 0);
}

#[test]
fn when_redis_is_down_look_aside_floods_the_database_and_read_through_fails() {
    let before = report_at("redis-down", Nanos::from_secs(20));
    let after = report_at("redis-down", Nanos::from_secs(39));
    let change =
        |name: &str, figure: &dyn Fn(&LaneReport) -> u64| figure(lane(&after, name)) - figure(lane(&before, name));
    let reads = |lane: &LaneReport| lane.database.reads;
    // As many seconds with the cache as without: the database reads several times as much, and cannot keep up.
    assert!(change("Look-aside", &reads) > 4 * reads(lane(&before, "Look-aside")));
    assert!(change("Look-aside", &|lane| lane.errors) > 1_000);
    assert!(change("Read-through", &reads) < 100, "nobody else loads");
    assert!(change("Read-through", &|lane| lane.errors) > 25_000, "nearly every request of those seconds");
}

#[test]
fn each_expiry_of_the_product_list_sends_everyone_to_the_database() {
    let report = report_at("product-list", Nanos::MAX);
    let reads = |name: &str| lane(&report, name).database.reads;
    assert!(reads("Look-aside") > 100, "a stampede at each of six expiries");
    assert!(reads("Read-through") <= 7, "one load at a time");
}
