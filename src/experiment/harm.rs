//! Harm: the number by which one run is worse than another.

use crate::report::Report;
use crate::report::measures::{MEASURES, Measure};
use crate::scenario::{Clients, Scenario};

/// What is kept of a run: of each lane, each measure. The whole reports of many runs would be gigabytes.
pub type Numbers = Vec<[Option<f64>; MEASURES.len()]>;

/// The numbers of a run.
pub fn numbers(report: &Report) -> Numbers {
    report.lanes.iter().map(|lane| std::array::from_fn(|measure| (MEASURES[measure].of)(lane))).collect()
}

/// By which measure runs are compared: its place among [`MEASURES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Harm(usize);

impl Harm {
    /// What runs are compared by where nothing is said: the first of these that some run has.
    const USUAL: [&str; 7] =
        ["ever_lost", "lost_increments", "errors", "stale_reads", "read_p99_ms", "write_p99_ms", "requests"];

    /// How many requests there were.
    pub const REQUESTS: Harm = Harm(MEASURES.len() - 1);

    /// The measures that say how bad a run was. Shares do not: of them, less is worse.
    pub fn all() -> impl Iterator<Item = Harm> {
        (0..MEASURES.len()).filter(|place| !MEASURES[*place].is_share).map(Harm)
    }

    /// The one with that name.
    ///
    /// # Errors
    /// When there is none, with the names of all.
    pub fn named(name: &str) -> Result<Harm, String> {
        let names = || Harm::all().map(|harm| harm.measure().name).collect::<Vec<_>>().join(", ");
        // few: the measures there are
        Harm::all().find(|harm| harm.measure().name == name).ok_or_else(|| format!("{name}: give one of {}", names()))
    }

    /// Whether runs of this scenario can have it: nothing costs anything without prices.
    pub fn is_had(self, scenario: &Scenario) -> bool {
        self.measure().name != "cost" || !scenario.prices.is_free()
    }

    /// The first usual harm that any of the runs has.
    pub fn of_runs(runs: &[Numbers]) -> Harm {
        let usual = Harm::USUAL.into_iter().filter_map(|name| Harm::named(name).ok());
        let has = |harm: &Harm| runs.iter().flatten().any(|lane| lane[harm.0].unwrap_or(0.0) > 0.0);
        usual.into_iter().find(has).unwrap_or(Harm(0))
    }

    /// The measure.
    pub fn measure(self) -> &'static Measure {
        &MEASURES[self.0]
    }

    /// Whether it counts something, so that one of it is already harm; not a time, and not money.
    pub fn is_count(self) -> bool {
        let name = self.measure().name;
        !name.ends_with("_ms") && name != "cost"
    }

    /// How many requests a run needs for it: of a percentile, so many that ten are beyond it.
    pub fn requests_at_least(self, clients: &Clients) -> f64 {
        let (kind, rest) = self.measure().name.split_once('_').unwrap_or_default();
        let beyond = match rest {
            "p50_ms" => 0.5,
            "p99_ms" => 0.01,
            _ => return 0.0,
        };
        let changes = clients.shares().changes();
        let share = if kind == "write" { changes } else { 1.0 - changes };
        // Of what hardly comes there may never be ten.
        (10.0 / beyond / share.max(0.01)).floor()
    }

    /// The most of it in any lane of a run, and in which: of equal ones the first.
    ///
    /// # Panics
    /// When the run has no lane.
    pub fn most(self, run: &Numbers) -> (f64, usize) {
        let lanes = run.iter().enumerate().map(|(lane, numbers)| (numbers[self.0].unwrap_or(0.0), lane));
        lanes.reduce(|a, b| if b.0 > a.0 { b } else { a }).expect("a run has a lane")
    }

    /// The run with the most of it: how much, which run, which lane. Of equal ones the first.
    ///
    /// # Panics
    /// When there is no run with a lane.
    pub fn worst(self, runs: &[Numbers]) -> (f64, usize, usize) {
        let all = runs.iter().enumerate().map(|(number, run)| {
            let (value, lane) = self.most(run);
            (value, number, lane)
        });
        all.reduce(|a, b| if b.0 > a.0 { b } else { a }).expect("there is a run")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_measure_counts_requests() {
        assert_eq!(Harm::REQUESTS.measure().name, "requests");
    }

    #[test]
    fn a_percentile_needs_ten_requests_beyond_it() {
        let needs = |name: &str, write_ratio: f64| {
            let harm = Harm::named(name).expect("a measure");
            harm.requests_at_least(&Clients { write_ratio, ..Clients::default() })
        };
        assert_eq!(needs("read_p99_ms", 0.0), 1_000.0);
        assert_eq!(needs("write_p99_ms", 0.25), 4_000.0);
        assert_eq!(needs("read_p50_ms", 0.5), 40.0);
        assert_eq!(needs("ever_lost", 0.5), 0.0);
    }
}
