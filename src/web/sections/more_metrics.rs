//! Figures that only some experiments have, or some readers want: what the database did, what became of lost writes, hits
//! in near caches, what an open breaker turned away.
//!
//! The scoreboard has what every reader wants of every lane. These stand in a table of their own, and only those that
//! some lane has.

use crate::report::LaneReport;

/// One such figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the report's fields say what they are")]
pub enum Metric {
    DatabaseReads,
    RowsWritten,
    LongestQueue,
    LockWaits,
    Cancelled,
    Overdue,
    MostDiverging,
    LostAndRead,
    KeysLost,
    VanishedReads,
    Increments,
    LostIncrements,
    NearHits,
    Coalesced,
    LeaseWaits,
    FillsRefused,
    RefusedFull,
    Refreshes,
    PoolWaits,
    BreakerRejections,
    Saves,
    Failovers,
}

impl Metric {
    /// In the order of the table.
    pub const ALL: &[Metric] = &[
        Metric::DatabaseReads,
        Metric::RowsWritten,
        Metric::LongestQueue,
        Metric::LockWaits,
        Metric::Cancelled,
        Metric::Overdue,
        Metric::MostDiverging,
        Metric::LostAndRead,
        Metric::KeysLost,
        Metric::VanishedReads,
        Metric::Increments,
        Metric::LostIncrements,
        Metric::NearHits,
        Metric::Coalesced,
        Metric::LeaseWaits,
        Metric::FillsRefused,
        Metric::RefusedFull,
        Metric::Refreshes,
        Metric::PoolWaits,
        Metric::BreakerRejections,
        Metric::Saves,
        Metric::Failovers,
    ];

    /// The figure of a lane.
    pub fn of(self, lane: &LaneReport) -> u64 {
        match self {
            Metric::DatabaseReads => lane.database.reads,
            Metric::RowsWritten => lane.database.writes,
            Metric::LongestQueue => lane.database.queue_max,
            Metric::LockWaits => lane.database.lock_waits,
            Metric::Cancelled => lane.database.cancelled,
            Metric::Overdue => lane.overdue,
            Metric::MostDiverging => lane.diverging_copies.max,
            Metric::LostAndRead => lane.lost_and_read,
            Metric::KeysLost => lane.keys_lost,
            Metric::VanishedReads => lane.vanished_reads,
            Metric::Increments => lane.increments,
            Metric::LostIncrements => lane.lost_increments,
            Metric::NearHits => lane.app.near_hits,
            Metric::Coalesced => lane.app.coalesced,
            Metric::LeaseWaits => lane.app.lease_waits,
            Metric::FillsRefused => lane.app.fills_refused,
            Metric::RefusedFull => lane.cache.refused_full,
            Metric::Refreshes => lane.app.refreshes,
            Metric::PoolWaits => lane.app.pool_waits,
            Metric::BreakerRejections => lane.app.breaker_rejections,
            Metric::Saves => lane.cache.saves,
            Metric::Failovers => lane.cache.failovers,
        }
    }

    /// Whether each is one too many.
    pub fn is_bad(self) -> bool {
        matches!(
            self,
            Metric::LostIncrements | Metric::VanishedReads | Metric::LostAndRead | Metric::KeysLost | Metric::Overdue
        )
    }

    /// The figures that some of `lanes` have.
    pub fn met<'a>(lanes: impl Iterator<Item = &'a LaneReport> + Clone) -> Vec<Metric> {
        Metric::ALL.iter().copied().filter(|metric| lanes.clone().any(|lane| metric.of(lane) > 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_told_where_a_lane_has_it_and_not_where_none_does() {
        let some = LaneReport { increments: 3000, lost_increments: 212, ..LaneReport::default() };
        let none = LaneReport::default();
        assert_eq!(Metric::met([&none, &none].into_iter()), []);
        assert_eq!(Metric::met([&none, &some].into_iter()), [Metric::Increments, Metric::LostIncrements]);
    }
}
