//! Changes of a scenario as plain values: what a control of the page does, and `--set` of the command line.
//!
//! All of them go onto the tree of values that files and links are read from, so that a field is found, read and refused
//! in one place and with one message, whoever changes it. A change knows nothing of the scenario it was thought up for:
//! it is applied to the newest one.

use std::fmt;

use super::field::Field;
use super::form::Form;
use super::node::{Fields, Node, Value, join};
use super::problem::{Problem, Problems};
use super::{Fault, FaultKind, Phrase, Scenario, ScenarioError, check, notation, place};
use crate::time::Nanos;

/// One change of a scenario.
///
/// ```
/// use cachelane::scenario::{Accept, Edit, FieldValue, List, Scenario, Ttl};
/// let ttl = Edit::Set { path: "cache.ttl".into(), value: FieldValue::parse("5s").unwrap() };
/// let changed = Scenario::default().apply(&[ttl, Edit::Add(List::Lanes)], Accept::Good).unwrap();
/// assert_eq!((changed.cache.ttl, changed.lanes.len()), (Ttl::Fixed("5s".parse().unwrap()), 2));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Puts a value at a path; just behind the last of a list it adds one.
    Set {
        /// A dotted path, as links write it.
        path: String,
        /// The value.
        value: FieldValue,
    },
    /// Makes another choice, with the options that both choices have as they are: a rate stays what it is when arrivals
    /// change their kind.
    Choose {
        /// The path of the choice.
        path: String,
        /// A word, with or without options.
        value: FieldValue,
    },
    /// Takes away a lane, a fault, or what a lane has for itself; any other field goes back to its default. Where there is
    /// nothing at the path, nothing changes.
    Remove {
        /// The path.
        path: String,
    },
    /// Puts one more at the end of a list.
    Add(List),
}

impl Edit {
    /// `value` at `path`.
    pub fn set(path: impl Into<String>, value: FieldValue) -> Edit {
        Edit::Set { path: path.into(), value }
    }

    /// What stands at `path` taken away.
    pub fn remove(path: impl Into<String>) -> Edit {
        Edit::Remove { path: path.into() }
    }

    /// The path that is changed, where there is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Edit::Set { path, .. } | Edit::Choose { path, .. } | Edit::Remove { path } => Some(path),
            Edit::Add(_) => None,
        }
    }
}

/// A list that grows and shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// A new lane has strategies that no other lane has, as long as there are some.
    Lanes,
    /// A new fault crashes the cache in the middle of the run.
    Faults,
}

/// What an edit may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Whatever can be read: a draft, which [`Scenario::check`] has something against or not.
    Readable,
    /// Nothing wrong that was not wrong before.
    NoWorse,
    /// Nothing wrong.
    Good,
}

/// A value for a field, of whatever type; shown as links write it.
#[derive(Clone, PartialEq)]
pub struct FieldValue(pub(super) Node);

impl FieldValue {
    /// The value that `text` writes in the notation of links.
    ///
    /// # Errors
    /// What is wrong with the notation.
    pub fn parse(text: &str) -> Result<FieldValue, Phrase> {
        notation::parse(text).map(FieldValue)
    }

    /// Just this text, whatever characters are in it.
    pub fn text(text: &str) -> FieldValue {
        FieldValue(Value::Text(text.to_owned()).into())
    }

    /// A word: one of a choice, a number, a duration.
    pub fn word(word: &str) -> FieldValue {
        FieldValue(Value::Bare(word.to_owned()).into())
    }

    /// The value as its type shows it.
    #[allow(private_bounds, reason = "only parts of a scenario are values of its fields")]
    pub fn of<T: Field>(value: &T) -> FieldValue {
        FieldValue(value.show())
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&notation::print(&self.0))
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl Scenario {
    /// The scenario after `edits`, one after the other. What they leave without effect, and the reader did not touch, goes
    /// back to its default ([`Scenario::tidied`]).
    ///
    /// # Errors
    /// What cannot be read, and what `accept` does not accept; then nothing has changed.
    pub fn apply(&self, edits: &[Edit], accept: Accept) -> Result<Scenario, ScenarioError> {
        let mut editor = Editor::of(self);
        edits.iter().for_each(|edit| editor.apply(edit));
        editor.finish(accept)
    }

    /// [`Scenario::apply`] for one value, as links write it. Only what this change makes wrong is told: a problem that the
    /// scenario had before is not this change's.
    pub fn edited(&self, path: &str, value: &str) -> Result<Scenario, ScenarioError> {
        let mut editor = Editor::of(self);
        editor.set(path, value);
        editor.finish(Accept::NoWorse)
    }

    /// [`Scenario::edited`], good or not: refused is only what cannot be read at all.
    pub fn drafted(&self, path: &str, value: &str) -> Result<Scenario, ScenarioError> {
        let mut editor = Editor::of(self);
        editor.set(path, value);
        editor.finish(Accept::Readable)
    }

    /// The scenario without what a lane had for itself at `path`, such as `lane.1.cache.ttl`.
    pub fn without(&self, path: &str) -> Result<Scenario, ScenarioError> {
        self.apply(&[Edit::remove(path)], Accept::NoWorse)
    }
}

/// A scenario that is being changed, or made.
pub(super) struct Editor<'a> {
    /// What a reader has changed; nothing where a text is read that stands for itself.
    before: Option<&'a Scenario>,
    /// Which of its lanes each lane is.
    lanes: Vec<Option<usize>>,
    pub tree: Node,
    pub problems: Problems,
}

impl<'a> Editor<'a> {
    pub fn of(before: &'a Scenario) -> Editor<'a> {
        let lanes = (0..before.lanes.len()).map(Some).collect();
        Editor { before: Some(before), lanes, ..Editor::of_tree(before.show(), Problems::default()) }
    }

    /// Of a tree that no reader has seen; `problems` have been found already.
    pub fn of_tree(tree: Node, problems: Problems) -> Editor<'a> {
        Editor { before: None, lanes: Vec::new(), tree, problems }
    }

    /// Puts a value, as links write it, at a path.
    pub fn set(&mut self, path: &str, text: &str) {
        place::set(&mut self.tree, path, text, &mut self.problems);
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Set { path, value } => self.put(path, value),
            Edit::Choose { path, value } => self.choose(path, value),
            Edit::Remove { path } => {
                let lane = path.strip_prefix("lane.").and_then(|lane| lane.parse::<usize>().ok());
                if let Some(gone) = lane.filter(|lane| *lane < self.lanes.len()) {
                    self.lanes.remove(gone);
                }
                self.tree.remove(path);
            }
            Edit::Add(list) => self.add(*list),
        }
    }

    fn put(&mut self, path: &str, FieldValue(node): &FieldValue) {
        place::put(&mut self.tree, path, node.clone(), &node.quote(), &mut self.problems);
    }

    fn choose(&mut self, path: &str, value: &FieldValue) {
        let of = |tree: &Node| Form::of_tree(tree.clone()).fields(path).into_iter().filter(|field| field.is_option);
        let options: Vec<_> = of(&self.tree).collect();
        let before = self.tree.clone();
        self.put(path, value);
        // What cannot be read is told in the end.
        let Some(changed) = read(&self.tree) else { return };
        self.tree = changed.show();
        for option in options {
            let now = of(&self.tree).find(|now| now.path == option.path);
            if let (Some(now), Some(kept)) = (now, before.find(&option.path))
                && now.takes == option.takes
                && !now.differs
            {
                let mut with = self.tree.clone();
                place::put(&mut with, &option.path, kept.clone(), &kept.quote(), &mut Problems::default());
                self.tree = read(&with).map_or_else(|| self.tree.clone(), |scenario| scenario.show());
            }
        }
    }

    fn add(&mut self, list: List) {
        let items = |name: &str| match self.tree.find(name).map(|node| &node.value) {
            Some(Value::List(items)) => items.len(),
            _ => 0,
        };
        let (name, item) = match list {
            List::Lanes => ("lane", new_lane(&self.tree)),
            List::Faults => ("fault", new_fault(&self.tree)),
        };
        let path = join(name, &items(name).to_string());
        self.put(&path, &FieldValue(item));
    }

    /// Reads and checks what has become of it. Problems are told with the value that was given.
    pub fn finish(self, accept: Accept) -> Result<Scenario, ScenarioError> {
        let Editor { before, lanes, tree, mut problems } = self;
        // What could not even be put in the tree is told as it was given: at its place the tree has the old value.
        let unplaced = std::mem::take(&mut problems.list);
        let mut changed = Scenario::read(&tree, "", &mut problems).unwrap_or_default();
        let is_readable = unplaced.is_empty() && problems.list.is_empty();
        if let Some(before) = before.filter(|_| is_readable) {
            changed = changed.tidied(before);
            changed.keep_looks(before, &lanes);
            let from: Vec<Option<usize>> =
                (0..changed.lanes.len()).map(|now| lanes.get(now).copied().flatten()).collect();
            // What an edit says of lanes that it adds stands as it is.
            if (0..before.lanes.len()).any(|was| from.get(was) != Some(&Some(was))) {
                changed.keep_spared(&from);
            }
        }
        match accept {
            Accept::Good => check::check(&changed, &tree, &mut problems),
            Accept::NoWorse if is_readable => {
                check::check(&changed, &tree, &mut problems);
                let old = before.and_then(|before| before.check().err());
                let old: Vec<Problem> = old.map(|error| error.problems).unwrap_or_default();
                let is_new = |p: &Problem| !old.iter().any(|old| old.field == p.field && old.reason == p.reason);
                problems.list.retain(is_new);
            }
            Accept::NoWorse | Accept::Readable => {}
        }
        problems.list.splice(0..0, unplaced);
        problems.finish(changed)
    }
}

fn read(tree: &Node) -> Option<Scenario> {
    let mut problems = Problems::default();
    Scenario::read(tree, "", &mut problems).filter(|_| problems.list.is_empty())
}

/// A lane whose strategies no other lane has, if there is one left.
fn new_lane(tree: &Node) -> Node {
    let word = |lane: &Node, field: &str| match lane.find(field).map(|node| &node.value) {
        Some(Value::Kind(word, _) | Value::Bare(word) | Value::Text(word)) => word.clone(),
        _ => String::new(),
    };
    let lanes = match tree.find("lane").map(|node| &node.value) {
        Some(Value::List(lanes)) => lanes.as_slice(),
        _ => &[],
    };
    // Those that are offered; when all are taken, the first again.
    let all = ["look-aside", "read-through", "none"]
        .into_iter()
        .flat_map(|read| ["write-back", "write-through", "write-around"].into_iter().map(move |write| (read, write)));
    let is_free = |(read, write): &(&str, &str)| {
        !lanes.iter().any(|lane| word(lane, "read") == *read && word(lane, "write") == *write)
    };
    let (read, write) = all.into_iter().find(is_free).unwrap_or(("look-aside", "write-back"));
    let field = |name: &str, word: &str| (name.to_owned(), Value::Bare(word.to_owned()).into());
    Value::Table(Fields::from([field("read", read), field("write", write)])).into()
}

fn new_fault(tree: &Node) -> Node {
    let duration = tree.find("duration").and_then(|node| Nanos::read(node, "", &mut Problems::default()));
    Fault::new(FaultKind::CacheCrash, Nanos(duration.unwrap_or_default().0 / 2)).show()
}

#[cfg(test)]
mod tests {
    use super::super::link;
    use super::*;
    use crate::scenario::Arrivals;

    fn value(text: &str) -> FieldValue {
        FieldValue::parse(text).unwrap()
    }

    fn set(path: &str, text: &str) -> Edit {
        Edit::set(path, value(text))
    }

    #[test]
    fn a_fault_goes_on_sparing_the_lanes_it_spared_whichever_goes() {
        let text =
            format!("{}[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\nspares = [1, 3]\n", "[[lane]]\n".repeat(4));
        let scenario = Scenario::from_toml(&text).unwrap();
        let without = |lane: usize| scenario.apply(&[Edit::remove(format!("lane.{lane}"))], Accept::Good).unwrap();
        let spared = [0, 1, 2, 3].map(|lane| without(lane).faults[0].spares.clone());
        assert_eq!(spared, [vec![0, 2], vec![2], vec![1, 2], vec![1]]);
        // What strikes nobody any more is no fault.
        let none = scenario.apply(&[Edit::remove("lane.2"), Edit::remove("lane.0")], Accept::Good).unwrap();
        assert_eq!((none.lanes.len(), none.faults.len()), (2, 0));
        let fewer = scenario.apply(&[set("lane.count", "2")], Accept::Good).unwrap();
        assert_eq!(fewer.faults[0].spares, [1]);
        assert_eq!(scenario.only(0).faults[0].spares, [0_u32; 0]);
    }

    #[test]
    fn a_value_of_a_type_is_put_where_its_text_would_be() {
        let scenario = Scenario::from_toml("[[lane]]\nwrite = \"write-back\"").unwrap();
        let typed = [
            ("seed", FieldValue::of(&7_u64)),
            ("cache.ttl", FieldValue::of(&Nanos::from_secs(5))),
            ("clients.write_ratio", FieldValue::of(&0.25)),
            ("app.cache_timeout", FieldValue::of(&Some(Nanos::from_secs(1)))),
            ("lane.0.name", FieldValue::text("a(b,c:d)~")),
            ("lane.0.write.coalesce", FieldValue::of(&false)),
            ("fault.0", FieldValue::of(&Fault::new(FaultKind::LinkSlow, Nanos::from_secs(3)))),
        ];
        for (path, value) in typed {
            let edit = Edit::set(path, value.clone());
            let written = scenario.drafted(path, &value.to_string());
            assert_eq!(scenario.apply(std::slice::from_ref(&edit), Accept::Readable), written, "{edit:?}");
            assert!(written.unwrap() != scenario, "{edit:?}");
        }
    }

    #[test]
    fn edits_are_applied_in_turn_and_all_or_none() {
        let two = [set("cache.shards", "3"), set("seed", "9")];
        let changed = Scenario::default().apply(&two, Accept::Good).unwrap();
        assert_eq!((changed.cache.shards, changed.seed), (3, 9));
        let error = Scenario::default().apply(&[set("seed", "9"), set("cache.shards", "x")], Accept::Readable);
        assert_eq!(error.unwrap_err().problems[0].field, "cache.shards");
    }

    #[test]
    fn lanes_and_faults_are_added_behind_those_that_are_there_and_taken_away_by_their_number() {
        let mut scenario = Scenario::default();
        for count in 2..5 {
            scenario = scenario.apply(&[Edit::Add(List::Lanes)], Accept::Good).unwrap();
            let mut titles: Vec<_> = scenario.lanes.iter().map(|lane| lane.title()).collect();
            titles.sort();
            titles.dedup();
            assert_eq!(titles.len(), count, "each is another one: {titles:?}");
        }
        let first = scenario.lanes[0].clone();
        let faults = [Edit::Add(List::Faults), Edit::Add(List::Faults), Edit::remove("lane.0")];
        let changed = scenario.apply(&faults, Accept::Good).unwrap();
        assert_eq!((changed.lanes.len(), changed.faults.len()), (3, 2));
        assert!(!changed.lanes.contains(&first));
        let gone = Edit::remove("lane.7");
        assert_eq!(changed.apply(&[gone], Accept::Good), Ok(changed.clone()), "there is none");
    }

    #[test]
    fn another_kind_keeps_the_options_that_both_have() {
        let scenario = Scenario::from_toml("[clients]\narrivals = { kind = \"poisson\", rate = 40 }").unwrap();
        let choose = |text: &str| {
            let edit = Edit::Choose { path: "clients.arrivals".into(), value: value(text) };
            scenario.apply(&[edit], Accept::Readable).unwrap().clients.arrivals
        };
        assert_eq!(choose("constant"), Arrivals::Constant { rate: 40.0 });
        assert_eq!(choose("constant(rate:7)"), Arrivals::Constant { rate: 7.0 });
    }

    #[test]
    fn another_strategy_has_its_usual_options() {
        let scenario = Scenario::from_toml("[[lane]]\nwrite = { kind = \"write-back\", every = \"9s\" }").unwrap();
        let around = scenario.apply(&[set("lane.0.write", "write-around")], Accept::Good).unwrap();
        let back = around.apply(&[set("lane.0.write", "write-back")], Accept::Good).unwrap();
        assert!(back.lanes[0].write.write_back().is_some_and(|how| how.every != Nanos::from_secs(9)));
    }

    #[test]
    fn what_an_edit_leaves_without_effect_goes_along_for_everybody() {
        let scenario = Scenario::from_toml("[cache]\nmemory = 50\npage_fault = \"1ms\"").unwrap();
        for accept in [Accept::Readable, Accept::NoWorse, Accept::Good] {
            assert_eq!(scenario.apply(&[set("cache.memory", "none")], accept), Ok(Scenario::default()));
        }
        assert_eq!(link::with(&scenario, &[("cache.memory", "none")]), Ok(Scenario::default()), "--set likewise");
    }

    #[test]
    fn a_value_is_read_the_way_people_write_it_wherever_it_stands() {
        for (path, text, plain) in [
            ("clients.write_ratio", "50%", "0.5"),
            ("clients.write_ratio", "0.7 %", "0.007"),
            ("lane.0.cache.ttl", "1min30s", "90s"),
            ("duration", "1h 5m", "65min"),
            ("cache.capacity", "64 MB", "64MB"),
            ("cache.capacity", "64kB", "64kB"),
        ] {
            let want = Scenario::default().apply(&[set(path, plain)], Accept::Readable);
            assert!(want.is_ok(), "{path}");
            assert_eq!(Scenario::default().apply(&[set(path, text)], Accept::Readable), want, "{text} in a control");
            assert_eq!(
                link::with(&Scenario::default(), &[(path, text)]),
                Scenario::default().apply(&[set(path, plain)], Accept::Good),
                "--set {path}={text}"
            );
        }
        let file = Scenario::from_toml("duration = \"1min 30s\"\n[clients]\nwrite_ratio = \"12.5 %\"").unwrap();
        assert_eq!((file.duration, file.clients.write_ratio), (Nanos::from_secs(90), 0.125));
        for (path, text) in
            [("clients.write_ratio", "150%"), ("clients.arrivals.rate", "50%"), ("clients.write_ratio", "%")]
        {
            let error = Scenario::default().apply(&[set(path, text)], Accept::Good).unwrap_err();
            assert_eq!(error.problems[0].field, path, "{text}");
        }
    }

    #[test]
    fn everybody_is_told_the_same() {
        for (path, text) in [("cache.shards", "many"), ("cache.ttl", "5 parsecs"), ("seed", "1,000"), ("cache.x", "1")]
        {
            let control = Scenario::default().apply(&[set(path, text)], Accept::Readable).unwrap_err();
            let all_fields = Scenario::default().edited(path, text).unwrap_err();
            let command_line = link::with(&Scenario::default(), &[(path, text)]).unwrap_err();
            assert_eq!((&control, &all_fields), (&command_line, &command_line));
        }
    }
}
