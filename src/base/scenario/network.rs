//! The links between the parts, and their latency.

use std::fmt;

use super::Distribution;
use super::field::{record, words};
use crate::bytes::Bytes;
use crate::time::Nanos;

record! {
    /// One-way latency of each link; by default, all but that of `client_app` vary. Each message has a connection of its own, as
    /// with pooled clients: what was sent later can arrive earlier, except within one request, whose calls wait for each other.
    #[ko = "구간별 편도 지연 시간. 기본값에서는 `client_app`을 뺀 모든 구간이 변동합니다. 커넥션 풀을 쓰는 \
        클라이언트처럼 메시지마다 커넥션이 따로 있어 나중에 보낸 것이 먼저 도착할 수 있지만, 한 요청 안의 호출은 \
        서로 기다립니다."]
    pub struct Network {
        /// Clients to application servers. At its default, figures are those that the servers' own monitoring shows.
        #[ko = "클라이언트–앱 서버. 기본값이면 수치는 서버 자체 모니터링이 보여 주는 값과 같습니다."]
        #[slider = Log(1e-5, 1.0)]
        #[label = ("client–app", "클라이언트–앱")]
        pub client_app: Distribution = Distribution::Constant(Nanos::ZERO),
        /// Application servers to the cache: a round trip takes 0.5 ms in the mean, the usual figure for one data centre (Dean,
        /// "Numbers everyone should know"); that the 99th percentile is five times the median is an assumption.
        #[ko = "앱 서버–캐시. 왕복 평균 0.5 ms로, 한 데이터 센터에서 흔히 쓰는 값입니다(Dean, \"Numbers everyone should \
            know\"). p99가 중앙값의 5배라는 것은 가정입니다."]
        #[slider = Log(1e-5, 1.0)]
        #[label = ("app–cache", "앱–캐시")]
        pub app_cache: Distribution = around(Nanos::from_micros(200)),
        /// Application servers to the database, as if it stood in another zone: 1.3 ms a round trip, an assumption.
        #[ko = "앱 서버–DB. 다른 존에 있다고 가정해 왕복 1.3 ms입니다."]
        #[slider = Log(1e-5, 1.0)]
        #[label = ("app–database", "앱–DB")]
        pub app_database: Distribution = around(Nanos::from_micros(500)),
        /// The cache to the database: read-through loads, write-back flushes. As from application servers.
        #[ko = "캐시–DB: 리드스루 로드, 라이트백 플러시. 앱 서버–DB와 같습니다."]
        #[slider = Log(1e-5, 1.0)]
        #[label = ("cache–database", "캐시–DB")]
        pub cache_database: Distribution = around(Nanos::from_micros(500)),
        /// How many bytes a second each link carries.
        #[ko = "구간별 초당 전송량(바이트)."]
        pub bandwidth: Bandwidth = Bandwidth::default(),
    }
}

record! {
    /// How many bytes a second a link carries, each way, to each machine at its far end (a cache node, the database). Values
    /// that are sent there or back (`clients.value_size`) go one after the other; all else takes no time. `"none"`: no limit.
    #[ko = "구간이 방향별로, 도착지 서버(캐시 노드, DB)마다 초당 전송하는 바이트 수. 주고받는 값(`clients.value_size`)은 \
        하나씩 차례로 지나가고, 나머지는 시간이 걸리지 않습니다. `\"none\"`이면 제한이 없습니다."]
    pub struct Bandwidth {
        /// Clients to application servers.
        #[ko = "클라이언트–앱 서버."]
        pub client_app: Option<Bytes> = None,
        /// Application servers to each cache node (10 Gbit/s, as of a middle-sized cloud instance).
        #[ko = "앱 서버–캐시 노드(10 Gbit/s, 중간 크기 클라우드 인스턴스 수준)."]
        pub app_cache: Option<Bytes> = Some(TEN_GIGABIT),
        /// Application servers to the database, and to each of its replicas (10 Gbit/s).
        #[ko = "앱 서버–DB와 그 복제본(10 Gbit/s)."]
        pub app_database: Option<Bytes> = Some(TEN_GIGABIT),
        /// The cache to the database, and to each of its replicas (10 Gbit/s).
        #[ko = "캐시–DB와 그 복제본(10 Gbit/s)."]
        pub cache_database: Option<Bytes> = Some(TEN_GIGABIT),
    }
}

/// 10 Gbit/s in bytes.
pub(super) const TEN_GIGABIT: Bytes = Bytes(1_250_000_000);

/// A latency that varies as those of a data centre do: one in a hundred takes five times the median.
const fn around(median: Nanos) -> Distribution {
    Distribution::Lognormal { median, p99: Nanos(5 * median.0) }
}

words! {
    /// The name of a link.
    pub enum Link {
        /// Clients to application servers.
        #[ko = "클라이언트–앱 서버."]
        "client-app" => ClientApp,
        /// Application servers to the cache.
        #[ko = "앱 서버–캐시."]
        "app-cache" => AppCache,
        /// Application servers to the database.
        #[ko = "앱 서버–DB."]
        "app-database" => AppDatabase,
        /// The cache to the database.
        #[ko = "캐시–DB."]
        "cache-database" => CacheDatabase,
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Network {
    /// The latency of `link`.
    pub fn latency(&self, link: Link) -> &Distribution {
        match link {
            Link::ClientApp => &self.client_app,
            Link::AppCache => &self.app_cache,
            Link::AppDatabase => &self.app_database,
            Link::CacheDatabase => &self.cache_database,
        }
    }

    /// How many bytes a second `link` carries, if there is a limit.
    pub fn bandwidth(&self, link: Link) -> Option<Bytes> {
        let Bandwidth { client_app, app_cache, app_database, cache_database } = self.bandwidth;
        match link {
            Link::ClientApp => client_app,
            Link::AppCache => app_cache,
            Link::AppDatabase => app_database,
            Link::CacheDatabase => cache_database,
        }
    }
}
