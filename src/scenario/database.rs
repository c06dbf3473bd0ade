//! The database as data: workers, connections, queue, locks, service times.

use super::Distribution;
use super::field::{record, words};
use crate::time::Nanos;

record! {
    /// A database of `workers` workers behind one first-in-first-out queue. What it commits is durable.
    pub struct Database {
        /// How many queries are served at once: processors and disks, not connections.
        pub workers: u32 = 8,
        /// How many queries may be under way in it at once: in service, or waiting for a row. Each keeps its connection until it
        /// is done, even if its caller has given up; the others wait in the queue, whatever the workers do (PostgreSQL:
        /// `max_connections` = 100). Connections that are open and idle are not counted.
        pub connections: Option<u32> = Some(100),
        /// How many may wait for a connection and a worker; the next one is refused. (An assumption,
        /// of the order of PgBouncer's `max_client_conn` = 100, which counts those being served, too).
        pub queue: u32 = 100,
        /// What a read sees that overlaps a write of its row.
        pub reads: Reads = Reads::Snapshot,
        /// Whether writes of one row wait for each other. A write, an increment, a batch takes the locks of its rows when a
        /// worker begins with it, and keeps them until its commit. Who waits for a lock holds its connection, but no worker:
        /// a row that is written all the time can use up the connections.
        pub row_locks: bool = true,
        /// How many read replicas there are, each with as many workers, connections and room in its queue. Reads go to them in
        /// turn; what decides about a write (compare-and-set, a load of a write-back cache) is read from the primary.
        pub replicas: u32 = 0,
        /// How long after a commit each replica has heard of it. Commits arrive in order, whatever they draw. (Amazon Aurora:
        /// "usually much less than 100 ms"; that its 99th percentile is ten times the median is an assumption.)
        pub lag: Distribution = Distribution::Lognormal { median: Nanos::from_millis(10), p99: Nanos::from_millis(100) },
        /// Service time of one read.
        pub read: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// Service time of one write.
        pub write: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// Service time of a batch of writes.
        pub batch: Batch = Batch::default(),
        /// The share of write transactions that abort, 0 to 1.
        pub abort: f64 = 0.0,
    }
}

words! {
    /// What a read sees that overlaps a write of its row.
    pub enum Reads {
        /// What was committed when its service began, and it waits for nobody: as in PostgreSQL, Oracle and MySQL (InnoDB).
        "snapshot" => Snapshot,
        /// What is committed when its service ends. With row locks it waits for the writers of its row, and they for it: as
        /// in SQL Server without row versions, or with `SELECT … FOR SHARE`.
        "locking" => Locking,
    }
}

record! {
    /// Service time of a batch of `n` rows: that of a write for the first, and `row` for each further one; with a `base` of
    /// its own, `base + n · row`.
    pub struct Batch {
        /// The time of a batch whatever its size. With "none", a batch of one row takes as long as a write.
        pub base: Option<Distribution> = None,
        /// The time of each row; without a `base`, of each but the first.
        pub row: Nanos = Nanos::from_micros(200),
    }
}
