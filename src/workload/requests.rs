//! The requests of a run, in the order in which they are sent.

use std::rc::Rc;
use std::sync::Arc;

use super::trace::Trace;
use crate::ledger::{Client, Key};
use crate::random::{Ids, Sampler, Stream, Streams};
use crate::scenario::{Arrivals, Clients, Keys};
use crate::time::Nanos;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number, from 0, in the order of sending.
    pub number: u64,
    /// Which key it names.
    pub key: Key,
    /// What it wants done with it.
    pub operation: Operation,
}

/// What a request wants done with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read the value.
    Read,
    /// Put a value there, whatever stands there now; also of a key that is new.
    Write,
    /// Read the value and put another there that was made from it (read-modify-write).
    Modify,
    /// Take the value away.
    Delete,
}

impl Operation {
    /// Whether the database is another one afterwards: everything but reads.
    #[inline]
    pub fn writes(self) -> bool {
        self != Operation::Read
    }
}

/// Where keys come from. Shared between lanes: a table of a million keys need not stand five times.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Drawn.
    Drawn(Rc<Ids>),
    /// Read off a trace.
    Trace(Arc<Trace>),
}

impl KeySource {
    /// The source that `keys` names; `trace` is the content of the file it may name.
    ///
    /// # Errors
    /// When a trace is named and none is given, or the numbers make no distribution.
    pub fn new(keys: &Keys, trace: Option<Arc<Trace>>) -> Result<KeySource, String> {
        let ids = match *keys {
            Keys::Uniform { count } => Ids::uniform(count),
            Keys::Zipf { count, alpha } => Ids::zipf(count, alpha),
            Keys::HotSet { count, hot, traffic } => Ids::hot_set(count, hot, traffic),
            Keys::Trace { ref file } => {
                let missing = || format!("clients.keys.file: the trace {file:?} has not been read");
                return trace.map(KeySource::Trace).ok_or_else(missing);
            }
        };
        ids.map(|ids| KeySource::Drawn(Rc::new(ids))).map_err(|bad| format!("clients.keys: {bad}"))
    }
}

/// Makes the requests of one lane.
pub struct Requests {
    source: KeySource,
    keys: Stream,
    operations: Stream,
    write_ratio: f64,
    made: u64,
}

impl Requests {
    /// The requests that `clients` send.
    pub fn new(clients: &Clients, source: KeySource, streams: &Streams) -> Requests {
        Requests {
            source,
            keys: streams.named("keys"),
            operations: streams.named("operations"),
            write_ratio: clients.write_ratio,
            made: 0,
        }
    }

    /// The next request, or `None` when a trace has ended.
    pub fn make(&mut self) -> Option<Request> {
        let key = match &self.source {
            KeySource::Drawn(ids) => ids.sample(&mut self.keys),
            KeySource::Trace(trace) => *trace.keys().get(self.made as usize)?,
        };
        let writes = self.operations.unit() < self.write_ratio;
        let operation = if writes { Operation::Write } else { Operation::Read };
        let number = self.made;
        self.made += 1;
        Some(Request { number, key, operation })
    }

    /// How many requests have been made.
    pub fn made(&self) -> u64 {
        self.made
    }
}

/// When requests come.
pub enum Timing {
    /// Whether or not the ones before are answered; `sessions` clients take turns.
    Open { gap: Sampler, draws: Stream, sessions: u32 },
    /// Each user after the answer and a pause. Each has pauses of its own.
    Closed { think: Sampler, draws: Vec<Stream> },
}

impl Timing {
    /// The timing of `clients`.
    pub fn new(clients: &Clients, streams: &Streams) -> Timing {
        let open = |gap| Timing::Open { gap, draws: streams.named("arrivals"), sessions: clients.sessions };
        match &clients.arrivals {
            Arrivals::Poisson { rate } => open(Sampler::exponential(Nanos::from_secs_f64(1.0 / rate))),
            Arrivals::Constant { rate } => open(Sampler::constant(Nanos::from_secs_f64(1.0 / rate))),
            Arrivals::Closed { users, think } => {
                let draws = (0..*users).map(|user| streams.numbered("think", user)).collect();
                Timing::Closed { think: think.sampler(), draws }
            }
        }
    }

    /// The client of open-loop request `number`.
    pub fn client(&self, number: u64) -> Client {
        match self {
            Timing::Open { sessions, .. } => (number % u64::from(*sessions)) as Client,
            Timing::Closed { .. } => unreachable!("a closed loop's requests come from its users"),
        }
    }

    /// The time to the next open-loop arrival.
    pub fn gap(&mut self) -> Nanos {
        match self {
            Timing::Open { gap, draws, .. } => gap.sample(draws),
            Timing::Closed { .. } => unreachable!("a closed loop has no arrivals of its own"),
        }
    }

    /// The pause of `user` before its next request; `None` in open loops.
    pub fn think(&mut self, user: Client) -> Option<Nanos> {
        match self {
            Timing::Open { .. } => None,
            Timing::Closed { think, draws } => Some(think.sample(&mut draws[user as usize])),
        }
    }

    /// How many users a closed loop has; `None` in open loops.
    pub fn users(&self) -> Option<u32> {
        match self {
            Timing::Open { .. } => None,
            Timing::Closed { draws, .. } => Some(draws.len() as u32),
        }
    }
}
