//! Soft and hard TTLs (RFC 5861): what is served past its TTL while it is loaded again, and where that fails.

use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, close, constant, lane, ms, report, s};

/// Look-aside and read-through, each with these times past the TTL.
fn both(while_revalidate: Option<Nanos>, if_error: Option<Nanos>) -> [Reading; 2] {
    [
        Reading::LookAside(LookAside {
            stale_while_revalidate: while_revalidate,
            stale_if_error: if_error,
            single_flight: true,
            ..LookAside::default()
        }),
        Reading::ReadThrough(ReadThrough {
            stale_while_revalidate: while_revalidate,
            stale_if_error: if_error,
            ..ReadThrough::default()
        }),
    ]
}

/// A hundred reads a second of one key, whose copy lives for a second and whose load takes 50 ms.
fn hot_key(read: Reading, lasts: Nanos) -> Scenario {
    let mut scenario = Scenario { duration: lasts, ..bare() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
    scenario.clients.keys = Keys::Uniform { count: 1 };
    scenario.lanes = lane(read, WriteAround::default());
    scenario.cache.ttl = Ttl::Fixed(s(1));
    scenario.app.servers = 1;
    (scenario.database.workers, scenario.database.read) = (64, constant(ms(50)));
    scenario
}

/// The same, with a database that is out of order from the fifth second to the fifteenth.
fn with_fault(what: FaultKind, read: Reading) -> LaneReport {
    let mut scenario = hot_key(read, s(20));
    scenario.app.database_timeout = Some(ms(200));
    scenario.faults = vec![Fault { lasts: s(10), ..Fault::new(what, s(5)) }];
    report(&scenario)
}

#[test]
fn with_a_soft_ttl_no_reader_waits_for_a_refresh_and_without_it_somebody_does_at_each_expiry() {
    for (soft, hard) in both(Some(s(5)), None).into_iter().zip(both(None, None)) {
        let [soft, hard] = [soft, hard].map(|read| report(&Scenario { warmup: s(1), ..hot_key(read, s(100)) }));
        assert_eq!((soft.misses, soft.latency_ms.read.max), (0, 0.0), "nobody waits");
        assert!(hard.misses > 90 && hard.latency_ms.read.max >= 40.0, "{}", hard.misses);
        // From one load to the next: the TTL, the next request, the load.
        close("refreshes", soft.app.refreshes as f64, 99.0 / (1.0 + 0.01 + 0.05), 0.03);
        close("past the TTL", soft.app.past_ttl as f64, soft.app.refreshes as f64 * (1.0 + 100.0 * 0.05), 0.1);
        assert_eq!(soft.database.reads, soft.app.refreshes, "one reader loads it again");
        assert_eq!(hard.app.past_ttl, 0);
    }
}

#[test]
fn stale_if_error_answers_through_an_outage_up_to_the_hard_ttl() {
    for (i, plain) in both(None, None).into_iter().enumerate() {
        let with = |if_error| with_fault(FaultKind::DatabaseOutage, both(None, Some(if_error))[i].clone());
        let (plain, five, sixty) = (with_fault(FaultKind::DatabaseOutage, plain), with(s(5)), with(s(60)));
        assert!((900..1_100).contains(&plain.errors), "from the end of the TTL on: {}", plain.errors);
        close("answered", (plain.errors - five.errors) as f64, 500.0, 0.12);
        assert_eq!(plain.errors - five.errors, five.app.past_ttl, "each of them was an error");
        assert!((350..550).contains(&five.errors), "from the hard end on: {}", five.errors);
        assert_eq!((sixty.errors, sixty.app.past_ttl), (0, plain.errors));
        assert_eq!((five.hits, sixty.hits), (plain.hits, plain.hits), "who has to load it has missed it");
    }
}

#[test]
fn a_database_that_does_not_answer_costs_a_timeout_if_error_and_nothing_while_revalidating() {
    for (revalidating, failing) in both(Some(s(60)), None).into_iter().zip(both(None, Some(s(60)))) {
        let warm = |read| with_fault(FaultKind::DatabaseFreeze, read).latency_ms.read;
        let (revalidating, failing) = (warm(revalidating), warm(failing));
        assert_eq!((revalidating.p99, revalidating.count), (0.0, failing.count), "all but the first");
        assert!(failing.p99 >= 190.0 && failing.max <= 201.0, "{failing:?}");
    }
}

#[test]
fn what_is_past_its_ttl_is_stale_only_if_it_was_written_since() {
    for read in both(Some(s(5)), None) {
        let with = |write_ratio, read| {
            let mut scenario = hot_key(read, s(50));
            scenario.clients.write_ratio = write_ratio;
            scenario.lanes[0].write =
                Writing::WriteAround(WriteAround { cached: Invalidate::Leave, ..WriteAround::default() });
            report(&scenario)
        };
        let through = matches!(read, Reading::ReadThrough(_));
        let (unwritten, written) = (with(0.0, read.clone()), with(0.05, read));
        let plain = with(0.05, both(None, None)[usize::from(through)].clone());
        assert!(unwritten.app.past_ttl > 200 && unwritten.stale_reads == 0);
        let more = written.stale_reads as i64 - plain.stale_reads as i64;
        assert!(more > 50 && more <= 2 * written.app.past_ttl as i64, "{more} {}", written.app.past_ttl);
    }
}

#[test]
fn a_dirty_copy_is_newer_than_the_row_whatever_its_ttl() {
    for read in both(None, Some(s(60))).into_iter().chain(both(Some(s(60)), None)) {
        let mut scenario = hot_key(read, s(30));
        (scenario.clients.write_ratio, scenario.cache.ttl) = (0.1, Ttl::Fixed(ms(20)));
        scenario.database.read = constant(Nanos::ZERO);
        scenario.lanes[0].write = Writing::WriteBack(WriteBack { every: s(4), ..WriteBack::default() });
        assert_eq!(report(&scenario).stale_reads, 0);
    }
}

#[test]
fn a_missing_row_is_not_remembered_past_its_time() {
    for mut read in both(Some(s(60)), None) {
        match &mut read {
            Reading::LookAside(how) => how.negative = Some(s(1)),
            Reading::ReadThrough(how) => how.negative = Some(s(1)),
            Reading::None {} => unreachable!("both have a cache"),
        }
        let mut scenario = hot_key(read, s(200));
        (scenario.clients.absent, scenario.database.read) = (1.0, constant(Nanos::ZERO));
        let report = report(&scenario);
        assert_eq!(report.app.past_ttl, 0);
        close("loads", report.database.reads as f64 / report.reads as f64, 1.0 / (1.0 + 100.0), 0.05);
    }
}

#[test]
fn a_near_cache_keeps_nothing_that_was_past_its_ttl() {
    for read in both(Some(s(60)), None) {
        let mut scenario = hot_key(read, s(15));
        scenario.app.near = Some(Near { ttl: Some(ms(100)), ..Near::default() });
        scenario.faults = vec![Fault { lasts: s(10), ..Fault::new(FaultKind::DatabaseFreeze, s(5)) }];
        let report = report(&scenario);
        assert!(report.app.past_ttl > 850, "each asks the cache: {}", report.app.past_ttl);
    }
}
