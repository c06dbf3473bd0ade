//! Block traces: requests for ranges of a disk, by rows.
//!
//! *MSR Cambridge:* `time,host,disk,type,offset,bytes,response time`; the time in hundreds of nanoseconds since 1601,
//! the type `Read` or `Write`. Narayanan, Donnelly, Rowstron, "Write off-loading", FAST 2008.
//!
//! *SPC:* `unit,address,bytes,opcode,time`; the address in sectors of 512 bytes, the opcode `R` or `W`, the time in
//! seconds. Storage Performance Council, "SPC trace file format"; the traces of a search engine and of financial
//! institutions at UMass.
//!
//! A key is a block of 4 KiB of one disk of one host, as in a page cache: a row becomes one request for each block that
//! it touches. A block that is read and not there is fetched; one that is written is put there.

use std::io::BufRead;

use super::clock::{self, Clock, TimeUnit};
use super::lines::{self, Lines, whole};
use super::{Format, Interner, Problem, Record, Step, Table, TraceError};
use crate::keyspace::{Command, Expiry, Only, Text};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// The size of a block.
const BLOCK_BYTES: u64 = 4096;
const SECTOR_BYTES: u64 = 512;
/// The most blocks of one row: 4 GiB.
const BLOCKS_MAX: u64 = 1 << 20;
/// Blocks of one disk: 4 PiB.
const DISK_BLOCKS: u64 = 1 << 40;
const LINE_BYTES_MAX: usize = 4096;

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Msr,
    Spc,
}

impl Kind {
    /// Its format.
    pub const fn format(self) -> Format {
        match self {
            Kind::Msr => Format::Msr,
            Kind::Spc => Format::Spc,
        }
    }
}

/// Requests by rows. See the [module](self).
pub struct Blocks<R> {
    kind: Kind,
    lines: Lines<R>,
    clock: Clock,
    disks: Interner,
    time: Vec<u8>,
    range: Range,
    rows: u64,
}

/// What a row asks for that was not given yet.
#[derive(Clone, Copy, Default)]
struct Range {
    at: Nanos,
    disk: u64,
    writes: bool,
    next: u64,
    left: u64,
}

/// A row, cut up.
struct Row<'a> {
    time: &'a [u8],
    host: &'a [u8],
    disk: &'a [u8],
    writes: bool,
    offset: u64,
    bytes: u64,
}

/// Which kind of block trace a line is of, if of one.
pub fn kind_of(line: &[u8]) -> Option<Kind> {
    // Of Windows' times, in hundreds of nanoseconds since 1601, those of our days have eighteen digits.
    let is_filetime = |time: &[u8]| matches!(time.len(), 17..=18) && time.iter().all(u8::is_ascii_digit);
    if is_header(line) || cut(Kind::Msr, line).is_ok_and(|row| is_filetime(row.time)) {
        return Some(Kind::Msr);
    }
    cut(Kind::Spc, line).is_ok_and(|row| clock::seconds(row.time).is_some()).then_some(Kind::Spc)
}

fn is_header(line: &[u8]) -> bool {
    line.to_ascii_lowercase().starts_with(b"timestamp,hostname,disk")
}

const SIZE: Phrase = Phrase::fixed("a size in bytes", "바이트 단위 크기");

fn cut(kind: Kind, line: &[u8]) -> Result<Row<'_>, Problem> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).take(8).collect();
    let number = |field: &[u8], what: Phrase| {
        let read = whole(field, u64::MAX / 2).filter(|_| !field.is_empty());
        read.ok_or_else(|| Problem::expected(field, phrase!("{what}, a whole number", "{what}(정수)", what)))
    };
    match (kind, fields.as_slice()) {
        (Kind::Msr, [time, host, disk, does, offset, bytes, _]) => {
            number(disk, Phrase::fixed("the number of a disk", "디스크 번호"))?;
            let offset = number(offset, Phrase::fixed("an offset in bytes", "바이트 단위 오프셋"))?;
            let bytes = number(bytes, SIZE)?;
            Ok(Row { time, host, disk, writes: writes(does)?, offset, bytes })
        }
        (Kind::Spc, [disk, address, bytes, does, time, ..]) => {
            number(disk, Phrase::fixed("the number of a unit", "유닛 번호"))?;
            let address = number(address, Phrase::fixed("an address in sectors", "섹터 단위 주소"))?;
            let offset = address.saturating_mul(SECTOR_BYTES);
            Ok(Row { time, host: b"", disk, writes: writes(does)?, offset, bytes: number(bytes, SIZE)? })
        }
        (Kind::Msr, _) => {
            let seven = Phrase::fixed(
                "seven fields: time,host,disk,type,offset,bytes,response time",
                "필드 7개: 시각,호스트,디스크,종류,오프셋,바이트,응답 시간",
            );
            Err(Problem::expected(line, seven))
        }
        (Kind::Spc, _) => {
            let five =
                Phrase::fixed("five fields: unit,address,bytes,opcode,time", "필드 5개: 유닛,주소,바이트,연산,시각");
            Err(Problem::expected(line, five))
        }
    }
}

fn writes(field: &[u8]) -> Result<bool, Problem> {
    match field.to_ascii_lowercase().as_slice() {
        b"read" | b"r" => Ok(false),
        b"write" | b"w" => Ok(true),
        _ => Err(Problem::expected(field, Phrase::fixed("Read or Write (R or W)", "Read 또는 Write(R 또는 W)"))),
    }
}

impl<R: BufRead> Blocks<R> {
    /// Reads from `reader`.
    pub fn new(reader: R, kind: Kind) -> Blocks<R> {
        let clock = Clock::new(Some(if kind == Kind::Msr { TimeUnit::FileTime } else { TimeUnit::Seconds }));
        let (lines, disks) = (Lines::new(reader, LINE_BYTES_MAX), Interner::default());
        Blocks { kind, lines, clock, disks, time: Vec::new(), range: Range::default(), rows: 0 }
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The time of the row read last, as it stands there.
    pub fn time(&self) -> &[u8] {
        &self.time
    }

    /// What the reader should know.
    pub fn notes(&self) -> Vec<Phrase> {
        let rows = self.rows;
        vec![phrase!(
            "{rows} rows of a block trace: each is a request for every 4 KiB block that it touches",
            "블록 트레이스의 행 {rows}개: 행마다 걸치는 4 KiB 블록 하나하나가 요청이 됩니다"
        )]
    }

    /// The next block.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        if self.range.left == 0 {
            let Some(line) = self.lines.next()? else {
                let wanted = Phrase::fixed("one row of a block trace", "블록 트레이스의 행 하나");
                return if self.rows == 0 { Err(lines::empty(wanted)) } else { Ok(Step::End) };
            };
            if self.rows == 0 && self.kind == Kind::Msr && is_header(line) {
                return Ok(Step::Nothing);
            }
            let row = cut(self.kind, line).and_then(|row| {
                self.time.clear();
                self.time.extend_from_slice(row.time);
                let at = self.clock.moment(row.time)?;
                range(&row, at, u64::from(self.disks.id(&[row.host, b",", row.disk].concat())))
            });
            self.range = row.map_err(|problem| self.lines.wrong(problem))?;
            self.rows += 1;
        }
        let Range { at, disk, writes, next, .. } = self.range;
        (self.range.next, self.range.left) = (next + 1, self.range.left - 1);
        let key = keys.number(disk << 40 | next).map_err(|problem| self.lines.wrong(problem))?;
        let store = Command::Store { expiry: Expiry::Never, only: Only::Always, text: Text::Plain };
        let command = Some(if writes { store } else { Command::Read });
        let size = Some(BLOCK_BYTES as u32);
        Ok(Step::Record(Record { key, at: Some(at), command, size, ..Record::default() }))
    }
}

/// The blocks that a row touches, at least one.
fn range(row: &Row<'_>, at: Nanos, disk: u64) -> Result<Range, Problem> {
    let expected = |expected: Phrase| {
        let Row { bytes, offset, .. } = row;
        let found = phrase!("{bytes} bytes at {offset}", "{offset} 위치의 {bytes}바이트");
        Problem::Expected { found, expected }
    };
    let first = row.offset / BLOCK_BYTES;
    let last = row.offset.saturating_add(row.bytes.max(1) - 1) / BLOCK_BYTES;
    let left = last - first + 1;
    if left > BLOCKS_MAX {
        let most = (BLOCKS_MAX * BLOCK_BYTES) >> 30;
        return Err(expected(phrase!("a request of at most {most} GiB", "최대 {most} GiB의 요청")));
    }
    if last >= DISK_BLOCKS || disk >= 1 << 24 {
        return Err(expected(Phrase::fixed(
            "within a disk of 4 PiB, of some 16 million disks",
            "디스크 약 1,600만 개 중 하나의 4 PiB 이내",
        )));
    }
    Ok(Range { at, disk, writes: row.writes, next: first, left })
}
