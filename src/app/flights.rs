//! Single flight: of the readers of one server who miss one key together, the first one loads it, and the others wait
//! for what it brings (Go's `golang.org/x/sync/singleflight`).
//!
//! The flight lasts until its leader lands it, well or badly, and everyone aboard gets the same outcome. Somebody who
//! boards after a write was acknowledged may so be given what was read before it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::model::{CallError, Key, WriteId};

/// What a flight brings.
type Outcome = Result<WriteId, CallError>;

#[derive(Debug, Default)]
struct Flight {
    outcome: Cell<Option<Outcome>>,
    aboard: RefCell<Vec<TaskId>>,
}

/// The loads under way on one server, by key. See the module.
#[derive(Debug, Default)]
pub struct Flights {
    flights: RefCell<BTreeMap<Key, Rc<Flight>>>,
    joined: Cell<u64>,
}

/// Whose turn it is to load a key.
#[derive(Debug)]
pub enum Turn<'a> {
    /// The caller's: it loads, and [lands](Lead::land) what it got.
    Lead(Lead<'a>),
    /// Somebody else's, who has brought this.
    Shared(Outcome),
}

impl Flights {
    /// Takes the lead for `key`, or waits for the one who has it. Who flies `alone` always has the lead.
    pub async fn board<'a>(&'a self, key: Key, alone: bool, kernel: &'a Kernel) -> Turn<'a> {
        if alone {
            return Turn::Lead(Lead { flights: None, key, kernel });
        }
        let Some(flight) = self.flights.borrow().get(&key).cloned() else {
            self.flights.borrow_mut().insert(key, Rc::default());
            return Turn::Lead(Lead { flights: Some(self), key, kernel });
        };
        self.joined.set(self.joined.get() + 1);
        flight.aboard.borrow_mut().push(kernel.current());
        Turn::Shared(Landing(&flight).await)
    }

    /// The lead for `key`, if nobody has it; nobody waits.
    pub fn lead<'a>(&'a self, key: Key, kernel: &'a Kernel) -> Option<Lead<'a>> {
        if self.is_under_way(key) {
            return None;
        }
        self.flights.borrow_mut().insert(key, Rc::default());
        Some(Lead { flights: Some(self), key, kernel })
    }

    /// Whether somebody loads `key`.
    pub fn is_under_way(&self, key: Key) -> bool {
        self.flights.borrow().contains_key(&key)
    }

    /// How many have waited for somebody else's load.
    pub fn joined(&self) -> u64 {
        self.joined.get()
    }

    /// How many loads are under way.
    pub fn under_way(&self) -> usize {
        self.flights.borrow().len()
    }
}

/// Waits until a flight has landed.
struct Landing<'a>(&'a Flight);

impl Future for Landing<'_> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Outcome> {
        self.0.outcome.get().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The lead of a flight; see [`Flights::board`].
#[derive(Debug)]
pub struct Lead<'a> {
    /// None: there is nobody to share with.
    flights: Option<&'a Flights>,
    key: Key,
    kernel: &'a Kernel,
}

impl Lead<'_> {
    /// Everyone aboard gets `outcome`; so does the caller.
    pub fn land(mut self, outcome: Outcome) -> Outcome {
        self.end(outcome);
        outcome
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(flights) = self.flights.take() else { return };
        let flight = flights.flights.borrow_mut().remove(&self.key).expect("a flight that was begun");
        flight.outcome.set(Some(outcome));
        flight.aboard.take().into_iter().for_each(|task| self.kernel.wake(task));
    }
}

impl Drop for Lead<'_> {
    /// A leader who vanishes takes the flight down; those aboard are its server's, and vanish with it.
    fn drop(&mut self) {
        self.end(Err(CallError::Lost));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn one_loads_and_the_others_get_what_it_brings() {
        let (kernel, flights) = (Kernel::default(), Flights::default());
        let (mut a, mut b) = (pin!(flights.board(7, false, &kernel)), pin!(flights.board(7, false, &kernel)));
        let Poll::Ready(Turn::Lead(lead)) = poll(a.as_mut()) else { panic!("the first leads") };
        assert!(poll(b.as_mut()).is_pending());
        let mut other = pin!(flights.board(8, false, &kernel));
        assert!(matches!(poll(other.as_mut()), Poll::Ready(Turn::Lead(_))), "another key is another flight");
        assert_eq!(lead.land(Ok(WriteId(5))), Ok(WriteId(5)));
        assert!(matches!(poll(b.as_mut()), Poll::Ready(Turn::Shared(Ok(WriteId(5))))));
        assert_eq!((flights.joined(), flights.under_way()), (1, 0));
    }

    #[test]
    fn a_leader_who_vanishes_leaves_nobody_waiting() {
        let (kernel, flights) = (Kernel::default(), Flights::default());
        let (mut a, mut b) = (pin!(flights.board(7, false, &kernel)), pin!(flights.board(7, false, &kernel)));
        let Poll::Ready(Turn::Lead(lead)) = poll(a.as_mut()) else { panic!("the first leads") };
        assert!(poll(b.as_mut()).is_pending());
        drop(lead);
        assert!(matches!(poll(b.as_mut()), Poll::Ready(Turn::Shared(Err(CallError::Lost)))));
        assert_eq!(flights.under_way(), 0);
    }

    #[test]
    fn who_flies_alone_leads_whoever_else_does() {
        let (kernel, flights) = (Kernel::default(), Flights::default());
        for _ in 0..2 {
            let mut board = pin!(flights.board(7, true, &kernel));
            assert!(matches!(poll(board.as_mut()), Poll::Ready(Turn::Lead(_))));
        }
        assert_eq!((flights.joined(), flights.under_way()), (0, 0));
    }
}
