//! Short ways to say a scenario, shared by the tests of whole runs.

use std::io::Write as _;

use cachelane::report::LaneReport;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;
use proptest::prelude::*;

/// Milliseconds.
pub const fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

/// Seconds.
pub const fn s(n: u64) -> Nanos {
    Nanos::from_secs(n)
}

/// Always as long.
pub fn constant(time: Nanos) -> Distribution {
    Distribution::Constant(time)
}

/// The scenario that a file of this text says.
#[track_caller]
pub fn of(toml: &str) -> Scenario {
    Scenario::from_toml(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

/// A file of `../shared`, which lies beside the project, not in it. `None`, with a loud note, where it is not there; on a CI
/// machine (`CI` set) it must be.
pub fn shared(path: &str) -> Option<Vec<u8>> {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    let bytes = std::fs::read(&path);
    if bytes.is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI is set, and {} cannot be read", path.display());
        // Not `eprintln!`, which the test harness swallows when a test passes.
        let note = format!("\n*** SKIPPED: {} is not there, what it says was NOT checked ***\n\n", path.display());
        std::io::stderr().write_all(note.as_bytes()).expect("stderr takes a note");
    }
    bytes.ok()
}

/// A case of [`shared`], as bytes.
pub fn case(name: &str) -> Option<Vec<u8>> {
    shared(&format!("cases/{name}"))
}

/// A case of [`shared`], as text.
pub fn case_text(name: &str) -> Option<String> {
    case(name).map(|bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// A world without latency anywhere, without limits to connections and without writes: what remains is what the test adds.
pub fn bare() -> Scenario {
    let zero = Distribution::Constant(Nanos::ZERO);
    let mut scenario = Scenario::default();
    scenario.clients.write_ratio = 0.0;
    scenario.network = Network {
        client_app: zero.clone(),
        app_cache: zero.clone(),
        app_database: zero.clone(),
        cache_database: zero.clone(),
        bandwidth: Bandwidth { app_cache: None, app_database: None, cache_database: None, ..Bandwidth::default() },
    };
    (scenario.cache.command, scenario.cache.throughput) = (zero.clone(), None);
    scenario.cache.ttl = Ttl::None;
    (scenario.app.cores, scenario.app.pool, scenario.app.pool_timeout) = (None, None, None);
    scenario.database = Database {
        workers: 1,
        connections: None,
        queue: 10_000_000,
        read: zero.clone(),
        write: zero.clone(),
        ..Database::default()
    };
    scenario.database.batch = Batch { base: Some(zero), row: Nanos::ZERO };
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

impl From<Outbox> for Write {
    fn from(how: Outbox) -> Write {
        Write(Writing::Outbox(how))
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

/// What a good scenario's first lane reports in the end.
pub fn report(scenario: &Scenario) -> LaneReport {
    assert_eq!(scenario.check(), Ok(()));
    run(scenario).report()
}

/// The first lane, run to its end with every fault added one nanosecond before it occurs.
pub fn run_injecting(planned: &Scenario) -> Simulation {
    let mut lane = start(&Scenario { faults: Vec::new(), ..planned.clone() });
    for fault in &planned.faults {
        lane.run_until(Nanos(fault.at.moment().expect("a moment").0 - 1));
        lane.inject(fault);
    }
    lane.run_until(Nanos::MAX);
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

/// Any way of reading, with any options.
pub fn any_reading() -> impl Strategy<Value = Reading> {
    let refresh = || prop_oneof![3 => Just(None), 1 => Just(Some(1.0)), 1 => Just(Some(0.5)), 1 => Just(Some(0.8))];
    let beta = prop_oneof![3 => Just(None), 1 => Just(Some(1.0)), 1 => Just(Some(20.0))];
    let negative =
        prop_oneof![2 => Just(None), 1 => Just(Some(Nanos::from_millis(5))), 1 => Just(Some(Nanos::from_secs(9)))];
    let warm_up = prop_oneof![3 => Just(0u32), 1 => Just(1), 1 => Just(30)];
    let leases = prop::sample::select(Leases::ALL.to_vec());
    let past =
        || prop_oneof![3 => Just(None), 1 => Just(Some(Nanos::from_millis(20))), 1 => Just(Some(Nanos::from_secs(3)))];
    (0..4u8, any::<bool>(), leases, beta, refresh(), negative, warm_up, past(), past()).prop_map(
        |(
            kind,
            single_flight,
            leases,
            early_refresh,
            ahead,
            negative,
            warm_up,
            stale_while_revalidate,
            stale_if_error,
        )| {
            let unleased = kind == 1 || leases == Leases::None;
            let stale_if_error = stale_if_error.filter(|time| unleased && Some(*time) > stale_while_revalidate);
            let refresh_ahead = ahead.filter(|&share| share < 1.0);
            match kind {
                0 => Reading::None {},
                1 => Reading::ReadThrough(ReadThrough {
                    early_refresh,
                    refresh_ahead,
                    stale_while_revalidate,
                    stale_if_error,
                    negative,
                    warm_up,
                }),
                _ => Reading::LookAside(LookAside {
                    single_flight,
                    leases,
                    versions: false,
                    early_refresh,
                    refresh_ahead,
                    stale_while_revalidate,
                    stale_if_error,
                    negative,
                    warm_up,
                    gutter: (warm_up == 1).then(|| Gutter { capacity: 3, ttl: Nanos::from_millis(40) }),
                }),
            }
        },
    )
}

/// The same without what means nothing with this TTL.
pub fn fit(read: &mut Reading, ttl: Ttl) {
    let (no_refresh, no_negative) = (matches!(ttl, Ttl::None | Ttl::Sliding(_)), matches!(ttl, Ttl::Sliding(_)));
    if no_refresh {
        match read {
            Reading::None {} => {}
            Reading::LookAside(how) => (how.stale_while_revalidate, how.stale_if_error) = (None, None),
            Reading::ReadThrough(how) => (how.stale_while_revalidate, how.stale_if_error) = (None, None),
        }
    }
    let (early, ahead, negative) = match read {
        Reading::None {} => return,
        Reading::LookAside(how) => (&mut how.early_refresh, &mut how.refresh_ahead, &mut how.negative),
        Reading::ReadThrough(how) => (&mut how.early_refresh, &mut how.refresh_ahead, &mut how.negative),
    };
    if no_refresh {
        (*early, *ahead) = (None, None);
    }
    if matches!(ttl, Ttl::Mixed(_)) {
        *ahead = None;
    }
    if no_negative {
        *negative = None;
    }
}

/// What servers may have of their own: a pool, a breaker, a near cache.
pub fn any_own() -> impl Strategy<Value = (Option<u32>, Option<Breaker>, Option<Near>)> {
    let pool = prop_oneof![2 => Just(None), 1 => Just(Some(1)), 1 => Just(Some(3))];
    let share = prop_oneof![1 => Just(None), 1 => Just(Some(0.5)), 1 => Just(Some(1.0))];
    let breaker = (1..4u32, 1..100u64, 1..3u32, share).prop_map(|(count, open_ms, probes, share)| Breaker {
        failures: if share.is_none() { count } else { Breaker::default().failures },
        window: if share.is_some() { count } else { Breaker::default().window },
        share,
        open_for: Nanos::from_millis(open_ms),
        probes,
    });
    let ttl = prop_oneof![Just(None), Just(Some(Nanos::from_millis(20)))];
    // The future is not known to a server of its own requests only.
    let known = Eviction::ALL.into_iter().filter(|policy| *policy != Eviction::Opt);
    let eviction = prop::sample::select(known.collect::<Vec<_>>());
    let near = (1..30u32, ttl, eviction, prop::sample::select(Tell::ALL.to_vec())).prop_map(
        |(capacity, ttl, eviction, invalidate)| Near {
            capacity,
            ttl,
            eviction,
            invalidate,
            bounded: capacity % 2 == 0,
        },
    );
    (pool, prop::option::of(breaker), prop::option::of(near))
}
