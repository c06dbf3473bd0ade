//! What nodes and replays count.

use crate::report::{AppReport, CacheReport, MissesByCause};

/// Totals since the start of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeCounts {
    /// What is only counted, as reports show it; the rest of it is empty.
    pub report: CacheReport,
    /// The same of what reports show among the servers' work.
    pub app: AppReport,
    /// Look-ups that found the key.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: MissesByCause,
    /// Misses that waited for a load under way.
    pub delayed_hits: u64,
    /// For how long the node's thread was busy.
    pub busy_ns: u128,
}

impl std::ops::AddAssign for NodeCounts {
    fn add_assign(&mut self, other: NodeCounts) {
        let NodeCounts { report, app, hits, misses, delayed_hits, busy_ns } = other;
        self.report += report;
        self.app += app;
        self.hits += hits;
        self.misses += misses;
        self.delayed_hits += delayed_hits;
        self.busy_ns += busy_ns;
    }
}

impl NodeCounts {
    /// A look-up has found nothing.
    pub(super) fn miss(&mut self, why: MissReason) {
        match why {
            MissReason::NeverHere => self.misses.cold += 1,
            MissReason::Expired => self.misses.expired += 1,
            MissReason::Evicted => self.misses.evicted += 1,
            MissReason::Invalidated => self.misses.invalidated += 1,
            MissReason::Crashed => self.misses.crashed += 1,
        }
    }
}

/// Why a key is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissReason {
    NeverHere,
    Expired,
    Evicted,
    Invalidated,
    Crashed,
}

/// What a replay counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayCounts {
    /// Requests made: hits and misses together.
    pub requests: u64,
    /// Requests for which a good entry was held.
    pub hits: u64,
    /// All others.
    pub misses: u64,
}

impl ReplayCounts {
    /// Counts one request.
    #[inline]
    pub(super) fn count(&mut self, hit: bool) {
        self.requests += 1;
        self.hits += u64::from(hit);
        self.misses += u64::from(!hit);
    }

    /// Hits per request; 0 without requests.
    pub fn hit_ratio(&self) -> f64 {
        self.hits as f64 / self.requests.max(1) as f64
    }
}
