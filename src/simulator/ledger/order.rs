//! Newer and older: real time decides, and between writers that overlap the order in which the database committed.
//!
//! `v` is **newer** than `s`, another value of the same key, when
//! - `s` precedes `v` (see the [tour](super)); or
//! - neither precedes the other, both were committed, and the database committed `v` last after it committed `s` last.
//!
//! ```text
//!   s  ├──── commit 4 ────┤              they overlap, so real time says nothing:
//!   v     ├──── commit 5 ──┤             the database has v, and a copy of s is old for good
//! ```
//!
//! Where real time speaks it has the last word: an old write that is committed late over a newer one is not newer for
//! that; it has [overwritten](super::Cause::OverwrittenByOlder) it.
//!
//! A read that saw `s` missed `v` *from* the moment at which `v` was acknowledged and, where only the database's order
//! makes it newer, committed after `s`, too: before that, nobody could know.
//!
//! # What a read costs
//!
//! A read of the database's value misses nothing by that order: O(1). For any other the key keeps its commits in two rows.
//!
//! *Acknowledged after the commit* (nearly all but those of write-back): such a commit begins to count when it is
//! acknowledged, which is the latest moment known by then. One with a later commit in the row already, which counts
//! longer and against more, adds nothing; so the row ascends both by commit and by moment, and the first entry
//! behind the last commit of `s` is the answer. None of them precedes `s`: they were acknowledged after they were
//! committed, which was after `s` was, which was after `s` was issued.
//!
//! *Acknowledged before the commit*: such a commit begins to count at once, so this row ascends by itself. But its write
//! may precede `s`, and then the next entry may count. Over the row lie the latest acknowledgements of every 16, 256, …
//! entries, so that those that do not count are passed over by blocks: O(log n), whatever was committed late.

use super::Ledger;
use super::record::{COMMITTED, Write};
use super::rows::Rows;
use crate::model::WriteId;
use crate::time::Nanos;
use crate::work;

/// The commits of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// How many there were; the next has the number after.
    commits: u32,
    /// Commits that were acknowledged later: number and write. Ascending by number and by acknowledgement.
    told_later: Vec<(u32, u32)>,
    /// Commits of what had been acknowledged.
    told_before: Option<Box<ToldBefore>>,
}

/// Commits of writes that had been acknowledged before, in their order.
#[derive(Clone, Debug, Default)]
struct ToldBefore {
    /// Number, and moment of the commit.
    commits: Vec<(u32, Nanos)>,
    /// When each was acknowledged, then the latest of each whole block of [`BLOCK`], of each block of blocks, and so on.
    latest: Vec<Vec<Nanos>>,
}

/// How many entries, or blocks of one size, make a block of the next.
const BLOCK: usize = 16;

impl Order {
    /// Another commit. Returns its number, from 1.
    pub fn commit(&mut self, acknowledged: Option<Nanos>, now: Nanos) -> u32 {
        self.commits += 1;
        if let Some(acknowledged) = acknowledged {
            self.told_before.get_or_insert_default().push(self.commits, acknowledged, now);
        }
        self.commits
    }

    /// The write whose last commit is the `place`-th is acknowledged now.
    pub fn acknowledged(&mut self, place: u32, write: u32) {
        if self.told_later.last().is_none_or(|(last, _)| *last < place) {
            self.told_later.push((place, write));
        }
    }

    /// From when on a read missed something that was committed after the `place`-th commit, which was of a write issued at
    /// `issued`.
    fn missed_since(&self, place: u32, issued: Nanos, writes: &Rows<Write>) -> Option<Nanos> {
        if place == self.commits {
            return None;
        }
        let behind = self.told_later.partition_point(|(other, _)| *other <= place);
        let later = self.told_later.get(behind).map(|(_, write)| writes[*write as usize].end);
        let before = self.told_before.as_ref().and_then(|row| row.first_behind(place, issued));
        later.into_iter().chain(before).min()
    }
}

impl ToldBefore {
    fn push(&mut self, number: u32, acknowledged: Nanos, now: Nanos) {
        self.commits.push((number, now));
        let (mut size, mut latest) = (0, acknowledged);
        loop {
            if self.latest.len() == size {
                self.latest.push(Vec::new());
            }
            let blocks = &mut self.latest[size];
            blocks.push(latest);
            if !blocks.len().is_multiple_of(BLOCK) {
                return;
            }
            latest = blocks[blocks.len() - BLOCK..].iter().copied().max().expect("a whole block");
            size += 1;
        }
    }

    /// The moment of the first commit behind number `place` whose write was acknowledged at `issued` or later.
    fn first_behind(&self, place: u32, issued: Nanos) -> Option<Nanos> {
        let mut at = self.commits.partition_point(|(number, _)| *number <= place);
        let mut size = 0;
        loop {
            work::count(1);
            match self.latest[size].get(at) {
                Some(latest) if *latest < issued => {
                    at += 1;
                    while at % BLOCK == 0 && self.latest.get(size + 1).is_some_and(|blocks| at / BLOCK < blocks.len()) {
                        (at, size) = (at / BLOCK, size + 1);
                    }
                }
                Some(_) if size == 0 => return Some(self.commits[at].1),
                None if size == 0 => return None,
                // It is in this block, or the block is not whole yet.
                Some(_) | None => (at, size) = (at * BLOCK, size - 1),
            }
        }
    }
}

impl Ledger {
    /// Whether `v` is newer than `s`, a value of the same key.
    pub(super) fn is_newer(&self, v: u32, s: u32) -> bool {
        if v == s || v == 0 || s == 0 {
            return s < v;
        }
        if self.precedes(s, v) {
            return true;
        }
        !self.precedes(v, s) && matches!((self.place(v), self.place(s)), (Some(v), Some(s)) if v > s)
    }

    fn place(&self, w: u32) -> Option<u32> {
        self.writes[w as usize].place()
    }

    /// From when on a read that sees `saw` misses a newer write that was acknowledged, if there is one.
    pub(super) fn missed_since(&self, slot: usize, saw: WriteId) -> Option<Nanos> {
        let by_time = self.first_newer_acknowledgement(slot, saw);
        let key = &self.keys[slot];
        if saw.0 == key.current || saw == WriteId::INITIAL {
            return by_time;
        }
        let seen = &self.writes[saw.index()];
        let by_commits = seen.place().and_then(|place| key.order.missed_since(place, seen.issued, &self.writes));
        by_time.into_iter().chain(by_commits).min()
    }

    /// Whether the write was committed.
    pub(super) fn is_committed(&self, w: u32) -> bool {
        w == 0 || self.writes[w as usize].is(COMMITTED)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However many commits there are, and in whatever order their writes were acknowledged: what is found over the
        /// blocks is what looking at one after the other finds.
        #[test]
        fn the_first_commit_behind_is_found_over_blocks_as_one_by_one(
            length in 0..3_000usize, seed: u64, late in 0..4u64, place in 0..3_100u32, issued in 0..3_100u64
        ) {
            let (mut row, mut draw) = (ToldBefore::default(), seed);
            let mut told = Vec::new();
            for n in 0..length as u64 {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Some, or all, are of writes that were acknowledged long before.
                let acknowledged = if (draw >> 33) % 4 < late { (draw >> 40) % (n + 1) } else { n };
                let (number, at) = (n as u32 + 1, n + 5);
                row.push(number, Nanos(acknowledged), Nanos(at));
                told.push((number, acknowledged, at));
            }
            if length > 0 {
                let first = told.iter().find(|(number, acknowledged, _)| *number > place && *acknowledged >= issued);
                prop_assert_eq!(row.first_behind(place, Nanos(issued)), first.map(|(.., at)| Nanos(*at)));
            }
        }
    }
}
