//! When a lane's failures are news, and how its goodput is shown: for the table, the page and its headline alike.

use super::LaneReport;

/// A share of requests that is news: one in a thousand. Fewer failures change neither the picture that latencies give nor
/// which lane is the faster one.
pub const NOTABLE: f64 = 0.001;

impl LaneReport {
    /// `errors / requests`, 0 where there were none.
    pub fn error_ratio(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.errors as f64 / self.requests as f64 }
    }

    /// Whether its errors are news.
    pub fn fails_notably(&self) -> bool {
        self.error_ratio() >= NOTABLE
    }

    /// Its goodput as it is shown with one decimal of a percent, or none where there were no requests: what is not all
    /// does not round up to it.
    pub fn shown_goodput(&self) -> Option<f64> {
        match self.requests + self.overdue {
            0 => None,
            all if self.within_deadline < all => Some(self.goodput.min(0.999)),
            _ => Some(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_in_a_thousand_is_news_and_one_in_1001_is_not() {
        let lane = |errors, requests| LaneReport { errors, requests, ..LaneReport::default() };
        assert!(lane(1, 1_000).fails_notably() && lane(7_001, 7_000_999).fails_notably());
        assert!(!lane(1, 1_001).fails_notably() && !lane(0, 1_000).fails_notably() && !lane(0, 0).fails_notably());
    }

    #[test]
    fn goodput_that_is_not_all_is_not_shown_as_all() {
        let lane = |within_deadline, requests| LaneReport {
            within_deadline,
            requests,
            goodput: within_deadline as f64 / requests as f64,
            ..LaneReport::default()
        };
        assert_eq!(lane(99_999, 100_000).shown_goodput(), Some(0.999));
        assert_eq!(lane(100_000, 100_000).shown_goodput(), Some(1.0));
        assert_eq!(LaneReport::default().shown_goodput(), None);
    }
}
