//! The least that still shows the harm: the fewest and shortest faults, the shortest run, the fewest requests.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 2002): a change that
//! makes the scenario smaller stays if the run still shows at least so much of the harm. Rounds of all changes follow each
//! other until none stays. The seed is the same throughout, and nothing is drawn: the same scenario shrinks to the same.
//!
//! Smaller is not sooner lost: a shorter run has another end, and fewer requests are other requests. So each step is tried as
//! a run of its own, and what comes out has been seen to do it.

use crate::scenario::{Arrivals, Scenario};
use crate::time::Nanos;

/// Rounds of all changes, at most.
const ROUNDS_MAX: u32 = 8;

/// No time becomes shorter than this.
const TICK: Nanos = Nanos::from_millis(1);

/// A change that stayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What changed, such as `duration: 22.6s`.
    pub what: String,
    /// How much harm the run then showed.
    pub value: f64,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
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
pub fn shrink<E>(
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
    /// Keeps a smaller scenario if it can run and still shows the harm; returns whether it was kept.
    fn keep(&mut self, smaller: Scenario, (of, became): (&str, String)) -> Result<bool, E> {
        if smaller.check().is_err() {
            return Ok(false);
        }
        self.least.runs += 1;
        let Some(value) = (self.shows)(&smaller)? else { return Ok(false) };
        // few: one for each kind of change
        self.least.steps.retain(|step| !step.what.starts_with(of));
        let faults = smaller.faults.len();
        if faults != self.least.scenario.faults.len() {
            // Those that are left have other numbers.
            self.least.steps.retain(|step| !step.what.starts_with("fault"));
            self.least.steps.push(Step { what: format!("faults: {faults}"), value });
        }
        if of != "faults:" {
            self.least.steps.push(Step { what: format!("{of} {became}"), value });
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
                if !self.keep(smaller, ("faults:", left.to_string()))? {
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
            if self.keep(smaller, ("duration:", duration.to_string()))? {
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
            if !self.keep(smaller, ("first fault:", format!("at {sooner}")))? {
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
                let what = smaller.faults[number].what.name();
                smaller.faults[number].lasts = lasts;
                if !self.keep(smaller, (&format!("fault {number} ({what}):"), format!("for {lasts}")))? {
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
                    format!("{rate} a second")
                }
                Arrivals::Closed { users, .. } if *users > 1 => {
                    *users /= 2;
                    format!("of {users} users")
                }
                _ => return Ok(()),
            };
            if !self.keep(smaller, ("requests:", fewer))? {
                return Ok(());
            }
        }
    }
}

/// Half as long, in whole milliseconds.
fn halved(time: Nanos) -> Nanos {
    Nanos(time.0 / 2 / TICK.0 * TICK.0).max(TICK)
}

/// To three digits.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
