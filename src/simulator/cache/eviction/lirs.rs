//! LIRS: keeps what is used at *short intervals*, rather than what was used last.
//!
//! Nearly all of the capacity (99 %) belongs to LIR blocks, those of low inter-reference recency; the last hundredth is a
//! doorway `Q` for the others, HIR blocks. A stack `S` orders blocks by last use, and remembers also HIR blocks that
//! have been given up. A HIR block that is used again while still in `S` came back sooner than the LIR block at the
//! bottom of `S` was last used: it becomes LIR, and the one at the bottom steps down into `Q`. The front of `Q` goes.
//! The bottom of `S` is always LIR: whatever lies below is cut off ("pruned"). `S` remembers at most as much again as
//! the capacity holds; the block given up longest ago is forgotten first.
//!
//! ```text
//! S: top ─ LIR, HIR held, HIR gone … ─ bottom (LIR)          Q: front ─ HIR held … ─ back
//! ```
//!
//! Jiang, Zhang, "LIRS: an efficient low inter-reference recency set replacement policy to improve buffer cache
//! performance", SIGMETRICS 2002.

use super::list::List;
use super::{Policy, View};
use crate::cache::entry::{Capacity, Entry};
use crate::cache::keys::{ByKey, Numbers};
use crate::random::Stream;
use crate::slots::Slots;
use crate::time::Nanos;
use crate::work;

/// The policy as a store has it.
pub(super) type Built = Box<Lirs>;

/// Builds the policy for a store.
pub(super) fn build(capacity: Capacity, _: Stream) -> Built {
    Box::new(Lirs::new(capacity))
}

/// No block.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Lir,
    /// A HIR block that is held; it is in Q, and in S if `stacked`.
    Hir,
    /// A HIR block that is remembered: it is in S and in the order of forgetting.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    state: State,
    stacked: bool,
    key: u32,
    slot: u32,
    weight: u64,
}

#[derive(Clone, Debug)]
pub(in crate::cache) struct Lirs {
    capacity: Capacity,
    lir_share: u64,
    blocks: Slots<Block>,
    /// By slot: its block.
    of_slot: Vec<u32>,
    /// By key: its block while it is gone, or `NONE`.
    of_gone: ByKey<u32>,
    /// S, bottom first.
    stack: List,
    /// Q.
    doorway: List,
    /// Those gone, in the order in which they went.
    gone: List,
    lir_weight: u64,
    stack_weight: u64,
    /// The key that is coming in is remembered.
    returning: bool,
}

impl Lirs {
    pub(super) fn new(capacity: Capacity) -> Lirs {
        Lirs {
            capacity,
            lir_share: capacity.total() - capacity.share(0.01).max(1),
            blocks: Slots::default(),
            of_slot: Vec::new(),
            of_gone: ByKey::new(NONE, &Numbers::default()),
            stack: List::default(),
            doorway: List::default(),
            gone: List::default(),
            lir_weight: 0,
            stack_weight: 0,
            returning: false,
        }
    }

    fn block(&mut self, id: u32) -> &mut Block {
        &mut self.blocks[id]
    }

    fn stack_top(&mut self, id: u32) {
        self.unstack(id);
        self.stack.push_back(id);
        self.block(id).stacked = true;
        self.stack_weight += self.blocks[id].weight;
    }

    fn unstack(&mut self, id: u32) {
        if std::mem::take(&mut self.block(id).stacked) {
            self.stack.unlink(id);
            self.stack_weight -= self.blocks[id].weight;
        }
    }

    /// Forgets a block that is in no list any more.
    fn release(&mut self, id: u32) {
        self.block(id).state = State::Free;
        self.blocks.free(id);
    }

    /// Forgets a block that is gone.
    fn forget(&mut self, id: u32) {
        self.unstack(id);
        self.gone.unlink(id);
        self.of_gone.set(self.blocks[id].key, NONE);
        self.release(id);
    }

    /// Cuts off what lies below the lowest LIR block.
    fn prune(&mut self) {
        while let Some(bottom) = self.stack.front() {
            work::count(1);
            match self.blocks[bottom].state {
                State::Lir => return,
                State::Gone => self.forget(bottom),
                State::Hir => self.unstack(bottom),
                State::Free => unreachable!("a free block is in no list"),
            }
        }
    }

    /// The lowest LIR block steps down into the doorway.
    fn demote(&mut self) {
        let bottom = self.stack.front().expect("LIR blocks weigh something, so there is one");
        self.unstack(bottom);
        self.lir_weight -= self.blocks[bottom].weight;
        self.block(bottom).state = State::Hir;
        self.doorway.push_back(bottom);
        self.prune();
    }

    /// Makes a block that is on top of the stack LIR, at the cost of the lowest ones.
    fn promote(&mut self, id: u32) {
        self.block(id).state = State::Lir;
        self.lir_weight += self.blocks[id].weight;
        self.keep_to_share();
    }

    /// LIR blocks step down until the others fit their share.
    fn keep_to_share(&mut self) {
        self.prune(); // what was at the bottom may have moved
        while self.lir_weight > self.lir_share {
            work::count(1);
            self.demote();
        }
    }

    fn reweigh(&mut self, id: u32, weight: u64) {
        let Block { weight: former, state, stacked, .. } = self.blocks[id];
        self.block(id).weight = weight;
        if state == State::Lir {
            self.lir_weight = self.lir_weight - former + weight;
        }
        if stacked {
            self.stack_weight = self.stack_weight - former + weight;
        }
    }

    /// Forgets those gone longest while the stack remembers too much.
    fn limit(&mut self) {
        while self.stack_weight > 2 * self.capacity.total()
            && let Some(oldest) = self.gone.front()
        {
            self.forget(oldest);
        }
    }
}

impl Policy for Lirs {
    fn admit(&mut self, entry: &Entry) {
        let id = self.of_gone.get(entry.key);
        self.returning = id != NONE;
        if self.returning {
            self.forget(id);
        }
    }

    fn insert(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let weight = self.capacity.weight(entry);
        let block = Block { state: State::Hir, stacked: false, key: entry.key, slot, weight };
        let id = self.blocks.insert(block);
        if slot as usize >= self.of_slot.len() {
            self.of_slot.resize(slot as usize + 1, NONE);
        }
        self.of_slot[slot as usize] = id;
        self.stack_top(id);
        if std::mem::take(&mut self.returning) || self.lir_weight + weight <= self.lir_share {
            self.promote(id);
        } else {
            self.doorway.push_back(id);
            self.prune(); // there may be no LIR block at all
        }
        self.limit();
    }

    #[inline]
    fn hit(&mut self, slot: u32, entry: &Entry, _now: Nanos) {
        let id = self.of_slot[slot as usize];
        self.reweigh(id, self.capacity.weight(entry));
        let Block { state, stacked, .. } = self.blocks[id];
        self.stack_top(id);
        if state == State::Lir {
            self.keep_to_share(); // it may have grown
        } else if stacked {
            self.doorway.unlink(id);
            self.promote(id);
        } else {
            self.doorway.move_to_back(id);
        }
        self.prune();
        self.limit();
    }

    fn remove(&mut self, slot: u32) {
        let id = self.of_slot[slot as usize];
        self.unstack(id);
        if self.blocks[id].state == State::Lir {
            self.lir_weight -= self.blocks[id].weight;
        } else {
            self.doorway.unlink(id);
        }
        self.release(id);
        self.prune();
    }

    fn evict(&mut self, _view: View<'_>) -> Option<u32> {
        if self.doorway.front().is_none() {
            self.stack.front()?;
            self.demote();
        }
        let id = self.doorway.front()?;
        self.doorway.unlink(id);
        let Block { stacked, key, slot, .. } = self.blocks[id];
        if stacked {
            self.block(id).state = State::Gone;
            self.gone.push_back(id);
            self.of_gone.set(key, id);
        } else {
            self.release(id);
        }
        Some(slot)
    }

    fn remembers(&self, key: u32) -> bool {
        self.of_gone.get(key) != NONE
    }

    fn number_by(&mut self, numbers: &Numbers) {
        self.of_gone.number_by(numbers);
    }

    fn clear(&mut self) {
        work::count(self.blocks.all().len());
        for block in self.blocks.all().iter().filter(|block| block.state == State::Gone) {
            self.of_gone.set(block.key, NONE);
        }
        let of_gone = std::mem::take(&mut self.of_gone);
        *self = Lirs { of_gone, ..Lirs::new(self.capacity) };
    }

    fn slots(&self) -> Vec<u32> {
        let held = |block: &&Block| matches!(block.state, State::Lir | State::Hir);
        self.blocks.all().iter().filter(held).map(|block| block.slot).collect()
    }

    fn validate(&self) {
        let of = |state| self.blocks.all().iter().filter(move |block| block.state == state);
        let stack = self.stack.slots();
        assert_eq!(
            stack.len(),
            self.blocks.all().iter().filter(|block| block.stacked).count(),
            "S holds what is stacked"
        );
        let bottom = stack.first().map(|&id| self.blocks[id].state);
        assert!(bottom.is_none_or(|state| state == State::Lir), "the bottom of S is LIR");
        assert!(of(State::Lir).chain(of(State::Gone)).all(|block| block.stacked), "LIR blocks and ghosts are in S");
        assert_eq!(self.doorway.slots().len(), of(State::Hir).count(), "Q holds the HIR blocks that are held");
        assert_eq!(self.gone.slots().len(), of(State::Gone).count());
        assert_eq!(self.lir_weight, of(State::Lir).map(|block| block.weight).sum::<u64>());
        let stacked = stack.iter().map(|&id| self.blocks[id].weight);
        assert_eq!(self.stack_weight, stacked.sum::<u64>());
        assert!(self.lir_weight <= self.lir_share, "LIR blocks keep to their share");
        for (id, block) in self.blocks.all().iter().enumerate() {
            match block.state {
                State::Gone => assert_eq!(self.of_gone.get(block.key) as usize, id, "a ghost is found"),
                State::Lir | State::Hir => assert_eq!(self.of_slot[block.slot as usize] as usize, id),
                State::Free => assert!(!block.stacked),
            }
        }
        assert_eq!(self.blocks.all().len() - self.blocks.in_use(), of(State::Free).count());
    }
}
