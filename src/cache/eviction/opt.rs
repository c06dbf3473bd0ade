//! OPT, the yardstick no real policy can beat: the entry whose next use lies farthest ahead goes.
//!
//! It needs to know the future, so it replays a recorded sequence. Every key is admitted, also one that is never
//! used again. Bélády, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 1966.

use std::collections::BinaryHeap;

use crate::cache::replay::ReplayCounts;

/// A next use later than all others: there is none.
const NEVER: u64 = u64::MAX;

/// Plays the whole sequence of dense key ids through a cache of `capacity` entries. Takes n·log(n) time and 24 bytes
/// a request.
///
/// # Panics
/// When `capacity` is zero.
pub fn replay(keys: &[u32], capacity: u32) -> ReplayCounts {
    assert!(capacity > 0, "a cache holds at least one entry");
    let mut held = vec![false; keys.iter().max().map_or(0, |&key| key as usize + 1)];
    let mut len = 0;
    // (Next use, key), farthest first, pushed at every use. Pairs whose next use has come are outdated and stay: they
    // lie in the past, every held key's latest pair lies in the future, so an outdated one never comes out first.
    let mut farthest: BinaryHeap<(u64, u32)> = BinaryHeap::new();
    let mut counts = ReplayCounts::default();
    for (&key, next) in keys.iter().zip(next_uses(keys)) {
        let hit = held[key as usize];
        counts.count(hit);
        if !hit && len == capacity {
            let (_, victim) = farthest.pop().expect("a full cache holds something");
            assert!(std::mem::take(&mut held[victim as usize]), "the farthest next use is a held key's");
        } else if !hit {
            len += 1;
        }
        held[key as usize] = true;
        farthest.push((next, key));
    }
    counts
}

/// OPT for a sequence that says of each request when its key comes next, fed one request at a time: memory holds the
/// cache, never the sequence.
#[derive(Debug)]
pub struct Opt {
    capacity: u32,
    /// By key: when it comes next, if it is held.
    held: Vec<Option<u64>>,
    len: u32,
    /// (Next use, key), farthest first. Those that are not a held key's latest are outdated.
    farthest: BinaryHeap<(u64, u32)>,
    counts: ReplayCounts,
}

impl Opt {
    /// An empty cache of `capacity` entries.
    ///
    /// # Panics
    /// When `capacity` is zero.
    pub fn new(capacity: u32) -> Opt {
        assert!(capacity > 0, "a cache holds at least one entry");
        Opt { capacity, held: Vec::new(), len: 0, farthest: BinaryHeap::new(), counts: ReplayCounts::default() }
    }

    /// Requests `key`, which comes again as the request of number `next`, or never.
    pub fn request(&mut self, key: u32, next: Option<u64>) {
        let next = next.unwrap_or(NEVER);
        if self.held.len() <= key as usize {
            self.held.resize(key as usize + 1, None);
        }
        let hit = self.held[key as usize].is_some();
        self.counts.count(hit);
        if !hit && self.len == self.capacity {
            self.evict();
        } else if !hit {
            self.len += 1;
        }
        self.held[key as usize] = Some(next);
        self.farthest.push((next, key));
        // Outdated pairs of small numbers would gather at the bottom: at twice the capacity they are swept out.
        if self.farthest.len() > 2 * self.capacity as usize + 1_000 {
            let held = &self.held;
            self.farthest.retain(|&(next, key)| held[key as usize] == Some(next));
        }
    }

    /// Whether `key` is held; the number of any other key may be given to a new one.
    pub fn remembers(&self, key: u32) -> bool {
        self.held.get(key as usize).is_some_and(Option::is_some)
    }

    fn evict(&mut self) {
        while let Some((next, key)) = self.farthest.pop() {
            if self.held[key as usize] == Some(next) {
                self.held[key as usize] = None;
                return;
            }
        }
        unreachable!("every held key has a pair");
    }

    /// What was counted so far.
    pub fn counts(&self) -> ReplayCounts {
        self.counts
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
    fn what_comes_next_told_request_by_request_gives_the_same_counts() {
        let mut stream = Streams::new(8).named("opt");
        let keys: Vec<u32> = (0..20_000).map(|_| stream.below(60) * stream.below(60) / 60).collect();
        for capacity in [1, 5, 20, 100] {
            let mut opt = Opt::new(capacity);
            for (&key, next) in keys.iter().zip(next_uses(&keys)) {
                opt.request(key, Some(next).filter(|&next| next != NEVER));
            }
            assert_eq!(opt.counts(), replay(&keys, capacity));
            assert!(opt.farthest.len() <= 2 * capacity as usize + 1_000, "memory does not grow with the sequence");
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
