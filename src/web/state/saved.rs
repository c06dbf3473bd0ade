//! Where scenarios come from, as the page asks for them: presets, links, checks; and what is wrong with one, in words.

use super::view::Defaults;
use crate::chart::{Figure, Percentile, figure};
#[cfg(target_arch = "wasm32")]
use crate::escape::shown;
use crate::scenario::link::{self, Link};
use crate::scenario::presets::Preset;
use crate::scenario::{FieldValue, Reading, Reason, Scenario, presets};
#[cfg(target_arch = "wasm32")]
use crate::web::i18n::Words;

pub use crate::scenario::Problem;

/// What shows what a preset is about: the figures of what it says to watch, and the percentile of the first response time
/// among them. An experiment of the reader's own has the figures that its lanes can have something to show in.
pub fn defaults_of(preset: Option<&str>, scenario: &Scenario) -> Defaults {
    const FIGURES_MIN: usize = 2;
    const FIGURES_MAX: usize = 4;
    let about = preset.and_then(|name| presets::get(name).ok()).map(Preset::about);
    let watch = about.map_or(&[][..], |about| about.watch.as_slice());
    let is_of_the_slowest = watch.iter().find_map(|what| what.is_of_the_slowest());
    let mut figures: Vec<&'static Figure> = Vec::new();
    let watched = watch.iter().filter_map(|what| figure(what.figure()));
    let general = general_figures(scenario).into_iter().filter_map(figure);
    for (i, figure) in watched.chain(general).enumerate() {
        let is_wanted = i < watch.len() || figures.len() < FIGURES_MIN || watch.is_empty();
        if is_wanted && figures.len() < FIGURES_MAX && !figures.contains(&figure) {
            figures.push(figure);
        }
    }
    Defaults { percentile: if is_of_the_slowest == Some(true) { Percentile::P99 } else { Percentile::P50 }, figures }
}

/// What is worth a look in any experiment of that kind.
fn general_figures(scenario: &Scenario) -> Vec<&'static str> {
    let has_cache = scenario.lanes.iter().any(|lane| lane.read != Reading::None {});
    let writes = !scenario.clients.never_writes();
    let mut names = vec!["latency"];
    names.extend(has_cache.then_some("hits"));
    names.extend((!scenario.faults.is_empty()).then_some("errors"));
    names.push(if writes { "lost" } else { "db-reads" });
    names
}

/// Why `scenario` cannot run.
pub fn check(scenario: &Scenario) -> Result<(), Vec<Problem>> {
    scenario.check().map_err(|error| error.problems)
}

/// What a link says.
pub fn decode(text: &str) -> Result<Link, Vec<Problem>> {
    link::decode(text).map_err(|error| error.problems)
}

/// An experiment that no link can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How many bytes its link would have; at most [`LENGTH_MAX`](link::LENGTH_MAX) get through everywhere.
    pub bytes: usize,
}

/// The link of `scenario`, with its `#`, and `view` behind it; relative to `preset`, or to the nearest preset where there
/// is none or the link would be too long.
pub fn encode(scenario: &Scenario, preset: Option<&str>, view: &str) -> Result<String, TooLong> {
    let fits = |text: String| {
        let bytes = text.len() + view.len();
        if bytes > link::LENGTH_MAX { Err(TooLong { bytes }) } else { Ok(text + view) }
    };
    let own = preset.and_then(|preset| link::of_any_length(scenario, preset, &[]).ok()).map(fits);
    match own {
        Some(Ok(text)) => Ok(text),
        own => match link::encode_shortest(scenario) {
            Ok(text) => fits(text),
            Err(_) => own.unwrap_or_else(|| fits(link::of_any_length(scenario, "default", &[]).unwrap_or_default())),
        },
    }
}

/// The value that `text` writes for the field at `path`.
pub fn written(path: &str, text: &str) -> Result<FieldValue, Problem> {
    FieldValue::parse(text).map_err(|sentence| problem(path, text, Reason::Because(sentence)))
}

/// What was typed into the field at `path`, a number or something with one, as links write it.
pub fn typed(path: &str, text: &str) -> Result<String, Problem> {
    let plain = crate::scenario::typed::plain(text);
    let two = |both: [String; 2]| Reason::Separator { readings: both.into(), allowed: None };
    plain.map(|plain| plain.into_owned()).map_err(|both| problem(path, text, two(both)))
}

fn problem(path: &str, text: &str, reason: Reason) -> Problem {
    Problem { field: path.to_owned(), value: text.to_owned(), reason, line: None }
}

/// What is wrong with a value, beside its field: without the field's name.
#[cfg(target_arch = "wasm32")]
pub fn say(problem: &Problem, words: &Words) -> String {
    let why = problem.reason.say(words.lang);
    let said = if problem.value.is_empty() { why } else { format!("{}: {why}", problem.value) };
    shown(&said).into_owned()
}
