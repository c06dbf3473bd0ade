//! The options of write-around; what it does is in `strategy::write_around`.

use super::{Background, Relayed};
use crate::phrase::Phrase;
use crate::scenario::field::{Field, record, words};
use crate::scenario::problem::Problems;
use crate::time::Nanos;

record! {
    /// Options of write-around.
    #[ko = "라이트어라운드의 옵션."]
    pub struct WriteAround {
        /// What becomes of the cached copy.
        #[ko = "캐시된 사본을 어떻게 할지."]
        #[label = ("Cached copy", "캐시에 있던 값")]
        pub cached: Invalidate = Invalidate::Delete,
        /// With `delete-twice` and `delete-again`: how long after the commit the copy is deleted again.
        #[ko = "`delete-twice`, `delete-again`일 때: 커밋 후 다시 삭제하기까지의 시간."]
        pub delay: Nanos = Nanos::from_millis(500),
        /// A reader of the database's commit log that sees to the copies too, whatever the application does about them (change data
        /// capture): it deletes or updates the copy of each committed row, up to `every` later.
        #[ko = "애플리케이션이 무엇을 하든 DB의 커밋 로그를 읽어 사본을 처리하는 리더(CDC). 커밋된 행의 사본을 최대 `every` 뒤에 \
            삭제하거나 갱신합니다."]
        pub log: Option<LogReader> = None,
    }
}

record! {
    /// Options of the commit log's reader. It is handed the committed rows in their order, for no query: the database's workers
    /// have nothing to do for it. It hears nothing while the database is down, frozen or cut off, and goes on from where it was; a
    /// row whose copy it could not see to, it is handed again. (Facebook's mcsqueal deletes what is committed: Nishtala et al., "Scaling
    /// Memcache at Facebook", NSDI 2013.)
    #[ko = "커밋 로그 리더의 옵션. 커밋된 행을 쿼리 없이 순서대로 넘겨받으므로 DB 워커에는 부하가 없습니다. DB가 중단되거나 \
        멈추거나 단절된 동안에는 아무것도 받지 못하고, 그 뒤 멈춘 곳부터 이어 갑니다. 사본을 처리하지 못한 행은 다시 받습니다. \
        (Facebook의 mcsqueal은 커밋된 키를 삭제합니다: Nishtala 외, “Scaling Memcache at Facebook”, NSDI 2013.)"]
    pub struct LogReader {
        /// The time between two looks at what is new in the log (Debezium: `poll.interval.ms` = 500 ms).
        #[ko = "로그에 새로 쌓인 것을 확인하는 주기(Debezium: `poll.interval.ms` = 500 ms)."]
        #[label = ("Log read every", "로그 확인 주기")]
        pub every: Nanos = Nanos::from_millis(500),
        /// What it does with the cached copy.
        #[ko = "캐시된 사본을 어떻게 할지."]
        #[label = ("Cached copy", "캐시에 있던 값")]
        pub cached: Relayed = Relayed::Delete,
    }
}

impl LogReader {
    pub(super) fn background(&self) -> Background {
        Background {
            every: self.every,
            on_each_node: false,
            too_often: Phrase::fixed("the log is read too often", "로그를 너무 자주 읽습니다"),
            way_out: Phrase::fixed("read it less often", "확인 주기를 늘려 주세요"),
        }
    }

    /// Notes what is wrong with one whose options are `at` that path.
    pub(super) fn check(&self, at: &str, problems: &mut Problems) {
        if self.every > Nanos::from_secs(3_600) {
            let sentence = Phrase::fixed(
                "the reader would still be busy when the run ends; give at most 1h",
                "실행이 끝날 때까지 로그 리더가 일을 마치지 못합니다. 1h 이하로 적어 주세요",
            );
            problems.because(&format!("{at}.every"), self.every.show().quote(), sentence);
        }
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
        /// Deleted after the commit, and again a while after that: no reader brings the old value back before the commit, and what
        /// slow readers put back after the first delete goes with the second, if they are not slower than `delay`.
        #[ko = "커밋 후에 삭제하고 얼마 뒤 다시 삭제합니다(커밋 후 지연 이중 삭제). 커밋 전에 옛값이 되살아나지 않고, 첫 \
            삭제 뒤에 느린 읽기가 되돌려 놓은 값도 `delay` 안이면 두 번째 삭제로 없어집니다."]
        "delete-again" => DeleteAgain,
        /// Replaced by the new value.
        #[ko = "새 값으로 바꿉니다."]
        "update" => Update,
    }
}

impl WriteAround {
    /// Whether the copy is deleted a second time, after the answer.
    pub(super) fn deletes_later(&self) -> bool {
        matches!(self.cached, Invalidate::DeleteTwice | Invalidate::DeleteAgain)
    }

    pub(super) fn never_delays(&self) -> Option<Phrase> {
        (!self.deletes_later()).then_some(Phrase::fixed(
            "only a second delete waits for it; set cached = \"delete-twice\" or \"delete-again\", or leave this out",
            "두 번째 삭제에만 쓰입니다. cached = \"delete-twice\"나 \"delete-again\"으로 바꾸거나 이 항목을 빼 주세요",
        ))
    }
}
