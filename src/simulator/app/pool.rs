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
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::time::Nanos;
use crate::work;

#[derive(Debug, Default)]
struct State {
    free: u32,
    /// Who came in which order, from the first on who has not left.
    line: VecDeque<Standing>,
    /// The ticket of the first in line; the next one's is one more.
    first: u64,
    /// The ticket from which on nobody has been called up.
    uncalled: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting(TaskId),
    /// Called up, and has not come yet.
    Called,
    /// Has come, or given up.
    Gone,
}

impl State {
    /// Puts `task` at the end of the line; returns its ticket.
    fn join(&mut self, task: TaskId) -> u64 {
        self.line.push_back(Standing::Waiting(task));
        self.first + self.line.len() as u64 - 1
    }

    /// Calls the next one up who waits, if anybody does.
    fn call_up(&mut self) -> Option<TaskId> {
        while let Some(standing) = self.line.get_mut((self.uncalled - self.first) as usize) {
            work::count(1);
            self.uncalled += 1;
            if let Standing::Waiting(task) = *standing {
                *standing = Standing::Called;
                return Some(task);
            }
        }
        None
    }

    fn has_called(&self, ticket: u64) -> bool {
        self.line[(ticket - self.first) as usize] == Standing::Called
    }

    fn leave(&mut self, ticket: u64) {
        self.line[(ticket - self.first) as usize] = Standing::Gone;
        while self.line.front() == Some(&Standing::Gone) {
            work::count(1);
            self.line.pop_front();
            self.first += 1;
        }
        self.uncalled = self.uncalled.max(self.first);
    }
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
        match state.call_up() {
            None => state.free += 1,
            Some(task) => kernel.wake(task),
        }
    }

    /// Panics if a connection is missing; `taken` is how many are known to be in use. For tests.
    pub fn validate(&self, taken: u32) {
        let state = self.state.borrow();
        let called = state.line.iter().filter(|&&standing| standing == Standing::Called).count() as u32;
        assert_eq!(state.free + called + taken, self.size, "no connection is lost or made");
        let waits = state.line.iter().any(|standing| matches!(standing, Standing::Waiting(_)));
        assert!(state.free == 0 || !waits, "nobody waits beside a free connection");
        assert_ne!(state.line.front(), Some(&Standing::Gone), "who has left the head of the line takes no room");
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
                let ticket = state.join(kernel.current());
                pool.waits.set(pool.waits.get() + 1);
                self.ticket = Some(ticket);
                return Poll::Pending;
            }
            Some(ticket) => {
                if !state.has_called(ticket) {
                    return Poll::Pending;
                }
                state.leave(ticket);
                drop(state);
                self.end_wait();
            }
        }
        Poll::Ready(Connection { pool, kernel })
    }
}

impl Wait<'_> {
    fn end_wait(&mut self) {
        self.ticket = None;
        let waited = self.kernel.now() - self.since;
        self.pool.waited.set(self.pool.waited.get().saturating_add(waited));
    }
}

impl Drop for Wait<'_> {
    /// Who gives up leaves the line; who had been called up passes the connection on.
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.end_wait();
        let mut state = self.pool.state.borrow_mut();
        let called = state.has_called(ticket);
        state.leave(ticket);
        drop(state);
        if called {
            self.pool.give_back(self.kernel);
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
    fn who_gives_up_behind_the_first_is_passed_over() {
        let (kernel, pool) = (Kernel::default(), Pool::new(2));
        let held: Vec<_> = (0..2).map(|_| poll(pin!(pool.connection(&kernel)))).collect();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(pool.connection(&kernel))).collect();
        assert!(waiting.iter_mut().all(|wait| poll(wait.as_mut()).is_pending()));
        drop(waiting.remove(1));
        drop(held); // calls up the first and the third
        assert!(poll(waiting[2].as_mut()).is_pending(), "the fourth still waits");
        let third = poll(waiting[1].as_mut()); // comes before the first does
        assert!(third.is_ready());
        pool.validate(1);
        drop(third);
        assert!(poll(waiting[2].as_mut()).is_ready() && poll(waiting[0].as_mut()).is_ready());
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
