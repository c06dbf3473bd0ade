//! Figures that only some experiments have, or some readers want: what the database did, what became of lost writes, hits
//! in near caches, what an open breaker turned away.
//!
//! The scoreboard has what every reader wants of every lane. These stand in a table of their own, and only those that
//! some lane has.

use crate::report::LaneReport;

/// One such figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the report's fields say what they are")]
pub enum Extra {
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

impl Extra {
    /// In the order of the table.
    pub const ALL: &[Extra] = &[
        Extra::DatabaseReads,
        Extra::RowsWritten,
        Extra::LongestQueue,
        Extra::LockWaits,
        Extra::Cancelled,
        Extra::Overdue,
        Extra::MostDiverging,
        Extra::LostAndRead,
        Extra::KeysLost,
        Extra::VanishedReads,
        Extra::Increments,
        Extra::LostIncrements,
        Extra::NearHits,
        Extra::Coalesced,
        Extra::LeaseWaits,
        Extra::FillsRefused,
        Extra::RefusedFull,
        Extra::Refreshes,
        Extra::PoolWaits,
        Extra::BreakerRejections,
        Extra::Saves,
        Extra::Failovers,
    ];

    /// The figure of a lane.
    pub fn of(self, lane: &LaneReport) -> u64 {
        match self {
            Extra::DatabaseReads => lane.database.reads,
            Extra::RowsWritten => lane.database.writes,
            Extra::LongestQueue => lane.database.queue_max,
            Extra::LockWaits => lane.database.lock_waits,
            Extra::Cancelled => lane.database.cancelled,
            Extra::Overdue => lane.overdue,
            Extra::MostDiverging => lane.diverging_copies.max,
            Extra::LostAndRead => lane.lost_and_read,
            Extra::KeysLost => lane.keys_lost,
            Extra::VanishedReads => lane.vanished_reads,
            Extra::Increments => lane.increments,
            Extra::LostIncrements => lane.lost_increments,
            Extra::NearHits => lane.app.near_hits,
            Extra::Coalesced => lane.app.coalesced,
            Extra::LeaseWaits => lane.app.lease_waits,
            Extra::FillsRefused => lane.app.fills_refused,
            Extra::RefusedFull => lane.cache.refused_full,
            Extra::Refreshes => lane.app.refreshes,
            Extra::PoolWaits => lane.app.pool_waits,
            Extra::BreakerRejections => lane.app.breaker_rejections,
            Extra::Saves => lane.cache.saves,
            Extra::Failovers => lane.cache.failovers,
        }
    }

    /// Whether each is one too many.
    pub fn is_bad(self) -> bool {
        matches!(
            self,
            Extra::LostIncrements | Extra::VanishedReads | Extra::LostAndRead | Extra::KeysLost | Extra::Overdue
        )
    }

    /// The figures that some of `lanes` have.
    pub fn met<'a>(lanes: impl Iterator<Item = &'a LaneReport> + Clone) -> Vec<Extra> {
        Extra::ALL.iter().copied().filter(|extra| lanes.clone().any(|lane| extra.of(lane) > 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_told_where_a_lane_has_it_and_not_where_none_does() {
        let some = LaneReport { increments: 3000, lost_increments: 212, ..LaneReport::default() };
        let none = LaneReport::default();
        assert_eq!(Extra::met([&none, &none].into_iter()), []);
        assert_eq!(Extra::met([&none, &some].into_iter()), [Extra::Increments, Extra::LostIncrements]);
    }
}
