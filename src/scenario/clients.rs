//! Who asks: arrivals, keys, and what is done with them.

use super::Distribution;
use super::field::{kinds, record, words};
use super::size::Sizes;
use crate::bytes::Bytes;
use crate::time::Nanos;

record! {
    /// The clients: when requests come, which keys they name, what they do with them. What a trace says of its requests
    /// comes before what stands here.
    pub struct Clients {
        /// When requests come.
        pub arrivals: Arrivals = Arrivals::default(),
        /// Which keys they name.
        pub keys: Keys = Keys::default(),
        /// The shares of reads, writes and so on: your own, in the `…_ratio` fields, or those of one of the YCSB core
        /// workloads; then leave the ratios out.
        pub mix: Mix = Mix::Custom,
        /// The share of requests that write, 0 to 1. What no ratio takes reads.
        pub write_ratio: f64 = 0.1,
        /// The share of requests that read a value and write one made from it, 0 to 1.
        pub modify_ratio: f64 = 0.0,
        /// The share of requests that delete, 0 to 1.
        pub delete_ratio: f64 = 0.0,
        /// The share of requests that write a new key, 0 to 1: the first gets the number `keys.count`, and so on.
        pub insert_ratio: f64 = 0.0,
        /// The share of requests that are scans, 0 to 1: 1 to 100 keys in a row (each length alike), read one after the
        /// other by the same client, each a request of its own; a scan ends early at the last key there is.
        pub scan_ratio: f64 = 0.0,
        /// How large values are. A write brings a value of a new size; what a key has at first has a size, too.
        pub value_size: Sizes = Sizes::Constant(Bytes(1_024)),
        /// How long a client waits for an answer; with `"none"`, for ever. Who has waited so long has met with an error, whatever
        /// becomes of the request: the servers know nothing of it, and go on.
        pub timeout: Option<Nanos> = None,
        /// How often a client who has waited too long asks again, at once and with a request that counts like any other, as
        /// somebody does who reloads a page. Each try has a clock of its own: goodput and latencies are of tries, not of what a
        /// client waits over all of them. With 0 clients leave: users think, and ask for something else.
        pub retries: u32 = 0,
        /// In open-loop arrivals, how many clients the requests come from, in turn; closed-loop users are clients each.
        pub sessions: u32 = 100,
        /// How long a client is content to wait: answers within it are the goodput. It changes no event, only what is
        /// counted as good. (One second is where a user's flow of thought breaks: Nielsen, Response Times, 1993.)
        pub deadline: Nanos = Nanos::from_secs(1),
        /// The share of keys that have no row in the database at first, 0 to 1: the same ones in every lane and run, spread
        /// evenly over popular and unpopular keys. A write makes the row.
        pub absent: f64 = 0.0,
    }
}

words! {
    /// The shares of operations: custom, or a core workload of YCSB (the Yahoo! Cloud Serving Benchmark).
    pub enum Mix {
        /// What the ratios say.
        "custom" => Custom,
        /// YCSB A, update heavy: half reads, half writes (YCSB has `zipf` keys with alpha 0.99).
        "ycsb-a" => YcsbA,
        /// YCSB B, read mostly: 95 % reads, 5 % writes (`zipf`).
        "ycsb-b" => YcsbB,
        /// YCSB C: reads only (`zipf`).
        "ycsb-c" => YcsbC,
        /// YCSB D, read latest: 95 % reads, 5 % inserts (use it with `latest` keys).
        "ycsb-d" => YcsbD,
        /// YCSB E, short ranges: 95 % scans, 5 % inserts (`zipf`).
        "ycsb-e" => YcsbE,
        /// YCSB F: half reads, half read-modify-writes (`zipf`).
        "ycsb-f" => YcsbF,
    }
}

/// The shares of operations, each 0 to 1; what remains are reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Writes of keys that are there.
    pub write: f64,
    /// Read-modify-writes.
    pub modify: f64,
    /// Deletes.
    pub delete: f64,
    /// Writes of new keys.
    pub insert: f64,
    /// Scans, each of several reads.
    pub scan: f64,
}

/// The most records of a scan: YCSB's `maxscanlength`.
pub const SCAN_MAX: u32 = 100;

impl Clients {
    /// The shares of operations, from the mix or the ratios. YCSB's are those of `workloads/workloada` to `workloadf`
    /// in its repository.
    pub fn shares(&self) -> Shares {
        let none = Shares::default();
        match self.mix {
            Mix::Custom => Shares {
                write: self.write_ratio,
                modify: self.modify_ratio,
                delete: self.delete_ratio,
                insert: self.insert_ratio,
                scan: self.scan_ratio,
            },
            Mix::YcsbA => Shares { write: 0.5, ..none },
            Mix::YcsbB => Shares { write: 0.05, ..none },
            Mix::YcsbC => none,
            Mix::YcsbD => Shares { insert: 0.05, ..none },
            Mix::YcsbE => Shares { scan: 0.95, insert: 0.05, ..none },
            Mix::YcsbF => Shares { modify: 0.5, ..none },
        }
    }

    /// Whether every request changes something; of a trace one cannot say before it is read.
    pub fn never_reads(&self) -> bool {
        !matches!(self.keys, Keys::Trace { .. }) && self.shares().changes() >= 1.0
    }

    /// Whether no request changes anything; of a trace one cannot say before it is read.
    pub fn never_writes(&self) -> bool {
        !matches!(self.keys, Keys::Trace { .. }) && self.shares().changes() <= 0.0
    }
}

impl Shares {
    /// The share of operations that change something.
    pub fn changes(&self) -> f64 {
        self.write + self.modify + self.delete + self.insert
    }

    /// All of them together; more than 1 makes no sense.
    pub fn sum(&self) -> f64 {
        self.changes() + self.scan
    }

    /// How many requests an operation is in the mean: scans are several.
    pub fn requests_per_operation(&self) -> f64 {
        1.0 + self.scan * (f64::from(SCAN_MAX + 1) / 2.0 - 1.0)
    }
}

kinds! {
    /// When requests come.
    pub enum Arrivals {
        /// Open loop: independent clients, exponential gaps.
        "poisson" => Poisson {
            /// Requests a second.
            rate: f64 = 100.0,
        },
        /// Open loop: equal gaps.
        "constant" => Constant {
            /// Requests a second.
            rate: f64 = 100.0,
        },
        /// Closed loop: each user waits for the answer, thinks, and asks again.
        "closed" => Closed {
            /// How many users.
            users: u32 = 100,
            /// Time between an answer and the next request; at least 1 ms after an error or an answer that took no time.
            think: Distribution = Distribution::Constant(Nanos::from_secs(1)),
        },
        /// Open loop, on and off in turn: exponential gaps at one rate for a while, at another for a while.
        "bursts" => Bursts {
            /// Requests a second while on.
            rate: f64 = 500.0,
            /// Requests a second while off; 0 is silence.
            quiet: f64 = 0.0,
            /// How long it is on, first of all.
            on: Nanos = Nanos::from_secs(1),
            /// How long it is off.
            off: Nanos = Nanos::from_secs(4),
        },
        /// Open loop, up and down as over a day: exponential gaps at rate · (1 + swing · sin(2π · time / period)).
        "wave" => Wave {
            /// Requests a second in the mean.
            rate: f64 = 100.0,
            /// How far the rate swings about its mean, as a share of it, 0 to 1.
            swing: f64 = 0.5,
            /// From one crest to the next.
            period: Nanos = Nanos::from_secs(60),
        },
        /// Open loop, exponential gaps, with many more requests for a while.
        "spike" => Spike(Spike),
        /// Timed replay: the requests of a trace come when the trace says, from its first on. (As fast as possible is any
        /// other arrivals with the keys of a trace, such as closed ones with many users and no think time.)
        "trace" => Trace {
            /// How many times faster than the trace says; 0.5 is half as fast.
            speed: f64 = 1.0,
        },
    }
}

record! {
    /// Exponential gaps, with many more requests for a while.
    pub struct Spike {
        /// Requests a second before and after the spike.
        pub rate: f64 = 100.0,
        /// How many times more requests come during the spike.
        pub times: f64 = 10.0,
        /// When the spike begins.
        pub at: Nanos = Nanos::from_secs(20),
        /// How long it lasts.
        pub lasts as "for": Nanos = Nanos::from_secs(5),
    }
}

impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals::Poisson { rate: 100.0 }
    }
}

kinds! {
    /// Which keys requests name. Keys are numbered from 0; key 0 is the most popular, where nothing else is said.
    pub enum Keys {
        /// Every key alike.
        "uniform" => Uniform {
            /// How many keys.
            count: u32 = 1000,
        },
        /// Popularity falls with rank: key `r` (from 1) is asked for in proportion to `1 / r^alpha`.
        "zipf" => Zipf {
            /// How many keys.
            count: u32 = 1000,
            /// The skew; 0 is uniform, web traffic is near 0.8 to 1.
            alpha: f64 = 1.0,
            /// Popular keys lie anywhere among the key numbers, as in YCSB; otherwise key 0 is the most popular, key 1 the
            /// next, and so on, so that a scan from a popular key reads popular ones.
            scrambled: bool = false,
        },
        /// A small sample of a large Zipf law: neighbours in rank, `of / count` at a time, are one key that is asked for as
        /// often as one of them in the mean. So a cache that serves a part of the keys with the same part of the requests
        /// sees each key as often as the whole would.
        "zipf-sample" => ZipfSample {
            /// How many keys.
            count: u32 = 1000,
            /// How many keys they stand for.
            of: u64 = 1_000_000,
            /// The skew of the whole.
            alpha: f64 = 1.0,
        },
        /// A few hot keys take most of the traffic.
        "hot-set" => HotSet {
            /// How many keys.
            count: u32 = 1000,
            /// The share of keys that are hot, 0 to 1.
            hot: f64 = 0.1,
            /// The share of requests that go to hot keys, 0 to 1.
            traffic: f64 = 0.9,
            /// After every so many requests the hot set moves on by its own size, so that other keys are hot; `"none"`: it
            /// stays.
            moves_every: Option<u64> = None,
        },
        /// What was inserted last is the most popular: `r` keys back (from 1) in proportion to `1 / r^alpha`, among the
        /// newest `count` keys. YCSB D.
        "latest" => Latest {
            /// How many keys there are at first.
            count: u32 = 1000,
            /// The skew; YCSB has 0.99.
            alpha: f64 = 0.99,
        },
        /// One key after the other, round and round: the enemy of LRU.
        "scan" => Scan {
            /// How many keys.
            count: u32 = 1000,
        },
        /// The keys of a trace file, in its order; clients stop when it ends. The operations, clients, times (with `trace`
        /// arrivals), TTLs and sizes hold, too, that the trace says; commands of a server mean what they did there: it may
        /// be one key per line, a table with a header (commas, semicolons, tabs or blanks), time, id and size, ARC .lis,
        /// oracleGeneral, Twitter's cache-trace, the output of redis-cli MONITOR, or a block trace (MSR, SPC), compressed
        /// with zstd, gzip or xz or not.
        "trace" => Trace {
            /// The file, relative to where the command runs; in the page, the name of a file the reader opened.
            file: String = String::new(),
            /// Whether values live as long as the trace says, a value stored without a TTL for ever; if not, and where the
            /// trace says no TTLs, they live by `cache.ttl`.
            ttls: bool = true,
            /// Whether values are as large as the trace says of their keys; if not, and where it says nothing, they are
            /// as large as `clients.value_size`.
            sizes: bool = true,
        },
    }
}
impl Default for Keys {
    fn default() -> Keys {
        Keys::zipf(1000, 1.0)
    }
}

impl Keys {
    /// Zipf's law; key 0 is the most popular.
    pub fn zipf(count: u32, alpha: f64) -> Keys {
        Keys::Zipf { count, alpha, scrambled: false }
    }

    /// The keys of the trace in this file, with all that it says of their values.
    pub fn of_trace(file: String) -> Keys {
        Keys::Trace { file, ttls: true, sizes: true }
    }

    /// How many keys there are at first; `None` where a trace says it.
    pub fn count(&self) -> Option<u32> {
        match *self {
            Keys::Uniform { count }
            | Keys::Zipf { count, .. }
            | Keys::ZipfSample { count, .. }
            | Keys::HotSet { count, .. }
            | Keys::Latest { count, .. }
            | Keys::Scan { count } => Some(count),
            Keys::Trace { .. } => None,
        }
    }
}

impl Arrivals {
    /// The mean gap between two open-loop arrivals of an even rate; `None` for others.
    pub fn mean_gap(&self) -> Option<Nanos> {
        match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => Some(Nanos::from_secs_f64(1.0 / rate)),
            _ => None,
        }
    }

    /// The greatest rate at which open-loop requests come, a second; `None` where users or a trace say it.
    pub fn rate_max(&self) -> Option<f64> {
        match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => Some(*rate),
            Arrivals::Bursts { rate, quiet, .. } => Some(rate.max(*quiet)),
            Arrivals::Wave { rate, swing, .. } => Some(rate * (1.0 + swing)),
            Arrivals::Spike(spike) => Some(spike.rate * spike.times.max(1.0)),
            Arrivals::Closed { .. } | Arrivals::Trace { .. } => None,
        }
    }

    /// About how many open-loop arrivals there are in a run of this length; `None` where users or a trace say it.
    pub fn expected(&self, duration: Nanos) -> Option<f64> {
        let seconds = duration.as_secs_f64();
        Some(match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => rate * seconds,
            Arrivals::Bursts { rate, quiet, on, off } => {
                let (on, off) = (on.as_secs_f64(), off.as_secs_f64());
                let cycles = (seconds / (on + off)).floor();
                let rest = seconds - cycles * (on + off);
                cycles * (rate * on + quiet * off) + rate * rest.min(on) + quiet * (rest - on).max(0.0)
            }
            // At most half a period stands above the mean and is not made up for.
            Arrivals::Wave { rate, swing, period } => {
                rate * (seconds + swing * seconds.min(period.as_secs_f64() / std::f64::consts::PI))
            }
            Arrivals::Spike(spike) => {
                let end = spike.at.saturating_add(spike.lasts).min(duration);
                let high = end.saturating_sub(spike.at).as_secs_f64();
                spike.rate * (seconds + (spike.times - 1.0) * high)
            }
            Arrivals::Closed { .. } | Arrivals::Trace { .. } => return None,
        })
    }
}
