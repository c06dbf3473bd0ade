//! Integration tests: one binary, one file per concern.

mod anchors_caches;
mod anchors_counts;
mod anchors_queues;
mod anchors_ratios;
mod bad_input;
mod cli;
mod common;
mod durability;
mod evictions;
mod faults;
mod golden;
mod presets;
mod random_golden;
mod readings;
mod real_redis;
mod scenarios;
mod shards;
mod store_model;
mod storms;
mod strategies;
mod traces;
mod traffic;
mod witness;
mod writes;
