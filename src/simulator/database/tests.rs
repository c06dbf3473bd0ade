//! The database alone, under random queries, cancels and faults: its inner rules hold at every moment, every query is
//! answered once, nobody writes a row that somebody else has, and a reader sees what was committed when its service began.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::scenario::{Database as Settings, Distribution};

const SERVED: u8 = 10;
const KEYS: u32 = 4;

#[derive(Clone, Debug)]
enum Op {
    Read(Key),
    Write(Key),
    Increment(Key),
    CompareAndSet(Key),
    Batch(Vec<Key>),
    /// Cancels one of the queries so far, or tries to.
    Cancel(usize),
    Freeze,
    Thaw,
    Outage,
    Recover,
    /// Lets so many events happen.
    Go(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS;
    prop_oneof![
        4 => key.clone().prop_map(Op::Read),
        4 => key.clone().prop_map(Op::Write),
        2 => key.clone().prop_map(Op::Increment),
        3 => key.clone().prop_map(Op::CompareAndSet),
        3 => prop::collection::vec(key, 1..5).prop_map(Op::Batch),
        2 => (0usize..100).prop_map(Op::Cancel),
        1 => Just(Op::Freeze),
        1 => Just(Op::Thaw),
        1 => Just(Op::Outage),
        1 => Just(Op::Recover),
        8 => (1usize..6).prop_map(Op::Go),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let connections = prop_oneof![Just(None), (1..6u32).prop_map(Some)];
    let reads = prop::sample::select(Reads::ALL.to_vec());
    (1..4u32, connections, 0..6u32, reads, any::<bool>(), 0..2u8, 0..3u32).prop_map(
        |(workers, connections, queue, reads, row_locks, abort, replicas)| Settings {
            // Who asks for a lock asks the primary.
            replicas: if reads == Reads::Snapshot { replicas } else { 0 },
            workers,
            connections,
            queue,
            reads,
            row_locks,
            read: Distribution::Exponential(Nanos(1_000)),
            write: Distribution::Exponential(Nanos(1_000)),
            abort: f64::from(abort) * 0.3,
            ..Settings::default()
        },
    )
}

/// The database and what has been asked of it.
struct Bench {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    database: Database,
    asked: Vec<(CallId, u32)>,
    answers: BTreeMap<(CallId, u32), Response>,
    /// What each running read is to see, where it sees a snapshot.
    snapshots: BTreeMap<CallId, WriteId>,
    frozen: u32,
    down: u32,
}

impl Bench {
    fn new(settings: &Settings, seed: u64) -> Bench {
        let (kernel, ledger) = (Rc::new(Kernel::default()), Rc::new(RefCell::new(Ledger::new())));
        let shared = (kernel.clone(), ledger.clone());
        let database = Database::new(settings, true, shared, &Streams::new(seed), SERVED);
        let (asked, answers, snapshots) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Bench { kernel, ledger, database, asked, answers, snapshots, frozen: 0, down: 0 }
    }

    fn row(&self, key: Key) -> Row {
        Row { key, write: self.ledger.borrow_mut().issued(key, 0, self.kernel.now()) }
    }

    /// The caller hears nothing: what it asked goes its way.
    fn ask(&mut self, call: CallId) {
        self.asked.push((call, self.database.calls.serial(call)));
        self.database.arrive(call);
        self.read_value();
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Read(key) => {
                let call = self.database.read(key, Link::AppDatabase).id();
                self.ask(call);
            }
            Op::Write(key) => {
                let call = self.database.write(self.row(key), Link::AppDatabase).id();
                self.ask(call);
            }
            Op::Increment(key) => {
                let call = self.database.change(self.row(key), Change::Add, Link::AppDatabase).id();
                self.ask(call);
            }
            Op::CompareAndSet(key) => {
                let change = Change::CompareAndSet(self.database.committed(key));
                let call = self.database.change(self.row(key), change, Link::AppDatabase).id();
                self.ask(call);
            }
            Op::Batch(keys) => {
                let rows: Vec<Row> = keys.into_iter().map(|key| self.row(key)).collect();
                let call = self.database.write_batch(&rows, Link::CacheDatabase).id();
                self.ask(call);
            }
            Op::Cancel(which) => {
                if let Some(&(call, serial)) = self.asked.get(which % self.asked.len().max(1)) {
                    let message = self.database.cancel(call, serial, Link::AppDatabase).id();
                    self.ask(message);
                }
            }
            Op::Freeze => {
                self.frozen += 1;
                self.database.freeze();
            }
            Op::Thaw if self.frozen > 0 => {
                self.frozen -= 1;
                self.database.thaw();
            }
            Op::Outage => {
                self.down += 1;
                self.database.begin_outage(Crash::default());
            }
            Op::Recover if self.down > 0 => {
                self.down -= 1;
                self.database.end_outage(Crash::default());
            }
            Op::Thaw | Op::Recover => {}
            Op::Go(events) => (0..events).for_each(|_| self.step()),
        }
        self.read_value();
    }

    fn step(&mut self) {
        if let Some(event) = self.kernel.next() {
            self.database.served(event.index());
            self.read_value();
        }
    }

    /// Takes the answers, and checks what must hold at every moment.
    fn read_value(&mut self) {
        while let Some((call, _)) = self.database.calls.next_outgoing() {
            let serial = self.database.calls.serial(call);
            let response = self.database.calls.response(call).expect("an answer");
            if let Some(seen) = self.snapshots.remove(&call) {
                assert!(
                    response.is_err() || response == Ok(seen),
                    "a reader sees its snapshot: {response:?}, not {seen:?}"
                );
            }
            assert!(self.answers.insert((call, serial), response).is_none(), "a query is answered once");
            self.database.calls.deliver(call, &self.kernel);
        }
        self.database.validate();
        self.note_snapshots();
        self.nobody_shares_a_row();
    }

    fn note_snapshots(&mut self) {
        let state = self.database.state.borrow();
        for &Serving { call, .. } in state.machines[PRIMARY as usize].workers.iter().flatten() {
            if let (Query::Read(key), Reads::Snapshot) = (self.database.calls.request(call).query, self.database.reads)
            {
                let committed = state.current.get(key as usize).copied().unwrap_or_default();
                self.snapshots.entry(call).or_insert(committed);
            }
        }
    }

    fn nobody_shares_a_row(&self) {
        if !self.database.row_locks {
            return;
        }
        let state = self.database.state.borrow();
        let (mut written, mut read) = (Vec::new(), Vec::new());
        for &Serving { call, .. } in state.machines[PRIMARY as usize].workers.iter().flatten() {
            match self.database.calls.request(call).query {
                Query::Write(row) | Query::Change(row, _) => written.push(row.key),
                Query::Batch(number) => written.extend(&state.batches[number].keys),
                Query::Read(key) if self.database.reads == Reads::Locking => read.push(key),
                _ => {}
            }
        }
        let rows = written.len();
        written.sort_unstable();
        written.dedup();
        assert_eq!(written.len(), rows, "nobody writes a row that another is writing");
        assert!(read.iter().all(|key| !written.contains(key)), "nobody reads it with a lock either");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_in_whatever_order_everyone_is_answered_once_and_nothing_is_left(
        settings in settings(), ops in prop::collection::vec(op(), 0..80), seed in 0u64..1_000,
    ) {
        let mut bench = Bench::new(&settings, seed);
        ops.into_iter().for_each(|op| bench.apply(op));
        while bench.frozen > 0 {
            bench.apply(Op::Thaw);
        }
        while bench.kernel.peek().is_some() {
            bench.step();
        }
        prop_assert_eq!(bench.answers.len(), bench.asked.len(), "nobody waits for ever: there are no deadlocks");
        prop_assert_eq!(bench.database.calls.under_way(), 0);
        let state = bench.database.state.borrow();
        for machine in &state.machines {
            prop_assert_eq!((machine.connections, machine.queue.len(), machine.busy()), (0, 0, 0));
        }
        prop_assert_eq!(state.locks.waiting(), 0);
        prop_assert_eq!(state.batches.in_use(), 0, "every batch's number is free again");
    }
}
