//! How fast the simulator is: the same work natively (`cargo bench`) and as WebAssembly in Node (`make bench` runs both).
//!
//! Machines differ and are noisy, so every figure stands beside a yardstick measured in the same run: the *hold loop*
//! (take the earliest of 1,000 events from std's binary heap, put it back later), which every event-driven simulator
//! has at its heart. Compare the ratios.

use std::collections::BinaryHeap;
use std::hint::black_box;

use cachelane::experiment::Experiment;
use cachelane::random::splitmix64;
use cachelane::scenario::Scenario;
use cachelane::time::Nanos;

const ROUNDS: usize = 5;

/// Look-aside, ledger and figures on: so many users, keys and entries, for so many seconds.
const LOOK_ASIDE: &str = r#"
name = "look-aside"
seed = 7
duration = "SECONDSs"
[clients]
arrivals = { kind = "closed", users = USERS, think = { exponential = "5ms" } }
keys = { kind = "zipf", count = KEYS, alpha = 1.0 }
write_ratio = 0.05
[cache]
capacity = CAPACITY
ttl = "60s"
[database]
workers = 64
read = { exponential = "5ms" }
write = { exponential = "5ms" }
[[lane]]
read = "look-aside"
write = "write-around"
"#;

/// Millions of holds a second: the yardstick.
fn hold_loop(clock: &dyn Fn() -> f64) -> f64 {
    let (mut state, mut heap) = (1, BinaryHeap::new());
    for number in 0..1000u32 {
        heap.push(std::cmp::Reverse((splitmix64(&mut state) >> 40, u64::from(number), number)));
    }
    let (holds, begun) = (2_000_000u64, clock());
    for number in 0..holds {
        let std::cmp::Reverse((at, _, event)) = heap.pop().expect("a thousand events");
        heap.push(std::cmp::Reverse((at + (splitmix64(&mut state) >> 40), 1000 + number, event)));
    }
    black_box(heap.peek());
    holds as f64 / (clock() - begun) / 1e6
}

/// A job: how many users, how many keys, and for how many seconds of virtual time.
type Job = (u32, u32, u32);

/// As in the default preset, and ten times the users with fifty times the keys.
const JOBS: [Job; 2] = [(100, 2_000, 60), (1_000, 100_000, 6)];

/// Goes on for a while.
fn advance(experiment: &mut Experiment) {
    let mut asked = 0;
    experiment.advance(Nanos::MAX, || {
        asked += 1;
        asked == 100
    });
}

/// What a run of a job took.
struct Took {
    requests: f64,
    events: f64,
    seconds: f64,
}

/// Runs a job.
fn simulate((users, keys, seconds): Job, clock: &dyn Fn() -> f64) -> Took {
    let text = LOOK_ASIDE
        .replace("SECONDS", &seconds.to_string())
        .replace("USERS", &users.to_string())
        .replace("KEYS", &keys.to_string())
        .replace("CAPACITY", &(keys / 4 * 3).to_string());
    let scenario = Scenario::from_toml(&text).expect("the benchmark's scenario");
    let begun = clock();
    let mut experiment = Experiment::new(&scenario, None).expect("the benchmark's scenario");
    // In pieces, as a page does, and called by address, as the hold loop is: V8 runs what it has compiled well from a
    // function's next call on, and a loop that wasm-opt has moved into `main` as it was first compiled, to its end.
    let advance: fn(&mut Experiment) = black_box(advance);
    while !experiment.finished() {
        advance(&mut experiment);
    }
    let seconds = clock() - begun;
    Took { requests: experiment.report().lanes[0].requests as f64, events: experiment.events() as f64, seconds }
}

/// Measures in turn, best of several rounds each, and says what came of it: a line for each job.
fn measure(clock: &dyn Fn() -> f64) -> Vec<String> {
    let (mut holds, mut best) = (0.0f64, [(0.0f64, 0.0f64); JOBS.len()]);
    let hold_loop: fn(&dyn Fn() -> f64) -> f64 = black_box(hold_loop);
    for _ in 0..ROUNDS {
        holds = holds.max(hold_loop(clock));
        for (job, (requests, events)) in JOBS.into_iter().zip(&mut best) {
            let took = simulate(job, clock);
            *requests = requests.max(took.requests / took.seconds / 1e6);
            *events = events.max(took.events / took.seconds / 1e6);
        }
    }
    let line = |((users, keys, _), (requests, events)): (Job, (f64, f64))| {
        format!(
            "look-aside, {users} users, {keys} keys: {requests:.2} M requests/s, {events:.1} M events/s; \
             hold loop: {holds:.1} M/s; requests per hold: {:.3}",
            requests / holds
        )
    };
    JOBS.into_iter().zip(best).map(line).collect()
}

/// The same job for ever longer, and with ever more keys: what a request costs must not depend on either.
#[cfg(not(target_arch = "wasm32"))]
const LONGER: [Job; 4] = [(100, 2_000, 7), (100, 2_000, 70), (100, 2_000, 700), (100, 2_000, 5_300)];
#[cfg(not(target_arch = "wasm32"))]
const MORE_KEYS: [Job; 5] =
    [(1_000, 1_000, 60), (1_000, 10_000, 60), (1_000, 100_000, 60), (1_000, 1_000_000, 60), (1_000, 10_000_000, 60)];

/// What a request costs in these jobs: a line for each.
#[cfg(not(target_arch = "wasm32"))]
fn costs(what: &str, jobs: &[Job], clock: &dyn Fn() -> f64) {
    for job in jobs {
        let Took { requests, events, seconds } = simulate(*job, clock);
        println!(
            "{what}  {} users, {} keys, {requests} requests: {:.3} us a request, {:.2} events a request, {:.3} us an event",
            job.0,
            job.1,
            seconds / requests * 1e6,
            events / requests,
            seconds / events * 1e6
        );
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn main() {
    let begun = std::time::Instant::now();
    for line in measure(&|| begun.elapsed().as_secs_f64()) {
        println!("native  {line}");
    }
    let clock = || begun.elapsed().as_secs_f64();
    costs("longer", &LONGER, &clock);
    costs("more keys", &MORE_KEYS, &clock);
}

#[cfg(target_arch = "wasm32")]
fn main() {
    for line in measure(&|| js_sys::Date::now() / 1e3) {
        web_sys::console::log_1(&format!("wasm    {line}").into());
    }
}
