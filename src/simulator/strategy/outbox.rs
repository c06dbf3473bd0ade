//! Transactional outbox: the row and a record of it are committed in one transaction; a relay passes the records on to
//! the cache (Richardson, "Microservices Patterns", chapter 3).
//!
//! The answer to the dual write. An application server that crashes leaves nothing half done, because it does only one
//! thing; what the cache has to be told stands in the database until the relay, a process of its own, has told it. The
//! cached copy is old for as long as the relay lags behind, and no longer.

use super::App;
use crate::database::Row;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{Outbox, Relayed};

/// Writes to the database, which adds the record; acknowledged when both are committed.
pub async fn write(app: &App<'_>, key: Key, value: WriteId) -> Result<(), CallError> {
    app.database.write(key, value).await
}

/// The relay: looks at intervals for new records, passes them on in their order, and then drops them. What fails is done
/// again at the next interval, from the oldest record on.
pub async fn relay(relay: &App<'_>, how: &Outbox) {
    loop {
        let kernel = relay.cache.kernel;
        kernel.sleep_until(kernel.now().tick_after(how.every)).await;
        while let Ok(true) = pass_on(relay, how).await {}
    }
}

/// Passes on the oldest records. Returns whether there were any.
async fn pass_on(relay: &App<'_>, how: &Outbox) -> Result<bool, CallError> {
    let (records, last) = relay.database.records(how.batch).await?;
    for &Row { key, write } in &records {
        match how.cached {
            Relayed::Delete => relay.cache.delete(key).await?,
            Relayed::Update => relay.renew_or_drop_copy(key, write).await?,
        }
    }
    if !records.is_empty() {
        relay.database.forget(last).await?;
    }
    Ok(!records.is_empty())
}
