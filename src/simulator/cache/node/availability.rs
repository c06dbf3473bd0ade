//! What keeps a node from serving: crashes, freezes and long commands; and a machine that does not respond.
//!
//! ```text
//!                     commands           what arrives        loads, flushes      memory
//! freeze              stand still        waits outside       stand still         stays
//! slow command        wait in line       waits in line       go on               stays
//! flush-all           wait in line       waits in line       go on               gone, except what a flush has in hand
//! ```

use std::collections::BTreeMap;

use crate::cache::command::{Answer, Command};
use crate::engine::{CallId, CallQueue, Calls};
use crate::fault::{Restart, Slowdown};
use crate::model::Key;
use crate::stage::Condition;
use crate::time::Nanos;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Availability {
    /// How many crashes last; loading after one counts as another.
    down: u32,
    /// When the freezes are to end.
    freezes: Moments,
    frozen_since: Nanos,
    /// What arrived while the node was frozen.
    stalled: CallQueue,
    /// Dirty entries whose TTL ended while it was frozen.
    expired: Vec<Key>,
    /// When the long commands are to end.
    long_commands: Moments,
    occupied_since: Nanos,
    /// Whether it is frozen or busy with a long command.
    halted: bool,
    slow: Slowdown,
    /// What it does before it goes, where it is restarted in order.
    leaving: Option<Leaving>,
    /// When the silent crashes are to end, and who gets no response until then.
    silences: Moments,
    unanswered: CallQueue,
}

/// Restarts that were asked for, of a node that has not gone yet.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// What was asked for in any of them.
    pub(super) first: Restart,
    /// When it goes although replicas lag behind.
    pub(super) patience: Option<Nanos>,
    /// When it will have saved.
    pub(super) saved_at: Option<Nanos>,
    /// When the restarts are to end, and how many are over.
    until: Moments,
    over: u32,
}

/// Moments, some of them several times.
#[derive(Debug, Default)]
struct Moments {
    counts: BTreeMap<Nanos, u32>,
    len: usize,
}

impl Moments {
    fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn has(&self, moment: Nanos) -> bool {
        self.counts.contains_key(&moment)
    }

    fn add(&mut self, moment: Nanos) {
        *self.counts.entry(moment).or_default() += 1;
        self.len += 1;
    }

    /// Takes one out; whether there was one.
    fn take(&mut self, moment: Nanos) -> bool {
        let Some(count) = self.counts.get_mut(&moment) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&moment);
        }
        self.len -= 1;
        true
    }

    fn into_all(self) -> Vec<Nanos> {
        self.counts.into_iter().flat_map(|(moment, count)| std::iter::repeat_n(moment, count as usize)).collect()
    }
}

impl Availability {
    /// Whether a crash lasts, or loading after one.
    #[inline]
    pub(super) fn is_down(&self) -> bool {
        self.down > 0
    }

    /// Whether it tells callers that it serves nobody: it is down, or about to go.
    #[inline]
    pub(super) fn refuses(&self) -> bool {
        self.is_down() || self.is_leaving() && !self.is_frozen()
    }

    /// Whether the node stands still.
    #[inline]
    pub(super) fn is_frozen(&self) -> bool {
        !self.freezes.is_empty()
    }

    /// Whether its machine gives no sign of life, not even a broken connection.
    #[inline]
    pub(super) fn is_silent(&self) -> bool {
        !self.silences.is_empty()
    }

    /// Whether no command is served although the node is up: it is frozen, or busy with a long command.
    #[inline]
    pub(super) fn is_halted(&self) -> bool {
        self.halted
    }

    /// How it is, for those who watch.
    pub(super) fn condition(&self) -> Condition {
        match (self.is_down() || self.is_silent() || self.is_leaving(), self.halted) {
            (true, _) => Condition::Down,
            (_, true) => Condition::Frozen,
            _ if self.slow.is_empty() => Condition::Up,
            _ => Condition::Slow,
        }
    }

    fn update(&mut self) {
        self.halted = self.is_frozen() || !self.long_commands.is_empty();
    }

    // ---- Crashes ----

    /// A crash, or loading, begins.
    pub(super) fn go_down(&mut self) {
        self.down += 1;
    }

    /// A crash, or loading, ends; whether the node is up.
    pub(super) fn come_up(&mut self) -> bool {
        assert!(self.down > 0, "only what is down can come up");
        self.down -= 1;
        self.down == 0
    }

    /// Another machine is the node from now on, whatever crashes of the former one last.
    pub(super) fn replace(&mut self) {
        self.down = 0;
    }

    /// Nobody is connected any more: long commands end, and dirty entries are given back whose end nobody noticed.
    pub(super) fn abort(&mut self) -> Vec<Key> {
        self.long_commands = Moments::default();
        self.update();
        std::mem::take(&mut self.expired)
    }

    // ---- Restarts in order ----

    /// Whether it refuses calls because it is about to go.
    #[inline]
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Whether it flushes everything because it is about to go.
    pub(super) fn flushes_all(&self) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.first.flush)
    }

    /// What it does before it goes.
    pub(super) fn leaving(&mut self) -> Option<&mut Leaving> {
        self.leaving.as_mut()
    }

    /// It is to do this first, then to go, and to be back at that moment.
    pub(super) fn begin_to_leave(&mut self, first: Restart, until: Nanos) {
        let leaving = self.leaving.get_or_insert_default();
        leaving.first.flush |= first.flush;
        leaving.first.save |= first.save;
        leaving.until.add(until);
    }

    /// A restart that was to end at that moment is over; whether the node has not even gone.
    pub(super) fn is_still_leaving(&mut self, until: Nanos) -> bool {
        let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.until.has(until)) else { return false };
        leaving.until.take(until);
        leaving.over += 1;
        true
    }

    /// It goes: for how many restarts, and how many of them are over.
    pub(super) fn leave(&mut self) -> (u32, u32) {
        self.leaving.take().map_or((0, 0), |leaving| (leaving.until.len as u32 + leaving.over, leaving.over))
    }

    // ---- Silence ----

    /// The machine stops responding until that moment.
    pub(super) fn stop_responding(&mut self, until: Nanos) {
        self.silences.add(until);
    }

    /// A silence that was to last until that moment ends; whether it was the last one.
    pub(super) fn respond_again(&mut self, until: Nanos) -> bool {
        self.silences.take(until) && !self.is_silent()
    }

    /// Another machine responds in its place.
    pub(super) fn end_silences(&mut self) {
        self.silences = Moments::default();
    }

    /// A call gets no response before the machine is back.
    pub(super) fn leave_unanswered(&mut self, calls: &Calls<Command, Answer>, call: CallId) {
        self.unanswered.push(calls, call);
    }

    /// Who got no response so far.
    pub(super) fn take_unanswered(&mut self) -> CallQueue {
        std::mem::take(&mut self.unanswered)
    }

    // ---- Freezes ----

    /// The node stands still until that moment; whether it did not before.
    pub(super) fn freeze(&mut self, until: Nanos, now: Nanos) -> bool {
        let first = !self.is_frozen();
        self.freezes.add(until);
        self.update();
        if first {
            self.frozen_since = now;
        }
        first
    }

    /// A freeze that was to end at `until` ends. If it was the last one: since when the node had been standing still.
    pub(super) fn thaw(&mut self, until: Nanos) -> Option<Nanos> {
        assert!(self.freezes.take(until), "only what is frozen can thaw");
        self.update();
        (!self.is_frozen()).then_some(self.frozen_since)
    }

    /// The freezes stay with the machine that was the node: when each is to end.
    pub(super) fn hand_over_freezes(&mut self) -> Vec<Nanos> {
        let freezes = std::mem::take(&mut self.freezes).into_all();
        self.update();
        freezes
    }

    /// When the last of the freezes is to end.
    pub(super) fn frozen_until(&self) -> Nanos {
        self.freezes.counts.last_key_value().map_or(Nanos::ZERO, |(until, _)| *until)
    }

    /// A call has reached a frozen node.
    pub(super) fn stall(&mut self, calls: &Calls<Command, Answer>, call: CallId) {
        self.stalled.push(calls, call);
    }

    /// What arrived during the freezes.
    pub(super) fn take_stalled(&mut self) -> CallQueue {
        std::mem::take(&mut self.stalled)
    }

    /// A dirty entry's TTL ended; whether the node, being frozen, does not notice yet.
    pub(super) fn overlooks_expiry(&mut self, key: Key) -> bool {
        let frozen = self.is_frozen();
        if frozen {
            self.expired.push(key);
        }
        frozen
    }

    /// The dirty entries whose TTL ended during the freezes.
    pub(super) fn take_overlooked(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.expired)
    }

    // ---- Long commands and slow-downs ----

    /// A long command begins that is to end at that moment.
    pub(super) fn begin_long_command(&mut self, until: Nanos, now: Nanos) {
        if self.long_commands.is_empty() {
            self.occupied_since = now;
        }
        self.long_commands.add(until);
        self.update();
    }

    /// Whether a long command is to end at that moment.
    pub(super) fn has_long_command(&self, until: Nanos) -> bool {
        self.long_commands.has(until)
    }

    /// The long command that was to end at `until` ends; `None` where a crash has ended it before. How long the node has
    /// been busy with such commands, when this was the last.
    pub(super) fn end_long_command(&mut self, until: Nanos, now: Nanos) -> Option<Nanos> {
        if !self.long_commands.take(until) {
            return None;
        }
        self.update();
        Some(if self.long_commands.is_empty() { now - self.occupied_since } else { Nanos::ZERO })
    }

    /// Commands take `times` as long from now on.
    pub(super) fn slow_down(&mut self, times: f64) {
        self.slow.begin(times);
    }

    /// That slow-down is over.
    pub(super) fn speed_up(&mut self, times: f64) {
        self.slow.end(times);
    }

    /// How long a command takes now that otherwise takes `time`.
    #[inline]
    pub(super) fn stretch(&self, time: Nanos) -> Nanos {
        self.slow.stretch(time)
    }
}
