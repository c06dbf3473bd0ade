//! The reference page: every field of a scenario with its range, its default and its meaning, made from the types.
//!
//! What it says is what the compiler and the checks know: names, docs and defaults come from the types' own definition
//! (`field`), ranges from [`limits`](super::limits). `docs/scenario.md` is this text; a test keeps the two equal.

use std::fmt::Write;

use super::field::{Docs, Entry, Record, Takes};
use super::form::sentence;
use super::node::join;
use super::{Scenario, limits, text};

const PREFACE: &str = "# The scenario, field by field

A scenario is a TOML file, a preset or a link; all three have the fields of this page. Every field has a default, except
where the page says *needed*. What is unknown, impossible or absurdly large is refused with a message; nothing is replaced
in silence. `cachelane reference` prints this page, which is made from the program's own types.

- A **duration** is a number and its unit: `\"250ms\"`, `\"2h\"`, `\"1m30s\"` (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`).
- A **distribution** of durations is a duration (always the same), `{ exponential = \"10ms\" }` (its mean),
  `{ uniform = { min = \"1ms\", max = \"3ms\" } }`, `{ lognormal = { median = \"0.5ms\", p99 = \"3ms\" } }`,
  `{ normal = { mean = \"5ms\", sd = \"1ms\" } }` (never below zero) or
  `{ empirical = [[50, \"27ms\"], [99, \"110ms\"], [100, \"190ms\"]] }` (percent and value, straight lines between).
- A **kind** with options is a table, `{ kind = \"write-back\", every = \"5s\" }`, or just its word, `\"write-back\"`.
- In links and `--set`, a field is its dotted path, lanes and faults counted from 0: `lane.1.write.every=5s`.
";

impl Scenario {
    /// The reference page, as Markdown.
    pub fn reference() -> String {
        let mut page = PREFACE.to_owned();
        let docs: Docs = &[" The experiment as a whole; these stand at the top of the file."];
        section(&mut page, "The experiment", "", docs, &Scenario::entries());
        page
    }
}

/// A heading, what it is about, and a row for each field; the tables inside follow as sections of their own.
fn section(page: &mut String, head: &str, path: &str, docs: Docs, entries: &[Entry]) {
    let _ = writeln!(page, "\n## {head}\n\n{}\n", sentence(docs));
    rows(page, path, entries.iter().filter(|entry| !is_section(&entry.takes)));
    options(page, path, entries);
    for entry in entries {
        match &entry.takes {
            Takes::Table(docs, inner) => {
                let path = join(path, entry.name);
                section(page, &format!("`[{path}]`"), &path, docs, inner);
            }
            Takes::List(of) => {
                if let Takes::Table(docs, inner) = &**of {
                    // Any number stands for all: every item has the same limits.
                    section(page, &format!("`[[{}]]`", entry.name), &format!("{}.0", entry.name), docs, inner);
                }
            }
            _ => {}
        }
    }
}

fn is_section(takes: &Takes) -> bool {
    match takes {
        Takes::Table(..) => true,
        Takes::List(of) => is_section(of),
        _ => false,
    }
}

fn rows<'a>(page: &mut String, path: &str, entries: impl Iterator<Item = &'a Entry>) {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return;
    }
    page.push_str("| field | takes | default | |\n|---|---|---|---|\n");
    for entry in entries {
        let default = entry.default.as_ref().map_or("*needed*".to_owned(), |node| format!("`{}`", text::inline(node)));
        let takes = allowed(&entry.takes, &join(path, entry.name));
        let _ = writeln!(page, "| `{}` | {takes} | {} | {} |", entry.name, cell(&default), cell(&sentence(entry.docs)));
    }
}

/// The options of each kind that a field may be.
fn options(page: &mut String, path: &str, entries: &[Entry]) {
    for entry in entries {
        let mut takes = &entry.takes;
        while let Takes::OrNone(inner) | Takes::List(inner) = takes {
            takes = inner;
        }
        let at = join(path, entry.name);
        match takes {
            Takes::Kinds(kinds) => {
                for (word, docs, fields) in kinds {
                    let _ = writeln!(page, "\n### `{} = \"{word}\"`\n\n{}\n", shown(&at), sentence(docs));
                    rows(page, &at, fields.iter());
                    options(page, &at, fields);
                }
            }
            Takes::Table(docs, fields) if !is_section(&entry.takes) => {
                let _ = writeln!(page, "\n### `{} = {{ … }}`\n\n{}\n", shown(&at), sentence(docs));
                rows(page, &at, fields.iter());
                options(page, &at, fields);
            }
            _ => {}
        }
    }
}

/// A path as headings show it: `lane.write`, not `lane.0.write`.
fn shown(path: &str) -> String {
    path.replace(".0.", ".")
}

/// What may stand in the field at `path`.
fn allowed(takes: &Takes, path: &str) -> String {
    let words = |words: &mut dyn Iterator<Item = (&str, Docs)>| {
        let told: Vec<String> = words.map(|(word, docs)| format!("`{word}`: {}", sentence(docs))).collect();
        cell(&told.join("<br>"))
    };
    match takes {
        Takes::Value(what) => match limits::of(path) {
            None => cell(what),
            // The range says itself what it is a range of.
            Some(limit) if PLAIN.contains(what) => limit.to_string(),
            Some(limit) => format!("{}; {limit}", cell(what)),
        },
        Takes::Words(list) => words(&mut list.iter().map(|(word, docs)| (*word, *docs))),
        Takes::Kinds(list) => words(&mut list.iter().map(|(word, docs, _)| (*word, *docs))),
        Takes::Table(..) => "a table, see below".to_owned(),
        Takes::List(of) => format!("a list of: {}", allowed(of, path)),
        Takes::OrNone(of) => {
            let told = allowed(of, path);
            if told.contains("or \"none\"") { told } else { format!("{told}, or \"none\"") }
        }
    }
}

const PLAIN: &[&str] = &["a number", "a whole number", "a duration"];

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::field::Field;
    use super::super::node::{Node, Value};
    use super::*;

    /// The last names of every field that a scenario shows.
    fn names(node: &Node, known: &mut Vec<String>) {
        match &node.value {
            Value::Table(fields) | Value::Kind(_, fields) => {
                for (name, inner) in fields {
                    known.push(name.clone());
                    names(inner, known);
                }
            }
            Value::List(items) => items.iter().for_each(|item| names(item, known)),
            _ => {}
        }
    }

    #[test]
    fn every_field_of_the_default_scenario_is_in_the_reference() {
        let mut known = Vec::new();
        names(&Scenario::default().show(), &mut known);
        let page = Scenario::reference();
        for name in known {
            let told = page.contains(&format!("| `{name}` |")) || page.contains(&format!("[{name}]"));
            assert!(told || page.contains(&format!(".{name}]")), "{name} is missing");
        }
    }

    #[test]
    fn every_limit_is_told_somewhere() {
        let page = Scenario::reference();
        for (path, limit) in limits::all() {
            let limit = limit.to_string().replace(", or \"none\"", "");
            assert!(page.contains(&limit), "{path}: {limit}");
        }
    }
}
