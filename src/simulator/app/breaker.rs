//! A circuit breaker (Nygard, "Release It!", 2007): after so many failures in a row, or such a share of failures among the last
//! calls (resilience4j's sliding window), calls fail at once without being sent, until a few probes have shown that the other
//! side is well again.
//!
//! ```text
//!            too many failures             open_for is over                 all probes succeed
//!   closed ───────────────────▶ open ──────────────────────▶ half-open ─────────────────────────▶ closed
//!                                 ▲                              │ one probe fails
//!                                 └──────────────────────────────┘
//! ```
//!
//! A call is told by its outcome when it ends; one that began before the breaker last changed tells nothing any more.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::scenario;
use crate::time::Nanos;

/// When a closed breaker opens.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trip {
    /// After so many failures in a row.
    InARow(u32),
    /// When this share of the last so many calls has failed.
    Share(f64, u32),
}

/// What has become of the last calls.
#[derive(Debug, Default)]
struct Recent {
    /// How many have failed since the last success.
    in_a_row: u32,
    /// Which of them have failed, where their share matters; and how many that are.
    window: VecDeque<bool>,
    failed: u32,
}

impl Recent {
    /// A call has ended; whether it is one failure too many.
    fn trips(&mut self, trip: Trip, well: bool) -> bool {
        match trip {
            Trip::InARow(failures) => {
                self.in_a_row = if well { 0 } else { self.in_a_row + 1 };
                self.in_a_row >= failures
            }
            Trip::Share(share, calls) => {
                self.window.push_back(!well);
                self.failed += u32::from(!well);
                if self.window.len() > calls as usize {
                    self.failed -= u32::from(self.window.pop_front() == Some(true));
                }
                self.window.len() == calls as usize && f64::from(self.failed) / f64::from(calls) >= share
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { since: Nanos },
    HalfOpen { sent: u32, succeeded: u32 },
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The calls since it last closed.
    recent: Recent,
    /// Counts the changes of phase.
    generation: u32,
}

/// The right to make one call. Its outcome is to be [told](Breaker::tell).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the breaker waits to be told what became of the call"]
pub struct Permit(u32);

/// See the module.
#[derive(Debug)]
pub struct Breaker {
    trip: Trip,
    open_for: Nanos,
    probes: u32,
    state: RefCell<State>,
    rejections: Cell<u64>,
    open: Cell<Nanos>,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(how: &scenario::Breaker) -> Breaker {
        let &scenario::Breaker { failures, share, window, open_for, probes } = how;
        assert!(failures > 0 && window > 0 && probes > 0, "a breaker counts at least to one");
        let trip = share.map_or(Trip::InARow(failures), |share| Trip::Share(share, window));
        let state = State { phase: Phase::Closed, recent: Recent::default(), generation: 0 };
        let (rejections, open) = (Cell::new(0), Cell::new(Nanos::ZERO));
        Breaker { trip, open_for, probes, state: RefCell::new(state), rejections, open }
    }

    /// Asks to make a call at the moment `now`; `None`: it may not be made.
    pub fn ask(&self, now: Nanos) -> Option<Permit> {
        let mut state = self.state.borrow_mut();
        if let Phase::Open { since } = state.phase
            && now >= since.saturating_add(self.open_for)
        {
            self.change(&mut state, Phase::HalfOpen { sent: 0, succeeded: 0 }, now);
        }
        let may = match &mut state.phase {
            Phase::Closed => true,
            Phase::Open { .. } => false,
            Phase::HalfOpen { sent, .. } if *sent < self.probes => {
                *sent += 1;
                true
            }
            Phase::HalfOpen { .. } => false,
        };
        if !may {
            self.rejections.set(self.rejections.get() + 1);
        }
        may.then_some(Permit(state.generation))
    }

    /// What became of a call, at the moment `now`: whether the other side was well.
    pub fn tell(&self, permit: Permit, well: bool, now: Nanos) {
        let mut state = self.state.borrow_mut();
        if permit.0 != state.generation {
            return;
        }
        let state = &mut *state;
        match (&mut state.phase, well) {
            (Phase::Closed, _) => {
                if state.recent.trips(self.trip, well) {
                    self.change(state, Phase::Open { since: now }, now);
                }
            }
            (Phase::HalfOpen { succeeded, .. }, true) => {
                *succeeded += 1;
                if *succeeded >= self.probes {
                    self.change(state, Phase::Closed, now);
                }
            }
            (Phase::HalfOpen { .. }, false) => self.change(state, Phase::Open { since: now }, now),
            (Phase::Open { .. }, _) => unreachable!("nobody has a permit of an open breaker"),
        }
    }

    /// The server restarts: closed, and whatever was under way tells nothing.
    pub fn reset(&self, now: Nanos) {
        self.change(&mut self.state.borrow_mut(), Phase::Closed, now);
    }

    fn change(&self, state: &mut State, to: Phase, now: Nanos) {
        self.open.set(self.open_up_to(state, now));
        state.phase = to;
        state.recent = Recent::default();
        state.generation += 1;
    }

    fn open_up_to(&self, state: &State, now: Nanos) -> Nanos {
        let present = match state.phase {
            Phase::Open { since } => (now - since).min(self.open_for),
            _ => Nanos::ZERO,
        };
        self.open.get().saturating_add(present)
    }

    /// How many calls were not made, and for how long it has been open, up to the moment `now`.
    pub fn totals(&self, now: Nanos) -> (u64, Nanos) {
        (self.rejections.get(), self.open_up_to(&self.state.borrow(), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_row(failures: u32, open_for: Nanos, probes: u32) -> Breaker {
        Breaker::new(&scenario::Breaker { failures, open_for, probes, ..scenario::Breaker::default() })
    }

    fn call(breaker: &Breaker, at: u64, well: bool) -> bool {
        let permit = breaker.ask(Nanos(at));
        if let Some(permit) = permit {
            breaker.tell(permit, well, Nanos(at));
        }
        permit.is_some()
    }

    #[test]
    fn it_opens_after_so_many_failures_in_a_row_and_a_success_between_starts_the_count_anew() {
        let breaker = in_a_row(3, Nanos(100), 1);
        for well in [false, false, true, false, false] {
            assert!(call(&breaker, 1, well));
        }
        assert!(call(&breaker, 2, false), "the third in a row is still made");
        assert!(!call(&breaker, 101, true));
        assert_eq!(breaker.totals(Nanos(102)), (1, Nanos(100)));
    }

    #[test]
    fn it_closes_when_the_probes_succeed_and_opens_again_when_one_fails() {
        let breaker = in_a_row(1, Nanos(100), 2);
        call(&breaker, 0, false);
        let probes = [breaker.ask(Nanos(100)), breaker.ask(Nanos(100))].map(|probe| probe.expect("two probes"));
        assert_eq!(breaker.ask(Nanos(100)), None, "no third while they are under way");
        breaker.tell(probes[0], true, Nanos(105));
        breaker.tell(probes[1], false, Nanos(110));
        assert!(!call(&breaker, 209, true) && call(&breaker, 210, true) && call(&breaker, 210, true));
        assert!((0..5).all(|_| call(&breaker, 211, true)), "closed again");
        assert_eq!(breaker.totals(Nanos(300)), (2, Nanos(200)));
    }

    #[test]
    fn a_call_from_before_the_change_tells_nothing() {
        let breaker = in_a_row(1, Nanos(100), 1);
        let [old, older] = [0, 0].map(|at| breaker.ask(Nanos(at)).expect("closed"));
        breaker.tell(old, false, Nanos(1));
        breaker.tell(older, true, Nanos(2));
        assert_eq!(breaker.ask(Nanos(50)), None, "a late success does not close it");
        breaker.reset(Nanos(60));
        assert!(call(&breaker, 60, true), "a new server has a closed breaker");
        assert_eq!(breaker.totals(Nanos(70)), (1, Nanos(59)));
    }

    #[test]
    fn it_is_open_for_as_long_as_it_was_asked_even_when_nobody_comes_to_close_it() {
        let breaker = in_a_row(1, Nanos(100), 1);
        assert!(call(&breaker, 5, false));
        assert_eq!([55, 105, 1_000].map(|now| breaker.totals(Nanos(now)).1), [50, 100, 100].map(Nanos));
    }

    #[test]
    fn it_opens_at_a_share_of_the_last_calls_and_not_before_there_were_so_many() {
        let how =
            scenario::Breaker { share: Some(0.5), window: 4, open_for: Nanos(100), ..scenario::Breaker::default() };
        let opens_after = |outcomes: &[bool]| {
            let breaker = Breaker::new(&how);
            outcomes.iter().take_while(|well| call(&breaker, 1, **well)).count()
        };
        let (good, bad) = (true, false);
        assert_eq!(opens_after(&[bad, bad, bad, bad, good]), 4, "three are too few to tell");
        assert_eq!(opens_after(&[good, bad, good, good, good, bad, good, bad, good]), 8, "two of the last four");
        assert_eq!(opens_after(&[bad, good, good, good, bad, good, good, good, bad, good]), 10, "one of any four");
        // .55 times 100 is more than 55 in floating point.
        let how = scenario::Breaker { share: Some(0.55), window: 100, ..how };
        let breaker = Breaker::new(&how);
        assert!((0..100).all(|i| call(&breaker, 1, i >= 55)), "each is let through");
        assert!(!call(&breaker, 2, good), "and 55 of 100 were too many");
        let how = scenario::Breaker { share: Some(0.5), window: 4, ..how };
        let breaker = Breaker::new(&how);
        (0..4).for_each(|_| assert!(call(&breaker, 1, bad)));
        assert!(call(&breaker, 101, good), "the probe closes it");
        assert!((0..3).all(|_| call(&breaker, 102, bad)), "and what was before counts no more");
    }
}
