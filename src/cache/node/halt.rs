//! A node that stands still, is emptied, is held up by one long command, or whose machine is silent.
//!
//! ```text
//!                     commands           what arrives        loads, flushes      memory
//! freeze              stand still        waits outside       stand still         stays
//! slow command        wait in line       waits in line       go on               stays
//! flush-all           wait in line       waits in line       go on               gone, except what a flush has in hand
//! ```
//! Slow commands and flush-all go over all entries, so a node that holds a quarter of them is busy for a quarter of the
//! time.
//!
//! A machine that is *silent* has crashed, and nobody tells its callers: what they sent, and the answers that had not left,
//! wait for it. When it is back it knows nothing of their connections, and all of them break.
//!
//! A freeze only stops the node's clock: what it was doing goes on afterwards where it stood. Callers have nothing but
//! their own timeouts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Absence, Answer, CacheNode, Command, State};
use crate::engine::{CallId, Calls, Event, Line};
use crate::fault::Slowdown;
use crate::ledger::{Holder, Mended, Release};
use crate::model::{CallError, Key};
use crate::time::Nanos;
use crate::work;

/// What keeps a node from serving, and what it owes until then.
#[derive(Debug, Default)]
pub(super) struct Halt {
    /// When the freezes are to end, and how many at each moment.
    freezes: Moments,
    frozen_since: Nanos,
    /// What arrived while it was frozen.
    stalled: Line,
    /// Dirty entries whose TTL ended while it was frozen.
    expired: Vec<Key>,
    /// When the long commands are to end, likewise.
    long_commands: Moments,
    occupied_since: Nanos,
    pub(super) slow: Slowdown,
    /// When the silent crashes are to end, and who waits for an answer meanwhile.
    silences: Moments,
    unheard: Line,
}

/// Moments, some of them several times.
#[derive(Debug, Default)]
struct Moments {
    counts: BTreeMap<Nanos, u32>,
    len: usize,
}

impl Moments {
    fn len(&self) -> usize {
        self.len
    }

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

/// An answer that a freeze caught before it had left.
#[derive(Clone, Copy, Debug)]
pub(in crate::cache) struct Withheld {
    pub(in crate::cache) call: CallId,
    shard: u32,
    /// Whether the freeze goes on.
    frozen: bool,
    /// When the answer would have reached its caller, if that moment has passed.
    came: Option<Nanos>,
    /// By how much it is late.
    delay: Nanos,
}

/// The answers of all nodes that a freeze caught, in the order of a list in which the last takes the place of one that
/// leaves. Whoever leaves is found without going over the others.
#[derive(Debug, Default)]
pub(in crate::cache) struct WithheldAnswers {
    by_place: BTreeMap<u64, Withheld>,
    place_of: BTreeMap<CallId, u64>,
    of_shard: BTreeSet<(u32, u64)>,
    next: u64,
}

impl WithheldAnswers {
    /// Whether there is none.
    #[inline]
    pub(in crate::cache) fn is_empty(&self) -> bool {
        self.by_place.is_empty()
    }

    fn get_mut(&mut self, call: CallId) -> Option<&mut Withheld> {
        self.by_place.get_mut(self.place_of.get(&call)?)
    }

    fn put(&mut self, place: u64, answer: Withheld) {
        self.place_of.insert(answer.call, place);
        self.of_shard.insert((answer.shard, place));
        self.by_place.insert(place, answer);
    }

    fn push(&mut self, answer: Withheld) {
        self.next += 1;
        self.put(self.next, answer);
    }

    fn take(&mut self, place: u64) -> Withheld {
        let answer = self.by_place.remove(&place).expect("a place in use");
        self.place_of.remove(&answer.call);
        self.of_shard.remove(&(answer.shard, place));
        answer
    }

    /// Takes the answer of a call out; the last one takes its place.
    fn swap_out(&mut self, call: CallId) -> Option<Withheld> {
        let place = *self.place_of.get(&call)?;
        let answer = self.take(place);
        if let Some((&last, _)) = self.by_place.last_key_value().filter(|(last, _)| **last > place) {
            let last = self.take(last);
            self.put(place, last);
        }
        Some(answer)
    }

    /// The places of a node's answers, in order.
    fn places_of(&self, shard: u32) -> Vec<u64> {
        let places: Vec<u64> = self.of_shard.range((shard, 0)..=(shard, u64::MAX)).map(|(_, place)| *place).collect();
        work::count(places.len());
        places
    }
}

impl Halt {
    /// Whether the node stands still.
    pub(super) fn is_frozen(&self) -> bool {
        !self.freezes.is_empty()
    }

    /// Whether its machine is silent.
    pub(super) fn is_silent(&self) -> bool {
        !self.silences.is_empty()
    }

    /// A call will hear nothing before the machine is back.
    pub(super) fn wait_unheard(&mut self, calls: &Calls<Command, Answer>, call: CallId) {
        self.unheard.push(calls, call);
    }

    /// Another machine is the node from now on.
    pub(super) fn end_silences(&mut self) {
        self.silences = Moments::default();
    }

    /// The freezes stay with the machine that was the node: when each is to end.
    pub(super) fn leave_freezes(&mut self) -> Vec<Nanos> {
        std::mem::take(&mut self.freezes).into_all()
    }

    /// Whether no command is served.
    pub(super) fn is_on(&self) -> bool {
        self.is_frozen() || !self.long_commands.is_empty()
    }
}

impl CacheNode {
    /// A command has reached a node that serves none.
    #[cold]
    pub(super) fn arrive_halted(&self, state: &mut State, call: CallId) {
        let line = if state.halt.is_frozen() { &mut state.halt.stalled } else { &mut state.line };
        line.push(&self.common.calls, call);
    }

    /// A dirty entry's TTL ended; whether the node, being frozen, does not notice yet.
    pub(super) fn overlooks_expiry(&self, state: &mut State, key: Key) -> bool {
        let frozen = state.halt.is_frozen();
        if frozen {
            state.halt.expired.push(key);
        }
        frozen
    }

    /// The node stands still until that moment.
    pub fn freeze(&self, until: Nanos) {
        let mut state = self.state.borrow_mut();
        let now = self.common.kernel.now();
        state.halt.freezes.add(until);
        state.halted = true;
        if state.halt.freezes.len() > 1 {
            return;
        }
        state.halt.frozen_since = now;
        self.fall_silent(&mut state);
        self.withhold_answers(&state);
    }

    /// Answers that have been given and have not left stay.
    fn withhold_answers(&self, state: &State) {
        let now = self.common.kernel.now();
        let serving = state.serving.filter(|(_, until)| *until > now).map(|(call, _)| call);
        let caught: Vec<CallId> = serving.into_iter().chain(CacheNode::answers_to_leave(state, now)).collect();
        let mut withheld = self.common.withheld.borrow_mut();
        work::count(caught.len());
        for call in caught.into_iter().filter(|call| self.common.calls.is_answered(*call)) {
            match withheld.get_mut(call) {
                Some(answer) => answer.frozen = true,
                None => {
                    withheld.push(Withheld { call, shard: self.shard, frozen: true, came: None, delay: Nanos::ZERO });
                }
            }
        }
    }

    /// The machine is silent until that moment; called before the crash.
    pub(super) fn fall_silent_for_callers(&self, state: &mut State, until: Nanos) {
        self.withhold_answers(state);
        state.halt.silences.add(until);
    }

    /// A silent crash that was to last until that moment ends, if no other machine has become the node.
    pub(super) fn is_heard_again(&self, state: &mut State, until: Nanos) {
        if state.halt.silences.take(until) && !state.halt.is_silent() {
            self.break_unheard(state);
        }
    }

    /// Whoever waits for the silent machine learns that there is no connection any more.
    pub(super) fn break_unheard(&self, state: &mut State) {
        work::count(state.halt.unheard.len() as usize);
        while let Some(call) = state.halt.unheard.pop(&self.common.calls) {
            self.common.calls.answer(call, Err(CallError::Lost), self.common.kernel.now());
        }
        self.let_answers_go(Nanos::ZERO);
    }

    /// The freeze that was to end at `until` ends; when it was the last one, everything goes on where it stood, and what
    /// waited outside arrives. Returns whether it was the node's: else it was that of a machine another has replaced.
    pub fn thaw(&self, until: Nanos) -> bool {
        let mut state = self.state.borrow_mut();
        if self.former_thaws(&mut state, until) {
            return false;
        }
        assert!(state.halt.freezes.take(until), "only what is frozen can thaw");
        state.halted = state.halt.is_on();
        if state.halt.is_frozen() {
            return true;
        }
        self.speak_again(&mut state);
        let since = state.halt.frozen_since;
        let stood = self.common.kernel.now() - since;
        if let Some((_, until)) = &mut state.serving
            && *until > since
        {
            *until = until.saturating_add(stood);
        }
        if !state.halt.is_silent() {
            self.let_answers_go(stood);
        }
        state.called_back = false; // the event under way comes too early
        self.serve_again(&mut state);
        let (mut stalled, expired) = (std::mem::take(&mut state.halt.stalled), std::mem::take(&mut state.halt.expired));
        drop(state);
        expired.into_iter().for_each(|key| self.dirty_expiry(key));
        work::count(stalled.len() as usize);
        while let Some(call) = stalled.pop(&self.common.calls) {
            self.arrive(call);
        }
        true
    }

    /// The answers that a freeze held back arrive as much later as the node `stood` still.
    fn let_answers_go(&self, stood: Nanos) {
        let now = self.common.kernel.now();
        let mut withheld = self.common.withheld.borrow_mut();
        for place in withheld.places_of(self.shard) {
            let answer = withheld.by_place.get_mut(&place).expect("a place in use");
            if !std::mem::take(&mut answer.frozen) {
                continue;
            }
            answer.delay = answer.delay.saturating_add(stood);
            if let Some(came) = answer.came {
                let at = came.saturating_add(answer.delay).max(now);
                self.common.kernel.schedule(at, Event::new(self.events.answer, answer.call));
                withheld.take(place);
            }
        }
    }

    /// How long a command takes that takes so long for each entry held.
    pub fn time_for_all(&self, per_entry: Nanos) -> Nanos {
        let state = self.state.borrow();
        state.halt.slow.stretch(Nanos(per_entry.0.saturating_mul(state.store.len().into())))
    }

    /// A long command begins; the command being served is finished first. It is to end at `until`, or, where that is now,
    /// when it has gone over all entries.
    pub fn begin_long_command(&self, until: Nanos, per_entry: Nanos) {
        let now = self.common.kernel.now();
        let own = (until <= now).then(|| now.saturating_add(self.time_for_all(per_entry)));
        let mut state = self.state.borrow_mut();
        if state.down > 0 {
            return; // nobody is there to obey
        }
        if let Some(end) = own {
            self.common.kernel.schedule(end, Event::new(self.events.turn, self.shard));
        }
        let until = own.unwrap_or(until);
        if state.halt.long_commands.is_empty() {
            state.halt.occupied_since = self.common.kernel.now();
        }
        state.halt.long_commands.add(until);
        state.counts.commands += 1;
        state.halted = true;
    }

    /// The long command that was to end at `until` ends, if a crash has not ended it before.
    pub fn end_long_command(&self, until: Nanos) {
        let mut state = self.state.borrow_mut();
        if !state.halt.long_commands.take(until) {
            return;
        }
        if state.halt.long_commands.is_empty() {
            state.counts.busy_ns += u128::from((self.common.kernel.now() - state.halt.occupied_since).0);
        }
        state.halted = state.halt.is_on();
        self.serve_again(&mut state);
    }

    /// Long commands that end by themselves may have ended.
    pub(super) fn end_long_commands(&self) {
        let now = self.common.kernel.now();
        while self.state.borrow().halt.long_commands.has(now) {
            self.end_long_command(now);
        }
    }

    /// Somebody empties the node: entries and rows that wait for a flush are gone, the node is not.
    pub fn flush_all(&self) {
        let mut state = self.state.borrow_mut();
        if state.down > 0 {
            return; // nobody is there to obey, and what may come back is not in memory
        }
        let now = self.common.kernel.now();
        let held: Vec<Key> = state.store.iter().map(|entry| entry.key).collect();
        work::count(held.len());
        for key in held {
            state.will_set(key, now);
            state.set_absence(key, Absence::Invalidated);
        }
        state.store.clear();
        for write in state.buffer.drop_queued() {
            self.common.ledger.borrow_mut().released(write, Holder::Buffer, Release::FlushAll, now);
            state.row_left(write, now);
        }
        if self.reading.tells {
            self.common.changed.borrow_mut().push((None, now));
        }
        // Who waited for room in a full buffer has it now.
        self.admit(&mut state);
    }

    /// Commands take `times` as long from now on.
    pub fn slow_down(&self, times: f64) {
        self.state.borrow_mut().halt.slow.begin(times);
    }

    /// That slow-down is over.
    pub fn speed_up(&self, times: f64) {
        self.state.borrow_mut().halt.slow.end(times);
    }

    /// A crash takes along what waited, and ends long commands. A freeze outlasts it.
    pub(super) fn break_halt(&self, state: &mut State) {
        state.halt.long_commands = Moments::default();
        for key in std::mem::take(&mut state.halt.expired) {
            state.watched.set(key, false); // its event has come
        }
        state.halted = state.halt.is_on();
        while let Some(call) = state.halt.stalled.pop(&self.common.calls) {
            self.break_off(state, call);
        }
        // Broken connections do not wait for the end of the freeze.
        if !state.halt.is_silent() {
            self.let_answers_go(Nanos::ZERO);
        }
    }

    fn serve_again(&self, state: &mut State) {
        if !state.halted && !state.line.is_empty() {
            self.call_back(state);
        }
    }
}

impl super::super::shards::Shards {
    /// The answer of a call reaches its caller, unless a freeze caught it before it had left.
    #[inline]
    pub fn deliver(&self, call: CallId) {
        if self.common().withheld.borrow().is_empty() || !self.is_late(call) {
            let command = self.calls().question(call);
            if command.sees_to_copies() {
                self.tell_outcome(call, command.key());
            }
            self.calls().deliver(call, &self.common().kernel);
        }
    }

    /// The witness hears whether the cached copy of `key` was seen to.
    fn tell_outcome(&self, call: CallId, key: Key) {
        let common = self.common();
        // Who finds another value than expected changes nothing and has nothing to see to.
        let failed = |answer: &Answer| answer.is_err_and(|failure| failure != CallError::Conflict);
        let how = if self.calls().answered_with(call, failed) { Mended::InVain } else { Mended::Done };
        common.ledger.borrow_mut().mended(key, how, common.kernel.now());
    }

    #[cold]
    fn is_late(&self, call: CallId) -> bool {
        let common = self.common();
        let mut withheld = common.withheld.borrow_mut();
        let Some(answer) = withheld.get_mut(call) else { return false };
        if answer.frozen {
            answer.came = Some(common.kernel.now());
            return true;
        }
        let answer = withheld.swap_out(call).expect("it was there");
        let at = common.kernel.now().saturating_add(answer.delay);
        common.kernel.schedule(at, Event::new(self.node(answer.shard).events.answer, call));
        true
    }
}
