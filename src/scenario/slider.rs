//! What a field's slider on the page covers. It stands beside the field, like its meaning: `#[slider = Log(1.0, 100.0)]`.

/// From where to where a slider goes: numbers, entries or seconds, within what the field may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slider {
    /// From, to, in steps of so much.
    Even(f64, f64, f64),
    /// From, to; each decade takes as much of the slider.
    Log(f64, f64),
}
