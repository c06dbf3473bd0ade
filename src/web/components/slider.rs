//! What a slider covers: a range, evenly or by decades.

/// What a slider covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slide {
    /// From, to, step.
    Even(f64, f64, f64),
    /// From, to; each decade alike.
    Log(f64, f64),
}

/// How many places a slider has.
pub const STEPS: f64 = 200.0;

impl Slide {
    /// Where the slider stands at `value`.
    pub fn place(self, value: f64) -> f64 {
        match self {
            Slide::Even(low, high, _) => (value - low) / (high - low) * STEPS,
            Slide::Log(low, high) => libm::log(value.max(low) / low) / libm::log(high / low) * STEPS,
        }
        .clamp(0.0, STEPS)
    }

    /// The value where the slider stands.
    fn value(self, place: f64) -> f64 {
        let share = (place / STEPS).clamp(0.0, 1.0);
        match self {
            Slide::Even(low, high, step) => libm::round((low + (high - low) * share) / step) * step,
            Slide::Log(low, high) => two_digits(low * libm::pow(high / low, share)),
        }
    }

    /// The value at `place`, where the slider was moved to from `value`. A short step may round back to where it began;
    /// then it goes on to the next value there is, so that the arrow keys never get stuck.
    pub fn value_after_move(self, value: f64, place: f64, round: fn(f64) -> f64) -> f64 {
        let step = if place < self.place(value) { -1.0 } else { 1.0 };
        let same = |other: f64| (other - value).abs() <= value.abs() * 1e-9;
        let mut place = place;
        while same(round(self.value(place))) && (1.0..STEPS).contains(&place) {
            place += step;
        }
        round(self.value(place))
    }
}

fn two_digits(value: f64) -> f64 {
    let unit = libm::pow(10.0, libm::floor(libm::log10(value)) - 1.0);
    libm::round(value / unit) * unit
}
