//! Clients who wait only so long: what they count, what they do next, and that the servers go on without them.

use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, lane, ms, of, report, s};

/// Ten seconds without a cache and with a database that takes 50 ms; who has waited for 20 ms gives up.
fn slow(arrivals: Arrivals) -> Scenario {
    let mut scenario = bare();
    (scenario.clients.arrivals, scenario.clients.write_ratio) = (arrivals, 0.5);
    (scenario.clients.timeout, scenario.duration) = (Some(ms(20)), ms(10_000));
    (scenario.app.cache_timeout, scenario.app.database_timeout) = (None, None);
    (scenario.database.read, scenario.database.write) =
        (Distribution::Constant(ms(50)), Distribution::Constant(ms(50)));
    (scenario.database.workers, scenario.database.row_locks) = (64, false);
    scenario.lanes = lane(Reading::None {}, WriteAround::default());
    scenario
}

#[test]
fn who_gives_up_meets_with_an_error_and_the_servers_go_on() {
    let report = report(&slow(Arrivals::Constant { rate: 100.0 }));
    assert_eq!((report.requests, report.errors), (999, 999));
    // Every write was committed, and nobody knows of it.
    let classes = report.writes_by_class;
    let written = report.database.writes + report.database.drain_writes;
    assert_eq!((classes.durable, classes.unknown), (0, written));
    assert!((994..=999).contains(&(report.database.reads + written)), "the last reads end after the run");
}

#[test]
fn who_asks_again_sends_a_request_more_each_time() {
    let mut scenario = slow(Arrivals::Constant { rate: 100.0 });
    scenario.clients.retries = 2;
    let report = report(&scenario);
    // The last ones give up when clients have gone home, and leave it.
    assert!((2_985..=2_997).contains(&report.requests), "{}", report.requests);
    assert_eq!(report.errors, report.requests);
    let served = report.database.reads + report.database.writes + report.database.drain_writes;
    assert!(served <= report.requests && served > report.requests - 16, "{served}: the last reads end after the run");
}

#[test]
fn users_who_leave_think_and_ask_for_something_else() {
    // Each round takes 20 ms of waiting and 30 ms of thinking.
    let report = report(&slow(Arrivals::Closed { users: 10, think: Distribution::Constant(ms(30)) }));
    assert!((1_990..=2_000).contains(&report.requests), "{}", report.requests);
}

#[test]
fn a_scan_goes_on_behind_a_read_that_was_given_up() {
    let mut scenario = slow(Arrivals::Constant { rate: 1.0 });
    (scenario.clients.write_ratio, scenario.clients.scan_ratio) = (0.0, 1.0);
    scenario.clients.keys = Keys::Uniform { count: 1_000 };
    let patient = Scenario { clients: Clients { timeout: None, ..scenario.clients.clone() }, ..scenario.clone() };
    let (given_up, answered) = (report(&scenario), report(&patient));
    assert!(given_up.requests >= answered.requests && given_up.errors == given_up.requests && answered.errors == 0);
}

#[test]
fn patience_that_nothing_tries_changes_nothing() {
    let mut scenario = slow(Arrivals::Poisson { rate: 100.0 });
    scenario.clients.timeout = None;
    let none = report(&scenario).digest;
    (scenario.clients.timeout, scenario.clients.retries) = (Some(ms(60_000)), 3);
    assert_eq!(report(&scenario).digest, none);
}

// ---- Calls to the cache that are tried again ----

/// A write every 10 ms for ten seconds, none of them flushed before the end.
fn written_behind() -> Scenario {
    let mut scenario = bare();
    scenario.duration = ms(10_000);
    scenario.clients.arrivals = Arrivals::Constant { rate: 100.0 };
    scenario.clients.write_ratio = 1.0;
    scenario.clients.keys = Keys::Uniform { count: 50 };
    let how = WriteBack { every: ms(100_000), coalesce: false, ..WriteBack::default() };
    scenario.lanes = lane(Reading::look_aside(), how);
    scenario
}

fn away(mut scenario: Scenario, lasts: Nanos) -> Scenario {
    scenario.faults = vec![Fault { lasts, ..Fault::new(FaultKind::CacheRestart, ms(4_005)) }];
    scenario
}

#[test]
fn a_call_to_the_cache_that_fails_is_tried_again_after_pauses_that_double() {
    let after = |retries: u32| {
        let mut scenario = away(written_behind(), ms(300));
        scenario.app.cache_retries = retries;
        scenario.app.cache_backoff = if retries > 0 { ms(40) } else { App::default().cache_backoff };
        report(&scenario)
    };
    let (never, often) = (after(0), after(6));
    assert_eq!((never.errors, often.errors), (30, 0));
    // Pauses of 20 to 40, 40 to 80, 80 to 160 and 160 to 320 ms: whoever came first has waited for three of them, or four.
    let longest = often.latency_ms.all.max;
    assert!((300.0..600.0).contains(&longest), "{longest}");
    let once = after(1);
    assert!(once.errors > 20 && once.errors < 30, "one pause is too short for most: {}", once.errors);
}

#[test]
fn retries_of_cache_calls_are_under_the_budget_of_the_server() {
    let refused = |budget: Option<RetryBudget>| {
        let mut scenario = away(written_behind(), ms(5_000));
        (scenario.app.servers, scenario.app.cache_retries, scenario.app.cache_backoff) = (1, 3, ms(1));
        scenario.app.retry_budget = budget;
        let report = report(&scenario);
        // The last one may still have its third try when the cache is back.
        assert!((499..=500).contains(&report.errors), "{}", report.errors);
        (report.cache.refused, report.app.retries_withheld)
    };
    let (calls, withheld) = refused(None);
    assert!((1_995..=2_000).contains(&calls) && withheld == 0, "four tries each: {calls}");
    // The bucket is full at first; then each call brings a quarter of a token. Each of the others is withheld its first retry.
    let (calls, withheld) = refused(Some(RetryBudget { share: 0.25, burst: 20 }));
    assert!((640..=650).contains(&calls), "500 and 20 and a quarter of 500: {calls}");
    assert!((350..=500).contains(&withheld), "{withheld}");
}

#[test]
fn a_read_that_asks_again_finds_the_copy_and_one_that_does_not_goes_to_the_database() {
    let misses = |retries: u32| {
        let mut scenario = written_behind();
        (scenario.clients.write_ratio, scenario.clients.keys) = (0.0, Keys::Uniform { count: 1 });
        scenario.lanes = lane(Reading::look_aside(), WriteAround::default());
        scenario.cache.loading = Nanos::ZERO;
        scenario.cache.persistence =
            Persistence::AppendOnly { fsync: Fsync::Always, fsync_time: Distribution::Constant(Nanos::ZERO) };
        scenario.app.cache_retries = retries;
        scenario.app.cache_backoff = if retries > 0 { ms(40) } else { App::default().cache_backoff };
        report(&away(scenario, ms(100))).database.reads
    };
    assert_eq!((misses(0), misses(6)), (1 + 10, 1));
}

#[test]
fn a_write_that_is_asked_for_again_is_in_the_buffer_once() {
    // Nobody hears of it in time, and it happens all the same.
    for coalesce in [false, true] {
        let mut scenario = written_behind();
        scenario.network.app_cache = Distribution::Constant(ms(8));
        scenario.app.cache_timeout = Some(ms(10));
        (scenario.app.cache_retries, scenario.app.cache_backoff) = (2, ms(1));
        scenario.clients.keys = Keys::Scan { count: 2_000 };
        scenario.cache.capacity = 2_000.into();
        scenario.lanes =
            lane(Reading::look_aside(), WriteBack { every: ms(100_000), coalesce, ..WriteBack::default() });
        let lane = report(&scenario);
        assert_eq!((lane.errors, lane.ever_lost), (lane.requests, 0));
        let rows = lane.database.writes + lane.database.drain_writes;
        // Of the last ones a few come once more when the first has been flushed at the end.
        assert!((995..=1_005).contains(&rows), "each write is one row: {rows}");
        assert!(lane.cache.commands > 2_900, "and was asked for three times: {}", lane.cache.commands);
    }
}

#[test]
fn a_write_that_comes_again_after_a_newer_one_is_not_taken_again_and_nothing_stays_at_risk() {
    let hot = |write: &str| {
        format!(
            "duration = \"5s\"\n[clients]\narrivals = {{ kind = \"poisson\", rate = 1000 }}\n\
             keys = {{ kind = \"uniform\", count = 3 }}\nwrite_ratio = 0.9\n[app]\ncache_timeout = \"3ms\"\ncache_retries = 5\n\
             cache_backoff = \"1ms\"\n[network]\napp_cache = {{ exponential = \"2ms\" }}\n[cache]\nttl = \"none\"\n\
             [[lane]]\nwrite = {{ kind = \"write-back\", every = \"100ms\"{write} }}"
        )
    };
    for write in ["", ", coalesce = false", ", bound = 2"] {
        let report = report(&of(&hot(write)));
        assert_eq!((report.ever_lost, report.writes_by_class.at_risk), (0, 0), "{write}: no fault, and no loss");
        assert!(report.cache.commands > report.requests, "some came twice");
    }
    let leak = "duration = \"15s\"\n[clients]\narrivals = { kind = \"poisson\", rate = 500 }\n\
        keys = { kind = \"uniform\", count = 20 }\nwrite_ratio = 0.6\n[app]\ncache_timeout = \"20ms\"\ncache_retries = 4\n\
        [cache]\nttl = \"none\"\nreplicas = 2\nfailover = \"100ms\"\nlag = { exponential = \"30ms\" }\n\
        [[lane]]\nwrite = { kind = \"write-back\", every = \"100ms\", bound = 10 }\n\
        [[fault]]\nat = { every = \"900ms\" }\nwhat = \"cache.power-loss\"\nfor = \"150ms\"";
    for seed in [3, 10, 38, 51] {
        let class = report(&Scenario { seed, ..of(leak) }).writes_by_class;
        assert_eq!((class.at_risk, class.recoverable), (0, 0), "seed {seed}");
    }
}

#[test]
fn calls_to_the_cache_neither_pay_into_the_budget_of_the_database_nor_draw_on_it() {
    let refused = |retries: u32| {
        let mut scenario = of(
            "duration = \"10s\"\n[clients]\narrivals = { kind = \"poisson\", rate = 1000 }\nwrite_ratio = 0.05\n\
            [app]\nretries = 10\nbackoff = \"1ms\"\nretry_budget = { share = 0.1, burst = 10 }\n[cache]\nttl = \"none\"\n[[lane]]\n\
            [[fault]]\nat = \"3s\"\nwhat = \"database.outage\"\nfor = \"4s\"",
        );
        scenario.app.cache_retries = retries;
        let report = report(&scenario);
        (report.database.refused, report.app.retries_withheld)
    };
    let (without, with) = (refused(0), refused(1));
    assert!(without.0 > 100, "{without:?}");
    assert_eq!(without, with, "no call to the cache fails");
}

#[test]
fn the_pause_before_a_call_to_the_cache_is_made_again_is_two_seconds_at_most() {
    let mut scenario = away(written_behind(), s(20));
    (scenario.app.cache_retries, scenario.duration) = (20, s(30));
    let report = report(&scenario);
    // The first came when the cache had just gone; without a limit, its last pause would be one of ten seconds.
    assert!(
        report.errors == 0 && (20_000.0..22_100.0).contains(&report.latency_ms.all.max),
        "{:?}",
        report.latency_ms.all
    );
}
