//! The links between the parts: each with a latency of its own, each way with draws of its own.
//!
//! A message is an event that happens when it arrives. A partition stops a link: messages wait, as TCP would have it,
//! and go on when it heals; a caller with less patience has its timeout. What has been sent is not lost with its sender.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::{Event, Kernel};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{self, Distribution, Link};
use crate::time::Nanos;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the caller to the server.
    There,
    /// Back to the caller.
    Back,
}

struct Wire {
    latency: Sampler,
    /// Always zero: a message is there at once, and needs no event.
    instant: bool,
    draws: [RefCell<Stream>; 2],
    cuts: Cell<u32>,
    stalled: RefCell<Vec<(Way, Event, Nanos)>>,
}

/// See the module.
pub struct Network {
    kernel: Rc<Kernel>,
    wires: [Wire; 4],
}

impl Network {
    /// All links up.
    pub fn new(settings: &scenario::Network, kernel: Rc<Kernel>, streams: &Streams) -> Network {
        let wires = Link::ALL.map(|link| {
            let latency = settings.latency(link);
            let draws = [0, 1].map(|way| RefCell::new(streams.numbered("network", link as u32 * 2 + way)));
            Wire {
                latency: latency.sampler(),
                instant: *latency == Distribution::Constant(Nanos::ZERO),
                draws,
                cuts: Cell::new(0),
                stalled: RefCell::default(),
            }
        });
        Network { kernel, wires }
    }

    /// Sends a message now: `event` happens when it arrives.
    #[inline]
    pub fn send(&self, link: Link, way: Way, event: Event) {
        self.send_at(link, way, event, self.kernel.now());
    }

    /// Sends a message that leaves at the moment `leaves`, now or a little later.
    #[inline]
    pub fn send_at(&self, link: Link, way: Way, event: Event, leaves: Nanos) {
        let wire = &self.wires[link as usize];
        if wire.cuts.get() > 0 {
            wire.stalled.borrow_mut().push((way, event, leaves));
            return;
        }
        let latency = wire.latency.sample(&mut wire.draws[way as usize].borrow_mut());
        self.kernel.schedule(leaves.max(self.kernel.now()).saturating_add(latency), event);
    }

    /// Whether a message over `link` is there at once just now, so that it needs no event.
    #[inline]
    pub fn is_instant(&self, link: Link) -> bool {
        let wire = &self.wires[link as usize];
        wire.instant && wire.cuts.get() == 0
    }

    /// A partition begins: nothing passes `link`.
    pub fn cut(&self, link: Link) {
        let cuts = &self.wires[link as usize].cuts;
        cuts.set(cuts.get() + 1);
    }

    /// A partition ends; when it was the last one of `link`, what waited goes on, in the order in which it was sent.
    pub fn heal(&self, link: Link) {
        let wire = &self.wires[link as usize];
        assert!(wire.cuts.get() > 0, "only a cut link can heal");
        wire.cuts.set(wire.cuts.get() - 1);
        if wire.cuts.get() == 0 {
            for (way, event, leaves) in wire.stalled.take() {
                self.send_at(link, way, event, leaves);
            }
        }
    }
}
