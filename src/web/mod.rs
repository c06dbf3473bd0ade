//! The page: what a reader sees, hears and touches. The simulation itself runs in a worker.
//!
//! ```text
//!   link, controls, keys ──▶ Action ──▶ state::State::apply ──▶ Effect ──▶ worker, address bar, storage
//!                                             │                              │
//!                                             ▼                              │ Frame (ten a second)
//!            app ─▶ head, transport, figures, tables, controls    ◀──────────┘
//! ```
//!
//! ```text
//! app/         the one component with a state: messages, effects, keys, layout
//! state/       what the page knows and decides: edits and their undoing, the run, the talk with the worker, links
//! sections/    the parts of the page: figures, tables, controls, notices, share
//! components/  widgets: number, choice, distribution, dialog
//! i18n/        all wording, English and Korean
//! platform/    the browser: window, storage, files, frames; the worker and what is said to it
//! ```
//!
//! What decides anything ([`state`], [`sections::headline`], [`platform::protocol`], [`i18n`]) knows nothing of the browser
//! and is tested natively; what touches it is compiled for wasm only.

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
mod components;
pub mod i18n;
pub mod platform;
pub mod sections;
pub mod state;
