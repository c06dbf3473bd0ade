//! A retry budget (Finagle's `RetryBudget`; gRPC's retry throttling and Envoy's `retry_budget` are of its kind): a bucket of
//! tokens that first tries fill a little and retries empty.
//!
//! So what retries add to the load is a share of it, however many calls fail; without a budget, where all calls fail, each
//! comes as often as it may be tried.

use std::cell::Cell;

use crate::random::Stream;
use crate::time::Nanos;

/// See the module.
#[derive(Debug)]
pub struct RetryBudget {
    share: f64,
    burst: f64,
    tokens: Cell<f64>,
    withheld: Cell<u64>,
}

impl RetryBudget {
    /// A full bucket of `burst` tokens, of which each call brings `share` of one.
    pub fn new(share: f64, burst: u32) -> RetryBudget {
        let burst = f64::from(burst);
        RetryBudget { share, burst, tokens: Cell::new(burst), withheld: Cell::new(0) }
    }

    /// A call is made for the first time.
    pub fn deposit(&self) {
        self.tokens.set((self.tokens.get() + self.share).min(self.burst));
    }

    /// Whether a call may be made again; that takes a token.
    pub fn withdraw(&self) -> bool {
        let left = self.tokens.get() - 1.0;
        if left < 0.0 {
            self.withheld.set(self.withheld.get() + 1);
            return false;
        }
        self.tokens.set(left);
        true
    }

    /// The server restarts, with a full bucket.
    pub fn reset(&self) {
        self.tokens.set(self.burst);
    }

    /// How many retries were not made.
    pub fn withheld(&self) -> u64 {
        self.withheld.get()
    }
}

/// The pause before retry number `attempt`, from 1: it doubles each time, and half of it is drawn at random.
pub fn pause_before(attempt: u32, backoff: Nanos, jitter: &mut Stream) -> Nanos {
    let full = backoff.0.saturating_mul(1 << (attempt - 1).min(20));
    let share = 0.5 + 0.5 * jitter.unit();
    Nanos((full as f64 * share) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_burst_and_then_a_share_of_calls() {
        let budget = RetryBudget::new(0.25, 3);
        let retries = |calls: u32| {
            (0..calls).for_each(|_| budget.deposit());
            (0..100).take_while(|_| budget.withdraw()).count()
        };
        assert_eq!([retries(100), retries(40), retries(3), retries(1)], [3, 3, 0, 1], "a full bucket holds no more");
        assert_eq!(budget.withheld(), 4, "one at the end of each");
        budget.reset();
        assert_eq!(retries(0), 3, "a new server has a full one");
    }
}
