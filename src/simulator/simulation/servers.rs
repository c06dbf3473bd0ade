//! The application servers: which are alive, how many requests each may serve at once, and on how many cores.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{Kernel, TaskId};
use crate::fault::Slowdown;
use crate::stage::Condition;
use crate::time::Nanos;
use crate::work;

/// What a request needs of a server: first a place, and for its work a core.
#[derive(Clone, Copy)]
enum Of {
    Places,
    Cores,
}

/// So many may be inside, the others wait in line.
#[derive(Default)]
struct Gate {
    /// Tickets handed out and given back since the last crash; ticket `n` may enter once `n < back + limit`.
    tickets: u64,
    back: u64,
    waiting: VecDeque<TaskId>,
}

#[derive(Default)]
struct Server {
    down: u32,
    gates: [Gate; 2],
    slow: Slowdown,
}

/// Where so many may be inside, nobody counts them.
const UNLIMITED: u64 = u64::MAX;

/// See the module.
pub struct Servers {
    servers: RefCell<Vec<Server>>,
    limits: [u64; 2],
    turn: Cell<u32>,
}

impl Servers {
    /// `count` living servers, each with so many places for requests and so many cores for their work.
    pub fn new(count: u32, places: Option<u32>, cores: Option<u32>) -> Servers {
        Servers {
            servers: RefCell::new((0..count).map(|_| Server::default()).collect()),
            limits: [places, cores].map(|limit| limit.map_or(UNLIMITED, u64::from)),
            turn: Cell::new(0),
        }
    }

    /// The next living server in turn, if any lives.
    pub fn pick(&self) -> Option<u32> {
        let servers = self.servers.borrow();
        let count = servers.len() as u32;
        let turn = self.turn.get();
        // Divisions would take longer than the rest of this.
        let after = |server| if server + 1 < count { server + 1 } else { 0 };
        let mut picked = turn;
        while servers.get(picked as usize)?.down > 0 {
            work::count(1);
            picked = after(picked);
            if picked == turn {
                return None;
            }
        }
        self.turn.set(after(picked));
        Some(picked)
    }

    /// Waits for a place on `server`; the place is given back when the returned guard is dropped.
    pub async fn enter<'a>(&'a self, server: u32, kernel: &'a Kernel) -> Place<'a> {
        self.pass(Of::Places, server, kernel).await
    }

    /// Waits for a core of `server`, likewise.
    pub async fn core<'a>(&'a self, server: u32, kernel: &'a Kernel) -> Place<'a> {
        self.pass(Of::Cores, server, kernel).await
    }

    async fn pass<'a>(&'a self, of: Of, server: u32, kernel: &'a Kernel) -> Place<'a> {
        if self.limits[of as usize] < UNLIMITED {
            Enter { servers: self, of, server, kernel, ticket: None }.await;
        }
        Place { servers: self, of, server, kernel }
    }

    fn leave(&self, of: Of, server: u32, kernel: &Kernel) {
        if self.limits[of as usize] == UNLIMITED {
            return;
        }
        let mut servers = self.servers.borrow_mut();
        let gate = &mut servers[server as usize].gates[of as usize];
        gate.back += 1;
        if let Some(task) = gate.waiting.pop_front() {
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
            for (gate, &limit) in server.gates.iter().zip(&self.limits) {
                let inside = (gate.tickets - gate.back).min(limit);
                let outside = gate.tickets - gate.back - inside;
                assert_eq!(gate.waiting.len() as u64, outside, "who has a ticket and no place waits in line");
            }
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

    /// How a server is, but for a freeze of its tasks.
    pub fn condition(&self, server: u32) -> Condition {
        let server = &self.servers.borrow()[server as usize];
        match server.down {
            0 if server.slow.is_empty() => Condition::Up,
            0 => Condition::Slow,
            _ => Condition::Down,
        }
    }

    /// The server is back, unless another crash still lasts; whether it is.
    pub fn restart(&self, server: u32) -> bool {
        let server = &mut self.servers.borrow_mut()[server as usize];
        assert!(server.down > 0, "only what is down can come up");
        server.down -= 1;
        server.down == 0
    }
}

struct Enter<'a> {
    servers: &'a Servers,
    of: Of,
    server: u32,
    kernel: &'a Kernel,
    ticket: Option<u64>,
}

impl Future for Enter<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut servers = self.servers.servers.borrow_mut();
        let gate = &mut servers[self.server as usize].gates[self.of as usize];
        let first_time = self.ticket.is_none();
        let ticket = *self.ticket.get_or_insert(gate.tickets);
        if first_time {
            gate.tickets += 1;
        }
        if ticket < gate.back + self.servers.limits[self.of as usize] {
            return Poll::Ready(());
        }
        if first_time {
            gate.waiting.push_back(self.kernel.current());
        }
        Poll::Pending
    }
}

/// A place on a server, or a core of it; see [`Servers::enter`].
pub struct Place<'a> {
    servers: &'a Servers,
    of: Of,
    server: u32,
    kernel: &'a Kernel,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.servers.leave(self.of, self.server, self.kernel);
    }
}
