//! Calls from one part of the world to another: a request that travels, a server that responds when it gets to it,
//! a response that travels back.
//!
//! What has been sent is on its way whatever becomes of the caller: dropping a [`Call`] (a timeout, a crash) only means
//! that nobody receives the response. That is how half-done work comes about here, as it does outside.
//!
//! ```text
//! open ──(arrives)──▶ served ──▶ respond ──(travels)──▶ deliver ──▶ the caller's future is ready
//! ```

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Kernel, TaskId};
use crate::pile::Pile;
use crate::slots::Slots;
use crate::time::Nanos;

/// The number of a call in its table; used again when the call is over.
pub type CallId = u32;

/// The end of a queue of calls.
const NOBODY: CallId = CallId::MAX;

#[derive(Debug)]
struct Slot<Q, A> {
    request: Q,
    response: Option<A>,
    delivered: bool,
    abandoned: bool,
    task: TaskId,
    /// Which of all calls it is.
    serial: u32,
    /// The neighbours in the queue where it waits.
    before: CallId,
    next: CallId,
}

/// The calls that are under way to one server.
#[derive(Debug)]
pub struct Calls<Q, A> {
    slots: RefCell<Slots<Slot<Q, A>>>,
    /// Calls whose responses have not been sent yet, and when they leave.
    outbox: Pile<(CallId, Nanos)>,
    opened: Cell<u32>,
}

impl<Q, A> Default for Calls<Q, A> {
    fn default() -> Calls<Q, A> {
        Calls { slots: RefCell::default(), outbox: Pile::default(), opened: Cell::new(0) }
    }
}

impl<Q: Copy, A> Calls<Q, A> {
    /// How many bytes a call takes while it is under way.
    pub const CALL_BYTES: usize = size_of::<Slot<Q, A>>();

    /// Begins a call; the caller sends its number on its way and awaits the returned future.
    pub fn open<'a>(&'a self, kernel: &'a Kernel, request: Q) -> Call<'a, Q, A> {
        self.opened.set(self.opened.get().wrapping_add(1));
        let slot = Slot {
            request,
            response: None,
            delivered: false,
            abandoned: false,
            task: kernel.current(),
            serial: self.opened.get(),
            before: NOBODY,
            next: NOBODY,
        };
        let id = self.slots.borrow_mut().insert(slot);
        Call { calls: self, kernel, id, over: false }
    }

    /// The request.
    #[inline]
    pub fn request(&self, id: CallId) -> Q {
        self.slots.borrow()[id].request
    }

    /// Replaces the request, on the server's side.
    pub fn replace_request(&self, id: CallId, request: Q) {
        self.slots.borrow_mut()[id].request = request;
    }

    /// The task that waits for the response; nobody's where the caller has given up or crashed.
    pub fn caller(&self, id: CallId) -> Option<TaskId> {
        let slots = self.slots.borrow();
        (!slots[id].abandoned).then_some(slots[id].task)
    }

    /// Which of all calls this one is: its number may have been another's before, and will be again.
    pub fn serial(&self, id: CallId) -> u32 {
        self.slots.borrow()[id].serial
    }

    /// The server's response, which leaves it at the moment `leaves`. Responding twice is a mistake of the server's.
    pub fn respond(&self, id: CallId, response: A, leaves: Nanos) {
        let slot = &mut self.slots.borrow_mut()[id];
        assert!(slot.response.is_none(), "a call gets one response");
        slot.response = Some(response);
        self.outbox.push((id, leaves));
    }

    /// Whether the call has a response, which may be on its way.
    pub fn has_response(&self, id: CallId) -> bool {
        self.slots.borrow()[id].response.is_some()
    }

    /// The response, which may be on its way.
    #[inline]
    pub fn response(&self, id: CallId) -> Option<A>
    where
        A: Copy,
    {
        self.slots.borrow()[id].response
    }

    /// What `of` makes of the response, which may be on its way, if there is one.
    #[inline]
    pub fn of_response<T>(&self, id: CallId, of: impl FnOnce(&A) -> Option<T>) -> Option<T> {
        self.slots.borrow()[id].response.as_ref().and_then(of)
    }

    /// Whether the call has a response for which `such` holds.
    pub fn has_response_with(&self, id: CallId, such: impl FnOnce(&A) -> bool) -> bool {
        self.slots.borrow()[id].response.as_ref().is_some_and(such)
    }

    /// Replaces a response that has not been delivered.
    pub fn replace_response(&self, id: CallId, response: A) {
        let slot = &mut self.slots.borrow_mut()[id];
        if slot.response.is_some() && !slot.delivered {
            slot.response = Some(response);
        }
    }

    /// Whether a response has to be sent.
    #[inline]
    pub fn has_outgoing(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// The next call whose response has to be sent, and when it leaves.
    #[inline]
    pub fn next_outgoing(&self) -> Option<(CallId, Nanos)> {
        // Order does not matter between responses given at one moment, as long as it is the same in every run.
        self.outbox.pop()
    }

    /// The response has reached the caller.
    pub fn deliver(&self, id: CallId, kernel: &Kernel) {
        let mut slots = self.slots.borrow_mut();
        let slot = &mut slots[id];
        debug_assert!(slot.response.is_some() && !slot.delivered);
        slot.delivered = true;
        if slot.abandoned {
            slots.free(id);
        } else {
            kernel.wake(slot.task);
        }
    }

    /// Calls that were begun and whose responses have not come back yet.
    pub fn under_way(&self) -> usize {
        self.slots.borrow().in_use()
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
        let mut slots = self.calls.slots.borrow_mut();
        let slot = &mut slots[self.id];
        slot.task = self.kernel.current();
        if !slot.delivered {
            return Poll::Pending;
        }
        let response = slot.response.take().expect("what is delivered is a response");
        slots.free(self.id);
        drop(slots);
        self.over = true;
        Poll::Ready(response)
    }
}

impl<Q: Copy, A> Drop for Call<'_, Q, A> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut slots = self.calls.slots.borrow_mut();
        let slot = &mut slots[self.id];
        if slot.delivered {
            slot.response = None;
            slots.free(self.id);
        } else {
            slot.abandoned = true;
        }
    }
}

/// A first-in-first-out queue of calls, kept in the calls' own slots.
#[derive(Clone, Copy, Debug)]
pub struct CallQueue {
    first: CallId,
    last: CallId,
    len: u32,
}

impl Default for CallQueue {
    fn default() -> CallQueue {
        CallQueue { first: NOBODY, last: NOBODY, len: 0 }
    }
}

impl CallQueue {
    /// How many wait.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a call at the end. A call waits in one queue at a time.
    pub fn push<Q, A>(&mut self, calls: &Calls<Q, A>, id: CallId) {
        let mut slots = calls.slots.borrow_mut();
        slots[id].before = self.last;
        slots[id].next = NOBODY;
        match self.len {
            0 => self.first = id,
            _ => slots[self.last].next = id,
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
        self.first = calls.slots.borrow()[id].next;
        self.len -= 1;
        Some(id)
    }

    /// Takes the call at the end.
    pub fn pop_last<Q, A>(&mut self, calls: &Calls<Q, A>) -> Option<CallId> {
        if self.len == 0 {
            return None;
        }
        let id = self.last;
        self.last = calls.slots.borrow()[id].before;
        self.len -= 1;
        Some(id)
    }

    /// Takes out a call that waits in this queue, wherever it does.
    pub fn remove<Q, A>(&mut self, calls: &Calls<Q, A>, id: CallId) {
        let mut slots = calls.slots.borrow_mut();
        let (before, next) = (slots[id].before, slots[id].next);
        match self.first == id {
            true => self.first = next,
            false => slots[before].next = next,
        }
        match self.last == id {
            true => self.last = before,
            false => slots[next].before = before,
        }
        self.len -= 1;
    }
}
