//! Which of the writes at risk would outlive a crash.
//!
//! A holder is told of as one thing: a buffer has a write, or has not. Part of a buffer may be on a disk, too, or with a
//! replica. Of a write at risk nothing is missing after a crash if among what is left is the write itself, or one that it
//! precedes or that is concurrent: the same rule by which anything held mends the writes before it.

use std::collections::BTreeMap;

use super::Ledger;
use crate::model::WriteId;
use crate::time::Nanos;
use crate::work;

impl Ledger {
    /// How many of the writes [at risk](super::Class::AtRisk) would be so still if nothing but these writes were held. O(n log n)
    /// in their number, whatever the length of the run.
    pub fn kept_by(&self, left: &[WriteId]) -> u64 {
        let mut ends: BTreeMap<u32, Nanos> = BTreeMap::new();
        work::count(left.len());
        for w in left {
            let write = &self.writes[w.index()];
            let key = &self.keys[write.slot as usize];
            if (key.covered as usize) < key.acked.len() {
                let end = ends.entry(write.slot).or_default();
                *end = (*end).max(write.end);
            }
        }
        ends.into_iter().map(|(slot, end)| self.at_risk_up_to(slot as usize, end)).sum()
    }

    /// How many writes of a key are at risk that were issued up to `end`.
    fn at_risk_up_to(&self, slot: usize, end: Nanos) -> u64 {
        let key = &self.keys[slot];
        let held = match key.open_holds {
            // few: what is void and comes last is dropped whenever something of the key is settled
            0 => key.holds_from_last().find(|entry| self.still_holds(*entry)).map(|(end, _)| end),
            _ => Some(Nanos::MAX),
        };
        let Some(held) = held else { return 0 };
        let up_to = key.acked.partition(key.covered as usize, |w| self.writes[w as usize].issued <= end.min(held));
        up_to as u64 - u64::from(key.covered)
    }
}
