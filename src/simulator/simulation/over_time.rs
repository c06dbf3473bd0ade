//! A lane's measures over time: the gauges read at the end of each bucket, and the points that figures are drawn from.
//!
//! A point may cover several buckets. Its percentiles come from their histograms put together: the median of several
//! medians is nobody's.

use super::world::World;
use crate::cache::node::CacheNode;
use crate::metrics::{Bucket, Gauges, Metrics};
use crate::report::{Point, Series};
use crate::stats::Histogram;
use crate::time::Nanos;

/// Everybody's gauges, now.
pub(super) fn gauges(world: &World, deadline: Nanos) -> Gauges {
    let (node, database) = (world.cache.counts(), world.database.counts());
    let (unanswered, overdue) = world.clients.unanswered(Nanos::ZERO, deadline, world.kernel.now());
    let ledger = world.observers.ledger.borrow();
    let metrics = world.observers.metrics.borrow();
    let lost_increments =
        if metrics.is_end_of_point() { ledger.increments().lost } else { metrics.last_gauges().lost_increments };
    Gauges {
        hits: node.hits,
        misses: node.misses.total(),
        stale: ledger.reads().stale,
        lost: ledger.ever_lost().total(),
        diverging: ledger.diverging(world.kernel.now()),
        at_risk: at_risk_now(world, &metrics),
        queue: u64::from(world.database.queue()),
        sent: world.clients.sent(),
        unanswered,
        overdue,
        database_reads: database.report.reads,
        database_rows: database.report.writes,
        database_busy_ns: database.busy_ns,
        cache_busy_ns: node.busy_ns,
        cache_bytes: world.cache.bytes().0,
        cache_entries: world.cache.entries(),
        dirty: u64::from(world.dirty().0),
        refused: node.report.refused + node.report.refused_full + database.report.refused + database.report.shed,
        lost_increments,
    }
}

/// Acknowledged writes that the database does not have yet, and that are held: those that a crash of what holds them would
/// lose, and those that a disk or a replica would bring back.
pub(super) fn at_risk(world: &World, now: Nanos) -> (u64, u64) {
    let ledger = world.observers.ledger.borrow();
    let pending = ledger.counts().at_risk;
    if pending == 0 {
        return (0, 0);
    }
    let kept = world.cache.nodes().iter().map(|node| ledger.kept_by(&node.rows_that_survive(now))).sum();
    (pending - kept, kept)
}

/// How many rows may be gone over for each request, to say which of them a disk would bring back.
const ROWS_PER_REQUEST: u64 = 8;

/// The writes at risk at the end of a bucket. Which rows a disk has is worked out as often as the requests pay for it, and in
/// between it is what it was: a backlog far longer than the traffic would otherwise cost more than the run.
fn at_risk_now(world: &World, metrics: &Metrics) -> u64 {
    let rows = |node: &CacheNode| if node.is_durable() { u64::from(node.dirty().0) } else { 0 };
    let rows: u64 = world.cache.nodes().iter().map(rows).sum();
    let reading = metrics.readings() as u64 + 1;
    let paid = (ROWS_PER_REQUEST * world.clients.sent() / reading).max(1);
    if reading.is_multiple_of(rows.div_ceil(paid).next_power_of_two()) {
        at_risk(world, world.kernel.now()).0
    } else {
        metrics.last_gauges().at_risk
    }
}

/// The points from number `first` on, `group` buckets to each.
pub(super) fn series(world: &World, metrics: &Metrics, first: usize, group: usize) -> Series {
    let workers = f64::from(world.database.workers());
    let threads = f64::from(world.cache.count());
    let points = metrics.buckets(first * group, group).map(|(bucket, span, now, before)| {
        let busy = |ns: u128, of: f64| (ns as f64 / (of * span.0 as f64)) as f32;
        Point {
            database_utilisation: busy(now.database_busy_ns - before.database_busy_ns, workers),
            cache_utilisation: busy(now.cache_busy_ns - before.cache_busy_ns, threads),
            ..point(&bucket, &now, &before)
        }
    });
    let points = points.collect();
    Series { bucket_s: metrics.width().as_secs_f64() * group as f64, first, points }
}

/// What a bucket, or several put together, have shown, but for utilisations.
fn point(bucket: &Bucket, now: &Gauges, before: &Gauges) -> Point {
    let answered = with(&bucket.read, &bucket.write);
    let (reads, writes) = (with(&bucket.read, &bucket.failed_read), with(&bucket.write, &bucket.failed_write));
    let with_errors = with(&reads, &writes);
    // Whose fate was sealed in it: the good, those that became overdue, and those that failed in time.
    let missed = now.overdue + u64::from(bucket.late) - before.overdue;
    let failed_in_time = with_errors.count() - u64::from(bucket.good) - u64::from(bucket.late);
    let sealed = u64::from(bucket.good) + missed + failed_in_time;
    Point {
        requests: with_errors.count() as u32,
        sent: (now.sent - before.sent) as u32,
        unanswered: now.unanswered as u32,
        errors: bucket.errors() as u32,
        within_deadline: bucket.good,
        goodput: (sealed > 0).then(|| (f64::from(bucket.good) / sealed as f64) as f32),
        mean_ms: answered.mean().map(|ns| (ns / 1e6) as f32),
        reads: reads.count() as u32,
        reads_from_cache: bucket.from_cache,
        p50_ms: ms(&answered, 0.5),
        p99_ms: ms(&answered, 0.99),
        with_errors_p50_ms: ms(&with_errors, 0.5),
        with_errors_p99_ms: ms(&with_errors, 0.99),
        read_p50_ms: ms(&bucket.read, 0.5),
        read_p99_ms: ms(&bucket.read, 0.99),
        write_p50_ms: ms(&bucket.write, 0.5),
        write_p99_ms: ms(&bucket.write, 0.99),
        read_with_errors_p50_ms: ms(&reads, 0.5),
        read_with_errors_p99_ms: ms(&reads, 0.99),
        write_with_errors_p50_ms: ms(&writes, 0.5),
        write_with_errors_p99_ms: ms(&writes, 0.99),
        hits: (now.hits - before.hits) as u32,
        misses: (now.misses - before.misses) as u32,
        stale: (now.stale - before.stale) as u32,
        stale_age_p50_ms: ms(&bucket.stale_age, 0.5),
        stale_age_p99_ms: ms(&bucket.stale_age, 0.99),
        lost: now.lost as u32,
        lost_increments: now.lost_increments as u32,
        refused: (now.refused - before.refused) as u32,
        diverging: now.diverging as u32,
        at_risk: now.at_risk as u32,
        queue: now.queue as u32,
        database_reads: (now.database_reads - before.database_reads) as u32,
        database_writes: (now.database_rows - before.database_rows) as u32,
        cache_bytes: now.cache_bytes,
        cache_entries: now.cache_entries as u32,
        dirty: now.dirty as u32,
        ..Point::default()
    }
}

fn with(one: &Histogram, other: &Histogram) -> Histogram {
    let mut both = one.clone();
    both.merge(other);
    both
}

fn ms(histogram: &Histogram, share: f64) -> Option<f32> {
    histogram.quantile(share).map(|ns| (ns as f64 / 1e6) as f32)
}
