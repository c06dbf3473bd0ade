//! Texts that are no trace, or none that is read: what they are, and what to do.

use super::columns::{Column, Delimiter, is_number, known};
use super::error::shown;
use super::lines::whole;
use super::monitor_line;
use crate::phrase::{Phrase, phrase};

/// What a text is that looks like no trace, in a sentence; `None` where it may be one.
pub fn text(lines: &[&[u8]]) -> Option<Phrase> {
    let first = std::str::from_utf8(lines[0]).unwrap_or_default();
    let all = |is: fn(&str) -> bool| lines.iter().all(|line| std::str::from_utf8(line).is_ok_and(is));
    let words: Vec<&str> = first.split_ascii_whitespace().collect();
    let second = lines.get(1).copied().unwrap_or_default();
    let sentence = if is_resp(lines[0], second) || first.starts_with("#TS:") {
        RESP
    } else if let Some(sentence) = extended_log(lines) {
        sentence
    } else if is_access_log(first) {
        access_log(lines)
    } else if first.starts_with("ts=") && first.contains(" gid=") {
        MEMCACHED_WATCH
    } else if all(is_memcached_log) {
        MEMCACHED_LOG
    } else if is_lackey(lines) {
        LACKEY
    } else if all(is_address) {
        ADDRESSES
    } else if let Some(sentence) = json(lines) {
        sentence
    } else if all(is_syslog) {
        SYSLOG
    } else if is_sql(&words) {
        SQL
    } else if first.starts_with("metric_name,timestamp,metric_value") {
        K6
    } else if first.starts_with('<') && first.contains('>') && !first.starts_with("<1") {
        HTML
    } else if first.starts_with("version https://git-lfs") {
        GIT_LFS
    } else if first.starts_with("-----BEGIN ") {
        PEM
    } else {
        return None;
    };
    Some(sentence)
}

const RESP: Phrase = Phrase::fixed(
    "this is Redis' protocol, as in its append-only file, which holds writes and no reads; record requests instead: \
     redis-cli MONITOR > capture.txt",
    "이 파일은 Redis 프로토콜입니다. append-only 파일처럼 쓰기만 있고 읽기가 없으니 대신 요청을 기록하세요: redis-cli MONITOR > \
     capture.txt",
);
const MEMCACHED_WATCH: Phrase = Phrase::fixed(
    "this is what memcached's `watch` prints; take the keys out of it: sed -n 's/.* type=item_get key=\\([^ ]*\\).*/\\1/p' \
     FILE | cachelane replay -",
    "이 파일은 memcached의 `watch` 출력입니다. 키만 추출하세요: sed -n 's/.* type=item_get key=\\([^ ]*\\).*/\\1/p' FILE | \
     cachelane replay -",
);
const MEMCACHED_LOG: Phrase = Phrase::fixed(
    "this is what memcached -vv prints; take the keys out of it: awk '$2 == \"get\" {print $3}' FILE | cachelane replay -",
    "이 파일은 memcached -vv 출력입니다. 키만 추출하세요: awk '$2 == \"get\" {print $3}' FILE | cachelane replay -",
);
const LACKEY: Phrase = Phrase::fixed(
    "this is an address trace of valgrind's lackey; take memory lines of 16 bytes out of it: awk '/^ *[ILSM] /{print $2}' \
     FILE | sed 's/.,.*//' | cachelane replay -",
    "이 파일은 valgrind lackey의 주소 트레이스입니다. 16바이트 메모리 라인을 추출하세요: awk '/^ *[ILSM] /{print $2}' FILE | \
     sed 's/.,.*//' | cachelane replay -",
);
const ADDRESSES: Phrase = Phrase::fixed(
    "this is a trace of a processor's addresses; take the addresses out of it: awk '{print $2}' FILE | cachelane replay - \
     (or memory lines of 16 bytes: awk '{print $2}' FILE | sed 's/.$//' | cachelane replay -)",
    "이 파일은 프로세서의 주소 트레이스입니다. 주소만 추출하세요: awk '{print $2}' FILE | cachelane replay - (16바이트 메모리 \
     라인: awk '{print $2}' FILE | sed 's/.$//' | cachelane replay -)",
);
const SYSLOG: Phrase = Phrase::fixed(
    "this is a log of syslog; take the keys out of it, such as with: grep -o 'key=[^ ]*' FILE | cachelane replay -",
    "이 파일은 syslog 로그입니다. 키만 추출하세요. 예: grep -o 'key=[^ ]*' FILE | cachelane replay -",
);
const SQL: Phrase = Phrase::fixed(
    "this is SQL; write the table as csv with a header such as time,key,size",
    "이 파일은 SQL입니다. 표를 time,key,size 같은 헤더를 붙여 csv로 저장하세요",
);
const K6: Phrase = Phrase::fixed(
    "this is what k6 measured, and no trace of keys; read its response times: cachelane fit FILE",
    "이 파일은 k6의 측정값이며 키 트레이스가 아닙니다. 응답 시간은 이렇게 읽습니다: cachelane fit FILE",
);
const HTML: Phrase = Phrase::fixed(
    "this is HTML or XML; is it the page about the trace instead of the trace?",
    "이 파일은 HTML 또는 XML입니다. 트레이스가 아니라 트레이스를 소개하는 페이지인지 확인하세요",
);
const GIT_LFS: Phrase = Phrase::fixed(
    "this is a pointer of Git LFS, not the file itself; fetch it: git lfs pull",
    "이 파일은 실제 파일이 아니라 Git LFS 포인터입니다. 받아 오세요: git lfs pull",
);
const PEM: Phrase = Phrase::fixed(
    "this is a key or certificate (PEM); name a trace",
    "이 파일은 키 또는 인증서(PEM)입니다. 트레이스 파일을 지정하세요",
);

/// `*3` and `$3`: Redis' protocol.
fn is_resp(first: &[u8], second: &[u8]) -> bool {
    let counts = |line: &[u8], sign: u8| {
        line.first() == Some(&sign) && line.len() > 1 && line[1..].iter().all(u8::is_ascii_digit)
    };
    counts(first, b'*') && counts(second, b'$')
}

/// `10.0.0.1 - - [01/Jan/2024:00:00:01 +0000] "GET /a HTTP/1.1" 200 10`
fn is_access_log(line: &str) -> bool {
    let after = line.split_once(" [").and_then(|(_, rest)| rest.split_once("] \""));
    after.is_some_and(|(date, rest)| date.matches(':').count() >= 3 && rest.contains('"'))
}

/// How to take the paths out of a log in the W3C's extended format, as IIS writes it: `#Fields:` names its columns.
fn extended_log(lines: &[&[u8]]) -> Option<Phrase> {
    let comments = lines.iter().take_while(|line| line.starts_with(b"#"));
    let names = comments.filter_map(|line| std::str::from_utf8(line).ok()?.strip_prefix("#Fields:")).next()?;
    let column = names.split_ascii_whitespace().position(|name| matches!(name, "cs-uri-stem" | "cs-uri"))? + 1;
    Some(phrase!(
        "this is a web server's log in the W3C's extended format; take the paths out of it: awk '!/^#/ {{print ${column}}}' \
         FILE | cachelane replay -",
        "이 파일은 W3C 확장 형식의 웹 서버 로그입니다. 경로만 추출하세요: awk '!/^#/ {{print ${column}}}' FILE | cachelane \
         replay -"
    ))
}

/// How to take the paths out of an access log: their column is that of the first line that has one. Lines without one, such
/// as of a connection that asked for nothing, are no requests.
fn access_log(lines: &[&[u8]]) -> Phrase {
    let column = |line: &&[u8]| -> Option<usize> {
        let words: Vec<&str> = std::str::from_utf8(line).ok()?.split_ascii_whitespace().collect();
        let opens = (1..words.len()).find(|&at| words[at].starts_with('"') && words[at - 1].ends_with(']'))?;
        let path = words.get(opens + 1)?;
        (path.starts_with('/') || path.starts_with("http")).then_some(opens + 2)
    };
    let column = lines.iter().find_map(column).unwrap_or(7);
    phrase!(
        "this is a web server's access log; take the paths out of it: awk '${column} ~ \"^(/|https?:)\" {{print ${column}}}' \
         FILE | cachelane replay -",
        "이 파일은 웹 서버의 접근 로그입니다. 경로만 추출하세요: awk '${column} ~ \"^(/|https?:)\" {{print ${column}}}' FILE | \
         cachelane replay -"
    )
}

/// `<28 get user:1`
fn is_memcached_log(line: &str) -> bool {
    let number = line.strip_prefix(['<', '>']).and_then(|rest| rest.split(' ').next());
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `I  04001000,3` and ` L 1ffeffe7e,8`, after lines of valgrind's own.
fn is_lackey(lines: &[&[u8]]) -> bool {
    let mut own = lines
        .iter()
        .filter_map(|line| std::str::from_utf8(line).ok())
        .filter(|line| !line.starts_with("=="))
        .peekable();
    let is = |line: &str| {
        let (kind, rest) = line.trim_start().split_once(' ').unwrap_or_default();
        let (address, size) = rest.trim_start().split_once(',').unwrap_or_default();
        matches!(kind, "I" | "L" | "S" | "M")
            && is_hex(address)
            && whole(size.as_bytes(), 1 << 20).is_some()
            && !size.is_empty()
    };
    own.peek().is_some() && own.all(is)
}

/// `l 0x10 1`, `0 1fc8a000` (Dinero), `R 0x7fff`.
fn is_address(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [kind, address, ..] = words.as_slice() else { return false };
    let hex = address.strip_prefix("0x").is_some_and(is_hex);
    let named = matches!(kind.to_ascii_lowercase().as_str(), "l" | "s" | "r" | "w" | "i" | "m" | "read" | "write");
    let dinero = matches!(*kind, "0" | "1" | "2")
        && words.len() == 2
        && is_hex(address)
        && address.len() >= 5
        && !is_number(address);
    named && hex || dinero
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_json(first: &str, second: &[u8]) -> bool {
    let opens = first.trim_start();
    opens.starts_with("{\"")
        || opens.starts_with("[{")
        || (matches!(opens.trim_end(), "{" | "[") && second.trim_ascii_start().starts_with(b"\""))
        || (opens.trim_end() == "[" && second.trim_ascii_start().starts_with(b"{"))
}

/// `Jan  1 00:00:01 host …` and `<34>1 2024-…`
fn is_syslog(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
    let [month, day, time] = words.as_slice() else { return false };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let is_old = months.contains(month)
        && whole(day.as_bytes(), 31).is_some()
        && time.split(':').count() == 3
        && time.starts_with(|c: char| c.is_ascii_digit());
    let priority = month.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(priority, _)| priority);
    is_old || priority.is_some_and(|number| !number.is_empty() && whole(number.as_bytes(), 191).is_some())
}

/// The field of an object that holds a line of MONITOR, as in what Docker keeps of what a container printed.
fn capture_in(object: &serde_json::Value) -> Option<&String> {
    let mut fields = object.as_object()?.iter();
    fields
        .find(|(_, value)| value.as_str().is_some_and(|text| monitor_line::is_line(text.trim_end().as_bytes())))
        .map(|(name, _)| name)
}

/// That a text is JSON, and a command that makes a table of it, by the names of the first object's fields; `None` where it
/// is none.
pub fn json(lines: &[&[u8]]) -> Option<Phrase> {
    let first = std::str::from_utf8(lines.first()?).ok()?;
    if !is_json(first, lines.get(1).copied().unwrap_or_default()) {
        return None;
    }
    let text = lines.join(&b"\n"[..]);
    let text = text.trim_ascii();
    let (text, each) = text.strip_prefix(b"[").map_or((text, ""), |rest| (rest, ".[] | "));
    let values = serde_json::Deserializer::from_slice(text).into_iter::<serde_json::Value>();
    let objects: Vec<serde_json::Value> = values.take(20).map_while(Result::ok).collect();
    if let Some(name) = objects.iter().find_map(capture_in) {
        return Some(phrase!(
            "this is JSON with a capture of MONITOR in it: jq -j '.\"{name}\"' FILE | cachelane replay -",
            "MONITOR 출력이 들어 있는 JSON입니다: jq -j '.\"{name}\"' FILE | cachelane replay -"
        ));
    }
    if objects.iter().any(|object| object["metric"].is_string() && object["type"].is_string()) {
        return Some(K6);
    }
    let object = objects.first();
    let fields = object.and_then(serde_json::Value::as_object);
    let found = |wanted: Column| {
        fields?.iter().find(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let is_plain = value.is_string() || value.is_number();
            // It is a column's name in the header, too.
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            is_plain && is_name && known(name) == Some(wanted) && wanted.reads(&text, Delimiter::Byte(b','))
        })
    };
    let columns = [Column::Time, Column::Key, Column::Size, Column::Op].map(found);
    let command = |header: &str, names: &str| {
        format!("(echo {header}; jq -r '{each}[{names}] | @csv' FILE) | cachelane replay -")
    };
    if columns[1].is_some() {
        let names: Vec<&str> = columns.iter().flatten().map(|(name, _)| name.as_str()).collect();
        let quoted: Vec<String> = names.iter().map(|name| format!(".\"{name}\"")).collect();
        let how = command(&names.join(","), &quoted.join(", "));
        return Some(phrase!("this is JSON; make a table of it: {how}", "이 파일은 JSON입니다. 표로 바꾸세요: {how}"));
    }
    let names: Vec<String> =
        fields.into_iter().flatten().take(20).map(|(name, _)| format!("{:?}", shown(name.as_bytes()))).collect();
    let own = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let how = command("time,key,size", ".TIME, .KEY, .SIZE");
    Some(phrase!(
        "this is JSON; make a table of it: {how}, with the names of its own fields{own} in place of TIME, KEY and SIZE",
        "이 파일은 JSON입니다. TIME, KEY, SIZE를 실제 필드 이름{own}으로 바꿔 표로 만드세요: {how}"
    ))
}

fn is_sql(words: &[&str]) -> bool {
    let upper: Vec<String> = words.iter().take(2).map(|word| word.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    matches!(
        upper.as_slice(),
        ["INSERT", "INTO"]
            | ["CREATE", "TABLE"]
            | ["DROP", "TABLE"]
            | ["--", "MYSQL"]
            | ["--", "POSTGRESQL"]
            | ["COPY", _]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sample: &str) -> String {
        text(&sample.lines().map(str::as_bytes).collect::<Vec<_>>()).unwrap_or_default().to_string()
    }

    #[test]
    fn texts_that_are_no_traces_are_told_what_they_are() {
        for (sample, what) in [
            ("*3\n$3\nSET\n$1\na", "append-only file"),
            ("10.0.0.1 - - [01/Jan/2024:00:00:01 +0000] \"GET /a HTTP/1.1\" 200 10", "access log"),
            ("::1 - bob [01/Jan/2024:00:00:01 +0000] \"GET /a HTTP/1.1\" 200 10 \"-\" \"curl\"", "access log"),
            ("ts=1700000000.1 gid=1 type=item_get key=a status=not_found", "watch"),
            ("<28 get user:1\n>28 END\n<28 set a 0 0 1", "memcached -vv"),
            ("l 0x10 1\ns 0x10 1", "processor's addresses"),
            ("R 0x7fff0010\nW 0x7fff0018", "processor's addresses"),
            ("2 430d70ab\n0 10acff", "processor's addresses"),
            ("==7== Lackey\nI  04001000,3\n L 1ffeffe7e,8", "lackey"),
            ("{\"key\": \"a\"}", "JSON"),
            ("[\n  {\"key\": 1}", "JSON"),
            ("INSERT INTO t VALUES (1);", "SQL"),
            ("-- MySQL dump 10.13", "SQL"),
            ("<!DOCTYPE html>", "HTML"),
            ("version https://git-lfs.github.com/spec/v1", "Git LFS"),
        ] {
            assert!(told(sample).contains(what), "{sample}: {}", told(sample));
        }
        for trace in ["user:1\nuser:2", "*\n1\n2", "0 7 100", "<weird>key", "1700000001.25 [0 x] \"GET\" \"a\""] {
            assert!(told(trace).is_empty() || trace.starts_with("<weird"), "{trace}: {}", told(trace));
        }
    }
}
