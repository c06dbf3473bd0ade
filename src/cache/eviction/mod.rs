//! Eviction policies: which entry goes when the store is full.
//!
//! A policy knows nothing of values or times. It hears what happens to *slots* (an entry's place in the store's
//! array) and, asked for room, names one:
//!
//! ```text
//! store:   insert(slot, key)   hit(slot)   remove(slot)      evict(incoming key) -> slot
//! ```
//!
//! One file per policy. [`opt`] stands apart: it knows the future, so it only replays recorded sequences.
//! The variants are those of well-known simulators, so that hit counts can be compared to the last digit.

mod clock;
mod fifo;
mod lfu;
mod list;
mod lru;
pub mod opt;
mod random;
mod sieve;

use crate::random::Stream;
use crate::scenario::eviction::Eviction;

/// What a policy must do. The store calls in this order: a new key when full: `evict`, then `insert`; otherwise
/// `insert` alone. A slot is known to the policy from `insert` to `evict` or `remove`, and may then be used again
/// for another key.
trait Policy {
    /// `key` entered at `slot`. (Policies with ghosts remember keys by slot; the simple ones ignore it.)
    fn insert(&mut self, slot: u32, key: u32);
    /// The entry at `slot` was used.
    fn hit(&mut self, slot: u32);
    /// The entry at `slot` left for another reason than eviction (deleted, expired).
    fn remove(&mut self, slot: u32);
    /// Gives up one entry to make room for `incoming`, and forgets its slot. Never called when empty.
    fn evict(&mut self, incoming: u32) -> u32;
    /// Forgets every slot.
    fn clear(&mut self);
    /// The slots it knows, for `validate`.
    fn slots(&self) -> Vec<u32>;
    /// Asserts the policy's own rules.
    fn validate(&self);
}

/// Any one of the policies. An enum, not a `dyn`: the branch is always the same within a run and costs nothing
/// measurable, and the calls can be inlined.
#[derive(Clone, Debug)]
pub(super) enum AnyPolicy {
    Lru(lru::Lru),
    Fifo(fifo::Fifo),
    Lfu(lfu::Lfu),
    Random(random::Random),
    Clock(clock::Clock),
    Sieve(sieve::Sieve),
}

/// The same expression for whichever policy it is.
macro_rules! each {
    ($any:expr, $policy:ident => $call:expr) => {
        match $any {
            AnyPolicy::Lru($policy) => $call,
            AnyPolicy::Fifo($policy) => $call,
            AnyPolicy::Lfu($policy) => $call,
            AnyPolicy::Random($policy) => $call,
            AnyPolicy::Clock($policy) => $call,
            AnyPolicy::Sieve($policy) => $call,
        }
    };
}

impl AnyPolicy {
    /// An empty policy; `stream` is what the random ones draw from.
    pub(super) fn new(eviction: Eviction, stream: Stream) -> AnyPolicy {
        match eviction {
            Eviction::Lru => AnyPolicy::Lru(lru::Lru::default()),
            Eviction::Fifo => AnyPolicy::Fifo(fifo::Fifo::default()),
            Eviction::Lfu => AnyPolicy::Lfu(lfu::Lfu::default()),
            Eviction::Random => AnyPolicy::Random(random::Random::new(stream)),
            Eviction::Clock => AnyPolicy::Clock(clock::Clock::default()),
            Eviction::Sieve => AnyPolicy::Sieve(sieve::Sieve::default()),
        }
    }

    #[inline]
    pub(super) fn insert(&mut self, slot: u32, key: u32) {
        each!(self, policy => policy.insert(slot, key));
    }

    #[inline]
    pub(super) fn hit(&mut self, slot: u32) {
        each!(self, policy => policy.hit(slot));
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: u32) {
        each!(self, policy => policy.remove(slot));
    }

    #[inline]
    pub(super) fn evict(&mut self, incoming: u32) -> u32 {
        each!(self, policy => policy.evict(incoming))
    }

    pub(super) fn clear(&mut self) {
        each!(self, policy => policy.clear());
    }

    /// Asserts the policy's own rules, and that it knows exactly the slots in `live` (ascending).
    pub(super) fn validate(&self, live: &[u32]) {
        each!(self, policy => policy.validate());
        let mut slots = each!(self, policy => policy.slots());
        slots.sort_unstable();
        assert_eq!(slots, live, "the policy knows exactly the slots in use");
    }
}
