//! A server that is given commands: what becomes of its keys.
//!
//! The keys themselves are in a [`KeyStore`]: a bounded cache in a replay, where any of them may be evicted, or a record of
//! everything for a simulation. The rules here are those of Redis 7 (`db.c`, `t_*.c`, `expire.c`), to which memcached's are
//! a part:
//!
//! * a value's expiry stands with the value: what stores a value says again whether it ends, what changes one keeps it, and
//!   whoever takes the value away takes its expiry along;
//! * a command for one kind of value that finds another does nothing;
//! * a list, set, hash or sorted set that loses its last element is gone;
//! * a client that waits for an element gets the first one that is put there.

use std::collections::VecDeque;

use super::change::{Done, change, first, steps};
use super::combine::{self, Outcome};
use super::command::{
    Combine, Combining, Command, Elements, Expiry, Flush, Kind, Only, OnlyExpiry, Resize, Wait, Waiters,
};
use super::elements::{Member, Text};
use super::key_store::{Ask, KeyStore, Put};
use super::value::Value;
use super::waiting::{Take, Waiting};
use crate::time::Nanos;

/// The most memory that the elements of lists, sets, hashes and sorted sets may take, in bytes.
pub const ELEMENT_BYTES_MAX: u64 = 256 << 20;

/// The most elements that are gone through one by one, by all commands that do that. Redis spends as long on them; a trace
/// of many such commands on large values would never end here, either.
pub const STEPS_MAX: u64 = 200_000_000;

/// How much memory and time a server may take for elements.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`ELEMENT_BYTES_MAX`].
    pub element_bytes: u64,
    /// See [`STEPS_MAX`].
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { element_bytes: ELEMENT_BYTES_MAX, steps: STEPS_MAX }
    }
}

/// Redis' clock, by which values end.
const MILLISECOND: u64 = 1_000_000;

/// What the commands did that could not be known for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Values whose elements were not kept for want of memory or time: from then on they are taken never to be empty.
    pub too_large: u64,
    /// Commands on values of which not enough is known: those are taken to be there still.
    pub unknown: u64,
}

/// The state of a server without its keys. See the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Server {
    waiting: Waiting,
    /// Keys for which somebody waits and which came into being.
    ready: Vec<u32>,
    transaction: u32,
    /// A command that looks several keys up found a value of another kind.
    stopped: bool,
    /// Elements gone through.
    steps: u64,
    limits: Limits,
    doubts: Doubts,
}

impl Server {
    /// A server with these limits instead of the usual ones.
    pub fn limited(limits: Limits) -> Server {
        Server { limits, ..Server::default() }
    }

    /// What could not be known for certain so far.
    pub fn doubts(&self) -> Doubts {
        self.doubts
    }

    /// Whether somebody waits for elements of `key`.
    fn waits_for(&self, key: u32) -> bool {
        self.waiting.has(key)
    }

    /// Whether somebody waits for elements of `key`, or to move one there.
    pub fn remembers(&self, key: u32) -> bool {
        !self.waiting.is_empty() && (self.waits_for(key) || self.waiting.is_target(key))
    }

    /// Lets a plain look-up by, by far the commonest command: as long as nobody waits for anything, nothing comes of it that
    /// its store cannot do alone. Whether that is so.
    #[inline]
    pub fn lets_by(&mut self, ask: &Ask) -> bool {
        let nobody_waits = self.ready.is_empty() && self.waiting.is_empty();
        if nobody_waits {
            self.transaction = ask.transaction;
        }
        nobody_waits
    }

    /// Does what a command says.
    pub fn run(&mut self, store: &mut impl KeyStore, ask: &Ask, command: &Command) {
        if ask.transaction != self.transaction {
            self.serve(store, ask.now);
            self.transaction = ask.transaction;
        }
        if let Some(client) = ask.client {
            self.waiting.is_back(client);
        }
        self.execute(store, ask, command);
        if ask.transaction == 0 {
            self.serve(store, ask.now);
        }
    }

    fn execute(&mut self, store: &mut impl KeyStore, ask: &Ask, command: &Command) {
        let &Ask { key, now, .. } = ask;
        match command {
            Command::Read => {
                store.read(ask, true);
            }
            Command::Exists => {
                store.read(ask, false);
            }
            &Command::ReadOf { kind, first } => {
                if first || !self.stopped {
                    store.read(ask, true);
                    let value = store.find(key, now).map(|_| store.value(key));
                    self.stopped = !value.map_or(kind != Kind::StreamThatIsThere, |value| is_of(value, kind));
                }
            }
            &Command::Store { expiry, only, text } => {
                let found = store.find(key, now);
                if allows(only, found.is_some()) {
                    self.set(store, ask, expiry, found, Value::Text(text));
                } else {
                    used_for_nothing(store, ask, found.is_some());
                }
            }
            Command::StoreAll { keys, expiry, only } => self.store_all(store, ask, keys, *expiry, *only),
            &Command::Restore { expiry, replace, text } => {
                let found = store.find(key, now);
                if replace || found.is_none() {
                    self.set(store, ask, expiry, found, text.map_or(Value::Unknown, Value::Text));
                } else {
                    used_for_nothing(store, ask, true);
                }
            }
            &Command::Change { creates, size } => self.change_text(store, ask, creates, size),
            Command::Delete => {
                store.find(key, now);
                store.remove(key, now);
            }
            &Command::Expire { to, only } => expire(store, ask, to, only),
            Command::UnlessNoText(command) => {
                let other =
                    store.find(key, now).is_some() && !matches!(store.value(key), Value::Text(_) | Value::Unknown);
                if !other {
                    self.execute(store, ask, command);
                }
            }
            &Command::Rename { to, only_if_absent, longer } => self.rename(store, ask, to, only_if_absent, longer),
            &Command::Copy { to, replace, longer } => self.copy(store, ask, to, replace, longer),
            Command::Flush(Flush::All) => store.clear(now),
            Command::Flush(Flush::Keys(keys)) => keys.iter().for_each(|&key| {
                store.find(key, now);
                store.remove(key, now);
            }),
            Command::Elements(elements) => self.elements(store, ask, elements),
            Command::Combine(what) => self.combine(store, ask, what),
            Command::Waiting(Waiters::Moved(keys)) => {
                self.waiting.move_to(keys);
                // What stands there now may be what they wait for.
                keys.iter().for_each(|(_, key)| self.note_ready(*key));
            }
            Command::Waiting(Waiters::Doubtful) => self.doubts.unknown += u64::from(!self.waiting.is_empty()),
        }
    }

    /// Puts a value under the key of `ask`.
    fn set(&mut self, store: &mut impl KeyStore, ask: &Ask, expiry: Expiry, found: Option<Nanos>, value: Value) {
        let end = match expiry {
            Expiry::Keep => found.unwrap_or(Nanos::MAX),
            Expiry::Never => store.endless(ask.now),
            Expiry::In(ttl) => ask.now.saturating_add(ttl),
            Expiry::At(end) => end,
        };
        if end < ask.now {
            store.remove(ask.key, ask.now);
            return;
        }
        let keeps_end = expiry == Expiry::Keep && found.is_some();
        self.put(store, ask, Put { value, end, keeps_end, size: ask.size, made: false });
    }

    fn put(&mut self, store: &mut impl KeyStore, ask: &Ask, mut put: Put) {
        self.limit(store, &mut put.value);
        store.put(ask.key, put, ask.now);
        self.note_ready(ask.key);
    }

    fn store_all(
        &mut self,
        store: &mut impl KeyStore,
        ask: &Ask,
        keys: &[(u32, u32, Text)],
        expiry: Expiry,
        only: Only,
    ) {
        let found: Vec<Option<Nanos>> = keys.iter().map(|(key, ..)| store.find(*key, ask.now)).collect();
        let allowed = found.iter().all(|found| allows(only, found.is_some()));
        for (&(key, size, text), found) in keys.iter().zip(found) {
            let ask = Ask { key, size: Some(size), ..*ask };
            if allowed {
                self.set(store, &ask, expiry, found, Value::Text(text));
            } else {
                used_for_nothing(store, &ask, found.is_some());
            }
        }
    }

    fn change_text(&mut self, store: &mut impl KeyStore, ask: &Ask, creates: bool, size: Resize) {
        let &Ask { key, now, .. } = ask;
        match store.find(key, now) {
            Some(_) if matches!(store.value(key), Value::Text(_) | Value::Unknown) => {
                // A text without bytes is no number: only what adds bytes changes it. A HyperLogLog with more is none.
                let plain = match store.value(key) {
                    Value::Text(Text::Empty) => size != Resize::By(0),
                    Value::Text(Text::Sketch) => matches!(size, Resize::By(1..)),
                    _ => false,
                };
                if plain {
                    store.set_value(key, Value::Text(Text::Plain));
                }
                store.changed(key, size.size(store.size(key), ask.size), now);
            }
            Some(_) => used_for_nothing(store, ask, true),
            None if creates => self.make(store, ask, Value::Text(Text::Plain)),
            None => store.nothing(key, now),
        }
    }

    /// A command that changes a value makes the first one.
    fn make(&mut self, store: &mut impl KeyStore, ask: &Ask, value: Value) {
        let end = store.endless(ask.now);
        self.put(store, ask, Put { value, end, keeps_end: false, size: ask.size, made: true });
    }

    fn rename(&mut self, store: &mut impl KeyStore, ask: &Ask, to: u32, only_if_absent: bool, longer: i32) {
        let &Ask { key, now, .. } = ask;
        let Some(end) = store.find(key, now) else { return store.nothing(key, now) };
        if key == to || store.find(to, now).is_some() && only_if_absent {
            return used_for_nothing(store, ask, true);
        }
        let (size, value) = (size_under(store, key, longer), store.take_value(key));
        store.remove(key, now);
        let put = Put { value, end, keeps_end: false, size, made: false };
        store.put(to, put, now);
        self.note_ready(to);
    }

    fn copy(&mut self, store: &mut impl KeyStore, ask: &Ask, to: u32, replace: bool, longer: i32) {
        let &Ask { key, now, .. } = ask;
        if !store.read(ask, true) {
            return;
        }
        let Some(end) = store.find(key, now) else { return };
        if store.find(to, now).is_some() && !replace {
            return store.touch(to, now);
        }
        let size = size_under(store, key, longer);
        let mut value = Value::Unknown;
        if self.may_spend(store.value(key).len()) {
            value = store.value(key).clone();
        }
        self.put(store, &Ask { key: to, ..*ask }, Put { value, end, keeps_end: false, size, made: false });
    }

    /// Looks the sources up, and stores what comes of them under the key of `ask`.
    fn combine(&mut self, store: &mut impl KeyStore, ask: &Ask, what: &Combine) {
        let mut sources = Vec::with_capacity(what.sources.len());
        for &key in &what.sources {
            let there = store.read(&Ask { key, ..*ask }, true) && store.find(key, ask.now).is_some();
            if there && !combine::fits(store.value(key), &what.how) {
                return store.nothing(ask.key, ask.now); // no more of them are looked up
            }
            let known = there && self.may_spend(store.value(key).len());
            sources.push(there.then(|| if known { store.value(key).clone() } else { Value::Unknown }));
        }
        let found = store.find(ask.key, ask.now);
        match combine::made(&sources, &what.how) {
            Outcome::Refused => store.nothing(ask.key, ask.now),
            Outcome::Made(_) if what.how == Combining::Merged && found.is_some() => {
                store.changed(ask.key, ask.size, ask.now);
            }
            Outcome::Made(value) => self.set(store, ask, Expiry::Never, found, value),
            Outcome::Nothing if found.is_some() => {
                store.remove(ask.key, ask.now);
            }
            Outcome::Nothing => store.nothing(ask.key, ask.now),
            Outcome::Doubtful => {
                self.doubts.unknown += 1;
                self.set(store, ask, Expiry::Never, found, Value::Unknown);
            }
        }
    }

    // ---- Elements ----

    fn elements(&mut self, store: &mut impl KeyStore, ask: &Ask, what: &Elements) {
        match what {
            Elements::PopFirst { keys, from, count, sorted, waits } => {
                let take = Take { from: *from, count: *count, sorted: *sorted, onto: None };
                self.pop_first(store, ask, keys, take, *waits);
            }
            Elements::Move { to, from, onto, waits } => {
                let take = Take { from: *from, count: 1, sorted: false, onto: Some((*to, *onto)) };
                self.pop_first(store, ask, &[ask.key], take, *waits);
            }
            Elements::MoveMember { to, member } => self.move_member(store, ask, *to, member),
            Elements::PopAny { count, given: true } => {
                let there = store.find(ask.key, ask.now).is_some();
                if there && matches!(store.value(ask.key), Value::Set(set) if *count > 0 && *count >= set.most()) {
                    store.read(ask, true);
                }
                self.change(store, ask, what);
            }
            Elements::Push { .. }
            | Elements::Insert { .. }
            | Elements::Set { .. }
            | Elements::RemoveEqual { .. }
            | Elements::Trim { .. }
            | Elements::Pop { .. }
            | Elements::Add(_)
            | Elements::Remove(_)
            | Elements::PopAny { given: false, .. }
            | Elements::Fields(_)
            | Elements::RemoveFields(_)
            | Elements::Scores { .. }
            | Elements::RemoveSorted(_)
            | Elements::RemoveRange(_)
            | Elements::Sketch
            | Elements::Stream { .. } => self.change(store, ask, what),
        }
    }

    /// A command that changes one value.
    fn change(&mut self, store: &mut impl KeyStore, ask: &Ask, what: &Elements) {
        let &Ask { key, now, .. } = ask;
        if store.find(key, now).is_none() {
            return match first(what) {
                Some(value) if !value.is_empty() => self.make(store, ask, value),
                _ => store.nothing(key, now),
            };
        }
        let mut value = store.take_value(key);
        if !self.may_spend(steps(&value, what)) {
            value = Value::Unknown;
        }
        let done = change(&mut value, what);
        self.put_back(store, ask, value, done);
    }

    /// Whether there is time to go through so many elements; if not, something is not known.
    fn may_spend(&mut self, steps: u64) -> bool {
        self.steps = self.steps.saturating_add(steps);
        let may = self.steps <= self.limits.steps || steps == 0;
        self.doubts.too_large += u64::from(!may);
        may
    }

    /// Puts a value back that was in hand, unless it has no elements any more.
    fn put_back(&mut self, store: &mut impl KeyStore, ask: &Ask, mut value: Value, done: Done) {
        let &Ask { key, now, size, .. } = ask;
        self.doubts.unknown += u64::from(done == Done::Doubtful);
        let gone = value.is_empty();
        self.limit(store, &mut value);
        store.set_value(key, value);
        match done {
            Done::Nothing => used_for_nothing(store, ask, true),
            Done::Changed | Done::Doubtful if gone => {
                store.remove(key, now);
            }
            Done::Changed | Done::Doubtful => store.changed(key, size, now),
        }
    }

    /// Gives up the elements of a value for which there is no room.
    fn limit(&mut self, store: &impl KeyStore, value: &mut Value) {
        if store.element_bytes().saturating_add(value.element_bytes()) > self.limits.element_bytes {
            self.doubts.too_large += 1;
            *value = Value::Unknown;
        }
    }

    fn move_member(&mut self, store: &mut impl KeyStore, ask: &Ask, to: u32, member: &Member) {
        let &Ask { key, now, .. } = ask;
        if store.find(key, now).is_none() {
            return store.nothing(key, now);
        }
        let fits = |value: &Value| matches!(value, Value::Set(_) | Value::Unknown);
        let target = store.find(to, now);
        if key == to || !fits(store.value(key)) || target.is_some() && !fits(store.value(to)) {
            return used_for_nothing(store, ask, true);
        }
        let surely = matches!(store.value(key), Value::Set(set) if set.has(member) == Some(true));
        let mut value = store.take_value(key);
        let done = change(&mut value, &Elements::Remove(vec![member.clone()]));
        self.put_back(store, ask, value, done);
        match done {
            Done::Nothing => {}
            // It is not known whether there was anything to move.
            Done::Changed | Done::Doubtful if !surely && target.is_none() => {
                self.doubts.unknown += 1;
                self.make(store, &Ask { key: to, ..*ask }, Value::Unknown);
            }
            Done::Changed | Done::Doubtful => {
                self.change(store, &Ask { key: to, ..*ask }, &Elements::Add(vec![member.clone()]));
            }
        }
    }

    /// Takes elements off the first of these keys that has any; otherwise the client may wait.
    fn pop_first(&mut self, store: &mut impl KeyStore, ask: &Ask, keys: &[u32], take: Take, waits: Option<Wait>) {
        for &key in keys {
            if store.find(key, ask.now).is_none() {
                store.nothing(key, ask.now);
                continue;
            }
            let ask = Ask { key, ..*ask };
            if !self.take(store, &ask, take) {
                used_for_nothing(store, &ask, true);
            }
            return;
        }
        if let (Some(wait), Some(client), 0) = (waits, ask.client, ask.transaction) {
            let waits = self.waiting.add(client, keys, take, wait);
            self.doubts.unknown += u64::from(!waits);
        }
    }

    /// Takes elements off the key of `ask`, which is there; false if it is of another kind.
    fn take(&mut self, store: &mut impl KeyStore, ask: &Ask, take: Take) -> bool {
        let &Ask { key, now, .. } = ask;
        let target = take.onto.filter(|(to, _)| *to != key).and_then(|(to, _)| store.find(to, now).map(|_| to));
        let list = |value: &Value| matches!(value, Value::List(_) | Value::Unknown);
        let fits = match store.value(key) {
            Value::Unknown => true,
            Value::List(_) => !take.sorted,
            Value::Sorted(_) => take.sorted,
            Value::Text(_) | Value::Set(_) | Value::Hash(_) | Value::Stream => false,
        };
        if !fits || target.is_some_and(|to| !list(store.value(to))) {
            return false;
        }
        let mut value = store.take_value(key);
        let moved = match (&mut value, take.onto) {
            (Value::List(list), Some((to, end))) => {
                let element = list.pop(take.from);
                let within = to == key;
                if let (true, Some(element)) = (within, element.clone()) {
                    list.push(end, element);
                }
                element.filter(|_| !within)
            }
            // Of a list that is not known, an element that is not known is moved.
            (Value::Unknown, Some((to, _))) if to != key => Some(Member::new(b"")),
            _ => None,
        };
        let done = match take.onto {
            Some(_) if value != Value::Unknown => Done::Changed,
            _ => change(&mut value, &Elements::Pop { from: take.from, count: take.count, sorted: take.sorted }),
        };
        self.put_back(store, ask, value, done);
        if let (Some(element), Some((to, end))) = (moved, take.onto) {
            let push = Elements::Push { end, elements: vec![element], only_if_present: false };
            self.change(store, &Ask { key: to, size: None, ..*ask }, &push);
        }
        true
    }

    // ---- Waiting clients ----

    fn note_ready(&mut self, key: u32) {
        if self.waits_for(key) {
            self.ready.push(key);
        }
    }

    /// Gives those who wait what has come.
    fn serve(&mut self, store: &mut impl KeyStore, now: Nanos) {
        while !self.ready.is_empty() {
            for key in std::mem::take(&mut self.ready) {
                // Those who wait for another kind of value wait on.
                let mut others = VecDeque::new();
                while store.find(key, now).is_some() {
                    let Some(waiter) = self.waiting.next(key, now) else { break };
                    let ask = Ask { key, now, client: Some(waiter.client), ..Ask::default() };
                    if self.take(store, &ask, waiter.take) {
                        self.waiting.is_back(waiter.client);
                    } else {
                        others.push_back(waiter);
                    }
                }
                self.waiting.put_back(key, others);
            }
        }
    }
}

/// Whether a command that reads values of this kind goes on after this one.
fn is_of(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Unknown => true,
        Value::Set(_) => matches!(kind, Kind::Set | Kind::SetOrSorted),
        Value::Sorted(_) => kind == Kind::SetOrSorted,
        Value::Text(Text::Sketch) => kind == Kind::Sketch,
        Value::Stream => matches!(kind, Kind::Stream | Kind::StreamThatIsThere),
        Value::Text(_) | Value::List(_) | Value::Hash(_) => false,
    }
}

/// Whether a condition for storing holds.
fn allows(only: Only, there: bool) -> bool {
    match only {
        Only::Always => true,
        Only::IfAbsent => !there,
        Only::IfPresent => there,
    }
}

/// The size of what stands under `key` when it stands under a name that is so many bytes longer. Of texts alone it is known.
fn size_under(store: &impl KeyStore, key: u32, longer: i32) -> Option<u32> {
    let is_text = matches!(store.value(key), Value::Text(_));
    store.size(key).map(|size| if is_text { size.saturating_add_signed(longer) } else { size })
}

/// A command changed nothing; Redis counts the key as used if it was there.
fn used_for_nothing(store: &mut impl KeyStore, ask: &Ask, there: bool) {
    if there {
        store.touch(ask.key, ask.now);
    }
    store.nothing(ask.key, ask.now);
}

/// Gives a value another end. One that is over already takes the value away: Redis compares whole milliseconds.
fn expire(store: &mut impl KeyStore, ask: &Ask, to: Expiry, only: OnlyExpiry) {
    let &Ask { key, now, .. } = ask;
    let Some(end) = store.find(key, now) else { return };
    let (to, over) = match to {
        Expiry::Never => (Nanos::MAX, false),
        Expiry::Keep => (end, false),
        Expiry::In(ttl) => (now.saturating_add(ttl), ttl == Nanos::ZERO),
        Expiry::At(to) => (to, to.0 / MILLISECOND <= now.0 / MILLISECOND),
    };
    if !only.allows(end, to) {
        store.touch(key, now);
    } else if over {
        store.remove(key, now);
    } else {
        store.touch(key, now);
        store.set_end(key, to, now);
    }
}
