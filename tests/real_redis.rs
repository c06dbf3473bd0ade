//! The simulated policies against the product: a real redis-server on loopback, driven by the same keys.
//!
//! `make check-redis` runs this; it installs Debian's redis-server if there is none. Every request is a `GET`, and on a
//! miss a `SET` of 4 KiB, one after the other: nothing is pipelined, since the answer decides what is sent next.
//!
//! *How many entries it holds.* `maxmemory` counts everything the server allocates. It is filled with N entries of the
//! size used and its own `used_memory` then becomes the limit, so what an entry costs is not guessed. Buffers come and
//! go, by some entries' worth; so `DBSIZE` is asked every thousand requests, and the simulated cache has room for the
//! mean of that.
//!
//! *The clock.* Redis' LRU ticks once a second and its LFU decays by the minute, so it matters how fast the server was
//! driven. The moment of every request is noted, as time since 1970, and the simulated request comes at that moment.

#![allow(clippy::disallowed_methods, reason = "a real server lives in real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use cachelane::cache::store::{Entry, Lookup, Room, Store};
use cachelane::random::Streams;
use cachelane::scenario::Eviction;
use cachelane::time::Nanos;
use cachelane::workload::requests::Operation;
use cachelane::workload::trace::Trace;

use crate::anchors_counts::generated;

/// Large against what a server's own tables and buffers take.
const VALUE_BYTES: usize = 4_096;
/// How far hit ratios may be apart.
const WITHIN: f64 = 0.01;
/// Requests between two looks at the number of entries.
const LOOK_EVERY: usize = 1_000;

/// A redis-server of our own, ended with the test.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Server {
        // The port is free for a moment after this, and the server says so if it is not.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let mut process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir", &std::env::temp_dir().to_string_lossy(), "--dbfilename", "unused.rdb"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server can be started; `scripts/setup redis` installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut said = Vec::new();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| {
            let ready = line.contains("Ready to accept connections");
            said.push(line);
            ready
        });
        assert!(ready, "redis-server ended: {}", said.join("\n"));
        // What it says later is read and thrown away, so that it never waits for us.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Server { process, port }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it accepts connections");
        stream.set_nodelay(true).expect("a socket option");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket option");
        Client { reader: BufReader::new(stream.try_clone().expect("a second handle")), stream, out: Vec::new() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Of no use to anyone afterwards, and its files are ours.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server answers.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Nothing,
    Number(i64),
    Text(Vec<u8>),
}

/// As much of Redis' protocol as is needed here.
struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    out: Vec<u8>,
}

impl Client {
    fn ask(&mut self, words: &[&[u8]]) -> Reply {
        self.out.clear();
        write!(self.out, "*{}\r\n", words.len()).expect("memory");
        for word in words {
            write!(self.out, "${}\r\n", word.len()).expect("memory");
            self.out.extend_from_slice(word);
            self.out.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&self.out).expect("the server is there");
        self.reply()
    }

    fn reply(&mut self) -> Reply {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the server answers");
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "+" => Reply::Text(rest.as_bytes().to_vec()),
            ":" => Reply::Number(rest.parse().expect("a number")),
            "$" if rest == "-1" => Reply::Nothing,
            "$" => {
                let mut text = vec![0; rest.parse::<usize>().expect("a length") + 2];
                self.reader.read_exact(&mut text).expect("the whole text");
                text.truncate(text.len() - 2);
                Reply::Text(text)
            }
            _ => {
                panic!("the server said {line:?} to {:?}", String::from_utf8_lossy(&self.out[..self.out.len().min(80)]))
            }
        }
    }

    fn ok(&mut self, words: &[&str]) {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        assert_eq!(self.ask(&words), Reply::Text(b"OK".to_vec()));
    }

    fn number(&mut self, word: &str) -> u64 {
        match self.ask(&[word.as_bytes()]) {
            Reply::Number(number) => number as u64,
            other => panic!("{word}: {other:?}"),
        }
    }

    fn used_memory(&mut self) -> u64 {
        let Reply::Text(text) = self.ask(&[b"INFO", b"memory"]) else { panic!("INFO is a text") };
        let text = String::from_utf8(text).expect("INFO is a text");
        let line = text.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("INFO tells the memory used");
        line.parse().expect("a number")
    }

    /// An empty server that will hold about `entries` entries by this policy.
    fn prepare(&mut self, policy: &str, entries: u32) {
        let value = vec![b'v'; VALUE_BYTES];
        self.ok(&["CONFIG", "SET", "maxmemory", "0"]);
        self.ok(&["FLUSHALL", "SYNC"]);
        for key in 0..entries {
            self.ask(&[b"SET", format!("{}", 100_000 + key).as_bytes(), &value, b"PX", b"1000000"]);
        }
        let limit = self.used_memory();
        self.ok(&["FLUSHALL", "SYNC"]);
        self.ok(&["CONFIG", "SET", "maxmemory-policy", policy]);
        self.ok(&["CONFIG", "SET", "maxmemory", &limit.to_string()]);
    }
}

/// The life that a key is given: from 1,000 to 2,000 seconds, so that none ends meanwhile.
fn life_ms(key: u32) -> u64 {
    1_000_000 + u64::from(key) * 7_919 % 1_000 * 1_000
}

/// What was seen of the server.
struct Seen {
    hits: u64,
    /// When each request was sent.
    moments: Vec<Nanos>,
    /// The mean number of entries once it was full.
    entries: f64,
}

fn drive(client: &mut Client, keys: &[u32]) -> Seen {
    let value = vec![b'v'; VALUE_BYTES];
    let mut seen = Seen { hits: 0, moments: Vec::with_capacity(keys.len()), entries: 0.0 };
    let mut looks = Vec::new();
    for (number, &key) in keys.iter().enumerate() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
        seen.moments.push(Nanos(now.as_nanos() as u64));
        let name = key.to_string();
        if client.ask(&[b"GET", name.as_bytes()]) != Reply::Nothing {
            seen.hits += 1;
        } else {
            let life = life_ms(key).to_string();
            client.ask(&[b"SET", name.as_bytes(), &value, b"PX", life.as_bytes()]);
        }
        if number % LOOK_EVERY == LOOK_EVERY - 1 {
            looks.push(client.number("DBSIZE"));
        }
    }
    let full: Vec<u64> = looks.split_off(looks.len() / 4);
    seen.entries = full.iter().sum::<u64>() as f64 / full.len() as f64;
    seen
}

/// Hits of the simulated policy on the same keys at the same moments, the mean of some seeds.
fn simulate(policy: Eviction, keys: &[u32], seen: &Seen) -> f64 {
    const SEEDS: u64 = 5;
    let room = Room::entries_of(seen.entries.round() as u32);
    let hits = |seed| {
        let mut store = Store::new(policy, room, Streams::new(seed).named("eviction"));
        let requests = keys.iter().zip(&seen.moments);
        requests.fold(0, |hits, (&key, &now)| {
            let hit = matches!(store.get(key, now), Lookup::Hit(_));
            if !hit {
                let _ = store.insert(Entry::new(key, 0, now + Nanos::from_millis(life_ms(key))), now);
            }
            hits + u64::from(hit)
        })
    };
    (0..SEEDS).map(hits).sum::<u64>() as f64 / SEEDS as f64
}

/// A recorded trace, where it is there; on a CI machine (`CI` set) it must be.
fn web07() -> Option<Vec<u32>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/traces/web07.txt");
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none(), "CI is set, and {} cannot be read", path.display());
        println!("*** {} is not there: only the generated sequence is used ***", path.display());
        return None;
    };
    Some(text.lines().map(|line| line.parse().expect("a number")).collect())
}

/// Both traces at several capacities by one policy.
fn compare(name: &str, policy: Eviction) {
    let server = Server::start();
    let mut client = server.connect();
    let generated = generated();
    let mut cases = vec![("generated", &generated, 256), ("generated", &generated, 1_000)];
    let web = web07();
    if let Some(web) = &web {
        cases.extend([("web07", web, 300), ("web07", web, 1_200)]);
    }
    let mut apart = Vec::new();
    for (trace, keys, entries) in cases {
        client.prepare(name, entries);
        let seen = drive(&mut client, keys);
        let requests = keys.len() as f64;
        let (real, simulated) = (seen.hits as f64 / requests, simulate(policy, keys, &seen) / requests);
        let took = Nanos(seen.moments[keys.len() - 1].0 - seen.moments[0].0).as_secs_f64();
        println!(
            "{name:12} {trace:9} {entries:5} entries (held {:7.1}): server {:6.2} %, simulated {:6.2} %, apart {:+.2} points, {took:.1} s",
            seen.entries,
            real * 100.0,
            simulated * 100.0,
            (simulated - real) * 100.0
        );
        if (simulated - real).abs() > WITHIN {
            apart.push(format!("{trace} at {entries}"));
        }
    }
    assert!(apart.is_empty(), "more than a percentage point apart: {apart:?}");
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_server_with_allkeys_lru_hits_as_often_as_the_simulated_policy() {
    compare("allkeys-lru", Eviction::RedisLru);
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_server_with_allkeys_lfu_hits_as_often_as_the_simulated_policy() {
    compare("allkeys-lfu", Eviction::RedisLfu);
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_server_with_volatile_ttl_hits_as_often_as_the_simulated_policy() {
    compare("volatile-ttl", Eviction::VolatileTtl);
}

/// What `redis-cli MONITOR` prints while `work` is done, up to a last command that says so.
fn monitored(server: &Server, client: &mut Client, work: impl FnOnce(&mut Client)) -> String {
    let mut monitor = Command::new("redis-cli")
        .args(["-p", &server.port.to_string(), "MONITOR"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-cli can be started; `scripts/setup redis` installs it");
    let mut printed = BufReader::new(monitor.stdout.take().expect("piped"));
    let mut text = String::new();
    printed.read_line(&mut text).expect("it says OK once it listens");
    assert_eq!(text.trim_end(), "OK");
    // Read meanwhile: a monitor that falls behind is cut off by the server.
    let reader = std::thread::spawn(move || {
        while !text.ends_with("\"the end\"\n") {
            assert!(printed.read_line(&mut text).expect("text") > 0, "the monitor ended early");
        }
        text
    });
    work(client);
    client.ask(&[b"ECHO", b"the end"]);
    let text = reader.join().expect("the whole output");
    let _ = monitor.kill();
    let _ = monitor.wait();
    text
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn what_a_server_was_asked_is_read_back_from_its_monitor_request_by_request() {
    let server = Server::start();
    let mut client = server.connect();
    let keys = &generated()[..10_000];
    let mut asked: Vec<(u32, Operation)> = Vec::new();
    let text = monitored(&server, &mut client, |client| {
        for &key in keys {
            let name = format!("user \"{key}\"\\\n");
            asked.push((key, Operation::Read));
            if client.ask(&[b"GET", name.as_bytes()]) == Reply::Nothing {
                asked.push((key, Operation::Write));
                client.ask(&[b"SET", name.as_bytes(), b"a \"value\"\xFF", b"PX", b"100000"]);
            }
        }
    });
    let trace = Trace::read("monitor.txt", text.as_bytes(), None).expect("it is read");
    // Ids are given in the order in which keys first appear, whatever their names.
    let mut ids = std::collections::BTreeMap::new();
    let expected: Vec<(u32, Operation)> = asked
        .iter()
        .map(|&(key, operation)| {
            let next = ids.len() as u32;
            (*ids.entry(key).or_insert(next), operation)
        })
        .collect();
    let read: Vec<(u32, Operation)> =
        trace.keys().iter().enumerate().map(|(n, &key)| (key, trace.operation(n).expect("MONITOR says it"))).collect();
    assert_eq!(read.len(), expected.len());
    assert!(read == expected, "the same keys and operations in the same order");
    println!("{} commands read back from MONITOR, {} keys", read.len(), ids.len());
}
