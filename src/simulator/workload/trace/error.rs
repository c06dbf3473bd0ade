//! Why a trace cannot be read: where, what, and what to do.

use std::fmt;
use std::io;

use super::KEYS_MAX;
use crate::phrase::{Language, Phrase, phrase};

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
    EmptyTrace(Phrase),
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
    Expected { found: Phrase, expected: Phrase },
    /// A time long before the one of the request before it, both as the file writes them.
    TimeGoesBack { from: String, to: String },
    /// The keys' names take more than so many bytes of memory.
    NamesTooLarge(u64),
    /// The file is none that is read; a sentence that says what it is and what to do.
    Foreign(Phrase),
    /// The file could not be read on.
    Read(io::Error),
}

impl Problem {
    /// What was found in a field (cut to a readable length), and what was expected there.
    pub(super) fn expected(found: &[u8], expected: Phrase) -> Problem {
        Problem::Expected { found: shown(found).into(), expected }
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

impl Place {
    /// The place in words.
    pub(super) fn phrase(self) -> Phrase {
        match self {
            Place::Line(number) => phrase!("line {number}", "{number}행"),
            Place::Record(number) => phrase!("record {number}", "{number}번째 레코드"),
            Place::File => Phrase::fixed("the file", "파일"),
        }
    }
}

impl Problem {
    /// The problem in a sentence.
    fn phrase(&self) -> Phrase {
        match self {
            Problem::EmptyTrace(wanted) => phrase!(
                "the trace is empty; it must hold at least {wanted}",
                "트레이스가 비어 있습니다. 최소한 필요한 내용: {wanted}",
                wanted
            ),
            Problem::EmptyLine => Phrase::fixed(
                "the line is empty; write one key per line and delete empty lines",
                "빈 줄입니다. 한 줄에 키를 하나씩 적고 빈 줄은 지우세요",
            ),
            Problem::TooLong(most) => phrase!(
                "the line is longer than {most} bytes; is it one key per line?",
                "줄이 {most}바이트보다 깁니다. 한 줄에 키가 하나인지 확인하세요"
            ),
            Problem::KeyTooLong(most) => {
                phrase!("the key is longer than {most} bytes; shorten it", "키가 {most}바이트보다 깁니다. 줄여 주세요")
            }
            Problem::NotUtf8 => Phrase::fixed(
                "the key is not UTF-8 text; if the file is text in Latin-1: iconv -f latin1 -t utf8 FILE | cachelane replay -",
                "키가 UTF-8 텍스트가 아닙니다. 파일이 Latin-1 텍스트라면: iconv -f latin1 -t utf8 FILE | cachelane replay -",
            ),
            Problem::TooManyKeys => phrase!(
                "more than {KEYS_MAX} distinct keys; cut the trace into parts",
                "서로 다른 키가 {KEYS_MAX}개를 넘습니다. 트레이스를 나누세요"
            ),
            Problem::TooManyRecords(most) => phrase!(
                "more than {most} requests do not fit in memory; cut the trace, or play it with `cachelane replay`",
                "요청이 {most}건을 넘어 메모리에 담을 수 없습니다. 트레이스를 나누거나 `cachelane replay`로 재생하세요"
            ),
            Problem::Expected { found, expected } => Phrase::each(|language| {
                let (found, expected) = (found.say(language), expected.say(language));
                match language {
                    Language::English => format!("{found:?} is not {expected}"),
                    Language::Korean => format!("{found:?}: 올바른 값이 아닙니다. 필요한 값: {expected}"),
                }
            }),
            Problem::TimeGoesBack { from, to } => phrase!(
                "the time goes back, from {from} to {to}; sort the trace by time",
                "시각이 {from}에서 {to}(으)로 되돌아갑니다. 트레이스를 시각순으로 정렬하세요"
            ),
            Problem::NamesTooLarge(limit) => {
                let mib = limit >> 20;
                phrase!(
                    "the names of the keys take more than {mib} MiB of memory; cut the trace into parts, or shorten its keys (a \
                     hash of each will do)",
                    "키 이름이 메모리를 {mib} MiB 넘게 차지합니다. 트레이스를 나누거나 키를 줄이세요(키의 해시로 바꿔도 됩니다)"
                )
            }
            Problem::Foreign(sentence) => sentence.clone(),
            Problem::Read(error) => {
                // What is said here of packed files is a phrase; what the system says is in English.
                let own = error.get_ref().and_then(|inner| inner.downcast_ref::<Phrase>());
                let why = own.cloned().unwrap_or_else(|| error.to_string().into());
                phrase!("cannot read on: {why}", "더 읽을 수 없습니다: {why}", why)
            }
        }
    }
}

impl TraceError {
    /// What is wrong and where, in each language.
    pub fn phrase(&self) -> Phrase {
        let problem = self.problem.phrase();
        if self.place == Place::File {
            return problem;
        }
        let place = self.place.phrase();
        phrase!("{place}: {problem}", "{place}: {problem}", place, problem)
    }
}

impl fmt::Display for TraceError {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
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
