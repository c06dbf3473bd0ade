//! The first requests, which say how popular keys are and how long their entries live.

use super::{BLOCK_MAX, Clock, Source, life, looks_up};
use crate::cache::miniature::{Heard, Popularity};
use crate::keyspace::Command;
use crate::time::Nanos;
use crate::workload::trace::{Misses, NOT_SAMPLED, Record};

/// How many requests say it.
const OPENING: u64 = 1_000_000;
/// Fewer, where the names of their keys take more memory than this.
const OPENING_NAMES: u64 = 128 << 20;

/// Listens to the first requests, in several goes.
pub struct Opening {
    source: Source,
    clock: Clock,
    misses: Misses,
    /// By key.
    keys: Vec<Key>,
    /// Look-ups so far.
    requests: u64,
    /// The first and the last moment.
    span: Option<(u64, u64)>,
    left: u64,
    block: Vec<Record>,
}

/// What was heard of a key.
#[derive(Clone, Copy, Default)]
struct Key {
    count: u32,
    looks: u32,
    puts: u32,
    /// How often it was given a life, and all of these together, in nanoseconds.
    lives: u32,
    life: f64,
}

impl Opening {
    /// At the beginning of all requests, by this clock; misses do this.
    pub fn begin(source: Source, clock: Clock, misses: Misses) -> Opening {
        let block = vec![Record::default(); BLOCK_MAX];
        Opening { source, clock, misses, keys: Vec::new(), requests: 0, span: None, left: OPENING, block }
    }

    /// Goes on to the end; `None` where `stop` has asked for a pause before.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Option<Popularity> {
        while self.left > 0 && self.source.name_bytes() < OPENING_NAMES {
            // Who plays the requests meets the same error. Where names may take less memory, those before are enough.
            let Some(count) = self.source.read(&mut self.block).ok().flatten() else { break };
            self.left = self.left.saturating_sub(count as u64);
            (0..count).for_each(|number| self.hear(number));
            if stop() {
                return None;
            }
        }
        Some(self.popularity())
    }

    /// Hears one request of the block.
    fn hear(&mut self, number: usize) {
        let record = &self.block[number];
        let now = self.clock.now(record, self.requests).0;
        let looks = looks_up(record);
        self.requests += u64::from(looks);
        self.span = Some((self.span.map_or(now, |(first, _)| first), now));
        if record.key >= NOT_SAMPLED {
            return;
        }
        let place = record.key as usize;
        if place >= self.keys.len() {
            self.keys.resize(place + 1, Key::default());
        }
        let key = &mut self.keys[place];
        key.count += 1;
        key.looks += u32::from(looks);
        key.puts += u32::from(record.command.as_ref().is_some_and(Command::stores));
        if let Some(life) = life(record, Nanos(now)) {
            key.lives += 1;
            key.life += life.0 as f64;
        }
    }

    fn popularity(&self) -> Popularity {
        let (first, last) = self.span.unwrap_or_default();
        let span = last.saturating_sub(first) as f64;
        let any = self.clock.any().map_or(f64::INFINITY, |life| life.0 as f64);
        let life = |key: &Key| if key.lives > 0 { key.life / f64::from(key.lives) } else { any };
        let leaves = match self.misses {
            Misses::Fill => false,
            Misses::Leave => true,
            Misses::FillUnlessItStores => self.keys.iter().any(|key| key.puts > 0),
        };
        let heard = |(key, number): (&Key, u32)| Heard {
            count: key.count,
            looks: key.looks,
            puts: leaves.then_some(key.puts),
            hash: self.source.sample_hash(number),
            // Where no time goes by nothing expires.
            life: if span > 0.0 { life(key) / span } else { f64::INFINITY },
        };
        Popularity::of(self.keys.iter().zip(0..).filter(|(key, _)| key.count > 0).map(heard).collect())
    }
}
