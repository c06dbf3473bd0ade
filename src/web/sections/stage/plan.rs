//! Where everything stands on a strip, in CSS pixels. The style sheet puts the parts' buttons at the same places.

use super::film::{Dot, Place};
use crate::stage::{Errand, Part};

/// How high a strip is.
pub const HEIGHT: f64 = 72.0;

/// A strip that is less wide is a narrow one.
const NARROW: f64 = 480.0;

/// The middle of the way from part to part.
const WAY: f64 = 33.0;

/// The height of the way past the cache.
const PAST: f64 = 6.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub w: f64,
    /// How high.
    pub h: f64,
}

impl Area {
    fn middle(self) -> f64 {
        self.x + self.w / 2.0
    }
}

/// A part on a strip that is `width` wide.
pub fn part(part: Part, width: f64) -> Area {
    // `.part-app` and its like in static/style.css; where there is little room, most of it is for their texts
    let (from, to) = match (part, width < NARROW) {
        (Part::Client, false) => (0.0, 0.12),
        (Part::Client, true) => (0.0, 0.15),
        (Part::App, false) => (0.23, 0.41),
        (Part::App, true) => (0.20, 0.42),
        (Part::Cache, false) => (0.52, 0.72),
        (Part::Cache, true) => (0.50, 0.75),
        (Part::Database, false) => (0.83, 1.0),
        (Part::Database, true) => (0.80, 1.0),
    };
    Area { x: width * from, y: 14.0, w: width * (to - from), h: 38.0 }
}

/// The tray of lost writes, below the cache.
pub fn tray(width: f64) -> Area {
    Area { y: 54.0, h: 18.0, ..part(Part::Cache, width) }
}

/// The way from one part to another: straight ahead, or past the cache.
pub fn way(from: Part, to: Part, width: f64) -> Vec<(f64, f64)> {
    let (a, b) = (part(from, width), part(to, width));
    let forth = a.x < b.x;
    if matches!((from, to), (Part::App, Part::Database) | (Part::Database, Part::App)) {
        return vec![(a.middle(), a.y), (a.middle(), PAST), (b.middle(), PAST), (b.middle(), b.y)];
    }
    let (start, end) = if forth { (a.x + a.w, b.x) } else { (a.x, b.x + b.w) };
    vec![(start, WAY), (end, WAY)]
}

/// The point that lies `share` of a way from its start.
pub fn along(way: &[(f64, f64)], share: f64) -> (f64, f64) {
    let lengths: Vec<f64> =
        way.windows(2).map(|ends| libm::hypot(ends[1].0 - ends[0].0, ends[1].1 - ends[0].1)).collect();
    let mut left = lengths.iter().sum::<f64>() * share.clamp(0.0, 1.0);
    for (ends, length) in way.windows(2).zip(&lengths) {
        if left <= *length {
            let part = if *length > 0.0 { left / length } else { 0.0 };
            return (ends[0].0 + (ends[1].0 - ends[0].0) * part, ends[0].1 + (ends[1].1 - ends[0].1) * part);
        }
        left -= length;
    }
    way.last().copied().unwrap_or_default()
}

/// Where a dot is drawn. Each journey has a track of its own, so that few cover each other; requests go above answers.
pub fn point(dot: &Dot, width: f64) -> (f64, f64) {
    let track = f64::from(dot.journey.wrapping_mul(0x9e37_79b9) >> 28); // 0 to 15, far apart for neighbours
    match dot.place {
        Place::Between(from, to, share) => {
            let (x, y) = along(&way(from, to, width), share);
            let is_past = matches!((from, to), (Part::App, Part::Database) | (Part::Database, Part::App));
            let side = if from < to { -1.0 } else { 1.0 };
            (x, y + if is_past { side * track / 8.0 } else { side * (2.0 + track / 2.0) })
        }
        Place::At(at) => {
            let area = part(at, width);
            let rows = if dot.errand == Errand::Flush { 0.5 } else { track / 15.0 };
            (area.x + 5.0 + (area.w - 10.0) * rows, area.y + area.h - 9.0)
        }
    }
}

/// That point, moved so that a ring of that radius around it is not cut at an edge.
pub fn inside((x, y): (f64, f64), radius: f64, width: f64) -> (f64, f64) {
    (x.min(width - radius).max(radius), y.min(HEIGHT - radius).max(radius))
}

/// How thick a flow of so many messages a second is drawn.
pub fn thickness(per_s: f64) -> f64 {
    if per_s <= 0.0 { 0.0 } else { (1.0 + libm::log2(per_s.max(1.0)) * 0.5).min(8.0) }
}

/// How many of `count` things are drawn as small squares, of which there are `most`: one each, or one for several.
pub fn squares(count: u64, most: u64) -> u64 {
    let each = count.div_ceil(most.max(1)).max(1).next_power_of_two();
    count.div_ceil(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_nowhere_cut() {
        assert_eq!(inside((100.0, 4.0), 7.5, 300.0), (100.0, 7.5));
        assert_eq!(inside((299.0, 70.0), 7.5, 300.0), (292.5, 64.5));
        assert_eq!(inside((0.0, 30.0), 7.5, 300.0), (7.5, 30.0));
    }
    use crate::web::sections::stage::film::Look;

    #[test]
    fn ways_lead_from_part_to_part_and_past_the_cache() {
        for width in [320.0, 900.0] {
            let inside = |(x, y): (f64, f64), at: Part| {
                let area = part(at, width);
                (area.x - 0.1..=area.x + area.w + 0.1).contains(&x) && (area.y - 0.1..=area.y + area.h).contains(&y)
            };
            let pairs = [
                (Part::Client, Part::App),
                (Part::App, Part::Cache),
                (Part::Cache, Part::Database),
                (Part::App, Part::Database),
            ];
            for (a, b) in pairs {
                for (from, to) in [(a, b), (b, a)] {
                    let way = way(from, to, width);
                    assert!(inside(along(&way, 0.0), from) && inside(along(&way, 1.0), to), "{from:?} {to:?}");
                    assert!(!inside(along(&way, 0.5), Part::Cache), "nothing goes through the cache");
                }
            }
        }
    }

    #[test]
    fn a_point_goes_along_at_an_even_pace() {
        let way = [(0.0, 0.0), (0.0, 10.0), (30.0, 10.0)];
        assert_eq!([along(&way, 0.0), along(&way, 0.25), along(&way, 0.5)], [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0)]);
        assert_eq!([along(&way, 1.0), along(&way, 7.0)], [(30.0, 10.0); 2]);
    }

    #[test]
    fn everything_stays_on_the_strip() {
        for journey in 0..100 {
            let places =
                [Place::At(Part::Client), Place::At(Part::Database), Place::Between(Part::App, Part::Cache, 0.5)];
            for place in places {
                let dot = Dot { journey, errand: Errand::Read, place, look: Look::Filled, rows: 0 };
                let (x, y) = point(&dot, 300.0);
                assert!((0.0..=300.0).contains(&x) && (0.0..=HEIGHT).contains(&y), "{x} {y}");
            }
        }
    }

    #[test]
    fn a_pile_of_many_is_drawn_as_a_pile_of_few() {
        assert_eq!([0, 1, 40, 41, 80, 81].map(|count| squares(count, 40)), [0, 1, 40, 21, 40, 21]);
    }
}
