//! The event queue: a 4-ary heap of packed numbers.
//!
//! One event is one `u128`: 56 bits of time, 40 bits of insertion number, 32 bits of event. Comparing two of them
//! compares time first and insertion second, which is exactly the order the design asks for. Four children a node
//! make the heap half as deep as a binary one, and four packed keys share a cache line.
//!
//! Most events schedule another one, soon. So the place of the earliest event stays open when it is taken, and the next
//! event scheduled falls in there: it seldom falls far.

use std::hint::select_unpredictable as select;

use crate::time::Nanos;

/// What happens: a kind (0 to 15) and an index (below 2²⁸). Kind 0 is the engine's own: wake a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event(u32);

impl Event {
    /// The number of bits of the index.
    const INDEX_BITS: u32 = 28;

    /// An event of `kind` about the thing with number `index`.
    #[inline]
    pub fn new(kind: u8, index: u32) -> Event {
        debug_assert!(kind < 16 && index < 1 << Event::INDEX_BITS);
        Event(u32::from(kind) << Event::INDEX_BITS | index)
    }

    /// What kind of event it is.
    #[inline]
    pub fn kind(self) -> u8 {
        (self.0 >> Event::INDEX_BITS) as u8
    }

    /// What it is about.
    #[inline]
    pub fn index(self) -> u32 {
        self.0 & ((1 << Event::INDEX_BITS) - 1)
    }

    /// Both in one number, for digests.
    #[inline]
    pub fn bits(self) -> u32 {
        self.0
    }
}

/// Events to come, earliest first; equal times in the order of insertion.
#[derive(Debug, Default)]
pub struct Queue {
    heap: Vec<u128>,
    /// Whether the root has been taken and its place is still open.
    open: bool,
    inserted: u64,
}

const TIME_SHIFT: u32 = 72;
const NUMBER_SHIFT: u32 = 32;
const NUMBER_MASK: u64 = (1 << 40) - 1;
const ARITY: usize = 4;

impl Queue {
    /// The last moment an event can be scheduled for: about 833 days.
    pub const LAST: Nanos = Nanos((1 << 56) - 1);

    /// Puts `event` at the moment `at`; moments past [`Queue::LAST`] count as that.
    #[inline]
    pub fn push(&mut self, at: Nanos, event: Event) {
        assert!(self.inserted <= NUMBER_MASK, "a run has at most 2^40 events");
        let time = u128::from(at.0.min(Queue::LAST.0));
        let packed = time << TIME_SHIFT | u128::from(self.inserted) << NUMBER_SHIFT | u128::from(event.0);
        self.inserted += 1;
        if std::mem::take(&mut self.open) {
            self.sift_down(packed);
        } else {
            self.heap.push(packed);
            self.sift_up(self.heap.len() - 1);
        }
    }

    /// The moment of the earliest event.
    #[inline]
    pub fn peek(&mut self) -> Option<Nanos> {
        self.close();
        self.heap.first().map(|packed| Nanos((packed >> TIME_SHIFT) as u64))
    }

    /// Takes the earliest event.
    #[inline]
    pub fn pop(&mut self) -> Option<(Nanos, Event)> {
        self.close();
        let first = *self.heap.first()?;
        self.open = true;
        Some((Nanos((first >> TIME_SHIFT) as u64), Event(first as u32)))
    }

    /// Fills the open place with the last event, if no other has.
    #[inline]
    fn close(&mut self) {
        if std::mem::take(&mut self.open)
            && let Some(last) = self.heap.pop()
            && !self.heap.is_empty()
        {
            self.sift_down(last);
        }
    }

    /// How many events are to come.
    pub fn len(&self) -> usize {
        self.heap.len() - usize::from(self.open)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn sift_up(&mut self, mut hole: usize) {
        let moving = self.heap[hole];
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if self.heap[parent] <= moving {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = moving;
    }

    /// Fills the hole at the root with `moving`, letting smaller children up.
    #[inline]
    fn sift_down(&mut self, moving: u128) {
        let heap = &mut self.heap[..];
        let mut hole = 0;
        loop {
            let first = hole * ARITY + 1;
            let (least, value) = match heap.get(first..first + ARITY) {
                Some(&[a, b, c, d]) => {
                    // A small tournament, by selections: nobody could predict the branches.
                    let (left, right) = (b < a, d < c);
                    let (left_value, right_value) = (select(left, b, a), select(right, d, c));
                    let second = right_value < left_value;
                    let least = select(second, 2 + usize::from(right), usize::from(left));
                    (least, select(second, right_value, left_value))
                }
                _ => match heap.get(first..).unwrap_or_default().iter().enumerate().min_by_key(|(_, value)| **value) {
                    Some((least, &value)) => (least, value),
                    None => break,
                },
            };
            if value >= moving {
                break;
            }
            heap[hole] = value;
            hole = first + least;
        }
        heap[hole] = moving;
    }

    /// Panics if the heap is out of order; for tests.
    pub fn validate(&self) {
        for child in 1..self.heap.len() {
            assert!(self.heap[(child - 1) / ARITY] <= self.heap[child], "node {child} is before its parent");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_at_one_moment_keep_their_order() {
        let mut queue = Queue::default();
        for index in 0..100 {
            queue.push(Nanos(u64::from(index % 3)), Event::new(1, index));
        }
        let mut last = (Nanos(0), 0);
        while let Some((at, event)) = queue.pop() {
            assert!((at, event.index()) >= last);
            last = (at, event.index());
        }
    }

    #[test]
    fn kind_and_index_survive_the_packing() {
        let event = Event::new(15, (1 << 28) - 1);
        let mut queue = Queue::default();
        queue.push(Nanos::MAX, event);
        assert_eq!(queue.pop(), Some((Queue::LAST, event)));
        assert_eq!((event.kind(), event.index()), (15, (1 << 28) - 1));
    }

    proptest! {
        #[test]
        fn the_queue_sorts_like_a_stable_sort(moves in prop::collection::vec(prop::option::weighted(0.7, 0u64..50), 0..400)) {
            let mut queue = Queue::default();
            let mut model: Vec<(u64, u32)> = Vec::new();
            for (number, step) in moves.into_iter().enumerate() {
                match step {
                    Some(at) => {
                        queue.push(Nanos(at), Event::new(2, number as u32));
                        model.push((at, number as u32));
                    }
                    None => {
                        model.sort();
                        let expected = (!model.is_empty()).then(|| model.remove(0));
                        prop_assert_eq!(queue.pop().map(|(at, event)| (at.0, event.index())), expected);
                    }
                }
                queue.validate();
            }
        }
    }
}
