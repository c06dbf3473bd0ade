//! `cachelane curve`: miss ratio against cache size.

use cachelane::cache::replay::Replay;
use cachelane::experiment::curve::{Curving, Origin, Scouting};
use cachelane::keyspace::{Ask, Command};
use cachelane::random::{Ids, Streams};
use cachelane::scenario::{Eviction, presets};
use cachelane::workload::operation::Operation;
use cachelane::workload::requests::{KeySource, Requests};
use serde_json::Value;

use crate::anchors_counts::generated;
use crate::cli::{File, cachelane, printed, refused};
use crate::common::shared;

/// Twenty capacities from one entry to more than there are keys.
const TWENTY: &str = "1,2,3,5,9,16,30,64,75,120,200,256,300,500,700,1200,2500,5000,9000,30000";

/// One key per line.
fn lines(keys: impl IntoIterator<Item = u32>) -> String {
    keys.into_iter().map(|key| format!("{key}\n")).collect()
}

/// The points of a curve, and what stands on standard error.
fn curve(source: &str, input: &str, more: &[&str]) -> (Vec<Value>, String) {
    let output = cachelane(&[&["curve", source, "--json"], more].concat(), input);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{more:?}: {errors}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    (told["points"].as_array().unwrap().clone(), errors)
}

/// Policy, capacity, requests, hits and misses of each point.
fn counts(points: &[Value]) -> Vec<String> {
    let of = |point: &Value| {
        ["policy", "capacity", "requests", "hits", "misses"].map(|name| point[name].to_string()).join(" ")
    };
    points.iter().map(of).collect()
}

/// Checks that a curve of this text counts what `replay` counts, to the hit.
#[track_caller]
fn equals_replay(text: &str, policies: &str, capacities: &str, more: &[&str]) -> Vec<String> {
    let file = File::new(&format!("curve-{}.txt", std::thread::current().name().unwrap_or("").replace(':', "-")), text);
    let args = [&["--policy", policies, "--capacity", capacities], more].concat();
    let single = printed(&[&["replay", file.path(), "--json"], &args[..]].concat(), "");
    let single: Value = serde_json::from_str(&single).unwrap();
    let single = counts(single.as_array().unwrap());
    for sample in ["off", "auto"] {
        let (points, errors) = curve(file.path(), "", &[&args[..], &["--sample", sample]].concat());
        assert_eq!((counts(&points), errors.as_str()), (single.clone(), ""), "{more:?}");
        assert!(points.iter().all(|point| point["sampled"].is_null()));
    }
    let (points, _) = curve("-", text, &args);
    assert_eq!(counts(&points), single, "from standard input");
    single
}

#[test]
fn every_point_is_what_replay_counts_in_the_order_of_policies_and_capacities() {
    let text = lines(generated());
    let single = equals_replay(&text, "lru,sieve,opt,fifo,random", TWENTY, &[]);
    assert_eq!(single.len(), 100);
    // As published.
    assert_eq!(single[5], "\"lru\" 16 100000 7789 92211");
    assert_eq!(single[11], "\"lru\" 256 100000 63981 36019");
    assert_eq!(single[31], "\"sieve\" 256 100000 73060 26940");
}

#[test]
fn every_point_of_web_traces_is_what_replay_counts() {
    for name in ["web07.txt", "web12.txt"] {
        let Some(bytes) = shared(&format!("traces/{name}")) else { return };
        equals_replay(&String::from_utf8(bytes).unwrap(), "lru,allkeys-lru", TWENTY, &[]);
    }
}

/// A table of operations.
fn operations(names: &[&str], ttl: bool) -> String {
    let mut stream = Streams::new(3).named("operations");
    let mut text = format!("time,key,size,op{}\n", if ttl { ",ttl" } else { "" });
    for number in 0..20_000u32 {
        let key = stream.below(800).min(stream.below(800));
        let (op, size) = (names[stream.below(names.len() as u32) as usize], 10 + key % 90);
        let life = if ttl { format!(",{}", 1 + stream.below(90)) } else { String::new() };
        text += &format!("{}.{:03},k{key},{size},{op}{life}\n", number / 100, number % 100 * 10);
    }
    text
}

#[test]
fn what_writes_deletes_ttls_and_sizes_change_is_counted_as_replay_counts_it() {
    let capacities = "1,2,7,40,150,400,900";
    let reads = ["get", "get", "get"];
    let writes = ["get", "get", "set", "delete"];
    let others = ["get", "set", "add", "replace", "incr", "delete"];
    for more in [&[][..], &["--on-miss", "fill"], &["--on-miss", "leave"], &["--on-miss", "fill", "--ttl", "300"]] {
        equals_replay(&operations(&reads, false), "lru,sieve", capacities, more);
        equals_replay(&operations(&writes, false), "lru,sieve", capacities, more);
        equals_replay(&operations(&others, false), "lru,lfu", capacities, more);
    }
    for more in [&[][..], &["--on-miss", "fill"]] {
        equals_replay(&operations(&reads, true), "lru,volatile-ttl", capacities, more);
        equals_replay(&operations(&writes, true), "lru", capacities, more);
    }
    equals_replay(&operations(&reads, false), "lru,s3-fifo", "64,1KiB,20KiB", &["--overhead", "16"]);
    equals_replay(&lines(generated()), "lru,redis-lfu", "16,64,256", &["--ttl", "1000"]);
}

#[test]
fn keys_that_no_cache_remembers_are_forgotten_and_change_nothing() {
    // More keys than are swept at once, most of which come once.
    let mut stream = Streams::new(8).named("keys");
    let keys = (0..400_000).map(|number| if number % 2 == 0 { 1_000 + number } else { stream.below(1_000) });
    equals_replay(&lines(keys), "lru,sieve,arc", "10,100,700,5000", &[]);
}

/// Zipf over so many keys.
fn zipf_keys(requests: u32, keys: u32) -> impl Iterator<Item = u32> {
    let (ids, mut stream) = (Ids::zipf(keys, 1.0).unwrap(), Streams::new(1).named("zipf"));
    (0..requests).map(move |_| ids.sample(&mut stream))
}

/// A trace of libCacheSim's records: Zipf over keys that are hashes.
fn zipf(requests: u32, keys: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24 * requests as usize);
    for (number, key) in (0..requests).zip(zipf_keys(requests, keys)) {
        let key = (u64::from(key) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bytes.extend((number / 1_000).to_le_bytes());
        bytes.extend((key ^ (key >> 29)).to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend((-1i64).to_le_bytes());
    }
    bytes
}

fn ratio(point: &Value) -> f64 {
    point["misses"].as_f64().unwrap() / point["requests"].as_f64().unwrap()
}

/// The greatest difference of miss ratios.
fn error(sampled: &[Value], exact: &[Value]) -> f64 {
    assert_eq!(sampled.len(), exact.len());
    sampled.iter().zip(exact).map(|(one, other)| (ratio(one) - ratio(other)).abs()).fold(0.0, f64::max)
}

#[test]
fn a_long_trace_is_sampled_and_hits_within_a_hundredth_and_says_so() {
    let trace = File::new("curve-zipf.oracleGeneral.bin", zipf(4_200_000, 500_000));
    let args = ["--policy", "lru,sieve,fifo", "--capacity", "50,6000,20000,100000"];
    let (exact, errors) = curve(trace.path(), "", &[&args[..], &["--sample", "off"]].concat());
    assert_eq!(errors, "");
    let (sampled, errors) = curve(trace.path(), "", &args);
    assert!(errors.contains("estimated at 9 of 12 points from a sample of "), "{errors}");
    let rates: Vec<Option<f64>> = sampled.iter().map(|point| point["sampled"].as_f64()).collect();
    assert_eq!(rates[1], Some(1.0 / 6.0), "a thousand entries");
    assert!(rates[1] > rates[3], "a small cache takes a larger sample: {rates:?}");
    assert_eq!(rates[0], None, "50 entries are too few to scale down");
    assert_eq!((ratio(&sampled[0]), &sampled[0]["requests"]), (ratio(&exact[0]), &sampled[1]["requests"]));
    let off = error(&sampled, &exact);
    assert!(off < 0.006 && off > 0.0, "{off}");
    // The page plays the same samples.
    let origin = Origin::File("zipf.oracleGeneral.bin".to_owned(), zipf(4_200_000, 500_000).into());
    let mut scouting = Scouting::begin(origin.clone()).unwrap();
    let scouted = scouting.advance(|| false).unwrap().unwrap();
    let capacities = [50, 6_000, 20_000, 100_000];
    let mut curving = Curving::begin(origin, Eviction::Fifo, &capacities, scouted).unwrap();
    let played = curving.advance(|| false).unwrap().unwrap();
    let hits = |points: &[Value]| points.iter().map(|point| point["hits"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(played.iter().map(|point| point.hits).collect::<Vec<_>>(), hits(&sampled[8..]));
}

/// A table of look-ups, Zipf over so many keys, whose values live for a while.
fn mortal(requests: u32, keys: u32) -> String {
    let (ids, mut stream) = (Ids::zipf(keys, 0.9).unwrap(), Streams::new(2).named("mortal"));
    let mut text = "time,key,ttl\n".to_owned();
    for number in 0..requests {
        let key = ids.sample(&mut stream);
        text += &format!("{}.{:03},k{key},{}\n", number / 1_000, number % 1_000, 5 + key % 20);
    }
    text
}

#[test]
fn a_sample_of_requests_whose_values_expire_hits_as_often_as_all_of_them() {
    let file = File::new("curve-mortal.csv", mortal(300_000, 60_000));
    let args = ["--policy", "lru,sieve,fifo", "--capacity", "2000,6000,20000,60000", "--on-miss", "fill"];
    let (exact, _) = curve(file.path(), "", &[&args[..], &["--sample", "off"]].concat());
    let (sampled, _) = curve(file.path(), "", &[&args[..], &["--sample", "0.25"]].concat());
    let off = error(&sampled, &exact);
    assert!(off < 0.01, "{off}");
    // By the number of requests, too, whose clock goes on while others than the sample's come.
    let file = File::new("curve-mortal.txt", lines(zipf_keys(300_000, 60_000)));
    let args = ["--policy", "lru,sieve,fifo", "--capacity", "2000,20000", "--ttl", "10000"];
    let (exact, _) = curve(file.path(), "", &[&args[..], &["--sample", "off"]].concat());
    let (sampled, _) = curve(file.path(), "", &[&args[..], &["--sample", "0.25"]].concat());
    let (off, immortal) = (error(&sampled, &exact), curve(file.path(), "", &args[..4]).0);
    assert!(off < 0.01 && error(&immortal, &exact) > 0.05, "{off}");
}

/// Half to 2,000 keys that are all alike, half to keys that come once.
fn hot_and_scan(requests: u32) -> impl Iterator<Item = u32> {
    let mut stream = Streams::new(4).named("hot");
    (0..requests).map(move |number| if stream.below(2) == 0 { stream.below(2_000) } else { 2_000 + number })
}

#[test]
fn where_entries_expire_a_sample_misses_as_often_as_all_keys_do() {
    // Popular keys miss, too: who has more of them than its share has more misses than its share.
    let hot = File::new("curve-hot.txt", lines(hot_and_scan(1_000_000)));
    let zipf = File::new("curve-zipf-ttl.txt", lines(zipf_keys(1_000_000, 400_000)));
    let some = |file: &File, args: &[&str], sample: &str| {
        let (exact, _) = curve(file.path(), "", &[args, &["--sample", "off"]].concat());
        let (sampled, _) = curve(file.path(), "", &[args, &["--sample", sample]].concat());
        assert!(sampled.is_sorted_by(|one, other| ratio(one) >= ratio(other) - 1e-3), "{sampled:?}");
        error(&sampled, &exact)
    };
    for ttl in ["300", "1000", "4000", "50000"] {
        let args = ["--policy", "lru", "--capacity", "20000,60000,200000", "--ttl", ttl];
        let off = [some(&hot, &args, "0.025"), some(&zipf, &args, "0.05")];
        assert!(off.iter().all(|off| *off < 0.01), "{ttl}: {off:?}");
    }
    // Of a pipe it is not known which keys are popular: no more than how often the sample misses.
    let pipe = |args: &[&str]| {
        let args = [&["--policy", "lru", "--capacity", "2000", "--sample", "0.25"], args].concat();
        curve("-", &lines(hot_and_scan(200_000)), &args).1
    };
    assert!(pipe(&["--ttl", "300"]).contains("% of the keys, roughly: entries expire"), "{}", pipe(&["--ttl", "300"]));
    assert!(!pipe(&[]).contains("roughly"));
    // Who reads the points alone hears it, too.
    let points = |ttl: &str| {
        let args = ["--policy", "lru", "--capacity", "2000", "--sample", "0.25", "--ttl", ttl];
        [("-", "true"), (hot.path(), "")].map(|(file, rough)| {
            let input = if file == "-" { lines(hot_and_scan(200_000)) } else { String::new() };
            let csv = cachelane(&[&["curve", file, "--csv"], &args[..]].concat(), &input).stdout;
            let csv = String::from_utf8(csv).unwrap();
            assert!(csv.lines().nth(1).is_some_and(|row| row.ends_with(&format!(",0.25,{rough}"))), "{csv}");
            curve(file, &input, &args).0[0]["rough"] == true
        })
    };
    assert_eq!(points("300"), [true, false]);
}

#[test]
fn where_values_that_commands_put_in_expire_a_sample_misses_as_often_as_all_keys_do() {
    let (ids, mut stream) = (Ids::zipf(400_000, 0.9).unwrap(), Streams::new(5).named("puts"));
    let mut text = "time,key,op,ttl\n".to_owned();
    for number in 0..1_000_000 {
        let (key, puts) = (ids.sample(&mut stream), stream.below(7) == 0);
        let (op, life) = if puts { ("set", "4") } else { ("get", "") };
        text += &format!("{}.{:03},k{key},{op},{life}\n", number / 1_000, number % 1_000);
    }
    let file = File::new("curve-puts.csv", text);
    let args = ["--policy", "lru,fifo", "--capacity", "20000,100000"];
    let (exact, _) = curve(file.path(), "", &[&args[..], &["--sample", "off"]].concat());
    let (sampled, _) = curve(file.path(), "", &[&args[..], &["--sample", "0.06"]].concat());
    let off = error(&sampled, &exact);
    assert!(off < 0.01, "{off}");
}

/// A cache as Twitter recorded it: every seventh request puts a value in that lives for four seconds, given as the moment at which it
/// ends.
fn with_moments(requests: u32) -> String {
    let (ids, mut stream) = (Ids::zipf(100_000, 0.9).unwrap(), Streams::new(6).named("moments"));
    let mut text = String::new();
    for number in 0..requests {
        let (key, at) = (ids.sample(&mut stream), 1_600_000_000 + number / 1_000);
        let (op, end) = if stream.below(7) == 0 { ("set", at + 4) } else { ("get", 0) };
        text += &format!("{at},k{key},8,8,1,{op},{end}\n");
    }
    text
}

#[test]
fn values_that_expire_at_a_moment_count_as_those_that_live_for_a_while() {
    let text = with_moments(600_000);
    let file = File::new("curve-moments.csv", &text);
    let args = ["--policy", "lru,fifo", "--capacity", "5000,20000"];
    let (exact, _) = curve(file.path(), "", &[&args[..], &["--sample", "off"]].concat());
    let (sampled, _) = curve(file.path(), "", &[&args[..], &["--sample", "0.1"]].concat());
    let off = error(&sampled, &exact);
    assert!(off < 0.01, "{off}");
    let (_, told) = curve("-", &text, &[&args[..], &["--sample", "0.1"]].concat());
    assert!(told.contains("roughly: entries expire"), "{told}");
}

#[test]
fn a_sample_of_a_scenario_s_requests_hits_as_often_as_all_of_them() {
    let args = ["--policy", "lru,fifo", "--capacity", "500,1000", "--requests", "300000"];
    let (exact, _) = curve("default", "", &[&args[..], &["--sample", "off"]].concat());
    let (sampled, _) = curve("default", "", &[&args[..], &["--sample", "0.5"]].concat());
    let off = error(&sampled, &exact);
    assert!(off < 0.01 && off > 0.0, "{off}");
}

#[test]
#[ignore = "half a minute; `make test-long` runs it"]
fn ten_million_requests_are_sampled_within_a_hundredth() {
    let trace = File::new("curve-zipf-long.oracleGeneral.bin", zipf(10_000_000, 1_000_000));
    for policy in ["lru", "sieve", "fifo"] {
        let (sampled, _) = curve(trace.path(), "", &["--policy", policy]);
        let capacities: Vec<String> = sampled.iter().map(|point| point["capacity"].to_string()).collect();
        let args = ["--policy", policy, "--capacity", &capacities.join(","), "--sample", "off"];
        let off = error(&sampled, &curve(trace.path(), "", &args).0);
        assert!(off < 0.01, "{policy}: {off}");
    }
}

#[test]
fn without_capacities_they_go_from_a_hundredth_of_the_keys_to_all() {
    let file = File::new("curve-ladder.txt", lines((0..3_000).map(|number| number % 1_000)));
    let (points, _) = curve(file.path(), "", &["--policy", "lru,fifo"]);
    let capacities: Vec<u64> = points.iter().map(|point| point["capacity"].as_u64().unwrap()).collect();
    assert_eq!((capacities.len(), capacities[0], capacities[13], capacities[14]), (28, 10, 1_000, 10));
    assert!(capacities[..14].is_sorted());
    // A loop: all miss until all fit.
    assert_eq!((ratio(&points[12]), points[13]["misses"].as_u64()), (1.0, Some(1_000)));
}

#[test]
fn the_table_has_a_row_for_each_capacity_and_a_column_for_each_policy() {
    let args = ["curve", "-", "--policy", "lru,W-TinyLFU", "--capacity", "1,3"];
    let table = printed(&args, "a\nb\na\nc\na\nb\n");
    assert_eq!(
        table,
        "6 requests; misses in %\ncapacity     lru  w-tinylfu\n       1  100.00     100.00\n       3   50.00      50.00\n"
    );
    let csv = printed(&[&args[..], &["--csv"]].concat(), "a\nb\na\nc\na\nb\n");
    let expected =
        "policy,capacity,requests,hits,misses,miss_ratio,sampled,rough\nlru,1,6,0,6,1,,\nlru,3,6,3,3,0.5,,\n";
    assert!(csv.starts_with(expected) && csv.lines().count() == 5, "{csv}");
}

#[test]
fn a_scenarios_requests_are_those_that_its_clients_send() {
    for name in ["default", "ycsb-d", "ycsb-e", "memory-overflow"] {
        let scenario = presets::get(name).unwrap().scenario().clone();
        let source = KeySource::new(&scenario, None).unwrap();
        for (policy, eviction) in [("lru", Eviction::Lru), ("sieve", Eviction::Sieve)] {
            let mut requests = Requests::new(&scenario.clients, source.clone(), &Streams::new(scenario.seed));
            let mut cache = Replay::new(eviction, 60, None, 1);
            let mut left = 30_000;
            while left > 0 {
                let request = requests.make().unwrap();
                let is_delete = request.operation == Operation::Delete;
                for key in request.key..=request.key + request.more.min(left - 1) {
                    cache
                        .run(&Ask { key, ..Ask::default() }, if is_delete { &Command::Delete } else { &Command::Read });
                    left -= 1;
                }
            }
            let (points, _) = curve(name, "", &["--policy", policy, "--capacity", "60", "--requests", "30000"]);
            assert_eq!(points[0]["hits"].as_u64(), Some(cache.counts().hits), "{name} {policy}");
            assert!(points[0]["hits"].as_u64() > Some(100), "{name}");
        }
    }
    let (points, _) = curve("default", "", &["--policy", "lru"]);
    assert_eq!(points[0]["requests"].as_u64(), Some(1_000_000));
}

#[test]
fn what_cannot_be_played_is_refused() {
    let of = |args: &[&str], input: &str| refused(&[&["curve"], args].concat(), input, 2);
    assert!(of(&["-", "--policy", "lru"], "a\n").contains("--capacity: standard input can be read only once"));
    assert!(of(&["/dev/stdin", "--policy", "lru"], "a\n").contains("can be read only once"), "nor a pipe with a name");
    assert!(of(&["-", "--policy", "mru", "--capacity", "5"], "a\n").contains("--policy "));
    assert!(of(&["-", "--policy", "lru", "--capacity", "0"], "a\n").contains("from 1 to 10000000"));
    assert!(of(&["-", "--policy", "lru", "--capacity", "5", "--sample", "2"], "a\n").contains("--sample 2: give auto"));
    assert!(of(&["-", "--policy", "lru", "--capacity", "5", "--requests", "2"], "a\n").contains("--requests 2: "));
    assert!(of(&["-", "--policy", "lru", "--capacity", "5MiB"], "a\n").contains("the trace has no sizes"));
    assert!(of(&["-", "--policy", "lru", "--capacity", "5"], "").contains("the trace is empty"));
    assert!(of(&["default", "--policy", "lru", "--on-miss", "leave"], "").contains("--on-miss: "));
    assert!(of(&["default", "--policy", "lru", "--requests", "0"], "").contains("--requests 0: "));
    assert!(of(&["no-such-file", "--policy", "lru"], "").contains("no-such-file: cannot open it"));
    let two_classes = "#v2&clients.second=(write_ratio:0)";
    assert!(of(&[two_classes, "--policy", "lru"], "").contains("clients.second: a curve is of one class"));
    let opt = ["-", "--policy", "opt", "--capacity", "5"];
    assert!(of(&opt, "key,op\na,set\n").contains("--policy opt supports only reads"));
    let monitor = "1.0 [0 127.0.0.1:1] \"GET\" \"a\"\n";
    assert!(of(&["-", "--policy", "lru", "--capacity", "5", "--sample", "0.5"], monitor).contains("--sample 0.5: "));
}

/// The page's curve is compared with this file, to the byte (tests/browser/curve.test.mjs): its capacities are those from a
/// hundredth of the keys to all, and the scenario's own. `CACHELANE_BLESS=1 cargo test curve` writes it again.
#[test]
fn what_the_page_is_compared_with_is_what_is_printed() {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/curve.csv");
    let capacities = "20,30,40,60,90,130,200,300,400,500,600,900,1300,1700,2000";
    let now = printed(&["curve", "default", "--policy", "lru,sieve", "--capacity", capacities, "--csv"], "");
    if std::env::var_os("CACHELANE_BLESS").is_some() {
        std::fs::write(&path, &now).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), now, "what the curve says has changed");
}
