//! The engine: a virtual clock, an event queue and a tiny executor. It knows nothing of caches.
//!
//! A run is a loop: take the earliest event, set the clock to its moment, let whoever it belongs to act.
//! An event is either the wake-up of a *task* (straight-line `async` code that waits for something) or a small
//! number that only the simulation understands ("call 17 reaches the database").
//!
//! ```text
//!          schedule(at, event)                        next()
//!   world ───────────────────▶ [Queue: (time, number)] ──────▶ (now, event) ──┬─▶ wake(task): poll it
//!     ▲                                                                       └─▶ anything else: the world acts
//!     └───────────── tasks await: sleep, timeout, join, race ◀────────────────┘
//! ```
//!
//! * Time is whole nanoseconds. Events at the same moment happen in the order in which they were scheduled.
//! * Tasks live in a slab ([`Tasks`]): each slot has a future that does one job after the other, and is never moved.
//! * Wakers do nothing. Whoever completes what a task waits for says so with [`Kernel::wake`];
//!   a task may be polled once too often, so every leaf future asks again whether it is ready.
//! * Every event is mixed into a [`Digest`]: two runs with the same digest did the same things at the same times.

mod calls;
mod combine;
mod deadlines;
mod digest;
mod kernel;
mod owned;
mod queue;
mod tasks;

pub use calls::{Call, CallId, CallQueue, Calls};
pub use combine::{Either, join, join_all, race};
pub use deadlines::{Elapsed, Timeout};
pub use digest::Digest;
pub use kernel::{Kernel, Sleep};
pub use owned::Owned;
pub use queue::{Event, Queue};
pub use tasks::{TaskId, Tasks};

/// The version of the engine. It changes whenever any scenario's events change, so that digests compare within it.
pub const VERSION: &str = "4";
