//! Traces: recorded sequences of keys, read as a stream.
//!
//! A key is any text. The simulator wants dense ids, so the first key read becomes 0, the next new one 1, and so on
//! ([`KeyIds`]). Memory holds the distinct keys, never the trace.
//!
//! ```
//! use cachelane::workload::trace::KeyLines;
//! let ids: Result<Vec<u32>, _> = KeyLines::new(&b"user:7\nuser:1\nuser:7\n"[..]).collect();
//! assert_eq!(ids.unwrap(), [0, 1, 0]);
//! ```

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, BufRead, Read};

/// The longest key that is read, in bytes.
pub const KEY_BYTES_MAX: usize = 65_536;

/// The most distinct keys a trace may have.
pub const KEYS_MAX: u32 = u32::MAX;

/// Dense ids for text keys, in order of first appearance.
#[derive(Debug, Default)]
pub struct KeyIds {
    // Looked into, never iterated: its order cannot reach a result.
    ids: HashMap<Box<[u8]>, u32, BuildHasherDefault<KeyHasher>>,
}

impl KeyIds {
    /// The id of `key`; a new key gets the next free id, or `None` when [`KEYS_MAX`] are taken.
    #[inline]
    pub fn id(&mut self, key: &[u8]) -> Option<u32> {
        if let Some(&id) = self.ids.get(key) {
            return Some(id);
        }
        let id = self.count();
        if id == KEYS_MAX {
            return None;
        }
        self.ids.insert(key.into(), id);
        Some(id)
    }

    /// How many distinct keys there are so far.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }
}

/// A quick hash of short texts: eight bytes at a time, xor and multiply, finished by splitmix64.
#[derive(Clone, Copy, Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for word in words.iter().chain([&last]) {
            self.0 = (self.0 ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
    }

    #[inline]
    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        crate::random::splitmix64(&mut { self.0 })
    }
}

/// The keys of a trace with one key per line, as dense ids. Ends after the first error.
///
/// A key is its whole line but for the line's end (`\n` or `\r\n`), compared byte by byte: `7` and `07` are two
/// keys. A byte-order mark before the first line is skipped. An empty trace is an error.
#[derive(Debug)]
pub struct KeyLines<R> {
    reader: R,
    ids: KeyIds,
    line: Vec<u8>,
    lines_read: u64,
    finished: bool,
}

impl<R: BufRead> KeyLines<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> KeyLines<R> {
        KeyLines { reader, ids: KeyIds::default(), line: Vec::new(), lines_read: 0, finished: false }
    }

    /// How many distinct keys were read so far.
    pub fn distinct(&self) -> u32 {
        self.ids.count()
    }

    /// The next line's id, or `None` at the end.
    fn read(&mut self) -> Result<Option<u32>, Problem> {
        self.line.clear();
        // Room for a line's end; whatever is longer is cut here and then refused.
        let limit = KEY_BYTES_MAX as u64 + 2;
        let length = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line).map_err(Problem::Read)?;
        if length == 0 {
            return if self.lines_read == 0 { Err(Problem::EmptyTrace) } else { Ok(None) };
        }
        self.lines_read += 1;
        let mut key = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        key = key.strip_suffix(b"\r").unwrap_or(key);
        if self.lines_read == 1 {
            key = key.strip_prefix("\u{feff}".as_bytes()).unwrap_or(key);
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(Problem::TooLong);
        }
        if key.trim_ascii().is_empty() {
            return Err(Problem::EmptyLine);
        }
        if std::str::from_utf8(key).is_err() {
            return Err(Problem::NotUtf8);
        }
        self.ids.id(key).map(Some).ok_or(Problem::TooManyKeys)
    }
}

impl<R: BufRead> Iterator for KeyLines<R> {
    type Item = Result<u32, TraceError>;

    #[inline]
    fn next(&mut self) -> Option<Result<u32, TraceError>> {
        if self.finished {
            return None;
        }
        let read = self.read();
        self.finished = !matches!(read, Ok(Some(_)));
        match read {
            Ok(id) => id.map(Ok),
            Err(problem) => Some(Err(problem.at(self.lines_read))),
        }
    }
}

/// Why a trace cannot be read: where, what, and what to do.
#[derive(Debug)]
pub struct TraceError {
    /// The line's number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line of a trace.
#[derive(Debug)]
pub enum Problem {
    /// There is no line at all.
    EmptyTrace,
    /// A line without a key.
    EmptyLine,
    /// A key longer than [`KEY_BYTES_MAX`].
    TooLong,
    /// A key that is not text.
    NotUtf8,
    /// More than [`KEYS_MAX`] distinct keys.
    TooManyKeys,
    /// The file could not be read on.
    Read(io::Error),
}

impl Problem {
    /// The error for the line being read when `lines_read` lines were complete or under way.
    fn at(self, lines_read: u64) -> TraceError {
        // These two happen before a line is counted.
        let uncounted = matches!(self, Problem::EmptyTrace | Problem::Read(_));
        TraceError { line: lines_read + u64::from(uncounted), problem: self }
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.problem {
            Problem::EmptyTrace => f.write_str("the trace is empty; it must hold at least one key, one per line"),
            Problem::EmptyLine => f.write_str("the line is empty; write one key per line and delete empty lines"),
            Problem::TooLong => write!(f, "the line is longer than {KEY_BYTES_MAX} bytes; is it one key per line?"),
            Problem::NotUtf8 => f.write_str("the key is not UTF-8 text; is the file compressed or in a binary format?"),
            Problem::TooManyKeys => write!(f, "more than {KEYS_MAX} distinct keys; cut the trace into parts"),
            Problem::Read(error) => write!(f, "cannot read on: {error}"),
        }
    }
}

impl std::error::Error for TraceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Read(error) => Some(error),
            _ => None,
        }
    }
}

/// A whole trace in memory, for runs whose lanes all read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    keys: Vec<u32>,
    distinct: u32,
}

impl Trace {
    /// Reads one key per line to the end.
    ///
    /// # Errors
    /// At the first line that is not a key; also when there is none at all.
    pub fn read(reader: impl BufRead) -> Result<Trace, TraceError> {
        let mut lines = KeyLines::new(reader);
        let keys = lines.by_ref().collect::<Result<Vec<u32>, TraceError>>()?;
        Ok(Trace { keys, distinct: lines.distinct() })
    }

    /// The keys, as ids, in order.
    pub fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// How many different keys there are.
    pub fn distinct(&self) -> u32 {
        self.distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: impl AsRef<[u8]>) -> Result<Vec<u32>, String> {
        KeyLines::new(text.as_ref()).collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    #[test]
    fn keys_are_numbered_by_first_appearance() {
        assert_eq!(ids("b\na\nb\n7\n07\n한\na").unwrap(), [0, 1, 0, 2, 3, 4, 1]);
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_key() {
        assert_eq!(ids("\u{feff}a\r\nb\r\na\nb\r\n").unwrap(), [0, 1, 0, 1]);
    }

    #[test]
    fn keys_that_differ_only_in_trailing_zero_bytes_differ() {
        assert_eq!(ids("a\na\0\na\0\0\na\n12345678\n12345678\0").unwrap(), [0, 1, 2, 0, 3, 4]);
    }

    #[test]
    fn a_bad_line_is_named_by_number_and_reason() {
        assert!(ids("").unwrap_err().starts_with("line 1: the trace is empty"));
        assert!(ids("a\n\nb").unwrap_err().starts_with("line 2: the line is empty"));
        assert!(ids("a\n \r\nb").unwrap_err().starts_with("line 2: the line is empty"));
        assert!(ids(b"a\nb\n\xff\n").unwrap_err().starts_with("line 3: the key is not UTF-8"));
    }

    #[test]
    fn the_longest_key_is_read_and_a_longer_one_is_refused() {
        for end in ["", "\n", "\r\n"] {
            assert_eq!(ids(format!("a\n{}{end}", "x".repeat(KEY_BYTES_MAX))).unwrap(), [0, 1]);
            let error = ids(format!("a\n{}{end}", "x".repeat(KEY_BYTES_MAX + 1))).unwrap_err();
            assert!(error.starts_with("line 2: the line is longer than 65536 bytes"), "{error}");
        }
    }

    #[test]
    fn an_endless_line_is_refused_without_reading_it_all() {
        let mut lines = KeyLines::new(io::BufReader::new(io::repeat(b'x')));
        assert!(matches!(lines.next(), Some(Err(TraceError { line: 1, problem: Problem::TooLong }))));
        assert!(lines.next().is_none(), "nothing is read after an error");
    }

    #[test]
    fn a_failing_file_is_named_with_its_line() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let lines = KeyLines::new(io::BufReader::new((&b"a\nb\n"[..]).chain(Failing)));
        let error = lines.collect::<Result<Vec<u32>, _>>().unwrap_err();
        assert_eq!(error.to_string(), "line 3: cannot read on: the disk is gone");
    }
}
