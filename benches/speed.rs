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

/// Look-aside, ledger and figures on: a hundred users of two thousand keys, as in the default preset.
const LOOK_ASIDE: &str = r#"
name = "look-aside"
seed = 7
duration = "60s"
[clients]
arrivals = { kind = "closed", users = 100, think = { exponential = "5ms" } }
keys = { kind = "zipf", count = 2000, alpha = 1.0 }
write_ratio = 0.05
[cache]
capacity = 1500
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

/// Millions of requests and of events a second.
fn simulate(clock: &dyn Fn() -> f64) -> (f64, f64) {
    let scenario = Scenario::from_toml(LOOK_ASIDE).expect("the benchmark's scenario");
    let begun = clock();
    let mut experiment = Experiment::new(&scenario, None).expect("the benchmark's scenario");
    experiment.advance(Nanos::MAX, || false);
    let seconds = clock() - begun;
    (experiment.report().lanes[0].requests as f64 / seconds / 1e6, experiment.events() as f64 / seconds / 1e6)
}

/// Measures in turn, best of several rounds each, and says what came of it.
fn measure(clock: &dyn Fn() -> f64) -> String {
    let (mut holds, mut requests, mut events) = (0.0f64, 0.0f64, 0.0f64);
    for _ in 0..ROUNDS {
        holds = holds.max(hold_loop(clock));
        let (r, e) = simulate(clock);
        (requests, events) = (requests.max(r), events.max(e));
    }
    format!(
        "look-aside: {requests:.2} M requests/s, {events:.1} M events/s; hold loop: {holds:.1} M/s; \
         requests per hold: {:.3}",
        requests / holds
    )
}

#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn main() {
    let begun = std::time::Instant::now();
    println!("native  {}", measure(&|| begun.elapsed().as_secs_f64()));
}

#[cfg(target_arch = "wasm32")]
fn main() {
    let line = measure(&|| js_sys::Date::now() / 1e3);
    web_sys::console::log_1(&format!("wasm    {line}").into());
}
