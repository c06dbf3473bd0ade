//! Miniatures: a cache scaled down, asked only for a sample of the keys, that stands for the whole one.
//!
//! A key is in the sample by its hash, so all requests of a key are, or none (SHARDS: Waldspurger, Park, Garthwaite, Ahmad,
//! "Efficient MRC construction with SHARDS", FAST '15). Between two requests of a key of the sample there are as many other
//! keys of the sample as the rate says; so a cache of that share of the entries hits about as often as the whole one with
//! all requests, whatever its policy (Waldspurger, Saemundsson, Ahmad, Park, "Cache modeling and optimization using
//! miniature simulations", USENIX ATC '17).
//!
//! A sample has more or fewer *requests* than its share, by whether the few most popular keys are in it. Those would be hits
//! in a cache of any size that matters; so the missing or surplus requests are taken to be hits (the correction that the
//! paper calls SHARDS-adj), and misses are the sample's misses over the rate.
//!
//! ```
//! use cachelane::cache::counts::ReplayCounts;
//! use cachelane::cache::miniature;
//! assert_eq!(miniature::entries(5_000, 0.01), 50);
//! let sample = ReplayCounts { requests: 90, hits: 60, misses: 30 };
//! assert_eq!(miniature::whole(sample, 10_000, 0.01), ReplayCounts { requests: 10_000, hits: 7_000, misses: 3_000 });
//! ```

use super::counts::ReplayCounts;

/// The entries that a miniature should have: one with few is more luck than likeness.
const ENTRIES: f64 = 2_000.0;

/// How many keys a sample should have: enough for an error of some thousandths.
const KEYS: f64 = 65_536.0;

/// A sample of more of the keys costs nearly what all of them do.
const RATE_MAX: f64 = 0.5;

/// The share of the keys to sample of a trace of so many distinct keys; 1: all of them.
pub fn rate(distinct: u64) -> f64 {
    let rate = KEYS / distinct.max(1) as f64;
    if rate > RATE_MAX { 1.0 } else { rate }
}

/// The share of the keys to sample for a cache of so many entries, of a trace whose rate is this. A small cache takes twice
/// as many, or four times, and so on, until its miniature is large enough to be like it; 1: none is.
pub fn rate_for(entries: u32, mut rate: f64) -> f64 {
    while rate <= RATE_MAX && f64::from(entries) * rate < ENTRIES {
        rate *= 2.0;
    }
    if rate > RATE_MAX { 1.0 } else { rate }
}

/// The entries, at least one, of the miniature of a cache of so many, at a `rate` over 0 and up to 1.
pub fn entries(entries: u32, rate: f64) -> u32 {
    ((f64::from(entries) * rate).round() as u32).max(1)
}

/// The same of a capacity in bytes.
pub fn bytes(bytes: u64, rate: f64) -> u64 {
    ((bytes as f64 * rate).round() as u64).max(1)
}

/// What the whole cache counts in so many `requests`, by what its miniature `counted` at this rate.
pub fn whole(counted: ReplayCounts, requests: u64, rate: f64) -> ReplayCounts {
    let misses = ((counted.misses as f64 / rate).round() as u64).min(requests);
    ReplayCounts { requests, hits: requests - misses, misses }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_cache_takes_a_larger_sample_and_the_smallest_all_keys() {
        let rate = rate(655_360);
        assert_eq!(
            [100_000, 20_000, 19_999, 5_000, 4_999, 1].map(|entries| rate_for(entries, rate)),
            [0.1, 0.1, 0.2, 0.4, 1.0, 1.0]
        );
        assert_eq!((super::rate(100_000), rate_for(50_000, 1.0)), (1.0, 1.0));
    }
}
