//! What each preset claims, as tests: with its own seed in `make test`, with twenty others in `make test-long`.
//!
//! A claim is a sentence that the preset's text makes or rests on, with a figure. Where luck decides how large the figure is,
//! the claim is a range, and the text says so.

use cachelane::experiment::Experiment;
use cachelane::report::{LaneReport, Summary};
use cachelane::scenario::{Arrivals, Eviction, Keys, Scenario, presets};
use cachelane::time::Nanos;

use crate::common::in_parallel;

/// What the lanes of a preset showed.
struct Seen {
    /// At moments of the run, in seconds.
    moments: Vec<(u64, Vec<LaneReport>)>,
    /// In the end, after everything has settled.
    end: Vec<LaneReport>,
}

/// All rows that a lane brought to the database, also those of its last flushes.
fn rows_written(lane: &LaneReport) -> u64 {
    lane.database.writes + lane.database.drain_writes
}

impl Seen {
    fn of(scenario: &Scenario, at: &[u64]) -> Seen {
        assert_eq!(scenario.check(), Ok(()));
        let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
        let mut advance = |to| {
            experiment.advance(to, || false);
            experiment.report().lanes
        };
        let moments = at.iter().map(|&at| (at, advance(Nanos::from_secs(at)))).collect();
        Seen { moments, end: advance(Nanos::MAX) }
    }

    fn lane(&self, name: &str) -> &LaneReport {
        lane(&self.end, name)
    }

    /// At one of the moments.
    fn at(&self, second: u64, name: &str) -> &LaneReport {
        let (_, lanes) = self.moments.iter().find(|(at, _)| *at == second).expect("a moment that was looked at");
        lane(lanes, name)
    }

    fn counted(&self, from: u64, to: u64, name: &str, of: fn(&LaneReport) -> u64) -> f64 {
        (of(self.at(to, name)) - of(self.at(from, name))) as f64
    }

    /// The share of requests between two moments that failed.
    fn failed(&self, from: u64, to: u64, name: &str) -> f64 {
        self.counted(from, to, name, |lane| lane.errors) / self.counted(from, to, name, |lane| lane.requests)
    }

    /// The end of the last of these seconds in which more than one request in ten failed; where none did, their beginning.
    fn many_fail_until(&self, mut seconds: std::ops::RangeInclusive<u64>, name: &str) -> u64 {
        let start = *seconds.start() - 1;
        seconds.rfind(|&second| self.failed(second - 1, second, name) > 0.1).unwrap_or(start)
    }

    /// The share of cache look-ups between two moments that hit.
    fn hits(&self, from: u64, to: u64, name: &str) -> f64 {
        self.counted(from, to, name, |lane| lane.hits) / self.counted(from, to, name, |lane| lane.hits + lane.misses)
    }
}

fn lane<'a>(lanes: &'a [LaneReport], name: &str) -> &'a LaneReport {
    lanes.iter().find(|lane| lane.name == name).unwrap_or_else(|| panic!("a lane called {name}"))
}

struct Claim {
    says: &'static str,
    /// Its figure, and whether it holds.
    of: fn(&Seen) -> (f64, bool),
}

struct Promise {
    preset: &'static str,
    /// When to look, in seconds, besides the end.
    at: &'static [u64],
    claims: &'static [Claim],
}

impl Promise {
    /// Each claim's figure and whether it holds, with this seed instead of the preset's own.
    fn with(&self, seed: Option<u64>) -> Vec<(f64, bool)> {
        let mut scenario = presets::get(self.preset).expect("a preset").scenario().clone();
        scenario.seed = seed.unwrap_or(scenario.seed);
        let seen = Seen::of(&scenario, self.at);
        self.claims.iter().map(|claim| (claim.of)(&seen)).collect()
    }

    #[track_caller]
    fn holds(&self, seed: Option<u64>) {
        let broken: Vec<String> = self
            .with(seed)
            .iter()
            .zip(self.claims)
            .filter(|((_, holds), _)| !holds)
            .map(|((figure, _), claim)| format!("{} ({figure:.4})", claim.says))
            .collect();
        assert!(broken.is_empty(), "{}, seed {seed:?}: {broken:#?}", self.preset);
    }
}

/// A test for each preset, with its own seed and with those named, and the list of all of them.
macro_rules! promises {
    ($($test:ident: $preset:literal at $at:expr, seeds $seeds:expr; { $($says:literal => $of:expr;)* })*) => {
        $(#[test]
        fn $test() {
            let promise = PROMISES.iter().find(|promise| promise.preset == $preset).expect("it is in the list");
            promise.holds(None);
            in_parallel(&$seeds, |seed: u64| promise.holds(Some(seed)));
        })*

        const PROMISES: &[Promise] = &[
            $(Promise { preset: $preset, at: &$at, claims: &[$(Claim { says: $says, of: $of }),*] }),*
        ];
    };
}

const NONE: [u64; 0] = [];

promises! {
    default_only_write_back_loses_writes_and_it_answers_them_fastest: "default" at [3], seeds NONE; {
        "write-back loses 170 to 230 acknowledged writes, the others none" => |seen| {
            let lost = seen.lane("Write-back").ever_lost;
            let others = seen.end.iter().filter(|lane| lane.write != "write-back").all(|lane| lane.ever_lost == 0);
            (lost as f64, others && (170..=230).contains(&lost))
        };
        "write-back answers writes six times as fast, in the median" => |seen| {
            let back = seen.lane("Write-back").latency_ms.write.p50;
            let others = seen.end.iter().filter(|lane| lane.write != "write-back");
            let times = others.map(|lane| lane.latency_ms.write.p50 / back).fold(f64::INFINITY, f64::min);
            (times, (5.7..6.6).contains(&times))
        };
        "and fails a few percent of all requests, while the cache is down" => |seen| {
            let back = seen.lane("Write-back");
            let share = back.errors as f64 / back.requests as f64;
            (share, (0.04..0.06).contains(&share) && seen.lane("Look-aside").errors == 0)
        };
        "copies that writes leave are served stale, those they delete seldom" => |seen| {
            let (left, deleted) = (seen.lane("Write-around").stale_reads, seen.lane("Look-aside").stale_reads);
            (left as f64 / deleted as f64, left > 20 * deleted)
        };
        "the strategies differ within three seconds" => |seen| {
            let write = |name| seen.at(3, name).latency_ms.write.p50;
            let times = write("Write-through") / write("Write-back");
            let stale = |name| seen.at(3, name).stale_reads;
            (times, times > 4.0 && stale("Write-around") > 5 * stale("Look-aside").max(1))
        };
    }

    locust_test_repeats_the_load_test_it_is_calibrated_by: "locust-test" at [], seeds NONE; {
        "percentiles up to the 99th are within 15 % of the load test's" => |seen| {
            let worst = worst_percentile(seen, 8);
            (worst, worst < 0.15)
        };
        "requests are within 5 % of it" => |seen| {
            let off = |(name, _, requests): &(&str, _, f64)| {
                (seen.lane(name).requests as f64 / requests - 1.0).abs()
            };
            let worst = LOAD_TEST.iter().map(off).fold(0.0, f64::max);
            (worst, worst < 0.05)
        };
    }

    like_button_a_crash_costs_half_of_what_is_liked_between_two_flushes: "like-button" at [], seeds NONE; {
        "flushed every 50 minutes, 8,700 to 9,700 likes are lost" => |seen| {
            let lost = seen.lane("Flushed every 50 min").ever_lost;
            (lost as f64, (8_700..=9_700).contains(&lost))
        };
        "flushed every minute, 130 to 240" => |seen| {
            let lost = seen.lane("Flushed every minute").ever_lost;
            (lost as f64, (130..=240).contains(&lost))
        };
        "straight to the database, none" => |seen| {
            let lost = seen.lane("Straight to the database").ever_lost;
            (lost as f64, lost == 0)
        };
        "the rare flush writes a quarter of the rows of the frequent one, or a fifth of all" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let share = rows("Flushed every 50 min") / rows("Flushed every minute");
            (share, (0.25..0.31).contains(&share) && rows("Flushed every 50 min") < 0.2 * rows("Straight to the database"))
        };
    }

    redis_down_look_aside_floods_the_database_and_read_through_fails: "redis-down"
        at [25, 26, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60], seeds NONE;
    {
        "without the cache nearly all of look-aside's requests soon fail" => |seen| {
            let failed = seen.failed(26, 40, "Look-aside");
            (failed, failed > 0.95)
        };
        "and many still do for 8 to 18 seconds after the cache is back" => |seen| {
            let many = seen.many_fail_until(41..=60, "Look-aside") - 40;
            (many as f64, (8..=18).contains(&many))
        };
        "read-through fails all reads while the cache is away, and none soon after" => |seen| {
            let failed = seen.failed(25, 40, "Read-through");
            (failed, (0.95..0.99).contains(&failed) && seen.failed(42, 60, "Read-through") == 0.0)
        };
        "look-aside reads the database five to six times as often" => |seen| {
            let reads = |name| seen.lane(name).database.reads as f64;
            let times = reads("Look-aside") / reads("Read-through");
            (times, (5.0..6.3).contains(&times))
        };
    }

    product_list_look_aside_stampedes_at_each_expiry_and_read_through_loads_once: "product-list" at [], seeds NONE; {
        "read-through loads the list once an expiry" => |seen| {
            let loads = seen.lane("Read-through").database.reads;
            (loads as f64, (5..=7).contains(&loads))
        };
        "look-aside thirty to fifty times an expiry" => |seen| {
            let reads = |name| seen.lane(name).database.reads as f64;
            let times = reads("Look-aside") / reads("Read-through");
            (times, (30.0..50.0).contains(&times))
        };
        "its slowest percent waits more than twice as long" => |seen| {
            let p99 = |name| seen.lane(name).latency_ms.read.p99;
            let times = p99("Look-aside") / p99("Read-through");
            (times, times > 2.0)
        };
        "a hit takes two milliseconds, most of them to bring a megabyte" => |seen| {
            let hit = seen.lane("Look-aside").latency_ms.read.p50;
            (hit, (2.0..2.3).contains(&hit))
        };
    }

    view_counter_gathering_saves_rows_and_a_crash_costs_half_of_what_is_gathered: "view-counter" at [], seeds NONE; {
        "gathered for a second, the database writes fewer than half the rows" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let times = rows("In the database") / rows("In the cache, written every second");
            (times, times > 2.0)
        };
        "gathered for ten, fewer than a fifth" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let times = rows("In the database") / rows("In the cache, written every 10 s");
            (times, times > 5.0)
        };
        "the crash costs 60 to 140 views of the frequent flush" => |seen| {
            let lost = seen.lane("In the cache, written every second").ever_lost;
            (lost as f64, (60..=140).contains(&lost))
        };
        "1,000 to 1,250 of the rare one" => |seen| {
            let lost = seen.lane("In the cache, written every 10 s").ever_lost;
            (lost as f64, (1_000..=1_250).contains(&lost))
        };
        "and none in the database" => |seen| {
            let lane = seen.lane("In the database");
            (lane.ever_lost as f64, (lane.ever_lost, lane.lost_increments) == (0, 0))
        };
    }

    session_tokens_live_in_the_cache_only_and_a_crash_takes_what_is_not_on_disk: "session-tokens" at [], seeds NONE; {
        "no session is in the database, and who comes back in time stays logged in" => |seen| {
            let at_risk = seen.end.iter().map(|lane| lane.writes_by_class).map(|of| of.at_risk + of.recoverable).min().expect("lanes");
            let nothing = |lane: &LaneReport| {
                (lane.database.writes, lane.writes_by_class.durable, lane.misses_by_cause.expired) == (0, 0, 0)
            };
            (at_risk as f64, at_risk > 3_000 && seen.end.iter().all(nothing))
        };
        "without a disk some 3,150 writes are lost" => |seen| {
            let lost = seen.lane("Nothing on disk").ever_lost;
            (lost as f64, (2_950..=3_350).contains(&lost))
        };
        "with snapshots 430 to 560" => |seen| {
            let lost = seen.lane("A snapshot every 10 s").ever_lost;
            (lost as f64, (430..=560).contains(&lost))
        };
        "with a sync a second 30 to 65" => |seen| {
            let lost = seen.lane("Append-only, every second").ever_lost;
            (lost as f64, (30..=65).contains(&lost))
        };
        "with a sync before each answer none, at more than three times the median write latency" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.p50;
            let times = write("Append-only, always") / write("Nothing on disk");
            (times, (3.1..3.6).contains(&times) && seen.lane("Append-only, always").ever_lost == 0)
        };
        "a sync a second costs no write any time" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.mean;
            let times = write("Append-only, every second") / write("Nothing on disk");
            (times, (0.98..1.02).contains(&times))
        };
    }

    keys_star_delays_everyone_on_a_warm_cache_and_with_four_nodes_a_quarter: "keys-star" at [], seeds NONE; {
        "the 99th percentile is about three times that of four nodes" => |seen| {
            let p99 = |name| seen.lane(name).latency_ms.read.p99;
            let times = p99("One node") / p99("Four nodes");
            (times, (2.5..4.5).contains(&times))
        };
        "nothing breaks, and nearly everything hits" => |seen| {
            let well = |lane: &LaneReport| {
                (lane.errors, lane.ever_lost, lane.misses_by_cause.cold) == (0, 0, 0) && lane.hit_ratio > 0.98
            };
            (seen.lane("One node").hit_ratio, seen.end.iter().all(well))
        };
    }

    failover_loses_acknowledged_writes_unless_they_waited_for_the_replica: "failover" at [], seeds NONE; {
        "5 to 25 acknowledged writes are lost, all for the lag" => |seen| {
            let lane = seen.lane("Answered at once");
            let cause = lane.ever_lost_by_cause == [("failover_lag".to_owned(), lane.ever_lost)];
            (lane.ever_lost as f64, cause && (5..=25).contains(&lane.ever_lost))
        };
        "none when a replica has them, and the median write is some 65 milliseconds slower" => |seen| {
            let waited = seen.lane("Answered when a replica has it");
            let extra = waited.latency_ms.write.p50 - seen.lane("Answered at once").latency_ms.write.p50;
            (extra, waited.ever_lost == 0 && (62.0..68.0).contains(&extra))
        };
    }

    scale_out_a_quarter_of_the_cache_can_go_and_all_of_it_cannot: "scale-out"
        at [20, 26, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60], seeds NONE;
    {
        "without the only node nearly every request fails within five seconds" => |seen| {
            let failed = seen.failed(26, 35, "One node");
            (failed, failed > 0.95)
        };
        "and many still do for 9 to 18 seconds after it is back" => |seen| {
            let many = seen.many_fail_until(36..=60, "One node") - 35;
            (many as f64, (9..=18).contains(&many))
        };
        "without a quarter of four nodes none fails" => |seen| {
            let errors = seen.lane("Four nodes").errors;
            (errors as f64, errors == 0)
        };
    }

    local_vs_global_local_copies_are_fast_and_stale_and_messages_make_them_fresh_again: "local-vs-global" at [], seeds NONE; {
        "local copies halve the median" => |seen| {
            let p50 = |name| seen.lane(name).latency_ms.read.p50;
            let local = p50("Local caches as well");
            (local, local < 0.5 * p50("One global cache"))
        };
        "and are stale twenty times as often" => |seen| {
            let stale = |name| seen.lane(name).stale_reads as f64;
            let times = stale("Local caches as well") / stale("One global cache");
            (times, times > 20.0)
        };
        "but for at most little more than their TTL" => |seen| {
            let age = seen.lane("Local caches as well").stale_age_ms.p99;
            (age, age < 5_100.0)
        };
        "with messages less than a tenth of that" => |seen| {
            let stale = |name| seen.lane(name).stale_reads as f64;
            let times = stale("Local caches as well") / stale("Local, told of every write");
            (times, times > 10.0)
        };
    }

    memory_overflow_eviction_misses_refusal_says_no_and_paging_is_slow: "memory-overflow" at [], seeds NONE; {
        "eviction misses half of the reads, and fails none" => |seen| {
            let lane = seen.lane("Evict the least recently used");
            (lane.hit_ratio, (0.48..0.54).contains(&lane.hit_ratio) && lane.errors == 0)
        };
        "refusing turns away almost half of the writes, some 9 % of all requests" => |seen| {
            let lane = seen.lane("Refuse what does not fit");
            let share = lane.writes_by_class.rejected as f64 / lane.writes as f64;
            let kept = lane.misses_by_cause.evicted == 0 && lane.errors == lane.writes_by_class.rejected;
            let of_all = lane.errors as f64 / lane.requests as f64;
            (share, kept && (0.4..0.5).contains(&share) && (0.085..0.1).contains(&of_all))
        };
        "paging hits nine of ten" => |seen| {
            let page = seen.lane("Page to disk");
            (page.hit_ratio, (0.87..0.91).contains(&page.hit_ratio) && page.errors == 0)
        };
        "and makes each read several times slower" => |seen| {
            let p50 = |name| seen.lane(name).latency_ms.read.p50;
            let times = p50("Page to disk") / p50("Evict the least recently used");
            (times, (4.0..8.0).contains(&times))
        };
    }

    ttl_vs_invalidate_a_copy_is_never_staler_than_its_ttl_and_deleting_keeps_it_fresh: "ttl-vs-invalidate" at [], seeds NONE; {
        "a short TTL makes fewer than half as many reads stale" => |seen| {
            let stale = |name| seen.lane(name).stale_reads as f64;
            let times = stale("TTL of a minute") / stale("TTL of 2 s");
            (times, times > 2.0)
        };
        "and for no longer" => |seen| {
            let age = seen.lane("TTL of 2 s").stale_age_ms.max;
            (age, age < 2_100.0)
        };
        "deleting makes less than a tenth of that stale" => |seen| {
            let stale = |name| seen.lane(name).stale_reads as f64;
            let times = stale("TTL of 2 s") / stale("Deleted by each write");
            (times, times > 10.0)
        };
        "and hits more often than the short TTL" => |seen| {
            let hits = |name| seen.lane(name).hit_ratio;
            let more = hits("Deleted by each write") - hits("TTL of 2 s");
            (more, more > 0.0 && hits("Deleted by each write") < hits("TTL of a minute"))
        };
    }

    stale_set_race_deleting_twice_bounds_it_for_more_stale_reads_and_leases_end_it: "stale-set-race" at [], seeds NONE; {
        "350 to 800 reads are stale, some of them for seconds" => |seen| {
            let lane = seen.lane("Delete after the write");
            (lane.stale_reads as f64, (350..=800).contains(&lane.stale_reads) && lane.stale_age_ms.max > 2_000.0)
        };
        "or until the second delete" => |seen| {
            let age = seen.lane("Delete twice").stale_age_ms.p99;
            (age, age < 650.0)
        };
        "which makes more reads stale" => |seen| {
            let stale = |name| seen.lane(name).stale_reads as f64;
            let times = stale("Delete twice") / stale("Delete after the write");
            (times, times > 1.1)
        };
        "with leases none is" => |seen| {
            let stale = seen.lane("Leases").stale_reads;
            (stale as f64, stale == 0)
        };
    }

    dual_write_a_crash_leaves_writes_half_done_and_the_outbox_none: "dual-write" at [], seeds NONE; {
        "values that the database never got are read 20 to 110 times" => |seen| {
            let read = seen.lane("Cache, then database").vanished_reads;
            (read as f64, (20..=110).contains(&read) && seen.lane("Cache, then database").ever_lost == 0)
        };
        "acknowledged after the first write, 3 to 20 are lost" => |seen| {
            let lane = seen.lane("Acknowledged after the first");
            let cause = lane.ever_lost_by_cause == [("dual_write_half_done".to_owned(), lane.ever_lost)];
            (lane.ever_lost as f64, cause && (3..=20).contains(&lane.ever_lost))
        };
        "with the database first, or an outbox, nobody reads what was never there" => |seen| {
            let lanes = ["Database, then cache", "Outbox"].map(|name| seen.lane(name));
            let sum: u64 = lanes.iter().map(|lane| lane.vanished_reads + lane.ever_lost).sum();
            (sum as f64, sum == 0)
        };
        "with the database first, copies of values that it has replaced stay for good" => |seen| {
            let copies = seen.lane("Database, then cache").diverging_copies.end;
            (copies as f64, (3..=30).contains(&copies) && seen.lane("Outbox").diverging_copies.end == 0)
        };
        "the outbox's relay is never far behind" => |seen| {
            let age = seen.lane("Outbox").stale_age_ms.max;
            (age, age < 600.0)
        };
    }

    flush_race_marks_are_lost_only_when_the_set_is_read_and_then_deleted: "flush-race" at [], seeds NONE; {
        "500 to 670 writes are lost, and their values read" => |seen| {
            let lane = seen.lane("Read, write, then delete");
            let cause = lane.ever_lost_by_cause.iter().all(|(cause, _)| cause == "flush_mark_lost");
            (lane.ever_lost as f64, cause && (500..=670).contains(&lane.ever_lost) && lane.vanished_reads > 0)
        };
        "taken in one step, none" => |seen| {
            let lost = seen.lane("Taken in one step").ever_lost;
            (lost as f64, lost == 0)
        };
    }

    expire_dirty_a_ttl_shorter_than_the_flush_interval_loses_writes: "expire-dirty" at [], seeds NONE; {
        "a third of the writes is lost" => |seen| {
            let lane = seen.lane("Flushed every 10 s");
            let share = lane.ever_lost as f64 / lane.writes as f64;
            (share, (0.30..0.39).contains(&share) && lane.ever_lost_by_cause.iter().all(|(cause, _)| cause == "expired_dirty"))
        };
        "with a flush in time, none" => |seen| {
            let lost = seen.lane("Flushed every 2 s").ever_lost + seen.lane("Flushed when it expires").ever_lost;
            (lost as f64, lost == 0)
        };
        "which writes up to twice the rows" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let times = rows("Flushed every 2 s") / rows("Flushed every 10 s");
            (times, (2.0..2.6).contains(&times))
        };
    }

    thundering_herd_comes_at_the_expiry_and_each_remedy_works_in_its_own_way: "thundering-herd" at [9, 13], seeds NONE; {
        "until the expiry the cache is warm" => |seen| {
            let misses = seen.at(9, "Everyone reloads").misses;
            (misses as f64, misses <= 5)
        };
        "then hundreds wait for a connection" => |seen| {
            let waits = seen.at(13, "Everyone reloads").app.pool_waits;
            (waits as f64, waits > 200)
        };
        "and the slowest percent of reads takes 0.1 to 0.35 seconds" => |seen| {
            let p99 = seen.lane("Everyone reloads").latency_ms.read.p99;
            (p99, (100.0..350.0).contains(&p99) && seen.end.iter().all(|lane| lane.errors == 0))
        };
        "with jitter two thirds of that at most" => |seen| {
            let p99 = |name| seen.lane(name).latency_ms.read.p99;
            let share = p99("TTLs with jitter") / p99("Everyone reloads");
            (share, share < 0.67)
        };
        "with any other remedy less than a third" => |seen| {
            let p99 = ["Single flight", "Early refresh", "Leases"].map(|name| seen.lane(name).latency_ms.read.p99);
            let share = p99.into_iter().fold(0.0, f64::max) / seen.lane("Everyone reloads").latency_ms.read.p99;
            (share, share < 1.0 / 3.0)
        };
        "leases load each page once an expiry" => |seen| {
            // Six times twenty pages, the warm-up among them.
            let reads = seen.lane("Leases").database.reads;
            (reads as f64, reads == 120)
        };
        "single flight loads a third as often as none" => |seen| {
            let reads = |name| seen.lane(name).database.reads as f64;
            let share = reads("Single flight") / reads("Everyone reloads");
            (share, share < 1.0 / 3.0)
        };
        "jitter nearly as often, but not at one moment" => |seen| {
            let reads = |name| seen.lane(name).database.reads as f64;
            let share = reads("TTLs with jitter") / reads("Everyone reloads");
            (share, share > 0.65)
        };
        "early refresh before anybody waits" => |seen| {
            let expired = |name| seen.lane(name).misses_by_cause.expired as f64;
            let share = expired("Early refresh") / expired("Everyone reloads");
            (share, share < 0.05)
        };
    }

    db_brownout_retries_keep_the_database_down_and_the_breaker_lets_it_recover: "db-brownout" at [29, 45, 50, 60, 85], seeds NONE; {
        "all is well before" => |seen| {
            let errors: u64 = ["No retries", "Three retries"].iter().map(|name| seen.at(29, name).errors).sum();
            (errors as f64, errors == 0)
        };
        "in the brown-out six of ten requests fail" => |seen| {
            let failed = seen.failed(29, 45, "No retries");
            (failed, (0.5..0.65).contains(&failed))
        };
        "without retries it is well again within five seconds" => |seen| {
            let failed = seen.failed(50, 85, "No retries");
            (failed, failed == 0.0)
        };
        "with three, nobody is answered any more" => |seen| {
            let failed = seen.failed(60, 85, "Three retries");
            (failed, failed > 0.9)
        };
        "with a breaker it is well again within five seconds" => |seen| {
            let failed = seen.failed(50, 85, "Retries and a breaker");
            (failed, failed == 0.0)
        };
    }

    increment_race_only_the_naive_way_loses_increments_and_compare_and_set_takes_a_third_longer: "increment-race" at [], seeds NONE; {
        "720 to 880 increments are lost" => |seen| {
            let lost = seen.lane("Read, add one, write").lost_increments;
            (lost as f64, (720..=880).contains(&lost))
        };
        "with the others none" => |seen| {
            let lost = seen.lane("Compare and set").lost_increments + seen.lane("Increment in the database").lost_increments;
            (lost as f64, lost == 0)
        };
        "compare-and-set reads the database two thirds more often" => |seen| {
            let reads = |name| seen.lane(name).database.reads as f64;
            let times = reads("Compare and set") / reads("Read, add one, write");
            (times, (1.6..1.76).contains(&times))
        };
        "and its median write takes a third longer" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.p50;
            let times = write("Compare and set") / write("Read, add one, write");
            (times, (1.28..1.38).contains(&times))
        };
        "an increment in the database takes three fifths of the naive way's time" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.p50;
            let share = write("Increment in the database") / write("Read, add one, write");
            (share, (0.56..0.62).contains(&share))
        };
    }

    write_heavy_gathering_writes_spares_the_database: "write-heavy" at [], seeds NONE; {
        "gathered for a second, fewer than half the rows are written" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let share = rows("Write-back every second") / rows("Write-around");
            (share, (0.4..0.5).contains(&share))
        };
        "gathered for ten, about a sixth" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let share = rows("Write-back every 10 s") / rows("Write-around");
            (share, (0.15..0.19).contains(&share))
        };
        "and the median write is answered over twenty times as fast" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.p50;
            let times = write("Write-around") / write("Write-back every second");
            (times, (24.0..33.0).contains(&times))
        };
        "a cache that forgets what was written hits seldom, one that keeps it nearly always" => |seen| {
            let kept = ["Write-through", "Write-back every second", "Write-back every 10 s"];
            let hits = seen.lane("Write-around").hit_ratio;
            (hits, (0.15..0.25).contains(&hits) && kept.iter().all(|name| seen.lane(name).hit_ratio > 0.95))
        };
    }

    ycsb_a_has_the_benchmarks_mix_and_write_back_saves_rows: "ycsb-a" at [], seeds NONE; {
        "half writes" => |seen| of_the_mix(seen, 0.5);
        "write-back writes little more than half of the rows" => |seen| {
            let rows = |name| rows_written(seen.lane(name)) as f64;
            let share = rows("Write-back") / rows("Look-aside");
            (share, (0.5..0.62).contains(&share))
        };
        "a cache that keeps what is written hits nearly twice as often" => |seen| {
            let times = |name| seen.lane(name).hit_ratio / seen.lane("Look-aside").hit_ratio;
            let nearly_twice = 1.75..2.0;
            let (through, back) = (times("Write-through"), times("Write-back"));
            (through, nearly_twice.contains(&through) && nearly_twice.contains(&back))
        };
    }

    ycsb_b_has_the_benchmarks_mix_and_hit_ratios_that_are_nearly_the_same: "ycsb-b" at [], seeds NONE; {
        "one in twenty writes" => |seen| of_the_mix(seen, 0.05);
        "the hit ratios are within five points" => |seen| {
            let hits = seen.end.iter().map(|lane| lane.hit_ratio);
            let spread = hits.clone().fold(0.0, f64::max) - hits.fold(1.0, f64::min);
            (spread, spread < 0.05)
        };
        "write-back answers writes ten times as fast" => |seen| {
            let write = |name| seen.lane(name).latency_ms.write.mean;
            let times = write("Look-aside") / write("Write-back");
            (times, times > 10.0)
        };
    }

    ycsb_c_has_the_benchmarks_mix_and_the_writing_strategy_changes_nothing: "ycsb-c" at [], seeds NONE; {
        "reads only" => |seen| of_the_mix(seen, 0.0);
        "the hit ratios are the same" => |seen| {
            let hits = seen.end.iter().map(|lane| lane.hit_ratio);
            let spread = hits.clone().fold(0.0, f64::max) - hits.fold(1.0, f64::min);
            (spread, spread < 0.005)
        };
    }

    ycsb_d_has_the_benchmarks_mix_and_writes_that_fill_the_cache: "ycsb-d" at [], seeds NONE; {
        "one in twenty inserts" => |seen| of_the_mix(seen, 0.05);
        "filled by its writes, a cache hits four points more" => |seen| {
            let more = seen.lane("Write-through").hit_ratio - seen.lane("Look-aside").hit_ratio;
            (more, more > 0.04)
        };
    }

    ycsb_e_has_the_benchmarks_mix_and_lru_hardly_helps: "ycsb-e" at [], seeds NONE; {
        "one operation in twenty inserts; the others read some 50 records each" => |seen| {
            let lane = seen.lane("Look-aside");
            let inserts = lane.writes as f64 / lane.requests as f64 * (0.95 * 50.0 + 0.05);
            (inserts, (0.02..0.09).contains(&inserts) && seen.end.iter().all(|lane| lane.errors == 0))
        };
        // An LRU cache of its own, on the same mix with scrambled keys: 0.21; with popular neighbours, 0.64.
        "LRU hits between a sixth and 0.3" => |seen| {
            let hits = seen.lane("Look-aside").hit_ratio;
            (hits, (1.0 / 6.0..0.3).contains(&hits) && seen.end.iter().all(|lane| lane.hit_ratio < 0.3))
        };
    }

    ycsb_f_has_the_benchmarks_mix_and_loses_modifications: "ycsb-f" at [], seeds NONE; {
        "half modify" => |seen| of_the_mix(seen, 0.5);
        "look-aside loses about a thousand modifications" => |seen| {
            let lost = seen.lane("Look-aside").lost_increments;
            (lost as f64, (800..=1_400).contains(&lost))
        };
        "write-through some six hundred" => |seen| {
            let lost = seen.lane("Write-through").lost_increments;
            (lost as f64, (450..=800).contains(&lost))
        };
        "write-back a few dozen" => |seen| {
            let lost = seen.lane("Write-back").lost_increments;
            (lost as f64, (15..=72).contains(&lost))
        };
    }

    // Bronson, Aghayev, Charapko, Zhu, HotOS 2021.
    never_comes_back_after_one_flush_look_aside_stays_down_and_read_through_is_back: "never-comes-back" at [40, 60, 70, 80, 120, 180],
        seeds [1_001, 1_002];
    {
        "nine of ten reads hit before, and none fails" => |seen| {
            let hits = seen.hits(40, 60, "Look-aside");
            (hits, (0.88..0.92).contains(&hits) && seen.failed(40, 60, "Look-aside") == 0.0)
        };
        "look-aside stays at .18 hits" => |seen| {
            let hits = seen.hits(80, 180, "Look-aside");
            (hits, (0.16..0.21).contains(&hits))
        };
        "and four of five requests fail" => |seen| {
            let failed = seen.failed(80, 180, "Look-aside");
            (failed, (0.78..0.84).contains(&failed))
        };
        "single flight does not help" => |seen| {
            let hits = seen.hits(80, 180, "Look-aside, single flight");
            (hits, (0.16..0.23).contains(&hits))
        };
        "read-through hits nine of ten within 20 s, and fails none from then on" => |seen| {
            let hits = seen.hits(80, 120, "Read-through");
            (hits, (0.88..0.92).contains(&hits) && seen.failed(80, 180, "Read-through") == 0.0)
        };
    }

    // The same.
    tipping_point_retries_divide_the_load_that_a_database_can_heal_at: "tipping-point" at [20, 60, 70, 90, 130, 150, 180],
        seeds [1_001, 1_002];
    {
        "all is well at 280 a second" => |seen| {
            let errors: u64 = ["No retries", "One retry", "Three retries"].iter().map(|name| seen.at(20, name).errors).sum();
            (errors as f64, errors == 0)
        };
        "without retries it heals at 280 within a minute" => |seen| {
            let failed = seen.failed(90, 180, "No retries");
            (failed, failed == 0.0)
        };
        "with one it does not" => |seen| {
            let failed = seen.failed(60, 90, "One retry");
            (failed, failed > 0.99)
        };
        "but at 140" => |seen| {
            let failed = seen.failed(150, 180, "One retry");
            (failed, failed == 0.0)
        };
        "with three not even then" => |seen| {
            let failed = seen.failed(130, 180, "Three retries");
            (failed, failed > 0.99)
        };
    }

    // Marc Brooker's cache_sim.
    cold_start_hit_ratios_are_within_6_points_of_those_of_his_simulator: "cold-start" at [5, 8, 15, 18], seeds [1_001, 1_002]; {
        "5 a second, 5 to 8 s: .59, give or take .06" => |seen| within(seen.hits(5, 8, "5 a second"), 0.59);
        "5 a second, 15 to 18 s: .70, give or take .06" => |seen| within(seen.hits(15, 18, "5 a second"), 0.70);
        "10 a second, 5 to 8 s: .67, give or take .06" => |seen| within(seen.hits(5, 8, "10 a second"), 0.67);
        "10 a second, 15 to 18 s: .75, give or take .06" => |seen| within(seen.hits(15, 18, "10 a second"), 0.75);
        "20 a second, 5 to 8 s: .73, give or take .06" => |seen| within(seen.hits(5, 8, "20 a second"), 0.73);
        "20 a second, 15 to 18 s: .79, give or take .06" => |seen| within(seen.hits(15, 18, "20 a second"), 0.79);
        "100 a second, 5 to 8 s: .82, give or take .06" => |seen| within(seen.hits(5, 8, "100 a second"), 0.82);
        "100 a second, 15 to 18 s: .86, give or take .06" => |seen| within(seen.hits(15, 18, "100 a second"), 0.86);
        "a database that can carry the load fills the cache in five seconds" => |seen| {
            let hits = seen.hits(5, 8, "As many as are asked for");
            (hits, (0.84..0.89).contains(&hits) && seen.lane("As many as are asked for").errors < 30)
        };
    }

    // Huang, Magnusson, Muralikrishna, Estyak, Isaacs, Aghayev, Zhu, Charapko, OSDI 2022.
    retry_storm_four_resends_keep_the_database_down_and_fewer_do_not: "retry-storm" at [20, 40, 60, 80], seeds NONE; {
        "four resends never heal" => |seen| {
            let failed = seen.failed(40, 60, "Four resends");
            (failed, failed > 0.99 && seen.at(20, "Four resends").errors == 0)
        };
        "one resend heals within half a minute" => |seen| {
            let failed = seen.failed(60, 80, "One resend");
            (failed, failed == 0.0)
        };
        "with a queue of 100 it heals as soon as the CPU is back" => |seen| {
            let failed = seen.failed(40, 80, "A queue of 100");
            (failed, failed == 0.0 && seen.lane("A queue of 100").errors > 2_000)
        };
        "and nothing fails when inserts are cancelled at their timeout" => |seen| {
            let errors = seen.lane("Inserts cancelled at their timeout").errors;
            (errors as f64, errors == 0)
        };
    }
}

/// The load test's rows: percentiles in milliseconds, and requests.
const LOAD_TEST: [(&str, [f64; 11], f64); 2] = [
    ("Without Redis", [110.0, 200.0, 280.0, 330.0, 470.0, 600.0, 840.0, 970.0, 1500.0, 1800.0, 1800.0], 5843.0),
    ("With Redis", [27.0, 34.0, 39.0, 43.0, 55.0, 67.0, 88.0, 110.0, 170.0, 190.0, 190.0], 7578.0),
];

/// How far off the first so many percentiles are, at worst, as a share of the load test's.
fn worst_percentile(seen: &Seen, count: usize) -> f64 {
    let off = |(name, row, _): &(&str, [f64; 11], f64)| {
        let Summary { p50, p66, p75, p80, p90, p95, p98, p99, p99_9, p99_99, max, .. } = seen.lane(name).latency_ms.all;
        let measured = [p50, p66, p75, p80, p90, p95, p98, p99, p99_9, p99_99, max];
        let off = measured.into_iter().zip(row).map(|(measured, expected)| (measured / expected - 1.0).abs());
        off.take(count).fold(0.0, f64::max)
    };
    LOAD_TEST.iter().map(off).fold(0.0, f64::max)
}

/// The share of writes, within two points of `writes`, and that nothing goes wrong.
fn of_the_mix(seen: &Seen, writes: f64) -> (f64, bool) {
    let share = seen.end[0].writes as f64 / seen.end[0].requests as f64;
    let well = seen.end.iter().all(|lane| lane.errors == 0 && lane.ever_lost == 0);
    (share, well && (share - writes).abs() < 0.02)
}

/// Brooker's hit ratios 5 to 8 and 15 to 18 seconds after the start.
const COLD_START: [(&str, f64, f64); 4] = [
    ("5 a second", 0.59, 0.70),
    ("10 a second", 0.67, 0.75),
    ("20 a second", 0.73, 0.79),
    ("100 a second", 0.82, 0.86),
];

/// A hit ratio and whether it is that of a published run, within what luck makes of some 30 loads.
fn within(hits: f64, published: f64) -> (f64, bool) {
    (hits, (hits - published).abs() < 0.06)
}

/// Nineteen of twenty, since what luck decides may once be rare.
#[test]
#[ignore = "minutes; `make test-long` runs it"]
fn every_claim_of_every_preset_holds_with_nineteen_of_twenty_other_seeds() {
    let seeds: Vec<u64> = (101..=120).collect();
    let mut broken = Vec::new();
    println!("{:<18} {:>9} {:>9} {:>9} {:>9} holds  claim", "preset", "own", "least", "median", "most");
    for promise in PROMISES {
        let own = promise.with(None);
        let runs = in_parallel(&seeds, |seed| promise.with(Some(seed)));
        for (at, claim) in promise.claims.iter().enumerate() {
            let mut figures: Vec<f64> = runs.iter().map(|run| run[at].0).collect();
            figures.sort_by(f64::total_cmp);
            let holds = runs.iter().filter(|run| run[at].1).count();
            let (least, median, most) = (figures[0], (figures[9] + figures[10]) / 2.0, figures[19]);
            let (preset, own) = (promise.preset, own[at].0);
            let line =
                format!("{preset:<18} {own:>9.4} {least:>9.4} {median:>9.4} {most:>9.4} {holds:>2}/20  {}", claim.says);
            println!("{line}");
            if holds < 19 {
                broken.push(line);
            }
        }
    }
    assert!(broken.is_empty(), "claims that luck breaks: {broken:#?}");
}

#[test]
fn every_preset_with_a_file_makes_a_promise() {
    let promised: Vec<&str> = PROMISES.iter().map(|promise| promise.preset).collect();
    for preset in &presets::ALL {
        assert!(promised.contains(&preset.name), "{}: what does it claim?", preset.name);
    }
}

/// The lanes of a preset with something else, in the end.
fn run_with(preset: &str, change: impl FnOnce(&mut Scenario)) -> Vec<LaneReport> {
    seen_with(preset, &[], change).end
}

fn seen_with(preset: &str, at: &[u64], change: impl FnOnce(&mut Scenario)) -> Seen {
    let mut scenario = presets::get(preset).expect("a preset").scenario().clone();
    change(&mut scenario);
    Seen::of(&scenario, at)
}

#[test]
fn locust_test_prints_both_rows_of_the_load_test_to_the_slowest_request() {
    let seen = seen_with("locust-test", &[], |_| {});
    let worst = worst_percentile(&seen, 11);
    assert!(worst < 0.15, "{worst:.3}");
}

#[test]
fn locust_test_between_300_and_400_users_the_cache_stops_helping_because_the_servers_are_busy() {
    let medians = |users| {
        let lanes = run_with("locust-test", |scenario| {
            let Arrivals::Closed { users: before, .. } = &mut scenario.clients.arrivals else { panic!("users") };
            *before = users;
        });
        ["Without Redis", "With Redis"].map(|name| lane(&lanes, name).latency_ms.all.p50)
    };
    let ([without, with], [late_without, late_with]) = (medians(300), medians(400));
    assert!(with < 0.6 * without && without < 125.0, "{without} and {with} ms");
    assert!(late_with > late_without && late_without > 125.0, "{late_without} and {late_with} ms");
}

#[test]
fn default_crashes_half_way_between_two_flushes() {
    let scenario = presets::get("default").expect("a preset").scenario();
    assert_eq!(scenario.faults[0].at.moment().expect("a moment").0 % 5_000_000_000, 2_500_000_000);
}

#[test]
fn dual_write_without_a_crash_nothing_is_half_done_in_any_lane() {
    for lane in run_with("dual-write", |scenario| scenario.faults.clear()) {
        let half_done = lane.writes - rows_written(&lane);
        assert_eq!((half_done, lane.vanished_reads, lane.ever_lost, lane.errors), (0, 0, 0, 0), "{}", lane.name);
    }
}

/// The trap is there only while 1,000 reads a second miss more than the database serves, and a queue makes callers wait longer
/// than they do.
#[test]
fn never_comes_back_is_back_with_less_load_or_a_short_queue() {
    let back = |change: fn(&mut Scenario)| {
        let seen = seen_with("never-comes-back", &[120, 180], change);
        seen.hits(120, 180, "Look-aside")
    };
    let [less, short] = [
        back(|scenario| {
            let Arrivals::Spike(spike) = &mut scenario.clients.arrivals else { panic!("a spike") };
            spike.times = 1.4;
        }),
        back(|scenario| scenario.database.queue = 100),
    ];
    assert!(less > 0.88 && short > 0.88, "{less:.3} and {short:.3}");
}

/// The text's other range; with one seed luck makes three times as much.
#[test]
fn cold_start_hit_ratios_are_within_2_points_of_his_in_the_mean_of_twenty_seeds() {
    let seeds: Vec<u64> = (101..=120).collect();
    let runs = in_parallel(&seeds, |seed| seen_with("cold-start", &[5, 8, 15, 18], |scenario| scenario.seed = seed));
    for (name, early, late) in COLD_START {
        for (from, to, published) in [(5, 8, early), (15, 18, late)] {
            let mean = runs.iter().map(|seen| seen.hits(from, to, name)).sum::<f64>() / runs.len() as f64;
            println!("{name}, {from} to {to} s: {mean:.4}, his {published:.2}");
            assert!((mean - published).abs() < 0.02, "{name}, {from} to {to} s: {mean:.4}, his {published:.2}");
        }
    }
}

/// Bronson et al.: 300/s over two tries.
#[test]
fn tipping_point_one_retry_heals_5_percent_below_150_a_second_and_not_5_percent_above() {
    let heals = |rate: f64| {
        let seen = seen_with("tipping-point", &[290, 300], |scenario| {
            let Arrivals::Spike(spike) = &mut scenario.clients.arrivals else { panic!("a spike") };
            (spike.rate, spike.times) = (rate, 280.0 / rate);
            scenario.duration = Nanos::from_secs(300);
        });
        seen.failed(290, 300, "One retry")
    };
    assert_eq!(heals(142.5), 0.0);
    assert!(heals(157.5) > 0.99);
}

/// The four outcomes of the artifact of Huang et al., OSDI 2022.
#[test]
fn retry_storm_has_the_artifacts_four_outcomes() {
    let heals = |change: fn(&mut Scenario)| {
        let seen = seen_with("retry-storm", &[70, 80], |scenario| {
            scenario.lanes.truncate(1);
            change(scenario);
        });
        let failed = seen.failed(70, 80, "Four resends");
        assert!(failed == 0.0 || failed > 0.9, "{failed:.3}");
        failed == 0.0
    };
    let outcomes = [
        heals(|scenario| scenario.faults[0].times = Some(2.0 / 0.45)),
        heals(|_| {}),
        heals(|scenario| scenario.faults[0].lasts = Nanos::from_secs(9)),
        heals(|scenario| scenario.clients.arrivals = Arrivals::Constant { rate: 500.0 }),
    ];
    assert_eq!(outcomes, [true, false, true, true], "-78 % 10 s, -80 % 10 s, -80 % 9 s, -80 % at 10,000/s");
}

/// What the text says of other values of the one number that is fitted.
#[test]
#[ignore = "eight runs; `make test-long` runs it"]
fn retry_storm_has_the_four_outcomes_between_34_000_and_36_500_inserts_a_second() {
    for per_second in [1_700.0, 1_825.0] {
        let heals = |times: f64, lasts: u64, rate: f64| {
            let seen = seen_with("retry-storm", &[70, 80], |scenario| {
                scenario.lanes.truncate(1);
                let Scenario { database, clients, faults, .. } = scenario;
                database.write = cachelane::scenario::Distribution::Constant(Nanos::from_secs_f64(1.0 / per_second));
                clients.arrivals = Arrivals::Constant { rate };
                (faults[0].times, faults[0].lasts) = (Some(times), Nanos::from_secs(lasts));
            });
            seen.failed(70, 80, "Four resends") == 0.0
        };
        let outcomes =
            [heals(2.0 / 0.45, 10, 666.65), heals(5.0, 10, 666.65), heals(5.0, 9, 666.65), heals(5.0, 10, 500.0)];
        assert_eq!(outcomes, [true, false, true, true], "{per_second}");
    }
}

#[test]
fn ycsb_e_sieve_helps_scans_of_scrambled_keys_a_little_where_lru_hardly_does() {
    let hit_ratio = |eviction| {
        let lanes = run_with("ycsb-e", |scenario| {
            scenario.lanes.truncate(1);
            scenario.cache.eviction = eviction;
        });
        lanes[0].hit_ratio
    };
    let (lru, sieve) = (hit_ratio(Eviction::Lru), hit_ratio(Eviction::Sieve));
    assert!(sieve > lru + 0.03, "{sieve:.3} and {lru:.3}");
}

#[test]
fn ycsb_c_reaches_90_percent_with_room_for_four_fifths_of_the_records() {
    let hit_ratio = |capacity: u32| {
        let lanes = run_with("ycsb-c", |scenario| {
            scenario.lanes.truncate(1);
            scenario.cache.capacity = capacity.into();
        });
        assert_eq!(lanes[0].misses_by_cause.cold, 0, "all were loaded before");
        lanes[0].hit_ratio
    };
    let [least, third, half, most] = [1_000, 3_000, 5_000, 8_000].map(hit_ratio);
    assert!(least < third && third < half && half < 0.9 && 0.9 < most, "{least:.3} {third:.3} {half:.3} {most:.3}");
}

#[test]
fn ycsb_presets_are_loaded_and_scramble_their_popular_keys() {
    for name in ["a", "b", "c", "d", "e", "f"] {
        let scenario = presets::get(&format!("ycsb-{name}")).expect("a preset").scenario();
        match scenario.clients.keys {
            Keys::Zipf { scrambled, .. } => assert!(scrambled && name != "d", "ycsb-{name}"),
            ref keys => assert!(matches!(keys, Keys::Latest { .. }) && name == "d", "ycsb-{name}"),
        }
        // All records, of which the last ones stay; with F's fewer hits that would outlast its warm-up: as many as there is room for.
        let loaded = if name == "f" { 1_000 } else { 10_000 };
        assert!(scenario.lanes.iter().all(|lane| lane.read.warm_up() == loaded), "ycsb-{name}");
    }
}
