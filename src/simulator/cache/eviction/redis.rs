//! What Redis' sampled policies have in common: a few entries looked at per eviction, and a pool of good candidates.
//!
//! Redis keeps no order of its entries. To make room it looks at five of them (or as many as it is told), drawn at random, and puts those that
//! are worse than what it has seen before into a pool of sixteen, ordered by how dispensable they looked. The most
//! dispensable one that still exists goes. The pool remembers a candidate by key and by how it looked *then*: it may
//! have been used since, or gone and come back.
//!
//! *How they are drawn.* Redis draws a bucket of its hash table and takes what is in it and in the next ones, until it
//! has enough. So a key with empty buckets before it is looked at more often than others, and since a key always comes
//! back to the same bucket, it stays so. That costs hits in small caches, and is kept here: keys lie in a table that
//! grows as Redis' does, at random places of their own. Of a bucket that holds more than are still wanted each has the same
//! chance, by reservoir sampling: since Redis 7.0.12, which made this fairer (#12276).
//!
//! *The volatile ones.* Under `volatile-lru`, `-lfu`, `-ttl` and `-random` only entries with a time to live are drawn, from
//! a table of their own. When none is left nothing can go: what would need room is refused.
//!
//! Redis 7, `evict.c` (`evictionPoolPopulate`, `performEvictions`) and `dict.c` (`dictGetSomeKeys`);
//! `maxmemory-samples 5`, its default.

use super::View;
use crate::cache::entry::Entry;
use crate::random::{Stream, splitmix64};
use crate::scenario::eviction::Sampling;
use crate::time::Nanos;
use crate::work;

/// Candidates remembered.
const POOL: usize = 16;

/// No slot.
const NONE: u32 = u32::MAX;
/// Buckets of the smallest table.
const BUCKETS_MIN: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Link {
    /// The hash of its key.
    hash: u32,
    /// The next slot in its bucket.
    next: u32,
    held: bool,
}

/// Slots to draw from: a hash table of chains, with one bucket an entry or more.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// By bucket: the first slot. The newest comes first.
    buckets: Vec<u32>,
    /// By slot.
    links: Vec<Link>,
    count: u32,
}

impl Held {
    /// Adds `slot`, which must not be among them.
    pub(super) fn add(&mut self, slot: u32, key: u32) {
        if slot as usize >= self.links.len() {
            self.links.resize(slot as usize + 1, Link { hash: 0, next: NONE, held: false });
        }
        self.links[slot as usize] = Link { hash: splitmix64(&mut u64::from(key)) as u32, next: NONE, held: true };
        self.count += 1;
        if self.count as usize > self.buckets.len() {
            self.grow();
        } else {
            self.chain(slot);
        }
    }

    fn bucket(&self, slot: u32) -> usize {
        self.links[slot as usize].hash as usize & (self.buckets.len() - 1)
    }

    fn chain(&mut self, slot: u32) {
        let bucket = self.bucket(slot);
        self.links[slot as usize].next = std::mem::replace(&mut self.buckets[bucket], slot);
    }

    /// Twice the buckets, and everyone in their place again.
    #[cold]
    fn grow(&mut self) {
        work::count(2 * self.links.len());
        self.buckets = vec![NONE; (self.count as usize).next_power_of_two().max(BUCKETS_MIN)];
        self.slots().into_iter().for_each(|slot| self.chain(slot));
    }

    /// Whether `slot` is among them.
    #[inline]
    pub(super) fn has(&self, slot: u32) -> bool {
        self.links.get(slot as usize).is_some_and(|link| link.held)
    }

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes `slot` out, if it is among them.
    pub(super) fn remove(&mut self, slot: u32) {
        if !self.has(slot) {
            return;
        }
        let (bucket, next) = (self.bucket(slot), self.links[slot as usize].next);
        let mut before = self.buckets[bucket];
        if before == slot {
            self.buckets[bucket] = next;
        } else {
            while self.links[before as usize].next != slot {
                work::count(1);
                before = self.links[before as usize].next;
            }
            self.links[before as usize].next = next;
        }
        self.links[slot as usize].held = false;
        self.count -= 1;
    }

    /// Some of them: what lies in the buckets from a random one on, and from another one after a long empty stretch. Where
    /// the last bucket has more than are wanted, all in it have the same chance to be among them.
    fn some(&self, samples: u32, stream: &mut Stream, picked: &mut Vec<u32>) {
        picked.clear();
        let most = samples.min(self.count);
        let mut bucket = stream.below(self.buckets.len() as u32) as usize;
        let (mut seen, mut empty) = (0, 0);
        for _ in 0..10 * most {
            work::count(1);
            let mut slot = self.buckets[bucket];
            empty = if slot == NONE { empty + 1 } else { 0 };
            while slot != NONE {
                seen += 1;
                if seen <= most {
                    picked.push(slot);
                } else if let Some(place) = picked.get_mut(stream.below(seen) as usize) {
                    *place = slot;
                }
                slot = self.links[slot as usize].next;
            }
            if seen >= most {
                return;
            }
            if empty >= 5 && empty > most {
                bucket = stream.below(self.buckets.len() as u32) as usize;
                empty = 0;
            } else {
                bucket = (bucket + 1) & (self.buckets.len() - 1);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Held::default();
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        (0..self.links.len() as u32).filter(|&slot| self.has(slot)).collect()
    }

    pub(super) fn validate(&self) {
        let mut found = 0;
        for (bucket, &first) in self.buckets.iter().enumerate() {
            let mut slot = first;
            while slot != NONE {
                assert!(self.has(slot) && self.bucket(slot) == bucket, "a chain holds what belongs in its bucket");
                found += 1;
                assert!(found <= self.count, "a chain ends");
                slot = self.links[slot as usize].next;
            }
        }
        assert_eq!(found, self.count, "everyone is in a chain");
        assert_eq!(self.slots().len() as u32, self.count);
    }
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    key: u32,
    /// How dispensable it looked.
    score: u64,
}

/// Slots, and the pool of those that looked dispensable when they were last looked at.
#[derive(Clone, Debug)]
pub(super) struct Sampled {
    /// Those that may go.
    held: Held,
    /// Those that may not, having no end of their own, where only entries that have one may go.
    immortal: Option<Held>,
    pub(super) stream: Stream,
    /// Entries looked at per eviction.
    pub(super) samples: u32,
    /// Those looked at last.
    picked: Vec<u32>,
    /// The least dispensable first.
    candidates: Vec<Candidate>,
}

impl Sampled {
    pub(super) fn new(stream: Stream) -> Sampled {
        Sampled {
            held: Held::default(),
            immortal: None,
            stream,
            samples: Sampling::default().samples,
            picked: Vec::new(),
            candidates: Vec::with_capacity(POOL),
        }
    }

    /// The same, where only entries with a time to live may go.
    pub(super) fn volatile(stream: Stream) -> Sampled {
        Sampled { immortal: Some(Held::default()), ..Sampled::new(stream) }
    }

    /// Adds the slot of an entry.
    #[inline]
    pub(super) fn add(&mut self, slot: u32, entry: &Entry) {
        match &mut self.immortal {
            Some(immortal) if entry.expires == Nanos::MAX => immortal.add(slot, entry.key),
            _ => self.held.add(slot, entry.key),
        }
    }

    /// The entry at a slot may have got an end, or lost it.
    #[inline]
    pub(super) fn changed(&mut self, slot: u32, entry: &Entry) {
        if self.immortal.is_some() && self.held.has(slot) != (entry.expires < Nanos::MAX) {
            self.remove(slot);
            self.add(slot, entry);
        }
    }

    /// Takes `slot` out.
    pub(super) fn remove(&mut self, slot: u32) {
        self.held.remove(slot);
        if let Some(immortal) = &mut self.immortal {
            immortal.remove(slot);
        }
    }

    /// Whether one of them may go.
    #[inline]
    pub(super) fn can_evict(&self) -> bool {
        self.immortal.is_none() || !self.held.is_empty()
    }

    /// All of them.
    pub(super) fn slots(&self) -> Vec<u32> {
        [self.held.slots(), self.immortal.as_ref().map(Held::slots).unwrap_or_default()].concat()
    }

    /// Gives up a slot and forgets it; `None` when there is none. `score` says how dispensable a slot looks.
    pub(super) fn evict(&mut self, view: View<'_>, score: impl Fn(u32) -> u64) -> Option<u32> {
        let slot = self.pick(view, score)?;
        self.held.remove(slot);
        Some(slot)
    }

    fn pick(&mut self, view: View<'_>, score: impl Fn(u32) -> u64) -> Option<u32> {
        if self.held.is_empty() {
            return None;
        }
        // Ends: sooner or later something held is looked at, and whatever is in the pool and gone leaves it.
        loop {
            let Sampled { held, stream, samples, picked, candidates, .. } = self;
            held.some(*samples, stream, picked);
            for &slot in picked.iter() {
                offer(candidates, Candidate { key: view.entry(slot).key, score: score(slot) });
            }
            while let Some(candidate) = self.candidates.pop() {
                if let Some(slot) = view.find(candidate.key).filter(|&slot| held.has(slot)) {
                    return Some(slot);
                }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
        if let Some(immortal) = &mut self.immortal {
            immortal.clear();
        }
        self.candidates.clear();
    }

    pub(super) fn validate(&self) {
        self.held.validate();
        if let Some(immortal) = &self.immortal {
            immortal.validate();
        }
        assert!(self.candidates.len() <= POOL);
        assert!(self.candidates.is_sorted_by_key(|candidate| candidate.score), "the most dispensable comes last");
    }
}

/// Takes a candidate in, in its order; in a full pool at the cost of the least dispensable, which may be itself.
fn offer(candidates: &mut Vec<Candidate>, candidate: Candidate) {
    let place = candidates.iter().take_while(|known| known.score < candidate.score).count();
    if candidates.len() < POOL {
        candidates.insert(place, candidate);
    } else if place > 0 {
        candidates.remove(0); // few: POOL
        candidates.insert(place - 1, candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn a_full_pool_keeps_the_most_dispensable_and_gives_up_the_least() {
        let mut pool = Sampled::new(Streams::new(1).named("eviction"));
        (0..40u32).for_each(|key| offer(&mut pool.candidates, Candidate { key, score: u64::from(key * 7 % 40) }));
        let scores: Vec<u64> = pool.candidates.iter().map(|candidate| candidate.score).collect();
        assert_eq!(scores, (24..40).collect::<Vec<u64>>());
        offer(&mut pool.candidates, Candidate { key: 99, score: 3 });
        assert!(pool.candidates.iter().all(|candidate| candidate.key != 99), "worse than all of them");
    }

    #[test]
    fn as_many_are_looked_at_as_asked_for_and_no_more_than_there_are() {
        let mut stream = Streams::new(1).named("eviction");
        let (mut held, mut picked) = (Held::default(), Vec::new());
        (0..40).for_each(|slot| held.add(slot, slot));
        for (samples, looked) in [(1, 1), (5, 5), (10, 10), (64, 40)] {
            // From a bucket in a long empty stretch it may give up early, as Redis does.
            let most = (0..50).map(|_| {
                held.some(samples, &mut stream, &mut picked);
                picked.len()
            });
            assert_eq!(most.max(), Some(looked));
        }
    }

    #[test]
    fn where_a_bucket_has_more_than_are_wanted_all_in_it_are_looked_at_alike() {
        let mut stream = Streams::new(1).named("eviction");
        let (mut held, mut picked) = (Held::default(), Vec::new());
        (0..1_000).for_each(|slot| held.add(slot, slot));
        let held_slot = |slot: u32| (slot != NONE).then_some(slot);
        let chain = |first| std::iter::successors(held_slot(first), |&slot| held_slot(held.links[slot as usize].next));
        let mut chains = held.buckets.iter().map(|&first| chain(first).collect::<Vec<u32>>());
        let chain = chains.find(|chain| chain.len() == 4).expect("some bucket has four");
        let mut looked = [0u32; 4];
        for _ in 0..400_000 {
            held.some(1, &mut stream, &mut picked);
            looked.iter_mut().zip(&chain).for_each(|(count, slot)| *count += u32::from(picked == [*slot]));
        }
        let (least, most) = (looked.iter().min().unwrap(), looked.iter().max().unwrap());
        assert!(*least > 60 && most * 2 < least * 3, "{looked:?}");
    }
}
