//! Tables: lines of fields between commas, semicolons, tabs or blanks, with a header or without.
//!
//! The first line names the columns, in any order and any case, by their common names ([`Layout`]): `key` must be there;
//! `time` (seconds, or what its size or name says), `size` (bytes), `op` (`get`, `set`, `modify`, `delete` …), `ttl`
//! (seconds) and `client` may be; a row stands for `op_count` requests. Columns of other names are not read. A `set` whose
//! `ttl` is 0 or empty stores a value without an end, whatever end the former value had; `modify` makes a new value from
//! the old one, which keeps its end, or a first one; the `ttl` of a `get` is that of the value it fetches when it misses. A
//! field may stand in double quotes, and a quote in it is doubled (RFC 4180, within one line).
//!
//! Meta's key-value traces are such tables. An entry is as large as its key and its value there, and a size of 0 of a
//! look-up says that it missed: the size is not known. CacheLib, `KVReplayGenerator.h`.

use std::io::BufRead;

use super::clock::{self, Clock, TimeUnit};
use super::columns::{Column, Delimiter, Layout};
use super::lines::{self, Lines, whole};
use super::{Interner, KEY_BYTES_MAX, Problem, Record, Step, Table, TraceError};
use crate::keyspace::{Command, Expiry, Only, Resize, Text};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

const WANTED: Phrase =
    Phrase::fixed("a header such as time,key,size,op and one request", "time,key,size,op 같은 헤더와 요청 하나");

/// Requests by rows. See the [module](self).
pub struct Csv<R> {
    lines: Lines<R>,
    layout: Layout,
    clock: Clock,
    clients: Interner,
    fields: Vec<Vec<u8>>,
    /// The row's request, and how many more times it is made.
    again: (Record, u64),
    /// Rows that stand for no request.
    rows_of_none: u64,
    rows: u64,
}

/// Cuts a line into fields, into buffers that are used again.
#[inline]
pub fn split(line: &[u8], delimiter: Delimiter, fields: &mut Vec<Vec<u8>>) -> Result<(), Problem> {
    let Delimiter::Byte(separator) = delimiter else {
        let mut count = 0;
        for field in line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|field| !field.is_empty()) {
            next_buffer(fields, count).extend_from_slice(field);
            count += 1;
        }
        fields.truncate(count);
        return Ok(());
    };
    let mut count = 0;
    let mut rest = Some(line);
    while let Some(text) = rest {
        let field = next_buffer(fields, count);
        count += 1;
        rest = match text.strip_prefix(b"\"") {
            Some(quoted) => after_quoted(quoted, separator, field)?,
            None => {
                let end = text.iter().position(|&byte| byte == separator);
                field.extend_from_slice(&text[..end.unwrap_or(text.len())]);
                end.map(|end| &text[end + 1..])
            }
        };
    }
    fields.truncate(count);
    Ok(())
}

fn next_buffer(fields: &mut Vec<Vec<u8>>, count: usize) -> &mut Vec<u8> {
    if fields.len() == count {
        fields.push(Vec::new());
    }
    fields[count].clear();
    &mut fields[count]
}

/// Reads a quoted field after its first quote; gives what stands after its separator, if there is one.
fn after_quoted<'a>(mut text: &'a [u8], separator: u8, field: &mut Vec<u8>) -> Result<Option<&'a [u8]>, Problem> {
    loop {
        let end = text.iter().position(|&byte| byte == b'"');
        let closed =
            Phrase::fixed("a field whose quotes are closed on the same line", "같은 줄에서 따옴표가 닫히는 필드");
        let end = end.ok_or_else(|| Problem::expected(text, closed))?;
        field.extend_from_slice(&text[..end]);
        match text.get(end + 1) {
            Some(b'"') => field.push(b'"'),
            Some(byte) if *byte == separator => return Ok(Some(&text[end + 2..])),
            None => return Ok(None),
            Some(_) => {
                let ended = Phrase::fixed("the end of a field after a closing quote", "닫는 따옴표 뒤의 필드 끝");
                return Err(Problem::expected(&text[end..], ended));
            }
        }
        text = &text[end + 2..];
    }
}

impl<R: BufRead> Csv<R> {
    /// Reads a table of this layout; `unit` is that of its times, where it is told.
    pub fn new(reader: R, layout: Layout, unit: Option<TimeUnit>) -> Result<Csv<R>, TraceError> {
        let mut lines = Lines::new(reader, 2 * KEY_BYTES_MAX);
        let mut skip = layout.skip;
        while skip > 0 {
            let line = lines.next_or_empty()?.ok_or_else(|| lines::empty(WANTED))?;
            skip -= usize::from(!line.trim_ascii().is_empty());
        }
        let mut clock = Clock::new(unit.or(layout.time_unit));
        clock.decimal_comma = layout.delimiter == Delimiter::Byte(b';');
        let again = (Record::default(), 0);
        let (clients, fields) = (Interner::default(), Vec::new());
        Ok(Csv { lines, layout, clock, clients, fields, again, rows_of_none: 0, rows: 0 })
    }

    /// Whether the rows say what is done.
    pub fn has_operations(&self) -> bool {
        self.layout.has(Column::Op)
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The time of the row read last, as it stands there.
    pub fn time(&self) -> &[u8] {
        let at = self.layout.columns.iter().position(|column| *column == Column::Time);
        at.and_then(|at| self.fields.get(at)).map_or(&[], |field| field.trim_ascii())
    }

    /// What the reader should know.
    pub fn notes(&self) -> Vec<Phrase> {
        let rows = self.rows_of_none;
        let none = (rows > 0).then(|| {
            phrase!(
                "{rows} rows stand for 0 requests and are left out",
                "요청 0건을 나타내는 행 {rows}개는 제외했습니다"
            )
        });
        self.layout.notes.iter().cloned().chain(self.clock.note().cloned()).chain(none).collect()
    }

    /// The next request.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        if self.again.1 > 0 {
            self.again.1 -= 1;
            return Ok(Step::Record(self.again.0.clone()));
        }
        let Some(line) = self.lines.next()? else {
            let empty = || lines::wrong(self.lines.number + 1, Problem::EmptyTrace(WANTED));
            return if self.rows == 0 { Err(empty()) } else { Ok(Step::End) };
        };
        self.rows += 1;
        let split = match line.contains(&b'\r') {
            false => split(line, self.layout.delimiter, &mut self.fields),
            true => Err(lines::returns(line, Phrase::fixed("one row", "행 하나"))),
        };
        let read = split.and_then(|()| self.record(keys)).map_err(|problem| self.lines.wrong(problem))?;
        Ok(match read {
            (_, 0) => {
                self.rows_of_none += 1;
                Step::Nothing
            }
            (record, 1) => Step::Record(record),
            (record, count) => {
                self.again = (record.clone(), count - 1);
                Step::Record(record)
            }
        })
    }

    /// The row's request, and how many times it is made.
    fn record(&mut self, keys: &mut Table) -> Result<(Record, u64), Problem> {
        if self.fields.len() != self.layout.columns.len() {
            let (count, wanted) = (self.fields.len(), self.layout.columns.len());
            let found = phrase!("a row of {count} fields", "필드 {count}개의 행");
            let expected = if self.layout.has_header {
                phrase!("a row of {wanted}, as the header says", "헤더처럼 {wanted}개의 행")
            } else {
                phrase!("a row of {wanted}, as the first line has", "첫 줄처럼 {wanted}개의 행")
            };
            return Err(Problem::Expected { found, expected });
        }
        let comma = self.clock.decimal_comma;
        let mut row = Row { count: 1, ..Row::default() };
        let mut record = Record::default();
        for (column, field) in self.layout.columns.iter().zip(&self.fields) {
            let field = field.as_slice();
            match column {
                Column::Key => record.key = keys.text(field.trim_ascii())?,
                Column::Time => record.at = Some(self.clock.moment(field)?),
                Column::Size => row.size = size(field, comma)?,
                Column::KeySize => row.key_size = size(field, comma)?,
                Column::Op => row.does = Some(does(field).ok_or_else(|| self.layout.unknown_operation(field))?),
                Column::Count => row.count = count(field)?,
                Column::Ttl => row.ttl = ttl(field, self.layout.ttl_unit, comma)?,
                Column::Client => record.client = Some(self.clients.id(field)),
                Column::Ignored => {}
            }
        }
        record.size = row.entry_size();
        let looks_up = row.does.is_none_or(|does| matches!(does, Does::Read));
        record.fill_ttl = row.ttl.filter(|_| looks_up);
        record.command = row.does.map(|does| does.command(row.ttl));
        Ok((record, row.count))
    }
}

/// What a row says besides key and time.
#[derive(Default)]
struct Row {
    size: Option<u32>,
    key_size: Option<u32>,
    does: Option<Does>,
    count: u64,
    ttl: Option<Nanos>,
}

impl Row {
    /// How large the entry is. Where keys have sizes of their own, a look-up of size 0 missed.
    fn entry_size(&self) -> Option<u32> {
        let Some(key_size) = self.key_size else { return self.size };
        let missed = self.size == Some(0) && matches!(self.does, None | Some(Does::Read));
        self.size.filter(|_| !missed).map(|size| size.saturating_add(key_size))
    }
}

/// The size that a field says; `None` where it is empty.
/// `comma`: a comma may be the decimal point, and a point may stand between thousands.
pub fn size(field: &[u8], comma: bool) -> Result<Option<u32>, Problem> {
    let field = field.trim_ascii();
    if field.is_empty() {
        return Ok(None);
    }
    if comma && has_thousands(field) {
        let clear = Phrase::fixed(
            "a size that is clear: its points may be between thousands or before decimals; write whole bytes without points",
            "분명한 크기: 점이 천 단위 구분인지 소수점인지 알 수 없으니 점 없이 바이트 정수로 적으세요",
        );
        return Err(Problem::expected(field, clear));
    }
    // Tools that keep numbers as floats write 100.0.
    let digits = match field.iter().position(|&byte| byte == b'.') {
        Some(point) if field[point + 1..].iter().all(|&byte| byte == b'0') => &field[..point],
        _ => field,
    };
    let size = whole(digits, u64::from(u32::MAX)).map(|size| size as u32);
    let below = Phrase::fixed("a size in whole bytes, below 4 GiB", "4 GiB 미만의 바이트 정수");
    size.map(Some).ok_or_else(|| Problem::expected(field, below))
}

/// Whether points in a number may be between its thousands: `1.000`, `1.234.567`.
fn has_thousands(number: &[u8]) -> bool {
    let mut groups = number.split(|&byte| byte == b'.');
    let is_first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && first != b"0");
    let mut others = groups.peekable();
    is_first && others.peek().is_some() && others.all(|group| group.len() == 3 && group.iter().all(u8::is_ascii_digit))
}

fn count(field: &[u8]) -> Result<u64, Problem> {
    let most = u64::from(u32::MAX);
    whole(field, most).ok_or_else(|| {
        Problem::expected(field, phrase!("a number of requests, at most {most}", "최대 {most}까지의 요청 수"))
    })
}

fn ttl(field: &[u8], unit: TimeUnit, comma: bool) -> Result<Option<Nanos>, Problem> {
    if field.trim_ascii().is_empty() {
        return Ok(None);
    }
    let expected = || {
        let unit = unit.phrase();
        Problem::expected(field, phrase!("a TTL in {unit}, such as 60", "60 같은 TTL({unit})", unit))
    };
    let ttl = clock::length(field, unit, comma).ok_or_else(expected)?;
    Ok((ttl > 0).then_some(Nanos(ttl)))
}

/// What the word for an operation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Read,
    Store(Only),
    Change,
    Delete,
}

impl Does {
    fn command(self, ttl: Option<Nanos>) -> Command {
        match self {
            Does::Read => Command::Read,
            Does::Store(only) => {
                Command::Store { expiry: ttl.map_or(Expiry::Never, Expiry::In), only, text: Text::Plain }
            }
            Does::Change => Command::Change { creates: true, size: Resize::Said },
            Does::Delete => Command::Delete,
        }
    }
}

/// Whether a field is a word for an operation.
pub fn is_operation(field: &[u8]) -> bool {
    does(field).is_some()
}

fn does(field: &[u8]) -> Option<Does> {
    match field.trim_ascii().to_ascii_lowercase().as_slice() {
        b"get" | b"gets" | b"read" | b"r" | b"get_lease" | b"lookup" | b"fetch" => Some(Does::Read),
        b"set" | b"write" | b"put" | b"w" | b"set_lease" | b"insert" => Some(Does::Store(Only::Always)),
        b"add" => Some(Does::Store(Only::IfAbsent)),
        b"replace" | b"cas" => Some(Does::Store(Only::IfPresent)),
        b"modify" | b"incr" | b"decr" | b"append" | b"prepend" | b"update" => Some(Does::Change),
        b"delete" | b"del" | b"remove" => Some(Does::Delete),
        _ => None,
    }
}
