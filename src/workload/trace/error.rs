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
}

/// What is wrong with a line or record of a trace.
#[derive(Debug)]
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
    /// A time before the one of the request before it, in seconds.
    TimeGoesBack { from_s: f64, to_s: f64 },
    /// The file could not be read on.
    Read(io::Error),
}

impl Problem {
    /// What was found in a field (cut to a readable length), and what was expected there.
    pub(super) fn expected(found: &[u8], expected: impl Into<String>) -> Problem {
        const SHOWN: usize = 60;
        let mut text = String::from_utf8_lossy(&found[..found.len().min(SHOWN)]).into_owned();
        if found.len() > SHOWN {
            text.push('…');
        }
        Problem::Expected { found: text, expected: expected.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Record(number) => write!(f, "record {number}"),
        }
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match &self.problem {
            Problem::EmptyTrace(wanted) => write!(f, "the trace is empty; it must hold at least {wanted}"),
            Problem::EmptyLine => f.write_str("the line is empty; write one key per line and delete empty lines"),
            Problem::TooLong(most) => write!(f, "the line is longer than {most} bytes; is it one key per line?"),
            Problem::KeyTooLong(most) => write!(f, "the key is longer than {most} bytes; shorten it"),
            Problem::NotUtf8 => f.write_str("the key is not UTF-8 text; is the file compressed or in a binary format?"),
            Problem::TooManyKeys => write!(f, "more than {KEYS_MAX} distinct keys; cut the trace into parts"),
            Problem::TooManyRecords(most) => {
                write!(
                    f,
                    "more than {most} requests do not fit in memory; cut the trace, or play it with `cachelane replay`"
                )
            }
            Problem::Expected { found, expected } => write!(f, "{found:?} is not {expected}"),
            Problem::TimeGoesBack { from_s, to_s } => {
                write!(f, "the time goes back, from {from_s} s to {to_s} s; sort the trace by time")
            }
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
