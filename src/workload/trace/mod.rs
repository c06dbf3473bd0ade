//! Traces: recorded sequences of requests, read as a stream.
//!
//! ```text
//! bytes ──▶ zstd? ──▶ format (keys · csv · arc · oracle-general · twitter · monitor) ──▶ Record, Record, …
//! ```
//!
//! A key is any text or number. The simulator wants dense ids, so the first key read becomes 0, the next new one 1, and
//! so on ([`KeyIds`]). Memory holds the distinct keys that are not [forgotten](Records::forget), never the trace; only a
//! [`Trace`], for runs whose lanes all read it, holds everything, and at most [`RECORDS_MAX`] requests.
//!
//! ```
//! use cachelane::workload::trace::{KeyLines, Trace};
//! let ids: Result<Vec<u32>, _> = KeyLines::new(&b"user:7\nuser:1\nuser:7\n"[..]).collect();
//! assert_eq!(ids.unwrap(), [0, 1, 0]);
//! let trace = Trace::read("a.csv", &b"time,key,op\n0.5,a,get\n1,b,set\n"[..], None).unwrap();
//! assert_eq!(trace.keys(), [0, 1]);
//! ```

mod arc;
mod commands;
mod csv;
mod error;
mod ids;
mod keys;
mod left_out;
mod lines;
mod memory;
mod monitor;
mod oracle;
mod recorded;
mod redis;
#[cfg(test)]
mod tests;
mod twitter;
mod zstd;

pub use error::{Place, Problem, TraceError};
pub use ids::{KEYS_MAX, KeyIds, NumberIds};
pub use keys::KeyLines;
pub use left_out::{LeftOut, Reason};
pub use memory::{RECORDS_MAX, Trace};
pub use recorded::Renewal;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::str::FromStr;

use crate::keyspace::{Ask, Command};
use crate::time::Nanos;

/// What stands for a key where there is none, as in a record that empties the cache. No id is as great.
pub const NO_KEY: u32 = u32::MAX;

/// The longest key that is read, in bytes.
pub const KEY_BYTES_MAX: usize = 65_536;

/// How much of a file is looked at to know its format, in bytes.
const HEAD_BYTES: usize = 4096;

/// One request of a trace. What a format does not say is `None`.
///
/// A request that reads and writes (`GETSET`) is two records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Which key it names, as a dense id.
    pub key: u32,
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

impl Record {
    /// The same for whoever does what the command says.
    #[inline]
    pub fn ask(&self) -> Ask {
        let &Record { key, size, fill_ttl, client, transaction, .. } = self;
        Ask { key, now: self.at.unwrap_or(Nanos::ZERO), client, size, transaction, fill_ttl }
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
    /// Comma-separated, with a header.
    Csv,
    /// ARC's block ranges.
    Arc,
    /// libCacheSim's binary records.
    OracleGeneral,
    /// Twitter's cache-trace.
    Twitter,
    /// The output of `redis-cli MONITOR`.
    Monitor,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 6] =
        [Format::Keys, Format::Csv, Format::Arc, Format::OracleGeneral, Format::Twitter, Format::Monitor];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Keys => "keys",
            Format::Csv => "csv",
            Format::Arc => "arc",
            Format::OracleGeneral => "oracle-general",
            Format::Twitter => "twitter",
            Format::Monitor => "monitor",
        }
    }

    /// The format of a file, by its name (without `.zst`) and its first bytes.
    fn detect(name: &str, head: &[u8]) -> Format {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().unwrap_or_default();
        let first = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(first);
        if name.contains("oraclegeneral") || head.contains(&0) {
            Format::OracleGeneral
        } else if extension == "lis" {
            Format::Arc
        } else if monitor::is_line(first) || first == b"OK" && lines.next().is_some_and(monitor::is_line) {
            Format::Monitor
        } else if twitter::is_row(first) {
            Format::Twitter
        } else if extension == "csv" || csv::is_header(first) {
            Format::Csv
        } else {
            Format::Keys
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("{name} is no format; known: {}", known.join(", "))
        })
    }
}

/// Ids of clients. Where there are more than ids, they share the last.
#[derive(Debug, Default)]
struct Interner(KeyIds);

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
}

impl Table {
    /// The id of a key that is a text.
    #[inline]
    fn text(&mut self, key: &[u8]) -> Result<u32, Problem> {
        if key.trim_ascii().is_empty() {
            return Err(Problem::expected(key, "a key"));
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
        self.texts.id(key).ok_or(Problem::TooManyKeys)
    }

    #[inline]
    fn number(&mut self, key: u64) -> Result<u32, Problem> {
        self.numbers.id(key).ok_or(Problem::TooManyKeys)
    }

    fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.texts.retain(&keep);
        self.numbers.retain(&keep);
    }

    fn count(&self) -> u32 {
        // A format has keys of one kind.
        self.texts.count() + self.numbers.count()
    }
}

type Input<'a> = Box<dyn BufRead + 'a>;

enum Source<'a> {
    Keys(KeyLines<Input<'a>>),
    Csv(csv::Csv<Input<'a>>),
    Arc(arc::Arc<Input<'a>>),
    Oracle(oracle::Oracle<Input<'a>>),
    Twitter(twitter::Twitter<Input<'a>>),
    Monitor(monitor::Monitor<Input<'a>>),
}

/// The requests of a trace in any format. Ends after the first error.
pub struct Records<'a> {
    source: Source<'a>,
    format: Format,
    table: Table,
    read: u64,
    last: Nanos,
    finished: bool,
}

impl<'a> Records<'a> {
    /// Reads from `reader`, whose file is called `name`. The format is the one given, or else known by name and first
    /// bytes; what is compressed with zstd is decompressed.
    ///
    /// # Errors
    /// When the file's beginning is none of the format.
    pub fn open(name: &str, reader: impl BufRead + 'a, format: Option<Format>) -> Result<Records<'a>, TraceError> {
        let unread = |error| lines::wrong(1, Problem::Read(error));
        let (mut head, mut input) = peek(Box::new(reader)).map_err(unread)?;
        let mut name = name;
        if head.starts_with(&zstd::MAGIC) {
            name = name.strip_suffix(".zst").unwrap_or(name);
            (head, input) =
                peek(Box::new(BufReader::with_capacity(1 << 16, zstd::Zstd::new(input)))).map_err(unread)?;
        }
        let format = format.unwrap_or_else(|| Format::detect(name, &head));
        let source = match format {
            Format::Keys => Source::Keys(KeyLines::new(input)),
            Format::Csv => Source::Csv(csv::Csv::new(input)?),
            Format::Arc => Source::Arc(arc::Arc::new(input)),
            Format::OracleGeneral => Source::Oracle(oracle::Oracle::new(input)),
            Format::Twitter => Source::Twitter(twitter::Twitter::new(input)),
            Format::Monitor => Source::Monitor(monitor::Monitor::new(input)),
        };
        Ok(Records { source, format, table: Table::default(), read: 0, last: Nanos::ZERO, finished: false })
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the trace says what its requests do.
    pub fn has_operations(&self) -> bool {
        match &self.source {
            Source::Csv(csv) => csv.has_operations(),
            Source::Twitter(_) | Source::Monitor(_) => true,
            Source::Keys(_) | Source::Arc(_) | Source::Oracle(_) => false,
        }
    }

    /// What a miss does in what was recorded.
    pub fn misses(&self) -> Misses {
        match &self.source {
            // A server is given values only by its own commands.
            Source::Twitter(_) | Source::Monitor(_) => Misses::Leave,
            Source::Csv(csv) if csv.has_operations() => Misses::FillUnlessItStores,
            Source::Csv(_) | Source::Keys(_) | Source::Arc(_) | Source::Oracle(_) => Misses::Fill,
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

    /// What has become no request, or not wholly: by why, and by the name of the command.
    pub fn left_out(&self) -> LeftOut {
        match &self.source {
            Source::Monitor(monitor) => monitor.left_out().clone(),
            _ => LeftOut::default(),
        }
    }

    #[inline]
    fn read(&mut self) -> Result<Option<Record>, TraceError> {
        let table = &mut self.table;
        let record = match &mut self.source {
            Source::Keys(lines) => lines.read()?.map(|key| Record { key, ..Record::default() }),
            Source::Csv(csv) => csv.read(table)?,
            Source::Arc(arc) => arc.read(table)?,
            Source::Oracle(oracle) => oracle.read(table)?,
            Source::Twitter(twitter) => twitter.read(table)?,
            Source::Monitor(monitor) => monitor.read(table)?,
        };
        self.read += 1;
        if let Some(at) = record.as_ref().and_then(|record| record.at) {
            if at < self.last {
                let problem = Problem::TimeGoesBack { from_s: self.last.as_secs_f64(), to_s: at.as_secs_f64() };
                return Err(TraceError { place: self.place(), problem });
            }
            self.last = at;
        }
        Ok(record)
    }

    fn place(&self) -> Place {
        match &self.source {
            Source::Oracle(_) | Source::Arc(_) | Source::Keys(_) => Place::Record(self.read),
            Source::Csv(csv) => Place::Line(csv.line()),
            Source::Twitter(twitter) => Place::Line(twitter.line()),
            Source::Monitor(monitor) => Place::Line(monitor.line()),
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, TraceError>;

    #[inline]
    fn next(&mut self) -> Option<Result<Record, TraceError>> {
        if self.finished {
            return None;
        }
        let read = self.read().transpose();
        self.finished = !matches!(read, Some(Ok(_)));
        read
    }
}

/// The first bytes of a file, and the file as if they had not been read.
fn peek(mut input: Input<'_>) -> io::Result<(Vec<u8>, Input<'_>)> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let whole = io::Cursor::new(head.clone()).chain(input);
    Ok((head, Box::new(whole)))
}
