//! A table whose slots are used again: what travels through the queue as an event's index stands in one.

use std::ops::{Index, IndexMut};

/// See the module. Of the free slots the one that was freed last is used first.
#[derive(Clone, Debug)]
pub struct Slots<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// Puts `item` in a free slot; returns its number.
    #[inline]
    pub fn insert(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.items[slot as usize] = item;
                slot
            }
            None => {
                self.items.push(item);
                (self.items.len() - 1) as u32
            }
        }
    }

    /// Takes a free slot with what its last user left in it, for items whose memory is worth keeping.
    #[inline]
    pub fn reuse(&mut self) -> Option<u32> {
        self.free.pop()
    }

    /// Frees a slot. What is in it stays there, readable, until the slot is used again.
    #[inline]
    pub fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// From now on the least of the free slots is used first, until another one is freed.
    pub fn least_first(&mut self) {
        self.free.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Frees all slots. Their memory stays.
    pub fn clear(&mut self) {
        self.items.clear();
        self.free.clear();
    }

    /// How many slots are in use.
    #[inline]
    pub fn in_use(&self) -> usize {
        self.items.len() - self.free.len()
    }

    /// All slots, the free ones included.
    pub fn all(&self) -> &[T] {
        &self.items
    }
}

impl<T> Index<u32> for Slots<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        &self.items[slot as usize]
    }
}

impl<T> IndexMut<u32> for Slots<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.items[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_two_items_share_a_slot_and_freed_slots_are_used_before_new_ones(ops in prop::collection::vec(0u32..30, 0..200)) {
            let (mut slots, mut model, mut most) = (Slots::default(), BTreeMap::new(), 0);
            for (number, op) in ops.into_iter().enumerate() {
                if op < 20 && model.contains_key(&op) {
                    slots.free(op);
                    model.remove(&op);
                } else {
                    let slot = slots.insert(number);
                    prop_assert!(model.insert(slot, number).is_none(), "slot {} was taken", slot);
                }
                most = most.max(model.len());
                prop_assert_eq!((slots.in_use(), slots.all().len()), (model.len(), most));
                prop_assert!(model.iter().all(|(&slot, &number)| slots[slot] == number));
            }
        }
    }
}
