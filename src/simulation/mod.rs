//! One lane, put together and run.
//!
//! ```text
//! clients ──▶ application servers ──▶ cache ──▶ database        the ledger and the metrics watch
//!    ▲              (strategy code)                             faults strike from outside
//!    └──────────────── answers ◀─────────────────────
//! ```
//!
//! A [`Simulation`] is deterministic: running to a moment in one go or in a thousand small steps does the same things,
//! and so does adding a fault while it runs or having it in the scenario from the start.
//!
//! ```
//! use cachelane::{scenario::Scenario, simulation::Simulation, time::Nanos};
//! let mut lane = Simulation::new(&Scenario::default(), 0, None).unwrap();
//! lane.run_until(Nanos::MAX); // to the end, and until everything has settled
//! assert!(lane.is_finished());
//! assert_eq!(lane.report().writes_by_class.at_risk, 0);
//! ```

mod background;
mod frozen;
mod inspect;
mod near;
mod outcome;
mod over_time;
#[cfg(test)]
mod sabotage;
mod servers;
mod stop;
mod world;

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use self::frozen::Frozen;
use self::outcome::Baseline;
pub use self::stop::{Limits, Stopped};
use self::world::{Job, World, kind, owner_of, run};
use crate::cache::node::Turn;
use crate::engine::{Kernel, TaskId, Tasks};
use crate::fault::{Effect, Parts, Plan, Strike};
use crate::ledger::Story;
use crate::random::Streams;
use crate::report::FaultReport;
use crate::scenario::{Fault, Scenario, What, estimate};
use crate::time::Nanos;
use crate::work::{self, Budget};
use crate::workload::foresight::Foresight;
use crate::workload::requests::KeySource;
use crate::workload::trace::Trace;

/// How many events there are between two looks at the lane's [`Limits`].
const LOOK_EVENTS: u64 = 1 << 10;

/// How many tasks go on at one moment between two looks at the budget.
const LOOK_STEPS: u64 = 1 << 6;

/// How many strikes a report remembers.
const STRUCK_MAX: usize = 200;

/// How long a command takes for each entry that it goes over.
fn per_entry(effect: Effect) -> Nanos {
    let what = if let Effect::FlushAll(_) = effect { What::FlushAll } else { What::SlowCommand };
    what.per_entry().unwrap_or(Nanos::ZERO)
}

/// What the loop needs of the tasks, whose type has no name.
trait Executor {
    fn spawn(&mut self, owner: u32, job: Job) -> TaskId;
    fn poll(&mut self, task: TaskId);
    fn owner(&self, task: TaskId) -> Option<u32>;
    fn drop_owned_by(&mut self, owner: u32);
    fn running(&self) -> usize;
}

struct Runner<F, S> {
    tasks: Tasks<F>,
    start: S,
}

impl<F: Future<Output = ()>, S: Fn(Job) -> F> Executor for Runner<F, S> {
    fn spawn(&mut self, owner: u32, job: Job) -> TaskId {
        self.tasks.spawn((self.start)(job), owner)
    }

    fn poll(&mut self, task: TaskId) {
        self.tasks.poll(task);
    }

    fn owner(&self, task: TaskId) -> Option<u32> {
        self.tasks.owner(task)
    }

    fn drop_owned_by(&mut self, owner: u32) {
        self.tasks.drop_owned_by(owner);
    }

    fn running(&self) -> usize {
        self.tasks.running()
    }
}

/// `start` as it is, whose tasks take no more than a scenario's estimate says.
fn estimated<F, S: Fn(Job) -> F>(start: S) -> S {
    const { assert!(size_of::<F>() <= estimate::TASK_BYTES, "what a waiting request takes is known beforehand") };
    start
}

/// An executor of tasks that all run `start`.
fn executor<F, S>(start: S) -> Box<dyn Executor>
where
    F: Future<Output = ()> + 'static,
    S: Fn(Job) -> F + 'static,
{
    Box::new(Runner { tasks: Tasks::default(), start })
}

/// One lane of a scenario. See the [module](self).
pub struct Simulation {
    world: Rc<World>,
    executor: Box<dyn Executor>,
    faults: Plan,
    replicas_each: u32,
    /// The scenario's faults, those injected included.
    fault_list: Vec<Fault>,
    /// What has struck, as far as it is remembered.
    struck: Vec<FaultReport>,
    frozen: Frozen,
    duration: Nanos,
    warmup: Nanos,
    deadline: Nanos,
    /// The moment up to which everything has happened.
    reached: Nanos,
    /// The next moment at which something happens that is not in the queue: a fault, a reading of the gauges, the end.
    milestone: Nanos,
    stage: Stage,
    /// Whether everything has happened that follows from the last event at its very moment.
    settled: bool,
    /// The present moment, and how often tasks have gone on at it.
    moment: (Nanos, u64),
    limits: Limits,
    /// Events up to the end of the run.
    events_of_run: u64,
    /// Why it ended before it had settled, if it did.
    stopped: Option<Stopped>,
    without_time: Vec<String>,
    baseline: Baseline,
    lane: (String, String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    WarmingUp,
    Measuring,
    /// The run has ended, and clients have not gone yet.
    Over,
    Draining,
    Finished,
}

impl Simulation {
    /// Lane number `lane` of `scenario`, at the beginning of its run. `trace` is the file that the keys name, if they do.
    ///
    /// # Errors
    /// When the scenario needs a trace and has none.
    ///
    /// # Panics
    /// When the scenario has no such lane, or has not been [checked](Scenario::check).
    pub fn new(scenario: &Scenario, lane: usize, trace: Option<Arc<Trace>>) -> Result<Simulation, String> {
        let keys = KeySource::new(scenario, trace)?;
        Ok(Simulation::with_keys(scenario, lane, keys))
    }

    /// Like [`new`](Simulation::new), with a source of keys that lanes share.
    pub fn with_keys(scenario: &Scenario, lane: usize, keys: KeySource) -> Simulation {
        let foresight = Foresight::of(scenario, &keys);
        let mut simulation = Simulation::unforeseeing(scenario, lane, keys);
        if let Some(foresight) = foresight {
            simulation.foresee(foresight);
        }
        simulation
    }

    /// Like [`with_keys`](Simulation::with_keys); a lane whose cache must know the future is to be
    /// [told](Simulation::foresee) before it runs.
    pub fn unforeseeing(scenario: &Scenario, lane: usize, keys: KeySource) -> Simulation {
        Simulation::with_tasks(scenario, lane, keys, |world| executor(estimated(move |job| run(world.clone(), job))))
    }

    /// Tells the lane which requests will come. Lanes share what they know.
    pub fn foresee(&mut self, foresight: Rc<Foresight>) {
        self.world.foresee(foresight);
    }

    /// Like [`with_keys`](Simulation::with_keys), with tasks that may do something else than the strategies say.
    fn with_tasks(
        scenario: &Scenario,
        lane: usize,
        keys: KeySource,
        tasks: impl Fn(Rc<World>) -> Box<dyn Executor>,
    ) -> Simulation {
        let title = scenario.titles().swap_remove(lane);
        let limits = Limits::of(scenario);
        let scenario = &scenario.for_lane(lane);
        let lane = &scenario.lanes[lane];
        let world = Rc::new(World::new(scenario, lane, keys));
        world.begin();
        for shard in 0..world.cache.count() {
            world.start_flusher(shard);
            world.start_warm_up(shard);
        }
        world.start_relay();
        let parts = Parts {
            app_servers: scenario.app.servers,
            cache_shards: world.cache.count(),
            replicas: scenario.cache.replicas,
        };
        let mut simulation = Simulation {
            executor: tasks(world.clone()),
            world,
            replicas_each: scenario.cache.replicas,
            faults: Plan::new(&scenario.faults, parts, &Streams::new(scenario.seed)),
            fault_list: scenario.faults.clone(),
            struck: Vec::new(),
            frozen: Frozen::default(),
            duration: scenario.duration,
            warmup: scenario.warmup,
            deadline: scenario.clients.deadline,
            reached: Nanos::ZERO,
            milestone: Nanos::ZERO,
            stage: Stage::WarmingUp,
            settled: false,
            moment: (Nanos::ZERO, 0),
            limits,
            events_of_run: 0,
            stopped: None,
            without_time: stop::without_time(scenario),
            baseline: Baseline::default(),
            lane: (title, lane.read.name().to_owned(), lane.write.name().to_owned()),
        };
        simulation.faults.arm(&simulation.world.triggers);
        simulation.set_milestone();
        simulation
    }

    /// Runs until everything up to and including the moment `to` has happened; at the end of the run, until everything
    /// before it has; past that, until the system has settled, or a limit [stops](Simulation::stopped) it.
    pub fn run_until(&mut self, to: Nanos) {
        self.advance(to, &Budget::UNLIMITED);
    }

    /// Like [`run_until`](Simulation::run_until), as far as the budget goes; returns whether it got there. Where it is cut
    /// makes no difference to what happens. It is cut between two events, or two tasks that one event has woken; what one
    /// event does is bounded by what memory holds.
    pub fn advance(&mut self, to: Nanos, budget: &Budget) -> bool {
        let to = if to > self.duration { Nanos::MAX } else { to };
        while self.stage != Stage::Finished {
            if !self.settled {
                self.settle(budget);
                if self.stage == Stage::Finished {
                    break;
                }
            }
            if budget.is_spent() {
                self.reached = self.reached.max(self.before_next());
                return false;
            }
            let next = self.world.kernel.peek().unwrap_or(Nanos::MAX);
            let milestone = self.milestone;
            if milestone.min(next) > to || (self.stage == Stage::Over && to == self.duration) {
                break;
            }
            if milestone <= next {
                self.world.kernel.set_clock(milestone);
                self.pass_milestone();
            } else {
                self.event();
                if self.events().is_multiple_of(LOOK_EVENTS) {
                    self.look_at_limits();
                }
            }
            self.settled = false;
            let now = self.world.kernel.now();
            if now != self.moment.0 {
                self.moment = (now, 0);
            }
        }
        self.reached = match &self.stopped {
            _ if !self.is_finished() => to.max(self.reached),
            Some(stopped) if !stopped.is_after_the_run() => self.world.kernel.now(),
            _ => self.world.kernel.now().max(self.duration),
        };
        true
    }

    /// The last moment up to which everything has happened, where it stands now.
    fn before_next(&self) -> Nanos {
        let now = self.world.kernel.now();
        let next = if self.settled { self.world.kernel.peek().unwrap_or(Nanos::MAX).min(self.milestone) } else { now };
        next.max(now).saturating_sub(Nanos(1))
    }

    /// The moment up to which everything has happened.
    pub fn now(&self) -> Nanos {
        self.reached
    }

    /// The last moment at which anything has happened: a little later than [`now`](Simulation::now) where a budget was
    /// spent in the middle of a moment. What strikes from outside must come after it.
    pub fn frontier(&self) -> Nanos {
        self.reached.max(self.world.kernel.now())
    }

    /// Why it ended before it had settled, if it did.
    pub fn stopped(&self) -> Option<&Stopped> {
        self.stopped.as_ref()
    }

    /// Sets other limits than those of its scenario, before it runs.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
        self.set_milestone();
    }

    /// Whether nothing more will happen: the run is over and the system has settled, or a limit has [stopped] it.
    ///
    /// [stopped]: Simulation::stopped
    pub fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.world.kernel.events()
    }

    /// Adds a fault, which must strike at a moment that lies ahead. One that a limit has stopped meets none any more.
    pub fn inject(&mut self, fault: &Fault) {
        if matches!(self.stage, Stage::WarmingUp | Stage::Measuring) {
            assert!(fault.at.moment() > Some(self.frontier()), "a fault cannot strike in the past");
            self.faults.add(fault);
            self.fault_list.push(fault.clone());
            self.set_milestone();
        }
    }

    /// The stories of lost writes, first losses first.
    pub fn stories(&self) -> Vec<Story> {
        self.world.ledger.borrow().stories().to_vec()
    }

    /// How many stories have been taken back so far, because the database got the write after all.
    pub fn stories_withdrawn(&self) -> u64 {
        self.world.ledger.borrow().stories_withdrawn()
    }

    // ---- The loop ----

    fn event(&mut self) {
        let world = &*self.world;
        let Some(event) = world.kernel.next() else { return };
        let index = event.index();
        match event.kind() {
            Kernel::WAKE => world.kernel.wake(index),
            Kernel::DEADLINE => world.kernel.deadline_event(index),
            kind::ARRIVAL => world.arrival(),
            kind::USER => world.user(index),
            kind::REQUEST => world.request(index),
            kind::ANSWER => world.answer(index),
            kind::GIVE_UP => world.give_up(),
            kind::CACHE_ARRIVAL => world.cache.arrive(index),
            kind::CACHE_FREE => world.cache.node(index).free(),
            kind::CACHE_ANSWER => world.cache.deliver(index),
            kind::DATABASE_ARRIVAL => world.database.arrive(index),
            kind::DATABASE_SERVED => world.database.served(index),
            kind::DATABASE_ANSWER => world.database.calls().deliver(index, &world.kernel),
            kind::CACHE_TURN => {
                let world = self.world.clone();
                match world.cache.node(index).turn() {
                    Turn::None => {}
                    Turn::Loaded => world.start_flusher(index),
                    Turn::Replaced => {
                        // Of a crashed machine, all that is over already; of a frozen one, it is now.
                        self.drop_tasks_of(owner_of(index));
                        self.frozen.forget(owner_of(index));
                        world.nears.connection_lost();
                        world.nears.connection_back();
                        world.start_flusher(index);
                    }
                }
            }
            kind::DIRTY_EXPIRY => world.cache.of(index).dirty_expiry(index),
            kind::NEAR_MESSAGE => world.nears.arrive(index),
            other => unreachable!("no event has kind {other}"),
        }
    }

    /// Lets everything happen that follows at this very moment, the faults that it triggers included, as far as the
    /// budget goes; and sees whether that was all.
    fn settle(&mut self, budget: &Budget) {
        while self.settle_tasks(budget) {
            if !self.world.triggers.is_pulled() {
                self.settled = true;
                break;
            }
            let strikes = self.faults.triggered(&self.world.triggers, self.world.kernel.now());
            strikes.into_iter().for_each(|strike| self.strike(&strike));
            self.faults.arm(&self.world.triggers);
            self.world.triggers.release(&self.world.kernel);
            self.set_milestone();
        }
        if self.settled && self.stage == Stage::Draining {
            self.end_when_quiet();
        }
    }

    /// Answers are sent, tasks go on, jobs and requests become tasks; returns whether nothing is left to do.
    fn settle_tasks(&mut self, budget: &Budget) -> bool {
        loop {
            self.world.send_answers();
            if let Some(task) = self.world.kernel.next_ready() {
                self.poll_unless_frozen(task);
            } else if let Some((owner, job)) = self.world.next_spawn() {
                let task = self.executor.spawn(owner, job);
                self.poll_unless_frozen(task);
            } else {
                return true;
            }
            self.moment.1 += 1;
            if self.moment.1.is_multiple_of(LOOK_STEPS) && !self.goes_on(budget) {
                return false;
            }
        }
    }

    /// Whether more may happen at the present moment, now.
    #[cold]
    fn goes_on(&mut self, budget: &Budget) -> bool {
        if self.moment.1 > self.limits.at_one_moment {
            let (at, steps) = (self.world.kernel.now(), self.limits.at_one_moment);
            self.stop(Stopped::AtOneMoment { at, steps, without_time: self.without_time.clone() });
        }
        self.stage != Stage::Finished && !budget.is_spent()
    }

    /// Stops where more has happened than may.
    #[cold]
    fn look_at_limits(&mut self) {
        let (at, limits) = (self.world.kernel.now(), self.limits);
        let writes = self.world.ledger.borrow().counts().attempts();
        let waiting = self.executor.running().max(self.world.requests_under_way()) as u64;
        if self.world.requests_sent() > limits.requests {
            self.stop(Stopped::Requests { at, requests: limits.requests });
        } else if writes > limits.writes {
            self.stop(Stopped::Writes { at, writes: limits.writes });
        } else if waiting > limits.waiting {
            self.stop(Stopped::Waiting { at, waiting: limits.waiting });
        } else if self.events() > limits.events {
            self.stop(Stopped::Events { at, events: limits.events });
        } else if self.stage == Stage::Draining {
            let events = self.events() - self.events_of_run;
            if events > limits.settling_events.saturating_add(4 * self.events_of_run) {
                let within = at.saturating_sub(self.duration);
                self.stop(Stopped::UnsettledAfter { events, within });
            }
        }
    }

    fn stop(&mut self, why: Stopped) {
        self.stage = Stage::Finished;
        self.stopped = Some(why);
    }

    #[inline]
    fn poll_unless_frozen(&mut self, task: TaskId) {
        if self.frozen.is_empty() || !self.frozen.keeps(task, self.executor.owner(task)) {
            self.poll(task);
        }
    }

    fn poll(&mut self, task: TaskId) {
        work::count(1);
        self.world.kernel.set_current(task);
        self.executor.poll(task);
    }

    // ---- Milestones ----

    fn set_milestone(&mut self) {
        let reading = self.world.metrics.borrow().next_reading();
        let running = match self.stage {
            Stage::WarmingUp => self.warmup.min(reading).min(self.duration),
            Stage::Measuring => reading.min(self.duration),
            Stage::Over => self.duration,
            Stage::Draining | Stage::Finished => self.latest_end(),
        };
        self.milestone = match self.stage {
            Stage::Over => running,
            _ => self.faults.peek().map_or(running, |fault| fault.min(running)),
        };
    }

    /// Does what is due at this moment outside the queue. Faults come last: they strike after the gauges were read.
    fn pass_milestone(&mut self) {
        if self.stage == Stage::Over {
            self.begin_drain();
            return self.set_milestone();
        }
        let now = self.world.kernel.now();
        if self.stage == Stage::WarmingUp && now >= self.warmup {
            self.stage = Stage::Measuring;
            self.baseline = self.take_baseline();
        }
        let running = matches!(self.stage, Stage::WarmingUp | Stage::Measuring);
        let due = self.world.metrics.borrow().next_reading().min(self.duration);
        if running && now >= due {
            let gauges = over_time::gauges(&self.world, self.deadline);
            self.world.metrics.borrow_mut().close_bucket(gauges);
        }
        if self.stage == Stage::Measuring && now >= self.duration {
            self.baseline.at_end = Some(self.totals());
            self.stage = Stage::Over;
        } else if self.faults.peek().is_some_and(|at| at <= now) {
            let strike = self.faults.take_next().expect("a fault is due");
            self.strike(&strike);
        }
        self.set_milestone();
    }

    /// Clients go home, faults end, what is dirty is flushed.
    fn begin_drain(&mut self) {
        self.stage = Stage::Draining;
        self.events_of_run = self.events();
        self.world.send_clients_home();
        self.world.triggers.disarm();
        for strike in self.faults.heal_all(self.duration) {
            self.strike(&strike);
        }
        self.world.cache.drain();
    }

    /// The moment by which the system has settled, or is not waited for any longer.
    fn latest_end(&self) -> Nanos {
        self.duration.saturating_add(self.limits.settling)
    }

    /// The lane is done when nothing is under way any more, or has been for too long.
    fn end_when_quiet(&mut self) {
        if !self.world.is_quiet() {
            if self.world.kernel.now() < self.latest_end() {
                return;
            }
            self.stopped = Some(Stopped::Unsettled { within: self.limits.settling });
        }
        self.stage = Stage::Finished;
        self.world.kernel.witness(self.world.ledger.borrow().counts().lost);
    }

    fn strike(&mut self, strike: &Strike) {
        if strike.begins && self.struck.len() < STRUCK_MAX {
            let fault = &self.fault_list[strike.fault];
            let until =
                if strike.until > strike.at { strike.until } else { strike.at + self.own_time(&strike.effects) };
            let lasts = until.min(self.duration) - strike.at;
            self.struck.push(FaultReport {
                at_s: strike.at.as_secs_f64(),
                for_s: lasts.as_secs_f64(),
                what: fault.what.name().to_owned(),
                which: fault.which.map(|which| which.to_string()),
                fault: strike.fault as u32,
            });
        }
        for &effect in &strike.effects {
            self.world.kernel.witness(strike.at.0 ^ u64::from(strike.begins) << 63);
            if strike.begins {
                self.begin(effect, strike.until);
            } else {
                self.end(effect, strike.until);
            }
        }
    }

    /// How long what begins will take by itself, in the node that is longest at it.
    fn own_time(&self, effects: &[Effect]) -> Nanos {
        let time = |effect: &Effect| match *effect {
            Effect::FlushAll(node) | Effect::SlowCommand(node) => {
                self.world.cache.node(node).time_for_all(per_entry(*effect))
            }
            _ => Nanos::ZERO,
        };
        effects.iter().map(time).max().unwrap_or(Nanos::ZERO)
    }

    /// Something breaks, until the moment `until`.
    fn begin(&mut self, effect: Effect, until: Nanos) {
        let world = self.world.clone();
        match effect {
            Effect::CacheCrash(node, crash) => {
                self.drop_tasks_of(owner_of(node));
                world.cache.node(node).crash(crash, until);
                world.nears.connection_lost();
            }
            Effect::CacheFreeze(node) => {
                self.frozen.begin(owner_of(node));
                world.cache.node(node).freeze(until);
            }
            Effect::ReplicaCrash(number) => {
                let (node, replica) = self.replica(number);
                world.cache.node(node).replica_crash(replica);
            }
            Effect::FlushAll(node) => {
                world.cache.node(node).begin_long_command(until, per_entry(effect));
                world.cache.node(node).flush_all();
            }
            Effect::SlowCommand(node) => world.cache.node(node).begin_long_command(until, per_entry(effect)),
            Effect::CacheSlow(node, times) => world.cache.node(node).slow_down(times),
            Effect::AppCrash(server) => {
                self.drop_tasks_of(server);
                world.servers.crash(server);
                world.abandon_requests_of(server);
            }
            Effect::AppFreeze(server) => self.frozen.begin(server),
            Effect::AppSlow(server, times) => world.servers.slow_down(server, times),
            Effect::DatabaseOutage(crash) => world.database.go_down(crash),
            Effect::DatabaseFreeze => world.database.freeze(),
            Effect::DatabaseSlow(times) => world.database.slow_down(times),
            Effect::DatabaseFailing(share) => world.database.begin_failing(share),
            Effect::Cut(link) => world.network.cut(link),
            Effect::LinkSlow(link, times) => world.network.slow_down(link, times),
            Effect::LinkLoss(link, share) => world.network.begin_losing(link, share, until.min(self.duration)),
        }
    }

    /// What was to be broken until the moment `until` is well again.
    fn end(&mut self, effect: Effect, until: Nanos) {
        let world = self.world.clone();
        match effect {
            Effect::CacheCrash(node, crash) => {
                world.nears.connection_back();
                if world.cache.node(node).restart(crash, until) {
                    world.start_flusher(node);
                    world.start_warm_up(node);
                }
            }
            Effect::CacheFreeze(node) => {
                if world.cache.node(node).thaw(until) {
                    self.thaw(owner_of(node));
                }
            }
            Effect::ReplicaCrash(number) => {
                let (node, replica) = self.replica(number);
                world.cache.node(node).replica_restart(replica);
            }
            Effect::FlushAll(node) | Effect::SlowCommand(node) => world.cache.node(node).end_long_command(until),
            Effect::CacheSlow(node, times) => world.cache.node(node).speed_up(times),
            Effect::AppCrash(server) => world.servers.restart(server),
            Effect::AppFreeze(server) => self.thaw(server),
            Effect::AppSlow(server, times) => world.servers.speed_up(server, times),
            Effect::DatabaseOutage(crash) => world.database.come_up(crash),
            Effect::DatabaseFreeze => world.database.thaw(),
            Effect::DatabaseSlow(times) => world.database.speed_up(times),
            Effect::DatabaseFailing(share) => world.database.end_failing(share),
            Effect::Cut(link) => world.network.heal(link),
            Effect::LinkSlow(link, times) => world.network.speed_up(link, times),
            Effect::LinkLoss(link, share) => world.network.end_losing(link, share),
        }
    }

    /// The node that replica `number` of all belongs to, and which of that node's it is.
    fn replica(&self, number: u32) -> (u32, u32) {
        (number / self.replicas_each, number % self.replicas_each)
    }

    fn drop_tasks_of(&mut self, owner: u32) {
        self.executor.drop_owned_by(owner);
        self.frozen.drop_tasks_of(owner);
    }

    /// A freeze ends; when it was the owner's last one, its tasks go on.
    fn thaw(&mut self, owner: u32) {
        self.frozen.end(owner).into_iter().for_each(|task| self.world.kernel.wake(task));
    }
}
