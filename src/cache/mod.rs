//! The cache: what it holds, and what it gives up when it is full.

pub mod eviction;
pub mod replay;
pub mod store;
