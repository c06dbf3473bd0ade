//! One lane, put together and run.
//!
//! ```text
//! clients ──▶ application servers ──▶ cache ──▶ database        the ledger and the metrics watch
//!    ▲              (strategy code)                             faults come from outside
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

mod application;
mod background;
mod clients;
mod driver;
mod event;
mod faults;
mod frozen;
mod inspect;
mod listening;
mod near;
mod over_time;
mod report;
#[cfg(test)]
mod sabotage;
mod servers;
mod stage;
mod stop;
mod tasks;
mod world;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use self::driver::{Progress, Stage};
use self::faults::Faults;
use self::listening::Listener;
use self::report::Baseline;
pub use self::stop::{Limits, Stopped};
use self::world::World;
use crate::engine::Tasks;
use crate::jobs::Job;
use crate::scenario::{Capacity, Scenario, estimate};
use crate::stage::Parts;
use crate::time::Nanos;
use crate::workload::foresight::Foresight;
use crate::workload::requests::{KeySource, KeysError};
use crate::workload::trace::Trace;

/// One lane of a scenario. See the [module](self).
pub struct Simulation {
    world: Rc<World>,
    tasks: Tasks<Job>,
    faults: Faults,
    /// In a run that is told for a story.
    listener: Option<Box<Listener>>,
    progress: Progress,
    baseline: Baseline,
    /// How the parts were at the end of the run, once it is over and where somebody watched.
    parts_at_end: Option<Parts>,
    /// Whether anybody will want to see them.
    keeps_parts_at_end: Cell<bool>,
    deadline: Nanos,
    /// The room of each cache node.
    capacity: Capacity,
    /// The fields that say that something takes no time.
    without_time: Vec<String>,
    names: Names,
}

/// What the lane and its strategies are called.
#[derive(Clone, Debug)]
struct Names {
    title: String,
    read: String,
    write: String,
}

impl Simulation {
    /// Lane number `lane` of `scenario`, at the beginning of its run. `trace` is the file that the keys name, if they do.
    ///
    /// # Errors
    /// When the scenario needs a trace and has none.
    ///
    /// # Panics
    /// When the scenario has no such lane, or has not been [checked](Scenario::check).
    pub fn new(scenario: &Scenario, lane: usize, trace: Option<Arc<Trace>>) -> Result<Simulation, KeysError> {
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
        Simulation::with_tasks(scenario, lane, keys, |world| {
            Tasks::new(estimated(move |job| tasks::run(world.clone(), job)))
        })
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
        tasks: impl Fn(Rc<World>) -> Tasks<Job>,
    ) -> Simulation {
        let title = scenario.titles().swap_remove(lane);
        let limits = Limits::of(scenario);
        let (number, scenario) = (lane, &scenario.for_lane(lane));
        let lane = &scenario.lanes[lane];
        let world = Rc::new(World::new(scenario, lane, keys));
        world.begin();
        for node in 0..world.cache.count() {
            world.start_flusher(node);
            world.start_warm_up(node);
        }
        world.start_relay();
        (0..scenario.app.servers).for_each(|server| world.start_queue(server));
        let mut simulation = Simulation {
            tasks: tasks(world.clone()),
            faults: Faults::new(scenario, number, world.cache.count()),
            listener: None,
            progress: Progress::new(scenario, limits),
            baseline: Baseline::default(),
            parts_at_end: None,
            keeps_parts_at_end: Cell::new(false),
            deadline: scenario.clients.deadline,
            capacity: scenario.cache.capacity,
            without_time: stop::without_time(scenario),
            names: Names { title, read: lane.read.name().to_owned(), write: lane.write.name().to_owned() },
            world,
        };
        simulation.faults.schedule.arm(&simulation.world.observers.triggers);
        simulation.set_milestone();
        simulation
    }

    /// The moment up to which everything has happened.
    pub fn now(&self) -> Nanos {
        self.progress.reached
    }

    /// The last moment at which anything has happened: a little later than [`now`](Simulation::now) where a budget was
    /// spent in the middle of a moment. What comes from outside must come after it.
    pub fn frontier(&self) -> Nanos {
        self.progress.reached.max(self.world.kernel.now())
    }

    /// Why it ended before it had settled, if it did.
    pub fn stopped(&self) -> Option<&Stopped> {
        self.progress.stopped.as_ref()
    }

    /// Sets other limits than those of its scenario, before it runs.
    pub fn limit(&mut self, limits: Limits) {
        self.progress.limits = limits;
        self.set_milestone();
    }

    /// Whether nothing more will happen: the run is over and the system has settled, or a limit has [stopped] it.
    ///
    /// [stopped]: Simulation::stopped
    pub fn is_finished(&self) -> bool {
        self.progress.stage == Stage::Finished
    }

    /// From here on the lane has other luck, that of turn `number`: service times, latencies, evictions and all else that is
    /// drawn, less what was drawn before. What clients ask for and when stays, and so do the faults. Turn 0 is the run's own.
    pub fn turn_luck(&self, number: u64) {
        self.world.luck.turn(number);
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.world.kernel.events()
    }
}

/// `task` as it is, which takes no more than a scenario's estimate says, with what its worker has beside it.
fn estimated<F, T: Fn(Job) -> F>(task: T) -> T {
    /// Its job, before it begins, and where the worker finds it.
    const BESIDE_BYTES: usize = 160;
    const { assert!(size_of::<F>() + BESIDE_BYTES <= estimate::TASK_BYTES, "a waiting request takes what was estimated") };
    task
}
