//! Warming up: a loader fills an empty cache with the most popular keys, so that their first readers need not wait.

use super::{App, CacheSide, leases, look_aside, read_through};
use crate::ledger::Key;
use crate::scenario::Reading;

/// How many keys are loaded at a time, for each node of the cache.
pub const AT_A_TIME: u32 = 8;

/// Loads `keys` one after the other, as a miss of each would; nobody waits, and no miss is counted.
pub async fn load(app: &App<'_>, cache: &CacheSide<'_>, how: &Reading, keys: impl Iterator<Item = Key>) {
    for key in keys {
        match how {
            Reading::None {} => {}
            Reading::LookAside(how) => {
                if let Ok(Some(guard)) = leases::guard(app, how.leases, key).await {
                    // A key that cannot be loaded is loaded by its first reader.
                    let _ = look_aside::load(app, key, Some(guard)).await;
                }
            }
            Reading::ReadThrough(_) => {
                if cache.node.begin_warm_up(key) {
                    read_through::load(cache, key).await;
                }
            }
        }
    }
}
