//! What cannot be run is refused, and the message names the field, the value and the way out.
//!
//! The table `tests/data/bad_input.json` holds each bad scenario file, link and trace with its whole message.
//! The command line's tests and the browser's read the same table. To change wording, run the tests with
//! `REWRITE_BAD_INPUT=1` and read the difference.

use cachelane::scenario::{Scenario, link};
use cachelane::workload::trace::KeyLines;
use serde_json::Value;

/// The rows of one part of the table: input and message.
pub fn rows(part: &str, input: &str) -> Vec<(String, String)> {
    let table: Value = serde_json::from_str(include_str!("data/bad_input.json")).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    table[part].as_array().unwrap().iter().map(|row| (text(row, input), text(row, "message"))).collect()
}

/// What the library says to an input of the table.
fn message(part: &str, input: &str) -> Option<String> {
    match part {
        "scenarios" => Scenario::from_toml(input).err().map(|error| error.to_string()),
        "links" => link::decode(input).err().map(|error| error.to_string()),
        _ => KeyLines::new(input.as_bytes()).find_map(Result::err).map(|error| error.to_string()),
    }
}

#[test]
fn every_bad_input_gets_its_own_clear_message() {
    rewrite_if_asked();
    let mut count = 0;
    for (part, name) in [("scenarios", "toml"), ("links", "link"), ("traces", "trace")] {
        for (input, expected) in rows(part, name) {
            assert_eq!(message(part, &input).as_deref(), Some(&*expected), "{input}");
            count += 1;
        }
    }
    assert!(count >= 100, "{count}: the table has lost rows");
}

#[test]
fn a_scenario_with_several_problems_tells_them_all_by_line() {
    let text = "[cache]\ncapacity = 0\ncolour = \"red\"\n[database]\nworkers = 0\nread = { empirical = [[1, 2]] }";
    let error = Scenario::from_toml(text).unwrap_err();
    let fields: Vec<(&str, Option<u32>)> = error.problems.iter().map(|p| (&*p.field, p.line)).collect();
    assert_eq!(
        fields,
        [
            ("cache.capacity", Some(2)),
            ("cache.colour", Some(3)),
            ("database.workers", Some(5)),
            ("database.read.empirical.0.1", Some(6))
        ]
    );
}

#[test]
fn a_link_that_is_too_long_is_refused_both_ways() {
    let long = format!("#v2&name={}", "x".repeat(link::LENGTH_MAX));
    assert!(link::decode(&long).unwrap_err().to_string().contains("at most 16384 get through"));
    let fault = "[[fault]]\nat = \"1s\"\nwhat = \"cache.crash\"\nfor = \"123.456ms\"\n";
    let many = Scenario::from_toml(&fault.repeat(1_000)).unwrap();
    let error = link::encode(&many, "default", &[]).unwrap_err().to_string();
    assert!(error.contains("save the scenario as a TOML file instead"), "{error}");
}

#[test]
fn a_file_of_a_thousand_problems_tells_the_first_fifty() {
    let error = Scenario::from_toml(&"[[fault]]\n".repeat(1_000)).unwrap_err();
    assert_eq!(error.problems.len(), 51);
    assert!(error.to_string().ends_with("… and 1950 more problems"), "{error}");
}

fn rewrite_if_asked() {
    if std::env::var_os("REWRITE_BAD_INPUT").is_none() {
        return;
    }
    let mut table: Value = serde_json::from_str(include_str!("data/bad_input.json")).unwrap();
    for (part, name) in [("scenarios", "toml"), ("links", "link"), ("traces", "trace")] {
        for row in table[part].as_array_mut().unwrap() {
            let input = row[name].as_str().unwrap().to_owned();
            row["message"] = message(part, &input).unwrap_or_else(|| format!("NOT REFUSED: {input}")).into();
        }
    }
    let text = serde_json::to_string_pretty(&table).unwrap() + "\n";
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bad_input.json"), text).unwrap();
}
