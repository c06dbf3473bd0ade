//! Load shedding: which queries are refused although the queue has room, so that those that are served are served in time.
//!
//! *CoDel* looks at how long queries have waited when their turn comes (K. Nichols, V. Jacobson, "Controlling Queue Delay",
//! ACM Queue 2012; this follows the pseudocode of RFC 8289). A *limit of concurrency* looks at how long they take in all, and
//! lets ever more in as long as that is short (AIMD: D. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for
//! congestion avoidance in computer networks", 1989).

use crate::engine::CallId;
use crate::scenario::Shed;
use crate::table;
use crate::time::Nanos;

/// What one machine does. See the module.
#[derive(Debug)]
pub(super) struct Shedding {
    how: Shed,
    workers: u32,
    rule: Rule,
    /// When each query came, by call.
    came: Vec<Nanos>,
}

#[derive(Debug)]
enum Rule {
    Codel(Codel),
    Limit(Limit),
}

impl Rule {
    fn new(how: &Shed, workers: u32) -> Option<Rule> {
        match *how {
            Shed::None {} => None,
            Shed::Codel { target, interval } => Some(Rule::Codel(Codel::new(target, interval))),
            Shed::ConcurrencyLimit { target, backoff } => Some(Rule::Limit(Limit::new(target, backoff, workers))),
        }
    }
}

impl Shedding {
    /// Nothing has come yet to a machine with so many workers; `None`: none is refused.
    pub(super) fn new(how: &Shed, workers: u32) -> Option<Shedding> {
        Some(Shedding { how: how.clone(), workers, rule: Rule::new(how, workers)?, came: Vec::new() })
    }

    /// The machine restarts: nothing has come yet.
    pub(super) fn reset(&mut self) {
        if let Some(rule) = Rule::new(&self.how, self.workers) {
            self.rule = rule;
        }
    }

    /// A query has come, where there are `load` others; whether it is let in.
    pub(super) fn admit(&mut self, call: CallId, load: u32, now: Nanos) -> bool {
        table::reach(&mut self.came, call as usize, Nanos::ZERO);
        self.came[call as usize] = now;
        match &self.rule {
            Rule::Codel(_) => true,
            Rule::Limit(limit) => f64::from(load) < limit.limit,
        }
    }

    /// The turn of a query has come, with `left` others in line; whether it is served.
    pub(super) fn begin(&mut self, call: CallId, left: u32, now: Nanos) -> bool {
        match &mut self.rule {
            Rule::Codel(codel) => codel.serves(now - self.came[call as usize], left, now),
            Rule::Limit(_) => true,
        }
    }

    /// A query has been served, one of `load`.
    pub(super) fn served(&mut self, call: CallId, load: u32, now: Nanos) {
        if let Rule::Limit(limit) = &mut self.rule {
            limit.served(self.came[call as usize], load, now);
        }
    }

    /// Whoever waited for a query that was let in has given it up: it took too long, whatever the target is. (Netflix' limits
    /// learn from what is dropped, too.)
    pub(super) fn given_up(&mut self, call: CallId, now: Nanos) {
        if let Rule::Limit(limit) = &mut self.rule {
            limit.too_late(self.came[call as usize], now);
        }
    }
}

/// See RFC 8289, section 5.
#[derive(Debug, Default)]
struct Codel {
    target: Nanos,
    interval: Nanos,
    /// When the wait will have been too long for an interval; none while it is short.
    first_above: Option<Nanos>,
    dropping: bool,
    drop_next: Nanos,
    count: u32,
    last_count: u32,
}

impl Codel {
    fn new(target: Nanos, interval: Nanos) -> Codel {
        Codel { target, interval, ..Codel::default() }
    }

    /// Whether a query is served whose turn comes after it has waited so long.
    fn serves(&mut self, waited: Nanos, left: u32, now: Nanos) -> bool {
        let may_drop = self.is_above(waited, left, now);
        if !may_drop {
            self.dropping = false;
            return true;
        }
        if self.dropping {
            if now < self.drop_next {
                return true;
            }
            self.count = self.count.saturating_add(1);
            self.drop_next = self.law(self.drop_next);
            return false;
        }
        // It begins where it stopped, if that was a short while ago.
        self.dropping = true;
        let more = self.count - self.last_count;
        let recent = now.saturating_sub(self.drop_next) < Nanos(self.interval.0.saturating_mul(16));
        self.count = if more > 1 && recent { more } else { 1 };
        self.last_count = self.count;
        self.drop_next = self.law(now);
        false
    }

    /// Whether waits have been too long for an interval.
    fn is_above(&mut self, waited: Nanos, left: u32, now: Nanos) -> bool {
        if waited < self.target || left == 0 {
            self.first_above = None;
            return false;
        }
        let at = *self.first_above.get_or_insert(now.saturating_add(self.interval));
        now >= at
    }

    /// The next is dropped sooner after each: at intervals that fall with the root of their number.
    fn law(&self, from: Nanos) -> Nanos {
        from.saturating_add(Nanos((self.interval.0 as f64 / libm::sqrt(f64::from(self.count))) as u64))
    }
}

/// Additive increase, multiplicative decrease.
#[derive(Debug)]
struct Limit {
    target: Nanos,
    backoff: f64,
    limit: f64,
    /// When it last fell: what came before that tells nothing any more.
    fell: Nanos,
}

impl Limit {
    fn new(target: Nanos, backoff: f64, workers: u32) -> Limit {
        Limit { target, backoff, limit: f64::from(workers), fell: Nanos::ZERO }
    }

    fn served(&mut self, came: Nanos, load: u32, now: Nanos) {
        if now - came > self.target {
            self.too_late(came, now);
        } else if f64::from(load) * 2.0 >= self.limit {
            // A limit that is not reached says nothing of whether it could be higher.
            self.limit += 1.0 / self.limit;
        }
    }

    fn too_late(&mut self, came: Nanos, now: Nanos) {
        if came >= self.fell {
            self.limit = (self.limit * self.backoff).max(1.0);
            self.fell = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// The moments, in milliseconds, at which a query is refused, of one that comes up each millisecond after this wait.
    fn refused(codel: &mut Codel, from: u64, waits: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let moments = (from..).zip(waits);
        moments.filter(|&(now, wait)| !codel.serves(Nanos(wait * MS), 9, Nanos(now * MS))).map(|(now, _)| now).collect()
    }

    #[test]
    fn codel_refuses_after_an_interval_of_long_waits_and_then_ever_more_often() {
        let mut codel = Codel::new(Nanos(5 * MS), Nanos(100 * MS));
        let moments = refused(&mut codel, 0, [6; 450]);
        // 100, then 100/√1, 100/√2, 100/√3 … later.
        assert_eq!(moments, [100, 200, 271, 329, 379, 424]);
    }

    #[test]
    fn codel_lets_a_burst_pass_and_begins_where_it_stopped() {
        let mut codel = Codel::new(Nanos(5 * MS), Nanos(100 * MS));
        assert_eq!(refused(&mut codel, 0, [50; 99].into_iter().chain([4]).chain([50; 99])), [0; 0], "for an interval");
        let mut codel = Codel::new(Nanos(5 * MS), Nanos(100 * MS));
        refused(&mut codel, 0, [6; 450]);
        assert_eq!(refused(&mut codel, 450, [1; 10]), [0; 0]);
        // After an interval it goes on with the five that it had come to: 100/√5 apart.
        assert_eq!(refused(&mut codel, 460, [6; 150]), [560, 605]);
        assert!(codel.serves(Nanos(50 * MS), 0, Nanos(611 * MS)), "the last in line is served however long it waited");
    }

    #[test]
    fn a_limit_grows_by_one_with_each_limits_worth_and_falls_once_for_all_that_came_before() {
        let mut limit = Limit::new(Nanos(10), 0.5, 10);
        (0..10).for_each(|_| limit.served(Nanos(0), 10, Nanos(10)));
        assert!((limit.limit - 11.0).abs() < 0.05, "{}", limit.limit);
        (0..10).for_each(|_| limit.served(Nanos(0), 5, Nanos(10)));
        assert!((limit.limit - 11.0).abs() < 0.05, "half of it is not used");
        (0..10).for_each(|n| limit.served(Nanos(n), 11, Nanos(20 + n)));
        assert!((limit.limit - 5.5).abs() < 0.05, "{}", limit.limit);
        (0..10).for_each(|n| limit.served(Nanos(30 + 20 * n), 11, Nanos(41 + 20 * n)));
        assert_eq!(limit.limit, 1.0, "one is always let in");
    }
}
