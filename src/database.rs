//! The database: `workers` servers behind one first-in-first-out queue. What it commits is durable.
//!
//! ```text
//! arrive ─▶ down? ─▶ refused        a free worker? ─▶ served for a drawn time ─▶ commit (or abort) ─▶ answer
//!                                   else the queue, up to its limit, else refused
//! ```
//!
//! An outage breaks every connection: what was queued or being served is answered with [`Failure::Lost`] and is not
//! committed. A freeze only stops the clock for it: everything goes on afterwards where it stood. Values are write numbers: a key's value *is* the write that put it there (0 before the first).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::engine::{Call, CallId, Calls, Event, Failure, Kernel, Line};
use crate::fault::Slowdown;
use crate::ledger::{Change, Holder, Key, Ledger, Mended, Release, WriteId};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{self, Link, estimate};
use crate::table;
use crate::time::Nanos;
use crate::work;

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
    /// Many rows in one transaction; the number of a [`Database::write_batch`].
    Batch(u32),
}

/// A record of each committed row that has yet to be passed on, oldest first. They are numbered from 1.
#[derive(Debug, Default)]
struct Records {
    rows: VecDeque<Row>,
    forgotten: u32,
}

impl Records {
    /// How many there are up to number `last`.
    fn up_to(&self, last: u32) -> usize {
        (last.saturating_sub(self.forgotten) as usize).min(self.rows.len())
    }

    /// The number of the last of the oldest `most`.
    fn last_of(&self, most: u32) -> u32 {
        self.forgotten + most.min(self.rows.len() as u32)
    }

    /// Drops those up to number `last`, and gives what they said.
    fn forget(&mut self, last: u32) -> impl Iterator<Item = Row> {
        let count = self.up_to(last);
        self.forgotten += count as u32;
        self.rows.drain(..count)
    }
}

/// A query, and the link over which it came and its answer goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    query: Query,
    from: Link,
}

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
    /// The longest queue since the maxima were last [restarted](Database::restart_maxima).
    pub queue_max: u32,
    /// Worker-nanoseconds spent serving.
    pub busy_ns: u128,
}

struct Times {
    read: Sampler,
    write: Sampler,
    batch_base: Sampler,
    batch_row: Nanos,
}

struct Draws {
    read: Stream,
    write: Stream,
    batch: Stream,
    outbox: Stream,
    abort: Stream,
    failing: Stream,
}

struct State {
    current: Vec<WriteId>,
    line: Line,
    /// What each worker is doing, and until when.
    workers: Vec<Option<(CallId, Nanos)>>,
    idle: Vec<u32>,
    down: u32,
    frozen: u32,
    frozen_since: Nanos,
    /// What arrived while it stood still.
    stalled: Line,
    slow: Slowdown,
    /// The shares of transactions that fail besides those that always do.
    failing: Vec<f64>,
    batches: Vec<Vec<Row>>,
    free_batches: Vec<u32>,
    /// In a lane that keeps one.
    outbox: Option<Records>,
    draws: Draws,
    counts: DatabaseCounts,
    busy_since: Nanos,
}

const _: () = assert!(Calls::<Asked, Reply>::CALL_BYTES <= estimate::CALL_BYTES);

/// See the module.
pub struct Database {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    calls: Calls<Asked, Reply>,
    times: Times,
    queue_limit: u32,
    abort: f64,
    service_event: u8,
    state: RefCell<State>,
}

impl Database {
    /// An empty database. `service_event` is the kind of event that ends a worker's service.
    pub fn new(
        settings: &scenario::Database,
        kernel: Rc<Kernel>,
        ledger: Rc<RefCell<Ledger>>,
        streams: &Streams,
        service_event: u8,
    ) -> Database {
        let times = Times {
            read: settings.read.sampler(),
            write: settings.write.sampler(),
            batch_base: settings.batch.base.sampler(),
            batch_row: settings.batch.row,
        };
        let draws = Draws {
            read: streams.named("database read"),
            write: streams.named("database write"),
            batch: streams.named("database batch"),
            outbox: streams.named("database outbox"),
            abort: streams.named("database abort"),
            failing: streams.named("database failing"),
        };
        let state = State {
            current: Vec::new(),
            line: Line::default(),
            workers: vec![None; settings.workers as usize],
            idle: (0..settings.workers).rev().collect(),
            down: 0,
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
        };
        Database {
            kernel,
            ledger,
            calls: Calls::default(),
            times,
            queue_limit: settings.queue,
            abort: settings.abort,
            service_event,
            state: RefCell::new(state),
        }
    }

    /// Begins a read.
    pub fn read(&self, key: Key, from: Link) -> Call<'_, Asked, Reply> {
        self.calls.open(&self.kernel, Asked { query: Query::Read(key), from })
    }

    /// Begins a write of one row. From now on the message holds the write, wherever its sender is.
    pub fn write(&self, row: Row, from: Link) -> Call<'_, Asked, Reply> {
        self.hold(&[row]);
        self.calls.open(&self.kernel, Asked { query: Query::Write(row), from })
    }

    /// Begins a write of one row that is committed only if the present value allows it.
    pub fn change(&self, row: Row, change: Change, from: Link) -> Call<'_, Asked, Reply> {
        self.hold(&[row]);
        self.calls.open(&self.kernel, Asked { query: Query::Change(row, change), from })
    }

    /// From now on each row is committed together with a record of it in the outbox.
    pub fn keep_outbox(&self) {
        self.state.borrow_mut().outbox = Some(Records::default());
    }

    /// Begins to ask for the oldest records of the outbox, `most` at most.
    pub fn records(&self, most: u32, from: Link) -> Call<'_, Asked, Reply> {
        self.calls.open(&self.kernel, Asked { query: Query::Records(most), from })
    }

    /// What such an answer brought: the records up to number `last`, less those dropped since.
    pub fn records_up_to(&self, last: u32) -> Vec<Row> {
        let state = self.state.borrow();
        let outbox = state.outbox.as_ref();
        outbox.map_or_else(Vec::new, |outbox| outbox.rows.iter().take(outbox.up_to(last)).copied().collect())
    }

    /// Begins to drop the records of the outbox up to number `last`.
    pub fn forget(&self, last: u32, from: Link) -> Call<'_, Asked, Reply> {
        self.calls.open(&self.kernel, Asked { query: Query::Forget(last), from })
    }

    /// Records of the outbox that have yet to be passed on.
    pub fn outbox(&self) -> usize {
        self.state.borrow().outbox.as_ref().map_or(0, |outbox| outbox.rows.len())
    }

    /// Begins a batch; its rows are committed together or not at all.
    pub fn write_batch(&self, rows: &[Row], from: Link) -> Call<'_, Asked, Reply> {
        self.hold(rows);
        let mut state = self.state.borrow_mut();
        let number = state.free_batches.pop().unwrap_or_else(|| {
            state.batches.push(Vec::new());
            (state.batches.len() - 1) as u32
        });
        state.batches[number as usize].extend_from_slice(rows);
        drop(state);
        self.calls.open(&self.kernel, Asked { query: Query::Batch(number), from })
    }

    /// A call has reached the database.
    pub fn arrive(&self, call: CallId) {
        let mut state = self.state.borrow_mut();
        if state.down > 0 {
            drop(state);
            self.refuse(call, Failure::Down);
        } else if state.frozen > 0 {
            state.stalled.push(&self.calls, call);
        } else if !state.idle.is_empty() {
            self.account(&mut state);
            let worker = state.idle.pop().expect("an idle worker");
            self.serve(&mut state, worker, call);
        } else if state.line.len() >= self.queue_limit {
            drop(state);
            self.refuse(call, Failure::QueueFull);
        } else {
            state.line.push(&self.calls, call);
            state.counts.queue_max = state.counts.queue_max.max(state.line.len());
        }
    }

    /// A worker's service time is over. An event that an outage or a freeze has overtaken finds another moment there, or
    /// nothing.
    pub fn served(&self, worker: u32) {
        let mut state = self.state.borrow_mut();
        let Some((call, until)) = state.workers[worker as usize] else { return };
        if until != self.kernel.now() || state.frozen > 0 {
            return;
        }
        state.workers[worker as usize] = None;
        let reply = self.execute(&mut state, call);
        match state.line.pop(&self.calls) {
            Some(next) => self.serve(&mut state, worker, next),
            None => {
                self.account(&mut state);
                state.idle.push(worker);
            }
        }
        self.calls.answer(call, reply, self.kernel.now());
    }

    /// An outage begins: every connection breaks, nothing under way is committed.
    pub fn go_down(&self) {
        let mut state = self.state.borrow_mut();
        state.down += 1;
        if state.down > 1 {
            return;
        }
        self.account(&mut state);
        let mut broken: Vec<CallId> = Vec::new();
        for worker in (0..state.workers.len()).rev() {
            if let Some((call, _)) = state.workers[worker].take() {
                broken.push(call);
                state.idle.push(worker as u32);
            }
        }
        let State { line, stalled, .. } = &mut *state;
        for line in [line, stalled] {
            broken.extend(std::iter::from_fn(|| line.pop(&self.calls)));
        }
        drop(state);
        work::count(broken.len());
        for call in broken {
            self.let_go(call, Release::ConnectionLost);
            self.calls.answer(call, Err(Failure::Lost), self.kernel.now());
        }
    }

    /// An outage ends.
    pub fn come_up(&self) {
        let mut state = self.state.borrow_mut();
        assert!(state.down > 0, "only what is down can come up");
        state.down -= 1;
    }

    /// It stands still: what it was doing goes on afterwards, what arrives waits outside.
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
        for (worker, work) in state.workers.iter_mut().enumerate() {
            if let Some((_, until)) = work {
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

    /// How many workers it has.
    pub fn workers(&self) -> u32 {
        self.state.borrow().workers.len() as u32
    }

    /// What is committed for `key`.
    pub fn committed(&self, key: Key) -> WriteId {
        self.state.borrow().current.get(key as usize).copied().unwrap_or_default()
    }

    /// How many requests wait in the queue.
    pub fn queue(&self) -> u32 {
        self.state.borrow().line.len()
    }

    /// How many requests are being served.
    pub fn busy(&self) -> u32 {
        let state = self.state.borrow();
        (state.workers.len() - state.idle.len()) as u32
    }

    /// Totals up to this moment.
    pub fn counts(&self) -> DatabaseCounts {
        let mut state = self.state.borrow_mut();
        self.account(&mut state);
        state.counts
    }

    /// What is the most is so from now on.
    pub fn restart_maxima(&self) {
        let mut state = self.state.borrow_mut();
        state.counts.queue_max = state.line.len();
    }

    fn serve(&self, state: &mut State, worker: u32, call: CallId) {
        let time = match self.calls.question(call).query {
            Query::Read(_) => self.times.read.sample(&mut state.draws.read),
            Query::Write(_) | Query::Change(..) => self.times.write.sample(&mut state.draws.write),
            Query::Records(_) => self.times.read.sample(&mut state.draws.outbox),
            Query::Forget(_) => self.times.write.sample(&mut state.draws.outbox),
            Query::Batch(number) => {
                let rows = state.batches[number as usize].len() as u64;
                let base = self.times.batch_base.sample(&mut state.draws.batch);
                base.saturating_add(Nanos(self.times.batch_row.0.saturating_mul(rows)))
            }
        };
        let until = self.kernel.now().saturating_add(state.slow.stretch(time));
        state.workers[worker as usize] = Some((call, until));
        self.kernel.schedule(until, Event::new(self.service_event, worker));
    }

    fn execute(&self, state: &mut State, call: CallId) -> Reply {
        let question = self.calls.question(call).query;
        if let Query::Read(key) = question {
            state.counts.reads += 1;
            return Ok(state.current.get(key as usize).copied().unwrap_or_default());
        }
        if let Query::Records(_) | Query::Forget(_) = question {
            return Ok(WriteId(self.attend_outbox(state, question)));
        }
        if self.abort > 0.0 && state.draws.abort.unit() < self.abort || fails(state) {
            state.counts.aborted += 1;
            self.release(state, question, Release::Refused);
            return Err(Failure::Aborted);
        }
        if let Query::Change(row, change) = question
            && !self.apply(state, row, change)
        {
            self.release(state, question, Release::Refused);
            return Err(Failure::Conflict);
        }
        let last = self.commit(state, question);
        self.release(state, question, Release::Delivered);
        Ok(last)
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    fn apply(&self, state: &State, row: Row, change: Change) -> bool {
        let base = state.current.get(row.key as usize).copied().unwrap_or_default();
        let applies = base != row.write && (change == Change::Add || change == Change::IfStill(base));
        if applies {
            self.ledger.borrow_mut().based_on(row.write, base);
        }
        applies
    }

    fn commit(&self, state: &mut State, question: Query) -> WriteId {
        let mut ledger = self.ledger.borrow_mut();
        let commit = |ledger: &mut Ledger, current: &mut Vec<WriteId>, row: Row| {
            table::reach(current, row.key as usize, WriteId::default());
            current[row.key as usize] = row.write;
            ledger.committed(row.write, self.kernel.now());
        };
        match question {
            Query::Read(_) | Query::Records(_) | Query::Forget(_) => unreachable!("only writes commit"),
            Query::Write(row) | Query::Change(row, _) => {
                if state.outbox.is_some() {
                    // As long as there is a record of it, the relay will see to the copies.
                    ledger.mending(row.key, self.kernel.now());
                }
                commit(&mut ledger, &mut state.current, row);
                state.outbox.iter_mut().for_each(|outbox| outbox.rows.push_back(row));
                state.counts.rows += 1;
                row.write
            }
            Query::Batch(number) => {
                let State { current, batches, counts, .. } = state;
                let rows = &batches[number as usize];
                work::count(rows.len());
                rows.iter().for_each(|&row| commit(&mut ledger, current, row));
                counts.rows += rows.len() as u64;
                counts.batches += 1;
                rows.last().map_or_else(WriteId::default, |row| row.write)
            }
        }
    }

    /// Answers the number of the last record to pass on, or drops them up to one.
    fn attend_outbox(&self, state: &mut State, question: Query) -> u32 {
        let outbox = state.outbox.as_mut().expect("only a lane with an outbox asks for it");
        match question {
            Query::Records(most) => {
                state.counts.reads += 1;
                outbox.last_of(most)
            }
            Query::Forget(last) => {
                let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
                outbox.forget(last).for_each(|row| ledger.mended(row.key, Mended::Done, now));
                last
            }
            other => unreachable!("{other:?} is no matter of the outbox"),
        }
    }

    fn refuse(&self, call: CallId, why: Failure) {
        self.state.borrow_mut().counts.refused += 1;
        self.let_go(call, if why == Failure::Down { Release::ConnectionLost } else { Release::Refused });
        self.calls.answer(call, Err(why), self.kernel.now());
    }

    fn let_go(&self, call: CallId, why: Release) {
        let question = self.calls.question(call).query;
        self.release(&mut self.state.borrow_mut(), question, why);
    }

    /// The message of `question` no longer holds its writes.
    fn release(&self, state: &mut State, question: Query, why: Release) {
        let mut ledger = self.ledger.borrow_mut();
        let now = self.kernel.now();
        match question {
            Query::Read(_) | Query::Records(_) | Query::Forget(_) => {}
            Query::Write(row) | Query::Change(row, _) => {
                ledger.released(row.write, Holder::Flight, why, now);
            }
            Query::Batch(number) => {
                let rows = std::mem::take(&mut state.batches[number as usize]);
                work::count(rows.len());
                for row in &rows {
                    ledger.released(row.write, Holder::Flight, why, now);
                }
                state.batches[number as usize] = rows;
                state.batches[number as usize].clear();
                state.free_batches.push(number);
            }
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
        let busy = (state.workers.len() - state.idle.len()) as u128;
        state.counts.busy_ns += busy * u128::from((now - state.busy_since).0);
        state.busy_since = now;
    }
}

/// Whether a fault lets a transaction fail.
fn fails(state: &mut State) -> bool {
    let State { failing, draws, .. } = state;
    work::count(failing.len());
    // Each draws, so that one more changes nothing for the others.
    failing.iter().filter(|share| draws.failing.chance(**share)).count() > 0
}
