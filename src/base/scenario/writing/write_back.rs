//! The options of write-back; what it does is in `strategy::write_back`.

use super::Background;
use crate::phrase::Phrase;
use crate::scenario::Modify;
use crate::scenario::field::{Field, record, words};
use crate::scenario::node::{Fields, is_told};
use crate::scenario::problem::Problems;
use crate::time::Nanos;

record! {
    /// Options of write-back.
    #[ko = "라이트백의 옵션."]
    pub struct WriteBack {
        /// The time between two flushes.
        #[ko = "플러시 주기."]
        #[slider = Log(0.05, 600.0)]
        #[label = ("Flush every", "플러시 주기")]
        pub every: Nanos = Nanos::from_secs(5),
        /// Flush as soon as so many entries are dirty.
        #[ko = "더티 항목이 이 수에 이르면 곧바로 플러시합니다."]
        #[label = ("Flush at N dirty entries", "더티 개수로 플러시")]
        pub at: Option<u32> = None,
        /// The most rows in one batch.
        #[ko = "배치당 최대 행 수."]
        #[slider = Log(1.0, 10_000.0)]
        #[label = ("Max rows per batch", "배치당 최대 행 수")]
        pub batch: u32 = 128,
        /// Whether several writes of one key become one row.
        #[ko = "같은 키의 여러 쓰기를 행 하나로 합칠지 여부."]
        #[label = ("Merge several writes of one key", "같은 키의 쓰기를 하나로 합침")]
        pub coalesce: bool = true,
        /// How often a failed row is put back before it is dropped.
        #[ko = "실패한 행을 폐기하기 전에 다시 큐에 넣는 횟수."]
        #[slider = Even(0.0, 10.0, 1.0)]
        #[label = ("Retries per row", "실패한 행 재시도 횟수")]
        pub requeue: u32 = 3,
        /// What becomes of a dirty entry whose TTL ends.
        #[ko = "TTL이 끝난 더티 항목의 처리."]
        #[label = ("Dirty entry expires", "더티 항목 만료 시")]
        pub on_expiry: DirtyEnd = DirtyEnd::Flush,
        /// What becomes of a dirty entry that is evicted.
        #[ko = "축출되는 더티 항목의 처리."]
        #[label = ("Dirty entry is evicted", "더티 항목 축출 시")]
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
        /// Where writes wait for their flush.
        #[ko = "쓰기가 플러시를 기다리는 곳."]
        #[label = ("Writes wait in", "쓰기 대기 위치")]
        pub buffer: BufferIn = BufferIn::Cache,
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

impl WriteBack {
    pub(super) fn background(&self) -> Background {
        Background {
            every: self.every,
            on_each_node: true,
            too_often: Phrase::fixed("there are too many flushes", "플러시가 너무 많습니다"),
            way_out: Phrase::fixed("flush less often", "플러시 주기를 늘려 주세요"),
        }
    }

    /// Whether a write may have to wait until there is room for it.
    pub fn waits_for_room(&self) -> bool {
        self.bound.is_some() && self.when_full != WhenFull::Refuse
    }

    pub(super) fn never_reached(&self) -> Option<Phrase> {
        let never = self.at > self.bound && self.bound.is_some();
        never.then_some(Phrase::fixed(
            "there are never so many dirty rows; give at most the lane's bound",
            "더티 행이 그만큼 쌓이지 않습니다. 레인의 bound 이하로 적어 주세요",
        ))
    }

    pub(super) fn never_full(&self) -> Option<Phrase> {
        self.bound.is_none().then_some(Phrase::fixed(
            "the buffer is never full; set the lane's bound, or leave this out",
            "버퍼가 가득 차지 않습니다. 레인의 bound를 적거나 이 항목을 빼 주세요",
        ))
    }

    pub(super) fn check(&self, modify: &Modify, at: &str, problems: &mut Problems) {
        if self.buffer == BufferIn::App {
            self.check_queue(modify, at, problems);
        }
        if self.take == Take::ReadThenDelete && !self.coalesce {
            let sentence = Phrase::fixed(
                "a dirty set has one mark per key, so several writes of a key become one row; set coalesce = true",
                "더티 집합에는 키마다 표시가 하나라 같은 키의 여러 쓰기가 행 하나가 됩니다. coalesce = true로 바꿔 주세요",
            );
            problems.because(&format!("{at}.write.take"), self.take.show().quote(), sentence);
        }
        if self.take == Take::GetDel && !self.coalesce {
            let sentence = Phrase::fixed(
                "a key has one pending value, so several writes of a key become one row; set coalesce = true",
                "키마다 대기 중인 값이 하나라 같은 키의 여러 쓰기가 행 하나가 됩니다. coalesce = true로 바꿔 주세요",
            );
            problems.because(&format!("{at}.write.take"), self.take.show().quote(), sentence);
        }
        if !self.flush && self.buffer == BufferIn::Cache {
            self.check_unflushed(at, problems);
        }
    }

    /// Where writes wait in the servers, no option may say what becomes of them in the cache.
    fn check_queue(&self, modify: &Modify, at: &str, problems: &mut Problems) {
        if !matches!(modify, Modify::Naive {}) {
            let sentence = Phrase::fixed(
                "writes wait in the servers' queues, so nothing decides in one step; set buffer = \"cache\", or modify = \"naive\"",
                "쓰기가 서버의 큐에서 기다려 한 번에 정할 곳이 없습니다. buffer = \"cache\"나 modify = \"naive\"로 바꿔 주세요",
            );
            problems.because(&format!("{at}.modify"), modify.show().quote(), sentence);
        }
        let plain = WriteBack::default().show();
        let (given, plain) = (self.show(), plain);
        let Some((given, plain)) = given.fields().zip(plain.fields()) else { return };
        for ((name, given), (_, plain)) in given.iter().zip(plain) {
            let of_the_cache = ["on_expiry", "on_eviction", "after_flush", "take", "flush"].contains(&name.as_str());
            if of_the_cache && given.value != plain.value {
                let sentence = Phrase::fixed(
                    "this is about dirty entries, and writes wait in the servers' queues; leave it out, or set buffer = \"cache\"",
                    "더티 항목에 대한 설정인데 쓰기는 서버의 큐에서 기다립니다. 이 항목을 빼거나 buffer = \"cache\"로 바꿔 주세요",
                );
                problems.because(&format!("{at}.write.{name}"), given.quote(), sentence);
            }
        }
    }

    /// Where values live in the cache only, no option may say how they are flushed.
    fn check_unflushed(&self, at: &str, problems: &mut Problems) {
        let (given, plain) = (self.show(), WriteBack::cache_only().show());
        let Some((given, plain)) = given.fields().zip(plain.fields()) else { return };
        for ((name, given), (_, plain)) in given.iter().zip(plain) {
            if given.value != plain.value {
                let sentence = match name.as_str() {
                    "on_expiry" | "on_eviction" => Phrase::fixed(
                        "with flush = false, what leaves the cache is gone; give drop, or leave it out",
                        "flush = false이면 캐시에서 나간 것은 사라집니다. drop으로 바꾸거나 이 항목을 빼 주세요",
                    ),
                    "coalesce" => Phrase::fixed(
                        "with flush = false, the cache has one value per key; set coalesce = true, or leave it out",
                        "flush = false이면 캐시에는 키마다 값이 하나입니다. coalesce = true로 바꾸거나 이 항목을 빼 주세요",
                    ),
                    _ => Phrase::fixed(
                        "with flush = false, nothing is ever flushed; leave this out, or set flush = true",
                        "flush = false이면 아무것도 플러시되지 않습니다. 이 항목을 빼거나 flush = true로 바꿔 주세요",
                    ),
                };
                problems.because(&format!("{at}.write.{name}"), given.quote(), sentence);
            }
        }
    }
}

words! {
    /// Where writes wait for their flush.
    pub enum BufferIn {
        /// In the cache, whose dirty entries they are.
        #[ko = "캐시. 더티 항목으로 기다립니다."]
        "cache" => Cache,
        /// In the memory of the application server that was asked (a write-behind queue): each server has one of its own, to which
        /// `bound`, `at` and `batch` apply, and flushes it itself. It queues the write, tells the cache the new value, whether or not
        /// that can be done, and acknowledges. Nobody reads the queue: where the cache has no copy, a reader finds the old row. A
        /// crash of the server loses what is queued, and of two servers the one that flushes last decides which write stays.
        #[ko = "요청을 받은 애플리케이션 서버의 메모리(write-behind 큐). 서버마다 자기 큐가 있어 `bound`, `at`, `batch`가 큐마다 \
            적용되고, 서버가 직접 플러시합니다. 쓰기를 큐에 넣고 캐시에 새 값을 알린 뒤(실패해도) 성공으로 응답합니다. 큐는 \
            아무도 읽지 않으므로 캐시에 사본이 없으면 옛 행을 읽습니다. 서버가 크래시하면 큐에 있던 쓰기가 유실되고, 두 서버가 \
            같은 키를 쓰면 나중에 플러시한 값이 남습니다."]
        "app" => App,
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
        /// It takes all that is due out of the cache, entries and all (`GETDEL`, or `RENAME` of the hash with what is pending), and
        /// then writes it: between the two only the flusher's memory has it. If the flusher crashes, or the node whose machine it
        /// runs on, it is lost; reads miss and find the old row. What fails is put back. Faults before a flush (`before_flush`)
        /// strike between the two.
        #[ko = "플러시할 것을 항목까지 캐시에서 꺼낸 다음(`GETDEL`, 또는 대기 중인 해시를 `RENAME`) DB에 씁니다. 그사이 값은 \
            플러셔의 메모리에만 있어, 플러셔나 플러셔가 도는 노드가 크래시하면 유실되고 읽기는 미스가 나 옛 행을 읽습니다. 실패한 것은 다시 \
            넣습니다. 플러시 직전 장애(`before_flush`)는 꺼낸 뒤, 쓰기 전에 일어납니다."]
        "getdel" => GetDel,
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
