//! What clients ask for: arrivals, keys, operations; and traces of what others asked for.
//!
//! Request `n` names the same key and operation in every lane, whatever happened before it: each is the `n`-th draw of a
//! stream of its own.

pub mod arrivals;
pub mod foresight;
pub mod operation;
pub mod popularity;
pub mod requests;
pub mod rows;
pub mod trace;
