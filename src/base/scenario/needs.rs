//! Fields that mean something only beside others: a value that no lane could notice is refused, not ignored.
//!
//! What is left at its default says nothing, and a field that means something in one lane may stand for all.

use std::cell::OnceCell;

use super::field::Field;
use super::lane::Lacks;
use super::node::{Node, join};
use super::problem::Problems;
use super::{
    Cache, Capacity, Distribution, Eviction, Fault, FaultKind, FaultTarget, FaultTime, Keys, Lane, Leases, Order,
    Persistence, Reading, Scenario, Shed, Ttl, Writing, writing,
};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// Every field that needs another: of the scenario and a lane's own world, and, behind `lane.`, of each lane; those of
/// ways of writing stand beside their options.
const NEEDS: &[(&str, Lacks)] = &[
    ("app.cores", |world, _| {
        let idle = world.app.work == Distribution::Constant(Nanos::ZERO);
        let never = Phrase::fixed(
            "requests take no CPU time; give app.work, or leave this out",
            "요청이 CPU 시간을 쓰지 않습니다. app.work를 적거나 이 항목을 빼 주세요",
        );
        world.app.cores.and_then(|_| idle.then_some(never))
    }),
    ("clients.retries", |world, _| {
        world.clients.timeout.is_none().then_some(Phrase::fixed(
            "clients never time out; set clients.timeout, or leave this out",
            "클라이언트가 타임아웃되지 않습니다. clients.timeout을 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("clients.multi_get_keys", |world, _| asks_one_key(world)),
    ("app.scatter", |world, _| asks_one_key(world)),
    ("cache.per_key", |world, lane| asks_one_key(world).or(never_asks_the_cache(lane))),
    ("database.per_key", |world, _| {
        let scattered = Phrase::fixed(
            "each key has a query of its own; leave this out, or app.scatter",
            "키마다 쿼리를 따로 보냅니다. 이 항목이나 app.scatter를 빼 주세요",
        );
        asks_one_key(world).or(world.app.scatter.then_some(scattered))
    }),
    ("app.retries", |_, lane| never_calls(lane)),
    ("app.pool", |world, lane| world.app.pool.and_then(|_| never_calls(lane))),
    ("app.pool_timeout", |world, _| {
        let never = Phrase::fixed(
            "nothing waits for a connection; set app.pool or cache.pool, or leave this out",
            "커넥션을 기다리는 호출이 없습니다. app.pool이나 cache.pool을 적거나 이 항목을 빼 주세요",
        );
        let waits = world.app.pool.is_some() || world.cache.pool.is_some();
        world.app.pool_timeout.and_then(|_| (!waits).then_some(never))
    }),
    ("app.cancel", |world, _| {
        let never = Phrase::fixed(
            "no query times out; set app.database_timeout, or leave this out",
            "타임아웃되는 쿼리가 없습니다. app.database_timeout을 적거나 이 항목을 빼 주세요",
        );
        (world.app.cancel && world.app.database_timeout.is_none()).then_some(never)
    }),
    ("app.breaker", |_, lane| never_calls(lane)),
    ("app.breaker.failures", |world, _| {
        let by_share = world.app.breaker.as_ref().is_some_and(|breaker| breaker.share.is_some());
        by_share.then_some(Phrase::fixed(
            "it opens by the share of failures; leave out one of the two",
            "실패 비율로 열리는 브레이커입니다. 둘 중 하나를 빼 주세요",
        ))
    }),
    ("app.breaker.window", |world, _| {
        let in_a_row = world.app.breaker.as_ref().is_some_and(|breaker| breaker.share.is_none());
        in_a_row.then_some(Phrase::fixed(
            "it opens by failures in a row; set app.breaker.share, or leave this out",
            "연속 실패로 열리는 브레이커입니다. app.breaker.share를 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("app.backoff", |world, lane| never_retries(world, lane)),
    ("app.near.bounded", |world, lane| {
        let no_cache = matches!(lane.read, Reading::None {});
        let bounded = world.app.near.as_ref().is_some_and(|near| near.bounded);
        (bounded && (no_cache || world.cache.ttl == Ttl::None)).then_some(Phrase::fixed(
            "there are no copies in a cache that end; read from the cache and give cache.ttl a duration, or leave this out",
            "TTL이 끝나는 캐시 사본이 없습니다. 캐시에서 읽게 하고 cache.ttl에 시간을 적거나, 이 항목을 빼 주세요",
        ))
    }),
    ("app.cache_retries", |_, lane| never_asks_the_cache(lane)),
    ("app.cache_backoff", |world, lane| {
        let never = Phrase::fixed(
            "no call to the cache is retried; set app.cache_retries, or leave this out",
            "재시도하는 캐시 호출이 없습니다. app.cache_retries를 적거나 이 항목을 빼 주세요",
        );
        (world.app.cache_retries == 0).then_some(never).or(never_asks_the_cache(lane))
    }),
    ("app.retry_budget", |world, lane| {
        let cache = world.app.cache_retries > 0 && lane.uses_cache();
        never_retries(world, lane).filter(|_| !cache)
    }),
    ("lane.write.log", |_, lane| {
        let never = Phrase::fixed(
            "nothing reads the cache, so no copy is to be seen to; read from the cache, or leave this out",
            "캐시를 읽지 않아 처리할 사본이 없습니다. 캐시에서 읽게 하거나 이 항목을 빼 주세요",
        );
        (lane.read == (Reading::None {})).then_some(never)
    }),
    ("lane.read.versions", |_, lane| never_compares(lane)),
    ("cache.memory", |world, _| all_in_memory(&world.cache)),
    ("cache.page_fault", |world, _| {
        world.cache.memory.is_none().then_some(Phrase::fixed(
            "nothing is paged out; set cache.memory, or leave this out",
            "디스크로 페이징되는 것이 없습니다. cache.memory를 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("cache.pool", |world, lane| world.cache.pool.and_then(|_| cache_never_calls(lane))),
    ("cache.loading", |world, _| {
        let alone = world.cache.replicas == 0 && world.cache.persistence == Persistence::None {};
        alone.then_some(Phrase::fixed(
            "there is nothing to load from; set cache.persistence or cache.replicas, or leave this out",
            "불러올 곳이 없습니다. cache.persistence나 cache.replicas를 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("cache.reads", |world, lane| {
        if world.cache.replicas == 0 {
            return Some(super::check::NO_REPLICAS);
        }
        let plain = matches!(&lane.read, Reading::LookAside(how) if how.leases == Leases::None)
            && !lane.read.reloads()
            && !world.app.near.as_ref().is_some_and(|near| near.bounded);
        (!plain).then_some(Phrase::fixed(
            "only look-aside without leases, refreshes and bounded near caches reads from replicas; leave this out, or choose that",
            "리스, 갱신, 원본과 함께 만료되는 로컬 캐시가 없는 룩어사이드만 복제본에서 읽습니다. 이 항목을 빼거나 그 전략을 골라 주세요",
        ))
    }),
    ("cache.lag", |world, _| (world.cache.replicas == 0).then_some(super::check::NO_REPLICAS)),
    ("cache.wait_timeout", |world, _| {
        (world.cache.wait == 0).then_some(Phrase::fixed(
            "no response waits for a replica; set cache.wait, or leave this out",
            "복제본을 기다리는 응답이 없습니다. cache.wait를 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("database.queue_order", |world, _| nobody_queues(world)),
    ("database.shed", |world, _| match world.database.shed {
        Shed::None {} | Shed::ConcurrencyLimit { .. } => None,
        Shed::Codel { .. } => nobody_queues(world),
    }),
    ("database.lag", |world, _| {
        (world.database.replicas == 0).then_some(Phrase::fixed(
            "there are no replicas; set database.replicas, or leave this out",
            "복제본이 없습니다. database.replicas를 적거나 이 항목을 빼 주세요",
        ))
    }),
    ("lane.read.leases", never_leaves_a_stale_value),
];

fn needs() -> impl Iterator<Item = &'static (&'static str, Lacks)> {
    NEEDS.iter().chain(writing::NEEDS)
}

fn never_calls(lane: &Lane) -> Option<Phrase> {
    let reads = !matches!(lane.read, Reading::ReadThrough(_));
    let writes = lane.write.write_back().is_none();
    let never = Phrase::fixed(
        "with read-through and write-back, only the cache calls the database; leave this out, or choose another strategy",
        "리드스루와 라이트백에서는 캐시만 DB를 호출합니다. 이 항목을 빼거나 다른 전략을 골라 주세요",
    );
    (!reads && !writes).then_some(never)
}

fn nobody_queues(world: &Scenario) -> Option<Phrase> {
    (world.database.queue == 0).then_some(Phrase::fixed(
        "nothing waits in the queue; give database.queue, or leave this out",
        "큐에서 기다리는 쿼리가 없습니다. database.queue를 적거나 이 항목을 빼 주세요",
    ))
}

fn never_retries(world: &Scenario, lane: &Lane) -> Option<Phrase> {
    let never = Phrase::fixed(
        "nothing is retried; set app.retries, or leave this out",
        "재시도가 없습니다. app.retries를 적거나 이 항목을 빼 주세요",
    );
    (world.app.retries == 0).then_some(never).or(never_calls(lane))
}

fn never_compares(lane: &Lane) -> Option<Phrase> {
    let commits_first = match &lane.write {
        Writing::WriteAround(_) | Writing::Outbox(_) => true,
        Writing::WriteThrough(how) => how.order == Order::DatabaseFirst,
        Writing::WriteBack(_) => false,
    };
    let versions = matches!(&lane.read, Reading::LookAside(how) if how.versions);
    (versions && !commits_first).then_some(Phrase::fixed(
        "this lane writes to the cache what has no version yet; write to the database first, or leave this out",
        "아직 버전이 없는 값을 캐시에 쓰는 레인입니다. DB에 먼저 쓰거나 이 항목을 빼 주세요",
    ))
}

fn asks_one_key(world: &Scenario) -> Option<Phrase> {
    (world.clients.shares().multi_get <= 0.0).then_some(Phrase::fixed(
        "no request asks for several keys; set clients.multi_get_ratio, or leave this out",
        "여러 키를 읽는 요청이 없습니다. clients.multi_get_ratio를 적거나 이 항목을 빼 주세요",
    ))
}

fn never_asks_the_cache(lane: &Lane) -> Option<Phrase> {
    (!lane.uses_cache()).then_some(Phrase::fixed(
        "this lane does not use the cache; leave this out",
        "캐시를 쓰지 않는 레인입니다. 이 항목을 빼 주세요",
    ))
}

fn cache_never_calls(lane: &Lane) -> Option<Phrase> {
    let reads = matches!(lane.read, Reading::ReadThrough(_));
    let writes = lane.write.flushes();
    let never = Phrase::fixed(
        "only read-through, and write-back that waits in the cache, let the cache call the database; leave this out, or choose one of them",
        "캐시가 DB를 호출하는 전략은 리드스루와, 쓰기가 캐시에서 대기하는 라이트백뿐입니다. 이 항목을 빼거나 둘 중 하나를 골라 주세요",
    );
    (!reads && !writes).then_some(never)
}

fn all_in_memory(cache: &Cache) -> Option<Phrase> {
    let all = match (cache.memory, cache.capacity) {
        (Some(Capacity::Entries(memory)), Capacity::Entries(capacity)) => memory >= capacity,
        (Some(Capacity::Bytes(memory)), Capacity::Bytes(capacity)) => memory >= capacity,
        _ => false,
    };
    all.then_some(Phrase::fixed(
        "the whole cache fits in it, so nothing is paged out; give less than cache.capacity, or \"none\"",
        "캐시 전체가 들어가 페이징되는 것이 없습니다. cache.capacity보다 작게 적거나 \"none\"으로 바꿔 주세요",
    ))
}

/// Whether readers could ever be given what a delete has left behind.
fn never_leaves_a_stale_value(world: &Scenario, lane: &Lane) -> Option<Phrase> {
    let Reading::LookAside(how) = &lane.read else { return None };
    // Where a client deletes, or a new value finds no room, the copy is deleted whatever else is done.
    let clients = &world.clients;
    let deletes = clients.shares().delete > 0.0 || matches!(clients.keys, Keys::Trace { .. });
    let full = world.cache.eviction == Eviction::None || matches!(world.cache.capacity, Capacity::Bytes(_));
    let never = Phrase::fixed(
        "only a delete leaves a value behind, and this lane's writes delete no copy; set \"wait\"",
        "이전 값은 삭제할 때만 남는데 이 레인의 쓰기는 사본을 삭제하지 않습니다. \"wait\"로 바꿔 주세요",
    );
    (how.leases == Leases::Stale && !lane.write.deletes_copies(deletes, full)).then_some(never)
}

/// Too much of a number is no leftover of another choice: an edit leaves it, and the reader is told.
const NUMBERS: &[&str] = &["cache.memory", "lane.write.at"];

/// A field without effect, and why.
struct Idle {
    field: &'static str,
    path: String,
    value: Node,
    why: Phrase,
}

/// Notes every field and fault without effect.
pub(super) fn check(scenario: &Scenario, problems: &mut Problems) {
    for Idle { path, value, why, .. } in idle(scenario) {
        if !problems.about(&path) {
            problems.because(&path, value.quote(), why);
        }
    }
    scenario.faults.iter().enumerate().for_each(|(i, fault)| check_fault(scenario, i, fault, problems));
}

/// Every field that has another value than its default, and no effect.
fn idle(scenario: &Scenario) -> Vec<Idle> {
    let shown = scenario.show();
    let worlds = OnceCell::new();
    let mut all = Vec::new();
    let mut add = |field: &'static str, path: String, in_effect: Option<&Node>, why: Option<Phrase>| {
        if let (Some(node), Some(why)) = (in_effect.filter(|node| !node.is_default), why) {
            all.push(Idle { field, path, value: node.clone(), why });
        }
    };
    for (field, lacks) in needs() {
        let (field, inner) = (*field, field.strip_prefix("lane."));
        let paths: Vec<String> =
            (0..scenario.lanes.len()).map(|i| join(&format!("lane.{i}"), inner.unwrap_or(field))).collect();
        let said = |path: &str, own: bool| shown.find(path).is_some_and(|node| own || !node.is_default);
        // Nearly always there is nothing to ask.
        if !said(field, false) && !paths.iter().any(|path| said(path, inner.is_none())) {
            continue;
        }
        let worlds: &Vec<Scenario> =
            worlds.get_or_init(|| (0..scenario.lanes.len()).map(|lane| scenario.for_lane(lane)).collect());
        // What the scenario's own value lacks in each lane that it reaches.
        let mut for_all = Vec::new();
        for (path, (lane, world)) in paths.into_iter().zip(scenario.lanes.iter().zip(worlds)) {
            let why = lacks(world, lane);
            match (shown.find(&path), inner) {
                (own, Some(_)) => add(field, path, own, why),
                // Marks of defaults are those of the whole world, not of what a lane gives.
                (Some(_), None) => add(field, path, world.show().find(field), why),
                (None, None) => for_all.push(why),
            }
        }
        let nowhere = for_all.iter().all(Option::is_some);
        add(field, field.to_owned(), shown.find(field), for_all.into_iter().next().flatten().filter(|_| nowhere));
    }
    all
}

/// Whether a fault could be noticed in any lane.
pub(super) fn check_fault(scenario: &Scenario, i: usize, fault: &Fault, problems: &mut Problems) {
    let at = format!("fault.{i}");
    let worlds = || (0..scenario.lanes.len()).map(|lane| scenario.for_lane(lane));
    let is_zero = |time: &Distribution| *time == Distribution::Constant(Nanos::ZERO);
    if let FaultTime::BeforeFlush(number) = fault.at
        && scenario.lanes.iter().all(|lane| lane.write.written_later().is_none())
    {
        let sentence = Phrase::fixed(
            "no lane ever flushes; give a lane write = \"write-back\", or the fault another time",
            "플러시하는 레인이 없습니다. 레인에 write = \"write-back\"을 적거나 장애의 시점을 바꿔 주세요",
        );
        problems.because(&join(&at, "at.before_flush"), number.show().quote(), sentence);
    }
    if fault.what == FaultKind::WorkerCrash && !scenario.lanes.iter().any(Lane::has_workers) {
        let sentence = Phrase::fixed(
            "no lane has a flusher beside the cache, a relay or a log reader; give a lane write = \"write-back\" (in the cache: the queues \
             of buffer = \"app\" go down with \"app.crash\") or \"outbox\", or write.log",
            "캐시 쪽 플러셔·릴레이·로그 리더가 있는 레인이 없습니다. 레인에 write = \"write-back\"(buffer = \"app\"의 큐는 \"app.crash\"로 사라집니다)이나 \
             \"outbox\", 또는 write.log를 적어 주세요",
        );
        problems.because(&join(&at, "what"), fault.what.show().quote(), sentence);
    }
    check_order(scenario, &at, fault, problems);
    if fault.what == FaultKind::AppSlow && worlds().all(|world| is_zero(&world.app.work)) {
        let sentence = Phrase::fixed(
            "requests take no CPU time, so this slows nothing down; give app.work",
            "요청이 CPU 시간을 쓰지 않아 느려질 것이 없습니다. app.work를 적어 주세요",
        );
        problems.because(&join(&at, "what"), fault.what.show().quote(), sentence);
    }
    if let (FaultKind::LinkSlow, Some(FaultTarget::Link(link))) = (fault.what, fault.which)
        && worlds().all(|world| is_zero(world.network.latency(link)))
    {
        let field = link.name().replace('-', "_");
        let sentence = phrase!(
            "this link has no latency, so this slows nothing down; give network.{field}",
            "이 구간에는 지연 시간이 없어 느려질 것이 없습니다. network.{field}를 적어 주세요"
        );
        problems.because(&join(&at, "which"), link.show().quote(), sentence);
    }
}

/// Whether what a restart in order is not to do first would be done at all.
fn check_order(scenario: &Scenario, at: &str, fault: &Fault, problems: &mut Problems) {
    if fault.what != FaultKind::CacheRestart {
        return;
    }
    let snapshots = |lane| matches!(scenario.for_lane(lane).cache.persistence, Persistence::Snapshots { .. });
    if fault.flush == Some(false) && !scenario.lanes.iter().any(|lane| lane.write.flushes()) {
        let sentence = Phrase::fixed(
            "no lane ever flushes; give a lane write = \"write-back\", or leave this out",
            "플러시하는 레인이 없습니다. 레인에 write = \"write-back\"을 적거나 이 항목을 빼 주세요",
        );
        problems.because(&join(at, "flush"), false.show().quote(), sentence);
    }
    if fault.save == Some(false) && !(0..scenario.lanes.len()).any(snapshots) {
        let sentence = Phrase::fixed(
            "no node writes snapshots; set cache.persistence, or leave this out",
            "스냅샷을 쓰는 노드가 없습니다. cache.persistence를 적거나 이 항목을 빼 주세요",
        );
        problems.because(&join(at, "save"), false.show().quote(), sentence);
    }
}

impl Scenario {
    /// Whether an option of a lane's strategies, such as `write.rollback`, has an effect there.
    pub fn has_effect(&self, lane: usize, option: &str) -> bool {
        let lacks = needs().find(|(field, _)| field.strip_prefix("lane.") == Some(option));
        lacks.is_none_or(|(_, lacks)| lacks(&self.for_lane(lane), &self.lanes[lane]).is_none())
    }

    /// The scenario, which an edit has made of `before`, without what the edit has left idle: a field that needs another
    /// one, had it before, and was not touched goes back to its default. Who chooses another strategy need not clear
    /// away the options of the last one first; a value that was itself given in vain stays, and is refused.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let paged = Scenario::from_toml("[cache]\nmemory = 50\npage_fault = \"1ms\"").unwrap();
    /// let whole = Scenario { cache: cachelane::scenario::Cache { memory: None, ..paged.cache.clone() }, ..paged.clone() };
    /// assert!(whole.check().is_err());
    /// assert_eq!(whole.tidied(&paged), Scenario::default());
    /// ```
    #[must_use]
    pub fn tidied(self, before: &Scenario) -> Scenario {
        let mut leftovers = idle(&self);
        if leftovers.is_empty() {
            return self;
        }
        let (idle_before, shown_before) = (idle(before), before.show());
        leftovers.retain(|Idle { field, path, value, .. }| {
            let untouched = shown_before.find(path) == Some(value);
            untouched && !NUMBERS.contains(field) && !idle_before.iter().any(|idle| idle.path == *path)
        });
        self.less(&leftovers)
    }

    /// The scenario with every field at its default that could not be noticed anyway: for scenarios made at random.
    #[must_use]
    pub fn without_idle(self) -> Scenario {
        // One may have been the last that another needed.
        let mut scenario = self;
        loop {
            let all = idle(&scenario);
            if all.is_empty() {
                return scenario;
            }
            scenario = scenario.less(&all);
        }
    }

    fn less(self, idle: &[Idle]) -> Scenario {
        let mut tree = self.show();
        idle.iter().for_each(|idle| tree.remove(&idle.path));
        // What was shown can be read, and what is absent is the default.
        Scenario::read(&tree, "", &mut Problems::default()).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> Vec<String> {
        let problems = Scenario::from_toml(toml).map_or_else(|error| error.problems, |_| Vec::new());
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn each_need_has_a_row_in_the_table_of_bad_input() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/data/bad_input.json")).unwrap();
        let rows = table["scenarios"].as_array().unwrap();
        for (field, _) in needs() {
            let field = field.replace("lane.", "lane.0.");
            let told = rows.iter().any(|row| {
                let message = row["message"].as_str().unwrap();
                message.lines().any(|line| line.split(": ").nth(1).is_some_and(|at| at.starts_with(&field)))
            });
            assert!(told, "{field}");
        }
    }

    #[test]
    fn a_value_that_means_something_in_one_lane_may_stand_for_all() {
        let two = "[[lane]]\n[[lane]]\n";
        assert_eq!(refused(&format!("cache.lag = \"9ms\"\n{two}")), ["cache.lag"]);
        assert_eq!(refused(&format!("cache.lag = \"9ms\"\n{two}cache = {{ replicas = 1 }}")), [""; 0]);
        assert_eq!(
            refused(&format!("{two}read = \"read-through\"\nwrite = \"write-back\"\napp = {{ retries = 0 }}")),
            [""; 0]
        );
        let retries = "app = { retries = 2 }\n";
        assert_eq!(refused(&format!("{retries}{two}read = \"read-through\"\nwrite = \"write-back\"")), [""; 0]);
    }

    #[test]
    fn what_a_lane_says_for_itself_must_mean_something_there() {
        let own = "[[lane]]\ncache = { replicas = 1 }\n[[lane]]\ncache = { lag = \"9ms\" }";
        assert_eq!(refused(own), ["lane.1.cache.lag"]);
        let usual = "[cache]\nreplicas = 1\nlag = \"9ms\"\n[[lane]]\n[[lane]]\ncache = { replicas = 0, lag = \"1ms\" }";
        assert_eq!(refused(usual), [""; 0], "a default says nothing");
    }

    #[test]
    fn stale_leases_need_a_delete_from_somewhere() {
        let lane = "[[lane]]\nread = { kind = \"look-aside\", leases = \"stale\" }\nwrite = ";
        for refusing in ["\"write-through\"", "\"write-back\"", "{ kind = \"write-around\", cached = \"update\" }"] {
            assert_eq!(refused(&format!("{lane}{refusing}")), ["lane.0.read.leases"], "{refusing}");
            assert_eq!(refused(&format!("[clients]\ndelete_ratio = 0.1\n{lane}{refusing}")), [""; 0], "{refusing}");
        }
        for good in
            ["\"write-around\"", "\"outbox\"", "{ kind = \"write-through\", order = \"cache-first\", rollback = true }"]
        {
            assert_eq!(refused(&format!("{lane}{good}")), [""; 0], "{good}");
        }
    }

    #[test]
    fn an_option_has_an_effect_only_beside_what_it_needs() {
        let rolls_back = |write: &str| {
            let scenario = Scenario::from_toml(&format!("[[lane]]\nwrite = {write}")).unwrap();
            scenario.has_effect(0, "write.rollback")
        };
        assert!(!rolls_back("\"write-through\""));
        assert!(rolls_back("{ kind = \"write-through\", order = \"cache-first\" }"));
        assert!(Scenario::default().has_effect(0, "write.every"));
    }

    #[test]
    fn an_edit_takes_along_what_it_leaves_idle_and_nothing_else() {
        let text = "[cache]\nmemory = 50\npage_fault = \"1ms\"\n[[lane]]\nwrite = { kind = \"write-back\", on_expiry = \"drop\" }";
        let scenario = Scenario::from_toml(text).unwrap();
        let whole = scenario.edited("cache.memory", "none").unwrap();
        assert_eq!(whole.cache, Cache::default());
        let lasting = scenario.edited("cache.ttl", "none").unwrap();
        assert!(lasting.lanes[0].write.write_back() == Some(&super::super::WriteBack::default()));
        assert_eq!(lasting.cache.page_fault, scenario.cache.page_fault);
        // What is itself given in vain stays, and is refused.
        let told = whole.edited("cache.page_fault", "1ms").unwrap_err().to_string();
        assert!(told.contains("set cache.memory"), "{told}");
        let small = scenario.edited("cache.capacity", "50").unwrap_err().to_string();
        assert!(small.contains("give less than cache.capacity"), "{small}");
        // What a lane has otherwise goes, too, and the scenario's own value holds again.
        let own = Scenario::from_toml("[app]\nretries = 1\n[[lane]]\n[[lane]]\napp = { backoff = \"1s\" }").unwrap();
        let never = own.edited("app.retries", "0").unwrap();
        assert!(never.lanes[1].app.is_empty());
    }
}
