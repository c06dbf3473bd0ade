//! Integration tests: one binary, one file per concern.

mod anchors_caches;
mod anchors_counts;
mod anchors_queues;
mod anchors_ratios;
mod common;
mod random_golden;
mod store_model;
mod strategies;
