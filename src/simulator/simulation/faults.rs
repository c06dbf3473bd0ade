//! Faults as they happen: what each effect does to the world when it begins and when it ends.

use super::frozen::Frozen;
use super::{Simulation, Stage};
use crate::cache::node::CacheNode;
use crate::fault::{Crash, FaultEffect, FaultEvent, FaultSchedule, Parts};
use crate::jobs::{Job, Owner};
use crate::random::Streams;
use crate::report::FaultReport;
use crate::scenario::{Fault, FaultKind, Scenario};
use crate::time::Nanos;

/// How many faults that have begun a report remembers.
const REPORTED_MAX: usize = 200;

/// The faults of a lane.
pub(super) struct Faults {
    pub schedule: FaultSchedule,
    /// The scenario's faults, those injected included.
    list: Vec<Fault>,
    /// What has begun, as far as it is remembered.
    pub reports: Vec<FaultReport>,
    pub frozen: Frozen,
    /// Nodes that were to be back already from a restart and have not gone yet, each with the number of its report.
    late: Vec<(u32, usize)>,
    replicas_each: u32,
}

impl Faults {
    /// The faults of `scenario` in lane number `lane`, for a cache of so many nodes; none has begun.
    pub fn new(scenario: &Scenario, lane: usize, cache_shards: u32) -> Faults {
        let replicas = scenario.cache.replicas;
        let parts = Parts { app_servers: scenario.app.servers, cache_shards, replicas };
        Faults {
            schedule: FaultSchedule::new(&scenario.faults, lane, parts, &Streams::new(scenario.seed)),
            list: scenario.faults.clone(),
            reports: Vec::new(),
            frozen: Frozen::default(),
            late: Vec::new(),
            replicas_each: replicas,
        }
    }

    /// The latest fault of that kind has lasted until `now`, if it was not to last longer.
    pub fn has_lasted(&mut self, what: FaultKind, now: Nanos) {
        // few: REPORTED_MAX
        let latest = self.reports.iter_mut().rev().find(|report| report.what == what.name());
        if let Some(report) = latest
            && now.as_secs_f64() - report.at_s > report.for_s + 1e-9
        {
            report.for_s = now.as_secs_f64() - report.at_s;
        }
    }

    /// A restart was to be over at `until`, and the node has not gone yet: it lasts, to the end of the run at most.
    fn is_late(&mut self, node: u32, until: Nanos, end: Nanos) {
        let ends_then = |report: &FaultReport| libm::fabs(report.at_s + report.for_s - until.as_secs_f64()) < 1e-6;
        let restarts = |report: &FaultReport| report.what == FaultKind::CacheRestart.name();
        // few: REPORTED_MAX
        let mut all = self.reports.iter();
        let Some(number) = all.rposition(|report| restarts(report) && ends_then(report)) else { return };
        self.late.push((node, number));
        self.reports[number].for_s = end.as_secs_f64() - self.reports[number].at_s;
    }

    /// A node is back from those restarts, at `now`. One that strikes several nodes is over with the last.
    fn is_back(&mut self, node: u32, now: Nanos) {
        // few: REPORTED_MAX for each node
        let (over, late): (Vec<_>, Vec<_>) = self.late.drain(..).partition(|(other, _)| *other == node);
        self.late = late;
        for (_, number) in over {
            if self.late.iter().all(|(_, other)| *other != number) {
                self.reports[number].for_s = now.as_secs_f64() - self.reports[number].at_s;
            }
        }
    }

    /// The node that replica `number` of all belongs to, and which of that node's it is.
    fn replica(&self, number: u32) -> (u32, u32) {
        (number / self.replicas_each, number % self.replicas_each)
    }
}

impl Simulation {
    /// Adds a fault, which must begin at a moment that lies ahead. One that a limit has stopped meets none any more.
    pub fn inject(&mut self, fault: &Fault) {
        if matches!(self.progress.stage, Stage::WarmingUp | Stage::Measuring) {
            assert!(fault.at.moment() > Some(self.frontier()), "a fault cannot occur in the past");
            self.faults.schedule.add(fault);
            self.faults.list.push(fault.clone());
            self.set_milestone();
        }
    }

    /// From now on no fault begins; one that has begun ends when it would have.
    pub fn spare_the_rest(&mut self) {
        self.faults.schedule.spare_the_rest();
        self.faults.schedule.arm(&self.world.observers.triggers);
        self.set_milestone();
    }

    /// Begins or ends the next fault, if it is due.
    pub(super) fn begin_due_fault(&mut self, now: Nanos) {
        if self.faults.schedule.peek().is_some_and(|at| at <= now) {
            let event = self.faults.schedule.take_next().expect("a fault is due");
            self.apply(&event);
        }
    }

    /// Begins the faults that wait for what has just been counted.
    pub(super) fn begin_triggered_faults(&mut self) {
        let world = self.world.clone();
        let triggers = &world.observers.triggers;
        let events = self.faults.schedule.triggered(triggers, world.kernel.now());
        events.iter().for_each(|event| self.apply(event));
        self.faults.schedule.arm(triggers);
        triggers.release(&world.kernel);
    }

    /// The run is over: all faults end, and none begins.
    pub(super) fn end_all_faults(&mut self) {
        self.world.observers.triggers.disarm();
        for event in self.faults.schedule.heal_all(self.progress.duration) {
            self.apply(&event);
        }
    }

    fn apply(&mut self, event: &FaultEvent) {
        if event.begins && self.faults.reports.len() < REPORTED_MAX {
            let report = self.report_fault(event);
            self.faults.reports.push(report);
        }
        for &effect in &event.effects {
            self.world.kernel.mix_digest(event.at.0 ^ u64::from(event.begins) << 63);
            if event.begins {
                effect.begin(self, event.until);
            } else {
                effect.end(self, event.until);
            }
        }
    }

    fn report_fault(&self, event: &FaultEvent) -> FaultReport {
        let fault = &self.faults.list[event.fault];
        let own_time = |effect: &FaultEffect| effect.own_time(|node| self.world.cache.node(node));
        let by_itself = event.effects.iter().filter_map(own_time).max().map(|takes| event.at + takes);
        let until = match by_itself {
            Some(end) if fault.what == FaultKind::CacheFailover => end.min(event.until),
            Some(end) if event.until <= event.at => end,
            _ => event.until,
        };
        let lasts = until.min(self.progress.duration) - event.at;
        FaultReport {
            at_s: event.at.as_secs_f64(),
            for_s: lasts.as_secs_f64(),
            what: fault.what.name().to_owned(),
            which: fault.which.map(|which| which.to_string()),
            fault: event.fault as u32,
        }
    }

    /// Drops the tasks of crashed owners where they stand. Returns how many there were.
    fn drop_tasks_of(&mut self, owners: &[Owner]) -> usize {
        owners.iter().for_each(|owner| self.faults.frozen.drop_tasks_of(*owner));
        self.tasks.drop_owned_by(owners.iter().map(|owner| owner.number()))
    }

    /// Drops the tasks of a crashed cache node where they stand, its flusher's with them.
    pub(super) fn drop_tasks_of_node(&mut self, node: u32) {
        self.drop_tasks_of(&[Owner::node(node), Owner::flusher(node)]);
    }

    /// The processes that bring on what was written end where they stand. They start again at once, and do nothing yet.
    fn crash_workers(&mut self) {
        let world = self.world.clone();
        if self.end_process(Owner::RELAY) {
            world.jobs.push(Job::Relay);
        }
        for node in 0..world.cache.count() {
            if self.end_process(Owner::flusher(node)) {
                world.cache.node(node).flusher_crashes();
                world.start_flusher(node);
            }
        }
    }

    /// A process ends where it stands, and nothing of it goes on until it has [thawed](Simulation::thaw). Returns whether it was
    /// running.
    fn end_process(&mut self, owner: Owner) -> bool {
        let asked = self.world.jobs.forget(owner);
        let running = asked + self.drop_tasks_of(&[owner]) > 0;
        self.faults.frozen.begin(owner);
        running
    }

    /// They are at work again.
    fn restart_workers(&mut self) {
        self.thaw(Owner::RELAY);
        (0..self.world.cache.count()).for_each(|node| self.thaw(Owner::flusher(node)));
    }

    /// A cache node is gone, with everyone's connection to it.
    fn crash_node(&mut self, node: u32, crash: Crash, until: Nanos) {
        self.drop_tasks_of_node(node);
        self.world.cache.node(node).crash(crash, until);
        self.world.application.near.connection_lost();
    }

    /// The crash of a cache node that was to last until that moment is over.
    fn restart_node(&mut self, node: u32, crash: Crash, until: Nanos) {
        let world = &self.world;
        world.application.near.connection_back();
        if world.cache.node(node).restart(crash, until) {
            world.start_flusher(node);
            world.start_warm_up(node);
        }
    }

    /// A cache node has done what was to be done before it goes: it goes, and those of its `restarts` end that are over.
    pub(super) fn node_leaves(&mut self, node: u32, restarts: u32, over: u32) {
        let now = self.world.kernel.now();
        (0..restarts).for_each(|_| self.crash_node(node, Crash::default(), now));
        (0..over).for_each(|_| self.restart_node(node, Crash::default(), now));
        if over > 0 {
            self.faults.is_back(node, now.min(self.progress.duration));
        }
    }

    /// A freeze ends; when it was the owner's last one, its tasks go on.
    fn thaw(&mut self, owner: Owner) {
        self.faults.frozen.end(owner).into_iter().for_each(|task| self.world.kernel.wake(task));
    }
}

impl FaultEffect {
    /// How long a command takes for each entry that it goes over.
    fn per_entry(self) -> Nanos {
        let what = if let FaultEffect::FlushAll(_) = self { FaultKind::FlushAll } else { FaultKind::SlowCommand };
        what.per_entry().unwrap_or(Nanos::ZERO)
    }

    /// How long it takes by itself, where that is not said beforehand.
    fn own_time<'n>(self, node_of: impl Fn(u32) -> &'n CacheNode) -> Option<Nanos> {
        match self {
            FaultEffect::FlushAll(node) | FaultEffect::SlowCommand(node) => {
                Some(node_of(node).time_for_all(self.per_entry()))
            }
            FaultEffect::CacheFailover(node) => Some(node_of(node).time_to_hand_over()),
            _ => None,
        }
    }

    /// Something breaks, until the moment `until`.
    fn begin(self, lane: &mut Simulation, until: Nanos) {
        let world = lane.world.clone();
        match self {
            FaultEffect::CacheCrash(node, crash) => lane.crash_node(node, crash, until),
            FaultEffect::CacheRestart(node, restart) => world.cache.node(node).begin_to_leave(restart, until),
            FaultEffect::CacheFreeze(node) => {
                lane.faults.frozen.begin(Owner::node(node));
                world.cache.node(node).freeze(until);
            }
            FaultEffect::ReplicaCrash(number) => {
                let (node, replica) = lane.faults.replica(number);
                world.cache.node(node).replica_crash(replica);
            }
            FaultEffect::FlushAll(node) => {
                world.cache.node(node).begin_long_command(until, self.per_entry());
                world.cache.node(node).flush_all();
            }
            FaultEffect::SlowCommand(node) => world.cache.node(node).begin_long_command(until, self.per_entry()),
            FaultEffect::CacheFailover(node) => world.cache.node(node).begin_to_hand_over(until),
            FaultEffect::CacheSlow(node, times) => world.cache.node(node).slow_down(times),
            FaultEffect::AppCrash(server) => {
                lane.drop_tasks_of(&[Owner::server(server)]);
                world.application.servers.crash(server);
                world.abandon_requests_of(server);
            }
            FaultEffect::AppFreeze(server) => lane.faults.frozen.begin(Owner::server(server)),
            FaultEffect::AppSlow(server, times) => world.application.servers.slow_down(server, times),
            FaultEffect::WorkerCrash => lane.crash_workers(),
            FaultEffect::DatabaseOutage(crash) => world.database.begin_outage(crash),
            FaultEffect::DatabaseFreeze => world.database.freeze(),
            FaultEffect::DatabaseSlow(times) => world.database.slow_down(times),
            FaultEffect::DatabaseFailing(share) => world.database.begin_failing(share),
            FaultEffect::Partition(link) => world.network.partition(link),
            FaultEffect::LinkSlow(link, times) => world.network.slow_down(link, times),
            FaultEffect::LinkLoss(link, share) => {
                world.network.begin_losing(link, share, until.min(lane.progress.duration));
            }
        }
    }

    /// What was to be broken until the moment `until` is well again.
    fn end(self, lane: &mut Simulation, until: Nanos) {
        let world = lane.world.clone();
        match self {
            FaultEffect::CacheCrash(node, crash) => lane.restart_node(node, crash, until),
            FaultEffect::CacheRestart(node, _) => {
                // One that has not gone yet goes when it can, and is back at once.
                if world.cache.node(node).is_still_leaving(until) {
                    lane.faults.is_late(node, until, lane.progress.duration);
                } else {
                    lane.restart_node(node, Crash::default(), until);
                }
            }
            FaultEffect::CacheFreeze(node) => {
                if world.cache.node(node).thaw(until) {
                    lane.thaw(Owner::node(node));
                }
            }
            FaultEffect::ReplicaCrash(number) => {
                let (node, replica) = lane.faults.replica(number);
                world.cache.node(node).replica_restart(replica);
            }
            FaultEffect::FlushAll(node) | FaultEffect::SlowCommand(node) => {
                world.cache.node(node).end_long_command(until);
            }
            FaultEffect::CacheFailover(node) => {
                if world.cache.node(node).give_up_to_hand_over(until) {
                    lane.faults.has_lasted(FaultKind::CacheFailover, until);
                }
            }
            FaultEffect::CacheSlow(node, times) => world.cache.node(node).speed_up(times),
            FaultEffect::AppCrash(server) => {
                if world.application.servers.restart(server) {
                    world.start_queue(server);
                }
            }
            FaultEffect::AppFreeze(server) => lane.thaw(Owner::server(server)),
            FaultEffect::AppSlow(server, times) => world.application.servers.speed_up(server, times),
            FaultEffect::WorkerCrash => lane.restart_workers(),
            FaultEffect::DatabaseOutage(crash) => world.database.end_outage(crash),
            FaultEffect::DatabaseFreeze => world.database.thaw(),
            FaultEffect::DatabaseSlow(times) => world.database.speed_up(times),
            FaultEffect::DatabaseFailing(share) => world.database.end_failing(share),
            FaultEffect::Partition(link) => world.network.heal(link),
            FaultEffect::LinkSlow(link, times) => world.network.speed_up(link, times),
            FaultEffect::LinkLoss(link, share) => world.network.end_losing(link, share),
        }
    }
}
