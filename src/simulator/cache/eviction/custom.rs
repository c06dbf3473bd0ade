//! A policy of your own: whatever implements [`CustomPolicy`], for
//! [replays](crate::cache::replay::Replay::with_policy). `examples/own_policy.rs` is one.

use std::fmt::Debug;

use super::{Policy, View};
use crate::cache::entry::{Entry, NONE};
use crate::time::Nanos;

/// An eviction policy that is not one of this crate's. It hears which keys come, are used and leave, and names the one
/// that goes when there is no room.
pub trait CustomPolicy: Clone + Debug + 'static {
    /// `key`, which was not held, came in.
    fn insert(&mut self, key: u32);
    /// `key`, which is held, was used or has a new value.
    fn hit(&mut self, key: u32);
    /// `key` left for another reason than eviction: it was deleted, or expired.
    fn remove(&mut self, key: u32);
    /// Gives up one of the keys that are held, and forgets it. Asked only when there is one.
    fn evict(&mut self) -> u32;
}

/// [`CustomPolicy`], whichever it is.
trait AnyCustom: Debug {
    fn copy(&self) -> Box<dyn AnyCustom>;
    fn insert(&mut self, key: u32);
    fn hit(&mut self, key: u32);
    fn remove(&mut self, key: u32);
    fn evict(&mut self) -> u32;
}

impl<P: CustomPolicy> AnyCustom for P {
    fn copy(&self) -> Box<dyn AnyCustom> {
        Box::new(self.clone())
    }

    fn insert(&mut self, key: u32) {
        CustomPolicy::insert(self, key);
    }

    fn hit(&mut self, key: u32) {
        CustomPolicy::hit(self, key);
    }

    fn remove(&mut self, key: u32) {
        CustomPolicy::remove(self, key);
    }

    fn evict(&mut self) -> u32 {
        CustomPolicy::evict(self)
    }
}

/// Tells a policy that knows keys what the store says of slots.
#[derive(Debug)]
pub(in crate::cache) struct Custom {
    policy: Box<dyn AnyCustom>,
    /// The policy as it was before it heard anything.
    fresh: Box<dyn AnyCustom>,
    /// By slot: its key, or [`NONE`].
    keys: Vec<u32>,
    held: usize,
}

impl Custom {
    pub(super) fn new(policy: impl CustomPolicy) -> Custom {
        Custom { fresh: Box::new(policy.clone()), policy: Box::new(policy), keys: Vec::new(), held: 0 }
    }

    fn leave(&mut self, slot: u32) -> u32 {
        self.held -= 1;
        std::mem::replace(&mut self.keys[slot as usize], NONE)
    }
}

impl Clone for Custom {
    fn clone(&self) -> Custom {
        Custom { policy: self.policy.copy(), fresh: self.fresh.copy(), keys: self.keys.clone(), held: self.held }
    }
}

impl Policy for Custom {
    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let slots = self.keys.len().max(slot as usize + 1);
        self.keys.resize(slots, NONE);
        self.keys[slot as usize] = entry.key;
        self.held += 1;
        self.policy.insert(entry.key);
    }

    fn hit(&mut self, _slot: u32, entry: &Entry, _now: Nanos) {
        self.policy.hit(entry.key);
    }

    fn remove(&mut self, slot: u32) {
        let key = self.leave(slot);
        self.policy.remove(key);
    }

    fn evict(&mut self, view: View<'_>) -> Option<u32> {
        if self.held == 0 {
            return None;
        }
        let key = self.policy.evict();
        let Some(slot) = view.find(key) else { panic!("the policy gives up key {key}, which is not held") };
        self.leave(slot);
        Some(slot)
    }

    fn clear(&mut self) {
        self.policy = self.fresh.copy();
        self.keys.clear();
        self.held = 0;
    }

    fn slots(&self) -> Vec<u32> {
        (0..).zip(&self.keys).filter(|(_, key)| **key != NONE).map(|(slot, _)| slot).collect()
    }

    fn validate(&self) {
        assert_eq!(self.held, self.slots().len(), "counted as they come and go");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::cache::entry::Capacity;
    use crate::cache::replay::Replay;
    use crate::cache::store::Store;
    use crate::random::Streams;
    use crate::scenario::eviction::Eviction;

    /// First in, first out, by keys.
    #[derive(Clone, Debug, Default)]
    struct Queue(VecDeque<u32>);

    impl CustomPolicy for Queue {
        fn insert(&mut self, key: u32) {
            self.0.push_back(key);
        }

        fn hit(&mut self, _key: u32) {}

        fn remove(&mut self, key: u32) {
            self.0.retain(|held| *held != key);
        }

        fn evict(&mut self) -> u32 {
            self.0.pop_front().expect("something is held")
        }
    }

    /// Gives up what was never there.
    #[derive(Clone, Debug)]
    struct Wrong;

    impl CustomPolicy for Wrong {
        fn insert(&mut self, _key: u32) {}
        fn hit(&mut self, _key: u32) {}
        fn remove(&mut self, _key: u32) {}
        fn evict(&mut self) -> u32 {
            9
        }
    }

    #[test]
    fn a_policy_of_ones_own_does_what_the_built_in_one_does() {
        let room = Capacity::entries_of(20);
        let mut own = Store::with_policy(Queue::default(), room);
        let mut built_in = Store::new(Eviction::Fifo, room, Streams::new(1).named("eviction"));
        let mut draws = Streams::new(5).named("requests");
        for step in 0..5_000 {
            let (key, now) = (draws.below(60), Nanos(step));
            let (what, expires) = (draws.below(20), Nanos(step + u64::from(draws.below(200))));
            let both = [&mut own, &mut built_in].map(|store| match what {
                0 => format!("{:?}", store.remove(key)),
                1 if step % 50 == 0 => {
                    store.clear();
                    String::new()
                }
                2..8 => format!("{:?}", store.insert(Entry::new(key, step as u32, expires), now)),
                _ => format!("{:?}", store.get(key, now)),
            });
            assert_eq!(both[0], both[1], "step {step}");
        }
        own.validate();
        let copy = own.clone();
        copy.validate();
    }

    #[test]
    #[should_panic(expected = "gives up key 9, which is not held")]
    fn a_policy_that_gives_up_what_is_not_held_is_told() {
        let mut replay = Replay::with_policy(Wrong, Capacity::entries_of(2));
        for key in 0..3 {
            replay.request(key);
        }
    }
}
