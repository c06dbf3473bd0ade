//! *Worst run*: what the reader searches for, which runs that takes, and what has been found so far.

use std::rc::Rc;

use super::seeds::Runs;
use crate::experiment::harm::{Harm, Numbers};
use crate::experiment::worst::{Candidate, Found, Search, Tried};
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Edit, FieldValue, Scenario, typed};
use crate::time::Nanos;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// How many seeds are on offer.
pub const COUNTS: [u32; 3] = [20, 50, 100];

/// How many are searched unless the reader chooses.
pub const COUNT: u32 = COUNTS[1];

/// What the ends of the range are called within which the first fault begins.
pub static ENDS: [Phrase; 2] = [
    Phrase::fixed("First fault, earliest", "가장 이른 첫 장애 시점"),
    Phrase::fixed("First fault, latest", "가장 늦은 첫 장애 시점"),
];

/// Moments are told to a millisecond.
const TICK: Nanos = Nanos::from_millis(1);

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// How many seeds.
    pub seeds: u32,
    /// The measure; `None`: the first harm that there is.
    pub by: Option<Harm>,
    /// The lane; `None`: any.
    pub lane: Option<usize>,
    /// From when to when the first fault may begin, as it was typed; `None`: it stays where it is.
    pub range: Option<[String; 2]>,
}

/// A control that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The choice of the lane.
    Lane,
    /// The first or second end of the range.
    End(usize),
}

/// A search, as the page asks for it.
#[derive(Clone, Debug)]
pub struct Hunt {
    search: Search,
    by: Option<Harm>,
    lane: Option<usize>,
}

impl Hunt {
    /// What the reader wishes of this scenario.
    ///
    /// # Errors
    /// The control that something is wrong with, and what.
    pub fn of(scenario: &Scenario, wish: &Wish) -> Result<Hunt, (Place, Phrase)> {
        let lane = wish.lane.filter(|lane| *lane < scenario.lanes.len());
        if let Some(error) = lane.and_then(|lane| scenario.only(lane).check().err()) {
            return Err((Place::Lane, error.phrase()));
        }
        let range = wish.range.as_ref().map(|ends| moments(scenario, ends)).transpose()?;
        let search = Search::new(scenario, wish.seeds, range.map(|[from, to]| from..=to));
        Ok(Hunt { search: search.map_err(|why| (Place::End(1), why))?, by: wish.by, lane })
    }

    /// The search itself.
    pub fn search(&self) -> &Search {
        &self.search
    }

    fn next(&self, tried: &Tried) -> Vec<Candidate> {
        self.search.next(|runs| self.harm(runs), tried)
    }

    fn harm(&self, runs: &[Numbers]) -> Harm {
        self.by.unwrap_or_else(|| Harm::of_runs(runs))
    }
}

/// The two ends that were typed.
fn moments(scenario: &Scenario, ends: &[String; 2]) -> Result<[Nanos; 2], (Place, Phrase)> {
    let latest = latest(scenario);
    let from = moment(&ENDS[0], &ends[0], (Nanos::ZERO, latest)).map_err(|why| (Place::End(0), why))?;
    let to = moment(&ENDS[1], &ends[1], (from, latest)).map_err(|why| (Place::End(1), why))?;
    Ok([from, to])
}

fn moment(name: &Phrase, text: &str, (least, most): (Nanos, Nanos)) -> Result<Nanos, Phrase> {
    let read = typed::plain(text).ok().and_then(|plain| plain.parse::<Nanos>().ok());
    read.filter(|at| (least..=most).contains(at)).ok_or_else(|| {
        phrase!(
            "{name} = {text}: must be a moment from {least} to {most}",
            "{name} = {text}: {least}부터 {most}까지의 시점이어야 합니다",
            name
        )
    })
}

/// The latest that the first fault can begin: the last one still begins before the run's end.
fn latest(scenario: &Scenario) -> Nanos {
    let moments = || scenario.faults.iter().filter_map(|fault| fault.at.moment());
    let (first, last) = (moments().min().unwrap_or_default(), moments().max().unwrap_or_default());
    scenario.duration.saturating_sub(last - first).saturating_sub(TICK)
}

/// From when to when the first fault may begin unless the reader says otherwise: an eighth of the run to both sides of where it
/// does. `None` where no fault begins at a moment.
pub fn suggested(scenario: &Scenario) -> Option<[String; 2]> {
    let first = scenario.first_fault()?;
    let around = Nanos(scenario.duration.0 / 8);
    let ends = [first.saturating_sub(around), first.saturating_add(around).min(latest(scenario))];
    Some(ends.map(|end| Nanos(end.0 / TICK.0 * TICK.0).to_string()))
}

/// The edits that make the scenario on the page one that was found: its seed, and where its faults have moved.
pub fn edits(now: &Scenario, found: &Scenario) -> Vec<Edit> {
    let moved = now.faults.iter().zip(&found.faults).enumerate().filter(|(_, (now, found))| now.at != found.at);
    let moved = moved.map(|(i, (_, found))| Edit::set(format!("fault.{i}.at"), FieldValue::of(&found.at)));
    std::iter::once(Edit::set("seed", FieldValue::of(&found.seed))).chain(moved).collect()
}

/// The runs: round by round, each of which is known once the one before has ended.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    hunt: Option<Rc<Hunt>>,
    /// By job: which run it is; `None`: the scenario as it stands, where no round has that.
    runs: Vec<Option<Candidate>>,
    /// The job with which the last round begins.
    round: usize,
    /// The rounds before.
    tried: Tried,
}

/// How far they are, and what has come of each.
pub type Hunting = Work<Tries>;

impl Tries {
    /// Those of the first round.
    pub fn of(hunt: Rc<Hunt>) -> Tries {
        let first = hunt.next(&Tried::default());
        let has_own = first.iter().any(|candidate| hunt.search.is_own(*candidate));
        let own = (!has_own).then_some(None);
        let runs = own.into_iter().chain(first.into_iter().map(Some)).collect();
        Tries { hunt: Some(hunt), runs, ..Tries::default() }
    }

    /// What is searched.
    pub fn hunt(&self) -> Option<&Rc<Hunt>> {
        self.hunt.as_ref()
    }

    /// Which round is under way, from 1.
    pub fn round(&self) -> u32 {
        self.tried.rounds() + 1
    }

    /// All rounds, the last one as far as its runs have come to their ends.
    fn tried(&self, outcomes: &[Option<Numbers>]) -> Tried {
        let mut tried = self.tried.clone();
        let round = self.runs.iter().zip(outcomes).skip(self.round);
        let ended = round.filter_map(|(run, numbers)| Some(((*run)?, numbers.clone()?)));
        let (candidates, numbers): (Vec<_>, Vec<_>) = ended.unzip();
        tried.take_in(candidates, numbers);
        tried
    }
}

impl Jobs for Tries {
    type Outcome = Numbers;

    fn count(&self) -> u32 {
        self.runs.len() as u32
    }

    fn ask(&self, scenario: &Scenario, (generation, run): Which, _: &[Option<Numbers>]) -> Option<ToWorker> {
        let hunt = self.hunt.as_ref()?;
        let of = self.runs.get(run as usize)?.map_or_else(|| scenario.clone(), |run| hunt.search.scenario_of(run));
        let of = hunt.lane.map_or_else(|| of.clone(), |lane| of.only(lane));
        Some(ToWorker::Measure { generation, run, scenario: Box::new(of), steps: false })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Numbers>)> {
        let (which, said) = Runs::hear(said)?;
        Some((which, said.map(|(numbers, _)| numbers)))
    }

    /// The next round.
    fn grow(&mut self, outcomes: &[Option<Numbers>]) {
        let Some(hunt) = self.hunt.clone() else { return };
        self.tried = self.tried(outcomes);
        self.round = self.runs.len();
        self.runs.extend(hunt.next(&self.tried).into_iter().map(Some));
    }

    /// What was searched through does not count: the seed, and where faults have moved, their moment.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        self.hunt.as_ref().is_some_and(|hunt| hunt.search.is_same(one, other))
    }
}

/// What has been found by now; `None` before the scenario as it stands has been run.
pub fn found(hunting: &Hunting) -> Option<(Found, Harm)> {
    let jobs = hunting.jobs();
    let hunt = jobs.hunt.as_ref()?;
    let is_own = |run: &Option<Candidate>| run.is_none_or(|candidate| hunt.search.is_own(candidate));
    let own = hunting.outcomes().get(jobs.runs.iter().position(is_own)?)?.as_ref()?;
    let tried = jobs.tried(hunting.outcomes());
    let harm = hunt.harm(tried.runs());
    let is_some = !tried.runs().is_empty();
    is_some.then(|| (Found::of((&hunt.search, &tried), hunt.lane, (harm, harm.most(own).0)), harm))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiment::harm::numbers;
    use crate::experiment::seeds::WholeRun;
    use crate::phrase::Language;
    use crate::scenario::{Fault, FaultKind, presets};
    use crate::web::state::jobs::{Order, Phase};

    /// Six seconds of the page's first experiment, in the middle of which the cache crashes.
    pub fn short() -> Scenario {
        let scenario = presets::get("default").expect("a preset").scenario().clone();
        scenario.edited("fault.0.at", "3s").and_then(|short| short.edited("duration", "6s")).expect("a scenario")
    }

    fn wish(range: Option<[&str; 2]>) -> Wish {
        Wish { seeds: 20, by: None, lane: None, range: range.map(|ends| ends.map(str::to_owned)) }
    }

    /// What a worker answers.
    fn answer(said: &ToWorker) -> FromWorker {
        let ToWorker::Measure { generation, run, scenario, .. } = said else { panic!("{said:?}") };
        let (generation, run) = (*generation, *run);
        match WholeRun::begin(scenario, None).and_then(|mut whole| whole.advance(|| false)) {
            Ok(report) => {
                let numbers = numbers(&report.expect("nobody has asked for a pause"));
                FromWorker::Measured { generation, run, numbers, steps: Vec::new() }
            }
            Err(why) => FromWorker::Refused { generation, why: why.phrase() },
        }
    }

    /// Works until the end: the last that was told to go comes to its end first.
    pub fn work<J: Jobs>(of: Rc<Scenario>, jobs: J, workers: usize) -> Work<J> {
        let mut work = Work::default();
        let mut orders = work.begin(of, jobs, None, workers);
        while let Some(order) = orders.pop() {
            if let Order::Say(worker, said) = order {
                orders.extend(work.hear(worker, answer(&said)));
            }
        }
        assert_eq!(work.phase(), &Phase::Done);
        work
    }

    /// The page's search with moved faults, at its end.
    pub fn hunted() -> Hunting {
        let of = Rc::new(short());
        let hunt = Hunt::of(&of, &wish(Some(["2s", "5s"]))).expect("a search");
        work(of, Tries::of(Rc::new(hunt)), 3)
    }

    #[test]
    fn the_page_finds_what_the_command_line_finds_to_the_byte() {
        let (found, harm) = found(&hunted()).expect("it is over");
        assert_eq!(found.json(), include_str!("../../../tests/data/worst.json"));
        assert_eq!((harm.measure().name, found.worst[0].place), ("ever_lost", 4));
    }

    #[test]
    fn a_search_that_is_cancelled_has_found_the_worst_of_what_there_is() {
        let of = Rc::new(short());
        let hunt = Rc::new(Hunt::of(&of, &Wish { lane: Some(4), ..wish(None) }).expect("a search"));
        let mut hunting = Hunting::default();
        let orders = hunting.begin(of.clone(), Tries::of(hunt), None, 4);
        let asked: Vec<&ToWorker> = orders
            .iter()
            .filter_map(|order| match order {
                Order::Say(_, said) => Some(&**said),
                Order::EndAll => None,
            })
            .collect();
        assert!(
            asked.iter().all(|said| matches!(said, ToWorker::Measure { scenario, .. } if scenario.lanes.len() == 1))
        );
        hunting.hear(2, answer(asked[2]));
        assert!(found(&hunting).is_none(), "what there is without a search is not known");
        hunting.hear(0, answer(asked[0]));
        hunting.cancel();
        let (found, _) = found(&hunting).expect("two runs");
        assert_eq!((found.runs, found.worst.len(), found.worst[0].place), (2, 2, 4));
        let by_seed = |seed| found.worst.iter().find(|run| run.seed == seed).map(|run| run.value);
        assert_eq!(by_seed(of.seed), Some(found.own));
    }

    #[test]
    fn a_run_that_was_found_is_still_the_scenario_and_an_edit_makes_it_that_run() {
        let of = Rc::new(short());
        let other = of.edited("cache.capacity", "7").expect("a scenario");
        for (range, is_same) in [(None, false), (Some(["2s", "5s"]), true)] {
            let hunt = Rc::new(Hunt::of(&of, &wish(range)).expect("a search"));
            let mut hunting = Hunting::default();
            hunting.begin(of.clone(), Tries::of(hunt.clone()), None, 1);
            let seeded = Scenario { seed: 99, ..(*of).clone() };
            let moved = seeded.edited("fault.0.at", "4.25s").expect("a scenario");
            assert_eq!((hunting.is_stale(&seeded), hunting.is_stale(&moved)), (false, !is_same));
            assert!(hunting.is_stale(&other));
        }
        let hunt = Hunt::of(&of, &wish(Some(["2s", "5s"]))).expect("a search");
        let run = hunt.search().scenario_of(Candidate { run: 3, at: Some(Nanos::from_millis(4_250)) });
        let edited = of.apply(&edits(&of, &run), crate::scenario::Accept::Good).expect("a scenario");
        assert_eq!((&edited, edits(&of, &run).len()), (&run, 2));
        assert_eq!(edits(&of, &Scenario { seed: 9, ..(*of).clone() }).len(), 1, "what stays is not touched");
    }

    #[test]
    fn what_cannot_be_searched_is_told_beside_its_field_with_what_can() {
        let of = short();
        assert_eq!(suggested(&of), Some(["2.25s", "3.75s"].map(str::to_owned)));
        let why = |range| {
            let (place, why) = Hunt::of(&of, &wish(Some(range))).expect_err("a refusal");
            (place, why.to_string(), why.say(Language::Korean).to_owned())
        };
        let (place, told, korean) = why(["soon", "5s"]);
        assert_eq!(place, Place::End(0));
        assert_eq!(told, "First fault, earliest = soon: must be a moment from 0s to 5.999s");
        assert_eq!(korean, "가장 이른 첫 장애 시점 = soon: 0s부터 5.999s까지의 시점이어야 합니다");
        assert_eq!(why(["3s", "6s"]).0, Place::End(1));
        assert_eq!(why(["3s", "2s"]).1, "First fault, latest = 2s: must be a moment from 3s to 5.999s");
        assert!(Hunt::of(&of, &wish(Some(["0,5 s", " 5.999s "]))).is_ok(), "as people type");
        // The second fault keeps its distance, and begins before the end.
        let mut two = of.clone();
        two.faults.push(Fault::new(FaultKind::DatabaseSlow, Nanos::from_secs(4)));
        let (place, told) = Hunt::of(&two, &wish(Some(["1s", "5s"]))).expect_err("a refusal");
        assert!(place == Place::End(1) && told.to_string().ends_with("to 4.999s"), "{told}");
        let none = Scenario { faults: Vec::new(), ..of.clone() };
        assert_eq!(suggested(&none), None);
        assert!(
            Hunt::of(&none, &wish(Some(["1s", "2s"]))).expect_err("a refusal").1.to_string().contains("none to move")
        );
    }
}
