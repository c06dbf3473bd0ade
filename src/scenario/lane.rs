//! A lane: one way of reading and one way of writing.

use super::field::{kinds, record, words};
use super::node::{Fields, is_told};
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
        /// How it changes a value that depends on the present one (read-modify-write).
        pub modify: Modify = Modify::Naive {},
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
        "look-aside" => LookAside(LookAside),
        /// The application asks only the cache, which loads a miss itself, one load per key at a time.
        "read-through" => ReadThrough(ReadThrough),
    }
}
impl Default for Reading {
    fn default() -> Reading {
        Reading::look_aside()
    }
}

impl Reading {
    /// Plain look-aside, every option off.
    pub fn look_aside() -> Reading {
        Reading::LookAside(LookAside::default())
    }

    /// Plain read-through, every option off.
    pub fn read_through() -> Reading {
        Reading::ReadThrough(ReadThrough::default())
    }

    /// For how long the lane remembers that there is no row, where it does.
    pub fn negative(&self) -> Option<Nanos> {
        match self {
            Reading::None {} => None,
            Reading::LookAside(how) => how.negative,
            Reading::ReadThrough(how) => how.negative,
        }
    }

    /// How many of the most popular keys are loaded at the start.
    pub fn warm_up(&self) -> u32 {
        match self {
            Reading::None {} => 0,
            Reading::LookAside(how) => how.warm_up,
            Reading::ReadThrough(how) => how.warm_up,
        }
    }

    /// The strength of the early refresh, and the share of the TTL after which a hit refreshes ahead.
    pub fn refresh(&self) -> (Option<f64>, Option<f64>) {
        match self {
            Reading::None {} => (None, None),
            Reading::LookAside(how) => (how.early_refresh, how.refresh_ahead),
            Reading::ReadThrough(how) => (how.early_refresh, how.refresh_ahead),
        }
    }
}

record! {
    /// Options of look-aside.
    pub struct LookAside {
        /// Whether readers of one application server who miss one key at the same time share one read of the database.
        pub single_flight: bool = false,
        /// Whether only one reader at a time may fill a key, with a token that a write voids, and what the others do.
        pub leases: Leases = Leases::None,
        /// Probabilistic early refresh (XFetch): the factor β on how early a reader takes a copy for expired; the
        /// load's own time sets the scale, 1 is the paper's value.
        pub early_refresh: Option<f64> = None,
        /// The share of the TTL after which a hit starts a refresh in the background, one per key and server at a time.
        pub refresh_ahead: Option<f64> = None,
        /// For how long the cache remembers that the database has no such row; without it, every read of a missing row
        /// goes to the database.
        pub negative: Option<Nanos> = None,
        /// How many of the most popular keys are loaded from the database at the start, and again when the cache comes
        /// back after a crash, eight at a time.
        pub warm_up: u32 = 0,
    }
}

words! {
    /// What look-aside does so that a slow reader does not fill the cache with an old value, and a popular key is not
    /// loaded by everyone at once.
    pub enum Leases {
        /// Nothing: every reader who misses reads the database and fills the cache.
        "none" => None,
        /// One reader has the right to fill, for 10 s at most; the others wait a little and ask again.
        "wait" => Wait,
        /// The same, but the others are given the value that a delete has left behind, if there is one, though it is old.
        "stale" => Stale,
    }
}

record! {
    /// Options of read-through.
    pub struct ReadThrough {
        /// Probabilistic early refresh (XFetch): the factor β on how early the cache takes a copy for expired; the load's
        /// own time sets the scale, 1 is the paper's value.
        pub early_refresh: Option<f64> = None,
        /// The share of the TTL after which a hit starts a refresh in the background, one per key at a time.
        pub refresh_ahead: Option<f64> = None,
        /// For how long the cache remembers that the database has no such row; without it, every read of a missing row
        /// goes to the database.
        pub negative: Option<Nanos> = None,
        /// How many of the most popular keys are loaded from the database at the start, and again when the cache comes
        /// back after a crash, eight at a time.
        pub warm_up: u32 = 0,
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
        /// To the database, with a record of it in the same transaction; a relay tells the cache later.
        "outbox" => Outbox(Outbox),
    }
}
impl Default for Writing {
    fn default() -> Writing {
        Writing::WriteAround(WriteAround::default())
    }
}

kinds! {
    /// How a lane makes a new value from the present one.
    pub enum Modify {
        /// It reads, and then writes, in the lane's ways: of two at a time, one is lost.
        "naive" => Naive {},
        /// It writes only if the value is still the one it read, and else tries again.
        "compare-and-set" => CompareAndSet {
            /// How often it tries before the client gets an error.
            tries: u32 = 10,
        },
        /// The database, or with write-back the cache, does it in one step.
        "increment" => Increment {},
    }
}

record! {
    /// Options of the transactional outbox.
    pub struct Outbox {
        /// The time between two looks of the relay for new records.
        pub every: Nanos = Nanos::from_millis(100),
        /// The most records it takes at once.
        pub batch: u32 = 100,
        /// What it does with the cached copy.
        pub cached: Relayed = Relayed::Delete,
    }
}

words! {
    /// What an outbox's relay does with the cached copy.
    pub enum Relayed {
        /// Deletes it; the next read loads the new value.
        "delete" => Delete,
        /// Replaces it by the new value.
        "update" => Update,
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
        /// When the write is acknowledged.
        pub acknowledge: Acknowledge = Acknowledge::Both,
        /// With `acknowledge = "first"`: how long after the acknowledgement the server performs the second write.
        pub delay: Nanos = Nanos::from_millis(10),
    }
}

words! {
    /// When write-through acknowledges a write.
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
        /// The most rows that may be dirty at once.
        pub bound: Option<u32> = None,
        /// What becomes of a write that finds so many.
        pub when_full: WhenFull = WhenFull::Block,
        /// What becomes of an entry that has been flushed.
        pub after_flush: AfterFlush = AfterFlush::Keep,
        /// How a flush takes what is dirty.
        pub take: Take = Take::Atomic,
        /// How long a row must have rested since its last write to be flushed at an interval's end; a full buffer, a
        /// reached count and the end of the run do not wait for that.
        pub delay: Nanos = Nanos::ZERO,
        /// Whether writes are flushed at all. If not, values live in the cache only, as sessions often do: nothing brings
        /// them to the database, and what leaves the cache is gone.
        pub flush: bool = true,
    }
    then complete like standard
}

impl WriteBack {
    /// Values that live in the cache only, as sessions often do.
    pub fn cache_only() -> WriteBack {
        WriteBack { flush: false, on_expiry: DirtyEnd::Drop, on_eviction: DirtyEnd::Drop, ..WriteBack::default() }
    }

    /// What is meant where a text says no more than whether anything is flushed.
    fn standard(&self) -> WriteBack {
        if self.flush { WriteBack::default() } else { WriteBack { flush: true, ..WriteBack::cache_only() } }
    }

    /// Where nothing is flushed, what leaves the cache is gone, unless the text says something else (which is refused).
    fn complete(&mut self, fields: &Fields) {
        let told = |field| is_told(fields, field);
        if self.flush {
            return;
        }
        if !told("on_expiry") {
            self.on_expiry = DirtyEnd::Drop;
        }
        if !told("on_eviction") {
            self.on_eviction = DirtyEnd::Drop;
        }
    }
}

words! {
    /// What becomes of a write that finds the buffer full.
    pub enum WhenFull {
        /// It waits in line until a flush makes room.
        "block" => Block,
        /// It has a flush begun at once, and waits for the room.
        "flush" => Flush,
        /// It is refused.
        "refuse" => Refuse,
    }
}

words! {
    /// What becomes of an entry that has been flushed.
    pub enum AfterFlush {
        /// It stays in the cache.
        "keep" => Keep,
        /// It leaves the cache, unless it was written again meanwhile.
        "remove" => Remove,
    }
}

words! {
    /// How a flush takes what is dirty.
    pub enum Take {
        /// In one step: what is written again meanwhile is dirty again.
        "atomic" => Atomic,
        /// It reads the dirty set, writes the rows, and then deletes what it has read from the set: a row written
        /// again in between is no longer marked, and its new value is lost.
        "read-then-delete" => ReadThenDelete,
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
