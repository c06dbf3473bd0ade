//! How often something happens, from so many tries.

use serde::Serialize;

/// The share of tries in which something happened.
///
/// ```
/// use cachelane::stats::Share;
/// let none = Share::of(0, 50);
/// assert_eq!((none.share, none.low), (0.0, 0.0));
/// assert!((none.high - 0.0714).abs() < 1e-4, "that it never happened does not say that it cannot");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// In how many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// The one by the other, 0 to 1; 0 of none.
    pub share: f64,
    /// The 95 % interval by Wilson's score, which stays within 0 to 1 also where all tries agree (Wilson, "Probable
    /// inference, the law of succession, and statistical inference", JASA 1927).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Share {
    /// So many of so many.
    ///
    /// # Panics
    /// When it happened more often than it was tried.
    pub fn of(count: u32, of: u32) -> Share {
        assert!(count <= of, "{count} of {of}");
        if of == 0 {
            return Share { count, of, share: 0.0, low: 0.0, high: 1.0 };
        }
        const Z: f64 = 1.959_963_985;
        let (n, share) = (f64::from(of), f64::from(count) / f64::from(of));
        let scale = 1.0 / (1.0 + Z * Z / n);
        let middle = scale * (share + Z * Z / (2.0 * n));
        let half = scale * Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        // Rounding may leave a trace of a number where the end is 0 or 1 exactly.
        let low = if count == 0 { 0.0 } else { middle - half };
        let high = if count == of { 1.0 } else { middle + half };
        Share { count, of, share, low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I.
    #[test]
    fn the_intervals_are_the_published_ones() {
        for (count, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let share = Share::of(count, of);
            assert!((share.low - low).abs() < 1e-4 && (share.high - high).abs() < 1e-4, "{share:?}");
        }
        let all = Share::of(20, 20);
        assert!((all.low - 0.8389).abs() < 1e-4 && all.high == 1.0, "{all:?}");
    }
}
