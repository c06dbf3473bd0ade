//! Compares an eviction policy of your own with two of the crate's: `cargo run --release --example own_policy`.
//!
//! To add one to the crate, so that scenarios can name it, see CONTRIBUTING.

use std::collections::VecDeque;

use cachelane::cache::counts::ReplayCounts;
use cachelane::cache::entry::Capacity;
use cachelane::cache::eviction::CustomPolicy;
use cachelane::cache::replay::Replay;
use cachelane::random::Streams;
use cachelane::scenario::eviction::Eviction;

const ENTRIES: u32 = 100;

fn main() {
    for (name, counts) in run() {
        println!("{name:14} {:5.1} % hits", counts.hit_ratio() * 100.0);
    }
}

/// First in, first out; but what was used meanwhile is put back at the end once instead of leaving.
#[derive(Clone, Debug, Default)]
struct SecondChance {
    /// The oldest first: keys, and whether they were used.
    queue: VecDeque<(u32, bool)>,
}

impl CustomPolicy for SecondChance {
    fn insert(&mut self, key: u32) {
        self.queue.push_back((key, false));
    }

    fn hit(&mut self, key: u32) {
        // An example may search; a policy that should be fast keeps a map of its keys.
        for entry in &mut self.queue {
            entry.1 |= entry.0 == key;
        }
    }

    fn remove(&mut self, key: u32) {
        self.queue.retain(|(held, _)| *held != key);
    }

    fn evict(&mut self) -> u32 {
        loop {
            match self.queue.pop_front().expect("it is asked only when a key is held") {
                (key, true) => self.queue.push_back((key, false)),
                (key, false) => return key,
            }
        }
    }
}

/// What each policy counted on the same requests.
pub fn run() -> Vec<(&'static str, ReplayCounts)> {
    let replays = [
        ("second chance", Replay::with_policy(SecondChance::default(), Capacity::entries_of(ENTRIES))),
        ("fifo", Replay::new(Eviction::Fifo, ENTRIES, None, 1)),
        ("clock", Replay::new(Eviction::Clock, ENTRIES, None, 1)),
    ];
    replays.map(|(name, replay)| (name, counted(replay))).into()
}

/// Twenty thousand requests for a thousand keys; low numbers are asked for more often.
fn counted(mut replay: Replay) -> ReplayCounts {
    let mut draws = Streams::new(1).named("requests");
    for _ in 0..20_000 {
        let draw = draws.unit();
        replay.request((1_000.0 * draw * draw * draw) as u32);
    }
    replay.counts()
}
