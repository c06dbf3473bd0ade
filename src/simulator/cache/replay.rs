//! Replay: a sequence of requests through one store, counted.
//!
//! Where requests are only keys, each is a look-up and a miss fills. Where they are [commands](crate::keyspace::Command),
//! each does what it does in the server that was recorded; whether a miss also fills is up to the caller: a server is
//! given values only by commands of its own.
//!
//! Time is the request's number: request i comes at tick i. Policies and expiry that go by the clock need to know how
//! long a tick is; unless another rate is given, a thousand requests make a second. (Redis' LRU clock ticks once a
//! second, its LFU counters decay by the minute: at a thousand requests a second, that is every 60,000 requests.)

use super::counts::ReplayCounts;
use super::entry::{Capacity, Entry};
use super::eviction::CustomPolicy;
use super::store::{Insertion, Lookup, Store};
use crate::keyspace::{Ask, Command, Doubts, KeyStore, Put, Server, Value, Values};
use crate::random::Streams;
use crate::scenario::eviction::{Eviction, Sampling};
use crate::time::Nanos;

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

/// A replay that is fed one request at a time, for sources that may fail midway.
#[derive(Clone, Debug)]
pub struct Replay {
    cache: Cache,
    server: Server,
    /// The moment of the next request, where a trace says it.
    clock: Option<Nanos>,
}

impl Replay {
    /// An empty cache of `capacity` entries. With a `ttl`, an entry inserted by request i is good up to and including
    /// request i + ttl; hits do not extend it. `seed` matters to policies that draw at random. OPT is told no future here:
    /// see [`opt`](super::eviction::opt).
    pub fn new(eviction: Eviction, capacity: u32, ttl: Option<u64>, seed: u64) -> Replay {
        Replay::of(eviction, Capacity::entries_of(capacity), ttl, seed)
    }

    /// The same with any capacity.
    pub fn of(eviction: Eviction, capacity: Capacity, ttl: Option<u64>, seed: u64) -> Replay {
        Replay::through(Store::new(eviction, capacity, Streams::new(seed).named("eviction")), ttl)
    }

    /// An empty cache under a policy of your own, whose entries do not expire. `examples/own_policy.rs` is one.
    pub fn with_policy(policy: impl CustomPolicy, capacity: Capacity) -> Replay {
        Replay::through(Store::with_policy(policy, capacity), None)
    }

    fn through(store: Store, ttl: Option<u64>) -> Replay {
        let cache = Cache {
            fresh: store.clone(),
            store,
            values: Values::default(),
            fills: true,
            named: (0, 0),
            ttl,
            tick: Nanos::from_millis(1),
            counts: ReplayCounts::default(),
            odd: OddValues::default(),
        };
        Replay { cache, server: Server::default(), clock: None }
    }

    /// The same at `rate` requests a second instead of 1,000, for policies that go by the clock.
    ///
    /// # Panics
    /// When the rate is not between one request in a day and a thousand million a second.
    pub fn at_rate(mut self, rate: f64) -> Replay {
        // few: a range
        assert!((1.0 / 86_400.0..=1e9).contains(&rate), "a rate of {rate} requests a second");
        self.cache.tick = Nanos::from_secs_f64(1.0 / rate);
        self
    }

    /// The same with a sampled policy tuned differently from Redis' defaults.
    pub fn tuned(mut self, sampling: Sampling) -> Replay {
        self.cache.store = self.cache.store.tuned(sampling);
        self.cache.fresh = self.cache.store.clone();
        self
    }

    /// The same with misses that leave the cache alone.
    pub fn leaving_misses(mut self) -> Replay {
        self.cache.fills = false;
        self
    }

    /// Everything until now is as if misses had left the cache alone, and they do from now on. True to that as long as no
    /// command has stored a value: the cache would have stayed empty.
    pub fn leave_misses_after_all(&mut self) {
        self.cache.fills = false;
        self.cache.store = self.cache.fresh.clone();
        self.cache.values = Values::default();
        self.cache.odd = OddValues::default();
        let counts = &mut self.cache.counts;
        (counts.hits, counts.misses) = (0, counts.requests);
    }

    /// Whether a miss fills.
    pub fn fills(&self) -> bool {
        self.cache.fills
    }

    /// Requests `key`, inserting it on a miss if misses fill; true on a hit.
    #[inline]
    pub fn request(&mut self, key: u32) -> bool {
        self.cache.look_up(&Ask { key, ..Ask::default() }, self.now())
    }

    /// Does what a command says, at the moment of the next request.
    #[inline]
    pub fn run(&mut self, ask: &Ask, command: &Command) {
        let now = self.now();
        if matches!(command, Command::Read) && self.server.lets_by(ask) {
            self.cache.look_up(ask, now);
        } else {
            self.cache.named = (ask.key, ask.name);
            self.server.run(&mut self.cache, &Ask { now, ..*ask }, command);
        }
    }

    /// From here on it is `now`, by the clock of a trace: requests no longer come at ticks.
    pub fn set_clock(&mut self, now: Nanos) {
        self.clock = Some(now);
    }

    /// Whether `key` is held and still good.
    pub fn holds(&self, key: u32) -> bool {
        self.cache.store.peek(key).is_some_and(|entry| !entry.is_expired(self.now()))
    }

    /// Whether `key` is more than a number here: it is held, or the policy or somebody who waits for it remembers it. The
    /// number of any other key may be given to a new one.
    pub fn remembers(&self, key: u32) -> bool {
        self.cache.store.remembers(key) || self.server.remembers(key)
    }

    /// What commands did that could not be known for certain.
    pub fn doubts(&self) -> Doubts {
        self.server.doubts()
    }

    /// Values that could not be put in as they were.
    pub fn odd(&self) -> OddValues {
        self.cache.odd
    }

    #[inline]
    fn now(&self) -> Nanos {
        self.clock.unwrap_or_else(|| Nanos(self.cache.counts.requests.saturating_mul(self.cache.tick.0)))
    }

    /// What was counted so far.
    pub fn counts(&self) -> ReplayCounts {
        self.cache.counts
    }
}

/// The keys of a replay. An entry's value is a handle of what is known of its value.
#[derive(Clone, Debug)]
struct Cache {
    store: Store,
    /// The store as it was before the first request.
    fresh: Store,
    values: Values,
    fills: bool,
    /// The key that the present command names first, and its name. A command may go on to others.
    named: (u32, u32),
    ttl: Option<u64>,
    tick: Nanos,
    counts: ReplayCounts,
    odd: OddValues,
}

impl Cache {
    /// The entry of `key`, if it is good; one that has expired goes.
    #[inline]
    fn good(&mut self, key: u32, now: Nanos) -> Option<Entry> {
        let entry = *self.store.peek(key)?;
        if entry.is_expired(now) {
            self.forget(key);
            return None;
        }
        Some(entry)
    }

    /// Looks a key up at the moment `now`, which the one who asks need not know, and fills if misses do; true on a hit.
    #[inline(always)] // nearly all that a replay does
    fn look_up(&mut self, ask: &Ask, now: Nanos) -> bool {
        let hit = match self.store.get(ask.key, now) {
            Lookup::Hit(_) => true,
            Lookup::Expired(entry) => {
                self.values.release(entry.value);
                false
            }
            Lookup::Absent => false,
        };
        if !hit && self.fills {
            let end = ask.fill_ttl.map_or_else(|| self.endless(now), |ttl| now.saturating_add(ttl));
            let size = self.size(ask.size);
            self.insert(Entry { size, name: ask.name, ..Entry::new(ask.key, Values::UNKNOWN, end) }, now);
        }
        self.counts.count(hit);
        hit
    }

    /// The name of a key that the present command has come to.
    fn name(&self, key: u32) -> u32 {
        if self.named.0 == key { self.named.1 } else { 0 }
    }

    /// The size of a new value; empty where nobody says it.
    #[inline]
    fn size(&mut self, said: Option<u32>) -> u32 {
        self.odd.of_unknown_size += u64::from(said.is_none());
        said.unwrap_or(0)
    }

    fn forget(&mut self, key: u32) -> bool {
        let removed = self.store.remove(key);
        if let Some(entry) = removed {
            self.values.release(entry.value);
        }
        removed.is_some()
    }

    fn insert(&mut self, entry: Entry, now: Nanos) {
        let gone = match self.store.insert(entry, now) {
            Insertion::Added => None,
            Insertion::Replaced(former) => Some(former).filter(|former| former.value != entry.value),
            Insertion::Evicted(other) => Some(other),
            Insertion::TooLarge(former) => {
                self.odd.too_large += 1;
                let former = former.filter(|former| former.value != entry.value);
                former.into_iter().for_each(|former| self.values.release(former.value));
                Some(entry)
            }
            Insertion::Refused => {
                self.odd.refused += 1;
                let stays = self.store.peek(entry.key).is_some_and(|former| former.value == entry.value);
                (!stays).then_some(entry)
            }
        };
        gone.into_iter().for_each(|gone| self.values.release(gone.value));
        while let Some(evicted) = self.store.next_evicted() {
            self.values.release(evicted.value);
        }
    }
}

impl KeyStore for Cache {
    fn read(&mut self, ask: &Ask, touches: bool) -> bool {
        if touches {
            return self.look_up(&Ask { name: self.name(ask.key), ..*ask }, ask.now);
        }
        let hit = self.good(ask.key, ask.now).is_some();
        self.counts.count(hit);
        hit
    }

    fn find(&mut self, key: u32, now: Nanos) -> Option<Nanos> {
        self.good(key, now).map(|entry| entry.expires)
    }

    fn touch(&mut self, key: u32, now: Nanos) {
        let _ = self.store.get(key, now);
    }

    fn put(&mut self, key: u32, put: Put, now: Nanos) {
        let former = self.store.peek(key).map(|entry| entry.size);
        let size = self.size(put.size.or(former));
        let value = self.values.add(put.value);
        self.insert(Entry { size, name: self.name(key), ..Entry::new(key, value, put.end) }, now);
    }

    fn changed(&mut self, key: u32, size: Option<u32>, now: Nanos) {
        if let Some(&entry) = self.store.peek(key) {
            self.insert(Entry { size: size.unwrap_or(entry.size), ..entry }, now);
        }
    }

    fn set_end(&mut self, key: u32, end: Nanos, _now: Nanos) {
        self.store.set_end(key, end);
    }

    fn remove(&mut self, key: u32, _now: Nanos) -> bool {
        self.forget(key)
    }

    fn clear(&mut self, _now: Nanos) {
        self.store.clear();
        self.values = Values::default();
    }

    fn nothing(&mut self, _key: u32, _now: Nanos) {}

    fn value(&self, key: u32) -> &Value {
        self.values.get(self.store.peek(key).map_or(Values::UNKNOWN, |entry| entry.value))
    }

    fn take_value(&mut self, key: u32) -> Value {
        let Some(entry) = self.store.peek_mut(key) else { return Value::Unknown };
        self.values.take(std::mem::replace(&mut entry.value, Values::TEXT))
    }

    fn set_value(&mut self, key: u32, value: Value) {
        if let Some(entry) = self.store.peek_mut(key) {
            entry.value = self.values.add(value);
        }
    }

    fn size(&self, key: u32) -> Option<u32> {
        self.store.peek(key).map(|entry| entry.size)
    }

    fn element_bytes(&self) -> u64 {
        self.values.bytes()
    }

    fn endless(&self, now: Nanos) -> Nanos {
        let end = |ticks: u64| now.saturating_add(Nanos(ticks.saturating_mul(self.tick.0)));
        self.ttl.map_or(Nanos::MAX, end)
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
    use crate::keyspace::{
        Combine, Combining, Elements, End, Expiry, Flush, Limits, Member, Only, Resize, SetOperation, Text, Wait,
        Waiters,
    };
    use crate::workload::trace::NumberIds;

    fn s(seconds: u64) -> Nanos {
        Nanos::from_secs(seconds)
    }

    fn write(cache: &mut Replay, key: u32, expiry: Expiry) {
        cache.run(&Ask { key, ..Ask::default() }, &Command::Store { expiry, only: Only::Always, text: Text::Plain });
    }

    #[test]
    fn a_value_ends_by_the_clock_of_the_trace() {
        let mut cache = Replay::new(Eviction::Lru, 10, None, 1);
        cache.set_clock(s(100));
        write(&mut cache, 3, Expiry::In(s(10)));
        write(&mut cache, 4, Expiry::Never);
        cache.set_clock(s(110));
        assert!(cache.request(3), "good up to and including its last moment");
        cache.set_clock(s(111));
        cache.run(&Ask { key: 3, fill_ttl: Some(s(10)), ..Ask::default() }, &Command::Read);
        assert_eq!(cache.counts().misses, 1, "and filled again by this miss");
        assert!(cache.request(4), "this one has no end");
        cache.set_clock(s(121));
        assert!(cache.request(3));
        let counts = cache.counts();
        assert_eq!((counts.requests, counts.hits, counts.misses), (4, 3, 1), "writes are no requests");
    }

    #[test]
    fn room_in_bytes_holds_as_many_values_as_fit() {
        let mut cache = Replay::of(Eviction::Lru, Capacity::bytes_with_overhead(250, 0), None, 1);
        let mut ask = |key: u32, size: Option<u32>| {
            cache.run(&Ask { key, size, ..Ask::default() }, &Command::Read);
            cache.holds(key)
        };
        assert_eq!([ask(1, Some(100)), ask(2, Some(100)), ask(3, Some(100))], [true; 3]);
        assert!(!ask(4, Some(251)), "larger than the capacity: not kept");
        assert!(ask(5, None));
        assert_eq!([1, 2, 3].map(|key| cache.holds(key)), [false, true, true], "two of 100 fit");
        assert_eq!(cache.odd(), OddValues { refused: 0, too_large: 1, of_unknown_size: 1 });
    }

    #[test]
    fn where_only_keys_with_an_end_may_go_a_full_cache_refuses_what_is_new() {
        for policy in [Eviction::VolatileLru, Eviction::VolatileLfu, Eviction::VolatileRandom, Eviction::VolatileTtl] {
            let mut cache = Replay::new(policy, 2, None, 1).leaving_misses();
            cache.set_clock(s(1));
            let expire = |cache: &mut Replay, key, to| {
                let command = Command::Expire { to, only: Default::default() };
                cache.run(&Ask { key, ..Ask::default() }, &command);
            };
            (1..=3).for_each(|key| write(&mut cache, key, Expiry::Never));
            assert_eq!(cache.odd().refused, 1, "{policy}");
            expire(&mut cache, 1, Expiry::In(s(100)));
            write(&mut cache, 3, Expiry::Never);
            assert_eq!([1, 2, 3].map(|key| cache.holds(key)), [false, true, true], "{policy}: 1 had got an end");
            expire(&mut cache, 2, Expiry::In(s(100)));
            expire(&mut cache, 2, Expiry::Never);
            write(&mut cache, 4, Expiry::In(s(100)));
            assert_eq!(cache.odd().refused, 2, "{policy}: 2 had lost its end again");
        }
    }

    #[test]
    fn misses_that_leave_the_cache_alone_may_be_decided_on_before_the_first_write() {
        for policy in Eviction::ALL {
            let mut late = Replay::new(policy, 3, None, 1);
            let mut early = late.clone().leaving_misses();
            for key in [1, 2, 1, 1, 3, 4, 5, 2] {
                late.request(key);
                early.request(key);
            }
            late.leave_misses_after_all();
            for key in 0..20 {
                write(&mut late, key % 7, Expiry::Never);
                write(&mut early, key % 7, Expiry::Never);
                assert_eq!(late.request(key % 5), early.request(key % 5), "{policy}");
            }
            assert_eq!(late.counts(), early.counts(), "{policy}");
        }
    }

    #[test]
    fn what_is_known_of_values_goes_with_them_whatever_evicts_them() {
        let mut cache = Replay::new(Eviction::Lru, 3, None, 1);
        let push = Elements::Push { end: End::Last, elements: vec![Member::new(b"x")], only_if_present: false };
        for key in 0..100 {
            cache.run(&Ask { key, ..Ask::default() }, &Command::Elements(Box::new(push.clone())));
            assert_eq!(cache.cache.values.bytes(), 65 * u64::from(cache.cache.store.len()));
        }
        cache.run(&Ask::default(), &Command::Flush(Flush::All));
        assert_eq!((cache.cache.values.bytes(), cache.holds(99)), (0, false));
    }

    /// A cache with limits for elements, and two sets of ten in it.
    fn limited(element_bytes: u64, steps: u64) -> Replay {
        let mut cache = Replay::new(Eviction::Lru, 100, None, 1).leaving_misses();
        cache.server = Server::limited(Limits { element_bytes, steps });
        for key in [1, 2] {
            let members = (0..10).map(|n| Member::new(&[b'0' + n])).collect();
            cache.run(&Ask { key, ..Ask::default() }, &Command::Elements(Box::new(Elements::Add(members))));
        }
        cache
    }

    #[test]
    fn a_value_whose_elements_do_not_fit_is_taken_never_to_be_empty() {
        let all: Vec<Member> = (0..10).map(|n| Member::new(&[b'0' + n])).collect();
        let remove = |cache: &mut Replay, key| {
            let remove = Command::Elements(Box::new(Elements::Remove(all.clone())));
            cache.run(&Ask { key, ..Ask::default() }, &remove);
            cache.holds(key)
        };
        let (mut narrow, mut wide) = (limited(1_000, 1_000), limited(1_300, 1_000));
        assert_eq!([1, 2].map(|key| remove(&mut wide, key)), [false, false]);
        assert_eq!([1, 2].map(|key| remove(&mut narrow, key)), [false, true]);
        assert_eq!((wide.doubts().too_large, narrow.doubts().too_large, narrow.doubts().unknown), (0, 1, 1));
    }

    #[test]
    fn large_values_gone_through_again_and_again_become_uncertain_instead_of_taking_for_ever() {
        let mut cache = limited(1_000_000, 1_000);
        for _ in 0..150 {
            cache.run(&Ask { key: 1, ..Ask::default() }, &Command::Copy { to: 3, replace: true, longer: 0 });
        }
        assert_eq!(cache.doubts().too_large, 50, "a hundred copies of ten, and no more");
        let combine = Combine { sources: vec![1, 2], how: Combining::Sets(SetOperation::Difference) };
        cache.run(&Ask { key: 4, ..Ask::default() }, &Command::Combine(Box::new(combine)));
        assert!(cache.holds(4), "nothing in truth, but that is not known");
    }

    /// Plays numbers as keys, with names or not; every hundred requests, those are forgotten that the cache does not
    /// remember. Gives the counts, and the most keys that were known at once.
    fn played(keys: &[u64], named: bool, eviction: Eviction, forgets: bool) -> (ReplayCounts, u32) {
        let (mut ids, mut cache, mut most) = (NumberIds::default(), Replay::new(eviction, 50, None, 7), 0);
        for (number, &key) in keys.iter().enumerate() {
            let name = if named { key as u32 + 1 } else { 0 };
            cache.run(&Ask { key: ids.id(key).expect("few keys"), name, ..Ask::default() }, &Command::Read);
            most = most.max(ids.count());
            if forgets && number % 100 == 99 {
                ids.retain(|id| cache.remembers(id));
            }
        }
        (cache.counts(), most)
    }

    #[test]
    fn what_somebody_waits_for_and_where_it_will_go_is_remembered_as_long_as_he_waits() {
        let mut cache = Replay::new(Eviction::Lru, 100, None, 1).leaving_misses();
        let waits = Some(Wait { until: Nanos::MAX });
        let moves = Elements::Move { to: 2, from: End::First, onto: End::Last, waits };
        let ask = Ask { key: 1, client: Some(7), ..Ask::default() };
        cache.run(&ask, &Command::Elements(Box::new(moves)));
        assert_eq!([1, 2, 3].map(|key| cache.remembers(key)), [true, true, false]);
        let swap = Command::Waiting(Waiters::Moved([(1, 11), (2, 12)].into()));
        cache.run(&Ask { client: Some(8), ..ask }, &swap);
        assert_eq!([1, 2, 11, 12].map(|key| cache.remembers(key)), [false, false, true, true]);
        cache.run(&ask, &Command::Read);
        assert_eq!([1, 2, 11, 12].map(|key| cache.remembers(key)), [false; 4], "the client is back");
    }

    #[test]
    fn keys_that_nobody_remembers_can_be_forgotten_and_no_count_changes() {
        let mut stream = Streams::new(5).named("keys");
        // Popular keys come again and again, the others some time later, or never.
        let mut key = || u64::from(stream.below(200).min(stream.below(200)) + stream.below(2) * stream.below(4_000));
        let keys: Vec<u64> = (0..20_000).map(|_| key()).collect();
        for (policy, named) in Eviction::ALL.into_iter().flat_map(|policy| [(policy, false), (policy, true)]) {
            let [(whole, all), (swept, most)] = [false, true].map(|forgets| played(&keys, named, policy, forgets));
            assert_eq!(swept, whole, "{policy}");
            assert!(whole.hits > 100 && all > 3_000, "{policy}: {whole:?} of {all} keys");
            let by_id = policy == Eviction::WTinyLfu && !named || policy.samples();
            assert_eq!(most > 1_000, by_id, "{policy}: {most} keys at once");
        }
    }

    #[test]
    fn a_command_gives_its_name_to_the_key_that_it_names_first_and_to_no_other() {
        let remembers = |command: &Command| {
            let mut cache = Replay::new(Eviction::WTinyLfu, 100, None, 1).leaving_misses();
            let ask = Ask { key: 1, name: 77, ..Ask::default() };
            let store = Command::Store { expiry: Expiry::Never, only: Only::Always, text: Text::Plain };
            [&store, &Command::Read, command].into_iter().for_each(|command| cache.run(&ask, command));
            cache.remembers(9)
        };
        assert!(!remembers(&Command::Delete));
        assert!(!remembers(&Command::Change { creates: true, size: Resize::By(1) }));
        assert!(remembers(&Command::Copy { to: 2, replace: true, longer: 0 }), "the copy is counted by its id");
        assert!(remembers(&Command::Rename { to: 2, only_if_absent: false, longer: 0 }));
    }
}
