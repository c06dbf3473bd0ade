//! An experiment at every point of a grid, with several seeds.
//!
//! A *cell* is a point of the grid. What a cell's run shows depends on the engine's version, the scenario and the seed, and on
//! nothing else; so cells may run in any order, on any machine or in any worker, and be put together: rows are sorted by cell,
//! seed and lane.
//!
//! ```text
//! {"sweep":{"engine":"4","scenario":"#v2&preset=default","vary":[…],"seeds":20}}       first line: what it is
//! {"cell":0,"seed":7,"cache.ttl":"1s","lane.4.write.every":"1s","lane":0,"lanes":5,"name":"Look-aside",…}
//! ```
//!
//! Who runs the cells, and where rows are kept meanwhile, is the command line's and the page's own affair.

pub mod grid;
mod vary;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

pub use self::vary::Vary;
use super::ENGINE_VERSION;
use super::harm::Numbers;
use crate::escape::shown;
use crate::phrase::{Phrase, phrase};
use crate::report::{csv, measures::MEASURES};
use crate::scenario::{Scenario, link};

/// The most runs of one sweep.
pub const RUNS_MAX: u64 = 200_000;

/// A cell and a seed.
pub type Key = (u64, u64);

/// The rows of each run, by lane.
pub type Rows = BTreeMap<Key, BTreeMap<u64, Value>>;

/// A scenario, what varies in it, and with how many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    scenario: Scenario,
    vary: Vec<Vary>,
    seeds: u32,
}

impl Sweep {
    /// Every combination of the values, with so many seeds each, from the scenario's on.
    ///
    /// # Errors
    /// When these are too many runs. Whether each cell can be run, [`check`](Sweep::check) says.
    pub fn new(scenario: Scenario, vary: Vec<Vary>, seeds: u32) -> Result<Sweep, Phrase> {
        let sweep = Sweep { scenario, vary, seeds };
        for (place, vary) in sweep.vary.iter().enumerate() {
            let field = &vary.field;
            // few: what somebody has typed
            if sweep.vary[..place].iter().any(|other| other.field == *field) {
                return Err(phrase!(
                    "{field} varies twice; give all its values in one",
                    "{field}: 두 번 지정되었습니다. 값을 한곳에 모두 쓰세요"
                ));
            }
        }
        let cells = sweep.cells();
        if cells.saturating_mul(u64::from(seeds)) > RUNS_MAX {
            return Err(phrase!(
                "--vary and --seeds make {cells} cells with {seeds} seeds each; a sweep has at most {RUNS_MAX} runs",
                "조합 {cells}개를 시드 {seeds}개씩 실행하게 됩니다. 스윕은 최대 {RUNS_MAX}회까지 실행합니다"
            ));
        }
        Ok(sweep)
    }

    /// Whether each cell can be run, and is another one than the others.
    ///
    /// # Errors
    /// Why the first one that cannot, and where it is; or two values of a field that are the same.
    pub fn check(&self) -> Result<(), Phrase> {
        (0..self.cells()).try_for_each(|cell| self.at(cell).map(|_| ()))?;
        self.check_distinct(usize::MAX).map_err(|(_, why)| why)
    }

    /// Whether no field has the same value twice, in other words: `1s` and `1000ms`. Fields of more values than `most` are passed over.
    ///
    /// # Errors
    /// Which field has, and what; or why it cannot have one of them.
    pub fn check_distinct(&self, most: usize) -> Result<(), (usize, Phrase)> {
        let mut step = self.cells();
        for (place, vary) in self.vary.iter().enumerate() {
            step /= vary.values.len() as u64;
            if vary.values.len() > most {
                continue;
            }
            let mut seen = BTreeMap::new();
            for (value, number) in vary.values.iter().zip(0..) {
                let scenario = self.at(step * number).map_err(|why| (place, why))?;
                if let Some(before) = seen.insert(scenario.to_toml(), value) {
                    let field = &vary.field;
                    let why = phrase!(
                        "{field}: {before} and {value} are the same value; keep one",
                        "{field}: {before}와(과) {value}은(는) 같은 값입니다. 하나만 남겨 주세요"
                    );
                    return Err((place, why));
                }
            }
        }
        Ok(())
    }

    /// The scenario in which something varies.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What varies; the last varies fastest.
    pub fn vary(&self) -> &[Vary] {
        &self.vary
    }

    /// With how many seeds each cell is run.
    pub fn seeds(&self) -> u32 {
        self.seeds
    }

    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        self.vary.iter().fold(1, |all, vary| all.saturating_mul(vary.values.len() as u64))
    }

    /// The scenario at a cell, with its own seed.
    ///
    /// # Errors
    /// When it cannot have these values.
    pub fn at(&self, cell: u64) -> Result<Scenario, Phrase> {
        self.put_into(&self.scenario, cell)
    }

    /// Another scenario with a cell's values.
    ///
    /// # Errors
    /// When it cannot have them.
    pub fn put_into(&self, scenario: &Scenario, cell: u64) -> Result<Scenario, Phrase> {
        let settings = self.settings(cell);
        link::with(scenario, &settings).map_err(|error| {
            let told: Vec<String> = settings.iter().map(|(field, value)| format!("{field}={value}")).collect();
            let (at, why) = (shown(&told.join(", ")).into_owned(), error.phrase());
            if let [(field, value)] = settings[..]
                && why.to_string().starts_with(&format!("{field} = {value}"))
            {
                return why; // which names both
            }
            phrase!("at {at}: {why}", "{at}: {why}", why)
        })
    }

    /// The value of each field at a cell.
    pub fn settings(&self, cell: u64) -> Vec<(&str, &str)> {
        let places = places(self.vary.iter().map(|vary| vary.values.len()), cell);
        self.vary.iter().zip(places).map(|(vary, place)| (vary.field.as_str(), vary.values[place].as_str())).collect()
    }

    /// What the sweep is: the first line of its output.
    ///
    /// # Errors
    /// When the scenario is too long for a link.
    pub fn head(&self) -> Result<Value, Phrase> {
        let link = link::encode_shortest(&self.scenario).map_err(|error| error.phrase())?;
        let vary = |vary: &Vary| json!({ "field": vary.field, "values": vary.values });
        let vary: Vec<Value> = self.vary.iter().map(vary).collect();
        Ok(json!({ "sweep": { "engine": ENGINE_VERSION, "scenario": link, "vary": vary, "seeds": self.seeds } }))
    }

    /// The rows of runs.
    ///
    /// # Errors
    /// When a cell cannot be run.
    pub fn rows(&self, runs: &BTreeMap<Key, Numbers>) -> Result<Rows, Phrase> {
        let (mut names, mut rows) = ((None, Vec::new()), Rows::new());
        for (key, numbers) in runs {
            if names.0 != Some(key.0) {
                names = (Some(key.0), self.at(key.0)?.titles());
            }
            rows.insert(*key, self.rows_of(&names.1, numbers, *key));
        }
        Ok(rows)
    }

    /// The rows of a run with these numbers, of lanes of these names.
    pub fn rows_of(&self, names: &[String], numbers: &Numbers, (cell, seed): Key) -> BTreeMap<u64, Value> {
        let lanes = names.iter().zip(numbers);
        let row = |(number, (name, values)): (u64, (&String, &[Option<f64>; MEASURES.len()]))| {
            let mut row = Map::new();
            row.insert("cell".to_owned(), json!(cell));
            row.insert("seed".to_owned(), json!(seed));
            row.extend(self.settings(cell).into_iter().map(|(field, value)| (field.to_owned(), json!(value))));
            row.insert("lane".to_owned(), json!(number));
            row.insert("lanes".to_owned(), json!(names.len()));
            row.insert("name".to_owned(), json!(name));
            row.extend(MEASURES.iter().zip(values).map(|(measure, value)| (measure.name.to_owned(), json!(value))));
            (number, Value::Object(row))
        };
        (0..).zip(lanes).map(row).collect()
    }
}

/// Which value each field has at a cell, of so many: the last field's varies fastest.
pub fn places(counts: impl DoubleEndedIterator<Item = usize>, cell: u64) -> Vec<usize> {
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

/// All rows in order, a line of JSON each, under what they are.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_lines(head: &Value, rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{head}")?;
    rows.values().flat_map(BTreeMap::values).try_for_each(|row| writeln!(out, "{row}"))
}

/// The same as CSV.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_csv(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    let mut named = false;
    for row in rows.values().flat_map(BTreeMap::values).filter_map(Value::as_object) {
        if !named {
            named = true;
            out.write_all(csv::line(row.keys().map(String::as_str)).as_bytes())?;
        }
        let cells: Vec<String> = row.values().map(csv_cell).collect();
        out.write_all(csv::line(cells.iter().map(String::as_str)).as_bytes())?;
    }
    Ok(())
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv::text_cell(text),
        // As the other commands print them: a count has no decimals.
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}
