//! The database: `workers` servers behind one first-in-first-out queue. What it commits is durable.
//!
//! ```text
//! arrive ─▶ down? ─▶ refused     a free worker and a connection? ─▶ locks of its rows? ─▶ served for a drawn time ─▶ commit,
//!                                else the queue, up to its         else waits for them,                            or abort
//!                                limit, else refused               without a worker
//! ```
//!
//! **Reads** see a snapshot: what was committed when their service began, as a statement does in PostgreSQL, Oracle and
//! InnoDB. A *locking* read sees the end of its service instead, and with row locks nobody changes the row meanwhile.
//!
//! **Writers of one row** wait for each other: a query takes the [locks] of its rows when a worker begins with it,
//! and gives them back at its commit. One that has to wait gives up its worker and keeps its connection, like a PostgreSQL
//! process that sleeps in `heavyweight lock wait`; when it has its locks, it is served before all who have not begun. So a
//! hot row costs no CPU, but its writers can use up the connections. A compare-and-set that finds another value than
//! it expects when it could have the row (also after a wait) lets it go at once and writes nothing: it takes as long as a
//! read.
//!
//! **A connection** is held by a query from when a worker begins with it to its answer, whatever becomes of the caller.
//! (Whether a query in the queue has one already is left open: queries would be served in the same order.) Who gives up may
//! [cancel](Database::cancel) the query; otherwise it runs on.
//!
//! **Read replicas** have workers, a queue and connections of their own, each as many as the primary. Reads go to them in
//! turn; each answers from the commits it has heard of. Whatever is to decide about a write is read from the primary.
//!
//! An outage breaks every connection: what was queued or being served is answered with [`Failure::Lost`] and is not
//! committed. A freeze only stops the clock for it: everything goes on afterwards where it stood. Values are write
//! numbers: a key's value *is* the write that put it there (0 before the first).

mod locking;
mod locks;
mod outbox;
mod replicas;
mod service;

use std::cell::RefCell;
use std::rc::Rc;

use self::locks::Locks;
use self::outbox::Records;
use self::replicas::Replica;
use crate::engine::{Call, CallId, Calls, Event, Failure, Kernel, Line};
use crate::fault::{Crash, Slowdown};
use crate::ledger::{Change, Holder, Key, Ledger, Mended, Release, WriteId};
use crate::network::{Load, Way};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{self, Link, Reads, estimate};
use crate::time::Nanos;
use crate::{table, work};

/// One row to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which key.
    pub key: Key,
    /// Its new value.
    pub write: WriteId,
}

/// What can be asked of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// The value of a key.
    Read(Key),
    /// One row, in a transaction of its own.
    Write(Row),
    /// One row, if its present value allows it, in a transaction of its own.
    Change(Row, Change),
    /// The oldest records of the outbox that are to be passed on, so many at most: the number of the last of them.
    Records(u32),
    /// Drop the records of the outbox up to this number. Asked twice, or late, it drops no other.
    Forget(u32),
    /// A change that has found another value than it expects, and will write nothing.
    Overtaken(Row),
    /// Many rows in one transaction; the number of a [`Database::write_batch`].
    Batch(u32),
    /// End the query with this number, if it is still the one with this serial: its caller has given up.
    Cancel(CallId, u32),
}

/// Rows to be committed together.
#[derive(Debug, Default)]
struct Batch {
    rows: Vec<Row>,
    /// Their keys, each once, in the order in which their locks are taken.
    keys: Vec<Key>,
    /// How many of these it has.
    locked: usize,
}

/// A query, the machine it is sent to, and the link over which it comes and its answer goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    query: Query,
    from: Link,
    to: Place,
}

/// Which machine: the primary, or a replica, counted from 1.
type Place = u8;

const PRIMARY: Place = 0;

/// The value read, or the fact that it is committed (with the value written last).
pub type Reply = Result<WriteId, Failure>;

/// Totals since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseCounts {
    /// Reads served.
    pub reads: u64,
    /// Rows committed.
    pub rows: u64,
    /// Batches committed.
    pub batches: u64,
    /// Refused: full queue or outage.
    pub refused: u64,
    /// Transactions aborted.
    pub aborted: u64,
    /// Queries ended because their callers had given up.
    pub cancelled: u64,
    /// Waits for a lock.
    pub lock_waits: u64,
    /// For how long, all together.
    pub lock_waited_ns: u128,
    /// The most connections in use at once.
    pub connections_max: u32,
    /// The longest queue since the maxima were last [restarted](Database::restart_maxima).
    pub queue_max: u32,
    /// Worker-nanoseconds spent serving.
    pub busy_ns: u128,
}

struct Times {
    read: Sampler,
    write: Sampler,
    lag: Sampler,
    /// Where a batch has a time of its own; otherwise its first row takes as long as a write.
    batch_base: Option<Sampler>,
    batch_row: Nanos,
}

struct Draws {
    read: Stream,
    write: Stream,
    batch: Stream,
    outbox: Stream,
    abort: Stream,
    failing: Stream,
    lag: Stream,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug)]
struct Serving {
    call: CallId,
    until: Nanos,
    /// What a reader of a snapshot will be answered.
    seen: WriteId,
}

/// Where a query stands on its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// On its way, or answered.
    Outside,
    /// In the queue.
    Queue,
    /// Waiting for the lock of this row.
    Lock(Key),
    /// It has its locks, and waits for a worker.
    Ready,
    /// Being served by this worker.
    Worker(u32),
}

/// The primary, or a replica.
struct Machine {
    /// Who waits for a worker and has not begun.
    line: Line,
    /// Who has waited for a lock, has it, and waits for a worker: before all in line.
    ready: Line,
    /// How many queries have begun: they are served, wait for a lock, or have it and wait for a worker.
    connections: u32,
    /// What each worker is doing; they are numbered through all machines, here from `first` on.
    workers: Vec<Option<Serving>>,
    first: u32,
    /// The numbers of those who do nothing.
    idle: Vec<u32>,
}

impl Machine {
    fn new(first: u32, workers: u32) -> Machine {
        Machine {
            line: Line::default(),
            ready: Line::default(),
            connections: 0,
            workers: vec![None; workers as usize],
            first,
            idle: (first..first + workers).rev().collect(),
        }
    }

    fn worker(&mut self, number: u32) -> &mut Option<Serving> {
        &mut self.workers[(number - self.first) as usize]
    }

    fn busy(&self) -> u32 {
        (self.workers.len() - self.idle.len()) as u32
    }
}

struct State {
    current: Vec<WriteId>,
    /// The primary, and its replicas.
    machines: Vec<Machine>,
    /// What the replicas know.
    replicas: Vec<Replica>,
    /// The replica that the next read goes to, counted from 0.
    turn: usize,
    locks: Locks,
    /// Where each query stands, by call; kept only where queries can be cancelled.
    stands: Vec<Stand>,
    down: u32,
    /// How many of these outages nobody hears of, and who waits for an answer meanwhile.
    silent: u32,
    unheard: Line,
    frozen: u32,
    frozen_since: Nanos,
    /// What arrived while it stood still.
    stalled: Line,
    slow: Slowdown,
    /// The shares of transactions that fail besides those that always do.
    failing: Vec<f64>,
    batches: Vec<Batch>,
    free_batches: Vec<u32>,
    /// In a lane that keeps one.
    outbox: Option<Records>,
    draws: Draws,
    counts: DatabaseCounts,
    busy_since: Nanos,
    /// How many waited for a lock when they were last counted.
    lock_waiters: u32,
    /// The sum of the moments at which waits for locks ended, less that of those at which they began.
    lock_clock: i128,
}

const _: () = assert!(Calls::<Asked, Reply>::CALL_BYTES <= estimate::CALL_BYTES);

/// See the module.
pub struct Database {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    calls: Calls<Asked, Reply>,
    times: Times,
    connection_limit: u32,
    queue_limit: u32,
    reads: Reads,
    row_locks: bool,
    abort: f64,
    /// Whether callers who give up cancel their queries.
    cancels: bool,
    service_event: u8,
    state: RefCell<State>,
}

impl Database {
    /// An empty database. `service_event` is the kind of event that ends a worker's service; `cancels`, whether queries
    /// can be cancelled.
    pub fn new(
        settings: &scenario::Database,
        cancels: bool,
        (kernel, ledger): (Rc<Kernel>, Rc<RefCell<Ledger>>),
        streams: &Streams,
        service_event: u8,
    ) -> Database {
        let times = Times {
            read: settings.read.sampler(),
            write: settings.write.sampler(),
            lag: settings.lag.sampler(),
            batch_base: settings.batch.base.as_ref().map(scenario::Distribution::sampler),
            batch_row: settings.batch.row,
        };
        let draws = Draws {
            read: streams.named("database read"),
            write: streams.named("database write"),
            batch: streams.named("database batch"),
            outbox: streams.named("database outbox"),
            abort: streams.named("database abort"),
            failing: streams.named("database failing"),
            lag: streams.named("database lag"),
        };
        let state = State {
            current: Vec::new(),
            machines: (0..=settings.replicas).map(|n| Machine::new(n * settings.workers, settings.workers)).collect(),
            replicas: (0..settings.replicas).map(|_| Replica::default()).collect(),
            turn: 0,
            locks: Locks::default(),
            stands: Vec::new(),
            down: 0,
            silent: 0,
            unheard: Line::default(),
            frozen: 0,
            frozen_since: Nanos::ZERO,
            stalled: Line::default(),
            slow: Slowdown::default(),
            failing: Vec::new(),
            batches: Vec::new(),
            free_batches: Vec::new(),
            outbox: None,
            draws,
            counts: DatabaseCounts::default(),
            busy_since: Nanos::ZERO,
            lock_waiters: 0,
            lock_clock: 0,
        };
        Database {
            kernel,
            ledger,
            calls: Calls::default(),
            times,
            connection_limit: settings.connections.unwrap_or(u32::MAX),
            queue_limit: settings.queue,
            reads: settings.reads,
            row_locks: settings.row_locks,
            abort: settings.abort,
            cancels,
            service_event,
            state: RefCell::new(state),
        }
    }

    /// Begins a read: of a replica in its turn, where there are any.
    pub fn read(&self, key: Key, from: Link) -> Call<'_, Asked, Reply> {
        let mut state = self.state.borrow_mut();
        let to = match state.replicas.len() {
            0 => PRIMARY,
            count => {
                state.turn = (state.turn + 1) % count;
                state.turn as Place + 1
            }
        };
        drop(state);
        self.calls.open(&self.kernel, Asked { query: Query::Read(key), from, to })
    }

    /// Begins a read of what the primary has.
    pub fn read_primary(&self, key: Key, from: Link) -> Call<'_, Asked, Reply> {
        self.ask(Query::Read(key), from)
    }

    fn ask(&self, query: Query, from: Link) -> Call<'_, Asked, Reply> {
        self.calls.open(&self.kernel, Asked { query, from, to: PRIMARY })
    }

    /// Begins a write of one row. From now on the message holds the write, wherever its sender is.
    pub fn write(&self, row: Row, from: Link) -> Call<'_, Asked, Reply> {
        self.hold(&[row]);
        self.ask(Query::Write(row), from)
    }

    /// Begins a write of one row that is committed only if the present value allows it.
    pub fn change(&self, row: Row, change: Change, from: Link) -> Call<'_, Asked, Reply> {
        self.hold(&[row]);
        self.ask(Query::Change(row, change), from)
    }

    /// From now on each row is committed together with a record of it in the outbox.
    pub fn keep_outbox(&self) {
        self.state.borrow_mut().outbox = Some(Records::default());
    }

    /// Begins to ask for the oldest records of the outbox, `most` at most.
    pub fn records(&self, most: u32, from: Link) -> Call<'_, Asked, Reply> {
        self.ask(Query::Records(most), from)
    }

    /// What such an answer brought: the records up to number `last`, less those dropped since.
    pub fn records_up_to(&self, last: u32) -> Vec<Row> {
        let state = self.state.borrow();
        let outbox = state.outbox.as_ref();
        outbox.map_or_else(Vec::new, |outbox| outbox.oldest(last).collect())
    }

    /// Begins to drop the records of the outbox up to number `last`.
    pub fn forget(&self, last: u32, from: Link) -> Call<'_, Asked, Reply> {
        self.ask(Query::Forget(last), from)
    }

    /// Records of the outbox that have yet to be passed on.
    pub fn outbox(&self) -> usize {
        self.state.borrow().outbox.as_ref().map_or(0, Records::len)
    }

    /// Begins a batch; its rows are committed together or not at all.
    pub fn write_batch(&self, rows: &[Row], from: Link) -> Call<'_, Asked, Reply> {
        self.hold(rows);
        let mut state = self.state.borrow_mut();
        let number = state.free_batches.pop().unwrap_or_else(|| {
            state.batches.push(Batch::default());
            (state.batches.len() - 1) as u32
        });
        let batch = &mut state.batches[number as usize];
        batch.rows.extend_from_slice(rows);
        if self.row_locks {
            batch.keys.extend(rows.iter().map(|row| row.key));
            work::count(rows.len());
            batch.keys.sort_unstable();
            batch.keys.dedup();
        }
        drop(state);
        self.ask(Query::Batch(number), from)
    }

    /// Begins to cancel a call that its caller has given up, and of which `serial` says which it was.
    pub fn cancel(&self, call: CallId, serial: u32, from: Link) -> Call<'_, Asked, Reply> {
        let to = self.machine_of(call);
        self.calls.open(&self.kernel, Asked { query: Query::Cancel(call, serial), from, to })
    }

    /// A call has reached the database.
    pub fn arrive(&self, call: CallId) {
        let mut state = self.state.borrow_mut();
        let replica = self.machine_of(call) != PRIMARY;
        if !replica && state.frozen > 0 && state.down == 0 {
            state.stalled.push(&self.calls, call);
        } else if !replica && state.silent > 0 {
            drop(state);
            self.let_go(call, Release::ConnectionLost);
            self.state.borrow_mut().unheard.push(&self.calls, call);
        } else if let Query::Cancel(target, serial) = self.calls.question(call).query {
            drop(state);
            self.end(target, serial);
            self.calls.answer(call, Ok(WriteId::INITIAL), self.kernel.now());
        } else if !replica && state.down > 0 {
            drop(state);
            self.refuse(call, Failure::Down);
        } else if let Some(why) = self.admit(&mut state, call) {
            drop(state);
            self.refuse(call, why);
        }
    }

    /// Lets a query begin or wait, or says why not.
    fn admit(&self, state: &mut State, call: CallId) -> Option<Failure> {
        let to = self.machine_of(call);
        let machine = &mut state.machines[to as usize];
        let idle = machine.idle.last().copied();
        if let Some(worker) = idle.filter(|_| machine.connections < self.connection_limit) {
            if self.begin(state, to, call) {
                self.account(state);
                state.machines[to as usize].idle.pop();
                self.serve(state, worker, call);
            }
            return None;
        }
        if machine.line.len() >= self.queue_limit {
            return Some(Failure::QueueFull);
        }
        machine.line.push(&self.calls, call);
        state.counts.queue_max = state.counts.queue_max.max(machine.line.len());
        self.note(state, call, Stand::Queue);
        None
    }

    fn machine_of(&self, call: CallId) -> Place {
        self.calls.question(call).to
    }

    /// Ends query `call`, if it is the one with this serial and still here: what it was to do is not done.
    fn end(&self, call: CallId, serial: u32) {
        let mut state = self.state.borrow_mut();
        let is_it = self.calls.serial(call) == serial;
        let stand = state.stands.get(call as usize).copied().filter(|_| is_it).unwrap_or(Stand::Outside);
        let to = self.machine_of(call);
        match stand {
            Stand::Outside => return, // its answer is on its way, or it has not come yet and will not be found by this
            Stand::Queue => state.machines[to as usize].line.remove(&self.calls, call),
            Stand::Ready => state.machines[to as usize].ready.remove(&self.calls, call),
            Stand::Lock(row) => self.leave_line(&mut state, call, row),
            Stand::Worker(worker) => *state.machines[to as usize].worker(worker) = None,
        }
        state.machines[to as usize].connections -= u32::from(stand != Stand::Queue);
        state.counts.cancelled += 1;
        let question = self.calls.question(call).query;
        // A batch knows itself how many it has.
        if matches!(stand, Stand::Ready | Stand::Worker(_)) || matches!(question, Query::Batch(_)) {
            self.give_back_locks(&mut state, question);
        }
        self.release(&state, question, Release::Refused);
        self.leave(&mut state, call);
        match stand {
            Stand::Worker(worker) => self.go_on(&mut state, to, worker),
            _ => self.put_to_work(&mut state, to),
        }
        drop(state);
        self.calls.answer(call, Err(Failure::Aborted), self.kernel.now());
    }

    /// An outage of the primary begins: its connections break, nothing under way is committed. Its replicas are other machines,
    /// and answer by what they have heard of.
    pub fn go_down(&self, crash: Crash) {
        let mut state = self.state.borrow_mut();
        state.down += 1;
        state.silent += u32::from(crash.silent);
        if state.down > 1 {
            return;
        }
        self.account(&mut state);
        let mut broken: Vec<CallId> = Vec::new();
        let State { machines, stalled, locks, .. } = &mut *state;
        let Machine { line, ready, connections, workers, first, idle } = &mut machines[PRIMARY as usize];
        for (worker, work) in workers.iter_mut().enumerate().rev() {
            if let Some(Serving { call, .. }) = work.take() {
                broken.push(call);
                idle.push(*first + worker as u32);
            }
        }
        for line in [line, ready] {
            broken.extend(std::iter::from_fn(|| line.pop(&self.calls)));
        }
        *connections = 0;
        broken.extend(std::iter::from_fn(|| stalled.pop(&self.calls)));
        broken.extend(locks.reset(&self.calls));
        self.count_waits(&mut state);
        drop(state);
        work::count(broken.len());
        for call in broken {
            self.let_go(call, Release::ConnectionLost);
            if crash.silent {
                self.state.borrow_mut().unheard.push(&self.calls, call);
            } else {
                self.calls.answer(call, Err(Failure::Lost), self.kernel.now());
            }
        }
    }

    /// An outage ends. Who has waited for a silent machine hears now that it knows nothing of the connection.
    pub fn come_up(&self, crash: Crash) {
        let mut state = self.state.borrow_mut();
        assert!(state.down > 0, "only what is down can come up");
        state.down -= 1;
        state.silent -= u32::from(crash.silent);
        if state.silent > 0 {
            return;
        }
        work::count(state.unheard.len() as usize);
        while let Some(call) = state.unheard.pop(&self.calls) {
            self.calls.answer(call, Err(Failure::Lost), self.kernel.now());
        }
    }

    /// The primary stands still: what it was doing goes on afterwards, what arrives waits outside.
    pub fn freeze(&self) {
        let mut state = self.state.borrow_mut();
        state.frozen += 1;
        if state.frozen == 1 {
            state.frozen_since = self.kernel.now();
        }
    }

    /// A freeze ends; when it was the last one, everything goes on where it stood, and what waited outside arrives.
    pub fn thaw(&self) {
        let mut state = self.state.borrow_mut();
        assert!(state.frozen > 0, "only what is frozen can thaw");
        state.frozen -= 1;
        if state.frozen > 0 {
            return;
        }
        let stood = self.kernel.now() - state.frozen_since;
        for (worker, work) in state.machines[PRIMARY as usize].workers.iter_mut().enumerate() {
            if let Some(Serving { until, .. }) = work {
                *until = until.saturating_add(stood);
                self.kernel.schedule(*until, Event::new(self.service_event, worker as u32));
            }
        }
        let mut waited = std::mem::take(&mut state.stalled);
        drop(state);
        work::count(waited.len() as usize);
        while let Some(call) = waited.pop(&self.calls) {
            self.arrive(call);
        }
    }

    /// Whatever begins from now on takes `times` as long.
    pub fn slow_down(&self, times: f64) {
        self.state.borrow_mut().slow.begin(times);
    }

    /// That slow-down is over.
    pub fn speed_up(&self, times: f64) {
        self.state.borrow_mut().slow.end(times);
    }

    /// From now on this share of writing transactions fails, besides those that always do.
    pub fn begin_failing(&self, share: f64) {
        self.state.borrow_mut().failing.push(share);
    }

    /// That share fails no longer.
    pub fn end_failing(&self, share: f64) {
        let failing = &mut self.state.borrow_mut().failing;
        // few: as many as there are faults
        let position = failing.iter().position(|other| *other == share).expect("only what has begun ends");
        failing.remove(position);
    }

    /// The calls to it.
    pub fn calls(&self) -> &Calls<Asked, Reply> {
        &self.calls
    }

    /// The link over which a call's answer goes back.
    pub fn link_of(&self, call: CallId) -> Link {
        self.calls.question(call).from
    }

    /// What a query carries to the database, or its answer back: the sizes of its values.
    pub fn load(&self, call: CallId, way: Way, size: impl Fn(Key, WriteId) -> u64) -> Load {
        let Asked { query, to, .. } = self.calls.question(call);
        let bytes = match (query, way) {
            (Query::Read(key), Way::Back) => match self.calls.answer_of(call) {
                Some(Ok(value)) => size(key, value),
                _ => 0,
            },
            (Query::Write(row) | Query::Change(row, _), Way::There) => size(row.key, row.write),
            (Query::Batch(number), Way::There) => {
                let state = self.state.borrow();
                state.batches[number as usize].rows.iter().map(|row| size(row.key, row.write)).sum()
            }
            (Query::Records(_), Way::Back) => match (self.calls.answer_of(call), &self.state.borrow().outbox) {
                (Some(Ok(last)), Some(outbox)) => {
                    let records = outbox.oldest(last.0);
                    work::count(records.len());
                    records.map(|row| size(row.key, row.write)).sum()
                }
                _ => 0,
            },
            _ => 0,
        };
        Load { bytes, machine: to.into() }
    }

    /// How many workers it has, those of its replicas included.
    pub fn workers(&self) -> u32 {
        self.state.borrow().machines.iter().map(|machine| machine.workers.len() as u32).sum()
    }

    /// What is committed for `key`.
    pub fn committed(&self, key: Key) -> WriteId {
        self.state.borrow().current.get(key as usize).copied().unwrap_or_default()
    }

    /// How many requests wait in its queues.
    pub fn queue(&self) -> u32 {
        self.state.borrow().machines.iter().map(|machine| machine.line.len()).sum()
    }

    /// How many requests are being served.
    pub fn busy(&self) -> u32 {
        self.state.borrow().machines.iter().map(Machine::busy).sum()
    }

    /// Totals up to this moment.
    pub fn counts(&self) -> DatabaseCounts {
        let mut state = self.state.borrow_mut();
        self.account(&mut state);
        let still = i128::from(state.locks.waiting()) * i128::from(self.kernel.now().0);
        DatabaseCounts { lock_waited_ns: (state.lock_clock + still) as u128, ..state.counts }
    }

    /// What is the most is so from now on.
    pub fn restart_maxima(&self) {
        let mut state = self.state.borrow_mut();
        let State { machines, counts, .. } = &mut *state;
        (counts.queue_max, counts.connections_max) = (0, 0);
        // few: REPLICAS_MAX
        for machine in machines {
            counts.queue_max = counts.queue_max.max(machine.line.len());
            counts.connections_max = counts.connections_max.max(machine.connections);
        }
    }

    fn refuse(&self, call: CallId, why: Failure) {
        self.state.borrow_mut().counts.refused += 1;
        self.let_go(call, if why == Failure::Down { Release::ConnectionLost } else { Release::Refused });
        self.calls.answer(call, Err(why), self.kernel.now());
    }

    /// A query ends that is in no line and has no lock and no connection.
    fn let_go(&self, call: CallId, why: Release) {
        let question = self.calls.question(call).query;
        let mut state = self.state.borrow_mut();
        self.release(&state, question, why);
        self.free_batch(&mut state, question);
        self.note(&mut state, call, Stand::Outside);
    }

    /// Notes where a query stands, where somebody may want to know.
    #[inline]
    fn note(&self, state: &mut State, call: CallId, stand: Stand) {
        if self.cancels {
            table::reach(&mut state.stands, call as usize, Stand::Outside);
            state.stands[call as usize] = stand;
        }
    }

    /// Panics if connections, locks and lines do not agree; for tests.
    pub fn validate(&self) {
        let state = self.state.borrow();
        state.locks.validate();
        for (number, machine) in state.machines.iter().enumerate() {
            let Machine { line, ready, connections, workers, idle, .. } = machine;
            assert_eq!(workers.iter().flatten().count() as u32, machine.busy(), "a worker serves or is idle");
            let for_locks = if number == 0 { state.locks.waiting() } else { 0 };
            let begun = machine.busy() + ready.len() + for_locks;
            assert_eq!(begun, *connections, "who has begun has a connection");
            assert!(*connections <= self.connection_limit && line.len() <= self.queue_limit);
            let waits = !ready.is_empty() || !line.is_empty() && *connections < self.connection_limit;
            assert!(!waits || idle.is_empty(), "nobody waits for a worker beside an idle one");
        }
    }

    fn hold(&self, rows: &[Row]) {
        work::count(rows.len());
        let mut ledger = self.ledger.borrow_mut();
        for row in rows {
            ledger.held(row.write, Holder::Flight, self.kernel.now());
        }
    }

    /// Brings the busy time up to now; called before the number of busy workers changes.
    fn account(&self, state: &mut State) {
        let now = self.kernel.now();
        let busy: u128 = state.machines.iter().map(|machine| u128::from(machine.busy())).sum();
        state.counts.busy_ns += busy * u128::from((now - state.busy_since).0);
        state.busy_since = now;
    }
}

#[cfg(test)]
mod tests;
