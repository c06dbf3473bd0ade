//! How long entries live.
//!
//! An entry is good up to and including the moment it expires. A fixed TTL counts from the moment the value was set;
//! a jittered one is shortened by a random part; a sliding one counts from the last access.

use crate::model::Key;
use crate::random::Stream;
use crate::scenario::Ttl;
use crate::time::Nanos;

/// How long one value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// As the cache's TTL says.
    Usual,
    /// So long, without jitter.
    For(Nanos),
    /// Not at all.
    None,
}

/// Gives each entry the end of its life.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    ttl: Ttl,
    jitter: Stream,
}

impl Lifetimes {
    /// Lives by `ttl`; `jitter` is drawn from only where the TTL is jittered.
    pub fn new(ttl: Ttl, jitter: Stream) -> Lifetimes {
        Lifetimes { ttl, jitter }
    }

    /// The last good moment of an entry of `key` set at `now`.
    pub fn expires(&mut self, key: Key, now: Nanos) -> Nanos {
        match self.ttl {
            Ttl::None => Nanos::MAX,
            Ttl::Fixed(ttl) | Ttl::Sliding(ttl) => now.saturating_add(ttl),
            Ttl::Mixed(mix) => now.saturating_add(mix.of(key)),
            Ttl::Jittered { ttl, spread } => {
                let shortened = ttl.as_secs_f64() * (1.0 - spread * self.jitter.unit());
                now.saturating_add(Nanos::from_secs_f64(shortened))
            }
        }
    }

    /// The new last good moment of an entry hit at `now`, where hits renew it.
    pub fn renewed(&self, now: Nanos) -> Option<Nanos> {
        match self.ttl {
            Ttl::Sliding(ttl) => Some(now.saturating_add(ttl)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn lifetimes(ttl: Ttl) -> Lifetimes {
        Lifetimes::new(ttl, Streams::new(1).named("ttl jitter"))
    }

    #[test]
    fn a_fixed_life_is_not_renewed_by_a_hit_and_a_sliding_one_is() {
        let ten = Nanos::from_secs(10);
        assert_eq!(lifetimes(Ttl::Fixed(ten)).renewed(Nanos(5)), None);
        assert_eq!(lifetimes(Ttl::Sliding(ten)).renewed(Nanos(5)), Some(Nanos(5) + ten));
        assert_eq!(lifetimes(Ttl::None).expires(1, Nanos(5)), Nanos::MAX);
    }

    #[test]
    fn jittered_lives_fill_their_range_and_do_not_leave_it() {
        let mut lifetimes = lifetimes(Ttl::Jittered { ttl: Nanos::from_secs(10), spread: 0.2 });
        let lives: Vec<Nanos> = (0..1000).map(|_| lifetimes.expires(1, Nanos::ZERO)).collect();
        let (least, most) = (*lives.iter().min().unwrap(), *lives.iter().max().unwrap());
        assert!(least >= Nanos::from_secs(8) && least < Nanos::from_millis(8_100), "{least}");
        assert!(most <= Nanos::from_secs(10) && most > Nanos::from_millis(9_900), "{most}");
    }
}
