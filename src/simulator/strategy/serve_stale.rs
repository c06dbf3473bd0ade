//! Serving copies past their TTL (RFC 5861, M. Nottingham, "HTTP Cache-Control Extensions for Stale Content", 2010):
//! *while they are loaded again*, so that nobody waits for a load, and *if that fails*, so that nobody gets an error.

use super::App;
use super::look_aside::Looked;
use crate::cache::command::Copied;
use crate::cache::refresh::Standing;
use crate::model::{Key, WriteId};

/// A copy is served at once, while one reader of this server has it loaded again in the background.
pub fn meanwhile(app: &App<'_>, key: Key, copy: Copied) -> Looked {
    if !app.server.refreshes.is_under_way(key) {
        app.refresh_in_background(key, copy.value);
    }
    serves(app);
    Looked::Good(copy.value)
}

/// What is served where a copy could not be loaded again: the copy, unless it is past its hard end, too.
pub fn instead(app: &App<'_>, copy: Copied) -> Option<WriteId> {
    match app.refresh.grace.standing(copy.expires, app.cache.kernel.now()) {
        Standing::Good => {}
        Standing::Stale | Standing::Spare => serves(app),
        Standing::Gone => return None,
    }
    Some(copy.value)
}

/// The client is given a copy past its TTL, which is no news to keep in a near cache.
pub fn serves(app: &App<'_>) {
    app.server.past_ttl.set(app.server.past_ttl.get() + 1);
    app.client.has_copy();
    app.near.do_not_keep();
}
