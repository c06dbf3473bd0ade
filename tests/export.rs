//! `cachelane export`: every request of a lane, for other tools, the same that the report counts.

use std::process::{Command, Output};

use serde_json::Value;

fn cachelane(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cachelane")).args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = cachelane(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Write-back in the default preset, which loses writes, fails requests and is warmed up for two seconds.
const LANE: [&str; 9] =
    ["default", "--lane", "Write-back", "--set", "duration=30s", "--set", "warmup=2s", "--set", "app.retries=0"];

fn export(options: &[&str]) -> String {
    printed(&[&["export"], &LANE[..], options].concat())
}

fn report() -> Value {
    let report: Value = serde_json::from_str(&printed(&[&["run"], &LANE[..], &["--json"]].concat())).unwrap();
    report["lanes"][0].clone()
}

#[test]
fn a_distribution_has_the_count_and_the_percentiles_of_the_report() {
    let (report, text) = (report(), export(&["--for", "hgrm", "--of", "writes"]));
    let told = &report["latency_ms"]["write"];
    assert!(text.contains(&format!("Total count    = {:12}]", told["count"].as_u64().unwrap())), "{text}");
    let row = text.lines().find(|line| line.contains(" 0.500000000000 ")).expect("a median");
    let median: f64 = row.split_whitespace().next().unwrap().parse().unwrap();
    let said = told["p50"].as_f64().unwrap();
    assert!((median / said - 1.0).abs() < 0.01, "{median} beside {said}");
}

#[test]
fn a_history_has_every_request_twice_and_a_trace_once() {
    let all = report();
    let count = |options: &[&str], what: &str| export(options).matches(what).count() as u64;
    let text = export(&["--for", "jepsen"]);
    let of = |kind: &str| text.matches(&format!(":type :{kind},")).count() as u64;
    let (ok, fail, info) = (of("ok"), of("fail"), of("info"));
    assert_eq!(of("invoke"), ok + fail + info);
    // The history begins with the run, the report after its warm-up.
    assert!(ok + fail + info > all["requests"].as_u64().unwrap());
    assert!(fail + info >= all["errors"].as_u64().unwrap() && fail > 0, "the cache was down");
    let slices = count(&["--for", "perfetto"], "\"ph\":\"X\"");
    assert_eq!(slices, ok + fail + info + 1, "and the crash");
}

#[test]
fn a_lane_must_be_chosen_and_a_tool_be_known() {
    let refused = |options: &[&str]| {
        let output = cachelane(options);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["export", "default", "--for", "hgrm"]).contains("choose one with --lane"));
    assert!(refused(&["export", "default", "--for", "excel"]).contains("perfetto"));
}
