//! What the page's stage shows: where some of the requests are at present, and how the parts are.
//!
//! A [`Watcher`] is told when a message leaves, and notes it if it belongs to a journey that it follows: that of every
//! n-th request, or a flush. It only looks: it draws nothing at random, schedules nothing and counts no work, so a lane
//! does the same whether or not somebody watches. What it keeps is bounded; what did not fit is counted.
//!
//! ```text
//!   journey 7 (request 120, a read):   client ─▶ app ─▶ cache ─▶ app (a miss) ─▶ database ─▶ app ─▶ cache ─▶ app ─▶ client
//!   a hop:                             from, to, when it leaves, when it arrives, what it says
//! ```
//!
//! A hop is noted when it leaves, since its arrival is known then; only what waits for the end of a partition is not.

mod watcher;

use serde::{Deserialize, Serialize};

pub use self::watcher::Watcher;
use crate::model::{ClientId, Key};
use crate::time::Nanos;

/// How many hops wait to be taken; of more, the oldest are left out.
pub const HOPS_MAX: usize = 256;

/// How many journeys are followed at a time.
pub const JOURNEYS_MAX: usize = 128;

/// An enum that travels as its number.
macro_rules! numbered {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "u8", from = "u8")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All of them, by number.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> u8 {
                value as u8
            }
        }

        impl From<u8> for $name {
            fn from(number: u8) -> $name {
                $name::ALL.get(usize::from(number)).copied().unwrap_or($name::ALL[0])
            }
        }
    };
}

numbered! {
    /// A part of the world, in the order in which a request meets them.
    Part {
        /// The clients.
        Client,
        /// The application servers.
        App,
        /// The cache.
        Cache,
        /// The database.
        Database,
    }
}

numbered! {
    /// What somebody is on the way for.
    Errand {
        /// A client's read.
        Read,
        /// A client's write.
        Write,
        /// What is left of a write that was acknowledged already.
        Rest,
        /// A batch of dirty rows.
        Flush,
        /// The outbox's relay.
        Relay,
        /// A copy is loaded again, or before anybody asks for it.
        Refresh,
    }
}

numbered! {
    /// What a message says.
    Word {
        /// A client's request.
        Ask,
        /// Whether the cache has the value.
        LookUp,
        /// A reader puts the value into the cache.
        Fill,
        /// A writer does.
        Set,
        /// The cached copy is to go.
        Delete,
        /// What the database has.
        Query,
        /// The database is to have this.
        Commit,
        /// The value was here.
        Hit,
        /// It was not.
        Miss,
        /// It is done.
        Done,
        /// It is not.
        Failed,
    }
}

impl Word {
    /// Whether it answers another message.
    pub fn is_answer(self) -> bool {
        self >= Word::Hit
    }
}

numbered! {
    /// What a client got.
    Fate {
        /// A value that was good.
        Fresh,
        /// A value that a write known before had replaced.
        Stale,
        /// An acknowledgement.
        Acknowledged,
        /// An error, or nothing in time.
        Failed,
    }
}

numbered! {
    /// How a part is.
    Condition {
        /// As it should be.
        Up,
        /// Slower than it should be.
        Slow,
        /// It stands still, or nothing gets through.
        Frozen,
        /// It is down.
        Down,
    }
}

/// A journey that is followed from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u64, u32, u32, Errand)", from = "(u32, u64, u32, u32, Errand)")]
pub struct Journey {
    /// Its own number.
    pub id: u32,
    /// The number of the request.
    pub request: u64,
    /// Who sent it.
    pub client: ClientId,
    /// What it is about.
    pub key: Key,
    /// What for.
    pub errand: Errand,
}

impl From<(u32, u64, u32, u32, Errand)> for Journey {
    fn from((id, request, client, key, errand): (u32, u64, u32, u32, Errand)) -> Journey {
        Journey { id, request, client, key, errand }
    }
}

impl From<Journey> for (u32, u64, u32, u32, Errand) {
    fn from(Journey { id, request, client, key, errand }: Journey) -> Self {
        (id, request, client, key, errand)
    }
}

/// One message of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "HopRow", from = "HopRow")]
pub struct Hop {
    /// Whose.
    pub journey: u32,
    /// What for.
    pub errand: Errand,
    /// From where.
    pub from: Part,
    /// To where.
    pub to: Part,
    /// When it leaves, nanoseconds since the run began.
    pub leaves: u64,
    /// When it arrives.
    pub arrives: u64,
    /// What it says.
    pub word: Word,
    /// How many rows it carries, if it is a batch.
    pub rows: u32,
    /// The line of a strategy that sent it, or waits for it, as a number of [`strategy::source`](crate::strategy::source);
    /// 0 for none.
    pub line: u32,
}

type HopRow = (u32, Errand, Part, Part, u64, u64, Word, u32, u32);

impl From<HopRow> for Hop {
    fn from((journey, errand, from, to, leaves, arrives, word, rows, line): HopRow) -> Hop {
        Hop { journey, errand, from, to, leaves, arrives, word, rows, line }
    }
}

impl From<Hop> for HopRow {
    fn from(Hop { journey, errand, from, to, leaves, arrives, word, rows, line }: Hop) -> HopRow {
        (journey, errand, from, to, leaves, arrives, word, rows, line)
    }
}

/// The end of a request's journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u64, Fate, u8)", from = "(u32, u64, Fate, u8)")]
pub struct Ended {
    /// Whose.
    pub journey: u32,
    /// When, nanoseconds since the run began.
    pub at: u64,
    /// What its client got.
    pub fate: Fate,
    /// One more than the number of the error in [`CallError::ALL`](crate::model::CallError::ALL); 0 for none.
    pub error: u8,
}

impl From<(u32, u64, Fate, u8)> for Ended {
    fn from((journey, at, fate, error): (u32, u64, Fate, u8)) -> Ended {
        Ended { journey, at, fate, error }
    }
}

impl From<Ended> for (u32, u64, Fate, u8) {
    fn from(Ended { journey, at, fate, error }: Ended) -> Self {
        (journey, at, fate, error)
    }
}

/// What a lane has shown since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Every how many-th request is followed; 0 for none.
    pub every: u64,
    /// The journeys that began.
    pub journeys: Vec<Journey>,
    /// Their hops, and those of older journeys, in the order in which they were sent.
    pub hops: Vec<Hop>,
    /// The ends of requests.
    pub ended: Vec<Ended>,
    /// Hops that did not fit.
    pub left_out: u64,
    /// Messages sent since somebody watches, those that are not followed included: by [`Link`](crate::scenario::Link), requests and responses.
    pub messages: [[u64; 2]; 4],
    /// How the parts are now.
    pub parts: Parts,
}

/// How the parts of a lane are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// The application servers, the first of them at least.
    pub servers: Vec<Condition>,
    /// How many requests they have.
    pub in_work: u64,
    /// The cache's nodes, likewise.
    pub nodes: Vec<Condition>,
    /// Entries that they hold.
    pub entries: u64,
    /// The room that they have, in entries; or in bytes, when `bytes` says how many of them are taken.
    pub capacity: u64,
    /// Bytes held, where the room is in bytes.
    pub bytes: Option<u64>,
    /// Entries that the database does not have yet; `None` in a lane that has no such.
    pub dirty: Option<u64>,
    /// How many of them there may be, where that is bounded.
    pub bound: Option<u64>,
    /// The database.
    pub database: Option<Condition>,
    /// Its workers, and how many are busy.
    pub workers: u32,
    /// How many of them are busy.
    pub busy: u32,
    /// How many wait for one.
    pub queue: u32,
    /// The links, as [`Link::ALL`](crate::scenario::Link::ALL) has them.
    pub links: Vec<Condition>,
    /// Look-ups that found a copy, and those that did not, since the run began.
    pub hits: u64,
    /// Look-ups that found none.
    pub misses: u64,
    /// Entries that expired.
    pub expired: u64,
    /// Commands that the cache refused.
    pub refused: u64,
    /// Reads that were stale.
    pub stale: u64,
    /// Acknowledged writes lost.
    pub lost: u64,
}

/// How many servers or nodes are told one by one.
pub const TOLD_MAX: usize = 16;

/// A request as its client sends it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its number.
    pub number: u64,
    /// When.
    pub issued: Nanos,
    /// Who.
    pub client: ClientId,
    /// About what.
    pub key: Key,
    /// Whether it writes.
    pub writes: bool,
}

/// A call as its caller sends it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// From where.
    pub from: Part,
    /// To where.
    pub to: Part,
    /// About what.
    pub key: Key,
    /// How many rows it carries, if it is a batch.
    pub rows: u32,
    /// What it is for, where that does not depend on the caller.
    pub errand: Option<Errand>,
    /// What it says.
    pub word: Word,
}
