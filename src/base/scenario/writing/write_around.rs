//! The options of write-around; what it does is in `strategy::write_around`.

use super::Outbox;
use crate::phrase::Phrase;
use crate::scenario::field::{record, words};
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
        /// capture): it deletes or updates the copy of each committed row, up to `every` later. (Debezium: `poll.interval.ms` =
        /// 500 ms; Facebook's mcsqueal deletes what is committed, Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013.)
        #[ko = "애플리케이션이 무엇을 하든 DB의 커밋 로그를 읽어 사본을 처리하는 리더(CDC). 커밋된 행의 사본을 최대 `every` 뒤에 \
            삭제하거나 갱신합니다. (Debezium: `poll.interval.ms` = 500 ms, Facebook의 mcsqueal은 커밋된 키를 삭제합니다: \
            Nishtala 외, “Scaling Memcache at Facebook”, NSDI 2013.)"]
        pub log: Option<Outbox> = None,
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
