//! A lane: one way of reading and one way of writing.

use serde::{Deserialize, Serialize};

use super::shorthand::{kind_or_table, or_none};
use crate::time::Nanos;

/// One strategy of the experiment. All lanes see the same traffic and the same faults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lane {
    /// What to call it; empty names it after its strategies.
    pub name: String,
    /// How it reads.
    pub read: Reading,
    /// How it writes.
    pub write: Writing,
}

impl Lane {
    /// The given name, or one made of the strategies: `look-aside + write-back`.
    pub fn title(&self) -> String {
        if self.name.is_empty() { format!("{} + {}", self.read.name(), self.write.name()) } else { self.name.clone() }
    }
}

/// How a lane reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reading {
    /// Straight to the database: the baseline.
    None {},
    /// The application asks the cache; on a miss it reads the database and fills the cache.
    LookAside {},
    /// The application asks only the cache, which loads a miss itself, one load per key at a time.
    ReadThrough {},
}
kind_or_table!(Reading, "a reading strategy: \"none\", \"look-aside\" or \"read-through\"");

impl Default for Reading {
    fn default() -> Reading {
        Reading::LookAside {}
    }
}

impl Reading {
    /// The strategy's name in scenario files.
    pub fn name(&self) -> &'static str {
        match self {
            Reading::None {} => "none",
            Reading::LookAside {} => "look-aside",
            Reading::ReadThrough {} => "read-through",
        }
    }
}

/// How a lane writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "kebab-case")]
pub enum Writing {
    /// To the database only.
    WriteAround(WriteAround),
    /// To the cache and the database; acknowledged when both are done.
    WriteThrough(WriteThrough),
    /// To the cache, acknowledged at once; the database gets it later, in batches.
    WriteBack(WriteBack),
}
kind_or_table!(Writing, "a writing strategy: \"write-around\", \"write-through\" or \"write-back\"");

impl Default for Writing {
    fn default() -> Writing {
        Writing::WriteAround(WriteAround::default())
    }
}

impl Writing {
    /// The strategy's name in scenario files.
    pub fn name(&self) -> &'static str {
        match self {
            Writing::WriteAround(_) => "write-around",
            Writing::WriteThrough(_) => "write-through",
            Writing::WriteBack(_) => "write-back",
        }
    }
}

/// Options of write-around.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteAround {
    /// What becomes of the cached copy.
    pub cached: Invalidate,
}

/// What write-around does with the cached copy of the key it wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invalidate {
    /// Nothing: it is served, stale, until its TTL ends.
    Leave,
    /// Deleted after the commit; the next read loads the new value.
    #[default]
    Delete,
}

/// Options of write-through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteThrough {
    /// Which of the two is written first.
    pub order: Order,
    /// With the cache first: whether the cache entry is taken back when the database refuses.
    pub rollback: bool,
}

/// The order of write-through's two writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The database, then the cache.
    #[default]
    DatabaseFirst,
    /// The cache, then the database.
    CacheFirst,
}

/// Options of write-back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteBack {
    /// The time between two flushes.
    pub every: Nanos,
    /// Flush as soon as so many entries are dirty.
    #[serde(with = "or_none")]
    pub at: Option<u32>,
    /// The most rows in one batch.
    pub batch: u32,
    /// Whether several writes of one key become one row.
    pub coalesce: bool,
    /// How often a failed row is put back before it is dropped.
    pub requeue: u32,
    /// What becomes of a dirty entry whose TTL ends.
    pub on_expiry: DirtyEnd,
    /// What becomes of a dirty entry that is evicted.
    pub on_eviction: DirtyEnd,
}

impl Default for WriteBack {
    fn default() -> WriteBack {
        WriteBack {
            every: Nanos::from_secs(5),
            at: None,
            batch: 128,
            coalesce: true,
            requeue: 3,
            on_expiry: DirtyEnd::Flush,
            on_eviction: DirtyEnd::Flush,
        }
    }
}

/// What becomes of a dirty entry that leaves the cache before its flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirtyEnd {
    /// It is flushed first.
    #[default]
    Flush,
    /// It is gone.
    Drop,
}
