//! Commands by their effect.

use super::elements::{End, Member, Range, ScoresHow, Scoring, Text};
use crate::time::Nanos;

/// What a command does to the key that it names. Keys are dense ids.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Command {
    /// Looks the key up: a hit or a miss.
    Read,
    /// Looks the key up without the eviction policy noticing (`EXISTS`, `TTL`, `TYPE`): a hit or a miss.
    Exists,
    /// Looks the key up, as one of several; not the first one, if one before it had a value of another kind.
    ReadOf { kind: Kind, first: bool },
    /// Puts a value there, whatever kind of value stood there.
    Store { expiry: Expiry, only: Only, text: Text },
    /// Puts values under all these keys, each with its size in bytes, or under none: the condition holds forevery one
    /// of them (`MSETNX`).
    StoreAll { keys: Box<[(u32, u32, Text)]>, expiry: Expiry, only: Only },
    /// Puts a value there that was made elsewhere (`RESTORE`): a text, or one of which nothing is known.
    Restore { expiry: Expiry, replace: bool, text: Option<Text> },
    /// Makes a new text from the one that is there, which keeps its expiry (`INCR`, `APPEND`). Where there is none, one
    /// without an expiry comes into being, or nothing happens.
    Change { creates: bool, size: Resize },
    /// Takes the value away, and its expiry with it.
    Delete,
    /// Gives the value that is there another expiry; none where there is no value.
    Expire { to: Expiry, only: OnlyExpiry },
    /// Does this, unless there is a value that is no text (`GETSET`, `GETEX`, `GETDEL`, which have read it before).
    UnlessNoText(Box<Command>),
    /// Moves value and expiry to another key, over what stood there. Its name is so many bytes longer.
    Rename { to: u32, only_if_absent: bool, longer: i32 },
    /// Copies value and expiry to another key, whose name is so many bytes longer; over what stood there, or only where
    /// nothing did. Looks the key up.
    Copy { to: u32, replace: bool, longer: i32 },
    /// Takes many values away; the key of its record means nothing.
    Flush(Flush),
    /// Does something to the elements of a list, set, hash, sorted set or stream.
    Elements(Box<Elements>),
    /// Looks up all these keys, makes a value from what they hold, and puts it under the key, without an expiry; takes the
    /// key's value away if nothing comes of it.
    Combine(Box<Combine>),
    /// Concerns clients that wait for elements; the key of its record means nothing.
    Waiting(Waiters),
}

/// What becomes of clients that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiters {
    /// Whoever waits for the first key of a pair waits for the second from now on (`SWAPDB`).
    Moved(Box<[(u32, u32)]>),
    /// Some may wait no longer, and it is not known which (`CLIENT KILL`).
    Doubtful,
}

/// When a value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// When the value did that stood there before; never if there was none.
    Keep,
    /// So long from now on, that moment included.
    In(Nanos),
    /// This is the last moment at which it is good, by the trace's clock. One in the past takes the value away.
    At(Nanos),
}

/// Which values a command reads that stops at any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A set.
    Set,
    /// A set or a sorted set.
    SetOrSorted,
    /// A HyperLogLog.
    Sketch,
    /// A stream.
    Stream,
    /// A stream; none is no better than another kind.
    StreamThatIsThere,
}

/// How large an entry is after its text was changed. The size that its record says is that of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// As large as its record says; as before where that says nothing.
    Said,
    /// So many bytes larger (`APPEND`).
    By(u32),
    /// As large as its record says, unless it was larger (`SETRANGE`).
    AtLeast,
}

impl Resize {
    /// The new size in bytes of an entry that had `old` bytes, by a record that says `said`.
    pub fn size(self, old: Option<u32>, said: Option<u32>) -> Option<u32> {
        match self {
            Resize::Said => said.or(old),
            Resize::By(more) => old.map(|old| old.saturating_add(more)),
            Resize::AtLeast => old.max(said),
        }
    }
}

/// On what condition a value is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// None.
    #[default]
    Always,
    /// There is no value (`NX`, memcached's `add`).
    IfAbsent,
    /// There is one (`XX`, memcached's `replace`).
    IfPresent,
}

/// On what condition a value that is there gets another expiry. A value without one counts as ending at no time, later
/// than any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnlyExpiry {
    /// None.
    #[default]
    Always,
    /// It has none (`NX`).
    IfNone,
    /// It has one (`XX`).
    IfSome,
    /// It ends earlier (`GT`, with or without `XX`).
    IfEarlier,
    /// It ends later (`LT`).
    IfLater,
    /// It has one, and ends later (`XX` with `LT`).
    IfSomeLater,
}

impl OnlyExpiry {
    /// Whether a value that ends at `end` (the greatest time: never) gets the expiry `to` (likewise).
    pub fn allows(self, end: Nanos, to: Nanos) -> bool {
        let (endless, later) = (end == Nanos::MAX, end > to);
        match self {
            OnlyExpiry::Always => true,
            OnlyExpiry::IfNone => endless,
            OnlyExpiry::IfSome => !endless,
            OnlyExpiry::IfEarlier => end < to,
            OnlyExpiry::IfLater => later,
            OnlyExpiry::IfSomeLater => !endless && later,
        }
    }
}

/// Which values a flush takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flush {
    /// All.
    All,
    /// Those of these keys.
    Keys(Box<[u32]>),
}

/// What is done to a value's elements. A value that loses its last one is gone, and its expiry with it; one that comes
/// into being has no expiry.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Elements {
    /// Adds to a list, one after the other.
    Push { end: End, elements: Vec<Member>, only_if_present: bool },
    /// Puts an element beside the first one that is equal to `pivot`.
    Insert { pivot: Member, after: bool, element: Member },
    /// Puts an element in the place of another; places count from 0, or backwards from −1.
    Set { index: i64, element: Member },
    /// Takes so many equal elements out of a list: the first ones, the last ones if negative, all if 0.
    RemoveEqual { element: Member, count: i64 },
    /// Keeps only the elements of a list from one place to another, both included; negative ones count from its end.
    Trim { start: i64, stop: i64 },
    /// Takes so many elements off one end of a list or sorted set.
    Pop { from: End, count: u64, sorted: bool },
    /// Takes them off the first of these keys that has any. A client may wait for that.
    PopFirst { keys: Box<[u32]>, from: End, count: u64, sorted: bool, waits: Option<Wait> },
    /// Moves an element from the end of a list to an end of another, or of the same. A client may wait for one.
    Move { to: u32, from: End, onto: End, waits: Option<Wait> },
    /// Adds to a set.
    Add(Vec<Member>),
    /// Takes these out of a set.
    Remove(Vec<Member>),
    /// Takes so many out of a set, whichever. Redis counts a look-up where a number is given that takes all of them.
    PopAny { count: u64, given: bool },
    /// Moves a member of one set to another.
    MoveMember { to: u32, member: Member },
    /// Adds fields to a hash.
    Fields(Vec<Member>),
    /// Takes these fields out of a hash.
    RemoveFields(Vec<Member>),
    /// Adds to a sorted set, or changes scores there.
    Scores { scores: Vec<(Scoring, Member)>, how: ScoresHow },
    /// Takes these out of a sorted set.
    RemoveSorted(Vec<Member>),
    /// Takes a range out of a sorted set.
    RemoveRange(Range),
    /// Adds to a HyperLogLog, which is a text (`PFADD`).
    Sketch,
    /// Adds to a stream, or makes one; it stays when it is empty.
    Stream { creates: bool },
}

/// How long a client waits for an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The last moment at which it does.
    pub until: Nanos,
}

/// What a new value is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Combine {
    /// The keys that are looked up, in order.
    pub sources: Vec<u32>,
    /// What is made of them.
    pub how: Combining,
}

/// What is made of other values.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Combining {
    /// A set (`SUNIONSTORE` and its like).
    Sets(SetOperation),
    /// A sorted set from sets and sorted sets, their scores multiplied by a weight each (`ZUNIONSTORE` and its like).
    SortedSets { operation: SetOperation, weights: Vec<f64>, aggregate: Aggregate },
    /// A sorted set that is a range of one (`ZRANGESTORE`): in reverse order, so many left out, at most so many.
    Range { range: Range, reverse: bool, skip: i64, most: i64 },
    /// A text (`BITOP`): there is one if any source has bytes.
    Text,
    /// A HyperLogLog that is there afterwards in any case, and keeps its expiry if it was there before (`PFMERGE`).
    Merged,
    /// A list: the elements in order (`SORT`).
    Sort(Sort),
    /// What comes of it depends on what is not kept here (`GEOSEARCHSTORE`, `SORT … BY`). Without sources there is nothing.
    Unknown,
}

/// How sets are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperation {
    /// What stands in any.
    Union,
    /// What stands in all.
    Intersection,
    /// The first without all others.
    Difference,
}

/// The score of a member that stands in several sorted sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// All scores together.
    Sum,
    /// The least.
    Least,
    /// The greatest.
    Greatest,
}

/// How elements are sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// As texts, not as numbers.
    pub alpha: bool,
    /// Backwards.
    pub descending: bool,
    /// Not at all.
    pub unsorted: bool,
    /// So many are left out.
    pub skip: i64,
    /// At most so many; all if negative.
    pub most: i64,
}

/// What a command is, for counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It only looks keys up.
    Read,
    /// It puts values in or changes them.
    Write,
    /// It takes values away.
    Delete,
    /// It changes when values end.
    Expiry,
    /// It does nothing to a key.
    None,
}

impl Command {
    /// What it is, for counts.
    #[inline]
    pub fn class(&self) -> Class {
        match self {
            Command::Read | Command::Exists | Command::ReadOf { .. } => Class::Read,
            Command::Delete | Command::Flush(_) => Class::Delete,
            Command::Expire { .. } => Class::Expiry,
            Command::Waiting(_) => Class::None,
            Command::UnlessNoText(command) => command.class(),
            Command::Store { .. }
            | Command::StoreAll { .. }
            | Command::Restore { .. }
            | Command::Change { .. }
            | Command::Rename { .. }
            | Command::Copy { .. }
            | Command::Elements(_)
            | Command::Combine(_) => Class::Write,
        }
    }

    /// Whether it can put a value where none is: what makes a trace one that has writes of its own.
    pub fn stores(&self) -> bool {
        self.class() == Class::Write
    }

    /// Whether it speaks of an expiry in time.
    pub fn gives_time(&self) -> bool {
        let timed = |expiry: &Expiry| matches!(expiry, Expiry::In(_) | Expiry::At(_));
        match self {
            Command::Store { expiry, .. } | Command::StoreAll { expiry, .. } | Command::Restore { expiry, .. } => {
                timed(expiry)
            }
            Command::Expire { to, .. } => timed(to),
            Command::UnlessNoText(command) => command.gives_time(),
            Command::Read
            | Command::Exists
            | Command::ReadOf { .. }
            | Command::Change { .. }
            | Command::Delete
            | Command::Rename { .. }
            | Command::Copy { .. }
            | Command::Flush(_)
            | Command::Elements(_)
            | Command::Combine(_)
            | Command::Waiting(_) => false,
        }
    }

    /// Gives `each` the keys that it names besides its record's.
    pub fn for_each_other_key(&self, mut each: impl FnMut(u32)) {
        match self {
            Command::StoreAll { keys, .. } => keys.iter().for_each(|(key, ..)| each(*key)),
            Command::Rename { to, .. } | Command::Copy { to, .. } => each(*to),
            Command::Flush(Flush::Keys(keys)) => keys.iter().for_each(|key| each(*key)),
            Command::Waiting(Waiters::Moved(keys)) => keys.iter().flat_map(|&(old, new)| [old, new]).for_each(each),
            Command::Combine(combine) => combine.sources.iter().for_each(|key| each(*key)),
            Command::Elements(elements) => match &**elements {
                Elements::PopFirst { keys, .. } => keys.iter().for_each(|key| each(*key)),
                Elements::Move { to, .. } | Elements::MoveMember { to, .. } => each(*to),
                Elements::Push { .. }
                | Elements::Insert { .. }
                | Elements::Set { .. }
                | Elements::RemoveEqual { .. }
                | Elements::Trim { .. }
                | Elements::Pop { .. }
                | Elements::Add(_)
                | Elements::Remove(_)
                | Elements::PopAny { .. }
                | Elements::Fields(_)
                | Elements::RemoveFields(_)
                | Elements::Scores { .. }
                | Elements::RemoveSorted(_)
                | Elements::RemoveRange(_)
                | Elements::Sketch
                | Elements::Stream { .. } => {}
            },
            // The command within has no other key: it reads or changes the text that has been read before.
            Command::UnlessNoText(_)
            | Command::Read
            | Command::Exists
            | Command::ReadOf { .. }
            | Command::Store { .. }
            | Command::Restore { .. }
            | Command::Change { .. }
            | Command::Delete
            | Command::Expire { .. }
            | Command::Flush(Flush::All)
            | Command::Waiting(Waiters::Doubtful) => {}
        }
    }
}
