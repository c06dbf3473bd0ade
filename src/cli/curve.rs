//! `curve`: miss ratio against cache size.
//!
//! LRU is exact at all sizes in one pass, by stack distances, where a look-up that misses always fills and nothing expires.
//! Everything else is a cache for each point, all in one reading and on all cores; it counts what `replay` counts, to the
//! hit. A long trace is sampled: a share of its keys through caches of that share of the capacity
//! ([`miniature`]); all shares in one reading, after one that counts keys and one of the first requests.

mod play;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use self::play::{Played, Told, clock, play};
use super::choices::{Capacity, Choice, choices};
use super::replay::Options;
use super::{Failure, input, note};
use crate::bytes::Bytes;
use crate::cache::counts::ReplayCounts;
use crate::cache::miniature::{self, Miniature, Popularity};
use crate::escape::shown_json;
use crate::experiment::curve::{self, DRAWN, Drawn, Look, Opening, Row, SCOUTED, Scouted, Source, ladder, sample};
use crate::random::Streams;
use crate::scenario::{Scenario, presets};
use crate::workload::requests::{KeySource, Requests};
use crate::workload::trace::Trace;

/// The most requests that may be drawn from a scenario.
const DRAWN_MAX: u64 = 10_000_000_000;

/// Miss ratio against cache size, for several policies: of a trace as `replay` would play it, or of the requests that a
/// scenario's clients send. LRU is exact at all sizes in one pass; of a trace with more than 4 million requests a sample of
/// the keys is played through caches scaled down as much.
#[derive(Args)]
pub struct Curve {
    /// The trace, plain or compressed with zstd, gzip or xz, - for standard input; or a scenario: a file ending in .toml, a
    /// preset's name or a share link. Of a scenario only the keys count that its clients ask for, with its seed (or --seed): the cache
    /// alone, without time and TTLs; reads and writes both look up and fill, a delete removes.
    #[arg(value_name = "FILE|SCENARIO")]
    source: String,
    /// The eviction policies; see replay.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', required = true)]
    policy: Vec<String>,
    /// The capacities: in entries (100), or in bytes of the sizes in the trace (64MiB). Default: from 1 % to 100 % of the
    /// distinct keys, in 14 steps.
    #[arg(long, value_name = "ENTRIES|BYTES", value_delimiter = ',')]
    capacity: Vec<String>,
    /// Which share of the keys to play: off (all), a rate such as 0.01, or auto: all up to 4 million requests; beyond, some
    /// tens of thousands of keys, more for small capacities, and all for the smallest and for those in bytes. Measured on ten
    /// million Zipf requests with exponents from 0.8 to 1.2, and on five million with --ttl, miss ratios are within .01; others
    /// may be further off, above all those of a pipe where entries expire.
    #[arg(long, value_name = "RATE|auto|off", default_value = "auto")]
    sample: String,
    /// How many requests to draw from a scenario. Default: 1000000.
    #[arg(long, value_name = "N")]
    requests: Option<u64>,
    #[command(flatten)]
    options: Options,
    /// Print JSON.
    #[arg(long, group = "printed")]
    json: bool,
    /// Print CSV, one row per point.
    #[arg(long, group = "printed")]
    csv: bool,
}

/// What `--sample` says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sampling {
    Auto,
    Off,
    Rate(f64),
}

impl Sampling {
    fn parse(text: &str) -> Result<Sampling, Failure> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Sampling::Auto),
            "off" => Ok(Sampling::Off),
            rate => match rate.parse() {
                Ok(1.0) => Ok(Sampling::Off),
                Ok(rate) if (0.000_001..1.0).contains(&rate) => Ok(Sampling::Rate(rate)),
                _ => Err(Failure::Input(format!("--sample {text}: give auto, off, or a rate from 0.000001 to 1"))),
            },
        }
    }
}

/// Where requests come from, which can be asked again and again unless it is standard input.
enum Origin {
    Trace,
    Scenario(Box<Scenario>, KeySource),
}

/// A point of a curve.
struct Point {
    choice: Choice,
    counts: ReplayCounts,
    /// The share of the keys that was played, where it is not all.
    sampled: Option<f64>,
    /// Whether that makes a rough estimate.
    rough: bool,
}

impl Point {
    /// Misses per request; 0 without requests.
    fn miss_ratio(&self) -> f64 {
        self.counts.misses as f64 / self.counts.requests.max(1) as f64
    }
}

impl Curve {
    /// Plays and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let sampling = Sampling::parse(&self.sample)?;
        // Capacities that nobody told are known only when keys are counted; policies are refused before.
        let is_told = !self.capacity.is_empty();
        let told = if is_told { self.capacity.clone() } else { vec!["1".to_owned()] };
        self.options.check(&choices(&self.policy, &told)?, &self.policy)?;
        let origin = self.origin()?;
        let scouted = self.scout(&origin, sampling, !is_told)?;
        let told = if is_told { told } else { ladder(scouted.distinct).iter().map(u32::to_string).collect() };
        let choices = choices(&self.policy, &told)?;
        let points = self.points(&origin, &choices, scouted, sampling)?;
        let text = if self.json {
            json(&points)
        } else if self.csv {
            csv(&points)
        } else {
            table(&points, told.len())
        };
        Ok(out.write_all(text.as_bytes())?)
    }

    /// Whether it is a trace or a scenario, and what does not go with it.
    fn origin(&self) -> Result<Origin, Failure> {
        let is_toml =
            Path::new(&self.source).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        // few: presets
        let is_preset = presets::all().any(|preset| preset.name == self.source) && !Path::new(&self.source).exists();
        if !is_toml && !is_preset && !input::is_link(&self.source) {
            if let Some(count) = self.requests {
                let sentence = "it has an effect only with a scenario; a trace is played whole";
                return Err(Failure::Input(format!("--requests {count}: {sentence}")));
            }
            return Ok(Origin::Trace);
        }
        let options = &self.options;
        let of_traces = [
            ("--format", options.format.is_some()),
            ("--columns", options.columns.is_some()),
            ("--time-unit", options.time_unit.is_some()),
            ("--on-miss", options.on_miss.is_some()),
        ];
        if let Some((option, _)) = of_traces.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Failure::Input(format!("{option}: it has an effect only with a trace; leave it out")));
        }
        if let Some(count) = self.requests.filter(|count| !(1..=DRAWN_MAX).contains(count)) {
            return Err(Failure::Input(format!("--requests {count}: give a whole number from 1 to {DRAWN_MAX}")));
        }
        if let Some(bytes) =
            self.capacity.iter().find(|text| text.parse::<u32>().is_err() && text.parse::<Bytes>().is_ok())
        {
            let told =
                format!("--capacity {bytes}: the requests of a scenario have no sizes here; give numbers of entries");
            return Err(Failure::Input(told));
        }
        let mut scenario = input::named(&self.source)?.scenario;
        curve::one_class(&scenario).map_err(|why| Failure::Input(why.to_string()))?;
        scenario.seed = options.seed.unwrap_or(scenario.seed);
        let trace: Option<Arc<Trace>> = input::trace_of(&scenario)?;
        let keys = KeySource::new(&scenario, trace).map_err(|error| Failure::Input(error.to_string()))?;
        Ok(Origin::Scenario(Box::new(scenario), keys))
    }

    fn told(&self) -> Told<'_> {
        Told { options: &self.options, file: &self.source }
    }

    /// The requests from the first on, of this share of the keys.
    fn open(&self, origin: &Origin, rate: f64) -> Result<Source, Failure> {
        let sample = sample(rate);
        Ok(match origin {
            Origin::Trace => Source::Trace(Box::new(self.options.records(&self.source, sample)?)),
            Origin::Scenario(scenario, keys) => {
                let requests = Requests::new(&scenario.clients, keys.clone(), &Streams::new(scenario.seed));
                Source::Drawn(Box::new(Drawn::new(requests, self.requests.unwrap_or(DRAWN), sample)))
            }
        })
    }

    /// Whether to play a sample of the keys, and about how many distinct ones there are, if that is `wanted`.
    fn scout(&self, origin: &Origin, sampling: Sampling, wanted: bool) -> Result<Scouted, Failure> {
        let is_once = self.is_once(origin);
        if is_once && wanted {
            let sentence = "standard input can be read only once, and so can a pipe: the keys cannot be counted first";
            return Err(Failure::Input(format!("--capacity: {sentence}; name the capacities")));
        }
        let look = |rate: f64| self.told().look(Look::begin(self.open(origin, rate)?, rate));
        if sampling == Sampling::Auto && !is_once {
            let scouted = look(SCOUTED)?;
            if scouted.samples {
                return Ok(scouted);
            }
        }
        let rate = if let Sampling::Rate(rate) = sampling { rate } else { 1.0 };
        let distinct = if wanted { look(rate)?.distinct } else { 0 };
        Ok(Scouted { distinct, samples: false })
    }

    /// Whether the requests can be read only once: those of standard input, or of a pipe with a name.
    fn is_once(&self, origin: &Origin) -> bool {
        let is_pipe = || std::fs::metadata(&self.source).is_ok_and(|found| !found.is_file() && !found.is_dir());
        matches!(origin, Origin::Trace) && (self.source == "-" || is_pipe())
    }

    /// All points, in the order of the choices.
    fn points(
        &self,
        origin: &Origin,
        choices: &[Choice],
        scouted: Scouted,
        sampling: Sampling,
    ) -> Result<Vec<Point>, Failure> {
        let rate_of = |choice: &Choice| match (choice.capacity, sampling) {
            (_, Sampling::Rate(rate)) => rate,
            (Capacity::Entries(entries), _) => scouted.rate(entries),
            (Capacity::Bytes(_), _) => 1.0,
        };
        let rates: Vec<f64> = choices.iter().map(rate_of).collect();
        let popularity = self.popularity(origin, &rates)?;
        let (small, scales): (Vec<Choice>, Vec<Miniature>) =
            choices.iter().zip(&rates).map(|(choice, rate)| scaled(choice, *rate, &popularity)).unzip();
        let played = self.play(origin, &small, &rates)?;
        let mut points = Vec::new();
        let is_unheard = played.expire && self.is_once(origin);
        for (number, choice) in choices.iter().enumerate() {
            let (small, counted) = (scales[number], played.counts[number]);
            let sampled = Some(rates[number]).filter(|rate| *rate < 1.0);
            let counts = if sampled.is_some() && is_unheard {
                small.whole_unheard(counted, played.requests)
            } else {
                small.whole(counted, played.requests)
            };
            points.push(Point { choice: choice.clone(), counts, sampled, rough: sampled.is_some() && is_unheard });
        }
        played.notes.iter().for_each(|sentence| note(&format!("{}: {sentence}", self.source)));
        tell_sampled(&self.source, &points, is_unheard);
        Ok(points)
    }

    /// How popular keys are, where it matters and can be known.
    fn popularity(&self, origin: &Origin, rates: &[f64]) -> Result<Popularity, Failure> {
        if self.is_once(origin) || rates.iter().all(|rate| *rate >= 1.0) {
            return Ok(Popularity::default());
        }
        let source = self.open(origin, 1.0)?;
        let misses = self.told().misses(&source);
        let mut opening = Opening::begin(source, clock(&self.options, 1.0), misses);
        Ok(opening.advance(|| false).unwrap_or_default())
    }

    /// Plays through each cache its share of the keys.
    fn play(&self, origin: &Origin, small: &[Choice], rates: &[f64]) -> Result<Played, Failure> {
        let largest = rates.iter().copied().fold(0.0, f64::max);
        let source = self.open(origin, largest)?;
        if largest < 1.0 && !source.can_sample() {
            let sentence = "commands of a capture name several keys at once, so it is played whole; leave it out";
            return Err(Failure::Input(format!("--sample {largest}: {sentence}")));
        }
        let stacks = source.fits_stack() || !self.is_once(origin);
        let mut played = play(small, rates, source, self.told(), stacks)?;
        if played.is_none() {
            played = play(small, rates, self.open(origin, largest)?, self.told(), false)?;
        }
        played.ok_or_else(|| Failure::Failed("a cache cannot take what it is asked".to_owned()))
    }
}

/// A cache, and as small a one as the share of the keys says.
fn scaled(choice: &Choice, rate: f64, popularity: &Popularity) -> (Choice, Miniature) {
    let (capacity, small) = match choice.capacity {
        Capacity::Entries(entries) => {
            let small = popularity.miniature(entries, rate);
            (Capacity::Entries(small.entries), small)
        }
        Capacity::Bytes(Bytes(bytes)) => {
            (Capacity::Bytes(Bytes(miniature::bytes(bytes, rate))), popularity.of_bytes(rate))
        }
    };
    (Choice { capacity, ..choice.clone() }, small)
}

/// Says on standard error that points are estimates, and that they are rough ones.
fn tell_sampled(source: &str, points: &[Point], is_rough: bool) {
    let rates = || points.iter().filter_map(|point| point.sampled);
    let (Some(least), Some(most)) = (rates().min_by(f64::total_cmp), rates().max_by(f64::total_cmp)) else { return };
    let (count, all) = (rates().count(), points.len());
    let of = if count == all { String::new() } else { format!(" at {count} of {all} points") };
    let to = if most > least { format!(" to {:.2}", 100.0 * most) } else { String::new() };
    let from = format!("a sample of {:.2}{to} % of the keys", 100.0 * least);
    let rough = if is_rough { ", roughly: entries expire, and it cannot be read twice" } else { "" };
    note(&format!("{source}: estimated{of} from {from}{rough}; --sample off plays all of them"));
}

/// The points as JSON.
fn json(points: &[Point]) -> String {
    let rows = points.iter().map(|point| {
        let ReplayCounts { requests, hits, misses } = point.counts;
        let row = serde_json::json!({
            "policy": point.choice.name,
            "capacity": point.choice.capacity.json(),
            "requests": requests,
            "hits": hits,
            "misses": misses,
            "miss_ratio": point.miss_ratio(),
            "sampled": point.sampled,
            "rough": point.rough,
        });
        shown_json(&row.to_string()).into_owned()
    });
    format!("{{\"points\":[{}]}}\n", rows.collect::<Vec<_>>().join(",\n "))
}

/// The points as CSV.
fn csv(points: &[Point]) -> String {
    curve::csv(points.iter().map(|point| Row {
        policy: &point.choice.name,
        capacity: point.choice.capacity.to_string(),
        counts: point.counts,
        sampled: point.sampled,
        rough: point.rough,
    }))
}

/// The points as a table: a row for each capacity, a column for each policy.
fn table(points: &[Point], capacities: usize) -> String {
    let Some(first) = points.first() else { return String::new() };
    let curves: Vec<&[Point]> = points.chunks(capacities).collect();
    let width = |curve: &[Point]| curve[0].choice.name.len().max("100.00".len());
    let left = curves[0].iter().map(|point| point.choice.capacity.to_string().len()).max().unwrap_or(0);
    let left = left.max("capacity".len());
    let mut text = format!("{} requests; misses in %\n{:>left$}", first.counts.requests, "capacity");
    curves.iter().for_each(|curve| text += &format!("  {:>width$}", curve[0].choice.name, width = width(curve)));
    text.push('\n');
    for row in 0..capacities {
        text += &format!("{:>left$}", curves[0][row].choice.capacity.to_string());
        for curve in &curves {
            text += &format!("  {:>width$.2}", 100.0 * curve[row].miss_ratio(), width = width(curve));
        }
        text.push('\n');
    }
    text
}
