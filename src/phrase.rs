//! A text in every language that is spoken here: messages, what fields mean, what presets and counts are called.
//!
//! Both are written side by side, so that a text that is missing in one of them does not compile.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The languages that these texts are written in.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    #[serde(rename = "en")]
    english: Cow<'static, str>,
    #[serde(rename = "ko")]
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
    /// use cachelane::phrase::{Language, Phrase};
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

/// A text put together in each language: `phrase!("{count} rows", "행 {count}개")`.
macro_rules! phrase {
    ($english:literal, $korean:literal) => {
        $crate::phrase::Phrase::new(
            ::std::fmt::format(format_args!($english)),
            ::std::fmt::format(format_args!($korean)),
        )
    };
}
pub(crate) use phrase;

/// What a field or a choice means: its doc comment, and the same in the other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Docs {
    english: &'static [&'static str],
    korean: &'static str,
}

impl Docs {
    /// Nothing that would have to be explained.
    pub(crate) const NONE: Docs = Docs::new(&[], "");

    pub(crate) const fn new(english: &'static [&'static str], korean: &'static str) -> Docs {
        Docs { english, korean }
    }

    /// The meaning in that language: one paragraph, without what only rustdoc reads.
    pub fn say(&self, language: Language) -> String {
        match language {
            Language::English => {
                let lines: Vec<&str> = self.english.iter().map(|line| line.trim()).collect();
                lines.join(" ").replace("[`", "`").replace("`]", "`").trim().to_owned()
            }
            Language::Korean => self.korean.to_owned(),
        }
    }
}
