//! `replay`: a trace of keys through one cache.

use std::io::Write;

use clap::Args;

use super::{Failure, input};
use crate::cache::eviction::opt;
use crate::cache::replay::{Replay as Cache, ReplayCounts};
use crate::scenario::Eviction;
use crate::workload::trace::{KeyLines, Trace};

/// Play a trace of keys through one cache and count hits and misses.
#[derive(Args)]
pub struct Replay {
    /// The trace, one key per line; - for standard input.
    file: String,
    /// The eviction policy: lru, fifo, lfu, random, clock, sieve, s3-fifo, 2q, arc, slru, lirs, w-tinylfu, redis-lru,
    /// redis-lfu, volatile-ttl, none, or opt, which knows the future.
    #[arg(long, value_name = "NAME")]
    policy: String,
    /// How many entries the cache has room for.
    #[arg(long, value_name = "ENTRIES")]
    capacity: u64,
    /// How many requests an entry lives after it was inserted.
    #[arg(long, value_name = "REQUESTS")]
    ttl: Option<u64>,
    /// Requests a second: how fast the clock runs that redis-lru and redis-lfu go by.
    #[arg(long, value_name = "N", default_value_t = 1_000.0)]
    rate: f64,
    /// The seed of random eviction, and of the sampled ones.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    /// Replays and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let most = "a whole number from 1 to 10000000";
        let capacity = u32::try_from(self.capacity).ok().filter(|capacity| (1..=10_000_000).contains(capacity));
        let capacity = capacity.ok_or_else(|| Failure::Input(format!("--capacity {}: give {most}", self.capacity)))?;
        if !(0.001..=1e9).contains(&self.rate) {
            return Err(Failure::Input(format!("--rate {}: give a number from 0.001 to 1000000000", self.rate)));
        }
        let counts = if self.policy == "opt" { self.play_opt(capacity)? } else { self.play(capacity)? };
        let ReplayCounts { requests, hits, misses } = counts;
        if self.json {
            writeln!(out, "{{\"requests\":{requests},\"hits\":{hits},\"misses\":{misses}}}")?;
        } else {
            let percent = 100.0 * counts.hit_ratio();
            writeln!(out, "{requests} requests, {hits} hits ({percent:.2} %), {misses} misses")?;
        }
        Ok(())
    }

    fn play(&self, capacity: u32) -> Result<ReplayCounts, Failure> {
        let unknown = || {
            let known: Vec<&str> = Eviction::ALL.iter().map(|policy| policy.name()).collect();
            let known = known.join(", ");
            Failure::Input(format!("--policy {}: there is no such policy; known: {known}, opt", self.policy))
        };
        let policy: Eviction = self.policy.parse().map_err(|_| unknown())?;
        let mut cache = Cache::new(policy, capacity, self.ttl, self.seed).at_rate(self.rate);
        for key in KeyLines::new(input::open(&self.file)?) {
            cache.request(key.map_err(|error| Failure::Input(format!("{}: {error}", self.file)))?);
        }
        Ok(cache.counts())
    }

    fn play_opt(&self, capacity: u32) -> Result<ReplayCounts, Failure> {
        if self.ttl.is_some() {
            return Err(Failure::Input("--policy opt knows no --ttl; leave one of them out".to_owned()));
        }
        let trace = Trace::read(input::open(&self.file)?);
        let trace = trace.map_err(|error| Failure::Input(format!("{}: {error}", self.file)))?;
        Ok(opt::replay(trace.keys(), capacity))
    }
}
