//! A node that stands still, is emptied, or is held up by one long command.
//!
//! Slow commands and flush-all go over all entries, so a node that holds a quarter of them is busy for a quarter of the
//! time.
//!
//! A machine that is *silent* has crashed, and nobody tells its callers: what they sent, and the responses that had not
//! left, wait for it. When it is back it knows nothing of their connections, and all of them break.
//!
//! A freeze only stops the node's clock: what it was doing goes on afterwards where it stood. Callers have nothing but
//! their own timeouts.

use super::state::{CacheNode, State};
use crate::cache::withheld::Withheld;
use crate::engine::{CallId, Event};
use crate::ledger::Release;
use crate::time::Nanos;
use crate::work;

/// Freezes.
impl CacheNode {
    /// The node stands still until that moment.
    pub fn freeze(&self, until: Nanos) {
        let state = &mut *self.state();
        if state.server.availability.freeze(until, self.now()) {
            self.await_takeover(state);
            self.withhold_answers(state);
        }
    }

    /// Responses that have been given and have not left stay.
    pub(super) fn withhold_answers(&self, state: &State) {
        let now = self.now();
        let serving = state.server.serving(now);
        let caught: Vec<CallId> = serving.into_iter().chain(state.durability.answers_to_leave(now)).collect();
        let mut withheld = self.common.withheld.borrow_mut();
        work::count(caught.len());
        for call in caught.into_iter().filter(|call| self.common.calls.has_response(*call)) {
            match withheld.get_mut(call) {
                Some(answer) => answer.frozen = true,
                None => {
                    withheld.push(Withheld { call, shard: self.shard, frozen: true, came: None, delay: Nanos::ZERO });
                }
            }
        }
    }

    /// The freeze that was to end at `until` ends; when it was the last one, everything goes on where it stood, and what
    /// waited outside arrives. Returns whether it was the node's: else it was that of a machine another has replaced.
    pub fn thaw(&self, until: Nanos) -> bool {
        let mut borrowed = self.state();
        let state = &mut *borrowed;
        if state.durability.former_thaws(until) {
            self.admit_replicas(state);
            return false;
        }
        let Some(since) = state.server.availability.thaw(until) else { return true };
        state.durability.respond_again();
        let now = self.now();
        state.server.resume(since, now);
        if !state.server.availability.is_silent() {
            self.let_answers_go(now - since);
        }
        let ended = self.go_on_handing_over(state);
        self.serve_again(state);
        self.go_on_leaving(state);
        let mut stalled = state.server.availability.take_stalled();
        let expired = state.server.availability.take_overlooked();
        drop(borrowed);
        ended.into_iter().for_each(|at| self.end_long_command(at)); // nobody is left to take over
        expired.into_iter().for_each(|key| self.dirty_expiry(key));
        work::count(stalled.len() as usize);
        while let Some(call) = stalled.pop(&self.common.calls) {
            self.arrive(call);
        }
        true
    }

    /// The responses that a freeze held back arrive as much later as the node `stood` still.
    pub(super) fn let_answers_go(&self, stood: Nanos) {
        let now = self.now();
        for (call, at) in self.common.withheld.borrow_mut().release(self.shard, stood) {
            self.common.kernel.schedule(at.max(now), Event::new(self.common.events.answer, call));
        }
    }

    fn serve_again(&self, state: &mut State) {
        if !state.server.availability.is_halted() {
            self.call_back(state);
        }
    }
}

/// Long commands, and commands that take longer.
impl CacheNode {
    /// How long a command takes that takes so long for each entry held.
    pub fn time_for_all(&self, per_entry: Nanos) -> Nanos {
        let state = self.state.borrow();
        state.server.availability.stretch(Nanos(per_entry.0.saturating_mul(state.memory.len().into())))
    }

    /// A long command begins; the command being served is finished first. It is to end at `until`, or, where that is now,
    /// when it has gone over all entries.
    pub fn begin_long_command(&self, until: Nanos, per_entry: Nanos) {
        let now = self.now();
        let own = (until <= now).then(|| now.saturating_add(self.time_for_all(per_entry)));
        let state = &mut *self.state();
        if state.server.availability.is_down() {
            return; // nobody is there to carry it out
        }
        if let Some(end) = own {
            self.schedule_turn(end);
        }
        state.server.availability.begin_long_command(own.unwrap_or(until), now);
        state.counts.report.commands += 1;
    }

    /// The long command that was to end at `until` ends, if a crash has not ended it before.
    pub fn end_long_command(&self, until: Nanos) {
        let state = &mut *self.state();
        let Some(busy) = state.server.availability.end_long_command(until, self.now()) else { return };
        state.counts.busy_ns += u128::from(busy.0);
        self.serve_again(state);
        self.go_on_leaving(state);
    }

    /// Long commands that end by themselves may have ended.
    pub(super) fn end_long_commands(&self) {
        let now = self.now();
        while self.state.borrow().server.availability.has_long_command(now) {
            self.end_long_command(now);
        }
    }

    /// Somebody empties the node: entries and rows that wait for a flush are gone, the node is not.
    pub fn flush_all(&self) {
        let state = &mut *self.state();
        if state.server.availability.is_down() {
            return; // nobody is there to carry it out, and what may come back is not in memory
        }
        let now = self.now();
        state.memory.flush_all(&mut state.durability, now);
        for write in state.buffer.drop_queued() {
            self.release(state, write, Release::FlushAll);
        }
        if self.reading.notifies {
            self.common.changed.push((None, now));
        }
        // Who waited for room in a full buffer has it now.
        self.admit(state);
    }

    /// Commands take `times` as long from now on.
    pub fn slow_down(&self, times: f64) {
        self.state().server.availability.slow_down(times);
    }

    /// That slow-down is over.
    pub fn speed_up(&self, times: f64) {
        self.state().server.availability.speed_up(times);
    }
}
