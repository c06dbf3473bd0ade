//! Replay: a sequence of keys through one store, each miss filling it, counted.
//!
//! Time is the request's number: request i comes at tick i. Policies and expiry that go by the clock need to know how
//! long a tick is; unless another rate is given, a thousand requests make a second. (Redis' LRU clock ticks once a
//! second, its LFU counters decay by the minute: at a thousand requests a second, that is every 60,000 requests.)

use super::store::{Entry, Lookup, Room, Store};
use crate::random::Streams;
use crate::scenario::eviction::Eviction;
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
    counts: ReplayCounts,
}

impl Replay {
    /// An empty cache of `capacity` entries. With a `ttl`, an entry inserted by request i is good up to and including
    /// request i + ttl; hits do not extend it. `seed` matters to policies that draw at random.
    pub fn new(eviction: Eviction, capacity: u32, ttl: Option<u64>, seed: u64) -> Replay {
        let room = Room::entries_of(capacity);
        let store = Store::new(eviction, room, Streams::new(seed).named("eviction"));
        Replay { store, ttl, tick: Nanos::from_millis(1), counts: ReplayCounts::default() }
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

    /// Requests `key`, inserting it on a miss; true on a hit.
    #[inline]
    pub fn request(&mut self, key: u32) -> bool {
        let now = Nanos(self.counts.requests.saturating_mul(self.tick.0));
        let hit = matches!(self.store.get(key, now), Lookup::Hit(_));
        if !hit {
            let life = |ttl: u64| now.saturating_add(Nanos(ttl.saturating_mul(self.tick.0)));
            let expires = self.ttl.map_or(Nanos::MAX, life);
            // Nothing is ever dirty here, so what is displaced does not matter.
            let _ = self.store.insert(Entry::new(key, 0, expires), now);
        }
        self.counts.count(hit);
        hit
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
