//! The figures over time, drawn with plotters over any [`DrawingBackend`].
//!
//! The page draws them on a canvas, the command line as SVG. A [`Figure`] of the [catalogue] turns [`Data`] into [`Panel`]s, which are plain
//! values; the same panels feed the drawing, the read-out under the pointer, the table and the summary for screen
//! readers, so that all of them say the same.
//!
//! ```text
//!  Report, Series ─▶ Data ─▶ Figure::panels ─▶ Panel ─┬─▶ draw        (canvas, SVG)
//!                                                     ├─▶ value_at    (gutter, read-out)
//!                                                     └─▶ end         (labels, summary, table)
//! ```
//!
//! [`DrawingBackend`]: plotters::prelude::DrawingBackend

pub mod bands;
pub mod catalogue;
mod draw;
pub mod grid;
mod marker;
pub mod palette;
mod scale;
pub mod sheet;
pub mod sketch;
pub mod spectrum;
pub mod strip;
pub mod text;

pub use catalogue::{FIGURES, Figure, Options, Percentile, figure};
pub use draw::{Layout, Look, PanelPlace, draw};
pub use marker::Paint;
pub use scale::Axis;

use std::sync::Arc;

use crate::phrase::{Language, Phrase};
use crate::report::Series;
use bands::Range;
use palette::Theme;

/// What a figure is drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// The lanes that are shown.
    pub lanes: Vec<LaneData>,
    /// When something is broken.
    pub faults: Vec<Band>,
    /// What the report leaves out at the beginning, where it does.
    pub warmup: Option<Band>,
    /// The length of the time axis, seconds.
    pub duration_s: f64,
    /// The moment that is looked at, seconds. What comes after it is drawn faintly.
    pub now_s: f64,
    /// The part of the time axis that is drawn, seconds; `None` is all of it.
    pub zoom: Option<(f64, f64)>,
    /// The lanes as they went before the last change, drawn dotted behind.
    pub before: Vec<LaneData>,
    /// A value that others have published, for the miss ratio, and what it is called.
    pub reference: Option<(f64, String)>,
    /// The lane that is looked at, the others beside it faint.
    pub focus: Option<usize>,
    /// Set where nothing is read: the figure then leaves the reads out.
    pub no_reads: bool,
    /// Set where nothing is written.
    pub no_writes: bool,
}

impl Data {
    /// The first and the last moment of the time axis, seconds.
    pub fn window(&self) -> (f64, f64) {
        self.zoom.unwrap_or((0.0, self.duration_s))
    }
}

/// One lane's part of [`Data`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneData {
    /// Its place in the scenario, from 0.
    pub number: usize,
    /// Its colour, dash and marker: see [`palette::lane_style`].
    pub look: usize,
    /// What to call it.
    pub label: String,
    /// Its measures from the start of the run.
    pub series: Series,
    /// From where to where it lies with many seeds, where they have been run.
    pub range: Option<Arc<Range>>,
}

/// A stretch of time in which something is broken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// From, seconds.
    pub from_s: f64,
    /// Until, seconds.
    pub to_s: f64,
    /// What is broken.
    pub label: String,
    /// The lanes in which it is not.
    pub spares: Vec<u32>,
}

impl Band {
    /// The warm-up, so many seconds long, if there is one.
    pub fn of_warmup(seconds: f64, language: Language) -> Option<Band> {
        let label = Phrase::fixed("warm-up (excluded)", "워밍업(제외)").say(language).to_owned();
        (seconds > 0.0).then_some(Band { from_s: 0.0, to_s: seconds, label, spares: Vec::new() })
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// What the figure is about.
    Main,
    /// Beside it, thinner, with its area filled.
    Area,
}

/// One line of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The lane's place in the scenario.
    pub lane: usize,
    /// The lane's colour, dash and marker.
    pub look: usize,
    /// What it is called.
    pub label: String,
    /// Moments in seconds and values; `None` breaks the line.
    pub points: Vec<(f64, Option<f64>)>,
    /// The upper edge of a band over the line, at the same moments; empty where there is none.
    pub upper: Vec<(f64, Option<f64>)>,
    /// From where to where it lies with many seeds, at the same moments; empty where that is not known.
    pub range: [Vec<(f64, Option<f64>)>; 2],
    /// The moments at which all answers were errors.
    pub fails: Vec<f64>,
    /// Whether a value holds until the next one.
    pub steps: bool,
    /// The moments at which something broke: a value from before one holds until then, for what it did was not there before it.
    pub breaks: Vec<f64>,
    /// How it is drawn.
    pub weight: Weight,
}

/// One pair of axes with its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is shown.
    pub title: String,
    /// The vertical axis.
    pub axis: Axis,
    /// The lines.
    pub lines: Vec<Line>,
    /// The same before the last change.
    pub before: Vec<Line>,
    /// A value to hold them against, and what it is called.
    pub reference: Option<(f64, String)>,
}

impl Line {
    fn new(lane: &LaneData, label: String, weight: Weight) -> Line {
        let (lane, look) = (lane.number, lane.look);
        Line {
            lane,
            look,
            label,
            points: Vec::new(),
            upper: Vec::new(),
            range: Default::default(),
            fails: Vec::new(),
            steps: false,
            breaks: Vec::new(),
            weight,
        }
    }

    /// The value at moment `t` (seconds): that of the nearest point, or of the last one before where values come in steps.
    pub fn value_at(&self, t: f64) -> Option<f64> {
        if self.steps {
            let next = self.points.partition_point(|(at, _)| *at <= t);
            return self.points.get(next.checked_sub(1)?)?.1;
        }
        let next = self.points.partition_point(|(at, _)| *at < t);
        let broken = |at: f64| self.breaks.iter().any(|begins| t < *begins && *begins < at);
        if let (Some((at, _)), Some(before)) = (self.points.get(next), next.checked_sub(1))
            && broken(*at)
        {
            return self.points[before].1;
        }
        let near = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|i| self.points.get(i));
        near.min_by(|a, b| (a.0 - t).abs().total_cmp(&(b.0 - t).abs())).and_then(|(_, value)| *value)
    }

    /// The mean of the points after one moment and up to another, seconds.
    pub fn mean(&self, after: f64, until: f64) -> Option<f64> {
        let [from, to] = [after, until].map(|t| self.points.partition_point(|(at, _)| *at <= t));
        let values: Vec<f64> = self.points[from.min(to)..to].iter().filter_map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The greatest value after one moment and up to another, seconds.
    pub fn greatest(&self, after: f64, until: f64) -> Option<f64> {
        let within = self.points.iter().filter(|(at, _)| after < *at && *at <= until);
        within.filter_map(|(_, value)| *value).reduce(f64::max)
    }

    /// The last value there is, with its moment.
    pub fn end(&self) -> Option<(f64, f64)> {
        self.points.iter().rev().find_map(|(at, value)| value.map(|v| (*at, v)))
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().chain(&self.upper).chain(self.range.iter().flatten()).filter_map(|(_, value)| *value)
    }
}

/// A figure as an SVG text of `width` × `height`.
///
/// # Errors
/// When plotters cannot draw it, which for a text in memory does not happen.
pub fn svg(
    figure: &Figure,
    data: &Data,
    options: Options,
    theme: Theme,
    (width, height): (u32, u32),
    language: Language,
) -> Result<String, String> {
    let look =
        Look { theme, unit: 1.0, family: FONT_STACK, language, ground: true, labels: true, titles: true, gutter: None };
    let mut panels = figure.panels(data, options, language);
    if let (Some(range), Some(first)) = (figure.range(data), panels.first_mut()) {
        first.title += &format!(" · {}", range.phrase().say(language));
    }
    drawn(&panels, data, &look, (width, height))
}

/// Panels as an SVG text.
fn drawn(panels: &[Panel], data: &Data, look: &Look, size: (u32, u32)) -> Result<String, String> {
    use plotters::prelude::{IntoDrawingArea, SVGBackend};
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area, panels, data, look).map_err(|e| e.to_string())?;
        area.present().map_err(|e| e.to_string())?;
    }
    Ok(joined(&text))
}

/// Strokes of one look that follow each other, as one path. Plotters knows no dashes: each is an element of its own, and a
/// picture of five dashed lines would be 1,400 elements that every reader's browser takes apart.
fn joined(svg: &str) -> String {
    let mut joined = String::with_capacity(svg.len() / 2);
    let mut open = None;
    for line in svg.lines() {
        let stroke = line.strip_prefix("<polyline ").and_then(|line| line.strip_suffix(" \"/>"));
        let stroke = stroke.and_then(|stroke| stroke.split_once(" points=\""));
        let look = stroke.map(|(look, _)| look);
        if open.is_some() && look != open {
            joined += "\"/>\n";
        }
        match stroke {
            Some((_, points)) if look == open => joined.extend(["M", points]),
            Some((look, points)) => joined.extend(["<path ", look, " d=\"M", points]),
            None => joined.extend([line, "\n"]),
        }
        open = look;
    }
    joined
}

/// The one type family of page and figures: the system's own, with Korean behind it.
pub const FONT_STACK: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Apple SD Gothic Neo', \
     'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Point;

    fn data() -> Data {
        let points = (0..240)
            .map(|i| Point {
                requests: 10,
                hits: 8,
                misses: 2,
                read_with_errors_p50_ms: (i != 7).then_some(0.4),
                write_with_errors_p50_ms: Some(12.0),
                lost: if i > 100 { 212 } else { 0 },
                at_risk: 30,
                ..Point::default()
            })
            .collect();
        let series = Series { bucket_s: 0.25, first: 0, points };
        Data {
            lanes: vec![LaneData { label: "write-back".into(), series, ..LaneData::default() }],
            faults: vec![Band { from_s: 20.0, to_s: 25.0, label: "cache crash".into(), spares: Vec::new() }],
            duration_s: 60.0,
            now_s: 60.0,
            ..Data::default()
        }
    }

    fn svg_of(figure: &Figure, data: &Data, theme: Theme, size: (u32, u32)) -> String {
        svg(figure, data, Options::default(), theme, size, Language::English).unwrap()
    }

    #[test]
    fn a_dashed_line_is_one_path_with_all_its_dashes() {
        let [a, b] = ["<polyline a points=\"1,2 3,4 \"/>", "<polyline a points=\"5,6 7,8 \"/>"];
        let other = "<polyline b points=\"9,9 8,8 \"/>";
        let [text, end] = ["<text>\nso\n</text>", "</svg>\n"];
        assert_eq!(
            joined(&[a, b, text, other, a, end].join("\n")),
            [r#"<path a d="M1,2 3,4M5,6 7,8"/>"#, text, r#"<path b d="M9,9 8,8"/>"#, r#"<path a d="M1,2 3,4"/>"#, end]
                .join("\n")
        );
        let figure = svg_of(&FIGURES[0], &data(), Theme::Light, (1000, 300));
        assert!(!figure.contains("<polyline"), "plotters writes strokes otherwise than it did: {figure}");
    }

    #[test]
    fn every_figure_can_be_drawn_as_svg() {
        for figure in FIGURES {
            let text = svg_of(figure, &data(), Theme::Light, (1000, 300));
            // A count of nothing has no name at its end.
            let is_named = text.contains("write-back") || !figure.has_news(&data());
            assert!(text.starts_with("<svg") && is_named, "{}: {text}", figure.name);
        }
    }

    #[test]
    fn a_figure_of_nothing_still_stands() {
        let nothing = Data { duration_s: 60.0, ..Data::default() };
        for figure in FIGURES {
            assert!(svg_of(figure, &nothing, Theme::Dark, (300, 200)).starts_with("<svg"));
        }
    }

    #[test]
    fn a_warm_up_is_shaded_and_named_in_its_shade_or_beside_it() {
        let long = Data { warmup: Band::of_warmup(20.0, Language::English), ..data() };
        let hits = figure("hits").unwrap();
        assert!(svg_of(hits, &long, Theme::Light, (1000, 300)).contains("warm-up (excluded)"));
        let short = Data { warmup: Band::of_warmup(2.0, Language::English), ..data() };
        assert!(svg_of(hits, &short, Theme::Light, (1000, 300)).contains("warm-up"), "beside it");
        assert!(!svg_of(hits, &long, Theme::Light, (120, 300)).contains("warm-up"), "no room");
        assert_eq!(Band::of_warmup(0.0, Language::English), None);
    }

    /// What a fault did was not there before it, in the drawing and beside it.
    #[test]
    fn a_value_before_a_fault_holds_until_it() {
        let line = Line {
            points: vec![(10.0, Some(1.0)), (20.0, Some(5.0)), (30.0, Some(7.0))],
            breaks: vec![19.0],
            ..Line::new(&LaneData::default(), String::new(), Weight::Main)
        };
        assert_eq!([17.0, 18.9, 19.5, 27.0].map(|t| line.value_at(t)), [1.0, 1.0, 5.0, 7.0].map(Some));
    }

    /// A crash that falls into a bucket is what was lost in it: the line rises there, not at the bucket's end.
    #[test]
    fn what_a_fault_took_is_counted_from_it_on() {
        let crash = Band { from_s: 25.3, to_s: 27.3, label: String::new(), spares: Vec::new() };
        let data = Data { faults: vec![crash], ..data() };
        assert_eq!([25.29, 25.3, 25.5].map(|t| lost(&data).value_at(t)), [0.0, 212.0, 212.0].map(Some));
    }

    fn lost(data: &Data) -> Line {
        let panels = figure("lost").unwrap().panels(data, Options::default(), Language::English);
        panels[0].lines.iter().find(|line| line.weight == Weight::Main).unwrap().clone()
    }

    #[test]
    fn the_read_out_gives_the_nearest_bucket() {
        let lost = lost(&data());
        assert_eq!(lost.value_at(10.0), Some(0.0));
        assert_eq!(lost.value_at(59.0), Some(212.0));
    }

    #[test]
    fn what_happens_in_a_burst_is_in_the_mean_of_its_stretch_and_of_no_other() {
        let mut data = data();
        data.lanes[0].series.points[30].errors = 10; // 7.5 to 7.75 s
        let errors = &figure("errors").unwrap().panels(&data, Options::default(), Language::English)[0].lines[0];
        assert_eq!([errors.mean(0.0, 6.0), errors.mean(6.0, 12.0)], [Some(0.0), Some(40.0 / 24.0)]);
        assert_eq!(errors.mean(70.0, 80.0), None);
    }

    #[test]
    fn what_is_lost_in_a_bucket_does_not_show_before_its_end() {
        let lost = lost(&data()); // bucket 101 ends at 25.5 s
        assert_eq!((lost.value_at(25.45), lost.value_at(25.55)), (Some(0.0), Some(212.0)));
    }

    #[test]
    fn a_lane_of_which_only_errors_are_answered_is_marked_there() {
        let mut data = data();
        for point in &mut data.lanes[0].series.points[200..] {
            point.read_with_errors_p50_ms = Some(1.0);
        }
        for point in &mut data.lanes[0].series.points[..200] {
            point.read_p50_ms = Some(0.4);
        }
        let panels = figure("latency").unwrap().panels(&data, Options::default(), Language::English);
        assert_eq!((panels[0].lines[0].fails.len(), panels[0].lines[0].fails[0]), (40, 50.125));
    }
}
