//! Dense ids for keys: the first key seen becomes 0, the next new one 1, and so on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The most distinct keys a trace may have.
pub const KEYS_MAX: u32 = u32::MAX;

/// Dense ids for text keys, in order of first appearance.
#[derive(Debug, Default)]
pub struct KeyIds {
    // Looked into, never iterated: its order cannot reach a result.
    ids: HashMap<Box<[u8]>, u32, BuildHasherDefault<KeyHasher>>,
}

impl KeyIds {
    /// The id of `key`; a new key gets the next free id, or `None` when [`KEYS_MAX`] are taken.
    #[inline]
    pub fn id(&mut self, key: &[u8]) -> Option<u32> {
        if let Some(&id) = self.ids.get(key) {
            return Some(id);
        }
        let id = self.count();
        if id == KEYS_MAX {
            return None;
        }
        self.ids.insert(key.into(), id);
        Some(id)
    }

    /// How many distinct keys there are so far.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// Dense ids for keys that are numbers: 16 bytes a key, without the text.
#[derive(Debug, Default)]
pub struct NumberIds {
    // As above: never iterated.
    ids: HashMap<u64, u32, BuildHasherDefault<KeyHasher>>,
}

impl NumberIds {
    /// The id of `key`; a new key gets the next free id, or `None` when [`KEYS_MAX`] are taken.
    #[inline]
    pub fn id(&mut self, key: u64) -> Option<u32> {
        let next = self.count();
        match self.ids.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(_) if next == KEYS_MAX => None,
            std::collections::hash_map::Entry::Vacant(free) => Some(*free.insert(next)),
        }
    }

    /// How many distinct keys there are so far.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
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
