//! TOML files: read into nodes with their lines, and written so that people like to read them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::field::Field;
use super::node::{Fields, Node, Value};
use super::problem::{Problems, Reason, ScenarioError};
use super::{Scenario, check, versions};
use crate::escape;
use crate::phrase::{Phrase, phrase};

/// The most bytes of a scenario file.
pub const LENGTH_MAX: usize = 1 << 20;

/// The tree of a TOML text.
pub fn parse(text: &str) -> Result<Node, ScenarioError> {
    if text.len() > LENGTH_MAX {
        let length = text.len();
        let sentence = phrase!(
            "the file has {length} bytes, and a scenario at most {LENGTH_MAX}",
            "파일이 {length}바이트입니다. 시나리오는 최대 {LENGTH_MAX}바이트입니다"
        );
        return Err(ScenarioError::because("", "", sentence));
    }
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(Node::from(Value::Table(lines.fields(table.get_ref())))),
        Err(error) => {
            let why = error.message().replace('\n', ", ");
            let mut refusal =
                ScenarioError::because("", "", phrase!("this is not TOML: {why}", "TOML 형식이 아닙니다: {why}"));
            refusal.problems[0].line = error.span().map(|span| lines.line(span.start));
            Err(refusal)
        }
    }
}

/// Where each line of a text begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The number of the line with byte `at`, counted from 1.
    fn line(&self, at: usize) -> u32 {
        self.0.partition_point(|start| *start <= at) as u32
    }

    fn fields(&self, table: &DeTable<'_>) -> Fields {
        table.iter().map(|(key, value)| (key.get_ref().to_string(), self.node(value))).collect()
    }

    fn node(&self, spanned: &Spanned<DeValue<'_>>) -> Node {
        let value = match spanned.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                i128::from_str_radix(&digits, integer.radix()).map_or_else(|_| Value::Real(f64::INFINITY), Value::Whole)
            }
            DeValue::Float(float) => Value::Real(float.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(moment) => Value::Bare(moment.to_string()),
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Value::Table(self.fields(table)),
        };
        Node { value, line: Some(self.line(spanned.span().start)), is_default: false }
    }
}

/// The text of a scenario's tree: plain values, then a section per part, then the lanes and faults.
/// What is marked as a default is left out.
pub fn print(root: &Node) -> String {
    let mut text = String::new();
    let fields = root.fields().map_or(&[][..], Vec::as_slice);
    let told = || fields.iter().filter(|(_, node)| !node.is_default);
    for (name, node) in told() {
        if !matches!(node.value, Value::Table(_) | Value::List(_)) {
            text += &format!("{name} = {}\n", inline(node));
        }
    }
    for (name, node) in told() {
        match &node.value {
            Value::Table(fields) => section(&mut text, &format!("[{name}]"), fields),
            Value::List(items) => {
                for fields in items.iter().filter_map(Node::fields) {
                    section(&mut text, &format!("[[{name}]]"), fields);
                }
            }
            _ => {}
        }
    }
    text
}

fn section(text: &mut String, head: &str, fields: &Fields) {
    if !text.is_empty() {
        text.push('\n');
    }
    *text += head;
    text.push('\n');
    for (name, node) in fields.iter().filter(|(_, node)| !node.is_default) {
        *text += &format!("{name} = {}\n", inline(node));
    }
}

/// A value on one line, as TOML writes it; what is marked as a default is left out of tables.
pub fn inline(node: &Node) -> String {
    let list = |fields: &Fields| {
        let told = fields.iter().filter(|(_, node)| !node.is_default);
        told.map(|(name, node)| format!("{name} = {}", inline(node))).collect::<Vec<_>>().join(", ")
    };
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Bare(word) => word.clone(),
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(fields) => match list(fields) {
            told if told.is_empty() => "{}".to_owned(),
            told => format!("{{ {told} }}"),
        },
        Value::Kind(word, fields) => match list(fields) {
            told if told.is_empty() => quoted(word),
            told => format!("{{ kind = {}, {told} }}", quoted(word)),
        },
        Value::Named(word, inner) => format!("{{ {word} = {} }}", inline(inner)),
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if escape::is_unsafe(c) && (c as u32) > 0xffff => quoted += &format!("\\U{:08x}", c as u32),
            c if escape::is_unsafe(c) => quoted += &format!("\\u{:04x}", c as u32),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

impl Scenario {
    /// The scenario in a TOML text, checked; every problem it has is told at once, with its line.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let scenario = Scenario::from_toml("seed = 7\n[cache]\nttl = \"5s\"").unwrap();
    /// assert_eq!(scenario.seed, 7);
    /// let error = Scenario::from_toml("[cache]\ncapcity = 5").unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: cache.capcity = 5: there is no such field; did you mean capacity?"));
    /// ```
    pub fn from_toml(text: &str) -> Result<Scenario, ScenarioError> {
        Scenario::from_toml_and_version(text).map(|(scenario, _)| scenario)
    }

    /// The same, and the version that the text is read as where it names none: the current one.
    ///
    /// # Errors
    /// Like [`from_toml`](Scenario::from_toml).
    pub fn from_toml_and_version(text: &str) -> Result<(Scenario, Option<u32>), ScenarioError> {
        let tree = parse(text)?;
        Ok((Scenario::from_node(&tree)?, versions::taken(&tree)))
    }

    /// The scenario as TOML: its version and what differs from the defaults. Reading it gives the same scenario again,
    /// whatever the defaults will be one day.
    pub fn to_toml(&self) -> String {
        print(&versions::told(self.show()))
    }

    /// The scenario in a TOML text that does not say its version, which is this.
    pub(super) fn from_toml_of(version: u32, text: &str) -> Result<Scenario, ScenarioError> {
        let mut tree = parse(text)?;
        versions::bring_up(&mut tree, version);
        Scenario::from_node(&tree)
    }

    /// The scenario in a tree of any version, checked.
    pub fn from_node(node: &Node) -> Result<Scenario, ScenarioError> {
        Scenario::read_tree(node, check::check)
    }

    /// The same, where it has been checked before: a preset, or what page and workers tell each other. Whoever opens a page
    /// waits neither for the check nor for its code.
    pub(super) fn from_checked(node: &Node) -> Result<Scenario, ScenarioError> {
        Scenario::read_tree(node, |_, _, _| {})
    }

    fn read_tree(node: &Node, check: impl Fn(&Scenario, &Node, &mut Problems)) -> Result<Scenario, ScenarioError> {
        let mut problems = Problems::default();
        let mut node = versions::current(node, &mut problems);
        if let Some(preset) = node.find("preset") {
            refuse_preset(preset, &mut problems);
            node.to_mut().remove("preset");
        }
        let scenario = Scenario::read(&node, "", &mut problems).unwrap_or_default();
        check(&scenario, &node, &mut problems);
        problems.finish(scenario)
    }
}

/// Notes that a scenario names a preset, or has the table that presets describe themselves in: neither would do anything.
fn refuse_preset(preset: &Node, problems: &mut Problems) {
    let sentence = Phrase::fixed(
        "a scenario file names no preset; leave this out (`cachelane presets NAME` prints one to start from)",
        "시나리오 파일에는 프리셋을 적지 않습니다. 이 항목을 빼 주세요(`cachelane presets NAME`으로 프리셋의 시나리오를 출력할 수 있습니다)",
    );
    problems.push("preset", preset.quote(), preset.line, Reason::Because(sentence));
}
