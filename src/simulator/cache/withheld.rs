//! Answers that a freeze caught before they had left their node.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::CallId;
use crate::time::Nanos;
use crate::work;

/// An answer that a freeze caught before it had left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Withheld {
    pub(super) call: CallId,
    pub(super) shard: u32,
    /// Whether the freeze goes on.
    pub(super) frozen: bool,
    /// When the answer would have reached its caller, if that moment has passed.
    pub(super) came: Option<Nanos>,
    /// By how much it is late.
    pub(super) delay: Nanos,
}

/// The answers of all nodes that a freeze caught, in the order of a list in which the last takes the place of one that
/// leaves. Whoever leaves is found without going over the others.
#[derive(Debug, Default)]
pub(super) struct WithheldAnswers {
    by_place: BTreeMap<u64, Withheld>,
    place_of: BTreeMap<CallId, u64>,
    of_shard: BTreeSet<(u32, u64)>,
    next: u64,
}

impl WithheldAnswers {
    /// Whether there is none.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.by_place.is_empty()
    }

    pub(super) fn get_mut(&mut self, call: CallId) -> Option<&mut Withheld> {
        self.by_place.get_mut(self.place_of.get(&call)?)
    }

    fn put(&mut self, place: u64, answer: Withheld) {
        self.place_of.insert(answer.call, place);
        self.of_shard.insert((answer.shard, place));
        self.by_place.insert(place, answer);
    }

    pub(super) fn push(&mut self, answer: Withheld) {
        self.next += 1;
        self.put(self.next, answer);
    }

    fn take(&mut self, place: u64) -> Withheld {
        let answer = self.by_place.remove(&place).expect("a place in use");
        self.place_of.remove(&answer.call);
        self.of_shard.remove(&(answer.shard, place));
        answer
    }

    /// Takes the answer of a call out; the last one takes its place.
    pub(super) fn swap_out(&mut self, call: CallId) -> Option<Withheld> {
        let place = *self.place_of.get(&call)?;
        let answer = self.take(place);
        if let Some((&last, _)) = self.by_place.last_key_value().filter(|(last, _)| **last > place) {
            let last = self.take(last);
            self.put(place, last);
        }
        Some(answer)
    }

    /// The freeze of a node is over, after it `stood` still for so long: gives the answers that would have reached their
    /// callers meanwhile, and when each does.
    pub(super) fn release(&mut self, shard: u32, stood: Nanos) -> Vec<(CallId, Nanos)> {
        let mut released = Vec::new();
        for place in self.places_of(shard) {
            let answer = self.by_place.get_mut(&place).expect("a place in use");
            if !std::mem::take(&mut answer.frozen) {
                continue;
            }
            answer.delay = answer.delay.saturating_add(stood);
            if let Some(came) = answer.came {
                released.push((answer.call, came.saturating_add(answer.delay)));
                self.take(place);
            }
        }
        released
    }

    /// The places of a node's answers, in order.
    fn places_of(&self, shard: u32) -> Vec<u64> {
        let places: Vec<u64> = self.of_shard.range((shard, 0)..=(shard, u64::MAX)).map(|(_, place)| *place).collect();
        work::count(places.len());
        places
    }
}
