//! Percentiles as a curve: each nine of the percentage takes as much of the axis, milliseconds by decades.

use super::scale::Axis;

/// A percentile and its milliseconds.
pub type Point = (f64, f64);

/// How many nines there is room for: 99.99 %; what lies above stands at the right edge.
const NINES: f64 = 4.0;
/// The axis begins here.
const FIRST: f64 = 0.5;

/// Where a percentile stands: 0 is the median or less, 1 the greatest value.
pub fn place(percent: f64) -> f64 {
    let nines = |share: f64| -libm::log10((1.0 - share).max(0.0));
    let (first, last) = (nines(FIRST), NINES + 0.3);
    ((nines(percent / 100.0).min(last) - first) / (last - first)).clamp(0.0, 1.0)
}

/// The percentiles that are named on the axis.
pub const TICKS: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];

/// An axis that holds all these curves.
pub fn axis<'a>(curves: impl Iterator<Item = &'a [Point]>) -> Axis {
    Axis::log_over(curves.flatten().map(|(_, ms)| *ms))
}

/// The curve as the data of an SVG path, in a box of that size.
pub fn path(curve: &[Point], axis: &Axis, (width, height): (f64, f64)) -> String {
    let from = curve.iter().rposition(|(percent, _)| *percent <= FIRST * 100.0).unwrap_or(0);
    let points = curve.get(from..).unwrap_or_default().iter();
    let at = |&(percent, ms): &Point| (place(percent) * width, (1.0 - axis.place(ms)) * height);
    points.map(at).enumerate().map(|(i, (x, y))| format!("{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' })).collect()
}

/// What stands at `percent` on straight lines between the points; the first value below them.
pub fn value_at(curve: &[Point], percent: f64) -> Option<f64> {
    let above = curve.iter().position(|(p, _)| *p >= percent)?;
    let (q, high) = curve[above];
    let Some((p, low)) = above.checked_sub(1).map(|before| curve[before]) else { return Some(high) };
    Some(low + (high - low) * (percent - p) / (q - p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nine_takes_as_much_of_the_axis() {
        let places = TICKS.map(place);
        assert_eq!((places[0], places[4]), (0.0, 1.0));
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        assert!((places[2] - places[1] - (places[3] - places[2])).abs() < 1e-9, "{places:?}");
        assert_eq!((place(0.0), place(30.0)), (0.0, 0.0));
    }

    #[test]
    fn a_curve_starts_at_the_median_and_ends_at_the_right_edge() {
        let curve = [(10.0, 1.0), (50.0, 2.0), (99.0, 20.0), (100.0, 200.0)];
        let axis = axis([&curve[..]].into_iter());
        let drawn = path(&curve, &axis, (100.0, 50.0));
        assert!(drawn.starts_with("M0.0 ") && drawn.matches('L').count() == 2 && drawn.contains("L100.0 "), "{drawn}");
    }

    #[test]
    fn between_two_percentiles_the_line_is_straight() {
        let curve = [(50.0, 10.0), (100.0, 20.0)];
        assert_eq!([10.0, 50.0, 75.0, 100.0].map(|p| value_at(&curve, p)), [10.0, 10.0, 15.0, 20.0].map(Some));
    }
}
