//! The experiment as data.

pub mod eviction;
