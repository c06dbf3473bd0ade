//! Cases: which writes were lost, which reads were stale, which copies differ. Only which: how each came about is told by a
//! second run, in which everything about its key is [heard](super::heard).

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::copies::Divergence;
use super::{Cause, Ledger, Place};
use crate::model::{ClientId, Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// How many lost writes are kept as cases; the rest are counted.
pub const LOST_CASES_MAX: usize = 1_000;

/// How many cases of every other kind are kept.
pub const CASES_MAX: usize = 100;

/// What is the matter with a write, a read or a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaseKind {
    /// The write was acknowledged, and nothing could deliver it any more.
    Lost {
        /// Why.
        cause: Cause,
    },
    /// A read was answered with the write although a newer one was known.
    Stale {
        /// Since when a read should have seen a newer one.
        since: Nanos,
    },
    /// A read was answered with the write, which then was nowhere.
    Vanished,
    /// A copy has the write, and the database another one, for good.
    Diverging {
        /// Where the copy stands.
        place: Place,
        /// Why.
        divergence: Divergence,
    },
    /// The client got a rejection, yet the write was committed or read.
    Phantom,
}

/// One lost write, stale or vanished read, or copy that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is the matter.
    pub kind: CaseKind,
    /// The key.
    pub key: Key,
    /// The write that is lost, or that was read, or that the copy has.
    pub write: WriteId,
    /// Who asked for the write; of a stale read, who read.
    pub client: ClientId,
    /// When the write was issued; of a stale read, when that was.
    pub issued: Nanos,
    /// When it came about: of a stale read, when it was answered.
    pub at: Nanos,
}

/// A case as texts say it: what is the matter beside the rest.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Case")]
struct Beside {
    #[serde(flatten)]
    kind: CaseKind,
    key: Key,
    write: WriteId,
    client: ClientId,
    issued: Nanos,
    at: Nanos,
}

/// A case where nobody reads it, field by field.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Case")]
struct Within {
    #[serde(with = "KindWithin")]
    kind: CaseKind,
    key: Key,
    write: WriteId,
    client: ClientId,
    issued: Nanos,
    at: Nanos,
}

/// Likewise what is the matter.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CaseKind")]
enum KindWithin {
    Lost { cause: Cause },
    Stale { since: Nanos },
    Vanished,
    Diverging { place: Place, divergence: Divergence },
    Phantom,
}

impl Serialize for Case {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            Beside::serialize(self, serializer)
        } else {
            Within::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Case {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Case, D::Error> {
        if deserializer.is_human_readable() {
            Beside::deserialize(deserializer)
        } else {
            Within::deserialize(deserializer)
        }
    }
}

/// The cases of one lane, each kind up to its limit.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    lost: Vec<Case>,
    vanished: Vec<Case>,
    diverging: Vec<Case>,
    phantom: Vec<Case>,
    stale: WorstReads,
    /// Whose cases are in `lost` and `vanished`, and how many of them have been taken back.
    withdrawable: BTreeSet<WriteId>,
    withdrawn: u64,
}

impl Cases {
    /// The first [`LOST_CASES_MAX`] of the writes ever lost, in the order of their loss.
    pub fn lost(&self) -> &[Case] {
        &self.lost
    }

    /// The first [`CASES_MAX`] writes of which a read saw what then vanished.
    pub fn vanished(&self) -> &[Case] {
        &self.vanished
    }

    /// The first [`CASES_MAX`] copies that came to differ from the database.
    pub fn diverging(&self) -> &[Case] {
        &self.diverging
    }

    /// The first [`CASES_MAX`] writes that were refused and yet committed or read.
    pub fn phantom(&self) -> &[Case] {
        &self.phantom
    }

    /// The [`CASES_MAX`] stale reads of the greatest age, the oldest value first.
    pub fn stale(&self) -> Vec<Case> {
        self.stale.worst_first()
    }

    /// How many of the lost and vanished were taken back, because the database has got the write after all.
    pub fn withdrawn(&self) -> u64 {
        self.withdrawn
    }

    pub(super) fn forget_stale(&mut self) {
        self.stale = WorstReads { changes: self.stale.changes + 1, ..WorstReads::default() };
    }

    /// How often anything was added or taken back: as long as that is the same, so are the cases.
    pub fn changes(&self) -> u64 {
        let listed = self.lost.len() + self.vanished.len() + self.diverging.len() + self.phantom.len();
        listed as u64 + 2 * self.withdrawn + self.stale.changes
    }
}

/// The stale reads of the greatest age. Nearly every other one costs a comparison.
#[derive(Clone, Debug, Default)]
struct WorstReads {
    /// By age; of equal ages the first read is worse. The least bad comes first.
    heap: BinaryHeap<Reverse<(Nanos, Reverse<u64>)>>,
    cases: Vec<(u64, Case)>,
    changes: u64,
}

impl WorstReads {
    fn add(&mut self, age: Nanos, case: Case) {
        let full = self.cases.len() == CASES_MAX;
        if full && self.heap.peek().is_some_and(|Reverse((least, _))| age <= *least) {
            return;
        }
        self.changes += 1;
        self.heap.push(Reverse((age, Reverse(self.changes))));
        if full && let Some(Reverse((_, Reverse(gone)))) = self.heap.pop() {
            work::count(CASES_MAX / 16);
            self.cases.retain(|(number, _)| *number != gone);
        }
        self.cases.push((self.changes, case));
    }

    fn worst_first(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.cases.iter().map(|(_, case)| *case).collect();
        cases.sort_by_key(|case| match case.kind {
            CaseKind::Stale { since } => Reverse(case.at - since),
            _ => Reverse(Nanos::ZERO),
        });
        cases
    }
}

impl Ledger {
    /// What went wrong, case by case.
    pub fn cases(&self) -> &Cases {
        &self.cases
    }

    pub(super) fn note_lost(&mut self, w: WriteId, cause: Cause) {
        if self.cases.lost.len() < LOST_CASES_MAX {
            let case = self.case_of(w, CaseKind::Lost { cause });
            self.cases.lost.push(case);
            self.cases.withdrawable.insert(w);
        }
    }

    /// Reads have seen a write that now is nowhere.
    pub(super) fn note_vanished(&mut self, w: WriteId) {
        if self.cases.vanished.len() < CASES_MAX {
            let case = self.case_of(w, CaseKind::Vanished);
            self.cases.vanished.push(case);
            self.cases.withdrawable.insert(w);
        }
    }

    pub(super) fn note_phantom(&mut self, w: WriteId) {
        if self.cases.phantom.len() < CASES_MAX {
            let case = self.case_of(w, CaseKind::Phantom);
            self.cases.phantom.push(case);
        }
    }

    pub(super) fn note_diverging(&mut self, w: WriteId, key: Key, place: Place, divergence: Divergence) {
        if self.cases.diverging.len() < CASES_MAX {
            let kind = CaseKind::Diverging { place, divergence };
            let case = Case { key, ..self.case_of(w, kind) };
            self.cases.diverging.push(case);
        }
    }

    pub(super) fn note_stale(&mut self, (key, client): (Key, ClientId), issued: Nanos, saw: WriteId, since: Nanos) {
        let case = Case { kind: CaseKind::Stale { since }, key, write: saw, client, issued, at: self.now };
        self.cases.stale.add(self.now - since, case);
    }

    /// The database has got the write after all: it is not among the lost ones.
    pub(super) fn withdraw_case(&mut self, w: WriteId) {
        let cases = &mut self.cases;
        if cases.withdrawable.remove(&w) {
            work::count(cases.lost.len() / 16);
            for list in [&mut cases.lost, &mut cases.vanished] {
                let before = list.len();
                list.retain(|case| case.write != w);
                cases.withdrawn += (before - list.len()) as u64;
            }
        }
    }

    fn case_of(&self, w: WriteId, kind: CaseKind) -> Case {
        let write = &self.writes[w.index()];
        let key = self.keys.get(write.slot as usize).map_or(Key::MAX, |state| state.key);
        Case { kind, key, write: w, client: write.client, issued: write.issued, at: self.now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stale_reads_kept_are_those_of_the_greatest_age_and_of_equals_the_first() {
        let mut worst = WorstReads::default();
        let ages: Vec<u64> = (0..500).map(|n| n * 7_919 % 250).collect();
        for (n, age) in ages.iter().enumerate() {
            let kind = CaseKind::Stale { since: Nanos(1_000 - age) };
            let case = Case { kind, key: n as Key, write: WriteId(1), client: 0, issued: Nanos(999), at: Nanos(1_000) };
            worst.add(Nanos(*age), case);
        }
        let mut expected: Vec<(Reverse<u64>, usize)> =
            ages.iter().enumerate().map(|(n, age)| (Reverse(*age), n)).collect();
        expected.sort();
        expected.truncate(CASES_MAX);
        let kept: Vec<usize> = worst.worst_first().iter().map(|case| case.key as usize).collect();
        assert_eq!(kept, expected.into_iter().map(|(_, n)| n).collect::<Vec<_>>());
    }
}
