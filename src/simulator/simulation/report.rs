//! What a lane has shown so far, as a report.

use super::{Names, Simulation, over_time};
use crate::app::AppServerCounts;
use crate::cache::counts::NodeCounts;
use crate::cache::node::CacheNode;
use crate::database::DatabaseCounts;
use crate::ledger::ByCause;
use crate::metrics::{ClassMetrics, Metrics};
use crate::model::CallError;
use crate::report::{
    AppReport, CacheReport, ClassReport, DatabaseReport, DivergingCopies, HotKey, LaneReport, Latencies, NodeReport,
    Series, Summary, WritesByClass,
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
    servers: AppServerCounts,
    database: DatabaseCounts,
    /// The most bytes and the most dirty entries that the cache held.
    most: (u64, u32),
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
    Latencies { all: summary(&both(read, write)), read: summary(read), write: summary(write) }
}

/// The share `busy` has of `workers` over a span of time.
fn utilisation(busy_ns: u128, workers: u32, span: Nanos) -> f64 {
    if span == Nanos::ZERO { 0.0 } else { busy_ns as f64 / (f64::from(workers) * span.0 as f64) }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn both(one: &Histogram, other: &Histogram) -> Histogram {
    let mut both = one.clone();
    both.merge(other);
    both
}

impl Simulation {
    pub(super) fn take_baseline(&self) -> Baseline {
        self.world.cache.begin_to_count();
        self.world.application.queues.restart_maxima();
        self.world.database.restart_maxima();
        self.world.observers.ledger.borrow_mut().restart_maximum(self.world.kernel.now());
        Baseline { warm: self.totals(), at_end: None }
    }

    pub(super) fn totals(&self) -> Totals {
        let nodes = self.world.cache.nodes();
        let ledger = self.world.observers.ledger.borrow();
        let at = self.world.kernel.now();
        let mut servers = self.world.application.counts(at);
        servers.report += self.world.cache.gutter_counts();
        Totals {
            at,
            node: self.world.cache.counts(),
            nodes: if nodes.len() > 1 { nodes.iter().map(CacheNode::counts).collect() } else { Vec::new() },
            servers,
            database: self.world.database.counts(),
            most: (self.world.cache.bytes().1, self.world.dirty().1),
            diverging: (ledger.diverging(at.max(self.now())), ledger.diverging_max()),
        }
    }

    /// What the lane has shown since the warm-up, up to now.
    pub fn report(&self) -> LaneReport {
        let (now, warm) = (self.totals(), &self.baseline.warm);
        let Names { title, read, write } = self.names.clone();
        let (hits, misses) = (now.node.hits - warm.node.hits, now.node.misses - warm.node.misses);
        LaneReport {
            name: title,
            read,
            write,
            digest: self.world.kernel.digest().to_string(),
            at_s: self.now().as_secs_f64(),
            drained: self.is_finished() && self.stopped().is_none(),
            stopped: self.stopped().map(ToString::to_string),
            events: self.events(),
            hits,
            misses: misses.total(),
            misses_by_cause: misses,
            delayed_hits: now.node.delayed_hits - warm.node.delayed_hits,
            hit_ratio: share(hits, hits + misses.total()),
            diverging_copies: self.diverging_copies(&now),
            database: self.database_report(&now, warm),
            cache: self.cache_report(&now, warm),
            app: app_report(&now, warm),
            faults: self.faults.reports.clone(),
            ..self.report_requests()
        }
    }

    /// The part of the report about requests, as clients saw them.
    fn report_requests(&self) -> LaneReport {
        let metrics = self.world.observers.metrics.borrow();
        let (failed_reads, failed_writes) = (metrics.failed_read.count(), metrics.failed_write.count());
        let (reads, writes) = (metrics.read.count() + failed_reads, metrics.write.count() + failed_writes);
        let (unanswered, overdue) = self.world.clients.unanswered(self.progress.warmup, self.deadline, self.frontier());
        LaneReport {
            requests: reads + writes,
            reads,
            writes,
            unanswered,
            overdue,
            within_deadline: metrics.good,
            late_s: metrics.late_ns as f64 / 1e9,
            goodput: share(metrics.good, reads + writes + overdue),
            reads_from_cache: metrics.from_cache,
            read_hit_ratio: share(metrics.from_cache, reads),
            byte_hit_ratio: share(metrics.bytes_from_cache, metrics.read_bytes),
            errors: failed_reads + failed_writes,
            errors_by_kind: by_cause(CallError::ALL.iter().map(|kind| kind.name()).zip(metrics.errors)),
            stale_reads: metrics.stale_age.count(),
            stale_age_ms: summary(&metrics.stale_age),
            read_your_writes_violations: metrics.read_your_writes_violations,
            monotonic_read_violations: metrics.monotonic_read_violations,
            classes: self.class_reports(&metrics),
            latency_ms: latencies(&metrics.read, &metrics.write),
            latency_with_errors_ms: latencies(
                &both(&metrics.read, &metrics.failed_read),
                &both(&metrics.write, &metrics.failed_write),
            ),
            ..self.report_writes()
        }
    }

    /// What each class of traffic got, where there are two.
    fn class_reports(&self, metrics: &Metrics) -> Vec<ClassReport> {
        let ledger = self.world.observers.ledger.borrow();
        let of_second = ledger.ever_lost_of_second();
        let lost = [ledger.ever_lost().total() - of_second, of_second];
        let report = |(class, ever_lost): (&ClassMetrics, u64)| ClassReport {
            requests: class.latency.count() + class.errors,
            reads: class.reads,
            errors: class.errors,
            read_hit_ratio: share(class.from_cache, class.reads),
            latency_ms: summary(&class.latency),
            stale_reads: class.stale,
            ever_lost,
        };
        metrics.classes.iter().flat_map(|classes| classes.iter()).zip(lost).map(report).collect()
    }

    /// The part of the report that the ledger knows.
    fn report_writes(&self) -> LaneReport {
        let ledger = self.world.observers.ledger.borrow();
        let increments = ledger.increments();
        let writes_by_class = self.writes_by_class();
        // What is acknowledged while the system drains is no matter of the run.
        let now = if self.baseline.at_end.is_none() { writes_by_class.at_risk } else { 0 };
        LaneReport {
            diverging_by_cause: by_cause(ledger.diverged().iter().map(|(cause, count)| (cause.name(), count))),
            unfollowed_reads: ledger.reads().unfollowed,
            vanished_reads: ledger.reads().vanished,
            writes_by_class,
            at_risk_max: self.world.observers.metrics.borrow().at_risk_max().max(now),
            lost_by_cause: lost_by_cause(ledger.lost_by_cause()),
            ever_lost: ledger.ever_lost().total(),
            ever_lost_by_cause: lost_by_cause(ledger.ever_lost()),
            lost_and_read: ledger.lost_and_read(),
            keys_lost: ledger.keys_lost(),
            increments: increments.acknowledged,
            lost_increments: increments.lost,
            ..LaneReport::default()
        }
    }

    fn diverging_copies(&self, now: &Totals) -> DivergingCopies {
        // What changes while the system drains is no matter of the run.
        let end = self.baseline.at_end.as_ref().unwrap_or(now).diverging;
        DivergingCopies { now: now.diverging.0, max: end.1, end: end.0 }
    }

    fn writes_by_class(&self) -> WritesByClass {
        let counts = self.world.observers.ledger.borrow().counts();
        let (at_risk, recoverable) = over_time::at_risk(&self.world, self.frontier());
        WritesByClass {
            in_flight: counts.in_flight,
            durable: counts.durable,
            superseded: counts.superseded,
            at_risk,
            recoverable,
            lost: counts.lost,
            rejected: counts.rejected,
            unknown: counts.unknown,
            phantom: counts.phantom,
        }
    }

    fn database_report(&self, now: &Totals, warm: &Totals) -> DatabaseReport {
        let drained = &now.database.report;
        let now = self.baseline.at_end.as_ref().unwrap_or(now);
        let (database, before) = (&now.database, &warm.database);
        let busy = database.busy_ns - before.busy_ns;
        DatabaseReport {
            drain_writes: drained.writes - database.report.writes,
            drain_batches: drained.batches - database.report.batches,
            utilisation: utilisation(busy, self.world.database.workers(), now.at.saturating_sub(warm.at)),
            queue_max: u64::from(database.queue_max),
            lock_waited_s: (database.lock_waited_ns - before.lock_waited_ns) as f64 / 1e9,
            connections_max: u64::from(database.connections_max),
            ..database.report - before.report
        }
    }

    fn cache_report(&self, now: &Totals, warm: &Totals) -> CacheReport {
        // Those of the drain are counted, too.
        let saves = now.node.report.saves - warm.node.report.saves;
        let now = self.baseline.at_end.as_ref().unwrap_or(now);
        let (bytes_max, dirty_max) = now.most;
        let busy = now.node.busy_ns - warm.node.busy_ns;
        CacheReport {
            utilisation: utilisation(busy, self.world.cache.count(), now.at.saturating_sub(warm.at)),
            entries: self.world.cache.entries(),
            bytes: self.world.cache.bytes().0,
            bytes_max,
            bytes_mean: self.world.observers.metrics.borrow().cache_bytes_mean().unwrap_or(0.0),
            dirty: u64::from(self.world.dirty().0),
            dirty_max: u64::from(dirty_max),
            saves,
            nodes: self.node_reports(now),
            hottest: self.hottest_keys(),
            ..now.node.report.clone() - warm.node.report.clone()
        }
    }

    /// Each node's part, where there are several.
    fn node_reports(&self, now: &Totals) -> Vec<NodeReport> {
        let warm = &self.baseline.warm;
        let report = |(node, counts): (usize, &NodeCounts)| {
            let (commands, busy) = warm.nodes.get(node).map_or((0, 0), |then| (then.report.commands, then.busy_ns));
            NodeReport {
                commands: counts.report.commands - commands,
                utilisation: utilisation(counts.busy_ns - busy, 1, now.at.saturating_sub(warm.at)),
                entries: u64::from(self.world.cache.node(node as u32).entries()),
            }
        };
        now.nodes.iter().enumerate().map(report).collect()
    }

    fn hottest_keys(&self) -> Vec<HotKey> {
        let cache = &self.world.cache;
        let hot = |(key, share)| HotKey { key, node: cache.shard_of(key), share };
        cache.hottest(5).into_iter().map(hot).collect()
    }

    /// The measures over time, `group` buckets of the run to a point, from point number `first` on, as far as buckets are
    /// over.
    pub fn series(&self, first: usize, group: usize) -> Series {
        over_time::series(&self.world, &self.world.observers.metrics.borrow(), first, group)
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
    let (servers, before) = (&now.servers, &warm.servers);
    let mut counted = servers.report - before.report;
    counted += now.node.app - warm.node.app;
    AppReport {
        pool_waited_s: (servers.pool_waited - before.pool_waited).as_secs_f64(),
        breaker_open_s: (servers.breaker_open - before.breaker_open).as_secs_f64(),
        ..counted
    }
}
