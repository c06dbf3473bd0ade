//! What each preset claims, as tests.

use cachelane::experiment::Experiment;
use cachelane::report::{LaneReport, Summary};
use cachelane::scenario::presets;
use cachelane::time::Nanos;

fn run(preset: &str) -> Vec<LaneReport> {
    let scenario = presets::get(preset).expect("a preset").scenario();
    let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
    experiment.advance(Nanos::MAX, || false);
    experiment.report().lanes
}

fn lane<'a>(lanes: &'a [LaneReport], name: &str) -> &'a LaneReport {
    lanes.iter().find(|lane| lane.name == name).unwrap_or_else(|| panic!("a lane called {name}"))
}

#[test]
fn default_only_write_back_loses_writes_and_it_answers_them_fastest() {
    let lanes = run("default");
    assert_eq!(lanes.len(), 5);
    for other in lanes.iter().filter(|lane| lane.write != "write-back") {
        assert_eq!((other.ever_lost, other.writes_by_class.lost), (0, 0), "{}", other.name);
        let times = other.latency_ms.write.mean / lane(&lanes, "Write-back").latency_ms.write.mean;
        assert!(times > 3.0, "{} writes in {times:.1} times write-back's time", other.name);
    }
    let back = lane(&lanes, "Write-back");
    assert!(back.ever_lost > 50 && back.writes_by_class.lost > 0, "{} lost", back.ever_lost);
    assert!(lane(&lanes, "Write-around").stale_reads > 1_000, "copies that are left are served stale");
    assert_eq!(lane(&lanes, "Write-through").stale_reads, 0);
}

/// The percentile row up to 99 %, and requests, of ANCHORS.
#[test]
fn locust_test_prints_both_rows_of_the_load_test() {
    let lanes = run("locust-test");
    let rows: [(&str, [f64; 8], f64); 2] = [
        ("Without Redis", [110.0, 200.0, 280.0, 330.0, 470.0, 600.0, 840.0, 970.0], 5843.0),
        ("With Redis", [27.0, 34.0, 39.0, 43.0, 55.0, 67.0, 88.0, 110.0], 7578.0),
    ];
    for (name, row, requests) in rows {
        let lane = lane(&lanes, name);
        let Summary { p50, p66, p75, p80, p90, p95, p98, p99, .. } = lane.latency_ms.all;
        for (measured, expected) in [p50, p66, p75, p80, p90, p95, p98, p99].into_iter().zip(row) {
            assert!((measured / expected - 1.0).abs() < 0.15, "{name}: {measured:.1} ms for {expected} ms");
        }
        let off = lane.requests as f64 / requests - 1.0;
        assert!(off.abs() < 0.05, "{name}: {} requests for {requests}", lane.requests);
    }
}

#[test]
fn redis_down_look_aside_floods_the_database_and_read_through_fails() {
    let lanes = run("redis-down");
    let (aside, through) = (lane(&lanes, "Look-aside"), lane(&lanes, "Read-through"));
    assert!(aside.database.reads > 3 * through.database.reads, "{} reads", aside.database.reads);
    assert!(aside.database.queue_max >= 1_000 && through.database.queue_max < 500);
    // 20 s of 60 at 98 % reads.
    let share = through.errors as f64 / through.requests as f64;
    assert!((0.30..0.36).contains(&share), "{share:.3} of read-through's requests failed");
}

#[test]
fn product_list_look_aside_stampedes_at_each_expiry_and_read_through_loads_once() {
    let lanes = run("product-list");
    let expiries = lane(&lanes, "Read-through").database.reads;
    assert!((5..=7).contains(&expiries), "{expiries} loads in 60 s of a TTL of 10 s");
    assert!(lane(&lanes, "Look-aside").database.reads > 20 * expiries);
}

#[test]
fn like_button_a_crash_costs_what_was_liked_since_the_last_flush() {
    let lanes = run("like-button");
    let (rare, often) =
        (lane(&lanes, "Flushed every 50 min").ever_lost, lane(&lanes, "Flushed every minute").ever_lost);
    // 30 min after a flush at 6 writes a second; half a minute, at most, after one.
    assert!((10_000..11_500).contains(&rare), "{rare} lost");
    assert!(often <= 400, "{often} lost");
    assert_eq!(lane(&lanes, "Straight to the database").ever_lost, 0);
}

#[test]
fn default_sets_the_strategies_apart_within_three_seconds() {
    let scenario = presets::get("default").expect("a preset").scenario();
    let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
    experiment.advance(Nanos::from_secs(3), || false);
    let lanes = experiment.report().lanes;
    let write = |name: &str| lane(&lanes, name).latency_ms.write.p50;
    assert!(write("Write-through") > 4.0 * write("Write-back"));
    assert!(lane(&lanes, "Write-around").stale_reads > 10 * lane(&lanes, "Look-aside").stale_reads.max(1));
    assert_eq!(
        scenario.faults[0].at.moment().expect("a moment").0 * 3,
        scenario.duration.0,
        "the crash is at a third of the run"
    );
}
