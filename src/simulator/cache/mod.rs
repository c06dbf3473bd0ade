//! The cache: single-threaded nodes, each with a store, an eviction policy, expiry and a write-behind buffer.
//!
//! From the ground up; a file uses those in rows above its own and beside it, never one below:
//!
//! ```text
//! keys  leases  refresh  ttl  values  withheld  counts     what needs nothing of the cache
//! entry  command                                           what is held, what is asked
//! eviction                                                 who goes when a store is full
//! observer  store  buffer  journal  maintenance            what a node keeps
//! persistence  replicas  common                            where else it is; what nodes share
//! node: memory  loads  server  …                           its parts, and the node made of them
//! near  shards  replay  stack  miniature                   what callers see
//! ```

pub mod buffer;
pub mod command;
pub mod common;
pub mod counts;
pub mod entry;
pub mod eviction;
pub mod gutter;
pub mod journal;
pub mod keys;
pub mod leases;
mod maintenance;
pub mod miniature;
pub mod multi_gets;
pub mod near;
pub mod node;
pub mod observer;
pub mod persistence;
pub mod refresh;
pub mod replay;
pub mod replicas;
pub mod shards;
pub mod stack;
pub mod store;
pub mod ttl;
pub mod values;
mod withheld;
pub mod write_queue;
