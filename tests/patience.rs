//! Clients who wait only so long: what they count, what they do next, and that the servers go on without them.

use cachelane::scenario::*;

use crate::common::{bare, lane, ms, report};

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
