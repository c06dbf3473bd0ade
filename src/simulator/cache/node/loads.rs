//! What a node is about to get: loads from the database and who waits for them, leases for readers who load themselves,
//! and when a good copy is reloaded.

use std::collections::BTreeMap;

use crate::cache::command::{Answer, Command, Copied};
use crate::cache::leases::{Leases, Token};
use crate::cache::refresh::{Refresh, Standing};
use crate::engine::{CallId, CallQueue, Calls};
use crate::model::{Key, WriteId};
use crate::random::Stream;
use crate::sort;
use crate::time::Nanos;

/// A load under way, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Loads are numbered in the order in which they begin.
    number: u64,
    pub(super) waiting: CallQueue,
    pub(super) begun: Nanos,
    /// The key was written or deleted meanwhile, so what the load brings may be old: it is handed on, but not kept.
    pub(super) outdated: bool,
    /// Who asked after that, and must not be given something old: another load follows for them.
    pub(super) late: CallQueue,
    /// Whether somebody is about to change what it brings.
    pub(super) to_change: bool,
}

impl Load {
    /// A call waits for what it brings, or for the next load if this one may bring something old.
    pub(super) fn join(&mut self, calls: &Calls<Command, Answer>, call: CallId, to_change: bool) {
        self.to_change |= to_change;
        let line = if self.outdated { &mut self.late } else { &mut self.waiting };
        line.push(calls, call);
    }
}

/// Whether a good copy is reloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refreshing {
    /// It is good enough.
    No,
    /// It is, while its readers are given the present one.
    Ahead,
    /// It is, and this reader waits for it.
    Early,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Loads {
    running: BTreeMap<Key, Load>,
    /// How many have begun.
    begun: u64,
    leases: Leases,
    /// Keys of which the database has said to somebody about to change them that they have no row, and what it had.
    no_rows: BTreeMap<Key, WriteId>,
    refresh: Refresh,
    early: Stream,
}

impl Loads {
    /// None under way. `early` is drawn from where copies are refreshed early by chance.
    pub(super) fn new(refresh: Refresh, early: Stream) -> Loads {
        let (running, leases, no_rows) = Default::default();
        Loads { running, begun: 0, leases, no_rows, refresh, early }
    }

    // ---- Loads ----

    /// Whether `key` is being loaded.
    pub(super) fn is_loading(&self, key: Key) -> bool {
        self.running.contains_key(&key)
    }

    /// The load of `key` that is under way.
    pub(super) fn running(&mut self, key: Key) -> Option<&mut Load> {
        self.running.get_mut(&key)
    }

    /// A load of `key` begins at that moment.
    pub(super) fn begin(&mut self, key: Key, at: Nanos) -> &mut Load {
        let load = Load { number: self.begun, begun: at, ..Load::default() };
        self.begun += 1;
        let running = self.running.entry(key).or_default();
        *running = load;
        running
    }

    /// The load of `key` has ended.
    pub(super) fn finish(&mut self, key: Key) -> Load {
        self.running.remove(&key).expect("a load that was begun")
    }

    /// Whether good copies are never reloaded.
    pub(super) fn never_refreshes(&self) -> bool {
        self.refresh.is_off()
    }

    /// Whether a good copy is reloaded because somebody reads it now.
    pub(super) fn refreshing(&mut self, copy: Copied, now: Nanos) -> Refreshing {
        if self.refresh.grace.standing(copy.expires, now) == Standing::Stale {
            Refreshing::Ahead
        } else if self.refresh.is_early(copy.expires, copy.load_time, now, &mut self.early) {
            Refreshing::Early
        } else if self.refresh.is_ahead(copy.expires, copy.ttl, now) {
            Refreshing::Ahead
        } else {
            Refreshing::No
        }
    }

    /// The database has said to somebody about to change `key` that it has no row. What was known before somebody else's
    /// load is what the first one goes by.
    pub(super) fn note_no_row(&mut self, key: Key, value: WriteId) {
        self.no_rows.entry(key).or_insert(value);
    }

    /// What the database had, if it has said that `key` has no row.
    pub(super) fn no_row(&self, key: Key) -> Option<WriteId> {
        self.no_rows.get(&key).copied()
    }

    // ---- Leases ----

    /// The right to fill `key`, unless somebody else has it.
    pub(super) fn lease(&mut self, key: Key, now: Nanos) -> Option<Token> {
        self.leases.ask(key, now)
    }

    /// Whether the holder of `token` may still fill `key`.
    pub(super) fn redeem(&mut self, key: Key, token: Token) -> bool {
        self.leases.redeem(key, token)
    }

    /// A delete leaves this value behind.
    pub(super) fn leave_stale(&mut self, key: Key, value: WriteId, now: Nanos) {
        self.leases.leave(key, value, now);
    }

    /// What a delete has left behind.
    pub(super) fn stale(&self, key: Key, now: Nanos) -> Option<WriteId> {
        self.leases.left_behind(key, now)
    }

    // ---- Writes and crashes ----

    /// Somebody writes or deletes `key`: a running load no longer brings the newest value, nor does a lease's holder.
    #[inline]
    pub(super) fn outdate(&mut self, key: Key) {
        self.leases.void(key);
        self.no_rows.remove(&key);
        if let Some(load) = self.running.get_mut(&key) {
            load.outdated = true;
        }
    }

    /// Nobody is connected any more, and nothing that was under way counts: who waited for loads, in the order in which
    /// these began.
    pub(super) fn abort(&mut self) -> Vec<CallQueue> {
        self.leases.clear();
        self.no_rows.clear();
        let mut loads: Vec<Load> = std::mem::take(&mut self.running).into_values().collect();
        sort::by_key(&mut loads, |load| load.number);
        loads.into_iter().flat_map(|load| [load.waiting, load.late]).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Kernel;
    use crate::random::Streams;

    #[derive(Clone, Debug)]
    enum Op {
        Ask(Key, bool),
        Write(Key),
        Finish(Key),
        Crash,
    }

    fn op() -> impl Strategy<Value = Op> {
        let key = 0..3u32;
        prop_oneof![
            6 => (key.clone(), any::<bool>()).prop_map(|(key, to_change)| Op::Ask(key, to_change)),
            2 => key.clone().prop_map(Op::Write),
            3 => key.prop_map(Op::Finish),
            1 => Just(Op::Crash),
        ]
    }

    /// A load as a plain list: since when it runs, and who waits for it since when.
    #[derive(Clone, Debug, Default)]
    struct Model {
        begun: u64,
        waiting: Vec<(CallId, u64)>,
        to_change: bool,
    }

    fn drained(mut line: CallQueue, calls: &Calls<Command, Answer>) -> Vec<CallId> {
        std::iter::from_fn(|| line.pop(calls)).collect()
    }

    proptest! {
        /// Whoever asks before the last write of a key waits for the load that runs; whoever asks after it, for the next.
        #[test]
        fn nobody_is_given_what_was_loaded_before_a_write_that_he_may_know_of(ops in prop::collection::vec(op(), 0..100)) {
            let (kernel, calls) = (Kernel::default(), Calls::default());
            let mut loads = Loads::new(Refresh::default(), Streams::new(1).named("early refresh"));
            let mut models: BTreeMap<Key, Model> = BTreeMap::new();
            let mut written: BTreeMap<Key, u64> = BTreeMap::new();
            let mut begun = 0;
            for (time, op) in (1..).zip(ops) {
                match op {
                    Op::Ask(key, to_change) => {
                        if !loads.is_loading(key) {
                            loads.begin(key, Nanos(time));
                            models.insert(key, Model { begun: time, ..Model::default() });
                            begun += 1;
                        }
                        let call = calls.open(&kernel, Command::Fetch(key)).id();
                        loads.running(key).expect("begun").join(&calls, call, to_change);
                        let model = models.get_mut(&key).expect("begun");
                        model.waiting.push((call, time));
                        model.to_change |= to_change;
                    }
                    Op::Write(key) => {
                        loads.outdate(key);
                        written.insert(key, time);
                    }
                    Op::Finish(key) if models.contains_key(&key) => {
                        let (load, model) = (loads.finish(key), models.remove(&key).expect("there is one"));
                        let written = written.get(&key).copied().unwrap_or(0);
                        prop_assert_eq!(load.outdated, written > model.begun);
                        prop_assert_eq!((load.begun, load.to_change), (Nanos(model.begun), model.to_change));
                        // The first write since the load began is where the two lines part; here, the last is known.
                        let known = |since: u64| written > model.begun && since > written;
                        let (waiting, late) = (drained(load.waiting, &calls), drained(load.late, &calls));
                        prop_assert!(model.waiting.iter().all(|&(call, since)| !known(since) || late.contains(&call)));
                        let all: Vec<CallId> = waiting.into_iter().chain(late).collect();
                        prop_assert_eq!(all, model.waiting.iter().map(|(call, _)| *call).collect::<Vec<_>>());
                    }
                    Op::Finish(_) => {}
                    Op::Crash => {
                        let broken: Vec<CallId> =
                            loads.abort().into_iter().flat_map(|line| drained(line, &calls)).collect();
                        let mut expected: Vec<Model> = std::mem::take(&mut models).into_values().collect();
                        expected.sort_by_key(|model| model.begun);
                        let expected: Vec<CallId> =
                            expected.into_iter().flat_map(|model| model.waiting).map(|(call, _)| call).collect();
                        prop_assert_eq!(broken, expected, "those of the oldest load first");
                    }
                }
                prop_assert_eq!(loads.begun, begun);
                prop_assert!((0..3).all(|key| loads.is_loading(key) == models.contains_key(&key)));
            }
        }
    }

    #[test]
    fn a_write_takes_away_the_lease_and_what_was_known_of_a_missing_row() {
        let mut loads = Loads::new(Refresh::default(), Streams::new(1).named("early refresh"));
        let token = loads.lease(7, Nanos(1)).expect("nobody has it");
        loads.note_no_row(7, WriteId(3));
        loads.note_no_row(7, WriteId(4));
        assert_eq!((loads.lease(7, Nanos(2)), loads.no_row(7)), (None, Some(WriteId(3))), "the first one counts");
        loads.outdate(7);
        assert_eq!((loads.redeem(7, token), loads.no_row(7)), (false, None));
    }
}
