//! Short ways to say a scenario, shared by the tests of whole runs.

use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

/// A world without latency anywhere and without writes: what remains is what the test adds.
pub fn bare() -> Scenario {
    let zero = Distribution::Constant(Nanos::ZERO);
    let mut scenario = Scenario::default();
    scenario.clients.write_ratio = 0.0;
    scenario.network = Network {
        client_app: zero.clone(),
        app_cache: zero.clone(),
        app_database: zero.clone(),
        cache_database: zero.clone(),
    };
    scenario.cache.command = zero.clone();
    scenario.cache.ttl = Ttl::None;
    scenario.database =
        Database { workers: 1, queue: u32::MAX, read: zero.clone(), write: zero.clone(), ..Database::default() };
    scenario.database.batch = Batch { base: zero, row: Nanos::ZERO };
    scenario
}

/// A lane of these strategies.
pub fn lane(read: Reading, write: impl Into<Write>) -> Vec<Lane> {
    vec![Lane { read, write: write.into().0, ..Lane::default() }]
}

/// A writing strategy, by its options.
pub struct Write(Writing);

impl From<WriteAround> for Write {
    fn from(how: WriteAround) -> Write {
        Write(Writing::WriteAround(how))
    }
}

impl From<WriteThrough> for Write {
    fn from(how: WriteThrough) -> Write {
        Write(Writing::WriteThrough(how))
    }
}

impl From<WriteBack> for Write {
    fn from(how: WriteBack) -> Write {
        Write(Writing::WriteBack(how))
    }
}

/// The first lane at the beginning of its run.
pub fn start(scenario: &Scenario) -> Simulation {
    Simulation::new(scenario, 0, None).expect("no trace is needed")
}

/// The first lane, run to its end and checked.
pub fn run(scenario: &Scenario) -> Simulation {
    let mut lane = start(scenario);
    lane.run_until(Nanos::MAX);
    assert!(lane.is_finished());
    lane.validate();
    lane
}

/// Panics unless `measured` is within the share `within` of `expected`.
#[track_caller]
pub fn close(what: &str, measured: f64, expected: f64, within: f64) {
    let off = measured / expected - 1.0;
    assert!(off.abs() <= within, "{what}: {measured:.6} is {:+.3} % off {expected:.6}", off * 100.0);
}

/// Panics unless `measured` is within ±`within` of `expected`.
#[track_caller]
pub fn near(what: &str, measured: f64, expected: f64, within: f64) {
    assert!((measured - expected).abs() <= within, "{what}: {measured:.5}, not {expected:.5} ± {within}");
}

/// `numbers` on two threads, each with its result, in their order.
pub fn in_parallel<I: Copy + Send + Sync, O: Send>(numbers: &[I], work: impl Fn(I) -> O + Sync) -> Vec<O> {
    let half = numbers.len().div_ceil(2);
    std::thread::scope(|scope| {
        let later = scope.spawn(|| numbers[half..].iter().map(|&n| work(n)).collect::<Vec<O>>());
        let mut results: Vec<O> = numbers[..half].iter().map(|&n| work(n)).collect();
        results.extend(later.join().expect("the other half"));
        results
    })
}
