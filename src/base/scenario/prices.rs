//! What things cost, in whatever currency.

use super::field::record;

record! {
    /// What things cost, in whatever currency; nothing by default. Each lane is charged for what it used and what went wrong,
    /// after the warm-up.
    #[ko = "비용을 계산할 단가. 통화는 무엇이든 됩니다. 기본값은 0이며, 워밍업 뒤에 쓴 자원과 잘못된 결과를 레인마다 합산합니다."]
    pub struct Prices {
        /// A GiB of cache memory for an hour: of what entries take, with their overhead, in the mean, on primaries and replicas; also
        /// of those that have expired and still hold their place (`cache.expiry`).
        #[ko = "캐시 메모리 1 GiB의 시간당 단가. 항목이 오버헤드를 포함해 차지한 평균 크기에 매기며, 복제본과 만료됐지만 아직 남아 있는 항목(`cache.expiry`)도 셉니다."]
        #[label = ("a GiB-hour of memory", "메모리 GiB·시간당")]
        pub memory: f64 = 0.0,
        /// A million rows read from the database.
        #[ko = "DB에서 읽은 행 100만 개당 단가."]
        #[label = ("a million database reads", "DB 읽기 100만 건당")]
        pub database_reads: f64 = 0.0,
        /// A million rows written to the database.
        #[ko = "DB에 쓴 행 100만 개당 단가."]
        #[label = ("a million rows written", "DB 쓰기 100만 건당")]
        pub database_writes: f64 = 0.0,
        /// An acknowledged write that is lost. Losses are counted from the start of the run.
        #[ko = "성공 응답을 받고 유실된 쓰기 1건당 단가. 유실은 실행 처음부터 셉니다."]
        #[label = ("a lost write", "유실된 쓰기 1건당")]
        pub lost_write: f64 = 0.0,
        /// A request that is answered with an error.
        #[ko = "오류로 응답한 요청 1건당 단가."]
        #[label = ("a failed request", "실패한 요청 1건당")]
        pub failed_request: f64 = 0.0,
        /// A second by which an answer, good or not, comes after `clients.deadline`.
        #[ko = "응답이 `clients.deadline`을 넘긴 시간 1초당 단가. 오류 응답도 포함합니다."]
        #[label = ("a second past the deadline", "기한을 넘긴 1초당")]
        pub late_second: f64 = 0.0,
    }
}

impl Prices {
    /// Whether nothing costs anything.
    pub fn is_free(&self) -> bool {
        *self == Prices::default()
    }
}
