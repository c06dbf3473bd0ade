//! The state of an application server beside its requests: loads that readers share, connections to the database, and a
//! circuit breaker in front of them. A crash of the server takes all of it.
//!
//! ```text
//! request ─▶ strategy ─▶ [single flight: one load per key] ─▶ [breaker: shut or open] ─▶ [pool: a free connection] ─▶ database
//! ```

mod breaker;
mod budget;
mod pool;
mod single_flight;

use std::cell::{Cell, RefCell};

pub use breaker::{Breaker, Permit};
pub use budget::{RetryBudget, pause_before};
pub use pool::{Connection, Pool, Wait};
pub use single_flight::{Lead, SingleFlight, Turn};

use crate::random::Stream;
use crate::report::AppReport;
use crate::scenario;
use crate::time::Nanos;

/// The longest pause before a retry of a call to the cache (ioredis: 2 s; redis-py 6: 10 s).
const CACHE_PAUSE_MAX: Nanos = Nanos::from_secs(2);

/// The state of one server. See the module.
#[derive(Debug)]
pub struct AppServerState {
    /// Its number, from 0.
    pub server: u32,
    /// The loads its readers share.
    pub single_flight: SingleFlight,
    /// The refreshes it does in the background, one per key.
    pub refreshes: SingleFlight,
    /// Its connections to the database, where they are limited.
    pub pool: Option<Pool>,
    /// The breaker before them, where there is one.
    pub breaker: Option<Breaker>,
    /// The retries that it may make of calls to the database, where they are limited.
    pub retry_budget: Option<RetryBudget>,
    /// Those of calls to the cache: another server, another budget.
    cache_budget: Option<RetryBudget>,
    /// Whether it reads what a multi-get has missed by a query for each key.
    pub scatters: bool,
    /// The patience of a call to the cache.
    pub cache_timeout: Option<Nanos>,
    /// How often one is tried again, and the pause before the first retry.
    cache_retries: (u32, Nanos),
    /// Draws the random half of each pause.
    cache_jitter: RefCell<Stream>,
    /// Draws how early its readers take a copy for expired.
    pub early: RefCell<Stream>,
    /// How often a reader waited for somebody else's lease.
    pub lease_waits: Cell<u64>,
    /// Loads of copies that were still good.
    pub refreshed: Cell<u64>,
    /// Reads answered with copies past their TTL.
    pub past_ttl: Cell<u64>,
}

/// Totals of one server, or of several, since the start of the run. A crash does not set them back.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AppServerCounts {
    /// What is only counted, as reports show it; the rest of it is empty.
    pub report: AppReport,
    /// Total time of waits for a connection.
    pub pool_waited: Nanos,
    /// Total time for which breakers were open.
    pub breaker_open: Nanos,
}

impl AppServerState {
    /// The state of server number `server` at its start.
    pub fn new(server: u32, settings: &scenario::App, early: Stream, cache_jitter: Stream) -> AppServerState {
        let budget = |how: &scenario::RetryBudget| RetryBudget::new(how.share, how.burst);
        AppServerState {
            server,
            single_flight: SingleFlight::default(),
            refreshes: SingleFlight::default(),
            pool: settings.pool.map(Pool::new),
            breaker: settings.breaker.as_ref().map(Breaker::new),
            retry_budget: settings.retry_budget.as_ref().map(budget),
            cache_budget: settings.retry_budget.as_ref().map(budget),
            scatters: settings.scatter,
            cache_timeout: settings.cache_timeout,
            cache_retries: (settings.cache_retries, settings.cache_backoff),
            cache_jitter: RefCell::new(cache_jitter),
            early: RefCell::new(early),
            lease_waits: Cell::new(0),
            refreshed: Cell::new(0),
            past_ttl: Cell::new(0),
        }
    }

    /// The server has crashed at the moment `now`; its tasks have been dropped, and with them what they held.
    pub fn crash(&self, now: Nanos) {
        assert_eq!(
            self.single_flight.under_way() + self.refreshes.under_way(),
            0,
            "loads die with those who make them"
        );
        if let Some(breaker) = &self.breaker {
            breaker.reset(now);
        }
        self.retry_budget.iter().chain(&self.cache_budget).for_each(RetryBudget::reset);
    }

    /// A call to the cache is made for the first time, which pays into the budget of such calls.
    #[inline]
    pub fn begins_to_ask_the_cache(&self) {
        if let Some(budget) = &self.cache_budget {
            budget.deposit();
        }
    }

    /// The pause after so many tries of a call to the cache; `None` where there are no more, by their number or the budget.
    pub fn pause_before_asking_the_cache(&self, tries: u32) -> Option<Nanos> {
        let (most, backoff) = self.cache_retries;
        let again = tries <= most && self.cache_budget.as_ref().is_none_or(RetryBudget::withdraw);
        again.then(|| pause_before(tries, backoff, &mut self.cache_jitter.borrow_mut()).min(CACHE_PAUSE_MAX))
    }

    /// Totals up to the moment `now`.
    pub fn counts(&self, now: Nanos) -> AppServerCounts {
        let (pool_waits, pool_waited) = self.pool.as_ref().map_or((0, Nanos::ZERO), Pool::waits);
        let (breaker_rejections, breaker_open) =
            self.breaker.as_ref().map_or((0, Nanos::ZERO), |breaker| breaker.totals(now));
        let report = AppReport {
            coalesced: self.single_flight.joined(),
            lease_waits: self.lease_waits.get(),
            refreshes: self.refreshed.get(),
            past_ttl: self.past_ttl.get(),
            pool_waits,
            retries_withheld: self.retry_budget.iter().chain(&self.cache_budget).map(RetryBudget::withheld).sum(),
            breaker_rejections,
            ..AppReport::default()
        };
        AppServerCounts { report, pool_waited, breaker_open }
    }
}

impl std::ops::AddAssign for AppServerCounts {
    fn add_assign(&mut self, other: AppServerCounts) {
        self.report += other.report;
        self.pool_waited = self.pool_waited.saturating_add(other.pool_waited);
        self.breaker_open = self.breaker_open.saturating_add(other.breaker_open);
    }
}
