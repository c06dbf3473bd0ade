//! Dense ids for keys: the first key seen becomes 0, the next new one 1, and so on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::Problem;
use crate::slots::Slots;

/// The most distinct keys a trace may have.
pub const KEYS_MAX: u32 = u32::MAX;

/// The most memory that the names of keys take, in bytes, where nothing else is said. A browser gives a page less.
pub const NAMES_BYTES_MAX: u64 = if cfg!(target_arch = "wasm32") { 512 << 20 } else { 1 << 30 };

/// What a key takes besides its name: its place in the table, which has room to spare, its id, and the allocator's share.
const KEY_OVERHEAD: u64 = 48;
/// What a key takes that is a number.
const NUMBER_BYTES: u64 = 32;

/// Dense ids for text keys, in order of first appearance.
#[derive(Debug)]
pub struct KeyIds {
    // Looked into, never iterated in an order that could reach a result.
    ids: HashMap<Box<[u8]>, u32, BuildHasherDefault<KeyHasher>>,
    taken: Slots<()>,
    bytes: u64,
    most_bytes: u64,
}

impl Default for KeyIds {
    fn default() -> KeyIds {
        KeyIds::of_at_most(NAMES_BYTES_MAX)
    }
}

impl KeyIds {
    /// None yet, which may take so many bytes of memory.
    pub fn of_at_most(most_bytes: u64) -> KeyIds {
        KeyIds { ids: HashMap::default(), taken: Slots::default(), bytes: 0, most_bytes }
    }

    /// The id of `key`; a new key gets the next free id, or `None` when there is [no room](KeyIds::full).
    #[inline]
    pub fn id(&mut self, key: &[u8]) -> Option<u32> {
        if let Some(&id) = self.ids.get(key) {
            return Some(id);
        }
        let bytes = self.bytes + key.len() as u64 + KEY_OVERHEAD;
        if bytes > self.most_bytes {
            return None;
        }
        let id = next(&mut self.taken)?;
        self.ids.insert(key.into(), id);
        self.bytes = bytes;
        Some(id)
    }

    /// Why a new key gets no id: [`KEYS_MAX`] are taken, or as many bytes of memory as may be.
    pub fn full(&self) -> Problem {
        if self.count() == KEYS_MAX { Problem::TooManyKeys } else { Problem::NamesTooLarge(self.most_bytes) }
    }

    /// Forgets every key whose id is not to be kept: the ids go to new keys, and a forgotten key that comes again is new.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let bytes = &mut self.bytes;
        retain(&mut self.ids, &mut self.taken, keep, |key| *bytes -= key.len() as u64 + KEY_OVERHEAD);
    }

    /// How much memory the keys take, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many distinct keys there are, of those not forgotten.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// Dense ids for keys that are numbers: 16 bytes a key, without the text.
#[derive(Debug)]
pub struct NumberIds {
    // As above.
    ids: HashMap<u64, u32, BuildHasherDefault<KeyHasher>>,
    taken: Slots<()>,
    most_bytes: u64,
}

impl Default for NumberIds {
    fn default() -> NumberIds {
        NumberIds::of_at_most(NAMES_BYTES_MAX)
    }
}

impl NumberIds {
    /// None yet, which may take so many bytes of memory.
    pub fn of_at_most(most_bytes: u64) -> NumberIds {
        NumberIds { ids: HashMap::default(), taken: Slots::default(), most_bytes }
    }

    /// The id of `key`; a new key gets the next free id, or `None` when there is [no room](NumberIds::full).
    #[inline]
    pub fn id(&mut self, key: u64) -> Option<u32> {
        let is_full = self.bytes() + NUMBER_BYTES > self.most_bytes;
        match self.ids.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(_) if is_full => None,
            std::collections::hash_map::Entry::Vacant(vacant) => next(&mut self.taken).map(|id| *vacant.insert(id)),
        }
    }

    /// Why a new key gets no id; see [`KeyIds::full`].
    pub fn full(&self) -> Problem {
        if self.count() == KEYS_MAX { Problem::TooManyKeys } else { Problem::NamesTooLarge(self.most_bytes) }
    }

    /// How much memory the keys take, in bytes.
    pub fn bytes(&self) -> u64 {
        u64::from(self.count()) * NUMBER_BYTES
    }

    /// Forgets keys as [`KeyIds::retain`] does.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        retain(&mut self.ids, &mut self.taken, keep, |_| {});
    }

    /// How many distinct keys there are, of those not forgotten.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// The next id: one given back, or else the first that was never given.
#[inline]
fn next(taken: &mut Slots<()>) -> Option<u32> {
    (taken.in_use() < KEYS_MAX as usize).then(|| taken.insert(()))
}

#[expect(clippy::disallowed_methods, reason = "what the table's order decides is sorted at once")]
fn retain<K: Eq + Hash>(
    ids: &mut HashMap<K, u32, BuildHasherDefault<KeyHasher>>,
    taken: &mut Slots<()>,
    keep: impl Fn(u32) -> bool,
    mut gone: impl FnMut(&K),
) {
    ids.retain(|key, id| {
        let kept = keep(*id);
        if !kept {
            taken.free(*id);
            gone(key);
        }
        kept
    });
    taken.least_first();
}

/// A quick hash of short texts: eight bytes at a time, xor and multiply, finished by splitmix64.
#[derive(Clone, Copy, Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for word in words.iter().chain([&last]) {
            self.0 = (self.0 ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    #[inline]
    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        crate::random::splitmix64(&mut { self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_no_more_memory_than_they_may_and_give_it_back_when_forgotten() {
        let mut ids = KeyIds::of_at_most(3 * (KEY_OVERHEAD + 10));
        for key in ["0123456789", "1123456789", "2123456789"] {
            assert!(ids.id(key.as_bytes()).is_some());
        }
        assert_eq!(ids.id(b"x"), None);
        assert!(matches!(ids.full(), Problem::NamesTooLarge(174)));
        assert_eq!(ids.id(b"1123456789"), Some(1), "a known key needs no room");
        ids.retain(|id| id == 1);
        assert_eq!((ids.bytes(), ids.id(b"x")), (KEY_OVERHEAD + 10, Some(0)));
        let mut numbers = NumberIds::of_at_most(2 * NUMBER_BYTES);
        assert_eq!([5, 6, 7, 5].map(|key| numbers.id(key)), [Some(0), Some(1), None, Some(0)]);
    }
}
