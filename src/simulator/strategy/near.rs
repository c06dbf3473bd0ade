//! Reading with a [near cache](crate::cache::near): what this server has in its own memory costs nothing.

use super::App;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::Reading;

/// Reads from the server's own memory, or as the lane reads and then keeps a copy.
pub async fn read(app: &App<'_>, how: &Reading, key: Key) -> Result<WriteId, CallError> {
    if let Some(copy) = app.near.get(key) {
        app.client.has_copy();
        return Ok(copy);
    }
    let begun = app.near.begin();
    let value = super::read_beyond(app, how, key).await?;
    app.near.keep(key, value, app.ttl(key, value), begun);
    Ok(value)
}
