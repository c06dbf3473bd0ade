//! `--seeds`: what many runs say is what they say one by one, lanes are compared run by run, and the worst run is one of them.

use serde_json::Value;

use crate::cli::printed;

const SHORT: [&str; 2] = ["--set=duration=8s", "--set=fault.0.at=4s"];

fn told(args: &[&str]) -> Value {
    let text = printed(&[args, &SHORT, &["--json"]].concat(), "");
    serde_json::from_str(&text).expect("JSON")
}

/// The spread of a measure of a lane.
fn spread<'a>(told: &'a Value, lane: usize, measure: &str) -> &'a Value {
    let all = told["lanes"][lane]["measures"].as_array().expect("measures");
    all.iter().find(|one| one["name"] == measure).expect("the measure")
}

#[test]
fn the_mean_of_many_seeds_is_that_of_the_runs_one_by_one_and_so_is_the_difference_of_two_lanes() {
    let many = told(&["compare", "default", "--seeds", "4", "--seed", "21", "--against", "Write-through"]);
    assert_eq!((&many["seeds"]["first"], &many["seeds"]["count"]), (&21.into(), &4.into()));
    let single: Vec<Value> = (21..25).map(|seed| told(&["compare", "default", "--seed", &seed.to_string()])).collect();
    let lost: Vec<f64> = single.iter().map(|run| run["lanes"][4]["ever_lost"].as_f64().expect("a count")).collect();
    let told_lost = spread(&many, 4, "ever_lost");
    assert_eq!(told_lost["mean"].as_f64(), Some(lost.iter().sum::<f64>() / 4.0));
    assert_eq!(told_lost["max"].as_f64(), lost.iter().copied().reduce(f64::max));
    // The two lanes differ by far less from run to run than either of them does.
    let reads = |run: &Value, lane: usize| run["lanes"][lane]["database"]["reads"].as_f64().expect("a count");
    let differences: Vec<f64> = single.iter().map(|run| reads(run, 4) - reads(run, 3)).collect();
    let more = &spread(&many, 4, "database_reads")["more_than"];
    assert_eq!(
        (more["lane"].as_str(), more["mean"].as_f64()),
        (Some("Write-through"), Some(differences.iter().sum::<f64>() / 4.0))
    );
    assert!(spread(&many, 3, "database_reads")["more_than"].is_null(), "a lane is no more than itself");
}

#[test]
fn the_worst_run_is_a_link_that_does_the_same_again() {
    let many = told(&["compare", "default", "--seeds", "5"]);
    let worst = &many["worst"];
    assert_eq!((worst["measure"].as_str(), worst["lane"].as_str()), (Some("ever_lost"), Some("Write-back")));
    assert_eq!(worst["value"], spread(&many, 4, "ever_lost")["max"]);
    let again = printed(&["compare", worst["link"].as_str().expect("a link"), "--json"], "");
    let again: Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!((again["lanes"][4]["ever_lost"].as_f64(), &again["seed"]), (worst["value"].as_f64(), &worst["seed"]));
}

#[test]
fn a_table_says_which_differences_may_be_luck_and_csv_has_a_row_for_each_lane_and_measure() {
    let text = printed(&[&["compare", "default", "--seeds", "3"][..], &SHORT].concat(), "");
    assert!(
        text.contains("3 seeds from 7") && text.contains("more than Look-aside") && text.contains("may be luck"),
        "{text}"
    );
    assert!(text.contains("worst: seed ") && text.contains("#v2&"), "{text}");
    let csv = printed(&[&["run", "default", "--lane", "Write-back", "--seeds", "3", "--csv"][..], &SHORT].concat(), "");
    let mut lines = csv.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("lane,measure,runs,mean,low,high")));
    assert!(lines.all(|line| line.starts_with("Write-back,") && line.split(',').count() == 13), "{csv}");
}

#[test]
fn figures_of_many_seeds_have_a_band_behind_each_lane_and_those_of_one_run_have_none() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("seeds-bands");
    let drawn = |seeds: &[&str], name: &str| {
        let folder = folder.join(seeds.len().to_string());
        let svg = format!("--svg={}", folder.display());
        printed(&[&["compare", "default", &svg][..], &SHORT, seeds].concat(), "");
        std::fs::read_to_string(folder.join(name)).expect("the picture")
    };
    // Where nobody looks up for a while, a band is in two pieces.
    let bands = |svg: &str| {
        let pieces = svg.split("<polygon opacity=\"0.13\" fill=\"").skip(1).map(|rest| rest[..7].to_owned());
        pieces.collect::<std::collections::BTreeSet<String>>().len()
    };
    let (one, many) = (drawn(&[], "hits.svg"), drawn(&["--seeds", "3"], "hits.svg"));
    assert_eq!((bands(&one), bands(&many)), (0, 5), "a band for each lane");
    assert!(many.contains("band: least to greatest of 3 seeds") && !one.contains("band:"), "{many}");
    // A figure of which nothing is kept has none.
    assert_eq!(bands(&drawn(&["--seeds", "3"], "db-reads.svg")), 0);
    // What is printed beside is what is printed without.
    let with = printed(
        &[&["compare", "default", "--seeds", "3", "--svg", &folder.display().to_string()][..], &SHORT].concat(),
        "",
    );
    assert_eq!(with, printed(&[&["compare", "default", "--seeds", "3"][..], &SHORT].concat(), ""));
}

/// The page's many seeds are compared with this file, to the byte (tests/browser/seeds.test.mjs).
/// `CACHELANE_BLESS=1 cargo test seeds` writes it again.
#[test]
fn what_the_page_is_compared_with_is_what_is_printed() {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/seeds.json");
    let now = printed(&[&["compare", "default", "--seeds", "20", "--json"][..], &SHORT].concat(), "");
    if std::env::var_os("CACHELANE_BLESS").is_some() {
        std::fs::write(&path, &now).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), now, "what many seeds say has changed");
}
