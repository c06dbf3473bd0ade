//! Single flight: of the readers of one server who miss one key together, the first one loads it, and the others wait
//! for what it brings (Go's `golang.org/x/sync/singleflight`).
//!
//! The load lasts until its leader completes it, well or badly, and all who have joined get the same outcome. So a reader who
//! joins after a write was acknowledged may be given what was read before it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::model::{CallError, Key, WriteId};

/// What a load brings.
type Outcome = Result<WriteId, CallError>;

#[derive(Debug, Default)]
struct Load {
    outcome: Cell<Option<Outcome>>,
    waiting: RefCell<Vec<TaskId>>,
}

/// The loads under way on one server, by key. See the module.
#[derive(Debug, Default)]
pub struct SingleFlight {
    loads: RefCell<BTreeMap<Key, Rc<Load>>>,
    joined: Cell<u64>,
}

/// Whose turn it is to load a key.
#[derive(Debug)]
pub enum Turn<'a> {
    /// The caller's: it loads, and [completes](Lead::complete) what it got.
    Lead(Lead<'a>),
    /// Somebody else's, who has brought this.
    Shared(Outcome),
}

impl SingleFlight {
    /// Takes the lead for `key`, or waits for the one who has it. Who loads `alone` always leads.
    pub async fn join<'a>(&'a self, key: Key, alone: bool, kernel: &'a Kernel) -> Turn<'a> {
        if alone {
            return Turn::Lead(Lead { shared: None, key, kernel });
        }
        let Some(load) = self.loads.borrow().get(&key).cloned() else {
            self.loads.borrow_mut().insert(key, Rc::default());
            return Turn::Lead(Lead { shared: Some(self), key, kernel });
        };
        self.joined.set(self.joined.get() + 1);
        load.waiting.borrow_mut().push(kernel.current());
        Turn::Shared(Completion(&load).await)
    }

    /// The lead for `key`, if nobody has it; nobody waits.
    pub fn lead<'a>(&'a self, key: Key, kernel: &'a Kernel) -> Option<Lead<'a>> {
        if self.is_under_way(key) {
            return None;
        }
        self.loads.borrow_mut().insert(key, Rc::default());
        Some(Lead { shared: Some(self), key, kernel })
    }

    /// Whether somebody loads `key`.
    pub fn is_under_way(&self, key: Key) -> bool {
        self.loads.borrow().contains_key(&key)
    }

    /// How many have waited for somebody else's load.
    pub fn joined(&self) -> u64 {
        self.joined.get()
    }

    /// How many loads are under way.
    pub fn under_way(&self) -> usize {
        self.loads.borrow().len()
    }
}

/// Waits until a load is complete.
struct Completion<'a>(&'a Load);

impl Future for Completion<'_> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Outcome> {
        self.0.outcome.get().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The lead of a load; see [`SingleFlight::join`].
#[derive(Debug)]
pub struct Lead<'a> {
    /// None: there is nobody to share with.
    shared: Option<&'a SingleFlight>,
    key: Key,
    kernel: &'a Kernel,
}

impl Lead<'_> {
    /// All who wait get `outcome`; so does the caller.
    pub fn complete(mut self, outcome: Outcome) -> Outcome {
        self.end(outcome);
        outcome
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(shared) = self.shared.take() else { return };
        let load = shared.loads.borrow_mut().remove(&self.key).expect("a load that was begun");
        load.outcome.set(Some(outcome));
        load.waiting.take().into_iter().for_each(|task| self.kernel.wake(task));
    }
}

impl Drop for Lead<'_> {
    /// A leader who vanishes fails the load; those who wait are its server's, and vanish with it.
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
        let (kernel, loads) = (Kernel::default(), SingleFlight::default());
        let (mut a, mut b) = (pin!(loads.join(7, false, &kernel)), pin!(loads.join(7, false, &kernel)));
        let Poll::Ready(Turn::Lead(lead)) = poll(a.as_mut()) else { panic!("the first leads") };
        assert!(poll(b.as_mut()).is_pending());
        let mut other = pin!(loads.join(8, false, &kernel));
        assert!(matches!(poll(other.as_mut()), Poll::Ready(Turn::Lead(_))), "another key is another load");
        assert_eq!(lead.complete(Ok(WriteId(5))), Ok(WriteId(5)));
        assert!(matches!(poll(b.as_mut()), Poll::Ready(Turn::Shared(Ok(WriteId(5))))));
        assert_eq!((loads.joined(), loads.under_way()), (1, 0));
    }

    #[test]
    fn a_leader_who_vanishes_leaves_nobody_waiting() {
        let (kernel, loads) = (Kernel::default(), SingleFlight::default());
        let (mut a, mut b) = (pin!(loads.join(7, false, &kernel)), pin!(loads.join(7, false, &kernel)));
        let Poll::Ready(Turn::Lead(lead)) = poll(a.as_mut()) else { panic!("the first leads") };
        assert!(poll(b.as_mut()).is_pending());
        drop(lead);
        assert!(matches!(poll(b.as_mut()), Poll::Ready(Turn::Shared(Err(CallError::Lost)))));
        assert_eq!(loads.under_way(), 0);
    }

    #[test]
    fn who_loads_alone_leads_whoever_else_does() {
        let (kernel, loads) = (Kernel::default(), SingleFlight::default());
        for _ in 0..2 {
            let mut join = pin!(loads.join(7, true, &kernel));
            assert!(matches!(poll(join.as_mut()), Poll::Ready(Turn::Lead(_))));
        }
        assert_eq!((loads.joined(), loads.under_way()), (0, 0));
    }
}
