//! A whole trace in memory, for runs whose lanes all read it.

use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::recorded::{Happened, Recorded, Renewal, TraceEvent};
use super::{How, LeftOut, Place, Problem, Record, Records, TraceError};
use crate::keyspace::Command;
use crate::phrase::Phrase;
use crate::time::Nanos;
use crate::workload::operation::Operation;

/// The most requests of a trace in memory: half a gigabyte where the trace says everything of each.
pub const RECORDS_MAX: usize = 20_000_000;

/// How large an entry is of which the trace does not say it.
const UNKNOWN_SIZE: u32 = u32::MAX;
/// The client of a request of which the trace names none, where it names others.
const UNKNOWN_CLIENT: u32 = u32::MAX - 1;
/// The TTL of a value of which the trace does not say it.
const UNKNOWN_TTL: Nanos = Nanos(u64::MAX - 1);

/// What a trace may say of its requests besides their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Detail {
    Operations,
    Times,
    Ttls,
    Sizes,
    Clients,
}

/// A whole trace. What its format never says takes no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    keys: Vec<u32>,
    distinct: u32,
    times: Vec<Nanos>,
    operations: Vec<Operation>,
    sizes: Vec<u32>,
    ttls: Vec<Nanos>,
    /// Whether the value keeps the end of the one before; none where none does.
    keeps: Vec<bool>,
    renewals: Vec<Renewal>,
    clients: Vec<u32>,
    left_out: LeftOut,
    notes: Vec<Phrase>,
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

    fn push(&mut self, record: &Record, happened: &Happened, has_operations: bool) {
        let before = self.keys.len();
        self.keys.push(happened.key);
        if has_operations {
            self.operations.push(happened.operation);
        }
        if let Some(at) = record.at {
            self.times.push(at);
        }
        let size = happened.size.or(record.size.filter(|_| happened.key == record.key));
        fill_up(&mut self.clients, before, record.client, UNKNOWN_CLIENT);
        fill_up(&mut self.sizes, before, size, UNKNOWN_SIZE);
        if happened.keeps_end && self.keeps.is_empty() {
            self.keeps = vec![false; before];
        }
        if happened.keeps_end || !self.keeps.is_empty() {
            self.keeps.push(happened.keeps_end);
        }
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

    /// When request `number` came, by the trace's own clock.
    #[inline]
    pub fn recorded_at(&self, number: usize) -> Option<Nanos> {
        self.times.get(number).copied()
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
    /// ever. A read takes the TTL that was last given to its key, or, before the first, the one that is given next.
    #[inline]
    pub fn ttl(&self, number: usize) -> Option<Nanos> {
        self.ttls.get(number).copied().filter(|&ttl| ttl != UNKNOWN_TTL)
    }

    /// Whether the value that request `number` writes keeps the end of the one that stood there before.
    #[inline]
    pub fn keeps_end(&self, number: usize) -> bool {
        self.keeps.get(number).copied().unwrap_or(false)
    }

    /// The TTLs that values were given by no request, between request `number` and the one before it.
    #[inline]
    pub fn renewals(&self, number: usize) -> &[Renewal] {
        if self.renewals.is_empty() {
            return &[];
        }
        let place = |number| self.renewals.partition_point(|renewal| renewal.before < number);
        &self.renewals[place(number)..place(number + 1)]
    }

    /// Who sent request `number`, as a dense id, if the trace says it.
    #[inline]
    pub fn client(&self, number: usize) -> Option<u32> {
        self.clients.get(number).copied().filter(|&client| client != UNKNOWN_CLIENT)
    }

    /// What it says of its requests besides their keys.
    pub fn says(&self) -> impl Iterator<Item = Detail> {
        let told = [
            (Detail::Operations, !self.operations.is_empty()),
            (Detail::Times, !self.times.is_empty()),
            (Detail::Ttls, !self.ttls.is_empty()),
            (Detail::Sizes, !self.sizes.is_empty()),
            (Detail::Clients, !self.clients.is_empty()),
        ];
        told.into_iter().filter_map(|(what, said)| said.then_some(what))
    }

    /// Commands that became no request, or not wholly, and why.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// What the reader should know of how the file was read; see [`Records::notes`].
    pub fn notes(&self) -> &[Phrase] {
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
    recorded: Recorded,
    key_ttls: KeyTtls,
}

impl<'a> TraceBuilder<'a> {
    /// Nothing read yet.
    pub fn new(records: Records<'a>) -> TraceBuilder<'a> {
        let has_operations = records.has_operations();
        let (recorded, key_ttls) = (Recorded::default(), KeyTtls::default());
        TraceBuilder { records, has_operations, trace: Trace::default(), recorded, key_ttls }
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
        let TraceBuilder { trace, recorded, key_ttls, has_operations, .. } = self;
        key_ttls.timed |= record.fill_ttl.is_some() || record.command.as_ref().is_some_and(Command::gives_time);
        recorded.play(record);
        for event in recorded.events() {
            if trace.keys.len() + trace.renewals.len() == RECORDS_MAX {
                let place = Place::Record(RECORDS_MAX as u64 + 1);
                return Err(TraceError { place, problem: Problem::TooManyRecords(RECORDS_MAX) });
            }
            match event {
                TraceEvent::Request(happened) => {
                    key_ttls.given(trace, &happened);
                    trace.push(record, &happened, *has_operations);
                }
                TraceEvent::Renewed { key, ttl } => key_ttls.renewed(trace, record, key, ttl),
            }
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
        let TraceBuilder { records, mut trace, key_ttls, .. } = self;
        key_ttls.finish(&mut trace);
        trace.distinct = records.distinct();
        trace.left_out = records.left_out();
        trace.notes = records.notes();
        if trace.keys.is_empty() {
            let problem = Problem::EmptyTrace(Phrase::fixed("one command on a key", "키에 대한 명령 하나"));
            return Err(TraceError { place: Place::Line(1), problem });
        }
        Ok(trace)
    }
}

/// The TTLs that the trace gives to the values of each key.
#[derive(Default)]
struct KeyTtls {
    /// By key: the TTL given last.
    last: Vec<Nanos>,
    /// By key: the TTL given first.
    first: Vec<Nanos>,
    /// The trace says of some value how long it lives.
    timed: bool,
}

impl KeyTtls {
    fn give(&mut self, key: u32, ttl: Nanos) {
        for table in [&mut self.first, &mut self.last] {
            if table.len() <= key as usize {
                table.resize(key as usize + 1, UNKNOWN_TTL);
            }
        }
        self.last[key as usize] = ttl;
        let first = &mut self.first[key as usize];
        if *first == UNKNOWN_TTL {
            *first = ttl;
        }
    }

    fn of(table: &[Nanos], key: u32) -> Nanos {
        table.get(key as usize).copied().unwrap_or(UNKNOWN_TTL)
    }

    /// Takes note of the TTL that the next request gives to its value.
    fn given(&mut self, trace: &mut Trace, happened: &Happened) {
        if let Some(ttl) = happened.ttl {
            self.give(happened.key, ttl);
        }
        if self.timed {
            // What came before is told in the end.
            trace.ttls.resize(trace.keys.len(), UNKNOWN_TTL);
            trace.ttls.push(KeyTtls::of(&self.last, happened.key));
        }
    }

    /// Takes note of a TTL that a value is given by no request. Right after a write of the same value it is the write's
    /// own: nobody has looked in between.
    fn renewed(&mut self, trace: &mut Trace, record: &Record, key: u32, ttl: Nanos) {
        self.give(key, ttl);
        let before = trace.keys.len();
        let at = record.at.unwrap_or(Nanos::ZERO);
        let last = before.checked_sub(1).filter(|&last| trace.keys[last] == key);
        let writes = |last: &usize| trace.operations.get(*last).is_some_and(|operation| operation.writes());
        if let Some(write) = last.filter(writes) {
            let later = at.saturating_sub(trace.times.get(write).copied().unwrap_or(at));
            trace.ttls.resize(before, UNKNOWN_TTL);
            trace.ttls[write] = ttl.saturating_add(later);
            if let Some(keeps) = trace.keeps.get_mut(write) {
                *keeps = false;
            }
        } else {
            trace.renewals.push(Renewal { before, key, at, ttl });
        }
    }

    /// Before the first TTL that a key is given, that one holds already. Where nobody speaks of TTLs, there are none.
    fn finish(self, trace: &mut Trace) {
        if !self.timed {
            (trace.ttls, trace.keeps, trace.renewals) = Default::default();
            return;
        }
        // Copies hear of it when the next request is sent; by then only the last counts of several TTLs of one key.
        trace.renewals.sort_by_key(|renewal| (renewal.before, renewal.key));
        trace.renewals.reverse();
        trace.renewals.dedup_by_key(|renewal| (renewal.before, renewal.key));
        trace.renewals.reverse();
        trace.ttls.resize(trace.keys.len(), UNKNOWN_TTL);
        for (ttl, &key) in trace.ttls.iter_mut().zip(&trace.keys) {
            if *ttl == UNKNOWN_TTL {
                *ttl = KeyTtls::of(&self.first, key);
            }
        }
    }
}
