//! Commands by their effect.

use crate::time::Nanos;

/// What a command does to the key that it names. Keys are dense ids.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Looks the key up: a hit or a miss.
    Read,
    /// Looks the key up without the eviction policy noticing (`EXISTS`, `TTL`, `TYPE`): a hit or a miss.
    Exists,
    /// Puts a value there, whatever kind of value stood there.
    Store { expiry: Expiry, only: Only },
    /// Makes a new value from the one that is there, which keeps its expiry (`INCR`, `APPEND`). Where there is none, one
    /// without an expiry comes into being, or nothing happens.
    Change { creates: bool },
    /// Takes the value away, and its expiry with it.
    Delete,
    /// Gives the value that is there another expiry; none where there is no value.
    Expire { to: Expiry, only: OnlyExpiry },
    /// Moves value and expiry to another key, over what stood there.
    Rename { to: u32, only_if_absent: bool },
    /// Copies value and expiry to another key; over what stood there, or only where nothing did. Reads the key.
    Copy { to: u32, replace: bool },
    /// Takes many values away; the key of its record means nothing.
    Flush(Flush),
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
    /// It ends earlier (`GT`).
    IfEarlier,
    /// It ends later (`LT`).
    IfLater,
    /// It has one, and ends later (`XX` with `LT`).
    IfSomeLater,
}

/// Which values a flush takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flush {
    /// All.
    All,
    /// Those of these keys.
    Keys(Box<[u32]>),
}
