//! What an application server has of its own, beside its requests: flights that readers share, connections to the
//! database, and a circuit breaker before them. A crash of the server takes all of it.
//!
//! ```text
//! request ─▶ strategy ─▶ [flights: one load per key] ─▶ [breaker: shut or open] ─▶ [pool: a free connection] ─▶ database
//! ```

mod breaker;
mod flights;
mod pool;

pub use breaker::{Breaker, Permit};
pub use flights::{Flights, Lead, Turn};
pub use pool::{Connection, Pool};
