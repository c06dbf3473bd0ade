//! A lane: one way of reading and one way of writing.

use super::field::{kinds, record, words};
use super::node::{Fields, is_told};
use super::{App, Cache, Database, Network, Otherwise};
use crate::time::Nanos;

record! {
    /// One strategy of the experiment. All lanes see the same traffic and the same faults.
    #[ko = "실험의 전략 하나. 모든 레인이 같은 트래픽과 같은 장애를 겪습니다."]
    pub struct Lane {
        /// What to call it; empty names it after its strategies.
        #[ko = "레인의 이름. 비워 두면 전략 이름을 씁니다."]
        pub name: String = String::new(),
        /// How it reads.
        #[ko = "읽기 전략."]
        pub read: Reading = Reading::default(),
        /// How it writes.
        #[ko = "쓰기 전략."]
        pub write: Writing = Writing::default(),
        /// How it changes a value that depends on the present one (read-modify-write).
        #[ko = "현재 값을 바탕으로 값을 바꾸는 방법(읽고 고쳐 쓰기)."]
        pub modify: Modify = Modify::Naive {},
        /// Fields of this lane's application servers that differ from `[app]`.
        #[ko = "이 레인의 애플리케이션 서버에서 공통 설정 `[app]`과 다른 항목."]
        pub app: Otherwise<App> = Otherwise::default(),
        /// Fields of this lane's network that differ from `[network]`.
        #[ko = "이 레인의 네트워크에서 공통 설정 `[network]`와 다른 항목."]
        pub network: Otherwise<Network> = Otherwise::default(),
        /// Fields of this lane's cache that differ from `[cache]`.
        #[ko = "이 레인의 캐시에서 공통 설정 `[cache]`와 다른 항목."]
        pub cache: Otherwise<Cache> = Otherwise::default(),
        /// Fields of this lane's database that differ from `[database]`.
        #[ko = "이 레인의 DB에서 공통 설정 `[database]`와 다른 항목."]
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
        #[ko = "DB에서 바로 읽습니다: 비교 기준입니다."]
        "none" => None {},
        /// The application asks the cache; on a miss it reads the database and fills the cache.
        #[ko = "애플리케이션이 캐시를 조회하고, 미스면 DB에서 읽어 캐시를 채웁니다."]
        "look-aside" => LookAside(LookAside),
        /// The application asks only the cache, which loads a miss itself, one load per key at a time.
        #[ko = "애플리케이션은 캐시만 조회하고, 미스는 캐시가 직접 로드합니다. 키마다 한 번에 하나씩 로드합니다."]
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
    #[ko = "룩어사이드의 옵션."]
    pub struct LookAside {
        /// Whether readers of one application server who miss one key at the same time share one read of the database.
        #[ko = "같은 서버에서 같은 키를 동시에 놓친 읽기들이 DB 읽기 하나를 공유할지 여부(싱글 플라이트)."]
        pub single_flight: bool = false,
        /// Whether only one reader at a time may fill a key, with a token that a write voids, and what the others do.
        #[ko = "한 번에 한 읽기만 키를 채우게 할지(쓰기가 오면 무효가 되는 토큰), 나머지는 무엇을 할지."]
        pub leases: Leases = Leases::None,
        /// Probabilistic early refresh (XFetch): the factor β on how early a reader takes a copy for expired; the
        /// load's own time sets the scale, 1 is the paper's value.
        #[ko = "확률적 조기 갱신(XFetch): 사본을 얼마나 일찍 만료로 볼지 정하는 계수 β. 로드에 걸리는 시간이 기준이며, \
            1이 논문의 값입니다."]
        pub early_refresh: Option<f64> = None,
        /// The share of the TTL after which a hit starts a refresh in the background, one per key and server at a time.
        #[ko = "TTL 중 이 비율이 지난 뒤 적중하면 백그라운드에서 갱신합니다. 키와 서버마다 한 번에 하나입니다."]
        pub refresh_ahead: Option<f64> = None,
        /// For how long the cache remembers that the database has no such row; without it, every read of a missing row
        /// goes to the database.
        #[ko = "DB에 행이 없다는 사실을 캐시가 기억하는 시간. 없으면 없는 행을 읽을 때마다 DB로 갑니다."]
        pub negative: Option<Nanos> = None,
        /// How many of the most popular keys are loaded from the database at the start, and again when the cache comes
        /// back after a crash, eight at a time.
        #[ko = "시작할 때, 그리고 캐시가 크래시에서 돌아올 때 DB에서 미리 로드하는 인기 키의 수. 여덟 개씩 로드합니다."]
        pub warm_up: u32 = 0,
    }
}

words! {
    /// What look-aside does so that a slow reader does not fill the cache with an old value, and a popular key is not
    /// loaded by everyone at once.
    pub enum Leases {
        /// Nothing: every reader who misses reads the database and fills the cache.
        #[ko = "없음: 미스가 난 읽기는 모두 DB를 읽고 캐시를 채웁니다."]
        "none" => None,
        /// One reader has the right to fill, for 10 s at most; the others wait a little and ask again.
        #[ko = "한 읽기가 최대 10초 동안 채울 권리를 가지며, 나머지는 잠시 기다렸다가 다시 조회합니다."]
        "wait" => Wait,
        /// The same, but the others are given the value that a delete has left behind, if there is one, though it is old.
        #[ko = "wait와 같지만, 삭제된 이전 값이 남아 있으면 나머지는 오래되었더라도 그 값을 받습니다."]
        "stale" => Stale,
    }
}

record! {
    /// Options of read-through.
    #[ko = "리드스루의 옵션."]
    pub struct ReadThrough {
        /// Probabilistic early refresh (XFetch): the factor β on how early the cache takes a copy for expired; the load's
        /// own time sets the scale, 1 is the paper's value.
        #[ko = "확률적 조기 갱신(XFetch): 캐시가 사본을 얼마나 일찍 만료로 볼지 정하는 계수 β. 로드에 걸리는 시간이 \
            기준이며, 1이 논문의 값입니다."]
        pub early_refresh: Option<f64> = None,
        /// The share of the TTL after which a hit starts a refresh in the background, one per key at a time.
        #[ko = "TTL 중 이 비율이 지난 뒤 적중하면 백그라운드에서 갱신합니다. 키마다 한 번에 하나입니다."]
        pub refresh_ahead: Option<f64> = None,
        /// For how long the cache remembers that the database has no such row; without it, every read of a missing row
        /// goes to the database.
        #[ko = "DB에 행이 없다는 사실을 캐시가 기억하는 시간. 없으면 없는 행을 읽을 때마다 DB로 갑니다."]
        pub negative: Option<Nanos> = None,
        /// How many of the most popular keys are loaded from the database at the start, and again when the cache comes
        /// back after a crash, eight at a time.
        #[ko = "시작할 때, 그리고 캐시가 크래시에서 돌아올 때 DB에서 미리 로드하는 인기 키의 수. 여덟 개씩 로드합니다."]
        pub warm_up: u32 = 0,
    }
}

kinds! {
    /// How a lane writes.
    pub enum Writing {
        /// To the database only.
        #[ko = "DB에만 씁니다."]
        "write-around" => WriteAround(WriteAround),
        /// To the cache and the database; acknowledged when both are done.
        #[ko = "캐시와 DB에 쓰고, 둘 다 끝나면 응답합니다."]
        "write-through" => WriteThrough(WriteThrough),
        /// To the cache, acknowledged at once; the database gets it later, in batches.
        #[ko = "캐시에 쓰고 곧바로 응답합니다. DB에는 나중에 배치로 반영합니다."]
        "write-back" => WriteBack(WriteBack),
        /// To the database, with a record of it in the same transaction; a relay tells the cache later.
        #[ko = "DB에 쓰면서 같은 트랜잭션에 레코드를 남기고, 릴레이가 나중에 캐시에 알립니다."]
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
        #[ko = "레인의 전략대로 읽고 나서 씁니다. 둘이 동시에 하면 하나가 사라집니다."]
        "naive" => Naive {},
        /// It writes only if the value is still the one it read, and else tries again.
        #[ko = "읽은 값이 그대로일 때만 쓰고, 아니면 다시 시도합니다(CAS)."]
        "compare-and-set" => CompareAndSet {
            /// How often it tries before the client gets an error.
            #[ko = "클라이언트가 오류를 받기까지의 시도 횟수."]
            tries: u32 = 10,
        },
        /// The database, or with write-back the cache, does it in one step.
        #[ko = "DB가, 라이트백에서는 캐시가 한 번에 처리합니다."]
        "increment" => Increment {},
    }
}

record! {
    /// Options of the transactional outbox.
    #[ko = "트랜잭셔널 아웃박스의 옵션."]
    pub struct Outbox {
        /// The time between two looks of the relay for new records.
        #[ko = "릴레이가 새 레코드를 확인하는 주기."]
        pub every: Nanos = Nanos::from_millis(100),
        /// The most records it takes at once.
        #[ko = "한 번에 가져오는 최대 레코드 수."]
        pub batch: u32 = 100,
        /// What it does with the cached copy.
        #[ko = "캐시된 사본을 어떻게 할지."]
        pub cached: Relayed = Relayed::Delete,
    }
}

words! {
    /// What an outbox's relay does with the cached copy.
    pub enum Relayed {
        /// Deletes it; the next read loads the new value.
        #[ko = "삭제합니다. 다음 읽기가 새 값을 로드합니다."]
        "delete" => Delete,
        /// Replaces it by the new value.
        #[ko = "새 값으로 바꿉니다."]
        "update" => Update,
    }
}

record! {
    /// Options of write-around.
    #[ko = "라이트어라운드의 옵션."]
    pub struct WriteAround {
        /// What becomes of the cached copy.
        #[ko = "캐시된 사본을 어떻게 할지."]
        pub cached: Invalidate = Invalidate::Delete,
        /// With `delete-twice`: how long after the commit the copy is deleted again.
        #[ko = "`delete-twice`일 때: 커밋 후 다시 삭제하기까지의 시간."]
        pub delay: Nanos = Nanos::from_millis(500),
    }
}

words! {
    /// What write-around does with the cached copy of the key it wrote.
    pub enum Invalidate {
        /// Nothing: it is served, stale, until its TTL ends.
        #[ko = "그대로 둡니다: TTL이 끝날 때까지 오래된 값을 반환합니다."]
        "leave" => Leave,
        /// Deleted after the commit; the next read loads the new value.
        #[ko = "커밋 후에 삭제합니다. 다음 읽기가 새 값을 로드합니다."]
        "delete" => Delete,
        /// Deleted before the write, and again a while after it, which takes away what slow readers have put back.
        #[ko = "쓰기 전에 삭제하고 얼마 뒤 다시 삭제해, 느린 읽기가 되돌려 놓은 값을 없앱니다(이중 삭제)."]
        "delete-twice" => DeleteTwice,
        /// Replaced by the new value.
        #[ko = "새 값으로 바꿉니다."]
        "update" => Update,
    }
}

record! {
    /// Options of write-through.
    #[ko = "라이트스루의 옵션."]
    pub struct WriteThrough {
        /// Which of the two is written first.
        #[ko = "둘 중 먼저 쓰는 쪽."]
        pub order: Order = Order::DatabaseFirst,
        /// With the cache first: whether the cache entry is taken back when the database refuses.
        #[ko = "캐시를 먼저 쓸 때: DB가 거부하면 캐시 항목을 되돌릴지 여부."]
        pub rollback: bool = false,
        /// When the write is acknowledged.
        #[ko = "쓰기에 성공 응답을 보내는 시점."]
        pub acknowledge: Acknowledge = Acknowledge::Both,
        /// With `acknowledge = "first"`: how long after the acknowledgement the server performs the second write.
        #[ko = "`acknowledge = \"first\"`일 때: 응답 후 서버가 두 번째 쓰기를 하기까지의 시간."]
        pub delay: Nanos = Nanos::from_millis(10),
    }
}

words! {
    /// When write-through acknowledges a write.
    pub enum Acknowledge {
        /// When both the cache and the database have the write.
        #[ko = "캐시와 DB에 모두 쓰였을 때."]
        "both" => Both,
        /// When the first of the two has it; the server does the second by itself, in the background.
        #[ko = "먼저 쓰는 쪽에 쓰였을 때. 나머지는 서버가 백그라운드에서 씁니다."]
        "first" => First,
    }
}

words! {
    /// The order of write-through's two writes.
    pub enum Order {
        /// The database, then the cache.
        #[ko = "DB, 그다음 캐시."]
        "database-first" => DatabaseFirst,
        /// The cache, then the database.
        #[ko = "캐시, 그다음 DB."]
        "cache-first" => CacheFirst,
    }
}

record! {
    /// Options of write-back.
    #[ko = "라이트백의 옵션."]
    pub struct WriteBack {
        /// The time between two flushes.
        #[ko = "플러시 주기."]
        #[slider = Log(0.05, 600.0)]
        pub every: Nanos = Nanos::from_secs(5),
        /// Flush as soon as so many entries are dirty.
        #[ko = "더티 항목이 이 수에 이르면 곧바로 플러시합니다."]
        pub at: Option<u32> = None,
        /// The most rows in one batch.
        #[ko = "배치당 최대 행 수."]
        #[slider = Log(1.0, 10_000.0)]
        pub batch: u32 = 128,
        /// Whether several writes of one key become one row.
        #[ko = "같은 키의 여러 쓰기를 행 하나로 합칠지 여부."]
        pub coalesce: bool = true,
        /// How often a failed row is put back before it is dropped.
        #[ko = "실패한 행을 폐기하기 전에 다시 큐에 넣는 횟수."]
        #[slider = Even(0.0, 10.0, 1.0)]
        pub requeue: u32 = 3,
        /// What becomes of a dirty entry whose TTL ends.
        #[ko = "TTL이 끝난 더티 항목의 처리."]
        pub on_expiry: DirtyEnd = DirtyEnd::Flush,
        /// What becomes of a dirty entry that is evicted.
        #[ko = "축출되는 더티 항목의 처리."]
        pub on_eviction: DirtyEnd = DirtyEnd::Flush,
        /// The most rows that may be dirty at once.
        #[ko = "동시에 더티 상태일 수 있는 최대 행 수."]
        pub bound: Option<u32> = None,
        /// What becomes of a write that finds so many.
        #[ko = "그 한도에 걸린 쓰기의 처리."]
        pub when_full: WhenFull = WhenFull::Block,
        /// What becomes of an entry that has been flushed.
        #[ko = "플러시된 항목의 처리."]
        pub after_flush: AfterFlush = AfterFlush::Keep,
        /// How a flush takes what is dirty.
        #[ko = "플러시가 더티 항목을 꺼내는 방법."]
        pub take: Take = Take::Atomic,
        /// How long a row must have rested since its last write to be flushed at an interval's end; a full buffer, a
        /// reached count and the end of the run do not wait for that.
        #[ko = "마지막 쓰기 후 이만큼 지난 행만 주기적 플러시 대상이 됩니다. 버퍼가 가득 찼을 때, 개수에 이르렀을 때, \
            실행이 끝날 때는 기다리지 않습니다."]
        pub delay: Nanos = Nanos::ZERO,
        /// Whether writes are flushed at all. If not, values live in the cache only, as sessions often do: nothing brings
        /// them to the database, and what leaves the cache is gone.
        #[ko = "쓰기를 플러시할지 여부. 끄면 값이 세션처럼 캐시에만 있으며, DB에 반영되지 않고 캐시에서 나가면 \
            사라집니다."]
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
        #[ko = "플러시로 자리가 날 때까지 줄을 서서 기다립니다."]
        "block" => Block,
        /// It has a flush begun at once, and waits for the room.
        #[ko = "곧바로 플러시를 시작하고 자리가 날 때까지 기다립니다."]
        "flush" => Flush,
        /// It is refused.
        #[ko = "거부됩니다."]
        "refuse" => Refuse,
    }
}

words! {
    /// What becomes of an entry that has been flushed.
    pub enum AfterFlush {
        /// It stays in the cache.
        #[ko = "캐시에 남습니다."]
        "keep" => Keep,
        /// It leaves the cache, unless it was written again meanwhile.
        #[ko = "그사이 다시 쓰이지 않았으면 캐시에서 나갑니다."]
        "remove" => Remove,
    }
}

words! {
    /// How a flush takes what is dirty.
    pub enum Take {
        /// In one step: what is written again meanwhile is dirty again.
        #[ko = "한 번에 꺼냅니다: 그사이 다시 쓰인 것은 다시 더티가 됩니다."]
        "atomic" => Atomic,
        /// It reads the dirty set, writes the rows, and then deletes what it has read from the set: a row written
        /// again in between is no longer marked, and its new value is lost.
        #[ko = "더티 집합을 읽어 행을 쓴 다음, 읽은 것을 집합에서 삭제합니다. 그사이 다시 쓰인 행은 표시가 사라져 새 \
            값이 유실됩니다."]
        "read-then-delete" => ReadThenDelete,
    }
}

words! {
    /// What becomes of a dirty entry that leaves the cache before its flush.
    pub enum DirtyEnd {
        /// It is flushed first.
        #[ko = "먼저 플러시합니다."]
        "flush" => Flush,
        /// It is gone.
        #[ko = "사라집니다."]
        "drop" => Drop,
    }
}
