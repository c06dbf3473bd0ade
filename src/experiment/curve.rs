//! Miss ratio against cache size: requests of a scenario or of a trace through caches of many capacities, in several goes.
//!
//! It counts what the command line's `curve` counts, to the hit, on one core. LRU is one [`Stack`] for all capacities where
//! the requests fit that as far as is known before the first; everything else is a cache for each point. Of more than
//! [`LONG`] requests a sample of the keys is played through caches scaled down as much ([`miniature`]), all [`Shares`] of
//! them in one reading.
//!
//! ```text
//!  Origin ─▶ Scouting ─▶ Scouted (how many keys; whether to play a sample of them) ─▶ ladder of capacities
//!    └─────▶ Curving (one policy, those capacities): Opening ─▶ Popularity, for a sample ─▶ Counted, one for each
//! ```
//!
//! Of a scenario only the keys count that its clients ask for: no time and no TTLs; reads and writes both look up and fill,
//! a delete removes.

mod clock;
mod opening;
mod shares;
mod source;

use std::io::Cursor;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::cache::counts::ReplayCounts;
use crate::cache::entry;
use crate::cache::miniature::{self, Miniature, Popularity};
use crate::cache::replay::Replay;
use crate::cache::stack::Stack;
use crate::keyspace::Command;
use crate::phrase::{Phrase, phrase};
use crate::random::Streams;
use crate::scenario::{Eviction, Scenario};
use crate::time::Nanos;
use crate::workload::requests::{KeySource, Requests};
use crate::workload::trace::{How, Misses, NOT_SAMPLED, Record, Records, TraceError};

use clock::life;
pub use clock::{Clock, gives_life};
pub use opening::Opening;
pub use shares::{Share, Shares, sample};
pub use source::{BLOCK_MAX, Drawn, Source, looks_up};

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

/// Capacities in entries, rising, where there are so many distinct keys.
pub fn ladder(distinct: u64) -> Vec<u32> {
    let entries = |thousandths: &u64| (distinct * thousandths).div_ceil(1_000).clamp(1, ENTRIES_MAX) as u32;
    let mut all: Vec<u32> = LADDER.iter().map(entries).collect();
    all.dedup();
    all
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
    /// Whether the estimate is a rough one: entries expire, and which keys are popular could not be heard before.
    pub rough: bool,
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
        let rough = if row.rough { "true" } else { "" };
        format!("{},{},{requests},{hits},{misses},{ratio},{sampled},{rough}\n", row.policy, row.capacity)
    });
    "policy,capacity,requests,hits,misses,miss_ratio,sampled,rough\n".to_owned() + &rows.collect::<String>()
}

/// Where requests come from; they can be had again and again.
#[derive(Clone)]
pub enum Origin {
    /// A trace's file, by its name.
    File(String, Rc<[u8]>),
    /// What a checked scenario's clients ask for.
    Scenario(Box<Scenario>),
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
        match self {
            Origin::File(name, bytes) => {
                let how = How { sample: sample(rate), ..How::default() };
                let records = Records::open(name, Cursor::new(bytes.clone()), how).map_err(|e| self.unreadable(&e))?;
                Ok(Source::Trace(Box::new(records)))
            }
            Origin::Scenario(scenario) => {
                one_class(scenario)?;
                let keys = KeySource::new(scenario, None).map_err(|error| error.phrase())?;
                let requests = Requests::new(&scenario.clients, keys, &Streams::new(scenario.seed));
                Ok(Source::Drawn(Box::new(Drawn::new(requests, DRAWN, sample(rate)))))
            }
        }
    }

    /// The share of all there is that was read.
    fn share(&self, source: &Source) -> f64 {
        let all = match self {
            Origin::File(_, bytes) => bytes.len() as u64,
            Origin::Scenario(_) => DRAWN,
        };
        (source.read_so_far() as f64 / all.max(1) as f64).min(1.0)
    }

    fn unreadable(&self, error: &TraceError) -> Phrase {
        let (why, name) = (error.phrase(), if let Origin::File(name, _) = self { name } else { "" });
        phrase!("{name}: {why}", "{name}: {why}", why)
    }
}

/// About how many distinct keys there are, and whether to play a sample of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scouted {
    /// Distinct keys.
    pub distinct: u64,
    /// Whether a sample is played, where that is less work.
    pub samples: bool,
}

impl Scouted {
    /// The share of the keys to play for a cache of so many entries.
    pub fn rate(&self, entries: u32) -> f64 {
        if self.samples { miniature::rate(entries, self.distinct) } else { 1.0 }
    }
}

/// Counts requests and keys, in several goes, by looking at a share of the keys.
pub struct Look {
    source: Source,
    rate: f64,
    requests: u64,
    block: Vec<Record>,
}

impl Look {
    /// At the beginning of the requests of this share of the keys.
    pub fn begin(source: Source, rate: f64) -> Look {
        Look { source, rate, requests: 0, block: vec![Record::default(); BLOCK_MAX] }
    }

    /// What it reads.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Goes on to the end; `None` where `stop`, which is told how much was [read](Source::read_so_far), has asked for a pause
    /// before.
    ///
    /// # Errors
    /// When the requests cannot be read.
    pub fn advance(&mut self, mut stop: impl FnMut(&Source) -> bool) -> Result<Option<Scouted>, TraceError> {
        while let Some(count) = self.source.read(&mut self.block)? {
            self.requests += self.block[..count].iter().filter(|record| looks_up(record)).count() as u64;
            if stop(&self.source) {
                return Ok(None);
            }
        }
        let distinct = (self.source.distinct() as f64 / self.rate) as u64;
        let is_long = self.requests > LONG && self.source.can_sample();
        Ok(Some(Scouted { distinct, samples: is_long && miniature::rate(u32::MAX, distinct) < 1.0 }))
    }
}

/// Finds out how many requests and keys there are, in several goes.
pub struct Scouting {
    origin: Origin,
    look: Look,
}

impl Scouting {
    /// At its beginning.
    ///
    /// # Errors
    /// When the requests cannot be had.
    pub fn begin(origin: Origin) -> Result<Scouting, Phrase> {
        // What a scenario draws is never long.
        let rate = if matches!(origin, Origin::File(..)) { SCOUTED } else { 1.0 };
        let look = Look::begin(origin.open(rate)?, rate);
        Ok(Scouting { origin, look })
    }

    /// The share that is done, of each look.
    pub fn share(&self) -> f64 {
        self.origin.share(&self.look.source)
    }

    /// Goes on to the end; `None` where `stop` has asked for a pause before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Scouted>, Phrase> {
        loop {
            let seen = self.look.advance(|_| stop()).map_err(|error| self.origin.unreadable(&error))?;
            let Some(scouted) = seen else { return Ok(None) };
            if self.look.rate >= 1.0 {
                return Ok(Some(Scouted { samples: false, ..scouted }));
            }
            if scouted.samples {
                return Ok(Some(scouted));
            }
            self.look = Look::begin(self.origin.open(1.0)?, 1.0);
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

/// One policy at many capacities, in several goes: one reading of the requests, after one of the first of them where a sample
/// is played.
pub struct Curving {
    origin: Origin,
    policy: Eviction,
    /// Each with the share of the keys that is played.
    capacities: Vec<(u32, f64)>,
    at: Stage,
}

/// What is under way.
enum Stage {
    Opening(Box<Opening>),
    Playing(Box<Playing>),
}

/// What `replay` takes the seed of random and sampled eviction to be, where none is told.
const SEED: u64 = 1;
/// From one request to the next, where requests do not say when they come.
const TICK: Nanos = Nanos::from_millis(1);

impl Curving {
    /// At its beginning, after scouting.
    ///
    /// # Errors
    /// When the requests cannot be had.
    pub fn begin(origin: Origin, policy: Eviction, capacities: &[u32], scouted: Scouted) -> Result<Curving, Phrase> {
        let capacities: Vec<(u32, f64)> = capacities.iter().map(|&entries| (entries, scouted.rate(entries))).collect();
        let at = if scouted.samples {
            let source = origin.open(1.0)?;
            let misses = source.misses();
            Stage::Opening(Box::new(Opening::begin(source, Clock::new(true, TICK, None), misses)))
        } else {
            Stage::Playing(Box::new(Playing::begin(&origin, policy, &capacities, &Popularity::default())?))
        };
        Ok(Curving { origin, policy, capacities, at })
    }

    /// The share that is done.
    pub fn share(&self) -> f64 {
        if let Stage::Playing(playing) = &self.at { self.origin.share(&playing.source) } else { 0.0 }
    }

    /// Goes on to the end, and gives a point for each capacity, rising; `None` where `stop` has asked for a pause before.
    ///
    /// # Errors
    /// When the requests cannot be had.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Vec<Counted>>, Phrase> {
        if let Stage::Opening(opening) = &mut self.at {
            let Some(popularity) = opening.advance(&mut stop) else { return Ok(None) };
            let playing = Playing::begin(&self.origin, self.policy, &self.capacities, &popularity)?;
            self.at = Stage::Playing(Box::new(playing));
        }
        let Stage::Playing(playing) = &mut self.at else { return Ok(None) };
        if !playing.advance(stop).map_err(|error| self.origin.unreadable(&error))? {
            return Ok(None);
        }
        let requests = playing.requests;
        let mut counted: Vec<Counted> = playing.caches.iter().flat_map(|caches| caches.counted(requests)).collect();
        counted.sort_by_key(|counted| counted.capacity);
        Ok(Some(counted))
    }
}

/// One reading of the requests, through the caches of all capacities.
struct Playing {
    source: Source,
    misses: Misses,
    shares: Shares,
    /// What plays each share.
    caches: Vec<Caches>,
    /// Look-ups of all keys.
    requests: u64,
    block: Vec<Record>,
}

impl Playing {
    fn begin(
        origin: &Origin,
        policy: Eviction,
        capacities: &[(u32, f64)],
        popularity: &Popularity,
    ) -> Result<Playing, Phrase> {
        let mut shares = Shares::of(capacities.iter().map(|(_, rate)| *rate));
        let source = origin.open(shares.largest())?;
        let misses = source.misses();
        let is_stack = policy == Eviction::Lru && misses == Misses::Fill && source.fits_stack();
        let of = |share: &Share| {
            let own = capacities.iter().filter(|(_, rate)| *rate == share.rate);
            let own = own.map(|&(capacity, rate)| (capacity, popularity.miniature(capacity, rate)));
            Caches::new(policy, own.collect(), share.rate, is_stack, misses)
        };
        let caches = shares.all().iter().map(of).collect();
        Ok(Playing { source, misses, shares, caches, requests: 0, block: vec![Record::default(); BLOCK_MAX] })
    }

    /// Whether it has come to the end, or `stop` has asked for a pause before.
    fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<bool, TraceError> {
        while let Some(count) = self.source.read(&mut self.block)? {
            self.take(count);
            for (share, caches) in self.shares.all().iter_mut().zip(&mut self.caches) {
                caches.play(&share.block);
                share.block.clear();
            }
            if stop() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at what was read last, so many requests, and puts what is in the shares into them.
    fn take(&mut self, count: usize) {
        let block = &mut self.block[..count];
        let stores = |record: &Record| record.command.as_ref().is_some_and(Command::stores);
        if self.misses == Misses::FillUnlessItStores && block.iter().any(stores) {
            self.misses = Misses::Leave;
            self.caches.iter_mut().for_each(Caches::leave_misses_after_all);
        }
        for record in block {
            let before = self.requests;
            self.requests += u64::from(looks_up(record));
            if record.key != NOT_SAMPLED {
                let clock = record.at.is_none().then(|| Nanos(before.saturating_mul(TICK.0)));
                let record = std::mem::take(record);
                let key = record.key;
                self.shares.take(record, || self.source.sample_hash(key), clock);
            }
        }
    }
}

/// The caches that play one share.
struct Caches {
    capacities: Vec<(u32, Miniature)>,
    rate: f64,
    kind: Kind,
}

enum Kind {
    Stack(Stack),
    Each(Vec<Replay>),
}

impl Caches {
    fn new(policy: Eviction, capacities: Vec<(u32, Miniature)>, rate: f64, is_stack: bool, misses: Misses) -> Caches {
        let kind = if is_stack {
            Kind::Stack(Stack::to(capacities.iter().map(|(_, small)| small.entries).max().unwrap_or(1)))
        } else {
            let cache = |(_, small): &(u32, Miniature)| {
                let cache = Replay::of(policy, entry::Capacity::entries_of(small.entries), None, SEED).at_rate(1_000.0);
                if misses == Misses::Leave { cache.leaving_misses() } else { cache }
            };
            Kind::Each(capacities.iter().map(cache).collect())
        };
        Caches { capacities, rate, kind }
    }

    fn leave_misses_after_all(&mut self) {
        if let Kind::Each(caches) = &mut self.kind {
            caches.iter_mut().for_each(Replay::leave_misses_after_all);
        }
    }

    fn play(&mut self, block: &[Record]) {
        match &mut self.kind {
            Kind::Stack(stack) => block.iter().for_each(|record| play_stack(stack, record)),
            Kind::Each(caches) => caches.iter_mut().for_each(|cache| play(cache, block)),
        }
    }

    fn counted(&self, requests: u64) -> Vec<Counted> {
        let counts: Vec<ReplayCounts> = match &self.kind {
            Kind::Stack(stack) => self.capacities.iter().map(|(_, small)| stack.counts(small.entries)).collect(),
            Kind::Each(caches) => caches.iter().map(Replay::counts).collect(),
        };
        let point = |(&(capacity, small), counts): (&(u32, Miniature), ReplayCounts)| {
            let ReplayCounts { requests, hits, .. } = small.whole(counts, requests);
            Counted { capacity, requests, hits, rate: self.rate }
        };
        self.capacities.iter().zip(counts).map(point).collect()
    }
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
        let all = Scouted { distinct: 0, samples: false };
        let mut curving = Curving::begin(origin.clone(), policy, capacities, all).expect("it can be read");
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
        assert_eq!(scouted, Scouted { distinct: distinct.len() as u64, samples: false });
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
