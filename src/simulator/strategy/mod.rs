//! The strategies, one file each, written as an application programmer would write them.
//!
//! | reading | a hit | a miss | cache down |
//! |---|---|---|---|
//! | [`none`] | – | the database | – |
//! | [`look_aside`] | the cache | the application reads the database and fills the cache | the database feels the full load |
//! | [`read_through`] | the cache | the cache loads it, once for all who wait | reads fail |
//!
//! | writing | acknowledged when | the cached copy |
//! |---|---|---|
//! | [`write_around`] | the database has it | left, deleted, deleted twice, or new |
//! | [`write_through`] | the database and the cache have it, or one of them | new |
//! | [`write_back`] | the cache has it | new, and the only one until the flush |
//! | [`outbox`] | the database has it and a record of it | deleted or new, when the relay gets there |
//!
//! Options of reading have files of their own: [`leases`], [`refresh`], [`serve_stale`], [`negative`], [`warm_up`], [`gutter`]; and before any of them
//! there may be a [`near`] cache. Several keys at once are read by [`multi_get`]. Any reading strategy goes with any writing strategy. The code runs on virtual time: each `await` is a message, a
//! wait in somebody's queue and a message back. When a server crashes, its code stops at the `await` where it stands.

mod clients;
pub mod gutter;
pub mod leases;
pub mod look_aside;
pub mod modify;
pub mod multi_get;
pub mod near;
pub mod negative;
pub mod none;
pub mod outbox;
pub mod read_through;
pub mod refresh;
pub mod serve_stale;
pub mod source;
pub mod warm_up;
pub mod write_around;
pub mod write_back;
pub mod write_through;

pub use clients::{App, CacheClient, CacheSide, Client, DatabaseClient, EarlyAck, Events, FetchedFrom, NearClient};
pub use modify::modify;
pub use near::read;

use crate::model::{CallError, Key, WriteId};
use crate::scenario::Writing;

/// Writes `value` to `key`; `Ok` is the acknowledgement.
pub async fn write(app: &App<'_>, how: &Writing, key: Key, value: WriteId) -> Result<(), CallError> {
    match how {
        Writing::WriteAround(how) => write_around::write(app, how, key, value).await,
        Writing::WriteThrough(how) => write_through::write(app, how, key, value).await,
        Writing::WriteBack(how) => write_back::write(app, how, key, value).await,
        Writing::Outbox(_) => outbox::write(app, key, value).await,
    }
}
