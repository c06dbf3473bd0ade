//! Versions of the notation: what a file or a link of an earlier one left unsaid means what it meant in its day.
//!
//! A version is a set of defaults and presets. A scenario of an earlier version gets the defaults of that version written
//! out wherever it says nothing, and is one of the current version from then on.
//!
//! | version | what is different |
//! |---|---|
//! | 1 | a crash of a cache node loses what its append-only file had not synced, reads see the end of their service, rows have no locks, nothing limits connections, a batch has a time of its own, links have constant latency, sizes take no time |
//! | 2 | the current one: databases, pools and links as they are |

use std::borrow::Cow;

use super::fault::FaultKind;
use super::field::Field;
use super::node::{Fields, Node, Value};
use super::notation;
use super::problem::{Problem, Problems, Reason};
use crate::phrase::phrase;

/// The version that files and links are written in.
pub(super) const CURRENT: u32 = 2;

/// The field of a file that says its version.
const FIELD: &str = "version";

/// The defaults of version 1 that are others now: the field's path, and its value as links write it. A table on the way
/// that a text leaves out is made.
const DEFAULTS_1: &[(&str, &str)] = &[
    ("app.cores", "none"),
    ("app.pool", "none"),
    ("app.pool_timeout", "none"),
    ("network.app_cache", "200us"),
    ("network.app_database", "500us"),
    ("network.cache_database", "500us"),
    ("network.bandwidth.app_cache", "none"),
    ("network.bandwidth.app_database", "none"),
    ("network.bandwidth.cache_database", "none"),
    ("cache.throughput", "none"),
    ("database.connections", "none"),
    ("database.queue", "10000"),
    ("database.reads", "locking"),
    ("database.row_locks", "false"),
    ("database.batch.base", "5ms"),
];

/// What a tree says of its version.
fn said(tree: &Node) -> Option<&Node> {
    tree.fields()?.iter().find(|(name, _)| name == FIELD).map(|(_, said)| said)
}

/// The version that a tree is read as since it says none.
pub(super) fn taken(tree: &Node) -> Option<u32> {
    said(tree).is_none().then_some(CURRENT)
}

/// The tree of a text, which may say its version, as one of the current version, which does not.
pub(super) fn current<'a>(tree: &'a Node, problems: &mut Problems) -> Cow<'a, Node> {
    let Some(said) = said(tree) else { return Cow::Borrowed(tree) };
    let mut changed = tree.clone();
    changed.remove(FIELD);
    match u32::read(said, FIELD, &mut Problems::default()).filter(|version| (1..=CURRENT).contains(version)) {
        Some(version) => bring_up(&mut changed, version),
        None => problems.list.push(Problem {
            field: FIELD.to_owned(),
            value: said.quote(),
            reason: Reason::NotAllowed(phrase!(
                "a whole number from 1 to {CURRENT}, the known versions",
                "1부터 {CURRENT}까지의 정수(지원하는 버전)"
            )),
            line: said.line,
        }),
    }
    Cow::Owned(changed)
}

/// Writes out in `tree`, of an earlier version, what it left unsaid and would mean something else now.
pub(super) fn bring_up(tree: &mut Node, version: u32) {
    let defaults = if version < 2 { DEFAULTS_1 } else { &[] };
    for (path, value) in defaults {
        let value = notation::parse(value).expect("a value of the table");
        fill(tree, path, &value);
    }
    if version < 2 && mentions_append_only(tree) {
        rename_crashes(tree);
    }
}

/// Whether a kind of persistence somewhere is an append-only file: only then does it matter how a node crashes.
fn mentions_append_only(node: &Node) -> bool {
    match &node.value {
        Value::Kind(word, _) if word == APPEND_ONLY => true,
        Value::Table(fields) | Value::Kind(_, fields) => fields.iter().any(|(_, inner)| mentions_append_only(inner)),
        Value::List(items) => items.iter().any(mentions_append_only),
        Value::Named(_, inner) => mentions_append_only(inner),
        _ => node.word() == Some(APPEND_ONLY),
    }
}

const APPEND_ONLY: &str = "append-only";

/// In version 1 a crash took what was not synced, as a loss of power does, and refused callers, as a process that has ended.
fn rename_crashes(tree: &mut Node) {
    let Value::Table(fields) = &mut tree.value else { return };
    let Some((_, faults)) = fields.iter_mut().find(|(name, _)| name == "fault") else { return };
    let Value::List(faults) = &mut faults.value else { return };
    for fault in faults {
        let Value::Table(fields) = &mut fault.value else { continue };
        let what =
            fields.iter_mut().find(|(name, node)| name == "what" && node.word() == Some(FaultKind::CacheCrash.name()));
        if let Some((_, what)) = what {
            what.value = Value::Text(FaultKind::CachePowerLoss.name().to_owned());
            fill(fault, "silent", &false.show());
        }
    }
}

/// Puts `value` at `path`, where the tree says nothing.
fn fill(node: &mut Node, path: &str, value: &Node) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    // Something that cannot be there is told when it is read.
    let (Value::Table(fields) | Value::Kind(_, fields)) = &mut node.value else { return };
    let at = fields.iter().position(|(name, _)| name == key);
    match (at, rest) {
        (None, None) => fields.push((key.to_owned(), value.clone())),
        (None, Some(rest)) => {
            let mut table = Node::from(Value::Table(Fields::new()));
            fill(&mut table, rest, value);
            fields.push((key.to_owned(), table));
        }
        (Some(at), Some(rest)) => fill(&mut fields[at].1, rest, value),
        (Some(_), None) => {}
    }
}

/// The tree of a scenario with its version in front, for texts that are kept.
pub(super) fn told(mut tree: Node) -> Node {
    if let Value::Table(fields) = &mut tree.value {
        fields.insert(0, (FIELD.to_owned(), CURRENT.show()));
    }
    tree
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::field::{Entry, Record, Takes};
    use super::super::node::join;
    use super::super::{Scenario, limits};
    use super::*;

    /// What each field was in version 1 where a text said nothing, by path; of one that is younger, what means what version 1
    /// did.
    const FROZEN: &str = include_str!("../../../tests/data/defaults_v1.json");

    /// Every field with its default.
    fn defaults(at: &str, entries: &[Entry], all: &mut BTreeMap<String, String>) {
        for entry in entries {
            let path = join(at, entry.name);
            let default = entry.default.as_ref().map_or("(needed)".to_owned(), notation::print);
            inner_defaults(&path, &entry.takes, all);
            all.insert(path, default);
        }
    }

    fn inner_defaults(path: &str, takes: &Takes, all: &mut BTreeMap<String, String>) {
        match takes {
            Takes::Table(_, entries) => defaults(path, entries, all),
            Takes::Kinds(kinds) => {
                kinds.iter().for_each(|(word, _, entries)| defaults(&format!("{path}({word})"), entries, all));
            }
            Takes::List(of) => inner_defaults(&join(path, "*"), of, all),
            Takes::OrNone(of) => inner_defaults(path, of, all),
            Takes::Value(_) | Takes::Words(_) => {}
        }
    }

    /// A default that is made of others of the table is told by them.
    fn is_whole(path: &str, all: &BTreeMap<String, String>) -> bool {
        let inside = |other: &String| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        !all.keys().any(inside)
    }

    #[test]
    fn every_default_that_is_another_now_is_written_out_for_version_1() {
        let mut now = BTreeMap::new();
        defaults("", &Scenario::entries(), &mut now);
        let frozen: BTreeMap<String, String> = serde_json::from_str(FROZEN).expect("a table of texts");
        for (path, value) in now.iter().filter(|(path, _)| is_whole(path, &now)) {
            let then = frozen.get(path).unwrap_or_else(|| {
                panic!("{path} is new: add it to tests/data/defaults_v1.json, with what means what version 1 did")
            });
            let written = DEFAULTS_1.iter().find(|(field, _)| field == path).map(|(_, value)| *value);
            let expected = (then != value).then_some(then.as_str());
            assert_eq!(written, expected, "{path}: DEFAULTS_1 must say what it was where it is another now");
        }
    }

    #[test]
    fn a_file_of_version_1_means_what_it_meant_and_one_without_a_version_what_it_means_now() {
        let read = |text: &str| Scenario::from_toml(text).unwrap();
        let frozen: BTreeMap<String, String> = serde_json::from_str(FROZEN).expect("a table of texts");
        let shown = read("version = 1\n[[lane]]\n").show();
        for (path, value) in DEFAULTS_1 {
            let node = shown.find(path).unwrap_or_else(|| panic!("{path} is there"));
            assert_eq!((notation::print(node).as_str(), frozen[*path].as_str()), (*value, *value), "{path}");
            assert!(limits::of(path).is_none_or(|limit| limit.or_none || *value != "none"), "{path} may be none");
        }
        assert_eq!(read("version = 2"), Scenario::default());
        assert_eq!(read("seed = 1"), Scenario::default());
    }

    #[test]
    fn a_crash_of_version_1_takes_what_was_not_synced_and_refuses_callers() {
        let text = |version: u32, persistence: &str| {
            let crash = "[[fault]]\nat = \"3s\"\nwhat = \"cache.crash\"\n";
            Scenario::from_toml(&format!("version = {version}\n[cache]\npersistence = {persistence}\n{crash}")).unwrap()
        };
        let kind = "{ kind = \"append-only\", fsync = \"no\" }";
        for (version, persistence, what, silent) in [
            (1, "\"append-only\"", FaultKind::CachePowerLoss, Some(false)),
            (1, kind, FaultKind::CachePowerLoss, Some(false)),
            (1, "\"snapshots\"", FaultKind::CacheCrash, Some(false)),
            (2, kind, FaultKind::CacheCrash, Some(false)),
        ] {
            let fault = text(version, persistence).faults[0].clone();
            assert_eq!((fault.what, fault.silent), (what, silent), "version {version}, {persistence}");
        }
    }

    #[test]
    fn what_an_old_text_says_is_kept() {
        for (path, value) in DEFAULTS_1 {
            let mut tree = Node::from(Value::Table(Fields::new()));
            let said = notation::parse("said").unwrap();
            fill(&mut tree, path, &said);
            fill(&mut tree, path, &notation::parse(value).unwrap());
            assert_eq!(tree.find(path), Some(&said), "{path}");
        }
    }

    #[test]
    fn a_version_that_is_not_known_is_refused_with_its_line() {
        for bad in ["3", "0", "-1", "1.5", "\"two\"", "[1]"] {
            let told = Scenario::from_toml(&format!("seed = 3\nversion = {bad}")).unwrap_err().to_string();
            let wanted = format!("line 2: version = {bad}: must be a whole number from 1 to {CURRENT}");
            assert!(told.starts_with(&wanted), "{told}");
        }
    }

    #[test]
    fn texts_that_are_kept_say_their_version() {
        let text = Scenario::default().to_toml();
        assert_eq!(text, format!("version = {CURRENT}\n"));
        let json = serde_json::to_value(Scenario::default()).unwrap();
        assert_eq!(json["version"], CURRENT);
        assert_eq!(serde_json::from_value::<Scenario>(json).unwrap(), Scenario::default());
    }
}
