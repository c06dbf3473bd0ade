//! What a run takes at most: how many requests it makes, and how much memory, by part and field, before any of it is
//! spent.
//!
//! ```text
//! lanes × (tables by key + entries + the ledger's writes + dirty rows + what replicas lack + waiting requests + …)
//!   + what lanes share: the popularity of keys, the requests that OPT is told
//! ```
//!
//! Every figure is one that a run does not exceed, so it is often several times what a run really takes. Most follow from
//! the fields alone: there are no more entries than keys, no more records of writes than writes. How many requests wait at
//! once does not. In a *calm* world, whose queues are at most half busy and where nothing breaks for longer than is known,
//! it follows from queueing theory; otherwise all may come to wait that come at all, up to as many as the rest of the
//! memory has room for. A lane in which more wait than that is stopped.
//!
//! How many requests there are stands in `load`, what each part takes in `parts`.

mod load;
mod parts;

use std::fmt;

use self::load::Load;
pub(super) use self::load::{down_s, quickest_s, requests};
use self::parts::Parts;
use super::field::Field as _;
use super::node::Node;
use super::problem::{Problem, Reason};
use super::{Scenario, limits};
use crate::bytes::UNITS;
use crate::phrase::{Language, Phrase};

/// Bytes that a task takes: the code of a request, a flush or a load where it stands. Held by an assertion where tasks are
/// made.
pub const TASK_BYTES: usize = 2_048;
/// Bytes that a request's place takes, and the calls that it makes to the cache and to the database. Held by assertions
/// where they are defined, like all that follow.
pub const REQUEST_BYTES: usize = 64;
/// Bytes that a call takes, to whomever.
pub const CALL_BYTES: usize = 104;
/// Bytes that an entry of a store takes.
pub const ENTRY_BYTES: usize = 24;
/// Bytes that a row of write-back takes.
pub const DIRTY_ROW_BYTES: usize = 48;
/// Bytes that a record of a journal takes.
pub const RECORD_BYTES: usize = 56;
/// Bytes that its place among those of its key takes besides, where replicas answer readers.
pub const RECORD_BY_KEY_BYTES: usize = 32;
/// Bytes that a change takes on its way to a replica.
pub const NEWS_BYTES: usize = 24;

/// Bytes that a row takes on its way to a replica of the database.
pub const ROW_ON_ITS_WAY_BYTES: usize = 16;

/// A table grows by doubling, and its former half is there until it has been copied: so many times its length covers both,
/// where no table is much larger than all others together.
pub(super) const GROWTH: f64 = 2.5;

/// What a request takes while it waits: its task, its place, two calls, and their events, deadlines and marks in lines.
const WAITING_BYTES: f64 = (TASK_BYTES + 32) as f64 + (REQUEST_BYTES + 2 * CALL_BYTES + 80) as f64 * GROWTH;

/// What a trace says, where one is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traced {
    /// How many requests of it fit into the run.
    pub requests: f64,
    /// How many keys it names.
    pub keys: u32,
    /// The share of its requests that write, if it says so.
    pub write_ratio: Option<f64>,
}

/// What a run takes at most. See the [module](self).
///
/// ```
/// use cachelane::scenario::Scenario;
/// let estimate = Scenario::default().estimate();
/// assert!(estimate.requests() > 6_000.0 && estimate.bytes() < 64e6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    requests: f64,
    waiting: f64,
    shares: Vec<Share>,
}

/// What one part of a run takes, in all lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Which part.
    pub what: Phrase,
    /// How many bytes it takes at most.
    pub bytes: f64,
    /// What makes it so large: fields and their values, the first to blame first.
    pub fields: Vec<(String, String)>,
    /// In how many lanes.
    pub lanes: usize,
    /// How much of it is in the largest of these lanes, whose fields these are.
    most: f64,
}

impl Estimate {
    /// Bytes of memory.
    pub fn bytes(&self) -> f64 {
        self.shares.iter().map(|share| share.bytes).sum()
    }

    /// Requests of all lanes.
    pub fn requests(&self) -> f64 {
        self.requests
    }

    /// How many requests may wait at once in each lane; one in which more do is stopped.
    pub fn waiting(&self) -> u64 {
        self.waiting as u64
    }

    /// What each part takes, the largest first.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// What is wrong with it, if it is more than there may be: with the field to blame.
    pub fn problem(&self) -> Option<Problem> {
        let (bytes, first) = (self.bytes(), self.shares.first()?);
        if bytes <= limits::MEMORY_MAX.0 as f64 {
            return None;
        }
        let (field, value) = first.fields.first().cloned().unwrap_or_default();
        let large = self.shares.iter().enumerate().filter(|(i, share)| *i == 0 || share.bytes > bytes / 10.0).take(3);
        let reason = Reason::TooMuchMemory { bytes, shares: large.map(|(_, share)| share.clone()).collect() };
        Some(Problem { field, value, reason, line: None })
    }
}

impl Share {
    /// `3.1GiB for near caches (app.servers = 64, clients.keys.count = 10000000, in 12 lanes)`.
    pub fn say(&self, language: Language) -> String {
        let mut why: Vec<String> = self.fields.iter().map(|(field, value)| format!("{field} = {value}")).collect();
        let (bytes, what, lanes) = (Amount(self.bytes), self.what.say(language), self.lanes);
        let said = match language {
            Language::English => format!("{bytes} for {what}"),
            Language::Korean => format!("{what} {bytes}"),
        };
        if lanes > 1 {
            why.push(match language {
                Language::English => format!("in {lanes} lanes"),
                Language::Korean => format!("레인 {lanes}개"),
            });
        }
        if why.is_empty() { said } else { format!("{said} ({})", why.join(", ")) }
    }
}

impl fmt::Display for Share {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

/// So many bytes in words, with two digits that mean something: `5.2GiB`.
pub struct Amount(pub f64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS.iter().filter(|(name, _)| name.contains('i') || *name == "B");
        let (name, length) = binary.clone().find(|(_, length)| self.0 >= *length as f64).unwrap_or(&UNITS[8]);
        let count = self.0 / *length as f64;
        if !count.is_finite() || count >= 1e6 {
            return f.write_str("far more than any machine has");
        }
        if count < 10.0 && *name != "B" { write!(f, "{count:.1}{name}") } else { write!(f, "{count:.0}{name}") }
    }
}

impl Scenario {
    /// What a run takes at most. Of a trace, which no scenario can say anything of, nothing is counted.
    pub fn estimate(&self) -> Estimate {
        self.estimate_with(None)
    }

    /// The same, with what is known of its trace.
    pub fn estimate_with(&self, traced: Option<Traced>) -> Estimate {
        let mut sum = Sum { shown: self.show(), shares: Vec::new() };
        let worlds: Vec<Scenario> = (0..self.lanes.len()).map(|lane| self.for_lane(lane)).collect();
        let loads: Vec<Load> = worlds.iter().map(|world| Load::of(world, traced)).collect();
        for (number, (world, load)) in worlds.iter().zip(&loads).enumerate() {
            Parts::new(number, world, load).add_to(&mut sum);
        }
        parts::add_common(&worlds, &loads, &mut sum);
        let taken: f64 = sum.shares.iter().map(|share| share.bytes).sum();
        // A little less than is left, so that what fits into the room fits into the whole.
        let left = (0.999 * limits::MEMORY_MAX.0 as f64 - taken).max(0.0) / worlds.len() as f64;
        let room = (left / WAITING_BYTES).max(limits::WAITING_MIN);
        for (number, (world, load)) in worlds.iter().zip(&loads).enumerate() {
            // What surely waits counts whole, so that it is refused where there is no room for it.
            let waiting = load.waiting_most(world, number).min(room).max(load.waiting_surely(world));
            sum.add(
                &Phrase::fixed("waiting requests", "대기 중인 요청"),
                number,
                &load::blamed(world),
                waiting * WAITING_BYTES,
            );
        }
        crate::sort::by(&mut sum.shares, |a, b| b.bytes.total_cmp(&a.bytes));
        let requests = loads.iter().map(|load| load.requests).sum();
        Estimate { requests, waiting: room, shares: sum.shares }
    }

    /// About how many requests a lane gets, at most; none where only a trace knows.
    pub fn expected_requests(&self) -> f64 {
        requests(self)
    }
}

/// The list being made.
struct Sum {
    /// The scenario's fields with their values.
    shown: Node,
    shares: Vec<Share>,
}

impl Sum {
    /// Adds what a part takes in a lane, and the fields of its world that say how much. Nothing where it is nothing.
    fn add(&mut self, what: &Phrase, lane: usize, fields: &[&'static str], bytes: f64) {
        if bytes <= 0.0 {
            return;
        }
        let place = self.shares.iter().position(|share| share.what == *what).unwrap_or_else(|| {
            self.shares.push(Share { what: what.clone(), bytes: 0.0, fields: Vec::new(), lanes: 0, most: 0.0 });
            self.shares.len() - 1
        });
        let told = (bytes > self.shares[place].most).then(|| self.told(lane, fields));
        let share = &mut self.shares[place];
        share.bytes += bytes;
        share.lanes += 1;
        if let Some(fields) = told {
            (share.fields, share.most) = (fields, bytes);
        }
    }

    /// The fields with their values: the lane's own where it has them otherwise, else those of all.
    fn told(&self, lane: usize, fields: &[&'static str]) -> Vec<(String, String)> {
        let told = fields.iter().filter_map(|&field| {
            let own = format!("lane.{lane}.{field}");
            let found = self.shown.find(&own).map(|node| (own, node));
            found.or_else(|| self.shown.find(field).map(|node| (field.to_owned(), node)))
        });
        told.map(|(field, node)| (field, node.quote())).collect()
    }
}
