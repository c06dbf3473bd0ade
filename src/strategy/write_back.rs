//! Write-back (write-behind): to the cache, acknowledged at once; the database gets it later, in batches.
//!
//! Between the acknowledgement and the flush the cache holds the only copy: what a crash takes in that window is lost.

use super::{App, CacheSide};
use crate::cache::buffer::RowId;
use crate::database::Row;
use crate::engine::Failure;
use crate::ledger::{Key, WriteId};
use crate::scenario::WriteBack;
use crate::time::Nanos;

/// Writes to the cache; acknowledged when the cache has it.
pub async fn write(app: &App<'_>, key: Key, value: WriteId) -> Result<(), Failure> {
    app.cache.write_behind(key, value).await
}

/// The cache's side: flushes what is dirty at every multiple of the interval, and earlier when enough has gathered.
pub async fn flusher(cache: &CacheSide<'_>, how: &WriteBack) {
    let mut failed = false;
    loop {
        cache.node.flush_due(next_tick(cache.kernel.now(), how.every), failed).await;
        failed = false;
        // What becomes dirty during a flush is for the next one.
        let mut due = cache.node.queued_rows();
        while due > 0 {
            cache.triggers.before_flush(cache.kernel).await;
            let rows = cache.node.take_rows(due.min(how.batch));
            due -= rows.len() as u32;
            failed = rows.is_empty() || flush(cache, how, &rows).await.is_err();
            if failed {
                break; // what failed, or waits for a flush under way, is for the next flush
            }
        }
    }
}

/// Writes these rows of the buffer in one batch; rows that fail are put back, up to a limit.
pub async fn flush(cache: &CacheSide<'_>, how: &WriteBack, rows: &[RowId]) -> Result<(), Failure> {
    let batch: Vec<Row> = rows
        .iter()
        .map(|&id| {
            let (key, write) = cache.node.row(id);
            Row { key, write }
        })
        .collect();
    let outcome = cache.database.write_batch(&batch).await;
    match outcome {
        Ok(()) => cache.node.flushed(rows),
        Err(_) => cache.node.flush_failed(rows, how.requeue),
    }
    outcome
}

/// The next multiple of `every` after `now`.
fn next_tick(now: Nanos, every: Nanos) -> Nanos {
    Nanos((now.0 / every.0 + 1).saturating_mul(every.0))
}
