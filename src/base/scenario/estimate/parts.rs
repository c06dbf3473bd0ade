//! What each part of a lane takes.

use super::load::{Load, broken_s, longest_s, mean_s};
use super::{
    CALL_BYTES, DIRTY_ROW_BYTES, ENTRY_BYTES, GROWTH, NEWS_BYTES, RECORD_BY_KEY_BYTES, RECORD_BYTES,
    ROW_ON_ITS_WAY_BYTES, Sum,
};
use crate::scenario::{
    Background, Capacity, Eviction, Expiry, Fault, FaultKind, FaultTarget, FaultTime, Keys, Lane, Leases, Link, Mix,
    Part, Persistence, Phrase, Reading, ReadsFrom, Scenario, Tell, limits,
};

/// What a lane takes that does nothing, without its figures over time.
const LANE_BYTES: f64 = 1.5e6;
/// A table by key grows by a quarter, and its former self is there until it has been copied.
const TABLE_GROWTH: f64 = 1.3;
const COPIED: f64 = 8.0;
/// What a node, a replica or a server takes besides.
const MACHINE_BYTES: f64 = 6_000.0;
/// What a fault takes: its effects on sixty-four nodes.
const FAULT_BYTES: f64 = 4_096.0;
/// The figures over time: so many histograms, each with a kilobyte for every doubling from the least latency to the
/// greatest. Those of latencies below 128 ns have the first.
const HISTOGRAMS: f64 = 486.0;
const OCTAVE_BYTES: f64 = 1_024.0;
/// What the ledger takes for a write: its record, its place among the acknowledged ones of its key, the mark of a delete.
const WRITE_BYTES: f64 = 48.0 + 4.0 * GROWTH + 0.5;
/// What it takes for a commit of what is acknowledged afterwards, and of what was before: its number and write, or its
/// number, moment and acknowledgement.
const COMMIT_BYTES: f64 = 8.0;
const LATE_COMMIT_BYTES: f64 = 16.0 + 8.0 + 0.6;
/// What it takes for a key that is written, with the shortest lists of its writes and commits and the causes of those lost.
const WRITTEN_KEY_BYTES: f64 = 240.0 + 32.0 + 32.0 + 80.0;
/// What it takes for a copy of such a key in a near cache, and for the end of any copy that differs from the database.
const NEAR_COPY_BYTES: f64 = 32.0 + EXPIRY_BYTES;
const EXPIRY_BYTES: f64 = 16.0;
/// The most that a table of sessions takes while it grows, and for each pair of client and key.
const SESSIONS_BYTES: f64 = 38e6;
const SESSION_BYTES: f64 = 96.0;
/// Once a node of a tree is half full, an element takes about twice its size.
const IN_TREE: f64 = 2.5;
/// A message to a near cache: its slot, its number, its event, its place at a link that is cut.
const MESSAGE_BYTES: f64 = (16 + 4 + 16 + 40) as f64 * GROWTH;

/// One lane.
pub(super) struct Parts<'a> {
    number: usize,
    world: &'a Scenario,
    lane: &'a Lane,
    load: &'a Load,
}

impl<'a> Parts<'a> {
    pub fn new(number: usize, world: &'a Scenario, load: &'a Load) -> Parts<'a> {
        Parts { number, world, lane: &world.lanes[number], load }
    }

    /// Adds all of them but the requests that wait.
    pub fn add_to(&self, sum: &mut Sum) {
        let mut add = |what: &Phrase, fields: &[&'static str], bytes| sum.add(what, self.number, fields, bytes);
        let keys = if matches!(self.world.clients.keys, Keys::Trace { .. }) {
            "clients.keys.file"
        } else {
            "clients.keys.count"
        };
        add(&Phrase::fixed("what each lane has", "레인별 기본 메모리"), &["cache.shards", "app.servers"], self.base());
        add(&Phrase::fixed("figures over time", "시간별 수치"), &["duration"], self.figures());
        add(&Phrase::fixed("tables by key", "키별 테이블"), &[keys], self.tables());
        add(
            &Phrase::fixed("entries of the cache", "캐시 항목"),
            &["cache.capacity", "cache.shards", keys],
            self.entries(),
        );
        add(&Phrase::fixed("near caches", "로컬 캐시"), &[keys, "app.servers"], self.near_caches());
        add(&Phrase::fixed("the gutter", "거터"), &[keys, "read.gutter.capacity"], self.gutter());
        add(
            &Phrase::fixed("messages to near caches", "로컬 캐시로 가는 메시지"),
            &["app.servers", "app.near.invalidate"],
            self.messages(),
        );
        add(&Phrase::fixed("the ledger of writes", "쓰기 기록"), &[self.greatest_ratio(), "duration"], self.ledger());
        add(&Phrase::fixed("dirty rows", "더티 행"), &[self.greatest_ratio(), "write.coalesce"], self.dirty_rows());
        add(
            &Phrase::fixed("records of the outbox", "아웃박스 레코드"),
            &[self.greatest_ratio(), "duration"],
            self.outbox(),
        );
        add(
            &Phrase::fixed("changes that replicas lack", "복제본에 아직 없는 변경"),
            &["cache.lag", "cache.replicas"],
            self.lagging(),
        );
        add(
            &Phrase::fixed("commits that the database's replicas lack", "DB 복제본에 아직 없는 커밋"),
            &["database.lag", "database.replicas"],
            self.lagging_rows(),
        );
        add(
            &Phrase::fixed("changes since the last snapshot or sync", "마지막 스냅샷이나 fsync 이후의 변경"),
            &[keys, "cache.persistence"],
            self.unsaved(),
        );
        add(
            &Phrase::fixed("clients who may give up", "타임아웃을 기다리는 클라이언트"),
            &["clients.timeout"],
            self.patience(),
        );
        add(
            &Phrase::fixed("calls that the relay or a flusher gave up", "릴레이나 플러셔가 포기한 호출"),
            &["write.every", "app.retries", "app.cache_retries"],
            self.given_up(),
        );
        add(
            &Phrase::fixed("what is loaded at the start", "시작할 때 적재하는 키"),
            &["read.warm_up"],
            8.0 * f64::from(self.lane.read.warm_up()),
        );
    }

    fn base(&self) -> f64 {
        let nodes = f64::from(self.world.cache.shards) * f64::from(2 + self.world.cache.replicas);
        let machines = (nodes + f64::from(self.world.app.servers)) * MACHINE_BYTES;
        LANE_BYTES + machines + self.world.faults.len() as f64 * FAULT_BYTES
    }

    fn greatest_ratio(&self) -> &'static str {
        let clients = &self.world.clients;
        if clients.mix != Mix::Custom {
            return "clients.mix";
        }
        let ratios = [
            ("clients.write_ratio", clients.write_ratio),
            ("clients.modify_ratio", clients.modify_ratio),
            ("clients.delete_ratio", clients.delete_ratio),
            ("clients.insert_ratio", clients.insert_ratio),
        ];
        ratios.into_iter().fold(ratios[0], |most, next| if next.1 > most.1 { next } else { most }).0
    }

    fn writes_back(&self) -> bool {
        self.lane.write.written_later().is_some()
    }

    /// Whether writes may be committed, or committed again, after they have been acknowledged.
    fn commits_late(&self) -> bool {
        self.lane.write.commits_late() || self.world.app.retries > 0
    }

    /// How many keys are ever written at most.
    fn written(&self) -> f64 {
        self.load.writes.min(self.load.keys)
    }

    fn figures(&self) -> f64 {
        let longest = self.world.duration.0.max(1) as f64;
        let octaves = (libm::log2(longest) - 6.0).max(1.0);
        // A request is in one of them, and in one of those of the whole run.
        HISTOGRAMS.min(2.0 * self.load.requests) * octaves * OCTAVE_BYTES * 1.5
    }

    /// How many keys anybody asks for at most.
    fn met(&self) -> f64 {
        self.load.keys.min(self.load.requests + f64::from(self.lane.read.warm_up()))
    }

    /// Tables with a place for each key, of all nodes together: of several, each has places for the keys that it has met.
    fn tables(&self) -> f64 {
        let cache = &self.world.cache;
        let (_, ahead) = self.lane.read.refresh();
        let when = |is: bool, bytes: f64| if is { bytes } else { 0.0 };
        let by_lookup = matches!(self.lane.read, Reading::LookAside(_)) || self.lane.read.reloads();
        let tracks_ttls = ahead.is_some() || self.lane.read.past_ttl() != (None, None);
        let leases = matches!(&self.lane.read, Reading::LookAside(how) if how.leases != Leases::None);
        let durable = cache.replicas > 0 || cache.persistence != Persistence::None {};
        // The store's places and why a key is absent.
        let of_nodes = 4.0
            + 1.0
            + when(by_lookup, 8.0)
            + when(tracks_ttls, 8.0)
            + when(self.writes_back(), 4.0 + 1.0)
            + when(cache.expiry == Expiry::Precise, 8.0)
            + when(durable, 8.0)
            + cache.eviction.bytes().by_key;
        // The database's values, also those of its replicas, a bit for each row that is locked, the ledger's places, and what
        // a report collects.
        let of_lane = 4.0
            + 4.0
            + when(self.load.writes > 0.0, 4.0 + 0.125 + 4.0 * f64::from(self.world.database.replicas))
            + when(cache.shards > 1, 8.0)
            + when(matches!(self.world.clients.keys, Keys::Trace { .. }), 24.0)
            + when(cache.eviction == Eviction::Opt, 8.0);
        // Events and heaps of what expires, and who may fill what.
        let of_met = when(self.writes_back(), 16.0) * GROWTH
            + when(cache.expiry == Expiry::Precise, 16.0) * GROWTH
            + when(leases, 40.0 * IN_TREE);
        let in_nodes = if cache.shards > 1 { self.met() } else { self.load.keys };
        (in_nodes * (of_nodes + COPIED) + self.load.keys * (of_lane + COPIED)) * TABLE_GROWTH + self.met() * of_met
    }

    fn entries(&self) -> f64 {
        let cache = &self.world.cache;
        let capacity = match cache.capacity {
            Capacity::Entries(count) => f64::from(count),
            // Each takes 64 bytes besides its value.
            Capacity::Bytes(bytes) => bytes.0 as f64 / 64.0,
        };
        let held = (capacity * f64::from(cache.shards)).min(self.met());
        held * (ENTRY_BYTES as f64 + 8.0 + cache.eviction.bytes().by_entry) * GROWTH
            + f64::from(cache.shards) * (cache.eviction.bytes().at_first)(capacity)
    }

    /// Each server's tables, as long as there are keys that any has met.
    fn near_caches(&self) -> f64 {
        let Some(near) = &self.world.app.near else { return 0.0 };
        let servers = f64::from(self.world.app.servers);
        let met = if servers > 1.0 { self.met() } else { self.load.keys };
        let tables = met * (4.0 + 8.0 + near.eviction.bytes().by_key) * TABLE_GROWTH;
        let held = self.met().min(f64::from(near.capacity));
        let entries = held * (ENTRY_BYTES as f64 + 8.0 + near.eviction.bytes().by_entry) * GROWTH;
        let at_first = (near.eviction.bytes().at_first)(f64::from(near.capacity));
        servers * (tables + entries + at_first) + self.load.keys * 8.0 * TABLE_GROWTH
    }

    fn gutter(&self) -> f64 {
        let Reading::LookAside(how) = &self.lane.read else { return 0.0 };
        let Some(gutter) = &how.gutter else { return 0.0 };
        let lru = Eviction::Lru.bytes();
        let held = self.met().min(f64::from(gutter.capacity));
        let table = self.load.keys * (4.0 + lru.by_key) * TABLE_GROWTH;
        table + held * (ENTRY_BYTES as f64 + 8.0 + lru.by_entry) * GROWTH + (lru.at_first)(f64::from(gutter.capacity))
    }

    /// Messages on their way to near caches: two for each write and server, for as long as a link takes.
    fn messages(&self) -> f64 {
        let app = &self.world.app;
        if !app.near.as_ref().is_some_and(|near| near.invalidate == Tell::Messages) {
            return 0.0;
        }
        let held_up =
            |fault: &&Fault| fault.what.part() == Part::Link && fault.which == Some(FaultTarget::Link(Link::AppCache));
        let mut window = longest_s(&self.world.network.app_cache) + 1.0;
        for fault in self.world.faults.iter().filter(held_up) {
            let for_good = matches!(fault.at, FaultTime::Every(_)) || fault.what == FaultKind::LinkSlow;
            window += if for_good { f64::INFINITY } else { 3.0 * fault.lasts.as_secs_f64() };
        }
        let written = self.load.writes.min(self.load.write_rate() * window + 100.0);
        written * 2.0 * f64::from(app.servers) * MESSAGE_BYTES
    }

    fn ledger(&self) -> f64 {
        let (writes, written) = (self.load.writes, self.written());
        if writes == 0.0 {
            return 0.0;
        }
        let modifies = self.world.clients.shares().modify > 0.0;
        // What each was applied to, and while it is worked out which of them count.
        let bases = if modifies { 4.0 * GROWTH + 9.0 } else { 0.0 };
        // Of those that break one by one: a break, and a note where that took long.
        let breaks = 32.0 * GROWTH;
        let one_by_one = self.writes_back() || !self.world.faults.is_empty() || self.world.database.abort > 0.0;
        let sessions = SESSIONS_BYTES.min(SESSION_BYTES * self.load.requests);
        let commits = GROWTH * if self.commits_late() { COMMIT_BYTES + LATE_COMMIT_BYTES } else { COMMIT_BYTES };
        // Each copy in a near cache was once read.
        let near = self.world.app.near.as_ref().map_or(0.0, |_| f64::from(self.world.app.servers));
        let near_copies = (written * near).min(self.load.requests) * NEAR_COPY_BYTES * GROWTH;
        let of_writes = writes * (WRITE_BYTES + commits + bases + if one_by_one { breaks } else { 0.0 });
        of_writes + written * (WRITTEN_KEY_BYTES + EXPIRY_BYTES * GROWTH) + near_copies + sessions
    }

    /// Rows that write-back has yet to flush, with their places in line and in a flush.
    fn dirty_rows(&self) -> f64 {
        let Some(how) = self.lane.write.written_later() else { return 0.0 };
        let queues = self.lane.write.queue().map_or(0.0, |_| f64::from(self.world.app.servers));
        let holders = queues.max(f64::from(self.world.cache.shards));
        let rows = if how.coalesce { self.written() } else { self.load.writes };
        // Those in a flush leave room for as many again of the same keys.
        let rows =
            (2.0 * rows).min(self.load.writes).min(how.bound.map_or(f64::INFINITY, |bound| f64::from(bound) * holders));
        let durable = self.world.cache.replicas > 0 || self.world.cache.persistence != Persistence::None {};
        let in_flush = 4.0 + 8.0 + 8.0 + 8.0;
        let noted = if durable { 24.0 * IN_TREE + 24.0 } else { 0.0 };
        // Places of rows that are gone stay in the line until they come up.
        let line = 8.0 * self.load.writes;
        // Each queue knows its row of each key; all have the keys' numbers in common.
        let ends = self.written() * (8.0 * queues + 4.0);
        (rows * (DIRTY_ROW_BYTES as f64 + 4.0 + 16.0 + in_flush) + line + ends) * GROWTH + rows * noted
    }

    fn outbox(&self) -> f64 {
        let versions = matches!(&self.lane.read, Reading::LookAside(how) if how.versions);
        let records = if self.lane.write.tells_later() { 16.0 } else { 0.0 };
        self.load.writes * (records + if versions { 4.0 } else { 0.0 }) * GROWTH
    }

    /// How many changes a node makes at most: a read fills and evicts, or renews; a write also comes and goes as a row.
    fn changes(&self) -> f64 {
        let warmed = self.load.keys.min(f64::from(self.lane.read.warm_up()));
        3.0 * self.load.requests + 3.0 * self.load.writes + 3.0 * warmed
    }

    /// What it takes to go back: the entries that were different then.
    fn undone(&self) -> f64 {
        let crashes = self.world.faults.iter().any(|fault| matches!(fault.what.part(), Part::Cache | Part::Replica));
        if crashes { 36.0 * IN_TREE } else { 0.0 }
    }

    /// What must be kept of changes because some replica has not received them.
    fn lagging(&self) -> f64 {
        let cache = &self.world.cache;
        if cache.replicas == 0 {
            return 0.0;
        }
        let mut window = longest_s(&cache.lag) + 1.0;
        if self.world.faults.iter().any(|fault| matches!(fault.what.part(), Part::Replica | Part::Cache)) {
            // Who begins again loads every entry before it counts again.
            window += cache.loading.as_secs_f64() * self.load.keys;
        }
        let in_window = self.load.rate * window * 8.0 + 1_000.0;
        let by_key = if cache.reads == ReadsFrom::Replicas { RECORD_BY_KEY_BYTES as f64 } else { 0.0 };
        let each =
            by_key + (RECORD_BYTES as f64 + NEWS_BYTES as f64 * f64::from(cache.replicas)) * GROWTH + self.undone();
        self.changes().min(in_window) * each
    }

    /// Rows on their way to the database's replicas; what has arrived goes when the next one comes.
    fn lagging_rows(&self) -> f64 {
        let database = &self.world.database;
        let window = longest_s(&database.lag) + 1.0;
        // A flush commits all that has gathered at once.
        let gathered = if self.writes_back() { self.written() } else { 0.0 };
        let rows = self.load.writes.min(self.load.write_rate() * window * 2.0 + gathered + 1_000.0);
        f64::from(database.replicas) * rows * ROW_ON_ITS_WAY_BYTES as f64 * GROWTH
    }

    /// What must be kept of changes since the disk has not got them: one record a key between two of its states.
    fn unsaved(&self) -> f64 {
        let cache = &self.world.cache;
        if cache.persistence == (Persistence::None {}) {
            return 0.0;
        }
        let records = if cache.replicas > 0 {
            self.changes()
        } else {
            self.changes().min(3.0 * (self.load.keys + self.load.writes))
        };
        records * (RECORD_BYTES as f64 * GROWTH + self.undone())
    }

    /// Clients' patience stands in its line until its time would be up. (Calls leave theirs when they are answered.)
    fn patience(&self) -> f64 {
        let Some(limit) = self.world.clients.timeout else { return 0.0 };
        24.0 * GROWTH * self.load.requests.min(self.load.rate * limit.as_secs_f64() * 2.0 + 100.0)
    }

    /// Calls of those who go on by themselves, also after the clients have gone: where one is given up, the next is made,
    /// whatever becomes of those before.
    fn given_up(&self) -> f64 {
        let (app, database, network) = (&self.world.app, &self.world.database, &self.world.network);
        let Some(Background { every, on_each_node, .. }) = self.lane.write.background() else { return 0.0 };
        let loops = match (self.lane.write.queue(), on_each_node) {
            (Some(_), _) => f64::from(app.servers),
            (None, true) => f64::from(self.world.cache.shards),
            (None, false) => 1.0,
        };
        let Some(patience) = [app.database_timeout, app.cache_timeout].into_iter().flatten().min() else { return 0.0 };
        let tries = 1.0 + f64::from(app.retries.max(app.cache_retries));
        let round = every.as_secs_f64().max(tries * patience.as_secs_f64());
        let rate = loops * tries / round;
        let span = 2.0 * self.world.duration.as_secs_f64() + limits::SETTLING.as_secs_f64();
        let links = [&network.app_cache, &network.app_database, &network.cache_database];
        let way = 2.0 * links.into_iter().map(mean_s).fold(0.0, f64::max);
        let queued = (rate * span).min(f64::from(database.queue) + f64::from(database.workers));
        let batch = database.batch.base.as_ref().unwrap_or(&database.write);
        let busy = rate * mean_s(&database.read).max(mean_s(&database.write)).max(mean_s(batch));
        let queued = if busy > 0.5 * f64::from(database.workers) { queued } else { 2.0 * busy };
        let held_up = broken_s(self.world).unwrap_or(span);
        let calls = (rate * 2.0 * (way + held_up) + queued).min(rate * span).min(limits::SETTLING_EVENTS as f64);
        calls * (CALL_BYTES + 40) as f64 * GROWTH
    }
}

/// What all lanes share: the popularity of keys, and what OPT is told.
pub(super) fn add_common(worlds: &[Scenario], loads: &[Load], sum: &mut Sum) {
    let Some(world) = worlds.first() else { return };
    let each = match world.clients.keys {
        Keys::Zipf { scrambled, .. } => {
            if scrambled {
                60.0
            } else {
                48.0
            }
        }
        Keys::ZipfSample { .. } => 64.0,
        Keys::Latest { .. } => 48.0,
        Keys::Uniform { .. } | Keys::HotSet { .. } | Keys::Scan { .. } | Keys::Trace { .. } => 0.0,
    };
    sum.add(
        &Phrase::fixed("the popularity of keys", "키 인기도"),
        0,
        &["clients.keys.count"],
        f64::from(world.clients.key_count().unwrap_or(0)) * each,
    );
    let opt = worlds.iter().zip(loads).position(|(world, _)| world.cache.eviction == Eviction::Opt);
    if let Some(lane) = opt {
        let requests = loads.iter().map(|load| load.requests).fold(0.0, f64::max) * 1.1 + 2_000.0;
        let keys = loads[lane].keys;
        sum.add(
            &Phrase::fixed("what OPT is told", "OPT에 미리 전달하는 요청"),
            lane,
            &["cache.eviction", "duration"],
            requests.min(limits::FORESEEN_MAX) * 4.0 + keys * 4.0,
        );
    }
}
