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

#[test]
fn view_counter_gathering_saves_rows_and_a_crash_costs_what_was_gathered_since_the_flush() {
    let lanes = run("view-counter");
    let at = |name| lane(&lanes, name);
    let (one, often, rare) =
        (at("In the database"), at("In the cache, written every second"), at("In the cache, written every 10 s"));
    assert_eq!((one.ever_lost, one.lost_increments), (0, 0));
    assert!(one.database.writes > 2 * often.database.writes && often.database.writes > 2 * rare.database.writes);
    // At most the increments of one interval: 200 a second.
    assert!((1..=260).contains(&often.ever_lost), "{} lost", often.ever_lost);
    assert!((1..=2_200).contains(&rare.ever_lost) && rare.ever_lost > often.ever_lost, "{} lost", rare.ever_lost);
}

#[test]
fn session_tokens_a_crash_takes_what_is_not_on_disk() {
    let lanes = run("session-tokens");
    let lost = |name| lane(&lanes, name).ever_lost;
    // 90 writes a second, the crash after 38 s, eight seconds after a snapshot.
    assert!(lost("Nothing on disk") > 2_000, "{}", lost("Nothing on disk"));
    assert!((1..=12 * 90).contains(&lost("A snapshot every 10 s")), "{}", lost("A snapshot every 10 s"));
    assert!(lost("Append-only, every second") <= 2 * 110, "at most 2 s of writes");
    assert_eq!(lost("Append-only, always"), 0);
}

#[test]
fn keys_star_one_command_delays_everyone_and_with_four_nodes_a_quarter() {
    let lanes = run("keys-star");
    let (one, four) = (lane(&lanes, "One node"), lane(&lanes, "Four nodes"));
    for lane in [one, four] {
        assert_eq!((lane.errors, lane.ever_lost), (0, 0), "nothing breaks, it only waits");
        assert!(lane.latency_ms.all.max > 380.0, "the unluckiest waits for all of it");
    }
    // Twice 400 ms of 20 s: 4 % of the requests, or a quarter of that.
    assert!(one.latency_ms.read.p98 > 40.0 && four.latency_ms.read.p98 < 20.0);
}

#[test]
fn failover_loses_acknowledged_writes_unless_they_waited_for_the_replica() {
    let lanes = run("failover");
    let (at_once, waited) = (lane(&lanes, "Answered at once"), lane(&lanes, "Answered when a replica has it"));
    assert!(at_once.ever_lost > 0);
    assert_eq!(at_once.ever_lost_by_cause, [("failover_lag".to_owned(), at_once.ever_lost)]);
    assert_eq!(waited.ever_lost, 0);
    assert!(waited.latency_ms.write.p50 > 10.0 * at_once.latency_ms.write.p50, "which it pays for");
}

#[test]
fn scale_out_the_loss_of_one_node_of_four_is_a_quarter_of_the_loss_of_the_only_one() {
    let lanes = run("scale-out");
    let (one, four) = (lane(&lanes, "One node"), lane(&lanes, "Four nodes"));
    assert!(one.database.reads > 2 * four.database.reads);
    assert!(one.errors > 1_000 && four.errors == 0, "{} and {} errors", one.errors, four.errors);
}

#[test]
fn local_vs_global_local_copies_are_fast_and_stale_and_messages_make_them_fresh_again() {
    let lanes = run("local-vs-global");
    let (global, local) = (lane(&lanes, "One global cache"), lane(&lanes, "And a local one in each server"));
    let told = lane(&lanes, "Local, told of every write");
    assert!(local.latency_ms.read.p50 < 0.5 * global.latency_ms.read.p50);
    assert!(local.stale_reads > 20 * global.stale_reads.max(1), "{} and {}", local.stale_reads, global.stale_reads);
    assert!(told.stale_reads * 10 < local.stale_reads, "{}", told.stale_reads);
}

#[test]
fn memory_overflow_eviction_misses_refusal_says_no_and_paging_is_slow() {
    let lanes = run("memory-overflow");
    let at = |name| lane(&lanes, name);
    let (evict, refuse, page) =
        (at("Evict the least recently used"), at("Refuse what does not fit"), at("Page to disk"));
    assert!(evict.misses_by_cause.evicted > 1_000 && evict.errors == 0);
    assert!(refuse.writes_by_class.rejected + refuse.writes_by_class.durable > 0 && refuse.hits > 0);
    assert!(page.hit_ratio > evict.hit_ratio + 0.2 && page.cache.utilisation > 5.0 * evict.cache.utilisation);
}

#[test]
fn ttl_vs_invalidate_a_copy_is_never_staler_than_its_ttl_and_deleting_keeps_it_fresh() {
    let lanes = run("ttl-vs-invalidate");
    let at = |name| lane(&lanes, name);
    let (minute, short, deleted) = (at("TTL of a minute"), at("TTL of 2 s"), at("Deleted by each write"));
    assert!(minute.stale_reads > 2 * short.stale_reads && short.stale_reads > 50 * deleted.stale_reads.max(1));
    assert!(short.stale_age_ms.max < 2_100.0, "{} ms", short.stale_age_ms.max);
    assert!(short.hit_ratio < deleted.hit_ratio && deleted.hit_ratio < minute.hit_ratio);
}

#[test]
fn stale_set_race_deleting_twice_shortens_it_and_leases_end_it() {
    let lanes = run("stale-set-race");
    let at = |name| lane(&lanes, name);
    let (once, twice, leases) = (at("Delete after the write"), at("Delete twice"), at("Leases"));
    assert!(once.stale_reads > 100 && once.stale_age_ms.max > 1_000.0, "an old value stays until the next write");
    assert!(twice.stale_reads > 0 && twice.stale_age_ms.max < 500.0, "or until the second delete");
    assert_eq!(leases.stale_reads, 0);
}

#[test]
fn dual_write_leaves_values_nobody_was_promised_and_the_outbox_does_not() {
    let lanes = run("dual-write");
    let at = |name| lane(&lanes, name);
    let half_done = |name| at(name).ever_lost_by_cause.iter().any(|(cause, _)| cause == "dual_write_half_done");
    assert!(half_done("Told yes after the first"), "told yes, and never in the database");
    assert!(at("Told yes after the first").vanished_reads > 0, "read from the cache, never in the database");
    assert!(at("Cache, then database").ever_lost > 0 && !half_done("Cache, then database"), "only overtaken");
    assert_eq!((at("Outbox").ever_lost, at("Outbox").vanished_reads), (0, 0));
    assert!(at("Outbox").stale_age_ms.max < 600.0, "the relay is never far behind");
}

#[test]
fn flush_race_marks_are_lost_only_when_the_set_is_read_and_then_deleted() {
    let lanes = run("flush-race");
    let (race, atomic) = (lane(&lanes, "Read, write, then delete"), lane(&lanes, "Taken in one step"));
    assert!(race.ever_lost > 0 && race.ever_lost_by_cause.iter().all(|(cause, _)| cause == "flush_mark_lost"));
    assert_eq!(atomic.ever_lost, 0);
}

#[test]
fn expire_dirty_a_ttl_shorter_than_the_flush_interval_loses_writes() {
    let lanes = run("expire-dirty");
    let late = lane(&lanes, "Flushed every 10 s");
    assert!(late.ever_lost > 100 && late.ever_lost_by_cause.iter().all(|(cause, _)| cause == "expired_dirty"));
    assert_eq!(
        (lane(&lanes, "Flushed every 2 s").ever_lost, lane(&lanes, "Flushed when it expires").ever_lost),
        (0, 0)
    );
}

#[test]
fn thundering_herd_single_flight_jitter_and_early_refresh_each_tame_it() {
    let lanes = run("thundering-herd");
    let at = |name| lane(&lanes, name);
    let herd = at("Everyone reloads");
    assert!(herd.database.reads > 2 * at("Single flight").database.reads, "one load for all who wait");
    let unlucky = |name| lane(&lanes, name).latency_ms.read.p99_9;
    assert!(unlucky("Everyone reloads") > 1.5 * unlucky("Single flight"));
    assert!(unlucky("Single flight") > 1.2 * unlucky("TTLs with jitter"), "not all at once");
    assert!(
        at("Early refresh").latency_ms.read.p99 < 0.5 * at("Single flight").latency_ms.read.p99,
        "before anybody waits"
    );
}

#[test]
fn db_brownout_retries_make_it_worse_and_the_breaker_ends_it() {
    let lanes = run("db-brownout");
    let at = |name| lane(&lanes, name);
    assert!(
        at("Three retries").errors > 2 * at("No retries").errors,
        "{} {}",
        at("Three retries").errors,
        at("No retries").errors
    );
    assert!(at("Retries and a breaker").errors * 2 < at("Three retries").errors);
}

#[test]
fn increment_race_only_the_naive_way_loses_increments() {
    let lanes = run("increment-race");
    let lost = |name| lane(&lanes, name).lost_increments;
    assert!(lost("Read, add one, write") > 100, "{}", lost("Read, add one, write"));
    assert_eq!((lost("Compare and set"), lost("Increment in the database")), (0, 0));
}

#[test]
fn write_heavy_gathering_writes_spares_the_database() {
    let lanes = run("write-heavy");
    let at = |name| lane(&lanes, name);
    let (around, second, ten) = (at("Write-around"), at("Write-back every second"), at("Write-back every 10 s"));
    assert!(around.database.writes > 2 * second.database.writes && second.database.writes > 2 * ten.database.writes);
    assert!(around.latency_ms.write.mean > 10.0 * second.latency_ms.write.mean);
}

#[test]
fn ycsb_mixes_are_those_of_the_benchmark() {
    for (name, writes) in [("a", 0.5), ("b", 0.05), ("c", 0.0), ("d", 0.05), ("f", 0.5)] {
        let lanes = run(&format!("ycsb-{name}"));
        let share = lanes[0].writes as f64 / lanes[0].requests as f64;
        assert!((share - writes).abs() < 0.02, "ycsb-{name}: {share:.3} write");
        assert!(lanes.iter().all(|lane| lane.errors == 0 && lane.ever_lost == 0), "ycsb-{name}");
    }
    // 5 % of operations insert; the others read 50 records each, on average.
    let e = &run("ycsb-e")[0];
    assert!((e.writes as f64 / e.requests as f64) < 0.004, "{} of {}", e.writes, e.requests);
    let d = run("ycsb-d");
    assert!(lane(&d, "Write-through").hit_ratio > lane(&d, "Look-aside").hit_ratio + 0.04, "writes fill the cache");
}
