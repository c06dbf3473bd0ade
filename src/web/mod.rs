//! The page: what a reader sees, hears and touches. The simulation itself runs in a worker.
//!
//! ```text
//!   link, controls, keys ──▶ Action ──▶ state::State::apply ──▶ Effect ──▶ worker, address bar, storage
//!                                             │                              │
//!                                             ▼                              │ Frame (ten a second)
//!            app ─▶ head, transport, plots, scoreboard, controls  ◀──────────┘
//! ```
//!
//! What decides anything ([`state`], [`headline`], [`view`], [`protocol`], [`words`]) knows nothing of the browser and is
//! tested natively; what touches it is compiled for wasm only.

pub mod extras;
pub mod headline;
pub mod history;
pub mod protocol;
pub mod shelf;
pub mod state;
pub mod traces;
pub mod view;
pub mod words;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
mod canvas;
#[cfg(target_arch = "wasm32")]
mod controls;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod embed;
#[cfg(target_arch = "wasm32")]
mod fields;
#[cfg(target_arch = "wasm32")]
mod form;
#[cfg(target_arch = "wasm32")]
mod notices;
#[cfg(target_arch = "wasm32")]
mod office;
#[cfg(target_arch = "wasm32")]
mod panels;
#[cfg(target_arch = "wasm32")]
mod plots;
#[cfg(target_arch = "wasm32")]
mod share;
#[cfg(target_arch = "wasm32")]
mod transport;
#[cfg(target_arch = "wasm32")]
pub mod worker;
