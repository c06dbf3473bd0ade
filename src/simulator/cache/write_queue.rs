//! A write-behind queue in the memory of one application server: writes that it has acknowledged and the database does not have
//! yet. Nobody reads it; a crash of the server takes it along.
//!
//! A write that finds the queue full waits in line until a flush has made room, or is refused: what is queued is never dropped
//! for it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::buffer::{Buffer, DRAIN_PAUSE, RowId};
use super::keys::Numbers;
use crate::engine::{Event, Kernel, TaskId};
use crate::ledger::{Holder, Ledger, Release};
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{WhenFull, WriteBack};
use crate::time::Nanos;
use crate::work;

struct State {
    rows: Buffer,
    /// Writes that wait for room.
    waiting: VecDeque<(TaskId, Key, WriteId)>,
    /// How many have ever waited, and how many of them wait no longer: they are admitted in order.
    tickets: (u64, u64),
    /// The task that flushes, where it waits; and whether there is one.
    flusher: Option<TaskId>,
    has_flusher: bool,
    /// Clients have gone: whatever is queued is flushed without waiting.
    draining: bool,
}

/// See the module.
pub struct WriteQueue {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    settings: WriteBack,
    state: RefCell<State>,
}

/// The write-behind queues of all servers, in a lane that has them.
#[derive(Default)]
pub struct WriteQueues(Vec<WriteQueue>);

impl WriteQueues {
    /// A queue for each server; all meet the same keys sooner or later.
    pub fn new(servers: u32, how: &WriteBack, kernel: &Rc<Kernel>, ledger: &Rc<RefCell<Ledger>>) -> WriteQueues {
        let numbers = if servers == 1 { Numbers::default() } else { Numbers::shared() };
        WriteQueues((0..servers).map(|_| WriteQueue::new(how, &numbers, kernel.clone(), ledger.clone())).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// That of a server.
    pub fn of(&self, server: u32) -> Option<&WriteQueue> {
        self.0.get(server as usize)
    }

    /// From now on, every server flushes whatever is queued without waiting.
    pub fn drain(&self) {
        self.0.iter().for_each(WriteQueue::drain);
    }

    /// Rows held, now and the sum of the most that each ever had.
    pub fn held(&self) -> (u32, u32) {
        work::count(self.0.len());
        self.0.iter().map(WriteQueue::held).fold((0, 0), |sum, (now, most)| (sum.0 + now, sum.1 + most))
    }

    /// The most is what is held from now on.
    pub fn restart_maxima(&self) {
        self.0.iter().for_each(WriteQueue::restart_maximum);
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        self.0.iter().for_each(WriteQueue::validate);
    }
}

impl WriteQueue {
    /// An empty queue of a server whose keys have these numbers.
    fn new(settings: &WriteBack, numbers: &Numbers, kernel: Rc<Kernel>, ledger: Rc<RefCell<Ledger>>) -> WriteQueue {
        let state = State {
            rows: Buffer::new(settings.coalesce, numbers),
            waiting: VecDeque::new(),
            tickets: (0, 0),
            flusher: None,
            has_flusher: false,
            draining: false,
        };
        WriteQueue { kernel, ledger, settings: settings.clone(), state: RefCell::new(state) }
    }

    // ---- Writes ----

    /// Queues a write; waits for room, where a full queue lets it wait.
    ///
    /// # Errors
    /// The queue is full and refuses.
    pub fn put(&self, key: Key, write: WriteId) -> Put<'_> {
        Put { queue: self, key, write, ticket: None }
    }

    fn has_room(&self, state: &State) -> bool {
        self.settings.bound.is_none_or(|bound| state.rows.held() < bound)
    }

    fn take_in(&self, state: &mut State, key: Key, write: WriteId) {
        let (now, delay) = (self.kernel.now(), self.settings.delay);
        let due = if delay == Nanos::ZERO { Nanos::ZERO } else { now.saturating_add(delay) };
        let mut ledger = self.ledger.borrow_mut();
        ledger.held(write, Holder::Queue, now);
        if let Some(older) = state.rows.put(key, write, due) {
            ledger.released(older, Holder::Queue, Release::Coalesced { into: write }, now);
        }
        if self.has_enough(state) {
            self.wake_flusher(state);
        }
    }

    fn has_enough(&self, state: &State) -> bool {
        self.settings.at.is_some_and(|at| state.rows.queued() >= at)
    }

    fn wake_flusher(&self, state: &State) {
        if let Some(flusher) = state.flusher {
            self.kernel.wake(flusher);
        }
    }

    /// Admits those who wait for room, as far as there is any, in the order in which they came.
    fn admit(&self, state: &mut State) {
        while self.has_room(state)
            && let Some((task, key, write)) = state.waiting.pop_front()
        {
            work::count(1);
            state.tickets.1 += 1;
            self.take_in(state, key, write);
            self.kernel.wake(task);
        }
    }

    // ---- Flushes ----

    /// A task is to flush; whether none does so already.
    pub fn begin_to_flush(&self) -> bool {
        !std::mem::replace(&mut self.state.borrow_mut().has_flusher, true)
    }

    /// Waits until the next flush is due: at the moment `at`, or as soon as enough rows wait, or at the end of the run. After a
    /// flush that `failed`, enough rows are no reason to try again at once. Comes with the moment up to which rows must be due to
    /// be flushed now: any, when it is not for the interval's sake.
    pub fn flush_due(&self, at: Nanos, failed: bool) -> QueueDue<'_> {
        let draining = self.state.borrow().draining;
        let at = if failed && draining { at.min(self.kernel.now().saturating_add(DRAIN_PAUSE)) } else { at };
        self.ledger.borrow_mut().next_flush(at);
        QueueDue { queue: self, at, scheduled: false, failed }
    }

    /// How many rows wait for a flush and are due at `by`.
    pub fn due_rows(&self, by: Nanos) -> u32 {
        self.state.borrow_mut().rows.due(by)
    }

    /// Takes up to `most` rows due at `by` for a flush, oldest first.
    pub fn take_rows(&self, most: u32, by: Nanos) -> Vec<RowId> {
        self.state.borrow_mut().rows.take(most, by)
    }

    /// The key and write of a row.
    pub fn row(&self, id: RowId) -> (Key, WriteId) {
        self.state.borrow().rows.row(id)
    }

    /// The database has these rows.
    pub fn flushed(&self, rows: &[RowId]) {
        let state = &mut *self.state.borrow_mut();
        work::count(rows.len());
        for &id in rows {
            let write = state.rows.flushed(id);
            self.release(write, Release::Delivered);
        }
        self.admit(state);
    }

    /// The database did not take these rows: they wait again, up to `requeue` times.
    pub fn flush_failed(&self, rows: &[RowId], requeue: u32) {
        let state = &mut *self.state.borrow_mut();
        // From the back, so that the oldest is first in line again.
        work::count(rows.len());
        for &id in rows.iter().rev() {
            let outcome = state.rows.requeue(id, requeue);
            if let Some(given_up) = state.rows.unless_queued(id, outcome) {
                let (write, why) = given_up.release();
                self.release(write, why);
            }
        }
        self.admit(state);
    }

    fn release(&self, write: WriteId, why: Release) {
        self.ledger.borrow_mut().released(write, Holder::Queue, why, self.kernel.now());
    }

    // ---- Beginning and end ----

    /// The server has crashed; its tasks have been dropped.
    pub fn crash(&self) {
        let state = &mut *self.state.borrow_mut();
        (state.flusher, state.has_flusher) = (None, false);
        state.waiting.clear();
        state.tickets.1 = state.tickets.0;
        state.rows.clear().into_iter().for_each(|write| self.release(write, Release::QueueLost));
    }

    /// Clients have gone: whatever is queued is flushed without waiting.
    fn drain(&self) {
        let state = &mut *self.state.borrow_mut();
        state.draining = true;
        self.wake_flusher(state);
    }

    /// Rows held, now and at most.
    fn held(&self) -> (u32, u32) {
        let state = self.state.borrow();
        (state.rows.held(), state.rows.held_max())
    }

    /// The most is what is held from now on.
    fn restart_maximum(&self) {
        self.state.borrow_mut().rows.restart_maximum();
    }

    /// Panics if the inner rules do not hold; for tests.
    fn validate(&self) {
        let state = self.state.borrow();
        state.rows.validate();
        assert_eq!(state.tickets.0 - state.tickets.1, state.waiting.len() as u64, "who has a ticket waits");
        assert!(state.waiting.is_empty() || !self.has_room(&state), "nobody waits for room that there is");
    }
}

/// Queues a write; see [`WriteQueue::put`].
pub struct Put<'a> {
    queue: &'a WriteQueue,
    key: Key,
    write: WriteId,
    /// Its place among all who have ever waited, if it does.
    ticket: Option<u64>,
}

impl Future for Put<'_> {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Put { queue, key, write, ticket } = *self;
        let state = &mut *queue.state.borrow_mut();
        if let Some(ticket) = ticket {
            return if ticket < state.tickets.1 { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
        if queue.has_room(state) || !state.rows.needs_row(key) {
            queue.take_in(state, key, write);
            return Poll::Ready(Ok(()));
        }
        match queue.settings.when_full {
            WhenFull::Refuse => return Poll::Ready(Err(CallError::QueueFull)),
            WhenFull::Block => {}
            WhenFull::Flush => queue.wake_flusher(state),
        }
        state.waiting.push_back((queue.kernel.current(), key, write));
        self.ticket = Some(state.tickets.0);
        state.tickets.0 += 1;
        Poll::Pending
    }
}

/// Waits for the next flush; see [`WriteQueue::flush_due`].
pub struct QueueDue<'a> {
    queue: &'a WriteQueue,
    at: Nanos,
    scheduled: bool,
    failed: bool,
}

impl Future for QueueDue<'_> {
    type Output = Nanos;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Nanos> {
        let (queue, kernel) = (self.queue, &*self.queue.kernel);
        let state = &mut *queue.state.borrow_mut();
        let (waiting, queued) = (!state.waiting.is_empty(), state.rows.queued());
        let drains = state.draining && queued > 0;
        let wants_room = queue.settings.when_full == WhenFull::Flush && waiting;
        let enough = queued > 0 && (wants_room || queue.has_enough(state));
        let at_tick = kernel.now() >= self.at;
        if at_tick && !drains {
            // Who waits for room waits for a tick, not until the rows have rested.
            return Poll::Ready(if waiting { Nanos::MAX } else { kernel.now() });
        }
        if at_tick || (enough || drains) && !self.failed {
            return Poll::Ready(Nanos::MAX);
        }
        state.flusher = Some(kernel.current());
        if !self.scheduled {
            self.scheduled = true;
            kernel.schedule(self.at, Event::new(Kernel::WAKE, kernel.current()));
        }
        Poll::Pending
    }
}
