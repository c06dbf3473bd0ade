//! `chart`: a sweep as a picture: lines, heat maps, or what nothing beats in several measures at once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::sweep::{self, Rows};
use super::{Failure, note};
use crate::chart::grid::{self, Cells, Dot, Measure, Varied};
use crate::report::measures::MEASURES;
use crate::scenario::link;
use crate::stats::Spread;

/// Draw a sweep as SVG: one field that varies as lines with the interval of the seeds, two as a heat map for each lane; or, with
/// --frontier, the points that no other beats.
#[derive(Args)]
pub struct Chart {
    /// What `sweep --out` has written; several are put together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The measure, as the rows name it: read_p99_ms, ever_lost, hit_ratio, cost …
    #[arg(long, value_name = "NAME", required_unless_present = "frontier")]
    measure: Option<String>,
    /// Of what varies, draw only this value: cache.ttl=5s.
    #[arg(long, value_name = "FIELD=VALUE")]
    at: Vec<String>,
    /// Two or three measures of which less is better, such as cost,read_p99_ms,ever_lost: draw which points no other beats in all
    /// of them. The first goes to the right, the second up; a ring has some of the third.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "measure")]
    frontier: Vec<String>,
    /// Print the points as JSON instead.
    #[arg(long)]
    json: bool,
}

/// The most cells of a picture: as many as a sweep may have runs.
const CELLS_MAX: u64 = 200_000;

/// The most points of a frontier: each is held against each.
const POINTS_MAX: usize = 20_000;

/// Of these, more is better.
const MORE_IS_BETTER: [&str; 3] = ["goodput", "hit_ratio", "requests"];

/// A sweep, read back: what varies, and the numbers of each lane in each cell.
struct Grid {
    fields: Vec<Varied>,
    /// By lane: its name, and its look.
    lanes: Vec<(String, usize)>,
    rows: Rows,
    source: String,
}

impl Chart {
    /// Prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let grid = Grid::of(sweep::read_all(&self.files)?)?;
        let kept = grid.kept(&self.at)?;
        if !self.frontier.is_empty() {
            return self.frontier(&grid, &kept, out);
        }
        let measure = measure(self.measure.as_deref().unwrap_or_default())?;
        let fields: Vec<&Varied> = grid.fields.iter().filter(|field| !self.is_fixed(field)).collect();
        let lanes = grid.lanes(&kept, &measure);
        if lanes.iter().all(|lane| lane.cells.iter().all(Option::is_none)) {
            return Err(Failure::Input(format!("--measure {}: no lane has such a number", measure.name)));
        }
        if self.json {
            return Ok(out.write_all(super::json(&grid.as_json(&kept, &measure, &lanes))?.as_bytes())?);
        }
        let picture = match fields[..] {
            [field] => grid::lines(&measure, field, &lanes, &grid.source),
            [across, up] => grid::heat(&measure, [across, up], &lanes, &grid.source),
            [] => return Err(Failure::Input("nothing varies any more; leave out one --at".to_owned())),
            _ => {
                let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
                let told = format!(
                    "{} of its fields vary: {}; a picture has one or two, give the value of the others by --at FIELD=VALUE",
                    names.len(),
                    names.join(", ")
                );
                return Err(Failure::Input(told));
            }
        };
        Ok(out.write_all(picture.svg.as_bytes())?)
    }

    fn is_fixed(&self, field: &Varied) -> bool {
        self.at.iter().any(|at| at.split_once('=').is_some_and(|(name, _)| name == field.field))
    }

    fn frontier(&self, grid: &Grid, kept: &[u64], out: &mut dyn Write) -> Result<(), Failure> {
        let names = || self.frontier.join(", ");
        if !(2..=3).contains(&self.frontier.len()) {
            return Err(Failure::Input(format!("--frontier {}: give two or three measures", names())));
        }
        if let Some(name) =
            self.frontier.iter().enumerate().find_map(|(i, name)| self.frontier[..i].contains(name).then_some(name))
        {
            return Err(Failure::Input(format!("--frontier {name}: it is there twice; name two measures")));
        }
        if let Some(name) = self.frontier.iter().find(|name| MORE_IS_BETTER.contains(&name.as_str())) {
            let told = "more of it is better; give measures of which less is, such as read_p99_ms";
            return Err(Failure::Input(format!("--frontier {name}: {told}")));
        }
        let measures = self.frontier.iter().map(|name| measure(name)).collect::<Result<Vec<_>, _>>()?;
        let mut points = grid.points(kept, &measures);
        if points.is_empty() {
            let told = format!("--frontier: no lane has all of {} (cost needs prices in the scenario)", names());
            return Err(Failure::Input(told));
        }
        if points.len() > POINTS_MAX {
            let told = format!(
                "--frontier: {} points are more than {POINTS_MAX}; take some by --at FIELD=VALUE",
                points.len()
            );
            return Err(Failure::Input(told));
        }
        mark_beaten(&mut points);
        let without = kept.len() * grid.lanes.len() - points.len();
        if without > 0 {
            note(&format!("{without} points have not all of these numbers and are left out"));
        }
        if self.json {
            let rows: Vec<Value> = points.iter().map(|point| grid.point_as_json(point, &measures)).collect();
            return Ok(out.write_all(super::json(&json!({ "points": rows }))?.as_bytes())?);
        }
        let dots: Vec<Dot> = points.iter().map(|point| grid.dot(point)).collect();
        let lanes: Vec<(&str, usize)> = grid.lanes.iter().map(|(name, look)| (name.as_str(), *look)).collect();
        let harm = measures.get(2).map(|measure| measure.name.as_str());
        let picture = grid::frontier([&measures[0], &measures[1]], harm, &dots, &lanes, &grid.source);
        Ok(out.write_all(picture.svg.as_bytes())?)
    }
}

/// A lane in a cell, its numbers, the share of its requests that failed, and whether another one beats it.
struct Point {
    lane: usize,
    cell: u64,
    values: Vec<f64>,
    failed: f64,
    beaten: bool,
}

impl Point {
    /// Whether it is nowhere more and somewhere less, and not by failing more: latencies are those of good answers, so that who
    /// refuses most would be fastest.
    fn beats(&self, other: &Point) -> bool {
        const AS_GOOD: f64 = 0.001;
        let pairs = || self.values.iter().zip(&other.values);
        self.failed <= other.failed + AS_GOOD && pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
    }
}

/// Holds each against each.
fn mark_beaten(points: &mut [Point]) {
    let beaten: Vec<bool> = points.iter().map(|point| points.iter().any(|other| other.beats(point))).collect();
    points.iter_mut().zip(beaten).for_each(|(point, beaten)| point.beaten = beaten);
}

fn measure(name: &str) -> Result<Measure, Failure> {
    let known = MEASURES.iter().find(|measure| measure.name == name);
    known.map(|known| Measure { name: known.name.to_owned(), is_share: known.is_share }).ok_or_else(|| {
        let names: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
        Failure::Input(format!("{name} is no measure; there are {}", names.join(", ")))
    })
}

impl Grid {
    fn of((head, rows): (Value, Rows)) -> Result<Grid, Failure> {
        let odd =
            || Failure::Input("the first line does not say what varies; it is not one of `sweep --out`".to_owned());
        let head = &head["sweep"];
        let texts = |values: &Value| -> Option<Vec<String>> {
            values.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
        };
        let field =
            |vary: &Value| Some(Varied { field: vary["field"].as_str()?.to_owned(), values: texts(&vary["values"])? });
        let fields: Option<Vec<Varied>> = head["vary"].as_array().ok_or_else(odd)?.iter().map(field).collect();
        let fields = fields.filter(|fields| fields.iter().all(|field| !field.values.is_empty())).ok_or_else(odd)?;
        let cells = fields.iter().try_fold(1u64, |all, field| all.checked_mul(field.values.len() as u64));
        if cells.is_none_or(|cells| cells > CELLS_MAX) {
            return Err(Failure::Input(format!("a sweep of more than {CELLS_MAX} cells cannot be drawn")));
        }
        let scenario = link::decode(head["scenario"].as_str().ok_or_else(odd)?);
        let scenario = scenario.map_err(|error| Failure::Input(error.to_string()))?.scenario;
        let looks = scenario.looks();
        let named: BTreeMap<u64, &Value> = rows.values().flatten().map(|(lane, row)| (*lane, &row["name"])).collect();
        let lanes = named.into_iter().map(|(lane, name)| {
            (name.as_str().unwrap_or_default().to_owned(), looks.get(lane as usize).copied().unwrap_or(lane as usize))
        });
        let lanes: Vec<_> = lanes.collect();
        if lanes.is_empty() {
            return Err(Failure::Input("there are no runs in it yet".to_owned()));
        }
        let seeds = &head["seeds"];
        let source =
            format!("cachelane sweep, engine {}, seeds a cell: {seeds}; means", head["engine"].as_str().unwrap_or("?"));
        Ok(Grid { fields, lanes, rows, source })
    }

    /// The cells in which the fields have these values.
    fn kept(&self, at: &[String]) -> Result<Vec<u64>, Failure> {
        let mut wanted = Vec::new();
        for text in at {
            let (name, value) =
                text.split_once('=').ok_or_else(|| Failure::Input(format!("--at {text}: write FIELD=VALUE")))?;
            let field = self.fields.iter().position(|field| field.field == name).ok_or_else(|| {
                let names: Vec<&str> = self.fields.iter().map(|field| field.field.as_str()).collect();
                Failure::Input(format!("--at {text}: it does not vary; there are {}", names.join(", ")))
            })?;
            let values = &self.fields[field].values;
            let place = values
                .iter()
                .position(|known| known == value)
                .ok_or_else(|| Failure::Input(format!("--at {text}: it has the values {}", values.join(", "))))?;
            if wanted.iter().any(|(known, _)| *known == field) {
                return Err(Failure::Input(format!(
                    "--at {text}: {name} has a value already; a picture is at one of them"
                )));
            }
            wanted.push((field, place));
        }
        let cells = self.fields.iter().map(|field| field.values.len() as u64).product();
        Ok((0..cells).filter(|cell| wanted.iter().all(|&(field, place)| self.places(*cell)[field] == place)).collect())
    }

    /// Which value of each field a cell has.
    fn places(&self, cell: u64) -> Vec<usize> {
        sweep::places(self.fields.iter().map(|field| field.values.len()), cell)
    }

    fn settings(&self, cell: u64) -> serde_json::Map<String, Value> {
        let places = self.places(cell);
        self.fields.iter().zip(places).map(|(field, place)| (field.field.clone(), json!(field.values[place]))).collect()
    }

    fn label(&self, lane: usize, cell: u64) -> String {
        let settings: Vec<String> = self
            .settings(cell)
            .iter()
            .map(|(field, value)| format!("{field}={}", value.as_str().unwrap_or_default()))
            .collect();
        format!("{}: {}", self.lanes[lane].0, settings.join(", "))
    }

    /// Every lane in every cell that has all of these numbers, none beaten yet.
    fn points(&self, kept: &[u64], measures: &[Measure]) -> Vec<Point> {
        let cells: Vec<Vec<Cells>> = measures.iter().map(|measure| self.lanes(kept, measure)).collect();
        let [errors, requests] =
            ["errors", "requests"].map(|name| self.lanes(kept, &Measure { name: name.to_owned(), is_share: false }));
        let mut points: Vec<Point> = Vec::new();
        for lane in 0..self.lanes.len() {
            for (place, &cell) in kept.iter().enumerate() {
                let values: Option<Vec<f64>> = cells.iter().map(|lanes| Some(lanes[lane].cells[place]?.mean)).collect();
                let [errors, requests] = [&errors, &requests].map(|all| all[lane].cells[place].map_or(0.0, |s| s.mean));
                let failed = errors / requests.max(1.0);
                points.extend(values.map(|values| Point { lane, cell, values, failed, beaten: false }));
            }
        }
        points
    }

    fn point_as_json(&self, point: &Point, measures: &[Measure]) -> Value {
        let mut row = self.settings(point.cell);
        row.insert("name".to_owned(), json!(self.lanes[point.lane].0));
        row.extend(measures.iter().zip(&point.values).map(|(measure, value)| (measure.name.clone(), json!(value))));
        row.insert("failed_share".to_owned(), json!(point.failed));
        row.insert("beaten".to_owned(), json!(point.beaten));
        Value::Object(row)
    }

    fn dot(&self, point: &Point) -> Dot {
        Dot {
            look: self.lanes[point.lane].1,
            label: self.label(point.lane, point.cell),
            at: (point.values[0], point.values[1]),
            beaten: point.beaten,
            harmed: point.values.get(2).is_some_and(|harm| *harm > 0.0),
        }
    }

    /// The measure in each of the cells, over the seeds.
    fn lanes(&self, kept: &[u64], measure: &Measure) -> Vec<Cells> {
        let mut values: BTreeMap<(u64, u64), Vec<f64>> = BTreeMap::new();
        for ((cell, _), run) in &self.rows {
            for (lane, row) in run {
                if let Some(value) = row[&measure.name].as_f64() {
                    values.entry((*lane, *cell)).or_default().push(value);
                }
            }
        }
        let most = if measure.is_share { 1.0 } else { f64::INFINITY };
        let of = |lane: u64, cell: u64| Spread::of(values.get(&(lane, cell))?).map(|spread| spread.within(0.0, most));
        (0..)
            .zip(&self.lanes)
            .map(|(number, (name, look))| Cells {
                name: name.clone(),
                look: *look,
                cells: kept.iter().map(|cell| of(number, *cell)).collect(),
            })
            .collect()
    }

    fn as_json(&self, kept: &[u64], measure: &Measure, lanes: &[Cells]) -> Value {
        let rows = lanes.iter().flat_map(|lane| {
            kept.iter().zip(&lane.cells).map(move |(cell, spread)| {
                let mut row = self.settings(*cell);
                row.insert("name".to_owned(), json!(lane.name));
                row.insert(measure.name.clone(), json!(spread));
                Value::Object(row)
            })
        });
        json!({ "measure": measure.name, "cells": rows.collect::<Vec<_>>() })
    }
}
