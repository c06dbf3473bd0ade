//! When a copy that is still good is reloaded, so that nobody has to wait when it expires.
//!
//! *Early, by chance* (XFetch: Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache stampede prevention",
//! VLDB 2015): a reader takes the copy for expired when `now − Δ·β·ln(rand) ≥ expiry`, where Δ is how long the last load
//! took. The nearer the end, the likelier; readers decide for themselves, and most often exactly one of them does.
//!
//! *Ahead*: a hit in the last part of a copy's TTL starts a load in the background.
//!
//! *Past its TTL* (RFC 5861): a copy is kept for some time longer, from its soft end to its hard one. It is served while it is
//! loaded again (`stale-while-revalidate`), or where that fails (`stale-if-error`).

use crate::random::{Sampler, Stream};
use crate::time::Nanos;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Refresh {
    /// β, by which the chance of an early refresh grows; 1 is the paper's.
    pub early: Option<f64>,
    /// A hit on a copy that has lived for this share of its TTL starts a load.
    pub ahead: Option<f64>,
    /// What becomes of a copy past its TTL.
    pub grace: Grace,
}

/// For how long copies are kept past their TTL.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grace {
    /// For how long they are served while they are loaded again.
    pub while_revalidating: Nanos,
    /// For how long they are served where their load fails.
    pub if_error: Nanos,
}

/// What a copy is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be served.
    Good,
    /// To be served, while it is loaded again.
    Stale,
    /// To be served if it cannot be loaded again.
    Spare,
    /// Nothing any more.
    Gone,
}

impl Grace {
    /// Whether copies end with their TTL.
    #[inline]
    pub fn is_none(self) -> bool {
        self.total() == Nanos::ZERO
    }

    /// From the soft end of a copy to its hard one.
    #[inline]
    pub fn total(self) -> Nanos {
        self.while_revalidating.max(self.if_error)
    }

    /// What a copy is good for at the moment `now` whose TTL ended then, or will.
    pub fn standing(self, expires: Nanos, now: Nanos) -> Standing {
        if self.is_none() || now <= expires {
            return Standing::Good;
        }
        match now - expires {
            past if past <= self.while_revalidating => Standing::Stale,
            past if past <= self.if_error => Standing::Spare,
            _ => Standing::Gone,
        }
    }
}

impl Refresh {
    /// Whether copies are never refreshed.
    #[inline]
    pub fn is_off(&self) -> bool {
        self.early.is_none() && self.ahead.is_none() && self.grace.is_none()
    }

    /// Whether the reader of a copy takes it for expired now.
    pub fn is_early(&self, expires: Nanos, load_time: Nanos, now: Nanos, draws: &mut Stream) -> bool {
        self.early.is_some_and(|beta| {
            // −ln(rand) is exponential with mean 1.
            let mean = Nanos::from_secs_f64(load_time.as_secs_f64() * beta);
            now.saturating_add(Sampler::exponential(mean).sample(draws)) >= expires
        })
    }

    /// Whether a copy is in the last part of its `ttl`. One that never expires has none, and neither has one whose TTL
    /// is nothing.
    pub fn is_ahead(&self, expires: Nanos, ttl: Nanos, now: Nanos) -> bool {
        self.ahead.is_some_and(|share| {
            let left = expires.saturating_sub(now).as_secs_f64();
            expires < Nanos::MAX && ttl > Nanos::ZERO && left <= ttl.as_secs_f64() * (1.0 - share)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn the_chance_of_an_early_refresh_is_the_papers() {
        // P(−Δ·β·ln(rand) ≥ left) = exp(−left / (Δ·β)).
        let ms = Nanos::from_millis;
        let mut draws = Streams::new(1).named("early refresh");
        for (beta, left) in [(1.0, 0), (1.0, 10), (1.0, 30), (2.0, 20)] {
            let refresh = Refresh { early: Some(beta), ..Refresh::default() };
            let early = (0..100_000).filter(|_| refresh.is_early(ms(100 + left), ms(10), ms(100), &mut draws)).count();
            let expected = libm::exp(-(left as f64) / (10.0 * beta));
            assert!((early as f64 / 1e5 - expected).abs() < 0.005, "{early} of 100000, not {expected}");
        }
    }

    #[test]
    fn a_hit_in_the_last_part_of_a_copys_own_life_is_ahead_and_one_before_is_not() {
        let refresh = Refresh { ahead: Some(0.8), ..Refresh::default() };
        assert!(
            !refresh.is_ahead(Nanos(100), Nanos(100), Nanos(79)) && refresh.is_ahead(Nanos(100), Nanos(100), Nanos(81))
        );
        assert!(
            !refresh.is_ahead(Nanos(100), Nanos(50), Nanos(81)) && refresh.is_ahead(Nanos(100), Nanos(50), Nanos(91))
        );
        assert!(
            !refresh.is_ahead(Nanos(100), Nanos::ZERO, Nanos(99)) && !refresh.is_ahead(Nanos::MAX, Nanos(5), Nanos(99))
        );
        assert!(Refresh::default().is_off() && !refresh.is_off());
    }

    #[test]
    fn a_copy_is_served_while_it_is_loaded_then_if_that_fails_and_then_not_at_all() {
        let grace = |while_revalidating, if_error| Grace {
            while_revalidating: Nanos(while_revalidating),
            if_error: Nanos(if_error),
        };
        let at = |grace: Grace| [10, 11, 15, 16, 30, 31].map(|now| grace.standing(Nanos(10), Nanos(now)));
        use Standing::{Gone, Good, Spare, Stale};
        assert_eq!(at(grace(5, 20)), [Good, Stale, Stale, Spare, Spare, Gone]);
        assert_eq!(at(grace(20, 5)), [Good, Stale, Stale, Stale, Stale, Gone]);
        assert_eq!(at(grace(0, 20)), [Good, Spare, Spare, Spare, Spare, Gone]);
        assert_eq!(at(grace(0, 0)), [Good; 6], "then the store itself says when it ends");
    }
}
