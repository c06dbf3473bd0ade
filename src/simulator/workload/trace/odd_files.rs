//! Files as people have them: with a session, colours, comments, other line ends around or in them.

use super::*;

fn how(format: &str, columns: &str, unit: &str) -> How {
    How {
        format: (!format.is_empty()).then(|| format.parse().unwrap()),
        columns: (!columns.is_empty()).then(|| columns.parse().unwrap()),
        time_unit: (!unit.is_empty()).then(|| unit.parse().unwrap()),
        names_bytes: None,
        ..How::default()
    }
}

fn play(name: &str, bytes: impl AsRef<[u8]>, how: How) -> Result<(Vec<Record>, Vec<String>), String> {
    let mut records = Records::open(name, bytes.as_ref(), how).map_err(|error| error.to_string())?;
    let all = records.by_ref().collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    Ok((all, records.notes().iter().map(ToString::to_string).collect()))
}

/// The keys asked for, in their order.
fn asked(bytes: impl AsRef<[u8]>) -> Vec<u32> {
    play("-", bytes, How::default()).unwrap().0.iter().map(|record| record.key).collect()
}

fn notes(name: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    play(name, bytes, How::default()).unwrap().1
}

fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    play(name, bytes, How::default()).expect_err("it is refused")
}

/// What is said to a file must be there, word for word.
#[track_caller]
fn says(text: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(text.contains(word), "{word}\nis not in\n{text}"));
}

const SET: &str = "1700000001.250000 [0 10.0.0.5:41000] \"SET\" \"a\" \"1\"\n";
const GET: &str = "1700000002.250000 [0 10.0.0.5:41000] \"GET\" \"a\"\n";

#[test]
fn a_session_around_a_capture_is_left_out_and_counted() {
    for session in [
        format!("127.0.0.1:6379> monitor\nOK\n{SET}^C(1.22s)\n127.0.0.1:6379> exit\n"),
        format!("127.0.0.1:6379> monitor\nOK\n{SET}(1.22s)\n"),
        format!("{SET}^C\n127.0.0.1:6379[3]> get a\n\"1\"\nnot connected> keys *\n1) \"a\"\n2) \"b\"\n"),
        format!("{SET}redis /tmp/r.sock> get b\n(nil)\n127.0.0.1:6379(TX)> incr n\n(integer) 1\nOK\n"),
        format!(
            "Script started on 2024-01-01 00:00:00+00:00 [TERM=\"xterm\"]\n$ redis-cli monitor\nOK\n{SET}^C\n$ exit\n\nScript done on 2024-01-01 00:00:10+00:00\n"
        ),
        format!("{SET}1:M 01 Jan 2024 00:00:01.123 * Background saving started by pid 20\n"),
        format!("{SET}[77] 01 Jan 00:00:01.123 # Server started\n77:M 01 Jan 00:00:01 * Ready\n"),
        format!("{SET}1700000001.9 [0 10.0.0.5:41^C\n127.0.0.1:6379>\n"),
    ] {
        // Whatever the session, what was recorded after it counts.
        let text = format!("{session}127.0.0.1:6379> monitor\nOK\n{GET}");
        assert_eq!(asked(&text), [0, 0], "{text}");
        says(&notes("-", &text).join("\n"), &["lines that MONITOR did not print are left out: "]);
    }
    assert_eq!(asked(format!("{SET}^C{GET}")), [0, 0], "^C before a line takes nothing of it");
    let secret = notes("-", format!("{SET}^C\n127.0.0.1:6379> auth hunter2\nOK\n{GET}")).join("\n");
    assert!(!secret.contains("hunter2"), "{secret}");
    // Without a prompt, a line of something else is still an error, and so is one after the next command.
    says(&refused("-", format!("{SET}hello\n{GET}")), &["line 2: \"hello\" is not a line such as"]);
    says(&refused("-", format!("{SET}127.0.0.1:6379> ping\nPONG\n{GET}hello\n")), &["line 5: \"hello\""]);
}

#[test]
fn colours_and_what_grep_puts_before_a_line_take_no_command_away() {
    let bare = |line: &str| line.trim_end().to_owned();
    let (set, get) = (bare(SET), bare(GET));
    for text in [
        format!("\x1b[0m{set}\x1b[0m\n\x1b[32m{get}\x1b[0m\n"),
        format!("\x1b[36mcache-1  | \x1b[0m{set}\n\x1b[36mcache-1  | \x1b[0m{get}\n"),
        format!("{set}\n{}\n", get.replace("GET", "\x1b[01;31m\x1b[KGET\x1b[m\x1b[K")),
        format!(
            "\x1b]0;title\x07\r\x1b[0K127.0.0.1:6379> m\r\x1b[0K127.0.0.1:6379> monitor\r\nOK\r\n{set}\r\n{get}\r\n"
        ),
        format!("cap.txt:{set}\ncap.txt:{get}\n"),
        format!("cap.txt:17:{set}\n--\ncap.txt-18-{get}\n"),
    ] {
        assert_eq!(asked(&text), [0, 0], "{text:?}");
    }
    let records = play("-", format!("{SET}\x1b[0m{get}\x1b[0m\n"), How::default()).unwrap().0;
    assert_eq!((records[1].at, records[1].client), (Some(Nanos::from_millis(1_700_000_002_250)), Some(0)));
}

#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    assert_eq!(asked("a\rb\ra\r"), [0, 1, 0]);
    assert_eq!(asked("a\rb\ra"), [0, 1, 0]);
    assert_eq!(asked("time,key\r1,a\r2,b\r3,a\r"), [0, 1, 0]);
    assert_eq!(asked(format!("{SET}{GET}").replace('\n', "\r")), [0, 0]);
    assert_eq!(asked("user:1\r".repeat(30_000)).len(), 30_000, "longer than what is looked at first");
    assert_eq!(asked(format!("{}b\r\n", "a\r".repeat(40_000))).len(), 40_001, "and another end at the end");
    // Among lines that end otherwise it is no part of a key in silence.
    says(
        &refused("-", "a\rb\na\n"),
        &["line 1: ", "carriage return", "tr -s '\\r\\n' '\\n' < FILE | cachelane replay -"],
    );
    says(&refused("-", "time,key\n1,a\n2,b\r3,c\n"), &["line 3: ", "carriage return"]);
    // A binary file is none.
    let binary = [&[1, 0, 0, 0][..], &13u64.to_le_bytes(), &5u32.to_le_bytes(), &(-1i64).to_le_bytes()].concat();
    assert_eq!(play("x.oracleGeneral", binary, How::default()).unwrap().0.len(), 1);
}

#[test]
fn what_stands_before_a_header_is_left_out_with_a_note_or_refused_with_what_to_do() {
    assert_eq!(asked("sep=;\ntimestamp;obj_id;size\n1;a;10\n2;b;10\n3;a;10\n"), [0, 1, 0]);
    assert_eq!(asked("\u{feff}\"sep=,\"\r\ntime,key\r\n1,a\r\n2,a\r\n"), [0, 0]);
    for text in [
        "#x\ntime,key,size\n1,a,10\n2,a,10\n",
        "# trace from x\ntimestamp,obj_id,size\n1,a,10\n2,a,10\n",
        "# trace, made by x, of y\n# 2 rows\n\ntimestamp,obj_id,size\n1,a,10\n2,a,10\n",
        "#Version:1.0\n#Fields:date,key\n2024-01-01 00:00:01,a\n2024-01-01 00:00:02,a\n",
        "#Software: x\n#Fields: time key size\n#Remark: none\n1 a 5\n2 a 5\n",
    ] {
        assert_eq!(asked(text), [0, 0], "{text}");
        assert_eq!(play("x.csv", text, How::default()).unwrap().0.len(), 2, "{text}");
        says(&notes("-", text).join("\n"), &["before the table are left out"]);
    }
    for name in ["-", "x.csv"] {
        let told = refused(name, "export\ntime,key,size\n1,a,10\n");
        says(
            &told,
            &["its first line has 1 field and the others 3, by commas", "tail -n +2 FILE | cachelane replay -"],
        );
        let told = refused(name, "export\nof today\n1;a;10\n2;b;10\n");
        says(&told, &["its first 2 lines have 1 field and the others 3, by semicolons", "tail -n +3 FILE"]);
    }
    says(
        &refused("x.csv", "Export, of today\ntime,key,size\n1,a,10\n"),
        &["its first line has 2 fields and the others 3", "+2 FILE"],
    );
    says(&refused("-", "\nx\n\nof y\ntime,key\n1,a\n"), &["tail -n +5 FILE | cachelane replay -"]);
    says(&refused("x.csv", "sep=;\n1;a;10\n2;a;10\n"), &["3 fields, by semicolons", "--columns time,key,size"]);
    says(&refused("x.csv", "sep=;\ntime,key\n1,a\n"), &["the first line says a separator", "tail -n +2 FILE"]);
    says(&refused("x.csv", "sep=;\na\nb\n"), &["the first line says a separator", "tail -n +2 FILE"]);
    let columns = || how("", "time,key,size", "");
    let blanks = play("-", "# a comment\n# more\n1 a\n2 a\n", how("", "time,key", "")).unwrap();
    assert_eq!(blanks.0.len(), 2, "{blanks:?}");
    let marked = play("-", "#a 1\n#b 2\n", how("", "key,size", "")).unwrap();
    assert_eq!(marked.0.len(), 2, "{marked:?}");
    let told = play("-", "export\n1,a,10\n2,b,10\n", columns()).unwrap_err();
    says(&told, &["tail -n +2 FILE | cachelane replay --columns time,key,size -"]);
    for text in ["# x\n1,a,10\n2,a,10\n", "sep=;\n1;a;10\n2;a;10\n", "# x\ntime,key,size\n1,a,10\n2,a,10\n"] {
        let (records, notes) = play("-", text, columns()).unwrap();
        assert_eq!(records.len(), 2, "{text}");
        says(&notes.join("\n"), &["before the table are left out"]);
    }
}

#[test]
fn the_path_of_an_access_log_is_taken_from_where_it_stands() {
    let vhost = "h.example:80 10.0.0.1 - - [10/Oct/2023:13:55:36 +0000] \"GET /a.html HTTP/1.1\" 200 5\n";
    says(&refused("-", vhost), &["access log", "awk '$8 ~ \"^(/|https?:)\" {print $8}' FILE | cachelane replay -"]);
    let (_, common) = vhost.split_once(' ').unwrap();
    says(&refused("-", common), &["awk '$7 ~ \"^(/|https?:)\" {print $7}' FILE"]);
    let extended = "#Software: IIS\n#Fields: date time cs-method cs-uri-stem\n2024-01-01 00:00:01 GET /a\n";
    says(&refused("-", extended), &["W3C's extended format", "awk '!/^#/ {print $4}' FILE | cachelane replay -"]);
    let junk = "10.0.0.9 - - [10/Oct/2023:13:55:36 +0000] \"-\" 408 0\n";
    says(&refused("-", format!("{junk}{vhost}")), &["{print $8}"]);
}

#[test]
fn json_is_refused_with_a_command_that_makes_a_table_of_it() {
    for (json, words) in [
        (
            "{\"ts\": 1, \"obj_id\": \"a\", \"bytes\": 5}\n",
            &["(echo ts,obj_id,bytes; jq -r '[.\"ts\", .\"obj_id\", .\"bytes\"] | @csv' FILE) | cachelane replay -"][..],
        ),
        ("{\"key\": \"a\", \"x\": {\"y\": 1}}\n{\"key\": \"b\"}\n", &["(echo key; jq -r '[.\"key\"] | @csv' FILE)"]),
        (
            "[{\"key\": \"a\", \"time\": 1},\n {\"key\": \"b\"}]\n",
            &["(echo time,key; jq -r '.[] | [.\"time\", .\"key\"] | @csv' FILE)"],
        ),
        ("[\n  {\n    \"key\": \"a\"\n  }\n]\n", &["jq -r '.[] | [.\"key\"] | @csv'"]),
        (
            "{\"name\": \"a\", \"n\": 1}\n",
            &["(echo time,key,size; jq -r '[.TIME, .KEY, .SIZE] | @csv' FILE)", "\"name\", \"n\""],
        ),
        (
            "{\"log\":\"OK\\n\"}\n{\"log\":\"1700000001.25 [0 a:1] \\\"GET\\\" \\\"a\\\"\\n\"}\n",
            &["a capture of MONITOR in it: jq -j '.\"log\"' FILE | cachelane replay -"],
        ),
        ("{\"requests\": [{\"key\": 1}]}\n", &["in place of TIME, KEY and SIZE"]),
    ] {
        says(&refused("-", json), &["this is JSON"]);
        says(&refused("-", json), words);
    }
}

/// The columns of the first suggestion in a sentence.
fn suggested(sentence: &str) -> Option<&str> {
    sentence
        .split_once("--columns ")
        .map(|(_, rest)| rest.split([' ', ';', ')']).next().unwrap())
        .filter(|s| s.contains(','))
}

#[test]
fn columns_that_are_suggested_read_the_file_or_none_are_suggested() {
    for (name, text) in [
        ("-", "time,key,id\n1,a,b\n2,a,c\n"),
        ("-", "time,name,size\n1,a,5\n2,b,6\n"),
        ("-", "time,ts,key\n1,1,a\n2,2,b\n"),
        ("-", "date time url size\n2024-01-01 00:00:01 /a 5\n"),
        ("x.csv", "p,q,r\n1,2,3\n4,5,6\n"),
        ("x.csv", "who,what\nann,x\nbob,y\n"),
        ("-", "1,5;7;10\n2,5;7;10\n"),
        ("-", "a,1\nb,2\n"),
        ("-", "get user:1 5\nset user:2 6\n"),
        ("-", "7\t5\n3\t6\n"),
        ("-", "1700000000 a\n1700000001 b\n"),
        ("-", "a 1700000000\nb 1700000001\n"),
        ("-", "x;y;z;q\nx;y;z;q\n"),
        ("-", "export\n1,a,10\n2,b,10\n"),
    ] {
        let told = refused(name, text);
        let columns = suggested(&told).unwrap_or_else(|| panic!("{text}: {told}"));
        let text = text.strip_prefix("export\n").unwrap_or(text);
        let read = play(name, text, how("", columns, ""));
        assert!(read.is_ok(), "{text}: --columns {columns}: {read:?}");
    }
    says(&refused("-", "1,5;7;10\n2,5;7;10\n"), &["3 fields, by semicolons", "--columns time,key,size"]);
    for (text, words) in [
        ("Jan  1 00:00:01 h sshd[1]: hello\nJan  1 00:00:02 h cron: a b c\n", "this is a log of syslog"),
        ("<34>1 2024-01-01T00:00:01Z h su - - a b\n<34>1 2024-01-01T00:00:02Z h su - - c\n", "this is a log of syslog"),
        ("a b c\nd e\nf g h i\n", "its lines have 2 to 4 fields, by blanks, so that they are no table"),
        ("time,size\n1,5\n2,6\n", "none of its columns is known to be the key"),
        ("time,size\n1,5\n2,6\n", "--columns with 2 names between commas"),
    ] {
        let told = refused("-", text);
        says(&told, &[words]);
        assert_eq!(suggested(&told), None, "{told}");
    }
    // Also where columns are told, the separator is the one with which times are times.
    let records = play("-", "1,5;a\n2,5;a\n", how("", "time,key", "")).unwrap().0;
    assert_eq!((records[0].at, records[1].key), (Some(Nanos::from_millis(1_500)), 0));
}

#[test]
fn an_odd_line_among_keys_is_named() {
    let told = refused("-", "user:1\nuser:2\nuser:3\nuser 4 x\nuser:5\n");
    says(&told, &["line 4 has 3 fields, by blanks, and most lines have one: \"user 4 x\"", "--format keys"]);
    says(&refused("-", "# my keys\nuser:1\nuser:2\n"), &["line 1 has 3 fields"]);
    says(&refused("-", "\n\nuser:1\nuser 2\nuser:3\n"), &["line 4 has 2 fields"]);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn texts_of_other_encodings_are_told_with_what_turns_them_into_utf_8() {
    let utf32 = |text: &str| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
    says(&refused("-", utf32("\u{feff}a\nb\n")), &["UTF-32", "iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -"]);
    let one = refused("-", utf32("\u{feff}a\nb\na\n"));
    says(&one, &["UTF-32"]);
    let big = |text: &str| text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<u8>>();
    says(&refused("-", big("\u{feff}a\nb\n")), &["iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -"]);
    let how = "iconv -f latin1 -t utf8 FILE | cachelane replay -";
    says(&refused("-", b"caf\xe9\nth\xe9\n"), &["not UTF-8", how]);
    says(&refused("-", [b"plain\n".repeat(100), b"caf\xe9\n".to_vec()].concat()), &["line 101: ", "not UTF-8", how]);
    says(&refused("-", b"time,key\n1,caf\xe9\n"), &["not UTF-8", how]);
    says(&refused("-", "a\nb\x01c\n"), &["line 2", "control character", "--format keys"]);
    assert_eq!(play("-", "a\nb\x01c\n", Some(Format::Keys).into()).unwrap().0.len(), 2);
}

#[test]
fn what_follows_packed_data_is_padding_or_told_and_no_error_is_a_programs_own() {
    assert_eq!(asked([gzip("a\nb\n"), vec![0; 512]].concat()), [0, 1]);
    assert_eq!(asked([gzip("a\nb\n"), vec![0; 70_000], gzip("a\n")].concat()), [0, 1, 0]);
    says(
        &refused("-", [gzip("a\nb\n"), b"hello".to_vec()].concat()),
        &["the compressed data is followed by other bytes, which are not gzip's", "gzip -dc FILE | cachelane replay -"],
    );
    let zstd =
        [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x31, 0, 0, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0xEA, 0xCA, 0xD3, 0x49];
    says(&refused("-", [&zstd[..], b"hello"].concat()), &["followed by other bytes, which are not zstd's"]);
    for length in 5..zstd.len() {
        let told = refused("-", &zstd[..length]);
        assert!(told.ends_with("damaged or cut off; fetch it again") || told.ends_with("does not fit"), "{told}");
    }
    for at in 4..zstd.len() {
        for bit in 0..8 {
            let mut damaged = zstd.to_vec();
            damaged[at] ^= 1 << bit;
            let told = play("-", damaged, How::default()).map_or_else(|told| told, |_| String::new());
            assert!(!told.contains(['{', '(']) || told.contains("--long"), "{at}: {told}");
        }
    }
    let packed = gzip(&"user:1\nuser:2\n".repeat(100));
    for length in 3..packed.len() {
        assert!(refused("-", &packed[..length]).ends_with("damaged or cut off; fetch it again"), "{length}");
    }
}

#[test]
fn a_size_with_points_between_thousands_is_refused_and_blanks_around_a_key_are_none_of_it() {
    for size in ["1.000", "1.234.567", "12.500"] {
        let told = refused("-", format!("time;key;size\n1,5;a;{size}\n"));
        says(&told, &["line 2: ", size, "thousand", "whole bytes without points"]);
    }
    let sizes = |text: &str| play("-", text, How::default()).unwrap().0.iter().map(|r| r.size).collect::<Vec<_>>();
    assert_eq!(sizes("time;key;size\n1.000;a;1000.0\n2.000;a;7\n"), [Some(1000), Some(7)]);
    assert_eq!(sizes("time,key,size\n1,a,1000.000\n"), [Some(1000)], "a comma table's point is a point");
    assert_eq!(asked("time, key, size\n1, a, 10\n2,a,10\n3,\ta ,10\n"), [0, 0, 0]);
}

#[test]
fn options_that_say_nothing_of_a_file_are_refused() {
    let told = |text: &str, how: How| play("-", text, how).unwrap_err();
    says(&told(SET, how("", "", "ms")), &["a capture of MONITOR", "--time-unit is for tables: leave it out"]);
    says(&told("a\nb\n", how("", "", "ms")), &["--time-unit", "one key per line", "leave it out"]);
    says(&told("key,size\na,1\n", how("", "", "ms")), &["--time-unit", "no column of times"]);
    says(
        &told(SET, how("", "time,key", "")),
        &["this is a capture of MONITOR; --columns is for tables", "leave it out"],
    );
    says(&told("{\"key\": 1}\n", how("", "time,key", "")), &["this is JSON"]);
    says(&told("PK\x03\x04\0\0", how("", "time,key", "")), &["this is a zip archive"]);
    assert!(play("-", "time,key\n1,a\n", how("", "", "ms")).is_ok());
}

#[test]
fn the_first_line_of_one_column_is_told_where_it_is_taken_for_a_key() {
    assert_eq!(
        notes("x.csv", "name\na\nb\n"),
        ["the first line, \"name\", is taken for a key; call the column key if it is its name"]
    );
    assert_eq!(notes("x.txt", "name\na\nb\n"), [""; 0]);
    assert_eq!(notes("x.txt", "#name\na\nb\n"), ["the first line, \"#name\", is taken for a key"]);
    assert_eq!(notes("x.txt", "#name\n#a\n#b\n"), [""; 0]);
    let records = play("-", "key,op\na,cas\n", How::default()).unwrap().0;
    let stored = |command: &Option<Command>| {
        matches!(command, Some(Command::Store { only: crate::keyspace::Only::IfPresent, .. }))
    };
    assert!(stored(&records[0].command), "{:?}", records[0].command);
}
