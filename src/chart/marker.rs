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
