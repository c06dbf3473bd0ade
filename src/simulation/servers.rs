//! The application servers: which are alive, and how many requests each may serve at once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::fault::Slowdown;
use crate::time::Nanos;
use crate::work;

#[derive(Default)]
struct Server {
    down: u32,
    /// Tickets handed out and given back since the last crash; ticket `n` may enter once `n < back + limit`.
    tickets: u64,
    back: u64,
    waiting: VecDeque<TaskId>,
    slow: Slowdown,
}

/// See the module.
pub struct Servers {
    servers: RefCell<Vec<Server>>,
    limit: u64,
    turn: Cell<u32>,
}

impl Servers {
    /// `count` living servers, each serving at most `limit` requests at once.
    pub fn new(count: u32, limit: Option<u32>) -> Servers {
        Servers {
            servers: RefCell::new((0..count).map(|_| Server::default()).collect()),
            limit: limit.map_or(u64::MAX / 2, u64::from),
            turn: Cell::new(0),
        }
    }

    /// The next living server in turn, if any lives.
    pub fn pick(&self) -> Option<u32> {
        let servers = self.servers.borrow();
        let count = servers.len() as u32;
        let turn = self.turn.get();
        let picked = (0..count).map(|step| (turn + step) % count).find(|&server| servers[server as usize].down == 0)?;
        work::count(((picked + count - turn) % count) as usize);
        self.turn.set((picked + 1) % count);
        Some(picked)
    }

    /// Waits for a place on `server`; the place is given back when the returned guard is dropped.
    pub async fn enter<'a>(&'a self, server: u32, kernel: &'a Kernel) -> Place<'a> {
        Enter { servers: self, server, kernel, ticket: None }.await;
        Place { servers: self, server, kernel }
    }

    fn leave(&self, server: u32, kernel: &Kernel) {
        let mut servers = self.servers.borrow_mut();
        let server = &mut servers[server as usize];
        server.back += 1;
        if let Some(task) = server.waiting.pop_front() {
            kernel.wake(task);
        }
    }

    /// A crash; the server's tasks have been dropped. Returns whether it was alive before.
    pub fn crash(&self, server: u32) -> bool {
        let server = &mut self.servers.borrow_mut()[server as usize];
        *server = Server { down: server.down + 1, slow: std::mem::take(&mut server.slow), ..Server::default() };
        server.down == 1
    }

    /// Panics if the tickets do not add up; for tests.
    pub fn validate(&self) {
        for server in self.servers.borrow().iter() {
            let inside = (server.tickets - server.back).min(self.limit);
            let outside = server.tickets - server.back - inside;
            assert_eq!(server.waiting.len() as u64, outside, "who has a ticket and no place waits in line");
        }
    }

    /// How long work takes on `server` now that otherwise takes `work`.
    #[inline]
    pub fn stretch(&self, server: u32, work: Nanos) -> Nanos {
        self.servers.borrow()[server as usize].slow.stretch(work)
    }

    /// Work that begins on `server` from now on takes `times` as long.
    pub fn slow_down(&self, server: u32, times: f64) {
        self.servers.borrow_mut()[server as usize].slow.begin(times);
    }

    /// That slow-down is over.
    pub fn speed_up(&self, server: u32, times: f64) {
        self.servers.borrow_mut()[server as usize].slow.end(times);
    }

    /// The server is back, unless another crash still lasts.
    pub fn restart(&self, server: u32) {
        let server = &mut self.servers.borrow_mut()[server as usize];
        assert!(server.down > 0, "only what is down can come up");
        server.down -= 1;
    }
}

struct Enter<'a> {
    servers: &'a Servers,
    server: u32,
    kernel: &'a Kernel,
    ticket: Option<u64>,
}

impl Future for Enter<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut servers = self.servers.servers.borrow_mut();
        let server = &mut servers[self.server as usize];
        let first_time = self.ticket.is_none();
        let ticket = *self.ticket.get_or_insert(server.tickets);
        if first_time {
            server.tickets += 1;
        }
        if ticket < server.back + self.servers.limit {
            return Poll::Ready(());
        }
        if first_time {
            server.waiting.push_back(self.kernel.current());
        }
        Poll::Pending
    }
}

/// A place on a server; see [`Servers::enter`].
pub struct Place<'a> {
    servers: &'a Servers,
    server: u32,
    kernel: &'a Kernel,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.servers.leave(self.server, self.kernel);
    }
}
