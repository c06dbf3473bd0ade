//! What workers do: they take the next query, serve it for its time, and do at the end what it asks for.

use super::*;
use crate::{table, work};

impl Database {
    /// A worker's service time is over. An event that an outage or a freeze has overtaken finds another moment there, or
    /// nothing.
    pub fn served(&self, worker: u32) {
        let mut state = self.state.borrow_mut();
        let to = worker / state.machines[PRIMARY as usize].workers.len() as u32;
        let work = state.machines[to as usize].worker(worker);
        let Some(Serving { call, until, seen }) = *work else { return };
        if until != self.kernel.now() || (to as Place == PRIMARY && state.frozen > 0) {
            return;
        }
        *state.machines[to as usize].worker(worker) = None;
        state.machines[to as usize].connections -= 1;
        let reply = self.execute(&mut state, call, seen);
        self.give_back_locks(&mut state, self.calls.question(call).query);
        self.leave(&mut state, call);
        self.go_on(&mut state, to as Place, worker);
        self.calls.answer(call, reply, self.kernel.now());
    }

    /// A query is over.
    pub(super) fn leave(&self, state: &mut State, call: CallId) {
        self.free_batch(state, self.calls.question(call).query);
        self.note(state, call, Stand::Outside);
    }

    /// A query gets a connection and its locks; returns whether it has them all.
    pub(super) fn begin(&self, state: &mut State, to: Place, call: CallId) -> bool {
        let connections = &mut state.machines[to as usize].connections;
        *connections += 1;
        state.counts.connections_max = state.counts.connections_max.max(*connections);
        self.take_locks(state, call)
    }

    /// A worker is free and serves the next; where others can begin now, too, they do.
    pub(super) fn go_on(&self, state: &mut State, to: Place, worker: u32) {
        match self.next(state, to) {
            Some(next) => self.serve(state, worker, next),
            None => {
                self.account(state);
                state.machines[to as usize].idle.push(worker);
            }
        }
        self.put_to_work(state, to);
    }

    /// Idle workers serve whoever can be served.
    pub(super) fn put_to_work(&self, state: &mut State, to: Place) {
        while let Some(&worker) = state.machines[to as usize].idle.last() {
            let Some(next) = self.next(state, to) else { return };
            self.account(state);
            state.machines[to as usize].idle.pop();
            self.serve(state, worker, next);
        }
    }

    /// Who is to be served next: first who has waited for a lock, then the first in line who need not.
    fn next(&self, state: &mut State, to: Place) -> Option<CallId> {
        if let Some(ready) = state.machines[to as usize].ready.pop(&self.calls) {
            return Some(ready);
        }
        while state.machines[to as usize].connections < self.connection_limit {
            let call = state.machines[to as usize].line.pop(&self.calls)?;
            if self.begin(state, to, call) {
                return Some(call);
            }
        }
        None
    }

    pub(super) fn serve(&self, state: &mut State, worker: u32, call: CallId) {
        let question = self.calls.question(call).query;
        let time = self.time(state, question);
        let until = self.kernel.now().saturating_add(state.slow.stretch(time));
        let to = self.machine_of(call);
        let seen = match self.reads {
            Reads::Snapshot => self.look(state, to, question),
            Reads::Locking => WriteId::INITIAL,
        };
        self.note(state, call, Stand::Worker(worker));
        *state.machines[to as usize].worker(worker) = Some(Serving { call, until, seen });
        self.kernel.schedule(until, Event::new(self.service_event, worker));
    }

    /// How long a query takes.
    pub(super) fn time(&self, state: &mut State, question: Query) -> Nanos {
        let State { draws, batches, .. } = state;
        match question {
            Query::Read(_) | Query::Overtaken(_) => self.times.read.sample(&mut draws.read),
            Query::Write(_) | Query::Change(..) => self.times.write.sample(&mut draws.write),
            Query::Records(_) => self.times.read.sample(&mut draws.outbox),
            Query::Forget(_) => self.times.write.sample(&mut draws.outbox),
            Query::Batch(number) => {
                let rows = batches[number as usize].rows.len() as u64;
                let (first, others) = match &self.times.batch_base {
                    Some(base) => (base.sample(&mut draws.batch), rows),
                    None => (self.times.write.sample(&mut draws.batch), rows.saturating_sub(1)),
                };
                first.saturating_add(Nanos(self.times.batch_row.0.saturating_mul(others)))
            }
            Query::Cancel(..) => unreachable!("no worker cancels"),
        }
    }

    /// What a query that only looks finds now on that machine.
    pub(super) fn look(&self, state: &mut State, to: Place, question: Query) -> WriteId {
        match question {
            Query::Read(key) if to != PRIMARY => state.replicas[to as usize - 1].value(key, self.kernel.now()),
            Query::Read(key) => state.current.get(key as usize).copied().unwrap_or_default(),
            Query::Records(most) => WriteId(outbox_of(state).last_of(most)),
            _ => WriteId::INITIAL,
        }
    }

    /// Does what a query asks for, at the end of its service; `seen` is what it saw at the beginning.
    pub(super) fn execute(&self, state: &mut State, call: CallId, seen: WriteId) -> Reply {
        let question = self.calls.question(call).query;
        match question {
            Query::Read(_) | Query::Records(_) => {
                state.counts.reads += 1;
                return Ok(if self.reads == Reads::Snapshot {
                    seen
                } else {
                    self.look(state, self.machine_of(call), question)
                });
            }
            Query::Forget(last) => {
                let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
                let passed_on = state.outbox.as_mut().expect(OUTBOX).forget(last);
                passed_on.for_each(|row| ledger.mended(row.key, Mended::Done, now));
                return Ok(WriteId(last));
            }
            Query::Overtaken(_) => {
                self.release(state, question, Release::Refused);
                return Err(CallError::Conflict);
            }
            Query::Write(_) | Query::Change(..) | Query::Batch(_) | Query::Cancel(..) => {}
        }
        if self.abort > 0.0 && state.draws.abort.unit() < self.abort || fails(state) {
            state.counts.aborted += 1;
            self.release(state, question, Release::Refused);
            return Err(CallError::Aborted);
        }
        if let Query::Change(row, change) = question
            && !self.apply(state, row, change)
        {
            self.release(state, question, Release::Refused);
            return Err(CallError::Conflict);
        }
        let last = self.commit(state, question);
        self.replicate(state, question);
        self.release(state, question, Release::Delivered);
        Ok(last)
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    pub(super) fn apply(&self, state: &State, row: Row, change: Change) -> bool {
        let base = state.current.get(row.key as usize).copied().unwrap_or_default();
        let applies = base != row.write && (change == Change::Add || change == Change::CompareAndSet(base));
        if applies {
            self.ledger.borrow_mut().based_on(row.write, base);
        }
        applies
    }

    pub(super) fn commit(&self, state: &mut State, question: Query) -> WriteId {
        let mut ledger = self.ledger.borrow_mut();
        let commit = |ledger: &mut Ledger, current: &mut Vec<WriteId>, row: Row| {
            table::reach(current, row.key as usize, WriteId::default());
            current[row.key as usize] = row.write;
            ledger.committed(row.write, self.kernel.now());
        };
        match question {
            Query::Write(row) | Query::Change(row, _) => {
                if state.outbox.is_some() {
                    // As long as there is a record of it, the relay will see to the copies.
                    ledger.mending(row.key, self.kernel.now());
                }
                commit(&mut ledger, &mut state.current, row);
                state.outbox.iter_mut().for_each(|outbox| outbox.add(row));
                state.counts.rows += 1;
                row.write
            }
            Query::Batch(number) => {
                let State { current, batches, counts, .. } = state;
                let rows = &batches[number as usize].rows;
                work::count(rows.len());
                rows.iter().for_each(|&row| commit(&mut ledger, current, row));
                counts.rows += rows.len() as u64;
                counts.batches += 1;
                rows.last().map_or_else(WriteId::default, |row| row.write)
            }
            other => unreachable!("{other:?} commits nothing"),
        }
    }

    /// Replicas will hear of what has been committed.
    fn replicate(&self, state: &mut State, question: Query) {
        let now = self.kernel.now();
        let State { replicas, draws, batches, .. } = state;
        for replica in replicas {
            let at = now.saturating_add(self.times.lag.sample(&mut draws.lag));
            match question {
                Query::Write(row) | Query::Change(row, _) => replica.hear_of(row, at, now),
                Query::Batch(number) => {
                    work::count(batches[number as usize].rows.len());
                    batches[number as usize].rows.iter().for_each(|&row| replica.hear_of(row, at, now));
                }
                _ => {}
            }
        }
    }

    /// The message of `question` no longer holds its writes.
    pub(super) fn release(&self, state: &State, question: Query, why: Release) {
        let mut ledger = self.ledger.borrow_mut();
        let now = self.kernel.now();
        match question {
            Query::Read(_) | Query::Records(_) | Query::Forget(_) | Query::Cancel(..) => {}
            Query::Write(row) | Query::Change(row, _) | Query::Overtaken(row) => {
                ledger.released(row.write, Holder::Flight, why, now);
            }
            Query::Batch(number) => {
                work::count(state.batches[number as usize].rows.len());
                for row in &state.batches[number as usize].rows {
                    ledger.released(row.write, Holder::Flight, why, now);
                }
            }
        }
    }

    /// The number of a batch that is over can be used again.
    pub(super) fn free_batch(&self, state: &mut State, question: Query) {
        if let Query::Batch(number) = question {
            let batch = &mut state.batches[number as usize];
            batch.rows.clear();
            batch.keys.clear();
            batch.locked = 0;
            state.free_batches.push(number);
        }
    }
}

const OUTBOX: &str = "only a lane with an outbox asks for it";

fn outbox_of(state: &State) -> &Records {
    state.outbox.as_ref().expect(OUTBOX)
}

/// Whether a fault lets a transaction fail.
fn fails(state: &mut State) -> bool {
    let State { failing, draws, .. } = state;
    work::count(failing.len());
    // Each draws, so that one more changes nothing for the others.
    failing.iter().filter(|share| draws.failing.chance(**share)).count() > 0
}
