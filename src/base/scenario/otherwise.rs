//! What one lane has otherwise than the scenario says for all: a few fields of a part, such as `cache = { ttl = "10s" }`.

use std::marker::PhantomData;

use super::field::{Field, Plain, Record, Takes, table};
use super::node::{Fields, Node, Value};
use super::problem::Problems;

/// Some fields of the part `T`, laid over the scenario's own.
///
/// ```
/// use cachelane::scenario::Scenario;
/// let text = "[cache]\ncapacity = 7\n[[lane]]\n[[lane]]\ncache = { ttl = \"10s\" }";
/// let scenario = Scenario::from_toml(text).unwrap();
/// let (first, second) = (scenario.for_lane(0).cache, scenario.for_lane(1).cache);
/// assert_eq!((first.capacity, second.capacity), (7.into(), 7.into()));
/// assert!(first.ttl != second.ttl);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Otherwise<T> {
    /// The fields given, as `T` shows them.
    given: Fields,
    part: PhantomData<T>,
}

impl<T> Default for Otherwise<T> {
    fn default() -> Otherwise<T> {
        Otherwise { given: Fields::new(), part: PhantomData }
    }
}

impl<T> Otherwise<T> {
    /// Whether nothing is otherwise.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Each field given, by its dotted path within the part, with its value as TOML writes it.
    pub fn told(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        tell(&mut told, "", &self.given);
        told
    }
}

fn tell(told: &mut Vec<(String, String)>, at: &str, fields: &Fields) {
    for (name, node) in fields {
        let path = super::node::join(at, name);
        match &node.value {
            Value::Table(inner) => tell(told, &path, inner),
            _ => told.push((path, super::text::inline(node))),
        }
    }
}

#[allow(private_bounds, reason = "only scenario parts have fields, and only this room knows how they are read")]
impl<T: Record> Otherwise<T> {
    /// What must be laid over `part` to give `wanted`.
    pub(super) fn between(part: &T, wanted: &T) -> Otherwise<T> {
        Otherwise { given: differing(&part.show_fields(), wanted.show_fields()), part: PhantomData }
    }

    /// `part` with the fields given laid over it.
    pub(super) fn over(&self, part: &T) -> T
    where
        T: Clone,
    {
        if self.is_empty() {
            return part.clone();
        }
        let mut fields = part.show_fields();
        overlay(&mut fields, &self.given);
        // What was given has been read before, so there is nothing to complain about.
        T::read_fields(&fields, "", &mut Problems::default())
    }
}

fn overlay(fields: &mut Fields, given: &Fields) {
    for (name, node) in given {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, Node { value: Value::Table(inner), .. })) if matches!(node.value, Value::Table(_)) => {
                overlay(inner, node.fields().expect("a table has fields"));
            }
            Some((_, known)) => *known = node.clone(),
            None => fields.push((name.clone(), node.clone())),
        }
    }
}

/// Of what a part shows, the fields that are not what stands in `common`.
fn differing(common: &Fields, wanted: Fields) -> Fields {
    let differ = wanted.into_iter().filter_map(|(name, node)| {
        let there = common.iter().find(|(known, _)| *known == name).map(|(_, node)| node);
        if there == Some(&node) {
            return None;
        }
        let value = match (node.value, there.map(|node| &node.value)) {
            (Value::Table(inner), Some(Value::Table(common))) => Value::Table(differing(common, inner)),
            (value, _) => value,
        };
        Some((name, Node::from(value)))
    });
    differ.collect()
}

/// Of what a part shows, the fields that were given.
fn pick(shown: Fields, given: &Fields) -> Fields {
    let picked = shown.into_iter().filter_map(|(name, node)| {
        let (_, by) = given.iter().find(|(known, _)| *known == name)?;
        let value = match (node.value, by.fields()) {
            (Value::Table(inner), Some(given)) => Value::Table(pick(inner, given)),
            (value, _) => value,
        };
        Some((name, Node::from(value)))
    });
    picked.collect()
}

impl<T: Record> Field for Otherwise<T> {
    fn show(&self) -> Node {
        Value::Table(self.given.clone()).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Otherwise<T>> {
        let fields = table(node, at, problems)?;
        let part = T::read_fields(fields, at, problems);
        Some(Otherwise { given: pick(part.show_fields(), fields), part: PhantomData })
    }

    fn takes() -> Takes {
        Takes::Value(Plain::OfSection)
    }
}
