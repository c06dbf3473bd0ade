//! Write-around: to the database only.
//!
//! The cached copy is left to be served, stale, until its TTL ends; or it is deleted after the commit; or deleted before
//! or right after it and once more a while later (delayed double delete); or replaced by the new value.
//!
//! A reader that asked the database before the commit may fill the cache after the delete: a stale copy that stays.
//! The second delete takes it away, unless that reader was slower still. Replacing the copy invites another race: of two
//! writers that commit one after the other, the first may be the last to reach the cache.
//!
//! Whatever is done about it, a reader of the database's commit log may see to the copies as well (change data capture), as the
//! relay of an [outbox](super::outbox) does, and asks the database nothing; then a server that crashes between its commit and
//! its delete leaves nothing behind.

use super::App;
use crate::database::Row;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{Invalidate, LogReader, Relayed, WriteAround};
use crate::stage::Condition;

/// How many rows of the log are handed on at once.
const LOG_ROWS: u32 = 1_000;

/// Writes to the database; acknowledged when it has committed and the cached copy is seen to.
pub async fn write(app: &App<'_>, how: &WriteAround, key: Key, value: WriteId) -> Result<(), CallError> {
    if how.cached == Invalidate::DeleteTwice {
        let _ = app.cache.delete(key).await;
    }
    app.database.write(key, value).await?;
    // The write is safe whether or not the cache can be reached; a copy it still has is stale.
    match how.cached {
        Invalidate::Leave => {}
        Invalidate::Delete => _ = app.cache.delete(key).await,
        Invalidate::Update => _ = app.renew_or_drop_copy(key, value).await,
        Invalidate::DeleteTwice | Invalidate::DeleteAgain => {
            if how.cached == Invalidate::DeleteAgain {
                _ = app.cache.delete(key).await;
            }
            app.client.acknowledge_committed();
            app.cache.kernel.sleep(how.delay).await;
            _ = app.cache.delete(key).await;
        }
    }
    Ok(())
}

/// The reader of the commit log: looks at intervals for what is new in it, and sees to the copies in the order of the commits. What
/// fails is done again at the next interval, from the oldest row on.
pub async fn read_log(reader: &App<'_>, how: &LogReader) {
    let (kernel, database) = (reader.cache.kernel, &reader.database);
    loop {
        kernel.sleep_until(kernel.now().tick_after(how.every)).await;
        while database.network.condition(database.link) != Condition::Frozen
            && let Some((rows, last)) = database.database.log(LOG_ROWS)
            && see_to_copies(reader, how, &rows).await.is_ok()
        {
            database.database.log_is_read(last);
        }
    }
}

async fn see_to_copies(reader: &App<'_>, how: &LogReader, rows: &[Row]) -> Result<(), CallError> {
    for &Row { key, write } in rows {
        match how.cached {
            Relayed::Delete => reader.cache.delete(key).await?,
            Relayed::Update => reader.renew_or_drop_copy(key, write).await?,
        }
    }
    Ok(())
}
