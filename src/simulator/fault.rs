//! When what breaks, and for how long: the faults of a run in the order in which they begin and end.
//!
//! ```text
//! at = "30s"                      a moment: occurs before anything else happens at it
//! at = { every = "60s" }          random: well for an exponential time (mean `every`), broken for one (mean `for`), …
//! at = { before_flush = 3 }       a trigger: it occurs in each lane when it gets there
//! ```
//!
//! Moments and random faults are the same in every lane: each random fault draws from a stream of its own. Faults stand
//! outside the event queue, so adding one while a run goes on is the same as having had it from the start. A trigger
//! occurs after the event that pulled it and before the next; the flush that pulled one goes on afterwards.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{Fault, FaultKind, FaultTarget, FaultTime, Link};
use crate::time::Nanos;
use crate::work;

/// What exactly breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultEffect {
    /// A cache node loses its memory and its connections.
    CacheCrash(u32, Crash),
    /// A cache node goes and comes back, after this has been done.
    CacheRestart(u32, Restart),
    /// A replica of a cache node takes over in order.
    CacheFailover(u32),
    /// A replica of a cache node loses its memory; those of the first node are counted first.
    ReplicaCrash(u32),
    /// A cache node stands still.
    CacheFreeze(u32),
    /// A cache node is emptied, which takes its thread some time.
    FlushAll(u32),
    /// A command occupies the thread of a cache node.
    SlowCommand(u32),
    /// Commands of a cache node take this many times as long.
    CacheSlow(u32, f64),
    /// An application server loses what it was doing.
    AppCrash(u32),
    /// An application server stands still.
    AppFreeze(u32),
    /// An application server's own work takes this many times as long.
    AppSlow(u32, f64),
    /// The processes that bring on what was written lose what they were doing.
    WorkerCrash,
    /// The database serves nobody, and tells them so or not.
    DatabaseOutage(Crash),
    /// The database stands still.
    DatabaseFreeze,
    /// What the database begins takes this many times as long.
    DatabaseSlow(f64),
    /// The database aborts this share of writing transactions.
    DatabaseFailing(f64),
    /// Nothing passes a link.
    Partition(Link),
    /// What is sent over a link takes this many times as long.
    LinkSlow(Link, f64),
    /// What is sent over a link is lost with this probability, and sent again.
    LinkLoss(Link, f64),
}

/// How something crashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    /// Whether its machine loses power, and with it what was not synced; else only the process ends.
    pub power_lost: bool,
    /// Whether its callers hear nothing of it until it is back.
    pub silent: bool,
}

/// What a node does before it goes that is restarted in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restart {
    /// Whether it flushes what is dirty.
    pub flush: bool,
    /// Whether it writes a snapshot, where it does at all.
    pub save: bool,
}

/// A fault begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultEvent {
    /// When.
    pub at: Nanos,
    /// Whether it begins; else it ends.
    pub begins: bool,
    /// When what begins is to end, and when what ends was to end: sooner, where everything heals at the end of a run.
    pub until: Nanos,
    /// Which of the scenario's faults.
    pub fault: usize,
    /// What breaks, or is well again.
    pub effects: Vec<FaultEffect>,
}

/// How many there are of each part that can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Application servers.
    pub app_servers: u32,
    /// Cache nodes.
    pub cache_shards: u32,
    /// Replicas of each cache node.
    pub replicas: u32,
}

/// A fault of the scenario, as a lane sees it.
#[derive(Clone, Debug)]
struct Entry {
    at: FaultTime,
    lasts: Nanos,
    effects: Vec<FaultEffect>,
    /// Of a random fault: where its times are drawn from.
    draws: Option<Stream>,
    /// How often it has begun or ended.
    turns: u64,
}

/// A beginning or an end to come.
#[derive(Clone, Copy, Debug)]
struct Due {
    begins: bool,
}

/// All occurrences of faults in a run, earliest first. At one moment, faults occur before anything else happens,
/// in the order in which the scenario lists them.
#[derive(Clone, Debug)]
pub struct FaultSchedule {
    /// The lane's number in its scenario.
    lane: usize,
    streams: Streams,
    parts: Parts,
    entries: Vec<Entry>,
    /// By moment, fault and turn: the order does not depend on when something was put here.
    agenda: BTreeMap<(Nanos, usize, u64), Due>,
    /// Whether nothing begins any more.
    spared: bool,
    /// Faults that wait for a flush, and those that wait for acknowledged writes: by count and fault.
    flushes: BTreeSet<(u64, usize)>,
    acknowledged: BTreeSet<(u64, usize)>,
}

impl FaultSchedule {
    /// The plan of these faults for that lane, a world of these `parts`.
    pub fn new(faults: &[Fault], lane: usize, parts: Parts, streams: &Streams) -> FaultSchedule {
        let (agenda, flushes, acknowledged) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut plan = FaultSchedule {
            lane,
            streams: streams.steady(),
            parts,
            entries: Vec::new(),
            agenda,
            spared: false,
            flushes,
            acknowledged,
        };
        faults.iter().for_each(|fault| plan.add(fault));
        plan
    }

    /// Adds a fault that has not occurred yet, as the last of the scenario's.
    pub fn add(&mut self, fault: &Fault) {
        let number = self.entries.len();
        let random = matches!(fault.at, FaultTime::Every(_));
        let draws = random.then(|| self.streams.numbered("fault", number as u32));
        let effects = effects(fault, self.parts);
        self.entries.push(Entry { at: fault.at, lasts: fault.lasts, effects, draws, turns: 0 });
        // It keeps its number, which the others are drawn by.
        if fault.spares(self.lane) {
            return;
        }
        match fault.at {
            FaultTime::Moment(at) => self.put(number, at, true),
            FaultTime::Every(_) => self.begin_again(number, Nanos::ZERO),
            FaultTime::BeforeFlush(count) => _ = self.flushes.insert((count, number)),
            FaultTime::AfterAcknowledged(count) => _ = self.acknowledged.insert((count, number)),
        }
    }

    /// From now on nothing begins: what has begun ends when it would have, and that is all.
    pub fn spare_the_rest(&mut self) {
        work::count(self.agenda.len());
        self.agenda.retain(|_, due| !due.begins);
        self.flushes.clear();
        self.acknowledged.clear();
        self.spared = true;
    }

    fn put(&mut self, fault: usize, at: Nanos, begins: bool) {
        let turn = self.entries[fault].turns;
        self.entries[fault].turns += 1;
        self.agenda.insert((at, fault, turn), Due { begins });
    }

    /// A random fault that is over at `now` begins again an exponential time later.
    fn begin_again(&mut self, fault: usize, now: Nanos) {
        if self.spared {
            return;
        }
        let entry = &mut self.entries[fault];
        if let (FaultTime::Every(mean), Some(draws)) = (entry.at, &mut entry.draws) {
            let gap = Sampler::exponential(mean).sample(draws);
            // Two occurrences of one fault never share a moment, so that each turn takes some time.
            self.put(fault, now.saturating_add(gap).saturating_add(Nanos(1)), true);
        }
    }

    /// The fault begins now; returns how.
    fn begin(&mut self, fault: usize, now: Nanos) -> FaultEvent {
        let entry = &mut self.entries[fault];
        let lasts = match &mut entry.draws {
            Some(draws) => Sampler::exponential(entry.lasts).sample(draws),
            None => entry.lasts,
        };
        let until = now.saturating_add(lasts);
        let effects = entry.effects.clone();
        self.put(fault, until, false);
        FaultEvent { at: now, begins: true, until, fault, effects }
    }

    fn end(&mut self, fault: usize, now: Nanos) -> FaultEvent {
        self.begin_again(fault, now);
        FaultEvent { at: now, begins: false, until: now, fault, effects: self.entries[fault].effects.clone() }
    }

    /// When the next one occurs.
    pub fn peek(&self) -> Option<Nanos> {
        self.agenda.first_key_value().map(|((at, ..), _)| *at)
    }

    /// Takes the next occurrence.
    pub fn take_next(&mut self) -> Option<FaultEvent> {
        let ((at, fault, _), due) = self.agenda.pop_first()?;
        Some(if due.begins { self.begin(fault, at) } else { self.end(fault, at) })
    }

    /// The faults that occur now that so many flushes have begun and so many writes have been acknowledged.
    pub fn triggered(&mut self, triggers: &Triggers, now: Nanos) -> Vec<FaultEvent> {
        let mut pulled: Vec<usize> = Vec::new();
        let waiting = [(&mut self.flushes, &triggers.flushes), (&mut self.acknowledged, &triggers.acknowledged)];
        for (faults, reached) in waiting {
            while let Some(&(count, fault)) = faults.first()
                && count <= reached.get()
            {
                faults.pop_first();
                pulled.push(fault);
            }
        }
        pulled.sort_unstable();
        pulled.into_iter().map(|fault| self.begin(fault, now)).collect()
    }

    /// Tells `triggers` which counts the next faults wait for.
    pub fn arm(&self, triggers: &Triggers) {
        let next = |faults: &BTreeSet<(u64, usize)>| faults.first().map_or(u64::MAX, |(count, _)| *count);
        triggers.flush_armed.set(next(&self.flushes));
        triggers.acknowledged_armed.set(next(&self.acknowledged));
    }

    /// Everything heals: what has begun and not ended, in the order in which it would have ended; nothing else follows.
    pub fn heal_all(&mut self, now: Nanos) -> Vec<FaultEvent> {
        let begun = std::mem::take(&mut self.agenda).into_iter().filter(|(_, due)| !due.begins);
        let end = |((until, fault, _), _): ((Nanos, usize, u64), Due)| {
            let effects = self.entries[fault].effects.clone();
            FaultEvent { at: now, begins: false, until, fault, effects }
        };
        begun.map(end).collect()
    }
}

fn effects(fault: &Fault, parts: Parts) -> Vec<FaultEffect> {
    let one_or_all =
        |count| if let Some(FaultTarget::Server(number)) = fault.which { number..number + 1 } else { 0..count };
    let (nodes, servers) = (one_or_all(parts.cache_shards), one_or_all(parts.app_servers));
    let replicas = one_or_all(parts.cache_shards * parts.replicas);
    let link = if let Some(FaultTarget::Link(link)) = fault.which { link } else { Link::AppCache };
    let standard = Fault::new(fault.what, fault.at);
    let times = fault.times.or(standard.times).unwrap_or(1.0);
    let share = fault.share.or(standard.share).unwrap_or(0.0);
    let silent = fault.silent.or(standard.silent).unwrap_or(false);
    let crash = Crash { power_lost: fault.what.loses_power(), silent };
    let or_standard = |said: Option<bool>, standard: Option<bool>| said.or(standard).unwrap_or(false);
    let restart =
        Restart { flush: or_standard(fault.flush, standard.flush), save: or_standard(fault.save, standard.save) };
    match fault.what {
        FaultKind::CacheCrash | FaultKind::CachePowerLoss => {
            nodes.map(|node| FaultEffect::CacheCrash(node, crash)).collect()
        }
        FaultKind::CacheRestart => nodes.map(|node| FaultEffect::CacheRestart(node, restart)).collect(),
        FaultKind::CacheFailover => nodes.map(FaultEffect::CacheFailover).collect(),
        FaultKind::ReplicaCrash => replicas.map(FaultEffect::ReplicaCrash).collect(),
        FaultKind::CacheFreeze => nodes.map(FaultEffect::CacheFreeze).collect(),
        FaultKind::FlushAll => nodes.map(FaultEffect::FlushAll).collect(),
        FaultKind::SlowCommand => nodes.map(FaultEffect::SlowCommand).collect(),
        FaultKind::CacheSlow => nodes.map(|node| FaultEffect::CacheSlow(node, times)).collect(),
        FaultKind::AppCrash => servers.map(FaultEffect::AppCrash).collect(),
        FaultKind::AppFreeze => servers.map(FaultEffect::AppFreeze).collect(),
        FaultKind::AppSlow => servers.map(|server| FaultEffect::AppSlow(server, times)).collect(),
        FaultKind::WorkerCrash => vec![FaultEffect::WorkerCrash],
        FaultKind::DatabaseOutage | FaultKind::DatabasePowerLoss => vec![FaultEffect::DatabaseOutage(crash)],
        FaultKind::DatabaseFreeze => vec![FaultEffect::DatabaseFreeze],
        FaultKind::DatabaseSlow => vec![FaultEffect::DatabaseSlow(times)],
        FaultKind::DatabaseFailing => vec![FaultEffect::DatabaseFailing(share)],
        FaultKind::Partition => vec![FaultEffect::Partition(link)],
        FaultKind::LinkSlow => vec![FaultEffect::LinkSlow(link, times)],
        FaultKind::LinkLoss => vec![FaultEffect::LinkLoss(link, share)],
    }
}

/// What triggers wait for, counted: flushes that are about to take rows, and writes acknowledged.
#[derive(Debug)]
pub struct Triggers {
    flushes: Cell<u64>,
    acknowledged: Cell<u64>,
    flush_armed: Cell<u64>,
    acknowledged_armed: Cell<u64>,
    pulled: Cell<bool>,
    /// Flushers that go on when the faults they pulled have occurred.
    waiting: RefCell<Vec<TaskId>>,
}

impl Default for Triggers {
    fn default() -> Triggers {
        let never = || Cell::new(u64::MAX);
        Triggers {
            flushes: Cell::new(0),
            acknowledged: Cell::new(0),
            flush_armed: never(),
            acknowledged_armed: never(),
            pulled: Cell::new(false),
            waiting: RefCell::default(),
        }
    }
}

impl Triggers {
    /// A write has been acknowledged to its client.
    #[inline]
    pub fn acknowledged(&self) {
        let count = self.acknowledged.get() + 1;
        self.acknowledged.set(count);
        if count >= self.acknowledged_armed.get() {
            self.pulled.set(true);
        }
    }

    /// A flusher is about to take rows; it goes on when the faults that wait for that have occurred. Without such a
    /// fault, it does not wait at all.
    pub fn before_flush<'a>(&'a self, kernel: &'a Kernel) -> BeforeFlush<'a> {
        BeforeFlush { triggers: self, kernel, counted: false }
    }

    /// Whether a fault is to occur now.
    #[inline]
    pub fn is_pulled(&self) -> bool {
        self.pulled.get()
    }

    /// The faults have occurred: whoever waited for that goes on.
    pub fn release(&self, kernel: &Kernel) {
        self.pulled.set(false);
        self.waiting.take().into_iter().for_each(|task| kernel.wake(task));
    }

    /// Nothing occurs any more.
    pub fn disarm(&self) {
        self.flush_armed.set(u64::MAX);
        self.acknowledged_armed.set(u64::MAX);
    }
}

/// Waits until faults have occurred; see [`Triggers::before_flush`].
#[derive(Debug)]
pub struct BeforeFlush<'a> {
    triggers: &'a Triggers,
    kernel: &'a Kernel,
    counted: bool,
}

impl Future for BeforeFlush<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let triggers = self.triggers;
        if std::mem::replace(&mut self.counted, true) {
            return if triggers.pulled.get() { Poll::Pending } else { Poll::Ready(()) };
        }
        triggers.flushes.set(triggers.flushes.get() + 1);
        if triggers.flushes.get() < triggers.flush_armed.get() {
            return Poll::Ready(());
        }
        triggers.pulled.set(true);
        triggers.waiting.borrow_mut().push(self.kernel.current());
        Poll::Pending
    }
}

/// By how much something is slowed down: the product of the slow-downs that last.
#[derive(Clone, Debug)]
pub struct Slowdown {
    lasting: Vec<f64>,
    product: f64,
}

impl Default for Slowdown {
    fn default() -> Slowdown {
        Slowdown { lasting: Vec::new(), product: 1.0 }
    }
}

impl Slowdown {
    /// A slow-down begins.
    pub fn begin(&mut self, times: f64) {
        self.lasting.push(times);
        self.product *= times;
    }

    /// Whether none lasts.
    pub fn is_empty(&self) -> bool {
        self.lasting.is_empty()
    }

    /// A slow-down ends.
    pub fn end(&mut self, times: f64) {
        work::count(self.lasting.len());
        let position = self.lasting.iter().position(|other| *other == times).expect("only what has begun ends");
        self.lasting.remove(position);
        // Multiplied again: a division would leave a rounding behind.
        self.product = self.lasting.iter().product();
    }

    /// How long something takes now that otherwise takes `time`.
    #[inline]
    pub fn stretch(&self, time: Nanos) -> Nanos {
        if self.lasting.is_empty() { time } else { self.stretched(time) }
    }

    /// By itself, or it would be worked out each time and then not used.
    #[cold]
    fn stretched(&self, time: Nanos) -> Nanos {
        Nanos((time.0 as f64 * self.product) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(faults: &[Fault]) -> FaultSchedule {
        FaultSchedule::new(faults, 0, Parts { app_servers: 1, cache_shards: 1, replicas: 0 }, &Streams::new(1))
    }

    fn crash(at: u64, lasts: u64) -> Fault {
        Fault { at: FaultTime::Moment(Nanos(at)), lasts: Nanos(lasts), ..Fault::default() }
    }

    fn random(every: u64, lasts: u64) -> Fault {
        Fault { at: FaultTime::Every(Nanos(every)), lasts: Nanos(lasts), ..Fault::default() }
    }

    #[test]
    fn strikes_come_in_order_whichever_way_the_faults_are_listed() {
        let mut plan = plan(&[crash(50, 10), crash(10, 100)]);
        let order: Vec<(u64, bool)> = std::iter::from_fn(|| plan.take_next()).map(|s| (s.at.0, s.begins)).collect();
        assert_eq!(order, [(10, true), (50, true), (60, false), (110, false)]);
    }

    #[test]
    fn only_what_has_begun_is_healed() {
        let mut some = plan(&[crash(10, 100), crash(200, 5), random(1_000_000, 5)]);
        some.take_next();
        let healed = some.heal_all(Nanos(20));
        assert_eq!(healed.len(), 1);
        assert_eq!((healed[0].at, healed[0].until, healed[0].begins), (Nanos(20), Nanos(110), false));
        assert_eq!(some.peek(), None);
        assert_eq!(plan(&[crash(10, 100)]).heal_all(Nanos(5)), []);
    }

    #[test]
    fn a_fault_added_while_running_strikes_like_one_that_was_there_from_the_start() {
        let mut added = plan(&[crash(10, 100), random(30, 30)]);
        added.take_next();
        added.add(&crash(50, 10));
        let mut whole = plan(&[crash(10, 100), random(30, 30), crash(50, 10)]);
        whole.take_next();
        assert!((0..20).all(|_| added.take_next() == whole.take_next()));
    }

    #[test]
    fn a_random_fault_ends_before_it_begins_again_and_its_times_have_the_means_asked_for() {
        // The mean of n exponential times is within 3/√n of what it should be, bar one run in 400.
        let (turns, mut well, mut broken) = (40_000, 0.0, 0.0);
        let mut plan = plan(&[random(60_000_000, 5_000_000)]);
        let mut last = 0;
        for turn in 0..2 * turns {
            let occurrence = plan.take_next().expect("it never stops");
            assert_eq!(occurrence.begins, turn % 2 == 0);
            *(if occurrence.begins { &mut well } else { &mut broken }) +=
                (occurrence.at.0 - last) as f64 / f64::from(turns);
            last = occurrence.at.0;
        }
        let within = 3.0 / f64::from(turns).sqrt();
        assert!((well / 60e6 - 1.0).abs() < within, "{well} ns between");
        assert!((broken / 5e6 - 1.0).abs() < within, "{broken} ns to repair");
    }

    #[test]
    fn slowdowns_multiply_and_leave_nothing_behind() {
        let mut slow = Slowdown::default();
        slow.begin(10.0);
        slow.begin(3.0);
        assert_eq!(slow.stretch(Nanos(7)), Nanos(210));
        slow.end(10.0);
        assert_eq!(slow.stretch(Nanos(7)), Nanos(21));
        slow.end(3.0);
        assert_eq!(slow.stretch(Nanos(7)), Nanos(7));
    }
}
