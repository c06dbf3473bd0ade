//! Increments: what a value is made of, and which read-modify-writes nobody will find in the database.
//!
//! Each increment tells which value it was applied to: its *base*. From the database's value of a key, the bases lead
//! back from increment to increment to a plain write (or the initial value), the *root*. The value **contains** all of
//! them:
//!
//! ```text
//!   root ◀─ i₁ ◀─ i₂ ◀─ i₄     the database's value: it contains root, i₁, i₂, i₄
//!             ◀─ i₃            applied to i₁ too, acknowledged, and not contained: lost
//! ```
//!
//! *Lost increments.* A value *accounts for* an increment that it contains, and for one that does not come after its root.
//! An increment *comes after* a root that precedes it or to which its own bases lead; one that a plain write may have
//! replaced is none of ours. An acknowledged increment is lost when the database's value does not account for it and
//! nothing that is held does. Whether the write itself is durable does not matter: most lost increments are.
//!
//! *Lost writes that are back.* A row that was dropped is nobody's loss once the database has a value that was made from
//! it: of an increment nothing is missing then. So whatever the database's value contains counts no longer among the
//! writes ever [lost](super::Ledger::ever_lost). Which writes these are is marked as values come and go; a value is mostly
//! made from the one before, so that a commit marks one write.

use std::collections::BTreeMap;

use super::classes::unpool;
use super::record::{Answer, CONTAINED, POOLED, SEEN, VANISHED, Write};
use super::{Increments, Ledger, NONE};
use crate::model::WriteId;
use crate::time::Nanos;
use crate::work;

/// A write that is applied to nothing: a plain one.
const PLAIN: u32 = NONE;

impl Ledger {
    /// The write adds to the value `base` instead of replacing whatever is there. Told before it is committed, or again
    /// when it was applied to nothing yet and is now to be applied to another base; what the database has, or has
    /// something made from, stays what it is.
    pub fn based_on(&mut self, w: WriteId, base: WriteId) {
        assert!(w != base, "nothing is applied to itself: {w:?}");
        let write = &self.writes[w.index()];
        assert!(
            base == WriteId::INITIAL || self.writes[base.index()].slot == write.slot,
            "a base is a write of the same key"
        );
        if self.is_committed(w.0) || write.is(CONTAINED) {
            return;
        }
        if self.bases.len() <= w.index() {
            self.bases.resize(w.index() + 1, PLAIN);
        }
        self.bases[w.index()] = base.0;
    }

    /// How many increments were acknowledged so far, and how many of them are lost now. O(writes).
    pub fn increments(&self) -> Increments {
        if self.bases.is_empty() {
            return Increments::default();
        }
        work::count(2 * self.writes.len());
        let roots = Roots::of(self);
        let recoverable = Recoverable::of(self, &roots);
        let mut counts = Increments::default();
        for w in (1..self.bases.len() as u32).filter(|&w| self.base(w).is_some()) {
            let write = &self.writes[w as usize];
            if write.answer != Answer::Acknowledged {
                continue;
            }
            counts.acknowledged += 1;
            let comes_after = |root: u32| roots.of[w as usize] == root || self.precedes(root, w);
            let root = roots.of[self.keys[write.slot as usize].current as usize];
            let accounted = self.is_contained(w) || !comes_after(root);
            let is_recoverable =
                || recoverable.contained[w as usize] || recoverable.has_root_not_before(write, roots.of[w as usize]);
            counts.lost += u64::from(!accounted && !is_recoverable());
        }
        counts
    }

    /// The write whose value it was applied to, if it is an increment.
    pub fn applied_to(&self, w: WriteId) -> Option<WriteId> {
        self.base(w.0).map(WriteId)
    }

    /// What a write was applied to, if it is an increment.
    fn base(&self, w: u32) -> Option<u32> {
        self.bases.get(w as usize).copied().filter(|&base| base != PLAIN)
    }

    /// Whether the database's value is, or was made from, this write.
    pub(super) fn is_contained(&self, w: u32) -> bool {
        let write = &self.writes[w as usize];
        write.is(CONTAINED) || self.keys[write.slot as usize].current == w
    }

    /// The database's value of a key is now `new`, and was `old`: marks what the new one was made from, and takes the marks
    /// from what only the old one was.
    pub(super) fn move_contained(&mut self, old: u32, new: u32) {
        let common = if self.writes[new as usize].is(CONTAINED) { new } else { self.mark_from(new, old) };
        if common != old {
            let mut w = self.base(old);
            while let Some(left) = w
                && left != common
                && self.writes[left as usize].is(CONTAINED)
            {
                work::count(1);
                self.unmark(left);
                w = self.base(left);
            }
        }
        if common == new {
            self.writes[new as usize].flags &= !CONTAINED; // it is the value itself
        }
    }

    /// Marks what `new` was made from, back to what `old` is or was made from. Returns that, or [`PLAIN`] for none.
    fn mark_from(&mut self, new: u32, old: u32) -> u32 {
        let mut w = new;
        loop {
            match self.base(w) {
                Some(base) if base != WriteId::INITIAL.0 && base != new => w = base,
                _ => return PLAIN,
            }
            work::count(1);
            let known = w == old || self.writes[w as usize].is(CONTAINED);
            self.mark(w);
            if known {
                return w;
            }
        }
    }

    fn mark(&mut self, w: u32) {
        self.writes[w as usize].flags |= CONTAINED;
        self.regain(w);
    }

    /// The database has the write, or something made from it: nobody has lost it.
    pub(super) fn regain(&mut self, w: u32) {
        let write = &mut self.writes[w as usize];
        if write.is(VANISHED) {
            self.reads.vanished -= u64::from(write.early_reads());
            write.flags &= !VANISHED;
        }
        if let Some(cause) = write.lost_for() {
            write.set_lost_for(None);
            self.tally.ever_lost.0[cause as usize] -= 1;
            self.tally.lost_and_read -= u64::from(write.is(SEEN));
            self.count_lost_of_second(w, false);
            self.withdraw_case(WriteId(w));
        }
    }

    /// The database's value no longer contains the write: whether it is lost is worked out again.
    fn unmark(&mut self, w: u32) {
        let write = &mut self.writes[w as usize];
        write.flags &= !CONTAINED;
        if write.is(POOLED) {
            write.flags &= !POOLED;
            let cause = write.cause().expect("a pooled write has a cause");
            let key = &mut self.keys[write.slot as usize];
            key.fresh += 1;
            unpool(key, &mut self.tally, cause);
        }
        self.check_vanished(WriteId(w));
    }
}

/// What could still become the database's values.
struct Recoverable {
    /// By write: something held contains it.
    contained: Vec<bool>,
    /// By key: of the roots of its held writes the two that end last, the last first, each with its end.
    roots: BTreeMap<u32, [Option<(Nanos, u32)>; 2]>,
}

impl Recoverable {
    fn of(ledger: &Ledger, roots: &Roots) -> Recoverable {
        let mut recoverable = Recoverable { contained: vec![false; ledger.writes.len()], roots: BTreeMap::new() };
        for w in (1..ledger.writes.len() as u32).filter(|&w| ledger.writes[w as usize].holds > 0) {
            let root = roots.of[w as usize];
            // The initial value precedes every write, so that none is saved by it.
            if root != WriteId::INITIAL.0 {
                recoverable.add_root(ledger.writes[w as usize].slot, (ledger.writes[root as usize].end, root));
            }
            let mut next = Some(w);
            while let Some(w) = next
                && !std::mem::replace(&mut recoverable.contained[w as usize], true)
            {
                next = ledger.base(w);
            }
        }
        recoverable
    }

    fn add_root(&mut self, slot: u32, root: (Nanos, u32)) {
        let [last, before] = self.roots.entry(slot).or_default();
        if last.is_none_or(|last| last < root) {
            *before = last.replace(root);
        } else if *last != Some(root) && before.is_none_or(|before| before < root) {
            *before = Some(root);
        }
    }

    /// Whether some held write of the key has a root that an increment with the root `own` does not come after: one that
    /// is not its own and does not precede it. Where any is so, one of the two that end last is.
    fn has_root_not_before(&self, increment: &Write, own: u32) -> bool {
        let roots = self.roots.get(&increment.slot).into_iter().flatten().flatten();
        roots.copied().any(|(end, root)| root != own && end >= increment.issued)
    }
}

/// Where the bases of each write lead; a circle, which no store makes, leads to the initial value.
struct Roots {
    of: Vec<u32>,
}

impl Roots {
    fn of(ledger: &Ledger) -> Roots {
        let mut of = vec![PLAIN; ledger.writes.len()];
        let mut way = Vec::new();
        for start in 0..of.len() as u32 {
            let mut w = start;
            while of[w as usize] == PLAIN
                && let Some(base) = ledger.base(w)
            {
                // In case the way comes back here.
                of[w as usize] = WriteId::INITIAL.0;
                way.push(w);
                w = base;
            }
            let root = if of[w as usize] == PLAIN { w } else { of[w as usize] };
            of[w as usize] = root;
            way.drain(..).for_each(|w| of[w as usize] = root);
        }
        Roots { of }
    }
}
