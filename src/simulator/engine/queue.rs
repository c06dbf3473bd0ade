//! The event queue: a 4-ary heap of packed numbers.
//!
//! One event is one `u128`: 56 bits of time, 40 bits of insertion number, 32 bits of event. Comparing two of them
//! compares time first and insertion second, which is exactly the order the design asks for. Four children a node
//! make the heap half as deep as a binary one, and the four share a cache line.
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
///
/// Siblings stand together, in families of four. The root is the last of the first family, which has no others; so the
/// children of node `n` are family `n - 2`.
#[derive(Debug, Default)]
pub struct Queue {
    families: Vec<Family>,
    /// How many places are taken from the root on, the open one included.
    taken: usize,
    /// Whether the root has been taken and its place is still open.
    open: bool,
    inserted: u64,
}

/// Four siblings in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Family([u128; ARITY]);

const TIME_SHIFT: u32 = 72;
const NUMBER_SHIFT: u32 = 32;
const NUMBER_MASK: u64 = (1 << 40) - 1;
const ARITY: usize = 4;
const ROOT: usize = ARITY - 1;
/// Where nobody stands: later than every event.
const NOBODY: u128 = u128::MAX;

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
            self.append(packed);
        }
    }

    /// The moment of the earliest event.
    #[inline]
    pub fn peek(&mut self) -> Option<Nanos> {
        self.close();
        self.first().map(|packed| Nanos((packed >> TIME_SHIFT) as u64))
    }

    /// Takes the earliest event that is before the end of time.
    #[inline]
    pub fn pop(&mut self) -> Option<(Nanos, Event)> {
        self.pop_before(Nanos::MAX)
    }

    /// Takes the earliest event, if it is before `end`.
    #[inline]
    pub fn pop_before(&mut self, end: Nanos) -> Option<(Nanos, Event)> {
        self.close();
        let first = self.first()?;
        let at = Nanos((first >> TIME_SHIFT) as u64);
        self.open = at < end;
        self.open.then_some((at, Event(first as u32)))
    }

    #[inline]
    fn first(&self) -> Option<u128> {
        let root = self.families.first()?.0[ROOT];
        (self.taken > 0).then_some(root)
    }

    /// Fills the open place with the last event, if no other has.
    #[inline]
    fn close(&mut self) {
        if self.open {
            self.fill();
        }
    }

    #[inline(never)]
    fn fill(&mut self) {
        self.open = false;
        self.taken -= 1;
        let last = ROOT + self.taken;
        let moving = std::mem::replace(&mut self.families[last / ARITY].0[last % ARITY], NOBODY);
        if self.taken > 0 {
            self.sift_down(moving);
        }
    }

    /// How many events are to come.
    pub fn len(&self) -> usize {
        self.taken - usize::from(self.open)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `moving` behind the last one, and then before all parents that are later.
    fn append(&mut self, moving: u128) {
        let mut hole = ROOT + self.taken;
        self.taken += 1;
        if hole / ARITY >= self.families.len() {
            self.families.push(Family([NOBODY; ARITY]));
        }
        while hole > ROOT {
            let parent = hole / ARITY + 2;
            let above = self.families[parent / ARITY].0[parent % ARITY];
            if above <= moving {
                break;
            }
            self.families[hole / ARITY].0[hole % ARITY] = above;
            hole = parent;
        }
        self.families[hole / ARITY].0[hole % ARITY] = moving;
    }

    /// Fills the hole at the root with `moving`, letting smaller children up.
    #[inline]
    fn sift_down(&mut self, moving: u128) {
        let (mut family, mut place) = (0, ROOT);
        loop {
            let children = family * ARITY + place - 2;
            let Some(&Family([a, b, c, d])) = self.families.get(children) else { break };
            // A small tournament, by selections: nobody could predict the branches.
            let (left, right) = (b < a, d < c);
            let (left_value, right_value) = (select(left, b, a), select(right, d, c));
            let second = right_value < left_value;
            let least = select(second, 2 + usize::from(right), usize::from(left));
            let value = select(second, right_value, left_value);
            if value >= moving {
                break;
            }
            self.families[family].0[place] = value;
            (family, place) = (children, least % ARITY);
        }
        self.families[family].0[place] = moving;
    }

    /// Panics if the heap is out of order; for tests.
    pub fn validate(&self) {
        let node = |number: usize| self.families[number / ARITY].0[number % ARITY];
        for child in ROOT + 1..self.families.len() * ARITY {
            assert!(node(child / ARITY + 2) <= node(child), "node {child} is before its parent");
            assert_eq!(node(child) == NOBODY, child >= ROOT + self.taken, "the places are taken in their order");
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
    fn what_is_not_before_the_end_stays() {
        let mut queue = Queue::default();
        (0..9).for_each(|index| queue.push(Nanos(u64::from(index)), Event::new(2, index)));
        assert_eq!(queue.pop_before(Nanos(1)), Some((Nanos(0), Event::new(2, 0))));
        assert_eq!(queue.pop_before(Nanos(1)), None);
        queue.push(Nanos(0), Event::new(2, 9));
        assert_eq!([1, 1, 2].map(|end| queue.pop_before(Nanos(end)).map(|(at, _)| at.0)), [Some(0), None, Some(1)]);
        assert_eq!(queue.len(), 7);
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
