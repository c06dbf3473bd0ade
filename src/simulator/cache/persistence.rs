//! What of a node's memory is on disk, so that a crash does not take it along.
//!
//! The disk holds the state of an earlier [`Position`]; a loss of power goes back to it, and so does the end of the process
//! where the node writes snapshots. An append-only file that is written before each answer loses nothing with its process:
//! the kernel still has what is not synced. Nothing here has events of its own:
//! what the disk got until now follows from the changes and the time, and is worked out when somebody needs it.
//!
//! *Snapshots.* As in Redis, a snapshot is due when, for one of its rules, so much time has passed since the last one
//! was **finished** and so many changes were made. It holds the state at its fork and is good when it has been written,
//! a time for each entry later; until then the one before is what there is.
//!
//! ```text
//!   finished ──── every ────▶ fork ── writing ──▶ finished ──── every ────▶ …     a cycle: every + writing
//! ```
//! A crash of either kind at a random moment finds the last finished snapshot's fork `writing` to `writing + (every + writing)` old,
//! evenly: with λ acknowledged writes a second, **λ·(every/2 + 3/2·writing)** of them are lost on average.
//!
//! *Append-only file.* Each change is handed to the kernel at once, and is on disk at the next sync. When power is lost:
//! - `always` syncs before each answer to a command that changed something. Nothing acknowledged is lost. As in Redis,
//!   where a round of the event loop ends with one sync, it serves all that were in line when the node got to them
//!   (*group commit*): under load many writes share one sync, and reads of the round wait for it, too.
//! - `every-second` begins a sync each second, beside the commands; when one takes longer, the next begins when it has
//!   ended. What came before the beginning of the last *ended* sync survives. With syncs that take `s` ≤ 1 s,
//!   **λ·(½ + s)** writes are lost on average, and none that is older than 1 s + s, so at most 2 s. While a sync has been
//!   running for 2 s already, whatever changes something waits for its end, and with it the node's one thread: so between
//!   the beginnings of two syncs the node never works for more than 2 s, and a crash at the worst moment, just before a
//!   sync ends, takes what it carries and what came since: **2·min(s, 2 s)** of work, at most 4 s however slow the disk.
//! - `no` leaves it to the kernel, which does the same every 30 s and makes nobody wait: **λ·(15 + s)**.

use super::journal::{Journal, Position};
use crate::fault::Crash;
use crate::random::{Sampler, Stream};
use crate::scenario::{Fsync, Persistence as Settings};
use crate::time::Nanos;
use crate::work;

/// How often the kernel writes back what nobody told it to sync.
const KERNEL_INTERVAL: Nanos = Nanos::from_secs(30);

/// How long a sync of each second may have been running before changes wait for it (Redis 7, `aof.c`,
/// `flushAppendOnlyFile`).
const POSTPONED_MAX: Nanos = Nanos::from_secs(2);

/// A snapshot or sync under way.
#[derive(Clone, Copy, Debug)]
struct Writing {
    position: Position,
    began: Nanos,
    until: Nanos,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Persistence {
    scheme: Scheme,
    /// The position that the disk holds.
    durable: Position,
    writing: Option<Writing>,
    /// How many snapshots or syncs have begun.
    begun: u64,
}

#[derive(Clone, Debug)]
enum Scheme {
    Snapshots {
        rules: Vec<(Nanos, u64)>,
        per_entry: Nanos,
        finished: Nanos,
        counted: u64,
        at_fork: u64,
        changed: Nanos,
    },
    Periodic {
        interval: Nanos,
        next: Nanos,
        /// How long a sync may run before changes wait for its end.
        patience: Nanos,
        time: Sampler,
        draws: Stream,
    },
    Always {
        time: Sampler,
        draws: Stream,
    },
}

impl Persistence {
    /// An empty disk beside an empty node; `None` without persistence.
    pub fn new(settings: &Settings, draws: Stream) -> Option<Persistence> {
        let scheme = match settings {
            Settings::None {} => return None,
            Settings::Snapshots { every, changes, per_entry, also } => {
                let also = also.iter().map(|rule| (rule.every, u64::from(rule.changes)));
                let rules = std::iter::once((*every, u64::from(*changes))).chain(also).collect();
                Scheme::Snapshots {
                    rules,
                    per_entry: *per_entry,
                    finished: Nanos::ZERO,
                    counted: 0,
                    at_fork: 0,
                    changed: Nanos::ZERO,
                }
            }
            Settings::AppendOnly { fsync, fsync_time } => {
                let time = fsync_time.sampler();
                let (interval, patience) = match fsync {
                    Fsync::Always => return Some(Persistence::with(Scheme::Always { time, draws })),
                    Fsync::EverySecond => (Nanos::from_secs(1), POSTPONED_MAX),
                    Fsync::No => (KERNEL_INTERVAL, Nanos::MAX),
                };
                Scheme::Periodic { interval, next: interval, patience, time, draws }
            }
        };
        Some(Persistence::with(scheme))
    }

    fn with(scheme: Scheme) -> Persistence {
        Persistence { scheme, durable: 0, writing: None, begun: 0 }
    }

    /// What the disk holds, as of the latest [`advance`](Persistence::advance).
    pub fn durable(&self) -> Position {
        self.durable
    }

    /// How many snapshots or syncs have begun.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Works out what has happened to the disk until `now`, before the next change; true if it has taken the position that the
    /// journal is at, which then needs a mark. `entries` are in memory.
    #[must_use]
    pub fn advance(&mut self, journal: &Journal, entries: u32, now: Nanos) -> bool {
        let mut takes_position = false;
        loop {
            if let Some(Writing { position, until, .. }) = self.writing {
                if until > now {
                    return takes_position;
                }
                self.writing = None;
                self.ended(position, until);
            }
            if let Scheme::Always { .. } = self.scheme {
                self.durable = journal.position();
                return true;
            }
            let Some(begin) = self.begins(journal, now) else { return takes_position };
            let took = self.takes(entries);
            if let Scheme::Snapshots { at_fork, .. } = &mut self.scheme {
                *at_fork = journal.changes();
            }
            let until = begin.saturating_add(took);
            self.writing = Some(Writing { position: journal.position(), began: begin, until });
            self.begun += 1;
            takes_position = true;
        }
    }

    fn ended(&mut self, position: Position, until: Nanos) {
        self.durable = position;
        match &mut self.scheme {
            Scheme::Snapshots { finished, counted, at_fork, .. } => (*finished, *counted) = (until, *at_fork),
            Scheme::Periodic { next, .. } => *next = (*next).max(until),
            Scheme::Always { .. } => {}
        }
    }

    /// When the next snapshot or sync begins, if that is not later than `now`.
    fn begins(&mut self, journal: &Journal, now: Nanos) -> Option<Nanos> {
        match &mut self.scheme {
            Scheme::Snapshots { rules, finished, counted, changed, .. } => {
                let changes = journal.changes() - *counted;
                // few: RULES_MAX
                let due = rules.iter().filter(|(_, least)| changes >= *least).map(|(every, _)| *every).min()?;
                // Not before the change that was still missing.
                let begin = finished.saturating_add(due).max(*changed);
                (begin <= now).then_some(begin)
            }
            Scheme::Periodic { interval, next, .. } => {
                while *next <= now {
                    work::count(1);
                    let begin = *next;
                    *next = next.saturating_add(*interval);
                    if journal.position() > self.durable {
                        return Some(begin);
                    }
                }
                None
            }
            Scheme::Always { .. } => None,
        }
    }

    fn takes(&mut self, entries: u32) -> Nanos {
        match &mut self.scheme {
            Scheme::Snapshots { per_entry, .. } => Nanos(per_entry.0.saturating_mul(entries.into())),
            Scheme::Periodic { time, draws, .. } | Scheme::Always { time, draws } => time.sample(draws),
        }
    }

    /// Something has changed now.
    pub fn changed(&mut self, now: Nanos) {
        if let Scheme::Snapshots { changed, .. } = &mut self.scheme {
            *changed = now;
        }
    }

    /// Commands have changed something from `now` on, and have been served at `until` but for the disk, if that makes them
    /// wait: when that is over, too. `before` was the position then.
    pub fn sync(&mut self, before: Position, now: Nanos, until: Nanos) -> Nanos {
        match (&self.scheme, self.writing) {
            (Scheme::Periodic { patience, .. }, Some(running)) if now > running.began.saturating_add(*patience) => {
                until.max(running.until)
            }
            (Scheme::Always { .. }, _) => {
                let began = until;
                let until = until.saturating_add(self.takes(0));
                (self.durable, self.writing) = (before, Some(Writing { position: before, began, until }));
                self.begun += 1;
                until
            }
            _ => until,
        }
    }

    /// Whether one sync serves all commands that are in line when the node gets to them.
    pub fn commits_in_groups(&self) -> bool {
        matches!(self.scheme, Scheme::Always { .. })
    }

    /// A crash, for whose moment it has been [advanced](Persistence::advance): a snapshot that is being written will never
    /// be good, nor what an append-only file has not synced when power is lost. Where only the process ends, the kernel has
    /// what was written to the file (each change, before its answer) and the disk will.
    pub fn crash(&mut self, crash: Crash, journal: &mut Journal) {
        self.writing = None;
        if !crash.power_lost && !matches!(self.scheme, Scheme::Snapshots { .. }) {
            self.durable = journal.mark();
        }
    }

    /// How long a snapshot takes that is written while nobody is served; an append-only file needs none.
    pub fn saving_time(&self, entries: u32) -> Nanos {
        if let Scheme::Snapshots { per_entry, .. } = &self.scheme {
            Nanos(per_entry.0.saturating_mul(entries.into()))
        } else {
            Nanos::ZERO
        }
    }

    /// Such a snapshot has been written, of what there is now.
    pub fn save(&mut self, journal: &mut Journal) {
        if let Scheme::Snapshots { .. } = &self.scheme {
            (self.durable, self.writing) = (journal.mark(), None);
            self.begun += 1;
        }
    }

    /// The node is at work again with what is at this `position`, which is what its disk holds.
    pub fn resync(&mut self, journal: &Journal, position: Position, now: Nanos) {
        (self.durable, self.writing) = (position, None);
        match &mut self.scheme {
            Scheme::Snapshots { finished, counted, .. } => (*finished, *counted) = (now, journal.changes()),
            Scheme::Periodic { interval, next, .. } => *next = now.saturating_add(*interval),
            Scheme::Always { .. } => {}
        }
    }
}
