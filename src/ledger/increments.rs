//! Lost increments: a read-modify-write that was acknowledged and of which the database's value shows nothing.
//!
//! Each increment tells which value it was applied to: its *base*. From the database's value of a key, the bases lead
//! back from increment to increment to a plain write (or the initial value), the *root*:
//!
//! ```text
//!   root ◀─ i₁ ◀─ i₂ ◀─ i₄     the database's value: it counts i₁, i₂, i₄
//!             ◀─ i₃            applied to i₁ too, acknowledged, and not counted: lost
//! ```
//!
//! An acknowledged increment of the key that is not at risk, comes after the root, and is not on that way is lost. It
//! *comes after* the root when the root precedes it or when its own bases lead there; one that a plain write may have
//! replaced is none of ours. Whether the write itself is durable does not matter: most lost increments are.

use super::record::Answer;
use super::{Class, Increments, Ledger, NONE, WriteId};
use crate::work;

/// A write that is applied to nothing: a plain one.
const PLAIN: u32 = NONE;

impl Ledger {
    /// The write adds to the value `base` instead of replacing whatever is there. Told before it is committed or
    /// acknowledged, or again when it was applied to nothing yet and is now to be applied to another base.
    pub fn based_on(&mut self, w: WriteId, base: WriteId) {
        assert!(w != base, "nothing is applied to itself: {w:?}");
        let slot = self.writes[w.index()].slot;
        assert!(
            base == WriteId::INITIAL || self.writes[base.index()].slot == slot,
            "a base is a write of the same key"
        );
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
        let counted = self.counted();
        let roots = Roots::of(self);
        let mut told = Increments::default();
        for w in (1..self.bases.len()).filter(|&w| self.is_increment(w as u32)) {
            let write = &self.writes[w];
            if write.answer != Answer::Acknowledged {
                continue;
            }
            told.acknowledged += 1;
            let id = WriteId(w as u32);
            let root = roots.of[self.keys[write.slot as usize].current as usize];
            let after = roots.of[w] == root || self.precedes(root, id.0);
            told.lost += u64::from(!counted[w] && after && self.class(id) != Class::AtRisk);
        }
        told
    }

    /// Which writes the database's values are made of.
    fn counted(&self) -> Vec<bool> {
        let mut counted = vec![false; self.writes.len()];
        for key in self.keys.iter() {
            let mut w = key.current;
            while self.is_increment(w) && !std::mem::replace(&mut counted[w as usize], true) {
                w = self.bases[w as usize];
            }
        }
        counted
    }

    fn is_increment(&self, w: u32) -> bool {
        self.bases.get(w as usize).is_some_and(|&base| base != PLAIN)
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
            while of[w as usize] == PLAIN && ledger.is_increment(w) {
                // In case the way comes back here.
                of[w as usize] = WriteId::INITIAL.0;
                way.push(w);
                w = ledger.bases[w as usize];
            }
            let root = if of[w as usize] == PLAIN { w } else { of[w as usize] };
            of[w as usize] = root;
            way.drain(..).for_each(|w| of[w as usize] = root);
        }
        Roots { of }
    }
}
