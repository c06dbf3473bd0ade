//! What Redis' sampled policies have in common: five entries looked at per eviction, and a pool of good candidates.
//!
//! Redis keeps no order of its entries. To make room it looks at five of them, drawn at random, and puts those that
//! are worse than what it has seen before into a pool of sixteen, ordered by how dispensable they looked. The most
//! dispensable one that still exists goes. The pool remembers a candidate by key and by how it looked *then*: it may
//! have been used since, or gone and come back.
//!
//! Redis 7, `evict.c` (`evictionPoolPopulate`, `performEvictions`); `maxmemory-samples 5`, its default. Redis draws a
//! place in its hash table and takes neighbours, here the five are independent.

use super::View;
use crate::random::Stream;

/// Entries looked at per eviction.
const SAMPLES: u32 = 5;
/// Candidates remembered.
const POOL: usize = 16;

/// Slots to draw from, in no particular order.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    slots: Vec<u32>,
    /// By slot: its place in `slots` and one, or 0.
    places: Vec<u32>,
}

impl Held {
    /// Adds `slot`, which must not be among them.
    #[inline]
    pub(super) fn add(&mut self, slot: u32) {
        if slot as usize >= self.places.len() {
            self.places.resize(slot as usize + 1, 0);
        }
        self.slots.push(slot);
        self.places[slot as usize] = self.slots.len() as u32;
    }

    /// Whether `slot` is among them.
    #[inline]
    pub(super) fn has(&self, slot: u32) -> bool {
        self.places.get(slot as usize).is_some_and(|&place| place > 0)
    }

    /// Takes `slot` out, if it is among them; the last one takes its place.
    pub(super) fn remove(&mut self, slot: u32) {
        if !self.has(slot) {
            return;
        }
        let place = std::mem::take(&mut self.places[slot as usize]);
        self.slots.swap_remove(place as usize - 1);
        if let Some(&moved) = self.slots.get(place as usize - 1) {
            self.places[moved as usize] = place;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Held::default();
    }

    pub(super) fn slots(&self) -> &[u32] {
        &self.slots
    }

    pub(super) fn validate(&self) {
        for (place, &slot) in self.slots.iter().enumerate() {
            assert_eq!(self.places[slot as usize] as usize, place + 1, "every slot knows its place");
        }
        assert_eq!(self.places.iter().filter(|&&place| place > 0).count(), self.slots.len());
    }
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    key: u32,
    /// How dispensable it looked.
    score: u64,
}

/// The candidates, the least dispensable first.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) stream: Stream,
    candidates: Vec<Candidate>,
}

impl Pool {
    pub(super) fn new(stream: Stream) -> Pool {
        Pool { stream, candidates: Vec::with_capacity(POOL) }
    }

    /// The slot to give up out of `held`, or `None` when that is empty; `score` says how dispensable a slot looks.
    pub(super) fn pick(&mut self, view: View<'_>, held: &Held, score: impl Fn(u32) -> u64) -> Option<u32> {
        if held.slots.is_empty() {
            return None;
        }
        // Ends: what has just been looked at exists, and either it is in the pool or sixteen others are, each of which
        // leaves the pool when it is found gone.
        loop {
            self.look(view, held, &score);
            while let Some(candidate) = self.candidates.pop() {
                if let Some(slot) = view.find(candidate.key).filter(|&slot| held.has(slot)) {
                    return Some(slot);
                }
            }
        }
    }

    fn look(&mut self, view: View<'_>, held: &Held, score: impl Fn(u32) -> u64) {
        let count = held.slots.len() as u32;
        for nth in 0..SAMPLES.min(count) {
            let place = if count <= SAMPLES { nth } else { self.stream.below(count) };
            let slot = held.slots[place as usize];
            self.offer(Candidate { key: view.entry(slot).key, score: score(slot) });
        }
    }

    /// Takes a candidate in, in its order; in a full pool at the cost of the least dispensable, which may be itself.
    fn offer(&mut self, candidate: Candidate) {
        let place = self.candidates.iter().take_while(|known| known.score < candidate.score).count();
        if self.candidates.len() < POOL {
            self.candidates.insert(place, candidate);
        } else if place > 0 {
            self.candidates.remove(0);
            self.candidates.insert(place - 1, candidate);
        }
    }

    pub(super) fn clear(&mut self) {
        self.candidates.clear();
    }

    pub(super) fn validate(&self) {
        assert!(self.candidates.len() <= POOL);
        assert!(self.candidates.is_sorted_by_key(|candidate| candidate.score), "the most dispensable comes last");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn a_full_pool_keeps_the_most_dispensable_and_gives_up_the_least() {
        let mut pool = Pool::new(Streams::new(1).named("eviction"));
        (0..40u32).for_each(|key| pool.offer(Candidate { key, score: u64::from(key * 7 % 40) }));
        let scores: Vec<u64> = pool.candidates.iter().map(|candidate| candidate.score).collect();
        assert_eq!(scores, (24..40).collect::<Vec<u64>>());
        pool.offer(Candidate { key: 99, score: 3 });
        assert!(pool.candidates.iter().all(|candidate| candidate.key != 99), "worse than all of them");
    }
}
