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
fn samples_of_jmeter_are_read_from_a_file_as_they_stand_there() {
    let text = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes\r\n\
        1700000000000,20,GET /a,200,OK,t 1-1,text,true,,120\r\n\
        1700000000100,40,GET /a,200,OK,t 1-1,text,false,\"Test failed: text expected\r\n***** received: 99% of it\",120\r\n\
        1700000000000,60,both,200,\"Number of samples in transaction : 2, number of failing samples : 1\",t 1-1,,false,,240\r\n";
    let all = told(text, &[]);
    assert_eq!((&all["kind"], &all["taken_as_ms"]), (&"times".into(), &false.into()), "{all:#}");
    let points: Vec<[f64; 2]> = all["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| ["percent", "ms"].map(|name| point[name].as_f64().expect("a number")))
        .collect();
    assert_eq!(points, [[0.0, 20.0], [100.0, 20.0]]);
    assert_eq!(all["notes"], serde_json::json!(["1 of 2 requests failed, and their times are left out"]));
    // Without its head it is neither times nor a trace.
    let headless = refused(&["fit", "-"], text.split_once('\n').expect("a head").1, 2);
    assert!(headless.contains("as a trace"), "{headless}");
}

#[test]
fn an_info_says_where_else_its_data_stands_and_what_of_that_it_does_not_say() {
    let with = |lines: &str| told(&format!("{INFO}{lines}"), &[]);
    let primary = with("# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\nconnected_slaves:2\r\n");
    assert_eq!(primary["set"]["cache.persistence"], "append-only");
    assert_eq!(primary["set"]["cache.replicas"], "2");
    let rows = primary["rows"].to_string();
    assert!(rows.contains("aof_enabled:1") && rows.contains("appendfsync is not in INFO"), "{rows}");
    assert!(primary["notes"].to_string().contains("cache.failover and cache.min_replicas"), "{primary:#}");
    let toml = printed(
        &["fit", "-", "--into", "default"],
        &format!("{INFO}aof_enabled:1\r\nrole:master\r\nconnected_slaves:2\r\n"),
    );
    printed(&["check", "-"], &toml);
    assert!(toml.contains("replicas = 2") && toml.contains("append-only"), "{toml}");
    let alone = with("aof_enabled:0\r\nrole:master\r\nconnected_slaves:0\r\n");
    assert_eq!((&alone["set"]["cache.persistence"], &alone["set"]["cache.replicas"]), (&Value::Null, &"0".into()));
    assert!(alone["notes"].to_string().contains("snapshots (save) is not in INFO"), "{alone:#}");
    let replica = with("role:slave\r\nconnected_slaves:0\r\n");
    assert!(replica["set"]["cache.replicas"].is_null(), "{replica:#}");
    assert!(replica["notes"].to_string().contains("INFO of a replica"), "{replica:#}");
    let many = with("role:master\r\nconnected_slaves:30\r\n");
    assert!(many["notes"].to_string().contains("connected_slaves:30 is left out"), "{many:#}");
}

#[test]
fn an_info_says_what_it_leaves_open_and_what_is_wrong_with_it() {
    let evicting = INFO.replace("evicted_keys:0", "evicted_keys:5").replace("maxmemory:268435456", "maxmemory:0");
    let all = told(&evicting, &[]);
    assert!(all["set"]["clients.keys.count"].is_null(), "{all:#}");
    let notes = all["notes"].to_string();
    assert!(notes.contains("has evicted 5") && notes.contains("no limit"), "{notes}");
    // A server without a limit has room for what it holds, and its policy never acts.
    assert_eq!((&all["set"]["cache.capacity"], &all["set"]["cache.eviction"]), (&"8192".into(), &Value::Null));
    let toml = printed(&["fit", "-", "--into", "default"], &evicting.replace("allkeys-lfu", "noeviction"));
    assert!(toml.contains("capacity = 8192") && !toml.contains("eviction"), "{toml}");
    let keyless = told(evicting.split("# Keyspace").next().unwrap_or_default(), &[]);
    assert!(keyless["set"]["cache.capacity"].is_null(), "{keyless:#}");
    assert!(keyless["notes"].to_string().contains("room for all keys"), "{keyless:#}");
    // Without its statistics nothing is known of keys that have gone.
    let keyspace = told("# Keyspace\ndb0:keys=100000,expires=90000,avg_ttl=1800000,subexpiry=0\n", &[]);
    assert_eq!(keyspace["set"]["clients.keys.count"], "100000");
    assert!(!keyspace["rows"].to_string().contains("hardly any"), "{keyspace:#}");
    assert!(keyspace["notes"].to_string().contains("evicted_keys and expired_keys"), "{keyspace:#}");
    // What nobody here knows, or no field takes, costs the rest nothing.
    let odd = INFO.replace("allkeys-lfu", "eviction").replace("avg_ttl=30000", "avg_ttl=18446744073709551615");
    let all = told(&odd, &[]);
    assert!(all["set"]["cache.ttl"].is_null() && all["set"]["cache.capacity"] == "256MiB", "{all:#}");
    let notes = all["notes"].to_string();
    assert!(notes.contains("maxmemory_policy:eviction is not known") && notes.contains("is left out"), "{notes}");
    // Few keys with a TTL: the others have none.
    let mixed = told(&INFO.replace("keys=8192,expires=8192", "keys=8192,expires=2048"), &[]);
    assert_eq!(mixed["set"]["cache.ttl"], "mixed((1min,0.25),(none,0.75))");
    // A database of which Redis has no estimate yet says nothing of how long keys live.
    let two = told(&INFO.replace("db0:keys=8192,", "db1:keys=10,expires=10,avg_ttl=0\r\ndb0:keys=8192,"), &[]);
    assert_eq!(two["set"]["cache.ttl"], "1min");
    let endless = told(&INFO.replace("expires=8192,avg_ttl=30000", "expires=0,avg_ttl=0"), &[]);
    assert_eq!(endless["set"]["cache.ttl"], "none");
    let slow = told(&INFO.replace("instantaneous_ops_per_sec:260", "instantaneous_ops_per_sec:0.0421"), &[]);
    assert_eq!(slow["set"]["clients.arrivals"], "poisson(rate:0.0421)");
    let expiring = told(&INFO.replace("expired_keys:12", "expired_keys:5000000"), &[]);
    assert!(expiring["set"]["clients.keys.count"].is_null(), "{expiring:#}");
    for (from, to, part) in [
        ("maxmemory:268435456", "maxmemory:256mb", "maxmemory:256mb is no whole number"),
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
    let flushed = "1700000000.1 [0 1.1.1.1:1] \"flushall\"\n1700000000.2 [0 1.1.1.1:1] \"get\" \"a\"\n1700000000.3 [0 1.1.1.1:1] \"get\" \"b\"\n";
    assert_eq!(told(flushed, &[])["requests"], 2, "what names no key is no request");
    let two_steps: String =
        (0..400).map(|i| if i % 2 == 0 { format!("hot{}\n", i % 20) } else { format!("cold{i}\n") }).collect();
    let said = printed(&["fit", "-"], &two_steps);
    assert!(said.contains("no Zipf law"), "{said}");
}

#[test]
fn whole_reports_are_read_as_people_have_them() {
    const PGBENCH: &str = "pgbench (16.1)\ntransaction type: <builtin: TPC-B (sort of)>\nscaling factor: 10\nnumber of clients: 10\n\
        maximum number of tries: 1\nnumber of failed transactions: 0 (0.000%)\nlatency average = 2.452 ms\nlatency stddev = 0.912 ms\n\
        initial connection time = 45.7 ms\ntps = 896.9 (without initial connection time)\n";
    const AB: &str = "Connection Times (ms)\n              min  mean[+/-sd] median   max\nConnect:        0    0   0.1      0       1\n\
        Processing:     1    5   2.0      5      20\nWaiting:        1    5   2.0      5      20\nTotal:          1    5   2.0      5      20\n\n\
        Percentage of the requests served within a certain time (ms)\n  50%      5\n  66%      6\n  90%      8\n  99%     12\n 100%     20 (longest request)\n";
    const LOCUST: &str = "Type     Name  # reqs  # fails |  Avg   Min   Max   Med | req/s failures/s\n--------|------|-----|------|-----\n\
        GET      /a    100  0(0.00%) |  30  10  190  27 |  10.0  0.00\n\nResponse time percentiles (approximated)\n\
        Type     Name   50%    66%    75%    80%    90%    95%    98%    99%  99.9% 99.99%   100% # reqs\n--------|-----|------|\n\
        GET      /a      20     31     35     40     50     60     80    110    130    150    190    60\n\
        GET      /b      25     31     35     40     50     60     80    110    130    150    190    40\n--------|-----|------|\n\
                 Aggregated      27     31     35     40     50     60     80    110    130    150    190   100\n";
    const K6: &str = "  THRESHOLDS\n    http_req_duration\n    ✓ 'p(95)<200' p(95)=127.99ms\n  HTTP\n    \
        http_req_duration..............: avg=117.55ms min=112.5ms med=115.2ms max=1.2s p(90)=124.33ms p(95)=127.99ms\n";
    for (report, first) in [(AB, "(50,5ms)"), (LOCUST, "(50,27ms)"), (K6, "(0,112.5ms)")] {
        let all = told(report, &[]);
        let row = all["set"]["database.read"].as_str().expect("a row");
        assert!(row.contains(first), "{row}");
    }
    let all = told(PGBENCH, &[]);
    assert!(
        all["set"]["database.read"].as_str().is_some_and(|law| law.starts_with("lognormal(median:2.29")),
        "{all:#}"
    );
    // A trace's columns are no percentiles, and what is neither is told by both readers.
    assert_eq!(told("time,key\n1,5\n2,9\n60,9\n99,12\n", &[])["kind"], "trace");
    let said = refused(&["fit", "-"], "50% 27\n66% 20\n100% 190", 2);
    assert!(said.contains("less than 50 %"), "{said}");
}

#[test]
fn of_a_few_lines_what_is_wrong_with_them_as_times_comes_first() {
    for odd in ["50% 12 95% 10 99% 300", "12 15 18 20 35 60 110 180 520"] {
        let said = refused(&["fit", "-"], odd, 2);
        let at = |part: &str| said.find(part);
        assert!(at("-: as response times: ").is_some() && at("as response times: ") < at("as a trace: "), "{said}");
    }
}

#[test]
fn what_k6_measured_is_response_times_and_no_trace() {
    let metrics = ["http_reqs", "http_req_duration", "http_req_waiting"];
    let head = "metric_name,timestamp,metric_value,check,error,method,status,url\n";
    let rows = (0..60_000).map(|i| format!("{},1595325560,{}.5,,,GET,200,http://t/{i}\n", metrics[i % 3], 1 + i / 60));
    let csv = head.to_owned() + &rows.collect::<String>();
    assert!(csv.len() > 2 << 20, "more than a report is");
    let all = told(&csv, &[]);
    assert_eq!((&all["kind"], all["points"][0]["ms"].as_f64()), (&"times".into(), Some(1.5)));
    let median = all["points"].as_array().and_then(|points| points.iter().find(|point| point["percent"] == 50.0));
    assert_eq!(median.map(|point| &point["ms"]), Some(&500.5.into()), "{all:#}");
    let point = |name: &str, value: u32| {
        format!(
            "{{\"metric\":\"{name}\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-05-01T12:00:00Z\",\"value\":{value},\"tags\":{{}}}}}}\n"
        )
    };
    let json = (1..=400).map(|value| point("http_req_blocked", 9) + &point("http_req_duration", value));
    let json = json.collect::<String>();
    assert_eq!(told(&json, &[])["points"][1]["ms"], 40.0);
    for (text, odd, part) in [(&csv, ",-2,,,GET", "line 60002: -2"), (&json, "\"x\"", "line 801: ")] {
        let odd = if text.starts_with('{') {
            point("http_req_duration", 1).replace(":1,", &format!(":{odd},"))
        } else {
            format!("http_req_duration,1{odd},200,\n")
        };
        let said = refused(&["fit", "-"], &(text.clone() + &odd), 2);
        assert!(said.contains(part), "{said}");
    }
    // Nobody takes its metrics for keys.
    for text in [&csv, &json] {
        let said = refused(&["curve", "-", "--policy", "lru", "--capacity", "5"], text, 2);
        assert!(said.contains("cachelane fit FILE"), "{said}");
    }
}

#[test]
fn a_number_without_a_unit_is_said_to_be_taken_as_milliseconds() {
    let bare = |text: &str| printed(&["fit", "-"], text).contains("taken as milliseconds");
    assert!(bare("50% 0.0204\n99% 0.2010") && bare("50 27\n99 110") && bare("p50: 5, p95: 12, p99: 30"));
    for known in
        ["50% 5ms\n99% 40 ms", "percentile\tlatency (ms)\n50\t5\n99\t40", "27 34 39 43 55 67 88 110 170 190 190"]
    {
        assert!(!bare(known), "{known}");
    }
    assert_eq!(told("50% 5\n99% 40", &[])["taken_as_ms"], true);
}

#[test]
fn the_mean_of_a_report_is_kept_and_what_was_chosen_for_it_is_said() {
    let report = "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency   100.80ms    77.1ms  1.31s   93.69%\n  \
        Latency Distribution\n     50%  80.00ms\n     75%  127.00ms\n     90%    191.00ms\n     99%    389.0ms\n";
    let said = printed(&["fit", "-"], report);
    assert!(said.contains(" (chosen)") && said.contains("the measured mean is 100.8ms"), "{said}");
    let with_mean = told(report, &[]);
    assert_eq!(with_mean["mean"]["said_ms"], 100.8);
    assert!(
        (with_mean["mean"]["drawn_ms"].as_f64().expect("a mean") / 100.8 - 1.0).abs() < 0.03,
        "{}",
        with_mean["mean"]
    );
    let mean = &with_mean["mean"]["chosen"];
    assert_eq!(mean.as_array().map(Vec::len), Some(2), "{mean}");
    // Percentiles without a mean are taken as they are.
    assert!(told("p50 5ms\np99 40ms\nmax 90ms", &[])["mean"].is_null());
}
