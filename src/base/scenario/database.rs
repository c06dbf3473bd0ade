//! The database as data: workers, connections, queue, locks, service times.

use super::Distribution;
use super::field::{kinds, record, words};
use crate::time::Nanos;

record! {
    /// A database of `workers` workers behind one first-in-first-out queue. What it commits is durable.
    #[ko = "워커 `workers`개가 선입선출 큐 하나를 처리하는 DB. 커밋된 것은 영구히 저장됩니다."]
    pub struct Database {
        /// How many queries are served at once: processors and disks, not connections.
        #[ko = "동시에 처리하는 쿼리 수. 커넥션이 아니라 프로세서와 디스크를 뜻합니다."]
        #[slider = Log(1.0, 256.0)]
        #[label = ("Workers", "워커 수")]
        pub workers: u32 = 8,
        /// How many queries may be under way in it at once: in service, or waiting for a row. Each keeps its connection until it
        /// is done, even if its caller has given up; the others wait in the queue, whatever the workers do (PostgreSQL:
        /// `max_connections` = 100). Connections that are open and idle are not counted.
        #[ko = "동시에 진행할 수 있는 쿼리 수: 처리 중이거나 행 락을 기다리는 쿼리입니다. 호출자가 포기해도 끝날 때까지 \
            커넥션을 잡고 있으며, 나머지는 워커가 비어 있어도 큐에서 기다립니다(PostgreSQL: `max_connections` = \
            100). 열려 있지만 쓰이지 않는 커넥션은 세지 않습니다."]
        pub connections: Option<u32> = Some(100),
        /// How many may wait for a connection and a worker; the next one is refused. (An assumption,
        /// of the order of PgBouncer's `max_client_conn` = 100, which counts those being served, too).
        #[ko = "커넥션과 워커를 기다릴 수 있는 쿼리 수. 넘으면 거부됩니다. (가정한 값으로, 처리 중인 것까지 세는 \
            PgBouncer의 `max_client_conn` = 100과 비슷한 수준입니다.)"]
        #[slider = Log(1.0, 100_000.0)]
        #[label = ("Queue limit", "큐 한도")]
        pub queue: u32 = 100,
        /// Which of those who wait is served next.
        #[ko = "기다리는 쿼리 중 다음으로 처리할 것."]
        pub queue_order: QueueOrder = QueueOrder::FirstCome,
        /// Load shedding: which queries are refused before the queue is full, so that those that are served are served in time.
        #[ko = "부하 차단(load shedding): 처리되는 쿼리가 제때 처리되도록, 큐가 차기 전에 거부할 쿼리."]
        pub shed: Shed = Shed::None {},
        /// What a read sees that overlaps a write of its row.
        #[ko = "같은 행의 쓰기와 겹친 읽기가 보는 값."]
        pub reads: Reads = Reads::Snapshot,
        /// Whether writes of one row wait for each other. A write, an increment, a batch takes the locks of its rows when a
        /// worker begins with it, and keeps them until its commit. Who waits for a lock holds its connection, but no worker:
        /// a row that is written all the time can use up the connections.
        #[ko = "같은 행의 쓰기가 서로 기다릴지 여부. 쓰기, 증가, 배치는 워커가 시작할 때 행 락을 얻고 커밋까지 잡고 \
            있습니다. 락을 기다리는 쿼리는 워커는 쓰지 않지만 커넥션은 잡고 있어서, 계속 쓰이는 행 하나가 커넥션을 \
            모두 소진할 수 있습니다."]
        pub row_locks: bool = true,
        /// How many read replicas there are, each with as many workers, connections and room in its queue. Reads go to them in
        /// turn; what decides about a write (compare-and-set, a load of a write-back cache) is read from the primary.
        #[ko = "읽기 복제본 수. 각각 워커, 커넥션, 큐 크기가 같습니다. 읽기는 차례로 배분되며, 쓰기를 결정하는 읽기(CAS, \
            라이트백 캐시의 로드)는 프라이머리에서 합니다."]
        pub replicas: u32 = 0,
        /// How long after a commit each replica has received it. Commits arrive in order, whatever they draw. (Amazon Aurora:
        /// "usually much less than 100 ms"; that its 99th percentile is ten times the median is an assumption.)
        #[ko = "커밋이 복제본에 전달되기까지 걸리는 시간. 뽑힌 시간과 관계없이 순서대로 도착합니다. (Amazon Aurora: \
            \"보통 100 ms보다 훨씬 짧다\". p99가 중앙값의 10배라는 것은 가정입니다.)"]
        pub lag: Distribution = Distribution::Lognormal { median: Nanos::from_millis(10), p99: Nanos::from_millis(100) },
        /// Service time of one read.
        #[ko = "읽기 하나의 처리 시간."]
        #[slider = Log(1e-4, 1.0)]
        #[label = ("Read", "읽기 시간")]
        pub read: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// How much longer a query takes for each key after its first (`IN (…)`). (A twentieth of a read: an assumption.)
        #[ko = "쿼리에서 첫 키 다음의 키마다 더 걸리는 처리 시간(`IN (…)`). (읽기의 20분의 1로 가정한 값입니다.)"]
        pub per_key: Nanos = Nanos::from_micros(500),
        /// Service time of one write.
        #[ko = "쓰기 하나의 처리 시간."]
        #[slider = Log(1e-4, 1.0)]
        #[label = ("Write", "쓰기 시간")]
        pub write: Distribution = Distribution::Exponential(Nanos::from_millis(10)),
        /// By which share of itself a service time grows with each other query being served on the machine when it begins: what they
        /// wait for each other, for locks, disks, memory (Gunther's Universal Scalability Law: α).
        #[ko = "처리를 시작할 때 같은 머신에서 처리 중인 다른 쿼리 하나마다 처리 시간이 늘어나는 비율: 락, 디스크, 메모리를 두고 \
            서로 기다리는 시간입니다(Gunther의 범용 확장성 법칙(USL)의 α)."]
        pub contention: f64 = 0.0,
        /// The same for each pair of a query being served and another: what it takes to keep them consistent. With it, more workers
        /// serve less from some number on (Gunther: β).
        #[ko = "처리 중인 쿼리 두 개의 쌍마다 늘어나는 비율: 서로 일관성을 맞추는 데 드는 시간입니다. 이 값이 있으면 워커가 \
            어느 수를 넘으면 처리량이 오히려 줄어듭니다(Gunther의 β)."]
        pub coherency: f64 = 0.0,
        /// Service time of a batch of writes.
        #[ko = "쓰기 배치의 처리 시간."]
        pub batch: Batch = Batch::default(),
        /// The share of write transactions that abort, 0 to 1.
        #[ko = "중단되는 쓰기 트랜잭션의 비율, 0부터 1까지."]
        #[slider = Even(0.0, 1.0, 0.01)]
        #[label = ("Abort rate", "트랜잭션 실패율")]
        pub abort: f64 = 0.0,
    }
}

words! {
    /// Which of those who wait in a queue is served next.
    pub enum QueueOrder {
        /// Who came first. A full queue refuses who comes.
        #[ko = "먼저 온 것. 가득 찬 큐는 새로 온 것을 거부합니다."]
        "first-come" => FirstCome,
        /// Who came last, and is likeliest to be waited for still. A full queue refuses who has waited longest. (Facebook's
        /// adaptive LIFO is this under load: Maurer, "Fail at Scale", ACM Queue 2015.)
        #[ko = "나중에 온 것. 호출자가 아직 기다리고 있을 가능성이 가장 큽니다. 가득 찬 큐는 가장 오래 기다린 것을 거부합니다. \
            (부하가 걸린 Facebook의 adaptive LIFO가 이렇습니다: Maurer, \"Fail at Scale\", ACM Queue 2015.)"]
        "last-come" => LastCome,
    }
}

kinds! {
    /// Which queries are refused although there is room in the queue.
    pub enum Shed {
        /// None.
        #[ko = "없음."]
        "none" => None {},
        /// CoDel: once those who come to be served have all waited longer than `target` for an `interval`, one of them is refused,
        /// and then ever more of them until the wait is shorter (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue
        /// 2012; RFC 8289). It is made for senders who slow down when something is dropped; with those who do not, a large
        /// overload may fill the queue again and again, and it never catches up for good. With `last-come` it hardly sheds: who is
        /// served has just come.
        #[ko = "CoDel: 처리 차례가 된 쿼리들이 `interval` 동안 모두 `target`보다 오래 기다렸으면 하나를 거부하고, 대기가 짧아질 \
            때까지 점점 자주 거부합니다(Nichols, Jacobson, \"Controlling Queue Delay\", ACM Queue 2012; RFC 8289). 거부되면 속도를 \
            늦추는 송신자를 위한 방식이라, 늦추지 않는 송신자의 큰 과부하에서는 큐가 거듭 가득 차 끝내 따라잡지 못할 수 있습니다. `last-come`에서는 방금 온 것을 처리하므로 \
            거의 거부하지 않습니다."]
        "codel" => Codel {
            /// How long a query may wait (RFC 8289: 5 ms).
            #[ko = "쿼리가 기다려도 되는 시간(RFC 8289: 5 ms)."]
            target: Nanos = Nanos::from_millis(5),
            /// For how long it may be longer, so that a burst passes (RFC 8289: 100 ms).
            #[ko = "일시적인 몰림은 넘어가도록, 그보다 오래 기다려도 두고 보는 시간(RFC 8289: 100 ms)."]
            interval: Nanos = Nanos::from_millis(100),
        },
        /// An adaptive limit of concurrency: so many queries are let in, waiting or being served. The limit grows by one with each
        /// limit's worth of queries that take no longer than `target`, and is multiplied by `backoff` when one takes longer
        /// (additive increase, multiplicative decrease: Chiu and Jain 1989; Netflix' concurrency-limits: `AIMDLimit`).
        #[ko = "적응형 동시성 한도: 대기 중이거나 처리 중인 쿼리를 한도까지만 받습니다. `target` 안에 끝난 쿼리가 한도만큼 쌓일 \
            때마다 한도가 1 늘고, 더 오래 걸린 쿼리가 나오면 `backoff`를 곱합니다(AIMD: Chiu, Jain 1989; Netflix \
            concurrency-limits의 `AIMDLimit`)."]
        "concurrency-limit" => ConcurrencyLimit {
            /// How long a query may take in the database, waiting and being served.
            #[ko = "쿼리가 DB 안에서 대기와 처리를 합해 걸려도 되는 시간."]
            target: Nanos = Nanos::from_millis(100),
            /// What is left of the limit when one takes longer; those that came before that tell nothing more (Netflix: 0.9).
            #[ko = "더 오래 걸린 쿼리가 나왔을 때 남기는 한도의 비율. 그 전에 온 쿼리는 더 따지지 않습니다(Netflix: 0.9)."]
            backoff: f64 = 0.9,
        },
    }
}

words! {
    /// What a read sees that overlaps a write of its row.
    pub enum Reads {
        /// What was committed when its service began, and it waits for nobody: as in PostgreSQL, Oracle and MySQL (InnoDB).
        #[ko = "처리를 시작할 때 커밋되어 있던 값. 아무것도 기다리지 않습니다(PostgreSQL, Oracle, MySQL InnoDB)."]
        "snapshot" => Snapshot,
        /// What is committed when its service ends. With row locks it waits for the writers of its row, and they for it: as
        /// in SQL Server without row versions, or with `SELECT … FOR SHARE`.
        #[ko = "처리가 끝날 때 커밋되어 있는 값. 행 락이 있으면 그 행을 쓰는 쿼리와 서로 기다립니다(행 버전을 쓰지 않는 \
            SQL Server, 또는 `SELECT … FOR SHARE`)."]
        "locking" => Locking,
    }
}

record! {
    /// Service time of a batch of `n` rows: that of a write for the first, and `row` for each further one; with a `base` of
    /// its own, `base + n · row`.
    #[ko = "행 `n`개짜리 배치의 처리 시간: 첫 행은 쓰기 하나의 시간, 그다음 행마다 `row`. `base`를 정하면 `base + n · \
        row`입니다."]
    pub struct Batch {
        /// The time of a batch whatever its size. With "none", a batch of one row takes as long as a write.
        #[ko = "크기와 관계없이 배치에 걸리는 시간. \"none\"이면 행 하나짜리 배치는 쓰기 하나와 같은 시간이 걸립니다."]
        pub base: Option<Distribution> = None,
        /// The time of each row; without a `base`, of each but the first.
        #[ko = "행당 시간. `base`가 없으면 첫 행을 제외한 행마다 걸립니다."]
        #[slider = Log(1e-6, 0.1)]
        #[label = ("Batch, per further row", "배치 추가 행당 시간")]
        pub row: Nanos = Nanos::from_micros(200),
    }
}
