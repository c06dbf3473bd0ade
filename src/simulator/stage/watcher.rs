//! Who is told of messages, and notes those of the journeys that are followed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use super::{Asked, Ended, Errand, Fate, HOPS_MAX, Hop, JOURNEYS_MAX, Journey, Part, Parts, Scene, Sent, Word};
use crate::engine::{Event, TaskId};
use crate::model::{CallError, Key};
use crate::scenario::Link;
use crate::time::Nanos;

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
    /// The line of its strategy from which it called last.
    line: u32,
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

/// See the [module](super).
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
        let traveller = Traveller { journey, errand, line: 0 };
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

    /// A task calls from the line that `line` gives, as a number; asked only of a task that is followed.
    pub fn stands_at(&self, task: TaskId, line: impl FnOnce() -> u32) {
        if let Some(traveller) = self.notes.borrow_mut().tasks.get_mut(&task) {
            traveller.line = line();
        }
    }

    /// A task is about to send a call, which arrives with `event`.
    pub fn asks(&self, task: TaskId, event: Event, asked: Asked) {
        let notes = &mut *self.notes.borrow_mut();
        let Asked { from, to, key, rows, errand, word } = asked;
        let traveller = match errand {
            None => notes.tasks.get(&task).copied(),
            Some(errand) => {
                notes.journeys = notes.journeys.wrapping_add(1);
                Some(Traveller { journey: notes.journeys, errand, line: 0 })
            }
        };
        let Some(traveller) = traveller else {
            notes.trips.remove(&event.bits());
            return;
        };
        notes.trips.insert(event.bits(), Trip { traveller, from, to, key, word, rows });
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
        let Traveller { journey, errand, line } = traveller;
        let hop = Hop { journey, errand, from, to, leaves: leaves.0, arrives: arrives.0, word, rows, line };
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
            *traveller = Traveller { journey: rest, errand: Errand::Rest, ..*traveller };
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
        let call = Asked { from: Part::App, to: Part::Cache, key: 7, rows: 0, errand: None, word: Word::LookUp };
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
        assert_eq!(words, [(Part::Cache, Word::LookUp), (Part::App, Word::Hit), (Part::Cache, Word::LookUp)]);
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
        assert!(text.contains("[1,0,0,1,1,2,0,0,0]"), "{text}");
    }
}
