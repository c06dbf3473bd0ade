//! The cache: single-threaded nodes, each with a store, an eviction policy, expiry and a write-behind buffer.

pub mod buffer;
pub mod command;
pub mod common;
pub mod counts;
pub mod entry;
pub mod eviction;
pub mod expiry;
pub mod journal;
pub mod keys;
pub mod leases;
pub mod near;
pub mod node;
pub mod persistence;
pub mod refresh;
pub mod replay;
pub mod replicas;
pub mod shards;
pub mod store;
mod upkeep;
pub mod values;
pub mod watch;
mod withheld;
