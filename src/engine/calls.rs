//! Calls from one part of the world to another: a question that travels, a server that answers when it gets to it,
//! an answer that travels back.
//!
//! What has been sent is on its way whatever becomes of the caller: dropping a [`Call`] (a timeout, a crash) only means
//! that nobody hears the answer. That is how half-done work comes about here, as it does outside.
//!
//! ```text
//! open ──(arrives)──▶ served ──▶ answer ──(travels)──▶ deliver ──▶ the caller's future is ready
//! ```

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Kernel, TaskId};
use crate::time::Nanos;

/// The number of a call in its table; used again when the call is over.
pub type CallId = u32;

/// The end of a list of calls.
const NOBODY: CallId = CallId::MAX;

#[derive(Debug)]
struct Slot<Q, A> {
    question: Q,
    answer: Option<A>,
    delivered: bool,
    abandoned: bool,
    task: TaskId,
    /// Which of all calls it is.
    serial: u32,
    /// The neighbours in the line where it stands.
    before: CallId,
    next: CallId,
}

/// The calls that are under way to one server.
#[derive(Debug)]
pub struct Calls<Q, A> {
    slots: RefCell<Vec<Slot<Q, A>>>,
    free: RefCell<Vec<CallId>>,
    /// Answered calls whose answers have not been sent off yet, and when they leave.
    outbox: RefCell<Vec<(CallId, Nanos)>>,
    under_way: Cell<usize>,
    opened: Cell<u32>,
}

impl<Q, A> Default for Calls<Q, A> {
    fn default() -> Calls<Q, A> {
        Calls {
            slots: RefCell::default(),
            free: RefCell::default(),
            outbox: RefCell::default(),
            under_way: Cell::new(0),
            opened: Cell::new(0),
        }
    }
}

impl<Q: Copy, A> Calls<Q, A> {
    /// How many bytes a call takes while it is under way.
    pub const CALL_BYTES: usize = size_of::<Slot<Q, A>>();

    /// Begins a call; the caller sends its number on its way and awaits the returned future.
    pub fn open<'a>(&'a self, kernel: &'a Kernel, question: Q) -> Call<'a, Q, A> {
        self.under_way.set(self.under_way.get() + 1);
        self.opened.set(self.opened.get().wrapping_add(1));
        let slot = Slot {
            question,
            answer: None,
            delivered: false,
            abandoned: false,
            task: kernel.current(),
            serial: self.opened.get(),
            before: NOBODY,
            next: NOBODY,
        };
        let mut slots = self.slots.borrow_mut();
        let id = match self.free.borrow_mut().pop() {
            Some(id) => {
                slots[id as usize] = slot;
                id
            }
            None => {
                slots.push(slot);
                (slots.len() - 1) as CallId
            }
        };
        Call { calls: self, kernel, id, over: false }
    }

    /// What is asked.
    #[inline]
    pub fn question(&self, id: CallId) -> Q {
        self.slots.borrow()[id as usize].question
    }

    /// Asks something else instead, on the server's side.
    pub fn rephrase(&self, id: CallId, question: Q) {
        self.slots.borrow_mut()[id as usize].question = question;
    }

    /// Which of all calls this one is: its number may have been another's before, and will be again.
    pub fn serial(&self, id: CallId) -> u32 {
        self.slots.borrow()[id as usize].serial
    }

    /// The server's answer, which leaves it at the moment `leaves`. Answering twice is a mistake of the server's.
    pub fn answer(&self, id: CallId, answer: A, leaves: Nanos) {
        let slot = &mut self.slots.borrow_mut()[id as usize];
        assert!(slot.answer.is_none(), "a call is answered once");
        slot.answer = Some(answer);
        self.outbox.borrow_mut().push((id, leaves));
    }

    /// Whether the call has an answer, which may be on its way.
    pub fn is_answered(&self, id: CallId) -> bool {
        self.slots.borrow()[id as usize].answer.is_some()
    }

    /// The answer, which may be on its way.
    #[inline]
    pub fn answer_of(&self, id: CallId) -> Option<A>
    where
        A: Copy,
    {
        self.slots.borrow()[id as usize].answer
    }

    /// Whether the call has an answer, and one that is `such`.
    pub fn answered_with(&self, id: CallId, such: impl FnOnce(&A) -> bool) -> bool {
        self.slots.borrow()[id as usize].answer.as_ref().is_some_and(such)
    }

    /// Another answer instead of one that has not been delivered.
    pub fn amend(&self, id: CallId, answer: A) {
        let slot = &mut self.slots.borrow_mut()[id as usize];
        if slot.answer.is_some() && !slot.delivered {
            slot.answer = Some(answer);
        }
    }

    /// The next answered call whose answer has to be sent off, and when it leaves.
    #[inline]
    pub fn next_outgoing(&self) -> Option<(CallId, Nanos)> {
        // Order does not matter between answers given at one moment, as long as it is the same in every run.
        self.outbox.borrow_mut().pop()
    }

    /// The answer has reached the caller.
    pub fn deliver(&self, id: CallId, kernel: &Kernel) {
        let slot = &mut self.slots.borrow_mut()[id as usize];
        debug_assert!(slot.answer.is_some() && !slot.delivered);
        slot.delivered = true;
        if slot.abandoned {
            self.release(id);
        } else {
            kernel.wake(slot.task);
        }
    }

    /// Calls that were begun and whose answers have not come back yet.
    pub fn under_way(&self) -> usize {
        self.under_way.get()
    }

    fn release(&self, id: CallId) {
        self.under_way.set(self.under_way.get() - 1);
        self.free.borrow_mut().push(id);
    }
}

/// The caller's end of a call.
#[derive(Debug)]
pub struct Call<'a, Q: Copy, A> {
    calls: &'a Calls<Q, A>,
    kernel: &'a Kernel,
    id: CallId,
    over: bool,
}

impl<Q: Copy, A> Call<'_, Q, A> {
    /// The number under which the call travels.
    pub fn id(&self) -> CallId {
        self.id
    }
}

impl<Q: Copy, A> Future for Call<'_, Q, A> {
    type Output = A;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<A> {
        let taken = {
            let slot = &mut self.calls.slots.borrow_mut()[self.id as usize];
            slot.task = self.kernel.current();
            if slot.delivered { slot.answer.take() } else { None }
        };
        let Some(answer) = taken else { return Poll::Pending };
        self.over = true;
        self.calls.release(self.id);
        Poll::Ready(answer)
    }
}

impl<Q: Copy, A> Drop for Call<'_, Q, A> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let slot = &mut self.calls.slots.borrow_mut()[self.id as usize];
        if slot.delivered {
            slot.answer = None;
            self.calls.release(self.id);
        } else {
            slot.abandoned = true;
        }
    }
}

/// A first-in-first-out line of calls, kept in the calls' own slots.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    first: CallId,
    last: CallId,
    len: u32,
}

impl Default for Line {
    fn default() -> Line {
        Line { first: NOBODY, last: NOBODY, len: 0 }
    }
}

impl Line {
    /// How many wait.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a call at the end. A call stands in one line at a time.
    pub fn push<Q, A>(&mut self, calls: &Calls<Q, A>, id: CallId) {
        let mut slots = calls.slots.borrow_mut();
        slots[id as usize].before = self.last;
        slots[id as usize].next = NOBODY;
        match self.len {
            0 => self.first = id,
            _ => slots[self.last as usize].next = id,
        }
        self.last = id;
        self.len += 1;
    }

    /// The call at the head.
    pub fn first(&self) -> Option<CallId> {
        (self.len > 0).then_some(self.first)
    }

    /// Takes the call at the head.
    pub fn pop<Q, A>(&mut self, calls: &Calls<Q, A>) -> Option<CallId> {
        if self.len == 0 {
            return None;
        }
        let id = self.first;
        self.first = calls.slots.borrow()[id as usize].next;
        self.len -= 1;
        Some(id)
    }

    /// Takes out a call that stands in this line, wherever it does.
    pub fn remove<Q, A>(&mut self, calls: &Calls<Q, A>, id: CallId) {
        let mut slots = calls.slots.borrow_mut();
        let (before, next) = (slots[id as usize].before, slots[id as usize].next);
        match self.first == id {
            true => self.first = next,
            false => slots[before as usize].next = next,
        }
        match self.last == id {
            true => self.last = before,
            false => slots[next as usize].before = before,
        }
        self.len -= 1;
    }
}
