//! Write-back (write-behind): to the cache, acknowledged at once; the database gets it later, in batches.
//!
//! Between the acknowledgement and the flush the cache holds the only copy: what a crash takes in that window is lost.
//! Products differ in the details, and so do the options: Coherence waits until a row has rested for a while, Hazelcast
//! refuses writes when its queue is full, Ignite lets the writer wait for a flush then.
//!
//! Or it is the application that remembers what is yet to be written, in a queue of each server, and then a crash of the server
//! is what loses it.

use super::{App, CacheSide};
use crate::cache::buffer::RowId;
use crate::cache::write_queue::WriteQueue;
use crate::database::Row;
use crate::fault::Triggers;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{BufferIn, Take, WriteBack};
use crate::time::Nanos;

/// Writes to the cache; acknowledged when the cache has it, or the server's own queue.
pub async fn write(app: &App<'_>, how: &WriteBack, key: Key, value: WriteId) -> Result<(), CallError> {
    match (how.buffer, app.queues.of(app.server.server)) {
        (BufferIn::App, Some(queue)) => {
            queue.put(key, value).await?;
            // The queue has it, whatever becomes of the copy.
            let _ = app.renew_or_drop_copy(key, value).await;
            Ok(())
        }
        _ => app.cache.write_behind(key, value, app.ttl(key, value)).await,
    }
}

/// The cache's side: flushes what is dirty at every multiple of the interval, and earlier when enough has gathered.
pub async fn flusher(cache: &CacheSide<'_>, how: &WriteBack) {
    let mut failed = false;
    loop {
        let by = cache.node.flush_due(cache.kernel.now().tick_after(how.every), failed).await;
        failed = false;
        // What becomes dirty during a flush is for the next one.
        let mut due = cache.node.due_rows(by);
        if how.take == Take::GetDel {
            failed = due > 0 && !take_out_and_write(cache, how, due, by).await;
            continue;
        }
        if due > 0 {
            cache.triggers.before_flush(cache.kernel).await;
        }
        while due > 0 && !failed {
            let most = due.min(how.batch);
            let flushed = match how.take {
                Take::Atomic | Take::GetDel => flush(cache, how, &cache.node.take_rows(most, by)).await,
                Take::ReadThenDelete => read_write_delete(cache, how, most, by).await,
            };
            // What failed, or waits for a flush under way, is for the next flush.
            failed = flushed.is_none();
            due = due.saturating_sub(flushed.unwrap_or(0));
        }
    }
}

/// Writes these rows of the buffer in one batch; rows that fail are put back, up to a limit. Returns how many were
/// written, if any.
pub async fn flush(cache: &CacheSide<'_>, how: &WriteBack, rows: &[RowId]) -> Option<u32> {
    if rows.is_empty() {
        return None;
    }
    let batch: Vec<Row> = rows.iter().map(|&id| cache.node.row(id)).map(row).collect();
    let outcome = cache.database.write_batch(&batch).await;
    match outcome {
        Ok(()) => cache.node.flushed(rows),
        Err(_) => cache.node.flush_failed(rows, how.requeue),
    }
    outcome.is_ok().then_some(rows.len() as u32)
}

/// Reads the dirty set, writes it, and then deletes what it has read from the set, as people do who keep the set under a
/// key of its own. A row that was written again in between loses its mark with the others, and nobody flushes it.
async fn read_write_delete(cache: &CacheSide<'_>, how: &WriteBack, most: u32, by: Nanos) -> Option<u32> {
    let rows = cache.node.read_rows(most, by);
    if rows.is_empty() {
        return None;
    }
    let batch: Vec<Row> = rows.iter().copied().map(row).collect();
    let outcome = cache.database.write_batch(&batch).await;
    match outcome {
        Ok(()) => cache.node.delete_marks(&rows),
        Err(_) => cache.node.marks_failed(&rows, how.requeue),
    }
    outcome.is_ok().then_some(rows.len() as u32)
}

/// Takes all that is due out of the cache in one step (`GETDEL`, or `RENAME` of the hash with what is pending) and then writes it in
/// batches: until then nobody but this process has it. Returns whether all of it was written; what was not is put back.
async fn take_out_and_write(cache: &CacheSide<'_>, how: &WriteBack, due: u32, by: Nanos) -> bool {
    let mut rows: &[RowId] = &cache.node.take_rows(due, by);
    let mut written = !rows.is_empty();
    cache.triggers.before_flush(cache.kernel).await;
    while written && !rows.is_empty() {
        let (batch, rest) = rows.split_at(rows.len().min(how.batch as usize));
        written = flush(cache, how, batch).await.is_some();
        rows = rest;
    }
    cache.node.put_back(rows);
    written
}

/// A server's side of a write-behind queue: flushes what is queued at every multiple of the interval, and earlier when enough
/// has gathered.
pub async fn flush_queue(app: &App<'_>, queue: &WriteQueue, how: &WriteBack, triggers: &Triggers) {
    let mut failed = false;
    loop {
        let by = queue.flush_due(app.cache.kernel.now().tick_after(how.every), failed).await;
        failed = false;
        // What is queued during a flush is for the next one.
        let mut due = queue.due_rows(by);
        if due > 0 {
            triggers.before_flush(app.cache.kernel).await;
        }
        while due > 0 && !failed {
            let rows = queue.take_rows(due.min(how.batch), by);
            if rows.is_empty() {
                break; // written again meanwhile, so what is left is not due any more
            }
            let batch: Vec<Row> = rows.iter().map(|&id| queue.row(id)).map(row).collect();
            failed = app.database.write_batch(&batch).await.is_err();
            if failed {
                queue.flush_failed(&rows, how.requeue);
            } else {
                queue.flushed(&rows);
            }
            due = due.saturating_sub(rows.len() as u32);
        }
    }
}

fn row((key, write): (Key, WriteId)) -> Row {
    Row { key, write }
}
