//! Timeouts without a timer each.
//!
//! Nearly every call is answered long before its timeout, so an event per timeout would fill the queue with events
//! that mean nothing. All timeouts of one length end in the order in which they began: they stand in a line, and
//! only the first of a line that is still waited for has an event in the queue.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Event, Kernel, TaskId};
use crate::slots::Slots;
use crate::time::Nanos;
use crate::work;

/// The time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// No place.
const NONE: u32 = u32::MAX;
/// Stands before one that has been woken, and is in no line any more.
const WOKEN: u32 = u32::MAX - 1;

/// All running timeouts, one line per length. A timeout that is over leaves nothing behind.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    lines: Vec<Line>,
    /// The places of all lines.
    places: Slots<Standing>,
}

#[derive(Debug)]
struct Line {
    length: Nanos,
    first: u32,
    last: u32,
    scheduled: bool,
}

/// Who stands in a line, and between whom.
#[derive(Clone, Copy, Debug)]
struct Standing {
    until: Nanos,
    task: TaskId,
    before: u32,
    behind: u32,
}

impl Deadlines {
    /// Puts `task` at the end of the line for `length`; returns the line, the place, and whether the line needs an event.
    fn join(&mut self, length: Nanos, until: Nanos, task: TaskId) -> (u32, u32, bool) {
        // few: the scenario's timeouts
        let number = self.lines.iter().position(|line| line.length == length).unwrap_or_else(|| {
            self.lines.push(Line { length, first: NONE, last: NONE, scheduled: false });
            self.lines.len() - 1
        });
        let line = &mut self.lines[number];
        let standing = Standing { until, task, before: line.last, behind: NONE };
        let place = self.places.insert(standing);
        match line.last {
            NONE => line.first = place,
            last => self.places[last].behind = place,
        }
        line.last = place;
        (number as u32, place, !std::mem::replace(&mut line.scheduled, true))
    }

    fn leave(&mut self, line: u32, place: u32) {
        if self.places[place].before != WOKEN {
            self.unlink(line, place);
        }
        self.places.free(place);
    }

    fn unlink(&mut self, line: u32, place: u32) {
        let line = &mut self.lines[line as usize];
        let Standing { before, behind, .. } = self.places[place];
        match before {
            NONE => line.first = behind,
            before => self.places[before].behind = behind,
        }
        match behind {
            NONE => line.last = before,
            behind => self.places[behind].before = before,
        }
    }

    /// The first in a line, and until when it waits.
    fn first(&self, line: u32) -> Option<(u32, Standing)> {
        let first = self.lines[line as usize].first;
        (first != NONE).then(|| (first, self.places[first]))
    }
}

impl Kernel {
    /// Looks at a line of deadlines: wakes the tasks whose time is up, and comes back for the next one still waiting.
    pub fn deadline_event(&self, number: u32) {
        let mut deadlines = self.deadlines.borrow_mut();
        deadlines.lines[number as usize].scheduled = false;
        while let Some((place, Standing { until, task, .. })) = deadlines.first(number) {
            if until > self.now() {
                deadlines.lines[number as usize].scheduled = true;
                self.schedule(until, Event::new(Kernel::DEADLINE, number));
                return;
            }
            work::count(1);
            self.wake(task);
            deadlines.unlink(number, place);
            deadlines.places[place].before = WOKEN;
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
    InLine(u32, u32),
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
