//! A lane: one way of reading and one way of writing.

use super::field::{kinds, record, words};
use super::{App, Cache, Database, Network, Otherwise};
use crate::time::Nanos;

record! {
    /// One strategy of the experiment. All lanes see the same traffic and the same faults.
    pub struct Lane {
        /// What to call it; empty names it after its strategies.
        pub name: String = String::new(),
        /// How it reads.
        pub read: Reading = Reading::default(),
        /// How it writes.
        pub write: Writing = Writing::default(),
        /// What this lane's application servers have otherwise than `[app]` says for all.
        pub app: Otherwise<App> = Otherwise::default(),
        /// What this lane's network has otherwise than `[network]` says for all.
        pub network: Otherwise<Network> = Otherwise::default(),
        /// What this lane's cache has otherwise than `[cache]` says for all.
        pub cache: Otherwise<Cache> = Otherwise::default(),
        /// What this lane's database has otherwise than `[database]` says for all.
        pub database: Otherwise<Database> = Otherwise::default(),
    }
}

impl Lane {
    /// The given name, or one made of the strategies: `look-aside + write-back`.
    pub fn title(&self) -> String {
        if self.name.is_empty() { format!("{} + {}", self.read.name(), self.write.name()) } else { self.name.clone() }
    }
}

kinds! {
    /// How a lane reads.
    pub enum Reading {
        /// Straight to the database: the baseline.
        "none" => None {},
        /// The application asks the cache; on a miss it reads the database and fills the cache.
        "look-aside" => LookAside {},
        /// The application asks only the cache, which loads a miss itself, one load per key at a time.
        "read-through" => ReadThrough {},
    }
}
impl Default for Reading {
    fn default() -> Reading {
        Reading::LookAside {}
    }
}

kinds! {
    /// How a lane writes.
    pub enum Writing {
        /// To the database only.
        "write-around" => WriteAround(WriteAround),
        /// To the cache and the database; acknowledged when both are done.
        "write-through" => WriteThrough(WriteThrough),
        /// To the cache, acknowledged at once; the database gets it later, in batches.
        "write-back" => WriteBack(WriteBack),
    }
}
impl Default for Writing {
    fn default() -> Writing {
        Writing::WriteAround(WriteAround::default())
    }
}

record! {
    /// Options of write-around.
    pub struct WriteAround {
        /// What becomes of the cached copy.
        pub cached: Invalidate = Invalidate::Delete,
        /// With `delete-twice`: how long after the commit the copy is deleted again.
        pub delay: Nanos = Nanos::from_millis(500),
    }
}

words! {
    /// What write-around does with the cached copy of the key it wrote.
    pub enum Invalidate {
        /// Nothing: it is served, stale, until its TTL ends.
        "leave" => Leave,
        /// Deleted after the commit; the next read loads the new value.
        "delete" => Delete,
        /// Deleted before the write, and again a while after it, which takes away what slow readers have put back.
        "delete-twice" => DeleteTwice,
        /// Replaced by the new value.
        "update" => Update,
    }
}

record! {
    /// Options of write-through.
    pub struct WriteThrough {
        /// Which of the two is written first.
        pub order: Order = Order::DatabaseFirst,
        /// With the cache first: whether the cache entry is taken back when the database refuses.
        pub rollback: bool = false,
        /// When the client is told yes.
        pub acknowledge: Acknowledge = Acknowledge::Both,
        /// With `acknowledge = "first"`: how long after its yes the server gets round to the second write.
        pub delay: Nanos = Nanos::from_millis(10),
    }
}

words! {
    /// When write-through tells the client yes.
    pub enum Acknowledge {
        /// When both the cache and the database have the write.
        "both" => Both,
        /// When the first of the two has it; the server does the second by itself, in the background.
        "first" => First,
    }
}

words! {
    /// The order of write-through's two writes.
    pub enum Order {
        /// The database, then the cache.
        "database-first" => DatabaseFirst,
        /// The cache, then the database.
        "cache-first" => CacheFirst,
    }
}

record! {
    /// Options of write-back.
    pub struct WriteBack {
        /// The time between two flushes.
        pub every: Nanos = Nanos::from_secs(5),
        /// Flush as soon as so many entries are dirty.
        pub at: Option<u32> = None,
        /// The most rows in one batch.
        pub batch: u32 = 128,
        /// Whether several writes of one key become one row.
        pub coalesce: bool = true,
        /// How often a failed row is put back before it is dropped.
        pub requeue: u32 = 3,
        /// What becomes of a dirty entry whose TTL ends.
        pub on_expiry: DirtyEnd = DirtyEnd::Flush,
        /// What becomes of a dirty entry that is evicted.
        pub on_eviction: DirtyEnd = DirtyEnd::Flush,
    }
}

words! {
    /// What becomes of a dirty entry that leaves the cache before its flush.
    pub enum DirtyEnd {
        /// It is flushed first.
        "flush" => Flush,
        /// It is gone.
        "drop" => Drop,
    }
}
