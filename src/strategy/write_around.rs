//! Write-around: to the database only.
//!
//! The cached copy is left to be served, stale, until its TTL ends, or it is deleted after the commit.

use super::App;
use crate::engine::Failure;
use crate::ledger::{Key, WriteId};
use crate::scenario::{Invalidate, WriteAround};

/// Writes to the database; acknowledged when it has committed.
pub async fn write(app: &App<'_>, how: &WriteAround, key: Key, value: WriteId) -> Result<(), Failure> {
    app.database.write(key, value).await?;
    if how.cached == Invalidate::Delete {
        // The write is safe whether or not the cache could be reached; a copy it still has is stale.
        let _ = app.cache.delete(key).await;
    }
    Ok(())
}
