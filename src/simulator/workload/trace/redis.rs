//! Redis' commands by what they do to keys.
//!
//! A command and its words become one or more [`Command`]s on keys: those that read and then write (`GETSET`) two, those on
//! several keys (`MGET`) one for each. Which look-ups count as hits and misses is Redis' own rule: those by commands that
//! read (`lookupKeyRead`) do, those by commands that write (`lookupKeyWrite`) do not. A command whose words the server must
//! have refused does nothing. Redis 7.0, `src/*.c`; names that later versions added do what they do there.

mod numbers;
mod reads;
mod streams;

use super::Problem;
use super::left_out::Reason;
use crate::keyspace::{
    Aggregate, Combine, Combining, Command, Elements, End, Expiry, Flush, Kind, Limit, Member, Only, OnlyExpiry, Range,
    Resize, ScoresHow, Scoring, SetOperation, Sort, Text, Wait, Waiters,
};
use crate::time::Nanos;
pub use numbers::integer;
use numbers::number;
use reads::{By, Reading, SortedRange, read_keys, read_of, reading, sorted_range};
use streams::streams;

/// Why a command becomes nothing.
#[derive(Debug)]
pub enum Not {
    /// It is left out.
    LeftOut(Reason),
    /// The trace cannot be read on.
    Wrong(Problem),
}

impl From<Problem> for Not {
    fn from(problem: Problem) -> Not {
        Not::Wrong(problem)
    }
}

const REFUSED: Not = Not::LeftOut(Reason::Refused);

/// Databases, their keys and where records go.
pub trait Sink {
    /// The id of a key of the database in use.
    fn key(&mut self, name: &[u8]) -> Result<u32, Problem>;
    /// The id of a key of another database; `None` where there is no such database.
    fn key_of(&mut self, database: &[u8], name: &[u8]) -> Result<Option<u32>, Problem>;
    /// What stood in one database stands in another, and the other way round; false where there is no such database.
    fn swap(&mut self, one: &[u8], other: &[u8]) -> Result<bool, Problem>;
    /// Every key of the database in use that may be there.
    fn flushed(&mut self) -> Flush;
    /// Every key of any database may be gone.
    fn flushed_all(&mut self);
    /// Something that a record says: a key, a command, and how large the entry is, in bytes.
    fn put(&mut self, key: u32, command: Command, size: Option<usize>);
    /// Besides what it became, a command is left out in part.
    fn in_part(&mut self, reason: Reason);
    /// When.
    fn now(&self) -> Nanos;
}

/// A command's words, its name first and in small letters.
#[derive(Clone, Copy)]
struct Words<'a>(&'a [Vec<u8>]);

/// The most bits of a text: of 512 MiB.
const BITS_MAX: u64 = 1 << 32;
const MILLISECOND: u64 = 1_000_000;
const SECOND_MS: i64 = 1_000;

impl<'a> Words<'a> {
    fn len(self) -> usize {
        self.0.len()
    }

    /// A word that must be there.
    fn word(self, place: usize) -> Result<&'a [u8], Not> {
        self.0.get(place).map(Vec::as_slice).ok_or(REFUSED)
    }

    /// A word in small letters, or nothing.
    fn option(self, place: usize) -> Vec<u8> {
        self.0.get(place).map(|word| word.to_ascii_lowercase()).unwrap_or_default()
    }

    fn is(self, place: usize, option: &[u8]) -> bool {
        self.0.get(place).is_some_and(|word| word.eq_ignore_ascii_case(option))
    }

    fn integer(self, place: usize) -> Result<i64, Not> {
        integer(self.word(place)?).ok_or(REFUSED)
    }

    /// A whole number from 0 on.
    fn count(self, place: usize) -> Result<u64, Not> {
        u64::try_from(self.integer(place)?).map_err(|_| REFUSED)
    }

    fn number(self, place: usize) -> Result<f64, Not> {
        number(self.word(place)?).ok_or(REFUSED)
    }

    /// A finite number that may be larger than others.
    fn long_number(self, place: usize) -> Result<f64, Not> {
        numbers::long_number(self.word(place)?).ok_or(REFUSED)
    }

    fn member(self, place: usize) -> Result<Member, Not> {
        Ok(Member::new(self.word(place)?))
    }

    fn members(self, from: usize) -> Result<Vec<Member>, Not> {
        if from >= self.len() {
            return Err(REFUSED);
        }
        Ok(self.0[from..].iter().map(|word| Member::new(word)).collect())
    }

    /// `numkeys key …`: where the keys stand, and where they end.
    fn counted(self, place: usize) -> Result<std::ops::Range<usize>, Not> {
        let count = usize::try_from(self.integer(place)?).map_err(|_| REFUSED)?;
        let end = (place + 1).checked_add(count).filter(|&end| count > 0 && end <= self.len()).ok_or(REFUSED)?;
        Ok(place + 1..end)
    }
}

/// The expiry of a value that ends at this millisecond since 1970: it is good up to and including it.
fn until(end_ms: i64) -> Expiry {
    match u64::try_from(end_ms) {
        Ok(ms) => {
            Expiry::At(Nanos(ms.saturating_add(1).saturating_mul(MILLISECOND).saturating_sub(1).min(u64::MAX - 1)))
        }
        Err(_) => Expiry::At(Nanos::ZERO),
    }
}

fn now_ms(sink: &impl Sink) -> i64 {
    (sink.now().0 / MILLISECOND) as i64
}

/// Stores this value.
fn store(expiry: Expiry, only: Only, value: &[u8]) -> Command {
    Command::Store { expiry, only, text: Text::of(value) }
}

/// Gives `sink` what a command does. The first word is its name, in small letters.
pub fn translate(words: &[Vec<u8>], sink: &mut impl Sink) -> Result<(), Not> {
    let words = Words(words);
    let name = words.word(0)?;
    if let Some(read) = reading(name) {
        return read_keys(words, read, sink);
    }
    match name {
        b"set" | b"setnx" | b"setex" | b"psetex" | b"getset" | b"getex" | b"getdel" | b"mset" | b"msetnx"
        | b"msetex" | b"append" | b"incr" | b"decr" | b"incrby" | b"decrby" | b"incrbyfloat" | b"setrange"
        | b"setbit" | b"bitfield" | b"bitop" | b"pfadd" | b"pfmerge" => texts(name, words, sink),
        b"delex" if words.len() == 2 => whole_keys(b"del", words, sink),
        b"del" | b"unlink" | b"expire" | b"pexpire" | b"expireat" | b"pexpireat" | b"persist" | b"rename"
        | b"renamenx" | b"copy" | b"move" | b"swapdb" | b"flushall" | b"flushdb" | b"restore" | b"restore-asking"
        | b"migrate" => whole_keys(name, words, sink),
        b"lpush" | b"rpush" | b"lpushx" | b"rpushx" | b"linsert" | b"lset" | b"lrem" | b"ltrim" | b"lpop" | b"rpop"
        | b"lmpop" | b"blmpop" | b"blpop" | b"brpop" | b"lmove" | b"blmove" | b"rpoplpush" | b"brpoplpush" => {
            lists(name, words, sink)
        }
        b"sadd" | b"srem" | b"spop" | b"smove" | b"sunionstore" | b"sinterstore" | b"sdiffstore" => {
            sets(name, words, sink)
        }
        b"hset" | b"hmset" | b"hsetnx" | b"hincrby" | b"hincrbyfloat" | b"hdel" | b"hgetdel" | b"hsetex"
        | b"hexpire" | b"hpexpire" | b"hexpireat" | b"hpexpireat" => hashes(name, words, sink),
        b"zadd" | b"zincrby" | b"zrem" | b"zremrangebyrank" | b"zremrangebyscore" | b"zremrangebylex" | b"zpopmin"
        | b"zpopmax" | b"bzpopmin" | b"bzpopmax" | b"zmpop" | b"bzmpop" | b"zunionstore" | b"zinterstore"
        | b"zdiffstore" | b"zrangestore" | b"geoadd" | b"geosearchstore" => sorted_sets(name, words, sink),
        b"xadd" | b"xtrim" | b"xdel" | b"xsetid" | b"xgroup" | b"xread" | b"xreadgroup" => streams(name, words, sink),
        b"sort" | b"sort_ro" => sort(words, sink),
        b"client" if words.is(1, b"kill") || words.is(1, b"unblock") => {
            sink.in_part(Reason::NoKey);
            sink.put(super::NO_KEY, Command::Waiting(Waiters::Doubtful), None);
            Ok(())
        }
        b"georadius" | b"georadiusbymember" => places_near(name, words, sink),
        _ => Err(Not::LeftOut(why_not(words))),
    }
}

/// Why a command that is none of the others is left out.
fn why_not(words: Words<'_>) -> Reason {
    match words.0[0].as_slice() {
        b"replicaof" | b"slaveof" if !(words.is(1, b"no") && words.is(2, b"one")) => Reason::Others,
        b"debug" if [&b"populate"[..], b"reload", b"loadaof"].iter().any(|word| words.is(1, word)) => Reason::Others,
        b"ping" | b"echo" | b"select" | b"auth" | b"hello" | b"quit" | b"reset" | b"client" | b"config" | b"info"
        | b"multi" | b"exec" | b"discard" | b"watch" | b"unwatch" | b"subscribe" | b"psubscribe" | b"ssubscribe"
        | b"unsubscribe" | b"punsubscribe" | b"sunsubscribe" | b"publish" | b"spublish" | b"pubsub" | b"monitor"
        | b"command" | b"time" | b"lastsave" | b"role" | b"wait" | b"waitaof" | b"readonly" | b"readwrite"
        | b"asking" | b"cluster" | b"script" | b"function" | b"keys" | b"randomkey" | b"dbsize" | b"memory"
        | b"object" | b"slowlog" | b"latency" | b"debug" | b"shutdown" | b"save" | b"bgsave" | b"bgrewriteaof"
        | b"replicaof" | b"slaveof" | b"psync" | b"sync" | b"replconf" | b"lolwut" | b"acl" | b"module"
        | b"failover" => Reason::NoKey,
        b"scan" if (2..words.len()).any(|place| words.is(place, b"type")) => Reason::Unnamed,
        b"scan" => Reason::NoKey,
        b"eval" | b"evalsha" | b"eval_ro" | b"evalsha_ro" | b"fcall" | b"fcall_ro" => Reason::Script,
        b"hpersist" | b"hgetex" | b"delex" | b"delifeq" => Reason::NotKept,
        _ => Reason::Unknown,
    }
}

// ---- Texts ----

/// What the options of `SET` and its like say.
struct Options {
    expiry: Expiry,
    only: Only,
    gets: bool,
    persists: bool,
    /// The time is none that the server takes.
    bad_time: bool,
}

/// Reads options from a place on, as `parseExtendedStringArgumentsOrReply` does: a set of them that cannot go together is
/// refused.
fn options(words: Words<'_>, from: usize, sets: bool, sink: &impl Sink) -> Result<Options, Not> {
    let mut options =
        Options { expiry: Expiry::Never, only: Only::Always, gets: false, persists: false, bad_time: false };
    let (mut time, mut place) = (None, from);
    let mut keeps = false;
    while place < words.len() {
        let option = words.option(place);
        match option.as_slice() {
            b"nx" if sets && options.only != Only::IfPresent => options.only = Only::IfAbsent,
            b"xx" if sets && options.only != Only::IfAbsent => options.only = Only::IfPresent,
            b"get" if sets => options.gets = true,
            b"keepttl" if sets && time.is_none() => keeps = true,
            b"persist" if !sets && time.is_none() => options.persists = true,
            b"ex" | b"px" | b"exat" | b"pxat" if !keeps && !options.persists && place + 1 < words.len() => {
                if time.as_ref().is_some_and(|(other, _)| *other != option) {
                    return Err(REFUSED);
                }
                time = Some((option, place + 1));
                place += 1;
            }
            b"ifeq" | b"ifne" | b"ifdeq" | b"ifdne" if sets => return Err(Not::LeftOut(Reason::NotKept)),
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    if keeps {
        options.expiry = Expiry::Keep;
    }
    if let Some((unit, place)) = time {
        match end_ms(&unit, words.word(place)?, sink) {
            Some(end_ms) => options.expiry = until(end_ms),
            None => options.bad_time = true,
        }
    }
    Ok(options)
}

/// The millisecond since 1970 that an option such as `EX 10` names; `None` where the server refuses it.
fn end_ms(unit: &[u8], word: &[u8], sink: &impl Sink) -> Option<i64> {
    let time = integer(word).filter(|&time| time > 0)?;
    let ms = if matches!(unit, b"ex" | b"exat") { time.checked_mul(SECOND_MS)? } else { time };
    if matches!(unit, b"ex" | b"px") { ms.checked_add(now_ms(sink)) } else { Some(ms) }
}

fn texts(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let store = |expiry, only, value| Ok::<_, Not>((store(expiry, only, words.word(value)?), Some(value)));
    let (command, value) = match name {
        b"set" => return set(words, sink),
        b"setnx" => store(Expiry::Never, Only::IfAbsent, 2)?,
        b"setex" | b"psetex" => {
            let unit: &[u8] = if name == b"setex" { b"ex" } else { b"px" };
            let expiry = until(end_ms(unit, words.word(2)?, sink).ok_or(REFUSED)?);
            store(expiry, Only::Always, 3)?
        }
        b"getset" | b"getdel" | b"getex" => return get_and(name, words, sink),
        b"mset" | b"msetnx" | b"msetex" => return set_many(name, words, sink),
        b"append" | b"incr" | b"decr" | b"incrby" | b"decrby" | b"incrbyfloat" | b"setrange" | b"setbit" => {
            return change(name, words, sink);
        }
        b"bitfield" => return change_bits(words, sink),
        b"pfadd" => return elements(words, 1, Elements::Sketch, sink),
        b"pfmerge" => return combine(words, 1, 1..words.len(), Combining::Merged, sink),
        _ => {
            let operation = words.option(1);
            let sources = 3..words.len();
            let known = matches!(operation.as_slice(), b"and" | b"or" | b"xor" | b"not");
            if !known || operation == b"not" && sources.len() != 1 || sources.is_empty() {
                return Err(REFUSED);
            }
            return combine(words, 2, sources, Combining::Text, sink);
        }
    };
    let size = value.map(|place| entry_size(words, 1, place)).transpose()?;
    let key = sink.key(words.word(1)?)?;
    sink.put(key, command, size);
    Ok(())
}

/// Commands that change a text, or make one. What `INCR` and its like make of one that is there has about as many digits.
fn change(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let name_bytes = words.word(1)?.len();
    let (size, value_bytes) = match name {
        // Nothing added to nothing is a text without bytes.
        b"append" if words.word(2)?.is_empty() => {
            let key = sink.key(words.word(1)?)?;
            sink.put(key, store(Expiry::Never, Only::IfAbsent, b""), Some(name_bytes));
            return Ok(());
        }
        b"append" => {
            let added = words.word(2)?.len();
            (Resize::By(bytes(added)), added)
        }
        b"incr" | b"decr" => (Resize::By(0), if name == b"incr" { 1 } else { 2 }),
        b"incrby" => (Resize::By(0), words.integer(2)?.to_string().len()),
        b"decrby" => {
            let negative = words.integer(2)?.checked_neg().ok_or(REFUSED)?;
            (Resize::By(0), negative.to_string().len())
        }
        b"incrbyfloat" => (Resize::By(0), words.long_number(2)?.to_string().len()),
        b"setrange" => {
            let (offset, added) = (words.count(2)? as usize, words.word(3)?.len());
            if added > 0 && offset.saturating_add(added) as u64 > BITS_MAX / 8 {
                return Err(REFUSED);
            }
            (if added == 0 { Resize::By(0) } else { Resize::AtLeast }, offset.saturating_add(added))
        }
        _ => {
            let (offset, bit) = (words.count(2)?, words.integer(3)?);
            if offset >= BITS_MAX || !(0..=1).contains(&bit) {
                return Err(REFUSED);
            }
            (Resize::AtLeast, offset as usize / 8 + 1)
        }
    };
    let creates = name != b"setrange" || size == Resize::AtLeast;
    let key = sink.key(words.word(1)?)?;
    sink.put(key, Command::Change { creates, size }, Some(name_bytes.saturating_add(value_bytes)));
    Ok(())
}

/// A number of bytes as far as it is counted.
fn bytes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A key and its value, in bytes.
fn entry_size(words: Words<'_>, key: usize, value: usize) -> Result<usize, Not> {
    Ok(words.word(key)?.len() + words.word(value)?.len())
}

fn set(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let options = options(words, 3, true, sink)?;
    let size = entry_size(words, 1, 2)?;
    if options.bad_time {
        return Err(REFUSED);
    }
    let key = sink.key(words.word(1)?)?;
    let store = store(options.expiry, options.only, words.word(2)?);
    if options.gets {
        sink.put(key, Command::Read, None);
        sink.put(key, Command::UnlessNoText(Box::new(store)), Some(size));
    } else {
        sink.put(key, store, Some(size));
    }
    Ok(())
}

/// Commands that read a text and then do something to it.
fn get_and(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let (then, size) = match name {
        b"getset" => (Some(store(Expiry::Never, Only::Always, words.word(2)?)), Some(entry_size(words, 1, 2)?)),
        b"getdel" => (Some(Command::Delete), None),
        _ => {
            let options = options(words, 2, false, sink)?;
            let to = if options.persists { Some(Expiry::Never) } else { Some(options.expiry) };
            let given = options.persists || options.expiry != Expiry::Never;
            // A time that is none is refused only after the look-up.
            let to = to.filter(|_| given && !options.bad_time);
            (to.map(|to| Command::Expire { to, only: OnlyExpiry::Always }), None)
        }
    };
    let key = sink.key(words.word(1)?)?;
    sink.put(key, Command::Read, None);
    if let Some(then) = then {
        sink.put(key, Command::UnlessNoText(Box::new(then)), size);
    }
    Ok(())
}

fn set_many(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let (pairs, options) = if name == b"msetex" {
        let count = usize::try_from(words.integer(1)?).map_err(|_| REFUSED)?;
        let end = count.checked_mul(2).and_then(|words| words.checked_add(2)).filter(|&end| end <= words.len());
        let end = end.ok_or(REFUSED)?;
        (2..end, options(words, end, true, sink)?)
    } else {
        (1..words.len(), options(words, words.len(), true, sink)?)
    };
    if pairs.len() % 2 == 1 || pairs.is_empty() || options.bad_time || options.gets {
        return Err(REFUSED);
    }
    let mut keys = Vec::with_capacity(pairs.len() / 2);
    for place in pairs.step_by(2) {
        let text = Text::of(words.word(place + 1)?);
        keys.push((sink.key(words.word(place)?)?, entry_size(words, place, place + 1)?, text));
    }
    let only = if name == b"msetnx" { Only::IfAbsent } else { options.only };
    if only == Only::Always {
        keys.into_iter().for_each(|(key, size, text)| {
            sink.put(key, Command::Store { expiry: options.expiry, only, text }, Some(size));
        });
    } else {
        let keys: Box<[(u32, u32, Text)]> =
            keys.into_iter().map(|(key, size, text)| (key, bytes(size), text)).collect();
        let first = keys[0].0;
        let all = Command::StoreAll { keys, expiry: options.expiry, only };
        sink.put(first, all, None);
    }
    Ok(())
}

/// The operations of `BITFIELD`: the bit after the last one that is written, if any is.
fn bit_fields(words: Words<'_>) -> Result<Option<u64>, Not> {
    let (mut place, mut bits) = (2, None);
    while place < words.len() {
        let writes = match words.option(place).as_slice() {
            b"get" => false,
            b"set" | b"incrby" => {
                words.integer(place + 3)?;
                true
            }
            b"overflow" if matches!(words.option(place + 1).as_slice(), b"wrap" | b"sat" | b"fail") => {
                place += 2;
                continue;
            }
            _ => return Err(REFUSED),
        };
        let end = bit_field(words, place)?;
        bits = bits.max(writes.then_some(end));
        place += if writes { 4 } else { 3 };
    }
    Ok(bits)
}

/// `BITFIELD` reads if all it does is to get.
fn change_bits(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let bits = bit_fields(words)?;
    let key = sink.key(words.word(1)?)?;
    match bits {
        Some(bits) => {
            let size = words.word(1)?.len() + (bits as usize).div_ceil(8);
            sink.put(key, Command::Change { creates: true, size: Resize::AtLeast }, Some(size));
        }
        None => sink.put(key, Command::Read, None),
    }
    Ok(())
}

/// A type such as `u8` and a place such as `0` or `#3`: the bit after the last one.
fn bit_field(words: Words<'_>, place: usize) -> Result<u64, Not> {
    let kind = words.word(place + 1)?;
    let bits = kind.get(1..).and_then(integer).ok_or(REFUSED)?;
    let most = if kind[0] == b'i' { 64 } else { 63 };
    let offset = words.word(place + 2)?;
    let offset = match offset.strip_prefix(b"#") {
        Some(field) => integer(field).and_then(|field| field.checked_mul(bits)),
        None => integer(offset),
    };
    let offset = offset.and_then(|offset| u64::try_from(offset).ok()).filter(|&offset| offset < BITS_MAX);
    let good = matches!(kind[0], b'i' | b'u') && (1..=most).contains(&bits);
    offset.filter(|_| good).map(|offset| offset + bits as u64).ok_or(REFUSED)
}

// ---- Whole keys ----

fn whole_keys(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    match name {
        b"del" | b"unlink" => {
            words.word(1)?;
            for word in &words.0[1..] {
                let key = sink.key(word)?;
                sink.put(key, Command::Delete, None);
            }
            return Ok(());
        }
        b"flushall" | b"flushdb" => {
            let known = words.len() == 1 || words.len() == 2 && (words.is(1, b"async") || words.is(1, b"sync"));
            if !known {
                return Err(REFUSED);
            }
            let flush = if name == b"flushdb" { sink.flushed() } else { Flush::All };
            if flush == Flush::All {
                sink.flushed_all();
            }
            sink.put(super::NO_KEY, Command::Flush(flush), None);
            return Ok(());
        }
        b"swapdb" => {
            let swapped = sink.swap(words.word(1)?, words.word(2)?)?;
            return if swapped { Ok(()) } else { Err(REFUSED) };
        }
        b"migrate" => return migrate(words, sink),
        _ => {}
    }
    let key = sink.key(words.word(1)?)?;
    let (command, size) = match name {
        b"expire" | b"pexpire" | b"expireat" | b"pexpireat" => (expire(name, words, sink)?, None),
        b"persist" => (Command::Expire { to: Expiry::Never, only: OnlyExpiry::Always }, None),
        b"rename" | b"renamenx" => {
            let to = sink.key(words.word(2)?)?;
            (Command::Rename { to, only_if_absent: name == b"renamenx", longer: longer(words)? }, None)
        }
        b"move" => match sink.key_of(words.word(2)?, words.word(1)?)? {
            Some(to) if to != key => (Command::Rename { to, only_if_absent: true, longer: 0 }, None),
            _ => return Err(REFUSED),
        },
        b"copy" => (copy(key, words, sink)?, None),
        _ => (restore(words, sink)?, Some(entry_size(words, 1, 3)?)),
    };
    sink.put(key, command, size);
    Ok(())
}

fn expire(name: &[u8], words: Words<'_>, sink: &impl Sink) -> Result<Command, Not> {
    let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
    for place in 3..words.len() {
        match words.option(place).as_slice() {
            b"nx" => nx = true,
            b"xx" => xx = true,
            b"gt" => gt = true,
            b"lt" => lt = true,
            _ => return Err(REFUSED),
        }
    }
    let only = match (nx, xx, gt, lt) {
        (false, false, false, false) => OnlyExpiry::Always,
        (true, false, false, false) => OnlyExpiry::IfNone,
        (false, true, false, false) => OnlyExpiry::IfSome,
        (false, _, true, false) => OnlyExpiry::IfEarlier,
        (false, false, false, true) => OnlyExpiry::IfLater,
        (false, true, false, true) => OnlyExpiry::IfSomeLater,
        _ => return Err(REFUSED),
    };
    let time = words.integer(2)?;
    let ms = if matches!(name, b"expire" | b"expireat") { time.checked_mul(SECOND_MS) } else { Some(time) };
    let base = if matches!(name, b"expire" | b"pexpire") { now_ms(sink) } else { 0 };
    let end = ms.and_then(|ms| ms.checked_add(base)).ok_or(REFUSED)?;
    Ok(Command::Expire { to: until(end), only })
}

fn copy(key: u32, words: Words<'_>, sink: &mut impl Sink) -> Result<Command, Not> {
    let (mut database, mut replace, mut place) = (None, false, 3);
    while place < words.len() {
        match words.option(place).as_slice() {
            b"replace" => replace = true,
            b"db" if place + 1 < words.len() => {
                place += 1;
                database = Some(words.word(place)?);
            }
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let to = match database {
        Some(database) => sink.key_of(database, words.word(2)?)?.ok_or(REFUSED)?,
        None => sink.key(words.word(2)?)?,
    };
    if to == key { Err(REFUSED) } else { Ok(Command::Copy { to, replace, longer: longer(words)? }) }
}

/// How many bytes longer the second name is than the first.
fn longer(words: Words<'_>) -> Result<i32, Not> {
    let (one, other) = (words.word(1)?.len() as i64, words.word(2)?.len() as i64);
    Ok(i32::try_from(other - one).unwrap_or(0))
}

fn restore(words: Words<'_>, sink: &impl Sink) -> Result<Command, Not> {
    let (mut replace, mut absolute, mut place) = (false, false, 4);
    while place < words.len() {
        match words.option(place).as_slice() {
            b"replace" => replace = true,
            b"absttl" => absolute = true,
            b"idletime" | b"freq" if place + 1 < words.len() => {
                place += 1;
                words.count(place)?;
            }
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let ttl = i64::try_from(words.count(2)?).map_err(|_| REFUSED)?;
    let expiry = match ttl {
        0 => Expiry::Never,
        end if absolute => until(end),
        ttl => until(ttl.saturating_add(now_ms(sink))),
    };
    let text = Text::of_dump(words.word(3)?);
    Ok(Command::Restore { expiry, replace, text })
}

/// `MIGRATE host port key|"" database timeout [COPY] [REPLACE] [AUTH …] [KEYS key …]`.
fn migrate(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let copies = (6..words.len()).any(|place| words.is(place, b"copy"));
    let keys = match (6..words.len()).find(|&place| words.is(place, b"keys")) {
        Some(place) if words.word(3)?.is_empty() => place + 1..words.len(),
        Some(_) => return Err(REFUSED),
        None => 3..4,
    };
    for place in keys {
        let key = sink.key(words.word(place)?)?;
        sink.put(key, Command::Read, None);
        if !copies {
            sink.put(key, Command::Delete, None);
        }
    }
    Ok(())
}

// ---- Lists ----

fn elements(words: Words<'_>, place: usize, what: Elements, sink: &mut impl Sink) -> Result<(), Not> {
    let key = sink.key(words.word(place)?)?;
    sink.put(key, Command::Elements(Box::new(what)), None);
    Ok(())
}

fn end(words: Words<'_>, place: usize, names: [&[u8]; 2]) -> Result<End, Not> {
    match words.option(place) {
        option if option == names[0] => Ok(End::First),
        option if option == names[1] => Ok(End::Last),
        _ => Err(REFUSED),
    }
}

/// How long a client waits that gives a time in seconds, 0 for ever.
fn wait(words: Words<'_>, place: usize, sink: &impl Sink) -> Result<Option<Wait>, Not> {
    let seconds = words.number(place)?;
    if seconds < 0.0 || !seconds.is_finite() {
        return Err(REFUSED);
    }
    let until = if seconds == 0.0 { Nanos::MAX } else { sink.now().saturating_add(Nanos::from_secs_f64(seconds)) };
    Ok(Some(Wait { until }))
}

const SIDES: [&[u8]; 2] = [b"left", b"right"];

fn lists(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let first = matches!(name, b"lpush" | b"lpushx" | b"lpop" | b"blpop");
    let side = if first { End::First } else { End::Last };
    let what = match name {
        b"lpush" | b"rpush" | b"lpushx" | b"rpushx" => {
            let only_if_present = matches!(name, b"lpushx" | b"rpushx");
            Elements::Push { end: side, elements: words.members(2)?, only_if_present }
        }
        b"linsert" => {
            let after = end(words, 2, [b"before", b"after"])? == End::Last;
            Elements::Insert { after, pivot: words.member(3)?, element: words.member(4)? }
        }
        b"lset" => Elements::Set { index: words.integer(2)?, element: words.member(3)? },
        b"lrem" => Elements::RemoveEqual { count: words.integer(2)?, element: words.member(3)? },
        b"ltrim" => Elements::Trim { start: words.integer(2)?, stop: words.integer(3)? },
        b"lpop" | b"rpop" => {
            let count = if words.len() > 2 { words.count(2)? } else { 1 };
            Elements::Pop { from: side, count, sorted: false }
        }
        b"lmpop" => return pop_first(words, 1, false, None, sink),
        b"blmpop" => {
            let waits = wait(words, 1, sink)?;
            return pop_first(words, 2, false, waits, sink);
        }
        b"blpop" | b"brpop" => return pop_blocking(words, side, false, sink),
        b"rpoplpush" | b"brpoplpush" => {
            let waits = if name == b"brpoplpush" { wait(words, 3, sink)? } else { None };
            let to = sink.key(words.word(2)?)?;
            Elements::Move { to, from: End::Last, onto: End::First, waits }
        }
        _ => {
            let (from, onto) = (end(words, 3, SIDES)?, end(words, 4, SIDES)?);
            let waits = if name == b"blmove" { wait(words, 5, sink)? } else { None };
            Elements::Move { to: sink.key(words.word(2)?)?, from, onto, waits }
        }
    };
    elements(words, 1, what, sink)
}

/// `numkeys key … LEFT|RIGHT [COUNT n]`, or with MIN and MAX.
fn pop_first(
    words: Words<'_>,
    place: usize,
    sorted: bool,
    waits: Option<Wait>,
    sink: &mut impl Sink,
) -> Result<(), Not> {
    let places = words.counted(place)?;
    let from = end(words, places.end, if sorted { [b"min", b"max"] } else { SIDES })?;
    let count = match words.len() - places.end {
        1 => 1,
        3 if words.is(places.end + 1, b"count") => words.count(places.end + 2)?,
        _ => return Err(REFUSED),
    };
    if count == 0 {
        return Err(REFUSED);
    }
    pop_from(words, places, Elements::PopFirst { keys: Box::default(), from, count, sorted, waits }, sink)
}

/// `key … timeout`.
fn pop_blocking(words: Words<'_>, from: End, sorted: bool, sink: &mut impl Sink) -> Result<(), Not> {
    let last = words.len() - 1;
    let waits = wait(words, last, sink)?;
    pop_from(words, 1..last, Elements::PopFirst { keys: Box::default(), from, count: 1, sorted, waits }, sink)
}

fn pop_from(
    words: Words<'_>,
    places: std::ops::Range<usize>,
    mut what: Elements,
    sink: &mut impl Sink,
) -> Result<(), Not> {
    let first = places.start;
    let ids = places.map(|place| Ok(sink.key(words.word(place)?)?)).collect::<Result<_, Not>>()?;
    if let Elements::PopFirst { keys, .. } = &mut what {
        *keys = ids;
    }
    elements(words, first, what, sink)
}

// ---- Sets and hashes ----

fn sets(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let what = match name {
        b"sadd" => Elements::Add(words.members(2)?),
        b"srem" => Elements::Remove(words.members(2)?),
        b"spop" => {
            let given = words.len() > 2;
            Elements::PopAny { count: if given { words.count(2)? } else { 1 }, given }
        }
        b"smove" => Elements::MoveMember { to: sink.key(words.word(2)?)?, member: words.member(3)? },
        _ => {
            let operation = match name {
                b"sunionstore" => SetOperation::Union,
                b"sinterstore" => SetOperation::Intersection,
                _ => SetOperation::Difference,
            };
            return combine(words, 1, 2..words.len(), Combining::Sets(operation), sink);
        }
    };
    elements(words, 1, what, sink)
}

fn hashes(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let what = match name {
        b"hset" | b"hmset" => {
            if words.len() < 4 || words.len() % 2 == 1 {
                return Err(REFUSED);
            }
            Elements::Fields(words.0[2..].iter().step_by(2).map(|word| Member::new(word)).collect())
        }
        b"hsetnx" => Elements::Fields(vec![words.member(2)?]),
        b"hincrby" => words.integer(3).and_then(|_| Ok(Elements::Fields(vec![words.member(2)?])))?,
        b"hincrbyfloat" => words.long_number(3).and_then(|_| Ok(Elements::Fields(vec![words.member(2)?])))?,
        b"hgetdel" => {
            let fields = words.counted(3)?;
            if !words.is(2, b"fields") || fields.end != words.len() {
                return Err(REFUSED);
            }
            Elements::RemoveFields(words.members(fields.start)?)
        }
        b"hsetex" => fields_with_ttl(words, sink)?,
        b"hexpire" | b"hpexpire" | b"hexpireat" | b"hpexpireat" => expired_fields(name, words, sink)?,
        _ => Elements::RemoveFields(words.members(2)?),
    };
    elements(words, 1, what, sink)
}

/// Whether a field's TTL is over at once (`parseExpireTime`). Of one that is not, nothing is kept.
fn is_over(time: u64, unit_ms: u64, base_ms: u64, sink: &impl Sink) -> Result<bool, Not> {
    const END_MS_MAX: u64 = (1 << 46) - 1;
    let end = time.checked_mul(unit_ms).and_then(|ms| ms.checked_add(base_ms)).filter(|&end| end <= END_MS_MAX);
    Ok(end.ok_or(REFUSED)? <= now_ms(sink) as u64)
}

/// `HSETEX key [FNX|FXX] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL] FIELDS count field value …`.
fn fields_with_ttl(words: Words<'_>, sink: &mut impl Sink) -> Result<Elements, Not> {
    let (mut conditional, mut keeps, mut over, mut place) = (false, false, None, 2);
    while !words.is(place, b"fields") {
        let option = words.option(place);
        let unit_ms = if option.starts_with(b"ex") { 1_000 } else { 1 };
        let base_ms = if option.len() == 2 { now_ms(sink) as u64 } else { 0 };
        match option.as_slice() {
            b"fnx" | b"fxx" if !conditional => conditional = true,
            b"keepttl" if !keeps && over.is_none() => keeps = true,
            b"ex" | b"px" | b"exat" | b"pxat" if !keeps && over.is_none() => {
                place += 1;
                over = Some(is_over(words.count(place)?, unit_ms, base_ms, sink)?);
            }
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let pairs = words.0.get(place + 2..).unwrap_or_default();
    let count = usize::try_from(words.integer(place + 1)?).ok().and_then(|count| count.checked_mul(2));
    if pairs.is_empty() || count != Some(pairs.len()) {
        return Err(REFUSED);
    }
    if conditional {
        return Err(Not::LeftOut(Reason::NotKept));
    }
    let fields = pairs.iter().step_by(2).map(|word| Member::new(word)).collect();
    match over {
        Some(true) => return Ok(Elements::RemoveFields(fields)),
        Some(false) => sink.in_part(Reason::NotKept),
        None => {}
    }
    Ok(Elements::Fields(fields))
}

/// `HEXPIRE key time [NX|XX|GT|LT] FIELDS count field …` and its like, as far as the time is over.
fn expired_fields(name: &[u8], words: Words<'_>, sink: &impl Sink) -> Result<Elements, Not> {
    let unit_ms = if name.starts_with(b"hp") { 1 } else { 1_000 };
    let base_ms = if name.ends_with(b"at") { 0 } else { now_ms(sink) as u64 };
    let over = is_over(words.count(2)?, unit_ms, base_ms, sink)?;
    let conditional = matches!(words.option(3).as_slice(), b"nx" | b"xx" | b"gt" | b"lt");
    let place = if conditional { 4 } else { 3 };
    let fields = words.counted(place + 1)?;
    if !words.is(place, b"fields") || fields.end != words.len() {
        return Err(REFUSED);
    }
    if conditional || !over {
        Err(Not::LeftOut(Reason::NotKept))
    } else {
        Ok(Elements::RemoveFields(words.members(fields.start)?))
    }
}

// ---- Sorted sets ----

fn sorted_sets(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let from = if matches!(name, b"zpopmin" | b"bzpopmin") { End::First } else { End::Last };
    let what = match name {
        b"zadd" => scores(words)?,
        b"zincrby" => {
            let scores = vec![(Scoring::More(words.number(2)?), words.member(3)?)];
            Elements::Scores { scores, how: ScoresHow::default() }
        }
        b"geoadd" => on_earth(words)?,
        b"zrem" => Elements::RemoveSorted(words.members(2)?),
        b"zremrangebyrank" => Elements::RemoveRange(Range::Ranks { start: words.integer(2)?, stop: words.integer(3)? }),
        b"zremrangebyscore" => Elements::RemoveRange(score_range(words, 2, 3)?),
        b"zremrangebylex" => Elements::RemoveRange(name_range(words, 2, 3)?),
        b"zpopmin" | b"zpopmax" => {
            let count = if words.len() > 2 { words.count(2)? } else { 1 };
            Elements::Pop { from, count, sorted: true }
        }
        b"bzpopmin" | b"bzpopmax" => return pop_blocking(words, from, true, sink),
        b"zmpop" => return pop_first(words, 1, true, None, sink),
        b"bzmpop" => {
            let waits = wait(words, 1, sink)?;
            return pop_first(words, 2, true, waits, sink);
        }
        b"zrangestore" => return store_range(words, sink),
        b"geosearchstore" => return combine(words, 1, 2..3, Combining::Unknown, sink),
        _ => return combine_sorted(name, words, sink),
    };
    elements(words, 1, what, sink)
}

/// `ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member …`.
fn scores(words: Words<'_>) -> Result<Elements, Not> {
    let (mut how, mut adds, mut place) = (ScoresHow::default(), false, 2);
    loop {
        match words.option(place).as_slice() {
            b"nx" => how.only_new = true,
            b"xx" => how.only_old = true,
            b"gt" => how.only_greater = true,
            b"lt" => how.only_less = true,
            b"incr" => adds = true,
            b"ch" => {}
            _ => break,
        }
        place += 1;
    }
    let pairs = words.len().saturating_sub(place);
    let clash = how.only_new && (how.only_old || how.only_greater || how.only_less);
    if pairs == 0 || pairs % 2 == 1 || clash || how.only_greater && how.only_less || adds && pairs > 2 {
        return Err(REFUSED);
    }
    let pair = |place: usize| {
        let score = words.number(place)?;
        Ok((if adds { Scoring::More(score) } else { Scoring::Is(score) }, words.member(place + 1)?))
    };
    Ok(Elements::Scores { scores: (place..words.len()).step_by(2).map(pair).collect::<Result<_, Not>>()?, how })
}

/// `GEOADD key [NX|XX] [CH] longitude latitude member …`: a sorted set, its scores made from the places.
fn on_earth(words: Words<'_>) -> Result<Elements, Not> {
    const LATITUDE_MAX: f64 = 85.051_128_78;
    let (mut how, mut place) = (ScoresHow::default(), 2);
    loop {
        match words.option(place).as_slice() {
            b"nx" => how.only_new = true,
            b"xx" => how.only_old = true,
            b"ch" => {}
            _ => break,
        }
        place += 1;
    }
    let triples = words.len().saturating_sub(place);
    if triples == 0 || triples % 3 != 0 || how.only_new && how.only_old {
        return Err(REFUSED);
    }
    let triple = |place: usize| {
        let (longitude, latitude) = (words.number(place)?, words.number(place + 1)?);
        let good = (-180.0..=180.0).contains(&longitude) && (-LATITUDE_MAX..=LATITUDE_MAX).contains(&latitude);
        if good { Ok((Scoring::Unknown, words.member(place + 2)?)) } else { Err(REFUSED) }
    };
    Ok(Elements::Scores { scores: (place..words.len()).step_by(3).map(triple).collect::<Result<_, Not>>()?, how })
}

fn score_range(words: Words<'_>, min: usize, max: usize) -> Result<Range, Not> {
    let limit = |place: usize| {
        let word = words.word(place)?;
        match word.strip_prefix(b"(") {
            Some(score) => numbers::score(score).map(Limit::Without),
            None => numbers::score(word).map(Limit::With),
        }
        .ok_or(REFUSED)
    };
    Ok(Range::Scores { min: limit(min)?, max: limit(max)? })
}

fn name_range(words: Words<'_>, min: usize, max: usize) -> Result<Range, Not> {
    let limit = |place: usize| {
        Ok(match words.word(place)? {
            b"-" => Limit::Least,
            b"+" => Limit::Greatest,
            [b'[', name @ ..] => Limit::With(Member::new(name)),
            [b'(', name @ ..] => Limit::Without(Member::new(name)),
            _ => return Err(REFUSED),
        })
    };
    Ok(Range::Names { min: limit(min)?, max: limit(max)? })
}

/// `ZRANGESTORE to from min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]`.
fn store_range(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let SortedRange { range, reverse, skip, most } = sorted_range(words, 3, By::Any, true)?;
    combine(words, 1, 2..3, Combining::Range { range, reverse, skip, most }, sink)
}

/// `ZUNIONSTORE to numkeys key … [WEIGHTS …] [AGGREGATE SUM|MIN|MAX]` and its like. The keys are looked up before the
/// options are read.
fn combine_sorted(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let operation = match name {
        b"zunionstore" => SetOperation::Union,
        b"zinterstore" => SetOperation::Intersection,
        _ => SetOperation::Difference,
    };
    let sources = words.counted(2)?;
    match weighing(words, operation, &sources) {
        Ok((weights, aggregate)) => {
            combine(words, 1, sources, Combining::SortedSets { operation, weights, aggregate }, sink)
        }
        Err(_) => {
            sink.in_part(Reason::Refused);
            read_of(words, sources, Kind::SetOrSorted, sink)
        }
    }
}

fn weighing(
    words: Words<'_>,
    operation: SetOperation,
    sources: &std::ops::Range<usize>,
) -> Result<(Vec<f64>, Aggregate), Not> {
    let (mut weights, mut aggregate, mut place) = (Vec::new(), Aggregate::Sum, sources.end);
    while place < words.len() {
        match words.option(place).as_slice() {
            b"weights" if operation != SetOperation::Difference => {
                let places = place + 1..place + 1 + sources.len();
                place = places.end;
                weights = places.map(|place| words.number(place)).collect::<Result<_, Not>>()?;
            }
            b"aggregate" if operation != SetOperation::Difference => {
                aggregate = match words.option(place + 1).as_slice() {
                    b"sum" => Aggregate::Sum,
                    b"min" => Aggregate::Least,
                    b"max" => Aggregate::Greatest,
                    _ => return Err(REFUSED),
                };
                place += 2;
            }
            _ => return Err(REFUSED),
        }
    }
    Ok((weights, aggregate))
}

/// A value made from those of other keys.
fn combine(
    words: Words<'_>,
    to: usize,
    sources: std::ops::Range<usize>,
    how: Combining,
    sink: &mut impl Sink,
) -> Result<(), Not> {
    if sources.is_empty() || sources.end > words.len() {
        return Err(REFUSED);
    }
    let key = sink.key(words.word(to)?)?;
    let sources = sources.map(|place| Ok(sink.key(words.word(place)?)?)).collect::<Result<_, Not>>()?;
    sink.put(key, Command::Combine(Box::new(Combine { sources, how })), None);
    Ok(())
}

/// `GEORADIUS key … [STORE|STOREDIST to]`.
fn places_near(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let options = if name == b"georadius" { 6 } else { 5 };
    let store = |place: &usize| words.is(*place, b"store") || words.is(*place, b"storedist");
    match (options..words.len()).find(store) {
        Some(place) => combine(words, place + 1, 1..2, Combining::Unknown, sink),
        None => read_keys(words, Reading::First, sink),
    }
}

/// `SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC|DESC] [ALPHA] [STORE to]`.
fn sort(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let mut sort = Sort { alpha: false, descending: false, unsorted: false, skip: 0, most: -1 };
    let (mut to, mut others, mut gets, mut place) = (None, false, false, 2);
    while place < words.len() {
        let more = match words.option(place).as_slice() {
            b"asc" => 0,
            b"desc" => {
                sort.descending = true;
                0
            }
            b"alpha" => {
                sort.alpha = true;
                0
            }
            b"limit" => {
                (sort.skip, sort.most) = (words.integer(place + 1)?, words.integer(place + 2)?);
                2
            }
            b"store" if words.is(0, b"sort") => {
                to = Some(place + 1);
                1
            }
            b"by" => {
                let pattern = words.word(place + 1)?.contains(&b'*');
                (others, sort.unsorted) = (others || pattern, !pattern);
                1
            }
            b"get" => {
                gets = true;
                others |= words.word(place + 1)?.contains(&b'*');
                1
            }
            _ => return Err(REFUSED),
        };
        place += 1 + more;
    }
    if others {
        sink.in_part(Reason::Unnamed);
    }
    match to {
        None => read_keys(words, Reading::First, sink),
        Some(to) => {
            let how = if others || gets { Combining::Unknown } else { Combining::Sort(sort) };
            combine(words, to, 1..2, how, sink)
        }
    }
}
