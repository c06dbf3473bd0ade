//! The columns that the table of lanes may have. Which of them it has, depends on what the lanes show.

use super::number;
use crate::report::{LaneReport, Summary};

/// A column of the table of lanes. It stands there where some lane has what it shows.
pub struct Column {
    /// Its name.
    pub head: &'static str,
    /// Its cell, or a dash.
    pub cell: fn(&LaneReport) -> Option<String>,
    /// Whether the lane has any of it.
    pub has: fn(&LaneReport) -> bool,
    /// What it is called where no lane has any, if that is worth a word.
    pub nobodys: Option<&'static str>,
}

fn count(n: u64) -> Option<String> {
    Some(n.to_string())
}

fn percent(part: f64) -> Option<String> {
    Some(format!("{:.1}", 100.0 * part))
}

fn ms(summary: &Summary, part: impl Fn(&Summary) -> f64) -> Option<String> {
    (summary.count > 0).then(|| number(part(summary)))
}

/// Whether errors change the picture that latencies give: one in a thousand.
pub fn fails(lane: &LaneReport) -> bool {
    lane.errors > 0 && lane.errors * 1_000 >= lane.requests
}

/// A column of a count.
macro_rules! counted {
    ($head:expr, $of:expr) => {
        counted!($head, $of, None)
    };
    ($head:expr, $of:expr, $nobodys:expr) => {{
        const OF: fn(&LaneReport) -> u64 = $of;
        Column { head: $head, cell: |lane| count(OF(lane)), has: |lane| OF(lane) > 0, nobodys: $nobodys }
    }};
}

/// The columns, the most telling first; the digest comes last.
pub const COLUMNS: &[Column] = &[
    counted!("requests", |l| l.requests, Some("requests")),
    Column {
        head: "goodput %",
        cell: |l| match l.requests + l.overdue {
            0 => None,
            // What is not all does not round up to it.
            all if l.within_deadline < all => percent(l.goodput.min(0.999)),
            _ => percent(1.0),
        },
        has: |l| l.requests + l.overdue > 0,
        nobodys: None,
    },
    Column {
        head: "hit %",
        cell: |l| if l.hits + l.misses == 0 { None } else { percent(l.hit_ratio) },
        has: |l| l.hits + l.misses > 0,
        nobodys: None,
    },
    Column {
        head: "reads hit %",
        cell: |l| if l.reads == 0 { None } else { percent(l.read_hit_ratio) },
        // Beside the hit ratio where it says something else.
        has: |l| l.reads > 0 && (l.read_hit_ratio - l.hit_ratio).abs() >= 0.001,
        nobodys: None,
    },
    Column {
        head: "read p50",
        cell: |l| ms(&l.latency_ms.read, |s| s.p50),
        has: |l| l.latency_ms.read.count > 0,
        nobodys: None,
    },
    Column {
        head: "p99 ms",
        cell: |l| ms(&l.latency_ms.read, |s| s.p99),
        has: |l| l.latency_ms.read.count > 0,
        nobodys: None,
    },
    Column {
        head: "write p50",
        cell: |l| ms(&l.latency_ms.write, |s| s.p50),
        has: |l| l.latency_ms.write.count > 0,
        nobodys: None,
    },
    Column {
        head: "p99 ms",
        cell: |l| ms(&l.latency_ms.write, |s| s.p99),
        has: |l| l.latency_ms.write.count > 0,
        nobodys: None,
    },
    counted!("errors", |l| l.errors, Some("errors")),
    Column { head: "p50 +err", cell: |l| ms(&l.latency_with_errors_ms.all, |s| s.p50), has: fails, nobodys: None },
    Column { head: "p99 +err", cell: |l| ms(&l.latency_with_errors_ms.all, |s| s.p99), has: fails, nobodys: None },
    counted!("overdue", |l| l.overdue),
    counted!("stale", |l| l.stale_reads, Some("stale reads")),
    counted!("diverging", |l| l.diverging_copies.end, Some("diverging copies")),
    counted!("lost", |l| l.ever_lost, Some("lost writes")),
    counted!("lost incr.", |l| l.lost_increments),
    counted!("at risk", |l| l.writes_by_class.at_risk, Some("writes at risk")),
    counted!("refused full", |l| l.cache.refused_full),
    counted!("fills refused", |l| l.app.fills_refused),
    counted!("near hits", |l| l.app.near_hits),
    counted!("coalesced", |l| l.app.coalesced),
    counted!("lease waits", |l| l.app.lease_waits),
    counted!("refreshes", |l| l.app.refreshes),
    counted!("pool waits", |l| l.app.pool_waits),
    counted!("breaker", |l| l.app.breaker_rejections),
    counted!("failovers", |l| l.cache.failovers),
    counted!("db reads", |l| l.database.reads),
    counted!("db writes", |l| l.database.writes),
    Column {
        head: "db busy %",
        cell: |l| percent(l.database.utilisation),
        has: |l| l.database.utilisation >= 0.0005,
        nobodys: None,
    },
    counted!("db queue", |l| l.database.queue_max),
    counted!("db refused", |l| l.database.refused),
    counted!("aborted", |l| l.database.aborted),
];
