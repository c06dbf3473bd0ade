//! Each format, read as its tools write it, and refused where it is none.

use super::*;
use crate::keyspace::{Expiry, Only, OnlyExpiry};
use crate::workload::requests::Operation;

/// Stores a value whatever was there.
const fn store(expiry: Expiry) -> Command {
    Command::Store { expiry, only: Only::Always }
}

const fn expire(to: Expiry) -> Command {
    Command::Expire { to, only: OnlyExpiry::Always }
}

fn trace(name: &str, bytes: impl AsRef<[u8]>) -> Result<Trace, String> {
    Trace::read(name, bytes.as_ref(), None).map_err(|error| error.to_string())
}

fn all(name: &str, bytes: impl AsRef<[u8]>) -> Vec<Record> {
    Records::open(name, bytes.as_ref(), None).unwrap().collect::<Result<_, _>>().unwrap()
}

fn oracle(records: &[(u32, u64, u32, i64)]) -> Vec<u8> {
    let bytes = records.iter().flat_map(|(time, object, size, next)| {
        [&time.to_le_bytes()[..], &object.to_le_bytes(), &size.to_le_bytes(), &next.to_le_bytes()].concat()
    });
    bytes.collect()
}

const TWITTER: &str = "0,nz:u:a,8,120,7,get,0\n0,nz:u:b,8,0,7,get,0\n1,nz:u:b,8,40,9,set,60\n2,nz:u:a,8,0,7,delete,0\n\
                       2,c,1,4,9,incr,0\n";

const MONITOR: &str = "OK\n1339518083.107412 [0 127.0.0.1:60866] \"SET\" \"a b\" \"x\\\"y\" \"EX\" \"60\"\n\
    1339518084.000001 [0 127.0.0.1:60866] \"get\" \"a b\"\n\
    1339518084.000002 [0 lua] \"mget\" \"k1\" \"k\\x002\"\n\
    1339518085.000000 [3 unix:/tmp/a [1] b.sock] \"get\" \"k1\"\n\
    1339518085.000001 [0 127.0.0.1:60866] \"ping\"\n\
    1339518086.000000 [0 127.0.0.1:60867] \"incr\" \"n\"\n\
    1339518086.000000 [0 127.0.0.1:60867] \"expire\" \"n\" \"30\"\n\
    1339518087.000000 [0 127.0.0.1:60867] \"FOO\" \"n\"\n\
    1339518088.000000 [0 127.0.0.1:60867] \"del\" \"n\" \"k1\"\n";

#[test]
fn formats_are_known_by_their_names_and_first_bytes() {
    let format = |name, bytes: &[u8]| Records::open(name, bytes, None).unwrap().format();
    assert_eq!(format("a.txt", b"user:1\nuser:2\n"), Format::Keys);
    assert_eq!(format("-", b"1 2 0 3\n"), Format::Keys, "a key may have spaces");
    assert_eq!(format("P1.lis", b"1 2 0 3\n"), Format::Arc);
    assert_eq!(format("-", b"time,key\n1,a\n"), Format::Csv);
    assert_eq!(format("-", b"a,b\n1,a\n"), Format::Keys, "no header of ours");
    assert_eq!(format("cluster001", TWITTER.as_bytes()), Format::Twitter);
    assert_eq!(format("-", MONITOR.as_bytes()), Format::Monitor);
    assert_eq!(format("x.oracleGeneral", &oracle(&[(1, 2, 3, -1)])), Format::OracleGeneral);
    assert_eq!(format("-", &oracle(&[(1, 2, 3, -1)])), Format::OracleGeneral, "no text has zeros");
    for known in Format::ALL {
        assert_eq!(known.name().parse(), Ok(known));
    }
    assert!("arcs".parse::<Format>().unwrap_err().contains("known: keys, csv, arc, oracle-general"));
}

#[test]
fn a_format_may_be_forced() {
    let trace = Trace::read("-", &b"5 2 0 0\n"[..], Some(Format::Arc)).unwrap();
    assert_eq!(trace.keys(), [0, 1]);
}

#[test]
fn csv_columns_may_stand_in_any_order_and_be_quoted() {
    let records =
        all("a.csv", "op,key,time,size,ttl,client\nget,\"a,\"\"b\",0.5,100,,x\nset,b,1,,60,y\ndel,b,1,7,0,x\n");
    let a = Record {
        key: 0,
        at: Some(Nanos::from_millis(500)),
        command: Some(Command::Read),
        size: Some(100),
        client: Some(0),
        ..Record::default()
    };
    let b = Record {
        key: 1,
        at: Some(Nanos::from_secs(1)),
        command: Some(store(Expiry::In(Nanos::from_secs(60)))),
        client: Some(1),
        ..Record::default()
    };
    let gone = Record { command: Some(Command::Delete), size: Some(7), client: Some(0), ..b.clone() };
    assert_eq!(records, [a, b, gone]);
}

#[test]
fn a_bad_csv_is_told_by_line_and_with_what_was_expected() {
    let wrong = |text: &str| trace("a.csv", text).unwrap_err();
    assert!(wrong("").starts_with("line 1: the trace is empty; it must hold at least a header"));
    assert!(wrong("time,key\n").starts_with("line 2: the trace is empty"));
    assert!(wrong("1,a\n").starts_with("line 1: \"1\" is not a column's name"));
    assert!(wrong("time,size\n").contains("is not a header with a column `key`"));
    assert!(wrong("key,key\na,b\n").contains("is not a new column"));
    assert_eq!(wrong("time,key\n1,a\n2\n"), "line 3: \"a row of 1 fields\" is not a row of 2, as the header says");
    assert_eq!(wrong("time,key\nx,a\n"), "line 2: \"x\" is not a time in seconds, such as 12 or 12.5");
    assert_eq!(wrong("key,op\na,got\n"), "line 2: \"got\" is not an operation: get, set, modify or delete");
    assert_eq!(wrong("key,size\na,-1\n"), "line 2: \"-1\" is not a size in whole bytes, below 4 GiB");
    assert_eq!(wrong("time,key\n2,a\n1,a\n"), "line 3: the time goes back, from 2 s to 1 s; sort the trace by time");
    assert!(wrong("time,key\n1,\"a\n").contains("whose quotes are closed"));
}

#[test]
fn arcs_ranges_become_one_request_a_block() {
    let trace = trace("OLTP.lis", "100 3 0 0\n101 2 0 1\n").unwrap();
    assert_eq!(trace.keys(), [0, 1, 2, 1, 2]);
    assert_eq!(trace.operation(0), None);
}

#[test]
fn a_bad_range_is_refused() {
    let wrong = |text: &str| trace("a.lis", text).unwrap_err();
    assert!(wrong("").starts_with("line 1: the trace is empty"));
    assert!(wrong("1 2 0 0\n7\n").starts_with("line 2: \"7\" is not two or more numbers"));
    assert_eq!(wrong("1 0 0 0\n"), "line 1: \"0\" is not a number of blocks, from 1 to 1048576");
    assert_eq!(wrong("1 9999999 0 0\n"), "line 1: \"9999999\" is not a number of blocks, from 1 to 1048576");
    assert_eq!(wrong("x 1 0 0\n"), "line 1: \"x\" is not the number of a block");
}

#[test]
fn binary_records_say_time_size_and_what_comes_next() {
    let records = all("a.oracleGeneral", oracle(&[(10, 77, 500, 2), (10, u64::MAX, 1, -1), (12, 77, 500, i64::MAX)]));
    assert_eq!(records.iter().map(|record| record.key).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(records.iter().map(|record| record.next).collect::<Vec<_>>(), [Next::At(2), Next::Never, Next::Never]);
    assert_eq!((records[2].at, records[2].size), (Some(Nanos::from_secs(12)), Some(500)));
}

#[test]
fn a_cut_or_impossible_record_is_told_by_its_number() {
    let wrong = |bytes: &[u8]| trace("a.oracleGeneral", bytes).unwrap_err();
    let good = oracle(&[(1, 2, 3, -1), (1, 3, 3, -1)]);
    assert!(
        wrong(&good[..40])
            .starts_with("record 2: \"a record of 16 bytes, where the file ends,\" is not a record of 24")
    );
    assert!(wrong(&[]).starts_with("record 1: the trace is empty"));
    let back = oracle(&[(1, 2, 3, 1), (1, 2, 3, 1)]);
    assert!(
        wrong(&back).starts_with("record 2: \"the next access 1\" is not the number of a later request than this, 2")
    );
    assert!(wrong(&oracle(&[(2, 2, 3, -1), (1, 3, 3, -1)])).starts_with("record 2: the time goes back"));
}

#[test]
fn twitters_operations_sizes_and_lives_are_kept() {
    let trace = trace("cluster001", TWITTER).unwrap();
    assert_eq!(trace.keys(), [0, 1, 1, 0, 2]);
    use Operation::{Delete, Read, Write};
    // Nothing was there to be incremented.
    for (number, operation) in [Read, Read, Write, Delete, Read].into_iter().enumerate() {
        assert_eq!(trace.operation(number), Some(operation));
    }
    let sizes: Vec<Option<u32>> = (0..5).map(|number| trace.size(number)).collect();
    assert_eq!(sizes, [Some(128), None, Some(48), None, Some(5)], "key and value; a get that missed knows nothing");
    let lives: Vec<Option<Nanos>> = (0..5).map(|number| trace.ttl(number)).collect();
    let minute = Some(Nanos::from_secs(60));
    assert_eq!(lives, [None, minute, minute, None, None], "a read takes the life that its key is given next");
    assert_eq!((trace.client(0), trace.client(2), trace.at(3)), (Some(0), Some(1), Some(Nanos::from_secs(2))));
    assert_eq!(trace.write_ratio(), Some(0.4));
}

#[test]
fn a_twitter_key_may_have_commas_and_a_bad_row_is_refused() {
    assert_eq!(
        all("t", "0,a,b,3,4,1,get,0\n0,a,3,4,1,get,0\n0,a,b,3,4,1,get,0\n").iter().map(|r| r.key).sum::<u32>(),
        1
    );
    let wrong = |row: &str| trace("t", format!("0,a,1,1,1,get,0\n{row}\n")).unwrap_err();
    assert!(wrong("1,a,1,1,get,0").starts_with("line 2: \"1,a,1,1,get,0\" is not seven fields"));
    assert!(wrong("1,a,1,1,1,gat,0").starts_with("line 2: \"gat\" is not an operation: get, gets"));
    assert!(wrong("1,a,1,x,1,get,0").starts_with("line 2: \"x\" is not the value's size in whole bytes"));
    assert!(wrong("1.5,a,1,1,1,get,0").starts_with("line 2: \"1.5\" is not a time in whole seconds"));
    assert!(wrong("1,,1,1,1,get,0").starts_with("line 2: \"\" is not a key"));
}

#[test]
fn monitors_commands_become_requests_by_key() {
    let trace = trace("-", MONITOR).unwrap();
    use Operation::{Delete, Modify, Read, Write};
    let operations: Vec<Operation> = (0..trace.keys().len()).filter_map(|number| trace.operation(number)).collect();
    assert_eq!(operations, [Write, Read, Read, Read, Read, Modify, Delete, Delete]);
    // "a b", "a b", k1, k\0 2, k1 of database 3, n, n, k1.
    assert_eq!(trace.keys(), [0, 0, 1, 2, 3, 4, 4, 1]);
    assert_eq!(trace.size(0), Some(6), "three bytes of key and three of value");
    assert_eq!(trace.ttl(0), Some(Nanos::from_secs(60)));
    assert_eq!(trace.ttl(5), Some(Nanos::from_secs(30)), "EXPIRE right after a write is the write's own");
    assert_eq!(trace.at(1), Some(Nanos(892_589_000)));
    let left_out = trace.left_out().by_name();
    assert_eq!(left_out.iter().map(|(name, n)| (&**name, *n)).collect::<Vec<_>>(), [("foo", 1), ("ping", 1)]);
}

#[test]
fn set_options_and_their_kin_say_how_long_a_value_lives() {
    let line = |words: &str| format!("100.5 [0 lua] {words}\n");
    let does = |words: &str| all("-", line(words))[0].command.clone().unwrap();
    // Redis counts whole milliseconds: a value is good up to and including the last one.
    let until = |ms: u64| Expiry::At(Nanos(Nanos::from_millis(ms + 1).0 - 1));
    assert_eq!(does(r#""set" "k" "v" "PX" "1500""#), store(until(102_000)));
    assert_eq!(does(r#""set" "k" "v" "EXAT" "160""#), store(until(160_000)));
    assert_eq!(does(r#""set" "k" "v" "PXAT" "2500""#), store(until(2_500)));
    assert_eq!(does(r#""set" "k" "v" "KEEPTTL""#), store(Expiry::Keep));
    assert_eq!(does(r#""set" "k" "v""#), store(Expiry::Never));
    assert_eq!(does(r#""setex" "k" "10" "v""#), store(until(110_500)));
    assert_eq!(does(r#""psetex" "k" "10" "v""#), store(until(100_510)));
    assert_eq!(does(r#""expire" "k" "9""#), expire(until(109_500)));
    assert_eq!(does(r#""expire" "k" "-9""#), expire(until(91_500)));
    assert_eq!(does(r#""expire" "k" "-900""#), expire(Expiry::At(Nanos::ZERO)));
    assert_eq!(does(r#""pexpireat" "k" "101000""#), expire(until(101_000)));
    assert_eq!(does(r#""persist" "k""#), expire(Expiry::Never));
    assert_eq!(
        all("-", line(r#""mset" "a" "1" "b" "22""#)).iter().map(|r| r.size).collect::<Vec<_>>(),
        [Some(2), Some(3)]
    );
}

#[test]
fn a_line_that_monitor_never_prints_is_refused() {
    let good = "100.5 [0 lua] \"get\" \"k\"\n";
    let wrong = |line: &str| trace("-", format!("{good}{line}\n")).unwrap_err();
    assert!(wrong("hello").starts_with("line 2: \"hello\" is not a line such as 1339518083.107412 [0"));
    assert!(wrong("101 [0 lua] \"get\" \"k").starts_with("line 2: \"k\" is not a word in double quotes"));
    assert!(wrong("101 [0 lua] \"get\" \"\\q\"").contains("is not a word in double quotes"));
    assert!(wrong("99 [0 lua] \"get\" \"k\"").starts_with("line 2: the time goes back"));
    assert!(trace("-", "OK\n100.5 [0 lua] \"ping\"\n").unwrap_err().contains("the trace is empty"));
}

#[test]
fn every_byte_of_a_key_survives_its_escape() {
    let escaped = |byte: u8| match byte {
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        other => format!("\\x{other:02x}"),
    };
    let text: String = (0..=255u8).map(|byte| format!("1.0 [0 lua] \"get\" \"k{}\"\n", escaped(byte))).collect();
    assert_eq!(trace("-", text).unwrap().keys(), (0..256).collect::<Vec<u32>>());
}

#[test]
fn a_compressed_trace_is_the_trace() {
    let compressed: &[u8] = &[
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x31, 0x00, 0x00, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0xEA, 0xCA, 0xD3,
        0x49,
    ];
    assert_eq!(trace("a.txt.zst", compressed).unwrap().keys(), [0, 1, 0]);
    assert!(trace("a.txt.zst", &compressed[..12]).unwrap_err().contains("damaged or cut off"));
}

#[test]
fn every_word_for_an_operation_means_what_its_tool_means() {
    let change = |creates| Command::Change { creates };
    let only = |only| Command::Store { expiry: Expiry::Never, only };
    for (words, command) in [
        ("get read", Command::Read),
        ("set write put", store(Expiry::Never)),
        ("modify incr", change(true)),
        ("delete del", Command::Delete),
    ] {
        for word in words.split(' ') {
            assert_eq!(all("a.csv", format!("key,op\na,{word}\n"))[0].command, Some(command.clone()), "{word}");
        }
    }
    for (words, command) in [
        ("get gets", Command::Read),
        ("set", store(Expiry::Never)),
        ("add", only(Only::IfAbsent)),
        ("replace cas", only(Only::IfPresent)),
        ("append prepend incr decr", change(false)),
        ("delete", Command::Delete),
    ] {
        for word in words.split(' ') {
            assert_eq!(all("t", format!("0,a,1,1,1,{word},0\n"))[0].command, Some(command.clone()), "{word}");
        }
    }
    let said = |words: &str| all("-", format!("1.5 [0 lua] {words}\n")).swap_remove(0);
    assert_eq!(said(r#""restore" "k" "0" "vvv""#).size, Some(4));
}

#[test]
fn a_quote_in_quotes_is_part_of_a_key_and_digits_go_down_to_nanoseconds() {
    let records = all("a.csv", "time,key\n1.123456789,\"a\"\"b\"\n2,ab\n3,\"a\"\"b\"\n");
    assert_eq!(records.iter().map(|record| record.key).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(records[0].at, Some(Nanos(1_123_456_789)));
}

#[test]
fn only_what_writes_a_value_gives_it_a_life() {
    let trace = trace("t", "0,a,1,1,1,set,60\n1,a,1,1,1,get,9\n2,b,1,1,1,get,9\n").unwrap();
    assert_eq!([0, 1, 2].map(|n| trace.ttl(n)), [Some(Nanos::from_secs(60)), Some(Nanos::from_secs(60)), None]);
}

#[test]
fn a_compressed_traces_own_name_says_its_format() {
    let compressed: &[u8] = &[
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x31, 0x00, 0x00, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0xEA, 0xCA, 0xD3,
        0x49,
    ];
    assert!(trace("a.lis.zst", compressed).unwrap_err().contains("is not two or more numbers"));
}
