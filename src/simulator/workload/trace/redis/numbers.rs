//! Numbers and ids of streams as Redis reads them.

/// A whole number (`string2ll`): no sign but −, no zeros before it, no spaces.
pub fn integer(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let plain = digits.iter().all(u8::is_ascii_digit) && (word == b"0" || digits.first().is_some_and(|&d| d != b'0'));
    std::str::from_utf8(word).ok().filter(|_| plain)?.parse().ok()
}

/// A number (`string2d`): decimal, hexadecimal or infinite, not NaN; one that only rounding makes 0 or infinite is none.
pub fn number(word: &[u8]) -> Option<f64> {
    strtod(word).filter(|read| !read.out_of_range).map(|read| read.value)
}

/// A finite number of x86's `long double` (`string2ld`), which reaches further; beyond a double's reach it is infinite here.
pub fn long_number(word: &[u8]) -> Option<f64> {
    let read = strtod(word)?;
    if !read.out_of_range {
        return Some(read.value).filter(|value| value.is_finite());
    }
    let lower = word.to_ascii_lowercase();
    let (mark, most) = if lower.contains(&b'x') { (b'p', 16_000) } else { (b'e', 4_900) };
    let exponent = lower.iter().position(|&byte| byte == mark).and_then(|at| exponent(&lower[at + 1..]));
    exponent.filter(|exponent| exponent.abs() <= most).map(|_| read.value)
}

/// An end of a range of scores (`zslParseRange`): blanks may come before it, nothing is 0.
pub fn score(word: &[u8]) -> Option<f64> {
    match word.trim_ascii_start() {
        _ if word.is_empty() => Some(0.0),
        number => strtod(number).map(|read| read.value),
    }
}

struct Read {
    value: f64,
    /// It is 0 or infinite, and the word is not.
    out_of_range: bool,
}

/// What C's `strtod` makes of a whole word; `None` where it is no number, or NaN.
fn strtod(word: &[u8]) -> Option<Read> {
    let text = std::str::from_utf8(word).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(digits) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        let (value, is_zero) = hexadecimal(digits.as_bytes())?;
        let out_of_range = value == 0.0 && !is_zero || value.is_infinite();
        return Some(Read { value: if text.starts_with('-') { -value } else { value }, out_of_range });
    }
    let value: f64 = text.parse().ok()?;
    let digits = unsigned.split(['e', 'E']).next().unwrap_or_default();
    let is_zero = !digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let says_infinite = unsigned.starts_with(['i', 'I']);
    let out_of_range = value.is_infinite() && !says_infinite || value == 0.0 && !is_zero;
    (!value.is_nan()).then_some(Read { value, out_of_range })
}

/// `1.8p-3`: hexadecimal digits, of which at least one, and a power of two; whether all digits are 0.
fn hexadecimal(word: &[u8]) -> Option<(f64, bool)> {
    let end = word.iter().position(|byte| byte.eq_ignore_ascii_case(&b'p')).unwrap_or(word.len());
    let mut power = if end < word.len() { exponent(&word[end + 1..])? } else { 0 };
    let (mut mantissa, mut count, mut point) = (0u64, 0, false);
    for &byte in &word[..end] {
        if byte == b'.' && !point {
            point = true;
            continue;
        }
        let digit = u64::from(char::from(byte).to_digit(16)?);
        count += 1;
        // What no longer fits changes nothing that a double can say, but for rounding.
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            power -= if point { 4 } else { 0 };
        } else {
            power += if point { 0 } else { 4 };
        }
    }
    let mut value = mantissa as f64;
    let factor = if power < 0 { 0.5 } else { 2.0 };
    (0..power.unsigned_abs().min(4_000)).for_each(|_| value *= factor);
    (count > 0).then_some((value, mantissa == 0))
}

/// A power, with or without a sign; however large, it is clipped to a million.
fn exponent(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let power = digits.iter().fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1_000_000));
    Some(if word[0] == b'-' { -power } else { power })
}

/// Whether a word is the cursor of a scan (`parseScanCursorOrReply`, of C's `strtoul`).
pub fn is_cursor(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    word.is_empty() || unsigned(digits).is_some()
}

/// Digits, of a number of 64 bits.
fn unsigned(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// The id of a stream's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamId {
    pub ms: u64,
    /// `None`: the server finds one (`5-*`).
    pub sequence: Option<u64>,
}

/// An id that is wholly said (`streamParseStrictIDOrReply`), its sequence number 0 if it is left out.
pub fn stream_id(word: &[u8]) -> Option<StreamId> {
    stream_id_or_star(word).filter(|id| id.sequence.is_some())
}

/// The same, or one such as `5-*`.
pub fn stream_id_or_star(word: &[u8]) -> Option<StreamId> {
    // `string2ull`: what `strtoull` reads, but for negative numbers.
    let part = |word: &[u8]| {
        let word = word.trim_ascii_start();
        unsigned(word.strip_prefix(b"+").unwrap_or(word))
    };
    let dash = word.iter().position(|&byte| byte == b'-');
    let ms = part(&word[..dash.unwrap_or(word.len())])?;
    let sequence = match dash.map(|dash| &word[dash + 1..]) {
        None => Some(0),
        Some(b"*") => None,
        Some(sequence) => Some(part(sequence)?),
    };
    Some(StreamId { ms, sequence })
}

/// An end of a range of ids: `-`, `+`, or an id, which `(` leaves out.
pub fn is_range_id(word: &[u8]) -> bool {
    matches!(word, b"-" | b"+")
        || stream_id(word.strip_prefix(b"(").filter(|id| !id.is_empty()).unwrap_or(word)).is_some()
}
