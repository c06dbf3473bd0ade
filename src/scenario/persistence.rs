//! What of a cache's memory is kept on disk.

use super::Distribution;
use super::field::{kinds, record, words};
use crate::time::Nanos;

kinds! {
    /// What of a cache node's memory is kept on disk, entries and rows of write-back alike, and so survives a crash or a
    /// loss of power.
    pub enum Persistence {
        /// Nothing: after a crash the node comes back empty.
        "none" => None {},
        /// The whole memory is written to disk now and then; what changed since the last finished snapshot began is gone.
        "snapshots" => Snapshots {
            /// The time between the end of one snapshot and the beginning of the next.
            every: Nanos = Nanos::from_secs(60),
            /// No snapshot is made before so many changes.
            changes: u32 = 1,
            /// How long writing a snapshot takes, for each entry held.
            per_entry: Nanos = Nanos::from_micros(1),
            /// Further rules such as `{ every = "1min", changes = 10000 }`; the first that is fulfilled begins a snapshot.
            also: Vec<SnapshotRule> = Vec::new(),
        },
        /// Each change is written to a file before its answer, and the file is synced to the disk from time to time. A process
        /// that is killed (`cache.crash`) loses none of it, since the kernel has it; a loss of power takes what is not synced.
        /// (Redis holds changes back in its own memory, for up to two seconds, while a sync takes longer than usual, and answers
        /// meanwhile; that a kill would take those is not modelled.)
        "append-only" => AppendOnly {
            /// When the file is synced.
            fsync: Fsync = Fsync::EverySecond,
            /// How long a sync takes.
            fsync_time: Distribution = Distribution::Constant(Nanos::from_millis(5)),
        },
    }
}

impl Default for Persistence {
    fn default() -> Persistence {
        Persistence::None {}
    }
}

record! {
    /// A rule for snapshots: so much time and so many changes since the last.
    pub struct SnapshotRule {
        /// The time between the end of one snapshot and the beginning of the next.
        pub every: Nanos = Nanos::from_secs(60),
        /// No snapshot is made before so many changes.
        pub changes: u32 = 1,
    }
}

words! {
    /// When an append-only file is synced.
    pub enum Fsync {
        /// Before each answer to a command that changed something: the node waits for the disk, once for all that were in
        /// line when it got to them.
        "always" => Always,
        /// Each second, beside the commands. A loss of power takes what came since the last sync that has ended began: at most 2 s of
        /// writes where a sync takes up to a second. One that has run for 2 s makes the node wait for its end with the next
        /// change, so that with slower disks it is what the node did in two times 2 s.
        "every-second" => EverySecond,
        /// When the kernel sees fit: every 30 seconds.
        "no" => No,
    }
}
