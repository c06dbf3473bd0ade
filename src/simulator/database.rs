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
//! **Load shedding** refuses queries before the queue is full; see [shedding].
//!
//! **Read replicas** have workers, a queue and connections of their own, each as many as the primary. Reads go to them in
//! turn; each answers from the commits it has received. Whatever is to decide about a write is read from the primary.
//!
//! An outage breaks every connection: what was queued or being served is answered with [`CallError::Lost`] and is not
//! committed. A freeze only stops the clock for it: everything goes on afterwards where it stood. Values are write
//! numbers: a key's value *is* the write that put it there (0 before the first).

mod heard;
mod locking;
mod locks;
mod outbox;
mod replicas;
mod service;
mod shedding;

use std::cell::RefCell;
use std::rc::Rc;

use self::locks::Locks;
use self::outbox::Records;
use self::replicas::Replica;
use self::shedding::Shedding;
use crate::cache::multi_gets::MultiGets;
use crate::engine::{Call, CallId, CallQueue, Calls, Event, Kernel};
use crate::fault::{Crash, Slowdown};
use crate::ledger::{Holder, Ledger, Mended, Release};
use crate::model::{CallError, Change, Key, WriteId};
use crate::network::{Direction, Payload};
use crate::random::{Lengths, Sampler, Stream, Streams};
use crate::report::DatabaseReport;
use crate::scenario::{self, Link, QueueOrder, Reads, estimate};
use crate::slots::Slots;
use crate::stage::{Asked, Condition, Errand, Part, Word};
use crate::time::Nanos;
use crate::workload::rows::Rows;
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
    /// The values of several keys: the first of them, and [which](crate::cache::multi_gets) they are.
    ReadSeveral(Key, u32),
    /// One row, in a transaction of its own.
    Write(Row),
    /// One row, if its present value allows it, in a transaction of its own.
    Change(Row, Change),
    /// The oldest records of the outbox that are to be passed on, so many at most: the number of the last of them.
    Records(u32),
    /// Drop the records of the outbox up to this number. Request twice, or late, it drops no other.
    Forget(u32),
    /// A change that has found another value than it expects, and will write nothing.
    Conflicting(Row),
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
pub struct Request {
    query: Query,
    from: Link,
    to: MachineId,
}

/// Which machine: the primary, or a replica, counted from 1.
type MachineId = u8;

const PRIMARY: MachineId = 0;

/// The value read, or the fact that it is committed (with the value written last).
pub type Response = Result<WriteId, CallError>;

/// Totals since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DatabaseCounts {
    /// What is only counted, as reports show it; the rest of it is empty.
    pub report: DatabaseReport,
    /// Total time of waits for locks.
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
    per_key: Nanos,
}

struct Draws {
    read: Lengths,
    write: Lengths,
    batch: Stream,
    outbox: Stream,
    abort: Stream,
    failing: Stream,
    lag: Stream,
}

impl Times {
    fn new(settings: &scenario::Database) -> Times {
        Times {
            read: settings.read.sampler(),
            write: settings.write.sampler(),
            lag: settings.lag.sampler(),
            batch_base: settings.batch.base.as_ref().map(scenario::Distribution::sampler),
            batch_row: settings.batch.row,
            per_key: settings.per_key,
        }
    }
}

impl Draws {
    fn new(settings: &scenario::Database, streams: &Streams) -> Draws {
        Draws {
            read: settings.read.sampler().lengths(streams.named("database read")),
            write: settings.write.sampler().lengths(streams.named("database write")),
            batch: streams.named("database batch"),
            outbox: streams.named("database outbox"),
            abort: streams.named("database abort"),
            failing: streams.named("database failing"),
            lag: streams.named("database lag"),
        }
    }
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug)]
struct Serving {
    call: CallId,
    until: Nanos,
    /// What a reader of a snapshot will be answered.
    seen: WriteId,
}

/// Where a query is on its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueryState {
    /// On its way, or its response is.
    Outside,
    /// In the queue.
    Queued,
    /// Waiting for the lock of this row.
    WaitsForLock(Key),
    /// It has its locks, and waits for a worker.
    Ready,
    /// Being served by this worker.
    InService(u32),
}

/// The primary, or a replica.
struct Machine {
    /// Who waits for a worker and has not begun.
    queue: CallQueue,
    /// Who has waited for a lock, has it, and waits for a worker: before all in line.
    ready: CallQueue,
    /// How many queries have begun: they are served, wait for a lock, or have it and wait for a worker.
    connections: u32,
    /// What each worker is doing; they are numbered through all machines, here from `first` on.
    workers: Vec<Option<Serving>>,
    first: u32,
    /// The numbers of those who do nothing.
    idle: Vec<u32>,
    /// Which queries it refuses before its queue is full.
    shedding: Option<Box<Shedding>>,
}

impl Machine {
    fn new(first: u32, settings: &scenario::Database) -> Machine {
        let workers = settings.workers;
        Machine {
            shedding: Shedding::new(&settings.shed, workers).map(Box::new),
            queue: CallQueue::default(),
            ready: CallQueue::default(),
            connections: 0,
            workers: vec![None; workers as usize],
            first,
            idle: (first..first + workers).rev().collect(),
        }
    }

    fn worker(&mut self, number: u32) -> &mut Option<Serving> {
        &mut self.workers[(number - self.first) as usize]
    }

    /// How many queries are in it.
    fn load(&self) -> u32 {
        self.connections + self.queue.len()
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
    /// The state of each query, by call; kept only where queries can be cancelled.
    query_states: Vec<QueryState>,
    down: u32,
    /// How many of these outages nobody hears of, and who waits for an answer meanwhile.
    silent: u32,
    unanswered: CallQueue,
    frozen: u32,
    frozen_since: Nanos,
    /// What arrived while it stood still.
    arrived_frozen: CallQueue,
    slow: Slowdown,
    /// The shares of transactions that fail besides those that always do.
    failing: Vec<f64>,
    batches: Slots<Batch>,
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

impl State {
    /// What is committed for `key`.
    fn committed(&self, key: Key) -> WriteId {
        self.current.get(key as usize).copied().unwrap_or_default()
    }
}

const _: () = assert!(Calls::<Request, Response>::CALL_BYTES <= estimate::CALL_BYTES);

/// See the module.
pub struct Database {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    calls: Calls<Request, Response>,
    several: MultiGets,
    times: Times,
    connection_limit: u32,
    queue_limit: u32,
    queue_order: QueueOrder,
    reads: Reads,
    /// How service times grow with what else is served, where they do: by each other query, and by each pair.
    crowding: Option<(f64, f64)>,
    row_locks: bool,
    abort: f64,
    /// Whether callers who give up cancel their queries.
    cancels: bool,
    service_event: u8,
    /// Who remembers the versions of rows, where somebody compares them.
    versions: Option<Rc<Rows>>,
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
        let state = State {
            current: Vec::new(),
            machines: (0..=settings.replicas).map(|n| Machine::new(n * settings.workers, settings)).collect(),
            replicas: (0..settings.replicas).map(|_| Replica::default()).collect(),
            turn: 0,
            locks: Locks::default(),
            query_states: Vec::new(),
            down: 0,
            silent: 0,
            unanswered: CallQueue::default(),
            frozen: 0,
            frozen_since: Nanos::ZERO,
            arrived_frozen: CallQueue::default(),
            slow: Slowdown::default(),
            failing: Vec::new(),
            batches: Slots::default(),
            outbox: None,
            draws: Draws::new(settings, streams),
            counts: DatabaseCounts::default(),
            busy_since: Nanos::ZERO,
            lock_waiters: 0,
            lock_clock: 0,
        };
        Database {
            kernel,
            ledger,
            calls: Calls::default(),
            several: MultiGets::default(),
            times: Times::new(settings),
            connection_limit: settings.connections.unwrap_or(u32::MAX),
            queue_limit: settings.queue,
            queue_order: settings.queue_order,
            crowding: (settings.contention > 0.0 || settings.coherency > 0.0)
                .then_some((settings.contention, settings.coherency)),
            reads: settings.reads,
            row_locks: settings.row_locks,
            abort: settings.abort,
            cancels,
            service_event,
            versions: None,
            state: RefCell::new(state),
        }
    }

    /// The same, whose commits are counted there, where they are: a row's version is the number of its commit.
    #[must_use]
    pub fn counting(self, versions: Option<Rc<Rows>>) -> Database {
        Database { versions, ..self }
    }

    /// Begins a read: of a replica in its turn, where there are any.
    pub fn read(&self, key: Key, from: Link) -> Call<'_, Request, Response> {
        self.ask_reader(Query::Read(key), from)
    }

    /// Begins to read several keys by one query, which [stands](Database::several) there until they are read.
    pub fn read_several(&self, first: Key, number: u32, from: Link) -> Call<'_, Request, Response> {
        self.several.called(number);
        self.ask_reader(Query::ReadSeveral(first, number), from)
    }

    /// The queries for several keys.
    pub fn several(&self) -> &MultiGets {
        &self.several
    }

    fn ask_reader(&self, query: Query, from: Link) -> Call<'_, Request, Response> {
        let mut state = self.state.borrow_mut();
        let to = match state.replicas.len() {
            0 => PRIMARY,
            count => {
                state.turn = (state.turn + 1) % count;
                state.turn as MachineId + 1
            }
        };
        drop(state);
        self.calls.open(&self.kernel, Request { query, from, to })
    }

    /// The answer of a call reaches its caller.
    #[inline]
    pub fn deliver(&self, call: CallId) {
        let query = if self.several.is_empty() { None } else { Some(self.calls.request(call).query) };
        self.calls.deliver(call, &self.kernel);
        if let Some(Query::ReadSeveral(_, number)) = query {
            self.several.answered(number);
        }
    }

    /// Begins a read of what the primary has.
    pub fn read_primary(&self, key: Key, from: Link) -> Call<'_, Request, Response> {
        self.ask(Query::Read(key), from)
    }

    fn ask(&self, query: Query, from: Link) -> Call<'_, Request, Response> {
        self.calls.open(&self.kernel, Request { query, from, to: PRIMARY })
    }

    /// Begins a write of one row. From now on the message holds the write, wherever its sender is.
    pub fn write(&self, row: Row, from: Link) -> Call<'_, Request, Response> {
        self.hold(&[row]);
        self.ask(Query::Write(row), from)
    }

    /// Begins a write of one row that is committed only if the present value allows it.
    pub fn change(&self, row: Row, change: Change, from: Link) -> Call<'_, Request, Response> {
        self.hold(&[row]);
        self.ask(Query::Change(row, change), from)
    }

    /// From now on each row is committed together with a record of it in the outbox.
    pub fn keep_outbox(&self) {
        self.state.borrow_mut().outbox = Some(Records::default());
    }

    /// Begins to ask for the oldest records of the outbox, `most` at most.
    pub fn records(&self, most: u32, from: Link) -> Call<'_, Request, Response> {
        self.ask(Query::Records(most), from)
    }

    /// What such an answer brought: the records up to number `last`, less those dropped since.
    pub fn records_up_to(&self, last: u32) -> Vec<Row> {
        let state = self.state.borrow();
        let outbox = state.outbox.as_ref();
        outbox.map_or_else(Vec::new, |outbox| outbox.oldest(last).collect())
    }

    /// Begins to drop the records of the outbox up to number `last`.
    pub fn forget(&self, last: u32, from: Link) -> Call<'_, Request, Response> {
        self.ask(Query::Forget(last), from)
    }

    /// What the reader of the commit log is handed: the oldest committed rows that it has not done with, `most` at most, and the
    /// number of the last. Nothing while the primary is down or frozen.
    pub fn log(&self, most: u32) -> Option<(Vec<Row>, u32)> {
        let state = self.state.borrow();
        let log = state.outbox.as_ref().filter(|log| log.len() > 0 && state.down == 0 && state.frozen == 0)?;
        let last = log.last_of(most);
        Some((log.oldest(last).collect(), last))
    }

    /// That reader has done with everything up to number `last`.
    pub fn log_is_read(&self, last: u32) {
        let mut state = self.state.borrow_mut();
        let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
        let read = state.outbox.iter_mut().flat_map(|log| log.forget(last));
        read.for_each(|row| ledger.mended(row.key, Mended::Done, now));
    }

    /// Records of the outbox that have yet to be passed on.
    pub fn outbox(&self) -> usize {
        self.state.borrow().outbox.as_ref().map_or(0, Records::len)
    }

    /// Begins a batch; its rows are committed together or not at all.
    pub fn write_batch(&self, rows: &[Row], from: Link) -> Call<'_, Request, Response> {
        self.hold(rows);
        let mut state = self.state.borrow_mut();
        let number = state.batches.reuse().unwrap_or_else(|| state.batches.insert(Batch::default()));
        let batch = &mut state.batches[number];
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
    pub fn cancel(&self, call: CallId, serial: u32, from: Link) -> Call<'_, Request, Response> {
        let to = self.machine_of(call);
        self.calls.open(&self.kernel, Request { query: Query::Cancel(call, serial), from, to })
    }

    /// A call has reached the database.
    pub fn arrive(&self, call: CallId) {
        let mut state = self.state.borrow_mut();
        let replica = self.machine_of(call) != PRIMARY;
        if !replica && state.frozen > 0 && state.down == 0 {
            state.arrived_frozen.push(&self.calls, call);
        } else if !replica && state.silent > 0 {
            drop(state);
            self.discard(call, Release::ConnectionLost);
            self.state.borrow_mut().unanswered.push(&self.calls, call);
        } else if let Query::Cancel(target, serial) = self.calls.request(call).query {
            drop(state);
            self.end(target, serial);
            self.calls.respond(call, Ok(WriteId::INITIAL), self.kernel.now());
        } else if !replica && state.down > 0 {
            drop(state);
            self.refuse(call, CallError::Down);
        } else if let Some(why) = self.admit(&mut state, call) {
            drop(state);
            self.refuse(call, why);
        }
    }

    /// Lets a query begin or wait, or says why not.
    fn admit(&self, state: &mut State, call: CallId) -> Option<CallError> {
        let to = self.machine_of(call);
        let machine = &mut state.machines[to as usize];
        let load = machine.load();
        if let Some(shedding) = &mut machine.shedding
            && !shedding.admit(call, load, self.kernel.now())
        {
            state.counts.report.shed += 1;
            self.send_away(state, call);
            return None;
        }
        let machine = &mut state.machines[to as usize];
        let idle = machine.idle.last().copied();
        if let Some(worker) = idle.filter(|_| machine.connections < self.connection_limit) {
            if self.start(state, to, call) {
                self.account(state);
                state.machines[to as usize].idle.pop();
                self.serve(state, worker, call);
            }
            return None;
        }
        if machine.queue.len() >= self.queue_limit {
            let oldest = match self.queue_order {
                QueueOrder::FirstCome => None,
                QueueOrder::LastCome => machine.queue.pop(&self.calls),
            };
            let Some(oldest) = oldest else { return Some(CallError::QueueFull) };
            state.counts.report.refused += 1;
            self.send_away(state, oldest);
        }
        let machine = &mut state.machines[to as usize];
        machine.queue.push(&self.calls, call);
        state.counts.queue_max = state.counts.queue_max.max(machine.queue.len());
        self.set_query_state(state, call, QueryState::Queued);
        None
    }

    /// Refuses a query that has not begun and is in no line, or no longer.
    fn send_away(&self, state: &mut State, call: CallId) {
        self.release(state, self.calls.request(call).query, Release::Refused);
        self.close(state, call);
        self.calls.respond(call, Err(CallError::QueueFull), self.kernel.now());
    }

    fn machine_of(&self, call: CallId) -> MachineId {
        self.calls.request(call).to
    }

    /// Ends query `call`, if it is the one with this serial and still here: what it was to do is not done.
    fn end(&self, call: CallId, serial: u32) {
        let mut state = self.state.borrow_mut();
        let is_it = self.calls.serial(call) == serial;
        let query_state =
            state.query_states.get(call as usize).copied().filter(|_| is_it).unwrap_or(QueryState::Outside);
        let to = self.machine_of(call);
        match query_state {
            QueryState::Outside => return, // its answer is on its way, or it has not come yet and will not be found by this
            QueryState::Queued => state.machines[to as usize].queue.remove(&self.calls, call),
            QueryState::Ready => state.machines[to as usize].ready.remove(&self.calls, call),
            QueryState::WaitsForLock(row) => self.stop_waiting(&mut state, call, row),
            QueryState::InService(worker) => *state.machines[to as usize].worker(worker) = None,
        }
        state.machines[to as usize].connections -= u32::from(query_state != QueryState::Queued);
        state.counts.report.cancelled += 1;
        if let Some(shedding) = &mut state.machines[to as usize].shedding {
            shedding.given_up(call, self.kernel.now());
        }
        let query = self.calls.request(call).query;
        // A batch knows itself how many it has.
        if matches!(query_state, QueryState::Ready | QueryState::InService(_)) || matches!(query, Query::Batch(_)) {
            self.release_locks(&mut state, query);
        }
        self.release(&state, query, Release::Refused);
        self.close(&mut state, call);
        match query_state {
            QueryState::InService(worker) => self.worker_free(&mut state, to, worker),
            _ => self.assign_idle_workers(&mut state, to),
        }
        drop(state);
        self.calls.respond(call, Err(CallError::Aborted), self.kernel.now());
    }

    /// An outage of the primary begins: its connections break, nothing under way is committed. Its replicas are other machines,
    /// and answer by what they have received.
    pub fn begin_outage(&self, crash: Crash) {
        let mut state = self.state.borrow_mut();
        state.down += 1;
        state.silent += u32::from(crash.silent);
        if state.down > 1 {
            return;
        }
        self.account(&mut state);
        let mut broken: Vec<CallId> = Vec::new();
        let State { machines, arrived_frozen, locks, .. } = &mut *state;
        let Machine { queue, ready, connections, workers, first, idle, shedding, .. } = &mut machines[PRIMARY as usize];
        for (worker, work) in workers.iter_mut().enumerate().rev() {
            if let Some(Serving { call, .. }) = work.take() {
                broken.push(call);
                idle.push(*first + worker as u32);
            }
        }
        for queue in [queue, ready] {
            broken.extend(std::iter::from_fn(|| queue.pop(&self.calls)));
        }
        *connections = 0;
        // Like breakers and budgets of a server that restarts, it begins anew.
        if let Some(shedding) = shedding {
            shedding.reset();
        }
        broken.extend(std::iter::from_fn(|| arrived_frozen.pop(&self.calls)));
        broken.extend(locks.reset(&self.calls));
        self.count_waits(&mut state);
        drop(state);
        work::count(broken.len());
        for call in broken {
            self.discard(call, Release::ConnectionLost);
            if crash.silent {
                self.state.borrow_mut().unanswered.push(&self.calls, call);
            } else {
                self.calls.respond(call, Err(CallError::Lost), self.kernel.now());
            }
        }
    }

    /// An outage ends. Who has waited for a silent machine hears now that it knows nothing of the connection.
    pub fn end_outage(&self, crash: Crash) {
        let mut state = self.state.borrow_mut();
        assert!(state.down > 0, "only what is down can come up");
        state.down -= 1;
        state.silent -= u32::from(crash.silent);
        if state.silent > 0 {
            return;
        }
        work::count(state.unanswered.len() as usize);
        while let Some(call) = state.unanswered.pop(&self.calls) {
            self.calls.respond(call, Err(CallError::Lost), self.kernel.now());
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
        let mut waited = std::mem::take(&mut state.arrived_frozen);
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
    pub fn calls(&self) -> &Calls<Request, Response> {
        &self.calls
    }

    /// The link over which a call's answer goes back.
    pub fn link_of(&self, call: CallId) -> Link {
        self.calls.request(call).from
    }

    /// What a query carries to the database, or its answer back: the sizes of its values.
    pub fn payload(&self, call: CallId, direction: Direction, size: impl Fn(Key, WriteId) -> u64) -> Payload {
        let Request { query, to, .. } = self.calls.request(call);
        let bytes = match (query, direction) {
            (Query::Read(key), Direction::Response) => match self.calls.response(call) {
                Some(Ok(value)) => size(key, value),
                _ => 0,
            },
            (Query::ReadSeveral(_, number), Direction::Response)
                if self.calls.has_response_with(call, Result::is_ok) =>
            {
                let read = self.several.of(number);
                read.keys.iter().zip(read.found()).filter_map(|(&key, value)| value.map(|value| size(key, value))).sum()
            }
            (Query::Write(row) | Query::Change(row, _), Direction::Request) => size(row.key, row.write),
            (Query::Batch(number), Direction::Request) => {
                let state = self.state.borrow();
                state.batches[number].rows.iter().map(|row| size(row.key, row.write)).sum()
            }
            (Query::Records(_), Direction::Response) => {
                match (self.calls.response(call), &self.state.borrow().outbox) {
                    (Some(Ok(last)), Some(outbox)) => {
                        let records = outbox.oldest(last.0);
                        work::count(records.len());
                        records.map(|row| size(row.key, row.write)).sum()
                    }
                    _ => 0,
                }
            }
            _ => 0,
        };
        Payload { bytes, machine: to.into() }
    }

    /// What a query is about, for those who watch.
    pub fn asked(&self, call: CallId) -> Asked {
        let Request { query, from, .. } = self.calls.request(call);
        let (key, rows, errand, word) = match query {
            Query::Read(key) | Query::ReadSeveral(key, _) => (key, 0, None, Word::Query),
            Query::Write(row) | Query::Change(row, _) | Query::Conflicting(row) => (row.key, 0, None, Word::Commit),
            Query::Batch(number) => {
                let rows = self.state.borrow().batches[number].rows.len() as u32;
                (0, rows, Some(Errand::Flush), Word::Commit)
            }
            Query::Records(_) | Query::Forget(_) | Query::Cancel(..) => (0, 0, Some(Errand::Relay), Word::Query),
        };
        let from = if from == Link::CacheDatabase { Part::Cache } else { Part::App };
        Asked { from, to: Part::Database, key, rows, errand, word }
    }

    /// How the primary is.
    pub fn condition(&self) -> Condition {
        let state = self.state.borrow();
        match (state.down, state.frozen) {
            (1.., _) => Condition::Down,
            (_, 1..) => Condition::Frozen,
            _ if state.slow.is_empty() && state.failing.is_empty() => Condition::Up,
            _ => Condition::Slow,
        }
    }

    /// How many workers it has, those of its replicas included.
    pub fn workers(&self) -> u32 {
        self.state.borrow().machines.iter().map(|machine| machine.workers.len() as u32).sum()
    }

    /// What is committed for `key`.
    pub fn committed(&self, key: Key) -> WriteId {
        self.state.borrow().committed(key)
    }

    /// How many requests wait in its queues.
    pub fn queue(&self) -> u32 {
        self.state.borrow().machines.iter().map(|machine| machine.queue.len()).sum()
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
            counts.queue_max = counts.queue_max.max(machine.queue.len());
            counts.connections_max = counts.connections_max.max(machine.connections);
        }
    }

    fn refuse(&self, call: CallId, why: CallError) {
        self.state.borrow_mut().counts.report.refused += 1;
        self.discard(call, if why == CallError::Down { Release::ConnectionLost } else { Release::Refused });
        self.calls.respond(call, Err(why), self.kernel.now());
    }

    /// A query ends that is in no line and has no lock and no connection.
    fn discard(&self, call: CallId, why: Release) {
        let query = self.calls.request(call).query;
        let mut state = self.state.borrow_mut();
        self.release(&state, query, why);
        self.free_batch(&mut state, query);
        self.set_query_state(&mut state, call, QueryState::Outside);
    }

    /// Notes the state of a query, where queries can be cancelled.
    #[inline]
    fn set_query_state(&self, state: &mut State, call: CallId, query_state: QueryState) {
        if self.cancels {
            table::reach(&mut state.query_states, call as usize, QueryState::Outside);
            state.query_states[call as usize] = query_state;
        }
    }

    /// Panics if connections, locks and lines do not agree; for tests.
    pub fn validate(&self) {
        let state = self.state.borrow();
        state.locks.validate();
        for (number, machine) in state.machines.iter().enumerate() {
            let Machine { queue, ready, connections, workers, idle, .. } = machine;
            assert_eq!(workers.iter().flatten().count() as u32, machine.busy(), "a worker serves or is idle");
            let for_locks = if number == 0 { state.locks.waiting() } else { 0 };
            let begun = machine.busy() + ready.len() + for_locks;
            assert_eq!(begun, *connections, "who has begun has a connection");
            assert!(*connections <= self.connection_limit && queue.len() <= self.queue_limit);
            let waits = !ready.is_empty() || !queue.is_empty() && *connections < self.connection_limit;
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
