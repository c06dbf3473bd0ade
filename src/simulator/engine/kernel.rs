//! The clock, the queue and the digest behind one shared handle.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::deadlines::Deadlines;
use super::{Digest, Event, Queue, TaskId, Timeout};
use crate::time::Nanos;
use crate::work;

/// What every part of a running world shares: the time, the events to come, who is to go on.
#[derive(Debug, Default)]
pub struct Kernel {
    now: Cell<Nanos>,
    events: Cell<u64>,
    digest: Cell<Digest>,
    queue: RefCell<Queue>,
    current: Cell<TaskId>,
    ready: RefCell<VecDeque<TaskId>>,
    /// How many those are. It is asked several times for each event, and a borrow takes longer.
    ready_count: Cell<usize>,
    pub(super) deadlines: RefCell<Deadlines>,
}

impl Kernel {
    /// The kind of event that wakes a task; the world's own kinds are 2 to 15.
    pub const WAKE: u8 = 0;
    /// The kind of event at which a line of deadlines is looked at.
    pub const DEADLINE: u8 = 1;

    /// The present moment.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.now.get()
    }

    /// How many events have happened.
    pub fn events(&self) -> u64 {
        self.events.get()
    }

    /// The digest of everything so far.
    pub fn digest(&self) -> Digest {
        self.digest.get()
    }

    /// Mixes a number into the digest that the events alone would not show.
    #[inline]
    pub fn mix_digest(&self, word: u64) {
        let mut digest = self.digest.get();
        digest.mix(word);
        self.digest.set(digest);
    }

    /// Lets `event` happen at the moment `at`, which must not be past.
    #[inline]
    pub fn schedule(&self, at: Nanos, event: Event) {
        debug_assert!(at >= self.now(), "an event cannot be scheduled in the past");
        self.queue.borrow_mut().push(at, event);
    }

    /// The moment of the earliest event to come.
    #[inline]
    pub fn peek(&self) -> Option<Nanos> {
        self.queue.borrow_mut().peek()
    }

    /// Takes the earliest event that is before the end of time, and moves the clock to it.
    #[inline]
    pub fn next(&self) -> Option<Event> {
        self.next_before(Nanos::MAX)
    }

    /// The same, if it is before `end`.
    #[inline]
    pub fn next_before(&self, end: Nanos) -> Option<Event> {
        let (at, event) = self.queue.borrow_mut().pop_before(end)?;
        work::count(1);
        self.now.set(at);
        self.events.set(self.events.get() + 1);
        let mut digest = self.digest.get();
        digest.mix(at.0);
        digest.mix(u64::from(event.bits()));
        self.digest.set(digest);
        Some(event)
    }

    /// Moves the clock to `at` without an event, for what happens outside the queue.
    pub fn set_clock(&self, at: Nanos) {
        assert!(at >= self.now(), "the clock never goes back");
        self.now.set(at);
    }

    /// Panics if the queue's inner rules do not hold or something is due in the past; for tests.
    pub fn validate(&self) {
        let mut queue = self.queue.borrow_mut();
        queue.validate();
        assert!(queue.peek().is_none_or(|next| next >= self.now()), "nothing is due in the past");
    }

    /// The task being polled.
    #[inline]
    pub fn current(&self) -> TaskId {
        self.current.get()
    }

    /// Says which task is about to be polled.
    #[inline]
    pub fn set_current(&self, task: TaskId) {
        self.current.set(task);
    }

    /// Lets `task` go on as soon as the present event is done.
    #[inline]
    pub fn wake(&self, task: TaskId) {
        self.ready.borrow_mut().push_back(task);
        self.ready_count.set(self.ready_count.get() + 1);
    }

    /// Takes the next task that is to go on, in the order of their waking.
    #[inline]
    pub fn next_ready(&self) -> Option<TaskId> {
        let left = self.ready_count.get().checked_sub(1)?;
        self.ready_count.set(left);
        self.ready.borrow_mut().pop_front()
    }

    /// Waits until `at`.
    pub fn sleep_until(&self, at: Nanos) -> Sleep<'_> {
        Sleep { kernel: self, at, scheduled: false }
    }

    /// Waits for a length of time.
    pub fn sleep(&self, length: Nanos) -> Sleep<'_> {
        self.sleep_until(self.now().saturating_add(length))
    }

    /// Gives `future` up when it is not done after `limit`; without a limit, waits for as long as it takes.
    pub fn timeout<F: Future>(&self, limit: Option<Nanos>, future: F) -> Timeout<'_, F> {
        Timeout::new(self, limit, future)
    }
}

/// Waits until a moment; see [`Kernel::sleep`].
#[derive(Debug)]
pub struct Sleep<'a> {
    kernel: &'a Kernel,
    at: Nanos,
    scheduled: bool,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.kernel.now() >= self.at {
            return Poll::Ready(());
        }
        if !self.scheduled {
            self.scheduled = true;
            self.kernel.schedule(self.at, Event::new(Kernel::WAKE, self.kernel.current()));
        }
        Poll::Pending
    }
}
