//! The links between the parts: each with a latency of its own, each direction with draws of its own.
//!
//! A message is an event that happens when it arrives. A partition stops a link: messages wait, as TCP would have it,
//! and go on when it heals; a caller with less patience has its timeout. What has been sent is not lost with its sender.
//!
//! A message that carries a value takes its time on the wire: so many bytes a second to and from each machine at the far
//! end, values one after the other. Messages without one slip through.
//!
//! Loss is delay, too: TCP sends again what nobody has confirmed, after a timeout that doubles each time (RFC 6298,
//! section 5). The first is 200 ms, the least that Linux waits (`TCP_RTO_MIN`) and what links inside one site get; the
//! longest is two minutes (`TCP_RTO_MAX`). Requests and answers are too short for the faster repair by duplicate
//! acknowledgements. Each message has a connection of its own: none waits behind a lost one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::{Event, Kernel};
use crate::fault::Slowdown;
use crate::random::{Lengths, Stream, Streams};
use crate::scenario::{self, Distribution, Link};
use crate::stage::{Condition, Watcher};
use crate::table;
use crate::time::Nanos;
use crate::work;

/// How long a sender waits for a confirmation before it sends again for the first time.
pub const RETRANSMISSION_FIRST: Nanos = Nanos::from_millis(200);
/// How long it waits at most.
pub const RETRANSMISSION_MAX: Nanos = Nanos::from_secs(120);

/// Which direction a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the caller to the server.
    Request,
    /// Back to the caller.
    Response,
}

/// What a message carries, and which machine at the far end sends or takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Bytes.
    pub bytes: u64,
    /// The number of the machine, among those of its kind.
    pub machine: u32,
}

struct Wire {
    /// How long a byte takes, nanoseconds; 0 without a limit.
    ns_per_byte: f64,
    /// Until when each machine's wire is busy, each direction.
    busy: [RefCell<Vec<Nanos>>; 2],
    /// How long a message takes, each direction.
    latency: [RefCell<Lengths>; 2],
    /// Always zero: a message is there at once, and needs no event.
    instant: bool,
    /// Whether any fault is on.
    troubled: Cell<bool>,
    trouble: RefCell<Trouble>,
}

/// The faults of a link.
struct Trouble {
    partitions: u32,
    stalled: Vec<(Direction, Event, Nanos, Payload)>,
    slow: Slowdown,
    /// The share lost, and until when.
    losses: Vec<(f64, Nanos)>,
    draws: [Stream; 2],
}

/// See the module.
pub struct Network {
    kernel: Rc<Kernel>,
    wires: [Wire; 4],
    watcher: Watcher,
}

impl Network {
    /// All links up.
    pub fn new(settings: &scenario::Network, kernel: Rc<Kernel>, streams: &Streams) -> Network {
        let wires = Link::ALL.map(|link| {
            let latency = settings.latency(link);
            let stream = |name, direction| streams.numbered(name, link as u32 * 2 + direction);
            let trouble = Trouble {
                partitions: 0,
                stalled: Vec::new(),
                slow: Slowdown::default(),
                losses: Vec::new(),
                draws: [0, 1].map(|direction| stream("network loss", direction)),
            };
            let bandwidth = settings.bandwidth(link);
            Wire {
                ns_per_byte: bandwidth.map_or(0.0, |bytes| 1e9 / bytes.0 as f64),
                busy: Default::default(),
                latency: [0, 1].map(|direction| RefCell::new(latency.sampler().lengths(stream("network", direction)))),
                instant: *latency == Distribution::Constant(Nanos::ZERO) && bandwidth.is_none(),
                troubled: Cell::new(false),
                trouble: RefCell::new(trouble),
            }
        });
        Network { kernel, wires, watcher: Watcher::default() }
    }

    /// Who watches what is sent, where somebody does.
    #[inline]
    pub fn watched(&self) -> Option<&Watcher> {
        self.watcher.is_on().then_some(&self.watcher)
    }

    /// The same, to be told when to watch.
    pub fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// How a link is.
    pub fn condition(&self, link: Link) -> Condition {
        let wire = &self.wires[link as usize];
        match wire.troubled.get() {
            false => Condition::Up,
            true if wire.trouble.borrow().partitions > 0 => Condition::Frozen,
            true => Condition::Slow,
        }
    }

    /// Sends a message now: `event` happens when it arrives.
    #[inline]
    pub fn send(&self, link: Link, direction: Direction, event: Event) {
        self.send_at(link, direction, event, self.kernel.now());
    }

    /// Sends a message that leaves at the moment `leaves`, now or a little later.
    #[inline]
    pub fn send_at(&self, link: Link, direction: Direction, event: Event, leaves: Nanos) {
        let wire = &self.wires[link as usize];
        if wire.troubled.get() {
            return self.send_in_trouble(link, direction, event, leaves);
        }
        let latency = wire.latency[direction as usize].borrow_mut().draw();
        let leaves = leaves.max(self.kernel.now());
        self.dispatch(link, direction, event, leaves, leaves.saturating_add(latency));
    }

    #[inline]
    fn dispatch(&self, link: Link, direction: Direction, event: Event, leaves: Nanos, arrives: Nanos) {
        if let Some(watcher) = self.watched() {
            watcher.travels(link, direction == Direction::Response, event, leaves, arrives);
        }
        self.kernel.schedule(arrives, event);
    }

    /// Whether what a message carries takes time on `link`.
    #[inline]
    pub fn limits_bandwidth(&self, link: Link) -> bool {
        self.wires[link as usize].ns_per_byte > 0.0
    }

    /// Sends a message that leaves at the moment `leaves`, now or a little later, and carries something.
    pub fn send_payload(&self, link: Link, direction: Direction, event: Event, leaves: Nanos, payload: Payload) {
        let wire = &self.wires[link as usize];
        if wire.ns_per_byte == 0.0 || payload.bytes == 0 {
            return self.send_at(link, direction, event, leaves);
        }
        let mut time = Nanos((payload.bytes as f64 * wire.ns_per_byte) as u64);
        if wire.troubled.get() {
            let mut trouble = wire.trouble.borrow_mut();
            if trouble.partitions > 0 {
                trouble.stalled.push((direction, event, leaves, payload));
                return;
            }
            time = trouble.slow.stretch(time);
        }
        let mut busy = wire.busy[direction as usize].borrow_mut();
        table::reach(&mut busy, payload.machine as usize, Nanos::ZERO);
        let busy_until = &mut busy[payload.machine as usize];
        *busy_until = leaves.max(self.kernel.now()).max(*busy_until).saturating_add(time);
        let sent = *busy_until;
        drop(busy);
        self.send_at(link, direction, event, sent);
    }

    #[cold]
    fn send_in_trouble(&self, link: Link, direction: Direction, event: Event, leaves: Nanos) {
        let wire = &self.wires[link as usize];
        let mut trouble = wire.trouble.borrow_mut();
        if trouble.partitions > 0 {
            trouble.stalled.push((direction, event, leaves, Payload::default()));
            return;
        }
        let latency = wire.latency[direction as usize].borrow_mut().draw();
        let latency = trouble.slow.stretch(latency);
        let leaves = leaves.max(self.kernel.now());
        let gets_through = trouble.gets_through(direction, leaves);
        self.dispatch(link, direction, event, leaves, gets_through.saturating_add(latency));
    }

    /// Whether a message over `link` is there at once just now, so that it needs no event.
    #[inline]
    pub fn is_instant(&self, link: Link) -> bool {
        let wire = &self.wires[link as usize];
        wire.instant && !wire.troubled.get()
    }

    /// A partition begins: nothing passes `link`.
    pub fn partition(&self, link: Link) {
        self.change(link, |trouble| trouble.partitions += 1);
    }

    /// A partition ends; when it was the last one of `link`, what waited goes on, in the order in which it was sent.
    pub fn heal(&self, link: Link) {
        let mut waited = Vec::new();
        self.change(link, |trouble| {
            assert!(trouble.partitions > 0, "only a partitioned link can heal");
            trouble.partitions -= 1;
            if trouble.partitions == 0 {
                waited = std::mem::take(&mut trouble.stalled);
            }
        });
        work::count(waited.len());
        for (direction, event, leaves, load) in waited {
            self.send_payload(link, direction, event, leaves, load);
        }
    }

    /// What is sent over `link` from now on takes `times` as long.
    pub fn slow_down(&self, link: Link, times: f64) {
        self.change(link, |trouble| trouble.slow.begin(times));
    }

    /// That slow-down is over.
    pub fn speed_up(&self, link: Link, times: f64) {
        self.change(link, |trouble| trouble.slow.end(times));
    }

    /// From now until the moment `until`, this share of what is sent over `link` is lost and sent again.
    pub fn begin_losing(&self, link: Link, share: f64, until: Nanos) {
        self.change(link, |trouble| trouble.losses.push((share, until)));
    }

    /// That loss is over.
    pub fn end_losing(&self, link: Link, share: f64) {
        self.change(link, |trouble| {
            work::count(trouble.losses.len());
            let losses = trouble.losses.iter().enumerate().filter(|(_, (other, _))| *other == share);
            let first = losses.min_by_key(|(_, (_, until))| *until).map(|(position, _)| position);
            trouble.losses.remove(first.expect("only what has begun ends"));
        });
    }

    fn change(&self, link: Link, change: impl FnOnce(&mut Trouble)) {
        let wire = &self.wires[link as usize];
        let mut trouble = wire.trouble.borrow_mut();
        change(&mut trouble);
        let troubled = trouble.partitions > 0 || !trouble.slow.is_empty() || !trouble.losses.is_empty();
        wire.troubled.set(troubled);
    }
}

impl Trouble {
    /// When a message that is first sent at `sent` gets on its direction, after as many losses as it meets. Losses end, so
    /// this one ends, too.
    fn gets_through(&mut self, direction: Direction, sent: Nanos) -> Nanos {
        let (mut sent, mut wait) = (sent, RETRANSMISSION_FIRST);
        while self.is_lost(direction, sent) {
            sent = sent.saturating_add(wait);
            wait = Nanos(wait.0 * 2).min(RETRANSMISSION_MAX);
        }
        sent
    }

    fn is_lost(&mut self, direction: Direction, sent: Nanos) -> bool {
        let Trouble { losses, draws, .. } = self;
        work::count(losses.len());
        let now = losses.iter().filter(|(_, until)| sent < *until);
        now.fold(false, |lost, &(share, _)| draws[direction as usize].chance(share) || lost)
    }
}
