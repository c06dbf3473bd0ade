//! How a lane writes: the strategies with their options, and what the rest of the program asks of them. Nobody else needs
//! to know them one by one.

mod outbox;
mod write_around;
mod write_back;
mod write_through;

pub use outbox::{Outbox, Relayed};
pub use write_around::{Invalidate, LogReader, WriteAround};
pub use write_back::{AfterFlush, BufferIn, DirtyEnd, Take, WhenFull, WriteBack};
pub use write_through::{Acknowledge, Order, WriteThrough};

use super::field::kinds;
use super::lane::Lacks;
use super::problem::Problems;
use super::{Keys, Modify, Phrase, Ttl};
use crate::time::Nanos;

kinds! {
    /// How a lane writes.
    pub enum Writing {
        /// To the database only.
        #[ko = "DB에만 씁니다."]
        "write-around" => WriteAround(WriteAround),
        /// To the cache and the database; acknowledged when both are done.
        #[ko = "캐시와 DB에 쓰고, 둘 다 끝나면 응답합니다."]
        "write-through" => WriteThrough(WriteThrough),
        /// To the cache, acknowledged at once; the database gets it later, in batches. Also called write-behind.
        #[ko = "캐시에 쓰고 곧바로 응답합니다. DB에는 나중에 배치로 반영합니다. 라이트 비하인드(write-behind)라고도 합니다."]
        "write-back" => WriteBack(WriteBack),
        /// To the database, with a record of it in the same transaction; a relay tells the cache later.
        #[ko = "DB에 쓰면서 같은 트랜잭션에 레코드를 남기고, 릴레이가 나중에 캐시에 알립니다."]
        "outbox" => Outbox(Outbox),
    }
}
impl Default for Writing {
    fn default() -> Writing {
        Writing::WriteAround(WriteAround::default())
    }
}

/// What goes on beside the requests for as long as the run lasts.
pub struct Background {
    /// The time between two rounds.
    pub every: Nanos,
    /// Whether each node of the cache does it by itself, or one process does it for all.
    pub on_each_node: bool,
    /// What is wrong where the rounds are too many.
    pub too_often: Phrase,
    /// What to do about that.
    pub way_out: Phrase,
}

impl Writing {
    /// What the page calls it.
    pub fn title(&self) -> Phrase {
        match self {
            Writing::WriteAround(_) => Phrase::fixed("Write-around", "라이트어라운드"),
            Writing::WriteThrough(_) => Phrase::fixed("Write-through", "라이트스루"),
            Writing::WriteBack(_) => Phrase::fixed("Write-back", "라이트백"),
            Writing::Outbox(_) => Phrase::fixed("Outbox", "아웃박스"),
        }
    }

    /// How the cache writes back, where a server writes to the cache alone: the cache then decides which of two writes
    /// comes first, and nobody else brings them to the database.
    pub fn write_back(&self) -> Option<&WriteBack> {
        match self {
            Writing::WriteBack(how) => (how.buffer == BufferIn::Cache).then_some(how),
            Writing::WriteAround(_) | Writing::WriteThrough(_) | Writing::Outbox(_) => None,
        }
    }

    /// How each server flushes its write-behind queue, where writes wait in such.
    pub fn queue(&self) -> Option<&WriteBack> {
        self.written_later().filter(|how| how.buffer == BufferIn::App)
    }

    /// How writes are brought to the database after the acknowledgement, wherever they wait.
    pub fn written_later(&self) -> Option<&WriteBack> {
        if let Writing::WriteBack(how) = self { Some(how) } else { None }
    }

    /// How a relay passes on what was written, where the database keeps records of it.
    pub fn outbox(&self) -> Option<&Outbox> {
        match self {
            Writing::Outbox(how) => Some(how),
            Writing::WriteAround(_) | Writing::WriteThrough(_) | Writing::WriteBack(_) => None,
        }
    }

    /// How somebody reads the database's commit log, where that is so.
    pub fn log_reader(&self) -> Option<&LogReader> {
        match self {
            Writing::WriteAround(how) => how.log.as_ref(),
            Writing::Outbox(_) | Writing::WriteThrough(_) | Writing::WriteBack(_) => None,
        }
    }

    /// Whether a process of its own tells the cache what has been committed.
    pub fn tells_later(&self) -> bool {
        self.outbox().is_some() || self.log_reader().is_some()
    }

    /// Whether the cache brings to the database what was written.
    pub fn flushes(&self) -> bool {
        self.write_back().is_some_and(|how| how.flush)
    }

    /// What is done again and again beside the requests.
    pub fn background(&self) -> Option<Background> {
        match self {
            Writing::WriteBack(how) => Some(how.background()),
            Writing::Outbox(how) => Some(how.background()),
            Writing::WriteAround(how) => how.log.as_ref().map(LogReader::background),
            Writing::WriteThrough(_) => None,
        }
    }

    /// How long after the answer the server does what is left to do for a write, where something is.
    pub fn after_answer(&self) -> Option<Nanos> {
        match self {
            Writing::WriteAround(how) => how.deletes_later().then_some(how.delay),
            Writing::WriteThrough(how) => (how.acknowledge == Acknowledge::First).then_some(how.delay),
            Writing::WriteBack(_) | Writing::Outbox(_) => None,
        }
    }

    /// Whether a write may be committed after it has been acknowledged.
    pub fn commits_late(&self) -> bool {
        match self {
            Writing::WriteThrough(how) => how.acknowledge == Acknowledge::First,
            Writing::WriteBack(_) => true,
            Writing::WriteAround(_) | Writing::Outbox(_) => false,
        }
    }

    /// Whether a write may delete the cached copy of its key, in a world in which clients `delete` rows or not, and in which
    /// the cache may be too `full` for a new value or not.
    pub fn deletes_copies(&self, delete: bool, full: bool) -> bool {
        match self {
            Writing::WriteAround(how) if how.log.as_ref().is_some_and(|log| log.cached == Relayed::Delete) => true,
            Writing::WriteAround(how) => match how.cached {
                Invalidate::Delete | Invalidate::DeleteTwice | Invalidate::DeleteAgain => true,
                Invalidate::Leave => false,
                Invalidate::Update => delete || full,
            },
            Writing::WriteThrough(how) => delete || full || how.rollback,
            Writing::WriteBack(_) => delete,
            Writing::Outbox(how) => how.cached == Relayed::Delete || delete || full,
        }
    }

    /// The same where nothing reads the cache: less the deletes of copies that nobody has.
    #[must_use]
    pub fn without_readers(&self) -> Writing {
        match self {
            Writing::WriteAround(how) if matches!(how.cached, Invalidate::Delete | Invalidate::Leave) => {
                Writing::WriteAround(WriteAround { cached: Invalidate::Leave, log: None, ..how.clone() })
            }
            Writing::WriteAround(_) | Writing::WriteThrough(_) | Writing::WriteBack(_) | Writing::Outbox(_) => {
                self.clone()
            }
        }
    }

    /// Notes options that contradict one another, or the way in which the lane `at` that path modifies.
    pub(super) fn check(&self, modify: &Modify, at: &str, problems: &mut Problems) {
        match self {
            Writing::WriteAround(how) => {
                how.log.iter().for_each(|log| log.check(&format!("{at}.write.log"), problems));
            }
            Writing::WriteThrough(how) => how.check(modify, at, problems),
            Writing::WriteBack(how) => how.check(modify, at, problems),
            Writing::Outbox(how) => how.check(&format!("{at}.write"), problems),
        }
    }

    fn never_delays(&self) -> Option<Phrase> {
        match self {
            Writing::WriteAround(how) => how.never_delays(),
            Writing::WriteThrough(how) => how.never_delays(),
            Writing::WriteBack(_) | Writing::Outbox(_) => None,
        }
    }

    fn never_rolls_back(&self) -> Option<Phrase> {
        if let Writing::WriteThrough(how) = self { how.never_rolls_back() } else { None }
    }
}

/// Options that need something else, each with what it has no effect without, in the world of one lane.
pub(super) const NEEDS: &[(&str, Lacks)] = &[
    ("lane.write.delay", |_, lane| lane.write.never_delays()),
    ("lane.write.rollback", |_, lane| lane.write.never_rolls_back()),
    ("lane.write.at", |_, lane| lane.write.written_later().and_then(WriteBack::never_reached)),
    ("lane.write.when_full", |_, lane| lane.write.written_later().and_then(WriteBack::never_full)),
    ("lane.write.on_expiry", |world, _| {
        let ttls = matches!(world.clients.keys, Keys::Trace { ttls: true, .. });
        let never = world.cache.ttl == Ttl::None && !ttls;
        never.then_some(Phrase::fixed(
            "entries without a TTL never expire; give cache.ttl a duration, or leave this out",
            "TTL이 없는 항목은 만료되지 않습니다. cache.ttl에 시간을 적거나 이 항목을 빼 주세요",
        ))
    }),
];
