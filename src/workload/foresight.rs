//! Which request comes next for each key, known before the first is sent: what OPT must be told.
//!
//! Request *n* of a lane names the same key whatever became of those before it (see [`requests`](super::requests)), so
//! all of them can be made once beforehand. One table serves all lanes.
//!
//! ```text
//!   request   1  2  3  4  5  6           numbered from 1; a scan's reads have the numbers after its own
//!   key       7  3  7  7  5  3
//!   next      3  6  4  –  –  –           first: 7 at 1, 3 at 2, 5 at 5
//! ```

use std::rc::Rc;

use super::requests::{KeySource, Requests};
use crate::ledger::Key;
use crate::random::Streams;
use crate::scenario::{Eviction, Scenario, limits};

/// There is no next request.
const NEVER: u32 = u32::MAX;

/// See the module.
#[derive(Debug)]
pub struct Foresight {
    /// By request, from 0: the next of its key, counted from 1.
    next: Vec<u32>,
    /// By key: its first request.
    first: Vec<u32>,
}

impl Foresight {
    /// The requests of all lanes of `scenario`; `None` where no lane has to know them. Requests beyond those expected are
    /// not known: keys that only come again there never come again, for all that it knows.
    pub fn of(scenario: &Scenario, source: &KeySource) -> Option<Rc<Foresight>> {
        let worlds = (0..scenario.lanes.len()).map(|lane| scenario.for_lane(lane));
        let foreseeing = worlds.filter(|world| world.cache.eviction == Eviction::Opt);
        let expected = foreseeing.map(|world| world.expected_requests()).reduce(f64::max)?;
        let most = match source {
            KeySource::Trace { trace, .. } => trace.keys().len(),
            // Arrivals by chance may be some more.
            KeySource::Drawn { .. } => (expected * 1.02 + 8.0 * expected.sqrt() + 1_000.0) as usize,
        };
        let most = most.min(limits::FORESEEN_MAX as usize);
        let mut requests = Requests::new(&scenario.clients, source.clone(), &Streams::new(scenario.seed));
        let mut keys: Vec<Key> = Vec::with_capacity(most);
        while keys.len() < most {
            let Some(request) = requests.make() else { break };
            keys.extend((0..=request.more).map(|more| request.key + more));
        }
        Some(Rc::new(Foresight::of_keys(keys)))
    }

    fn of_keys(keys: Vec<Key>) -> Foresight {
        let mut first = vec![NEVER; keys.iter().max().map_or(0, |&key| key as usize + 1)];
        let mut next = keys;
        for (number, key) in next.iter_mut().enumerate().rev() {
            *key = std::mem::replace(&mut first[*key as usize], number as u32 + 1);
        }
        Foresight { next, first }
    }

    /// Every key with the first request to name it, if there is one.
    pub fn first(&self) -> impl Iterator<Item = (Key, Option<u32>)> {
        self.first.iter().enumerate().map(|(key, &first)| (key as Key, known(first)))
    }

    /// The next request of the key that request `number`, from 0, names, if there is one.
    #[inline]
    pub fn after(&self, number: u64) -> Option<u32> {
        self.next.get(number as usize).copied().and_then(known)
    }
}

fn known(number: u32) -> Option<u32> {
    (number != NEVER).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_knows_the_next_of_its_key() {
        let table = Foresight::of_keys(vec![7, 3, 7, 7, 5, 3]);
        assert_eq!(table.next, [3, 6, 4, NEVER, NEVER, NEVER]);
        assert_eq!([7, 3, 5, 4].map(|key| table.first[key]), [1, 2, 5, NEVER]);
    }
}
