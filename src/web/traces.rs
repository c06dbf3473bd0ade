//! Trace files that the reader opened.
//!
//! The worker reads them, one after the other; the page keeps the bytes of the one that is in use, for the day the worker
//! must be started anew.

use std::collections::VecDeque;
use std::rc::Rc;

use super::protocol::{ToWorker, TraceFacts};

/// The largest file the page takes, in bytes; the command line takes any.
pub const BYTES_MAX: f64 = 268_435_456.0;

/// A file that is a trace, or may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFile {
    /// Its name.
    pub name: String,
    /// All of it.
    pub bytes: Rc<[u8]>,
}

/// What the page has of trace files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// The one in use, and what is in it.
    pub opened: Option<(TraceFile, TraceFacts)>,
    /// Those that the worker has yet to read; the first of them may be on its way.
    unread: VecDeque<TraceFile>,
}

impl Traces {
    /// One more to read.
    pub fn add(&mut self, file: TraceFile) {
        self.unread.push_back(file);
    }

    /// What to say to a worker that is free.
    pub fn next(&self) -> Option<ToWorker> {
        self.unread.front().map(|file| ToWorker::Open { name: file.name.clone(), bytes: file.bytes.clone() })
    }

    /// The worker has read the first. Gives its name, unless it is only the one in use, read again.
    pub fn opened(&mut self, facts: TraceFacts) -> Option<String> {
        let file = self.unread.pop_front()?;
        let again = self.opened.as_ref().is_some_and(|(known, _)| Rc::ptr_eq(&known.bytes, &file.bytes));
        let name = file.name.clone();
        self.opened = Some((file, facts));
        (!again).then_some(name)
    }

    /// The worker could not read the first.
    pub fn unreadable(&mut self) {
        self.unread.pop_front();
    }

    /// There is a new worker, who has read nothing. What the last one may have stumbled over is not tried again.
    pub fn forgotten(&mut self) {
        self.unread = self.opened.iter().map(|(file, _)| file.clone()).collect();
    }

    /// What the controls show.
    pub fn shown(&self) -> TracesShown {
        TracesShown {
            opened: self.opened.as_ref().map(|(file, facts)| (file.name.clone(), facts.clone())),
            reading: self.unread.back().map(|file| file.name.clone()),
        }
    }
}

/// What the controls show of traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracesShown {
    /// The one in use, by name, and what is in it.
    pub opened: Option<(String, TraceFacts)>,
    /// The name of one that is being read.
    pub reading: Option<String>,
}
