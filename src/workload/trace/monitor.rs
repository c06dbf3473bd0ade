//! What `redis-cli MONITOR` prints: every command a Redis server was given.
//!
//! `1339518083.107412 [0 127.0.0.1:60866] "get" "user:7"`: time (s), database and client, then the command's words in
//! double quotes with `\"`, `\\`, `\n`, `\r`, `\t`, `\a`, `\b` and `\xHH` in them. The first line may be `OK`. Commands on
//! single keys become requests; those on several keys (`MGET`, `MSET`, `DEL` …) become one for each. Reading commands
//! read, `SET` and its like write, what makes a new value from the old one (`INCR`, `APPEND`, `HSET`, `LPUSH` …) modifies,
//! `DEL` and `UNLINK` delete. `EXPIRE` and its like are no requests: they say how long the value there lives. An entry
//! is as large as its key and its value. Commands that name no key, or are not known here, are counted by name and
//! told. Keys of different databases are different keys. Redis, `replicationFeedMonitors` and `sdscatrepr`.

use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;

use super::error::shown;
use super::lines::{self, Lines, whole};
use super::monitor_line::{self, is_noise, parts, unquote};
use super::{Interner, Problem, Record, Step, Table, TraceError};
use crate::keyspace::{Command, Expiry, Only, OnlyExpiry};
use crate::time::Nanos;

/// The longest line: values stand in it.
const LINE_BYTES_MAX: usize = 16 << 20;

/// The most different names of commands that are counted one by one.
const NAMES_MAX: usize = 200;

/// So many lines of others may come before the first command.
const STRANGERS_MAX: u64 = 100;

/// Commands as requests. See the [module](self).
pub struct Monitor<R> {
    lines: Lines<R>,
    clients: Interner,
    waiting: VecDeque<Record>,
    left_out: BTreeMap<String, u64>,
    words: Vec<Vec<u8>>,
    /// The time of the line read last, as it stands there.
    time: Vec<u8>,
    commands: u64,
    /// Whether something stands before each line, as where the logs of several containers are put together.
    has_prefix: bool,
    /// Lines that are no command's, and the first of them.
    strangers: u64,
    first_stranger: String,
    /// What is wrong with it, for a file without any command.
    first_problem: Option<TraceError>,
    /// A last line that is cut off.
    cut_off: Option<String>,
}

/// What a command does with the keys it names.
#[derive(Clone)]
enum Does {
    /// This, to the first key; its value is in this word, if anywhere.
    One(Command, Option<usize>),
    /// This, to every word after the command.
    Each(Command),
    /// Writes pairs of keys and values.
    Pairs,
    /// `SET key value`, with options.
    Set,
    /// `SETEX key time value`: a time of so many nanoseconds.
    SetFor(u64),
    /// `EXPIRE key time`.
    ExpireIn(u64),
    /// `EXPIREAT key time`.
    ExpireAt(u64),
    /// `PERSIST key`.
    Persist,
}

const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

fn meaning(command: &[u8]) -> Option<Does> {
    use Command::{Delete, Read};
    const MODIFY: Command = Command::Change { creates: true };
    const WRITE: Command = Command::Store { expiry: Expiry::Never, only: Only::Always };
    const WRITE_NX: Command = Command::Store { expiry: Expiry::Never, only: Only::IfAbsent };
    Some(match command {
        b"get" | b"getex" | b"strlen" | b"getrange" | b"substr" | b"getbit" | b"bitcount" | b"bitpos" | b"type"
        | b"ttl" | b"pttl" | b"dump" | b"hget" | b"hmget" | b"hgetall" | b"hexists" | b"hlen" | b"hkeys" | b"hvals"
        | b"hscan" | b"hstrlen" | b"hrandfield" | b"lrange" | b"lindex" | b"llen" | b"lpos" | b"smembers"
        | b"sismember" | b"smismember" | b"scard" | b"srandmember" | b"sscan" | b"zrange" | b"zrevrange"
        | b"zrangebyscore" | b"zrevrangebyscore" | b"zrangebylex" | b"zscore" | b"zmscore" | b"zrank" | b"zrevrank"
        | b"zcard" | b"zcount" | b"zscan" | b"geopos" | b"geodist" | b"geosearch" | b"xrange" | b"xrevrange"
        | b"xlen" => Does::One(Read, None),
        b"mget" | b"exists" | b"touch" | b"pfcount" => Does::Each(Read),
        b"set" => Does::Set,
        b"setnx" => Does::One(WRITE_NX, Some(2)),
        b"getset" => Does::One(WRITE, Some(2)),
        b"restore" => Does::One(WRITE, Some(3)),
        b"setex" => Does::SetFor(SECOND),
        b"psetex" => Does::SetFor(MILLISECOND),
        b"mset" | b"msetnx" => Does::Pairs,
        b"incr" | b"decr" | b"incrby" | b"decrby" | b"incrbyfloat" | b"append" | b"setrange" | b"setbit"
        | b"bitfield" | b"hset" | b"hsetnx" | b"hmset" | b"hincrby" | b"hincrbyfloat" | b"hdel" | b"lpush"
        | b"rpush" | b"lpushx" | b"rpushx" | b"lpop" | b"rpop" | b"lset" | b"lrem" | b"ltrim" | b"linsert"
        | b"sadd" | b"srem" | b"spop" | b"zadd" | b"zincrby" | b"zrem" | b"zpopmin" | b"zpopmax"
        | b"zremrangebyrank" | b"zremrangebyscore" | b"zremrangebylex" | b"pfadd" | b"geoadd" | b"xadd" | b"xtrim"
        | b"xdel" => Does::One(MODIFY, None),
        b"del" | b"unlink" => Does::Each(Delete),
        b"getdel" => Does::One(Delete, None),
        b"expire" => Does::ExpireIn(SECOND),
        b"pexpire" => Does::ExpireIn(MILLISECOND),
        b"expireat" => Does::ExpireAt(SECOND),
        b"pexpireat" => Does::ExpireAt(MILLISECOND),
        b"persist" => Does::Persist,
        _ => return None,
    })
}

impl<R: BufRead> Monitor<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Monitor<R> {
        Monitor {
            lines: Lines::new(reader, LINE_BYTES_MAX),
            clients: Interner::default(),
            waiting: VecDeque::new(),
            left_out: BTreeMap::new(),
            words: Vec::new(),
            time: Vec::new(),
            commands: 0,
            has_prefix: false,
            strangers: 0,
            first_stranger: String::new(),
            first_problem: None,
            cut_off: None,
        }
    }

    /// The time of the line read last, as it stands there.
    pub fn time(&self) -> &[u8] {
        &self.time
    }

    /// What the reader should know.
    pub fn notes(&self) -> Vec<String> {
        let strangers = (self.strangers > 0).then(|| {
            format!(
                "lines that MONITOR did not print are left out: {} (the first is {})",
                self.strangers, self.first_stranger
            )
        });
        let cut_off = self.cut_off.as_ref().map(|line| format!("the last line is cut off and left out: {line}"));
        strangers.into_iter().chain(cut_off).collect()
    }

    /// Commands that became no request, by name.
    pub fn left_out(&self) -> &BTreeMap<String, u64> {
        &self.left_out
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The next request.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        if let Some(record) = self.waiting.pop_front() {
            return Ok(Step::Record(record));
        }
        let Some(line) = self.lines.next_or_empty()? else {
            let mut none = || self.first_problem.take().unwrap_or_else(|| lines::empty("one line of MONITOR's output"));
            return if self.commands == 0 { Err(none()) } else { Ok(Step::End) };
        };
        let read = parts(line).and_then(|parts| {
            unquote(parts.words, &mut self.words)?;
            self.has_prefix |= !parts.prefix.is_empty();
            self.time.clear();
            self.time.extend_from_slice(parts.time);
            let database = whole(parts.database, 1 << 20).unwrap_or(0);
            let client = parts.client.map(|client| self.clients.id(client));
            Ok(Line { at: Nanos(parts.time_ns), database, client })
        });
        let done = read.and_then(|line| self.command(line, keys));
        match done {
            Ok(()) => self.commands += 1,
            Err(_) if is_noise(self.lines.present()) => {}
            Err(problem) => self.stranger(problem)?,
        }
        Ok(self.waiting.pop_front().map_or(Step::Nothing, Step::Record))
    }

    /// A line that is no command's: an error, unless other programs' lines are to be expected, or it is cut off.
    #[cold]
    fn stranger(&mut self, problem: Problem) -> Result<(), TraceError> {
        let line = self.lines.present();
        if self.lines.is_unfinished() && self.commands > 0 && matches!(problem, Problem::Expected { .. }) {
            self.cut_off = Some(shown(line));
        } else if (self.has_prefix || self.commands == 0) && !monitor_line::is_line(line) {
            if self.strangers == 0 {
                self.first_stranger = format!("line {}: {}", self.lines.number, shown(line));
                self.first_problem = Some(self.lines.wrong(problem));
            }
            self.strangers += 1;
            if self.commands == 0 && self.strangers == STRANGERS_MAX {
                return self.first_problem.take().map_or(Ok(()), Err);
            }
        } else {
            return Err(self.lines.wrong(problem));
        }
        Ok(())
    }

    fn command(&mut self, line: Line, keys: &mut Table) -> Result<(), Problem> {
        self.words[0].make_ascii_lowercase();
        let words = &self.words;
        let Some(does) = meaning(&words[0]).filter(|_| words.len() > 1) else {
            leave_out(&mut self.left_out, &words[0]);
            return Ok(());
        };
        let mut ask = |word: usize, command, value: Option<usize>| {
            let key = line.key(&words[word], keys)?;
            let value_bytes = value.and_then(|value| words.get(value)).map(Vec::len);
            let size = value_bytes.map(|bytes| (bytes + words[word].len()) as u32);
            let (at, command, client) = (Some(line.at), Some(command), line.client);
            self.waiting.push_back(Record { key, at, command, size, client, ..Record::default() });
            Ok(())
        };
        let store = |expiry| Command::Store { expiry, only: Only::Always };
        let expire = |to| Command::Expire { to, only: OnlyExpiry::Always };
        match does {
            Does::One(command, value) => ask(1, command, value),
            Does::Each(command) => (1..words.len()).try_for_each(|word| ask(word, command.clone(), None)),
            Does::Pairs => {
                (1..words.len()).step_by(2).try_for_each(|word| ask(word, store(Expiry::Never), Some(word + 1)))
            }
            Does::Set => ask(1, store(set_expiry(words)?), Some(2)),
            Does::SetFor(unit) => ask(1, store(Expiry::In(time_word(words, 2, unit)?)), Some(3)),
            Does::ExpireIn(unit) => ask(1, expire(Expiry::In(time_word(words, 2, unit)?)), None),
            Does::ExpireAt(unit) => ask(1, expire(Expiry::At(time_word(words, 2, unit)?)), None),
            Does::Persist => ask(1, expire(Expiry::Never), None),
        }
    }
}

/// Counts a command that becomes no request. However many names there are, memory stays bounded.
fn leave_out(counts: &mut BTreeMap<String, u64>, command: &[u8]) {
    let name: String = String::from_utf8_lossy(command).chars().take(40).collect();
    let name = if counts.len() >= NAMES_MAX && !counts.contains_key(&name) { "others".to_owned() } else { name };
    *counts.entry(name).or_default() += 1;
}

/// What stands before the words of a line.
#[derive(Clone, Copy)]
struct Line {
    at: Nanos,
    database: u64,
    client: Option<u32>,
}

impl Line {
    /// The id of a key; keys of databases other than 0 have the number before them.
    fn key(&self, name: &[u8], keys: &mut Table) -> Result<u32, Problem> {
        if self.database == 0 {
            return keys.bytes(name);
        }
        keys.bytes(&[format!("\0{}\0", self.database).as_bytes(), name].concat())
    }
}

/// A word that says a length of time or a moment. Negative ones are over at once.
fn time_word(words: &[Vec<u8>], word: usize, unit: u64) -> Result<Nanos, Problem> {
    let text: &[u8] = words.get(word).map_or(b"", Vec::as_slice);
    if text.first() == Some(&b'-') && whole(&text[1..], u64::MAX).is_some() {
        return Ok(Nanos(1));
    }
    let number =
        whole(text, u64::MAX).ok_or_else(|| Problem::expected(text, "a whole number of seconds or milliseconds"))?;
    Ok(Nanos(number.saturating_mul(unit)))
}

/// The expiry that the options of a `SET` give.
fn set_expiry(words: &[Vec<u8>]) -> Result<Expiry, Problem> {
    for word in 3..words.len() {
        let after = |unit| time_word(words, word + 1, unit);
        match words[word].to_ascii_lowercase().as_slice() {
            b"ex" => return after(SECOND).map(Expiry::In),
            b"px" => return after(MILLISECOND).map(Expiry::In),
            b"exat" => return after(SECOND).map(Expiry::At),
            b"pxat" => return after(MILLISECOND).map(Expiry::At),
            b"keepttl" => return Ok(Expiry::Keep),
            _ => {}
        }
    }
    Ok(Expiry::Never)
}
