//! `docs/report.md` says of every figure of a report what it is, in the words of the types themselves.
//!
//! To change it, change the comments in `src/base/report.rs` and run `REWRITE_REPORT=1 cargo test report_reference`.

use std::fmt::Write as _;
use std::path::PathBuf;

const SOURCES: [&str; 3] = [
    include_str!("../src/base/report.rs"),
    include_str!("../src/base/report/cost.rs"),
    include_str!("../src/base/report/effect.rs"),
];

const HEAD: &str = "# The report's figures

What `cachelane run` and `cachelane compare` print as JSON, and as CSV with the same names joined by dots. Made from the
comments in `src/base/report.rs`; a test holds the two together.

";

/// The comment that the lines before a declaration make, and whether an attribute says that the names are enough.
#[derive(Default)]
struct Before {
    said: Vec<String>,
}

impl Before {
    fn hear(&mut self, line: &str) {
        match line.strip_prefix("///") {
            Some(text) => self.said.push(text.trim().to_owned()),
            None if line.starts_with("#[") => {}
            None => self.said.clear(),
        }
    }

    /// As Markdown; links to items lose their link.
    fn text(&mut self) -> String {
        let joined = std::mem::take(&mut self.said).join(" ").replace("  ", "\n\n");
        let plain = joined.replace("(super::Point)", "").replace("[`LaneReport::ever_lost`]", "`ever_lost`");
        plain.replace("[`", "`").replace("`]", "`").trim().to_owned()
    }
}

/// A struct: what it is, and its fields, each with what it is, if that is said.
#[derive(Default)]
struct Section {
    name: String,
    text: String,
    fields: Vec<(String, String)>,
}

impl Section {
    fn write(&self, page: &mut String) {
        let _ = write!(page, "## {}\n\n{}\n\n", self.name, self.text);
        let (said, named): (Vec<_>, Vec<_>) = self.fields.iter().partition(|(_, text)| !text.is_empty());
        if !named.is_empty() {
            let names: Vec<String> = named.iter().map(|(name, _)| format!("`{name}`")).collect();
            let _ = write!(page, "{}\n\n", names.join(", "));
        }
        if !said.is_empty() {
            page.push_str("| field | what it is |\n|---|---|\n");
            said.iter().for_each(|(name, text)| _ = writeln!(page, "| `{name}` | {} |", text.replace('|', "\\|")));
            page.push('\n');
        }
    }
}

/// The structs of a source with their fields.
fn sections(source: &str) -> Vec<Section> {
    let (mut before, mut inside, mut sections) = (Before::default(), false, Vec::<Section>::new());
    for line in source
        .lines()
        .take_while(|line| !(line.starts_with("#[cfg(test)]") || line.starts_with("mod ") && line.ends_with('{')))
    {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split([' ', '<', ';']).next().unwrap_or(rest).to_owned();
            sections.push(Section { name, text: before.text(), fields: Vec::new() });
            inside = true;
        } else if let (true, Some((name, _))) =
            (inside, line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")))
        {
            let section = sections.last_mut().expect("inside a struct");
            section.fields.push((name.to_owned(), before.text()));
        } else if line == "}" {
            inside = false;
        }
        before.hear(line);
    }
    sections
}

#[test]
fn the_reference_of_the_reports_figures_says_what_the_types_say() {
    let mut page = HEAD.to_owned();
    SOURCES.iter().flat_map(|source| sections(source)).for_each(|section| section.write(&mut page));
    let page = page.trim_end().to_owned() + "\n";
    for name in ["LaneReport", "DatabaseReport", "CacheReport", "Cost"] {
        assert!(page.contains(&format!("## {name}")), "the page has nothing of {name}");
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/report.md");
    if std::env::var_os("REWRITE_REPORT").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/report.md is not what the types say; REWRITE_REPORT=1 writes it again");
}
