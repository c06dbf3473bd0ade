//! Trace events in JSON, as Perfetto and Chrome's `about:tracing` open them: a slice for each request, on the first row in
//! which nothing else is under way, so that the height says how many were; above them what was broken.

use serde_json::{Value, json};

use super::{Answered, Rows};
use crate::time::Nanos;

/// A stretch of time in which something was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What.
    pub what: String,
    /// From.
    pub from: Nanos,
    /// Until.
    pub until: Nanos,
}

/// The trace of a lane of that name, as JSON.
pub fn perfetto(lane: &str, answered: &[Answered], broken: &[Broken]) -> String {
    let mut trace = Trace("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n".to_owned());
    let mut spans: Vec<&Broken> = broken.iter().collect();
    spans.sort_by_key(|span| span.from);
    let mut rows = Rows::default();
    for span in spans {
        let row = rows.place(span.from, span.until);
        trace.push(&slice(&span.what, "fault", (span.from, span.until), row, &json!({})));
    }
    let faults = rows.count;
    (0..faults).for_each(|row| trace.push(&named("thread_name", row, "faults")));
    let mut order: Vec<&Answered> = answered.iter().collect();
    order.sort_by_key(|one| one.issued);
    let mut rows = Rows::default();
    for one in order {
        let row = faults + rows.place(one.issued, one.at);
        trace.push(&request(one, row));
    }
    (0..rows.count).for_each(|row| trace.push(&named("thread_name", faults + row, &format!("requests {}", row + 1))));
    // The last one, after which no comma stands.
    trace.0 + &named("process_name", 0, lane).to_string() + "\n]}\n"
}

/// The text so far, an event a line: of millions of requests no tree of values would fit into memory.
struct Trace(String);

impl Trace {
    fn push(&mut self, event: &Value) {
        self.0 += &event.to_string();
        self.0 += ",\n";
    }
}

fn named(what: &str, tid: usize, name: &str) -> Value {
    json!({ "ph": "M", "pid": 1, "tid": tid, "name": what, "args": { "name": name } })
}

fn request(one: &Answered, row: usize) -> Value {
    let kind = if one.write.is_some() { "write" } else { "read" };
    let outcome = match one.outcome {
        Err(error) => error.name(),
        Ok(_) if one.write.is_some() => "acknowledged",
        Ok(_) if one.is_stale => "stale",
        Ok(_) => "fresh",
    };
    let mut told = json!({ "client": one.client, "key": one.key, "outcome": outcome });
    if let Some(write) = one.write {
        told["write"] = json!(write.0);
    } else if let Ok(saw) = one.outcome {
        (told["saw_write"], told["from_cache"]) = (json!(saw.0), json!(one.from_cache));
    }
    let good = if ["acknowledged", "fresh"].contains(&outcome) { String::new() } else { format!(" ({outcome})") };
    let mut event = slice(&format!("{kind} {}{good}", one.key), kind, (one.issued, one.at), row, &told);
    if !good.is_empty() {
        event["cname"] = json!("terrible");
    }
    event
}

/// Times are in microseconds there.
fn slice(name: &str, kind: &str, (from, until): (Nanos, Nanos), row: usize, told: &Value) -> Value {
    let us = |time: Nanos| time.0 as f64 / 1e3;
    let lasts = us(until.saturating_sub(from));
    json!({ "ph": "X", "pid": 1, "tid": row, "name": name, "cat": kind, "ts": us(from), "dur": lasts, "args": told })
}
