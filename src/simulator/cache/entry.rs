//! What a store holds: entries, and how many or how much of them.
//!
//! A store has room for so many entries, or for so many bytes; then each entry takes its value's size and
//! [`OVERHEAD_BYTES`].

use super::keys::KEY_MAX;
use crate::scenario::{self, estimate};
use crate::time::Nanos;

/// No slot, or no key: the greatest id is not used.
pub(super) const NONE: u32 = u32::MAX;

/// The overhead of an entry in bytes, where capacity is counted in bytes.
pub const OVERHEAD_BYTES: u32 = 64;

/// What stands in a slot that is not in use.
pub(super) const VACANT: Entry = Entry::new(NONE, 0, Nanos::ZERO);

const _: () = assert!(size_of::<Entry>() <= estimate::ENTRY_BYTES);

/// What is held for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's id. It says where the entry is found: never change it in place.
    pub key: u32,
    /// The size of the value, bytes.
    pub size: u32,
    /// The id of the version held.
    pub value: u32,
    /// What stands for the key whatever its id, where ids are used again; 0: nothing, its id stays its own.
    pub name: u32,
    /// The last moment at which it is good; [`Nanos::MAX`]: forever.
    pub expires: Nanos,
}

impl Entry {
    /// An entry of no size.
    pub const fn new(key: u32, value: u32, expires: Nanos) -> Entry {
        Entry { key, size: 0, value, name: 0, expires }
    }

    /// What it takes in memory: its value and the overhead.
    #[inline]
    pub fn bytes(&self) -> u64 {
        u64::from(self.size) + u64::from(OVERHEAD_BYTES)
    }

    /// True after the last moment at which it is good.
    #[inline]
    pub fn is_expired(&self, now: Nanos) -> bool {
        now > self.expires
    }
}

/// How much a store has room for, and in which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    total: u64,
    in_bytes: bool,
    /// Where capacity is counted in bytes: the overhead of an entry.
    overhead: u32,
}

impl Capacity {
    /// Capacity for `count` entries of any size.
    ///
    /// # Panics
    /// When `count` is zero or greater than [`KEY_MAX`].
    pub fn entries_of(count: u32) -> Capacity {
        assert!(count > 0, "a cache holds at least one entry");
        assert!(count <= KEY_MAX, "a cache holds at most {KEY_MAX} entries");
        Capacity { total: u64::from(count), in_bytes: false, overhead: 0 }
    }

    /// Capacity for `bytes` bytes of values and their overhead.
    ///
    /// # Panics
    /// When `bytes` is zero.
    pub fn bytes_of(bytes: u64) -> Capacity {
        Capacity::bytes_with_overhead(bytes, OVERHEAD_BYTES)
    }

    /// Capacity for `bytes` bytes of values, each of which takes so many bytes more.
    ///
    /// # Panics
    /// When `bytes` is zero.
    pub fn bytes_with_overhead(bytes: u64, overhead: u32) -> Capacity {
        assert!(bytes > 0, "a cache holds at least one byte");
        Capacity { total: bytes, in_bytes: true, overhead }
    }

    /// The capacity that a scenario gives a node.
    pub fn of(capacity: scenario::Capacity) -> Capacity {
        match capacity {
            scenario::Capacity::Entries(count) => Capacity::entries_of(count),
            scenario::Capacity::Bytes(bytes) => Capacity::bytes_of(bytes.0),
        }
    }

    /// All of it: entries or bytes.
    #[inline]
    pub fn total(self) -> u64 {
        self.total
    }

    /// How many entries there is room for, where capacity is counted in entries.
    pub fn entries(self) -> Option<u64> {
        (!self.in_bytes).then_some(self.total)
    }

    /// What an entry takes of it: 1, or its bytes.
    #[inline]
    pub fn weight(self, entry: &Entry) -> u64 {
        if self.in_bytes { u64::from(entry.size) + u64::from(self.overhead) } else { 1 }
    }

    /// A part of it, rounded down.
    pub(super) fn share(self, part: f64) -> u64 {
        (self.total as f64 * part) as u64
    }
}
