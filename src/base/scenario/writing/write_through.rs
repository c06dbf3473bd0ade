//! The options of write-through; what it does is in `strategy::write_through`.

use crate::phrase::Phrase;
use crate::scenario::Modify;
use crate::scenario::field::{Field, record, words};
use crate::scenario::problem::Problems;
use crate::time::Nanos;

record! {
    /// Options of write-through.
    #[ko = "라이트스루의 옵션."]
    pub struct WriteThrough {
        /// Which of the two is written first.
        #[ko = "둘 중 먼저 쓰는 쪽."]
        #[label = ("Order", "쓰는 순서")]
        pub order: Order = Order::DatabaseFirst,
        /// With the cache first: whether the cache entry is taken back when the database refuses.
        #[ko = "캐시를 먼저 쓸 때: DB가 거부하면 캐시 항목을 되돌릴지 여부."]
        #[label = ("Take the cache entry back if the database refuses", "DB가 거부하면 캐시 값을 되돌림")]
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

impl WriteThrough {
    pub(super) fn never_delays(&self) -> Option<Phrase> {
        (self.acknowledge == Acknowledge::Both).then_some(Phrase::fixed(
            "the client waits for both writes; set acknowledge = \"first\", or leave this out",
            "클라이언트가 두 쓰기를 모두 기다립니다. acknowledge = \"first\"로 바꾸거나 이 항목을 빼 주세요",
        ))
    }

    pub(super) fn never_rolls_back(&self) -> Option<Phrase> {
        (self.order == Order::DatabaseFirst).then_some(Phrase::fixed(
            "the cache is written only after the database has committed; set order = \"cache-first\"",
            "캐시는 DB가 커밋한 뒤에만 씁니다. order = \"cache-first\"로 바꿔 주세요",
        ))
    }

    pub(super) fn check(&self, modify: &Modify, at: &str, problems: &mut Problems) {
        if self.order == Order::CacheFirst && !matches!(modify, Modify::Naive {}) {
            let sentence = Phrase::fixed(
                "the database decides whether it can be done, so it must come first; set the lane's order to database-first",
                "가능한지는 DB가 정하므로 DB를 먼저 써야 합니다. 레인의 order를 database-first로 바꿔 주세요",
            );
            problems.because(&format!("{at}.modify"), modify.show().quote(), sentence);
        }
    }
}
