//! Each format, read as its tools write it, and refused where it is none.

use super::*;
use crate::keyspace::{Expiry, Only, OnlyExpiry, Resize, Text};
use crate::workload::operation::Operation;

/// Stores a value whatever was there.
const fn store(expiry: Expiry) -> Command {
    Command::Store { expiry, only: Only::Always, text: Text::Plain }
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
    assert_eq!(format("P1.lis", b"1 2 0 3\n"), Format::Arc);
    assert_eq!(format("-", b"1 2 0 3\n7 1 0 4\n"), Format::Arc, "by what is in it");
    assert_eq!(format("-", b"time,key\n1,a\n"), Format::Csv);
    assert_eq!(format("-", b"0 7 100\n1 8 100\n"), Format::Csv, "time, key and size");
    assert_eq!(format("-", b"1\n2\n*\n1\n"), Format::Lirs);
    assert_eq!(format("-", b"a\n*\nb\n"), Format::Keys, "a star among names is a name");
    assert_eq!(format("-", b"128166372003061629,srv,0,Read,4096,4096,1331\n"), Format::Msr);
    assert_eq!(format("-", b"0,20941264,8192,W,0.551706\n"), Format::Spc);
    assert_eq!(format("cluster001", TWITTER.as_bytes()), Format::Twitter);
    assert_eq!(format("-", MONITOR.as_bytes()), Format::Monitor);
    assert_eq!(format("x.oracleGeneral", &oracle(&[(1, 2, 3, -1)])), Format::OracleGeneral);
    assert_eq!(format("-", &oracle(&[(1, 2, 3, -1)])), Format::OracleGeneral, "no text has zeros");
    for known in Format::ALL {
        assert_eq!(known.name().parse(), Ok(known));
    }
    assert_eq!("Oracle-General".parse(), Ok(Format::OracleGeneral));
    assert!("arcs".parse::<Format>().unwrap_err().to_string().contains("known: keys, lirs, csv, arc, oracle-general"));
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
        name: records[0].name,
        at: Some(Nanos::from_millis(500)),
        command: Some(Command::Read),
        size: Some(100),
        client: Some(0),
        ..Record::default()
    };
    let b = Record {
        key: 1,
        name: records[1].name,
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
    assert!(wrong("1,a\n").contains("its lines have 2 fields, by commas"));
    assert!(wrong("time,size\n").contains("none of its columns is known to be the key"));
    assert!(wrong("key,key\na,b\n").contains("may each be the key"));
    assert_eq!(wrong("time,key\n1,a\n2\n"), "line 3: \"a row of 1 fields\" is not a row of 2, as the header says");
    assert_eq!(
        wrong("time,key\nx,a\n"),
        "line 2: \"x\" is not a time: seconds, such as 12 or 12.5, or a date, such as 2024-01-31T12:00:00.5Z"
    );
    assert!(wrong("key,op\na,got\n").starts_with("line 2: \"got\" is not an operation: get, set, modify or delete"));
    assert_eq!(wrong("key,size\na,-1\n"), "line 2: \"-1\" is not a size in whole bytes, below 4 GiB");
    assert_eq!(wrong("time,key\n20,a\n1.5,a\n"), "line 3: the time goes back, from 20 to 1.5; sort the trace by time");
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
    assert!(
        wrong(&oracle(&[(20, 2, 3, -1), (1, 3, 3, -1)])).starts_with("record 2: the time goes back, from 20 s to 1 s")
    );
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
    let ttls: Vec<Option<Nanos>> = (0..5).map(|number| trace.ttl(number)).collect();
    let minute = Some(Nanos::from_secs(60));
    assert_eq!(ttls, [None, minute, minute, None, None], "a read takes the TTL that its key is given next");
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
    assert!(wrong("9 [0 lua] \"get\" \"k\"").starts_with("line 2: the time goes back, from 100.5 to 9;"));
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
    let change = |creates, size| Command::Change { creates, size };
    let only = |only| Command::Store { expiry: Expiry::Never, only, text: Text::Plain };
    for (words, command) in [
        ("get read", Command::Read),
        ("set write put", store(Expiry::Never)),
        ("modify incr", change(true, Resize::Said)),
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
        ("append prepend", change(false, Resize::By(1))),
        ("incr decr", change(false, Resize::Said)),
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

/// A file of shared/cases; `None` where they are not there.
fn case(name: &str) -> Option<Vec<u8>> {
    std::fs::read(format!("{}/../../../shared/cases/{name}", env!("CARGO_MANIFEST_DIR"))).ok()
}

fn told(name: &str, bytes: impl AsRef<[u8]>) -> String {
    match Records::open(name, bytes.as_ref(), None) {
        Ok(records) => records.format().to_string(),
        Err(error) => error.to_string(),
    }
}

fn notes(name: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    Trace::read(name, bytes.as_ref(), None).unwrap().notes().iter().map(ToString::to_string).collect()
}

/// How often each key is asked for, in the order of their first appearance.
fn asked(name: &str, bytes: impl AsRef<[u8]>) -> Vec<u32> {
    all(name, bytes).iter().map(|record| record.key).collect()
}

#[test]
fn odd_files_of_the_cases_are_read_as_what_they_are_or_refused_with_what_they_are() {
    for (name, right) in [
        ("monitor-telnet.txt", "monitor"),
        ("monitor-prompt.txt", "monitor"),
        ("monitor-compose.txt", "monitor"),
        ("monitor-merged.txt", "monitor"),
        ("monitor-powershell-utf16.txt", "monitor"),
        ("monitor-trailing-blank.txt", "monitor"),
        ("trace-time-id-size.tr", "csv"),
        ("trace-tabs.tsv", "csv"),
        ("trace-only-gets.csv", "csv"),
        ("trace-metakv-2022.csv", "csv"),
        ("trace-metakv-lease.csv", "csv"),
        ("trace-lirs-marks.trace", "lirs"),
        ("trace-msr.trace", "msr"),
        ("trace-access.log", "access log"),
        ("trace-appendonly.aof", "append-only file"),
        ("trace-address.trace", "processor's addresses"),
        ("trace-memcached-watch.txt", "memcached's `watch`"),
    ] {
        let Some(bytes) = case(name) else { continue };
        assert!(told(name, &bytes).contains(right), "{name}: {}", told(name, &bytes));
        // Whatever it is called.
        assert_eq!(told(name, &bytes), told("-", &bytes), "{name}");
        let trace = Trace::read(name, bytes.as_slice(), None);
        assert_eq!(trace.is_ok(), Format::ALL.iter().any(|format| format.name() == right), "{name}");
    }
}

#[test]
fn a_capture_is_read_through_what_came_around_it() {
    let line = |at: &str, words: &str| format!("{at} [0 10.0.0.5:41000] {words}\n");
    let (set, get) = (line("1700000001.250000", "\"SET\" \"a\" \"1\""), line("1700000002.500000", "\"GET\" \"a\""));
    for around in [
        format!("+OK\r\n+{set}+{get}"),
        format!("Trying 127.0.0.1...\nConnected to localhost.\nEscape character is '^]'.\nMONITOR\n+OK\n+{set}+{get}"),
        format!("10.0.0.2:6379[2]> MONITOR\nOK\n{set}{get}^C\n10.0.0.2:6379[2]>\n"),
        format!(
            "Attaching to cache-1\ncache-1  | OK\nweb-1  | GET /x 200\ncache-1  | {set}web-1  | done\ncache-1  | {get}"
        ),
        format!("[pod/redis-0/redis] {set}[pod/redis-0/redis] {get}"),
        format!("OK\n{set}{get}1700000002.7 [0 10.0.0.5:41"),
        format!("{set}\n{get}\n\n"),
    ] {
        assert_eq!(told("-", &around), "monitor", "{around}");
        assert_eq!(asked("-", &around), [0, 0], "{around}");
    }
    let redis_2_4 = "+1339518083.107412 \"set\" \"a\" \"1\"\n+1339518084.107412 (db 2) \"get\" \"a\"\n1339518084.2 \"incrby\" \"n\" 5\n";
    assert_eq!((told("-", redis_2_4), asked("-", redis_2_4)), ("monitor".to_owned(), vec![0, 1, 2]));
    assert_eq!(all("-", redis_2_4)[0].client, None);
    let mixed = notes("-", format!("cache-1  | {set}web-1  | GET /x\nweb-1  | GET /y\ncache-1  | {get}"));
    assert_eq!(mixed, ["lines that MONITOR did not print are left out: 2 (the first is line 2: web-1  | GET /x)"]);
    let cut = notes("-", format!("{set}{get}1700000002.7 [0 10.0"));
    assert_eq!(cut, ["the last line is cut off and left out: 1700000002.7 [0 10.0"]);
    // Without anything before its lines, a line of something else is an error.
    assert!(
        trace("-", format!("{set}hello\n{get}")).unwrap_err().starts_with("line 2: \"hello\" is not a line such as")
    );
    let forced = Trace::read("-", &b"user:1\nuser:2\n"[..], Some(Format::Monitor)).unwrap_err().to_string();
    assert!(forced.starts_with("line 1: \"user:1\" is not a line such as"), "{forced}");
}

#[test]
fn captures_of_several_nodes_are_read_in_the_order_of_the_file_and_that_is_told() {
    let merged = "1700000001.250000 [0 a:1] \"SET\" \"i\" \"r\"\n1700000001.249990 [0 b:1] \"GET\" \"i\"\n";
    let records = all("-", merged);
    assert_eq!(records[0].at, records[1].at, "the clock does not go back");
    let told = notes("-", merged);
    assert!(told[0].contains("the first at line 2: 1700000001.249990 after 1700000001.250000"), "{told:?}");
    assert!(told[0].contains("in the order of the file"), "{told:?}");
}

#[test]
fn tables_are_read_whatever_separates_their_fields_and_an_empty_last_line_is_nothing() {
    for table in [
        "time,key,op\n1,a,get\n2,a,get\n\n",
        "time\tkey\top\n1\ta\tget\n2\ta\tget\n",
        "Timestamp;Object ID;Operation\r\n1;a;GET\r\n2;a;GET\r\n\r\n",
        "ts|obj_id|cmd\n1|a|get\n2|a|get",
        "time key op\n1 a get\n2  a get\n",
        "\u{feff}time,key,op\n1,a,get\n2,a,get\n",
    ] {
        assert_eq!((told("-", table), asked("-", table)), ("csv".to_owned(), vec![0, 0]), "{table}");
    }
    assert_eq!(asked("a.csv", "key\nuser:1\nuser:2\n"), [0, 1]);
    assert_eq!(all("-", "time;key\n0,5;a\n")[0].at, Some(Nanos::from_millis(500)), "a comma is a point there");
    assert!(trace("-", "time,key\n\"0,5\",a\n").unwrap_err().contains("\"0,5\" is not a time"));
    assert_eq!(all("-", "time,key,size\n0,a,100.0\n")[0].size, Some(100));
}

#[test]
fn units_of_times_are_taken_from_their_size_or_name_and_told() {
    let first = |table: &str| all("-", table)[0].at;
    let ms = |ms: u64| Some(Nanos::from_millis(ms));
    assert_eq!(first("timestamp,key\n1700000000123,a\n"), ms(1_700_000_000_123));
    assert_eq!(first("time_ms,key\n5,a\n"), ms(5));
    assert_eq!(first("time,key\n2024-01-01T00:00:01.5Z,a\n"), ms(1_704_067_201_500));
    assert_eq!(first("time,key\n5,a\n"), ms(5_000));
    assert_eq!(
        notes("-", "timestamp,key\n1700000000123,a\n"),
        ["the times are taken as milliseconds, since the first is 1700000000123"]
    );
    assert!(trace("-", "time,key\n99999999999999,a\n").unwrap_err().contains("--time-unit s, ms, us or ns"));
    let how = How { time_unit: Some(TimeUnit::Microseconds), ..How::default() };
    let records: Vec<Record> =
        Records::open("-", &b"time,key\n99999999999999,a\n"[..], how).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(records[0].at, Some(Nanos(99_999_999_999_999_000)));
}

#[test]
fn columns_can_be_told() {
    let read = |columns: &str, table: &str| {
        let how = How { columns: Some(columns.parse().unwrap()), ..How::default() };
        let records = Records::open("-", table.as_bytes(), how).map_err(|error| error.to_string())?;
        records.map(|record| record.map(|r| (r.key, r.size))).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
    };
    assert_eq!(
        read("-,key", "7 user 1\n").unwrap_err().split(';').next().unwrap(),
        "--columns -,key names 2 columns, and the first line has 3 by blanks"
    );
    assert_eq!(read("-,key", "user 7\nuser 8\nuser 7\n").unwrap(), [(0, None), (1, None), (0, None)]);
    assert_eq!(read("key,size,time", "a,5,1\nb,6,2\n").unwrap(), [(0, Some(5)), (1, Some(6))]);
    assert_eq!(
        read("time,-,-,size,key", "time,x,op,size,lbn\n1,1,2a,512,9\n").unwrap(),
        [(0, Some(512))],
        "and a header"
    );
    assert!(read("time,key", "1,a\n2\n").unwrap_err().contains("as the first line has"));
}

#[test]
fn a_row_of_metas_traces_is_as_many_requests_as_it_counts() {
    let table = "key,op,size,op_count,key_size\n1,GET,10,3,4\n1,GET,0,1,4\n1,SET,20,2,4\n1,GET_LEASE,10,0,4\n";
    let records = all("-", table);
    assert_eq!(records.len(), 6);
    let sizes: Vec<Option<u32>> = records.iter().map(|record| record.size).collect();
    assert_eq!(sizes, [Some(14), Some(14), Some(14), None, Some(24), Some(24)], "a look-up of size 0 missed");
    assert_eq!(notes("-", table), ["1 rows stand for 0 requests and are left out"]);
    // However many it counts, nothing but the row is held.
    let many = "key,op,size,op_count\n1,GET,10,4294967295\n";
    assert_eq!(Records::open("-", many.as_bytes(), None).unwrap().take(100_000).filter(Result::is_ok).count(), 100_000);
}

#[test]
fn block_traces_ask_for_every_block_that_they_touch() {
    let msr = "128166372003061629,srv,0,Read,4096,8192,1331\n128166372003061729,srv,0,Write,8000,500,9\n\
               128166372003061829,usr,0,Read,4096,1,9\n128166372003061829,srv,1,Read,4096,0,9\n";
    // Blocks 1 and 2 of one disk, 1 and 2 again (8000 to 8499), and block 1 of two others.
    assert_eq!(asked("x.csv", msr), [0, 1, 0, 1, 2, 3]);
    let spc = "0,8,4096,R,0.5\n0,8,4096,w,0.75,extra\n1,8,512,R,0.75\n";
    let records = all("Financial1.spc", spc);
    assert_eq!(records.iter().map(|record| record.key).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(records[1].at, Some(Nanos::from_millis(750)));
    assert!(matches!(records[1].command, Some(Command::Store { .. })));
    for bad in ["128166372003061629,srv,0,Read,4096,99999999999999,1", "128166372003061629,srv,0,Trim,4096,1,1"] {
        let first = "128166372003061629,srv,0,Read,4096,1,1";
        let error =
            Trace::read("-", format!("{first}\n{bad}\n").as_bytes(), Some(Format::Msr)).unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}

#[test]
fn a_star_is_a_mark_among_numbers_and_a_key_where_keys_are_told() {
    let lirs = "1\n2\n*\n1\n";
    assert_eq!(asked("-", lirs), [0, 1, 0]);
    assert_eq!(notes("-", lirs), ["lines that are only * are marks, as in LIRS' traces, and no keys: 1"]);
    // Also where it comes only after the beginning that was looked at.
    assert_eq!(asked("-", format!("{}*\n7\n", "7\n".repeat(50_000))).iter().max(), Some(&0));
    let keys = Records::open("-", lirs.as_bytes(), Some(Format::Keys)).unwrap();
    assert_eq!(keys.map(|record| record.unwrap().key).collect::<Vec<_>>(), [0, 1, 2, 0]);
}

#[test]
fn lines_of_several_fields_are_no_keys_unless_that_is_told() {
    for text in ["user 7\nuser 8\n", "a,1\nb,2\nc,3\n", "x\ty\n", "a;b\nc;d\n"] {
        let error = trace("-", text).unwrap_err();
        assert!(error.contains("fields, by") && error.contains("--format keys"), "{text}: {error}");
        assert!(Trace::read("-", text.as_bytes(), Some(Format::Keys)).is_ok(), "{text}");
    }
    // Where a blank comes only after the beginning that was looked at.
    let late = format!("{}user 7\n", "user:1\n".repeat(20_000));
    assert!(trace("-", &late).unwrap_err().starts_with("line 20001: \"user 7\" is not one key"));
}

#[test]
fn blocks_of_records_are_what_single_records_are_however_the_file_is_cut() {
    let object = |number: u64| (number.wrapping_mul(number) % 1_999) << 40;
    let rows: Vec<_> = (0..5_000).map(|number| (number as u32 / 7, object(number), number as u32, -1)).collect();
    let bytes = oracle(&rows);
    let open = |capacity: usize, sample: KeySample| {
        let reader = std::io::BufReader::with_capacity(capacity, &bytes[..]);
        Records::open("a.oracleGeneral", reader, How { format: Some(Format::OracleGeneral), sample, ..How::default() })
            .unwrap()
    };
    // Of a key that is not in the sample nothing else is said.
    let told = |record: &Record| if record.key == NOT_SAMPLED { Record::default() } else { record.clone() };
    for sample in [KeySample::ALL, KeySample::of(0.3)] {
        let singly: Vec<Record> = open(1 << 16, sample).map(|record| told(&record.unwrap())).collect();
        assert_eq!(singly.len(), 5_000);
        for (capacity, most) in [(1 << 16, 64), (7, 64), (100, 5), (1_000, 1), (4_096, 1_000)] {
            let (mut records, mut block, mut all) = (open(capacity, sample), vec![Record::default(); most], Vec::new());
            while let Some(count) = records.next_block(&mut block).unwrap() {
                all.extend(block[..count].iter().map(told));
            }
            assert_eq!(all, singly, "{capacity} bytes at hand, {most} at once");
        }
    }
}

#[test]
fn a_key_has_the_same_name_whatever_its_id_but_none_in_a_capture_that_names_several_keys_at_once() {
    let mut numbers = Vec::new();
    for (file, bytes) in [
        ("a", b"user:1\nuser:2\nuser:1\n".to_vec()),
        ("a", b"7\n8\n7\n".to_vec()),
        ("a.csv", b"time,key\n1,a\n1,b\n1,a\n".to_vec()),
        ("a.lis", b"7 1 0 0\n8 1 0 1\n7 1 0 2\n".to_vec()),
        ("a.oracleGeneral", oracle(&[(1, 7, 5, 3), (1, 8, 5, -1), (2, 7, 5, -1)])),
    ] {
        let mut records = Records::open(file, &bytes[..], None).unwrap();
        let [first, second] = [(); 2].map(|()| records.next().unwrap().unwrap());
        assert!(first.name != 0 && second.name != 0 && first.name != second.name, "{file}");
        records.forget(|id| id == second.key);
        let mut block = [second.clone()];
        assert_eq!(records.next_block(&mut block).unwrap(), Some(1));
        assert_eq!((block[0].key, block[0].name), (first.key, first.name), "{file}");
        records.forget(|_| false);
        numbers.push(first.name);
    }
    assert_eq!(numbers[3], numbers[4], "by what the key is, not by the format");
    assert_eq!(all("a.txt", MONITOR).iter().map(|record| record.name).max(), Some(0));
}

#[test]
fn a_key_of_a_large_sample_is_in_a_smaller_one_if_that_has_it_alone() {
    let (large, small) = (KeySample::of(0.6), KeySample::of(0.2));
    let open = |text: &str, sample: KeySample| {
        let records = Records::open("-", std::io::Cursor::new(text.to_owned()), How { sample, ..How::default() });
        records.unwrap()
    };
    let keys = || (0..2_000u64).map(|number| number * number % 1_999);
    for text in [
        keys().map(|key| format!("user:{key}\n")).collect::<String>(),
        keys().map(|key| format!("{key}\n")).collect(),
        "time,key\n".to_owned() + &keys().map(|key| format!("1,{key}\n")).collect::<String>(),
    ] {
        let mut records = open(&text, large);
        let mut by_hash = Vec::new();
        while let Some(record) = records.next() {
            let key = record.unwrap().key;
            by_hash.push(key != NOT_SAMPLED && small.has_hash(records.sample_hash(key)));
        }
        let alone: Vec<bool> = open(&text, small).map(|record| record.unwrap().key != NOT_SAMPLED).collect();
        assert!(by_hash == alone && alone.contains(&true), "{}", &text[..20]);
    }
}

#[test]
fn a_binary_is_oracle_general_only_where_its_records_make_sense() {
    let good = oracle(&[(1, 7, 5, 3), (1, 8, 5, -1), (2, 7, 5, -1)]);
    assert_eq!(told("-", &good), "oracle-general");
    for (what, bad) in [
        ("zeros", vec![0; 240]),
        ("a time that falls", oracle(&[(2, 7, 5, -1), (1, 8, 5, -1)])),
        ("another object at the next access", oracle(&[(1, 7, 5, 3), (1, 8, 5, -1), (2, 9, 5, -1), (2, 4, 5, -1)])),
        ("numbers of four bytes", (0..60u32).flat_map(u32::to_be_bytes).collect()),
        ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0".to_vec()),
    ] {
        assert!(told("-", &bad).starts_with("this "), "{what}: {}", told("-", &bad));
    }
}

#[test]
fn what_is_packed_is_refused_with_the_way_to_unpack_it_first() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"l 0x10 1\ns 0x10 1\n").unwrap();
    let error = told("x.trace.gz", encoder.finish().unwrap());
    assert!(error.contains("processor's addresses") && error.ends_with("(unpack FILE first: gzip -dc)"), "{error}");
}

#[test]
fn a_trace_is_read_in_pieces_also_where_no_request_comes_out() {
    let text = format!("1.0 [0 x] \"get\" \"k\"\n{}", "1.0 [0 x] \"ping\"\n".repeat(10_000));
    let records = Records::open("-", text.as_bytes(), None).unwrap();
    let (mut builder, mut pieces) = (TraceBuilder::new(records), 0);
    while !builder.advance(1_000).unwrap() {
        pieces += 1;
        assert!(builder.requests() <= 1);
        assert!(builder.bytes_read() <= text.len() as u64);
    }
    assert!((150..200).contains(&pieces), "{pieces} pieces of a thousand bytes");
    assert_eq!((builder.bytes_read(), builder.finish().unwrap().keys()), (text.len() as u64, &[0][..]));
    // Also where one line stands for very many requests.
    let many = "key,op_count\n1,4294967295\n";
    let mut builder = TraceBuilder::new(Records::open("-", many.as_bytes(), None).unwrap());
    assert!(!builder.advance(16_000).unwrap());
    assert!((900..1_100).contains(&builder.requests()), "{}", builder.requests());
}

#[test]
fn names_that_take_too_much_memory_are_refused_by_limit() {
    let how = How { names_bytes: Some(10_000), ..How::default() };
    let text: String = (0..1_000).map(|key| format!("a-rather-long-key-{key}\n")).collect();
    let error = Trace::read("-", text.as_bytes(), how).unwrap_err().to_string();
    assert!(error.contains("take more than") && error.contains("MiB of memory; cut the trace"), "{error}");
    let how = || How { names_bytes: Some(10_000), ..How::default() };
    let mut records = Records::open("-", text.as_bytes(), how()).unwrap();
    while let Some(record) = records.next() {
        record.unwrap();
        if records.name_bytes() > 5_000 {
            records.forget(|_| false);
        }
    }
}

/// A file of every kind that is read.
fn samples() -> Vec<Vec<u8>> {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let utf16: Vec<u8> = MONITOR.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let xz = [
        0xFD, b'7', b'z', b'X', b'Z', 0, 0, 4, 0xE6, 0xD6, 0xB4, 0x46, 2, 0, 0x21, 1, 0x16, 0, 0, 0, 0x74, 0x2F, 0xE5,
        0xA3, 1, 0, 5, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0, 0, 0, 0xFA, 0x3A, 0x24, 7, 3, 0xB2, 0xB0, 0x25, 0, 1,
        0x1E, 6, 0xC1, 0x2F, 0xA4, 0x1D, 0x1F, 0xB6, 0xF3, 0x7D, 1, 0, 0, 0, 0, 4, 0x59, 0x5A,
    ];
    let zstd = [
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x31, 0x00, 0x00, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0xEA, 0xCA, 0xD3,
        0x49,
    ];
    let texts = [
        "user:1\nuser:2\nuser:1\n",
        "1\n2\n*\n1\n",
        "time,key,size,op,ttl,client\n0.5,\"a,b\",100,get,,x\n1,b,100,set,60,y\n",
        "key,op,size,op_count,key_size\n1,GET,10,3,4\n1,SET,10,1,4\n",
        "2024-01-01T00:00:00Z;a;5\n",
        "0 7 100\n1 8 100\n2 7 100\n",
        "100 3 0 0\n101 2 0 1\n",
        "cache-1  | 1700000001.250000 [0 10.0.0.5:41000] \"SET\" \"a\" \"1\" \"EX\" \"5\"\nweb  | x\n",
        "1339518083.107412 (db 2) \"expire\" \"a\" 5\n",
        "128166372003061629,srv,0,Read,4096,8192,1331\n",
        "0,8,4096,R,0.5\n",
        "*3\r\n$3\r\nSET\r\n",
        "10.0.0.1 - - [01/Jan/2024:00:00:01 +0000] \"GET /a HTTP/1.1\" 200 10\n",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend([TWITTER.as_bytes().to_vec(), MONITOR.as_bytes().to_vec(), utf16, xz.to_vec(), zstd.to_vec()]);
    all.extend([oracle(&[(1, 7, 5, 3), (1, 8, 5, -1), (2, 7, 5, -1)]), gzip(TWITTER.as_bytes())]);
    all
}

#[test]
fn whatever_the_bytes_there_are_requests_or_an_error_and_never_a_panic() {
    let mut draws = crate::random::Streams::new(11).named("bytes");
    let samples = samples();
    let interesting = [0, b'\n', b',', b'"', b' ', b'*', b'[', b'9', b'-', b'.', 0x80, 0xFF];
    let (mut read, mut refused) = (0, 0);
    for round in 0..12_000 {
        let mut bytes = samples[round % samples.len()].clone();
        for _ in 0..draws.below(4) {
            let at = draws.below(bytes.len().max(1) as u32) as usize;
            match draws.below(6) {
                0 => bytes.truncate(at),
                1 if !bytes.is_empty() => bytes[at] = draws.below(256) as u8,
                2 => bytes.insert(at.min(bytes.len()), interesting[draws.below(12) as usize]),
                3 => bytes.extend_from_slice(&samples[draws.below(samples.len() as u32) as usize]),
                4 => bytes = [&bytes[..at.min(bytes.len())], &bytes].concat(),
                _ if !bytes.is_empty() => bytes[at] = interesting[draws.below(12) as usize],
                _ => {}
            }
        }
        let format = (draws.below(4) == 0).then(|| Format::ALL[draws.below(9) as usize]);
        match Records::open("x", bytes.as_slice(), format) {
            Ok(mut records) => {
                // A row may stand for thousands of millions of requests.
                let wrong = records.by_ref().take(5_000).any(|record| record.is_err());
                let _ = (records.notes(), records.left_out(), records.distinct());
                if wrong { refused += 1 } else { read += 1 }
            }
            Err(error) => {
                assert!(error.to_string().len() > 20, "{error}");
                refused += 1;
            }
        }
    }
    assert!(read > 3_000 && refused > 3_000, "{read} read, {refused} refused");
}

/// What the page says of a file is said in its language; only what is quoted from the file, and commands, are not.
#[test]
fn what_is_said_of_a_file_is_said_in_korean_too() {
    let bad: [(&str, &[u8]); 22] = [
        ("keys", b""),
        ("keys", b"a\n\nb\n"),
        ("keys", b"a b\nc\nd\n"),
        ("keys", b"user 7\nuser 8\n"),
        ("a.csv", b"time,size\n1,2\n"),
        ("a.csv", b"time,key\nsoon,a\n"),
        ("a.csv", b"time,key\n12345678901234,a\n"),
        ("a.csv", b"key,size\na,b\n"),
        ("a.csv", b"key,op\na,fly\n"),
        ("a.csv", b"key,ttl\na,b\n"),
        ("a.csv", b"key,size\na\n"),
        ("a.csv", b"key,url\na,b\n"),
        ("a.csv", b"time,key\n200000,a\n1,b\n"),
        ("a.lis", b"1 0 0 0\n"),
        ("a.gz", b"\x1F\x8B\x08cut"),
        ("a.zip", b"PK\x03\x04"),
        ("a", b"\x01\x02\x03\x00\xFF"),
        ("a", b"*3\n$3\nSET\n"),
        ("a", b"{\"key\":1}\n"),
        ("a", b"<html>\n"),
        ("a", b"INSERT INTO a\n"),
        ("a", b"a\nb\nc d\n"),
    ];
    let is_korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    for (name, bytes) in bad {
        let told = Trace::read(name, bytes, None).map(|trace| trace.distinct()).expect_err(name).phrase();
        let (english, korean) = (told.say(Language::English), told.say(Language::Korean));
        assert!(is_korean(korean) && !is_korean(english), "{name} {bytes:?}: {korean}");
        // A sentence of the other language would be left over between the words of this one.
        assert!(!korean.contains(" the ") && !korean.contains(" is "), "{korean}");
    }
    let noted = "#a comment\ntime,key,colour\n1700000000123,a,red\n1699999999000,b,red\n1800000000000,c,red\n";
    let noted = Trace::read("a.csv", noted.as_bytes(), None).unwrap();
    assert!(noted.notes().len() > 3, "{:?}", noted.notes());
    assert!(noted.notes().iter().all(|note| is_korean(note.say(Language::Korean))), "{:?}", noted.notes());
}
