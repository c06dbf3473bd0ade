//! Reading with a [near cache](crate::cache::near): what this server has in its own memory costs nothing.

use super::{App, look_aside, none, read_through};
use crate::model::{CallError, Key, WriteId};
use crate::scenario::Reading;

/// Reads `key`; the value is the number of the write that put it there. Without a near cache, as the lane reads; with one,
/// from the server's own memory, or as the lane reads and then keeps a copy.
pub async fn read(app: &App<'_>, how: &Reading, key: Key) -> Result<WriteId, CallError> {
    if let Some(copy) = app.near.get(key) {
        app.client.has_copy();
        return Ok(copy);
    }
    let begun = app.near.begin();
    let value = match how {
        Reading::None {} => none::read(app, key).await,
        Reading::LookAside(how) => look_aside::read(app, how, key).await,
        Reading::ReadThrough(_) => read_through::read(app, key).await,
    }?;
    app.near.keep(key, value, app.ttl(key, value), begun);
    Ok(value)
}
