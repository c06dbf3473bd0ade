//! `replay`: a trace through one cache, or several in one pass.
//!
//! The trace is read as a stream, whatever its size: memory holds the cache and the keys that its policy remembers; all
//! others are swept out now and then. All keys stay under a policy that goes by the key's number (Redis' policies keep
//! each in its place of a hash table; w-tinylfu counts by it in captures of Redis). `opt` must look ahead: where the trace says
//! when each key comes next (oracleGeneral) it streams too, otherwise the whole trace must fit in memory.

use std::collections::BTreeMap;
use std::io::Write;

use clap::{Args, ValueEnum};

use super::choices::{Capacity, Choice, choices};
use super::{Failure, input};
use crate::bytes::Bytes;
use crate::cache::counts::ReplayCounts;
use crate::cache::eviction::opt::{self, Opt};
use crate::cache::replay::{OddValues, Replay as Cache};
use crate::escape::{shown, shown_json};
use crate::experiment::curve::BLOCK_MAX;
use crate::keyspace::{Class, Command, Doubts, ELEMENT_BYTES_MAX};
use crate::scenario::eviction::Sampling;
use crate::scenario::{Eviction, limits};
use crate::workload::trace::{
    Columns, Format, How, KeySample, LeftOut, Misses, NAMES_BYTES_MAX, Next, Problem, RECORDS_MAX, Record, Records,
    TimeUnit, TraceError,
};

/// Play a trace through one or several caches and count hits and misses. If the trace has operations, they do what they
/// did in the recorded server, with its times and TTLs, and a miss fills the cache only if it did there; otherwise every
/// request is a read, and every miss fills. Several policies and capacities run in one pass, in all combinations.
#[derive(Args)]
pub struct Replay {
    /// The trace, plain or compressed with zstd, gzip or xz; - for standard input.
    file: String,
    /// The eviction policies: lru, fifo, lfu, random, clock, sieve, s3-fifo, 2q, arc, slru, lirs, w-tinylfu, gdsf, redis-lru,
    /// redis-lfu, volatile-lru, volatile-lfu, volatile-random, volatile-ttl, none, or opt, which knows the future. Redis'
    /// own names mean what they mean in Redis: allkeys-lru, allkeys-lfu, allkeys-random, noeviction.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', required = true)]
    policy: Vec<String>,
    /// The capacities: in entries (100), or in bytes of the sizes in the trace (64MiB).
    #[arg(long, value_name = "ENTRIES|BYTES", value_delimiter = ',', required = true)]
    capacity: Vec<String>,
    #[command(flatten)]
    options: Options,
    /// Print JSON: an object, or a list of objects if there are several policies or capacities.
    #[arg(long)]
    json: bool,
}

/// How a trace is read, and what its caches are like besides policy and capacity.
#[derive(Args)]
pub(super) struct Options {
    /// The trace's format: keys (one per line), lirs, csv (any table: commas, semicolons, tabs or blanks, with a header
    /// or --columns), arc (.lis), oracle-general, twitter, monitor (what redis-cli MONITOR prints), msr, spc (block
    /// traces). Default: recognised by the file's content, and by its name where that leaves it open.
    #[arg(long, value_name = "NAME", ignore_case = true)]
    pub(super) format: Option<Format>,
    /// The columns of a table, in order: time, key, size, key_size, op, count, ttl, client, or - for one to skip.
    /// Example: time,key,size,-.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub(super) columns: Option<Columns>,
    /// The unit of a table's times: s, ms, us, ns or filetime. Default: by the magnitude of the first one.
    #[arg(long, value_name = "UNIT")]
    pub(super) time_unit: Option<TimeUnit>,
    /// For a capacity in bytes: what each entry takes in addition to its size. (A scenario's cache counts 64.)
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    overhead: u32,
    /// Whether a miss fills the cache: fill or leave. Default: as in the recording. In a capture of a server, and in a trace
    /// that has writes, a miss leaves the cache as it is.
    #[arg(long, value_name = "WHAT", ignore_case = true)]
    pub(super) on_miss: Option<OnMiss>,
    /// The TTL of entries, in requests after the entry was inserted.
    #[arg(long, value_name = "REQUESTS", value_parser = requests)]
    pub(super) ttl: Option<u64>,
    /// Requests per second, for the clock of redis-lru and redis-lfu. Default: the trace's own times, or 1000 where it has
    /// none.
    #[arg(long, value_name = "N")]
    pub(super) rate: Option<f64>,
    /// How many entries Redis' policies sample per eviction (maxmemory-samples).
    #[arg(long, value_name = "N", default_value_t = Sampling::default().samples)]
    samples: u32,
    /// How slowly the counter of redis-lfu and volatile-lfu grows (lfu-log-factor).
    #[arg(long, value_name = "N", default_value_t = Sampling::default().log_factor)]
    log_factor: u32,
    /// After how many idle minutes that counter drops by one; 0 for never (lfu-decay-time).
    #[arg(long, value_name = "MINUTES", default_value_t = Sampling::default().decay)]
    decay: u32,
    /// The seed of random and sampled eviction, and of the requests of a scenario. Default: 1, and the scenario's own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=limits::SEED_MAX))]
    pub(super) seed: Option<u64>,
    /// The maximum memory for the names of keys.
    #[arg(long, value_name = "SIZE", default_value_t = Bytes(NAMES_BYTES_MAX))]
    memory: Bytes,
}

/// A number of requests: there is no other clock here.
fn requests(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "give a whole number of requests; here time is counted in requests".to_owned())
}

/// What a miss does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OnMiss {
    /// Fill the cache.
    Fill,
    /// Leave the cache as it is: only writes fill it.
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
        let choices = choices(&self.policy, &self.capacity)?;
        self.options.check(&choices, &self.policy)?;
        let results = self.play(&choices)?;
        let text = if self.json { json(&results) } else { text(&results) };
        if !self.json {
            results[0].notes.iter().for_each(|note| super::note(&format!("{}: {note}", self.file)));
        }
        Ok(out.write_all(text.as_bytes())?)
    }

    /// Plays the trace through every cache in one pass.
    fn play(&self, choices: &[Choice]) -> Result<Vec<Outcome>, Failure> {
        let (options, file) = (&self.options, self.file.as_str());
        let own_clock = options.own_clock();
        let mut records = options.records(file, KeySample::ALL)?;
        let mut misses = options.misses(&records);
        let knows_next = records.format() == Format::OracleGeneral;
        let mut caches: Vec<Playing> = choices.iter().map(|choice| options.begin(choice, knows_next, misses)).collect();
        let mut ahead =
            (!knows_next && choices.iter().any(|choice| choice.policy == Eviction::Opt)).then(Ahead::default);
        let (mut sweep, progress, mut has_sizes) = (Sweep::default(), input::Progress::of_file(file), false);
        let mut block = vec![Record::default(); BLOCK_MAX];
        loop {
            let block = &mut block[..sweep.room(&records)];
            let Some(count) = records.next_block(block).map_err(|error| options.told(file, &error))? else { break };
            progress.at(|| records.bytes_read());
            let block = &block[..count];
            block.iter().try_for_each(|record| options.check_expiry(file, record))?;
            has_sizes = has_sizes || block.iter().any(|record| record.size.is_some());
            let stores = |record: &Record| record.command.as_ref().is_some_and(Command::stores);
            if misses == Misses::FillUnlessItStores && block.iter().any(stores) {
                misses = Misses::Leave;
                caches.iter_mut().for_each(Playing::leave_misses_after_all);
            }
            caches.iter_mut().for_each(|cache| cache.play(block, own_clock));
            match &mut ahead {
                Some(ahead) => ahead.take(block).map_err(|sentence| self.refused(&sentence))?,
                None => sweep.after(&mut records, |key| caches.iter().any(|cache| cache.remembers(key))),
            }
        }
        progress.finish();
        let in_bytes = choices.iter().find(|choice| matches!(choice.capacity, Capacity::Bytes(_)));
        if let Some(choice) = in_bytes.filter(|_| !has_sizes) {
            let told = format!("--capacity {}: the trace has no sizes; give the capacity in entries", choice.capacity);
            return Err(self.refused(&told));
        }
        if let Some(ahead) = &ahead {
            ahead.check().map_err(|sentence| self.refused(&sentence))?;
        }
        let keys = ahead.map(|ahead| ahead.keys).unwrap_or_default();
        let leaves = misses == Misses::Leave;
        Ok(caches.into_iter().zip(choices).map(|(cache, choice)| cache.end(choice, &records, &keys, leaves)).collect())
    }

    fn refused(&self, sentence: &str) -> Failure {
        Failure::Input(format!("{}: {sentence}", self.file))
    }
}

impl Options {
    /// Refuses options that do not fit together, before the file is read.
    pub(super) fn check(&self, choices: &[Choice], names: &[String]) -> Result<(), Failure> {
        let rate = self.rate.unwrap_or(1_000.0);
        if !(0.001..=1e9).contains(&rate) {
            return Err(Failure::Input(format!("--rate {rate}: give a number from 0.001 to 1000000000")));
        }
        let is_opt = |choice: &&Choice| choice.policy == Eviction::Opt;
        if self.ttl.is_some() && choices.iter().any(|choice| is_opt(&choice)) {
            return Err(Failure::Input("--policy opt does not support --ttl; leave one of them out".to_owned()));
        }
        if let Some(choice) = choices.iter().filter(is_opt).find(|choice| matches!(choice.capacity, Capacity::Bytes(_)))
        {
            let sentence = "opt is optimal only if all entries have the same size; give the capacity in entries";
            return Err(Failure::Input(format!("--capacity {}: {sentence}", choice.capacity)));
        }
        if self.overhead > 0 && !choices.iter().any(|choice| matches!(choice.capacity, Capacity::Bytes(_))) {
            let sentence = "it has an effect only with a capacity in bytes; give --capacity in bytes, such as 64MiB, or leave it out";
            return Err(Failure::Input(format!("--overhead {}: {sentence}", self.overhead)));
        }
        self.check_sampling(choices, names)
    }

    /// Refuses options of sampled policies where there is none.
    fn check_sampling(&self, choices: &[Choice], names: &[String]) -> Result<(), Failure> {
        let default = Sampling::default();
        let used = |by: fn(Eviction) -> bool| choices.iter().any(|choice| by(choice.policy));
        let (samples, counts) = (used(Eviction::samples), used(Eviction::counts_uses));
        let options = [
            ("--samples", self.samples, default.samples, samples, "cache.samples"),
            ("--log-factor", self.log_factor, default.log_factor, counts, "cache.lfu_log_factor"),
            ("--decay", self.decay, default.decay, counts, "cache.lfu_decay"),
        ];
        for (option, told, default, used, field) in options {
            if told != default && !used {
                let names = names.join(", ");
                return Err(Failure::Input(format!("{option} {told}: it has no effect with {names}; leave it out")));
            }
            let limit = limits::of(field).expect("a field with a range");
            if !matches!(limit.range, limits::Range::Whole(least, most) if (least..=most).contains(&told.into())) {
                return Err(Failure::Input(format!("{option} {told}: give {limit}")));
            }
        }
        Ok(())
    }

    /// The requests of a file, of the keys in the sample.
    pub(super) fn records(&self, file: &str, sample: KeySample) -> Result<Records<'static>, Failure> {
        let how = How {
            format: self.format,
            columns: self.columns.clone(),
            time_unit: self.time_unit,
            names_bytes: Some(self.memory.0),
            sample,
        };
        Records::open(file, input::open(file)?, how).map_err(|error| self.told(file, &error))
    }

    /// What is wrong with a file.
    pub(super) fn told(&self, file: &str, error: &TraceError) -> Failure {
        let more = match error.problem {
            Problem::NamesTooLarge(_) => "; or allow more: --memory 4GiB",
            _ => "",
        };
        Failure::Input(format!("{file}: {error}{more}"))
    }

    /// An empty cache. `knows_next`: the trace says when each key comes next.
    pub(super) fn begin(&self, choice: &Choice, knows_next: bool, misses: Misses) -> Playing {
        if let (Eviction::Opt, Capacity::Entries(capacity)) = (choice.policy, choice.capacity) {
            return if knows_next { Playing::Opt(Box::new(Opt::new(capacity))) } else { Playing::Later(capacity) };
        }
        let sampling = Sampling { samples: self.samples, log_factor: self.log_factor, decay: self.decay };
        let capacity = choice.capacity.with_overhead(self.overhead);
        let cache =
            Cache::of(choice.policy, capacity, self.ttl, self.seed.unwrap_or(1)).at_rate(self.rate.unwrap_or(1_000.0));
        let cache = cache.tuned(sampling);
        let cache = if misses == Misses::Leave { cache.leaving_misses() } else { cache };
        Playing::Cache(Box::new((cache, Played::default())))
    }

    /// What misses do: what the options say, or else what they did in the recording.
    pub(super) fn misses(&self, records: &Records<'_>) -> Misses {
        match self.on_miss {
            Some(OnMiss::Fill) => Misses::Fill,
            Some(OnMiss::Leave) => Misses::Leave,
            None => records.misses(),
        }
    }

    /// Whether time is what the trace says, where it says it, and not counted in requests.
    pub(super) fn own_clock(&self) -> bool {
        self.ttl.is_none() && self.rate.is_none()
    }

    /// Refuses a TTL in seconds where time is counted in requests.
    pub(super) fn check_expiry(&self, file: &str, record: &Record) -> Result<(), Failure> {
        let given = record.fill_ttl.is_some() || record.command.as_ref().is_some_and(Command::gives_time);
        if given && !self.own_clock() {
            let options = "--ttl and --rate count requests; leave them out";
            return Err(Failure::Input(format!("{file}: the trace has TTLs in seconds, and {options}")));
        }
        Ok(())
    }
}

/// A cache that the trace is played through.
pub(super) enum Playing {
    /// One that does not need to know the future.
    Cache(Box<(Cache, Played)>),
    /// OPT, where the trace has the next request of each key.
    Opt(Box<Opt>),
    /// OPT of this capacity, once the whole trace is known.
    Later(u32),
}

impl Playing {
    /// Plays requests, by their times if the clock is the trace's own.
    pub(super) fn play(&mut self, block: &[Record], own_clock: bool) {
        match self {
            Playing::Cache(both) => {
                let (cache, played) = &mut **both;
                for record in block {
                    if let Some(at) = record.at.filter(|_| own_clock) {
                        cache.set_clock(at);
                    }
                    played.step(cache, record);
                }
            }
            Playing::Opt(opt) => {
                for record in block {
                    let next = if let Next::At(number) = record.next { Some(number) } else { None };
                    opt.request(record.key, next);
                }
            }
            Playing::Later(_) => {}
        }
    }

    /// Everything until now is as if misses had left the cache alone.
    pub(super) fn leave_misses_after_all(&mut self) {
        if let Playing::Cache(both) = self {
            both.0.leave_misses_after_all();
        }
    }

    /// Whether the key is more than a number here.
    pub(super) fn remembers(&self, key: u32) -> bool {
        match self {
            Playing::Cache(both) => both.0.remembers(key),
            Playing::Opt(opt) => opt.remembers(key),
            Playing::Later(_) => true,
        }
    }

    /// What was counted. `keys` and `leaves` as for [`end`](Playing::end).
    pub(super) fn counts(&self, keys: &[u32], leaves: bool) -> ReplayCounts {
        let mut counts = match self {
            Playing::Cache(both) => return both.0.counts(),
            Playing::Opt(cache) => cache.counts(),
            Playing::Later(capacity) => opt::replay(keys, *capacity),
        };
        if leaves {
            // Nothing is ever stored.
            (counts.hits, counts.misses) = (0, counts.requests);
        }
        counts
    }

    /// The outcome. `keys` are those of all requests, for a policy that must know them beforehand; `leaves`: misses did not
    /// fill the cache.
    fn end(self, choice: &Choice, records: &Records<'_>, keys: &[u32], leaves: bool) -> Outcome {
        let counts = self.counts(keys, leaves);
        let (mut odd, mut on_miss) = (OddValues::default(), if leaves { OnMiss::Leave } else { OnMiss::Fill });
        let mut played = match self {
            Playing::Cache(both) => {
                let (cache, played) = *both;
                odd = cache.odd();
                on_miss = if cache.fills() { OnMiss::Fill } else { OnMiss::Leave };
                Played { doubts: cache.doubts(), ..played }
            }
            Playing::Opt(_) | Playing::Later(_) => Played::default(),
        };
        (played.counts, played.on_miss) = (counts, Some(on_miss));
        played.finish(records);
        Outcome {
            choice: choice.clone(),
            played,
            odd,
            notes: records.notes().iter().map(ToString::to_string).collect(),
        }
    }
}

/// The keys of all requests of a trace, for a policy that must know them beforehand, and what else there is in it.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) keys: Vec<u32>,
    writes: u64,
    deletes: u64,
    has_ttls: bool,
}

impl Ahead {
    /// Takes in what comes next.
    pub(super) fn take(&mut self, block: &[Record]) -> Result<(), String> {
        for record in block {
            let command = record.command.as_ref().unwrap_or(&Command::Read);
            self.has_ttls |= record.fill_ttl.is_some() || command.gives_time();
            match command.class() {
                Class::Read => self.keys.push(record.key),
                Class::Write => self.writes += 1,
                Class::Delete => self.deletes += 1,
                Class::Expiry | Class::None => {}
            }
        }
        if self.keys.len() > RECORDS_MAX {
            return Err(format!("--policy opt holds this trace in memory, at most {RECORDS_MAX} requests; shorten it"));
        }
        Ok(())
    }

    /// Refuses a trace of which OPT is not known to be the best.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.writes + self.deletes > 0 {
            let has = format!("this trace has {} writes and {} deletes", self.writes, self.deletes);
            return Err(format!("--policy opt supports only reads, and {has}; choose another policy"));
        }
        if self.has_ttls {
            let sentence = "--policy opt does not support TTLs, and this trace has some; choose another policy";
            return Err(sentence.to_owned());
        }
        Ok(())
    }
}

/// Sweeps out the keys that nothing remembers, each time there are twice as many as the last sweep left, or their names
/// take twice the memory.
pub(super) struct Sweep {
    at: u32,
    at_bytes: u64,
}

/// Fewer keys are not worth a sweep: all tables of so many stay close at hand.
const KEYS_MIN: u32 = 50_000;
/// Nor is less memory.
const NAMES_MIN: u64 = 64 << 20;

impl Default for Sweep {
    fn default() -> Sweep {
        Sweep { at: KEYS_MIN, at_bytes: NAMES_MIN }
    }
}

impl Sweep {
    /// How many requests may be read before it is looked at again: each brings one new key at most.
    #[inline]
    pub(super) fn room(&self, records: &Records<'_>) -> usize {
        (self.at.saturating_sub(records.distinct()) as usize).clamp(1, BLOCK_MAX)
    }

    /// Whether it is time.
    #[inline]
    pub(super) fn is_due(&self, records: &Records<'_>) -> bool {
        records.distinct() >= self.at || records.name_bytes() >= self.at_bytes
    }

    /// Forgets what is not remembered, if it is time.
    #[inline]
    pub(super) fn after(&mut self, records: &mut Records<'_>, remembered: impl Fn(u32) -> bool) {
        if self.is_due(records) {
            records.forget(remembered);
            self.at = records.distinct().saturating_mul(2).max(KEYS_MIN);
            self.at_bytes = records.name_bytes().saturating_mul(2).max(NAMES_MIN);
        }
    }
}

/// What a replay counted, and what became no request.
#[derive(Default)]
pub(super) struct Played {
    counts: ReplayCounts,
    has_operations: bool,
    writes: u64,
    deletes: u64,
    left_out: LeftOut,
    doubts: Doubts,
    on_miss: Option<OnMiss>,
}

impl Played {
    #[inline]
    fn step(&mut self, cache: &mut Cache, record: &Record) {
        let Some(command) = &record.command else { return cache.run(&record.ask(), &Command::Read) };
        match command.class() {
            Class::Write => self.writes += 1,
            Class::Delete => self.deletes += 1,
            Class::Read | Class::Expiry | Class::None => {}
        }
        cache.run(&record.ask(), command);
    }

    fn finish(&mut self, records: &Records<'_>) {
        self.has_operations = records.has_operations();
        self.left_out = records.left_out();
    }

    /// What misses did and what there was besides reads, in lines.
    fn others(&self) -> String {
        let mut text = match self.on_miss {
            Some(OnMiss::Fill) => "each miss fills the cache\n".to_owned(),
            Some(OnMiss::Leave) => "misses leave the cache as it is: only the trace's own writes fill it\n".to_owned(),
            None => String::new(),
        };
        if self.has_operations {
            text += &format!("in addition {} writes and {} deletes\n", self.writes, self.deletes);
        }
        for (reason, names) in self.left_out.by_reason() {
            let names: Vec<String> = names.iter().map(|(name, count)| format!("{} {count}", shown(name))).collect();
            text += &format!("left out ({reason}): {}\n", names.join(", "));
        }
        let Doubts { too_large, unknown } = self.doubts;
        if too_large > 0 {
            let most = ELEMENT_BYTES_MAX >> 20;
            text += &format!(
                "uncertain: the elements of {too_large} values take more than {most} MiB and are not kept; such a value is \
                 assumed never to become empty\n"
            );
        }
        if unknown > 0 {
            text += &format!(
                "uncertain: {unknown} commands on values whose elements are not known; the values are assumed to be \
                 there still\n"
            );
        }
        text
    }
}

/// The outcome for one cache.
struct Outcome {
    choice: Choice,
    played: Played,
    odd: OddValues,
    /// What the reader should know of the file.
    notes: Vec<String>,
}

impl Outcome {
    /// Its figures as JSON, with policy and capacity where there are several.
    fn json(&self, is_one: bool) -> String {
        let Played { counts, has_operations, writes, deletes, left_out, doubts, on_miss } = &self.played;
        let mut fields = serde_json::Map::new();
        if !is_one {
            fields.insert("policy".to_owned(), self.choice.name.clone().into());
            fields.insert("capacity".to_owned(), self.choice.capacity.json());
        }
        for (name, count) in [("requests", counts.requests), ("hits", counts.hits), ("misses", counts.misses)] {
            fields.insert(name.to_owned(), count.into());
        }
        if *has_operations {
            fields.insert("writes".to_owned(), (*writes).into());
            fields.insert("deletes".to_owned(), (*deletes).into());
            fields.insert("left_out".to_owned(), serde_json::Value::from_iter(left_out.by_name()));
            let by_reason = left_out.by_reason().map(|(reason, names)| (reason.name(), names.clone()));
            let by_reason = serde_json::json!(by_reason.collect::<BTreeMap<_, _>>());
            fields.insert("left_out_by_reason".to_owned(), by_reason);
            fields.insert("uncertain".to_owned(), (doubts.too_large + doubts.unknown).into());
        }
        if let Some(on_miss) = on_miss {
            fields.insert("on_miss".to_owned(), on_miss.name().into());
        }
        if self.choice.policy.may_refuse() {
            fields.insert("refused".to_owned(), self.odd.refused.into());
        }
        if matches!(self.choice.capacity, Capacity::Bytes(_)) {
            fields.insert("too_large".to_owned(), self.odd.too_large.into());
            fields.insert("unknown_size".to_owned(), self.odd.of_unknown_size.into());
        }
        if !self.notes.is_empty() {
            fields.insert("notes".to_owned(), self.notes.clone().into());
        }
        shown_json(&serde_json::Value::from(fields).to_string()).into_owned()
    }

    /// What could not be stored as it was, in a line.
    fn oddities(&self) -> String {
        let told = [
            (self.odd.refused, "rejected: the cache was full and nothing could be evicted"),
            (self.odd.too_large, "not kept: larger than the cache"),
        ];
        let mut parts: Vec<String> =
            told.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} values {what}")).collect();
        if matches!(self.choice.capacity, Capacity::Bytes(_)) && self.odd.of_unknown_size > 0 {
            parts.push(format!("{} values of unknown size counted as empty", self.odd.of_unknown_size));
        }
        if parts.is_empty() { String::new() } else { format!("{}\n", parts.join("; ")) }
    }
}

/// All results as JSON.
fn json(results: &[Outcome]) -> String {
    match results {
        [one] => one.json(true) + "\n",
        all => format!("[{}]\n", all.iter().map(|result| result.json(false)).collect::<Vec<_>>().join(",\n ")),
    }
}

/// All results as text: sentences for one, a table for several.
fn text(results: &[Outcome]) -> String {
    let [one] = results else { return table(results) };
    let ReplayCounts { requests, hits, misses } = one.played.counts;
    let percent = 100.0 * one.played.counts.hit_ratio();
    let mut text = format!("{requests} requests, {hits} hits ({percent:.2} %), {misses} misses\n");
    text += &one.oddities();
    text + &one.played.others()
}

fn table(results: &[Outcome]) -> String {
    let width = |cell: fn(&Outcome) -> String| results.iter().map(|result| cell(result).len()).max().unwrap_or(0);
    let policies = width(|result| result.choice.name.clone()).max("policy".len());
    let capacities = width(|result| result.choice.capacity.to_string()).max("capacity".len());
    let counts = width(|result| result.played.counts.requests.to_string()).max("requests".len());
    let row = |policy: &str, capacity: &str, numbers: [&str; 4]| {
        let [requests, hits, misses, percent] = numbers;
        format!(
            "{policy:policies$}  {capacity:>capacities$}  {requests:>counts$}  {hits:>counts$}  {misses:>counts$}  {percent:>6}\n"
        )
    };
    let mut text = row("policy", "capacity", ["requests", "hits", "misses", "hit %"]);
    for result in results {
        let ReplayCounts { requests, hits, misses } = result.played.counts;
        let percent = format!("{:.2}", 100.0 * result.played.counts.hit_ratio());
        let numbers = [&*requests.to_string(), &*hits.to_string(), &*misses.to_string(), &*percent];
        text += &row(&result.choice.name, &result.choice.capacity.to_string(), numbers);
    }
    for result in results {
        let odd = result.oddities();
        if !odd.is_empty() {
            text += &format!("{} {}: {odd}", result.choice.name, result.choice.capacity);
        }
    }
    text + &results[0].played.others()
}
