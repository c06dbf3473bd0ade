//! How unequally keys are asked for, and the Zipf law that comes nearest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::Keys;

/// The popularity of the keys of a trace, and a law beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    /// How many keys are asked for.
    pub keys: u32,
    /// How many requests there are.
    pub requests: u64,
    /// The exponent of the likeliest Zipf law over that many keys.
    pub alpha: f64,
    /// So many of the most popular keys, the share of the requests that they get, and the share that the law gives them.
    pub heads: Vec<(u32, f64, f64)>,
}

/// What lies beyond is not asked of a scenario (`clients.keys.alpha`).
const ALPHA_MAX: f64 = 5.0;

impl Popularity {
    /// Of keys that were asked for so often each; those never asked for do not count. `None` without requests.
    ///
    /// The exponent is the one of greatest likelihood: that under which the logarithm of the rank has the mean that it has in
    /// the trace (Clauset, Shalizi, Newman, "Power-law distributions in empirical data", SIAM Review 2009, for ranks).
    ///
    /// ```
    /// use cachelane::workload::popularity::Popularity;
    /// let halves = Popularity::of([8, 4, 2, 1, 1].into_iter()).unwrap();
    /// assert_eq!((halves.keys, halves.requests, halves.heads[0].1), (5, 16, 0.5)); // the most popular key gets half of them
    /// ```
    pub fn of(counts: impl Iterator<Item = u64>) -> Option<Popularity> {
        let groups = Groups::of(counts);
        let (keys, requests) = (groups.keys()?, groups.requests());
        let ranks = Ranks::of(keys);
        let alpha = ranks.alpha_of(groups.sum_of_logs() / requests as f64);
        let heads = std::iter::successors(Some(1u32), |head| head.checked_mul(10)).take_while(|head| *head < keys);
        let share = |head: u32| (head, groups.head(head) / requests as f64, ranks.head(alpha, head));
        Some(Popularity { keys, requests, alpha, heads: heads.chain([keys]).map(share).collect() })
    }

    /// The head where the law is farthest off, and by how much of the requests it gives more (or less).
    pub fn farthest(&self) -> (u32, f64) {
        let off = self.heads.iter().map(|&(keys, measured, law)| (keys, law - measured));
        off.max_by(|a, b| libm::fabs(a.1).total_cmp(&libm::fabs(b.1))).unwrap_or((0, 0.0))
    }

    /// Whether there are so few requests a key that the sample's luck shows: keys that were not asked for are missing, and who came
    /// twice by chance looks popular.
    pub fn is_thin(&self) -> bool {
        self.requests < 20 * u64::from(self.keys)
    }

    /// The law, as a scenario's keys; two decimals of the exponent.
    pub fn law(&self) -> Keys {
        let alpha = (self.alpha * 100.0).round() / 100.0;
        Keys::Zipf { count: self.keys, alpha, scrambled: false }
    }
}

/// How many keys were asked for so often, the most popular first: far fewer than there are keys, and nothing to sort.
struct Groups(Vec<(u64, u64)>);

impl Groups {
    fn of(counts: impl Iterator<Item = u64>) -> Groups {
        const FEW: usize = 4_096;
        let (mut few, mut many) = (vec![0u64; FEW], BTreeMap::new());
        for count in counts {
            match few.get_mut(count as usize) {
                Some(keys) => *keys += 1,
                None => *many.entry(count).or_insert(0) += 1,
            }
        }
        let few = few.into_iter().enumerate().skip(1).rev().filter(|(_, keys)| *keys > 0);
        let few = few.map(|(count, keys)| (count as u64, keys));
        Groups(many.into_iter().rev().chain(few).collect())
    }

    /// How many keys there are, if any.
    fn keys(&self) -> Option<u32> {
        u32::try_from(self.0.iter().map(|(_, keys)| keys).sum::<u64>()).ok().filter(|keys| *keys > 0)
    }

    fn requests(&self) -> u64 {
        self.0.iter().map(|(count, keys)| count * keys).sum()
    }

    /// The logarithm of each request's rank, summed: of the ranks a to b it is ln Γ(b + 1) - ln Γ(a).
    fn sum_of_logs(&self) -> f64 {
        let (mut before, mut sum) = (0, 0.0);
        for &(count, keys) in &self.0 {
            let logs = libm::lgamma((before + keys + 1) as f64) - libm::lgamma((before + 1) as f64);
            (before, sum) = (before + keys, sum + count as f64 * logs);
        }
        sum
    }

    /// The requests of so many of the most popular keys.
    fn head(&self, head: u32) -> f64 {
        let (mut left, mut sum) = (u64::from(head), 0);
        for &(count, keys) in &self.0 {
            let taken = keys.min(left);
            (left, sum) = (left - taken, sum + count * taken);
        }
        sum as f64
    }
}

/// The ranks from 1 on, the first thousand one by one, the others in bands so narrow that a rank in the middle stands for
/// all of a band: sums over ten million ranks then take thousands of steps.
struct Ranks {
    /// The last rank of each band, the logarithm that stands for it, and how many ranks it has.
    bands: Vec<(u32, f64, f64)>,
}

impl Ranks {
    fn of(keys: u32) -> Ranks {
        const ONE_BY_ONE: u32 = 1_000;
        let (mut bands, mut first) = (Vec::new(), 1u32);
        while first <= keys && first > 0 {
            let last = if first <= ONE_BY_ONE { first } else { (first + first / 500).min(keys) };
            // The mean of two logarithms is that of the geometric middle, halves added as integrals have them.
            let (low, high) = (f64::from(first) - 0.5, f64::from(last) + 0.5);
            let log = if first == last { libm::log(f64::from(first)) } else { libm::log(low * high) / 2.0 };
            bands.push((last, log, f64::from(last - first + 1)));
            first = last.saturating_add(1);
        }
        Ranks { bands }
    }

    /// The mean logarithm of the rank under a law.
    fn mean_log(&self, alpha: f64) -> f64 {
        let (mut weights, mut logs) = (0.0, 0.0);
        for &(_, log, count) in &self.bands {
            let weight = count * libm::exp(-alpha * log);
            weights += weight;
            logs += weight * log;
        }
        logs / weights
    }

    /// The exponent under which the mean logarithm is this: it falls as the exponent rises.
    fn alpha_of(&self, mean_log: f64) -> f64 {
        let (mut low, mut high) = (0.0, ALPHA_MAX);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if self.mean_log(middle) > mean_log { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }

    /// The share that a law gives to the first ranks.
    fn head(&self, alpha: f64, ranks: u32) -> f64 {
        let (mut first, mut within, mut all) = (1, 0.0, 0.0);
        for &(last, log, count) in &self.bands {
            let weight = libm::exp(-alpha * log);
            let inside = ranks.min(last).saturating_add(1).saturating_sub(first);
            within += f64::from(inside) * weight;
            all += count * weight;
            first = last.saturating_add(1);
        }
        within / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Ids, Streams};

    fn counts(ids: &Ids, requests: u32) -> Vec<u64> {
        let mut stream = Streams::new(7).named("popularity");
        let mut counts = vec![0; ids.count() as usize];
        (0..requests).for_each(|_| counts[ids.sample(&mut stream) as usize] += 1);
        counts
    }

    #[test]
    fn requests_drawn_from_a_zipf_law_give_its_exponent_back() {
        for alpha in [0.6, 0.9, 1.2] {
            let found = Popularity::of(counts(&Ids::zipf(1_000, alpha).unwrap(), 400_000).into_iter()).unwrap();
            assert!((found.alpha - alpha).abs() < 0.01, "{alpha}: {}", found.alpha);
            assert!(found.farthest().1.abs() < 0.01, "{found:?}");
        }
    }

    #[test]
    fn what_is_no_zipf_law_is_told_by_how_far_it_is_off() {
        let hot = Popularity::of(counts(&Ids::hot_set(1_000, 0.1, 0.9).unwrap(), 400_000).into_iter()).unwrap();
        assert!(hot.farthest().1.abs() > 0.1, "{hot:?}");
        assert!(Popularity::of([0, 0].into_iter()).is_none());
        let uniform = Popularity::of([5; 100].into_iter()).unwrap();
        assert!(uniform.alpha < 0.01 && uniform.farthest().1.abs() < 0.01, "{uniform:?}");
        let one = Popularity::of([5].into_iter()).unwrap();
        assert_eq!((one.keys, one.heads.clone()), (1, vec![(1, 1.0, 1.0)]));
        // Popular beyond what is counted one by one, and in any order.
        let mixed = Popularity::of([1, 10_000, 3, 1, 5_000].into_iter()).unwrap();
        assert_eq!(mixed.heads.iter().map(|head| head.0).collect::<Vec<_>>(), [1, 5]);
        assert!((mixed.heads[0].1 - 10_000.0 / 15_005.0).abs() < 1e-12, "{mixed:?}");
    }

    #[test]
    fn bands_are_as_good_as_single_ranks() {
        let (bands, keys) = (Ranks::of(200_000), 200_000);
        for alpha in [0.0, 0.7, 1.0, 2.0] {
            let weight = |rank: u32| libm::pow(f64::from(rank), -alpha);
            let all: f64 = (1..=keys).map(weight).sum();
            for ranks in [1, 10, 1_000, 1_500, 100_000, keys] {
                let exact = (1..=ranks).map(weight).sum::<f64>() / all;
                assert!((bands.head(alpha, ranks) - exact).abs() < 1e-4, "{alpha}, {ranks}");
            }
        }
    }
}
