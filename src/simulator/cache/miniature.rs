//! Miniatures: a cache scaled down, asked only for a sample of the keys, that stands for the whole one.
//!
//! A key is in the sample by its hash, so all requests of a key are, or none (SHARDS: Waldspurger, Park, Garthwaite, Ahmad,
//! "Efficient MRC construction with SHARDS", FAST '15). Between two requests of a key of the sample there are as many other
//! keys of the sample as the rate says; so a cache of that share of the entries hits about as often as the whole one with
//! all requests, whatever its policy (Waldspurger, Saemundsson, Ahmad, Park, "Cache modeling and optimization using
//! miniature simulations", USENIX ATC '17).
//!
//! *How many entries.* By luck a sample has more or fewer of the popular keys than its share. A miniature of exactly that
//! share of the entries would let keys go sooner than the whole cache, or later. So it has as many entries as the whole cache
//! would hold keys of the sample, which the first requests say ([`Popularity`]): a key that is asked for p times a second is
//! held in pT / (1 + pT) of the time, where T, how long an entry stays, is such that all keys together fill the cache. (That
//! is the approximation for a FIFO cache; others differ from it.)
//!
//! *How many misses.* Entries that stay as long in both are replaced by each place of both as often. So the whole cache
//! misses as many times more often as it has more entries. All other requests are hits.
//!
//! *Where entries expire* they stay until then at most, so popular keys miss too: as often as their lives end. Then misses are
//! scaled by how many each key foretells: of c requests in the first ones c / (1 + cS), if its entry stays for a share S of
//! the time that these take. What the sample has in a greater share, it has more misses of.
//!
//! Where the first requests say little of the others, luck that they tell of is none: a trace that goes over its keys once, or
//! whose popular keys are soon others. They also foretell which share of the requests the sample will have. Where the keys'
//! share is nearer to what it had, that is what misses are scaled by (the correction that the SHARDS paper calls SHARDS-adj).
//! So they are where the miniature has few entries, each of them a matter of luck, or the first requests fill no such cache.
//! The requests that the sample has too few of, or too many, are of popular keys; of these as many miss as expire.
//!
//! ```
//! use cachelane::cache::counts::ReplayCounts;
//! use cachelane::cache::miniature::Popularity;
//! let small = Popularity::default().miniature(5_000, 0.01);
//! assert_eq!(small.entries, 50);
//! let sample = ReplayCounts { requests: 90, hits: 60, misses: 30 };
//! assert_eq!(small.whole(sample, 10_000), ReplayCounts { requests: 10_000, hits: 7_000, misses: 3_000 });
//! ```

use std::collections::BTreeMap;

use super::counts::ReplayCounts;
use crate::workload::trace::KeySample;

/// The entries that a miniature should have: one with few is more luck than likeness.
const ENTRIES: f64 = 1_000.0;

/// How many keys a sample should have: enough for an error of some thousandths.
const KEYS: f64 = 24_576.0;

/// A sample of more of the keys costs nearly what all of them do.
const RATE_MAX: f64 = 0.5;

/// A miniature of fewer entries is not sized by the popular keys.
const FEW: f64 = 50.0;

/// The share of the keys to sample for a cache of so many entries, of a trace with so many distinct keys: a small cache takes
/// a large one, until its miniature is large enough to be like it. 1: all of them.
pub fn rate(entries: u32, distinct: u64) -> f64 {
    let rate = f64::max(ENTRIES / f64::from(entries.max(1)), KEYS / distinct.max(1) as f64);
    if rate > RATE_MAX { 1.0 } else { rate }
}

/// What a capacity in bytes is at a `rate` over 0 and up to 1.
pub fn bytes(bytes: u64, rate: f64) -> u64 {
    ((bytes as f64 * rate).round() as u64).max(1)
}

/// A cache scaled down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Miniature {
    /// Its entries, at least one.
    pub entries: u32,
    /// The share of the keys in its sample; 1: it is the whole cache.
    rate: f64,
    /// What the popular keys say of the sample, where they say something.
    told: Option<Told>,
    /// The share of a popular key's requests that miss since its entry has expired.
    expired: f64,
}

/// What the popular keys say.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Told {
    /// The share of the whole cache's misses that are of keys in the sample.
    misses: f64,
    /// The share of the requests that are.
    requests: f64,
}

impl Miniature {
    /// As large as the share of the keys says.
    pub fn plain(entries: u32, rate: f64) -> Miniature {
        let entries = ((f64::from(entries) * rate).round() as u32).max(1);
        Miniature { entries, rate, told: None, expired: 0.0 }
    }

    /// What the whole cache counts in so many `requests`, by what its miniature `counted`.
    pub fn whole(self, counted: ReplayCounts, requests: u64) -> ReplayCounts {
        let share = counted.requests as f64 / requests.max(1) as f64;
        let holds = |told: &Told| (share - told.requests).abs() < (share - self.rate).abs();
        let misses = match self.told.filter(holds) {
            Some(told) => counted.misses as f64 / told.misses,
            None => {
                let not_of_its_share = requests as f64 - counted.requests as f64 / self.rate;
                counted.misses as f64 / self.rate + self.expired * not_of_its_share
            }
        };
        of(misses, requests)
    }

    /// The same where entries expire and the first requests are not known: other requests miss as often as the sample's.
    pub fn whole_unheard(self, counted: ReplayCounts, requests: u64) -> ReplayCounts {
        of(counted.misses as f64 / counted.requests.max(1) as f64 * requests as f64, requests)
    }
}

/// About so many `misses` of so many requests.
fn of(misses: f64, requests: u64) -> ReplayCounts {
    let misses = (misses.round() as u64).min(requests);
    ReplayCounts { requests, hits: requests - misses, misses }
}

/// What the first requests say of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// How often it was asked for, to read it or not.
    pub count: u32,
    /// How often it was looked up.
    pub looks: u32,
    /// How often it was put in by a command of its own, where misses leave the cache alone.
    pub puts: Option<u32>,
    /// [What decides](KeySample::has_hash) whether it is in a sample.
    pub hash: u64,
    /// How long its entry lives, in shares of the time that these requests take; infinite where it does not expire.
    pub life: f64,
}

impl Heard {
    /// How many of its look-ups miss, if its entry stays so long unless it expires.
    fn misses(&self, stay: f64) -> f64 {
        let (looks, count) = (f64::from(self.looks), f64::from(self.count));
        match self.puts {
            // The first, and others as often as it goes.
            None => (1.0 + (looks - 1.0) / (1.0 + looks * stay.min(self.life))).max(0.0),
            Some(0) => looks,
            // It hits as long after it was put in as it lives, where it has not gone before.
            Some(puts) => {
                let lives = 1.0 - libm::exp(-f64::from(puts) * self.life);
                looks * (1.0 - lives * (1.0 - 1.0 / (1.0 + count * stay)))
            }
        }
    }

    /// How many miss since it has expired.
    fn expired(&self) -> f64 {
        if self.life == f64::INFINITY { 0.0 } else { self.misses(f64::INFINITY) }
    }
}

/// How often the keys of the first requests were asked for; of none: nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Popularity {
    keys: Vec<Heard>,
    /// How many keys were asked for so often.
    all: BTreeMap<u32, u32>,
    /// The share of a popular key's requests that miss since its entry has expired; 0: none expires.
    expired: f64,
}

impl Popularity {
    /// Of each key what was heard.
    pub fn of(keys: Vec<Heard>) -> Popularity {
        let all = by_count(keys.iter());
        // Weighed by how popular they are.
        let sum = |of: fn(&Heard) -> f64| keys.iter().map(|key| f64::from(key.looks) * of(key)).sum::<f64>();
        let expired = sum(Heard::expired) / sum(|key| f64::from(key.looks)).max(1.0);
        Popularity { keys, all, expired }
    }

    /// The miniature of a cache of as many bytes as the share of the keys says.
    pub fn of_bytes(&self, rate: f64) -> Miniature {
        self.plain(1, rate)
    }

    fn plain(&self, entries: u32, rate: f64) -> Miniature {
        Miniature { expired: self.expired, ..Miniature::plain(entries, rate) }
    }

    /// The miniature of a cache of so many entries, of the sample of this rate.
    pub fn miniature(&self, entries: u32, rate: f64) -> Miniature {
        let whole = f64::from(entries);
        let plain = self.plain(entries, rate);
        let fills = self.keys.len() as f64 > whole;
        if rate >= 1.0 || !fills && self.expired == 0.0 {
            return plain;
        }
        let per_stay = self.per_stay(whole);
        // few: once for each point of a curve
        let sample = KeySample::of(rate);
        let in_sample: Vec<&Heard> = self.keys.iter().filter(|key| sample.has_hash(key.hash)).collect();
        let sampled = by_count(in_sample.iter().copied());
        let small = (whole * rate + held(&sampled, per_stay) - rate * held(&self.all, per_stay)).round();
        let is_sized = fills && small >= FEW;
        let misses = if self.expired > 0.0 {
            let stay = if fills { 1.0 / per_stay } else { f64::INFINITY };
            let foretold = |keys: &mut dyn Iterator<Item = &Heard>| keys.map(|key| key.misses(stay)).sum::<f64>();
            foretold(&mut in_sample.iter().copied()) / foretold(&mut self.keys.iter()).max(1.0)
        } else if is_sized {
            small / whole
        } else {
            0.0
        };
        let looks = |keys: &mut dyn Iterator<Item = &Heard>| keys.map(|key| f64::from(key.looks)).sum::<f64>();
        let requests = looks(&mut in_sample.iter().copied()) / looks(&mut self.keys.iter()).max(1.0);
        let told = Told { misses, requests };
        let entries = if is_sized { small as u32 } else { plain.entries };
        Miniature { entries, told: Some(told).filter(|told| told.misses > 0.0), ..plain }
    }

    /// How often the first requests are as long as an entry stays in a cache of so many entries; where they do not fill it,
    /// half of one time.
    fn per_stay(&self, entries: f64) -> f64 {
        let (mut least, mut most) = (0.5, f64::from(u32::MAX));
        // Halvings, until nobody would see the difference.
        for _ in 0..48 {
            let middle = (least + most) / 2.0;
            if held(&self.all, middle) > entries { least = middle } else { most = middle }
        }
        most
    }
}

/// How many keys were asked for so often.
fn by_count<'a>(keys: impl Iterator<Item = &'a Heard>) -> BTreeMap<u32, u32> {
    let mut all = BTreeMap::new();
    keys.for_each(|key| *all.entry(key.count).or_default() += 1);
    all
}

/// How many keys a cache holds, by how often each was asked for, if an entry stays for one of `per_stay` parts of that time.
fn held(keys: &BTreeMap<u32, u32>, per_stay: f64) -> f64 {
    keys.iter().map(|(&count, &keys)| f64::from(keys) * f64::from(count) / (f64::from(count) + per_stay)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(count: u32, key: u64, life: f64) -> Heard {
        Heard { count, looks: count, puts: None, hash: KeySample::hash(key), life }
    }

    #[test]
    fn a_small_cache_takes_a_larger_sample_and_the_smallest_all_keys() {
        let of = |entries| rate(entries, 1 << 20);
        assert_eq!([1, 1_999, 2_000, 4_000, 10_000].map(of), [1.0, 1.0, 0.5, 0.25, 0.1]);
        assert_eq!(of(1 << 20), 0.023_437_5, "the keys are enough, and not more");
        assert_eq!((rate(1 << 20, 49_151), rate(1 << 20, 49_152), rate(1 << 20, 0)), (1.0, 0.5, 1.0));
    }

    #[test]
    fn a_miniature_has_as_many_entries_as_the_whole_cache_holds_keys_of_the_sample() {
        // A thousand popular keys, which a cache of 2,000 holds nearly always, and many of which it holds a tenth.
        let popular = (0..1_000).map(|key| heard(100_000, key, f64::INFINITY));
        let others = (1_000..11_000).map(|key| heard(12, key, f64::INFINITY));
        let popularity = Popularity::of(popular.chain(others).collect());
        let sample = KeySample::of(0.25);
        let in_sample = |keys: std::ops::Range<u64>| keys.filter(|key| sample.has_number(*key)).count() as f64;
        let expected = in_sample(0..1_000) + in_sample(1_000..11_000) / 10.0;
        let small = popularity.miniature(2_000, 0.25);
        assert!((f64::from(small.entries) - expected).abs() < 2.0, "{small:?}, {expected}");
        assert_ne!(small.entries, 500, "which would be true of any sample");
        let share = f64::from(small.entries) / 2_000.0;
        // Misses are scaled as the entries are, where the sample has the requests that were foretold; else as the keys.
        let requests = 1_000_000;
        let whole = |share: f64| {
            let requests_of_it = (share * requests as f64) as u64;
            let counted = ReplayCounts { requests: requests_of_it, hits: requests_of_it - 10_000, misses: 10_000 };
            small.whole(counted, requests).misses
        };
        let foretold = (in_sample(0..1_000) * 100_000.0 + in_sample(1_000..11_000) * 12.0) / 100_120_000.0;
        assert_eq!((whole(foretold), whole(0.25)), ((10_000.0 / share).round() as u64, 40_000));
    }

    #[test]
    fn of_few_entries_and_of_a_cache_that_is_not_filled_the_keys_share_is_all_that_is_known() {
        let keys = (0..20_000).map(|key| heard(1 + 1_000 / (1 + key as u32), key, f64::INFINITY));
        let popularity = Popularity::of(keys.collect());
        for (entries, rate, small) in
            [(10, 0.01, 1), (100, 0.01, 1), (1_000, 0.01, 10), (20_000, 0.5, 10_000), (700, 1.0, 700)]
        {
            assert_eq!(
                popularity.miniature(entries, rate),
                Miniature { entries: small, rate, told: None, expired: 0.0 },
                "{entries}"
            );
        }
        assert!(popularity.miniature(10_000, 0.01).told.is_some());
    }

    #[test]
    fn where_entries_expire_misses_are_scaled_by_how_many_each_key_foretells() {
        // A thousand keys that miss every tenth time, and as many requests of keys that come once.
        let popular = (0..1_000).map(|key| heard(1_000, key, 0.009));
        let once = (1_000..1_001_000).map(|key| heard(1, key, 0.009));
        let popularity = Popularity::of(popular.chain(once).collect());
        let small = popularity.miniature(2_000_000, 0.01);
        assert_eq!(small.entries, 20_000, "nothing but the end of their lives lets entries go");
        let sample = KeySample::of(0.01);
        let [popular, once] = [0..1_000, 1_000..1_001_000]
            .map(|mut keys: std::ops::Range<u64>| keys.by_ref().filter(|key| sample.has_number(*key)).count() as u64);
        assert_ne!(popular, 10, "which would be its share");
        let counted = |popular: u64, once: u64| {
            let (requests, misses) = (1_000 * popular + once, 100 * popular + once);
            small.whole(ReplayCounts { requests, hits: requests - misses, misses }, 2_000_000)
        };
        let off = counted(popular, once).misses as f64 / 2_000_000.0 - 0.55;
        assert!(off.abs() < 0.002, "{off}");
        // Where the first requests tell nothing of the others: of those that the sample has too many of a tenth have missed.
        let off = counted(12, 10_000).misses as f64 / 2_000_000.0 - 0.55;
        assert!(off.abs() < 0.002, "{off}");
        // Of others a sample tells what it has seen itself.
        let counts = ReplayCounts { requests: 100, hits: 25, misses: 75 };
        assert_eq!(small.whole_unheard(counts, 1_000).misses, 750);
    }

    #[test]
    fn values_that_commands_put_in_miss_where_none_was_put_in_for_as_long_as_they_live() {
        let of = |puts, life| Heard { puts, ..heard(100, 1, life) };
        assert_eq!(of(Some(0), 0.1).misses(f64::INFINITY), 100.0, "nobody puts it in");
        assert!((of(Some(20), 0.1).misses(f64::INFINITY) - 100.0 * libm::exp(-2.0)).abs() < 1e-9);
        assert!(
            (of(Some(20), f64::INFINITY).misses(1.0) - 100.0 / 101.0).abs() < 1e-9,
            "it goes before it is asked for"
        );
        assert_eq!((of(Some(0), f64::INFINITY).expired(), of(None, f64::INFINITY).expired()), (0.0, 0.0));
        assert_eq!(of(None, f64::INFINITY).misses(f64::INFINITY), 1.0, "the first");
        assert_eq!(of(None, 0.0).misses(1.0), 100.0);
    }
}
