//! A line of what Redis' `MONITOR` prints, and the lines around it.
//!
//! `1339518083.107412 [0 127.0.0.1:60866] "get" "user:7"`: time (s), database and client, then the command's words in
//! double quotes with `\"`, `\\`, `\n`, `\r`, `\t`, `\a`, `\b` and `\xHH` in them. Redis, `replicationFeedMonitors` and
//! `sdscatrepr`. It may come with `+` before it, as the server sends it (telnet, nc), or behind what tools for containers
//! put before each line (`cache-1  | `). Redis up to 2.4 names no client, the database only where it is not 0, as
//! `(db 2)`, and leaves whole numbers unquoted.

use std::borrow::Cow;

use super::Problem;
use super::clock::seconds;
use crate::phrase::Phrase;

/// The longest prefix before a line.
const PREFIX_MAX: usize = 200;

/// A line cut up.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// What stands before it.
    pub prefix: &'a [u8],
    /// The time, as it stands there.
    pub time: &'a [u8],
    /// The time.
    pub time_ns: u64,
    /// The number of the database; empty where it is 0 and not said.
    pub database: &'a [u8],
    /// The client; `None` where it is not named.
    pub client: Option<&'a [u8]>,
    /// The quoted words.
    pub words: &'a [u8],
}

/// Cuts a line into time, database, client and the quoted words.
///
/// # Errors
/// When it is none.
pub fn parts(line: &[u8]) -> Result<Parts<'_>, Problem> {
    let at_start = line.strip_prefix(b"+").unwrap_or(line);
    let found = parts_at(at_start, false).or_else(|| behind_prefix(line));
    // Who ends a capture by hand finds `^C` before or after a line.
    let found = found.map(|parts| match parts.words.strip_suffix(b"^C") {
        Some(words) if words.ends_with(b"\"") => Parts { words, ..parts },
        _ => parts,
    });
    const LINE: Phrase = Phrase::fixed(
        "a line such as 1339518083.107412 [0 127.0.0.1:60866] \"get\" \"key\"",
        "1339518083.107412 [0 127.0.0.1:60866] \"get\" \"key\" 같은 줄",
    );
    found.ok_or_else(|| Problem::expected(line, LINE))
}

/// Whether a line is one of such an output.
pub fn is_line(line: &[u8]) -> bool {
    parts(line).is_ok()
}

/// A line as it is read on a screen: without colours and other orders to a terminal (ECMA-48), and without what is written
/// over. Nothing of a command goes: MONITOR escapes control characters.
pub fn plain(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.iter().any(|byte| matches!(byte, 7 | 8 | b'\r' | 0x1B)) {
        return Cow::Borrowed(line);
    }
    let (mut text, mut cursor) = (Vec::new(), 0);
    let mut rest = line.trim_ascii_end();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x1B => {
                let (order, after) = order(after);
                rest = after;
                match order {
                    [b'[', count @ .., b'C'] => {
                        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse().ok()).unwrap_or(1);
                        cursor = text.len().min(usize::saturating_add(cursor, count));
                    }
                    b"[K" | b"[0K" => text.truncate(cursor),
                    _ => {}
                }
            }
            // A prompt writes over the line that is being typed.
            b'\r' => cursor = 0,
            8 => cursor = cursor.saturating_sub(1),
            7 => {}
            _ => {
                match text.get_mut(cursor) {
                    Some(old) => *old = byte,
                    None => text.push(byte),
                }
                cursor += 1;
            }
        }
    }
    Cow::Owned(text)
}

/// An order to a terminal, of which the escape was read, and what stands after it.
fn order(text: &[u8]) -> (&[u8], &[u8]) {
    let end = match text.first() {
        Some(b'[') => (1..text.len()).find(|&at| (0x40..0x7F).contains(&text[at])),
        // A title, up to a bell or `ESC \`.
        Some(b']') => (1..text.len()).find(|&at| text[at] == 7 || text[at - 1..].starts_with(b"\x1b\\")),
        _ => text.iter().position(|byte| !(0x20..0x30).contains(byte)),
    };
    text.split_at(end.map_or(text.len(), |end| end + 1))
}

/// Looks behind a prefix, such as that of a container, of `grep` or of `^C`: a time with six digits after its point, a database and a client begin there.
fn behind_prefix(line: &[u8]) -> Option<Parts<'_>> {
    let starts =
        (1..line.len().min(PREFIX_MAX)).filter(|&at| line[at].is_ascii_digit() && !line[at - 1].is_ascii_digit());
    let found = starts.filter(|&at| {
        let before = &line[..at];
        matches!(before[at - 1], b' ' | b'\t' | b'+' | b'>' | b'|' | b']' | b':' | b'-') || before.ends_with(b"^C")
    });
    let mut parts = found.filter_map(|at| Some((at, parts_at(&line[at..], true)?)));
    parts.next().map(|(at, parts)| Parts { prefix: &line[..at], ..parts })
}

/// Cuts a line that begins with its time. `strict`: in the form of Redis 2.6 and later only.
fn parts_at(line: &[u8], strict: bool) -> Option<Parts<'_>> {
    let space = line.iter().position(|&byte| byte == b' ')?;
    let time = &line[..space];
    if strict && time.len() < 8 || !time.first()?.is_ascii_digit() {
        return None;
    }
    let time_ns = seconds(time)?;
    let rest = &line[space + 1..];
    let parts = Parts { prefix: b"", time, time_ns, database: b"", client: None, words: rest };
    if let Some(who) = rest.strip_prefix(b"[") {
        // A client may be a path with brackets: the words begin at the first quote after one.
        let end = who.windows(3).position(|three| three == b"] \"")?;
        let (who, words) = (&who[..end], &who[end + 2..]);
        let gap = who.iter().position(|&byte| byte == b' ')?;
        return Some(Parts { database: &who[..gap], client: Some(&who[gap + 1..]), words, ..parts });
    }
    // Before 2.6 a time always has its six digits.
    if strict || !time.contains(&b'.') {
        return None;
    }
    if let Some(database) = rest.strip_prefix(b"(db ") {
        let end = database.windows(3).position(|three| three == b") \"")?;
        return Some(Parts { database: &database[..end], words: &database[end + 2..], ..parts });
    }
    rest.starts_with(b"\"").then_some(parts)
}

/// What is typed at redis-cli's prompt (`127.0.0.1:6379[3](TX)> get a`), if a line is one.
pub fn typed(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let end = line.iter().position(|&byte| byte == b'>')?;
    let (mut place, typed) = (&line[..end], &line[end + 1..]);
    if !typed.is_empty() && !typed.starts_with(b" ") {
        return None;
    }
    for mode in [&b"(subscribed mode)"[..], b"(TX)"] {
        place = place.strip_suffix(mode).unwrap_or(place);
    }
    if let Some(database) = place.strip_suffix(b"]") {
        place = &place[..database.iter().rposition(|&byte| byte == b'[')?];
    }
    let port = place.iter().rposition(|&byte| byte == b':').map_or(&b""[..], |colon| &place[colon + 1..]);
    let is_address = !port.is_empty() && port.iter().all(u8::is_ascii_digit) && !place.contains(&b' ');
    let is_prompt =
        is_address || place == b"not connected" || place.starts_with(b"redis ") || place.ends_with(b".sock");
    is_prompt.then(|| typed.trim_ascii())
}

/// Whether a line ends the capture and begins a session at a prompt, whose answers may be anything: `Some(false)` for one
/// that ends such a session.
pub fn is_session(line: &[u8]) -> Option<bool> {
    let line = line.trim_ascii();
    match typed(line) {
        Some(typed) => Some(!typed.eq_ignore_ascii_case(b"monitor")),
        None => (line.starts_with(b"^C") || line.ends_with(b"^C")).then_some(true),
    }
}

/// Whether a line belongs to how a capture was made and says nothing: an answer, a prompt, what telnet says, `^C`. Nor is
/// shown what may be a password.
pub fn is_noise(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let lower = line.to_ascii_lowercase();
    let begins = |with: &[u8]| lower.starts_with(with);
    let typed = typed(&lower);
    let is_secret =
        |typed: &[u8]| [&b"auth"[..], b"pass"].iter().any(|word| typed.windows(4).any(|four| four == *word));
    matches!(lower.as_slice(), b"" | b"ok" | b"+ok" | b"\"ok\"" | b"^c" | b"^z" | b"quit" | b"monitor" | b"1) ok")
        || typed.is_some_and(|typed| matches!(typed, b"" | b"monitor" | b"quit") || is_secret(typed))
        || (begins(b"trying ") && line.ends_with(b"..."))
        || begins(b"connected to ")
        || begins(b"escape character is ")
        || begins(b"connection closed")
        || begins(b"error: server closed the connection")
        || begins(b"attaching to ")
        || begins(b"auth ")
        || begins(b"warning: using a password with ")
}

/// Whether a line is one that stands around captures, and is to be counted: an answer, of a server's log, of script(1).
pub fn is_around(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"^C").unwrap_or(line);
    let begins = |with: &[u8]| line.starts_with(with);
    let is_duration =
        line.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b"s)")).is_some_and(|s| seconds(s).is_some());
    is_duration
        || typed(line).is_some()
        || is_of_log(line)
        || begins(b"Script started")
        || begins(b"Script done")
        || begins(b"Could not connect to ")
        || begins(b"(nil)")
        || begins(b"(integer) ")
        || begins(b"(error) ")
}

/// `1:M 01 Jan 2024 00:00:01.123 * Ready`, and `[77] 01 Jan 00:00:01.123 * Ready` as up to Redis 2.8.
fn is_of_log(line: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let mut words = line.split(|&byte| byte == b' ');
    let (process, day, month) = (words.next(), words.next(), words.next());
    let is_process = process.is_some_and(|word| match word {
        [number @ .., b':', b'M' | b'S' | b'C' | b'X' | b'R'] => digits(number),
        [b'[', number @ .., b']'] => digits(number),
        _ => false,
    });
    is_process
        && day.is_some_and(|day| day.len() == 2 && digits(day))
        && month.is_some_and(|month| month.len() == 3 && month.iter().all(u8::is_ascii_alphabetic))
}

/// The quoted words, unescaped, into buffers that are used again.
///
/// # Errors
/// When there are none, or quotes do not close.
pub fn unquote(mut text: &[u8], words: &mut Vec<Vec<u8>>) -> Result<(), Problem> {
    let mut count = 0;
    while !text.is_empty() {
        if words.len() == count {
            words.push(Vec::new());
        }
        text = unquote_word(text, &mut words[count])?;
        count += 1;
        text = text.strip_prefix(b" ").unwrap_or(text);
    }
    words.truncate(count);
    if count == 0 { Err(broken(text)) } else { Ok(()) }
}

fn broken(text: &[u8]) -> Problem {
    let quoted = Phrase::fixed(
        "a word in double quotes, with \\ before quotes in it",
        "큰따옴표로 감싼 단어(안의 따옴표 앞에는 \\)",
    );
    Problem::expected(text, quoted)
}

/// Reads one word; gives what stands after it.
fn unquote_word<'a>(text: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], Problem> {
    word.clear();
    let Some(mut text) = text.strip_prefix(b"\"") else {
        // A whole number, as Redis 2.4 prints it.
        let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
        let digits = text[..end].strip_prefix(b"-").unwrap_or(&text[..end]);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(broken(text));
        }
        word.extend_from_slice(&text[..end]);
        return Ok(&text[end..]);
    };
    loop {
        let end = text.iter().position(|&byte| byte == b'"' || byte == b'\\').ok_or_else(|| broken(text))?;
        word.extend_from_slice(&text[..end]);
        if text[end] == b'"' {
            return Ok(&text[end + 1..]);
        }
        let (byte, length) = escaped(&text[end + 1..]).ok_or_else(|| broken(&text[end..]))?;
        word.push(byte);
        text = &text[end + 1 + length..];
    }
}

/// The byte that an escape stands for, and how long the escape is after its backslash.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let plain = match text.first()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'x' => {
            let digits = std::str::from_utf8(text.get(1..3)?).ok()?;
            return Some((u8::from_str_radix(digits, 16).ok()?, 3));
        }
        quoted @ (b'"' | b'\\') => *quoted,
        _ => return None,
    };
    Some((plain, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time, database, client and words of a line.
    fn cut(line: &str) -> Option<(u64, String, Option<String>, Vec<String>)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let parts = parts(line.as_bytes()).ok()?;
        let mut words = Vec::new();
        unquote(parts.words, &mut words).ok()?;
        Some((
            parts.time_ns,
            text(parts.database),
            parts.client.map(text),
            words.iter().map(|word| text(word)).collect(),
        ))
    }

    #[test]
    fn a_line_is_read_in_each_of_its_forms() {
        let get = |database: &str, client: Option<&str>| {
            let words = vec!["GET".to_owned(), "k".to_owned()];
            Some((1_700_000_001_250_000_000, database.to_owned(), client.map(str::to_owned), words))
        };
        let own = Some("10.0.0.5:41000");
        for prefix in
            ["", "+", "cache-1  | ", "[pod/redis-0/redis] ", "2024-01-01T00:00:00.000000001Z ", "redis_1 | +", "a|b\t"]
        {
            let line = format!("{prefix}1700000001.250000 [0 10.0.0.5:41000] \"GET\" \"k\"");
            assert_eq!(cut(&line), get("0", own), "{line}");
        }
        assert_eq!(cut("1700000001.250000 \"GET\" \"k\""), get("", None), "Redis 2.4");
        assert_eq!(cut("+1700000001.250000 (db 2) \"GET\" \"k\""), get("2", None));
        let (.., words) = cut("1700000001.250000 \"EXPIRE\" \"k\" 60").unwrap();
        assert_eq!(words, ["EXPIRE", "k", "60"]);
        let (_, _, client, _) = cut("1.0 [3 unix:/tmp/a [1] b.sock] \"get\" \"k\"").unwrap();
        assert_eq!(client.as_deref(), Some("unix:/tmp/a [1] b.sock"));
    }

    #[test]
    fn a_line_is_read_as_a_terminal_shows_it() {
        let shown = |line: &str| String::from_utf8(plain(line.as_bytes()).into_owned()).unwrap();
        // As redis-cli writes what is typed at its prompt, with a hint behind it.
        let prompt = "a:1> \r\x1b[0Ka:1> g\r\x1b[6C\r\x1b[0Ka:1> get\x1b[0;90;49m key\x1b[0m\r\x1b[8C\r\x1b[0Ka:1> get k\r\x1b[10C\r";
        assert_eq!(shown(prompt), "a:1> get k");
        assert_eq!(shown("\x1b[1;32mab\x1b(B\x1b[m\x1b]0;title\x07c"), "abc");
        assert_eq!(shown("abc\x08\x08X\x07"), "aXc");
        for odd in ["\x1b", "\x1b[", "\x1b]", "\x1b[99999999999999999999C", "\r\x1b[9Cx", "\x08\x1b[Kx"] {
            assert!(shown(odd).len() <= 1, "{odd:?}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "hello",
            "user:1",
            "1 2 3",
            "1.5 \"",
            "12 \"a\"",
            "1.5 [0 x]",
            "cache-1 | 7 [0 x] \"get\" \"k\"",
            "[info] 3 done",
        ] {
            assert_eq!(cut(line), None, "{line}");
        }
    }

    #[test]
    fn what_belongs_to_the_making_of_a_capture_is_known() {
        for line in [
            "OK",
            "+OK",
            "10.0.0.2:6379> MONITOR",
            "127.0.0.1:6379[3]> monitor",
            "^C",
            "Trying 127.0.0.1...",
            "10.0.0.2:6379>",
            "10.0.0.2:6379> auth me hunter2",
            "10.0.0.2:6379> config set requirepass hunter2",
        ] {
            assert!(is_noise(line.as_bytes()), "{line}");
        }
        for line in ["GET a", "user:1", "1700000001.25", "hello", "a:1 > b", "1:M hello", "(a)"] {
            assert!(!is_noise(line.as_bytes()), "{line}");
            assert!(!is_around(line.as_bytes()), "{line}");
        }
        for prompt in
            ["a:1> x", "a:1[3]> x", "a:1(TX)> x", "a:1[15](subscribed mode)> x", "redis /t/r.sock> x", "::1:6379> x"]
        {
            assert_eq!(typed(prompt.as_bytes()), Some(&b"x"[..]), "{prompt}");
        }
    }
}
