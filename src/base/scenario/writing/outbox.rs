//! The options of the transactional outbox; what it does is in `strategy::outbox`.

use super::Background;
use crate::phrase::Phrase;
use crate::scenario::field::{Field, record, words};
use crate::scenario::problem::Problems;
use crate::time::Nanos;

record! {
    /// Options of the transactional outbox.
    #[ko = "트랜잭셔널 아웃박스의 옵션."]
    pub struct Outbox {
        /// The time between two looks of the relay for new records.
        #[ko = "릴레이가 새 레코드를 확인하는 주기."]
        #[label = ("Relay polls every", "릴레이 확인 주기")]
        pub every: Nanos = Nanos::from_millis(100),
        /// The most records it takes at once.
        #[ko = "한 번에 가져오는 최대 레코드 수."]
        #[label = ("Max records per poll", "한 번에 가져오는 최대 레코드 수")]
        pub batch: u32 = 100,
        /// What it does with the cached copy.
        #[ko = "캐시된 사본을 어떻게 할지."]
        #[label = ("Cached copy", "캐시에 있던 값")]
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

impl Outbox {
    pub(super) fn background(&self) -> Background {
        Background {
            every: self.every,
            on_each_node: false,
            too_often: Phrase::fixed("the relay looks for records too often", "릴레이가 레코드를 너무 자주 확인합니다"),
            way_out: Phrase::fixed("let it look less often", "확인 주기를 늘려 주세요"),
        }
    }

    /// Notes what is wrong with one whose options are `at` that path.
    pub(super) fn check(&self, at: &str, problems: &mut Problems) {
        if self.every > Nanos::from_secs(3_600) {
            let sentence = Phrase::fixed(
                "the relay would still be busy when the run ends; give at most 1h",
                "실행이 끝날 때까지 릴레이가 일을 마치지 못합니다. 1h 이하로 적어 주세요",
            );
            problems.because(&format!("{at}.every"), self.every.show().quote(), sentence);
        }
    }
}
