//! Look-aside (cache-aside): the application asks the cache; on a miss it reads the database and fills the cache.
//!
//! Two readers that miss together both go to the database, and a reader that is slow to fill may put back a value
//! that a writer has just replaced; [single flight](crate::app::SingleFlight) and [leases] are against that. When the cache is
//! down, every read is a miss, unless there is a [gutter].

use super::{App, gutter, leases, refresh, serve_stale};
use crate::app::Turn;
use crate::cache::command::{Copied, Fill, Found, Guard};
use crate::cache::ttl::EntryTtl;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{Leases, LookAside};

/// Reads from the cache, or from the database and then fills the cache.
pub async fn read(app: &App<'_>, how: &LookAside, key: Key) -> Result<WriteId, CallError> {
    let (copy, guard) = match look_up(app, how, key).await {
        Looked::Good(value) => {
            app.client.has_copy();
            return Ok(value);
        }
        Looked::Due(copy, guard) => (Some(copy), Some(guard)),
        Looked::Missed(guard) => (None, guard),
    };
    let loaded = match app.server.single_flight.join(key, !how.single_flight, app.cache.kernel).await {
        Turn::Lead(lead) => lead.complete(load(app, key, guard).await),
        Turn::Shared(outcome) => {
            app.near.do_not_keep(); // it was read for somebody who came earlier, and what was written since is not in it
            outcome
        }
    };
    // A refresh that fails costs nobody an answer: the copy is still good, or better than none.
    loaded.or_else(|failure| copy.and_then(|copy| serve_stale::instead(app, copy)).ok_or(failure))
}

/// What a reader makes of the cache's answer.
pub enum Looked {
    /// A value to be used.
    Good(WriteId),
    /// A value that this reader is to reload, and that is good enough if that fails.
    Due(Copied, Guard),
    /// Nothing; and how the cache may be filled, if it could be asked at all.
    Missed(Option<Guard>),
}

async fn look_up(app: &App<'_>, how: &LookAside, key: Key) -> Looked {
    let found = match how.leases {
        Leases::None if app.refresh.is_off() && !app.near.is_bounded() => app.cache.get(key).await.map(Found::from),
        Leases::None => app.cache.get_copy(key).await,
        Leases::Wait | Leases::Stale => leases::get(app, how.leases, key).await,
    };
    match found {
        Ok(Found::Value(value) | Found::Loaded(value) | Found::PastTtl(value)) => Looked::Good(value),
        Ok(Found::Copy(copy)) => {
            let looked = refresh::judge(app, how, key, copy);
            if let Looked::Good(_) = looked {
                app.near.ends_with(copy.expires);
            }
            looked
        }
        Ok(Found::Lease(token)) => Looked::Missed(Some(Guard::Lease(token))),
        Ok(Found::Nothing | Found::Wait(_)) => Looked::Missed(Some(Guard::Open)),
        Err(_) if how.gutter.is_some() => gutter::look_up(app, key).await,
        Err(_) => Looked::Missed(None),
    }
}

/// Reads the database and fills the cache, where that is allowed.
pub async fn load(app: &App<'_>, key: Key, guard: Option<Guard>) -> Result<WriteId, CallError> {
    let begun = app.cache.kernel.now();
    let value = app.database.read(key).await?;
    let (ttl, load_time) = (app.ttl(key, value), app.cache.kernel.now() - begun);
    if let (Some(guard), EntryTtl::Usual | EntryTtl::For(_)) = (guard, ttl) {
        // The reader has its value whether or not the cache could be filled.
        let _ = app.cache.fill(Fill { key, value, guard, ttl, load_time }).await;
    }
    Ok(value)
}
