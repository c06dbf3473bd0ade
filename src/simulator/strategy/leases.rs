//! Reading with [leases](crate::cache::leases): who misses is given the right to fill, or waits for who has it.

use super::App;
use crate::cache::command::{Answer, Found, Guard, LeaseAsked};
use crate::model::{CallError, Key};
use crate::scenario::Leases;
use crate::time::Nanos;

/// The first pause before asking again; each further one is twice as long, up to the longest.
const PAUSE: Nanos = Nanos::from_millis(2);
const LONGEST_PAUSE: Nanos = Nanos::from_millis(64);

/// A value, or the lease to fill it; waits for as long as somebody else has that.
pub async fn get(app: &App<'_>, how: Leases, key: Key) -> Answer {
    let mut asked = LeaseAsked { key, stale: how == Leases::Stale, counts: true };
    let mut pause = PAUSE;
    loop {
        match app.cache.lease(asked).await? {
            Found::Wait(Some(left_behind)) => {
                app.near.do_not_keep();
                return Ok(Found::Value(left_behind));
            }
            Found::Wait(None) => {}
            found => return Ok(found),
        }
        app.server.lease_waits.set(app.server.lease_waits.get() + 1);
        app.cache.kernel.sleep(pause).await;
        pause = LONGEST_PAUSE.min(Nanos(pause.0 * 2));
        asked.counts = false;
    }
}

/// The right to fill `key` that a loader needs who is no reader; `None` when the key is there or on its way.
pub async fn guard(app: &App<'_>, how: Leases, key: Key) -> Result<Option<Guard>, CallError> {
    if how == Leases::None {
        return Ok(Some(Guard::Open));
    }
    match app.cache.lease(LeaseAsked { key, stale: false, counts: false }).await? {
        Found::Lease(token) => Ok(Some(Guard::Lease(token))),
        _ => Ok(None),
    }
}
