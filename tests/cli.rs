//! The command line, as scripts and people meet it: outputs, exit codes, messages.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::bad_input::rows;

/// No command of these tests needs longer, even on a busy machine; what does is hanging.
const TIME_MAX: Duration = Duration::from_secs(120);

pub fn cachelane(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cachelane"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let child_id = child.id();
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match wait.recv_timeout(TIME_MAX) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = Command::new("kill").arg(child_id.to_string()).status();
            panic!("{args:?} hangs");
        }
    }
}

/// What a command prints that must succeed, with nothing on standard error.
pub fn printed(args: &[&str], input: &str) -> String {
    let output = cachelane(args, input);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The message of a command that must fail with `code`, and prints no result.
pub fn refused(args: &[&str], input: &str, code: i32) -> String {
    let output = cachelane(args, input);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
    assert!(message.starts_with("error: "), "{args:?}: {message}");
    message
}

fn json(args: &[&str], input: &str) -> Value {
    serde_json::from_str(&printed(args, input)).unwrap()
}

/// A file of its own for a test.
pub struct File(PathBuf);

impl File {
    pub fn new(name: &str, text: impl AsRef<[u8]>) -> File {
        let path = std::env::temp_dir().join(format!("cachelane-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const SHORT: &str = "name = \"short\"\nduration = \"2s\"\n[[lane]]\nwrite = \"write-back\"\n";

#[test]
fn a_run_that_does_not_settle_prints_its_figures_and_says_so_on_standard_error() {
    // The relay gives up before the database can answer, again and again.
    let scenario = r#"
        duration = "1s"
        app.database_timeout = "1ms"
        database = { read = "5ms", write = "0s" }
        network = { app_database = "0s" }
        [[lane]]
        write = { kind = "outbox", every = "1s" }
    "#;
    let output = cachelane(&["compare", "-", "--json"], scenario);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(errors.starts_with("note: lane 0 (") && errors.contains("it did not settle within 3601s"), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lane = &report["lanes"][0];
    assert_eq!(lane["drained"], false);
    assert!(lane["stopped"].as_str().is_some_and(|why| why.contains("did not settle")), "{lane}");
}

#[test]
fn compare_prints_the_names_that_scripts_rely_on() {
    let report = json(&["compare", "default", "--json", "--at", "24s"], "");
    assert_eq!(report["seed"], 7);
    assert!(report["engine"].is_string() && report["scenario"].is_string());
    let lanes = report["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 5);
    for lane in lanes {
        for name in ["name", "read", "write", "digest"] {
            assert!(lane[name].is_string(), "{name}");
        }
        for name in ["requests", "reads", "writes", "hits", "misses", "hit_ratio", "errors", "stale_reads"] {
            assert!(lane[name].is_number(), "{name}");
        }
        for name in ["goodput", "within_deadline", "unanswered", "overdue", "reads_from_cache", "read_hit_ratio"] {
            assert!(lane[name].is_number(), "{name}");
        }
        assert!(lane["errors_by_kind"].is_object() && lane["latency_with_errors_ms"]["all"]["p99"].is_number());
        let summary = "count mean p50 p66 p75 p80 p90 p95 p98 p99 p99_9 p99_99 max";
        for part in ["all", "read", "write"] {
            let keys: Vec<&str> = lane["latency_ms"][part].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys.join(" "), summary);
        }
        for class in
            ["in_flight", "durable", "superseded", "at_risk", "recoverable", "lost", "rejected", "unknown", "phantom"]
        {
            assert!(lane["writes_by_class"][class].is_u64(), "{class}");
        }
        assert!(lane["lost_by_cause"].is_object());
        for name in ["reads", "writes", "batches", "utilisation"] {
            assert!(lane["database"][name].is_number(), "{name}");
        }
        let lost: u64 = lane["lost_by_cause"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(lane["writes_by_class"]["lost"], lost);
    }
    assert!(lanes[4]["lost_by_cause"].as_object().unwrap().values().any(|count| count.as_u64() > Some(0)));
}

#[test]
fn judged_at_the_end_of_the_run_what_is_dirty_has_not_been_flushed() {
    let at_risk = |args: &[&str]| {
        let lane = json(args, SHORT)["lanes"][0].take();
        (lane["drained"].as_bool().unwrap(), lane["writes_by_class"]["at_risk"].as_u64().unwrap())
    };
    let (drained, count) = at_risk(&["compare", "-", "--json", "--at", "2s"]);
    assert!(!drained && count > 0, "{count}");
    assert_eq!(at_risk(&["compare", "-", "--json"]), (true, 0));
}

#[test]
fn series_are_printed_as_json_and_as_csv_with_a_row_for_each_lane_and_bucket() {
    let names = "requests sent unanswered errors within_deadline goodput mean_ms p50_ms p99_ms with_errors_p50_ms \
                 with_errors_p99_ms read_p50_ms read_p99_ms write_p50_ms write_p99_ms hits misses stale lost diverging \
                 at_risk queue database_reads database_writes database_utilisation cache_utilisation cache_bytes \
                 cache_entries dirty reads reads_from_cache read_with_errors_p50_ms read_with_errors_p99_ms \
                 write_with_errors_p50_ms write_with_errors_p99_ms stale_age_p50_ms stale_age_p99_ms lost_increments \
                 refused";
    let report = json(&["compare", "default", "--series", "--json"], "");
    for lane in report["lanes"].as_array().unwrap() {
        let points = lane["series"]["points"].as_array().unwrap();
        assert_eq!((points.len(), lane["series"]["bucket_s"].as_f64()), (240, Some(0.25)));
        let keys: Vec<&str> = points[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, names.split_whitespace().collect::<Vec<_>>());
        let requests: u64 = points.iter().filter_map(|point| point["requests"].as_u64()).sum();
        assert!(requests.abs_diff(lane["requests"].as_u64().unwrap()) < 100);
    }
    let csv = printed(&["compare", "default", "--series", "--csv"], "");
    assert_eq!(
        csv.lines().next().unwrap(),
        format!("lane,from_s,{}", names.split_whitespace().collect::<Vec<_>>().join(","))
    );
    assert_eq!(csv.lines().count(), 1 + 5 * 240);
    assert!(csv.lines().nth(2).unwrap().contains(",0.250000,"), "{csv}");
    let one = printed(&["run", "default", "--lane", "0", "--series", "--csv", "--at", "3s"], "");
    assert_eq!(one.lines().count(), 1 + 12);
    assert!(json(&["compare", "default", "--json", "--at", "3s"], "")["lanes"][0].get("series").is_none());
    assert!(refused(&["compare", "default", "--series"], "", 2).contains("add --json or --csv"));
}

#[test]
fn the_effect_of_faults_is_the_difference_to_the_same_lane_without_them() {
    let report = json(&["compare", "default", "--effect", "--json"], "");
    let toml = printed(&["presets", "default"], "");
    let without = json(&["compare", "-", "--json"], toml.split("[[fault]]").next().unwrap());
    for (lane, twin) in report["lanes"].as_array().unwrap().iter().zip(without["lanes"].as_array().unwrap()) {
        let effect = &lane["effect"];
        for name in ["requests", "misses", "hits", "errors", "stale_reads", "ever_lost", "reads_from_cache"] {
            assert_eq!(effect[name]["with"], lane[name], "{name}");
            assert_eq!(effect[name]["without"], twin[name], "{name}");
            let [with, without] = ["with", "without"].map(|which| effect[name][which].as_i64().unwrap());
            assert_eq!(effect[name]["difference"].as_i64(), Some(with - without), "{name}");
        }
        let p99 = &effect["latency_ms"]["write"]["p99"];
        assert_eq!(
            (&p99["with"], &p99["without"]),
            (&lane["latency_ms"]["write"]["p99"], &twin["latency_ms"]["write"]["p99"])
        );
    }
    let table = printed(&["compare", "default", "--effect", "--at", "30s"], "");
    assert_eq!(table.lines().filter(|line| line.starts_with("effect on ")).count(), 5, "{table}");
    assert!(table.contains("  attributed to a crash") && table.contains("may be luck"), "{table}");
    let csv = printed(&["compare", "default", "--effect", "--csv", "--at", "30s"], "");
    assert!(csv.lines().next().unwrap().contains(",effect.misses.difference,"), "{csv}");
    let none = "[[lane]]\n";
    assert!(refused(&["compare", "-", "--effect"], none, 2).contains("no fault"));
    assert!(refused(&["compare", "default", "--effect", "--series", "--csv"], "", 2).contains("--json"));
}

#[test]
fn the_table_has_the_columns_that_a_lane_has_and_says_which_none_has() {
    let table = printed(&["compare", "db-brownout"], "");
    let heads = |table: &str| table.lines().filter(|line| line.starts_with("lane ")).collect::<String>();
    let head = heads(&table);
    for name in ["goodput %", "errors", "p99 +err", "breaker", "db queue"] {
        assert!(head.contains(name), "{name}: {head}");
    }
    assert!(!head.contains(" lost ") && table.contains("lost writes"), "{table}");
    assert!(table.contains("goodput: answered without error within 1 s (clients.deadline); +err: "), "{table}");
    assert!(table.contains("errors of Three retries: ") && table.contains("timed_out"), "{table}");
    let calm = printed(&["compare", "ycsb-c", "--at", "5s"], "");
    let head = heads(&calm);
    assert!(!head.contains("errors") && !head.contains("write p50") && !head.contains("stale"), "{head}");
}

#[test]
fn a_file_a_link_and_standard_input_say_the_same_experiment() {
    let file = File::new("same.toml", SHORT);
    let from_file = printed(&["compare", file.path(), "--json"], "");
    let link = printed(&["link", file.path()], "");
    let link = link.trim();
    assert!(link.starts_with("#v2&preset="), "{link}");
    let url = printed(&["link", "-", "--url", "https://example.org/lab/#old"], SHORT);
    assert_eq!(url.trim(), format!("https://example.org/lab/{link}"));
    for source in [link, &link[1..], url.trim()] {
        assert_eq!(printed(&["compare", source, "--json"], ""), from_file, "{source}");
    }
    assert_eq!(printed(&["compare", "-", "--json"], SHORT), from_file);
    assert_eq!(printed(&["compare", "-", "--json"], &format!("{link}\n")), from_file);
    assert_eq!(printed(&["compare", "-", "--json"], &format!("# a comment\n{SHORT}")), from_file);
    let toml = printed(&["link", link, "--toml"], "");
    assert_eq!(printed(&["compare", "-", "--json"], &toml), from_file);
}

#[test]
fn an_address_without_a_fragment_is_the_default_experiment() {
    assert_eq!(printed(&["link", "https://example.org/"], ""), "#v2&preset=default\n");
}

#[test]
fn two_runs_are_one_and_another_seed_is_another() {
    let digest = |args: &[&str]| json(args, SHORT)["lanes"][0]["digest"].as_str().unwrap().to_owned();
    let first = digest(&["compare", "-", "--json"]);
    assert_eq!(first.len(), 16);
    assert_eq!(digest(&["compare", "-", "--json"]), first);
    assert_ne!(digest(&["compare", "-", "--json", "--seed", "2"]), first);
    assert_eq!(
        digest(&["compare", "-", "--json", "--seed", "2"]),
        digest(&["compare", "-", "--json", "--set", "seed=2"])
    );
}

#[test]
fn an_empty_scenario_and_a_seed_given_twice_are_refused() {
    assert!(refused(&["compare", "-"], " \n", 2).contains("it is empty"));
    assert!(refused(&["compare", "default", "--seed", "1", "--set", "seed=2"], "", 2).contains("given twice"));
}

#[test]
fn run_is_compare_for_one_lane() {
    let all = json(&["compare", "default", "--json", "--at", "3s"], "");
    for (number, name) in [("4", "Write-back"), ("Write-back", "Write-back"), ("0", "Look-aside")] {
        let one = json(&["run", "default", "--lane", number, "--json", "--at", "3s"], "");
        assert_eq!(one["lanes"].as_array().unwrap().len(), 1);
        let same = all["lanes"].as_array().unwrap().iter().find(|lane| lane["name"] == name).unwrap();
        assert_eq!(&one["lanes"][0], same);
    }
    assert_eq!(json(&["run", "-", "--json"], SHORT)["lanes"].as_array().unwrap().len(), 1);
    let message = refused(&["run", "default"], "", 2);
    assert!(
        message.contains("choose one with --lane, or use compare") && message.contains("4  Write-back"),
        "{message}"
    );
    assert!(refused(&["run", "default", "--lane", "9"], "", 2).contains("there is no such lane"));
}

#[test]
fn settings_change_fields_and_bad_ones_are_told() {
    let report = json(
        &["compare", "-", "--json", "--set", "lane.1=(name:two,read:none)", "--set", "clients.arrivals.rate=50"],
        SHORT,
    );
    assert_eq!(report["lanes"][1]["name"], "two");
    let requests = report["lanes"][0]["requests"].as_u64().unwrap();
    assert!((60..140).contains(&requests), "{requests}");
    let message = refused(&["compare", "-", "--set", "cache.capcity=5", "--set", "seed=x"], SHORT, 2);
    assert!(message.contains("did you mean capacity?") && message.contains("seed = x"), "{message}");
    assert!(refused(&["compare", "-", "--set", "cache"], SHORT, 2).contains("write FIELD=VALUE"));
    assert!(refused(&["compare", "-", "--seed", "9007199254740992"], SHORT, 2).contains("9007199254740991"));
}

#[test]
fn a_moment_before_the_end_is_judged_as_it_is() {
    let at = json(&["compare", "-", "--json", "--at", "1.5s"], SHORT);
    assert_eq!(at["lanes"][0]["drained"], false);
    assert!(at["lanes"][0]["writes_by_class"]["at_risk"].as_u64() > Some(0));
    let end = json(&["compare", "-", "--json"], SHORT);
    assert_eq!(
        (&end["lanes"][0]["drained"], &end["lanes"][0]["writes_by_class"]["at_risk"]),
        (&true.into(), &0.into())
    );
    for moment in ["3s", "soon", "-1s"] {
        let at = format!("--at={moment}");
        assert!(refused(&["compare", "-", &at], SHORT, 2).contains("a duration from 0s to 2s"));
    }
}

#[test]
fn tables_and_csv_have_a_row_for_each_lane() {
    let table = printed(&["compare", "default", "--at", "5s", "--percentiles"], "");
    assert!(table.starts_with("Five strategies and a crash · seed 7 · 5 s, not settled"), "{table}");
    let rows = |name: &str| table.lines().filter(|line| line.starts_with(name)).count();
    let (blocks, percentiles) = (rows("lane "), rows("ms at "));
    assert!(blocks > 0 && percentiles == 1, "{table}");
    for name in ["Look-aside", "Read-through", "Write-around", "Write-through", "Write-back"] {
        assert_eq!(rows(&format!("{name} ")), blocks + percentiles, "{name}:\n{table}");
    }
    let csv = printed(&["compare", "default", "--at", "5s", "--csv"], "");
    assert_eq!(csv.lines().count(), 6);
    assert!(csv.lines().next().unwrap().contains(",latency_ms.read.p99_9,"), "{csv}");
    let output = cachelane(&["compare", "default", "--json", "--csv"], "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn figures_are_drawn_into_a_folder_besides() {
    let folder = std::env::temp_dir().join(format!("cachelane-{}-figures", std::process::id()));
    let at = folder.join("deep");
    printed(&["compare", "-", "--json", "--svg", at.to_str().unwrap()], SHORT);
    for figure in ["latency.svg", "hits.svg", "lost.svg"] {
        let svg = std::fs::read_to_string(at.join(figure)).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.len() > 1_000, "{figure}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let file = File::new("in-the-way", "");
    assert!(refused(&["compare", "-", "--svg", file.path()], SHORT, 1).contains("--svg"));
}

/// The generated sequence of the anchors, one key per line.
fn sequence() -> String {
    let mut state = 42u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let key = |i: u64, x: u64| {
        let (a, b, c) = (x & 0xffff, (x >> 16) & 0xffff, (x >> 32) & 0xffff);
        if i % 5000 >= 4500 { 100_000 + i } else { ((((a * b) >> 16) * c) >> 16) >> 6 }
    };
    (0..100_000).map(|i| format!("{}\n", key(i, next()))).collect()
}

#[test]
fn replay_counts_exactly_from_a_file_and_from_standard_input() {
    let text = sequence();
    let file = File::new("sequence.txt", &text);
    let rows = [
        ("lru", "16", 7_789),
        ("fifo", "64", 24_119),
        ("clock", "256", 65_026),
        ("sieve", "256", 73_060),
        ("lfu", "256", 72_008),
        ("opt", "256", 79_824),
        ("s3-fifo", "256", 70_839),
        ("2q", "256", 67_400),
        ("arc", "256", 69_311),
    ];
    for (policy, capacity, hits) in rows {
        let line = printed(&["replay", file.path(), "--policy", policy, "--capacity", capacity, "--json"], "");
        assert_eq!(
            line,
            format!("{{\"requests\":100000,\"hits\":{hits},\"misses\":{},\"on_miss\":\"fill\"}}\n", 100_000 - hits),
            "{policy}"
        );
    }
    let args = ["replay", "-", "--policy", "lru", "--capacity", "256", "--ttl", "1000"];
    assert_eq!(
        printed(&args, &text),
        "100000 requests, 59191 hits (59.19 %), 40809 misses\neach miss fills the cache\n"
    );
}

#[test]
fn replay_honours_the_operations_times_and_lives_of_a_trace() {
    let replay = |input: &str, more: &[&str]| {
        printed(&[&["replay", "-", "--policy", "lru", "--capacity", "9", "--json"], more].concat(), input)
    };
    // The set lives 60 s: the get at 60 s hits, the one at 61 s does not; after the delete the last misses.
    let twitter = "0,k,1,4,7,set,60\n60,k,1,4,7,get,0\n61,k,1,0,7,get,0\n62,k,1,0,7,delete,0\n63,k,1,0,7,get,0\n";
    let told = "{\"requests\":3,\"hits\":1,\"misses\":2,\"writes\":1,\"deletes\":1,\"left_out\":{},\
                \"left_out_by_reason\":{},\"uncertain\":0,\"on_miss\":\"leave\"}\n";
    assert_eq!(replay(twitter, &[]), told);
    let monitor = "OK\n1.0 [0 lua] \"get\" \"k\"\n2.0 [0 lua] \"get\" \"k\"\n2.5 [0 lua] \"ping\"\n";
    let told = |hits, on_miss| {
        format!(
            "{{\"requests\":2,\"hits\":{hits},\"misses\":{},\"writes\":0,\"deletes\":0,\"left_out\":{{\"ping\":1}},\
             \"left_out_by_reason\":{{\"no_key\":{{\"ping\":1}}}},\"uncertain\":0,\"on_miss\":\"{on_miss}\"}}\n",
            2 - hits
        )
    };
    assert_eq!(replay(monitor, &[]), told(0, "leave"), "nobody gave the server a value");
    assert_eq!(replay(monitor, &["--on-miss", "FILL"]), told(1, "fill"));
    let told = "{\"requests\":4,\"hits\":1,\"misses\":3,\"on_miss\":\"fill\"}\n";
    assert_eq!(replay("5 3 0 0\n5 1 0 1\n", &["--format", "arc"]), told);
    let ttl = ["replay", "-", "--policy", "lru", "--capacity", "9", "--ttl", "5"];
    assert!(refused(&ttl, twitter, 2).contains("--ttl and --rate count requests; leave them out"));
    let opt = ["replay", "-", "--policy", "opt", "--capacity", "9"];
    assert!(refused(&opt, twitter, 2).contains("opt supports only reads, and this trace has 1 writes and 1 deletes"));
    assert!(refused(&opt, "key,op,ttl\na,get,9\n", 2).contains("opt does not support TTLs"));
    let reads = "key,op\na,get\na,get\n";
    assert!(printed(&opt, reads).starts_with("2 requests, 1 hits (50.00 %), 1 misses\neach miss fills the cache\n"));
    let leaving = printed(&[&opt[..], &["--on-miss", "leave"]].concat(), reads);
    assert!(leaving.starts_with("2 requests, 0 hits (0.00 %), 2 misses\nmisses leave the cache as it is"), "{leaving}");
}

#[test]
fn replay_tells_the_commands_it_leaves_out_by_the_true_reason() {
    let line = |words: &str| {
        let quoted: Vec<String> = words.split(' ').map(|word| format!("\"{word}\"")).collect();
        format!("1.5 [0 a:1] {}\n", quoted.join(" "))
    };
    let commands = [
        "GET k",
        "PING",
        "EVAL return 0",
        "SET k v EX 0",
        "SET k v NX XX",
        "SCAN 0 TYPE set",
        "HEXPIRE h 5 FIELDS 1 f",
        "FOO k",
        "PING",
    ];
    let text: String = commands.iter().map(|words| line(words)).collect();
    let replay = ["replay", "-", "--policy", "lru", "--capacity", "9"];
    let told = printed(&replay, &text);
    for expected in [
        "left out (they neither read nor change a key): ping 2\n",
        "left out (scripts: the commands they run stand in the trace themselves): eval 1\n",
        "left out (the server refused them, so they changed nothing): set 2\n",
        "left out (they read keys that they do not name, and those reads are not counted): scan 1\n",
        "left out (what they do depends on values or field TTLs, which are not kept): hexpire 1\n",
        "left out (they are not known here): foo 1\n",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    let json: Value = serde_json::from_str(&printed(&[&replay[..], &["--json"]].concat(), &text)).unwrap();
    assert_eq!(json["left_out"]["ping"], 2);
    assert_eq!(json["left_out_by_reason"]["refused"]["set"], 2);
    assert_eq!(json["on_miss"], "leave");
    let doubtful = [line("RESTORE s 0 \\x02ab"), line("SREM s a")].concat();
    let told = printed(&replay, &doubtful);
    assert!(told.contains("uncertain: 1 commands on values whose elements are not known"), "{told}");
}

#[test]
fn opt_counts_the_same_whether_the_trace_or_the_program_looks_ahead() {
    let keys = ["a", "b", "c", "d", "a", "b", "e", "a", "b", "c", "d", "e"];
    let mut bytes = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let next =
            keys.iter().skip(number + 1).position(|other| other == key).map_or(-1, |ahead| (number + 1 + ahead) as i64);
        bytes.extend(
            [&0u32.to_le_bytes()[..], &u64::from(key.as_bytes()[0]).to_le_bytes(), &1u32.to_le_bytes()].concat(),
        );
        bytes.extend(next.to_le_bytes());
    }
    let file = File::new("ahead.oracleGeneral", "");
    std::fs::write(file.path(), bytes).unwrap();
    for (capacity, misses) in [("3", 7), ("4", 6)] {
        let told = format!("{{\"requests\":12,\"hits\":{},\"misses\":{misses},\"on_miss\":\"fill\"}}\n", 12 - misses);
        let args = |file| ["replay", file, "--policy", "opt", "--capacity", capacity, "--json"];
        assert_eq!(printed(&args(file.path()), ""), told);
        assert_eq!(printed(&args("-"), &(keys.join("\n") + "\n")), told);
    }
}

#[test]
fn replay_says_what_is_wrong() {
    let replay = |file: &str, policy: &str, capacity: &str, more: &[&str]| {
        let args = [&["replay", file, "--policy", policy, "--capacity", capacity], more].concat();
        refused(&args, "a\nb\n", 2)
    };
    assert!(replay("-", "mru", "5", &[]).contains(
        "known: lru, fifo, lfu, random, clock, sieve, s3-fifo, 2q, arc, slru, lirs, w-tinylfu, gdsf, redis-lru"
    ));
    for capacity in ["0", "10000001", "5 apples", "0B", ""] {
        let told = replay("-", "lru", capacity, &[]);
        assert!(told.contains("a whole number of entries from 1 to 10000000, or bytes such as 64MiB"), "{told}");
    }
    assert!(replay("-", "volatile-lur", "5", &[]).contains("did you mean volatile-lru?"));
    let told = replay("-", "lru", "5", &["--overhead", "64"]);
    assert!(told.contains("--overhead 64: it has an effect only with a capacity in bytes"), "{told}");
    assert!(replay("-", "opt", "5", &["--ttl", "9"]).contains("leave one of them out"));
    assert!(replay("no-such-file.txt", "lru", "5", &[]).contains("no-such-file.txt: cannot open it"));
    assert!(replay(env!("CARGO_MANIFEST_DIR"), "lru", "5", &[]).contains("is a folder"));
    for (trace, message) in rows("traces", "trace") {
        let told = refused(&["replay", "-", "--policy", "lru", "--capacity", "5"], &trace, 2);
        assert!(told.contains(&message), "{told}");
    }
}

#[test]
fn a_scenario_may_take_its_keys_from_a_trace() {
    let file = File::new("keys.txt", "a\nb\na\nc\na\n");
    let scenario = format!(
        "duration = \"2s\"\n[clients]\nwrite_ratio = 0\nkeys = {{ kind = \"trace\", file = '{}' }}",
        file.path()
    );
    let report = json(&["run", "-", "--json"], &scenario);
    assert_eq!(report["lanes"][0]["requests"], 5);
    let gone = scenario.replace(file.path(), "no-such-trace.txt");
    assert!(refused(&["run", "-"], &gone, 2).contains("no-such-trace.txt: cannot open it"));
    let empty = File::new("empty.txt", "");
    let message = refused(&["run", "-"], &scenario.replace(file.path(), empty.path()), 2);
    assert!(message.contains("clients.keys.file") && message.contains("the trace is empty"), "{message}");
}

#[test]
fn several_policies_and_capacities_are_played_in_one_pass_and_count_as_each_alone() {
    let keys: String = (0..2_000u64).map(|i| format!("{}\n", (i * i * 7 + i / 3) % 97)).collect();
    let alone = |policy: &str, capacity: &str| {
        json(&["replay", "-", "--policy", policy, "--capacity", capacity, "--json"], &keys)
    };
    let all = json(&["replay", "-", "--policy", "lru,SIEVE,opt,allkeys-lru", "--capacity", "10,50", "--json"], &keys);
    let rows: Vec<(&str, u64)> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["policy"].as_str().unwrap(), row["capacity"].as_u64().unwrap()))
        .collect();
    let expected = ["lru", "sieve", "opt", "allkeys-lru"].into_iter().flat_map(|policy| [(policy, 10), (policy, 50)]);
    assert_eq!(rows, expected.collect::<Vec<_>>());
    for ((policy, capacity), row) in rows.iter().zip(all.as_array().unwrap()) {
        let one = alone(policy, &capacity.to_string());
        assert_eq!((&row["hits"], &row["misses"]), (&one["hits"], &one["misses"]), "{policy} {capacity}");
        assert!(one.get("policy").is_none());
    }
    let table = printed(&["replay", "-", "--policy", "lru,sieve", "--capacity", "10,50"], &keys);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines.len(), lines[5]), (6, "each miss fills the cache"), "{table}");
    assert!(lines[0].starts_with("policy") && lines[0].ends_with("hit %"), "{table}");
    assert!(lines[3].starts_with("sieve         10      2000"), "{table}");
}

/// Standard output and standard error of a command that succeeds.
fn both(args: &[&str], input: &str) -> (String, String) {
    let output = cachelane(args, input);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn room_may_be_counted_in_bytes_of_the_traces_sizes() {
    let trace = "time,key,size\n0,a,100\n1,b,100\n2,a,100\n3,c,150\n4,a,100\n5,d,900\n6,a,100\n";
    let replay = |capacity: &str, more: &[&str]| {
        json(&[&["replay", "-", "--policy", "lru", "--capacity", capacity, "--json"], more].concat(), trace)
    };
    // a and b fit; c makes b go; d is larger than all of it.
    let row = replay("250B", &[]);
    assert_eq!((&row["hits"], &row["too_large"], &row["unknown_size"]), (&3.into(), &1.into(), &0.into()));
    let row = replay("250B", &["--overhead", "64"]);
    assert_eq!(row["hits"], 1, "one entry of 164 fits at a time");
    assert_eq!(replay("4kB", &[])["hits"], 3);
    let keys = ["replay", "-", "--policy", "lru", "--capacity", "1MiB"];
    assert!(refused(&keys, "a\nb\n", 2).contains("the trace has no sizes; give the capacity in entries"));
    let opt = ["replay", "-", "--policy", "opt", "--capacity", "1MiB"];
    assert!(refused(&opt, trace, 2).contains("only if all entries have the same size; give the capacity in entries"));
}

#[test]
fn redis_volatile_policies_refuse_what_is_new_where_no_key_has_an_end() {
    let line = |at: u32, words: &str| format!("{at}.0 [0 a:1] {words}\n");
    let sets: String = (1..=5).map(|n| line(n, &format!("\"SET\" \"k{n}\" \"v\""))).collect();
    let reads: String = (1..=5).map(|n| line(10 + n, &format!("\"GET\" \"k{n}\""))).collect();
    let input = format!("{sets}{reads}");
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction", "VOLATILE-LRU"] {
        let row = json(&["replay", "-", "--policy", policy, "--capacity", "3", "--json"], &input);
        assert!(row["refused"].as_u64() >= Some(2), "{policy}: {row}");
        assert_eq!(row["hits"], 3, "{policy}: {row}");
    }
    let text = printed(&["replay", "-", "--policy", "volatile-lru", "--capacity", "3"], &input);
    assert!(text.contains("values rejected: the cache was full and nothing could be evicted"), "{text}");
}

#[test]
fn what_a_file_was_taken_for_is_told_beside_the_result() {
    let args = ["replay", "-", "--policy", "lru", "--capacity", "100"];
    let (text, notes) = both(&args, "0 7 100\n1 8 100\n2 7 100\n3 7 100\n");
    assert_eq!(text, "4 requests, 2 hits (50.00 %), 2 misses\neach miss fills the cache\n");
    assert_eq!(notes, "note: -: no header: the columns are taken as time,key,size; --columns says otherwise\n");
    let row = json(&[&args[..], &["--json"]].concat(), "1\n*\n1\n");
    assert!(row["notes"][0].as_str().unwrap().contains("are marks"), "{row}");
    let told = [&args[..], &["--columns", "time,-,key"]].concat();
    assert_eq!(
        printed(&told, "0 7 100\n1 8 100\n"),
        "2 requests, 1 hits (50.00 %), 1 misses\neach miss fills the cache\n"
    );
    // As a message proposes it.
    let left_out = [&args[..], &["--columns", "-,time,key"]].concat();
    assert!(printed(&left_out, "x 7 100\nx 8 100\n").starts_with("2 requests, 1 hits"));
    assert!(refused(&args, "user 7\nuser 8\n", 2).contains("--format keys"));
    let keys = [&args[..], &["--format", "KEYS"]].concat();
    assert_eq!(
        printed(&keys, "user 7\nuser 8\n"),
        "2 requests, 0 hits (0.00 %), 2 misses\neach miss fills the cache\n"
    );
}

/// Whether a text holds nothing that a terminal obeys, or that turns its direction.
fn is_plain(text: &str) -> bool {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\r';
    !text.chars().any(|c| obeyed(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'))
}

#[test]
fn control_characters_of_input_are_escaped_wherever_they_are_shown() {
    let bad = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}x";
    // Names with control characters are refused; what turns the direction of a text is not.
    let name = "pwned\u{202e}x\u{200b}";
    let scenario = format!(
        "name = {name:?}\nduration = \"2s\"\n[[lane]]\nname = {name:?}\nwrite = \"write-back\"\n[[fault]]\nat = \"1s\"\n\
         what = \"cache.crash\"\n[[lane]]\n"
    )
    .replace("\\u{202e}", "\u{202e}")
    .replace("\\u{200b}", "\u{200b}");
    for format in [&[][..], &["--percentiles"], &["--csv"], &["--json"]] {
        let (text, errors) = both(&[&["compare", "-"], format].concat(), &scenario);
        assert!(is_plain(&text) && is_plain(&errors), "{format:?}: {text:?}");
        assert!(text.contains("pwned"), "{format:?}");
    }
    let report = json(&["compare", "-", "--json"], &scenario);
    assert_eq!(report["lanes"][0]["name"], name, "the data stays what it is");
    let monitor = "1 [0 x] \"\\x1b]0;pwned\\x07cmd\" \"a\"\n2 [0 x] \"get\" \"b\"\n";
    for more in [&[][..], &["--json"], &["--capacity", "2"]] {
        let (text, errors) = both(&[&["replay", "-", "--policy", "lru", "--capacity", "1"], more].concat(), monitor);
        assert!(is_plain(&text) && is_plain(&errors) && text.contains("pwned"), "{text:?}");
    }
    // In errors: of keys, of files, of lanes, of options.
    for (args, input) in [
        (&["replay", "-", "--policy", "lru", "--capacity", "1"][..], &*format!("time,key,op\n1,a,{bad}\n")),
        (&["replay", bad, "--policy", "lru", "--capacity", "1"], ""),
        (&["replay", "-", "--policy", bad, "--capacity", bad], "a\n"),
        (&["run", "-"], &scenario),
        (&["run", "-", "--lane", bad], "[[lane]]\n"),
        (&["compare", bad], ""),
        (&["compare", "default", bad], ""),
        (&["compare", "-", "--set", bad], "[[lane]]\n"),
        (&["compare", "-"], "[[lane]]\nwrite = \"\\u001b[31mevil\\u009b\"\n"),
        (&["check", "-"], "name = \"a\"\n\"\\u001b[31mevil\" = 1\n"),
        (&["presets", bad], ""),
    ] {
        let output = cachelane(args, input);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_ne!(output.status.code(), Some(0), "{args:?}");
        assert!(is_plain(&message), "{args:?}: {message:?}");
    }
}

#[test]
fn a_lane_named_like_a_formula_is_no_formula_in_csv() {
    let scenario = "duration = \"1s\"\n[[lane]]\nname = \"=cmd()\"\n[[lane]]\nname = \"@x\"\n";
    let csv = printed(&["compare", "-", "--csv"], scenario);
    assert!(csv.contains(",'=cmd(),") && csv.contains(",'@x,"), "{csv}");
    assert_eq!(json(&["compare", "-", "--json"], scenario)["lanes"][0]["name"], "=cmd()");
}

#[test]
fn a_run_that_plays_only_the_first_part_of_a_trace_says_so() {
    let trace: String = (0..100).map(|second| format!("{second},k{second}\n")).collect();
    let file = File::new("long.csv", format!("time,key\n{trace}"));
    let scenario = format!(
        "duration = \"10s\"\n[clients]\nkeys = {{ kind = \"trace\", file = {:?} }}\narrivals = {{ kind = \"trace\" }}\n[[lane]]\n",
        file.path()
    );
    let (_, notes) = both(&["compare", "-"], &scenario);
    assert!(notes.contains("the run ends after 10 of the 100 requests of the trace"), "{notes}");
    let (_, notes) = both(&["compare", "-", "--set", "duration=200s"], &scenario);
    assert_eq!(notes, "");
    // At other arrivals, the run itself shows how many it made.
    let steady = scenario.replace("{ kind = \"trace\" }", "{ kind = \"constant\", rate = 2 }");
    let (_, notes) = both(&["compare", "-"], &steady);
    assert!(notes.contains("of the 100 requests of the trace"), "{notes}");
}

#[test]
fn a_poster_says_what_the_figures_show_in_the_language_and_for_the_figures_of_its_link() {
    let link = "#v2&preset=default&duration=30s&lane.count=2&view.embed=lost&view.lang=ko";
    let svg = printed(&["poster", link], "");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg:.200}");
    for said in ["lang=\"ko\"", "유실된 쓰기", "prefers-color-scheme:dark", "시드"] {
        assert!(svg.contains(said), "{said}");
    }
    assert!(!svg.contains("응답 시간") && !svg.contains("<script"), "only the figures of the link");
    let english = printed(&["poster", link, "--lang", "en", "--figures", "latency,lost", "--title", "A & B"], "");
    assert!(
        english.contains("A &amp; B") && english.contains("Latency") && english.contains("Lost writes "),
        "numbers"
    );
    assert!(refused(&["poster", link, "--figures", "hats"], "", 2).contains("--figures hats: there"));
    let seen = |more: &str| printed(&["poster", &format!("#v2&duration=30s&view.embed=latency{more}")], "");
    let plain = seen("");
    assert_ne!(seen("&view.percentile=p99"), plain, "the percentile of the link");
    assert_ne!(seen("&view.axis=linear"), plain, "its axis");
    let wrong = |more: &str| refused(&["poster", &format!("#v2&duration=30s{more}")], "", 2);
    assert!(wrong("&view.embed=hats").contains("view.embed hats: there is no such figure"));
    assert!(wrong("&view.lanes=9").contains("view.lanes 9: there is no such lane; give numbers from 1 to 5"));
    assert!(wrong("&view.lanes=1,9").contains("view.lanes 9"));
    // Where the link does not say so, as the page looks at the preset.
    let tail = |more: &str| printed(&["poster", &format!("#v2&preset=keys-star&view.embed=latency{more}")], "");
    assert_eq!(tail(""), tail("&view.percentile=p99"));
    assert!(wrong("&view.percentile=p42").contains("view.percentile p42: must be p50 or p99"));
    assert!(refused(&["poster", link, "--lang", "fr"], "", 2).contains("en or ko"));
}

#[test]
fn presets_are_listed_and_printed() {
    let list = printed(&["presets"], "");
    for name in ["default", "locust-test", "like-button", "redis-down", "product-list"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
        let toml = printed(&["presets", name], "");
        assert_eq!(printed(&["link", "-"], &toml), format!("#v2&preset={name}\n"));
    }
    assert_eq!(json(&["presets", "--json"], "")[1]["name"], "locust-test");
    assert!(refused(&["presets", "defualt"], "", 2).contains("did you mean default?"));
}

#[test]
fn check_says_ok_or_lists_every_problem() {
    let good = File::new("good.toml", SHORT);
    let told = printed(&["check", good.path(), "default"], "");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with(&format!("{}: ok (at most ", good.path())), "{told}");
    assert!(lines[0].ends_with("it names no version and was read as version 2, the current one"), "{told}");
    let versioned = printed(&["check", "-"], &format!("version = 2\n{SHORT}"));
    assert!(versioned.trim_end().ends_with("iB of memory)"), "{versioned}");
    assert!(lines[1].starts_with("default: ok (at most ") && lines[1].ends_with("iB of memory)"), "{told}");
    let bad = File::new("bad.toml", "[cache]\ncapacity = 0\n[database]\nworkers = 0\n");
    let output = cachelane(&["check", good.path(), bad.path()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(&format!("{}: ok (", good.path())));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("line 2: cache.capacity = 0") && message.contains("line 4: database.workers = 0"),
        "{message}"
    );
}

/// Where less memory can be had than a run takes.
#[cfg(target_os = "linux")]
#[test]
fn an_allocation_that_fails_ends_in_a_sentence_about_memory() {
    let many = "clients.keys = { kind = \"zipf\", count = 10000000 }\nduration = \"1s\"";
    let file = File::new("many.toml", many);
    let run = |kilobytes: u32| {
        let limited = format!("ulimit -v {kilobytes}; exec \"$0\" compare \"$1\"");
        let arguments = ["-c", &limited, env!("CARGO_BIN_EXE_cachelane"), file.path()];
        Command::new("sh").args(arguments).output().expect("there is a shell")
    };
    let output = run(300_000);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{told}");
    assert!(told.starts_with("error: out of memory: ") && told.lines().count() == 1, "{told}");
    assert!(run(3_000_000).status.success(), "the same with enough of it");
}

#[test]
fn every_bad_scenario_and_link_is_refused_here_as_in_the_library() {
    let flat = |message: &str| message.replace("\n       ", "\n");
    for (toml, message) in rows("scenarios", "toml") {
        let told = refused(&["compare", "-"], &toml, 2);
        assert!(flat(&told).contains(&message), "{toml}\n{told}");
    }
    for (link, message) in rows("links", "link") {
        let told = refused(&["compare", &link], "", 2);
        assert!(flat(&told).contains(&message), "{link}\n{told}");
    }
}

#[test]
fn a_word_that_is_neither_file_nor_preset_gets_a_hint() {
    let message = refused(&["compare", "defualt"], "", 2);
    assert!(message.contains("neither a file nor a preset") && message.contains("did you mean default?"), "{message}");
    assert!(refused(&["compare", "nowhere.toml"], "", 2).contains("cannot read it"));
}

#[test]
fn no_arguments_unknown_commands_and_missing_options_are_usage_errors() {
    for args in [&[][..], &["frobnicate"], &["compare"], &["replay", "x"], &["compare", "default", "--colour"]] {
        assert_eq!(cachelane(args, "").status.code(), Some(2), "{args:?}");
    }
    assert!(printed(&["--help"], "").contains("Exit codes") || printed(&["--help"], "").contains("SCENARIO is"));
    assert!(printed(&["--version"], "").starts_with("cachelane "));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let script = "\"$0\" compare default --at 1s --json | head -c 1; exit ${PIPESTATUS[0]}";
    let output = Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_cachelane")]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    // One that is gone before anything was written: the pipe is broken for certain.
    let mut child = Command::new(env!("CARGO_BIN_EXE_cachelane"));
    let mut child = child.args(["presets", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn the_reference_page_in_the_docs_is_what_the_types_say() {
    let page = printed(&["reference"], "");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.md");
    if std::env::var_os("CACHELANE_BLESS").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(committed == page, "docs/scenario.md is old: write it again with `cachelane reference > docs/scenario.md`");
}

/// Two lanes that differ only in the crash: the story of the one that is struck names it, and says that the other kept its write.
#[test]
fn a_story_knows_which_lanes_a_fault_spares() {
    let lane = "[[lane]]\nwrite = { kind = \"write-back\", every = \"2s\" }\n";
    let fault = "[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\nfor = \"1s\"\nspares = [0]\n";
    let scenario = format!(
        "duration = \"8s\"\n[clients]\narrivals = {{ kind = \"poisson\", rate = 200 }}\nwrite_ratio = 0.3\n{lane}{lane}{fault}"
    );
    let told = printed(&["story", "-", "--lane", "1"], &scenario);
    assert!(told.contains("crash"), "{told}");
    assert!(!told.contains("lost there, too"), "{told}");
    let none = cachelane(&["story", "-", "--lane", "0", "--kind", "lost"], &scenario);
    assert!(!none.status.success(), "the spared lane has lost nothing");
}
