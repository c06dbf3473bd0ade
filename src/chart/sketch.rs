//! Lines as a few short SVG paths: the small pictures of the gallery, and the figure that stands in index.html.

use std::fmt::Write as _;

use super::{Line, Panel, Weight};

type Place = (f64, f64);

/// The main lines of `panel` between the moments of `window` as SVG path data, in the order of the lanes, on a field of
/// `width` × `height`. All in whole pixels, and as rough as it takes to be no longer than `bytes` together.
pub fn sketch(panel: &Panel, window: (f64, f64), (width, height): Place, bytes: usize) -> Vec<String> {
    let mut lines: Vec<&Line> = panel.lines.iter().filter(|line| line.weight == Weight::Main).collect();
    crate::sort::by_key(&mut lines, |line| line.lane);
    let span = (window.1 - window.0).max(1e-9);
    let place = |(at, value): Place| ((at - window.0) / span * width, (1.0 - panel.axis.place(value)) * height);
    let mut tolerance = 0.5;
    loop {
        let paths: Vec<String> = lines.iter().map(|line| path(&pieces(line, place, tolerance), tolerance)).collect();
        if paths.iter().map(String::len).sum::<usize>() <= bytes || tolerance > width + height {
            return paths;
        }
        tolerance *= 1.25;
    }
}

/// A line in pieces, where it has no value for longer than `gap` pixels.
fn pieces(line: &Line, place: impl Fn(Place) -> Place, gap: f64) -> Vec<Vec<Place>> {
    let mut pieces: Vec<Vec<Place>> = Vec::new();
    let mut was_there = false;
    for (at, value) in &line.points {
        let Some(value) = value else {
            was_there = false;
            continue;
        };
        let to = place((*at, *value));
        match pieces.last_mut() {
            Some(piece) if was_there || piece.last().is_some_and(|last| to.0 - last.0 <= gap) => {
                if let (true, Some(last)) = (line.steps, piece.last().copied()) {
                    piece.push((to.0, last.1));
                }
                piece.push(to);
            }
            _ => pieces.push(vec![to]),
        }
        was_there = true;
    }
    pieces
}

/// Path data with the places relative to each other.
fn path(pieces: &[Vec<Place>], tolerance: f64) -> String {
    let mut text = String::new();
    for piece in pieces {
        let mut places: Vec<(i64, i64)> =
            thinned(piece, tolerance).into_iter().map(|(x, y)| (x.round() as i64, y.round() as i64)).collect();
        places.dedup();
        let Some((first, rest)) = places.split_first().filter(|(_, rest)| !rest.is_empty()) else { continue };
        let _ = write!(text, "M{} {}", first.0, first.1); // writing to a String does not fail
        let mut last = first;
        for (i, to) in rest.iter().enumerate() {
            let (dx, dy) = (to.0 - last.0, to.1 - last.1);
            let before = if i == 0 {
                "l"
            } else if dx < 0 {
                ""
            } else {
                " "
            };
            let between = if dy < 0 { "" } else { " " };
            let _ = write!(text, "{before}{dx}{between}{dy}");
            last = to;
        }
    }
    text
}

/// The places without those that stand within `tolerance` of the line between others (Ramer, Douglas and Peucker).
fn thinned(places: &[Place], tolerance: f64) -> Vec<Place> {
    let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return Vec::new() };
    let mut kept = vec![false; places.len()];
    (kept[0], kept[places.len() - 1]) = (true, true);
    let mut open = vec![(0, places.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let (a, b) = (places[from], places[to]);
        let length = libm::hypot(b.0 - a.0, b.1 - a.1);
        let away = |place: Place| match length {
            0.0 => libm::hypot(place.0 - a.0, place.1 - a.1),
            _ => ((b.0 - a.0) * (a.1 - place.1) - (a.0 - place.0) * (b.1 - a.1)).abs() / length,
        };
        let farthest = (from + 1..to).map(|i| (i, away(places[i]))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((middle, _)) = farthest.filter(|(_, away)| *away > tolerance) {
            kept[middle] = true;
            open.extend([(from, middle), (middle, to)]);
        }
    }
    if places.len() == 1 {
        return vec![first, last];
    }
    places.iter().zip(kept).filter(|(_, kept)| *kept).map(|(place, _)| *place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, LaneData};
    use super::*;

    fn panel(steps: bool, points: Vec<(f64, Option<f64>)>) -> Panel {
        let line = Line { points, steps, ..Line::new(&LaneData::default(), "one".into(), Weight::Main) };
        let area = Line {
            points: vec![(0.0, Some(1.0)), (9.0, Some(1.0))],
            ..Line::new(&LaneData::default(), "area".into(), Weight::Area)
        };
        Panel { title: String::new(), axis: Axis::SHARE, lines: vec![area, line], before: Vec::new(), reference: None }
    }

    #[test]
    fn a_straight_line_is_its_two_ends_and_an_area_is_none() {
        let straight = panel(false, (0..=10).map(|i| (f64::from(i), Some(f64::from(i) / 10.0))).collect());
        assert_eq!(sketch(&straight, (0.0, 10.0), (100.0, 20.0), 300), ["M0 20l100-20"]);
    }

    #[test]
    fn steps_have_corners_and_gaps_stay_open() {
        let steps = panel(true, vec![(0.0, Some(0.0)), (5.0, Some(1.0)), (10.0, Some(1.0))]);
        assert_eq!(sketch(&steps, (0.0, 10.0), (100.0, 20.0), 300), ["M0 20l50 0 0-20 50 0"]);
        let gap =
            panel(false, vec![(0.0, Some(0.0)), (3.0, Some(0.0)), (5.0, None), (7.0, Some(1.0)), (9.0, Some(1.0))]);
        assert_eq!(sketch(&gap, (0.0, 10.0), (100.0, 20.0), 300), ["M0 20l30 0M70 0l20 0"]);
    }

    #[test]
    fn a_wild_line_is_as_rough_as_it_takes() {
        // Four teeth, and noise on them.
        let value = |i: i32| f64::from(i % 250) / 320.0 + f64::from(i * 37 % 100) / 500.0;
        let wild = (0..1_000).map(|i| (f64::from(i), (i % 90 != 3).then_some(value(i))));
        let paths = sketch(&panel(false, wild.collect()), (0.0, 1_000.0), (96.0, 28.0), 120);
        assert!(paths[0].len() <= 120 && paths[0].len() > 20, "{paths:?}");
    }
}
