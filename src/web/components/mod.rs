//! Widgets that know nothing of where on the page they stand.

pub mod any_field;
pub mod choice;
pub mod context;
pub mod control;
pub mod dialog;
pub mod distribution;
pub mod drop;
pub mod fold;
pub mod number;
pub mod overridden;
pub mod paste;
pub mod paste_info;
pub mod select;
pub mod sheet;
pub mod slider;
pub mod swatch;
