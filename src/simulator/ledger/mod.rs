//! The ledger: what became of every write, what every read saw, and why.
//!
//! The ledger does nothing in a simulation. It is *told* facts (a write was issued, acknowledged, committed; a cache got
//! hold of it; the cache crashed) and it judges. It shares no code with caches, databases and strategies: an
//! observer that shares code with what it judges proves nothing.
//!
//! # What precedes what
//!
//! A write *ends* when it is acknowledged. One that was never acknowledged ends when it first came to light: was
//! committed, or was returned by a read. `w` **precedes** `v` (of the same key) when `w` ended before `v` was issued.
//! Two things in the same nanosecond are concurrent: the ledger accuses only on proof. The initial value precedes
//! every write; a write that has not ended precedes none.
//!
//! ```text
//!   w   issued ├────────┤ acknowledged
//!   v              issued ├──────┤            not preceded by w: either may be the last value
//!   x                             issued ├──  preceded by w: the database must not end with w
//! ```
//!
//! Of two writes of which neither precedes the other, the database decides: the one it committed last is **newer**.
//!
//! # What a read missed
//!
//! A read that was issued at `t` and saw `s` is **stale** when some write that is newer than `s` was known to be so before
//! `t`: it had been acknowledged and, if it is newer only because the database committed it later, that had happened, too.
//! The read's *age* runs from the first such moment to its answer. It violates *read your writes* when the write that its
//! own client issued last, of those acknowledged before `t`, is newer than `s`, and *monotonic reads* when its client had
//! been answered with something newer before `t`. How that is found is told in `order`, and in `copies` which cached
//! copies differ from the database for good.
//!
//! # What became of a write
//!
//! Let `current` be the database's value of the key, and let *held* mean that some [`Holder`] has the write and can
//! still deliver it. At any instant every attempt is in exactly one class:
//!
//! | class | the client got | and |
//! |---|---|---|
//! | in flight | nothing yet | |
//! | durable | an acknowledgement | it was committed, and `current` does not precede it |
//! | superseded | an acknowledgement | it was never committed, and `current` does not precede it |
//! | at risk | an acknowledgement | `current` precedes it; it is held, or a write that it precedes or that is concurrent is |
//! | lost | an acknowledgement | `current` precedes it, and nothing held can mend that |
//! | rejected | a rejection | it was never committed nor read |
//! | phantom | a rejection | yet it was committed or read |
//! | unknown | an error, or nothing | whatever became of it |
//!
//! Some of those at risk would survive a crash of whatever holds them, on a disk or with a replica: the ledger does not know
//! of either, and is asked with what these have ([`kept_by`](Ledger::kept_by)).
//!
//! The classes are of the instant. A lost write of a busy key becomes *at risk* when a newer write is under way and
//! *superseded* when that is committed: its value would have been replaced anyhow. So the ledger keeps both figures:
//! [`counts`](Ledger::counts) at this instant, and [`ever_lost`](Ledger::ever_lost), the writes lost at some moment. In the
//! second, what the database has got after all is not lost: the write itself, or something that was made from it (an
//! increment, see [`based_on`](Ledger::based_on)).
//!
//! # Why a write is lost
//!
//! Settled when it becomes lost, and kept until a commit covers it or something gets hold of it again:
//! 1. *overwritten by an older write*, when it was committed or superseded, and the database went back;
//! 2. the cause of the write that took its place in the buffer, when one did;
//! 3. the latest break it met ([`Release::cause`]); 4. *never delivered*, when it met none.
//!
//! # How the counts stay exact and cheap
//!
//! Of each key the acknowledged writes stand in a row in order of issue. `current` covers those issued up to its end, so
//! the first so many; the held write that ends last can recover those issued up to *its* end, again the first so many.
//! Each fact moves these two borders, and only the writes a border passes over are touched. While a write that has not
//! ended is held (any new write), all writes of the key are recoverable; the lost ones are then counted over as one pool, not
//! one by one. A write and its acknowledgement, commit and holds cost a few tens of nanoseconds together.
//!
//! **Memory** grows with the run and nothing is released, because a copy of any write can surface any time later: 48
//! bytes a write and 4 to 8 more when acknowledged, 8 to 16 more when it is committed before that and 25 to 50 when after
//! (write-back), 4 more once there are increments, 16 bytes a break (a crash is one, an entry that expires dirty is one),
//! 240 bytes a written key and 32 to 64 for each near cache that has had it, 16 bytes a copy that diverges and will
//! expire, and at most 24 MiB of sessions.
//!
//! ```
//! use cachelane::ledger::{Cause, Holder, Ledger, Release};
//! use cachelane::time::Nanos;
//!
//! let mut ledger = Ledger::new();
//! let write = ledger.issued(7, 0, Nanos(0));
//! ledger.held(write, Holder::Buffer, Nanos(10));
//! ledger.acknowledged(write, Nanos(20));
//! assert_eq!(ledger.counts().at_risk, 1);
//! ledger.released(write, Holder::Buffer, Release::CacheCrash, Nanos(30));
//! assert_eq!(ledger.counts().lost, 1);
//! assert_eq!(ledger.lost_by_cause().get(Cause::CacheCrash), 1);
//! ```

mod cases;
mod classes;
mod copies;
mod facts;
mod heard;
mod increments;
mod kept;
mod order;
mod reads;
mod record;
mod row;
mod rows;
#[cfg(test)]
mod tests;

pub use cases::{CASES_MAX, Case, CaseKind, Cases, LOST_CASES_MAX};
pub use copies::{ByDivergence, Divergence};
pub use facts::{
    ByCause, Cause, Class, Counts, Freshness, Holder, Increments, Mended, Origin, Place, ReadCounts, Release,
};
pub use heard::{Fact, Heard, Message, Part, Passed};
pub use reads::SESSIONS_MAX;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::model::{ClientId, Key, WriteId};
use crate::time::Nanos;
use crate::work;
use heard::Listening;
use reads::Sessions;
use record::{Answer, Break, COMMITTED, GAVE_UP, KeyState, SEEN, VANISHED, Write};
use rows::Rows;

/// How many own writes are looked at one by one before they are put in a row. Few in tests, so that they are.
const OWN_LOOKED_AT: usize = if cfg!(test) { 2 } else { 64 };

/// No key state yet.
const NONE: u32 = u32::MAX;

/// What all keys together come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    in_flight: u64,
    durable: u64,
    superseded: u64,
    /// At risk and lost.
    uncovered: u64,
    rejected: u64,
    unknown: u64,
    phantom: u64,
    lost: ByCause,
    lost_total: u64,
    ever_lost: ByCause,
    /// Those among the ever lost that a read saw.
    lost_and_read: u64,
    /// Keys with lost writes.
    keys_lost: u64,
    /// Copies that diverge.
    diverging: u64,
}

/// The ledger of one lane. See the [module's tour](self).
///
/// Facts must be told in the order they happen: a fact earlier than the one before is a fault in the caller, and panics.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// By [`WriteId`]; the first stands for the initial value of every key.
    writes: Rows<Write>,
    /// The [`KeyState`] of a key, or [`NONE`].
    slots: Vec<u32>,
    keys: Rows<KeyState>,
    tally: Tally,
    /// The first is none.
    breaks: Vec<Break>,
    /// By [`WriteId`], as far as there are increments: what each was applied to.
    bases: Vec<u32>,
    next_flush: Nanos,
    sessions: Sessions,
    /// By client and key, all own writes of those who had very many acknowledged during one read.
    own_writes: BTreeMap<(ClientId, Key), Vec<u32>>,
    reads: ReadCounts,
    cases: Cases,
    /// In a run that is told for a story: what is heard of its key.
    listening: Option<Box<Listening>>,
    /// Where there are two classes of traffic: the first key of the second, and how many of its writes were ever lost.
    second: Option<(Key, u64)>,
    diverging_max: u64,
    diverged: ByDivergence,
    /// When copies that diverge expire: the moment, the key's state, which of its copies. The next first; and that moment.
    expiries: BinaryHeap<Reverse<(Nanos, u32, u32)>>,
    next_expiry: Nanos,
    now: Nanos,
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::new()
    }
}

/// Facts.
impl Ledger {
    /// A ledger without facts.
    pub fn new() -> Ledger {
        let mut writes = Rows::new();
        writes.push(Write::new(Nanos::ZERO, NONE, 0));
        Ledger {
            writes,
            slots: Vec::new(),
            keys: Rows::new(),
            tally: Tally::default(),
            breaks: vec![Break::NONE],
            bases: Vec::new(),
            next_flush: Nanos::ZERO,
            sessions: Sessions::new(SESSIONS_MAX),
            own_writes: BTreeMap::new(),
            reads: ReadCounts::default(),
            cases: Cases::default(),
            listening: None,
            second: None,
            diverging_max: 0,
            diverged: ByDivergence::default(),
            expiries: BinaryHeap::new(),
            next_expiry: Nanos::MAX,
            now: Nanos::ZERO,
        }
    }

    /// A client asks for a write of `key`. The write is in flight until one of the three answers is told.
    pub fn issued(&mut self, key: Key, client: ClientId, now: Nanos) -> WriteId {
        self.advance(now);
        let slot = self.slot_for(key);
        let id = u32::try_from(self.writes.len()).expect("at most 4 billion writes in one run");
        self.writes.push(Write::new(now, slot, client));
        self.tally.in_flight += 1;
        WriteId(id)
    }

    /// The client got the acknowledgement.
    pub fn acknowledged(&mut self, w: WriteId, now: Nanos) {
        self.answer(w, Answer::Acknowledged, now);
        self.hear_of(w, Fact::Acknowledged(w));
        let write = &mut self.writes[w.index()];
        let was_open = write.end == Nanos::MAX;
        write.end = now;
        let (slot, held, place) = (write.slot as usize, write.holds > 0, write.place());
        if held {
            self.end_hold(slot, w.0, was_open);
        }
        if let Some(place) = place {
            self.keys[slot].order.acknowledged(place, w.0);
        }
        self.line_up(slot, w.0);
        if self.keys[slot].current == w.0 {
            self.move_cover(slot); // it ends later than its commit: more are concurrent with it
        }
        self.settle(slot);
        self.note_own_write(w, slot);
    }

    /// The client got an error after which nothing can happen.
    pub fn refused(&mut self, w: WriteId, now: Nanos) {
        self.answer(w, Answer::Refused, now);
        self.hear_of(w, Fact::Refused(w));
        let write = &self.writes[w.index()];
        if write.is(COMMITTED) || write.early_reads() > 0 {
            self.tally.phantom += 1;
            self.note_phantom(w);
        } else {
            self.tally.rejected += 1;
        }
        self.check_vanished(w);
    }

    /// The client got an error or no answer, and cannot know.
    pub fn unanswered(&mut self, w: WriteId, now: Nanos) {
        self.answer(w, Answer::Unanswered, now);
        self.hear_of(w, Fact::Unanswered(w));
        self.tally.unknown += 1;
        self.check_vanished(w);
    }

    /// The database's value of the write's key is now this write. May be told again for a late duplicate.
    pub fn committed(&mut self, w: WriteId, now: Nanos) {
        self.advance(now);
        self.hear_of(w, Fact::Committed(w));
        self.come_to_light(w);
        let write = &self.writes[w.index()];
        let (slot, first) = (write.slot as usize, !write.is(COMMITTED));
        let acknowledged = (write.answer == Answer::Acknowledged).then_some(write.end);
        let turns_phantom = first && write.answer == Answer::Refused && write.early_reads() == 0;
        if first && acknowledged.is_some() && self.is_covered(w) {
            self.tally.superseded -= 1;
            self.tally.durable += 1;
        }
        self.regain(w.0);
        let place = self.keys[slot].order.commit(acknowledged, now);
        self.writes[w.index()].commit(place);
        if turns_phantom {
            self.turn_phantom(w);
        }
        if self.keys[slot].current != w.0 {
            self.replace_current(slot, w);
        }
        self.settle(slot);
        self.judge_copies_unless_seen_to(slot);
    }

    /// `holder` has got the write and can deliver it. Counted: tell [`released`](Ledger::released) as often.
    pub fn held(&mut self, w: WriteId, holder: Holder, now: Nanos) {
        self.advance(now);
        self.hear_of(w, Fact::Held { write: w, holder, due: self.next_flush });
        let write = &mut self.writes[w.index()];
        assert!(w != WriteId::INITIAL, "the initial value needs no holder");
        write.holds = write.holds.checked_add(1).expect("at most 255 components hold one write");
        let (slot, end, first) = (write.slot as usize, write.end, write.holds == 1);
        match holder {
            Holder::Application => self.begin_mending(slot),
            Holder::Buffer | Holder::Queue => write.into = 0,
            Holder::Flight | Holder::Flusher => {}
        }
        if !first {
            return;
        }
        self.forget_loss(w);
        let key = &mut self.keys[slot];
        if end == Nanos::MAX {
            key.open_holds += 1;
        } else {
            key.hold_closed(end, w.0);
        }
        self.settle(slot);
        self.judge_copies_unless_seen_to(slot);
    }

    /// `holder` has the write no longer, and `why`. When it moves on, tell first who has it now; when it was delivered,
    /// tell [`committed`](Ledger::committed) first: what nobody holds is lost at once.
    pub fn released(&mut self, w: WriteId, holder: Holder, why: Release, now: Nanos) {
        self.advance(now);
        self.hear_of(w, Fact::Released { write: w, holder, why, due: self.next_flush });
        if let Release::Coalesced { into } = why {
            self.coalesce(w, into);
        } else if let Some(cause) = why.cause() {
            let index = self.note_break(cause, now);
            self.writes[w.index()].broke = index;
        }
        let write = &mut self.writes[w.index()];
        write.holds = write.holds.checked_sub(1).expect("a holder releases only what it was told to hold");
        if why == Release::GaveUp {
            write.flags |= GAVE_UP;
        }
        let (slot, held, open) = (write.slot as usize, write.holds > 0, write.end == Nanos::MAX);
        if held {
            if holder == Holder::Application {
                self.end_mending(slot);
            }
            return;
        }
        let key = &mut self.keys[slot];
        if holder == Holder::Application {
            key.end_mending();
        }
        if open {
            key.open_holds -= 1;
        } else {
            key.closed_holds -= 1;
            if key.last_hold == w.0 {
                key.drop_last_hold();
            }
        }
        self.settle(slot);
        self.check_vanished(w);
        self.judge_copies_unless_seen_to(slot);
    }

    /// The buffer will next be flushed at `at`; for stories ("the flush at 35 s would have saved it").
    pub fn next_flush(&mut self, at: Nanos) {
        self.next_flush = at;
    }

    /// `client` was answered a read of `key`, issued at `issued`, with the value of write `saw`.
    ///
    /// Stale when it missed a write that is newer than `saw` and that was known to be so before `issued`: acknowledged, and
    /// where only the database's order makes it newer, committed after `saw`, too. The age runs from the first such moment
    /// to `now`, when the client has the old value in hand.
    pub fn read(&mut self, key: Key, client: ClientId, issued: Nanos, saw: WriteId, now: Nanos) -> Freshness {
        self.advance(now);
        assert!(issued <= now, "a read is answered after it is issued");
        self.reads.reads += 1;
        let slot = self.slots.get(key as usize).copied().unwrap_or(NONE);
        if slot == NONE {
            assert!(saw == WriteId::INITIAL, "key {key} was never written, so a read sees its initial value");
            return Freshness::Fresh;
        }
        let state = &mut self.keys[slot as usize];
        if saw.0 == state.current {
            state.current_seen = true; // noted at the write only when another takes its place
        } else if saw != WriteId::INITIAL {
            assert!(self.writes[saw.index()].slot == slot, "a read of key {key} sees a write of that key");
            self.note_seen(saw);
        }
        self.check_session(slot as usize, client, issued, saw);
        let stale_since = self.missed_since(slot as usize, saw).filter(|since| *since < issued);
        self.hear(key, now, Fact::Read { client, issued, saw, stale: stale_since.is_some() });
        let Some(since) = stale_since else { return Freshness::Fresh };
        self.reads.stale += 1;
        self.note_stale((key, client), issued, saw, since);
        Freshness::Stale { age: now - since }
    }
}

/// Judgements.
impl Ledger {
    /// How many write attempts are in each class now. O(1).
    pub fn counts(&self) -> Counts {
        let t = &self.tally;
        Counts {
            in_flight: t.in_flight,
            durable: t.durable,
            superseded: t.superseded,
            at_risk: t.uncovered - t.lost_total,
            lost: t.lost_total,
            rejected: t.rejected,
            unknown: t.unknown,
            phantom: t.phantom,
        }
    }

    /// The writes that are lost now, by cause. O(1).
    pub fn lost_by_cause(&self) -> &ByCause {
        &self.tally.lost
    }

    /// The writes that the database will never have: those that were lost at some moment, each once, by its first cause,
    /// also if a newer write has superseded them since; not those that the database has got after all, as they were or
    /// within what was made from them. O(1).
    pub fn ever_lost(&self) -> &ByCause {
        &self.tally.ever_lost
    }

    /// From now on, before anything is lost, the losses of keys from `first` on are counted by themselves, too.
    pub fn count_second(&mut self, first: Key) {
        self.second = Some((first, 0));
    }

    /// The [ever lost](Ledger::ever_lost) writes of those keys.
    pub fn ever_lost_of_second(&self) -> u64 {
        self.second.map_or(0, |(_, lost)| lost)
    }

    /// A write is among the ever lost, or no longer.
    fn count_lost_of_second(&mut self, w: u32, lost: bool) {
        let Some((first, count)) = &mut self.second else { return };
        let slot = self.writes[w as usize].slot;
        if self.keys[slot as usize].key >= *first {
            *count = if lost { *count + 1 } else { *count - 1 };
        }
    }

    /// Those among the [ever lost](Ledger::ever_lost) that some read was answered with, before they were lost or after. O(1).
    pub fn lost_and_read(&self) -> u64 {
        self.tally.lost_and_read
    }

    /// The keys whose last acknowledged value is lost now. O(1).
    pub fn keys_lost(&self) -> u64 {
        self.tally.keys_lost
    }

    /// What the reads saw. O(1).
    pub fn reads(&self) -> &ReadCounts {
        &self.reads
    }

    /// Why a write is lost; `None` when it is not lost.
    pub fn cause(&self, w: WriteId) -> Option<Cause> {
        if self.class(w) == Class::Lost { self.writes[w.index()].cause() } else { None }
    }

    /// What a write attempt was: its key, who asked for it, and when.
    pub fn attempt(&self, w: WriteId) -> (Key, ClientId, Nanos) {
        let write = &self.writes[w.index()];
        (self.keys[write.slot as usize].key, write.client, write.issued)
    }

    /// The first write of `key` that `client` asked for at the moment `issued`.
    pub fn write_of(&self, key: Key, client: ClientId, issued: Nanos) -> Option<WriteId> {
        // They were issued in the order of their numbers; number 0 is the initial value.
        let (mut low, mut high) = (1, self.writes.len());
        while low < high {
            work::count(1);
            let middle = low + (high - low) / 2;
            if self.writes[middle].issued < issued { low = middle + 1 } else { high = middle }
        }
        let same = (low..self.writes.len()).take_while(|at| self.writes[*at].issued == issued);
        let mut own = same.map(|at| WriteId(at as u32));
        // few: the writes of one moment
        own.find(|write| self.attempt(*write) == (key, client, issued))
    }

    /// Whether a write is among the [ever lost](Ledger::ever_lost).
    pub fn was_lost(&self, w: WriteId) -> bool {
        self.writes[w.index()].lost_for().is_some()
    }

    /// The database's value of `key`, as far as the ledger was told.
    pub fn current(&self, key: Key) -> WriteId {
        match self.slots.get(key as usize) {
            Some(&slot) if slot != NONE => WriteId(self.keys[slot as usize].current),
            _ => WriteId::INITIAL,
        }
    }
}

/// Bookkeeping behind the facts.
impl Ledger {
    fn advance(&mut self, now: Nanos) {
        assert!(now >= self.now, "facts are told in the order they happen: {now} comes after {}", self.now);
        assert!(now < Nanos::MAX);
        self.now = now;
        if self.next_expiry < now {
            self.expire_copies();
        }
    }

    /// The database has another value of a key.
    fn replace_current(&mut self, slot: usize, w: WriteId) {
        let key = &mut self.keys[slot];
        let old = key.current;
        (key.previous, key.previous_since) = (old, key.current_since);
        (key.current, key.current_since) = (w.0, self.now);
        key.copies.database_changed();
        if std::mem::take(&mut key.current_seen) && old != 0 {
            self.writes[old as usize].flags |= SEEN;
        }
        if !self.bases.is_empty() {
            self.move_contained(old, w.0);
        }
        self.move_cover(slot);
    }

    fn slot_for(&mut self, key: Key) -> u32 {
        let at = key as usize;
        if at >= self.slots.len() {
            if at >= self.slots.capacity() {
                // By a quarter: a table twice as long as it need be is memory that somebody else lacks.
                self.slots.reserve_exact((at + 1).max(self.slots.len() * 5 / 4) - self.slots.len());
            }
            self.slots.resize(at + 1, NONE);
        }
        if self.slots[at] == NONE {
            self.slots[at] = self.keys.len() as u32;
            self.keys.push(KeyState::new(key));
        }
        self.slots[at]
    }

    fn answer(&mut self, w: WriteId, answer: Answer, now: Nanos) {
        self.advance(now);
        assert!(w != WriteId::INITIAL, "nobody waits for the initial value");
        let write = &mut self.writes[w.index()];
        assert!(write.answer == Answer::None, "a write is answered once: {w:?}");
        write.answer = answer;
        self.tally.in_flight -= 1;
    }

    /// The index of a break now; writes dropped in one crash share it.
    fn note_break(&mut self, cause: Cause, now: Nanos) -> u32 {
        let this = Break { at: now, cause };
        if self.breaks.len() == 1 || self.breaks[self.breaks.len() - 1] != this {
            self.breaks.push(this);
        }
        self.breaks.len() as u32 - 1
    }

    /// `into` took the place of `w`, unless that would make a circle.
    fn coalesce(&mut self, w: WriteId, into: WriteId) {
        let slot = self.writes[w.index()].slot;
        assert!(into != WriteId::INITIAL && self.writes[into.index()].slot == slot, "only writes of one key coalesce");
        let mut end = into.0;
        while end != w.0 && end != 0 {
            end = self.writes[end as usize].into;
        }
        if end == 0 {
            self.writes[w.index()].into = into.0;
        }
    }

    /// A write not acknowledged ends when it first comes to light.
    fn come_to_light(&mut self, w: WriteId) {
        assert!(w != WriteId::INITIAL, "the initial value was there before the run");
        let write = &mut self.writes[w.index()];
        if write.end == Nanos::MAX {
            write.end = self.now;
            let (slot, held) = (write.slot as usize, write.holds > 0);
            if held {
                self.end_hold(slot, w.0, true);
                self.settle(slot);
            }
        }
    }

    fn turn_phantom(&mut self, w: WriteId) {
        self.tally.rejected -= 1;
        self.tally.phantom += 1;
        self.note_phantom(w);
    }

    /// A read was answered with this write, which is not the database's value.
    fn note_seen(&mut self, saw: WriteId) {
        self.come_to_light(saw);
        let write = &mut self.writes[saw.index()];
        if !write.is(SEEN) {
            write.flags |= SEEN;
            self.tally.lost_and_read += u64::from(write.lost_for().is_some());
        }
        if write.is(COMMITTED) {
            return;
        }
        let first = write.count_early_read();
        let gone = write.is(VANISHED);
        if gone {
            self.reads.vanished += 1;
        }
        if first && write.answer == Answer::Refused {
            self.turn_phantom(saw);
        }
        if first && gone {
            self.note_vanished(saw);
        }
    }

    /// A value nobody will ever see again in the database, unless it is acknowledged (then it is judged when lost).
    fn check_vanished(&mut self, w: WriteId) {
        let write = &self.writes[w.index()];
        if matches!(write.answer, Answer::Refused | Answer::Unanswered) && write.holds == 0 {
            self.vanish(w.0);
        }
    }

    fn vanish(&mut self, w: u32) {
        if self.is_contained(w) {
            return;
        }
        let write = &mut self.writes[w as usize];
        if write.flags & (COMMITTED | VANISHED) == 0 {
            write.flags |= VANISHED;
            let seen = write.early_reads();
            self.reads.vanished += u64::from(seen);
            if seen > 0 {
                self.note_vanished(WriteId(w));
            }
        }
    }

    /// `client`'s newest acknowledged write. One issued before and acknowledged after it tells nothing more.
    fn note_own_write(&mut self, w: WriteId, slot: usize) {
        let client = self.writes[w.index()].client;
        let Some(session) = self.sessions.entry(client, self.keys[slot].key) else { return };
        if w.0 > session.own {
            self.writes[w.index()].own_before = session.own;
            session.own = w.0;
            if !self.own_writes.is_empty()
                && let Some(writes) = self.own_writes.get_mut(&(client, self.keys[slot].key))
            {
                writes.push(w.0);
            }
        }
    }

    /// The newest own write that was acknowledged before `issued`, or 0. `own` is the newest of all.
    fn own_before(&mut self, session: (ClientId, Key), mut own: u32, issued: Nanos) -> u32 {
        for _ in 0..OWN_LOOKED_AT {
            if own == 0 || self.writes[own as usize].end < issued {
                return own;
            }
            own = self.writes[own as usize].own_before;
        }
        work::count(OWN_LOOKED_AT);
        if !self.own_writes.contains_key(&session) {
            let newest = self.sessions.get(session.0, session.1).own;
            let back = std::iter::successors(Some(newest), |&w| Some(self.writes[w as usize].own_before));
            let mut writes: Vec<u32> = back.take_while(|&w| w != 0).collect();
            work::count(writes.len());
            writes.reverse();
            self.own_writes.insert(session, writes);
        }
        let writes = &self.own_writes[&session];
        // Each is newer than the one before, and was acknowledged later.
        let before = writes.partition_point(|&w| self.writes[w as usize].end < issued);
        before.checked_sub(1).map_or(0, |last| writes[last])
    }

    fn check_session(&mut self, slot: usize, client: ClientId, issued: Nanos, saw: WriteId) {
        let key = &self.keys[slot];
        let (name, is_current) = (key.key, saw.0 == key.current);
        let (place, session) = self.sessions.find(client, name);
        // Nothing can be newer than the database's value but what was issued after it.
        let newest = is_current && saw.0 >= key.newest;
        if !newest && session.own != 0 {
            let own = self.own_before((client, name), session.own, issued);
            self.reads.read_your_writes_violations += u64::from(self.is_newer(own, saw.0));
        }
        if saw.0 == session.seen {
            return;
        }
        let forward = is_current && saw.0 > session.seen;
        let back = !forward && self.is_newer(session.seen, saw.0);
        // What overlapping reads of one client see has no order.
        if back && session.seen_at < issued {
            self.reads.monotonic_read_violations += 1;
        }
        if forward || (!back && (saw.0 > session.seen || self.is_newer(saw.0, session.seen))) {
            match self.sessions.entry_at(place, client, name) {
                Some(session) => (session.seen, session.seen_at) = (saw.0, self.now),
                None => self.reads.unfollowed += 1,
            }
        }
    }
}
