//! Copies that differ from the database for good, as far as anybody can tell: the gauge of *diverging copies*.
//!
//! The ledger is told what stands in caches: a value was [put in](Ledger::copied) a [`Place`], or [left](Ledger::dropped)
//! it. A copy whose TTL is over is none, also if it still takes up room. A copy **diverges** while
//! - its value is not the database's value of the key, and
//! - nothing holds that value any more, so it will not become the database's value either (a dirty entry does not
//!   diverge), and
//! - nothing is under way that sees to the key's copies: no handler of a write of the key runs, and whatever else was
//!   said to be [under way](Ledger::mending) has arrived: a command of a handler that has given up, a second delete, a
//!   record in an outbox, a message to a near cache.
//!
//! ```text
//!   database   x ──────────────── v ────────────────────────────────────────────────
//!   copy       x ──────────────────────────────────────────────┤ deleted, expired, or replaced by v
//!   handler            ├── commit ──────┤ ends, and has not seen to the copy
//!                                       ├── the copy diverges ──┤
//! ```
//!
//! Each entry of the cache is a copy, and each entry of a near cache is one: a value that stands in the cache and in the
//! near caches of three servers can be four diverging copies. What a node that is down will come back with counts, too.
//! What replicas hold, of a cache node or of the database, is no copy: what they lack of their primary is on its way. Nor is
//! what a delete leaves behind for readers with leases, who ask for something old.
//!
//! # Why a copy diverges
//!
//! Told when it begins to, and each copy counts once, however often it does. With `x` the copy's value and `v` the
//! database's, the first that holds:
//!
//! | cause | |
//! |---|---|
//! | never committed | `x` was never committed, and nobody can deliver it |
//! | overwritten by an older write | `v` precedes `x`: the database went back |
//! | restored, stale fill, overtaken update | the database had gone past `x` when the copy came: after a crash, from a reader or a load, from a writer |
//! | crash between commit and cache | the handler of `v`, or what else saw to copies since, crashed |
//! | lost invalidation | since `v`, something that saw to copies arrived in vain |
//! | commit without answer | the handler of `v` ended with an error, and `v` was committed all the same |
//! | overtaken update | a writer put `x` in, and `v` overlaps it: cache and database have taken the two in different orders |
//! | left | nobody has tried: the strategy leaves copies |

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, Serializer};

use super::facts::{Cause, Mended, Origin, Place, counted_by};
use super::record::{COMMITTED, GAVE_UP};
use super::{Fact, Ledger, NONE};
use crate::model::{Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// Why a copy came to differ from the database. See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Divergence {
    /// The database never had the copy's value, and never will.
    NeverCommitted,
    /// The database went back to an older value than the copy's.
    OverwrittenByOlder,
    /// A crashed node came back with it, or a replica took over that had it.
    Restored,
    /// A reader, or a load, brought a value that had been replaced meanwhile.
    StaleFill,
    /// A writer's update of the cache came after that of a writer whom the database served later.
    OvertakenUpdate,
    /// A crash came between the commit and the cache.
    CrashBetween,
    /// What was to delete or replace it failed.
    LostInvalidation,
    /// The writer was told of an error, or nothing, and the database committed all the same.
    CommitWithoutAnswer,
    /// The strategy leaves copies as they are.
    Left,
}

impl Divergence {
    /// How many causes there are.
    pub const COUNT: usize = Divergence::ALL.len();

    /// All of them, in the order of their numbers.
    pub const ALL: [Divergence; 9] = [
        Divergence::NeverCommitted,
        Divergence::OverwrittenByOlder,
        Divergence::Restored,
        Divergence::StaleFill,
        Divergence::OvertakenUpdate,
        Divergence::CrashBetween,
        Divergence::LostInvalidation,
        Divergence::CommitWithoutAnswer,
        Divergence::Left,
    ];

    /// The name in reports: `"stale_fill"`.
    pub fn name(self) -> &'static str {
        match self {
            Divergence::NeverCommitted => "never_committed",
            Divergence::OverwrittenByOlder => "overwritten_by_older",
            Divergence::Restored => "restored",
            Divergence::StaleFill => "stale_fill",
            Divergence::OvertakenUpdate => "overtaken_update",
            Divergence::CrashBetween => "crash_between",
            Divergence::LostInvalidation => "lost_invalidation",
            Divergence::CommitWithoutAnswer => "commit_without_answer",
            Divergence::Left => "left",
        }
    }
}

counted_by!(ByDivergence, Divergence, "copies");

/// What stands in one place for one key, or once stood there.
#[derive(Clone, Copy, Debug)]
struct CopyState {
    value: u32,
    /// How it came; `None`: it is not there.
    origin: Option<Origin>,
    /// Whether the database had gone past its value when it came.
    old: bool,
    diverges: bool,
    /// Whether it has been counted by cause.
    told: bool,
    /// The last moment at which it is good.
    expires: Nanos,
    /// The moment under which the place stands among the expiries; [`Nanos::MAX`]: it does not.
    noted: Nanos,
}

impl CopyState {
    /// Whether it is not there, or has that value of the database's.
    fn agrees(&self, current: u32) -> bool {
        self.origin.is_none() || self.value == current
    }

    const NONE: CopyState = CopyState {
        value: 0,
        origin: None,
        old: false,
        diverges: false,
        told: false,
        expires: Nanos::MAX,
        noted: Nanos::MAX,
    };
}

/// The copies of one key.
#[derive(Clone, Debug)]
pub(super) struct Copies {
    cache: CopyState,
    /// In near caches, by server; who once had one stays.
    near: Option<Box<Near>>,
    /// What went wrong with something that saw to the copies of the database's value.
    mishap: Option<Mended>,
}

/// Copies in near caches, each with its server. Most keys have none, and a box is the shortest that nothing can be.
#[derive(Clone, Debug, Default)]
struct Near(Vec<(u32, CopyState)>);

const _: () = assert!(size_of::<CopyState>() == 24 && size_of::<Copies>() <= 40);

impl Default for Copies {
    fn default() -> Copies {
        Copies { cache: CopyState::NONE, near: None, mishap: None }
    }
}

/// Where a copy stands among those of its key: 0 in the cache, then the near caches in the order in which they came.
type Seat = u32;

impl Copies {
    fn seats(&self) -> Seat {
        1 + self.near.as_ref().map_or(0, |near| near.0.len()) as Seat
    }

    fn at(&self, seat: Seat) -> &CopyState {
        match (seat, &self.near) {
            (seat, Some(near)) if seat > 0 => &near.0[seat as usize - 1].1,
            _ => &self.cache,
        }
    }

    fn at_mut(&mut self, seat: Seat) -> &mut CopyState {
        match (seat, &mut self.near) {
            (seat, Some(near)) if seat > 0 => &mut near.0[seat as usize - 1].1,
            _ => &mut self.cache,
        }
    }

    fn seat(&self, place: Place) -> Option<Seat> {
        let Place::Near(server) = place else { return Some(0) };
        let near = &self.near.as_ref()?.0;
        work::count(near.len());
        let found = near.iter().position(|(other, _)| *other == server);
        found.map(|position| position as Seat + 1)
    }

    fn seat_or_new(&mut self, place: Place) -> Seat {
        let (known, Place::Near(server)) = (self.seat(place), place) else { return 0 };
        known.unwrap_or_else(|| {
            self.near.get_or_insert_default().0.push((server, CopyState::NONE));
            self.seats() - 1
        })
    }

    fn place(&self, seat: Seat) -> Place {
        match &self.near {
            Some(near) if seat > 0 => Place::Near(near.0[seat as usize - 1].0),
            _ => Place::Cache,
        }
    }

    /// Whether one of them may diverge; for sure, where there is none in a near cache.
    fn may_diverge(&self) -> bool {
        self.cache.diverges || self.near.is_some()
    }

    /// The database has another value.
    pub(super) fn database_changed(&mut self) {
        self.mishap = None;
    }
}

/// Facts about copies.
impl Ledger {
    /// Whether copies of `key` are followed: from its first write on. Until then they have what the database has, and
    /// need not be told; then, tell those that there are.
    pub fn follows(&self, key: Key) -> bool {
        self.slot_of(key).is_some()
    }

    /// At `place` there is now a copy of `key`, which came in this way and is good up to `expires`; it takes the place of
    /// any other there.
    pub fn copied(&mut self, key: Key, place: Place, value: WriteId, origin: Origin, expires: Nanos, now: Nanos) {
        self.advance(now);
        self.hear(key, now, Fact::Copied { place, value, origin });
        let Some(slot) = self.slot_of(key) else { return };
        let state = &mut self.keys[slot];
        let current = value.0 == state.current;
        let old = !current
            && (value == WriteId::INITIAL || {
                let write = &self.writes[value.index()];
                assert!(write.slot as usize == slot, "a copy of key {key} has a value of that key");
                write.is(COMMITTED)
            });
        let seat = state.copies.seat_or_new(place);
        let copy = state.copies.at_mut(seat);
        self.tally.diverging -= u64::from(copy.diverges);
        *copy = CopyState { value: value.0, origin: Some(origin), old, expires, noted: copy.noted, ..CopyState::NONE };
        if !current {
            self.judge_copy(slot, seat);
            self.diverging_max = self.diverging_max.max(self.tally.diverging);
        }
    }

    /// The copy of `key` at `place` is there no more.
    pub fn dropped(&mut self, key: Key, place: Place, now: Nanos) {
        self.advance(now);
        self.hear(key, now, Fact::Dropped(place));
        let Some(slot) = self.slot_of(key) else { return };
        if let Some(seat) = self.keys[slot].copies.seat(place) {
            self.forget_copy(slot, seat);
        }
    }

    /// The copy of `key` at `place` is good up to `expires` now.
    pub fn renewed(&mut self, key: Key, place: Place, expires: Nanos, now: Nanos) {
        self.advance(now);
        let Some(slot) = self.slot_of(key) else { return };
        let Some(seat) = self.keys[slot].copies.seat(place) else { return };
        self.keys[slot].copies.at_mut(seat).expires = expires;
        self.note_expiry(slot, seat);
    }

    /// Something is under way that will see to the copies of `key`. Counted: tell [`mended`](Ledger::mended) as often. The
    /// handler of a write is such a thing and need not be told: it is what [holds](super::Holder::Application) the write.
    /// Of a key that was never written it is of no interest.
    pub fn mending(&mut self, key: Key, now: Nanos) {
        self.advance(now);
        if let Some(slot) = self.slot_of(key) {
            self.begin_mending(slot);
        }
    }

    /// Something that was under way to see to the copies of `key` is so no more.
    pub fn mended(&mut self, key: Key, how: Mended, now: Nanos) {
        self.advance(now);
        let Some(slot) = self.slot_of(key) else { return };
        if how != Mended::Done {
            self.keys[slot].copies.mishap = Some(how);
        }
        self.end_mending(slot);
    }
}

/// Judgements about copies.
impl Ledger {
    /// How many copies diverge at the moment `at`, which is now or later, if nothing happens until then.
    pub fn diverging(&self, at: Nanos) -> u64 {
        if self.next_expiry >= at {
            return self.tally.diverging;
        }
        work::count(self.expiries.len());
        let over = self.expiries.iter().filter(|Reverse((expires, slot, seat))| {
            let copy = self.keys[*slot as usize].copies.at(*seat);
            *expires < at && copy.diverges && copy.expires < at
        });
        let over: BTreeSet<(u32, Seat)> = over.map(|Reverse((_, slot, seat))| (*slot, *seat)).collect();
        self.tally.diverging - over.len() as u64
    }

    /// The most copies that diverged at once, since the start or since [`restart_maximum`](Ledger::restart_maximum). O(1).
    pub fn diverging_max(&self) -> u64 {
        self.diverging_max
    }

    /// Forgets how many copies once diverged, and which reads were stale: the maximum is what it is now, and the worst
    /// reads are those that come.
    pub fn restart_maximum(&mut self, now: Nanos) {
        self.advance(now);
        self.diverging_max = self.tally.diverging;
        self.cases.forget_stale();
    }

    /// The copies that diverged at some moment, each once, by its first cause. O(1).
    pub fn diverged(&self) -> &ByDivergence {
        &self.diverged
    }

    /// Every copy there is at the moment `at` of a key that was written, in no particular order; for tests.
    pub fn copies(&self, at: Nanos) -> impl Iterator<Item = (Key, Place, WriteId)> + '_ {
        self.copies_that(at, |_| true)
    }

    /// Those of them that diverge.
    pub(super) fn diverging_copies(&self, at: Nanos) -> impl Iterator<Item = (Key, Place, WriteId)> + '_ {
        self.copies_that(at, |copy| copy.diverges)
    }

    fn copies_that(
        &self,
        at: Nanos,
        such: impl Fn(&CopyState) -> bool + Copy + 'static,
    ) -> impl Iterator<Item = (Key, Place, WriteId)> + '_ {
        self.keys.iter().flat_map(move |key| {
            let copies = (0..key.copies.seats()).map(|seat| (key.copies.place(seat), key.copies.at(seat)));
            let here = copies.filter(move |(_, copy)| copy.origin.is_some() && copy.expires >= at && such(copy));
            here.map(|(place, copy)| (key.key, place, WriteId(copy.value)))
        })
    }
}

/// Bookkeeping.
impl Ledger {
    fn slot_of(&self, key: Key) -> Option<usize> {
        self.slots.get(key as usize).copied().filter(|&slot| slot != NONE).map(|slot| slot as usize)
    }

    pub(super) fn begin_mending(&mut self, slot: usize) {
        let key = &mut self.keys[slot];
        key.menders += 1;
        if key.menders == 1 && key.copies.may_diverge() {
            self.judge_copies(slot);
        }
    }

    pub(super) fn end_mending(&mut self, slot: usize) {
        self.keys[slot].end_mending();
        self.judge_copies_unless_seen_to(slot);
    }

    /// While something sees to the copies of a key none of them diverges, whatever else happens: there is nothing to judge.
    #[inline]
    pub(super) fn judge_copies_unless_seen_to(&mut self, slot: usize) {
        let key = &self.keys[slot];
        // Nearly every copy is the only one, and has what the database has.
        let only = key.copies.near.is_none();
        let agrees = only && !key.copies.cache.diverges && key.copies.cache.agrees(key.current);
        if key.menders == 0 && !agrees {
            self.judge_copies(slot);
        }
    }

    fn judge_copies(&mut self, slot: usize) {
        let seats = self.keys[slot].copies.seats();
        work::count(seats as usize - 1);
        (0..seats).for_each(|seat| self.judge_copy(slot, seat));
        // Not before: of two copies that change places, one may come before the other goes.
        self.diverging_max = self.diverging_max.max(self.tally.diverging);
    }

    fn judge_copy(&mut self, slot: usize, seat: Seat) {
        let key = &self.keys[slot];
        let copy = key.copies.at(seat);
        let diverges = !copy.agrees(key.current)
            && key.menders == 0
            && copy.expires >= self.now
            && self.writes[copy.value as usize].holds == 0;
        if diverges == copy.diverges {
            return;
        }
        let cause = (diverges && !copy.told).then(|| self.why_it_diverges(slot, copy));
        let copy = self.keys[slot].copies.at_mut(seat);
        copy.diverges = diverges;
        copy.told |= diverges;
        if let Some(cause) = cause {
            self.diverged.0[cause as usize] += 1;
            let copies = &self.keys[slot].copies;
            let (value, place) = (WriteId(copies.at(seat).value), copies.place(seat));
            self.note_diverging(value, self.keys[slot].key, place, cause);
        }
        if diverges {
            self.tally.diverging += 1;
            self.note_expiry(slot, seat);
        } else {
            self.tally.diverging -= 1;
        }
    }

    fn why_it_diverges(&self, slot: usize, copy: &CopyState) -> Divergence {
        let key = &self.keys[slot];
        let (x, v) = (copy.value, key.current);
        let last = &self.writes[v as usize];
        let crashed = self.breaks[last.broke as usize].cause == Cause::DualWriteHalfDone;
        match copy.origin {
            _ if !self.is_committed(x) => Divergence::NeverCommitted,
            _ if self.precedes(v, x) => Divergence::OverwrittenByOlder,
            Some(Origin::Restored) if copy.old => Divergence::Restored,
            Some(Origin::Fill) if copy.old => Divergence::StaleFill,
            Some(Origin::Update) if copy.old => Divergence::OvertakenUpdate,
            _ if crashed || key.copies.mishap == Some(Mended::Crashed) => Divergence::CrashBetween,
            _ if key.copies.mishap == Some(Mended::InVain) => Divergence::LostInvalidation,
            _ if last.is(GAVE_UP) => Divergence::CommitWithoutAnswer,
            Some(Origin::Update) if !self.precedes(x, v) => Divergence::OvertakenUpdate,
            _ => Divergence::Left,
        }
    }

    /// What is there is there no more, or is about to be replaced.
    fn forget_copy(&mut self, slot: usize, seat: Seat) {
        let copy = self.keys[slot].copies.at_mut(seat);
        copy.origin = None;
        if std::mem::take(&mut copy.diverges) {
            self.tally.diverging -= 1;
        }
    }

    /// Sees to it that the end of a diverging copy's TTL is noticed.
    fn note_expiry(&mut self, slot: usize, seat: Seat) {
        let copy = self.keys[slot].copies.at_mut(seat);
        if copy.diverges && copy.expires < copy.noted {
            copy.noted = copy.expires;
            self.expiries.push(Reverse((copy.expires, slot as u32, seat)));
            self.next_expiry = self.next_expiry.min(copy.expires);
        }
    }

    /// Copies whose TTLs have ended by now are none.
    #[cold]
    pub(super) fn expire_copies(&mut self) {
        while let Some(&Reverse((expires, slot, seat))) = self.expiries.peek()
            && expires < self.now
        {
            work::count(1);
            self.expiries.pop();
            let slot = slot as usize;
            let copy = self.keys[slot].copies.at_mut(seat);
            // Another moment: the place was noted again, for an earlier one, and this note is void.
            if copy.noted == expires {
                copy.noted = Nanos::MAX;
                if copy.expires < self.now {
                    self.forget_copy(slot, seat);
                } else {
                    self.note_expiry(slot, seat); // it was renewed meanwhile, or replaced
                }
            }
        }
        self.next_expiry = self.expiries.peek().map_or(Nanos::MAX, |Reverse((expires, ..))| *expires);
    }

    /// Checks the gauge against a plain recount by the definitions. O(n); for tests.
    pub(super) fn validate_copies(&self) {
        let mut diverging = 0;
        for key in self.keys.iter() {
            for seat in 0..key.copies.seats() {
                let copy = key.copies.at(seat);
                let held = self.writes[copy.value as usize].holds > 0;
                let differs = copy.origin.is_some() && copy.expires >= self.now && copy.value != key.current;
                assert_eq!(copy.diverges, differs && !held && key.menders == 0, "key {}: seat {seat}", key.key);
                assert!(!copy.diverges || copy.noted <= copy.expires, "key {}: seat {seat}: its end", key.key);
                diverging += u64::from(copy.diverges);
            }
        }
        assert_eq!(diverging, self.tally.diverging, "diverging copies against a recount");
        assert!(self.diverging_max >= diverging);
    }
}
