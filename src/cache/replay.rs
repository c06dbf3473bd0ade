//! Replay: a sequence of keys through one store, each miss filling it, counted.
//!
//! Time is the request's number: request i comes at tick i. Policies and expiry that go by the clock need to know how
//! long a tick is; unless another rate is given, a thousand requests make a second. (Redis' LRU clock ticks once a
//! second, its LFU counters decay by the minute: at a thousand requests a second, that is every 60,000 requests.)

use super::store::{Entry, Insertion, Lookup, Room, Store};
use crate::random::Streams;
use crate::scenario::eviction::{Eviction, Sampling};
use crate::time::Nanos;

/// What a replay counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayCounts {
    /// Requests made: hits and misses together.
    pub requests: u64,
    /// Requests for which a good entry was held.
    pub hits: u64,
    /// All others.
    pub misses: u64,
}

impl ReplayCounts {
    /// Counts one request.
    #[inline]
    pub(super) fn count(&mut self, hit: bool) {
        self.requests += 1;
        self.hits += u64::from(hit);
        self.misses += u64::from(!hit);
    }

    /// Hits per request; 0 without requests.
    pub fn hit_ratio(&self) -> f64 {
        self.hits as f64 / self.requests.max(1) as f64
    }
}

/// A replay that is fed one key at a time, for sources that may fail midway.
#[derive(Clone, Debug)]
pub struct Replay {
    store: Store,
    ttl: Option<u64>,
    tick: Nanos,
    /// The moment of the next request, where a trace says it.
    clock: Option<Nanos>,
    /// The size of what is put in now, where a trace says it.
    size: Option<u32>,
    counts: ReplayCounts,
    odd: OddValues,
}

/// Values that could not be put in as they were, or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OddValues {
    /// Refused, since there was no room and the policy let nothing go.
    pub refused: u64,
    /// Not kept, since they were larger than the whole cache.
    pub too_large: u64,
    /// Put in as if they were empty, since nobody said their size.
    pub of_unknown_size: u64,
}

impl Replay {
    /// An empty cache of `capacity` entries. With a `ttl`, an entry inserted by request i is good up to and including
    /// request i + ttl; hits do not extend it. `seed` matters to policies that draw at random. OPT is told no future here:
    /// see [`opt`](super::eviction::opt).
    pub fn new(eviction: Eviction, capacity: u32, ttl: Option<u64>, seed: u64) -> Replay {
        Replay::of(eviction, Room::entries_of(capacity), ttl, seed)
    }

    /// The same with any room.
    pub fn of(eviction: Eviction, room: Room, ttl: Option<u64>, seed: u64) -> Replay {
        let store = Store::new(eviction, room, Streams::new(seed).named("eviction"));
        let (tick, counts) = (Nanos::from_millis(1), ReplayCounts::default());
        Replay { store, ttl, tick, clock: None, size: None, counts, odd: OddValues::default() }
    }

    /// The same at `rate` requests a second instead of 1,000, for policies that go by the clock.
    ///
    /// # Panics
    /// When the rate is not between one request in a day and a thousand million a second.
    pub fn at_rate(mut self, rate: f64) -> Replay {
        assert!((1.0 / 86_400.0..=1e9).contains(&rate), "a rate of {rate} requests a second");
        self.tick = Nanos::from_secs_f64(1.0 / rate);
        self
    }

    /// The same with a sampled policy tuned otherwise than Redis' defaults.
    pub fn tuned(mut self, sampling: Sampling) -> Replay {
        self.store = self.store.tuned(sampling);
        self
    }

    /// Requests `key`, inserting it on a miss; true on a hit.
    #[inline]
    pub fn request(&mut self, key: u32) -> bool {
        self.request_for(key, None)
    }

    /// Requests `key`; a value fetched on a miss lives so long.
    #[inline]
    pub fn request_for(&mut self, key: u32, ttl: Option<Nanos>) -> bool {
        let now = self.now();
        let hit = matches!(self.store.get(key, now), Lookup::Hit(_));
        if !hit {
            let expires = ttl.map_or_else(|| self.usual_end(now), |ttl| now.saturating_add(ttl));
            self.put(key, expires, now);
        }
        self.counts.count(hit);
        hit
    }

    /// From here on it is `now`, by the clock of a trace: requests no longer come at ticks.
    pub fn set_clock(&mut self, now: Nanos) {
        self.clock = Some(now);
    }

    /// What is put in from here on has this size, in bytes; `None`: nobody says it, and it has that of its key's former
    /// value.
    pub fn set_size(&mut self, size: Option<u32>) {
        self.size = size;
    }

    /// The last moment at which the value of `key` is good, if there is one that is still good.
    pub fn held(&self, key: u32) -> Option<Nanos> {
        self.store.peek(key).filter(|entry| !entry.is_expired(self.now())).map(|entry| entry.expires)
    }

    /// Puts a value in without asking for it, good up to this moment: counts neither as a hit nor as a miss.
    pub fn write(&mut self, key: u32, expires: Nanos) {
        self.put(key, expires, self.now());
    }

    /// Takes a value away.
    pub fn delete(&mut self, key: u32) {
        self.store.remove(key);
    }

    /// The value of `key`, if it is held, is good up to this moment.
    pub fn expire(&mut self, key: u32, expires: Nanos) {
        self.store.set_expiry(key, expires);
    }

    /// Takes every value away.
    pub fn clear(&mut self) {
        self.store.clear();
    }

    /// Whether `key` is more than a number here: it is held, or the policy remembers it. The number of any other key may
    /// be given to a new one.
    pub fn remembers(&self, key: u32) -> bool {
        self.store.remembers(key)
    }

    /// The moment of the request that comes now.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.clock.unwrap_or(Nanos(self.counts.requests.saturating_mul(self.tick.0)))
    }

    /// When a value ends that is put in now and of which nothing else is known.
    #[inline]
    pub fn usual_end(&self, now: Nanos) -> Nanos {
        let life = |ttl: u64| now.saturating_add(Nanos(ttl.saturating_mul(self.tick.0)));
        self.ttl.map_or(Nanos::MAX, life)
    }

    #[inline]
    fn put(&mut self, key: u32, expires: Nanos, now: Nanos) {
        let size = self.size.or_else(|| self.store.peek(key).map(|former| former.size));
        self.odd.of_unknown_size += u64::from(size.is_none());
        let entry = Entry { size: size.unwrap_or(0), ..Entry::new(key, 0, expires) };
        // Nothing is ever dirty here, so what is displaced does not matter.
        match self.store.insert(entry, now) {
            Insertion::Refused => self.odd.refused += 1,
            Insertion::TooLarge(_) => self.odd.too_large += 1,
            Insertion::Added | Insertion::Replaced(_) | Insertion::Evicted(_) => {}
        }
        // Where room is counted in bytes, several may have gone.
        while self.store.next_evicted().is_some() {}
    }

    /// Values that could not be put in as they were.
    pub fn odd(&self) -> OddValues {
        self.odd
    }

    /// What was counted so far.
    pub fn counts(&self) -> ReplayCounts {
        self.counts
    }
}

/// Plays `keys` (dense ids) through a cache; see [`Replay::new`].
///
/// ```
/// use cachelane::cache::replay::replay;
/// use cachelane::scenario::eviction::Eviction;
/// let counts = replay([0, 1, 2, 0, 1, 3, 0, 1], Eviction::Lru, 3, None, 0);
/// assert_eq!((counts.requests, counts.hits, counts.misses), (8, 4, 4));
/// ```
pub fn replay(
    keys: impl IntoIterator<Item = u32>,
    eviction: Eviction,
    capacity: u32,
    ttl: Option<u64>,
    seed: u64,
) -> ReplayCounts {
    let mut replay = Replay::new(eviction, capacity, ttl, seed);
    for key in keys {
        replay.request(key);
    }
    replay.counts()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::trace::NumberIds;

    fn s(seconds: u64) -> Nanos {
        Nanos::from_secs(seconds)
    }

    #[test]
    fn a_value_ends_by_the_clock_of_the_trace() {
        let mut cache = Replay::new(Eviction::Lru, 10, None, 1);
        cache.set_clock(s(100));
        cache.write(3, s(110));
        cache.write(4, Nanos::MAX);
        cache.set_clock(s(110));
        assert!(cache.request(3), "good up to and including its last moment");
        cache.set_clock(s(111));
        assert!(!cache.request_for(3, Some(s(10))), "and filled again by this miss");
        assert!(cache.request(4), "this one has no end");
        cache.set_clock(s(121));
        assert!(cache.request(3));
        let counts = cache.counts();
        assert_eq!((counts.requests, counts.hits, counts.misses), (4, 3, 1), "writes are no requests");
    }

    #[test]
    fn room_in_bytes_holds_as_many_values_as_fit() {
        let mut cache = Replay::of(Eviction::Lru, Room::bytes_with_overhead(250, 0), None, 1);
        let mut ask = |key: u32, size: Option<u32>| {
            cache.set_size(size);
            cache.request(key)
        };
        assert_eq!([ask(1, Some(100)), ask(2, Some(100)), ask(3, Some(100)), ask(1, Some(100))], [false; 4]);
        assert!(ask(3, Some(100)), "two fit");
        assert!(!ask(4, Some(251)) && !ask(4, Some(251)), "larger than the room: not kept");
        assert!(ask(1, None), "and nothing had to go for it");
        assert!(!ask(5, None) && ask(5, None));
        assert_eq!(cache.odd(), OddValues { refused: 0, too_large: 2, of_unknown_size: 1 });
    }

    #[test]
    fn where_only_keys_with_an_end_may_go_a_full_cache_refuses_what_is_new() {
        for policy in [Eviction::VolatileLru, Eviction::VolatileLfu, Eviction::VolatileRandom, Eviction::VolatileTtl] {
            let mut cache = Replay::new(policy, 2, None, 1);
            cache.set_clock(s(1));
            [1, 2, 3].map(|key| cache.write(key, Nanos::MAX));
            assert_eq!(cache.odd().refused, 1, "{policy}");
            cache.expire(1, s(100));
            cache.write(3, Nanos::MAX);
            assert_eq!(
                [1, 2, 3].map(|key| cache.held(key).is_some()),
                [false, true, true],
                "{policy}: 1 had got an end"
            );
            cache.expire(2, s(100));
            cache.expire(2, Nanos::MAX);
            cache.write(4, s(100));
            assert_eq!(cache.odd().refused, 2, "{policy}: 2 had lost its end again");
        }
    }

    #[test]
    fn what_is_deleted_or_expires_early_is_missed() {
        let mut cache = Replay::new(Eviction::Lru, 10, None, 1);
        cache.write(1, Nanos::MAX);
        cache.delete(1);
        assert!(!cache.request(1));
        cache.set_clock(s(5));
        cache.expire(1, s(6));
        cache.expire(2, s(6)); // not held: nothing happens
        cache.set_clock(s(7));
        assert!(!cache.request(1));
        assert!(!cache.request(2));
    }

    /// Plays numbers as keys; every hundred requests, those are forgotten that the cache does not remember. Gives the
    /// counts, and the most keys that were known at once.
    fn played(keys: &[u64], eviction: Eviction, forgets: bool) -> (ReplayCounts, u32) {
        let (mut ids, mut cache, mut most) = (NumberIds::default(), Replay::new(eviction, 50, None, 7), 0);
        for (number, &key) in keys.iter().enumerate() {
            cache.request(ids.id(key).expect("few keys"));
            most = most.max(ids.count());
            if forgets && number % 100 == 99 {
                ids.retain(|id| cache.remembers(id));
            }
        }
        (cache.counts(), most)
    }

    #[test]
    fn keys_that_nobody_remembers_can_be_forgotten_and_no_count_changes() {
        let mut stream = Streams::new(5).named("keys");
        // Popular keys come again and again, the others some time later, or never.
        let mut key = || u64::from(stream.below(200).min(stream.below(200)) + stream.below(2) * stream.below(4_000));
        let keys: Vec<u64> = (0..20_000).map(|_| key()).collect();
        for policy in Eviction::ALL {
            let ((whole, all), (swept, most)) = (played(&keys, policy, false), played(&keys, policy, true));
            assert_eq!(swept, whole, "{policy}");
            assert!(whole.hits > 100 && all > 3_000, "{policy}: {whole:?} of {all} keys");
            let by_number = policy == Eviction::WTinyLfu || policy.samples();
            assert_eq!(most > 1_000, by_number, "{policy}: {most} keys at once");
        }
    }
}
