//! `presets`, `link` and `check`.

use std::io::Write;

use clap::Args;

use super::{Failure, input};
use crate::escape::shown;
use crate::experiment;
use crate::scenario::estimate::Amount;
use crate::scenario::{Language, Phrase, Scenario, link, presets};

/// List the presets, or print one as TOML.
#[derive(Args)]
pub struct Presets {
    /// The preset to print.
    name: Option<String>,
    /// List them as JSON, in English and Korean.
    #[arg(long, conflicts_with = "name")]
    json: bool,
}

impl Presets {
    /// Prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(name) = self.name {
            let preset = presets::get(&name).map_err(|error| Failure::Input(error.to_string()))?;
            return Ok(out.write_all(preset.toml().as_bytes())?);
        }
        if self.json {
            let language = |text: &Phrase| {
                let [en, ko] = Language::ALL.map(|language| text.say(language));
                serde_json::json!({ "en": en, "ko": ko })
            };
            let all = presets::all().map(|preset| {
                let about = preset.about();
                serde_json::json!({
                    "name": preset.name,
                    "title": language(&about.title),
                    "description": language(&about.description),
                    "question": language(&about.question),
                })
            });
            let all: Vec<_> = all.collect();
            return Ok(writeln!(out, "{:#}", serde_json::Value::from(all))?);
        }
        let width = presets::ALL.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
        for preset in &presets::ALL {
            writeln!(out, "{:width$}  {}", preset.name, preset.about().description)?;
            writeln!(out, "{:width$}  {}", "", preset.about().question)?;
        }
        writeln!(out, "\ntwitter-cluster01 to twitter-cluster54")?;
        writeln!(out, "{:width$}  Twitter's production caches of March 2020, scaled down.", "")?;
        Ok(())
    }
}

/// Print a scenario as a share link.
#[derive(Args)]
pub struct Link {
    #[command(flatten)]
    source: input::Source,
    /// Write the link as the difference from this preset. Default: the preset that makes the shortest link.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Put this address of a page in front of the link.
    #[arg(long, value_name = "BASE", conflicts_with = "toml")]
    url: Option<String>,
    /// Print the scenario as TOML instead of a link.
    #[arg(long)]
    toml: bool,
}

impl Link {
    /// Prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        if self.toml {
            return Ok(out.write_all(scenario.to_toml().as_bytes())?);
        }
        let link = match &self.preset {
            Some(preset) => link::encode(&scenario, preset, &[]),
            None => link::encode_shortest(&scenario),
        };
        let link = link.map_err(|error| Failure::Input(error.to_string()))?;
        let base = self.url.as_deref().unwrap_or_default();
        let base = base.split('#').next().unwrap_or_default();
        Ok(writeln!(out, "{base}{link}")?)
    }
}

/// What a run takes at most, in words.
fn takes(scenario: &Scenario) -> Result<String, Failure> {
    let trace = input::trace_of(scenario)?;
    let estimate = scenario.estimate_with(trace.map(|trace| experiment::traced(scenario, &trace)));
    estimate.problem().map_or(Ok(()), |problem| Err(Failure::Input(problem.to_string())))?;
    Ok(format!("at most {:.0} requests and {} of memory", estimate.requests(), Amount(estimate.bytes())))
}

/// Check whether scenarios can run, and print how many requests and how much memory they take at most.
#[derive(Args)]
pub struct Check {
    /// TOML files, presets, links, or - for standard input.
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
}

impl Check {
    /// Prints one line for each valid scenario, and all problems of the others.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for source in &self.scenarios {
            match input::named(source).and_then(|named| Ok((takes(&named.scenario)?, named.taken))) {
                Ok((takes, None)) => writeln!(out, "{}: ok ({takes})", shown(source))?,
                Ok((takes, Some(version))) => {
                    let taken = format!("it names no version and was read as version {version}, the current one");
                    writeln!(out, "{}: ok ({takes}); {taken}", shown(source))?;
                }
                Err(Failure::Input(message) | Failure::Failed(message)) => problems.push(message),
                Err(failure @ Failure::Output(_)) => return Err(failure),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::Failed(problems.join("\n"))) }
    }
}
