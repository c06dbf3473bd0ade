//! Which versions of a key are rows, and which say that there is no row.
//!
//! A value is the number of the write that made it. A delete is a write whose value says "no such row"; and of some
//! keys there is no row to begin with: of a share of them, and of those that are inserted during the run. Everybody passes
//! such values on like others; whoever needs to know asks here.

use crate::model::{Key, WriteId};
use crate::table;
use std::cell::{Cell, RefCell};

/// The golden ratio's fraction in 64 bits: multiples of it fill the numbers evenly (Knuth, volume 3, 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// See the module.
#[derive(Debug, Default)]
pub struct Rows {
    /// Keys whose hash is below this have no row at first.
    absent_below: u64,
    every_row_absent: bool,
    /// Keys from here on are inserted during the run.
    first_inserted: Key,
    /// By write, a bit: whether it is a delete.
    deletes: RefCell<Vec<u64>>,
    /// By write: how many commits there were when it was committed last; 0: never. Kept only where somebody asks.
    versions: RefCell<Vec<u32>>,
    commits: Cell<u32>,
}

impl Rows {
    /// The rows of a database of `count` keys (of all there are, where nobody knows) of which the share `absent` is not
    /// there at first: spread evenly over popular and unpopular keys, and the same in every lane and for every seed.
    pub fn new(absent: f64, count: Option<u32>) -> Rows {
        // 2^64 itself has no place in a u64.
        let absent_below = (absent * (1u64 << 53) as f64) as u64;
        Rows {
            absent_below: absent_below << 11,
            every_row_absent: absent >= 1.0,
            first_inserted: count.unwrap_or(Key::MAX),
            deletes: RefCell::default(),
            versions: RefCell::default(),
            commits: Cell::new(0),
        }
    }

    /// Notes that a write is a delete.
    pub fn deleted_by(&self, write: WriteId) {
        let mut deletes = self.deletes.borrow_mut();
        let word = write.0 as usize / 64;
        if deletes.len() <= word {
            deletes.resize(word + 1, 0);
        }
        deletes[word] |= 1 << (write.0 % 64);
    }

    /// Notes that a write has been committed, after all others: that is its row's version.
    pub fn committed(&self, write: WriteId) {
        let mut versions = self.versions.borrow_mut();
        self.commits.set(self.commits.get() + 1);
        table::reach(&mut versions, write.index(), 0);
        versions[write.index()] = self.commits.get();
    }

    /// Whether `value` is an older version of its row than `other`.
    pub fn is_older(&self, value: WriteId, other: WriteId) -> bool {
        let versions = self.versions.borrow();
        let version = |write: WriteId| versions.get(write.index()).copied().unwrap_or(0);
        version(value) < version(other)
    }

    /// Whether `value` of `key` is a row.
    #[inline]
    pub fn is_row(&self, key: Key, value: WriteId) -> bool {
        if value == WriteId::INITIAL {
            return !self.is_absent_at_first(key);
        }
        let deletes = self.deletes.borrow();
        deletes.get(value.0 as usize / 64).is_none_or(|word| word >> (value.0 % 64) & 1 == 0)
    }

    /// Whether `key` has no row at first.
    #[inline]
    pub fn is_absent_at_first(&self, key: Key) -> bool {
        let hash = (u64::from(key) + 1).wrapping_mul(GOLDEN);
        self.every_row_absent || key >= self.first_inserted || hash < self.absent_below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_values_the_one_committed_later_is_newer_whoever_was_issued_first() {
        let rows = Rows::new(0.0, None);
        let [first, second, never] = [1, 2, 3].map(WriteId);
        rows.committed(second);
        assert!(rows.is_older(WriteId::INITIAL, second) && !rows.is_older(second, WriteId::INITIAL));
        rows.committed(first);
        assert!(rows.is_older(second, first) && !rows.is_older(first, first));
        assert!(rows.is_older(never, second), "what was never committed is older than anything");
        rows.committed(second);
        assert!(rows.is_older(first, second), "written again");
    }

    #[test]
    fn the_absent_keys_are_spread_evenly_over_the_ranks() {
        for share in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0] {
            let rows = Rows::new(share, None);
            for from in [0, 100, 1_000, 50_000] {
                let absent = (from..from + 100).filter(|&key| !rows.is_row(key, WriteId::INITIAL)).count();
                assert!((absent as f64 - 100.0 * share).abs() <= 2.0, "{absent} of 100 at a share of {share}");
            }
        }
    }

    #[test]
    fn a_written_key_has_a_row_until_it_is_deleted_and_again_when_it_is_written() {
        let rows = Rows::new(1.0, None);
        assert!(!rows.is_row(5, WriteId::INITIAL) && rows.is_row(5, WriteId(1)));
        rows.deleted_by(WriteId(200));
        assert!(!rows.is_row(5, WriteId(200)));
        assert!([1, 199, 201, 264, 10_000].iter().all(|&write| rows.is_row(5, WriteId(write))));
    }

    #[test]
    fn a_key_that_is_inserted_during_the_run_has_no_row_before() {
        let rows = Rows::new(0.0, Some(100));
        assert!(
            rows.is_row(99, WriteId::INITIAL) && !rows.is_row(100, WriteId::INITIAL) && rows.is_row(100, WriteId(7))
        );
    }
}
