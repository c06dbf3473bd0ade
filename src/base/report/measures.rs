//! The numbers of a lane that several runs are compared by.

use super::{LaneReport, Summary};

/// A number of a lane.
#[derive(Debug)]
pub struct Measure {
    /// Its name in JSON and CSV.
    pub name: &'static str,
    /// Its head in a table.
    pub head: &'static str,
    /// Whether it is a share of a whole, 0 to 1, which tables print in percent.
    pub is_share: bool,
    /// The number; none where the lane has no such thing.
    pub of: fn(&LaneReport) -> Option<f64>,
}

fn ms(summary: &Summary, part: fn(&Summary) -> f64) -> Option<f64> {
    (summary.count > 0).then(|| part(summary))
}

/// All of them, harm first.
pub const MEASURES: &[Measure] = &[
    Measure { name: "ever_lost", head: "lost", is_share: false, of: |l| Some(l.ever_lost as f64) },
    Measure { name: "lost_increments", head: "lost incr.", is_share: false, of: |l| Some(l.lost_increments as f64) },
    Measure { name: "errors", head: "errors", is_share: false, of: |l| Some(l.errors as f64) },
    Measure { name: "stale_reads", head: "stale", is_share: false, of: |l| Some(l.stale_reads as f64) },
    Measure {
        name: "diverging_copies_max",
        head: "max diverging",
        is_share: false,
        of: |l| Some(l.diverging_copies.max as f64),
    },
    Measure { name: "at_risk_max", head: "max at risk", is_share: false, of: |l| Some(l.at_risk_max as f64) },
    Measure { name: "goodput", head: "goodput %", is_share: true, of: LaneReport::shown_goodput },
    Measure {
        name: "hit_ratio",
        head: "hit %",
        is_share: true,
        of: |l| (l.hits + l.misses > 0).then_some(l.hit_ratio),
    },
    Measure { name: "read_p50_ms", head: "read p50", is_share: false, of: |l| ms(&l.latency_ms.read, |s| s.p50) },
    Measure { name: "read_p99_ms", head: "read p99", is_share: false, of: |l| ms(&l.latency_ms.read, |s| s.p99) },
    Measure { name: "write_p50_ms", head: "write p50", is_share: false, of: |l| ms(&l.latency_ms.write, |s| s.p50) },
    Measure { name: "write_p99_ms", head: "write p99", is_share: false, of: |l| ms(&l.latency_ms.write, |s| s.p99) },
    Measure { name: "database_reads", head: "db reads", is_share: false, of: |l| Some(l.database.reads as f64) },
    Measure {
        name: "rows_written",
        head: "db writes",
        is_share: false,
        of: |l| Some((l.database.writes + l.database.drain_writes) as f64),
    },
    Measure {
        name: "database_queue_max",
        head: "max db queue",
        is_share: false,
        of: |l| Some(l.database.queue_max as f64),
    },
    Measure { name: "cost", head: "cost", is_share: false, of: |l| l.cost.map(|cost| cost.total) },
    Measure { name: "requests", head: "requests", is_share: false, of: |l| Some(l.requests as f64) },
];
