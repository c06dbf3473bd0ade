//! One cache node: a single-threaded command server around a store, a write-behind buffer and running loads.
//!
//! ```text
//! arrive ─▶ down? ─▶ refused      idle? ─▶ the command takes effect, and keeps the node busy for its time ─▶ answer
//!                                 busy  ─▶ waits in line behind all others: one slow command delays everyone
//! ```
//!
//! A command takes effect when its service begins. Nobody can tell that from an effect at its end, since the next one
//! does not begin before; and it saves an event per command.
//!
//! A crash empties its memory: entries, buffered rows, running loads. It comes back cold. What the node cannot do by
//! itself, because it needs the database, it asks for as a [`Job`]; whoever runs the world starts that job.
//!
//! What it is asked stands in `command`, how it comes by what it lacks in `loads`, what it has yet to write in `behind`,
//! what else holds its memory in `durable`, what keeps it from its work in `halt`.

mod behind;
mod command;
mod durable;
mod halt;
mod loads;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

pub use self::behind::FlushDue;
pub use self::command::{Answer, Command, Copied, Fill, Found, Guard, Job, LeaseAsked};
use self::durable::Durability;
pub use self::durable::Turn;
use self::halt::Halt;
pub(super) use self::halt::WithheldAnswers;
use super::buffer::Buffer;
use super::expiry::{Life, Lifetimes};
use super::keys::{ByKey, Numbers};
use super::leases::Leases;
use super::refresh::Refresh;
use super::shards::{Common, Shard};
use super::store::{Entry, Insertion, Lookup, Room, Store};
use super::upkeep::Upkeep;
use super::watch::Watch;
use crate::engine::{CallId, Event, Line, TaskId};
use crate::fault::Crash;
use crate::ledger::{Holder, Origin, Place, Release};
use crate::model::{CallError, Key, WriteId};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{self, Expiry, ReadsFrom, WriteBack};
use crate::time::Nanos;
use crate::work;

/// Totals since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the report")]
pub struct NodeCounts {
    pub commands: u64,
    pub refused: u64,
    pub hits: u64,
    pub misses_cold: u64,
    pub misses_expired: u64,
    pub misses_evicted: u64,
    pub misses_invalidated: u64,
    pub misses_crashed: u64,
    pub delayed_hits: u64,
    pub fills_refused: u64,
    pub refused_full: u64,
    pub refreshes: u64,
    pub busy_ns: u128,
    pub saves: u64,
    pub failovers: u64,
}

impl std::ops::AddAssign for NodeCounts {
    fn add_assign(&mut self, other: NodeCounts) {
        self.commands += other.commands;
        self.refused += other.refused;
        self.hits += other.hits;
        self.misses_cold += other.misses_cold;
        self.misses_expired += other.misses_expired;
        self.misses_evicted += other.misses_evicted;
        self.misses_invalidated += other.misses_invalidated;
        self.misses_crashed += other.misses_crashed;
        self.delayed_hits += other.delayed_hits;
        self.fills_refused += other.fills_refused;
        self.refused_full += other.refused_full;
        self.refreshes += other.refreshes;
        self.busy_ns += other.busy_ns;
        self.saves += other.saves;
        self.failovers += other.failovers;
    }
}

impl NodeCounts {
    /// A look-up has found nothing.
    fn miss(&mut self, why: Absence) {
        match why {
            Absence::NeverHere => self.misses_cold += 1,
            Absence::Expired => self.misses_expired += 1,
            Absence::Evicted => self.misses_evicted += 1,
            Absence::Invalidated => self.misses_invalidated += 1,
            Absence::Crashed => self.misses_crashed += 1,
        }
    }

    /// All misses.
    pub fn misses(&self) -> u64 {
        self.misses_cold + self.misses_expired + self.misses_evicted + self.misses_invalidated + self.misses_crashed
    }
}

/// Why a key is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absence {
    NeverHere,
    Expired,
    Evicted,
    Invalidated,
    Crashed,
}

/// A load under way, and who waits for it.
#[derive(Debug, Default)]
struct Load {
    /// Loads are numbered in the order in which they begin.
    number: u64,
    waiting: Line,
    begun: Nanos,
    /// The key was written or deleted meanwhile, so what the load brings may be old: it is handed on, but not kept.
    overtaken: bool,
    /// Who asked after that, and must not be given something old: another load follows for them.
    late: Line,
    /// Whether somebody is about to change what it brings.
    to_change: bool,
}

struct State {
    store: Store,
    upkeep: Option<Box<Upkeep>>,
    buffer: Buffer,
    lifetimes: Lifetimes,
    absences: ByKey<Absence>,
    /// Running loads.
    loads: BTreeMap<Key, Load>,
    /// How many have begun.
    loads_begun: u64,
    leases: Leases,
    /// By key: how long the load of the present value took, where somebody wants to know.
    took: ByKey<Nanos>,
    /// By key: how long the present value was to live when it came, where somebody wants to know.
    lives: ByKey<Nanos>,
    /// Keys of which the database has said to somebody about to change them that they have no row, and what it had.
    no_rows: BTreeMap<Key, WriteId>,
    early: Stream,
    line: Line,
    /// Writes that wait for room in the buffer.
    room: Line,
    /// The command served last, and when its answer leaves: until then, the node is busy.
    serving: Option<(CallId, Nanos)>,
    /// Whether an event will come when the node is free again; there is one only while somebody waits.
    called_back: bool,
    down: u32,
    /// Whether `halt` keeps it from serving.
    halted: bool,
    halt: Halt,
    /// Keys with a dirty-expiry event under way.
    watched: ByKey<bool>,
    commands: Stream,
    counts: NodeCounts,
    /// Where else its memory is: on disk, with replicas.
    durability: Option<Box<Durability>>,
}

/// What a node needs to know of how the lane reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeReading {
    /// When it loads a good copy anew by itself (read-through).
    pub refresh: Refresh,
    /// Whether it remembers what a delete leaves behind (leases).
    pub leaves_stale: bool,
    /// Whether it remembers how long copies were to live (refresh-ahead).
    pub knows_lives: bool,
    /// Whether it tells the near caches what is written (their messages).
    pub tells: bool,
}

/// The kinds of event a node is told about.
#[derive(Clone, Copy, Debug)]
pub struct NodeEvents {
    /// The node is free for the next command; the index is the node's number.
    pub free: u8,
    /// A dirty entry's TTL may be over; the index is the key.
    pub dirty_expiry: u8,
    /// An answer reaches its caller; the index is the call.
    pub answer: u8,
    /// The node may be at work again, or another in its place; the index is the node's number.
    pub turn: u8,
}

/// See the module.
pub struct CacheNode {
    shard: Shard,
    common: Rc<Common>,
    command: Sampler,
    /// How long a byte of a value takes to copy, nanoseconds.
    ns_per_byte: f64,
    /// Whether its replicas answer reads.
    has_readers: bool,
    write_back: Option<WriteBack>,
    reading: NodeReading,
    events: NodeEvents,
    state: RefCell<State>,
    flusher: Cell<Option<TaskId>>,
}

impl CacheNode {
    /// An empty node, one of the cache's, which numbers its keys like this. `write_back` says how its buffer works, in a lane that has one.
    pub fn new(
        (shard, numbers): (Shard, Numbers),
        settings: &scenario::Cache,
        write_back: Option<&WriteBack>,
        reading: NodeReading,
        common: Rc<Common>,
        streams: &Streams,
        events: NodeEvents,
    ) -> CacheNode {
        // The first node's draws are those of a cache that has only one.
        let stream = |name: &str| if shard == 0 { streams.named(name) } else { streams.numbered(name, shard) };
        let state = State {
            store: {
                let store = Store::new(settings.eviction, Room::of(settings.capacity), stream("eviction"));
                let watch = Watch::new(common.kernel.clone(), common.ledger.clone(), Place::Cache);
                let store = store.numbered(&numbers).watched(watch);
                let store = store.tuned(settings.sampling());
                let store =
                    if let Some(upcoming) = &common.upcoming { store.foreseeing(upcoming.clone()) } else { store };
                if settings.expiry == Expiry::Precise { store.with_expiries() } else { store }
            },
            upkeep: Upkeep::new(settings, stream("upkeep")),
            buffer: Buffer::new(write_back.is_some_and(|how| how.coalesce), &numbers),
            lifetimes: Lifetimes::new(settings.ttl, stream("ttl jitter")),
            absences: ByKey::new(Absence::NeverHere, &numbers),
            loads: BTreeMap::new(),
            loads_begun: 0,
            leases: Leases::default(),
            took: ByKey::new(Nanos::ZERO, &numbers),
            lives: ByKey::new(Nanos::ZERO, &numbers),
            no_rows: BTreeMap::new(),
            early: stream("early refresh"),
            line: Line::default(),
            room: Line::default(),
            serving: None,
            called_back: false,
            down: 0,
            halted: false,
            halt: Halt::default(),
            watched: ByKey::new(false, &numbers),
            commands: stream("cache command"),
            counts: NodeCounts::default(),
            durability: Durability::new(settings, &numbers, stream),
        };
        CacheNode {
            shard,
            common,
            command: settings.command.sampler(),
            has_readers: settings.reads == ReadsFrom::Replicas,
            ns_per_byte: settings.throughput.map_or(0.0, |bytes| 1e9 / bytes.0 as f64),
            write_back: write_back.cloned(),
            reading,
            events,
            state: RefCell::new(state),
            flusher: Cell::new(None),
        }
    }

    /// Asks for a job to be done by a task of this node.
    fn ask(&self, job: Job) {
        self.common.jobs.borrow_mut().push((self.shard, job));
    }

    // ---- The command server ----

    /// A command has reached the node.
    pub fn arrive(&self, call: CallId) {
        let mut state = self.state.borrow_mut();
        if self.has_readers
            && let Command::GetFromReplica(key, number) = self.common.calls.question(call)
            && !state.is_primary(number)
        {
            return self.arrive_at_replica(&mut state, call, key, number);
        }
        if state.halt.is_silent() {
            state.halt.wait_unheard(&self.common.calls, call);
        } else if state.down > 0 {
            state.counts.refused += 1;
            self.common.calls.answer(call, Err(CallError::Down), self.common.kernel.now());
        } else if state.halted {
            self.arrive_halted(&mut state, call);
        } else if state.busy_until() > self.common.kernel.now() || !state.line.is_empty() {
            state.line.push(&self.common.calls, call);
            self.call_back(&mut state);
        } else {
            self.serve(&mut state, call);
        }
    }

    fn serve(&self, state: &mut State, call: CallId) {
        let until = self.common.kernel.now().saturating_add(self.command_time(state, call));
        state.serving = Some((call, until));
        if state.durability.is_some() {
            self.serve_durably(state, call, until);
        } else if let Some(answer) = self.execute(state, call) {
            self.common.calls.answer(call, answer, until);
        }
        // What it evicted may have been dropped dirty, which makes room.
        self.admit(state);
    }

    /// How long the next command keeps the node busy.
    #[inline]
    fn command_time(&self, state: &mut State, call: CallId) -> Nanos {
        let mut time = self.command.sample(&mut state.commands);
        if self.ns_per_byte > 0.0 {
            time = time.saturating_add(self.copying(state, call));
        }
        if state.upkeep.is_some() {
            time = time.saturating_add(self.upkeep(state));
        }
        let time = state.halt.slow.stretch(time);
        state.counts.busy_ns += u128::from(time.0);
        state.counts.commands += 1;
        time
    }

    /// How long it takes to copy the value that a command brings, or that it is answered with at once. What a load brings
    /// in and hands on is not counted: it comes over the node's wire, which is no faster.
    fn copying(&self, state: &State, call: CallId) -> Nanos {
        let command = self.common.calls.question(call);
        let bytes = match command.value() {
            Some((key, value)) => self.common.values.size(key, value),
            None if command.is_write() => 0,
            None => {
                let found = state.store.peek(command.key());
                found.filter(|entry| !entry.is_expired(self.common.kernel.now())).map_or(0, |entry| entry.size)
            }
        };
        self.copying_time(bytes)
    }

    fn copying_time(&self, bytes: u32) -> Nanos {
        Nanos((f64::from(bytes) * self.ns_per_byte) as u64)
    }

    /// Tidies up before a command; gives how much longer the command takes for it, and for what is not in RAM.
    fn upkeep(&self, state: &mut State) -> Nanos {
        let now = self.common.kernel.now();
        let tidying = self.tidy(state, now);
        let fault = match &mut state.upkeep {
            Some(upkeep) => upkeep.page_fault(&state.store),
            None => Nanos::ZERO,
        };
        tidying.saturating_add(fault)
    }

    /// Removes what has expired, if that is this node's way; gives how long it is busy with it.
    fn tidy(&self, state: &mut State, now: Nanos) -> Nanos {
        let Some(mut upkeep) = state.upkeep.take() else { return Nanos::ZERO };
        let took = upkeep.tidy(&mut state.store, now);
        while let Some(entry) = upkeep.next_expired() {
            // No journal: what has expired is of no use to anybody who goes back.
            state.set_absence(entry.key, Absence::Expired);
            if state.buffer.is_queued(entry.key) {
                self.end_dirty(state, entry.key, |how| how.on_expiry, Release::ExpiredDirty);
            }
        }
        state.upkeep = Some(upkeep);
        took
    }

    /// Makes sure that the first in line is served as soon as the node is free.
    fn call_back(&self, state: &mut State) {
        if !std::mem::replace(&mut state.called_back, true) {
            let at = state.busy_until().max(self.common.kernel.now());
            self.common.kernel.schedule(at, Event::new(self.events.free, self.shard));
        }
    }

    /// The node is free again. An event that a crash has overtaken finds it busy, or nobody waiting.
    pub fn free(&self) {
        let mut state = self.state.borrow_mut();
        if state.busy_until() > self.common.kernel.now() {
            return;
        }
        state.called_back = false;
        if state.halted {
            return;
        }
        if let Some(next) = state.line.pop(&self.common.calls) {
            self.serve(&mut state, next);
        }
        if !state.line.is_empty() {
            self.call_back(&mut state);
        }
    }

    /// Lets a command take effect; no answer means that it waits for a load.
    fn execute(&self, state: &mut State, call: CallId) -> Option<Answer> {
        match self.common.calls.question(call) {
            Command::Get(key) | Command::GetFromReplica(key, _) => return Some(Ok(self.look_up(state, key).into())),
            Command::GetCopy(key) => return Some(Ok(self.look_up_copy(state, key))),
            Command::Lease(asked) => return Some(Ok(self.look_up_or_lease(state, asked))),
            Command::Fetch(key) | Command::FetchToChange(key) => return self.fetch(state, key, call).map(Ok),
            Command::Fill(fill) => self.fill(state, fill),
            Command::ChangeBehind(key, write, change) if !self.applies(state, key, write, change) => {
                return Some(Err(CallError::Conflict));
            }
            Command::Set(key, value)
            | Command::WriteBehind(key, value, Life::Usual)
            | Command::ChangeBehind(key, value, _)
                if state.store.would_refuse(key, self.common.values.size(key, value)) =>
            {
                // A copy that a running load brings would be as unwelcome, and may be older than this value.
                overtake(state, key);
                state.counts.refused_full += 1;
                return Some(Err(CallError::Full));
            }
            Command::Set(key, value) => {
                self.changes(state, key);
                // What is still to be written to the database is newer than anything that comes from there.
                if state.buffer.newest_write(key).is_none() {
                    self.keep(state, key, value, Life::Usual, Origin::Update);
                }
            }
            Command::Delete(key) => self.delete(state, key),
            Command::WriteBehind(key, ..) | Command::ChangeBehind(key, ..) if self.is_full_for(state, key) => {
                return self.turn_away(state, call);
            }
            Command::WriteBehind(key, write, life) => self.write_behind(state, key, write, life),
            Command::ChangeBehind(key, write, _) => self.write_behind(state, key, write, Life::Usual),
        }
        Some(Ok(Found::Nothing))
    }

    /// Somebody writes or deletes `key`.
    fn changes(&self, state: &mut State, key: Key) {
        overtake(state, key);
        if self.reading.tells {
            let at = state.busy_until().max(self.common.kernel.now());
            self.common.changed.borrow_mut().push((Some(key), at));
        }
    }

    fn delete(&self, state: &mut State, key: Key) {
        self.changes(state, key);
        let Some(entry) = self.take_out(state, key) else { return };
        let now = self.common.kernel.now();
        if self.reading.leaves_stale && !entry.is_expired(now) {
            state.leases.leave(key, WriteId(entry.value), now);
        }
    }

    fn take_out(&self, state: &mut State, key: Key) -> Option<Entry> {
        if state.store.peek(key).is_some() {
            state.will_set(key, self.common.kernel.now());
        }
        let entry = state.store.remove(key)?;
        state.set_absence(key, Absence::Invalidated);
        Some(entry)
    }

    fn look_up(&self, state: &mut State, key: Key) -> Option<WriteId> {
        let now = self.common.kernel.now();
        // The life that a trace gives counts from the setting.
        let renewed = state.lifetimes.renewed(now).filter(|_| self.common.values.life(key).is_none());
        if renewed.is_some() && state.store.peek(key).is_some_and(|entry| !entry.is_expired(now)) {
            state.will_leave(key, now);
        }
        match state.store.get(key, now) {
            Lookup::Hit(entry) => {
                let value = WriteId(entry.value);
                if let Some(expires) = renewed {
                    state.store.renew(key, expires);
                }
                state.counts.hits += 1;
                return Some(value);
            }
            Lookup::Expired(_) => state.set_absence(key, Absence::Expired),
            Lookup::Absent => {}
        }
        // An entry that left before its flush is still in the buffer, and that is memory of this node, too.
        if let Some(write) = state.buffer.newest_write(key) {
            state.counts.hits += 1;
            return Some(write);
        }
        state.counts.miss(state.absences.get(key));
        None
    }

    /// Puts a value in the store, and sees to the entries that make room for it. In a full store that lets nothing go it
    /// is not kept.
    fn keep(&self, state: &mut State, key: Key, value: WriteId, life: Life, origin: Origin) {
        let now = self.common.kernel.now();
        let values = &self.common.values;
        let kept = || state.store.peek(key).filter(|entry| values.keeps_end(value) && !entry.is_expired(now));
        let expires = match life {
            Life::Usual => match (kept(), values.life(key)) {
                (Some(former), _) => former.expires,
                (None, Some(life)) => now.saturating_add(life),
                (None, None) => state.lifetimes.expires(key, now),
            },
            Life::For(ttl) => now.saturating_add(ttl),
            Life::None => return,
        };
        if self.reading.knows_lives {
            let life = if life == Life::Usual { expires.saturating_sub(now) } else { Nanos::ZERO };
            state.lives.set(key, life);
        }
        state.will_set(key, now);
        state.store.comes_by(origin);
        let entry = Entry { size: self.common.values.size(key, value), ..Entry::new(key, value.0, expires) };
        match state.store.insert(entry, now) {
            Insertion::Added => return,
            Insertion::Replaced(_) => {}
            Insertion::Refused => state.counts.refused_full += 1,
            Insertion::Evicted(victim) => self.evicted(state, &victim, now),
            Insertion::TooLarge(_) => {
                state.counts.refused_full += 1;
                self.evicted(state, &entry, now);
            }
        }
        while let Some(victim) = state.store.next_evicted() {
            self.evicted(state, &victim, now);
        }
    }

    /// The copy of `key` that is here and good ends then, as the recorded server was told without a request.
    pub fn set_end(&self, key: Key, end: Nanos) {
        let mut state = self.state.borrow_mut();
        let now = self.common.kernel.now();
        if state.store.peek(key).is_none_or(|entry| entry.is_expired(now)) {
            return;
        }
        state.will_leave(key, now);
        state.store.set_end(key, end);
        if state.buffer.is_queued(key) {
            // Its end may be earlier than the one that is watched for.
            state.watched.set(key, false);
            self.watch_expiry(&mut state, key);
        }
    }

    /// An entry had to go, or was too large to come in.
    fn evicted(&self, state: &mut State, victim: &Entry, now: Nanos) {
        state.has_left(*victim, now);
        state.set_absence(victim.key, if victim.is_expired(now) { Absence::Expired } else { Absence::Evicted });
        if state.buffer.is_queued(victim.key) {
            self.end_dirty(state, victim.key, |how| how.on_eviction, Release::EvictedDirty);
        }
    }

    // ---- Crash and restart ----

    /// The node crashes until that moment: its memory is gone, as far as nobody else has it, and so is everyone's
    /// connection to it.
    pub fn crash(&self, crash: Crash, until: Nanos) {
        let mut state = self.state.borrow_mut();
        if crash.silent {
            self.fall_silent_for_callers(&mut state, until);
        }
        state.down += 1;
        self.flusher.set(None);
        // few: asked for at this very moment
        self.common.jobs.borrow_mut().retain(|(shard, _)| *shard != self.shard);
        if !self.fall_back(&mut state, crash) {
            self.lose_everything(&mut state);
        }
        self.break_connections(&mut state);
    }

    /// Entries and rows are gone for good.
    fn lose_everything(&self, state: &mut State) {
        let held: Vec<Key> = state.store.iter().map(|entry| entry.key).collect();
        work::count(held.len());
        held.into_iter().for_each(|key| state.set_absence(key, Absence::Crashed));
        state.store.clear();
        let (mut ledger, now) = (self.common.ledger.borrow_mut(), self.common.kernel.now());
        for write in state.buffer.clear() {
            ledger.released(write, Holder::Buffer, Release::CacheCrash, now);
        }
        state.forget_journal();
    }

    /// Whoever waits for an answer of the node will not get one.
    fn break_connections(&self, state: &mut State) {
        state.leases.clear();
        state.no_rows.clear();
        let now = self.common.kernel.now();
        if let Some((call, until)) = state.serving.take()
            && until > now
        {
            self.common.calls.amend(call, Err(CallError::Lost));
        }
        state.called_back = false;
        self.break_halt(state);
        let mut broken: Vec<CallId> = Vec::new();
        let State { line, room, .. } = &mut *state;
        for line in [line, room] {
            while let Some(call) = line.pop(&self.common.calls) {
                broken.push(call);
            }
        }
        let mut loads: Vec<Load> = std::mem::take(&mut state.loads).into_values().collect();
        loads.sort_unstable_by_key(|load| load.number);
        for mut load in loads {
            for line in [&mut load.waiting, &mut load.late] {
                while let Some(call) = line.pop(&self.common.calls) {
                    broken.push(call);
                }
            }
        }
        work::count(broken.len());
        broken.into_iter().for_each(|call| self.break_off(state, call));
    }

    /// A call has lost its connection: its caller hears of it now, or when the machine is back.
    fn break_off(&self, state: &mut State, call: CallId) {
        if state.halt.is_silent() {
            state.halt.wait_unheard(&self.common.calls, call);
        } else {
            self.common.calls.answer(call, Err(CallError::Lost), self.common.kernel.now());
        }
    }

    /// The crash that was to last until that moment ends. Returns whether the node serves again: another crash may still
    /// last, or it may have to load first.
    pub fn restart(&self, crash: Crash, until: Nanos) -> bool {
        let mut state = self.state.borrow_mut();
        if crash.silent {
            self.is_heard_again(&mut state, until);
        }
        self.come_back(&mut state)
    }

    // ---- What it shows ----

    /// Totals up to this moment.
    pub fn counts(&self) -> NodeCounts {
        let state = self.state.borrow();
        let (saves, failovers) = state.saves_and_failovers();
        NodeCounts { saves, failovers, ..state.counts }
    }

    /// Entries held.
    pub fn entries(&self) -> u32 {
        let state = self.state.borrow();
        state.store.len() - self.gone(&state).0
    }

    /// Bytes held, their overhead included, now and at most.
    pub fn bytes(&self) -> (u64, u64) {
        let state = self.state.borrow();
        let (now, most) = state.store.bytes();
        (now - self.gone(&state).1, most)
    }

    /// What goes at its moment has gone also if no command has come since: how many entries and bytes. They are only
    /// counted, since a look must change nothing.
    fn gone(&self, state: &State) -> (u32, u64) {
        if !state.upkeep.as_ref().is_some_and(|upkeep| upkeep.is_precise()) {
            return (0, 0);
        }
        let now = self.common.kernel.now();
        if !state.store.may_hold_expired(now) {
            return (0, 0); // as ever just after a command
        }
        // few: counted by the store
        let expired = state.store.iter().filter(|entry| entry.is_expired(now));
        expired.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.bytes()))
    }

    /// Rows not yet in the database, now and at most.
    pub fn dirty(&self) -> (u32, u32) {
        let state = self.state.borrow();
        (state.buffer.held(), state.buffer.held_max())
    }

    /// What is the most is so from now on.
    pub fn restart_maxima(&self) {
        let mut state = self.state.borrow_mut();
        state.store.restart_maximum();
        state.buffer.restart_maximum();
    }

    /// The values held for `key` that a reader would see, for tests.
    pub fn peek(&self, key: Key) -> Option<WriteId> {
        let state = self.state.borrow();
        state.store.peek(key).map(|entry| WriteId(entry.value))
    }

    /// All entries held, expired or not, for tests.
    pub fn held(&self) -> Vec<Entry> {
        self.state.borrow().store.iter().copied().collect()
    }

    /// Tells the witness whether there is a copy of `key`.
    pub fn tell_of(&self, key: Key) {
        self.state.borrow().store.tell_of(key);
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        let state = self.state.borrow();
        state.store.validate();
        state.buffer.validate();
    }
}

/// A running load of `key` no longer brings the newest value, nor does whoever holds a lease of it.
fn overtake(state: &mut State, key: Key) {
    state.leases.void(key);
    state.no_rows.remove(&key);
    if let Some(load) = state.loads.get_mut(&key) {
        load.overtaken = true;
    }
}

impl State {
    fn busy_until(&self) -> Nanos {
        self.serving.map_or(Nanos::ZERO, |(_, until)| until)
    }

    fn is_loading(&self, key: Key) -> bool {
        self.loads.contains_key(&key)
    }

    fn set_absence(&mut self, key: Key, why: Absence) {
        self.absences.set(key, why);
    }
}
