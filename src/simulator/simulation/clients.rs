//! The clients: what they send and when, and what becomes of the responses.
//!
//! ```text
//! arrival, or a user's next turn ─▶ send ──client-app──▶ the application … ──client-app──▶ response ─▶ the user thinks
//!                                     └──────────────────── gives up after the timeout ───────────────▶ sends again, or not
//! ```

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::event::EventKind;
use super::world::World;
use crate::history::Answered;
use crate::ledger::Freshness;
use crate::metrics::Answer;
use crate::model::{CallError, ClientId, Key, WriteId};
use crate::network::{Direction, Payload};
use crate::random::Streams;
use crate::scenario::{self, Arrivals, Link, Scenario, estimate, limits};
use crate::slots::Slots;
use crate::time::Nanos;
use crate::work;
use crate::workload::arrivals::Timing;
use crate::workload::foresight::Foresight;
use crate::workload::operation::Operation;
use crate::workload::requests::{self, KeySource, Requests};

/// One request under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    pub number: u64,
    pub key: Key,
    pub client: ClientId,
    pub issued: Nanos,
    pub operation: Operation,
    /// How many reads of a scan follow it.
    pub more: u32,
    /// The write it attempts: of a value, or of its absence.
    pub write: Option<WriteId>,
    /// The server that serves it, while it does.
    pub server: Option<u32>,
    pub outcome: Result<WriteId, CallError>,
    /// Whether its client still waits for the response.
    pub awaited: bool,
    /// How often its client would send it again.
    pub retries: u32,
    /// Whether a read was answered with a copy, without a load.
    pub from_cache: bool,
}

const _: () = assert!(size_of::<InFlight>() <= estimate::REQUEST_BYTES);

/// When the client of a request gives up.
struct Timeout {
    slot: u32,
    number: u64,
    issued: Nanos,
}

/// See the module.
pub(super) struct Clients {
    source: RefCell<Requests>,
    timing: RefCell<Timing>,
    /// What will be asked for, where the cache must know.
    foresight: OnceCell<Rc<Foresight>>,
    /// The second class of traffic, where there is one.
    second: Option<Box<SecondTraffic>>,
    timeout: Option<Nanos>,
    retries: u32,
    /// Who waits, where that has an end. All wait for the same time, so the first gives up first.
    timeouts: RefCell<VecDeque<Timeout>>,
    /// The requests under way.
    pub requests: RefCell<Slots<InFlight>>,
    /// By the slot of a multi-get's first key, which stands for it on its way: those of the others.
    multi_gets: RefCell<BTreeMap<u32, Box<[u32]>>>,
    /// Those of the multi-get that is about to be sent.
    beside_next: Cell<Box<[u32]>>,
    gone: Cell<bool>,
    sent: Cell<u64>,
}

/// The second class of traffic: whose keys and clients have the numbers behind those of the first.
struct SecondTraffic {
    source: RefCell<Requests>,
    timing: RefCell<Timing>,
    first_key: Key,
    first_client: ClientId,
}

/// The index of the event of its open-loop arrivals.
const SECOND: u32 = 1;

/// Its requests have numbers from here on: more than the first ever makes.
const FIRST_OF_SECOND: u64 = 1 << 40;

impl SecondTraffic {
    /// `second` is the scenario of this class alone.
    fn new(first: &scenario::Clients, second: &Scenario) -> SecondTraffic {
        // Streams of its own: the first asks for the same as without it.
        let streams = Streams::new(second.seed ^ 0x5EC0_4D00_7A44_1C00);
        let keys = KeySource::new(second, None).expect("a checked scenario has keys that can be drawn");
        SecondTraffic {
            timing: RefCell::new(Timing::new(&second.clients, &keys, &streams)),
            source: RefCell::new(Requests::new(&second.clients, keys, &streams)),
            first_key: first.keys.count().expect("a checked first class names no trace"),
            first_client: match first.arrivals {
                Arrivals::Closed { users, .. } => users,
                _ => first.sessions,
            },
        }
    }
}

impl Clients {
    /// The second class, if `key` is of it.
    #[inline]
    fn second_of(&self, key: Key) -> Option<&SecondTraffic> {
        self.second.as_deref().filter(|second| key >= second.first_key)
    }

    /// Clients who have sent nothing yet.
    pub fn new(scenario: &Scenario, keys: KeySource, streams: &Streams) -> Clients {
        let settings = &scenario.clients;
        Clients {
            second: scenario.second_traffic().map(|second| Box::new(SecondTraffic::new(settings, &second))),
            timing: RefCell::new(Timing::new(settings, &keys, streams)),
            source: RefCell::new(Requests::new(settings, keys, streams)),
            foresight: OnceCell::new(),
            timeout: settings.timeout,
            retries: settings.retries,
            timeouts: RefCell::default(),
            requests: RefCell::default(),
            multi_gets: RefCell::default(),
            beside_next: Cell::default(),
            gone: Cell::new(false),
            sent: Cell::new(0),
        }
    }

    /// Clients send nothing from now on.
    pub fn leave(&self) {
        self.gone.set(true);
    }

    /// Requests that have been sent.
    pub fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// Requests that were made so far, whether sent yet or not.
    pub fn made(&self) -> u64 {
        self.source.borrow().made()
    }

    /// Requests that have been sent and not answered.
    pub fn under_way(&self) -> usize {
        self.requests.borrow().in_use()
    }

    /// Requests that some server has.
    pub fn in_work(&self) -> u64 {
        let requests = self.requests.borrow();
        work::count(requests.all().len());
        requests.all().iter().filter(|request| request.server.is_some()).count() as u64
    }

    /// The slots of a request: of a multi-get one for each key, its own first.
    fn slots_of(&self, slot: u32) -> Vec<u32> {
        let multi_gets = self.multi_gets.borrow();
        std::iter::once(slot).chain(multi_gets.get(&slot).into_iter().flatten().copied()).collect()
    }

    /// The keys of a request.
    pub fn keys_of(&self, slot: u32) -> Vec<Key> {
        self.slots_of(slot).into_iter().map(|slot| self.requests.borrow()[slot].key).collect()
    }

    /// The keys of a multi-get in rising order, with the slots of their requests.
    pub fn parts_of(&self, slot: u32) -> (Vec<Key>, Vec<u32>) {
        let mut parts: Vec<(Key, u32)> = self.keys_of(slot).into_iter().zip(self.slots_of(slot)).collect();
        work::count(parts.len());
        parts.sort_unstable();
        parts.into_iter().unzip()
    }

    /// The server of a request has crashed; those that go with it in a multi-get are as lost.
    pub fn lose_parts_of(&self, slot: u32) {
        let mut requests = self.requests.borrow_mut();
        let multi_gets = self.multi_gets.borrow();
        let others = multi_gets.get(&slot).into_iter().flatten();
        others.for_each(|&other| requests[other].outcome = Err(CallError::Lost));
    }

    /// Requests sent from the moment `since` on whose clients wait for a response, and how many of them have waited `now` for
    /// longer than the deadline.
    pub fn unanswered(&self, since: Nanos, deadline: Nanos, now: Nanos) -> (u64, u64) {
        let requests = self.requests.borrow();
        work::count(requests.all().len().div_ceil(16));
        let waiting = requests.all().iter().filter(|request| request.awaited && request.issued >= since);
        waiting.fold((0, 0), |(all, overdue), request| {
            (all + 1, overdue + u64::from(now.saturating_sub(request.issued) > deadline))
        })
    }
}

impl World {
    /// Tells the cache, if it must know, what will be asked for. Before anything is.
    pub fn foresee(&self, foresight: Rc<Foresight>) {
        if let Some(upcoming) = self.cache.upcoming() {
            foresight.first().for_each(|(key, first)| upcoming.tell(key, first));
        }
        assert!(self.clients.foresight.set(foresight).is_ok(), "the future is told once");
    }

    /// Clients begin: the first open-loop arrival, or every user's first thought.
    pub fn begin(&self) {
        let mut timing = self.clients.timing.borrow_mut();
        match timing.users() {
            None => {
                let first = timing.next(Nanos::ZERO, 0);
                self.kernel.schedule(first, EventKind::Arrival.about(0));
            }
            Some(users) => {
                work::count(users as usize);
                for user in 0..users {
                    let pause = timing.think(user).expect("users think");
                    self.kernel.schedule(pause, EventKind::User.about(user));
                }
            }
        }
        if let Some(second) = &self.clients.second {
            self.begin_second(second);
        }
    }

    fn begin_second(&self, second: &SecondTraffic) {
        let mut timing = second.timing.borrow_mut();
        match timing.users() {
            None => {
                let first = timing.next(Nanos::ZERO, 0);
                self.kernel.schedule(first, EventKind::Arrival.about(SECOND));
            }
            Some(users) => {
                work::count(users as usize);
                for user in 0..users {
                    let pause = timing.think(user).expect("users think");
                    self.kernel.schedule(pause, EventKind::User.about(second.first_client + user));
                }
            }
        }
    }

    /// An open-loop request of the second class is sent, and its next one is scheduled.
    #[cold]
    fn second_arrival(&self, second: &SecondTraffic) {
        let client = second.timing.borrow().client(second.source.borrow().made());
        self.send_of_second(second, second.first_client + client);
        let next = second.timing.borrow_mut().next(self.kernel.now(), second.source.borrow().made());
        self.kernel.schedule(next, EventKind::Arrival.about(SECOND));
    }

    /// Sends the next request of the second class.
    fn send_of_second(&self, second: &SecondTraffic, client: ClientId) {
        let Some(made) = second.source.borrow_mut().make() else { return };
        let (number, key) = (FIRST_OF_SECOND + made.number, second.first_key + made.key);
        self.send(requests::Request { number, key, ..made }, client, self.clients.retries);
    }

    /// An open-loop request is sent, and the next one is scheduled.
    pub fn arrival(&self, class: u32) {
        let clients = &self.clients;
        if clients.gone.get() {
            return;
        }
        if let Some(second) = clients.second.as_deref().filter(|_| class == SECOND) {
            return self.second_arrival(second);
        }
        let client = clients.timing.borrow().client(clients.made());
        if self.send_next(client) {
            let next = clients.timing.borrow_mut().next(self.kernel.now(), clients.made());
            self.kernel.schedule(next, EventKind::Arrival.about(0));
        }
    }

    /// A user sends a request.
    pub fn user(&self, user: ClientId) {
        if self.clients.gone.get() {
            return;
        }
        match self.clients.second.as_deref().filter(|second| user >= second.first_client) {
            Some(second) => self.send_of_second(second, user),
            None => _ = self.send_next(user),
        }
    }

    /// Sends the next request, if there is one; from `client`, unless a trace says who sends it in an open loop.
    fn send_next(&self, client: ClientId) -> bool {
        let clients = &self.clients;
        let Some(made) = clients.source.borrow_mut().make() else {
            clients.gone.set(true); // the trace has ended
            return false;
        };
        if made.operation == Operation::MultiGet {
            let others = clients.source.borrow().others().to_vec();
            self.send_multi_get(made, &others, client, clients.retries);
            return true;
        }
        self.note_values(&made);
        let named = made.client.filter(|_| clients.timing.borrow().users().is_none());
        self.send(made, named.unwrap_or(client), clients.retries);
        true
    }

    /// Sends a request for several keys. Each is a request of its own for those who count; on its way and on the server the
    /// first stands for all.
    #[cold]
    fn send_multi_get(&self, made: requests::Request, others: &[Key], client: ClientId, retries: u32) {
        let clients = &self.clients;
        work::count(others.len());
        clients.sent.set(clients.sent.get() + others.len() as u64);
        let mut slots = Vec::with_capacity(others.len());
        for (&key, number) in others.iter().zip(made.number + 1..) {
            if let (Some(foresight), Some(upcoming)) = (clients.foresight.get(), self.cache.upcoming()) {
                upcoming.tell(key, foresight.after(number));
            }
            slots.push(clients.requests.borrow_mut().insert(InFlight {
                number,
                key,
                client,
                issued: self.kernel.now(),
                operation: Operation::MultiGet,
                more: 0,
                write: None,
                server: None,
                outcome: Err(CallError::Down),
                awaited: true,
                retries: 0,
                from_cache: false,
            }));
        }
        // The first knows its slot only when it has one.
        clients.beside_next.set(slots.into());
        self.send(requests::Request { more: 0, ..made }, client, retries);
    }

    /// Notes what a trace says of values, with this request and since the one before it.
    fn note_values(&self, made: &requests::Request) {
        let (requests, values, now) = (self.clients.source.borrow(), self.cache.values(), self.kernel.now());
        requests.for_each_renewal(made.number, |key, ago, ttl| {
            values.set_traced(key, None, Some(ttl));
            let end = if ttl == Nanos::MAX { ttl } else { now.saturating_add(ttl).saturating_sub(ago) };
            self.cache.of(key).set_end(key, end);
        });
        if let Some((size, ttl)) = requests.said(made.number) {
            values.set_traced(made.key, size, ttl);
        }
    }

    /// Sends this request.
    fn send(&self, made: requests::Request, client: ClientId, retries: u32) {
        let clients = &self.clients;
        clients.sent.set(clients.sent.get() + 1);
        let issued = self.kernel.now();
        let write = made.operation.writes().then(|| self.issue(made.key, client, issued));
        if let (Operation::Delete, Some(write)) = (made.operation, write) {
            self.application.rows.deleted_by(write);
        }
        if let Some(write) = write.filter(|_| clients.source.borrow().keeps_end(made.number)) {
            self.cache.values().keep_end(write);
        }
        let requests::Request { number, key, operation, more, .. } = made;
        if let (Some(foresight), Some(upcoming)) = (clients.foresight.get(), self.cache.upcoming()) {
            upcoming.tell(key, foresight.after(number));
        }
        let slot = clients.requests.borrow_mut().insert(InFlight {
            number,
            key,
            client,
            issued,
            operation,
            more,
            write,
            server: None,
            outcome: Err(CallError::Down),
            awaited: true,
            retries,
            from_cache: false,
        });
        if operation == Operation::MultiGet {
            clients.multi_gets.borrow_mut().insert(slot, clients.beside_next.take());
        }
        if let Some(timeout) = clients.timeout {
            clients.timeouts.borrow_mut().push_back(Timeout { slot, number, issued });
            self.kernel.schedule(issued.saturating_add(timeout), EventKind::GiveUp.about(0));
        }
        self.watch_sent(slot);
        if self.network.is_instant(Link::ClientApp) {
            self.request(slot);
        } else {
            let bytes = write.map_or(0, |write| self.cache.values().size(key, write).into());
            let (event, payload) = (EventKind::Request.about(slot), Payload { bytes, machine: 0 });
            self.network.send_payload(Link::ClientApp, Direction::Request, event, issued, payload);
        }
    }

    /// A client asks for a write. From the first write of a key on, the ledger follows its copies.
    fn issue(&self, key: Key, client: ClientId, now: Nanos) -> WriteId {
        let ledger = &self.observers.ledger;
        let first = !ledger.borrow().follows(key);
        let write = ledger.borrow_mut().issued(key, client, now);
        if first {
            self.cache.of(key).report_copy(key);
            self.application.near.report_copy(key);
        }
        write
    }

    /// The application is done with a request: the response leaves for the client.
    pub fn send_response(&self, slot: u32) {
        self.watch_response(slot);
        if self.network.is_instant(Link::ClientApp) {
            return self.receive_response(slot);
        }
        let request = self.clients.requests.borrow()[slot];
        let saw = request.outcome.ok().filter(|_| request.write.is_none());
        let mut bytes = saw.map_or(0, |value| self.cache.values().size(request.key, value).into());
        if request.operation == Operation::MultiGet {
            bytes = self.bytes_of_parts(slot);
        }
        let (event, payload) = (EventKind::Response.about(slot), Payload { bytes, machine: 0 });
        self.network.send_payload(Link::ClientApp, Direction::Response, event, self.kernel.now(), payload);
    }

    /// The size of the values that the response to a multi-get brings.
    #[cold]
    fn bytes_of_parts(&self, slot: u32) -> u64 {
        let requests = self.clients.requests.borrow();
        let parts = self.clients.slots_of(slot).into_iter().map(|slot| &requests[slot]);
        let bytes = |part: &InFlight| part.outcome.map_or(0, |value| self.cache.values().size(part.key, value).into());
        parts.map(bytes).sum()
    }

    /// A response reaches its client.
    pub fn receive_response(&self, slot: u32) {
        let mut requests = self.clients.requests.borrow_mut();
        let request = requests[slot];
        requests[slot].awaited = false;
        requests.free(slot);
        drop(requests);
        if request.operation == Operation::MultiGet {
            self.receive_parts(slot, &request);
        }
        if request.awaited {
            self.end(&request);
        }
    }

    /// What goes with the response of a multi-get reaches its client, who may not wait for it any longer.
    #[cold]
    fn receive_parts(&self, slot: u32, first: &InFlight) {
        let others = self.clients.multi_gets.borrow_mut().remove(&slot).unwrap_or_default();
        work::count(others.len());
        for &other in &others {
            let request = {
                let mut requests = self.clients.requests.borrow_mut();
                requests[other].awaited = false;
                requests.free(other);
                requests[other]
            };
            if first.awaited {
                self.record(&request, first.number);
            }
        }
    }

    /// Who gives up a multi-get gives up all of it; gives its other keys.
    #[cold]
    fn give_up_parts(&self, slot: u32, number: u64) -> Vec<Key> {
        let others = self.clients.slots_of(slot).split_off(1);
        work::count(others.len());
        let given_up = others.into_iter().map(|other| {
            let request = {
                let request = &mut self.clients.requests.borrow_mut()[other];
                request.awaited = false;
                InFlight { outcome: Err(CallError::TimedOut), ..*request }
            };
            self.record(&request, number);
            request.key
        });
        given_up.collect()
    }

    /// The client who has waited longest gives up, unless there was a response. The servers do not know, and go on.
    pub fn give_up(&self) {
        let clients = &self.clients;
        let Timeout { slot, number, issued } =
            clients.timeouts.borrow_mut().pop_front().expect("an event for each timeout");
        let request = {
            let request = &mut clients.requests.borrow_mut()[slot];
            if !request.awaited || (request.number, request.issued) != (number, issued) {
                return;
            }
            request.awaited = false;
            InFlight { outcome: Err(CallError::TimedOut), ..*request }
        };
        let others =
            if request.operation == Operation::MultiGet { self.give_up_parts(slot, number) } else { Vec::new() };
        if request.retries == 0 || clients.gone.get() {
            return self.end(&request);
        }
        self.record(&request, number);
        let InFlight { key, operation, more, .. } = request;
        let again = requests::Request { number, key, operation, more, client: None };
        if operation == Operation::MultiGet {
            return self.send_multi_get(again, &others, request.client, request.retries - 1);
        }
        self.send(again, request.client, request.retries - 1);
    }

    /// A request has ended for its client, who goes on.
    fn end(&self, request: &InFlight) {
        self.record(request, request.number);
        if request.more > 0 && !self.clients.gone.get() {
            return self.continue_scan(request);
        }
        let now = self.kernel.now();
        let pause = match self.clients.second_of(request.key) {
            None => self.clients.timing.borrow_mut().think(request.client),
            Some(second) => second.timing.borrow_mut().think(request.client - second.first_client),
        };
        if let Some(mut pause) = pause {
            // Users without think time who are answered in no time would send requests without end.
            pause = pause.max(if now == request.issued || request.outcome.is_err() {
                limits::LEAST_PAUSE
            } else {
                limits::LEAST_ROUND.saturating_sub(now - request.issued)
            });
            self.kernel.schedule(now.saturating_add(pause), EventKind::User.about(request.client));
        }
    }

    /// A scan's next read, from the same client, whatever became of the one before.
    fn continue_scan(&self, request: &InFlight) {
        let (number, key, more) = (request.number + 1, request.key + 1, request.more - 1);
        let next = requests::Request { number, key, operation: request.operation, more, client: None };
        self.send(next, request.client, self.clients.retries);
    }

    /// Tells the observers what a client has got, by the request `of` this number or as its part.
    fn record(&self, request: &InFlight, of: u64) {
        let now = self.kernel.now();
        let saw = request.outcome.map_or(u64::MAX, |value| u64::from(value.0));
        self.kernel.mix_digest(request.number ^ saw << 40);
        let failed = request.outcome.err();
        let bytes = match (request.write, request.outcome) {
            (None, Ok(value)) => self.cache.values().size(request.key, value),
            (Some(_), _) | (None, Err(_)) => 0,
        };
        let answer = Answer { write: request.write.is_some(), failed, from_cache: request.from_cache, bytes };
        let observers = &self.observers;
        let mut metrics = observers.metrics.borrow_mut();
        metrics.answered(answer, request.issued, now);
        let mut ledger = observers.ledger.borrow_mut();
        let mut is_stale = false;
        match (request.write, request.outcome) {
            (Some(write), Ok(_)) => {
                ledger.acknowledged(write, now);
                observers.triggers.acknowledged();
            }
            (Some(write), Err(error)) if error.leaves_open() => ledger.unanswered(write, now),
            (Some(write), Err(_)) => ledger.refused(write, now),
            (None, Ok(saw)) => {
                let before = *ledger.reads();
                let freshness = ledger.read(request.key, request.client, request.issued, saw, now);
                metrics.read(freshness, (&before, ledger.reads()), request.issued, now);
                is_stale = freshness != Freshness::Fresh;
            }
            (None, Err(_)) => {}
        }
        if self.clients.second.is_some() {
            let second = self.clients.second_of(request.key).is_some();
            metrics.answered_to_class(second, (answer, is_stale), request.issued, now);
        }
        drop((metrics, ledger));
        if let Some(history) = observers.history.borrow_mut().as_mut() {
            let &InFlight { client, key, issued, operation, write, outcome, from_cache, .. } = request;
            let base = write.and_then(|write| observers.ledger.borrow().applied_to(write));
            let modifies = operation == Operation::Modify;
            let part_of = (operation == Operation::MultiGet).then_some(of);
            history.push(Answered {
                client,
                key,
                issued,
                at: now,
                modifies,
                part_of,
                write,
                base,
                outcome,
                from_cache,
                is_stale,
            });
        }
        self.watch_end(request, is_stale);
    }
}
