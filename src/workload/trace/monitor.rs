//! What `redis-cli MONITOR` prints: every command a Redis server was given.
//!
//! `1339518083.107412 [0 127.0.0.1:60866] "get" "user:7"`: time (s), database and client, then the command's words in
//! double quotes with `\"`, `\\`, `\n`, `\r`, `\t`, `\a`, `\b` and `\xHH` in them. The first line may be `OK`. What each
//! command does to keys is [`redis`](super::redis)' matter; those that do nothing to a key are counted by name and told.
//! An entry is as large as its key and its value. Redis, `replicationFeedMonitors` and `sdscatrepr`.

use std::io::BufRead;

use super::commands::{Commands, DATABASE_MAX, Line};
use super::left_out::LeftOut;
use super::lines::{self, Lines, seconds, whole};
use super::{Interner, Problem, Record, Table, TraceError};
use crate::time::Nanos;

/// The longest line: values stand in it.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Commands as requests. See the [module](self).
pub struct Monitor<R> {
    lines: Lines<R>,
    clients: Interner,
    commands: Commands,
    words: Vec<Vec<u8>>,
}

/// Whether a line is one of such an output.
pub fn is_line(line: &[u8]) -> bool {
    parts(line).is_ok()
}

/// A line cut up.
struct Parts<'a> {
    time_ns: u64,
    database: &'a [u8],
    client: &'a [u8],
    /// The quoted words.
    words: &'a [u8],
}

/// Cuts a line into time, database, client and the quoted words.
fn parts(line: &[u8]) -> Result<Parts<'_>, Problem> {
    let told =
        |found: &[u8]| Problem::expected(found, "a line such as 1339518083.107412 [0 127.0.0.1:60866] \"get\" \"key\"");
    let space = line.iter().position(|&byte| byte == b' ').ok_or_else(|| told(line))?;
    let time_ns = seconds(&line[..space]).ok_or_else(|| told(line))?;
    let rest = line[space + 1..].strip_prefix(b"[").ok_or_else(|| told(line))?;
    // A client may be a path with brackets: the words begin at the first quote after one.
    let end = rest.windows(3).position(|three| three == b"] \"").ok_or_else(|| told(line))?;
    let (who, words) = (&rest[..end], &rest[end + 2..]);
    let gap = who.iter().position(|&byte| byte == b' ').ok_or_else(|| told(line))?;
    Ok(Parts { time_ns, database: &who[..gap], client: &who[gap + 1..], words })
}

/// The quoted words, unescaped, into buffers that are used again.
fn unquote(mut text: &[u8], words: &mut Vec<Vec<u8>>) -> Result<(), Problem> {
    let mut count = 0;
    while !text.is_empty() {
        let broken = |text: &[u8]| Problem::expected(text, "a word in double quotes, with \\ before quotes in it");
        text = text.strip_prefix(b"\"").ok_or_else(|| broken(text))?;
        if words.len() == count {
            words.push(Vec::new());
        }
        let word = &mut words[count];
        word.clear();
        count += 1;
        loop {
            let end = text.iter().position(|&byte| byte == b'"' || byte == b'\\').ok_or_else(|| broken(text))?;
            word.extend_from_slice(&text[..end]);
            if text[end] == b'"' {
                text = &text[end + 1..];
                break;
            }
            let (byte, length) = escaped(&text[end + 1..]).ok_or_else(|| broken(&text[end..]))?;
            word.push(byte);
            text = &text[end + 1 + length..];
        }
        text = text.strip_prefix(b" ").unwrap_or(text);
    }
    words.truncate(count);
    Ok(())
}

/// The byte that an escape stands for, and how long the escape is after its backslash.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let plain = match text.first()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'x' => {
            let digits = std::str::from_utf8(text.get(1..3)?).ok()?;
            return Some((u8::from_str_radix(digits, 16).ok()?, 3));
        }
        quoted @ (b'"' | b'\\') => *quoted,
        _ => return None,
    };
    Some((plain, 1))
}

impl<R: BufRead> Monitor<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Monitor<R> {
        Monitor {
            lines: Lines::new(reader, LINE_BYTES_MAX),
            clients: Interner::default(),
            commands: Commands::default(),
            words: Vec::new(),
        }
    }

    /// What was left out, and why.
    pub fn left_out(&self) -> &LeftOut {
        self.commands.left_out()
    }

    /// Forgets keys; see [`Records::forget`](super::Records::forget).
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool, keys: &mut Table) {
        self.commands.forget(keep, keys);
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The next request.
    pub fn read(&mut self, keys: &mut Table) -> Result<Option<Record>, TraceError> {
        loop {
            if let Some(record) = self.commands.next() {
                return Ok(Some(record));
            }
            let begun = self.lines.number;
            let Some(line) = self.lines.next()? else {
                return if begun == 0 { Err(lines::empty("one line of MONITOR's output")) } else { Ok(None) };
            };
            if line == b"OK" {
                continue;
            }
            let read = parts(line).and_then(|parts| {
                unquote(parts.words, &mut self.words)?;
                let database = whole(parts.database, DATABASE_MAX).unwrap_or(0);
                let (client, of_script) = (Some(self.clients.id(parts.client)), parts.client == b"lua");
                Ok(Line { at: Nanos(parts.time_ns), database, client, of_script })
            });
            let done = read.and_then(|line| self.commands.take(line, &mut self.words, keys));
            done.map_err(|problem| self.lines.wrong(problem))?;
        }
    }
}
