//! The loop that makes a lane go on: events, what follows from each, and what is due at moments outside the queue.
//!
//! ```text
//! settle (responses leave, tasks go on, jobs become tasks, triggered faults begin) ─▶ next event or milestone ─▶ settle ─▶ …
//! warming up ─▶ measuring ─▶ over ─▶ draining ─▶ finished
//! ```

use super::event::EventKind;
use super::listening::Listener;
use super::stop::{Limits, Stopped};
use super::world::World;
use super::{Simulation, over_time};
use crate::cache::node::Turn;
use crate::engine::{Event, TaskId, Tasks};
use crate::jobs::{Job, Owner};
use crate::scenario::{FaultKind, Scenario};
use crate::time::Nanos;
use crate::work::{self, Budget};

/// How many events there are between two looks at the lane's [`Limits`].
const LOOK_EVENTS: u64 = 1 << 10;

/// How many tasks go on at one moment between two looks at the budget.
const LOOK_STEPS: u64 = 1 << 6;

/// How far a lane has got.
pub(super) struct Progress {
    pub duration: Nanos,
    pub warmup: Nanos,
    /// The moment up to which everything has happened.
    pub reached: Nanos,
    /// The next moment at which something happens that is not in the queue: a fault, a reading of the gauges, the end.
    milestone: Nanos,
    pub stage: Stage,
    /// Whether everything has happened that follows from the last event at its very moment.
    settled: bool,
    /// The present moment, and how often tasks have gone on at it.
    moment: (Nanos, u64),
    pub limits: Limits,
    /// Events up to the end of the run.
    events_of_run: u64,
    /// Why it ended before it had settled, if it did.
    pub stopped: Option<Stopped>,
}

impl Progress {
    /// Nothing has happened yet.
    pub fn new(scenario: &Scenario, limits: Limits) -> Progress {
        Progress {
            duration: scenario.duration,
            warmup: scenario.warmup,
            reached: Nanos::ZERO,
            milestone: Nanos::ZERO,
            stage: Stage::WarmingUp,
            settled: false,
            moment: (Nanos::ZERO, 0),
            limits,
            events_of_run: 0,
            stopped: None,
        }
    }

    /// The moment by which the system has settled, or is not waited for any longer.
    fn latest_end(&self) -> Nanos {
        self.duration.saturating_add(self.limits.settling)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    WarmingUp,
    Measuring,
    /// The run has ended, and clients have not gone yet.
    Over,
    Draining,
    Finished,
}

impl Simulation {
    /// Runs until everything up to and including the moment `to` has happened; at the end of the run, until everything
    /// before it has; past that, until the system has settled, or a limit [stops](Simulation::stopped) it.
    pub fn run_until(&mut self, to: Nanos) {
        self.advance(to, &Budget::UNLIMITED);
    }

    /// Like [`run_until`](Simulation::run_until), as far as the budget goes; returns whether it got there. Where it is cut
    /// makes no difference to what happens. It is cut between two events, or two tasks that one event has woken; what one
    /// event does is bounded by what memory holds.
    pub fn advance(&mut self, to: Nanos, budget: &Budget) -> bool {
        let to = if to > self.progress.duration { Nanos::MAX } else { to };
        while self.progress.stage != Stage::Finished {
            if !self.progress.settled {
                self.settle(budget);
                if self.progress.stage == Stage::Finished {
                    break;
                }
            }
            if budget.is_spent() {
                self.progress.reached = self.progress.reached.max(self.before_next());
                return false;
            }
            let milestone = self.progress.milestone;
            if let Some(event) = self.world.kernel.next_before(milestone.min(to.saturating_add(Nanos(1)))) {
                self.event(event);
                if self.events().is_multiple_of(LOOK_EVENTS) {
                    self.look_at_limits();
                }
            } else {
                let at_the_end = self.progress.stage == Stage::Over && to == self.progress.duration;
                if milestone > to || at_the_end {
                    break;
                }
                self.world.kernel.set_clock(milestone);
                self.pass_milestone();
            }
            self.progress.settled = false;
            let now = self.world.kernel.now();
            if now != self.progress.moment.0 {
                self.progress.moment = (now, 0);
            }
        }
        self.progress.reached = match &self.progress.stopped {
            _ if !self.is_finished() => to.max(self.progress.reached),
            Some(stopped) if !stopped.is_after_the_run() => self.world.kernel.now(),
            _ => self.world.kernel.now().max(self.progress.duration),
        };
        true
    }

    /// The last moment up to which everything has happened, where it stands now.
    fn before_next(&self) -> Nanos {
        let now = self.world.kernel.now();
        let next = self.world.kernel.peek().unwrap_or(Nanos::MAX).min(self.progress.milestone);
        let next = if self.progress.settled { next } else { now };
        next.max(now).saturating_sub(Nanos(1))
    }

    // ---- Events and what follows ----

    #[inline]
    fn event(&mut self, event: Event) {
        let world = &*self.world;
        if let Some(listener) = &mut self.listener {
            listener.event(world, event);
        }
        let index = event.index();
        match EventKind::of(event) {
            EventKind::Wake => world.kernel.wake(index),
            EventKind::Deadline => world.kernel.deadline_event(index),
            EventKind::Arrival => world.arrival(index),
            EventKind::User => world.user(index),
            EventKind::Request => world.request(index),
            EventKind::Response => world.receive_response(index),
            EventKind::GiveUp => world.give_up(),
            EventKind::CacheArrival => world.cache.arrive(index),
            EventKind::CacheFree => world.cache.node(index).free(),
            EventKind::CacheResponse => world.cache.deliver(index),
            EventKind::DatabaseArrival => world.database.arrive(index),
            EventKind::DatabaseServed => world.database.served(index),
            EventKind::DatabaseResponse => world.database.deliver(index),
            EventKind::DirtyExpiry => world.cache.of(index).dirty_expiry(index),
            EventKind::NearMessage => world.application.near.receive(&world.network, index),
            EventKind::NodeRecovery => self.recover_node(index),
        }
    }

    /// A cache node may serve again, or a replica in its place.
    fn recover_node(&mut self, node: u32) {
        let world = self.world.clone();
        match world.cache.node(node).turn() {
            Turn::None => {}
            Turn::Loaded => world.start_flusher(node),
            Turn::HandedOver => {
                self.faults.has_lasted(FaultKind::CacheFailover, world.kernel.now().min(self.progress.duration));
                world.application.near.connection_lost();
                world.application.near.connection_back();
            }
            Turn::Leaves { restarts, over } => self.node_leaves(node, restarts, over),
            Turn::Replaced => {
                // Of a crashed machine, all that is over already; of a frozen one, it is now.
                self.drop_tasks_of_node(node);
                self.faults.frozen.forget(Owner::node(node));
                world.application.near.connection_lost();
                world.application.near.connection_back();
                world.start_flusher(node);
            }
        }
    }

    /// Lets everything happen that follows at this very moment, the faults that it triggers included, as far as the
    /// budget goes; and sees whether that was all.
    fn settle(&mut self, budget: &Budget) {
        while self.settle_tasks(budget) {
            if !self.world.observers.triggers.is_pulled() {
                self.progress.settled = true;
                break;
            }
            self.begin_triggered_faults();
            self.set_milestone();
        }
        if self.progress.settled && self.progress.stage == Stage::Draining {
            self.end_when_quiet();
        }
    }

    /// Responses leave, tasks go on, jobs become tasks; returns whether nothing is left to do.
    fn settle_tasks(&mut self, budget: &Budget) -> bool {
        while !self.go_on() {
            if !self.may_continue(budget) {
                return false;
            }
        }
        true
    }

    /// The same, until the next look at the budget.
    fn go_on(&mut self) -> bool {
        let Simulation { world, tasks, faults, listener, progress, .. } = self;
        let (world, kernel) = (&**world, &*world.kernel);
        loop {
            world.send_responses();
            let task = if let Some(task) = kernel.next_ready() {
                task
            } else if let Some(job) = world.jobs.pop() {
                begin(tasks, listener, world, job)
            } else {
                return true;
            };
            if faults.frozen.is_empty() || !faults.frozen.keeps(task, tasks.owner(task)) {
                work::count(1);
                kernel.set_current(task);
                tasks.poll(task);
            }
            progress.moment.1 += 1;
            if progress.moment.1.is_multiple_of(LOOK_STEPS) {
                return false;
            }
        }
    }

    /// Whether more may happen at the present moment, now.
    #[cold]
    fn may_continue(&mut self, budget: &Budget) -> bool {
        let steps = self.progress.limits.at_one_moment;
        if self.progress.moment.1 > steps {
            let at = self.world.kernel.now();
            self.stop(Stopped::AtOneMoment { at, steps, without_time: self.without_time.clone() });
        }
        self.progress.stage != Stage::Finished && !budget.is_spent()
    }

    // ---- Limits ----

    /// Stops where more has happened than may.
    #[cold]
    fn look_at_limits(&mut self) {
        let (at, limits) = (self.world.kernel.now(), self.progress.limits);
        let writes = self.world.observers.ledger.borrow().counts().attempts();
        let waiting = self.tasks.running().max(self.world.clients.under_way()) as u64;
        if self.world.clients.sent() > limits.requests {
            self.stop(Stopped::Requests { at, requests: limits.requests });
        } else if writes > limits.writes {
            self.stop(Stopped::Writes { at, writes: limits.writes });
        } else if waiting > limits.waiting {
            self.stop(Stopped::Waiting { at, waiting: limits.waiting });
        } else if self.events() > limits.events {
            self.stop(Stopped::Events { at, events: limits.events });
        } else if self.progress.stage == Stage::Draining {
            let events = self.events() - self.progress.events_of_run;
            if events > limits.settling_events.saturating_add(4 * self.progress.events_of_run) {
                let within = at.saturating_sub(self.progress.duration);
                self.stop(Stopped::UnsettledAfter { events, within });
            }
        }
    }

    fn stop(&mut self, why: Stopped) {
        self.progress.stage = Stage::Finished;
        self.progress.stopped = Some(why);
    }

    // ---- Milestones ----

    /// Sees when the next thing outside the queue is due.
    pub(super) fn set_milestone(&mut self) {
        let reading = self.world.observers.metrics.borrow().next_reading();
        let progress = &mut self.progress;
        let running = match progress.stage {
            Stage::WarmingUp => progress.warmup.min(reading).min(progress.duration),
            Stage::Measuring => reading.min(progress.duration),
            Stage::Over => progress.duration,
            Stage::Draining | Stage::Finished => progress.latest_end(),
        };
        progress.milestone = match progress.stage {
            Stage::Over => running,
            _ => self.faults.schedule.peek().map_or(running, |fault| fault.min(running)),
        };
    }

    /// Does what is due at this moment outside the queue. Faults come last: they begin after the gauges were read.
    fn pass_milestone(&mut self) {
        if self.progress.stage == Stage::Over {
            self.begin_drain();
            return self.set_milestone();
        }
        let now = self.world.kernel.now();
        if self.progress.stage == Stage::WarmingUp && now >= self.progress.warmup {
            self.progress.stage = Stage::Measuring;
            self.baseline = self.take_baseline();
        }
        let running = matches!(self.progress.stage, Stage::WarmingUp | Stage::Measuring);
        let due = self.world.observers.metrics.borrow().next_reading().min(self.progress.duration);
        if running && now >= due {
            let gauges = over_time::gauges(&self.world, self.deadline);
            self.world.observers.metrics.borrow_mut().close_bucket(gauges);
        }
        if self.progress.stage == Stage::Measuring && now >= self.progress.duration {
            self.baseline.at_end = Some(self.totals());
            // To count what is under way takes steps, which nobody waits for where it will not be shown.
            self.parts_at_end = self.keeps_parts_at_end.get().then(|| self.parts());
            self.progress.stage = Stage::Over;
        } else {
            self.begin_due_fault(now);
        }
        self.set_milestone();
    }

    /// Clients leave, faults end, what is dirty is flushed.
    fn begin_drain(&mut self) {
        self.progress.stage = Stage::Draining;
        self.progress.events_of_run = self.events();
        self.world.clients.leave();
        self.end_all_faults();
        self.world.cache.drain();
        self.world.application.drain();
    }

    /// The lane is done when nothing is under way any more, or has been for too long.
    fn end_when_quiet(&mut self) {
        if !self.world.is_quiet() {
            if self.world.kernel.now() < self.progress.latest_end() {
                return;
            }
            self.progress.stopped = Some(Stopped::Unsettled { within: self.progress.limits.settling });
        }
        self.progress.stage = Stage::Finished;
        self.world.kernel.mix_digest(self.world.observers.ledger.borrow().counts().lost);
    }
}

/// Gives a job its task; returns which that is.
#[inline]
fn begin(tasks: &mut Tasks<Job>, listener: &mut Option<Box<Listener>>, world: &World, job: Job) -> TaskId {
    let owner = job.owner().number();
    let Some(listener) = listener else { return tasks.spawn(job, owner) };
    let task = tasks.spawn(job.clone(), owner);
    listener.begins(world, task, &job);
    task
}
