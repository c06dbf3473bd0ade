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

/// The fewest entries of a miniature: one with fewer is more luck than likeness.
pub const ENTRIES_MIN: f64 = 100.0;

/// How many keys a sample should have: enough for an error of some thousandths.
const KEYS: f64 = 65_536.0;

/// The share of the keys to sample of a trace of so many distinct keys; 1: all of them.
pub fn rate(distinct: u64) -> f64 {
    let rate = KEYS / distinct.max(1) as f64;
    // A sample of most keys costs what all of them do.
    if rate > 0.5 { 1.0 } else { rate }
}

/// Whether a miniature of a cache of so many entries is like it, at this rate.
pub fn is_like(entries: u32, rate: f64) -> bool {
    f64::from(entries) * rate >= ENTRIES_MIN
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
