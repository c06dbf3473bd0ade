//! What is put down at one moment and taken at the same: a stack that nearly always is empty, and says so at once.

use std::cell::{Cell, RefCell};

/// See the module. What was put down last is taken first.
#[derive(Debug)]
pub struct Pile<T> {
    items: RefCell<Vec<T>>,
    /// How many there are. It is asked several times for each event, and a borrow takes five times as long.
    height: Cell<usize>,
}

impl<T> Default for Pile<T> {
    fn default() -> Pile<T> {
        Pile { items: RefCell::default(), height: Cell::new(0) }
    }
}

impl<T> Pile<T> {
    /// Puts `item` on top.
    #[inline]
    pub fn push(&self, item: T) {
        self.items.borrow_mut().push(item);
        self.height.set(self.height.get() + 1);
    }

    /// Takes what is on top.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let below = self.height.get().checked_sub(1)?;
        self.height.set(below);
        self.items.borrow_mut().pop()
    }

    /// Whether there is nothing.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.height.get() == 0
    }

    /// Takes away all for which `stays` does not hold; returns how many they were.
    pub fn retain(&self, stays: impl FnMut(&T) -> bool) -> usize {
        let mut items = self.items.borrow_mut();
        items.retain(stays);
        self.height.replace(items.len()) - items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pile_knows_its_height_whatever_is_taken_from_it() {
        let pile = Pile::default();
        (0..6).for_each(|item| pile.push(item));
        assert_eq!(pile.retain(|item| item % 2 == 1), 3);
        assert_eq!((pile.pop(), pile.pop()), (Some(5), Some(3)));
        pile.push(7);
        assert_eq!([pile.pop(), pile.pop(), pile.pop()], [Some(7), Some(1), None]);
    }
}
