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

mod durable;
mod halt;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use self::durable::Durability;
pub use self::durable::Turn;
use self::halt::Halt;
pub(super) use self::halt::Withheld;
use super::buffer::{Buffer, Requeued, RowId};
use super::expiry::{Life, Lifetimes};
use super::leases::{Leases, Token};
use super::refresh::Refresh;
use super::shards::{Common, Shard};
use super::store::{Entry, Insertion, Lookup, Room, Store};
use super::upkeep::Upkeep;
use crate::engine::{CallId, Event, Failure, Kernel, Line, TaskId};
use crate::ledger::{Change, Holder, Key, Release, WriteId};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{self, AfterFlush, DirtyEnd, Expiry, WhenFull, WriteBack};
use crate::time::Nanos;

/// The pause after a failed flush at the end of a run, where the interval is longer.
const DRAIN_PAUSE: Nanos = Nanos::from_secs(1);

/// What can be asked of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The value of a key, if it is here.
    Get(Key),
    /// The value of a key, loaded from the database if it is not here.
    Fetch(Key),
    /// The same, by somebody about to change it: that the database has no row is remembered for that change.
    FetchToChange(Key),
    /// Keep this value, which the database has or is about to get.
    Set(Key, WriteId),
    /// The value of a key and how old it is, if it is here.
    GetCopy(Key),
    /// The same; if it is not here, the right to fill it, or the advice to wait for who has that.
    Lease(LeaseAsked),
    /// Keep this value, which a reader has had from the database, if that is still allowed.
    Fill(Fill),
    /// Forget the key.
    Delete(Key),
    /// Keep this value for so long, and write it to the database later. One that is not to be kept, since it says that
    /// there is no row, is known only until it is in the database.
    WriteBehind(Key, WriteId, Life),
    /// The same, if the present value allows it; a key that is not here allows nothing.
    ChangeBehind(Key, WriteId, Change),
}

impl Command {
    /// The key it is about.
    #[inline]
    pub fn key(self) -> Key {
        match self {
            Command::Get(key)
            | Command::GetCopy(key)
            | Command::Lease(LeaseAsked { key, .. })
            | Command::Fill(Fill { key, .. })
            | Command::Fetch(key)
            | Command::FetchToChange(key)
            | Command::Set(key, _)
            | Command::Delete(key)
            | Command::WriteBehind(key, ..)
            | Command::ChangeBehind(key, ..) => key,
        }
    }

    /// Whether it changes what the node holds.
    pub fn is_write(self) -> bool {
        match self {
            Command::Get(_)
            | Command::GetCopy(_)
            | Command::Lease(_)
            | Command::Fetch(_)
            | Command::FetchToChange(_) => false,
            Command::Set(..)
            | Command::Fill(_)
            | Command::Delete(_)
            | Command::WriteBehind(..)
            | Command::ChangeBehind(..) => true,
        }
    }
}

/// The options of [`Command::Lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseAsked {
    /// Which key.
    pub key: Key,
    /// Whether the value that a delete left behind will do.
    pub stale: bool,
    /// Whether this look-up counts as a hit or a miss: not when somebody asks again, or asks to fill only.
    pub counts: bool,
}

/// What a reader puts in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Which key.
    pub key: Key,
    /// Its value.
    pub value: WriteId,
    /// When it is allowed.
    pub guard: Guard,
    /// How long it lives.
    pub life: Life,
    /// How long it took to load.
    pub took: Nanos,
}

/// When a reader's fill is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Always.
    Open,
    /// While the token is good.
    Lease(Token),
    /// While the cache still has this value: compare and set.
    Still(WriteId),
}

/// What a command brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: there is none, or none was asked for.
    Nothing,
    /// A value.
    Value(WriteId),
    /// A value and how old it is.
    Copy(Copied),
    /// There is none, and the caller may fill it.
    Lease(Token),
    /// There is none, and somebody else is about to fill it; maybe what a delete has left behind.
    Wait(Option<WriteId>),
}

impl Found {
    /// The value, if there is a good one.
    #[inline]
    pub fn value(self) -> Option<WriteId> {
        match self {
            Found::Value(value) | Found::Copy(Copied { value, .. }) => Some(value),
            Found::Nothing | Found::Lease(_) | Found::Wait(_) => None,
        }
    }
}

impl From<Option<WriteId>> for Found {
    #[inline]
    fn from(value: Option<WriteId>) -> Found {
        value.map_or(Found::Nothing, Found::Value)
    }
}

/// A value with what a reader needs to know to refresh it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The value.
    pub value: WriteId,
    /// The last moment at which it is good.
    pub expires: Nanos,
    /// How long it took to load.
    pub took: Nanos,
    /// How long it was to live when it came; nothing if it only says that there is no row.
    pub life: Nanos,
}

/// What was found, or why there is no answer.
pub type Answer = Result<Found, Failure>;

/// Work that a node needs done by a task of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Load a key from the database, beginning at that moment: when the command that asks for it has been served.
    Load(Key, Nanos),
    /// Write these rows of the buffer now.
    Flush(Vec<RowId>),
}

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
        self.refreshes += other.refreshes;
        self.busy_ns += other.busy_ns;
        self.saves += other.saves;
        self.failovers += other.failovers;
    }
}

impl NodeCounts {
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
    absences: Vec<Absence>,
    /// Running loads by key; a handful at a time.
    loads: Vec<(Key, Load)>,
    leases: Leases,
    /// By key: how long the load of the present value took, where somebody wants to know.
    took: Vec<Nanos>,
    /// By key: how long the present value was to live when it came, where somebody wants to know.
    lives: Vec<Nanos>,
    /// Keys of which the database has said to somebody about to change them that they have no row, and what it had.
    no_rows: Vec<(Key, WriteId)>,
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
    watched: Vec<bool>,
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
    write_back: Option<WriteBack>,
    reading: NodeReading,
    events: NodeEvents,
    state: RefCell<State>,
    flusher: Cell<Option<TaskId>>,
}

impl CacheNode {
    /// An empty node, one of the cache's. `write_back` says how its buffer works, in a lane that has one.
    pub fn new(
        shard: Shard,
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
                let store = store.tuned(settings.sampling());
                let store =
                    if let Some(upcoming) = &common.upcoming { store.foreseeing(upcoming.clone()) } else { store };
                if settings.expiry == Expiry::Precise { store.with_expiries() } else { store }
            },
            upkeep: Upkeep::new(settings, stream("upkeep")),
            buffer: Buffer::new(write_back.is_some_and(|how| how.coalesce)),
            lifetimes: Lifetimes::new(settings.ttl, stream("ttl jitter")),
            absences: Vec::new(),
            loads: Vec::new(),
            leases: Leases::default(),
            took: Vec::new(),
            lives: Vec::new(),
            no_rows: Vec::new(),
            early: stream("early refresh"),
            line: Line::default(),
            room: Line::default(),
            serving: None,
            called_back: false,
            down: 0,
            halted: false,
            halt: Halt::default(),
            watched: Vec::new(),
            commands: stream("cache command"),
            counts: NodeCounts::default(),
            durability: Durability::new(settings, stream),
        };
        CacheNode {
            shard,
            common,
            command: settings.command.sampler(),
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
        if state.down > 0 {
            state.counts.refused += 1;
            self.common.calls.answer(call, Err(Failure::Down), self.common.kernel.now());
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
        let until = self.common.kernel.now().saturating_add(self.command_time(state));
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
    fn command_time(&self, state: &mut State) -> Nanos {
        let mut time = self.command.sample(&mut state.commands);
        if state.upkeep.is_some() {
            time = time.saturating_add(self.upkeep(state));
        }
        let time = state.halt.slow.stretch(time);
        state.counts.busy_ns += u128::from(time.0);
        state.counts.commands += 1;
        time
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
            Command::Get(key) => return Some(Ok(self.look_up(state, key).into())),
            Command::GetCopy(key) => return Some(Ok(self.look_up_copy(state, key))),
            Command::Lease(asked) => return Some(Ok(self.look_up_or_lease(state, asked))),
            Command::Fetch(key) | Command::FetchToChange(key) => return self.fetch(state, key, call).map(Ok),
            Command::Fill(fill) => self.fill(state, fill),
            Command::ChangeBehind(key, write, change) if !self.applies(state, key, write, change) => {
                return Some(Err(Failure::Conflict));
            }
            Command::Set(key, value)
            | Command::WriteBehind(key, value, Life::Usual)
            | Command::ChangeBehind(key, value, _)
                if state.store.would_refuse(key, self.common.values.size(key, value)) =>
            {
                // A copy that a running load brings would be as unwelcome, and may be older than this value.
                overtake(state, key);
                return Some(Err(Failure::Full));
            }
            Command::Set(key, value) => {
                self.changes(state, key);
                // What is still to be written to the database is newer than anything that comes from there.
                if state.buffer.newest_write(key).is_none() {
                    self.keep(state, key, value, Life::Usual);
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

    // ---- Fills by readers (look-aside) ----

    fn look_up_copy(&self, state: &mut State, key: Key) -> Found {
        self.look_up(state, key).map_or(Found::Nothing, |value| Found::Copy(self.copied(state, key, value)))
    }

    fn copied(&self, state: &State, key: Key, value: WriteId) -> Copied {
        // What is only in the buffer is good for as long as it is there.
        let expires = state.store.peek(key).map_or(Nanos::MAX, |entry| entry.expires);
        let of = |table: &Vec<Nanos>| table.get(key as usize).copied().unwrap_or_default();
        Copied { value, expires, took: of(&state.took), life: of(&state.lives) }
    }

    fn look_up_or_lease(&self, state: &mut State, asked: LeaseAsked) -> Found {
        let LeaseAsked { key, stale, counts } = asked;
        let before = state.counts;
        let found = self.look_up_copy(state, key);
        if !counts {
            state.counts = before;
        }
        if found != Found::Nothing {
            return found;
        }
        let now = self.common.kernel.now();
        if let Some(token) = state.leases.ask(key, now) {
            return Found::Lease(token);
        }
        state.counts.delayed_hits += u64::from(counts);
        Found::Wait(if stale { state.leases.left_behind(key, now) } else { None })
    }

    fn fill(&self, state: &mut State, fill: Fill) {
        let Fill { key, value, guard, life, took } = fill;
        let allowed = match guard {
            Guard::Open => true,
            Guard::Lease(token) => state.leases.redeem(key, token),
            Guard::Still(old) => state.store.peek(key).is_some_and(|entry| entry.value == old.0),
        };
        if !allowed {
            state.counts.fills_refused += 1;
        } else if state.buffer.newest_write(key).is_none() {
            self.keep(state, key, value, life);
            set(&mut state.took, key, took);
        }
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
                if let Some(expires) = renewed {
                    entry.expires = expires;
                }
                state.counts.hits += 1;
                return Some(WriteId(entry.value));
            }
            Lookup::Expired(_) => state.set_absence(key, Absence::Expired),
            Lookup::Absent => {}
        }
        // An entry that left before its flush is still in the buffer, and that is memory of this node, too.
        if let Some(write) = state.buffer.newest_write(key) {
            state.counts.hits += 1;
            return Some(write);
        }
        let counts = &mut state.counts;
        match state.absences.get(key as usize).copied().unwrap_or(Absence::NeverHere) {
            Absence::NeverHere => counts.misses_cold += 1,
            Absence::Expired => counts.misses_expired += 1,
            Absence::Evicted => counts.misses_evicted += 1,
            Absence::Invalidated => counts.misses_invalidated += 1,
            Absence::Crashed => counts.misses_crashed += 1,
        }
        None
    }

    /// Puts a value in the store, and sees to the entries that make room for it. In a full store that lets nothing go it
    /// is not kept.
    fn keep(&self, state: &mut State, key: Key, value: WriteId, life: Life) {
        let now = self.common.kernel.now();
        let expires = match life {
            Life::Usual => match self.common.values.life(key) {
                Some(life) => now.saturating_add(life),
                None => state.lifetimes.expires(key, now),
            },
            Life::For(ttl) => now.saturating_add(ttl),
            Life::None => return,
        };
        if self.reading.knows_lives {
            let life = if life == Life::Usual { expires.saturating_sub(now) } else { Nanos::ZERO };
            set(&mut state.lives, key, life);
        }
        state.will_set(key, now);
        let entry = Entry { size: self.common.values.size(key, value), ..Entry::new(key, value.0, expires) };
        match state.store.insert(entry, now) {
            Insertion::Added => return,
            Insertion::Replaced(_) | Insertion::Refused => {}
            Insertion::Evicted(victim) => self.evicted(state, &victim, now),
            Insertion::TooLarge(_) => self.evicted(state, &entry, now),
        }
        while let Some(victim) = state.store.next_evicted() {
            self.evicted(state, &victim, now);
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

    // ---- Loads (read-through) ----

    fn fetch(&self, state: &mut State, key: Key, call: CallId) -> Option<Found> {
        match self.look_up(state, key) {
            Some(value) if !self.refreshes(state, key, value, call) => Some(Found::Value(value)),
            Some(_) => None,
            None => {
                self.wait_for_load(state, key, call);
                None
            }
        }
    }

    /// Whether the caller waits for a fresh value although there is a good one. Others are given that meanwhile.
    fn refreshes(&self, state: &mut State, key: Key, value: WriteId, call: CallId) -> bool {
        let refresh = &self.reading.refresh;
        if refresh.is_off() || state.is_loading(key) || state.buffer.newest_write(key).is_some() {
            return false;
        }
        let (copy, now) = (self.copied(state, key, value), self.common.kernel.now());
        let early = refresh.is_early(copy.expires, copy.took, now, &mut state.early);
        if early || refresh.is_ahead(copy.expires, copy.life, now) {
            state.counts.refreshes += 1;
            self.begin_load(state, key, Line::default(), state.busy_until());
        }
        if early {
            let (_, load) = state.loads.last_mut().expect("the load that was begun");
            load.waiting.push(&self.common.calls, call);
        }
        early
    }

    /// Begins to load a key that nobody has asked for yet, unless it is here or on its way. Returns whether it begins.
    pub fn begin_warm_up(&self, key: Key) -> bool {
        let mut state = self.state.borrow_mut();
        let begins = state.down == 0 && state.store.peek(key).is_none() && !state.is_loading(key);
        if begins {
            state.loads.push((key, Load { begun: self.common.kernel.now(), ..Load::default() }));
        }
        begins
    }

    fn wait_for_load(&self, state: &mut State, key: Key, call: CallId) {
        let position = state.loads.iter().position(|(loading, _)| *loading == key);
        let position = match position {
            Some(position) => {
                state.counts.delayed_hits += 1;
                position
            }
            None => {
                self.begin_load(state, key, Line::default(), state.busy_until());
                state.loads.len() - 1
            }
        };
        let load = &mut state.loads[position].1;
        load.to_change |= matches!(self.common.calls.question(call), Command::FetchToChange(_));
        let line = if load.overtaken { &mut load.late } else { &mut load.waiting };
        line.push(&self.common.calls, call);
    }

    fn begin_load(&self, state: &mut State, key: Key, waiting: Line, at: Nanos) {
        self.ask(Job::Load(key, at));
        state.loads.push((key, Load { waiting, begun: at, ..Load::default() }));
    }

    /// A load has come back from the database: everyone who waited gets its outcome, and it is kept for `life`.
    pub fn loaded(&self, key: Key, outcome: Result<WriteId, Failure>, life: Life) {
        let mut state = self.state.borrow_mut();
        let position = state.loads.iter().position(|(loading, _)| *loading == key).expect("a load that was begun");
        let (_, mut load) = state.loads.remove(position);
        let now = self.common.kernel.now();
        if let (Ok(value), false) = (outcome, load.overtaken) {
            if load.to_change && life == Life::None {
                state.no_rows.push((key, value));
            }
            self.keep(&mut state, key, value, life);
            if !self.reading.refresh.is_off() {
                set(&mut state.took, key, now.saturating_sub(load.begun));
            }
        }
        self.admit(&mut state);
        // A refresh that fails costs nobody an answer: the copy is still good.
        let copy = state.store.peek(key).filter(|copy| !self.reading.refresh.is_off() && !copy.is_expired(now));
        let answer = outcome.or_else(|failure| copy.map(|copy| WriteId(copy.value)).ok_or(failure));
        while let Some(call) = load.waiting.pop(&self.common.calls) {
            self.common.calls.answer(call, answer.map(Found::Value), now);
        }
        if !load.late.is_empty() {
            self.begin_load(&mut state, key, load.late, self.common.kernel.now());
            let (_, next) = state.loads.last_mut().expect("the load that was begun");
            next.to_change = load.to_change;
        }
    }

    // ---- Write-behind (write-back) ----

    fn write_behind(&self, state: &mut State, key: Key, write: WriteId, life: Life) {
        self.changes(state, key);
        let now = self.common.kernel.now();
        {
            let mut ledger = self.common.ledger.borrow_mut();
            ledger.held(write, Holder::Buffer, now);
            let delay = self.write_back.as_ref().map_or(Nanos::ZERO, |how| how.delay);
            let due = if delay == Nanos::ZERO { Nanos::ZERO } else { now.saturating_add(delay) };
            let older = state.buffer.put(key, write, due);
            if let Some(older) = older {
                ledger.released(older, Holder::Buffer, Release::Coalesced { into: write }, now);
            }
            state.row_came(key, write, older, now);
        }
        if life == Life::None {
            self.take_out(state, key);
        }
        self.keep(state, key, write, life);
        self.watch_expiry(state, key);
        let count_reached =
            self.write_back.as_ref().and_then(|how| how.at).is_some_and(|at| state.buffer.queued() >= at);
        if let (true, Some(flusher)) = (count_reached, self.flusher.get()) {
            self.common.kernel.wake(flusher);
        }
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    fn applies(&self, state: &State, key: Key, write: WriteId, change: Change) -> bool {
        let now = self.common.kernel.now();
        let entry = || state.store.peek(key).filter(|entry| !entry.is_expired(now)).map(|entry| WriteId(entry.value));
        let no_row = || state.no_rows.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        let Some(base) = state.buffer.newest_write(key).or_else(entry).or_else(no_row) else { return false };
        let applies = change == Change::Add || change == Change::IfStill(base);
        if applies {
            self.common.ledger.borrow_mut().based_on(write, base);
        }
        applies
    }

    /// Whether a write of `key` finds the buffer full.
    fn is_full_for(&self, state: &State, key: Key) -> bool {
        !self.has_room(state) && state.buffer.needs_row(key)
    }

    fn has_room(&self, state: &State) -> bool {
        self.write_back.as_ref().and_then(|how| how.bound).is_none_or(|bound| state.buffer.held() < bound)
    }

    /// A write that finds the buffer full is refused, or waits for room; in some lanes it has a flush begun for that.
    fn turn_away(&self, state: &mut State, call: CallId) -> Option<Answer> {
        let when_full = self.write_back.as_ref().map_or(WhenFull::Refuse, |how| how.when_full);
        if when_full == WhenFull::Refuse {
            state.counts.refused += 1;
            return Some(Err(Failure::QueueFull));
        }
        state.room.push(&self.common.calls, call);
        if let (WhenFull::Flush, Some(flusher)) = (when_full, self.flusher.get()) {
            self.common.kernel.wake(flusher);
        }
        None
    }

    /// Lets those who wait for room in, as far as there is any, in the order in which they came.
    #[inline]
    fn admit(&self, state: &mut State) {
        while !state.room.is_empty() && self.has_room(state) {
            let call = state.room.pop(&self.common.calls).expect("somebody waits");
            let (key, write, life, applies) = match self.common.calls.question(call) {
                Command::WriteBehind(key, write, life) => (key, write, life, true),
                Command::ChangeBehind(key, write, change) => {
                    (key, write, Life::Usual, self.applies(state, key, write, change))
                }
                other => unreachable!("only writes wait for room, not {other:?}"),
            };
            let before = CacheNode::journal_position(state);
            if applies {
                self.write_behind(state, key, write, life);
            }
            let answer = if applies { Ok(Found::Nothing) } else { Err(Failure::Conflict) };
            match before {
                None => self.common.calls.answer(call, answer, self.common.kernel.now()),
                Some(before) => self.answer_admitted(state, call, answer, before),
            }
        }
    }

    /// Sees to it that a dirty entry's end is noticed when it comes, not when somebody next asks for the key.
    fn watch_expiry(&self, state: &mut State, key: Key) {
        let Some(&Entry { expires, .. }) = state.store.peek(key) else { return };
        if state.watched.len() <= key as usize {
            state.watched.resize(key as usize + 1, false);
        }
        if expires < Nanos::MAX && !std::mem::replace(&mut state.watched[key as usize], true) {
            // An entry is good up to and including the moment it expires; one that a crash brought back may be over.
            let over = expires.saturating_add(Nanos(1)).max(self.common.kernel.now());
            self.common.kernel.schedule(over, Event::new(self.events.dirty_expiry, key));
        }
    }

    /// A dirty entry's TTL may be over.
    pub fn dirty_expiry(&self, key: Key) {
        let mut state = self.state.borrow_mut();
        if self.overlooks_expiry(&mut state, key) {
            return;
        }
        state.watched[key as usize] = false;
        if !state.buffer.is_queued(key) || state.down > 0 {
            return;
        }
        match state.store.peek(key) {
            Some(entry) if entry.is_expired(self.common.kernel.now()) => {
                state.will_leave(key, self.common.kernel.now());
                state.store.remove(key);
                state.set_absence(key, Absence::Expired);
                self.end_dirty(&mut state, key, |how| how.on_expiry, Release::ExpiredDirty);
                self.admit(&mut state);
            }
            Some(_) => self.watch_expiry(&mut state, key), // renewed meanwhile
            None => {}
        }
    }

    /// A dirty entry leaves the store before its flush: its rows are flushed now, or gone.
    fn end_dirty(&self, state: &mut State, key: Key, end: fn(&WriteBack) -> DirtyEnd, why: Release) {
        let how = self.write_back.as_ref().expect("only a write-back lane has dirty entries");
        match end(how) {
            DirtyEnd::Flush => {
                let rows = state.buffer.take_key(key);
                // None: an older row of the key is in a flush, which must not be overtaken; the buffer keeps this one.
                if !rows.is_empty() {
                    self.ask(Job::Flush(rows));
                }
            }
            DirtyEnd::Drop => {
                let mut ledger = self.common.ledger.borrow_mut();
                for write in state.buffer.drop_key(key) {
                    ledger.released(write, Holder::Buffer, why, self.common.kernel.now());
                    state.row_left(write, self.common.kernel.now());
                }
            }
        }
    }

    /// Waits until the next flush is due: at the moment `at`, or as soon as enough rows wait, or at the end of the run.
    /// After a flush that `failed`, enough rows are no reason to try again at once. Comes with the moment up to which
    /// rows must be due to be flushed now: any, when it is not for the interval's sake.
    pub fn flush_due(&self, at: Nanos, failed: bool) -> FlushDue<'_> {
        let draining = self.common.draining.get();
        // Nobody writes any more, so what remains need not wait for a long interval to pass.
        let at = if failed && draining { at.min(self.common.kernel.now().saturating_add(DRAIN_PAUSE)) } else { at };
        self.common.ledger.borrow_mut().next_flush(at);
        FlushDue { node: self, at, scheduled: false, on_count: !failed, on_drain: !(failed && draining) }
    }

    /// Whether so many rows, or somebody who waits for room, are reason enough to flush before the interval is over.
    fn wants_flush(&self, queued: u32) -> bool {
        let Some(how) = &self.write_back else { return false };
        let waited_for = how.when_full == WhenFull::Flush && !self.state.borrow().room.is_empty();
        waited_for || how.at.is_some_and(|at| queued >= at)
    }

    /// How many rows wait for a flush and are due at `by`.
    pub fn due_rows(&self, by: Nanos) -> u32 {
        self.state.borrow().buffer.due(by)
    }

    /// Takes up to `most` rows due at `by` for a flush, oldest first.
    pub fn take_rows(&self, most: u32, by: Nanos) -> Vec<RowId> {
        self.state.borrow_mut().buffer.take(most, by)
    }

    /// The key and write of a taken row.
    pub fn row(&self, id: RowId) -> (Key, WriteId) {
        self.state.borrow().buffer.row(id)
    }

    /// Reads up to `most` rows due at `by`, oldest first, and leaves them marked dirty.
    pub fn read_rows(&self, most: u32, by: Nanos) -> Vec<(Key, WriteId)> {
        self.state.borrow().buffer.read(most, by)
    }

    /// The database has these rows.
    pub fn flushed(&self, rows: &[RowId]) {
        let state = &mut *self.state.borrow_mut();
        for &id in rows {
            let (key, _) = state.buffer.row(id);
            let write = state.buffer.flushed(id);
            self.release(state, write, Release::Delivered);
            self.clean(state, key, write);
        }
        self.admit(state);
    }

    /// The database has these rows, read before: the marks of their keys are deleted, whatever they stand for by now.
    pub fn delete_marks(&self, rows: &[(Key, WriteId)]) {
        let state = &mut *self.state.borrow_mut();
        for &(key, written) in rows {
            let Some(marked) = state.buffer.delete_mark(key) else { continue };
            self.release(state, marked, if marked == written { Release::Delivered } else { Release::FlushMarkLost });
            self.clean(state, key, written);
        }
        self.admit(state);
    }

    /// Nothing of `key` is dirty any more, and the database has `written`: the entry stays, or has served its purpose.
    fn clean(&self, state: &mut State, key: Key, written: WriteId) {
        let removes = self.write_back.as_ref().is_some_and(|how| how.after_flush == AfterFlush::Remove);
        let held = |entry: &Entry| entry.value == written.0;
        if removes && !state.buffer.is_queued(key) && state.store.peek(key).is_some_and(held) {
            state.will_leave(key, self.common.kernel.now());
            state.store.remove(key);
            state.set_absence(key, Absence::Invalidated);
        }
    }

    /// The database did not take these rows: they wait again, up to `requeue` times.
    pub fn flush_failed(&self, rows: &[RowId], requeue: u32) {
        let state = &mut *self.state.borrow_mut();
        // From the back, so that the oldest is first in line again.
        for &id in rows.iter().rev() {
            let (key, _) = state.buffer.row(id);
            let why = match state.buffer.requeue(id, requeue) {
                Requeued::Queued => continue,
                Requeued::Dropped => Release::DroppedAfterRetries,
                Requeued::Superseded => {
                    Release::Coalesced { into: state.buffer.newest_write(key).expect("a newer row of the key") }
                }
            };
            let write = state.buffer.give_up(id);
            self.release(state, write, why);
        }
        self.admit(state);
    }

    /// The database did not take these rows, read before: they are still marked, unless it was once too often.
    pub fn marks_failed(&self, rows: &[(Key, WriteId)], requeue: u32) {
        let state = &mut *self.state.borrow_mut();
        for &(key, _) in rows {
            if let Some(write) = state.buffer.mark_failed(key, requeue) {
                self.release(state, write, Release::DroppedAfterRetries);
            }
        }
        self.admit(state);
    }

    /// The buffer no longer has `write`.
    fn release(&self, state: &mut State, write: WriteId, why: Release) {
        let now = self.common.kernel.now();
        self.common.ledger.borrow_mut().released(write, Holder::Buffer, why, now);
        state.row_left(write, now);
    }

    /// The cache drains: the flusher looks whether that is a reason to flush.
    pub fn drain(&self) {
        if let Some(flusher) = self.flusher.get() {
            self.common.kernel.wake(flusher);
        }
    }

    // ---- Crash and restart ----

    /// The node crashes: its memory is gone, as far as nobody else has it, and so is everyone's connection to it.
    pub fn crash(&self) {
        let mut state = self.state.borrow_mut();
        state.down += 1;
        self.flusher.set(None);
        self.common.jobs.borrow_mut().retain(|(shard, _)| *shard != self.shard);
        if !self.fall_back(&mut state) {
            self.lose_everything(&mut state);
        }
        self.break_connections(&mut state);
    }

    /// Entries and rows are gone for good.
    fn lose_everything(&self, state: &mut State) {
        let held: Vec<Key> = state.store.iter().map(|entry| entry.key).collect();
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
            self.common.calls.amend(call, Err(Failure::Lost));
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
        for (_, mut load) in std::mem::take(&mut state.loads) {
            for line in [&mut load.waiting, &mut load.late] {
                while let Some(call) = line.pop(&self.common.calls) {
                    broken.push(call);
                }
            }
        }
        broken.into_iter().for_each(|call| self.common.calls.answer(call, Err(Failure::Lost), now));
    }

    /// A crash ends. Returns whether the node serves again: another crash may still last, or it may have to load first.
    pub fn restart(&self) -> bool {
        self.come_back(&mut self.state.borrow_mut())
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
        let expired = state.store.iter().filter(|entry| entry.is_expired(now));
        expired.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.bytes()))
    }

    /// Rows not yet in the database, now and at most.
    pub fn dirty(&self) -> (u32, u32) {
        let state = self.state.borrow();
        (state.buffer.held(), state.buffer.held_max())
    }

    /// The values held for `key` that a reader would see, for tests.
    pub fn peek(&self, key: Key) -> Option<WriteId> {
        let state = self.state.borrow();
        state.store.peek(key).map(|entry| WriteId(entry.value))
    }

    /// The keys of all entries held, for tests.
    pub fn keys(&self) -> Vec<Key> {
        self.state.borrow().store.iter().map(|entry| entry.key).collect()
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
    state.no_rows.retain(|(known, _)| *known != key);
    if let Some((_, load)) = state.loads.iter_mut().find(|(loading, _)| *loading == key) {
        load.overtaken = true;
    }
}

impl State {
    fn busy_until(&self) -> Nanos {
        self.serving.map_or(Nanos::ZERO, |(_, until)| until)
    }

    fn is_loading(&self, key: Key) -> bool {
        self.loads.iter().any(|(loading, _)| *loading == key)
    }

    fn set_absence(&mut self, key: Key, why: Absence) {
        if self.absences.len() <= key as usize {
            self.absences.resize(key as usize + 1, Absence::NeverHere);
        }
        self.absences[key as usize] = why;
    }
}

fn set(table: &mut Vec<Nanos>, key: Key, time: Nanos) {
    if table.len() <= key as usize {
        table.resize(key as usize + 1, Nanos::ZERO);
    }
    table[key as usize] = time;
}

/// Waits for the next flush; see [`CacheNode::flush_due`].
pub struct FlushDue<'a> {
    node: &'a CacheNode,
    at: Nanos,
    scheduled: bool,
    on_count: bool,
    on_drain: bool,
}

impl Future for FlushDue<'_> {
    type Output = Nanos;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Nanos> {
        let (node, kernel) = (self.node, &self.node.common.kernel);
        let queued = node.due_rows(Nanos::MAX);
        let drains = node.common.draining.get() && queued > 0;
        let enough = queued > 0 && node.wants_flush(queued);
        let at_tick = kernel.now() >= self.at;
        if at_tick && !drains {
            // Who waits for room waits for a tick, not until the rows have rested.
            let waited_for = !node.state.borrow().room.is_empty();
            return Poll::Ready(if waited_for { Nanos::MAX } else { kernel.now() });
        }
        if at_tick || (enough && self.on_count) || (drains && self.on_drain) {
            return Poll::Ready(Nanos::MAX);
        }
        node.flusher.set(Some(kernel.current()));
        if !self.scheduled {
            self.scheduled = true;
            kernel.schedule(self.at, Event::new(Kernel::WAKE, kernel.current()));
        }
        Poll::Pending
    }
}
