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
        if until != self.kernel.now() || (to as MachineId == PRIMARY && state.frozen > 0) {
            return;
        }
        *state.machines[to as usize].worker(worker) = None;
        let load = state.machines[to as usize].load();
        if let Some(shedding) = &mut state.machines[to as usize].shedding {
            shedding.served(call, load, self.kernel.now());
        }
        state.machines[to as usize].connections -= 1;
        let response = self.execute(&mut state, call, seen);
        self.release_locks(&mut state, self.calls.request(call).query);
        self.close(&mut state, call);
        self.worker_free(&mut state, to as MachineId, worker);
        self.calls.respond(call, response, self.kernel.now());
    }

    /// A query is over.
    pub(super) fn close(&self, state: &mut State, call: CallId) {
        self.free_batch(state, self.calls.request(call).query);
        self.set_query_state(state, call, QueryState::Outside);
    }

    /// A query gets a connection and its locks; returns whether it has them all.
    pub(super) fn start(&self, state: &mut State, to: MachineId, call: CallId) -> bool {
        let connections = &mut state.machines[to as usize].connections;
        *connections += 1;
        state.counts.connections_max = state.counts.connections_max.max(*connections);
        self.acquire_locks(state, call)
    }

    /// A worker is free and serves the next; where others can begin now, too, they do.
    pub(super) fn worker_free(&self, state: &mut State, to: MachineId, worker: u32) {
        match self.next(state, to) {
            Some(next) => self.serve(state, worker, next),
            None => {
                self.account(state);
                state.machines[to as usize].idle.push(worker);
            }
        }
        self.assign_idle_workers(state, to);
    }

    /// Idle workers serve whoever can be served.
    pub(super) fn assign_idle_workers(&self, state: &mut State, to: MachineId) {
        while let Some(&worker) = state.machines[to as usize].idle.last() {
            let Some(next) = self.next(state, to) else { return };
            self.account(state);
            state.machines[to as usize].idle.pop();
            self.serve(state, worker, next);
        }
    }

    /// Who is to be served next: first who has waited for a lock, then the first in line who need not.
    fn next(&self, state: &mut State, to: MachineId) -> Option<CallId> {
        if let Some(ready) = state.machines[to as usize].ready.pop(&self.calls) {
            return Some(ready);
        }
        while state.machines[to as usize].connections < self.connection_limit {
            let call = self.dequeue(state, to)?;
            if self.start(state, to, call) {
                return Some(call);
            }
        }
        None
    }

    /// Takes the next out of the queue, less those who are refused when their turn comes.
    fn dequeue(&self, state: &mut State, to: MachineId) -> Option<CallId> {
        loop {
            let Machine { queue, shedding, .. } = &mut state.machines[to as usize];
            let call = match self.queue_order {
                QueueOrder::FirstCome => queue.pop(&self.calls)?,
                QueueOrder::LastCome => queue.pop_last(&self.calls)?,
            };
            let left = queue.len();
            if shedding.as_mut().is_none_or(|shedding| shedding.begin(call, left, self.kernel.now())) {
                return Some(call);
            }
            work::count(1);
            state.counts.report.shed += 1;
            self.send_away(state, call);
        }
    }

    pub(super) fn serve(&self, state: &mut State, worker: u32, call: CallId) {
        let query = self.calls.request(call).query;
        let mut time = self.time(state, query);
        let to = self.machine_of(call);
        if let Some((contention, coherency)) = self.crowding {
            let all = f64::from(state.machines[to as usize].busy());
            let others = all - 1.0;
            time = Nanos((time.0 as f64 * (1.0 + contention * others + coherency * all * others)) as u64);
        }
        let until = self.kernel.now().saturating_add(state.slow.stretch(time));
        let seen = match self.reads {
            Reads::Snapshot => self.read_value(state, to, query),
            Reads::Locking => WriteId::INITIAL,
        };
        self.set_query_state(state, call, QueryState::InService(worker));
        *state.machines[to as usize].worker(worker) = Some(Serving { call, until, seen });
        self.kernel.schedule(until, Event::new(self.service_event, worker));
    }

    /// How long a query takes.
    pub(super) fn time(&self, state: &mut State, query: Query) -> Nanos {
        let State { draws, batches, .. } = state;
        match query {
            Query::Read(_) | Query::Conflicting(_) => draws.read.draw(),
            Query::ReadSeveral(_, number) => {
                let further = self.several.of(number).keys.len() as u64 - 1;
                let first = draws.read.draw();
                first.saturating_add(Nanos(self.times.per_key.0.saturating_mul(further)))
            }
            Query::Write(_) | Query::Change(..) => draws.write.draw(),
            Query::Records(_) => self.times.read.sample(&mut draws.outbox),
            Query::Forget(_) => self.times.write.sample(&mut draws.outbox),
            Query::Batch(number) => {
                let rows = batches[number].rows.len() as u64;
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
    pub(super) fn read_value(&self, state: &mut State, to: MachineId, query: Query) -> WriteId {
        match query {
            Query::Read(key) => self.value_on(state, to, key),
            Query::ReadSeveral(first, number) => {
                let read = self.several.of(number);
                work::count(read.keys.len());
                read.set_found(read.keys.iter().map(|&key| Some(self.value_on(state, to, key))).collect());
                self.value_on(state, to, first)
            }
            Query::Records(most) => WriteId(outbox_of(state).last_of(most)),
            _ => WriteId::INITIAL,
        }
    }

    /// The value of `key` on that machine.
    fn value_on(&self, state: &mut State, to: MachineId, key: Key) -> WriteId {
        match to {
            PRIMARY => state.committed(key),
            replica => state.replicas[replica as usize - 1].value(key, self.kernel.now()),
        }
    }

    /// Does what a query asks for, at the end of its service; `seen` is what it saw at the beginning.
    pub(super) fn execute(&self, state: &mut State, call: CallId, seen: WriteId) -> Response {
        let query = self.calls.request(call).query;
        match query {
            Query::Read(_) | Query::ReadSeveral(..) | Query::Records(_) => {
                state.counts.report.reads += 1;
                return Ok(if self.reads == Reads::Snapshot {
                    seen
                } else {
                    self.read_value(state, self.machine_of(call), query)
                });
            }
            Query::Forget(last) => {
                let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
                let passed_on = state.outbox.as_mut().expect(OUTBOX).forget(last);
                passed_on.for_each(|row| ledger.mended(row.key, Mended::Done, now));
                return Ok(WriteId(last));
            }
            Query::Conflicting(_) => {
                self.release(state, query, Release::Refused);
                return Err(CallError::Conflict);
            }
            Query::Write(_) | Query::Change(..) | Query::Batch(_) | Query::Cancel(..) => {}
        }
        if self.abort > 0.0 && state.draws.abort.unit() < self.abort || fails(state) {
            state.counts.report.aborted += 1;
            self.release(state, query, Release::Refused);
            return Err(CallError::Aborted);
        }
        if let Query::Change(row, change) = query
            && !self.apply(state, row, change)
        {
            self.release(state, query, Release::Refused);
            return Err(CallError::Conflict);
        }
        let last = self.commit(state, query);
        self.replicate(state, query);
        self.release(state, query, Release::Delivered);
        Ok(last)
    }

    /// Whether the present value allows the change; if so, it is what the write is applied to.
    pub(super) fn apply(&self, state: &State, row: Row, change: Change) -> bool {
        let base = state.committed(row.key);
        let applies = base != row.write && (change == Change::Add || change == Change::CompareAndSet(base));
        if applies {
            self.ledger.borrow_mut().based_on(row.write, base);
        }
        applies
    }

    pub(super) fn commit(&self, state: &mut State, query: Query) -> WriteId {
        let mut ledger = self.ledger.borrow_mut();
        let commit = |ledger: &mut Ledger, current: &mut Vec<WriteId>, row: Row| {
            table::reach(current, row.key as usize, WriteId::default());
            current[row.key as usize] = row.write;
            ledger.committed(row.write, self.kernel.now());
            self.versions.iter().for_each(|rows| rows.committed(row.write));
        };
        match query {
            Query::Write(row) | Query::Change(row, _) => {
                if state.outbox.is_some() {
                    // As long as there is a record of it, the relay will see to the copies.
                    ledger.mending(row.key, self.kernel.now());
                }
                commit(&mut ledger, &mut state.current, row);
                state.outbox.iter_mut().for_each(|outbox| outbox.add(row));
                state.counts.report.writes += 1;
                row.write
            }
            Query::Batch(number) => {
                let State { current, batches, counts, .. } = state;
                let rows = &batches[number].rows;
                work::count(rows.len());
                rows.iter().for_each(|&row| commit(&mut ledger, current, row));
                counts.report.writes += rows.len() as u64;
                counts.report.batches += 1;
                rows.last().map_or_else(WriteId::default, |row| row.write)
            }
            other => unreachable!("{other:?} commits nothing"),
        }
    }

    /// Replicas will hear of what has been committed.
    fn replicate(&self, state: &mut State, query: Query) {
        let now = self.kernel.now();
        let State { replicas, draws, batches, .. } = state;
        for replica in replicas {
            let at = now.saturating_add(self.times.lag.sample(&mut draws.lag));
            match query {
                Query::Write(row) | Query::Change(row, _) => replica.receive(row, at, now),
                Query::Batch(number) => {
                    work::count(batches[number].rows.len());
                    batches[number].rows.iter().for_each(|&row| replica.receive(row, at, now));
                }
                _ => {}
            }
        }
    }

    /// The message of `query` no longer holds its writes.
    pub(super) fn release(&self, state: &State, query: Query, why: Release) {
        let mut ledger = self.ledger.borrow_mut();
        let now = self.kernel.now();
        match query {
            Query::Read(_) | Query::ReadSeveral(..) | Query::Records(_) | Query::Forget(_) | Query::Cancel(..) => {}
            Query::Write(row) | Query::Change(row, _) | Query::Conflicting(row) => {
                ledger.released(row.write, Holder::Flight, why, now);
            }
            Query::Batch(number) => {
                work::count(state.batches[number].rows.len());
                for row in &state.batches[number].rows {
                    ledger.released(row.write, Holder::Flight, why, now);
                }
            }
        }
    }

    /// The number of a batch that is over can be used again.
    pub(super) fn free_batch(&self, state: &mut State, query: Query) {
        if let Query::Batch(number) = query {
            let batch = &mut state.batches[number];
            batch.rows.clear();
            batch.keys.clear();
            batch.locked = 0;
            state.batches.free(number);
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
