//! The outer layer of a link: percent-encoding, with `+` for a space.
//!
//! Any program on the way may encode more characters than this one did: reading decodes them all.

use crate::phrase::Phrase;

const BAD_PERCENT: Phrase = Phrase::fixed(
    "a % must be followed by two hexadecimal digits; write %25 for a percent sign",
    "% 뒤에는 16진수 두 자리가 와야 합니다. 퍼센트 기호는 %25로 적어 주세요",
);

/// Characters that stand for themselves in a fragment, in every browser and most chat programs.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!*(),:;@/".contains(&byte)
}

/// `text` with everything else percent-encoded.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if is_plain(byte) => encoded.push(char::from(byte)),
            byte => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// The text that `encoded` stands for, or a sentence about what is wrong with it.
pub fn decode(encoded: &str) -> Result<String, Phrase> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                let byte = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(byte.ok_or(BAD_PERCENT)?);
                rest = &tail[2..];
            }
            byte => bytes.push(*byte),
        }
    }
    let not_text = Phrase::fixed(
        "the percent-encoded bytes are not UTF-8 text",
        "퍼센트 인코딩된 바이트가 UTF-8 문자열이 아닙니다",
    );
    String::from_utf8(bytes).map_err(|_| not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_survives() {
        for text in ["", "a b", "100 % + 1&2=3#4?", "캐시 레인", "\"<>'`{}|\\^", "~(:,)"] {
            assert_eq!(decode(&encode(text)).as_deref(), Ok(text));
        }
        assert_eq!(encode("write-back(every:2s)"), "write-back(every:2s)");
        assert_eq!(decode("write-back%28every%3A2s%29").as_deref(), Ok("write-back(every:2s)"));
    }

    #[test]
    fn broken_codes_are_refused() {
        for text in ["%", "%4", "%zz", "%+1", "%ff%fe", "%\u{e9}"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
