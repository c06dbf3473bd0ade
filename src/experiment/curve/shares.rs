//! The requests of a trace, in one reading, for caches of which each plays a share of the keys.
//!
//! A small share is part of a large one, so what is read is the largest.

use crate::time::Nanos;
use crate::workload::trace::{KeySample, Record};

/// A share of the keys, and its requests that have come since somebody took them.
pub struct Share {
    /// 1: all keys.
    pub rate: f64,
    sample: KeySample,
    /// Its requests.
    pub block: Vec<Record>,
}

impl Share {
    fn of(rate: f64) -> Share {
        Share { rate, sample: sample(rate), block: Vec::new() }
    }

    #[inline]
    fn push(&mut self, mut record: Record, clock: Option<Nanos>) {
        if self.rate < 1.0 {
            record.at = clock.or(record.at);
        }
        self.block.push(record);
    }
}

/// The keys of this share.
pub fn sample(rate: f64) -> KeySample {
    if rate < 1.0 { KeySample::of(rate) } else { KeySample::ALL }
}

/// Several shares, from the largest to the smallest.
pub struct Shares(Vec<Share>);

impl Shares {
    /// All that are among these.
    pub fn of(rates: impl IntoIterator<Item = f64>) -> Shares {
        let mut rates: Vec<f64> = rates.into_iter().collect();
        rates.sort_by(|one, other| other.total_cmp(one));
        rates.dedup();
        Shares(rates.into_iter().map(Share::of).collect())
    }

    /// From the largest to the smallest.
    pub fn all(&mut self) -> &mut [Share] {
        &mut self.0
    }

    /// The share of the keys to read.
    pub fn largest(&self) -> f64 {
        self.0.first().map_or(1.0, |share| share.rate)
    }

    /// Puts a request of the largest share into each that has its key. `hash` is [what decides](KeySample::has_hash); `clock`
    /// is when the request comes, where it does not say so itself: among those of a sample it is no longer to be counted.
    #[inline]
    pub fn take(&mut self, record: Record, hash: impl FnOnce() -> u64, clock: Option<Nanos>) {
        let Some((largest, smaller)) = self.0.split_first_mut() else { return };
        if !smaller.is_empty() {
            let hash = hash();
            smaller
                .iter_mut()
                .take_while(|share| share.sample.has_hash(hash))
                .for_each(|share| share.push(record.clone(), clock));
        }
        largest.push(record, clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_share_has_the_requests_that_it_would_have_alone_and_only_a_sample_is_told_the_time() {
        let hash = |key: u32| KeySample::hash(u64::from(key));
        let mut shares = Shares::of([0.25, 1.0, 0.5, 0.25]);
        let rates: Vec<f64> = shares.all().iter().map(|share| share.rate).collect();
        assert_eq!((shares.largest(), &rates[..]), (1.0, &[1.0, 0.5, 0.25][..]));
        for key in 0..1_000 {
            let record = Record { key, ..Record::default() };
            shares.take(record, || hash(key), Some(Nanos(u64::from(key))));
        }
        for share in shares.all() {
            let alone = (0..1_000).filter(|key| sample(share.rate).has_number(u64::from(*key)));
            let at = |key: u32| (share.rate < 1.0).then_some(Nanos(u64::from(key)));
            let alone = alone.map(|key| Record { key, at: at(key), ..Record::default() });
            assert_eq!(share.block, alone.collect::<Vec<_>>(), "{}", share.rate);
        }
        assert!((200..300).contains(&shares.all()[2].block.len()));
    }
}
