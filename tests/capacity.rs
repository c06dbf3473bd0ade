//! `cachelane capacity`: the loads that lanes serve and heal from, against closed forms, and what is refused.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn capacity(options: &[&str], scenario: &str, cores: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cachelane"))
        .args(["capacity", "-"])
        .args(options)
        .env("RAYON_NUM_THREADS", cores)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its options does not read its input, and closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(scenario.as_bytes());
    child.wait_with_output().unwrap()
}

fn lanes(options: &[&str], scenario: &str) -> Vec<Value> {
    let output = capacity(&[options, &["--json"]].concat(), scenario, "2");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    found["lanes"].as_array().unwrap().clone()
}

fn refused(options: &[&str], scenario: &str) -> String {
    let output = capacity(options, scenario, "2");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    String::from_utf8(output.stderr).unwrap()
}

fn rate(lane: &Value, what: &str) -> f64 {
    lane[what].as_f64().unwrap_or_else(|| panic!("{what}: {lane:#}"))
}

/// HotOS'21's retry storm: 300 reads a second, callers who give up after 1 s, nothing passes for 10 s.
const RETRIES: &str = r#"
duration = "60s"
[clients]
arrivals = { kind = "poisson", rate = 100 }
write_ratio = 0
[app]
servers = 4
database_timeout = "1s"
backoff = "0s"
[database]
workers = 30
queue = 1000
read = "100ms"
[[lane]]
name = "none"
read = "none"
[[lane]]
name = "one"
read = "none"
app = { retries = 1 }
[[fault]]
at = "20s"
what = "network.partition"
which = "app-database"
for = "10s"
"#;

#[test]
fn with_one_retry_a_database_heals_from_half_of_what_it_serves_and_without_from_all() {
    let lanes = lanes(&["--precision", "4%", "--seeds", "2", "--from", "20", "--to", "600"], RETRIES);
    for lane in &lanes {
        let serves = rate(lane, "serves_per_s");
        assert!((285.0..=309.0).contains(&serves), "its capacity is 300/s: {lane:#}");
        for what in ["serves", "heals"] {
            let found = ["low", "per_s", "high"].map(|part| rate(lane, &format!("{what}_{part}")));
            assert!(found.is_sorted() && found[0] < found[2], "{lane:#}");
        }
    }
    let (none, one) = (rate(&lanes[0], "heals_per_s"), rate(&lanes[1], "heals_per_s"));
    assert!((one / 150.0 - 1.0).abs() < 0.05, "300/s over two tries: {one}");
    assert!(none / rate(&lanes[0], "serves_per_s") > 0.9, "nothing keeps it down: {none}");
    assert_eq!((lanes[0]["name"].as_str(), lanes[1]["heals_ends"].as_str()), (Some("none"), Some("errors")));
}

/// HotOS'21's look-aside trap, a fifth of its size: 60 reads a second behind a cache that hits 90 %, emptied once.
const TRAP: &str = r#"
duration = "60s"
[clients]
arrivals = { kind = "poisson", rate = 100 }
keys = { kind = "uniform", count = 400 }
write_ratio = 0
[app]
servers = 4
[cache]
capacity = 360
ttl = "none"
[database]
workers = 6
queue = 200
read = "100ms"
[[lane]]
name = "look-aside"
read = "look-aside"
app = { database_timeout = "1s" }
[[lane]]
name = "read-through"
read = "read-through"
app = { cache_timeout = "1s" }
[[fault]]
at = "30s"
what = "cache.flush-all"
"#;

#[test]
fn look_aside_does_not_heal_from_what_it_serves_and_read_through_does() {
    let lanes = lanes(&["--precision", "20%", "--seeds", "1", "--to", "1500"], TRAP);
    let [aside, through] = [0, 1].map(|lane| (rate(&lanes[lane], "serves_per_s"), rate(&lanes[lane], "heals_per_s")));
    // A tenth of the reads miss.
    assert!((450.0..=750.0).contains(&aside.0), "{lanes:#?}");
    assert!((60.0..200.0).contains(&aside.1), "{lanes:#?}");
    assert!(through.0 >= aside.0 && through.1 > 0.9 * through.0, "{lanes:#?}");
}

const QUEUE: &str = r#"
duration = "20s"
[clients]
arrivals = { kind = "poisson", rate = 20 }
write_ratio = 0
[database]
workers = 1
read = "20ms"
[[lane]]
read = "none"
"#;

/// How finely is asked says nothing of how long a lane may take.
#[test]
fn the_time_to_heal_does_not_depend_on_the_precision() {
    let of =
        |precision: &str| lanes(&["--precision", precision, "--seeds", "1", "--from", "20", "--to", "600"], RETRIES);
    let (fine, coarse) = (of("10%"), of("30%"));
    for (fine, coarse) in fine.iter().zip(&coarse) {
        let given = [fine, coarse].map(|lane| rate(lane, "heals_within_s"));
        // 25 times the 10 s that nothing passes.
        assert_eq!(given, [250.0; 2], "{fine:#}");
        let [low, high] = ["heals_low", "heals_high"].map(|part| rate(coarse, part));
        assert!((low * 0.9..=high * 1.1).contains(&rate(fine, "heals_per_s")), "{fine:#} {coarse:#}");
    }
}

#[test]
fn without_a_fault_there_is_nothing_to_heal_from_and_cores_change_nothing() {
    let options = ["--precision", "10%", "--seeds", "2", "--json"];
    let [one, two] = ["1", "2"].map(|cores| capacity(&options, QUEUE, cores).stdout);
    assert_eq!(one, two);
    let found: Value = serde_json::from_slice(&one).unwrap();
    let lane = &found["lanes"][0];
    assert!((40.0..=52.0).contains(&rate(lane, "serves_per_s")), "1 / 20 ms: {lane:#}");
    assert!(lane["heals_per_s"].is_null() && lane["notes"][0] == "there is no fault to heal from", "{lane:#}");
    let table = String::from_utf8(capacity(&options[..4], QUEUE, "2").stdout).unwrap();
    assert!(!table.contains("hidden capacity") && table.contains("there is no fault to heal from"), "{table}");
    let csv = String::from_utf8(capacity(&[&options[..4], &["--csv"]].concat(), QUEUE, "2").stdout).unwrap();
    assert!(csv.starts_with("name,serves_per_s,") && csv.lines().count() == 2, "{csv}");
}

#[test]
fn a_range_that_is_served_as_a_whole_has_no_upper_end_and_one_above_the_capacity_no_answer() {
    let options = |range: [&'static str; 4]| [&["--precision", "50%", "--seeds", "1"], &range[..]].concat();
    let below = &lanes(&options(["--from", "1", "--to", "30"]), QUEUE)[0];
    assert!(rate(below, "serves_per_s") == 30.0 && below["serves_high"].is_null(), "{below:#}");
    assert!(below["notes"][1].as_str().is_some_and(|note| note.contains("--to asks for more")), "{below:#}");
    let above = &lanes(&options(["--from", "90", "--to", "200"]), QUEUE)[0];
    assert!(above["serves_per_s"].is_null() && rate(above, "serves_high") == 90.0, "{above:#}");
}

#[test]
fn what_cannot_be_searched_is_refused_with_the_field_and_what_it_must_be() {
    let closed = QUEUE.replace("{ kind = \"poisson\", rate = 20 }", "{ kind = \"closed\", users = 5 }");
    let message = refused(&[], &closed);
    assert!(message.starts_with("error: clients.arrivals is \"closed\"") && message.contains("poisson"), "{message}");
    for (options, told) in [
        (["--from", "0"], "--from 0: give requests a second, a number from 0.001 to 1000000"),
        (["--to", "2e6"], "--to 2000000: give"),
        (["--precision", "90%"], "--precision 90%: give a share from 0.1% to 50%"),
        (["--precision", "NaN"], "--precision NaN: give a share"),
        (["--within", "10s"], "--within: the scenario has no fault"),
        (["--seeds", "0"], "0 is not in 1..=1000"),
    ] {
        let message = refused(&options, QUEUE);
        assert!(message.contains(told), "{options:?}: {message}");
    }
    assert!(refused(&["--from", "9", "--to", "9"], QUEUE).contains("--to must be the greater"));
    let two_classes = format!("{QUEUE}\n[clients.second]\nkeys = {{ kind = \"uniform\", count = 50 }}\n");
    assert!(refused(&[], &two_classes).contains("clients.second: a capacity is a load of one class"));
}

/// The page's hidden capacity is compared with this file, to the byte (tests/browser/capacity.test.mjs).
/// `CACHELANE_BLESS=1 cargo test capacity` writes it again.
#[test]
fn what_the_page_is_compared_with_is_what_is_printed() {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/capacity.json");
    let link = "#v2&preset=tipping-point&lane.count=2";
    let output = Command::new(env!("CARGO_BIN_EXE_cachelane")).args(["capacity", link, "--json"]).output().unwrap();
    let now = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("CACHELANE_BLESS").is_some() {
        std::fs::write(&path, &now).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), now, "what the search finds has changed");
}
