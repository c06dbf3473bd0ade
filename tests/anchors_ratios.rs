//! Hit ratios under independent references and Poisson arrivals, against theory.
//!
//! The formulas are evaluated here, by other code than the simulator's, so that any parameters can be tried.

use cachelane::cache::counts::ReplayCounts;
use cachelane::cache::entry::{Capacity, Entry};
use cachelane::cache::replay::Replay;
use cachelane::cache::store::{Lookup, Store};
use cachelane::random::{Ids, Sampler, Streams};
use cachelane::scenario::eviction::Eviction;
use cachelane::time::Nanos;

use crate::common::near;

const DRAWS: u32 = 2_000_000;
const WARM_UP: u32 = DRAWS / 5;
/// Safe for that many draws.
const TOLERANCE: f64 = 0.002;

/// One row of the table: Zipf(alpha) over `n` keys, `c` slots, and the hit ratios published for it.
struct Row {
    n: u32,
    alpha: f64,
    c: u32,
    perfect_lfu: f64,
    lru: f64,
    fifo: f64,
    clock: f64,
}

const TABLE: [Row; 5] = [
    Row { n: 1_000, alpha: 0.8, c: 100, perfect_lfu: 0.5258, lru: 0.3778, fifo: 0.3341, clock: 0.3923 },
    Row { n: 1_000, alpha: 1.0, c: 10, perfect_lfu: 0.3913, lru: 0.2095, fifo: 0.1822, clock: 0.2270 },
    Row { n: 1_000, alpha: 1.0, c: 100, perfect_lfu: 0.6930, lru: 0.5765, fifo: 0.5208, clock: 0.5899 },
    Row { n: 10_000, alpha: 1.0, c: 100, perfect_lfu: 0.5300, lru: 0.3905, fifo: 0.3428, clock: 0.4049 },
    Row { n: 10_000, alpha: 1.0, c: 1_000, perfect_lfu: 0.7648, lru: 0.6756, fifo: 0.6310, clock: 0.6859 },
];

/// The probabilities of Zipf's law, most popular first.
pub fn zipf(n: u32, alpha: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=n).map(|rank| libm::pow(f64::from(rank), -alpha)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

/// The x > 0 at which the rising function `f` is `target`.
fn solve(target: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while f(high) < target {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if f(middle) < target { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// LRU: Che, Tung, Wang 2002; accuracy after Fricker, Robert, Roberts 2012.
pub fn che(p: &[f64], c: u32) -> f64 {
    let held = |p: f64, t: f64| 1.0 - libm::exp(-p * t);
    let t = solve(f64::from(c), |t| p.iter().map(|&p| held(p, t)).sum());
    p.iter().map(|&p| p * held(p, t)).sum()
}

/// FIFO and RANDOM, exact: miss = (C+1)·e_{C+1}(p) / e_C(p), e the elementary symmetric polynomials (Gelenbe 1973).
///
/// The e_k range over thousands of decimal orders. But with qᵢ = t·pᵢ, e_k(q) / Π(1+qᵢ) is the probability that k of
/// independent events of probabilities qᵢ/(1+qᵢ) happen; with t chosen so that C are expected, those near C are
/// ordinary numbers, and the others may underflow unharmed.
pub fn fifo(p: &[f64], c: u32) -> f64 {
    let c = c as usize;
    let t = solve(c as f64, |t| p.iter().map(|p| p * t / (1.0 + p * t)).sum());
    let mut happen = vec![0.0; c + 2];
    happen[0] = 1.0;
    for p in p {
        let one = p * t / (1.0 + p * t);
        for k in (1..c + 2).rev() {
            happen[k] = happen[k] * (1.0 - one) + happen[k - 1] * one;
        }
        happen[0] *= 1.0 - one;
    }
    1.0 - (c + 1) as f64 * happen[c + 1] / (t * happen[c])
}

/// The hit ratio of a simulated store after the warm-up.
fn simulated(n: u32, alpha: f64, c: u32, policy: Eviction) -> f64 {
    let keys = Ids::zipf(n, alpha).unwrap();
    let mut stream = Streams::new(20_261_121).named("keys");
    let mut cache = Replay::new(policy, c, None, 1);
    let mut run = |draws| {
        (0..draws).for_each(|_| _ = cache.request(keys.sample(&mut stream)));
        cache.counts()
    };
    let (warm, all) = (run(WARM_UP), run(DRAWS - WARM_UP));
    let counted = ReplayCounts {
        requests: all.requests - warm.requests,
        hits: all.hits - warm.hits,
        misses: all.misses - warm.misses,
    };
    counted.hit_ratio()
}

#[test]
fn the_formulas_give_the_published_ratios() {
    for row in &TABLE {
        let p = zipf(row.n, row.alpha);
        near("perfect LFU", p[..row.c as usize].iter().sum(), row.perfect_lfu, 0.000_05);
        near("LRU", che(&p, row.c), row.lru, 0.000_05);
        near("FIFO", fifo(&p, row.c), row.fifo, 0.000_05);
    }
}

#[test]
fn the_exact_fifo_formula_agrees_with_small_cases_by_hand() {
    // Two keys, one slot: the slot holds i with probability pᵢ, so the hit ratio is Σpᵢ².
    near("two keys", fifo(&[0.75, 0.25], 1), 0.625, 1e-12);
    // p = ½ ¼ ¼, two slots: e₂ = 5/16, e₃ = 1/32, miss = 3·e₃/e₂ = 0.3.
    near("three keys", fifo(&[0.5, 0.25, 0.25], 2), 0.7, 1e-12);
}

#[test]
fn simulated_policies_hit_as_often_as_published() {
    for row in &TABLE {
        let ratio = |policy| simulated(row.n, row.alpha, row.c, policy);
        let at = |policy: Eviction| format!("{policy} at {} {} {}", row.n, row.alpha, row.c);
        near(&at(Eviction::Lru), ratio(Eviction::Lru), row.lru, TOLERANCE);
        near(&at(Eviction::Fifo), ratio(Eviction::Fifo), row.fifo, TOLERANCE);
        near(&at(Eviction::Random), ratio(Eviction::Random), row.fifo, TOLERANCE);
        near(&at(Eviction::Clock), ratio(Eviction::Clock), row.clock, TOLERANCE);
    }
}

#[test]
fn simulated_policies_follow_the_formulas_at_other_parameters_too() {
    for (n, alpha, c) in [(500, 0.6, 50), (2_000, 1.2, 150), (5_000, 0.9, 700), (300, 0.0, 60)] {
        let p = zipf(n, alpha);
        near("LRU", simulated(n, alpha, c, Eviction::Lru), che(&p, c), TOLERANCE);
        near("FIFO", simulated(n, alpha, c, Eviction::Fifo), fifo(&p, c), TOLERANCE);
        near("RANDOM", simulated(n, alpha, c, Eviction::Random), fifo(&p, c), TOLERANCE);
    }
}

#[test]
fn the_most_popular_keys_are_drawn_as_often_as_perfect_lfu_would_hit() {
    for row in &TABLE {
        let keys = Ids::zipf(row.n, row.alpha).unwrap();
        let mut stream = Streams::new(5).named("keys");
        let popular = (0..DRAWS).filter(|_| keys.sample(&mut stream) < row.c).count();
        near("perfect LFU", popular as f64 / f64::from(DRAWS), row.perfect_lfu, TOLERANCE);
    }
}

/// The hit ratio of one key asked for at Poisson moments, `rate` a second, with entries living `ttl`.
fn poisson_hits(rate: f64, ttl: Nanos, sliding: bool) -> f64 {
    let gap = Sampler::exponential(Nanos::from_secs_f64(1.0 / rate));
    let streams = Streams::new(3);
    let (mut stream, mut now) = (streams.named("arrivals"), Nanos::ZERO);
    let mut store = Store::new(Eviction::Lru, Capacity::entries_of(1), streams.named("eviction"));
    let (mut hits, n) = (0, 2_000_000);
    for _ in 0..n {
        now += gap.sample(&mut stream);
        let hit = match store.get(0, now) {
            Lookup::Hit(entry) => {
                if sliding {
                    entry.expires = now + ttl;
                }
                true
            }
            Lookup::Expired(_) | Lookup::Absent => false,
        };
        if !hit {
            assert_eq!(store.insert(Entry::new(0, 0, now + ttl), now).evicted(), None);
        }
        hits += u32::from(hit);
    }
    f64::from(hits) / f64::from(n)
}

#[test]
fn times_to_live_hit_as_often_as_theory_says() {
    for (rate, seconds) in [(10.0, 0.1), (10.0, 1.0), (3.0, 0.05)] {
        let (x, ttl): (f64, _) = (rate * seconds, Nanos::from_secs_f64(seconds));
        near("fixed", poisson_hits(rate, ttl, false), x / (1.0 + x), TOLERANCE);
        near("sliding", poisson_hits(rate, ttl, true), 1.0 - libm::exp(-x), TOLERANCE);
    }
}
