//! A pool of connections: so many calls to the database may be under way from one server, the others wait in line.
//!
//! ```text
//! call ─▶ a connection is free? ─▶ taken ─▶ … answer ─▶ given to the first in line, or free again
//!         else first come, first served, for as long as the caller is patient
//! ```
//!
//! A call that is given up closes its connection, and a new one takes its place at once: so do the pools of Go's
//! `database/sql` and of pgx, since nobody can tell what a late answer on the old one would belong to. The query
//! itself goes on in the database: a pool bounds what callers wait for, not what the database has still to do.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::time::Nanos;

#[derive(Debug, Default)]
struct State {
    free: u32,
    tickets: u64,
    /// By ticket; the first has waited longest.
    waiting: BTreeMap<u64, TaskId>,
    /// Tickets that have been called up and have not come yet.
    called: BTreeSet<u64>,
}

/// See the module.
#[derive(Debug)]
pub struct Pool {
    size: u32,
    state: RefCell<State>,
    waits: Cell<u64>,
    waited: Cell<Nanos>,
}

impl Pool {
    /// A pool of `size` connections, all free.
    pub fn new(size: u32) -> Pool {
        assert!(size > 0, "a pool has at least one connection");
        let state = State { free: size, ..State::default() };
        Pool { size, state: RefCell::new(state), waits: Cell::new(0), waited: Cell::new(Nanos::ZERO) }
    }

    /// Waits for a connection; it is given back when the returned guard is dropped.
    pub fn connection<'a>(&'a self, kernel: &'a Kernel) -> Wait<'a> {
        Wait { pool: self, kernel, since: kernel.now(), ticket: None }
    }

    /// How many calls had to wait, and for how long all together.
    pub fn waits(&self) -> (u64, Nanos) {
        (self.waits.get(), self.waited.get())
    }

    fn give_back(&self, kernel: &Kernel) {
        let mut state = self.state.borrow_mut();
        match state.waiting.pop_first() {
            None => state.free += 1,
            Some((ticket, task)) => {
                state.called.insert(ticket);
                kernel.wake(task);
            }
        }
    }

    /// Panics if a connection is missing; `taken` is how many are known to be in use. For tests.
    pub fn validate(&self, taken: u32) {
        let state = self.state.borrow();
        assert_eq!(state.free + state.called.len() as u32 + taken, self.size, "no connection is lost or made");
        assert!(state.free == 0 || state.waiting.is_empty(), "nobody waits beside a free connection");
    }
}

/// Waits for a connection; see [`Pool::connection`].
#[derive(Debug)]
pub struct Wait<'a> {
    pool: &'a Pool,
    kernel: &'a Kernel,
    since: Nanos,
    ticket: Option<u64>,
}

impl<'a> Future for Wait<'a> {
    type Output = Connection<'a>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Connection<'a>> {
        let (pool, kernel) = (self.pool, self.kernel);
        let mut state = pool.state.borrow_mut();
        match self.ticket {
            None if state.free > 0 => state.free -= 1,
            None => {
                let ticket = state.tickets;
                state.tickets += 1;
                state.waiting.insert(ticket, kernel.current());
                pool.waits.set(pool.waits.get() + 1);
                self.ticket = Some(ticket);
                return Poll::Pending;
            }
            Some(ticket) => {
                if !state.called.remove(&ticket) {
                    return Poll::Pending;
                }
                drop(state);
                self.leave_line();
            }
        }
        Poll::Ready(Connection { pool, kernel })
    }
}

impl Wait<'_> {
    fn leave_line(&mut self) {
        self.ticket = None;
        let waited = self.kernel.now() - self.since;
        self.pool.waited.set(self.pool.waited.get().saturating_add(waited));
    }
}

impl Drop for Wait<'_> {
    /// Who gives up leaves the line; who had been called up passes the connection on.
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.leave_line();
        let mut state = self.pool.state.borrow_mut();
        if state.called.remove(&ticket) {
            drop(state);
            self.pool.give_back(self.kernel);
        } else {
            state.waiting.remove(&ticket);
        }
    }
}

/// A connection in use; dropping it gives it back.
#[derive(Debug)]
pub struct Connection<'a> {
    pool: &'a Pool,
    kernel: &'a Kernel,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.pool.give_back(self.kernel);
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
    fn the_first_in_line_gets_the_connection_that_comes_free() {
        let (kernel, pool) = (Kernel::default(), Pool::new(1));
        let mut first = pin!(pool.connection(&kernel));
        let Poll::Ready(held) = poll(first.as_mut()) else { panic!("one is free") };
        let (mut second, mut third) = (pin!(pool.connection(&kernel)), pin!(pool.connection(&kernel)));
        assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        pool.validate(1);
        kernel.set_clock(Nanos(5));
        drop(held);
        assert!(poll(third.as_mut()).is_pending(), "it is not its turn");
        assert!(poll(second.as_mut()).is_ready());
        assert_eq!(pool.waits(), (2, Nanos(5)));
    }

    #[test]
    fn who_gives_up_leaves_the_line_and_passes_on_what_it_was_given() {
        let (kernel, pool) = (Kernel::default(), Pool::new(1));
        let mut first = pin!(pool.connection(&kernel));
        let Poll::Ready(held) = poll(first.as_mut()) else { panic!("one is free") };
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(pool.connection(&kernel))).collect();
        assert!(waiting.iter_mut().all(|wait| poll(wait.as_mut()).is_pending()));
        drop(waiting.remove(0)); // gives up in line
        drop(held); // calls up the next
        drop(waiting.remove(0)); // which gives up before it comes
        pool.validate(0);
        assert!(poll(waiting[0].as_mut()).is_ready(), "the last one gets it all the same");
        drop(waiting);
        pool.validate(0);
    }

    #[test]
    fn who_gives_up_has_waited_too() {
        let (kernel, pool) = (Kernel::default(), Pool::new(1));
        let mut first = pin!(pool.connection(&kernel));
        let Poll::Ready(_held) = poll(first.as_mut()) else { panic!("one is free") };
        let mut second = Box::pin(pool.connection(&kernel));
        assert!(poll(second.as_mut()).is_pending());
        kernel.set_clock(Nanos(7));
        drop(second);
        assert_eq!(pool.waits(), (1, Nanos(7)));
    }
}
