//! The parts of the page, each a component made of what it shows. What is said of a run ([`headline`])
//! and what finds a preset ([`gallery`]) know nothing of the browser.

pub mod gallery;
pub mod headline;
pub mod stage;

#[cfg(target_arch = "wasm32")]
pub mod breakers;
#[cfg(target_arch = "wasm32")]
pub mod capacity;
#[cfg(target_arch = "wasm32")]
pub mod controls;
#[cfg(target_arch = "wasm32")]
pub mod curve;
#[cfg(target_arch = "wasm32")]
pub mod expect;
#[cfg(target_arch = "wasm32")]
pub mod figures;
#[cfg(target_arch = "wasm32")]
pub mod lead;
#[cfg(target_arch = "wasm32")]
pub mod notices;
#[cfg(target_arch = "wasm32")]
pub mod seeds;
#[cfg(target_arch = "wasm32")]
pub mod share;
#[cfg(target_arch = "wasm32")]
mod shift;
#[cfg(target_arch = "wasm32")]
pub mod skip;
#[cfg(target_arch = "wasm32")]
pub mod story;
#[cfg(target_arch = "wasm32")]
pub mod strip;
#[cfg(target_arch = "wasm32")]
pub mod sweep;
#[cfg(target_arch = "wasm32")]
pub mod tables;
#[cfg(target_arch = "wasm32")]
pub mod transport;
#[cfg(target_arch = "wasm32")]
pub mod welcome;
#[cfg(target_arch = "wasm32")]
pub mod worst;
