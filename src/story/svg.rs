//! A story as SVG: a column for each who takes part, time from top to bottom.
//!
//! Its colours are the page's custom properties, so that it follows the theme where it stands in the page; each has the
//! light theme's value behind it, for a file that stands alone.

use std::fmt::Write as _;

use super::{Line, Role, Story, stamp};
use crate::phrase::{Language, Phrase};

const COLUMN: f64 = 148.0;
/// Room for the times at the left.
const TIMES: f64 = 100.0;
const HEAD: f64 = 46.0;
const LINE: f64 = 15.0;
/// Between two lines of the story.
const GAP: f64 = 17.0;
const PAD: f64 = 6.0;

const GROUND: &str = "var(--ground, #fbfaf7)";
const INK: &str = "var(--ink, #1b1d20)";
const SOFT: &str = "var(--soft, #5d6067)";
const EDGE: &str = "var(--edge, #85878c)";
const QUIET: &str = "var(--quiet, #efede7)";
const FAULT: &str = "var(--fault, #b3243b)";

const LABEL: Phrase = Phrase::fixed("Sequence diagram", "시퀀스 다이어그램");

pub(super) fn svg(story: &Story, language: Language) -> String {
    let mut drawing = Drawing { body: String::new(), y: HEAD + GAP, columns: story.actors.len(), language };
    for line in &story.lines {
        drawing.line(line);
    }
    let (width, height) = (drawing.width(), drawing.y + PAD);
    let label = xml(&format!("{}: {}", LABEL.say(language), super::case_title(&story.case).say(language)));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{label}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/>\n"
    );
    for (number, actor) in story.actors.iter().enumerate() {
        let x = drawing.x(number);
        let _ = write!(
            text,
            "<path d=\"M{x} {HEAD}V{height}\" stroke=\"{EDGE}\" stroke-dasharray=\"3 3\"/>\n\
             <rect x=\"{}\" y=\"8\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"{QUIET}\" stroke=\"{EDGE}\"/>\n\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"{INK}\" font-weight=\"600\">{}</text>\n",
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
}

impl Drawing {
    fn width(&self) -> f64 {
        TIMES + self.columns.max(1) as f64 * COLUMN + PAD
    }

    fn x(&self, column: usize) -> f64 {
        TIMES + (column as f64 + 0.5) * COLUMN
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
        self.text(TIMES - 2.0 * PAD, self.y + LINE - 4.0, ("end", SOFT, "400"), &stamp(line.at));
        if line.from == line.to {
            self.note(line, ink, weight);
        } else {
            self.arrow(line, ink, weight);
        }
        self.y += GAP;
    }

    /// What happens in one place: a box over its column, moved so that it stays inside.
    fn note(&mut self, line: &Line, ink: &str, weight: &str) {
        let widest = (self.columns as f64 * COLUMN - PAD).min(1.7 * COLUMN);
        let rows = wrapped(line.text.say(self.language), widest - 2.0 * PAD);
        let width = rows.iter().map(|row| length(row)).fold(0.0, f64::max) + 2.0 * PAD;
        let left = (self.x(line.from) - width / 2.0).clamp(TIMES, (self.width() - width).max(TIMES));
        let height = rows.len() as f64 * LINE + PAD;
        let (y, edge) = (self.y - 2.0, if line.role == Role::Plain { EDGE } else { ink });
        let _ = writeln!(
            self.body,
            "<rect x=\"{left:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" rx=\"3\" fill=\"{QUIET}\" \
             stroke=\"{edge}\"/>"
        );
        for row in rows {
            self.y += LINE;
            self.text(left + width / 2.0, self.y - 3.0, ("middle", ink, weight), &row);
        }
    }

    /// A message: its text, and below it an arrow.
    fn arrow(&mut self, line: &Line, ink: &str, weight: &str) {
        let (from, to) = (self.x(line.from), self.x(line.to));
        let rows = wrapped(line.text.say(self.language), ((from - to).abs() - 12.0).max(COLUMN - 12.0));
        for row in rows {
            self.text((from + to) / 2.0, self.y + LINE - 4.0, ("middle", ink, weight), &row);
            self.y += LINE;
        }
        let (y, back) = (self.y + 1.0, if to > from { -7.0 } else { 7.0 });
        let stroke = if line.role == Role::Plain { 1.2 } else { 2.2 };
        let _ = writeln!(
            self.body,
            "<path d=\"M{from} {y}H{to}\" stroke=\"{ink}\" stroke-width=\"{stroke}\" fill=\"none\"/>\n\
             <path d=\"M{to} {y}l{back} -4v8z\" fill=\"{ink}\"/>"
        );
        self.y += PAD;
    }

    /// With the ground behind its letters, where lines cross them.
    fn text(&mut self, x: f64, y: f64, (anchor, ink, weight): (&str, &str, &str), text: &str) {
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{ink}\" font-weight=\"{weight}\" \
             paint-order=\"stroke\" stroke=\"{GROUND}\" stroke-width=\"3\">{}</text>",
            xml(text)
        );
    }
}

/// A text inside a tag or an attribute.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
