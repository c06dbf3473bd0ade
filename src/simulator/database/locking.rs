//! Which [locks] a query needs, and what becomes of it when it has them.

use super::*;
use crate::work;

impl Database {
    /// Takes the locks that `call` needs, as far as they are free; for the first that is not, it stands in line. Returns
    /// whether it has them all.
    pub(super) fn acquire_locks(&self, state: &mut State, call: CallId) -> bool {
        if !self.row_locks {
            return true;
        }
        self.detect_conflict(state, call);
        let State { locks, batches, .. } = &mut *state;
        let taken_by_others = match self.calls.request(call).query {
            Query::Read(key) if self.reads == Reads::Locking => {
                Some(key).filter(|&key| !locks.acquire(&self.calls, key, call))
            }
            Query::Write(row) | Query::Change(row, _) => {
                Some(row.key).filter(|&key| !locks.acquire(&self.calls, key, call))
            }
            Query::Batch(number) => {
                let batch = &mut batches[number];
                work::count(batch.keys.len() - batch.locked);
                let mut rest = batch.keys[batch.locked..].iter();
                let taken_by_others = rest.find(|&&key| !locks.acquire(&self.calls, key, call)).copied();
                batch.locked = batch.keys.len() - rest.len() - usize::from(taken_by_others.is_some());
                taken_by_others
            }
            _ => None,
        };
        if let Some(row) = taken_by_others {
            state.counts.report.lock_waits += 1;
            self.count_waits(state);
            self.set_query_state(state, call, QueryState::WaitsForLock(row));
        }
        taken_by_others.is_none()
    }

    /// Gives back the locks that a query has, and lets go on who has waited for them.
    pub(super) fn release_locks(&self, state: &mut State, query: Query) {
        if !self.row_locks {
            return;
        }
        let mut granted = Vec::new();
        let State { locks, batches, .. } = &mut *state;
        match query {
            Query::Read(key) if self.reads == Reads::Locking => locks.release(&self.calls, key, &mut granted),
            Query::Write(row) | Query::Change(row, _) => locks.release(&self.calls, row.key, &mut granted),
            Query::Batch(number) => {
                let batch = &batches[number];
                work::count(batch.locked);
                batch.keys[..batch.locked].iter().for_each(|&key| locks.release(&self.calls, key, &mut granted));
            }
            _ => {}
        }
        self.granted(state, granted);
    }

    /// `call` stands no longer in line for `row`.
    pub(super) fn stop_waiting(&self, state: &mut State, call: CallId, row: Key) {
        let mut granted = Vec::new();
        state.locks.stop_waiting(&self.calls, row, call, &mut granted);
        self.granted(state, granted);
    }

    /// These have got the lock they stood in line for: who needs no more is ready. Who does not need it after all lets the
    /// next one have it.
    pub(super) fn granted(&self, state: &mut State, mut calls: Vec<CallId>) {
        let mut next = 0;
        while let Some(&call) = calls.get(next) {
            next += 1;
            work::count(1);
            let has_all = match self.calls.request(call).query {
                Query::Batch(number) => {
                    state.batches[number].locked += 1;
                    self.acquire_locks(state, call)
                }
                Query::Change(row, _) => {
                    if self.detect_conflict(state, call) {
                        state.locks.release(&self.calls, row.key, &mut calls);
                    }
                    true
                }
                _ => true,
            };
            if has_all {
                self.set_query_state(state, call, QueryState::Ready);
                state.machines[PRIMARY as usize].ready.push(&self.calls, call);
            }
        }
        self.count_waits(state);
    }

    /// Whether `call` is a change that finds another value than it expects; then it is one that will write nothing.
    pub(super) fn detect_conflict(&self, state: &State, call: CallId) -> bool {
        let asked = self.calls.request(call);
        let Query::Change(row, Change::CompareAndSet(expected)) = asked.query else { return false };
        let conflicts = state.committed(row.key) != expected;
        if conflicts {
            self.calls.replace_request(call, Request { query: Query::Conflicting(row), ..asked });
        }
        conflicts
    }

    /// Brings the time of waits for locks up to date; called after their number has changed.
    pub(super) fn count_waits(&self, state: &mut State) {
        let ended = i128::from(state.lock_waiters) - i128::from(state.locks.waiting());
        state.lock_clock += ended * i128::from(self.kernel.now().0);
        state.lock_waiters = state.locks.waiting();
    }
}
