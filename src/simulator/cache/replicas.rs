//! Other machines that hold a copy of a node's memory, some time behind it, and may take its place.
//!
//! Replication is asynchronous: a change leaves the primary when it is made and is acknowledged by each replica a *lag*
//! later, drawn for each; a replica gets changes in their order, so a slow one holds up those behind it. Nothing
//! here has events of its own: what each replica has acknowledged follows from the changes and the time.
//!
//! ```text
//!   primary   1  2  3  4  5  6  7        answered as soon as made; with wait = k, when k replicas have it
//!   replica 0 1  2  3  4  5              ◀── takes over when the primary has been away for the detection time
//!   replica 1 1  2  3                        6 and 7 are gone: nobody had acknowledged them
//! ```
//!
//! *What a failover loses.* A crash at a random moment loses what the most advanced replica has not acknowledged. With one
//! replica and a constant lag `L` that is **λ·L** changes on average. With random lags `L` and changes at rate λ it is
//! more, since order is kept: a change of age `u` is not acknowledged when its own lag is above `u` or when some older change is
//! still on its way, so **λ·∫(1 − P(L ≤ u)·exp(−λ·∫ᵤ P(L > v) dv)) du** over all ages.
//!
//! *The others.* The replica that takes over is the primary from then on. Replicas behind it get from it what they lack.
//! The old primary, when it is back, and a replica that was away, come empty and load everything again (a time for each
//! entry) before they count again. A primary that is back *before* its failover has what its disk had, however little,
//! and its replicas follow it in that.

use std::collections::{BTreeMap, VecDeque};

use super::journal::Position;
use crate::engine::CallId;
use crate::random::{Sampler, Stream};
use crate::scenario::{self, ReadsFrom, estimate};
use crate::time::Nanos;
use crate::work;

/// A replica whose newest update is older than this does not count for `min_replicas`, as Redis' `min-replicas-max-lag` has it.
const MAX_LAG: Nanos = Nanos::from_secs(10);

/// A change on its way to a replica.
#[derive(Clone, Copy, Debug)]
struct Update {
    position: Position,
    sent: Nanos,
    arrives: Nanos,
}

const _: () = assert!(size_of::<Update>() <= estimate::NEWS_BYTES);

/// One machine: the primary or a replica of it.
#[derive(Clone, Debug)]
struct Machine {
    /// How many crashes of it last.
    down: u32,
    /// What it has acknowledged; nothing while it is down or loads everything again.
    acked: Option<Position>,
    in_flight: VecDeque<Update>,
    draws: Stream,
    /// The reads that it answers: each call, and when the answer leaves. It is busy until the last one does.
    answers: VecDeque<(CallId, Nanos)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Replicas {
    lag: Sampler,
    failover: Option<Nanos>,
    /// Whether they answer reads.
    read: bool,
    wait: u32,
    wait_timeout: Nanos,
    least: u32,
    loading: Nanos,
    machines: Vec<Machine>,
    primary: usize,
    /// Whose crashes have not ended yet: those of primaries and, apart, those of replicas, each with its number then.
    outages: VecDeque<usize>,
    replica_outages: BTreeMap<u32, VecDeque<usize>>,
    /// Freezes of former primaries that last: when each is to end, and whose it is.
    freezes: BTreeMap<Nanos, VecDeque<usize>>,
    /// The newest change that has been sent.
    sent: Position,
    failovers: u64,
    /// Whose turn it is to answer a read.
    turn: usize,
}

impl Replicas {
    /// Replicas that have all that an empty primary has; `None` when there are none. `stream` gives each its own draws.
    pub fn new(settings: &scenario::Cache, stream: impl Fn(u32) -> Stream) -> Option<Replicas> {
        let machine = |number| Machine {
            down: 0,
            acked: Some(0),
            in_flight: VecDeque::new(),
            draws: stream(number),
            answers: VecDeque::new(),
        };
        (settings.replicas > 0).then(|| Replicas {
            lag: settings.lag.sampler(),
            failover: settings.failover,
            read: settings.reads == ReadsFrom::Replicas,
            wait: settings.wait,
            wait_timeout: settings.wait_timeout,
            least: settings.min_replicas,
            loading: settings.loading,
            machines: (0..=settings.replicas).map(machine).collect(),
            primary: 0,
            outages: VecDeque::new(),
            replica_outages: BTreeMap::new(),
            freezes: BTreeMap::new(),
            sent: 0,
            failovers: 0,
            turn: 0,
        })
    }

    /// How many times a replica has taken over.
    pub fn failovers(&self) -> u64 {
        self.failovers
    }

    /// How long after the primary has stopped responding a replica takes over, if ever.
    pub fn detection(&self) -> Option<Nanos> {
        self.failover
    }

    /// Whether no crash of the primary lasts.
    pub fn has_primary(&self) -> bool {
        self.machines[self.primary].down == 0
    }

    fn others(&mut self) -> impl Iterator<Item = &mut Machine> {
        self.others_and_lag().0
    }

    fn others_and_lag(&mut self) -> (impl Iterator<Item = &mut Machine>, &Sampler) {
        let primary = self.primary;
        let others = self.machines.iter_mut().enumerate().filter(move |(number, _)| *number != primary);
        (others.map(|(_, machine)| machine), &self.lag)
    }

    /// Works out what everyone has acknowledged until `now`.
    pub fn advance(&mut self, now: Nanos) {
        for machine in self.others() {
            while let Some(update) = machine.in_flight.front().filter(|update| update.arrives <= now) {
                machine.acked = Some(update.position);
                machine.in_flight.pop_front();
                work::count(1);
            }
        }
    }

    /// Sends all changes up to `position`, the last of them made at `made`.
    pub fn send(&mut self, position: Position, made: Nanos) {
        if position == self.sent {
            return;
        }
        self.sent = position;
        let (others, lag) = self.others_and_lag();
        others
            .filter(|machine| machine.follows())
            .for_each(|machine| machine.receive(position, made, lag, Nanos::ZERO));
    }

    /// The oldest position that some replica may be left with.
    pub fn oldest(&self) -> Option<Position> {
        let left_with = |machine: &Machine| machine.acked.or(machine.in_flight.front().map(|update| update.position));
        // few: REPLICAS_MAX
        let others = self.machines.iter().enumerate().filter(|(number, _)| *number != self.primary);
        others.filter_map(|(_, machine)| left_with(machine)).min()
    }

    /// The most advanced replica, and what it has acknowledged.
    fn best(&self) -> Option<(usize, Position)> {
        // few: REPLICAS_MAX
        let others = self.machines.iter().enumerate().filter(|(number, _)| *number != self.primary);
        let acked = others.filter_map(|(number, machine)| machine.acked.map(|acked| (number, acked)));
        // Of several, the one with the lowest number.
        acked.rev().max_by_key(|(_, acked)| *acked)
    }

    /// What would be left if a replica took over, or is there for those who read replicas, where either may be.
    pub fn recoverable(&self) -> Option<Position> {
        self.best().filter(|_| self.failover.is_some() || self.read).map(|(_, acked)| acked)
    }

    // ---- What readers ask for ----

    /// The replica that the next read goes to, of those that live and follow, in turn.
    pub fn next_reader(&mut self) -> Option<u32> {
        let count = self.machines.len();
        let mut others = (0..count).map(|step| (self.turn + step) % count);
        let picked = others.find(|&number| number != self.primary && self.machines[number].acked.is_some())?;
        work::count((picked + count - self.turn) % count);
        self.turn = (picked + 1) % count;
        Some(picked as u32)
    }

    /// What machine `number` has acknowledged, if it is a replica that follows.
    pub fn acked_by(&self, number: u32) -> Option<Position> {
        self.machines[number as usize].acked.filter(|_| number as usize != self.primary)
    }

    /// Whether machine `number` is the primary now, whatever its callers think.
    pub fn is_primary(&self, number: u32) -> bool {
        number as usize == self.primary
    }

    /// Replica `number` serves a read, for so long, behind those that came before; when its answer leaves.
    pub fn serve(&mut self, number: u32, call: CallId, takes: Nanos, now: Nanos) -> Nanos {
        let answers = &mut self.machines[number as usize].answers;
        while answers.pop_front_if(|(_, leaves)| *leaves <= now).is_some() {
            work::count(1);
        }
        let leaves = answers.back().map_or(now, |(_, leaves)| *leaves).saturating_add(takes);
        answers.push_back((call, leaves));
        leaves
    }

    // ---- What writers ask for ----

    /// Whether so few replicas follow closely that writes are refused.
    pub fn are_too_few(&mut self, now: Nanos) -> bool {
        if self.least == 0 {
            return false;
        }
        let close = |machine: &Machine| {
            let oldest = machine.in_flight.front().map_or(now, |update| update.sent);
            machine.acked.is_some() && now.saturating_sub(oldest) <= MAX_LAG
        };
        (self.others().filter(|machine| close(machine)).count() as u32) < self.least
    }

    /// When `wait` replicas will have acknowledged `position`, and whether they will in time. As with Redis' `WAIT`, the
    /// write is made in any case; the answer leaves when enough have it (`lag` covers their acknowledgement), or at the
    /// timeout, and then it is no acknowledgement.
    pub fn confirmed(&mut self, position: Position, until: Nanos) -> (Nanos, bool) {
        let wait = self.wait as usize;
        if wait == 0 {
            return (until, true);
        }
        let limit = until.saturating_add(self.wait_timeout);
        let mut arrivals: Vec<Nanos> = self.others().filter_map(|machine| machine.arrival(position)).collect();
        arrivals.sort_unstable();
        match arrivals.get(wait - 1) {
            Some(&arrival) if arrival <= limit => (until.max(arrival), true),
            _ => (limit, false),
        }
    }

    /// Whether enough replicas will have acknowledged `position` by that moment.
    pub fn will_have(&mut self, position: Position, by: Nanos) -> bool {
        let wait = self.wait;
        let in_time = |machine: &mut Machine| machine.arrival(position).is_some_and(|arrival| arrival <= by);
        self.others().filter_map(|machine| in_time(machine).then_some(())).count() as u32 >= wait
    }

    /// When each replica that follows will have all that has been sent to it.
    pub fn caught_up_at(&mut self) -> Nanos {
        self.others()
            .filter_map(|machine| machine.in_flight.back())
            .map(|update| update.arrives)
            .max()
            .unwrap_or_default()
    }

    // ---- Crashes ----

    /// The primary crashes: what is on its way from it is gone. Returns whether it was alive.
    pub fn primary_crashes(&mut self) {
        self.machines[self.primary].down += 1;
        self.outages.push_back(self.primary);
        self.others().for_each(|machine| machine.in_flight.clear());
    }

    /// The crash of a primary that began first ends. Returns whether it was the crash of the present primary.
    pub fn crash_ends(&mut self) -> bool {
        let machine = self.outages.pop_front().expect("only what is down can come up");
        self.machines[machine].down -= 1;
        machine == self.primary
    }

    /// Replica `number` crashes: its memory is gone. Returns the reads that it had taken on, when each answer was to leave.
    pub fn replica_crashes(&mut self, number: u32) -> VecDeque<(CallId, Nanos)> {
        let machine = (number as usize) + usize::from(number as usize >= self.primary);
        self.replica_outages.entry(number).or_default().push_back(machine);
        let machine = &mut self.machines[machine];
        machine.down += 1;
        machine.acked = None;
        machine.in_flight.clear();
        std::mem::take(&mut machine.answers)
    }

    /// A crash of replica `number` ends.
    pub fn replica_returns(&mut self, number: u32) {
        let machine = take_first(&mut self.replica_outages, &number).expect("a crash that lasts");
        self.machines[machine].down -= 1;
    }

    /// A former primary stands still until these moments; it gets nothing meanwhile.
    pub fn stays_frozen(&mut self, former: usize, freezes: Vec<Nanos>) {
        self.machines[former].down += freezes.len() as u32;
        freezes.into_iter().for_each(|until| self.freezes.entry(until).or_default().push_back(former));
    }

    /// The freeze that was to end at `until` ends; whether it is a former primary's.
    pub fn freeze_ends(&mut self, until: Nanos) -> bool {
        let Some(machine) = take_first(&mut self.freezes, &until) else { return false };
        self.machines[machine].down -= 1;
        true
    }

    /// The most advanced replica takes over; returns whose place it takes, and what it has acknowledged.
    pub fn take_over(&mut self, now: Nanos) -> Option<(usize, Position)> {
        let (number, acked) = self.best()?;
        let former = std::mem::replace(&mut self.primary, number);
        self.machines[former].acked = None;
        self.machines[number].in_flight.clear();
        (self.sent, self.failovers) = (acked, self.failovers + 1);
        let (others, lag) = self.others_and_lag();
        let behind = others.filter(|machine| machine.acked.is_some_and(|other| other < acked));
        behind.for_each(|machine| machine.receive(acked, now, lag, Nanos::ZERO));
        Some((former, acked))
    }

    /// When the first replica will have `position`; `None` where none that follows ever will.
    pub fn first_to_have(&mut self, position: Position) -> Option<Nanos> {
        self.others().filter_map(|machine| machine.arrival(position)).min()
    }

    /// The most advanced replica takes over from a primary that lives, which follows it from then on with what it has
    /// (Redis: a partial resynchronisation). Returns whether there was one.
    pub fn hand_over(&mut self, position: Position) -> bool {
        let Some((number, _)) = self.best() else { return false };
        let former = std::mem::replace(&mut self.primary, number);
        self.machines[former].acked = Some(position);
        self.machines[number].in_flight.clear();
        self.failovers += 1;
        true
    }

    /// The primary, back at work with `entries` at `position`, differs from what replicas have: all reload it.
    pub fn resync_all(&mut self, position: Position, entries: u32, now: Nanos) {
        self.others().for_each(Machine::forget);
        self.sent = position;
        self.join(position, entries, now);
    }

    /// Replicas that live and have nothing load everything again from the primary.
    pub fn join(&mut self, position: Position, entries: u32, now: Nanos) {
        let loading = Nanos(self.loading.0.saturating_mul(entries.into()));
        let (others, lag) = self.others_and_lag();
        let newcomers = others.filter(|machine| machine.down == 0 && !machine.follows());
        newcomers.for_each(|machine| machine.receive(position, now, lag, loading));
    }
}

/// Takes the first of those under `key`.
fn take_first<K: Ord>(queues: &mut BTreeMap<K, VecDeque<usize>>, key: &K) -> Option<usize> {
    let queue = queues.get_mut(key)?;
    let first = queue.pop_front();
    if queue.is_empty() {
        queues.remove(key);
    }
    first
}

impl Machine {
    /// Whether it gets updates from the primary.
    fn follows(&self) -> bool {
        self.acked.is_some() || !self.in_flight.is_empty()
    }

    fn forget(&mut self) {
        self.acked = None;
        self.in_flight.clear();
    }

    /// Updates arrive in the order in which they were sent.
    fn receive(&mut self, position: Position, sent: Nanos, lag: &Sampler, loading: Nanos) {
        let lag = lag.sample(&mut self.draws).saturating_add(loading);
        let before = self.in_flight.back().map_or(Nanos::ZERO, |update| update.arrives);
        self.in_flight.push_back(Update { position, sent, arrives: sent.saturating_add(lag).max(before) });
    }

    /// When it will have acknowledged `position`, if it will.
    fn arrival(&self, position: Position) -> Option<Nanos> {
        if self.acked >= Some(position) {
            return Some(Nanos::ZERO);
        }
        let place = self.in_flight.partition_point(|update| update.position < position);
        self.in_flight.get(place).map(|update| update.arrives)
    }
}
