//! What a node is asked, and what it answers.

use super::leases::Token;
use super::ttl::EntryTtl;
use crate::model::{CallError, Change, Key, WriteId};
use crate::stage::{Asked, Part, Word};
use crate::time::Nanos;

/// What can be asked of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The value of a key, if it is here.
    Get(Key),
    /// The same, of a replica: the machine with this number.
    GetFromReplica(Key, u32),
    /// The value of a key, of the gutter.
    GetFromGutter(Key),
    /// The values of several keys, as far as they are here: the first of them, and [which](super::multi_gets) they are.
    MultiGet(Key, u32),
    /// The value of a key, loaded from the database if it is not here.
    Fetch(Key),
    /// The same, by somebody about to change it: that the database has no row is remembered for that change.
    FetchToChange(Key),
    /// Keep this value, which the database has or is about to get.
    Set(Key, WriteId),
    /// The value of a key and how old it is, if it is here.
    GetCopy(Key),
    /// The same; if it is not here, the right to fill it, or the advice to wait for who has that.
    Lease(LeaseAsked),
    /// Keep this value, which a reader has had from the database, if that is still allowed.
    Fill(Fill),
    /// Forget the key.
    Delete(Key),
    /// Keep this value for so long, and write it to the database later. One that is not to be kept, since it says that
    /// there is no row, is known only until it is in the database.
    WriteBehind(Key, WriteId, EntryTtl),
    /// The same, if the present value allows it; a key that is not here allows nothing.
    ChangeBehind(Key, WriteId, Change),
}

impl Command {
    /// The key it is about.
    #[inline]
    pub fn key(self) -> Key {
        match self {
            Command::Get(key)
            | Command::GetFromReplica(key, _)
            | Command::GetFromGutter(key)
            | Command::MultiGet(key, _)
            | Command::GetCopy(key)
            | Command::Lease(LeaseAsked { key, .. })
            | Command::Fill(Fill { key, .. })
            | Command::Fetch(key)
            | Command::FetchToChange(key)
            | Command::Set(key, _)
            | Command::Delete(key)
            | Command::WriteBehind(key, ..)
            | Command::ChangeBehind(key, ..) => key,
        }
    }

    /// The value that it brings, and of which key.
    #[inline]
    pub fn value(self) -> Option<(Key, WriteId)> {
        match self {
            Command::Fill(Fill { key, value, .. })
            | Command::Set(key, value)
            | Command::WriteBehind(key, value, _)
            | Command::ChangeBehind(key, value, _) => Some((key, value)),
            Command::Get(_)
            | Command::GetFromReplica(..)
            | Command::GetFromGutter(_)
            | Command::MultiGet(..)
            | Command::GetCopy(_)
            | Command::Lease(_)
            | Command::Fetch(_)
            | Command::FetchToChange(_)
            | Command::Delete(_) => None,
        }
    }

    /// What it is about, for those who watch.
    pub fn asked(self) -> Asked {
        let word = match self {
            Command::Get(_) | Command::GetFromReplica(..) | Command::GetCopy(_) | Command::Lease(_) => Word::LookUp,
            Command::MultiGet(..) | Command::GetFromGutter(_) | Command::Fetch(_) | Command::FetchToChange(_) => {
                Word::LookUp
            }
            Command::Fill(_) => Word::Fill,
            Command::Set(..) | Command::WriteBehind(..) | Command::ChangeBehind(..) => Word::Set,
            Command::Delete(_) => Word::Delete,
        };
        Asked { from: Part::App, to: Part::Cache, key: self.key(), rows: 0, errand: None, word }
    }

    /// Whether it goes to the gutter instead of the node of its key.
    #[inline]
    pub fn asks_the_gutter(self) -> bool {
        matches!(self, Command::GetFromGutter(_) | Command::Fill(Fill { guard: Guard::Gutter, .. }))
    }

    /// Whether a writer sends it to bring the cached copy up to date.
    #[inline]
    pub fn updates_copy(self) -> bool {
        self.is_write() && !matches!(self, Command::Fill(_))
    }

    /// Whether it changes what the node holds.
    #[inline]
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Command::Fill(_)
                | Command::Set(..)
                | Command::Delete(_)
                | Command::WriteBehind(..)
                | Command::ChangeBehind(..)
        )
    }
}

/// The options of [`Command::Lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseAsked {
    /// Which key.
    pub key: Key,
    /// Whether the value that a delete left behind will do.
    pub stale: bool,
    /// Whether this look-up counts as a hit or a miss: not when somebody asks again, or asks to fill only.
    pub counts: bool,
}

/// What a reader puts in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Which key.
    pub key: Key,
    /// Its value.
    pub value: WriteId,
    /// When it is allowed.
    pub guard: Guard,
    /// How long it is kept.
    pub ttl: EntryTtl,
    /// How long it took to load.
    pub load_time: Nanos,
}

/// When a reader's fill is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Always.
    Open,
    /// While the token is good.
    Lease(Token),
    /// While the cache still has this value: compare and set.
    CompareAndSet(WriteId),
    /// In the gutter only.
    Gutter,
}

/// What a command brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: there is none, or none was asked for.
    Nothing,
    /// A value that was here.
    Value(WriteId),
    /// A value that was loaded for whoever asked.
    Loaded(WriteId),
    /// A value past its TTL, served instead of what is being loaded or could not be.
    PastTtl(WriteId),
    /// A value and how old it is.
    Copy(Copied),
    /// There is none, and the caller may fill it.
    Lease(Token),
    /// There is none, and somebody else is about to fill it; maybe what a delete has left behind.
    Wait(Option<WriteId>),
}

impl Found {
    /// The value, if there is a good one.
    #[inline]
    pub fn value(self) -> Option<WriteId> {
        match self {
            Found::Value(value) | Found::Loaded(value) | Found::PastTtl(value) | Found::Copy(Copied { value, .. }) => {
                Some(value)
            }
            Found::Nothing | Found::Lease(_) | Found::Wait(_) => None,
        }
    }

    /// The value that the answer carries, good or old.
    #[inline]
    pub fn carried(self) -> Option<WriteId> {
        match self {
            Found::Wait(left_behind) => left_behind,
            found => found.value(),
        }
    }
}

impl From<Option<WriteId>> for Found {
    #[inline]
    fn from(value: Option<WriteId>) -> Found {
        value.map_or(Found::Nothing, Found::Value)
    }
}

/// A value with what a reader needs to know to refresh it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The value.
    pub value: WriteId,
    /// The last moment of its TTL.
    pub expires: Nanos,
    /// How long it took to load.
    pub load_time: Nanos,
    /// Its TTL when it came; nothing if it only says that there is no row.
    pub ttl: Nanos,
}

/// What was found, or why there is no answer.
pub type Answer = Result<Found, CallError>;
