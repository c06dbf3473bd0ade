//! Which key a request asks for: distributions over the ids 0..count, one draw each.

use super::{Alias, BadWeights, Stream};

/// A distribution over ids, ready to draw from.
///
/// ```
/// use cachelane::random::{Ids, Streams};
/// let keys = Ids::hot_set(1_000, 0.2, 0.8).unwrap();
/// let mut stream = Streams::new(7).named("keys");
/// assert!(keys.sample(&mut stream) < 1_000);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ids(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Uniform {
        count: u32,
    },
    /// Ids below `hot` share `traffic`, the rest share what remains.
    HotSet {
        count: u32,
        hot: u32,
        traffic: f64,
    },
    Weighted(Alias),
}

impl Ids {
    /// Every id below `count` equally likely.
    pub fn uniform(count: u32) -> Result<Ids, BadWeights> {
        if count == 0 { Err(BadWeights::Count) } else { Ok(Ids(Kind::Uniform { count })) }
    }

    /// Zipf's law; see [`Alias::zipf`].
    pub fn zipf(count: u32, alpha: f64) -> Result<Ids, BadWeights> {
        Alias::zipf(count, alpha).map(|table| Ids(Kind::Weighted(table)))
    }

    /// A sample of Zipf's law; see [`Alias::zipf_sample`].
    pub fn zipf_sample(count: u32, of: u64, alpha: f64) -> Result<Ids, BadWeights> {
        Alias::zipf_sample(count, of, alpha).map(|table| Ids(Kind::Weighted(table)))
    }

    /// Ids with these weights.
    pub fn weighted(weights: &[f64]) -> Result<Ids, BadWeights> {
        Alias::new(weights).map(|table| Ids(Kind::Weighted(table)))
    }

    /// `hot_share` of the ids (the first ones, rounded to a whole number, at least one) draw `traffic_share` of
    /// the requests, evenly; the others draw the rest, evenly. Shares are between 0 and 1; when the hot ones are
    /// all there are, they draw everything.
    pub fn hot_set(count: u32, hot_share: f64, traffic_share: f64) -> Result<Ids, BadWeights> {
        for (id, share) in [hot_share, traffic_share].into_iter().enumerate() {
            if !(0.0..=1.0).contains(&share) {
                return Err(BadWeights::NotAWeight { id, weight: share });
            }
        }
        let hot = Ids::hot_count(count, hot_share);
        if hot >= count {
            return Ids::uniform(count);
        }
        Ok(Ids(Kind::HotSet { count, hot, traffic: traffic_share }))
    }

    /// How many of `count` ids are hot when this share of them is.
    pub fn hot_count(count: u32, hot_share: f64) -> u32 {
        ((f64::from(count) * hot_share + 0.5) as u32).max(1)
    }

    /// Draws one id: exactly one `u64`.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> u32 {
        match &self.0 {
            Kind::Uniform { count } => stream.below(*count),
            Kind::HotSet { count, hot, traffic } => split(stream.unit(), *count, *hot, *traffic),
            Kind::Weighted(table) => table.sample(stream),
        }
    }

    /// The number of ids.
    pub fn count(&self) -> u32 {
        match &self.0 {
            Kind::Uniform { count } | Kind::HotSet { count, .. } => *count,
            Kind::Weighted(table) => table.count(),
        }
    }
}

/// A hot-set id from one uniform number: below `traffic` it is stretched over the hot ids, above over the others.
fn split(unit: f64, count: u32, hot: u32, traffic: f64) -> u32 {
    // Rounding may reach the end of a stretch, hence the `min`.
    if unit < traffic {
        ((unit / traffic * f64::from(hot)) as u32).min(hot - 1)
    } else {
        let cold = count - hot;
        hot + (((unit - traffic) / (1.0 - traffic) * f64::from(cold)) as u32).min(cold - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn counts(ids: &Ids, samples: u32) -> Vec<u32> {
        let mut stream = Streams::new(6).named("ids");
        let mut counts = vec![0; ids.count() as usize];
        for _ in 0..samples {
            counts[ids.sample(&mut stream) as usize] += 1;
        }
        counts
    }

    #[test]
    fn a_hot_set_draws_its_share_of_the_traffic_evenly() {
        let counts = counts(&Ids::hot_set(10, 0.2, 0.8).unwrap(), 1_000_000);
        for (id, count) in counts.iter().enumerate() {
            let expected = if id < 2 { 400_000u32 } else { 25_000 };
            assert!(count.abs_diff(expected) < 2_000, "{counts:?}");
        }
    }

    #[test]
    fn extreme_hot_sets_stay_within_their_ids() {
        assert!(counts(&Ids::hot_set(10, 0.5, 1.0).unwrap(), 10_000)[5..].iter().all(|&c| c == 0));
        assert!(counts(&Ids::hot_set(10, 0.5, 0.0).unwrap(), 10_000)[..5].iter().all(|&c| c == 0));
        assert_eq!(Ids::hot_set(10, 1.0, 0.3), Ids::uniform(10));
        assert_eq!(Ids::hot_set(1, 0.0, 0.3), Ids::uniform(1));
        assert_eq!(split(1.0 - 1.0 / (1u64 << 53) as f64, u32::MAX, 1, 0.0), u32::MAX - 1);
    }

    #[test]
    fn uniform_ids_come_equally_often() {
        for count in counts(&Ids::uniform(10).unwrap(), 1_000_000) {
            assert!(count.abs_diff(100_000) < 1_500);
        }
    }

    #[test]
    fn no_ids_and_impossible_shares_are_refused() {
        assert!(Ids::uniform(0).is_err() && Ids::hot_set(0, 0.1, 0.9).is_err() && Ids::zipf(0, 1.0).is_err());
        assert!(Ids::hot_set(10, 1.5, 0.5).is_err() && Ids::hot_set(10, 0.5, f64::NAN).is_err());
    }
}
