//! LRU of every capacity in one pass, by stack distances.
//!
//! Keys lie in a stack, the one used last on top; a cache of *c* entries under LRU holds the *c* on top of it. So a look-up
//! that finds its key at depth *d* is a hit in every cache of at least *d* entries, and a miss in all smaller ones. Mattson,
//! Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", IBM Systems Journal 1970.
//!
//! ```text
//! position  0  1  2  3  4  5  6 …      one for each use, the latest last
//! key       –  b  –  c  –  a  d        only a key's last use stays
//! bits      0  1  0  1  0  1  1        depth of b: bits from its position on, 4
//! ```
//!
//! A depth is counted in words of 64 bits and, over the words, a Fenwick tree (Bennett and Kruskal 1975; Olken 1981): time
//! grows with the logarithm of the keys. When all positions are taken they are given anew, so that memory goes with the
//! keys in the stack and not with the requests.
//!
//! A key that is removed leaves a *hole*: each cache that held it has room for one more. Whatever comes on top next from
//! further below fills the hole nearest the top, since only caches that reach no hole evict; the place it came from, if it
//! has one, becomes a hole, since caches that reach as far only moved it.
//!
//! *Entries that expire* hold their place in a cache until they are touched, and a miss puts the key on top as a hit does; so
//! the stack is the same whatever expires. But when an entry ends differs from cache to cache, by when each fetched it last:
//! [`Mortal`] keeps that for the capacities that are asked for, beside the stack.
//!
//! ```
//! use cachelane::cache::stack::Stack;
//! let mut stack = Stack::to(3);
//! [0, 1, 2, 0, 1, 3, 0, 1].map(|key| stack.request(key));
//! assert_eq!([1, 2, 3].map(|capacity| stack.counts(capacity).hits), [0, 0, 4]);
//! ```

use std::collections::BinaryHeap;

use super::counts::ReplayCounts;
use super::entry::NONE;
use crate::table;
use crate::time::Nanos;
use crate::work;

/// Bits of a word.
const WORD: usize = 64;
/// Words of the shortest list of positions.
const WORDS_MIN: usize = 16;

/// The stack, and how deep look-ups went. See the [module](self).
#[derive(Clone, Debug)]
pub struct Stack {
    /// The capacity of the largest cache that is asked for, in entries. What lies deeper is forgotten now and then.
    deepest: u32,
    /// By key: one more than its position; 0: not in the stack.
    at: Vec<u32>,
    /// By position: its key; `NONE` for a hole. Means nothing where the bit is clear.
    keys: Vec<u32>,
    /// By position, 64 to a word: whether a key or a hole is there.
    bits: Vec<u64>,
    /// Fenwick's tree over the bits set in each word.
    tree: Vec<u32>,
    /// Keys and holes.
    taken: u32,
    /// The first position that was never taken.
    next: usize,
    /// Positions of the holes, the one nearest the top first.
    holes: BinaryHeap<u32>,
    requests: u64,
    /// By depth less one: look-ups that went so deep.
    depths: Vec<u64>,
}

impl Stack {
    /// An empty stack, for caches of at most `deepest` entries.
    pub fn to(deepest: u32) -> Stack {
        let mut stack = Stack {
            deepest,
            at: Vec::new(),
            keys: Vec::new(),
            bits: Vec::new(),
            tree: Vec::new(),
            taken: 0,
            next: 0,
            holes: BinaryHeap::new(),
            requests: 0,
            depths: Vec::new(),
        };
        stack.place_all(&[]);
        stack
    }

    /// Looks `key` up, and puts it on top. Gives its depth, from 1: the entries of the smallest cache that held it; `None`
    /// where none of those did that are asked for.
    #[inline]
    pub fn request(&mut self, key: u32) -> Option<u32> {
        let depth = self.put(key).filter(|&depth| depth <= self.deepest);
        self.requests += 1;
        if let Some(depth) = depth {
            table::reach(&mut self.depths, depth as usize - 1, 0);
            self.depths[depth as usize - 1] += 1;
        }
        depth
    }

    /// Puts `key` on top, as a write does: a use, but no look-up. Gives the depth it came from, from 1, if it was there.
    #[inline]
    pub fn put(&mut self, key: u32) -> Option<u32> {
        if self.next == self.keys.len() {
            self.compact();
        }
        let from = self.position(key);
        let depth = from.map(|from| self.depth(from));
        match self.holes.peek().copied().filter(|&hole| from.is_none_or(|from| hole as usize > from)) {
            Some(hole) => {
                self.holes.pop();
                self.clear_bit(hole as usize);
                if let Some(from) = from {
                    self.dig(from);
                }
            }
            None => from.into_iter().for_each(|from| self.clear_bit(from)),
        }
        let top = self.next;
        self.next += 1;
        self.keys[top] = key;
        self.set_bit(top);
        table::reach(&mut self.at, key as usize, 0);
        self.at[key as usize] = top as u32 + 1;
        depth
    }

    /// Takes `key` out of every cache, as a delete does.
    pub fn remove(&mut self, key: u32) {
        if let Some(from) = self.position(key) {
            self.dig(from);
            self.at[key as usize] = 0;
        }
    }

    /// Whether `key` is in the stack; the number of any other key may be given to a new one.
    pub fn remembers(&self, key: u32) -> bool {
        self.position(key).is_some()
    }

    /// Forgets what lies deeper than any cache reaches.
    pub fn compact(&mut self) {
        work::count(self.keys.len());
        let is_taken = |&position: &usize| self.bits[position / WORD] >> (position % WORD) & 1 == 1;
        let mut left: Vec<u32> = (0..self.next).filter(is_taken).map(|position| self.keys[position]).collect();
        let gone = left.len().saturating_sub(self.deepest as usize);
        left.drain(..gone).filter(|&key| key != NONE).for_each(|key| self.at[key as usize] = 0);
        self.place_all(&left);
    }

    /// What a cache of `capacity` entries counted so far.
    ///
    /// # Panics
    /// When the stack is for smaller caches only.
    pub fn counts(&self, capacity: u32) -> ReplayCounts {
        assert!(capacity <= self.deepest, "{capacity} entries, and the stack is for at most {}", self.deepest);
        let hits = self.depths.iter().take(capacity as usize).sum();
        ReplayCounts { requests: self.requests, hits, misses: self.requests - hits }
    }

    #[inline]
    fn position(&self, key: u32) -> Option<usize> {
        (self.at.get(key as usize).copied().unwrap_or(0) as usize).checked_sub(1)
    }

    /// The depth, from 1, of what is at `position`.
    #[inline]
    fn depth(&self, position: usize) -> u32 {
        let (word, below) = (position / WORD, (1 << (position % WORD)) - 1);
        let mut before = (self.bits[word] & below).count_ones();
        let mut node = word;
        while node > 0 {
            before += self.tree[node];
            node &= node - 1;
        }
        self.taken - before
    }

    /// The key at `position` is gone and has left a hole.
    fn dig(&mut self, position: usize) {
        self.keys[position] = NONE;
        self.holes.push(position as u32);
    }

    #[inline]
    fn set_bit(&mut self, position: usize) {
        self.bits[position / WORD] |= 1 << (position % WORD);
        self.taken += 1;
        self.add(position / WORD, 1);
    }

    #[inline]
    fn clear_bit(&mut self, position: usize) {
        self.bits[position / WORD] &= !(1 << (position % WORD));
        self.taken -= 1;
        self.add(position / WORD, u32::MAX);
    }

    /// Adds to the count of a word, modulo 2³².
    #[inline]
    fn add(&mut self, word: usize, more: u32) {
        let mut node = word + 1;
        while node < self.tree.len() {
            self.tree[node] = self.tree[node].wrapping_add(more);
            node += node & node.wrapping_neg();
        }
    }

    /// The stack is made of these keys and holes, the lowest first, and has as many free positions again.
    fn place_all(&mut self, all: &[u32]) {
        let words = (2 * all.len()).div_ceil(WORD).max(WORDS_MIN);
        self.bits = (0..words)
            .map(|word| match all.len().saturating_sub(word * WORD) {
                WORD.. => u64::MAX,
                some => (1 << some) - 1,
            })
            .collect();
        self.tree = vec![0; words + 1];
        for node in 1..=words {
            self.tree[node] += self.bits[node - 1].count_ones();
            let above = node + (node & node.wrapping_neg());
            if above <= words {
                self.tree[above] += self.tree[node];
            }
        }
        self.keys.clear();
        self.keys.extend_from_slice(all);
        self.keys.resize(words * WORD, NONE);
        (self.taken, self.next) = (all.len() as u32, all.len());
        self.holes.clear();
        for (position, &key) in all.iter().enumerate() {
            match key {
                NONE => self.holes.push(position as u32),
                key => self.at[key as usize] = position as u32 + 1,
            }
        }
    }
}

/// A stack of entries that expire, for some capacities. See the [module](self).
#[derive(Clone, Debug)]
pub struct Mortal {
    stack: Stack,
    /// Rising.
    capacities: Vec<u32>,
    /// For each capacity: look-ups that hit.
    hits: Vec<u64>,
    /// For each key, for each capacity: the last moment at which its entry is good, if it is held.
    ends: Vec<Nanos>,
    requests: u64,
}

impl Mortal {
    /// An empty stack, for caches of these many entries.
    pub fn of(mut capacities: Vec<u32>) -> Mortal {
        capacities.sort_unstable();
        capacities.dedup();
        let (stack, hits) = (Stack::to(capacities.last().copied().unwrap_or(0)), vec![0; capacities.len()]);
        Mortal { stack, capacities, hits, ends: Vec::new(), requests: 0 }
    }

    /// Looks `key` up; what a miss fetches is good up to and including the moment `end`.
    #[inline]
    pub fn request(&mut self, key: u32, now: Nanos, end: Nanos) {
        // Deeper than any cache reaches is not there.
        let depth = self.stack.put(key).unwrap_or(u32::MAX);
        self.requests += 1;
        let row = row(&mut self.ends, key, self.capacities.len());
        for ((entry_end, &capacity), hits) in row.iter_mut().zip(&self.capacities).zip(&mut self.hits) {
            if depth <= capacity && now <= *entry_end {
                *hits += 1;
            } else {
                *entry_end = end;
            }
        }
    }

    /// Puts a value there that is good up to and including the moment `end`, as a write does.
    pub fn put(&mut self, key: u32, end: Nanos) {
        self.stack.put(key);
        row(&mut self.ends, key, self.capacities.len()).fill(end);
    }

    /// Takes `key` out of every cache, as a delete does.
    pub fn remove(&mut self, key: u32) {
        self.stack.remove(key);
    }

    /// See [`Stack::remembers`].
    pub fn remembers(&self, key: u32) -> bool {
        self.stack.remembers(key)
    }

    /// See [`Stack::compact`].
    pub fn compact(&mut self) {
        self.stack.compact();
    }

    /// Look-ups so far.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// What a cache of `capacity` entries counted so far; `None` where it is none of those asked for.
    pub fn counts(&self, capacity: u32) -> Option<ReplayCounts> {
        let hits = self.hits[self.capacities.binary_search(&capacity).ok()?];
        Some(ReplayCounts { requests: self.requests, hits, misses: self.requests - hits })
    }
}

/// When the entries of `key` end.
#[inline]
fn row(ends: &mut Vec<Nanos>, key: u32, capacities: usize) -> &mut [Nanos] {
    let begin = key as usize * capacities;
    table::reach(ends, begin + capacities - 1, Nanos::ZERO);
    &mut ends[begin..begin + capacities]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::replay::Replay;
    use crate::keyspace::{Ask, Command, Expiry, Only, Text};
    use crate::random::Streams;
    use crate::scenario::eviction::Eviction;

    /// LRU as one writes it down first: the key used last stands last.
    struct Naive {
        capacity: usize,
        keys: Vec<u32>,
        hits: u64,
    }

    impl Naive {
        fn remove(&mut self, key: u32) -> bool {
            let place = self.keys.iter().position(|&held| held == key);
            place.map(|place| self.keys.remove(place)).is_some()
        }

        fn put(&mut self, key: u32) -> bool {
            let held = self.remove(key);
            if self.keys.len() == self.capacity {
                self.keys.remove(0);
            }
            self.keys.push(key);
            held
        }
    }

    const CAPACITIES: [u32; 8] = [1, 2, 3, 5, 8, 20, 60, 150];

    #[test]
    fn every_capacity_hits_as_often_as_a_cache_of_its_own_whatever_is_written_and_deleted() {
        for seed in 0..60 {
            let mut stream = Streams::new(seed).named("stack");
            let (keys, deletes, writes) = (2 + stream.below(200), stream.below(30), stream.below(30));
            let mut stack = Stack::to(150);
            let mut naive = CAPACITIES.map(|capacity| Naive { capacity: capacity as usize, keys: Vec::new(), hits: 0 });
            let mut single = CAPACITIES.map(|capacity| Replay::new(Eviction::Lru, capacity, None, 1));
            for step in 0..6_000 {
                let key = stream.below(keys).min(stream.below(keys));
                let command = match stream.below(100) {
                    kind if kind < deletes => Command::Delete,
                    kind if kind < deletes + writes => {
                        Command::Store { expiry: Expiry::Never, only: Only::Always, text: Text::Plain }
                    }
                    _ => Command::Read,
                };
                let ask = Ask { key, ..Ask::default() };
                single.iter_mut().for_each(|cache| cache.run(&ask, &command));
                match command {
                    Command::Delete => {
                        stack.remove(key);
                        naive.iter_mut().for_each(|cache| _ = cache.remove(key));
                    }
                    Command::Read => {
                        stack.request(key);
                        naive.iter_mut().for_each(|cache| cache.hits += u64::from(cache.put(key)));
                    }
                    _ => {
                        stack.put(key);
                        naive.iter_mut().for_each(|cache| _ = cache.put(key));
                    }
                }
                if step % 1_777 == 0 {
                    stack.compact();
                }
            }
            for ((capacity, naive), single) in CAPACITIES.into_iter().zip(&naive).zip(&single) {
                let counts = stack.counts(capacity);
                assert_eq!((counts, counts.hits), (single.counts(), naive.hits), "seed {seed}, {capacity} entries");
            }
        }
    }

    #[test]
    fn entries_that_expire_are_hit_as_often_as_in_caches_of_their_own() {
        for seed in 0..40 {
            let mut stream = Streams::new(seed).named("mortal");
            let (keys, ttl, deletes) = (2 + stream.below(200), 1 + stream.below(400), stream.below(20));
            let mut stack = Mortal::of(CAPACITIES.to_vec());
            let mut single = CAPACITIES.map(|capacity| Replay::new(Eviction::Lru, capacity, None, 1));
            for step in 0..6_000u64 {
                let key = stream.below(keys).min(stream.below(keys));
                // Some live longer than others, some for ever.
                let life = Nanos(u64::from(1 + key % ttl));
                let (now, kind) = (Nanos(step), stream.below(100));
                let fill_ttl = Some(life).filter(|_| !key.is_multiple_of(7));
                let end = fill_ttl.map_or(Nanos::MAX, |life| Nanos(step + life.0));
                let expiry = fill_ttl.map_or(Expiry::Never, Expiry::In);
                let command = match kind {
                    kind if kind < deletes => Command::Delete,
                    kind if kind < deletes + 10 => Command::Store { expiry, only: Only::Always, text: Text::Plain },
                    _ => Command::Read,
                };
                for cache in &mut single {
                    cache.set_clock(now);
                    cache.run(&Ask { key, fill_ttl, ..Ask::default() }, &command);
                }
                match command {
                    Command::Delete => stack.remove(key),
                    Command::Read => stack.request(key, now, end),
                    _ => stack.put(key, end),
                }
                if step % 1_777 == 0 {
                    stack.compact();
                }
            }
            for (capacity, single) in CAPACITIES.into_iter().zip(&single) {
                assert_eq!(stack.counts(capacity), Some(single.counts()), "seed {seed}, {capacity} entries");
            }
        }
    }

    #[test]
    fn memory_goes_with_the_largest_cache_and_not_with_the_keys_or_requests() {
        let mut stack = Stack::to(100);
        let mut single = Replay::new(Eviction::Lru, 100, None, 1);
        for step in 0..200_000u32 {
            // Half of them come once, the others again and again.
            let key = if step % 2 == 0 { step } else { step % 331 };
            stack.request(key);
            single.request(key);
        }
        assert_eq!(stack.counts(100), single.counts());
        assert!(stack.keys.len() <= WORDS_MIN * WORD, "{} positions", stack.keys.len());
        stack.compact();
        assert_eq!((0..200_000).filter(|&key| stack.remembers(key)).count(), 100);
    }
}
