//! `cachelane when`: the jump stands at the cause, a probability is what a formula says, and other luck is only luck.

use std::process::Command;

use cachelane::experiment::Experiment;
use cachelane::experiment::when::{Answers, Found, When};
use cachelane::ledger::{Case, Cases};
use cachelane::scenario::{Scenario, presets};
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use serde_json::Value;

use crate::cli::{printed, refused};
use crate::common::{in_parallel, of};

fn case(scenario: &Scenario, lane: usize, of: impl Fn(&Cases) -> Vec<Case>, such: impl Fn(&Case) -> bool) -> Case {
    let mut experiment = Experiment::new(scenario, None).expect("it runs");
    experiment.advance(Nanos::MAX, || false);
    let cases = of(&experiment.cases(lane));
    cases.into_iter().find(such).expect("there is such a case")
}

/// What is found of a case by so many moments and forks.
fn found(scenario: &Scenario, lane: usize, case: Case, (moments, forks): (usize, u32), quick: bool) -> Found {
    let asked = When::new((scenario, None), (lane, case), moments, || false).expect("it can be asked");
    let mut known = Answers::default();
    loop {
        let todo = asked.forks(&asked.next(&known, quick), forks);
        if todo.is_empty() {
            return asked.sum_up("the lane", forks, &known);
        }
        let run = |place: usize| asked.run(todo[place], || false).expect("it runs");
        let answers = in_parallel(&(0..todo.len()).collect::<Vec<_>>(), run);
        known.take_in(&todo, &answers);
    }
}

/// A preset with its fault sooner, so that the runs are short.
fn sooner(name: &str, at_ms: u64) -> Scenario {
    let mut scenario = presets::get(name).expect("a preset").scenario().clone();
    scenario.faults[0].at = Nanos::from_millis(at_ms).into();
    scenario.duration = Nanos::from_millis(at_ms + 4_000);
    scenario.check().expect("it can run");
    scenario
}

/// The jump is between just before the cause and the cause, from (nearly) never to always.
fn jumps_at_the_cause(found: &Found) {
    let jump = found.jump.unwrap_or_else(|| panic!("a jump: {found:#?}"));
    assert!(jump.from_s < found.cause_s && found.cause_s <= jump.to_s, "{jump:?}, the cause at {}", found.cause_s);
    assert!(jump.to_s - jump.from_s < 2e-9 && jump.before < 0.2 && jump.after == 1.0, "{jump:?}");
}

#[test]
fn the_jump_stands_where_the_story_has_the_cause() {
    // Half way between two flushes, as in the preset; its lane is write-back.
    let scenario = sooner("default", 2_500);
    let lost = case(&scenario, 4, |cases| cases.lost().to_vec(), |_| true);
    let told = found(&scenario, 4, lost, (20, 6), true);
    jumps_at_the_cause(&told);
    assert!(
        told.moments.iter().all(|moment| moment.probability.share == 1.0),
        "a crash that is sure to come is no news"
    );
    // The replica that takes over lags behind.
    let scenario = sooner("failover", 2_000);
    let lost = case(&scenario, 0, |cases| cases.lost().to_vec(), |_| true);
    jumps_at_the_cause(&found(&scenario, 0, lost, (20, 6), true));
    // A power loss between two syncs of the append-only file.
    let scenario = sooner("session-tokens", 2_500);
    let lost = case(&scenario, 2, |cases| cases.lost().to_vec(), |_| true);
    jumps_at_the_cause(&found(&scenario, 2, lost, (20, 6), true));
}

/// A write a second, each answered at once and sent to the replica, which has it after 0 to 100 ms; 40 ms after the third
/// the primary dies.
const LAGGING: &str = r#"
duration = "8s"
[clients]
arrivals = { kind = "constant", rate = 1 }
keys = { kind = "uniform", count = 50 }
write_ratio = 1
[network]
client_app = "0s"
app_cache = "0s"
[cache]
capacity = 100
ttl = "none"
replicas = 1
lag = { uniform = { min = "0ms", max = "100ms" } }
failover = "1s"
[[lane]]
write = { kind = "write-back", every = "1h" }
[[fault]]
at = "3040ms"
what = "cache.crash"
for = "2s"
"#;

#[test]
fn a_probability_is_what_the_distribution_says() {
    // Of a seed with which the third write is lost.
    let lost = (1..40).find_map(|seed| {
        let scenario = Scenario { seed, ..of(LAGGING) };
        let mut experiment = Experiment::new(&scenario, None).expect("it runs");
        experiment.advance(Nanos::MAX, || false);
        let lost = experiment.cases(0).lost().iter().copied().find(|case| case.issued == Nanos::from_secs(3));
        lost.map(|case| (scenario, case))
    });
    let (scenario, lost) = lost.expect("three in five seeds");
    let told = found(&scenario, 0, lost, (10, 400), false);
    // Before it is sent, the lag is not drawn yet: longer than 40 ms in three of five. Then it is.
    for moment in &told.moments {
        let share = moment.probability;
        match moment.at_s {
            ..3.0 => assert!((share.share - 0.6).abs() < 4.0 * (0.24_f64 / 400.0).sqrt(), "{moment:?}"),
            3.001.. => assert_eq!(share.share, 1.0, "{moment:?}"),
            _ => {} // The command is served, and then the replica is sent it.
        }
        let without = moment.without_faults.map(|share| share.share);
        assert_eq!(without, (moment.at_s < 3.04).then_some(0.0), "{moment:?}");
    }
    assert!(told.moments.iter().any(|moment| moment.at_s < 3.0), "it was asked before the write was sent");
}

#[test]
fn other_luck_changes_nothing_before_and_no_request() {
    let scenario = sooner("default", 2_500);
    let requests = |lane: &Simulation| {
        let ledger = lane.ledger();
        let all = (1..=ledger.counts().attempts() as u32).map(|w| ledger.attempt(cachelane::model::WriteId(w)));
        (lane.requests_made(), all.collect::<Vec<_>>())
    };
    let run = |turn: Option<u64>| {
        let mut lane = Simulation::new(&scenario, 4, None).expect("it runs");
        lane.run_until(Nanos::from_secs(2));
        let before = (lane.events(), lane.report().latency_ms.all.mean);
        if let Some(turn) = turn {
            lane.turn_luck(turn);
        }
        lane.run_until(Nanos::MAX);
        (before, lane.report(), requests(&lane))
    };
    let (own, same, other, again) = (run(None), run(Some(0)), run(Some(1)), run(Some(1)));
    assert!(own == same && other == again, "a turn is its number");
    assert_eq!(own.0, other.0);
    assert_ne!(own.1.digest, other.1.digest);
    assert_ne!(run(Some(2)).1.digest, other.1.digest);
    assert_eq!(own.2, other.2, "every write is asked for by the same client at the same moment");
    assert_eq!(own.1.faults, other.1.faults);
}

#[test]
fn a_stale_read_and_a_copy_left_behind_are_asked_for_too() {
    let mut scenario = presets::get("stale-set-race").expect("a preset").scenario().clone();
    scenario.duration = Nanos::from_secs(8);
    let mut experiment = Experiment::new(&scenario, None).expect("it runs");
    experiment.advance(Nanos::MAX, || false);
    for of in [|cases: &Cases| cases.stale(), |cases: &Cases| cases.diverging().to_vec()] {
        let lane = (0..scenario.lanes.len()).find(|lane| !of(&experiment.cases(*lane)).is_empty()).expect("a lane");
        let worst = case(&scenario, lane, of, |case| case.at < scenario.duration);
        let told = found(&scenario, lane, worst, (16, 30), true);
        let (first, last) = (told.moments.first().expect("moments"), told.moments.last().expect("moments"));
        assert_eq!((last.probability.share, last.probability.of), (1.0, 30), "then it has happened");
        assert!(first.probability.share < 0.5, "it takes bad luck: {first:?}");
        assert!(told.jump.is_some_and(|jump| jump.before < jump.after), "{told:#?}");
    }
}

#[test]
fn the_command_says_the_same_on_any_number_of_cores() {
    let args = ["when", "failover", "--set=fault.0.at=1s", "--set=duration=4s", "--forks=6", "--moments=9"];
    let run = |cores: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_cachelane"));
        let mut output = output;
        let output = output.args(args).args(more).env("RAYON_NUM_THREADS", cores).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run("1", &[]);
    assert_eq!(text, run("3", &[]));
    assert!(
        text.contains("◀ jump") && text.contains("Cache node 0: cache crash") && text.contains("no more faults"),
        "{text}"
    );
    let file = std::env::temp_dir().join(format!("cachelane-when-{}.svg", std::process::id()));
    run("2", &["--svg", file.to_str().expect("a path")]);
    let svg = std::fs::read_to_string(&file).expect("a picture");
    std::fs::remove_file(&file).expect("it was there");
    assert!(svg.ends_with("</svg>\n") && svg.contains("The jump: from 0 % to 100 % at 1.000000 s"), "{svg}");
    assert!(svg.contains("<title>Cache node 0: cache crash") && svg.contains("stroke-dasharray"), "{svg}");
    let found: Value = serde_json::from_str(&run("2", &["--json", "--quick"])).expect("JSON");
    let moments = found["moments"].as_array().expect("moments");
    let jump = &moments[found["jump"]["moment"].as_u64().expect("a place") as usize];
    assert_eq!((&jump["at_s"], &jump["probability"]["of"]), (&1.0.into(), &6.into()));
    assert_eq!(found["jumps"], Value::Array(vec![found["jump"].clone()]));
}

#[test]
fn where_any_luck_does_it_the_answer_says_what_to_look_for() {
    let args = ["when", "flush-race", "--set=duration=5s", "--moments=6", "--forks=8"];
    let text = printed(&args, "");
    let want = "From the first moment on it goes wrong with nearly any luck: the requests and the settings decide it";
    assert!(text.contains(want) && text.contains("look for the setting that does"), "{text}");
    assert!(!text.contains("◀ jump"), "{text}");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let short = ["when", "failover", "--set=duration=4s", "--set=fault.0.at=1s"];
    let no_story = refused(&[&short[..], &["--set=clients.write_ratio=0"]].concat(), "", 1);
    assert!(no_story.contains("nothing of the kind happened"), "{no_story}");
    let kind = refused(&[&short[..], &["--kind=vanished"]].concat(), "", 2);
    assert!(kind.contains("lost, diverging or stale"), "{kind}");
    let many = refused(&["when", "failover", "--forks=10000", "--moments=1000"], "", 2);
    assert!(many.contains("--forks 10000") && many.contains("1000000"), "{many}");
    let none = refused(&["when", "failover", "--set=duration=4s", "--set=fault.0.at=1s", "--number=0"], "", 2);
    assert!(none.contains("--number 0"), "{none}");
    let help = printed(&["when", "--help"], "");
    assert!(help.contains("in several steps of which none is surely the greatest"), "{help}");
    assert!(!help.contains("is the cause"), "{help}");
}
