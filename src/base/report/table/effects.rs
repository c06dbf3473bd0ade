//! What the faults did to each lane, as tables.

use super::{Table, number};
use crate::escape::shown;
use crate::report::effect::{Change, Effect, LatencyEffect};
use crate::report::{LaneReport, Report};

/// How to read them.
const NOTE: &str = "effect: same seed, but service times and links are drawn again after the fault; a small difference may be luck, \
                    so try other seeds (--seed)\n";

/// A table for each lane whose effect is known, and how to read them.
pub fn effects(report: &Report) -> String {
    let told = report.lanes.iter().filter_map(|lane| lane.effect.as_deref().map(|effect| effect_of(lane, effect)));
    let tables: String = told.collect();
    if tables.is_empty() { tables } else { format!("{tables}{NOTE}") }
}

fn effect_of(lane: &LaneReport, effect: &Effect) -> String {
    let name = shown(&lane.name);
    let mut table = Table::new(&[&format!("effect on {name}"), "with faults", "without", "difference"]);
    let Effect { goodput, hit_ratio, read_hit_ratio, latency_ms, latency_with_errors_ms, .. } = effect;
    for (what, Change { with, without, difference }) in effect_counts(effect) {
        if with > 0 || without > 0 {
            table.rows.push(vec![what.to_owned(), with.to_string(), without.to_string(), format!("{difference:+}")]);
        }
    }
    let signed = |value: f64| if value > 0.0 { format!("+{}", number(value)) } else { number(value) };
    let mut values = |what: &str, change: &Change<Option<f64>, Option<f64>>, times: f64| {
        if change.with.is_some() || change.without.is_some() {
            let told = |value: Option<f64>, how: &dyn Fn(f64) -> String| {
                value.map_or_else(|| "–".to_owned(), |value| how(value * times))
            };
            let cells = [told(change.with, &number), told(change.without, &number), told(change.difference, &signed)];
            table.rows.push([vec![what.to_owned()], cells.to_vec()].concat());
        }
    };
    values("goodput %", goodput, 100.0);
    values("hit %", hit_ratio, 100.0);
    values("reads hit %", read_hit_ratio, 100.0);
    let mut latencies = |of: &LatencyEffect, more: &str| {
        for (what, of) in [("read", of.read), ("write", of.write)] {
            for (which, change) in [("p50", of.p50), ("p99", of.p99)] {
                values(&format!("{what} {which} ms{more}"), &change, 1.0);
            }
        }
    };
    latencies(latency_ms, "");
    if effect.errors != Change::default() {
        latencies(latency_with_errors_ms, " +err");
    }
    format!("\n{}", table.set())
}

fn effect_counts(effect: &Effect) -> [(&'static str, Change<u64, i64>); 13] {
    [
        ("requests", effect.requests),
        ("errors", effect.errors),
        ("hits", effect.hits),
        ("misses", effect.misses),
        ("  attributed to a crash", effect.misses_crashed),
        ("reads from a cache", effect.reads_from_cache),
        ("db reads", effect.database_reads),
        ("db writes", effect.database_writes),
        ("stale reads", effect.stale_reads),
        ("diverging at the end", effect.diverging_end),
        ("lost writes", effect.ever_lost),
        ("keys lost", effect.keys_lost),
        ("lost increments", effect.lost_increments),
    ]
}
