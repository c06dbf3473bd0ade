//! Commands in a replay against commands in the product: a real redis-server is given commands, its `MONITOR` is
//! captured and replayed, and the hits and misses must be those that the server counted (`keyspace_hits`,
//! `keyspace_misses` of `INFO`), exactly, at every checkpoint.
//!
//! *The clock.* Redis ends values by its clock in milliseconds, taken when a command begins; `MONITOR` prints the moment at
//! which it was done. In the one millisecond in which a value ends the two may differ. Random sequences keep away from it:
//! a life is either a millisecond and a pause follows, or longer than the check. In live sessions, where lives end when
//! they end, the capture is replayed with every end two milliseconds earlier, and later; where that changes a count, it
//! says nothing, and another one is taken.

#![allow(clippy::disallowed_methods, reason = "a real server lives in real time")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use cachelane::cache::replay::Replay;
use cachelane::keyspace::{Command, Doubts, Expiry};
use cachelane::random::{Stream, Streams};
use cachelane::scenario::Eviction;
use cachelane::workload::trace::Records;

use crate::commands::counted_look_ups;
use crate::redis_server::{Client, Reply, Server, monitored};

/// Hits and misses.
type Counts = (u64, u64);

/// What the server has counted.
fn counted(client: &mut Client) -> Counts {
    let Reply::Text(text) = client.ask(&[b"INFO", b"stats"]) else { panic!("INFO is a text") };
    let text = String::from_utf8(text).expect("INFO is a text");
    let count = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("INFO says it");
        line.parse().expect("a number")
    };
    (count("keyspace_hits:"), count("keyspace_misses:"))
}

/// The same, and how many clients wait.
fn waiting(client: &mut Client) -> u64 {
    let Reply::Text(text) = client.ask(&[b"INFO", b"clients"]) else { panic!("INFO is a text") };
    let text = String::from_utf8(text).expect("INFO is a text");
    let line = text.lines().find_map(|line| line.strip_prefix("blocked_clients:")).expect("INFO says it");
    line.parse().expect("a number")
}

/// What a replay counted whenever the watcher, who is the first client, asked for something; and whether each of the
/// watcher's look-ups hit.
struct Replayed {
    at_checkpoints: Vec<Counts>,
    watched: Vec<bool>,
    doubts: Doubts,
}

/// Replays a capture, every end of life moved by so many milliseconds.
fn replayed(text: &str, later_ms: i64) -> Replayed {
    let mut cache = Replay::new(Eviction::Lru, 1_000_000, None, 1).leaving_misses();
    let mut watcher = None;
    let (mut at_checkpoints, mut watched) = (Vec::new(), Vec::new());
    for record in Records::open("-", text.as_bytes(), None).expect("it is read") {
        let mut record = record.expect("a record");
        record.at.into_iter().for_each(|at| cache.set_clock(at));
        let command = record.command.as_mut().expect("MONITOR says it");
        move_ends(command, later_ms);
        let before = cache.counts();
        cache.run(&record.clone().ask(), record.command.as_ref().expect("it has one"));
        watcher = watcher.or(record.client);
        if record.client == watcher {
            at_checkpoints.push((before.hits, before.misses));
            watched.push(cache.counts().hits > before.hits);
        }
    }
    Replayed { at_checkpoints, watched, doubts: cache.doubts() }
}

fn move_ends(command: &mut Command, later_ms: i64) {
    let expiry = match command {
        Command::Store { expiry, .. } | Command::StoreAll { expiry, .. } | Command::Restore { expiry, .. } => expiry,
        Command::Expire { to, .. } => to,
        Command::UnlessNoText(command) => return move_ends(command, later_ms),
        _ => return,
    };
    if let Expiry::At(end) = expiry {
        end.0 = end.0.saturating_add_signed(later_ms * 1_000_000);
    }
}

// ---- Random sequences ----

/// Commands drawn at random, with the server's answers where they matter.
struct Draws {
    stream: Stream,
    /// How many lives were given: each is another one, so that none is compared with its equal.
    lives: u64,
    made: u64,
    /// What DUMP gave last.
    dumped: Vec<u8>,
}

/// One step of a sequence.
enum Step {
    /// A command of a client.
    One(Vec<Vec<u8>>),
    /// Commands of a transaction.
    Transaction(Vec<Vec<Vec<u8>>>),
    /// A command of a client that may wait for its answer.
    Waits(Vec<Vec<u8>>),
    /// The rest of the test happens in this database.
    Select(u32),
}

fn words(text: &str) -> Vec<Vec<u8>> {
    text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

impl Draws {
    fn new(seed: u32) -> Draws {
        let stream = Streams::new(u64::from(seed)).named("commands for a server");
        Draws { stream, lives: 0, made: 0, dumped: Vec::new() }
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.stream.below(from.len() as u32) as usize]
    }

    /// A number that no other draw gives: 100,000 and more.
    fn unique(&mut self) -> u64 {
        self.lives += 1;
        100_000 + self.lives * 7_919 % 100_003 * 10
    }

    /// A key for values of one kind: `t` texts, `l` lists, `s` sets, `h` hashes, `z` sorted sets, `x` streams, `p`
    /// HyperLogLogs, or `m` of any kind.
    fn key(&mut self, kind: char) -> String {
        format!("{kind}{}", self.stream.below(3))
    }

    fn kind(&mut self) -> char {
        ['t', 't', 't', 'm', 'm', 'm', 'l', 's', 'h', 'z', 'x', 'p'][self.stream.below(12) as usize]
    }

    /// A kind of which the key of another is not spoilt by a text.
    fn text_kind(&mut self) -> char {
        ['t', 'm'][self.stream.below(2) as usize]
    }

    fn member(&mut self) -> String {
        format!("e{}", self.stream.below(4))
    }

    /// An end of life as an option of `SET` and its like; one that is over soon says so.
    fn life(&mut self) -> (String, bool) {
        let unique = self.unique();
        let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("later than 1970").as_secs();
        match self.stream.below(8) {
            0 => ("PX 1".to_owned(), true),
            1 => ("PXAT 1000".to_owned(), true),
            2 | 3 => (format!("EX {unique}"), false),
            4 => (format!("PX {}", unique * 1_000), false),
            5 => (format!("EXAT {}", now_s + unique), false),
            6 => (format!("PXAT {}", (now_s + unique) * 1_000), false),
            _ => (["EX 0", "PX -5", "EX soon", "EXAT -1"][self.stream.below(4) as usize].to_owned(), false),
        }
    }

    fn set(&mut self) -> (String, bool) {
        let kind = self.text_kind();
        let mut text = format!("SET {} {}", self.key(kind), self.stream.below(100));
        let mut short = false;
        match self.stream.below(5) {
            0 => text.push_str(" KEEPTTL"),
            1 | 2 => {
                let (life, over) = self.life();
                text.push_str(&format!(" {life}"));
                short = over;
            }
            _ => {}
        }
        text.push_str(["", "", " NX", " XX", " nx"][self.stream.below(5) as usize]);
        text.push_str(["", "", " GET"][self.stream.below(3) as usize]);
        (text, short)
    }

    fn expire(&mut self) -> (String, bool) {
        let (kind, unique) = (self.kind(), self.unique());
        let key = self.key(kind);
        let only =
            ["", "", "", " NX", " XX", " GT", " LT", " XX GT", " XX LT", " NX GT"][self.stream.below(10) as usize];
        let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("later than 1970").as_secs();
        match self.stream.below(8) {
            0 => (format!("PEXPIRE {key} 1{only}"), true),
            1 => (format!("EXPIRE {key} {}{only}", ["0", "-1", "-100000"][self.stream.below(3) as usize]), false),
            2 => (format!("EXPIREAT {key} {}{only}", ["1", "0", "-5"][self.stream.below(3) as usize]), false),
            3 => (format!("PEXPIRE {key} {}{only}", unique * 1_000), false),
            4 => (format!("EXPIREAT {key} {}{only}", now_s + unique), false),
            5 => (format!("PEXPIREAT {key} {}{only}", (now_s + unique) * 1_000), false),
            _ => (format!("EXPIRE {key} {unique}{only}"), false),
        }
    }

    fn getex(&mut self) -> (String, bool) {
        let kind = self.text_kind();
        let key = self.key(kind);
        match self.stream.below(3) {
            0 => (format!("GETEX {key}"), false),
            1 => (format!("GETEX {key} PERSIST"), false),
            _ => {
                let (life, short) = self.life();
                (format!("GETEX {key} {life}"), short)
            }
        }
    }

    /// Commands on texts.
    fn text_command(&mut self) -> (String, bool) {
        let kind = self.text_kind();
        let (key, other) = (self.key(kind), self.key(kind));
        let text = match self.stream.below(24) {
            0..=4 => return self.set(),
            5 | 6 => return self.getex(),
            7 => {
                let (unique, short) = (self.unique(), self.stream.chance(0.3));
                return if short {
                    (format!("PSETEX {key} 1 v"), true)
                } else {
                    (format!("SETEX {key} {unique} 7"), false)
                };
            }
            8 => format!("SETNX {key} 5"),
            9 => format!("GETSET {key} 6"),
            10 => format!("GETDEL {key}"),
            11 => format!("INCR {key}"),
            12 => format!("DECRBY {key} {}", self.pick(&["3", "-3", "x", "-9223372036854775808"])),
            13 => format!("INCRBYFLOAT {key} {}", self.pick(&["0.5", "0x10", "inf", "nan"])),
            14 => format!("APPEND {key} {}", self.pick(&["1", ""])),
            15 => format!("SETRANGE {key} {} {}", self.pick(&["1", "1", "536870912"]), self.pick(&["0", ""])),
            16 => format!("SETBIT {key} {} 1", self.pick(&["3", "-1", "x"])),
            17 => format!("BITFIELD {key} {}", self.pick(&["GET u8 0", "SET u8 0 1", "INCRBY i5 2 1", "SET u99 0 1"])),
            18 => format!("MSET {key} 1 {other} 2"),
            19 => format!("MSETNX {key} 1 {other} 2"),
            20 => format!("MGET {key} {other} {key}"),
            21 => format!("BITOP {} {key} {other} {}", self.pick(&["AND", "OR", "XOR"]), self.key(kind)),
            22 => format!("STRLEN {key}"),
            _ => format!("GET {key}"),
        };
        (text, false)
    }

    /// Commands on keys whatever they hold.
    fn whole_command(&mut self) -> (String, bool) {
        let kind = self.kind();
        let (key, other) = (self.key(kind), self.key(kind));
        let text = match self.stream.below(22) {
            0..=4 => return self.expire(),
            5 => format!("PERSIST {key}"),
            6 => format!("DEL {key} {other}"),
            7 => format!("UNLINK {key}"),
            8 | 9 => format!("EXISTS {key} {other} {key}"),
            10 => format!("TOUCH {key} {other}"),
            11 | 12 => {
                format!("{} {key}", self.pick(&["TTL", "PTTL", "TYPE", "DUMP", "EXPIRETIME", "OBJECT ENCODING"]))
            }
            13 => format!("RENAME {key} {other}"),
            14 => format!("RENAMENX {key} {other}"),
            15 => format!(
                "COPY {key} {other}{}",
                self.pick(&["", " REPLACE", " DB 1", " DB 1 REPLACE", " DB x", " DB 99", " DB 16 REPLACE"])
            ),
            16 => format!("MOVE {key} {}", self.pick(&["1", "0", "x", "16", "-1", "55"])),
            17 if self.stream.chance(0.05) => {
                self.pick(&["FLUSHDB", "FLUSHALL", "FLUSHDB ASYNC", "FLUSHALL NOW"]).to_owned()
            }
            18 if self.stream.chance(0.2) => {
                self.pick(&["SWAPDB 0 1", "SWAPDB 0 0", "SWAPDB 0 x", "SWAPDB 0 99", "SWAPDB 1 0"]).to_owned()
            }
            19 => format!(
                "EVAL redis.call('SET',KEYS[1],'1','EX','{}');return(redis.call('GET',KEYS[1])) 1 {}",
                self.unique(),
                self.key('t')
            ),
            20 => format!("EVAL return(redis.call('EXISTS',KEYS[1],KEYS[2])) 2 {key} {other}"),
            _ => format!(
                "RESTORE-DUMPED {} {} {}",
                self.key('t'),
                self.pick(&["0", "100000000", "-1"]),
                self.pick(&["", "REPLACE"])
            ),
        };
        (text, false)
    }

    /// Commands on lists, sets, hashes, sorted sets and streams.
    #[expect(clippy::too_many_lines, reason = "a flat list of commands, a line each")]
    fn element_command(&mut self) -> String {
        let (e, f) = (self.member(), self.member());
        let mixed = self.stream.chance(0.25);
        let mut key = |kind| self.key(if mixed { 'm' } else { kind });
        let (l, l2, s, h, z, x) = (key('l'), key('l'), key('s'), key('h'), key('z'), key('x'));
        let (s1, s2, z1, z2) = (self.key('s'), self.key('s'), self.key('z'), self.key('z'));
        let (p, p2) = (self.key('p'), self.key('p'));
        let (m, m2, m3, bad) =
            (self.key('m'), self.key('m'), self.key('m'), self.pick(&["x", "1.5", "", "0"]).to_owned());
        self.made += 1;
        let made = self.made;
        let one = [
            format!("LPUSH {l} {e} {f}"),
            format!("RPUSH {l} {e}"),
            format!("LPUSHX {l} {e}"),
            format!("LPOP {l}"),
            format!("RPOP {l} 2"),
            format!("LPOP {l} 0"),
            format!("LREM {l} 0 {e}"),
            format!("LREM {l} -1 {e}"),
            format!("LTRIM {l} 0 1"),
            format!("LTRIM {l} 1 -1"),
            format!("LTRIM {l} 5 9"),
            format!("LSET {l} 0 {e}"),
            format!("LINSERT {l} BEFORE {e} {f}"),
            format!("RPOPLPUSH {l} {l2}"),
            format!("LMOVE {l} {l2} LEFT RIGHT"),
            format!("LMPOP 2 {l} {l2} LEFT COUNT 2"),
            format!("LLEN {l}"),
            format!("LRANGE {l} 0 -1"),
            format!("LPOS {l} {e}"),
            format!("SORT {l} ALPHA STORE {l2}"),
            format!("SORT {l} ALPHA LIMIT 1 1 STORE {l2}"),
            format!("SADD {s} {e} {f}"),
            format!("SADD {s} {e}"),
            format!("SREM {s} {e} {f}"),
            format!("SREM {s} {e}"),
            format!("SMOVE {s1} {s2} {e}"),
            format!("SMEMBERS {s}"),
            format!("SISMEMBER {s} {e}"),
            format!("SINTERSTORE {s} {s1} {s2}"),
            format!("SUNIONSTORE {s} {s1} {s2}"),
            format!("SDIFFSTORE {s} {s1} {s2}"),
            format!("SUNION {s1} {s2}"),
            format!("SINTERCARD 2 {s1} {s2}"),
            format!("SADD u0 n{made}"),
            format!("SADD u0 n{made}"),
            "SPOP u0".to_owned(),
            "SPOP u0 2".to_owned(),
            format!("HSET {h} {e} 1 {f} 2"),
            format!("HSETNX {h} {e} 1"),
            format!("HDEL {h} {e}"),
            format!("HDEL {h} {e} {f}"),
            format!("HINCRBY {h} {e} 1"),
            format!("HINCRBY {h} {e} x"),
            format!("HGET {h} {e}"),
            format!("HMGET {h} {e} {f}"),
            format!("HGETALL {h}"),
            format!("HLEN {h}"),
            format!("ZADD {z} {} {e} {} {f}", made % 7, made % 5),
            format!("ZADD {z} XX {} {e}", made % 7),
            format!("ZADD {z} NX {} {e}", made % 7),
            format!("ZADD {z} GT {} {e}", made % 7),
            format!("ZADD {z} LT CH {} {e}", made % 7),
            format!("ZADD {z} NX GT 1 {e}"),
            format!("ZADD {z} x {e}"),
            format!("ZADD {z} INCR {} {e}", made % 3),
            format!("ZINCRBY {z} -2 {e}"),
            format!("ZREM {z} {e}"),
            format!("ZREM {z} {e} {f}"),
            format!("ZPOPMIN {z}"),
            format!("ZPOPMAX {z} 2"),
            format!("ZMPOP 2 {z} {z1} MIN"),
            format!("ZREMRANGEBYSCORE {z} -inf {}", made % 7),
            format!("ZREMRANGEBYSCORE {z} ({} +inf", made % 7),
            format!("ZREMRANGEBYSCORE {z} a b"),
            format!("ZREMRANGEBYRANK {z} 0 0"),
            format!("ZREMRANGEBYRANK {z} -1 -1"),
            format!("ZREMRANGEBYRANK {z} 1 -1"),
            format!("ZCARD {z}"),
            format!("ZRANGE {z} 0 -1"),
            format!("ZCOUNT {z} 0 3"),
            format!("ZSCORE {z} {e}"),
            format!("ZUNIONSTORE {z} 2 {z1} {z2} WEIGHTS 2 1"),
            format!("ZINTERSTORE {z} 2 {z1} {s1} AGGREGATE MAX"),
            format!("ZDIFFSTORE {z} 2 {z1} {z2}"),
            format!("ZRANGESTORE {z} {z1} 0 1"),
            format!("ZRANGESTORE {z} {z1} 0 0 REV"),
            format!("ZRANGESTORE {z} {z1} 0 3 BYSCORE LIMIT 0 1"),
            format!("ZRANGESTORE {z} {z1} 5 (1 BYSCORE REV"),
            format!("XADD {x} * f v"),
            format!("XADD {x} NOMKSTREAM * f v"),
            format!("XLEN {x}"),
            format!("XTRIM {x} MAXLEN 0"),
            "XREAD COUNT 1 STREAMS x0 x1 0 0".to_owned(),
            format!("XGROUP CREATE {x} g{made} $ MKSTREAM"),
            format!("XGROUP CREATE {x} h{made} $"),
            format!("PFADD {p} {e}"),
            format!("PFCOUNT {p} {p2}"),
            format!("PFMERGE {p} {p2}"),
            format!("PFADD {m} {e}"),
            format!("PFADD {m} {e}"),
            format!("PFCOUNT {m} {m2} {p}"),
            format!("PFMERGE {m} {m2} {m3}"),
            format!("PFMERGE {p} {m}"),
            format!("SUNION {m} {m2} {s}"),
            format!("ZINTER 2 {m} {m2}"),
            format!("ZUNIONSTORE {m} 2 {z1} {s1} WEIGHTS 1 {bad}"),
            format!("BITOP OR {m} {m2} {m3}"),
            format!("XADD {x} {made}-* f v"),
            format!("XADD {x} {bad} f v"),
            format!("XADD {x} MAXLEN {bad} * f v"),
            format!("XADD {x} {made}-1 nomkstream v"),
            format!("XGROUP CREATE {x} i{made} {bad} MKSTREAM"),
            format!("XREAD COUNT 1 STREAMS {m} {x} 0 {bad}"),
            format!("XRANGE {x} {bad} +"),
            format!("LRANGE {l} 0 {bad}"),
            format!("LPOS {l} {e} RANK {bad}"),
            format!("GETRANGE {m} {bad} 1"),
            format!("GETBIT {m} {bad}"),
            format!("SRANDMEMBER {s} {bad}"),
            format!("HSCAN {h} {bad}"),
            format!("ZRANGEBYSCORE {z} {bad} 0x5"),
            format!("ZRANGE {z} 0 {bad} LIMIT 0 1"),
            format!("ZADD {z} 0x{} {e}", made % 7),
            format!("HINCRBYFLOAT {h} n {bad}"),
        ];
        let place = self.stream.below(one.len() as u32) as usize;
        one[place].clone()
    }

    fn step(&mut self) -> (Step, bool) {
        let one = |(text, short): (String, bool)| (Step::One(words(&text)), short);
        match self.stream.below(40) {
            0..=14 => one(self.text_command()),
            15..=24 => one(self.whole_command()),
            25 => (Step::Select(self.stream.below(2)), false),
            26 => {
                let commands: Vec<(String, bool)> = (0..3).map(|_| self.text_command()).collect();
                let short = commands.iter().any(|(_, short)| *short);
                // Within a transaction there is no pause.
                if short {
                    one(self.set())
                } else {
                    (Step::Transaction(commands.iter().map(|(text, _)| words(text)).collect()), false)
                }
            }
            27 => {
                let (l, l2, z) = (self.key('l'), self.key('l'), self.key('z'));
                let text = match self.stream.below(4) {
                    0 => format!("BLPOP {l} {l2} 0"),
                    1 => format!("BRPOP {l} 0"),
                    2 => format!("BLMOVE {l} {l2} RIGHT LEFT 0"),
                    _ => format!("BZPOPMIN {z} 0"),
                };
                (Step::Waits(words(&text)), false)
            }
            _ => one((self.element_command(), false)),
        }
    }
}

/// The clients of a sequence.
struct Session<'s> {
    main: &'s mut Client,
    watcher: Client,
    waiter: Client,
    waits: bool,
    checkpoints: Vec<Counts>,
    /// What was sent since the last checkpoint, and at which checkpoint.
    sent: BTreeMap<usize, Vec<String>>,
}

impl Session<'_> {
    fn note(&mut self, words: &[Vec<u8>]) {
        let text: Vec<String> = words.iter().map(|word| word.escape_ascii().to_string()).collect();
        self.sent.entry(self.checkpoints.len()).or_default().push(text.join(" "));
    }

    fn send(&mut self, command: &[Vec<u8>]) -> Reply {
        self.note(command);
        let refs: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        self.main.ask_any(&refs)
    }

    /// Nothing happens for some milliseconds: the client waits for an element that does not come.
    fn pause(&mut self) {
        self.send(&words("BLPOP nothing:comes 0.008"));
    }

    fn checkpoint(&mut self) {
        let counts = counted(&mut self.watcher);
        self.watcher.ask(&[b"EXISTS", b"a checkpoint"]);
        self.checkpoints.push(counts);
    }

    fn run(&mut self, draws: &mut Draws, step: Step) {
        match step {
            Step::One(mut command) => {
                if command[0] == b"RESTORE-DUMPED" {
                    if draws.dumped.is_empty() {
                        return;
                    }
                    command[0] = b"RESTORE".to_vec();
                    command.insert(3, draws.dumped.clone());
                    command.retain(|word| !word.is_empty());
                }
                let reply = self.send(&command);
                // Of texts only: of other kinds nobody can say from their dump what they hold.
                if let (b"DUMP", Reply::Text(payload)) = (command[0].as_slice(), reply)
                    && payload.first() == Some(&0)
                {
                    draws.dumped = payload;
                }
            }
            Step::Transaction(commands) => {
                self.send(&words("MULTI"));
                commands.iter().for_each(|command| drop(self.send(command)));
                self.send(&words("EXEC"));
            }
            Step::Select(database) => {
                let command = words(&format!("SELECT {database}"));
                self.send(&command);
            }
            Step::Waits(command) => self.wait(&command),
        }
    }

    /// A second client asks for an element, and waits if there is none.
    fn wait(&mut self, command: &[Vec<u8>]) {
        if self.waits && waiting(&mut self.watcher) > 0 {
            return;
        }
        if self.waits {
            self.waiter.reply();
        }
        self.note(command);
        let refs: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        self.waiter.say(&refs);
        // It waits, or has been answered; nobody else may come before it.
        self.waits = true;
        self.settle();
    }

    /// Comes back when the server has got to what the waiter sent.
    fn settle(&mut self) {
        let begun = Instant::now();
        while waiting(&mut self.watcher) == 0 && !self.waiter.has_answer() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server neither answers nor lets wait");
        }
    }
}

/// A sequence of commands on a server, and what came of it there and in the replay.
fn sequence(server: &Server, seed: u32, length: usize) {
    let mut client = server.connect();
    client.ok(&["FLUSHALL", "SYNC"]);
    client.ok(&["CONFIG", "RESETSTAT"]);
    // Who waits is told ten times as often that it was in vain.
    client.ok(&["CONFIG", "SET", "hz", "100"]);
    let (watcher, waiter) = (server.connect(), server.connect());
    let mut found: Vec<(String, bool)> = Vec::new();
    let (mut checkpoints, mut sent) = (Vec::new(), BTreeMap::new());
    let text = monitored(server, &mut client, |main| {
        let mut session =
            Session { main, watcher, waiter, waits: false, checkpoints: Vec::new(), sent: BTreeMap::new() };
        let mut draws = Draws::new(seed);
        session.checkpoint();
        for number in 0..length {
            let (step, short) = draws.step();
            session.run(&mut draws, step);
            if short {
                session.pause();
            }
            if number % 10 == 9 {
                session.checkpoint();
            }
        }
        session.checkpoint();
        for database in ["0", "1"] {
            session.watcher.ok(&["SELECT", database]);
            let kinds = "tmlshzxp".chars().flat_map(|kind| (0..3).map(move |number| format!("{kind}{number}")));
            for key in kinds.chain(["u0".to_owned()]) {
                let there = session.watcher.ask(&[b"EXISTS", key.as_bytes()]) == Reply::Number(1);
                found.push((format!("{key} in database {database}"), there));
            }
        }
        (checkpoints, sent) = (session.checkpoints, session.sent);
    });
    let replay = replayed(&text, 0);
    assert_eq!(replay.doubts, Doubts::default(), "seed {seed}: everything is known");
    for (number, (real, replayed)) in checkpoints.iter().zip(&replay.at_checkpoints).enumerate() {
        let steps = sent.get(&number).map(|sent| sent.join("\n")).unwrap_or_default();
        assert_eq!(replayed, real, "seed {seed}, hits and misses (replay, server) after\n{steps}");
    }
    let last = &replay.watched[checkpoints.len()..];
    assert_eq!(last.len(), found.len());
    for ((key, there), replayed) in found.iter().zip(last) {
        assert_eq!(replayed, there, "seed {seed}: {key} is there at the end (replay, server)");
    }
    let (hits, misses) = checkpoints.last().expect("some");
    let living = found.iter().filter(|(_, there)| *there).count();
    println!(
        "seed {seed}: {length} steps, {hits} hits and {misses} misses, {living} keys at the end, all as in the server"
    );
    assert!(*hits > 500 && *misses > 500 && living > 5, "a sequence that says something");
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn random_commands_hit_and_miss_as_the_server_counts_them_and_leave_the_same_keys() {
    let server = Server::start();
    (1..=8).for_each(|seed| sequence(&server, seed, 3_000));
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn look_ups_are_counted_by_a_server_as_the_table_says() {
    let server = Server::start();
    let mut client = server.connect();
    let (values, commands) = counted_look_ups();
    for (counts, command) in commands {
        client.ok(&["FLUSHALL", "SYNC"]);
        client.ok(&["CONFIG", "RESETSTAT"]);
        for line in values.lines().chain([command]) {
            let words = words(line);
            let words: Vec<&[u8]> =
                words.iter().map(|word| if word == b"''" { b"" } else { word.as_slice() }).collect();
            client.ask_any(&words);
        }
        assert_eq!(counted(&mut client), counts, "{command}");
    }
}

// ---- Live sessions ----

/// What an application does with a server while it is watched. The watcher is the first client.
fn live(name: &str, work: impl Fn(&mut Client)) {
    const TRIES: u32 = 20;
    let server = Server::start();
    for number in 1..=TRIES {
        let mut client = server.connect();
        client.ok(&["FLUSHALL", "SYNC"]);
        client.ok(&["CONFIG", "RESETSTAT"]);
        client.ok(&["CONFIG", "SET", "hz", "100"]);
        let mut watcher = server.connect();
        let mut real = Counts::default();
        let text = monitored(&server, &mut client, |client| {
            watcher.ask(&[b"EXISTS", b"the beginning"]);
            work(client);
            real = counted(&mut watcher);
            watcher.ask(&[b"EXISTS", b"the end"]);
        });
        let [replay, earlier, later] = [0, -2, 2].map(|ms| *replayed(&text, ms).at_checkpoints.last().expect("two"));
        if earlier != replay || later != replay {
            println!("{name}: capture {number} looks at a value within 2 ms of its end, and says nothing");
            continue;
        }
        assert_eq!(replay, real, "{name}: hits and misses (replay, server)");
        println!("{name}: {} hits and {} misses, as in the server (capture {number})", real.0, real.1);
        assert!(real.0 > 20 && real.1 > 20, "{name}: a session that says something");
        return;
    }
    panic!("{name}: none of {TRIES} captures keeps away from the ends of lives");
}

/// An application's clock: it does nothing near the moments at which lives end.
struct Quiet {
    ends: Vec<Instant>,
}

impl Quiet {
    const NEAR: Duration = Duration::from_millis(6);

    fn ends_in(&mut self, ms: u64) {
        self.ends.push(Instant::now() + Duration::from_millis(ms));
    }

    /// Waits, by asking for what does not come, until no life ends within some milliseconds.
    fn wait(&mut self, client: &mut Client) {
        loop {
            let now = Instant::now();
            self.ends.retain(|&end| end + Quiet::NEAR > now);
            if !self.ends.iter().any(|&end| end < now + Quiet::NEAR) {
                return;
            }
            client.ask_any(&[b"BLPOP", b"nothing:comes", b"0.005"]);
        }
    }
}

fn number(reply: Reply) -> i64 {
    match reply {
        Reply::Number(number) => number,
        other => panic!("{other:?} is no number"),
    }
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn sessions_that_getex_prolongs_are_replayed_as_the_server_counted_them() {
    live("sessions", |client| {
        let (mut quiet, mut draws) = (Quiet { ends: Vec::new() }, Streams::new(1).named("sessions"));
        for _ in 0..400 {
            quiet.wait(client);
            let key = format!("session:{}", draws.below(12));
            let found = client.ask(&[b"GETEX", key.as_bytes(), b"PX", b"60"]) != Reply::Nothing;
            if !found {
                client.ask(&[b"SET", key.as_bytes(), b"{}", b"PX", b"60"]);
            }
            quiet.ends_in(60);
            if draws.chance(0.05) {
                client.ask(&[b"GETDEL", key.as_bytes()]);
            }
            if draws.chance(0.02) {
                client.ask_any(&[b"BLPOP", b"nothing:comes", b"0.07"]);
            }
        }
    });
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_limiter_with_fixed_windows_is_replayed_as_the_server_counted_it() {
    live("fixed windows", |client| {
        let (mut quiet, mut draws) = (Quiet { ends: Vec::new() }, Streams::new(1).named("fixed windows"));
        for _ in 0..600 {
            quiet.wait(client);
            let key = format!("rate:{}", draws.below(5));
            let used = match client.ask(&[b"GET", key.as_bytes()]) {
                Reply::Text(text) => String::from_utf8(text).expect("a number").parse().expect("a number"),
                _ => 0,
            };
            // Two in three go by SET NX, one by INCR and EXPIRE.
            if used < 20 && draws.chance(0.3) && number(client.ask(&[b"INCR", key.as_bytes()])) == 1 {
                client.ask(&[b"PEXPIRE", key.as_bytes(), b"80"]);
                quiet.ends_in(80);
            } else if used < 20 {
                client.ask(&[b"MULTI"]);
                client.ask(&[b"SET", key.as_bytes(), b"0", b"PX", b"80", b"NX"]);
                client.ask(&[b"INCR", key.as_bytes()]);
                client.ask(&[b"EXEC"]);
                quiet.ends_in(80);
            }
            if draws.chance(0.3) {
                client.ask_any(&[b"BLPOP", b"nothing:comes", b"0.01"]);
            }
        }
    });
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_limiter_with_a_sliding_window_is_replayed_as_the_server_counted_it() {
    live("sliding window", |client| {
        let (mut quiet, mut draws) = (Quiet { ends: Vec::new() }, Streams::new(1).named("sliding window"));
        let begun = Instant::now();
        for number in 0..400u32 {
            quiet.wait(client);
            let key = format!("window:{}", draws.below(4));
            let now = begun.elapsed().as_micros();
            let oldest = now.saturating_sub(20_000);
            client.ask(&[b"ZREMRANGEBYSCORE", key.as_bytes(), b"-inf", format!("({oldest}").as_bytes()]);
            // A window that has become empty is gone: this misses.
            let used = match client.ask(&[b"ZCARD", key.as_bytes()]) {
                Reply::Number(used) => used,
                other => panic!("{other:?} is no number"),
            };
            if used < 5 {
                client.ask(&[b"ZADD", key.as_bytes(), now.to_string().as_bytes(), number.to_string().as_bytes()]);
                client.ask(&[b"PEXPIRE", key.as_bytes(), b"1000"]);
                quiet.ends_in(1_000);
            }
            if draws.chance(0.1) {
                client.ask_any(&[b"BLPOP", b"nothing:comes", b"0.03"]);
            }
        }
    });
}

#[test]
#[ignore = "needs redis-server: make check-redis"]
fn a_cache_of_rows_of_which_some_are_absent_is_replayed_as_the_server_counted_it() {
    live("cache-aside", |client| {
        let (mut quiet, mut draws) = (Quiet { ends: Vec::new() }, Streams::new(1).named("cache-aside"));
        for _ in 0..1_000 {
            quiet.wait(client);
            let row = draws.below(40);
            let key = format!("row:{row}");
            if draws.chance(0.1) {
                client.ask(&[b"DEL", key.as_bytes()]);
            } else if client.ask(&[b"GET", key.as_bytes()]) == Reply::Nothing && row % 3 != 0 {
                // Every third row is not in the database, and nothing is stored of it.
                let life = if row % 3 == 1 { "100000" } else { "400" };
                client.ask(&[b"SET", key.as_bytes(), b"a row", b"PX", life.as_bytes()]);
                if life == "400" {
                    quiet.ends_in(400);
                }
            }
        }
    });
}
