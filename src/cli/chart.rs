//! `chart`: a sweep as a picture: lines, heat maps, or what nothing beats in several measures at once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, note, sweep};
use crate::chart::grid::{self, Cells, Dot, Measure, Paper, Varied};
use crate::escape::shown;
use crate::experiment::harm::Numbers;
use crate::experiment::sweep::Rows;
use crate::experiment::sweep::grid::{Grid, MORE_IS_BETTER, Point, mark_beaten, source};
use crate::report::measures::MEASURES;
use crate::scenario::link;

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
    /// Two or three measures, such as cost,read_p99_ms,ever_lost or read_p99_ms,hit_ratio: draw which points no other beats in all
    /// of them. The first goes to the right, the second up; a ring has some of the third, of which less is better.
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

impl Chart {
    /// Prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let grid = grid_of(sweep::read_all(&self.files)?)?;
        let kept = kept(&grid, &self.at)?;
        if !self.frontier.is_empty() {
            return self.frontier(&grid, &kept, out);
        }
        let measure = measure(self.measure.as_deref().unwrap_or_default())?;
        let fields: Vec<&Varied> = grid.fields.iter().filter(|field| !self.is_fixed(field)).collect();
        let lanes = grid.means(&kept, &measure.name);
        if lanes.iter().all(|lane| lane.cells.iter().all(Option::is_none)) {
            return Err(Failure::Input(format!("--measure {}: no lane has such a number", measure.name)));
        }
        if self.json {
            return Ok(out.write_all(super::json(&as_json(&grid, &kept, &measure, &lanes))?.as_bytes())?);
        }
        if fields.is_empty() {
            return Err(Failure::Input("nothing varies any more; leave out one --at".to_owned()));
        }
        let picture = grid::against(&measure, &fields, &lanes, &Paper::file(&grid.source)).ok_or_else(|| {
            let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
            Failure::Input(format!(
                "{} of its fields vary: {}; a picture has one or two, give the value of the others by --at FIELD=VALUE",
                names.len(),
                names.join(", ")
            ))
        })?;
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
        if let Some(name) = self.frontier.get(2).filter(|name| MORE_IS_BETTER.contains(&name.as_str())) {
            let told = "the third is what no point should have any of, such as ever_lost; more of this is better";
            return Err(Failure::Input(format!("--frontier {name}: {told}")));
        }
        let measures = self.frontier.iter().map(|name| measure(name)).collect::<Result<Vec<_>, _>>()?;
        let varies = self.varying(grid)?;
        let mut points = grid.points(kept, &measures);
        points.retain(|point| varies[point.lane]);
        if points.is_empty() {
            let told = format!("--frontier: no lane has all of {} (cost needs prices in the scenario)", names());
            return Err(Failure::Input(told));
        }
        let without = kept.len() * varies.iter().filter(|varies| **varies).count() - points.len();
        if without > 0 {
            note(&format!("{without} points have not all of these numbers and are left out"));
        }
        if points.len() > POINTS_MAX {
            let told = format!(
                "--frontier: {} points are more than {POINTS_MAX}; take some by --at FIELD=VALUE",
                points.len()
            );
            return Err(Failure::Input(told));
        }
        mark_beaten(&mut points);
        if self.json {
            let rows: Vec<Value> = points.iter().map(|point| point_as_json(grid, point, &measures)).collect();
            return Ok(out.write_all(super::json(&json!({ "points": rows }))?.as_bytes())?);
        }
        let dots: Vec<Dot> = points.iter().map(|point| grid.dot(point)).collect();
        let lanes = grid.lanes.iter().zip(&varies).filter(|(_, varies)| **varies);
        let lanes: Vec<(&str, usize)> = lanes.map(|((name, look), _)| (name.as_str(), *look)).collect();
        let harm = measures.get(2).map(|measure| measure.name.as_str());
        let picture = grid::frontier([&measures[0], &measures[1]], harm, &dots, &lanes, &Paper::file(&grid.source));
        Ok(out.write_all(picture.svg.as_bytes())?)
    }
}

impl Chart {
    /// By lane: whether some field changes it. Lanes that none changes have no choice to offer, and are named.
    fn varying(&self, grid: &Grid) -> Result<Vec<bool>, Failure> {
        let varies: Vec<bool> = grid.touched().iter().map(|fields| fields.contains(&true)).collect();
        let fixed = grid.lanes.iter().zip(&varies).filter(|(_, varies)| !**varies);
        let fixed: Vec<&str> = fixed.map(|((name, _), _)| name.as_str()).collect();
        if fixed.len() == varies.len() {
            return Err(Failure::Input("--frontier: no lane varies, so there is nothing to trade".to_owned()));
        }
        if !fixed.is_empty() {
            note(&format!("{}: no field that varies changes it, and it is left out", shown(&fixed.join(", "))));
        }
        Ok(varies)
    }
}

fn measure(name: &str) -> Result<Measure, Failure> {
    crate::experiment::sweep::grid::measure(name).ok_or_else(|| {
        let names: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
        Failure::Input(format!("{name} is no measure; there are {}", names.join(", ")))
    })
}

/// A sweep, read back.
fn grid_of((head, rows): (Value, Rows)) -> Result<Grid, Failure> {
    let odd = || Failure::Input("the first line does not say what varies; it is not one of `sweep --out`".to_owned());
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
    let numbers = |run: &BTreeMap<u64, Value>| -> Numbers {
        run.values().map(|row| std::array::from_fn(|place| row[MEASURES[place].name].as_f64())).collect()
    };
    let runs = rows.iter().map(|(key, run)| (*key, numbers(run))).collect();
    let source = source(head["engine"].as_str().unwrap_or("?"), head["seeds"].as_u64().unwrap_or(0), &runs);
    Ok(Grid { fields, lanes, runs, source })
}

/// The cells in which the fields have these values.
fn kept(grid: &Grid, at: &[String]) -> Result<Vec<u64>, Failure> {
    let mut wanted = Vec::new();
    for text in at {
        let (name, value) =
            text.split_once('=').ok_or_else(|| Failure::Input(format!("--at {text}: write FIELD=VALUE")))?;
        let field = grid.fields.iter().position(|field| field.field == name).ok_or_else(|| {
            let names: Vec<&str> = grid.fields.iter().map(|field| field.field.as_str()).collect();
            Failure::Input(format!("--at {text}: it does not vary; there are {}", names.join(", ")))
        })?;
        let values = &grid.fields[field].values;
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
    let is_kept = |cell: &u64| wanted.iter().all(|&(field, place)| grid.places(*cell)[field] == place);
    Ok((0..grid.cells()).filter(is_kept).collect())
}

fn settings(grid: &Grid, cell: u64) -> serde_json::Map<String, Value> {
    grid.settings(cell).map(|(field, value)| (field.to_owned(), json!(value))).collect()
}

fn point_as_json(grid: &Grid, point: &Point, measures: &[Measure]) -> Value {
    let mut row = settings(grid, point.cell);
    row.insert("name".to_owned(), json!(grid.lanes[point.lane].0));
    row.extend(measures.iter().zip(&point.values).map(|(measure, value)| (measure.name.clone(), json!(value))));
    row.insert("failed_share".to_owned(), json!(point.failed));
    row.insert("beaten".to_owned(), json!(point.beaten));
    Value::Object(row)
}

fn as_json(grid: &Grid, kept: &[u64], measure: &Measure, lanes: &[Cells]) -> Value {
    let rows = lanes.iter().flat_map(|lane| {
        kept.iter().zip(&lane.cells).map(move |(cell, spread)| {
            let mut row = settings(grid, *cell);
            row.insert("name".to_owned(), json!(lane.name));
            row.insert(measure.name.clone(), json!(spread));
            Value::Object(row)
        })
    });
    json!({ "measure": measure.name, "cells": rows.collect::<Vec<_>>() })
}
