//! The figures: latency, hit ratio and lost writes over time, drawn with plotters over any [`DrawingBackend`].
//!
//! The page draws them on a canvas, the command line as SVG. A [`Figure`] turns [`Data`] into [`Panel`]s, which are plain
//! values; the same panels feed the drawing, the read-out under the pointer, the table and the summary for screen
//! readers, so that all of them say the same.
//!
//! ```text
//!  Report, Series ─▶ Data ─▶ Figure::panels ─▶ Panel ─┬─▶ draw        (canvas, SVG)
//!                                                     ├─▶ value_at    (read-out)
//!                                                     └─▶ ends        (labels, summary, table)
//! ```
//!
//! [`DrawingBackend`]: plotters::prelude::DrawingBackend

mod draw;
pub mod palette;
mod scale;
pub mod text;

pub use draw::{Layout, Look, PanelPlace, draw};
pub use scale::Axis;

use crate::report::{Point, Series};
use palette::Theme;

/// What a figure is drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// The lanes that are shown.
    pub lanes: Vec<LaneData>,
    /// When something is broken.
    pub faults: Vec<Band>,
    /// The length of the time axis, seconds.
    pub duration_s: f64,
    /// How far the run is, seconds.
    pub now_s: f64,
    /// Set where nothing is read: the figure then leaves the reads out.
    pub no_reads: bool,
    /// Set where nothing is written.
    pub no_writes: bool,
}

/// One lane's part of [`Data`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneData {
    /// Its place in the scenario, from 0: gives colour, dash and marker.
    pub number: usize,
    /// What to call it.
    pub label: String,
    /// Its measures from the start of the run.
    pub series: Series,
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
}

/// Which latency of a bucket is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Percentile {
    /// The median.
    #[default]
    P50,
    /// The 99th percentile.
    P99,
}

/// A figure and how it is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Latency of reads and of writes.
    Latency {
        /// Which percentile.
        percentile: Percentile,
        /// Decades alike, so that a fast cache and a slow database both show.
        log: bool,
    },
    /// Share of cache look-ups that found their key.
    HitRatio,
    /// Acknowledged writes that are gone, and those that would be if the cache crashed now.
    LostWrites,
}

impl Figure {
    /// The name in links: `latency`, `hits`, `lost`.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Latency { .. } => "latency",
            Figure::HitRatio => "hits",
            Figure::LostWrites => "lost",
        }
    }
}

/// The words on the figures, in the reader's language.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields' names say it")]
pub struct Labels {
    pub reads_p50: &'static str,
    pub reads_p99: &'static str,
    pub writes_p50: &'static str,
    pub writes_p99: &'static str,
    pub hit_ratio: &'static str,
    pub lost_writes: &'static str,
    pub lost: &'static str,
    pub at_risk: &'static str,
    pub nothing_yet: &'static str,
}

/// The labels in English.
pub const ENGLISH: Labels = Labels {
    reads_p50: "Reads, median",
    reads_p99: "Reads, 99th percentile",
    writes_p50: "Writes, median",
    writes_p99: "Writes, 99th percentile",
    hit_ratio: "Hit ratio",
    lost_writes: "Lost writes",
    lost: "lost",
    at_risk: "at risk",
    nothing_yet: "no answer yet",
};

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// What the figure is about.
    Main,
    /// Beside it, thinner, with its area filled.
    Beside,
}

/// One line of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The lane's place in the scenario.
    pub lane: usize,
    /// What stands at its end.
    pub label: String,
    /// Moments in seconds and values; `None` breaks the line.
    pub points: Vec<(f64, Option<f64>)>,
    /// How it is drawn.
    pub weight: Weight,
}

/// One pair of axes with its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is shown, with its measure.
    pub title: &'static str,
    /// The vertical axis.
    pub axis: Axis,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Line {
    /// The value at moment `t` (seconds): that of the nearest point within two buckets.
    pub fn value_at(&self, t: f64) -> Option<f64> {
        let next = self.points.partition_point(|(at, _)| *at < t);
        let near = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|i| self.points.get(i));
        near.min_by(|a, b| (a.0 - t).abs().total_cmp(&(b.0 - t).abs())).and_then(|(_, value)| *value)
    }

    /// The last value there is, with its moment.
    pub fn end(&self) -> Option<(f64, f64)> {
        self.points.iter().rev().find_map(|(at, value)| value.map(|v| (*at, v)))
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().filter_map(|(_, value)| *value)
    }
}

impl Figure {
    /// The panels of this figure over `data`.
    pub fn panels(self, data: &Data, labels: &Labels) -> Vec<Panel> {
        match self {
            Figure::Latency { percentile, log } => latency_panels(data, labels, percentile, log),
            Figure::HitRatio => {
                let lines = data.lanes.iter().map(|lane| line(data, lane, Weight::Main, hit_ratio)).collect();
                vec![Panel { title: labels.hit_ratio, axis: Axis::Share, lines }]
            }
            Figure::LostWrites => vec![lost_panel(data, labels)],
        }
    }
}

fn latency_panels(data: &Data, labels: &Labels, percentile: Percentile, log: bool) -> Vec<Panel> {
    let measures: [(&'static str, Measure); 2] = match percentile {
        Percentile::P50 => [
            (labels.reads_p50, |p| p.read_p50_ms.map(f64::from)),
            (labels.writes_p50, |p| p.write_p50_ms.map(f64::from)),
        ],
        Percentile::P99 => [
            (labels.reads_p99, |p| p.read_p99_ms.map(f64::from)),
            (labels.writes_p99, |p| p.write_p99_ms.map(f64::from)),
        ],
    };
    let asked_for = [!data.no_reads, !data.no_writes];
    let mut panels: Vec<Panel> = measures
        .into_iter()
        .zip(asked_for)
        .filter_map(|(measure, asked_for)| asked_for.then_some(measure))
        .map(|(title, measure)| Panel {
            title,
            axis: Axis::Share,
            lines: data.lanes.iter().map(|lane| line(data, lane, Weight::Main, measure)).collect(),
        })
        .collect();
    // Both panels share one axis, so that reads and writes can be compared across.
    let values = || panels.iter().flat_map(|panel| panel.lines.iter().flat_map(Line::values));
    let axis = if log { Axis::log_over(values()) } else { Axis::millis_over(values()) };
    for panel in &mut panels {
        panel.axis = axis;
    }
    panels
}

fn lost_panel(data: &Data, labels: &Labels) -> Panel {
    let mut lines = Vec::new();
    for lane in &data.lanes {
        let mut beside = line(data, lane, Weight::Beside, |p| Some(f64::from(p.at_risk)));
        if beside.values().any(|v| v > 0.0) {
            beside.label = format!("{} {}", lane.label, labels.at_risk);
            lines.push(beside);
        }
    }
    lines.extend(data.lanes.iter().map(|lane| line(data, lane, Weight::Main, |p| Some(f64::from(p.lost)))));
    let axis = Axis::count_over(lines.iter().flat_map(Line::values));
    Panel { title: labels.lost_writes, axis, lines }
}

/// What a line shows of a point.
type Measure = fn(&Point) -> Option<f64>;

/// A line through every point of the lane's series. Points are not put together here: that takes the histograms behind them.
fn line(data: &Data, lane: &LaneData, weight: Weight, measure: Measure) -> Line {
    let series = &lane.series;
    let middle = |i: usize| ((series.first + i) as f64 + 0.5) * series.bucket_s;
    let points = series.points.iter().enumerate().map(|(i, point)| (middle(i), measure(point)));
    let points = points.filter(|(at, _)| *at <= data.duration_s).collect();
    Line { lane: lane.number, label: lane.label.clone(), points, weight }
}

fn hit_ratio(point: &Point) -> Option<f64> {
    let (hits, misses) = (f64::from(point.hits), f64::from(point.misses));
    (hits + misses > 0.0).then(|| hits / (hits + misses))
}

/// A figure as an SVG text of `width` × `height`, in English.
///
/// # Errors
/// When plotters cannot draw it, which for a text in memory does not happen.
pub fn svg(figure: Figure, data: &Data, theme: Theme, size: (u32, u32)) -> Result<String, String> {
    svg_in(figure, data, theme, size, &ENGLISH)
}

/// [`svg`] in the language of `labels`.
///
/// # Errors
/// As [`svg`].
pub fn svg_in(
    figure: Figure,
    data: &Data,
    theme: Theme,
    (width, height): (u32, u32),
    labels: &Labels,
) -> Result<String, String> {
    use plotters::prelude::{IntoDrawingArea, SVGBackend};
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        let look = Look { theme, unit: 1.0, family: FONT_STACK, ground: true, labels: true, titles: true };
        let panels = figure.panels(data, labels);
        draw(&area, &panels, data, &look).map_err(|e| e.to_string())?;
        area.present().map_err(|e| e.to_string())?;
    }
    Ok(text)
}

/// The one type family of page and figures: the system's own, with Korean behind it.
pub const FONT_STACK: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Apple SD Gothic Neo', \
     'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif";

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Data {
        let points = (0..240)
            .map(|i| Point {
                requests: 10,
                hits: 8,
                misses: 2,
                read_p50_ms: (i != 7).then_some(0.4),
                write_p50_ms: Some(12.0),
                lost: if i > 100 { 212 } else { 0 },
                at_risk: 30,
                ..Point::default()
            })
            .collect();
        let series = Series { bucket_s: 0.25, first: 0, points };
        Data {
            lanes: vec![LaneData { number: 0, label: "write-back".into(), series }],
            faults: vec![Band { from_s: 20.0, to_s: 25.0, label: "cache crash".into() }],
            duration_s: 60.0,
            now_s: 60.0,
            ..Data::default()
        }
    }

    #[test]
    fn every_figure_can_be_drawn_as_svg() {
        for figure in [Figure::Latency { percentile: Percentile::P50, log: true }, Figure::HitRatio, Figure::LostWrites]
        {
            let text = svg(figure, &data(), Theme::Light, (1000, 300)).unwrap();
            assert!(text.starts_with("<svg") && text.contains("write-back"), "{text}");
        }
    }

    #[test]
    fn a_figure_of_nothing_still_stands() {
        let nothing = Data { duration_s: 60.0, ..Data::default() };
        for figure in
            [Figure::Latency { percentile: Percentile::P99, log: false }, Figure::HitRatio, Figure::LostWrites]
        {
            assert!(svg(figure, &nothing, Theme::Dark, (300, 200)).is_ok());
        }
    }

    #[test]
    fn the_read_out_gives_the_nearest_bucket() {
        let panels = Figure::LostWrites.panels(&data(), &ENGLISH);
        let lost = panels[0].lines.iter().find(|line| line.weight == Weight::Main).unwrap();
        assert_eq!(lost.value_at(10.0), Some(0.0));
        assert_eq!(lost.value_at(59.0), Some(212.0));
    }
}
