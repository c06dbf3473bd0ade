//! Dense ids for keys: the first key seen becomes 0, the next new one 1, and so on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The most distinct keys a trace may have.
pub const KEYS_MAX: u32 = u32::MAX;

/// Dense ids for text keys, in order of first appearance.
#[derive(Debug, Default)]
pub struct KeyIds {
    // Looked into, never iterated in an order that could reach a result.
    ids: HashMap<Box<[u8]>, u32, BuildHasherDefault<KeyHasher>>,
    free: Vec<u32>,
}

impl KeyIds {
    /// The id of `key`; a new key gets the next free id, or `None` when [`KEYS_MAX`] are taken.
    #[inline]
    pub fn id(&mut self, key: &[u8]) -> Option<u32> {
        if let Some(&id) = self.ids.get(key) {
            return Some(id);
        }
        let count = self.count();
        let id = next(&mut self.free, count)?;
        self.ids.insert(key.into(), id);
        Some(id)
    }

    /// Forgets every key whose id is not to be kept: the ids go to new keys, and a forgotten key that comes again is new.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        retain(&mut self.ids, &mut self.free, keep);
    }

    /// How many distinct keys there are, of those not forgotten.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// Dense ids for keys that are numbers: 16 bytes a key, without the text.
#[derive(Debug, Default)]
pub struct NumberIds {
    // As above.
    ids: HashMap<u64, u32, BuildHasherDefault<KeyHasher>>,
    free: Vec<u32>,
}

impl NumberIds {
    /// The id of `key`; a new key gets the next free id, or `None` when [`KEYS_MAX`] are taken.
    #[inline]
    pub fn id(&mut self, key: u64) -> Option<u32> {
        let count = self.count();
        match self.ids.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                next(&mut self.free, count).map(|id| *vacant.insert(id))
            }
        }
    }

    /// Forgets keys as [`KeyIds::retain`] does.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        retain(&mut self.ids, &mut self.free, keep);
    }

    /// How many distinct keys there are, of those not forgotten.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// The next id where `count` are in use: one given back, or else the first that was never given.
#[inline]
fn next(free: &mut Vec<u32>, count: u32) -> Option<u32> {
    free.pop().or((count < KEYS_MAX).then_some(count))
}

#[expect(clippy::disallowed_methods, reason = "what the table's order decides is sorted at once")]
fn retain<K: Eq + Hash>(
    ids: &mut HashMap<K, u32, BuildHasherDefault<KeyHasher>>,
    free: &mut Vec<u32>,
    keep: impl Fn(u32) -> bool,
) {
    ids.retain(|_, id| {
        let kept = keep(*id);
        if !kept {
            free.push(*id);
        }
        kept
    });
    // The least id is given first.
    free.sort_unstable_by(|a, b| b.cmp(a));
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
