//! How the page drives its worker: at most one message is under way, each answered by one.
//!
//! While the run plays, every tick asks for the stretch of virtual time that has become due; a slow machine falls behind,
//! and nothing piles up. A worker that owes an answer for [`SLOW_S`] is said to be computing still, and can be stopped; one
//! that stands in the way of another scenario for [`GRACE_S`] is ended and replaced; one that is free and yet says nothing is
//! gone.

use std::rc::Rc;

use super::playback::Playback;
use super::{Effect, Failure, Notice, State, StopReason, WorkerStatus};
use crate::scenario::{FaultKind, Keys, Link, Scenario};
use crate::time::Nanos;
use crate::web::platform::protocol::{Frame, FromWorker, Share, ToWorker};

/// What the worker was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Whether it is up. Nobody is told off who is still being loaded.
    Up,
    /// Whether it is still there.
    Alive,
    Load {
        generation: u32,
    },
    Advance,
    Recall,
    Inject,
    Tell,
    Trace,
}

/// The worker, as the page knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Worker {
    /// There is none.
    None,
    /// It owes nothing, and has not for so many seconds.
    Free { idle_s: f64 },
    /// It owes an answer, for so many seconds.
    Busy { request: Request, silent_s: f64 },
}

/// The experiment that the worker holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LoadedRun {
    pub(super) generation: u32,
    /// Whether the page has taken all its frames; not, if another scenario came before the first.
    pub(super) is_shown: bool,
}

/// The longest the worker works before it answers.
const BUDGET_PLAYING_MS: f64 = 60.0;

/// The same where the page only waits: one frame every tenth of a second.
const BUDGET_HURRY_MS: f64 = 90.0;

/// A worker that owes an answer for so long, seconds, is said to be computing still.
pub const SLOW_S: f64 = 3.0;

/// One that owes an answer for so long, seconds, may be gone.
const LOST_S: f64 = 20.0;

/// So long another scenario waits for a worker's answer, seconds; then a new worker runs it.
const GRACE_S: f64 = 0.4;

/// The same where a new worker would have to read a trace again.
const GRACE_WITH_TRACE_S: f64 = 2.0;

/// So long a worker has nothing to do before it is asked whether it is there, seconds.
const IDLE_S: f64 = 5.0;

/// More clicks than this do not wait for the worker.
const INJECTIONS_MAX: usize = 20;

impl State {
    /// Time goes by while the worker computes, or while it has nothing to do.
    pub(super) fn wait(&mut self, wall_s: f64, effects: &mut Vec<Effect>) {
        let (request, silent_s) = match &mut self.worker {
            Worker::None => return,
            Worker::Free { idle_s } => {
                *idle_s += wall_s;
                return;
            }
            Worker::Busy { request, silent_s } => {
                *silent_s += wall_s;
                (*request, *silent_s)
            }
        };
        let is_new = self.must_load && request != Request::Load { generation: self.generation };
        let wishes = request != Request::Up && (is_new || self.traces.is_cancelled());
        self.overdue_s = if wishes { self.overdue_s + wall_s } else { 0.0 };
        let grace_s = if self.needs_trace() { GRACE_WITH_TRACE_S } else { GRACE_S };
        if self.overdue_s >= grace_s {
            self.end_worker(effects);
        } else if request == Request::Alive && silent_s >= SLOW_S {
            self.fail(Failure::Gone, String::new(), effects);
        }
    }

    /// What the reader is waiting for.
    pub fn worker_status(&self) -> WorkerStatus {
        match self.worker {
            Worker::Busy { request: Request::Up, silent_s } if silent_s >= SLOW_S => WorkerStatus::Loading,
            Worker::Busy { silent_s, .. } if silent_s >= LOST_S => WorkerStatus::Unresponsive,
            Worker::Busy { request, silent_s } if silent_s >= SLOW_S && request != Request::Alive => WorkerStatus::Busy,
            _ => WorkerStatus::Responsive,
        }
    }

    /// Whether what runs replays the trace that is open.
    pub(super) fn needs_trace(&self) -> bool {
        let open = self.traces.opened.as_ref().map(|(file, _)| &file.name);
        matches!(&self.running.clients.keys, Keys::Trace { file, .. } if Some(file) == open)
    }

    /// Whether what runs replays a trace that is not open.
    pub fn lacks_trace(&self) -> bool {
        matches!(self.running.clients.keys, Keys::Trace { .. }) && !self.needs_trace()
    }

    /// Sends the worker what it should do next, if it is free; a new one, if there is none.
    pub(super) fn send_next(&mut self, effects: &mut Vec<Effect>) {
        let is_busy = matches!(self.worker, Worker::Busy { .. });
        if is_busy || self.stop_reason.is_some() || self.unopened.is_some() || self.generation == 0 {
            return;
        }
        if self.worker == Worker::None {
            effects.push(Effect::NewWorker);
            self.send(Request::Up, ToWorker::Hello, effects);
        } else if let Some((request, said)) = self.next_message() {
            self.send(request, said, effects);
        }
    }

    fn send(&mut self, request: Request, said: ToWorker, effects: &mut Vec<Effect>) {
        match request {
            Request::Trace => self.read_last = true,
            Request::Advance => self.read_last = false,
            Request::Load { .. } => self.overdue_s = 0.0,
            Request::Up | Request::Alive | Request::Inject | Request::Recall | Request::Tell => {}
        }
        self.worker = Worker::Busy { request, silent_s: 0.0 };
        effects.push(Effect::Send(Box::new(said)));
    }

    /// What is most urgent: another scenario, with the trace it needs; a click; then run and trace take turns.
    fn next_message(&mut self) -> Option<(Request, ToWorker)> {
        let generation = self.generation;
        let trace = self.traces.next().map(|said| (Request::Trace, said));
        if self.traces.is_cancelled() || (self.traces.is_reread() && self.needs_trace()) {
            return trace;
        }
        let advance = self.next_stretch();
        if self.must_load || (advance.is_some() && !self.worker_has_run()) {
            let scenario = Box::new((*self.running).clone());
            return Some((
                Request::Load { generation },
                ToWorker::Load { generation, scenario, share: Share::default() },
            ));
        }
        if self.worker_has_run()
            && let Some(mut injection) = self.injections.pop_front()
        {
            if let ToWorker::Inject { at_ns, .. } = &mut injection {
                *at_ns = self.run.soonest.0;
            }
            return Some((Request::Inject, injection));
        }
        if let Some(recall) = self.recall().filter(|_| self.worker_has_run()) {
            return Some((Request::Recall, recall));
        }
        if self.worker_has_run()
            && let Some(said) = self.next_of_story()
        {
            return Some((Request::Tell, said));
        }
        match advance {
            Some(said) if trace.is_none() || self.read_last => Some((Request::Advance, said)),
            _ if trace.is_some() => trace,
            _ => self.is_idle().then_some((Request::Alive, ToWorker::Hello)),
        }
    }

    /// Whether nothing that was asked for is under way: what is asked for next is done to what is there.
    pub fn is_settled(&self) -> bool {
        let is_stopped = self.stop_reason.is_some() || self.unopened.is_some();
        let injects = matches!(self.worker, Worker::Busy { request: Request::Inject, .. });
        is_stopped || !(self.must_load || injects || !self.injections.is_empty() || self.is_hurrying())
    }

    fn next_stretch(&self) -> Option<ToWorker> {
        let (to, budget_ms) = match self.playback {
            _ if self.lacks_scene() => (self.run.now, BUDGET_PLAYING_MS),
            _ if self.run.finished => return None,
            Playback::Playing if self.due > self.run.now => (self.due, BUDGET_PLAYING_MS),
            Playback::Seeking { to, .. } if to > self.run.now => (to, BUDGET_HURRY_MS),
            _ => return None,
        };
        Some(ToWorker::Advance { generation: self.generation, to_ns: to.0, budget_ms, watch: self.watch() })
    }

    /// Whether the worker has had nothing to do for so long that it is time to see whether it is there.
    fn is_idle(&self) -> bool {
        matches!(self.worker, Worker::Free { idle_s } if idle_s >= IDLE_S)
    }

    pub(super) fn handle_message(&mut self, said: FromWorker, effects: &mut Vec<Effect>) {
        if let FromWorker::Panicked { message } = said {
            return self.fail(Failure::Crashed, message, effects);
        }
        let Worker::Busy { request, .. } = self.worker else { return };
        self.worker = Worker::Free { idle_s: 0.0 };
        match said {
            FromWorker::Here | FromWorker::Panicked { .. } | FromWorker::Telling { .. } => {}
            FromWorker::Measuring { .. }
            | FromWorker::Measured { .. }
            | FromWorker::Seeking { .. }
            | FromWorker::Sought { .. }
            | FromWorker::Winding { .. }
            | FromWorker::Wound { .. }
            | FromWorker::Curving { .. }
            | FromWorker::Curved { .. } => {} // others are asked for these
            FromWorker::Told { generation, told } => self.hear_story(generation, *told),
            FromWorker::Frame(frame) => self.handle_frame(*frame, request),
            FromWorker::Injected { generation, scenario } => self.handle_injected(generation, scenario.into(), effects),
            FromWorker::Recalled { generation, at_ns, report, cases } => {
                self.handle_recalled(generation, at_ns, report, cases);
            }
            FromWorker::Reading(progress) => self.traces.reads(progress),
            FromWorker::Opened(facts) => {
                if let Some(name) = self.traces.opened(facts) {
                    self.notice = None; // it was asked for, or what was wrong with another file
                    self.replay(name, effects);
                }
            }
            FromWorker::Cancelled => {
                self.traces.drop_first();
            }
            // A bad trace changes nothing: the last good experiment goes on.
            FromWorker::Unreadable { why } => {
                self.traces.drop_first();
                self.refuse_trace(why);
            }
            FromWorker::Refused { generation, why } => {
                self.notice = Some(Notice::Message(why));
                match request {
                    Request::Load { generation: loaded } if loaded == self.generation => self.revert_edit(effects),
                    Request::Advance if generation == self.generation => self.playback = Playback::Paused,
                    Request::Tell => self.story = None,
                    Request::Recall => self.look_at_newest(), // else it would be asked for again and again
                    _ => {}
                }
            }
        }
    }

    fn handle_frame(&mut self, frame: Frame, request: Request) {
        let is_current = frame.generation == self.generation;
        if let Request::Load { generation } = request {
            self.loaded = Some(LoadedRun { generation, is_shown: is_current });
            if is_current {
                (self.must_load, self.resume) = (false, None);
            }
        }
        if is_current && !self.must_load {
            self.show_frame(frame);
        } else if let Some(loaded) = &mut self.loaded
            && loaded.generation == frame.generation
        {
            loaded.is_shown = false; // the next frame goes on from this one, which nobody has
        }
    }

    fn handle_injected(&mut self, generation: u32, scenario: Rc<Scenario>, effects: &mut Vec<Effect>) {
        if generation == self.generation {
            self.history.record(self.snapshot());
            if *self.draft == *self.running {
                self.draft = scenario.clone();
            } else {
                // What is not good yet gets the fault too, so that it is there when it has become good.
                let new = scenario.faults.get(self.running.faults.len()..).unwrap_or_default();
                Rc::make_mut(&mut self.draft).faults.extend_from_slice(new);
            }
            self.running = scenario;
            self.injected += 1;
            // Who has stopped time sees it strike all the same.
            if self.playback == Playback::Paused {
                let struck = self.running.faults.last().and_then(|fault| fault.at.moment()).unwrap_or_default();
                self.playback = Playback::Seeking { to: struck.saturating_add(Nanos(1)), then_play: false };
            }
            effects.push(Effect::SaveLink);
        } else if let Some((_, before)) = &mut self.resume
            && self.loaded.is_some_and(|loaded| loaded.generation == generation)
        {
            *before = scenario; // struck just before an edit; should that be refused, the fault is there
        }
    }

    /// The worker would not have the scenario. An edit is taken back from what runs, not from the controls; what ran goes
    /// on. Where nothing ran, nothing runs.
    fn revert_edit(&mut self, effects: &mut Vec<Effect>) {
        self.must_load = false;
        let Some((playback, before)) = self.resume.take() else {
            self.playback = Playback::Paused;
            return;
        };
        self.running = before;
        match self.loaded {
            Some(LoadedRun { generation, is_shown: true }) => self.generation = generation,
            _ => self.reload(),
        }
        self.playback = playback;
        effects.push(Effect::SaveLink);
    }

    /// Ends a worker that does not answer. What it held is run again when it is needed.
    fn end_worker(&mut self, effects: &mut Vec<Effect>) {
        let was_reading = matches!(self.worker, Worker::Busy { request: Request::Trace, .. });
        let was_cancelled = self.traces.is_cancelled();
        if let Some(name) = self.traces.forget_reading(was_reading).filter(|_| !was_cancelled) {
            self.notice = Some(Notice::TraceStopped(name));
        }
        self.worker = Worker::None;
        self.loaded = None;
        self.overdue_s = 0.0;
        if self.playback == Playback::Playing {
            self.catch_up();
        }
        effects.push(Effect::EndWorker);
    }

    pub(super) fn fail(&mut self, failure: Failure, details: String, effects: &mut Vec<Effect>) {
        self.end_worker(effects);
        self.playback = Playback::Paused;
        self.stop_reason = Some(StopReason::Failed { failure, details });
    }

    /// Of several workers one is left to do it: the same run, with the same digests, in more time.
    pub(super) fn go_on_alone(&mut self, effects: &mut Vec<Effect>) {
        if self.works_alone || self.stop_reason.is_some() {
            return;
        }
        self.works_alone = true;
        let (to, then_play) = match self.playback {
            Playback::Seeking { to, then_play } => (to, then_play),
            _ if self.at_end() => (Nanos::MAX, false),
            playback => (self.seen().max(self.running.warmup), playback == Playback::Playing),
        };
        self.end_worker(effects);
        self.reload();
        self.must_load = true;
        self.playback = Playback::Seeking { to, then_play };
    }

    /// The reader does not want to wait. What was shown stays; only the reading of a trace ends without more ado.
    pub(super) fn stop(&mut self, effects: &mut Vec<Effect>) {
        let is_reading = matches!(self.worker, Worker::Busy { request: Request::Trace, .. });
        self.end_worker(effects);
        if !is_reading {
            self.playback = Playback::Paused;
            self.stop_reason = Some(StopReason::Stopped);
        }
    }

    /// The same experiment again, up to where the reader is.
    pub(super) fn run_again(&mut self) {
        self.stop_reason = None;
        self.reload();
        self.catch_up();
    }

    pub(super) fn inject(
        &mut self,
        what: FaultKind,
        (server, link): (Option<u32>, Option<Link>),
        lasts: Nanos,
        effects: &mut Vec<Effect>,
    ) {
        if self.seen() < self.run.now && !self.must_load {
            return self.fork(what, server, link, lasts, effects);
        }
        if self.at_end() || self.must_load || self.stop_reason.is_some() || self.injections.len() >= INJECTIONS_MAX {
            return;
        }
        self.injections.push_back(ToWorker::Inject {
            generation: self.generation,
            at_ns: 0, // as soon as can be, which is known when it is sent
            what: what.name().to_owned(),
            server,
            link: link.map(|link| link.name().to_owned()),
            lasts,
        });
    }
}

#[cfg(test)]
mod tests;
