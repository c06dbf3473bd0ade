//! A distribution with a stream of its own, drawn a few lengths ahead.
//!
//! One length takes a logarithm, an inverse and an exponential, each of which waits for the one before it. Those of
//! several lengths do not wait for each other: drawn together, they cost about half as much. Nothing else may take from
//! the stream, so nobody can tell.
//!
//! ```
//! use cachelane::random::{Sampler, Streams};
//! use cachelane::time::Nanos;
//! let (read, streams) = (Sampler::exponential(Nanos::from_millis(5)), Streams::new(7));
//! let mut alone = streams.named("database read");
//! let mut ahead = read.clone().lengths(streams.named("database read"));
//! assert!((0..100).all(|_| ahead.draw() == read.sample(&mut alone)));
//! ```

use super::{Sampler, Stream};
use crate::time::Nanos;

/// How many are drawn at once.
const AHEAD: usize = 16;

/// See the module.
#[derive(Clone, Debug)]
pub struct Lengths {
    sampler: Sampler,
    stream: Stream,
    ahead: [Nanos; AHEAD],
    /// How many of those have been used.
    used: usize,
}

impl Sampler {
    /// The lengths drawn from `stream`, one after the other.
    pub fn lengths(self, stream: Stream) -> Lengths {
        Lengths { sampler: self, stream, ahead: [Nanos::ZERO; AHEAD], used: AHEAD }
    }
}

impl Lengths {
    /// Draws one length.
    #[inline]
    pub fn draw(&mut self) -> Nanos {
        // What was drawn ahead is not what luck gives that has turned since.
        if self.used >= AHEAD || self.stream.has_turned() {
            self.refill();
        }
        self.used += 1;
        self.ahead[self.used - 1]
    }

    /// It happens once in [`AHEAD`] times.
    #[cold]
    #[inline] // so that it is as optimised as the crate that draws, in the page, too
    fn refill(&mut self) {
        self.sampler.fill(&mut self.stream, &mut self.ahead);
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Streams};

    const MS: fn(u64) -> Nanos = Nanos::from_millis;

    fn samplers() -> Vec<Sampler> {
        let row = [(50.0, MS(1)), (100.0, MS(2))];
        vec![
            Sampler::constant(MS(1)),
            Sampler::exponential(MS(10)),
            Sampler::uniform(MS(1), MS(9)).unwrap(),
            Sampler::lognormal(MS(1), MS(9)).unwrap(),
            Sampler::lognormal(Nanos(1), Nanos::MAX).unwrap(), // as far into both tails as it goes
            Sampler::normal(MS(1), MS(9)),
            Sampler::empirical(&row).unwrap(),
        ]
    }

    #[test]
    fn drawn_ahead_they_are_the_same_as_one_by_one() {
        for sampler in samplers() {
            let mut stream = Streams::new(3).named("x");
            let mut lengths = sampler.clone().lengths(Streams::new(3).named("x"));
            for number in 0..100_000 {
                assert_eq!(lengths.draw(), sampler.sample(&mut stream), "{sampler:?}, draw {number}");
            }
        }
    }

    #[test]
    fn luck_that_turns_turns_what_was_drawn_ahead() {
        for sampler in samplers() {
            let luck = Luck::default();
            let streams = Streams::new(3).following(&luck);
            let mut stream = streams.named("x");
            let mut lengths = sampler.clone().lengths(streams.named("x"));
            for turn in [1, 2, 0, 1] {
                for number in 0..AHEAD + 3 {
                    assert_eq!(lengths.draw(), sampler.sample(&mut stream), "{sampler:?}, draw {number} before {turn}");
                }
                luck.turn(turn);
            }
        }
    }
}
