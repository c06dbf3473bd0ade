//! What the report's figures say is what happened: errors, goodput, spans, percentiles over time, the effect of faults.

use std::sync::Arc;

use cachelane::experiment::Experiment;
use cachelane::report::effect::Effect;
use cachelane::report::{LaneReport, Report, Series};
use cachelane::scenario::presets::{Claim, Watch};
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use cachelane::web::sections::headline::{Part, Topic, headline};
use cachelane::workload::trace::Trace;

use crate::common::{bare, case, case_text, lane, ms, near, of, run, s};

/// A hundred reads a second that each take 5 ms of a database with room for all of them.
fn steady() -> Scenario {
    let mut scenario = bare();
    scenario.duration = s(10);
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    scenario.database.workers = 100;
    scenario.database.read = Distribution::Constant(ms(5));
    scenario.database.write = Distribution::Constant(ms(5));
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario
}

fn fault(what: FaultKind, at: Nanos, lasts: Nanos) -> Fault {
    Fault { lasts, ..Fault::new(what, at) }
}

fn kinds(report: &LaneReport) -> Vec<(&str, u64)> {
    report.errors_by_kind.iter().map(|(kind, count)| (kind.as_str(), *count)).collect()
}

// ---- Errors count ----

#[test]
fn an_answer_at_the_deadline_is_good_and_one_after_it_is_not() {
    let goodput = |deadline| {
        let mut scenario = steady();
        scenario.clients.deadline = deadline;
        let report = run(&scenario).report();
        assert_eq!((report.requests, report.errors), (999, 0));
        (report.within_deadline, report.goodput)
    };
    assert_eq!(goodput(ms(5)), (999, 1.0));
    assert_eq!(goodput(Nanos(ms(5).0 - 1)), (0, 0.0));
}

#[test]
fn a_deadline_changes_no_event() {
    let digest = |deadline| {
        let mut scenario = steady();
        scenario.clients.deadline = deadline;
        run(&scenario).report().digest
    };
    assert_eq!(digest(ms(1)), digest(s(60)));
}

#[test]
fn an_error_is_no_goodput_however_fast_it_comes() {
    let mut scenario = steady();
    scenario.faults = vec![fault(FaultKind::DatabaseOutage, s(2), s(4))];
    let report = run(&scenario).report();
    assert_eq!(report.errors, 400, "{:?}", kinds(&report));
    assert_eq!(report.goodput, 599.0 / 999.0);
    assert_eq!(kinds(&report), [("down", 400)]);
}

#[test]
fn who_still_waits_beyond_the_deadline_counts_against_it_before_there_is_an_answer() {
    let mut scenario = steady();
    scenario.faults = vec![fault(FaultKind::DatabaseFreeze, s(2), s(6))];
    let mut lane = Simulation::new(&scenario, 0, None).unwrap();
    lane.run_until(Nanos(s(6).0 - 1));
    lane.validate();
    let report = lane.report();
    assert_eq!((report.requests, report.errors, report.unanswered), (199, 0, 400));
    assert_eq!(report.overdue, 300, "the last hundred have waited for less than a second");
    near("goodput", report.goodput, 199.0 / 499.0, 1e-12);
    let gone = lane.series(0, 1).points[100..130].to_vec();
    assert!(gone.iter().all(|point| point.requests == 0 && point.goodput == Some(0.0)), "no answer is no goodput");
    lane.run_until(Nanos::MAX);
    let report = lane.report();
    assert_eq!((report.requests, report.unanswered, report.overdue), (999, 0, 0));
    // Those sent in the last second of the freeze were answered in time.
    assert!((0.49..=0.51).contains(&report.goodput), "{}", report.goodput);
}

#[test]
fn percentiles_with_errors_count_failed_requests_at_the_time_they_took() {
    let mut scenario = steady();
    scenario.app.database_timeout = Some(ms(250));
    scenario.faults = vec![fault(FaultKind::DatabaseFreeze, s(2), s(4))];
    let report = run(&scenario).report();
    let (good, all) = (report.latency_ms.read, report.latency_with_errors_ms.read);
    assert!(report.errors > 350 && kinds(&report) == [("timed_out", report.errors)], "{:?}", kinds(&report));
    assert_eq!((good.count, all.count), (report.reads - report.errors, report.reads));
    assert!(good.p95 < 100.0, "most that were answered were quick: {}", good.p95);
    near("the timeout", all.p95, 250.0, 2.5);
    assert!(all.mean > 10.0 * good.mean);
}

#[test]
fn each_way_to_fail_has_its_name() {
    let failing = |toml: &str| {
        let scenario = format!(
            "duration = \"10s\"\n[clients]\narrivals = {{ kind = \"poisson\", rate = 500 }}\n\
             keys = {{ kind = \"uniform\", count = 20 }}\n{toml}"
        );
        let report = run(&of(&scenario)).report();
        report.errors_by_kind.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(failing("[[lane]]\n"), "");
    assert_eq!(failing("write_ratio = 0.5\n[database]\nabort = 0.2\n[[lane]]\n"), "aborted");
    assert_eq!(
        failing("[database]\nworkers = 1\nqueue = 1\nread = \"5ms\"\n[[lane]]\nread = \"none\"\n"),
        "queue_full"
    );
    let slow =
        "[app]\ndatabase_timeout = \"20ms\"\n[database]\nqueue = 100000\nread = \"30ms\"\n[[lane]]\nread = \"none\"\n";
    assert_eq!(failing(slow), "timed_out");
    let outage = "[[fault]]\nat = \"3s\"\nfor = \"1s\"\nwhat = \"database.outage\"\n";
    assert_eq!(failing(&format!("[[lane]]\nread = \"none\"\n{outage}")), "down connection_lost");
    let broken = format!("[app.breaker]\nfailures = 3\nopen_for = \"1s\"\n[[lane]]\nread = \"none\"\n{outage}");
    assert!(failing(&broken).contains("breaker_open"), "{}", failing(&broken));
    let conflicts = "modify_ratio = 1\nwrite_ratio = 0\n\
                     [[lane]]\nmodify = { kind = \"compare-and-set\", tries = 1 }\n";
    assert_eq!(failing(conflicts), "conflict");
    let full = "write_ratio = 1\n[cache]\nttl = \"none\"\ncapacity = 10\neviction = \"none\"\n\
                [[lane]]\nwrite = \"write-back\"\n";
    assert_eq!(failing(full), "cache_full");
}

/// What the sentences that compare any two lanes say of their speed: the lane that is faster, the other, the factor.
fn praised(report: &Report) -> Vec<(usize, usize, f64)> {
    let watch = &[Watch::ReadP50, Watch::WriteP50, Watch::ReadP99, Watch::WriteP99];
    let lanes = 0..report.lanes.len();
    let pairs = lanes.clone().flat_map(|lane| lanes.clone().map(move |than| Claim { lane, than }));
    let said = pairs.filter(|pair| pair.lane != pair.than).flat_map(|claim| {
        let said = headline(report, Topic { claim: Some(claim), watch }, |_| true).unwrap();
        said.parts.into_iter().filter_map(move |part| match part {
            Part::Time { ms, than, .. } if ms < than => Some((claim.lane, claim.than, than / ms)),
            Part::Time { ms, than, .. } => Some((claim.than, claim.lane, ms / than)),
            Part::Number { .. } => None,
        })
    });
    said.collect()
}

#[test]
fn no_sentence_calls_a_lane_faster_that_fails_notably_more() {
    for name in ["db-brownout", "redis-down", "scale-out", "memory-overflow", "thundering-herd", "retry-storm"] {
        let scenario = presets::get(name).unwrap().scenario();
        let mut experiment = Experiment::new(scenario, None).unwrap();
        let mut spoken = 0;
        for tenth in 1..=11 {
            experiment.advance(Nanos(scenario.duration.0 / 10 * tenth + u64::from(tenth > 10)), || false);
            let report = experiment.report();
            for (fast, slow, factor) in praised(&report) {
                spoken += 1;
                let (fast, slow) = (&report.lanes[fast], &report.lanes[slow]);
                let failing = |lane: &LaneReport| lane.errors as f64 / lane.requests.max(1) as f64;
                assert!(failing(fast) <= failing(slow) + 0.001, "{name}, {tenth}/10: {factor}");
                assert!(fast.goodput >= slow.goodput - 0.001, "{name}, {tenth}/10: {factor}");
            }
        }
        // Of the first nothing is said: its lanes are as fast as each other, but for the one that fails most.
        assert_eq!(spoken > 0, name != "db-brownout", "{name}: a check of {spoken} sentences");
    }
}

#[test]
fn the_lane_of_the_brown_out_that_fails_most_is_not_the_faster_one() {
    let scenario = presets::get("db-brownout").unwrap().scenario();
    let mut experiment = Experiment::new(scenario, None).unwrap();
    experiment.advance(Nanos::MAX, || false);
    let report = experiment.report();
    let worst = (0..report.lanes.len()).max_by_key(|&lane| report.lanes[lane].errors).unwrap();
    let lane = &report.lanes[worst];
    assert!(lane.errors > 20_000 && lane.goodput < 0.6, "{} of {}", lane.errors, lane.requests);
    assert!(lane.latency_with_errors_ms.all.p50 > 10.0 * lane.latency_ms.all.p50.max(0.1), "{lane:?}");
    let is_praised = |report: &Report| praised(report).iter().any(|(fast, ..)| *fast == worst);
    assert!(!is_praised(&report));
    // Those that it answered it answered fastest: but for its errors it would be called so.
    let mut forgiven = report.clone();
    (forgiven.lanes[worst].errors, forgiven.lanes[worst].goodput) = (0, 1.0);
    assert!(is_praised(&forgiven));
}

// ---- Each field is what it says ----

#[test]
fn the_longest_queue_is_that_since_the_warm_up() {
    let Some(toml) = case_text("queue_max_warmup.toml") else { return };
    let lane = run(&of(&format!("version = 1\n{toml}")));
    let report = lane.report();
    let points = lane.series(0, 1).points;
    let early = points.iter().map(|point| point.queue).max().unwrap();
    assert!(early > 500, "the spike made one before: {early}");
    assert!(report.database.queue_max <= 3, "ten requests a second make none: {}", report.database.queue_max);
}

#[test]
fn the_most_that_a_cache_held_is_that_since_the_warm_up() {
    // All keys are written in the first second; then they expire, and few are written.
    let scenario = of(r#"
        duration = "60s"
        warmup = "30s"
        [clients]
        arrivals = { kind = "spike", rate = 5, times = 200, at = "1s", for = "2s" }
        keys = { kind = "uniform", count = 5000 }
        write_ratio = 1
        [cache]
        ttl = "none"
        capacity = 10000
        [[lane]]
        write = { kind = "write-back", every = "1s", after_flush = "remove" }
    "#);
    let report = run(&scenario).report();
    assert!(report.cache.dirty_max < 50, "{}", report.cache.dirty_max);
    assert!(report.cache.bytes_max < 100 * 1_200, "{}", report.cache.bytes_max);
    let whole = run(&Scenario { warmup: Nanos::ZERO, ..scenario }).report();
    assert!(whole.cache.dirty_max > 500 && whole.cache.bytes_max > 500 * 1_024);
}

#[test]
fn the_databases_counts_and_its_utilisation_are_of_the_same_span() {
    // Every query takes 5 ms, so the share of time says how many there were; 50 of them wait when the run ends.
    let mut scenario = steady();
    scenario.warmup = s(3);
    scenario.database.workers = 1;
    scenario.clients.arrivals = Arrivals::Constant { rate: 210.0 };
    let lane = run(&scenario);
    let report = lane.report();
    let (busy_s, reads) = (report.database.utilisation * 7.0, report.database.reads as f64);
    near("busy", busy_s, reads * 0.005, 0.005);
    assert!((1_399.0..=1_401.0).contains(&reads), "a full worker serves 200 a second: {reads}");
    assert_eq!(report.requests, 210 * 7, "all that were sent are answered in the end");
}

#[test]
fn what_is_written_while_the_system_drains_is_no_work_of_the_run() {
    let mut scenario = steady();
    scenario.clients.write_ratio = 1.0;
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.lanes = lane(Reading::look_aside(), WriteBack { every: s(3_600), ..WriteBack::default() });
    let report = run(&scenario).report();
    assert_eq!((report.database.writes, report.database.batches, report.database.utilisation), (0, 0, 0.0));
    assert!((1..=50).contains(&report.database.drain_writes), "all the same, they have been flushed");
    assert_eq!(report.writes_by_class.at_risk, 0);
}

#[test]
fn at_the_end_of_the_run_nothing_has_been_tidied_up() {
    let mut scenario = steady();
    scenario.clients.write_ratio = 1.0;
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.lanes = lane(Reading::look_aside(), WriteBack { every: s(3_600), ..WriteBack::default() });
    let mut lane = Simulation::new(&scenario, 0, None).unwrap();
    lane.run_until(scenario.duration);
    assert!(!lane.is_finished() && lane.now() == scenario.duration);
    let before = lane.report();
    assert!(!before.drained && before.writes_by_class.at_risk > 0, "{:?}", before.writes_by_class);
    assert_eq!(lane.series(0, 1).points.len(), 240, "its last bucket is over");
    lane.run_until(scenario.duration);
    assert_eq!(lane.report(), before, "asked again, it stands where it stood");
    lane.run_until(Nanos::MAX);
    assert_eq!(lane.report().writes_by_class.at_risk, 0);
    let at_once = run(&scenario).report();
    assert_eq!(lane.report(), at_once, "having been looked at, it ends as ever");
    // All lanes likewise.
    let mut experiment = Experiment::new(&scenario, None).unwrap();
    assert_eq!(experiment.advance(scenario.duration, || false), scenario.duration);
    assert_eq!(experiment.report().lanes, [before]);
    experiment.advance(Nanos::MAX, || false);
    assert_eq!(experiment.report().lanes, [at_once]);
}

#[test]
fn look_ups_that_could_not_be_made_count_in_the_hit_ratio_of_all_reads() {
    let mut scenario = steady();
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.faults = vec![fault(FaultKind::Partition, s(4), s(3))];
    scenario.faults[0].which = Some(FaultTarget::Link(Link::AppCache));
    scenario.app.cache_timeout = Some(ms(1));
    let report = run(&scenario).report();
    assert!(report.hit_ratio > 0.9, "of look-ups: {}", report.hit_ratio);
    near("of all reads", report.read_hit_ratio, 0.65, 0.01);
    // What was asked before the cut and arrived after it was looked up for nobody.
    assert_eq!(report.reads_from_cache + 300, report.hits);
    scenario.faults.clear();
    let report = run(&scenario).report();
    assert_eq!(report.hit_ratio, report.read_hit_ratio, "where each read looks up, they are the same");
}

#[test]
fn near_hits_are_reads_from_a_cache_and_look_ups_of_read_modify_writes_are_none() {
    let mut scenario = steady();
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.app.near = Some(Near { capacity: 50, ..Near::default() });
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    let report = run(&scenario).report();
    assert!(report.app.near_hits > 800);
    assert_eq!(report.reads_from_cache, report.hits + report.app.near_hits);
    scenario.app.near = None;
    scenario.clients.modify_ratio = 0.5;
    let report = run(&scenario).report();
    assert!(report.hits > report.reads_from_cache + 150, "{} and {}", report.hits, report.reads_from_cache);
    assert!(report.read_hit_ratio <= 1.0);
}

#[test]
fn read_through_tells_a_hit_from_a_load() {
    let mut scenario = steady();
    scenario.clients.keys = Keys::Uniform { count: 50 };
    scenario.lanes = lane(Reading::ReadThrough(ReadThrough::default()), WriteAround::default());
    let report = run(&scenario).report();
    assert_eq!((report.reads_from_cache, report.reads - report.reads_from_cache), (report.hits, report.misses));
}

#[test]
fn values_refused_for_want_of_room_are_counted() {
    let Some(toml) = case_text("scenario-oom.toml") else { return };
    let scenario = of(&toml);
    let refused = |lane| {
        let mut lane = Simulation::new(&scenario, lane, None).unwrap();
        lane.run_until(Nanos::MAX);
        lane.validate();
        let report = lane.report();
        (report.cache.refused_full, report.misses - report.cache.entries)
    };
    let (full, neither_kept) = refused(0);
    assert!((44_000..45_000).contains(&full), "{full}");
    assert!((full..full + 20).contains(&neither_kept), "each load that was not kept: {full} of {neither_kept}");
    assert_eq!(refused(1).0, 0, "who evicts refuses nothing");
}

#[test]
fn a_write_that_finds_no_room_is_counted_and_so_is_a_value_larger_than_the_cache() {
    let refused = |cache: &str, size: &str| {
        let report = run(&of(&format!(
            "duration = \"5s\"\n[clients]\nwrite_ratio = 1\nvalue_size = \"{size}\"\n\
             keys = {{ kind = \"uniform\", count = 500 }}\n[cache]\nttl = \"none\"\n{cache}\n\
             [[lane]]\nread = \"look-aside\"\nwrite = \"write-through\"\n"
        )));
        report.report().cache.refused_full
    };
    assert!(refused("capacity = 100\neviction = \"none\"", "1KiB") > 100);
    assert!(refused("capacity = \"1KiB\"", "4KiB") > 100);
    assert_eq!(refused("capacity = 100\neviction = \"lru\"", "1KiB"), 0);
}

#[test]
fn what_the_cache_turns_away_because_too_much_is_dirty_is_counted_as_refused() {
    let mut scenario = steady();
    scenario.clients.write_ratio = 1.0;
    let bounded = WriteBack { every: s(3_600), bound: Some(20), when_full: WhenFull::Refuse, ..WriteBack::default() };
    scenario.lanes = lane(Reading::look_aside(), bounded);
    let report = run(&scenario).report();
    assert!(report.errors > 500 && kinds(&report) == [("queue_full", report.errors)], "{:?}", kinds(&report));
    assert_eq!((report.cache.refused, report.cache.refused_full), (report.errors, 0));
}

#[test]
fn what_a_crash_costs_the_default_is_reads_of_the_database_and_no_misses() {
    let effect = effect(presets::get("default").unwrap().scenario(), 0);
    assert!((300..500).contains(&effect.misses_crashed.with), "{:?}", effect.misses_crashed);
    assert!(effect.misses.difference < 0 && effect.database_reads.difference > 300, "{effect:?}");
}

#[test]
fn stale_reads_and_their_ages_are_of_the_same_reads() {
    let scenario = of(r#"
        duration = "20s"
        warmup = "5s"
        [clients]
        arrivals = { kind = "poisson", rate = 2000 }
        keys = { kind = "zipf", count = 50, alpha = 1 }
        write_ratio = 0.2
        [[lane]]
        write = { kind = "write-around", cached = "leave" }
    "#);
    let report = run(&scenario).report();
    assert!(report.stale_reads > 1_000 && report.stale_reads == report.stale_age_ms.count);
    assert!(report.read_your_writes_violations > 0 && report.monotonic_read_violations <= report.reads);
}

#[test]
fn a_readers_fill_waits_for_no_replica() {
    let (Some(toml), Some(requests)) = (case_text("L26_wait_on_fill.toml"), case("L26.csv")) else { return };
    let scenario = of(&toml);
    let trace = Trace::read("L26.csv", &requests[..], None).unwrap();
    let mut lane = Simulation::new(&scenario, 0, Some(Arc::new(trace))).unwrap();
    lane.run_until(Nanos::MAX);
    lane.validate();
    let read = lane.report().latency_ms.read;
    assert!(read.count == 3 && read.max < 3.0, "{read:?}");
}

#[test]
fn a_writer_waits_for_the_replica_as_before() {
    let Some(toml) = case_text("L26_wait_on_fill.toml") else { return };
    let mut scenario = of(&toml);
    scenario.clients = Clients { write_ratio: 0.5, arrivals: Arrivals::Constant { rate: 20.0 }, ..Clients::default() };
    scenario.lanes = lane(Reading::look_aside(), WriteThrough::default());
    let report = run(&scenario).report();
    assert!(report.latency_ms.write.p50 > 50.0, "{:?}", report.latency_ms.write);
    assert!(report.latency_ms.read.p99 < 5.0, "{:?}", report.latency_ms.read);
}

// ---- Over time ----

#[test]
fn a_median_over_several_buckets_is_that_of_all_their_answers() {
    // Two thirds of the time 300 quick answers a second, one third 30 slow ones.
    let mut scenario = steady();
    scenario.duration = s(24);
    scenario.clients.arrivals = Arrivals::Spike(Spike { rate: 30.0, times: 10.0, at: s(8), lasts: s(16) });
    scenario.database.read = Distribution::Constant(ms(90));
    scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
    scenario.clients.keys = Keys::Uniform { count: 1_000_000 }; // next to no read hits
    scenario.faults = vec![Fault { lasts: s(8), ..Fault::new(FaultKind::DatabaseSlow, s(0)) }];
    let lane = run(&scenario);
    let all = lane.series(0, 240).points;
    assert_eq!(all.len(), 1);
    let fine = lane.series(0, 1).points;
    assert_eq!(all[0].requests, fine.iter().map(|point| point.requests).sum::<u32>());
    let mean_of_medians = fine.iter().filter_map(|point| point.p50_ms).sum::<f32>() / 240.0;
    let median = all[0].p50_ms.unwrap();
    assert!((89.0..91.0).contains(&median) && mean_of_medians > 1.3 * median, "{median} and {mean_of_medians}");
}

#[test]
fn points_of_three_buckets_hold_what_the_three_held() {
    let scenario = presets::get("default").unwrap().scenario();
    let mut lane = Simulation::new(scenario, 3, None).unwrap();
    lane.run_until(Nanos::MAX);
    let (fine, coarse) = (lane.series(0, 1), lane.series(0, 3));
    assert_eq!((fine.points.len(), coarse.points.len()), (240, 80));
    assert!((coarse.bucket_s - 3.0 * fine.bucket_s).abs() < 1e-12);
    for (three, one) in fine.points.chunks(3).zip(&coarse.points) {
        let sum = |of: fn(&cachelane::report::Point) -> u32| three.iter().map(of).sum::<u32>();
        assert_eq!((one.requests, one.errors, one.hits), (sum(|p| p.requests), sum(|p| p.errors), sum(|p| p.hits)));
        assert_eq!((one.stale, one.database_writes), (sum(|p| p.stale), sum(|p| p.database_writes)));
        let last = three.last().unwrap();
        assert_eq!((one.lost, one.at_risk, one.cache_bytes), (last.lost, last.at_risk, last.cache_bytes));
        let busy = three.iter().map(|p| p.database_utilisation).sum::<f32>() / 3.0;
        assert!((one.database_utilisation - busy).abs() < 1e-4);
        let medians = three.iter().filter_map(|p| p.read_p50_ms);
        let (least, most) = medians.fold((f32::MAX, 0.0_f32), |(least, most), m| (least.min(m), most.max(m)));
        assert!(one.read_p50_ms.is_none_or(|m| least * 0.99 <= m && m <= most * 1.01), "between theirs");
    }
    // As far as they are over: the rest comes later.
    let mut lane = Simulation::new(scenario, 3, None).unwrap();
    let bucket = fine.bucket_s;
    lane.run_until(Nanos::from_secs_f64(bucket * 5.5));
    assert_eq!((lane.series(0, 1).points.len(), lane.series(0, 3).points.len()), (5, 1));
    let Series { first, points, .. } = lane.series(1, 3);
    assert_eq!((first, points.len()), (1, 0));
}

#[test]
fn the_measures_over_time_add_up_to_those_of_the_run() {
    let scenario = presets::get("redis-down").unwrap().scenario();
    for number in 0..scenario.lanes.len() {
        let mut lane = Simulation::new(scenario, number, None).unwrap();
        lane.run_until(scenario.duration);
        let (report, points) = (lane.report(), lane.series(0, 1).points);
        assert_eq!(scenario.warmup, Nanos::ZERO);
        let sum = |of: fn(&cachelane::report::Point) -> u32| points.iter().map(of).map(u64::from).sum::<u64>();
        assert_eq!(sum(|p| p.requests), report.requests);
        assert_eq!(sum(|p| p.errors), report.errors);
        assert_eq!(sum(|p| p.within_deadline), report.within_deadline);
        assert_eq!(sum(|p| p.stale), report.stale_reads);
        assert_eq!(
            (sum(|p| p.database_reads), sum(|p| p.database_writes)),
            (report.database.reads, report.database.writes)
        );
        assert_eq!(u64::from(points.last().unwrap().unanswered), report.unanswered);
        let busy = points.iter().map(|p| f64::from(p.database_utilisation)).sum::<f64>() / points.len() as f64;
        near("utilisation", busy, report.database.utilisation, 1e-4);
        assert_eq!(points.last().unwrap().cache_bytes, report.cache.bytes, "memory");
        assert!(report.cache.bytes > 0, "there is something to compare");
    }
}

// ---- Effect ----

fn effect(scenario: &Scenario, lane: usize) -> Effect {
    let report = |scenario: &Scenario| {
        let mut lane = Simulation::new(scenario, lane, None).unwrap();
        lane.run_until(Nanos::MAX);
        lane.report()
    };
    Effect::of(&report(scenario), &report(&Scenario { faults: Vec::new(), ..scenario.clone() }))
}

#[test]
fn the_misses_laid_to_a_crash_are_more_than_those_it_cost() {
    let scenario = presets::get("default").unwrap().scenario();
    for lane in 0..scenario.lanes.len() {
        let effect = effect(scenario, lane);
        assert_eq!(effect.misses_crashed.without, 0);
        if effect.misses.with > 0 {
            assert!(effect.misses_crashed.with > 0, "lane {lane}");
            assert!(effect.misses.difference < effect.misses_crashed.difference, "lane {lane}: {effect:?}");
        }
        assert_eq!(effect.requests.difference, 0, "the same requests are sent");
    }
}

#[test]
fn a_fault_that_changes_nothing_has_no_effect() {
    let mut scenario = steady();
    scenario.faults = vec![fault(FaultKind::CacheCrash, s(3), s(2))];
    let without = effect(&scenario, 0);
    assert_eq!(without.misses.difference, 0);
    assert_eq!(without.latency_ms.read.p99.difference, Some(0.0));
    assert_eq!(without.goodput.difference, Some(0.0));
}
