//! The catalogue of figures: what each is called, what its lines show of a [`Point`], and on which axis.
//!
//! A new figure is an entry here; if it shows what no point has yet, also a field of [`Point`] and the line that fills it.

use super::bands::{Kept, Range};
use super::{Axis, Data, Line, Panel, Weight};
use crate::phrase::{Language, Phrase};
use crate::report::Point;

/// Which latency of a bucket is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Percentile {
    /// The median.
    #[default]
    P50,
    /// The 99th percentile.
    P99,
}

impl Percentile {
    /// The percentiles by their names in links.
    pub const NAMED: [(&'static str, Percentile); 2] = [("p50", Percentile::P50), ("p99", Percentile::P99)];
}

/// How the reader wants latencies to be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which percentile.
    pub percentile: Percentile,
    /// Every millisecond alike; else every decade, so that a fast cache and a slow database both show.
    pub linear: bool,
}

/// One figure of the catalogue.
#[derive(Debug)]
pub struct Figure {
    /// Its name in links.
    pub name: &'static str,
    /// What it is called.
    pub title: Phrase,
    /// What its lines show, in a few words.
    pub key: Phrase,
    shapes: &'static [Shape],
}

impl PartialEq for Figure {
    fn eq(&self, other: &Figure) -> bool {
        self.name == other.name
    }
}

/// What a line shows of a point; the second argument is the point's length and the percentile asked for.
type Measure = fn(&Point, At) -> Option<f64>;

#[derive(Clone, Copy)]
struct At {
    /// The length of the point, seconds.
    span_s: f64,
    percentile: Percentile,
}

/// A text in English and in Korean: a [`Phrase`] cannot stand in the constants below.
type Pair = (&'static str, &'static str);

/// One panel of a figure: a pair of axes and what is drawn on it.
#[derive(Debug)]
struct Shape {
    title: Pair,
    scale: Scale,
    /// What each lane's line shows.
    main: Measure,
    /// What its area shows, and how that is called.
    area: Option<(Measure, Pair)>,
    /// The upper edge of a band over the line.
    upper: Option<Measure>,
    /// What is kept of the line when many seeds are run.
    kept: Option<Kept>,
    /// Whether all that was answered in a point were errors.
    fails: Option<fn(&Point) -> bool>,
    /// Whether values are those at the end of a point, and not of its whole length.
    at_end: bool,
    /// Whether they only grow, in steps.
    steps: bool,
    /// Of what it is, where that may be missing from an experiment.
    of: Of,
}

/// What must happen for a panel to have something to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Reads,
    Writes,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Milliseconds, by decades unless the reader wants them alike.
    Latency,
    Share,
    /// From 0 to the greatest there is.
    SmallShare,
    Count,
    /// A second.
    Rate,
    Bytes,
}

/// A shape of a count at a moment, which most are made from.
const GAUGE: Shape = Shape {
    title: ("", ""),
    scale: Scale::Count,
    main: |_, _| None,
    area: None,
    upper: None,
    kept: None,
    fails: None,
    at_end: true,
    steps: false,
    of: Of::All,
};

/// A shape of what happens a second.
const RATE: Shape = Shape { scale: Scale::Rate, at_end: false, ..GAUGE };

/// A shape of a count that only grows.
const TOTAL: Shape = Shape { steps: true, ..GAUGE };

/// A shape of latencies.
const LATENCY: Shape = Shape { scale: Scale::Latency, at_end: false, ..GAUGE };

fn a_second(count: u32, at: At) -> Option<f64> {
    (at.span_s > 0.0).then(|| f64::from(count) / at.span_s)
}

fn pick(at: At, p50: Option<f32>, p99: Option<f32>) -> Option<f64> {
    match at.percentile {
        Percentile::P50 => p50.map(f64::from),
        Percentile::P99 => p99.map(f64::from),
    }
}

/// From the median to the 99th percentile; where that is the line itself there is no band.
fn above(at: At, p99: Option<f32>) -> Option<f64> {
    (at.percentile == Percentile::P50).then_some(p99?).map(f64::from)
}

fn share(part: u32, of: u32) -> Option<f64> {
    (of > 0).then(|| f64::from(part) / f64::from(of))
}

/// Every figure, in the order of the menu.
pub static FIGURES: &[Figure] = &[
    Figure {
        name: "latency",
        title: Phrase::fixed("Latency", "응답 시간"),
        key: Phrase::fixed(
            "errors count with the time they took · ×: only errors",
            "오류는 걸린 시간대로 포함 · ×: 오류만 있음",
        ),
        shapes: &[
            Shape {
                title: ("Reads", "읽기"),
                main: |p, at| pick(at, p.read_with_errors_p50_ms, p.read_with_errors_p99_ms),
                upper: Some(|p, at| above(at, p.read_with_errors_p99_ms)),
                kept: Some(Kept::Reads),
                fails: Some(|p| p.read_p50_ms.is_none() && p.read_with_errors_p50_ms.is_some()),
                of: Of::Reads,
                ..LATENCY
            },
            Shape {
                title: ("Writes", "쓰기"),
                main: |p, at| pick(at, p.write_with_errors_p50_ms, p.write_with_errors_p99_ms),
                upper: Some(|p, at| above(at, p.write_with_errors_p99_ms)),
                kept: Some(Kept::Writes),
                fails: Some(|p| p.write_p50_ms.is_none() && p.write_with_errors_p50_ms.is_some()),
                of: Of::Writes,
                ..LATENCY
            },
        ],
    },
    Figure {
        name: "goodput",
        title: Phrase::fixed("Goodput", "굿풋(goodput)"),
        key: Phrase::fixed("answered within the deadline, per second", "초당 제한 시간 안에 성공한 요청"),
        shapes: &[Shape { main: |p, at| a_second(p.within_deadline, at), ..RATE }],
    },
    Figure {
        name: "errors",
        title: Phrase::fixed("Errors", "오류"),
        key: Phrase::fixed("failed requests per second", "초당 실패한 요청"),
        shapes: &[Shape { main: |p, at| a_second(p.errors, at), ..RATE }],
    },
    Figure {
        name: "hits",
        title: Phrase::fixed("Hit ratio", "적중률"),
        key: Phrase::fixed("share of cache look-ups", "캐시 조회 중 적중한 비율"),
        shapes: &[Shape {
            scale: Scale::Share,
            at_end: false,
            main: |p, _| share(p.hits, p.hits + p.misses),
            kept: Some(Kept::Hits),
            ..GAUGE
        }],
    },
    Figure {
        name: "read-hits",
        title: Phrase::fixed("Hit ratio of all reads", "전체 읽기 적중률"),
        key: Phrase::fixed(
            "share of all reads answered from a copy, near caches included",
            "전체 읽기 중 사본으로 응답한 비율, 로컬 캐시 포함",
        ),
        shapes: &[Shape {
            scale: Scale::Share,
            at_end: false,
            main: |p, _| share(p.reads_from_cache, p.reads),
            of: Of::Reads,
            ..GAUGE
        }],
    },
    Figure {
        name: "misses",
        title: Phrase::fixed("Miss ratio", "미스율"),
        key: Phrase::fixed("share of cache look-ups", "캐시 조회 중 미스의 비율"),
        shapes: &[Shape {
            scale: Scale::SmallShare,
            at_end: false,
            main: |p, _| share(p.misses, p.hits + p.misses),
            ..GAUGE
        }],
    },
    Figure {
        name: "lost",
        title: Phrase::fixed("Lost writes", "유실된 쓰기"),
        key: Phrase::fixed("line: lost so far · area: at risk", "선: 누적 유실 · 면: 유실 위험"),
        shapes: &[Shape {
            main: |p, _| Some(f64::from(p.lost)),
            area: Some((|p, _| Some(f64::from(p.at_risk)), ("at risk", "유실 위험"))),
            kept: Some(Kept::Lost),
            of: Of::Writes,
            ..TOTAL
        }],
    },
    Figure {
        name: "lost-increments",
        title: Phrase::fixed("Lost increments", "유실된 증가"),
        key: Phrase::fixed(
            "acknowledged, and neither in the database's value nor in one that is still to be flushed",
            "성공 응답을 받았지만 DB 값에도, 아직 플러시할 값에도 없는 증가",
        ),
        shapes: &[Shape { main: |p, _| Some(f64::from(p.lost_increments)), ..GAUGE }],
    },
    Figure {
        name: "stale",
        title: Phrase::fixed("Stale reads", "오래된 읽기"),
        key: Phrase::fixed("per second", "초당"),
        shapes: &[Shape { main: |p, at| a_second(p.stale, at), of: Of::Reads, ..RATE }],
    },
    Figure {
        name: "stale-age",
        title: Phrase::fixed("Age of stale values", "오래된 값의 나이"),
        key: Phrase::fixed("time since a newer value existed", "더 새로운 값이 생긴 뒤 지난 시간"),
        shapes: &[Shape {
            main: |p, at| pick(at, p.stale_age_p50_ms, p.stale_age_p99_ms),
            upper: Some(|p, at| above(at, p.stale_age_p99_ms)),
            of: Of::Reads,
            ..LATENCY
        }],
    },
    Figure {
        name: "diverging",
        title: Phrase::fixed("Diverging copies", "DB와 다른 사본"),
        key: Phrase::fixed(
            "cached copies that differ from the database, with nothing on its way to mend them",
            "DB와 다르고, 바로잡을 작업도 없는 캐시 사본",
        ),
        shapes: &[Shape { main: |p, _| Some(f64::from(p.diverging)), ..GAUGE }],
    },
    Figure {
        name: "db-reads",
        title: Phrase::fixed("Database reads", "DB 읽기"),
        key: Phrase::fixed("per second", "초당"),
        shapes: &[Shape { main: |p, at| a_second(p.database_reads, at), ..RATE }],
    },
    Figure {
        name: "db-rows",
        title: Phrase::fixed("Rows written", "DB 쓰기 행 수"),
        key: Phrase::fixed("per second", "초당"),
        shapes: &[Shape { main: |p, at| a_second(p.database_writes, at), of: Of::Writes, ..RATE }],
    },
    Figure {
        name: "db-queue",
        title: Phrase::fixed("Database queue", "DB 큐"),
        key: Phrase::fixed("waiting queries", "대기 중인 쿼리 수"),
        shapes: &[Shape { main: |p, _| Some(f64::from(p.queue)), ..GAUGE }],
    },
    Figure {
        name: "db-busy",
        title: Phrase::fixed("Database utilisation", "DB 사용률"),
        key: Phrase::fixed("share of the workers' time", "워커가 일한 시간의 비율"),
        shapes: &[Shape {
            scale: Scale::Share,
            at_end: false,
            main: |p, _| Some(f64::from(p.database_utilisation)),
            ..GAUGE
        }],
    },
    Figure {
        name: "waiting",
        title: Phrase::fixed("Requests in flight", "처리 중인 요청"),
        key: Phrase::fixed("sent and not answered", "보냈지만 아직 응답받지 못한 요청"),
        shapes: &[Shape { main: |p, _| Some(f64::from(p.unanswered)), ..GAUGE }],
    },
    Figure {
        name: "rejected",
        title: Phrase::fixed("Rejected commands and queries", "거부된 명령과 쿼리"),
        key: Phrase::fixed("by the cache and the database, per second", "캐시와 DB가 초당 거부한 수"),
        shapes: &[Shape { main: |p, at| a_second(p.refused, at), ..RATE }],
    },
    Figure {
        name: "memory",
        title: Phrase::fixed("Cache memory", "캐시 메모리"),
        key: Phrase::fixed("line: all entries", "선: 전체 항목"),
        shapes: &[Shape { scale: Scale::Bytes, main: |p, _| Some(p.cache_bytes as f64), ..GAUGE }],
    },
    Figure {
        name: "entries",
        title: Phrase::fixed("Cache entries", "캐시 항목"),
        key: Phrase::fixed("line: all · area: dirty", "선: 전체 · 면: 더티"),
        shapes: &[Shape {
            main: |p, _| Some(f64::from(p.cache_entries)),
            area: Some((|p, _| Some(f64::from(p.dirty)), ("dirty", "더티"))),
            ..GAUGE
        }],
    },
];

/// The figure with that name in links.
///
/// ```
/// assert_eq!(cachelane::chart::figure("lost").unwrap().title.to_string(), "Lost writes");
/// assert!(cachelane::chart::figure("hats").is_none());
/// ```
pub fn figure(name: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.name == name)
}

impl Figure {
    /// Its panels over `data`, with the words of `language`.
    pub fn panels(&self, data: &Data, options: Options, language: Language) -> Vec<Panel> {
        let asked_for = |of: Of| match of {
            Of::Reads => !data.no_reads,
            Of::Writes => !data.no_writes,
            Of::All => true,
        };
        let shapes = self.shapes.iter().filter(|shape| asked_for(shape.of));
        let mut panels: Vec<Panel> = shapes.map(|shape| shape.panel(self, data, options, language)).collect();
        // Panels share one axis, so that reads and writes can be compared across.
        let values = panels.iter().flat_map(|panel| panel.lines.iter().chain(&panel.before).flat_map(Line::values));
        let axis = self.shapes[0]
            .scale
            .axis(values.chain(panels.iter().filter_map(|p| Some(p.reference.as_ref()?.0))), options);
        panels.iter_mut().for_each(|panel| panel.axis = axis);
        panels
    }

    /// Whether it shows latencies, for which there are [`Options`].
    pub fn has_options(&self) -> bool {
        self.shapes.iter().any(|shape| shape.scale == Scale::Latency)
    }

    /// What its lines over `data` show, in a few words: its key, and before it which percentile they are.
    pub fn hint(&self, data: &Data, options: Options, language: Language) -> String {
        let range = self.range(data);
        let percentile = match options.percentile {
            _ if !self.has_options() => None,
            Percentile::P50 if data.lanes.len() <= BANDS_MAX && range.is_none() => {
                Some(("line: median · area: up to p99", "선: 중앙값 · 면: p99까지"))
            }
            Percentile::P50 => Some(("median", "중앙값")),
            Percentile::P99 => Some(("p99", "p99")),
        };
        let percentile = percentile.map(|percentile| say(percentile, language));
        let range = range.map(|range| range.phrase().say(language).to_owned());
        let key = self.key.say(language).to_owned();
        percentile.into_iter().chain(range).chain([key]).collect::<Vec<_>>().join(" · ")
    }

    /// The range of many seeds that some of its lines over `data` have behind them.
    pub fn range<'a>(&self, data: &'a Data) -> Option<&'a Range> {
        data.lanes.iter().find_map(|lane| lane.range.as_deref()).filter(|_| self.has_range())
    }

    /// Whether its lines can have the range of many seeds behind them.
    pub fn has_range(&self) -> bool {
        self.shapes.iter().any(|shape| shape.kept.is_some())
    }

    /// Whether any lane of `data` has something to show in it: a value, and one that is not zero.
    pub fn has_news(&self, data: &Data) -> bool {
        let panels = self.panels(data, Options::default(), Language::English);
        panels.iter().any(|panel| panel.lines.iter().flat_map(Line::values).any(|value| value > 0.0))
    }
}

fn say((english, korean): Pair, language: Language) -> String {
    Phrase::fixed(english, korean).say(language).to_owned()
}

impl Scale {
    fn axis(self, values: impl Iterator<Item = f64>, options: Options) -> Axis {
        match self {
            Scale::Latency if options.linear => Axis::millis_over(values),
            Scale::Latency => Axis::log_over(values),
            Scale::Share => Axis::SHARE,
            Scale::SmallShare => Axis::share_over(values),
            Scale::Count => Axis::count_over(values),
            Scale::Rate => Axis::rate_over(values),
            Scale::Bytes => Axis::bytes_over(values),
        }
    }
}

impl Shape {
    fn panel(&self, figure: &Figure, data: &Data, options: Options, language: Language) -> Panel {
        let mut lines = Vec::new();
        for lane in &data.lanes {
            let met =
                data.faults.iter().filter(|fault| !fault.spares.iter().any(|spared| *spared as usize == lane.number));
            let breaks: Vec<f64> = met.map(|fault| fault.from_s).collect();
            let points = |measure: Measure| self.points(data, (lane, &breaks), options, |_, p, at| measure(p, at));
            if let Some((area, name)) = &self.area {
                let label = format!("{} {}", lane.label, say(*name, language));
                let area =
                    Line { points: points(*area), breaks: breaks.clone(), ..Line::new(lane, label, Weight::Area) };
                if area.values().any(|value| value > 0.0) {
                    lines.push(area);
                }
            }
            // Bands of many lanes would hide each other.
            let upper = self.upper.filter(|_| data.lanes.len() <= BANDS_MAX && lane.range.is_none());
            let range = lane.range.as_deref().zip(self.kept);
            let edge = |pick: fn((f64, f64)) -> f64| {
                let at = |(range, kept): (&Range, Kept)| {
                    let place = |i, _: &Point, at: At| range.at(i, kept, at.percentile).map(pick);
                    self.points(data, (lane, &breaks), options, place)
                };
                range.map(at).unwrap_or_default()
            };
            let main = Line::new(lane, lane.label.clone(), Weight::Main);
            lines.push(Line {
                points: points(self.main),
                upper: upper.map(points).unwrap_or_default(),
                range: [edge(|(low, _)| low), edge(|(_, high)| high)],
                fails: self.fails.map(|fails| self.failing(data, (lane, &breaks), fails)).unwrap_or_default(),
                steps: self.steps,
                breaks: breaks.clone(),
                ..main
            });
        }
        let before = data.before.iter().map(|lane| Line {
            // Its faults are not known here: nothing is held.
            points: self.points(data, (lane, &[]), options, |_, p, at| (self.main)(p, at)),
            steps: self.steps,
            ..Line::new(lane, lane.label.clone(), Weight::Main)
        });
        let before = before.collect();
        crate::sort::by_key(&mut lines, |line| line.weight == Weight::Main);
        let title = match self.title {
            ("", _) => figure.title.say(language).to_owned(),
            title => say(title, language),
        };
        let reference = (figure.name == "misses").then(|| data.reference.clone()).flatten();
        Panel { title, axis: Axis::SHARE, lines, before, reference }
    }

    fn points(
        &self,
        data: &Data,
        (lane, breaks): (&super::LaneData, &[f64]),
        options: Options,
        measure: impl Fn(usize, &Point, At) -> Option<f64>,
    ) -> Vec<(f64, Option<f64>)> {
        let series = &lane.series;
        let start = (self.at_end && series.first == 0 && !series.points.is_empty()).then_some((0.0, Some(0.0)));
        let points = series.points.iter().enumerate().map(|(i, point)| {
            let from = (series.first + i) as f64 * series.bucket_s;
            let to = (from + series.bucket_s).min(data.duration_s.max(from));
            let middle = (from + to) / 2.0;
            // What a fault did cannot be seen before it; and what has been counted so far, from it on.
            let struck = breaks.iter().copied().find(|begins| from <= *begins && *begins < to);
            let at = match struck {
                Some(begins) if self.steps => begins,
                Some(begins) if middle <= begins => to,
                _ if self.at_end => to,
                _ => middle,
            };
            (at, measure(series.first + i, point, At { span_s: to - from, percentile: options.percentile }))
        });
        start.into_iter().chain(points).filter(|(at, _)| *at <= data.duration_s).collect()
    }

    fn failing(&self, data: &Data, lane: (&super::LaneData, &[f64]), fails: fn(&Point) -> bool) -> Vec<f64> {
        let places = self.points(data, lane, Options::default(), |_, _, _| None);
        let failing = places.iter().zip(&lane.0.series.points).filter(|(_, point)| fails(point));
        failing.map(|((at, _), _)| *at).collect()
    }
}

/// Of so many lanes at most the bands are drawn.
const BANDS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_name_of_its_own_and_both_languages() {
        for (i, figure) in FIGURES.iter().enumerate() {
            assert!(FIGURES[..i].iter().all(|other| other.name != figure.name), "{}", figure.name);
            let is_korean = |text: &str| text.contains(|c: char| ('가'..='힣').contains(&c));
            for phrase in [&figure.title, &figure.key] {
                assert!(is_korean(phrase.say(Language::Korean)) && !is_korean(&phrase.to_string()), "{phrase}");
            }
        }
    }
}
