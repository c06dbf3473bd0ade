//! What a node does between its commands: it removes what has expired, and waits for memory that is not in RAM.
//!
//! *Expiry.* `lazy`: an expired entry goes when it is touched or evicted, and holds its place until then. `precise`: it
//! goes at its moment. `sampled`: Redis' active cycle, ten times a second: look at twenty entries, and again while more
//! than a tenth of them had expired, for at most a quarter of the time; meanwhile commands wait.
//!
//! Nobody can see when exactly maintenance is done between two commands. So it is done when the next one is served, as it
//! would have been done at its moment, and costs no events.
//!
//! *Paging.* Of what a node holds, only so much is in RAM; a command that touches the rest waits for the disk. Which
//! entry lies where is not modelled: a command is unlucky with the probability that any byte held is paged out.
//!
//! Redis 7, `expire.c` (`activeExpireCycle`, effort 1); there the cycle goes over the hash table in turn, here it draws.

use super::entry::Entry;
use super::store::Store;
use crate::random::{Sampler, Stream};
use crate::scenario::{self, Expiry};
use crate::time::Nanos;

/// The pause between two beginnings of the active cycle.
const CYCLE: Nanos = Nanos::from_millis(100);
/// The longest that one cycle lasts: a quarter of the time.
const CYCLE_MAX: Nanos = Nanos::from_millis(25);
/// The most cycles made up for at once: those of a thousand seconds. A node to which nobody comes for longer has found by
/// then what there is to find, and a month of nothing would take as many draws as a month of commands.
const CYCLES_MAX: u64 = 10_000;
/// Entries looked at in a loop.
const LOOK: u32 = 20;
/// What looking at an entry, and removing it where it has expired, takes. No measured value: Redis counts on some
/// millions of keys a second.
const LOOK_TIME: Nanos = Nanos(500);

/// The maintenance of a node.
pub(super) struct Maintenance {
    expiry: Expiry,
    memory: Option<scenario::Capacity>,
    page_fault: Sampler,
    draws: Stream,
    /// The number of the last active cycle.
    cycles: u64,
    expired: Vec<Entry>,
}

impl Maintenance {
    /// The maintenance that `settings` ask for, if any. `draws` serves both the active cycle and paging.
    pub(super) fn new(settings: &scenario::Cache, draws: Stream) -> Option<Box<Maintenance>> {
        if settings.expiry == Expiry::Lazy && settings.memory.is_none() {
            return None;
        }
        Some(Box::new(Maintenance {
            expiry: settings.expiry,
            memory: settings.memory,
            page_fault: settings.page_fault.sampler(),
            draws,
            cycles: 0,
            expired: Vec::new(),
        }))
    }

    /// Whether entries go at their moment.
    pub(super) fn is_precise(&self) -> bool {
        self.expiry == Expiry::Precise
    }

    /// Does what was due up to `now`; gives how much longer the node is busy with it.
    pub(super) fn maintain(&mut self, store: &mut Store, now: Nanos) -> Nanos {
        match self.expiry {
            Expiry::Lazy => {}
            Expiry::Precise => store.remove_expired(now, &mut self.expired),
            Expiry::Sampled => return self.cycles_up_to(store, now),
        }
        Nanos::ZERO
    }

    /// What went since this was last asked, one a call.
    pub(super) fn next_expired(&mut self) -> Option<Entry> {
        self.expired.pop()
    }

    /// Redis' active cycles up to `now`, each at its moment.
    fn cycles_up_to(&mut self, store: &mut Store, now: Nanos) -> Nanos {
        let due = now.0 / CYCLE.0;
        self.cycles = self.cycles.max(due.saturating_sub(CYCLES_MAX));
        let mut busy_until = Nanos::ZERO;
        while self.cycles < due && !store.is_empty() {
            self.cycles += 1;
            let begin = Nanos(self.cycles * CYCLE.0);
            busy_until = begin + self.cycle(store, begin);
        }
        self.cycles = due;
        busy_until.saturating_sub(now)
    }

    /// One active cycle; gives how long it took.
    fn cycle(&mut self, store: &mut Store, now: Nanos) -> Nanos {
        let mut took = Nanos::ZERO;
        loop {
            let before = self.expired.len();
            let looked = store.look_for_expired(&mut self.draws, LOOK, now, &mut self.expired);
            let expired = (self.expired.len() - before) as u32;
            took += Nanos(u64::from(looked) * LOOK_TIME.0);
            if expired * 10 <= looked || took >= CYCLE_MAX {
                return took.min(CYCLE_MAX);
            }
        }
    }

    /// How much longer a command takes because what it touches may not be in RAM.
    pub(super) fn page_fault(&mut self, store: &Store) -> Nanos {
        let (held, memory) = match self.memory {
            None => return Nanos::ZERO,
            Some(scenario::Capacity::Entries(entries)) => (u64::from(store.len()), u64::from(entries)),
            Some(scenario::Capacity::Bytes(bytes)) => (store.bytes().0, bytes.0),
        };
        if held <= memory || !self.draws.chance(1.0 - memory as f64 / held as f64) {
            return Nanos::ZERO;
        }
        self.page_fault.sample(&mut self.draws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;
    use crate::cache::entry::{Capacity, OVERHEAD_BYTES};
    use crate::random::Streams;
    use crate::scenario::Eviction;
    use crate::work;

    fn maintenance(settings: &scenario::Cache) -> Box<Maintenance> {
        Maintenance::new(settings, Streams::new(1).named("upkeep")).expect("there is something to do")
    }

    /// So many entries, all of which are good until the moment 1.
    fn store(entries: u32) -> Store {
        let mut store = Store::new(Eviction::Fifo, Capacity::entries_of(entries), Streams::new(1).named("eviction"));
        (0..entries).for_each(|key| _ = store.insert(Entry::new(key, 0, Nanos(1)), Nanos::ZERO));
        store
    }

    #[test]
    fn a_cycle_that_finds_ever_more_ends_after_a_quarter_of_the_time() {
        let mut maintenance = maintenance(&scenario::Cache { expiry: Expiry::Sampled, ..scenario::Cache::default() });
        let mut store = store(120_000);
        assert_eq!(maintenance.maintain(&mut store, CYCLE), CYCLE_MAX);
        // 25 ms of half a microsecond each.
        assert_eq!(120_000 - store.len(), 50_000);
    }

    #[test]
    fn a_month_without_a_command_costs_no_more_than_a_thousand_seconds() {
        let mut maintenance = maintenance(&scenario::Cache { expiry: Expiry::Sampled, ..scenario::Cache::default() });
        let mut store = Store::new(Eviction::Fifo, Capacity::entries_of(9), Streams::new(1).named("eviction"));
        // What never expires is looked for without success, again and again.
        let _ = store.insert(Entry::new(0, 0, Nanos::MAX), Nanos::ZERO);
        let before = work::done();
        maintenance.maintain(&mut store, Nanos::from_secs(30 * 86_400));
        assert_eq!(work::done() - before, CYCLES_MAX * u64::from(4 * LOOK));
    }

    #[test]
    fn what_has_left_again_is_in_nobodys_way() {
        let memory = Some(scenario::Capacity::Bytes(Bytes(10 * u64::from(OVERHEAD_BYTES))));
        let mut maintenance = maintenance(&scenario::Cache { memory, ..scenario::Cache::default() });
        let mut store = store(1_000);
        let faults = |maintenance: &mut Maintenance, store: &Store| {
            (0..100).filter(|_| maintenance.page_fault(store) > Nanos::ZERO).count()
        };
        assert!(faults(&mut maintenance, &store) > 90);
        (10..1_000).for_each(|key| _ = store.remove(key));
        assert_eq!(faults(&mut maintenance, &store), 0);
    }
}
