//! Time series: one figure of any kind for each stretch of virtual time.

use crate::time::Nanos;

/// Buckets of equal width from the beginning of the run, each holding a `T`. Grows as time passes, up to a limit.
///
/// ```
/// use cachelane::stats::TimeSeries;
/// use cachelane::time::Nanos;
/// let mut hits: TimeSeries<u64> = TimeSeries::new(Nanos::from_secs(1), 60);
/// *hits.bucket(Nanos::from_millis(1_500)) += 1;
/// assert_eq!(hits.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [0, 1]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSeries<T> {
    width: Nanos,
    limit: usize,
    buckets: Vec<T>,
    /// The bucket asked for last and its first moment: the next question is mostly about the same one, and a
    /// comparison is cheaper than a division.
    latest: (usize, Nanos),
}

impl<T: Default> TimeSeries<T> {
    /// Buckets `width` long, at most `limit` of them; whatever happens after the last one's end is counted in it.
    ///
    /// # Panics
    /// When `width` or `limit` is zero.
    pub fn new(width: Nanos, limit: usize) -> TimeSeries<T> {
        assert!(width > Nanos::ZERO, "a bucket must last some time");
        assert!(limit > 0, "there must be room for a bucket");
        TimeSeries { width, limit, buckets: Vec::new(), latest: (0, Nanos::ZERO) }
    }

    /// The bucket in which `now` lies; it and all before it are made when missing.
    #[inline]
    pub fn bucket(&mut self, now: Nanos) -> &mut T {
        let (index, begin) = self.latest;
        let same = now >= begin && now.0 - begin.0 < self.width.0 && index < self.buckets.len();
        let index = if same { index } else { self.turn_to(now) };
        &mut self.buckets[index]
    }

    #[cold]
    fn turn_to(&mut self, now: Nanos) -> usize {
        let index = (now.0 / self.width.0).min(self.limit as u64 - 1) as usize;
        if index >= self.buckets.len() {
            self.buckets.resize_with(index + 1, T::default);
        }
        self.latest = (index, Nanos(self.width.0 * index as u64));
        index
    }
}

impl<T> TimeSeries<T> {
    /// The length of a bucket.
    pub fn width(&self) -> Nanos {
        self.width
    }

    /// How many buckets there are by now.
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// True before anything was counted.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Bucket `index`, if it was made.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.buckets.get(index)
    }

    /// Each bucket's first moment and content, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Nanos, &T)> {
        self.buckets.iter().enumerate().map(|(index, content)| (Nanos(self.width.0 * index as u64), content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_moment_counts_in_its_own_bucket() {
        let mut series: TimeSeries<Vec<u64>> = TimeSeries::new(Nanos(10), 100);
        for now in [0, 9, 10, 35, 39, 20, 5] {
            series.bucket(Nanos(now)).push(now);
        }
        let all: Vec<_> = series.iter().map(|(begin, values)| (begin.0, values.clone())).collect();
        assert_eq!(all, [(0, vec![0, 9, 5]), (10, vec![10]), (20, vec![20]), (30, vec![35, 39])]);
    }

    #[test]
    fn what_comes_after_the_limit_counts_in_the_last_bucket() {
        let mut series: TimeSeries<u32> = TimeSeries::new(Nanos(10), 3);
        for now in [25, 30, 1_000, u64::MAX, 0] {
            *series.bucket(Nanos(now)) += 1;
        }
        assert_eq!((series.len(), series.get(0), series.get(2)), (3, Some(&1), Some(&4)));
    }
}
