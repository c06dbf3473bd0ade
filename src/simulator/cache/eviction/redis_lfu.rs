//! Redis' approximated LFU (`allkeys-lfu`, `volatile-lfu`): of a few entries looked at, the one used least often lately goes.
//!
//! Every entry carries a counter of 8 bits that grows with the logarithm of its uses: at count c, a use adds one with
//! probability 1 / ((c − 5) · 10 + 1). A new entry begins at 5, so that it has a chance. For every whole minute since
//! it was last used the counter counts one less; that is settled when the entry is next used, and taken into account
//! when it is looked at. Sampling and the pool are in [`redis`](super::redis).
//!
//! Redis 7, `evict.c` (`LFULogIncr`, `LFUDecrAndReturn`); `lfu-log-factor 10` and `lfu-decay-time 1`, its
//! defaults, stand for the 10 and the minute above.

use super::redis::Sampled;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::scenario::eviction::Sampling;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Box<RedisLfu>;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    Box::new(RedisLfu::new(stream))
}

/// The count of a new entry.
const FIRST: u8 = 5;
/// The length of a minute.
const MINUTE: Nanos = Nanos::from_secs(60);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    uses: u8,
    /// The minute of its last use, in 16 bits.
    minute: u16,
}

impl Count {
    /// The count as it is at `minute`, one less for each `decay` minutes since; 0: for none.
    fn decayed(self, minute: u16, decay: u32) -> u8 {
        let idle = if minute >= self.minute { minute - self.minute } else { u16::MAX - self.minute + minute };
        let periods = u32::from(idle).checked_div(decay).unwrap_or(0);
        u32::from(self.uses).saturating_sub(periods) as u8
    }
}

#[derive(Clone, Debug)]
pub(in crate::cache) struct RedisLfu {
    /// By slot.
    counts: Vec<Count>,
    /// Its stream also decides which uses are counted.
    sampled: Sampled,
    /// Uses it takes, per step of the counter, to take the next.
    log_factor: f64,
    decay: u32,
}

fn minute(now: Nanos) -> u16 {
    (now.0 / MINUTE.0) as u16
}

impl RedisLfu {
    pub(super) fn new(stream: Stream) -> RedisLfu {
        RedisLfu::of(Sampled::new(stream))
    }

    /// Only entries with a time to live may go.
    pub(super) fn volatile(stream: Stream) -> RedisLfu {
        RedisLfu::of(Sampled::volatile(stream))
    }

    fn of(sampled: Sampled) -> RedisLfu {
        let mut lfu = RedisLfu { counts: Vec::new(), sampled, log_factor: 0.0, decay: 0 };
        lfu.tune(Sampling::default());
        lfu
    }

    /// A count after one more use.
    fn counted(&mut self, uses: u8) -> u8 {
        let above = f64::from(uses.saturating_sub(FIRST));
        // One draw a use, whatever its outcome.
        let counts = self.sampled.stream.unit() < 1.0 / (above * self.log_factor + 1.0);
        uses.saturating_add(u8::from(counts))
    }
}

impl Policy for RedisLfu {
    fn tune(&mut self, sampling: Sampling) {
        self.sampled.samples = sampling.samples;
        (self.log_factor, self.decay) = (f64::from(sampling.log_factor), sampling.decay);
    }

    fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        if slot as usize >= self.counts.len() {
            self.counts.resize(slot as usize + 1, Count::default());
        }
        self.counts[slot as usize] = Count { uses: FIRST, minute: minute(now) };
        self.sampled.add(slot, entry);
    }

    fn hit(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        // A use that is a new value may also bring an end, or take it away.
        self.sampled.changed(slot, entry);
        let minute = minute(now);
        let uses = self.counted(self.counts[slot as usize].decayed(minute, self.decay));
        self.counts[slot as usize] = Count { uses, minute };
    }

    fn remove(&mut self, slot: u32) {
        self.sampled.remove(slot);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        let minute = minute(view.now);
        let (counts, decay) = (&self.counts, self.decay);
        let score = |slot: u32| u64::from(u8::MAX - counts[slot as usize].decayed(minute, decay));
        self.sampled.evict(view, score)
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
    use crate::random::Streams;

    fn lfu() -> RedisLfu {
        RedisLfu::new(Streams::new(1).named("eviction"))
    }

    /// The table in redis.conf: with `lfu-log-factor 10`, 100 hits make 10, 1000 make 18, 100,000 make 142; with 1, 1000
    /// make 49; with 100, 100,000 make 49. It was measured once per row, and chance alone moves it by a few.
    #[test]
    fn the_counter_grows_as_the_products_documentation_says() {
        for (log_factor, hits, published) in
            [(10, 100, 10.0), (10, 1_000, 18.0), (10, 100_000, 142.0), (1, 1_000, 49.0), (100, 100_000, 49.0)]
        {
            let mut lfu = lfu();
            lfu.tune(Sampling { log_factor, ..Sampling::default() });
            let runs = 40;
            let mean = (0..runs).map(|_| f64::from((0..hits).fold(FIRST, |uses, _| lfu.counted(uses)))).sum::<f64>()
                / f64::from(runs);
            assert!((mean / published - 1.0).abs() < 0.12, "{hits} hits: {mean}, not {published}");
        }
    }

    #[test]
    fn an_idle_minute_takes_one_away_and_a_busy_one_does_not() {
        let count = Count { uses: 20, minute: 7 };
        assert_eq!([7, 8, 17, 60].map(|minute| count.decayed(minute, 1)), [20, 19, 10, 0]);
        assert_eq!(Count { uses: 20, minute: u16::MAX }.decayed(3, 1), 17, "across the turn of its 16 bits");
        assert_eq!([0, 1, 10, 60].map(|decay| count.decayed(67, decay)), [20, 0, 14, 19], "0 is forever");
    }

    #[test]
    fn a_newcomer_has_five_uses_and_a_hit_first_takes_off_the_idle_minutes() {
        let (mut lfu, entry) = (lfu(), Entry::new(3, 0, Nanos::MAX));
        lfu.insert(0, &entry, MINUTE);
        assert_eq!(lfu.counts[0].uses, 5);
        lfu.hit(0, &entry, Nanos(4 * MINUTE.0));
        assert_eq!(lfu.counts[0].uses, 3, "5 less 3, and one that is certain");
    }
}
