//! One key per line: the plainest trace.
//!
//! A key is its whole line but for the line's end (`\n` or `\r\n`; `\r` in a file that has no other), compared byte by byte: `7` and `07` are two keys.
//! A byte-order mark before the first line is skipped, empty lines at the end are nothing. The libCacheSim and cache2k
//! projects' text traces look like this. In the traces of LIRS a line `*` is a mark and no key.

use std::io::BufRead;

use super::lines::{self, Lines};
use super::{KEY_BYTES_MAX, KeyIds, KeySample, NOT_SAMPLED, Problem, Record, Step, TraceError};
use crate::phrase::{Phrase, phrase};

/// The keys of a trace with one key per line, as dense ids. Ends after the first error; an empty trace is an error.
#[derive(Debug)]
pub struct KeyLines<R> {
    lines: Lines<R>,
    ids: KeyIds,
    sample: KeySample,
    /// Whether a line with a blank in it is refused.
    is_checked: bool,
    /// How many lines `*` there were, where they are marks.
    marks: Option<u64>,
    finished: bool,
}

impl<R: BufRead> KeyLines<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> KeyLines<R> {
        let (lines, ids) = (Lines::new(reader, KEY_BYTES_MAX), KeyIds::default());
        KeyLines { lines, ids, sample: KeySample::ALL, is_checked: false, marks: None, finished: false }
    }

    /// The same, whose names of keys in the sample may take so many bytes of memory.
    pub(super) fn with_names(self, most_bytes: u64, sample: KeySample) -> KeyLines<R> {
        KeyLines { ids: KeyIds::of_at_most(most_bytes), sample, ..self }
    }

    /// The same, where a line with a blank or tab in it is taken for several fields, and refused.
    pub(super) fn checked(self, is_checked: bool) -> KeyLines<R> {
        KeyLines { is_checked, ..self }
    }

    /// The same, where a line `*` is a mark.
    pub(super) fn marked(self) -> KeyLines<R> {
        KeyLines { marks: Some(0), ..self }
    }

    /// How many distinct keys were read so far, of those not forgotten.
    pub fn distinct(&self) -> u32 {
        self.ids.count()
    }

    /// The number that stands for the key that has this id.
    pub(super) fn number(&self, id: u32) -> u64 {
        self.ids.number(id)
    }

    /// How much memory their names take, in bytes.
    pub(super) fn name_bytes(&self) -> u64 {
        self.ids.bytes()
    }

    /// Forgets keys; see [`Records::forget`](super::Records::forget).
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool) {
        self.ids.retain(keep);
    }

    /// What the reader should know.
    pub(super) fn notes(&self) -> Vec<Phrase> {
        let told = |marks: u64| {
            phrase!(
                "lines that are only * are marks, as in LIRS' traces, and no keys: {marks}",
                "*만 있는 줄 {marks}개는 LIRS 트레이스의 표시로 보며, 키가 아닙니다"
            )
        };
        self.marks.filter(|marks| *marks > 0).map(told).into_iter().collect()
    }

    /// The next line as a request.
    #[inline]
    pub(super) fn step(&mut self) -> Result<Step, TraceError> {
        let begun = self.lines.number;
        let Some(key) = self.lines.next()? else {
            return if begun == 0 {
                Err(lines::empty(Phrase::fixed("one key, one per line", "한 줄에 하나씩 적은 키")))
            } else {
                Ok(Step::End)
            };
        };
        if key == b"*"
            && let Some(marks) = &mut self.marks
        {
            *marks += 1;
            return Ok(Step::Nothing);
        }
        let problem = if std::str::from_utf8(key).is_err() {
            Problem::NotUtf8
        } else if self.is_checked && key.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
            let one = Phrase::fixed(
                "one key: there is a blank in it (if each line is one key as it stands: --format keys)",
                "키 하나: 공백이 들어 있습니다(줄 전체가 키 하나라면: --format keys)",
            );
            Problem::expected(key, one)
        } else if self.is_checked && key.contains(&b'\r') {
            lines::returns(key, Phrase::fixed("one key", "키 하나"))
        } else if !self.sample.has_text(key) {
            return Ok(Step::Record(Record { key: NOT_SAMPLED, ..Record::default() }));
        } else if let Some(key) = self.ids.id(key) {
            return Ok(Step::Record(Record { key, ..Record::default() }));
        } else {
            self.ids.full()
        };
        Err(self.lines.wrong(problem))
    }

    fn read(&mut self) -> Result<Option<u32>, TraceError> {
        loop {
            match self.step()? {
                Step::Record(record) => return Ok(Some(record.key)),
                Step::Nothing => {}
                Step::End => return Ok(None),
            }
        }
    }
}

impl<R: BufRead> Iterator for KeyLines<R> {
    type Item = Result<u32, TraceError>;

    #[inline]
    fn next(&mut self) -> Option<Result<u32, TraceError>> {
        if self.finished {
            return None;
        }
        let read = self.read().transpose();
        self.finished = !matches!(read, Some(Ok(_)));
        read
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::*;
    use crate::workload::trace::Place;

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
        assert!(ids("a\n \r\n\nb").unwrap_err().starts_with("line 2: the line is empty"));
        assert!(ids(b"a\nb\n\xff\n").unwrap_err().starts_with("line 3: the key is not UTF-8"));
    }

    #[test]
    fn empty_lines_at_the_end_are_nothing() {
        assert_eq!(ids("a\nb\n\n \r\n\n").unwrap(), [0, 1]);
        assert_eq!(ids(format!("a{}", "\n".repeat(1_000))).unwrap(), [0]);
        assert!(ids(format!("a{}", "\n".repeat(2_000))).unwrap_err().starts_with("line 2: the line is empty"));
        assert!(ids("\n\n").unwrap_err().starts_with("line 1: the trace is empty"));
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
        assert!(matches!(lines.next(), Some(Err(TraceError { place: Place::Line(1), problem: Problem::TooLong(_) }))));
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
