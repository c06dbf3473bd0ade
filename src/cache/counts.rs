//! What nodes, near caches and replays count.

/// Totals since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the report")]
pub struct NodeCounts {
    pub commands: u64,
    pub refused: u64,
    pub hits: u64,
    pub misses_cold: u64,
    pub misses_expired: u64,
    pub misses_evicted: u64,
    pub misses_invalidated: u64,
    pub misses_crashed: u64,
    pub delayed_hits: u64,
    pub fills_refused: u64,
    pub refused_full: u64,
    pub refreshes: u64,
    pub busy_ns: u128,
    pub saves: u64,
    pub failovers: u64,
}

impl std::ops::AddAssign for NodeCounts {
    fn add_assign(&mut self, other: NodeCounts) {
        self.commands += other.commands;
        self.refused += other.refused;
        self.hits += other.hits;
        self.misses_cold += other.misses_cold;
        self.misses_expired += other.misses_expired;
        self.misses_evicted += other.misses_evicted;
        self.misses_invalidated += other.misses_invalidated;
        self.misses_crashed += other.misses_crashed;
        self.delayed_hits += other.delayed_hits;
        self.fills_refused += other.fills_refused;
        self.refused_full += other.refused_full;
        self.refreshes += other.refreshes;
        self.busy_ns += other.busy_ns;
        self.saves += other.saves;
        self.failovers += other.failovers;
    }
}

impl NodeCounts {
    /// A look-up has found nothing.
    pub(super) fn miss(&mut self, why: MissReason) {
        match why {
            MissReason::NeverHere => self.misses_cold += 1,
            MissReason::Expired => self.misses_expired += 1,
            MissReason::Evicted => self.misses_evicted += 1,
            MissReason::Invalidated => self.misses_invalidated += 1,
            MissReason::Crashed => self.misses_crashed += 1,
        }
    }

    /// All misses.
    pub fn misses(&self) -> u64 {
        self.misses_cold + self.misses_expired + self.misses_evicted + self.misses_invalidated + self.misses_crashed
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

/// Totals since the start of the run; a crash does not set them back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NearCounts {
    /// Reads answered.
    pub hits: u64,
    /// Reads that had to go on.
    pub misses: u64,
    /// Copies dropped because another server wrote their key.
    pub invalidated: u64,
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
