//! The world of one lane: every part, and the tasks that run in it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use super::background::Background;
use super::near::Nears;
use super::servers::{Place, Servers};
use crate::app::{Own, OwnCounts, Pool};
use crate::cache::buffer::RowId;
use crate::cache::node::{self, Found, NodeEvents, NodeReading};
use crate::cache::refresh::Refresh;
use crate::cache::shards::{Shard, Shards};
use crate::cache::values::Values;
use crate::cache::watch::Watch;
use crate::database::Database;
use crate::engine::{Event, Kernel, Owned};
use crate::fault::Triggers;
use crate::ledger::{Holder, Ledger, Mended, Release};
use crate::metrics::{Answer, Metrics};
use crate::model::{CallError, ClientId, Key, WriteId};
use crate::network::{Load, Network, Way};
use crate::random::{Sampler, Stream, Streams};
use crate::scenario::{App, Invalidate, Lane, Leases, Link, Reading, Scenario, Writing, estimate, limits};
use crate::strategy::{
    self, CacheClient, CacheSide, Client, DatabaseClient, Errand, Events, NearClient, Told, warm_up,
};
use crate::time::Nanos;
use crate::work;
use crate::workload::arrivals::Timing;
use crate::workload::foresight::Foresight;
use crate::workload::requests::{self, KeySource, Operation, Requests};
use crate::workload::rows::Rows;

/// The kinds of event of a simulation; 0 and 1 are the engine's own.
pub(super) mod kind {
    /// The next open-loop arrival.
    pub const ARRIVAL: u8 = 2;
    /// A user has thought enough; the index is the user.
    pub const USER: u8 = 3;
    /// A request reaches the application; the index is the request's slot.
    pub const REQUEST: u8 = 4;
    /// An answer reaches its client; the index is the request's slot.
    pub const ANSWER: u8 = 5;
    /// A command reaches the cache; the index is the call.
    pub const CACHE_ARRIVAL: u8 = 6;
    /// A cache node is free for the next command; the index is the node.
    pub const CACHE_FREE: u8 = 7;
    /// The cache's answer reaches its caller; the index is the call.
    pub const CACHE_ANSWER: u8 = 8;
    /// A query reaches the database; the index is the call.
    pub const DATABASE_ARRIVAL: u8 = 9;
    /// A database worker has served a query; the index is the worker.
    pub const DATABASE_SERVED: u8 = 10;
    /// The database's answer reaches its caller; the index is the call.
    pub const DATABASE_ANSWER: u8 = 11;
    /// A dirty entry's TTL may be over; the index is the key.
    pub const DIRTY_EXPIRY: u8 = 12;
    /// A message between near caches arrives; the index is its slot.
    pub const NEAR_MESSAGE: u8 = 13;
    /// A cache node may be at work again, or a replica in its place; the index is the node.
    pub const CACHE_TURN: u8 = 14;
    /// The client who has waited longest has waited long enough.
    pub const GIVE_UP: u8 = 15;
}

/// What a task does.
pub(super) enum Job {
    /// Serves a request; its slot.
    Serve(u32),
    /// Loads a key into the cache, from that moment on.
    Load(Key, Nanos),
    /// Flushes these rows of a cache node's buffer.
    Flush(Shard, Vec<RowId>),
    /// Flushes a cache node's buffer at intervals.
    Flusher(Shard),
    /// Does something on an application server beside its requests.
    Errand(u32, Errand),
    /// Loads a cache node's share of the most popular keys, as one of its loaders.
    WarmUp(Shard, u32),
    /// Passes on what is in the outbox.
    Relay,
}

/// Owners of tasks below this are application servers, by their numbers.
const SERVERS_MAX: u32 = 1_000;

/// Whose tasks no crash ends: the relay's.
const OWNER_RELAY: u32 = SERVERS_MAX;

/// Whose crash ends a task: an application server's number, or this for a cache node.
pub(super) fn owner_of(shard: Shard) -> u32 {
    OWNER_RELAY + 1 + shard
}

/// One request under way.
#[derive(Clone, Copy, Debug)]
struct Request {
    number: u64,
    key: Key,
    client: ClientId,
    issued: Nanos,
    operation: Operation,
    /// How many reads of a scan follow it.
    more: u32,
    /// The write it attempts: of a value, or of its absence.
    write: Option<WriteId>,
    /// The server that serves it, while it does.
    server: Option<u32>,
    outcome: Result<WriteId, CallError>,
    /// Whether its client still waits for an answer.
    awaited: bool,
    /// How often its client would ask again.
    retries: u32,
    /// Whether a read was answered with a copy, without a load.
    from_cache: bool,
}

const _: () = assert!(size_of::<Request>() <= estimate::REQUEST_BYTES);

/// See the module.
pub(super) struct World {
    pub kernel: Rc<Kernel>,
    pub network: Network,
    pub ledger: Rc<RefCell<Ledger>>,
    pub cache: Shards,
    pub database: Database,
    pub servers: Servers,
    pub metrics: RefCell<Metrics>,
    pub triggers: Triggers,
    pub nears: Nears,
    /// What each application server has of its own; the last is the loader's, who warms the cache up.
    own: Vec<Own>,
    /// The connections of each cache node to the database, where they are limited.
    node_pools: Vec<Pool>,
    rows: Rc<Rows>,
    /// What is loaded at the start, by cache node and by loader: the most popular keys.
    warm: Vec<[Box<[Key]>; warm_up::AT_A_TIME as usize]>,
    loaders: u32,
    refresh: Refresh,
    /// Requests that failed, by how.
    pub failures: Cell<[u64; CallError::ALL.len()]>,
    lane: Lane,
    app: App,
    work: Sampler,
    work_draws: Vec<RefCell<Stream>>,
    jitter: RefCell<Stream>,
    requests: RefCell<Requests>,
    /// What will be asked for, where the cache must know.
    foresight: OnceCell<Rc<Foresight>>,
    timing: RefCell<Timing>,
    /// Who waits for an answer, where that has an end: the slot and number of the request, and when it was sent. All wait for
    /// the same time, so the first gives up first.
    patience: RefCell<VecDeque<(u32, u64, Nanos)>>,
    client_timeout: Option<Nanos>,
    client_retries: u32,
    slots: RefCell<Vec<Request>>,
    free: RefCell<Vec<u32>>,
    /// The requests that each server serves, by slot.
    serving: RefCell<Owned>,
    spawns: RefCell<Vec<(u32, Job)>>,
    /// Writes answered already whose servers have more to do.
    background: Background,
    errands: RefCell<Vec<(u32, Errand)>>,
    clients_gone: Cell<bool>,
    /// Requests sent so far.
    sent: Cell<u64>,
}

const EVENTS: Events = Events { cache_arrival: kind::CACHE_ARRIVAL, database_arrival: kind::DATABASE_ARRIVAL };

impl World {
    pub fn new(scenario: &Scenario, lane: &Lane, keys: KeySource) -> World {
        assert!(scenario.app.servers < SERVERS_MAX, "a checked scenario has fewer servers");
        let streams = Streams::new(scenario.seed);
        let kernel = Rc::new(Kernel::default());
        let ledger = Rc::new(RefCell::new(Ledger::new()));
        let write_back = match &lane.write {
            Writing::WriteBack(how) => Some(how),
            _ => None,
        };
        let node_events = NodeEvents {
            free: kind::CACHE_FREE,
            dirty_expiry: kind::DIRTY_EXPIRY,
            answer: kind::CACHE_ANSWER,
            turn: kind::CACHE_TURN,
        };
        let rows = Rc::new(Rows::new(scenario.clients.absent, scenario.clients.keys.count()));
        let values = Values::new(&scenario.clients.value_size, &streams, rows.clone());
        keys.for_each_said_first(|key, size, life| values.say(key, size, life));
        let refresh = refresh(lane);
        let watch = |place| Watch::new(kernel.clone(), ledger.clone(), place);
        let nears = Nears::new(&scenario.app, &lane.read, &streams, watch);
        let reading = node_reading(lane, refresh, nears.cache_tells());
        let shared = (kernel.clone(), ledger.clone());
        let cache = Shards::new(&scenario.cache, write_back, reading, shared, &streams, node_events, values);
        let shared = (kernel.clone(), ledger.clone());
        let cancels = scenario.app.cancel && scenario.app.database_timeout.is_some();
        let database = Database::new(&scenario.database, cancels, shared, &streams, kind::DATABASE_SERVED);
        let warm = match lane.read.warm_up() {
            0 => Box::default(),
            count => keys.most_popular(&scenario.clients.keys, count),
        };
        let work_draws = (0..scenario.app.servers).map(|n| RefCell::new(streams.numbered("app work", n))).collect();
        let app = &scenario.app;
        World {
            nears,
            own: (0..=app.servers).map(|n| Own::new(n, app, streams.numbered("early refresh", n))).collect(),
            node_pools: scenario
                .cache
                .pool
                .map_or_else(Vec::new, |size| (0..cache.count()).map(|_| Pool::new(size)).collect()),
            rows,
            warm: share_out(&warm, &cache),
            loaders: (warm.len() as u32).min(warm_up::AT_A_TIME),
            refresh,
            network: Network::new(&scenario.network, kernel.clone(), &streams),
            cache,
            database,
            servers: Servers::new(scenario.app.servers, scenario.app.concurrency, scenario.app.cores),
            metrics: RefCell::new(Metrics::new(scenario.warmup, scenario.duration, scenario.clients.deadline)),
            triggers: Triggers::default(),
            failures: Cell::default(),
            lane: in_effect(lane),
            app: scenario.app.clone(),
            work: scenario.app.work.sampler(),
            work_draws,
            jitter: RefCell::new(streams.named("retry jitter")),
            timing: RefCell::new(Timing::new(&scenario.clients, &keys, &streams)),
            requests: RefCell::new(Requests::new(&scenario.clients, keys, &streams)),
            foresight: OnceCell::new(),
            patience: RefCell::default(),
            client_timeout: scenario.clients.timeout,
            client_retries: scenario.clients.retries,
            slots: RefCell::default(),
            free: RefCell::default(),
            serving: RefCell::default(),
            spawns: RefCell::default(),
            background: Background::new(scenario.app.servers),
            errands: RefCell::default(),
            clients_gone: Cell::new(false),
            sent: Cell::new(0),
            kernel,
            ledger,
        }
    }

    /// Tells the cache, if it must know, what will be asked for. Before anything is.
    pub fn foresee(&self, foresight: Rc<Foresight>) {
        if let Some(upcoming) = self.cache.upcoming() {
            foresight.first().for_each(|(key, first)| upcoming.tell(key, first));
        }
        assert!(self.foresight.set(foresight).is_ok(), "the future is told once");
    }

    // ---- Clients ----

    /// Clients begin: the first open-loop arrival, or every user's first thought.
    pub fn begin(&self) {
        let mut timing = self.timing.borrow_mut();
        match timing.users() {
            None => {
                let first = timing.next(Nanos::ZERO, 0);
                self.kernel.schedule(first, Event::new(kind::ARRIVAL, 0));
            }
            Some(users) => {
                work::count(users as usize);
                for user in 0..users {
                    let pause = timing.think(user).expect("users think");
                    self.kernel.schedule(pause, Event::new(kind::USER, user));
                }
            }
        }
    }

    /// Clients send nothing from now on.
    pub fn send_clients_home(&self) {
        self.clients_gone.set(true);
    }

    /// An open-loop request is sent, and the next one is scheduled.
    pub fn arrival(&self) {
        if self.clients_gone.get() {
            return;
        }
        let client = self.timing.borrow().client(self.requests.borrow().made());
        if self.send_request(client) {
            let next = self.timing.borrow_mut().next(self.kernel.now(), self.requests.borrow().made());
            self.kernel.schedule(next, Event::new(kind::ARRIVAL, 0));
        }
    }

    /// A user sends a request.
    pub fn user(&self, user: ClientId) {
        if !self.clients_gone.get() {
            self.send_request(user);
        }
    }

    /// Sends the next request, if there is one; from `client`, unless a trace says who sends it in an open loop.
    fn send_request(&self, client: ClientId) -> bool {
        let Some(made) = self.requests.borrow_mut().make() else {
            self.clients_gone.set(true); // the trace has ended
            return false;
        };
        self.hear_of_values(&made);
        let named = made.client.filter(|_| self.timing.borrow().users().is_none());
        self.send(made, named.unwrap_or(client), self.client_retries);
        true
    }

    /// What a trace says of values, with this request and since the one before it.
    fn hear_of_values(&self, made: &requests::Request) {
        let (requests, values, now) = (self.requests.borrow(), self.cache.values(), self.kernel.now());
        requests.for_each_renewal(made.number, |key, ago, life| {
            values.say(key, None, Some(life));
            let end = if life == Nanos::MAX { life } else { now.saturating_add(life).saturating_sub(ago) };
            self.cache.of(key).set_end(key, end);
        });
        if let Some((size, life)) = requests.said(made.number) {
            values.say(made.key, size, life);
        }
    }

    /// Sends this request.
    fn send(&self, asked: requests::Request, client: ClientId, retries: u32) {
        self.sent.set(self.sent.get() + 1);
        let issued = self.kernel.now();
        let write = asked.operation.writes().then(|| self.issue(asked.key, client, issued));
        if let (Operation::Delete, Some(write)) = (asked.operation, write) {
            self.rows.deleted_by(write);
        }
        if let Some(write) = write.filter(|_| self.requests.borrow().keeps_end(asked.number)) {
            self.cache.values().keep_end(write);
        }
        let requests::Request { number, key, operation, more, .. } = asked;
        if let (Some(foresight), Some(upcoming)) = (self.foresight.get(), self.cache.upcoming()) {
            upcoming.tell(key, foresight.after(number));
        }
        let outcome = Err(CallError::Down);
        let (server, awaited) = (None, true);
        let request = Request {
            number,
            key,
            client,
            issued,
            operation,
            more,
            write,
            server,
            outcome,
            awaited,
            retries,
            from_cache: false,
        };
        let slot = {
            let mut slots = self.slots.borrow_mut();
            let slot = self.free.borrow_mut().pop().unwrap_or(slots.len() as u32);
            match slots.get_mut(slot as usize) {
                Some(free) => *free = request,
                None => slots.push(request),
            }
            slot
        };
        if let Some(timeout) = self.client_timeout {
            self.patience.borrow_mut().push_back((slot, number, issued));
            self.kernel.schedule(issued.saturating_add(timeout), Event::new(kind::GIVE_UP, 0));
        }
        if self.network.is_instant(Link::ClientApp) {
            self.request(slot);
        } else {
            let bytes = write.map_or(0, |write| self.cache.values().size(key, write).into());
            let event = Event::new(kind::REQUEST, slot);
            self.network.send_load(Link::ClientApp, Way::There, event, issued, Load { bytes, machine: 0 });
        }
    }

    /// A client asks for a write. From the first write of a key on, the witness follows its copies.
    fn issue(&self, key: Key, client: ClientId, now: Nanos) -> WriteId {
        let first = !self.ledger.borrow().follows(key);
        let write = self.ledger.borrow_mut().issued(key, client, now);
        if first {
            self.cache.of(key).tell_of(key);
            self.nears.tell_of(key);
        }
        write
    }

    /// A request reaches the application: a living server takes it.
    pub fn request(&self, slot: u32) {
        let Some(server) = self.servers.pick() else {
            return self.send_answer(slot);
        };
        let mut slots = self.slots.borrow_mut();
        slots[slot as usize].server = Some(server);
        self.serving.borrow_mut().give(slot, server);
        if let Some(write) = slots[slot as usize].write {
            self.ledger.borrow_mut().held(write, Holder::Application, self.kernel.now());
        }
        drop(slots);
        self.spawn(server, Job::Serve(slot));
    }

    /// The server is done with a request.
    pub(super) fn finish(&self, slot: u32, outcome: Result<WriteId, CallError>, why: Release) {
        {
            let mut slots = self.slots.borrow_mut();
            let request = &mut slots[slot as usize];
            let server = request.server.take();
            self.serving.borrow_mut().take(slot);
            request.outcome = outcome;
            if let Some(write) = request.write {
                if let (Some(server), Release::Finished) = (server, why) {
                    self.tell_near_caches(server, request.key);
                }
                let why = if why == Release::Finished && outcome.is_err() { Release::GaveUp } else { why };
                self.ledger.borrow_mut().released(write, Holder::Application, why, self.kernel.now());
            }
        }
        self.send_answer(slot);
    }

    /// The client is told yes, and the server goes on; returns which one.
    fn answer_early(&self, slot: u32, told: Told) -> u32 {
        let server = {
            let mut slots = self.slots.borrow_mut();
            let request = &mut slots[slot as usize];
            let write = request.write.expect("only writes are answered early");
            let server = request.server.take().expect("a request being served has a server");
            self.serving.borrow_mut().take(slot);
            request.outcome = Ok(write);
            let promised = told == Told::Promised;
            self.tell_near_caches(server, request.key);
            if !promised {
                // It holds the write no longer, but still sees to the copies.
                let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
                ledger.mending(request.key, now);
                ledger.released(write, Holder::Application, Release::Finished, now);
            }
            self.background.begin(server, write, promised);
            server
        };
        self.send_answer(slot);
        server
    }

    /// The server has done what was left to do for a write answered early.
    fn end_background(&self, server: u32, write: WriteId) {
        let (key, ..) = self.ledger.borrow().attempt(write);
        if self.background.end(server, write) {
            // Who has read the database meanwhile has an old copy again.
            self.tell_near_caches(server, key);
            self.ledger.borrow_mut().released(write, Holder::Application, Release::Finished, self.kernel.now());
        } else {
            self.ledger.borrow_mut().mended(key, Mended::Done, self.kernel.now());
        }
    }

    fn send_answer(&self, slot: u32) {
        if self.network.is_instant(Link::ClientApp) {
            self.answer(slot);
        } else {
            let request = self.slots.borrow()[slot as usize];
            let saw = request.outcome.ok().filter(|_| request.write.is_none());
            let bytes = saw.map_or(0, |value| self.cache.values().size(request.key, value).into());
            let event = Event::new(kind::ANSWER, slot);
            self.network.send_load(Link::ClientApp, Way::Back, event, self.kernel.now(), Load { bytes, machine: 0 });
        }
    }

    /// An answer reaches its client.
    pub fn answer(&self, slot: u32) {
        let request = {
            let slot = &mut self.slots.borrow_mut()[slot as usize];
            std::mem::replace(slot, Request { awaited: false, ..*slot })
        };
        self.free.borrow_mut().push(slot);
        if request.awaited {
            self.heard(&request);
        }
    }

    /// The client who has waited longest gives up, unless there was an answer. The servers do not know, and go on.
    pub fn give_up(&self) {
        let (slot, number, issued) = self.patience.borrow_mut().pop_front().expect("each sets its own alarm");
        let request = {
            let request = &mut self.slots.borrow_mut()[slot as usize];
            if !request.awaited || (request.number, request.issued) != (number, issued) {
                return;
            }
            request.awaited = false;
            Request { outcome: Err(CallError::TimedOut), ..*request }
        };
        if request.retries == 0 || self.clients_gone.get() {
            return self.heard(&request);
        }
        self.note_outcome(&request);
        let Request { key, operation, more, .. } = request;
        let again = requests::Request { number, key, operation, more, client: None };
        self.send(again, request.client, request.retries - 1);
    }

    /// A client has an answer, or has given up; users go on.
    fn heard(&self, request: &Request) {
        self.note_outcome(request);
        if request.more > 0 && !self.clients_gone.get() {
            return self.go_on_scanning(request);
        }
        let now = self.kernel.now();
        if let Some(mut pause) = self.timing.borrow_mut().think(request.client) {
            // Users without thought who are answered in no time would ask again without end.
            pause = pause.max(if now == request.issued || request.outcome.is_err() {
                limits::LEAST_PAUSE
            } else {
                limits::LEAST_ROUND.saturating_sub(now - request.issued)
            });
            self.kernel.schedule(now.saturating_add(pause), Event::new(kind::USER, request.client));
        }
    }

    fn note_outcome(&self, request: &Request) {
        let now = self.kernel.now();
        let saw = request.outcome.map_or(u64::MAX, |value| u64::from(value.0));
        self.kernel.witness(request.number ^ saw << 40);
        if let Err(failure) = request.outcome {
            let mut failures = self.failures.get();
            failures[failure as usize] += 1;
            self.failures.set(failures);
        }
        let failed = request.outcome.err();
        let answer = Answer { write: request.write.is_some(), failed, from_cache: request.from_cache };
        self.metrics.borrow_mut().answered(answer, request.issued, now);
        self.tell_ledger(request);
    }

    /// A scan's next read, from the same client, whatever became of the one before.
    fn go_on_scanning(&self, request: &Request) {
        let (number, key, more) = (request.number + 1, request.key + 1, request.more - 1);
        let next = requests::Request { number, key, operation: request.operation, more, client: None };
        self.send(next, request.client, self.client_retries);
    }

    fn tell_ledger(&self, request: &Request) {
        let now = self.kernel.now();
        let mut ledger = self.ledger.borrow_mut();
        match (request.write, request.outcome) {
            (Some(write), Ok(_)) => {
                ledger.acknowledged(write, now);
                self.triggers.acknowledged();
            }
            (Some(write), Err(failure)) if failure.leaves_open() => ledger.unanswered(write, now),
            (Some(write), Err(_)) => ledger.refused(write, now),
            (None, Ok(saw)) => {
                let before = *ledger.reads();
                let freshness = ledger.read(request.key, request.client, request.issued, saw, now);
                self.metrics.borrow_mut().read(freshness, &before, ledger.reads(), request.issued);
            }
            (None, Err(_)) => {}
        }
    }

    /// The key of a request, and the write that it attempts, if it does.
    #[cfg(test)]
    pub(super) fn asked(&self, slot: u32) -> (Key, Option<WriteId>) {
        let request = self.slots.borrow()[slot as usize];
        (request.key, request.write)
    }

    /// Lets a write be a delete.
    #[cfg(test)]
    pub(super) fn let_delete(&self, write: WriteId) {
        self.rows.deleted_by(write);
    }

    /// The lane.
    #[cfg(test)]
    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Requests that have been sent.
    pub fn requests_sent(&self) -> u64 {
        self.sent.get()
    }

    /// Requests that were made so far, whether sent yet or not.
    pub fn requests_made(&self) -> u64 {
        self.requests.borrow().made()
    }

    /// Requests sent from the moment `since` on whose clients wait for an answer, and how many of them have waited `now` for longer
    /// than the deadline.
    pub fn unanswered(&self, since: Nanos, deadline: Nanos, now: Nanos) -> (u64, u64) {
        let slots = self.slots.borrow();
        work::count(slots.len().div_ceil(16));
        let waiting = slots.iter().filter(|request| request.awaited && request.issued >= since);
        waiting.fold((0, 0), |(all, overdue), request| {
            (all + 1, overdue + u64::from(now.saturating_sub(request.issued) > deadline))
        })
    }

    /// Requests that have been sent and not answered.
    pub fn requests_under_way(&self) -> usize {
        self.slots.borrow().len() - self.free.borrow().len()
    }

    // ---- Tasks ----

    /// Asks for a task; it starts as soon as the present event is done.
    pub fn spawn(&self, owner: u32, job: Job) {
        self.spawns.borrow_mut().push((owner, job));
    }

    /// The next task asked for, by a client or by the cache.
    #[inline]
    pub fn next_spawn(&self) -> Option<(u32, Job)> {
        let asked = self.spawns.borrow_mut().pop();
        if asked.is_some() {
            return asked;
        }
        if let Some((server, errand)) = self.errands.borrow_mut().pop() {
            return Some((server, Job::Errand(server, errand)));
        }
        if !self.cache.has_jobs() {
            return None;
        }
        let (shard, job) = self.cache.next_job()?;
        let job = match job {
            node::Job::Load(key, at) => Job::Load(key, at),
            node::Job::Flush(rows) => Job::Flush(shard, rows),
        };
        Some((owner_of(shard), job))
    }

    /// Sends off the answers that the servers have given.
    #[inline]
    pub fn send_answers(&self) {
        while let Some((call, leaves)) = self.cache.calls().next_outgoing() {
            let event = Event::new(kind::CACHE_ANSWER, call);
            if !self.network.weighs(Link::AppCache) {
                self.network.send_at(Link::AppCache, Way::Back, event, leaves);
                continue;
            }
            let (key, answer) = (self.cache.calls().question(call).key(), self.cache.calls().answer_of(call));
            let value = answer.and_then(Result::ok).and_then(Found::carried);
            let load = Load {
                bytes: value.map_or(0, |value| self.cache.values().size(key, value).into()),
                machine: self.cache.shard_of(key),
            };
            self.network.send_load(Link::AppCache, Way::Back, event, leaves, load);
        }
        while let Some((call, leaves)) = self.database.calls().next_outgoing() {
            let (link, event) = (self.database.link_of(call), Event::new(kind::DATABASE_ANSWER, call));
            if !self.network.weighs(link) {
                self.network.send_at(link, Way::Back, event, leaves);
                continue;
            }
            let load = self.database.load(call, Way::Back, |key, value| self.cache.values().size(key, value).into());
            self.network.send_load(link, Way::Back, event, leaves, load);
        }
        while let Some((key, leaves)) = self.cache.next_changed() {
            self.tell_servers(key, leaves, None);
        }
    }

    /// Starts the relay of a lane with an outbox. It is a process of its own, and no fault's aim.
    pub fn start_relay(&self) {
        if matches!(self.lane.write, Writing::Outbox(_)) {
            self.database.keep_outbox();
            self.spawn(OWNER_RELAY, Job::Relay);
        }
    }

    /// Starts the flusher of a cache node, in a write-back lane that has one.
    pub fn start_flusher(&self, shard: Shard) {
        if self.flushes() {
            self.spawn(owner_of(shard), Job::Flusher(shard));
        }
    }

    /// Whether what is dirty will be brought to the database.
    fn flushes(&self) -> bool {
        matches!(&self.lane.write, Writing::WriteBack(how) if how.flush)
    }

    /// Starts to warm a cache node up, which is empty, in a lane that does.
    pub fn start_warm_up(&self, shard: Shard) {
        (0..self.loaders).for_each(|loader| self.spawn(owner_of(shard), Job::WarmUp(shard, loader)));
    }

    /// Whether nothing is under way any more.
    pub fn is_quiet(&self) -> bool {
        self.requests_under_way() == 0
            && self.cache.calls().under_way() == 0
            && self.database.calls().under_way() == 0
            && (self.cache.dirty().0 == 0 || !self.flushes())
            && self.background.is_empty()
            && self.database.outbox() == 0
    }

    /// An application server has crashed: the requests it was serving get no answer, and what it still did for those
    /// it had answered remains undone.
    pub fn abandon_requests_of(&self, server: u32) {
        self.own[server as usize].crash(self.kernel.now());
        if let Some(near) = self.nears.of(server) {
            near.clear();
        }
        for (write, promised) in self.background.abandon(server) {
            work::count(1);
            let (mut ledger, now) = (self.ledger.borrow_mut(), self.kernel.now());
            if promised {
                ledger.released(write, Holder::Application, Release::AppCrash, now);
            } else {
                let (key, ..) = ledger.attempt(write);
                ledger.mended(key, Mended::Crashed, now);
            }
        }
        let serving = self.serving.borrow().of(server);
        for slot in serving {
            self.finish(slot, Err(CallError::Lost), Release::AppCrash);
        }
    }

    /// The world as the first application server sees it.
    #[cfg(test)]
    pub(super) fn app(&self) -> strategy::App<'_> {
        self.app_of(0)
    }

    /// The world as an application server sees it.
    pub(super) fn app_of(&self, server: u32) -> strategy::App<'_> {
        let cache = CacheClient {
            kernel: &self.kernel,
            network: &self.network,
            nodes: &self.cache,
            events: EVENTS,
            timeout: self.app.cache_timeout,
            change: Cell::default(),
        };
        let own = &self.own[server as usize];
        strategy::App {
            cache,
            client: Client::default(),
            database: DatabaseClient {
                breaker: own.breaker.as_ref(),
                ..self.database_client(Link::AppDatabase, self.app.retries, own.pool.as_ref())
            },
            near: NearClient { kernel: &self.kernel, near: self.nears.of(server), passing: Cell::new(false) },
            own,
            rows: &self.rows,
            negative: self.lane.read.negative(),
            refresh: self.refresh,
            errands: &self.errands,
            witness: &self.ledger,
        }
    }

    pub(super) fn cache_side(&self, shard: Shard) -> CacheSide<'_> {
        CacheSide {
            kernel: &self.kernel,
            node: self.cache.node(shard),
            // A cache's flush has its own way of trying again; a load fails like any read.
            database: self.database_client(Link::CacheDatabase, 0, self.node_pools.get(shard as usize)),
            triggers: &self.triggers,
            rows: &self.rows,
            negative: self.lane.read.negative(),
            writes_back: matches!(self.lane.write, Writing::WriteBack(_)),
        }
    }

    /// Totals of all application servers.
    pub fn own_counts(&self) -> OwnCounts {
        let mut sum = OwnCounts::default();
        self.own.iter().for_each(|own| sum += own.counts(self.kernel.now()));
        sum
    }

    fn database_client<'w>(&'w self, link: Link, retries: u32, pool: Option<&'w Pool>) -> DatabaseClient<'w> {
        DatabaseClient {
            kernel: &self.kernel,
            network: &self.network,
            link,
            database: &self.database,
            values: self.cache.values(),
            events: EVENTS,
            timeout: self.app.database_timeout,
            retries,
            backoff: self.app.backoff,
            jitter: &self.jitter,
            cancel: self.app.cancel,
            pool: pool.map(|pool| (pool, self.app.pool_timeout)),
            breaker: None,
            change: Cell::default(),
        }
    }
}

/// Gives each node's loaders in turn every so many-th of `keys`, less those that are another node's.
fn share_out(keys: &[Key], cache: &Shards) -> Vec<[Box<[Key]>; warm_up::AT_A_TIME as usize]> {
    const LOADERS: usize = warm_up::AT_A_TIME as usize;
    let mut shares: Vec<[Vec<Key>; LOADERS]> = vec![Default::default(); cache.count() as usize];
    for (rank, &key) in keys.iter().enumerate() {
        shares[cache.shard_of(key) as usize][rank % LOADERS].push(key);
    }
    shares.into_iter().map(|loaders| loaders.map(Vec::into_boxed_slice)).collect()
}

/// The lane, less the deletes of copies that nobody has: where nothing reads the cache, writing around it does not pass by it.
fn in_effect(lane: &Lane) -> Lane {
    let mut lane = lane.clone();
    if let (Reading::None {}, Writing::WriteAround(how)) = (&lane.read, &mut lane.write)
        && how.cached == Invalidate::Delete
    {
        how.cached = Invalidate::Leave;
    }
    lane
}

/// When the lane loads copies anew that are still good.
fn refresh(lane: &Lane) -> Refresh {
    let (early, ahead) = lane.read.refresh();
    Refresh { early, ahead }
}

/// What the cache's nodes need to know of how the lane reads.
fn node_reading(lane: &Lane, refresh: Refresh, tells: bool) -> NodeReading {
    let knows_lives = refresh.ahead.is_some();
    match &lane.read {
        Reading::None {} => NodeReading::default(),
        Reading::LookAside(how) => {
            let leaves_stale = how.leases == Leases::Stale;
            NodeReading { leaves_stale, knows_lives, tells, ..NodeReading::default() }
        }
        Reading::ReadThrough(_) => NodeReading { refresh, leaves_stale: false, knows_lives, tells },
    }
}

/// The one kind of task there is.
pub(super) async fn run(world: Rc<World>, job: Job) {
    match job {
        Job::Serve(slot) => serve(&world, slot).await,
        Job::Load(key, at) => {
            world.kernel.sleep_until(at).await;
            strategy::read_through::load(&world.cache_side(world.cache.shard_of(key)), key).await;
        }
        Job::Flush(shard, rows) => {
            if let Writing::WriteBack(how) = &world.lane.write {
                // Rows that fail are in the buffer again, for the flusher.
                let _ = strategy::write_back::flush(&world.cache_side(shard), how, &rows).await;
            }
        }
        Job::Errand(server, Errand::Refresh(key, copy)) => {
            if let Reading::LookAside(how) = &world.lane.read {
                strategy::refresh::ahead(&world.app_of(server), how, key, copy).await;
            }
        }
        Job::WarmUp(shard, loader) => {
            let how = &world.lane.read;
            let its_own = world.warm[shard as usize][loader as usize].iter().copied();
            warm_up::load(&world.app_of(world.app.servers), &world.cache_side(shard), how, its_own).await;
        }
        Job::Relay => {
            if let Writing::Outbox(how) = &world.lane.write {
                strategy::outbox::relay(&world.app_of(world.app.servers), how).await;
            }
        }
        Job::Flusher(shard) => {
            if let Writing::WriteBack(how) = &world.lane.write {
                strategy::write_back::flusher(&world.cache_side(shard), how).await;
            }
        }
    }
}

/// Serves a request: a place on the server, the server's own work on one of its cores, then what the lane's strategies say.
pub(super) async fn serve(world: &World, slot: u32) {
    let Request { key, server, operation, write, .. } = world.slots.borrow()[slot as usize];
    let server = server.expect("a request being served has a server");
    let place = world.servers.enter(server, &world.kernel).await;
    let work = world.work.sample(&mut world.work_draws[server as usize].borrow_mut());
    if work > Nanos::ZERO {
        let _core = world.servers.core(server, &world.kernel).await;
        world.kernel.sleep(world.servers.stretch(server, work)).await;
    }
    let app = world.app_of(server);
    match (operation, write) {
        (Operation::Modify, Some(write)) => {
            let outcome = strategy::modify(&app, &world.lane, key, write);
            answering(world, slot, &app.client, place, write, outcome).await;
        }
        // A delete is a write of the value that says "no such row".
        (Operation::Write | Operation::Delete, Some(write)) => {
            let outcome = strategy::write(&app, &world.lane.write, key, write);
            answering(world, slot, &app.client, place, write, outcome).await;
        }
        (Operation::Read, _) | (_, None) => {
            let outcome = strategy::read(&app, &world.lane.read, key).await;
            world.slots.borrow_mut()[slot as usize].from_cache = app.client.is_from_cache();
            world.finish(slot, outcome, Release::Finished);
        }
    }
}

/// Lets a write's code run to its end; its client is answered at the end, or as soon as the code says so. Whoever has
/// been answered takes up no place on the server.
async fn answering(
    world: &World,
    slot: u32,
    client: &Client,
    place: Place<'_>,
    write: WriteId,
    code: impl Future<Output = Result<(), CallError>>,
) {
    let mut code = pin!(code);
    let mut place = Some(place);
    let mut answered_by = None;
    let outcome = poll_fn(|context| {
        let polled = code.as_mut().poll(context);
        if polled.is_pending()
            && let Some(told) = client.take_told()
        {
            place = None;
            answered_by = Some(world.answer_early(slot, told));
        }
        polled
    })
    .await;
    match answered_by {
        None => world.finish(slot, outcome.map(|()| write), Release::Finished),
        Some(server) => world.end_background(server, write),
    }
    drop(place);
}
