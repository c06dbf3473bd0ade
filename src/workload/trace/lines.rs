//! Lines of a text, numbered, each of bounded length.

use std::io::{BufRead, Read};

use super::{Place, Problem, TraceError};

/// Reads lines one after the other into one buffer.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    /// Lines begun so far.
    pub number: u64,
    most_bytes: usize,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `reader`, none longer than `most_bytes` without its end.
    pub fn new(reader: R, most_bytes: usize) -> Lines<R> {
        Lines { reader, line: Vec::new(), number: 0, most_bytes }
    }

    /// The next line without its end (`\n` or `\r\n`), or `None` at the end. A byte-order mark before the first is
    /// skipped.
    #[inline]
    pub fn next(&mut self) -> Result<Option<&[u8]>, TraceError> {
        self.line.clear();
        // Room for a line's end; whatever is longer is cut here and then refused.
        let limit = self.most_bytes as u64 + 2;
        self.number += 1;
        let length = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line);
        if length.map_err(|error| self.wrong(Problem::Read(error)))? == 0 {
            self.number -= 1;
            return Ok(None);
        }
        let mut line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.number == 1 {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.len() > self.most_bytes {
            return Err(self.wrong(Problem::TooLong(self.most_bytes)));
        }
        Ok(Some(line))
    }

    /// A problem with the present line.
    pub fn wrong(&self, problem: Problem) -> TraceError {
        wrong(self.number, problem)
    }
}

/// A problem with line `number`.
pub fn wrong(number: u64, problem: Problem) -> TraceError {
    TraceError { place: Place::Line(number), problem }
}

/// What a whole empty file is told.
pub fn empty(wanted: &'static str) -> TraceError {
    wrong(1, Problem::EmptyTrace(wanted))
}

/// A whole number of ASCII digits, in `range`.
pub fn whole(field: &[u8], most: u64) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= most)
}

/// A number of seconds, such as `1339518083.107412`, exactly, in nanoseconds. Digits beyond nine after the point are
/// cut.
pub fn seconds(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let mut nanos = 0;
    let mut unit = 100_000_000;
    for digit in part.bytes().take(9) {
        nanos += u64::from(digit - b'0') * unit;
        unit /= 10;
    }
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}
