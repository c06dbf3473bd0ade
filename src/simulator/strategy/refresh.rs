//! Refreshing copies that are still good, so that their readers need not wait: [early by chance, or
//! ahead](crate::cache::refresh). Those past their TTL are a matter of [`serve_stale`].

use super::look_aside::{self, Looked};
use super::{App, serve_stale};
use crate::cache::command::{Copied, Guard};
use crate::cache::refresh::Standing;
use crate::model::{Key, WriteId};
use crate::scenario::{Leases, LookAside};

/// Whether the reader of a copy uses it, loads it again itself (early), or uses it and has it loaded again (ahead).
pub fn judge(app: &App<'_>, how: &LookAside, key: Key, copy: Copied) -> Looked {
    let now = app.cache.kernel.now();
    match app.refresh.grace.standing(copy.expires, now) {
        Standing::Good => {}
        Standing::Stale => return serve_stale::meanwhile(app, key, copy),
        Standing::Spare | Standing::Gone => return Looked::Due(copy, guard(how, copy.value)),
    }
    if app.refresh.is_early(copy.expires, copy.load_time, now, &mut app.server.early.borrow_mut()) {
        app.server.refreshed.set(app.server.refreshed.get() + 1);
        return Looked::Due(copy, guard(how, copy.value));
    }
    if app.refresh.is_ahead(copy.expires, copy.ttl, now) && !app.server.refreshes.is_under_way(key) {
        app.refresh_in_background(key, copy.value);
    }
    Looked::Good(copy.value)
}

/// Reloads a copy, unless this server is at it already.
pub async fn ahead(app: &App<'_>, how: &LookAside, key: Key, copy: WriteId) {
    let Some(lead) = app.server.refreshes.lead(key, app.cache.kernel) else { return };
    app.server.refreshed.set(app.server.refreshed.get() + 1);
    // When it fails, nobody has waited for it.
    let _ = lead.complete(look_aside::load(app, key, Some(guard(how, copy))).await);
}

/// Who has no lease may only replace the very value it has seen: a write since then has taken that away.
fn guard(how: &LookAside, copy: WriteId) -> Guard {
    if how.leases == Leases::None { Guard::Open } else { Guard::CompareAndSet(copy) }
}
