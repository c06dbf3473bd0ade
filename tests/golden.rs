//! The golden table: the digest of every preset's lanes, run to the end.
//!
//! The browser tests check the same table (`tests/data/golden.json`) in Chromium's worker. A digest changes only when
//! what the engine does changes: then its version changes, CHANGELOG says why, and
//! `CACHELANE_BLESS=1 cargo test golden` writes the table again.
//!
//! A second table (`golden_v1.json`) has the digests of the presets of version 1, as engine version 2 gave them; links of
//! that version give them still.

use std::path::PathBuf;

use cachelane::chart::{Data, LaneData};
use cachelane::experiment::{ENGINE_VERSION, Experiment};
use cachelane::metrics::FIGURE_GROUP;
use cachelane::phrase::Language;
use cachelane::scenario::presets::{self, Group, Preset};
use cachelane::scenario::{Scenario, link};
use cachelane::time::Nanos;
use cachelane::web::sections::headline::{Topic, headline, plain};
use cachelane::web::state::saved;
use serde_json::{Map, Value, json};

fn table_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden.json")
}

fn run(scenario: &Scenario) -> Experiment {
    let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
    experiment.advance(Nanos::MAX, || false);
    experiment
}

fn digests(experiment: &Experiment) -> Value {
    let lanes = experiment.report().lanes.into_iter().map(|lane| json!([lane.name, lane.digest]));
    Value::Array(lanes.collect())
}

fn digests_of<'a>(presets: impl Iterator<Item = &'a Preset>) -> Value {
    let mut complaints = Vec::new();
    let presets = presets.map(|preset| {
        let experiment = run(preset.scenario());
        complaints.extend(nothing_to_show(preset, &experiment));
        (preset.name.to_owned(), digests(&experiment))
    });
    let digests = presets.collect::<Map<_, _>>();
    assert!(complaints.is_empty(), "{complaints:#?}");
    Value::Object(digests)
}

/// The page opens a preset with two to four figures, of which none is empty, and with a sentence in the numbers that the
/// preset is about. (Checked here, where every preset is run anyway.)
fn nothing_to_show(preset: &Preset, experiment: &Experiment) -> Vec<String> {
    let scenario = experiment.scenario();
    let lane = |number| LaneData { number, series: experiment.series(number, 0, FIGURE_GROUP), ..LaneData::default() };
    let data = Data {
        lanes: (0..scenario.lanes.len()).map(lane).collect(),
        duration_s: scenario.duration.as_secs_f64(),
        now_s: scenario.duration.as_secs_f64(),
        no_reads: scenario.clients.never_reads(),
        no_writes: scenario.clients.never_writes(),
        ..Data::default()
    };
    let figures = saved::defaults_of(Some(preset.name), scenario).figures;
    let empty: Vec<&str> = figures.iter().filter(|figure| !figure.has_news(&data)).map(|figure| figure.name).collect();
    let about = preset.about();
    let topic = Topic { claim: about.claim, watch: &about.watch };
    let said = headline(&experiment.report(), topic, |_| true).expect("lanes are shown");
    let sentence = plain(&said.say(&scenario.titles(), true, Language::English));
    println!("{}: {sentence}", preset.name);
    let is_alike = ALIKE.contains(&preset.name) || about.group == Group::Twitter;
    let mut complaints = Vec::new();
    if !(2..=4).contains(&figures.len()) || !empty.is_empty() {
        complaints.push(format!("{}: {} figures, nothing to show in {empty:?}", preset.name, figures.len()));
    }
    if !is_alike && said.parts.is_empty() {
        complaints.push(format!("{}: {sentence}", preset.name));
    }
    complaints
}

/// Presets whose lanes do the same where all are well, which is what they show.
const ALIKE: [&str; 2] = ["ycsb-c", "ycsb-e"];

/// Twitter's caches stand in a part of their own; the browser tests read both.
fn digests_now() -> Value {
    json!({
        "engine": ENGINE_VERSION,
        "presets": digests_of(presets::ALL.iter()),
        "twitter": digests_of(presets::twitter::ALL.iter()),
    })
}

#[test]
fn every_preset_does_what_the_golden_table_says() {
    let now = digests_now();
    if std::env::var_os("CACHELANE_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("a table");
        std::fs::write(table_path(), text + "\n").expect("the table can be written");
    }
    let text = std::fs::read_to_string(table_path()).expect("the golden table is there");
    let golden: Value = serde_json::from_str(&text).expect("the golden table is JSON");
    assert_eq!(golden["engine"], now["engine"], "the table is of another engine version");
    assert_eq!(
        golden["presets"], now["presets"],
        "a digest changed: understand why, raise the engine's version, say so in CHANGELOG"
    );
    assert_eq!(golden["twitter"], now["twitter"], "a digest of a Twitter cache changed, or all are missing: as above");
}

#[test]
fn a_link_of_version_1_runs_as_it_did_in_its_day() {
    let golden: Value = serde_json::from_str(include_str!("data/golden_v1.json")).expect("the golden table is JSON");
    let presets = golden["presets"].as_object().expect("presets by name");
    // Of Twitter's caches, which are all alike: one by popularity, one written first, one with several TTLs.
    let twitter =
        ["twitter-cluster04", "twitter-cluster13", "twitter-cluster26"].map(|name| (name, &golden["twitter"][name]));
    let all = presets.iter().map(|(name, digests)| (name.as_str(), digests)).chain(twitter);
    let mut links: Vec<(&str, &Value, Scenario)> = all
        .map(|(name, digests)| {
            let link = link::decode(&format!("#v1&preset={name}")).expect("a link of version 1");
            assert_eq!(link.preset, name);
            (name, digests, link.scenario)
        })
        .collect();
    assert!(links.len() >= 30);
    // What has been opened and saved, as a link or as a file, is still the same.
    for (name, _, scenario) in &mut links {
        let saved = link::encode_shortest(scenario).expect("it fits in a link");
        assert!(saved.starts_with("#v2&"), "{saved}");
        assert_eq!(&link::decode(&saved).expect("a link").scenario, scenario, "{name}");
        assert_eq!(&Scenario::from_toml(&scenario.to_toml()).expect("a file"), scenario, "{name}");
    }
    if std::env::var_os("CACHELANE_BLESS_V1").is_some() {
        return bless_version_1(golden["engine"].clone());
    }
    for (name, golden, scenario) in links {
        assert_eq!(&digests(&run(&scenario)), golden, "{name}: a link must mean the same for ever");
    }
}

/// Writes the second table again: only for a change of the engine that alters what a world without any new option does.
fn bless_version_1(engine: Value) {
    let digests = |preset: &Preset| {
        let link = link::decode(&format!("#v1&preset={}", preset.name)).expect("a link of version 1");
        (preset.name.to_owned(), digests(&run(&link.scenario)))
    };
    let presets: Map<_, _> = presets::ALL.iter().map(digests).collect();
    let twitter: Map<_, _> = presets::twitter::ALL.iter().map(digests).collect();
    let table = json!({ "engine": engine, "presets": presets, "twitter": twitter });
    let text = serde_json::to_string_pretty(&table).expect("a table") + "\n";
    std::fs::write(table_path().with_file_name("golden_v1.json"), text).expect("the table can be written");
}

#[test]
fn a_run_in_many_small_steps_is_the_run_in_one_go() {
    let scenario = presets::get("default").expect("the default preset").scenario();
    let (mut whole, mut steps) = (0, 0);
    let run = |stop: bool, count: &mut u32| {
        let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
        while !experiment.finished() {
            experiment.advance(Nanos::MAX, || stop);
            *count += 1;
        }
        experiment.report()
    };
    let (one, many) = (run(false, &mut whole), run(true, &mut steps));
    assert!(whole == 1 && steps > 20, "{whole} and {steps} steps");
    assert_eq!(one, many);
}
