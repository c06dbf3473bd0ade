//! A run can be stopped anywhere and goes on as if it had not been; and a world without end has one.

use cachelane::experiment::Experiment;
use cachelane::random::Streams;
use cachelane::scenario::presets;
use cachelane::scenario::*;
use cachelane::simulation::{Limits, Simulation, Stopped};
use cachelane::time::Nanos;
use cachelane::work::{self, Budget};

use crate::common::{bare, lane, start};

/// Runs a lane to its end, cut after random numbers of steps and at random moments; returns how often it was cut.
fn run_in_pieces(lane: &mut Simulation, seed: u64, longest: u32) -> u32 {
    let mut draws = Streams::new(seed).named("cuts");
    let (mut cuts, mut to) = (0, Nanos::ZERO);
    while !lane.is_finished() {
        let budget = Budget::of(1 + u64::from(draws.below(longest)));
        if lane.advance(to, &budget) {
            to = if draws.below(50) == 0 {
                Nanos::MAX
            } else {
                to.saturating_add(Nanos(u64::from(draws.below(200_000_000))))
            };
        } else {
            cuts += 1;
            assert!(lane.now() <= lane.frontier(), "what has been reached has happened");
        }
    }
    cuts
}

#[test]
fn wherever_a_run_is_cut_it_does_the_same() {
    // Crashes, freezes, failovers, triggers, near caches and write-back are in these.
    for name in ["default", "redis-down", "failover", "flush-race", "thundering-herd", "local-vs-global", "dual-write"]
    {
        let mut scenario = presets::get(name).expect("a preset").scenario().clone();
        // A part of it is enough: the debug engine is slow.
        scenario.duration = scenario.duration.min(Nanos::from_secs(25));
        scenario.warmup = scenario.warmup.min(Nanos::from_secs(5));
        scenario.faults.retain(|fault| fault.at.moment().is_none_or(|at| at < scenario.duration));
        for number in 0..scenario.lanes.len() {
            let begin = || Simulation::new(&scenario, number, None).expect("a preset needs no trace");
            let (mut whole, mut cut) = (begin(), begin());
            whole.run_until(Nanos::MAX);
            let cuts = run_in_pieces(&mut cut, number as u64, 3_000);
            assert!(cuts > 5, "{name} {number}: only {cuts} cuts");
            assert_eq!(whole.report(), cut.report(), "{name} {number}");
            cut.validate();
        }
    }
}

#[test]
fn a_run_that_is_cut_after_every_step_does_the_same() {
    let mut scenario = Scenario { duration: Nanos::from_millis(400), warmup: Nanos::ZERO, ..Scenario::default() };
    scenario
        .faults
        .push(Fault { lasts: Nanos::from_millis(100), ..Fault::new(FaultKind::AppCrash, Nanos::from_millis(200)) });
    let (mut whole, mut cut) = (start(&scenario), start(&scenario));
    whole.run_until(Nanos::MAX);
    assert!(run_in_pieces(&mut cut, 1, 1) > 100);
    assert_eq!(whole.report(), cut.report());
}

/// Runs an experiment; returns the most that was done between two questions whether to stop, and how many there were.
fn most_between_questions(experiment: &mut Experiment) -> (u64, u32) {
    let (mut last, mut most, mut questions) = (work::done(), 0, 0);
    experiment.advance(Nanos::MAX, || {
        most = most.max(work::done() - last);
        last = work::done();
        questions += 1;
        false
    });
    (most, questions)
}

#[test]
fn a_burst_after_a_quiet_time_can_be_stopped_in_the_middle() {
    let mut scenario = Scenario { duration: Nanos::from_secs(3_600), ..Scenario::default() };
    let spike = Spike { rate: 0.001, times: 10_000.0, at: Nanos::from_secs(3_000), lasts: Nanos::from_secs(20) };
    scenario.clients.arrivals = Arrivals::Spike(Spike { rate: 1.0, ..spike });
    scenario.database.queue = 1_000_000;
    scenario.lanes = vec![Lane::default(); 3];
    let mut experiment = Experiment::new(&scenario, None).expect("a scenario");
    let mut asked = 0;
    experiment.advance(Nanos::MAX, || {
        asked += 1;
        asked == 300
    });
    assert!(!experiment.finished());
    let (most, questions) = most_between_questions(&mut experiment);
    assert!(experiment.finished());
    assert!(most < 100_000 && questions > 200, "at most {most} steps, {questions} questions");
}

/// A buffer whose rows the database takes one at a time, long after the clients have gone.
fn drains_long() -> Scenario {
    let mut scenario = bare();
    scenario.duration = Nanos::from_secs(1);
    scenario.clients.write_ratio = 1.0;
    scenario.clients.arrivals = Arrivals::Constant { rate: 20_000.0 };
    scenario.clients.keys = Keys::Uniform { count: 10_000 };
    scenario.database.batch.base = Some(Distribution::Constant(Nanos::from_millis(1)));
    let write = WriteBack { every: Nanos::from_secs(1), batch: 1, ..WriteBack::default() };
    scenario.lanes = lane(Reading::look_aside(), write);
    scenario
}

#[test]
fn a_lane_that_settles_can_be_stopped_in_the_middle_and_goes_on() {
    let scenario = drains_long();
    let mut whole = Experiment::new(&scenario, None).expect("a scenario");
    whole.advance(Nanos::MAX, || false);
    let mut cut = Experiment::new(&scenario, None).expect("a scenario");
    let mut settling = 0;
    while !cut.finished() {
        let now = cut.advance(Nanos::MAX, || true);
        settling += u32::from(cut.is_settling() && now == scenario.duration);
    }
    assert!(settling > 3, "stopped {settling} times while settling");
    assert_eq!(whole.report(), cut.report());
    assert_eq!(cut.stopped().count(), 0);
}

#[test]
fn a_lane_that_never_settles_is_given_up_and_says_so_and_one_that_does_is_not() {
    let limits = |settling| Limits { settling: Nanos::from_secs(settling), ..Limits::of(&drains_long()) };
    let run = |settling| {
        let mut lane = start(&drains_long());
        lane.limit(limits(settling));
        lane.run_until(Nanos::MAX);
        assert!(lane.is_finished());
        lane.report()
    };
    let (patient, hasty) = (run(60), run(2));
    assert_eq!((patient.drained, patient.stopped), (true, None));
    assert!(!hasty.drained && hasty.cache.dirty > 0);
    let sentence = hasty.stopped.expect("a sentence");
    assert!(sentence.starts_with("it did not settle within 2s"), "{sentence}");
}

#[test]
fn a_world_whose_time_stands_still_is_stopped_and_told_which_fields_take_no_time() {
    // A trace of one moment would do it too; here, a thousand users answered in no time, all at once.
    let mut scenario = bare();
    scenario.duration = Nanos::from_secs(1);
    scenario.database.batch.base = Some(Distribution::Constant(Nanos::from_millis(1)));
    scenario.clients.arrivals =
        Arrivals::Closed { users: 1_000, think: Distribution::Constant(Nanos::from_millis(10)) };
    let run = |at_one_moment| {
        let mut lane = start(&scenario);
        lane.limit(Limits { at_one_moment, ..Limits::of(&scenario) });
        lane.run_until(Nanos::MAX);
        assert!(lane.is_finished());
        lane
    };
    let stopped = run(2_000);
    assert!(matches!(stopped.stopped(), Some(Stopped::AtOneMoment { steps: 2_000, .. })), "{:?}", stopped.stopped());
    assert_eq!(stopped.now(), Nanos::from_millis(10), "it stands where it was stopped");
    let sentence = stopped.report().stopped.expect("a sentence");
    assert!(sentence.contains("network.client_app") && sentence.contains("cache.command"), "{sentence}");
    assert!(!sentence.contains("database.batch.base"), "what takes some time is not named: {sentence}");
    assert_eq!(run(200_000).stopped(), None);
}

#[test]
fn more_requests_than_were_foreseen_are_cut_off_at_the_same_event_however_the_run_is_cut() {
    let scenario = Scenario { duration: Nanos::from_secs(20), ..Scenario::default() };
    let limits = Limits { requests: 1_000, ..Limits::of(&scenario) };
    let (mut whole, mut cut) = (start(&scenario), start(&scenario));
    whole.limit(limits);
    cut.limit(limits);
    whole.run_until(Nanos::MAX);
    run_in_pieces(&mut cut, 3, 500);
    assert!(matches!(whole.stopped(), Some(Stopped::Requests { requests: 1_000, .. })));
    assert_eq!(whole.report(), cut.report());
    assert!(whole.now() < scenario.duration, "the run was not over");
}

#[test]
fn a_lane_that_was_stopped_holds_nobody_up_and_meets_no_fault_any_more() {
    let mut scenario = presets::get("default").expect("a preset").scenario().clone();
    scenario.faults.clear();
    // Lanes send the same requests, so a limit on their events stops only those that need more for them.
    let limits = Limits { events: 92_000, ..Limits::of(&scenario) };
    let mut experiment = Experiment::new(&scenario, None).expect("a scenario");
    experiment.limit(limits);
    let moment = Nanos(scenario.duration.0 / 2);
    assert_eq!(experiment.advance(moment, || false), moment);
    let stopped = experiment.stopped().count();
    assert!(stopped > 0 && stopped < scenario.lanes.len(), "{stopped} lanes were stopped");
    experiment.inject(FaultKind::CacheCrash, None, Nanos::from_secs(1)).expect("the others go on");
    experiment.advance(Nanos::MAX, || false);
    let report = experiment.report();
    assert!(report.lanes.iter().any(|lane| lane.stopped.is_some() && lane.faults.is_empty()));
}

#[test]
fn what_is_injected_where_a_run_was_stopped_is_as_if_it_had_been_there_from_the_start() {
    let mut scenario = presets::get("default").expect("a preset").scenario().clone();
    scenario.faults.clear();
    let mut draws = Streams::new(5).named("injections");
    for _ in 0..4 {
        let mut clicked = Experiment::new(&scenario, None).expect("a scenario");
        let mut left = 1 + draws.below(200);
        clicked.advance(Nanos::MAX, || {
            left -= 1;
            left == 0
        });
        clicked.inject(FaultKind::CacheCrash, None, Nanos::from_secs(3)).expect("a fault");
        clicked.advance(Nanos::MAX, || false);
        let mut planned = Experiment::new(clicked.scenario(), None).expect("a scenario");
        planned.advance(Nanos::MAX, || false);
        assert_eq!(clicked.report(), planned.report());
    }
}

/// While the breaker is open no time passes between two keys of a loader: a crash a moment would mean millions of them.
#[test]
fn a_warm_up_is_given_up_where_the_breaker_is_open() {
    let world = |warm_up: u32| {
        let text = format!(
            "duration = \"200ms\"\nwarmup = \"0s\"\n[clients]\narrivals = {{ kind = \"constant\", rate = 10 }}\n\
             keys = {{ kind = \"uniform\", count = 100000 }}\n[cache]\ncapacity = 100000\n\
             [app]\nretries = 0\ndatabase_timeout = \"1us\"\nbreaker = {{ failures = 1, open_for = \"1h\" }}\n\
             [[lane]]\nread = {{ kind = \"look-aside\", warm_up = {warm_up} }}\n\
             [[fault]]\nwhat = \"cache.crash\"\nat = {{ every = \"10ms\" }}\nfor = \"1ms\"\n"
        );
        let scenario = Scenario::from_toml(&text).expect("a scenario");
        let before = work::done();
        Experiment::new(&scenario, None).expect("a world").advance(Nanos::MAX, || false);
        work::done() - before
    };
    let (few, many) = (world(100), world(100_000));
    assert!(many < few + 2 * 100_000, "{few} steps to warm a hundred keys, {many} for all, each crash again");
}
