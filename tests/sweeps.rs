//! `sweep` and `merge`: every cell of the grid is run once, wherever and however often it is begun, and the whole is the same to
//! the byte.

use std::path::PathBuf;

use crate::cli::{cachelane, printed, refused};

const GRID: [&str; 10] = [
    "default",
    "--set=duration=6s",
    "--set=fault.0.at=3s",
    "--vary",
    "cache.ttl=1s..9s/log3",
    "--vary",
    "lane.4.write.every=1s,2s",
    "--seeds",
    "2",
    "--seed=5",
];

fn sweep(more: &[&str]) -> String {
    printed(&[&["sweep"][..], &GRID, more].concat(), "")
}

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sweeps");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    let _ = std::fs::remove_file(&path); // of an earlier run
    path
}

#[test]
fn shards_put_together_are_what_one_machine_would_have_written() {
    let whole = sweep(&[]);
    assert_eq!(whole.lines().count(), 1 + 3 * 2 * 2 * 5, "a row for each cell, seed and lane");
    let files: Vec<String> = (1..=3).map(|i| file(&format!("shard{i}.jsonl")).display().to_string()).collect();
    for (i, path) in files.iter().enumerate() {
        let output =
            cachelane(&[&["sweep"][..], &GRID, &["--shard", &format!("{}/3", i + 1), "--out", path]].concat(), "");
        assert!(output.status.success() && output.stdout.is_empty());
    }
    let names: Vec<&str> = files.iter().rev().map(String::as_str).collect();
    assert_eq!(printed(&[&["merge"][..], &names].concat(), ""), whole);
    let missing = cachelane(&["merge", names[0], names[1]], "");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("8 of 12 runs are there"), "{missing:?}");
}

#[test]
fn files_that_contradict_each_other_are_not_put_together() {
    let (good, bad) = (file("good.jsonl"), file("forged.jsonl"));
    let whole = sweep(&[]);
    let row = whole.lines().nth(1).expect("a row");
    let forged = row.replacen("\"requests\":", "\"requests\":1", 1);
    assert_ne!(row, forged);
    std::fs::write(&good, &whole).expect("a file");
    let names = [&good, &bad].map(|path| path.display().to_string());
    // In another file, and in the same.
    for text in [whole.replacen(row, &forged, 1), format!("{whole}{forged}\n")] {
        std::fs::write(&bad, text).expect("a file");
        for order in [[&names[0], &names[1]], [&names[1], &names[0]]] {
            let error = refused(&["merge", order[0], order[1]], "", 2);
            assert!(error.contains("cell 0, seed ") && error.contains("has other numbers here than before"), "{error}");
        }
    }
    assert_eq!(printed(&["merge", &names[0], &names[0]], ""), whole, "the same twice is no contradiction");
}

#[test]
fn what_was_killed_goes_on_where_it_was_and_repeats_nothing() {
    let path = file("killed.jsonl");
    let name = path.display().to_string();
    let whole = sweep(&[]);
    // Killed in the middle of its seventh run's rows.
    std::fs::write(&path, &whole[..whole.lines().take(1 + 33).map(|line| line.len() + 1).sum::<usize>() - 20])
        .expect("a file");
    let output = cachelane(&[&["sweep"][..], &GRID, &["--out", &name]].concat(), "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("6 runs stand in the output already; 6 are left"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), whole);
    // Killed twice in the same run, which then stands there in part and whole.
    let (head, first) = (whole.lines().next().expect("a head"), whole.lines().skip(1).take(5).collect::<Vec<_>>());
    std::fs::write(&path, format!("{head}\n{}\n{}\n{}\n", first[0], first[1], first.join("\n"))).expect("a file");
    let output = cachelane(&[&["sweep"][..], &GRID, &["--out", &name]].concat(), "");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("1 runs stand in the output already; 11 are left"),
        "{output:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), whole);
    let again = cachelane(&[&["sweep"][..], &GRID, &["--out", &name]].concat(), "");
    assert!(String::from_utf8_lossy(&again.stderr).contains("12 runs stand in the output already; 0 are left"));
    let other = cachelane(&["sweep", "default", "--vary", "cache.ttl=1s,2s", "--out", &name], "");
    let told = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && told.contains("holds another sweep"), "{told}");
}

#[test]
fn a_parquet_file_has_the_rows_of_the_lines_of_json() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let (path, lines) = (file("rows.parquet"), file("rows.jsonl"));
    let (name, lines) = (path.display().to_string(), lines.display().to_string());
    let whole = sweep(&[]);
    assert_eq!(sweep(&["--parquet", &name]), "", "the file is what is asked for");
    let content = std::fs::read(&path).expect("the file");
    let reader = SerializedFileReader::new(std::fs::File::open(&path).expect("the file")).expect("a Parquet file");
    let about = reader.metadata().file_metadata().key_value_metadata().expect("metadata");
    assert_eq!(about[0].value.as_deref(), whole.lines().next(), "what the sweep is");
    let mut told = whole.lines().skip(1);
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let json: serde_json::Value = serde_json::from_str(told.next().expect("as many rows")).expect("a row of JSON");
        let json = json.as_object().expect("names and values");
        assert_eq!(row.len(), json.len());
        for ((name, field), (wanted_name, wanted)) in row.get_column_iter().zip(json) {
            let same = match field {
                Field::Null => wanted.is_null(),
                Field::Long(n) => wanted.as_i64() == Some(*n),
                Field::Double(n) => wanted.as_f64() == Some(*n),
                Field::Str(text) => wanted.as_str() == Some(text),
                _ => false,
            };
            assert!(name == wanted_name && same, "{name} = {field:?}, and {wanted_name} = {wanted} in JSON");
        }
    }
    assert_eq!(told.next(), None);
    // The same by way of lines that can be gone on with.
    assert_eq!(sweep(&["--out", &lines]), "");
    assert_eq!(printed(&["merge", &lines, "--parquet", &name], ""), "");
    assert!(std::fs::read(&path).expect("the file") == content, "the same bytes");
    let output = cachelane(&["merge", &lines, "--parquet", "/nowhere/rows.parquet"], "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && told.contains("--parquet /nowhere/rows.parquet: "), "{told}");
    // Nothing else is overwritten.
    let before = std::fs::read(&lines).expect("the file");
    for args in [&["merge", &lines][..], &[&["sweep"][..], &GRID, &["--out", &lines]].concat()] {
        let output = cachelane(&[args, &["--parquet", &lines]].concat(), "");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains("holds the rows of JSON"), "{told}");
    }
    assert!(std::fs::read(&lines).expect("the file") == before);
}

#[test]
fn a_row_says_what_was_varied_and_what_came_of_it() {
    let csv = sweep(&["--csv"]);
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .is_some_and(|head| head.starts_with("cell,seed,cache.ttl,lane.4.write.every,lane,lanes,name,ever_lost,"))
    );
    assert!(lines.next().is_some_and(|row| row.starts_with("0,5,1s,1s,0,5,Look-aside,")), "{csv}");
    assert!(csv.lines().last().is_some_and(|row| row.starts_with("5,6,9s,2s,4,5,Write-back,")), "{csv}");
}

#[test]
fn what_cannot_be_swept_is_told_before_anything_runs() {
    for (args, told) in [
        (&["--vary", "cache.tll=1s,2s"][..], "cache.tll"),
        (&["--vary", "cache.ttl=1s..9s"], "LOW..HIGH/logN"),
        (&["--vary", "cache.capacity=0,10"], "error: cache.capacity = 0:"),
        (&["--vary", "cache.capacity=1..9999/lin9999", "--seeds", "1000"], "at most 200000 runs"),
        (&["--vary", "cache.ttl=1s,2s", "--vary", "cache.ttl=3s"], "cache.ttl varies twice"),
        (
            &["--vary", "cache.capacity=5,9", "--vary", "cache.ttl=1s,2s,1000ms"],
            "cache.ttl: 1s and 1000ms are the same",
        ),
        (&["--vary", "clients.write_ratio=0.5,50%"], "clients.write_ratio: 0.5 and 50% are the same value"),
        (&["--vary", "seed=1,2"], "--vary seed=1,2: for other seeds there is --seeds"),
        (&["--vary", "name=a,b"], "--vary name=a,b: the name of a scenario changes nothing"),
        (&["--vary", "cache.ttl=1s,2s", "--shard", "4/3"], "--shard 4/3"),
    ] {
        let output = cachelane(&[&["sweep", "default"][..], args].concat(), "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(2) && error.contains(told) && output.stdout.is_empty(),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn cells_may_have_different_numbers_of_lanes() {
    let path = file("lanes.jsonl");
    let name = path.display().to_string();
    let args =
        ["sweep", "default", "--set=duration=4s", "--set=fault.count=0", "--vary", "lane.count=2,5", "--out", &name];
    assert!(cachelane(&args, "").status.success());
    let whole = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(whole.lines().count(), 1 + 2 + 5);
    let again = cachelane(&args, "");
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("2 runs stand in the output already; 0 are left"),
        "{again:?}"
    );
    assert_eq!(printed(&["merge", &name], ""), whole);
}

#[test]
fn a_sweep_is_drawn_as_lines_as_heat_maps_and_as_what_nothing_beats() {
    let path = file("drawn.jsonl");
    std::fs::write(&path, sweep(&[])).expect("a file");
    let name = path.display().to_string();
    let told = |args: &[&str]| printed(&[&["chart", &name][..], args].concat(), "");
    let heat = told(&["--measure", "read_p99_ms"]);
    assert!(
        heat.starts_with("<svg") && heat.matches("fill-opacity").count() == 5 * 3 * 2,
        "a surface for each lane and cell"
    );
    let lines = told(&["--measure", "ever_lost", "--at", "lane.4.write.every=1s"]);
    assert!(lines.contains("ever_lost against cache.ttl") && lines.contains("Write-back"), "{lines}");
    // What stands in the picture are the means of the seeds.
    let cells: serde_json::Value = serde_json::from_str(&told(&["--measure", "ever_lost", "--json"])).expect("JSON");
    let rows: Vec<serde_json::Value> =
        sweep(&[]).lines().skip(1).map(|row| serde_json::from_str(row).expect("a row")).collect();
    for cell in cells["cells"].as_array().expect("cells") {
        let same = |row: &&serde_json::Value| {
            ["name", "cache.ttl", "lane.4.write.every"].iter().all(|key| row[key] == cell[key])
        };
        let lost: Vec<f64> = rows.iter().filter(same).map(|row| row["ever_lost"].as_f64().expect("a count")).collect();
        assert_eq!(lost.len(), 2);
        assert_eq!(cell["ever_lost"]["mean"].as_f64(), Some((lost[0] + lost[1]) / 2.0), "{cell}");
    }
    // A point is beaten by one that is nowhere more and somewhere less, unless that one fails more.
    let points: serde_json::Value =
        serde_json::from_str(&told(&["--frontier", "read_p99_ms,database_reads,ever_lost", "--json"])).expect("JSON");
    let all: Vec<([f64; 3], f64, bool)> = points["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| {
            let value = |name: &str| point[name].as_f64().expect("a number");
            let values = ["read_p99_ms", "database_reads", "ever_lost"].map(value);
            (values, value("failed_share"), point["beaten"].as_bool().expect("a flag"))
        })
        .collect();
    assert!(all.len() == 30 && all.iter().any(|(.., beaten)| !beaten) && all.iter().any(|(.., beaten)| *beaten));
    for (point, failed, beaten) in &all {
        let beats = |(other, fails, _): &([f64; 3], f64, bool)| {
            other != point && *fails <= failed + 0.001 && other.iter().zip(point).all(|(a, b)| a <= b)
        };
        assert_eq!(*beaten, all.iter().any(beats), "{point:?}");
    }
    assert_more_hits_are_better(&told(&["--frontier", "hit_ratio,read_p99_ms", "--json"]));
    let said = |args: &[&str]| refused(&[&["chart", &name][..], args].concat(), "", 2);
    for (args, part) in [
        (&["--measure", "p99"][..], "there are ever_lost"),
        (&["--measure", "cost"], "no lane has such a number"),
        (&["--measure", "errors", "--at", "cache.ttl=2s"], "it has the values 1s, 3s, 9s"),
        (&["--measure", "errors", "--at", "seed=2"], "it does not vary"),
        (&["--frontier", "errors,read_p99_ms,goodput"], "more of this is better"),
        (&["--frontier", "errors"], "two or three"),
    ] {
        let told = said(args);
        assert!(told.contains(part), "{args:?}: {told}");
    }
}

#[test]
fn lanes_that_nothing_varies_are_no_part_of_a_trade() {
    let path = file("fixed.jsonl");
    let args = [
        "sweep",
        "default",
        "--vary",
        "lane.4.write.every=1s,5s",
        "--set",
        "duration=6s",
        "--set",
        "fault.0.at=3s",
        "--seeds",
        "1",
        "--out",
    ];
    printed(&[&args[..], &[path.to_str().expect("a path")]].concat(), "");
    let name = path.display().to_string();
    let frontier = |file: &str| cachelane(&["chart", file, "--frontier", "read_p99_ms,rows_written", "--json"], "");
    let told = frontier(&name);
    let points: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let points = points["points"].as_array().expect("points");
    assert!(points.len() == 2 && points.iter().all(|point| point["name"] == "Write-back"), "{points:#?}");
    let errors = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(errors.contains("Look-aside") && errors.contains("no field that varies changes it"), "{errors}");
}

/// Of a hit ratio more is better, of a latency less.
fn assert_more_hits_are_better(printed: &str) {
    let points: serde_json::Value = serde_json::from_str(printed).expect("JSON");
    let of = |point: &serde_json::Value, name: &str| point[name].as_f64().expect("a number");
    let cost = |point: &serde_json::Value| [-of(point, "hit_ratio"), of(point, "read_p99_ms")];
    let all = points["points"].as_array().expect("points");
    for point in all {
        let beats = |other: &serde_json::Value| {
            let fails = of(other, "failed_share") <= of(point, "failed_share") + 0.001;
            let pairs = || cost(other).into_iter().zip(cost(point));
            fails && pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
        };
        assert_eq!(point["beaten"], all.iter().any(beats), "{point}");
    }
}

/// The page's sweep is compared with these files, to the byte (tests/browser/sweep.test.mjs). `CACHELANE_BLESS=1 cargo test sweeps`
/// writes them again.
#[test]
fn what_the_page_is_compared_with_is_what_is_printed() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let short = ["sweep", "default", "--set=duration=6s", "--set=fault.0.at=3s", "--vary=cache.ttl=1s..9s/log3"];
    let chart = |rows: &str, measure: &str| {
        let path = file(&format!("{measure}.jsonl"));
        std::fs::write(&path, rows).expect("a file");
        printed(&["chart", &path.display().to_string(), "--measure", measure], "")
    };
    let rows = printed(&[&short[..], &["--seeds", "3"]].concat(), "");
    let grid = printed(&[&short[..], &["--vary=lane.4.write.every=1s,2s"]].concat(), "");
    for (name, now) in [
        ("sweep.svg", chart(&rows, "ever_lost")),
        ("sweep-grid.svg", chart(&grid, "read_p99_ms")),
        ("sweep.jsonl", rows),
    ] {
        let path = data.join(name);
        if std::env::var_os("CACHELANE_BLESS").is_some() {
            std::fs::write(&path, &now).expect("the file can be written");
        }
        assert!(std::fs::read_to_string(&path).expect("the file is there") == now, "{name}: it has changed");
    }
}

#[test]
fn what_has_no_end_is_not_read_and_a_device_is_not_replaced() {
    for (args, part) in [
        (&["sweep", "default", "--vary", "cache.ttl=1s", "--out", "/dev/full"][..], "is a device or a pipe"),
        (&["sweep", "default", "--vary", "cache.ttl=1s", "--out", env!("CARGO_TARGET_TMPDIR")], "is a folder"),
        (&["sweep", "default", "--vary", "cache.ttl=1s", "--parquet", "/dev/null"], "is a device or a pipe"),
        (&["merge", "/dev/zero"], "line 1 is longer"),
        (&["chart", "/dev/zero", "--measure", "errors"], "line 1 is longer"),
        (&["run", "/dev/zero"], "and a scenario is not"),
        (&["check", "/dev/zero"], "and a scenario is not"),
    ] {
        // `check` answers with 1 that something is wrong.
        let said = refused(args, "", if args[0] == "check" { 1 } else { 2 });
        assert!(said.contains(part), "{args:?}: {said}");
    }
}
