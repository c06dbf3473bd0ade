//! How much has been done, counted in steps.
//!
//! An event is a step, and so is each entry that is gone over while it is handled: a list searched, a table emptied, a
//! task polled. Two things need the count. Whoever lets a world run for a while must be able to stop it anywhere
//! ([`Budget`]), and real time is no measure inside the engine. And a test holds every part of the world to costs that
//! grow with the work: four times the requests, about four times the steps (`tests/scaling.rs`).
//!
//! So every loop over something that grows with the scenario (requests, keys, rows, tasks, messages) says how far it
//! goes. The count is no input of a simulation: nothing that happens depends on it, and it is the thread's, not a lane's.
//!
//! ```
//! use cachelane::work::{self, Budget};
//! let budget = Budget::of(100);
//! work::count(99);
//! assert!(!budget.is_spent());
//! work::count(1);
//! assert!(budget.is_spent());
//! ```

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts `steps` that have been done or are about to be.
#[inline]
pub fn count(steps: usize) {
    STEPS.set(STEPS.get().wrapping_add(steps as u64));
}

/// Steps done on this thread so far.
#[inline]
pub fn done() -> u64 {
    STEPS.get()
}

/// How much may be done from now on before somebody is asked again.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The count at which it is spent.
    until: u64,
}

impl Budget {
    /// So many steps from now on, on this thread.
    pub fn of(steps: u64) -> Budget {
        Budget { until: done().saturating_add(steps) }
    }

    /// As many as it takes.
    pub const UNLIMITED: Budget = Budget { until: u64::MAX };

    /// Whether all of it is done. What was begun may have taken more.
    #[inline]
    pub fn is_spent(&self) -> bool {
        done() >= self.until
    }
}
