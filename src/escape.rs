//! Texts from outside, made safe to show: a name in a file may hold what moves a terminal's cursor, turns the writing
//! direction of what follows, or cannot be seen at all.
//!
//! ```
//! use cachelane::escape::escape;
//! assert_eq!(escape("캐시 A"), "캐시 A");
//! assert_eq!(escape("red \u{1b}[31m\n"), r"red \u{1b}[31m\n");
//! ```

use std::borrow::Cow;

/// `text` with every character that controls rather than shows written as Rust writes it: `\n`, `\u{1b}`, `\u{202e}`.
///
/// Escaped are control characters, line and paragraph separators, what changes the writing direction, and what has no
/// width and no use in a word. Joiners (in emoji and in several scripts) stay, and so do backslashes: the result is for
/// reading, not for reading back.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_control(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character must not be shown as it is.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Writing direction: marks, embeddings, overrides, isolates.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Other lines.
            | '\u{2028}' | '\u{2029}'
            // Nothing to see: soft hyphen, zero-width space, invisible operators, deprecated formats, byte order mark,
            // annotations, tags.
            | '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_is_escaped() {
        for (text, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("a\u{7}\u{8}\0b", r"a\u{7}\u{8}\u{0}b"),
            ("\u{9b}31m", r"\u{9b}31m"), // the same sequence in one character
            ("one\ntwo\tthree\r", r"one\ntwo\tthree\r"),
            ("user\u{202e}gpj.exe", r"user\u{202e}gpj.exe"),
            ("\u{2066}a\u{2069}\u{200f}\u{61c}", r"\u{2066}a\u{2069}\u{200f}\u{61c}"),
            ("a\u{2028}b\u{7f}", r"a\u{2028}b\u{7f}"),
            ("ca\u{200b}che\u{feff}\u{e0041}", r"ca\u{200b}che\u{feff}\u{e0041}"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn what_shows_stays_as_it_is() {
        for text in ["", "write-back (2)", "캐시 레인", "ключ", "مفتاح", "👩\u{200d}🚒", r"C:\new", "\u{a0}½ é e\u{301}", "\"'&<>"] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
