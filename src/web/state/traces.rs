//! Trace files that the reader opened.
//!
//! The worker reads them, one after the other and piece by piece; the page keeps the bytes of the one that is in use, for
//! the day the worker must be restarted.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::phrase::Phrase;
use crate::scenario::{Keys, Scenario};
use crate::web::platform::protocol::{Progress, ToWorker, TraceFacts};

/// The largest file the page takes, in bytes; the command line takes any.
pub const BYTES_MAX: f64 = 268_435_456.0;

/// A file that is a trace, or may be one.
#[derive(Clone, Debug)]
pub struct TraceFile {
    /// Its name.
    pub name: String,
    /// All of it.
    pub bytes: Rc<[u8]>,
}

/// The same file, opened once: to compare the bytes of two, each time the page is drawn, would take longer than to draw it.
impl PartialEq for TraceFile {
    fn eq(&self, other: &TraceFile) -> bool {
        Rc::ptr_eq(&self.bytes, &other.bytes) && self.name == other.name
    }
}

impl Eq for TraceFile {}

impl TraceFile {
    /// The file that a scenario replays, where it does: `opened`, if that is it; an error where it is not open.
    pub fn of(scenario: &Scenario, opened: Option<&TraceFile>) -> Result<Option<TraceFile>, NotOpen> {
        let Keys::Trace { file, .. } = &scenario.clients.keys else { return Ok(None) };
        opened.filter(|opened| opened.name == *file).cloned().map(Some).ok_or(NotOpen)
    }

    /// Whether `scenario` replays another file than a moment ago: it may have the same name, so that the scenario does not say so.
    pub fn is_other(scenario: &Scenario, opened: Option<&TraceFile>, before: Option<&TraceFile>) -> bool {
        matches!(scenario.clients.keys, Keys::Trace { .. }) && opened != before
    }
}

/// The scenario replays a trace whose file is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpen;

/// What the page has of trace files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// The one in use, and what is in it.
    pub opened: Option<(TraceFile, TraceFacts)>,
    /// Those that the worker has yet to read.
    unread: VecDeque<TraceFile>,
    /// How far the worker is in the first of them, once it has begun.
    progress: Option<Progress>,
    /// Whether the reader no longer wants the first of them.
    cancelled: bool,
    /// Why the last one is no trace, until another one is opened.
    refused: Option<Phrase>,
}

impl Traces {
    /// One more to read.
    pub fn add(&mut self, file: TraceFile) {
        self.refused = None;
        self.unread.push_back(file);
    }

    /// What to say to a worker that is free.
    pub fn next(&self) -> Option<ToWorker> {
        let file = self.unread.front()?;
        Some(match self.progress {
            None => ToWorker::Open { name: file.name.clone(), bytes: file.bytes.clone() },
            Some(_) if self.cancelled => ToWorker::Cancel,
            Some(_) => ToWorker::Continue,
        })
    }

    /// Whether the first to read is the one in use: there is a new worker, who has not read it yet.
    pub fn is_reread(&self) -> bool {
        let known = self.opened.as_ref().map(|(file, _)| file);
        self.unread.front().zip(known).is_some_and(|(first, known)| Rc::ptr_eq(&first.bytes, &known.bytes))
    }

    /// The worker has read so much of the first.
    pub fn reads(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// The worker has read the first. Gives its name, unless it is only the one in use, read again, or no longer wanted.
    pub fn opened(&mut self, facts: TraceFacts) -> Option<String> {
        if self.cancelled {
            self.drop_first();
            return None;
        }
        let again = self.is_reread();
        let file = self.drop_first()?;
        let name = file.name.clone();
        self.opened = Some((file, facts));
        (!again).then_some(name)
    }

    /// The reader does not want the first any longer. Whether the worker must be told: it has begun.
    pub fn cancel(&mut self, has_begun: bool) -> bool {
        if self.unread.is_empty() {
            return false;
        }
        if has_begun || self.progress.is_some() {
            self.cancelled = true;
        } else {
            self.drop_first();
        }
        self.cancelled
    }

    /// Whether the reader waits for the worker to let go of a file.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// The first is not to be read any further: it cannot be, or nobody wants it.
    pub fn drop_first(&mut self) -> Option<TraceFile> {
        if self.is_reread() {
            self.opened = None;
        }
        (self.progress, self.cancelled) = (None, false);
        self.unread.pop_front()
    }

    /// A file is none, or cannot be read.
    pub fn refuse(&mut self, why: Phrase) {
        self.refused = Some(why);
    }

    /// There is a new worker, who has read nothing; the last one was asked to read on and did not answer, if `was_asked`.
    /// What it was reading is not tried again: it may have been too much. Gives its name.
    pub fn forget_reading(&mut self, was_asked: bool) -> Option<String> {
        let had_begun = was_asked || self.progress.is_some();
        let again = self.is_reread();
        let dropped = if had_begun && !again { self.unread.pop_front() } else { None };
        (self.progress, self.cancelled) = (None, false);
        if !again && let Some((file, _)) = &self.opened {
            self.unread.push_front(file.clone());
        }
        dropped.map(|file| file.name)
    }

    /// What the controls show.
    pub fn shown(&self) -> TracesShown {
        let first = self.unread.front().filter(|_| !self.cancelled);
        TracesShown {
            opened: self.opened.as_ref().map(|(file, facts)| (file.name.clone(), facts.clone())),
            refused: self.refused.clone(),
            reading: first.map(|file| (file.name.clone(), self.progress.unwrap_or_default())),
        }
    }
}

/// What the controls show of traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TracesShown {
    /// The one in use, by name, and what is in it.
    pub opened: Option<(String, TraceFacts)>,
    /// Why the last one is none.
    pub refused: Option<Phrase>,
    /// The name of one that is being read, and how far that is.
    pub reading: Option<(String, Progress)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_replays_the_file_of_its_name_that_is_open_and_another_one_of_that_name_is_another() {
        let file = |name: &str| TraceFile { name: name.into(), bytes: b"a".as_slice().into() };
        let mut scenario = Scenario::default();
        let (one, other, again) = (file("a.csv"), file("b.csv"), file("a.csv"));
        assert_eq!(TraceFile::of(&scenario, Some(&one)), Ok(None), "it replays none");
        assert!(!TraceFile::is_other(&scenario, Some(&one), Some(&other)));
        scenario.clients.keys = Keys::of_trace("a.csv".to_owned());
        assert_eq!(TraceFile::of(&scenario, Some(&one)), Ok(Some(one.clone())));
        assert_eq!([None, Some(&other)].map(|opened| TraceFile::of(&scenario, opened)), [Err(NotOpen), Err(NotOpen)]);
        let is_other = |now, before| TraceFile::is_other(&scenario, now, before);
        assert!(is_other(Some(&again), Some(&one)) && is_other(Some(&one), None));
        assert!(!is_other(Some(&one), Some(&one.clone())));
    }
}
