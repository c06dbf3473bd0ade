//! Chance: named streams of random bits, and what is drawn from them.
//!
//! Every concern of a run (arrivals, keys, each network link, each server …) has a stream of its own, so that
//! switching a strategy changes none of the others' draws: lanes differ in what they do, never in their luck.
//!
//! ```text
//! (run's seed, name, index) ── splitmix64 / FNV-1a ──> 256 bits ──> Xoshiro256++ ──> u64, unit(), below(n)
//!                                                                                     │
//!                                           Sampler, Lengths (of time) · Ids, Alias (keys) ┘
//! ```
//!
//! The same seed gives the same draws on every machine: the generators are integer arithmetic, and the
//! distributions use only `+ - * / sqrt` and the pinned `libm`. Every draw of every distribution here takes
//! exactly one `u64` from its stream (a constant takes none), so draws can be counted.
//!
//! ```
//! use cachelane::random::Streams;
//! let streams = Streams::new(7);
//! let mut arrivals = streams.named("arrivals");
//! let mut second_link = streams.numbered("network", 1);
//! assert_ne!(arrivals.u64(), second_link.u64());
//! assert!(arrivals.unit() < 1.0);
//! ```

mod alias;
mod ids;
mod lengths;
mod luck;
mod normal;
mod sampler;

pub use alias::{Alias, BadWeights};
pub use ids::Ids;
pub use lengths::Lengths;
pub use luck::Luck;
pub use sampler::{BadDistribution, LONGEST_SAMPLE, Sampler};

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use self::luck::Turning;

/// One step of splitmix64: adds the golden constant to `state`, then mixes it into the result.
///
/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of Vigna's
/// public-domain `splitmix64.c`.
pub const fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The 64-bit FNV-1a hash of a name.
const fn fnv1a(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xCBF2_9CE4_8422_2325u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        at += 1;
    }
    hash
}

/// `word` folded into `state` by one splitmix64 step.
const fn fold(state: u64, word: u64) -> u64 {
    splitmix64(&mut (state ^ word))
}

/// All the streams of one run: a seed that hands out independent [`Stream`]s by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    /// What turns them, if anything does.
    luck: Option<Luck>,
}

impl Streams {
    /// The streams of the run with this seed. Every seed, also zero, is a good one.
    pub const fn new(seed: u64) -> Streams {
        Streams { seed, luck: None }
    }

    /// The same streams, until `luck` turns: then each goes on as another one.
    pub fn following(self, luck: &Luck) -> Streams {
        Streams { luck: Some(luck.clone()), ..self }
    }

    /// The same streams, which no luck turns.
    pub const fn steady(&self) -> Streams {
        Streams { seed: self.seed, luck: None }
    }

    /// The stream called `name`: always the same one, from its beginning.
    pub fn named(&self, name: &str) -> Stream {
        self.stream(self.state(name))
    }

    /// Stream `index` of the family called `name` (one link of the network, one server …). No member of the
    /// family is the stream [`named`](Streams::named) `name`.
    pub fn numbered(&self, name: &str, index: u32) -> Stream {
        self.stream(fold(self.state(name), u64::from(index)))
    }

    fn stream(&self, state: u64) -> Stream {
        let turning = self.luck.as_ref().map(|luck| Box::new(Turning::new(luck, state)));
        Stream { bits: generator(state), turning }
    }

    /// Seed and name in 64 bits: the seed stepped once, then xor FNV-1a of the name and stepped again.
    fn state(&self, name: &str) -> u64 {
        fold(fold(0, self.seed), fnv1a(name))
    }
}

/// An endless run of random bits, drawn one `u64` at a time.
///
/// Xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    bits: Xoshiro256PlusPlus,
    /// Of a stream that luck can turn.
    turning: Option<Box<Turning>>,
}

/// The generator's 256 bits are four successive splitmix64 outputs from `state`, low word first.
fn generator(mut state: u64) -> Xoshiro256PlusPlus {
    let mut seed = [0u8; 32];
    for word in seed.chunks_exact_mut(8) {
        word.copy_from_slice(&splitmix64(&mut state).to_le_bytes());
    }
    Xoshiro256PlusPlus::from_seed(seed)
}

/// 2⁻⁵³: the distance between neighbours of [`Stream::unit`].
const UNIT_STEP: f64 = 1.0 / (1u64 << 53) as f64;

impl Stream {
    /// 64 random bits.
    #[inline]
    pub fn u64(&mut self) -> u64 {
        if let Some(turning) = &mut self.turning
            && let Some(state) = turning.turned()
        {
            self.bits = generator(state);
        }
        self.bits.next_u64()
    }

    /// Whether luck has turned since the last draw.
    #[inline]
    fn has_turned(&self) -> bool {
        self.turning.as_ref().is_some_and(|turning| turning.has_turned())
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        from_zero(self.u64())
    }

    /// Uniform in (0, 1], a multiple of 2⁻⁵³: its logarithm is finite.
    #[inline]
    pub fn unit_open(&mut self) -> f64 {
        up_to_one(self.u64())
    }

    /// Uniform in (0, 1) without either end, symmetric about ½: odd multiples of 2⁻⁵³.
    #[inline]
    fn unit_between(&mut self) -> f64 {
        between(self.u64())
    }

    /// Uniform in 0..n, from exactly one draw (multiply-shift). Some results are likelier than others by at
    /// most n/2⁶⁴ of their share, far below what a run could show.
    ///
    /// # Panics
    /// When `n` is zero.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "below(0): there is nothing to choose from");
        scale(self.u64(), n).0
    }

    /// The numbers 0..n in random order, each order equally likely: Fisher and Yates' shuffle, n − 1 draws.
    pub fn permutation(&mut self, n: u32) -> Box<[u32]> {
        let mut numbers: Box<[u32]> = (0..n).collect();
        for last in (1..n).rev() {
            numbers.swap(last as usize, self.below(last + 1) as usize);
        }
        numbers
    }

    /// True with probability `p` (never for p ≤ 0, always for p ≥ 1).
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

/// 64 bits as a number in [0, 1).
#[inline]
fn from_zero(bits: u64) -> f64 {
    (bits >> 11) as f64 * UNIT_STEP
}

/// 64 bits as a number in (0, 1].
#[inline]
fn up_to_one(bits: u64) -> f64 {
    ((bits >> 11) + 1) as f64 * UNIT_STEP
}

/// 64 bits as a number in (0, 1).
#[inline]
fn between(bits: u64) -> f64 {
    ((bits >> 11) | 1) as f64 * UNIT_STEP
}

/// The 96-bit product x·n as (x·n / 2⁶⁴, x·n mod 2⁶⁴): a number below `n`, and the fraction left over.
///
/// In two 64-bit products, since WebAssembly has no 128-bit one.
#[inline]
fn scale(x: u64, n: u32) -> (u32, u64) {
    let n = u64::from(n);
    let whole = ((x >> 32) * n + (((x & 0xFFFF_FFFF) * n) >> 32)) >> 32;
    (whole as u32, x.wrapping_mul(n))
}

/// Φ⁻¹: what so large a `share` of a standard normal law is below. It must be above 0 and below 1.
pub fn normal_quantile(share: f64) -> f64 {
    normal::inverse(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_gives_the_published_sequence() {
        let mut state = 1_234_567;
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423u64];
        assert_eq!(expected.map(|_| splitmix64(&mut state)), expected);
    }

    #[test]
    fn fnv1a_gives_the_published_hashes() {
        assert_eq!(fnv1a(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a("a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn a_stream_is_the_same_each_time_it_is_asked_for() {
        let streams = Streams::new(9);
        assert_eq!(streams.named("keys"), streams.named("keys"));
        assert_eq!(streams.numbered("network", 3), streams.numbered("network", 3));
    }

    #[test]
    fn a_stream_that_luck_turns_goes_on_as_another_one_and_one_that_it_does_not_turn_as_before() {
        let luck = Luck::default();
        let streams = Streams::new(9).following(&luck);
        let (mut turned, mut steady) = (streams.named("keys"), streams.steady().named("keys"));
        assert_eq!((turned.u64(), turned.u64()), (steady.u64(), steady.u64()), "the same until it turns");
        luck.turn(1);
        let first = turned.u64();
        assert_ne!(first, steady.u64());
        // How far it was makes no difference, nor whether it had begun.
        assert_eq!(streams.named("keys").u64(), first);
        assert_ne!(streams.named("network").u64(), first);
        luck.turn(2);
        assert_ne!(turned.u64(), first);
        luck.turn(1);
        assert_eq!(turned.u64(), first, "the same turn, the same luck");
    }

    #[test]
    fn streams_of_other_names_indices_and_seeds_are_others() {
        let mut firsts = Vec::new();
        for seed in 0..20 {
            let streams = Streams::new(seed);
            for name in ["", "a", "b", "keys", "network"] {
                firsts.push(streams.named(name).u64());
                firsts.extend((0..20).map(|index| streams.numbered(name, index).u64()));
            }
        }
        let count = firsts.len();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), count);
    }

    #[test]
    fn scale_is_the_exact_product() {
        let mut stream = Streams::new(1).named("scale");
        for _ in 0..10_000 {
            let (x, n) = (stream.u64(), (stream.u64() >> 32) as u32);
            let product = u128::from(x) * u128::from(n);
            assert_eq!(scale(x, n), ((product >> 64) as u32, product as u64));
        }
        assert_eq!(scale(u64::MAX, u32::MAX).0, u32::MAX - 1);
    }

    #[test]
    fn units_stay_within_their_ends() {
        assert_eq!((from_zero(0), from_zero(u64::MAX)), (0.0, 1.0 - UNIT_STEP));
        assert_eq!((up_to_one(0), up_to_one(u64::MAX)), (UNIT_STEP, 1.0));
        assert_eq!((between(0), between(u64::MAX)), (UNIT_STEP, 1.0 - UNIT_STEP));
    }

    #[test]
    fn units_average_a_half() {
        let mut stream = Streams::new(3).named("units");
        let n = 200_000;
        let sum: f64 = (0..n).map(|_| stream.unit() + stream.unit_open() + stream.unit_between()).sum();
        assert!((sum / f64::from(3 * n) - 0.5).abs() < 0.002);
    }

    #[test]
    fn a_permutation_has_every_number_once_and_every_order_comes_as_often() {
        let mut stream = Streams::new(5).named("permutation");
        assert!(stream.permutation(0).is_empty());
        let mut sorted = stream.permutation(1_000);
        assert_ne!(*sorted, *(0..1_000).collect::<Vec<_>>());
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..1_000));
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            *counts.entry(stream.permutation(3)).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
    }

    #[test]
    fn below_reaches_every_number_equally_often() {
        let mut stream = Streams::new(4).named("below");
        let mut counts = [0u32; 7];
        for _ in 0..700_000 {
            counts[stream.below(7) as usize] += 1;
        }
        for count in counts {
            assert!((count as f64 - 100_000.0).abs() < 1_500.0, "{counts:?}");
        }
        assert_eq!(stream.below(1), 0);
    }
}
