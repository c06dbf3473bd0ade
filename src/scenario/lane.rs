//! A lane: one way of reading and one way of writing.

use super::field::{kinds, record, words};
use crate::time::Nanos;

/// One strategy of the experiment. All lanes see the same traffic and the same faults.
#[derive(Clone, Debug, Default, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Straight to the database: the baseline.
    None {},
    /// The application asks the cache; on a miss it reads the database and fills the cache.
    LookAside {},
    /// The application asks only the cache, which loads a miss itself, one load per key at a time.
    ReadThrough {},
}
kinds!(Reading { "none" => None {}, "look-aside" => LookAside {}, "read-through" => ReadThrough {} });

impl Default for Reading {
    fn default() -> Reading {
        Reading::LookAside {}
    }
}

/// How a lane writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Writing {
    /// To the database only.
    WriteAround(WriteAround),
    /// To the cache and the database; acknowledged when both are done.
    WriteThrough(WriteThrough),
    /// To the cache, acknowledged at once; the database gets it later, in batches.
    WriteBack(WriteBack),
}
kinds!(Writing {
    "write-around" => WriteAround(WriteAround),
    "write-through" => WriteThrough(WriteThrough),
    "write-back" => WriteBack(WriteBack),
});

impl Default for Writing {
    fn default() -> Writing {
        Writing::WriteAround(WriteAround::default())
    }
}

/// Options of write-around.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteAround {
    /// What becomes of the cached copy.
    pub cached: Invalidate,
}

/// What write-around does with the cached copy of the key it wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalidate {
    /// Nothing: it is served, stale, until its TTL ends.
    Leave,
    /// Deleted after the commit; the next read loads the new value.
    #[default]
    Delete,
}

/// Options of write-through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteThrough {
    /// Which of the two is written first.
    pub order: Order,
    /// With the cache first: whether the cache entry is taken back when the database refuses.
    pub rollback: bool,
}

/// The order of write-through's two writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The database, then the cache.
    #[default]
    DatabaseFirst,
    /// The cache, then the database.
    CacheFirst,
}

/// Options of write-back.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteBack {
    /// The time between two flushes.
    pub every: Nanos,
    /// Flush as soon as so many entries are dirty.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirtyEnd {
    /// It is flushed first.
    #[default]
    Flush,
    /// It is gone.
    Drop,
}

record!(Lane { name, read, write });
record!(WriteAround { cached });
record!(WriteThrough { order, rollback });
record!(WriteBack { every, at, batch, coalesce, requeue, on_expiry, on_eviction });
words!(Invalidate { "leave" => Leave, "delete" => Delete });
words!(Order { "database-first" => DatabaseFirst, "cache-first" => CacheFirst });
words!(DirtyEnd { "flush" => Flush, "drop" => Drop });
