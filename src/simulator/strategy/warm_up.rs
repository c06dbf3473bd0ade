//! Warming up: a loader fills an empty cache with the most popular keys, so that their first readers need not wait.

use super::{App, CacheSide, leases, look_aside, read_through};
use crate::model::{CallError, Key};
use crate::scenario::Reading;
use crate::work;

/// How many keys are loaded at a time, for each node of the cache.
pub const AT_A_TIME: u32 = 8;

/// Loads `keys` one after the other, as a miss of each would; nobody waits, and no miss is counted.
pub async fn load(app: &App<'_>, cache: &CacheSide<'_>, how: &Reading, keys: impl Iterator<Item = Key>) {
    for key in keys {
        work::count(1);
        match how {
            Reading::None {} => {}
            Reading::LookAside(how) => {
                if let Ok(Some(guard)) = leases::guard(app, how.leases, key).await {
                    // A key that cannot be loaded is loaded by its first reader. While the breaker is open that holds for
                    // all that are left, and is not found out one by one: there may be millions, and no time passes.
                    if look_aside::load(app, key, Some(guard)).await == Err(CallError::BreakerOpen) {
                        return;
                    }
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
