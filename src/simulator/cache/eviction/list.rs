//! A doubly linked list of slots, as two indices per slot in one array: no pointers, no allocation per entry.
//!
//! Node 0 is a sentinel that closes the ring, so linking and unlinking never meet a special case; slot s is node
//! s + 1.
//!
//! ```text
//! front ─ oldest … newest ─ back            sentinel.next = front, sentinel.prev = back
//! ```

/// The ring's ends: before the front, behind the back.
const SENTINEL: u32 = 0;

#[derive(Clone, Copy, Debug)]
struct Node {
    prev: u32,
    next: u32,
}

/// An ordered list of slots. A slot is in it at most once.
#[derive(Clone, Debug)]
pub(super) struct List {
    nodes: Vec<Node>,
}

impl Default for List {
    fn default() -> List {
        List { nodes: vec![Node { prev: SENTINEL, next: SENTINEL }] }
    }
}

// A few instructions each, at every request: a call would cost as much again.
impl List {
    /// Adds `slot` at the back.
    #[inline(always)]
    pub(super) fn push_back(&mut self, slot: u32) {
        let back = self.nodes[SENTINEL as usize].prev;
        self.link(slot + 1, back);
    }

    /// Adds `slot` right behind `after`, or at the front for `None`.
    #[inline]
    pub(super) fn insert_after(&mut self, slot: u32, after: Option<u32>) {
        self.link(slot + 1, after.map_or(SENTINEL, |after| after + 1));
    }

    #[inline(always)]
    fn link(&mut self, node: u32, prev: u32) {
        if node as usize >= self.nodes.len() {
            // A node out of the list points at the sentinel; it is never followed.
            self.nodes.resize(node as usize + 1, Node { prev: SENTINEL, next: SENTINEL });
        }
        let next = self.nodes[prev as usize].next;
        self.nodes[node as usize] = Node { prev, next };
        self.nodes[prev as usize].next = node;
        self.nodes[next as usize].prev = node;
    }

    /// Takes `slot`, which must be in the list, out of it.
    #[inline(always)]
    pub(super) fn unlink(&mut self, slot: u32) {
        let Node { prev, next } = self.nodes[slot as usize + 1];
        self.nodes[prev as usize].next = next;
        self.nodes[next as usize].prev = prev;
    }

    /// Moves `slot` to the back.
    #[inline(always)]
    pub(super) fn move_to_back(&mut self, slot: u32) {
        if self.nodes[slot as usize + 1].next != SENTINEL {
            self.unlink(slot);
            self.push_back(slot);
        }
    }

    /// The first slot.
    #[inline]
    pub(super) fn front(&self) -> Option<u32> {
        self.nodes[SENTINEL as usize].next.checked_sub(1)
    }

    /// The slot behind `slot`.
    #[inline]
    pub(super) fn after(&self, slot: u32) -> Option<u32> {
        self.nodes[slot as usize + 1].next.checked_sub(1)
    }

    /// The slot before `slot`.
    #[inline]
    pub(super) fn before(&self, slot: u32) -> Option<u32> {
        self.nodes[slot as usize + 1].prev.checked_sub(1)
    }

    /// Empties the list.
    pub(super) fn clear(&mut self) {
        *self = List::default();
    }

    /// Its slots from front to back, after asserting that the ring holds together.
    pub(super) fn slots(&self) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut at = SENTINEL;
        loop {
            let next = self.nodes[at as usize].next;
            assert_eq!(self.nodes[next as usize].prev, at, "neighbours know each other");
            if next == SENTINEL {
                return slots;
            }
            slots.push(next - 1);
            assert!(slots.len() < self.nodes.len(), "the ring closes");
            at = next;
        }
    }
}
