//! Traces: recorded sequences of requests, read as a stream.
//!
//! ```text
//! bytes ──▶ unpack (zstd, gzip, xz, UTF-16) ──▶ detect ──▶ keys · lirs · csv · arc · oracle-general · twitter · monitor
//!                                                          · msr · spc ──▶ Record, Record, …
//! ```
//!
//! A key is any text or number. The simulator wants dense ids, so the first key read becomes 0, the next new one 1, and
//! so on ([`KeyIds`]). Memory holds the distinct keys that are not [forgotten](Records::forget), never the trace; only a
//! [`Trace`], for runs whose lanes all read it, holds everything, and at most [`RECORDS_MAX`] requests. Names of keys
//! take at most [`NAMES_BYTES_MAX`]. Reading can be done in pieces ([`Records::work`], [`TraceBuilder`]).
//!
//! ```
//! use cachelane::workload::trace::{KeyLines, Trace};
//! let ids: Result<Vec<u32>, _> = KeyLines::new(&b"user:7\nuser:1\nuser:7\n"[..]).collect();
//! assert_eq!(ids.unwrap(), [0, 1, 0]);
//! let trace = Trace::read("a.csv", &b"time,key,op\n0.5,a,get\n1,b,set\n"[..], None).unwrap();
//! assert_eq!(trace.keys(), [0, 1]);
//! ```

mod arc;
mod binary;
mod blocks;
mod clock;
mod columns;
mod commands;
mod csv;
mod detect;
mod error;
mod foreign;
mod ids;
mod keys;
mod left_out;
mod lines;
mod memory;
mod monitor;
mod monitor_line;
#[cfg(test)]
mod odd_files;
mod oracle;
mod order;
mod recorded;
mod redis;
mod sample;
mod several_fields;
#[cfg(test)]
mod tests;
mod twitter;
mod unpack;
mod zstd;

pub use clock::TimeUnit;
pub use columns::Columns;
pub use error::{Place, Problem, TraceError};
pub use ids::{KEYS_MAX, KeyIds, NAMES_BYTES_MAX, NumberIds};
pub use keys::KeyLines;
pub use left_out::{LeftOut, Reason};
pub use memory::{Detail, RECORDS_MAX, Trace, TraceBuilder};
pub use recorded::Renewal;
pub use sample::KeySample;

use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

use detect::{Found, Sample};
use order::Order;
use unpack::Meter;

use crate::keyspace::{Ask, Command};
use crate::phrase::{Language, Phrase, phrase};
use crate::time::Nanos;

/// What stands for a key where there is none, as in a record that empties the cache. No id is as great.
pub const NO_KEY: u32 = u32::MAX;

/// What stands for every key that is not in the [`KeySample`] that is read. No id of a key in one is as great.
pub const NOT_SAMPLED: u32 = u32::MAX - 1;

/// The longest key that is read, in bytes.
pub const KEY_BYTES_MAX: usize = 65_536;

/// What an empty table lacks.
const HEADER: Phrase = Phrase::fixed("a header such as time,key,size,op", "time,key,size,op 같은 헤더");

/// One request of a trace. What a format does not say is `None`.
///
/// A request that reads and writes (`GETSET`) is two records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Which key it names, as a dense id.
    pub key: u32,
    /// A hash of what the trace calls the key, which stays when its id is [used again](Records::forget). 0: none, for a key
    /// of no id of its own, and in captures of Redis, whose commands name several keys at once.
    pub name: u32,
    /// When, by the trace's own clock.
    pub at: Option<Nanos>,
    /// What it does; `None` where the format does not say: it looks the key up.
    pub command: Option<Command>,
    /// How large the entry is, in bytes.
    pub size: Option<u32>,
    /// How long the value lives that a miss of this look-up fetches.
    pub fill_ttl: Option<Nanos>,
    /// Who asks, as a dense id.
    pub client: Option<u32>,
    /// When the key is asked for again.
    pub next: Next,
    /// The number of the transaction or script that it is part of; 0: none.
    pub transaction: u32,
}

/// The [name](Record::name) of a key that is this number.
#[inline]
fn name_of(number: u64) -> u32 {
    // The upper half of a product with 2⁶⁴ divided by the golden ratio, as in Fibonacci hashing.
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32 | 1
}

impl Record {
    /// The same for whoever does what the command says.
    #[inline]
    pub fn ask(&self) -> Ask {
        let &Record { key, name, size, fill_ttl, client, transaction, .. } = self;
        Ask { key, name, now: self.at.unwrap_or(Nanos::ZERO), client, size, transaction, fill_ttl }
    }
}

/// What becomes of a cache at a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misses {
    /// The value is put in.
    Fill,
    /// Nothing.
    Leave,
    /// Nothing if some record of the trace [stores](Command::stores) a value; if none does, it is put in.
    FillUnlessItStores,
}

/// When a key is asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// The format does not say.
    #[default]
    Unknown,
    /// Never.
    Never,
    /// By the request of this number.
    At(u64),
}

/// How a trace is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One key per line.
    Keys,
    /// Numbers, one per line; a line `*` is a mark, not a key.
    Lirs,
    /// Fields between commas, semicolons, tabs or blanks, with a header or columns that are told.
    Csv,
    /// ARC's block ranges.
    Arc,
    /// libCacheSim's binary records.
    OracleGeneral,
    /// Twitter's cache-trace.
    Twitter,
    /// The output of `redis-cli MONITOR`.
    Monitor,
    /// Block traces of MSR Cambridge.
    Msr,
    /// Block traces in the SPC's format.
    Spc,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 9] = [
        Format::Keys,
        Format::Lirs,
        Format::Csv,
        Format::Arc,
        Format::OracleGeneral,
        Format::Twitter,
        Format::Monitor,
        Format::Msr,
        Format::Spc,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Keys => "keys",
            Format::Lirs => "lirs",
            Format::Csv => "csv",
            Format::Arc => "arc",
            Format::OracleGeneral => "oracle-general",
            Format::Twitter => "twitter",
            Format::Monitor => "monitor",
            Format::Msr => "msr",
            Format::Spc => "spc",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Phrase;

    fn from_str(name: &str) -> Result<Format, Phrase> {
        let lower = name.to_ascii_lowercase();
        let lower = if lower == "tsv" { "csv" } else { &lower };
        Format::ALL.into_iter().find(|format| format.name() == lower).ok_or_else(|| {
            let known = Format::ALL.map(Format::name).join(", ");
            phrase!("{name:?} is no format; known: {known}", "{name:?}: 그런 형식은 없습니다. 가능한 값: {known}")
        })
    }
}

/// How to read a file, where that is not left to what is in it.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// Its format.
    pub format: Option<Format>,
    /// What the columns of a table are.
    pub columns: Option<Columns>,
    /// The unit of its times, in a table.
    pub time_unit: Option<TimeUnit>,
    /// The most bytes of memory that names of keys may take; [`NAMES_BYTES_MAX`] if it is not said.
    pub names_bytes: Option<u64>,
    /// Which keys are told apart; all others are [`NOT_SAMPLED`]. Captures of Redis are read whole: their commands name
    /// several keys at once.
    pub sample: KeySample,
}

impl From<Option<Format>> for How {
    fn from(format: Option<Format>) -> How {
        How { format, ..How::default() }
    }
}

/// Ids of clients. Where there are more than ids, or their names take too much memory, the others share the last.
#[derive(Debug)]
struct Interner(KeyIds);

impl Default for Interner {
    fn default() -> Interner {
        Interner(KeyIds::of_at_most(NAMES_BYTES_MAX / 8))
    }
}

impl Interner {
    fn id(&mut self, name: &[u8]) -> u32 {
        self.0.id(name).unwrap_or(u32::MAX)
    }
}

/// Ids of keys, texts or numbers.
#[derive(Debug, Default)]
struct Table {
    texts: KeyIds,
    numbers: NumberIds,
    sample: KeySample,
}

impl Table {
    /// The names, of the keys in the sample, may take so many bytes of memory.
    fn of_at_most(bytes: u64, sample: KeySample) -> Table {
        Table { texts: KeyIds::of_at_most(bytes), numbers: NumberIds::of_at_most(bytes), sample }
    }

    /// The id of a key that is a text.
    #[inline]
    fn text(&mut self, key: &[u8]) -> Result<u32, Problem> {
        if key.trim_ascii().is_empty() {
            return Err(Problem::expected(key, Phrase::fixed("a key", "키")));
        }
        if std::str::from_utf8(key).is_err() {
            return Err(Problem::NotUtf8);
        }
        self.bytes(key)
    }

    /// The id of a key that may be any bytes.
    #[inline]
    fn bytes(&mut self, key: &[u8]) -> Result<u32, Problem> {
        if key.len() > KEY_BYTES_MAX {
            return Err(Problem::KeyTooLong(KEY_BYTES_MAX));
        }
        if !self.sample.has_text(key) {
            return Ok(NOT_SAMPLED);
        }
        self.texts.id(key).ok_or_else(|| self.texts.full())
    }

    #[inline]
    fn number(&mut self, key: u64) -> Result<u32, Problem> {
        if !self.sample.has_number(key) {
            return Ok(NOT_SAMPLED);
        }
        self.numbers.id(key).ok_or_else(|| self.numbers.full())
    }

    fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.texts.retain(&keep);
        self.numbers.retain(&keep);
    }

    /// The number that is the key that has this id, or stands for it.
    fn number_of(&self, id: u32) -> u64 {
        if self.numbers.count() > 0 { self.numbers.number(id) } else { self.texts.number(id) }
    }

    fn count(&self) -> u32 {
        // A format has keys of one kind.
        self.texts.count() + self.numbers.count()
    }

    fn name_bytes(&self) -> u64 {
        self.texts.bytes() + self.numbers.bytes()
    }
}

/// What a piece of a file turned out to be.
#[derive(Debug)]
enum Step {
    /// A request.
    Record(Record),
    /// Nothing; more may follow.
    Nothing,
    /// The end.
    End,
}

type Input<'a> = Box<dyn BufRead + 'a>;

enum Source<'a> {
    Keys(KeyLines<Input<'a>>),
    Csv(Box<csv::Csv<Input<'a>>>),
    Arc(arc::Arc<Input<'a>>),
    Oracle(oracle::Oracle<Input<'a>>),
    Twitter(twitter::Twitter<Input<'a>>),
    Monitor(Box<monitor::Monitor<Input<'a>>>),
    Blocks(Box<blocks::Blocks<Input<'a>>>),
}

impl Source<'_> {
    /// Where the request read last stands, which is that of this number.
    fn place(&self, number: u64) -> Place {
        match self {
            Source::Oracle(_) | Source::Arc(_) | Source::Keys(_) => Place::Record(number),
            Source::Csv(csv) => Place::Line(csv.line()),
            Source::Twitter(twitter) => Place::Line(twitter.line()),
            Source::Monitor(monitor) => Place::Line(monitor.line()),
            Source::Blocks(blocks) => Place::Line(blocks.line()),
        }
    }

    /// The time of the request read last, as the file writes it.
    fn time_text(&self) -> &[u8] {
        match self {
            Source::Oracle(_) | Source::Arc(_) | Source::Keys(_) => &[],
            Source::Csv(csv) => csv.time(),
            Source::Twitter(twitter) => twitter.time(),
            Source::Monitor(monitor) => monitor.time(),
            Source::Blocks(blocks) => blocks.time(),
        }
    }
}

/// Work of so many bytes stands for a request that costs none to read.
const REQUEST_WORK: u64 = 16;

/// The requests of a trace in any format. Ends after the first error.
pub struct Records<'a> {
    source: Source<'a>,
    format: Format,
    table: Table,
    read: u64,
    order: Order,
    notes: Vec<Phrase>,
    packed: Meter,
    unpacked: Meter,
    finished: bool,
}

impl<'a> Records<'a> {
    /// Reads from `reader`, whose file is called `name`. The format is the one given, or else known by what is in the file
    /// and by its name; what is compressed with zstd, gzip or xz is decompressed, UTF-16 is decoded.
    ///
    /// # Errors
    /// When the file is of no format that is read, or its beginning is none of the format given.
    pub fn open(name: &str, reader: impl BufRead + 'a, how: impl Into<How>) -> Result<Records<'a>, TraceError> {
        let how = how.into();
        let file = unpack::unpack(name, reader)?;
        let tool = file.tool;
        let wrong = |problem: Problem| match problem {
            Problem::Foreign(sentence) => {
                // What is to be done with the file is to be done with what is in it.
                let unpack = tool.filter(|_| sentence.say(Language::English).contains("FILE"));
                let sentence = match unpack {
                    None => sentence,
                    Some(tool) => phrase!(
                        "{sentence} (unpack FILE first: {tool})",
                        "{sentence} (FILE은 먼저 압축을 푸세요: {tool})",
                        sentence
                    ),
                };
                TraceError { place: Place::File, problem: Problem::Foreign(sentence) }
            }
            problem => TraceError { place: Place::Line(1), problem },
        };
        let found = found(&Sample::new(&file.name, &file.head), &how).map_err(wrong)?;
        if how.time_unit.is_some() {
            found.takes_time_unit().map_err(wrong)?;
        }
        let input = file.input;
        let is_forced = how.format.is_some();
        let names = how.names_bytes.unwrap_or(NAMES_BYTES_MAX);
        let source = match (found.format, found.layout) {
            (Format::Csv, Some(layout)) => Source::Csv(Box::new(csv::Csv::new(input, layout, how.time_unit)?)),
            (Format::Csv, None) => return Err(wrong(Problem::EmptyTrace(HEADER))),
            (Format::Keys, _) if found.all_numbers => {
                // A mark of LIRS' traces may come late.
                Source::Keys(KeyLines::new(input).checked(true).marked().with_names(names, how.sample))
            }
            (Format::Keys, _) => Source::Keys(KeyLines::new(input).checked(!is_forced).with_names(names, how.sample)),
            (Format::Lirs, _) => Source::Keys(KeyLines::new(input).marked().with_names(names, how.sample)),
            (Format::Arc, _) => Source::Arc(arc::Arc::new(input)),
            (Format::OracleGeneral, _) => Source::Oracle(oracle::Oracle::new(input)),
            (Format::Twitter, _) => Source::Twitter(twitter::Twitter::new(input)),
            (Format::Monitor, _) => Source::Monitor(Box::new(monitor::Monitor::new(input))),
            (Format::Msr, _) => Source::Blocks(Box::new(blocks::Blocks::new(input, blocks::Kind::Msr))),
            (Format::Spc, _) => Source::Blocks(Box::new(blocks::Blocks::new(input, blocks::Kind::Spc))),
        };
        Ok(Records {
            source,
            format: found.format,
            table: Table::of_at_most(names, if found.format == Format::Monitor { KeySample::ALL } else { how.sample }),
            read: 0,
            order: Order::default(),
            notes: found.notes,
            packed: file.packed,
            unpacked: file.unpacked,
            finished: false,
        })
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the trace says what its requests do.
    pub fn has_operations(&self) -> bool {
        match &self.source {
            Source::Csv(csv) => csv.has_operations(),
            Source::Twitter(_) | Source::Monitor(_) | Source::Blocks(_) => true,
            Source::Keys(_) | Source::Arc(_) | Source::Oracle(_) => false,
        }
    }

    /// What a miss does in what was recorded.
    pub fn misses(&self) -> Misses {
        match &self.source {
            // A server is given values only by its own commands.
            Source::Twitter(_) | Source::Monitor(_) => Misses::Leave,
            Source::Csv(csv) if csv.has_operations() => Misses::FillUnlessItStores,
            // A page cache fetches what it is asked for, whatever else is written to it.
            Source::Csv(_) | Source::Keys(_) | Source::Arc(_) | Source::Oracle(_) | Source::Blocks(_) => Misses::Fill,
        }
    }

    /// Forgets every key whose id is not to be kept, so that memory need not hold all there ever were: their ids go to
    /// other keys, and one of them that comes again is a new key.
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool) {
        match &mut self.source {
            Source::Keys(lines) => lines.forget(keep),
            Source::Monitor(monitor) => monitor.forget(keep, &mut self.table),
            _ => self.table.retain(keep),
        }
    }

    /// How many distinct keys were read so far, of those not forgotten.
    pub fn distinct(&self) -> u32 {
        match &self.source {
            Source::Keys(lines) => lines.distinct(),
            _ => self.table.count(),
        }
    }

    /// What decides whether the key that has this id is in a [sample](KeySample::has_hash), of those not forgotten.
    pub fn sample_hash(&self, id: u32) -> u64 {
        KeySample::hash(self.number_of(id))
    }

    /// The number that is the key that has this id, or stands for it.
    fn number_of(&self, id: u32) -> u64 {
        match &self.source {
            Source::Keys(lines) => lines.number(id),
            _ => self.table.number_of(id),
        }
    }

    /// How many bytes the names of the keys take that are not forgotten.
    pub fn name_bytes(&self) -> u64 {
        match &self.source {
            Source::Keys(lines) => lines.name_bytes(),
            _ => self.table.name_bytes(),
        }
    }

    /// What has become no request, or not wholly: by why, and by the name of the command.
    pub fn left_out(&self) -> LeftOut {
        match &self.source {
            Source::Monitor(monitor) => monitor.left_out().clone(),
            _ => LeftOut::default(),
        }
    }

    /// What the reader should know of how the file was read so far, in sentences: units and columns that were taken for
    /// granted, requests out of order, lines that are none.
    pub fn notes(&self) -> Vec<Phrase> {
        let own = match &self.source {
            Source::Keys(lines) => lines.notes(),
            Source::Csv(csv) => csv.notes(),
            Source::Monitor(monitor) => monitor.notes(),
            Source::Blocks(blocks) => blocks.notes(),
            Source::Arc(_) | Source::Oracle(_) | Source::Twitter(_) => Vec::new(),
        };
        self.notes.iter().cloned().chain(own).chain(self.order.notes()).collect()
    }

    /// How many bytes of the file itself were read: as many as it has, at its end.
    pub fn bytes_read(&self) -> u64 {
        self.packed.bytes()
    }

    /// How much was read, by a measure that grows with the time it takes, whether requests come out or not: bytes after
    /// unpacking, and some for each request.
    pub fn work(&self) -> u64 {
        self.unpacked.bytes() + self.read * REQUEST_WORK
    }

    /// The next request. `None` within `Ok`: none yet, for a piece of the file that is none; look again.
    ///
    /// # Errors
    /// At the first line or record that is none.
    pub fn next_piece(&mut self) -> Option<Result<Option<Record>, TraceError>> {
        if self.finished {
            return None;
        }
        let step = self.step();
        self.finished = matches!(step, Ok(Step::End) | Err(_));
        match step {
            Ok(Step::Record(record)) => Some(Ok(Some(record))),
            Ok(Step::Nothing) => Some(Ok(None)),
            Ok(Step::End) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The next requests, in the first places of `block`, which is not empty and has only default records and those of
    /// this trace in it: how many there are. None at the end; none within `Some` as for [`next_piece`](Records::next_piece).
    /// Of a key that is not in the sample, whatever else stands in its place may be of another request, but for the command.
    ///
    /// # Errors
    /// At the first line or record that is none.
    pub fn next_block(&mut self, block: &mut [Record]) -> Result<Option<usize>, TraceError> {
        let Source::Oracle(oracle) = &mut self.source else {
            let piece = self.next_piece().transpose()?;
            return Ok(piece.map(|piece| {
                piece.map_or(0, |record| {
                    block[0] = record;
                    1
                })
            }));
        };
        if self.finished {
            return Ok(None);
        }
        let read = oracle.read_block(&mut self.table, &mut self.order, block);
        self.finished = !matches!(read, Ok(1..));
        let count = read?;
        self.read += count as u64;
        Ok((count > 0).then_some(count))
    }

    #[inline]
    fn step(&mut self) -> Result<Step, TraceError> {
        let table = &mut self.table;
        let mut step = match &mut self.source {
            Source::Keys(lines) => lines.step()?,
            Source::Csv(csv) => csv.read(table)?,
            Source::Arc(arc) => arc.read(table)?,
            Source::Oracle(oracle) => oracle.read(table)?,
            Source::Twitter(twitter) => twitter.read(table)?,
            Source::Monitor(monitor) => monitor.read(table)?,
            Source::Blocks(blocks) => blocks.read(table)?,
        };
        if let Step::Record(record) = &mut step {
            self.read += 1;
            if let Some(at) = record.at {
                let place = self.source.place(self.read);
                let in_order = self.order.take(at, place, self.source.time_text());
                record.at = Some(in_order.map_err(|problem| TraceError { place, problem })?);
            }
            if record.key < NOT_SAMPLED && self.format != Format::Monitor {
                record.name = name_of(self.number_of(record.key));
            }
        }
        Ok(step)
    }
}

/// What the file is that begins so, or is told to be.
fn found(sample: &Sample<'_>, how: &How) -> Result<Found, Problem> {
    match (how.format, &how.columns) {
        (None | Some(Format::Csv), Some(columns)) => sample.told(columns),
        (Some(format), Some(_)) => Err(Problem::Foreign(phrase!(
            "--columns says what a table has, and --format {format} is none",
            "--columns는 표의 열을 지정하는 옵션인데, --format {format}은 표가 아닙니다"
        ))),
        (Some(Format::Csv), None) => sample.table(),
        (Some(format), None) => Ok(format.into()),
        (None, None) => sample.detect(),
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, TraceError>;

    #[inline]
    fn next(&mut self) -> Option<Result<Record, TraceError>> {
        loop {
            match self.next_piece()? {
                Ok(None) => {}
                Ok(Some(record)) => return Some(Ok(record)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
