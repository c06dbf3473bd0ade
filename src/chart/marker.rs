//! The shapes that mark a lane's points.

use plotters::prelude::*;

use super::draw::{Drawn, Pen};
use super::palette::{GROUND, Marker, Token};

impl<DB: DrawingBackend> Pen<'_, DB> {
    /// Draws a marker of radius `r`.
    pub(super) fn marker(&self, marker: Marker, (x, y): (f64, f64), colour: Token, r: f64) -> Drawn<DB> {
        let rgb = self.ink(colour);
        let around = |points: &[(f64, f64)]| -> Vec<(i32, i32)> {
            points.iter().map(|(dx, dy)| self.px((x + dx * r, y + dy * r))).collect()
        };
        let shape: &[(f64, f64)] = match marker {
            Marker::Circle => {
                let radius = (r * self.look.unit) as i32;
                return self.area.draw(&Circle::new(self.px((x, y)), radius, rgb.filled()));
            }
            Marker::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Marker::Triangle => &[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
            Marker::Down => &[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
            Marker::Diamond => &[(0.0, -1.25), (1.1, 0.0), (0.0, 1.25), (-1.1, 0.0)],
            Marker::Bar => &[(-0.4, -1.2), (0.4, -1.2), (0.4, 1.2), (-0.4, 1.2)],
            Marker::Left => &[(-1.15, 0.0), (0.85, -1.1), (0.85, 1.1)],
            // Hollow: the ground shows, not the line.
            Marker::Ring => {
                let (at, radius) = (self.px((x, y)), (r * self.look.unit) as i32);
                self.area.draw(&Circle::new(at, radius, self.ink(GROUND).filled()))?;
                return self.area.draw(&Circle::new(at, radius, rgb.stroke_width(self.thick(1.6))));
            }
            Marker::Frame => {
                let corners = around(&[(-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95), (-0.95, -0.95)]);
                self.area.draw(&Polygon::new(corners.clone(), self.ink(GROUND).filled()))?;
                return self.area.draw(&PathElement::new(corners, rgb.stroke_width(self.thick(1.6))));
            }
            Marker::Star => {
                for (dx, dy) in [(0.0, 1.25), (1.1, 0.62), (1.1, -0.62)] {
                    self.stroke(&[(x - dx * r, y - dy * r), (x + dx * r, y + dy * r)], colour, 1.6)?;
                }
                return Ok(());
            }
            Marker::Cross | Marker::Plus => {
                let d = if marker == Marker::Cross { (0.9, 0.9) } else { (0.0, 1.2) };
                self.stroke(&[(x - d.0 * r, y - d.1 * r), (x + d.0 * r, y + d.1 * r)], colour, 2.0)?;
                return self.stroke(&[(x - d.1 * r, y + d.0 * r), (x + d.1 * r, y - d.0 * r)], colour, 2.0);
            }
        };
        self.area.draw(&Polygon::new(around(shape), rgb.filled()))
    }
}

/// How a marker's outline is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Paint {
    Filled,
    Stroked,
    /// Stroked, over the ground.
    Hollow,
}

impl Marker {
    /// Its outline as SVG path data, in the middle of a piece of line 28 wide and 12 high.
    pub fn outline(self) -> (&'static str, Paint) {
        match self {
            Marker::Circle => ("M10.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", Paint::Filled),
            Marker::Square => ("M10.8 2.8h6.4v6.4h-6.4z", Paint::Filled),
            Marker::Triangle => ("M14 1.8l4 7.2h-8z", Paint::Filled),
            Marker::Down => ("M14 10.2l4-7.2h-8z", Paint::Filled),
            Marker::Diamond => ("M14 1.4l4 4.6-4 4.6-4-4.6z", Paint::Filled),
            Marker::Cross => ("M11 3l6 6M17 3l-6 6", Paint::Stroked),
            Marker::Plus => ("M14 1.5v9M9.5 6h9", Paint::Stroked),
            Marker::Bar => ("M12.6 1.8h2.8v8.4h-2.8z", Paint::Filled),
            Marker::Ring => ("M10.8 6a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z", Paint::Hollow),
            Marker::Frame => ("M11 3h6v6h-6z", Paint::Hollow),
            Marker::Star => ("M14 1.5v9M10.1 3.8l7.8 4.4M10.1 8.2l7.8-4.4", Paint::Stroked),
            Marker::Left => ("M9.8 6l7.2-4v8z", Paint::Filled),
        }
    }
}
