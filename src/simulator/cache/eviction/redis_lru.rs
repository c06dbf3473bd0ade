//! Redis' approximated LRU (`allkeys-lru`, `volatile-lru`): of a few entries looked at, the one unused for the longest time
//! goes.
//!
//! Every entry carries the moment of its last use on a 24-bit clock that ticks once a second: two uses within a second
//! look alike, and after 194 days the clock begins again. Sampling and the pool are in [`redis`](super::redis).
//!
//! Redis 7, `evict.c` and the documentation's "Approximated LRU algorithm". A cache that turns over within a second
//! sees no difference between its entries and evicts at random; that is Redis', and not a shortcut taken here.

use super::redis::Sampled;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::scenario::eviction::Sampling;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = RedisLru;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    RedisLru::new(stream)
}

/// The clock has 24 bits.
const CLOCK_MAX: u32 = (1 << 24) - 1;

#[derive(Clone, Debug)]
pub(in crate::cache) struct RedisLru {
    /// By slot: the clock at its last use.
    used: Vec<u32>,
    sampled: Sampled,
}

/// The clock: seconds, in 24 bits.
fn clock(now: Nanos) -> u32 {
    (now.0 / Nanos::from_secs(1).0) as u32 & CLOCK_MAX
}

/// Seconds between two readings of the clock, the earlier one having been up to one turn before.
fn idle(used: u32, now: u32) -> u64 {
    u64::from(if now >= used { now - used } else { now + (CLOCK_MAX - used) })
}

impl RedisLru {
    pub(super) fn new(stream: Stream) -> RedisLru {
        RedisLru { used: Vec::new(), sampled: Sampled::new(stream) }
    }

    /// Only entries with a time to live may go.
    pub(super) fn volatile(stream: Stream) -> RedisLru {
        RedisLru { used: Vec::new(), sampled: Sampled::volatile(stream) }
    }
}

impl Policy for RedisLru {
    fn tune(&mut self, sampling: Sampling) {
        self.sampled.samples = sampling.samples;
    }

    fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        if slot as usize >= self.used.len() {
            self.used.resize(slot as usize + 1, 0);
        }
        self.used[slot as usize] = clock(now);
        self.sampled.add(slot, entry);
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        self.used[slot as usize] = clock(now);
        // A use that is a new value may also bring an end, or take it away.
        self.sampled.changed(slot, entry);
    }

    fn remove(&mut self, slot: u32) {
        self.sampled.remove(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let now = clock(view.now);
        self.sampled.evict(view, |slot| idle(self.used[slot as usize], now))
    }

    fn can_evict(&self) -> bool {
        self.sampled.can_evict()
    }

    fn expiry_changed(&mut self, slot: u32, entry: &Entry) {
        self.sampled.changed(slot, entry);
    }

    fn remembers(&self, _key: u32) -> bool {
        // Its number says where a key lies in the table, now and when it comes back.
        true
    }

    fn clear(&mut self) {
        self.sampled.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.sampled.slots()
    }

    fn validate(&self) {
        self.sampled.validate();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_ticks_once_a_second_and_begins_again_after_24_bits() {
        assert_eq!((clock(Nanos(999_999_999)), clock(Nanos::from_secs(1))), (0, 1));
        assert_eq!(clock(Nanos::from_secs(1 << 24)), 0);
        assert_eq!(idle(clock(Nanos::from_secs(5)), clock(Nanos::from_secs(12))), 7);
        assert_eq!(idle(CLOCK_MAX - 2, 3), 5, "across the turn, as Redis counts it");
    }
}
