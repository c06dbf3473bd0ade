//! A scenario as a form: every field with its meaning, its value and what else may stand there, made from the types.
//!
//! The page shows a control for each without knowing any of them by name. Like the reference page, this is what the
//! compiler and the checks know: a field that is added to a type is in the form at once.

use std::sync::OnceLock;

use super::field::{Entry, Field, Plain, Takes};
use super::limits::{self, Limit};
use super::node::{Node, Value, join};
use super::notation;
use super::problem::Problems;
use super::{Scenario, Slider, called};
use crate::phrase::{Docs, Language, Phrase};

/// One field of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// Its place: a dotted path, as links write it, such as `lane.1.write.every`.
    pub path: String,
    /// The same from the part on that was asked for: `every` in `lane.1.write`.
    pub name: String,
    /// What it means.
    pub doc: Docs,
    /// What stands there, as links write it; of a choice with options only the word.
    pub value: String,
    /// What may stand there.
    pub takes: Input,
    /// Its range, if it has one.
    pub limit: Option<Limit>,
    /// What stands there where nothing is said, as links write it; `None` where something must be said.
    pub default: Option<String>,
    /// Whether something else than the default stands there.
    pub differs: bool,
    /// Whether it is an option of the choice before it.
    pub is_option: bool,
    /// What its slider covers, if it has one.
    pub slider: Option<Slider>,
    /// What the page calls it, where it has a control of its own there.
    pub label: Option<&'static Phrase>,
}

impl FormField {
    /// What the page calls it: its label, or what says as much.
    pub fn called(&self) -> Phrase {
        let called = |language| called::option(&self.name, language);
        self.label.cloned().unwrap_or_else(|| Phrase::new(called(Language::English), called(Language::Korean)))
    }

    /// The field and what stands there, as the page calls them: `Persistence: append-only`.
    pub fn say(&self, language: Language) -> String {
        format!("{}: {}", self.called().say(language), called::value(&self.value, language))
    }
}

/// What may stand in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One of these words, each with its meaning; `()` stands for "yes, with the usual options".
    Choice(Vec<(String, Docs)>),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A duration.
    Duration,
    /// Any text; [`quoted`] makes a value of it.
    Text,
    /// A duration or a distribution of durations, in words.
    Distribution(Phrase),
    /// How long an entry lives, in words.
    Ttl(Phrase),
    /// Something else, in words.
    Other(Phrase),
}

/// The value of links that means just this text.
pub fn quoted(text: &str) -> String {
    notation::print(&Value::Text(text.to_owned()).into())
}

/// A scenario, ready to be asked for its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Form(Node);

impl Form {
    /// The form of `scenario`.
    pub fn of(scenario: &Scenario) -> Form {
        Form(scenario.show())
    }

    /// The form of a scenario that is being changed.
    pub(super) fn of_tree(tree: Node) -> Form {
        Form(tree)
    }

    /// The fields of the part at `path`, such as `cache` or `lane.0.write`, in the order of the reference; of what is
    /// inside a list of tables (lanes, faults) none. What a lane has otherwise (`lane.0.cache`) are the fields given.
    ///
    /// ```
    /// use cachelane::scenario::{Scenario, form::Form};
    /// let scenario = Scenario::from_toml("[cache]\nshards = 3").unwrap();
    /// let fields = Form::of(&scenario).fields("cache");
    /// let shards = fields.iter().find(|field| field.path == "cache.shards").unwrap();
    /// assert_eq!((shards.value.as_str(), shards.default.as_deref(), shards.differs), ("3", Some("1"), true));
    /// ```
    pub fn fields(&self, path: &str) -> Vec<FormField> {
        let mut fields = Vec::new();
        let node = if path.is_empty() { Some(&self.0) } else { self.0.find(path) };
        if let (Some(node), Some(found)) = (node, entry(path, &self.0)) {
            let Found { takes, docs, default, is_option, slider, label } = found;
            let place = Place { path: path.to_owned(), docs, default, is_option, slider, label };
            collect(node, takes, place, &mut fields);
        }
        for field in &mut fields {
            let inner = field.path.strip_prefix(path).map(|rest| rest.trim_start_matches('.'));
            field.name = inner.filter(|rest| !rest.is_empty()).unwrap_or(&field.path).to_owned();
        }
        fields
    }

    /// The fields that stand directly in the table at `path`, not in tables or lists inside it.
    pub fn fields_of_table(&self, path: &str) -> Vec<FormField> {
        let depth = if path.is_empty() { 0 } else { path.split('.').count() };
        let direct = |field: &FormField| field.is_option || field.path.split('.').count() == depth + 1;
        self.fields(path).into_iter().filter(direct).collect()
    }

    /// Whether there is something at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.0.find(path).is_some()
    }

    /// The value at `path`, if it is one of that type.
    #[allow(private_bounds, reason = "only parts of a scenario are values of its fields")]
    pub fn read<T: Field>(&self, path: &str) -> Option<T> {
        T::read(self.0.find(path)?, path, &mut Problems::default())
    }

    /// All that stands at `path`, as links write it: of a choice, also its options.
    pub fn value(&self, path: &str) -> Option<String> {
        self.0.find(path).map(notation::print)
    }
}

/// What the whole scenario takes; made once.
pub(super) fn whole() -> &'static Takes {
    static WHOLE: OnceLock<Takes> = OnceLock::new();
    WHOLE.get_or_init(Scenario::takes)
}

/// A field among the types.
struct Found {
    takes: &'static Takes,
    docs: Docs,
    default: Option<&'static Node>,
    is_option: bool,
    slider: Option<Slider>,
    label: Option<&'static Phrase>,
}

impl Found {
    fn of(entry: &'static Entry, is_option: bool) -> Found {
        Found {
            takes: &entry.takes,
            docs: entry.docs,
            default: entry.default.as_ref(),
            is_option,
            slider: entry.slider,
            label: entry.label,
        }
    }
}

/// What may stand at `path` of `tree`.
fn entry(path: &str, tree: &Node) -> Option<Found> {
    let whole = |takes| Found { takes, docs: Docs::NONE, default: None, is_option: false, slider: None, label: None };
    let mut found = whole(self::whole());
    // What a lane has otherwise is of the same sort as what all have, but stands at the lane.
    let (path, mut node) = match limits::for_all(path) {
        Some(inner) => (inner, path.strip_suffix(inner).and_then(|lane| tree.find(lane.trim_end_matches('.')))),
        None => (path, Some(tree)),
    };
    for key in path.split('.').filter(|key| !key.is_empty()) {
        let mut takes = found.takes;
        let above = node;
        node = node.and_then(|node| node.find(key));
        while let Takes::OrNone(inner) = takes {
            takes = inner;
        }
        found = match takes {
            Takes::Table(_, entries) => {
                let is_option = found.is_option || !std::ptr::eq(takes, found.takes);
                Found::of(entries.iter().find(|entry| entry.name == key)?, is_option)
            }
            Takes::Kinds(kinds) => {
                let Value::Kind(word, _) = &above?.value else { return None };
                let (_, _, entries) = kinds.iter().find(|(known, ..)| known == word)?;
                Found::of(entries.iter().find(|entry| entry.name == key)?, true)
            }
            Takes::List(of) => whole(of),
            _ => return None,
        };
    }
    Some(found)
}

/// Where [`collect`] is.
struct Place {
    path: String,
    docs: Docs,
    default: Option<&'static Node>,
    is_option: bool,
    slider: Option<Slider>,
    label: Option<&'static Phrase>,
}

fn collect(node: &Node, takes: &'static Takes, at: Place, fields: &mut Vec<FormField>) {
    let mut inner = takes;
    while let Takes::OrNone(of) = inner {
        inner = of;
    }
    let is_none = node.word() == Some("none");
    match inner {
        Takes::Table(_, entries) => {
            let can_be_none = !std::ptr::eq(takes, inner);
            if can_be_none {
                fields.push(leaf(node, takes, &at));
            }
            if !is_none {
                collect_in(node, entries, &at, can_be_none || at.is_option, fields);
            }
        }
        Takes::Kinds(kinds) => {
            fields.push(leaf(node, takes, &at));
            if let Value::Kind(word, _) = &node.value
                && let Some((_, _, entries)) = kinds.iter().find(|(known, ..)| known == word)
            {
                let same = at.default.filter(|d| matches!(&d.value, Value::Kind(other, _) if other == word));
                collect_in(node, entries, &Place { default: same, ..at }, true, fields);
            }
        }
        Takes::List(of) if matches!(**of, Takes::Table(..)) => {}
        Takes::Value(Plain::OfSection) => {}
        _ => fields.push(leaf(node, takes, &at)),
    }
}

fn collect_in(node: &Node, entries: &'static [Entry], at: &Place, is_option: bool, fields: &mut Vec<FormField>) {
    for entry in entries {
        let Some((_, inner)) = node.fields().and_then(|all| all.iter().find(|(name, _)| name == entry.name)) else {
            continue;
        };
        let default = at.default.and_then(|default| default.find(entry.name)).or(entry.default.as_ref());
        let path = join(&at.path, entry.name);
        let (slider, label) = (entry.slider, entry.label);
        collect(inner, &entry.takes, Place { path, docs: entry.docs, default, is_option, slider, label }, fields);
    }
}

fn leaf(node: &Node, takes: &Takes, at: &Place) -> FormField {
    let input = input(takes);
    let value = shown(node, &input);
    FormField {
        path: at.path.clone(),
        name: String::new(),
        doc: at.docs,
        differs: at.default.is_some_and(|default| shown(default, &input) != value),
        value,
        limit: limits::of(&at.path),
        default: at.default.map(notation::print),
        takes: input,
        is_option: at.is_option,
        slider: at.slider,
        label: at.label,
    }
}

fn shown(node: &Node, input: &Input) -> String {
    match (&node.value, input) {
        (Value::Kind(word, _), Input::Choice(_)) => word.clone(),
        (Value::Table(_), Input::Choice(_)) => "()".to_owned(),
        (Value::Text(text), Input::Text) => text.clone(),
        _ => notation::print(node),
    }
}

fn input(takes: &Takes) -> Input {
    let word = |word: &str, docs: Docs| (word.to_owned(), docs);
    match takes {
        Takes::Words(words) => Input::Choice(words.iter().map(|(w, docs)| word(w, *docs)).collect()),
        Takes::Kinds(kinds) => Input::Choice(kinds.iter().map(|(w, docs, _)| word(w, *docs)).collect()),
        Takes::Table(docs, _) => Input::Choice(vec![word("()", *docs)]),
        Takes::OrNone(of) => match input(of) {
            Input::Choice(mut words) => {
                words.insert(0, ("none".to_owned(), Docs::NONE));
                Input::Choice(words)
            }
            other => other,
        },
        Takes::Value(Plain::Flag) => Input::Flag,
        Takes::Value(Plain::Whole) => Input::Whole,
        Takes::Value(Plain::Number) => Input::Number,
        Takes::Value(Plain::Duration) => Input::Duration,
        Takes::Value(Plain::Text) => Input::Text,
        Takes::Value(what @ Plain::Distribution) => Input::Distribution(what.phrase()),
        Takes::Value(what @ Plain::Ttl) => Input::Ttl(what.phrase()),
        Takes::Value(what @ (Plain::OfSection | Plain::Other(_))) => Input::Other(what.phrase()),
        Takes::List(_) => Input::Other(Phrase::fixed("a list, such as (1,2)", "(1,2) 같은 목록")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    fn form(toml: &str) -> (Scenario, Form) {
        let scenario = Scenario::from_toml(toml).unwrap();
        let form = Form::of(&scenario);
        (scenario, form)
    }

    fn all(form: &Form, scenario: &Scenario) -> Vec<FormField> {
        let mut parts = vec![String::new()];
        for i in 0..scenario.lanes.len() {
            parts.push(format!("lane.{i}"));
            parts.extend(["app", "network", "cache", "database"].map(|part| format!("lane.{i}.{part}")));
        }
        parts.extend((0..scenario.faults.len()).map(|i| format!("fault.{i}")));
        parts.iter().flat_map(|part| form.fields(part)).collect()
    }

    #[test]
    fn every_leaf_of_every_preset_is_in_the_form_or_inside_a_value_that_is() {
        for preset in &super::super::presets::ALL {
            let scenario = preset.scenario();
            let fields = all(&Form::of(scenario), scenario);
            scenario.show().leaves("", &mut |path, _| {
                let known = fields.iter().any(|f| {
                    f.path == path || path.strip_prefix(f.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
                });
                assert!(known, "{}: {path} cannot be reached", preset.name);
            });
        }
    }

    /// Every meaning among these types, with where it was met.
    fn meanings(at: &str, takes: &Takes, all: &mut Vec<(String, Docs)>) {
        let mut fields = |at: &str, entries: &[Entry]| {
            for entry in entries {
                let at = join(at, entry.name);
                all.push((at.clone(), entry.docs));
                meanings(&at, &entry.takes, all);
            }
        };
        match takes {
            Takes::Value(_) => {}
            Takes::Words(words) => all.extend(words.iter().map(|(word, docs)| (join(at, word), *docs))),
            Takes::Kinds(kinds) => {
                kinds.iter().for_each(|(word, _, entries)| fields(&join(at, word), entries));
                all.extend(kinds.iter().map(|(word, docs, _)| (join(at, word), *docs)));
            }
            Takes::Table(docs, entries) => {
                fields(at, entries);
                all.push((at.to_owned(), *docs));
            }
            Takes::List(of) | Takes::OrNone(of) => meanings(at, of, all),
        }
    }

    #[test]
    fn every_field_and_choice_is_explained_in_korean_by_the_same_names() {
        let mut all = Vec::new();
        meanings("", whole(), &mut all);
        assert!(all.len() > 250, "{}", all.len());
        for (at, docs) in all {
            let [english, korean] = Language::ALL.map(|language| docs.say(language));
            assert!(korean.contains(|c: char| ('가'..='힣').contains(&c)), "{at}: {korean}");
            assert!(korean.ends_with(['.', ')']), "{at}: {korean}");
            // What stands between backticks is code, and the same in every language.
            let codes = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            let known = codes(&english);
            assert!(codes(&korean).iter().all(|code| known.contains(code)), "{at}: {korean} of {known:?}");
        }
    }

    #[test]
    fn each_field_is_also_found_by_its_own_path() {
        let text = "[clients]\narrivals = { kind = \"closed\", users = 7 }\n[[lane]]\nwrite = \"write-back\"\ncache = { shards = 2 }";
        let (scenario, form) = form(text);
        let of_lanes = all(&form, &scenario);
        for field in &of_lanes {
            let alone = form.fields(&field.path).into_iter().next();
            let alone = alone.map(|alone| (alone.path, alone.value, alone.takes, alone.doc, alone.is_option));
            let wanted = (field.path.clone(), field.value.clone(), field.takes.clone(), field.doc, field.is_option);
            assert_eq!(alone, Some(wanted));
        }
        for path in ["clients.arrivals.users", "lane.0.write.every", "lane.0.cache.shards"] {
            assert!(of_lanes.iter().any(|field| field.path == path), "{path}");
        }
    }

    #[test]
    fn writing_down_what_stands_there_changes_nothing() {
        for preset in &super::super::presets::ALL {
            let scenario = preset.scenario();
            for field in all(&Form::of(scenario), scenario) {
                let value = if field.takes == Input::Text { quoted(&field.value) } else { field.value.clone() };
                let edited = match (&field.takes, field.value.as_str()) {
                    // A word alone means the usual options.
                    (Input::Choice(_), _) => continue,
                    _ => scenario.edited(&field.path, &value),
                };
                assert_eq!(edited.as_ref(), Ok(scenario), "{}: {}", preset.name, field.path);
            }
        }
    }

    #[test]
    fn every_word_of_every_choice_is_one_that_may_be_chosen() {
        let (scenario, form) = form("[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"");
        for field in all(&form, &scenario) {
            let Input::Choice(words) = &field.takes else { continue };
            for (word, _) in words {
                if let Err(error) = scenario.edited(&field.path, word) {
                    let told = error.to_string();
                    assert!(!told.contains("no such choice"), "{} = {word}: {told}", field.path);
                }
            }
        }
    }

    #[test]
    fn back_to_the_default_is_back_to_the_default() {
        let (scenario, form) =
            form("[cache]\nshards = 3\nttl = { sliding = \"5s\" }\n[clients]\narrivals = \"closed\"");
        let mut back = scenario.clone();
        let differing: Vec<FormField> = all(&form, &scenario).into_iter().filter(|field| field.differs).collect();
        let paths: Vec<&str> = differing.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["clients.arrivals", "cache.ttl", "cache.shards"]);
        for field in differing {
            back = back.edited(&field.path, &field.default.unwrap()).unwrap();
        }
        assert_eq!(back, Scenario::default());
    }

    #[test]
    fn what_a_lane_has_otherwise_is_listed_changed_and_taken_away() {
        let (scenario, form) = form("[[lane]]\n[[lane]]\ndatabase = { batch = { row = \"1ms\" } }");
        assert_eq!(form.fields("lane.0.database"), []);
        let field = &form.fields("lane.1.database")[0];
        assert_eq!((field.path.as_str(), field.value.as_str()), ("lane.1.database.batch.row", "1ms"));
        assert!(field.limit.is_some());
        let changed = scenario.edited(&field.path, "2ms").unwrap().edited("lane.0.cache.shards", "2").unwrap();
        assert_eq!(changed.for_lane(0).cache.shards, 2);
        let bare = changed.without("lane.1.database.batch.row").unwrap().without("lane.0.cache.shards").unwrap();
        assert_eq!(bare.lanes, Scenario::from_toml("[[lane]]\n[[lane]]").unwrap().lanes);
    }

    #[test]
    fn a_bad_value_is_told_with_its_field_and_an_older_problem_is_not() {
        let mut scenario = Scenario::default();
        scenario.cache.capacity = 0.into();
        let error = scenario.edited("cache.shards", "1000").unwrap_err();
        let fields: Vec<&str> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["cache.shards"]);
        assert_eq!(scenario.edited("cache.shards", "2").map(|s| s.cache.shards), Ok(2));
    }
}
