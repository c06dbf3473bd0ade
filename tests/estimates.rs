//! What a run takes is known before it is spent: no part takes more than was estimated, nor much less, and more of anything
//! is never estimated to take less.

use cachelane::experiment::Experiment;
use cachelane::scenario::estimate::Amount;
use cachelane::scenario::{Scenario, limits, presets};
use cachelane::time::Nanos;

use crate::common::of;

/// The most memory that a run took at once, bytes.
fn taken(scenario: &Scenario) -> f64 {
    let taken = allocation_counter::measure(|| {
        let mut experiment = Experiment::new(scenario, None).expect("no trace is needed");
        experiment.advance(Nanos::MAX, || false);
        drop(experiment.report());
    });
    taken.bytes_max as f64
}

/// Worlds in which one part takes nearly all, each with the words for that part.
const PARTS: &[(&str, &str)] = &[
    (
        "tables by key",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 5000 }
        keys = { kind = "uniform", count = 2000000 }
        [cache]
        shards = 64
        capacity = 1000
        [database]
        workers = 1024
    "#,
    ),
    (
        "entries of the cache",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "constant", rate = 20000 }
        keys = { kind = "scan", count = 400000 }
        write_ratio = 0
        [cache]
        capacity = 1000000
        eviction = "arc"
        ttl = "none"
        [database]
        workers = 1024
        read = "1ms"
    "#,
    ),
    (
        "near caches",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 5000 }
        keys = { kind = "uniform", count = 200000 }
        [app]
        servers = 64
        near = { capacity = 5000 }
        [database]
        workers = 1024
    "#,
    ),
    (
        "the ledger of writes",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        keys = { kind = "zipf", count = 10000 }
        write_ratio = 1
        [database]
        workers = 1024
    "#,
    ),
    (
        "dirty rows",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        keys = { kind = "uniform", count = 10 }
        write_ratio = 1
        [[lane]]
        write = { kind = "write-back", coalesce = false, every = "1min", batch = 1000 }
    "#,
    ),
    (
        "changes that replicas lack",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        keys = { kind = "uniform", count = 1000 }
        write_ratio = 0
        [cache]
        ttl = { sliding = "1h" }
        capacity = 2000
        replicas = 2
        lag = "1min"
    "#,
    ),
    (
        "changes since the last snapshot or sync",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "constant", rate = 20000 }
        keys = { kind = "scan", count = 1000000 }
        write_ratio = 0
        [cache]
        capacity = 1000
        persistence = { kind = "snapshots", every = "1h" }
        [database]
        workers = 1024
        read = "1ms"
    "#,
    ),
    // All wait for a server's work.
    (
        "waiting requests",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 5000 }
        [app]
        work = "1min"
    "#,
    ),
    // Users who fail at once and come back.
    (
        "waiting requests",
        r#"
        duration = "2s"
        [clients]
        arrivals = { kind = "closed", users = 100000, think = "1s" }
        write_ratio = 0
        [app]
        work = "10s"
        servers = 1
        [[fault]]
        at = "1500ms"
        what = "app.crash"
        for = "500ms"
    "#,
    ),
    (
        "clients who may give up",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        write_ratio = 0
        timeout = "1h"
    "#,
    ),
    (
        "messages to near caches",
        r#"
        duration = "5s"
        [clients]
        arrivals = { kind = "poisson", rate = 2000 }
        keys = { kind = "uniform", count = 100 }
        write_ratio = 1
        [app]
        servers = 64
        near = { capacity = 10, invalidate = "messages" }
        [network]
        app_cache = "10s"
        [database]
        workers = 1024
    "#,
    ),
    (
        "records of the outbox",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        keys = { kind = "uniform", count = 10 }
        write_ratio = 1
        [database]
        workers = 1024
        write = "1ms"
        [[lane]]
        write = { kind = "outbox", every = "1min" }
    "#,
    ),
    (
        "commits that the database's replicas lack",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 20000 }
        keys = { kind = "uniform", count = 10 }
        write_ratio = 1
        [database]
        workers = 1024
        write = "1ms"
        reads = "snapshot"
        replicas = 8
        lag = "1min"
    "#,
    ),
    (
        "the popularity of keys",
        r#"
        duration = "1s"
        [clients]
        arrivals = { kind = "poisson", rate = 10 }
        keys = { kind = "zipf", count = 2000000, scrambled = true }
    "#,
    ),
    (
        "what OPT is told",
        r#"
        duration = "20s"
        [clients]
        arrivals = { kind = "poisson", rate = 50000 }
        keys = { kind = "uniform", count = 1000 }
        write_ratio = 0
        [cache]
        capacity = 2000
        eviction = "opt"
        command = "1us"
        [database]
        workers = 1024
        read = "1ms"
    "#,
    ),
];

#[test]
fn each_part_takes_no_more_than_estimated_and_not_much_less() {
    let mut wrong = String::new();
    for (part, toml) in PARTS {
        // Of version 1, in which nothing limits how many are in the database: each part is to be met at its largest.
        let scenario = of(&format!("version = 1\n{toml}"));
        let estimate = scenario.estimate();
        let (taken, bytes) = (taken(&scenario), estimate.bytes());
        let line = format!("{part}: {} taken, {} estimated", Amount(taken), Amount(bytes));
        println!("{line}");
        if taken > bytes
            || bytes > 8.0 * taken
            || !estimate.shares().iter().any(|share| share.what.to_string() == *part)
        {
            let shares: Vec<String> = estimate.shares().iter().map(ToString::to_string).collect();
            wrong += &format!("{line}\n    {}\n", shares.join("\n    "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_preset_takes_less_than_there_is() {
    for preset in presets::all() {
        let (name, estimate) = (preset.name, preset.scenario().estimate());
        let bytes = estimate.bytes();
        println!("{name}: {:.0} requests, {}", estimate.requests(), Amount(bytes));
        assert!(bytes < limits::MEMORY_MAX.0 as f64 * 0.8, "{name}: {} {:?}", Amount(bytes), estimate.shares());
    }
}

#[test]
fn more_of_anything_is_never_estimated_to_take_less() {
    let least = r#"
        duration = "10s"
        [clients]
        arrivals = { kind = "poisson", rate = 100 }
        keys = { kind = "uniform", count = 1000 }
        write_ratio = 0.1
        value_size = "1KiB"
        [app]
        servers = 2
        near = { capacity = 10 }
        [cache]
        capacity = 100
        shards = 2
        replicas = 1
        lag = "1ms"
        [[lane]]
        write = { kind = "write-back", bound = 100 }
    "#;
    let more: &[(&str, &[&str])] = &[
        ("duration", &["20s", "1h", "10h"]),
        ("clients.arrivals.rate", &["200", "5000", "9000"]),
        ("clients.keys.count", &["2000", "100000", "1000000"]),
        ("clients.write_ratio", &["0.2", "0.9", "1"]),
        ("app.servers", &["3", "64"]),
        ("app.near.capacity", &["100", "1000", "5000"]),
        ("cache.capacity", &["1000", "5000000", "16TiB"]),
        ("cache.shards", &["3", "64"]),
        ("cache.replicas", &["2", "8"]),
        ("cache.lag", &["1s", "1min", "1h"]),
        ("database.replicas", &["1", "8"]),
        ("lane.0.read", &["look-aside(leases:wait)"]),
    ];
    for (path, values) in more {
        let mut scenario = of(least);
        for value in *values {
            let larger = scenario.edited(path, value).unwrap_or_else(|error| panic!("{path} = {value}: {error}"));
            let (before, after) = (scenario.estimate(), larger.estimate());
            assert!(after.bytes() >= before.bytes() && after.requests() >= before.requests(), "{path} = {value}");
            scenario = larger;
        }
    }
}
