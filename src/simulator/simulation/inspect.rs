//! Looking inside a lane, for those who check it: what the parts hold, without anyone noticing.

use std::cell::Ref;
use std::collections::BTreeSet;

use super::{Simulation, Stage};
use crate::cache::entry::Entry;
use crate::history::Answered;
use crate::ledger::{Ledger, Place};
use crate::model::{CallError, Key, WriteId};

impl Simulation {
    /// The ledger. Run on only when done looking.
    pub fn ledger(&self) -> Ref<'_, Ledger> {
        self.world.observers.ledger.borrow()
    }

    /// From now on it is kept what is answered.
    pub fn keep_history(&self) {
        self.world.observers.history.borrow_mut().get_or_insert_default();
    }

    /// What was answered since it is kept, in the order of the answers; none where it is not.
    pub fn take_history(&self) -> Vec<Answered> {
        self.world.observers.history.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The value the cache holds for `key`, expired or not.
    pub fn cached(&self, key: Key) -> Option<WriteId> {
        self.world.cache.peek(key)
    }

    /// The value the database holds for `key`.
    pub fn committed(&self, key: Key) -> WriteId {
        self.world.database.committed(key)
    }

    /// Rows that the cache, or a server's write-behind queue, has and the database has not.
    pub fn dirty(&self) -> u32 {
        self.world.dirty().0
    }

    /// How many database workers are busy.
    pub fn database_busy(&self) -> u32 {
        self.world.database.busy()
    }

    /// Requests that were made so far, whether sent yet or not.
    pub fn requests_made(&self) -> u64 {
        self.world.clients.made()
    }

    /// Requests that have been sent and not answered.
    pub fn requests_under_way(&self) -> usize {
        self.world.clients.under_way()
    }

    /// Requests sent since the warm-up that were answered with an error, by what failed.
    pub fn errors(&self) -> impl Iterator<Item = (CallError, u64)> + use<> {
        CallError::ALL.into_iter().zip(self.world.observers.metrics.borrow().errors)
    }

    /// Every good copy in any cache, as the caches have them.
    pub fn copies(&self) -> Vec<(Key, Place, WriteId)> {
        let world = &self.world;
        let now = world.kernel.now();
        let good = |place: Place, held: Vec<Entry>| {
            let good = held.into_iter().filter(move |entry| !entry.is_expired(now));
            good.map(move |entry| (entry.key, place, WriteId(entry.value)))
        };
        let cache = world.cache.nodes().iter().flat_map(|node| good(Place::Cache, node.held()));
        let near = world.application.near.all().flat_map(|(server, near)| good(Place::Near(server), near.held()));
        cache.chain(near).collect()
    }

    /// What the ledger knows of copies is what the caches hold, and of the others nobody needs to know. Once nothing is
    /// under way, a copy that is neither dirty nor the database's value diverges.
    fn validate_copies(&self, ledger: &Ledger) {
        let copies = self.copies();
        let written = copies.iter().copied().filter(|(key, ..)| ledger.follows(*key));
        let known: BTreeSet<_> = ledger.copies(self.world.kernel.now()).collect();
        assert_eq!(known, written.collect(), "the ledger follows every copy of a written key");
        let differ = copies.iter().filter(|(key, _, value)| *value != self.committed(*key)).count() as u64;
        let diverging = ledger.diverging(self.world.kernel.now());
        assert!(diverging <= differ, "what diverges differs");
        let quiet = self.world.is_quiet() && self.world.application.near.are_quiet();
        if self.is_finished() && quiet && self.dirty() == 0 {
            assert_eq!(diverging, differ, "what differs now will do so for good");
        }
    }

    /// What the report says adds up.
    fn validate_report(&self) {
        let report = self.report();
        let sum = |counts: &[(String, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        assert_eq!(report.requests, report.reads + report.writes);
        assert_eq!(report.errors, sum(&report.errors_by_kind), "every error is of a kind");
        assert_eq!(report.ever_lost, sum(&report.ever_lost_by_cause), "every loss has a cause");
        let (good, all) = (&report.latency_ms, &report.latency_with_errors_ms);
        assert_eq!((good.all.count, all.all.count), (report.requests - report.errors, report.requests));
        assert_eq!((all.read.count, all.write.count), (report.reads, report.writes));
        assert!(report.within_deadline <= good.all.count && report.overdue <= report.unanswered);
        assert!(report.reads_from_cache <= good.read.count, "who fails was not answered with a copy");
        assert_eq!(report.stale_reads, report.stale_age_ms.count);
        let by_cause = report.misses_by_cause;
        let absent = by_cause.cold + by_cause.expired + by_cause.evicted + by_cause.invalidated + by_cause.crashed;
        assert_eq!(report.misses, absent, "every miss has a cause");
        let shares = [report.goodput, report.hit_ratio, report.read_hit_ratio, report.database.utilisation];
        assert!(shares.iter().all(|share| (0.0..=1.0 + 1e-9).contains(share)), "{shares:?}");
        assert!(self.progress.stage != Stage::Finished || !self.world.is_quiet() || report.unanswered == 0);
    }

    /// What was sent in the buckets so far has been answered in them, or waits.
    fn validate_series(&self) {
        let mut under_way = 0;
        for point in self.series(0, 1).points {
            under_way += i64::from(point.sent) - i64::from(point.requests);
            assert_eq!(under_way, i64::from(point.unanswered), "sent, and not answered");
            assert!(point.within_deadline + point.errors <= point.requests);
            assert!(point.goodput.is_none_or(|share| (0.0..=1.0).contains(&share)), "{:?}", point.goodput);
        }
    }

    /// Checks every inner rule of the parts, and that they agree with the ledger; for tests.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn validate(&self) {
        let ledger = self.world.observers.ledger.borrow();
        ledger.validate();
        self.validate_copies(&ledger);
        self.world.cache.validate();
        self.world.database.validate();
        self.world.kernel.validate();
        self.world.application.servers.validate();
        self.world.application.near.validate();
        self.world.application.queues.validate();
        self.validate_report();
        if self.is_finished() {
            self.validate_series();
        }
        let under_way = self.world.clients.under_way() as u64;
        assert!(ledger.counts().in_flight <= under_way, "a write in flight is a request under way");
        if self.is_finished() && self.world.is_quiet() {
            let counts = ledger.counts();
            assert_eq!(counts.in_flight, 0, "what has settled has nothing under way: {counts:?}");
            // What is never flushed is at risk for as long as it lives.
            assert!(counts.at_risk == 0 || self.dirty() > 0, "what has settled waits for no flush: {counts:?}");
        }
    }
}
