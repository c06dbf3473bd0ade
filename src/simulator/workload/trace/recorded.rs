//! What the commands of a trace did in the server that was recorded, as requests of a simulation.
//!
//! A simulation knows reads, writes, read-modify-writes and deletes of rows. So the commands are played once against the
//! keys of a server without limits, and what each did there becomes requests:
//!
//! ```text
//!   SET k v NX, k is there   ▶ a read of k          RENAME a b   ▶ a delete of a, a write of b
//!   SET k v NX, k is not     ▶ a write of k         FLUSHALL     ▶ a delete of each key that is there
//!   INCR k, LPUSH k …        ▶ k is modified        LPOP k, the last element ▶ a delete of k
//! ```
//!
//! `EXPIRE` and its like are no requests. They give copies of the value another TTL: see [`Renewal`].

use super::Record;
use crate::keyspace::{Ask, Class, Command, KeyStore, Put, Server, Value, Values};
use crate::time::Nanos;
use crate::workload::operation::Operation;

/// One request that a command became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    pub key: u32,
    pub operation: Operation,
    /// In bytes, as far as the trace says it.
    pub size: Option<u32>,
    /// How long its value lives, where the command says it; the greatest time is for ever.
    pub ttl: Option<Nanos>,
    /// Its value keeps the end of the one before.
    pub keeps_end: bool,
}

/// The value of a key lives so long from a moment on; no request says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The number of the first request that is sent after it.
    pub before: usize,
    /// The key.
    pub key: u32,
    /// When, by the trace's own clock.
    pub at: Nanos,
    /// How long from then on; the greatest time is for ever.
    pub ttl: Nanos,
}

/// What one record became.
#[derive(Debug, PartialEq, Eq)]
pub enum TraceEvent {
    /// A request.
    Request(Happened),
    /// A new TTL from now on.
    Renewed { key: u32, ttl: Nanos },
}

/// See the module.
#[derive(Debug, Default)]
pub struct Recorded {
    server: Server,
    keys: Keys,
}

impl Recorded {
    /// Plays one record; what it became can be [taken](Recorded::events).
    pub fn play(&mut self, record: &Record) {
        let ask = record.ask();
        let command = record.command.as_ref().unwrap_or(&Command::Read);
        // Its look-up has been a record of its own.
        self.keys.quiet = matches!(command, Command::UnlessNoText(_));
        if let (Command::Delete, None) = (command, self.keys.find(ask.key, ask.now)) {
            // Whoever says it in a simulation deletes a row, which may well be there.
            self.keys.log(ask.key, Operation::Delete);
        }
        self.keys.fill_ttl = record.fill_ttl.filter(|_| command.class() == Class::Read);
        self.server.run(&mut self.keys, &ask, command);
    }

    /// What the last record became, in order.
    pub fn events(&mut self) -> impl Iterator<Item = TraceEvent> {
        self.keys.events.drain(..)
    }
}

/// A key that is there.
#[derive(Clone, Copy, Debug)]
struct Kept {
    end: Nanos,
    value: u32,
    size: Option<u32>,
}

/// All keys of the server, by id.
#[derive(Debug, Default)]
struct Keys {
    there: Vec<Option<Kept>>,
    count: usize,
    /// Every key that is there, and others, some of them twice.
    candidates: Vec<u32>,
    values: Values,
    events: Vec<TraceEvent>,
    quiet: bool,
    fill_ttl: Option<Nanos>,
}

impl Keys {
    fn log(&mut self, key: u32, operation: Operation) {
        let happened = Happened { key, operation, size: None, ttl: None, keeps_end: false };
        self.events.push(TraceEvent::Request(happened));
    }

    fn kept(&self, key: u32) -> Option<Kept> {
        self.there.get(key as usize).copied().flatten()
    }

    fn kept_mut(&mut self, key: u32) -> Option<&mut Kept> {
        self.there.get_mut(key as usize).and_then(Option::as_mut)
    }

    /// `key` is there now.
    fn note(&mut self, key: u32) {
        self.count += 1;
        self.candidates.push(key);
        if self.candidates.len() > 2 * self.count + 1_000 {
            let there = &self.there;
            self.candidates.retain(|&key| there[key as usize].is_some());
            self.candidates.sort_unstable();
            self.candidates.dedup();
        }
    }

    fn forget(&mut self, key: u32) -> bool {
        let Some(kept) = self.there.get_mut(key as usize).and_then(Option::take) else { return false };
        self.count -= 1;
        self.values.take(kept.value);
        true
    }
}

/// How long something lives that ends then. Where ends are those of whole milliseconds, as Redis', so are TTLs.
fn ttl(end: Nanos, now: Nanos) -> Nanos {
    const MILLISECOND: u64 = 1_000_000;
    let whole = end.0 % MILLISECOND == MILLISECOND - 1;
    let ttl = match end {
        Nanos::MAX => return end,
        _ if whole => Nanos((end.0 / MILLISECOND).saturating_sub(now.0 / MILLISECOND) * MILLISECOND),
        _ => end.saturating_sub(now),
    };
    ttl.max(Nanos(1))
}

impl KeyStore for Keys {
    fn read(&mut self, ask: &Ask, _touches: bool) -> bool {
        let (size, ttl) = (ask.size, self.fill_ttl);
        let happened = Happened { key: ask.key, operation: Operation::Read, size, ttl, keeps_end: false };
        self.events.push(TraceEvent::Request(happened));
        self.find(ask.key, ask.now).is_some()
    }

    fn find(&mut self, key: u32, now: Nanos) -> Option<Nanos> {
        let end = self.kept(key)?.end;
        if now > end {
            self.forget(key);
            return None;
        }
        Some(end)
    }

    fn touch(&mut self, _key: u32, _now: Nanos) {}

    fn put(&mut self, key: u32, put: Put, now: Nanos) {
        self.forget(key);
        if self.there.len() <= key as usize {
            self.there.resize(key as usize + 1, None);
        }
        self.there[key as usize] = Some(Kept { end: put.end, value: self.values.add(put.value), size: put.size });
        self.note(key);
        let operation = if put.made { Operation::Modify } else { Operation::Write };
        let ttl = (!put.keeps_end).then(|| ttl(put.end, now));
        let happened = Happened { key, operation, size: put.size, ttl, keeps_end: put.keeps_end };
        self.events.push(TraceEvent::Request(happened));
    }

    fn changed(&mut self, key: u32, size: Option<u32>, _now: Nanos) {
        if let Some(kept) = self.kept_mut(key) {
            kept.size = size.or(kept.size);
        }
        let happened = Happened { key, operation: Operation::Modify, size, ttl: None, keeps_end: true };
        self.events.push(TraceEvent::Request(happened));
    }

    fn set_end(&mut self, key: u32, end: Nanos, now: Nanos) {
        if let Some(kept) = self.kept_mut(key) {
            kept.end = end;
        }
        self.events.push(TraceEvent::Renewed { key, ttl: ttl(end, now) });
    }

    fn remove(&mut self, key: u32, now: Nanos) -> bool {
        let there = self.find(key, now).is_some();
        if there {
            self.forget(key);
            self.log(key, Operation::Delete);
        }
        there
    }

    fn clear(&mut self, now: Nanos) {
        let mut keys = std::mem::take(&mut self.candidates);
        keys.sort_unstable();
        for key in keys {
            self.remove(key, now);
        }
    }

    fn nothing(&mut self, key: u32, _now: Nanos) {
        if !self.quiet {
            self.log(key, Operation::Read);
        }
    }

    fn value(&self, key: u32) -> &Value {
        self.values.get(self.kept(key).map_or(Values::UNKNOWN, |kept| kept.value))
    }

    fn take_value(&mut self, key: u32) -> Value {
        let handle = self.kept_mut(key).map(|kept| std::mem::replace(&mut kept.value, Values::TEXT));
        handle.map_or(Value::Unknown, |handle| self.values.take(handle))
    }

    fn set_value(&mut self, key: u32, value: Value) {
        let handle = self.values.add(value);
        match self.kept_mut(key) {
            Some(kept) => kept.value = handle,
            None => drop(self.values.take(handle)),
        }
    }

    fn size(&self, key: u32) -> Option<u32> {
        self.kept(key).and_then(|kept| kept.size)
    }

    fn element_bytes(&self) -> u64 {
        self.values.bytes()
    }

    fn endless(&self, _now: Nanos) -> Nanos {
        Nanos::MAX
    }
}
