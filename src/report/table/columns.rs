//! The columns that the table of lanes can have. It has those in which some lane has something to show.

use super::number;
use crate::report::{LaneReport, Summary};

/// What a column is about. A table that is too wide for one block has a block for each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// What the clients saw, and what became of their writes.
    Clients,
    /// What the parts did: caches, servers, the database.
    Parts,
}

/// A column of the table of lanes.
pub struct Column {
    /// What it is about.
    pub about: About,
    /// Its name.
    pub head: &'static str,
    /// Its cell, or a dash.
    pub cell: fn(&LaneReport) -> Option<String>,
    /// Whether the lane has any of it.
    pub has: fn(&LaneReport) -> bool,
    /// Its name in the line of what no lane has, if it is worth mentioning there.
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

/// A column of a count.
macro_rules! counted {
    ($about:ident, $head:expr, $of:expr) => {
        counted!($about, $head, $of, None)
    };
    ($about:ident, $head:expr, $of:expr, $nobodys:expr) => {{
        const OF: fn(&LaneReport) -> u64 = $of;
        Column {
            about: About::$about,
            head: $head,
            cell: |lane| count(OF(lane)),
            has: |lane| OF(lane) > 0,
            nobodys: $nobodys,
        }
    }};
}

/// A column of a percentile, in milliseconds, of the lanes that have it.
macro_rules! latency {
    ($head:expr, $latencies:ident.$which:ident.$percentile:ident) => {
        latency!($head, $latencies.$which.$percentile, |lane| lane.$latencies.$which.count > 0)
    };
    ($head:expr, $latencies:ident.$which:ident.$percentile:ident, $has:expr) => {
        Column {
            about: About::Clients,
            head: $head,
            cell: |lane| ms(&lane.$latencies.$which, |summary| summary.$percentile),
            has: $has,
            nobodys: None,
        }
    };
}

/// The columns, the most telling first; the digest comes last.
pub const COLUMNS: &[Column] = &[
    counted!(Clients, "requests", |l| l.requests, Some("requests")),
    Column {
        about: About::Clients,
        head: "goodput %",
        cell: |l| l.shown_goodput().and_then(percent),
        has: |l| l.shown_goodput().is_some(),
        nobodys: None,
    },
    Column {
        about: About::Clients,
        head: "hit %",
        cell: |l| if l.hits + l.misses == 0 { None } else { percent(l.hit_ratio) },
        has: |l| l.hits + l.misses > 0,
        nobodys: None,
    },
    Column {
        about: About::Clients,
        head: "reads hit %",
        cell: |l| if l.reads == 0 { None } else { percent(l.read_hit_ratio) },
        // Shown where it differs from the hit ratio.
        has: |l| l.reads > 0 && (l.read_hit_ratio - l.hit_ratio).abs() >= 0.001,
        nobodys: None,
    },
    latency!("read p50", latency_ms.read.p50),
    latency!("read p99", latency_ms.read.p99),
    latency!("write p50", latency_ms.write.p50),
    latency!("write p99", latency_ms.write.p99),
    counted!(Clients, "errors", |l| l.errors, Some("errors")),
    latency!("p50 +err", latency_with_errors_ms.all.p50, LaneReport::fails_notably),
    latency!("p99 +err", latency_with_errors_ms.all.p99, LaneReport::fails_notably),
    counted!(Clients, "overdue", |l| l.overdue),
    counted!(Clients, "stale", |l| l.stale_reads, Some("stale reads")),
    counted!(Clients, "ryw viol.", |l| l.read_your_writes_violations),
    counted!(Clients, "mono. viol.", |l| l.monotonic_read_violations),
    counted!(Clients, "diverging", |l| l.diverging_copies.end, Some("diverging copies")),
    counted!(Clients, "lost", |l| l.ever_lost, Some("lost writes")),
    counted!(Clients, "keys lost", |l| l.keys_lost),
    counted!(Clients, "lost incr.", |l| l.lost_increments),
    counted!(Clients, "at risk", |l| l.writes_by_class.at_risk, Some("writes at risk")),
    counted!(Parts, "cache refused", |l| l.cache.refused),
    counted!(Parts, "refused full", |l| l.cache.refused_full),
    counted!(Parts, "fills refused", |l| l.app.fills_refused),
    counted!(Parts, "near hits", |l| l.app.near_hits),
    counted!(Parts, "coalesced", |l| l.app.coalesced),
    counted!(Parts, "lease waits", |l| l.app.lease_waits),
    counted!(Parts, "refreshes", |l| l.app.refreshes),
    counted!(Parts, "pool waits", |l| l.app.pool_waits),
    counted!(Parts, "breaker", |l| l.app.breaker_rejections),
    counted!(Parts, "failovers", |l| l.cache.failovers),
    counted!(Parts, "db reads", |l| l.database.reads),
    counted!(Parts, "db writes", |l| l.database.writes),
    Column {
        about: About::Parts,
        head: "db busy %",
        cell: |l| percent(l.database.utilisation),
        has: |l| l.database.utilisation >= 0.0005,
        nobodys: None,
    },
    counted!(Parts, "db queue", |l| l.database.queue_max),
    counted!(Parts, "db refused", |l| l.database.refused),
    counted!(Parts, "aborted", |l| l.database.aborted),
    counted!(Parts, "cancelled", |l| l.database.cancelled),
    counted!(Parts, "lock waits", |l| l.database.lock_waits),
    Column {
        about: About::Parts,
        head: "lock wait s",
        cell: |l| Some(number(l.database.lock_waited_s)),
        has: |l| l.database.lock_waits > 0,
        nobodys: None,
    },
    Column {
        about: About::Parts,
        head: "db conns",
        cell: |l| count(l.database.connections_max),
        // Where no query waits for a row, they are at most the workers.
        has: |l| l.database.lock_waits > 0,
        nobodys: None,
    },
];
