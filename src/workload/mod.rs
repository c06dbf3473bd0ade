//! What clients ask for.

pub mod trace;
