//! A scenario as a file that explains itself: what differs from the defaults, each with what it means.

use std::fmt::Write as _;

use super::field::{Entry, Record as _, Takes};
use super::{Scenario, text};
use crate::phrase::{Language, Phrase, phrase};

const HEAD: Phrase = Phrase::fixed(
    "Only what differs from the defaults; everything else is as the reference says (docs/scenario.md).",
    "기본값과 다른 항목만 있습니다. 나머지는 레퍼런스(docs/scenario.md)에 적힌 기본값입니다.",
);
/// How wide a comment gets, in characters.
const WIDE: usize = 100;

impl Scenario {
    /// The scenario as [TOML](Scenario::to_toml), each field with its meaning as a comment above it. A field that comes more
    /// than once, such as that of a lane, is explained the first time.
    ///
    /// ```
    /// use cachelane::phrase::Language;
    /// use cachelane::scenario::presets;
    /// let scenario = presets::get("default").unwrap().scenario();
    /// let text = scenario.to_toml_explained(Language::English);
    /// assert!(text.contains("\n# How long an entry lives"), "{text}");
    /// ```
    pub fn to_toml_explained(&self, language: Language) -> String {
        let entries = Scenario::entries();
        let mut told = String::new();
        comment(&mut told, HEAD.say(language));
        let (mut section, mut explained) = (entries.as_slice(), Vec::new());
        let mut name = String::new();
        for line in self.to_toml().lines() {
            if let Some(head) = line.strip_prefix('[') {
                name = head.trim_matches(['[', ']']).to_owned();
                section = entries.iter().find(|entry| entry.name == name).map_or(&[][..], |entry| fields(&entry.takes));
            }
            let field = line.split_once(" = ").and_then(|(field, _)| section.iter().find(|entry| entry.name == field));
            if let Some(entry) = field.filter(|entry| !explained.contains(&(name.clone(), entry.name))) {
                explained.push((name.clone(), entry.name));
                comment(&mut told, &meaning(entry, language));
            }
            let _ = writeln!(told, "{line}"); // writing to a String does not fail
        }
        told
    }
}

/// The fields of a table, or of the tables of a list.
fn fields(takes: &Takes) -> &[Entry] {
    match takes {
        Takes::Table(_, entries) => entries,
        Takes::List(inner) | Takes::OrNone(inner) => fields(inner),
        Takes::Value(_) | Takes::Words(_) | Takes::Kinds(_) => &[],
    }
}

fn meaning(entry: &Entry, language: Language) -> String {
    let docs = entry.docs.say(language);
    let default = entry.default.as_ref().map(text::inline).filter(|default| !default.contains('\n'));
    match default {
        Some(default) => phrase!("{docs} Default: {default}", "{docs} 기본값: {default}").say(language).to_owned(),
        None => docs,
    }
}

/// Writes `text` as lines of comment.
fn comment(told: &mut String, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() > WIDE {
            let _ = writeln!(told, "#{line}");
            line.clear();
        }
        line.push(' ');
        line += word;
    }
    if !line.is_empty() {
        let _ = writeln!(told, "#{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;

    #[test]
    fn an_explained_file_is_the_same_scenario_in_every_language() {
        for preset in presets::all() {
            for language in Language::ALL {
                let text = preset.scenario().to_toml_explained(language);
                assert_eq!(Scenario::from_toml(&text).as_ref(), Ok(preset.scenario()), "{text}");
            }
        }
    }

    #[test]
    fn every_field_of_every_preset_is_explained_once() {
        for preset in &presets::ALL {
            let text = preset.scenario().to_toml_explained(Language::Korean);
            let (mut section, mut seen, mut last) = ("", Vec::new(), "");
            for line in text.lines() {
                if line.starts_with('[') {
                    section = line;
                }
                if let Some((field, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                    let is_first = !seen.contains(&(section, field));
                    seen.push((section, field));
                    let is_explained = last.starts_with('#');
                    assert!(
                        is_explained == is_first || field == "version",
                        "{}: {section} {field}\n{text}",
                        preset.name
                    );
                }
                last = line;
            }
        }
    }
}
