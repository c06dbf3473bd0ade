//! Lines of a text, numbered, each of bounded length.

use std::io::{BufRead, Read};

use super::{Place, Problem, TraceError};
use crate::phrase::{Phrase, phrase};

/// So many empty lines may end a file.
const EMPTY_MAX: u32 = 1_000;

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
    /// skipped. Empty lines at the end of a file are nothing; an empty line before another is an error.
    #[inline]
    pub fn next(&mut self) -> Result<Option<&[u8]>, TraceError> {
        if !self.advance()? {
            return Ok(None);
        }
        if self.trimmed().trim_ascii_start().is_empty() {
            return self.after_empty().map(|()| None);
        }
        Ok(Some(self.trimmed()))
    }

    /// Like [`next`](Lines::next), but empty lines are given as they are.
    #[inline]
    pub fn next_or_empty(&mut self) -> Result<Option<&[u8]>, TraceError> {
        Ok(if self.advance()? { Some(self.trimmed()) } else { None })
    }

    /// Whether the present line ends where the file ends, without a line's end: it may be cut off.
    pub fn is_unfinished(&self) -> bool {
        !self.line.ends_with(b"\n")
    }

    /// The present line.
    pub fn present(&self) -> &[u8] {
        self.trimmed()
    }

    /// Reads the next line; false at the end.
    #[inline]
    fn advance(&mut self) -> Result<bool, TraceError> {
        self.line.clear();
        // Room for a line's end; whatever is longer is cut here and then refused.
        let limit = self.most_bytes as u64 + 2;
        self.number += 1;
        let length = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line);
        if length.map_err(|error| self.wrong(Problem::Read(error)))? == 0 {
            self.number -= 1;
            return Ok(false);
        }
        if self.number == 1 && self.line.starts_with("\u{feff}".as_bytes()) {
            self.line.drain(..3);
        }
        if self.trimmed().len() > self.most_bytes {
            return Err(self.wrong(Problem::TooLong(self.most_bytes)));
        }
        Ok(true)
    }

    #[inline]
    fn trimmed(&self) -> &[u8] {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// After an empty line: nothing but more of them may follow.
    #[cold]
    fn after_empty(&mut self) -> Result<(), TraceError> {
        let first = self.number;
        for _ in 0..EMPTY_MAX {
            if !self.advance()? {
                // What was read ended before them.
                self.number = first - 1;
                return Ok(());
            }
            if !self.trimmed().trim_ascii_start().is_empty() {
                break;
            }
        }
        Err(wrong(first, Problem::EmptyLine))
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

/// A carriage return within a line, which is to be `what`.
pub fn returns(line: &[u8], what: Phrase) -> Problem {
    let how = "tr -s '\\r\\n' '\\n' < FILE | cachelane replay -";
    let expected = phrase!(
        "{what}: there is a carriage return in it; make all line ends alike: {how}",
        "{what}: 캐리지 리턴이 들어 있습니다. 줄 끝을 통일하세요: {how}",
        what
    );
    Problem::expected(line, expected)
}

/// What a whole empty file is told.
pub fn empty(wanted: Phrase) -> TraceError {
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
