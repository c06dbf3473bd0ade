//! A text in every language that scenarios speak: messages, what fields mean, what presets say of themselves.
//!
//! Both are written side by side, so that a text that is missing in one of them does not compile.

use std::borrow::Cow;
use std::fmt;

/// The languages that the scenario's texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// Every language, English first.
    pub const ALL: [Language; 2] = [Language::English, Language::Korean];

    /// Its code, as HTML and presets write it.
    pub const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

/// A text in each language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    english: Cow<'static, str>,
    korean: Cow<'static, str>,
}

impl Phrase {
    /// A text that is known beforehand.
    pub const fn fixed(english: &'static str, korean: &'static str) -> Phrase {
        Phrase { english: Cow::Borrowed(english), korean: Cow::Borrowed(korean) }
    }

    /// A text that was put together.
    pub fn new(english: impl Into<Cow<'static, str>>, korean: impl Into<Cow<'static, str>>) -> Phrase {
        Phrase { english: english.into(), korean: korean.into() }
    }

    /// The text in that language.
    ///
    /// ```
    /// use cachelane::scenario::{Language, Phrase};
    /// let none = Phrase::fixed("none", "없음");
    /// assert_eq!((none.say(Language::English), none.say(Language::Korean)), ("none", "없음"));
    /// assert_eq!(none.to_string(), "none");
    /// ```
    pub fn say(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Korean => &self.korean,
        }
    }
}

impl fmt::Display for Phrase {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}
