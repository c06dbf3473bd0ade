//! Write-through: to the cache and to the database, acknowledged when both are done, or when the first is.
//!
//! A cache that is down has no copy that could be stale, so the write goes on without it. One that is full and gives
//! nothing up refuses: the client is told no where the cache comes first. With the cache first,
//! readers see a value that the database may yet refuse; rolling back takes the cached copy away again.
//!
//! Acknowledged after the first, the server goes on with the second while the client believes that all is done: a crash
//! of the server in between leaves the dual write half done, and with the cache first that half is all there is.

use super::App;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{Acknowledge, Order, WriteThrough};

/// Writes to both, in the order asked for.
pub async fn write(app: &App<'_>, how: &WriteThrough, key: Key, value: WriteId) -> Result<(), CallError> {
    let early = how.acknowledge == Acknowledge::First;
    match how.order {
        Order::DatabaseFirst => {
            app.database.write(key, value).await?;
            if early {
                app.client.acknowledge_committed();
                app.cache.kernel.sleep(how.delay).await;
            }
            let _ = app.renew_or_drop_copy(key, value).await;
            Ok(())
        }
        Order::CacheFirst => {
            let cached = app.renew_copy(key, value).await;
            if cached == Err(CallError::Full) {
                return cached;
            }
            if early && cached.is_ok() {
                app.client.acknowledge_before_commit();
                app.cache.kernel.sleep(how.delay).await;
            }
            let committed = app.database.write(key, value).await;
            if committed.is_err() && how.rollback {
                let _ = app.cache.delete(key).await;
            }
            committed
        }
    }
}
