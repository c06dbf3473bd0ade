//! A server that is given commands: what becomes of its keys.
//!
//! The keys themselves stand on a [`Shelf`]: a bounded cache in a replay, where any of them may be evicted, or a record of
//! everything for a simulation. The rules here are those of Redis 7 (`db.c`, `t_*.c`, `expire.c`), to which memcached's are
//! a part:
//!
//! * a value's expiry stands with the value: what stores a value says anew whether it ends, what changes one keeps it, and
//!   whoever takes the value away takes its expiry along;
//! * a command for one kind of value that finds another does nothing;
//! * a list, set, hash or sorted set that loses its last element is gone;
//! * a client that waits for an element gets the first one that is put there.

use std::collections::{BTreeMap, VecDeque};

use super::combine;
use super::command::{
    Command, Elements, End, Expiry, Flush, Kind, Only, OnlyExpiry, Range, Resize, ScoresHow, Scoring, Text, Wait,
    Waiters,
};
use super::value::{List, Member, Set, Sorted, Value};
use crate::time::Nanos;

/// The most memory that the elements of lists, sets, hashes and sorted sets may take, in bytes.
pub const ELEMENT_BYTES_MAX: u64 = 256 << 20;

/// The most places in queues that waiting clients take; who would take more waits for nothing.
const WAITING_MAX: usize = 1_000_000;

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

/// Who asks for what, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// The key.
    pub key: u32,
    /// The moment.
    pub now: Nanos,
    /// The client; clients that are not told apart wait for nothing.
    pub client: Option<u32>,
    /// The size of the value, in bytes, as far as it is known.
    pub size: Option<u32>,
    /// The number of the transaction or script that the command is part of; 0: none.
    pub transaction: u32,
    /// How long a value lives that a miss fetches, where misses fetch.
    pub fill_ttl: Option<Nanos>,
}

/// A value, and what is said of it, on its way to a shelf.
#[derive(Clone, Debug)]
pub struct Put {
    /// The value.
    pub value: Value,
    /// The last moment at which it is good; the greatest: for ever.
    pub end: Nanos,
    /// The end is that of the value that stood there before.
    pub keeps_end: bool,
    /// In bytes, as far as it is known.
    pub size: Option<u32>,
    /// It was made from what stood there before, or from nothing, by a command that would have changed it.
    pub made: bool,
}

/// Where a server's keys stand. A key that is *there* has a value whose end is not past.
pub trait Shelf {
    /// Looks a key up for a client; whether it was there.
    fn read(&mut self, ask: &Ask, touches: bool) -> bool;
    /// The end of the value of `key`, if it is there; if only its end is past, it goes.
    fn find(&mut self, key: u32, now: Nanos) -> Option<Nanos>;
    /// A key that is there is used, for those who evict.
    fn touch(&mut self, key: u32, now: Nanos);
    /// Puts a value under a key, whatever stood there.
    fn put(&mut self, key: u32, put: Put, now: Nanos);
    /// The value of a key that is there has been changed in place.
    fn changed(&mut self, key: u32, size: Option<u32>, now: Nanos);
    /// The value of a key that is there has another end.
    fn set_end(&mut self, key: u32, end: Nanos, now: Nanos);
    /// Takes a key away, if it is there; whether it was.
    fn remove(&mut self, key: u32, now: Nanos) -> bool;
    /// Takes all keys away.
    fn clear(&mut self, now: Nanos);
    /// A command that would have changed a key had nothing to do.
    fn nothing(&mut self, key: u32, now: Nanos);
    /// The value of a key that is there.
    fn value(&self, key: u32) -> &Value;
    /// Takes the value of a key that is there in hand; it is given back by [`set_value`](Shelf::set_value).
    fn take_value(&mut self, key: u32) -> Value;
    /// Puts the value in hand back, or another in its place.
    fn set_value(&mut self, key: u32, value: Value);
    /// The size of the value of a key that is there, as far as it is known.
    fn size(&self, key: u32) -> Option<u32>;
    /// What the elements of all values take in memory.
    fn element_bytes(&self) -> u64;
    /// The end of a value that is stored now and has none of its own.
    fn endless(&self, now: Nanos) -> Nanos;
}

/// What the commands did that could not be known for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Values whose elements were not kept for want of memory or time: from then on they are taken never to be empty.
    pub too_large: u64,
    /// Commands on values of which not enough is known: those are taken to be there still.
    pub unknown: u64,
}

/// The state of a server besides its keys. See the [module](self).
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
    pub(super) doubts: Doubts,
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
        self.waiting.queues.contains_key(&key)
    }

    /// Whether somebody waits for elements of `key`, or to move one there.
    pub fn remembers(&self, key: u32) -> bool {
        self.waits_for(key) || self.waiting.targets.contains_key(&key)
    }

    /// Does what a command says.
    pub fn run(&mut self, shelf: &mut impl Shelf, ask: &Ask, command: &Command) {
        if ask.transaction != self.transaction {
            self.serve(shelf, ask.now);
            self.transaction = ask.transaction;
        }
        if let Some(client) = ask.client {
            self.waiting.is_back(client);
        }
        self.execute(shelf, ask, command);
        if ask.transaction == 0 {
            self.serve(shelf, ask.now);
        }
    }

    fn execute(&mut self, shelf: &mut impl Shelf, ask: &Ask, command: &Command) {
        let &Ask { key, now, .. } = ask;
        match command {
            Command::Read => {
                shelf.read(ask, true);
            }
            Command::Exists => {
                shelf.read(ask, false);
            }
            &Command::ReadOf { kind, first } => {
                if first || !self.stopped {
                    shelf.read(ask, true);
                    let value = shelf.find(key, now).map(|_| shelf.value(key));
                    self.stopped = !value.map_or(kind != Kind::StreamThatIsThere, |value| is_of(value, kind));
                }
            }
            &Command::Store { expiry, only, text } => {
                let found = shelf.find(key, now);
                if allows(only, found.is_some()) {
                    self.store(shelf, ask, expiry, found, Value::Text(text));
                } else {
                    used_for_nothing(shelf, ask, found.is_some());
                }
            }
            Command::StoreAll { keys, expiry, only } => self.store_all(shelf, ask, keys, *expiry, *only),
            &Command::Restore { expiry, replace, text } => {
                let found = shelf.find(key, now);
                if replace || found.is_none() {
                    self.store(shelf, ask, expiry, found, text.map_or(Value::Unknown, Value::Text));
                } else {
                    used_for_nothing(shelf, ask, true);
                }
            }
            &Command::Change { creates, size } => self.change_text(shelf, ask, creates, size),
            Command::Delete => {
                shelf.find(key, now);
                shelf.remove(key, now);
            }
            &Command::Expire { to, only } => expire(shelf, ask, to, only),
            Command::UnlessNoText(command) => {
                let other =
                    shelf.find(key, now).is_some() && !matches!(shelf.value(key), Value::Text(_) | Value::Unknown);
                if !other {
                    self.execute(shelf, ask, command);
                }
            }
            &Command::Rename { to, only_if_absent, longer } => self.rename(shelf, ask, to, only_if_absent, longer),
            &Command::Copy { to, replace, longer } => self.copy(shelf, ask, to, replace, longer),
            Command::Flush(Flush::All) => shelf.clear(now),
            Command::Flush(Flush::Keys(keys)) => keys.iter().for_each(|&key| {
                shelf.find(key, now);
                shelf.remove(key, now);
            }),
            Command::Elements(elements) => self.elements(shelf, ask, elements),
            Command::Combine(what) => combine::run(self, shelf, ask, what),
            Command::Waiting(Waiters::Moved(keys)) => {
                self.waiting.move_to(keys);
                // What stands there now may be what they wait for.
                keys.iter().for_each(|(_, key)| self.note_ready(*key));
            }
            Command::Waiting(Waiters::Doubtful) => self.doubts.unknown += u64::from(!self.waiting.last.is_empty()),
        }
    }

    /// Puts a value under the key of `ask`.
    pub(super) fn store(
        &mut self,
        shelf: &mut impl Shelf,
        ask: &Ask,
        expiry: Expiry,
        found: Option<Nanos>,
        value: Value,
    ) {
        let end = match expiry {
            Expiry::Keep => found.unwrap_or(Nanos::MAX),
            Expiry::Never => shelf.endless(ask.now),
            Expiry::In(life) => ask.now.saturating_add(life),
            Expiry::At(end) => end,
        };
        if end < ask.now {
            shelf.remove(ask.key, ask.now);
            return;
        }
        let keeps_end = expiry == Expiry::Keep && found.is_some();
        self.put(shelf, ask, Put { value, end, keeps_end, size: ask.size, made: false });
    }

    fn put(&mut self, shelf: &mut impl Shelf, ask: &Ask, mut put: Put) {
        self.limit(shelf, &mut put.value);
        shelf.put(ask.key, put, ask.now);
        self.note_ready(ask.key);
    }

    fn store_all(&mut self, shelf: &mut impl Shelf, ask: &Ask, keys: &[(u32, u32, Text)], expiry: Expiry, only: Only) {
        let found: Vec<Option<Nanos>> = keys.iter().map(|(key, ..)| shelf.find(*key, ask.now)).collect();
        let allowed = found.iter().all(|found| allows(only, found.is_some()));
        for (&(key, size, text), found) in keys.iter().zip(found) {
            let ask = Ask { key, size: Some(size), ..*ask };
            if allowed {
                self.store(shelf, &ask, expiry, found, Value::Text(text));
            } else {
                used_for_nothing(shelf, &ask, found.is_some());
            }
        }
    }

    fn change_text(&mut self, shelf: &mut impl Shelf, ask: &Ask, creates: bool, size: Resize) {
        let &Ask { key, now, .. } = ask;
        match shelf.find(key, now) {
            Some(_) if matches!(shelf.value(key), Value::Text(_) | Value::Unknown) => {
                // A text without bytes is no number: only what adds bytes changes it. A HyperLogLog with more is none.
                let plain = match shelf.value(key) {
                    Value::Text(Text::Empty) => size != Resize::By(0),
                    Value::Text(Text::Sketch) => matches!(size, Resize::By(1..)),
                    _ => false,
                };
                if plain {
                    shelf.set_value(key, Value::Text(Text::Plain));
                }
                shelf.changed(key, size.size(shelf.size(key), ask.size), now);
            }
            Some(_) => used_for_nothing(shelf, ask, true),
            None if creates => self.make(shelf, ask, Value::Text(Text::Plain)),
            None => shelf.nothing(key, now),
        }
    }

    /// A command that changes a value makes the first one.
    pub(super) fn make(&mut self, shelf: &mut impl Shelf, ask: &Ask, value: Value) {
        let end = shelf.endless(ask.now);
        self.put(shelf, ask, Put { value, end, keeps_end: false, size: ask.size, made: true });
    }

    fn rename(&mut self, shelf: &mut impl Shelf, ask: &Ask, to: u32, only_if_absent: bool, longer: i32) {
        let &Ask { key, now, .. } = ask;
        let Some(end) = shelf.find(key, now) else { return shelf.nothing(key, now) };
        if key == to || shelf.find(to, now).is_some() && only_if_absent {
            return used_for_nothing(shelf, ask, true);
        }
        let (size, value) = (size_under(shelf, key, longer), shelf.take_value(key));
        shelf.remove(key, now);
        let put = Put { value, end, keeps_end: false, size, made: false };
        shelf.put(to, put, now);
        self.note_ready(to);
    }

    fn copy(&mut self, shelf: &mut impl Shelf, ask: &Ask, to: u32, replace: bool, longer: i32) {
        let &Ask { key, now, .. } = ask;
        if !shelf.read(ask, true) {
            return;
        }
        let Some(end) = shelf.find(key, now) else { return };
        if shelf.find(to, now).is_some() && !replace {
            return shelf.touch(to, now);
        }
        let size = size_under(shelf, key, longer);
        let mut value = Value::Unknown;
        if self.may_spend(shelf.value(key).len()) {
            value = shelf.value(key).clone();
        }
        self.put(shelf, &Ask { key: to, ..*ask }, Put { value, end, keeps_end: false, size, made: false });
    }

    // ---- Elements ----

    fn elements(&mut self, shelf: &mut impl Shelf, ask: &Ask, what: &Elements) {
        match what {
            Elements::PopFirst { keys, from, count, sorted, waits } => {
                let take = Take { from: *from, count: *count, sorted: *sorted, onto: None };
                self.pop_first(shelf, ask, keys, take, *waits);
            }
            Elements::Move { to, from, onto, waits } => {
                let take = Take { from: *from, count: 1, sorted: false, onto: Some((*to, *onto)) };
                self.pop_first(shelf, ask, &[ask.key], take, *waits);
            }
            Elements::MoveMember { to, member } => self.move_member(shelf, ask, *to, member),
            Elements::PopAny { count, given: true } => {
                let there = shelf.find(ask.key, ask.now).is_some();
                if there && matches!(shelf.value(ask.key), Value::Set(set) if *count > 0 && *count >= set.most()) {
                    shelf.read(ask, true);
                }
                self.change(shelf, ask, what);
            }
            _ => self.change(shelf, ask, what),
        }
    }

    /// A command that changes one value.
    fn change(&mut self, shelf: &mut impl Shelf, ask: &Ask, what: &Elements) {
        let &Ask { key, now, .. } = ask;
        if shelf.find(key, now).is_none() {
            return match first(what) {
                Some(value) if !value.is_empty() => self.make(shelf, ask, value),
                _ => shelf.nothing(key, now),
            };
        }
        let mut value = shelf.take_value(key);
        if !self.may_spend(steps(&value, what)) {
            value = Value::Unknown;
        }
        let done = change(&mut value, what);
        self.put_back(shelf, ask, value, done);
    }

    /// Whether there is time to go through so many elements; if not, something is not known.
    pub(super) fn may_spend(&mut self, steps: u64) -> bool {
        self.steps = self.steps.saturating_add(steps);
        let may = self.steps <= self.limits.steps || steps == 0;
        self.doubts.too_large += u64::from(!may);
        may
    }

    /// Puts a value back that was in hand, unless it has no elements any more.
    pub(super) fn put_back(&mut self, shelf: &mut impl Shelf, ask: &Ask, mut value: Value, done: Done) {
        let &Ask { key, now, size, .. } = ask;
        self.doubts.unknown += u64::from(done == Done::Doubtful);
        let gone = value.is_empty();
        self.limit(shelf, &mut value);
        shelf.set_value(key, value);
        match done {
            Done::Nothing => used_for_nothing(shelf, ask, true),
            Done::Changed | Done::Doubtful if gone => {
                shelf.remove(key, now);
            }
            Done::Changed | Done::Doubtful => shelf.changed(key, size, now),
        }
    }

    /// Gives up the elements of a value for which there is no room.
    fn limit(&mut self, shelf: &impl Shelf, value: &mut Value) {
        if shelf.element_bytes().saturating_add(value.element_bytes()) > self.limits.element_bytes {
            self.doubts.too_large += 1;
            *value = Value::Unknown;
        }
    }

    fn move_member(&mut self, shelf: &mut impl Shelf, ask: &Ask, to: u32, member: &Member) {
        let &Ask { key, now, .. } = ask;
        if shelf.find(key, now).is_none() {
            return shelf.nothing(key, now);
        }
        let fits = |value: &Value| matches!(value, Value::Set(_) | Value::Unknown);
        let target = shelf.find(to, now);
        if key == to || !fits(shelf.value(key)) || target.is_some() && !fits(shelf.value(to)) {
            return used_for_nothing(shelf, ask, true);
        }
        let surely = matches!(shelf.value(key), Value::Set(set) if set.has(member) == Some(true));
        let mut value = shelf.take_value(key);
        let done = change(&mut value, &Elements::Remove(vec![member.clone()]));
        self.put_back(shelf, ask, value, done);
        match done {
            Done::Nothing => {}
            // It is not known whether there was anything to move.
            Done::Changed | Done::Doubtful if !surely && target.is_none() => {
                self.doubts.unknown += 1;
                self.make(shelf, &Ask { key: to, ..*ask }, Value::Unknown);
            }
            Done::Changed | Done::Doubtful => {
                self.change(shelf, &Ask { key: to, ..*ask }, &Elements::Add(vec![member.clone()]));
            }
        }
    }

    /// Takes elements off the first of these keys that has any; otherwise the client may wait.
    fn pop_first(&mut self, shelf: &mut impl Shelf, ask: &Ask, keys: &[u32], take: Take, waits: Option<Wait>) {
        for &key in keys {
            if shelf.find(key, ask.now).is_none() {
                shelf.nothing(key, ask.now);
                continue;
            }
            let ask = Ask { key, ..*ask };
            if !self.take(shelf, &ask, take) {
                used_for_nothing(shelf, &ask, true);
            }
            return;
        }
        if let (Some(wait), Some(client), 0) = (waits, ask.client, ask.transaction) {
            let waits = self.waiting.add(client, keys, take, wait);
            self.doubts.unknown += u64::from(!waits);
        }
    }

    /// Takes elements off the key of `ask`, which is there; false if it is of another kind.
    fn take(&mut self, shelf: &mut impl Shelf, ask: &Ask, take: Take) -> bool {
        let &Ask { key, now, .. } = ask;
        let target = take.onto.filter(|(to, _)| *to != key).and_then(|(to, _)| shelf.find(to, now).map(|_| to));
        let list = |value: &Value| matches!(value, Value::List(_) | Value::Unknown);
        let fits = match shelf.value(key) {
            Value::Unknown => true,
            Value::List(_) => !take.sorted,
            Value::Sorted(_) => take.sorted,
            Value::Text(_) | Value::Set(_) | Value::Hash(_) | Value::Stream => false,
        };
        if !fits || target.is_some_and(|to| !list(shelf.value(to))) {
            return false;
        }
        let mut value = shelf.take_value(key);
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
        self.put_back(shelf, ask, value, done);
        if let (Some(element), Some((to, end))) = (moved, take.onto) {
            let push = Elements::Push { end, elements: vec![element], only_if_present: false };
            self.change(shelf, &Ask { key: to, size: None, ..*ask }, &push);
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
    fn serve(&mut self, shelf: &mut impl Shelf, now: Nanos) {
        while !self.ready.is_empty() {
            for key in std::mem::take(&mut self.ready) {
                // Those who wait for another kind of value wait on.
                let mut others = VecDeque::new();
                while shelf.find(key, now).is_some() {
                    let Some(waiter) = self.waiting.next(key, now) else { break };
                    let ask = Ask { key, now, client: Some(waiter.client), ..Ask::default() };
                    if self.take(shelf, &ask, waiter.take) {
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
fn size_under(shelf: &impl Shelf, key: u32, longer: i32) -> Option<u32> {
    let is_text = matches!(shelf.value(key), Value::Text(_));
    shelf.size(key).map(|size| if is_text { size.saturating_add_signed(longer) } else { size })
}

/// A command changed nothing; Redis counts the key as used if it was there.
fn used_for_nothing(shelf: &mut impl Shelf, ask: &Ask, there: bool) {
    if there {
        shelf.touch(ask.key, ask.now);
    }
    shelf.nothing(ask.key, ask.now);
}

/// Gives a value another end. One that is over already takes the value away: Redis compares whole milliseconds.
fn expire(shelf: &mut impl Shelf, ask: &Ask, to: Expiry, only: OnlyExpiry) {
    let &Ask { key, now, .. } = ask;
    let Some(end) = shelf.find(key, now) else { return };
    let (to, over) = match to {
        Expiry::Never => (Nanos::MAX, false),
        Expiry::Keep => (end, false),
        Expiry::In(life) => (now.saturating_add(life), life == Nanos::ZERO),
        Expiry::At(to) => (to, to.0 / MILLISECOND <= now.0 / MILLISECOND),
    };
    if !only.allows(end, to) {
        shelf.touch(key, now);
    } else if over {
        shelf.remove(key, now);
    } else {
        shelf.touch(key, now);
        shelf.set_end(key, to, now);
    }
}

/// What a command did with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Nothing,
    Changed,
    /// It is not known whether elements are left.
    Doubtful,
}

/// The value that comes into being where there is none.
fn first(what: &Elements) -> Option<Value> {
    Some(match what {
        Elements::Push { only_if_present: true, .. } | Elements::Stream { creates: false } => return None,
        Elements::Push { end, elements, .. } => {
            let mut list = List::default();
            elements.iter().for_each(|element| list.push(*end, element.clone()));
            Value::List(Box::new(list))
        }
        Elements::Add(members) => Value::Set(Box::new(Set::of(members.iter().cloned()))),
        Elements::Fields(fields) => Value::Hash(Box::new(Set::of(fields.iter().cloned()))),
        Elements::Scores { scores, how } => {
            let mut sorted = Sorted::default();
            scores.iter().all(|(scoring, member)| sorted.add(member, *scoring, *how));
            Value::Sorted(Box::new(sorted))
        }
        Elements::Stream { creates: true } => Value::Stream,
        Elements::Sketch => Value::Text(Text::Sketch),
        _ => return None,
    })
}

/// How many elements a command goes through, where it is more than those that it names and takes away.
fn steps(value: &Value, what: &Elements) -> u64 {
    match (value, what) {
        (Value::List(_), Elements::Insert { .. } | Elements::RemoveEqual { .. }) => value.len(),
        (Value::Sorted(_), Elements::RemoveRange(Range::Ranks { start, .. })) => {
            let from_either_end = if *start < 0 { start.unsigned_abs() } else { *start as u64 };
            from_either_end.min(value.len())
        }
        _ => 0,
    }
}

/// Changes a value in hand. One of another kind stays as it is.
fn change(value: &mut Value, what: &Elements) -> Done {
    let changed = |done: bool| if done { Done::Changed } else { Done::Nothing };
    match (value, what) {
        (Value::Unknown, _) => change_unknown(what),
        (Value::List(list), Elements::Push { end, elements, .. }) => {
            elements.iter().for_each(|element| list.push(*end, element.clone()));
            Done::Changed
        }
        (Value::List(list), Elements::Insert { pivot, after, element }) => {
            changed(list.insert(pivot, *after, element.clone()))
        }
        (Value::List(list), Elements::Set { index, element }) => changed(list.set(*index, element.clone())),
        (Value::List(list), Elements::RemoveEqual { element, count }) => {
            changed(list.remove_equal(element, *count) > 0)
        }
        (Value::List(list), Elements::Trim { start, stop }) => {
            list.trim(*start, *stop);
            Done::Changed
        }
        (Value::List(list), Elements::Pop { from, count, sorted: false }) => {
            changed((0..*count).take_while(|_| list.pop(*from).is_some()).count() > 0)
        }
        (Value::Sorted(set), Elements::Pop { from, count, sorted: true }) => {
            changed((0..*count).take_while(|_| set.pop(*from)).count() > 0)
        }
        (Value::Set(set), Elements::Add(members)) => changed(add_members(set, members)),
        (Value::Hash(set), Elements::Fields(members)) => set_fields(set, members),
        (Value::Set(set), Elements::Remove(members)) | (Value::Hash(set), Elements::RemoveFields(members)) => {
            remove_members(set, members)
        }
        (Value::Set(set), Elements::PopAny { count, .. }) => pop_any(set, *count),
        (Value::Sorted(sorted), Elements::Scores { scores, how }) => changed(add_scores(sorted, scores, *how)),
        (Value::Sorted(sorted), Elements::RemoveSorted(members)) => {
            changed(members.iter().filter(|member| sorted.remove(member)).count() > 0)
        }
        (Value::Sorted(sorted), Elements::RemoveRange(range)) => remove_range(sorted, range),
        (Value::Stream, Elements::Stream { .. }) | (Value::Text(Text::Sketch), Elements::Sketch) => Done::Changed,
        (
            Value::Text(_) | Value::List(_) | Value::Set(_) | Value::Hash(_) | Value::Sorted(_) | Value::Stream,
            Elements::Push { .. }
            | Elements::Insert { .. }
            | Elements::Set { .. }
            | Elements::RemoveEqual { .. }
            | Elements::Trim { .. }
            | Elements::Pop { .. }
            | Elements::PopFirst { .. }
            | Elements::Move { .. }
            | Elements::Add(_)
            | Elements::Remove(_)
            | Elements::PopAny { .. }
            | Elements::MoveMember { .. }
            | Elements::Fields(_)
            | Elements::RemoveFields(_)
            | Elements::Scores { .. }
            | Elements::RemoveSorted(_)
            | Elements::RemoveRange(_)
            | Elements::Sketch
            | Elements::Stream { .. },
        ) => Done::Nothing,
    }
}

/// Whether one of them was not there.
fn add_members(set: &mut Set, members: &[Member]) -> bool {
    members.iter().filter(|member| set.add((*member).clone())).count() > 0
}

/// A field that is there gets another value.
fn set_fields(fields: &mut Set, members: &[Member]) -> Done {
    add_members(fields, members);
    Done::Changed
}

fn remove_members(set: &mut Set, members: &[Member]) -> Done {
    let removed = members.iter().filter(|member| set.remove(member)).count();
    taken_out(set, removed as u64)
}

fn pop_any(set: &mut Set, count: u64) -> Done {
    set.pop_any(count);
    taken_out(set, count)
}

/// What it means that so many were taken out of a set.
fn taken_out(set: &Set, count: u64) -> Done {
    match count {
        0 => Done::Nothing,
        _ if set.is_doubtful() => Done::Doubtful,
        _ => Done::Changed,
    }
}

/// Whether a score was added or changed.
fn add_scores(sorted: &mut Sorted, scores: &[(Scoring, Member)], how: ScoresHow) -> bool {
    let before = sorted.changes();
    scores.iter().all(|(scoring, member)| sorted.add(member, *scoring, how));
    sorted.changes() > before
}

/// What a command does to a value of which nothing is known: one that takes elements away may have taken the last.
fn change_unknown(what: &Elements) -> Done {
    match what {
        Elements::RemoveEqual { .. }
        | Elements::Trim { .. }
        | Elements::Pop { .. }
        | Elements::PopFirst { .. }
        | Elements::Move { .. }
        | Elements::Remove(_)
        | Elements::PopAny { .. }
        | Elements::MoveMember { .. }
        | Elements::RemoveFields(_)
        | Elements::RemoveSorted(_)
        | Elements::RemoveRange(_) => Done::Doubtful,
        Elements::Push { .. }
        | Elements::Insert { .. }
        | Elements::Set { .. }
        | Elements::Add(_)
        | Elements::Fields(_)
        | Elements::Scores { .. }
        | Elements::Sketch
        | Elements::Stream { .. } => Done::Changed,
    }
}

fn remove_range(sorted: &mut Sorted, range: &Range) -> Done {
    if !sorted.is_known() && matches!(range, Range::Scores { .. }) {
        return Done::Doubtful;
    }
    let going = sorted.range(range);
    going.iter().for_each(|(_, member)| {
        sorted.remove(member);
    });
    if going.is_empty() { Done::Nothing } else { Done::Changed }
}

/// What a client takes when there is something.
#[derive(Clone, Copy, Debug)]
struct Take {
    from: End,
    count: u64,
    sorted: bool,
    /// The list, and its end, onto which it goes.
    onto: Option<(u32, End)>,
}

/// A client that waits, at one of its keys.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    client: u32,
    number: u64,
    take: Take,
    until: Nanos,
}

/// Who waits for a key, in the order in which they came. Those who are gone stay until they are half of all.
#[derive(Clone, Debug, Default)]
struct Queue {
    waiters: VecDeque<Waiter>,
    alive: usize,
}

/// What a client waits for.
#[derive(Clone, Debug)]
struct Waited {
    number: u64,
    keys: Vec<u32>,
    onto: Option<u32>,
}

/// Clients that wait for elements.
#[derive(Clone, Debug, Default)]
struct Waiting {
    /// By key; one for which nobody waits is not here.
    queues: BTreeMap<u32, Queue>,
    /// By client: its last wait. Others are over.
    last: BTreeMap<u32, Waited>,
    /// Keys onto which those who wait move an element, and how many do.
    targets: BTreeMap<u32, usize>,
    /// How many keys those are.
    places: usize,
    begun: u64,
}

impl Waiting {
    /// Whether there was room.
    fn add(&mut self, client: u32, keys: &[u32], take: Take, wait: Wait) -> bool {
        if self.places + keys.len() > WAITING_MAX {
            return false;
        }
        self.begun += 1;
        let waiter = Waiter { client, number: self.begun, take, until: wait.until };
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup(); // a key that is named twice is waited for once
        for &key in &keys {
            let queue = self.queues.entry(key).or_default();
            queue.waiters.push_back(waiter);
            queue.alive += 1;
        }
        self.places += keys.len();
        let onto = take.onto.map(|(to, _)| to);
        onto.into_iter().for_each(|to| *self.targets.entry(to).or_default() += 1);
        self.last.insert(client, Waited { number: self.begun, keys, onto });
        true
    }

    /// A client that asks for something, or was served, waits no longer.
    fn is_back(&mut self, client: u32) {
        if self.last.is_empty() {
            return;
        }
        let Some(Waited { keys, onto, .. }) = self.last.remove(&client) else { return };
        if let Some(to) = onto
            && let Some(count) = self.targets.get_mut(&to)
        {
            *count -= 1;
            if *count == 0 {
                self.targets.remove(&to);
            }
        }
        self.places -= keys.len();
        for key in keys {
            let queue = self.queues.get_mut(&key).expect("whoever waits stands in a queue");
            queue.alive -= 1;
            if queue.alive == 0 {
                self.queues.remove(&key);
            } else if queue.waiters.len() > 2 * queue.alive + 16 {
                let last = &self.last;
                queue.waiters.retain(|waiter| is_last(last, waiter));
            }
        }
    }

    /// Whoever waits for the first key of a pair waits for the second instead, also with what is moved there.
    fn move_to(&mut self, keys: &[(u32, u32)]) {
        let keys: BTreeMap<u32, u32> = keys.iter().copied().collect();
        let new = |key: u32| keys.get(&key).copied().unwrap_or(key);
        self.targets.clear();
        for waited in self.last.values_mut() {
            waited.keys.iter_mut().for_each(|key| *key = new(*key));
            waited.onto = waited.onto.map(new);
            waited.onto.into_iter().for_each(|to| *self.targets.entry(to).or_default() += 1);
        }
        for (key, queue) in std::mem::take(&mut self.queues) {
            let there = self.queues.entry(new(key)).or_default();
            there.alive += queue.alive;
            there.waiters.extend(queue.waiters);
        }
        for queue in self.queues.values_mut() {
            for waiter in &mut queue.waiters {
                waiter.take.onto = waiter.take.onto.map(|(to, end)| (new(to), end));
            }
            queue.waiters.make_contiguous().sort_by_key(|waiter| waiter.number);
        }
    }

    /// Takes the next who still waits for `key` out of its queue.
    fn next(&mut self, key: u32, now: Nanos) -> Option<Waiter> {
        loop {
            let waiter = self.queues.get_mut(&key)?.waiters.pop_front()?;
            if !is_last(&self.last, &waiter) {
                continue;
            }
            if waiter.until >= now {
                return Some(waiter);
            }
            self.is_back(waiter.client);
        }
    }

    /// Those taken out who were not served wait on, before the others.
    fn put_back(&mut self, key: u32, mut others: VecDeque<Waiter>) {
        if let Some(queue) = self.queues.get_mut(&key) {
            others.append(&mut queue.waiters);
            queue.waiters = others;
        }
    }
}

/// Whether this is what its client waits for now.
fn is_last(last: &BTreeMap<u32, Waited>, waiter: &Waiter) -> bool {
    last.get(&waiter.client).is_some_and(|waited| waited.number == waiter.number)
}
