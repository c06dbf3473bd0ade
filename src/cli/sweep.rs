//! `sweep` and `merge`: an experiment at every point of a grid, with many seeds.
//!
//! A *cell* is a point of the grid. What a cell's run shows depends on the engine's version, the scenario and the seed, and on
//! nothing else; so cells may run in any order, on any machine, and be put together: rows are sorted by cell, seed and lane.
//!
//! ```text
//! sweep default --vary cache.ttl=1s..60s/log10 --vary lane.4.write.every=1s,5s --seeds 20 --out ttl.jsonl
//!
//! {"sweep":{"engine":"4","scenario":"#v2&preset=default","vary":[…],"seeds":20}}       first line: what it is
//! {"cell":0,"seed":7,"cache.ttl":"1s","lane.4.write.every":"1s","lane":0,"lanes":5,"name":"Look-aside",…}
//! ```
//!
//! What stands in the output already is not run again. `--shard 3/8` runs the third eighth of the cells, one by one dealt out;
//! `merge` puts the files of all shards together, to the very bytes that one machine would have written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::grid::{Vary, values_of};
use super::seeds::{progress, whole_run};
use super::{Failure, input, note};
use crate::escape::shown;
use crate::experiment::ENGINE_VERSION;
use crate::report::{LaneReport, Report, csv, measures::MEASURES};
use crate::scenario::{Scenario, link};

/// The most runs of one sweep.
const RUNS_MAX: u64 = 200_000;

/// Run an experiment at every point of a grid, with several seeds: a row of JSON for each cell, seed and lane.
#[derive(Args)]
pub struct Sweep {
    #[command(flatten)]
    source: input::Source,
    /// A field and its values: cache.ttl=1s,5s,20s, or cache.ttl=1s..60s/log10 (ten values, each as many times the one before;
    /// /lin10: evenly). Several make a grid.
    #[arg(long, value_name = "FIELD=VALUES", required = true)]
    vary: Vec<String>,
    /// With so many seeds each, from the scenario's on.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    seeds: u32,
    /// Run only shard I of N (from 1): every N-th cell.
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Write into this file as runs end. What stands there already is not run again.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print CSV instead of lines of JSON.
    #[arg(long, conflicts_with = "out")]
    csv: bool,
}

/// Put the files of a sweep's shards together.
#[derive(Args)]
pub struct Merge {
    /// The files that `sweep --out` has written.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print CSV instead of lines of JSON.
    #[arg(long)]
    csv: bool,
}

/// A cell and a seed.
pub(super) type Key = (u64, u64);

/// The rows of each run, by lane.
pub(super) type Rows = BTreeMap<Key, BTreeMap<u64, Value>>;

impl Sweep {
    /// Runs what is missing, and prints or writes all.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let grid =
            self.vary.iter().map(|text| values_of(text).map_err(Failure::Input)).collect::<Result<Vec<Vary>, _>>()?;
        let cells: u64 = grid.iter().fold(1, |all, vary| all.saturating_mul(vary.values.len() as u64));
        if cells.saturating_mul(u64::from(self.seeds)) > RUNS_MAX {
            let told = format!(
                "--vary and --seeds make {cells} cells with {} seeds each; a sweep has at most {RUNS_MAX} runs",
                self.seeds
            );
            return Err(Failure::Input(told));
        }
        let shard = shard_of(self.shard.as_deref())?;
        // All of them, before the first one runs: what cannot be run is told at once.
        (0..cells).try_for_each(|cell| at(&scenario, &grid, cell).map(|_| ()))?;
        let mine = (0..cells).filter(|cell| cell % shard.1 == shard.0);
        let head = self.head(&scenario, &grid)?;
        let mut rows = match &self.out {
            Some(file) => read(file, Some(&head))?.1,
            None => Rows::new(),
        };
        let done: BTreeSet<Key> = rows.keys().copied().collect();
        let seeds = (0..self.seeds).map(|i| scenario.seed_of_run(i));
        let runs = seeds.flat_map(|seed| mine.clone().map(move |cell| (cell, seed)));
        let missing: Vec<Key> = runs.filter(|run| !done.contains(run)).collect();
        if !done.is_empty() {
            note(&format!("{} runs stand in the output already; {} are left", done.len(), missing.len()));
        }
        rows.extend(self.run_missing(&missing, (&scenario, &grid), &head)?);
        match &self.out {
            Some(file) => write_whole(file, &head, &rows),
            None => print(&head, &rows, self.csv, out),
        }
    }

    /// What the sweep is: the first line of its output.
    fn head(&self, scenario: &Scenario, grid: &[Vary]) -> Result<Value, Failure> {
        let link = link::encode_shortest(scenario).map_err(|error| Failure::Input(error.to_string()))?;
        let vary: Vec<Value> = grid.iter().map(|vary| json!({ "field": vary.field, "values": vary.values })).collect();
        Ok(json!({ "sweep": { "engine": ENGINE_VERSION, "scenario": link, "vary": vary, "seeds": self.seeds } }))
    }

    /// Runs them on all cores. Each run's rows go to the file as soon as it ends, whole lines at once, so that what is there
    /// when somebody stops it is good.
    fn run_missing(
        &self,
        missing: &[Key],
        (scenario, grid): (&Scenario, &[Vary]),
        head: &Value,
    ) -> Result<Rows, Failure> {
        let trace = input::trace_of(scenario)?;
        let file = self.out.as_deref().map(|path| append(path, head)).transpose()?.map(Mutex::new);
        let bar = progress(missing.len() as u64);
        let one = |(cell, seed): &Key| {
            let at = Scenario { seed: *seed, ..at(scenario, grid, *cell)? };
            let is_same = at.clients.keys == scenario.clients.keys;
            let trace = if is_same { trace.clone() } else { input::trace_of(&at)? };
            let report = whole_run(&at, trace, &format!("cell {cell}, "))?;
            let rows = rows_of(&report, grid, (*cell, *seed));
            if let Some(file) = &file {
                let text: String = rows.values().map(|row| format!("{row}\n")).collect();
                let mut file = file.lock().expect("no thread panics while it writes");
                file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|error| self.unwritten(&error))?;
            }
            bar.inc(1);
            Ok(((*cell, *seed), rows))
        };
        let rows: Result<Rows, Failure> = missing.par_iter().map(one).collect();
        bar.finish_and_clear();
        rows
    }

    fn unwritten(&self, error: &std::io::Error) -> Failure {
        unwritten(self.out.as_deref().unwrap_or_else(|| Path::new("-")), error)
    }
}

impl Merge {
    /// Prints all rows in order.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let (head, rows) = read_all(&self.files)?;
        print(&head, &rows, self.csv, out)
    }
}

/// What is in all the files of one sweep; says if there is more to run.
pub(super) fn read_all(files: &[PathBuf]) -> Result<(Value, Rows), Failure> {
    let mut all: Option<(Value, Rows)> = None;
    for file in files {
        let (head, rows) = read(file, all.as_ref().map(|(head, _)| head))?;
        all.get_or_insert_with(|| (head, Rows::new())).1.extend(rows);
    }
    let (head, rows) = all.expect("there is a file");
    let wanted = head["sweep"]["vary"].as_array().map_or(0, |vary| {
        vary.iter().map(|vary| vary["values"].as_array().map_or(0, Vec::len) as u64).product::<u64>()
    }) * head["sweep"]["seeds"].as_u64().unwrap_or(0);
    if (rows.len() as u64) < wanted {
        note(&format!("{} of {wanted} runs are there; the others have still to be run", rows.len()));
    }
    Ok((head, rows))
}

/// `2/8` as the number of the shard, from 0, and how many there are.
fn shard_of(text: Option<&str>) -> Result<(u64, u64), Failure> {
    let Some(text) = text else { return Ok((0, 1)) };
    let pair =
        text.split_once('/').and_then(|(i, n)| Some((i.trim().parse::<u64>().ok()?, n.trim().parse::<u64>().ok()?)));
    match pair {
        Some((i, n)) if (1..=n).contains(&i) => Ok((i - 1, n)),
        _ => Err(Failure::Input(format!("--shard {text}: write I/N, with I from 1 to N, such as 1/8"))),
    }
}

/// The scenario at a cell: the last field varies fastest.
fn at(scenario: &Scenario, grid: &[Vary], cell: u64) -> Result<Scenario, Failure> {
    let settings = settings(grid, cell);
    link::with(scenario, &settings).map_err(|error| {
        let told: Vec<String> = settings.iter().map(|(field, value)| format!("{field}={value}")).collect();
        Failure::Input(format!("at {}: {error}", shown(&told.join(", "))))
    })
}

/// The value of each field at a cell.
fn settings(grid: &[Vary], cell: u64) -> Vec<(&str, &str)> {
    let places = places(grid.iter().map(|vary| vary.values.len()), cell);
    grid.iter().zip(places).map(|(vary, place)| (vary.field.as_str(), vary.values[place].as_str())).collect()
}

/// Which value each field has at a cell, of so many: the last field's varies fastest.
pub(super) fn places(counts: impl DoubleEndedIterator<Item = usize>, cell: u64) -> Vec<usize> {
    let mut left = cell;
    let place = |count: usize| {
        let place = left % count as u64;
        left /= count as u64;
        place as usize
    };
    let mut places: Vec<usize> = counts.rev().map(place).collect();
    places.reverse();
    places
}

fn rows_of(report: &Report, grid: &[Vary], (cell, seed): Key) -> BTreeMap<u64, Value> {
    let row = |(number, lane): (u64, &LaneReport)| {
        let mut row = Map::new();
        row.insert("cell".to_owned(), json!(cell));
        row.insert("seed".to_owned(), json!(seed));
        row.extend(settings(grid, cell).into_iter().map(|(field, value)| (field.to_owned(), json!(value))));
        row.insert("lane".to_owned(), json!(number));
        row.insert("lanes".to_owned(), json!(report.lanes.len()));
        row.insert("name".to_owned(), json!(lane.name));
        row.extend(MEASURES.iter().map(|measure| (measure.name.to_owned(), json!((measure.of)(lane)))));
        (number, Value::Object(row))
    };
    (0..).zip(&report.lanes).map(row).collect()
}

/// The rows of a file, and what it is. A last line that was not written to its end is none. `like`: what it must be.
fn read(file: &Path, like: Option<&Value>) -> Result<(Value, Rows), Failure> {
    let told = |what: String| Failure::Input(format!("{}: {what}", file.display()));
    let reader = match std::fs::File::open(file) {
        Ok(reader) => reader,
        // Nothing has been written yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && like.is_some_and(|like| !like.is_null()) => {
            return Ok((like.cloned().unwrap_or_default(), Rows::new()));
        }
        Err(error) => return Err(told(format!("cannot read it: {error}"))),
    };
    let (mut head, mut rows) = (None, Rows::new());
    for (number, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(|error| told(format!("cannot read it: {error}")))?;
        let Ok(value) = serde_json::from_str::<Value>(&line) else {
            note(&format!("{}: line {} is cut off, and its run is done again", file.display(), number + 1));
            continue;
        };
        let place = ["cell", "seed", "lane", "lanes"].map(|name| value[name].as_u64());
        match (place, &head) {
            ([None, ..], None) if value["sweep"].is_object() => head = Some(value),
            // Of a run that stands there twice, the rows are the same.
            ([Some(cell), Some(seed), Some(lane), Some(_)], Some(_)) => {
                rows.entry((cell, seed)).or_default().insert(lane, value);
            }
            _ => return Err(told(format!("line {} is none of a sweep's", number + 1))),
        }
    }
    let Some(head) = head else {
        return like.map_or_else(|| Err(told("it is empty".to_owned())), |like| Ok((like.clone(), Rows::new())));
    };
    if like.is_some_and(|like| *like != head) {
        return Err(told("it holds another sweep (another scenario, grid, number of seeds or engine)".to_owned()));
    }
    // A run of which some rows are missing is done again.
    rows.retain(|_, run| run.values().all(|row| row["lanes"].as_u64() == Some(run.len() as u64)));
    Ok((head, rows))
}

/// The file, to write at its end; with its first line, if it is new.
fn append(path: &Path, head: &Value) -> Result<std::fs::File, Failure> {
    let told = |error: std::io::Error| unwritten(path, &error);
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(told)?;
    let text = std::fs::read(path).map_err(told)?;
    if text.is_empty() {
        file.write_all(format!("{head}\n").as_bytes()).map_err(told)?;
    } else if text.last() != Some(&b'\n') {
        file.write_all(b"\n").map_err(told)?;
    }
    Ok(file)
}

/// The whole output in order, in place of what was written as it came.
fn write_whole(path: &Path, head: &Value, rows: &Rows) -> Result<(), Failure> {
    let told = |error: std::io::Error| unwritten(path, &error);
    let mut text = Vec::new();
    print(head, rows, false, &mut text)?;
    // Beside it first: whoever stops it now still has the one or the other.
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    std::fs::write(&new, text).map_err(told)?;
    std::fs::rename(&new, path).map_err(told)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("--out {}: {error}", path.display()))
}

fn print(head: &Value, rows: &Rows, as_csv: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let all = rows.values().flat_map(BTreeMap::values);
    if !as_csv {
        writeln!(out, "{head}")?;
        for row in all {
            writeln!(out, "{row}")?;
        }
        return Ok(());
    }
    let mut named = false;
    for row in all.filter_map(Value::as_object) {
        if !named {
            named = true;
            out.write_all(csv::line(row.keys().map(String::as_str)).as_bytes())?;
        }
        let cells: Vec<String> = row.values().map(cell).collect();
        out.write_all(csv::line(cells.iter().map(String::as_str)).as_bytes())?;
    }
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv::text_cell(text),
        // As the other commands print them: a count has no decimals.
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}
