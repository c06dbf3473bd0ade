//! Which slots belong to whom: all that an owner has is found without a look at what others have.
//!
//! A crash ends everything that one server has under way. Going over all slots for that costs the most exactly where
//! most is under way, so each owner's slots are linked in a list of their own:
//!
//! ```text
//!   first of owner 0 ─▶ slot 4 ⇄ slot 1              slots   0  1  2  3  4
//!   first of owner 1 ─▶ slot 3 ⇄ slot 0 ⇄ slot 2     owner   1  0  1  1  0
//! ```

use crate::work;

/// No slot, or no owner.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    owner: u32,
    prev: u32,
    next: u32,
}

/// See the module. Owners and slots are small numbers.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    /// By slot.
    links: Vec<Link>,
    /// By owner: its first slot.
    first: Vec<u32>,
}

impl Owned {
    /// The owner of a slot, if it has one.
    #[inline]
    pub fn owner(&self, slot: u32) -> Option<u32> {
        self.links.get(slot as usize).map(|link| link.owner).filter(|&owner| owner != NONE)
    }

    /// `slot`, which belongs to nobody, is now the owner's.
    #[inline]
    pub fn give(&mut self, slot: u32, owner: u32) {
        debug_assert_eq!(self.owner(slot), None, "a slot has one owner");
        if slot as usize >= self.links.len() || owner as usize >= self.first.len() {
            self.grow(slot, owner);
        }
        let next = std::mem::replace(&mut self.first[owner as usize], slot);
        self.links[slot as usize] = Link { owner, prev: NONE, next };
        if next != NONE {
            self.links[next as usize].prev = slot;
        }
    }

    #[cold]
    fn grow(&mut self, slot: u32, owner: u32) {
        let links = self.links.len().max(slot as usize + 1);
        self.links.resize(links, Link { owner: NONE, prev: NONE, next: NONE });
        let owners = self.first.len().max(owner as usize + 1);
        self.first.resize(owners, NONE);
    }

    /// `slot` belongs to nobody any more.
    #[inline]
    pub fn take(&mut self, slot: u32) {
        let Some(&Link { owner, prev, next }) = self.links.get(slot as usize) else { return };
        if owner == NONE {
            return;
        }
        match prev {
            NONE => self.first[owner as usize] = next,
            prev => self.links[prev as usize].next = next,
        }
        if next != NONE {
            self.links[next as usize].prev = prev;
        }
        self.links[slot as usize].owner = NONE;
    }

    /// All slots of `owner`, in the order of their numbers.
    pub fn of(&self, owner: u32) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut slot = self.first.get(owner as usize).copied().unwrap_or(NONE);
        while slot != NONE {
            slots.push(slot);
            slot = self.links[slot as usize].next;
        }
        work::count(slots.len());
        slots.sort_unstable();
        slots
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_owner_has_what_it_was_given_and_nobody_has_taken(ops in prop::collection::vec((0u32..20, 0u32..4), 0..200)) {
            let (mut owned, mut model) = (Owned::default(), BTreeMap::new());
            for (slot, owner) in ops {
                if model.remove(&slot).is_some() {
                    owned.take(slot);
                } else {
                    owned.give(slot, owner);
                    model.insert(slot, owner);
                }
                for owner in 0..4 {
                    let its: Vec<u32> = model.iter().filter(|(_, o)| **o == owner).map(|(slot, _)| *slot).collect();
                    prop_assert_eq!(owned.of(owner), its);
                }
                prop_assert!((0..20).all(|slot| owned.owner(slot) == model.get(&slot).copied()));
            }
        }
    }

    #[test]
    fn a_crash_of_one_costs_nothing_for_what_others_have() {
        let steps = |others: u32| {
            let mut owned = Owned::default();
            (0..others).for_each(|slot| owned.give(slot, 1));
            (others..others + 10).for_each(|slot| owned.give(slot, 0));
            let before = work::done();
            assert_eq!(owned.of(0).len(), 10);
            work::done() - before
        };
        assert_eq!(steps(1_000), steps(4_000));
    }
}
