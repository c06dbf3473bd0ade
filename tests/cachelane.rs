//! Integration tests: one binary, one file per concern.

mod scenarios;
mod anchors_counts;
mod anchors_ratios;
mod random_golden;
mod store_model;
