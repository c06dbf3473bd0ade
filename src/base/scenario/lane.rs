//! A lane: one way of reading and one way of writing.

use super::field::{kinds, record, words};
use super::{App, Cache, Database, Network, Otherwise, Phrase, Scenario, Writing};
use crate::time::Nanos;

record! {
    /// One strategy of the experiment. All lanes see the same traffic, and the same faults but for those that spare a lane.
    #[ko = "실험의 전략 하나. 모든 레인이 같은 트래픽을 받고, 장애도 특정 레인을 제외하도록 정하지 않으면 똑같이 겪습니다."]
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
        /// Its colour, marker and dash, by number; without one, those of its strategy, or the next that are free.
        #[ko = "색, 마커, 선 모양의 번호. 없으면 전략의 것을, 이미 쓰이고 있으면 그다음 빈 것을 씁니다."]
        pub look: Option<u32> = None,
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

/// What a field has no effect without, in the world of one lane; `None` where it has one. Asked of a field that has another
/// value than its default.
pub(super) type Lacks = fn(&Scenario, &Lane) -> Option<Phrase>;

impl Lane {
    /// Whether the field of that name says how a lane is shown, and nothing of what it does.
    pub fn is_shown_by(field: &str) -> bool {
        ["name", "look"].contains(&field)
    }

    /// Whether it reads and writes by the same strategies, whatever their options.
    pub fn is_of_strategy(&self, other: &Lane) -> bool {
        (self.read.name(), self.write.name()) == (other.read.name(), other.write.name())
    }

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
        /// The application asks the cache; on a miss it reads the database and fills the cache. Also called
        /// cache-aside.
        #[ko = "애플리케이션이 캐시를 조회하고, 미스면 DB에서 읽어 캐시를 채웁니다. 캐시 어사이드(cache-aside)라고도 합니다."]
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

    /// What the page calls it.
    pub fn title(&self) -> Phrase {
        match self {
            Reading::None {} => Phrase::fixed("No cache", "캐시 없음"),
            Reading::LookAside(_) => Phrase::fixed("Look-aside", "룩어사이드"),
            Reading::ReadThrough(_) => Phrase::fixed("Read-through", "리드스루"),
        }
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

    /// For how long past its TTL a copy is served while it is loaded again, and where its load fails.
    pub fn past_ttl(&self) -> (Option<Nanos>, Option<Nanos>) {
        match self {
            Reading::None {} => (None, None),
            Reading::LookAside(how) => (how.stale_while_revalidate, how.stale_if_error),
            Reading::ReadThrough(how) => (how.stale_while_revalidate, how.stale_if_error),
        }
    }

    /// Whether a copy may be loaded again that could be served.
    pub fn reloads(&self) -> bool {
        self.refresh() != (None, None) || self.past_ttl() != (None, None)
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
        /// Whether each value brings the version of its row to the cache, which never puts an older one in the place of a newer copy
        /// (compare and set: a script in Redis, `MERGE` by a version column). What a delete has left no copy of, any version fills: so
        /// it is for lanes whose writes update the copy. For writes that reach the cache after their commit only.
        #[ko = "값마다 행의 버전을 함께 넣고, 캐시가 더 새로운 사본을 옛 버전으로 바꾸지 않게 할지 여부(CAS: Redis 스크립트, \
            버전 칼럼). 삭제되어 사본이 없으면 어떤 버전이든 채워지므로, 쓰기가 사본을 갱신하는 레인에 알맞습니다. 커밋 뒤에 \
            캐시에 쓰는 레인에서만 씁니다."]
        pub versions: bool = false,
        /// Probabilistic early refresh (XFetch): the factor β on how early a reader takes a copy for expired; the
        /// load's own time sets the scale, 1 is the paper's value.
        #[ko = "확률적 조기 갱신(XFetch): 사본을 얼마나 일찍 만료로 볼지 정하는 계수 β. 로드에 걸리는 시간이 기준이며, \
            1이 논문의 값입니다."]
        pub early_refresh: Option<f64> = None,
        /// The share of the TTL after which a hit starts a refresh in the background, one per key and server at a time.
        #[ko = "TTL 중 이 비율이 지난 뒤 적중하면 백그라운드에서 갱신합니다. 키와 서버마다 한 번에 하나입니다."]
        pub refresh_ahead: Option<f64> = None,
        /// For how long past its TTL a copy is served at once, while one reader of each server loads it again in the
        /// background. So `cache.ttl` is the soft TTL, and with this time added the hard one (RFC 5861:
        /// `stale-while-revalidate`).
        #[ko = "TTL이 지난 뒤에도 이 시간 동안은 사본을 바로 돌려주고, 서버마다 읽기 하나가 백그라운드에서 다시 로드합니다. \
            `cache.ttl`이 소프트 TTL이고, 이 시간을 더한 것이 하드 TTL입니다(RFC 5861: `stale-while-revalidate`)."]
        pub stale_while_revalidate: Option<Nanos> = None,
        /// For how long past its TTL a copy is served where its load fails: the database is down, refuses, or does not answer in
        /// time (`app.database_timeout`). Its readers try to load it each time (RFC 5861: `stale-if-error`).
        #[ko = "TTL이 지난 뒤 이 시간 동안은 로드가 실패하면(DB 중단, 거부, `app.database_timeout` 초과) 사본을 대신 \
            돌려줍니다. 읽기는 그때마다 먼저 로드를 시도합니다(RFC 5861: `stale-if-error`)."]
        pub stale_if_error: Option<Nanos> = None,
        /// For how long the cache remembers that the database has no such row; without it, every read of a missing row
        /// goes to the database.
        #[ko = "DB에 행이 없다는 사실을 캐시가 기억하는 시간. 없으면 없는 행을 읽을 때마다 DB로 갑니다."]
        pub negative: Option<Nanos> = None,
        /// How many of the most popular keys are loaded from the database at the start, and again when the cache comes
        /// back after a crash, eight at a time.
        #[ko = "시작할 때, 그리고 캐시가 크래시에서 돌아올 때 DB에서 미리 로드하는 인기 키의 수. 여덟 개씩 로드합니다."]
        pub warm_up: u32 = 0,
        /// A gutter: a small pool of the cache that a reader asks where the node of a key gives no answer (`app.cache_timeout`, or
        /// an error at once), and fills from the database on a miss.
        #[ko = "거터(gutter): 키의 노드가 응답하지 않으면(`app.cache_timeout`, 또는 즉시 오류) 대신 조회하고, 미스면 DB에서 읽어 \
            채우는 작은 캐시 풀."]
        pub gutter: Option<Gutter> = None,
    }
}

record! {
    /// A gutter. No write is told it, so what is there may be stale until it expires. It takes as long for a command as a node
    /// (`cache.command`), is reached over the same link, and is hit by no fault of the cache. (Nishtala et al., "Scaling Memcache at
    /// Facebook", NSDI 2013, section 3.3: about 1 % of the servers of a cluster.)
    #[ko = "거터. 쓰기가 알려지지 않으므로 항목은 만료될 때까지 오래된 값일 수 있습니다. 명령 시간은 노드와 같고(`cache.command`), \
        같은 구간으로 연결되며, 캐시 장애의 영향을 받지 않습니다. (Nishtala 외, “Scaling Memcache at Facebook”, NSDI 2013, 3.3절: \
        클러스터 서버의 약 1 %.)"]
    pub struct Gutter {
        /// Room, in entries; the least recently used one makes room for another.
        #[ko = "용량(항목 수). 가장 오래 쓰이지 않은 항목이 자리를 내줍니다."]
        pub capacity: u32 = 100,
        /// How long an entry lives; hits do not extend it. It bounds how stale what is read there can be.
        #[ko = "항목의 TTL. 적중해도 연장되지 않으며, 거터에서 읽은 값이 오래될 수 있는 한도입니다."]
        pub ttl: Nanos = Nanos::from_secs(10),
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
        /// For how long past its TTL a copy is served at once, while the cache loads it again, once. So `cache.ttl` is the soft TTL, and with this time added the hard one (RFC 5861:
        /// `stale-while-revalidate`).
        #[ko = "TTL이 지난 뒤에도 이 시간 동안은 사본을 바로 돌려주고, 캐시가 한 번만 다시 로드합니다. \
            `cache.ttl`이 소프트 TTL이고, 이 시간을 더한 것이 하드 TTL입니다(RFC 5861: `stale-while-revalidate`)."]
        pub stale_while_revalidate: Option<Nanos> = None,
        /// For how long past its TTL a copy is served where its load fails: the database is down, refuses, or does not answer in
        /// time (`app.database_timeout`). Its readers wait for a load each time (RFC 5861: `stale-if-error`).
        #[ko = "TTL이 지난 뒤 이 시간 동안은 로드가 실패하면(DB 중단, 거부, `app.database_timeout` 초과) 사본을 대신 \
            돌려줍니다. 읽기는 그때마다 먼저 로드를 시도합니다(RFC 5861: `stale-if-error`)."]
        pub stale_if_error: Option<Nanos> = None,
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
