//! `sweep` and `merge`: an experiment at every point of a grid, with many seeds, on all cores; what a cell is and how its rows
//! are written says [`experiment::sweep`](crate::experiment::sweep), as on the page.
//!
//! What stands in the output already is not run again. `--shard 3/8` runs the third eighth of the cells, one by one dealt out;
//! `merge` puts the files of all shards together, to the very bytes that one machine would have written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;
use rayon::prelude::*;
use serde_json::Value;

use super::seeds::{progress, whole_run};
use super::{Failure, input, note, parquet};
use crate::experiment::harm::numbers;
use crate::experiment::sweep::{self, Key, Rows, Vary};
use crate::phrase::Phrase;
use crate::scenario::Scenario;

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
    #[arg(long, conflicts_with_all = ["out", "parquet"])]
    csv: bool,
    /// Write all rows into this file as Parquet, too, in place of what it held; nothing is printed then. To go on where a
    /// sweep was stopped takes `--out`.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

/// Put the files of a sweep's shards together.
#[derive(Args)]
pub struct Merge {
    /// The files that `sweep --out` has written.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print CSV instead of lines of JSON.
    #[arg(long, conflicts_with = "parquet")]
    csv: bool,
    /// Write all rows into this file as Parquet, in place of what it held, instead of printing them.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

impl Sweep {
    /// Runs what is missing, and prints or writes all.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let vary = |text: &String| Vary::parse(text).map_err(|error| Failure::Input(format!("--vary {text}: {error}")));
        let grid = self.vary.iter().map(vary).collect::<Result<Vec<Vary>, _>>()?;
        let sweep = sweep::Sweep::new(scenario, grid, self.seeds).map_err(refused)?;
        let shard = shard_of(self.shard.as_deref())?;
        if let Some(file) = &self.out {
            check_regular("--out", file)?;
        }
        if let Some(file) = &self.parquet {
            parquet::check(file, self.out.as_slice())?;
        }
        // All of them, before the first one runs: what cannot be run is told at once.
        sweep.check().map_err(refused)?;
        let mine = (0..sweep.cells()).filter(|cell| cell % shard.1 == shard.0);
        let head = sweep.head().map_err(refused)?;
        let mut rows = match &self.out {
            Some(file) => read(file, Some(&head))?.1,
            None => Rows::new(),
        };
        let done: BTreeSet<Key> = rows.keys().copied().collect();
        let seeds = (0..self.seeds).map(|i| sweep.scenario().seed_of_run(i));
        let runs = seeds.flat_map(|seed| mine.clone().map(move |cell| (cell, seed)));
        let missing: Vec<Key> = runs.filter(|run| !done.contains(run)).collect();
        if !done.is_empty() {
            note(&format!("{} runs stand in the output already; {} are left", done.len(), missing.len()));
        }
        rows.extend(self.run_missing(&missing, &sweep, &head)?);
        if let Some(file) = &self.out {
            write_whole(file, &head, &rows)?;
        }
        match &self.parquet {
            Some(file) => parquet::write(file, &head, &rows),
            None if self.out.is_some() => Ok(()),
            None => print(&head, &rows, self.csv, out),
        }
    }

    /// Runs them on all cores. Each run's rows go to the file as soon as it ends, whole lines at once, so that what is there
    /// when somebody stops it is good.
    fn run_missing(&self, missing: &[Key], sweep: &sweep::Sweep, head: &Value) -> Result<Rows, Failure> {
        let scenario = sweep.scenario();
        let trace = input::trace_of(scenario)?;
        let file = self.out.as_deref().map(|path| append(path, head)).transpose()?.map(Mutex::new);
        let bar = progress(missing.len() as u64);
        let one = |&(cell, seed): &Key| {
            let at = Scenario { seed, ..sweep.at(cell).map_err(refused)? };
            let is_same = at.clients.keys == scenario.clients.keys;
            let trace = if is_same { trace.clone() } else { input::trace_of(&at)? };
            let report = whole_run(&at, trace, &format!("cell {cell}, "))?;
            let rows = sweep.rows_of(&at.titles(), &numbers(&report), (cell, seed));
            if let Some(file) = &file {
                let text: String = rows.values().map(|row| format!("{row}\n")).collect();
                let mut file = file.lock().expect("no thread panics while it writes");
                file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|error| self.unwritten(&error))?;
            }
            bar.inc(1);
            Ok(((cell, seed), rows))
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
        if let Some(file) = &self.parquet {
            parquet::check(file, &self.files)?;
        }
        let (head, rows) = read_all(&self.files)?;
        match &self.parquet {
            Some(file) => parquet::write(file, &head, &rows),
            None => print(&head, &rows, self.csv, out),
        }
    }
}

/// What is in all the files of one sweep; says if there is more to run.
pub(super) fn read_all(files: &[PathBuf]) -> Result<(Value, Rows), Failure> {
    let mut all: Option<(Value, Rows)> = None;
    for file in files {
        let (head, rows) = read(file, all.as_ref().map(|(head, _)| head))?;
        let all = &mut all.get_or_insert_with(|| (head, Rows::new())).1;
        for (key, run) in rows {
            if all.get(&key).is_some_and(|before| *before != run) {
                return Err(Failure::Input(format!("{}: {}", file.display(), differs(key))));
            }
            all.insert(key, run);
        }
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

/// A run is a pure function of the experiment: of one that stands there twice, the rows are the same.
fn differs((cell, seed): Key) -> String {
    format!(
        "cell {cell}, seed {seed} has other numbers here than before: one of the two is broken, and neither is taken"
    )
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

fn refused(why: Phrase) -> Failure {
    Failure::Input(why.to_string())
}

/// The rows of a file, and what it is. A last line that was not written to its end is none. `like`: what it must be.
fn read(file: &Path, like: Option<&Value>) -> Result<(Value, Rows), Failure> {
    let told = |what: String| Failure::Input(format!("{}: {what}", file.display()));
    // A sweep's own file is no input of its command: another time, or elsewhere, it may be read.
    let unread = |error| match like {
        Some(_) => Failure::Failed(format!("{}: cannot read it: {error}", file.display())),
        None => told(format!("cannot read it: {error}")),
    };
    let reader = match std::fs::File::open(file) {
        Ok(reader) => reader,
        // Nothing has been written yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && like.is_some_and(|like| !like.is_null()) => {
            return Ok((like.cloned().unwrap_or_default(), Rows::new()));
        }
        Err(error) => return Err(unread(error)),
    };
    let (mut head, mut rows) = (None, Rows::new());
    for (number, line) in lines_of(reader).enumerate() {
        let line = line
            .map_err(unread)?
            .ok_or_else(|| told(format!("line {} is longer than any of a sweep's", number + 1)))?;
        let Ok(value) = serde_json::from_str::<Value>(&line) else {
            note(&format!("{}: line {} is cut off, and its run is done again", file.display(), number + 1));
            continue;
        };
        let place = ["cell", "seed", "lane", "lanes"].map(|name| value[name].as_u64());
        match (place, &head) {
            ([None, ..], None) if value["sweep"].is_object() => head = Some(value),
            ([Some(cell), Some(seed), Some(lane), Some(_)], Some(_)) => {
                let run: &mut BTreeMap<u64, Value> = rows.entry((cell, seed)).or_default();
                if run.insert(lane, value.clone()).is_some_and(|before| before != value) {
                    return Err(told(differs((cell, seed))));
                }
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

/// The lines of a file, `None` for one that is too long to be a sweep's: what has no end is not read into memory.
fn lines_of(file: std::fs::File) -> impl Iterator<Item = std::io::Result<Option<String>>> {
    /// The first line holds a scenario, which is the longest there is, in bytes.
    const LINE_MAX: u64 = 16 << 20;
    let mut reader = BufReader::new(file);
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(length) if length as u64 == LINE_MAX => Some(Ok(None)),
            Ok(_) => Some(Ok(Some(String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned()))),
            Err(error) => Some(Err(error)),
        }
    })
}

/// Whether a file may be put in the place of what is there: a device or a folder must stay.
///
/// # Errors
/// When there is something else than a file.
pub(super) fn check_regular(option: &str, path: &Path) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Failure::Input(format!("{option} {} is a folder; name a file", path.display())))
        }
        Ok(found) if !found.is_file() => Err(Failure::Input(format!(
            "{option} {} is a device or a pipe; name a file: at the end the whole output takes the place of what is there",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// The file, to write at its end; with its first line, if it is new.
fn append(path: &Path, head: &Value) -> Result<std::fs::File, Failure> {
    let told = |error: std::io::Error| unwritten(path, &error);
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(told)?;
    if file.metadata().map_err(told)?.len() == 0 {
        file.write_all(format!("{head}\n").as_bytes()).map_err(told)?;
        return Ok(file);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(told)?;
    if last != *b"\n" {
        file.write_all(b"\n").map_err(told)?;
    }
    Ok(file)
}

/// The whole output in order, in place of what was written as it came.
fn write_whole(path: &Path, head: &Value, rows: &Rows) -> Result<(), Failure> {
    let told = |error: std::io::Error| unwritten(path, &error);
    let mut text = Vec::new();
    print(head, rows, false, &mut text)?;
    replace(path, &text).map_err(told)
}

/// Puts a file in place of another one. Beside it first: whoever stops it now still has the one or the other.
pub(super) fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let new = beside(path);
    std::fs::write(&new, content)?;
    std::fs::rename(&new, path)
}

/// Where a file is written before it takes the place of another one.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    new.into()
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("--out {}: {error}", path.display()))
}

fn print(head: &Value, rows: &Rows, as_csv: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let written = if as_csv { sweep::write_csv(rows, out) } else { sweep::write_lines(head, rows, out) };
    Ok(written?)
}
