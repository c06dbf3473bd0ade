//! Negative caching: the cache remembers for a while that the database has no such row.
//!
//! Otherwise the cache has nothing to keep, and every read of a missing row goes to the database.

use crate::cache::expiry::Life;
use crate::model::{Key, WriteId};
use crate::time::Nanos;
use crate::workload::rows::Rows;

/// For how long what the database said of `key` is kept.
pub fn life(rows: &Rows, negative: Option<Nanos>, key: Key, value: WriteId) -> Life {
    if rows.is_row(key, value) { Life::Usual } else { negative.map_or(Life::None, Life::For) }
}
