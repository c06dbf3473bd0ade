//! The columns that the table of lanes can have. It has those in which some lane has something to show.

use self::About::{Clients, Parts};
use super::table::number;
use super::{LaneReport, Summary};
use crate::phrase::Phrase;

/// What a column is about. A table that is too wide for one block has a block for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// What the clients saw, and what became of their writes.
    Clients,
    /// What the parts did: caches, servers, the database.
    Parts,
}

/// A number of a lane with its names: a column of the command line's table, and a line of the page's further metrics. It
/// stands there where some lane has what it shows. A count that readers are to see is named here.
pub struct Column {
    /// What it is about.
    pub about: About,
    /// Its head in the table; none where the table leaves it out.
    pub head: Option<&'static str>,
    /// Its name on the page; none where the page shows it elsewhere, or not at all.
    pub label: Option<Phrase>,
    /// The count, where it is one.
    pub count: Option<fn(&LaneReport) -> u64>,
    /// Its cell in the table, or a dash.
    pub cell: fn(&LaneReport) -> Option<String>,
    /// Whether the lane has any of it.
    pub has: fn(&LaneReport) -> bool,
    /// Whether each is one too many.
    pub is_bad: bool,
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

/// A column of a count: its head in the table, its names on the page, what it is called where there is none.
macro_rules! counted {
    ($about:ident, $head:expr, $label:expr, $of:expr $(, nobodys: $nobodys:expr)? $(, is_bad: $bad:expr)?) => {{
        const OF: fn(&LaneReport) -> u64 = $of;
        #[allow(unused_assignments, unused_mut, reason = "some columns say neither")]
        const fn rest() -> (Option<&'static str>, bool) {
            let (mut nobodys, mut is_bad) = (None, false);
            $(nobodys = Some($nobodys);)?
            $(is_bad = $bad;)?
            (nobodys, is_bad)
        }
        Column {
            about: $about,
            head: $head,
            label: $label,
            count: Some(OF),
            cell: |lane| count(OF(lane)),
            has: |lane| OF(lane) > 0,
            is_bad: rest().1,
            nobodys: rest().0,
        }
    }};
}

/// A column of another measure, in the table only.
const fn measured(
    about: About,
    head: &'static str,
    cell: fn(&LaneReport) -> Option<String>,
    has: fn(&LaneReport) -> bool,
) -> Column {
    Column { about, head: Some(head), label: None, count: None, cell, has, is_bad: false, nobodys: None }
}

/// A column of a percentile, in milliseconds, of the lanes that have it.
macro_rules! latency {
    ($head:expr, $latencies:ident.$which:ident.$percentile:ident) => {
        latency!($head, $latencies.$which.$percentile, |lane| lane.$latencies.$which.count > 0)
    };
    ($head:expr, $latencies:ident.$which:ident.$percentile:ident, $has:expr) => {
        measured(Clients, $head, |lane| ms(&lane.$latencies.$which, |summary| summary.$percentile), $has)
    };
}

/// The columns, the most telling first; the digest comes last.
pub const COLUMNS: &[Column] = &[
    counted!(Clients, Some("requests"), None, |l| l.requests, nobodys: "requests"),
    measured(Clients, "goodput %", |l| l.shown_goodput().and_then(percent), |l| l.shown_goodput().is_some()),
    measured(
        Clients,
        "hit %",
        |l| if l.hits + l.misses == 0 { None } else { percent(l.hit_ratio) },
        |l| l.hits + l.misses > 0,
    ),
    measured(
        Clients,
        "reads hit %",
        |l| if l.reads == 0 { None } else { percent(l.read_hit_ratio) },
        // Beside the hit ratio where it says something else.
        |l| l.reads > 0 && (l.read_hit_ratio - l.hit_ratio).abs() >= 0.001,
    ),
    measured(
        Clients,
        "bytes hit %",
        |l| percent(l.byte_hit_ratio),
        |l| {
            // Where large values are found more or less often than small ones.
            let reads_answered = l.latency_ms.read.count.max(1) as f64;
            (l.byte_hit_ratio - l.reads_from_cache as f64 / reads_answered).abs() >= 0.001
        },
    ),
    latency!("read p50", latency_ms.read.p50),
    latency!("read p99", latency_ms.read.p99),
    latency!("write p50", latency_ms.write.p50),
    latency!("write p99", latency_ms.write.p99),
    counted!(Clients, Some("errors"), None, |l| l.errors, nobodys: "errors"),
    latency!("p50 +err", latency_with_errors_ms.all.p50, LaneReport::fails_notably),
    latency!("p99 +err", latency_with_errors_ms.all.p99, LaneReport::fails_notably),
    counted!(
        Clients,
        Some("overdue"),
        Some(Phrase::fixed("Waiting beyond the deadline", "기한 초과 대기")),
        |l| l.overdue,
        is_bad: true
    ),
    counted!(Clients, Some("stale"), None, |l| l.stale_reads, nobodys: "stale reads"),
    counted!(Clients, Some("ryw viol."), None, |l| l.read_your_writes_violations),
    counted!(Clients, Some("mono. viol."), None, |l| l.monotonic_read_violations),
    counted!(Clients, Some("diverging"), None, |l| l.diverging_copies.end, nobodys: "diverging copies"),
    counted!(Clients, Some("lost"), None, |l| l.ever_lost, nobodys: "lost writes"),
    counted!(
        Clients,
        None,
        Some(Phrase::fixed("Lost writes that were served", "조회된 유실 쓰기")),
        |l| l.lost_and_read,
        is_bad: true
    ),
    counted!(
        Clients,
        Some("keys lost"),
        Some(Phrase::fixed("Keys whose last value is lost", "마지막 값이 유실된 키")),
        |l| l.keys_lost,
        is_bad: true
    ),
    counted!(
        Clients,
        None,
        Some(Phrase::fixed("Reads of values later lost", "나중에 유실된 값의 조회")),
        |l| l.vanished_reads,
        is_bad: true
    ),
    counted!(Clients, None, Some(Phrase::fixed("Increments", "증가 연산")), |l| l.increments),
    counted!(
        Clients,
        Some("lost incr."),
        None,
        |l| l.lost_increments,
        is_bad: true
    ),
    measured(Clients, "cost", |l| l.cost.map(|cost| number(cost.total)), |l| l.cost.is_some()),
    counted!(Clients, Some("at risk"), None, |l| l.writes_by_class.at_risk, nobodys: "writes at risk"),
    counted!(Parts, Some("cache refused"), None, |l| l.cache.refused),
    counted!(
        Parts,
        Some("refused full"),
        Some(Phrase::fixed("Rejected (cache full)", "거부됨(캐시 가득 참)")),
        |l| l.cache.refused_full
    ),
    counted!(Parts, Some("fills refused"), Some(Phrase::fixed("Rejected fills", "거부된 채우기")), |l| l
        .app
        .fills_refused),
    counted!(Parts, Some("near hits"), Some(Phrase::fixed("Near cache hits", "로컬 캐시 적중")), |l| l
        .app
        .near_hits),
    counted!(Parts, Some("gutter hits"), Some(Phrase::fixed("Gutter hits", "거터 적중")), |l| l.app.gutter_hits),
    counted!(Parts, Some("gutter misses"), Some(Phrase::fixed("Gutter misses", "거터 미스")), |l| l
        .app
        .gutter_misses),
    counted!(Parts, Some("coalesced"), Some(Phrase::fixed("Coalesced loads", "병합된 로드")), |l| l.app.coalesced),
    counted!(Parts, Some("lease waits"), Some(Phrase::fixed("Waits for a lease", "리스 대기")), |l| l
        .app
        .lease_waits),
    counted!(Parts, Some("refreshes"), Some(Phrase::fixed("Early refreshes", "조기 갱신")), |l| l.app.refreshes),
    counted!(Parts, Some("past TTL"), Some(Phrase::fixed("Reads past the TTL", "만료 사본 응답")), |l| l
        .app
        .past_ttl),
    counted!(Parts, Some("pool waits"), Some(Phrase::fixed("Waits for a connection", "커넥션 대기")), |l| l
        .app
        .pool_waits),
    counted!(Parts, Some("no retry"), Some(Phrase::fixed("Retries withheld", "억제된 재시도")), |l| l
        .app
        .retries_withheld),
    counted!(Parts, Some("breaker"), Some(Phrase::fixed("Breaker rejections", "브레이커 차단")), |l| l
        .app
        .breaker_rejections),
    counted!(Parts, None, Some(Phrase::fixed("Saves to disk", "디스크 저장")), |l| l.cache.saves),
    counted!(Parts, Some("failovers"), Some(Phrase::fixed("Failovers", "페일오버")), |l| l.cache.failovers),
    counted!(Parts, Some("db reads"), Some(Phrase::fixed("Database reads", "DB 읽기")), |l| l.database.reads),
    counted!(Parts, Some("db writes"), Some(Phrase::fixed("Rows written", "DB 쓰기 행 수")), |l| l.database.writes
        + l.database.drain_writes),
    measured(Parts, "db busy %", |l| percent(l.database.utilisation), |l| l.database.utilisation >= 0.0005),
    counted!(Parts, Some("db queue"), Some(Phrase::fixed("Max DB queue", "DB 큐 최댓값")), |l| l
        .database
        .queue_max),
    counted!(Parts, Some("db refused"), None, |l| l.database.refused),
    counted!(Parts, Some("shed"), Some(Phrase::fixed("Queries shed", "차단된 쿼리")), |l| l.database.shed),
    counted!(Parts, Some("aborted"), None, |l| l.database.aborted),
    counted!(Parts, Some("cancelled"), Some(Phrase::fixed("Cancelled queries", "취소된 쿼리")), |l| l
        .database
        .cancelled),
    counted!(Parts, Some("lock waits"), Some(Phrase::fixed("Row lock waits", "로우 락 대기")), |l| l
        .database
        .lock_waits),
    measured(Parts, "lock wait s", |l| Some(number(l.database.lock_waited_s)), |l| l.database.lock_waits > 0),
    // Where no query waits for a row, they are at most the workers.
    measured(Parts, "db conns", |l| count(l.database.connections_max), |l| l.database.lock_waits > 0),
];

/// The counts that the page shows beside its scoreboard and some of `lanes` have.
pub fn counts_met<'a>(
    lanes: impl Iterator<Item = &'a LaneReport> + Clone,
) -> impl Iterator<Item = (&'static Column, &'static Phrase)> {
    let labelled = COLUMNS.iter().filter_map(|column| Some((column, column.label.as_ref()?)));
    labelled.filter(move |(column, _)| lanes.clone().any(column.has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_shown_where_a_lane_has_it_and_not_where_none_does() {
        let some = LaneReport { increments: 3000, lost_increments: 212, ..LaneReport::default() };
        let none = LaneReport::default();
        assert_eq!(counts_met([&none, &none].into_iter()).count(), 0);
        let met: Vec<String> = counts_met([&none, &some].into_iter()).map(|(_, label)| label.to_string()).collect();
        assert_eq!(met, ["Increments"]);
    }
}
