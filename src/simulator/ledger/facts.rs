//! The facts that the ledger is told, and the causes that it finds.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::model::WriteId;
use crate::time::Nanos;

/// What can still deliver a write to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The handler of the request is still running and could still write it.
    Application,
    /// A message or batch on its way to the database, or being worked on there.
    Flight,
    /// The dirty set of a write-back cache, or the rows of an outbox.
    Buffer,
    /// The memory of a flusher that has taken it out of the cache.
    Flusher,
    /// The write-behind queue of an application server.
    Queue,
}

/// Why a holder no longer has a write.
///
/// The first five say nothing of a loss. Of the others the latest one told of a write is why it is lost, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// The database answered: committed (tell [`committed`](super::Ledger::committed) first).
    Delivered,
    /// In the buffer, write `into` of the same key took its place.
    Coalesced {
        /// The write which took the place.
        into: WriteId,
    },
    /// Another holder, told before, has it now.
    Handed,
    /// The handler of the request ended in the ordinary way.
    Finished,
    /// The handler of the request ended with an error.
    GaveUp,
    /// The cache node that had it crashed.
    CacheCrash,
    /// Its entry expired while dirty.
    ExpiredDirty,
    /// Its entry was evicted while dirty.
    EvictedDirty,
    /// It was dropped after the last of its retries.
    DroppedAfterRetries,
    /// The replica that took over had not received it yet.
    FailoverLag,
    /// The application server crashed with the handler where it stood.
    AppCrash,
    /// Its dirty mark was deleted together with older ones: read the set, write it, then delete the set.
    FlushMarkLost,
    /// The flusher crashed that had taken it out of the cache.
    FlusherCrash,
    /// The application server crashed with it in its write-behind queue.
    QueueLost,
    /// The cache restarted from a snapshot or append-only file older than it.
    PersistenceWindow,
    /// Somebody emptied the cache.
    FlushAll,
    /// The database rejected it (aborted, queue full) and nobody tries again.
    Refused,
    /// The connection broke, or the database was out, and nobody tries again.
    ConnectionLost,
}

impl Release {
    /// The cause, if this kind of release can be one.
    pub fn cause(self) -> Option<Cause> {
        Some(match self {
            Release::Delivered | Release::Coalesced { .. } | Release::Handed => return None,
            Release::Finished | Release::GaveUp => return None,
            Release::CacheCrash => Cause::CacheCrash,
            Release::ExpiredDirty => Cause::ExpiredDirty,
            Release::EvictedDirty => Cause::EvictedDirty,
            Release::DroppedAfterRetries => Cause::DroppedAfterRetries,
            Release::FailoverLag => Cause::FailoverLag,
            Release::AppCrash => Cause::DualWriteHalfDone,
            Release::FlushMarkLost => Cause::FlushMarkLost,
            Release::FlusherCrash => Cause::FlusherCrash,
            Release::QueueLost => Cause::QueueLost,
            Release::PersistenceWindow => Cause::PersistenceWindow,
            Release::FlushAll => Cause::FlushAll,
            Release::Refused => Cause::Refused,
            Release::ConnectionLost => Cause::ConnectionLost,
        })
    }
}

/// Why an acknowledged write is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The cache crashed before the flush.
    CacheCrash,
    /// The dirty entry expired and was dropped.
    ExpiredDirty,
    /// The dirty entry was evicted and dropped.
    EvictedDirty,
    /// The database refused it until the retries were used up.
    DroppedAfterRetries,
    /// A lagging replica took over which had not received it.
    FailoverLag,
    /// The application crashed between its two writes.
    DualWriteHalfDone,
    /// Its dirty mark was deleted with older ones.
    FlushMarkLost,
    /// The flusher crashed after taking it out of the cache, before writing it.
    FlusherCrash,
    /// The application server crashed that had it in its write-behind queue.
    QueueLost,
    /// It came after the last snapshot or append the cache restarted from.
    PersistenceWindow,
    /// The database had it, or a newer write, and went back to a write that precedes it.
    OverwrittenByOlder,
    /// Somebody emptied the cache.
    FlushAll,
    /// The database refused it after it had been acknowledged.
    Refused,
    /// The connection to the database broke after it had been acknowledged.
    ConnectionLost,
    /// Nobody tried to deliver it: the strategy acknowledges it and does nothing.
    NeverDelivered,
}

impl Cause {
    /// How many causes there are.
    pub const COUNT: usize = Cause::ALL.len();

    /// All of them, in the order of their numbers.
    pub const ALL: [Cause; 15] = [
        Cause::CacheCrash,
        Cause::ExpiredDirty,
        Cause::EvictedDirty,
        Cause::DroppedAfterRetries,
        Cause::FailoverLag,
        Cause::DualWriteHalfDone,
        Cause::FlushMarkLost,
        Cause::FlusherCrash,
        Cause::QueueLost,
        Cause::PersistenceWindow,
        Cause::OverwrittenByOlder,
        Cause::FlushAll,
        Cause::Refused,
        Cause::ConnectionLost,
        Cause::NeverDelivered,
    ];

    /// The name in reports: `"cache_crash"`.
    pub fn name(self) -> &'static str {
        match self {
            Cause::CacheCrash => "cache_crash",
            Cause::ExpiredDirty => "expired_dirty",
            Cause::EvictedDirty => "evicted_dirty",
            Cause::DroppedAfterRetries => "dropped_after_retries",
            Cause::FailoverLag => "failover_lag",
            Cause::DualWriteHalfDone => "dual_write_half_done",
            Cause::FlushMarkLost => "flush_mark_lost",
            Cause::FlusherCrash => "flusher_crash",
            Cause::QueueLost => "queue_lost",
            Cause::PersistenceWindow => "persistence_window",
            Cause::OverwrittenByOlder => "overwritten_by_older",
            Cause::FlushAll => "flush_all",
            Cause::Refused => "refused",
            Cause::ConnectionLost => "connection_lost",
            Cause::NeverDelivered => "never_delivered",
        }
    }
}

impl fmt::Display for Cause {
    /// In words: `cache crash before flush`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::CacheCrash => "cache crash before flush",
            Cause::ExpiredDirty => "expired while dirty",
            Cause::EvictedDirty => "evicted while dirty",
            Cause::DroppedAfterRetries => "dropped after retries",
            Cause::FailoverLag => "failover to a lagging replica",
            Cause::DualWriteHalfDone => "dual write half done",
            Cause::FlushMarkLost => "flush mark lost",
            Cause::FlusherCrash => "flusher crash between taking and writing",
            Cause::QueueLost => "app server crash before flush",
            Cause::PersistenceWindow => "persistence window",
            Cause::OverwrittenByOlder => "overwritten by an older write",
            Cause::FlushAll => "cache emptied before flush",
            Cause::Refused => "refused by the database after the acknowledgement",
            Cause::ConnectionLost => "connection lost after the acknowledgement",
            Cause::NeverDelivered => "never delivered",
        })
    }
}

/// A number for each cause: `counted_by!(Name, Cause, "what is counted")`. It serialises as a map of all causes by name.
macro_rules! counted_by {
    ($name:ident, $cause:ident, $counted:literal) => {
        #[doc = concat!("The number of ", $counted, " for each cause; serialises as a map of all causes by name.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub(super) [u64; $cause::COUNT]);

        impl $name {
            #[doc = concat!("How many ", $counted, " have this cause.")]
            pub fn get(&self, cause: $cause) -> u64 {
                self.0[cause as usize]
            }

            #[doc = concat!("Each cause with its number of ", $counted, ".")]
            pub fn iter(&self) -> impl Iterator<Item = ($cause, u64)> + '_ {
                $cause::ALL.into_iter().map(|cause| (cause, self.get(cause)))
            }

            /// The sum over all causes.
            pub fn total(&self) -> u64 {
                self.0.iter().sum()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(cause, n)| (cause.name(), n)))
            }
        }
    };
}
pub(super) use counted_by;

counted_by!(ByCause, Cause, "writes");

/// Where a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// An entry of the cache; of several nodes one has the key.
    Cache,
    /// An entry of this application server's near cache.
    Near(u32),
}

/// How a copy came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A writer put it in.
    Update,
    /// A reader that had missed put it in, or a load.
    Fill,
    /// It is back after a crash, from a disk or a replica.
    Restored,
}

/// What became of something that was under way to see to a key's copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mended {
    /// It has arrived, or is needed no more.
    Done,
    /// It was refused, or its connection broke.
    InVain,
    /// Who was to do it crashed.
    Crashed,
}

/// What has become of a write attempt, at this instant. See the table in the [module's tour](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Not answered yet.
    InFlight,
    /// Acknowledged and committed.
    Durable,
    /// Acknowledged; not committed itself, but a write that does not precede it is the database's value.
    Superseded,
    /// Acknowledged; not in the database, and something can still put it, or a write not preceding it, there.
    AtRisk,
    /// Acknowledged, and gone.
    Lost,
    /// The client got a rejection, and nobody ever saw it.
    Rejected,
    /// The client got an error that leaves it open, or nothing.
    Unknown,
    /// The client got a rejection, yet it was committed or read.
    Phantom,
}

/// How many write attempts are in each class at this instant; they sum to the attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are those of `Class`")]
pub struct Counts {
    pub in_flight: u64,
    pub durable: u64,
    pub superseded: u64,
    pub at_risk: u64,
    pub lost: u64,
    pub rejected: u64,
    pub unknown: u64,
    pub phantom: u64,
}

impl Counts {
    /// All attempts.
    pub fn attempts(&self) -> u64 {
        self.in_flight
            + self.durable
            + self.superseded
            + self.at_risk
            + self.lost
            + self.rejected
            + self.unknown
            + self.phantom
    }

    /// The count of one class.
    pub fn get(&self, class: Class) -> u64 {
        match class {
            Class::InFlight => self.in_flight,
            Class::Durable => self.durable,
            Class::Superseded => self.superseded,
            Class::AtRisk => self.at_risk,
            Class::Lost => self.lost,
            Class::Rejected => self.rejected,
            Class::Unknown => self.unknown,
            Class::Phantom => self.phantom,
        }
    }
}

/// Whether a read saw the newest acknowledged value of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// No write that was known to be newer than what it saw was acknowledged before the read was issued.
    Fresh,
    /// There is such a write.
    Stale {
        /// From the first moment at which a newer write was known to be newer (it was acknowledged, and where only the
        /// database's order makes it newer, committed after the value seen) to the answer of the read.
        age: Nanos,
    },
}

/// What the reads saw, counted since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadCounts {
    /// Answered reads.
    pub reads: u64,
    /// Reads that missed a write acknowledged before they were issued.
    pub stale: u64,
    /// Reads that saw something older than the write that their own client had issued last, of those acknowledged before.
    pub read_your_writes_violations: u64,
    /// Reads that saw an older value than their client had seen before. One value is remembered a client and key: the
    /// newest seen, and of two of which neither is newer the one issued later.
    pub monotonic_read_violations: u64,
    /// Reads of a value that was not yet committed, and then was lost, or refused or never answered and nowhere; not
    /// counted any more once the database has it after all.
    pub vanished: u64,
    /// Reads whose session could not be followed, because [`SESSIONS_MAX`](super::SESSIONS_MAX) others are.
    pub unfollowed: u64,
}

/// Read-modify-writes that add to the value they find, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Increments {
    /// Those that were acknowledged.
    pub acknowledged: u64,
    /// Those among them that the database's value does not count, and that nothing on its way can make it count.
    pub lost: u64,
}
