//! Text of others, made fit to be shown.
//!
//! A key, a name or a path may hold characters that a terminal obeys instead of showing them, that turn the direction of
//! the text around, or that nobody sees. They are shown as `\n` and `\u{1b}`, as in Rust's
//! own texts. Backslashes stay as they are: the result is for reading, not for reading back.
//!
//! ```
//! use cachelane::escape::{shown, spreadsheet};
//! assert_eq!(shown("a\u{1b}]0;b\u{7}"), "a\\u{1b}]0;b\\u{7}");
//! assert_eq!(shown("키:7"), "키:7");
//! assert_eq!(spreadsheet("=1+1"), "'=1+1");
//! ```

use std::borrow::Cow;

/// Whether a character is obeyed, or not seen, instead of shown.
pub fn is_unsafe(character: char) -> bool {
    match character {
        // Joins letters and faces; harmless, and part of many names.
        '\u{200C}' | '\u{200D}' => false,
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator, zero-width space, marks of direction.
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' => true,
        // Separators of lines, embeddings and overrides of direction, invisible operators, isolates.
        '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => true,
        // The mark of byte order, annotations, tags.
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => true,
        other => other.is_control(),
    }
}

/// One line of text as it can be shown anywhere.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe)
}

/// The same for text of several lines: their ends stay.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| is_unsafe(character) && character != '\n')
}

/// The same for JSON that serde has written: what it leaves as it is stands in texts only, and is escaped as JSON does.
pub fn shown_json(json: &str) -> Cow<'_, str> {
    let is_bad = |character: char| is_unsafe(character) && !matches!(character, '\n' | '\t' | '\r');
    if !json.chars().any(is_bad) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_bad(character) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

/// A text as a cell that no spreadsheet takes for a formula. OWASP, "CSV injection".
pub fn spreadsheet(cell: &str) -> Cow<'_, str> {
    let begins = cell.trim_start_matches([' ', '"']).chars().next();
    if matches!(begins, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_bad(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_terminal_obeys_or_nobody_sees_is_escaped() {
        let bad = "\0\u{1b}\u{7}\r\n\u{7f}\u{9b}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}";
        for bad in bad.chars() {
            assert_eq!(shown(&format!("a{bad}b")), format!("a{}b", bad.escape_default()));
        }
        for good in ["a b", "키", "né", "👩\u{200d}💻", "日本語", "\\"] {
            assert_eq!(shown(good), good);
        }
        assert_eq!(shown_lines("a\nb\u{1b}\n"), "a\nb\\u{1b}\n");
    }

    #[test]
    fn json_stays_the_same_data() {
        let value = serde_json::json!({ "name": "a\u{9b}\u{202e}\u{e0041}\n\u{1b}" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = shown_json(&text);
        assert!(!safe.chars().any(|c| is_unsafe(c) && c != '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn a_cell_begins_no_formula() {
        for formula in ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\"=1"] {
            assert_eq!(spreadsheet(formula), format!("'{formula}"));
        }
        for plain in ["", "a=b", "1-2", "Write-back"] {
            assert_eq!(spreadsheet(plain), plain);
        }
    }
}
