//! Why a trace cannot be read: where, what, and what to do.

use std::fmt;
use std::io;

use super::KEYS_MAX;

/// Why a trace cannot be read.
#[derive(Debug)]
pub struct TraceError {
    /// Where it is.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

/// A place in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// A record of a binary format, from 1.
    Record(u64),
    /// The file as a whole.
    File,
}

/// What is wrong with a line or record of a trace.
#[derive(Debug)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Problem {
    /// There is nothing in it; what there should be.
    EmptyTrace(&'static str),
    /// A line without anything.
    EmptyLine,
    /// A line longer than this many bytes.
    TooLong(usize),
    /// A key longer than this many bytes.
    KeyTooLong(usize),
    /// A key that is not text.
    NotUtf8,
    /// More than [`KEYS_MAX`] distinct keys.
    TooManyKeys,
    /// More records than a trace in memory may have.
    TooManyRecords(usize),
    /// What was found, and what was expected in its place.
    Expected { found: String, expected: String },
    /// A time long before the one of the request before it, both as the file writes them.
    TimeGoesBack { from: String, to: String },
    /// The keys' names take more than so many bytes of memory.
    NamesTooLarge(u64),
    /// The file is none that is read; a sentence that says what it is and what to do.
    Foreign(String),
    /// The file could not be read on.
    Read(io::Error),
}

impl Problem {
    /// What was found in a field (cut to a readable length), and what was expected there.
    pub(super) fn expected(found: &[u8], expected: impl Into<String>) -> Problem {
        Problem::Expected { found: shown(found), expected: expected.into() }
    }
}

/// A field as it can be shown: cut to a readable length.
pub(super) fn shown(field: &[u8]) -> String {
    const SHOWN: usize = 60;
    let cut = (0..=SHOWN.min(field.len())).rev().find(|&cut| field.get(cut).is_none_or(|byte| byte & 0xC0 != 0x80));
    let cut = if field.len() <= SHOWN { field.len() } else { cut.unwrap_or(SHOWN) };
    let mut text = String::from_utf8_lossy(&field[..cut]).into_owned();
    if field.len() > SHOWN {
        text.push('…');
    }
    text
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Record(number) => write!(f, "record {number}"),
            Place::File => f.write_str("the file"),
        }
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place != Place::File {
            write!(f, "{}: ", self.place)?;
        }
        match &self.problem {
            Problem::EmptyTrace(wanted) => write!(f, "the trace is empty; it must hold at least {wanted}"),
            Problem::EmptyLine => f.write_str("the line is empty; write one key per line and delete empty lines"),
            Problem::TooLong(most) => write!(f, "the line is longer than {most} bytes; is it one key per line?"),
            Problem::KeyTooLong(most) => write!(f, "the key is longer than {most} bytes; shorten it"),
            Problem::NotUtf8 => f.write_str(
                "the key is not UTF-8 text; if the file is text in Latin-1: iconv -f latin1 -t utf8 FILE | cachelane replay -",
            ),
            Problem::TooManyKeys => write!(f, "more than {KEYS_MAX} distinct keys; cut the trace into parts"),
            Problem::TooManyRecords(most) => {
                write!(
                    f,
                    "more than {most} requests do not fit in memory; cut the trace, or play it with `cachelane replay`"
                )
            }
            Problem::Expected { found, expected } => write!(f, "{found:?} is not {expected}"),
            Problem::TimeGoesBack { from, to } => {
                write!(f, "the time goes back, from {from} to {to}; sort the trace by time")
            }
            Problem::NamesTooLarge(limit) => write!(
                f,
                "the names of the keys take more than {} MiB of memory; cut the trace into parts, or shorten its keys (a \
                 hash of each will do)",
                limit >> 20
            ),
            Problem::Foreign(sentence) => f.write_str(sentence),
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
