//! The world of one lane: its parts, put together.
//!
//! A request comes from the [clients](super::clients), is served by the [application](super::application), which calls the cache
//! and the database over the network, and its response goes back. The observers only watch.

use std::cell::RefCell;
use std::rc::Rc;

use super::application::Application;
use super::clients::Clients;
use super::event::{DATABASE_SERVED, EventKind, NODE_EVENTS};
use super::near::NearCaches;
use crate::cache::command::Found;
use crate::cache::node::NodeReading;
use crate::cache::refresh::{Grace, Refresh};
use crate::cache::shards::Shards;
use crate::cache::values::Values;
use crate::cache::write_queue::WriteQueues;
use crate::database::Database;
use crate::engine::Kernel;
use crate::fault::Triggers;
use crate::history::Answered;
use crate::jobs::{Jobs, Owner};
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::network::{Direction, Network, Payload};
use crate::random::{Luck, Streams};
use crate::scenario::{App, Lane, Leases, Link, Reading, Scenario};
use crate::workload::requests::KeySource;
use crate::workload::rows::Rows;

/// See the module.
pub(super) struct World {
    pub kernel: Rc<Kernel>,
    pub jobs: Rc<Jobs>,
    pub clients: Clients,
    pub application: Application,
    pub cache: Shards,
    pub database: Database,
    pub network: Network,
    pub observers: Observers,
    /// Of all that is drawn, but for what clients ask for and when, and for what breaks.
    pub luck: Luck,
}

/// Who watches and changes nothing.
pub(super) struct Observers {
    pub ledger: Rc<RefCell<Ledger>>,
    pub metrics: RefCell<Metrics>,
    /// Counts what faults wait for.
    pub triggers: Triggers,
    /// What was answered, where somebody wants to know.
    pub history: RefCell<Option<Vec<Answered>>>,
}

impl World {
    /// The world of this lane of `scenario`; nothing has happened yet.
    pub fn new(scenario: &Scenario, lane: &Lane, keys: KeySource) -> World {
        assert!(scenario.app.servers < Owner::SERVERS_MAX, "a checked scenario has fewer servers");
        let (steady, luck) = (Streams::new(scenario.seed), Luck::default());
        let streams = steady.clone().following(&luck);
        let (kernel, jobs) = (Rc::new(Kernel::default()), Rc::new(Jobs::default()));
        let ledger = Rc::new(RefCell::new(Ledger::new()));
        let shared = || (kernel.clone(), ledger.clone());
        let rows = Rc::new(Rows::new(scenario.clients.absent, scenario.clients.key_count()));
        let mut values = Values::new(&scenario.clients.value_size, &streams, rows.clone());
        let mut metrics = Metrics::new(scenario.warmup, scenario.duration, scenario.clients.deadline);
        if let (Some(second), Some(first)) = (&scenario.clients.second, scenario.clients.keys.count()) {
            values = values.with_second(first, &second.value_size, second.ttl);
            ledger.borrow_mut().count_second(first);
            metrics.classes = Some(Box::default());
        }
        keys.for_each_said_first(|key, size, ttl| values.set_traced(key, size, ttl));
        let refresh = refresh(lane);
        let gutter = if let Reading::LookAside(how) = &lane.read { how.gutter.as_ref() } else { None };
        let near = NearCaches::new((&scenario.app, scenario.cache.ttl), &lane.read, shared(), &streams);
        let cache = Shards::new(
            &scenario.cache,
            lane.write.write_back(),
            node_reading(lane, refresh, &scenario.app, near.cache_tells()),
            (shared(), jobs.clone()),
            &streams,
            NODE_EVENTS,
            values,
        )
        .with_gutter(gutter, &scenario.cache, &streams);
        let queues = lane.write.queue().map(|how| WriteQueues::new(scenario.app.servers, how, &kernel, &ledger));
        let queues = queues.unwrap_or_default();
        let versions = matches!(&lane.read, Reading::LookAside(how) if how.versions).then(|| rows.clone());
        let cancels = scenario.app.cancel && scenario.app.database_timeout.is_some();
        World {
            application: Application::new((scenario, lane), (near, queues, refresh, rows), (&keys, &cache), &streams),
            clients: Clients::new(scenario, keys, &steady),
            database: Database::new(&scenario.database, cancels, shared(), &streams, DATABASE_SERVED)
                .counting(versions),
            network: Network::new(&scenario.network, kernel.clone(), &streams),
            observers: Observers {
                history: RefCell::new(None),
                metrics: RefCell::new(metrics),
                triggers: Triggers::default(),
                ledger,
            },
            cache,
            jobs,
            kernel,
            luck,
        }
    }

    /// Sends what the servers have responded and what the cache tells near caches.
    #[inline]
    pub fn send_responses(&self) {
        // Asked first: this comes several times for each event, and mostly there is nothing.
        if self.cache.calls().has_outgoing() {
            self.send_cache_responses();
        }
        if self.database.calls().has_outgoing() {
            self.send_database_responses();
        }
        if self.cache.has_changed() {
            self.tell_near_caches();
        }
    }

    fn send_cache_responses(&self) {
        while let Some((call, leaves)) = self.cache.calls().next_outgoing() {
            let event = EventKind::CacheResponse.about(call);
            self.watch_cache_answer(call, event);
            if !self.network.limits_bandwidth(Link::AppCache) {
                self.network.send_at(Link::AppCache, Direction::Response, event, leaves);
                continue;
            }
            let key = self.cache.calls().request(call).key();
            let value = self.cache.calls().of_response(call, |answer| answer.ok().and_then(Found::carried));
            let mut payload = Payload {
                bytes: value.map_or(0, |value| self.cache.values().size(key, value).into()),
                machine: self.cache.shard_of(key),
            };
            if !self.cache.multi_gets().is_empty() {
                payload.bytes = self.cache.carried_bytes(call, payload.bytes);
            }
            self.network.send_payload(Link::AppCache, Direction::Response, event, leaves, payload);
        }
    }

    fn send_database_responses(&self) {
        while let Some((call, leaves)) = self.database.calls().next_outgoing() {
            let (link, event) = (self.database.link_of(call), EventKind::DatabaseResponse.about(call));
            self.watch_database_answer(call, event);
            if !self.network.limits_bandwidth(link) {
                self.network.send_at(link, Direction::Response, event, leaves);
                continue;
            }
            let size = |key, value| self.cache.values().size(key, value).into();
            let payload = self.database.payload(call, Direction::Response, size);
            self.network.send_payload(link, Direction::Response, event, leaves, payload);
        }
    }

    fn tell_near_caches(&self) {
        while let Some((key, leaves)) = self.cache.next_changed() {
            self.application.near.tell_servers(&self.network, key, leaves, None);
        }
    }

    /// Rows not yet in the database, in the cache or in servers' queues: now, and the sum of the most that each ever had.
    pub fn dirty(&self) -> (u32, u32) {
        let (cache, queues) = (self.cache.dirty(), self.application.queues.held());
        (cache.0 + queues.0, cache.1 + queues.1)
    }

    /// Whether nothing is under way any more.
    pub fn is_quiet(&self) -> bool {
        self.clients.under_way() == 0
            && self.cache.calls().under_way() == 0
            && self.database.calls().under_way() == 0
            && (self.cache.dirty().0 == 0 || !self.application.flushes())
            && self.application.is_quiet()
            && self.database.outbox() == 0
    }
}

/// When the lane loads copies again that are still good.
fn refresh(lane: &Lane) -> Refresh {
    let (early, ahead) = lane.read.refresh();
    let (while_revalidating, if_error) = lane.read.past_ttl();
    let grace =
        Grace { while_revalidating: while_revalidating.unwrap_or_default(), if_error: if_error.unwrap_or_default() };
    Refresh { early, ahead, grace }
}

/// What the cache's nodes need to know of how the lane reads.
fn node_reading(lane: &Lane, refresh: Refresh, app: &App, notifies: bool) -> NodeReading {
    let grace = refresh.grace;
    let tells_ends = app.near.as_ref().is_some_and(|near| near.bounded);
    let tracks_ttls = refresh.ahead.is_some() || !grace.is_none();
    let told = NodeReading { repeats: app.cache_retries > 0, ..NodeReading::default() };
    match &lane.read {
        Reading::None {} => told,
        Reading::LookAside(how) => {
            let keeps_stale = how.leases == Leases::Stale;
            let compares = how.versions;
            NodeReading { keeps_stale, grace, tracks_ttls, notifies, compares, ..told }
        }
        Reading::ReadThrough(_) => NodeReading { refresh, grace, tracks_ttls, tells_ends, notifies, ..told },
    }
}
