//! Timeouts without a timer each.
//!
//! Nearly every call is answered long before its timeout, so an event per timeout would fill the queue with events
//! that mean nothing. All timeouts of one length end in the order in which they began: they stand in a line, and
//! only the first of a line that is still waited for has an event in the queue.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Event, Kernel, TaskId};
use crate::time::Nanos;
use crate::work;

/// The time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// All running timeouts, one line per length.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    length: Nanos,
    waiting: VecDeque<Option<(Nanos, TaskId)>>,
    /// The number of the first in line, counted since the line began.
    first: u64,
    scheduled: bool,
}

impl Deadlines {
    /// Puts `task` at the end of the line for `length`; returns the line, the place, and whether the line needs an event.
    fn join(&mut self, length: Nanos, until: Nanos, task: TaskId) -> (u32, u64, bool) {
        // few: the scenario's timeouts
        let number = self.lines.iter().position(|line| line.length == length).unwrap_or_else(|| {
            self.lines.push(Line { length, waiting: VecDeque::new(), first: 0, scheduled: false });
            self.lines.len() - 1
        });
        let line = &mut self.lines[number];
        line.waiting.push_back(Some((until, task)));
        let needs_event = !std::mem::replace(&mut line.scheduled, true);
        (number as u32, line.first + line.waiting.len() as u64 - 1, needs_event)
    }

    fn leave(&mut self, line: u32, place: u64) {
        let line = &mut self.lines[line as usize];
        if let Some(entry) = place.checked_sub(line.first).and_then(|place| line.waiting.get_mut(place as usize)) {
            *entry = None;
        }
        // Nobody waits at the front any more: with a long timeout, a day's calls would gather there.
        while let Some(None) = line.waiting.front() {
            work::count(1);
            line.waiting.pop_front();
            line.first += 1;
        }
    }
}

impl Kernel {
    /// Looks at a line of deadlines: wakes the tasks whose time is up, and comes back for the next one still waiting.
    pub fn deadline_event(&self, number: u32) {
        let mut deadlines = self.deadlines.borrow_mut();
        let line = &mut deadlines.lines[number as usize];
        line.scheduled = false;
        while let Some(&entry) = line.waiting.front() {
            if let Some((until, task)) = entry {
                if until > self.now() {
                    line.scheduled = true;
                    self.schedule(until, Event::new(Kernel::DEADLINE, number));
                    return;
                }
                self.wake(task);
            }
            work::count(1);
            line.waiting.pop_front();
            line.first += 1;
        }
    }
}

/// A future with a time limit; see [`Kernel::timeout`].
pub struct Timeout<'a, F> {
    kernel: &'a Kernel,
    future: F,
    until: Nanos,
    place: Place,
}

enum Place {
    Unlimited,
    NotYet(Nanos),
    InLine(u32, u64),
}

impl<'a, F> Timeout<'a, F> {
    pub(super) fn new(kernel: &'a Kernel, limit: Option<Nanos>, future: F) -> Timeout<'a, F> {
        let until = limit.map_or(Nanos::MAX, |limit| kernel.now().saturating_add(limit));
        Timeout { kernel, future, until, place: limit.map_or(Place::Unlimited, Place::NotYet) }
    }
}

impl<F: Future + Unpin> Future for Timeout<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(context) {
            return Poll::Ready(Ok(output));
        }
        if self.kernel.now() >= self.until {
            return Poll::Ready(Err(Elapsed));
        }
        if let Place::NotYet(length) = self.place {
            let (kernel, until) = (self.kernel, self.until);
            let (line, place, needs_event) = kernel.deadlines.borrow_mut().join(length, until, kernel.current());
            if needs_event {
                kernel.schedule(until, Event::new(Kernel::DEADLINE, line));
            }
            self.place = Place::InLine(line, place);
        }
        Poll::Pending
    }
}

impl<F> Drop for Timeout<'_, F> {
    fn drop(&mut self) {
        if let Place::InLine(line, place) = self.place {
            self.kernel.deadlines.borrow_mut().leave(line, place);
        }
    }
}
