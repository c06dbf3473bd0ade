//! Whether a scenario can be run: every range, and what must fit together.
//!
//! Ranges stand in [`limits`]; this file holds the relations between fields. All problems are told at once.

use super::estimate::{down_s, quickest_s, requests};
use super::eviction::{Eviction, Sampling};
use super::field::Field;
use super::limits::{self, Range};
use super::needs;
use super::node::{Node, Value, join};
use super::problem::{Problems, Reason, ScenarioError};
use super::{
    Arrivals, At, Cache, Clients, Distribution, Fault, Keys, Lane, Mix, Modify, Order, Part, Persistence, Reads,
    Scenario, Take, Ttl, Which, WriteBack, WriteThrough, Writing,
};
use crate::bytes::Bytes;
use crate::time::Nanos;

impl Scenario {
    /// Every problem of the scenario, or none. Scenarios read from files and links have been checked already.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let mut scenario = Scenario::default();
    /// scenario.cache.capacity = 0.into();
    /// let error = scenario.check().unwrap_err();
    /// assert_eq!(error.to_string(), "cache.capacity = 0: is not allowed; give a number of entries from 1 to 10000000, or a size from 1KiB to 16TiB");
    /// ```
    pub fn check(&self) -> Result<(), ScenarioError> {
        let mut problems = Problems::default();
        check(self, &Value::Table(Vec::new()).into(), &mut problems);
        problems.finish(())
    }
}

/// Adds the problems of `scenario`, which was read from `source` (for the lines), to those found while reading.
pub(crate) fn check(scenario: &Scenario, source: &Node, problems: &mut Problems) {
    check_ranges(scenario, problems);
    check_names(scenario, problems);
    check_distributions(scenario, problems);
    if problems.list.is_empty() {
        // Only now: where a field was refused, its default stands in, and would be blamed for what it did not do.
        check_relations(scenario, problems);
        scenario.lanes.iter().enumerate().for_each(|(i, lane)| check_lane(i, lane, problems));
        (0..scenario.lanes.len()).for_each(|lane| check_lane_world(scenario, lane, problems));
        (0..scenario.lanes.len()).for_each(|lane| check_reading(scenario, lane, problems));
        (0..scenario.lanes.len()).for_each(|lane| check_warm_up(scenario, lane, problems));
        check_sampling(scenario, problems);
        needs::check(scenario, problems);
    }
    if problems.list.is_empty() {
        // Only of what can be run at all.
        check_memory(scenario, problems);
    }
    place(problems, source);
}

/// Whether what tunes a sampled policy meets one: what all lanes share in any of them, what a lane has otherwise in that.
fn check_sampling(scenario: &Scenario, problems: &mut Problems) {
    let default = Sampling::default();
    let lanes: Vec<Cache> = (0..scenario.lanes.len()).map(|lane| scenario.for_lane(lane).cache).collect();
    let mut check = |field: &str, told: fn(&Sampling) -> u32, uses: fn(Eviction) -> bool, policies: &str| {
        let sentence = |who: &str| format!("{who} look at it; leave it out, or set eviction to {policies}");
        let all = told(&scenario.cache.sampling());
        if all != told(&default) && !lanes.iter().any(|cache| uses(cache.eviction)) {
            problems.because(&format!("cache.{field}"), all.show().quote(), sentence("the policy here does not"));
        }
        for (i, cache) in lanes.iter().enumerate() {
            let path = format!("cache.{field}");
            let own = scenario.lanes[i].show().find(&path).is_some() && told(&cache.sampling()) != told(&default);
            if own && !uses(cache.eviction) {
                let (path, value) = (format!("lane.{i}.{path}"), told(&cache.sampling()).show().quote());
                problems.because(&path, value, sentence(&format!("{} of this lane does not", cache.eviction)));
            }
        }
    };
    let sampled = "redis-lru, redis-lfu, volatile-lru, volatile-lfu or volatile-ttl";
    check("samples", |sampling| sampling.samples, Eviction::samples, sampled);
    check("lfu_log_factor", |sampling| sampling.log_factor, Eviction::counts_uses, "redis-lfu or volatile-lfu");
    check("lfu_decay", |sampling| sampling.decay, Eviction::counts_uses, "redis-lfu or volatile-lfu");
}

/// What must fit together between fields that are each possible.
fn check_relations(scenario: &Scenario, problems: &mut Problems) {
    check_times(scenario, problems);
    check_operations(scenario, problems);
    check_replicas(scenario, problems);
    if scenario.database.replicas > 0 && scenario.database.reads == Reads::Locking {
        let sentence =
            "a replica serves snapshots and gives no locks; set reads = \"snapshot\", or replicas = 0".to_owned();
        problems.because("database.reads", scenario.database.reads.show().quote(), sentence);
    }
    if let Some(near) = scenario.app.near.as_ref().filter(|near| near.eviction == Eviction::Opt) {
        let sentence = "which server gets which request is not known beforehand; choose another policy".to_owned();
        problems.because("app.near.eviction", near.eviction.show().quote(), sentence);
    }
    scenario.faults.iter().enumerate().for_each(|(i, fault)| check_fault(scenario, i, fault, problems));
    check_work(scenario, problems);
}

/// The same for the world of a lane that has something otherwise; problems name the lane's own field where it gave one.
fn check_lane_world(scenario: &Scenario, lane: usize, problems: &mut Problems) {
    let given = scenario.lanes[lane].show();
    let mut world = scenario.for_lane(lane);
    if world == *scenario {
        return;
    }
    let Lane { app, network, cache, database, .. } = Lane::default();
    world.lanes = vec![Lane { app, network, cache, database, ..scenario.lanes[lane].clone() }];
    let mut found = Problems::default();
    check_distributions(&world, &mut found);
    check_relations(&world, &mut found);
    for mut problem in found.list {
        if let Some(inner) = problem.field.strip_prefix("lane.0.") {
            problem.field = format!("lane.{lane}.{inner}");
        } else if given.find(&problem.field).is_some() {
            problem.field = format!("lane.{lane}.{}", problem.field);
        }
        if !problems.about(&problem.field) {
            problems.list.push(problem);
        }
    }
}

/// Gives each problem its line and the words of the source, and sorts them by line.
fn place(problems: &mut Problems, source: &Node) {
    for problem in &mut problems.list {
        problem.line = problem.line.or_else(|| source.line_of(&problem.field));
        if let Some(given) = source.find(&problem.field).filter(|_| !problem.value.is_empty()) {
            problem.value = super::problem::shorten(given.quote());
        }
    }
    problems.list.sort_by_key(|problem| problem.line);
}

/// Every number and duration against its limit.
fn check_ranges(scenario: &Scenario, problems: &mut Problems) {
    scenario.show().leaves("", &mut |path, node| {
        let Some(limit) = limits::of(path) else { return };
        let fits = match (limit.range, &node.value) {
            (Range::Whole(least, most), Value::Whole(n)) => (i128::from(least)..=i128::from(most)).contains(n),
            (Range::Number(least, most), Value::Real(n)) => (least..=most).contains(n),
            (Range::Time(least, most), Value::Text(word)) => {
                (limit.or_none && word == "none")
                    || word.parse::<Nanos>().is_ok_and(|time| (least..=most).contains(&time))
            }
            (_, Value::Text(word)) if word == "none" => limit.or_none,
            (Range::Size(least, most) | Range::Room(_, least, most), Value::Text(word)) => {
                word.parse::<Bytes>().is_ok_and(|size| (least..=most).contains(&size))
            }
            (Range::Room(most, ..), Value::Whole(n)) => (1..=i128::from(most)).contains(n),
            _ => false,
        };
        if !fits && !problems.about(path) && !takes_its_own_time(scenario, path) {
            problems.push(path, node.quote(), None, Reason::NotAllowed(limit.to_string()));
        }
    });
}

/// Whether the field is the length of a fault that lasts as long as what the node holds makes it.
fn takes_its_own_time(scenario: &Scenario, path: &str) -> bool {
    let number = path.strip_prefix("fault.").and_then(|path| path.strip_suffix(".for"));
    let fault = number.and_then(|number| scenario.faults.get(number.parse::<usize>().ok()?));
    fault.is_some_and(|fault| fault.lasts == Nanos::ZERO && fault.what.per_entry().is_some())
}

fn check_names(scenario: &Scenario, problems: &mut Problems) {
    let lanes = scenario.lanes.iter().enumerate().map(|(i, lane)| (format!("lane.{i}.name"), &lane.name));
    for (path, name) in std::iter::once(("name".to_owned(), &scenario.name)).chain(lanes) {
        if name.chars().count() > limits::NAME_MAX || name.chars().any(char::is_control) {
            let allowed = format!("at most {} characters on one line", limits::NAME_MAX);
            problems.push(&path, name.show().quote(), None, Reason::NotAllowed(allowed));
        }
    }
    if let Keys::Trace { file, .. } = &scenario.clients.keys
        && (file.is_empty() || file.len() > 1_000 || file.chars().any(char::is_control))
    {
        let allowed = "the name of a trace file, at most 1000 bytes on one line".to_owned();
        problems.push("clients.keys.file", file.show().quote(), None, Reason::NotAllowed(allowed));
    }
    let mut count = |path: &str, count: usize, allowed: std::ops::RangeInclusive<usize>| {
        if !allowed.contains(&count) && !problems.about(path) {
            let sentence = format!("there are {count}; give {} to {} of them", allowed.start(), allowed.end());
            problems.because(path, "", sentence);
        }
    };
    count("lane", scenario.lanes.len(), 1..=limits::LANES_MAX);
    count("fault", scenario.faults.len(), 0..=limits::FAULTS_MAX);
}

fn check_distributions(scenario: &Scenario, problems: &mut Problems) {
    let (network, database) = (&scenario.network, &scenario.database);
    let mut all = vec![
        ("app.work", &scenario.app.work),
        ("network.client_app", &network.client_app),
        ("network.app_cache", &network.app_cache),
        ("network.app_database", &network.app_database),
        ("network.cache_database", &network.cache_database),
        ("cache.command", &scenario.cache.command),
        ("cache.page_fault", &scenario.cache.page_fault),
        ("cache.lag", &scenario.cache.lag),
        ("database.lag", &database.lag),
        ("database.read", &database.read),
        ("database.write", &database.write),
    ];
    all.extend(database.batch.base.as_ref().map(|base| ("database.batch.base", base)));
    if let Persistence::AppendOnly { fsync_time, .. } = &scenario.cache.persistence {
        all.push(("cache.persistence.fsync_time", fsync_time));
    }
    if let Arrivals::Closed { think, .. } = &scenario.clients.arrivals {
        all.push(("clients.arrivals.think", think));
    }
    for (path, distribution) in all {
        if let Some(sentence) = inner_contradiction(distribution)
            && !problems.about(path)
        {
            problems.because(path, distribution.show().quote(), sentence);
        }
    }
    let (path, sizes) = ("clients.value_size", &scenario.clients.value_size);
    if let Some(sentence) = sizes.contradiction()
        && !problems.about(path)
    {
        problems.because(path, sizes.show().quote(), sentence);
    }
}

/// What is wrong between the parts of a distribution.
fn inner_contradiction(distribution: &Distribution) -> Option<String> {
    match distribution {
        Distribution::Uniform { min, max } if min > max => {
            Some("the minimum is above the maximum; exchange them".to_owned())
        }
        Distribution::Lognormal { median: Nanos::ZERO, .. } => {
            Some("the median of a lognormal is above 0; give a longer one, or the constant \"0s\"".to_owned())
        }
        Distribution::Lognormal { median, p99 } if p99 < median => {
            Some("the 99th percentile is below the median; give a p99 of at least the median".to_owned())
        }
        Distribution::Empirical(rows) => bad_rows(rows),
        _ => None,
    }
}

fn bad_rows(rows: &[(f64, Nanos)]) -> Option<String> {
    if rows.is_empty() || rows.len() > limits::ROWS_MAX {
        return Some(format!("there are {} rows; give 1 to {} of them", rows.len(), limits::ROWS_MAX));
    }
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 >= pair[1].0 || pair[0].1 > pair[1].1) {
        let ((a, x), (b, y)) = (pair[0], pair[1]);
        return Some(format!("the rows must rise in percent and value, and {b} % {y} comes after {a} % {x}"));
    }
    let last = rows[rows.len() - 1].0;
    (last != 100.0).then(|| format!("the last row is at {last} %; add the greatest value, at 100"))
}

fn check_times(scenario: &Scenario, problems: &mut Problems) {
    let duration = scenario.duration;
    if scenario.warmup >= duration {
        let sentence = format!("the warm-up leaves nothing of the run; give less than its duration, {duration}");
        problems.because("warmup", scenario.warmup.show().quote(), sentence);
    }
}

/// Whether the options of a reading strategy mean anything with the cache's TTL.
fn check_reading(scenario: &Scenario, i: usize, problems: &mut Problems) {
    let (lane, ttl) = (&scenario.lanes[i], scenario.for_lane(i).cache.ttl);
    let mut refuse = |field: &str, value: Node, sentence: &str| {
        problems.because(&format!("lane.{i}.read.{field}"), value.quote(), sentence);
    };
    let (early, ahead) = lane.read.refresh();
    let sentence = match ttl {
        Ttl::Fixed(_) | Ttl::Jittered { .. } => return,
        Ttl::Mixed(_) => {
            if let Some(share) = ahead {
                refuse(
                    "refresh_ahead",
                    share.show(),
                    "no one TTL that this is a share of; give cache.ttl a plain duration",
                );
            }
            return;
        }
        Ttl::None => "entries without a TTL never expire, so there is nothing to refresh; give cache.ttl a duration",
        Ttl::Sliding(_) => {
            "every hit renews a sliding TTL, so there is nothing to refresh; give cache.ttl a plain duration"
        }
    };
    if let Some(beta) = early {
        refuse("early_refresh", beta.show(), sentence);
    }
    if let Some(share) = ahead {
        refuse("refresh_ahead", share.show(), sentence);
    }
    if let (Some(negative), Ttl::Sliding(_)) = (lane.read.negative(), ttl) {
        let sentence =
            "every hit would renew what is remembered by the cache's sliding TTL; give cache.ttl a plain duration";
        refuse("negative", negative.show(), sentence);
    }
}

pub(super) const NO_REPLICAS: &str = "the cache has no replicas; give cache.replicas = 1 or more";

/// What persistence and replicas need of each other.
fn check_replicas(scenario: &Scenario, problems: &mut Problems) {
    let cache = &scenario.cache;
    let mut at_most = |field: &str, count: u32| {
        if count > cache.replicas {
            let sentence =
                format!("there are {} replicas; give at most as many, or set cache.replicas", cache.replicas);
            problems.because(field, count.show().quote(), sentence);
        }
    };
    at_most("cache.wait", cache.wait);
    at_most("cache.min_replicas", cache.min_replicas);
    if cache.failover.is_some() && cache.replicas == 0 {
        problems.because("cache.failover", cache.failover.show().quote(), NO_REPLICAS.to_owned());
    }
    if let Persistence::Snapshots { also, .. } = &cache.persistence
        && also.len() > limits::RULES_MAX
    {
        let sentence = format!("there are {} further rules; give at most {}", also.len(), limits::RULES_MAX);
        problems.because("cache.persistence.also", "", sentence);
    }
}

fn check_fault(scenario: &Scenario, i: usize, fault: &Fault, problems: &mut Problems) {
    let at = format!("fault.{i}");
    check_fault_time(scenario, &at, fault, problems);
    check_fault_degree(&at, fault, problems);
    let (servers, shards, name) = (scenario.app.servers, scenario.cache.shards, fault.what.name());
    let replicas = shards * scenario.cache.replicas;
    let sentence = match (fault.what.part(), fault.which) {
        (Part::Replica, _) if replicas == 0 => {
            problems.because(&join(&at, "what"), fault.what.show().quote(), NO_REPLICAS.to_owned());
            return;
        }
        (Part::Replica, None) => return,
        (Part::Replica, Some(Which::Server(number))) if number < replicas => return,
        (Part::Replica, _) => {
            format!("{name} is about one replica or all; give a number, 0 to {}, or leave it out", replicas - 1)
        }
        (Part::App, Some(Which::Server(number))) if number < servers => return,
        (Part::App, None) if servers == 1 => return,
        (Part::Link, Some(Which::Link(_))) => return,
        (Part::Cache, None) => return,
        (Part::Cache, Some(Which::Server(number))) if number < shards => return,
        (Part::Database, None | Some(Which::Server(0))) => return,
        (Part::App, _) => format!("{name} is about one application server; give its number, 0 to {}", servers - 1),
        (Part::Cache, _) if shards > 1 => {
            format!("{name} is about one cache node or all; give a number, 0 to {}, or leave it out", shards - 1)
        }
        (Part::Link, _) => {
            let links: Vec<&str> = super::Link::ALL.iter().map(|link| link.name()).collect();
            format!("{name} is about one link; give {}", links.join(", "))
        }
        (Part::Cache | Part::Database, _) => {
            format!("there is only one to which {name} can happen; leave `which` out")
        }
    };
    let given = fault.which.map_or_else(String::new, |which| which.show().quote());
    problems.because(&join(&at, "which"), given, sentence);
}

/// When a fault strikes, and how often.
fn check_fault_time(scenario: &Scenario, at: &str, fault: &Fault, problems: &mut Problems) {
    match fault.at {
        At::Moment(moment) if moment >= scenario.duration => {
            let sentence =
                format!("clients have stopped by then; give a moment before the run's end, {}", scenario.duration);
            problems.because(&join(at, "at"), moment.show().quote(), sentence);
        }
        At::Every(mean) if scenario.duration.as_secs_f64() / mean.as_secs_f64() > limits::STRIKES_MAX => {
            let sentence = format!(
                "it would strike more than {} times in {}; give a longer mean time, or shorten the duration",
                limits::STRIKES_MAX,
                scenario.duration
            );
            problems.because(&join(at, "at.every"), mean.show().quote(), sentence);
        }
        _ => {}
    }
}

/// By how much something breaks: said where it means something, and only there.
fn check_fault_degree(at: &str, fault: &Fault, problems: &mut Problems) {
    let name = fault.what.name();
    if let (Some(times), false) = (fault.times, fault.what.has_times()) {
        let sentence = format!("{name} makes nothing slower by a factor; leave `times` out");
        problems.because(&join(at, "times"), times.show().quote(), sentence);
    }
    if let (Some(share), false) = (fault.share, fault.what.has_share()) {
        let sentence = format!("{name} strikes no share of anything; leave `share` out");
        problems.because(&join(at, "share"), share.show().quote(), sentence);
    }
    if let (Some(silent), false) = (fault.silent, fault.what.can_be_silent()) {
        let sentence = format!("{name} is heard of as it is; leave `silent` out");
        problems.because(&join(at, "silent"), silent.show().quote(), sentence);
    }
}

/// Whether there are as many keys as are loaded at the start; of a trace, one cannot say before it is read.
fn check_warm_up(scenario: &Scenario, i: usize, problems: &mut Problems) {
    let keys = scenario.clients.keys.count().unwrap_or(u32::MAX);
    let warm_up = scenario.lanes[i].read.warm_up();
    if warm_up > keys {
        let allowed = format!("a whole number from 0 to {keys}: there are no more keys");
        let field = format!("lane.{i}.read.warm_up");
        problems.push(&field, warm_up.show().quote(), None, Reason::NotAllowed(allowed));
    }
}

/// Options of a lane that contradict one another.
fn check_lane(i: usize, lane: &Lane, problems: &mut Problems) {
    if let Writing::WriteBack(how) = &lane.write
        && how.take == Take::ReadThenDelete
        && !how.coalesce
    {
        let sentence = "a dirty set has one mark a key, so several writes of a key become one row; set coalesce = true";
        problems.because(&format!("lane.{i}.write.take"), how.take.show().quote(), sentence);
    }
    if let Writing::WriteBack(how) = &lane.write
        && !how.flush
    {
        check_unflushed(i, how, problems);
    }
    if let Writing::WriteThrough(WriteThrough { order: Order::CacheFirst, .. }) = &lane.write
        && !matches!(lane.modify, Modify::Naive {})
    {
        let sentence = "the database decides whether it can be done, and must be asked first; set the lane's order to \
                        database-first";
        problems.because(&format!("lane.{i}.modify"), lane.modify.show().quote(), sentence);
    }
    if let Writing::Outbox(how) = &lane.write
        && how.every > Nanos::from_secs(3_600)
    {
        let sentence = "the relay would not be done when the run is; give at most 1h";
        problems.because(&format!("lane.{i}.write.every"), how.every.show().quote(), sentence);
    }
}

/// Where values live in the cache only, no option may say how they are flushed.
fn check_unflushed(i: usize, how: &WriteBack, problems: &mut Problems) {
    let (given, plain) = (how.show(), WriteBack::cache_only().show());
    let Some((given, plain)) = given.fields().zip(plain.fields()) else { return };
    for ((name, given), (_, plain)) in given.iter().zip(plain) {
        if given.value != plain.value {
            let sentence = match name.as_str() {
                "on_expiry" | "on_eviction" => {
                    "with flush = false, what leaves the cache is gone; give drop, or leave it out"
                }
                "coalesce" => "with flush = false, the cache has one value a key; set coalesce = true, or leave it out",
                _ => "with flush = false, nothing is flushed, sooner or later; leave this out, or set flush = true",
            };
            problems.because(&format!("lane.{i}.write.{name}"), given.quote(), sentence.to_owned());
        }
    }
}

/// Whether a machine could finish it.
fn check_work(scenario: &Scenario, problems: &mut Problems) {
    let seconds = scenario.duration.as_secs_f64();
    let too_many = |what: String| {
        let most = limits::REQUESTS_MAX;
        format!("{what} in {}, and at most {most} can be simulated; shorten the duration or ", scenario.duration)
    };
    let requests = requests(scenario);
    check_writes(scenario, requests, problems);
    if scenario.cache.eviction == Eviction::Opt && requests > limits::FORESEEN_MAX && requests <= limits::REQUESTS_MAX {
        let sentence = format!(
            "it must know all requests beforehand, about {requests:.0}, and at most {} can be known; shorten the duration, \
             or lower the rate",
            limits::FORESEEN_MAX
        );
        problems.because("cache.eviction", scenario.cache.eviction.show().quote(), sentence);
    }
    match &scenario.clients.arrivals {
        Arrivals::Trace { .. } => {} // a trace in memory has a limit of its own
        Arrivals::Closed { users, .. } => {
            if requests > limits::REQUESTS_MAX {
                let cycle = Nanos::from_secs_f64(quickest_s(scenario));
                let down = match down_s(scenario) {
                    0.0 => String::new(),
                    down => format!(", and sooner for the {} that no server is up,", Nanos::from_secs_f64(down)),
                };
                let sentence = too_many(format!("users who come back every {cycle}{down} make too many requests"))
                    + "let users think longer";
                problems.because("clients.arrivals.users", users.show().quote(), sentence);
            }
        }
        open => {
            if requests > limits::REQUESTS_MAX {
                let sentence = too_many(format!("this makes {requests:.0} requests")) + "lower the rate";
                let rate = open.show().fields().and_then(|fields| fields.first().map(|(_, rate)| rate.quote()));
                problems.because("clients.arrivals.rate", rate.unwrap_or_default(), sentence);
            }
        }
    }
    for (i, lane) in scenario.lanes.iter().enumerate() {
        let (every, what, way_out) = match &lane.write {
            Writing::WriteBack(how) => (how.every, "there are too many flushes", "flush less often"),
            Writing::Outbox(how) => (how.every, "the relay looks for records too often", "let it look less often"),
            Writing::WriteAround(_) | Writing::WriteThrough(_) => continue,
        };
        if seconds / every.as_secs_f64() > limits::REQUESTS_MAX {
            let sentence = too_many(what.to_owned()) + way_out;
            problems.because(&format!("lane.{i}.write.every"), every.show().quote(), sentence);
        }
    }
}

/// Whether a run fits into the memory that there is.
fn check_memory(scenario: &Scenario, problems: &mut Problems) {
    problems.list.extend(scenario.estimate().problem());
}

/// Whether the ledger could remember all that is written, and the stores all that is inserted.
fn check_writes(scenario: &Scenario, requests: f64, problems: &mut Problems) {
    let clients = &scenario.clients;
    let shares = clients.shares();
    let operations = requests / shares.requests_per_operation();
    let writes = operations * shares.changes() * scenario.lanes.len() as f64;
    if writes > limits::WRITES_MAX && requests <= limits::REQUESTS_MAX {
        let sentence = format!(
            "this makes about {writes:.0} writes in all lanes, and at most {} can be remembered; lower it, or shorten the \
             duration, or run fewer lanes",
            limits::WRITES_MAX
        );
        let (field, ratio) = greatest_ratio(clients);
        problems.because(field, ratio, sentence);
    }
    let keys = f64::from(clients.keys.count().unwrap_or(0)) + operations * shares.insert;
    if shares.insert > 0.0 && keys > limits::KEYS_MAX && requests <= limits::REQUESTS_MAX {
        let sentence = format!(
            "with what is inserted there are about {keys:.0} keys, and at most {} can be; insert less, or shorten the \
             duration, or begin with fewer keys",
            limits::KEYS_MAX
        );
        problems.because("clients.keys.count", clients.keys.count().unwrap_or(0).show().quote(), sentence);
    }
}

/// The field that makes the most writes, and its value.
fn greatest_ratio(clients: &Clients) -> (&'static str, String) {
    if clients.mix != Mix::Custom {
        return ("clients.mix", clients.mix.show().quote());
    }
    let ratios = [
        ("clients.write_ratio", clients.write_ratio),
        ("clients.modify_ratio", clients.modify_ratio),
        ("clients.delete_ratio", clients.delete_ratio),
        ("clients.insert_ratio", clients.insert_ratio),
    ];
    let first = ratios[0];
    let (field, ratio) = ratios.into_iter().fold(first, |most, next| if next.1 > most.1 { next } else { most });
    (field, ratio.show().quote())
}

/// Whether operations, keys and arrivals fit together.
fn check_operations(scenario: &Scenario, problems: &mut Problems) {
    let clients = &scenario.clients;
    let default = Clients::default();
    let ratios = [
        ("clients.write_ratio", clients.write_ratio, default.write_ratio),
        ("clients.modify_ratio", clients.modify_ratio, 0.0),
        ("clients.delete_ratio", clients.delete_ratio, 0.0),
        ("clients.insert_ratio", clients.insert_ratio, 0.0),
        ("clients.scan_ratio", clients.scan_ratio, 0.0),
    ];
    if clients.mix != Mix::Custom {
        for (field, ratio, _) in ratios.into_iter().filter(|(_, ratio, default)| ratio != default) {
            let mix = clients.mix.name();
            let sentence = format!("the mix {mix} says the shares; leave this out, or the mix");
            problems.because(field, ratio.show().quote(), sentence);
        }
    } else if clients.shares().sum() > 1.0 + 1e-9 {
        let (field, ratio, _) =
            ratios.into_iter().rev().find(|(_, ratio, _)| *ratio > 0.0).expect("their sum is above 1");
        let sentence = format!("the ratios sum to {}; lower them to at most 1 together", clients.shares().sum());
        problems.because(field, ratio.show().quote(), sentence);
    }
    if let Keys::ZipfSample { count, of, .. } = clients.keys
        && of < u64::from(count)
    {
        let sentence = format!("a sample is no larger than the whole; give at least {count}");
        problems.because("clients.keys.of", of.show().quote(), sentence);
    }
    let traced = matches!(clients.keys, Keys::Trace { .. });
    if traced && clients.shares().insert + clients.shares().scan > 0.0 {
        let field = if clients.mix == Mix::Custom { "clients.keys" } else { "clients.mix" };
        let sentence = "the keys of a trace know no inserts and no scans; choose other keys, or leave those out";
        problems.because(field, "", sentence.to_owned());
    }
    if matches!(clients.arrivals, Arrivals::Trace { .. }) && !traced {
        let sentence = "arrivals of a trace need its requests; give keys = { kind = \"trace\", file = … } too";
        problems.because("clients.arrivals", "", sentence.to_owned());
    }
}
