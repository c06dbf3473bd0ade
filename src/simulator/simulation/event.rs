//! The kinds of event of a simulation, as they stand packed in the engine's queue.

use crate::cache::common::NodeEvents;
use crate::engine::{Event, Kernel};
use crate::strategy::Events;

/// What an event is; its index says about which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum EventKind {
    /// A task goes on; the index is the task.
    Wake = Kernel::WAKE,
    /// A line of timeouts is looked at.
    Deadline = Kernel::DEADLINE,
    /// The next open-loop arrival.
    Arrival,
    /// A user has thought enough; the index is the user.
    User,
    /// A request reaches the application; the index is its slot.
    Request,
    /// A response reaches its client; the index is the request's slot.
    Response,
    /// A command reaches the cache; the index is the call.
    CacheArrival,
    /// A cache node is free for the next command; the index is the node.
    CacheFree,
    /// The cache's response reaches its caller; the index is the call.
    CacheResponse,
    /// A query reaches the database; the index is the call.
    DatabaseArrival,
    /// A database worker has served a query; the index is the worker.
    DatabaseServed,
    /// The database's response reaches its caller; the index is the call.
    DatabaseResponse,
    /// A dirty entry's TTL may be over; the index is the key.
    DirtyExpiry,
    /// A message between near caches arrives; the index is its slot.
    NearMessage,
    /// A cache node may serve again, or a replica in its place; the index is the node.
    NodeRecovery,
    /// The client who has waited longest gives up.
    GiveUp,
}

use EventKind::*;

impl EventKind {
    /// Every kind by its number: as many as fit into an event.
    const ALL: [EventKind; 16] = [
        Wake,
        Deadline,
        Arrival,
        User,
        Request,
        Response,
        CacheArrival,
        CacheFree,
        CacheResponse,
        DatabaseArrival,
        DatabaseServed,
        DatabaseResponse,
        DirtyExpiry,
        NearMessage,
        NodeRecovery,
        GiveUp,
    ];

    /// The kind of an event.
    #[inline]
    pub fn of(event: Event) -> EventKind {
        EventKind::ALL[usize::from(event.kind())]
    }

    /// An event of this kind, about the thing with this number.
    #[inline]
    pub fn about(self, index: u32) -> Event {
        Event::new(self as u8, index)
    }
}

const _: () = {
    let mut number = 0;
    while number < EventKind::ALL.len() {
        assert!(EventKind::ALL[number] as usize == number, "every kind stands at its number");
        number += 1;
    }
};

/// The events that a cache node schedules.
pub(super) const NODE_EVENTS: NodeEvents = NodeEvents {
    free: CacheFree as u8,
    dirty_expiry: DirtyExpiry as u8,
    answer: CacheResponse as u8,
    turn: NodeRecovery as u8,
};

/// The events with which calls reach their servers.
pub(super) const CALL_EVENTS: Events =
    Events { cache_arrival: CacheArrival as u8, database_arrival: DatabaseArrival as u8 };

/// The event with which a database worker has served a query.
pub(super) const DATABASE_SERVED: u8 = DatabaseServed as u8;
