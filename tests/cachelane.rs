//! Integration tests: one binary, one file per concern.

mod anchors_counts;
mod anchors_ratios;
mod bad_input;
mod cli;
mod presets;
mod random_golden;
mod scenarios;
mod store_model;
