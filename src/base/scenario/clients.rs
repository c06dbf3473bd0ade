//! Who asks: arrivals, keys, and what is done with them.

use super::field::{kinds, record, words};
use super::size::Sizes;
use super::{Cache, Distribution, Scenario, Ttl};
use crate::bytes::Bytes;
use crate::phrase::Phrase;
use crate::time::Nanos;

record! {
    /// The clients: when requests come, which keys they name, what they do with them. What a trace says of its requests
    /// comes before what stands here.
    #[ko = "클라이언트: 요청이 언제 오고, 어떤 키를 찾고, 무엇을 하는지. 트레이스에 기록된 내용이 있으면 여기 적은 \
        것보다 우선합니다."]
    pub struct Clients {
        /// When requests come.
        #[ko = "요청이 도착하는 방식."]
        pub arrivals: Arrivals = Arrivals::default(),
        /// Which keys they name.
        #[ko = "요청이 찾는 키의 분포."]
        pub keys: Keys = Keys::default(),
        /// The shares of reads, writes and so on: your own, in the `…_ratio` fields, or those of one of the YCSB core
        /// workloads; then leave the ratios out.
        #[ko = "읽기, 쓰기 등의 비율: `…_ratio` 항목에 직접 적거나, YCSB 핵심 워크로드의 비율을 씁니다. YCSB를 쓸 때는 \
            비율을 적지 않습니다."]
        pub mix: Mix = Mix::Custom,
        /// The share of requests that write, 0 to 1. The rest are reads.
        #[ko = "쓰기 요청의 비율, 0부터 1까지. 어느 비율에도 들지 않는 요청은 읽기입니다."]
        #[slider = Even(0.0, 1.0, 0.01)]
        #[label = ("Write ratio", "쓰기 비율")]
        pub write_ratio: f64 = 0.1,
        /// The share of requests that read a value and write one made from it, 0 to 1.
        #[ko = "값을 읽고 그 값으로 만든 새 값을 쓰는 요청의 비율, 0부터 1까지."]
        pub modify_ratio: f64 = 0.0,
        /// The share of requests that delete, 0 to 1.
        #[ko = "삭제 요청의 비율, 0부터 1까지."]
        pub delete_ratio: f64 = 0.0,
        /// The share of requests that write a new key, 0 to 1: the first gets the number `keys.count`, and so on.
        #[ko = "새 키를 쓰는 요청의 비율, 0부터 1까지. 첫 키의 번호는 `keys.count`이고 하나씩 늘어납니다."]
        pub insert_ratio: f64 = 0.0,
        /// The share of requests that are scans, 0 to 1: 1 to 100 keys in a row (each length alike), read one after the
        /// other by the same client, each a request of its own; a scan ends early at the last key there is.
        #[ko = "스캔 요청의 비율, 0부터 1까지. 연속된 키 1~100개(길이는 균등)를 같은 클라이언트가 하나씩 차례로 읽으며, \
            각각 하나의 요청입니다. 마지막 키에 이르면 끝납니다."]
        pub scan_ratio: f64 = 0.0,
        /// The share of requests that are multi-gets, 0 to 1: a feed or a product list, which needs several keys at once. The
        /// server sends one MGET to each cache node that has some of them, reads what was missed from the database (`app.scatter`
        /// says how), and answers when the last part is there. Each key counts as a request, and all of a multi-get take as long as
        /// its slowest part (Dean and Barroso, "The Tail at Scale", CACM 2013).
        #[ko = "멀티겟 요청의 비율, 0부터 1까지. 피드나 상품 목록처럼 여러 키를 한 번에 읽습니다. 서버가 키를 가진 캐시 노드마다 \
            MGET을 하나씩 보내고, 미스는 DB에서 읽어(`app.scatter`) 마지막 부분이 도착하면 응답합니다. 키마다 하나의 요청으로 \
            세며, 응답 시간은 모두 가장 느린 부분과 같습니다(Dean·Barroso, \"The Tail at Scale\", CACM 2013)."]
        pub multi_get_ratio: f64 = 0.0,
        /// How many keys a multi-get draws, each like any other; one drawn twice is asked for once.
        #[ko = "멀티겟 하나가 뽑는 키의 수. 키마다 따로 뽑으며, 두 번 뽑힌 키는 한 번만 요청합니다."]
        pub multi_get_keys: u32 = 10,
        /// How large values are. A write brings a value of a new size; what a key has at first has a size, too.
        #[ko = "값의 크기. 쓸 때마다 새 크기를 뽑으며, 처음부터 있던 값에도 크기가 있습니다."]
        pub value_size: Sizes = Sizes::Constant(Bytes(1_024)),
        /// How long a client waits for an answer; with `"none"`, for ever. Who has waited so long has met with an error, whatever
        /// becomes of the request: the servers know nothing of it, and go on.
        #[ko = "클라이언트가 응답을 기다리는 최대 시간. `\"none\"`이면 끝까지 기다립니다. 넘으면 요청이 어떻게 되든 \
            오류로 봅니다. 서버는 이를 모르고 계속 처리합니다."]
        pub timeout: Option<Nanos> = None,
        /// How often a client who has waited too long asks again, at once and with a request that counts like any other, as
        /// somebody does who reloads a page. Each try has a clock of its own: goodput and latencies are of tries, not of what a
        /// client waits over all of them. With 0 clients leave: users think, and ask for something else.
        #[ko = "타임아웃된 클라이언트가 다시 요청하는 횟수. 페이지를 새로 고치는 사용자처럼 곧바로, 별개의 요청으로 \
            보냅니다. 시도마다 시간을 따로 재므로 goodput과 응답 시간은 클라이언트가 기다린 전체 시간이 아니라 \
            시도별 값입니다. 0이면 포기하고 다음 요청으로 넘어갑니다."]
        pub retries: u32 = 0,
        /// In open-loop arrivals, how many clients the requests come from, in turn; closed-loop users are clients each.
        #[ko = "오픈 루프에서 요청을 차례로 보내는 클라이언트 수. 클로즈드 루프에서는 사용자 하나가 클라이언트 \
            하나입니다."]
        pub sessions: u32 = 100,
        /// How long a client is content to wait: answers within it are the goodput. It changes no event, only what is
        /// counted as good. (One second is where a user's flow of thought breaks: Nielsen, Response Times, 1993.)
        #[ko = "클라이언트가 만족하는 응답 시간. 이 안에 온 응답만 goodput으로 셉니다. 이벤트는 바뀌지 않고 집계만 \
            달라집니다. (1초를 넘으면 사용자의 사고 흐름이 끊깁니다: Nielsen, Response Times, 1993.)"]
        pub deadline: Nanos = Nanos::from_secs(1),
        /// The share of keys that have no row in the database at first, 0 to 1: the same ones in every lane and run, spread
        /// evenly over popular and unpopular keys. A write makes the row.
        #[ko = "처음에 DB에 행이 없는 키의 비율, 0부터 1까지. 모든 레인과 실행에서 같은 키이며, 인기와 관계없이 고르게 \
            퍼져 있습니다. 쓰면 행이 생깁니다."]
        pub absent: f64 = 0.0,
        /// A second class of traffic, with keys of its own: sessions beside pages, or a batch job that goes through everything beside
        /// users. Both meet the same servers, cache and database; reports say of each what it got.
        #[ko = "자기 키를 가진 두 번째 트래픽: 페이지 옆의 세션, 또는 사용자 옆에서 전체를 훑는 배치 작업. 서버, 캐시, DB는 함께 쓰며, \
            보고서에 트래픽별 결과가 따로 나옵니다."]
        pub second: Option<Second> = None,
    }
}

record! {
    /// A second class of traffic: reads and writes of keys that the first never names. What is not here (timeouts, retries, deadline,
    /// sessions, absent rows) it has in common with the first.
    #[ko = "두 번째 트래픽: 첫 번째 트래픽이 쓰지 않는 키를 읽고 씁니다. 여기 없는 항목(타임아웃, 재시도, 기한, 세션 수, 없는 행)은 \
        첫 번째 트래픽과 같습니다."]
    pub struct Second {
        /// When its requests come; a batch job, for example, `{ kind = "spike", rate = 0.1, times = 5000, at = "20s", for = "10s" }`.
        #[ko = "요청이 도착하는 방식. 배치 작업이라면 예를 들어 `{ kind = \"spike\", rate = 0.1, times = 5000, at = \"20s\", \
            for = \"10s\" }`."]
        pub arrivals: Arrivals = Arrivals::default(),
        /// Which keys they name, none of them the first's: they are numbered behind those.
        #[ko = "요청이 찾는 키의 분포. 첫 번째 트래픽의 키 다음 번호부터 시작하므로 겹치지 않습니다."]
        pub keys: Keys = Keys::default(),
        /// The share of its requests that write, 0 to 1.
        #[ko = "쓰기 요청의 비율, 0부터 1까지."]
        pub write_ratio: f64 = 0.1,
        /// How large its values are.
        #[ko = "값의 크기."]
        pub value_size: Sizes = Sizes::Constant(Bytes(1_024)),
        /// How long copies of its values live; with `"none"`, for ever. (`cache.ttl` is the first's.)
        #[ko = "사본의 TTL. `\"none\"`이면 만료되지 않습니다. (`cache.ttl`은 첫 번째 트래픽의 TTL입니다.)"]
        pub ttl: Option<Nanos> = Some(Nanos::from_secs(60)),
    }
}

impl Scenario {
    /// The scenario of the second class of traffic alone, where there is one.
    pub fn second_traffic(&self) -> Option<Scenario> {
        let Second { arrivals, keys, write_ratio, value_size, ttl } = self.clients.second.clone()?;
        let Clients { timeout, retries, sessions, deadline, absent, .. } = self.clients;
        let own = Clients { arrivals, keys, write_ratio, value_size, ..Clients::default() };
        let clients = Clients { timeout, retries, sessions, deadline, absent, ..own };
        let cache = Cache { ttl: ttl.map_or(Ttl::None, Ttl::Fixed), ..self.cache.clone() };
        Some(Scenario { clients, cache, ..self.clone() })
    }
}

words! {
    /// The shares of operations: custom, or a core workload of YCSB (the Yahoo! Cloud Serving Benchmark).
    pub enum Mix {
        /// What the ratios say.
        #[ko = "직접 적은 비율."]
        "custom" => Custom,
        /// YCSB A, update heavy: half reads, half writes (YCSB has `zipf` keys with alpha 0.99).
        #[ko = "YCSB A, 갱신 위주: 읽기 절반, 쓰기 절반(YCSB의 키는 `zipf`, alpha 0.99)."]
        "ycsb-a" => YcsbA,
        /// YCSB B, read mostly: 95 % reads, 5 % writes (`zipf`).
        #[ko = "YCSB B, 읽기 위주: 읽기 95 %, 쓰기 5 %(`zipf`)."]
        "ycsb-b" => YcsbB,
        /// YCSB C: reads only (`zipf`).
        #[ko = "YCSB C: 읽기만(`zipf`)."]
        "ycsb-c" => YcsbC,
        /// YCSB D, read latest: 95 % reads, 5 % inserts (use it with `latest` keys).
        #[ko = "YCSB D, 최신 값 읽기: 읽기 95 %, 삽입 5 %(키는 `latest`)."]
        "ycsb-d" => YcsbD,
        /// YCSB E, short ranges: 95 % scans, 5 % inserts (`zipf`).
        #[ko = "YCSB E, 짧은 범위: 스캔 95 %, 삽입 5 %(`zipf`)."]
        "ycsb-e" => YcsbE,
        /// YCSB F: half reads, half read-modify-writes (`zipf`).
        #[ko = "YCSB F: 읽기 절반, 읽고 고쳐 쓰기 절반(`zipf`)."]
        "ycsb-f" => YcsbF,
    }
}

/// The shares of operations, each 0 to 1; what remains are reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Writes of keys that are there.
    pub write: f64,
    /// Read-modify-writes.
    pub modify: f64,
    /// Deletes.
    pub delete: f64,
    /// Writes of new keys.
    pub insert: f64,
    /// Scans, each of several reads.
    pub scan: f64,
    /// Multi-gets, each of several keys.
    pub multi_get: f64,
}

/// The most records of a scan: YCSB's `maxscanlength`.
pub const SCAN_MAX: u32 = 100;

impl Clients {
    /// The shares of operations, from the mix or the ratios. YCSB's are those of `workloads/workloada` to `workloadf`
    /// in its repository.
    pub fn shares(&self) -> Shares {
        let none = Shares::default();
        match self.mix {
            Mix::Custom => Shares {
                write: self.write_ratio,
                modify: self.modify_ratio,
                delete: self.delete_ratio,
                insert: self.insert_ratio,
                scan: self.scan_ratio,
                multi_get: self.multi_get_ratio,
            },
            Mix::YcsbA => Shares { write: 0.5, ..none },
            Mix::YcsbB => Shares { write: 0.05, ..none },
            Mix::YcsbC => none,
            Mix::YcsbD => Shares { insert: 0.05, ..none },
            Mix::YcsbE => Shares { scan: 0.95, insert: 0.05, ..none },
            Mix::YcsbF => Shares { modify: 0.5, ..none },
        }
    }

    /// How many requests an operation is in the mean, or a few less: scans are several, and so are multi-gets.
    pub fn requests_per_operation(&self) -> f64 {
        let Shares { scan, multi_get, .. } = self.shares();
        let scans = scan * (f64::from(SCAN_MAX + 1) / 2.0 - 1.0);
        1.0 + scans + multi_get * (f64::from(self.multi_get_keys) - 1.0)
    }

    /// How many keys there are before any is inserted, of both classes of traffic; of a trace one cannot say.
    pub fn key_count(&self) -> Option<u32> {
        let second = self.second.as_ref().map_or(Some(0), |second| second.keys.count())?;
        Some(self.keys.count()?.saturating_add(second))
    }

    /// Whether every request changes something; of a trace one cannot say before it is read.
    pub fn never_reads(&self) -> bool {
        let second = self.second.as_ref().is_some_and(|second| second.write_ratio < 1.0);
        !second && !matches!(self.keys, Keys::Trace { .. }) && self.shares().changes() >= 1.0
    }

    /// Whether no request changes anything; of a trace one cannot say before it is read.
    pub fn never_writes(&self) -> bool {
        let second = self.second.as_ref().is_some_and(|second| second.write_ratio > 0.0);
        !second && !matches!(self.keys, Keys::Trace { .. }) && self.shares().changes() <= 0.0
    }
}

impl Shares {
    /// The share of operations that change something.
    pub fn changes(&self) -> f64 {
        self.write + self.modify + self.delete + self.insert
    }

    /// All of them together; more than 1 makes no sense.
    pub fn sum(&self) -> f64 {
        self.changes() + self.scan + self.multi_get
    }
}

kinds! {
    /// When requests come.
    pub enum Arrivals {
        /// Open loop: independent clients, exponential gaps.
        #[ko = "오픈 루프: 서로 독립적인 클라이언트, 지수 분포 간격."]
        "poisson" => Poisson {
            /// Requests a second.
            #[ko = "초당 요청 수."]
            #[slider = Log(1.0, 10_000.0)]
            rate: f64 = 100.0,
        },
        /// Open loop: equal gaps.
        #[ko = "오픈 루프: 일정한 간격."]
        "constant" => Constant {
            /// Requests a second.
            #[ko = "초당 요청 수."]
            #[slider = Log(1.0, 10_000.0)]
            rate: f64 = 100.0,
        },
        /// Closed loop: each user waits for the answer, thinks, and asks again.
        #[ko = "클로즈드 루프: 사용자마다 응답을 기다렸다가 잠시 쉬고 다시 요청합니다."]
        "closed" => Closed {
            /// How many users.
            #[ko = "사용자 수."]
            #[slider = Log(1.0, 10_000.0)]
            users: u32 = 100,
            /// Time between an answer and the next request; at least 1 ms after an error or an answer that took no time.
            #[ko = "응답을 받고 다음 요청을 보내기까지의 시간(think time). 오류나 시간이 걸리지 않은 응답 뒤에는 최소 1 \
                ms입니다."]
            #[slider = Log(0.01, 60.0)]
            think: Distribution = Distribution::Constant(Nanos::from_secs(1)),
        },
        /// Open loop, on and off in turn: exponential gaps at one rate for a while, at another for a while.
        #[ko = "오픈 루프, 켜짐과 꺼짐의 반복: 지수 분포 간격이며, 두 구간의 속도가 다릅니다."]
        "bursts" => Bursts {
            /// Requests a second while on.
            #[ko = "켜진 동안의 초당 요청 수."]
            #[slider = Log(1.0, 10_000.0)]
            rate: f64 = 500.0,
            /// Requests a second while off; 0 is silence.
            #[ko = "꺼진 동안의 초당 요청 수. 0이면 요청이 없습니다."]
            quiet: f64 = 0.0,
            /// Duration of the first burst, and of each after it.
            #[ko = "켜져 있는 시간. 켜진 상태로 시작합니다."]
            on: Nanos = Nanos::from_secs(1),
            /// How long it is off.
            #[ko = "꺼져 있는 시간."]
            off: Nanos = Nanos::from_secs(4),
        },
        /// Open loop, up and down as over a day: exponential gaps at rate · (1 + swing · sin(2π · time / period)).
        #[ko = "오픈 루프, 하루처럼 오르내리는 사인파: 지수 분포 간격, 속도는 rate · (1 + swing · sin(2π · 시간 / \
            period))입니다."]
        "wave" => Wave {
            /// Requests a second in the mean.
            #[ko = "평균 초당 요청 수."]
            #[slider = Log(1.0, 10_000.0)]
            rate: f64 = 100.0,
            /// How far the rate swings about its mean, as a share of it, 0 to 1.
            #[ko = "평균에서 오르내리는 폭의 비율, 0부터 1까지."]
            swing: f64 = 0.5,
            /// From one crest to the next.
            #[ko = "한 정점에서 다음 정점까지의 시간."]
            period: Nanos = Nanos::from_secs(60),
        },
        /// Open loop, exponential gaps, with many more requests for a while.
        #[ko = "오픈 루프, 지수 분포 간격이며, 한동안 요청이 급증합니다."]
        "spike" => Spike(Spike),
        /// Timed replay: the requests of a trace come when the trace says, from its first on. (As fast as possible is any
        /// other arrivals with the keys of a trace, such as closed ones with many users and no think time.)
        #[ko = "트레이스 시각대로 재생: 첫 요청부터 트레이스에 적힌 시각에 요청이 옵니다. (되도록 빨리 재생하려면 \
            트레이스의 키에 다른 도착 방식, 예를 들어 사용자가 많고 대기 시간이 없는 클로즈드 루프를 쓰세요.)"]
        "trace" => Trace {
            /// How many times faster than the trace says; 0.5 is half as fast.
            #[ko = "트레이스보다 몇 배 빠르게 재생할지. 0.5면 절반 속도입니다."]
            speed: f64 = 1.0,
        },
    }
}

record! {
    /// Exponential gaps, with many more requests for a while.
    #[ko = "지수 분포 간격이며, 한동안 요청이 급증합니다."]
    pub struct Spike {
        /// Requests a second before and after the spike.
        #[ko = "급증 전후의 초당 요청 수."]
        #[slider = Log(1.0, 10_000.0)]
        pub rate: f64 = 100.0,
        /// How many times more requests come during the spike.
        #[ko = "급증하는 동안 늘어나는 배수."]
        pub times: f64 = 10.0,
        /// When the spike begins.
        #[ko = "급증이 시작되는 시점."]
        pub at: Nanos = Nanos::from_secs(20),
        /// How long it lasts.
        #[ko = "급증이 이어지는 시간."]
        pub lasts as "for": Nanos = Nanos::from_secs(5),
    }
}

impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals::Poisson { rate: 100.0 }
    }
}

kinds! {
    /// Which keys requests name. Keys are numbered from 0; key 0 is the most popular, where nothing else is said.
    pub enum Keys {
        /// Uniform: every key equally likely.
        #[ko = "모든 키가 같은 확률."]
        "uniform" => Uniform {
            /// How many keys.
            #[ko = "키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
        },
        /// Popularity falls with rank: key `r` (from 1) is asked for in proportion to `1 / r^alpha`.
        #[ko = "순위가 낮을수록 인기가 떨어집니다: `r`번째 키(1부터)는 `1 / r^alpha`에 비례해 요청됩니다."]
        "zipf" => Zipf {
            /// How many keys.
            #[ko = "키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
            /// The skew; 0 is uniform, web traffic is near 0.8 to 1.
            #[ko = "편향도. 0이면 균등하고, 웹 트래픽은 0.8~1 정도입니다."]
            #[slider = Even(0.0, 2.0, 0.05)]
            alpha: f64 = 1.0,
            /// Popular keys lie anywhere among the key numbers, as in YCSB; otherwise key 0 is the most popular, key 1 the
            /// next, and so on, so that a scan from a popular key reads popular ones.
            #[ko = "인기 키를 키 번호 전체에 흩어 놓을지 여부(YCSB 방식). 끄면 키 0이 가장 인기 있고 키 1이 그다음이라, \
                인기 키에서 시작한 스캔은 인기 키들을 읽습니다."]
            scrambled: bool = false,
        },
        /// A small sample of a large Zipf law: neighbours in rank, `of / count` at a time, are one key that is asked for as
        /// often as one of them in the mean. So a cache that serves a part of the keys with the same part of the requests
        /// sees each key as often as the whole would.
        #[ko = "큰 Zipf 분포의 작은 표본: 순위가 이웃한 키 `of / count`개를 키 하나로 묶고, 그 평균 빈도로 요청합니다. \
            그래서 키의 일부를 같은 비율의 요청으로 맡는 캐시가 전체와 같은 빈도로 키를 보게 됩니다."]
        "zipf-sample" => ZipfSample {
            /// How many keys.
            #[ko = "키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
            /// How many keys they stand for.
            #[ko = "표본이 대표하는 전체 키 개수."]
            of: u64 = 1_000_000,
            /// The skew of the whole.
            #[ko = "전체의 편향도."]
            #[slider = Even(0.0, 2.0, 0.05)]
            alpha: f64 = 1.0,
        },
        /// A few hot keys take most of the traffic.
        #[ko = "소수의 핫 키가 트래픽 대부분을 차지합니다."]
        "hot-set" => HotSet {
            /// How many keys.
            #[ko = "키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
            /// The share of keys that are hot, 0 to 1.
            #[ko = "핫 키의 비율, 0부터 1까지."]
            #[slider = Even(0.0, 1.0, 0.01)]
            hot: f64 = 0.1,
            /// The share of requests that go to hot keys, 0 to 1.
            #[ko = "핫 키로 가는 요청의 비율, 0부터 1까지."]
            #[slider = Even(0.0, 1.0, 0.01)]
            traffic: f64 = 0.9,
            /// After every so many requests the hot set moves on by its own size, so that other keys are hot; `"none"`: it
            /// stays.
            #[ko = "이 수만큼 요청이 올 때마다 핫 셋이 자기 크기만큼 옮겨 가 다른 키가 핫 키가 됩니다. `\"none\"`이면 \
                옮겨 가지 않습니다."]
            moves_every: Option<u64> = None,
        },
        /// What was inserted last is the most popular: `r` keys back (from 1) in proportion to `1 / r^alpha`, among the
        /// newest `count` keys. YCSB D.
        #[ko = "마지막에 삽입된 키가 가장 인기 있습니다: 최신 키 `count`개 중 `r`번째 이전 키(1부터)는 `1 / r^alpha`에 \
            비례합니다. YCSB D."]
        "latest" => Latest {
            /// How many keys there are at first.
            #[ko = "처음의 키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
            /// The skew; YCSB has 0.99.
            #[ko = "편향도. YCSB는 0.99입니다."]
            #[slider = Even(0.0, 2.0, 0.05)]
            alpha: f64 = 0.99,
        },
        /// One key after the other, round and round: the enemy of LRU.
        #[ko = "모든 키를 차례로, 끝나면 처음부터 다시: LRU에 가장 불리한 패턴입니다."]
        "scan" => Scan {
            /// How many keys.
            #[ko = "키 개수."]
            #[slider = Log(1.0, 100_000.0)]
            count: u32 = 1000,
        },
        /// The keys of a trace file, in its order; clients stop when it ends. The operations, clients, times (with `trace`
        /// arrivals), TTLs and sizes hold, too, that the trace says; commands of a server mean what they did there: it may
        /// be one key per line, a table with a header (commas, semicolons, tabs or blanks), time, id and size, ARC .lis,
        /// oracleGeneral, Twitter's cache-trace, the output of redis-cli MONITOR, or a block trace (MSR, SPC), compressed
        /// with zstd, gzip or xz or not.
        #[ko = "트레이스 파일의 키를 순서대로 재생하며, 끝나면 클라이언트가 멈춥니다. 트레이스에 기록된 연산, \
            클라이언트, 시각(`trace` 도착 방식일 때), TTL, 크기도 그대로 따르고, 서버 명령은 그 서버에서의 의미대로 \
            실행합니다. 한 줄에 키 하나, 헤더가 있는 표(쉼표, 세미콜론, 탭, 공백), 시각·ID·크기, ARC .lis, \
            oracleGeneral, Twitter cache-trace, redis-cli MONITOR 출력, 블록 트레이스(MSR, SPC)를 읽으며, zstd, \
            gzip, xz로 압축한 파일도 됩니다."]
        "trace" => Trace {
            /// The file, relative to where the command runs; in the page, the name of a file the reader opened.
            #[ko = "파일 경로. 명령줄에서는 실행한 위치 기준, 페이지에서는 연 파일의 이름입니다."]
            file: String = String::new(),
            /// Whether values live as long as the trace says, a value stored without a TTL for ever; if not, and where the
            /// trace says no TTLs, they live by `cache.ttl`.
            #[ko = "트레이스의 TTL을 따를지 여부. TTL 없이 저장된 값은 만료되지 않습니다. 끄거나 트레이스에 TTL이 없으면 \
                `cache.ttl`을 따릅니다."]
            ttls: bool = true,
            /// Whether values are as large as the trace says of their keys; if not, and where it says nothing, they are
            /// as large as `clients.value_size`.
            #[ko = "트레이스의 값 크기를 따를지 여부. 끄거나 트레이스에 크기가 없으면 `clients.value_size`를 따릅니다."]
            sizes: bool = true,
        },
    }
}
impl Default for Keys {
    fn default() -> Keys {
        Keys::zipf(1000, 1.0)
    }
}

impl Keys {
    /// What the page calls it.
    pub const fn title(&self) -> Phrase {
        match self {
            Keys::Zipf { .. } => Phrase::fixed("Zipf", "Zipf"),
            Keys::Uniform { .. } => Phrase::fixed("uniform", "균등"),
            Keys::HotSet { .. } => Phrase::fixed("hot set", "핫 셋"),
            Keys::ZipfSample { .. } => Phrase::fixed("sample of Zipf", "Zipf 표본"),
            Keys::Latest { .. } => Phrase::fixed("newest first", "최신 키 우선"),
            Keys::Scan { .. } => Phrase::fixed("sequential", "순차"),
            Keys::Trace { .. } => Phrase::fixed("trace file", "트레이스 파일"),
        }
    }

    /// Zipf's law; key 0 is the most popular.
    pub fn zipf(count: u32, alpha: f64) -> Keys {
        Keys::Zipf { count, alpha, scrambled: false }
    }

    /// The keys of the trace in this file, with all that it says of their values.
    pub fn of_trace(file: String) -> Keys {
        Keys::Trace { file, ttls: true, sizes: true }
    }

    /// How many keys there are at first; `None` where a trace says it.
    pub fn count(&self) -> Option<u32> {
        match *self {
            Keys::Uniform { count }
            | Keys::Zipf { count, .. }
            | Keys::ZipfSample { count, .. }
            | Keys::HotSet { count, .. }
            | Keys::Latest { count, .. }
            | Keys::Scan { count } => Some(count),
            Keys::Trace { .. } => None,
        }
    }
}

impl Arrivals {
    /// What the page calls it.
    pub const fn title(&self) -> Phrase {
        match self {
            Arrivals::Poisson { .. } => Phrase::fixed("open loop, Poisson", "오픈 루프, 포아송"),
            Arrivals::Constant { .. } => Phrase::fixed("open loop, constant", "오픈 루프, 일정 간격"),
            Arrivals::Closed { .. } => Phrase::fixed("closed loop, users", "클로즈드 루프, 사용자"),
            Arrivals::Bursts { .. } => Phrase::fixed("open loop, bursts", "오픈 루프, 버스트"),
            Arrivals::Wave { .. } => Phrase::fixed("open loop, sine wave", "오픈 루프, 사인파"),
            Arrivals::Spike(_) => Phrase::fixed("open loop, with a spike", "오픈 루프, 일시 급증"),
            Arrivals::Trace { .. } => Phrase::fixed("trace timestamps", "트레이스 시각"),
        }
    }

    /// The mean gap between two open-loop arrivals of an even rate; `None` for others.
    pub fn mean_gap(&self) -> Option<Nanos> {
        match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => Some(Nanos::from_secs_f64(1.0 / rate)),
            _ => None,
        }
    }

    /// The greatest rate at which open-loop requests come, a second; `None` where users or a trace say it.
    pub fn rate_max(&self) -> Option<f64> {
        match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => Some(*rate),
            Arrivals::Bursts { rate, quiet, .. } => Some(rate.max(*quiet)),
            Arrivals::Wave { rate, swing, .. } => Some(rate * (1.0 + swing)),
            Arrivals::Spike(spike) => Some(spike.rate * spike.times.max(1.0)),
            Arrivals::Closed { .. } | Arrivals::Trace { .. } => None,
        }
    }

    /// About how many open-loop arrivals there are in a run of this length; `None` where users or a trace say it.
    pub fn expected(&self, duration: Nanos) -> Option<f64> {
        let seconds = duration.as_secs_f64();
        Some(match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => rate * seconds,
            Arrivals::Bursts { rate, quiet, on, off } => {
                let (on, off) = (on.as_secs_f64(), off.as_secs_f64());
                let cycles = (seconds / (on + off)).floor();
                let rest = seconds - cycles * (on + off);
                cycles * (rate * on + quiet * off) + rate * rest.min(on) + quiet * (rest - on).max(0.0)
            }
            // At most half a period stands above the mean and is not made up for.
            Arrivals::Wave { rate, swing, period } => {
                rate * (seconds + swing * seconds.min(period.as_secs_f64() / std::f64::consts::PI))
            }
            Arrivals::Spike(spike) => {
                let end = spike.at.saturating_add(spike.lasts).min(duration);
                let high = end.saturating_sub(spike.at).as_secs_f64();
                spike.rate * (seconds + (spike.times - 1.0) * high)
            }
            Arrivals::Closed { .. } | Arrivals::Trace { .. } => return None,
        })
    }
}
