//! Where a curve's requests come from: the records of a trace, or what a scenario's clients ask for.

use crate::keyspace::{Class, Command};
use crate::workload::operation::Operation;
use crate::workload::requests::Requests;
use crate::workload::trace::{Format, KeySample, Misses, NOT_SAMPLED, Record, Records, TraceError};

/// The most requests that are read at once: few enough to stay close at hand.
pub const BLOCK_MAX: usize = 64;

/// Whether the cache is asked for what is there.
#[inline]
pub fn looks_up(record: &Record) -> bool {
    record.command.as_ref().is_none_or(|command| command.class() == Class::Read)
}

/// Requests, from the first on, of which the keys in a sample are told apart.
pub enum Source {
    /// A trace's.
    Trace(Box<Records<'static>>),
    /// A scenario's.
    Drawn(Box<Drawn>),
}

impl Source {
    /// What misses do.
    pub fn misses(&self) -> Misses {
        match self {
            Source::Trace(records) => records.misses(),
            Source::Drawn(_) => Misses::Fill,
        }
    }

    /// Whether it is known before the first request that a [`Stack`](crate::cache::stack::Stack) can take all of them.
    pub fn fits_stack(&self) -> bool {
        match self {
            Source::Trace(records) => !matches!(records.format(), Format::Csv | Format::Twitter | Format::Monitor),
            Source::Drawn(_) => true,
        }
    }

    /// Whether some request may give its entry a life.
    pub fn may_expire(&self) -> bool {
        matches!(self, Source::Trace(records) if matches!(records.format(), Format::Csv | Format::Twitter))
    }

    /// Whether a sample of the keys can be played without the others.
    pub fn can_sample(&self) -> bool {
        !matches!(self, Source::Trace(records) if records.format() == Format::Monitor)
    }

    /// Whether requests say when their keys come next.
    pub fn knows_next(&self) -> bool {
        matches!(self, Source::Trace(records) if records.format() == Format::OracleGeneral)
    }

    /// How much was read: bytes of a file, or requests.
    pub fn read_so_far(&self) -> u64 {
        match self {
            Source::Trace(records) => records.bytes_read(),
            Source::Drawn(drawn) => drawn.taken(),
        }
    }

    /// How many distinct keys were read, of those in the sample and not forgotten.
    pub fn distinct(&self) -> u64 {
        match self {
            Source::Trace(records) => u64::from(records.distinct()),
            Source::Drawn(drawn) => drawn.distinct,
        }
    }

    /// How many bytes the names of keys take.
    pub fn name_bytes(&self) -> u64 {
        if let Source::Trace(records) = self { records.name_bytes() } else { 0 }
    }

    /// What decides whether a request's key is in a smaller [sample](KeySample::has_hash).
    #[inline]
    pub fn sample_hash(&self, key: u32) -> u64 {
        match self {
            // A request of no key is in every sample.
            _ if key >= NOT_SAMPLED => 0,
            Source::Trace(records) => records.sample_hash(key),
            Source::Drawn(_) => KeySample::hash(u64::from(key)),
        }
    }

    /// The next requests, as [`Records::next_block`] gives them.
    ///
    /// # Errors
    /// At the first line or record that is none.
    pub fn read(&mut self, block: &mut [Record]) -> Result<Option<usize>, TraceError> {
        match self {
            Source::Trace(records) => records.next_block(block),
            Source::Drawn(drawn) => {
                let places = block.iter_mut();
                let count = places.map_while(|place| drawn.take().map(|record| *place = record)).count();
                Ok((count > 0).then_some(count))
            }
        }
    }
}

/// The requests of a scenario, as its clients would send them.
pub struct Drawn {
    requests: Requests,
    sample: KeySample,
    count: u64,
    left: u64,
    /// The next key of a scan, and how many there are.
    scan: (u32, u32),
    /// By key: whether it was taken, of those in the sample; and how many were.
    seen: Vec<bool>,
    distinct: u64,
}

impl Drawn {
    /// So many of these requests, of the keys in the sample.
    pub fn new(requests: Requests, count: u64, sample: KeySample) -> Drawn {
        Drawn { requests, sample, count, left: count, scan: (0, 0), seen: Vec::new(), distinct: 0 }
    }

    /// The next request. Reads and writes look the key up, and a miss fills: the cache is asked either way.
    fn take(&mut self) -> Option<Record> {
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
        if !self.sample.has_number(u64::from(key)) {
            return Some(Record { key: NOT_SAMPLED, command, ..Record::default() });
        }
        let place = key as usize;
        if place >= self.seen.len() {
            self.seen.resize(place + 1, false);
        }
        self.distinct += u64::from(!self.seen[place]);
        self.seen[place] = true;
        Some(Record { key, command, ..Record::default() })
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many have been taken.
    fn taken(&self) -> u64 {
        self.count - self.left
    }
}
