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
    Arrivals, Background, Cache, Clients, Distribution, Fault, FaultKind, FaultTarget, FaultTime, Keys, Lane, Leases,
    Mix, Part, Persistence, Reading, Reads, ReadsFrom, Scenario, Ttl, Writing,
};
use crate::bytes::Bytes;
use crate::phrase::{Language, Phrase, phrase};
use crate::time::Nanos;

impl Scenario {
    /// Every problem of the scenario, or none. Scenarios read from files and links have been checked already.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let mut scenario = Scenario::default();
    /// scenario.cache.capacity = 0.into();
    /// let error = scenario.check().unwrap_err();
    /// assert_eq!(error.to_string(), "cache.capacity = 0: must be a number of entries from 1 to 10000000, or a size from 1KiB to 16TiB");
    /// ```
    pub fn check(&self) -> Result<(), ScenarioError> {
        let mut problems = Problems::default();
        check(self, &Value::Table(Vec::new()).into(), &mut problems);
        problems.finish(())
    }
}

/// Adds the problems of `scenario`, which was read from `source` (for the lines), to those found while reading.
pub fn check(scenario: &Scenario, source: &Node, problems: &mut Problems) {
    check_ranges(scenario, problems);
    check_names(scenario, problems);
    check_distributions(scenario, problems);
    if problems.list.is_empty() {
        // Only now: where a field was refused, its default stands in, and would be blamed for what it did not do.
        check_relations(scenario, problems);
        for (i, lane) in scenario.lanes.iter().enumerate() {
            lane.write.check(&lane.modify, &format!("lane.{i}"), problems);
        }
        (0..scenario.lanes.len()).for_each(|lane| check_lane_world(scenario, lane, problems));
        (0..scenario.lanes.len()).for_each(|lane| check_reading(scenario, lane, problems));
        scenario.lanes.iter().enumerate().for_each(|(i, lane)| check_stale_if_error(lane, i, problems));
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
        let by = |policy: Eviction| {
            let listed = policies.replace(" or ", ", ");
            phrase!(
                "{policy} does not use it; leave it out, or set eviction to {policies}",
                "축출 정책 {policy}에는 쓰이지 않습니다. 이 항목을 빼거나 eviction을 {listed} 중 하나로 바꿔 주세요"
            )
        };
        let all = told(&scenario.cache.sampling());
        if all != told(&default) && !lanes.iter().any(|cache| uses(cache.eviction)) {
            problems.because(&format!("cache.{field}"), all.show().quote(), by(scenario.cache.eviction));
        }
        for (i, cache) in lanes.iter().enumerate() {
            let path = format!("cache.{field}");
            let own = scenario.lanes[i].show().find(&path).is_some() && told(&cache.sampling()) != told(&default);
            if own && !uses(cache.eviction) {
                let (path, value) = (format!("lane.{i}.{path}"), told(&cache.sampling()).show().quote());
                problems.because(&path, value, by(cache.eviction));
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
    check_multi_gets(scenario, problems);
    check_second(scenario, problems);
    check_replicas(scenario, problems);
    if scenario.database.replicas > 0 && scenario.database.reads == Reads::Locking {
        let sentence = Phrase::fixed(
            "a replica serves snapshots and gives no locks; set reads = \"snapshot\", or replicas = 0",
            "복제본은 스냅샷만 제공하고 락을 주지 않습니다. reads = \"snapshot\"이나 replicas = 0으로 바꿔 주세요",
        );
        problems.because("database.reads", scenario.database.reads.show().quote(), sentence);
    }
    if let Some(near) = scenario.app.near.as_ref().filter(|near| near.eviction == Eviction::Opt) {
        let sentence = Phrase::fixed(
            "which server gets which request is not known in advance; choose another policy",
            "어느 서버가 어떤 요청을 받을지 미리 알 수 없습니다. 다른 정책을 골라 주세요",
        );
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
    // Which lanes a fault spares is checked with all of them.
    world.faults.iter_mut().for_each(|fault| fault.spares.clear());
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
    crate::sort::by_key(&mut problems.list, |problem| problem.line);
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
            (Range::Size(least, most) | Range::Capacity(_, least, most), Value::Text(word)) => {
                word.parse::<Bytes>().is_ok_and(|size| (least..=most).contains(&size))
            }
            (Range::Capacity(most, ..), Value::Whole(n)) => (1..=i128::from(most)).contains(n),
            _ => false,
        };
        if !fits && !problems.about(path) && !takes_its_own_time(scenario, path) {
            problems.push(path, node.quote(), None, Reason::NotAllowed(limit.phrase()));
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
            let most = limits::NAME_MAX;
            let allowed = phrase!("at most {most} characters on one line", "한 줄, 최대 {most}자");
            problems.push(&path, name.show().quote(), None, Reason::NotAllowed(allowed));
        }
    }
    if let Keys::Trace { file, .. } = &scenario.clients.keys
        && (file.is_empty() || file.len() > 1_000 || file.chars().any(char::is_control))
    {
        let allowed = Phrase::fixed(
            "the name of a trace file, at most 1000 bytes on one line",
            "트레이스 파일의 이름, 한 줄로 최대 1000바이트",
        );
        problems.push("clients.keys.file", file.show().quote(), None, Reason::NotAllowed(allowed));
    }
    let mut count = |path: &str, count: usize, allowed: std::ops::RangeInclusive<usize>| {
        if !allowed.contains(&count) && !problems.about(path) {
            let (least, most) = (allowed.start(), allowed.end());
            let sentence = phrase!(
                "there are {count}; give {least} to {most}",
                "{count}개입니다. {least}개부터 {most}개까지 적어 주세요"
            );
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

pub(super) const MINIMUM_ABOVE_MAXIMUM: Phrase =
    Phrase::fixed("the minimum is above the maximum; swap them", "최솟값이 최댓값보다 큽니다. 서로 바꿔 주세요");
pub(super) const P99_BELOW_MEDIAN: Phrase = Phrase::fixed(
    "the 99th percentile is below the median; give a p99 of at least the median",
    "p99가 중앙값보다 작습니다. p99를 중앙값 이상으로 적어 주세요",
);

/// What is wrong between the parts of a distribution.
fn inner_contradiction(distribution: &Distribution) -> Option<Phrase> {
    match distribution {
        Distribution::Uniform { min, max } if min > max => Some(MINIMUM_ABOVE_MAXIMUM),
        Distribution::Lognormal { median: Nanos::ZERO, .. } => Some(Phrase::fixed(
            "the median of a lognormal must be above 0; give a longer one, or the constant \"0s\"",
            "로그 정규 분포의 중앙값은 0보다 커야 합니다. 더 긴 값이나 상수 \"0s\"를 적어 주세요",
        )),
        Distribution::Lognormal { median, p99 } if p99 < median => Some(P99_BELOW_MEDIAN),
        Distribution::Empirical(rows) => bad_rows(rows),
        _ => None,
    }
}

fn bad_rows(rows: &[(f64, Nanos)]) -> Option<Phrase> {
    if rows.is_empty() || rows.len() > limits::ROWS_MAX {
        let (count, most) = (rows.len(), limits::ROWS_MAX);
        return Some(phrase!(
            "there are {count} rows; give 1 to {most}",
            "행이 {count}개입니다. 1개부터 {most}개까지 적어 주세요"
        ));
    }
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 >= pair[1].0 || pair[0].1 > pair[1].1) {
        let ((a, x), (b, y)) = (pair[0], pair[1]);
        return Some(phrase!(
            "the rows must rise in percent and value, and {b} % {y} comes after {a} % {x}",
            "행은 백분율과 값이 모두 커져야 하는데, {a} % {x} 다음에 {b} % {y}가 옵니다"
        ));
    }
    let last = rows[rows.len() - 1].0;
    (last != 100.0).then(|| {
        phrase!(
            "the last row is at {last} %; add the greatest value, at 100",
            "마지막 행이 {last} %입니다. 100 %인 최댓값을 더해 주세요"
        )
    })
}

fn check_times(scenario: &Scenario, problems: &mut Problems) {
    let duration = scenario.duration;
    if scenario.warmup >= duration {
        let sentence = phrase!(
            "the warm-up covers the whole run; give less than its duration, {duration}",
            "워밍업이 실행 시간 전체를 차지합니다. 실행 시간 {duration}보다 짧게 적어 주세요"
        );
        problems.because("warmup", scenario.warmup.show().quote(), sentence);
    }
}

/// Whether a copy is ever served where its load fails, and not anyway.
fn check_stale_if_error(lane: &Lane, i: usize, problems: &mut Problems) {
    let (served, Some(time)) = lane.read.past_ttl() else { return };
    let sentence = if matches!(&lane.read, Reading::LookAside(how) if how.leases != Leases::None) {
        Phrase::fixed(
            "a lease is given only for a key that is not there; leave one of the two out",
            "리스는 캐시에 없는 키에만 주어집니다. 둘 중 하나를 빼 주세요",
        )
    } else if let Some(served) = served.filter(|served| time <= *served) {
        phrase!(
            "a copy is served for {served} anyway; give more, or leave this out",
            "어차피 {served} 동안 사본을 돌려줍니다. 더 길게 적거나 이 항목을 빼 주세요"
        )
    } else {
        return;
    };
    problems.because(&format!("lane.{i}.read.stale_if_error"), time.show().quote(), sentence);
}

/// Whether the options of a reading strategy mean anything with the cache's TTL.
fn check_reading(scenario: &Scenario, i: usize, problems: &mut Problems) {
    let (lane, ttl) = (&scenario.lanes[i], scenario.for_lane(i).cache.ttl);
    let mut refuse = |field: &str, value: Node, sentence: Phrase| {
        problems.because(&format!("lane.{i}.read.{field}"), value.quote(), sentence);
    };
    let (early, ahead) = lane.read.refresh();
    let (revalidating, failing) = lane.read.past_ttl();
    let sentence = match ttl {
        Ttl::Fixed(_) | Ttl::Jittered { .. } => return,
        Ttl::Mixed(_) => {
            if let Some(share) = ahead {
                let sentence = Phrase::fixed(
                    "there is no single TTL to take a share of; give cache.ttl a plain duration",
                    "비율의 기준이 되는 TTL이 하나가 아닙니다. cache.ttl에 시간 하나를 적어 주세요",
                );
                refuse("refresh_ahead", share.show(), sentence);
            }
            return;
        }
        Ttl::None => Phrase::fixed(
            "entries without a TTL never expire, so there is nothing to refresh; give cache.ttl a duration",
            "TTL이 없는 항목은 만료되지 않아 갱신할 것이 없습니다. cache.ttl에 시간을 적어 주세요",
        ),
        Ttl::Sliding(_) => Phrase::fixed(
            "every hit renews a sliding TTL, so there is nothing to refresh; give cache.ttl a plain duration",
            "슬라이딩 TTL은 적중할 때마다 연장되어 갱신할 것이 없습니다. cache.ttl에 시간 하나를 적어 주세요",
        ),
    };
    if let Some(beta) = early {
        refuse("early_refresh", beta.show(), sentence.clone());
    }
    if let Some(share) = ahead {
        refuse("refresh_ahead", share.show(), sentence.clone());
    }
    if let Some(time) = revalidating {
        refuse("stale_while_revalidate", time.show(), sentence.clone());
    }
    if let Some(time) = failing {
        refuse("stale_if_error", time.show(), sentence);
    }
    if let (Some(negative), Ttl::Sliding(_)) = (lane.read.negative(), ttl) {
        let sentence = Phrase::fixed(
            "with the cache's sliding TTL, every hit would renew it; give cache.ttl a plain duration",
            "캐시의 슬라이딩 TTL 때문에 적중할 때마다 연장됩니다. cache.ttl에 시간 하나를 적어 주세요",
        );
        refuse("negative", negative.show(), sentence);
    }
}

pub(super) const NO_REPLICAS: Phrase = Phrase::fixed(
    "the cache has no replicas; give cache.replicas = 1 or more",
    "캐시에 복제본이 없습니다. cache.replicas를 1 이상으로 적어 주세요",
);

/// What persistence and replicas need of each other.
fn check_replicas(scenario: &Scenario, problems: &mut Problems) {
    let cache = &scenario.cache;
    let mut at_most = |field: &str, count: u32| {
        if count > cache.replicas {
            let replicas = cache.replicas;
            let sentence = phrase!(
                "there are {replicas} replicas; give at most as many, or set cache.replicas",
                "복제본이 {replicas}개입니다. 그 이하로 적거나 cache.replicas를 늘려 주세요"
            );
            problems.because(field, count.show().quote(), sentence);
        }
    };
    at_most("cache.wait", cache.wait);
    at_most("cache.min_replicas", cache.min_replicas);
    if cache.failover.is_some() && cache.replicas == 0 {
        problems.because("cache.failover", cache.failover.show().quote(), NO_REPLICAS);
    }
    if let (ReadsFrom::Replicas, Ttl::Sliding(_)) = (cache.reads, cache.ttl) {
        let sentence = Phrase::fixed(
            "reading a replica renews no entry, so hits would not keep it; give a ttl that does not slide, or reads = \
             \"primary\"",
            "복제본에서 읽으면 항목이 연장되지 않아 적중해도 남지 않습니다. 슬라이딩이 아닌 ttl이나 reads = \"primary\"로 바꿔 주세요",
        );
        problems.because("cache.reads", cache.reads.show().quote(), sentence);
    }
    if let Persistence::Snapshots { also, .. } = &cache.persistence
        && also.len() > limits::RULES_MAX
    {
        let (count, most) = (also.len(), limits::RULES_MAX);
        let sentence = phrase!(
            "there are {count} further rules; give at most {most}",
            "추가 규칙이 {count}개입니다. 최대 {most}개까지 적어 주세요"
        );
        problems.because("cache.persistence.also", "", sentence);
    }
}

pub(super) fn check_fault(scenario: &Scenario, i: usize, fault: &Fault, problems: &mut Problems) {
    let at = format!("fault.{i}");
    check_fault_time(scenario, &at, fault, problems);
    check_fault_degree(&at, fault, problems);
    check_spared(scenario, &at, fault, problems);
    let (servers, shards, name) = (scenario.app.servers, scenario.cache.shards, fault.what.name());
    let replicas = shards * scenario.cache.replicas;
    let sentence = match (fault.what.part(), fault.which) {
        _ if fault.what == FaultKind::CacheFailover && no_lane_has_replicas(scenario) => {
            problems.because(&join(&at, "what"), fault.what.show().quote(), NO_REPLICAS);
            return;
        }
        (Part::Replica, _) if replicas == 0 => {
            problems.because(&join(&at, "what"), fault.what.show().quote(), NO_REPLICAS);
            return;
        }
        (Part::Replica, None) => return,
        (Part::Replica, Some(FaultTarget::Server(number))) if number < replicas => return,
        (Part::Replica, _) => {
            let last = replicas - 1;
            phrase!(
                "{name} affects one replica or all; give a number, 0 to {last}, or leave it out",
                "{name} 장애는 복제본 하나 또는 전부에 일어납니다. 0부터 {last}까지의 번호를 적거나 이 항목을 빼 주세요"
            )
        }
        (Part::App, Some(FaultTarget::Server(number))) if number < servers => return,
        (Part::App, None) if servers == 1 => return,
        (Part::Link, Some(FaultTarget::Link(_))) => return,
        (Part::Cache | Part::Worker, None) => return,
        (Part::Cache, Some(FaultTarget::Server(number))) if number < shards => return,
        (Part::Database, None | Some(FaultTarget::Server(0))) => return,
        (Part::App, _) => {
            let last = servers - 1;
            phrase!(
                "{name} affects one application server; give its number, 0 to {last}",
                "{name} 장애는 애플리케이션 서버 하나에 일어납니다. 0부터 {last}까지의 번호를 적어 주세요"
            )
        }
        (Part::Cache, _) if shards > 1 => {
            let last = shards - 1;
            phrase!(
                "{name} affects one cache node or all; give a number, 0 to {last}, or leave it out",
                "{name} 장애는 캐시 노드 하나 또는 전부에 일어납니다. 0부터 {last}까지의 번호를 적거나 이 항목을 빼 주세요"
            )
        }
        (Part::Link, _) => {
            let links = super::Link::ALL.map(super::Link::name).join(", ");
            phrase!(
                "{name} affects one link; give one of {links}",
                "{name} 장애는 네트워크 구간 하나에 일어납니다. {links} 중 하나를 적어 주세요"
            )
        }
        (Part::Cache | Part::Worker | Part::Database, _) => {
            phrase!(
                "{name} has only one possible target; leave `which` out",
                "{name} 장애가 일어날 수 있는 대상은 하나뿐입니다. `which`를 빼 주세요"
            )
        }
    };
    let given = fault.which.map_or_else(String::new, |which| which.show().quote());
    problems.because(&join(&at, "which"), given, sentence);
}

fn no_lane_has_replicas(scenario: &Scenario) -> bool {
    (0..scenario.lanes.len()).all(|lane| scenario.for_lane(lane).cache.replicas == 0)
}

/// When a fault occurs, and how often.
fn check_fault_time(scenario: &Scenario, at: &str, fault: &Fault, problems: &mut Problems) {
    match fault.at {
        FaultTime::Moment(moment) if moment >= scenario.duration => {
            let end = scenario.duration;
            let sentence = phrase!(
                "clients have stopped by then; give a moment before the run's end, {end}",
                "그때는 클라이언트가 이미 멈췄습니다. 실행이 끝나는 {end} 전의 시점을 적어 주세요"
            );
            problems.because(&join(at, "at"), moment.show().quote(), sentence);
        }
        FaultTime::Every(mean) if scenario.duration.as_secs_f64() / mean.as_secs_f64() > limits::STRIKES_MAX => {
            let (most, duration) = (limits::STRIKES_MAX, scenario.duration);
            let sentence = phrase!(
                "it would occur more than {most} times in {duration}; give a longer mean time, or shorten the duration",
                "{duration} 동안 {most}번 넘게 일어납니다. 평균 간격을 늘리거나 실행 시간을 줄여 주세요"
            );
            problems.because(&join(at, "at.every"), mean.show().quote(), sentence);
        }
        _ => {}
    }
}

/// The lanes that are spared are there.
fn check_spared(scenario: &Scenario, at: &str, fault: &Fault, problems: &mut Problems) {
    let last = scenario.lanes.len().saturating_sub(1);
    for (i, lane) in fault.spares.iter().enumerate().filter(|(_, lane)| **lane as usize > last) {
        let sentence = phrase!(
            "there is no lane {lane}; give numbers from 0 to {last}",
            "{lane}번 레인은 없습니다. 0부터 {last}까지의 번호를 적어 주세요"
        );
        problems.because(&join(at, &format!("spares.{i}")), lane.show().quote(), sentence);
    }
}

/// By how much something breaks: said where it means something, and only there.
fn check_fault_degree(at: &str, fault: &Fault, problems: &mut Problems) {
    let name = fault.what.name();
    if let (Some(times), false) = (fault.times, fault.what.has_times()) {
        let sentence = phrase!(
            "{name} slows nothing down by a factor; leave `times` out",
            "{name} 장애에는 느려지는 배수가 없습니다. `times`를 빼 주세요"
        );
        problems.because(&join(at, "times"), times.show().quote(), sentence);
    }
    if let (Some(share), false) = (fault.share, fault.what.has_share()) {
        let sentence =
            phrase!("{name} has no share; leave `share` out", "{name} 장애에는 비율이 없습니다. `share`를 빼 주세요");
        problems.because(&join(at, "share"), share.show().quote(), sentence);
    }
    for (field, said) in [("flush", fault.flush), ("save", fault.save)] {
        if let (Some(said), false) = (said, fault.what.is_in_order()) {
            let sentence = phrase!(
                "only a restart in order does something first; leave `{field}` out, or set what = \"cache.restart\"",
                "계획된 재시작에만 있는 항목입니다. `{field}`를 빼거나 what = \"cache.restart\"로 바꿔 주세요"
            );
            problems.because(&join(at, field), said.show().quote(), sentence);
        }
    }
    if let (Some(silent), false) = (fault.silent, fault.what.can_be_silent()) {
        let sentence = phrase!(
            "{name} cannot be silent or not; leave `silent` out",
            "{name} 장애에는 무응답 여부가 없습니다. `silent`를 빼 주세요"
        );
        problems.because(&join(at, "silent"), silent.show().quote(), sentence);
    }
}

/// Whether there are as many keys as are loaded at the start; of a trace, one cannot say before it is read.
fn check_warm_up(scenario: &Scenario, i: usize, problems: &mut Problems) {
    let keys = scenario.clients.keys.count().unwrap_or(u32::MAX);
    let warm_up = scenario.lanes[i].read.warm_up();
    if warm_up > keys {
        let allowed = phrase!(
            "a whole number from 0 to {keys}: clients.keys has no more",
            "0부터 {keys}까지의 정수: clients.keys의 키가 그만큼뿐입니다"
        );
        let field = format!("lane.{i}.read.warm_up");
        problems.push(&field, warm_up.show().quote(), None, Reason::NotAllowed(allowed));
    }
}

/// Whether a machine could finish it.
fn check_work(scenario: &Scenario, problems: &mut Problems) {
    let seconds = scenario.duration.as_secs_f64();
    let (duration, most) = (scenario.duration, limits::REQUESTS_MAX);
    let too_many = |what: &Phrase, way_out: &Phrase| {
        let [[what, way_out], [what_ko, way_out_ko]] =
            Language::ALL.map(|language| [what.say(language), way_out.say(language)]);
        phrase!(
            "{what} in {duration}, and at most {most} can be simulated; shorten the duration or {way_out}",
            "{duration} 동안 {what_ko}. 시뮬레이션할 수 있는 한도는 {most}입니다. 실행 시간을 줄이거나 {way_out_ko}"
        )
    };
    let requests = requests(scenario);
    check_writes(scenario, requests, problems);
    check_foreseen(scenario, requests, problems);
    match &scenario.clients.arrivals {
        Arrivals::Trace { .. } => {} // a trace in memory has a limit of its own
        Arrivals::Closed { users, .. } => {
            if requests > most {
                let sentence = too_many(
                    &users_come_back(scenario),
                    &Phrase::fixed("let users think longer", "사용자의 대기 시간을 늘려 주세요"),
                );
                problems.because("clients.arrivals.users", users.show().quote(), sentence);
            }
        }
        open => {
            if requests > most {
                let sentence = too_many(
                    &phrase!("this makes {requests:.0} requests", "요청이 {requests:.0}건 생깁니다"),
                    &Phrase::fixed("lower the rate", "요청 속도를 줄여 주세요"),
                );
                let rate = open.show().fields().and_then(|fields| fields.first().map(|(_, rate)| rate.quote()));
                problems.because("clients.arrivals.rate", rate.unwrap_or_default(), sentence);
            }
        }
    }
    for (i, lane) in scenario.lanes.iter().enumerate() {
        let Some(Background { every, too_often, way_out, .. }) = lane.write.background() else { continue };
        if seconds / every.as_secs_f64() > most {
            let log = if matches!(lane.write, Writing::WriteAround(_)) { "log." } else { "" };
            let field = format!("lane.{i}.write.{log}every");
            problems.because(&field, every.show().quote(), too_many(&too_often, &way_out));
        }
    }
}

/// Whether a policy that knows the future could be told all of it.
fn check_foreseen(scenario: &Scenario, requests: f64, problems: &mut Problems) {
    let known = limits::FORESEEN_MAX;
    if scenario.cache.eviction == Eviction::Opt && requests > known && requests <= limits::REQUESTS_MAX {
        let sentence = phrase!(
            "it must know all requests in advance, about {requests:.0}, and at most {known} can be known; shorten the \
             duration, or lower the rate",
            "모든 요청을 미리 알아야 하는데 약 {requests:.0}건이고, 한도는 {known}건입니다. 실행 시간이나 요청 속도를 줄여 주세요"
        );
        problems.because("cache.eviction", scenario.cache.eviction.show().quote(), sentence);
    }
}

/// What closed-loop users do that are too many.
fn users_come_back(scenario: &Scenario) -> Phrase {
    let cycle = Nanos::from_secs_f64(quickest_s(scenario));
    match down_s(scenario) {
        0.0 => phrase!(
            "users who come back every {cycle} make too many requests",
            "{cycle}마다 돌아오는 사용자의 요청이 너무 많습니다"
        ),
        down => {
            let down = Nanos::from_secs_f64(down);
            phrase!(
                "users who come back every {cycle}, and sooner for the {down} that no server is up, make too many requests",
                "{cycle}마다, 살아 있는 서버가 없는 {down} 동안은 더 빨리 돌아오는 사용자의 요청이 너무 많습니다"
            )
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
    let second = scenario.second_traffic().map_or(0.0, |second| super::estimate::requests(&second));
    let operations = (requests - second) / clients.requests_per_operation();
    let of_second = clients.second.as_ref().map_or(0.0, |class| second * class.write_ratio);
    let writes = (operations * shares.changes() + of_second) * scenario.lanes.len() as f64;
    if writes > limits::WRITES_MAX && requests <= limits::REQUESTS_MAX {
        let most = limits::WRITES_MAX;
        let sentence = phrase!(
            "this makes about {writes:.0} writes in all lanes, and at most {most} can be remembered; lower it, or shorten \
             the duration, or run fewer lanes",
            "모든 레인을 합쳐 쓰기가 약 {writes:.0}건 생기는데, 기록할 수 있는 한도는 {most}건입니다. 이 값이나 실행 시간, 레인 수를 줄여 \
             주세요"
        );
        let (field, ratio) = greatest_ratio(clients);
        problems.because(field, ratio, sentence);
    }
    let keys = f64::from(clients.keys.count().unwrap_or(0)) + operations * shares.insert;
    if shares.insert > 0.0 && keys > limits::KEYS_MAX && requests <= limits::REQUESTS_MAX {
        let most = limits::KEYS_MAX;
        let sentence = phrase!(
            "with what is inserted there are about {keys:.0} keys, and at most {most} are possible; insert less, or \
             shorten the duration, or begin with fewer keys",
            "삽입되는 것까지 키가 약 {keys:.0}개가 되는데, 한도는 {most}개입니다. 삽입 비율이나 실행 시간, 처음의 키 개수를 줄여 주세요"
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

/// Whether the second class of traffic makes sense, by itself and beside the first.
fn check_second(scenario: &Scenario, problems: &mut Problems) {
    let Some(second) = scenario.second_traffic() else { return };
    let mut own = Problems::default();
    check_distributions(&second, &mut own);
    check_operations(&second, &mut own);
    for mut problem in own.list {
        if let Some(inner) = problem.field.strip_prefix("clients.") {
            problem.field = format!("clients.second.{inner}");
            if !problems.about(&problem.field) {
                problems.list.push(problem);
            }
        }
    }
    let clients = &scenario.clients;
    let traced = |clients: &Clients| {
        matches!(clients.keys, Keys::Trace { .. }) || matches!(clients.arrivals, Arrivals::Trace { .. })
    };
    if traced(clients) || traced(&second.clients) {
        let sentence = Phrase::fixed(
            "a trace is the only traffic there is; choose other keys and arrivals for both classes, or leave this out",
            "트레이스는 다른 트래픽과 함께 쓸 수 없습니다. 두 트래픽 모두 다른 키와 도착 방식을 고르거나 이 항목을 빼 주세요",
        );
        problems.because("clients.second", "", sentence);
    }
    if clients.shares().insert > 0.0 {
        let sentence = Phrase::fixed(
            "new keys would get the numbers of the second class; leave out inserts, or clients.second",
            "새 키의 번호가 두 번째 트래픽의 키와 겹칩니다. 삽입이나 clients.second를 빼 주세요",
        );
        problems.because("clients.second", "", sentence);
    }
    let opt = (0..scenario.lanes.len()).any(|lane| scenario.for_lane(lane).cache.eviction == Eviction::Opt);
    if opt {
        let sentence = Phrase::fixed(
            "which requests of two classes come first is not known in advance, so \"opt\" cannot know the next; choose another \
             policy, or leave this out",
            "두 트래픽의 요청 순서를 미리 알 수 없어 \"opt\"가 다음 요청을 알지 못합니다. 다른 정책을 고르거나 이 항목을 빼 주세요",
        );
        problems.because("clients.second", "", sentence);
    }
    if scenario.app.near.as_ref().is_some_and(|near| near.bounded) {
        let sentence = Phrase::fixed(
            "copies that end with their parent know one TTL; set app.near.bounded = false, or leave this out",
            "원본과 함께 만료되는 로컬 사본은 TTL 하나만 압니다. app.near.bounded = false로 적거나 이 항목을 빼 주세요",
        );
        problems.because("clients.second", "", sentence);
    }
}

/// Whether every lane knows how to read several keys at once.
fn check_multi_gets(scenario: &Scenario, problems: &mut Problems) {
    if scenario.clients.shares().multi_get <= 0.0 {
        return;
    }
    if !scenario.app.scatter && scenario.database.reads == Reads::Locking {
        let sentence = Phrase::fixed(
            "a query for several keys reads a snapshot; set \"snapshot\", or app.scatter = true",
            "여러 키를 읽는 쿼리는 스냅샷을 읽습니다. \"snapshot\"으로 바꾸거나 app.scatter = true로 적어 주세요",
        );
        problems.because("database.reads", scenario.database.reads.show().quote(), sentence);
    }
    let stays = |lane: &Lane, world: &Scenario| match &lane.read {
        Reading::None {} => None,
        Reading::LookAside(how) if how.leases != Leases::None => Some("read.leases"),
        Reading::LookAside(how) if how.single_flight => Some("read.single_flight"),
        Reading::LookAside(how) if how.gutter.is_some() => Some("read.gutter"),
        Reading::LookAside(_) if lane.read.reloads() => Some("read"),
        Reading::LookAside(_) if world.app.near.as_ref().is_some_and(|near| near.bounded) => Some("app.near.bounded"),
        Reading::LookAside(_) if world.cache.reads == ReadsFrom::Replicas => Some("cache.reads"),
        Reading::LookAside(_) => None,
        Reading::ReadThrough(_) => Some("read"),
    };
    let lanes = scenario.lanes.iter().enumerate();
    let first = lanes.filter_map(|(i, lane)| stays(lane, &scenario.for_lane(i)).map(|field| (lane, field))).next();
    if let Some((lane, field)) = first {
        let title = lane.title();
        let sentence = phrase!(
            "the lane {title:?} cannot ask for several keys at once ({field}): only reading without a cache, and look-aside from the \
             primaries without leases, single_flight, gutter and refreshes, do; choose one of them, or leave this out",
            "{title:?} 레인은 여러 키를 한 번에 읽을 수 없습니다({field}). 캐시 없이 읽거나, 리스·싱글 플라이트·거터·갱신 없이 프라이머리에서 \
             읽는 룩어사이드만 됩니다. 그중 하나를 고르거나 이 항목을 빼 주세요"
        );
        problems.because("clients.multi_get_ratio", scenario.clients.multi_get_ratio.show().quote(), sentence);
    }
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
        ("clients.multi_get_ratio", clients.multi_get_ratio, 0.0),
    ];
    if clients.mix != Mix::Custom {
        for (field, ratio, _) in ratios.into_iter().filter(|(_, ratio, default)| ratio != default) {
            let mix = clients.mix.name();
            let sentence = phrase!(
                "the mix {mix} sets the shares; leave this out, or the mix",
                "비율은 mix = {mix}가 정합니다. 이 항목이나 mix를 빼 주세요"
            );
            problems.because(field, ratio.show().quote(), sentence);
        }
    } else if clients.shares().sum() > 1.0 + 1e-9 {
        let (field, ratio, _) =
            ratios.into_iter().rev().find(|(_, ratio, _)| *ratio > 0.0).expect("their sum is above 1");
        let sum = clients.shares().sum();
        let sentence = phrase!(
            "the ratios sum to {sum}; lower them to at most 1 in total",
            "비율의 합이 {sum}입니다. 합이 1 이하가 되도록 줄여 주세요"
        );
        problems.because(field, ratio.show().quote(), sentence);
    }
    if let Keys::ZipfSample { count, of, .. } = clients.keys
        && of < u64::from(count)
    {
        let sentence = phrase!(
            "a sample is no larger than the whole; give at least {count}",
            "표본은 전체보다 클 수 없습니다. {count} 이상으로 적어 주세요"
        );
        problems.because("clients.keys.of", of.show().quote(), sentence);
    }
    let traced = matches!(clients.keys, Keys::Trace { .. });
    let of_drawn_keys = clients.shares().insert + clients.shares().scan + clients.shares().multi_get;
    if traced && of_drawn_keys > 0.0 {
        let field = if clients.mix == Mix::Custom { "clients.keys" } else { "clients.mix" };
        let sentence = Phrase::fixed(
            "the keys of a trace have no inserts, scans or multi-gets; choose other keys, or leave those out",
            "트레이스의 키에는 삽입, 스캔, 멀티겟이 없습니다. 다른 키 분포를 고르거나 그 비율을 빼 주세요",
        );
        problems.because(field, "", sentence);
    }
    if matches!(clients.arrivals, Arrivals::Trace { .. }) && !traced {
        let sentence = Phrase::fixed(
            "arrivals of a trace need its requests; give keys = { kind = \"trace\", file = … } too",
            "트레이스 시각대로 재생하려면 그 요청이 있어야 합니다. keys = { kind = \"trace\", file = … }도 적어 주세요",
        );
        problems.because("clients.arrivals", "", sentence);
    }
}
