//! What a lane tells whoever [watches](crate::stage) it. None of it changes what happens.

use super::Simulation;
use super::clients::InFlight;
use super::event::EventKind;
use super::world::World;
use crate::cache::command::Found;
use crate::cache::node::CacheNode;
use crate::engine::{CallId, Event};
use crate::jobs::{Job, Owner};
use crate::scenario::{Capacity, Link, Writing};
use crate::stage::{Condition, Fate, Parts, Scene, Sent, TOLD_MAX, Word};

impl Simulation {
    /// From now on every so many-th request is followed, none with 0; with `None` nobody watches. It changes nothing else.
    pub fn watch(&self, every: Option<u64>) {
        self.world.network.watcher().watch(every);
    }

    /// From now on the parts are kept as they are at the run's end, for those who look at them only then.
    pub fn keep_parts_at_end(&self) {
        self.keeps_parts_at_end.set(true);
    }

    /// What there is to be seen since this was last asked for; `None` where nobody watches. Once the run is over, the parts
    /// are as they were at its end, if they were [kept](Simulation::keep_parts_at_end): what is flushed or healed afterwards
    /// is not of the run.
    pub fn scene(&self) -> Option<Scene> {
        let watcher = self.world.network.watched()?;
        let parts = self.parts_at_end.clone().unwrap_or_else(|| self.parts());
        Some(Scene { parts, ..watcher.take() })
    }

    pub(super) fn parts(&self) -> Parts {
        let world = &*self.world;
        let (settings, nodes) = (&world.application.settings, world.cache.nodes());
        let counts = world.cache.counts();
        let ledger = world.observers.ledger.borrow();
        let (capacity, bytes) = match self.capacity {
            Capacity::Entries(entries) => (u64::from(entries), None),
            Capacity::Bytes(bytes) => (bytes.0, Some(world.cache.bytes().0)),
        };
        let write_back = match &world.application.lane.write {
            Writing::WriteBack(how) => Some(how),
            Writing::WriteAround(_) | Writing::WriteThrough(_) | Writing::Outbox(_) => None,
        };
        let buffers =
            if world.application.queues.is_empty() { nodes.len() } else { world.application.queues.len() } as u64;
        Parts {
            servers: (0..settings.servers).take(TOLD_MAX).map(|server| self.condition_of_server(server)).collect(),
            in_work: world.clients.in_work(),
            nodes: nodes.iter().take(TOLD_MAX).map(CacheNode::condition).collect(),
            entries: world.cache.entries(),
            capacity: capacity * nodes.len() as u64,
            bytes,
            // Where nothing is ever flushed, nothing waits for it.
            dirty: write_back.filter(|how| how.flush).map(|_| world.dirty().0.into()),
            bound: write_back.and_then(|how| how.bound).map(|bound| u64::from(bound) * buffers),
            database: Some(world.database.condition()),
            workers: world.database.workers(),
            busy: world.database.busy(),
            queue: world.database.queue(),
            links: Link::ALL.iter().map(|&link| world.network.condition(link)).collect(),
            hits: counts.hits,
            misses: counts.misses.total(),
            expired: counts.misses.expired,
            refused: counts.report.refused + counts.report.refused_full,
            stale: ledger.reads().stale,
            lost: ledger.ever_lost().total(),
        }
    }

    fn condition_of_server(&self, server: u32) -> Condition {
        match self.world.application.servers.condition(server) {
            Condition::Down => Condition::Down,
            _ if self.faults.frozen.has(Owner::server(server)) => Condition::Frozen,
            condition => condition,
        }
    }
}

impl World {
    /// A client is about to send a request.
    #[inline]
    pub(super) fn watch_sent(&self, slot: u32) {
        let Some(watcher) = self.network.watched() else { return };
        let InFlight { number, issued, client, key, write, .. } = self.clients.requests.borrow()[slot];
        let event = EventKind::Request.about(slot);
        watcher.sends(Sent { number, issued, client, key, writes: write.is_some() }, event);
        if self.network.is_instant(Link::ClientApp) {
            watcher.travels(Link::ClientApp, false, event, issued, issued);
        }
    }

    /// A response is about to leave for a client.
    #[inline]
    pub(super) fn watch_response(&self, slot: u32) {
        let Some(watcher) = self.network.watched() else { return };
        let outcome = self.clients.requests.borrow()[slot].outcome;
        let (asked, event) = (EventKind::Request.about(slot), EventKind::Response.about(slot));
        watcher.responds(asked, event, if outcome.is_ok() { Word::Done } else { Word::Failed });
        if self.network.is_instant(Link::ClientApp) {
            let now = self.kernel.now();
            watcher.travels(Link::ClientApp, true, event, now, now);
        }
    }

    /// A client has got something, or has given up.
    #[inline]
    pub(super) fn watch_end(&self, request: &InFlight, is_stale: bool) {
        let Some(watcher) = self.network.watched() else { return };
        let fate = match (request.outcome, request.write) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(_)) => Ok(Fate::Acknowledged),
            (Ok(_), None) => Ok(if is_stale { Fate::Stale } else { Fate::Fresh }),
        };
        watcher.ends((request.number, request.issued), self.kernel.now(), fate);
    }

    /// A task begins.
    #[inline]
    pub(super) fn watch_task(&self, job: &Job) {
        let Some(watcher) = self.network.watched() else { return };
        let task = self.kernel.current();
        match *job {
            Job::Serve(_, slot) => watcher.serves(task, EventKind::Request.about(slot)),
            Job::Load(_, key, _) => watcher.loads(task, key),
            Job::Refresh(..) | Job::Flush(..) | Job::Flusher(_) | Job::FlushQueue(_) | Job::WarmUp(..) | Job::Relay => {
                watcher.begins(task);
            }
        }
    }

    /// The cache is about to answer a call, with this event.
    #[inline]
    pub(super) fn watch_cache_answer(&self, call: CallId, event: Event) {
        let Some(watcher) = self.network.watched() else { return };
        let is_write = self.cache.calls().request(call).is_write();
        let word = match self.cache.calls().response(call) {
            Some(Ok(_)) if is_write => Word::Done,
            Some(Ok(Found::Value(_) | Found::Copy(_) | Found::PastTtl(_))) => Word::Hit,
            Some(Ok(Found::Nothing | Found::Loaded(_) | Found::Lease(_) | Found::Wait(_))) => Word::Miss,
            Some(Err(_)) | None => Word::Failed,
        };
        watcher.answers(EventKind::CacheArrival.about(call), event, word);
    }

    /// The database is about to answer a call, with this event.
    #[inline]
    pub(super) fn watch_database_answer(&self, call: CallId, event: Event) {
        let Some(watcher) = self.network.watched() else { return };
        let is_done = self.database.calls().has_response_with(call, Result::is_ok);
        let word = if is_done { Word::Done } else { Word::Failed };
        watcher.answers(EventKind::DatabaseArrival.about(call), event, word);
    }
}
