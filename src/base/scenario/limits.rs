//! What is possible: the range of every number and duration of a scenario.
//!
//! One table serves the checks, the messages and the page's inputs. The bounds are wide: they keep out what cannot
//! mean anything (a rate below zero) and what no machine could finish (a million servers), not what is unusual.

use std::borrow::Cow;

use std::fmt;

use crate::bytes::Bytes;
use crate::phrase::Phrase;
use crate::time::Nanos;

/// The range of a field, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The range.
    pub range: Range,
    /// Whether the word `none` may stand there instead.
    pub or_none: bool,
}

/// A range by what it is a range of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Whole numbers.
    Whole(u64, u64),
    /// Numbers.
    Number(f64, f64),
    /// Durations, and moments since the run began.
    Time(Nanos, Nanos),
    /// Sizes.
    Size(Bytes, Bytes),
    /// Entries from 1 to so many, or sizes.
    Capacity(u32, Bytes, Bytes),
}

impl Limit {
    /// The range in words.
    pub fn phrase(&self) -> Phrase {
        Phrase::new(self.to_string(), self.korean())
    }

    fn korean(&self) -> String {
        let range = match self.range {
            Range::Whole(least, most) => format!("{least}부터 {most}까지의 정수"),
            Range::Number(least, most) => format!("{least}부터 {most}까지의 수"),
            Range::Time(least, most) => format!("{least}부터 {most}까지의 시간"),
            Range::Size(least, most) => format!("{least}부터 {most}까지의 크기"),
            Range::Capacity(entries, least, most) => {
                format!("항목 1개부터 {entries}개까지, 또는 {least}부터 {most}까지의 크기")
            }
        };
        if self.or_none { format!("{range} 또는 none") } else { range }
    }
}

impl fmt::Display for Limit {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range {
            Range::Whole(least, most) => write!(f, "a whole number from {least} to {most}")?,
            Range::Number(least, most) => write!(f, "a number from {least} to {most}")?,
            Range::Time(least, most) => write!(f, "a duration from {least} to {most}")?,
            Range::Size(least, most) => write!(f, "a size from {least} to {most}")?,
            Range::Capacity(entries, least, most) => {
                write!(f, "a number of entries from 1 to {entries}, or a size from {least} to {most}")?;
            }
        }
        if self.or_none { f.write_str(", or \"none\"") } else { Ok(()) }
    }
}

const fn whole(least: u64, most: u64) -> Limit {
    Limit { range: Range::Whole(least, most), or_none: false }
}

const fn number(least: f64, most: f64) -> Limit {
    Limit { range: Range::Number(least, most), or_none: false }
}

const fn time(least: Nanos, most: Nanos) -> Limit {
    Limit { range: Range::Time(least, most), or_none: false }
}

/// The capacity of a cache: entries, or as many bytes as a machine has.
const CAPACITY: Limit = Limit { range: Range::Capacity(10_000_000, Bytes(1 << 10), Bytes(16 << 40)), or_none: false };

const fn or_none(limit: Limit) -> Limit {
    Limit { range: limit.range, or_none: true }
}

const HOUR: Nanos = Nanos::from_secs(3_600);
const MONTH: Nanos = Nanos::from_secs(30 * 86_400);
const YEAR: Nanos = Nanos::from_secs(365 * 86_400);
const MILLISECOND: Nanos = Nanos::from_millis(1);
const MICROSECOND: Nanos = Nanos::from_micros(1);
/// One part of the world takes this long at most.
const LATENCY: Limit = time(Nanos::ZERO, HOUR);
/// One entry's part of what is done to all of them.
const PER_ENTRY: Limit = time(Nanos::ZERO, Nanos::from_secs(1));
const PRICE: Limit = number(0.0, 1e9);
const RATIO: Limit = number(0.0, 1.0);
/// Bytes a second, from an old modem to what no machine does.
const RATE: Limit = Limit { range: Range::Size(Bytes(1_000), Bytes(1 << 40)), or_none: true };

/// The largest whole number that every JSON reader and every browser holds exactly.
pub const SEED_MAX: u64 = (1 << 53) - 1;

/// The most lanes side by side.
pub const LANES_MAX: usize = 12;
/// The most faults.
pub const FAULTS_MAX: usize = 1_000;
/// The most occurrences that a random fault may be expected to make.
pub const STRIKES_MAX: f64 = 100_000.0;
/// The most further rules for snapshots.
pub const RULES_MAX: usize = 16;
/// The most characters of a name.
pub const NAME_MAX: usize = 120;
/// The most rows of an empirical distribution.
pub const ROWS_MAX: usize = 200;
/// The most requests that one lane may be expected to serve: about a minute of computing.
pub const REQUESTS_MAX: f64 = 1e8;
/// The most writes that all lanes together may be expected to make: the ledger remembers each (about 80 bytes), and a
/// browser gives a page 4 GiB.
pub const WRITES_MAX: f64 = 2e7;

/// The most memory that a run may take, of all its lanes: half of what a browser gives a page, whose memory has holes where
/// tables have grown out of their place. It is the same everywhere, so that a link that opens here opens there.
pub const MEMORY_MAX: Bytes = Bytes(2 << 30);
/// As many requests may wait at once in each lane, however full the memory is.
pub const WAITING_MIN: f64 = 10_000.0;
/// A lane may take so long to settle, besides as long as the run.
pub const SETTLING: Nanos = Nanos::from_secs(3_600);
/// And so many events, besides four times as many as the run took.
pub const SETTLING_EVENTS: u64 = 20_000_000;
/// The least pause of a user who was answered in no time at all, or with an error.
pub const LEAST_PAUSE: Nanos = Nanos::from_millis(1);

/// A user's requests are so far apart, however soon they are answered.
pub const LEAST_ROUND: Nanos = Nanos::from_micros(10);

/// The most requests of a lane whose cache must know them beforehand, at four bytes each.
pub const FORESEEN_MAX: f64 = 2e7;

/// The most keys of a run.
pub const KEYS_MAX: f64 = 1e7;

/// A `*` stands for a number: a lane's, a fault's. A distribution's parts have the limit of the whole.
const LIMITS: &[(&str, Limit)] = &[
    ("seed", whole(0, SEED_MAX)),
    ("duration", time(MILLISECOND, MONTH)),
    ("warmup", time(Nanos::ZERO, MONTH)),
    ("clients.arrivals.rate", number(0.001, 1e6)),
    ("clients.arrivals.users", whole(1, 100_000)),
    ("clients.arrivals.think", LATENCY),
    ("clients.arrivals.quiet", number(0.0, 1e6)),
    ("clients.arrivals.on", time(MILLISECOND, MONTH)),
    ("clients.arrivals.off", time(MILLISECOND, MONTH)),
    ("clients.arrivals.swing", RATIO),
    ("clients.arrivals.period", time(MILLISECOND, YEAR)),
    ("clients.arrivals.times", number(0.0, 1e4)),
    ("clients.arrivals.at", time(Nanos::ZERO, MONTH)),
    ("clients.arrivals.for", time(MILLISECOND, MONTH)),
    ("clients.arrivals.speed", number(1e-6, 1e6)),
    ("clients.keys.count", whole(1, 10_000_000)),
    ("clients.keys.of", whole(1, 1_000_000_000_000)),
    ("clients.keys.alpha", number(0.0, 5.0)),
    ("clients.keys.hot", RATIO),
    ("clients.keys.traffic", RATIO),
    ("clients.keys.moves_every", or_none(whole(1, 1_000_000_000))),
    ("clients.write_ratio", RATIO),
    ("clients.modify_ratio", RATIO),
    ("clients.delete_ratio", RATIO),
    ("clients.insert_ratio", RATIO),
    ("clients.scan_ratio", RATIO),
    ("clients.multi_get_ratio", RATIO),
    ("clients.multi_get_keys", whole(2, 1_000)),
    // The greatest is what a 32-bit size holds after a few medians of a lognormal tail were cut off.
    ("clients.value_size", Limit { range: Range::Size(Bytes(0), Bytes(1 << 30)), or_none: false }),
    ("clients.timeout", or_none(time(MICROSECOND, HOUR))),
    ("clients.retries", whole(0, 100)),
    ("clients.sessions", whole(1, 1_000_000)),
    ("clients.deadline", time(MICROSECOND, HOUR)),
    ("clients.absent", RATIO),
    ("app.servers", whole(1, 64)),
    ("app.work", LATENCY),
    ("app.cores", or_none(whole(1, 1_024))),
    ("app.concurrency", or_none(whole(1, 100_000))),
    ("app.cache_timeout", or_none(time(MICROSECOND, HOUR))),
    ("app.database_timeout", or_none(time(MICROSECOND, HOUR))),
    ("app.retries", whole(0, 100)),
    ("app.backoff", LATENCY),
    ("app.cache_retries", whole(0, 100)),
    ("app.cache_backoff", LATENCY),
    ("app.retry_budget.share", RATIO),
    ("app.retry_budget.burst", whole(1, 1_000_000)),
    ("app.pool", or_none(whole(1, 100_000))),
    ("app.pool_timeout", or_none(time(MICROSECOND, HOUR))),
    ("app.breaker.failures", whole(1, 1_000_000)),
    ("app.breaker.share", or_none(number(0.01, 1.0))),
    ("app.breaker.window", whole(1, 100_000)),
    ("app.breaker.open_for", time(MICROSECOND, HOUR)),
    ("app.breaker.probes", whole(1, 1_000)),
    ("app.near.capacity", whole(1, 10_000_000)),
    ("app.near.ttl", or_none(time(MICROSECOND, YEAR))),
    ("network.client_app", LATENCY),
    ("network.app_cache", LATENCY),
    ("network.app_database", LATENCY),
    ("network.cache_database", LATENCY),
    ("network.bandwidth.client_app", RATE),
    ("network.bandwidth.app_cache", RATE),
    ("network.bandwidth.app_database", RATE),
    ("network.bandwidth.cache_database", RATE),
    ("cache.throughput", RATE),
    ("cache.capacity", CAPACITY),
    ("cache.samples", whole(1, 64)),
    ("cache.lfu_log_factor", whole(0, 10_000)),
    ("cache.lfu_decay", whole(0, 65_535)),
    ("cache.memory", or_none(CAPACITY)),
    ("cache.page_fault", LATENCY),
    ("cache.ttl", or_none(time(MICROSECOND, YEAR))),
    ("cache.ttl.jittered.spread", RATIO),
    ("cache.ttl.mixed.*.0", or_none(time(MICROSECOND, YEAR))),
    ("cache.ttl.mixed.*.1", RATIO),
    ("cache.command", LATENCY),
    ("cache.per_key", PER_ENTRY),
    ("cache.shards", whole(1, 64)),
    ("cache.pool", or_none(whole(1, 100_000))),
    ("cache.persistence.every", time(MILLISECOND, MONTH)),
    ("cache.persistence.changes", whole(1, 1_000_000_000)),
    ("cache.persistence.per_entry", PER_ENTRY),
    ("cache.persistence.also.*.every", time(MILLISECOND, MONTH)),
    ("cache.persistence.also.*.changes", whole(1, 1_000_000_000)),
    ("cache.persistence.fsync_time", LATENCY),
    ("cache.loading", PER_ENTRY),
    ("cache.replicas", whole(0, 8)),
    ("cache.lag", LATENCY),
    ("cache.failover", or_none(time(Nanos::ZERO, HOUR))),
    ("cache.wait", whole(0, 8)),
    ("cache.wait_timeout", time(MICROSECOND, HOUR)),
    ("cache.min_replicas", whole(0, 8)),
    ("database.workers", whole(1, 1_024)),
    ("database.connections", or_none(whole(1, 1_000_000))),
    ("database.queue", whole(0, 10_000_000)),
    ("database.contention", number(0.0, 1_000.0)),
    ("database.coherency", number(0.0, 1_000.0)),
    ("database.shed.target", time(MICROSECOND, HOUR)),
    ("database.shed.interval", time(MICROSECOND, HOUR)),
    ("database.shed.backoff", number(0.01, 0.99)),
    ("database.replicas", whole(0, 8)),
    ("database.lag", LATENCY),
    ("database.read", LATENCY),
    ("database.per_key", LATENCY),
    ("database.write", LATENCY),
    ("database.batch.base", or_none(LATENCY)),
    ("database.batch.row", LATENCY),
    ("database.abort", RATIO),
    ("lane.*.read.gutter.capacity", whole(1, 10_000_000)),
    ("lane.*.read.gutter.ttl", time(MICROSECOND, YEAR)),
    ("lane.*.read.early_refresh", or_none(number(0.01, 100.0))),
    ("lane.*.read.refresh_ahead", or_none(number(0.01, 0.99))),
    ("lane.*.read.stale_while_revalidate", or_none(time(MICROSECOND, YEAR))),
    ("lane.*.read.stale_if_error", or_none(time(MICROSECOND, YEAR))),
    ("lane.*.read.negative", or_none(time(MICROSECOND, YEAR))),
    ("lane.*.read.warm_up", whole(0, 10_000_000)),
    ("lane.*.write.delay", LATENCY),
    ("lane.*.write.every", time(MILLISECOND, MONTH)),
    ("lane.*.write.log.every", time(MILLISECOND, MONTH)),
    ("lane.*.write.at", or_none(whole(1, 10_000_000))),
    ("lane.*.modify.tries", whole(1, 1_000)),
    ("lane.*.look", or_none(whole(1, LANES_MAX as u64))),
    ("lane.*.write.bound", or_none(whole(1, 10_000_000))),
    ("lane.*.write.batch", whole(1, 1_000_000)),
    ("lane.*.write.requeue", whole(0, 200)),
    ("prices.memory", PRICE),
    ("prices.database_reads", PRICE),
    ("prices.database_writes", PRICE),
    ("prices.lost_write", PRICE),
    ("prices.failed_request", PRICE),
    ("prices.late_second", PRICE),
    ("fault.*.at", time(Nanos::ZERO, MONTH)),
    ("fault.*.at.every", time(MILLISECOND, YEAR)),
    ("fault.*.at.before_flush", whole(1, 1_000_000_000)),
    ("fault.*.at.after_acknowledged", whole(1, 1_000_000_000)),
    ("fault.*.for", time(MICROSECOND, MONTH)),
    ("fault.*.times", or_none(number(1.0, 1_000.0))),
    ("fault.*.share", or_none(RATIO)),
    ("fault.*.spares", whole(0, LANES_MAX as u64 - 1)),
];

/// The parts of the world that a lane may have otherwise.
const PARTS: [&str; 4] = ["app", "network", "cache", "database"];

/// The field of all lanes that `path`, something a lane has otherwise, is laid over: of `lane.1.cache.ttl`, `cache.ttl`.
pub fn for_all(path: &str) -> Option<&str> {
    let (_, inner) = path.strip_prefix("lane.")?.split_once('.')?;
    let part = inner.split('.').next().unwrap_or(inner);
    PARTS.contains(&part).then_some(inner)
}

/// What the second class of traffic has, has the limits of what the first has.
fn as_of_first(path: &str) -> Cow<'_, str> {
    match path.strip_prefix("clients.second.") {
        Some("ttl") => Cow::Borrowed("cache.ttl"),
        Some(inner) => Cow::Owned(format!("clients.{inner}")),
        None => Cow::Borrowed(path),
    }
}

/// The range of the field at a dotted path such as `lane.1.write.every`.
///
/// ```
/// let limit = cachelane::scenario::limits::of("lane.1.write.every").unwrap();
/// assert_eq!(limit.to_string(), "a duration from 1ms to 30d");
/// ```
pub fn of(path: &str) -> Option<Limit> {
    // What a lane has otherwise has the limits of what all have.
    let path = &*as_of_first(for_all(path).unwrap_or(path));
    // The percents of an empirical distribution are in the same place as durations, but are none.
    if path.contains(".empirical.") && path.ends_with(".0") {
        return Some(number(0.0, 100.0));
    }
    // Nearly all patterns differ from the path in their first letters; only the others are taken apart.
    let begins_alike = |pattern: &str| {
        let mut pairs = pattern.bytes().zip(path.bytes()).take_while(|(wanted, _)| *wanted != b'*');
        pairs.all(|(wanted, is)| wanted == is)
    };
    let matches = |pattern: &str| {
        let mut path = path.split('.');
        let same = |(part, wanted): (&str, &str)| wanted == part || (wanted == "*" && part.parse::<usize>().is_ok());
        pattern.split('.').all(|wanted| path.next().is_some_and(|part| same((part, wanted))))
    };
    let best = LIMITS
        .iter()
        .filter(|(pattern, _)| begins_alike(pattern) && matches(pattern))
        .max_by_key(|(pattern, _)| pattern.len())?;
    // The word "none" may stand for the whole field, not for a part of it.
    let whole = best.0.split('.').count() == path.split('.').count();
    Some(Limit { or_none: best.1.or_none && whole, ..best.1 })
}

/// The ranges of parts of the value at `path` that are not those of the whole: each with its place inside, items counted
/// from 0.
pub(super) fn inside(path: &str) -> Vec<(String, Limit)> {
    let path = as_of_first(for_all(path).unwrap_or(path));
    let path: Vec<&str> = path.split('.').collect();
    let part = |(pattern, limit): &(&'static str, Limit)| {
        let parts: Vec<&str> = pattern.split('.').collect();
        let same = |(part, wanted): (&&str, &&str)| part == wanted || (*wanted == "*" && part.parse::<usize>().is_ok());
        // A whole section, as a lane has it otherwise, is no value.
        let is_inside = path.len() > 1 && parts.len() > path.len() && path.iter().zip(&parts).all(same);
        is_inside.then(|| (parts[path.len()..].join(".").replace('*', "0"), *limit))
    };
    LIMITS.iter().filter_map(part).collect()
}

/// Every limit, for tests.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, Limit)> {
    LIMITS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_distribution_have_the_limit_of_the_whole() {
        assert_eq!(of("network.app_cache.lognormal.p99"), Some(LATENCY));
        assert_eq!(of("cache.ttl.jittered.spread"), Some(RATIO));
        assert_eq!(of("cache.ttl.sliding"), Some(time(MICROSECOND, YEAR)));
        assert_eq!(of("cache.ttl").map(|l| l.or_none), Some(true));
        assert_eq!(of("app.work.empirical.3.0"), Some(number(0.0, 100.0)));
        assert_eq!(of("app.work.empirical.3.1"), Some(LATENCY));
        assert_eq!(of("lane.3.write.batch"), Some(whole(1, 1_000_000)));
        assert_eq!(of("database.batch"), None);
        assert_eq!(of("name"), None);
    }
}
