//! Write-behind: what a node holds that the database does not have yet, until a flush takes it there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::memory::Keep;
use super::state::{CacheNode, State};
use super::write_buffer::{Ended, Ending, WhenRejected};
use crate::cache::buffer::{DRAIN_PAUSE, GivenUp, RowId};
use crate::cache::command::{Answer, Command, Found};
use crate::cache::counts::MissReason;
use crate::cache::ttl::EntryTtl;
use crate::engine::{CallId, Event, Kernel};
use crate::jobs::Job;
use crate::ledger::{Holder, Origin, Release};
use crate::model::{CallError, Change, Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// Writes that are to be flushed.
impl CacheNode {
    pub(super) fn write_behind(&self, state: &mut State, key: Key, write: WriteId, ttl: EntryTtl) {
        if state.buffer.has_taken(write) {
            return; // both waited for room
        }
        self.changes(state, key);
        let now = self.now();
        {
            let mut ledger = self.common.ledger.borrow_mut();
            ledger.held(write, Holder::Buffer, now);
            let older = state.buffer.put(key, write, now);
            if let Some(older) = older {
                ledger.released(older, Holder::Buffer, Release::Coalesced { into: write }, now);
            }
            state.durability.row_came(key, write, older, now);
        }
        if ttl == EntryTtl::None {
            state.memory.delete(key, &mut state.durability, now);
        }
        self.keep(state, Keep { key, value: write, ttl, origin: Origin::Update });
        self.watch_expiry(state, key);
        if state.buffer.has_enough() {
            self.wake_flusher(state);
        }
    }

    pub(super) fn wake_flusher(&self, state: &State) {
        if let Some(flusher) = state.buffer.flusher() {
            self.common.kernel.wake(flusher);
        }
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    pub(super) fn applies(&self, state: &State, key: Key, write: WriteId, change: Change) -> bool {
        let entry = || state.memory.good_entry(key, self.now()).map(|entry| WriteId(entry.value));
        let base = state.buffer.newest_write(key).or_else(entry).or_else(|| state.loads.no_row(key));
        let Some(base) = base else { return false };
        let applies = change == Change::Add || change == Change::CompareAndSet(base);
        if applies {
            self.common.ledger.borrow_mut().based_on(write, base);
        }
        applies
    }

    /// A write that finds the buffer full is refused, or waits for room; in some lanes it has a flush begun for that.
    pub(super) fn reject(&self, state: &mut State, call: CallId) -> Option<Answer> {
        match state.buffer.reject(&self.common.calls, call) {
            WhenRejected::Fails => {
                state.counts.report.refused += 1;
                return Some(Err(CallError::QueueFull));
            }
            WhenRejected::Waits => {}
            WhenRejected::WaitsForFlush => self.wake_flusher(state),
        }
        None
    }

    /// Admits those who wait for room, as far as there is any, in the order in which they came.
    #[inline]
    pub(super) fn admit(&self, state: &mut State) {
        while let Some(call) = state.buffer.admit_next(&self.common.calls) {
            self.admit_one(state, call);
        }
        if state.server.availability.is_leaving() && state.buffer.held().0 == 0 {
            self.schedule_turn(self.now());
        }
    }

    fn admit_one(&self, state: &mut State, call: CallId) {
        let (key, write, ttl, applies) = match self.common.calls.request(call) {
            Command::WriteBehind(key, write, ttl) => (key, write, ttl, true),
            Command::ChangeBehind(key, write, change) => {
                (key, write, EntryTtl::Usual, self.applies(state, key, write, change))
            }
            other => unreachable!("only writes wait for room, not {other:?}"),
        };
        let (now, before) = (self.now(), state.durability.position());
        if applies {
            self.write_behind(state, key, write, ttl);
        }
        let answer = if applies { Ok(Found::Nothing) } else { Err(CallError::Conflict) };
        let safe = state.durability.confirm(before, now, now);
        state.durability.hold_back(call, safe.leaves, now);
        self.common.calls.respond(call, if safe.confirmed { answer } else { Err(CallError::TimedOut) }, safe.leaves);
    }
}

/// Dirty entries.
impl CacheNode {
    /// Sees to it that a dirty entry's end is noticed when it comes, not when somebody next asks for the key.
    pub(super) fn watch_expiry(&self, state: &mut State, key: Key) {
        let Some(entry) = state.memory.entry(key) else { return };
        if let Some(over) = state.buffer.watch(key, entry.expires, self.now()) {
            self.common.kernel.schedule(over, Event::new(self.common.events.dirty_expiry, key));
        }
    }

    /// A dirty entry's TTL may be over.
    pub fn dirty_expiry(&self, key: Key) {
        let state = &mut *self.state();
        if state.server.availability.overlooks_expiry(key) {
            return;
        }
        state.buffer.unwatch(key);
        if !state.buffer.is_queued(key) || state.server.availability.is_down() {
            return;
        }
        let now = self.now();
        let Some(entry) = state.memory.entry(key) else { return };
        if entry.is_expired(now) {
            state.memory.drop_entry(key, MissReason::Expired, &mut state.durability, now);
            self.end_dirty(state, key, Ending::Expired);
            self.admit(state);
        } else {
            self.watch_expiry(state, key); // renewed meanwhile
        }
    }

    /// A dirty entry leaves the store before its flush: its rows are flushed now, or gone.
    pub(super) fn end_dirty(&self, state: &mut State, key: Key, how: Ending) {
        match state.buffer.end(key, how) {
            Ended::Flush(rows) if rows.is_empty() => {}
            Ended::Flush(rows) => {
                self.take_out(state, &rows);
                self.common.jobs.push(Job::Flush(self.shard, rows));
            }
            Ended::Dropped(writes) => {
                let why = match how {
                    Ending::Expired => Release::ExpiredDirty,
                    Ending::Evicted => Release::EvictedDirty,
                };
                writes.into_iter().for_each(|write| self.release(state, write, why));
            }
        }
    }

    /// Nothing of `key` is dirty any more, and the database has `written`: the entry stays, or has served its purpose.
    fn clean(&self, state: &mut State, key: Key, written: WriteId) {
        if state.buffer.removes_flushed() && !state.buffer.is_queued(key) && state.memory.holds(key, written) {
            state.memory.drop_entry(key, MissReason::Invalidated, &mut state.durability, self.now());
        }
    }

    /// The buffer no longer has `write`.
    pub(super) fn release(&self, state: &mut State, write: WriteId, why: Release) {
        let now = self.now();
        self.common.ledger.borrow_mut().released(write, Holder::Buffer, why, now);
        state.durability.row_left(write, now);
    }
}

/// Flushes.
impl CacheNode {
    /// Waits until the next flush is due: at the moment `at`, or as soon as enough rows wait, or at the end of the run.
    /// After a flush that `failed`, enough rows are no reason to try again at once. Comes with the moment up to which
    /// rows must be due to be flushed now: any, when it is not for the interval's sake.
    pub fn flush_due(&self, at: Nanos, failed: bool) -> FlushDue<'_> {
        let draining = self.is_draining(&self.state());
        // Nobody writes any more, so what remains need not wait for a long interval to pass.
        let at = if failed && draining { at.min(self.now().saturating_add(DRAIN_PAUSE)) } else { at };
        self.common.ledger.borrow_mut().next_flush(at);
        FlushDue { node: self, at, scheduled: false, on_count: !failed, on_drain: !(failed && draining) }
    }

    /// Whether everything is to be flushed: at the end of the run, or before the node goes.
    fn is_draining(&self, state: &State) -> bool {
        self.common.draining.get() || state.server.availability.flushes_all()
    }

    /// How many rows wait for a flush and are due at `by`.
    pub fn due_rows(&self, by: Nanos) -> u32 {
        self.state().buffer.due(by)
    }

    /// Takes up to `most` rows due at `by` for a flush, oldest first.
    pub fn take_rows(&self, most: u32, by: Nanos) -> Vec<RowId> {
        let state = &mut *self.state();
        let rows = state.buffer.take(most, by);
        self.take_out(state, &rows);
        rows
    }

    /// Where a flush takes rows out of the cache: neither they nor their entries are here any more.
    fn take_out(&self, state: &mut State, rows: &[RowId]) {
        if !state.buffer.is_taken_out() {
            return;
        }
        work::count(rows.len());
        for &id in rows {
            let (key, write) = state.buffer.row(id);
            self.common.ledger.borrow_mut().held(write, Holder::Flusher, self.now());
            self.release(state, write, Release::Handed);
            if state.memory.holds(key, write) {
                self.changes(state, key);
                state.memory.drop_entry(key, MissReason::Invalidated, &mut state.durability, self.now());
            }
        }
    }

    /// A taken row has left, wherever it was.
    fn release_taken(&self, state: &mut State, write: WriteId, why: Release) {
        if state.buffer.is_taken_out() {
            self.common.ledger.borrow_mut().released(write, Holder::Flusher, why, self.now());
        } else {
            self.release(state, write, why);
        }
    }

    /// A taken row waits again. One that had been taken out of the cache is put back there, in the place of what readers have
    /// filled in meanwhile.
    fn waits_again(&self, state: &mut State, id: RowId) {
        if !state.buffer.is_taken_out() {
            return;
        }
        let ((key, write), now) = (state.buffer.row(id), self.now());
        self.common.ledger.borrow_mut().held(write, Holder::Buffer, now);
        state.durability.row_came(key, write, None, now);
        self.release_taken(state, write, Release::Handed);
        self.changes(state, key);
        state.memory.delete(key, &mut state.durability, now);
    }

    /// Whoever flushed has crashed, with what it had taken out of the cache.
    pub(super) fn lose_taken_out(&self, state: &mut State) {
        if !state.buffer.is_taken_out() {
            return;
        }
        let taken = state.buffer.taken();
        work::count(taken.len());
        for id in taken {
            let write = state.buffer.drop_taken(id);
            self.release_taken(state, write, Release::FlusherCrash);
        }
    }

    /// Rows that were taken, and not written after all: they wait again.
    pub fn put_back(&self, rows: &[RowId]) {
        let state = &mut *self.state();
        // From the back, so that the oldest is first in line again.
        work::count(rows.len());
        rows.iter().rev().for_each(|&id| self.put_one_back(state, id));
        self.admit(state);
    }

    fn put_one_back(&self, state: &mut State, id: RowId) {
        match state.buffer.put_back(id) {
            None => self.waits_again(state, id),
            Some(GivenUp::Superseded { write, by }) => {
                self.release_taken(state, write, Release::Coalesced { into: by });
            }
            Some(GivenUp::TooOften(_)) => unreachable!("it has not failed"),
        }
    }

    /// The key and write of a taken row.
    pub fn row(&self, id: RowId) -> (Key, WriteId) {
        self.state().buffer.row(id)
    }

    /// Reads up to `most` rows due at `by`, oldest first, and leaves them marked dirty.
    pub fn read_rows(&self, most: u32, by: Nanos) -> Vec<(Key, WriteId)> {
        self.state().buffer.read(most, by)
    }

    /// The database has these rows.
    pub fn flushed(&self, rows: &[RowId]) {
        let state = &mut *self.state();
        work::count(rows.len());
        for &id in rows {
            let (key, _) = state.buffer.row(id);
            let write = state.buffer.flushed(id);
            self.release_taken(state, write, Release::Delivered);
            self.clean(state, key, write);
        }
        self.admit(state);
    }

    /// The database has these rows, read before: the marks of their keys are deleted, whatever they stand for by now.
    pub fn delete_marks(&self, rows: &[(Key, WriteId)]) {
        let state = &mut *self.state();
        work::count(rows.len());
        for &(key, written) in rows {
            let Some(marked) = state.buffer.delete_mark(key) else { continue };
            self.release(state, marked, if marked == written { Release::Delivered } else { Release::FlushMarkLost });
            self.clean(state, key, written);
        }
        self.admit(state);
    }

    /// The process that flushes has crashed: what it had taken waits again, and what it was about to write may be written twice.
    /// What it had taken out of the cache is gone, unless it is on its way to the database.
    pub fn flusher_crashes(&self) {
        let state = &mut *self.state();
        state.buffer.set_flusher(None);
        self.lose_taken_out(state);
        let taken = state.buffer.taken();
        work::count(taken.len());
        taken.into_iter().for_each(|id| self.put_one_back(state, id));
        self.admit(state);
    }

    /// The database did not take these rows: they wait again, up to `requeue` times.
    pub fn flush_failed(&self, rows: &[RowId], requeue: u32) {
        let state = &mut *self.state();
        let requeue = attempts(state, requeue);
        // From the back, so that the oldest is first in line again.
        work::count(rows.len());
        for &id in rows.iter().rev() {
            match state.buffer.flush_failed(id, requeue) {
                None => self.waits_again(state, id),
                Some(given_up) => {
                    let (write, why) = given_up.release();
                    self.release_taken(state, write, why);
                }
            }
        }
        self.admit(state);
    }

    /// The database did not take these rows, read before: they are still marked, unless it was once too often.
    pub fn marks_failed(&self, rows: &[(Key, WriteId)], requeue: u32) {
        let state = &mut *self.state();
        let requeue = attempts(state, requeue);
        work::count(rows.len());
        for &(key, _) in rows {
            if let Some(write) = state.buffer.mark_failed(key, requeue) {
                self.release(state, write, Release::DroppedAfterRetries);
            }
        }
        self.admit(state);
    }

    /// The cache drains: the flusher looks whether that is a reason to flush.
    pub fn drain(&self) {
        self.wake_flusher(&self.state());
    }
}

/// How often a row may fail. Of a node that is to go when it has flushed everything, as often as it takes: its pauses are
/// short, and an outage of seconds would use up what is meant for hours.
fn attempts(state: &State, requeue: u32) -> u32 {
    if state.server.availability.flushes_all() { u32::MAX } else { requeue }
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
        let state = &mut *node.state();
        let is_draining = node.is_draining(state);
        let buffer = &mut state.buffer;
        let queued = buffer.due(Nanos::MAX);
        let drains = is_draining && queued > 0;
        let enough = queued > 0 && buffer.wants_flush();
        let at_tick = kernel.now() >= self.at;
        if at_tick && !drains {
            // Who waits for room waits for a tick, not until the rows have rested.
            return Poll::Ready(if buffer.is_waited_for() { Nanos::MAX } else { kernel.now() });
        }
        if at_tick || (enough && self.on_count) || (drains && self.on_drain) {
            return Poll::Ready(Nanos::MAX);
        }
        buffer.set_flusher(Some(kernel.current()));
        if !self.scheduled {
            self.scheduled = true;
            kernel.schedule(self.at, Event::new(Kernel::WAKE, kernel.current()));
        }
        Poll::Pending
    }
}
