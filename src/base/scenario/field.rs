//! How each type of a scenario reads itself from a [`Node`] and shows itself as one.
//!
//! Three macros write the types down, with their docs and defaults: [`record!`] for a struct of fields, [`kinds!`] for a
//! choice with options of its own, [`words!`] for a plain choice. The reference page is made from the same words.
//! Reading never stops at the first problem: what cannot be read is noted and left at its default, so that all problems
//! of a file are told at once.

use super::limits;
use super::node::{Fields, Node, Value, join};
use super::problem::{Problems, Reason, did_you_mean};
use super::slider::Slider;
use super::typed;
use crate::phrase::{Docs, Phrase, phrase};
use crate::time::Nanos;

/// A part of a scenario.
pub trait Field: Sized {
    /// The part as a tree of values, complete, with defaults marked.
    fn show(&self) -> Node;
    /// The part read from a tree; `None` when a problem was noted instead.
    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Self>;
    /// What may stand there, for the reference.
    fn takes() -> Takes;
}

/// What may stand in a field.
#[derive(Clone, Debug)]
pub enum Takes {
    /// A value; its range stands in `limits`.
    Value(Plain),
    /// One of these words.
    Words(Vec<(&'static str, Docs)>),
    /// One of these words, each with fields of its own.
    Kinds(Vec<(&'static str, Docs, Vec<Entry>)>),
    /// A table of fields.
    Table(Docs, Vec<Entry>),
    /// Several of these.
    List(Box<Takes>),
    /// One of these, or `"none"`.
    OrNone(Box<Takes>),
}

/// A value of one piece, or one whose pieces no table names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    Text,
    Flag,
    Whole,
    Number,
    Duration,
    /// A duration or a distribution of durations.
    Distribution,
    /// How long an entry lives.
    Ttl,
    /// Some fields of a section, for one lane.
    OfSection,
    /// Something else, in words.
    Other(Phrase),
}

impl Plain {
    /// What may stand there, in words.
    pub fn phrase(&self) -> Phrase {
        match self {
            Plain::Text => TEXT,
            Plain::Flag => FLAG,
            Plain::Whole => Phrase::fixed("a whole number", "정수"),
            Plain::Number => NUMBER,
            Plain::Duration => Phrase::fixed("a duration", "시간"),
            Plain::Distribution => Phrase::fixed("a duration or a distribution", "시간 또는 분포"),
            Plain::Ttl => super::cache::EXPECTED,
            Plain::OfSection => Phrase::fixed(
                "a table with some fields of the section of that name",
                "같은 이름의 섹션에 있는 항목 몇 개를 담은 테이블",
            ),
            Plain::Other(words) => words.clone(),
        }
    }
}

const TEXT: Phrase = Phrase::fixed("a text", "문자열");
const FLAG: Phrase = Phrase::fixed("true or false", "true 또는 false");
/// What a number without a range must be.
pub const NUMBER: Phrase = Phrase::fixed("a number", "수");
/// What a whole number without a range must be.
pub const WHOLE: Phrase = Phrase::fixed("a whole number, 0 or more", "0 이상의 정수");
/// What a duration without a range must be.
pub const DURATION: Phrase =
    Phrase::fixed("a duration with its unit, such as \"250ms\" or \"2h\"", "\"250ms\"나 \"2h\"처럼 단위를 붙인 시간");

/// A field as the reference tells it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub docs: Docs,
    /// Its default; `None` where texts must say it.
    pub default: Option<Node>,
    pub takes: Takes,
    /// What its slider on the page covers, if it has one.
    pub slider: Option<Slider>,
    /// What the page calls it, where it has a control of its own there.
    pub label: Option<&'static Phrase>,
}

/// What is written down of a field.
pub struct Told {
    pub name: &'static str,
    pub docs: Docs,
    pub slider: Option<Slider>,
    pub label: Option<Phrase>,
    /// Whether texts must say it.
    pub needed: bool,
    pub takes: fn() -> Takes,
}

/// The entries of fields that are written down, and shown with their defaults.
pub fn entries(told: &'static [Told], defaults: Fields) -> Vec<Entry> {
    let entry = |(told, (_, default)): (&'static Told, (String, Node))| {
        let Told { name, docs, slider, label, needed, takes } = told;
        let default = (!needed).then(|| default.marked(false));
        Entry { name, docs: *docs, default, takes: takes(), slider: *slider, label: label.as_ref() }
    };
    told.iter().zip(defaults).map(entry).collect()
}

/// A struct whose fields are all named in a table, each with a default.
pub trait Record: Sized {
    /// Every field by name, with defaults marked.
    fn show_fields(&self) -> Fields;
    /// What the fields say; the default for those that are absent or were refused.
    fn read_fields(fields: &Fields, at: &str, problems: &mut Problems) -> Self;
    /// Every field, for the reference.
    fn entries() -> Vec<Entry>;
}

/// Notes that `node` will not do, with the field's range if it has one, or else with what `otherwise` says.
pub fn refuse<T>(node: &Node, at: &str, problems: &mut Problems, otherwise: Phrase) -> Option<T> {
    let allowed = limits::of(at).map_or(otherwise, |limit| limit.phrase());
    refuse_value(node, at, problems, allowed)
}

/// Notes that `node` will not do, what is `allowed`, and what a number with separators may have meant.
pub fn refuse_value<T>(node: &Node, at: &str, problems: &mut Problems, allowed: Phrase) -> Option<T> {
    let readings = node.word().map(typed::readings).unwrap_or_default();
    let reason = if readings.is_empty() {
        Reason::NotAllowed(allowed)
    } else {
        Reason::Separator { readings, allowed: Some(allowed) }
    };
    problems.push(at, node.quote(), node.line, reason);
    None
}

/// Notes every field of `fields` that is none of `known`.
pub fn refuse_strangers(fields: &Fields, known: &[&str], at: &str, problems: &mut Problems) {
    for (name, node) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let meant = did_you_mean(name, known);
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        problems.push(&join(at, name), node.quote(), node.line, Reason::UnknownField { meant, known });
    }
}

/// Notes that `word` is none of `known`.
pub fn refuse_word<T>(node: &Node, word: &str, known: &[&str], at: &str, problems: &mut Problems) -> Option<T> {
    let meant = did_you_mean(word, known);
    let known = known.iter().map(|name| (*name).to_owned()).collect();
    problems.push(at, node.quote(), node.line, Reason::UnknownWord { meant, known });
    None
}

/// A field by its name, marked where it is the default.
pub fn shown<T: Field + PartialEq>(name: &str, value: &T, default: Option<&T>) -> (String, Node) {
    (name.to_owned(), value.show().marked(default == Some(value)))
}

/// The field called `name`, if it is there and can be read.
pub fn read_in<T: Field>(fields: &Fields, name: &str, at: &str, problems: &mut Problems) -> Option<T> {
    let (node, at) = inside(fields, name, at)?;
    T::read(node, &at, problems)
}

/// The field called `name`, and its path.
fn inside<'a>(fields: &'a Fields, name: &str, at: &str) -> Option<(&'a Node, String)> {
    let (_, node) = fields.iter().find(|(field, _)| field == name)?;
    Some((node, join(at, name)))
}

/// The same in the place of `value`, which else stays as it is.
pub fn read_over<T: Field>(value: &mut T, fields: &Fields, name: &str, at: &str, problems: &mut Problems) {
    if let Some(read) = read_in(fields, name, at, problems) {
        *value = read;
    }
}

/// Notes that the field called `name` is absent, if it is.
pub fn require(fields: &Fields, name: &str, what: Phrase, at: &str, problems: &mut Problems) {
    if !fields.iter().any(|(field, _)| field == name) {
        problems.push(&join(at, name), "", None, Reason::Missing(what));
    }
}

/// The fields of a node that should be a table.
pub fn table<'a>(node: &'a Node, at: &str, problems: &mut Problems) -> Option<&'a Fields> {
    const NOTHING: &Fields = &Fields::new();
    match &node.value {
        Value::Table(fields) => Some(fields),
        Value::List(items) if items.is_empty() => Some(NOTHING),
        _ => {
            let sentence = Phrase::fixed("must be a table of fields", "항목의 테이블이어야 합니다");
            problems.push(at, node.quote(), node.line, Reason::Because(sentence));
            None
        }
    }
}

/// What a choice must be.
pub fn one_of(known: &[&str]) -> Phrase {
    let known = known.join(", ");
    phrase!("one of {known}", "{known} 중 하나")
}

/// The word and the options of a node that should be a kind: a bare word, or a table with its `kind`.
pub fn kind<'a>(
    node: &'a Node,
    known: &[&str],
    at: &str,
    problems: &mut Problems,
) -> Option<(&'a str, std::borrow::Cow<'a, Fields>)> {
    use std::borrow::Cow;
    let (word, fields) = match &node.value {
        Value::Text(word) | Value::Bare(word) => (word.as_str(), Cow::Owned(Fields::new())),
        Value::Kind(word, fields) => (word.as_str(), Cow::Borrowed(fields)),
        Value::Table(fields) => {
            let Some((_, tag)) = fields.iter().find(|(name, _)| name == "kind") else {
                problems.push(&join(at, "kind"), "", node.line, Reason::Missing(one_of(known)));
                return None;
            };
            let Some(word) = tag.word() else {
                return refuse(tag, &join(at, "kind"), problems, one_of(known));
            };
            (word, Cow::Owned(fields.iter().filter(|(name, _)| name != "kind").cloned().collect()))
        }
        _ => return refuse(node, at, problems, one_of(known)),
    };
    if !known.contains(&word) {
        return refuse_word(node, word, known, at, problems);
    }
    Some((word, fields))
}

/// Writes down a struct whose fields are all named in a table: each with its doc comment (which the reference page
/// shows), type and default. `field as "word"` where the name in texts differs; `=> "what belongs there"` behind the
/// default where a text must say it, in each language. Behind the doc comment stands the same in Korean, `#[ko = "…"]`, and behind
/// that what the field's slider on the page covers, if it has one, `#[slider = Log(1.0, 100.0)]` (see [`Slider`]); and, of
/// a field that is to stand among the page's main controls, what it is called there in each language,
/// `#[label = ("…", "…")]`. `then complete like standard` behind it all where another field decides what is meant by what
/// the text leaves open: one method fills that in, the other gives the value of which a text need not say anything.
macro_rules! record {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $text:literal) => { $text };
    (@standard $value:ident) => { Self::default() };
    (@standard $value:ident $standard:ident) => { $value.$standard() };
    (@needed) => { None::<$crate::scenario::Phrase> };
    (@needed $english:literal $korean:literal) => { Some($crate::scenario::Phrase::fixed($english, $korean)) };
    (@is_needed) => { false };
    (@is_needed $english:literal) => { true };
    (@label) => { None };
    (@label $english:literal $korean:literal) => { Some($crate::scenario::Phrase::fixed($english, $korean)) };
    (@slider) => { None };
    (@slider $shape:ident $range:tt) => { Some($crate::scenario::Slider::$shape $range) };
    (
        $(#[doc = $doc:literal])*
        #[ko = $ko:literal]
        pub struct $type:ident {
            $(
                $(#[doc = $field_doc:literal])*
                #[ko = $field_ko:literal]
                $(#[slider = $shape:ident $range:tt])?
                $(#[label = ($label:literal, $label_ko:literal)])?
                pub $field:ident $(as $text:literal)?: $of:ty = $default:expr
                    $(=> ($english:literal, $korean:literal))?
            ),* $(,)?
        }
        $(then $complete:ident like $standard:ident)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $type {
            $($(#[doc = $field_doc])* pub $field: $of,)*
        }

        impl Default for $type {
            fn default() -> $type {
                $type { $($field: $default),* }
            }
        }

        impl $crate::scenario::field::Record for $type {
            fn show_fields(&self) -> $crate::scenario::node::Fields {
                use $crate::scenario::field::{record, shown};
                let this = self;
                let default = record!(@standard this $($standard)?);
                vec![$({
                    let default = record!(@needed $($english $korean)?).is_none().then_some(&default.$field);
                    shown(record!(@name $field $($text)?), &this.$field, default)
                }),*]
            }

            fn read_fields(
                fields: &$crate::scenario::node::Fields,
                at: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> $type {
                use $crate::scenario::field::{read_over, record, refuse_strangers};
                refuse_strangers(fields, &[$(record!(@name $field $($text)?)),*], at, problems);
                $(if let Some(what) = record!(@needed $($english $korean)?) {
                    $crate::scenario::field::require(fields, record!(@name $field $($text)?), what, at, problems);
                })*
                let mut read = $type::default();
                $(read_over(&mut read.$field, fields, record!(@name $field $($text)?), at, problems);)*
                $(read.$complete(fields);)?
                read
            }

            fn entries() -> Vec<$crate::scenario::field::Entry> {
                use $crate::scenario::field::{Field, Told, entries, record};
                const TOLD: &[Told] = &[$(Told {
                    name: record!(@name $field $($text)?),
                    docs: $crate::phrase::Docs::new(&[$($field_doc),*], $field_ko),
                    slider: record!(@slider $($shape $range)?),
                    label: record!(@label $($label $label_ko)?),
                    needed: record!(@is_needed $($english)?),
                    takes: <$of as Field>::takes,
                }),*];
                entries(TOLD, $type::default().show_fields())
            }
        }

        impl $crate::scenario::field::Field for $type {
            fn show(&self) -> $crate::scenario::node::Node {
                $crate::scenario::node::Value::Table($crate::scenario::field::Record::show_fields(self)).into()
            }

            fn read(
                node: &$crate::scenario::node::Node,
                at: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> Option<$type> {
                let fields = $crate::scenario::field::table(node, at, problems)?;
                Some($crate::scenario::field::Record::read_fields(fields, at, problems))
            }

            fn takes() -> $crate::scenario::field::Takes {
                let docs = $crate::phrase::Docs::new(&[$($doc),*], $ko);
                $crate::scenario::field::Takes::Table(docs, <$type as $crate::scenario::field::Record>::entries())
            }
        }
    };
}
pub(crate) use record;

/// Writes down a choice with options of its own: `"word" => Variant { option: Type = default, … }`, or
/// `"word" => Variant(Record)`.
macro_rules! kinds {
    (
        $(#[doc = $doc:literal])*
        pub enum $type:ident {
            $($(#[doc = $kind_doc:literal])* #[ko = $kind_ko:literal] $word:literal => $variant:ident $body:tt),* $(,)?
        }
    ) => {
        kinds!(@enum [$(#[doc = $doc])*] $type [] $($(#[doc = $kind_doc])* $variant $body,)*);

        impl $type {
            /// Every choice by its name in scenario files.
            pub const NAMES: &[&str] = &[$($word),*];

            /// Every choice with its usual options.
            pub fn each() -> Vec<$type> {
                vec![$(kinds!(@usual $type, $variant $body)),*]
            }

            /// The choice's name in scenario files.
            pub fn name(&self) -> &'static str {
                match self { $($type::$variant { .. } => $word),* }
            }
        }

        impl $crate::scenario::field::Field for $type {
            fn show(&self) -> $crate::scenario::node::Node {
                use $crate::scenario::node::Value;
                $(kinds!(@show self, $type, $word, $variant $body);)*
                unreachable!("every variant is written down: the compiler checked it in `name`")
            }

            fn read(
                node: &$crate::scenario::node::Node,
                at: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> Option<$type> {
                let (word, fields) = $crate::scenario::field::kind(node, $type::NAMES, at, problems)?;
                match word {
                    $($word => Some(kinds!(@read &fields, at, problems, $type, $variant $body)),)*
                    _ => None,
                }
            }

            fn takes() -> $crate::scenario::field::Takes {
                use $crate::phrase::Docs;
                $crate::scenario::field::Takes::Kinds(vec![
                    $(($word, Docs::new(&[$($kind_doc),*], $kind_ko), kinds!(@entries $body))),*
                ])
            }
        }
    };
    // The enum itself, one variant after the other: what is done so far stands in the brackets.
    (@enum [$($docs:tt)*] $type:ident [$($done:tt)*]) => {
        $($docs)*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $type { $($done)* }
    };
    (@enum [$($docs:tt)*] $type:ident [$($done:tt)*]
        $(#[doc = $kind_doc:literal])* $variant:ident ($record:ident), $($rest:tt)*
    ) => {
        kinds!(@enum [$($docs)*] $type [$($done)* $(#[doc = $kind_doc])* $variant($record),] $($rest)*);
    };
    (@enum [$($docs:tt)*] $type:ident [$($done:tt)*]
        $(#[doc = $kind_doc:literal])* $variant:ident {
            $(
            $(#[doc = $field_doc:literal])*
            #[ko = $field_ko:literal]
            $(#[slider = $shape:ident $range:tt])?
            $field:ident: $of:ty = $default:expr
        ),* $(,)?
        }, $($rest:tt)*
    ) => {
        kinds!(@enum [$($docs)*] $type [
            $($done)* $(#[doc = $kind_doc])* $variant { $($(#[doc = $field_doc])* $field: $of,)* },
        ] $($rest)*);
    };
    (@show $self:ident, $type:ident, $word:literal, $variant:ident {
        $(
            $(#[doc = $field_doc:literal])*
            #[ko = $field_ko:literal]
            $(#[slider = $shape:ident $range:tt])?
            $field:ident: $of:ty = $default:expr
        ),* $(,)?
    }) => {
        if let $type::$variant { $($field),* } = $self {
            let fields = vec![$($crate::scenario::field::shown(stringify!($field), $field, Some(&$default))),*];
            return Value::Kind($word.to_owned(), fields).into();
        }
    };
    (@show $self:ident, $type:ident, $word:literal, $variant:ident ($record:ident)) => {
        if let $type::$variant(record) = $self {
            return Value::Kind($word.to_owned(), $crate::scenario::field::Record::show_fields(record)).into();
        }
    };
    (@read $fields:expr, $at:ident, $problems:ident, $type:ident, $variant:ident {
        $(
            $(#[doc = $field_doc:literal])*
            #[ko = $field_ko:literal]
            $(#[slider = $shape:ident $range:tt])?
            $field:ident: $of:ty = $default:expr
        ),* $(,)?
    }) => {{
        $crate::scenario::field::refuse_strangers($fields, &[$(stringify!($field)),*], $at, $problems);
        $(
            let mut $field: $of = $default;
            $crate::scenario::field::read_over(&mut $field, $fields, stringify!($field), $at, $problems);
        )*
        $type::$variant { $($field),* }
    }};
    (@read $fields:expr, $at:ident, $problems:ident, $type:ident, $variant:ident ($record:ident)) => {
        $type::$variant(<$record as $crate::scenario::field::Record>::read_fields($fields, $at, $problems))
    };
    (@usual $type:ident, $variant:ident {
        $(
            $(#[doc = $field_doc:literal])*
            #[ko = $field_ko:literal]
            $(#[slider = $shape:ident $range:tt])?
            $field:ident: $of:ty = $default:expr
        ),* $(,)?
    }) => { $type::$variant { $($field: $default),* } };
    (@usual $type:ident, $variant:ident ($record:ident)) => { $type::$variant($record::default()) };
    (@entries { $(
            $(#[doc = $field_doc:literal])*
            #[ko = $field_ko:literal]
            $(#[slider = $shape:ident $range:tt])?
            $field:ident: $of:ty = $default:expr
        ),* $(,)? }) => {{
        const TOLD: &[$crate::scenario::field::Told] = &[$($crate::scenario::field::Told {
            name: stringify!($field),
            docs: $crate::phrase::Docs::new(&[$($field_doc),*], $field_ko),
            slider: $crate::scenario::field::record!(@slider $($shape $range)?),
            label: None,
            needed: false,
            takes: <$of as $crate::scenario::field::Field>::takes,
        }),*];
        let defaults = vec![$($crate::scenario::field::shown::<$of>(stringify!($field), &$default, None)),*];
        $crate::scenario::field::entries(TOLD, defaults)
    }};
    (@entries ($record:ident)) => { <$record as $crate::scenario::field::Record>::entries() };
}
pub(crate) use kinds;

/// Writes down a plain choice: `"word" => Variant`, each with its doc comment. Gives the type `ALL` and `name`.
macro_rules! words {
    (
        $(#[doc = $doc:literal])*
        pub enum $type:ident {
            $($(#[doc = $word_doc:literal])* #[ko = $word_ko:literal] $word:literal => $variant:ident),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[doc = $word_doc])* $variant,)*
        }

        impl $type {
            /// Every choice, in the order of the reference.
            pub const ALL: [$type; [$($word),*].len()] = [$($type::$variant),*];

            /// The choice's name in scenario files.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }
        }

        impl $crate::scenario::field::Field for $type {
            fn show(&self) -> $crate::scenario::node::Node {
                $crate::scenario::node::Value::Text(self.name().to_owned()).into()
            }

            fn read(
                node: &$crate::scenario::node::Node,
                at: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> Option<$type> {
                const KNOWN: &[&str] = &[$($word),*];
                let Some(word) = node.word() else {
                    return $crate::scenario::field::refuse(node, at, problems, $crate::scenario::field::one_of(KNOWN));
                };
                match $type::ALL.into_iter().find(|choice| choice.name() == word) {
                    Some(choice) => Some(choice),
                    None => $crate::scenario::field::refuse_word(node, word, KNOWN, at, problems),
                }
            }

            fn takes() -> $crate::scenario::field::Takes {
                use $crate::phrase::Docs;
                $crate::scenario::field::Takes::Words(vec![$(($word, Docs::new(&[$($word_doc),*], $word_ko))),*])
            }
        }
    };
}
pub(crate) use words;

impl Field for String {
    fn show(&self) -> Node {
        Value::Text(self.clone()).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<String> {
        match node.word() {
            Some(text) => Some(text.to_owned()),
            None => refuse(node, at, problems, TEXT),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Text)
    }
}

impl Field for bool {
    fn show(&self) -> Node {
        Value::Flag(*self).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<bool> {
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Bare(word) if word == "true" => Some(true),
            Value::Bare(word) if word == "false" => Some(false),
            _ => refuse(node, at, problems, FLAG),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Flag)
    }
}

/// A whole number, written as one (`5`, or `5.0` where a file says so).
fn whole(node: &Node) -> Option<i128> {
    match &node.value {
        Value::Whole(number) => Some(*number),
        Value::Bare(word) if word.len() < 30 => word.parse().ok(),
        _ => None,
    }
}

macro_rules! whole_number {
    ($type:ident) => {
        impl Field for $type {
            fn show(&self) -> Node {
                Value::Whole((*self).into()).into()
            }

            fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<$type> {
                match whole(node).and_then(|number| $type::try_from(number).ok()) {
                    Some(number) => Some(number),
                    None => refuse(node, at, problems, WHOLE),
                }
            }

            fn takes() -> Takes {
                Takes::Value(Plain::Whole)
            }
        }
    };
}
whole_number!(u32);
whole_number!(u64);

/// What `50%` or `50 %` is where a share belongs; elsewhere it is no number.
fn share(word: &str, at: &str) -> Option<f64> {
    limits::of(at).filter(|limit| limit.range == limits::Range::Number(0.0, 1.0))?;
    let percent = word.strip_suffix('%')?.trim_end();
    // Shifting the point is exact, which dividing by a hundred is not.
    format!("{percent}e-2").parse().ok()
}

impl Field for f64 {
    fn show(&self) -> Node {
        Value::Real(*self).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<f64> {
        let number = match &node.value {
            Value::Real(number) => Some(*number),
            Value::Whole(number) => Some(*number as f64),
            Value::Bare(word) | Value::Text(word) if word.ends_with('%') => share(word, at),
            Value::Bare(word) => crate::number::read(word),
            _ => None,
        };
        match number.filter(|number| number.is_finite()) {
            Some(number) => Some(number),
            None => refuse(node, at, problems, NUMBER),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Number)
    }
}

impl Field for Nanos {
    fn show(&self) -> Node {
        Value::Text(self.to_string()).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Nanos> {
        match node.word().and_then(|word| word.parse().ok()) {
            Some(time) => Some(time),
            None => refuse(node, at, problems, DURATION),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Duration)
    }
}

/// `"none"`, or a value.
impl<T: Field> Field for Option<T> {
    fn show(&self) -> Node {
        self.as_ref().map_or_else(|| Value::Text("none".to_owned()).into(), Field::show)
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Option<T>> {
        if node.word() == Some("none") {
            return Some(None);
        }
        T::read(node, at, problems).map(Some)
    }

    fn takes() -> Takes {
        Takes::OrNone(Box::new(T::takes()))
    }
}

impl<T: Field> Field for Vec<T> {
    fn show(&self) -> Node {
        Value::List(self.iter().map(Field::show).collect()).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Vec<T>> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Table(fields) if fields.is_empty() => &[],
            _ => return refuse(node, at, problems, Phrase::fixed("a list", "목록")),
        };
        let read = items.iter().enumerate().map(|(i, item)| T::read(item, &join(at, &i.to_string()), problems));
        // Not `Option`'s own collect: that stops at the first that fails, and the others' problems would stay untold.
        let read: Vec<Option<T>> = read.collect();
        read.into_iter().collect()
    }

    fn takes() -> Takes {
        Takes::List(Box::new(T::takes()))
    }
}

/// One row of an empirical distribution: percent and value.
impl Field for (f64, Nanos) {
    fn show(&self) -> Node {
        Value::List(vec![self.0.show(), self.1.show()]).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<(f64, Nanos)> {
        match &node.value {
            Value::List(pair) if pair.len() == 2 => {
                let percent = f64::read(&pair[0], &join(at, "0"), problems);
                let value = Nanos::read(&pair[1], &join(at, "1"), problems);
                percent.zip(value)
            }
            _ => {
                let sentence = Phrase::fixed(
                    "must be a pair of percent and duration, such as [99, \"110ms\"]",
                    "[99, \"110ms\"]처럼 백분율과 시간의 쌍이어야 합니다",
                );
                problems.push(at, node.quote(), node.line, Reason::Because(sentence));
                None
            }
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(Phrase::fixed("a pair of percent and duration", "백분율과 시간의 쌍")))
    }
}
