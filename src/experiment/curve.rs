//! Miss ratio against cache size: requests of a scenario or of a trace through caches of many capacities, in several goes.
//!
//! It counts what the command line's `curve` counts, to the hit, on one core. LRU is one [`Stack`] for all capacities where
//! the requests fit that as far as is known before the first; everything else is a cache for each point. Of more than
//! [`LONG`] requests a sample of the keys is played through caches scaled down as much ([`miniature`]).
//!
//! ```text
//!  Origin ─▶ Scouting ─▶ Scouted (how many requests, keys; which share to play) ─▶ ladder of capacities
//!    └─────▶ Curving (one policy, those capacities) ─▶ Counted, one for each
//! ```
//!
//! Of a scenario only the keys count that its clients ask for: no time and no TTLs; reads and writes both look up and fill,
//! a delete removes.

use std::io::Cursor;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::cache::counts::ReplayCounts;
use crate::cache::entry;
use crate::cache::miniature;
use crate::cache::replay::Replay;
use crate::cache::stack::Stack;
use crate::keyspace::{Class, Command};
use crate::phrase::{Phrase, phrase};
use crate::random::Streams;
use crate::scenario::{Eviction, Scenario};
use crate::time::Nanos;
use crate::workload::operation::Operation;
use crate::workload::requests::{KeySource, Requests};
use crate::workload::trace::{Format, How, KeySample, Misses, NOT_SAMPLED, Record, Records, TraceError};

/// Of more requests than this a sample of the keys is played unless told otherwise.
pub const LONG: u64 = 4_000_000;
/// The share of the keys by which it is found out how many there are.
pub const SCOUTED: f64 = 1.0 / 64.0;
/// Requests that are drawn from a scenario where nothing is told.
pub const DRAWN: u64 = 1_000_000;

/// The capacities where none are told, in thousandths of the distinct keys.
const LADDER: [u64; 14] = [10, 15, 20, 30, 45, 65, 100, 150, 200, 300, 450, 650, 850, 1_000];
/// The most entries of a cache.
const ENTRIES_MAX: u64 = 10_000_000;

/// Requests that are read before it is looked at the clock.
const BLOCK: usize = 64;

/// Capacities in entries, rising, where there are so many distinct keys.
pub fn ladder(distinct: u64) -> Vec<u32> {
    let entries = |thousandths: &u64| (distinct * thousandths).div_ceil(1_000).clamp(1, ENTRIES_MAX) as u32;
    let mut all: Vec<u32> = LADDER.iter().map(entries).collect();
    all.dedup();
    all
}

/// Whether the cache is asked for what is there.
#[inline]
pub fn looks_up(record: &Record) -> bool {
    record.command.as_ref().is_none_or(|command| command.class() == Class::Read)
}

/// The requests of a scenario, as its clients would send them.
pub struct Drawn {
    requests: Requests,
    sample: KeySample,
    count: u64,
    left: u64,
    /// The next key of a scan, and how many there are.
    scan: (u32, u32),
    /// One more than the greatest key so far.
    keys: u32,
}

impl Drawn {
    /// So many of these requests, of the keys in the sample.
    pub fn new(requests: Requests, count: u64, sample: KeySample) -> Drawn {
        Drawn { requests, sample, count, left: count, scan: (0, 0), keys: 0 }
    }

    /// The next request. Reads and writes look the key up, and a miss fills: the cache is asked either way.
    pub fn take(&mut self) -> Option<Record> {
        self.left = self.left.checked_sub(1)?;
        let (mut key, mut command) = (self.scan.0, None);
        if self.scan.1 > 0 {
            self.scan = (key + 1, self.scan.1 - 1);
        } else {
            let request = self.requests.make()?;
            key = request.key;
            self.scan = (key.saturating_add(1), request.more);
            command = matches!(request.operation, Operation::Delete).then_some(Command::Delete);
        }
        self.keys = self.keys.max(key.saturating_add(1));
        let key = if self.sample.has_number(u64::from(key)) { key } else { NOT_SAMPLED };
        Some(Record { key, command, ..Record::default() })
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many have been taken.
    pub fn taken(&self) -> u64 {
        self.count - self.left
    }

    /// One more than the greatest key so far.
    pub fn keys(&self) -> u32 {
        self.keys
    }
}

/// A point of a curve, as it is printed.
pub struct Row<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The capacity, in entries or bytes.
    pub capacity: String,
    /// What it counted.
    pub counts: ReplayCounts,
    /// The share of the keys that was played, where it is not all.
    pub sampled: Option<f64>,
}

impl Row<'_> {
    /// Misses per request; 0 without requests.
    pub fn miss_ratio(&self) -> f64 {
        self.counts.misses as f64 / self.counts.requests.max(1) as f64
    }
}

/// Points as CSV.
pub fn csv<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let rows = rows.map(|row| {
        let (ReplayCounts { requests, hits, misses }, ratio) = (row.counts, row.miss_ratio());
        let sampled = row.sampled.map(|rate| rate.to_string()).unwrap_or_default();
        format!("{},{},{requests},{hits},{misses},{ratio},{sampled}\n", row.policy, row.capacity)
    });
    "policy,capacity,requests,hits,misses,miss_ratio,sampled\n".to_owned() + &rows.collect::<String>()
}

/// Where requests come from; they can be had again and again.
#[derive(Clone)]
pub enum Origin {
    /// A trace's file, by its name.
    File(String, Rc<[u8]>),
    /// What a checked scenario's clients ask for.
    Scenario(Box<Scenario>),
}

/// The requests, from the first on.
enum Source {
    Trace(Box<Records<'static>>, u64),
    Drawn(Box<Drawn>),
}

/// Whether a scenario's requests are of one class.
///
/// # Errors
/// When there is a second: which of their requests come first depends on what requests take.
pub fn one_class(scenario: &Scenario) -> Result<(), Phrase> {
    if scenario.clients.second.is_none() {
        return Ok(());
    }
    Err(Phrase::fixed(
        "clients.second: a curve is of one class of requests; leave the second out",
        "clients.second: 곡선은 한 종류의 요청으로만 그립니다. 두 번째 트래픽을 빼 주세요",
    ))
}

impl Origin {
    /// The requests of this share of the keys.
    fn open(&self, rate: f64) -> Result<Source, Phrase> {
        let sample = if rate < 1.0 { KeySample::of(rate) } else { KeySample::ALL };
        match self {
            Origin::File(name, bytes) => {
                let how = How { sample, ..How::default() };
                let records = Records::open(name, Cursor::new(bytes.clone()), how).map_err(|e| self.unreadable(&e))?;
                Ok(Source::Trace(Box::new(records), bytes.len() as u64))
            }
            Origin::Scenario(scenario) => {
                one_class(scenario)?;
                let keys = KeySource::new(scenario, None).map_err(|error| error.phrase())?;
                let requests = Requests::new(&scenario.clients, keys, &Streams::new(scenario.seed));
                Ok(Source::Drawn(Box::new(Drawn::new(requests, DRAWN, sample))))
            }
        }
    }

    fn unreadable(&self, error: &TraceError) -> Phrase {
        let (why, name) = (error.phrase(), if let Origin::File(name, _) = self { name } else { "" });
        phrase!("{name}: {why}", "{name}: {why}", why)
    }
}

impl Source {
    /// What misses do.
    fn misses(&self) -> Misses {
        match self {
            Source::Trace(records, _) => records.misses(),
            Source::Drawn(_) => Misses::Fill,
        }
    }

    /// Whether it is known before the first request that a [`Stack`] can take all of them.
    fn fits_stack(&self) -> bool {
        match self {
            Source::Trace(records, _) => !matches!(records.format(), Format::Csv | Format::Twitter | Format::Monitor),
            Source::Drawn(_) => true,
        }
    }

    /// Whether a sample of the keys can be played without the others.
    fn can_sample(&self) -> bool {
        !matches!(self, Source::Trace(records, _) if records.format() == Format::Monitor)
    }

    /// The share that was read.
    fn share(&self) -> f64 {
        let (done, all) = match self {
            Source::Trace(records, all) => (records.bytes_read(), *all),
            Source::Drawn(drawn) => (drawn.taken(), drawn.count()),
        };
        (done as f64 / all.max(1) as f64).min(1.0)
    }

    /// The next requests, in place of those in `block`; false at the end.
    fn read(&mut self, block: &mut Vec<Record>) -> Result<bool, TraceError> {
        match self {
            Source::Trace(records, _) => {
                block.resize(BLOCK, Record::default());
                let count = records.next_block(block)?;
                block.truncate(count.unwrap_or(0));
                Ok(count.is_some())
            }
            Source::Drawn(drawn) => {
                block.clear();
                block.extend(std::iter::from_fn(|| drawn.take()).take(BLOCK));
                Ok(!block.is_empty())
            }
        }
    }
}

/// How many requests and keys there are, and which share of the keys to play.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scouted {
    /// About how many distinct keys.
    pub distinct: u64,
    /// The share of the keys to play.
    pub rate: f64,
}

/// Finds out how many requests and keys there are, in several goes.
pub struct Scouting {
    origin: Origin,
    source: Source,
    /// The share of the keys that it looks at now.
    rate: f64,
    requests: u64,
    seen: Vec<bool>,
    block: Vec<Record>,
}

impl Scouting {
    /// At its beginning.
    ///
    /// # Errors
    /// When the requests cannot be had.
    pub fn begin(origin: Origin) -> Result<Scouting, Phrase> {
        // What a scenario draws is never long.
        let rate = if matches!(origin, Origin::File(..)) { SCOUTED } else { 1.0 };
        let source = origin.open(rate)?;
        Ok(Scouting { origin, source, rate, requests: 0, seen: Vec::new(), block: Vec::new() })
    }

    /// The share that is done, of each look.
    pub fn share(&self) -> f64 {
        self.source.share()
    }

    /// Goes on to the end; `None` where `stop` has asked for a pause before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Scouted>, Phrase> {
        loop {
            if !self.source.read(&mut self.block).map_err(|error| self.origin.unreadable(&error))? {
                let distinct = self.distinct();
                if self.rate >= 1.0 {
                    return Ok(Some(Scouted { distinct, rate: 1.0 }));
                }
                let distinct = (distinct as f64 / self.rate) as u64;
                let is_long = self.requests > LONG && self.source.can_sample();
                let rate = if is_long { miniature::rate(distinct) } else { 1.0 };
                if rate < 1.0 {
                    return Ok(Some(Scouted { distinct, rate }));
                }
                (self.source, self.rate, self.requests) = (self.origin.open(1.0)?, 1.0, 0);
                continue;
            }
            self.requests += self.block.iter().filter(|record| looks_up(record)).count() as u64;
            if let Source::Drawn(drawn) = &self.source {
                self.seen.resize(drawn.keys() as usize, false);
                let sampled = self.block.iter().filter(|record| record.key != NOT_SAMPLED);
                sampled.for_each(|record| self.seen[record.key as usize] = true);
            }
            if stop() {
                return Ok(None);
            }
        }
    }

    fn distinct(&self) -> u64 {
        match &self.source {
            Source::Trace(records, _) => u64::from(records.distinct()),
            Source::Drawn(_) => self.seen.iter().filter(|seen| **seen).count() as u64,
        }
    }
}

/// What a cache of one capacity counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// The capacity, in entries.
    pub capacity: u32,
    /// Look-ups.
    pub requests: u64,
    /// Those that hit.
    pub hits: u64,
    /// The share of the keys that was played.
    pub rate: f64,
}

impl Counted {
    /// Hits and misses.
    pub fn counts(&self) -> ReplayCounts {
        ReplayCounts { requests: self.requests, hits: self.hits, misses: self.requests - self.hits }
    }
}

/// One policy at many capacities, in several goes.
pub struct Curving {
    origin: Origin,
    policy: Eviction,
    /// Shares of the keys, each with the capacities that are played with it: small ones take more keys.
    passes: Vec<(f64, Vec<u32>)>,
    /// The pass that is under way, and the one after which it is.
    playing: Option<Playing>,
    counted: Vec<Counted>,
    done: usize,
}

impl Curving {
    /// At its beginning, with the share of the keys that was [`Scouted`].
    pub fn begin(origin: Origin, policy: Eviction, capacities: &[u32], rate: f64) -> Curving {
        let mut rates: Vec<f64> = capacities.iter().map(|capacity| miniature::rate_for(*capacity, rate)).collect();
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        let of = |own: f64| capacities.iter().copied().filter(move |one| miniature::rate_for(*one, rate) == own);
        let passes = rates.into_iter().map(|rate| (rate, of(rate).collect())).collect();
        Curving { origin, policy, passes, playing: None, counted: Vec::new(), done: 0 }
    }

    /// The share that is done.
    pub fn share(&self) -> f64 {
        let part = self.playing.as_ref().map_or(0.0, |playing| playing.source.share());
        (self.done as f64 + part) / self.passes.len().max(1) as f64
    }

    /// Goes on to the end, and gives a point for each capacity, rising; `None` where `stop` has asked for a pause before.
    ///
    /// # Errors
    /// When the requests cannot be had.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Vec<Counted>>, Phrase> {
        while let Some((rate, capacities)) = self.passes.get(self.done) {
            let playing = match &mut self.playing {
                Some(playing) => playing,
                none => none.insert(Playing::begin(&self.origin, self.policy, capacities, *rate)?),
            };
            if !playing.advance(&mut stop).map_err(|error| self.origin.unreadable(&error))? {
                return Ok(None);
            }
            self.counted.extend(playing.counted(capacities, *rate));
            (self.playing, self.done) = (None, self.done + 1);
        }
        let mut counted = std::mem::take(&mut self.counted);
        crate::sort::by_key(&mut counted, |counted| counted.capacity);
        Ok(Some(counted))
    }
}

/// One reading of the requests, through the caches of some capacities.
struct Playing {
    source: Source,
    caches: Caches,
    misses: Misses,
    /// Of a sample of the keys: requests come when they come among those of all keys.
    is_sampled: bool,
    requests: u64,
    block: Vec<Record>,
}

enum Caches {
    Stack(Stack),
    Each(Vec<Replay>),
}

/// What `replay` takes the seed of random and sampled eviction to be, where none is told.
const SEED: u64 = 1;
/// From one request to the next, where requests do not say when they come.
const TICK: Nanos = Nanos::from_millis(1);

impl Playing {
    fn begin(origin: &Origin, policy: Eviction, capacities: &[u32], rate: f64) -> Result<Playing, Phrase> {
        let source = origin.open(rate)?;
        let misses = source.misses();
        let small: Vec<u32> = capacities.iter().map(|capacity| scaled(*capacity, rate)).collect();
        let is_stack = policy == Eviction::Lru && misses == Misses::Fill && source.fits_stack();
        let caches = if is_stack {
            Caches::Stack(Stack::to(small.iter().copied().max().unwrap_or(1)))
        } else {
            let cache = |entries: &u32| {
                let cache = Replay::of(policy, entry::Capacity::entries_of(*entries), None, SEED).at_rate(1_000.0);
                if misses == Misses::Leave { cache.leaving_misses() } else { cache }
            };
            Caches::Each(small.iter().map(cache).collect())
        };
        Ok(Playing { source, caches, misses, is_sampled: rate < 1.0, requests: 0, block: Vec::new() })
    }

    /// Whether it has come to the end, or `stop` has asked for a pause before.
    fn advance(&mut self, stop: &mut impl FnMut() -> bool) -> Result<bool, TraceError> {
        let mut block = std::mem::take(&mut self.block);
        while self.source.read(&mut block)? {
            self.take(&mut block);
            match &mut self.caches {
                Caches::Stack(stack) => block.iter().for_each(|record| play_stack(stack, record)),
                Caches::Each(caches) => caches.iter_mut().for_each(|cache| play(cache, &block)),
            }
            if stop() {
                self.block = block;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at what was read last, and leaves in the block what is in the sample.
    fn take(&mut self, block: &mut Vec<Record>) {
        let stores = |record: &Record| record.command.as_ref().is_some_and(Command::stores);
        if self.misses == Misses::FillUnlessItStores && block.iter().any(stores) {
            self.misses = Misses::Leave;
            if let Caches::Each(caches) = &mut self.caches {
                caches.iter_mut().for_each(Replay::leave_misses_after_all);
            }
        }
        for record in block.iter_mut() {
            let before = self.requests;
            self.requests += u64::from(looks_up(record));
            if self.is_sampled && record.at.is_none() {
                record.at = Some(Nanos(before.saturating_mul(TICK.0)));
            }
        }
        block.retain(|record| record.key != NOT_SAMPLED);
    }

    fn counted(&self, capacities: &[u32], rate: f64) -> Vec<Counted> {
        let counts: Vec<ReplayCounts> = match &self.caches {
            Caches::Stack(stack) => capacities.iter().map(|one| stack.counts(scaled(*one, rate))).collect(),
            Caches::Each(caches) => caches.iter().map(Replay::counts).collect(),
        };
        let whole = |counts| if rate < 1.0 { miniature::whole(counts, self.requests, rate) } else { counts };
        let points = capacities.iter().zip(counts.into_iter().map(whole));
        points
            .map(|(&capacity, ReplayCounts { requests, hits, .. })| Counted { capacity, requests, hits, rate })
            .collect()
    }
}

fn scaled(capacity: u32, rate: f64) -> u32 {
    if rate < 1.0 { miniature::entries(capacity, rate) } else { capacity }
}

fn play_stack(stack: &mut Stack, record: &Record) {
    match record.command {
        None | Some(Command::Read) => drop(stack.request(record.key)),
        Some(Command::Delete) => stack.remove(record.key),
        Some(_) => drop(stack.put(record.key)),
    }
}

fn play(cache: &mut Replay, block: &[Record]) {
    for record in block {
        if let Some(at) = record.at {
            cache.set_clock(at);
        }
        cache.run(&record.ask(), record.command.as_ref().unwrap_or(&Command::Read));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    fn in_pieces<T>(mut advance: impl FnMut(&mut dyn FnMut() -> bool) -> Result<Option<T>, Phrase>) -> (T, u32) {
        let mut pauses = 0;
        loop {
            let mut calls = 0;
            let mut stop = || {
                calls += 1;
                calls > 40
            };
            match advance(&mut stop).expect("it can be read") {
                Some(done) => return (done, pauses),
                None => pauses += 1,
            }
        }
    }

    fn points(origin: &Origin, policy: Eviction, capacities: &[u32]) -> Vec<(u64, u64)> {
        let mut curving = Curving::begin(origin.clone(), policy, capacities, 1.0);
        let (counted, pauses) = in_pieces(|stop| curving.advance(stop));
        assert!(pauses > 3, "{pauses} pauses");
        counted.iter().map(|one| (one.requests, one.hits)).collect()
    }

    #[test]
    fn a_file_in_pieces_gives_what_single_caches_give() {
        let keys: Vec<u32> = (0..20_000_u32).map(|i| i.wrapping_mul(2_654_435_761) % 97 * (i % 7)).collect();
        let text: String = keys.iter().map(|key| format!("k{key}\n")).collect();
        let origin = Origin::File("keys.txt".to_owned(), text.into_bytes().into());
        let mut scouting = Scouting::begin(origin.clone()).expect("it can be read");
        let (scouted, _) = in_pieces(|stop| scouting.advance(stop));
        let distinct: std::collections::BTreeSet<u32> = keys.iter().copied().collect();
        assert_eq!(scouted, Scouted { distinct: distinct.len() as u64, rate: 1.0 });
        let ladder = ladder(scouted.distinct);
        for policy in [Eviction::Lru, Eviction::Sieve] {
            let single = ladder.iter().map(|&entries| {
                let mut cache = Replay::new(policy, entries, None, 1);
                keys.iter().for_each(|key| _ = cache.request(*key));
                (cache.counts().requests, cache.counts().hits)
            });
            assert_eq!(points(&origin, policy, &ladder), single.collect::<Vec<_>>(), "{policy}");
        }
    }

    #[test]
    fn a_scenario_s_curve_falls_and_ends_at_what_every_key_costs_once() {
        let scenario = presets::get("default").expect("a preset").scenario().clone();
        let origin = Origin::Scenario(Box::new(scenario));
        let mut scouting = Scouting::begin(origin.clone()).expect("keys can be drawn");
        let (scouted, _) = in_pieces(|stop| scouting.advance(stop));
        let ladder = ladder(scouted.distinct);
        let points = points(&origin, Eviction::Lru, &ladder);
        let misses: Vec<u64> = points.iter().map(|(requests, hits)| requests - hits).collect();
        assert!(misses.is_sorted_by(|a, b| a >= b), "{misses:?}");
        assert_eq!((points[0].0, misses.last().copied()), (DRAWN, Some(scouted.distinct)), "no key is missed twice");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_file_s_name() {
        let origin = Origin::File("odd.bin".to_owned(), vec![0; 7].into());
        let refused = Scouting::begin(origin).and_then(|mut scouting| scouting.advance(|| false));
        assert!(refused.is_err_and(|why| why.to_string().starts_with("odd.bin: ")));
    }
}
