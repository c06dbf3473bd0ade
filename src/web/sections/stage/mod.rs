//! The stage: a strip per lane, on which requests go from part to part.
//!
//! ```text
//! worker's messages ─▶ film (where each followed request is at a moment) ─▶ plan (at which point) ─▶ draw, frame by frame
//!                                                                           words, for who does not see it
//! ```

pub mod code;
pub mod film;
pub mod follow;
pub mod plan;
pub mod restore;
pub mod words;

#[cfg(target_arch = "wasm32")]
mod draw;
#[cfg(target_arch = "wasm32")]
mod menu;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::{Stage, StageProps};
