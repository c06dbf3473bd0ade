//! Read-through: the application asks only the cache, which loads a miss itself, one load per key at a time.
//!
//! Whoever asks for a key that is being loaded waits for that load. When the cache is down, reads fail: the
//! application knows no other way.

use super::{App, CacheSide, FetchedFrom, serve_stale};
use crate::cache::ttl::EntryTtl;
use crate::model::{CallError, Key, WriteId};

/// Reads from the cache, which sees to the rest.
pub async fn read(app: &App<'_>, key: Key) -> Result<WriteId, CallError> {
    let (value, from) = app.cache.fetch(key).await?;
    match from {
        FetchedFrom::Copy(end) => {
            app.client.has_copy();
            end.into_iter().for_each(|end| app.near.ends_with(end));
        }
        FetchedFrom::PastTtl => serve_stale::serves(app),
        FetchedFrom::Load => {}
    }
    Ok(value)
}

/// The cache's side of a miss: reads the database, keeps the value, answers everyone who waits for it.
pub async fn load(cache: &CacheSide<'_>, key: Key) {
    let outcome = cache.load(key).await;
    let ttl = outcome.map_or(EntryTtl::None, |value| cache.ttl(key, value));
    cache.node.loaded(key, outcome, ttl);
}
