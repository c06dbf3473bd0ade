//! Crashes of a node and its replicas, and how they end.

use super::durability::{Due, Earlier};
use super::state::{CacheNode, State};
use crate::cache::journal::Position;
use crate::engine::CallId;
use crate::fault::{Crash, Restart};
use crate::ledger::{Holder, Ledger, Release};
use crate::model::{CallError, Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// How long a node that is restarted in order waits for its replicas (Redis 7: `shutdown-timeout` = 10 s).
const REPLICAS_PATIENCE: Nanos = Nanos::from_secs(10);

/// What a node has to say when something that kept it from work may have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing that others need to know.
    None,
    /// It has loaded what its disk had, and serves.
    Loaded,
    /// Another machine is the node from now on; tasks of the former one are over.
    Replaced,
    /// Another machine is the node from now on, in order: it goes on with what the former one was doing.
    HandedOver,
    /// It has done what was to be done before it goes, for so many restarts, of which so many are over.
    Leaves {
        /// How many.
        restarts: u32,
        /// Of them, how many are over.
        over: u32,
    },
}

/// The node itself.
impl CacheNode {
    /// The node crashes until that moment: its memory is gone, as far as nobody else has it, and so is everyone's
    /// connection to it.
    pub fn crash(&self, crash: Crash, until: Nanos) {
        let state = &mut *self.state();
        if crash.silent {
            self.withhold_answers(state);
            state.server.availability.stop_responding(until);
        }
        state.server.availability.go_down();
        state.buffer.set_flusher(None);
        self.common.jobs.forget_node(self.shard);
        let broken = state.durability.crash(crash, self.now());
        if broken.was_loading {
            state.server.availability.come_up();
        }
        self.break_answers(broken.calls);
        self.await_takeover(state);
        self.keep_what_can_come_back(state);
        self.break_connections(state);
        self.go_on_leaving(state);
    }

    /// The primary does not respond from now on, crashed or frozen: if that lasts, a replica takes over.
    pub(super) fn await_takeover(&self, state: &mut State) {
        if let Some(at) = state.durability.stop_responding(self.now()) {
            self.schedule_turn(at);
        }
    }

    fn keep_what_can_come_back(&self, state: &mut State) {
        match state.durability.recoverable() {
            Some((position, why)) => self.roll_back(state, position, why),
            None => self.lose_everything(state),
        }
    }

    /// Entries and rows are gone for good.
    fn lose_everything(&self, state: &mut State) {
        state.memory.lose();
        let now = self.now();
        state.buffer.forget_all_taken();
        self.lose_taken_out(state);
        let mut ledger = self.common.ledger.borrow_mut();
        for write in state.buffer.clear() {
            ledger.released(write, Holder::Buffer, Release::CacheCrash, now);
        }
        drop(ledger);
        state.durability.forget();
    }

    /// The memory is again what it was at an earlier position.
    fn roll_back(&self, state: &mut State, to: Position, why: Release) {
        let now = self.now();
        let Earlier { undone, rows } = state.durability.roll_back(to);
        work::count(undone.entries.len() + undone.returned.len() + undone.lost.len() + rows.len());
        let tell = |writes: &[WriteId], fact: fn(&mut Ledger, WriteId, Release, Nanos)| {
            let mut ledger = self.common.ledger.borrow_mut();
            writes.iter().for_each(|write| fact(&mut ledger, *write, why, now));
        };
        // What is back is held before its entry is, and what is lost no longer when its entry is gone.
        tell(&undone.returned, |ledger, write, _, now| ledger.held(write, Holder::Buffer, now));
        state.memory.restore(undone.entries, now);
        tell(&undone.lost, |ledger, write, why, now| ledger.released(write, Holder::Buffer, why, now));
        self.lose_taken_out(state);
        state.buffer.forget_taken(&undone.lost);
        state.buffer.forget_taken(&undone.unseen);
        self.buffer_again(state, rows);
    }

    /// The buffer holds these rows, and all of them wait.
    fn buffer_again(&self, state: &mut State, rows: Vec<(Key, WriteId)>) {
        state.buffer.clear();
        for (key, write) in rows {
            if let Some(older) = state.buffer.restore(key, write) {
                // One of them was in a flush, and now they share a place.
                self.release(state, older, Release::Coalesced { into: write });
            }
        }
    }

    /// Whoever waits for a response of the node will not get one.
    fn break_connections(&self, state: &mut State) {
        let of_loads = state.loads.abort();
        if let Some(call) = state.server.interrupt(self.now()) {
            self.common.calls.replace_response(call, Err(CallError::Lost));
        }
        for key in state.server.availability.abort() {
            state.buffer.unwatch(key); // its event has come
        }
        let mut stalled = state.server.availability.take_stalled();
        while let Some(call) = stalled.pop(&self.common.calls) {
            self.break_off(state, call);
        }
        // Broken connections do not wait for the end of the freeze.
        if !state.server.availability.is_silent() {
            self.let_answers_go(Nanos::ZERO);
        }
        let mut broken: Vec<CallId> = Vec::new();
        for mut line in [state.server.take_line(), state.buffer.take_waiting()].into_iter().chain(of_loads) {
            while let Some(call) = line.pop(&self.common.calls) {
                broken.push(call);
            }
        }
        work::count(broken.len());
        broken.into_iter().for_each(|call| self.break_off(state, call));
    }

    /// A call has lost its connection: its caller hears of it now, or when the machine is back.
    fn break_off(&self, state: &mut State, call: CallId) {
        if state.server.availability.is_silent() {
            state.server.availability.leave_unanswered(&self.common.calls, call);
        } else {
            self.fail(call, CallError::Lost);
        }
    }

    /// Whoever waits for the silent machine learns that there is no connection any more.
    fn break_unanswered(&self, state: &mut State) {
        let mut unanswered = state.server.availability.take_unanswered();
        work::count(unanswered.len() as usize);
        while let Some(call) = unanswered.pop(&self.common.calls) {
            self.fail(call, CallError::Lost);
        }
        self.let_answers_go(Nanos::ZERO);
    }

    /// The crash that was to last until that moment ends. Returns whether the node serves again: another crash may still
    /// last, or it may have to load first.
    pub fn restart(&self, crash: Crash, until: Nanos) -> bool {
        let state = &mut *self.state();
        if crash.silent && state.server.availability.respond_again(until) {
            self.break_unanswered(state);
        }
        if !state.durability.crash_ends() {
            self.admit_replicas(state); // it was primary once; another took over
            return false;
        }
        if !state.server.availability.come_up() {
            return false;
        }
        if !state.durability.is_durable() {
            return true;
        }
        if !state.server.availability.is_frozen() {
            state.durability.cancel_takeover();
        }
        match state.durability.on_disk() {
            Some(position) => self.roll_back(state, position, Release::PersistenceWindow),
            None => self.lose_everything(state),
        }
        self.load(state)
    }

    /// The node reads what its disk has. Returns whether that takes no time.
    fn load(&self, state: &mut State) -> bool {
        let now = self.now();
        let Some(at) = state.durability.load(state.memory.good_entries(now), now) else {
            self.resync(state);
            return true;
        };
        state.server.availability.go_down();
        self.schedule_turn(at);
        false
    }

    /// Memory is as it is, disk and replicas follow it from here on.
    fn resync(&self, state: &mut State) {
        let now = self.now();
        state.durability.resync(state.memory.good_entries(now), now);
        self.watch_all(state);
    }

    /// Dirty entries that came back have ends to be noticed.
    fn watch_all(&self, state: &mut State) {
        let rows = state.durability.rows();
        work::count(rows.len());
        rows.into_iter().for_each(|(key, _)| self.watch_expiry(state, key));
    }

    /// Something that keeps the node from work may have ended: a long command, loading, or waiting for the primary.
    pub fn turn(&self) -> Turn {
        self.end_long_commands();
        let state = &mut *self.state();
        let due = state.durability.due(self.now());
        if due != Due::Nothing {
            self.go_on_leaving(state);
        }
        match due {
            Due::Nothing => self.leave(state),
            Due::Loaded => {
                let up = state.server.availability.come_up();
                self.resync(state);
                if up { Turn::Loaded } else { Turn::None }
            }
            Due::HandOver => self.hand_over(state),
            Due::TakeOver => {
                if self.take_over(state) {
                    Turn::Replaced
                } else {
                    Turn::None
                }
            }
        }
    }
}

/// Restarts in order.
impl CacheNode {
    /// The node refuses whoever calls from now on, does what is to be done first, and goes; it is to be back at that moment.
    pub fn begin_to_leave(&self, first: Restart, until: Nanos) {
        let state = &mut *self.state();
        // Where values live in the cache only, nobody would flush them.
        let flush = first.flush && state.buffer.is_flushed();
        state.server.availability.begin_to_leave(Restart { flush, ..first }, until);
        if flush {
            self.wake_flusher(state);
        }
        self.go_on_leaving(state);
    }

    /// The restart that was to end at that moment is over; whether the node has not even gone.
    pub fn is_still_leaving(&self, until: Nanos) -> bool {
        self.state().server.availability.is_still_leaving(until)
    }

    /// Looks whether the node, if it is to go, can do so now.
    pub(super) fn go_on_leaving(&self, state: &State) {
        if state.server.availability.is_leaving() {
            self.schedule_turn(self.now());
        }
    }

    /// Goes, if it is to and everything that is to be done first has been done. One that has crashed meanwhile is gone.
    fn leave(&self, state: &mut State) -> Turn {
        let now = self.now();
        if state.server.availability.is_leaving() && !state.server.availability.is_down() {
            if state.server.availability.is_halted() {
                return Turn::None; // its end comes back to this
            }
            if !state.server.is_idle(now) {
                self.schedule_turn(state.server.busy_until().max(now));
                return Turn::None;
            }
            if let Some(at) = self.prepare_to_leave(state) {
                at.into_iter().for_each(|at| self.schedule_turn(at));
                return Turn::None;
            }
        }
        match state.server.availability.leave() {
            (0, _) => Turn::None,
            (restarts, over) => Turn::Leaves { restarts, over },
        }
    }

    /// Does what is to be done before the idle node goes. `None` where all is done; else when to look again, unless the end of
    /// a flush says so.
    fn prepare_to_leave(&self, state: &mut State) -> Option<Option<Nanos>> {
        let now = self.now();
        let leaving = state.server.availability.leaving()?;
        if leaving.first.flush && state.buffer.held().0 > 0 {
            return Some(None);
        }
        let patience = *leaving.patience.get_or_insert(now.saturating_add(REPLICAS_PATIENCE));
        if let Some(at) = state.durability.caught_up_at(now).filter(|_| patience > now) {
            return Some(Some(at.min(patience)));
        }
        if leaving.first.save {
            let takes = || state.durability.saving_time(state.memory.good_entries(now)).unwrap_or_default();
            let saved_at = *leaving.saved_at.get_or_insert_with(|| now.saturating_add(takes()));
            if saved_at > now {
                return Some(Some(saved_at));
            }
            state.durability.save(now);
        }
        None
    }
}

/// Its replicas.
impl CacheNode {
    /// The most advanced replica is the node from now on, if one lives.
    fn take_over(&self, state: &mut State) -> bool {
        let now = self.now();
        let Some((former, acked)) = state.durability.fail_over(now) else { return false };
        if state.server.availability.is_frozen() {
            let freezes = state.server.availability.hand_over_freezes();
            let broken = state.durability.leave_frozen(former, freezes, now);
            self.break_answers(broken);
            state.buffer.set_flusher(None);
            self.common.jobs.forget_node(self.shard);
            self.break_connections(state);
        }
        if state.server.availability.is_silent() {
            // Clients learn of the new machine, and leave the old one.
            state.server.availability.end_silences();
            self.break_unanswered(state);
        }
        self.roll_back(state, acked, Release::FailoverLag);
        state.server.availability.replace();
        state.durability.took_over(now);
        self.admit_replicas(state);
        self.watch_all(state);
        true
    }

    /// The node serves nobody until one of its replicas has all that it has, and then that one is the node, unless that is not
    /// so by then. One that stands still begins when it goes on; of one that is down, nothing is to be had in order.
    pub fn begin_to_hand_over(&self, until: Nanos) {
        let state = &mut *self.state();
        if !state.server.availability.is_down() {
            state.durability.ask_to_hand_over(until);
            let ended = self.go_on_handing_over(state);
            debug_assert!(ended.is_none(), "a replica that follows does so still");
        }
    }

    /// Serves nobody until the first replica has what there was at first, where one is to take over: when that is may have
    /// changed. Where there is no replica any more, gives the long command that is to end.
    #[must_use]
    pub(super) fn go_on_handing_over(&self, state: &mut State) -> Option<Nanos> {
        let now = self.now();
        if state.server.availability.is_down() || state.server.availability.is_frozen() {
            return None;
        }
        let before = state.durability.hands_over_at();
        let Some(at) = state.durability.plan_to_hand_over(now) else { return before };
        if before != Some(at) || at == now {
            state.server.availability.begin_long_command(at, now);
            before.into_iter().for_each(|before| _ = state.server.availability.end_long_command(before, now));
            self.schedule_turn(at);
        }
        None
    }

    /// How long that takes, as far as one can tell; no time where it does not happen.
    pub fn time_to_hand_over(&self) -> Nanos {
        let state = &mut *self.state();
        let now = self.now();
        let first = state.durability.first_to_catch_up(now).filter(|_| !state.server.availability.is_down());
        first.map_or(Nanos::ZERO, |at| at.max(state.server.availability.frozen_until()).saturating_sub(now))
    }

    /// If no replica has taken over by that moment, none does. Returns whether one was to.
    pub fn give_up_to_hand_over(&self, until: Nanos) -> bool {
        let Some(at) = self.state().durability.give_up_to_hand_over(until) else { return false };
        at.into_iter().for_each(|at| self.end_long_command(at));
        true
    }

    /// A replica that has all the node has takes over. What its loads and flushes do goes on: the new machine has them, too.
    fn hand_over(&self, state: &mut State) -> Turn {
        let well = !state.server.availability.is_down() && !state.server.availability.is_frozen();
        if !well || !state.durability.hand_over(self.now()) {
            return Turn::None;
        }
        state.durability.took_over(self.now());
        self.admit_replicas(state);
        Turn::HandedOver
    }

    /// Replicas that live and have nothing load everything from the primary, if it is up.
    pub(super) fn admit_replicas(&self, state: &mut State) {
        let entries = state.memory.good_entries(self.now());
        if !state.server.availability.is_down() {
            state.durability.admit_replicas(entries, self.now());
        }
    }

    /// A replica crashes: what it had acknowledged does not count any more.
    pub fn replica_crash(&self, number: u32) {
        let mut borrowed = self.state();
        let state = &mut *borrowed;
        let Some(amended) = state.durability.replica_crashes(number, self.now()) else { return };
        amended.into_iter().for_each(|(call, why)| self.common.calls.replace_response(call, Err(why)));
        if state.server.availability.is_down() {
            self.keep_what_can_come_back(state);
        }
        // It may have been the one that was to take over.
        if state.durability.hands_over_at().is_some() {
            let ended = self.go_on_handing_over(state);
            drop(borrowed);
            ended.into_iter().for_each(|at| self.end_long_command(at));
        }
    }

    /// A replica is back, empty.
    pub fn replica_restart(&self, number: u32) {
        let state = &mut *self.state();
        state.durability.replica_returns(number);
        self.admit_replicas(state);
    }
}
