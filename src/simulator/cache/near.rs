//! A near cache: entries in the memory of one application server, in front of the cache that all share.
//!
//! A hit costs nothing: no message, no command. But each server has copies of its own, and nobody tells it when a key
//! is written elsewhere, unless there are messages; till then, or till its TTL ends, a copy is stale.
//!
//! A value that is on its way while its key is [forgotten](NearCache::forget) is not kept: it may be from before.

use std::cell::RefCell;

use super::entry::{Capacity, Entry};
use super::keys::{ByKey, Numbers};
use super::observer::CopyObserver;
use super::store::{Lookup, Store};
use super::ttl::{self, EntryTtl};
use crate::model::{Key, WriteId};
use crate::random::Stream;
use crate::report::AppReport;
use crate::scenario::{Eviction, Ttl};
use crate::time::Nanos;

struct State {
    store: Store,
    /// Counts what was forgotten.
    time: u64,
    /// When each key was last forgotten, and when all were.
    forgotten: ByKey<u64>,
    emptied: u64,
    /// How many reasons there are to keep nothing.
    closed: u32,
    /// What it counts, as reports show it; the rest is empty.
    counts: AppReport,
}

/// When a read began, in the near cache's own counting.
#[derive(Clone, Copy, Debug)]
pub struct Begun(u64);

/// See the module.
pub struct NearCache {
    ttl: Option<Nanos>,
    /// The TTLs of the copies that its own live no longer than, where that is so.
    parents: Option<Ttl>,
    state: RefCell<State>,
}

impl NearCache {
    /// An empty near cache, whose keys have these numbers; `draws` is for policies that choose at random.
    pub fn new(capacity: u32, eviction: Eviction, ttl: Option<Nanos>, numbers: &Numbers, draws: Stream) -> NearCache {
        let store = Store::new(eviction, Capacity::entries_of(capacity), draws).numbered(numbers);
        let counts = AppReport::default();
        let state = State { store, time: 0, forgotten: ByKey::new(0, numbers), emptied: 0, closed: 0, counts };
        NearCache { ttl, parents: None, state: RefCell::new(state) }
    }

    /// The same, bounded: a copy lives no longer than the one it was made from, in a cache with these TTLs.
    pub fn bounded(self, parents: Ttl) -> NearCache {
        NearCache { parents: Some(parents), ..self }
    }

    /// Whether it matters when a copy ends that is kept here.
    #[inline]
    pub fn is_bounded(&self) -> bool {
        self.parents.is_some()
    }

    /// The same, observed: somebody is told of every copy that comes or goes.
    pub fn observed(self, observer: CopyObserver) -> NearCache {
        let mut state = self.state.into_inner();
        state.store = state.store.observed(observer);
        NearCache { state: RefCell::new(state), ..self }
    }

    /// Tells the observer whether there is a copy of `key`.
    pub fn report_copy(&self, key: Key) {
        self.state.borrow().store.report_copy(key);
    }

    /// The copy of `key`, if there is a good one.
    pub fn get(&self, key: Key, now: Nanos) -> Option<WriteId> {
        let state = &mut *self.state.borrow_mut();
        match state.store.get(key, now) {
            Lookup::Hit(entry) => {
                state.counts.near_hits += 1;
                Some(WriteId(entry.value))
            }
            Lookup::Expired(_) | Lookup::Absent => {
                state.counts.near_misses += 1;
                None
            }
        }
    }

    /// Notes that a read begins, for [`keep`](NearCache::keep).
    pub fn begin(&self) -> Begun {
        Begun(self.state.borrow().time)
    }

    /// Keeps what a read brought that began then, for `ttl` at most, unless the key was forgotten meanwhile. `end` is that of the
    /// copy that was read; nothing if it was loaded.
    pub fn keep(&self, key: Key, value: WriteId, ttl: EntryTtl, (begun, end): (Begun, Option<Nanos>), now: Nanos) {
        let ttl = match ttl {
            EntryTtl::Usual => Nanos::MAX,
            EntryTtl::For(ttl) => ttl,
            EntryTtl::None => return,
        };
        let mut state = self.state.borrow_mut();
        let forgotten = state.forgotten.get(key).max(state.emptied);
        if state.closed == 0 && forgotten <= begun.0 {
            let own = now.saturating_add(ttl.min(self.ttl.unwrap_or(Nanos::MAX)));
            let parent = self.parents.map(|ttls| end.unwrap_or_else(|| now.saturating_add(ttl::shortest(ttls, key))));
            let expires = own.min(parent.unwrap_or(Nanos::MAX));
            // Nothing here is dirty, so what makes room may go unseen.
            let _ = state.store.insert(Entry::new(key, value.0, expires), now);
            while state.store.next_evicted().is_some() {}
        }
    }

    /// Drops the copy of `key`, and what is on its way. Returns whether there was one.
    pub fn forget(&self, key: Key) -> bool {
        let state = &mut *self.state.borrow_mut();
        state.time += 1;
        state.forgotten.set(key, state.time);
        state.store.remove(key).is_some()
    }

    /// Another server has written `key`.
    pub fn invalidate(&self, key: Key) {
        let dropped = self.forget(key);
        self.state.borrow_mut().counts.near_invalidated += u64::from(dropped);
    }

    /// Drops everything, and what is on its way.
    pub fn clear(&self) {
        let mut state = self.state.borrow_mut();
        state.time += 1;
        state.emptied = state.time;
        state.store.clear();
    }

    /// Drops everything and keeps nothing, until it is opened again as often as it was closed.
    pub fn close(&self) {
        self.clear();
        self.state.borrow_mut().closed += 1;
    }

    /// See [`close`](NearCache::close).
    pub fn open(&self) {
        let mut state = self.state.borrow_mut();
        assert!(state.closed > 0, "only what is closed can be opened");
        state.closed -= 1;
    }

    /// Totals up to this moment; a crash does not set them back.
    pub fn counts(&self) -> AppReport {
        self.state.borrow().counts
    }

    /// Entries held.
    pub fn entries(&self) -> u32 {
        self.state.borrow().store.len()
    }

    /// All entries held, expired or not, for tests.
    pub fn held(&self) -> Vec<Entry> {
        self.state.borrow().store.iter().copied().collect()
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        let state = self.state.borrow();
        state.store.validate();
        assert!(state.closed == 0 || state.store.is_empty(), "what is closed holds nothing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn near() -> NearCache {
        let draws = Streams::new(1).named("near eviction");
        NearCache::new(2, Eviction::Lru, Some(Nanos(10)), &Numbers::default(), draws)
    }

    #[test]
    fn a_copy_is_good_until_its_ttl_ends() {
        let near = near();
        near.keep(3, WriteId(7), EntryTtl::Usual, (near.begin(), None), Nanos(0));
        assert_eq!(near.get(3, Nanos(10)), Some(WriteId(7)));
        assert_eq!(near.get(3, Nanos(11)), None);
        assert_eq!(near.counts(), AppReport { near_hits: 1, near_misses: 1, ..AppReport::default() });
    }

    #[test]
    fn a_copy_lives_no_longer_than_it_may() {
        let near = near();
        near.keep(3, WriteId(7), EntryTtl::For(Nanos(4)), (near.begin(), None), Nanos(0));
        near.keep(4, WriteId(7), EntryTtl::For(Nanos(40)), (near.begin(), None), Nanos(0));
        assert_eq!((near.get(3, Nanos(4)), near.get(3, Nanos(5))), (Some(WriteId(7)), None));
        assert_eq!((near.get(4, Nanos(10)), near.get(4, Nanos(11))), (Some(WriteId(7)), None));
        near.keep(3, WriteId(7), EntryTtl::None, (near.begin(), None), Nanos(5));
        assert_eq!(near.get(3, Nanos(5)), None);
    }

    #[test]
    fn what_was_on_its_way_when_its_key_was_forgotten_is_not_kept_and_the_next_is() {
        let near = near();
        let (before, other) = (near.begin(), near.begin());
        near.invalidate(3);
        near.keep(3, WriteId(7), EntryTtl::Usual, (before, None), Nanos(0));
        near.keep(4, WriteId(8), EntryTtl::Usual, (other, None), Nanos(0));
        assert_eq!((near.get(3, Nanos(1)), near.get(4, Nanos(1))), (None, Some(WriteId(8))));
        near.keep(3, WriteId(9), EntryTtl::Usual, (near.begin(), None), Nanos(1));
        assert_eq!(near.get(3, Nanos(1)), Some(WriteId(9)));
    }

    #[test]
    fn a_closed_one_keeps_nothing() {
        let near = near();
        let begun = near.begin();
        near.close();
        near.keep(3, WriteId(7), EntryTtl::Usual, (begun, None), Nanos(0));
        near.open();
        near.keep(3, WriteId(7), EntryTtl::Usual, (begun, None), Nanos(0));
        assert_eq!(near.get(3, Nanos(0)), None, "it may be from before");
        near.validate();
        near.keep(3, WriteId(7), EntryTtl::Usual, (near.begin(), None), Nanos(0));
        assert_eq!(near.get(3, Nanos(0)), Some(WriteId(7)));
    }

    #[test]
    fn only_a_copy_that_was_there_counts_as_invalidated() {
        let near = near();
        near.invalidate(3);
        near.keep(3, WriteId(7), EntryTtl::Usual, (near.begin(), None), Nanos(0));
        near.invalidate(3);
        assert_eq!(near.counts().near_invalidated, 1);
    }

    #[test]
    fn a_bounded_copy_ends_with_the_one_it_was_made_from() {
        let near = near().bounded(Ttl::Jittered { ttl: Nanos(8), spread: 0.5 });
        near.keep(3, WriteId(7), EntryTtl::Usual, (near.begin(), Some(Nanos(6))), Nanos(0));
        near.keep(4, WriteId(7), EntryTtl::Usual, (near.begin(), None), Nanos(0));
        assert_eq!((near.get(3, Nanos(6)), near.get(3, Nanos(7))), (Some(WriteId(7)), None));
        assert_eq!((near.get(4, Nanos(4)), near.get(4, Nanos(5))), (Some(WriteId(7)), None), "the shortest it may be");
        near.keep(3, WriteId(7), EntryTtl::Usual, (near.begin(), Some(Nanos(60))), Nanos(0));
        assert_eq!(near.get(3, Nanos(11)), None, "its own TTL holds, too");
    }
}
