//! The acknowledged writes of one key, in order of issue.
//!
//! Nearly every write comes last. One that was overtaken on its way to the client comes in between, and of a key that is
//! written very often a great many may have overtaken it: so a long row is kept in pieces, and only one piece moves up.

use crate::work;

/// The most writes in a piece. Small in tests, so that they have several.
const PIECE: usize = if cfg!(test) { 4 } else { 512 };

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The first piece; the only one of most keys.
    first: Vec<u32>,
    more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default)]
struct More {
    pieces: Vec<Piece>,
    /// How many writes there are in all, the first piece's included.
    len: usize,
}

#[derive(Clone, Debug)]
struct Piece {
    /// The place of its first write.
    start: usize,
    writes: Vec<u32>,
}

impl Row {
    #[inline]
    pub fn len(&self) -> usize {
        self.more.as_ref().map_or(self.first.len(), |more| more.len)
    }

    /// The write at a place.
    #[inline]
    pub fn at(&self, place: usize) -> u32 {
        match self.first.get(place) {
            Some(&write) => write,
            None => self.at_far(place),
        }
    }

    fn at_far(&self, place: usize) -> u32 {
        let pieces = &self.more.as_ref().expect("a place in the row").pieces;
        let piece = &pieces[pieces.partition_point(|piece| piece.start <= place) - 1];
        piece.writes[place - piece.start]
    }

    /// The first place from `from` on whose write is not `before`, which all those in front of it are.
    pub fn partition(&self, from: usize, before: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Puts a write in its place, and tells which that is.
    pub fn insert(&mut self, write: u32) -> usize {
        let len = self.len();
        let place = if len > 0 && self.at(len - 1) > write { self.partition(0, |other| other < write) } else { len };
        let in_first = place <= self.first.len() && self.more.is_none() || place < self.first.len();
        if in_first {
            insert(&mut self.first, place, write);
            if self.first.len() > PIECE {
                let half = self.first.split_off(PIECE / 2);
                let more = self.more.get_or_insert_default();
                more.len = more.len.max(len);
                work::count(more.pieces.len());
                more.pieces.insert(0, Piece { start: PIECE / 2, writes: half });
                more.moved(1);
            } else if let Some(more) = &mut self.more {
                more.moved(0);
            }
        } else {
            self.more.as_mut().expect("a long row").insert(place, write);
        }
        if let Some(more) = &mut self.more {
            more.len = len + 1;
        }
        place
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let more = self.more.iter().flat_map(|more| more.pieces.iter().flat_map(|piece| &piece.writes));
        self.first.iter().chain(more).copied()
    }
}

impl More {
    fn insert(&mut self, place: usize, write: u32) {
        // What comes last goes into the last piece, what comes between two pieces into the former.
        let number = self.pieces.partition_point(|piece| piece.start <= place) - 1;
        let piece = &mut self.pieces[number];
        insert(&mut piece.writes, place - piece.start, write);
        let mut next = number + 1;
        if piece.writes.len() > PIECE {
            // The last piece is left full: it is the newest writes that come in their order.
            let at = if place + 1 == piece.start + piece.writes.len() { PIECE } else { PIECE / 2 };
            let (start, writes) = (piece.start + at, piece.writes.split_off(at));
            self.pieces.insert(next, Piece { start, writes });
            next += 1;
        }
        self.moved(next);
    }

    /// One write more came in before the piece of this number.
    fn moved(&mut self, from: usize) {
        work::count(self.pieces.len() - from);
        self.pieces[from..].iter_mut().for_each(|piece| piece.start += 1);
    }
}

fn insert(writes: &mut Vec<u32>, place: usize, write: u32) {
    // What is moved, in lines of 64 bytes.
    work::count((writes.len() - place) / 16);
    writes.insert(place, write);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_is_in_order_whatever_order_its_writes_come_in(writes in prop::collection::btree_set(0u32..500, 0..120), seed: u64) {
            let mut coming: Vec<u32> = writes.into_iter().collect();
            let mut draws = crate::random::Streams::new(seed).named("order");
            // Nearly in order, or in no order at all.
            let reach = 1 + draws.below(40) as usize;
            for place in (1..coming.len()).rev() {
                coming.swap(place, place.saturating_sub(draws.below(reach as u32) as usize));
            }
            let (mut row, mut model) = (Row::default(), Vec::new());
            for write in coming {
                let place = row.insert(write);
                model.insert(place, write);
                prop_assert!(model.is_sorted());
                prop_assert_eq!(row.len(), model.len());
                prop_assert_eq!(row.iter().collect::<Vec<u32>>(), model.clone());
                prop_assert!((0..model.len()).all(|place| row.at(place) == model[place]));
                let middle = write.saturating_sub(7);
                let expected = model.partition_point(|&other| other < middle);
                prop_assert_eq!(row.partition(0, |other| other < middle), expected);
            }
        }
    }
}
