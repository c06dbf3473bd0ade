//! Eviction policies: which entry goes when the store is full.
//!
//! A policy hears what happens to *slots* (an entry's place in the store's array) and, asked for room, names one:
//!
//! ```text
//! store:   admit(entry)   insert(slot, entry)   hit(slot, entry)   remove(slot)   evict(view) -> slot
//! ```
//!
//! One file per policy. [`opt`] stands apart: it must be told the future, which only a simulator or a recording can.
//! The variants are those of well-known simulators and products, so that hit counts can be compared with theirs.

mod custom;
mod ghosts;
mod list;
mod redis;
mod segments;

use std::rc::Rc;

pub use custom::CustomPolicy;

use super::entry::{Capacity, Entry, NONE};
use super::keys::{ByKey, Numbers};
use crate::random::Stream;
use crate::scenario::eviction::{Eviction, Sampling, for_each_policy};
use crate::time::Nanos;

/// What a policy must do. For a new key the store calls `admit`, then `evict` until there is room, then `insert`. A slot
/// is known to the policy from `insert` to `evict` or `remove`, and may then be used again for another key.
trait Policy {
    /// This entry, whose key is not held, is about to come in. For policies that remember keys.
    #[inline]
    fn admit(&mut self, _entry: &Entry) {}
    /// The entry came in at `slot`.
    fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos);
    /// The entry at `slot` was used, or has a new value.
    fn hit(&mut self, slot: u32, entry: &Entry, now: Nanos);
    /// The entry at `slot` left for another reason than eviction (deleted, expired).
    fn remove(&mut self, slot: u32);
    /// The entry at `slot` lives longer or shorter from now on, without having been used.
    #[inline]
    fn expiry_changed(&mut self, _slot: u32, _entry: &Entry) {}
    /// Gives up one entry and forgets its slot; `None` when nothing may go.
    fn evict(&mut self, view: View<'_>) -> Option<u32>;
    /// Whether `evict` would give up one, where something is held.
    #[inline]
    fn can_evict(&self) -> bool {
        true
    }
    /// Whether a key that is not held still means something to it: another key of the same number would not be the same.
    fn remembers(&self, _key: u32) -> bool {
        false
    }
    /// It is to sample like this, if it does.
    fn tune(&mut self, _sampling: Sampling) {}
    /// Its tables by key are to go by these numbers. Told before anything else.
    fn number_by(&mut self, _numbers: &Numbers) {}
    /// Forgets every slot, and every key.
    fn clear(&mut self);
    /// The slots it knows, for `validate`.
    fn slots(&self) -> Vec<u32>;
    /// Asserts the policy's own rules.
    fn validate(&self);
}

/// The store as a policy may look at it while it chooses.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// By slot.
    pub(super) slots: &'a [Entry],
    /// By key: its slot.
    pub(super) index: &'a ByKey<u32>,
    /// The moment.
    pub(super) now: Nanos,
}

impl View<'_> {
    /// The entry at a slot in use.
    #[inline]
    fn entry(&self, slot: u32) -> &Entry {
        &self.slots[slot as usize]
    }

    /// The slot of a key, if it is held.
    fn find(&self, key: u32) -> Option<u32> {
        Some(self.index.get(key)).filter(|&slot| slot != NONE)
    }
}

/// Writes down an enum of all policies, not a `dyn`: the branch is always the same within a run and costs nothing
/// measurable, and the calls can be inlined.
macro_rules! policies {
    ($(
        $(#[doc = $doc:literal])*
        #[ko = $ko:literal]
        #[bytes $bytes:tt]
        $name:literal => $vis:vis $policy:ident: $file:ident,
    )*) => {
        $($vis mod $file;)*

        /// Any one of the policies.
        #[derive(Clone, Debug)]
        pub(super) enum AnyPolicy {
            $($policy($file::Built),)*
            /// One of somebody else.
            Custom(Box<custom::Custom>),
        }

        impl AnyPolicy {
            /// An empty policy for a cache of so much `capacity`; the random ones draw from `stream`.
            pub(super) fn new(eviction: Eviction, capacity: Capacity, stream: Stream) -> AnyPolicy {
                match eviction {
                    $(Eviction::$policy => AnyPolicy::$policy($file::build(capacity, stream))),*
                }
            }
        }

        /// The same expression for whichever policy it is.
        macro_rules! each {
            ($any:expr, $held:ident => $call:expr) => {
                match $any {
                    $(AnyPolicy::$policy($held) => $call,)*
                    AnyPolicy::Custom($held) => $call,
                }
            };
        }
    };
}
for_each_policy!(policies);

impl AnyPolicy {
    /// A policy of somebody else.
    pub(super) fn custom(policy: impl CustomPolicy) -> AnyPolicy {
        AnyPolicy::Custom(Box::new(custom::Custom::new(policy)))
    }

    /// The same, tuned, where it can be.
    pub(super) fn tune(&mut self, sampling: Sampling) {
        each!(self, policy => policy.tune(sampling));
    }

    /// Tells a policy that can use it what will be asked for.
    pub(super) fn foresee(&mut self, upcoming: Rc<opt::Upcoming>) {
        if let AnyPolicy::Opt(policy) = self {
            policy.foresee(upcoming);
        }
    }

    /// Its tables by key are to go by these numbers. Only for a policy that has heard nothing yet.
    pub(super) fn number_by(&mut self, numbers: &Numbers) {
        each!(self, policy => policy.number_by(numbers));
    }

    #[inline]
    pub(super) fn admit(&mut self, entry: &Entry) {
        each!(self, policy => policy.admit(entry));
    }

    #[inline]
    pub(super) fn insert(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        each!(self, policy => policy.insert(slot, entry, now));
    }

    #[inline]
    pub(super) fn hit(&mut self, slot: u32, entry: &Entry, now: Nanos) {
        each!(self, policy => policy.hit(slot, entry, now));
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: u32) {
        each!(self, policy => policy.remove(slot));
    }

    #[inline]
    pub(super) fn evict(&mut self, view: View<'_>) -> Option<u32> {
        each!(self, policy => policy.evict(view))
    }

    #[inline]
    pub(super) fn expiry_changed(&mut self, slot: u32, entry: &Entry) {
        each!(self, policy => policy.expiry_changed(slot, entry));
    }

    #[inline]
    pub(super) fn can_evict(&self) -> bool {
        each!(self, policy => policy.can_evict())
    }

    pub(super) fn remembers(&self, key: u32) -> bool {
        each!(self, policy => policy.remembers(key))
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
