//! What a server's commands do to its keys.
//!
//! The vocabulary is Redis', which contains memcached's. A [`Command`] says what happens to a key's value and to its
//! expiry, whatever the protocol called it: `SETEX`, `SET … EX` and memcached's `set` are all a [`Command::Store`]. A
//! [`Server`] applies it to the keys in a [`KeyStore`].
//!
//! ```text
//! a line of a trace ──▶ Command ──▶ Server ──▶ KeyStore: a bounded cache (replay), or a record of all (simulation)
//!                                     │
//!                                     └─ Value: text, list, set, hash, sorted set, stream, with their elements
//! ```

mod change;
mod combine;
mod command;
mod elements;
mod key_store;
mod server;
mod value;
mod waiting;

pub use command::{
    Aggregate, Class, Combine, Combining, Command, Elements, Expiry, Flush, Kind, Only, OnlyExpiry, Resize,
    SetOperation, Sort, Wait, Waiters,
};
pub use elements::{End, Limit, Member, Range, ScoresHow, Scoring, Text};
pub use key_store::{Ask, KeyStore, Put};
pub use server::{Doubts, ELEMENT_BYTES_MAX, Limits, STEPS_MAX, Server};
pub use value::{List, Set, Sorted, Value, Values};
