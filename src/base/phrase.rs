//! A text in every language that is spoken here: messages, what fields mean, what presets and counts are called.
//!
//! Both are written side by side, so that a text that is missing in one of them does not compile.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($lang:ident: $code:literal, $own:literal;)*) => {
        /// The languages that are spoken here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Language {
            $(#[doc = $own] $lang),*
        }

        impl Language {
            /// Every language, the usual one first.
            pub const ALL: [Language; [$($code),*].len()] = [$(Language::$lang),*];

            /// Its code, in links, in HTML and in presets.
            pub const fn code(self) -> &'static str {
                match self { $(Language::$lang => $code),* }
            }

            /// What its speakers call it.
            pub const fn own_name(self) -> &'static str {
                match self { $(Language::$lang => $own),* }
            }
        }
    };
}

languages! {
    English: "en", "English";
    Korean: "ko", "한국어";
}

impl Default for Language {
    fn default() -> Language {
        Language::ALL[0]
    }
}

impl Language {
    /// The language with that code.
    pub fn of_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language that a browser asks for, such as `ko-KR`; the usual one where it is not spoken here.
    pub fn asked_for(tag: &str) -> Language {
        Language::ALL.into_iter().find(|language| tag.starts_with(language.code())).unwrap_or_default()
    }

    /// The language after this one, which a button offers.
    pub fn next(self) -> Language {
        let at = Language::ALL.iter().position(|language| *language == self).unwrap_or_default();
        Language::ALL[(at + 1) % Language::ALL.len()]
    }

    /// What may stand for a language.
    pub fn codes() -> Phrase {
        let codes = Language::ALL.map(Language::code);
        Phrase::new(codes.join(" or "), codes.join(" 또는 "))
    }
}

/// A text in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// What `say` says in each language.
    pub fn each(say: impl Fn(Language) -> String) -> Phrase {
        Phrase::new(say(Language::English), say(Language::Korean))
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

impl std::error::Error for Phrase {}

impl From<String> for Phrase {
    /// What is the same in every language: a name, a number, what stands in a file.
    fn from(text: String) -> Phrase {
        Phrase::new(text.clone(), text)
    }
}

/// A text put together in each language: `phrase!("{count} rows", "행 {count}개")`. What is a phrase itself and is to be said in
/// the same language is named behind: `phrase!("a time in {unit}", "시각({unit})", unit)`.
#[macro_export]
macro_rules! phrase {
    ($english:literal, $korean:literal $(, $part:ident)* $(,)?) => {
        $crate::phrase::Phrase::new(
            {
                $(let $part = $part.say($crate::phrase::Language::English);)*
                ::std::fmt::format(format_args!($english))
            },
            {
                $(let $part = $part.say($crate::phrase::Language::Korean);)*
                ::std::fmt::format(format_args!($korean))
            },
        )
    };
}
pub use phrase;

/// What a field or a choice means: its doc comment, and the same in the other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Docs {
    english: &'static [&'static str],
    korean: &'static str,
}

impl Docs {
    /// Nothing that would have to be explained.
    pub const NONE: Docs = Docs { english: &[], korean: "" };

    /// In the figure of an embed, which explains no field, they would be a tenth of what its reader downloads.
    pub const fn new(english: &'static [&'static str], korean: &'static str) -> Docs {
        if cfg!(feature = "figure") { Docs::NONE } else { Docs { english, korean } }
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
