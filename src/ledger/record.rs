//! What is kept of one write, and of one key.

use super::facts::{Cause, Client, Holder, Key};
use crate::time::Nanos;

/// What the client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    None,
    Acknowledged,
    Refused,
    Unanswered,
}

/// The write was committed at least once.
pub(super) const COMMITTED: u8 = 1;
/// The write is counted in its key's pool of writes without a last hope.
pub(super) const POOLED: u8 = 2;
/// The database went back past the write, and nothing has got hold of it since.
pub(super) const WENT_BACK: u8 = 4;
/// The write was lost at least once.
pub(super) const EVER_LOST: u8 = 8;
/// Reads saw a value which vanished: those of this write have been counted.
pub(super) const VANISHED: u8 = 16;

/// One write attempt, in 48 bytes, kept for the whole run.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub issued: Nanos,
    /// From here on the write precedes what is issued later: its acknowledgement; for one not acknowledged the moment
    /// it first came to light (committed or read); until then [`Nanos::MAX`].
    pub end: Nanos,
    /// Index of its [`KeyState`].
    pub slot: u32,
    pub client: Client,
    /// The write that took its place in the buffer, or 0.
    pub into: u32,
    /// The client's previous acknowledged write of this key, or 0.
    pub own_before: u32,
    /// Reads that saw it before it was committed.
    pub early_reads: u32,
    /// Its latest break (index into the ledger's list), or 0.
    pub broke: u32,
    /// One more than the nanoseconds from issue to being first buffered; for a refused write to the refusal.
    /// 0: neither; `u32::MAX`: 4.3 s or later, see the ledger's `late_notes`.
    pub noted_after: u32,
    /// How many holders have it.
    pub holds: u8,
    pub answer: Answer,
    pub flags: u8,
    /// Why it is (or, should hope fail, is again) lost.
    pub cause: Option<Cause>,
}

const _: () = assert!(size_of::<Write>() == 48);

impl Write {
    pub fn new(issued: Nanos, slot: u32, client: Client) -> Write {
        Write {
            issued,
            end: Nanos::MAX,
            slot,
            client,
            into: 0,
            own_before: 0,
            early_reads: 0,
            broke: 0,
            noted_after: 0,
            holds: 0,
            answer: Answer::None,
            flags: 0,
            cause: None,
        }
    }

    pub fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A moment at which something dropped writes; one entry serves all writes a crash drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Break {
    pub at: Nanos,
    pub holder: Holder,
    pub cause: Cause,
    /// When the next flush was due.
    pub next_flush: Nanos,
}

impl Break {
    /// What a write met that met no break.
    pub const NONE: Break =
        Break { at: Nanos::ZERO, holder: Holder::Application, cause: Cause::NeverDelivered, next_flush: Nanos::ZERO };
}

/// One key that was ever written.
///
/// ```text
///  acked    oldest ──────────────────────────────────────────▶ newest, in order of issue
///           durable, superseded │ at risk: still held  │ lost unless an open write is held
///                            covered               boundary
/// ```
#[derive(Clone, Debug)]
pub(super) struct KeyState {
    pub key: Key,
    /// The database's value.
    pub current: u32,
    pub current_since: Nanos,
    /// The database's value before.
    pub previous: u32,
    pub previous_since: Nanos,
    /// The acknowledged writes, in order of issue.
    pub acked: Vec<u32>,
    /// How many of `acked` the current value does not come after: the front ones.
    pub covered: u32,
    /// Where the pool began when it was last looked at; none before it is in the pool.
    pub boundary: u32,
    /// How many from `boundary` on are not in the pool (acknowledged since).
    pub fresh: u32,
    /// Writes in the pool by cause, once there are any.
    pub pool: Option<Box<[u32; Cause::COUNT]>>,
    /// Whether the pool is counted as lost (else as at risk).
    pub pool_is_lost: bool,
    /// Held writes whose end is open: while there is one, no write of the key is lost.
    pub open_holds: u32,
    /// Held writes whose end is known.
    pub closed_holds: u32,
    /// Those by end; entries that no longer hold are dropped when they come last.
    pub holds_by_end: Vec<(Nanos, u32)>,
}

impl KeyState {
    pub fn new(key: Key) -> KeyState {
        KeyState {
            key,
            current: 0,
            current_since: Nanos::ZERO,
            previous: 0,
            previous_since: Nanos::ZERO,
            acked: Vec::new(),
            covered: 0,
            boundary: 0,
            fresh: 0,
            pool: None,
            pool_is_lost: false,
            open_holds: 0,
            closed_holds: 0,
            holds_by_end: Vec::new(),
        }
    }

    /// Adds a held write whose end is known.
    pub fn hold_closed(&mut self, end: Nanos, write: u32) {
        self.closed_holds += 1;
        let entry = (end, write);
        // Ends become known as time passes, so this is nearly always a push.
        if self.holds_by_end.last().is_none_or(|last| *last < entry) {
            self.holds_by_end.push(entry);
        } else if let Err(place) = self.holds_by_end.binary_search(&entry) {
            self.holds_by_end.insert(place, entry);
        }
    }
}
