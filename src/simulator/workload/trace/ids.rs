//! Dense ids for keys: the first key seen becomes 0, the next new one 1, and so on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::Problem;
use crate::random::splitmix64;
use crate::slots::Slots;

/// The most distinct keys a trace may have.
pub const KEYS_MAX: u32 = u32::MAX;

/// The most memory that the names of keys take, in bytes, where nothing else is said. A browser gives a page less.
pub const NAMES_BYTES_MAX: u64 = if cfg!(target_arch = "wasm32") { 512 << 20 } else { 1 << 30 };

/// What a key takes besides its name: its place in the table, which has room to spare, its id, its number, and the allocator's share.
const KEY_OVERHEAD: u64 = 56;
/// What a key takes that is a number.
const NUMBER_BYTES: u64 = 32;

/// Dense ids for text keys, in order of first appearance.
#[derive(Debug)]
pub struct KeyIds {
    // Looked into, never iterated in an order that could reach a result.
    ids: HashMap<Box<[u8]>, u32, BuildHasherDefault<KeyHasher>>,
    /// By id: the key as a [number](number_of).
    numbers: Slots<u64>,
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
        KeyIds { ids: HashMap::default(), numbers: Slots::default(), bytes: 0, most_bytes }
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
        if self.numbers.in_use() == KEYS_MAX as usize {
            return None;
        }
        let id = self.numbers.insert(number_of(key));
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
        retain(&mut self.ids, &mut self.numbers, keep, |key| *bytes -= key.len() as u64 + KEY_OVERHEAD);
    }

    /// The [number](number_of) of the key that has this id.
    pub fn number(&self, id: u32) -> u64 {
        self.numbers[id]
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

/// Dense ids for keys that are numbers: the number itself and its places in a table, without the text.
///
/// The table has ids only, four bytes each, in open addressing; the numbers stand in a row by id. So what is looked up most
/// often, which came first and has low ids, lies close together, and a table of many keys takes few pages.
#[derive(Debug)]
pub struct NumberIds {
    /// By id: the key. An id that was given back stands there still, but not in the table.
    keys: Slots<u64>,
    /// Ids or [`FREE`]; a key's is at the place of its hash or, where that was taken, at the next one after it. At most
    /// half of the places are taken.
    places: Vec<u32>,
    most_bytes: u64,
}

/// A place of the table without an id. No id is as great.
const FREE: u32 = KEYS_MAX;
/// Places of the smallest table.
const PLACES_MIN: usize = 16;

impl Default for NumberIds {
    fn default() -> NumberIds {
        NumberIds::of_at_most(NAMES_BYTES_MAX)
    }
}

impl NumberIds {
    /// No [guess](NumberIds::guess).
    pub const NO_GUESS: u32 = FREE;

    /// None yet, which may take so many bytes of memory.
    pub fn of_at_most(most_bytes: u64) -> NumberIds {
        NumberIds { keys: Slots::default(), places: vec![FREE; PLACES_MIN], most_bytes }
    }

    /// The id of `key`; a new key gets the next free id, or `None` when there is [no room](NumberIds::full).
    #[inline]
    pub fn id(&mut self, key: u64) -> Option<u32> {
        let mut place = self.first_place(key);
        loop {
            match self.places[place] {
                FREE => return self.add(key, place),
                id if self.keys[id] == key => return Some(id),
                _ => place = self.next_place(place),
            }
        }
    }

    /// The id that is probably the one of `key`, for [`id_or`](NumberIds::id_or).
    #[inline]
    pub fn guess(&self, key: u64) -> u32 {
        self.places[self.first_place(key)]
    }

    /// The same as [`id`](NumberIds::id), told a guess since which none was forgotten. The memory of a large table is far away:
    /// who guesses for many keys first waits for all of them at once.
    #[inline]
    pub fn id_or(&mut self, guess: u32, key: u64) -> Option<u32> {
        if guess != FREE && self.keys[guess] == key { Some(guess) } else { self.id(key) }
    }

    #[inline]
    fn first_place(&self, key: u64) -> usize {
        splitmix64(&mut { key }) as usize & (self.places.len() - 1)
    }

    #[inline]
    fn next_place(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    /// Takes in a key that is new and belongs in this free place.
    fn add(&mut self, key: u64, place: usize) -> Option<u32> {
        if self.bytes() + NUMBER_BYTES > self.most_bytes || self.count() == KEYS_MAX {
            return None;
        }
        let id = self.keys.insert(key);
        self.places[place] = id;
        if 2 * self.keys.in_use() > self.places.len() {
            let ids: Vec<u32> = self.places.iter().copied().filter(|&id| id != FREE).collect();
            self.places = vec![FREE; 2 * self.places.len()];
            ids.into_iter().for_each(|id| self.place(id));
        }
        Some(id)
    }

    /// Puts the id of a key that is not in the table into it.
    fn place(&mut self, id: u32) {
        let mut place = self.first_place(self.keys[id]);
        while self.places[place] != FREE {
            place = self.next_place(place);
        }
        self.places[place] = id;
    }

    /// The key that has this id.
    pub fn number(&self, id: u32) -> u64 {
        self.keys[id]
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
        let mut known = vec![false; self.keys.all().len()];
        self.places.iter().filter(|&&id| id != FREE).for_each(|&id| known[id as usize] = true);
        self.places.fill(FREE);
        // From the last to the first: so those that are given back are nearly in the order in which they are given again.
        for id in (0..known.len() as u32).rev().filter(|&id| known[id as usize]) {
            if keep(id) {
                self.place(id);
            } else {
                self.keys.free(id);
            }
        }
        self.keys.least_first();
    }

    /// How many distinct keys there are, of those not forgotten.
    pub fn count(&self) -> u32 {
        self.keys.in_use() as u32
    }
}

#[expect(clippy::disallowed_methods, reason = "what the table's order decides is sorted at once")]
fn retain<K: Eq + Hash>(
    ids: &mut HashMap<K, u32, BuildHasherDefault<KeyHasher>>,
    numbers: &mut Slots<u64>,
    keep: impl Fn(u32) -> bool,
    mut gone: impl FnMut(&K),
) {
    ids.retain(|key, id| {
        let kept = keep(*id);
        if !kept {
            numbers.free(*id);
            gone(key);
        }
        kept
    });
    numbers.least_first();
}

/// The number that stands for a text: a hash of it.
#[inline]
pub(super) fn number_of(key: &[u8]) -> u64 {
    let mut hasher = KeyHasher::default();
    hasher.write(key);
    hasher.finish() ^ key.len() as u64
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
    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        splitmix64(&mut { self.0 })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn names_take_no_more_memory_than_they_may_and_give_it_back_when_forgotten() {
        let mut ids = KeyIds::of_at_most(3 * (KEY_OVERHEAD + 10));
        for key in ["0123456789", "1123456789", "2123456789"] {
            assert!(ids.id(key.as_bytes()).is_some());
        }
        assert_eq!(ids.id(b"x"), None);
        assert!(matches!(ids.full(), Problem::NamesTooLarge(198)));
        assert_eq!(ids.id(b"1123456789"), Some(1), "a known key needs no room");
        ids.retain(|id| id == 1);
        assert_eq!((ids.bytes(), ids.id(b"x")), (KEY_OVERHEAD + 10, Some(0)));
        let mut numbers = NumberIds::of_at_most(2 * NUMBER_BYTES);
        assert_eq!([5, 6, 7, 5].map(|key| numbers.id(key)), [Some(0), Some(1), None, Some(0)]);
    }

    #[test]
    fn numbers_have_the_ids_that_a_map_gives_them_whatever_lies_between_them() {
        for shift in [0, 3, 20, 40, 63] {
            let (mut numbers, mut model, mut free) =
                (NumberIds::default(), BTreeMap::new(), BTreeSet::from_iter(0..20_000));
            for step in 0..40_000u64 {
                let key = (step.wrapping_mul(step) % 9_973 + step / 5_000).rotate_left(shift);
                let id = *model.entry(key).or_insert_with(|| free.pop_first().expect("enough"));
                let guess = numbers.guess(key);
                assert_eq!(if step % 2 == 0 { numbers.id(key) } else { numbers.id_or(guess, key) }, Some(id));
                if step % 7_000 == 6_999 {
                    numbers.retain(|id| id % 3 == 1);
                    free.extend(model.values().filter(|&id| id % 3 != 1));
                    model.retain(|_, id| *id % 3 == 1);
                }
                assert_eq!(numbers.count() as usize, model.len());
            }
        }
    }
}
