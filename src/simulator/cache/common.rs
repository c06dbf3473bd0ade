//! What all nodes of a cache share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::command::{Answer, Command};
use super::eviction::opt::Upcoming;
use super::multi_gets::MultiGets;
use super::values::Values;
use super::withheld::WithheldAnswers;
use crate::engine::{Calls, Kernel};
use crate::jobs::Jobs;
use crate::ledger::Ledger;
use crate::model::Key;
use crate::pile::Pile;
use crate::scenario::estimate;
use crate::time::Nanos;

/// The number of a node, from 0.
pub type Shard = u32;

/// The kinds of event a node is told about.
#[derive(Clone, Copy, Debug)]
pub struct NodeEvents {
    /// The node is free for the next command; the index is the node's number.
    pub free: u8,
    /// A dirty entry's TTL may be over; the index is the key.
    pub dirty_expiry: u8,
    /// An answer reaches its caller; the index is the call.
    pub answer: u8,
    /// The node may be at work again, or another in its place; the index is the node's number.
    pub turn: u8,
}

/// What all nodes of a cache share: the clock, the ledger, the calls to them and the jobs they need done.
pub struct Common {
    /// The clock.
    pub kernel: Rc<Kernel>,
    /// The ledger.
    pub ledger: Rc<RefCell<Ledger>>,
    /// The kinds of event they are told about.
    pub events: NodeEvents,
    /// Every call to any node.
    pub calls: Calls<Command, Answer>,
    /// What the nodes need done by tasks.
    pub jobs: Rc<Jobs>,
    /// What was written since somebody last asked, and from when on that is known: a key, or all of them. Noted only where
    /// near caches are told.
    pub changed: Pile<(Option<Key>, Nanos)>,
    /// Clients have gone home: flush whatever is dirty.
    pub draining: Cell<bool>,
    /// Answers that a freeze caught before they had left.
    pub(super) withheld: RefCell<WithheldAnswers>,
    /// The commands for several keys.
    pub multi_gets: MultiGets,
    /// How large values are, and how long a trace lets them live.
    pub values: Values,
    /// What will be asked for, where the nodes are told.
    pub upcoming: Option<Rc<Upcoming>>,
}

const _: () = assert!(Calls::<Command, Answer>::CALL_BYTES <= estimate::CALL_BYTES);
