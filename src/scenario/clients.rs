//! Who asks: arrivals, keys and the share of writes.

use super::Distribution;
use super::field::{kinds, record};
use super::size::Sizes;
use crate::bytes::Bytes;
use crate::time::Nanos;

record! {
    /// The clients: when requests come, which keys they name, how many of them write.
    pub struct Clients {
        /// When requests come.
        pub arrivals: Arrivals = Arrivals::default(),
        /// Which keys they name.
        pub keys: Keys = Keys::default(),
        /// The share of requests that write, 0 to 1.
        pub write_ratio: f64 = 0.1,
        /// How large values are. A write brings a value of a new size; what a key has at first has a size, too.
        pub value_size: Sizes = Sizes::Constant(Bytes(1_024)),
        /// In open-loop arrivals, how many clients the requests come from, in turn; closed-loop users are clients each.
        pub sessions: u32 = 100,
        /// The share of keys that have no row in the database at first, 0 to 1: the same ones in every lane and run, spread
        /// evenly over popular and unpopular keys. A write makes the row.
        pub absent: f64 = 0.0,
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
            /// Time between an answer and the next request.
            think: Distribution = Distribution::Constant(Nanos::from_secs(1)),
        },
    }
}
impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals::Poisson { rate: 100.0 }
    }
}

kinds! {
    /// Which keys requests name. Keys are numbered from 0; key 0 is the most popular.
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
        },
        /// A few hot keys take most of the traffic.
        "hot-set" => HotSet {
            /// How many keys.
            count: u32 = 1000,
            /// The share of keys that are hot, 0 to 1.
            hot: f64 = 0.1,
            /// The share of requests that go to hot keys, 0 to 1.
            traffic: f64 = 0.9,
        },
        /// The keys of a trace file, in its order; clients stop when it ends.
        "trace" => Trace {
            /// The file, relative to where the command runs; in the page, the name of a file the reader opened.
            file: String = String::new(),
        },
    }
}
impl Default for Keys {
    fn default() -> Keys {
        Keys::Zipf { count: 1000, alpha: 1.0 }
    }
}

impl Arrivals {
    /// The mean gap between two open-loop arrivals; `None` for closed loops.
    pub fn mean_gap(&self) -> Option<Nanos> {
        match self {
            Arrivals::Poisson { rate } | Arrivals::Constant { rate } => Some(Nanos::from_secs_f64(1.0 / rate)),
            Arrivals::Closed { .. } => None,
        }
    }
}
