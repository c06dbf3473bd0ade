//! A row of things that only grows: in blocks, so that nothing is ever copied to make room, and little room is spare.

use std::ops::{Index, IndexMut};

/// log₂ of how many things a block holds.
const BLOCK_BITS: u32 = 14;
/// How many things a block holds.
const BLOCK: usize = 1 << BLOCK_BITS;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Rows<T> {
    /// All full but the last.
    blocks: Vec<Vec<T>>,
}

impl<T> Rows<T> {
    /// An empty row.
    pub fn new() -> Rows<T> {
        Rows { blocks: Vec::new() }
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.blocks.last().map_or(0, |last| (self.blocks.len() - 1) * BLOCK + last.len())
    }

    /// Puts a thing at the end.
    pub fn push(&mut self, thing: T) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BLOCK => last.push(thing),
            // A short row needs no whole block.
            before => {
                let room = if before.is_some() { BLOCK } else { 0 };
                let mut block = Vec::with_capacity(room);
                block.push(thing);
                self.blocks.push(block);
            }
        }
    }

    /// The thing at a place, if there is one.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.blocks.get(at >> BLOCK_BITS)?.get(at & (BLOCK - 1))
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flatten()
    }
}

impl<T> Index<usize> for Rows<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.blocks[at >> BLOCK_BITS][at & (BLOCK - 1)]
    }
}

impl<T> IndexMut<usize> for Rows<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.blocks[at >> BLOCK_BITS][at & (BLOCK - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_row_is_one_row_and_has_less_than_a_block_to_spare() {
        let mut rows = Rows::new();
        for number in 0..2 * BLOCK + 5 {
            assert_eq!(rows.len(), number);
            rows.push(number);
        }
        rows[BLOCK] = 0;
        assert_eq!((rows[0], rows[BLOCK - 1], rows[BLOCK], rows[2 * BLOCK + 4]), (0, BLOCK - 1, 0, 2 * BLOCK + 4));
        assert_eq!(rows.iter().count(), rows.len());
        assert_eq!(rows.blocks.iter().map(Vec::capacity).sum::<usize>(), 3 * BLOCK);
    }
}
