//! What a command does to the elements of one value.

use super::command::Elements;
use super::elements::{Member, Range, ScoresHow, Scoring, Text};
use super::value::{List, Set, Sorted, Value};

/// What a command did with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Nothing,
    Changed,
    /// It is not known whether elements are left.
    Doubtful,
}

/// The value that comes into being where there is none.
pub(super) fn first(what: &Elements) -> Option<Value> {
    Some(match what {
        Elements::Push { only_if_present: true, .. } | Elements::Stream { creates: false } => return None,
        Elements::Push { end, elements, .. } => {
            let mut list = List::default();
            elements.iter().for_each(|element| list.push(*end, element.clone()));
            Value::List(Box::new(list))
        }
        Elements::Add(members) => Value::Set(Box::new(Set::of(members.iter().cloned()))),
        Elements::Fields(fields) => Value::Hash(Box::new(Set::of(fields.iter().cloned()))),
        Elements::Scores { scores, how } => {
            let mut sorted = Sorted::default();
            scores.iter().all(|(scoring, member)| sorted.add(member, *scoring, *how));
            Value::Sorted(Box::new(sorted))
        }
        Elements::Stream { creates: true } => Value::Stream,
        Elements::Sketch => Value::Text(Text::Sketch),
        Elements::Insert { .. }
        | Elements::Set { .. }
        | Elements::RemoveEqual { .. }
        | Elements::Trim { .. }
        | Elements::Pop { .. }
        | Elements::PopFirst { .. }
        | Elements::Move { .. }
        | Elements::Remove(_)
        | Elements::PopAny { .. }
        | Elements::MoveMember { .. }
        | Elements::RemoveFields(_)
        | Elements::RemoveSorted(_)
        | Elements::RemoveRange(_) => return None,
    })
}

/// How many elements a command goes through, where it is more than those that it names and takes away.
pub(super) fn steps(value: &Value, what: &Elements) -> u64 {
    match (value, what) {
        (Value::List(_), Elements::Insert { .. } | Elements::RemoveEqual { .. }) => value.len(),
        (Value::Sorted(_), Elements::RemoveRange(Range::Ranks { start, .. })) => {
            let from_either_end = if *start < 0 { start.unsigned_abs() } else { *start as u64 };
            from_either_end.min(value.len())
        }
        _ => 0,
    }
}

/// Changes a value in hand. One of another kind stays as it is.
pub(super) fn change(value: &mut Value, what: &Elements) -> Done {
    let changed = |done: bool| if done { Done::Changed } else { Done::Nothing };
    match (value, what) {
        (Value::Unknown, _) => change_unknown(what),
        (Value::List(list), Elements::Push { end, elements, .. }) => {
            elements.iter().for_each(|element| list.push(*end, element.clone()));
            Done::Changed
        }
        (Value::List(list), Elements::Insert { pivot, after, element }) => {
            changed(list.insert(pivot, *after, element.clone()))
        }
        (Value::List(list), Elements::Set { index, element }) => changed(list.set(*index, element.clone())),
        (Value::List(list), Elements::RemoveEqual { element, count }) => {
            changed(list.remove_equal(element, *count) > 0)
        }
        (Value::List(list), Elements::Trim { start, stop }) => {
            list.trim(*start, *stop);
            Done::Changed
        }
        (Value::List(list), Elements::Pop { from, count, sorted: false }) => {
            changed((0..*count).take_while(|_| list.pop(*from).is_some()).count() > 0)
        }
        (Value::Sorted(set), Elements::Pop { from, count, sorted: true }) => {
            changed((0..*count).take_while(|_| set.pop(*from)).count() > 0)
        }
        (Value::Set(set), Elements::Add(members)) => changed(add_members(set, members)),
        (Value::Hash(set), Elements::Fields(members)) => set_fields(set, members),
        (Value::Set(set), Elements::Remove(members)) | (Value::Hash(set), Elements::RemoveFields(members)) => {
            remove_members(set, members)
        }
        (Value::Set(set), Elements::PopAny { count, .. }) => pop_any(set, *count),
        (Value::Sorted(sorted), Elements::Scores { scores, how }) => changed(add_scores(sorted, scores, *how)),
        (Value::Sorted(sorted), Elements::RemoveSorted(members)) => {
            changed(members.iter().filter(|member| sorted.remove(member)).count() > 0)
        }
        (Value::Sorted(sorted), Elements::RemoveRange(range)) => remove_range(sorted, range),
        (Value::Stream, Elements::Stream { .. }) | (Value::Text(Text::Sketch), Elements::Sketch) => Done::Changed,
        (
            Value::Text(_) | Value::List(_) | Value::Set(_) | Value::Hash(_) | Value::Sorted(_) | Value::Stream,
            Elements::Push { .. }
            | Elements::Insert { .. }
            | Elements::Set { .. }
            | Elements::RemoveEqual { .. }
            | Elements::Trim { .. }
            | Elements::Pop { .. }
            | Elements::PopFirst { .. }
            | Elements::Move { .. }
            | Elements::Add(_)
            | Elements::Remove(_)
            | Elements::PopAny { .. }
            | Elements::MoveMember { .. }
            | Elements::Fields(_)
            | Elements::RemoveFields(_)
            | Elements::Scores { .. }
            | Elements::RemoveSorted(_)
            | Elements::RemoveRange(_)
            | Elements::Sketch
            | Elements::Stream { .. },
        ) => Done::Nothing,
    }
}

/// Whether one of them was not there.
fn add_members(set: &mut Set, members: &[Member]) -> bool {
    members.iter().filter(|member| set.add((*member).clone())).count() > 0
}

/// A field that is there gets another value.
fn set_fields(fields: &mut Set, members: &[Member]) -> Done {
    add_members(fields, members);
    Done::Changed
}

fn remove_members(set: &mut Set, members: &[Member]) -> Done {
    let removed = members.iter().filter(|member| set.remove(member)).count();
    taken_out(set, removed as u64)
}

fn pop_any(set: &mut Set, count: u64) -> Done {
    set.pop_any(count);
    taken_out(set, count)
}

/// What it means that so many were taken out of a set.
fn taken_out(set: &Set, count: u64) -> Done {
    match count {
        0 => Done::Nothing,
        _ if set.is_doubtful() => Done::Doubtful,
        _ => Done::Changed,
    }
}

/// Whether a score was added or changed.
fn add_scores(sorted: &mut Sorted, scores: &[(Scoring, Member)], how: ScoresHow) -> bool {
    let before = sorted.changes();
    scores.iter().all(|(scoring, member)| sorted.add(member, *scoring, how));
    sorted.changes() > before
}

/// What a command does to a value of which nothing is known: one that takes elements away may have taken the last.
fn change_unknown(what: &Elements) -> Done {
    match what {
        Elements::RemoveEqual { .. }
        | Elements::Trim { .. }
        | Elements::Pop { .. }
        | Elements::PopFirst { .. }
        | Elements::Move { .. }
        | Elements::Remove(_)
        | Elements::PopAny { .. }
        | Elements::MoveMember { .. }
        | Elements::RemoveFields(_)
        | Elements::RemoveSorted(_)
        | Elements::RemoveRange(_) => Done::Doubtful,
        Elements::Push { .. }
        | Elements::Insert { .. }
        | Elements::Set { .. }
        | Elements::Add(_)
        | Elements::Fields(_)
        | Elements::Scores { .. }
        | Elements::Sketch
        | Elements::Stream { .. } => Done::Changed,
    }
}

fn remove_range(sorted: &mut Sorted, range: &Range) -> Done {
    if !sorted.is_known() && matches!(range, Range::Scores { .. }) {
        return Done::Doubtful;
    }
    let going = sorted.range(range);
    going.iter().for_each(|(_, member)| {
        sorted.remove(member);
    });
    if going.is_empty() { Done::Nothing } else { Done::Changed }
}
