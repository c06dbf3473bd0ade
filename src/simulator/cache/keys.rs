//! Tables by key, as long as there are keys that their owner has met.
//!
//! Keys are dense numbers, so a table by key is a row that is looked into, without hashing. Where several nodes share the
//! keys, a row as long as all of them in each node would be nearly empty. So each node numbers its own keys in the order
//! in which it meets them, and its rows go by those numbers. No two nodes have a key in common, so one list of numbers
//! serves all of them, and the memory of sixty-four nodes is about that of one.
//!
//! ```text
//!   key                    0  1  2  3  4  5  6  …
//!   its node               0  1  1  0  0  1  0
//!   its number there       0  0  1  1  –  2  2        –: not met yet
//! ```
//!
//! One node alone needs no numbers: there a key's number is the key.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::table;

/// Not met yet.
const NONE: u32 = u32::MAX;

/// The greatest key id that has a place in a table.
pub const KEY_MAX: u32 = NONE - 1;

/// How a node numbers its keys. Clones are of one node.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Option<Rc<NodeNumbers>>);

#[derive(Debug)]
struct NodeNumbers {
    /// By key: its number in its node.
    of_keys: Rc<RefCell<Vec<u32>>>,
    /// How many keys the node has met.
    assigned: Cell<u32>,
}

impl Numbers {
    /// The numbers of so many nodes, no two of which ever meet the same key.
    pub fn of_nodes(count: u32) -> Vec<Numbers> {
        if count == 1 {
            return vec![Numbers::default()];
        }
        let of_keys = Rc::new(RefCell::new(Vec::new()));
        (0..count)
            .map(|_| Numbers(Some(Rc::new(NodeNumbers { of_keys: of_keys.clone(), assigned: Cell::new(0) }))))
            .collect()
    }

    /// Numbers that several owners have in common who may all meet the same keys.
    pub fn shared() -> Numbers {
        Numbers(Some(Rc::new(NodeNumbers { of_keys: Rc::default(), assigned: Cell::new(0) })))
    }

    /// The number of a key; greater than that of any key met, where it has not been met.
    #[inline]
    fn find(&self, key: u32) -> usize {
        match &self.0 {
            None => key as usize,
            Some(node) => node.of_keys.borrow().get(key as usize).map_or(NONE as usize, |&number| number as usize),
        }
    }

    /// The number of a key, which is met now if it was not before.
    #[inline]
    fn assign(&self, key: u32) -> usize {
        match &self.0 {
            None => key as usize,
            Some(node) => node.assign(key) as usize,
        }
    }
}

impl NodeNumbers {
    #[inline(never)] // so that the callers' own case, one node, stays short
    fn assign(&self, key: u32) -> u32 {
        let mut of_keys = self.of_keys.borrow_mut();
        table::reach(&mut of_keys, key as usize, NONE);
        let number = &mut of_keys[key as usize];
        if *number == NONE {
            *number = self.assigned.replace(self.assigned.get() + 1);
        }
        *number
    }
}

/// Something of each key; at first of every key the same.
#[derive(Clone, Debug)]
pub struct ByKey<T> {
    numbers: Numbers,
    rows: Vec<T>,
    at_first: T,
}

impl<T: Default> Default for ByKey<T> {
    fn default() -> ByKey<T> {
        ByKey { numbers: Numbers::default(), rows: Vec::new(), at_first: T::default() }
    }
}

impl<T: Copy> ByKey<T> {
    /// A table that has this of every key, by the numbers of the node whose it is.
    pub fn new(at_first: T, numbers: &Numbers) -> ByKey<T> {
        ByKey { numbers: numbers.clone(), rows: Vec::new(), at_first }
    }

    /// The same, of a node that numbers its keys like this. Only for a table in which nothing was put yet.
    pub fn number_by(&mut self, numbers: &Numbers) {
        debug_assert!(self.rows.is_empty(), "what is in its place stays there");
        self.numbers = numbers.clone();
    }

    /// How its owner numbers its keys.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// What it has of `key`.
    #[inline]
    pub fn get(&self, key: u32) -> T {
        self.rows.get(self.numbers.find(key)).copied().unwrap_or(self.at_first)
    }

    /// The place of `key`, to be changed.
    ///
    /// # Panics
    /// When the key is greater than [`KEY_MAX`].
    #[inline]
    pub fn get_mut(&mut self, key: u32) -> &mut T {
        let number = self.numbers.assign(key);
        if number >= self.rows.len() {
            self.grow(key, number);
        }
        &mut self.rows[number]
    }

    /// Puts something in the place of `key`.
    #[inline]
    pub fn set(&mut self, key: u32, value: T) {
        *self.get_mut(key) = value;
    }

    #[cold]
    fn grow(&mut self, key: u32, number: usize) {
        assert!(key <= KEY_MAX, "key ids go up to {KEY_MAX}");
        table::reach(&mut self.rows, number, self.at_first);
    }

    /// Has the same of every key again. Keys keep their numbers.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// What it has of each key that it has a place for, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_share_the_keys_have_rows_as_long_as_their_own_keys() {
        let nodes = Numbers::of_nodes(3);
        let mut tables: Vec<ByKey<u32>> = nodes.iter().map(|numbers| ByKey::new(0, numbers)).collect();
        for key in (0..900).rev() {
            tables[key as usize % 3].set(key, key + 1);
        }
        for (node, table) in tables.iter().enumerate() {
            assert_eq!(table.rows.len(), 300);
            assert!((0..900).filter(|key| key % 3 == node as u32).all(|key| table.get(key) == key + 1));
        }
        let mut second = ByKey::new(7, &nodes[0]);
        assert_eq!((second.get(0), second.get(1_000_000)), (7, 7), "what was never put there is as at first");
        second.set(899 - 2, 8);
        assert_eq!((second.rows.len(), second.get(897)), (1, 8), "a node's tables go by the same numbers");
    }

    #[test]
    fn one_node_goes_by_the_keys_themselves() {
        let [numbers] = Numbers::of_nodes(1).try_into().expect("one");
        let mut table = ByKey::new(false, &numbers);
        table.set(5, true);
        assert_eq!((table.rows.len(), table.get(5), table.get(4), table.get(6)), (6, true, false, false));
        table.clear();
        assert!(!table.get(5));
    }
}
