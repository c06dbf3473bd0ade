//! What is wrong with a scenario, a link or a setting: all of it at once, each with its field, its value and the way out.

use std::fmt;

use super::estimate::{Amount, Share};
use super::limits;
use crate::escape::shown;

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

/// Why a value was refused. The page words these in the reader's language; `Display` words them in English.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// A number or duration outside what is possible, or not a number or duration at all: what is allowed.
    NotAllowed(String),
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
    /// reading or two; and what is allowed, or nothing.
    Separator {
        /// As files and links write it.
        readings: Vec<String>,
        /// What is allowed.
        allowed: String,
    },
    /// The field must be given: what belongs there.
    Missing(String),
    /// It may take more memory than there is: how many bytes, and the parts that take the most of it.
    TooMuchMemory {
        /// Of all parts.
        bytes: f64,
        /// The largest first.
        shares: Vec<Share>,
    },
    /// Two values contradict each other, or the text cannot be read: the whole sentence.
    Because(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, what: &str, meant: &Option<String>, known: &[String]| {
            f.write_str(what)?;
            if let Some(meant) = meant {
                write!(f, "; did you mean {meant}?")?;
            } else {
                f.write_str(";")?;
            }
            if known.is_empty() {
                f.write_str(" it takes no fields")
            } else {
                write!(f, " known: {}", known.join(", "))
            }
        };
        match self {
            Reason::NotAllowed(allowed) => write!(f, "is not allowed; give {allowed}"),
            Reason::UnknownField { meant, known } => list(f, "there is no such field", meant, known),
            Reason::UnknownWord { meant, known } => list(f, "there is no such choice", meant, known),
            Reason::Separator { readings, .. } if readings.len() > 1 => {
                write!(f, "can be read as {}; write one of them", readings.join(" or as "))
            }
            Reason::Separator { readings, allowed } => {
                write!(f, "is not allowed; write {} (a point for decimals, nothing for thousands)", readings.concat())?;
                if allowed.is_empty() { Ok(()) } else { write!(f, "; give {allowed}") }
            }
            Reason::Missing(what) => write!(f, "is missing; give {what}"),
            Reason::TooMuchMemory { bytes, shares } => {
                let (bytes, most) = (Amount(*bytes), limits::MEMORY_MAX);
                let shares: Vec<String> = shares.iter().map(Share::to_string).collect();
                let shares = shares.join("; ");
                write!(
                    f,
                    "this may take {bytes} of memory, and at most {most} can be had: {shares}; lower one of these"
                )
            }
            Reason::Because(sentence) => f.write_str(sentence),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        // Both may come from a file or a link, and hold anything.
        let (field, value) = (shown(&self.field), shown(&self.value));
        match (field.is_empty(), value.is_empty()) {
            (true, true) => {}
            (true, false) => write!(f, "{value}: ")?,
            (false, true) => write!(f, "{field}: ")?,
            (false, false) => write!(f, "{field} = {value}: ")?,
        }
        f.write_str(&shown(&self.reason.to_string()))
    }
}

/// Everything that is wrong with a scenario; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioError {
    /// The problems, in the order of the fields.
    pub problems: Vec<Problem>,
}

impl ScenarioError {
    /// An error with one sentence about one field (or, with an empty name, about the whole).
    pub fn because(field: &str, value: &str, sentence: impl Into<String>) -> ScenarioError {
        let mut problems = Problems::default();
        problems.because(field, value, sentence);
        ScenarioError { problems: problems.list }
    }
}

impl fmt::Display for ScenarioError {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

/// The list being made while a scenario is read and checked.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub list: Vec<Problem>,
}

/// More than this many help nobody; the rest are counted.
const LISTED_MAX: usize = 50;

impl Problems {
    pub fn push(&mut self, field: &str, value: impl Into<String>, line: Option<u32>, reason: Reason) {
        let value = shorten(value.into());
        self.list.push(Problem { field: field.to_owned(), value, reason, line });
    }

    pub fn because(&mut self, field: &str, value: impl Into<String>, sentence: impl Into<String>) {
        self.push(field, value, None, Reason::Because(sentence.into()));
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
            self.because("", "", format!("… and {more} more problems"));
        }
        Err(ScenarioError { problems: self.list })
    }
}

/// Long values are cut in messages.
pub(crate) fn shorten(text: String) -> String {
    const LENGTH_MAX: usize = 80;
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The known name that `given` most likely means: few letters changed, or the same but for `-`, `_` and case.
pub(crate) fn did_you_mean(given: &str, known: &[&str]) -> Option<String> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' ', '.'], "");
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
    use super::*;

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
