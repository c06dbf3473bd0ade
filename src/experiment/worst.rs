//! The worst run: a search for the seed, and by choice for the moment of the faults, with the most harm.
//!
//! The first round asks each seed once. Where the faults may move, it spreads their moments evenly over the range, a moment
//! for each seed; each further round moves the faults of the worst runs so far a little to both sides, half as far as the
//! round before. Nothing is drawn, so the same search finds the same run.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::ENGINE_VERSION;
use super::harm::{Harm, Numbers};
use crate::escape::shown_json;
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Scenario, link};
use crate::time::Nanos;

/// How many of the worst runs a round looks around.
const BEST: usize = 4;

/// How many rounds follow the first at most, where faults move.
pub const ROUNDS: u32 = 7;

/// How many of the worst runs are told.
const TOLD: usize = 10;

/// Moments are whole milliseconds.
const TICK: Nanos = Nanos::from_millis(1);

/// A run to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Which seed: so many after the scenario's.
    pub run: u32,
    /// When the first fault begins, where they move.
    pub at: Option<Nanos>,
}

/// A search.
#[derive(Clone, Debug)]
pub struct Search {
    scenario: Scenario,
    seeds: u32,
    range: Option<RangeInclusive<Nanos>>,
}

impl Search {
    /// Over so many seeds from the scenario's on; with a range, the first fault that begins at a moment begins within it,
    /// and all such keep their distances.
    ///
    /// # Errors
    /// When nothing can be moved, or not to both ends of the range.
    pub fn new(scenario: &Scenario, seeds: u32, range: Option<RangeInclusive<Nanos>>) -> Result<Search, Phrase> {
        let search = Search { scenario: scenario.clone(), seeds, range };
        let Some(range) = &search.range else { return Ok(search) };
        let (from, to) = (range.start(), range.end());
        if scenario.first_fault().is_none() {
            return Err(Phrase::fixed(
                "the scenario has no fault that begins at a moment, so there is none to move",
                "시나리오에 정해진 시점에 시작하는 장애가 없어 옮길 것이 없습니다",
            ));
        }
        if from > to {
            return Err(phrase!("{from}..{to}: the range is empty", "{from}..{to}: 범위가 비어 있습니다"));
        }
        for end in [from, to] {
            let moved = search.scenario_of(Candidate { run: 0, at: Some(*end) });
            if let Err(error) = moved.check() {
                let why = error.phrase();
                return Err(phrase!("with the first fault at {end}: {why}", "첫 장애가 {end}이면: {why}", why));
            }
        }
        Ok(search)
    }

    /// Whether it moves the faults.
    pub fn moves(&self) -> bool {
        self.range.is_some()
    }

    /// Whether that run is the scenario as it stands.
    pub fn is_own(&self, candidate: Candidate) -> bool {
        candidate.run == 0 && (candidate.at.is_none() || candidate.at == self.scenario.first_fault())
    }

    /// Whether a search of the one scenario is a search of the other: whether they differ at most in what is searched through, the
    /// seed and, where faults move, when the first begins.
    pub fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        let at_first = |scenario: &Scenario| {
            let mut first = Scenario { seed: 0, ..scenario.clone() };
            if self.moves() {
                first.begin_faults_at(Nanos::ZERO);
            }
            first
        };
        at_first(one) == at_first(other)
    }

    /// The runs to try next, after what was `tried`; none when the search is over.
    pub fn next(&self, harm: impl Fn(&[Numbers]) -> Harm, tried: &Tried) -> Vec<Candidate> {
        if tried.rounds == 0 {
            // As it stands, too, so that nothing less bad is called the worst.
            let own =
                self.scenario.first_fault().filter(|at| self.range.as_ref().is_some_and(|range| range.contains(at)));
            let mut first: Vec<Candidate> = own.map(|at| Candidate { run: 0, at: Some(at) }).into_iter().collect();
            first.extend((0..self.seeds).map(|run| Candidate { run, at: self.spread(run) }));
            first.sort_unstable();
            first.dedup();
            return first;
        }
        let Some(range) = self.range.as_ref().filter(|_| tried.rounds <= ROUNDS) else { return Vec::new() };
        let share = (range.end().0 - range.start().0) / u64::from(self.seeds.max(2));
        let step = Nanos(share >> tried.rounds).max(TICK);
        let mut around: Vec<Candidate> = Vec::new();
        for (candidate, _) in tried.worst_first(harm(&tried.all)).into_iter().take(BEST) {
            let at = candidate.at.unwrap_or_default();
            let sides = [at.saturating_sub(step), at.saturating_add(step)].map(whole);
            let sides = sides.into_iter().filter(|at| range.contains(at));
            around.extend(sides.map(|at| Candidate { at: Some(at), ..candidate }));
        }
        around.retain(|candidate| !tried.places.contains_key(candidate));
        around.sort_unstable();
        around.dedup();
        around
    }

    /// The moment of that seed in the first round: multiples of the golden ratio fill the range evenly, however many.
    fn spread(&self, run: u32) -> Option<Nanos> {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let range = self.range.as_ref()?;
        let length = u128::from(range.end().0 - range.start().0);
        let share = u128::from(u64::from(run).wrapping_mul(GOLDEN));
        let at = whole(*range.start() + Nanos(((length * share) >> 64) as u64));
        Some(at.max(*range.start()))
    }

    /// The scenario of a run.
    pub fn scenario_of(&self, candidate: Candidate) -> Scenario {
        let mut scenario = Scenario { seed: self.scenario.seed_of_run(candidate.run), ..self.scenario.clone() };
        if let Some(at) = candidate.at {
            scenario.begin_faults_at(at);
        }
        scenario
    }
}

fn whole(at: Nanos) -> Nanos {
    Nanos(at.0 / TICK.0 * TICK.0)
}

/// The runs so far.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    rounds: u32,
    candidates: Vec<Candidate>,
    /// What each came to.
    all: Vec<Numbers>,
    places: BTreeMap<Candidate, usize>,
}

impl Tried {
    /// A round is over: what these came to, in their order.
    pub fn take_in(&mut self, candidates: Vec<Candidate>, numbers: Vec<Numbers>) {
        self.rounds += 1;
        for (candidate, numbers) in candidates.into_iter().zip(numbers) {
            self.places.insert(candidate, self.all.len());
            self.candidates.push(candidate);
            self.all.push(numbers);
        }
    }

    /// How many rounds are over.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// What all runs came to, in the order in which they were tried.
    pub fn runs(&self) -> &[Numbers] {
        &self.all
    }

    /// All of them with the greatest harm of any lane, and which lane that is: the worst first, of equal ones that which was
    /// tried first.
    pub fn worst_first(&self, harm: Harm) -> Vec<(Candidate, (f64, usize))> {
        let mut all: Vec<_> =
            self.candidates.iter().zip(&self.all).map(|(candidate, run)| (*candidate, harm.most(run))).collect();
        all.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
        all
    }
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The engine's version.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The measure's name.
    pub measure: &'static str,
    /// How many runs it took.
    pub runs: usize,
    /// How much of it there is as the scenario stands.
    pub own: f64,
    /// The worst runs, the worst first.
    pub worst: Vec<Run>,
    /// The worst as a link; none where it would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// One of the worst runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// How much of it there is in that lane.
    pub value: f64,
    /// The lane's name.
    pub lane: String,
    /// Its place in the scenario, from 0.
    #[serde(skip)]
    pub place: usize,
    /// The run's seed.
    pub seed: u64,
    /// When the first fault begins, where they were moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_fault_s: Option<f64>,
    /// Which run it is.
    #[serde(skip)]
    pub candidate: Candidate,
}

impl Found {
    /// What the runs tried so far say: in any lane, or in the one that was run alone. `own` is how much of the harm there is as the
    /// scenario stands.
    pub fn of((search, tried): (&Search, &Tried), lane: Option<usize>, (harm, own): (Harm, f64)) -> Found {
        let all = tried.worst_first(harm);
        let titles = search.scenario.titles();
        let told = |(candidate, (value, place)): &(Candidate, (f64, usize))| {
            let place = lane.unwrap_or(*place);
            Run {
                value: *value,
                lane: titles[place].clone(),
                place,
                seed: search.scenario.seed_of_run(candidate.run),
                first_fault_s: candidate.at.map(Nanos::as_secs_f64),
                candidate: *candidate,
            }
        };
        let first = all.first().map(|(candidate, _)| search.scenario_of(*candidate));
        Found {
            engine: ENGINE_VERSION,
            scenario: search.scenario.name.clone(),
            measure: harm.measure().name,
            runs: all.len(),
            own,
            worst: all.iter().take(TOLD).map(told).collect(),
            link: first.and_then(|first| link::encode_shortest(&first).ok()),
        }
    }

    /// As JSON, for programs.
    ///
    /// # Panics
    /// Never: it can always be written as JSON.
    pub fn json(&self) -> String {
        shown_json(&serde_json::to_string_pretty(self).expect("numbers and names")).into_owned() + "\n"
    }
}
