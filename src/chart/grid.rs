//! A measure over a grid of runs: lines where one field varies, a heat map for each lane where two do; and which points of the
//! grid nothing beats in several measures at once.

use std::fmt::Write as _;

use super::palette::{EDGE as EDGE_COLOUR, FAULT, GROUND, INK, LANES, RULE, SOFT, Theme, Token, lane_style};
use super::sheet::{Picture, width, xml};
use super::{Axis, FONT_STACK, Paint, text};
use crate::stats::Spread;

/// A number that grids are drawn of.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its name, as in the rows of a sweep.
    pub name: String,
    /// What its axis is called where there are two measures.
    pub called: String,
    /// Whether it is a share, 0 to 1.
    pub is_share: bool,
}

impl Measure {
    /// A value in words.
    pub fn say(&self, value: f64) -> String {
        if self.is_share {
            text::percent(value, text::decimals(value).min(2))
        } else if self.name.ends_with("_ms") {
            text::millis(value)
        } else if value.fract() == 0.0 {
            text::count(value as u64)
        } else {
            text::amount(value)
        }
    }

    /// An axis that holds all values: by decades where they are far apart.
    fn axis(&self, values: &[f64]) -> Axis {
        let all = || values.iter().copied();
        let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        if self.is_share {
            Axis::share_over(all())
        } else if least > 0.0 && most > 20.0 * least {
            Axis::log_over(all())
        } else if self.name.ends_with("_ms") {
            Axis::millis_over(all())
        } else {
            Axis::count_over(all())
        }
    }
}

/// A field that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Varied {
    /// Its place in the scenario.
    pub field: String,
    /// Its values in turn.
    pub values: Vec<String>,
}

/// A lane's cells: as many as the fields' values multiplied, the last field's varying fastest. `None` where the lane has no such
/// number, or the run is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// The lane's name.
    pub name: String,
    /// Its look.
    pub look: usize,
    /// The cells.
    pub cells: Vec<Option<Spread>>,
}

/// A point of a grid in two measures, and whether another one is as good in all that is asked for and better in one.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// The lane's look.
    pub look: usize,
    /// Which point of the grid it is.
    pub label: String,
    /// Its values.
    pub at: (f64, f64),
    /// Whether something beats it.
    pub beaten: bool,
    /// Whether it has some of a third measure that it should have none of.
    pub harmed: bool,
}

/// What a grid is drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    wide: f64,
    edge: f64,
    /// From which run it is; `None` on the page, which says that and the title beside it.
    source: Option<&'a str>,
}

impl<'a> Paper<'a> {
    /// A picture for itself, light or dark as its reader prefers.
    pub fn file(source: &'a str) -> Paper<'a> {
        Paper { wide: 960.0, edge: 24.0, source: Some(source) }
    }

    /// A part of the page, in the page's own colours, made for that width.
    pub fn page(wide: f64) -> Paper<'a> {
        Paper { wide, edge: 2.0, source: None }
    }

    /// Where what is drawn begins, below a title and `under` that.
    fn top(&self, under: f64) -> f64 {
        if self.source.is_some() { self.edge + under } else { 4.0 }
    }

    fn colour(&self, token: Token) -> String {
        let rgb = token.rgb(Theme::Light);
        let is_page = self.source.is_none();
        if is_page { format!("var(--{})", token.name) } else { format!("#{:02x}{:02x}{:02x}", rgb.0, rgb.1, rgb.2) }
    }
}

/// So many points of a frontier are told in words.
const TOLD_MOST: usize = 12;

/// Lines of text, rectangles and paths, from the top left.
struct Pen<'a>(String, &'a Paper<'a>);

impl Pen<'_> {
    fn text(&mut self, (x, y): (f64, f64), size: f64, colour: Token, anchor: &str, said: &str) {
        let family = if self.1.source.is_some() { format!(" font-family=\"{FONT_STACK}\"") } else { String::new() };
        let _ = writeln!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{y:.1}\"{family} font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
            self.1.colour(colour),
            xml(said)
        );
    }

    fn path(&mut self, data: &str, colour: Token, width: f64, dash: &[f64]) {
        let dash: Vec<String> = dash.iter().map(f64::to_string).collect();
        let _ = writeln!(
            self.0,
            "<path d=\"{data}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-dasharray=\"{}\"/>",
            self.1.colour(colour),
            dash.join(" ")
        );
    }

    /// The end of an element, which on the page says that where the pointer is over it; nothing: it says nothing.
    fn tip(&self, said: &str) -> String {
        if self.1.source.is_some() || said.is_empty() {
            return "/>".to_owned();
        }
        format!("><title>{}</title></path>", xml(said))
    }

    /// A surface; `share` of its colour shows.
    fn surface(&mut self, data: &str, colour: Token, share: f64, said: &str) {
        let (colour, end) = (self.1.colour(colour), self.tip(said));
        let _ = writeln!(self.0, "<path d=\"{data}\" fill=\"{colour}\" fill-opacity=\"{share:.3}\"{end}");
    }

    /// A lane's marker.
    fn marker(&mut self, (x, y): (f64, f64), look: usize, share: f64, said: &str) {
        let style = lane_style(look);
        let (shape, paint) = style.marker.outline();
        let fill = match paint {
            Paint::Filled => self.1.colour(style.colour),
            Paint::Hollow => self.1.colour(GROUND),
            Paint::Stroked => "none".to_owned(),
        };
        let line = if paint == Paint::Filled { 0 } else { 2 };
        let _ = writeln!(
            self.0,
            "<path transform=\"translate({:.1} {:.1})\" d=\"{shape}\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"{line}\" opacity=\"{share}\"{}",
            x - 14.0,
            y - 6.0,
            self.1.colour(style.colour),
            self.tip(said)
        );
    }

    /// The lanes' names with their markers, in a row or more; gives where they end.
    fn legend(&mut self, lanes: &[(&str, usize)], top: f64) -> f64 {
        let widest = lanes.iter().map(|(name, _)| width(name, 13.0)).fold(40.0, f64::max) + 48.0;
        let columns = ((self.1.wide - 2.0 * self.1.edge) / widest).floor().max(1.0) as usize;
        for (i, (name, look)) in lanes.iter().enumerate() {
            let (x, y) = (self.1.edge + widest * (i % columns) as f64, top + 20.0 * (i / columns + 1) as f64);
            let style = lane_style(*look);
            self.path(&format!("M{x:.1} {:.1}h28", y - 4.0), style.colour, 2.0, style.dash);
            self.marker((x + 14.0, y - 4.0), *look, 1.0, "");
            self.text((x + 36.0, y), 13.0, INK, "start", name);
        }
        top + 20.0 * lanes.len().div_ceil(columns) as f64
    }

    /// The picture, under a title, and what it is from below it.
    fn end(mut self, title: &str, y: f64) -> Picture {
        let (wide, edge) = (self.1.wide, self.1.edge);
        let Some(source) = self.1.source else {
            let high = y.ceil();
            let svg = format!("<svg viewBox=\"0 0 {wide} {high}\" aria-hidden=\"true\">\n{}</svg>\n", self.0);
            return Picture { svg, size: (wide as u32, high as u32) };
        };
        self.text((edge, y + 18.0), 11.0, SOFT, "start", source);
        let high = (y + 18.0 + edge).ceil();
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\">\n\
             <title>{}</title>\n<desc>{}</desc>\n<rect width=\"{wide}\" height=\"{high}\" fill=\"{}\"/>\n{}</svg>\n",
            xml(title),
            xml(source),
            self.1.colour(GROUND),
            self.0
        );
        Picture { svg, size: (wide as u32, high as u32) }.in_both_schemes()
    }
}

fn begin<'a>(title: &str, paper: &'a Paper<'a>) -> Pen<'a> {
    let mut pen = Pen(String::new(), paper);
    if paper.source.is_some() {
        pen.text((paper.edge, paper.edge + 18.0), 20.0, INK, "start", title);
    }
    pen
}

/// The measure of each lane against what varies: [lines] against one field, a [heat] map of two; `None` of fewer or more.
pub fn against(measure: &Measure, fields: &[&Varied], lanes: &[Cells], paper: &Paper<'_>) -> Option<Picture> {
    match *fields {
        [field] => Some(lines(measure, field, lanes, paper)),
        [across, up] => Some(heat(measure, [across, up], lanes, paper)),
        _ => None,
    }
}

/// The measure of each lane against the one field that varies: the mean of the seeds, and its 95 % interval as a band.
pub fn lines(measure: &Measure, field: &Varied, lanes: &[Cells], paper: &Paper<'_>) -> Picture {
    const HIGH: f64 = 320.0;
    let title = format!("{} against {}", measure.name, field.field);
    let mut pen = begin(&title, paper);
    let Paper { wide, edge, .. } = *paper;
    let names: Vec<(&str, usize)> = lanes.iter().map(|lane| (lane.name.as_str(), lane.look)).collect();
    let top = pen.legend(&names, paper.top(28.0)) + 24.0;
    let (left, right) = (edge + 64.0, wide - edge - 16.0);
    let spreads = || lanes.iter().flat_map(|lane| lane.cells.iter().flatten());
    let axis = measure.axis(&spreads().flat_map(|s| [s.low.max(0.0), s.mean, s.high]).collect::<Vec<_>>());
    let y = |value: f64| top + (1.0 - axis.place(value)) * HIGH;
    let step = (right - left) / field.values.len().saturating_sub(1).max(1) as f64;
    let x = |i: usize| left + step * i as f64;
    for (value, _) in axis.ticks(6) {
        pen.path(&format!("M{left:.1} {:.1}H{right:.1}", y(value)), RULE, 1.0, &[]);
        pen.text((left - 8.0, y(value) + 4.0), 12.0, SOFT, "end", &measure.say(value));
    }
    // As many names as there is room for.
    let widest = field.values.iter().map(|value| width(value, 12.0)).fold(20.0, f64::max) + 12.0;
    let every = (widest / step).ceil().max(1.0) as usize;
    for (i, value) in field.values.iter().enumerate().step_by(every) {
        pen.text((x(i), top + HIGH + 18.0), 12.0, SOFT, "middle", value);
    }
    for lane in lanes {
        let style = lane_style(lane.look);
        let known: Vec<(f64, &Spread)> =
            lane.cells.iter().enumerate().filter_map(|(i, cell)| Some((x(i), cell.as_ref()?))).collect();
        let line = |of: fn(&Spread) -> f64| known.iter().map(move |(x, s)| format!("{x:.1} {:.1}", y(of(s))));
        if known.iter().any(|(_, spread)| spread.runs > 1) && known.len() > 1 {
            let band: Vec<String> = line(|s| s.low.max(0.0)).chain(line(|s| s.high).rev()).collect();
            pen.surface(&format!("M{}z", band.join("L")), style.colour, 0.18, "");
        }
        if known.is_empty() {
            continue;
        }
        pen.path(&format!("M{}", line(|s| s.mean).collect::<Vec<_>>().join("L")), style.colour, 2.0, style.dash);
        for (i, spread) in lane.cells.iter().enumerate().filter_map(|(i, cell)| Some((i, cell.as_ref()?))) {
            let said = format!("{}, {}: {}", lane.name, field.values[i], measure.say(spread.mean));
            pen.marker((x(i), y(spread.mean)), lane.look, 1.0, &said);
        }
    }
    pen.end(&title, top + HIGH + 28.0)
}

/// A heat map for each lane, side by side on one scale: the first field from left to right, the second from bottom to top. The
/// least and the greatest value of all are told in words in every cell that has room.
pub fn heat(measure: &Measure, fields: [&Varied; 2], lanes: &[Cells], paper: &Paper<'_>) -> Picture {
    const GAP: f64 = 20.0;
    let [across, up] = fields;
    let title = format!("{} against {} and {}", measure.name, across.field, up.field);
    let mut pen = begin(&title, paper);
    let Paper { wide, edge, .. } = *paper;
    if paper.source.is_some() {
        pen.text((edge, edge + 38.0), 12.0, SOFT, "start", &format!("→ {}   ↑ {}", across.field, up.field));
    }
    let name_wide = up.values.iter().map(|value| width(value, 11.0)).fold(24.0, f64::max) + 8.0;
    // As many beside each other as can be read.
    let columns = lanes.len().clamp(1, ((wide / 300.0) as usize).max(1));
    let map_wide = (wide - 2.0 * edge - GAP * (columns - 1) as f64) / columns as f64;
    let cell_wide = (map_wide - name_wide) / across.values.len() as f64;
    let cell_high = (cell_wide * 0.6).clamp(14.0, 40.0);
    let map_high = cell_high * up.values.len() as f64 + 48.0;
    let values: Vec<f64> =
        lanes.iter().flat_map(|lane| lane.cells.iter().flatten()).map(|spread| spread.mean).collect();
    let axis = measure.axis(&values);
    let least = values.iter().map(|value| axis.place(*value)).fold(1.0, f64::min);
    let most = values.iter().map(|value| axis.place(*value)).fold(0.0, f64::max);
    let top = paper.top(56.0);
    let names_every =
        (across.values.iter().map(|v| width(v, 11.0)).fold(16.0, f64::max) / cell_wide).ceil().max(1.0) as usize;
    for (number, lane) in lanes.iter().enumerate() {
        let (left, above) = (
            edge + (map_wide + GAP) * (number % columns) as f64 + name_wide,
            top + map_high * (number / columns) as f64,
        );
        pen.text((left, above + 12.0), 13.0, INK, "start", &lane.name);
        for (i, value) in across.values.iter().enumerate().step_by(names_every) {
            let x = left + cell_wide * (i as f64 + 0.5);
            pen.text((x, above + map_high - 14.0), 11.0, SOFT, "middle", value);
        }
        for (row, value) in up.values.iter().enumerate() {
            let y = above + 20.0 + cell_high * (up.values.len() - 1 - row) as f64;
            pen.text((left - 6.0, y + cell_high / 2.0 + 4.0), 11.0, SOFT, "end", value);
            for column in 0..across.values.len() {
                let x = left + cell_wide * column as f64;
                let (wide, high) = (cell_wide - 1.0, cell_high - 1.0);
                let area = format!("M{:.1} {:.1}h{wide:.1}v{high:.1}h{:.1}z", x + 0.5, y + 0.5, -wide);
                match lane.cells.get(column * up.values.len() + row).copied().flatten() {
                    Some(spread) => {
                        let place = (axis.place(spread.mean) - least) / (most - least).max(1e-12);
                        let said = measure.say(spread.mean);
                        let tip = format!("{}, {}, {value}: {said}", lane.name, across.values[column]);
                        pen.surface(&area, LANES[0], 0.06 + 0.54 * place, &tip);
                        if width(&said, 11.0) < cell_wide - 4.0 {
                            pen.text((x + cell_wide / 2.0, y + cell_high / 2.0 + 4.0), 11.0, INK, "middle", &said);
                        }
                    }
                    None => pen.path(&area, EDGE_COLOUR, 1.0, &[2.0, 2.0]),
                }
            }
        }
    }
    pen.end(&title, top + map_high * lanes.len().div_ceil(columns) as f64)
}

/// Two measures against each other: the points that nothing beats joined by a line, the others faint; a
/// ring around those that have some of what they should have none of (`harm`).
pub fn frontier(
    measures: [&Measure; 2],
    harm: Option<&str>,
    dots: &[Dot],
    lanes: &[(&str, usize)],
    paper: &Paper<'_>,
) -> Picture {
    const HIGH: f64 = 420.0;
    let [across, up] = measures;
    let title = format!("{} and {}: what nothing beats", across.name, up.name);
    let mut pen = begin(&title, paper);
    let Paper { wide, edge, .. } = *paper;
    if let Some(harm) = harm.filter(|_| paper.source.is_some()) {
        pen.text((edge, edge + 38.0), 12.0, SOFT, "start", &format!("ring: has {harm}, too"));
    }
    let top = pen.legend(lanes, paper.top(44.0)) + 40.0;
    let (left, right) = (edge + 64.0, wide - edge - 16.0);
    let of = |pick: fn(&Dot) -> f64| dots.iter().map(pick).collect::<Vec<_>>();
    let (axis_x, axis_y) = (across.axis(&of(|dot| dot.at.0)), up.axis(&of(|dot| dot.at.1)));
    let place = |(x, y): (f64, f64)| (left + axis_x.place(x) * (right - left), top + (1.0 - axis_y.place(y)) * HIGH);
    for (value, _) in axis_y.ticks(6) {
        let (_, y) = place((0.0, value));
        pen.path(&format!("M{left:.1} {y:.1}H{right:.1}"), RULE, 1.0, &[]);
        pen.text((left - 8.0, y + 4.0), 12.0, SOFT, "end", &up.say(value));
    }
    for (value, _) in axis_x.ticks(8) {
        let (x, _) = place((value, 0.0));
        pen.path(&format!("M{x:.1} {top:.1}v{HIGH}"), RULE, 1.0, &[]);
        pen.text((x, top + HIGH + 18.0), 12.0, SOFT, "middle", &across.say(value));
    }
    pen.text((right, top + HIGH + 36.0), 12.0, SOFT, "end", &format!("{} →", across.called));
    pen.text((edge, top - 8.0), 12.0, SOFT, "start", &format!("{} ↑", up.called));
    let mut best: Vec<&Dot> = dots.iter().filter(|dot| !dot.beaten).collect();
    crate::sort::by(&mut best, |a, b| a.at.0.total_cmp(&b.at.0).then(a.at.1.total_cmp(&b.at.1)));
    let steps: Vec<String> = best.iter().map(|dot| place(dot.at)).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    // With a third measure the points that nothing beats lie on no line.
    if steps.len() > 1 && harm.is_none() {
        pen.path(&format!("M{}", steps.join("L")), SOFT, 1.0, &[3.0, 3.0]);
    }
    for dot in dots.iter().filter(|dot| dot.beaten).chain(best.iter().copied()) {
        let (x, y) = place(dot.at);
        let said =
            format!("{}; {} {}, {} {}", dot.label, across.called, across.say(dot.at.0), up.called, up.say(dot.at.1));
        pen.marker((x, y), dot.look, if dot.beaten { 0.25 } else { 1.0 }, &said);
        if dot.harmed && !dot.beaten {
            pen.path(&format!("M{:.1} {y:.1}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0", x - 8.0), FAULT, 1.5, &[]);
        }
    }
    let mut y = top + HIGH + 44.0;
    // Which they are, from the left; more than a few nobody reads in a picture.
    let told = if paper.source.is_some() { &best[..best.len().min(TOLD_MOST)] } else { &[] };
    for dot in told {
        y += 18.0;
        let said = format!("{} {}, {} {}: {}", across.name, across.say(dot.at.0), up.name, up.say(dot.at.1), dot.label);
        pen.text((edge, y), 12.0, INK, "start", &said);
    }
    if paper.source.is_some() && best.len() > told.len() {
        y += 18.0;
        pen.text((edge, y), 12.0, SOFT, "start", &format!("and {} more (--json has all)", best.len() - told.len()));
    }
    pen.end(&title, y)
}
