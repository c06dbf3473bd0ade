//! A whole trace in memory, for runs whose lanes all read it.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::{How, Place, Problem, Record, Records, TraceError};
use crate::keyspace::{Command, Expiry};
use crate::time::Nanos;
use crate::workload::requests::Operation;

/// The most requests of a trace in memory: half a gigabyte where the trace says everything of each.
pub const RECORDS_MAX: usize = 20_000_000;

/// How large an entry is of which the trace does not say it.
const UNKNOWN_SIZE: u32 = u32::MAX;
/// The client of a request of which the trace names none, where it names others.
const UNKNOWN_CLIENT: u32 = u32::MAX - 1;
/// The life of a value of which the trace does not say it.
const UNKNOWN_TTL: Nanos = Nanos(u64::MAX - 1);

/// A whole trace. What its format never says takes no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    keys: Vec<u32>,
    distinct: u32,
    times: Vec<Nanos>,
    operations: Vec<Operation>,
    sizes: Vec<u32>,
    ttls: Vec<Nanos>,
    clients: Vec<u32>,
    left_out: BTreeMap<String, u64>,
    notes: Vec<String>,
}

impl Trace {
    /// Reads to the end; see [`Records::open`].
    ///
    /// # Errors
    /// At the first line or record that is none; when there are more than [`RECORDS_MAX`]; when there are none at all.
    pub fn read(name: &str, reader: impl BufRead, how: impl Into<How>) -> Result<Trace, TraceError> {
        Trace::collect(Records::open(name, reader, how)?)
    }

    /// Reads what is left of `records`.
    ///
    /// # Errors
    /// Like [`read`](Trace::read).
    pub fn collect(records: Records<'_>) -> Result<Trace, TraceError> {
        let mut builder = TraceBuilder::new(records);
        builder.advance(u64::MAX)?;
        builder.finish()
    }

    fn push(&mut self, record: &Record, operation: Option<Operation>) {
        let before = self.keys.len();
        self.keys.push(record.key);
        self.operations.extend(operation);
        if let Some(at) = record.at {
            self.times.push(at);
        }
        fill_up(&mut self.clients, before, record.client, UNKNOWN_CLIENT);
        fill_up(&mut self.sizes, before, record.size, UNKNOWN_SIZE);
    }

    /// The keys, as ids, in order.
    pub fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// How many different keys there are.
    pub fn distinct(&self) -> u32 {
        self.distinct
    }

    /// What request `number` does, if the trace says it.
    #[inline]
    pub fn operation(&self, number: usize) -> Option<Operation> {
        self.operations.get(number).copied()
    }

    /// The share of requests that write; `None` where the trace does not say what is done.
    pub fn write_ratio(&self) -> Option<f64> {
        let writes = self.operations.iter().filter(|operation| operation.writes()).count();
        (!self.operations.is_empty()).then(|| writes as f64 / self.operations.len() as f64)
    }

    /// When request `number` came, counted from the trace's first.
    #[inline]
    pub fn at(&self, number: usize) -> Option<Nanos> {
        self.times.get(number).map(|at| Nanos(at.0 - self.times[0].0))
    }

    /// How many requests came up to and including this moment, counted from the trace's first; all where the trace does
    /// not say when they came.
    pub fn requests_until(&self, at: Nanos) -> usize {
        match self.times.first() {
            Some(first) => self.times.partition_point(|time| time.0 - first.0 <= at.0),
            None => self.keys.len(),
        }
    }

    /// Whether the trace says when its requests came.
    pub fn has_times(&self) -> bool {
        !self.times.is_empty()
    }

    /// How large the entry of request `number` is, in bytes, if the trace says it.
    #[inline]
    pub fn size(&self, number: usize) -> Option<u32> {
        self.sizes.get(number).copied().filter(|&size| size != UNKNOWN_SIZE)
    }

    /// How long the value that request `number` writes or fetches lives, if the trace says it; the greatest time is for
    /// ever. A read takes the life that was last given to its key, or, before the first, the one that is given next.
    #[inline]
    pub fn ttl(&self, number: usize) -> Option<Nanos> {
        self.ttls.get(number).copied().filter(|&ttl| ttl != UNKNOWN_TTL)
    }

    /// Who sent request `number`, as a dense id, if the trace says it.
    #[inline]
    pub fn client(&self, number: usize) -> Option<u32> {
        self.clients.get(number).copied().filter(|&client| client != UNKNOWN_CLIENT)
    }

    /// What it says of its requests besides their keys: some of `operations`, `times`, `ttls`, `sizes`, `clients`.
    pub fn says(&self) -> impl Iterator<Item = &'static str> {
        let told = [
            ("operations", !self.operations.is_empty()),
            ("times", !self.times.is_empty()),
            ("ttls", !self.ttls.is_empty()),
            ("sizes", !self.sizes.is_empty()),
            ("clients", !self.clients.is_empty()),
        ];
        told.into_iter().filter_map(|(what, said)| said.then_some(what))
    }

    /// Commands that became no request, by name.
    pub fn left_out(&self) -> &BTreeMap<String, u64> {
        &self.left_out
    }

    /// What the reader should know of how the file was read; see [`Records::notes`].
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Puts what a record may say behind what those `before` it said, where one of them said something.
fn fill_up(all: &mut Vec<u32>, before: usize, said: Option<u32>, unknown: u32) {
    if said.is_some() && all.is_empty() {
        all.resize(before, unknown);
    }
    if said.is_some() || !all.is_empty() {
        all.push(said.unwrap_or(unknown));
    }
}

/// A trace that is read in pieces, so that whoever reads it can show how far it is and stop.
///
/// ```
/// use cachelane::workload::trace::{Records, TraceBuilder};
/// let mut builder = TraceBuilder::new(Records::open("a.txt", &b"a\nb\na\n"[..], None)?);
/// while !builder.advance(1 << 20)? {
///     println!("{} bytes, {} requests", builder.bytes_read(), builder.requests());
/// }
/// assert_eq!(builder.finish()?.keys(), [0, 1, 0]);
/// # Ok::<(), cachelane::workload::trace::TraceError>(())
/// ```
pub struct TraceBuilder<'a> {
    records: Records<'a>,
    has_operations: bool,
    trace: Trace,
    lives: Lives,
}

impl<'a> TraceBuilder<'a> {
    /// Nothing read yet.
    pub fn new(records: Records<'a>) -> TraceBuilder<'a> {
        let has_operations = records.has_operations();
        TraceBuilder { records, has_operations, trace: Trace::default(), lives: Lives::default() }
    }

    /// Reads on, by about so many bytes after unpacking, whether requests come out or not; true at the end.
    ///
    /// # Errors
    /// At the first line or record that is none; when there are more than [`RECORDS_MAX`] requests.
    pub fn advance(&mut self, work: u64) -> Result<bool, TraceError> {
        let until = self.records.work().saturating_add(work);
        while self.records.work() < until {
            match self.records.next_piece().transpose()? {
                Some(Some(record)) => self.take(&record)?,
                Some(None) => {}
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn take(&mut self, record: &Record) -> Result<(), TraceError> {
        let operation = operation(record);
        self.lives.note(record, operation, self.trace.keys.len());
        let too_many = self.trace.keys.len() == RECORDS_MAX || self.lives.given.len() > RECORDS_MAX;
        if too_many {
            let place = Place::Record(self.trace.keys.len() as u64 + 1);
            return Err(TraceError { place, problem: Problem::TooManyRecords(RECORDS_MAX) });
        }
        if let Some(operation) = operation {
            self.trace.push(record, self.has_operations.then_some(operation));
        }
        Ok(())
    }

    /// How many bytes of the file were read: as many as it has, at its end.
    pub fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }

    /// How many requests there are so far.
    pub fn requests(&self) -> u64 {
        self.trace.keys.len() as u64
    }

    /// The trace, once [`advance`](TraceBuilder::advance) has come to its end.
    ///
    /// # Errors
    /// When there is no request in it.
    pub fn finish(self) -> Result<Trace, TraceError> {
        let TraceBuilder { records, mut trace, lives, .. } = self;
        trace.ttls = lives.ttls(&trace.keys);
        trace.distinct = records.distinct();
        trace.left_out = records.left_out();
        trace.notes = records.notes();
        if trace.keys.is_empty() {
            let problem = Problem::EmptyTrace("one command on a key");
            return Err(TraceError { place: Place::Line(1), problem });
        }
        Ok(trace)
    }
}

/// What a record asks for in a simulation; `None`: nothing, it is no request.
fn operation(record: &Record) -> Option<Operation> {
    match record.command {
        None | Some(Command::Read | Command::Exists) => Some(Operation::Read),
        Some(Command::Store { .. }) => Some(Operation::Write),
        Some(Command::Change { .. }) => Some(Operation::Modify),
        Some(Command::Delete) => Some(Operation::Delete),
        Some(Command::Expire { .. } | Command::Rename { .. } | Command::Copy { .. } | Command::Flush(_)) => None,
    }
}

/// How long a record says that its key's value lives.
fn life(record: &Record) -> Option<Nanos> {
    let expiry = match record.command {
        Some(Command::Store { expiry: Expiry::Never, .. }) => None,
        Some(Command::Store { expiry, .. }) => Some(expiry),
        Some(Command::Expire { to, .. }) => Some(to),
        _ => return record.fill_ttl,
    };
    Some(match expiry? {
        Expiry::Never => Nanos::MAX,
        Expiry::Keep => return None,
        Expiry::In(life) => life,
        Expiry::At(end) => end.saturating_sub(record.at.unwrap_or(Nanos::ZERO)).max(Nanos(1)),
    })
}

/// Lives given to keys: (number of the request that is the first to have it, key, life).
#[derive(Default)]
struct Lives {
    given: Vec<(usize, u32, Nanos)>,
    /// The last request, and its key if it was a write that said no life.
    open_write: Option<(usize, u32)>,
}

impl Lives {
    /// Takes note of what `record`, which is or comes before request `number`, says.
    fn note(&mut self, record: &Record, operation: Option<Operation>, number: usize) {
        if let Some(ttl) = life(record) {
            // A life given right after a write is the write's own.
            let own = self.open_write.filter(|(_, key)| operation.is_none() && *key == record.key);
            self.given.push((own.map_or(number, |(write, _)| write), record.key, ttl));
        }
        if let Some(operation) = operation {
            let open = life(record).is_none() && operation.writes();
            self.open_write = open.then_some((number, record.key));
        }
    }

    /// The life of each request's value.
    fn ttls(mut self, keys: &[u32]) -> Vec<Nanos> {
        if self.given.is_empty() {
            return Vec::new();
        }
        self.given.sort_by_key(|(number, ..)| *number);
        let distinct =
            keys.iter().chain(self.given.iter().map(|(_, key, _)| key)).max().map_or(0, |&key| key as usize + 1);
        let mut current = vec![UNKNOWN_TTL; distinct];
        for &(_, key, ttl) in self.given.iter().rev() {
            current[key as usize] = ttl; // the first that is given
        }
        let mut given = self.given.into_iter().peekable();
        let each = keys.iter().enumerate().map(|(number, &key)| {
            while let Some((_, key, ttl)) = given.next_if(|(from, ..)| *from <= number) {
                current[key as usize] = ttl;
            }
            current[key as usize]
        });
        each.collect()
    }
}
