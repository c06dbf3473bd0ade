//! What a server's commands do to its keys.
//!
//! The vocabulary is Redis', which contains memcached's. A [`Command`] says what happens to a key's value and to its
//! expiry, whatever the protocol called it: `SETEX`, `SET … EX` and memcached's `set` are all a [`Command::Store`]. A
//! [`Server`] does it, to keys that stand on a [`Shelf`].
//!
//! ```text
//! a line of a trace ──▶ Command ──▶ Server ──▶ Shelf: a bounded cache (replay), or a record of all (simulation)
//!                                     │
//!                                     └─ Value: text, list, set, hash, sorted set, stream, with their elements
//! ```

mod combine;
mod command;
mod server;
mod value;

pub use command::{
    Aggregate, Class, Combine, Combining, Command, Elements, End, Expiry, Flush, Kind, Limit, Only, OnlyExpiry, Range,
    Resize, ScoresHow, Scoring, SetOperation, Sort, Text, Wait, Waiters,
};
pub use server::{Ask, Doubts, ELEMENT_BYTES_MAX, Limits, Put, STEPS_MAX, Server, Shelf};
pub use value::{List, Member, Set, Sorted, Value, Values};
