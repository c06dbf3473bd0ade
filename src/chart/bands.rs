//! How far many runs lie apart at each step: what is kept of each, and from where to where most of them lie.
//!
//! ```text
//!  Series of run i ─▶ Steps (small) ─┐
//!                         …          ├─▶ Range ─▶ a band behind a lane's line
//!  Series of run n ─▶ Steps (small) ─┘
//! ```

use super::Percentile;
use crate::phrase::{Phrase, phrase};
use crate::report::{Point, Series};

/// How many values are kept of a step.
const KEPT: usize = 6;

/// What is kept of a lane of a run, for each point of its figures. All that a point has would be some fifteen times as much.
pub type Steps = Vec<[Option<f32>; KEPT]>;

/// Of how many runs so much is kept at most.
pub const RUNS_MAX: u32 = 500;

/// The share of the runs that lie below a band, and above it.
const OUTSIDE: f64 = 0.05;

/// What a line shows of which so much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Reads,
    Writes,
    Hits,
    Lost,
}

impl Kept {
    fn place(self, percentile: Percentile) -> usize {
        let of = usize::from(percentile == Percentile::P99);
        match self {
            Kept::Reads => of,
            Kept::Writes => 2 + of,
            Kept::Hits => 4,
            Kept::Lost => 5,
        }
    }
}

/// What is kept of a lane of a run, from its beginning on.
pub fn steps(series: &Series) -> Steps {
    let kept = |point: &Point| {
        let looked_up = point.hits + point.misses;
        [
            point.read_with_errors_p50_ms,
            point.read_with_errors_p99_ms,
            point.write_with_errors_p50_ms,
            point.write_with_errors_p99_ms,
            (looked_up > 0).then(|| point.hits as f32 / looked_up as f32),
            Some(point.lost as f32),
        ]
    };
    series.points.iter().map(kept).collect()
}

/// From where to where most runs lie at each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// How many runs there are.
    pub runs: usize,
    steps: Vec<[Option<(f32, f32)>; KEPT]>,
}

impl Range {
    /// Of these runs of one lane: the 5th and the 95th percentile, of fewer than twenty runs all of them. Where fewer than two
    /// have a value, there is none.
    pub fn of(runs: &[&Steps]) -> Range {
        let longest = runs.iter().map(|run| run.len()).max().unwrap_or(0);
        let between = |step: usize, place: usize| {
            let mut values: Vec<f32> = runs.iter().filter_map(|run| run.get(step)?[place]).collect();
            values.sort_by(f32::total_cmp);
            let outside = (OUTSIDE * values.len() as f64) as usize;
            let inside = &values[outside..values.len() - outside];
            (values.len() > 1).then(|| (inside[0], inside[inside.len() - 1]))
        };
        let steps = (0..longest).map(|step| std::array::from_fn(|place| between(step, place))).collect();
        Range { runs: runs.len(), steps }
    }

    /// Of each lane of these runs, in the scenario's order.
    pub fn by_lane(runs: &[Vec<Steps>]) -> Vec<Range> {
        let lanes = runs.first().map_or(0, Vec::len);
        let lane = |lane: usize| Range::of(&runs.iter().filter_map(|run| run.get(lane)).collect::<Vec<_>>());
        (0..lanes).map(lane).collect()
    }

    /// What the band is.
    pub fn phrase(&self) -> Phrase {
        let runs = self.runs;
        if ((OUTSIDE * runs as f64) as usize) == 0 {
            return phrase!("band: least to greatest of {runs} seeds", "띠: 시드 {runs}개의 최솟값~최댓값");
        }
        phrase!("band: 5th to 95th percentile of {runs} seeds", "띠: 시드 {runs}개의 5~95 백분위수")
    }

    pub(super) fn at(&self, step: usize, kept: Kept, percentile: Percentile) -> Option<(f64, f64)> {
        let (low, high) = self.steps.get(step)?[kept.place(percentile)]?;
        Some((f64::from(low), f64::from(high)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run whose hits are `value` percent, and which lost as many, in one step.
    fn run(value: u32) -> Steps {
        let point = Point { hits: value, misses: 100 - value, lost: value, ..Point::default() };
        steps(&Series { bucket_s: 1.0, first: 0, points: vec![point] })
    }

    fn range(values: impl Iterator<Item = u32>) -> Range {
        let runs: Vec<Steps> = values.map(run).collect();
        Range::of(&runs.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_twentieth_of_the_runs_lie_below_a_band_and_above_it() {
        // 100 runs from 0 to 99, in no order: five on each side are outside.
        let hundred = range((0..100).map(|i| i * 37 % 100));
        assert_eq!(hundred.at(0, Kept::Lost, Percentile::P50), Some((5.0, 94.0)));
        let (low, high) = hundred.at(0, Kept::Hits, Percentile::P99).expect("look-ups");
        assert!((low - 0.05).abs() < 1e-6 && (high - 0.94).abs() < 1e-6, "{low} {high}");
        assert_eq!(range(1..=19).at(0, Kept::Lost, Percentile::P50), Some((1.0, 19.0)), "of few all");
        assert_eq!(
            range(1..=20).at(0, Kept::Lost, Percentile::P50),
            Some((2.0, 19.0)),
            "of twenty the ends are left out"
        );
    }

    #[test]
    fn where_fewer_than_two_runs_have_a_value_there_is_no_band() {
        let none = range([7, 9].into_iter());
        assert_eq!(none.at(0, Kept::Reads, Percentile::P50), None, "nobody has read");
        assert_eq!(none.at(1, Kept::Lost, Percentile::P50), None, "there is no such step");
        assert_eq!(range(std::iter::once(7)).at(0, Kept::Lost, Percentile::P50), None, "of one run");
        assert_eq!(Range::by_lane(&[]), []);
    }
}
