//! How many requests a lane gets, and how many of them wait in it at once.

use crate::bytes::Bytes;
use crate::random::Sampler;
use crate::scenario::estimate::Traced;
use crate::scenario::fault::Callers;
use crate::scenario::limits::{LEAST_PAUSE, LEAST_ROUND};
use crate::scenario::{
    Arrivals, Cache, Capacity, Distribution, Expiry, Fault, FaultKind, FaultTarget, FaultTime, Fsync, Keys, Lane,
    Leases, Link, Modify, Persistence, Reading, Scenario, Sizes, WriteBack,
};
use crate::time::Nanos;

/// How many residual service times a request stays where a queue is at most half busy.
const STAYS: f64 = 40.0;

/// The requests of one lane, in numbers that it does not exceed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Load {
    /// All of them.
    pub requests: f64,
    /// Those that write.
    pub writes: f64,
    /// How many come in a second at most, in the mean.
    pub rate: f64,
    /// How many keys there are in the end.
    pub keys: f64,
    /// How many users there are, where there are users.
    users: f64,
}

/// Some more than expected, by luck.
fn with_luck(count: f64) -> f64 {
    count + 6.0 * count.sqrt() + 10.0
}

impl Load {
    /// The load of the world of one lane, by all classes of traffic.
    pub fn of(world: &Scenario, traced: Option<Traced>) -> Load {
        let first = Load::of_first(world, traced);
        let Some(second) = world.second_traffic() else { return first };
        let second = Load::of_first(&second, None);
        Load {
            requests: first.requests + second.requests,
            writes: first.writes + second.writes,
            rate: first.rate + second.rate,
            keys: first.keys + second.keys,
            users: first.users + second.users,
        }
    }

    fn of_first(world: &Scenario, traced: Option<Traced>) -> Load {
        let (clients, seconds) = (&world.clients, world.duration.as_secs_f64());
        let shares = clients.shares();
        let expected = match (&clients.arrivals, traced) {
            (Arrivals::Trace { .. }, traced) => traced.map_or(0.0, |traced| traced.requests),
            (_, Some(traced)) => requests_of_first(world).min(traced.requests),
            (_, None) => requests_of_first(world),
        };
        let each = clients.requests_per_operation();
        // Users ask once before they wait for anything.
        let first = if let Arrivals::Closed { users, .. } = clients.arrivals { f64::from(users) } else { 0.0 };
        let operations = with_luck(expected / each + first);
        // The lengths of scans are luck, too.
        // Who has waited too long asks again, and waits no more for what was asked first.
        let patience = world.clients.timeout;
        let tries = patience.map_or(1.0, |_| 1.0 + f64::from(clients.retries));
        let requests = (operations * each + 400.0 * shares.scan * operations.sqrt()) * tries;
        let changes = traced.and_then(|traced| traced.write_ratio).unwrap_or(shares.changes());
        let users = match clients.arrivals {
            Arrivals::Closed { users, .. } if patience.is_none() => f64::from(users),
            _ => f64::INFINITY,
        };
        let rate = match clients.arrivals.rate_max() {
            Some(rate) => rate * each * tries,
            None => requests / seconds,
        };
        let at_first = traced.map_or(clients.keys.count().unwrap_or(0), |traced| traced.keys);
        let inserted = if shares.insert > 0.0 { with_luck(operations * shares.insert).min(requests) } else { 0.0 };
        let writes = if changes > 0.0 { with_luck(operations * changes * tries).min(requests) } else { 0.0 };
        Load { requests, writes, rate, keys: f64::from(at_first) + inserted, users }
    }

    /// How many writes come in a second at most, in the mean.
    pub fn write_rate(&self) -> f64 {
        self.rate * (self.writes / self.requests.max(1.0)).min(1.0)
    }

    /// How many requests wait at once, with all that is done beside them: all there are, where nothing says less.
    pub fn waiting_most(&self, world: &Scenario, lane: usize) -> f64 {
        let how = &world.lanes[lane];
        // Flushes of what is evicted dirty are tasks of their own, and so is what is left to do for a write after its answer.
        let beside =
            if how.write.after_answer().is_some() || how.write.write_back().is_some() { self.writes } else { 0.0 };
        let loads = self.requests.min(self.keys * f64::from(world.app.servers));
        let all = self.requests.min(self.users) + beside + loads;
        let few = 10.0 * f64::from(world.cache.shards) + f64::from(world.app.servers) + 100.0;
        all.min(self.waiting_calmly(world, how).unwrap_or(f64::INFINITY)) + few
    }

    /// How many requests surely wait at once, or nearly: those on their way to a server and in its hands.
    pub fn waiting_surely(&self, world: &Scenario) -> f64 {
        let least = |distribution| least_s(distribution, world.duration);
        let stay = 2.0 * least(&world.network.client_app) + least(&world.app.work);
        let mean = self.requests / world.duration.as_secs_f64();
        (0.5 * mean * stay).min(0.5 * self.requests).min(self.users)
    }

    /// How many wait in a world in which no queue can grow long; `None` where one may.
    fn waiting_calmly(&self, world: &Scenario, lane: &Lane) -> Option<f64> {
        if world.clients.second.is_some() || world.clients.shares().multi_get > 0.0 {
            return None; // what follows knows of one class, whose requests are for one key
        }
        let (app, network, database) = (&world.app, &world.network, &world.database);
        let calls = Calls::of(world, lane);
        // By Little's law, as many are somewhere as come there in the time that they stay.
        let at_cache = self.rate * calls.to_cache;
        let times = cache_times(&world.cache, lane)?.and(&carrying_times(world, world.cache.throughput)?);
        let cache = stay_s(&times, at_cache * busiest(world), 1.0)?;
        let at_database = self.rate * calls.to_database;
        let times = database_times(world, lane);
        let workers = f64::from(database.workers);
        let line = f64::from(database.queue) + workers;
        let loaders = 8.0 * f64::from(world.cache.shards) / workers;
        // Where the database is too busy its line is full, and who comes then is refused.
        let (query, queries) = match stay_s(&times, at_database, workers) {
            Some(stay) => (stay * (1.0 + loaders), at_database * stay * (1.0 + loaders)),
            None => {
                let stay = line / workers * times.mean + STAYS * times.square / times.mean + times.other;
                // Half of them: below, all is doubled.
                (stay, if calls.shared { at_database * stay } else { 0.5 * line })
            }
        };
        let to_and_fro = 2.0 * mean_s(&network.app_database).max(mean_s(&network.cache_database));
        let to_database = [network.bandwidth.app_database, network.bandwidth.cache_database];
        let slowest = to_database.into_iter().flatten().min();
        let links = 2.0 * mean_s(&network.client_app)
            + 2.0 * calls.to_cache * mean_s(&network.app_cache)
            + calls.to_database * to_and_fro
            + 2.0 * stay_s(&carrying_times(world, network.bandwidth.client_app)?, self.rate, 1.0)?
            + 2.0
                * calls.to_cache
                * stay_s(&carrying_times(world, network.bandwidth.app_cache)?, at_cache * busiest(world), 1.0)?
            + 2.0 * calls.to_database * stay_s(&carrying_times(world, slowest)?, at_database, 1.0)?;
        let pauses = backoff_s(world, calls.attempts > 1.0);
        let work = match app.cores {
            None => mean_s(&app.work),
            Some(cores) => stay_s(&Times::sum([&app.work]), self.rate / f64::from(app.servers), f64::from(cores))?,
        };
        let on_its_way = broken_s(world)? + links + work + pauses + replicas_s(&world.cache);
        let called = calls.to_cache * cache + calls.to_database * query + on_its_way;
        let full = |places: Option<u32>, machines: u32, stay: f64| {
            places.is_some_and(|places| self.rate * stay > 0.5 * f64::from(places) * f64::from(machines))
        };
        let connected = calls.to_database * (query + to_and_fro);
        let pools = full(app.pool, app.servers, connected) || full(world.cache.pool, world.cache.shards, connected);
        if full(app.concurrency, app.servers, called) || pools || self.is_a_row_hot(world) {
            return None;
        }
        let after_answer = lane.write.after_answer().map_or(0.0, |delay| self.write_rate() * delay.as_secs_f64());
        Some(100.0 + 2.0 * (at_cache * cache + queries + self.rate * on_its_way + after_answer))
    }
}

impl Load {
    /// Whether the writers of some row may keep it for more than half of the time, so that others wait for it.
    fn is_a_row_hot(&self, world: &Scenario) -> bool {
        let database = &world.database;
        let most = hottest_share(&world.clients.keys);
        database.row_locks && self.write_rate() * most * mean_s(&database.write).max(mean_s(&database.read)) > 0.5
    }
}

/// The share of the requests that is for the most popular key, or more.
fn hottest_share(keys: &Keys) -> f64 {
    let even = |count: u32| 1.0 / f64::from(count.max(1));
    // The sum of rank^−α is at least the area below it.
    let zipf = |count: f64, alpha: f64| {
        let area = match (1.0 - alpha).abs() < 1e-9 {
            true => libm::log(count + 1.0),
            false => (libm::pow(count + 1.0, 1.0 - alpha) - 1.0) / (1.0 - alpha),
        };
        1.0 / area.max(1.0)
    };
    match *keys {
        Keys::Uniform { count } | Keys::Scan { count } => even(count),
        Keys::Zipf { count, alpha, .. } | Keys::Latest { count, alpha } => zipf(f64::from(count), alpha),
        Keys::HotSet { count, hot, traffic, .. } => {
            let hottest = (f64::from(count) * hot).max(1.0);
            (traffic / hottest).max(even(count))
        }
        // Which keys are in the sample is luck, and a trace may name one alone.
        Keys::ZipfSample { .. } | Keys::Trace { .. } => 1.0,
    }
}

/// How often a request calls the stores in the mean, at most.
pub(super) struct Calls {
    pub to_cache: f64,
    pub to_database: f64,
    /// How often a call to the database is tried.
    attempts: f64,
    /// Whether several wait for one query.
    shared: bool,
}

impl Calls {
    pub fn of(world: &Scenario, lane: &Lane) -> Calls {
        let tries = if let Modify::CompareAndSet { tries } = lane.modify { f64::from(tries) } else { 1.0 };
        let modifies = world.clients.shares().modify * tries;
        let refreshes = if lane.read.reloads() { 1.0 } else { 0.0 };
        let may_fail = world.database.abort > 0.0 || world.app.database_timeout.is_some() || !world.faults.is_empty();
        let attempts = if may_fail { 1.0 + f64::from(world.app.retries) } else { 1.0 };
        let full = lane.write.write_back().is_some_and(|how| how.bound.is_some()) || world.cache.min_replicas > 0;
        let cache_may_fail = full || world.app.cache_timeout.is_some() || !world.faults.is_empty();
        let asked = if cache_may_fail { 1.0 + f64::from(world.app.cache_retries) } else { 1.0 };
        let shared = match &lane.read {
            Reading::None {} => false,
            Reading::LookAside(how) => how.single_flight,
            Reading::ReadThrough(_) => true,
        };
        Calls {
            to_cache: (2.0 + refreshes + 2.0 * modifies) * asked,
            to_database: (1.0 + refreshes + 2.0 * modifies) * attempts,
            attempts,
            shared,
        }
    }
}

/// The share of the commands that the busiest node of the cache gets at most.
fn busiest(world: &Scenario) -> f64 {
    let nodes = f64::from(world.cache.shards);
    let keys = f64::from(world.clients.keys.count().unwrap_or(1));
    let zipf = |alpha: f64| {
        let (last, power) = (keys + 1.0, 1.0 - alpha);
        1.0 / if alpha == 1.0 { libm::log(last) } else { (libm::pow(last, power) - 1.0) / power }
    };
    let hottest = match world.clients.keys {
        Keys::Uniform { .. } | Keys::Scan { .. } => 1.0 / keys,
        Keys::Zipf { alpha, .. } | Keys::Latest { alpha, .. } => zipf(alpha),
        Keys::HotSet { hot, traffic, .. } => traffic / (keys * hot - 0.5).max(1.0) + 1.0 / keys,
        Keys::ZipfSample { .. } | Keys::Trace { .. } => 1.0,
    };
    // A hash spreads few keys unevenly.
    (hottest.min(1.0) + 2.0 / nodes + 10.0 / keys).min(1.0)
}

/// The fields that make requests wait, the first to blame first.
pub(super) fn blamed(world: &Scenario) -> Vec<&'static str> {
    let first = match world.clients.arrivals {
        Arrivals::Closed { .. } => "clients.arrivals.users",
        Arrivals::Trace { .. } => "clients.arrivals.speed",
        _ => "clients.arrivals.rate",
    };
    let times = [
        ("app.work", &world.app.work),
        ("network.client_app", &world.network.client_app),
        ("network.app_cache", &world.network.app_cache),
        ("network.app_database", &world.network.app_database),
        ("cache.command", &world.cache.command),
        ("database.read", &world.database.read),
    ];
    let slowest = times.into_iter().max_by(|a, b| mean_s(a.1).total_cmp(&mean_s(b.1)));
    [Some(first), slowest.map(|(field, _)| field), Some("duration")].into_iter().flatten().collect()
}

// ---- Requests ----

/// About how many requests each lane gets, at most; none where only a trace knows.
pub(in crate::scenario) fn requests(world: &Scenario) -> f64 {
    requests_of_first(world) + world.second_traffic().map_or(0.0, |second| requests_of_first(&second))
}

fn requests_of_first(world: &Scenario) -> f64 {
    let arrivals = &world.clients.arrivals;
    let operations = match (arrivals, arrivals.expected(world.duration)) {
        (_, Some(expected)) => expected,
        (Arrivals::Closed { users, .. }, None) => {
            let (seconds, down) = (world.duration.as_secs_f64(), down_s(world));
            let rounds = (seconds - down) / quickest_s(world) + down / failing_s(world);
            f64::from(*users) * rounds
        }
        (_, None) => 0.0,
    };
    operations * world.clients.requests_per_operation()
}

/// About how soon a user asks again whose request is served, or refused by a store, as soon as can be; seconds.
pub(in crate::scenario) fn quickest_s(world: &Scenario) -> f64 {
    let Arrivals::Closed { think, .. } = &world.clients.arrivals else { return f64::INFINITY };
    let (app, network, database) = (&world.app, &world.network, &world.database);
    let least = |distribution| least_s(distribution, world.duration);
    let way = 2.0 * least(&network.client_app) + least(&app.work);
    let (to_cache, to_database) = (2.0 * least(&network.app_cache), 2.0 * least(&network.app_database));
    let cache = to_cache + least(&world.cache.command);
    let served = to_database + least(&database.read).min(least(&database.write));
    // What is in the server's own memory takes no time.
    let answered = least(think) + way + if app.near.is_some() { 0.0 } else { cache.min(served) };
    let given_up = [app.cache_timeout, app.database_timeout].into_iter().flatten().map(|limit| limit.as_secs_f64());
    let refused = if app.breaker.is_some() { 0.0 } else { given_up.fold(to_cache.min(to_database), f64::min) };
    let failed = least(think).max(LEAST_PAUSE.as_secs_f64()) + way + refused;
    let waited = clients_patience_s(world) + least(think).max(LEAST_PAUSE.as_secs_f64());
    let quickest = answered.min(failed).min(waited);
    // Who is answered in no time makes a pause, unless it takes a little time after all: for a value, or in a line.
    let times = app.cores.is_some()
        || app.pool.is_some()
        || Link::ALL.iter().any(|link| network.bandwidth(*link).is_some())
        || world.cache.throughput.is_some();
    let pause = if quickest > 0.0 || times { LEAST_ROUND } else { LEAST_PAUSE };
    quickest.max(pause.as_secs_f64())
}

/// How long clients wait for an answer, seconds.
fn clients_patience_s(world: &Scenario) -> f64 {
    world.clients.timeout.map_or(f64::INFINITY, |limit| limit.as_secs_f64())
}

/// How soon a user asks again while there is no server to ask, seconds.
fn failing_s(world: &Scenario) -> f64 {
    let Arrivals::Closed { think, .. } = &world.clients.arrivals else { return f64::INFINITY };
    let least = |distribution| least_s(distribution, world.duration);
    least(think).max(LEAST_PAUSE.as_secs_f64()) + 2.0 * least(&world.network.client_app)
}

/// For how long no application server is up at most, seconds.
pub(in crate::scenario) fn down_s(world: &Scenario) -> f64 {
    let duration = world.duration.as_secs_f64();
    let crashes = |server: u32| {
        let of_this = world.faults.iter().filter(move |fault| {
            fault.what == FaultKind::AppCrash
                && (fault.which.is_none() || fault.which == Some(FaultTarget::Server(server)))
        });
        of_this.map(|fault| lasts_s(fault, duration)).sum::<f64>()
    };
    (0..world.app.servers).map(crashes).fold(duration, f64::min)
}

/// For how long a fault lasts at most, all its occurrences together, seconds.
fn lasts_s(fault: &Fault, duration: f64) -> f64 {
    match fault.at {
        FaultTime::Moment(at) => fault.lasts.as_secs_f64().min((duration - at.as_secs_f64()).max(0.0)),
        FaultTime::Every(_) => duration,
        FaultTime::BeforeFlush(_) | FaultTime::AfterAcknowledged(_) => fault.lasts.as_secs_f64().min(duration),
    }
}

// ---- Waiting ----

/// What the pauses before retries come to at most, seconds.
fn backoff_s(world: &Scenario, queries_fail: bool) -> f64 {
    let app = &world.app;
    let sum = |retries: u32, first: Nanos| match retries {
        0 => 0.0,
        _ => first.as_secs_f64() * libm::exp2(f64::from(retries).min(60.0)),
    };
    let queries = if queries_fail { sum(app.retries, app.backoff) } else { 0.0 };
    queries + sum(app.cache_retries, app.cache_backoff)
}

/// For how long something is held up by faults at most, seconds; `None` where nobody can say.
pub(super) fn broken_s(world: &Scenario) -> Option<f64> {
    let duration = world.duration.as_secs_f64();
    let mut sum = 0.0;
    for fault in &world.faults {
        sum += match fault.what.callers() {
            _ if fault.silent == Some(true) => lasts_s(fault, duration),
            Callers::Refused => 0.0,
            _ if matches!(fault.at, FaultTime::Every(_)) || fault.what.has_times() => return None,
            // What is lost is sent again after pauses that double.
            Callers::SendAgain => 3.0 * lasts_s(fault, duration),
            Callers::Wait => lasts_s(fault, duration) + for_all_s(world),
        };
    }
    Some(sum)
}

/// How long a command takes at most that goes over all entries of a node, seconds.
fn for_all_s(world: &Scenario) -> f64 {
    let entries = match world.cache.capacity {
        Capacity::Entries(count) => f64::from(count),
        Capacity::Bytes(bytes) => bytes.0 as f64 / 64.0,
    };
    entries * 1e-7
}

/// How long an answer waits for replicas at most, seconds.
fn replicas_s(cache: &Cache) -> f64 {
    if cache.wait > 0 { cache.wait_timeout.as_secs_f64() } else { 0.0 }
}

/// Means and mean squares of what a server does one after the other for each that comes, seconds.
struct Times {
    mean: f64,
    square: f64,
    /// How long it may be busy with something else before that.
    other: f64,
}

impl Times {
    /// The sum of independent times.
    fn sum<'a>(all: impl IntoIterator<Item = &'a Distribution>) -> Times {
        let (mut mean, mut variance) = (0.0, 0.0);
        for one in all {
            let (first, second) = (mean_s(one), square_s(one));
            mean += first;
            variance += (second - first * first).max(0.0);
        }
        Times { mean, square: variance + mean * mean, other: 0.0 }
    }

    /// This and then that.
    fn and(&self, then: &Times) -> Times {
        let variance = |times: &Times| (times.square - times.mean * times.mean).max(0.0);
        let mean = self.mean + then.mean;
        Times { mean, square: variance(self) + variance(then) + mean * mean, other: self.other + then.other }
    }
}

/// What something is busy with that carries so many bytes a second, for a value; `None` where nobody knows how large it is.
fn carrying_times(world: &Scenario, bytes_per_second: Option<Bytes>) -> Option<Times> {
    let Some(bandwidth) = bytes_per_second else { return Some(Times { mean: 0.0, square: 0.0, other: 0.0 }) };
    if matches!(world.clients.keys, Keys::Trace { sizes: true, .. }) {
        return None;
    }
    // As many nanoseconds as bytes.
    let count = |bytes: Bytes| Nanos(bytes.0);
    let sizes = match world.clients.value_size {
        Sizes::Constant(size) => Distribution::Constant(count(size)),
        Sizes::Exponential(mean) => Distribution::Exponential(count(mean)),
        Sizes::Uniform { min, max } => Distribution::Uniform { min: count(min), max: count(max) },
        Sizes::Lognormal { median, p99 } => Distribution::Lognormal { median: count(median), p99: count(p99) },
    };
    let each = 1e9 / bandwidth.0 as f64;
    Some(Times { mean: mean_s(&sizes) * each, square: square_s(&sizes) * each * each, other: 0.0 })
}

/// What a node is busy with for a command; `None` where it may stand still for long.
fn cache_times(cache: &Cache, lane: &Lane) -> Option<Times> {
    let mut all = vec![&cache.command];
    if cache.memory.is_some() {
        all.push(&cache.page_fault);
    }
    if let Persistence::AppendOnly { fsync, fsync_time } = &cache.persistence {
        match fsync {
            Fsync::Always => all.push(fsync_time),
            // One that has run for two seconds makes the node wait.
            _ if mean_s(fsync_time) + square_s(fsync_time).sqrt() * 10.0 > 1.0 => return None,
            _ => {}
        }
    }
    let bounded = lane.write.written_later().is_some_and(WriteBack::waits_for_room);
    let polled = matches!(&lane.read, Reading::LookAside(how) if how.leases != Leases::None);
    // A full buffer is waited for, and so is whoever has the lease; the active cycle takes a quarter of the time.
    if bounded || polled || cache.expiry == Expiry::Sampled {
        return None;
    }
    Some(Times::sum(all))
}

/// What a worker of the database is busy with for a query.
fn database_times(world: &Scenario, lane: &Lane) -> Times {
    let database = &world.database;
    let (read, write) = (Times::sum([&database.read]), Times::sum([&database.write]));
    let mut times = match (world.clients.never_writes(), world.clients.never_reads()) {
        (true, _) => read,
        (_, true) => write,
        _ => Times { mean: read.mean.max(write.mean), square: read.square.max(write.square), other: 0.0 },
    };
    if let Some(how) = lane.write.written_later() {
        let row = database.batch.row.as_secs_f64();
        let base = Times::sum([database.batch.base.as_ref().unwrap_or(&database.write)]);
        times.mean = times.mean.max(base.mean + row);
        times.square = times.square.max(2.0 * (base.square + row * row));
        times.other = base.mean + base.square.sqrt() * 10.0 + f64::from(how.batch) * row;
    }
    times
}

/// How long a request stays at a queue of so many servers to which so many come in a second; `None` where they would be
/// more than half busy.
fn stay_s(times: &Times, rate: f64, servers: f64) -> Option<f64> {
    if times.mean <= 0.0 {
        return Some(times.other);
    }
    (rate * times.mean <= 0.5 * servers).then(|| times.mean + STAYS * times.square / times.mean / servers + times.other)
}

// ---- Distributions, in seconds ----

/// The mean.
pub(super) fn mean_s(distribution: &Distribution) -> f64 {
    sampler(distribution).map_or(f64::INFINITY, |sampler| sampler.mean())
}

/// The mean square, or more.
fn square_s(distribution: &Distribution) -> f64 {
    let mean = mean_s(distribution);
    match distribution {
        Distribution::Constant(_) => mean * mean,
        Distribution::Exponential(_) => 2.0 * mean * mean,
        Distribution::Uniform { min, max } => {
            let (a, b) = (min.as_secs_f64(), max.as_secs_f64());
            (a * a + a * b + b * b) / 3.0
        }
        // The mean square over the squared mean is e^σ², and the mean over the median its root.
        Distribution::Lognormal { median, .. } => {
            let ratio = mean / median.as_secs_f64();
            mean * mean * ratio * ratio
        }
        Distribution::Normal { mean: peak, sd } => {
            let (peak, sd) = (peak.as_secs_f64(), sd.as_secs_f64());
            2.0 * (peak * peak + sd * sd)
        }
        Distribution::Empirical(rows) => {
            let longest = rows.last().map_or(0.0, |(_, value)| value.as_secs_f64());
            mean * longest
        }
    }
}

/// A time that is hardly ever exceeded.
pub(super) fn longest_s(distribution: &Distribution) -> f64 {
    match distribution {
        Distribution::Constant(value) | Distribution::Uniform { max: value, .. } => value.as_secs_f64(),
        Distribution::Exponential(mean) => 45.0 * mean.as_secs_f64(),
        // Nine standard deviations of the logarithm: the 99th percentile lies at 2.33 of them.
        Distribution::Lognormal { median, p99 } => {
            let (median, p99) = (median.as_secs_f64(), p99.as_secs_f64());
            if median > 0.0 { median * libm::pow(p99 / median, 4.0) } else { p99 }
        }
        Distribution::Normal { mean, sd } => mean.as_secs_f64() + 10.0 * sd.as_secs_f64(),
        Distribution::Empirical(rows) => rows.last().map_or(0.0, |(_, value)| value.as_secs_f64()),
    }
}

/// How long it takes at least in the mean, where no longer than `limit` is waited: what can come often within that.
fn least_s(distribution: &Distribution, limit: Nanos) -> f64 {
    let limit = limit.as_secs_f64();
    match distribution {
        Distribution::Constant(value) | Distribution::Exponential(value) => value.as_secs_f64(),
        Distribution::Uniform { min, max } => (min.as_secs_f64() + max.as_secs_f64()) / 2.0,
        // Its mean may lie far behind anything that comes.
        Distribution::Lognormal { median, .. } => median.as_secs_f64(),
        // What is below zero is spread over the rest, which is 0.79 standard deviations for a mean of zero.
        Distribution::Normal { mean, sd } => mean.as_secs_f64().max(0.79 * sd.as_secs_f64()),
        Distribution::Empirical(rows) => {
            let rows: Vec<(f64, f64)> =
                rows.iter().map(|(percent, value)| (percent / 100.0, value.as_secs_f64())).collect();
            let first = rows.first().map_or(0.0, |(share, value)| share * value.min(limit));
            let between = rows.windows(2).map(|pair| (pair[1].0 - pair[0].0) * cut_mean(pair[0].1, pair[1].1, limit));
            // What is cut off may be waited for at the end of the run: twice as many fit in at most.
            let is_cut = rows.last().is_some_and(|(_, value)| *value > limit);
            (first + between.sum::<f64>()) * if is_cut { 0.5 } else { 1.0 }
        }
    }
}

/// The mean of what is equally likely between two values, none counted for more than `limit`.
fn cut_mean(low: f64, high: f64, limit: f64) -> f64 {
    if high <= limit {
        return (low + high) / 2.0;
    }
    if low >= limit {
        return limit;
    }
    let below = (limit - low) / (high - low);
    below * (low + limit) / 2.0 + (1.0 - below) * limit
}

/// Ready to draw from, where its numbers make sense.
fn sampler(distribution: &Distribution) -> Option<Sampler> {
    match distribution {
        Distribution::Constant(value) => Some(Sampler::constant(*value)),
        Distribution::Exponential(mean) => Some(Sampler::exponential(*mean)),
        Distribution::Uniform { min, max } => Sampler::uniform(*min, *max).ok(),
        Distribution::Lognormal { median, p99 } => Sampler::lognormal(*median, *p99).ok(),
        Distribution::Normal { mean, sd } => Some(Sampler::normal(*mean, *sd)),
        Distribution::Empirical(row) => Sampler::empirical(row).ok(),
    }
}
