//! Leases (Nishtala and others, "Scaling Memcache at Facebook", NSDI 2013): on a miss, one reader at a time is given
//! a token, and only its holder may fill the cache.
//!
//! ```text
//!   reader A: miss ─▶ token 1 ─▶ reads the database: old value ────────────────▶ fills with token 1: refused
//!   writer:                              commits ─▶ deletes the key: token 1 is void
//!   reader B: miss ──────────────── waits ─────────────────────▶ asks again: token 2 ─▶ new value ─▶ fills: accepted
//! ```
//!
//! So no fill puts back what a delete has taken away, and a popular key that was deleted is loaded once, not by
//! everybody. A token lasts 10 s: when its holder dies, the next who asks after that gets another.

use std::collections::BTreeMap;

use crate::model::{Key, WriteId};
use crate::time::Nanos;

/// How long a token lasts, and how long the value that a delete left behind is remembered.
pub const LEASE: Nanos = Nanos::from_secs(10);

/// A permission to fill one key. No number is used twice.
pub type Token = u32;

/// The tokens a node has given, and what deletes left behind.
#[derive(Clone, Debug, Default)]
pub struct Leases {
    given: BTreeMap<Key, (Token, Nanos)>,
    left: BTreeMap<Key, (WriteId, Nanos)>,
    last: Token,
}

impl Leases {
    /// A token for `key`, unless somebody else has one.
    pub fn ask(&mut self, key: Key, now: Nanos) -> Option<Token> {
        if self.given.get(&key).is_some_and(|&(_, until)| now < until) {
            return None;
        }
        self.last += 1;
        self.given.insert(key, (self.last, now.saturating_add(LEASE)));
        Some(self.last)
    }

    /// Whether the holder of `token` may still fill `key`. It may once.
    pub fn redeem(&mut self, key: Key, token: Token) -> bool {
        let good = self.given.get(&key).is_some_and(|&(given, _)| given == token);
        if good {
            self.given.remove(&key);
            self.left.remove(&key);
        }
        good
    }

    /// A writer has set or deleted `key`: whoever has a token for it may not fill it any more.
    #[inline]
    pub fn void(&mut self, key: Key) {
        if !self.given.is_empty() {
            self.given.remove(&key);
        }
    }

    /// A delete of `key` leaves this value behind.
    pub fn leave(&mut self, key: Key, value: WriteId, now: Nanos) {
        self.left.insert(key, (value, now.saturating_add(LEASE)));
    }

    /// What a delete has left behind for those who would rather have something old than wait.
    pub fn left_behind(&self, key: Key, now: Nanos) -> Option<WriteId> {
        self.left.get(&key).filter(|&&(_, until)| now < until).map(|&(value, _)| value)
    }

    /// A crash: every token is void, and nothing is left behind.
    pub fn clear(&mut self) {
        self.given.clear();
        self.left.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Nanos = Nanos(0);

    #[test]
    fn one_token_per_key_and_ten_seconds() {
        let mut leases = Leases::default();
        let first = leases.ask(7, NOW).expect("the first who misses gets it");
        assert_eq!(leases.ask(7, Nanos(LEASE.0 - 1)), None);
        assert!(leases.ask(8, NOW).is_some(), "other keys have tokens of their own");
        let second = leases.ask(7, LEASE).expect("the first holder took too long");
        assert!(!leases.redeem(7, first) && leases.redeem(7, second) && !leases.redeem(7, second));
    }

    #[test]
    fn a_void_token_fills_nothing_and_neither_does_one_from_before_a_crash() {
        let mut leases = Leases::default();
        let token = leases.ask(7, NOW).expect("a token");
        leases.void(7);
        assert!(!leases.redeem(7, token));
        let before = leases.ask(7, NOW).expect("another reader's");
        leases.clear();
        assert!(!leases.redeem(7, before));
        let after = leases.ask(7, NOW).expect("a new one");
        assert!(after != before && !leases.redeem(7, before) && leases.redeem(7, after));
    }

    #[test]
    fn what_a_delete_left_is_there_until_the_key_is_filled_or_ten_seconds_are_over() {
        let mut leases = Leases::default();
        leases.leave(7, WriteId(3), NOW);
        assert_eq!(leases.left_behind(7, Nanos(LEASE.0 - 1)), Some(WriteId(3)));
        assert_eq!(leases.left_behind(7, LEASE), None);
        let token = leases.ask(7, NOW).expect("a token");
        assert!(leases.redeem(7, token));
        assert_eq!(leases.left_behind(7, NOW), None);
    }
}
