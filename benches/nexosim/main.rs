//! The first job of benches/speed.rs in NeXosim, a simulation framework of Rust: a hundred users, one after the other request
//! each; look-aside over an LRU cache of 1,500 of 2,000 Zipf keys; a database of 64 workers. No ledger, no figures.
//!
//! Prints requests a second, the best of three runs. On one thread, as the simulator has one for a lane.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nexosim::Message;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit, SimulationError};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

const USERS: u32 = 100;
const KEYS: u32 = 2_000;
const CAPACITY: usize = 1_500;
const WORKERS: u32 = 64;
const WRITES: f64 = 0.05;
const MEAN_S: f64 = 0.005;
const HOP: Duration = Duration::from_micros(200);
const COMMAND: Duration = Duration::from_micros(200);
const RUN: Duration = Duration::from_secs(30);

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Uniform in [0, 1), by splitmix64.
#[derive(Serialize, Deserialize)]
struct Luck(u64);

impl Luck {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Never zero: an event of no delay cannot be scheduled.
    fn exponential(&mut self) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.unit()).ln() * MEAN_S).max(Duration::from_nanos(1))
    }
}

/// What a user is about, handed from part to part.
#[derive(Clone, Message, Serialize, Deserialize)]
struct Call {
    user: u32,
    key: u32,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Message, Serialize, Deserialize)]
enum Step {
    Get,
    Fill,
    Delete,
    Select,
    Update,
    Hit,
    Miss,
    Done,
}

#[derive(Serialize, Deserialize)]
struct Users {
    luck: Luck,
    weights: Vec<f64>,
    to_cache: Output<Call>,
    to_database: Output<Call>,
}

#[Model]
impl Users {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        (0..USERS).for_each(|user| self.think(user, cx));
    }

    fn think(&mut self, user: u32, cx: &Context<Self>) {
        cx.schedule_event(self.luck.exponential(), schedulable!(Self::ask), user).unwrap();
    }

    #[nexosim(schedulable)]
    async fn ask(&mut self, user: u32, cx: &Context<Self>) {
        let place = self.luck.unit() * self.weights[KEYS as usize - 1];
        let key = self.weights.partition_point(|&weight| weight <= place) as u32;
        let step = if self.luck.unit() < WRITES { Step::Update } else { Step::Get };
        cx.schedule_event(HOP, schedulable!(Self::arrive), Call { user, key, step }).unwrap();
    }

    /// A call has come over the network to whom it is for.
    #[nexosim(schedulable)]
    async fn arrive(&mut self, call: Call) {
        match call.step {
            Step::Select | Step::Update => self.to_database.send(call).await,
            _ => self.to_cache.send(call).await,
        }
    }

    /// What was answered decides what is asked next.
    async fn answered(&mut self, call: Call, cx: &Context<Self>) {
        let next = match call.step {
            Step::Miss => Step::Select,
            Step::Select => Step::Fill,
            Step::Update => Step::Delete,
            _ => {
                REQUESTS.fetch_add(1, Ordering::Relaxed);
                return self.think(call.user, cx);
            }
        };
        cx.schedule_event(HOP, schedulable!(Self::arrive), Call { step: next, ..call }).unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Cache {
    used: Vec<u64>,
    by_use: BTreeMap<u64, u32>,
    now: u64,
    reply: Output<Call>,
}

#[Model]
impl Cache {
    async fn command(&mut self, call: Call, cx: &Context<Self>) {
        cx.schedule_event(COMMAND + HOP, schedulable!(Self::execute), call).unwrap();
    }

    #[nexosim(schedulable)]
    async fn execute(&mut self, call: Call) {
        let is_there = self.used[call.key as usize] != 0;
        let step = match call.step {
            Step::Get if is_there => {
                self.touch(call.key);
                Step::Hit
            }
            Step::Get => Step::Miss,
            Step::Delete => {
                self.by_use.remove(&std::mem::take(&mut self.used[call.key as usize]));
                Step::Done
            }
            _ => {
                self.touch(call.key);
                if self.by_use.len() > CAPACITY
                    && let Some((_, oldest)) = self.by_use.pop_first()
                {
                    self.used[oldest as usize] = 0;
                }
                Step::Done
            }
        };
        self.reply.send(Call { step, ..call }).await;
    }

    fn touch(&mut self, key: u32) {
        self.now += 1;
        self.by_use.remove(&std::mem::replace(&mut self.used[key as usize], self.now));
        self.by_use.insert(self.now, key);
    }
}

#[derive(Serialize, Deserialize)]
struct Database {
    luck: Luck,
    busy: u32,
    waiting: VecDeque<Call>,
    reply: Output<Call>,
}

#[Model]
impl Database {
    async fn query(&mut self, call: Call, cx: &Context<Self>) {
        if self.busy == WORKERS {
            return self.waiting.push_back(call);
        }
        self.busy += 1;
        cx.schedule_event(self.luck.exponential(), schedulable!(Self::finish), call).unwrap();
    }

    #[nexosim(schedulable)]
    async fn finish(&mut self, call: Call, cx: &Context<Self>) {
        match self.waiting.pop_front() {
            Some(next) => cx.schedule_event(self.luck.exponential(), schedulable!(Self::finish), next).unwrap(),
            None => self.busy -= 1,
        }
        cx.schedule_event(HOP, schedulable!(Self::answer), call).unwrap();
    }

    #[nexosim(schedulable)]
    async fn answer(&mut self, call: Call) {
        self.reply.send(call).await;
    }
}

/// Requests a second of one run.
fn run(seed: u64) -> Result<f64, SimulationError> {
    let (users_in, cache_in, database_in) = (Mailbox::new(), Mailbox::new(), Mailbox::new());
    let weights = (1..=KEYS)
        .scan(0.0, |sum, rank| {
            Some(*{
                *sum += 1.0 / f64::from(rank);
                sum
            })
        })
        .collect();
    let mut users = Users { luck: Luck(seed), weights, to_cache: Output::default(), to_database: Output::default() };
    let mut cache = Cache { used: vec![0; KEYS as usize], by_use: BTreeMap::new(), now: 0, reply: Output::default() };
    let mut database = Database { luck: Luck(!seed), busy: 0, waiting: VecDeque::new(), reply: Output::default() };
    users.to_cache.connect(Cache::command, &cache_in);
    users.to_database.connect(Database::query, &database_in);
    cache.reply.connect(Users::answered, &users_in);
    database.reply.connect(Users::answered, &users_in);
    let bench = SimInit::with_num_threads(1)
        .add_model(users, users_in, "users")
        .add_model(cache, cache_in, "cache")
        .add_model(database, database_in, "database");
    let mut simulation = bench.init(MonotonicTime::EPOCH)?;
    REQUESTS.store(0, Ordering::Relaxed);
    let begun = Instant::now();
    simulation.step_until(RUN)?;
    Ok(REQUESTS.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

fn main() -> Result<(), SimulationError> {
    let rates = (1..=3).map(run).collect::<Result<Vec<f64>, _>>()?;
    println!("{:.0}", rates.into_iter().fold(0.0, f64::max));
    Ok(())
}
