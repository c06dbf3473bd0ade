//! Own numbers: what `cachelane fit` makes of what others print.

use serde_json::Value;

use crate::cli::{printed, refused};

fn told(text: &str, args: &[&str]) -> Value {
    serde_json::from_str(&printed(&[&["fit", "-", "--json"], args].concat(), text)).expect("JSON")
}

const INFO: &str = "# Server\r\nredis_version:7.2.4\r\nuptime_in_seconds:1000\r\n\r\n# Memory\r\nused_memory:9000000\r\n\
    used_memory_dataset:8388608\r\nmaxmemory:268435456\r\nmaxmemory_policy:allkeys-lfu\r\n# Stats\r\n\
    total_commands_processed:250000\r\ninstantaneous_ops_per_sec:260\r\nexpired_keys:12\r\nevicted_keys:0\r\n\
    keyspace_hits:93210\r\nkeyspace_misses:6790\r\n# Commandstats\r\n\
    cmdstat_get:calls=90,usec=720,usec_per_call=8.00,rejected_calls=0,failed_calls=0\r\n\
    cmdstat_set:calls=9,usec=90,usec_per_call=10.00\r\ncmdstat_del:calls=1,usec=9,usec_per_call=9.00\r\n\
    cmdstat_ping:calls=500,usec=500,usec_per_call=1.00\r\n# Keyspace\r\ndb0:keys=8192,expires=8192,avg_ttl=30000\r\n";

#[test]
fn an_info_is_the_fields_that_it_speaks_of_and_what_the_run_is_to_be_compared_with() {
    let all = told(INFO, &[]);
    let set = |field: &str| all["set"][field].as_str().unwrap_or_else(|| panic!("{field}: {all:#}"));
    for (field, value) in [
        ("cache.capacity", "256MiB"),
        ("cache.eviction", "redis-lfu"),
        ("cache.ttl", "1min"),
        ("cache.command", "8us"),
        ("clients.keys.count", "8192"),
        ("clients.value_size", "960B"),
        ("clients.arrivals", "poisson(rate:260)"),
        ("clients.write_ratio", "0.09"),
        ("clients.delete_ratio", "0.01"),
    ] {
        assert_eq!(set(field), value, "{field}");
    }
    assert_eq!(all["set"].as_object().map(|set| set.len()), Some(9), "and nothing else: {all:#}");
    assert_eq!(all["compare"][0]["value"], "93.21 %");
    let toml = printed(&["fit", "-", "--into", "default"], INFO);
    assert!(toml.contains("capacity = \"256MiB\"") && toml.contains("count = 8192"), "{toml}");
    printed(&["check", "-"], &toml);
}

#[test]
fn an_info_says_what_it_leaves_open_and_what_is_wrong_with_it() {
    let evicting = INFO.replace("evicted_keys:0", "evicted_keys:5").replace("maxmemory:268435456", "maxmemory:0");
    let all = told(&evicting, &[]);
    assert!(all["set"]["clients.keys.count"].is_null() && all["set"]["cache.capacity"].is_null(), "{all:#}");
    let notes = all["notes"].to_string();
    assert!(notes.contains("has evicted 5") && notes.contains("no limit"), "{notes}");
    for (from, to, part) in [
        ("maxmemory:268435456", "maxmemory:256mb", "maxmemory:256mb is no whole number"),
        ("allkeys-lfu", "allkeys-lifo", "allkeys-lifo is no policy"),
        ("keys=8192,expires=8192", "keys=many,expires=8192", "has no keys"),
        ("redis_version:7.2.4", "redis_version:7.2.4\r\nredis_version:7.2.4", "more than once"),
    ] {
        let said = refused(&["fit", "-"], &INFO.replace(from, to), 2);
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn response_times_are_a_field_that_one_names_as_points_or_as_the_nearest_law() {
    const LOCUST: &str = "27 34 39 43 55 67 88 110 170 190 190";
    let points = told(LOCUST, &["--for", "app.work"]);
    let row = points["set"]["app.work"].as_str().expect("the row");
    assert!(
        row.starts_with("empirical(") && points["points"].as_array().is_some_and(|points| points.len() == 11),
        "{row}"
    );
    let law = told(LOCUST, &["--for", "app.work", "--law"]);
    assert!(law["set"]["app.work"].as_str().is_some_and(|law| law.starts_with("lognormal(")), "{law:#}");
    let factor = law["fit"]["farthest"]["factor"].as_f64().expect("a factor");
    assert!((0.75..1.33).contains(&factor), "{factor}");
    let said = printed(&["fit", "-"], LOCUST);
    assert!(said.contains("nearest law: lognormal(") && said.contains("--set 'database.read=empirical("), "{said}");
    let said = refused(&["fit", "-", "--for", "database.reed"], LOCUST, 2);
    assert!(said.contains("database.reed"), "{said}");
    let said = refused(&["fit", "-"], "latency average = 3 ms", 2);
    assert!(said.contains("-P 10"), "{said}");
}

#[test]
fn the_keys_of_a_trace_get_the_nearest_zipf_law_and_a_word_where_there_is_none() {
    // Key r 1200 / r times: Zipf of exponent 1, as near as whole numbers are.
    let mut trace = String::new();
    (1..=60).for_each(|rank| (0..1_200 / rank).for_each(|_| trace.push_str(&format!("key{rank}\n"))));
    let all = told(&trace, &[]);
    assert_eq!((&all["keys"], all["heads"][0]["keys"].as_u64()), (&60.into(), Some(1)));
    assert!((all["alpha"].as_f64().expect("alpha") - 1.0).abs() < 0.01, "{all:#}");
    assert_eq!(all["set"]["clients.keys"], "zipf(count:60)");
    let two_steps: String =
        (0..400).map(|i| if i % 2 == 0 { format!("hot{}\n", i % 20) } else { format!("cold{i}\n") }).collect();
    let said = printed(&["fit", "-"], &two_steps);
    assert!(said.contains("no Zipf law"), "{said}");
}
