//! ARC's `.lis`: block traces as the authors of ARC published them (P1 to P14, ConCat, OLTP …).
//!
//! A line is `first count ignored number`: a request for `count` blocks from block `first` on; the third is always 0,
//! the fourth numbers the requests. Each block of the range becomes a request of its own. Megiddo and Modha, "ARC: a
//! self-tuning, low overhead replacement cache", FAST 2003.

use std::io::BufRead;

use super::lines::{self, Lines, whole};
use super::{KEY_BYTES_MAX, Problem, Record, Step, Table, TraceError};
use crate::phrase::{Phrase, phrase};

/// The most blocks of one line.
pub const BLOCKS_MAX: u64 = 1 << 20;

/// Blocks by ranges. See the [module](self).
pub struct Arc<R> {
    lines: Lines<R>,
    next: u64,
    left: u64,
}

impl<R: BufRead> Arc<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Arc<R> {
        Arc { lines: Lines::new(reader, KEY_BYTES_MAX), next: 0, left: 0 }
    }

    /// The next block.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        if self.left == 0 {
            let begun = self.lines.number;
            let Some(line) = self.lines.next()? else {
                return if begun == 0 {
                    Err(lines::empty(Phrase::fixed("one line such as 1024 8 0 0", "1024 8 0 0 같은 줄 하나")))
                } else {
                    Ok(Step::End)
                };
            };
            let range = range(line);
            (self.next, self.left) = range.map_err(|problem| self.lines.wrong(problem))?;
        }
        let block = self.next;
        (self.next, self.left) = (block + 1, self.left - 1);
        let key = keys.number(block).map_err(|problem| self.lines.wrong(problem))?;
        Ok(Step::Record(Record { key, ..Record::default() }))
    }
}

/// Whether lines are such ranges beyond doubt: four numbers, the third 0, the fourth one more from line to line.
pub fn is_likely(lines: &[&[u8]]) -> bool {
    let rows: Option<Vec<[u64; 4]>> = lines.iter().map(|line| numbers(line)).collect();
    let rows = rows.filter(|rows| rows.len() > 1).unwrap_or_default();
    let counted = rows.windows(2).all(|pair| pair[1][3] == pair[0][3] + 1);
    !rows.is_empty() && counted && rows.iter().all(|row| row[2] == 0 && (1..=BLOCKS_MAX).contains(&row[1]))
}

/// The four numbers of a line, if it has four.
fn numbers(line: &[u8]) -> Option<[u64; 4]> {
    let fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let numbers: Option<Vec<u64>> = fields.map(|field| whole(field, u64::MAX / 2)).collect();
    numbers?.try_into().ok()
}

/// The first block of a line's range and how many there are.
fn range(line: &[u8]) -> Result<(u64, u64), Problem> {
    let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let (first, count) = fields.next().zip(fields.next()).ok_or_else(|| {
        let numbers = Phrase::fixed(
            "two or more numbers: the first block and how many follow (first count 0 number)",
            "둘 이상의 수: 첫 블록과 블록 개수(첫블록 개수 0 번호)",
        );
        Problem::expected(line, numbers)
    })?;
    let block = whole(first, u64::MAX / 2)
        .ok_or_else(|| Problem::expected(first, Phrase::fixed("the number of a block", "블록 번호")))?;
    let expected = || {
        Problem::expected(
            count,
            phrase!("a number of blocks, from 1 to {BLOCKS_MAX}", "1부터 {BLOCKS_MAX}까지의 블록 개수"),
        )
    };
    let count = whole(count, BLOCKS_MAX).filter(|count| *count > 0).ok_or_else(expected)?;
    Ok((block, count))
}
