//! Puts panels on a drawing area: rules, ticks, fault bands, lines with dash and marker, a label at each line's end.
//!
//! All lengths here are CSS pixels; [`Look::unit`] says how many of the backend's whole-numbered pixels make one. The
//! canvas uses a fine grid (four), so that lines are smooth although plotters counts in whole pixels.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::palette::{self, FAULT, GROUND, INK, RULE, SOFT, Theme, Token, lane_style};
use super::scale::time_ticks;
use super::{Axis, Band, Data, Line, Panel, Weight};
use crate::phrase::Language;
use crate::sort;

/// How a figure is to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Light or dark.
    pub theme: Theme,
    /// Backend pixels per CSS pixel.
    pub unit: f64,
    /// The type family.
    pub family: &'static str,
    /// The language of the time axis; the panels' own words have theirs.
    pub language: Language,
    /// Whether the ground is painted.
    pub ground: bool,
    /// Whether each line carries its name at its end, where there is room.
    pub labels: bool,
    /// Whether a figure of one panel carries its title; those of several always do.
    pub titles: bool,
    /// How wide the vertical axis with its names is, CSS pixels, where figures are to stand aligned; else as wide as they are.
    pub gutter: Option<f64>,
}

/// Where the panels came to stand, in CSS pixels: what a read-out under the pointer needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// One place per panel.
    pub panels: Vec<PanelPlace>,
}

/// The plotting rectangle of one panel, CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PanelPlace {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

const TEXT: f64 = 12.0;
const TITLE: f64 = 13.0;
/// More bands than this are only marked above the plot.
const BANDS_MANY: usize = 24;
/// Above the plot: the title, then the faults' names.
const HEAD: f64 = 38.0;
/// The same without a title.
const HEAD_LOW: f64 = 20.0;
const FOOT: f64 = 22.0;
const GAP: f64 = 26.0;

pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Draws `panels` side by side, or one below the other where it is narrow.
///
/// # Errors
/// Those of the backend.
pub fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    panels: &[Panel],
    data: &Data,
    look: &Look,
) -> Result<Layout, DrawingAreaErrorKind<DB::ErrorType>> {
    let titled = panels.len() > 1 || look.titles;
    let pen = Pen { area, look, titled, strength: 1.0 };
    if look.ground {
        area.fill(&GROUND.rgb(look.theme))?;
    }
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (f64::from(width) / look.unit, f64::from(height) / look.unit);
    let places = place(&pen, panels, width, height);
    for (panel, (place, room)) in panels.iter().zip(&places) {
        pen.panel(panel, data, *place, *room)?;
    }
    Ok(Layout { panels: places.into_iter().map(|(place, _)| place).collect() })
}

/// The plotting rectangle of each panel, and the room for labels at its right.
fn place<DB: DrawingBackend>(pen: &Pen<'_, DB>, panels: &[Panel], width: f64, height: f64) -> Vec<(PanelPlace, f64)> {
    let head = if pen.titled { HEAD } else { HEAD_LOW };
    let across = panels.len() > 1 && width >= 560.0;
    let count = panels.len().max(1) as f64;
    let (w, h) = if across {
        ((width - GAP * (count - 1.0)) / count, height)
    } else {
        (width, (height - 8.0 * (count - 1.0)) / count)
    };
    let step = |i: usize| if across { ((w + GAP) * i as f64, 0.0) } else { (0.0, (h + 8.0) * i as f64) };
    let ticks = panels.iter().flat_map(|p| p.axis.ticks(tick_room(h)));
    let axis = ticks.map(|(_, name)| pen.width(&name, TEXT)).fold(24.0, f64::max) + 9.0;
    let axis = pen.look.gutter.unwrap_or(axis);
    let named = pen.look.labels && w >= 400.0;
    let names = panels.iter().flat_map(|p| p.lines.iter().map(|line| pen.width(&end_label(&p.axis, line), TEXT)));
    let room = if named { (names.fold(0.0, f64::max) + NAME_AT + 2.0).clamp(30.0, w * 0.38) } else { 18.0 };
    (0..panels.len())
        .map(|i| {
            let (x, y) = step(i);
            let place = PanelPlace { left: x + axis, right: x + w - room, top: y + head, bottom: y + h - FOOT };
            (place, room)
        })
        .collect()
}

/// From a line's end to its name: room for its marker.
const NAME_AT: f64 = 20.0;

/// What stands at a line's end: its name, and where something is counted, first how many.
fn end_label(axis: &Axis, line: &Line) -> String {
    match (axis, line.end()) {
        (Axis::Count { .. } | Axis::Rate { .. }, Some((_, value))) => format!("{} {}", axis.name(value), line.label),
        _ => line.label.clone(),
    }
}

fn tick_room(height: f64) -> usize {
    (((height - HEAD - FOOT) / 34.0) as usize).clamp(2, 8)
}

/// A drawing area, and how to draw on it.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    pub(super) area: &'a DrawingArea<DB, Shift>,
    pub(super) look: &'a Look,
    titled: bool,
    /// How strong lines are: 1, or less where they stand back.
    pub(super) strength: f64,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn panel(&self, panel: &Panel, data: &Data, at: PanelPlace, room: f64) -> Drawn<DB> {
        let (from, to) = data.window();
        let x = |t: f64| at.left + (at.right - at.left) * ((t - from) / (to - from).max(1e-9)).clamp(0.0, 1.0);
        if self.titled {
            self.text(&panel.title, TITLE, INK, (at.left, at.top - HEAD + 1.0), HPos::Left, VPos::Top)?;
        }
        self.warmup(data, at, &x)?;
        self.bands(&data.faults, data, at, &x)?;
        self.rules(&panel.axis, data, at, &x)?;
        self.reference_line(panel, at)?;
        for line in &panel.before {
            self.before(line, &panel.axis, at, (&x, data))?;
        }
        let pen = |line: &Line| {
            let is_back = data.focus.is_some_and(|lane| lane != line.lane);
            Pen { strength: if is_back { 0.22 } else { 1.0 }, ..*self }
        };
        for line in &panel.lines {
            pen(line).range(line, &panel.axis, at, (&x, data))?;
        }
        for (order, line) in panel.lines.iter().enumerate() {
            pen(line).line(line, &panel.axis, at, (&x, data), order)?;
        }
        // Over the lines, which they say something of.
        self.warmup_label(data, at, &x)?;
        self.reference_label(panel, at)?;
        if data.now_s > from && data.now_s < to {
            let now = self.crisp(x(data.now_s));
            self.stroke(&[(now, at.top), (now, at.bottom)], palette::EDGE, 1.0)?;
        }
        if room > 20.0 { self.names(panel, at, &x, data, room) } else { Ok(()) }
    }

    /// Grid, axis labels, base line.
    fn rules(&self, axis: &Axis, data: &Data, at: PanelPlace, x: &impl Fn(f64) -> f64) -> Drawn<DB> {
        for (value, name) in axis.ticks(tick_room(at.bottom - at.top + HEAD + FOOT)) {
            let y = self.crisp(at.bottom - (at.bottom - at.top) * axis.place(value));
            self.stroke(&[(at.left, y), (at.right, y)], RULE, 1.0)?;
            self.text(&name, TEXT, SOFT, (at.left - 8.0, y), HPos::Right, VPos::Center)?;
        }
        let y = self.crisp(at.bottom);
        self.stroke(&[(at.left, y), (at.right, y)], palette::EDGE, 1.0)?;
        for (t, name) in time_ticks(data.window(), (((at.right - at.left) / 64.0) as usize).max(1), self.look.language)
        {
            let x = self.crisp(x(t));
            self.stroke(&[(x, y), (x, y + 4.0)], palette::EDGE, 1.0)?;
            // A name stays within the figure.
            let edge = at.right + 18.0 - self.width(&name, TEXT) / 2.0;
            let (to, side) = match x {
                _ if t <= data.window().0 => (x - 3.0, HPos::Left),
                _ if x > edge => (at.right + 18.0, HPos::Right),
                _ => (x, HPos::Center),
            };
            self.text(&name, TEXT, SOFT, (to, y + 6.0), side, VPos::Top)?;
        }
        Ok(())
    }

    /// A shade over what the report leaves out.
    fn warmup(&self, data: &Data, at: PanelPlace, x: &impl Fn(f64) -> f64) -> Drawn<DB> {
        let Some(band) = data.warmup.as_ref().filter(|band| band.to_s > data.window().0) else { return Ok(()) };
        let (left, right) = (x(band.from_s), x(band.to_s));
        let corners = [self.px((left, at.top)), self.px((right, at.bottom))];
        self.area.draw(&Rectangle::new(corners, self.shade().filled()))
    }

    fn shade(&self) -> RGBAColor {
        SOFT.rgb(self.look.theme).mix(0.1)
    }

    /// The name of that shade: in it, or beside it where it is narrow.
    fn warmup_label(&self, data: &Data, at: PanelPlace, x: &impl Fn(f64) -> f64) -> Drawn<DB> {
        let Some(band) = data.warmup.as_ref().filter(|band| band.to_s > data.window().0) else { return Ok(()) };
        let (left, right, wide) = (x(band.from_s), x(band.to_s), self.width(&band.label, TEXT));
        let start = if wide + 8.0 > right - left { right + 4.0 } else { left + 4.0 };
        if start + wide > at.right {
            return Ok(());
        }
        let y = at.top + 10.0;
        let corners = self.ground((start, start + wide), y + TEXT / 2.0 + 1.0)?;
        if start < right {
            // The shade again, which the ground has hidden.
            self.area.draw(&Rectangle::new(corners, self.shade().filled()))?;
        }
        self.text(&band.label, TEXT, SOFT, (start, y), HPos::Left, VPos::Top)
    }

    /// A tint where something is broken, its name above; what is still to come is paler. Of very many only the tops are
    /// drawn, which would else hide what they are there to explain.
    fn bands(&self, bands: &[Band], data: &Data, at: PanelPlace, x: &impl Fn(f64) -> f64) -> Drawn<DB> {
        let mut free_from = f64::MIN;
        let mut bands: Vec<&Band> =
            bands.iter().filter(|band| band.from_s < data.window().1 && band.to_s > data.window().0).collect();
        sort::by(&mut bands, |a, b| a.from_s.total_cmp(&b.from_s));
        let bottom = if bands.len() > BANDS_MANY { at.top + 6.0 } else { at.bottom };
        let is_many = bands.len() > BANDS_MANY;
        let (mut last, mut measured) = ((f64::MIN, f64::MIN), ("", 0.0));
        for band in bands {
            let (left, right) = (x(band.from_s), x(band.to_s).max(x(band.from_s) + 1.5));
            if is_many && left - last.0 < 1.0 && right <= last.1 + 1.0 {
                continue; // it would be drawn on top of the one before
            }
            last = (left, right);
            let strength = if band.from_s <= data.now_s { 0.13 } else { 0.06 };
            let tint = FAULT.rgb(self.look.theme).mix(strength);
            self.area.draw(&Rectangle::new([self.px((left, at.top)), self.px((right, bottom))], tint.filled()))?;
            let edge = self.crisp(left);
            self.stroke(&[(edge, at.top - 4.0), (edge, bottom)], FAULT, 1.0)?;
            if measured.0 != band.label {
                measured = (&band.label, self.width(&band.label, TEXT));
            }
            let wide = measured.1;
            let start = left.min(at.right - wide).max(at.left);
            if start >= free_from {
                self.text(&band.label, TEXT, FAULT, (start, at.top - 5.0), HPos::Left, VPos::Bottom)?;
                free_from = start + wide + 8.0;
            }
        }
        Ok(())
    }

    /// A value that others have published, dotted.
    fn reference_line(&self, panel: &Panel, at: PanelPlace) -> Drawn<DB> {
        let Some((value, _)) = &panel.reference else { return Ok(()) };
        let y = at.bottom - (at.bottom - at.top) * panel.axis.place(*value);
        for dash in dashes(&[(at.left, y), (at.right, y)], &[2.0, 3.0]) {
            self.stroke(&dash, SOFT, 1.0)?;
        }
        Ok(())
    }

    /// Its name and the value: at the right, where no warm-up is, over the line or at the top under it.
    fn reference_label(&self, panel: &Panel, at: PanelPlace) -> Drawn<DB> {
        let Some((value, name)) = &panel.reference else { return Ok(()) };
        let line = at.bottom - (at.bottom - at.top) * panel.axis.place(*value);
        let label = format!("{name}: {}", panel.axis.name(*value));
        let end = at.right - 6.0;
        let middle = if line - at.top < 20.0 { line + 10.0 } else { line - 10.0 };
        self.ground((end - self.width(&label, TEXT), end), middle)?;
        self.text(&label, TEXT, SOFT, (end, middle), HPos::Right, VPos::Center)
    }

    /// From where to where a line lies with many seeds.
    fn range(&self, line: &Line, axis: &Axis, at: PanelPlace, (x, data): (&impl Fn(f64) -> f64, &Data)) -> Drawn<DB> {
        let (from, to) = data.window();
        let y = |value: f64| at.bottom - (at.bottom - at.top) * axis.place(value);
        let edges = line.range.each_ref().map(|edge| {
            let runs = edge.split(|(_, value)| value.is_none());
            let runs = runs.map(|run| within(&held(run, line.steps, &line.breaks), from, to));
            runs.map(|run| run.into_iter().map(|(t, v)| (x(t), y(v))).collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        edges[0].iter().zip(&edges[1]).try_for_each(|(low, high)| {
            self.band(low, high, line.look)?;
            // Beside other areas of the same colour it is told by its edges.
            let fine = Pen { strength: self.strength * 0.6, ..*self };
            let colour = lane_style(line.look).colour;
            [low, high].into_iter().filter(|_| line.steps).try_for_each(|edge| fine.stroke(edge, colour, 0.75))
        })
    }

    /// A line up to the moment that is looked at, and faintly what comes after it.
    fn line(
        &self,
        line: &Line,
        axis: &Axis,
        at: PanelPlace,
        (x, data): (&impl Fn(f64) -> f64, &Data),
        order: usize,
    ) -> Drawn<DB> {
        let y = |value: f64| at.bottom - (at.bottom - at.top) * axis.place(value);
        let seen = |points: &[(f64, Option<f64>)], future: bool| -> Vec<Vec<(f64, f64)>> {
            let (from, to) = data.window();
            let (from, to) = if future { (data.now_s.max(from), to) } else { (from, data.now_s.min(to)) };
            let held = |run: &[(f64, Option<f64>)]| held(run, line.steps, &line.breaks);
            let runs = points.split(|(_, value)| value.is_none()).map(|run| within(&held(run), from, to));
            runs.map(|run| run.into_iter().map(|(t, v)| (x(t), y(v))).collect()).collect()
        };
        let upper = |future| seen(&line.upper, future);
        let faint = Pen { strength: self.strength * FAINT, ..*self };
        for (pen, future) in [(&faint, true), (self, false)] {
            for (path, above) in seen(&line.points, future).iter().zip(upper(future)) {
                pen.band(path, &above, line.look)?;
            }
            for path in seen(&line.points, future) {
                pen.path(line, &path, at)?;
            }
        }
        if line.weight == Weight::Main { self.marks(line, at, (x, data), &y, order) } else { Ok(()) }
    }

    /// A line as it went before the last change: thin and dotted, as long as it is.
    fn before(&self, line: &Line, axis: &Axis, at: PanelPlace, (x, data): (&impl Fn(f64) -> f64, &Data)) -> Drawn<DB> {
        let (from, to) = data.window();
        let pen = Pen { strength: 0.75, ..*self };
        let y = |value: f64| at.bottom - (at.bottom - at.top) * axis.place(value);
        for run in line.points.split(|(_, value)| value.is_none()) {
            let run = held(run, line.steps, &line.breaks);
            let path = within(&run, from, to).into_iter().map(|(t, v)| (x(t), y(v))).collect::<Vec<_>>();
            for dash in dashes(&path, &[1.5, 3.0]) {
                pen.stroke(&dash, lane_style(line.look).colour, 1.25)?;
            }
        }
        Ok(())
    }

    /// One unbroken piece of a line.
    fn path(&self, line: &Line, path: &[(f64, f64)], at: PanelPlace) -> Drawn<DB> {
        let style = lane_style(line.look);
        let main = line.weight == Weight::Main;
        let thick = if main { 2.0 } else { 1.0 };
        if !main {
            self.fill(path, at.bottom, style.colour)?;
        }
        for dash in dashes(path, if main { style.dash } else { &[] }) {
            self.stroke(&dash, style.colour, thick)?;
        }
        if let [only] = path {
            self.stroke(&[*only, (only.0 + 1.0, only.1)], style.colour, thick)?;
        }
        Ok(())
    }

    /// The area between a line and its upper edge.
    fn band(&self, path: &[(f64, f64)], above: &[(f64, f64)], look: usize) -> Drawn<DB> {
        if path.len() < 2 || path.len() != above.len() {
            return Ok(());
        }
        let outline = path.iter().chain(above.iter().rev()).map(|p| self.px(*p));
        let tint = lane_style(look).colour.rgb(self.look.theme).mix(0.13 * self.strength);
        self.area.draw(&Polygon::new(outline.collect::<Vec<_>>(), tint.filled()))
    }

    /// Markers a hand's breadth apart, the lanes' ones staggered, and one at the end; a cross where all answers were errors.
    fn marks(
        &self,
        line: &Line,
        at: PanelPlace,
        (x, data): (&impl Fn(f64) -> f64, &Data),
        y: &impl Fn(f64) -> f64,
        order: usize,
    ) -> Drawn<DB> {
        let style = lane_style(line.look);
        let (from, to) = data.window();
        let to = to.min(data.now_s);
        let seen = line.points.iter().filter_map(|(t, value)| Some((*t, (*value)?)));
        let seen = seen.filter(|(t, _)| (from..=to).contains(t));
        let mut next = at.left + 40.0 + 17.0 * (order % 5) as f64;
        let mut free_from = f64::MIN;
        let mut last = None;
        for (t, value) in seen {
            let place = (x(t), y(value));
            last = Some(place);
            if line.fails.contains(&t) {
                if place.0 >= free_from {
                    self.marker(palette::Marker::Cross, place, FAULT, 3.5)?;
                    free_from = place.0 + 9.0;
                }
            } else if place.0 >= next {
                self.marker(style.marker, place, style.colour, 3.5)?;
                next = place.0 + 96.0;
            }
        }
        last.map_or(Ok(()), |place| self.marker(style.marker, place, style.colour, 4.0))
    }

    /// The lines' names where they end, each behind its marker, moved apart where they would overlap.
    fn names(&self, panel: &Panel, at: PanelPlace, x: &impl Fn(f64) -> f64, data: &Data, room: f64) -> Drawn<DB> {
        let lines = panel.lines.iter().filter(|line| line.weight == Weight::Main);
        let mut names: Vec<(f64, &Line)> = lines
            .filter_map(|line| line.end().map(|(_, v)| (v, line)))
            // Where something is counted, those at zero would only crowd the one that is not.
            .filter(|(v, _)| *v > 0.0 || !matches!(panel.axis, Axis::Count { .. } | Axis::Rate { .. }))
            .map(|(v, line)| (at.bottom - (at.bottom - at.top) * panel.axis.place(v), line))
            .collect();
        sort::by(&mut names, |a, b| a.0.total_cmp(&b.0));
        let places = apart(&names.iter().map(|(y, _)| *y).collect::<Vec<_>>(), 15.0, at.top, at.bottom - 4.0);
        let start = x(data.now_s);
        for ((_, line), y) in names.into_iter().zip(places) {
            let style = lane_style(line.look);
            let label = self.cut(end_label(&panel.axis, line), room - NAME_AT);
            let name_at = start + NAME_AT;
            self.ground((start + 6.0, name_at + self.width(&label, TEXT)), y)?;
            self.marker(style.marker, (start + 12.0, y), style.colour, 3.5)?;
            self.text(&label, TEXT, INK, (start + NAME_AT, y), HPos::Left, VPos::Center)?;
        }
        Ok(())
    }

    /// The ground again where a name will stand, and where that is: neither the tint of a fault nor a line must make it hard
    /// to read.
    fn ground(
        &self,
        (left, right): (f64, f64),
        y: f64,
    ) -> Result<[(i32, i32); 2], DrawingAreaErrorKind<DB::ErrorType>> {
        let half = TEXT / 2.0 + 1.0;
        let corners = [self.px((left - 2.0, y - half)), self.px((right + 2.0, y + half))];
        self.area.draw(&Rectangle::new(corners, GROUND.rgb(self.look.theme).mix(0.85).filled()))?;
        Ok(corners)
    }

    /// A colour as strong as this pen draws.
    pub(super) fn ink(&self, colour: Token) -> RGBAColor {
        colour.rgb(self.look.theme).mix(self.strength)
    }

    fn fill(&self, path: &[(f64, f64)], bottom: f64, colour: Token) -> Drawn<DB> {
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return Ok(()) };
        let outline = path.iter().copied().chain([(last.0, bottom), (first.0, bottom)]).map(|p| self.px(p));
        let tint = colour.rgb(self.look.theme).mix(0.12 * self.strength);
        self.area.draw(&Polygon::new(outline.collect::<Vec<_>>(), tint.filled()))
    }

    pub(super) fn stroke(&self, path: &[(f64, f64)], colour: Token, thick: f64) -> Drawn<DB> {
        let style = self.ink(colour).stroke_width(self.thick(thick));
        self.area.draw(&PathElement::new(path.iter().map(|p| self.px(*p)).collect::<Vec<_>>(), style))
    }

    fn text(&self, text: &str, size: f64, ink: Token, at: (f64, f64), h: HPos, v: VPos) -> Drawn<DB> {
        let rgb = ink.rgb(self.look.theme);
        let style = self.style(size).with_color(rgb).with_anchor::<RGBColor>(Pos::new(h, v));
        self.area.draw_text(text, &style.into_text_style(self.area), self.px(at))
    }

    fn width(&self, text: &str, size: f64) -> f64 {
        // Where the backend cannot measure, plotters guesses, and too little: a guess of our own is the least.
        let em: f64 = text.chars().map(|c| if c > '\u{2e80}' { 1.0 } else { 0.52 }).sum();
        let style = self.style(size).into_text_style(self.area);
        let measured = self.area.estimate_text_size(text, &style).map_or(0.0, |(w, _)| f64::from(w) / self.look.unit);
        measured.max(em * size)
    }

    /// `text`, cut to `room` with an ellipsis.
    fn cut(&self, mut text: String, room: f64) -> String {
        if self.width(&text, TEXT) <= room {
            return text;
        }
        while !text.is_empty() && self.width(&text, TEXT) + TEXT > room {
            text.pop();
        }
        text.truncate(text.trim_end().len());
        text.push('…');
        text
    }

    fn style(&self, size: f64) -> FontDesc<'static> {
        FontDesc::new(FontFamily::Name(self.look.family), size * self.look.unit, FontStyle::Normal)
    }

    pub(super) fn px(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (libm::round(x * self.look.unit) as i32, libm::round(y * self.look.unit) as i32)
    }

    pub(super) fn thick(&self, width: f64) -> u32 {
        (width * self.look.unit) as u32
    }

    /// The middle of a whole pixel, where a thin rule is sharp.
    fn crisp(&self, v: f64) -> f64 {
        libm::floor(v) + 0.5
    }
}

/// How strong a line is after the moment that is looked at.
const FAINT: f64 = 0.3;

/// The corners of an unbroken line. In steps, a value holds until the next; else until a fault that begins before the next,
/// for what it did was not there before it.
fn held(run: &[(f64, Option<f64>)], steps: bool, breaks: &[f64]) -> Vec<(f64, f64)> {
    let run: Vec<(f64, f64)> = run.iter().filter_map(|(t, v)| Some((*t, (*v)?))).collect();
    if steps {
        return stairs(&run);
    }
    let mut held: Vec<(f64, f64)> = Vec::with_capacity(run.len());
    for &(t, v) in &run {
        if let Some(&(at, before)) = held.last() {
            let struck = breaks.iter().copied().filter(|begins| at < *begins && *begins < t);
            held.extend(struck.reduce(f64::max).map(|begins| (begins, before)));
        }
        held.push((t, v));
    }
    held
}

/// The part of a line between two moments, cut where it crosses them.
fn within(run: &[(f64, f64)], from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut cut = Vec::with_capacity(run.len());
    for (i, &(t, v)) in run.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| run[i]);
        let edge = |edge: f64| {
            let (at, value) = before.filter(|(at, _)| *at < edge && edge < t)?;
            Some((edge, value + (v - value) * (edge - at) / (t - at)))
        };
        cut.extend(edge(from));
        if (from..=to).contains(&t) {
            cut.push((t, v));
        } else if t > to {
            cut.extend(edge(to).filter(|_| to > from));
            break;
        }
    }
    cut
}

fn stairs(run: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut stairs: Vec<(f64, f64)> = Vec::with_capacity(2 * run.len());
    for &(t, v) in run {
        if let Some(&(_, before)) = stairs.last().filter(|(_, before)| *before != v) {
            stairs.push((t, before));
        }
        stairs.push((t, v));
    }
    stairs
}

/// Cuts a path into dashes; `pattern` gives lengths of dash and gap in turn, an empty one leaves the path whole.
fn dashes(path: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    if path.len() < 2 {
        return Vec::new();
    }
    if pattern.is_empty() {
        return vec![path.to_vec()];
    }
    let mut cut = Vec::new();
    let mut dash = vec![path[0]];
    let (mut part, mut left) = (0, pattern[0]);
    for pair in path.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = libm::sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
        let mut gone = 0.0;
        while length - gone > left {
            gone += left;
            let at = (x0 + (x1 - x0) * gone / length, y0 + (y1 - y0) * gone / length);
            if part % 2 == 0 {
                dash.push(at);
                cut.push(std::mem::take(&mut dash));
            } else {
                dash = vec![at];
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - gone;
        if part % 2 == 0 {
            dash.push((x1, y1));
        }
    }
    if dash.len() > 1 {
        cut.push(dash);
    }
    cut
}

/// Moves sorted places at least `gap` apart, within `low..=high` as far as there is room, each as near to its own as it goes.
fn apart(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut places = wanted.to_vec();
    for i in 0..places.len() {
        let floor = if i == 0 { low } else { places[i - 1] + gap };
        places[i] = places[i].max(floor);
    }
    for i in (0..places.len()).rev() {
        let roof = if i + 1 == places.len() { high } else { places[i + 1] - gap };
        places[i] = places[i].min(roof);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_would_overlap_move_apart() {
        assert_eq!(apart(&[10.0, 11.0, 12.0], 14.0, 0.0, 100.0), [10.0, 24.0, 38.0]);
        assert_eq!(apart(&[98.0, 99.0], 14.0, 0.0, 100.0), [86.0, 100.0]);
    }

    #[test]
    fn a_line_is_cut_at_the_moments_that_are_shown() {
        let run = [(0.0, Some(0.0)), (10.0, Some(10.0)), (20.0, Some(10.0))];
        let [plain, steps] = [false, true].map(|steps| held(&run, steps, &[]));
        assert_eq!(within(&plain, 4.0, 12.0), [(4.0, 4.0), (10.0, 10.0), (12.0, 10.0)]);
        assert_eq!(within(&steps, 4.0, 12.0), [(4.0, 0.0), (10.0, 0.0), (10.0, 10.0), (12.0, 10.0)]);
        assert_eq!(within(&plain, 30.0, 40.0), []);
    }

    #[test]
    fn a_line_does_not_move_before_the_fault_that_moves_it() {
        let run = [(0.0, Some(0.0)), (10.0, Some(10.0))];
        assert_eq!(held(&run, false, &[4.0, 7.0]), [(0.0, 0.0), (7.0, 0.0), (10.0, 10.0)]);
        assert_eq!(held(&run, false, &[0.0, 10.0]), [(0.0, 0.0), (10.0, 10.0)]);
    }

    #[test]
    fn a_dashed_line_is_as_long_as_its_dashes() {
        let cut = dashes(&[(0.0, 0.0), (10.0, 0.0)], &[4.0, 2.0]);
        assert_eq!(cut, [vec![(0.0, 0.0), (4.0, 0.0)], vec![(6.0, 0.0), (10.0, 0.0)]]);
    }
}
