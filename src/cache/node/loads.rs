//! How a node comes by what it does not have: it loads it itself (read-through), or its readers fill it (look-aside).

use super::{CacheNode, Command, Copied, Fill, Found, Guard, Job, LeaseAsked, Load, State};
use crate::cache::expiry::Life;
use crate::engine::CallId;
use crate::ledger::Origin;
use crate::model::{CallError, Key, WriteId};
use crate::time::Nanos;
use crate::work;

impl CacheNode {
    // ---- Fills by readers ----

    pub(super) fn look_up_copy(&self, state: &mut State, key: Key) -> Found {
        self.look_up(state, key).map_or(Found::Nothing, |value| Found::Copy(self.copied(state, key, value)))
    }

    fn copied(&self, state: &State, key: Key, value: WriteId) -> Copied {
        // What is only in the buffer is good for as long as it is there.
        let expires = state.store.peek(key).map_or(Nanos::MAX, |entry| entry.expires);
        Copied { value, expires, took: state.took.get(key), life: state.lives.get(key) }
    }

    pub(super) fn look_up_or_lease(&self, state: &mut State, asked: LeaseAsked) -> Found {
        let LeaseAsked { key, stale, counts } = asked;
        let before = state.counts;
        let found = self.look_up_copy(state, key);
        if !counts {
            state.counts = before;
        }
        if found != Found::Nothing {
            return found;
        }
        let now = self.common.kernel.now();
        if let Some(token) = state.leases.ask(key, now) {
            return Found::Lease(token);
        }
        state.counts.delayed_hits += u64::from(counts);
        Found::Wait(if stale { state.leases.left_behind(key, now) } else { None })
    }

    pub(super) fn fill(&self, state: &mut State, fill: Fill) {
        let Fill { key, value, guard, life, took } = fill;
        let allowed = match guard {
            Guard::Open => true,
            Guard::Lease(token) => state.leases.redeem(key, token),
            Guard::Still(old) => state.store.peek(key).is_some_and(|entry| entry.value == old.0),
        };
        if !allowed {
            state.counts.fills_refused += 1;
        } else if state.buffer.newest_write(key).is_none() {
            self.keep(state, key, value, life, Origin::Fill);
            state.took.set(key, took);
        }
    }

    // ---- Loads ----

    pub(super) fn fetch(&self, state: &mut State, key: Key, call: CallId) -> Option<Found> {
        match self.look_up(state, key) {
            Some(value) if !self.refreshes(state, key, value, call) => Some(Found::Value(value)),
            Some(_) => None,
            None => {
                self.wait_for_load(state, key, call);
                None
            }
        }
    }

    /// Whether the caller waits for a fresh value although there is a good one. Others are given that meanwhile.
    fn refreshes(&self, state: &mut State, key: Key, value: WriteId, call: CallId) -> bool {
        let refresh = &self.reading.refresh;
        if refresh.is_off() || state.is_loading(key) || state.buffer.newest_write(key).is_some() {
            return false;
        }
        let (copy, now) = (self.copied(state, key, value), self.common.kernel.now());
        let early = refresh.is_early(copy.expires, copy.took, now, &mut state.early);
        if early || refresh.is_ahead(copy.expires, copy.life, now) {
            state.counts.refreshes += 1;
            let at = state.busy_until();
            let load = self.begin_load(state, key, at);
            if early {
                load.waiting.push(&self.common.calls, call);
            }
        }
        early
    }

    /// Begins to load a key that nobody has asked for yet, unless it is here or on its way. Returns whether it begins.
    pub fn begin_warm_up(&self, key: Key) -> bool {
        let mut state = self.state.borrow_mut();
        let begins = state.down == 0 && state.store.peek(key).is_none() && !state.is_loading(key);
        if begins {
            CacheNode::note_load(&mut state, key, self.common.kernel.now());
        }
        begins
    }

    fn wait_for_load(&self, state: &mut State, key: Key, call: CallId) {
        let at = state.busy_until();
        let load = match state.loads.get_mut(&key) {
            Some(load) => {
                state.counts.delayed_hits += 1;
                load
            }
            None => self.begin_load(state, key, at),
        };
        load.to_change |= matches!(self.common.calls.question(call), Command::FetchToChange(_));
        let line = if load.overtaken { &mut load.late } else { &mut load.waiting };
        line.push(&self.common.calls, call);
    }

    fn begin_load<'s>(&self, state: &'s mut State, key: Key, at: Nanos) -> &'s mut Load {
        self.ask(Job::Load(key, at));
        CacheNode::note_load(state, key, at)
    }

    fn note_load(state: &mut State, key: Key, begun: Nanos) -> &mut Load {
        let number = state.loads_begun;
        state.loads_begun += 1;
        let load = state.loads.entry(key).or_default();
        *load = Load { number, begun, ..Load::default() };
        load
    }

    /// A load has come back from the database: everyone who waited gets its outcome, and it is kept for `life`.
    pub fn loaded(&self, key: Key, outcome: Result<WriteId, CallError>, life: Life) {
        let mut state = self.state.borrow_mut();
        let mut load = state.loads.remove(&key).expect("a load that was begun");
        let now = self.common.kernel.now();
        if let (Ok(value), false) = (outcome, load.overtaken) {
            if load.to_change && life == Life::None {
                // What was known before somebody else's load is what the first one goes by.
                state.no_rows.entry(key).or_insert(value);
            }
            self.keep(&mut state, key, value, life, Origin::Fill);
            if !self.reading.refresh.is_off() {
                state.took.set(key, now.saturating_sub(load.begun));
            }
        }
        self.admit(&mut state);
        // A refresh that fails costs nobody an answer: the copy is still good.
        let copy = state.store.peek(key).filter(|copy| !self.reading.refresh.is_off() && !copy.is_expired(now));
        let answer = outcome.or_else(|failure| copy.map(|copy| WriteId(copy.value)).ok_or(failure));
        work::count(load.waiting.len() as usize);
        while let Some(call) = load.waiting.pop(&self.common.calls) {
            self.common.calls.answer(call, answer.map(Found::Loaded), now);
        }
        if !load.late.is_empty() {
            let next = self.begin_load(&mut state, key, now);
            (next.waiting, next.to_change) = (load.late, load.to_change);
        }
    }
}
