//! Values, as far as commands can tell them apart: of what kind they are, and which elements they have.
//!
//! Of a text nothing is kept. Of lists, sets, hashes and sorted sets the elements are, since a value that loses its last
//! one is gone. A long element is kept as its beginning and a fingerprint of all of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::elements::{End, Limit, Member, Range, ScoresHow, Scoring, Text};
use crate::slots::Slots;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, or a number.
    Text(Text),
    /// A list.
    List(Box<List>),
    /// A set.
    Set(Box<Set>),
    /// A hash: its fields.
    Hash(Box<Set>),
    /// A sorted set.
    Sorted(Box<Sorted>),
    /// A stream. It stays when it is empty.
    Stream,
    /// One of which only this is known: it is there.
    Unknown,
}

impl Value {
    /// What its elements take in memory, about.
    pub fn element_bytes(&self) -> u64 {
        match self {
            Value::Text(_) | Value::Stream | Value::Unknown => 0,
            Value::List(list) => list.bytes,
            Value::Set(set) | Value::Hash(set) => set.bytes,
            Value::Sorted(sorted) => sorted.bytes,
        }
    }

    /// How many elements it has, as far as that is known.
    pub fn len(&self) -> u64 {
        match self {
            Value::Text(_) | Value::Stream | Value::Unknown => 0,
            Value::List(list) => list.elements.len() as u64,
            Value::Set(set) | Value::Hash(set) => set.members.len() as u64,
            Value::Sorted(sorted) => sorted.scores.len() as u64,
        }
    }

    /// Whether it is surely a value without elements, which is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(_) | Value::Stream | Value::Unknown => false,
            Value::List(list) => list.elements.is_empty(),
            Value::Set(set) | Value::Hash(set) => set.most == 0,
            Value::Sorted(sorted) => sorted.scores.is_empty(),
        }
    }
}

/// A list's elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    elements: VecDeque<Member>,
    bytes: u64,
}

impl List {
    /// A list of these.
    pub fn of(elements: impl IntoIterator<Item = Member>) -> List {
        let mut list = List::default();
        elements.into_iter().for_each(|element| list.push(End::Last, element));
        list
    }

    /// The elements in order.
    pub fn elements(&self) -> impl Iterator<Item = &Member> {
        self.elements.iter()
    }

    /// Adds one.
    pub fn push(&mut self, end: End, element: Member) {
        self.bytes += element.weight();
        match end {
            End::First => self.elements.push_front(element),
            End::Last => self.elements.push_back(element),
        }
    }

    /// Takes one off.
    pub fn pop(&mut self, from: End) -> Option<Member> {
        let popped = match from {
            End::First => self.elements.pop_front(),
            End::Last => self.elements.pop_back(),
        };
        self.bytes -= popped.as_ref().map_or(0, Member::weight);
        popped
    }

    /// Puts one beside the first that is equal to `pivot`; false where there is none.
    pub fn insert(&mut self, pivot: &Member, after: bool, element: Member) -> bool {
        let Some(place) = self.elements.iter().position(|other| other == pivot) else { return false };
        self.bytes += element.weight();
        self.elements.insert(place + usize::from(after), element);
        true
    }

    /// Puts one in the place of another; false where there is no such place.
    pub fn set(&mut self, index: i64, element: Member) -> bool {
        let place = if index < 0 { index.saturating_add(self.elements.len() as i64) } else { index };
        let Some(old) = usize::try_from(place).ok().and_then(|place| self.elements.get_mut(place)) else {
            return false;
        };
        self.bytes = self.bytes - old.weight() + element.weight();
        *old = element;
        true
    }

    /// Takes so many equal ones out: the first, the last if negative, all if 0. Gives how many.
    pub fn remove_equal(&mut self, element: &Member, count: i64) -> u64 {
        let equal = self.elements.iter().filter(|&other| other == element).count() as u64;
        let removed = if count == 0 { equal } else { equal.min(count.unsigned_abs()) };
        // Those before the first to go stay, or those after the last.
        let mut staying = if count < 0 { equal - removed } else { 0 };
        let mut going = removed;
        self.elements.retain(|other| {
            if other != element || going == 0 {
                return true;
            }
            if staying > 0 {
                staying -= 1;
                return true;
            }
            going -= 1;
            false
        });
        self.bytes -= removed * element.weight();
        removed
    }

    /// Keeps those from one place to another.
    pub fn trim(&mut self, start: i64, stop: i64) {
        let kept = places(start, stop, self.elements.len());
        let cut = self.elements.drain(kept.end..).map(|element| element.weight()).sum::<u64>();
        self.bytes -= cut + self.elements.drain(..kept.start).map(|element| element.weight()).sum::<u64>();
    }
}

/// The places from `start` to `stop`, both included and negative ones counted from the end, of so many.
fn places(start: i64, stop: i64, length: usize) -> std::ops::Range<usize> {
    let from_end = |place: i64| if place < 0 { place.saturating_add(length as i64) } else { place };
    let (start, stop) = (from_end(start).max(0), from_end(stop).min(length as i64 - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

/// A set's members, or a hash's fields. After some were taken out of which nobody knows the names, the members are those
/// that may be there, and only bounds of their number are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set {
    members: BTreeSet<Member>,
    least: u64,
    most: u64,
    bytes: u64,
}

impl Set {
    /// A set of these.
    pub fn of(members: impl IntoIterator<Item = Member>) -> Set {
        let mut set = Set::default();
        members.into_iter().for_each(|member| {
            set.add(member);
        });
        set
    }

    /// The members; `None` where it is not known which are there.
    pub fn members(&self) -> Option<&BTreeSet<Member>> {
        (self.least == self.members.len() as u64).then_some(&self.members)
    }

    /// How many there are at most.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// Whether it may be empty, and may not.
    pub fn is_doubtful(&self) -> bool {
        self.least == 0 && self.most > 0
    }

    /// Adds a member; whether it may be new.
    pub fn add(&mut self, member: Member) -> bool {
        let weight = member.weight();
        if self.members.insert(member) {
            (self.least, self.most, self.bytes) = (self.least + 1, self.most + 1, self.bytes + weight);
            return true;
        }
        let doubtful = self.most < self.members.len() as u64;
        self.most += u64::from(doubtful);
        self.least = self.least.max(1);
        doubtful
    }

    /// Takes a member out; whether it may have been there.
    pub fn remove(&mut self, member: &Member) -> bool {
        if !self.members.remove(member) {
            return false;
        }
        self.bytes -= member.weight();
        let others = self.members.len() as u64;
        // If all are known to be there, this one was.
        let sure = self.least == others + 1;
        self.least = self.least.saturating_sub(1);
        self.most = if sure { self.most - 1 } else { self.most }.min(others);
        true
    }

    /// Takes so many out, whichever.
    pub fn pop_any(&mut self, count: u64) {
        self.least = self.least.saturating_sub(count);
        self.most = self.most.saturating_sub(count);
    }

    /// Whether `member` is there; `None` where that is not known.
    pub fn has(&self, member: &Member) -> Option<bool> {
        if !self.members.contains(member) {
            return Some(false);
        }
        self.members().map(|_| true)
    }
}

/// A score: the order of numbers; there is no NaN, and one zero.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Score(f64);

impl Score {
    fn new(score: f64) -> Score {
        Score(if score == 0.0 { 0.0 } else { score })
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Score) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Score) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// A sorted set: its members by score, those of equal scores by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted {
    scores: BTreeMap<Member, Score>,
    order: BTreeSet<(Score, Member)>,
    bytes: u64,
    /// Some scores are not known.
    blurred: bool,
    /// How often a score was given that was another one before.
    changes: u64,
}

impl Sorted {
    /// The members with their scores, in order.
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = (f64, &Member)> {
        self.order.iter().map(|(score, member)| (score.0, member))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Whether all scores are known.
    pub fn is_known(&self) -> bool {
        !self.blurred
    }

    /// From here on, not all scores are known.
    pub fn blur(&mut self) {
        self.blurred = true;
    }

    /// How often a member was given a score that it had not.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The score of `member`.
    pub fn score(&self, member: &Member) -> Option<f64> {
        self.scores.get(member).map(|score| score.0)
    }

    /// Gives a member this score.
    pub fn put(&mut self, member: Member, score: f64) {
        let score = Score::new(score);
        if self.scores.get(&member) == Some(&score) {
            return;
        }
        self.changes += 1;
        // A member stands in two places.
        match self.scores.insert(member.clone(), score) {
            Some(old) => {
                self.order.remove(&(old, member.clone()));
            }
            None => self.bytes += 2 * member.weight(),
        }
        self.order.insert((score, member));
    }

    /// Adds a member or changes its score, as told. False where no number would come of it: the command ends there.
    pub fn add(&mut self, member: &Member, scoring: Scoring, how: ScoresHow) -> bool {
        let old = self.score(member);
        if old.is_some() && how.only_new || old.is_none() && how.only_old {
            return true;
        }
        let new = match scoring {
            Scoring::Is(score) => score,
            Scoring::More(more) => old.unwrap_or(0.0) + more,
            Scoring::Unknown => {
                self.blur();
                0.0
            }
        };
        if new.is_nan() {
            return false;
        }
        let kept = old.is_some_and(|old| how.only_greater && new <= old || how.only_less && new >= old);
        if !kept {
            self.put(member.clone(), new);
        }
        true
    }

    /// Takes a member out; whether it was there.
    pub fn remove(&mut self, member: &Member) -> bool {
        let Some(score) = self.scores.remove(member) else { return false };
        self.order.remove(&(score, member.clone()));
        self.bytes -= 2 * member.weight();
        true
    }

    /// Takes the least or the greatest out.
    pub fn pop(&mut self, from: End) -> bool {
        let member = match from {
            End::First => self.order.first(),
            End::Last => self.order.last(),
        };
        let member = member.map(|(_, member)| member.clone());
        member.is_some_and(|member| self.remove(&member))
    }

    /// The members of a range, in order.
    pub fn range(&self, range: &Range) -> Vec<(f64, Member)> {
        let copied = |(score, member): &(Score, Member)| (score.0, member.clone());
        match range {
            Range::Ranks { start, stop } => {
                let (length, places) = (self.order.len(), places(*start, *stop, self.order.len()));
                if places.start <= length / 2 {
                    return self.order.iter().skip(places.start).take(places.len()).map(copied).collect();
                }
                let back = self.order.iter().rev().skip(length - places.end).take(places.len()).map(copied);
                back.collect::<Vec<_>>().into_iter().rev().collect()
            }
            Range::Scores { min, max } => {
                let above = |score: f64| within(&score, min, &Limit::Greatest);
                let below = |score: f64| within(&score, &Limit::Least, max);
                let first = match min {
                    Limit::With(min) | Limit::Without(min) => Score::new(*min),
                    Limit::Least | Limit::Greatest => Score(f64::NEG_INFINITY),
                };
                let from = self.order.range((first, Member::new(b""))..);
                from.skip_while(|(score, _)| !above(score.0))
                    .take_while(|(score, _)| below(score.0))
                    .map(copied)
                    .collect()
            }
            Range::Names { min, max } => {
                let above = |name: &Member| within(name, min, &Limit::Greatest);
                let below = |name: &Member| within(name, &Limit::Least, max);
                let first = match (self.order.first(), self.order.last(), min) {
                    (Some((first, _)), Some((last, _)), Limit::With(min) | Limit::Without(min)) if first == last => {
                        (*first, min.clone())
                    }
                    _ => (Score(f64::NEG_INFINITY), Member::new(b"")),
                };
                let from = self.order.range(first..);
                from.skip_while(|(_, name)| !above(name)).take_while(|(_, name)| below(name)).map(copied).collect()
            }
        }
    }
}

/// Whether something lies in a range.
fn within<T: PartialOrd>(what: &T, min: &Limit<T>, max: &Limit<T>) -> bool {
    let above = match min {
        Limit::Least => true,
        Limit::Greatest => false,
        Limit::With(min) => what >= min,
        Limit::Without(min) => what > min,
    };
    let below = match max {
        Limit::Least => false,
        Limit::Greatest => true,
        Limit::With(max) => what <= max,
        Limit::Without(max) => what < max,
    };
    above && below
}

/// Values by handle. Those without elements need no place.
#[derive(Clone, Debug, Default)]
pub struct Values {
    places: Slots<Value>,
    bytes: u64,
}

static PLAIN: [Value; 5] =
    [Value::Text(Text::Plain), Value::Unknown, Value::Stream, Value::Text(Text::Empty), Value::Text(Text::Sketch)];

impl Values {
    /// The handle of a text.
    pub const TEXT: u32 = 0;
    /// The handle of a value of which nothing is known.
    pub const UNKNOWN: u32 = 1;

    /// Keeps a value; its handle.
    pub fn add(&mut self, value: Value) -> u32 {
        if let Some(handle) = PLAIN.iter().position(|plain| *plain == value) {
            return handle as u32;
        }
        self.bytes += value.element_bytes();
        self.places.insert(value) + PLAIN.len() as u32
    }

    /// The value of a handle.
    pub fn get(&self, handle: u32) -> &Value {
        match PLAIN.get(handle as usize) {
            Some(plain) => plain,
            None => &self.places[handle - PLAIN.len() as u32],
        }
    }

    /// Gives a value back, whose handle means nothing any more.
    pub fn take(&mut self, handle: u32) -> Value {
        if let Some(plain) = PLAIN.get(handle as usize) {
            return plain.clone();
        }
        let place = handle - PLAIN.len() as u32;
        let value = std::mem::replace(&mut self.places[place], Value::Unknown);
        self.bytes -= value.element_bytes();
        self.places.free(place);
        value
    }

    /// Gives a value back that nobody will look at.
    #[inline]
    pub fn release(&mut self, handle: u32) {
        if handle as usize >= PLAIN.len() {
            self.take(handle);
        }
    }

    /// What all elements take in memory, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
