//! Alias table: draws ids with any given weights in constant time.
//!
//! Think of n columns of equal height, together the whole probability. Each column is cut in two: the lower part
//! belongs to its own id, the upper to one other, its alias. A draw picks a column and a height. Walker,
//! "An efficient method for generating discrete random variables with general distributions", ACM TOMS 1977;
//! built in linear time after Vose, IEEE Trans. Software Engineering 1991.

use std::fmt;

use super::{Stream, scale};

/// A compiled discrete distribution over the ids 0..n. Eight bytes an id, one `u64` a draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    columns: Box<[Column]>,
}

/// A column's own id keeps what lies below `cut` (in 2⁻³² of its height); an uncut column is its own alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    cut: u32,
    alias: u32,
}

impl Alias {
    /// The table for `weights[id]`, which need not sum to one. Each id's probability is exact to 2⁻³²/n.
    pub fn new(weights: &[f64]) -> Result<Alias, BadWeights> {
        let n = u32::try_from(weights.len()).map_err(|_| BadWeights::Count)?;
        if n == 0 {
            return Err(BadWeights::Count);
        }
        if let Some(id) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(BadWeights::NotAWeight { id, weight: weights[id] });
        }
        let sum: f64 = weights.iter().sum();
        if sum == 0.0 || !sum.is_finite() {
            return Err(BadWeights::Sum(sum));
        }
        let mut heights: Vec<f64> = weights.iter().map(|w| w / sum * f64::from(n)).collect();
        Ok(Alias { columns: level(&mut heights) })
    }

    /// Zipf's law over `count` ids: id i has weight (i + 1)^−alpha, so id 0 is the most popular.
    /// `alpha` 0 is uniform.
    pub fn zipf(count: u32, alpha: f64) -> Result<Alias, BadWeights> {
        let weights: Vec<f64> = (1..=u64::from(count)).map(|rank| libm::pow(rank as f64, -alpha)).collect();
        Alias::new(&weights)
    }

    /// Zipf's law over `of` ids in `count` groups of neighbours, each of which is one id: the first group is id 0. A group
    /// that ends within an id has its part of it.
    pub fn zipf_sample(count: u32, of: u64, alpha: f64) -> Result<Alias, BadWeights> {
        let weight = |rank: u64| libm::pow(rank as f64, -alpha);
        // Sums of the first ranks' weights; behind them the sum is near enough to the integral.
        let exact = of.min(10_000);
        let mut sums = vec![0.0];
        for rank in 1..=exact {
            sums.push(sums[rank as usize - 1] + weight(rank));
        }
        let integral = |x: f64| if alpha == 1.0 { libm::log(x) } else { libm::pow(x, 1.0 - alpha) / (1.0 - alpha) };
        let from = exact as f64;
        let sum = |ranks: f64| {
            if ranks >= from {
                return sums[exact as usize] + integral(ranks + 0.5) - integral(from + 0.5);
            }
            let whole = ranks as usize;
            sums[whole] + (ranks - whole as f64) * weight(whole as u64 + 1)
        };
        let group = of as f64 / f64::from(count);
        let sums: Vec<f64> = (0..=count).map(|i| sum(f64::from(i) * group)).collect();
        let weights: Vec<f64> = sums.windows(2).map(|pair| (pair[1] - pair[0]).max(0.0)).collect();
        Alias::new(&weights)
    }

    /// Draws one id.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> u32 {
        let (id, height) = scale(stream.u64(), self.count());
        let column = self.columns[id as usize];
        if ((height >> 32) as u32) < column.cut { id } else { column.alias }
    }

    /// The number of ids.
    #[inline]
    pub fn count(&self) -> u32 {
        self.columns.len() as u32
    }

    /// Every id's probability as the table will draw it.
    pub fn probabilities(&self) -> Vec<f64> {
        let share = 1.0 / f64::from(self.count());
        let mut p = vec![0.0; self.columns.len()];
        for (id, column) in self.columns.iter().enumerate() {
            let own = f64::from(column.cut) / 4_294_967_296.0;
            p[id] += own * share;
            p[column.alias as usize] += (1.0 - own) * share;
        }
        p
    }
}

/// Vose's construction: fills each column shorter than 1 from one taller than 1, until all are level.
fn level(heights: &mut [f64]) -> Box<[Column]> {
    let mut columns: Box<[Column]> = (0..heights.len() as u32).map(|id| Column { cut: 0, alias: id }).collect();
    let (mut short, mut tall): (Vec<u32>, Vec<u32>) =
        (0..heights.len() as u32).partition(|&id| heights[id as usize] < 1.0);
    while let (Some(low), Some(&high)) = (short.pop(), tall.last()) {
        let height = heights[low as usize];
        columns[low as usize] = Column { cut: (height * 4_294_967_296.0) as u32, alias: high };
        // Grouped so that the tall one's large height is not first rounded by adding to it.
        heights[high as usize] -= 1.0 - height;
        if heights[high as usize] < 1.0 {
            tall.pop();
            short.push(high);
        }
    }
    // What is left over is 1 high but for rounding: uncut, its own alias.
    columns
}

/// Why some weights are no distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant says what its numbers are")]
pub enum BadWeights {
    /// No weights, or more than ids can number.
    Count,
    /// A weight that is negative or not finite.
    NotAWeight { id: usize, weight: f64 },
    /// The weights sum to zero or overflow.
    Sum(f64),
}

impl fmt::Display for BadWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => write!(f, "the number of weights must be between 1 and {}", u32::MAX),
            Self::NotAWeight { id, weight } => {
                write!(f, "id {id} has weight {weight}; weights must be finite and not negative")
            }
            Self::Sum(sum) => write!(f, "the weights sum to {sum}; they must sum to a positive, finite number"),
        }
    }
}

impl std::error::Error for BadWeights {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn near(table: &Alias, weights: &[f64]) {
        let sum: f64 = weights.iter().sum();
        for (id, (p, w)) in table.probabilities().iter().zip(weights).enumerate() {
            assert!((p - w / sum).abs() < 1e-9, "id {id}: {p}, not {}", w / sum);
        }
    }

    #[test]
    fn the_table_holds_the_weights_it_was_given() {
        for weights in [&[1.0][..], &[0.0, 1.0], &[1.0, 2.0, 3.0, 4.0], &[5.0, 0.0, 0.0, 1e-3], &[1.0; 97]] {
            near(&Alias::new(weights).unwrap(), weights);
        }
    }

    #[test]
    fn zipf_follows_its_law() {
        for alpha in [0.0, 0.8, 1.0, 2.5] {
            let weights: Vec<f64> = (1..=1_000).map(|i| libm::pow(f64::from(i), -alpha)).collect();
            near(&Alias::zipf(1_000, alpha).unwrap(), &weights);
        }
    }

    #[test]
    fn a_sample_of_zipf_has_the_weights_of_its_groups() {
        for alpha in [0.0, 0.7, 1.0, 1.6] {
            let weights: Vec<f64> = (1..=40_000).map(|i| libm::pow(f64::from(i), -alpha)).collect();
            let groups: Vec<f64> = weights.chunks(80).map(|group| group.iter().sum()).collect();
            near(&Alias::zipf_sample(500, 40_000, alpha).unwrap(), &groups);
            near(&Alias::zipf_sample(1_000, 1_000, alpha).unwrap(), &weights[..1_000]);
        }
        // Groups of one and a half.
        near(&Alias::zipf_sample(2, 3, 1.0).unwrap(), &[1.0 + 0.25, 0.25 + 1.0 / 3.0]);
    }

    #[test]
    fn samples_come_as_often_as_their_weights_say() {
        let table = Alias::new(&[1.0, 0.0, 2.0, 7.0]).unwrap();
        let mut stream = Streams::new(5).named("alias");
        let mut counts = [0u32; 4];
        for _ in 0..1_000_000 {
            counts[table.sample(&mut stream) as usize] += 1;
        }
        for (count, expected) in counts.iter().zip([100_000, 0, 200_000, 700_000]) {
            assert!(count.abs_diff(expected) < 2_000, "{counts:?}");
        }
        assert_eq!(counts[1], 0, "an id of weight 0 is never drawn");
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        assert_eq!(Alias::new(&[]), Err(BadWeights::Count));
        assert_eq!(Alias::zipf(0, 1.0), Err(BadWeights::Count));
        assert_eq!(Alias::new(&[0.0, 0.0]), Err(BadWeights::Sum(0.0)));
        assert_eq!(Alias::new(&[1.0, -1.0]), Err(BadWeights::NotAWeight { id: 1, weight: -1.0 }));
        assert!(Alias::new(&[f64::NAN]).is_err() && Alias::new(&[f64::INFINITY]).is_err());
        assert!(Alias::new(&[f64::MAX, f64::MAX]).is_err());
        assert!(Alias::zipf(10, f64::NAN).is_err());
    }
}
