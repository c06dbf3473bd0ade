//! Who asks: arrivals, keys and the share of writes.

use super::Distribution;
use super::field::{kinds, record};
use crate::time::Nanos;

/// The clients: when requests come, which keys they name, how many of them write.
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    /// When requests come.
    pub arrivals: Arrivals,
    /// Which keys they name.
    pub keys: Keys,
    /// The share of requests that write, 0 to 1.
    pub write_ratio: f64,
    /// In open-loop arrivals, how many clients the requests come from, in turn; closed-loop users are clients each.
    pub sessions: u32,
}

impl Default for Clients {
    fn default() -> Clients {
        Clients { arrivals: Arrivals::default(), keys: Keys::default(), write_ratio: 0.1, sessions: 100 }
    }
}

/// When requests come.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Open loop: independent clients, exponential gaps.
    Poisson {
        /// Requests a second.
        rate: f64,
    },
    /// Open loop: equal gaps.
    Constant {
        /// Requests a second.
        rate: f64,
    },
    /// Closed loop: each user waits for the answer, thinks, and asks again.
    Closed {
        /// How many users.
        users: u32,
        /// Time between an answer and the next request.
        think: Distribution,
    },
}
kinds!(Arrivals {
    "poisson" => Poisson { rate: 100.0 },
    "constant" => Constant { rate: 100.0 },
    "closed" => Closed { users: 100, think: Distribution::Constant(Nanos::from_secs(1)) },
});

record!(Clients { arrivals, keys, write_ratio, sessions });

impl Default for Arrivals {
    fn default() -> Arrivals {
        Arrivals::Poisson { rate: 100.0 }
    }
}

/// Which keys requests name. Keys are numbered from 0; key 0 is the most popular.
#[derive(Clone, Debug, PartialEq)]
pub enum Keys {
    /// Every key alike.
    Uniform {
        /// How many keys.
        count: u32,
    },
    /// Popularity falls with rank: key `r` (from 1) is asked for in proportion to `1 / r^alpha`.
    Zipf {
        /// How many keys.
        count: u32,
        /// The skew; 0 is uniform, web traffic is near 0.8 to 1.
        alpha: f64,
    },
    /// A few hot keys take most of the traffic.
    HotSet {
        /// How many keys.
        count: u32,
        /// The share of keys that are hot, 0 to 1.
        hot: f64,
        /// The share of requests that go to hot keys, 0 to 1.
        traffic: f64,
    },
    /// The keys of a trace file, in its order; clients stop when it ends.
    Trace {
        /// The file, relative to where the command runs; in the page, the name of a file the reader opened.
        file: String,
    },
}
kinds!(Keys {
    "uniform" => Uniform { count: 1000 },
    "zipf" => Zipf { count: 1000, alpha: 1.0 },
    "hot-set" => HotSet { count: 1000, hot: 0.1, traffic: 0.9 },
    "trace" => Trace { file: String::new() },
});

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
