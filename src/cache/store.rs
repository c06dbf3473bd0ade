//! The store: the entries a cache holds, found by key, each with a time to live, given up by an eviction policy.
//!
//! Keys are dense ids (0, 1, 2 … as few as there are keys), so finding one is one look into an array, without
//! hashing. Entries sit in slots that are used again:
//!
//! ```text
//! index:   key 0 1 2 3 4 …          slots:   0        1        2            policy: an order over slots
//!              2 – 0 – 1                     key 2    key 4    key 0
//! ```
//!
//! *Time to live.* An entry is good up to and including the moment it expires. After that it still holds its place
//! until it is touched (which removes it) or evicted.
//!
//! ```
//! use cachelane::cache::store::{Lookup, Store};
//! use cachelane::random::Streams;
//! use cachelane::scenario::eviction::Eviction;
//! use cachelane::time::Nanos;
//!
//! let mut store = Store::new(Eviction::Lru, 2, Streams::new(7).named("eviction"));
//! for key in [0, 1] {
//!     store.insert(key, 100, Nanos::MAX, Nanos(0));
//! }
//! assert!(matches!(store.get(0, Nanos(1)), Lookup::Hit(entry) if entry.value == 100));
//! let victim = store.insert(2, 100, Nanos(5), Nanos(2)).evicted().unwrap();
//! assert_eq!(victim.key, 1);
//! assert!(matches!(store.get(2, Nanos(6)), Lookup::Expired(_)));
//! ```

use super::eviction::AnyPolicy;
use crate::random::Stream;
use crate::scenario::eviction::Eviction;
use crate::time::Nanos;

/// No slot, or no key: the greatest id is not used.
const NONE: u32 = u32::MAX;

/// The greatest key id a store takes.
pub const KEY_MAX: u32 = NONE - 1;

/// What is held for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's id. It says where the entry is found: never change it in place.
    pub key: u32,
    /// The id of the version held.
    pub value: u64,
    /// The last moment at which it is good; [`Nanos::MAX`]: for ever.
    pub expires: Nanos,
    /// Holds a write that has not reached the database. The store only carries it.
    pub dirty: bool,
}

impl Entry {
    /// True after the last moment at which it is good.
    #[inline]
    pub fn is_expired(&self, now: Nanos) -> bool {
        now > self.expires
    }
}

/// What [`Store::get`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A good entry.
    Hit(&'a mut Entry),
    /// An entry past its time, which is now removed.
    Expired(Entry),
    /// Nothing.
    Absent,
}

/// What [`Store::insert`] displaced. Nothing leaves a store unseen: a displaced entry may be dirty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a displaced entry may hold a write that has not reached the database"]
pub enum Insertion {
    /// Nothing: the key was new and there was room.
    Added,
    /// The key's own former entry.
    Replaced(Entry),
    /// Another key's entry.
    Evicted(Entry),
}

impl Insertion {
    /// The other key's entry that had to go, if any.
    pub fn evicted(self) -> Option<Entry> {
        match self {
            Insertion::Evicted(entry) => Some(entry),
            Insertion::Added | Insertion::Replaced(_) => None,
        }
    }
}

/// A bounded set of entries under one eviction policy. See the [module](self).
#[derive(Clone, Debug)]
pub struct Store {
    /// By key: its slot, or `NONE`. As long as the greatest key ever inserted.
    index: Vec<u32>,
    /// By slot; a free one has the key `NONE`.
    slots: Vec<Entry>,
    /// The free slots; the last is used next.
    free: Vec<u32>,
    policy: AnyPolicy,
    capacity: u32,
}

impl Store {
    /// An empty store for `capacity` entries; `stream` is drawn from by the policies that choose at random. Memory
    /// grows with what is held, not with the capacity.
    ///
    /// # Panics
    /// When `capacity` is zero or greater than [`KEY_MAX`].
    pub fn new(eviction: Eviction, capacity: u32, stream: Stream) -> Store {
        assert!(capacity > 0, "a cache holds at least one entry");
        assert!(capacity <= KEY_MAX, "a cache holds at most {KEY_MAX} entries");
        let policy = AnyPolicy::new(eviction, stream);
        Store { index: Vec::new(), slots: Vec::new(), free: Vec::new(), policy, capacity }
    }

    #[inline]
    fn slot_of(&self, key: u32) -> Option<u32> {
        self.index.get(key as usize).copied().filter(|&slot| slot != NONE)
    }

    /// Looks `key` up as a request does: a hit counts as a use for the policy, an expired entry is removed.
    #[inline]
    pub fn get(&mut self, key: u32, now: Nanos) -> Lookup<'_> {
        let Some(slot) = self.slot_of(key) else { return Lookup::Absent };
        if self.slots[slot as usize].is_expired(now) {
            return Lookup::Expired(self.remove_slot(slot));
        }
        self.policy.hit(slot);
        Lookup::Hit(&mut self.slots[slot as usize])
    }

    /// The entry of `key`, expired or not, without anyone noticing.
    #[inline]
    pub fn peek(&self, key: u32) -> Option<&Entry> {
        self.slot_of(key).map(|slot| &self.slots[slot as usize])
    }

    /// The entry of `key`, expired or not, to be changed without the policy noticing.
    #[inline]
    pub fn peek_mut(&mut self, key: u32) -> Option<&mut Entry> {
        self.slot_of(key).map(|slot| &mut self.slots[slot as usize])
    }

    /// Puts a clean entry in place: `value` under `key`, good up to `expires`, evicting when there is no room.
    ///
    /// Over a good entry of the same key it counts as a use of it. Over an expired one it counts as a removal and a
    /// new insertion, as if a lookup had come first.
    ///
    /// # Panics
    /// When `key` is greater than [`KEY_MAX`].
    #[inline]
    pub fn insert(&mut self, key: u32, value: u64, expires: Nanos, now: Nanos) -> Insertion {
        let entry = Entry { key, value, expires, dirty: false };
        let Some(slot) = self.slot_of(key) else { return self.add(entry) };
        let former = std::mem::replace(&mut self.slots[slot as usize], entry);
        if former.is_expired(now) {
            self.policy.remove(slot);
            self.policy.insert(slot, key);
        } else {
            self.policy.hit(slot);
        }
        Insertion::Replaced(former)
    }

    /// Puts in an entry whose key is not held.
    #[inline]
    fn add(&mut self, entry: Entry) -> Insertion {
        let mut insertion = Insertion::Added;
        let slot = if self.len() == self.capacity {
            let slot = self.policy.evict(entry.key);
            let victim = std::mem::replace(&mut self.slots[slot as usize], entry);
            self.index[victim.key as usize] = NONE;
            insertion = Insertion::Evicted(victim);
            slot
        } else if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            slot
        } else {
            self.slots.push(entry);
            self.slots.len() as u32 - 1
        };
        if entry.key as usize >= self.index.len() {
            self.grow_index(entry.key);
        }
        self.index[entry.key as usize] = slot;
        self.policy.insert(slot, entry.key);
        insertion
    }

    #[cold]
    fn grow_index(&mut self, key: u32) {
        assert!(key <= KEY_MAX, "key ids go up to {KEY_MAX}");
        // `resize` grows the allocation by doubling, so this is cheap on average.
        self.index.resize(key as usize + 1, NONE);
    }

    /// Takes out the entry of `key`, expired or not.
    pub fn remove(&mut self, key: u32) -> Option<Entry> {
        self.slot_of(key).map(|slot| self.remove_slot(slot))
    }

    fn remove_slot(&mut self, slot: u32) -> Entry {
        let vacant = Entry { key: NONE, value: 0, expires: Nanos::ZERO, dirty: false };
        let entry = std::mem::replace(&mut self.slots[slot as usize], vacant);
        self.index[entry.key as usize] = NONE;
        self.policy.remove(slot);
        self.free.push(slot);
        entry
    }

    /// Empties the store. A random policy's stream runs on.
    pub fn clear(&mut self) {
        self.index.clear();
        self.slots.clear();
        self.free.clear();
        self.policy.clear();
    }

    /// How many entries are held, the expired among them.
    #[inline]
    pub fn len(&self) -> u32 {
        (self.slots.len() - self.free.len()) as u32
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most entries it holds.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The entries held, in an order that depends only on what was done to the store.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().filter(|entry| entry.key != NONE)
    }

    /// Asserts the inner rules; for tests and fuzzing.
    ///
    /// # Panics
    /// When one is broken.
    pub fn validate(&self) {
        assert!(self.len() <= self.capacity, "never more than the capacity");
        let live: Vec<u32> =
            (0..self.slots.len() as u32).filter(|&slot| self.slots[slot as usize].key != NONE).collect();
        assert_eq!(live.len() as u32, self.len(), "every slot is in use or free");
        for &slot in &live {
            let key = self.slots[slot as usize].key;
            assert_eq!(self.index[key as usize], slot, "a held key's index names its slot");
        }
        assert_eq!(self.index.iter().filter(|&&slot| slot != NONE).count(), live.len(), "the index names no others");
        self.policy.validate(&live);
    }
}
