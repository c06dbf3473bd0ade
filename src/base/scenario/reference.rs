//! The reference page: every field of a scenario with its range, its default and its meaning, made from the types.
//!
//! What it says is what the compiler and the checks know: names, docs and defaults come from the types' own definition
//! (`field`), ranges from [`limits`]. `docs/scenario.md` is this text; a test keeps the two equal.

use std::fmt::Write;

use super::field::{Entry, Plain, Record, Takes};
use super::node::join;
use super::{Scenario, limits, text};
use crate::phrase::{Docs, Language};

const PREFACE: &str = "# The scenario, field by field

A scenario is a TOML file, a preset or a link; all three have the fields of this page. Every field has a default, except
where the page says *needed*. What is unknown, impossible or absurdly large is refused with a message; nothing is replaced
in silence. `cachelane reference` prints this page, which is made from the program's own types.

Where a default is that of a product or a published figure, its meaning says of which. All others are assumptions: put your own
figures in their place.

- A file may begin with `version = 2`; without it, it is of the current version. One of version 1 gets the defaults of its day, as
  a link `#v1` does, which also has the presets of its day.
- A **duration** is a number and its unit: `\"250ms\"`, `\"2h\"`, `\"1.5min\"` (`ns`, `us`, `ms`, `s`, `min`, `h`, `d`), or several of
  them, the largest first: `\"1min30s\"`. A **share**, a number from 0 to 1, may be a percentage: `\"50%\"`.
- A **distribution** of durations is a duration (always the same), `{ exponential = \"10ms\" }` (its mean),
  `{ uniform = { min = \"1ms\", max = \"3ms\" } }`, `{ lognormal = { median = \"0.5ms\", p99 = \"3ms\" } }`,
  `{ normal = { mean = \"5ms\", sd = \"1ms\" } }` (never below zero) or
  `{ empirical = [[50, \"27ms\"], [99, \"110ms\"], [100, \"190ms\"]] }` (percent and value, straight lines between).
- A **size** is a number and its unit: `\"64MiB\"`, `\"1.5kB\"`; by thousands (`B`, `kB`, `MB`, `GB`, `TB`) or by 1,024 (`KiB`, `MiB`,
  `GiB`, `TiB`). A distribution of sizes is a size (always the same), `{ exponential = \"1KiB\" }` (its mean),
  `{ uniform = { min = \"100B\", max = \"10kB\" } }` or `{ lognormal = { median = \"200B\", p99 = \"8KiB\" } }`.
- A range holds for each duration or size inside a value; where a part of it has another, the part is named:
  `mixed.0.1` is the second item in the first of `mixed`'s pairs, and means that of every pair.
- A **kind** with options is a table, `{ kind = \"write-back\", every = \"5s\" }`, or just its word, `\"write-back\"`.
- In links and `--set`, a field is its dotted path, lanes and faults counted from 0: `lane.1.write.every=5s`.
";

impl Scenario {
    /// The reference page, as Markdown.
    pub fn reference() -> String {
        let mut page = PREFACE.to_owned();
        let docs = Docs::new(
            &["The experiment as a whole; these stand at the top of the file."],
            "실험 전체에 관한 항목으로, 파일의 맨 위에 적습니다.",
        );
        section(&mut page, "The experiment", "", docs, &Scenario::entries());
        page
    }
}

/// A heading, what it is about, and a row for each field; the tables inside follow as sections of their own.
fn section(page: &mut String, head: &str, path: &str, docs: Docs, entries: &[Entry]) {
    let _ = writeln!(page, "\n## {head}\n\n{}\n", sentence(docs));
    rows(page, path, entries.iter().filter(|entry| !is_section(&entry.takes)));
    options(page, path, entries.iter().filter(|entry| !is_section(&entry.takes)));
    for entry in entries {
        match &entry.takes {
            Takes::Table(docs, inner) => {
                let path = join(path, entry.name);
                section(page, &format!("`[{path}]`"), &path, *docs, inner);
            }
            Takes::List(of) => {
                if let Takes::Table(docs, inner) = &**of {
                    // Any number stands for all: every item has the same limits.
                    section(page, &format!("`[[{}]]`", entry.name), &format!("{}.0", entry.name), *docs, inner);
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

/// The options of each kind that a field may be, and the fields of each table.
fn options<'a>(page: &mut String, path: &str, entries: impl Iterator<Item = &'a Entry>) {
    for entry in entries {
        let (mut takes, mut at, mut table) = (&entry.takes, join(path, entry.name), "{ … }");
        let head = shown(&at);
        loop {
            takes = match takes {
                Takes::OrNone(inner) => inner,
                Takes::List(inner) => {
                    // Any number stands for all, as above.
                    (at, table) = (join(&at, "0"), "[{ … }]");
                    inner
                }
                _ => break,
            };
        }
        let mut part = |head: &str, docs: Docs, fields: &[Entry]| {
            let _ = writeln!(page, "\n### `{head}`\n\n{}\n", sentence(docs));
            rows(page, &at, fields.iter());
            options(page, &at, fields.iter());
        };
        match takes {
            Takes::Kinds(kinds) => {
                kinds.iter().for_each(|(word, docs, fields)| part(&format!("{head} = \"{word}\""), *docs, fields));
            }
            Takes::Table(docs, fields) => part(&format!("{head} = {table}"), *docs, fields),
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
        Takes::Value(what) => {
            let mut told = match (limits::of(path), what) {
                (None, _) => cell(&what.phrase().to_string()),
                // The range says itself what it is a range of.
                (Some(limit), Plain::Number | Plain::Whole | Plain::Duration) => limit.to_string(),
                (Some(limit), _) => format!("{}; {limit}", cell(&what.phrase().to_string())),
            };
            for (part, limit) in limits::inside(path) {
                let _ = write!(told, "; `{part}`: {limit}");
            }
            told
        }
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

fn sentence(docs: Docs) -> String {
    docs.say(Language::English)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Nanos;

    /// What the page says, as a reader finds it: under each heading, the rows by field.
    struct Page(Vec<(String, Vec<Vec<String>>)>);

    impl Page {
        fn read(page: &str) -> Page {
            let mut parts: Vec<(String, Vec<Vec<String>>)> = Vec::new();
            for line in page.lines() {
                if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
                    parts.push((heading.to_owned(), Vec::new()));
                } else if let (Some(row), Some((_, rows))) = (line.strip_prefix("| `"), parts.last_mut()) {
                    rows.push(row.trim_end_matches(" |").split(" | ").map(str::to_owned).collect());
                }
            }
            Page(parts)
        }

        /// What stands in the field's row: what it takes, its default, its meaning.
        fn row(&self, heading: &str, field: &str) -> [&str; 3] {
            let rows = self.0.iter().find(|(known, _)| known == heading).map(|(_, rows)| rows);
            let rows = rows.unwrap_or_else(|| panic!("there is no heading {heading}"));
            let row = rows.iter().find(|row| row[0] == format!("{field}`"));
            let row = row.unwrap_or_else(|| panic!("{field} is missing under {heading}"));
            [&row[1], &row[2], &row[3]]
        }
    }

    /// Whether values have neither a unit nor a range, or say it themselves.
    fn is_rangeless(what: &Plain) -> bool {
        match what {
            Plain::Text | Plain::Flag | Plain::OfSection => true,
            Plain::Other(words) => *words == super::super::fault::WHICH,
            Plain::Whole | Plain::Number | Plain::Duration | Plain::Distribution | Plain::Ttl => false,
        }
    }

    /// Walks the types and looks for each field's row; notes the limits met on the way.
    struct Walk {
        page: Page,
        limits: Vec<String>,
        fields: usize,
    }

    impl Walk {
        fn fields(&mut self, heading: &str, path: &str, entries: &[Entry]) {
            for entry in entries {
                let at = join(path, entry.name);
                let is_section = path.is_empty();
                self.field(heading, &at, entry, is_section);
            }
        }

        fn field(&mut self, heading: &str, at: &str, entry: &Entry, in_section: bool) {
            match (&entry.takes, in_section) {
                // A section of its own needs no row.
                (Takes::Table(_, inner), _) => return self.fields(&format!("`[{at}]`"), at, inner),
                (Takes::List(of), true) if matches!(**of, Takes::Table(..)) => {
                    let Takes::Table(_, inner) = &**of else { unreachable!("it matched") };
                    return self.fields(&format!("`[[{}]]`", entry.name), &format!("{at}.0"), inner);
                }
                _ => {}
            }
            let row = self.page.row(heading, entry.name).map(str::to_owned);
            let [takes, default, meaning] = &row;
            self.fields += 1;
            let wanted =
                entry.default.as_ref().map_or("*needed*".to_owned(), |node| format!("`{}`", text::inline(node)));
            assert_eq!(*default, wanted, "{at}: its default");
            assert!(meaning.len() > 10, "{at}: what it means");
            self.takes(takes, at, &entry.takes);
        }

        fn takes(&mut self, told: &str, at: &str, takes: &Takes) {
            let has_word = |word: &str| told.contains(&format!("`{word}`: "));
            match takes {
                Takes::OrNone(of) => {
                    assert!(told.contains("\"none\""), "{at} may be none: {told}");
                    self.takes(told, at, of);
                }
                Takes::Words(words) => assert!(words.iter().all(|(word, _)| has_word(word)), "{at}: {told}"),
                Takes::Kinds(kinds) => {
                    assert!(kinds.iter().all(|(word, ..)| has_word(word)), "{at}: {told}");
                    for (word, _, inner) in kinds {
                        self.fields(&format!("`{} = \"{word}\"`", at.replace(".0.", ".")), at, inner);
                    }
                }
                Takes::Table(_, inner) => self.fields(&format!("`{} = {{ … }}`", at.replace(".0.", ".")), at, inner),
                Takes::List(of) => match &**of {
                    Takes::Table(_, inner) => {
                        self.fields(&format!("`{} = [{{ … }}]`", at.replace(".0.", ".")), &format!("{at}.0"), inner);
                    }
                    _ => self.takes(told, at, of),
                },
                Takes::Value(what) => self.value(told, at, what),
            }
        }

        fn value(&mut self, told: &str, at: &str, what: &Plain) {
            let inside = limits::inside(at);
            assert!(
                limits::of(at).is_some() || !inside.is_empty() || is_rangeless(what),
                "{at} takes {}, and nothing says its range",
                what.phrase()
            );
            for (path, limit) in limits::of(at).map(|limit| (String::new(), limit)).into_iter().chain(inside) {
                assert!(told.contains(&limit.to_string()), "{at}: {path} {limit} is not told: {told}");
                assert!(told.contains(&path), "{at}: {path} is not named: {told}");
                self.limits.push(join(at, &path).trim_end_matches('.').to_owned());
            }
        }
    }

    #[test]
    fn durations_that_the_page_shows_can_be_read() {
        let line = PREFACE.lines().find(|line| line.contains("**duration**")).unwrap();
        let quoted: Vec<&str> = line.split('`').filter(|word| word.starts_with('"')).collect();
        assert!(quoted.len() >= 3);
        for text in quoted {
            assert!(text.trim_matches('"').parse::<Nanos>().is_ok(), "{text}");
        }
        let units = line.split('`').filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic));
        let units: Vec<&str> = units.collect();
        assert!(units.len() >= 7, "{units:?}");
        for unit in units {
            assert!(format!("2{unit}").parse::<Nanos>().is_ok(), "{unit}");
        }
    }

    #[test]
    fn every_field_of_every_type_has_its_row_with_a_range_and_a_default() {
        let page = Page::read(&Scenario::reference());
        let mut walk = Walk { page, limits: Vec::new(), fields: 0 };
        walk.fields("The experiment", "", &Scenario::entries());
        assert!(walk.fields > 100, "{} fields", walk.fields);
        for (path, _) in limits::all() {
            let path = path.replace('*', "0");
            assert!(walk.limits.contains(&path), "no field has the limit of {path}");
        }
    }

    #[test]
    fn the_shapes_of_distributions_and_the_units_of_sizes_are_explained() {
        let shapes = super::super::distribution::NAMES.iter().chain(super::super::size::NAMES);
        for shape in shapes {
            assert!(PREFACE.contains(&format!("{{ {shape} = ")), "{shape}");
        }
        for (unit, _) in crate::bytes::UNITS {
            assert!(PREFACE.contains(&format!("`{unit}`")), "{unit}");
        }
    }
}
