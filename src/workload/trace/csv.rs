//! Comma-separated values with a header: `time,key,size,op` and what else is known.
//!
//! The first line names the columns, in any order: `key` must be there; `time` (seconds, with a fraction if there is
//! one), `size` (bytes), `op` (`get`, `set`, `modify`, `delete`), `ttl` (seconds) and `client` may be. A `set` whose `ttl`
//! is 0 or empty stores a value without an end, whatever end the former value had; `modify` makes a new value from the old
//! one, which keeps its end, or a first one. The `ttl` of a `get` is that of the value it fetches when it misses. A field may stand in double quotes, and a quote in it is doubled (RFC 4180, within one line).

use std::io::BufRead;

use super::lines::{self, Lines, whole};
use super::{Interner, KEY_BYTES_MAX, Problem, Record, Table, TraceError};
use crate::keyspace::{Command, Expiry, Only};
use crate::time::Nanos;

const WANTED: &str = "a header such as time,key,size,op and one request";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    Key,
    Size,
    Op,
    Ttl,
    Client,
}

const NAMES: [(&str, Column); 6] = [
    ("time", Column::Time),
    ("key", Column::Key),
    ("size", Column::Size),
    ("op", Column::Op),
    ("ttl", Column::Ttl),
    ("client", Column::Client),
];

/// Requests by rows. See the [module](self).
pub struct Csv<R> {
    lines: Lines<R>,
    columns: Vec<Column>,
    clients: Interner,
    fields: Vec<Vec<u8>>,
}

/// The columns that a header names, or what it says instead.
fn columns(line: &[u8]) -> Result<Vec<Column>, Problem> {
    let mut fields = Vec::new();
    split(line, &mut fields)?;
    let mut columns = Vec::new();
    for field in &fields {
        let name = String::from_utf8_lossy(field).trim().to_ascii_lowercase();
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
        let column = known.ok_or_else(|| {
            Problem::expected(
                field,
                "a column's name; the first line names the columns: time, key, size, op, ttl, client",
            )
        })?;
        if columns.contains(&column) {
            return Err(Problem::expected(field, "a new column: each is named once"));
        }
        columns.push(column);
    }
    if !columns.contains(&Column::Key) {
        return Err(Problem::expected(line, "a header with a column `key`"));
    }
    Ok(columns)
}

/// Whether a line is the header of such a file.
pub fn is_header(line: &[u8]) -> bool {
    line.contains(&b',') && columns(line).is_ok()
}

/// Cuts a line at its commas, into buffers that are used again.
fn split(line: &[u8], fields: &mut Vec<Vec<u8>>) -> Result<(), Problem> {
    let mut count = 0;
    let mut rest = Some(line);
    while let Some(text) = rest {
        if fields.len() == count {
            fields.push(Vec::new());
        }
        let field = &mut fields[count];
        field.clear();
        count += 1;
        rest = match text.strip_prefix(b"\"") {
            Some(quoted) => after_quoted(quoted, field)?,
            None => {
                let end = text.iter().position(|&byte| byte == b',');
                field.extend_from_slice(&text[..end.unwrap_or(text.len())]);
                end.map(|end| &text[end + 1..])
            }
        };
    }
    fields.truncate(count);
    Ok(())
}

/// Reads a quoted field after its first quote; gives what stands after its comma, if there is one.
fn after_quoted<'a>(mut text: &'a [u8], field: &mut Vec<u8>) -> Result<Option<&'a [u8]>, Problem> {
    loop {
        let end = text.iter().position(|&byte| byte == b'"');
        let end = end.ok_or_else(|| Problem::expected(text, "a field whose quotes are closed on the same line"))?;
        field.extend_from_slice(&text[..end]);
        match text.get(end + 1) {
            Some(b'"') => field.push(b'"'),
            Some(b',') => return Ok(Some(&text[end + 2..])),
            None => return Ok(None),
            Some(_) => return Err(Problem::expected(&text[end..], "a comma after a closing quote")),
        }
        text = &text[end + 2..];
    }
}

impl<R: BufRead> Csv<R> {
    /// Reads the header.
    pub fn new(reader: R) -> Result<Csv<R>, TraceError> {
        let mut lines = Lines::new(reader, 2 * KEY_BYTES_MAX);
        let Some(header) = lines.next()? else { return Err(lines::empty(WANTED)) };
        let columns = columns(header);
        let columns = columns.map_err(|problem| lines.wrong(problem))?;
        Ok(Csv { lines, columns, clients: Interner::default(), fields: Vec::new() })
    }

    /// Whether the rows say what is done.
    pub fn has_operations(&self) -> bool {
        self.columns.contains(&Column::Op)
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The next row.
    pub fn read(&mut self, keys: &mut Table) -> Result<Option<Record>, TraceError> {
        let Some(line) = self.lines.next()? else {
            return if self.lines.number == 1 { Err(lines::wrong(2, Problem::EmptyTrace(WANTED))) } else { Ok(None) };
        };
        let split = split(line, &mut self.fields);
        let record = split.and_then(|()| self.record(keys));
        record.map(Some).map_err(|problem| self.lines.wrong(problem))
    }

    fn record(&mut self, keys: &mut Table) -> Result<Record, Problem> {
        if self.fields.len() != self.columns.len() {
            let found = format!("a row of {} fields", self.fields.len());
            let expected = format!("a row of {}, as the header says", self.columns.len());
            return Err(Problem::Expected { found, expected });
        }
        let (mut record, mut given) = (Record::default(), None);
        for (column, field) in self.columns.iter().zip(&self.fields) {
            let field = field.as_slice();
            match column {
                Column::Key => record.key = keys.text(field)?,
                Column::Time => record.at = Some(time(field)?),
                Column::Size => record.size = size(field)?,
                Column::Op => record.command = Some(operation(field)?),
                Column::Ttl => given = ttl(field)?,
                Column::Client => record.client = Some(self.clients.id(field)),
            }
        }
        match &mut record.command {
            Some(Command::Store { expiry, .. }) => *expiry = given.map_or(Expiry::Never, Expiry::In),
            Some(Command::Read) | None => record.fill_ttl = given,
            Some(_) => {}
        }
        Ok(record)
    }
}

fn time(field: &[u8]) -> Result<Nanos, Problem> {
    lines::seconds(field).map(Nanos).ok_or_else(|| Problem::expected(field, "a time in seconds, such as 12 or 12.5"))
}

fn size(field: &[u8]) -> Result<Option<u32>, Problem> {
    if field.trim_ascii().is_empty() {
        return Ok(None);
    }
    let size = whole(field, u64::from(u32::MAX)).map(|size| size as u32);
    size.map(Some).ok_or_else(|| Problem::expected(field, "a size in whole bytes, below 4 GiB"))
}

fn ttl(field: &[u8]) -> Result<Option<Nanos>, Problem> {
    if field.trim_ascii().is_empty() {
        return Ok(None);
    }
    let ttl = lines::seconds(field).ok_or_else(|| Problem::expected(field, "a TTL in seconds, such as 60"))?;
    Ok((ttl > 0).then_some(Nanos(ttl)))
}

fn operation(field: &[u8]) -> Result<Command, Problem> {
    match field.trim_ascii().to_ascii_lowercase().as_slice() {
        b"get" | b"read" => Ok(Command::Read),
        b"set" | b"write" | b"put" => Ok(Command::Store { expiry: Expiry::Never, only: Only::Always }),
        b"modify" | b"incr" => Ok(Command::Change { creates: true }),
        b"delete" | b"del" => Ok(Command::Delete),
        _ => Err(Problem::expected(field, "an operation: get, set, modify or delete")),
    }
}
