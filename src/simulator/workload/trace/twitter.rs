//! Twitter's cache-trace: comma-separated, without a header.
//!
//! `timestamp (s), key, key size, value size, client, operation, TTL (s)`. The operations are memcached's: get and gets
//! read; set stores a value, add only where there is none, replace and cas only where there is one; append, prepend, incr
//! and decr make a new value from the one that is there, which keeps its end; delete takes it away. The TTL is that of a
//! value stored; 0: it has no end. It is good up to and including its last second, as in Twemcache (`item_expired`). The
//! protocol takes a TTL over 30 days for a moment in Unix time. But these traces have a clock of their own that begins with
//! 0, and their authors list TTLs such as 92.6 days; so a TTL is a length of time, unless it and the row's time are both
//! seconds since 1970. An entry is as large as its key and its value; append and prepend add theirs to it. Of a
//! get that missed, and of an incr or decr without one, the trace knows no size. Yang, Yue, Rashmi, "A large scale analysis of hundreds of in-memory cache clusters at
//! Twitter", OSDI 2020; github.com/twitter/cache-trace.

use std::io::BufRead;

use super::lines::{self, Lines, whole};
use super::{Interner, KEY_BYTES_MAX, Problem, Record, Step, Table, TraceError};
use crate::keyspace::{Command, Expiry, Only, Resize, Text};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// Requests by rows. See the [module](self).
pub struct Twitter<R> {
    lines: Lines<R>,
    clients: Interner,
    /// The time of the row read last, as it stands there.
    time: Vec<u8>,
}

/// A row's seven fields. A key may itself have commas: the fields are counted from both ends.
fn fields(line: &[u8]) -> Result<[&[u8]; 7], Problem> {
    let row = || {
        let mut tail = line.rsplitn(6, |&byte| byte == b',');
        let (ttl, op, client) = (tail.next()?, tail.next()?, tail.next()?);
        let (value_size, key_size, head) = (tail.next()?, tail.next()?, tail.next()?);
        let comma = head.iter().position(|&byte| byte == b',')?;
        Some([&head[..comma], &head[comma + 1..], key_size, value_size, client, op, ttl])
    };
    const SEVEN: Phrase = Phrase::fixed(
        "seven fields: time,key,key size,value size,client,operation,TTL",
        "필드 7개: 시각,키,키 크기,값 크기,클라이언트,연산,TTL",
    );
    row().ok_or_else(|| Problem::expected(line, SEVEN))
}

/// Whether a line is a row of such a file.
pub fn is_row(line: &[u8]) -> bool {
    fields(line).is_ok_and(|[time, key, key_size, value_size, _, op, ttl]| {
        let numbers = [time, key_size, value_size, ttl].iter().all(|field| whole(field, u64::MAX).is_some());
        numbers && !key.is_empty() && command(op, Expiry::Never, 0).is_ok()
    })
}

/// What an operation does, its value stored with this expiry, or so many bytes added.
fn command(field: &[u8], expiry: Expiry, added: u32) -> Result<Command, Problem> {
    match field.trim_ascii() {
        b"get" | b"gets" => Ok(Command::Read),
        b"set" => Ok(Command::Store { expiry, only: Only::Always, text: Text::Plain }),
        b"add" => Ok(Command::Store { expiry, only: Only::IfAbsent, text: Text::Plain }),
        b"replace" | b"cas" => Ok(Command::Store { expiry, only: Only::IfPresent, text: Text::Plain }),
        b"append" | b"prepend" => Ok(Command::Change { creates: false, size: Resize::By(added) }),
        b"incr" | b"decr" => Ok(Command::Change { creates: false, size: Resize::Said }),
        b"delete" => Ok(Command::Delete),
        _ => Err(Problem::expected(
            field,
            Phrase::fixed(
                "an operation: get, gets, set, add, replace, cas, append, prepend, delete, incr or decr",
                "연산: get, gets, set, add, replace, cas, append, prepend, delete, incr, decr 중 하나",
            ),
        )),
    }
}

/// A number of seconds since 1970 that is no length of time: from 2001 on, or 31 years.
const MOMENT_MIN_S: u64 = 1_000_000_000;

/// When a value ends that is stored at this second with this TTL.
fn expiry(ttl_s: u64, time_s: u64) -> Expiry {
    match ttl_s {
        0 => Expiry::Never,
        moment if moment.min(time_s) >= MOMENT_MIN_S => Expiry::At(Nanos::from_secs(moment)),
        length => Expiry::In(Nanos::from_secs(length)),
    }
}

impl<R: BufRead> Twitter<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Twitter<R> {
        Twitter { lines: Lines::new(reader, 2 * KEY_BYTES_MAX), clients: Interner::default(), time: Vec::new() }
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The time of the row read last, as it stands there.
    pub fn time(&self) -> &[u8] {
        &self.time
    }

    /// The next row.
    #[inline]
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        let begun = self.lines.number;
        let Some(line) = self.lines.next()? else {
            return if begun == 0 {
                Err(lines::empty(Phrase::fixed("one row of seven fields", "필드 7개의 행 하나")))
            } else {
                Ok(Step::End)
            };
        };
        self.time.clear();
        self.time.extend(line.iter().take_while(|&&byte| byte != b',').take(40));
        let record = record(line, keys, &mut self.clients);
        record.map(Step::Record).map_err(|problem| self.lines.wrong(problem))
    }
}

fn record(line: &[u8], keys: &mut Table, clients: &mut Interner) -> Result<Record, Problem> {
    let [time, key, key_size, value_size, client, op, ttl] = fields(line)?;
    let seconds = |field: &[u8], what: Phrase| {
        whole(field, u64::from(u32::MAX))
            .ok_or_else(|| Problem::expected(field, phrase!("{what} in whole seconds", "초 단위 정수 {what}", what)))
    };
    let bytes = |field: &[u8], what: Phrase| {
        let size = whole(field, u64::from(u32::MAX / 2));
        size.map(|size| size as u32).ok_or_else(|| {
            Problem::expected(field, phrase!("the {what}'s size in whole bytes", "바이트 단위 정수 {what} 크기", what))
        })
    };
    let (key_bytes, value_bytes) =
        (bytes(key_size, Phrase::fixed("key", "키"))?, bytes(value_size, Phrase::fixed("value", "값"))?);
    let time_s = seconds(time, Phrase::fixed("a time", "시각"))?;
    let command = command(op, expiry(seconds(ttl, Phrase::fixed("a TTL", "TTL"))?, time_s), value_bytes)?;
    let says_no_size = match command {
        Command::Read | Command::Change { size: Resize::Said, .. } => value_bytes == 0,
        _ => command == Command::Delete,
    };
    Ok(Record {
        at: Some(Nanos::from_secs(time_s)),
        key: keys.text(key)?,
        size: (!says_no_size).then_some(key_bytes + value_bytes),
        command: Some(command),
        client: Some(clients.id(client)),
        ..Record::default()
    })
}
