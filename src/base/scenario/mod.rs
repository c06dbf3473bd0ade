//! The experiment as data: what a scenario file, a preset and a share link say.
//!
//! A [`Scenario`] is plain data with a sensible default for every field. It is read from TOML ([`Scenario::from_toml`]),
//! from a preset's name ([`presets`]) or from a share link ([`link`]), and it is checked ([`Scenario::check`]) before anything
//! runs: unknown fields, impossible values and absurd sizes are refused with the field, the value and the allowed range.
//!
//! ```text
//! Scenario ─┬─ clients    who asks, how often, for which keys
//!           ├─ app        the application servers between clients and stores
//!           ├─ network    one latency distribution per link
//!           ├─ cache      capacity, eviction, TTL, command time
//!           ├─ database   workers, queue, service times
//!           ├─ lane[]     one reading and one writing strategy each; all see the same traffic
//!           └─ fault[]    what breaks, when, for how long
//! ```

mod app;
mod benchmarks;
mod beside;
mod cache;
pub mod called;
pub mod check;
mod clients;
mod commented;
mod database;
mod difference;
mod distribution;
mod edit;
pub mod estimate;
pub mod eviction;
mod fault;
mod field;
pub mod fit;
pub mod form;
mod lane;
pub mod limits;
pub mod link;
mod look;
mod needs;
mod network;
mod node;
mod notation;
mod notice;
mod otherwise;
pub mod percentiles;
mod persistence;
mod place;
pub mod presets;
mod prices;
mod problem;
pub mod redis_info;
mod reference;
pub mod report_mean;
pub mod samples;
mod schema;
mod size;
mod slider;
mod text;
pub mod typed;
mod versions;
mod writing;

pub use crate::phrase::{Docs, Language, Phrase};
pub use app::{App, Breaker, Near, RetryBudget, Tell};
pub use beside::Beside;
pub use cache::{Cache, Eviction, Expiry, ReadsFrom, Ttl, TtlMix};
pub use clients::{Arrivals, Clients, Keys, Mix, SCAN_MAX, Second, Shares, Spike};
pub use database::{Batch, Database, QueueOrder, Reads, Shed};
pub use difference::Difference;
pub use distribution::Distribution;
pub use edit::{Accept, Edit, FieldValue, List};
pub use fault::{Fault, FaultKind, FaultTarget, FaultTime, Part};
pub use field::{DURATION, NUMBER, WHOLE};
pub use lane::{Gutter, Lane, Leases, LookAside, Modify, ReadThrough, Reading};
pub use look::COLOURS;
pub use network::{Bandwidth, Link, Network};
pub use otherwise::Otherwise;
pub use persistence::{Fsync, Persistence, SnapshotRule};
pub use prices::Prices;
pub use problem::{Problem, Reason, ScenarioError};
pub use size::{Capacity, Sizes};
pub use slider::{Slider, slider_of};
pub use text::LENGTH_MAX as TEXT_MAX;
pub use writing::*;

use crate::time::Nanos;
use field::{Field, record};

record! {
    /// One experiment: a world, the lanes that run in it side by side, and what breaks.
    #[ko = "실험 하나: 환경, 그 안에서 나란히 실행되는 레인, 장애."]
    pub struct Scenario {
        /// What the experiment is about, in a few words.
        #[ko = "실험을 한마디로 나타낸 이름."]
        pub name: String = String::new(),
        /// Every random draw of the run follows from this number.
        #[ko = "실행의 모든 난수를 정하는 시드."]
        #[label = ("Seed", "시드")]
pub seed: u64 = 1,
        /// How long clients send requests; the system then drains.
        #[ko = "클라이언트가 요청을 보내는 시간. 그 뒤 남은 일을 마칩니다."]
        #[slider = Log(1.0, 3_600.0)]
        #[label = ("Duration", "실행 시간")]
        pub duration: Nanos = Nanos::from_secs(60),
        /// How much of the beginning is left out of the figures; the ledger counts from the start.
        #[ko = "집계에서 제외할 앞부분의 시간. 유실 기록은 처음부터 셉니다."]
        #[label = ("Warm-up (excluded)", "워밍업 (집계 제외)")]
pub warmup: Nanos = Nanos::ZERO,
        /// Who asks.
        #[ko = "클라이언트."]
        pub clients: Clients = Clients::default(),
        /// The application servers.
        #[ko = "애플리케이션 서버."]
        pub app: App = App::default(),
        /// Latency of each link, one way.
        #[ko = "구간별 편도 지연 시간."]
        pub network: Network = Network::default(),
        /// The cache.
        #[ko = "캐시."]
        pub cache: Cache = Cache::default(),
        /// The database.
        #[ko = "데이터베이스(DB)."]
        pub database: Database = Database::default(),
        /// The strategies, side by side.
        #[ko = "나란히 비교할 전략."]
        pub lanes as "lane": Vec<Lane> = vec![Lane::default()],
        /// What breaks.
        #[ko = "장애."]
        pub faults as "fault": Vec<Fault> = Vec::new(),
        /// What things cost.
        #[ko = "단가."]
        pub prices: Prices = Prices::default(),
    }
}

impl Scenario {
    /// Whether one of the lanes that `shown` accepts can hold what the database does not have yet.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let can = |toml: &str| Scenario::from_toml(toml).unwrap().can_be_dirty(|_| true);
    /// assert!(can("[[lane]]\nwrite = \"write-back\"") && !can("[[lane]]\nwrite = \"write-through\""));
    /// assert!(!can("[clients]\nwrite_ratio = 0\n[[lane]]\nwrite = \"write-back\""), "nobody writes");
    /// ```
    pub fn can_be_dirty(&self, shown: impl Fn(usize) -> bool) -> bool {
        let keeps = |(i, lane): (usize, &Lane)| shown(i) && lane.write.written_later().is_some();
        !self.clients.never_writes() && self.lanes.iter().enumerate().any(keeps)
    }

    /// When the first fault that begins at a moment does.
    pub fn first_fault(&self) -> Option<Nanos> {
        self.faults.iter().filter_map(|fault| fault.at.moment()).min()
    }

    /// Moves all faults that begin at a moment, so that the first begins at `at` and they keep their distances.
    pub fn begin_faults_at(&mut self, at: Nanos) {
        let Some(first) = self.first_fault() else { return };
        for fault in &mut self.faults {
            if let FaultTime::Moment(was) = &mut fault.at {
                *was = was.saturating_sub(first).saturating_add(at);
            }
        }
    }

    /// The seed of run number `run` of several: they follow each other from the scenario's; after the greatest comes 0.
    pub fn seed_of_run(&self, run: u32) -> u64 {
        (self.seed + u64::from(run)) % (limits::SEED_MAX + 1)
    }

    /// The world in which lane number `lane` runs: the scenario's own, with what that lane has otherwise.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn for_lane(&self, lane: usize) -> Scenario {
        let otherwise = &self.lanes[lane];
        Scenario {
            app: otherwise.app.over(&self.app),
            network: otherwise.network.over(&self.network),
            cache: otherwise.cache.over(&self.cache),
            database: otherwise.database.over(&self.database),
            ..self.clone()
        }
    }

    /// What to call each lane: its title, with a number where two would be called the same.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let two = Scenario::from_toml("[[lane]]\n[[lane]]").unwrap();
    /// assert_eq!(two.titles(), ["look-aside + write-around", "look-aside + write-around (2)"]);
    /// ```
    pub fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = Vec::new();
        for lane in &self.lanes {
            let title = lane.title();
            let numbered = (1..).map(|n| if n == 1 { title.clone() } else { format!("{title} ({n})") });
            titles.extend(numbered.into_iter().find(|name| !titles.contains(name)));
        }
        titles
    }
}

/// Through the same tree as files and links: JSON has the shape of the TOML, and the same messages. Between page and worker,
/// where nobody reads it, it is written as in links.
impl serde::Serialize for Scenario {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tree = versions::told(self.show());
        if serializer.is_human_readable() {
            tree.serialize(serializer)
        } else {
            notation::print(&tree).serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Scenario {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Scenario, D::Error> {
        use serde::de::Error;
        let tree = if deserializer.is_human_readable() {
            node::Node::deserialize(deserializer)?
        } else {
            notation::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)?
        };
        Scenario::from_node(&tree).map_err(D::Error::custom)
    }
}

/// How page and workers tell each other of a scenario (`#[serde(with = …)]`): as it is written else, and as one that has been
/// checked.
pub mod checked {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::{Scenario, notation};

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(scenario: &Scenario, serializer: S) -> Result<S::Ok, S::Error> {
        scenario.serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where nobody wrote it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Scenario>, D::Error> {
        let tree = notation::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        Scenario::from_checked(&tree).map(Box::new).map_err(D::Error::custom)
    }
}
