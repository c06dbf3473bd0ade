//! What a sweep's runs come to, cell by cell: the means that are drawn, and the points that no other beats.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Key, Sweep, places};
use crate::chart::grid::{Cells, Dot, Measure, Varied};
use crate::experiment::ENGINE_VERSION;
use crate::experiment::harm::Numbers;
use crate::report::measures::MEASURES;
use crate::stats::Spread;

/// Of these, more is better.
pub const MORE_IS_BETTER: [&str; 3] = ["goodput", "hit_ratio", "requests"];

/// A sweep's runs: what varies, and the numbers of each lane in each.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// What varies; the last varies fastest.
    pub fields: Vec<Varied>,
    /// By lane: its name, and its look.
    pub lanes: Vec<(String, usize)>,
    /// The runs that have come to their ends.
    pub runs: BTreeMap<Key, Numbers>,
    /// What pictures say they are from.
    pub source: String,
}

/// A lane in a cell, its numbers, the share of its requests that failed, and whether another one beats it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The lane, from 0.
    pub lane: usize,
    /// The cell.
    pub cell: u64,
    /// By measure.
    pub values: Vec<f64>,
    /// The same, so that less is better.
    pub costs: Vec<f64>,
    /// The share.
    pub failed: f64,
    /// Whether another one is nowhere worse and somewhere better.
    pub beaten: bool,
}

impl Point {
    /// Whether it costs nowhere more and somewhere less, and not by failing more: latencies are those of good answers, so that who
    /// refuses most would be fastest.
    fn beats(&self, other: &Point) -> bool {
        const AS_GOOD: f64 = 0.001;
        let pairs = || self.costs.iter().zip(&other.costs);
        self.failed <= other.failed + AS_GOOD && pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
    }
}

/// Holds each against each.
pub fn mark_beaten(points: &mut [Point]) {
    let beaten: Vec<bool> = points.iter().map(|point| points.iter().any(|other| other.beats(point))).collect();
    points.iter_mut().zip(beaten).for_each(|(point, beaten)| point.beaten = beaten);
}

/// The measure of that name.
pub fn measure(name: &str) -> Option<Measure> {
    // few: the measures there are
    let known = MEASURES.iter().find(|measure| measure.name == name)?;
    let name = known.name.to_owned();
    Some(Measure { called: name.clone(), name, is_share: known.is_share })
}

/// What the pictures of a sweep say they are from; `asked`: with how many seeds each cell is to be run.
pub fn source(engine: &str, asked: u64, runs: &BTreeMap<Key, Numbers>) -> String {
    let seeds = match seeds_there(runs) {
        (least, most) if least == most && least >= asked => asked.to_string(),
        (least, most) if least == most => format!("{least} of {asked}"),
        (least, most) => format!("{least} to {most} of {asked}"),
    };
    format!("cachelane sweep, engine {engine}, seeds a cell: {seeds}; means")
}

/// With how many seeds the cells have been run of which there is a run: the fewest, and the most.
pub fn seeds_there(runs: &BTreeMap<Key, Numbers>) -> (u64, u64) {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    runs.keys().for_each(|(cell, _)| *counts.entry(*cell).or_default() += 1);
    let most = counts.values().copied().max().unwrap_or(0);
    (counts.into_values().min().unwrap_or(0), most)
}

/// The points that none beats, by their values; of those of a lane that have the same values the first.
pub fn unbeaten(points: &[Point]) -> Vec<&Point> {
    let mut best: Vec<&Point> = points.iter().filter(|point| !point.beaten).collect();
    let by_values = |a: &Point, b: &Point| {
        let pairs = a.values.iter().zip(&b.values).map(|(a, b)| a.total_cmp(b));
        pairs.fold(Ordering::Equal, Ordering::then).then(a.lane.cmp(&b.lane))
    };
    crate::sort::by(&mut best, |a, b| by_values(a, b));
    best.dedup_by(|b, a| a.lane == b.lane && a.values == b.values);
    best
}

impl Grid {
    /// Those runs of a sweep; lanes are called as in the last cell of which there is one. `None` of no runs.
    pub fn of(sweep: &Sweep, runs: BTreeMap<Key, Numbers>) -> Option<Grid> {
        let names = sweep.at(runs.last_key_value()?.0.0).ok()?.titles();
        let looks = sweep.scenario().looks();
        let look = |lane: usize| looks.get(lane).copied().unwrap_or(lane);
        let lanes = names.into_iter().enumerate().map(|(lane, name)| (name, look(lane))).collect();
        let varied = |vary: &super::Vary| Varied { field: vary.field.clone(), values: vary.values.clone() };
        let fields = sweep.vary().iter().map(varied).collect();
        let source = source(ENGINE_VERSION, u64::from(sweep.seeds()), &runs);
        Some(Grid { fields, lanes, runs, source })
    }

    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        self.fields.iter().map(|field| field.values.len() as u64).product()
    }

    /// Which value of each field a cell has.
    pub fn places(&self, cell: u64) -> Vec<usize> {
        places(self.fields.iter().map(|field| field.values.len()), cell)
    }

    /// The value of each field at a cell.
    pub fn settings(&self, cell: u64) -> impl Iterator<Item = (&str, &str)> {
        let values = self.fields.iter().zip(self.places(cell));
        values.map(|(field, place)| (field.field.as_str(), field.values[place].as_str()))
    }

    /// A lane in a cell, in words.
    pub fn label(&self, lane: usize, cell: u64) -> String {
        let settings: Vec<String> = self.settings(cell).map(|(field, value)| format!("{field}={value}")).collect();
        format!("{}: {}", self.lanes[lane].0, settings.join(", "))
    }

    /// The measure of that name in each of the cells, over the seeds; in none where there is no such measure.
    pub fn means(&self, kept: &[u64], name: &str) -> Vec<Cells> {
        // few: the measures there are
        let place = MEASURES.iter().position(|known| known.name == name);
        let mut values: BTreeMap<(usize, u64), Vec<f64>> = BTreeMap::new();
        for ((cell, _), run) in &self.runs {
            for (lane, numbers) in run.iter().enumerate() {
                if let Some(value) = place.and_then(|place| numbers[place]) {
                    values.entry((lane, *cell)).or_default().push(value);
                }
            }
        }
        let most = if place.is_some_and(|place| MEASURES[place].is_share) { 1.0 } else { f64::INFINITY };
        let of = |lane: usize, cell: u64| Spread::of(values.get(&(lane, cell))?).map(|spread| spread.within(0.0, most));
        let lanes = self.lanes.iter().enumerate().map(|(lane, (name, look))| Cells {
            name: name.clone(),
            look: *look,
            cells: kept.iter().map(|cell| of(lane, *cell)).collect(),
        });
        lanes.collect()
    }

    /// Every lane in every cell that has all of these numbers, none beaten yet.
    pub fn points(&self, kept: &[u64], measures: &[Measure]) -> Vec<Point> {
        let cells: Vec<Vec<Cells>> = measures.iter().map(|measure| self.means(kept, &measure.name)).collect();
        let [errors, requests] = ["errors", "requests"].map(|name| self.means(kept, name));
        let mut points: Vec<Point> = Vec::new();
        for lane in 0..self.lanes.len() {
            for (place, &cell) in kept.iter().enumerate() {
                let values: Option<Vec<f64>> = cells.iter().map(|lanes| Some(lanes[lane].cells[place]?.mean)).collect();
                let [errors, requests] = [&errors, &requests].map(|all| all[lane].cells[place].map_or(0.0, |s| s.mean));
                let failed = errors / requests.max(1.0);
                let cost = |(measure, value): (&Measure, &f64)| {
                    if MORE_IS_BETTER.contains(&measure.name.as_str()) { -value } else { *value }
                };
                points.extend(values.map(|values| {
                    let costs = measures.iter().zip(&values).map(cost).collect();
                    Point { lane, cell, values, costs, failed, beaten: false }
                }));
            }
        }
        points
    }

    /// Whether a measure, by its place among all, is ever another one in another cell of the same lane and seed.
    pub fn varies(&self, measure: usize) -> bool {
        let mut firsts = BTreeMap::new();
        self.runs.iter().any(|((_, seed), run)| {
            run.iter()
                .enumerate()
                .any(|(lane, numbers)| *firsts.entry((*seed, lane)).or_insert(numbers[measure]) != numbers[measure])
        })
    }

    /// By lane and field: whether another value of the field ever made another run of the lane, the rest and the seed being the
    /// same. Where not, the lane has a value of its own, or no use for the field; where no two such runs are there, it is not known.
    pub fn touched(&self) -> Vec<Vec<bool>> {
        let counts: Vec<usize> = self.fields.iter().map(|field| field.values.len()).collect();
        let steps: Vec<u64> =
            (0..counts.len()).map(|field| counts[field + 1..].iter().map(|n| *n as u64).product()).collect();
        let mut is_known = vec![false; counts.len()];
        let mut touched = vec![vec![false; counts.len()]; self.lanes.len()];
        for ((cell, seed), run) in &self.runs {
            let places = self.places(*cell);
            for (field, step) in steps.iter().enumerate().filter(|(field, _)| places[*field] > 0) {
                // The run at the field's first value.
                let Some(first) = self.runs.get(&(cell - step * places[field] as u64, *seed)) else { continue };
                is_known[field] = true;
                for (lane, touched) in touched.iter_mut().enumerate() {
                    touched[field] |= first.get(lane) != run.get(lane);
                }
            }
        }
        touched
            .iter_mut()
            .for_each(|lane| lane.iter_mut().zip(&is_known).for_each(|(touched, known)| *touched |= !known));
        touched
    }

    /// A point as it is drawn.
    pub fn dot(&self, point: &Point) -> Dot {
        Dot {
            look: self.lanes[point.lane].1,
            label: self.label(point.lane, point.cell),
            at: (point.values[0], point.values[1]),
            beaten: point.beaten,
            harmed: point.values.get(2).is_some_and(|harm| *harm > 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_more_is_better_the_greater_value_beats_and_who_fails_more_beats_nobody() {
        let of = |hits: f64, reads: f64, failed: f64| {
            let numbers = std::array::from_fn(|place| match MEASURES[place].name {
                "hit_ratio" => Some(hits),
                "database_reads" => Some(reads),
                "errors" => Some(failed * 1_000.0),
                "requests" => Some(1_000.0),
                _ => None,
            });
            vec![numbers]
        };
        let fields =
            vec![Varied { field: "cache.ttl".to_owned(), values: ["1s", "2s", "3s"].map(str::to_owned).into() }];
        let runs = [((0, 7), of(0.9, 5.0, 0.0)), ((1, 7), of(0.8, 5.0, 0.0)), ((2, 7), of(0.99, 4.0, 0.5))];
        let lanes = vec![("a".to_owned(), 0)];
        let grid = Grid { fields, lanes, runs: runs.into(), source: String::new() };
        let varies =
            |name: &str| grid.varies(MEASURES.iter().position(|measure| measure.name == name).expect("a measure"));
        assert!(varies("hit_ratio") && varies("errors") && !varies("requests") && !varies("read_p50_ms"));
        let measures = ["hit_ratio", "database_reads"].map(|name| measure(name).expect("a measure"));
        let mut points = grid.points(&[0, 1, 2], &measures);
        mark_beaten(&mut points);
        let seen: Vec<(f64, bool)> = points.iter().map(|point| (point.values[0], point.beaten)).collect();
        assert_eq!(seen, [(0.9, false), (0.8, true), (0.99, false)]);
    }

    #[test]
    fn of_points_with_the_same_values_the_first_is_listed_wherever_the_others_stand() {
        let point = |lane: usize, cell: u64, third: f64| Point {
            lane,
            cell,
            values: vec![1.0, 1.0, third],
            costs: Vec::new(),
            failed: 0.0,
            beaten: cell == 9,
        };
        let points = [
            point(0, 0, 3.0),
            point(1, 0, 3.0),
            point(0, 1, 4.0),
            point(0, 2, 3.0),
            point(1, 2, 3.0),
            point(0, 9, 1.0),
        ];
        let seen: Vec<(usize, u64)> = unbeaten(&points).iter().map(|point| (point.lane, point.cell)).collect();
        assert_eq!(seen, [(0, 0), (1, 0), (0, 1)]);
    }

    #[test]
    fn a_field_touches_the_lanes_whose_runs_differ_with_it_and_no_others() {
        let varied = |field: &str| Varied { field: field.to_owned(), values: ["1", "2"].map(str::to_owned).into() };
        // The first lane goes by the first field alone, the second by the second one, and the third, like seeds, by neither.
        let run = |cell: u64, seed: u64| -> Numbers {
            [cell / 2, cell % 2, 7].map(|value| [Some((value + 10 * seed) as f64); MEASURES.len()]).into()
        };
        let keys = (0..4).flat_map(|cell| [7, 8].map(|seed| (cell, seed)));
        let runs = keys.map(|(cell, seed)| ((cell, seed), run(cell, seed))).collect();
        let lanes = ["a", "b", "c"].map(|name| (name.to_owned(), 0)).into();
        let grid = Grid { fields: vec![varied("x"), varied("y")], lanes, runs, source: String::new() };
        assert_eq!(grid.touched(), [[true, false], [false, true], [false, false]]);
        let some = grid.runs.into_iter().filter(|((cell, _), _)| *cell < 2).collect();
        let grid = Grid { runs: some, ..grid };
        assert_eq!(
            grid.touched(),
            [[true, false], [true, true], [true, false]],
            "of the first field nothing is known yet"
        );
    }

    #[test]
    fn a_picture_says_with_how_many_seeds_its_cells_have_been_run_and_not_with_how_many_they_are_to_be() {
        let of = |keys: &[Key]| source("4", 3, &keys.iter().map(|key| (*key, Vec::new())).collect());
        let says = |told: &str| format!("cachelane sweep, engine 4, seeds a cell: {told}; means");
        assert_eq!(of(&[(0, 7), (0, 8), (0, 9), (1, 7), (1, 8), (1, 9)]), says("3"));
        assert_eq!(of(&[(0, 7), (0, 8), (1, 7), (2, 7)]), says("1 to 2 of 3"));
        assert_eq!(of(&[(0, 7), (1, 7)]), says("1 of 3"), "of each cell that is there the first");
    }
}
