//! Sessions: what each client wrote and saw of each key, in a table of bounded size.

use crate::model::{ClientId, Key};
use crate::time::Nanos;
use crate::work;

/// How many (client, key) pairs are followed at most. Each takes 24 bytes, in a table at most three quarters full.
pub const SESSIONS_MAX: usize = 3 << 18;

/// One client's view of one key. All zero: an empty slot of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Session {
    pair: u64,
    /// The client's newest acknowledged write, or 0.
    pub own: u32,
    /// The newest write the client saw, or 0.
    pub seen: u32,
    /// When it was first answered with that one.
    pub seen_at: Nanos,
}

/// An open-addressing table with linear probing and a fixed hash: the same on every machine, never iterated.
///
/// What neighbours know of a key stands side by side, in the order of their numbers: what many clients know of a popular
/// key shares cache lines and pages, instead of lying anywhere in megabytes.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    slots: Vec<Session>,
    len: usize,
    max: usize,
}

/// How many clients with numbers in a row stand side by side.
const GROUP: usize = 8;
/// How far a search goes on: past the group, and sooner or later to every place, since it is odd.
const STEP: usize = GROUP + 1;

fn hash(pair: u64) -> u64 {
    // Two rounds of multiply and shift, after splitmix64 (Steele, Lea, Flood 2014).
    let mixed = (pair ^ (pair >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 16
}

impl Sessions {
    pub fn new(max: usize) -> Sessions {
        Sessions { slots: vec![Session::default(); 64], len: 0, max }
    }

    /// Where the search for a pair begins.
    fn home(&self, pair: u64) -> usize {
        let group = pair & !((GROUP as u64 - 1) << 32);
        let within = (pair >> 32) as usize % GROUP;
        (hash(group) as usize).wrapping_add(within) & (self.slots.len() - 1)
    }

    fn place(&self, pair: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = self.home(pair);
        loop {
            let slot = &self.slots[place];
            if slot.pair == pair || (slot.own == 0 && slot.seen == 0) {
                return place;
            }
            place = (place + STEP) & mask;
        }
    }

    /// What `client` wrote and saw of `key`; all zero when nothing is known.
    pub fn get(&self, client: ClientId, key: Key) -> Session {
        self.find(client, key).1
    }

    /// The same, and its place: that of a pair of which nothing is known is where it would stand.
    pub fn find(&self, client: ClientId, key: Key) -> (usize, Session) {
        let place = self.place(pair(client, key));
        let slot = self.slots[place];
        (place, if slot.own == 0 && slot.seen == 0 { Session::default() } else { slot })
    }

    /// Where to note what `client` wrote or saw of `key` (not zero); `None` when the table may not grow any more.
    pub fn entry(&mut self, client: ClientId, key: Key) -> Option<&mut Session> {
        self.entry_at(self.place(pair(client, key)), client, key)
    }

    /// The same for a pair that was just [found](Sessions::find) there.
    pub fn entry_at(&mut self, mut place: usize, client: ClientId, key: Key) -> Option<&mut Session> {
        if self.slots[place].own == 0 && self.slots[place].seen == 0 {
            let pair = pair(client, key);
            if self.len >= self.max {
                return None;
            }
            self.len += 1;
            if self.len * 4 > self.slots.len() * 3 {
                self.grow();
                place = self.place(pair);
            }
            self.slots[place].pair = pair;
        }
        Some(&mut self.slots[place])
    }

    fn grow(&mut self) {
        let doubled = vec![Session::default(); self.slots.len() * 2];
        work::count(self.slots.len());
        for slot in std::mem::replace(&mut self.slots, doubled) {
            if slot.own != 0 || slot.seen != 0 {
                let place = self.place(slot.pair);
                self.slots[place] = slot;
            }
        }
    }
}

fn pair(client: ClientId, key: Key) -> u64 {
    u64::from(client) << 32 | u64::from(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// How many places a search looks at on average, in a table as full as it gets.
    fn mean_probes(pairs: impl Iterator<Item = (ClientId, Key)>) -> f64 {
        let mut sessions = Sessions::new(SESSIONS_MAX);
        let full = (1 << 14) * 3 / 4;
        let pairs: Vec<(ClientId, Key)> = pairs.take(full).collect();
        assert_eq!(pairs.len(), full);
        for &(client, key) in &pairs {
            sessions.entry(client, key).expect("there is room").seen = 1;
        }
        let mask = sessions.slots.len() - 1;
        let probes = |pair| {
            let steps = std::iter::successors(Some(sessions.home(pair)), |place| Some((place + STEP) & mask));
            steps.take_while(|place| *place != sessions.place(pair)).count() + 1
        };
        pairs.iter().map(|&(client, key)| probes(pair(client, key))).sum::<usize>() as f64 / full as f64
    }

    #[test]
    fn searches_are_short_whoever_asks_for_what() {
        let patterns: [(&str, f64); 4] = [
            (
                "a hundred clients of all keys",
                mean_probes((0..).flat_map(|key| (0..100).map(move |client| (client, key)))),
            ),
            ("one client of all keys", mean_probes((0..).map(|key| (7, key)))),
            ("all clients of one key", mean_probes((0..).map(|client| (client, 7)))),
            ("every eighth client", mean_probes((0..).flat_map(|key| (0..50).map(move |client| (8 * client, key))))),
        ];
        for (pattern, probes) in patterns {
            assert!(probes < 4.0, "{pattern}: {probes} places a search");
        }
    }

    proptest! {
        #[test]
        fn a_table_knows_what_it_was_told_and_nothing_else(told in prop::collection::vec((0u32..20, 0u32..20, 1u32..9), 0..300)) {
            let (mut sessions, mut model) = (Sessions::new(100), BTreeMap::new());
            for (client, key, seen) in told {
                match sessions.entry(client, key) {
                    Some(session) => {
                        session.seen = seen;
                        model.insert((client, key), seen);
                    }
                    None => prop_assert!(model.len() == 100 && !model.contains_key(&(client, key))),
                }
            }
            for (client, key) in (0..20).flat_map(|client| (0..20).map(move |key| (client, key))) {
                prop_assert_eq!(sessions.get(client, key).seen, model.get(&(client, key)).copied().unwrap_or(0));
            }
        }
    }
}
