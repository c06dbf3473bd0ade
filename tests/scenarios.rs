//! Every scenario survives its texts: TOML, link, JSON; no text makes the readers panic.

use cachelane::bytes::Bytes;
use cachelane::scenario::*;
use cachelane::time::Nanos;
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::{any_own, any_reading, fit};

fn time(least_ns: u64, most_ns: u64) -> BoxedStrategy<Nanos> {
    let human = (0..=5u32, 1..1_000u64).prop_map(|(power, n)| n * 10u64.pow(power * 2));
    prop_oneof![human, least_ns..=most_ns].prop_map(move |ns| Nanos(ns.clamp(least_ns, most_ns))).boxed()
}

const HOUR: u64 = 3_600_000_000_000;

fn latency() -> BoxedStrategy<Nanos> {
    time(0, HOUR)
}

fn ratio() -> BoxedStrategy<f64> {
    prop_oneof![0.0..=1.0, Just(0.0), Just(1.0), (0..=10u8).prop_map(|n| f64::from(n) / 10.0)].boxed()
}

fn distribution() -> BoxedStrategy<Distribution> {
    let row = (prop::collection::vec((0.0..100.0f64, latency()), 0..8), latency()).prop_map(|(rows, last)| {
        let (mut percents, mut values): (Vec<f64>, Vec<Nanos>) = rows.into_iter().unzip();
        values.push(last);
        values.sort();
        percents.sort_by(f64::total_cmp);
        percents.dedup();
        percents.push(100.0);
        Distribution::Empirical(percents.into_iter().zip(values).collect())
    });
    let sorted = || (latency(), latency()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![
        latency().prop_map(Distribution::Constant),
        latency().prop_map(Distribution::Exponential),
        sorted().prop_map(|(min, max)| Distribution::Uniform { min, max }),
        sorted().prop_map(|(a, b)| Distribution::Lognormal { median: a.max(Nanos(1)), p99: b.max(Nanos(1)) }),
        (latency(), latency()).prop_map(|(mean, sd)| Distribution::Normal { mean, sd }),
        row,
    ]
    .boxed()
}

fn name() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), "[a-z ~():,&=#%+\"\\\\]{0,20}", "\\PC{0,40}", Just("쓰기 지연 5초".to_owned())]
        .boxed()
}

fn clients() -> impl Strategy<Value = Clients> {
    let arrivals = prop_oneof![
        (0.001..30.0f64).prop_map(|rate| Arrivals::Poisson { rate }),
        (0.001..30.0f64).prop_map(|rate| Arrivals::Constant { rate }),
        (1..30u32, distribution()).prop_map(|(users, think)| Arrivals::Closed { users, think }),
        (0.001..30.0f64, 0.0..30.0f64, time(1_000_000, HOUR), time(1_000_000, HOUR))
            .prop_map(|(rate, quiet, on, off)| Arrivals::Bursts { rate, quiet, on, off }),
        (0.001..30.0f64, ratio(), time(1_000_000, HOUR)).prop_map(|(rate, swing, period)| Arrivals::Wave {
            rate,
            swing,
            period
        }),
        (0.001..30.0f64, 0.0..5.0f64, time(0, HOUR), time(1_000_000, HOUR))
            .prop_map(|(rate, times, at, lasts)| Arrivals::Spike(Spike { rate, times, at, lasts })),
    ];
    // Many lanes of many keys take more memory than there is.
    let count = || prop_oneof![9 => 1..=20_000u32, 1 => 1..=10_000_000u32];
    let keys =
        prop_oneof![
            count().prop_map(|count| Keys::Uniform { count }),
            (count(), 0.0..=5.0f64, any::<bool>()).prop_map(|(count, alpha, scrambled)| Keys::Zipf {
                count,
                alpha,
                scrambled
            }),
            (count(), 10_000_000..=1_000_000_000_000u64, 0.0..=5.0f64)
                .prop_map(|(count, of, alpha)| Keys::ZipfSample { count, of, alpha }),
            (count(), ratio(), ratio(), prop::option::of(1..=1_000_000_000u64))
                .prop_map(|(count, hot, traffic, moves_every)| Keys::HotSet { count, hot, traffic, moves_every }),
            (count(), 0.0..=5.0f64).prop_map(|(count, alpha)| Keys::Latest { count, alpha }),
            count().prop_map(|count| Keys::Scan { count }),
            "[a-z0-9./() ~]{1,20}".prop_map(|file| Keys::Trace {
                ttls: file.len() % 2 == 0,
                sizes: file.len() % 3 > 0,
                file
            }),
        ];
    let mix = prop_oneof![
        ratio().prop_map(|write_ratio| Clients { write_ratio, ..Clients::default() }),
        // Summed up to 1 at most, whatever is drawn.
        (0.0..0.5f64, 0.0..0.25f64, 0.0..0.25f64).prop_map(|(write_ratio, modify_ratio, delete_ratio)| Clients {
            write_ratio,
            modify_ratio,
            delete_ratio,
            ..Clients::default()
        }),
        select(vec![Mix::YcsbA, Mix::YcsbB, Mix::YcsbC, Mix::YcsbF])
            .prop_map(|mix| Clients { mix, ..Clients::default() }),
    ];
    (arrivals, keys, mix, 1..=1_000_000u32, ratio()).prop_map(|(arrivals, keys, mix, sessions, absent)| Clients {
        multi_get_ratio: if mix.mix == Mix::Custom { (1.0 - mix.shares().sum()).max(0.0) / 2.0 } else { 0.0 },
        multi_get_keys: 2 + sessions % 20,
        second: sessions.is_multiple_of(4).then(|| second(sessions, absent)),
        absent,
        value_size: Sizes::Uniform { min: Bytes(1), max: Bytes(u64::from(sessions)) },
        arrivals,
        keys,
        sessions,
        ..mix
    })
}

fn second(number: u32, share: f64) -> Second {
    Second {
        arrivals: Arrivals::Constant { rate: share + 0.5 },
        keys: Keys::Uniform { count: number % 1_000 + 1 },
        write_ratio: share,
        ttl: number.is_multiple_of(8).then_some(Nanos(u64::from(number) * 1_000)),
        ..Second::default()
    }
}

fn app() -> impl Strategy<Value = App> {
    let timeout = || prop::option::of(time(1_000, HOUR));
    let own = (any_own(), timeout(), any::<bool>(), prop::option::of(1..=1_024u32));
    (1..=64u32, distribution(), prop::option::of(1..=100_000u32), timeout(), timeout(), 0..=100u32, latency(), own)
        .prop_map(|(servers, work, concurrency, cache_timeout, database_timeout, retries, backoff, own)| {
            let ((pool, breaker, near), pool_timeout, cancel, cores) = own;
            let scatter = cancel;
            let retry_budget = near.as_ref().map(|near| RetryBudget { share: 0.25, burst: near.capacity });
            App {
                cache_retries: retries,
                cache_backoff: if retries == 0 { App::default().cache_backoff } else { backoff },
                servers,
                work,
                cores,
                concurrency,
                cache_timeout,
                database_timeout,
                cancel,
                retries,
                backoff,
                retry_budget,
                scatter,
                pool,
                pool_timeout,
                breaker,
                near,
            }
        })
}

fn network() -> impl Strategy<Value = Network> {
    let rate = || prop::option::of((1_000..=1u64 << 40).prop_map(Bytes));
    let bandwidth =
        (rate(), rate(), rate(), rate()).prop_map(|(client_app, app_cache, app_database, cache_database)| Bandwidth {
            client_app,
            app_cache,
            app_database,
            cache_database,
        });
    (distribution(), distribution(), distribution(), distribution(), bandwidth).prop_map(
        |(client_app, app_cache, app_database, cache_database, bandwidth)| Network {
            client_app,
            app_cache,
            app_database,
            cache_database,
            bandwidth,
        },
    )
}

fn persistence() -> impl Strategy<Value = Persistence> {
    let rule = || (time(1_000_000, 720 * HOUR), 1..=1_000_000_000u32);
    let also = prop::collection::vec(rule().prop_map(|(every, changes)| SnapshotRule { every, changes }), 0..3);
    let snapshots = (rule(), time(0, 1_000_000_000), also)
        .prop_map(|((every, changes), per_entry, also)| Persistence::Snapshots { every, changes, per_entry, also });
    let append = (select(Fsync::ALL.to_vec()), distribution())
        .prop_map(|(fsync, fsync_time)| Persistence::AppendOnly { fsync, fsync_time });
    prop_oneof![Just(Persistence::None {}), snapshots, append]
}

fn durability() -> impl Strategy<Value = Cache> {
    let waiting = (0..=8u32, time(1_000, HOUR), 0..=8u32);
    (persistence(), time(0, 1_000_000_000), 1..=8u32, distribution(), prop::option::of(time(0, HOUR)), waiting)
        .prop_map(|(persistence, loading, replicas, lag, failover, (wait, wait_timeout, least))| Cache {
            persistence,
            loading,
            replicas,
            lag,
            failover,
            wait: wait.min(replicas),
            wait_timeout,
            min_replicas: least.min(replicas),
            ..Cache::default()
        })
}

fn cache() -> impl Strategy<Value = Cache> {
    let life = || time(1_000, 365 * 24 * HOUR);
    let ttl = prop_oneof![
        Just(Ttl::None),
        life().prop_map(Ttl::Fixed),
        (life(), ratio()).prop_map(|(ttl, spread)| Ttl::Jittered { ttl, spread }),
        life().prop_map(Ttl::Sliding),
        prop::collection::vec((prop_oneof![4 => life(), 1 => Just(TtlMix::NO_TTL)], 0.01..=1.0f64), 1..=TtlMix::MOST)
            .prop_map(|parts| Ttl::Mixed(TtlMix::new(&parts).expect("as many as there may be"))),
    ];
    let capacity = prop_oneof![
        (1..=10_000_000u32).prop_map(Capacity::Entries),
        (1_024..=1u64 << 44).prop_map(|bytes| Capacity::Bytes(Bytes(bytes)))
    ];
    let rest = (select(Expiry::ALL.to_vec()), proptest::option::of(capacity.clone()), distribution(), durability());
    // Runs of so many requests as here may be too long to be foreseen.
    let policies: Vec<Eviction> = Eviction::ALL.into_iter().filter(|policy| *policy != Eviction::Opt).collect();
    (capacity, select(policies), ttl, distribution(), 1..=64u32, rest).prop_map(
        |(capacity, eviction, ttl, command, shards, (expiry, memory, page_fault, durable))| Cache {
            capacity,
            eviction,
            samples: if eviction.samples() { shards } else { Cache::default().samples },
            lfu_decay: if eviction == Eviction::RedisLfu { shards - 1 } else { Cache::default().lfu_decay },
            ttl,
            expiry,
            memory,
            page_fault,
            command,
            per_key: Nanos(u64::from(shards)),
            shards,
            ..durable
        },
    )
}

fn database() -> impl Strategy<Value = Database> {
    let batch = (prop::option::of(distribution()), latency()).prop_map(|(base, row)| Batch { base, row });
    let connections = prop::option::of(1..=1_000_000u32);
    let shed = prop_oneof![
        Just(Shed::None {}),
        (time(1_000, HOUR), time(1_000, HOUR)).prop_map(|(target, interval)| Shed::Codel { target, interval }),
        (time(1_000, HOUR), 0.01..=0.99f64).prop_map(|(target, backoff)| Shed::ConcurrencyLimit { target, backoff }),
    ];
    let load = (select(QueueOrder::ALL.to_vec()), shed, 0.0..=1_000.0f64, 0.0..=1_000.0f64);
    let rest = (connections, select(Reads::ALL.to_vec()), any::<bool>(), 0..=8u32, (distribution(), load));
    (1..=1024u32, 0..=10_000_000u32, distribution(), distribution(), batch, ratio(), rest).prop_map(
        |(workers, queue, read, write, batch, abort, (connections, reads, row_locks, replicas, (lag, load)))| {
            Database {
                queue_order: load.0,
                shed: load.1,
                contention: load.2,
                coherency: load.3,
                // Replicas give no locks.
                replicas: if reads == Reads::Snapshot { replicas } else { 0 },
                lag,
                workers,
                connections,
                queue,
                reads,
                row_locks,
                per_key: Nanos(u64::from(workers)),
                read,
                write,
                batch,
                abort,
            }
        },
    )
}

fn write_back() -> impl Strategy<Value = WriteBack> {
    let end = || select(DirtyEnd::ALL.to_vec());
    (
        time(1_000_000_000, 720 * HOUR),
        prop::option::of(1..=10_000_000u32),
        1..=1_000_000u32,
        any::<bool>(),
        0..=200u32,
        end(),
        end(),
        (
            prop::option::of(1..=10_000_000u32),
            select(WhenFull::ALL.to_vec()),
            select(AfterFlush::ALL.to_vec()),
            any::<bool>(),
            time(0, HOUR),
        ),
    )
        .prop_map(|(every, at, batch, coalesce, requeue, on_expiry, on_eviction, more)| {
            let (bound, when_full, after_flush, read, delay) = more;
            let take = match (read && coalesce, delay.0 % 2) {
                (false, _) => Take::Atomic,
                (true, 0) => Take::ReadThenDelete,
                (true, _) => Take::GetDel,
            };
            if every.0 % 8 == 0 {
                return WriteBack::cache_only();
            }
            if every.0 % 8 == 1 {
                let buffer = BufferIn::App;
                return WriteBack {
                    every,
                    at,
                    batch,
                    coalesce,
                    requeue,
                    bound,
                    when_full,
                    delay,
                    buffer,
                    ..WriteBack::default()
                };
            }
            WriteBack {
                every,
                at,
                batch,
                coalesce,
                requeue,
                on_expiry,
                on_eviction,
                bound,
                when_full,
                after_flush,
                take,
                delay,
                flush: true,
                buffer: BufferIn::Cache,
            }
        })
}

fn writing() -> impl Strategy<Value = Writing> {
    prop_oneof![
        (select(Invalidate::ALL.to_vec()), time(0, HOUR)).prop_map(|(cached, delay)| {
            let log = (delay.0 % 32 == 0)
                .then(|| LogReader { every: Nanos(1_000_000_000 + delay.0 / 2), ..LogReader::default() });
            Writing::WriteAround(WriteAround { cached, delay, log })
        }),
        (select(Order::ALL.to_vec()), any::<bool>(), select(Acknowledge::ALL.to_vec()), time(0, HOUR)).prop_map(
            |(order, rollback, acknowledge, delay)| {
                Writing::WriteThrough(WriteThrough { order, rollback, acknowledge, delay })
            }
        ),
        write_back().prop_map(Writing::WriteBack),
        (time(1_000_000_000, HOUR), 1..=1_000_000u32, select(Relayed::ALL.to_vec()))
            .prop_map(|(every, batch, cached)| Writing::Outbox(Outbox { every, batch, cached })),
    ]
}

fn lane() -> impl Strategy<Value = Lane> {
    let otherwise = select(vec![
        "",
        "cache={ttl='3s'}",
        "cache={eviction='sieve',capacity=7}\napp={retries=2}",
        "database={batch={row='1ms'}}",
    ]);
    let modify = prop_oneof![
        Just(Modify::Naive {}),
        (1..=1_000u32).prop_map(|tries| Modify::CompareAndSet { tries }),
        Just(Modify::Increment {}),
    ];
    (name(), any_reading(), writing(), modify, otherwise).prop_map(|(name, read, write, modify, otherwise)| {
        let lane = Scenario::from_toml(&format!("[[lane]]\n{otherwise}")).unwrap().lanes.remove(0);
        // With the cache first, the database cannot decide.
        let cache_first = matches!(&write, Writing::WriteThrough(how) if how.order == Order::CacheFirst);
        // In a server's queue, nothing decides.
        let modify = if cache_first || write.queue().is_some() { Modify::Naive {} } else { modify };
        let mut read = read;
        if let (Reading::LookAside(how), Writing::WriteAround(_) | Writing::Outbox(_)) = (&mut read, &write) {
            how.versions = name.len() % 2 == 0;
        }
        Lane { name, read, write, modify, ..lane }
    })
}

/// When a fault occurs; moments and times between as shares of the run.
#[derive(Clone, Copy, Debug)]
enum When {
    Moment(f64),
    Every(f64),
    BeforeFlush(u64),
    AfterAcknowledged(u64),
}

fn fault() -> impl Strategy<Value = (When, Fault)> {
    let when = prop_oneof![
        2 => (0.0..0.999f64).prop_map(When::Moment),
        1 => (0.001..2.0f64).prop_map(When::Every),
        1 => (1..=1_000_000_000u64).prop_map(When::BeforeFlush),
        1 => (1..=1_000_000_000u64).prop_map(When::AfterAcknowledged),
    ];
    let degree = (1.0..=1_000.0f64, ratio());
    (when, select(FaultKind::ALL.to_vec()), select(Link::ALL.to_vec()), time(1_000, HOUR), degree).prop_map(
        |(when, what, link, lasts, (times, share))| {
            let which = match what.part() {
                Part::App => Some(FaultTarget::Server(0)),
                Part::Link => Some(FaultTarget::Link(link)),
                Part::Cache | Part::Replica | Part::Worker | Part::Database => None,
            };
            let (times, share) = (what.has_times().then_some(times), what.has_share().then_some(share));
            (when, Fault { which, lasts, times, share, ..Fault::new(what, Nanos::ZERO) })
        },
    )
}

/// The fault in this world, where what takes no time cannot take longer, and a flush is waited for only if there are some.
fn fitted((when, mut fault): (When, Fault), world: &Scenario) -> Fault {
    let part = |part: f64| Nanos((world.duration.0 as f64 * part) as u64);
    let writes_back = world.lanes.iter().any(|lane| matches!(lane.write, Writing::WriteBack(_)));
    fault.at = match when {
        When::Moment(share) => FaultTime::Moment(part(share)),
        When::Every(share) => FaultTime::Every(part(share).max(Nanos::from_millis(1))),
        When::BeforeFlush(number) if writes_back => FaultTime::BeforeFlush(number),
        When::BeforeFlush(number) | When::AfterAcknowledged(number) => FaultTime::AfterAcknowledged(number),
    };
    if let (FaultKind::LinkSlow, Some(FaultTarget::Link(link))) = (fault.what, fault.which)
        && *world.network.latency(link) == Distribution::Constant(Nanos::ZERO)
    {
        fault = Fault { which: fault.which, ..Fault::new(FaultKind::Partition, fault.at) };
    }
    if fault.what == FaultKind::CacheFailover && world.cache.replicas == 0 {
        fault = Fault::new(FaultKind::CacheCrash, fault.at);
    }
    let has_workers = |lane: &Lane| lane.write.flushes() || lane.write.tells_later();
    if fault.what == FaultKind::WorkerCrash && !world.lanes.iter().any(has_workers) {
        fault = Fault::new(FaultKind::CacheCrash, fault.at);
    }
    if fault.what == FaultKind::AppSlow && world.app.work == Distribution::Constant(Nanos::ZERO) {
        fault = Fault { which: fault.which, ..Fault::new(FaultKind::AppFreeze, fault.at) };
    }
    fault
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let world = (clients(), app(), network(), cache(), database());
    let plan = (prop::collection::vec(lane(), 1..=12), prop::collection::vec(fault(), 0..6));
    let run = (name(), 0..=limits::SEED_MAX, time(1_000_000, 720 * HOUR), 0.0..0.999f64);
    let prices = (prop::option::of(0.0..1e9f64), prop::option::of(0.0..1e9f64)).prop_map(|(memory, lost_write)| {
        Prices { memory: memory.unwrap_or_default(), lost_write: lost_write.unwrap_or_default(), ..Prices::default() }
    });
    (run, world, (plan, prices)).prop_map(
        |((name, seed, duration, warmup), (clients, app, network, cache, database), ((mut lanes, faults), prices))| {
            lanes.iter_mut().for_each(|lane| fit(&mut lane.read, cache.ttl));
            let share = |part: f64| Nanos((duration.0 as f64 * part) as u64);
            let (warmup, none) = (share(warmup), Vec::new());
            let world = Scenario {
                name,
                seed,
                duration,
                warmup,
                clients,
                app,
                network,
                cache,
                database,
                lanes,
                faults: none,
                prices,
            };
            let faults = faults.into_iter().map(|fault| fitted(fault, &world)).collect();
            let mut world = Scenario { faults, ..world }.without_idle();
            // Not every lane asks for several keys.
            if world.check().is_err() {
                world.clients.multi_get_ratio = 0.0;
                if world.check().is_err() {
                    world.clients.second = None;
                }
            }
            world.without_idle()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_good_scenario_survives_toml_and_json(scenario in scenario()) {
        prop_assume!(scenario.check().is_ok());
        let text = scenario.to_toml();
        prop_assert_eq!(&Scenario::from_toml(&text).map_err(|e| format!("{e}\n{text}")).unwrap(), &scenario);
        let json = serde_json::to_string(&scenario).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Scenario>(&json).unwrap(), &scenario);
    }

    #[test]
    fn what_was_checked_can_be_drawn_from(distribution in distribution()) {
        let scenario = Scenario { app: App { work: distribution, ..App::default() }, ..Scenario::default() };
        prop_assert_eq!(scenario.check(), Ok(()));
        scenario.app.work.sampler(); // panics at what makes no distribution
    }

    #[test]
    fn a_good_scenario_survives_a_link_from_any_preset(scenario in scenario(), number in 0..presets::ALL.len()) {
        prop_assume!(scenario.check().is_ok());
        let preset = &presets::ALL[number];
        let link = link::encode(&scenario, preset.name, &[("lang".to_owned(), "ko".to_owned())]).unwrap();
        let read = link::decode(&link).map_err(|e| format!("{e}\n{link}")).unwrap();
        prop_assert_eq!(&read.scenario, &scenario);
        prop_assert_eq!(read.preset, preset.name);
        prop_assert!(link.is_ascii());
        // Programs on the way may encode more than was: the meaning stays.
        let more = link.replace('(', "%28").replace(')', "%29").replace(':', "%3a").replace(',', "%2C");
        prop_assert_eq!(&link::decode(&more).unwrap().scenario, &scenario);
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC{0,200}") {
        let _ = link::decode(&text);
        let _ = link::decode(&format!("#v2&{text}"));
        let _ = Scenario::from_toml(&text);
        let _ = link::with(&Scenario::default(), &[(text.as_str(), text.as_str())]);
    }

    #[test]
    fn no_broken_link_makes_the_reader_panic(scenario in scenario(), cut in 0usize..400, with in "[ -~]{0,6}") {
        let mut link = link::encode(&scenario, "default", &[]).unwrap();
        let cut = cut.min(link.len());
        link.replace_range(cut..(cut + 3).min(link.len()), &with);
        if let Ok(read) = link::decode(&link) {
            prop_assert_eq!(read.scenario.check(), Ok(()));
        }
    }

    #[test]
    fn no_list_of_pairs_makes_the_reader_panic(
        pairs in prop::collection::vec((
            "(lane|fault|cache|clients|database|app|network|seed|name|view)(\\.(0|1|7|99999999999999999999|count|kind|write|read|ttl|arrivals|keys|rate|every|at|app_cache|lognormal|sliding)){0,4}",
            "[a-z0-9(),:.~-]{0,24}",
        ), 0..6),
    ) {
        let text: String = pairs.iter().map(|(key, value)| format!("&{key}={value}")).collect();
        if let Ok(read) = link::decode(&format!("#v2{text}")) {
            prop_assert_eq!(read.scenario.check(), Ok(()));
        }
    }
}

#[test]
fn many_generated_scenarios_are_good() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let good = (0..200).filter(|_| scenario().new_tree(&mut runner).unwrap().current().check().is_ok()).count();
    assert!(good > 80, "{good} of 200: the properties above would test little");
}

#[test]
fn links_read_like_sentences() {
    let base = presets::get("default").unwrap().scenario();
    let mut changed = base.clone();
    changed.cache.ttl = Ttl::Sliding(Nanos::from_secs(5));
    changed.network.app_cache = Distribution::Lognormal { median: Nanos::from_micros(200), p99: Nanos::from_millis(3) };
    changed.lanes[0].name = "한 줄 (first)".to_owned();
    changed.lanes[4].write = Writing::WriteBack(WriteBack { every: Nanos::from_secs(2), ..WriteBack::default() });
    changed.lanes[3].write = Writing::WriteBack(WriteBack { batch: 64, ..WriteBack::default() });
    changed.faults.push(Fault {
        at: FaultTime::Moment(Nanos::from_secs(30)),
        what: FaultKind::AppCrash,
        which: Some(FaultTarget::Server(1)),
        silent: None,
        ..base.faults[0].clone()
    });
    assert_eq!(
        link::encode(&changed, "default", &[("lanes".to_owned(), "0,4".to_owned())]).unwrap(),
        "#v2&preset=default&network.app_cache.lognormal.p99=3ms&cache.ttl=sliding(5s)\
         &lane.0.name=%ED%95%9C+%EC%A4%84+~(first~)&lane.3.write=write-back(batch:64)&lane.4.write.every=2s\
         &fault.1=(at:30s,what:app.crash,which:1,for:3s)&view.lanes=0,4"
    );
    changed.lanes.truncate(2);
    changed.faults.clear();
    let link = link::encode(&changed, "default", &[]).unwrap();
    assert!(link.contains("&lane.count=2&") && link.ends_with("&fault.count=0"), "{link}");
}

#[test]
fn the_shortest_link_starts_from_the_nearest_preset() {
    for preset in &presets::ALL {
        let mut scenario = preset.scenario().clone();
        scenario.seed = 99;
        assert_eq!(link::encode_shortest(&scenario).unwrap(), format!("#v2&preset={}&seed=99", preset.name));
    }
}

#[test]
fn options_of_a_kind_can_be_given_one_by_one() {
    let link = "#v2&clients.arrivals=closed&clients.arrivals.users=5&network.app_cache.exponential=2ms\
                &lane.0.write.kind=write-back&lane.0.write.every=3s&lane.5.read=none";
    let scenario = link::decode(link).unwrap().scenario;
    assert_eq!(
        scenario.clients.arrivals,
        Arrivals::Closed { users: 5, think: Distribution::Constant(Nanos::from_secs(1)) }
    );
    assert_eq!(scenario.network.app_cache, Distribution::Exponential(Nanos::from_millis(2)));
    assert_eq!(
        scenario.lanes[0].write,
        Writing::WriteBack(WriteBack { every: Nanos::from_secs(3), ..WriteBack::default() })
    );
    assert_eq!(scenario.lanes[5].read, Reading::None {});
}

#[test]
fn whole_numbers_serve_where_fractions_are_expected_in_every_text() {
    let toml = "[clients]\narrivals = { kind = \"poisson\", rate = 80 }\nkeys = { kind = \"zipf\", alpha = 1 }\nwrite_ratio = 0\n\
                [cache]\nttl = { jittered = { ttl = \"5s\", spread = 1 } }\n[app]\nwork = { empirical = [[50, \"1ms\"], [100, \"2ms\"]] }";
    let scenario = Scenario::from_toml(toml).unwrap();
    assert_eq!(scenario.clients.arrivals, Arrivals::Poisson { rate: 80.0 });
    assert_eq!(scenario.clients.keys, Keys::zipf(1000, 1.0));
    let json = serde_json::to_value(&scenario).unwrap();
    assert_eq!(json["clients"]["arrivals"], serde_json::json!({ "kind": "poisson", "rate": 80.0 }));
}

#[test]
fn the_sketch_of_the_design_is_read_as_it_stands() {
    let sketch = r#"
name = "a queue at 80 %"
seed = 7
duration = "2000s"
warmup = "100s"            # left out of the figures; the ledger counts from the start

[clients]
arrivals = { kind = "poisson", rate = 80 }
keys = { kind = "zipf", count = 1000, alpha = 1.0 }
write_ratio = 0.1

[network]
client_app = "0ms"
app_cache = "0.2ms"
app_database = { lognormal = { median = "0.5ms", p99 = "3ms" } }
cache_database = "0.5ms"

[cache]
capacity = 100
eviction = "lru"
ttl = "60s"
command = "6us"

[database]
workers = 8
read = { exponential = "10ms" }
write = { exponential = "10ms" }
batch = { base = "5ms", row = "0.2ms" }

[[lane]]
name = "write-back every 5 s"
read = "look-aside"
write = { kind = "write-back", every = "5s" }

[[fault]]
at = "30s"
what = "cache.crash"
for = "5s"
"#;
    let scenario = Scenario::from_toml(sketch).unwrap();
    assert_eq!(
        scenario.to_toml(),
        "version = 2\nname = \"a queue at 80 %\"\nseed = 7\nduration = \"2000s\"\nwarmup = \"100s\"\n\n\
        [clients]\narrivals = { kind = \"poisson\", rate = 80 }\n\n\
        [network]\napp_cache = \"200us\"\napp_database = { lognormal = { median = \"500us\", p99 = \"3ms\" } }\n\
        cache_database = \"500us\"\n\n\
        [database]\nbatch = { base = \"5ms\" }\n\n\
        [[lane]]\nname = \"write-back every 5 s\"\nwrite = \"write-back\"\n\n\
        [[fault]]\nat = \"30s\"\nwhat = \"cache.crash\"\n"
    );
}

#[test]
fn every_number_and_duration_has_a_limit() {
    // A scenario of each kind of everything: no leaf that counts or measures may be without a range.
    let mut all = presets::get("default").unwrap().scenario().clone();
    all.app.concurrency = Some(5);
    all.app.cache_timeout = Some(Nanos::from_secs(1));
    let arrivals = [
        Arrivals::Poisson { rate: 1.0 },
        Arrivals::Closed { users: 1, think: Distribution::Empirical(vec![(100.0, Nanos::from_secs(1))]) },
        Arrivals::Bursts { rate: 1.0, quiet: 0.0, on: Nanos::from_secs(1), off: Nanos::from_secs(1) },
        Arrivals::Wave { rate: 1.0, swing: 0.5, period: Nanos::from_secs(1) },
        Arrivals::Spike(Spike::default()),
        Arrivals::Trace { speed: 1.0 },
    ];
    let keys = [
        Keys::Uniform { count: 1 },
        Keys::HotSet { count: 1, hot: 0.5, traffic: 0.5, moves_every: Some(1) },
        Keys::Latest { count: 1, alpha: 1.0 },
        Keys::Scan { count: 1 },
        Keys::zipf(1, 1.0),
        Keys::of_trace("a.csv".to_owned()),
    ];
    for (arrivals, keys) in arrivals.into_iter().zip(keys) {
        all.clients = Clients { arrivals, keys, ..all.clients };
        let mut json = serde_json::to_value(&all).unwrap();
        json.as_object_mut().unwrap().remove("version"); // no field
        let mut unlimited = Vec::new();
        walk("", &json, &mut unlimited);
        assert_eq!(unlimited, Vec::<String>::new());
    }
    fn walk(at: &str, value: &serde_json::Value, unlimited: &mut Vec<String>) {
        let join = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let measures = value.is_number() || value.as_str().is_some_and(|s| s.parse::<Nanos>().is_ok());
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(name, value)| walk(&join(name), value, unlimited)),
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| walk(&join(&i.to_string()), value, unlimited));
            }
            _ if measures && limits::of(at).is_none() => unlimited.push(at.to_owned()),
            _ => {}
        }
    }
}

#[test]
fn a_lane_has_its_own_world_where_it_says_so_and_the_common_one_elsewhere() {
    let text = "[cache]\ncapacity = 9\n[database]\nbatch = { base = \"7ms\" }\n[[lane]]\n[[lane]]\ncache = { ttl = \"1s\" }\n\
                database = { batch = { row = \"3ms\" } }\n";
    let scenario = Scenario::from_toml(text).unwrap();
    let (common, own) = (scenario.for_lane(0), scenario.for_lane(1));
    assert_eq!((common.cache, common.database), (scenario.cache.clone(), scenario.database.clone()));
    assert_eq!((own.cache.capacity, own.cache.ttl), (9.into(), Ttl::Fixed(Nanos::from_secs(1))));
    assert_eq!(own.database.batch.base, scenario.database.batch.base, "what is not given stays");
    assert_eq!(own.database.batch.row, Nanos::from_millis(3));
    assert_eq!(scenario.lanes[1].cache.told(), [("ttl".to_owned(), "\"1s\"".to_owned())]);
    assert_eq!(Scenario::from_toml(&scenario.to_toml()).unwrap(), scenario);
}

#[test]
fn links_add_change_and_take_back_what_a_lane_has_otherwise() {
    let mut scenario = Scenario::default();
    let mut told = |settings: &[(&str, &str)]| {
        scenario = link::with(&scenario, settings).unwrap();
        let link = link::encode(&scenario, "default", &[]).unwrap();
        assert_eq!(link::decode(&link).unwrap().scenario, scenario, "{link}");
        (scenario.for_lane(0).cache.capacity, scenario.for_lane(0).cache.ttl, scenario.lanes[0].cache.told().len())
    };
    let (capacity, ttl, _) = told(&[]);
    assert_eq!(told(&[("lane.0.cache.capacity", "5")]), (5.into(), ttl, 1));
    assert_eq!(told(&[("lane.0.cache.ttl", "2s")]), (5.into(), Ttl::Fixed(Nanos::from_secs(2)), 2));
    assert_eq!(told(&[("lane.0.cache", "(ttl:3s)")]), (capacity, Ttl::Fixed(Nanos::from_secs(3)), 1));
    assert_eq!(told(&[("lane.0.cache", "()")]), (capacity, ttl, 0));
}

#[test]
fn what_is_wrong_in_a_lanes_own_world_names_the_lanes_field() {
    let refused = |lane: &str| Scenario::from_toml(&format!("[[lane]]\n[[lane]]\n{lane}")).unwrap_err().to_string();
    let range = refused("cache = { capacity = 0 }");
    assert!(range.starts_with("line 3: lane.1.cache.capacity = 0: must be "), "{range}");
    let stranger = refused("cache = { capacitee = 5 }");
    assert!(stranger.contains("lane.1.cache.capacitee") && stranger.contains("did you mean capacity?"), "{stranger}");
    let relation = refused("app = { work = { uniform = { min = \"3ms\", max = \"1ms\" } } }");
    assert!(relation.starts_with("line 3: lane.1.app.work"), "{relation}");
}

#[test]
fn options_that_do_not_go_together_are_refused_with_a_way_out() {
    let wrong = |text: &str| Scenario::from_toml(text).unwrap_err().to_string();
    let lane = |options: &str| wrong(&format!("[[lane]]\n{options}\n"));
    assert!(lane(r#"write = { kind = "outbox", every = "3601s" }"#).contains("give at most 1h"));
    let first = "write = { kind = \"write-through\", order = \"cache-first\" }\nmodify = ";
    for modify in [r#""increment""#, r#"{ kind = "compare-and-set", tries = 3 }"#] {
        assert!(lane(&format!("{first}{modify}")).contains("set the lane's order to database-first"));
    }
    let marks = r#"write = { kind = "write-back", take = "read-then-delete", coalesce = false }"#;
    assert!(lane(marks).contains("set coalesce = true"));
    let rules = |count: usize| {
        let rules = vec![r#"{ every = "1s", changes = 1 }"#; count].join(", ");
        format!("[cache]\npersistence = {{ kind = \"snapshots\", also = [{rules}] }}\n[[lane]]\n")
    };
    assert!(Scenario::from_toml(&rules(16)).is_ok());
    assert!(wrong(&rules(17)).contains("there are 17 further rules; give at most 16"));
}

#[test]
fn what_a_text_leaves_open_is_what_another_field_says_and_what_it_says_is_kept() {
    for (what, lasts) in [
        (FaultKind::SlowCommand, 5),
        (FaultKind::SlowCommand, 0),
        (FaultKind::CacheCrash, 5),
        (FaultKind::CacheSlow, 9),
    ] {
        let fault = Fault { lasts: Nanos::from_secs(lasts), ..Fault::new(what, Nanos::from_secs(1)) };
        let scenario = Scenario { faults: vec![fault], ..Scenario::default() };
        let text = scenario.to_toml();
        assert_eq!(Scenario::from_toml(&text).unwrap(), scenario, "{text}");
        assert_eq!(text.contains("for ="), lasts != what.lasts().as_secs_f64() as u64, "{text}");
    }
    let mut kept = Scenario::default();
    kept.lanes[0].write = Writing::WriteBack(WriteBack::cache_only());
    let text = kept.to_toml();
    assert!(text.contains("flush = false") && !text.contains("on_expiry"), "{text}");
    assert_eq!(Scenario::from_toml(&text).unwrap(), kept);
}

#[test]
fn a_fault_needs_a_place_and_a_moment_and_lasts_as_long_as_its_kind_does() {
    let read = |fault: &str| Scenario::from_toml(&format!("duration = \"20s\"\n[[lane]]\n[[fault]]\n{fault}\n"));
    let wrong = |fault: &str| read(fault).unwrap_err().to_string();
    assert!(wrong("at = \"5s\"\nwhat = \"app.crash\"").contains("affects one application server"));
    assert!(wrong("at = \"20s\"\nwhat = \"cache.crash\"").contains("give a moment before the run's end"));
    let lasts = |what: &str| read(&format!("at = \"5s\"\nwhat = \"{what}\"")).unwrap().faults[0].lasts;
    let told = ["cache.flush-all", "cache.slow-command", "cache.crash"].map(lasts);
    assert_eq!(told, [0, 0, 5_000].map(Nanos::from_millis), "an O(N) command as long as it takes");
}

#[test]
fn a_sample_is_no_larger_than_what_it_is_taken_from() {
    let keys = |of: u32| {
        Scenario::from_toml(&format!("[clients.keys]\nkind = \"zipf-sample\"\ncount = 100\nof = {of}\n[[lane]]\n"))
    };
    assert!(keys(100).is_ok());
    assert!(keys(99).unwrap_err().to_string().contains("a sample is no larger than the whole; give at least 100"));
}
