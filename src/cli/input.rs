//! Where scenarios and traces come from.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, note};
use crate::scenario::{Keys, Scenario, TEXT_MAX, link, presets};
use crate::workload::trace::{Records, Trace, TraceBuilder, TraceError};

/// A scenario and changes to it.
#[derive(Args)]
pub struct Source {
    /// A TOML file, a preset's name, a share link, or - for standard input.
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Use another seed for all random draws.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a field, written as in links: cache.ttl=5s, lane.0.write='write-back(every:2s)'.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    settings: Vec<String>,
}

impl Source {
    /// How a link says that its experiment is to be shown; nothing where the source is none.
    pub fn view(&self) -> Vec<(String, String)> {
        let link = fragment(&self.scenario).and_then(|fragment| link::decode(fragment).ok());
        link.map(|link| link.view).unwrap_or_default()
    }

    /// The scenario, changed and checked.
    pub fn read(&self) -> Result<Scenario, Failure> {
        let Named { scenario, .. } = named(&self.scenario)?;
        let seed = self.seed.map(|seed| seed.to_string());
        let mut settings: Vec<(&str, &str)> = Vec::new();
        for setting in &self.settings {
            let pair = setting.split_once('=');
            settings.push(pair.ok_or_else(|| Failure::Input(format!("--set {setting}: write FIELD=VALUE")))?);
        }
        if seed.is_some() && settings.iter().any(|(field, _)| *field == "seed") {
            return Err(Failure::Input("the seed is given twice, by --seed and by --set; keep one".to_owned()));
        }
        settings.extend(seed.as_deref().map(|seed| ("seed", seed)));
        if settings.is_empty() {
            return Ok(scenario);
        }
        link::with(&scenario, &settings).map_err(|error| Failure::Input(error.to_string()))
    }
}

/// A scenario, checked.
pub struct Named {
    /// The scenario.
    pub scenario: Scenario,
    /// The version it was read as, if its text names none.
    pub taken: Option<u32>,
}

impl From<Scenario> for Named {
    fn from(scenario: Scenario) -> Named {
        Named { scenario, taken: None }
    }
}

/// The scenario that `source` names, checked.
pub fn named(source: &str) -> Result<Named, Failure> {
    let told = |message: String| Failure::Input(format!("{source}: {message}"));
    if source == "-" {
        let text = text_of(io::stdin()).map_err(|why| Failure::Input(format!("standard input: {why}")))?;
        return parse(&text).map_err(|message| Failure::Input(format!("standard input: {message}")));
    }
    if let Some(fragment) = fragment(source) {
        let link = link::decode(fragment).map_err(|error| Failure::Input(error.to_string()))?;
        return Ok(link.scenario.into());
    }
    if let Some(preset) = presets::all().find(|preset| preset.name == source) {
        return Ok(preset.scenario().clone().into());
    }
    let path = Path::new(source);
    if !path.exists() && path.extension().is_none() && !source.contains(['/', '\\']) {
        let error = presets::get(source).err().map(|error| error.to_string()).unwrap_or_default();
        return Err(Failure::Input(format!("{source} is neither a file nor a preset\n{error}")));
    }
    let file = File::open(path).map_err(|error| told(format!("cannot read it: {error}")))?;
    parse(&text_of(file).map_err(told)?).map_err(told)
}

/// The text of a scenario, or why it is none. No more is read than one can have: a device may have no end.
fn text_of(reader: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let most = TEXT_MAX as u64;
    reader.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot read it: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("it is longer than {most} bytes, and a scenario is not"));
    }
    String::from_utf8(bytes).map_err(|error| format!("cannot read it: it is no UTF-8 ({error})"))
}

/// A TOML text, or a link saved as one.
fn parse(text: &str) -> Result<Named, String> {
    let one_line = text.trim();
    if one_line.is_empty() {
        return Err("it is empty; `cachelane presets default` prints a scenario to start from".to_owned());
    }
    match fragment(one_line).filter(|_| !one_line.contains('\n')) {
        Some(fragment) => link::decode(fragment).map(|link| link.scenario.into()),
        None => Scenario::from_toml_and_version(text).map(|(scenario, taken)| Named { scenario, taken }),
    }
    .map_err(|error| error.to_string())
}

/// Whether `source` is a link, and not a file or a preset.
pub fn is_link(source: &str) -> bool {
    fragment(source).is_some()
}

/// The part of a link that says the experiment, if `source` is a link: `#v2&…`, `v2&…`, or a whole address.
/// An address without that part opens the default experiment, so it means that.
fn fragment(source: &str) -> Option<&str> {
    let is_version = |text: &str| {
        let digits = text.strip_prefix('v').map(|rest| rest.split('&').next().unwrap_or(rest));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if source.contains("://") {
        return Some(source.split_once('#').map_or("", |(_, fragment)| fragment));
    }
    if let Some(fragment) = source.strip_prefix('#') {
        // In a file, a comment.
        return (is_version(fragment) || !fragment.contains(char::is_whitespace)).then_some(fragment);
    }
    is_version(source).then_some(source)
}

/// The trace that a scenario's keys come from, if they come from one.
pub fn trace_of(scenario: &Scenario) -> Result<Option<Arc<Trace>>, Failure> {
    /// Bytes between two looks at the progress.
    const PIECE: u64 = 4 << 20;
    let Keys::Trace { file, .. } = &scenario.clients.keys else { return Ok(None) };
    let told = |error: TraceError| Failure::Input(format!("clients.keys.file: {file}: {error}"));
    let records = Records::open(file, open(file)?, None).map_err(told)?;
    let (mut builder, progress) = (TraceBuilder::new(records), Progress::of_file(file));
    while !builder.advance(PIECE).map_err(told)? {
        progress.at(|| builder.bytes_read());
    }
    progress.finish();
    let trace = builder.finish().map_err(told)?;
    trace.notes().iter().for_each(|sentence| note(&format!("{file}: {sentence}")));
    Ok(Some(Arc::new(trace)))
}

/// How far a file is read, on standard error, drawn only where that is a terminal.
pub struct Progress {
    bar: ProgressBar,
    pieces: Cell<u32>,
}

impl Progress {
    /// Nothing read yet of a file; `-` for standard input, whose length is unknown.
    pub fn of_file(path: &str) -> Progress {
        let length = std::fs::metadata(path).ok().filter(|data| data.is_file() && path != "-").map(|data| data.len());
        let template = match length {
            Some(_) => "{bar:40} {percent:>3} % of {total_bytes}  {elapsed} elapsed, {eta} left",
            None => "{spinner} {bytes} read  {elapsed} elapsed",
        };
        Progress::new(length, template)
    }

    /// Nothing drawn yet of so many requests.
    pub fn of_requests(count: u64) -> Progress {
        Progress::new(Some(count), "{bar:40} {percent:>3} % of {human_len} requests  {elapsed} elapsed, {eta} left")
    }

    fn new(length: Option<u64>, template: &str) -> Progress {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar, pieces: Cell::new(0) }
    }

    /// Shows how many bytes are read, now and then.
    #[inline]
    pub fn at(&self, bytes: impl Fn() -> u64) {
        /// Pieces between two looks.
        const PIECES: u32 = 1 << 12;
        self.pieces.set(self.pieces.get().wrapping_add(1));
        if self.pieces.get() % PIECES == 1 {
            self.bar.set_position(bytes());
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// A file to read, or standard input for `-`.
pub fn open(path: &str) -> Result<Box<dyn BufRead>, Failure> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let told = |error: io::Error| Failure::Input(format!("{path}: cannot open it: {error}"));
    let file = File::open(path).map_err(told)?;
    if file.metadata().map_err(told)?.is_dir() {
        return Err(Failure::Input(format!("{path} is a folder; name a file")));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}
