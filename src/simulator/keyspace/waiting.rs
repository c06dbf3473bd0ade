//! Clients that wait for elements (`BLPOP` and its like), in the order in which they came.

use std::collections::{BTreeMap, VecDeque};

use super::command::Wait;
use super::elements::End;
use crate::time::Nanos;

/// The most places in queues that waiting clients take; who would take more waits for nothing.
const WAITING_MAX: usize = 1_000_000;

/// What a client takes when there is something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Take {
    pub(super) from: End,
    pub(super) count: u64,
    pub(super) sorted: bool,
    /// The list, and its end, onto which it goes.
    pub(super) onto: Option<(u32, End)>,
}

/// A client that waits, at one of its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    pub(super) client: u32,
    number: u64,
    pub(super) take: Take,
    until: Nanos,
}

/// Who waits for a key, in the order in which they came. Those who are gone stay until they are half of all.
#[derive(Clone, Debug, Default)]
struct Queue {
    waiters: VecDeque<Waiter>,
    alive: usize,
}

/// What a client waits for.
#[derive(Clone, Debug)]
struct Waited {
    number: u64,
    keys: Vec<u32>,
    onto: Option<u32>,
}

/// Clients that wait for elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// By key; one for which nobody waits is not here.
    queues: BTreeMap<u32, Queue>,
    /// By client: its last wait. Others are over.
    last: BTreeMap<u32, Waited>,
    /// Keys onto which those who wait move an element, and how many do.
    targets: BTreeMap<u32, usize>,
    /// How many keys those are.
    places: usize,
    begun: u64,
}

impl Waiting {
    /// Whether somebody waits for elements of `key`.
    pub(super) fn has(&self, key: u32) -> bool {
        self.queues.contains_key(&key)
    }

    /// Whether somebody waits to move an element to `key`.
    pub(super) fn is_target(&self, key: u32) -> bool {
        self.targets.contains_key(&key)
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// Whether there was room.
    pub(super) fn add(&mut self, client: u32, keys: &[u32], take: Take, wait: Wait) -> bool {
        if self.places + keys.len() > WAITING_MAX {
            return false;
        }
        self.begun += 1;
        let waiter = Waiter { client, number: self.begun, take, until: wait.until };
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup(); // a key that is named twice is waited for once
        for &key in &keys {
            let queue = self.queues.entry(key).or_default();
            queue.waiters.push_back(waiter);
            queue.alive += 1;
        }
        self.places += keys.len();
        let onto = take.onto.map(|(to, _)| to);
        onto.into_iter().for_each(|to| *self.targets.entry(to).or_default() += 1);
        self.last.insert(client, Waited { number: self.begun, keys, onto });
        true
    }

    /// A client that asks for something, or was served, waits no longer.
    pub(super) fn is_back(&mut self, client: u32) {
        if self.last.is_empty() {
            return;
        }
        let Some(Waited { keys, onto, .. }) = self.last.remove(&client) else { return };
        if let Some(to) = onto
            && let Some(count) = self.targets.get_mut(&to)
        {
            *count -= 1;
            if *count == 0 {
                self.targets.remove(&to);
            }
        }
        self.places -= keys.len();
        for key in keys {
            let queue = self.queues.get_mut(&key).expect("whoever waits stands in a queue");
            queue.alive -= 1;
            if queue.alive == 0 {
                self.queues.remove(&key);
            } else if queue.waiters.len() > 2 * queue.alive + 16 {
                let last = &self.last;
                queue.waiters.retain(|waiter| is_last(last, waiter));
            }
        }
    }

    /// Whoever waits for the first key of a pair waits for the second instead, also with what is moved there.
    pub(super) fn move_to(&mut self, keys: &[(u32, u32)]) {
        let keys: BTreeMap<u32, u32> = keys.iter().copied().collect();
        let new = |key: u32| keys.get(&key).copied().unwrap_or(key);
        self.targets.clear();
        for waited in self.last.values_mut() {
            waited.keys.iter_mut().for_each(|key| *key = new(*key));
            waited.onto = waited.onto.map(new);
            waited.onto.into_iter().for_each(|to| *self.targets.entry(to).or_default() += 1);
        }
        for (key, queue) in std::mem::take(&mut self.queues) {
            let there = self.queues.entry(new(key)).or_default();
            there.alive += queue.alive;
            there.waiters.extend(queue.waiters);
        }
        for queue in self.queues.values_mut() {
            for waiter in &mut queue.waiters {
                waiter.take.onto = waiter.take.onto.map(|(to, end)| (new(to), end));
            }
            queue.waiters.make_contiguous().sort_by_key(|waiter| waiter.number);
        }
    }

    /// Takes the next who still waits for `key` out of its queue.
    pub(super) fn next(&mut self, key: u32, now: Nanos) -> Option<Waiter> {
        loop {
            let waiter = self.queues.get_mut(&key)?.waiters.pop_front()?;
            if !is_last(&self.last, &waiter) {
                continue;
            }
            if waiter.until >= now {
                return Some(waiter);
            }
            self.is_back(waiter.client);
        }
    }

    /// Those taken out who were not served wait on, before the others.
    pub(super) fn put_back(&mut self, key: u32, mut others: VecDeque<Waiter>) {
        if let Some(queue) = self.queues.get_mut(&key) {
            others.append(&mut queue.waiters);
            queue.waiters = others;
        }
    }
}

/// Whether this is what its client waits for now.
fn is_last(last: &BTreeMap<u32, Waited>, waiter: &Waiter) -> bool {
    last.get(&waiter.client).is_some_and(|waited| waited.number == waiter.number)
}
