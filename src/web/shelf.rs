//! Where scenarios come from, as the page asks for them: presets, links, checks; and what is wrong with one, in words.

#[cfg(target_arch = "wasm32")]
use super::words::Words;
use crate::chart::Percentile;
#[cfg(target_arch = "wasm32")]
use crate::scenario::Reason;
#[cfg(target_arch = "wasm32")]
use crate::scenario::limits;
use crate::scenario::link::{self, Link};
use crate::scenario::{Scenario, ScenarioError, presets};

pub use crate::scenario::Problem;

/// Presets whose point is how slow the slowest answers are.
const ABOUT_THE_SLOWEST: [&str; 4] = ["product-list", "keys-star", "scale-out", "thundering-herd"];

/// The percentile that shows what a preset is about.
pub fn usual_percentile(preset: Option<&str>) -> Percentile {
    if preset.is_some_and(|name| ABOUT_THE_SLOWEST.contains(&name)) { Percentile::P99 } else { Percentile::P50 }
}

/// Why `scenario` cannot run.
pub fn check(scenario: &Scenario) -> Result<(), Vec<Problem>> {
    scenario.check().map_err(|error| error.problems)
}

/// What a link says.
pub fn decode(text: &str) -> Result<Link, Vec<Problem>> {
    link::decode(text).map_err(|error| error.problems)
}

/// The link of `scenario`, without `#`; relative to `preset` if that makes one, else to the nearest preset.
pub fn encode(scenario: &Scenario, preset: Option<&str>) -> String {
    let text = preset.and_then(|preset| link::encode(scenario, preset, &[]).ok());
    let text = text.or_else(|| link::encode_shortest(scenario).ok()).unwrap_or_default();
    text.trim_start_matches('#').to_owned()
}

/// The preset of that name.
pub fn preset(name: &str) -> Option<Scenario> {
    presets::get(name).ok().map(|preset| preset.scenario().clone())
}

/// All problems, one a line.
pub fn sentences(error: &ScenarioError) -> String {
    error.to_string()
}

/// A typed text that is no value of the field at `path`.
#[cfg(target_arch = "wasm32")]
pub fn no_value(path: &str, text: &str, allowed: &str) -> Problem {
    Problem {
        field: path.to_owned(),
        value: text.to_owned(),
        reason: Reason::NotAllowed(allowed.to_owned()),
        line: None,
    }
}

/// What is wrong with a value, beside its field: without the field's name.
#[cfg(target_arch = "wasm32")]
pub fn say(problem: &Problem, words: &Words) -> String {
    let limit = limits::of(&problem.field);
    let reason = match (&problem.reason, limit) {
        // The range in the reader's language.
        (Reason::NotAllowed(allowed), Some(limit)) if *allowed == limit.to_string() => {
            Reason::NotAllowed((words.range)(&limit))
        }
        (reason, _) => reason.clone(),
    };
    let why = (words.reason)(&reason);
    if problem.value.is_empty() { why } else { format!("{}: {why}", problem.value) }
}
