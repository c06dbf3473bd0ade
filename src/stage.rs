//! What the page's stage shows: where some of the requests are at present, and how the parts are.
//!
//! A [`Watcher`] is told when a message leaves, and notes it if it belongs to a journey that it follows: that of every
//! n-th request, or a flush. It only looks: it draws nothing at random, schedules nothing and counts no work, so a lane
//! does the same whether or not somebody watches. What it keeps is bounded; what did not fit is counted.
//!
//! ```text
//!   journey 7 (request 120, a read):   client ─▶ app ─▶ cache ─▶ app (a miss) ─▶ database ─▶ app ─▶ cache ─▶ app ─▶ client
//!   a hop:                             from, to, when it leaves, when it arrives, what it says
//! ```
//!
//! A hop is noted when it leaves, since its arrival is known then; only what waits for the end of a partition is not.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::engine::{Event, TaskId};
use crate::model::{CallError, ClientId, Key};
use crate::scenario::Link;
use crate::time::Nanos;

/// How many hops wait to be taken; of more, the oldest are left out.
pub const HOPS_MAX: usize = 256;

/// How many journeys are followed at a time.
pub const JOURNEYS_MAX: usize = 128;

/// An enum that travels as its number.
macro_rules! numbered {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "u8", from = "u8")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All of them, by number.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> u8 {
                value as u8
            }
        }

        impl From<u8> for $name {
            fn from(number: u8) -> $name {
                $name::ALL.get(usize::from(number)).copied().unwrap_or($name::ALL[0])
            }
        }
    };
}

numbered! {
    /// A part of the world, in the order in which a request meets them.
    Part {
        /// The clients.
        Client,
        /// The application servers.
        App,
        /// The cache.
        Cache,
        /// The database.
        Database,
    }
}

numbered! {
    /// What somebody is on the way for.
    Errand {
        /// A client's read.
        Read,
        /// A client's write.
        Write,
        /// What is left of a write that was acknowledged already.
        Rest,
        /// A batch of dirty rows.
        Flush,
        /// The outbox's relay.
        Relay,
        /// A copy is loaded again, or before anybody asks for it.
        Refresh,
    }
}

numbered! {
    /// What a message says.
    Word {
        /// A request.
        Ask,
        /// The value was here.
        Hit,
        /// It was not.
        Miss,
        /// It is done.
        Done,
        /// It is not.
        Failed,
    }
}

numbered! {
    /// What a client got.
    Fate {
        /// A value that was good.
        Fresh,
        /// A value that a write known before had replaced.
        Stale,
        /// An acknowledgement.
        Acknowledged,
        /// An error, or nothing in time.
        Failed,
    }
}

numbered! {
    /// How a part is.
    Condition {
        /// As it should be.
        Up,
        /// Slower than it should be.
        Slow,
        /// It stands still, or nothing gets through.
        Frozen,
        /// It is down.
        Down,
    }
}

/// A journey that is followed from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u64, u32, u32, Errand)", from = "(u32, u64, u32, u32, Errand)")]
pub struct Journey {
    /// Its own number.
    pub id: u32,
    /// The number of the request.
    pub request: u64,
    /// Who sent it.
    pub client: ClientId,
    /// What it is about.
    pub key: Key,
    /// What for.
    pub errand: Errand,
}

impl From<(u32, u64, u32, u32, Errand)> for Journey {
    fn from((id, request, client, key, errand): (u32, u64, u32, u32, Errand)) -> Journey {
        Journey { id, request, client, key, errand }
    }
}

impl From<Journey> for (u32, u64, u32, u32, Errand) {
    fn from(Journey { id, request, client, key, errand }: Journey) -> Self {
        (id, request, client, key, errand)
    }
}

/// One message of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "HopRow", from = "HopRow")]
pub struct Hop {
    /// Whose.
    pub journey: u32,
    /// What for.
    pub errand: Errand,
    /// From where.
    pub from: Part,
    /// To where.
    pub to: Part,
    /// When it leaves, nanoseconds since the run began.
    pub leaves: u64,
    /// When it arrives.
    pub arrives: u64,
    /// What it says.
    pub word: Word,
    /// How many rows it carries, if it is a batch.
    pub rows: u32,
}

type HopRow = (u32, Errand, Part, Part, u64, u64, Word, u32);

impl From<HopRow> for Hop {
    fn from((journey, errand, from, to, leaves, arrives, word, rows): HopRow) -> Hop {
        Hop { journey, errand, from, to, leaves, arrives, word, rows }
    }
}

impl From<Hop> for HopRow {
    fn from(Hop { journey, errand, from, to, leaves, arrives, word, rows }: Hop) -> HopRow {
        (journey, errand, from, to, leaves, arrives, word, rows)
    }
}

/// The end of a request's journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u64, Fate, u8)", from = "(u32, u64, Fate, u8)")]
pub struct Ended {
    /// Whose.
    pub journey: u32,
    /// When, nanoseconds since the run began.
    pub at: u64,
    /// What its client got.
    pub fate: Fate,
    /// One more than the number of the error in [`CallError::ALL`]; 0 for none.
    pub error: u8,
}

impl From<(u32, u64, Fate, u8)> for Ended {
    fn from((journey, at, fate, error): (u32, u64, Fate, u8)) -> Ended {
        Ended { journey, at, fate, error }
    }
}

impl From<Ended> for (u32, u64, Fate, u8) {
    fn from(Ended { journey, at, fate, error }: Ended) -> Self {
        (journey, at, fate, error)
    }
}

/// What a lane has shown since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Every how many-th request is followed; 0 for none.
    pub every: u64,
    /// The journeys that began.
    pub journeys: Vec<Journey>,
    /// Their hops, and those of older journeys, in the order in which they were sent.
    pub hops: Vec<Hop>,
    /// The ends of requests.
    pub ended: Vec<Ended>,
    /// Hops that did not fit.
    pub left_out: u64,
    /// Messages sent since somebody watches, those that are not followed included: by [`Link`], requests and responses.
    pub messages: [[u64; 2]; 4],
    /// How the parts are now.
    pub parts: Parts,
}

/// How the parts of a lane are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// The application servers, the first of them at least.
    pub servers: Vec<Condition>,
    /// How many requests they have.
    pub in_work: u64,
    /// The cache's nodes, likewise.
    pub nodes: Vec<Condition>,
    /// Entries that they hold.
    pub entries: u64,
    /// The room that they have, in entries; or in bytes, when `bytes` says how many of them are taken.
    pub capacity: u64,
    /// Bytes held, where the room is in bytes.
    pub bytes: Option<u64>,
    /// Entries that the database does not have yet; `None` in a lane that has no such.
    pub dirty: Option<u64>,
    /// How many of them there may be, where that is bounded.
    pub bound: Option<u64>,
    /// The database.
    pub database: Option<Condition>,
    /// Its workers, and how many are busy.
    pub workers: u32,
    /// How many of them are busy.
    pub busy: u32,
    /// How many wait for one.
    pub queue: u32,
    /// The links, as [`Link::ALL`] has them.
    pub links: Vec<Condition>,
    /// Look-ups that found a copy, and those that did not, since the run began.
    pub hits: u64,
    /// Look-ups that found none.
    pub misses: u64,
    /// Entries that expired.
    pub expired: u64,
    /// Commands that the cache refused.
    pub refused: u64,
    /// Reads that were stale.
    pub stale: u64,
    /// Acknowledged writes lost.
    pub lost: u64,
}

/// How many servers or nodes are told one by one.
pub const TOLD_MAX: usize = 16;

/// A request as its client sends it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its number.
    pub number: u64,
    /// When.
    pub issued: Nanos,
    /// Who.
    pub client: ClientId,
    /// About what.
    pub key: Key,
    /// Whether it writes.
    pub writes: bool,
}

/// A call as its caller sends it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// From where.
    pub from: Part,
    /// To where.
    pub to: Part,
    /// About what.
    pub key: Key,
    /// How many rows it carries, if it is a batch.
    pub rows: u32,
    /// What it is for, where that does not depend on the caller.
    pub errand: Option<Errand>,
}

/// A message that is followed, or the wait for its answer.
#[derive(Clone, Copy, Debug)]
struct Trip {
    traveller: Traveller,
    from: Part,
    to: Part,
    key: Key,
    word: Word,
    rows: u32,
}

/// On whose behalf a task is under way.
#[derive(Clone, Copy, Debug)]
struct Traveller {
    journey: u32,
    errand: Errand,
}

#[derive(Debug, Default)]
struct Notes {
    /// By the event with which a message arrives.
    trips: BTreeMap<u32, Trip>,
    tasks: BTreeMap<TaskId, Traveller>,
    /// Requests whose clients wait, by number and moment: their journeys.
    awaited: BTreeMap<(u64, Nanos), u32>,
    journeys: u32,
    began: VecDeque<Journey>,
    hops: VecDeque<Hop>,
    ended: VecDeque<Ended>,
    left_out: u64,
    messages: [[u64; 2]; 4],
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Watcher {
    on: Cell<bool>,
    every: Cell<u64>,
    notes: RefCell<Notes>,
}

impl Watcher {
    /// From now on every so many-th request is followed, none with 0; with `None` nobody watches.
    pub fn watch(&self, every: Option<u64>) {
        self.on.set(every.is_some());
        self.every.set(every.unwrap_or(0));
        if every.is_none() {
            // Numbers go on where they were: none means two things to whoever looks away for a while.
            let notes = &mut *self.notes.borrow_mut();
            *notes = Notes { journeys: notes.journeys, messages: notes.messages, ..Notes::default() };
        }
    }

    /// Whether anybody watches.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.on.get()
    }

    /// What is new, without the parts; each thing is told once.
    pub fn take(&self) -> Scene {
        let mut notes = self.notes.borrow_mut();
        Scene {
            every: self.every.get(),
            journeys: notes.began.drain(..).collect(),
            hops: notes.hops.drain(..).collect(),
            ended: notes.ended.drain(..).collect(),
            left_out: std::mem::take(&mut notes.left_out),
            messages: notes.messages,
            parts: Parts::default(),
        }
    }

    // ---- What it is told ----

    /// A client is about to send a request, which arrives with `event`.
    pub fn sends(&self, sent: Sent, event: Event) {
        let notes = &mut *self.notes.borrow_mut();
        let every = self.every.get();
        if every == 0 || !sent.number.is_multiple_of(every) {
            notes.trips.remove(&event.bits()); // of a request before it
            return;
        }
        if notes.awaited.len() >= JOURNEYS_MAX {
            notes.left_out += 1;
            notes.trips.remove(&event.bits());
            return;
        }
        let errand = if sent.writes { Errand::Write } else { Errand::Read };
        let journey = notes.begin(errand, sent);
        notes.awaited.insert((sent.number, sent.issued), journey);
        let traveller = Traveller { journey, errand };
        let (from, to) = (Part::Client, Part::App);
        notes.trips.insert(event.bits(), Trip { traveller, from, to, key: sent.key, word: Word::Ask, rows: 0 });
    }

    /// A task begins to serve the request that came with `event`.
    pub fn serves(&self, task: TaskId, event: Event) {
        let notes = &mut *self.notes.borrow_mut();
        match notes.trips.get(&event.bits()) {
            Some(trip) => _ = notes.tasks.insert(task, trip.traveller),
            None => _ = notes.tasks.remove(&task),
        }
    }

    /// A task begins to load `key` for whoever waits for it at the cache.
    pub fn loads(&self, task: TaskId, key: Key) {
        let notes = &mut *self.notes.borrow_mut();
        let waits = |trip: &&Trip| trip.to == Part::Cache && trip.key == key && trip.traveller.errand <= Errand::Write;
        match notes.trips.values().find(waits) {
            Some(trip) => _ = notes.tasks.insert(task, trip.traveller),
            None => _ = notes.tasks.remove(&task),
        }
    }

    /// A task begins that nobody follows.
    pub fn begins(&self, task: TaskId) {
        self.notes.borrow_mut().tasks.remove(&task);
    }

    /// A task is about to send a call, which arrives with `event`.
    pub fn asks(&self, task: TaskId, event: Event, asked: Asked) {
        let notes = &mut *self.notes.borrow_mut();
        let Asked { from, to, key, rows, errand } = asked;
        let traveller = match errand {
            None => notes.tasks.get(&task).copied(),
            Some(errand) => {
                notes.journeys = notes.journeys.wrapping_add(1);
                Some(Traveller { journey: notes.journeys, errand })
            }
        };
        let Some(traveller) = traveller else {
            notes.trips.remove(&event.bits());
            return;
        };
        notes.trips.insert(event.bits(), Trip { traveller, from, to, key, word: Word::Ask, rows });
    }

    /// The answer to what came with `asked` is about to be sent, and arrives with `event`.
    pub fn answers(&self, asked: Event, event: Event, word: Word) {
        let notes = &mut *self.notes.borrow_mut();
        if let Some(trip) = notes.trips.remove(&asked.bits()) {
            notes.trips.insert(event.bits(), Trip { from: trip.to, to: trip.from, word, ..trip });
        }
    }

    /// The same for a client: what is still under way for the request is so for nobody, or in the background.
    pub fn responds(&self, asked: Event, event: Event, word: Word) {
        {
            let notes = &mut *self.notes.borrow_mut();
            if let Some(trip) = notes.trips.get(&asked.bits()).copied() {
                notes.forget(trip.traveller.journey, asked);
            }
        }
        self.answers(asked, event, word);
    }

    /// The caller no longer waits for the answer to what is to arrive with `event`.
    pub fn gives_up(&self, event: Event) {
        self.notes.borrow_mut().trips.remove(&event.bits());
    }

    /// A client has got this, or has given up.
    pub fn ends(&self, (number, issued): (u64, Nanos), at: Nanos, fate: Result<Fate, CallError>) {
        let notes = &mut *self.notes.borrow_mut();
        let Some(journey) = notes.awaited.remove(&(number, issued)) else { return };
        notes.trips.retain(|_, trip| trip.traveller.journey != journey);
        notes.tasks.retain(|_, traveller| traveller.journey != journey);
        let error = fate.err().map_or(0, |error| error as u8 + 1);
        push(&mut notes.ended, Ended { journey, at: at.0, fate: fate.unwrap_or(Fate::Failed), error });
    }

    /// A message is on its way: it leaves and arrives at these moments.
    pub fn travels(&self, link: Link, is_response: bool, event: Event, leaves: Nanos, arrives: Nanos) {
        let notes = &mut *self.notes.borrow_mut();
        notes.messages[link as usize][usize::from(is_response)] += 1;
        let Some(&Trip { traveller, from, to, word, rows, .. }) = notes.trips.get(&event.bits()) else { return };
        if is_response {
            notes.trips.remove(&event.bits());
        }
        let Traveller { journey, errand } = traveller;
        let hop = Hop { journey, errand, from, to, leaves: leaves.0, arrives: arrives.0, word, rows };
        notes.left_out += u64::from(push(&mut notes.hops, hop));
    }
}

impl Notes {
    fn begin(&mut self, errand: Errand, sent: Sent) -> u32 {
        self.journeys = self.journeys.wrapping_add(1);
        let Sent { number, client, key, .. } = sent;
        push(&mut self.began, Journey { id: self.journeys, request: number, client, key, errand });
        self.journeys
    }

    /// The client of a journey is about to be answered: what its task does from now on is the rest of it.
    fn forget(&mut self, journey: u32, asked: Event) {
        self.trips.retain(|bits, trip| trip.traveller.journey != journey || *bits == asked.bits());
        let rest = self.journeys.wrapping_add(1);
        for traveller in self.tasks.values_mut().filter(|traveller| traveller.journey == journey) {
            *traveller = Traveller { journey: rest, errand: Errand::Rest };
            self.journeys = rest;
        }
    }
}

/// Adds to a ring; returns whether the oldest had to go.
fn push<T>(ring: &mut VecDeque<T>, new: T) -> bool {
    let is_full = ring.len() >= HOPS_MAX;
    if is_full {
        ring.pop_front();
    }
    ring.push_back(new);
    is_full
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: u64) -> Sent {
        Sent { number, issued: Nanos(number), client: 0, key: 7, writes: false }
    }

    fn event(index: u32) -> Event {
        Event::new(2, index)
    }

    #[test]
    fn every_nth_request_is_followed_and_no_other() {
        let watcher = Watcher::default();
        watcher.watch(Some(4));
        for number in 0..16 {
            watcher.sends(sent(number), event(number as u32));
            watcher.travels(Link::ClientApp, false, event(number as u32), Nanos(number), Nanos(number + 5));
        }
        let scene = watcher.take();
        let followed: Vec<u64> = scene.journeys.iter().map(|journey| journey.request).collect();
        assert_eq!(followed, [0, 4, 8, 12]);
        assert_eq!(scene.hops.len(), 4);
        assert_eq!(scene.messages[Link::ClientApp as usize], [16, 0], "all are counted");
        assert_eq!(watcher.take().hops, [], "each is told once");
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_is_new_stays() {
        let watcher = Watcher::default();
        watcher.watch(Some(1));
        watcher.sends(sent(0), event(0));
        for at in 0..HOPS_MAX as u64 + 3 {
            watcher.travels(Link::ClientApp, false, event(0), Nanos(at), Nanos(at));
        }
        let scene = watcher.take();
        assert_eq!((scene.hops.len(), scene.left_out, scene.hops[0].leaves), (HOPS_MAX, 3, 3));
        for number in 1..1_000 {
            watcher.sends(sent(number), event(number as u32));
        }
        let scene = watcher.take();
        assert_eq!(scene.journeys.len() as u64 + scene.left_out, 999, "nobody answers, so few are followed");
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_no_hop() {
        let watcher = Watcher::default();
        watcher.watch(Some(1));
        watcher.sends(sent(0), event(0));
        watcher.serves(9, event(0));
        let (asked, answer) = (Event::new(6, 3), Event::new(8, 3));
        let call = Asked { from: Part::App, to: Part::Cache, key: 7, rows: 0, errand: None };
        for is_given_up in [false, true] {
            watcher.asks(9, asked, call);
            watcher.travels(Link::AppCache, false, asked, Nanos(1), Nanos(2));
            if is_given_up {
                watcher.gives_up(asked);
            }
            watcher.answers(asked, answer, Word::Hit);
            watcher.travels(Link::AppCache, true, answer, Nanos(3), Nanos(4));
        }
        let words: Vec<(Part, Word)> = watcher.take().hops.iter().map(|hop| (hop.to, hop.word)).collect();
        assert_eq!(words, [(Part::Cache, Word::Ask), (Part::App, Word::Hit), (Part::Cache, Word::Ask)]);
    }

    #[test]
    fn a_scene_arrives_as_it_was_sent() {
        let watcher = Watcher::default();
        watcher.watch(Some(1));
        watcher.sends(sent(0), event(0));
        watcher.travels(Link::ClientApp, false, event(0), Nanos(1), Nanos(2));
        watcher.ends((0, Nanos(0)), Nanos(9), Err(CallError::TimedOut));
        let scene = watcher.take();
        let text = serde_json::to_string(&scene).unwrap();
        assert_eq!(serde_json::from_str::<Scene>(&text).unwrap(), scene);
        assert!(text.contains("[1,0,0,1,1,2,0,0]"), "{text}");
    }
}
