//! Write-through: to the cache and to the database, acknowledged when both are done.
//!
//! A cache that is down has no copy that could be stale, so the write goes on without it. With the cache first,
//! readers see a value that the database may yet refuse; rolling back takes the cached copy away again.

use super::App;
use crate::engine::Failure;
use crate::ledger::{Key, WriteId};
use crate::scenario::{Order, WriteThrough};

/// Writes to both, in the order asked for.
pub async fn write(app: &App<'_>, how: &WriteThrough, key: Key, value: WriteId) -> Result<(), Failure> {
    match how.order {
        Order::DatabaseFirst => {
            app.database.write(key, value).await?;
            let _ = app.cache.set(key, value).await;
            Ok(())
        }
        Order::CacheFirst => {
            let _ = app.cache.set(key, value).await;
            let committed = app.database.write(key, value).await;
            if committed.is_err() && how.rollback {
                let _ = app.cache.delete(key).await;
            }
            committed
        }
    }
}
