//! `cachelane worst` and `cachelane shrink`: what is found does what is said of it, and nothing that matters is left over.

use std::process::Command;

use cachelane::scenario::Scenario;
use cachelane::time::Nanos;
use serde_json::Value;

use crate::cli::{printed, refused};

const SHORT: [&str; 2] = ["--set=duration=8s", "--set=fault.0.at=4s"];

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&printed(&[args, &["--json"]].concat(), "")).expect("JSON")
}

/// How much a link's lane has of a measure.
fn shown(link: &Value, lane: usize, measure: &str) -> Option<f64> {
    json(&["compare", link.as_str().expect("a link")])["lanes"][lane][measure].as_f64()
}

#[test]
fn the_worst_seed_is_that_of_all_and_its_link_does_it_again() {
    let found = json(&[&["worst", "default", "--seeds", "6"][..], &SHORT].concat());
    let all = json(&[&["compare", "default", "--seeds", "6"][..], &SHORT].concat());
    let (worst, known) = (&found["worst"][0], &all["worst"]);
    assert_eq!((&worst["value"], &worst["seed"], &worst["lane"]), (&known["value"], &known["seed"], &known["lane"]));
    assert_eq!((&found["runs"], &found["measure"]), (&6.into(), &"ever_lost".into()));
    assert_eq!(shown(&found["link"], 4, "ever_lost"), worst["value"].as_f64());
    let values: Vec<f64> =
        found["worst"].as_array().unwrap().iter().map(|run| run["value"].as_f64().unwrap()).collect();
    assert!(values.len() == 6 && values.is_sorted_by(|a, b| a >= b), "{values:?}");
    let slowest =
        json(&[&["worst", "default", "--seeds=3", "--by=write_p99_ms", "--lane=Write-back"][..], &SHORT].concat());
    assert_eq!(slowest["worst"][0]["lane"], "Write-back");
}

#[test]
fn the_worst_moment_of_a_crash_is_just_before_a_flush_on_any_number_of_cores() {
    let run = |cores: &str, more: &[&str]| {
        let args = ["worst", "default", "--lane=4", "--seeds=2", "--move-faults=3s..7s"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_cachelane"));
        let output = command.args(args).args(SHORT).args(more).env("RAYON_NUM_THREADS", cores).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = run("1", &[]);
    assert_eq!(text, run("3", &[]));
    assert!(text.contains("first fault") && text.contains("the worst: #v2&"), "{text}");
    let found: Value = serde_json::from_str(&run("2", &["--json"])).expect("JSON");
    let worst = &found["worst"][0];
    // A flush comes every 5 s, and takes what has been written since.
    let at = worst["first_fault_s"].as_f64().expect("a moment");
    assert!((4.8..5.1).contains(&at), "{worst}");
    assert!(worst["value"].as_f64() > found["own"].as_f64(), "{found}");
    assert_eq!(shown(&found["link"], 4, "ever_lost"), worst["value"].as_f64());
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let told = refused(&["worst", "default", "--by=luck"], "", 2);
    assert!(told.contains("--by luck") && told.contains("ever_lost") && !told.contains("hit_ratio"), "{told}");
    for (range, why) in [("9s..5s", "empty"), ("soon", "20s..25s"), ("5s..61s", "first fault at 61s")] {
        let told = refused(&["worst", "default", &format!("--move-faults={range}")], "", 2);
        assert!(told.contains("--move-faults") && told.contains(why), "{told}");
    }
    let none = refused(&["worst", "flush-race", "--move-faults=1s..2s"], "", 2);
    assert!(none.contains("none to move"), "{none}");
    let clean = refused(&["shrink", "default", "--lane=0", "--by=ever_lost", SHORT[0], SHORT[1]], "", 1);
    assert!(clean.contains("nothing to shrink") && clean.contains("lost is 0"), "{clean}");
    let least = refused(&["shrink", "default", "--at-least=0"], "", 2);
    assert!(least.contains("--at-least 0"), "{least}");
}

/// Two faults that have nothing to do with the loss, and one that has.
const THREE: [&str; 4] = [
    "--set=fault.1.at=1s",
    "--set=fault.1.what=database.slow",
    "--set=fault.2.at=6s",
    "--set=fault.2.what=database.freeze",
];

#[test]
fn what_shrinks_still_shows_it_and_without_any_of_it_does_not() {
    let args = [&["shrink", "default"][..], &SHORT, &THREE].concat();
    let found = json(&args);
    assert_eq!(found, json(&args), "nothing is drawn");
    assert_eq!(
        (&found["lane"], &found["measure"], &found["at_least"]),
        (&"Write-back".into(), &"ever_lost".into(), &1.0.into())
    );
    assert_eq!(found["faults"], 1, "{found}");
    assert!(found["duration_s"].as_f64() < Some(1.0) && found["own"].as_f64() > Some(50.0), "{found}");
    assert_eq!(shown(&found["link"], 0, "ever_lost"), found["left"].as_f64());
    let toml = printed(&[&args[..], &["--toml"]].concat(), "");
    let scenario = Scenario::from_toml(&toml).expect("a scenario");
    assert_eq!((scenario.lanes.len(), scenario.seed), (1, 7));
    let lost = |scenario: &Scenario| {
        let report = printed(&["run", "-", "--json"], &scenario.to_toml());
        serde_json::from_str::<Value>(&report).expect("JSON")["lanes"][0]["ever_lost"].as_u64()
    };
    assert_eq!(lost(&scenario).map(|lost| lost as f64), found["left"].as_f64());
    assert_eq!(lost(&Scenario { faults: Vec::new(), ..scenario.clone() }), Some(0), "the fault is needed");
    assert!(scenario.faults[0].lasts <= Nanos::from_millis(2), "the crash itself takes it, not how long it lasts");
}

#[test]
fn as_much_is_left_as_is_asked_for() {
    let args = [&["shrink", "default", "--at-least=20"][..], &SHORT].concat();
    let found = json(&args);
    assert!(found["left"].as_f64() >= Some(20.0) && found["left"].as_f64() < Some(60.0), "{found}");
    let text = printed(&args, "");
    assert!(
        text.contains("left (at least 20)") && text.contains("duration: ") && text.contains("the least: #v2&"),
        "{text}"
    );
}

#[test]
fn a_percentile_is_left_with_the_requests_that_it_needs() {
    let shrunk = |rate: u32| {
        let rate = format!("clients.arrivals=constant(rate:{rate})");
        let found = json(&["shrink", "default", "--by=read_p99_ms", "--lane=0", "--set=duration=40s", "--set", &rate]);
        let link = found["link"].as_str().expect("a link").to_owned();
        let run: Value = serde_json::from_str(&printed(&["run", &link, "--json"], "")).expect("JSON");
        let steps = found["steps"].as_array().map_or(0, Vec::len);
        (run["lanes"][0]["requests"].as_u64().expect("a count"), steps)
    };
    // Ten of a thousand reads are beyond it; a fifth of the requests are writes.
    let (requests, steps) = shrunk(200);
    assert!((1_250..4_000).contains(&requests) && steps > 1, "{requests}, {steps}");
    // Who has fewer has no fewer in the end, and loses what does not matter.
    let (requests, _) = shrunk(20);
    assert!((1..=800).contains(&requests), "{requests}");
}

#[test]
fn what_shrinks_is_a_link_that_can_be_opened_and_shows_as_much() {
    // Only lanes beside it have noticed how long loading takes.
    let args = ["shrink", "session-tokens", "--by", "ever_lost", "--set", "duration=40s", "--json"];
    let found: Value = serde_json::from_str(&printed(&args, "")).unwrap();
    assert!(found["runs"].as_u64() > Some(10) && found["left"].as_f64() < found["own"].as_f64(), "{found:#}");
    let link = found["link"].as_str().expect("a link");
    printed(&["check", link], "");
    let run: Value = serde_json::from_str(&printed(&["run", link, "--json"], "")).unwrap();
    assert_eq!(run["lanes"][0]["ever_lost"].as_f64(), found["left"].as_f64());
}

/// The page's worst run and what it is made smaller to are compared with these files, to the byte
/// (tests/browser/worst.test.mjs, and beside `src/web/state/worst.rs`). `CACHELANE_BLESS=1 cargo test worst` writes them again.
#[test]
fn what_the_page_is_compared_with_is_what_is_printed() {
    let data = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let short = ["worst", "default", "--set=duration=6s", "--set=fault.0.at=3s"];
    let worst = printed(&[&short[..], &["--seeds=20", "--move-faults=2s..5s", "--json"]].concat(), "");
    let found: Value = serde_json::from_str(&worst).expect("JSON");
    let shrunk = printed(&["shrink", found["link"].as_str().expect("a link"), "--json"], "");
    for (name, now) in [("worst.json", worst), ("shrink.json", shrunk)] {
        let path = data.join(name);
        if std::env::var_os("CACHELANE_BLESS").is_some() {
            std::fs::write(&path, &now).expect("the file can be written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), now, "{name}: it has changed");
    }
}

#[test]
fn nothing_is_searched_by_its_cost_without_prices() {
    for command in ["worst", "shrink"] {
        let said = refused(&[command, "default", "--by=cost"], "", 2);
        assert!(said.contains("--by cost: the scenario has no prices"), "{said}");
    }
}
