//! Values made from other values: `SUNIONSTORE`, `ZUNIONSTORE`, `ZRANGESTORE`, `BITOP`, `SORT … STORE` and their like.
//! Redis, `t_set.c`, `t_zset.c`, `sort.c`, `bitops.c`.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::command::{Aggregate, Combining, SetOperation, Sort};
use super::elements::{Member, Range, Text};
use super::value::{List, Set, Sorted, Value};

/// What comes of the sources.
pub(super) enum Outcome {
    /// This value.
    Made(Value),
    /// Nothing: what stood there goes.
    Nothing,
    /// Something that is not known, or nothing.
    Doubtful,
    /// The command is refused.
    Refused,
}

/// Whether a source is of the right kind.
pub(super) fn fits(value: &Value, how: &Combining) -> bool {
    matches!(
        (value, how),
        (Value::Unknown, _)
            | (Value::Set(_), Combining::Sets(_))
            | (Value::Set(_) | Value::Sorted(_), Combining::SortedSets { .. })
            | (Value::Sorted(_), Combining::Range { .. } | Combining::Unknown)
            | (Value::Text(_), Combining::Text)
            | (Value::Text(Text::Sketch), Combining::Merged)
            | (Value::List(_) | Value::Set(_) | Value::Sorted(_), Combining::Sort(_) | Combining::Unknown)
    )
}

/// What comes of the sources, each a value where one was found.
pub(super) fn made(sources: &[Option<Value>], how: &Combining) -> Outcome {
    let some = sources.iter().any(Option::is_some);
    let known = !sources.iter().flatten().any(|value| *value == Value::Unknown);
    let made = match how {
        Combining::Text if sources.iter().flatten().any(has_bytes) => return Outcome::Made(Value::Text(Text::Plain)),
        Combining::Text if known => None,
        Combining::Merged => return Outcome::Made(Value::Text(Text::Sketch)),
        Combining::Sort(sort) if known => return sorted_list(sources, sort),
        Combining::Sets(operation) if known => sets(sources, *operation).map(|set| Value::Set(Box::new(set))),
        Combining::SortedSets { operation, weights, aggregate } if known => {
            sorted_sets(sources, *operation, weights, *aggregate).map(|sorted| Value::Sorted(Box::new(sorted)))
        }
        Combining::Range { range, reverse, skip, most } if known => match sources.first() {
            Some(Some(Value::Sorted(sorted))) if sorted.is_known() => {
                let mut members = match range {
                    // Places count from the other end there; `!` turns place 0 into −1 and back.
                    Range::Ranks { start, stop } if *reverse => {
                        sorted.range(&Range::Ranks { start: !stop, stop: !start })
                    }
                    _ => sorted.range(range),
                };
                if *reverse {
                    members.reverse();
                }
                let skip = usize::try_from(*skip).unwrap_or(usize::MAX);
                let most = usize::try_from(*most).unwrap_or(usize::MAX);
                let mut part = Sorted::default();
                members.into_iter().skip(skip).take(most).for_each(|(score, member)| part.put(member, score));
                Some(Value::Sorted(Box::new(part)))
            }
            Some(Some(_)) => return Outcome::Doubtful,
            _ => None,
        },
        _ if some => return Outcome::Doubtful,
        _ => None,
    };
    match made {
        Some(value) if !value.is_empty() => Outcome::Made(value),
        Some(_) | None if known_members(sources) => Outcome::Nothing,
        Some(_) | None => Outcome::Doubtful,
    }
}

/// Whether a value is surely a text that is not empty.
fn has_bytes(value: &Value) -> bool {
    matches!(value, Value::Text(Text::Plain | Text::Sketch))
}

/// Whether the members of all sets are known.
fn known_members(sources: &[Option<Value>]) -> bool {
    sources.iter().flatten().all(|value| match value {
        Value::Set(set) | Value::Hash(set) => set.members().is_some(),
        Value::Sorted(_) | Value::List(_) | Value::Text(_) | Value::Stream => true,
        Value::Unknown => false,
    })
}

/// `None` where nothing comes of it, or members are not known.
fn sets(sources: &[Option<Value>], operation: SetOperation) -> Option<Set> {
    let none = BTreeSet::new();
    let members: Vec<&BTreeSet<Member>> = sources
        .iter()
        .map(|source| match source {
            Some(Value::Set(set)) => set.members(),
            _ => Some(&none),
        })
        .collect::<Option<_>>()?;
    let (first, others) = members.split_first()?;
    let made: BTreeSet<Member> = match operation {
        SetOperation::Union => members.iter().flat_map(|set| set.iter().cloned()).collect(),
        SetOperation::Intersection => {
            first.iter().filter(|member| others.iter().all(|set| set.contains(*member))).cloned().collect()
        }
        SetOperation::Difference => {
            first.iter().filter(|member| !others.iter().any(|set| set.contains(*member))).cloned().collect()
        }
    };
    Some(Set::of(made))
}

/// The members of a set or sorted set with their scores, each 1 in a set; `None` where they are not known.
fn scored(source: Option<&Value>) -> Option<Vec<(Member, f64)>> {
    match source {
        Some(Value::Sorted(sorted)) => Some(sorted.in_order().map(|(score, member)| (member.clone(), score)).collect()),
        Some(Value::Set(set)) => Some(set.members()?.iter().map(|member| (member.clone(), 1.0)).collect()),
        _ => Some(Vec::new()),
    }
}

fn sorted_sets(
    sources: &[Option<Value>],
    operation: SetOperation,
    weights: &[f64],
    aggregate: Aggregate,
) -> Option<Sorted> {
    let number = |score: f64| if score.is_nan() { 0.0 } else { score };
    let mut made = Sorted::default();
    for (place, source) in sources.iter().enumerate() {
        if matches!(source, Some(Value::Sorted(sorted)) if !sorted.is_known()) {
            made.blur();
        }
        let weight = weights.get(place).copied().unwrap_or(1.0);
        let members = scored(source.as_ref())?;
        match operation {
            SetOperation::Difference if place > 0 => members.iter().for_each(|(member, _)| {
                made.remove(member);
            }),
            SetOperation::Intersection if place > 0 => {
                let mut both = Sorted::default();
                for (member, score) in members {
                    if let Some(old) = made.score(&member) {
                        both.put(member, aggregated(old, number(score * weight), aggregate));
                    }
                }
                if !made.is_known() {
                    both.blur();
                }
                made = both;
            }
            SetOperation::Union | SetOperation::Intersection | SetOperation::Difference => {
                for (member, score) in members {
                    let score = number(score * weight);
                    let old = made.score(&member);
                    made.put(member, old.map_or(score, |old| aggregated(old, score, aggregate)));
                }
            }
        }
    }
    Some(made)
}

fn aggregated(a: f64, b: f64, aggregate: Aggregate) -> f64 {
    match aggregate {
        // Infinity less infinity is nothing there.
        Aggregate::Sum if (a + b).is_nan() => 0.0,
        Aggregate::Sum => a + b,
        Aggregate::Least => a.min(b),
        Aggregate::Greatest => a.max(b),
    }
}

fn sorted_list(sources: &[Option<Value>], sort: &Sort) -> Outcome {
    let (mut elements, alpha): (Vec<Member>, bool) = match sources.first() {
        Some(Some(Value::List(list))) => (list.elements().cloned().collect(), sort.alpha),
        Some(Some(Value::Set(set))) => match set.members() {
            Some(members) => (members.iter().cloned().collect(), sort.alpha || sort.unsorted),
            None => return Outcome::Doubtful,
        },
        Some(Some(Value::Sorted(sorted))) => {
            (sorted.in_order().map(|(_, member)| member.clone()).collect(), sort.alpha)
        }
        _ => return Outcome::Nothing,
    };
    let is_set = matches!(sources.first(), Some(Some(Value::Set(_))));
    if sort.unsorted && !is_set {
        if sort.descending && matches!(sources.first(), Some(Some(Value::Sorted(_)))) {
            elements.reverse();
        }
    } else if alpha {
        elements.sort();
    } else {
        let number =
            |member: &Member| std::str::from_utf8(member.bytes()).ok()?.parse().ok().filter(|n: &f64| !n.is_nan());
        let Some(numbers) = elements.iter().map(number).collect::<Option<Vec<f64>>>() else { return Outcome::Refused };
        let mut both: Vec<(f64, Member)> = numbers.into_iter().zip(elements).collect();
        both.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then_with(|| a.1.cmp(&b.1)));
        elements = both.into_iter().map(|(_, member)| member).collect();
    }
    if sort.descending && (is_set || !sort.unsorted) {
        elements.reverse();
    }
    let skip = usize::try_from(sort.skip).unwrap_or(0);
    let most = usize::try_from(sort.most).unwrap_or(usize::MAX);
    let list = List::of(elements.into_iter().skip(skip).take(most));
    let value = Value::List(Box::new(list));
    if value.is_empty() { Outcome::Nothing } else { Outcome::Made(value) }
}
