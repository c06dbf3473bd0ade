//! Files that are no trace, or none that is read: what they are, and what to do.

use super::clock::{self, TimeUnit};
use super::columns::{Column, Delimiter, Layout, fields, is_number, known, say_columns};
use super::csv;
use super::error::shown;
use super::lines::whole;
use super::monitor_line;
use crate::phrase::{Phrase, phrase};

/// What the first bytes of a file that is no text say it is, and how to get at what is in it.
const MAGIC: &[(&[u8], Phrase, Phrase)] = &[
    (b"\xFF\xFE\0\0", Phrase::fixed("text in UTF-32", "UTF-32 텍스트"), UTF_32),
    (b"\0\0\xFE\xFF", Phrase::fixed("text in UTF-32", "UTF-32 텍스트"), UTF_32),
    (
        b"PK\x03\x04",
        Phrase::fixed("a zip archive", "zip 압축 파일"),
        Phrase::fixed(
            "unpack it: unzip -p FILE | cachelane replay -",
            "압축을 푸세요: unzip -p FILE | cachelane replay -",
        ),
    ),
    (
        b"BZh",
        Phrase::fixed("compressed with bzip2", "bzip2로 압축된 파일"),
        Phrase::fixed(
            "unpack it: bzip2 -dc FILE | cachelane replay -",
            "압축을 푸세요: bzip2 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x04\x22\x4D\x18",
        Phrase::fixed("compressed with lz4", "lz4로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lz4 -dc FILE | cachelane replay -",
            "압축을 푸세요: lz4 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x02\x21\x4C\x18",
        Phrase::fixed("compressed with lz4", "lz4로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lz4 -dc FILE | cachelane replay -",
            "압축을 푸세요: lz4 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"7z\xBC\xAF\x27\x1C",
        Phrase::fixed("a 7z archive", "7z 압축 파일"),
        Phrase::fixed(
            "unpack it: 7z x -so FILE | cachelane replay -",
            "압축을 푸세요: 7z x -so FILE | cachelane replay -",
        ),
    ),
    (b"Rar!", Phrase::fixed("a rar archive", "rar 압축 파일"), Phrase::fixed("unpack it", "압축을 푸세요")),
    (
        b"\x5D\x00\x00",
        Phrase::fixed("compressed with lzma", "lzma로 압축된 파일"),
        Phrase::fixed(
            "unpack it: xz --format=lzma -dc FILE | cachelane replay -",
            "압축을 푸세요: xz --format=lzma -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"LZIP",
        Phrase::fixed("compressed with lzip", "lzip으로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lzip -dc FILE | cachelane replay -",
            "압축을 푸세요: lzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x1F\x9D",
        Phrase::fixed("compressed with compress", "compress로 압축된 파일"),
        Phrase::fixed(
            "unpack it: gzip -dc FILE | cachelane replay -",
            "압축을 푸세요: gzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x1F\x8B",
        Phrase::fixed("compressed with gzip by an unknown method", "알 수 없는 방식의 gzip 압축 파일"),
        Phrase::fixed(
            "unpack it: gzip -dc FILE | cachelane replay -",
            "압축을 푸세요: gzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\xFF\x06\x00\x00sNaPpY",
        Phrase::fixed("compressed with snappy", "snappy로 압축된 파일"),
        Phrase::fixed("unpack it first", "먼저 압축을 푸세요"),
    ),
    (
        b"\x89LZO",
        Phrase::fixed("compressed with lzop", "lzop으로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lzop -dc FILE | cachelane replay -",
            "압축을 푸세요: lzop -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"PAR1",
        Phrase::fixed("a Parquet file", "Parquet 파일"),
        Phrase::fixed(
            "write it as csv, such as with duckdb: COPY 'FILE' TO 'trace.csv'",
            "csv로 저장하세요. 예: duckdb에서 COPY 'FILE' TO 'trace.csv'",
        ),
    ),
    (
        b"ORC",
        Phrase::fixed("an ORC file", "ORC 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"Obj\x01",
        Phrase::fixed("an Avro file", "Avro 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"ARROW1",
        Phrase::fixed("an Arrow file", "Arrow 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"\x89HDF",
        Phrase::fixed("an HDF5 file", "HDF5 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"\x93NUMPY",
        Phrase::fixed("a NumPy array", "NumPy 배열"),
        Phrase::fixed("write it as text: numpy.savetxt", "텍스트로 저장하세요: numpy.savetxt"),
    ),
    (
        b"SQLite format 3",
        Phrase::fixed("an SQLite database", "SQLite 데이터베이스"),
        Phrase::fixed(
            "write the table as csv: sqlite3 -header -csv FILE 'SELECT …'",
            "표를 csv로 저장하세요: sqlite3 -header -csv FILE 'SELECT …'",
        ),
    ),
    (b"REDIS", Phrase::fixed("a dump of Redis' data (RDB)", "Redis 데이터 덤프(RDB)"), NO_REQUESTS),
    (b"\xD4\xC3\xB2\xA1", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (b"\xA1\xB2\xC3\xD4", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (b"\x4D\x3C\xB2\xA1", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (
        b"\x0A\x0D\x0D\x0A",
        Phrase::fixed("a capture of network packets (pcapng)", "네트워크 패킷 캡처(pcapng)"),
        NO_PACKETS,
    ),
    (
        b"\xF0\xDE\xBC\x9A\x78\x56\x34\x12",
        Phrase::fixed("libCacheSim's LCS format", "libCacheSim의 LCS 형식 파일"),
        CONVERT,
    ),
    (b"\x7FELF", Phrase::fixed("a program", "프로그램"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (b"%PDF", Phrase::fixed("a PDF document", "PDF 문서"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (b"\x89PNG", Phrase::fixed("a picture", "이미지"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (
        b"\xFF\xD8\xFF",
        Phrase::fixed("a picture", "이미지"),
        Phrase::fixed("name a trace", "트레이스 파일을 지정하세요"),
    ),
    (b"GIF8", Phrase::fixed("a picture", "이미지"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (
        b"\xD0\xCF\x11\xE0",
        Phrase::fixed("an old Office document", "옛 Office 문서"),
        Phrase::fixed("save the sheet as csv", "시트를 csv로 저장하세요"),
    ),
];

const UTF_32: Phrase = Phrase::fixed(
    "write it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -",
    "UTF-8로 바꾸세요: iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -",
);
const NO_REQUESTS: Phrase = Phrase::fixed(
    "it holds values, not requests; record requests: redis-cli MONITOR > capture.txt",
    "요청이 아니라 값이 들어 있습니다. 요청을 기록하세요: redis-cli MONITOR > capture.txt",
);
const NO_PACKETS: Phrase = Phrase::fixed(
    "record what the server is asked instead: redis-cli MONITOR > capture.txt",
    "대신 서버가 받는 요청을 기록하세요: redis-cli MONITOR > capture.txt",
);
const CONVERT: Phrase = Phrase::fixed(
    "convert it to oracleGeneral with libCacheSim's traceConv, or print it as csv with its tracePrint",
    "libCacheSim의 traceConv로 oracleGeneral 형식으로 변환하거나 tracePrint로 csv로 출력하세요",
);

/// What a binary file is, in a sentence.
pub fn binary(head: &[u8]) -> Phrase {
    if let Some((_, what, todo)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return phrase!("this is {what}; {todo}", "이 파일의 형식: {what}. {todo}", what, todo);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Phrase::fixed(
            "this is a tar archive; unpack it: tar -xOf FILE | cachelane replay -",
            "이 파일은 tar 아카이브입니다. 푸세요: tar -xOf FILE | cachelane replay -",
        );
    }
    if is_vscsi(head) {
        let convert = CONVERT;
        return phrase!(
            "this looks like a vscsi trace; {convert}",
            "이 파일은 vscsi 트레이스로 보입니다. {convert}",
            convert
        );
    }
    odd_text(head).unwrap_or(Phrase::fixed(
        "this is a binary file of a kind that is not known; of binary formats oracleGeneral is read (--format oracle-general \
         says so); print it as text first, one key per line or with a header such as time,key,size. If it is only numbers, one \
         after the other: od -An -v -w4 -t u4 FILE | tr -d ' ' | cachelane replay - (with --endian=big for Java's; 8 for 4 where \
         they have eight bytes)",
        "알 수 없는 바이너리 파일입니다. 바이너리 형식은 oracleGeneral만 읽습니다(--format oracle-general로 지정). 먼저 한 줄에 키 \
         하나씩, 또는 time,key,size 같은 헤더를 붙여 텍스트로 출력하세요. 수만 이어진 파일이라면: od -An -v -w4 -t u4 FILE | \
         tr -d ' ' | cachelane replay - (Java가 쓴 파일은 --endian=big, 8바이트 수는 4 대신 8)",
    ))
}

/// Whether a file that begins so is text in UTF-32: numbers of characters after a byte-order mark.
pub fn is_utf_32(head: &[u8]) -> bool {
    let number: fn([u8; 4]) -> u32 = match head {
        [0xFF, 0xFE, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xFE, 0xFF, ..] => u32::from_be_bytes,
        _ => return false,
    };
    head.as_chunks::<4>().0.iter().all(|unit| char::from_u32(number(*unit)).is_some_and(|c| c != '\0'))
}

/// What a text is that is not UTF-8, or has control characters in it; `None` where it is none.
fn odd_text(head: &[u8]) -> Option<Phrase> {
    let is_control = |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut off at the end of what is looked at.
        Err(error) => error.error_len().is_none(),
    };
    match head.iter().position(is_control) {
        None => Some(Phrase::fixed(
            "this looks like text that is not UTF-8; if it is Latin-1: iconv -f latin1 -t utf8 FILE | cachelane replay - (or \
             cp949, gb18030, shift_jis for latin1)",
            "UTF-8이 아닌 텍스트로 보입니다. CP949라면: iconv -f cp949 -t utf8 FILE | cachelane replay - (다른 인코딩이면 cp949 \
             대신 latin1, gb18030, shift_jis)",
        )),
        Some(at) if is_utf8 && !head.contains(&0) => {
            let line = head[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let byte = head[at];
            Some(phrase!(
                "line {line} of this text has a control character in it (\\x{byte:02x}); delete it, or, if each line is one key as \
                 it stands: --format keys",
                "텍스트의 {line}행에 제어 문자(\\x{byte:02x})가 있습니다. 지우세요. 줄 전체가 키 하나라면: --format keys"
            ))
        }
        Some(_) => None,
    }
}

/// Two records of VMware's disk traces, of either version: a field says which.
fn is_vscsi(head: &[u8]) -> bool {
    let version = |at: usize, record: usize, version: u8| {
        (0..2).all(|number| head.get(number * record + at + 1) == Some(&version) && head[number * record + at] < 32)
    };
    version(2, 40, 2) || version(14, 32, 1)
}

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

/// What to do about lines that have several fields, of which nothing says what they are; `None` where they have one.
pub fn several_fields(lines: &[&[u8]], numbers: &[usize]) -> Option<Phrase> {
    if let Some(sentence) = lines_before(lines, numbers) {
        return Some(sentence);
    }
    // A comma may be in a key (an address, say), but hardly as often in each.
    if let Some((delimiter, width)) =
        Delimiter::OF_ROWS.into_iter().find_map(|by| Some((by, common_width(&widths(lines, by))?)))
    {
        let how = match suggestion(lines, delimiter) {
            Some(columns) => phrase!(
                "say it, such as --columns {columns} (- for one that is not read), or write such a header as the first line",
                "열을 지정하거나(예: --columns {columns}, 읽지 않을 열은 -) 같은 내용의 헤더를 첫 줄에 적으세요"
            ),
            None => say_columns(width),
        };
        let by = delimiter.phrase();
        return Some(phrase!(
            "its lines have {width} fields, by {by}, and nothing says which of them is the key; {how}; or, if each line is one \
             key as it stands: --format keys",
            "줄마다 필드가 {width}개인데(구분자: {by}), 어느 것이 키인지 알 수 없습니다. {how}. 줄 전체가 키 하나라면: --format \
             keys",
            by,
            how,
        ));
    }
    // A blank is in no key.
    [Delimiter::Byte(b'\t'), Delimiter::Blanks].into_iter().find_map(|by| some_wide(lines, numbers, by))
}

fn widths(lines: &[&[u8]], delimiter: Delimiter) -> Vec<usize> {
    lines.iter().map(|line| fields(line, delimiter).len()).collect()
}

/// How many fields nine lines in ten have, where that is more than one.
fn common_width(widths: &[usize]) -> Option<usize> {
    let most = most_common(widths);
    (most > 1 && widths.iter().filter(|width| **width == most).count() * 10 >= widths.len() * 9).then_some(most)
}

/// That the first lines have another number of fields than all others, and how to delete them: one field, or any number
/// before a header.
pub fn lines_before(lines: &[&[u8]], numbers: &[usize]) -> Option<Phrase> {
    const BEFORE_MAX: usize = 20;
    let (before, delimiter, has_header) = Delimiter::ALL.into_iter().find_map(|delimiter| {
        let widths = widths(lines, delimiter);
        let width = *widths.last()?;
        let before = widths.len() - widths.iter().rev().take_while(|other| **other == width).count();
        let rows = &lines[before..];
        if width < 2 || rows.len() < 2 || !(1..=BEFORE_MAX).contains(&before) {
            return None;
        }
        let header = Layout::of_header(rows[0], rows.get(1).copied(), false, Some(delimiter));
        let has_header = matches!(header, Ok(Some(_)));
        let are_single = widths[..before].iter().all(|width| *width <= 1);
        (has_header || are_single).then_some((before, delimiter, has_header))
    })?;
    let rows = &lines[before..];
    let (least, width) = (fields(lines[before - 1], delimiter).len().max(1), fields(rows[0], delimiter).len());
    let have = if least == 1 { "1 field".to_owned() } else { format!("{least} fields") };
    let which = match before {
        1 => phrase!("first line has {have}", "첫 줄의 필드는 {least}개"),
        _ if least > 1 => {
            phrase!("first {before} lines have other numbers of fields", "처음 {before}줄의 필드 수는 제각각")
        }
        _ => phrase!("first {before} lines have {have}", "처음 {before}줄의 필드는 {least}개"),
    };
    let delete = if before == 1 { "it" } else { "them" };
    let columns = suggestion(rows, delimiter).filter(|_| !has_header).map(|columns| format!("--columns {columns} "));
    let also = match columns {
        Some(_) => Phrase::fixed(
            " (the columns are a guess; - for one that is not read)",
            " (열은 추측한 것입니다. 읽지 않을 열은 -)",
        ),
        None if has_header => Phrase::default(),
        None => {
            let say = say_columns(width);
            phrase!(" and {say}", " 그리고 {say}", say)
        }
    };
    let (by, from, columns) = (delimiter.phrase(), numbers[before], columns.unwrap_or_default());
    Some(phrase!(
        "its {which} and the others {width}, by {by}; delete {delete}: tail -n +{from} FILE | cachelane replay {columns}-{also}; \
         or, if each line is one key as it stands: --format keys",
        "{which}, 나머지 줄은 {width}개입니다(구분자: {by}). 앞부분을 지우세요: tail -n +{from} FILE | cachelane replay \
         {columns}-{also}. 줄 전체가 키 하나라면: --format keys",
        which,
        by,
        also,
    ))
}

/// That some lines have several fields.
fn some_wide(lines: &[&[u8]], numbers: &[usize], delimiter: Delimiter) -> Option<Phrase> {
    let widths = widths(lines, delimiter);
    let first = widths.iter().position(|width| *width > 1)?;
    let wide: Vec<usize> = widths.iter().copied().filter(|width| *width > 1).collect();
    let (least, most) = (wide.iter().min()?, wide.iter().max()?);
    let by = delimiter.phrase();
    if wide.len() * 2 <= widths.len() {
        let (number, width, line) = (numbers[first], widths[first], shown(lines[first]));
        let field = if width == 1 { "field" } else { "fields" };
        return Some(phrase!(
            "line {number} has {width} {field}, by {by}, and most lines have one: {line:?}; delete it if it is no key; or, if \
             each line is one key as it stands: --format keys",
            "대부분의 줄은 필드가 하나인데 {number}행은 {width}개입니다(구분자: {by}): {line:?}. 키가 아니면 지우세요. 줄 전체가 \
             키 하나라면: --format keys",
            by
        ));
    }
    Some(phrase!(
        "its lines have {least} to {most} fields, by {by}, so that they are no table; take the keys out of them, such as with \
         awk '{{print $N}}' FILE | cachelane replay - (N is the number of the field that is the key), or write a table with a \
         header such as time,key,size; or, if each line is one key as it stands: --format keys",
        "줄마다 필드 수가 {least}~{most}개로 달라(구분자: {by}) 표가 아닙니다. 키만 추출하거나(예: awk '{{print $N}}' FILE | \
         cachelane replay -, N은 키의 필드 번호) time,key,size 같은 헤더를 붙인 표로 만드세요. 줄 전체가 키 하나라면: --format keys",
        by
    ))
}

/// Columns that lines can be read with, if they have the same number of fields: those that look like times, sizes or
/// operations, and the first other one as the key. `None` where no column is left for the key.
fn suggestion(lines: &[&[u8]], delimiter: Delimiter) -> Option<String> {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| fields(line, delimiter)).collect();
    let width = rows.first()?.len();
    if !(2..=20).contains(&width) || rows.iter().any(|row| row.len() != width) {
        return None;
    }
    let all = |column: usize, is: &dyn Fn(&str) -> bool| rows.iter().all(|row| is(row[column].trim()));
    let comma = delimiter == Delimiter::Byte(b';');
    let is_time = |text: &str| {
        clock::length(text.as_bytes(), TimeUnit::Nanoseconds, comma).is_some() || clock::is_date(text.as_bytes())
    };
    let is_whole = |text: &str| !text.is_empty() && whole(text.as_bytes(), u32::MAX.into()).is_some();
    let mut columns = vec!["-"; width];
    let free = |columns: &[&str], is: &dyn Fn(&str) -> bool| (0..width).find(|&at| columns[at] == "-" && all(at, is));
    if let Some(at) = free(&columns, &|text| csv::is_operation(text.as_bytes())) {
        columns[at] = "op";
    }
    let rises = |column: usize| {
        rows.windows(2).all(|pair| {
            let number = |row: &[String]| clock::length(row[column].trim().as_bytes(), TimeUnit::Nanoseconds, comma);
            number(&pair[0]) <= number(&pair[1])
        })
    };
    // A number that rises is a time where it comes first, as is custom, or is as long as one since 1970.
    let is_clear = |at: &usize| *at == 0 || all(*at, &|text| text.len() >= 10);
    let time = (0..width).filter(|&at| columns[at] == "-" && all(at, &is_time) && rises(at)).find(is_clear);
    time.into_iter().for_each(|at| columns[at] = "time");
    let key = free(&columns, &|text| !text.is_empty() && !is_whole(text))
        .or_else(|| free(&columns, &|text| !text.is_empty()))?;
    columns[key] = "key";
    let size = (key + 1..width).chain(0..key).find(|&at| columns[at] == "-" && all(at, &is_whole));
    size.into_iter().for_each(|at| columns[at] = "size");
    Some(columns.join(","))
}

fn most_common(widths: &[usize]) -> usize {
    let mut sorted = widths.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.max_by_key(|run| run.len()).map_or(0, |run| run[0])
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

    #[test]
    fn packed_and_other_binaries_are_told_by_their_first_bytes() {
        for (magic, what) in [
            (&b"PK\x03\x04\0\0"[..], "zip"),
            (b"BZh91AY&SY", "bzip2"),
            (b"PAR1\x15\0", "Parquet"),
            (b"REDIS0011\xfa", "RDB"),
            (b"\x0A\x0D\x0D\x0A\0", "pcapng"),
            (b"\0\x01\x02\x03", "not known"),
        ] {
            assert!(binary(magic).to_string().contains(what), "{}", binary(magic));
        }
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(binary(&tar).to_string().contains("tar archive"));
        let mut vscsi = vec![0; 80];
        (vscsi[3], vscsi[43]) = (2, 2);
        assert!(binary(&vscsi).to_string().contains("vscsi"));
    }

    #[test]
    fn lines_of_several_fields_are_asked_about_and_keys_with_a_comma_now_and_then_are_not() {
        let ask = |sample: &str| {
            let lines: Vec<&[u8]> = sample.lines().map(str::as_bytes).collect();
            several_fields(&lines, &(1..=lines.len()).collect::<Vec<_>>())
        };
        assert!(ask("user 7\nuser 8").unwrap().to_string().contains("2 fields, by blanks"));
        assert!(ask("a,1\nb,2").unwrap().to_string().contains("--columns key,size (-"));
        assert!(ask("a;1;x\nb;2;x").unwrap().to_string().contains("3 fields, by semicolons"));
        assert!(ask("a\nb\nc d").unwrap().to_string().contains("line 3 has 2 fields, by blanks"));
        assert!(ask("1 2 3 4 5 6").unwrap().to_string().contains("--columns time,key,size,-,-,-"));
        assert_eq!(ask("/a?x=1,2\n/b\n/c\n/d,e,f"), None);
        assert_eq!(ask("user:1\nuser:2"), None);
    }
}
