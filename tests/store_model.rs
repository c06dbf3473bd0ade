//! The store against a naive model: the same operations on a plain vector, where every simple policy is a line or two.
//! What the others choose the model believes, and checks that they may; their choices stand in `anchors_counts.rs`.

use std::collections::VecDeque;

use cachelane::cache::entry::{Capacity, Entry};
use cachelane::cache::store::{Insertion, Lookup, Store};
use cachelane::random::{Stream, Streams};
use cachelane::scenario::eviction::Eviction;
use cachelane::time::Nanos;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Get(u32),
    Insert {
        key: u32,
        ttl: Option<u64>,
        size: u32,
    },
    /// A request as in a replay: a lookup, and an insertion on a miss.
    Request(u32),
    Remove(u32),
    /// Another value in the same entry, unnoticed by the policy.
    Change(u32),
    /// Another end of the value that is there.
    Expire {
        key: u32,
        ttl: Option<u64>,
    },
    Wait(u64),
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..12u32;
    prop_oneof![
        4 => key.clone().prop_map(Op::Get),
        4 => (key.clone(), proptest::option::of(0..20u64), 0..300u32)
            .prop_map(|(key, ttl, size)| Op::Insert { key, ttl, size }),
        8 => key.clone().prop_map(Op::Request),
        2 => key.clone().prop_map(Op::Remove),
        1 => key.clone().prop_map(Op::Change),
        2 => (key, proptest::option::of(0..20u64)).prop_map(|(key, ttl)| Op::Expire { key, ttl }),
        3 => (0..6u64).prop_map(Op::Wait),
        1 => Just(Op::Clear),
    ]
}

/// Whether only entries with an end may go.
fn is_volatile(policy: Eviction) -> bool {
    policy.may_refuse() && policy != Eviction::None
}

/// An entry, and what the policies may want to know of it.
#[derive(Clone, Debug)]
struct Held {
    entry: Entry,
    uses: u64,
    /// When it was last used or inserted, in operations.
    used: u64,
    bit: bool,
}

/// A cache as a vector, oldest insertion first (CLOCK: re-queued ones behind).
struct Model {
    policy: Eviction,
    capacity: Capacity,
    held: Vec<Held>,
    /// SIEVE's: the index where the next search begins.
    hand: usize,
    tick: u64,
}

impl Model {
    fn find(&self, key: u32) -> Option<usize> {
        self.held.iter().position(|held| held.entry.key == key)
    }

    fn take(&mut self, at: usize) -> Entry {
        if at < self.hand {
            self.hand -= 1;
        }
        let entry = self.held.remove(at).entry;
        // When the newest goes from under the hand, the next search begins at the oldest, not at the next newcomer.
        if self.hand == self.held.len() {
            self.hand = 0;
        }
        entry
    }

    fn touch(&mut self, at: usize) {
        self.tick += 1;
        let held = &mut self.held[at];
        (held.uses, held.used, held.bit) = (held.uses + 1, self.tick, true);
    }

    fn get(&mut self, key: u32, now: Nanos) -> Result<Entry, Option<Entry>> {
        let at = self.find(key).ok_or(None)?;
        if now > self.held[at].entry.expires {
            return Err(Some(self.take(at)));
        }
        self.touch(at);
        Ok(self.held[at].entry)
    }

    fn used(&self) -> u64 {
        self.held.iter().map(|held| self.capacity.weight(&held.entry)).sum()
    }

    fn can_evict(&self) -> bool {
        match self.policy {
            Eviction::None => false,
            _ if is_volatile(self.policy) => self.held.iter().any(|held| held.entry.expires < Nanos::MAX),
            _ => true,
        }
    }

    /// Evicts until `most` is used or nothing may go. `chosen` are those the store evicted, in their order.
    fn evict(&mut self, most: u64, chosen: &mut VecDeque<u32>, victims: &mut Vec<Entry>) {
        while self.used() > most && self.can_evict() {
            let at = self.victim(chosen.pop_front());
            assert!(!is_volatile(self.policy) || self.held[at].entry.expires < Nanos::MAX);
            victims.push(self.take(at));
        }
    }

    /// What the store should do, and all entries that had to go.
    fn insert(&mut self, entry: Entry, now: Nanos, mut chosen: VecDeque<u32>) -> (Insertion, Vec<Entry>) {
        let (weight, total) = (self.capacity.weight(&entry), self.capacity.total());
        let (at, mut victims) = (self.find(entry.key), Vec::new());
        if weight > total {
            return (Insertion::TooLarge(at.map(|at| self.take(at))), victims);
        }
        let Some(at) = at else {
            self.evict(total - weight, &mut chosen, &mut victims);
            if self.used() + weight > total {
                return (Insertion::Refused, victims);
            }
            self.push(entry);
            return (victims.first().map_or(Insertion::Added, |&first| Insertion::Evicted(first)), victims);
        };
        let former = self.held[at].entry;
        if self.used() - self.capacity.weight(&former) + weight > total && !self.can_evict() {
            return (Insertion::Refused, victims);
        }
        if now <= former.expires {
            self.touch(at);
            self.held[at].entry = entry;
        } else {
            self.take(at);
            self.push(entry);
        }
        self.evict(total, &mut chosen, &mut victims);
        if self.used() > total {
            let at = self.find(entry.key).expect("what does not fit has just come in");
            victims.push(self.take(at));
        }
        (Insertion::Replaced(former), victims)
    }

    fn push(&mut self, entry: Entry) {
        self.tick += 1;
        self.held.push(Held { entry, uses: 1, used: self.tick, bit: false });
    }

    /// `chosen` is whom the store evicted, which is believed where the policy is not a line or two.
    fn victim(&mut self, chosen: Option<u32>) -> usize {
        let least_by = |key: &dyn Fn(&Held) -> (u64, u64)| (0..self.held.len()).min_by_key(|&at| key(&self.held[at]));
        match self.policy {
            Eviction::Fifo => 0,
            Eviction::Lru => least_by(&|held| (0, held.used)).unwrap(),
            // A count is reached at the last use.
            Eviction::Lfu => least_by(&|held| (held.uses, held.used)).unwrap(),
            Eviction::Clock => {
                while self.held[0].bit {
                    self.held[0].bit = false;
                    self.held.rotate_left(1);
                }
                0
            }
            Eviction::Sieve => {
                loop {
                    // Past the newest, the search begins again at the oldest.
                    let at = if self.hand < self.held.len() { self.hand } else { 0 };
                    if !self.held[at].bit {
                        self.hand = at;
                        return at;
                    }
                    self.held[at].bit = false;
                    self.hand = at + 1;
                }
            }
            _ => chosen.and_then(|key| self.find(key)).expect("the victim was held"),
        }
    }
}

fn stream() -> Stream {
    Streams::new(1).named("eviction")
}

/// A store and its model, given the same operations.
struct Pair {
    store: Store,
    model: Model,
    now: Nanos,
    versions: u32,
}

impl Pair {
    fn new(policy: Eviction, capacity: Capacity) -> Pair {
        let model = Model { policy, capacity, held: Vec::new(), hand: 0, tick: 0 };
        Pair { store: Store::new(policy, capacity, stream()), model, now: Nanos::ZERO, versions: 0 }
    }

    fn get(&mut self, key: u32) -> bool {
        let found = match self.store.get(key, self.now) {
            Lookup::Hit(entry) => Ok(*entry),
            Lookup::Expired(entry) => Err(Some(entry)),
            Lookup::Absent => Err(None),
        };
        assert_eq!(found, self.model.get(key, self.now));
        found.is_ok()
    }

    fn insert(&mut self, key: u32, ttl: Option<u64>, size: u32) {
        self.versions += 1;
        let expires = ttl.map_or(Nanos::MAX, |ttl| self.now + Nanos(ttl));
        let entry = Entry { size, ..Entry::new(key, self.versions, expires) };
        let would_refuse = self.store.would_refuse(key, size);
        let insertion = self.store.insert(entry, self.now);
        let mut gone: Vec<Entry> = std::iter::from_fn(|| self.store.next_evicted()).collect();
        gone.extend(insertion.evicted());
        gone.reverse();
        assert!(!would_refuse || insertion == Insertion::Refused, "what would be refused is");
        let chosen = gone.iter().map(|victim| victim.key).collect();
        let (expected, victims) = self.model.insert(entry, self.now, chosen);
        assert_eq!(insertion, expected);
        assert_eq!(gone, victims);
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Get(key) => _ = self.get(key),
            Op::Insert { key, ttl, size } => self.insert(key, ttl, size),
            Op::Request(key) => {
                if !self.get(key) {
                    self.insert(key, Some(15), 40);
                }
            }
            Op::Remove(key) => {
                let expected = self.model.find(key).map(|at| self.model.take(at));
                assert_eq!(self.store.remove(key), expected);
            }
            Op::Change(key) => {
                let expected = self.model.find(key).map(|at| &mut self.model.held[at].entry);
                let entry = self.store.peek_mut(key);
                assert_eq!(entry, expected);
                if let (Some(entry), Some(at)) = (self.store.peek_mut(key), self.model.find(key)) {
                    entry.value ^= 1 << 20;
                    self.model.held[at].entry.value ^= 1 << 20;
                }
            }
            Op::Expire { key, ttl } => {
                let expires = ttl.map_or(Nanos::MAX, |ttl| Nanos(self.now.0 + ttl));
                self.store.set_end(key, expires);
                if let Some(at) = self.model.find(key) {
                    self.model.held[at].entry.expires = expires;
                }
            }
            Op::Wait(ticks) => self.now += Nanos(ticks),
            Op::Clear => {
                self.store.clear();
                self.model.held.clear();
                self.model.hand = 0;
            }
        }
        self.compare();
    }

    fn compare(&self) {
        self.store.validate();
        assert_eq!(self.store.len() as usize, self.model.held.len());
        assert_eq!(self.store.is_empty(), self.model.held.is_empty());
        let mut entries: Vec<Entry> = self.store.iter().copied().collect();
        let mut expected: Vec<Entry> = self.model.held.iter().map(|held| held.entry).collect();
        entries.sort_by_key(|entry| entry.key);
        expected.sort_by_key(|entry| entry.key);
        assert_eq!(entries, expected);
        assert!(expected.iter().all(|entry| self.store.peek(entry.key) == Some(entry)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_does_what_its_model_does(
        policy in proptest::sample::select(&Eviction::ALL[..]),
        capacity in prop_oneof![(1..8u32).prop_map(Capacity::entries_of), (60..1_500u64).prop_map(Capacity::bytes_of)],
        ops in proptest::collection::vec(op(), 1..250),
    ) {
        let mut pair = Pair::new(policy, capacity);
        ops.iter().for_each(|op| pair.apply(op));
    }

    /// As long as the hand finds some entry never hit since its insertion, SIEVE takes the oldest such one, which is
    /// LFU's choice too. The hand passes the head (the newest) when there is none, or when it takes the head itself.
    #[test]
    fn sieve_is_lfu_until_its_hand_first_passes_the_head(
        capacity in 1..20u32,
        keys in proptest::collection::vec(prop_oneof![0..10u32, 0..60u32], 1..400),
    ) {
        let mut stores = [Eviction::Sieve, Eviction::Lfu].map(|policy| Store::new(policy, Capacity::entries_of(capacity), stream()));
        let mut newest = None;
        let mut hit_since: std::collections::BTreeMap<u32, bool> = Default::default();
        for key in keys {
            let hits = stores.each_mut().map(|store| matches!(store.get(key, Nanos::ZERO), Lookup::Hit(_)));
            prop_assert_eq!(hits, [hit_since.contains_key(&key); 2]);
            if hits[0] {
                hit_since.insert(key, true);
                continue;
            }
            if stores[0].len() == capacity && hit_since.values().all(|&hit| hit) {
                break;
            }
            let [sieve, lfu] = stores.each_mut().map(|store| store.insert(Entry::new(key, 0, Nanos::MAX), Nanos::ZERO));
            prop_assert_eq!(sieve, lfu);
            let victim = sieve.evicted().map(|victim| victim.key);
            if victim.is_some() && victim == newest {
                break;
            }
            newest = Some(key);
            victim.map(|victim| hit_since.remove(&victim));
            hit_since.insert(key, false);
        }
    }
}

#[test]
fn sieve_and_lfu_part_once_the_hand_has_passed_the_head() {
    // Two slots; 0 and 1 are both hit, 0 twice. Capacity for 2: SIEVE has cleared both and takes the older, LFU the less used.
    let victims = [Eviction::Sieve, Eviction::Lfu].map(|policy| {
        let mut pair = Pair::new(policy, Capacity::entries_of(2));
        [0, 1, 0, 0, 1].iter().for_each(|&key| pair.apply(&Op::Request(key)));
        pair.store.insert(Entry::new(2, 0, Nanos::MAX), pair.now).evicted().map(|victim| victim.key)
    });
    assert_eq!(victims, [Some(0), Some(1)]);
}

/// Random operations, long enough to reach everything worth reaching: the model test means little if they don't.
#[test]
fn the_model_test_reaches_every_interesting_state() {
    let mut draws = Streams::new(2).named("ops");
    for policy in Eviction::ALL {
        let mut pair = Pair::new(policy, Capacity::entries_of(5));
        let [mut hits, mut absent, mut expired, mut replaced, mut renewed, mut evicted] = [0u32; 6];
        for _ in 0..20_000 {
            pair.now += Nanos(u64::from(draws.below(3)));
            let (key, now) = (draws.below(12), pair.now);
            match pair.store.peek(key) {
                None => absent += 1,
                Some(entry) if entry.is_expired(now) => expired += 1,
                Some(_) => hits += 1,
            }
            match draws.below(4) {
                0 => pair.apply(&Op::Change(key)),
                1 => {
                    let former = pair.store.peek(key).copied();
                    replaced += u32::from(former.is_some_and(|former| !former.is_expired(now)));
                    renewed += u32::from(former.is_some_and(|former| former.is_expired(now)));
                    let before = pair.store.len();
                    pair.apply(&Op::Insert { key, ttl: Some(10), size: 0 });
                    let came_in = former.is_none() && pair.store.peek(key).is_some();
                    evicted += u32::from(came_in && pair.store.len() == before);
                }
                _ => pair.apply(&Op::Request(key)),
            }
        }
        for (what, count) in [
            ("hit", hits),
            ("absent", absent),
            ("expired", expired),
            ("replaced", replaced),
            ("renewed", renewed),
            ("evicted", evicted),
        ] {
            let never = policy == Eviction::None && what == "evicted";
            assert_eq!(count > 50, !never, "{policy}: {what} {count} times");
        }
    }
}

#[test]
fn an_entry_that_was_given_a_longer_life_expires_at_its_end() {
    let mut store = Store::new(Eviction::Lru, Capacity::entries_of(5), stream()).with_expiries();
    let _ = store.insert(Entry::new(1, 0, Nanos(10)), Nanos::ZERO);
    store.peek_mut(1).expect("it is held").expires = Nanos(30);
    for (now, expired) in [(11, 0), (30, 0), (31, 1)] {
        let mut removed = Vec::new();
        store.remove_expired(Nanos(now), &mut removed);
        assert_eq!(removed.len(), expired, "at {now}");
    }
}
