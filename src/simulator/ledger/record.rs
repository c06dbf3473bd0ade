//! What is kept of one write, and of one key.

use super::copies::Copies;
use super::facts::Cause;
use super::order::Order;
use super::row::Row;
use crate::model::{ClientId, Key};
use crate::time::Nanos;
use crate::work;

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
/// The write is counted in its key's pool of writes that nothing can recover.
pub(super) const POOLED: u8 = 2;
/// The database went back past the write, and nothing has got hold of it since.
pub(super) const WENT_BACK: u8 = 4;
/// The database's value is made of the write: an increment that contains it was applied after it.
pub(super) const CONTAINED: u8 = 8;
/// Reads saw a value which vanished: those of this write have been counted.
pub(super) const VANISHED: u8 = 16;
/// A read was answered with the write.
pub(super) const SEEN: u8 = 32;
/// Its handler ended with an error, whatever became of the write.
pub(super) const GAVE_UP: u8 = 64;

/// One write attempt, in 48 bytes, kept for the whole run.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub issued: Nanos,
    /// From here on the write precedes what is issued later: its acknowledgement; for one not acknowledged the moment
    /// it first came to light (committed or read); until then [`Nanos::MAX`].
    pub end: Nanos,
    /// Index of its [`KeyState`].
    pub slot: u32,
    pub client: ClientId,
    /// The write that took its place in the buffer, or 0.
    pub into: u32,
    /// The client's previous acknowledged write of this key, or 0.
    pub own_before: u32,
    /// Until it is committed the reads that saw it, from then on the number of its last commit among its key's.
    count: u32,
    /// Its latest break (index into the ledger's list), or 0.
    pub broke: u32,
    /// How many holders have it.
    pub holds: u8,
    pub answer: Answer,
    pub flags: u8,
    /// Why it is (or, should nothing recover it, is again) lost, and why it is counted among those ever lost: each one more than
    /// the cause's number in four bits, 0 for none.
    causes: u8,
}

const _: () = assert!(size_of::<Write>() == 48);

impl Write {
    pub fn new(issued: Nanos, slot: u32, client: ClientId) -> Write {
        Write {
            issued,
            end: Nanos::MAX,
            slot,
            client,
            into: 0,
            own_before: 0,
            count: 0,
            broke: 0,
            holds: 0,
            answer: Answer::None,
            flags: 0,
            causes: 0,
        }
    }

    pub fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Reads that saw it before it was committed; known until then.
    pub fn early_reads(&self) -> u32 {
        if self.is(COMMITTED) { 0 } else { self.count }
    }

    /// A read saw it that is not committed. Returns whether that was the first.
    pub fn count_early_read(&mut self) -> bool {
        debug_assert!(!self.is(COMMITTED));
        self.count += 1;
        self.count == 1
    }

    /// The number of its last commit among those of its key, from 1.
    pub fn place(&self) -> Option<u32> {
        self.is(COMMITTED).then_some(self.count)
    }

    /// The write is committed, as the `place`-th of its key's commits.
    pub fn commit(&mut self, place: u32) {
        self.flags |= COMMITTED;
        self.count = place;
    }

    /// Why it is, or would again be, lost.
    pub fn cause(&self) -> Option<Cause> {
        cause_of(self.causes & 15)
    }

    pub fn set_cause(&mut self, cause: Option<Cause>) {
        self.causes = self.causes & !15 | number_of(cause);
    }

    /// Why it was lost first, as long as it counts among those ever lost.
    pub fn lost_for(&self) -> Option<Cause> {
        cause_of(self.causes >> 4)
    }

    pub fn set_lost_for(&mut self, cause: Option<Cause>) {
        self.causes = self.causes & 15 | number_of(cause) << 4;
    }
}

const _: () = assert!(Cause::COUNT < 16, "a cause, or none, fits four bits");

fn cause_of(number: u8) -> Option<Cause> {
    number.checked_sub(1).map(|index| Cause::ALL[usize::from(index)])
}

fn number_of(cause: Option<Cause>) -> u8 {
    cause.map_or(0, |cause| cause as u8 + 1)
}

/// A moment at which something dropped writes; one entry serves all writes a crash drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Break {
    pub at: Nanos,
    pub cause: Cause,
}

impl Break {
    /// What a write met that met no break.
    pub const NONE: Break = Break { at: Nanos::ZERO, cause: Cause::NeverDelivered };
}

/// One key that was ever written.
///
/// ```text
///  acked    oldest ──────────────────────────────────────────▶ newest, in order of issue
///           durable, superseded │ at risk: still held  │ lost unless an open write is held
///                            covered               boundary
/// ```
/// What almost every fact needs comes first, so that it shares a cache line.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct KeyState {
    /// The database's value.
    pub current: u32,
    /// The last of `acked`, or 0, and its moment of issue.
    pub newest: u32,
    pub newest_issued: Nanos,
    /// Held writes whose end is open: while there is one, no write of the key is lost.
    pub open_holds: u32,
    /// Held writes whose end is known.
    pub closed_holds: u32,
    /// The acknowledged writes, in order of issue.
    pub acked: Row,
    /// How many of `acked` the current value does not come after: the front ones.
    pub covered: u32,
    /// Whether a read was answered with `current` while it was the database's value.
    pub current_seen: bool,
    /// Whether the pool is counted as lost (else as at risk).
    pub pool_is_lost: bool,
    /// The order of its commits.
    pub order: Order,
    /// The copies of it in caches.
    pub copies: Copies,
    /// The held write that ends last, or 0, and its end. May be void (released, or acknowledged since).
    pub last_hold: u32,
    /// How many things are under way that see to the key's copies: handlers, and what else was told.
    pub menders: u32,
    pub last_hold_end: Nanos,
    pub current_since: Nanos,
    pub key: Key,
    /// Where the pool began when it was last looked at; none before it is in the pool.
    pub boundary: u32,
    /// How many from `boundary` on are not in the pool (acknowledged since).
    pub fresh: u32,
    /// How many are in the pool.
    pub pooled: u32,
    /// Those of `acked` that were the newest when they were acknowledged; where all were, this is left out.
    pub newest_when: Option<Box<Newest>>,
    /// Writes in the pool by cause, once there are any.
    pub pool: Option<Box<[u32; Cause::COUNT]>>,
    /// The held writes that end before `last_hold`, by end; void ones are dropped when they come last.
    pub earlier_holds: Vec<(Nanos, u32)>,
    /// The database's value before.
    pub previous_since: Nanos,
    pub previous: u32,
}

/// Writes that were the newest of their key when they were acknowledged, in that order.
#[derive(Clone, Debug, Default)]
pub(super) struct Newest(pub Vec<u32>);

const _: () = assert!(size_of::<KeyState>() <= 240);

impl KeyState {
    /// Something that saw to the copies does so no more. It may have begun before the key was first written, when nobody
    /// listened.
    pub fn end_mending(&mut self) {
        self.menders = self.menders.saturating_sub(1);
    }

    pub fn new(key: Key) -> KeyState {
        KeyState {
            current: 0,
            newest: 0,
            newest_issued: Nanos::ZERO,
            open_holds: 0,
            closed_holds: 0,
            acked: Row::default(),
            newest_when: None,
            covered: 0,
            menders: 0,
            current_seen: false,
            order: Order::default(),
            copies: Copies::default(),
            last_hold: 0,
            last_hold_end: Nanos::ZERO,
            current_since: Nanos::ZERO,
            key,
            boundary: 0,
            fresh: 0,
            pool_is_lost: false,
            pool: None,
            pooled: 0,
            earlier_holds: Vec::new(),
            previous_since: Nanos::ZERO,
            previous: 0,
        }
    }

    /// Adds a held write whose end is known.
    pub fn hold_closed(&mut self, end: Nanos, write: u32) {
        self.closed_holds += 1;
        let (entry, last) = ((end, write), (self.last_hold_end, self.last_hold));
        // Ends become known as time passes, so a new one is nearly always the last.
        if last.1 == 0 || last < entry {
            if last.1 != 0 {
                self.earlier_holds.push(last);
            }
            (self.last_hold_end, self.last_hold) = entry;
        } else if last != entry
            && let Err(place) = self.earlier_holds.binary_search(&entry)
        {
            work::count((self.earlier_holds.len() - place) / 4); // lines of 64 bytes that are moved
            self.earlier_holds.insert(place, entry);
        }
    }

    /// Drops the entry that ends last.
    pub fn drop_last_hold(&mut self) {
        (self.last_hold_end, self.last_hold) = self.earlier_holds.pop().unwrap_or_default();
    }

    /// The held writes by end, void ones among them, the last first.
    pub fn holds_from_last(&self) -> impl Iterator<Item = (Nanos, u32)> + '_ {
        let last = (self.last_hold != 0).then_some((self.last_hold_end, self.last_hold));
        last.into_iter().chain(self.earlier_holds.iter().rev().copied())
    }
}
