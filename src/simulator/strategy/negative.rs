//! Negative caching: the cache remembers for a while that the database has no such row.
//!
//! Otherwise the cache has nothing to keep, and every read of a missing row goes to the database.

use crate::cache::ttl::EntryTtl;
use crate::model::{Key, WriteId};
use crate::time::Nanos;
use crate::workload::rows::Rows;

/// For how long what the database said of `key` is kept.
pub fn ttl(rows: &Rows, negative: Option<Nanos>, key: Key, value: WriteId) -> EntryTtl {
    if rows.is_row(key, value) { EntryTtl::Usual } else { negative.map_or(EntryTtl::None, EntryTtl::For) }
}
