//! One cache node: a single-threaded command server around a memory, a write-behind buffer and running loads.
//!
//! ```text
//! arrive ─▶ down? ─▶ refused      idle? ─▶ the command takes effect, and keeps the node busy for its time ─▶ response
//!                                 busy  ─▶ waits in line behind all others: one slow command delays everyone
//! ```
//!
//! A command takes effect when its service begins. Nobody can tell that from an effect at its end, since the next one
//! does not begin before; and it saves an event per command.
//!
//! A crash empties its memory: entries, buffered rows, running loads. It comes back cold. What the node cannot do by
//! itself, because it needs the database, it asks for as a [`Job`](crate::jobs::Job).
//!
//! The node is made of parts, each of which owns its data and knows nothing of the others but what it is given:
//!
//! | part | owns |
//! |---|---|
//! | [`memory`] | entries, their TTLs, why keys are missing |
//! | [`loads`] | loads under way and who waits for them, leases |
//! | [`write_buffer`] | rows that the database does not have yet, who waits for room among them |
//! | [`server`] | what is being served, who waits in line; in it [`availability`]: crashes, freezes, long commands |
//! | [`durability`] | disk and replicas, or that there are none |
//!
//! [`state`] holds them together; `serving`, `flushing`, `failing` and `freezing` are what happens to all of them at a
//! command, a flush, a crash and a freeze.

mod availability;
mod durability;
mod failing;
mod flushing;
mod freezing;
mod inspect;
mod loads;
mod memory;
pub(super) mod server;
mod serving;
mod state;
mod write_buffer;

pub use self::failing::Turn;
pub use self::flushing::FlushDue;
pub use self::state::{CacheNode, NodeReading};
