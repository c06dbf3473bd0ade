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

use super::operation::Operation;
use super::requests::{KeySource, Requests};
use crate::model::Key;
use crate::random::Streams;
use crate::scenario::{Eviction, Scenario, limits};
use crate::work::{self, Budget};

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
        let all: Vec<usize> = (0..scenario.lanes.len()).collect();
        let mut foreseeing = Foreseeing::begin(scenario, &all, source)?;
        loop {
            if let Some(foresight) = foreseeing.go_on(&Budget::UNLIMITED) {
                return Some(foresight);
            }
        }
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

/// A foresight being made. Of many requests it takes a while: whoever makes it may stop and go on later.
pub struct Foreseeing {
    requests: Requests,
    /// How many requests are made.
    most: usize,
    /// By request: its key, and as soon as those behind it have been looked at, the next of its key.
    next: Vec<u32>,
    first: Vec<u32>,
    /// How many of `next` hold keys, once all requests are made.
    keys_left: Option<usize>,
}

impl Foreseeing {
    /// Nothing is known yet; `None` where none of those lanes has to know anything. It is the same for all that have to:
    /// whether a lane runs beside others makes no difference to what it knows.
    pub fn begin(scenario: &Scenario, lanes: &[usize], source: &KeySource) -> Option<Foreseeing> {
        let worlds = (0..scenario.lanes.len()).map(|lane| (lane, scenario.for_lane(lane)));
        let foreseeing: Vec<_> = worlds.filter(|(_, world)| world.cache.eviction == Eviction::Opt).collect();
        // few: a scenario's lanes
        if !foreseeing.iter().any(|(lane, _)| lanes.contains(lane)) {
            return None;
        }
        let expected = foreseeing.iter().map(|(_, world)| world.expected_requests()).reduce(f64::max)?;
        let most = match source {
            KeySource::Trace { trace, .. } => trace.keys().len(),
            // Arrivals by chance may be some more.
            KeySource::Drawn { .. } => (expected * 1.02 + 8.0 * expected.sqrt() + 1_000.0) as usize,
        };
        let most = most.min(limits::FORESEEN_MAX as usize);
        let requests = Requests::new(&scenario.clients, source.clone(), &Streams::new(scenario.seed));
        Some(Foreseeing { requests, most, next: Vec::with_capacity(most), first: Vec::new(), keys_left: None })
    }

    /// Goes on as far as the budget goes; gives the foresight when it is whole.
    pub fn go_on(&mut self, budget: &Budget) -> Option<Rc<Foresight>> {
        /// Requests between two looks at the budget.
        const LOOK: usize = 1_000;
        while self.keys_left.is_none() && !budget.is_spent() {
            work::count(LOOK);
            let until = self.most.min(self.next.len() + LOOK);
            let mut ended = self.next.len() >= self.most;
            while self.next.len() < until {
                let Some(request) = self.requests.make() else {
                    ended = true;
                    break;
                };
                match request.operation {
                    Operation::MultiGet => self.next.extend([&[request.key], self.requests.others()].concat()),
                    _ => self.next.extend((0..=request.more).map(|more| request.key + more)),
                }
            }
            if ended {
                let keys = self.next.iter().max().map_or(0, |&key| key as usize + 1);
                self.first = vec![NEVER; keys];
                self.keys_left = Some(self.next.len());
            }
        }
        let left = self.keys_left.as_mut()?;
        while *left > 0 && !budget.is_spent() {
            work::count(LOOK);
            for _ in 0..LOOK.min(*left) {
                *left -= 1;
                let key = &mut self.next[*left];
                *key = std::mem::replace(&mut self.first[*key as usize], *left as u32 + 1);
            }
        }
        let whole = *left == 0;
        let (next, first) = (&mut self.next, &mut self.first);
        whole.then(|| Rc::new(Foresight { next: std::mem::take(next), first: std::mem::take(first) }))
    }
}

fn known(number: u32) -> Option<u32> {
    (number != NEVER).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Keys;
    use crate::time::Nanos;

    /// Three keys in turn, once in a while a few at once.
    fn scenario(scan_ratio: f64) -> Scenario {
        let mut scenario = Scenario { duration: Nanos::from_secs(30), ..Scenario::default() };
        scenario.cache.eviction = Eviction::Opt;
        scenario.clients.keys = Keys::Scan { count: 3 };
        (scenario.clients.write_ratio, scenario.clients.scan_ratio) = (0.0, scan_ratio);
        scenario
    }

    #[test]
    fn each_request_knows_the_next_of_its_key() {
        let scenario = scenario(0.0);
        let source = KeySource::new(&scenario, None).expect("a source");
        let table = Foresight::of(&scenario, &source).expect("a lane has to know");
        assert_eq!(table.first, [1, 2, 3]);
        assert!((0..table.next.len() - 3).all(|n| table.after(n as u64) == Some(n as u32 + 4)));
        assert_eq!(table.next[table.next.len() - 3..], [NEVER; 3]);
    }

    #[test]
    fn a_table_made_in_pieces_is_the_same() {
        let scenario = scenario(0.3);
        let source = KeySource::new(&scenario, None).expect("a source");
        let whole = Foresight::of(&scenario, &source).expect("a lane has to know");
        let mut foreseeing = Foreseeing::begin(&scenario, &[0], &source).expect("a lane has to know");
        let mut pieces = 0;
        let cut = loop {
            pieces += 1;
            if let Some(foresight) = foreseeing.go_on(&Budget::of(1)) {
                break foresight;
            }
        };
        assert!(pieces > 5, "{pieces} pieces");
        assert!(whole.next == cut.next && whole.first == cut.first);
    }
}
