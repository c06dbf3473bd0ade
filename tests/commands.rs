//! What commands do in a replay is what they do in the server that was recorded. Each session is a list of commands, one
//! per line, with the second in front where it matters. `make check-redis` holds the same rules against a real server.

use cachelane::cache::entry::Capacity;
use cachelane::cache::replay::Replay;
use cachelane::scenario::Eviction;
use cachelane::workload::trace::{Misses, Records};

use crate::common::case;

/// Commands as MONITOR prints them. A line such as `12.5 SET k v` comes at 12.5 s; one without a time a millisecond after
/// the one before. `@name` before the command is a client, `#3` a database.
pub fn monitor(session: &str) -> String {
    let mut now_us: u64 = 1_700_000_000_000_000;
    let mut text = String::new();
    for line in session.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (mut client, mut database) = ("10.0.0.1:50000", "0");
        now_us += 1_000;
        let mut words = line.split(' ').peekable();
        while let Some(word) = words.peek() {
            if let Ok(seconds) = word.parse::<f64>() {
                now_us = 1_700_000_000_000_000 + (seconds * 1e6).round() as u64;
            } else if let Some(name) = word.strip_prefix('@') {
                client = name;
            } else if let Some(number) = word.strip_prefix('#') {
                database = number;
            } else {
                break;
            }
            words.next();
        }
        let quoted: Vec<String> = words.map(|word| format!("\"{}\"", if word == "''" { "" } else { word })).collect();
        let (seconds, us) = (now_us / 1_000_000, now_us % 1_000_000);
        text.push_str(&format!("{seconds}.{us:06} [{database} {client}] {}\n", quoted.join(" ")));
    }
    text
}

/// Plays a trace as the command line does; hits and misses.
pub fn played(name: &str, text: &[u8], capacity: u32) -> (u64, u64) {
    played_in(Capacity::entries_of(capacity), name, text)
}

fn played_in(capacity: Capacity, name: &str, text: &[u8]) -> (u64, u64) {
    let mut cache = Replay::of(Eviction::Lru, capacity, None, 1);
    let records = Records::open(name, text, None).expect("it is read");
    let mut misses = records.misses();
    if misses == Misses::Leave {
        cache = cache.leaving_misses();
    }
    for record in records {
        let record = record.expect("a record");
        let command = record.command.as_ref().unwrap_or(&cachelane::keyspace::Command::Read);
        if misses == Misses::FillUnlessItStores && command.stores() {
            misses = Misses::Leave;
            cache.leave_misses_after_all();
        }
        record.at.into_iter().for_each(|at| cache.set_clock(at));
        cache.run(&record.ask(), command);
    }
    (cache.counts().hits, cache.counts().misses)
}

/// Which of the session's `GET`s and other look-ups hit: as many as are said to, and no more.
#[track_caller]
fn session(text: &str, hits: u64, misses: u64) {
    assert_eq!(played("-", monitor(text).as_bytes(), 1_000), (hits, misses), "hits and misses of\n{text}");
}

#[test]
fn the_cases_that_came_out_wrong_come_out_right() {
    for (name, hits, misses) in [
        ("monitor-set-clears-ttl.txt", 1, 0),
        ("monitor-del-then-set.txt", 1, 0),
        ("monitor-expire-missing.txt", 1, 0),
        ("trace-ttl-0.csv", 1, 0),
        ("monitor-incr-keeps-ttl.txt", 0, 1),
        ("twitter-incr-held.csv", 0, 1),
        ("monitor-set-nx-held.txt", 0, 1),
        ("twitter-add-held.csv", 0, 1),
        ("monitor-set-xx.txt", 0, 1),
        ("monitor-absent.txt", 0, 3),
        ("monitor-flushall.txt", 1, 1),
        ("monitor-rename.txt", 1, 1),
        ("capture-limiter.txt", 1_767, 290),
        ("trace-only-gets.csv", 1, 1),
    ] {
        if let Some(text) = case(name) {
            assert_eq!(played(name, &text, 100), (hits, misses), "{name}");
        }
    }
}

#[test]
fn a_set_without_a_ttl_ends_the_one_before_and_keepttl_keeps_it() {
    session("0 SET k v EX 10\n5 SET k w\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n5 SET k w KEEPTTL\n9 GET k\n60 GET k", 1, 1);
    session("0 SET k v KEEPTTL\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n20 SET k w KEEPTTL\n60 GET k", 1, 0);
    session("0 SET k v PX 10000\n5 GETSET k w\n60 GET k", 2, 0);
    session("0 SETEX k 10 v\n5 MSET k w j x\n60 MGET k j", 2, 0);
    session("0 PSETEX k 10000 v\n5 SETEX k 100 w\n60 GET k\n106 GET k", 1, 1);
    session("0 SADD k a\n0.1 EXPIRE k 10\n5 SADD j a\n5.1 SUNIONSTORE k j\n60 TYPE k", 2, 0);
}

#[test]
fn what_changes_a_value_keeps_its_end() {
    for change in [
        "INCR k",
        "DECR k",
        "INCRBY k 5",
        "DECRBY k 5",
        "INCRBYFLOAT k 0.5",
        "APPEND k 1",
        "SETRANGE k 0 1",
        "SETBIT k 3 1",
        "BITFIELD k SET u8 0 1",
        "BITFIELD k INCRBY u8 0 1",
    ] {
        session(&format!("0 SET k 1 EX 10\n5 {change}\n9 GET k\n11 GET k"), 1, 1);
        session(&format!("0 {change}\n60 GET k"), 1, 0);
        session(&format!("0 SET k 1 EX 10\n11 {change}\n60 GET k"), 1, 0);
    }
    for (create, change) in [
        ("HSET k f v", "HSET k g v"),
        ("HSET k f 1", "HINCRBY k f 1"),
        ("HSET k f 1", "HINCRBYFLOAT k f 1.5"),
        ("HSET k f v g w", "HDEL k g"),
        ("SADD k a b", "SREM k b"),
        ("SADD k a b", "SPOP k"),
        ("LPUSH k a b", "RPUSH k c"),
        ("LPUSH k a b", "LPOP k"),
        ("LPUSH k a b", "LSET k 0 c"),
        ("LPUSH k a b", "LINSERT k BEFORE a c"),
        ("LPUSH k a b", "LTRIM k 0 0"),
        ("ZADD k 1 a", "ZADD k 2 b"),
        ("ZADD k 1 a", "ZINCRBY k 2 a"),
        ("XADD k * f v", "XADD k * f v"),
        ("PFADD k a", "PFADD k b"),
        ("PFADD k a", "PFMERGE k k"),
    ] {
        let text = format!("0 {create}\n0.1 EXPIRE k 10\n5 {change}\n9 TYPE k\n11 TYPE k");
        let reads = u64::from(change.starts_with("PFMERGE"));
        session(&text, 1 + 2 * reads, 1);
    }
}

#[test]
fn what_is_there_decides_what_conditions_allow() {
    session("SET k v NX\nGET k\nSET j v XX\nGET j", 1, 1);
    session("0 SET k v NX PX 30000\n29 SET k w NX PX 30000\n31 GET k", 0, 1);
    session("0 SET k v PX 30000\n29 SET k w XX PX 30000\n31 GET k", 1, 0);
    session("0 SET k v EX 10\n5 SETNX k w\n11 GET k\n12 SETNX k w\n13 GET k", 1, 1);
    session("SET a v\nMSETNX a 1 b 2\nGET b\nMSETNX c 1 b 2\nMGET b c", 2, 1);
    session("0 SET k v EX 10\n5 SET k w GET\n60 GET k", 2, 0);
    session("SET k v GET\nGET k\nSET k v NX GET\nSET j v XX GET\nGET j", 2, 3);
    session("LPUSHX l a\nRPUSHX l a\nTYPE l\nRPUSH l a\nLPUSHX l b\nLPOP l\nTYPE l", 1, 1);
    session("XADD s NOMKSTREAM * f v\nTYPE s\nZADD z XX 1 a\nTYPE z", 0, 2);
    session("RESTORE k 0 vvv\nRESTORE k 10 vvv\n60 GET k", 1, 0);
    session("0 RESTORE k 10000 vvv\n5 RESTORE k 0 vvv REPLACE\n60 GET k", 1, 0);
    session("0 RESTORE k 1700000010000 vvv ABSTTL\n9 GET k\n11 GET k", 1, 1);
}

#[test]
fn a_ttl_is_set_lengthened_and_ended_for_the_value_that_is_there() {
    session("0 EXPIRE k 1\n1 SET k v\n60 GET k", 1, 0);
    session("0 SET k v\n1 EXPIRE k 10\n10 GET k\n12 GET k", 1, 1);
    session("0 SET k v\n1 PEXPIRE k 10000\n2 PERSIST k\n60 GET k", 1, 0);
    session("0 SET k v\n1 EXPIREAT k 1700000010\n9 GET k\n11 GET k", 1, 1);
    session("0 SET k v\n1 PEXPIREAT k 1700000010000\n9 GET k\n11 GET k", 1, 1);
    session("SET k v\nEXPIRE k 0\nGET k\nSET k v\nEXPIRE k -5\nGET k\nSET k v\nEXPIREAT k 1\nGET k", 0, 3);
    session("0 SET k v EX 10\n5 EXPIRE k 100 NX\n60 GET k", 0, 1);
    session("0 SET k v\n5 EXPIRE k 100 NX\n60 GET k\n106 GET k", 1, 1);
    session("0 SET k v\n5 EXPIRE k 10 XX\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n5 EXPIRE k 100 XX\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n5 EXPIRE k 100 GT\n60 GET k", 1, 0);
    session("0 SET k v EX 100\n5 EXPIRE k 10 GT\n60 GET k", 1, 0);
    session("0 SET k v\n5 EXPIRE k 10 GT\n60 GET k", 1, 0);
    session("0 SET k v\n5 EXPIRE k 10 LT\n60 GET k", 0, 1);
    session("0 SET k v EX 10\n5 EXPIRE k 100 LT\n60 GET k", 0, 1);
    session("0 SET k v\n5 EXPIRE k 10 XX LT\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n5 GETEX k EX 100\n60 GET k", 2, 0);
    session("0 SET k v EX 10\n5 GETEX k PERSIST\n60 GET k", 2, 0);
    session("0 SET k v EX 10\n5 GETEX k\n60 GET k", 1, 1);
    session("0 SET k v\n5 GETEX k EXAT 1700000001\n6 GET k", 1, 1);
    session("0 GETEX k EX 100\n1 SET k v\n200 GET k", 1, 1);
}

#[test]
fn a_value_is_good_up_to_and_including_its_last_millisecond() {
    // now > when, both in milliseconds: the microseconds that MONITOR prints do not count.
    session("0.0004 SET k v PX 10\n0.010999 GET k\n0.011 GET k", 1, 1);
    session("0.000999 SET k v PX 10\n0.010001 GET k\n0.011 GET k", 1, 1);
    session("0 SET k v PXAT 1700000000010\n0.010999 GET k\n0.011 GET k", 1, 1);
    // What is already over at the present millisecond takes the value away at once.
    session("0.010999 SET k v\n0.010999 PEXPIREAT k 1700000000010\n0.010999 GET k", 0, 1);
}

#[test]
fn what_the_server_refuses_changes_nothing() {
    for refused in [
        "SET k w EX 0",
        "SET k w PX -1",
        "SET k w EX soon",
        "SET k w NX XX",
        "SET k w EX 10 PX 10",
        "SET k w EX",
        "SET k w KEEPTTL EX 5",
        "SET k w EX 9223372036854775807",
        "SETEX k 0 w",
        "PSETEX k -5 w",
        "EXPIRE k soon",
        "EXPIRE k 10 NX XX",
        "EXPIRE k 10 GT LT",
        "EXPIRE k 10 WHY",
        "EXPIRE k 9223372036854775807",
        "EXPIRE k 01",
        "COPY k k",
        "MOVE k 0",
        "MOVE k x",
        "RESTORE k -1 vvv REPLACE",
        "BITOP NOT k k k",
        "FLUSHALL NOW",
        "INCRBY k 1.5",
        "SETBIT k -1 1",
        "BITFIELD k SET u65 0 1",
    ] {
        // The value goes on to its own end.
        session(&format!("0 SET k 1 EX 30\n1 {refused}\n29 TYPE k\n31 TYPE k"), 1, 1);
    }
}

#[test]
fn a_stream_is_made_only_by_what_the_server_takes() {
    for made in [
        "XADD q 1-1 nomkstream 1",
        "XADD q 1-* f v",
        "XADD q 0-* f v",
        "XADD q 007 f v",
        "XADD q maxlen ~ 100 limit 5 * f v",
        "XADD q MAXLEN = 5 7-7 f v",
        "XADD q MINID 3 7-7 f v",
        "XADD q 18446744073709551615-1 f v",
        "XGROUP CREATE q g 5-1 MKSTREAM",
        "XGROUP CREATE q g $ mkstream ENTRIESREAD 5",
    ] {
        session(&format!("{made}\nXLEN q"), 1, 0);
    }
    for refused in [
        "XADD q 0-0 f v",
        "XADD q 0 f v",
        "XADD q abc f v",
        "XADD q - f v",
        "XADD q -1 f v",
        "XADD q 1-1-1 f v",
        "XADD q 18446744073709551616 f v",
        "XADD q MAXLEN x * f v",
        "XADD q MAXLEN -1 * f v",
        "XADD q MAXLEN 5 MINID 1 * f v",
        "XADD q MAXLEN 5 LIMIT 5 * f v",
        "XADD q LIMIT 5 * f v",
        "XADD q * f v g",
        "XADD q *",
        "XADD q nomkstream 1-1 f v",
        "XADD q NOMKSTREAM MAXLEN 5 * f v",
        "XADD q f v",
        "XGROUP CREATE q g abc MKSTREAM",
        "XGROUP CREATE q g $ MKSTREAM WHY",
        "XGROUP CREATE q g $ MKSTREAM ENTRIESREAD x",
        "XGROUP CREATE q g $",
        "XGROUP SETID q g $ MKSTREAM",
    ] {
        session(&format!("{refused}\nXLEN q"), 0, 1);
    }
}

#[test]
fn numbers_are_read_as_the_server_reads_them() {
    for refused in [
        "DECRBY k -9223372036854775808",
        "INCRBYFLOAT k inf",
        "INCRBYFLOAT k -Infinity",
        "INCRBYFLOAT k nan",
        "HINCRBYFLOAT k f inf",
        "HINCRBYFLOAT k f nan",
        "SETRANGE k 536870912 x",
        "SETRANGE k 536870910 xyz",
        "BITFIELD k SET u8 4294967296 1",
        "BITFIELD k SET u8 #536870912 1",
        "ZADD k nan a",
        "ZADD k 0x a",
        "ZADD k 0x1g a",
        "ZADD k 1e400 a",
        "ZADD k 1e-400 a",
        "ZADD k '' a",
        "ZINCRBY k nan a",
    ] {
        session(&format!("{refused}\nEXISTS k"), 0, 1);
    }
    for made in [
        "DECRBY k -9223372036854775807",
        "INCRBYFLOAT k 0x10",
        "HINCRBYFLOAT k f 0x1p-2",
        "INCRBYFLOAT k 1e400",
        "SETRANGE k 9 x",
        "BITFIELD k SET u8 4294967295 1",
        "ZADD k 0x10 a",
        "ZADD k -0X.8p+3 a",
        "ZADD k +inf a",
        "ZADD k -Infinity a",
        "ZADD k 0e-400 a",
    ] {
        session(&format!("{made}\nEXISTS k"), 1, 0);
    }
    session("ZADD z 0x10 a 0x1.8 b\nZREMRANGEBYSCORE z 15.9 0x10\nZREMRANGEBYSCORE z 1.5 1.5\nTYPE z", 0, 1);
    session("ZADD z 5 a\nZREMRANGEBYSCORE z (-1e400 '' \nTYPE z\nZREMRANGEBYSCORE z '' (1e400\nTYPE z", 1, 1);
}

#[test]
fn only_a_hyperloglog_is_counted_and_merged() {
    session("SET d 1\nPFMERGE d x", 1, 0);
    session("SET s notahll\nPFMERGE d s\nEXISTS d", 1, 2);
    session("SET s ''\nPFMERGE d s x\nEXISTS d", 1, 2);
    session("PFADD s a\nPFMERGE d s x\nPFMERGE e d\nEXISTS e", 3, 3);
    session("PFADD s a\nCOPY s t\nRENAME t u\nPFMERGE d u\nEXISTS d", 3, 1);
    session("0 SET d 1 EX 10\n1 PFADD d a\n2 SETRANGE d 0 HYLL\n9 EXISTS d\n11 PFADD d a\n60 EXISTS d", 2, 0);
    session("PFADD s a\nGET s\nSTRLEN s\nAPPEND s x\nPFADD s b\nPFMERGE d s\nEXISTS d", 3, 2);
    session("PFADD s a\nSET s 1\nPFMERGE d s\nEXISTS d", 1, 2);
    session(&format!("SET s HYLL\\x01{}\nPFMERGE d s\nEXISTS d", "\\x00".repeat(12)), 2, 1);
    session(&format!("SET s HYLL\\x00{}\nPFMERGE d s\nEXISTS d", "\\x00".repeat(12)), 1, 2);
    session("LPUSH s a\nPFADD s a\nPFMERGE d s\nEXISTS d", 1, 2);
    session("RESTORE s 0 \\x00\\x11HYLL\\x01\nPFMERGE d s\nEXISTS d", 2, 1);
}

#[test]
fn bitop_of_nothing_takes_the_value_away() {
    session("SET d v\nBITOP OR d a b\nEXISTS d", 0, 3);
    session("SET d v\nSET a ''\nBITOP OR d a b\nEXISTS d", 1, 2);
    session("SET d v\nAPPEND a ''\nMSET b ''\nBITOP AND d a b\nEXISTS d", 2, 1);
    session("SET a ''\nAPPEND a x\nBITOP OR d a b\nEXISTS d", 2, 1);
    session("MSETNX a ''\nSETRANGE a 2 x\nBITOP NOT d a\nEXISTS d", 2, 0);
    session("GETSET a ''\nCOPY a b\nRENAME b c\nINCR c\nBITOP OR d a c\nEXISTS d", 3, 2);
}

#[test]
fn keys_move_with_their_ends() {
    session("0 SET a v EX 10\n5 RENAME a b\n9 MGET a b\n11 GET b", 1, 2);
    session("0 SET a v\n1 SET b w EX 10\n5 RENAME a b\n60 GET b", 1, 0);
    session("SET a v\nSET b w\nRENAMENX a b\nMGET a b\nRENAMENX a c\nMGET a c", 3, 1);
    session("RENAME a b\nGET b\nSET k v\nRENAME k k\nGET k", 1, 1);
    session("0 SET a v EX 10\n5 COPY a b\n9 MGET a b\n11 MGET a b", 3, 2);
    session("0 SET a v\n0.1 SET b w EX 10\n1 COPY a b\n11 GET b\n12 COPY a b\n60 GET b", 3, 1);
    session("0 SET a v\n0.1 SET b w EX 10\n1 COPY a b REPLACE\n60 GET b", 2, 0);
    session("COPY a b\nGET b", 0, 2);
    session("SET a v\nMOVE a 3\nGET a\n#3 GET a", 1, 1);
    session("SET a v\n#3 SET a w\nMOVE a 3\nGET a", 1, 0);
    session("SET a v\nCOPY a b DB 2\nGET b\n#2 GET b", 2, 1);
    session("SET a v\nSWAPDB 0 1\nGET a\n#1 GET a\nSET a w\nSWAPDB 0 1\nMGET a\n#1 GET a", 3, 1);
}

#[test]
fn no_key_goes_to_a_database_that_does_not_exist() {
    for refused in ["MOVE a 16", "MOVE a 55", "MOVE a -1", "MOVE a 01", "COPY a b DB 99", "SWAPDB 0 99", "SWAPDB 16 0"]
    {
        session(&format!("SET a 1\n{refused}\nGET a\nEXISTS b"), 1, 1);
    }
    session("SET a 1\nMOVE a 15\nGET a\n#15 GET a", 1, 1);
    // More than 16 are there where one of them is seen to be used.
    session("SET a 1\nMOVE a 20\nGET a\n#20 PING\nMOVE a 18\nGET a\n#18 GET a", 2, 1);
    session("SET a 1\nSELECT 20\nMOVE a 20\nGET a", 1, 0);
}

#[test]
fn what_is_taken_away_is_gone_with_its_end() {
    session("0 SET k v EX 10\n1 DEL k\n2 SET k w\n60 GET k", 1, 0);
    session("0 SET k v EX 10\n1 GETDEL k\n2 SET k w\n60 GET k", 2, 0);
    session("SET a v\nSET b v\nSET c v\nUNLINK a b x\nEXISTS a b c c", 2, 2);
    session("SET a v\n#5 SET b v\nFLUSHDB\nGET a\n#5 GET b\n#5 FLUSHDB\n#5 GET b", 1, 2);
    session("SET a v\n#5 SET b v\nFLUSHALL ASYNC\nGET a\n#5 GET b\nSET a v\nFLUSHALL\nGET a", 0, 3);
    session("SET a v\nFLUSHDB\nSET a v\nGET a\nFLUSHDB\nFLUSHDB\nGET a", 1, 1);
    session("#1 SET a v\nSWAPDB 0 1\nFLUSHDB\nGET a\n#1 GET a", 0, 2);
    session("SET a v\nMIGRATE h 6379 a 0 100\nGET a\nSET b v\nMIGRATE h 6379 '' 0 100 COPY KEYS b c\nGET b", 3, 2);
}

#[test]
fn a_collection_is_gone_with_its_last_element() {
    for (create, empty) in [
        ("LPUSH k a b", "LPOP k\nRPOP k"),
        ("LPUSH k a b", "LPOP k 5"),
        ("RPUSH k a b a", "LREM k 0 a\nLREM k 1 b"),
        ("RPUSH k a b", "LTRIM k 5 9"),
        ("RPUSH k a", "RPOPLPUSH k other"),
        ("RPUSH k a", "LMOVE k other LEFT RIGHT"),
        ("RPUSH k a", "BLPOP x k 0"),
        ("RPUSH k a b", "LMPOP 2 x k LEFT COUNT 2"),
        ("SADD k a b", "SREM k a b"),
        ("SADD k a b c", "SPOP k\nSPOP k 1\nSPOP k"),
        ("SADD k a", "SMOVE k other a"),
        ("HSET k f v g w", "HDEL k f g"),
        ("HSET k f v", "HGETDEL k FIELDS 1 f"),
        ("ZADD k 1 a 2 b", "ZREM k a b"),
        ("ZADD k 1 a 2 b", "ZPOPMIN k\nZPOPMAX k"),
        ("ZADD k 1 a 2 b", "ZPOPMIN k 9"),
        ("ZADD k 1 a 2 b", "ZREMRANGEBYSCORE k -inf 2"),
        ("ZADD k 1 a 2 b", "ZREMRANGEBYSCORE k (0 (3"),
        ("ZADD k 1 a 2 b", "ZREMRANGEBYRANK k 0 -1"),
        ("ZADD k 0 a 0 b", "ZREMRANGEBYLEX k [a [b"),
        ("ZADD k 0 a 0 b", "ZREMRANGEBYLEX k - +"),
        ("GEOADD k 13.4 52.5 berlin", "ZREM k berlin"),
        ("ZADD k 1 a", "BZPOPMIN x k 0"),
        ("ZADD k 1 a", "ZMPOP 2 x k MAX"),
        ("SADD k a", "SINTERSTORE k k missing"),
        ("SADD k a", "SDIFFSTORE k k k"),
        ("ZADD k 1 a", "ZUNIONSTORE k 1 missing"),
        ("ZADD k 1 a", "ZRANGESTORE k k 5 9"),
    ] {
        let reads = match empty.split(' ').next() {
            Some("SINTERSTORE") => (1, 1),
            Some("SDIFFSTORE") => (2, 0),
            Some("ZUNIONSTORE") => (0, 1),
            Some("ZRANGESTORE") => (1, 0),
            _ => (0, 0),
        };
        session(&format!("{create}\nTYPE k\n{empty}\nTYPE k"), 1 + reads.0, 1 + reads.1);
    }
}

#[test]
fn a_collection_stays_as_long_as_it_has_an_element() {
    for session_text in [
        "RPUSH k a b\nLPOP k\nLPOP k 0\nTYPE k",
        "RPUSH k a b a\nLREM k 1 a\nLREM k 1 b\nTYPE k",
        "RPUSH k a b a a\nLREM k -2 a\nLREM k 1 b\nTYPE k",
        "RPUSH k a b c\nLTRIM k -1 -1\nTYPE k",
        "RPUSH k a\nLMOVE k k LEFT RIGHT\nTYPE k",
        "SADD k a b\nSREM k a x y\nTYPE k",
        "SADD k a b\nSPOP k\nSADD k c\nSPOP k\nTYPE k",
        "SADD k a\nSMOVE k other x\nTYPE k",
        "HSET k f v\nHDEL k g\nTYPE k",
        "ZADD k 1 a 2 b\nZREMRANGEBYSCORE k -inf (2\nTYPE k",
        "ZADD k 1 a\nZADD k 5 a\nZREMRANGEBYSCORE k 1 4\nTYPE k",
        "ZADD k 1 a\nZINCRBY k 5 a\nZREMRANGEBYSCORE k 1 4\nTYPE k",
        "ZADD k 5 a\nZADD k LT 9 a\nZREMRANGEBYSCORE k 9 9\nTYPE k",
        "ZADD k 0 a 0 b 0 c\nZREMRANGEBYLEX k [a (c\nTYPE k",
        "ZADD k 1 a 2 b 3 c\nZREMRANGEBYRANK k 0 -2\nTYPE k",
        "XADD k 1-1 f v\nXDEL k 1-1\nXTRIM k MAXLEN 0\nTYPE k",
        "XGROUP CREATE k g $ MKSTREAM\nTYPE k",
    ] {
        session(session_text, 1, 0);
    }
}

#[test]
fn values_are_made_from_others() {
    session("SADD a 1 2\nSADD b 2 3\nSINTERSTORE c a b\nSPOP c\nTYPE c", 2, 1);
    session("SADD a 1\nSUNIONSTORE c a x\nTYPE c\nSDIFFSTORE c a a\nTYPE c", 4, 2);
    session("ZADD a 1 x 2 y\nSADD b y\nZINTERSTORE c 2 a b WEIGHTS 2 10\nZREMRANGEBYSCORE c 14 14\nTYPE c", 2, 1);
    session("ZADD a 1 x 2 y 3 z\nZRANGESTORE c a 0 0 REV\nZREMRANGEBYSCORE c 3 3\nTYPE c", 1, 1);
    session("ZADD a 1 x 2 y 3 z\nZRANGESTORE c a (3 -inf BYSCORE REV LIMIT 0 1\nZREMRANGEBYSCORE c 2 2\nTYPE c", 1, 1);
    session("SET a 1\nBITOP AND c a x\nTYPE c\nBITOP OR c x y\nTYPE c", 2, 4);
    session("PFMERGE c a\nTYPE c", 1, 2);
    session("RPUSH l 3 1 2\nSORT l STORE c\nLPOP c\nTYPE c\nLPOP c 9\nTYPE c\nSORT x STORE c\nTYPE c", 2, 3);
    session("RPUSH l 3 1 2\nSORT l LIMIT 1 1 STORE c\nLREM c 0 2\nTYPE c", 1, 1);
    session("RPUSH l b a\nSORT l STORE c\nTYPE c\nSORT l ALPHA STORE c\nTYPE c", 3, 1);
}

#[test]
fn a_command_for_another_kind_of_value_does_nothing() {
    session(
        "0 RPUSH k a\n0.1 EXPIRE k 10\n5 INCR k\n5.1 APPEND k x\n5.2 SADD k x\n5.3 HSET k f v\n5.4 ZADD k 1 a\n9 TYPE k\n11 TYPE k",
        1,
        1,
    );
    session("RPUSH k a\nGETSET k v\nGETDEL k\nGETEX k EX 1\nSET k v GET\n60 TYPE k", 5, 0);
    session("RPUSH k a\nSET k v\nLPOP k\nTYPE k", 1, 0);
    session("SET k v\nRPUSH l a\nLMOVE l k LEFT LEFT\nTYPE l\nSMOVE l k a\nTYPE l", 2, 0);
    session("SET k v\nSADD s a\nSUNIONSTORE c s k\nTYPE c", 2, 1);
}

#[test]
fn who_waits_for_an_element_gets_it() {
    session("@w1 BLPOP q 0\n@p LPUSH q job\n@p TYPE q", 0, 1);
    session("@w1 BLPOP q 0\n@w2 BRPOP r q 0\n@p LPUSH q 1 2 3\n@p LLEN q\n@p LPOP q\n@p LLEN q", 1, 1);
    session("0 @w1 BLPOP q 2\n3 @p LPUSH q job\n4 @p LLEN q", 1, 0);
    session("0 @w1 BLPOP q 10\n3 @w1 PING\n3.5 @w1 GET x\n4 @p LPUSH q job\n5 @p LLEN q", 1, 1);
    session("@w1 BLMOVE q done LEFT RIGHT 0\n@p LPUSH q job\n@p TYPE q\n@p TYPE done", 1, 1);
    session("@w1 BRPOPLPUSH a b 0\n@w2 BLPOP b 0\n@p LPUSH a job\n@p EXISTS a b", 0, 2);
    session("@w1 BZPOPMIN z 0\n@p ZADD z 1 a\n@p TYPE z", 0, 1);
    session("@w1 BLPOP q 0\n@p ZADD q 1 a\n@p TYPE q\n@p DEL q\n@p LPUSH q a\n@p TYPE q", 1, 1);
    session("@w1 BLPOP q 0\n@p MULTI\n@p LPUSH q a\n@p LLEN q\n@p EXEC\n@p LLEN q", 1, 1);
    session("@lua BLPOP q 0\n@p LPUSH q a\n@p LLEN q", 1, 0);
    session("@p MULTI\n@p BLPOP q 0\n@p EXEC\n@o LPUSH q a\n@o LLEN q", 1, 0);
    session("@w1 BLPOP q 0\n@p RPUSH l a\n@p RENAME l q\n@p LLEN q", 0, 1);
}

#[test]
fn who_waits_goes_on_waiting_in_the_database_of_that_number() {
    session("@w1 BLPOP q 0\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN q", 0, 1);
    session("@w1 BLPOP q 0\n@p SWAPDB 0 1\n@p #1 RPUSH q x\n@p #1 LLEN q", 1, 0);
    session("@w1 BLPOP q 0\n@p #1 RPUSH q x\n@p SWAPDB 1 0\n@p LLEN q\n@p #1 LLEN q", 0, 2);
    session("@w1 BLPOP q 0\n@p SWAPDB 0 1\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN q", 0, 1);
    session(
        "@w1 BLPOP q 0\n@p SWAPDB 0 2\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN q\n@p #1 RPUSH q x\n@p #1 LLEN q",
        1,
        1,
    );
    session("@w1 BLPOP q 0\n@p SWAPDB 0 0\n@p RPUSH q x\n@p LLEN q", 0, 1);
    session("@w1 BLPOP q 0\n@p SWAPDB 1 2\n@p RPUSH q x\n@p LLEN q", 0, 1);
    session("@w1 BLMOVE q done LEFT RIGHT 0\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN done\n@p #1 LLEN done", 1, 1);
    session(
        "@w1 BLPOP q 0\n@w2 #1 BRPOP q 0\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN q\n@p #1 RPUSH q x y\n@p #1 LLEN q",
        1,
        1,
    );
    session("@w1 BZPOPMIN q 0\n@p SWAPDB 0 1\n@p ZADD q 1 x\n@p ZCARD q", 0, 1);
    session("@w1 BLMPOP 0 2 p q LEFT\n@p SWAPDB 0 1\n@p RPUSH p x\n@p RPUSH q y\n@p LLEN p\n@p LLEN q", 1, 1);
    session("@w1 BLPOP q 0\n@w1 PING\n@w1 GET x\n@p SWAPDB 0 1\n@p RPUSH q x\n@p LLEN q", 1, 1);
    session(
        "@w1 BLPOP q 0\n@p MULTI\n@p SWAPDB 0 1\n@p RPUSH q x y\n@p LLEN q\n@p EXEC\n@p LLEN q\n@p LPOP q\n@p LLEN q",
        2,
        1,
    );
}

#[test]
fn a_script_sees_one_moment_and_its_call_is_no_request() {
    let script = "0 SET k v PX 10\n0.009 EVAL return 1 k\n0.0095 @lua GET k\n0.5 @lua GET k\n0.6 GET k";
    session(script, 2, 1);
    session("0 MULTI\n0.1 SET k v\n0.1 GET k\n0.2 EXEC\n1 WATCH k", 1, 0);
}

#[test]
fn look_ups_count_as_the_server_counts_them() {
    session(
        "SET k v\nSTRLEN k\nGETRANGE k 0 1\nTTL k\nPTTL k\nTYPE k\nDUMP k\nOBJECT ENCODING k\nTOUCH k x\nEXISTS k x",
        9,
        2,
    );
    session("SET k v\nSCAN 0\nKEYS *\nRANDOMKEY\nDBSIZE\nMEMORY USAGE k\nOBJECT HELP\nPUBLISH c m\nWATCH k", 0, 0);
    session("SADD a 1\nSINTERCARD 2 a x LIMIT 1\nZUNION 2 a x\nLCS p q\nPFCOUNT a x", 3, 4);
    session("XADD s * f v\nXREAD COUNT 1 STREAMS s x 0 0\nXREADGROUP GROUP g c STREAMS x >\nXINFO STREAM s", 3, 3);
    session("SADD k a b c\nSPOP k 2\nSPOP k 2\nSPOP k 2", 1, 0);
    session("BITFIELD k GET u8 0\nBITFIELD_RO k GET u8 0\nSORT k\nSORT_RO k\nGEORADIUS k 1 1 1 m", 0, 5);
}

/// In how many bytes the last look-up of these commands hits, and in no fewer.
#[track_caller]
fn room_needed(name: &str, text: &str, bytes: u64) {
    let [enough, less] =
        [bytes, bytes - 1].map(|bytes| played_in(Capacity::bytes_with_overhead(bytes, 0), name, text.as_bytes()));
    assert_eq!((enough, less), ((1, 0), (0, 1)), "in {bytes} bytes, and in one less:\n{text}");
}

#[test]
fn what_changes_a_text_changes_its_size() {
    let (ten, twenty) = ("x".repeat(10), "x".repeat(20));
    for (makes, bytes) in [
        (format!("SET a {twenty}\nAPPEND a {ten}"), 31),
        (format!("APPEND a {twenty}"), 21),
        (format!("SET a {ten}\nSETRANGE a 15 {ten}"), 26),
        (format!("SET a {twenty}\nSETRANGE a 0 {ten}"), 21),
        (format!("SETRANGE a 15 {ten}"), 26),
        (format!("SET a {ten}\nSETBIT a 160 1"), 22),
        (format!("SET a {twenty}\nSETBIT a 3 1"), 21),
        ("BITFIELD a SET u8 #9 1".to_owned(), 11),
        ("BITFIELD a GET u8 #50 INCRBY i16 1 1".to_owned(), 4),
        ("INCR a".to_owned(), 2),
        ("DECR a".to_owned(), 3),
        ("INCRBY a 12345".to_owned(), 6),
        ("DECRBY a 12345".to_owned(), 7),
        ("INCRBYFLOAT a 0.25".to_owned(), 5),
        (format!("SET a {ten}\nINCR a"), 11),
        (format!("SET longname {ten}\nRENAME longname a"), 11),
    ] {
        room_needed("-", &monitor(&format!("{makes}\nSET b 12345678901234\nGET a")), bytes + 15);
    }
}

#[test]
fn what_memcached_appends_makes_a_value_larger() {
    for change in ["append", "prepend"] {
        let rows = format!("0,a,1,20,1,set,0\n1,a,1,10,1,{change},0\n2,b,1,14,1,set,0\n3,a,1,30,1,get,0\n");
        room_needed("t", &rows, 46);
    }
    room_needed("t", "0,a,1,20,1,set,0\n1,a,1,0,1,incr,0\n2,b,1,14,1,set,0\n3,a,1,20,1,get,0\n", 36);
}

/// Hits and misses of a command.
pub type Counted = ((u64, u64), &'static str);

/// Commands on one value of each kind, and what the server counts for each: hits, misses and the command.
pub fn counted_look_ups() -> (&'static str, Vec<Counted>) {
    let lines = include_str!("data/look-ups.txt").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| {
        let [hits, misses, command] =
            line.splitn(3, ' ').collect::<Vec<_>>().try_into().expect("hits, misses and a command");
        ((hits.parse().expect("hits"), misses.parse().expect("misses")), command)
    });
    let values =
        "RPUSH l a b\nSADD s a b\nHSET h f v\nZADD z 1 a 2 b\nXADD x 1-1 f v\nXGROUP CREATE x g 0\nSET t 1\nPFADD p a";
    (values, parts.collect())
}

#[test]
fn what_the_server_refuses_counts_only_the_look_ups_before() {
    let (values, commands) = counted_look_ups();
    let wrong: Vec<String> = commands
        .iter()
        .map(|(counts, command)| {
            (counts, command, played("-", monitor(&format!("{values}\n{command}")).as_bytes(), 1_000))
        })
        .filter(|(counts, _, played)| *counts != played)
        .map(|(counts, command, played)| format!("{command}: {played:?} instead of {counts:?}"))
        .collect();
    assert!(commands.len() > 150 && wrong.is_empty(), "hits and misses of\n{}", wrong.join("\n"));
    session("SET a 1\nSADD s a\nSUNION s a s\nSUNION s s\nPFCOUNT a s\nPFCOUNT x s", 6, 1);
    session("SADD s a\nZUNIONSTORE d 1 s WEIGHTS x\nEXISTS d", 1, 1);
}

/// What becomes nothing, by reason and name.
fn left_out(session: &str) -> Vec<(&'static str, String)> {
    let text = monitor(session);
    let mut records = Records::open("-", text.as_bytes(), None).expect("it is read");
    assert!(records.by_ref().all(|record| record.is_ok()));
    let reasons = records.left_out();
    let pairs =
        reasons.by_reason().flat_map(|(reason, names)| names.keys().map(move |name| (reason.name(), name.clone())));
    pairs.collect()
}

#[test]
fn what_brings_or_takes_keys_that_it_does_not_name_is_told_so() {
    for other in ["REPLICAOF host 6379", "SLAVEOF host 6379", "DEBUG POPULATE 100", "DEBUG RELOAD", "DEBUG LOADAOF"] {
        let name = other.split(' ').next().expect("a name").to_lowercase();
        assert_eq!(left_out(&format!("GET k\n{other}")), [("other_keys", name)], "{other}");
    }
    for none in ["REPLICAOF NO ONE", "slaveof no one", "DEBUG SLEEP 0", "DEBUG OBJECT k"] {
        let name = none.split(' ').next().expect("a name").to_lowercase();
        assert_eq!(left_out(&format!("GET k\n{none}")), [("no_key", name)], "{none}");
    }
}

#[test]
fn what_later_versions_do_for_certain_is_done() {
    session("HSETEX h EX 60 FIELDS 1 f v\nTYPE h", 1, 0);
    session("HSETEX h FIELDS 2 f v g w\nHDEL h f\nTYPE h\nHDEL h g\nTYPE h", 1, 1);
    session("HSETEX h EXAT 1 FIELDS 1 f v\nTYPE h\nHSETEX h EX 5 FIELDS 2 f v\nTYPE h", 0, 2);
    session("0 HSET h f v\n0.1 EXPIRE h 10\n1 HSETEX h KEEPTTL FIELDS 1 g w\n9 TYPE h\n11 TYPE h", 1, 1);
    session("HSET h f v\nHSETEX h PXAT 1000 FIELDS 1 f w\nTYPE h\nHSETEX h EX 0 FIELDS 1 f v\nTYPE h", 0, 2);
    session("SET a v\nDELEX a\nGET a\nSET a v\nDELEX a IFEQ v\nGET a", 1, 1);
    for gone in ["HEXPIRE h 0", "HPEXPIRE h 0", "HEXPIREAT h 1600000000", "HPEXPIREAT h 1600000000000"] {
        session(&format!("HSET h f v\n{gone} FIELDS 1 f\nTYPE h"), 0, 1);
        session(&format!("HSET h f v g w\n{gone} FIELDS 2 f x\nTYPE h"), 1, 0);
        session(&format!("SET h v\n{gone} FIELDS 1 f\nTYPE h"), 1, 0);
        session(&format!("HSET h f v\n{gone} FIELDS 2 f\nTYPE h"), 1, 0);
    }
    // Of fields' TTLs nothing is kept, and that is told.
    for kept in ["HEXPIRE h 0 NX FIELDS 1 f", "HEXPIRE h 5 FIELDS 1 f", "HSETEX h FNX FIELDS 1 f v", "DELEX h IFEQ v"] {
        let name = kept.split(' ').next().expect("a name").to_lowercase();
        assert_eq!(left_out(&format!("HSET h f v\n{kept}")), [("depends_on_values", name)], "{kept}");
        session(&format!("HSET h f v\n{kept}\nTYPE h"), 1, 0);
    }
    for refused in [
        "HEXPIRE h -1 FIELDS 1 f",
        "HPEXPIREAT h -5 FIELDS 1 f",
        "HEXPIRE h x FIELDS 1 f",
        "HSETEX h EX -1 FIELDS 1 f v",
        "HSETEX h EX 5 KEEPTTL FIELDS 1 f v",
    ] {
        let name = refused.split(' ').next().expect("a name").to_lowercase();
        assert_eq!(left_out(&format!("HSET h f v\n{refused}")), [("refused", name)], "{refused}");
    }
    assert_eq!(left_out("HSETEX h EX 60 FIELDS 1 f v"), [("depends_on_values", "hsetex".to_owned())], "the TTL");
}

#[test]
fn memcacheds_commands_do_what_they_do_there() {
    let twitter = |rows: &str, hits, misses| {
        let text: String = rows
            .split(' ')
            .map(|row| {
                let [time, op, ttl] = row.split(':').collect::<Vec<_>>().try_into().expect("three fields");
                format!("{time},k,1,1,1,{op},{ttl}\n")
            })
            .collect();
        assert_eq!(played("t", text.as_bytes(), 10), (hits, misses), "{rows}");
    };
    twitter("0:set:10 10:get:0 11:get:0", 1, 1);
    twitter("0:set:10 5:set:0 60:get:0", 1, 0);
    twitter("0:get:0 0:add:10 8:add:10 9:get:0 12:get:0 13:add:0 60:gets:0", 2, 2);
    twitter("0:replace:0 0:get:0 1:set:5 2:replace:0 60:get:0", 1, 1);
    twitter("0:cas:0 0:get:0 1:set:5 2:cas:60 60:get:0", 1, 1);
    for change in ["append", "prepend", "incr", "decr"] {
        twitter(&format!("0:{change}:0 1:get:0 2:set:10 8:{change}:0 9:get:0 13:get:0"), 1, 2);
    }
    twitter("0:set:10 1:delete:0 1:get:0 2:set:0 60:get:0", 1, 1);
    // A TTL over 30 days is a length of time there, too; only one that is a moment of its own clock is a moment.
    twitter("0:set:8000000 10:get:0 7999999:get:0 8000001:get:0", 2, 1);
    twitter("1600000000:set:1600000060 1600000060:get:0 1600000061:get:0", 1, 1);
    twitter("5:set:1600000060 600000:get:0", 1, 0);
}

#[test]
fn a_table_of_requests_says_whether_misses_fill() {
    let table = |text: &str, hits, misses| assert_eq!(played("a.csv", text.as_bytes(), 10), (hits, misses), "{text}");
    table("time,key,op\n1,a,get\n2,a,get\n", 1, 1);
    table("key\na\na\n", 1, 1);
    table("time,key,op\n1,a,get\n2,a,get\n3,b,set\n4,a,get\n5,b,get\n", 1, 3);
    table("time,key,op\n1,a,get\n2,a,get\n3,a,delete\n4,a,get\n5,a,get\n", 2, 2);
    table("time,key,op,ttl\n0,a,set,10\n5,a,modify,\n9,a,get,\n11,a,get,\n", 1, 1);
    table("time,key,op,ttl\n0,a,set,10\n5,a,set,\n60,a,get,\n", 1, 0);
    table("time,key,ttl\n0,a,10\n10,a,20\n11,a,\n60,a,\n", 2, 2);
}

/// What is not known for certain after a session.
fn doubts(text: &str) -> (u64, u64) {
    let mut cache = Replay::new(Eviction::Lru, 1_000, None, 1).leaving_misses();
    for record in Records::open("-", text.as_bytes(), None).expect("it is read") {
        let record = record.expect("a record");
        cache.run(&record.ask(), record.command.as_ref().expect("MONITOR says it"));
    }
    (cache.doubts().too_large, cache.doubts().unknown)
}

#[test]
fn what_cannot_be_known_is_counted_and_what_can_is_not() {
    let doubts = |session: &str| doubts(&monitor(session));
    assert_eq!(doubts("RESTORE s 0 \\x02\\x02\nSADD s a\nSREM s a\nTYPE s"), (0, 1), "it may have held more");
    assert_eq!(doubts("SADD s a b\nSPOP s\nSADD s c\nSPOP s 2\nTYPE s"), (0, 0));
    assert_eq!(doubts("SADD s a b\nSPOP s\nSADD s a\nTYPE s"), (0, 0), "one or two: there for sure");
    assert_eq!(doubts("SADD s a b\nSPOP s\nSREM s a\nTYPE s"), (0, 1), "the one that is left, or not");
    assert_eq!(doubts("GEOADD g 13 52 a\nGEOSEARCHSTORE h g FROMMEMBER a BYRADIUS 1 m"), (0, 1));
    assert_eq!(doubts("GEOADD g 13 52 a\nZREMRANGEBYSCORE g 0 1\nZREM g a"), (0, 1));
    assert_eq!(doubts("GEOSEARCHSTORE h missing FROMLONLAT 1 1 BYRADIUS 1 m\nTYPE h"), (0, 0));
    assert_eq!(doubts("@w BLPOP q 0\n@p CLIENT KILL ID 5\n@p LPUSH q a"), (0, 1), "the one who waits, or another");
    assert_eq!(doubts("@w BLPOP q 0\n@p CLIENT UNBLOCK 5\n@p LPUSH q a"), (0, 1));
    assert_eq!(doubts("@w BLPOP q 0\n@p LPUSH q a\n@p CLIENT KILL ID 5\n@p CLIENT LIST"), (0, 0), "nobody waits");
    assert_eq!(doubts("@w BLPOP q 0\n@p CLIENT LIST\n@p CLIENT SETNAME kill"), (0, 0));
    assert_eq!(doubts("SET k v\nAPPEND k x\nDEL k\nHSET h f v\nHDEL h f\nZADD z 1 a\nZPOPMIN z"), (0, 0));
}
