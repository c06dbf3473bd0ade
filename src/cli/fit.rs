//! `fit`: somebody's own numbers as fields of a scenario, and how well a law fits them.

use std::io::{BufRead, BufReader, Cursor, Read, Write};

use clap::Args;

use super::{Failure, input, note};
use crate::report::table;
use crate::scenario::fit::{self, Fit, Measured, percent_off};
use crate::scenario::percentiles::{BadPercentiles, Percentiles};
use crate::scenario::redis_info::{self, RedisInfo, Row, three_digits};
use crate::scenario::samples::Samples;
use crate::scenario::{Accept, Arrivals, Distribution, Edit, FieldValue, Keys, Scenario};
use crate::time::Nanos;
use crate::workload::popularity::Popularity;
use crate::workload::trace::{NOT_SAMPLED, Records};

/// Read your own numbers, fit a law to them, and put them into a scenario: response times as a load generator prints them
/// (Locust, k6, JMeter, vegeta, wrk, hey, ab, autocannon, memtier_benchmark, YCSB, pgbench; a .hgrm), redis-cli INFO, or a trace (redis-cli MONITOR among them).
#[derive(Args)]
pub struct FitNumbers {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    file: String,
    /// The field that response times are for.
    #[arg(long = "for", value_name = "FIELD", default_value = "database.read")]
    field: String,
    /// Take the fitted law where the points themselves could be taken: response times, the keys of a trace.
    #[arg(long)]
    law: bool,
    /// Print this scenario with the numbers in it, as TOML.
    #[arg(long, value_name = "SCENARIO")]
    into: Option<String>,
    /// Print JSON.
    #[arg(long, conflicts_with = "into")]
    json: bool,
}

/// What a file was understood as.
enum Numbers {
    Times(Measured, Option<Fit>),
    Info(RedisInfo),
    Trace { popularity: Popularity, rate: Option<f64>, writes: Option<f64> },
}

impl FitNumbers {
    /// Reads and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let numbers = self.read()?;
        if let (Numbers::Info(_), true) = (&numbers, self.law) {
            return Err(Failure::Input("--law: redis-cli INFO says no distribution; leave it out".to_owned()));
        }
        let edits = self.edits(&numbers)?;
        if let Some(into) = &self.into {
            let scenario = input::named(into)?.scenario;
            let told = |error: crate::scenario::ScenarioError| Failure::Input(error.to_string());
            return Ok(out.write_all(scenario.apply(&edits, Accept::Good).map_err(told)?.to_toml().as_bytes())?);
        }
        // Refused here as it would be by the scenario that it is for.
        let plain = Scenario::default();
        plain.apply(&edits, Accept::NoWorse).map_err(|error| Failure::Input(error.to_string()))?;
        if self.json {
            return Ok(out.write_all(super::json(&numbers.as_json(&edits))?.as_bytes())?);
        }
        numbers.print(out)?;
        writeln!(out)?;
        for (path, value) in edits.iter().filter_map(set) {
            writeln!(out, "--set '{}'", format!("{path}={value}").replace('\'', "'\\\\''"))?;
        }
        Ok(())
    }

    fn read(&self) -> Result<Numbers, Failure> {
        /// More than this is no report.
        const REPORT_MAX: u64 = 1 << 20;
        let mut reader = input::open(&self.file)?;
        let told = |error: std::io::Error| Failure::Input(format!("{}: cannot read it: {error}", self.file));
        let mut head = Vec::new();
        reader.by_ref().take(REPORT_MAX + 1).read_to_end(&mut head).map_err(told)?;
        if head.is_empty() {
            return Err(Failure::Input(format!("{}: it is empty", self.file)));
        }
        let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if let Some(samples) = Samples::begin(&String::from_utf8_lossy(first)) {
            return self.samples(samples, Cursor::new(head).chain(reader));
        }
        const SHORT: usize = 20;
        let is_short = head.iter().filter(|byte| **byte == b'\n').count() <= SHORT;
        let mut not_times = None;
        if let Some(text) = text_of(&head).filter(|_| head.len() as u64 <= REPORT_MAX) {
            let text = text.as_str();
            if redis_info::is_info(text) {
                let info = redis_info::read(text);
                return info.map(Numbers::Info).map_err(|why| Failure::Input(format!("{}: {why}", self.file)));
            }
            if !has_head_of_trace(text) {
                match fit::read(text) {
                    Ok(measured) => {
                        let fitted = fit::fit(&measured);
                        return Ok(Numbers::Times(measured, fitted));
                    }
                    Err(why) => not_times = Some(why.phrase()),
                }
            }
        }
        self.trace(Cursor::new(head).chain(reader)).map_err(|failure| match (failure, not_times) {
            (Failure::Input(told), Some(why)) => {
                // A few lines are hardly a trace: what is wrong with them as times comes first.
                Failure::Input(match is_short {
                    true => format!(
                        "{}: as response times: {why}\nas a trace: {told}; as redis-cli INFO: it has no line of one",
                        self.file
                    ),
                    false => format!("{told}\nas response times: {why}; as redis-cli INFO: it has no line of one"),
                })
            }
            (failure, _) => failure,
        })
    }

    /// Response times one by one, of however many requests.
    fn samples(&self, mut samples: Samples, reader: impl Read) -> Result<Numbers, Failure> {
        let bad = |why: BadPercentiles| Failure::Input(format!("{}: {}", self.file, why.phrase()));
        let progress = input::Progress::of_file(&self.file);
        let (mut reader, mut line, mut read) = (BufReader::new(reader), Vec::new(), 0);
        loop {
            line.clear();
            let count = reader.read_until(b'\n', &mut line);
            let count = count.map_err(|error| Failure::Input(format!("{}: cannot read it: {error}", self.file)))?;
            if count == 0 {
                break;
            }
            read += count as u64;
            progress.at(|| read);
            samples.line(&String::from_utf8_lossy(&line)).map_err(bad)?;
        }
        progress.finish();
        let measured = Measured::Percentiles(samples.percentiles().map_err(bad)?);
        let fitted = fit::fit(&measured);
        Ok(Numbers::Times(measured, fitted))
    }

    fn trace(&self, reader: impl Read) -> Result<Numbers, Failure> {
        let told = |error: crate::workload::trace::TraceError| Failure::Input(format!("{}: {error}", self.file));
        let mut records = Records::open(&self.file, BufReader::new(reader), None).map_err(told)?;
        let progress = input::Progress::of_file(&self.file);
        let (mut counts, mut writes, mut requests) = (Vec::new(), 0u64, 0u64);
        let (mut first, mut last) = (None, Nanos::ZERO);
        while let Some(record) = records.next().transpose().map_err(told)? {
            progress.at(|| records.bytes_read());
            // Such as a FLUSHALL, which names none.
            if record.key >= NOT_SAMPLED {
                continue;
            }
            let key = record.key as usize;
            if key >= counts.len() {
                counts.resize(key + 1, 0u64);
            }
            counts[key] += 1;
            requests += 1;
            writes += u64::from(record.command.as_ref().is_some_and(|command| command.stores()));
            if let Some(at) = record.at {
                first.get_or_insert(at);
                last = at;
            }
        }
        progress.finish();
        records.notes().iter().for_each(|sentence| note(&format!("{}: {sentence}", self.file)));
        let span = first.map(|first| last.saturating_sub(first).as_secs_f64()).filter(|span| *span > 0.0);
        let writes = records.has_operations().then(|| writes as f64 / requests.max(1) as f64);
        let none = || Failure::Input(format!("{}: there is no request in it", self.file));
        let popularity = Popularity::of(counts.into_iter()).ok_or_else(none)?;
        Ok(Numbers::Trace { popularity, rate: span.map(|span| requests as f64 / span), writes })
    }

    /// What puts the numbers into a scenario.
    fn edits(&self, numbers: &Numbers) -> Result<Vec<Edit>, Failure> {
        match numbers {
            Numbers::Info(info) => Ok(info.edits()),
            Numbers::Times(measured, fitted) => {
                let law = fitted.as_ref().map(|fit| fit.law.clone());
                let taken = match measured {
                    Measured::Percentiles(percentiles) if !self.law => {
                        Some(Distribution::Empirical(percentiles.rows.clone()))
                    }
                    _ => law,
                };
                let none =
                    "a law needs two percentiles between 0 and 100 % that took time; leave --law out, or give them";
                let taken = taken.ok_or_else(|| Failure::Input(format!("{}: {none}", self.file)))?;
                Ok(vec![Edit::set(self.field.clone(), FieldValue::of(&taken))])
            }
            Numbers::Trace { popularity, rate, writes } => {
                let set_keys = |keys: &Keys| Edit::set("clients.keys", FieldValue::of(keys));
                // Standard input cannot be named in a scenario.
                if !self.law && self.file != "-" {
                    return Ok(vec![set_keys(&Keys::of_trace(self.file.clone()))]);
                }
                let rate = rate.map(three_digits).filter(|rate| (0.001..=1e6).contains(rate));
                let rate = rate.map(|rate| Edit::set("clients.arrivals", FieldValue::of(&Arrivals::Poisson { rate })));
                let share = writes.map(|share| (share * 10_000.0).round() / 10_000.0);
                let share = share.map(|share| Edit::set("clients.write_ratio", FieldValue::word(&share.to_string())));
                Ok([Some(set_keys(&popularity.law())), rate, share].into_iter().flatten().collect())
            }
        }
    }
}

/// A text in UTF-8 or, as PowerShell writes files, UTF-16.
fn text_of(bytes: &[u8]) -> Option<String> {
    let units = |from: fn([u8; 2]) -> u16| bytes[2..].as_chunks().0.iter().map(|pair| from(*pair)).collect::<Vec<_>>();
    match bytes {
        [0xFF, 0xFE, ..] => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        [0xFE, 0xFF, ..] => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        _ => std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{feff}').to_owned()),
    }
}

/// Whether the first line names the columns of a trace: then numbers below are no percentiles.
fn has_head_of_trace(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    let mut names = first.split([',', '\t', ';']).map(str::trim);
    names.any(|name| ["key", "key_id", "object_id", "obj_id", "op", "operation"].contains(&name))
}

/// What an edit sets, for `--set`.
fn set(edit: &Edit) -> Option<(&str, String)> {
    if let Edit::Set { path, value } = edit { Some((path, value.to_string())) } else { None }
}

impl Numbers {
    fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Numbers::Times(measured, fitted) => print_times(measured, fitted.as_ref(), out),
            Numbers::Info(info) => print_info(info, out),
            Numbers::Trace { popularity, rate, writes } => {
                print_popularity(popularity, out)?;
                if let Some(rate) = rate {
                    writeln!(out, "{rate:.1} requests a second")?;
                }
                if let Some(writes) = writes {
                    writeln!(out, "{:.1} % of them write", writes * 100.0)?;
                }
                Ok(())
            }
        }
    }

    fn as_json(&self, edits: &[Edit]) -> serde_json::Value {
        let sets: serde_json::Map<String, serde_json::Value> =
            edits.iter().filter_map(set).map(|(path, value)| (path.to_owned(), value.into())).collect();
        let mut told = match self {
            Numbers::Times(measured, fitted) => {
                let row = |&(percent, value): &(f64, Nanos)| serde_json::json!({ "percent": percent, "ms": value.as_millis_f64() });
                let points: Vec<_> = match measured {
                    Measured::Percentiles(percentiles) => percentiles.rows.iter().map(row).collect(),
                    Measured::Moments { .. } => Vec::new(),
                };
                let law = fitted.as_ref().map(|fit| {
                    let points: Vec<_> = fit.points.iter().map(|&(percent, _, law)| row(&(percent, law))).collect();
                    let farthest = fit.farthest().map(|(percent, factor)| serde_json::json!({ "percent": percent, "factor": factor }));
                    serde_json::json!({ "law": FieldValue::of(&fit.law).to_string(), "points": points, "farthest": farthest })
                });
                let percentiles =
                    if let Measured::Percentiles(percentiles) = measured { Some(percentiles) } else { None };
                let mean = percentiles.and_then(|percentiles| percentiles.mean.as_ref()).map(|mean| {
                    serde_json::json!({ "said_ms": mean.said.as_millis_f64(), "drawn_ms": mean.drawn.as_millis_f64(), "chosen": mean.chosen })
                });
                let notes: Vec<String> =
                    percentiles.into_iter().flat_map(Percentiles::told).map(|note| note.to_string()).collect();
                let taken_as_ms = percentiles.is_some_and(|percentiles| percentiles.bare);
                serde_json::json!({ "kind": "times", "points": points, "fit": law, "taken_as_ms": taken_as_ms, "mean": mean, "notes": notes })
            }
            Numbers::Info(info) => {
                let rows: Vec<_> = info.rows.iter().map(|row| {
                    let how = row.how.as_ref().map(ToString::to_string);
                    serde_json::json!({ "from": row.from, "field": row.path, "value": row.value.to_string(), "how": how })
                }).collect();
                let compare: Vec<_> = info
                    .compare
                    .iter()
                    .map(|(name, value)| serde_json::json!({ "what": name.to_string(), "value": value }))
                    .collect();
                let notes: Vec<_> = info.notes.iter().map(ToString::to_string).collect();
                serde_json::json!({ "kind": "info", "rows": rows, "compare": compare, "notes": notes })
            }
            Numbers::Trace { popularity, rate, writes } => {
                let heads: Vec<_> = popularity
                    .heads
                    .iter()
                    .map(|(keys, measured, law)| serde_json::json!({ "keys": keys, "share": measured, "law": law }))
                    .collect();
                serde_json::json!({ "kind": "trace", "requests": popularity.requests, "keys": popularity.keys, "alpha": popularity.alpha,
                    "heads": heads, "rate": rate, "write_ratio": writes })
            }
        };
        told["set"] = sets.into();
        told
    }
}

fn print_times(measured: &Measured, fitted: Option<&Fit>, out: &mut dyn Write) -> Result<(), Failure> {
    if let Measured::Percentiles(percentiles) = measured {
        let mut rows = Vec::new();
        for (percent, value) in &percentiles.rows {
            let law =
                fitted.and_then(|fit| fit.points.iter().find(|(known, ..)| known == percent)).map(|(.., law)| *law);
            let off = law.map(|law| format!("{:+} %", percent_off(law.0 as f64 / value.0.max(1) as f64)));
            let law = law.map_or_else(String::new, |law| law.to_string());
            let chosen = if percentiles.is_chosen(*percent) { " (chosen)" } else { "" };
            rows.push(vec![format!("{percent} %"), format!("{value}{chosen}"), law, off.unwrap_or_default()]);
        }
        out.write_all(table::plain(&["percentile", "measured", "law", "off"], rows).as_bytes())?;
        if percentiles.ends_early {
            writeln!(out, "the maximum is not given; the last value stands for 100 %")?;
        }
        if percentiles.bare {
            writeln!(out, "values without a unit were taken as milliseconds")?;
        }
        for sentence in percentiles.told() {
            writeln!(out, "{sentence}")?;
        }
    }
    match fitted {
        None => writeln!(out, "not two points between 0 and 100 % that took time: any law would fit, so none is")?,
        Some(fit) => {
            let far = fit
                .farthest()
                .map(|(percent, factor)| format!("; farthest at {percent} %: {:+} %", percent_off(factor)));
            writeln!(out, "nearest law: {}{}", FieldValue::of(&fit.law), far.unwrap_or_default())?;
        }
    }
    Ok(())
}

fn print_info(info: &RedisInfo, out: &mut dyn Write) -> Result<(), Failure> {
    let row = |row: &Row| {
        let how = row.how.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![row.from.clone(), row.path.to_owned(), row.value.to_string(), how]
    };
    let rows = info.rows.iter().map(row).collect();
    out.write_all(table::plain(&["INFO", "field", "value", "how"], rows).as_bytes())?;
    for (name, value) in &info.compare {
        writeln!(out, "to compare with: {name}: {value}")?;
    }
    info.notes.iter().for_each(|sentence| note(&sentence.to_string()));
    Ok(())
}

fn print_popularity(popularity: &Popularity, out: &mut dyn Write) -> Result<(), Failure> {
    if popularity.keys == 1 {
        return Ok(writeln!(out, "{} requests, all of one key", popularity.requests)?);
    }
    let percent = |share: &f64| format!("{:.1} %", share * 100.0);
    let rows = popularity.heads.iter();
    let rows = rows.map(|(keys, measured, law)| vec![keys.to_string(), percent(measured), percent(law)]).collect();
    out.write_all(table::plain(&["most popular keys", "share of requests", "law"], rows).as_bytes())?;
    let (keys, off) = popularity.farthest();
    writeln!(
        out,
        "{} requests of {} keys; nearest law: {}, farthest at {keys} keys: {:+.1} points",
        popularity.requests,
        popularity.keys,
        FieldValue::of(&popularity.law()),
        off * 100.0
    )?;
    if popularity.is_thin() {
        writeln!(
            out,
            "few requests a key: the exponent and the number of keys are those of this sample, both too small"
        )?;
    }
    if off.abs() > 0.05 {
        writeln!(out, "that is no Zipf law: replay the trace itself")?;
    }
    Ok(())
}
