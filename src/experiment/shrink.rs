//! The least that still shows the harm: the fewest and shortest faults, the shortest run, the fewest requests.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 2002): a change that
//! makes the scenario smaller stays if the run still shows at least so much of the harm. Rounds of all changes follow each
//! other until none stays. The seed is the same throughout, and nothing is drawn: the same scenario shrinks to the same.
//!
//! Smaller is not sooner lost: a shorter run has another end, and fewer requests are other requests. So each step is tried as
//! a run of its own, and what comes out has been seen to do it.

use serde::{Serialize, Serializer};

use super::ENGINE_VERSION;
use super::harm::{Harm, Numbers};
use crate::escape::{shown, shown_json};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::{Arrivals, Scenario, ScenarioError, link};
use crate::time::Nanos;

/// Rounds of all changes, at most.
const ROUNDS_MAX: u32 = 8;

/// No time becomes shorter than this.
const TICK: Nanos = Nanos::from_millis(1);

/// A change that stayed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What changed, such as `duration: 22.6s`.
    #[serde(serialize_with = "in_english")]
    pub what: Phrase,
    /// How much harm the run then showed.
    pub value: f64,
}

/// Programs are told in English.
fn in_english<S: Serializer>(what: &Phrase, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(what)
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
struct Shrunk {
    /// The least scenario that was found.
    pub scenario: Scenario,
    /// How much harm it shows.
    pub value: f64,
    /// The changes in their order; of one field only the last.
    pub steps: Vec<Step>,
    /// How many runs it took.
    pub runs: u32,
}

/// Shrinks the scenario, which shows `value` of the harm. `shows` runs one and says how much it shows, if that is enough.
///
/// # Errors
/// When a run fails.
fn shrink<E>(
    scenario: &Scenario,
    value: f64,
    shows: impl FnMut(&Scenario) -> Result<Option<f64>, E>,
) -> Result<Shrunk, E> {
    let least = Shrunk { scenario: scenario.clone(), value, steps: Vec::new(), runs: 0 };
    let mut shrinking = Shrinking { least, shows };
    for _ in 0..ROUNDS_MAX {
        let before = shrinking.least.scenario.clone();
        shrinking.fewer_faults()?;
        shrinking.shorter_run()?;
        shrinking.sooner_faults()?;
        shrinking.shorter_faults()?;
        shrinking.fewer_requests()?;
        if shrinking.least.scenario == before {
            break;
        }
    }
    Ok(shrinking.least)
}

struct Shrinking<F> {
    least: Shrunk,
    shows: F,
}

impl<E, F: FnMut(&Scenario) -> Result<Option<f64>, E>> Shrinking<F> {
    /// Keeps a smaller scenario if it can run and still shows the harm; returns whether it was kept. Told is what changed, and how
    /// that begins, by which an earlier change of the same is known.
    fn keep(&mut self, smaller: Scenario, (of, what): (&str, Phrase)) -> Result<bool, E> {
        if smaller.check().is_err() {
            return Ok(false);
        }
        self.least.runs += 1;
        let Some(value) = (self.shows)(&smaller)? else { return Ok(false) };
        // few: one for each kind of change
        let is_of = |step: &Step, of: &str| step.what.say(Language::English).starts_with(of);
        self.least.steps.retain(|step| !is_of(step, of));
        let faults = smaller.faults.len();
        if faults != self.least.scenario.faults.len() {
            // Those that are left have other numbers.
            self.least.steps.retain(|step| !is_of(step, "fault"));
            self.least.steps.push(Step { what: fault_count(faults), value });
        }
        if of != "faults:" {
            self.least.steps.push(Step { what, value });
        }
        (self.least.scenario, self.least.value) = (smaller, value);
        Ok(true)
    }

    /// First all faults go, then halves of them, then each.
    fn fewer_faults(&mut self) -> Result<(), E> {
        let mut size = self.least.scenario.faults.len();
        while size > 0 {
            let mut from = 0;
            while from < self.least.scenario.faults.len() {
                let mut smaller = self.least.scenario.clone();
                let to = (from + size).min(smaller.faults.len());
                smaller.faults.drain(from..to);
                let left = smaller.faults.len();
                if !self.keep(smaller, ("faults:", fault_count(left)))? {
                    from = to;
                }
            }
            size /= 2;
        }
        Ok(())
    }

    /// The shortest run by bisection, as if all longer ones showed it, too.
    fn shorter_run(&mut self) -> Result<(), E> {
        let (mut low, mut high) = (0, self.least.scenario.duration.0 / TICK.0);
        while high - low > 1.max(high / 100) {
            let middle = low + (high - low) / 2;
            let duration = Nanos(middle * TICK.0);
            let mut smaller = Scenario { duration, ..self.least.scenario.clone() };
            smaller.faults.retain(|fault| fault.at.moment().is_none_or(|at| at < duration));
            let what = phrase!("duration: {duration}", "실행 시간: {duration}");
            if self.keep(smaller, ("duration:", what))? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(())
    }

    /// All faults move half way to the beginning, the first of them, again and again.
    fn sooner_faults(&mut self) -> Result<(), E> {
        while let Some(first) = self.least.scenario.first_fault().filter(|first| *first > TICK) {
            let sooner = halved(first);
            let mut smaller = self.least.scenario.clone();
            smaller.begin_faults_at(sooner);
            smaller.duration = smaller.duration.saturating_sub(first - sooner);
            let what = phrase!("first fault: at {sooner}", "첫 장애 시점: {sooner}");
            if !self.keep(smaller, ("first fault:", what))? {
                break;
            }
        }
        Ok(())
    }

    fn shorter_faults(&mut self) -> Result<(), E> {
        for number in 0..self.least.scenario.faults.len() {
            while self.least.scenario.faults[number].lasts > TICK {
                let mut smaller = self.least.scenario.clone();
                let lasts = halved(smaller.faults[number].lasts);
                let name = smaller.faults[number].what.name();
                smaller.faults[number].lasts = lasts;
                let what = phrase!("fault {number} ({name}): for {lasts}", "장애 {number}({name}) 지속 시간: {lasts}");
                if !self.keep(smaller, (&format!("fault {number} ({name}):"), what))? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Half the rate, or half the users, again and again.
    fn fewer_requests(&mut self) -> Result<(), E> {
        loop {
            let mut smaller = self.least.scenario.clone();
            let fewer = match &mut smaller.clients.arrivals {
                Arrivals::Poisson { rate } | Arrivals::Constant { rate } => {
                    *rate = significant(*rate / 2.0);
                    phrase!("requests: {rate} a second", "요청: 초당 {rate}건")
                }
                Arrivals::Closed { users, .. } if *users > 1 => {
                    *users /= 2;
                    phrase!("requests: of {users} users", "요청: 사용자 {users}명")
                }
                _ => return Ok(()),
            };
            if !self.keep(smaller, ("requests:", fewer))? {
                return Ok(());
            }
        }
    }
}

fn fault_count(left: usize) -> Phrase {
    phrase!("faults: {left}", "장애: {left}건")
}

/// Half as long, in whole milliseconds.
fn halved(time: Nanos) -> Nanos {
    Nanos(time.0 / 2 / TICK.0 * TICK.0).max(TICK)
}

/// To three digits.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// A run of which some lane has harm: that lane alone, and how much must be left.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The lane's name.
    lane: String,
    alone: Scenario,
    harm: Harm,
    own: f64,
    at_least: f64,
    /// So many requests there must be, or as many as there were: a percentile of fewer is that of a few of them.
    requests: f64,
}

impl Target {
    /// Of that lane of `scenario`, which has `own` of the harm. Must be left: as much as is said; else one of what is counted, and of
    /// a latency half of what there is, with enough requests for that to be no single one.
    ///
    /// # Errors
    /// When there is not so much.
    pub fn of(
        scenario: &Scenario,
        lane: usize,
        (harm, own): (Harm, f64),
        at_least: Option<f64>,
    ) -> Result<Target, TooLittle> {
        let is_said = at_least.is_some();
        let at_least = at_least.unwrap_or(if harm.is_count() { 1.0 } else { own / 2.0 });
        if own < at_least || own == 0.0 {
            return Err(TooLittle { at_least });
        }
        let title = scenario.titles().swap_remove(lane);
        // Called what it was called.
        let mut alone = scenario.only(lane);
        alone.lanes[0].name.clone_from(&title);
        alone.keep_looks(scenario, &[Some(lane)]);
        let requests = if is_said { 0.0 } else { harm.requests_at_least(&alone.clients) };
        Ok(Target { lane: title, alone, harm, own, at_least, requests })
    }

    /// Whether the lane alone can run: else every step would be refused, and so would what came out.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self) -> Result<(), Phrase> {
        let told = |error: ScenarioError| {
            let (lane, why) = (shown(&self.lane), error.phrase());
            phrase!(
                "\"{lane}\" alone is no valid scenario: {why}",
                "‘{lane}’만으로는 유효한 시나리오가 되지 않습니다. {why}",
                why
            )
        };
        self.alone.check().map_err(told)
    }

    /// How much there is.
    pub fn own(&self) -> f64 {
        self.own
    }

    /// How much must be left.
    pub fn at_least(&self) -> f64 {
        self.at_least
    }

    /// Shrinks it. `run` says what a scenario comes to; `None` where a limit ends it: that is no smaller scenario that shows the harm,
    /// others may be.
    ///
    /// # Errors
    /// When a run fails.
    pub fn shrink<E>(&self, mut run: impl FnMut(&Scenario) -> Result<Option<Numbers>, E>) -> Result<Found, E> {
        let own = if self.requests > 0.0 { run(&self.alone)? } else { None };
        let needed = own.map_or(0.0, |own| Harm::REQUESTS.most(&own).0).min(self.requests);
        let enough = |numbers: Numbers| {
            let are_enough = Harm::REQUESTS.most(&numbers).0 >= needed;
            Some(self.harm.most(&numbers).0).filter(|value| *value >= self.at_least && are_enough)
        };
        let shrunk = shrink(&self.alone, self.own, |smaller| Ok(run(smaller)?.and_then(enough)))?;
        let Shrunk { scenario: least, value, steps, runs } = shrunk;
        Ok(Found {
            engine: ENGINE_VERSION,
            scenario: least.name.clone(),
            lane: self.lane.clone(),
            measure: self.harm.measure().name,
            own: self.own,
            at_least: self.at_least,
            left: value,
            runs,
            steps,
            faults: least.faults.len(),
            duration_s: least.duration.as_secs_f64(),
            link: link::encode_shortest(&least).ok(),
            least,
        })
    }
}

/// There is not so much of the harm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooLittle {
    /// As would have to be left.
    pub at_least: f64,
}

/// What shrinking has found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The engine's version.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The lane's name.
    pub lane: String,
    /// The measure's name.
    pub measure: &'static str,
    /// How much there was.
    pub own: f64,
    /// How much had to be left.
    pub at_least: f64,
    /// How much is left.
    pub left: f64,
    /// How many runs it took.
    pub runs: u32,
    /// The changes in their order; of one field only the last.
    pub steps: Vec<Step>,
    /// How many faults are left.
    pub faults: usize,
    /// How long the run is, seconds.
    pub duration_s: f64,
    /// What came out as a link; none where it would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What came out.
    #[serde(skip)]
    pub least: Scenario,
}

impl Found {
    /// As JSON, for programs.
    ///
    /// # Panics
    /// Never: it can always be written as JSON.
    pub fn json(&self) -> String {
        shown_json(&serde_json::to_string_pretty(self).expect("numbers and names")).into_owned() + "\n"
    }
}
