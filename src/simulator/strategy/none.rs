//! No cache: every read goes to the database. The baseline the others are measured against.

use super::App;
use crate::model::{CallError, Key, WriteId};

/// Reads from the database.
pub async fn read(app: &App<'_>, key: Key) -> Result<WriteId, CallError> {
    app.database.read(key).await
}
