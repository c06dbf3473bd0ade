//! What time it is for a cache, and until when its entries live.

use crate::keyspace::{Command, Expiry};
use crate::time::Nanos;
use crate::workload::trace::Record;

/// The time of requests, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Whether what requests say counts, where they say it.
    pub is_own: bool,
    /// Where none has said it yet: from one request to the next.
    pub tick: Nanos,
    /// How long entries live that nobody gave a life, in ticks.
    pub ttl: Option<u64>,
    /// What a request said last.
    said: Option<Nanos>,
}

impl Clock {
    /// Before the first request.
    pub fn new(is_own: bool, tick: Nanos, ttl: Option<u64>) -> Clock {
        Clock { is_own, tick, ttl, said: None }
    }

    /// The moment of a request, after so many look-ups.
    pub fn now(&mut self, record: &Record, requests: u64) -> Nanos {
        self.said = record.at.filter(|_| self.is_own).or(self.said);
        self.said.unwrap_or(Nanos(requests.saturating_mul(self.tick.0)))
    }

    /// The last moment of an entry that lives so long, or as long as any.
    pub fn end(&self, now: Nanos, life: Option<Nanos>) -> Nanos {
        life.or_else(|| self.any()).map_or(Nanos::MAX, |life| now.saturating_add(life))
    }

    /// How long entries live that nobody gave a life.
    pub fn any(&self) -> Option<Nanos> {
        self.ttl.map(|ticks| Nanos(ticks.saturating_mul(self.tick.0)))
    }
}

/// Whether a request gives its entry a life.
pub fn gives_life(record: &Record) -> bool {
    record.fill_ttl.is_some() || record.command.as_ref().is_some_and(Command::gives_time)
}

/// How long the value lives from this moment on that a request puts in, or that its miss fetches, where it says so.
pub fn life(record: &Record, now: Nanos) -> Option<Nanos> {
    match record.command {
        Some(Command::Store { expiry: Expiry::In(life), .. }) => Some(life),
        Some(Command::Store { expiry: Expiry::At(end), .. }) => Some(end.saturating_sub(now)),
        _ => record.fill_ttl,
    }
}
