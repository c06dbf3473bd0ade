//! What a server's commands do to its keys.
//!
//! The vocabulary is Redis', which contains memcached's. A [`Command`] says what happens to one key's value and to its
//! expiry, whatever the protocol called it: `SETEX`, `SET … EX` and memcached's `set` are all a [`Command::Store`].

mod command;

pub use command::{Command, Expiry, Flush, Only, OnlyExpiry};
