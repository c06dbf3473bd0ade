//! Stale reads of look-aside and its cures, against a small simulation of its own: an event loop, a cache, a database with
//! snapshot reads and row locks, and the five ways to write, in plain code that shares nothing with the library but the
//! size of its world. Its judge transcribes the ledger's definition of a stale read.
//!
//! ```text
//! read    app ─ get ─▶ cache ─ miss ─▶ app ─▶ database (snapshot at the start of service) ─▶ app ─ fill ─▶ cache ─▶ app
//! write   app ─▶ database (lock, commit) ─▶ app ─ delete or set ─▶ cache ─▶ app: acknowledged
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use cachelane::scenario::*;
use cachelane::time::Nanos;

use crate::common::{bare, in_parallel, lane, run};

// ---- The world that both simulate ----

const MS: u64 = 1_000_000;
/// Requests a second, and the share of writes.
const RATE: f64 = 500.0;
const WRITES: f64 = 0.2;
/// Keys, popular as 1/rank^0.9.
const KEYS: usize = 300;
const ALPHA: f64 = 0.9;
/// One way to the cache and to the database, always as long: nothing overtakes on a link.
const TO_CACHE: u64 = MS / 5;
const TO_DATABASE: u64 = MS / 2;
const WORKERS: usize = 64;
/// Means of exponential service times.
const READ: u64 = 20 * MS;
const WRITE: u64 = 5 * MS;
const SECOND_DELETE: u64 = 500 * MS;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Delete,
    DeleteTwice,
    Update,
    Leases,
    ReadThrough,
}

/// How long clients ask; longer where races are rare.
fn seconds(way: Way) -> u64 {
    if way == Way::Update { 500 } else { 60 }
}

/// How long copies live. Where writes replace them, only those that have expired are loaded, and can be loaded late.
fn ttl(way: Way) -> u64 {
    if way == Way::Update { 300 * MS } else { 30_000 * MS }
}

/// The figures that are compared.
#[derive(Clone, Copy, Debug)]
struct Figures {
    stale: f64,
    hit_ratio: f64,
    database_reads: f64,
}

fn cachelane(way: Way, reads: Reads, seed: u64) -> Figures {
    let mut scenario = bare();
    (scenario.seed, scenario.duration) = (seed, Nanos::from_secs(seconds(way)));
    scenario.clients.arrivals = Arrivals::Poisson { rate: RATE };
    scenario.clients.keys = Keys::zipf(KEYS as u32, ALPHA);
    scenario.clients.write_ratio = WRITES;
    (scenario.cache.capacity, scenario.cache.ttl) = ((KEYS as u32).into(), Ttl::Fixed(Nanos(ttl(way))));
    scenario.network.app_cache = Distribution::Constant(Nanos(TO_CACHE));
    scenario.network.app_database = Distribution::Constant(Nanos(TO_DATABASE));
    scenario.network.cache_database = Distribution::Constant(Nanos(TO_DATABASE));
    (scenario.database.workers, scenario.database.reads) = (WORKERS as u32, reads);
    scenario.database.read = Distribution::Exponential(Nanos(READ));
    scenario.database.write = Distribution::Exponential(Nanos(WRITE));
    let leases = LookAside { leases: Leases::Wait, ..LookAside::default() };
    let read = match way {
        Way::Leases => Reading::LookAside(leases),
        Way::ReadThrough => Reading::read_through(),
        Way::Delete | Way::DeleteTwice | Way::Update => Reading::look_aside(),
    };
    let cached = match way {
        Way::DeleteTwice => Invalidate::DeleteTwice,
        Way::Update => Invalidate::Update,
        Way::Delete | Way::Leases | Way::ReadThrough => Invalidate::Delete,
    };
    scenario.lanes = lane(read, WriteAround { cached, delay: Nanos(SECOND_DELETE) });
    let report = run(&scenario).report();
    assert_eq!(report.errors, 0);
    Figures {
        stale: report.stale_reads as f64,
        hit_ratio: report.hit_ratio,
        database_reads: report.database.reads as f64,
    }
}

// ---- The other simulation ----

/// Steele, Lea and Flood's splitmix64.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> u64 {
        (-mean * libm::log(1.0 - self.unit())) as u64
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Request,
    /// A read is at the cache.
    Get(usize),
    /// It has the cache's answer: a value, the right to load with this token, or the advice to wait.
    Got(usize, Option<usize>, Option<u64>),
    /// A query is at the database, a read's or a write's.
    Query(usize),
    Served(usize),
    Result(usize),
    /// A reader's value is at the cache, with its token.
    Fill(usize),
    ReadDone(usize),
    /// A write's delete or set is at the cache; the number is which of its messages this is.
    Change(usize, u8),
    Changed(usize, u8),
    SecondDelete(usize),
    /// A load by the cache itself is back.
    Loaded(usize),
}

/// A read or a write; a load of the cache is a read without a client.
#[derive(Clone, Debug, Default)]
struct Request {
    key: usize,
    issued: u64,
    /// The number of the write, from 1 in order of issue.
    write: Option<usize>,
    /// What a reader saw.
    saw: usize,
    token: Option<u64>,
    pause: u64,
    by_cache: bool,
}

#[derive(Default)]
struct Load {
    overtaken: bool,
    waiting: Vec<usize>,
    late: Vec<usize>,
}

struct World {
    way: Way,
    dice: Dice,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    count: u64,
    popularity: Vec<f64>,
    requests: Vec<Request>,
    /// By key: the value and when it expires.
    cache: BTreeMap<usize, (usize, u64)>,
    tokens: BTreeMap<usize, u64>,
    loads: BTreeMap<usize, Load>,
    committed: Vec<usize>,
    idle: usize,
    queue: VecDeque<usize>,
    locked: BTreeMap<usize, VecDeque<usize>>,
    /// Of each write: when it was issued, and when acknowledged.
    writes: Vec<(u64, Option<u64>)>,
    writes_of: Vec<Vec<usize>>,
    hits: u64,
    misses: u64,
    reads: u64,
    stale: u64,
}

impl World {
    fn new(way: Way, seed: u64) -> World {
        let weights: Vec<f64> = (1..=KEYS).map(|rank| libm::pow(rank as f64, -ALPHA)).collect();
        let sum: f64 = weights.iter().sum();
        let popularity = weights.iter().scan(0.0, |all, weight| {
            *all += weight / sum;
            Some(*all)
        });
        World {
            way,
            dice: Dice(seed.wrapping_mul(0x51_7c_c1_b7_27_22_0a_95)),
            now: 0,
            events: BinaryHeap::new(),
            count: 0,
            popularity: popularity.collect(),
            requests: Vec::new(),
            cache: BTreeMap::new(),
            tokens: BTreeMap::new(),
            loads: BTreeMap::new(),
            committed: vec![0; KEYS],
            idle: WORKERS,
            queue: VecDeque::new(),
            locked: BTreeMap::new(),
            writes: vec![(0, None)],
            writes_of: vec![Vec::new(); KEYS],
            hits: 0,
            misses: 0,
            reads: 0,
            stale: 0,
        }
    }

    fn after(&mut self, time: u64, event: Event) {
        self.count += 1;
        self.events.push(Reverse((self.now + time, self.count, event)));
    }

    fn run(mut self) -> Figures {
        let gap = self.dice.exponential(1e9 / RATE);
        self.after(gap, Event::Request);
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            self.now = at;
            self.happen(event);
        }
        Figures {
            stale: self.stale as f64,
            hit_ratio: self.hits as f64 / (self.hits + self.misses) as f64,
            database_reads: self.reads as f64,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Request if self.now < seconds(self.way) * 1_000 * MS => self.request(),
            Event::Request => {}
            Event::Get(r) => self.look_up(r),
            Event::Got(r, Some(value), _) => self.read_done(r, value),
            Event::Got(r, None, Some(token)) => {
                self.requests[r].token = Some(token);
                self.after(TO_DATABASE, Event::Query(r));
            }
            Event::Got(r, None, None) => {
                // Somebody else has the lease: ask again, after 2, 4 … 64 ms.
                let pause = self.requests[r].pause.clamp(2 * MS, 64 * MS);
                self.requests[r].pause = pause * 2;
                self.after(pause + TO_CACHE, Event::Get(r));
            }
            Event::Query(r) => {
                self.queue.push_back(r);
                self.serve();
            }
            Event::Served(r) => self.served(r),
            Event::Result(r) => self.result(r),
            Event::Fill(r) => self.fill(r),
            Event::ReadDone(r) => self.judge(r),
            Event::Change(r, which) => self.change(r, which),
            Event::Changed(r, which) => self.changed(r, which),
            Event::SecondDelete(r) => self.after(TO_CACHE, Event::Change(r, 2)),
            Event::Loaded(r) => self.loaded(r),
        }
    }

    fn request(&mut self) {
        let gap = self.dice.exponential(1e9 / RATE);
        self.after(gap, Event::Request);
        let (draw, writes) = (self.dice.unit(), self.dice.unit() < WRITES);
        let key = self.popularity.partition_point(|&below| below <= draw).min(KEYS - 1);
        let write = writes.then_some(self.writes.len());
        let r = self.requests.len();
        self.requests.push(Request { key, issued: self.now, write, ..Request::default() });
        if let Some(write) = write {
            self.writes.push((self.now, None));
            self.writes_of[key].push(write);
        }
        match (write, self.way) {
            (None, _) => self.after(TO_CACHE, Event::Get(r)),
            (Some(_), Way::DeleteTwice) => self.after(TO_CACHE, Event::Change(r, 0)),
            (Some(_), _) => self.after(TO_DATABASE, Event::Query(r)),
        }
    }

    // ---- The cache ----

    fn look_up(&mut self, r: usize) {
        let key = self.requests[r].key;
        let copy = self.cache.get(&key).filter(|(_, expires)| self.now <= *expires).map(|(value, _)| *value);
        if self.requests[r].pause == 0 {
            *(if copy.is_some() { &mut self.hits } else { &mut self.misses }) += 1;
        }
        match (copy, self.way) {
            (None, Way::ReadThrough) => {
                let load = self.loads.entry(key).or_default();
                let first = load.waiting.is_empty() && load.late.is_empty() && !load.overtaken;
                if load.overtaken {
                    load.late.push(r)
                } else {
                    load.waiting.push(r)
                }
                if first {
                    self.begin_load(key);
                }
            }
            (None, Way::Leases) => {
                let free = !self.tokens.contains_key(&key);
                let token = free.then_some(self.count);
                token.into_iter().for_each(|token| _ = self.tokens.insert(key, token));
                self.after(TO_CACHE, Event::Got(r, None, token));
            }
            (copy, _) => self.after(TO_CACHE, Event::Got(r, copy, Some(0))),
        }
    }

    fn fill(&mut self, r: usize) {
        let Request { key, saw, token, .. } = self.requests[r];
        let allowed = self.way != Way::Leases || self.tokens.get(&key) == token.as_ref();
        if allowed {
            self.tokens.remove(&key);
            self.cache.insert(key, (saw, self.now + ttl(self.way)));
        }
        self.after(TO_CACHE, Event::ReadDone(r));
    }

    /// A delete, or with `Update` the new value.
    fn change(&mut self, r: usize, which: u8) {
        let Request { key, write, .. } = self.requests[r];
        self.tokens.remove(&key);
        if let Some(load) = self.loads.get_mut(&key) {
            load.overtaken = true;
        }
        match (self.way, write) {
            (Way::Update, Some(write)) => _ = self.cache.insert(key, (write, self.now + ttl(self.way))),
            _ => _ = self.cache.remove(&key),
        }
        self.after(TO_CACHE, Event::Changed(r, which));
    }

    fn begin_load(&mut self, key: usize) {
        let r = self.requests.len();
        self.requests.push(Request { key, by_cache: true, ..Request::default() });
        self.after(TO_DATABASE, Event::Query(r));
    }

    fn loaded(&mut self, r: usize) {
        let Request { key, saw, .. } = self.requests[r];
        let load = self.loads.remove(&key).expect("a load that was begun");
        if !load.overtaken {
            self.cache.insert(key, (saw, self.now + ttl(self.way)));
        }
        for waiting in load.waiting {
            self.after(TO_CACHE, Event::Got(waiting, Some(saw), None));
        }
        if !load.late.is_empty() {
            self.loads.insert(key, Load { waiting: load.late, ..Load::default() });
            self.begin_load(key);
        }
    }

    // ---- The database ----

    fn serve(&mut self) {
        while self.idle > 0 {
            let Some(r) = self.queue.pop_front() else { return };
            let Request { key, write, .. } = self.requests[r];
            if write.is_some() {
                if let Some(line) = self.locked.get_mut(&key) {
                    line.push_back(r);
                    continue;
                }
                self.locked.insert(key, VecDeque::new());
            }
            self.begin(r);
        }
    }

    fn begin(&mut self, r: usize) {
        self.idle -= 1;
        let Request { key, write, .. } = self.requests[r];
        self.requests[r].saw = self.committed[key]; // the snapshot
        let time = self.dice.exponential(if write.is_some() { WRITE } else { READ } as f64);
        self.after(time, Event::Served(r));
    }

    fn served(&mut self, r: usize) {
        self.idle += 1;
        let Request { key, write, .. } = self.requests[r];
        match write {
            None => self.reads += 1,
            Some(write) => {
                self.committed[key] = write;
                let next = self.locked.get_mut(&key).and_then(VecDeque::pop_front);
                match next {
                    Some(next) => self.begin(next),
                    None => _ = self.locked.remove(&key),
                }
            }
        }
        self.serve();
        self.after(TO_DATABASE, if self.requests[r].by_cache { Event::Loaded(r) } else { Event::Result(r) });
    }

    // ---- The application ----

    fn result(&mut self, r: usize) {
        match (self.requests[r].write, self.way) {
            (None, _) => self.after(TO_CACHE, Event::Fill(r)),
            (Some(write), Way::DeleteTwice) => {
                self.writes[write].1 = Some(self.now);
                self.after(SECOND_DELETE, Event::SecondDelete(r));
            }
            (Some(_), _) => self.after(TO_CACHE, Event::Change(r, 1)),
        }
    }

    fn changed(&mut self, r: usize, which: u8) {
        match (which, self.requests[r].write) {
            (0, _) => self.after(TO_DATABASE, Event::Query(r)),
            (1, Some(write)) => self.writes[write].1 = Some(self.now),
            _ => {}
        }
    }

    fn read_done(&mut self, r: usize, value: usize) {
        self.requests[r].saw = value;
        self.judge(r);
    }

    /// Stale: a write that was acknowledged before the read was issued is newer than what it saw, which had ended before
    /// that write was issued. The initial value precedes every write; a write that is not acknowledged precedes none.
    fn judge(&mut self, r: usize) {
        let Request { key, issued, saw, .. } = self.requests[r];
        let precedes = |write: usize| match (saw, self.writes[saw].1) {
            (0, _) => true,
            (_, Some(ended)) => ended < self.writes[write].0,
            (_, None) => false,
        };
        let newer = |&&write: &&usize| self.writes[write].1.is_some_and(|ended| ended < issued) && precedes(write);
        self.stale += u64::from(self.writes_of[key].iter().rev().take(200).find(newer).is_some());
    }
}

// ---- Side by side ----

#[test]
fn look_aside_and_its_cures_serve_as_many_stale_reads_as_an_independent_simulation() {
    let seeds: Vec<u64> = (1..=10).collect();
    let mean =
        |figures: &[Figures], of: fn(&Figures) -> f64| figures.iter().map(of).sum::<f64>() / figures.len() as f64;
    for (way, races) in [
        (Way::Delete, true),
        (Way::DeleteTwice, true),
        (Way::Update, true),
        (Way::Leases, false),
        (Way::ReadThrough, false),
    ] {
        let ours = in_parallel(&seeds, |seed| cachelane(way, Reads::Snapshot, seed));
        let theirs = in_parallel(&seeds, |seed| World::new(way, seed).run());
        for (name, of, within) in [
            ("stale reads", (|f| f.stale) as fn(&Figures) -> f64, 0.1),
            ("hit ratio", |f| f.hit_ratio, 0.01),
            ("database reads", |f| f.database_reads, 0.02),
        ] {
            let (ours, theirs) = (mean(&ours, of), mean(&theirs, of));
            println!("{way:?}, {name}: {ours:.3}, independently {theirs:.3} ({:+.1} %)", (ours / theirs - 1.0) * 100.0);
            assert!((ours - theirs).abs() <= within * theirs, "{way:?}, {name}: {ours} against {theirs}");
        }
        assert_eq!(mean(&ours, |f| f.stale) > 100.0, races, "{way:?}: a race that leases and loads by the cache end");
    }
}

#[test]
fn a_read_that_saw_the_end_of_its_service_could_leave_nothing_stale_on_links_that_keep_the_order() {
    assert_eq!(cachelane(Way::Delete, Reads::Locking, 1).stale, 0.0);
}
