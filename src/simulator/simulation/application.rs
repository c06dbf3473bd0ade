//! The application: servers that serve requests, with their near caches and what they do in the background.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::background::BackgroundWrites;
use super::event::CALL_EVENTS;
use super::near::NearCaches;
use super::servers::Servers;
use super::world::World;
use crate::app::{AppServerCounts, AppServerState, Pool};
use crate::cache::common::Shard;
use crate::cache::refresh::Refresh;
use crate::cache::shards::Shards;
use crate::cache::write_queue::WriteQueues;
use crate::engine::Owned;
use crate::jobs::Job;
use crate::ledger::{Holder, Mended, Release};
use crate::model::{CallError, Key, WriteId};
use crate::random::{Lengths, Stream, Streams};
use crate::scenario::{App, Lane, Link, Reading, Scenario};
use crate::strategy::{self, CacheClient, CacheSide, Client, DatabaseClient, EarlyAck, NearClient, warm_up};
use crate::time::Nanos;
use crate::work;
use crate::workload::requests::KeySource;
use crate::workload::rows::Rows;

/// The keys that each of a node's loaders loads at the start.
type Shares = [Box<[Key]>; warm_up::AT_A_TIME as usize];

/// See the module.
pub(super) struct Application {
    pub lane: Lane,
    pub settings: App,
    pub servers: Servers,
    pub near: NearCaches,
    /// The servers' write-behind queues, in a lane that has them.
    pub queues: WriteQueues,
    /// Which values are rows.
    pub rows: Rc<Rows>,
    /// When good copies are loaded again.
    pub refresh: Refresh,
    /// For how long the cache remembers that there is no row, where it does.
    negative: Option<Nanos>,
    /// The servers' states; the last is that of the loader, who warms the cache up.
    states: Vec<AppServerState>,
    /// The connections of each cache node to the database, where they are limited.
    node_pools: Vec<Pool>,
    /// What is loaded at the start, by cache node and by loader: the most popular keys.
    warm: Vec<Shares>,
    loaders: u32,
    /// How long each server's own work on a request takes.
    pub work: Vec<RefCell<Lengths>>,
    jitter: RefCell<Stream>,
    /// The requests that each server serves, by slot.
    serving: RefCell<Owned>,
    /// Writes acknowledged already whose servers have more to do.
    background: BackgroundWrites,
}

impl Application {
    /// Idle servers of a lane, in front of this cache.
    pub fn new(
        (scenario, lane): (&Scenario, &Lane),
        (near, queues, refresh, rows): (NearCaches, WriteQueues, Refresh, Rc<Rows>),
        (keys, cache): (&KeySource, &Shards),
        streams: &Streams,
    ) -> Application {
        let settings = scenario.app.clone();
        let warm = match lane.read.warm_up() {
            0 => Box::default(),
            count => keys.most_popular(&scenario.clients.keys, count),
        };
        let state = |n| {
            let draws = |name: &str| streams.numbered(name, n);
            AppServerState::new(n, &settings, draws("early refresh"), draws("cache retries"))
        };
        let node_pools = |size| (0..cache.count()).map(|_| Pool::new(size)).collect();
        Application {
            lane: in_effect(lane),
            servers: Servers::new(settings.servers, settings.concurrency, settings.cores),
            near,
            queues,
            rows,
            refresh,
            negative: lane.read.negative(),
            states: (0..=settings.servers).map(state).collect(),
            node_pools: scenario.cache.pool.map_or_else(Vec::new, node_pools),
            warm: share_out(&warm, cache),
            loaders: (warm.len() as u32).min(warm_up::AT_A_TIME),
            work: (0..settings.servers)
                .map(|server| RefCell::new(settings.work.sampler().lengths(streams.numbered("app work", server))))
                .collect(),
            jitter: RefCell::new(streams.named("retry jitter")),
            serving: RefCell::default(),
            background: BackgroundWrites::new(settings.servers),
            settings,
        }
    }

    /// Whether what is dirty will be brought to the database.
    pub fn flushes(&self) -> bool {
        self.lane.write.flushes()
    }

    /// Whether servers have nothing left to do in the background.
    pub fn is_quiet(&self) -> bool {
        self.background.is_empty() && self.queues.held().0 == 0
    }

    /// From now on, every server flushes whatever is queued without waiting.
    pub fn drain(&self) {
        self.queues.drain();
    }

    /// The keys that one of a node's loaders loads.
    pub fn share(&self, node: Shard, loader: u32) -> &[Key] {
        &self.warm[node as usize][loader as usize]
    }

    /// Totals of all servers and their near caches.
    pub fn counts(&self, now: Nanos) -> AppServerCounts {
        let mut sum = AppServerCounts { report: self.near.counts(), ..AppServerCounts::default() };
        self.states.iter().for_each(|state| sum += state.counts(now));
        sum
    }
}

/// The lane, less the deletes of copies that nobody has: where nothing reads the cache, writing around it does not pass by it.
fn in_effect(lane: &Lane) -> Lane {
    match lane.read {
        Reading::None {} => Lane { write: lane.write.without_readers(), ..lane.clone() },
        Reading::LookAside(_) | Reading::ReadThrough(_) => lane.clone(),
    }
}

/// Gives each node's loaders in turn every so many-th of `keys`, less those that are another node's.
fn share_out(keys: &[Key], cache: &Shards) -> Vec<Shares> {
    const LOADERS: usize = warm_up::AT_A_TIME as usize;
    let mut shares: Vec<[Vec<Key>; LOADERS]> = vec![Default::default(); cache.count() as usize];
    for (rank, &key) in keys.iter().enumerate() {
        shares[cache.shard_of(key) as usize][rank % LOADERS].push(key);
    }
    shares.into_iter().map(|loaders| loaders.map(Vec::into_boxed_slice)).collect()
}

// ---- Serving ----

impl World {
    /// A request reaches the application: a living server takes it.
    pub fn request(&self, slot: u32) {
        let Some(server) = self.application.servers.pick() else {
            return self.send_response(slot);
        };
        let mut requests = self.clients.requests.borrow_mut();
        requests[slot].server = Some(server);
        self.application.serving.borrow_mut().give(slot, server);
        if let Some(write) = requests[slot].write {
            self.observers.ledger.borrow_mut().held(write, Holder::Application, self.kernel.now());
        }
        drop(requests);
        self.jobs.push(Job::Serve(server, slot));
    }

    /// The server is done with a request.
    pub(super) fn finish(&self, slot: u32, outcome: Result<WriteId, CallError>, why: Release) {
        {
            let mut requests = self.clients.requests.borrow_mut();
            let request = &mut requests[slot];
            let server = request.server.take();
            self.application.serving.borrow_mut().take(slot);
            request.outcome = outcome;
            if let Some(write) = request.write {
                if let (Some(server), Release::Finished) = (server, why) {
                    self.application.near.written(&self.network, server, request.key);
                }
                let why = if why == Release::Finished && outcome.is_err() { Release::GaveUp } else { why };
                self.observers.ledger.borrow_mut().released(write, Holder::Application, why, self.kernel.now());
            }
        }
        self.send_response(slot);
    }

    /// The client gets its acknowledgement, and the server goes on; returns which one.
    pub(super) fn acknowledge_early(&self, slot: u32, early_ack: EarlyAck) -> u32 {
        let application = &self.application;
        let server = {
            let mut requests = self.clients.requests.borrow_mut();
            let request = &mut requests[slot];
            let write = request.write.expect("only writes are acknowledged early");
            let server = request.server.take().expect("a request being served has a server");
            application.serving.borrow_mut().take(slot);
            request.outcome = Ok(write);
            application.near.written(&self.network, server, request.key);
            if early_ack == EarlyAck::Committed {
                // It no longer holds the write, but still updates the copies.
                let (mut ledger, now) = (self.observers.ledger.borrow_mut(), self.kernel.now());
                ledger.mending(request.key, now);
                ledger.released(write, Holder::Application, Release::Finished, now);
            }
            application.background.begin(server, write, early_ack);
            server
        };
        self.send_response(slot);
        server
    }

    /// The server has done what was left to do for a write acknowledged early.
    pub(super) fn end_background(&self, server: u32, write: WriteId) {
        let ledger = &self.observers.ledger;
        let (key, ..) = ledger.borrow().attempt(write);
        match self.application.background.end(server, write) {
            EarlyAck::BeforeCommit => {
                // Whoever has read the database meanwhile has an old copy again.
                self.application.near.written(&self.network, server, key);
                ledger.borrow_mut().released(write, Holder::Application, Release::Finished, self.kernel.now());
            }
            EarlyAck::Committed => ledger.borrow_mut().mended(key, Mended::Done, self.kernel.now()),
        }
    }

    /// An application server has crashed: the requests it was serving get no answer, and what it still did for writes it had
    /// acknowledged remains undone.
    pub fn abandon_requests_of(&self, server: u32) {
        let application = &self.application;
        application.states[server as usize].crash(self.kernel.now());
        if let Some(near) = application.near.of(server) {
            near.clear();
        }
        if let Some(queue) = application.queues.of(server) {
            queue.crash();
        }
        for (write, early_ack) in application.background.abandon(server) {
            work::count(1);
            let (mut ledger, now) = (self.observers.ledger.borrow_mut(), self.kernel.now());
            match early_ack {
                EarlyAck::BeforeCommit => ledger.released(write, Holder::Application, Release::AppCrash, now),
                EarlyAck::Committed => {
                    let (key, ..) = ledger.attempt(write);
                    ledger.mended(key, Mended::Crashed, now);
                }
            }
        }
        let serving = application.serving.borrow().of(server);
        for slot in serving {
            self.clients.lose_parts_of(slot);
            self.finish(slot, Err(CallError::Lost), Release::AppCrash);
        }
    }

    // ---- What strategies see ----

    /// The world as an application server sees it.
    #[inline]
    pub(super) fn app(&self, server: u32) -> strategy::App<'_> {
        let application = &self.application;
        let state = &application.states[server as usize];
        strategy::App {
            cache: CacheClient {
                kernel: &self.kernel,
                network: &self.network,
                nodes: &self.cache,
                events: CALL_EVENTS,
                server: state,
                change: Cell::default(),
            },
            client: Client::default(),
            database: DatabaseClient {
                breaker: state.breaker.as_ref(),
                budget: state.retry_budget.as_ref(),
                ..self.database_client(Link::AppDatabase, application.settings.retries, state.pool.as_ref())
            },
            near: NearClient {
                kernel: &self.kernel,
                near: application.near.of(server),
                not_kept: Cell::new(false),
                end: Cell::new(None),
            },
            server: state,
            queues: &application.queues,
            rows: &application.rows,
            negative: application.negative,
            refresh: &application.refresh,
            jobs: &self.jobs,
            ledger: &self.observers.ledger,
        }
    }

    /// The world as the loader sees it, who warms the cache up, and the outbox's relay.
    pub(super) fn loader(&self) -> strategy::App<'_> {
        self.app(self.application.settings.servers)
    }

    /// The world as a cache node sees it.
    pub(super) fn cache_side(&self, node: Shard) -> CacheSide<'_> {
        let application = &self.application;
        CacheSide {
            kernel: &self.kernel,
            node: self.cache.node(node),
            // A cache's flush has its own retries; a load fails like any read.
            database: self.database_client(Link::CacheDatabase, 0, application.node_pools.get(node as usize)),
            triggers: &self.observers.triggers,
            rows: &application.rows,
            negative: application.negative,
            writes_back: application.lane.write.write_back().is_some(),
        }
    }

    #[inline]
    fn database_client<'w>(&'w self, link: Link, retries: u32, pool: Option<&'w Pool>) -> DatabaseClient<'w> {
        let settings = &self.application.settings;
        DatabaseClient {
            kernel: &self.kernel,
            network: &self.network,
            link,
            database: &self.database,
            values: self.cache.values(),
            events: CALL_EVENTS,
            timeout: settings.database_timeout,
            retries,
            backoff: settings.backoff,
            jitter: &self.application.jitter,
            cancel: settings.cancel,
            pool: pool.map(|pool| (pool, settings.pool_timeout)),
            breaker: None,
            budget: None,
            change: Cell::default(),
        }
    }

    // ---- Work of nodes and of the relay ----

    /// Starts the relay of a lane with an outbox, or the reader of the commit log.
    pub fn start_relay(&self) {
        if self.application.lane.write.tells_later() {
            self.database.keep_outbox();
            self.jobs.push(Job::Relay);
        }
    }

    /// Starts the flusher of a cache node, in a write-back lane that has one.
    pub fn start_flusher(&self, node: Shard) {
        if self.application.flushes() {
            self.jobs.push(Job::Flusher(node));
        }
    }

    /// Starts to flush a server's write-behind queue, in a lane that has them.
    pub fn start_queue(&self, server: u32) {
        if !self.application.queues.is_empty() {
            self.jobs.push(Job::FlushQueue(server));
        }
    }

    /// Starts to warm a cache node up, which is empty, in a lane that does.
    pub fn start_warm_up(&self, node: Shard) {
        (0..self.application.loaders).for_each(|loader| self.jobs.push(Job::WarmUp(node, loader)));
    }
}
