//! The two borders in each key's row of acknowledged writes, and the counts that follow them.
//!
//! Both borders are lengths of a front part of the row, because a write that ends at `t` fails to precede exactly the
//! writes issued up to `t`, and the row is in order of issue:
//!
//! - `covered`: issued up to the end of the database's value. Durable or superseded.
//! - behind it, up to the end of the last-ending held write: at risk. Behind that: the *pool*, which is lost unless a
//!   write that has not ended is held.
//!
//! The border of the pool is moved only when the pool really is lost. As long as the recoverable position covers the whole row (the usual
//! state: the newest write is held) the pool keeps its old border and is merely counted as at risk, so that a hundred
//! thousand lost writes of a hot key cost nothing each time another write comes and goes.

use std::ops::Range;

use super::record::{Answer, COMMITTED, KeyState, Newest, POOLED, SEEN, WENT_BACK};
use super::{Cause, Class, Ledger, Tally};
use crate::model::{Key, WriteId};
use crate::time::Nanos;
use crate::work;

impl Ledger {
    /// Whether `w` ended before `v`, of the same key, was issued.
    pub(super) fn precedes(&self, w: u32, v: u32) -> bool {
        // What was issued later cannot have ended before.
        w < v && (w == 0 || self.writes[w as usize].end < self.writes[v as usize].issued)
    }

    /// Whether an acknowledged write is durable or superseded.
    pub(super) fn is_covered(&self, w: WriteId) -> bool {
        !self.precedes(self.keys[self.writes[w.index()].slot as usize].current, w.0)
    }

    /// The class of a write attempt at this instant.
    pub fn class(&self, w: WriteId) -> Class {
        assert!(w != WriteId::INITIAL, "the initial value is not an attempt");
        let write = &self.writes[w.index()];
        match write.answer {
            Answer::None => Class::InFlight,
            Answer::Unanswered => Class::Unknown,
            Answer::Refused if write.is(COMMITTED) || write.early_reads() > 0 => Class::Phantom,
            Answer::Refused => Class::Rejected,
            Answer::Acknowledged if self.is_covered(w) => {
                if write.is(COMMITTED) {
                    Class::Durable
                } else {
                    Class::Superseded
                }
            }
            Answer::Acknowledged => {
                let key = &self.keys[write.slot as usize];
                let recoverable = key.holds_from_last().find(|entry| self.still_holds(*entry)).map(|(end, _)| end);
                if key.open_holds > 0 || recoverable >= Some(write.issued) { Class::AtRisk } else { Class::Lost }
            }
        }
    }

    pub(super) fn still_holds(&self, (end, w): (Nanos, u32)) -> bool {
        let write = &self.writes[w as usize];
        write.holds > 0 && write.end == end
    }

    /// The end of a held write became known, or later.
    pub(super) fn end_hold(&mut self, slot: usize, w: u32, was_open: bool) {
        let end = self.writes[w as usize].end;
        let key = &mut self.keys[slot];
        if was_open {
            key.open_holds -= 1;
        } else {
            key.closed_holds -= 1; // its former entry is void, and counted again below
            if key.last_hold == w {
                key.drop_last_hold();
            }
        }
        key.hold_closed(end, w);
        if key.earlier_holds.len() > 32 && key.earlier_holds.len() > 2 * key.closed_holds as usize {
            let mut entries = std::mem::take(&mut key.earlier_holds);
            work::count(entries.len());
            entries.retain(|entry| self.still_holds(*entry));
            self.keys[slot].earlier_holds = entries;
        }
    }

    /// The latest end among the held writes, [`Nanos::MAX`] for one that has not ended, `None` when none is held.
    fn recoverable_to(&mut self, slot: usize) -> Option<Nanos> {
        if self.keys[slot].open_holds > 0 {
            return Some(Nanos::MAX);
        }
        loop {
            let key = &self.keys[slot];
            if key.last_hold == 0 {
                return None;
            }
            if self.still_holds((key.last_hold_end, key.last_hold)) {
                return Some(key.last_hold_end);
            }
            self.keys[slot].drop_last_hold();
        }
    }

    /// Puts a write just acknowledged in its place in the row.
    pub(super) fn line_up(&mut self, slot: usize, w: u32) {
        let covered = self.is_covered(WriteId(w));
        let key = &mut self.keys[slot];
        if w < key.newest && key.newest_when.is_none() {
            // It was overtaken, the first of its key.
            key.newest_when = Some(Box::new(Newest(key.acked.iter().collect())));
        }
        let place = key.acked.insert(w) as u32;
        if w > key.newest {
            (key.newest, key.newest_issued) = (w, self.writes[w as usize].issued);
            if let Some(newest) = &mut key.newest_when {
                newest.0.push(w);
            }
        }
        if covered {
            assert!(place <= key.covered);
            key.covered += 1;
            key.boundary += 1;
            let committed = self.writes[w as usize].is(COMMITTED);
            self.tally.count_covered(committed, 1);
        } else {
            assert!(place >= key.covered);
            self.tally.uncovered += 1;
            if place < key.boundary {
                key.boundary += 1;
            } else {
                key.fresh += 1;
            }
        }
    }

    /// Moves the first border to where the database's value now puts it.
    pub(super) fn move_cover(&mut self, slot: usize) {
        let key = &self.keys[slot];
        let (current, was, len) = (key.current, key.covered as usize, key.acked.len());
        if was == len && self.writes[current as usize].end >= key.newest_issued {
            return; // the usual case, decided without a look at former writes
        }
        let mut covered = was;
        let row = std::mem::take(&mut self.keys[slot].acked);
        while covered < row.len() && !self.precedes(current, row.at(covered)) {
            self.cover(slot, row.at(covered), covered as u32);
            covered += 1;
        }
        while covered > 0 && covered <= was && self.precedes(current, row.at(covered - 1)) {
            covered -= 1;
            self.uncover(row.at(covered));
        }
        work::count(covered.abs_diff(was));
        let key = &mut self.keys[slot];
        key.acked = row;
        key.covered = covered as u32;
        key.boundary = key.boundary.max(key.covered);
    }

    fn cover(&mut self, slot: usize, w: u32, place: u32) {
        let write = &mut self.writes[w as usize];
        let key = &mut self.keys[slot];
        if write.is(POOLED) {
            let cause = write.cause().expect("a pooled write has a cause");
            unpool(key, &mut self.tally, cause);
        } else if place >= key.boundary {
            key.fresh -= 1;
        }
        write.set_cause(None);
        write.flags &= !(POOLED | WENT_BACK);
        self.tally.uncovered -= 1;
        self.tally.count_covered(write.is(COMMITTED), 1);
    }

    /// The database went back past `w`.
    fn uncover(&mut self, w: u32) {
        let write = &mut self.writes[w as usize];
        if write.holds == 0 {
            write.flags |= WENT_BACK;
        }
        self.tally.uncovered += 1;
        self.tally.count_covered(write.is(COMMITTED), -1);
    }

    /// Something got hold of a write nobody had: what was said of its loss no longer counts.
    pub(super) fn forget_loss(&mut self, w: WriteId) {
        let write = &mut self.writes[w.index()];
        let key = &mut self.keys[write.slot as usize];
        if write.is(POOLED) {
            unpool(key, &mut self.tally, write.cause().expect("a pooled write has a cause"));
            key.fresh += 1;
        }
        write.set_cause(None);
        write.flags &= !(POOLED | WENT_BACK);
        (write.broke, write.into) = (0, 0);
    }

    /// Moves the second border, if anything of the key is lost now.
    pub(super) fn settle(&mut self, slot: usize) {
        let key = &self.keys[slot];
        if key.covered as usize == key.acked.len() {
            return; // the usual case: nothing waits for anything
        }
        let newest_issued = key.newest_issued;
        let recoverable = self.recoverable_to(slot);
        if recoverable >= Some(newest_issued) {
            self.show_pool(slot, false);
            return;
        }
        self.show_pool(slot, true);
        let key = &self.keys[slot];
        let border = match recoverable {
            None => key.covered,
            Some(end) => key.acked.partition(key.covered as usize, |w| self.writes[w as usize].issued <= end) as u32,
        };
        let former = key.boundary;
        self.move_boundary(slot, border);
        self.fill_pool(slot, border..former);
    }

    /// Counts the pool as lost, or as at risk.
    fn show_pool(&mut self, slot: usize, lost: bool) {
        let key = &mut self.keys[slot];
        if key.pool_is_lost == lost {
            return;
        }
        key.pool_is_lost = lost;
        let Some(pool) = &key.pool else { return };
        if key.pooled > 0 {
            self.tally.keys_lost = if lost { self.tally.keys_lost + 1 } else { self.tally.keys_lost - 1 };
        }
        for (count, n) in self.tally.lost.0.iter_mut().zip(pool.iter()) {
            let n = u64::from(*n);
            *count = if lost { *count + n } else { *count - n };
            self.tally.lost_total = if lost { self.tally.lost_total + n } else { self.tally.lost_total - n };
        }
    }

    fn move_boundary(&mut self, slot: usize, to: u32) {
        let key = &mut self.keys[slot];
        work::count(to.abs_diff(key.boundary) as usize);
        for place in key.boundary..to {
            let write = &mut self.writes[key.acked.at(place as usize) as usize];
            if write.is(POOLED) {
                // The cause stays: it is what the write is lost for, should this holder release it, too.
                let cause = write.cause().expect("a pooled write has a cause");
                write.flags &= !POOLED;
                unpool(key, &mut self.tally, cause);
            } else {
                key.fresh -= 1;
            }
        }
        key.fresh += key.boundary.saturating_sub(to);
        key.boundary = to;
    }

    /// Takes all behind the boundary into the pool; the newest first, so that the cause of a write that took another's
    /// place in the buffer is mostly known before it is asked for. Those at the places `passed` have just come behind it.
    fn fill_pool(&mut self, slot: usize, passed: Range<u32>) {
        let key = &self.keys[slot];
        // Usually it is they, or the newest.
        let all_passed = key.fresh as usize == passed.len();
        let mut place = if all_passed { passed.end as usize } else { key.acked.len() };
        while self.keys[slot].fresh > 0 {
            work::count(1);
            place -= 1;
            let w = self.keys[slot].acked.at(place);
            if self.writes[w as usize].is(POOLED) {
                continue;
            }
            let cause = self.settle_cause(w);
            self.writes[w as usize].flags |= POOLED;
            let key = &mut self.keys[slot];
            key.fresh -= 1;
            key.pool.get_or_insert_default()[cause as usize] += 1;
            key.pooled += 1;
            self.tally.keys_lost += u64::from(key.pooled == 1);
            self.tally.lost.0[cause as usize] += 1;
            self.tally.lost_total += 1;
            self.vanish(w);
        }
    }

    /// The cause of a write that is lost now; the first time, it is noted as a case. The database may all the same have
    /// something that was made from it: then nothing is missing.
    fn settle_cause(&mut self, w: u32) -> Cause {
        let cause = match self.writes[w as usize].cause() {
            Some(cause) => cause,
            None => self.find_cause(w),
        };
        let contained = self.is_contained(w);
        let write = &mut self.writes[w as usize];
        write.set_cause(Some(cause));
        if write.lost_for().is_none() && !contained {
            write.set_lost_for(Some(cause));
            self.tally.ever_lost.0[cause as usize] += 1;
            self.tally.lost_and_read += u64::from(write.is(SEEN));
            self.count_lost_of_second(w, true);
            self.note_lost(WriteId(w), cause);
        }
        cause
    }

    fn find_cause(&self, mut w: u32) -> Cause {
        loop {
            let write = &self.writes[w as usize];
            if let Some(cause) = write.cause() {
                return cause;
            }
            if write.flags & (COMMITTED | WENT_BACK) != 0 {
                return Cause::OverwrittenByOlder;
            }
            if write.into == 0 {
                return self.breaks[write.broke as usize].cause;
            }
            w = write.into;
        }
    }

    /// The acknowledgement time of the first write that `saw` precedes, if there is one.
    pub(super) fn first_newer_acknowledgement(&self, slot: usize, saw: WriteId) -> Option<Nanos> {
        if saw.0 >= self.keys[slot].newest {
            return None;
        }
        let row = &self.keys[slot].acked;
        let newer = |place: usize| self.precedes(saw.0, row.at(place));
        // Gallop from the newest: most reads see it or one close to it.
        let (mut low, mut high, mut stride) = (row.len(), row.len(), 1);
        while low > 0 && newer(low - 1) {
            high = low - 1;
            low = high.saturating_sub(stride);
            stride *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if newer(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if high == row.len() {
            return None;
        }
        // A later write may have been acknowledged earlier. Whichever of them was acknowledged first, none newer had been.
        let first = match &self.keys[slot].newest_when {
            None => row.at(high),
            Some(newest) => newest.0[newest.0.partition_point(|&w| w < row.at(high))],
        };
        Some(self.writes[first as usize].end)
    }

    /// Checks every count and border against a plain recount by the definitions. O(n); for tests.
    ///
    /// # Panics
    /// When something does not agree, with the key or the count in question.
    pub fn validate(&self) {
        let mut tally = Tally { diverging: self.tally.diverging, ..Tally::default() };
        let mut pools = vec![[0; Cause::COUNT]; self.keys.len()];
        for (index, write) in self.writes.iter().enumerate().skip(1) {
            let w = WriteId(index as u32);
            match self.class(w) {
                Class::InFlight => tally.in_flight += 1,
                Class::Durable => tally.durable += 1,
                Class::Superseded => tally.superseded += 1,
                Class::AtRisk => tally.uncovered += 1,
                Class::Rejected => tally.rejected += 1,
                Class::Unknown => tally.unknown += 1,
                Class::Phantom => tally.phantom += 1,
                Class::Lost => {
                    tally.uncovered += 1;
                    tally.lost_total += 1;
                    tally.lost.0[self.cause(w).expect("a lost write has a cause") as usize] += 1;
                    assert!(write.is(POOLED), "{w:?} is lost, so it is in the pool");
                    let missing = write.lost_for().is_some();
                    assert!(missing != self.is_contained(w.0), "{w:?} is lost: it is missing, or contained");
                }
            }
            if write.is(POOLED) {
                pools[write.slot as usize][write.cause().expect("a pooled write has a cause") as usize] += 1;
            }
            if let Some(cause) = write.lost_for() {
                tally.ever_lost.0[cause as usize] += 1;
                tally.lost_and_read += u64::from(write.is(SEEN));
            }
        }
        tally.keys_lost = self.keys.iter().filter(|key| self.newest_is_lost(key)).count() as u64;
        assert_eq!(tally, self.tally, "counts against a recount");
        assert_eq!(self.counts().attempts(), self.writes.len() as u64 - 1, "classes sum to attempts");
        for (key, pool) in self.keys.iter().zip(&pools) {
            self.validate_key(key, pool);
        }
        self.validate_copies();
    }

    fn newest_is_lost(&self, key: &KeyState) -> bool {
        key.newest != 0 && self.class(WriteId(key.newest)) == Class::Lost
    }

    fn validate_key(&self, key: &KeyState, pool: &[u32; Cause::COUNT]) {
        let name: Key = key.key;
        let row = &key.acked;
        let writes: Vec<u32> = row.iter().collect();
        assert!(writes.is_sorted_by(|a, b| a < b), "key {name}: the row is in order of issue");
        assert_eq!(writes.len(), row.len(), "key {name}: its length");
        assert!(key.covered <= key.boundary && key.boundary as usize <= row.len(), "key {name}: borders");
        for (place, w) in writes.iter().enumerate() {
            let covered = self.is_covered(WriteId(*w));
            assert_eq!(covered, place < key.covered as usize, "key {name}: cover of {w}");
            let pooled = self.writes[*w as usize].is(POOLED);
            assert!(!pooled || place >= key.boundary as usize, "key {name}: {w} pooled before the boundary");
        }
        let pooled: u32 = pool.iter().sum();
        assert_eq!(pooled, key.pooled, "key {name}: how many are in the pool");
        assert_eq!(pooled + key.fresh, row.len() as u32 - key.boundary, "key {name}: behind the boundary");
        assert_eq!(key.pool.as_deref().copied().unwrap_or_default(), *pool, "key {name}: pool by cause");
        let holds = self.holds_of(name);
        assert_eq!((key.open_holds, key.closed_holds), holds, "key {name}: open and closed holds");
        let valid = key.holds_from_last().filter(|entry| self.still_holds(*entry)).count() as u32;
        assert_eq!(valid, key.closed_holds, "key {name}: holds by end");
        let ends: Vec<(Nanos, u32)> = key.holds_from_last().collect();
        assert!(ends.windows(2).all(|pair| pair[0] > pair[1]), "key {name}: holds in order of end");
        assert_eq!(writes.last().copied().unwrap_or(0), key.newest, "key {name}: the newest");
    }

    fn holds_of(&self, key: Key) -> (u32, u32) {
        let slot = self.slots[key as usize];
        let held = self.writes.iter().filter(|write| write.slot == slot && write.holds > 0);
        let (open, closed): (Vec<_>, Vec<_>) = held.partition(|write| write.end == Nanos::MAX);
        (open.len() as u32, closed.len() as u32)
    }
}

impl Tally {
    fn count_covered(&mut self, committed: bool, by: i64) {
        let count = if committed { &mut self.durable } else { &mut self.superseded };
        *count = count.checked_add_signed(by).expect("no class has fewer than no writes");
    }
}

/// A write leaves its key's pool.
pub(super) fn unpool(key: &mut KeyState, tally: &mut Tally, cause: Cause) {
    key.pool.as_mut().expect("a pooled write is in a pool")[cause as usize] -= 1;
    key.pooled -= 1;
    if key.pool_is_lost {
        tally.keys_lost -= u64::from(key.pooled == 0);
        tally.lost.0[cause as usize] -= 1;
        tally.lost_total -= 1;
    }
}
