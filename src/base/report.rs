//! What one lane showed, and the experiment's lanes together: the names that scripts and the page rely on.
//!
//! A [`Report`] is what `cachelane compare --json` prints. A [`LaneReport`] holds totals since the warm-up;
//! a [`Series`] holds the same measures over time, one value per bucket, for the figures.

pub mod columns;
mod cost;
pub mod csv;
pub mod effect;
pub mod measures;
pub mod notable;
pub mod table;

use serde::{Deserialize, Serialize};

pub use self::cost::Cost;

/// All lanes of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The engine's version: digests compare only within one.
    pub engine: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed all draws followed from.
    pub seed: u64,
    /// The deadline that goodput uses (`clients.deadline`), seconds.
    #[serde(default)]
    pub deadline_s: f64,
    /// One report per lane, in the scenario's order.
    pub lanes: Vec<LaneReport>,
}

/// What one lane showed, from the end of the warm-up to the moment of the report.
///
/// Requests, their responses and what they saw (latencies, errors, stale reads, violations) count if they were *sent* after
/// the warm-up. What the parts did (hits, misses, `app`) counts if it was *done* after it, also while the system drains;
/// the work of the database and the cache (`database`, `cache`) up to the end of the run, and what they hold, now. What
/// became of writes (`writes_by_class` and below, except `database` and `cache`), `events`, `faults`, `diverging_by_cause`,
/// `vanished_reads` and `unfollowed_reads` count from the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneReport {
    /// The lane's name.
    pub name: String,
    /// Its reading strategy.
    pub read: String,
    /// Its writing strategy.
    pub write: String,
    /// Sixteen hex digits over every event so far.
    pub digest: String,
    /// The moment of the report, seconds since the start.
    pub at_s: f64,
    /// Whether the run has ended and the system has drained.
    pub drained: bool,
    /// Why the lane was stopped early, if it was: the limit, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Events the engine has handled since the start.
    pub events: u64,
    /// Requests answered, with or without an error. Where clients try again (`clients.retries`), each try is a request.
    pub requests: u64,
    /// Reads among them.
    pub reads: u64,
    /// Writes among them, including read-modify-writes, deletes and inserts.
    pub writes: u64,
    /// Requests sent and not answered yet; none once the run has drained.
    #[serde(default)]
    pub unanswered: u64,
    /// Those among them that have waited longer than the deadline.
    #[serde(default)]
    pub overdue: u64,
    /// Requests answered within the deadline, without an error. The deadline of each try starts when it is sent.
    #[serde(default)]
    pub within_deadline: u64,
    /// `within_deadline / (requests + overdue)`, 0 if there were none. With retries it is a share of tries: a failed one
    /// lowers it even if the next one succeeds.
    #[serde(default)]
    pub goodput: f64,
    /// By how many seconds answers, good or not, came after the deadline, all together.
    #[serde(default)]
    pub late_s: f64,
    /// What the run has cost so far, where the scenario has prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Cache look-ups that found the key.
    pub hits: u64,
    /// Cache look-ups that did not.
    pub misses: u64,
    /// The misses by why the key was not there.
    pub misses_by_cause: MissesByCause,
    /// Misses that waited for a load that the cache, or the holder of a lease, had already begun.
    pub delayed_hits: u64,
    /// `hits / (hits + misses)`, a share of look-ups; 0 if there were none. A read that cannot ask the cache is not a
    /// look-up; a read-modify-write may be one.
    pub hit_ratio: f64,
    /// Reads answered from a copy, in the cache or a near cache, without a load of their own. Includes copies that a delete
    /// left behind and copies that the holder of a lease has just loaded.
    #[serde(default)]
    pub reads_from_cache: u64,
    /// `reads_from_cache / reads`: a share of all reads, including failed ones and those that could not ask the cache.
    #[serde(default)]
    pub read_hit_ratio: f64,
    /// Of the bytes of the values that reads were answered with, the share that came from copies (`reads_from_cache`); 0 if there
    /// were none.
    #[serde(default)]
    pub byte_hit_ratio: f64,
    /// Requests answered with an error.
    pub errors: u64,
    /// The errors by what failed in the end, a JSON object; kinds that did not occur are left out. `down`: the other side
    /// was down. `queue_full`, `cache_full`, `breaker_open`: rejected. `no_connection`: no connection of the pool became
    /// free in time (`app.pool`), so nothing was sent. `aborted`: rolled back. `conflict`: too many tries.
    /// `connection_lost`, `timed_out`: no response, and it may have been done.
    #[serde(default, with = "as_object")]
    pub errors_by_kind: Vec<(String, u64)>,
    /// Reads that did not return the newest value acknowledged before they were sent.
    pub stale_reads: u64,
    /// How old stale values were: time since a newer write was first known to be newer (acknowledged and, where the
    /// writers overlap, committed after the one seen).
    pub stale_age_ms: Summary,
    /// Cached copies that differ from the database's row with nothing on its way to change that.
    #[serde(default)]
    pub diverging_copies: DivergingCopies,
    /// The copies that diverged at some moment since the start, each once, by why it first did; a JSON object, causes that
    /// did not occur are left out. The first that holds: `never_committed`: the database never had the value.
    /// `overwritten_by_older`: the database went back to an older one. `restored`: a crashed node came back with it.
    /// `stale_fill`: a reader or a load brought a value that had been replaced meanwhile. `overtaken_update`: a writer's
    /// update of the cache came after that of a writer whom the database served later. `crash_between`: a crash came
    /// between the commit and the cache. `lost_invalidation`: what was to delete or replace it failed.
    /// `commit_without_answer`: the writer got an error, and the database had committed. `left`: the strategy leaves copies
    /// as they are.
    #[serde(default, with = "as_object")]
    pub diverging_by_cause: Vec<(String, u64)>,
    /// Reads that did not return the same client's earlier write, nor a newer one.
    pub read_your_writes_violations: u64,
    /// Reads that returned something older than the same client had already seen.
    pub monotonic_read_violations: u64,
    /// Each class of traffic, where the scenario has a second (`clients.second`): the first, then the second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassReport>,
    /// Reads for which that is unknown: there were more clients and keys than the ledger remembers.
    #[serde(default)]
    pub unfollowed_reads: u64,
    /// Reads of values that were lost or rejected afterwards.
    pub vanished_reads: u64,
    /// Latency of requests answered without an error. Where clients try again, each try is measured from the moment it was
    /// sent: what a client waits over all its tries is not reported.
    pub latency_ms: Latencies,
    /// Latency of all answered requests: failed ones count the time until their error. Also per try.
    #[serde(default)]
    pub latency_with_errors_ms: Latencies,
    /// Every write attempt since the start, by what became of it.
    pub writes_by_class: WritesByClass,
    /// The lost ones by cause, a JSON object; causes that did not occur are left out. `cache_crash`, `flush_all`: the cache
    /// crashed or was emptied before the flush. `expired_dirty`, `evicted_dirty`: the dirty entry expired or was evicted.
    /// `dropped_after_retries`: the database refused it until the retries were used up. `failover_lag`: a replica took over
    /// that had not received it. `persistence_window`: it came after the last snapshot or sync. `dual_write_half_done`: the
    /// application crashed between its two writes. `flush_mark_lost`: its dirty mark was deleted with older ones.
    /// `flusher_crash`: the flusher that had taken it out of the cache crashed. `queue_lost`: the application server crashed that had
    /// it in its queue.
    /// `overwritten_by_older`: the database went back to an older write. `refused`, `connection_lost`: the database refused
    /// it, or the connection to it broke, after the write had been acknowledged. `never_delivered`: nobody tried to deliver
    /// it.
    #[serde(with = "as_object")]
    pub lost_by_cause: Vec<(String, u64)>,
    /// Acknowledged writes that the database will never have: lost at some moment of the run, even if their key has been
    /// written again since. An increment that a later value contains is not counted.
    pub ever_lost: u64,
    /// The same by cause.
    #[serde(with = "as_object")]
    pub ever_lost_by_cause: Vec<(String, u64)>,
    /// Lost writes that some read returned, before or after they were lost.
    #[serde(default)]
    pub lost_and_read: u64,
    /// Keys whose last acknowledged value is lost now.
    #[serde(default)]
    pub keys_lost: u64,
    /// Read-modify-writes acknowledged since the start.
    #[serde(default)]
    pub increments: u64,
    /// Those among them that the database's value does not contain: another was applied to the same value.
    #[serde(default)]
    pub lost_increments: u64,
    /// The most writes at risk at once: the most at the end of any bucket of the series since the warm-up, and now.
    #[serde(default)]
    pub at_risk_max: u64,
    /// The database's work.
    pub database: DatabaseReport,
    /// The cache's work.
    pub cache: CacheReport,
    /// The faults that have begun since the start, in their order; at most the first 200.
    pub faults: Vec<FaultReport>,
    /// What went on inside the application servers.
    #[serde(default)]
    pub app: AppReport,
    /// What the faults changed, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Box<effect::Effect>>,
    /// Its measures over time, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

/// How many cached copies differ from the database for good: entries of the cache and of near caches, each one.
///
/// Copies that are dirty or expired do not count, nor does a copy while a handler of a write of its key runs, or while a
/// command or message that will replace or delete it is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DivergingCopies {
    /// At the moment of the report.
    pub now: u64,
    /// The most at once, from the end of the warm-up to the end of the run.
    pub max: u64,
    /// At the end of the run, before the system drains; until then, now.
    pub end: u64,
}

/// A fault that has begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultReport {
    /// When, in seconds since the start.
    pub at_s: f64,
    /// For how long, in seconds; all faults end with the run.
    pub for_s: f64,
    /// What happened: `"cache.crash"`.
    pub what: String,
    /// Which node, server or link it hit, where the scenario says so.
    pub which: Option<String>,
    /// Which of the scenario's faults it was, from 0.
    pub fault: u32,
}

/// What went on inside the application servers since the warm-up, all servers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AppReport {
    /// Reads answered by a server's near cache; they count neither among the cache's hits nor among its misses.
    pub near_hits: u64,
    /// Reads that a near cache could not answer.
    pub near_misses: u64,
    /// Copies dropped because of a message that their key had been written.
    pub near_invalidated: u64,
    /// Reads answered by the gutter, since the node of their key had not answered; also neither hits nor misses of the cache.
    #[serde(default)]
    pub gutter_hits: u64,
    /// Reads that the gutter could not answer.
    #[serde(default)]
    pub gutter_misses: u64,
    /// Reads that shared the load of another reader of their server (single flight).
    pub coalesced: u64,
    /// Waits of readers for the holder of a lease, each wait counted.
    pub lease_waits: u64,
    /// Fills that the cache rejected, because their lease was void or the copy they were for was gone.
    pub fills_refused: u64,
    /// Loads of copies that could still be served (early refresh, refresh-ahead, stale-while-revalidate).
    pub refreshes: u64,
    /// Reads answered with a copy past its TTL (stale-while-revalidate, stale-if-error). Whether the value was stale is another
    /// matter: `stale_reads` says so.
    #[serde(default)]
    pub past_ttl: u64,
    /// Calls to the database that waited for a connection.
    pub pool_waits: u64,
    /// Total time of those waits, seconds.
    pub pool_waited_s: f64,
    /// Failed calls to the database that were not tried again, because the retry budget was used up.
    #[serde(default)]
    pub retries_withheld: u64,
    /// Calls that an open breaker rejected.
    pub breaker_rejections: u64,
    /// How long breakers were open, summed over the servers, seconds.
    pub breaker_open_s: f64,
}

/// What one class of traffic got: numbers of [`LaneReport`] by the same names, and over the same span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Requests answered, with or without an error.
    pub requests: u64,
    /// Reads among them.
    pub reads: u64,
    /// Requests answered with an error.
    pub errors: u64,
    /// `reads_from_cache / reads`.
    pub read_hit_ratio: f64,
    /// Latency of all requests, errors left out.
    pub latency_ms: Summary,
    /// Stale reads.
    pub stale_reads: u64,
    /// Writes ever lost, since the start of the run.
    pub ever_lost: u64,
}

/// Misses by why the key was not in the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissesByCause {
    /// Never there before.
    pub cold: u64,
    /// Its TTL had ended.
    pub expired: u64,
    /// It had made room for another.
    pub evicted: u64,
    /// It had been deleted by a write.
    pub invalidated: u64,
    /// A crash had emptied the cache.
    pub crashed: u64,
}

impl MissesByCause {
    /// All of them.
    pub fn total(self) -> u64 {
        let MissesByCause { cold, expired, evicted, invalidated, crashed } = self;
        cold + expired + evicted + invalidated + crashed
    }
}

/// A distribution in a few numbers, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Summary {
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p66: f64,
    pub p75: f64,
    pub p80: f64,
    pub p90: f64,
    pub p95: f64,
    pub p98: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub p99_99: f64,
    pub max: f64,
}

/// Latency of all requests, of reads, of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Latencies {
    pub all: Summary,
    pub read: Summary,
    pub write: Summary,
}

/// Write attempts by what became of them; they sum to the attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritesByClass {
    /// Not answered yet.
    pub in_flight: u64,
    /// Acknowledged, and committed in the database.
    pub durable: u64,
    /// Acknowledged, never committed itself, but a newer or concurrent write was.
    pub superseded: u64,
    /// Acknowledged, not yet in the database; held by something that can deliver it, and that one crash, or a loss of its
    /// machine's power, would take.
    pub at_risk: u64,
    /// Acknowledged, not yet in the database, and on a synced disk, in a snapshot or with a replica that would take over: a
    /// crash of the cache would not lose it.
    #[serde(default)]
    pub recoverable: u64,
    /// Acknowledged, and nothing can bring it to the database any more.
    pub lost: u64,
    /// The client got a definite error, and the write is nowhere.
    pub rejected: u64,
    /// The client got no response or an error, and the write may be applied.
    pub unknown: u64,
    /// The client got a definite error, yet the write was committed or read.
    pub phantom: u64,
}

/// The database's work, from the end of the warm-up to the moment of the report, or to the end of the run; what is written
/// while the system drains is not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseReport {
    /// Reads served, including those of an outbox's relay.
    pub reads: u64,
    /// Rows written, in batches or alone.
    pub writes: u64,
    /// Rows written after the end of the run, while the system drained; not among `writes`.
    #[serde(default)]
    pub drain_writes: u64,
    /// Batches committed.
    pub batches: u64,
    /// Batches committed after the end of the run; not among `batches`.
    #[serde(default)]
    pub drain_batches: u64,
    /// The share of its workers' time spent serving, 0 to 1.
    pub utilisation: f64,
    /// The longest queue.
    pub queue_max: u64,
    /// Queries refused because the queue was full or the database was down.
    pub refused: u64,
    /// Queries refused by load shedding (`database.shed`); not among `refused`.
    #[serde(default)]
    pub shed: u64,
    /// Transactions rolled back; a compare-and-set that found another value is not one of them.
    pub aborted: u64,
    /// Queries ended because their callers had given up.
    #[serde(default)]
    pub cancelled: u64,
    /// Waits for the lock of a row.
    #[serde(default)]
    pub lock_waits: u64,
    /// Total time of those waits, seconds.
    #[serde(default)]
    pub lock_waited_s: f64,
    /// The most queries under way at once, in service or waiting for a row.
    #[serde(default)]
    pub connections_max: u64,
}

/// The cache's work, from the end of the warm-up to the moment of the report, or to the end of the run; and what it holds
/// now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheReport {
    /// Commands served.
    pub commands: u64,
    /// The share of the time that its threads, one per node, were busy, 0 to 1.
    pub utilisation: f64,
    /// Entries held now.
    pub entries: u64,
    /// Bytes they take, including their overhead: now, all nodes together.
    #[serde(default)]
    pub bytes: u64,
    /// The most bytes they took, the sum of each node's most.
    #[serde(default)]
    pub bytes_max: u64,
    /// How many they took in the mean since the warm-up, at the ends of those 240 equal parts of the run that are over; 0
    /// before one is.
    #[serde(default)]
    pub bytes_mean: f64,
    /// Dirty entries now.
    pub dirty: u64,
    /// The most dirty entries at once; with several nodes, the sum of the most that each had.
    pub dirty_max: u64,
    /// Commands rejected: the cache was down, had too few replicas for a write, or held its maximum of dirty entries.
    pub refused: u64,
    /// Values rejected because the cache was full: its policy could evict nothing (`volatile-…` with no TTLs, `none`), or
    /// the value is larger than the cache.
    #[serde(default)]
    pub refused_full: u64,
    /// Snapshots or syncs to disk begun, also while the system drains. Before that, those begun since the latest change are
    /// not counted yet.
    pub saves: u64,
    /// How many times a replica took over.
    pub failovers: u64,
    /// Each node's part, where there are several.
    #[serde(default)]
    pub nodes: Vec<NodeReport>,
    /// The keys asked for most, hottest first, where there are several nodes: no number of nodes splits one key.
    #[serde(default)]
    pub hottest: Vec<HotKey>,
}

/// What one cache node has done, over the same span as [`CacheReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeReport {
    /// Commands served.
    pub commands: u64,
    /// The share of the time that its thread was busy, 0 to 1.
    pub utilisation: f64,
    /// Entries held now.
    pub entries: u64,
}

/// A key that many ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HotKey {
    /// The key.
    pub key: u32,
    /// The node that holds it.
    pub node: u32,
    /// Its share of all commands since the warm-up, 0 to 1.
    pub share: f64,
}

/// Measures over time, one value per bucket, from the start of the run; figures are drawn from these.
///
/// Bucket `i` covers the time from `(first + i) · bucket_s`; the last one may be shorter. What an empty bucket does
/// not have, such as a median, is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The width of a bucket, seconds.
    pub bucket_s: f64,
    /// The number of the first bucket in this piece.
    pub first: usize,
    /// The buckets.
    pub points: Vec<Point>,
}

/// One bucket of a [`Series`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Requests answered in it.
    pub requests: u32,
    /// Requests sent in it.
    #[serde(default)]
    pub sent: u32,
    /// Requests waiting for a response, at the end of the bucket.
    #[serde(default)]
    pub unanswered: u32,
    /// Errors among the answers.
    pub errors: u32,
    /// Answers within the deadline, errors left out.
    #[serde(default)]
    pub within_deadline: u32,
    /// The share answered within the deadline, of the requests whose outcome was decided in this bucket: answered in time,
    /// failed before the deadline, or still waiting when it passed.
    #[serde(default)]
    pub goodput: Option<f32>,
    /// Mean latency, errors left out, ms.
    pub mean_ms: Option<f32>,
    /// Median latency, errors left out, ms.
    #[serde(default)]
    pub p50_ms: Option<f32>,
    /// 99th percentile of the same, ms.
    #[serde(default)]
    pub p99_ms: Option<f32>,
    /// Median latency with failed requests, counted with the time they took, ms.
    #[serde(default)]
    pub with_errors_p50_ms: Option<f32>,
    /// 99th percentile of the same, ms.
    #[serde(default)]
    pub with_errors_p99_ms: Option<f32>,
    /// Median latency of reads, ms.
    pub read_p50_ms: Option<f32>,
    /// 99th percentile of reads, ms.
    pub read_p99_ms: Option<f32>,
    /// Median latency of writes, ms.
    pub write_p50_ms: Option<f32>,
    /// 99th percentile of writes, ms.
    pub write_p99_ms: Option<f32>,
    /// Cache hits.
    pub hits: u32,
    /// Cache misses.
    pub misses: u32,
    /// Stale reads.
    pub stale: u32,
    /// Writes ever lost so far (see [`LaneReport::ever_lost`]), at the end of the bucket.
    pub lost: u32,
    /// Cached copies that differ from the database for good, at the end of the bucket.
    #[serde(default)]
    pub diverging: u32,
    /// Acknowledged writes at risk, at the end of the bucket.
    pub at_risk: u32,
    /// Requests waiting in the database's queue, at the end of the bucket.
    pub queue: u32,
    /// Reads that the database served.
    #[serde(default)]
    pub database_reads: u32,
    /// Rows that it committed.
    #[serde(default)]
    pub database_writes: u32,
    /// The share of its workers' time spent serving, 0 to 1.
    #[serde(default)]
    pub database_utilisation: f32,
    /// The share of the time that the cache's threads were busy, 0 to 1.
    #[serde(default)]
    pub cache_utilisation: f32,
    /// Bytes that the cache's entries take, at the end of the bucket.
    #[serde(default)]
    pub cache_bytes: u64,
    /// Entries of the cache, at the end of the bucket.
    #[serde(default)]
    pub cache_entries: u32,
    /// Dirty entries of the cache, at the end of the bucket.
    #[serde(default)]
    pub dirty: u32,
    /// Reads among the answers, with or without an error.
    #[serde(default)]
    pub reads: u32,
    /// Reads answered from a copy, in the cache or a near cache, without a load of their own.
    #[serde(default)]
    pub reads_from_cache: u32,
    /// Median latency of reads with failed ones, counted with the time they took, ms.
    #[serde(default)]
    pub read_with_errors_p50_ms: Option<f32>,
    /// 99th percentile of the same, ms.
    #[serde(default)]
    pub read_with_errors_p99_ms: Option<f32>,
    /// Median latency of writes with failed ones, ms.
    #[serde(default)]
    pub write_with_errors_p50_ms: Option<f32>,
    /// 99th percentile of the same, ms.
    #[serde(default)]
    pub write_with_errors_p99_ms: Option<f32>,
    /// Median age of the stale values among the answers (see [`LaneReport::stale_age_ms`]), ms.
    #[serde(default)]
    pub stale_age_p50_ms: Option<f32>,
    /// 99th percentile of the same, ms.
    #[serde(default)]
    pub stale_age_p99_ms: Option<f32>,
    /// Acknowledged increments that the database's value does not contain, at the end of the bucket; where buckets are put
    /// together in points, at the end of the last point.
    #[serde(default)]
    pub lost_increments: u32,
    /// Commands that the cache rejected, and queries that the database did.
    #[serde(default)]
    pub refused: u32,
}

/// Sums and differences of counts, field by field; lists, which stand behind a semicolon, are not added up. A field that is
/// not named here does not compile.
macro_rules! arithmetic {
    ($($name:ident { $($field:ident),* $(,)? $(; $($list:ident),*)? })*) => {$(
        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: $name) {
                let $name { $($field,)* $($($list: _),*)? } = other;
                $(self.$field += $field;)*
            }
        }

        impl std::ops::Sub for $name {
            type Output = $name;

            fn sub(self, before: $name) -> $name {
                $name { $($field: self.$field - before.$field,)* $($($list: Vec::new()),*)? }
            }
        }
    )*};
}

arithmetic! {
    AppReport {
        near_hits, near_misses, near_invalidated, gutter_hits, gutter_misses, coalesced, lease_waits, fills_refused,
        refreshes, past_ttl, pool_waits, pool_waited_s, retries_withheld, breaker_rejections, breaker_open_s,
    }
    DatabaseReport {
        reads, writes, drain_writes, batches, drain_batches, utilisation, queue_max, refused, shed, aborted, cancelled,
        lock_waits, lock_waited_s, connections_max,
    }
    CacheReport {
        commands, utilisation, entries, bytes, bytes_max, bytes_mean, dirty, dirty_max, refused, refused_full, saves, failovers;
        nodes, hottest
    }
    MissesByCause { cold, expired, evicted, invalidated, crashed }
}

/// Pairs written as an object, in their order.
mod as_object {
    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(pairs: &[(String, u64)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(pairs.iter().map(|(name, count)| (name, count)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, u64)>, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, u64)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of counts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
