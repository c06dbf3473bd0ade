//! Where scenarios come from, as the page asks for them: presets, links, checks; and what is wrong with one, in words.

#[cfg(target_arch = "wasm32")]
use super::words::Words;
use crate::chart::Percentile;
#[cfg(target_arch = "wasm32")]
use crate::escape::shown;
use crate::scenario::link::{self, Link};
#[cfg(target_arch = "wasm32")]
use crate::scenario::{Phrase, Reason};
use crate::scenario::{Scenario, presets};

pub use crate::scenario::Problem;

/// The percentile that shows what a preset is about: that of the first response time that it says to watch.
pub fn usual_percentile(preset: Option<&str>) -> Percentile {
    let watch = preset.and_then(|name| presets::get(name).ok()).map(|preset| preset.about().watch.as_slice());
    let is_of_the_slowest = watch.and_then(|watch| watch.iter().find_map(|what| what.is_of_the_slowest()));
    if is_of_the_slowest == Some(true) { Percentile::P99 } else { Percentile::P50 }
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

/// The preset of that name.
pub fn preset(name: &str) -> Option<Scenario> {
    presets::get(name).ok().map(|preset| preset.scenario().clone())
}

/// A typed text that is no value of the field at `path`.
#[cfg(target_arch = "wasm32")]
pub fn no_value(path: &str, text: &str, allowed: Phrase) -> Problem {
    Problem { field: path.to_owned(), value: text.to_owned(), reason: Reason::NotAllowed(allowed), line: None }
}

/// What was typed into the field at `path`, a number or something with one, as links write it.
#[cfg(target_arch = "wasm32")]
pub fn typed(path: &str, text: &str) -> Result<String, Problem> {
    crate::scenario::typed::plain(text).map(|plain| plain.into_owned()).map_err(|both| Problem {
        field: path.to_owned(),
        value: text.to_owned(),
        reason: Reason::Separator { readings: both.into(), allowed: None },
        line: None,
    })
}

/// What is wrong with a value, beside its field: without the field's name.
#[cfg(target_arch = "wasm32")]
pub fn say(problem: &Problem, words: &Words) -> String {
    let why = problem.reason.say(words.texts);
    let said = if problem.value.is_empty() { why } else { format!("{}: {why}", problem.value) };
    shown(&said).into_owned()
}
