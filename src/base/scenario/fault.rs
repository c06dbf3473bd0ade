//! What breaks, when, for how long.

use super::Link;
use super::distribution::{named, refuse_shape};
use super::field::{Field, Plain, Takes, record, refuse, words};
use super::node::{Fields, Node, Value, is_told, join};
use super::problem::Problems;
use crate::phrase::Phrase;
use crate::time::Nanos;

record! {
    /// One fault.
    #[ko = "장애 하나."]
    pub struct Fault {
        /// When it occurs: at a moment, at random, or when a lane gets somewhere.
        #[ko = "발생 시점: 지정한 시점, 무작위, 또는 레인이 어떤 상태에 이르렀을 때."]
        #[slider = Log(0.1, 3_600.0)]
        pub at: FaultTime = FaultTime::Moment(Nanos::ZERO) => ("the moment it occurs, such as \"30s\"", "\"30s\" 같은 발생 시점"),
        /// What happens.
        #[ko = "장애의 종류."]
        pub what: FaultKind = FaultKind::CacheCrash => ("what happens, such as \"cache.crash\"", "\"cache.crash\" 같은 장애의 종류"),
        /// To which cache node or server (from 0) or link; needed only where there are several.
        #[ko = "장애가 일어나는 캐시 노드나 서버(0부터), 또는 네트워크 구간. 여럿일 때만 적습니다."]
        pub which: Option<FaultTarget> = None,
        /// How long it lasts; of a random fault, on average. Where nothing is said of `cache.slow-command` or
        /// `cache.flush-all`, or `"0s"`: as long as that takes, 40 ns for each entry the node holds to look at it, 100 ns to
        /// remove it.
        #[ko = "지속 시간. 무작위 장애에서는 평균입니다. `cache.slow-command`와 `cache.flush-all`에서 적지 않거나 \
            `\"0s\"`이면 실제로 걸리는 시간만큼입니다: 노드가 가진 항목마다 조회는 40 ns, 삭제는 100 ns."]
        #[slider = Log(0.05, 600.0)]
        pub lasts as "for": Nanos = Nanos::from_secs(5),
        /// How many times as long things take, where something is slow; 10 where nothing is said.
        #[ko = "느려지는 장애의 배수. 적지 않으면 10입니다."]
        #[slider = Log(1.0, 1_000.0)]
        pub times: Option<f64> = None,
        /// The share of all messages that are lost or of writing transactions that fail, where some do; 0.1 where
        /// nothing is said.
        #[ko = "유실되는 메시지, 또는 실패하는 쓰기 트랜잭션의 비율. 적지 않으면 0.1입니다."]
        #[slider = Even(0.0, 1.0, 0.01)]
        pub share: Option<f64> = None,
        /// Of what crashes: whether nobody tells its callers. They then wait for their own timeouts, or until the machine is
        /// back and knows nothing of their connections; otherwise they are refused at once, as where a process has ended and
        /// the machine still answers. Where nothing is said: true where power is lost, false otherwise.
        #[ko = "크래시한 서버가 호출자에게 아무 응답도 하지 않을지 여부. 무응답이면 호출자는 자기 타임아웃까지, 또는 \
            서버가 돌아와 모르는 커넥션이라고 할 때까지 기다립니다. 아니면 프로세스만 끝나고 서버가 응답하는 것처럼 \
            곧바로 거부됩니다. 적지 않으면 정전일 때만 무응답입니다."]
        pub silent: Option<bool> = None,
        /// Of a restart in order: whether what is dirty (write-back) is flushed before the node goes, by its flusher as ever, which
        /// takes its time, without a limit: while the database is away, it tries again every second, and no row is given up. Otherwise
        /// it is gone as after a crash, unless a disk or a replica has it. True where nothing is said.
        #[ko = "계획된 재시작에서 노드가 내려가기 전에 더티 항목(라이트백)을 플러시할지 여부. 평소의 플러셔가 하므로 시간이 \
            걸리며 한도가 없습니다. DB가 없는 동안에는 1초마다 다시 시도하고 어떤 행도 포기하지 않습니다. 끄면 디스크나 복제본에 없는 것은 크래시처럼 사라집니다. 적지 않으면 플러시합니다."]
        pub flush: Option<bool> = None,
        /// Of a restart in order: whether a node that writes snapshots writes one before it goes, and nobody is served meanwhile
        /// (Redis: `SHUTDOWN SAVE`, else `NOSAVE`). An append-only file is complete either way. True where nothing is said.
        #[ko = "계획된 재시작에서 스냅샷을 쓰는 노드가 내려가기 전에 하나를 더 저장할지 여부(Redis: `SHUTDOWN SAVE`, 아니면 \
            `NOSAVE`). AOF는 어느 쪽이든 온전합니다. 적지 않으면 저장합니다."]
        pub save: Option<bool> = None,
        /// The lanes that it spares, by number from 0: what a run was without the fault stands beside what it is with it.
        #[ko = "이 장애가 일어나지 않는 레인들의 번호(0부터). 장애가 없는 실행과 있는 실행을 나란히 볼 수 있습니다."]
        pub spares: Vec<u32> = Vec::new(),
    }
    then complete like standard
}

impl Fault {
    /// Whether nothing happens in that lane.
    pub fn spares(&self, lane: usize) -> bool {
        // few: a scenario's lanes
        self.spares.iter().any(|spared| *spared as usize == lane)
    }

    /// Whether it happens in any of so many lanes.
    pub fn strikes_any(&self, lanes: usize) -> bool {
        (0..lanes).any(|lane| !self.spares(lane))
    }

    /// A fault with everything as it is where a file says no more than `what` and `at`.
    ///
    /// ```
    /// use cachelane::{scenario::{FaultTime, Fault, FaultKind}, time::Nanos};
    /// let fault = Fault::new(FaultKind::DatabaseSlow, Nanos::from_secs(30));
    /// assert_eq!((fault.at, fault.lasts, fault.times), (FaultTime::Moment(Nanos::from_secs(30)), Nanos::from_secs(5), Some(10.0)));
    /// ```
    pub fn new(what: FaultKind, at: impl Into<FaultTime>) -> Fault {
        let times = what.has_times().then_some(10.0);
        let share = what.has_share().then_some(0.1);
        let silent = what.can_be_silent().then(|| what.loses_power());
        let (flush, save) = (what.is_in_order().then_some(true), what.is_in_order().then_some(true));
        Fault {
            at: at.into(),
            what,
            which: None,
            lasts: what.lasts(),
            times,
            share,
            silent,
            flush,
            save,
            spares: Vec::new(),
        }
    }

    /// What is meant where a text says no more than `what` and `at`.
    fn standard(&self) -> Fault {
        Fault::new(self.what, self.at)
    }

    /// Fills in what the fields left open, by what happens.
    fn complete(&mut self, fields: &Fields) {
        let standard = self.standard();
        let told = |field| is_told(fields, field);
        if !told("for") {
            self.lasts = standard.lasts;
        }
        // What was meant by another `what` that stood here, and was not said, is not meant now.
        self.times = self.times.filter(|_| told("times")).or(standard.times);
        self.share = self.share.filter(|_| told("share")).or(standard.share);
        self.silent = self.silent.filter(|_| told("silent")).or(standard.silent);
        self.flush = self.flush.filter(|_| told("flush")).or(standard.flush);
        self.save = self.save.filter(|_| told("save")).or(standard.save);
    }
}

/// When a fault occurs: `"30s"`, `{ every = "60s" }`, `{ before_flush = 3 }` or `{ after_acknowledged = 1000 }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultTime {
    /// At this moment.
    Moment(Nanos),
    /// Again and again, at random: well for an exponential time with this mean (the mean time between failures),
    /// then broken for one with the mean that `for` says (the mean time to repair), and so on.
    Every(Nanos),
    /// When a lane's write-back flusher is about to take rows for the n-th time; never in a lane that has none.
    BeforeFlush(u64),
    /// When a lane has acknowledged n writes.
    AfterAcknowledged(u64),
}

impl From<Nanos> for FaultTime {
    fn from(moment: Nanos) -> FaultTime {
        FaultTime::Moment(moment)
    }
}

impl FaultTime {
    /// Its kind in a word, for a list of kinds to choose from.
    pub const fn kind(self) -> &'static str {
        match self {
            FaultTime::Moment(_) => "moment",
            FaultTime::Every(_) => "every",
            FaultTime::BeforeFlush(_) => "before_flush",
            FaultTime::AfterAcknowledged(_) => "after_acknowledged",
        }
    }

    /// What the page calls its kind.
    pub const fn title(self) -> Phrase {
        match self {
            FaultTime::Moment(_) => Phrase::fixed("at a moment", "지정한 시점"),
            FaultTime::Every(_) => Phrase::fixed("at random", "무작위"),
            FaultTime::BeforeFlush(_) => Phrase::fixed("before a flush", "플러시 직전"),
            FaultTime::AfterAcknowledged(_) => Phrase::fixed("after so many writes", "쓰기 N건 응답 후"),
        }
    }

    /// One of each kind, for a run that lasts so long.
    pub const fn each_kind(duration: Nanos) -> [FaultTime; 4] {
        let quarter = Nanos(if duration.0 < 4 { 1 } else { duration.0 / 4 });
        [
            FaultTime::Moment(Nanos(duration.0 / 2)),
            FaultTime::Every(quarter),
            FaultTime::BeforeFlush(3),
            FaultTime::AfterAcknowledged(1_000),
        ]
    }

    /// The moment, if it is one.
    pub fn moment(self) -> Option<Nanos> {
        if let FaultTime::Moment(at) = self { Some(at) } else { None }
    }
}

/// As files write it.
impl std::fmt::Display for FaultTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show().quote())
    }
}

const NAMES: &[&str] = &["every", "before_flush", "after_acknowledged"];
const EXPECTED_AT: Phrase = Phrase::fixed(
    "a moment such as \"30s\", { every = \"60s\" }, { before_flush = 3 } or { after_acknowledged = 1000 }",
    "\"30s\" 같은 시점, { every = \"60s\" }, { before_flush = 3 }, { after_acknowledged = 1000 } 중 하나",
);

impl Field for FaultTime {
    fn show(&self) -> Node {
        let (name, inner) = match self {
            FaultTime::Moment(at) => return at.show(),
            FaultTime::Every(mean) => ("every", mean.show()),
            FaultTime::BeforeFlush(number) => ("before_flush", number.show()),
            FaultTime::AfterAcknowledged(number) => ("after_acknowledged", number.show()),
        };
        Value::Named(name.to_owned(), Box::new(inner)).into()
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<FaultTime> {
        if let Some(word) = node.word() {
            let moment = word.parse().ok().map(FaultTime::Moment);
            return moment.or_else(|| refuse_shape(node, EXPECTED_AT, at, problems));
        }
        let (name, inner) = named(node, NAMES, EXPECTED_AT, at, problems)?;
        let at = &join(at, &name);
        match name.as_str() {
            "every" => Nanos::read(&inner, at, problems).map(FaultTime::Every),
            "before_flush" => u64::read(&inner, at, problems).map(FaultTime::BeforeFlush),
            _ => u64::read(&inner, at, problems).map(FaultTime::AfterAcknowledged),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(Phrase::fixed(
            "a moment, { every = a duration from 1ms to 365d } (a random fault's mean time between failures), \
             { before_flush = a whole number from 1 to 1000000000 } or { after_acknowledged = a number alike }",
            "시점, { every = 1ms부터 365d까지의 시간 }(무작위 장애의 평균 간격), { before_flush = 1부터 1000000000까지의 정수 }, \
             { after_acknowledged = 같은 범위의 정수 } 중 하나",
        )))
    }
}

words! {
    /// What happens.
    pub enum FaultKind {
        /// The process of a cache node is killed: it loses its memory and restarts cold, or with what it had written to
        /// files, synced or not, since its machine lives on. Without `which`, every node.
        #[ko = "캐시 노드의 프로세스가 죽습니다. 메모리를 잃고 빈 채로, 또는 파일에 쓴 내용으로 재시작합니다. 서버는 \
            살아 있으므로 fsync하지 않은 것도 남습니다. `which`를 적지 않으면 모든 노드입니다."]
        "cache.crash" => CacheCrash,
        /// The machine of a cache node loses power: what its files have not synced is gone, too, and nobody tells its
        /// callers (`silent`). Without `which`, every node.
        #[ko = "캐시 노드의 서버가 정전됩니다. 파일에 fsync하지 않은 것까지 사라지고, 호출자에게 아무 응답도 하지 \
            않습니다(`silent`). `which`를 적지 않으면 모든 노드입니다."]
        "cache.power-loss" => CachePowerLoss,
        /// A cache node is restarted in order, as for maintenance: it refuses new calls and serves what is in line, then flushes what
        /// is dirty (`flush`, however long that takes), waits until its replicas have what it has (10 s at most, as Redis 7 with `shutdown-timeout`),
        /// saves (`save`), and goes. It is back after `for`, counted from its first refusal, or as soon as all that is done.
        /// Without `which`, every node.
        #[ko = "캐시 노드를 점검처럼 계획대로 재시작합니다. 새 호출을 거부하고 대기 중인 명령까지 처리한 뒤, 더티 항목을 \
            플러시하고(`flush`), 복제본이 따라올 때까지 최대 10초 기다리고(Redis 7의 `shutdown-timeout`), 저장한 \
            다음(`save`) 내려갑니다. 거부를 시작한 때부터 `for`가 지나면, 또는 이 과정이 더 걸리면 끝나는 대로 돌아옵니다. \
            `which`를 적지 않으면 모든 노드입니다."]
        "cache.restart" => CacheRestart,
        /// A cache node stands still (a long pause, a stopped process): it keeps its memory and goes on afterwards where
        /// it stood; what arrives meanwhile waits.
        #[ko = "캐시 노드가 멈춥니다(긴 일시 정지, 중단된 프로세스). 메모리는 그대로이고, 끝나면 멈춘 곳부터 계속합니다. \
            그동안 도착한 것은 기다립니다."]
        "cache.freeze" => CacheFreeze,
        /// Somebody empties a cache node, entries and dirty rows alike; its thread is busy with each of them.
        #[ko = "누군가 캐시 노드를 더티 행까지 모두 비웁니다. 항목마다 노드의 스레드가 그만큼 바쁩니다."]
        "cache.flush-all" => FlushAll,
        /// A command that looks at every key (KEYS *) occupies the thread of a cache node; everyone behind it waits.
        #[ko = "모든 키를 훑는 명령(KEYS *)이 캐시 노드의 스레드를 차지해, 뒤의 명령이 모두 기다립니다."]
        "cache.slow-command" => SlowCommand,
        /// Each command of a cache node takes `times` as long.
        #[ko = "캐시 노드의 명령마다 `times`배의 시간이 걸립니다."]
        "cache.slow" => CacheSlow,
        /// A replica takes over although the node is well, because somebody wants it to (Redis: `CLUSTER FAILOVER`, `FAILOVER`): the old
        /// primary serves nobody until the first of its replicas has all that it has, and is a replica itself from then on. Nothing
        /// is lost. Reads are held up, too, where Redis since 6.2 holds up writes only. A node that is frozen begins when it goes on;
        /// of one that is down, or has no replica that follows, none takes over. If that has not happened after `for`, it stays the
        /// primary (`CLUSTER_MF_TIMEOUT` = 5 s). Without `which`, of every node.
        #[ko = "노드가 멀쩡한데도 복제본이 역할을 넘겨받습니다(Redis: `CLUSTER FAILOVER`, `FAILOVER`). 기존 프라이머리는 복제본 \
            하나가 모두 따라올 때까지 아무 명령도 처리하지 않고, 그 뒤로는 복제본이 됩니다. 유실은 없습니다. Redis 6.2부터는 쓰기만 \
            막지만 여기서는 읽기도 기다립니다. 멈춘 노드는 깨어난 뒤에 시작하고, 내려가 있거나 따라오는 복제본이 없으면 넘기지 \
            않습니다. `for`가 지나도 따라오지 못하면 취소됩니다(`CLUSTER_MF_TIMEOUT` = 5초). `which`를 적지 않으면 모든 \
            노드입니다."]
        "cache.failover" => CacheFailover,
        /// A replica of a cache node loses its memory and loads everything again; without `which`, every one does.
        #[ko = "캐시 노드의 복제본이 메모리를 잃고 처음부터 다시 불러옵니다. `which`를 적지 않으면 모든 복제본입니다."]
        "replica.crash" => ReplicaCrash,
        /// An application server drops every request it was serving.
        #[ko = "애플리케이션 서버가 처리 중이던 요청을 모두 버립니다."]
        "app.crash" => AppCrash,
        /// An application server stands still (a long garbage collection, a stopped process): what it was doing goes on
        /// afterwards; what arrives meanwhile waits.
        #[ko = "애플리케이션 서버가 멈춥니다(긴 가비지 컬렉션, 중단된 프로세스). 하던 일은 끝난 뒤에 계속하고, 그동안 \
            도착한 것은 기다립니다."]
        "app.freeze" => AppFreeze,
        /// An application server's own work takes `times` as long.
        #[ko = "애플리케이션 서버의 CPU 작업에 `times`배의 시간이 걸립니다."]
        "app.slow" => AppSlow,
        /// The processes are killed that bring on what was written: the flushers of write-back, the relay of an outbox, and the reader of
        /// the commit log. The cache and the database live. What waits in the buffer, the outbox or the log goes on waiting, and what such a process had in hand is
        /// done once more when it is back, so some of it twice.
        #[ko = "쓰인 것을 뒤에서 반영하는 백그라운드 워커(라이트백의 플러셔, 아웃박스의 릴레이, 커밋 로그 리더)가 죽습니다. 캐시와 \
            DB는 살아 있습니다. 버퍼, 아웃박스, 로그에 있는 것은 그대로 기다리고, 처리 중이던 것은 재시작한 뒤 다시 하므로 일부는 두 번 처리됩니다."]
        "worker.crash" => WorkerCrash,
        /// The database's process is killed: it refuses everything; what was not committed is gone. Its replicas, other
        /// machines, go on answering reads.
        #[ko = "DB 프로세스가 죽습니다. 모든 요청을 거부하고, 커밋되지 않은 것은 사라집니다. 다른 서버에 있는 복제본은 \
            계속 읽기에 응답합니다."]
        "database.outage" => DatabaseOutage,
        /// The database's machine loses power: likewise, and nobody tells its callers (`silent`).
        #[ko = "DB 서버가 정전됩니다. 결과는 같지만 호출자에게 아무 응답도 하지 않습니다(`silent`)."]
        "database.power-loss" => DatabasePowerLoss,
        /// The database stands still: what it was doing goes on afterwards; what arrives meanwhile waits. Its replicas go on.
        #[ko = "DB가 멈춥니다. 하던 일은 끝난 뒤에 계속하고, 그동안 도착한 것은 기다립니다. 복제본은 계속 동작합니다."]
        "database.freeze" => DatabaseFreeze,
        /// Whatever the database begins takes `times` as long, on its replicas, too.
        #[ko = "DB가 새로 시작하는 일에 `times`배의 시간이 걸립니다. 복제본도 같습니다."]
        "database.slow" => DatabaseSlow,
        /// A `share` of the writing transactions is aborted, besides those that always are.
        #[ko = "원래 중단되는 것에 더해, 쓰기 트랜잭션의 `share`만큼이 중단됩니다."]
        "database.failing" => DatabaseFailing,
        /// Nothing passes a link; messages wait until it heals and then arrive, also those whose caller has given up.
        #[ko = "네트워크 구간이 단절됩니다. 메시지는 복구될 때까지 기다렸다가 도착하며, 호출자가 이미 포기한 것도 마찬가지입니다."]
        "network.partition" => Partition,
        /// Whatever is sent over a link takes `times` as long.
        #[ko = "그 구간으로 보내는 모든 메시지에 `times`배의 시간이 걸립니다."]
        "network.slow" => LinkSlow,
        /// A `share` of what is sent over a link is lost, and sent again after 200 ms, 400 ms, and so on, as TCP does.
        #[ko = "그 구간으로 보내는 메시지의 `share`만큼이 유실되어, TCP처럼 200 ms, 400 ms, … 뒤에 다시 보냅니다."]
        "network.loss" => LinkLoss,
    }
}

/// What a fault happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A cache node.
    Cache,
    /// A replica of a cache node.
    Replica,
    /// An application server.
    App,
    /// What works in the background: flushers, the relay, and the reader of the log.
    Worker,
    /// The database.
    Database,
    /// A link.
    Link,
}

impl Part {
    /// All of them, in the order of menus.
    pub const ALL: [Part; 6] = [Part::Cache, Part::Replica, Part::App, Part::Worker, Part::Database, Part::Link];
}

/// What becomes of callers while a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// They are refused or fail at once, and what was under way is gone.
    Refused,
    /// They wait until it is over.
    Wait,
    /// What they send is lost, and sent again.
    SendAgain,
}

impl FaultKind {
    /// What the page calls it.
    pub fn title(self) -> Phrase {
        match self {
            FaultKind::CacheCrash => Phrase::fixed("cache crash", "캐시 크래시"),
            FaultKind::CachePowerLoss => Phrase::fixed("cache loses power", "캐시 서버 정전"),
            FaultKind::CacheRestart => Phrase::fixed("cache restart", "캐시 재시작"),
            FaultKind::CacheFreeze => Phrase::fixed("cache freeze", "캐시 멈춤"),
            FaultKind::FlushAll => Phrase::fixed("cache emptied", "캐시 전체 삭제"),
            FaultKind::SlowCommand => Phrase::fixed("slow cache command", "느린 캐시 명령"),
            FaultKind::CacheSlow => Phrase::fixed("slow cache", "느려진 캐시"),
            FaultKind::CacheFailover => Phrase::fixed("manual failover", "수동 페일오버"),
            FaultKind::ReplicaCrash => Phrase::fixed("replica crash", "복제본 중단"),
            FaultKind::AppCrash => Phrase::fixed("app server crash", "앱 서버 크래시"),
            FaultKind::AppFreeze => Phrase::fixed("app server freeze", "앱 서버 멈춤"),
            FaultKind::AppSlow => Phrase::fixed("slow app server", "느려진 앱 서버"),
            FaultKind::WorkerCrash => Phrase::fixed("worker crash", "백그라운드 워커 크래시"),
            FaultKind::DatabaseOutage => Phrase::fixed("database outage", "DB 중단"),
            FaultKind::DatabasePowerLoss => Phrase::fixed("database loses power", "DB 서버 정전"),
            FaultKind::DatabaseFreeze => Phrase::fixed("database freeze", "DB 멈춤"),
            FaultKind::DatabaseSlow => Phrase::fixed("slow database", "느려진 DB"),
            FaultKind::DatabaseFailing => Phrase::fixed("failing transactions", "트랜잭션 실패"),
            FaultKind::Partition => Phrase::fixed("partition", "네트워크 단절"),
            FaultKind::LinkSlow => Phrase::fixed("slow link", "느려진 링크"),
            FaultKind::LinkLoss => Phrase::fixed("packet loss", "패킷 손실"),
        }
    }

    /// What it happens to.
    pub fn part(self) -> Part {
        match self {
            FaultKind::CacheCrash
            | FaultKind::CachePowerLoss
            | FaultKind::CacheRestart
            | FaultKind::CacheFreeze
            | FaultKind::FlushAll
            | FaultKind::SlowCommand
            | FaultKind::CacheFailover
            | FaultKind::CacheSlow => Part::Cache,
            FaultKind::ReplicaCrash => Part::Replica,
            FaultKind::AppCrash | FaultKind::AppFreeze | FaultKind::AppSlow => Part::App,
            FaultKind::WorkerCrash => Part::Worker,
            FaultKind::DatabaseOutage
            | FaultKind::DatabasePowerLoss
            | FaultKind::DatabaseFreeze
            | FaultKind::DatabaseSlow
            | FaultKind::DatabaseFailing => Part::Database,
            FaultKind::Partition | FaultKind::LinkSlow | FaultKind::LinkLoss => Part::Link,
        }
    }

    /// What becomes of callers while it lasts.
    pub fn callers(self) -> Callers {
        match self {
            FaultKind::CacheCrash
            | FaultKind::CachePowerLoss
            | FaultKind::CacheRestart
            | FaultKind::ReplicaCrash
            | FaultKind::AppCrash
            | FaultKind::WorkerCrash
            | FaultKind::DatabaseOutage
            | FaultKind::DatabasePowerLoss
            | FaultKind::DatabaseFailing => Callers::Refused,
            FaultKind::CacheFreeze
            | FaultKind::FlushAll
            | FaultKind::SlowCommand
            | FaultKind::CacheFailover
            | FaultKind::CacheSlow
            | FaultKind::AppFreeze
            | FaultKind::AppSlow
            | FaultKind::DatabaseFreeze
            | FaultKind::DatabaseSlow
            | FaultKind::Partition
            | FaultKind::LinkSlow => Callers::Wait,
            FaultKind::LinkLoss => Callers::SendAgain,
        }
    }

    /// Whether `times` says something of it.
    pub fn has_times(self) -> bool {
        matches!(self, FaultKind::CacheSlow | FaultKind::AppSlow | FaultKind::DatabaseSlow | FaultKind::LinkSlow)
    }

    /// Whether `share` says something of it.
    pub fn has_share(self) -> bool {
        matches!(self, FaultKind::DatabaseFailing | FaultKind::LinkLoss)
    }

    /// Whether `silent` says something of it.
    pub fn can_be_silent(self) -> bool {
        matches!(self, FaultKind::CacheCrash | FaultKind::DatabaseOutage) || self.loses_power()
    }

    /// Whether it is planned, and `flush` and `save` say what is done first.
    pub fn is_in_order(self) -> bool {
        self == FaultKind::CacheRestart
    }

    /// Whether a machine loses power.
    pub fn loses_power(self) -> bool {
        matches!(self, FaultKind::CachePowerLoss | FaultKind::DatabasePowerLoss)
    }

    /// How long it lasts where nothing is said: five seconds, or no time beyond what its entries take.
    pub fn lasts(self) -> Nanos {
        if self.per_entry().is_some() { Nanos::ZERO } else { Nanos::from_secs(5) }
    }

    /// How long a command that goes over all entries takes for each: KEYS 40 ns (its manual says 40 ms for a million).
    /// For freeing one there is no published figure; 100 ns is about what an allocator takes for its parts.
    pub fn per_entry(self) -> Option<Nanos> {
        match self {
            FaultKind::SlowCommand => Some(Nanos(40)),
            FaultKind::FlushAll => Some(Nanos(100)),
            _ => None,
        }
    }
}

/// Which of several: a server's number, or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTarget {
    /// A server, counted from 0.
    Server(u32),
    /// A link.
    Link(Link),
}

impl std::fmt::Display for FaultTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FaultTarget::Server(number) => number.fmt(f),
            FaultTarget::Link(link) => link.fmt(f),
        }
    }
}

impl Field for FaultTarget {
    fn show(&self) -> Node {
        match self {
            FaultTarget::Server(number) => number.show(),
            FaultTarget::Link(link) => link.show(),
        }
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<FaultTarget> {
        let number = match &node.value {
            Value::Whole(number) => u32::try_from(*number).ok(),
            Value::Bare(word) => word.parse().ok(),
            _ => None,
        };
        if let Some(number) = number {
            return Some(FaultTarget::Server(number));
        }
        match node.word().and_then(|word| Link::ALL.into_iter().find(|link| link.name() == word)) {
            Some(link) => Some(FaultTarget::Link(link)),
            None => refuse(node, at, problems, WHICH),
        }
    }

    fn takes() -> Takes {
        Takes::Value(Plain::Other(WHICH))
    }
}

/// What may stand for one of several.
pub(super) const WHICH: Phrase = Phrase::fixed(
    "a server's number from 0, or a link: client-app, app-cache, app-database or cache-database",
    "0부터의 서버 번호, 또는 구간: client-app, app-cache, app-database, cache-database",
);
