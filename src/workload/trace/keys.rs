//! One key per line: the plainest trace.
//!
//! A key is its whole line but for the line's end (`\n` or `\r\n`), compared byte by byte: `7` and `07` are two keys.
//! A byte-order mark before the first line is skipped. The libCacheSim and cache2k projects' text traces look like this.

use std::io::BufRead;

use super::lines::{self, Lines};
use super::{KEY_BYTES_MAX, KeyIds, Problem, TraceError};

/// The keys of a trace with one key per line, as dense ids. Ends after the first error; an empty trace is an error.
#[derive(Debug)]
pub struct KeyLines<R> {
    lines: Lines<R>,
    ids: KeyIds,
    finished: bool,
}

impl<R: BufRead> KeyLines<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> KeyLines<R> {
        KeyLines { lines: Lines::new(reader, KEY_BYTES_MAX), ids: KeyIds::default(), finished: false }
    }

    /// How many distinct keys were read so far, of those not forgotten.
    pub fn distinct(&self) -> u32 {
        self.ids.count()
    }

    /// Forgets keys; see [`Records::forget`](super::Records::forget).
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool) {
        self.ids.retain(keep);
    }

    /// The next line's id, or `None` at the end.
    #[inline]
    pub(super) fn read(&mut self) -> Result<Option<u32>, TraceError> {
        let begun = self.lines.number;
        let Some(key) = self.lines.next()? else {
            return if begun == 0 { Err(lines::empty("one key, one per line")) } else { Ok(None) };
        };
        let problem = if key.trim_ascii().is_empty() {
            Problem::EmptyLine
        } else if std::str::from_utf8(key).is_err() {
            Problem::NotUtf8
        } else if let Some(id) = self.ids.id(key) {
            return Ok(Some(id));
        } else {
            Problem::TooManyKeys
        };
        Err(self.lines.wrong(problem))
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
