//! The words that every part of a world shares: keys, writes, clients, and how a call can fail.

use serde::{Deserialize, Serialize};

/// A key: dense, from 0.
pub type Key = u32;

/// Who sent a request, for the guarantees a client may expect of its own session.
pub type ClientId = u32;

/// One write attempt, numbered from 1 in the order of issue. 0 is the initial value of every key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WriteId(pub u32);

impl WriteId {
    /// What every key holds before anything is written; it precedes every write.
    pub const INITIAL: WriteId = WriteId(0);

    /// Its place in a table by number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a write does with the value it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Replaces it, whatever it is.
    #[default]
    Replace,
    /// Replaces it if it is still this one: compare and set.
    CompareAndSet(WriteId),
    /// Adds to it: whatever it is, the store applies the write to it in one step.
    Add,
}

/// How a call can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Nobody was there to take it: it has had no effect.
    Down,
    /// The queue was full: it has had no effect.
    QueueFull,
    /// The cache was full and may give nothing up for it: it has had no effect.
    Full,
    /// The transaction was rolled back: it has had no effect.
    Aborted,
    /// The value was no longer the one that was to be changed: it has had no effect.
    Conflict,
    /// The connection broke while it was under way: it may have had its effect.
    Lost,
    /// No answer in time: it may still have its effect.
    TimedOut,
    /// The caller's circuit breaker was open: nothing was sent.
    BreakerOpen,
    /// No connection of the caller's pool was free in time: nothing was sent.
    NoConnection,
}

impl CallError {
    /// Every way, in the order of their numbers.
    pub const ALL: [CallError; 9] = [
        CallError::Down,
        CallError::QueueFull,
        CallError::Full,
        CallError::Aborted,
        CallError::Conflict,
        CallError::Lost,
        CallError::TimedOut,
        CallError::BreakerOpen,
        CallError::NoConnection,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            CallError::Down => "down",
            CallError::QueueFull => "queue_full",
            CallError::Full => "cache_full",
            CallError::Aborted => "aborted",
            CallError::Conflict => "conflict",
            CallError::Lost => "connection_lost",
            CallError::TimedOut => "timed_out",
            CallError::BreakerOpen => "breaker_open",
            CallError::NoConnection => "no_connection",
        }
    }

    /// Whether what was asked for may have happened all the same, or may yet.
    pub fn leaves_open(self) -> bool {
        matches!(self, CallError::Lost | CallError::TimedOut)
    }
}

// The list is whole as long as this is the last of them.
const _: () = assert!(CallError::ALL.len() == CallError::NoConnection as usize + 1);
