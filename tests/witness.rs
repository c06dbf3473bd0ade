//! What the witness sees of whole runs: reads that are stale by the database's order, copies that differ from the database
//! for good and why, and writes that only seemed to be lost.

use std::sync::Arc;

use cachelane::report::{DivergingCopies, LaneReport};
use cachelane::scenario::Scenario;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use cachelane::workload::trace::Trace;

use crate::common::{case_text, of};

/// Runs every lane of a scenario whose keys are those of `trace`, checking the books on the way.
fn reports(toml: &str, trace: &str) -> Vec<LaneReport> {
    let scenario = of(toml);
    let trace = (!trace.is_empty())
        .then(|| Arc::new(Trace::read("t.csv", trace.as_bytes(), None).expect("a trace that can be read")));
    let lanes = 0..scenario.lanes.len();
    lanes.map(|lane| finished(&scenario, lane, trace.clone())).collect()
}

fn finished(scenario: &Scenario, lane: usize, trace: Option<Arc<Trace>>) -> LaneReport {
    let mut lane = Simulation::new(scenario, lane, trace).expect("the trace is there");
    for piece in 1..200 {
        lane.run_until(Nanos(scenario.duration.0 / 200 * piece));
        lane.validate();
    }
    lane.run_until(Nanos::MAX);
    assert!(lane.is_finished());
    lane.validate();
    lane.report()
}

/// One client writes, another reads: `rows` are lines of `time,key,op,client`.
fn trace(rows: &str) -> String {
    format!("time,key,op,client\n{rows}")
}

/// A world in which every step takes as long as it says. Requests come from a trace; lanes and faults follow.
fn world(cache: &str, rest: &str) -> String {
    format!(
        "seed = 1\nduration = \"40s\"\n\
         [clients]\narrivals = {{ kind = \"trace\" }}\nkeys = {{ kind = \"trace\", file = \"t.csv\" }}\n\
         [app]\nservers = 1\ncache_timeout = \"10ms\"\n\
         [network]\nclient_app = \"0s\"\napp_cache = \"1ms\"\napp_database = \"1ms\"\ncache_database = \"1ms\"\n\
         [cache]\ncapacity = 10\ncommand = \"6us\"\n{cache}\n\
         [database]\nworkers = 8\nread = \"5ms\"\nwrite = \"5ms\"\n{rest}"
    )
}

fn copies(max: u64, end: u64) -> DivergingCopies {
    DivergingCopies { now: end, max, end }
}

fn only(cause: &str) -> Vec<(String, u64)> {
    vec![(cause.to_owned(), 1)]
}

// ---- Overlapping writers ----

/// A copy is made, two clients write, and then three read, ten times a second for half a minute.
fn two_writers(second_at: &str) -> String {
    let reads = (0..300).map(|n| format!("{}.{}00,k,get,{}\n", 1 + n / 10, n % 10, 1 + n % 3));
    trace(&format!("0,k,get,9\n0.100,k,set,1\n{second_at},k,set,2\n{}", reads.collect::<String>()))
}

const TWO_WRITERS: &str = r#"
[[lane]]
write = { kind = "write-through", order = "database-first" }
[[lane]]
write = { kind = "write-around", cached = "update" }
[[lane]]
write = { kind = "write-around", cached = "delete" }
[[fault]]
at = "106500us"
what = "network.slow"
which = "app-cache"
times = 100
for = "1ms"
"#;

#[test]
fn what_ends_alike_is_judged_alike_whether_the_two_writers_overlap_or_not() {
    // The first writer's update of the cache travels for 100 ms and comes after the second one's.
    for second_at in ["0.102", "0.120"] {
        let lanes = reports(&world("ttl = \"1h\"", TWO_WRITERS), &two_writers(second_at));
        for lane in &lanes[..2] {
            assert_eq!((lane.writes_by_class.durable, lane.ever_lost), (2, 0), "{}", lane.name);
            assert_eq!(lane.stale_reads, 300, "{} {second_at}", lane.name);
            assert_eq!(lane.read_your_writes_violations, 100, "the second writer misses its own: {}", lane.name);
            assert_eq!(lane.diverging_copies, copies(1, 1), "{}", lane.name);
            assert_eq!(lane.diverging_by_cause, only("overtaken_update"), "{}", lane.name);
        }
        let deleted = &lanes[2];
        assert_eq!((deleted.stale_reads, deleted.diverging_copies), (0, copies(0, 0)), "{second_at}");
    }
}

#[test]
fn overlapping_writers_whom_cache_and_database_take_in_one_order_leave_nothing_old() {
    let calm = TWO_WRITERS.split("[[fault]]").next().expect("the lanes");
    for lane in reports(&world("ttl = \"1h\"", calm), &two_writers("0.102")) {
        assert_eq!((lane.stale_reads, lane.diverging_copies), (0, copies(0, 0)), "{}", lane.name);
    }
}

// ---- Copies that differ for good, and why ----

/// A copy is made, the key is written at 1 s, and read at 2 and 3 s.
fn one_write() -> String {
    trace("0,k,get,9\n1,k,set,1\n2,k,get,2\n3,k,get,1\n")
}

#[test]
fn a_crash_between_the_commit_and_the_cache_shows_though_nobody_was_told_yes() {
    // Committed at 1.006 s, and the answer is on its way back until 1.007 s.
    let crash = |at| format!("[[lane]]\n[[fault]]\nat = \"{at}\"\nwhat = \"app.crash\"\nfor = \"100ms\"\n");
    let lane = &reports(&world("ttl = \"none\"", &crash("1006500us")), &one_write())[0];
    assert_eq!((lane.errors, lane.writes_by_class.unknown, lane.stale_reads), (1, 1, 0));
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("crash_between")));
    // Nor does it matter whether the row is committed before the crash or after: it travels without its sender.
    let lane = &reports(&world("ttl = \"none\"", &crash("1003ms")), &one_write())[0];
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("crash_between")));
    // After the copy has been deleted there is nothing to differ.
    let lane = &reports(&world("ttl = \"none\"", &crash("1008500us")), &one_write())[0];
    assert_eq!((lane.errors, lane.diverging_copies), (1, copies(0, 0)));
}

#[test]
fn every_writer_that_sees_to_the_cache_itself_can_crash_before_it_does_and_an_outbox_sees_to_it_all_the_same() {
    for (write, end) in [
        ("{ kind = \"write-around\", cached = \"update\" }", 1),
        // Its first delete came before the commit.
        ("{ kind = \"write-around\", cached = \"delete-twice\", delay = \"500ms\" }", 0),
        ("{ kind = \"write-around\", cached = \"delete-again\", delay = \"500ms\" }", 1),
        ("{ kind = \"write-through\", order = \"database-first\" }", 1),
        ("{ kind = \"outbox\", every = \"700ms\" }", 0),
        // Whoever reads the log deletes the copy, whatever became of the writer.
        ("{ kind = \"write-around\", cached = \"update\", log = { every = \"700ms\" } }", 0),
    ] {
        let crash = "[[fault]]\nat = \"1006500us\"\nwhat = \"app.crash\"\nfor = \"100ms\"\n";
        let lane = &reports(&world("ttl = \"none\"", &format!("[[lane]]\nwrite = {write}\n{crash}")), &one_write())[0];
        assert_eq!((lane.errors, lane.diverging_copies), (1, copies(end, end)), "{write}");
        assert_eq!(lane.diverging_by_cause, if end == 1 { only("crash_between") } else { vec![] }, "{write}");
    }
}

#[test]
fn a_copy_diverges_until_its_life_is_over_also_where_it_still_takes_up_room() {
    let left = "[[lane]]\nwrite = { kind = \"write-around\", cached = \"leave\" }\n";
    for (ttl, end) in [("10s", 0), ("none", 1), ("1h", 1)] {
        let toml = world(&format!("ttl = \"{ttl}\""), left);
        let lane = &reports(&toml, &one_write())[0];
        assert_eq!((lane.stale_reads, lane.diverging_copies), (2, copies(1, end)), "ttl {ttl}");
        assert_eq!(lane.diverging_by_cause, only("left"));
        assert_eq!(lane.cache.entries, 1, "nobody has asked since, so it lies where it lay");
    }
    // Over time: from the end of the write to the end of the copy's TTL.
    let scenario = Scenario::from_toml(&world("ttl = \"10s\"", left)).expect("a scenario");
    let trace = Trace::read("t.csv", one_write().as_bytes(), None).expect("a trace");
    let mut lane = Simulation::new(&scenario, 0, Some(Arc::new(trace))).expect("the trace is there");
    lane.run_until(Nanos::MAX);
    let series = lane.series(0, 1);
    let diverging = |from_s: f64, to_s: f64| {
        let buckets = (from_s / series.bucket_s) as usize..(to_s / series.bucket_s) as usize;
        series.points[buckets].iter().map(|point| point.diverging).collect::<Vec<_>>()
    };
    assert!(diverging(0.0, 0.8).iter().all(|n| *n == 0));
    assert!(diverging(1.2, 9.9).iter().all(|n| *n == 1));
    assert!(diverging(10.2, 40.0).iter().all(|n| *n == 0));
}

#[test]
fn a_copy_whose_life_each_hit_renews_diverges_until_nobody_has_hit_it_for_so_long() {
    let left = "[[lane]]\nwrite = { kind = \"write-around\", cached = \"leave\" }\n";
    let rows = (0..20).map(|n| format!("{},k,get,2\n", 2 + n)).collect::<String>();
    let rows = trace(&format!("0,k,get,9\n1,k,set,1\n{rows}"));
    // The last hit comes at 21 s: the copy is over at 31 s, not at 10.
    let lane = &reports(&world("ttl = { sliding = \"10s\" }", left), &rows)[0];
    assert_eq!((lane.stale_reads, lane.diverging_copies), (20, copies(1, 0)));
}

#[test]
fn the_end_is_that_of_the_run_and_now_may_be_later() {
    // The copy's TTL is over 10 ms after the end; what is read then is still on its way.
    let left = "[[lane]]\nwrite = { kind = \"write-around\", cached = \"leave\" }\n";
    let rows = trace("0,k,get,9\n1,k,set,1\n39.9995,j,get,2\n");
    let lane = &reports(&world("ttl = \"40s\"", left), &rows)[0];
    assert_eq!(lane.diverging_copies, DivergingCopies { now: 0, max: 1, end: 1 });
}

#[test]
fn what_is_seen_to_in_time_or_is_still_on_its_way_does_not_diverge() {
    for write in [
        "{ kind = \"write-around\", cached = \"delete\" }",
        "{ kind = \"write-around\", cached = \"update\" }",
        "{ kind = \"write-around\", cached = \"delete-twice\", delay = \"500ms\" }",
        "{ kind = \"write-through\", order = \"database-first\" }",
        "{ kind = \"write-through\", order = \"cache-first\" }",
        "{ kind = \"write-through\", order = \"database-first\", acknowledge = \"first\", delay = \"500ms\" }",
        "{ kind = \"write-through\", order = \"cache-first\", acknowledge = \"first\", delay = \"500ms\" }",
        "{ kind = \"write-back\", every = \"10s\" }",
        "{ kind = \"outbox\", every = \"700ms\" }",
    ] {
        for read in ["look-aside", "read-through"] {
            let lane = format!("[[lane]]\nread = \"{read}\"\nwrite = {write}\n");
            let lane = &reports(&world("ttl = \"none\"", &lane), &one_write())[0];
            assert_eq!((lane.diverging_copies, lane.diverging_by_cause.len()), (copies(0, 0), 0), "{read} {write}");
        }
    }
}

#[test]
fn a_commit_of_which_its_writer_never_heard_leaves_the_copy_as_it_was() {
    // The writer waits for 3 ms; the row takes 5.
    let toml = world("ttl = \"none\"", "[[lane]]\n").replace("servers = 1", "servers = 1\ndatabase_timeout = \"3ms\"");
    let toml = toml.replace("read = \"5ms\"", "read = \"0s\"");
    let lane = &reports(&toml, &one_write())[0];
    assert_eq!((lane.errors, lane.writes_by_class.unknown, lane.stale_reads), (1, 1, 0));
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("commit_without_answer")));
}

#[test]
fn an_invalidation_that_the_cache_refuses_is_lost() {
    // Redis' min-replicas-to-write: without its replica the node changes nothing, so it keeps what it has.
    let cache = "ttl = \"none\"\nreplicas = 1\nmin_replicas = 1";
    let rest = "[[lane]]\n[[fault]]\nat = \"500ms\"\nwhat = \"replica.crash\"\nfor = \"5s\"\n";
    let lane = &reports(&world(cache, rest), &one_write())[0];
    assert_eq!(
        (lane.errors, lane.writes_by_class.durable, lane.stale_reads),
        (0, 1, 2),
        "the row is safe all the same"
    );
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("lost_invalidation")));
}

#[test]
fn a_reader_that_is_overtaken_by_a_writer_fills_in_what_is_old() {
    // The database answers the reader at 1.0069 s and commits at 1.007 s. The fill leaves just before the delete, travels
    // for 100 ms and comes after it.
    let rows = trace("0,j,get,9\n1,k,get,9\n1.001,k,set,1\n2,k,get,2\n");
    let fault =
        "[[fault]]\nat = \"1007500us\"\nwhat = \"network.slow\"\nwhich = \"app-cache\"\ntimes = 100\nfor = \"450us\"\n";
    let toml = world("ttl = \"none\"", &format!("[[lane]]\n{fault}")).replace("read = \"5ms\"", "read = \"3900us\"");
    let lane = &reports(&toml, &rows)[0];
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("stale_fill")));
    assert_eq!(lane.stale_reads, 1);
}

#[test]
fn a_value_that_the_database_refused_stays_in_the_cache_unless_it_is_rolled_back() {
    for (rollback, end) in [(false, 1), (true, 0)] {
        let write = format!("{{ kind = \"write-through\", order = \"cache-first\", rollback = {rollback} }}");
        let toml = world("ttl = \"none\"", &format!("[[lane]]\nwrite = {write}\n"));
        let lane = &reports(&toml.replace("workers = 8", "workers = 8\nabort = 1"), &one_write())[0];
        assert_eq!((lane.errors, lane.diverging_copies), (1, copies(end, end)));
        assert_eq!(lane.diverging_by_cause, if end == 1 { only("never_committed") } else { vec![] });
    }
}

#[test]
fn a_node_that_comes_back_from_its_disk_brings_old_copies_along() {
    // One snapshot at 700 ms has the old value; the crash comes before the next.
    let cache = "ttl = \"none\"\npersistence = { kind = \"snapshots\", every = \"700ms\" }";
    let rest = "[[lane]]\nwrite = { kind = \"write-around\", cached = \"update\" }\n\
                [[fault]]\nat = \"1200ms\"\nwhat = \"cache.crash\"\nfor = \"100ms\"\n";
    let lane = &reports(&world(cache, rest), &one_write())[0];
    assert_eq!((lane.diverging_copies, &lane.diverging_by_cause), (copies(1, 1), &only("restored")));
    assert_eq!(lane.stale_reads, 2);
}

#[test]
fn a_near_cache_that_is_not_told_has_copies_of_its_own_that_differ() {
    for (invalidate, end) in [("none", 1), ("messages", 0)] {
        let near = format!("servers = 2\nnear = {{ capacity = 10, ttl = \"none\", invalidate = \"{invalidate}\" }}");
        let toml = world("ttl = \"none\"", "[[lane]]\n").replace("servers = 1", &near);
        // Two servers take turns: both have a copy, one of them writes.
        let rows = trace("0,k,get,9\n0.1,k,get,9\n1,k,set,1\n2,k,get,2\n3,k,get,1\n");
        let lane = &reports(&toml, &rows)[0];
        assert_eq!(lane.diverging_copies.end, end, "{invalidate}");
        assert_eq!(lane.diverging_by_cause, if end == 1 { only("left") } else { vec![] });
    }
}

// ---- Writes that only seemed to be lost ----

/// Counts in the cache, flushed every two seconds; no flush succeeds for a second.
const COUNTERS: &str = r#"
seed = 4
duration = "24s"
[clients]
arrivals = { kind = "constant", rate = 200 }
keys = { kind = "uniform", count = 100 }
write_ratio = 0
modify_ratio = 1
[cache]
ttl = "none"
capacity = 2000
[database]
workers = 8
write = "1ms"
[[lane]]
name = "no requeue"
modify = "increment"
write = { kind = "write-back", every = "2s", batch = 1000, requeue = 0 }
[[lane]]
name = "crash"
modify = "increment"
write = { kind = "write-back", every = "2s", batch = 1000, requeue = 200 }
[[fault]]
at = "11.5s"
for = "1s"
what = "database.failing"
share = 1
"#;

#[test]
fn a_dropped_row_whose_increments_a_later_one_contains_has_lost_nothing_and_one_that_is_contained_in_none_has() {
    let kept = &reports(COUNTERS, "")[0];
    assert!(kept.database.aborted > 0 && kept.increments > 4_000);
    assert_eq!((kept.ever_lost, kept.lost_increments, kept.keys_lost), (0, 0, 0), "{:?}", kept.ever_lost_by_cause);
    assert!(kept.ever_lost_by_cause.is_empty());
    // A crash takes the values along that later increments would have been applied to.
    let crash = COUNTERS
        .replace("for = \"1s\"\nwhat = \"database.failing\"\nshare = 1", "for = \"1s\"\nwhat = \"cache.crash\"");
    let crashed = &reports(&crash, "")[1];
    assert!(crashed.ever_lost > 100, "{}", crashed.ever_lost);
    assert_eq!(crashed.ever_lost, crashed.lost_increments, "each lost write is an increment that is missing");
    assert_eq!(crashed.keys_lost, 0, "all have been written since");
}

#[test]
fn until_a_later_increment_brings_it_back_a_dropped_row_is_lost() {
    // The last writes come at 11.9 s: nobody writes after the flush at 12 s has failed.
    let toml = COUNTERS.replace(
        "kind = \"constant\", rate = 200",
        "kind = \"spike\", rate = 0.001, times = 10000, at = \"10s\", for = \"1900ms\"",
    );
    let lane = &reports(&toml, "")[0];
    assert!(lane.ever_lost > 10 && lane.keys_lost > 5, "{} of {}", lane.ever_lost, lane.keys_lost);
    assert_eq!(lane.ever_lost_by_cause, [("dropped_after_retries".to_owned(), lane.ever_lost)]);
    assert_eq!(lane.ever_lost, lane.lost_increments);
    // The cache still has them, and goes on to serve them.
    assert_eq!(lane.diverging_copies.end, lane.keys_lost);
    assert_eq!(lane.diverging_by_cause, [("never_committed".to_owned(), lane.keys_lost)]);
}

#[test]
fn a_lost_write_that_was_read_is_told_apart_from_one_that_nobody_saw() {
    let world = |rows: &str| {
        let lane = "[[lane]]\nwrite = { kind = \"write-back\", every = \"30s\" }\n";
        let fault = "[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\nfor = \"1s\"\n";
        let lane = &reports(&world("ttl = \"none\"", &format!("{lane}{fault}")), &trace(rows))[0];
        (lane.ever_lost, lane.lost_and_read, lane.keys_lost, lane.vanished_reads)
    };
    assert_eq!(world("1,k,set,1\n2,k,get,2\n3,k,get,2\n"), (1, 1, 1, 2));
    assert_eq!(world("1,k,set,1\n"), (1, 0, 1, 0));
    assert_eq!(world("1,k,set,1\n2,k,set,1\n3,k,get,2\n"), (2, 1, 1, 1), "of two writes only the last was seen");
    assert_eq!(world("1,k,set,1\n2,j,set,1\n7,k,set,1\n"), (2, 0, 1, 0), "k has been written again since");
}

// ---- The cases of ../shared/cases, from their files ----

/// The lanes of a case; `None` where the folder is not there.
fn lanes_of(name: &str) -> Option<Vec<LaneReport>> {
    let toml = case_text(&format!("{name}.toml"))?;
    let trace = match toml.split_once("file=\"") {
        Some((_, rest)) => case_text(rest.split('"').next().expect("a name"))?,
        None => String::new(),
    };
    Some(reports(&toml, &trace))
}

#[test]
fn the_case_of_two_writers_comes_out_alike_whether_they_overlap_or_not() {
    for name in ["two_writers_concurrent", "two_writers_sequential"] {
        let Some(lanes) = lanes_of(name) else { return };
        for lane in &lanes[..2] {
            assert_eq!((lane.stale_reads, lane.diverging_copies.end), (300, 1), "{name}: {}", lane.name);
            assert_eq!(lane.diverging_by_cause, only("overtaken_update"), "{name}: {}", lane.name);
        }
        assert_eq!((lanes[2].stale_reads, lanes[2].diverging_copies), (0, copies(0, 0)), "{name}: {}", lanes[2].name);
    }
}

#[test]
fn the_case_of_a_crash_between_commit_and_cache_shows() {
    let Some(lanes) = lanes_of("L12_crash_between") else { return };
    assert_eq!((lanes[0].errors, lanes[0].writes_by_class.unknown, lanes[0].stale_reads), (1, 1, 0));
    assert_eq!((lanes[0].diverging_copies, &lanes[0].diverging_by_cause), (copies(1, 1), &only("crash_between")));
}

#[test]
fn in_the_case_of_a_batch_that_fails_an_increment_is_lost_only_where_no_later_one_contains_it() {
    let Some(lanes) = lanes_of("scenario-getdel") else { return };
    let lane = |name: &str| lanes.iter().find(|lane| lane.name == name).expect("a lane of the case");
    // A value leaves the cache only when it has been flushed, so what the batch drops is still there to be counted on.
    for name in ["GETDEL, no requeue", "keep, no requeue"] {
        let kept = lane(name);
        assert_eq!((kept.database.aborted, kept.increments), (1, 23_999), "{name}");
        assert_eq!((kept.ever_lost, kept.lost_increments, kept.keys_lost), (0, 0, 0), "{:?}", kept.ever_lost_by_cause);
        // Until then the cache has what the database lacks, and it shows.
        assert!(kept.diverging_copies.max > 400 && kept.diverging_copies.end == 0, "{:?}", kept.diverging_copies);
        assert_eq!(kept.diverging_by_cause, [("never_committed".to_owned(), kept.diverging_copies.max)], "{name}");
    }
    for name in ["requeue 3", "in the database"] {
        assert_eq!((lane(name).ever_lost, lane(name).lost_increments), (0, 0), "{name}");
    }
}
