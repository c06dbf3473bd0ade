//! Write-behind: what a node holds that the database does not have yet, until a flush takes it there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Absence, Answer, CacheNode, Command, Found, Job, State};
use crate::cache::buffer::{Requeued, RowId};
use crate::cache::expiry::Life;
use crate::cache::store::Entry;
use crate::engine::{CallId, Event, Kernel};
use crate::ledger::{Holder, Origin, Release};
use crate::model::{CallError, Change, Key, WriteId};
use crate::scenario::{AfterFlush, DirtyEnd, WhenFull, WriteBack};
use crate::time::Nanos;
use crate::work;

/// The pause after a failed flush at the end of a run, where the interval is longer.
const DRAIN_PAUSE: Nanos = Nanos::from_secs(1);

impl CacheNode {
    pub(super) fn write_behind(&self, state: &mut State, key: Key, write: WriteId, life: Life) {
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
        self.keep(state, key, write, life, Origin::Update);
        self.watch_expiry(state, key);
        let count_reached =
            self.write_back.as_ref().and_then(|how| how.at).is_some_and(|at| state.buffer.queued() >= at);
        if let (true, Some(flusher)) = (count_reached, self.flusher.get()) {
            self.common.kernel.wake(flusher);
        }
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    pub(super) fn applies(&self, state: &State, key: Key, write: WriteId, change: Change) -> bool {
        let now = self.common.kernel.now();
        let entry = || state.store.peek(key).filter(|entry| !entry.is_expired(now)).map(|entry| WriteId(entry.value));
        let no_row = || state.no_rows.get(&key).copied();
        let Some(base) = state.buffer.newest_write(key).or_else(entry).or_else(no_row) else { return false };
        let applies = change == Change::Add || change == Change::CompareAndSet(base);
        if applies {
            self.common.ledger.borrow_mut().based_on(write, base);
        }
        applies
    }

    /// Whether a write of `key` finds the buffer full.
    pub(super) fn is_full_for(&self, state: &State, key: Key) -> bool {
        !self.has_room(state) && state.buffer.needs_row(key)
    }

    fn has_room(&self, state: &State) -> bool {
        self.write_back.as_ref().and_then(|how| how.bound).is_none_or(|bound| state.buffer.held() < bound)
    }

    /// A write that finds the buffer full is refused, or waits for room; in some lanes it has a flush begun for that.
    pub(super) fn turn_away(&self, state: &mut State, call: CallId) -> Option<Answer> {
        let when_full = self.write_back.as_ref().map_or(WhenFull::Refuse, |how| how.when_full);
        if when_full == WhenFull::Refuse {
            state.counts.refused += 1;
            return Some(Err(CallError::QueueFull));
        }
        state.room.push(&self.common.calls, call);
        if let (WhenFull::Flush, Some(flusher)) = (when_full, self.flusher.get()) {
            self.common.kernel.wake(flusher);
        }
        None
    }

    /// Lets those who wait for room in, as far as there is any, in the order in which they came.
    #[inline]
    pub(super) fn admit(&self, state: &mut State) {
        while !state.room.is_empty() && self.has_room(state) {
            work::count(1);
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
            let answer = if applies { Ok(Found::Nothing) } else { Err(CallError::Conflict) };
            match before {
                None => self.common.calls.answer(call, answer, self.common.kernel.now()),
                Some(before) => self.answer_admitted(state, call, answer, before),
            }
        }
    }

    /// Sees to it that a dirty entry's end is noticed when it comes, not when somebody next asks for the key.
    pub(super) fn watch_expiry(&self, state: &mut State, key: Key) {
        let Some(&Entry { expires, .. }) = state.store.peek(key) else { return };
        if expires < Nanos::MAX && !std::mem::replace(state.watched.get_mut(key), true) {
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
        state.watched.set(key, false);
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
    pub(super) fn end_dirty(&self, state: &mut State, key: Key, end: fn(&WriteBack) -> DirtyEnd, why: Release) {
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
        self.state.borrow_mut().buffer.due(by)
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
        self.state.borrow_mut().buffer.read(most, by)
    }

    /// The database has these rows.
    pub fn flushed(&self, rows: &[RowId]) {
        let state = &mut *self.state.borrow_mut();
        work::count(rows.len());
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
        work::count(rows.len());
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
        work::count(rows.len());
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
        work::count(rows.len());
        for &(key, _) in rows {
            if let Some(write) = state.buffer.mark_failed(key, requeue) {
                self.release(state, write, Release::DroppedAfterRetries);
            }
        }
        self.admit(state);
    }

    /// The buffer no longer has `write`.
    pub(super) fn release(&self, state: &mut State, write: WriteId, why: Release) {
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
