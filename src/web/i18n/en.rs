//! English.

use super::super::state::Failure;
use super::super::state::view::Control;
use super::{Words, left_out, named, unless_none};
use crate::chart::text;
use crate::escape::shown;
use crate::ledger::{Cause, Divergence};
use crate::phrase::Language;
use crate::scenario::presets::Group;
use crate::scenario::{Link, Part};
use crate::workload::trace::Detail;

pub static WORDS: Words = Words {
    lang: Language::English,
    starting: "The same traffic, through every strategy at once.",
    figures: "Figures",
    percentile: "Percentile",
    median: "median",
    log_axis: "log axis",
    time: "Time",
    time_controls: "Time",
    play: "Play",
    pause: "Pause",
    replay: "Play again",
    step_once: "Step",
    restart: "Restart",
    finish: "Finish now",
    speed: "Speed",
    moment: "Moment of the run",
    time_of: |now, all| {
        format!("{} of {}", text::moment(now, true, Language::English), text::moment(all, false, Language::English))
    },
    key_space: "Space",
    key_right: "→",
    key_r: "R",
    key_f: "F",
    for_how_long: "Duration",
    scoreboard: "Scoreboard",
    strategy: "Strategy",
    diverging_copies: "Diverging copies",
    now: "Now",
    at_most: "Max",
    at_the_end: "End of the run",
    diverged_why: "All copies that diverged, by cause",
    divergence,
    cache_nodes: "Cache nodes",
    node: "Node",
    commands: "Commands",
    busy: "Busy",
    entries: "Entries",
    hottest_key: "Hottest key",
    hot_key: |key, share| format!("{key} ({share} of all)"),
    more_figures: "More metrics",
    percentiles: "Response time percentiles",
    all_requests: "All requests",
    with_errors: "All requests, failed ones included",
    reads: "Reads",
    writes: "Writes",
    count: "# reqs",
    lane_stopped: |lane, why| format!("{lane} was ended at a limit: {why}."),
    lost_writes: "Lost writes",
    none_lost: "No acknowledged write has been lost.",
    and_more: |n| format!("and {} more", text::count(n)),
    what_was_lost: |read, keys| {
        let read = match read {
            0 => "The database will never have them. No read returned one of them.".to_owned(),
            n => format!("The database will never have them. Reads returned {} of them.", text::count(n)),
        };
        match keys {
            0 => format!("{read} All their keys have been written again since."),
            1 => format!("{read} 1 key has lost its last acknowledged value."),
            n => format!("{read} {} keys have lost their last acknowledged value.", text::count(n)),
        }
    },
    cause,
    reproduce: "Reproduce this run",
    reproduce_why: "The same scenario, seed and engine version give the same events on every machine, to the bit. The digest proves it.",
    seed: "Seed",
    engine: "Engine",
    digest: "Digest",
    events: "Events",
    controls: "Settings",
    lanes: "Lanes",
    show_or_hide: "Show or hide",
    undo: "Undo",
    redo: "Redo",
    add_lane: "Add a lane",
    remove_lane: |name| format!("Remove {name}"),
    options: "Options",
    all_fields: "Advanced",
    with_usual: "on",
    own_field: "Override for this lane",
    choose_field: "a field…",
    back_to_default: |name, default| format!("{name}: back to {default}"),
    default_is: |default| format!("default {default}"),
    traffic: "Traffic",
    arrivals: "Arrivals",
    rate: "Requests per second",
    users: "Users",
    think: "Think time",
    keys: "Keys",
    key_count: "Number of keys",
    alpha: "Skew (α)",
    hot: "Share of hot keys",
    hot_traffic: "Traffic to hot keys",
    open_trace: "Replay a trace",
    trace_formats: "One key per line, a table with a key column, ARC, LIRS, oracleGeneral, Twitter's or Meta's cache traces, MSR or SPC block traces, \
        redis-cli MONITOR; plain, gzip, xz or zstd.",
    trace_reading: |name| format!("Reading {} …", shown(name)),
    cancel_reading: "Cancel reading",
    trace_stopped: |name| format!("Reading {} was stopped. What ran before goes on.", shown(name)),
    trace_longer: |played, all| {
        let (played, all) = (text::count(played), text::count(all));
        format!("The run ends after {played} of the {all} requests of the trace; a longer duration plays more of it.")
    },
    trace_opened: |name, facts| {
        let says = facts.says.iter().map(|what| {
            match what {
                Detail::Operations => "operations",
                Detail::Times => "times",
                Detail::Ttls => "TTLs",
                Detail::Sizes => "sizes",
                Detail::Clients => "clients",
            }
            .to_owned()
        });
        let says = unless_none(says, |says| format!("; it also says {says}"));
        let left_out: String = left_out(facts, Language::English)
            .map(|(why, commands, more)| {
                let more = if more > 0 { format!(", {more} more") } else { String::new() };
                format!(" Left out: {commands}{more} ({}).", why)
            })
            .collect();
        let (requests, keys) = (text::count(facts.requests), text::count(facts.keys.into()));
        let [some_requests, some_keys] =
            [facts.requests, facts.keys.into()].map(|count: u64| if count == 1 { "" } else { "s" });
        format!("{}: {requests} request{some_requests}, {keys} key{some_keys}{says}.{left_out}", shown(name))
    },
    cache: "Cache",
    ttl: "TTL",
    spread: "Jitter",
    database: "Database",
    application: "Application servers",
    network: "Network, one way",
    prices: "Prices",
    link_name: |link| match link {
        Link::ClientApp => "client–app",
        Link::AppCache => "app–cache",
        Link::AppDatabase => "app–database",
        Link::CacheDatabase => "cache–database",
    },
    faults: "Faults",
    no_faults: "Nothing breaks.",
    add_fault: "Add a fault",
    more_faults: |n| format!("Show more faults ({} hidden)", text::count(n)),
    remove_fault: "Remove this fault",
    what_breaks: "What",
    at_moment: "At",
    fault_part: |part| match part {
        Part::Cache => "Cache",
        Part::Replica => "Replica",
        Part::App => "Application server",
        Part::Worker => "Background worker",
        Part::Database => "Database",
        Part::Link => "Link",
    },
    when: "When",
    mean_between: "Mean time between",
    mean_repair: "Mean time to repair",
    nth_flush: "Flush number",
    nth_write: "Acknowledged writes",
    times_as_long: "Slow-down factor",
    share_struck: "Share",
    silent: "Silent: callers wait for their timeouts",
    flush_first: "Flush dirty entries first",
    save_first: "Save a snapshot first",
    which_node: "Cache node",
    all_nodes: "all",
    which_server: "Server",
    which_link: "Link",
    run: "Run",
    distribution_kind: "distribution",
    mean: "mean",
    least: "min",
    most: "max",
    p99: "p99",
    deviation: "standard deviation",
    last_good_runs: "Invalid setting; still running the last valid scenario.",
    worker_failed: |failure| match failure {
        Failure::NotStarted => {
            "The simulation could not start: its worker's files did not arrive, or may not run here."
        }
        Failure::Crashed => "The simulation has stopped with an error.",
        Failure::OutOfMemory => {
            "The simulation has stopped, most likely because memory ran out. Fewer keys, shards, replicas or lanes need less."
        }
        Failure::Gone => "The simulation's worker no longer answers; the browser has ended it, perhaps to save memory.",
    },
    details: "Details",
    reload_page: "Reload the page. If that does not help, the site's Content-Security-Policy may forbid workers.",
    needs_cors: "This figure stands in a sandboxed frame. The simulator's site must send Access-Control-Allow-Origin: * with its .js and .wasm files.",
    was_stopped: |at| match at {
        Some(at) => format!("Stopped at {at}. Run it again to get there once more, or change the experiment."),
        None => "Stopped before it began. Run it again, or change the experiment.".to_owned(),
    },
    still_loading: "Still loading the simulation…",
    still_computing: "Still computing: this experiment takes long. Everything else on the page works meanwhile.",
    maybe_gone: "No answer for more than 20 seconds. The simulation may be gone, or computing for very long.",
    stop: "Stop",
    run_again: "Run it again",
    too_long: |bytes, most| {
        format!(
            "This experiment is too large for a link: it would take {} bytes, and at most {} get through everywhere.",
            text::count(bytes),
            text::count(most)
        )
    },
    address_is_old: "The address still shows the last one that fits. Save the experiment as a file to keep it; “Open a scenario file” under Share brings it back.",
    save_scenario: "Save as a file (TOML)",
    open_default: "Open the default preset",
    link_not_opened: "This link cannot be opened",
    link_text: "The link",
    open_edited: "Open the edited link",
    close: "Close",
    preset: "Preset",
    preset_group: |group| match group {
        Group::Stories => "Stories",
        Group::Ycsb => "YCSB workloads",
        Group::Twitter => "Twitter's caches",
    },
    own_scenario: "Own scenario",
    change_theme: "Light or dark",
    share: "Share",
    link: "Link",
    link_why: "The whole experiment is in the link, faults and seed too: whoever opens it gets exactly the same run.",
    copy: "Copy",
    copied: "Copied.",
    not_copied: "The browser does not allow it; select the text and copy it.",
    embed: "Embed in a page",
    embed_why: "A figure that runs by itself, with the lanes and controls you choose.",
    plain_iframe: "Without a script: a plain iframe",
    control_name: |control| match control {
        Control::Play => "play and pause",
        Control::Crash => "crash buttons",
        Control::Speed => "speed",
        Control::Lanes => "show and hide lanes",
        Control::Step => "step, restart, finish",
    },
    files: "Files",
    scenario_toml: "Scenario (TOML)",
    report_json: "Report (JSON)",
    series_csv: "Figures' data (CSV)",
    open_scenario: "Open a scenario file",
    open_full: "Open full simulator",
    help: "Help",
    how_to_read: "Each lane is one strategy. All lanes get the same requests and, unless a fault spares a lane, the same faults, so every difference \
        between the lines is the strategy's doing. A write is lost when it was acknowledged and the database will never have it; \
        it is at risk while one crash, or a loss of power, would take it: on a synced disk or a replica it is not. A cached copy diverges when it differs from the database and nothing \
        on its way will change that.",
    glossary: "All terms, in English and Korean",
    keys_help: &[
        ("Space", "play, pause"),
        ("→", "one step"),
        ("←", "one step back"),
        ("R", "restart"),
        ("F", "finish now"),
        ("1 … 9", "show or hide a lane"),
        ("Ctrl+Z", "undo"),
        ("Ctrl+Shift+Z, Ctrl+Y", "redo"),
        ("Esc", "stop reading a trace"),
        ("?", "this help"),
    ],
    footer: "Cachelane is a simulator, not a benchmark; it is validated against queueing theory and real traces.",
};

fn divergence(word: &str) -> String {
    named(&Divergence::ALL, Divergence::name, word, |divergence| match divergence {
        Divergence::NeverCommitted => "value never committed",
        Divergence::OverwrittenByOlder => "database overwritten by an older write",
        Divergence::Restored => "restored after a crash",
        Divergence::StaleFill => "stale fill",
        Divergence::OvertakenUpdate => "overtaken update",
        Divergence::CrashBetween => "crash between commit and cache",
        Divergence::LostInvalidation => "invalidation failed",
        Divergence::CommitWithoutAnswer => "committed after the writer gave up",
        Divergence::Left => "not invalidated",
    })
}

fn cause(word: &str) -> String {
    named(&Cause::ALL, Cause::name, word, |cause| match cause {
        Cause::CacheCrash => "in the cache only when it crashed",
        Cause::ExpiredDirty => "expired while dirty",
        Cause::EvictedDirty => "evicted while dirty",
        Cause::DroppedAfterRetries => "dropped after its retries",
        Cause::FailoverLag => "failover to a lagging replica",
        Cause::DualWriteHalfDone => "dual write half done",
        Cause::FlushMarkLost => "flush mark lost",
        Cause::QueueLost => "in a server's queue only when it crashed",
        Cause::FlusherCrash => "with the flusher only when it crashed",
        Cause::PersistenceWindow => "not on disk yet when the cache crashed",
        Cause::OverwrittenByOlder => "overwritten by an older write",
        Cause::FlushAll => "cache flushed",
        Cause::Refused => "refused by the database",
        Cause::ConnectionLost => "connection lost",
        Cause::NeverDelivered => "never delivered",
    })
}
