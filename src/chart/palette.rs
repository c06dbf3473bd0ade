//! The design tokens: every colour of the page and of the figures, by name, for both themes.
//!
//! `static/style.css` repeats them as custom properties (`--lane-1`, `--fault`, …); a test holds the two together.
//! The lane colours are Okabe and Ito's, some a little darker on the light ground so that a thin line keeps a contrast of
//! 3 : 1 with it. No lane is told by its colour alone: each has its own dash and its own marker.

use plotters::style::RGBColor;

use crate::scenario::COLOURS;
use crate::scenario::limits::LANES_MAX;

/// Light or dark ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on a light ground.
    #[default]
    Light,
    /// Light ink on a dark ground.
    Dark,
}

/// One colour with its value in both themes, as `0xRRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The name of the custom property, without its two dashes.
    pub name: &'static str,
    /// On the light ground.
    pub light: u32,
    /// On the dark ground.
    pub dark: u32,
}

const fn token(name: &'static str, light: u32, dark: u32) -> Token {
    Token { name, light, dark }
}

/// What everything stands on.
pub const GROUND: Token = token("ground", 0xfbfaf7, 0x15171a);
/// Text and what matters.
pub const INK: Token = token("ink", 0x1b1d20, 0xeceae4);
/// Secondary text: axis labels, hints.
pub const SOFT: Token = token("soft", 0x5d6067, 0xa3a6ab);
/// Thin rules and grids.
pub const RULE: Token = token("rule", 0xdedbd3, 0x33363b);
/// Quiet fills: tracks, pressed buttons.
pub const QUIET: Token = token("quiet", 0xefede7, 0x212429);
/// Borders of controls; 3 : 1 on the ground.
pub const EDGE: Token = token("edge", 0x85878c, 0x73777e);
/// Faults, losses, warnings.
pub const FAULT: Token = token("fault", 0xb3243b, 0xff8093);

/// The lanes' colours. Further looks begin again with the first, and differ by dash and marker.
pub const LANES: [Token; COLOURS] = [
    token("lane-1", 0x0072b2, 0x56b4e9),
    token("lane-2", 0xb87700, 0xe69f00),
    token("lane-3", 0x008a64, 0x22b58c),
    token("lane-4", 0xd55e00, 0xf0732e),
    token("lane-5", 0xb85c92, 0xd890b8),
    token("lane-6", 0x2f93c9, 0x3d8fd1),
    token("lane-7", 0x8a8000, 0xf0e442),
    token("lane-8", 0x6b6e75, 0x9da1a8),
];

/// Every token but the lanes'.
pub const GROUNDS: [Token; 7] = [GROUND, INK, SOFT, RULE, QUIET, EDGE, FAULT];

impl Token {
    /// The colour in `theme`.
    pub fn rgb(self, theme: Theme) -> RGBColor {
        let value = match theme {
            Theme::Light => self.light,
            Theme::Dark => self.dark,
        };
        RGBColor((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }
}

/// The shape that marks a lane's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
    Plus,
    Down,
    Bar,
    Ring,
    Frame,
    Star,
    Left,
}

/// How one lane is drawn everywhere: figure, legend, scoreboard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneStyle {
    /// Its colour.
    pub colour: Token,
    /// Its marker.
    pub marker: Marker,
    /// Lengths of dash and gap in CSS pixels, in turn; empty is a full line.
    pub dash: &'static [f64],
}

const DASHES: [&[f64]; LANES_MAX] = [
    &[],
    &[9.0, 3.0],
    &[2.5, 2.5],
    &[14.0, 3.0, 2.5, 3.0],
    &[5.0, 3.0],
    &[18.0, 4.0],
    &[5.0, 2.5, 2.5, 2.5],
    &[1.5, 4.0],
    &[12.0, 6.0],
    &[14.0, 3.0, 2.5, 3.0, 2.5, 3.0],
    &[6.0, 2.5, 6.0, 2.5, 2.5, 2.5],
    &[3.0, 7.0],
];

const MARKERS: [Marker; LANES_MAX] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Cross,
    Marker::Plus,
    Marker::Down,
    Marker::Bar,
    Marker::Ring,
    Marker::Frame,
    Marker::Star,
    Marker::Left,
];

/// What the look of that number (from 0, see [`Scenario::looks`]) is like.
///
/// [`Scenario::looks`]: crate::scenario::Scenario::looks
pub fn lane_style(look: usize) -> LaneStyle {
    let n = look % LANES_MAX;
    LaneStyle { colour: LANES[n % COLOURS], marker: MARKERS[n], dash: DASHES[n] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(rgb: u32) -> f64 {
        let channel = |shift: u32| {
            let c = f64::from((rgb >> shift) as u8) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_lane_stands_out_from_the_ground() {
        for lane in LANES.iter().chain([&EDGE]) {
            assert!(contrast(lane.light, GROUND.light) >= 3.0, "{} on light", lane.name);
            assert!(contrast(lane.dark, GROUND.dark) >= 3.0, "{} on dark", lane.name);
        }
    }

    #[test]
    fn any_two_lanes_differ_in_dash_and_in_marker() {
        let styles: Vec<LaneStyle> = (0..LANES_MAX).map(lane_style).collect();
        for (i, one) in styles.iter().enumerate() {
            for (j, other) in styles.iter().enumerate().skip(i + 1) {
                assert!(one.dash != other.dash && one.marker != other.marker, "lanes {i} and {j}");
                assert!(one.colour != other.colour || j - i >= COLOURS, "neighbours {i} and {j} have one colour");
            }
        }
    }

    #[test]
    fn every_text_can_be_read() {
        for text in [INK, SOFT, FAULT] {
            for ground in [GROUND, QUIET] {
                assert!(contrast(text.light, ground.light) >= 4.5, "{} on light {}", text.name, ground.name);
                assert!(contrast(text.dark, ground.dark) >= 4.5, "{} on dark {}", text.name, ground.name);
            }
        }
    }

    #[test]
    fn the_styles_of_the_page_use_these_very_colours() {
        let css = include_str!("../../static/style.css");
        for token in GROUNDS.iter().chain(&LANES) {
            for value in [token.light, token.dark] {
                let line = format!("--{}: #{value:06x};", token.name);
                assert!(css.contains(&line), "style.css lacks `{line}`");
            }
        }
    }
}
