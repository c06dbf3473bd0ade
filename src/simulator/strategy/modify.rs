//! Read-modify-write: a new value is made from the present one, as when a counter is increased.
//!
//! Done naively, two who read the same value make the same new one, and one of the two changes is lost. Compare-and-set
//! writes only if the value is still the one that was read, and else tries again with the newer one. An increment is
//! one step in the store that decides: the database, or with write-back the cache.

use super::App;
use crate::model::{CallError, Change, Key, WriteId};
use crate::scenario::{Lane, Modify};

/// How often a key is loaded for an increment before the client is told no: a key that is crowded out at once never stays
/// in the cache.
const LOADS_MAX: u32 = 10;

/// Makes `value` from the present value of `key` and puts it there, in the lane's way.
pub async fn modify(app: &App<'_>, lane: &Lane, key: Key, value: WriteId) -> Result<(), CallError> {
    match lane.modify {
        Modify::Naive {} => naive(app, lane, key, value).await,
        Modify::CompareAndSet { tries } => compare_and_set(app, lane, tries, key, value).await,
        Modify::Increment {} => increment(app, lane, key, value).await,
    }
}

/// Reads as the lane reads, then writes as the lane writes.
async fn naive(app: &App<'_>, lane: &Lane, key: Key, value: WriteId) -> Result<(), CallError> {
    let old = super::read(app, &lane.read, key).await?;
    app.made_from(value, old);
    super::write(app, &lane.write, key, value).await
}

/// Reads the value that decides, and writes if it is still the same; else once more, up to `tries` times.
async fn compare_and_set(app: &App<'_>, lane: &Lane, tries: u32, key: Key, value: WriteId) -> Result<(), CallError> {
    for _ in 0..tries {
        let old = deciding(app, lane, key).await?;
        app.apply(Change::CompareAndSet(old));
        match super::write(app, &lane.write, key, value).await {
            Err(CallError::Conflict) => {} // somebody else was faster
            outcome => return outcome,
        }
    }
    Err(CallError::Conflict)
}

/// Lets the store that decides apply the change in one step.
async fn increment(app: &App<'_>, lane: &Lane, key: Key, value: WriteId) -> Result<(), CallError> {
    app.apply(Change::Add);
    for _ in 0..LOADS_MAX {
        match super::write(app, &lane.write, key, value).await {
            // Only a cache that does not have the key says so; it has after this, unless it cannot keep it.
            Err(CallError::Conflict) => _ = deciding(app, lane, key).await?,
            outcome => return outcome,
        }
    }
    Err(CallError::Conflict)
}

/// The value in the store that decides which write comes first.
async fn deciding(app: &App<'_>, lane: &Lane, key: Key) -> Result<WriteId, CallError> {
    match lane.write.write_back() {
        Some(_) => app.cache.fetch_to_change(key).await,
        None => app.database.read_primary(key).await,
    }
}
