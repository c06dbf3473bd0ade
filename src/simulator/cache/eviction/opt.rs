//! OPT: the entry whose next use lies farthest ahead goes. Of policies that take in every miss none has fewer misses, where all
//! entries are of one size, nothing expires and every request is a look-up that is filled at once. With TTLs, sizes, writes or
//! latency it is no optimum (another one may well have fewer misses), and a yardstick only.
//!
//! ```text
//!   asked    1  2  3  1  2  4 …         room for 2, and 3 comes:
//!   held     1: next at 4, 2: next at 5  ──▶ 2 goes, since 1 is needed earlier
//! ```
//!
//! It needs to know the future. A replay has it in the recording; a simulation, where request *n* names the same key
//! whatever happens before it, makes all requests once beforehand and is told of each key, as a request of it is sent,
//! which request will be the next. Every key is admitted, also one that is never used again; of several of these the
//! one with the greatest number goes. Bélády, "A study of replacement algorithms for a virtual-storage computer", IBM
//! Systems Journal 1966; Mattson, Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", ibid. 1970.

use std::cell::RefCell;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::{Policy, View};
use crate::cache::counts::ReplayCounts;
use crate::cache::entry::{Capacity, Entry, NONE};
use crate::cache::keys::{ByKey, Numbers};
use crate::random::Stream;
use crate::table;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Box<Foreseen>;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Box::default()
}

/// A next use later than all others: there is none.
const NEVER: u64 = u64::MAX;

/// The keys held, by their next use.
#[derive(Clone, Debug, Default)]
struct Farthest {
    /// By key: its next use, if it is held.
    held: ByKey<Option<u64>>,
    len: usize,
    /// (Next use, key), farthest first. Those that are not a held key's latest are outdated.
    heap: BinaryHeap<(u64, u32)>,
}

impl Farthest {
    /// Whether `key` is held.
    fn has(&self, key: u32) -> bool {
        self.held.get(key).is_some()
    }

    /// `key` is held, and used again at `next`.
    fn note(&mut self, key: u32, next: u64) {
        let former = self.held.get_mut(key).replace(next);
        self.len += usize::from(former.is_none());
        if former != Some(next) {
            self.heap.push((next, key));
        }
        // Outdated pairs of small numbers would gather at the bottom: at twice what is held they are swept out.
        if self.heap.len() > 2 * self.len + 1_000 {
            work::count(self.heap.len());
            let held = &self.held;
            self.heap.retain(|&(next, key)| held.get(key) == Some(next));
        }
    }

    /// `key` is not held any more.
    fn forget(&mut self, key: u32) {
        if self.has(key) {
            self.held.set(key, None);
            self.len -= 1;
        }
    }

    /// Gives up the key whose next use is farthest.
    fn pop(&mut self) -> Option<u32> {
        while let Some((next, key)) = self.heap.pop() {
            work::count(1);
            if self.held.get(key) == Some(next) {
                self.forget(key);
                return Some(key);
            }
        }
        None
    }
}

/// Plays the whole sequence of dense key ids through a cache of `capacity` entries. Takes n·log(n) time and 12 bytes
/// a request.
///
/// # Panics
/// When `capacity` is zero.
pub fn replay(keys: &[u32], capacity: u32) -> ReplayCounts {
    let mut opt = Opt::new(capacity);
    for (&key, next) in keys.iter().zip(next_uses(keys)) {
        opt.request(key, Some(next).filter(|&next| next != NEVER));
    }
    opt.counts()
}

/// OPT for a sequence that says of each request when its key comes next, fed one request at a time: memory holds the
/// cache, never the sequence.
#[derive(Debug)]
pub struct Opt {
    capacity: u32,
    farthest: Farthest,
    counts: ReplayCounts,
}

impl Opt {
    /// An empty cache of `capacity` entries.
    ///
    /// # Panics
    /// When `capacity` is zero.
    pub fn new(capacity: u32) -> Opt {
        assert!(capacity > 0, "a cache holds at least one entry");
        Opt { capacity, farthest: Farthest::default(), counts: ReplayCounts::default() }
    }

    /// Requests `key`, which comes again as the request of number `next`, or never.
    pub fn request(&mut self, key: u32, next: Option<u64>) {
        let hit = self.farthest.has(key);
        self.counts.count(hit);
        if !hit && self.farthest.len == self.capacity as usize {
            let victim = self.farthest.pop();
            debug_assert!(victim.is_some(), "every held key has a pair");
        }
        self.farthest.note(key, next.unwrap_or(NEVER));
    }

    /// Whether `key` is held; the number of any other key may be given to a new one.
    pub fn remembers(&self, key: u32) -> bool {
        self.farthest.has(key)
    }

    /// What was counted so far.
    pub fn counts(&self) -> ReplayCounts {
        self.counts
    }
}

/// By key: the number, from 1, of the request that will name it next. All nodes of a cache look at one of these.
#[derive(Debug, Default)]
pub struct Upcoming(RefCell<Vec<u64>>);

impl Upcoming {
    /// The next request of `key`, or never, will be number `next`. Requests may be told of late and out of order, as those
    /// of a scan; what is known already is not taken back.
    pub fn tell(&self, key: u32, next: Option<u32>) {
        let mut of_keys = self.0.borrow_mut();
        table::reach(&mut of_keys, key as usize, 0);
        let known = &mut of_keys[key as usize];
        *known = (*known).max(next.map_or(NEVER, u64::from));
    }

    fn of(&self, key: u32) -> u64 {
        self.0.borrow().get(key as usize).copied().filter(|&next| next > 0).unwrap_or(NEVER)
    }
}

/// OPT in a simulation. A key counts as used when the cache is asked for it, not as soon as its request is sent.
#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Foreseen {
    upcoming: Rc<Upcoming>,
    farthest: Farthest,
    /// By slot: the key there.
    keys: Vec<u32>,
}

impl Foreseen {
    pub(super) fn foresee(&mut self, upcoming: Rc<Upcoming>) {
        self.upcoming = upcoming;
    }
}

impl Policy for Foreseen {
    fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        if slot as usize >= self.keys.len() {
            self.keys.resize(slot as usize + 1, NONE);
        }
        self.keys[slot as usize] = entry.key;
        self.hit(slot, entry, now);
    }

    fn hit(&mut self, _slot: u32, entry: &Entry, _now: Nanos) {
        self.farthest.note(entry.key, self.upcoming.of(entry.key));
    }

    fn remove(&mut self, slot: u32) {
        self.farthest.forget(std::mem::replace(&mut self.keys[slot as usize], NONE));
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let slot = view.find(self.farthest.pop()?)?;
        self.keys[slot as usize] = NONE;
        Some(slot)
    }

    fn clear(&mut self) {
        work::count(self.keys.len());
        let held = self.keys.iter().filter(|&&key| key != NONE);
        held.for_each(|&key| self.farthest.forget(key));
        self.farthest.heap.clear();
        self.keys.clear();
    }

    fn number_by(&mut self, numbers: &Numbers) {
        self.farthest.held.number_by(numbers);
    }

    fn slots(&self) -> Vec<u32> {
        (0..self.keys.len() as u32).filter(|&slot| self.keys[slot as usize] != NONE).collect()
    }

    fn validate(&self) {
        let held: Vec<u32> = self.keys.iter().copied().filter(|&key| key != NONE).collect();
        assert_eq!(held.len(), self.farthest.len, "it knows the next use of what is held, and of nothing else");
        assert!(held.iter().all(|&key| self.farthest.has(key)));
    }
}

/// For each request the number of the next one for the same key.
fn next_uses(keys: &[u32]) -> Vec<u64> {
    let mut upcoming = vec![NEVER; keys.iter().max().map_or(0, |&key| key as usize + 1)];
    let mut next: Vec<u64> =
        (0..keys.len() as u64).rev().map(|i| std::mem::replace(&mut upcoming[keys[i as usize] as usize], i)).collect();
    next.reverse();
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn it_does_what_looking_through_the_whole_future_at_each_step_does() {
        let mut stream = Streams::new(8).named("opt");
        let keys: Vec<u32> = (0..8_000).map(|_| stream.below(60) * stream.below(60) / 60).collect();
        for capacity in [1, 5, 20, 100] {
            let mut opt = Opt::new(capacity);
            let mut held: Vec<u32> = Vec::new();
            for (number, (&key, next)) in keys.iter().zip(next_uses(&keys)).enumerate() {
                let hits = opt.counts().hits;
                opt.request(key, Some(next).filter(|&next| next != NEVER));
                assert_eq!(opt.counts().hits > hits, held.contains(&key), "request {number} of {capacity}");
                if !held.contains(&key) {
                    if held.len() == capacity as usize {
                        let next =
                            |key: &u32| (keys[number..].iter().position(|k| k == key).unwrap_or(usize::MAX), *key);
                        let farthest =
                            (0..held.len()).max_by_key(|&place| next(&held[place])).expect("something is held");
                        held.swap_remove(farthest);
                    }
                    held.push(key);
                }
            }
            assert!(opt.farthest.heap.len() <= 2 * capacity as usize + 1_001, "memory does not grow with the sequence");
        }
    }

    #[test]
    fn a_sequence_that_lies_about_the_future_is_survived() {
        let mut opt = Opt::new(2);
        for (key, next) in [(1, None), (2, Some(9)), (1, None), (3, None), (1, Some(4)), (2, None), (4, None)] {
            opt.request(key, next);
        }
        assert_eq!(opt.counts().requests, 7);
    }
}
