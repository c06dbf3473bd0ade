//! How the experiment is looked at: what a link says beside the scenario.
//!
//! A link is `#v2&key=value&…`; the pairs `view.…` are the page's: `embed`, `figures`, `controls`, `lanes`, `axis`, `percentile`,
//! `limits`, `speed`, `start`, `lang`, `theme`. Whoever writes a link by hand may leave the `view.` out ([`in_full`]).

use std::fmt::Write as _;

use super::limits::Limits;
use crate::chart::palette::Theme;
use crate::chart::{FIGURES, Figure, Options, Percentile, figure};
use crate::number;
use crate::phrase::{Language, Phrase};

/// Whether light or dark is asked for; else the system decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
}

impl ThemeChoice {
    const ALL: [ThemeChoice; 3] = [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark];

    /// Its name in links, in the browser's storage and in style sheets.
    pub const fn name(self) -> &'static str {
        match self {
            ThemeChoice::System => "system",
            ThemeChoice::Light => "light",
            ThemeChoice::Dark => "dark",
        }
    }

    /// The choice of that name.
    pub fn named(name: &str) -> Option<ThemeChoice> {
        ThemeChoice::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// What an embedded figure lets its reader do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Play and pause, from the start.
    Play,
    /// Break something.
    Crash,
    /// The speed.
    Speed,
    /// Show and hide lanes.
    Lanes,
    /// One step.
    Step,
}

/// Whether this program can show the whole page. That of an embed cannot, and is smaller by what stands behind this.
pub const CAN_BE_WHOLE: bool = !cfg!(feature = "figure");

/// Everything a link says beside the scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The figures of an embed; `None` is the whole page.
    pub embed: Option<Vec<&'static Figure>>,
    /// The figures of the whole page, where somebody chose them.
    pub figures: Option<Vec<&'static Figure>>,
    /// What the reader of an embed may do.
    pub controls: Option<Vec<Control>>,
    /// The lanes that are shown, from 0; `None` is all.
    pub lanes: Option<Vec<usize>>,
    /// Linear latency axis instead of a logarithmic one.
    pub linear: bool,
    /// Which percentile the latency figure shows, if somebody chose one.
    pub percentile: Option<Percentile>,
    /// What the lanes are to keep.
    pub limits: Limits,
    /// What it shows where nobody chose: what the preset is about. It stands in no link.
    pub defaults: Defaults,
    /// Virtual seconds per second, where the link says so.
    pub speed: Option<f64>,
    /// Whether an embed waits for a click instead of starting when it is seen.
    pub starts_on_click: bool,
    /// The language, where the link says so.
    pub lang: Option<Language>,
    /// Light or dark, where the link says so.
    pub theme: ThemeChoice,
}

/// What is shown where nobody chose something else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// The percentile.
    pub percentile: Percentile,
    /// The figures.
    pub figures: Vec<&'static Figure>,
}

/// A view option that cannot be: its name, what was given, what may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// The key in the link.
    pub name: &'static str,
    /// What was given.
    pub value: String,
    /// What may be given.
    pub allowed: Phrase,
}

impl Control {
    /// All of them.
    pub const ALL: [Control; 5] = [Control::Play, Control::Crash, Control::Speed, Control::Lanes, Control::Step];

    /// The name in links.
    pub fn name(self) -> &'static str {
        match self {
            Control::Play => "play",
            Control::Crash => "crash",
            Control::Speed => "speed",
            Control::Lanes => "lanes",
            Control::Step => "step",
        }
    }
}

impl ThemeChoice {
    /// The theme, where `dark` is what the system asks for.
    pub fn resolve(self, dark: bool) -> Theme {
        match self {
            ThemeChoice::System if dark => Theme::Dark,
            ThemeChoice::Dark => Theme::Dark,
            _ => Theme::Light,
        }
    }
}

/// The least and the greatest speed, virtual seconds per second.
pub const SPEED_RANGE: (f64, f64) = (0.001, 1_000_000.0);

impl View {
    /// The view that a link's `view.…` pairs (without their prefix) ask for, and what is wrong with them.
    pub fn of(pairs: &[(String, String)]) -> (View, Vec<BadOption>) {
        let mut view = View::default();
        let bad = pairs.iter().filter_map(|(key, value)| view.read(key, value)?.err()).collect();
        (view, bad)
    }

    /// Reads one pair; `None` if the key is not one of the view's.
    fn read(&mut self, key: &str, value: &str) -> Option<Result<(), BadOption>> {
        let (name, allowed, read): (&'static str, Phrase, Option<()>) = match key {
            "embed" => ("embed", figure_names(), { embedded(value).map(|figures| self.embed = Some(figures)) }),
            "figures" => ("figures", figure_names(), { figures(value).map(|figures| self.figures = Some(figures)) }),
            "controls" => (
                "controls",
                Phrase::fixed(
                    "play, crash, speed, lanes, step, with commas between; or none",
                    "play, crash, speed, lanes, step을 쉼표로 구분, 또는 none",
                ),
                {
                    let read = if value == "none" {
                        Some(Vec::new())
                    } else {
                        list(value, &Control::ALL.map(|c| (c.name(), c)))
                    };
                    read.map(|controls| self.controls = Some(controls))
                },
            ),
            "lanes" => (
                "lanes",
                Phrase::fixed("numbers of lanes, from 1, with commas between", "1부터의 레인 번호를 쉼표로 구분"),
                { lane_numbers(value).map(|lanes| self.lanes = Some(lanes)) },
            ),
            "axis" => ("axis", Phrase::fixed("log or linear", "log 또는 linear"), {
                pick(value, &[("log", false), ("linear", true)]).map(|linear| self.linear = linear)
            }),
            "percentile" => ("percentile", Phrase::fixed("p50 or p99", "p50 또는 p99"), {
                pick(value, &Percentile::NAMED).map(|p| self.percentile = Some(p))
            }),
            "limits" => ("limits", Limits::allowed(), Limits::read(value).map(|limits| self.limits = limits)),
            "speed" => (
                "speed",
                Phrase::fixed(
                    "seconds of the run per second, 0.001 to 1000000",
                    "초당 재생할 실행 시간(초), 0.001부터 1000000까지",
                ),
                {
                    let (low, high) = SPEED_RANGE;
                    number::read(value).filter(|s| (low..=high).contains(s)).map(|s| self.speed = Some(s))
                },
            ),
            "start" => ("start", Phrase::fixed("visible or click", "visible 또는 click"), {
                pick(value, &[("visible", false), ("click", true)]).map(|on_click| self.starts_on_click = on_click)
            }),
            "lang" => ("lang", Language::codes(), Language::of_code(value).map(|lang| self.lang = Some(lang))),
            "theme" => ("theme", Phrase::fixed("light, dark or system", "light, dark, system 중 하나"), {
                ThemeChoice::named(value).map(|theme| self.theme = theme)
            }),
            _ => return None,
        };
        Some(read.ok_or_else(|| BadOption { name, value: value.to_owned(), allowed }))
    }

    /// The view as a piece of a link: `&view.lanes=1,4&view.speed=2`, empty where everything is as usual.
    pub fn write(&self) -> String {
        let mut text = String::new();
        let mut put = |key: &str, value: &str| {
            let _ = write!(text, "&view.{key}={value}"); // writing to a String does not fail
        };
        for (key, figures) in [("embed", &self.embed), ("figures", &self.figures)] {
            if let Some(figures) = figures {
                put(key, &figures.iter().map(|f| f.name).collect::<Vec<_>>().join(","));
            }
        }
        if let Some(controls) = &self.controls {
            let names = controls.iter().map(|c| c.name()).collect::<Vec<_>>().join(",");
            put("controls", if names.is_empty() { "none" } else { &names });
        }
        if let Some(lanes) = &self.lanes {
            put("lanes", &lanes.iter().map(|lane| (lane + 1).to_string()).collect::<Vec<_>>().join(","));
        }
        if self.linear {
            put("axis", "linear");
        }
        if let Some(percentile) = self.percentile {
            put("percentile", if percentile == Percentile::P99 { "p99" } else { "p50" });
        }
        if !self.limits.is_empty() {
            put("limits", &self.limits.write());
        }
        if let Some(speed) = self.speed {
            put("speed", &speed.to_string());
        }
        if self.starts_on_click {
            put("start", "click");
        }
        if let Some(lang) = self.lang {
            put("lang", lang.code());
        }
        if self.theme != ThemeChoice::System {
            put("theme", self.theme.name());
        }
        text
    }

    /// Whether lane `number` is shown.
    pub fn shows(&self, number: usize) -> bool {
        self.lanes.as_ref().is_none_or(|lanes| lanes.contains(&number))
    }

    /// Shows or hides lane `number` of `count`.
    pub fn toggle_lane(&mut self, number: usize, count: usize) {
        let shown: Vec<usize> = (0..count).filter(|lane| self.shows(*lane) != (*lane == number)).collect();
        self.lanes = (shown.len() < count).then_some(shown);
    }

    /// Whether this is an embed, not the whole page.
    pub fn is_embed(&self) -> bool {
        !CAN_BE_WHOLE || self.embed.is_some()
    }

    /// Whether the reader may use `control`: always on the whole page.
    pub fn allows(&self, control: Control) -> bool {
        match (&self.embed, &self.controls) {
            (None, _) => true,
            (Some(_), None) => control == Control::Play,
            (Some(_), Some(controls)) => controls.contains(&control),
        }
    }

    /// The figures that are shown.
    pub fn figures(&self) -> &[&'static Figure] {
        self.embed.as_ref().or(self.figures.as_ref()).unwrap_or(&self.defaults.figures)
    }

    /// Shows these figures from now on.
    pub fn choose_figures(&mut self, figures: Vec<&'static Figure>) {
        self.figures = (figures != self.defaults.figures).then_some(figures);
    }

    /// Which percentile latencies are shown by.
    pub fn percentile(&self) -> Percentile {
        self.percentile.unwrap_or(self.defaults.percentile)
    }

    /// How latencies are to be drawn.
    pub fn options(&self) -> Options {
        Options { percentile: self.percentile(), linear: self.linear }
    }
}

/// The keys of a view.
const KEYS: [&str; 11] =
    ["embed", "figures", "controls", "lanes", "axis", "percentile", "limits", "speed", "start", "lang", "theme"];

/// `link` with the `view.` put before the keys that lack it.
///
/// ```
/// assert_eq!(cachelane::web::state::view::in_full("#v2&embed=lost&seed=7"), "#v2&view.embed=lost&seed=7");
/// ```
pub fn in_full(link: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if KEYS.contains(&key) => format!("view.{pair}"),
        _ => pair.to_owned(),
    };
    link.split('&').map(pair).collect::<Vec<_>>().join("&")
}

fn pick<T: Copy>(value: &str, choices: &[(&str, T)]) -> Option<T> {
    choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice)
}

fn list<T: Copy>(value: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
    value.split(',').map(|name| pick(name, choices)).collect()
}

/// Figures by their names; none twice.
fn figures(value: &str) -> Option<Vec<&'static Figure>> {
    let figures: Vec<&'static Figure> = value.split(',').map(figure).collect::<Option<_>>()?;
    let is_first = |(i, figure): (usize, &&'static Figure)| !figures[..i].contains(figure);
    figures.iter().enumerate().all(is_first).then_some(figures.clone())
}

/// The figures of an embed; `1` are those of descriptions for oEmbed that are out in the world.
fn embedded(value: &str) -> Option<Vec<&'static Figure>> {
    figures(if value == "1" { "latency,lost" } else { value })
}

/// What may stand where figures are named.
fn figure_names() -> Phrase {
    let names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
    let names = names.join(", ");
    Phrase::new(format!("{names}; with commas between"), format!("{names} 중에서 쉼표로 구분"))
}

fn lane_numbers(value: &str) -> Option<Vec<usize>> {
    if value.is_empty() {
        return Some(Vec::new()); // every lane hidden
    }
    let lane = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=64).contains(n)).map(|n| n - 1);
    value.split(',').map(lane).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_as_it_was_written() {
        let view = View {
            embed: figures("latency,lost"),
            figures: figures("hits"),
            controls: Some(vec![Control::Crash, Control::Play]),
            lanes: Some(vec![1, 3]),
            linear: true,
            percentile: Some(Percentile::P99),
            limits: Limits::read("lost<=0,read_p99<50").unwrap(),
            defaults: Defaults::default(),
            speed: Some(2.5),
            starts_on_click: true,
            lang: Some(Language::Korean),
            theme: ThemeChoice::Dark,
        };
        assert_eq!(View::of(&pairs(&view.write())), (view, vec![]));
    }

    fn pairs(link: &str) -> Vec<(String, String)> {
        let pairs = link.split('&').filter_map(|pair| pair.strip_prefix("view.")?.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_a_view_cannot_be_is_told_and_not_replaced() {
        let (_, bad) = View::of(&pairs(&in_full("v2&embed=latency,hats&speed=0&view.lang=fr&lanes=0")));
        assert_eq!(bad.iter().map(|b| b.name).collect::<Vec<_>>(), ["embed", "speed", "lang", "lanes"]);
        assert_eq!(bad[0].value, "latency,hats");
    }

    #[test]
    fn links_let_every_option_of_the_view_through() {
        for key in KEYS {
            assert!(crate::scenario::link::VIEW.contains(&key), "{key}");
        }
        let link = crate::scenario::link::decode("#v2&view.limits=lost%3C=0,read_p99<50").expect("a link");
        assert_eq!(View::of(&link.view).0.limits.write(), "lost<=0,read_p99<50");
    }

    #[test]
    fn lanes_are_shown_and_hidden_one_by_one() {
        let mut view = View::default();
        view.toggle_lane(1, 3);
        assert_eq!(view.lanes, Some(vec![0, 2]));
        view.toggle_lane(1, 3);
        assert_eq!(view.lanes, None);
    }
}
