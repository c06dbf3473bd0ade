//! The pictures that are made beforehand show what the engine computes: those of the gallery, the figures that stand in
//! index.html until there are others, and those that other sites show beside a link to the page or to a preset.
//!
//! `REWRITE_PICTURES=1 cargo test pictures` makes them again; then `scripts/link-pictures.mjs` makes PNGs of the last.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, OnceLock};

use cachelane::chart::palette::{Theme, lane_style};
use cachelane::chart::sheet::Sheet;
use cachelane::chart::sketch::sketch;
use cachelane::chart::{Data, Figure, Line, Options, Panel, Percentile, Weight, figure};
use cachelane::cli::{Outcome, chart_data};
use cachelane::engine::Digest;
use cachelane::phrase::Language;
use cachelane::scenario::presets::{self, Preset};
use cachelane::web::state::saved::defaults_of;

use crate::common::in_parallel;

/// What the figures of a preset show at the end of its run.
fn data_of(preset: &Preset) -> &'static Data {
    // Each preset is in several pictures, and is run once.
    static KNOWN: LazyLock<BTreeMap<&str, OnceLock<Data>>> =
        LazyLock::new(|| presets::ALL.iter().map(|preset| (preset.name, OnceLock::new())).collect());
    KNOWN[preset.name].get_or_init(|| {
        let scenario = preset.scenario();
        let outcome = Outcome::of(scenario, None, Some(scenario.duration)).expect("a preset runs");
        chart_data(&outcome, Language::English)
    })
}

/// What is on the file's place in the project is `made`, or is made so if that is asked for.
#[track_caller]
fn is_current(path: &str, made: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("REWRITE_PICTURES").is_some() {
        std::fs::write(&file, made).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == made, "{path} does not show what the engine computes; REWRITE_PICTURES=1 makes it again");
}

/// A line of the gallery's file: the preset, the figure, the lanes' looks and paths, with tabs between.
fn gallery_line(preset: &Preset) -> String {
    const SIZE: (f64, f64) = (120.0, 32.0);
    const BYTES_MAX: usize = 300;
    let data = data_of(preset);
    let defaults = defaults_of(Some(preset.name), preset.scenario());
    let shown = defaults.figures.iter().find(|figure| figure.has_news(data)).expect("a preset shows something");
    let options = Options { percentile: defaults.percentile, linear: false };
    let panels = shown.panels(data, options, Language::English);
    // Of reads and writes the one that the preset is about.
    let is_of_writes = preset.about().watch.iter().any(|watch| format!("{watch:?}").starts_with("Write"));
    let panel = if is_of_writes { panels.last() } else { panels.first() }.expect("a panel");
    let paths = sketch(panel, data.window(), SIZE, BYTES_MAX);
    let bytes: usize = paths.iter().map(String::len).sum();
    assert!((10..=BYTES_MAX).contains(&bytes), "{}: {bytes} bytes", preset.name);
    let cells = preset.scenario().looks().into_iter().zip(paths).map(|(look, path)| format!("{look} {path}"));
    format!("{}\t{}\t{}\n", preset.name, shown.name, cells.collect::<Vec<_>>().join("\t"))
}

#[test]
fn the_gallerys_pictures_show_what_the_presets_do() {
    let numbers: Vec<usize> = (0..presets::ALL.len()).collect();
    let lines = in_parallel(&numbers, |number| gallery_line(&presets::ALL[number]));
    is_current("src/web/sections/gallery/pictures.tsv", &lines.concat());
}

/// A figure as a piece of HTML that needs no script: paths in an SVG that stretches, names beside it.
fn still(figure: &Figure, data: &Data) -> String {
    let panels = figure.panels(data, Options::default(), Language::English);
    let mut html = format!(
        "<div class=\"figure figure-{}\"><div class=\"figure-head\"><h2>{}</h2><span class=\"key\">{}</span></div>\n",
        figure.name, figure.title, figure.key
    );
    panels.iter().for_each(|panel| html += &still_panel(panel, panels.len() > 1, data));
    html + "</div>\n"
}

fn still_panel(panel: &Panel, is_one_of_several: bool, data: &Data) -> String {
    const SIZE: (f64, f64) = (600.0, 100.0);
    const BYTES_MAX: usize = 1_100;
    let mut html = "<div class=\"panel\"><div class=\"figure-body\">".to_owned();
    if is_one_of_several {
        let _ = write!(html, "<p class=\"panel-title\">{}</p>", panel.title);
    }
    let mut lines: Vec<&Line> = panel.lines.iter().filter(|line| line.weight == Weight::Main).collect();
    lines.sort_by_key(|line| line.lane);
    let end = |line: &Line| line.end().map_or_else(String::new, |(_, value)| panel.axis.name(value));
    let said: Vec<String> = lines.iter().map(|line| format!("{} {}", line.label, end(line))).collect();
    let (width, height) = SIZE;
    let _ = write!(
        html,
        "<div class=\"still\"><svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}: {}\">",
        panel.title,
        said.join(", ")
    );
    for band in &data.faults {
        let x = |t: f64| t / data.duration_s * width;
        let (from, wide) = (x(band.from_s), x(band.to_s) - x(band.from_s));
        let _ = write!(html, "<path class=\"band\" d=\"M{from:.0} 0h{wide:.0}v{height}h-{wide:.0}z\"/>");
    }
    for (line, path) in lines.iter().zip(sketch(panel, data.window(), SIZE, BYTES_MAX)) {
        let style = lane_style(line.look);
        let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
        let _ = write!(html, "<path stroke=\"var(--{})\" d=\"{path}\"", style.colour.name);
        if !dash.is_empty() {
            let _ = write!(html, " stroke-dasharray=\"{}\"", dash.join(" "));
        }
        html += "/>";
    }
    html += "</svg>";
    for (value, name) in panel.axis.ticks(3) {
        let _ = write!(html, "<span style=\"top:{:.0}%\">{name}</span>", (1.0 - panel.axis.place(value)) * 100.0);
    }
    html += "</div></div><ul class=\"gutter\" aria-hidden=\"true\">";
    for line in lines {
        let colour = lane_style(line.look).colour.name;
        let _ = write!(
            html,
            "<li class=\"gutter-row\"><i style=\"--lane:var(--{colour})\"></i><span class=\"gutter-name\">{}</span><b>{}</b></li>",
            line.label,
            end(line)
        );
    }
    html + "</ul></div>\n"
}

#[test]
fn the_page_shows_the_default_s_end_before_it_can_compute_it() {
    const BYTES_MAX: usize = 8_192;
    let preset = presets::get("default").unwrap();
    let data = data_of(preset);
    let figures: String = ["latency", "lost"].map(|name| still(figure(name).unwrap(), data)).concat();
    assert!(figures.len() <= BYTES_MAX, "{} bytes", figures.len());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("index.html");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- still:").expect("index.html has a place for it");
    let (head, _) = rest.split_once("-->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /still -->").unwrap();
    is_current("index.html", &format!("{before}<!-- still:{head}-->\n{figures}<!-- /still -->{after}"));
}

/// What other sites show beside a link: one figure, large.
fn beside_a_link(title: &str, figure: &'static Figure, percentile: Percentile, preset: &Preset, data: &Data) -> String {
    let sheet = Sheet {
        title,
        figures: &[figure],
        data,
        options: Options { percentile, linear: false },
        theme: Theme::Light,
        language: Language::English,
        source: &format!("Cachelane, seed {}", preset.scenario().seed),
        link: None,
    };
    sheet.draw().unwrap().svg
}

/// The drawing of a preset's picture, or of the whole page's, and its line in the table: name, digest.
fn drawn_beside_a_link(name: &str) -> (String, String) {
    let preset = presets::get(if name == "page" { "default" } else { name }).unwrap();
    let data = data_of(preset);
    let svg = if name == "page" {
        let title = "Five cache strategies, the same crash: what each has lost";
        beside_a_link(title, figure("lost").unwrap(), Percentile::P50, preset, data)
    } else {
        let defaults = defaults_of(Some(preset.name), preset.scenario());
        let shown = defaults.figures.iter().find(|figure| figure.has_news(data)).expect("a preset shows something");
        beside_a_link(preset.about().title.say(Language::English), shown, defaults.percentile, preset, data)
    };
    let mut digest = Digest::default();
    svg.bytes().for_each(|byte| digest.mix(byte.into()));
    let line = format!("{name}\t{digest}\n");
    (svg, line)
}

/// They are PNGs, which a browser makes; a table says of which drawings.
#[test]
fn the_pictures_beside_links_show_what_the_presets_do() {
    let names: Vec<&str> = std::iter::once("page").chain(presets::ALL.iter().map(|preset| preset.name)).collect();
    let drawn = in_parallel(&names, drawn_beside_a_link);
    let table: String = drawn.iter().map(|(_, line)| line.as_str()).collect();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("REWRITE_PICTURES").is_some() {
        let folder = root.join("target/link-pictures");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, (svg, _)) in names.iter().zip(&drawn) {
            std::fs::write(folder.join(name).with_extension("svg"), svg).unwrap();
        }
        return std::fs::write(folder.join("made-from.tsv"), table).unwrap();
    }
    let made_from = std::fs::read_to_string(root.join("tests/data/link_pictures.tsv")).unwrap_or_default();
    let stale: Vec<&str> = table.lines().filter(|line| !made_from.lines().any(|made| made == *line)).collect();
    assert!(stale.is_empty(), "REWRITE_PICTURES=1, then scripts/link-pictures.mjs, makes these again: {stale:?}");
    for name in names {
        let file = root.join(format!("static/p/{name}.png"));
        assert!(file.is_file(), "{} is missing; scripts/link-pictures.mjs makes it", file.display());
    }
}
