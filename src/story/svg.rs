//! A story as SVG: a column for each who takes part, time from top to bottom.
//!
//! In the page its colours are the page's custom properties, so that it follows the theme. A file stands alone, and what
//! opens it need not know custom properties: it has the light theme's colours themselves, and says from which run it is.

use std::fmt::Write as _;

use super::{Line, Role, Story, stamp};
use crate::escape::shown;
use crate::phrase::{Language, Phrase};

const COLUMN: f64 = 148.0;
/// Room for the times at the left.
const TIMES: f64 = 100.0;
const HEAD: f64 = 46.0;
const LINE: f64 = 15.0;
/// Between two lines of the story.
const GAP: f64 = 17.0;
const PAD: f64 = 6.0;

/// A colour of the page: its custom property, and its value in the light theme, as in `chart::palette`.
#[derive(Clone, Copy)]
struct Colour(&'static str, &'static str);

const GROUND: Colour = Colour("ground", "#fbfaf7");
const INK: Colour = Colour("ink", "#1b1d20");
const SOFT: Colour = Colour("soft", "#5d6067");
const EDGE: Colour = Colour("edge", "#85878c");
const QUIET: Colour = Colour("quiet", "#efede7");
const FAULT: Colour = Colour("fault", "#b3243b");

/// Where a picture stands.
#[derive(Clone, Copy)]
enum Place {
    Page,
    File,
}

impl Colour {
    fn at(self, place: Place) -> String {
        let Colour(name, light) = self;
        match place {
            Place::Page => format!("var(--{name}, {light})"),
            Place::File => light.to_owned(),
        }
    }
}

const LABEL: Phrase = Phrase::fixed("Sequence diagram", "시퀀스 다이어그램");

/// How wide the picture is of so many who take part, pixels.
pub(super) fn width(actors: usize) -> f64 {
    TIMES + actors.max(1) as f64 * COLUMN + PAD
}

/// For the page.
pub(super) fn svg(story: &Story, language: Language) -> String {
    drawn(story, language, Place::Page, [&[], &[]])
}

/// For a file: above the picture stand its titles, the first of them bold, and below it the notes.
pub(super) fn file(story: &Story, language: Language, titles: &[String], notes: &[String]) -> String {
    let width = TIMES + story.actors.len().max(1) as f64 * COLUMN;
    let notes: Vec<String> = notes.iter().flat_map(|note| wrapped(note, width - 4.0 * PAD)).collect();
    drawn(story, language, Place::File, [titles, &notes])
}

fn drawn(story: &Story, language: Language, place: Place, [titles, notes]: [&[String]; 2]) -> String {
    let mut drawing = Drawing { body: String::new(), y: HEAD + GAP, columns: story.actors.len(), language, place };
    for line in &story.lines {
        drawing.line(line);
    }
    let columns_end = drawing.y + PAD;
    drawing.rows(notes, columns_end, "400");
    let width = drawing.width();
    let (mut heads, mut top) = (Vec::new(), 0.0);
    for (number, title) in titles.iter().enumerate() {
        let rows = wrapped(title, width - 4.0 * PAD);
        top -= LINE * rows.len() as f64;
        heads.push((rows, if number == 0 { "700" } else { "400" }));
    }
    let mut y = top;
    for (rows, weight) in heads {
        y = drawing.rows(&rows, y, weight);
    }
    let bottom = columns_end + if notes.is_empty() { 0.0 } else { LINE * notes.len() as f64 + PAD };
    let height = bottom - top;
    let label = xml(&format!("{}: {}", LABEL.say(language), super::case_title(&story.case).say(language)));
    let [ground, ink, edge, quiet] = [GROUND, INK, EDGE, QUIET].map(|colour| colour.at(place));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {top} {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{label}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n"
    );
    for (number, actor) in story.actors.iter().enumerate() {
        let x = drawing.x(number);
        let _ = write!(
            text,
            "<path d=\"M{x} {HEAD}V{columns_end}\" stroke=\"{edge}\" stroke-dasharray=\"3 3\"/>\n\
             <rect x=\"{}\" y=\"8\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"{quiet}\" stroke=\"{edge}\"/>\n\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"{ink}\" font-weight=\"600\">{}</text>\n",
            x - COLUMN / 2.0 + 5.0,
            COLUMN - 10.0,
            HEAD - 14.0,
            HEAD / 2.0 + 5.0,
            xml(actor.name.say(language))
        );
    }
    text + &drawing.body + "</svg>\n"
}

struct Drawing {
    body: String,
    y: f64,
    columns: usize,
    language: Language,
    place: Place,
}

impl Drawing {
    fn width(&self) -> f64 {
        width(self.columns)
    }

    fn x(&self, column: usize) -> f64 {
        TIMES + (column as f64 + 0.5) * COLUMN
    }

    /// Rows of text at the left edge; gives where they end.
    fn rows(&mut self, rows: &[String], top: f64, weight: &str) -> f64 {
        let mut y = top;
        for row in rows {
            y += LINE;
            self.text(2.0 * PAD, y, ("start", if weight == "400" { SOFT } else { INK }, weight), row);
        }
        y
    }

    fn line(&mut self, line: &Line) {
        if line.skipped > 0 {
            self.text(TIMES - 2.0 * PAD, self.y + LINE - 4.0, ("end", SOFT, "400"), "…");
            self.y += LINE + PAD;
        }
        let (ink, weight) = match line.role {
            Role::Plain => (INK, "400"),
            Role::Cause => (FAULT, "700"),
            Role::Outcome => (INK, "700"),
        };
        self.text(TIMES - 2.0 * PAD, self.y + LINE - 4.0, ("end", SOFT, "400"), stamp(line.at).say(self.language));
        if line.from == line.to {
            self.note(line, ink, weight);
        } else {
            self.arrow(line, ink, weight);
        }
        self.y += GAP;
    }

    /// What happens in one place: a box over its column, moved so that it stays inside.
    fn note(&mut self, line: &Line, ink: Colour, weight: &str) {
        let widest = (self.columns as f64 * COLUMN - PAD).min(1.7 * COLUMN);
        let rows = wrapped(line.text.say(self.language), widest - 2.0 * PAD);
        let width = rows.iter().map(|row| length(row)).fold(0.0, f64::max) + 2.0 * PAD;
        let left = (self.x(line.from) - width / 2.0).clamp(TIMES, (self.width() - width).max(TIMES));
        let height = rows.len() as f64 * LINE + PAD;
        let edge = if line.role == Role::Plain { EDGE } else { ink }.at(self.place);
        let (y, quiet) = (self.y - 2.0, QUIET.at(self.place));
        let _ = writeln!(
            self.body,
            "<rect x=\"{left:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" rx=\"3\" fill=\"{quiet}\" \
             stroke=\"{edge}\"/>"
        );
        for row in rows {
            self.y += LINE;
            self.text(left + width / 2.0, self.y - 3.0, ("middle", ink, weight), &row);
        }
    }

    /// A message: its text, and below it an arrow.
    fn arrow(&mut self, line: &Line, ink: Colour, weight: &str) {
        let (from, to) = (self.x(line.from), self.x(line.to));
        let rows = wrapped(line.text.say(self.language), ((from - to).abs() - 12.0).max(COLUMN - 12.0));
        for row in rows {
            self.text((from + to) / 2.0, self.y + LINE - 4.0, ("middle", ink, weight), &row);
            self.y += LINE;
        }
        let (y, back) = (self.y + 1.0, if to > from { -7.0 } else { 7.0 });
        let stroke = if line.role == Role::Plain { 1.2 } else { 2.2 };
        let ink = ink.at(self.place);
        let _ = writeln!(
            self.body,
            "<path d=\"M{from} {y}H{to}\" stroke=\"{ink}\" stroke-width=\"{stroke}\" fill=\"none\"/>\n\
             <path d=\"M{to} {y}l{back} -4v8z\" fill=\"{ink}\"/>"
        );
        self.y += PAD;
    }

    /// With the ground behind its letters, where lines cross them.
    fn text(&mut self, x: f64, y: f64, (anchor, ink, weight): (&str, Colour, &str), text: &str) {
        let [ink, ground] = [ink, GROUND].map(|colour| colour.at(self.place));
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{ink}\" font-weight=\"{weight}\" \
             paint-order=\"stroke\" stroke=\"{ground}\" stroke-width=\"3\">{}</text>",
            xml(text)
        );
    }
}

/// A text inside a tag or an attribute.
fn xml(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// About how long a text is, at 12 pixels: letters of Korean are wide.
fn length(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 6.9 } else { 12.5 }).sum()
}

/// A text in rows of at most about this length, cut at spaces.
fn wrapped(text: &str, longest: f64) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let row = rows.last_mut().expect("there is a row");
        if !row.is_empty() && length(row) + length(word) + 7.0 > longest {
            rows.push(word.to_owned());
        } else {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::palette::GROUNDS;

    #[test]
    fn the_colours_are_those_of_the_light_theme() {
        for Colour(name, light) in [GROUND, INK, SOFT, EDGE, QUIET, FAULT] {
            let token = GROUNDS.iter().find(|token| token.name == name).expect("a colour of the page");
            assert_eq!(light, format!("#{:06x}", token.light), "{name}");
        }
    }
}
