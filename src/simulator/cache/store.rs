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
//! *Capacity.* A store has room for so many entries, or for so many bytes; then each entry takes its value's size and
//! [`OVERHEAD_BYTES`](super::entry::OVERHEAD_BYTES), and as many go as the newcomer needs. What is larger than the whole capacity is not kept.
//!
//! *Time to live.* An entry is good up to and including the moment it expires. After that it still holds its place
//! until it is touched (which removes it) or evicted.
//!
//! ```
//! use cachelane::cache::entry::{Entry, Capacity};
//! use cachelane::cache::store::{Lookup, Store};
//! use cachelane::random::Streams;
//! use cachelane::scenario::eviction::Eviction;
//! use cachelane::time::Nanos;
//!
//! let mut store = Store::new(Eviction::Lru, Capacity::entries_of(2), Streams::new(7).named("eviction"));
//! for key in [0, 1] {
//!     let _ = store.insert(Entry::new(key, 100, Nanos::MAX), Nanos(0));
//! }
//! assert!(matches!(store.get(0, Nanos(1)), Lookup::Hit(entry) if entry.value == 100));
//! let victim = store.insert(Entry::new(2, 100, Nanos(5)), Nanos(2)).evicted().unwrap();
//! assert_eq!(victim.key, 1);
//! assert!(matches!(store.get(2, Nanos(6)), Lookup::Expired(_)));
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::entry::{Capacity, Entry, NONE, VACANT};
use super::eviction::opt::Upcoming;
use super::eviction::{AnyPolicy, CustomPolicy, View};
use super::keys::{ByKey, Numbers};
use super::observer::CopyObserver;
use crate::ledger::Origin;
use crate::random::Stream;
use crate::scenario::eviction::{Eviction, Sampling};
use crate::slots::Slots;
use crate::time::Nanos;
use crate::work;

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

/// What [`Store::insert`] did and displaced. Nothing leaves a store unseen: a write of a displaced entry's key may wait
/// for its flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a displaced entry may hold a write that has not reached the database"]
pub enum Insertion {
    /// The key was new, and there was room.
    Added,
    /// The key's own former entry left.
    Replaced(Entry),
    /// Another key's entry left; more of them may wait in [`Store::next_evicted`].
    Evicted(Entry),
    /// Nothing: there was no room, and the policy lets nothing go. A former entry of the key stays.
    Refused,
    /// The entry is larger than the whole capacity and is not kept. The key's own former entry left, since it is outdated.
    TooLarge(Option<Entry>),
}

impl Insertion {
    /// The other key's entry that had to go, if any.
    pub fn evicted(self) -> Option<Entry> {
        match self {
            Insertion::Evicted(entry) => Some(entry),
            Insertion::Added | Insertion::Replaced(_) | Insertion::Refused | Insertion::TooLarge(_) => None,
        }
    }
}

/// A bounded set of entries under one eviction policy. See the [module](self).
#[derive(Clone, Debug)]
pub struct Store {
    /// By key: its slot, or `NONE`.
    index: ByKey<u32>,
    /// By slot; a free one has the key `NONE`.
    slots: Slots<Entry>,
    policy: AnyPolicy,
    capacity: Capacity,
    /// What is held, in the unit of the capacity.
    used: u64,
    /// What is held, in bytes; and the most there ever was.
    bytes: u64,
    bytes_max: u64,
    /// Evicted by the last insertion, after the one that it reported.
    evicted: Vec<Entry>,
    /// When entries expire, for stores that remove them at their moment.
    expiries: Option<Box<Expiries>>,
    /// Who hears of what comes and goes.
    observer: Option<Box<CopyObserver>>,
}

/// The moments at which entries expire, the next first. An entry that was renewed stands here with its former moment and
/// is put back when that comes.
#[derive(Clone, Debug)]
struct Expiries {
    next: BinaryHeap<Reverse<(Nanos, u32)>>,
    /// By key: the moment that counts in `next`; the greatest: none.
    at: ByKey<Nanos>,
}

impl Expiries {
    fn new(numbers: &Numbers) -> Expiries {
        Expiries { next: BinaryHeap::new(), at: ByKey::new(Nanos::MAX, numbers) }
    }

    fn note(&mut self, entry: &Entry) {
        let at = self.at.get_mut(entry.key);
        if entry.expires < *at {
            *at = entry.expires;
            self.next.push(Reverse((entry.expires, entry.key)));
        }
    }

    fn clear(&mut self) {
        for Reverse((_, key)) in self.next.drain() {
            self.at.set(key, Nanos::MAX);
        }
    }

    /// A key whose noted moment is over.
    fn over(&mut self, now: Nanos) -> Option<u32> {
        while let Some(&Reverse((at, key))) = self.next.peek() {
            if at >= now {
                return None;
            }
            self.next.pop();
            if self.at.get(key) == at {
                self.at.set(key, Nanos::MAX);
                return Some(key);
            }
        }
        None
    }
}

impl Store {
    /// An empty store; `stream` is drawn from by the policies that choose at random. Memory grows with what is held, not
    /// with the capacity.
    pub fn new(eviction: Eviction, capacity: Capacity, stream: Stream) -> Store {
        Store::of(AnyPolicy::new(eviction, capacity, stream), capacity)
    }

    /// An empty store under a policy of your own.
    pub fn with_policy(policy: impl CustomPolicy, capacity: Capacity) -> Store {
        Store::of(AnyPolicy::custom(policy), capacity)
    }

    fn of(policy: AnyPolicy, capacity: Capacity) -> Store {
        Store {
            index: ByKey::new(NONE, &Numbers::default()),
            slots: Slots::default(),
            policy,
            capacity,
            used: 0,
            bytes: 0,
            bytes_max: 0,
            evicted: Vec::new(),
            expiries: None,
            observer: None,
        }
    }

    /// The same, observed: somebody is told of every entry that comes or goes.
    pub fn observed(mut self, observer: CopyObserver) -> Store {
        self.observer = Some(Box::new(observer));
        self
    }

    /// What comes from here on comes this way.
    pub fn set_origin(&self, origin: Origin) {
        if let Some(observer) = &self.observer {
            observer.set_origin(origin);
        }
    }

    /// Tells the observer what is held for `key`, as if it came now.
    pub fn report_copy(&self, key: u32) {
        if let (Some(observer), Some(entry)) = (&self.observer, self.peek(key)) {
            observer.set_origin(Origin::Fill);
            observer.added(entry);
        }
    }

    /// Gives the entry of `key`, which was just hit, another end.
    pub fn renew(&mut self, key: u32, expires: Nanos) {
        let Some(slot) = self.slot_of(key) else { return };
        let entry = &mut self.slots[slot];
        entry.expires = expires;
        if let Some(observer) = &self.observer {
            observer.renewed(entry);
        }
    }

    /// The same, made to remove entries at the moment they expire: [`remove_expired`](Store::remove_expired) finds them.
    pub fn with_expiries(mut self) -> Store {
        self.expiries = Some(Box::new(Expiries::new(self.index.numbers())));
        self
    }

    /// The same, made to go by the numbers that a node gives its keys.
    pub fn numbered(mut self, numbers: &Numbers) -> Store {
        self.index.number_by(numbers);
        self.policy.number_by(numbers);
        self.expiries = self.expiries.take().map(|_| Box::new(Expiries::new(numbers)));
        self
    }

    /// The same, its policy tuned, where it can be.
    pub fn tuned(mut self, sampling: Sampling) -> Store {
        self.policy.tune(sampling);
        self
    }

    /// The same, told what will be asked for, for a policy that can use it.
    pub fn foreseeing(mut self, upcoming: Rc<Upcoming>) -> Store {
        self.policy.foresee(upcoming);
        self
    }

    /// Removes whatever has expired before `now`. Only for a store [`with_expiries`](Store::with_expiries).
    pub fn remove_expired(&mut self, now: Nanos, removed: &mut Vec<Entry>) {
        while let Some(key) = self.expiries.as_mut().and_then(|expiries| expiries.over(now)) {
            work::count(1);
            match self.peek(key).copied() {
                Some(entry) if entry.is_expired(now) => removed.extend(self.remove(key)),
                Some(entry) => self.expiries.as_mut().expect("it gave the key").note(&entry),
                None => {}
            }
        }
    }

    /// Whether anything held may have expired before `now`. Only for a store [`with_expiries`](Store::with_expiries).
    pub fn may_hold_expired(&self, now: Nanos) -> bool {
        let next = self.expiries.as_ref().and_then(|expiries| expiries.next.peek());
        next.is_some_and(|&Reverse((at, _))| at < now)
    }

    /// Looks at `most` entries that expire some day, drawn at random, and removes those that have; gives how many it
    /// looked at. In a store with many empty slots, or entries that never expire, these may be fewer.
    pub fn look_for_expired(&mut self, draws: &mut Stream, most: u32, now: Nanos, removed: &mut Vec<Entry>) -> u32 {
        let mut looked = 0;
        for _ in 0..4 * most {
            if looked == most || self.is_empty() {
                break;
            }
            work::count(1);
            let slot = draws.below(self.slots.all().len() as u32);
            let entry = self.slots[slot];
            if entry.key == NONE || entry.expires == Nanos::MAX {
                continue;
            }
            looked += 1;
            if entry.is_expired(now) {
                removed.push(self.remove_slot(slot));
            }
        }
        looked
    }

    #[inline]
    fn slot_of(&self, key: u32) -> Option<u32> {
        Some(self.index.get(key)).filter(|&slot| slot != NONE)
    }

    /// Looks `key` up as a request does: a hit counts as a use for the policy, an expired entry is removed.
    #[inline(always)] // half of what a replay does
    pub fn get(&mut self, key: u32, now: Nanos) -> Lookup<'_> {
        let Some(slot) = self.slot_of(key) else { return Lookup::Absent };
        if self.slots[slot].is_expired(now) {
            return Lookup::Expired(self.remove_slot(slot));
        }
        let entry = &mut self.slots[slot];
        self.policy.hit(slot, entry, now);
        Lookup::Hit(entry)
    }

    /// The entry of `key`, expired or not, without anyone noticing.
    #[inline]
    pub fn peek(&self, key: u32) -> Option<&Entry> {
        self.slot_of(key).map(|slot| &self.slots[slot])
    }

    /// Whether `key` is held, or still means something to the policy.
    pub fn remembers(&self, key: u32) -> bool {
        self.slot_of(key).is_some() || self.policy.remembers(key)
    }

    /// The entry of `key`, expired or not, to be changed without the policy noticing. Its size must stay.
    #[inline]
    pub fn peek_mut(&mut self, key: u32) -> Option<&mut Entry> {
        self.slot_of(key).map(|slot| &mut self.slots[slot])
    }

    /// Gives the entry of `key`, if there is one, another end, from now on; the policy counts it as no use.
    #[inline]
    pub fn set_end(&mut self, key: u32, end: Nanos) {
        if let Some(slot) = self.slot_of(key) {
            let entry = &mut self.slots[slot];
            entry.expires = end;
            self.policy.expiry_changed(slot, entry);
            if let Some(expiries) = &mut self.expiries {
                expiries.note(entry);
            }
            if let Some(observer) = &self.observer {
                observer.renewed(entry);
            }
        }
    }

    /// Puts `entry` in place, evicting as much as it needs room for.
    ///
    /// Over a good entry of the same key it counts as a use of it. Over an expired one it counts as a removal and a
    /// new insertion, as if a lookup had come first.
    ///
    /// # Panics
    /// When the key is greater than [`KEY_MAX`](super::keys::KEY_MAX).
    #[inline]
    pub fn insert(&mut self, entry: Entry, now: Nanos) -> Insertion {
        debug_assert!(self.evicted.is_empty(), "what an insertion evicted is seen to before the next one");
        match self.slot_of(entry.key) {
            None => self.add(entry, now),
            Some(slot) => self.replace(slot, entry, now),
        }
    }

    /// Puts in an entry whose key is not held.
    #[inline]
    fn add(&mut self, entry: Entry, now: Nanos) -> Insertion {
        let weight = self.capacity.weight(&entry);
        self.policy.admit(&entry);
        let mut insertion = Insertion::Added;
        let slot = if self.used + weight > self.capacity.total() {
            if weight > self.capacity.total() {
                return Insertion::TooLarge(None);
            }
            let Some(slot) = self.policy.evict(View { slots: self.slots.all(), index: &self.index, now }) else {
                return Insertion::Refused;
            };
            let victim = self.slots[slot];
            self.index.set(victim.key, NONE);
            self.count_out(&victim);
            insertion = Insertion::Evicted(victim);
            if self.used + weight > self.capacity.total() && !self.make_room(weight, slot, now) {
                work::count(self.evicted.len());
                self.evicted.insert(0, victim);
                return Insertion::Refused;
            }
            // With one victim, as always where capacity is counted in entries, the newcomer takes its slot.
            self.slots[slot] = entry;
            slot
        } else {
            self.slots.insert(entry)
        };
        self.index.set(entry.key, slot);
        self.count_in(&entry);
        self.policy.insert(slot, &entry, now);
        insertion
    }

    /// Puts an entry in the place of the one its key has.
    fn replace(&mut self, slot: u32, entry: Entry, now: Nanos) -> Insertion {
        let former = self.slots[slot];
        let (weight, without) = (self.capacity.weight(&entry), self.used - self.capacity.weight(&former));
        if weight > self.capacity.total() {
            return Insertion::TooLarge(Some(self.remove_slot(slot)));
        }
        if without + weight > self.capacity.total() && !self.policy.can_evict() {
            return Insertion::Refused;
        }
        self.count_out(&former);
        self.slots[slot] = entry;
        self.count_in(&entry);
        if former.is_expired(now) {
            self.policy.remove(slot);
            self.policy.admit(&entry);
            self.policy.insert(slot, &entry, now);
        } else {
            self.policy.hit(slot, &entry, now);
        }
        // It may have grown. The policy may let it go itself, as any other, and must if nothing else may go.
        if !self.evict_more(self.capacity.total(), now) {
            let grown = self.remove_slot(slot);
            self.evicted.push(grown);
        }
        Insertion::Replaced(former)
    }

    /// Goes on evicting until there is room for `weight`; whether there is. `slot` is vacant and stays out of use.
    #[cold]
    fn make_room(&mut self, weight: u64, slot: u32, now: Nanos) -> bool {
        self.slots[slot] = VACANT;
        let enough = self.evict_more(self.capacity.total() - weight, now);
        if !enough {
            self.slots.free(slot);
        }
        enough
    }

    /// Evicts until at most `most` is used; false when nothing more may go before that.
    #[inline]
    fn evict_more(&mut self, most: u64, now: Nanos) -> bool {
        while self.used > most {
            work::count(1);
            let Some(victim) = self.evict(now) else { return false };
            self.evicted.push(victim);
        }
        true
    }

    #[inline]
    fn evict(&mut self, now: Nanos) -> Option<Entry> {
        let slot = self.policy.evict(View { slots: self.slots.all(), index: &self.index, now })?;
        Some(self.vacate(slot))
    }

    /// Entries that the last insertion evicted and did not report, one a call.
    #[inline]
    pub fn next_evicted(&mut self) -> Option<Entry> {
        self.evicted.pop()
    }

    /// Whether an entry of this key and size would be refused now, because nothing may go.
    #[inline]
    pub fn would_refuse(&self, key: u32, size: u32) -> bool {
        if self.policy.can_evict() {
            return false;
        }
        let weight = self.capacity.weight(&Entry { size, ..Entry::new(key, 0, Nanos::MAX) });
        let former = self.peek(key).map_or(0, |entry| self.capacity.weight(entry));
        weight <= self.capacity.total() && self.used - former + weight > self.capacity.total()
    }

    #[inline]
    fn count_in(&mut self, entry: &Entry) {
        self.used += self.capacity.weight(entry);
        self.bytes += entry.bytes();
        self.bytes_max = self.bytes_max.max(self.bytes);
        if let Some(expiries) = &mut self.expiries {
            expiries.note(entry);
        }
        if let Some(observer) = &self.observer {
            observer.added(entry);
        }
    }

    #[inline]
    fn count_out(&mut self, entry: &Entry) {
        self.used -= self.capacity.weight(entry);
        self.bytes -= entry.bytes();
        if let Some(observer) = &self.observer {
            observer.removed(entry);
        }
    }

    /// Takes out the entry of `key`, expired or not.
    pub fn remove(&mut self, key: u32) -> Option<Entry> {
        self.slot_of(key).map(|slot| self.remove_slot(slot))
    }

    fn remove_slot(&mut self, slot: u32) -> Entry {
        self.policy.remove(slot);
        self.vacate(slot)
    }

    /// Takes out the entry at a slot that the policy has forgotten.
    #[inline]
    fn vacate(&mut self, slot: u32) -> Entry {
        let entry = std::mem::replace(&mut self.slots[slot], VACANT);
        self.index.set(entry.key, NONE);
        self.count_out(&entry);
        self.slots.free(slot);
        entry
    }

    /// Empties the store. A random policy's stream runs on. Tables by key keep their length: to make them again would cost
    /// as much as there are keys, each time.
    pub fn clear(&mut self) {
        work::count(self.slots.all().len());
        for entry in self.slots.all().iter().filter(|entry| entry.key != NONE) {
            self.index.set(entry.key, NONE);
            if let Some(observer) = &self.observer {
                observer.removed(entry);
            }
        }
        self.slots.clear();
        self.policy.clear();
        (self.used, self.bytes) = (0, 0);
        self.expiries.iter_mut().for_each(|expiries| expiries.clear());
    }

    /// How many entries are held, the expired among them.
    #[inline]
    pub fn len(&self) -> u32 {
        self.slots.in_use() as u32
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much it has room for.
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// The most is what is held from now on.
    pub fn restart_maximum(&mut self) {
        self.bytes_max = self.bytes;
    }

    /// What is held, in bytes with the overhead: now, and the most since the maximum was last restarted.
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes, self.bytes_max)
    }

    /// The entries held, in an order that depends only on what was done to the store.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        work::count(self.slots.all().len());
        self.slots.all().iter().filter(|entry| entry.key != NONE)
    }

    /// Asserts the inner rules; for tests and fuzzing.
    ///
    /// # Panics
    /// When one is broken.
    pub fn validate(&self) {
        let held =
            |weight: fn(Capacity, &Entry) -> u64| self.iter().map(|entry| weight(self.capacity, entry)).sum::<u64>();
        assert_eq!(self.used, held(Capacity::weight), "it knows what it holds");
        assert_eq!(self.bytes, held(|_, entry| entry.bytes()), "also in bytes");
        assert!(self.used <= self.capacity.total(), "never more than there is room for");
        let live: Vec<u32> = (0..self.slots.all().len() as u32).filter(|&slot| self.slots[slot].key != NONE).collect();
        assert_eq!(live.len() as u32, self.len(), "every slot is in use or free");
        for &slot in &live {
            let key = self.slots[slot].key;
            assert_eq!(self.index.get(key), slot, "a held key's index names its slot");
        }
        assert_eq!(self.index.iter().filter(|&&slot| slot != NONE).count(), live.len(), "the index names no others");
        self.policy.validate(&live);
    }
}
