//! The application servers between clients and stores.

use super::Distribution;
use super::eviction::Eviction;
use super::field::{record, words};
use crate::time::Nanos;

record! {
    /// The application servers: how many, their own work, and how patient their calls are.
    #[ko = "애플리케이션 서버: 대수, 요청당 CPU 시간, 호출 타임아웃."]
    pub struct App {
        /// How many servers; requests go to the living ones in turn.
        #[ko = "서버 수. 요청은 살아 있는 서버에 차례로 배분됩니다."]
        #[slider = Even(1.0, 16.0, 1.0)]
        #[label = ("Servers", "서버 수")]
        pub servers: u32 = 2,
        /// Work of their own per request, before the first call.
        #[ko = "첫 호출 전에 요청마다 쓰는 CPU 시간."]
        #[slider = Log(1e-5, 1.0)]
        #[label = ("CPU per request", "요청당 CPU 시간")]
        pub work: Distribution = Distribution::Constant(Nanos::ZERO),
        /// How many cores each has: the work of so many requests goes on at once, that of others waits, first come, first served.
        /// Waiting for the cache or the database takes no core. (Four virtual CPUs, as a middle-sized instance has: an assumption.)
        #[ko = "서버당 코어 수. 이 수만큼의 요청을 동시에 처리하고, 나머지는 도착한 순서대로 기다립니다. 캐시나 DB의 \
            응답을 기다리는 동안에는 코어를 쓰지 않습니다. (중간 크기 인스턴스의 가상 CPU 4개를 가정한 값입니다.)"]
        pub cores: Option<u32> = Some(4),
        /// How many requests each serves at once; more wait in line.
        #[ko = "서버 하나가 동시에 처리하는 요청 수. 넘치는 요청은 줄을 서서 기다립니다."]
        pub concurrency: Option<u32> = None,
        /// How long a call to the cache may take before it is given up.
        #[ko = "캐시 호출의 타임아웃."]
        #[slider = Log(1e-3, 60.0)]
        #[label = ("Cache timeout", "캐시 타임아웃")]
        pub cache_timeout: Option<Nanos> = None,
        /// How long a call to the database may take before it is given up.
        #[ko = "DB 호출의 타임아웃."]
        #[slider = Log(1e-3, 60.0)]
        #[label = ("Database timeout", "DB 타임아웃")]
        pub database_timeout: Option<Nanos> = None,
        /// Whether a query is cancelled when its caller gives it up, as a driver does with its query timeout: a message
        /// follows it, and ends it where it finds it. Otherwise it runs on, and holds its connection, its worker and its
        /// locks to the end (PostgreSQL does not notice that a client is gone: `client_connection_check_interval` = 0).
        /// It can let nothing through at all: first come, first served, with one timeout for all, each query may begin just before
        /// its caller gives it up (`never-comes-back` with `cancel = true`). A shorter `pool_timeout` frees it, or without a pool a
        /// shorter `database.queue`.
        #[ko = "호출자가 포기한 쿼리를 취소할지 여부. 드라이버의 쿼리 타임아웃처럼 취소 메시지를 뒤따라 보내, 쿼리가 \
            어디에 있든 끝냅니다. 끄면 쿼리는 끝까지 실행되며 커넥션, 워커, 락을 계속 잡고 있습니다(PostgreSQL은 \
            클라이언트가 사라진 것을 알아채지 못합니다: `client_connection_check_interval` = 0). 취소를 켜면 \
            아무것도 통과하지 못할 수도 있습니다. 도착 순서대로 처리하고 타임아웃이 모두 같으면, 쿼리가 포기되기 \
            직전에야 시작될 수 있기 때문입니다(`never-comes-back`에 `cancel = true`). 이때는 `pool_timeout`을 \
            줄이거나, 풀이 없으면 `database.queue`를 줄이면 풀립니다."]
        pub cancel: bool = false,
        /// How often a failed database call is tried again.
        #[ko = "실패한 DB 호출의 재시도 횟수."]
        #[slider = Even(0.0, 10.0, 1.0)]
        #[label = ("Retries", "재시도 횟수")]
        pub retries: u32 = 0,
        /// The pause before the first retry; it doubles with each further one, and half of it is drawn at random.
        #[ko = "첫 재시도 전의 대기 시간. 재시도할 때마다 두 배가 되며, 절반은 무작위입니다."]
        #[slider = Log(1e-3, 10.0)]
        #[label = ("Back-off", "백오프")]
        pub backoff: Nanos = Nanos::from_millis(50),
        /// How often a failed call to the cache is tried again, whatever it was for; one that found the cache full, or another value
        /// than expected, is not. A SET or DELETE that timed out may have been done and then be done once more, late, over a newer value:
        /// that copy is stale. A write that the cache is to write later (write-back) is known by its number, and taken once, unless
        /// the memory that knew it is lost. (redis-py 6: 3 times, ioredis: `maxRetriesPerRequest` = 20; here none unless asked for.)
        #[ko = "실패한 캐시 호출의 재시도 횟수. 모든 명령에 적용되며, 캐시가 가득 찼거나 예상과 다른 값이면 재시도하지 않습니다. \
            타임아웃된 SET이나 DELETE는 이미 실행되었을 수 있고, 늦게 한 번 더 실행되어 새 값을 덮으면 오래된 사본이 남습니다. \
            캐시가 나중에 DB에 쓸 쓰기(라이트백)는 번호로 구분해 한 번만 받으며, 그것을 아는 메모리를 잃었을 때만 다시 받습니다. (redis-py 6은 3번, ioredis는 `maxRetriesPerRequest` = 20. 여기서는 적지 않으면 재시도하지 않습니다.)"]
        pub cache_retries: u32 = 0,
        /// The pause before the first retry of a call to the cache; it doubles with each further one, and half of it is drawn at
        /// random, but is 2 s at most (ioredis: 2 s; redis-py 6: 10 s). (Shorter than that of the database, as a command is shorter
        /// than a query: an assumption.)
        #[ko = "캐시 호출의 첫 재시도 전 대기 시간. 재시도할 때마다 두 배가 되며 절반은 무작위이고, 최대 2초입니다(ioredis 2초, \
            redis-py 6은 10초). (명령이 쿼리보다 짧으므로 \
            DB의 백오프보다 짧게 가정한 값입니다.)"]
        pub cache_backoff: Nanos = Nanos::from_millis(10),
        /// A retry budget on each server: where it is used up, a failed call is not tried again, so that retries cannot multiply the
        /// load of a database that has too much already. Calls to the cache have a bucket of their own of this size, as budgets are
        /// per client or per cluster in Finagle and Envoy.
        #[ko = "서버마다 두는 재시도 예산. 다 쓰면 실패한 호출을 다시 시도하지 않으므로, 이미 과부하인 DB에 재시도가 부하를 \
            더 얹지 못합니다. 캐시 호출에는 같은 크기의 버킷을 따로 둡니다(Finagle은 클라이언트별, Envoy는 클러스터별 예산)."]
        pub retry_budget: Option<RetryBudget> = None,
        /// How a server reads from the database what a multi-get has missed: by one query for all of it (`IN (…)`), or, scattered, by
        /// one query a key, all at once: each takes a connection and a worker, and the slowest decides.
        #[ko = "멀티겟이 캐시에서 찾지 못한 키를 DB에서 읽는 방식. 끄면 모두 쿼리 하나로(`IN (…)`), 켜면 키마다 쿼리를 하나씩 \
            동시에 보냅니다. 이때는 쿼리마다 커넥션과 워커를 쓰고 가장 느린 쿼리가 응답 시간을 정합니다."]
        pub scatter: bool = false,
        /// How many connections to the database each server has; a call waits for a free one, within its timeout. A call
        /// that is given up closes its connection, and a new one takes its place at once (HikariCP: `maximumPoolSize` = 10).
        #[ko = "서버당 DB 커넥션 수. 호출은 타임아웃 안에서 빈 커넥션을 기다립니다. 포기한 호출의 커넥션은 닫히고, \
            곧바로 새 커넥션이 그 자리를 채웁니다(HikariCP: `maximumPoolSize` = 10)."]
        pub pool: Option<u32> = Some(10),
        /// How long a call waits for a free connection before it fails (HikariCP: `connectionTimeout` = 30 s).
        #[ko = "빈 커넥션을 기다리는 최대 시간. 넘으면 호출이 실패합니다(HikariCP: `connectionTimeout` = 30초)."]
        pub pool_timeout: Option<Nanos> = Some(Nanos::from_secs(30)),
        /// A circuit breaker on each server's calls to the database: after too many failures it lets none through for a while.
        #[ko = "서버마다 DB 호출에 두는 서킷 브레이커. 실패가 많으면 한동안 호출을 모두 차단합니다."]
        pub breaker: Option<Breaker> = None,
        /// A near cache in the memory of each server, in front of whatever the lane reads from; a crash empties it.
        #[ko = "서버마다 메모리에 두는 로컬 캐시로, 레인이 읽는 곳 앞에 놓입니다. 서버가 크래시하면 비워집니다."]
        pub near: Option<Near> = None,
    }
}

record! {
    /// A retry budget: a bucket of tokens. Each call, when it is first tried, brings a share of a token; each retry takes one.
    #[ko = "재시도 예산: 토큰 버킷. 호출을 처음 시도할 때마다 토큰의 일부가 쌓이고, 재시도할 때마다 하나를 씁니다."]
    pub struct RetryBudget {
        /// How much of a token each call brings: in the long run, retries are at most this share of calls (Finagle:
        /// `percentCanRetry` = 20 %; Envoy: `budget_percent` = 20 %).
        #[ko = "호출마다 쌓이는 토큰의 비율. 길게 보면 재시도는 호출의 이 비율을 넘지 못합니다(Finagle: \
            `percentCanRetry` = 20 %, Envoy: `budget_percent` = 20 %)."]
        pub share: f64 = 0.2,
        /// How many tokens the bucket holds; it is full at first (Finagle: `minRetriesPerSec` = 10 over its `ttl` of 10 s).
        #[ko = "버킷이 담는 토큰 수. 처음에는 가득 차 있습니다(Finagle: `ttl` 10초 동안 `minRetriesPerSec` = 10)."]
        pub burst: u32 = 100,
    }
}

record! {
    /// A circuit breaker. Refused, lost and timed-out calls count as failures, and so do those that got no connection in time;
    /// an aborted transaction does not.
    #[ko = "서킷 브레이커. 거부되거나 유실되거나 타임아웃된 호출, 제때 커넥션을 얻지 못한 호출을 실패로 셉니다. 중단된 \
        트랜잭션은 세지 않습니다."]
    pub struct Breaker {
        /// After how many failures in a row it opens, where no `share` is given.
        #[ko = "열리기까지의 연속 실패 횟수. `share`가 없을 때의 기준입니다."]
        pub failures: u32 = 5,
        /// In place of failures in a row: the share of the last `window` calls that must have failed (resilience4j:
        /// `failureRateThreshold` = 50 %).
        #[ko = "연속 실패 대신 쓰는 기준: 최근 호출 `window`개 중 실패한 비율이 이 값에 이르면 열립니다(resilience4j: \
            `failureRateThreshold` = 50 %)."]
        pub share: Option<f64> = None,
        /// With a `share`: the share of how many calls. Before there were so many since it last closed, it does not open
        /// (resilience4j: `slidingWindowSize` and `minimumNumberOfCalls` = 100).
        #[ko = "`share`의 기준이 되는 최근 호출 수. 닫힌 뒤 호출이 이만큼 쌓이기 전에는 열리지 않습니다(resilience4j: \
            `slidingWindowSize`, `minimumNumberOfCalls` = 100)."]
        pub window: u32 = 100,
        /// How long calls then fail at once, without being sent.
        #[ko = "열려 있는 시간. 그동안 호출은 전송되지 않고 곧바로 실패합니다."]
        pub open_for: Nanos = Nanos::from_secs(5),
        /// How many calls are then let through; when all of them succeed it closes, when one fails it opens again.
        #[ko = "그 뒤에 시험 삼아 통과시키는 호출 수. 모두 성공하면 닫히고, 하나라도 실패하면 다시 열립니다."]
        pub probes: u32 = 1,
    }
}

record! {
    /// A near cache. With `read = "none"` it is the only cache there is.
    #[ko = "로컬 캐시. `read = \"none\"`이면 이것이 유일한 캐시입니다."]
    pub struct Near {
        /// Room on each server, in entries.
        #[ko = "서버당 용량(항목 수)."]
        pub capacity: u32 = 100,
        /// How long an entry lives; hits do not extend it.
        #[ko = "항목의 TTL. 적중해도 연장되지 않습니다."]
        pub ttl: Option<Nanos> = Some(Nanos::from_secs(10)),
        /// Whether an entry lives no longer than the copy in the cache that it was made from, whose remaining time is asked for
        /// with it (Redis: `PTTL`); what a server has loaded itself, no longer than `cache.ttl` at its shortest. Otherwise the two times
        /// add up.
        #[ko = "항목이 원본인 캐시 사본보다 오래 살지 못하게 할지 여부. 남은 TTL을 값과 함께 조회합니다(Redis: `PTTL`). 서버가 직접 \
            로드한 값은 `cache.ttl`의 최솟값까지만 삽니다. 끄면 두 TTL이 더해집니다."]
        pub bounded: bool = false,
        /// Which entry makes room for a new one.
        #[ko = "새 항목에 자리를 내줄 항목을 고르는 정책."]
        pub eviction: Eviction = Eviction::Lru,
        /// Whether a server that writes a key tells the others.
        #[ko = "키를 쓴 서버가 다른 서버에 알릴지 여부."]
        pub invalidate: Tell = Tell::None,
    }
}

words! {
    /// How near caches learn that another server has written a key.
    pub enum Tell {
        /// Not at all: a copy is stale until its TTL ends.
        #[ko = "알리지 않습니다. 사본은 TTL이 끝날 때까지 오래된 값일 수 있습니다."]
        "none" => None,
        /// By messages of the cache to every server (over the link app-cache) about each key it is told to set or delete,
        /// as with Redis' client tracking; what it is not told of, it cannot tell. In a lane that reads without the cache,
        /// the server that writes tells the others through it, as by Redis' pub/sub. A partition holds messages up; while
        /// a cache node is down, near caches are emptied and keep nothing.
        #[ko = "캐시가 설정하거나 삭제한 키마다 앱–캐시 구간으로 모든 서버에 메시지를 보냅니다(Redis의 client tracking). \
            캐시가 모르는 변경은 알릴 수 없습니다. 캐시 없이 읽는 레인에서는 쓴 서버가 캐시를 거쳐 알립니다(Redis의 \
            pub/sub). 네트워크가 단절되면 메시지가 늦어지고, 캐시 노드가 멈춘 동안 로컬 캐시는 비워진 채 아무것도 \
            담지 않습니다."]
        "messages" => Messages,
    }
}
