//! Files as people have them: with a session, colours, comments, other line ends around or in them.

use super::*;

fn how(format: &str, columns: &str, unit: &str) -> How {
    How {
        format: (!format.is_empty()).then(|| format.parse().unwrap()),
        columns: (!columns.is_empty()).then(|| columns.parse().unwrap()),
        time_unit: (!unit.is_empty()).then(|| unit.parse().unwrap()),
        names_bytes: None,
    }
}

fn play(name: &str, bytes: impl AsRef<[u8]>, how: How) -> Result<(Vec<Record>, Vec<String>), String> {
    let mut records = Records::open(name, bytes.as_ref(), how).map_err(|error| error.to_string())?;
    let all = records.by_ref().collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    Ok((all, records.notes()))
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
    let columns = || how("", "time,key,size", "");
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
    let junk = "10.0.0.9 - - [10/Oct/2023:13:55:36 +0000] \"-\" 408 0\n";
    says(&refused("-", format!("{junk}{vhost}")), &["{print $8}"]);
}
