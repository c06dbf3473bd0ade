//! Commands that only read: which keys they look up, and which words the server refuses before it does. The others it
//! refuses afterwards, or too late to matter.

use super::numbers::{is_cursor, is_range_id, stream_id};
use super::{BITS_MAX, Not, REFUSED, Sink, Words, bit_fields, name_range, score_range};
use crate::keyspace::{Command, Kind, Range};
use crate::workload::trace::left_out::Reason;

/// Which words of a command that only reads are its keys.
pub enum Reading {
    /// The first after its name.
    First,
    /// That one, and the eviction policy does not notice.
    Unnoticed,
    /// All.
    All,
    /// All, unnoticed.
    AllUnnoticed,
    /// All, up to one of another kind.
    AllOf(Kind),
    /// The first two.
    Two,
    /// As many as the first word says, up to one of another kind.
    CountedOf(Kind),
    /// The second, after a subcommand, if there is one.
    AfterSubcommand,
}

pub fn reading(name: &[u8]) -> Option<Reading> {
    Some(match name {
        _ if is_of_a_text_or_hash(name) || is_of_a_collection(name) => Reading::First,
        b"type" | b"ttl" | b"pttl" | b"expiretime" | b"pexpiretime" => Reading::Unnoticed,
        b"mget" | b"touch" => Reading::All,
        b"exists" => Reading::AllUnnoticed,
        b"pfcount" => Reading::AllOf(Kind::Sketch),
        b"sunion" | b"sinter" | b"sdiff" => Reading::AllOf(Kind::Set),
        b"lcs" => Reading::Two,
        b"sintercard" => Reading::CountedOf(Kind::Set),
        b"zunion" | b"zinter" | b"zdiff" | b"zintercard" => Reading::CountedOf(Kind::SetOrSorted),
        b"object" | b"xinfo" => Reading::AfterSubcommand,
        _ => return None,
    })
}

/// Reads one text or hash, named first.
fn is_of_a_text_or_hash(name: &[u8]) -> bool {
    matches!(
        name,
        b"get"
            | b"strlen"
            | b"getrange"
            | b"substr"
            | b"getbit"
            | b"bitcount"
            | b"bitpos"
            | b"bitfield_ro"
            | b"dump"
            | b"digest"
            | b"hget"
            | b"hmget"
            | b"hgetall"
            | b"hexists"
            | b"hlen"
            | b"hkeys"
            | b"hvals"
            | b"hscan"
            | b"hstrlen"
            | b"hrandfield"
            | b"httl"
            | b"hpttl"
            | b"hexpiretime"
            | b"hpexpiretime"
    )
}

/// Reads one list, set, sorted set or stream, named first.
fn is_of_a_collection(name: &[u8]) -> bool {
    matches!(
        name,
        b"lrange"
            | b"lindex"
            | b"llen"
            | b"lpos"
            | b"smembers"
            | b"sismember"
            | b"smismember"
            | b"scard"
            | b"srandmember"
            | b"sscan"
            | b"zrange"
            | b"zrevrange"
            | b"zrangebyscore"
            | b"zrevrangebyscore"
            | b"zrangebylex"
            | b"zrevrangebylex"
            | b"zscore"
            | b"zmscore"
            | b"zrank"
            | b"zrevrank"
            | b"zcard"
            | b"zcount"
            | b"zlexcount"
            | b"zscan"
            | b"zrandmember"
            | b"geopos"
            | b"geodist"
            | b"geohash"
            | b"geosearch"
            | b"georadius_ro"
            | b"georadiusbymember_ro"
            | b"xrange"
            | b"xrevrange"
            | b"xlen"
            | b"xpending"
            | b"xack"
            | b"xclaim"
            | b"xautoclaim"
    )
}

pub fn read_keys(words: Words<'_>, read: Reading, sink: &mut impl Sink) -> Result<(), Not> {
    check(words)?;
    let all = 1..words.len().max(2);
    let (places, command) = match read {
        Reading::First => (1..2, Command::Read),
        Reading::Unnoticed => (1..2, Command::Exists),
        Reading::All => (all, Command::Read),
        Reading::AllUnnoticed => (all, Command::Exists),
        Reading::AllOf(kind) => return read_of(words, all, kind, sink),
        Reading::Two => (1..3, Command::Read),
        Reading::CountedOf(kind) => return read_of(words, words.counted(1)?, kind, sink),
        Reading::AfterSubcommand if words.len() < 3 => return Err(Not::LeftOut(Reason::NoKey)),
        Reading::AfterSubcommand if words.is(0, b"xinfo") => (2..3, Command::Read),
        Reading::AfterSubcommand => (2..3, Command::Exists),
    };
    for place in places {
        let key = sink.key(words.word(place)?)?;
        sink.put(key, command.clone(), None);
    }
    Ok(())
}

/// Looks up the keys of these places, up to one whose value is of another kind.
pub fn read_of(
    words: Words<'_>,
    places: impl Iterator<Item = usize>,
    kind: Kind,
    sink: &mut impl Sink,
) -> Result<(), Not> {
    for (number, place) in places.enumerate() {
        let key = sink.key(words.word(place)?)?;
        sink.put(key, Command::ReadOf { kind, first: number == 0 }, None);
    }
    Ok(())
}

/// Whether the server takes the words that it reads before it looks anything up.
fn check(words: Words<'_>) -> Result<(), Not> {
    let good = match words.word(0)? {
        b"zrange" => sorted_range(words, 2, By::Any, false).is_ok(),
        b"zrevrange" => sorted_range(words, 2, By::Ranks, false).is_ok(),
        b"zrangebyscore" => sorted_range(words, 2, By::Scores(false), false).is_ok(),
        b"zrevrangebyscore" => sorted_range(words, 2, By::Scores(true), false).is_ok(),
        b"zrangebylex" => sorted_range(words, 2, By::Names(false), false).is_ok(),
        b"zrevrangebylex" => sorted_range(words, 2, By::Names(true), false).is_ok(),
        b"zcount" => score_range(words, 2, 3).is_ok(),
        b"zlexcount" => name_range(words, 2, 3).is_ok(),
        b"zrank" | b"zrevrank" => words.len() < 4 || words.len() == 4 && words.is(3, b"withscore"),
        b"zrandmember" => is_draw(words, b"withscores"),
        b"hrandfield" => is_draw(words, b"withvalues"),
        b"srandmember" => words.len() < 4 && is_draw(words, b""),
        b"lrange" | b"getrange" | b"substr" => words.integer(2).is_ok() && words.integer(3).is_ok(),
        b"lpos" => is_place_of(words),
        b"getbit" => words.count(2).is_ok_and(|offset| offset < BITS_MAX),
        b"bitpos" => words.integer(2).is_ok_and(|bit| bit == 0 || bit == 1),
        b"bitfield_ro" => bit_fields(words)?.is_none(),
        b"hscan" | b"sscan" | b"zscan" => is_cursor(words.word(2)?),
        b"geodist" => match words.len() {
            5 => matches!(words.option(4).as_slice(), b"m" | b"km" | b"ft" | b"mi"),
            count => count < 5,
        },
        b"xrange" | b"xrevrange" => is_entry_range(words),
        b"xpending" => is_pending(words),
        b"sintercard" => is_intersection(words)?,
        _ => true,
    };
    if good { Ok(()) } else { Err(REFUSED) }
}

/// `key [count [option]]` of commands that draw members at random.
fn is_draw(words: Words<'_>, option: &[u8]) -> bool {
    match words.len() {
        0..=2 => true,
        3 => words.integer(2).is_ok_and(|count| count > i64::MIN),
        // Each member then takes two places of the answer.
        4 => words.is(3, option) && words.integer(2).is_ok_and(|count| count.unsigned_abs() <= (i64::MAX / 2) as u64),
        _ => false,
    }
}

/// `LPOS key element [RANK rank] [COUNT n] [MAXLEN n]`.
fn is_place_of(words: Words<'_>) -> bool {
    (3..words.len()).step_by(2).all(|place| match words.option(place).as_slice() {
        b"rank" => words.integer(place + 1).is_ok_and(|rank| rank != 0),
        b"count" | b"maxlen" => words.count(place + 1).is_ok(),
        _ => false,
    })
}

/// `XRANGE key start end [COUNT n]`.
fn is_entry_range(words: Words<'_>) -> bool {
    let ids = [2, 3].into_iter().all(|place| words.word(place).is_ok_and(is_range_id));
    ids && (4..words.len()).step_by(2).all(|place| words.is(place, b"count") && words.integer(place + 1).is_ok())
}

/// `XPENDING key group [[IDLE ms] start end count [consumer]]`.
fn is_pending(words: Words<'_>) -> bool {
    let idle = words.is(3, b"idle");
    let first = if idle { 5 } else { 3 };
    match words.len() {
        3 => true,
        6..=9 if !idle || words.len() >= 8 && words.integer(4).is_ok() => {
            let ids = [first, first + 1].into_iter().all(|place| words.word(place).is_ok_and(is_range_id));
            ids && words.integer(first + 2).is_ok()
        }
        _ => false,
    }
}

/// `SINTERCARD numkeys key … [LIMIT n]`.
fn is_intersection(words: Words<'_>) -> Result<bool, Not> {
    let end = words.counted(1)?.end;
    Ok((end..words.len()).step_by(2).all(|place| words.is(place, b"limit") && words.count(place + 1).is_ok()))
}

/// By what a range of a sorted set is said; the order is reversed, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By what its options say.
    Any,
    Ranks,
    Scores(bool),
    Names(bool),
}

/// A range of a sorted set: in reverse order, so many left out, at most so many.
pub struct SortedRange {
    pub range: Range,
    pub reverse: bool,
    pub skip: i64,
    pub most: i64,
}

/// `min max [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`, where the first two stand from a place on
/// (`zrangeGenericCommand`).
pub fn sorted_range(words: Words<'_>, first: usize, by: By, stores: bool) -> Result<SortedRange, Not> {
    let (any, mut by, mut scores) = (by == By::Any, by, false);
    let mut reverse = matches!(by, By::Scores(true) | By::Names(true));
    let (mut skip, mut most, mut place) = (0, -1, first + 2);
    while place < words.len() {
        match words.option(place).as_slice() {
            b"withscores" if !stores => scores = true,
            b"byscore" if by == By::Any => by = By::Scores(false),
            b"bylex" if by == By::Any => by = By::Names(false),
            b"rev" if any && !reverse => reverse = true,
            b"limit" => {
                (skip, most) = (words.integer(place + 1)?, words.integer(place + 2)?);
                place += 2;
            }
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let (min, max) = if reverse { (first + 1, first) } else { (first, first + 1) };
    let range = match by {
        By::Scores(_) => score_range(words, min, max)?,
        By::Names(_) if scores => return Err(REFUSED),
        By::Names(_) => name_range(words, min, max)?,
        By::Any | By::Ranks if most != -1 => return Err(REFUSED),
        By::Any | By::Ranks => Range::Ranks { start: words.integer(first)?, stop: words.integer(first + 1)? },
    };
    Ok(SortedRange { range, reverse, skip, most })
}

/// `XREAD [COUNT n] [BLOCK ms] STREAMS key … id …`: Redis looks every key up once to know its end, and once more to read.
pub fn read_streams(words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let grouped = words.is(0, b"xreadgroup");
    let first = first_stream(words, grouped)?;
    let count = words.len() - first;
    if count == 0 || count % 2 == 1 {
        return Err(REFUSED);
    }
    let places = first..first + count / 2;
    // A group reads from no stream that is not there.
    let kind = if grouped { Kind::StreamThatIsThere } else { Kind::Stream };
    let bad = |place: &usize| {
        let id = &words.0[place + count / 2];
        let special = if grouped { id == b">" } else { id == b"$" };
        !special && stream_id(id).is_none()
    };
    match places.clone().find(bad) {
        // An id is read after its key was looked up.
        Some(place) => {
            sink.in_part(Reason::Refused);
            read_of(words, first..place + 1, kind, sink)
        }
        None => read_of(words, places.clone().chain(places), kind, sink),
    }
}

/// Where the keys of `XREAD` begin.
fn first_stream(words: Words<'_>, grouped: bool) -> Result<usize, Not> {
    let (mut group, mut place) = (false, 1);
    loop {
        match words.option(place).as_slice() {
            b"streams" if group || !grouped => return Ok(place + 1),
            b"count" => place += words.integer(place + 1).map(|_| 1)?,
            b"block" => place += words.count(place + 1).map(|_| 1)?,
            b"group" if grouped && place + 2 < words.len() => {
                group = true;
                place += 2;
            }
            b"noack" if grouped => {}
            _ => return Err(REFUSED),
        }
        place += 1;
    }
}
