//! What is wrong with a scenario, a link or a setting: all of it at once, each with its field, its value and the way out.

use std::fmt;

use super::estimate::{Amount, Share};
use super::limits;
use crate::escape::shown;
use crate::phrase::{Language, Phrase, phrase};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where: a dotted path such as `lane.1.write.every` (lanes and faults are numbered from 0), the same notation
    /// that links and `--set` use; empty when it is about the whole text.
    pub field: String,
    /// What was given there, as it was written; empty when nothing was.
    pub value: String,
    /// Why that will not do, and what would.
    pub reason: Reason,
    /// The line of the file, counted from 1, where there is a file.
    pub line: Option<u32>,
}

/// Why a value was refused, in every language of the scenario's texts.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// A number or duration outside what is possible, or not a number or duration at all: what is allowed.
    NotAllowed(Phrase),
    /// There is no such field: the likeliest that was meant, and all there are.
    UnknownField {
        /// The likeliest that was meant.
        meant: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// The word is none of those that may stand here.
    UnknownWord {
        /// The likeliest that was meant.
        meant: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A number with a separator that files and links do not know, such as a decimal comma: what it may have meant, one
    /// reading or two; and what is allowed, if that is known.
    Separator {
        /// As files and links write it.
        readings: Vec<String>,
        /// What is allowed.
        allowed: Option<Phrase>,
    },
    /// The field must be given: what belongs there.
    Missing(Phrase),
    /// It may take more memory than there is: how many bytes, and the parts that take the most of it.
    TooMuchMemory {
        /// Of all parts.
        bytes: f64,
        /// The largest first.
        shares: Vec<Share>,
    },
    /// Two values contradict each other, or the text cannot be read: the whole sentence.
    Because(Phrase),
}

impl Reason {
    /// The reason in that language.
    pub fn say(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Korean => self.korean(),
        }
    }

    fn english(&self) -> String {
        let list = |what: &str, meant: &Option<String>, known: &[String]| {
            let meant = meant.as_ref().map_or(";".to_owned(), |meant| format!("; did you mean {meant}?"));
            let known = known.join(", ");
            if known.is_empty() {
                format!("{what}{meant} it takes no fields")
            } else {
                format!("{what}{meant} known: {known}")
            }
        };
        match self {
            Reason::NotAllowed(allowed) => format!("must be {allowed}"),
            Reason::UnknownField { meant, known } => list("there is no such field", meant, known),
            Reason::UnknownWord { meant, known } => list("there is no such choice", meant, known),
            Reason::Separator { readings, .. } if readings.len() > 1 => {
                format!("can be read as {}; write one of them", readings.join(" or as "))
            }
            Reason::Separator { readings, allowed } => {
                let allowed = allowed.as_ref().map_or(String::new(), |allowed| format!("; must be {allowed}"));
                format!("write {} (a point for decimals, nothing for thousands){allowed}", readings.concat())
            }
            Reason::Missing(what) => format!("is missing; give {what}"),
            Reason::TooMuchMemory { bytes, shares } => format!(
                "may take {} of memory, and at most {} is available: {}; lower one of these",
                Amount(*bytes),
                limits::MEMORY_MAX,
                told(shares, Language::English)
            ),
            Reason::Because(sentence) => sentence.to_string(),
        }
    }

    fn korean(&self) -> String {
        let list = |what: &str, meant: &Option<String>, known: &[String]| {
            let meant = meant.as_ref().map_or(String::new(), |meant| format!(" 혹시 {meant}인가요?"));
            let known = known.join(", ");
            if known.is_empty() {
                format!("{what}{meant} 이 선택지에는 항목이 없습니다.")
            } else {
                format!("{what}{meant} 가능한 값: {known}")
            }
        };
        match self {
            Reason::NotAllowed(allowed) => {
                format!("사용할 수 없는 값입니다. 허용되는 값: {}", allowed.say(Language::Korean))
            }
            Reason::UnknownField { meant, known } => list("그런 항목은 없습니다.", meant, known),
            Reason::UnknownWord { meant, known } => list("그런 선택지는 없습니다.", meant, known),
            Reason::Separator { readings, .. } if readings.len() > 1 => {
                format!("{} 둘 다로 읽힐 수 있습니다. 그중 하나로 적어 주세요.", readings.join(", "))
            }
            Reason::Separator { readings, allowed } => {
                let allowed = allowed.as_ref().map_or("", |allowed| allowed.say(Language::Korean));
                let allowed = if allowed.is_empty() { String::new() } else { format!(" 허용되는 값: {allowed}") };
                format!("{}처럼 소수점은 마침표로, 천 단위 구분 없이 적어 주세요.{allowed}", readings.concat())
            }
            Reason::Missing(what) => format!("값이 필요합니다: {}", what.say(Language::Korean)),
            Reason::TooMuchMemory { bytes, shares } => format!(
                "메모리가 최대 {}까지 필요할 수 있어 한도 {}를 넘습니다: {}. 이 중 하나를 줄여 주세요.",
                Amount(*bytes),
                limits::MEMORY_MAX,
                told(shares, Language::Korean)
            ),
            Reason::Because(sentence) => sentence.say(Language::Korean).to_owned(),
        }
    }
}

fn told(shares: &[Share], language: Language) -> String {
    shares.iter().map(|share| share.say(language)).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Reason {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

impl Problem {
    /// The problem in each language, as [`Problem::say`] says it.
    pub fn phrase(&self) -> Phrase {
        Phrase::each(|language| self.say(language))
    }

    /// The problem in that language, with its line, its field and its value.
    pub fn say(&self, language: Language) -> String {
        let line = match (self.line, language) {
            (None, _) => String::new(),
            (Some(line), Language::English) => format!("line {line}: "),
            (Some(line), Language::Korean) => format!("{line}행: "),
        };
        // Both may come from a file or a link, and hold anything.
        let (field, value) = (shown(&self.field), shown(&self.value));
        let place = match (field.is_empty(), value.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!("{value}: "),
            (false, true) => format!("{field}: "),
            (false, false) => format!("{field} = {value}: "),
        };
        format!("{line}{place}{}", shown(&self.reason.say(language)))
    }
}

impl fmt::Display for Problem {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

/// Everything that is wrong with a scenario; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioError {
    /// The problems, in the order of the fields.
    pub problems: Vec<Problem>,
}

impl ScenarioError {
    /// All problems in each language, one a line.
    pub fn phrase(&self) -> Phrase {
        Phrase::each(|language| self.say(language))
    }

    /// All problems in that language, one a line.
    pub fn say(&self, language: Language) -> String {
        self.problems.iter().map(|problem| problem.say(language)).collect::<Vec<_>>().join("\n")
    }

    /// An error with one sentence about one field (or, with an empty name, about the whole).
    pub fn because(field: &str, value: &str, sentence: Phrase) -> ScenarioError {
        let mut problems = Problems::default();
        problems.because(field, value, sentence);
        ScenarioError { problems: problems.list }
    }
}

impl fmt::Display for ScenarioError {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

impl std::error::Error for ScenarioError {}

/// The list being made while a scenario is read and checked.
#[derive(Debug, Default)]
pub struct Problems {
    pub list: Vec<Problem>,
}

/// More than this many help nobody; the rest are counted.
const LISTED_MAX: usize = 50;

impl Problems {
    pub fn push(&mut self, field: &str, value: impl Into<String>, line: Option<u32>, reason: Reason) {
        let value = shorten(value.into());
        self.list.push(Problem { field: field.to_owned(), value, reason, line });
    }

    pub fn because(&mut self, field: &str, value: impl Into<String>, sentence: Phrase) {
        self.push(field, value, None, Reason::Because(sentence));
    }

    /// Whether `field` or something inside it has a problem already.
    pub fn about(&self, field: &str) -> bool {
        let inside = |path: &str| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.list.iter().any(|problem| inside(&problem.field))
    }

    pub fn finish<T>(mut self, value: T) -> Result<T, ScenarioError> {
        if self.list.is_empty() {
            return Ok(value);
        }
        if self.list.len() > LISTED_MAX {
            let more = self.list.len() - LISTED_MAX;
            self.list.truncate(LISTED_MAX);
            self.because("", "", phrase!("… and {more} more problems", "… 그 밖에 문제 {more}개"));
        }
        Err(ScenarioError { problems: self.list })
    }
}

/// Long values are cut in messages.
pub fn shorten(text: String) -> String {
    const LENGTH_MAX: usize = 80;
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The known name that `given` most likely means: few letters changed, or the same but for `-`, `_` and case.
pub fn did_you_mean(given: &str, known: &[&str]) -> Option<String> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' ', '.'], "");
    if given.chars().count() > 60 {
        return None;
    }
    let wanted = plain(given);
    let near = known.iter().map(|name| (distance(&wanted, &plain(name)), name)).min_by_key(|(d, _)| *d)?;
    let allowed = (wanted.chars().count() / 3).clamp(1, 3);
    (near.0 <= allowed && near.0 < near.1.len()).then(|| (*near.1).to_owned())
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::{Keys, Near, Scenario, link, presets};
    use super::*;

    /// Every message of the table of bad input has a Korean twin of its own.
    #[test]
    fn every_bad_input_is_told_in_korean() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/data/bad_input.json")).unwrap();
        let errors = |part: &str, input: &str, read: fn(&str) -> Option<ScenarioError>| {
            let rows = table[part].as_array().unwrap().iter();
            rows.filter_map(|row| read(row[input].as_str().unwrap())).collect::<Vec<_>>()
        };
        let files = errors("scenarios", "toml", |text| Scenario::from_toml(text).err());
        let links = errors("links", "link", |text| link::decode(text).err());
        let problems: Vec<Problem> = files.into_iter().chain(links).flat_map(|error| error.problems).collect();
        assert!(problems.len() > 150, "{}", problems.len());
        for problem in problems {
            let (english, korean) = (problem.reason.to_string(), problem.reason.say(Language::Korean));
            assert!(korean.contains(is_korean) && !english.contains(is_korean), "{english}: {korean}");
        }
    }

    fn is_korean(c: char) -> bool {
        ('가'..='힣').contains(&c)
    }

    #[test]
    fn a_world_that_is_too_large_is_refused_in_korean() {
        let mut scenario = presets::get("default").expect("a preset").scenario().clone();
        (scenario.cache.shards, scenario.app.servers) = (64, 64);
        scenario.app.near = Some(Near::default());
        scenario.clients.keys = Keys::Uniform { count: 10_000_000 };
        let told = scenario.check().expect_err("it is too large").say(Language::Korean);
        assert!(told.contains("로컬 캐시 ") && told.contains("레인 5개"), "{told}");
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_a_stranger_is_not() {
        let known = ["capacity", "eviction", "ttl", "command"];
        assert_eq!(did_you_mean("capcity", &known).as_deref(), Some("capacity"));
        assert_eq!(did_you_mean("tll", &known).as_deref(), Some("ttl"));
        assert_eq!(did_you_mean("Eviction", &known).as_deref(), Some("eviction"));
        assert_eq!(did_you_mean("write_back", &["write-back", "write-around"]).as_deref(), Some("write-back"));
        assert_eq!(did_you_mean("colour", &known), None);
        assert_eq!(did_you_mean("", &known), None);
    }
}
