//! `poster`: a picture of an experiment for where nothing runs: a page before its figure lives, print, a feed reader.

use std::io::Write;

use clap::Args;

use super::outcome::Outcome;
use super::{Failure, input, run};
use crate::chart::palette::Theme;
use crate::chart::sheet::Sheet;
use crate::chart::{Data, FIGURES, Figure, Line, Options, Percentile, Weight, figure};
use crate::escape::shown;
use crate::experiment::ENGINE_VERSION;
use crate::phrase::{Language, phrase};
use crate::scenario::presets::Preset;
use crate::scenario::{Lane, Scenario, presets};

/// Draw what a scenario's figures show at its end, as one SVG with title, numbers and legend, for light and dark pages:
/// the poster of an embedded figure.
#[derive(Args)]
pub struct Poster {
    #[command(flatten)]
    source: input::Source,
    /// The figures, with commas between. Default: those of the link, else latency,lost.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    figures: Vec<String>,
    /// The language, en or ko. Default: that of the link, else en.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
    /// What stands on top. Default: the title of the preset, else the scenario's name.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

/// What an embed shows unless told.
const FIGURES_UNLESS_TOLD: &str = "latency,lost";

impl Poster {
    /// Runs the scenario and prints the picture.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let scenario = self.source.read()?;
        let view = self.source.view();
        let of_link = |key: &str| view.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let language = match self.lang.as_deref().or(of_link("lang")) {
            Some(code) => Language::of_code(code)
                .ok_or_else(|| Failure::Input(format!("--lang {code}: there is no such language; give en or ko")))?,
            None => Language::default(),
        };
        let (asked, names) = if self.figures.is_empty() {
            let names = of_link("embed").filter(|names| *names != "1").unwrap_or(FIGURES_UNLESS_TOLD);
            ("view.embed", names.split(',').map(str::to_owned).collect())
        } else {
            ("--figures", self.figures)
        };
        let figures = names.iter().map(|name| named(name, asked)).collect::<Result<Vec<_>, _>>()?;
        let outcome = Outcome::of(&scenario, input::trace_of(&scenario)?, None).map_err(run::cannot_run)?;
        outcome.tell_stopped().map_err(Failure::Failed)?;
        let mut data = run::chart_data(&outcome, language);
        if let Some(lanes) = of_link("lanes") {
            let lanes = lane_numbers(lanes, scenario.lanes.len())?;
            data.lanes.retain(|lane| lanes.contains(&(lane.number + 1)));
        }
        let options = options(&scenario, of_link("percentile"), of_link("axis"))?;
        caption(&mut data, &scenario, &figures, options, language);
        let (engine, seed) = (ENGINE_VERSION, scenario.seed);
        let source = phrase!("Cachelane {engine} · seed {seed}", "Cachelane {engine} · 시드 {seed}");
        let title = self.title.unwrap_or_else(|| title(&scenario, language));
        let sheet = Sheet {
            title: &title,
            figures: &figures,
            data: &data,
            options,
            theme: Theme::Light,
            language,
            source: source.say(language),
            link: None,
        };
        let picture = sheet.draw().map_err(Failure::Failed)?.in_both_schemes();
        Ok(out.write_all(picture.svg.as_bytes())?)
    }
}

/// The lanes that the link shows, by number from 1.
fn lane_numbers(lanes: &str, count: usize) -> Result<Vec<usize>, Failure> {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=count).contains(number));
    let unknown =
        |lane| Failure::Input(format!("view.lanes {lane}: there is no such lane; give numbers from 1 to {count}"));
    lanes.split(',').map(|lane| number(lane).ok_or_else(|| unknown(lane))).collect()
}

/// How the link looks at the figures; where it does not say so, as the page looks at the preset.
fn options(scenario: &Scenario, percentile: Option<&str>, axis: Option<&str>) -> Result<Options, Failure> {
    let unknown = |key, value, known| Err(Failure::Input(format!("view.{key} {value}: must be {known}")));
    let is_of_the_slowest = || known(scenario)?.about().watch.iter().find_map(|what| what.is_of_the_slowest());
    let percentile = match percentile {
        None if is_of_the_slowest() == Some(true) => Percentile::P99,
        None => Percentile::default(),
        Some(name) => match Percentile::NAMED.into_iter().find(|(known, _)| *known == name) {
            Some((_, percentile)) => percentile,
            None => return unknown("percentile", name, "p50 or p99"),
        },
    };
    match axis.unwrap_or("log") {
        "log" => Ok(Options { percentile, linear: false }),
        "linear" => Ok(Options { percentile, linear: true }),
        other => unknown("axis", other, "log or linear"),
    }
}

fn named(name: &str, asked: &str) -> Result<&'static Figure, Failure> {
    figure(name).ok_or_else(|| {
        let names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        Failure::Input(format!("{asked} {name}: there is no such figure; there are {}", names.join(", ")))
    })
}

/// The legend says of each lane its name and where its lines end: the numbers that the figures are about.
fn caption(data: &mut Data, scenario: &Scenario, figures: &[&'static Figure], options: Options, language: Language) {
    let panels: Vec<_> = figures.iter().flat_map(|figure| figure.panels(data, options, language)).collect();
    for lane in &mut data.lanes {
        let mut parts = vec![lane_name(scenario, lane.number, language)];
        for panel in &panels {
            let line = panel.lines.iter().find(|line| line.lane == lane.number && line.weight == Weight::Main);
            if let Some((_, value)) = line.and_then(Line::end) {
                parts.push(format!("{} {}", panel.title, panel.axis.name(value)));
            }
        }
        lane.label = parts.join(" · ");
    }
}

/// A lane's own name, in the language where a preset has it in several; else what it does.
fn lane_name(scenario: &Scenario, number: usize, language: Language) -> String {
    let strategies = |lane: &Lane| {
        let (read, write) = (lane.read.title(), lane.write.title());
        format!("{} + {}", read.say(language), write.say(language))
    };
    match scenario.lanes.get(number) {
        None => String::new(),
        Some(lane) if lane.name.is_empty() => strategies(lane),
        Some(lane) if lane.name == lane.read.name() => lane.read.title().say(language).to_owned(),
        Some(lane) if lane.name == lane.write.name() => lane.write.title().say(language).to_owned(),
        Some(lane) => match presets::lane(&lane.name) {
            Some(known) => known.say(language).to_owned(),
            None => shown(&lane.name).into_owned(),
        },
    }
}

/// The preset of the scenario's name.
fn known(scenario: &Scenario) -> Option<&'static Preset> {
    presets::all().find(|preset| preset.scenario().name == scenario.name)
}

/// What the experiment is called: as the preset of that name, in the language.
fn title(scenario: &Scenario, language: Language) -> String {
    let title = known(scenario).map(|preset| preset.about().title.say(language).to_owned());
    title.unwrap_or_else(|| if scenario.name.is_empty() { "Cachelane".to_owned() } else { scenario.name.clone() })
}
