//! Where a slider stands, and what that means: its range evenly or by decades.

use crate::scenario::Slider;

/// How many places a slider has.
pub const STEPS: f64 = 200.0;

/// Where a slider stands at `value`.
pub fn place_of(slider: Slider, value: f64) -> f64 {
    match slider {
        Slider::Even(low, high, _) => (value - low) / (high - low) * STEPS,
        Slider::Log(low, high) => libm::log(value.max(low) / low) / libm::log(high / low) * STEPS,
    }
    .clamp(0.0, STEPS)
}

/// The value where a slider stands.
fn value_at(slider: Slider, place: f64) -> f64 {
    let share = (place / STEPS).clamp(0.0, 1.0);
    match slider {
        Slider::Even(low, high, step) => libm::round((low + (high - low) * share) / step) * step,
        Slider::Log(low, high) => two_digits(low * libm::pow(high / low, share)),
    }
}

/// The value at `place`, where the slider was moved to from `value`. A short step may round back to where it began;
/// then it goes on to the next value there is, so that the arrow keys never get stuck.
pub fn value_after_move(slider: Slider, value: f64, place: f64, round: fn(f64) -> f64) -> f64 {
    let step = if place < place_of(slider, value) { -1.0 } else { 1.0 };
    let same = |other: f64| (other - value).abs() <= value.abs() * 1e-9;
    let mut place = place;
    while same(round(value_at(slider, place))) && (1.0..STEPS).contains(&place) {
        place += step;
    }
    round(value_at(slider, place))
}

fn two_digits(value: f64) -> f64 {
    let unit = libm::pow(10.0, libm::floor(libm::log10(value)) - 1.0);
    libm::round(value / unit) * unit
}
