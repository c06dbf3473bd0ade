//! `replay`: a trace through one cache.
//!
//! The trace is read as a stream, whatever its size: memory holds the cache and the keys that its policy remembers, now
//! and then swept of all others. Some keys stay for good: those to which the trace gave a TTL, and all under a policy that
//! goes by the key itself (w-tinylfu counts every key in its sketch, Redis' policies keep each in its place of a hash
//! table). `opt` must look ahead: where the trace says when each key comes next (oracleGeneral) it streams too, otherwise
//! the whole trace must fit in memory.

use std::collections::BTreeMap;
use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Failure, input};
use crate::cache::eviction::opt::{self, Opt};
use crate::cache::replay::{Replay as Cache, ReplayCounts};
use crate::keyspace::{Class, Command, Doubts, ELEMENT_BYTES_MAX};
use crate::scenario::eviction::Sampling;
use crate::scenario::{Eviction, limits};
use crate::workload::requests::Operation;
use crate::workload::trace::{Format, LeftOut, Misses, Next, Record, Records, Trace, TraceError};

/// Play a trace through one cache and count hits and misses. Reads are counted, and a miss fills; where the trace says
/// what its requests do, writes put values in, deletes take them away, and the trace's own times and TTLs hold.
#[derive(Args)]
pub struct Replay {
    /// The trace, compressed with zstd or not; - for standard input.
    file: String,
    /// The trace's format: keys (one per line), csv (with a header: time,key,size,op,ttl,client), arc (.lis),
    /// oracle-general, twitter, monitor (what redis-cli MONITOR prints). Without it, the file's name and first bytes say.
    #[arg(long, value_name = "NAME")]
    format: Option<Format>,
    /// The eviction policy: lru, fifo, lfu, random, clock, sieve, s3-fifo, 2q, arc, slru, lirs, w-tinylfu, redis-lru,
    /// redis-lfu, volatile-ttl, none, or opt, which knows the future.
    #[arg(long, value_name = "NAME")]
    policy: String,
    /// How many entries the cache has room for.
    #[arg(long, value_name = "ENTRIES")]
    capacity: u64,
    /// Whether a miss fills the cache: fill, or leave. Without it, as in what was recorded: in a capture of a server, and in
    /// a trace that has writes of its own, a miss leaves the cache alone.
    #[arg(long, value_name = "WHAT", ignore_case = true)]
    on_miss: Option<OnMiss>,
    /// How many requests an entry lives after it was inserted.
    #[arg(long, value_name = "REQUESTS")]
    ttl: Option<u64>,
    /// Requests a second: how fast the clock runs that redis-lru and redis-lfu go by. Without it the trace's own times
    /// hold, or, where it has none, 1000.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// How many entries redis-lru, redis-lfu and volatile-ttl look at per eviction (maxmemory-samples).
    #[arg(long, value_name = "N", default_value_t = Sampling::default().samples)]
    samples: u32,
    /// How slowly the counter of redis-lfu grows (lfu-log-factor).
    #[arg(long, value_name = "N", default_value_t = Sampling::default().log_factor)]
    log_factor: u32,
    /// After how many idle minutes it counts one less; 0 for never (lfu-decay-time).
    #[arg(long, value_name = "MINUTES", default_value_t = Sampling::default().decay)]
    decay: u32,
    /// The seed of random eviction, and of the sampled ones.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a miss does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnMiss {
    /// It puts a value in.
    Fill,
    /// Nothing: values come by writes only.
    Leave,
}

impl OnMiss {
    fn name(self) -> &'static str {
        match self {
            OnMiss::Fill => "fill",
            OnMiss::Leave => "leave",
        }
    }
}

impl Replay {
    /// Replays and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let most = "a whole number from 1 to 10000000";
        let capacity = u32::try_from(self.capacity).ok().filter(|capacity| (1..=10_000_000).contains(capacity));
        let capacity = capacity.ok_or_else(|| Failure::Input(format!("--capacity {}: give {most}", self.capacity)))?;
        let rate = self.rate.unwrap_or(1_000.0);
        if !(0.001..=1e9).contains(&rate) {
            return Err(Failure::Input(format!("--rate {rate}: give a number from 0.001 to 1000000000")));
        }
        let played = if self.policy == "opt" { self.play_opt(capacity)? } else { self.play(capacity, rate)? };
        if self.json { played.json(out) } else { played.text(out) }
    }

    fn records(&self) -> Result<Records<'static>, Failure> {
        Records::open(&self.file, input::open(&self.file)?, self.format).map_err(|error| self.told(&error))
    }

    fn told(&self, error: &TraceError) -> Failure {
        Failure::Input(format!("{}: {error}", self.file))
    }

    fn play(&self, capacity: u32, rate: f64) -> Result<Played, Failure> {
        let unknown = || {
            let known: Vec<&str> = Eviction::ALL.iter().map(|policy| policy.name()).collect();
            let known = known.join(", ");
            Failure::Input(format!("--policy {}: there is no such policy; known: {known}", self.policy))
        };
        let policy: Eviction = self.policy.parse().map_err(|_| unknown())?;
        let sampling = self.sampling(policy)?;
        let mut cache = Cache::new(policy, capacity, self.ttl, self.seed).at_rate(rate).tuned(sampling);
        let own_clock = self.ttl.is_none() && self.rate.is_none();
        let mut records = self.records()?;
        let mut misses = self.misses(&records);
        if misses == Misses::Leave {
            cache = cache.leaving_misses();
        }
        let (mut played, mut sweep) = (Played::default(), Sweep::default());
        while let Some(record) = records.next() {
            let record = record.map_err(|error| self.told(&error))?;
            if let Some(at) = record.at.filter(|_| own_clock) {
                cache.set_clock(at);
            }
            self.check_expiry(&record, own_clock)?;
            if misses == Misses::FillUnlessItStores && record.command.as_ref().is_some_and(Command::stores) {
                misses = Misses::Leave;
                cache.leave_misses_after_all();
            }
            played.step(&mut cache, &record);
            sweep.after(&mut records, |key| cache.remembers(key));
        }
        played.counts = cache.counts();
        played.doubts = cache.doubts();
        played.on_miss = Some(if cache.fills() { OnMiss::Fill } else { OnMiss::Leave });
        played.finish(&records);
        Ok(played)
    }

    /// What misses do, if not told otherwise as in what was recorded.
    fn misses(&self, records: &Records<'_>) -> Misses {
        match self.on_miss {
            Some(OnMiss::Fill) => Misses::Fill,
            Some(OnMiss::Leave) => Misses::Leave,
            None => records.misses(),
        }
    }

    /// How a sampled policy is tuned; another one is not.
    fn sampling(&self, policy: Eviction) -> Result<Sampling, Failure> {
        let (default, lfu) = (Sampling::default(), policy == Eviction::RedisLfu);
        let options = [
            ("--samples", self.samples, default.samples, policy.samples(), "cache.samples"),
            ("--log-factor", self.log_factor, default.log_factor, lfu, "cache.lfu_log_factor"),
            ("--decay", self.decay, default.decay, lfu, "cache.lfu_decay"),
        ];
        for (option, told, default, used, field) in options {
            if told != default && !used {
                return Err(Failure::Input(format!("{option} {told}: {policy} does not look at it; leave it out")));
            }
            let limit = limits::of(field).expect("a field with a range");
            if !matches!(limit.range, limits::Range::Whole(least, most) if (least..=most).contains(&told.into())) {
                return Err(Failure::Input(format!("{option} {told}: give {limit}")));
            }
        }
        Ok(Sampling { samples: self.samples, log_factor: self.log_factor, decay: self.decay })
    }

    /// Refuses an end of life in seconds where time is counted in requests.
    fn check_expiry(&self, record: &Record, own_clock: bool) -> Result<(), Failure> {
        let given = record.fill_ttl.is_some() || record.command.as_ref().is_some_and(Command::gives_time);
        if given && !own_clock {
            let options = "--ttl and --rate count requests; leave them out";
            return Err(Failure::Input(format!("{}: the trace says TTLs in seconds, and {options}", self.file)));
        }
        Ok(())
    }

    fn play_opt(&self, capacity: u32) -> Result<Played, Failure> {
        self.sampling(Eviction::Opt)?;
        if self.ttl.is_some() {
            return Err(Failure::Input("--policy opt knows no --ttl; leave one of them out".to_owned()));
        }
        let mut records = self.records()?;
        let misses = self.misses(&records);
        let mut played = Played { on_miss: Some(OnMiss::Fill), ..Played::default() };
        if records.format() == Format::OracleGeneral {
            let (mut cache, mut sweep) = (Opt::new(capacity), Sweep::default());
            while let Some(record) = records.next() {
                let record = record.map_err(|error| self.told(&error))?;
                let next = if let Next::At(number) = record.next { Some(number) } else { None };
                cache.request(record.key, next);
                sweep.after(&mut records, |key| cache.remembers(key));
            }
            played.counts = cache.counts();
        } else {
            played.has_operations = records.has_operations();
            let trace = Trace::collect(records).map_err(|error| self.told(&error))?;
            self.check_for_opt(&trace)?;
            played.counts = opt::replay(trace.keys(), capacity);
            played.left_out = trace.left_out().clone();
        }
        if misses == Misses::Leave {
            // Nothing is ever put in.
            played.on_miss = Some(OnMiss::Leave);
            let counts = &mut played.counts;
            (counts.hits, counts.misses) = (0, counts.requests);
        }
        Ok(played)
    }

    /// Refuses a trace of which OPT is not known to be the best.
    fn check_for_opt(&self, trace: &Trace) -> Result<(), Failure> {
        let number_of = |operations: &[Operation]| {
            let all = (0..trace.keys().len()).filter_map(|number| trace.operation(number));
            all.filter(|operation| operations.contains(operation)).count()
        };
        let (writes, deletes) = (number_of(&[Operation::Write, Operation::Modify]), number_of(&[Operation::Delete]));
        if writes + deletes > 0 {
            let has = format!("this trace has {writes} writes and {deletes} deletes");
            return Err(Failure::Input(format!(
                "{}: --policy opt knows only reads, and {has}; choose another policy",
                self.file
            )));
        }
        if trace.says().any(|what| what == "ttls") {
            return Err(Failure::Input(format!(
                "{}: --policy opt knows no TTLs, and this trace says some; choose another policy",
                self.file
            )));
        }
        Ok(())
    }
}

/// Sweeps out the keys that nothing remembers, each time there are twice as many as the last sweep left.
struct Sweep {
    at: u32,
}

/// So few keys are not worth a sweep.
const KEYS_MIN: u32 = 100_000;

impl Default for Sweep {
    fn default() -> Sweep {
        Sweep { at: KEYS_MIN }
    }
}

impl Sweep {
    #[inline]
    fn after(&mut self, records: &mut Records<'_>, remembered: impl Fn(u32) -> bool) {
        if records.distinct() >= self.at {
            records.forget(remembered);
            self.at = records.distinct().saturating_mul(2).max(KEYS_MIN);
        }
    }
}

/// What a replay counted, and what became no request.
#[derive(Default)]
struct Played {
    counts: ReplayCounts,
    has_operations: bool,
    writes: u64,
    deletes: u64,
    left_out: LeftOut,
    doubts: Doubts,
    on_miss: Option<OnMiss>,
}

impl Played {
    fn step(&mut self, cache: &mut Cache, record: &Record) {
        let command = record.command.as_ref().unwrap_or(&Command::Read);
        match command.class() {
            Class::Write => self.writes += 1,
            Class::Delete => self.deletes += 1,
            Class::Read | Class::Expiry => {}
        }
        cache.run(&record.ask(), command);
    }

    fn finish(&mut self, records: &Records<'_>) {
        self.has_operations = records.has_operations();
        self.left_out = records.left_out();
    }

    fn json(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let ReplayCounts { requests, hits, misses } = self.counts;
        write!(out, "{{\"requests\":{requests},\"hits\":{hits},\"misses\":{misses}")?;
        if self.has_operations {
            let by_name = serde_json::Value::from_iter(self.left_out.by_name());
            write!(out, ",\"writes\":{},\"deletes\":{},\"left_out\":{by_name}", self.writes, self.deletes)?;
            let by_reason = self.left_out.by_reason().map(|(reason, names)| (reason.name(), names.clone()));
            let by_reason = serde_json::json!(by_reason.collect::<BTreeMap<_, _>>());
            let Doubts { too_large, unknown } = self.doubts;
            write!(out, ",\"left_out_by_reason\":{by_reason},\"uncertain\":{}", too_large + unknown)?;
        }
        if let Some(on_miss) = self.on_miss {
            write!(out, ",\"on_miss\":\"{}\"", on_miss.name())?;
        }
        Ok(writeln!(out, "}}")?)
    }

    fn text(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let ReplayCounts { requests, hits, misses } = self.counts;
        let percent = 100.0 * self.counts.hit_ratio();
        writeln!(out, "{requests} requests, {hits} hits ({percent:.2} %), {misses} misses")?;
        match self.on_miss {
            Some(OnMiss::Fill) => writeln!(out, "each miss fills the cache")?,
            Some(OnMiss::Leave) => writeln!(out, "misses leave the cache alone: only the trace's own writes fill it")?,
            None => {}
        }
        if self.has_operations {
            writeln!(out, "besides {} writes and {} deletes", self.writes, self.deletes)?;
        }
        for (reason, names) in self.left_out.by_reason() {
            let names: Vec<String> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
            writeln!(out, "left out ({reason}): {}", names.join(", "))?;
        }
        let Doubts { too_large, unknown } = self.doubts;
        if too_large > 0 {
            let most = ELEMENT_BYTES_MAX >> 20;
            writeln!(
                out,
                "uncertain: the elements of {too_large} values take more than {most} MiB and are not kept; such \
                           a value is taken never to become empty"
            )?;
        }
        if unknown > 0 {
            writeln!(
                out,
                "uncertain: {unknown} commands on values whose elements are not known; the values are taken to \
                           be there still"
            )?;
        }
        Ok(())
    }
}
