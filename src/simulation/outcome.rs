//! What a lane has shown so far, as a report.

use super::Simulation;
use crate::app::OwnCounts;
use crate::cache::near::NearCounts;
use crate::cache::node::{CacheNode, NodeCounts};
use crate::database::DatabaseCounts;
use crate::ledger::{ByCause, ReadCounts};
use crate::report::{
    AppReport, CacheReport, DatabaseReport, DivergingCopies, HotKey, LaneReport, Latencies, MissesByCause, NodeReport,
    Point, Series, Summary, WritesByClass,
};
use crate::stats::Histogram;
use crate::time::Nanos;

/// Everyone's running totals at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    at: Nanos,
    /// All nodes together, and each where there are several.
    node: NodeCounts,
    nodes: Vec<NodeCounts>,
    own: OwnCounts,
    near: NearCounts,
    database: DatabaseCounts,
    reads: ReadCounts,
    /// Copies that diverge, and the most that did at once.
    diverging: (u64, u64),
}

/// The totals that the report is measured from and, where it matters, to.
#[derive(Clone, Debug, Default)]
pub(super) struct Baseline {
    /// At the end of the warm-up.
    warm: Totals,
    /// At the end of the run, before the system drains.
    pub at_end: Option<Totals>,
}

/// A distribution of nanoseconds in a few numbers of milliseconds.
pub fn summary(histogram: &Histogram) -> Summary {
    let ms = |quantile: f64| histogram.quantile(quantile).map_or(0.0, |ns| ns as f64 / 1e6);
    Summary {
        count: histogram.count(),
        mean: histogram.mean().unwrap_or(0.0) / 1e6,
        p50: ms(0.50),
        p66: ms(0.66),
        p75: ms(0.75),
        p80: ms(0.80),
        p90: ms(0.90),
        p95: ms(0.95),
        p98: ms(0.98),
        p99: ms(0.99),
        p99_9: ms(0.999),
        p99_99: ms(0.9999),
        max: histogram.max().map_or(0.0, |ns| ns as f64 / 1e6),
    }
}

fn latencies(read: &Histogram, write: &Histogram) -> Latencies {
    let mut all = read.clone();
    all.merge(write);
    Latencies { all: summary(&all), read: summary(read), write: summary(write) }
}

/// The share `busy` has of `workers` over a span of time.
fn utilisation(busy_ns: u128, workers: u32, span: Nanos) -> f64 {
    if span == Nanos::ZERO { 0.0 } else { busy_ns as f64 / (f64::from(workers) * span.0 as f64) }
}

fn ratio(part: u64, rest: u64) -> f64 {
    if part + rest == 0 { 0.0 } else { part as f64 / (part + rest) as f64 }
}

impl Simulation {
    pub(super) fn take_baseline(&self) -> Baseline {
        self.world.cache.begin_to_count();
        self.world.ledger.borrow_mut().restart_maximum(self.world.kernel.now());
        Baseline { warm: self.totals(), at_end: None }
    }

    pub(super) fn totals(&self) -> Totals {
        let nodes = self.world.cache.nodes();
        let ledger = self.world.ledger.borrow();
        let at = self.world.kernel.now();
        Totals {
            at,
            node: self.world.cache.counts(),
            nodes: if nodes.len() > 1 { nodes.iter().map(CacheNode::counts).collect() } else { Vec::new() },
            own: self.world.own_counts(),
            near: self.world.nears.counts(),
            database: self.world.database.counts(),
            reads: *ledger.reads(),
            diverging: (ledger.diverging(at.max(self.now())), ledger.diverging_max()),
        }
    }

    /// What the lane has shown since the warm-up, up to now.
    pub fn report(&self) -> LaneReport {
        let (now, warm) = (self.totals(), &self.baseline.warm);
        let metrics = self.world.metrics.borrow();
        let (name, read, write) = self.lane.clone();
        let ledger = self.world.ledger.borrow();
        let increments = ledger.increments();
        let [read_errors, write_errors] = metrics.errors;
        let (reads, writes) = (metrics.read.count() + read_errors, metrics.write.count() + write_errors);
        let (hits, misses) = (now.node.hits - warm.node.hits, now.node.misses() - warm.node.misses());
        LaneReport {
            name,
            read,
            write,
            digest: self.world.kernel.digest().to_string(),
            at_s: self.now().as_secs_f64(),
            drained: self.is_finished() && self.stopped().is_none(),
            stopped: self.stopped().map(ToString::to_string),
            events: self.events(),
            requests: reads + writes,
            reads,
            writes,
            hits,
            misses,
            misses_by_cause: misses_by_cause(&now.node, &warm.node),
            delayed_hits: now.node.delayed_hits - warm.node.delayed_hits,
            hit_ratio: ratio(hits, misses),
            errors: read_errors + write_errors,
            stale_reads: now.reads.stale - warm.reads.stale,
            stale_age_ms: summary(&metrics.stale_age),
            diverging_copies: self.diverging_copies(&now),
            diverging_by_cause: by_cause(ledger.diverged().iter().map(|(cause, count)| (cause.name(), count))),
            read_your_writes_violations: now.reads.read_your_writes_violations - warm.reads.read_your_writes_violations,
            monotonic_read_violations: now.reads.monotonic_read_violations - warm.reads.monotonic_read_violations,
            vanished_reads: now.reads.vanished.saturating_sub(warm.reads.vanished),
            latency_ms: latencies(&metrics.read, &metrics.write),
            writes_by_class: self.writes_by_class(),
            lost_by_cause: lost_by_cause(ledger.lost_by_cause()),
            ever_lost: ledger.ever_lost().total(),
            ever_lost_by_cause: lost_by_cause(ledger.ever_lost()),
            lost_and_read: ledger.lost_and_read(),
            keys_lost: ledger.keys_lost(),
            increments: increments.acknowledged,
            lost_increments: increments.lost,
            database: self.database_report(&now, warm),
            cache: self.cache_report(&now, warm),
            app: app_report(&now, warm),
            faults: self.struck.clone(),
        }
    }

    fn diverging_copies(&self, now: &Totals) -> DivergingCopies {
        // What changes while the system drains is no matter of the run.
        let end = self.baseline.at_end.as_ref().unwrap_or(now).diverging;
        DivergingCopies { now: now.diverging.0, max: end.1, end: end.0 }
    }

    fn writes_by_class(&self) -> WritesByClass {
        let counts = self.world.ledger.borrow().counts();
        WritesByClass {
            in_flight: counts.in_flight,
            durable: counts.durable,
            superseded: counts.superseded,
            at_risk: counts.at_risk,
            lost: counts.lost,
            rejected: counts.rejected,
            unknown: counts.unknown,
            phantom: counts.phantom,
        }
    }

    fn database_report(&self, now: &Totals, warm: &Totals) -> DatabaseReport {
        let (database, before) = (&now.database, &warm.database);
        let measured_to = self.baseline.at_end.as_ref().unwrap_or(now);
        let busy = measured_to.database.busy_ns - before.busy_ns;
        DatabaseReport {
            reads: database.reads - before.reads,
            writes: database.rows - before.rows,
            batches: database.batches - before.batches,
            utilisation: utilisation(busy, self.world.database.workers(), measured_to.at.saturating_sub(warm.at)),
            queue_max: u64::from(database.queue_max),
            refused: database.refused - before.refused,
            aborted: database.aborted - before.aborted,
            cancelled: database.cancelled - before.cancelled,
            lock_waits: database.lock_waits - before.lock_waits,
            lock_waited_s: (database.lock_waited_ns - before.lock_waited_ns) as f64 / 1e9,
            connections_max: u64::from(database.connections_max),
        }
    }

    fn cache_report(&self, now: &Totals, warm: &Totals) -> CacheReport {
        let (dirty, dirty_max) = self.world.cache.dirty();
        let (bytes, bytes_max) = self.world.cache.bytes();
        let measured_to = self.baseline.at_end.as_ref().unwrap_or(now);
        let busy = measured_to.node.busy_ns - warm.node.busy_ns;
        CacheReport {
            commands: now.node.commands - warm.node.commands,
            utilisation: utilisation(busy, self.world.cache.count(), measured_to.at.saturating_sub(warm.at)),
            entries: self.world.cache.entries(),
            bytes,
            bytes_max,
            dirty: u64::from(dirty),
            dirty_max: u64::from(dirty_max),
            refused: now.node.refused - warm.node.refused,
            saves: now.node.saves - warm.node.saves,
            failovers: now.node.failovers - warm.node.failovers,
            nodes: self.node_reports(now, measured_to),
            hottest: self.hottest_keys(),
        }
    }

    /// Each node's part, where there are several.
    fn node_reports(&self, now: &Totals, measured_to: &Totals) -> Vec<NodeReport> {
        let warm = &self.baseline.warm;
        let before = |node: usize| warm.nodes.get(node).copied().unwrap_or_default();
        let report = |(node, counts): (usize, &NodeCounts)| NodeReport {
            commands: counts.commands - before(node).commands,
            utilisation: utilisation(
                measured_to.nodes[node].busy_ns - before(node).busy_ns,
                1,
                measured_to.at.saturating_sub(warm.at),
            ),
            entries: u64::from(self.world.cache.node(node as u32).entries()),
        };
        now.nodes.iter().enumerate().map(report).collect()
    }

    fn hottest_keys(&self) -> Vec<HotKey> {
        let cache = &self.world.cache;
        let hot = |(key, share)| HotKey { key, node: cache.shard_of(key), share };
        cache.hottest(5).into_iter().map(hot).collect()
    }

    /// The measures over time, from bucket number `first` on, as far as buckets are over.
    pub fn series(&self, first: usize) -> Series {
        let metrics = self.world.metrics.borrow();
        let ms = |histogram: &Histogram, q: f64| histogram.quantile(q).map(|ns| (ns as f64 / 1e6) as f32);
        let points = metrics.buckets(first).map(|(bucket, gauges, before)| {
            let empty = Default::default();
            let bucket = bucket.unwrap_or(&empty);
            let answered = bucket.read.count() + bucket.write.count();
            let sum_ns = bucket.read.sum() + bucket.write.sum();
            Point {
                requests: answered as u32 + bucket.errors,
                errors: bucket.errors,
                mean_ms: (answered > 0).then(|| (sum_ns as f64 / answered as f64 / 1e6) as f32),
                read_p50_ms: ms(&bucket.read, 0.5),
                read_p99_ms: ms(&bucket.read, 0.99),
                write_p50_ms: ms(&bucket.write, 0.5),
                write_p99_ms: ms(&bucket.write, 0.99),
                hits: (gauges.hits - before.hits) as u32,
                misses: (gauges.misses - before.misses) as u32,
                stale: (gauges.stale - before.stale) as u32,
                lost: gauges.lost as u32,
                diverging: gauges.diverging as u32,
                at_risk: gauges.at_risk as u32,
                queue: gauges.queue as u32,
            }
        });
        Series { bucket_s: metrics.width().as_secs_f64(), first, points: points.collect() }
    }
}

fn lost_by_cause(counts: &ByCause) -> Vec<(String, u64)> {
    by_cause(counts.iter().map(|(cause, count)| (cause.name(), count)))
}

/// The causes that occurred.
fn by_cause(counts: impl Iterator<Item = (&'static str, u64)>) -> Vec<(String, u64)> {
    // few: causes
    counts.filter(|(_, count)| *count > 0).map(|(cause, count)| (cause.to_owned(), count)).collect()
}

fn app_report(now: &Totals, warm: &Totals) -> AppReport {
    let (own, before) = (&now.own, &warm.own);
    AppReport {
        near_hits: now.near.hits - warm.near.hits,
        near_misses: now.near.misses - warm.near.misses,
        near_invalidated: now.near.invalidated - warm.near.invalidated,
        coalesced: own.coalesced - before.coalesced,
        lease_waits: own.lease_waits - before.lease_waits,
        fills_refused: now.node.fills_refused - warm.node.fills_refused,
        refreshes: own.refreshes - before.refreshes + now.node.refreshes - warm.node.refreshes,
        pool_waits: own.pool_waits - before.pool_waits,
        pool_waited_s: (own.pool_waited - before.pool_waited).as_secs_f64(),
        breaker_rejections: own.breaker_rejections - before.breaker_rejections,
        breaker_open_s: (own.breaker_open - before.breaker_open).as_secs_f64(),
    }
}

fn misses_by_cause(now: &NodeCounts, before: &NodeCounts) -> MissesByCause {
    MissesByCause {
        cold: now.misses_cold - before.misses_cold,
        expired: now.misses_expired - before.misses_expired,
        evicted: now.misses_evicted - before.misses_evicted,
        invalidated: now.misses_invalidated - before.misses_invalidated,
        crashed: now.misses_crashed - before.misses_crashed,
    }
}
