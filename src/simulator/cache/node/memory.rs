//! The memory of a node: entries with their TTLs, and for keys that are not here, why.
//!
//! Whatever changes an entry is noted in the journal of [`Durability`] before it happens, so that a crash can go back.

use super::durability::Durability;
use super::state::NodeReading;
use crate::cache::command::Copied;
use crate::cache::counts::MissReason;
use crate::cache::entry::Entry;
use crate::cache::keys::{ByKey, Numbers};
use crate::cache::maintenance::Maintenance;
use crate::cache::store::{Insertion, Lookup, Store};
use crate::cache::ttl::{EntryTtl, TtlPolicy};
use crate::cache::values::Values;
use crate::ledger::Origin;
use crate::model::{Key, WriteId};
use crate::random::Stream;
use crate::scenario::{self, Expiry};
use crate::time::Nanos;
use crate::work;

/// See the module.
pub(super) struct Memory {
    store: Store,
    ttls: TtlPolicy,
    /// By key: why it is not here, if it is not.
    missing: ByKey<MissReason>,
    maintenance: Option<Box<Maintenance>>,
    /// By key: how long the load of the present value took, where somebody wants to know.
    load_times: ByKey<Nanos>,
    /// By key: the TTL of the present value when it came, where somebody wants to know.
    full_ttls: ByKey<Nanos>,
    tracks_ttls: bool,
    /// For how long entries are kept past their TTL.
    grace: Nanos,
}

/// A value to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep {
    pub(super) key: Key,
    pub(super) value: WriteId,
    pub(super) ttl: EntryTtl,
    pub(super) origin: Origin,
}

/// What keeping a value has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// There was no room for it.
    pub(super) refused: bool,
    /// The first entry that had to go, or the new one itself where it is larger than the whole store.
    pub(super) victim: Option<Entry>,
}

impl Memory {
    /// A memory around an empty store. `stream` gives each part its own draws.
    pub(super) fn new(
        store: Store,
        settings: &scenario::Cache,
        reading: NodeReading,
        numbers: &Numbers,
        stream: impl Fn(&str) -> Stream,
    ) -> Memory {
        let store = store.numbered(numbers).tuned(settings.sampling());
        Memory {
            store: if settings.expiry == Expiry::Precise { store.with_expiries() } else { store },
            ttls: TtlPolicy::new(settings.ttl, stream("ttl jitter")),
            missing: ByKey::new(MissReason::NeverHere, numbers),
            maintenance: Maintenance::new(settings, stream("upkeep")),
            load_times: ByKey::new(Nanos::ZERO, numbers),
            full_ttls: ByKey::new(Nanos::ZERO, numbers),
            tracks_ttls: reading.tracks_ttls,
            grace: reading.grace.total(),
        }
    }

    // ---- Looking ----

    /// The entry of `key`, expired or not.
    #[inline]
    pub(super) fn entry(&self, key: Key) -> Option<&Entry> {
        self.store.peek(key)
    }

    /// The entry of `key`, if it is good.
    #[inline]
    pub(super) fn good_entry(&self, key: Key, now: Nanos) -> Option<&Entry> {
        self.store.peek(key).filter(|entry| !entry.is_expired(now))
    }

    /// Whether the entry of `key` holds this value.
    pub(super) fn holds(&self, key: Key, value: WriteId) -> bool {
        self.store.peek(key).is_some_and(|entry| entry.value == value.0)
    }

    /// Why `key` is not here.
    pub(super) fn miss_reason(&self, key: Key) -> MissReason {
        self.missing.get(key)
    }

    /// `value` of `key`, with what a reader needs to know to refresh it in time.
    pub(super) fn copied(&self, key: Key, value: WriteId) -> Copied {
        // What is only in the buffer is good for as long as it is there.
        let end = self.store.peek(key).map_or(Nanos::MAX, |entry| entry.expires);
        let ttl = self.full_ttls.get(key);
        // What only says that there is no row is not kept past its time.
        let is_kept_longer = ttl > Nanos::ZERO && end < Nanos::MAX;
        let expires = if is_kept_longer { end.saturating_sub(self.grace) } else { end };
        Copied { value, expires, load_time: self.load_times.get(key), ttl }
    }

    /// The value of `key` for a request, which the eviction policy counts as a use; a sliding TTL begins again.
    #[inline]
    pub(super) fn look_up(
        &mut self,
        key: Key,
        values: &Values,
        durability: &mut Durability,
        now: Nanos,
    ) -> Result<WriteId, MissReason> {
        // The TTL that a trace gives counts from the setting.
        let renewed = self.ttls.renewed(now).filter(|_| values.ttl(key).is_none());
        if renewed.is_some() && self.good_entry(key, now).is_some() {
            durability.will_leave(key, &self.store, now);
        }
        match self.store.get(key, now) {
            Lookup::Hit(entry) => {
                let value = WriteId(entry.value);
                if let Some(expires) = renewed {
                    self.store.renew(key, expires);
                }
                return Ok(value);
            }
            Lookup::Expired(_) => self.missing.set(key, MissReason::Expired),
            Lookup::Absent => {}
        }
        Err(self.missing.get(key))
    }

    // ---- Changing ----

    /// Whether a value of this size would be refused now, since nothing may make room for it.
    #[inline]
    pub(super) fn would_refuse(&self, key: Key, size: u32) -> bool {
        self.store.would_refuse(key, size)
    }

    /// Keeps a value, if it is to be kept and there is room. Whatever makes room is seen to by [`evicted`](Memory::evicted):
    /// the victim reported here, then those in [`next_victim`](Memory::next_victim).
    pub(super) fn keep(&mut self, new: Keep, values: &Values, durability: &mut Durability, now: Nanos) -> Kept {
        let Keep { key, value, ttl, origin } = new;
        let kept = || self.store.peek(key).filter(|entry| values.keeps_end(value) && !entry.is_expired(now));
        let expires = match ttl {
            EntryTtl::Usual => match (kept(), values.ttl(key)) {
                (Some(former), _) => former.expires,
                (None, Some(ttl)) => now.saturating_add(ttl).saturating_add(self.grace),
                (None, None) => self.ttls.expires(key, now).saturating_add(self.grace),
            },
            EntryTtl::For(ttl) => now.saturating_add(ttl),
            EntryTtl::None => return Kept::default(),
        };
        if self.tracks_ttls {
            // One that keeps the end of a copy past its TTL has no time left, but is a usual one.
            let left = expires.saturating_sub(now.saturating_add(self.grace)).max(Nanos(1));
            self.full_ttls.set(key, if ttl == EntryTtl::Usual { left } else { Nanos::ZERO });
        }
        durability.will_set(key, &self.store, now);
        self.store.set_origin(origin);
        let entry = Entry { size: values.size(key, value), ..Entry::new(key, value.0, expires) };
        match self.store.insert(entry, now) {
            Insertion::Added => Kept::default(),
            Insertion::Replaced(_) => Kept { refused: false, victim: self.store.next_evicted() },
            Insertion::Refused => Kept { refused: true, victim: self.store.next_evicted() },
            Insertion::Evicted(victim) => Kept { refused: false, victim: Some(victim) },
            Insertion::TooLarge(_) => Kept { refused: true, victim: Some(entry) },
        }
    }

    /// Another entry that made room for the last value kept.
    #[inline]
    pub(super) fn next_victim(&mut self) -> Option<Entry> {
        self.store.next_evicted()
    }

    /// An entry had to go, or was too large to come in.
    #[inline]
    pub(super) fn evicted(&mut self, victim: &Entry, durability: &mut Durability, now: Nanos) {
        durability.has_left(*victim, now);
        self.missing.set(victim.key, if victim.is_expired(now) { MissReason::Expired } else { MissReason::Evicted });
    }

    /// Notes how long it took to load the value of `key`.
    pub(super) fn note_load_time(&mut self, key: Key, took: Nanos) {
        self.load_times.set(key, took);
    }

    /// A command takes the entry of `key` out, if there is one.
    pub(super) fn delete(&mut self, key: Key, durability: &mut Durability, now: Nanos) -> Option<Entry> {
        if self.store.peek(key).is_some() {
            durability.will_set(key, &self.store, now);
        }
        let entry = self.store.remove(key)?;
        self.missing.set(key, MissReason::Invalidated);
        Some(entry)
    }

    /// The entry of `key` leaves for another reason than a command.
    pub(super) fn drop_entry(&mut self, key: Key, why: MissReason, durability: &mut Durability, now: Nanos) {
        durability.will_leave(key, &self.store, now);
        self.store.remove(key);
        self.missing.set(key, why);
    }

    /// The good entry of `key` ends then, as the recorded server was told without a request; whether there is one.
    pub(super) fn set_end(&mut self, key: Key, end: Nanos, durability: &mut Durability, now: Nanos) -> bool {
        if self.good_entry(key, now).is_none() {
            return false;
        }
        durability.will_leave(key, &self.store, now);
        self.store.set_end(key, end);
        if self.grace > Nanos::ZERO {
            self.full_ttls.set(key, Nanos::ZERO); // it ends then indeed
        }
        true
    }

    /// Somebody empties the cache.
    pub(super) fn flush_all(&mut self, durability: &mut Durability, now: Nanos) {
        for key in self.keys() {
            durability.will_set(key, &self.store, now);
            self.missing.set(key, MissReason::Invalidated);
        }
        self.store.clear();
    }

    /// A crash takes everything.
    pub(super) fn lose(&mut self) {
        self.keys().into_iter().for_each(|key| self.missing.set(key, MissReason::Crashed));
        self.store.clear();
    }

    fn keys(&self) -> Vec<Key> {
        let keys: Vec<Key> = self.store.iter().map(|entry| entry.key).collect();
        work::count(keys.len());
        keys
    }

    /// These keys have the entries of an earlier state again, or none.
    pub(super) fn restore(&mut self, entries: Vec<(Key, Option<Entry>)>, now: Nanos) {
        self.store.set_origin(Origin::Restored);
        for (key, _) in &entries {
            if self.store.remove(*key).is_some() {
                self.missing.set(*key, MissReason::Crashed);
            }
        }
        for entry in entries.into_iter().filter_map(|(_, before)| before) {
            // The state is one that was there, so there is room; a policy that will not have it again may say so.
            let _ = self.store.insert(entry, now);
            while self.store.next_evicted().is_some() {}
        }
    }

    // ---- Maintenance ----

    /// Whether it does anything between commands.
    #[inline]
    pub(super) fn has_maintenance(&self) -> bool {
        self.maintenance.is_some()
    }

    /// Removes what has expired, if that is this node's way; gives how long it is busy with it. The removed keys are given
    /// by [`next_expired`](Memory::next_expired). No journal: what has expired is not needed after a rollback.
    pub(super) fn maintain(&mut self, now: Nanos) -> Nanos {
        self.maintenance.as_mut().map_or(Nanos::ZERO, |maintenance| maintenance.maintain(&mut self.store, now))
    }

    /// The next key that maintenance has removed.
    pub(super) fn next_expired(&mut self) -> Option<Key> {
        let entry = self.maintenance.as_mut()?.next_expired()?;
        self.missing.set(entry.key, MissReason::Expired);
        Some(entry.key)
    }

    /// How much longer a command takes because what it touches may not be in RAM.
    pub(super) fn page_fault(&mut self) -> Nanos {
        self.maintenance.as_mut().map_or(Nanos::ZERO, |maintenance| maintenance.page_fault(&self.store))
    }

    // ---- What it shows ----

    /// Entries in the store, some of which may have expired.
    pub(super) fn len(&self) -> u32 {
        self.store.len()
    }

    /// How many entries are good: what has expired is neither loaded nor sent to a replica.
    pub(super) fn good_entries(&self, now: Nanos) -> u32 {
        work::count(self.store.len() as usize);
        self.store.iter().filter(|entry| !entry.is_expired(now)).count() as u32
    }

    /// Entries held.
    pub(super) fn entries(&self, now: Nanos) -> u32 {
        self.store.len() - self.gone(now).0
    }

    /// Bytes held, their overhead included, now and at most.
    pub(super) fn bytes(&self, now: Nanos) -> (u64, u64) {
        let (held, most) = self.store.bytes();
        (held - self.gone(now).1, most)
    }

    /// What goes at its moment has gone also if no command has come since: how many entries and bytes. They are only
    /// counted, since a look must change nothing.
    fn gone(&self, now: Nanos) -> (u32, u64) {
        let precise = self.maintenance.as_ref().is_some_and(|maintenance| maintenance.is_precise());
        if !precise || !self.store.may_hold_expired(now) {
            return (0, 0); // as always just after a command
        }
        // few: counted by the store
        let expired = self.store.iter().filter(|entry| entry.is_expired(now));
        expired.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.bytes()))
    }

    /// The most is what is held from now on.
    pub(super) fn restart_maximum(&mut self) {
        self.store.restart_maximum();
    }

    /// All entries held, expired or not.
    pub(super) fn held(&self) -> Vec<Entry> {
        self.store.iter().copied().collect()
    }

    /// Tells the ledger whether there is a copy of `key`.
    pub(super) fn report_copy(&self, key: Key) {
        self.store.report_copy(key);
    }

    /// Panics if the inner rules do not hold.
    pub(super) fn validate(&self) {
        self.store.validate();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;
    use crate::bytes::Bytes;
    use crate::cache::entry::Capacity;
    use crate::random::Streams;
    use crate::scenario::{Distribution, Eviction, Sizes, Ttl};
    use crate::workload::rows::Rows;

    const TTL: Nanos = Nanos(10);

    #[derive(Clone, Debug)]
    enum Op {
        LookUp(Key),
        Keep(Key),
        Delete(Key),
        Drop(Key),
        SetEnd(Key),
        Flush,
        Lose,
        Wait(u64),
        Mark,
        GoBack,
    }

    fn op() -> impl Strategy<Value = Op> {
        let key = 0..6u32;
        prop_oneof![
            6 => key.clone().prop_map(Op::LookUp),
            8 => key.clone().prop_map(Op::Keep),
            2 => key.clone().prop_map(Op::Delete),
            1 => key.clone().prop_map(Op::Drop),
            2 => key.prop_map(Op::SetEnd),
            1 => Just(Op::Flush),
            1 => Just(Op::Lose),
            4 => (1..8u64).prop_map(Op::Wait),
            2 => Just(Op::Mark),
            1 => Just(Op::GoBack),
        ]
    }

    fn values() -> Values {
        Values::new(&Sizes::Constant(Bytes(1)), &Streams::new(1), Rc::new(Rows::new(0.0, None)))
    }

    /// A memory of `capacity` entries under FIFO; with a replica, which is an hour behind, all can come back.
    fn memory(capacity: u32, ttl: Ttl, replicas: u32) -> (Memory, Durability) {
        let lag = Distribution::Constant(Nanos::from_secs(3_600));
        let settings = scenario::Cache { ttl, replicas, lag, ..scenario::Cache::default() };
        let stream = |name: &str| Streams::new(1).named(name);
        let store = Store::new(Eviction::Fifo, Capacity::entries_of(capacity), stream("eviction"));
        let memory = Memory::new(store, &settings, NodeReading::default(), &Numbers::default(), stream);
        (memory, Durability::new(&settings, &Numbers::default(), stream))
    }

    /// Keeps a value; gives the keys that had to go.
    fn keep(memory: &mut Memory, durability: &mut Durability, key: Key, value: u32, now: Nanos) -> Vec<Key> {
        let new = Keep { key, value: WriteId(value), ttl: EntryTtl::Usual, origin: Origin::Fill };
        let mut victim = memory.keep(new, &values(), durability, now).victim;
        let mut gone = Vec::new();
        while let Some(entry) = victim {
            memory.evicted(&entry, durability, now);
            gone.push(entry.key);
            victim = memory.next_victim();
        }
        gone
    }

    /// The same as a row of entries, oldest first, and a list of reasons.
    #[derive(Clone, Debug, Default)]
    struct Model {
        entries: Vec<Entry>,
        reasons: BTreeMap<Key, MissReason>,
    }

    impl Model {
        fn remove(&mut self, key: Key, why: MissReason) {
            if self.entries.iter().any(|entry| entry.key == key) {
                self.entries.retain(|entry| entry.key != key);
                self.reasons.insert(key, why);
            }
        }

        fn remove_all(&mut self, why: MissReason) {
            for entry in std::mem::take(&mut self.entries) {
                self.reasons.insert(entry.key, why);
            }
        }

        fn look_up(&mut self, key: Key, now: Nanos) -> Result<WriteId, MissReason> {
            if self.entries.iter().any(|entry| entry.key == key && entry.is_expired(now)) {
                self.remove(key, MissReason::Expired);
            }
            let held = self.entries.iter().find(|entry| entry.key == key).map(|entry| WriteId(entry.value));
            held.ok_or(self.reasons.get(&key).copied().unwrap_or(MissReason::NeverHere))
        }

        fn keep(&mut self, entry: Entry, capacity: usize, now: Nanos) -> Vec<Key> {
            if let Some(held) = self.entries.iter_mut().find(|held| held.key == entry.key && !held.is_expired(now)) {
                *held = entry;
                return Vec::new();
            }
            self.entries.retain(|held| held.key != entry.key);
            let mut gone = Vec::new();
            if self.entries.len() == capacity {
                let victim = self.entries.remove(0);
                let why = if victim.is_expired(now) { MissReason::Expired } else { MissReason::Evicted };
                self.reasons.insert(victim.key, why);
                gone.push(victim.key);
            }
            self.entries.push(entry);
            gone
        }
    }

    /// By key, without what has expired: that is removed without a note, and nobody needs it.
    fn good(entries: Vec<Entry>, now: Nanos) -> BTreeMap<Key, Entry> {
        entries.into_iter().filter(|entry| !entry.is_expired(now)).map(|entry| (entry.key, entry)).collect()
    }

    /// Does the same to both, and compares them after each step. Keys without an entry are dropped and given ends by nobody.
    fn compare(ops: Vec<Op>, capacity: u32, replicas: u32) {
        let (mut memory, mut durability) = memory(capacity, Ttl::Fixed(TTL), replicas);
        let (mut model, mut now) = (Model::default(), Nanos(1));
        let mut marks: Vec<(u64, Vec<Entry>)> = Vec::new();
        for (number, op) in ops.into_iter().enumerate() {
            let held: BTreeSet<Key> = model.entries.iter().map(|entry| entry.key).collect();
            match op {
                Op::LookUp(key) => {
                    let found = memory.look_up(key, &values(), &mut durability, now);
                    assert_eq!(found, model.look_up(key, now));
                }
                Op::Keep(key) => {
                    let entry = Entry { size: 1, ..Entry::new(key, number as u32 + 1, now + TTL) };
                    let gone = keep(&mut memory, &mut durability, key, entry.value, now);
                    assert_eq!(gone, model.keep(entry, capacity as usize, now));
                }
                Op::Delete(key) => {
                    assert_eq!(memory.delete(key, &mut durability, now).is_some(), held.contains(&key));
                    model.remove(key, MissReason::Invalidated);
                }
                Op::Drop(key) if held.contains(&key) => {
                    memory.drop_entry(key, MissReason::Invalidated, &mut durability, now);
                    model.remove(key, MissReason::Invalidated);
                }
                Op::SetEnd(key) => {
                    let there = memory.set_end(key, now + Nanos(3), &mut durability, now);
                    let entry = model.entries.iter_mut().find(|entry| entry.key == key && !entry.is_expired(now));
                    assert_eq!(there, entry.is_some());
                    entry.into_iter().for_each(|entry| entry.expires = now + Nanos(3));
                }
                Op::Flush => {
                    memory.flush_all(&mut durability, now);
                    model.remove_all(MissReason::Invalidated);
                }
                // Only a node of which nothing comes back loses everything.
                Op::Lose if !durability.is_durable() => {
                    memory.lose();
                    model.remove_all(MissReason::Crashed);
                }
                Op::Wait(time) => now += Nanos(time),
                Op::Mark => marks.push((durability.position(), model.entries.clone())),
                Op::GoBack if durability.is_durable() => {
                    let Some((position, copy)) = marks.pop() else { continue };
                    memory.restore(durability.roll_back(position).undone.entries, now);
                    let held = memory.held();
                    assert_eq!(good(held.clone(), now), good(copy, now), "as it was then");
                    model.entries = held;
                    model.reasons = (0..6).map(|key| (key, memory.miss_reason(key))).collect();
                }
                Op::Drop(_) | Op::Lose | Op::GoBack => {}
            }
            let mut held = memory.held();
            held.sort_unstable_by_key(|entry| entry.key);
            let mut expected = model.entries.clone();
            expected.sort_unstable_by_key(|entry| entry.key);
            assert_eq!(held, expected);
            memory.validate();
        }
    }

    proptest! {
        /// A volatile memory holds what a row of entries does, and says of each other key why it is not there.
        #[test]
        fn a_memory_is_a_row_of_entries_and_a_list_of_reasons(ops in prop::collection::vec(op(), 0..120), capacity in 1..6u32) {
            compare(ops, capacity, 0);
        }

        /// Whatever has changed an entry was noted before: a memory that goes back has what it had then.
        #[test]
        fn a_memory_that_goes_back_has_what_it_had(ops in prop::collection::vec(op(), 0..120)) {
            compare(ops, 100, 1);
        }
    }

    #[test]
    fn a_hit_renews_a_sliding_ttl_and_that_is_noted() {
        let (mut memory, mut durability) = memory(5, Ttl::Sliding(TTL), 1);
        keep(&mut memory, &mut durability, 3, 7, Nanos(1));
        let before = durability.position();
        assert_eq!(memory.look_up(3, &values(), &mut durability, Nanos(9)), Ok(WriteId(7)));
        assert_eq!(memory.look_up(3, &values(), &mut durability, Nanos(19)), Ok(WriteId(7)));
        memory.restore(durability.roll_back(before).undone.entries, Nanos(19));
        assert_eq!(memory.look_up(3, &values(), &mut durability, Nanos(19)), Err(MissReason::Expired));
    }
}
