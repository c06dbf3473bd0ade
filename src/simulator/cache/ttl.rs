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
pub enum EntryTtl {
    /// As the cache's TTL says.
    Usual,
    /// So long, without jitter.
    For(Nanos),
    /// Not at all.
    None,
}

/// Says when each entry ends.
#[derive(Clone, Debug)]
pub struct TtlPolicy {
    ttl: Ttl,
    jitter: Stream,
}

impl TtlPolicy {
    /// TTLs as `ttl` says; `jitter` is drawn from only where the TTL is jittered.
    pub fn new(ttl: Ttl, jitter: Stream) -> TtlPolicy {
        TtlPolicy { ttl, jitter }
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
            Ttl::None | Ttl::Fixed(_) | Ttl::Jittered { .. } | Ttl::Mixed(_) => None,
        }
    }
}

/// The shortest TTL that an entry of `key` may have.
pub(super) fn shortest(ttl: Ttl, key: Key) -> Nanos {
    match ttl {
        Ttl::None => Nanos::MAX,
        Ttl::Fixed(ttl) | Ttl::Sliding(ttl) => ttl,
        Ttl::Mixed(mix) => mix.of(key),
        Ttl::Jittered { ttl, spread } => Nanos::from_secs_f64(ttl.as_secs_f64() * (1.0 - spread)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    fn policy(ttl: Ttl) -> TtlPolicy {
        TtlPolicy::new(ttl, Streams::new(1).named("ttl jitter"))
    }

    #[test]
    fn a_fixed_ttl_is_not_renewed_by_a_hit_and_a_sliding_one_is() {
        let ten = Nanos::from_secs(10);
        assert_eq!(policy(Ttl::Fixed(ten)).renewed(Nanos(5)), None);
        assert_eq!(policy(Ttl::Sliding(ten)).renewed(Nanos(5)), Some(Nanos(5) + ten));
        assert_eq!(policy(Ttl::None).expires(1, Nanos(5)), Nanos::MAX);
    }

    #[test]
    fn jittered_ttls_fill_their_range_and_do_not_leave_it() {
        let mut policy = policy(Ttl::Jittered { ttl: Nanos::from_secs(10), spread: 0.2 });
        let ttls: Vec<Nanos> = (0..1000).map(|_| policy.expires(1, Nanos::ZERO)).collect();
        let (least, most) = (*ttls.iter().min().unwrap(), *ttls.iter().max().unwrap());
        assert!(least >= Nanos::from_secs(8) && least < Nanos::from_millis(8_100), "{least}");
        assert!(most <= Nanos::from_secs(10) && most > Nanos::from_millis(9_900), "{most}");
    }
}
