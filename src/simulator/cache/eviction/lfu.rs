//! LFU, least frequently used: the entry with the fewest uses since its insertion (which counts as the first) goes;
//! among equals, the one that reached its count earliest. Counts are forgotten with the entry.
//!
//! Constant time after Shah, Mitra, Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010,
//! here with all entries in one list, ordered by count and then by when the count was reached. Neighbours of equal
//! count form a *group*, which knows its last slot; a hit moves an entry behind the last one of the next group.
//!
//! ```text
//! front ─ a b c │ d │ e f ─ back        b is hit:   a c │ d b │ e f
//! count   1 1 1   2   7 7                           1 1   2 2   7 7
//! ```

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::random::Stream;
use crate::slots::Slots;
use crate::time::Nanos;

/// The policy as a store has it.
pub(super) type Built = Lfu;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, _: Stream) -> Built {
    Lfu::default()
}

/// A run of neighbours with the same count.
#[derive(Clone, Copy, Debug)]
struct Group {
    count: u64,
    last: u32,
}

#[derive(Clone, Debug, Default)]
pub(in crate::cache) struct Lfu {
    /// Ascending by count, then by the moment the count was reached.
    order: List,
    /// By slot: the index of its group.
    group_of: Vec<u32>,
    groups: Slots<Group>,
}

impl Lfu {
    fn group(&self, slot: u32) -> Group {
        self.groups[self.group_of[slot as usize]]
    }

    /// Puts `slot` behind `after` (`None`: at the front) as the first and only member of a new group.
    fn found(&mut self, slot: u32, count: u64, after: Option<u32>) {
        self.order.insert_after(slot, after);
        self.group_of[slot as usize] = self.groups.insert(Group { count, last: slot });
    }

    /// Puts `slot` behind all others of `member`'s group.
    fn join(&mut self, slot: u32, member: u32) {
        let index = self.group_of[member as usize];
        let group = &mut self.groups[index];
        self.order.insert_after(slot, Some(group.last));
        group.last = slot;
        self.group_of[slot as usize] = index;
    }

    /// Takes `slot` out of its group and the list.
    fn leave(&mut self, slot: u32) {
        let index = self.group_of[slot as usize];
        if self.groups[index].last == slot {
            match self.order.before(slot) {
                Some(before) if self.group_of[before as usize] == index => self.groups[index].last = before,
                _ => self.groups.free(index),
            }
        }
        self.order.unlink(slot);
    }
}

impl Policy for Lfu {
    fn insert(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        if slot as usize >= self.group_of.len() {
            self.group_of.resize(slot as usize + 1, 0);
        }
        match self.order.front() {
            Some(front) if self.group(front).count == 1 => self.join(slot, front),
            _ => self.found(slot, 1, None),
        }
    }

    #[inline]
    fn hit(&mut self, slot: u32, _entry: &Entry, _now: Nanos) {
        let Group { count, last } = self.group(slot);
        let next = self.order.after(last).filter(|&next| self.group(next).count == count + 1);
        let alone = last == slot && self.order.before(slot).is_none_or(|before| self.group(before).count != count);
        match next {
            Some(next) => {
                self.leave(slot);
                self.join(slot, next);
            }
            // The commonest case for popular entries: nothing moves.
            None if alone => self.groups[self.group_of[slot as usize]].count += 1,
            None => {
                // The last to stay behind in the group, which is not alone: the new group begins after it.
                let after = if last == slot { self.order.before(slot) } else { Some(last) };
                self.leave(slot);
                self.found(slot, count + 1, after);
            }
        }
    }

    fn remove(&mut self, slot: u32) {
        self.leave(slot);
    }

    #[inline]
    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        let slot = self.order.front()?;
        self.leave(slot);
        Some(slot)
    }

    fn clear(&mut self) {
        self.order.clear();
        self.groups.clear();
    }

    fn slots(&self) -> Vec<u32> {
        self.order.slots()
    }

    fn validate(&self) {
        let slots = self.order.slots();
        let mut groups = 0;
        for (at, &slot) in slots.iter().enumerate() {
            let (group, next) = (self.group(slot), slots.get(at + 1));
            assert!(group.count >= 1, "insertion counts");
            let ends = next.is_none_or(|&next| self.group_of[next as usize] != self.group_of[slot as usize]);
            assert_eq!(ends, group.last == slot, "a group knows its last slot");
            if ends {
                groups += 1;
                assert!(next.is_none_or(|&next| self.group(next).count > group.count), "counts ascend by group");
            }
        }
        assert_eq!(groups, self.groups.in_use(), "every group is in use or free");
    }
}
