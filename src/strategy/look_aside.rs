//! Look-aside (cache-aside): the application asks the cache; on a miss it reads the database and fills the cache.
//!
//! Two readers that miss together both go to the database, and a reader that is slow to fill may put back a value
//! that a writer has just replaced. When the cache is down, every read is a miss.

use super::App;
use crate::engine::Failure;
use crate::ledger::{Key, WriteId};

/// Reads from the cache, or from the database and then fills the cache.
pub async fn read(app: &App<'_>, key: Key) -> Result<WriteId, Failure> {
    let cached = app.cache.get(key).await;
    if let Ok(Some(value)) = cached {
        return Ok(value);
    }
    let value = app.database.read(key).await?;
    if cached.is_ok() {
        // The reader has its value whether or not the cache could be filled.
        let _ = app.cache.set(key, value).await;
    }
    Ok(value)
}
