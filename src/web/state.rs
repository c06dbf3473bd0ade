//! The state of the page and how it changes.
//!
//! [`State::apply`] takes an [`Action`] and gives the [`Effect`]s that the browser must carry out; it touches nothing
//! else, so that the whole behaviour of the page can be tested without one.
//!
//! The page drives the worker: at most one message is under way, each answered by one (a frame, mostly). While the run
//! plays, every tick asks for the stretch of virtual time that has become due; a slow machine falls behind, and nothing
//! piles up. Going to a moment (finish, seek, a changed scenario) asks for all of it, a piece after the other.
//!
//! The page waits for nobody. A worker that owes an answer for [`SLOW_S`] is said to be computing still, and can be
//! stopped; one that stands in the way of another scenario for [`GRACE_S`] is ended and replaced; one that is free and
//! yet says nothing is gone.

use std::collections::VecDeque;
use std::rc::Rc;

use super::history::{History, Step};
use super::protocol::{Frame, FromWorker, STORIES_TOLD_MAX, Story, ToWorker};
use super::shelf::{self, Problem, TooLong};
use super::traces::{TraceFile, Traces};
use super::view::{BadOption, Lang, SPEED_RANGE, Shade, View, in_full};
use crate::chart::Percentile;
use crate::report::{Report, Series};
use crate::scenario::form::{Form, Input};
use crate::scenario::{Accept, Edit, FieldValue, Keys, Link, Scenario, ScenarioError, What};
use crate::time::Nanos;

/// What can happen to the page: a plain value, so that what happened can be compared, logged and played again.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Action {
    /// A tenth of a second or so has gone by.
    Tick {
        wall_s: f64,
    },
    Heard(FromWorker),
    /// The link in the address bar changed, or was there at the start.
    OpenLink(String),
    OpenPreset(String),
    /// A scenario file was opened.
    OpenToml(String),
    /// A control has changed the scenario; one step for Undo, however many fields it touches.
    Edit(Vec<Edit>),
    /// A slider is being dragged; one step for Undo until it is let go.
    Drag(Vec<Edit>),
    DragEnd,
    /// A text was typed, or a choice made, for the field at `path`.
    Enter {
        path: String,
        text: String,
        accept: Accept,
    },
    Undo,
    Redo,
    OpenTrace(TraceFile),
    /// The reader does not want the trace that is being read.
    CancelTrace,
    /// A file could not be read at all.
    Unread(String),
    /// The worker has ended, or could not be started.
    WorkerFailed {
        failure: Failure,
        details: String,
    },
    /// The reader does not want to wait for the worker any longer.
    Stop,
    /// After [`Action::Stop`] or a failure: the same experiment again.
    RunAgain,
    PlayPause,
    Play,
    Pause,
    Step,
    Restart,
    Finish,
    Seek(Nanos),
    Speed(f64),
    Break {
        what: What,
        server: Option<u32>,
        link: Option<Link>,
        lasts: Nanos,
    },
    ToggleLane(usize),
    Percentile(Percentile),
    Linear(bool),
    Language(Lang),
    Shade(Shade),
    Dismiss,
}

/// What the browser must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send this to the worker.
    Send(Box<ToWorker>),
    /// The experiment or the view changed: the link follows.
    SaveLink,
    /// Keep the reader's language or shade for the next visit.
    Remember(&'static str, &'static str),
    /// Start a worker; if there is one, end it first.
    NewWorker,
    /// End the worker.
    EndWorker,
}

/// Why a worker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its files did not arrive, or the browser does not let them run.
    NotStarted,
    /// A panic, or another error of the program.
    Crashed,
    /// It ended without a word of its own, as a program does that asks for more memory than there is.
    OutOfMemory,
    /// It has nothing to do and yet does not answer: the browser has ended it.
    Gone,
}

/// Why nothing runs, until the reader asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The reader stopped it.
    Stopped,
    /// The worker has ended.
    Failed {
        /// Why.
        failure: Failure,
        /// Its own words, if there are any.
        details: String,
    },
}

/// Something that could not be done, and that changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Said by the worker or by the page; in plain English.
    Said(String),
    /// A trace of this name was not read to its end.
    TraceStopped(String),
}

/// What the reader is waiting for, if it takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Nothing.
    Fine,
    /// The worker's files.
    Loading,
    /// The worker computes, and has not answered for some seconds.
    Computing,
    /// The worker has not answered for so long that it may be gone.
    Lost,
}

/// What the worker was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whether it is up. Nobody is told off who is still being loaded.
    Up,
    /// Whether it is still there.
    Alive,
    Load {
        generation: u32,
    },
    Advance,
    Inject,
    Trace,
}

/// The worker, as the page knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Worker {
    /// There is none.
    None,
    /// It owes nothing, and has not for so many seconds.
    Free { idle_s: f64 },
    /// It owes an answer, for so many seconds.
    Asked { what: Asked, silent_s: f64 },
}

/// The experiment that the worker holds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    generation: u32,
    /// Whether the page has taken all its frames; not, if another scenario came before the first.
    is_shown: bool,
}

/// Whether time goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drive {
    /// Stands still.
    Paused,
    /// Goes on at the chosen speed.
    Playing,
    /// Hurries to a moment, then plays on or stands still.
    Toward {
        /// The moment.
        to: Nanos,
        /// Whether it then plays on.
        then_play: bool,
    },
}

/// What the worker has told of the run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The moment all lanes have reached.
    pub now: Nanos,
    /// Whether it has ended and drained.
    pub finished: bool,
    /// How many requests of a trace were played so far, and how many it has, where it is not all.
    pub unplayed: Option<(u64, u64)>,
    /// The totals; `None` before the first frame.
    pub report: Option<Rc<Report>>,
    /// Per lane, from the start.
    pub series: Rc<Vec<Series>>,
    /// Per lane.
    pub stories: Rc<Vec<Vec<Story>>>,
}

/// A link, preset or file that could not be opened; nothing was put in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Unopened {
    /// The text as it was given.
    pub text: String,
    /// What is wrong with the scenario.
    pub problems: Vec<Problem>,
    /// What is wrong with the view.
    pub options: Vec<BadOption>,
}

/// The state of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What the controls show, good or not.
    pub draft: Rc<Scenario>,
    /// The last good scenario: what runs.
    pub running: Rc<Scenario>,
    /// The preset it began from.
    pub preset: Option<String>,
    /// Why `draft` does not run.
    pub problems: Rc<Vec<Problem>>,
    /// What a control holds that is no value, by field.
    pub mistyped: Vec<(String, Problem)>,
    /// A link that could not be opened.
    pub unopened: Option<Unopened>,
    /// Why nothing runs until the reader asks for it.
    pub halt: Option<Halt>,
    /// What could not be done.
    pub notice: Option<Notice>,
    /// What Undo goes back to.
    pub history: History,
    /// The trace files.
    pub traces: Traces,
    /// The run.
    pub run: Run,
    /// Whether time goes on.
    pub drive: Drive,
    /// Virtual seconds per second.
    pub speed: f64,
    /// How it is looked at.
    pub view: View,
    /// The language.
    pub lang: Lang,
    /// The scenario that `running` is to the worker; 0 before there is one.
    generation: u32,
    /// The highest there was.
    generations: u32,
    /// Whether what `run` shows is not of this generation.
    must_load: bool,
    worker: Worker,
    held: Option<Held>,
    /// An edit is on its way to the worker; if it is refused, this goes on like that.
    resume: Option<(Drive, Rc<Scenario>)>,
    /// How long something that cannot wait has waited for the worker, seconds.
    wish_s: f64,
    /// Clicks that break something, for a worker that is not free.
    strikes: VecDeque<ToWorker>,
    /// Whether the worker's last piece of work was of a trace.
    read_last: bool,
    /// How far playing should be by now.
    due: Nanos,
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
/// More time than this has not gone by between two ticks, seconds: the machine was asleep.
const TICK_MOST_S: f64 = 0.5;
/// More clicks than this do not wait for the worker.
const STRIKES_MAX: usize = 20;
/// A run should play for about so long, seconds.
const RUN_WALL_S: f64 = 20.0;
/// The speeds on offer, virtual seconds per second.
pub const SPEEDS: [f64; 14] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1_000.0, 10_000.0];

impl State {
    /// The page before it has a scenario. `calm` is set where the reader asked for less motion: runs then finish at once.
    pub fn new(lang: Lang, calm: bool) -> State {
        let scenario = Rc::new(Scenario::default());
        State {
            draft: scenario.clone(),
            running: scenario,
            preset: None,
            problems: Rc::default(),
            mistyped: Vec::new(),
            unopened: None,
            halt: None,
            notice: None,
            history: History::default(),
            traces: Traces::default(),
            run: Run::default(),
            drive: if calm { Drive::Toward { to: Nanos::MAX, then_play: false } } else { Drive::Playing },
            speed: 1.0,
            view: View::default(),
            lang,
            generation: 0,
            generations: 0,
            must_load: false,
            worker: Worker::None,
            held: None,
            resume: None,
            wish_s: 0.0,
            strikes: VecDeque::new(),
            read_last: false,
            due: Nanos::ZERO,
        }
    }

    /// Changes the state and says what the browser must do.
    pub fn apply(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Tick { wall_s } => self.tick(wall_s, &mut effects),
            Action::Heard(said) => self.hear(said, &mut effects),
            Action::OpenLink(text) => self.open_link(&text, &mut effects),
            Action::OpenPreset(name) => self.open_preset(&name, &mut effects),
            Action::OpenToml(text) => self.open_toml(text, &mut effects),
            Action::Edit(edits) => self.edit(&edits, Accept::Readable, false, &mut effects),
            Action::Drag(edits) => self.edit(&edits, Accept::Readable, true, &mut effects),
            Action::DragEnd => self.history.end_drag(),
            Action::Enter { path, text, accept } => self.enter(path, &text, accept, &mut effects),
            Action::Undo => self.travel(History::undo, &mut effects),
            Action::Redo => self.travel(History::redo, &mut effects),
            Action::OpenTrace(file) => {
                self.halt = None;
                self.traces.add(file);
            }
            Action::CancelTrace => {
                let has_begun = matches!(self.worker, Worker::Asked { what: Asked::Trace, .. });
                self.traces.cancel(has_begun);
            }
            Action::Unread(why) => self.notice = Some(Notice::Said(why)),
            Action::WorkerFailed { failure, details } => self.fail(failure, details, &mut effects),
            Action::Stop => self.stop(&mut effects),
            Action::RunAgain => self.run_again(),
            Action::Break { what, server, link, lasts } => self.strike(what, server, link, lasts),
            Action::Dismiss => self.notice = None,
            other => self.operate(other, &mut effects),
        }
        self.ask(&mut effects);
        effects
    }

    /// The controls of time and view.
    fn operate(&mut self, action: Action, effects: &mut Vec<Effect>) {
        let runs = matches!(action, Action::Play | Action::PlayPause | Action::Step | Action::Restart);
        if runs || matches!(action, Action::Finish | Action::Seek(_)) {
            self.halt = None;
        }
        match action {
            Action::PlayPause if matches!(self.drive, Drive::Playing | Drive::Toward { .. }) && !self.at_end() => {
                self.drive = Drive::Paused;
            }
            Action::PlayPause | Action::Play => self.play(),
            Action::Pause => self.drive = Drive::Paused,
            Action::Step => self.step(),
            Action::Restart => self.seek(self.running.warmup, true),
            Action::Finish => self.drive = Drive::Toward { to: Nanos::MAX, then_play: false },
            Action::Seek(to) => {
                let plays = self.drive == Drive::Playing;
                self.seek(to, plays);
            }
            Action::Speed(speed) => {
                self.speed = speed.clamp(SPEED_RANGE.0, SPEED_RANGE.1);
                self.view.speed = Some(self.speed);
                self.due = self.run.now;
                effects.push(Effect::SaveLink);
            }
            Action::ToggleLane(lane) => {
                self.view.toggle_lane(lane, self.draft.lanes.len());
                effects.push(Effect::SaveLink);
            }
            Action::Percentile(percentile) => {
                self.view.percentile = (percentile != self.view.usual).then_some(percentile);
                effects.push(Effect::SaveLink);
            }
            Action::Linear(linear) => {
                self.view.linear = linear;
                effects.push(Effect::SaveLink);
            }
            Action::Language(lang) => {
                self.lang = lang;
                self.view.lang = self.view.lang.map(|_| lang);
                effects.extend([Effect::Remember("lang", lang.name()), Effect::SaveLink]);
            }
            Action::Shade(shade) => {
                self.view.shade = shade;
                let name = match shade {
                    Shade::System => "system",
                    Shade::Light => "light",
                    Shade::Dark => "dark",
                };
                effects.extend([Effect::Remember("theme", name), Effect::SaveLink]);
            }
            _ => {}
        }
    }

    /// Whether there is nothing more to run.
    pub fn at_end(&self) -> bool {
        self.run.finished && !self.must_load
    }

    /// Whether time goes on.
    pub fn is_running(&self) -> bool {
        self.drive != Drive::Paused && !self.at_end()
    }

    /// Whether a control holds something else than what runs: no value, a bad one, or one that the worker refused.
    pub fn shows_what_does_not_run(&self) -> bool {
        let differs = !Rc::ptr_eq(&self.draft, &self.running) && self.draft != self.running;
        differs || !self.problems.is_empty() || !self.mistyped.is_empty()
    }

    /// The link of what is on the page now, with its `#`.
    pub fn link(&self) -> Result<String, TooLong> {
        self.link_as(&self.view)
    }

    /// The link of the experiment, looked at as `view` says.
    pub fn link_as(&self, view: &View) -> Result<String, TooLong> {
        shelf::encode(&self.running, self.preset.as_deref(), &view.write())
    }

    fn play(&mut self) {
        if self.at_end() {
            self.seek(self.running.warmup, true);
        } else if !self.holds() {
            self.catch_up();
        } else {
            self.due = self.run.now;
            self.drive = Drive::Playing;
        }
    }

    /// A step is a 240th of the run: one point of the figures.
    fn step(&mut self) {
        let step = Nanos((self.running.duration.0 / 240).max(1));
        let to = self.run.now.saturating_add(step);
        self.drive = Drive::Toward { to, then_play: false };
    }

    fn seek(&mut self, to: Nanos, then_play: bool) {
        if to < self.run.now || self.at_end() {
            self.reload();
        }
        self.drive = Drive::Toward { to, then_play };
    }

    fn reload(&mut self) {
        self.generations += 1;
        self.generation = self.generations;
        self.must_load = true;
        // They were meant for a moment of another run.
        self.strikes.clear();
    }

    /// The worker has not got what the page shows: it is run again up to there, and goes on.
    fn catch_up(&mut self) {
        self.must_load = true;
        self.drive = Drive::Toward { to: self.run.now.max(self.running.warmup), then_play: true };
    }

    /// Whether the worker holds the run that is on the page.
    fn holds(&self) -> bool {
        !self.must_load && self.held.is_some_and(|held| held.generation == self.generation)
    }

    fn tick(&mut self, wall_s: f64, effects: &mut Vec<Effect>) {
        if self.drive == Drive::Playing && self.run.report.is_some() && !self.must_load {
            let due = self.due.saturating_add(Nanos::from_secs_f64(self.speed * wall_s.min(0.25)));
            // Never more than three ticks ahead: what a slow machine cannot do is left out of the playing, not of the run.
            let most = self.run.now.saturating_add(Nanos::from_secs_f64(self.speed * 0.3));
            self.due = due.min(most);
        }
        self.wait(wall_s.min(TICK_MOST_S), effects);
    }

    /// Time goes by while the worker computes, or while it has nothing to do.
    fn wait(&mut self, wall_s: f64, effects: &mut Vec<Effect>) {
        let (what, silent_s) = match &mut self.worker {
            Worker::None => return,
            Worker::Free { idle_s } => {
                *idle_s += wall_s;
                return;
            }
            Worker::Asked { what, silent_s } => {
                *silent_s += wall_s;
                (*what, *silent_s)
            }
        };
        let is_new = self.must_load && what != Asked::Load { generation: self.generation };
        let wishes = what != Asked::Up && (is_new || self.traces.is_cancelled());
        self.wish_s = if wishes { self.wish_s + wall_s } else { 0.0 };
        let grace_s = if self.needs_trace() { GRACE_WITH_TRACE_S } else { GRACE_S };
        if self.wish_s >= grace_s {
            self.end_worker(effects);
        } else if what == Asked::Alive && silent_s >= SLOW_S {
            self.fail(Failure::Gone, String::new(), effects);
        }
    }

    /// What the reader is waiting for.
    pub fn patience(&self) -> Patience {
        match self.worker {
            Worker::Asked { what: Asked::Up, silent_s } if silent_s >= SLOW_S => Patience::Loading,
            Worker::Asked { silent_s, .. } if silent_s >= LOST_S => Patience::Lost,
            Worker::Asked { what, silent_s } if silent_s >= SLOW_S && what != Asked::Alive => Patience::Computing,
            _ => Patience::Fine,
        }
    }

    /// Whether what runs replays the trace that is open.
    fn needs_trace(&self) -> bool {
        let open = self.traces.opened.as_ref().map(|(file, _)| &file.name);
        matches!(&self.running.clients.keys, Keys::Trace { file, .. } if Some(file) == open)
    }

    /// Sends the worker what it should do next, if it is free; a new one, if there is none.
    fn ask(&mut self, effects: &mut Vec<Effect>) {
        let is_busy = matches!(self.worker, Worker::Asked { .. });
        if is_busy || self.halt.is_some() || self.unopened.is_some() || self.generation == 0 {
            return;
        }
        if self.worker == Worker::None {
            effects.push(Effect::NewWorker);
            self.send(Asked::Up, ToWorker::Hello, effects);
        } else if let Some((what, said)) = self.next_message() {
            self.send(what, said, effects);
        }
    }

    fn send(&mut self, what: Asked, said: ToWorker, effects: &mut Vec<Effect>) {
        match what {
            Asked::Trace => self.read_last = true,
            Asked::Advance => self.read_last = false,
            Asked::Load { .. } => self.wish_s = 0.0,
            Asked::Up | Asked::Alive | Asked::Inject => {}
        }
        self.worker = Worker::Asked { what, silent_s: 0.0 };
        effects.push(Effect::Send(Box::new(said)));
    }

    /// What is most urgent: another scenario, with the trace it needs; a click; then run and trace take turns.
    fn next_message(&mut self) -> Option<(Asked, ToWorker)> {
        let generation = self.generation;
        let trace = self.traces.next().map(|said| (Asked::Trace, said));
        if self.traces.is_cancelled() || (self.traces.is_again() && self.needs_trace()) {
            return trace;
        }
        let advance = self.next_stretch();
        if self.must_load || (advance.is_some() && !self.holds()) {
            let scenario = Box::new((*self.running).clone());
            return Some((Asked::Load { generation }, ToWorker::Load { generation, scenario }));
        }
        if self.holds()
            && let Some(strike) = self.strikes.pop_front()
        {
            return Some((Asked::Inject, strike));
        }
        match advance {
            Some(said) if trace.is_none() || self.read_last => Some((Asked::Advance, said)),
            _ if trace.is_some() => trace,
            _ => self.is_idle().then_some((Asked::Alive, ToWorker::Hello)),
        }
    }

    fn next_stretch(&self) -> Option<ToWorker> {
        let (to, budget_ms) = match self.drive {
            _ if self.run.finished => return None,
            Drive::Playing if self.due > self.run.now => (self.due, BUDGET_PLAYING_MS),
            Drive::Toward { to, .. } if to > self.run.now => (to, BUDGET_HURRY_MS),
            _ => return None,
        };
        Some(ToWorker::Advance { generation: self.generation, to_ns: to.0, budget_ms })
    }

    /// Whether the worker has had nothing to do for so long that it is time to see whether it is there.
    fn is_idle(&self) -> bool {
        matches!(self.worker, Worker::Free { idle_s } if idle_s >= IDLE_S)
    }

    fn hear(&mut self, said: FromWorker, effects: &mut Vec<Effect>) {
        if let FromWorker::Panicked { message } = said {
            return self.fail(Failure::Crashed, message, effects);
        }
        let Worker::Asked { what, .. } = self.worker else { return };
        self.worker = Worker::Free { idle_s: 0.0 };
        match said {
            FromWorker::Here | FromWorker::Panicked { .. } => {}
            FromWorker::Frame(frame) => self.hear_frame(*frame, what),
            FromWorker::Injected { generation, scenario } => self.hear_injected(generation, scenario.into(), effects),
            FromWorker::Reading(progress) => self.traces.reads(progress),
            FromWorker::Opened(facts) => {
                if let Some(name) = self.traces.opened(facts) {
                    self.replay(name, effects);
                }
            }
            FromWorker::Cancelled => {
                self.traces.drop_first();
            }
            // A bad trace changes nothing: the last good experiment goes on.
            FromWorker::Unreadable { why } => {
                self.traces.drop_first();
                self.notice = Some(Notice::Said(why));
            }
            FromWorker::Refused { generation, why } => {
                self.notice = Some(Notice::Said(why));
                match what {
                    Asked::Load { generation: loaded } if loaded == self.generation => self.go_back(effects),
                    Asked::Advance if generation == self.generation => self.drive = Drive::Paused,
                    _ => {}
                }
            }
        }
    }

    fn hear_frame(&mut self, frame: Frame, what: Asked) {
        let is_current = frame.generation == self.generation;
        if let Asked::Load { generation } = what {
            self.held = Some(Held { generation, is_shown: is_current });
            if is_current {
                (self.must_load, self.resume) = (false, None);
            }
        }
        if is_current && !self.must_load {
            self.take_frame(frame);
        }
    }

    fn hear_injected(&mut self, generation: u32, scenario: Rc<Scenario>, effects: &mut Vec<Effect>) {
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
            effects.push(Effect::SaveLink);
        } else if let Some((_, before)) = &mut self.resume
            && self.held.is_some_and(|held| held.generation == generation)
        {
            *before = scenario; // struck just before an edit; should that be refused, the fault is there
        }
    }

    /// The worker would not have the scenario. An edit is taken back from what runs, not from the controls; what ran goes
    /// on. Where nothing ran, nothing runs.
    fn go_back(&mut self, effects: &mut Vec<Effect>) {
        self.must_load = false;
        let Some((drive, before)) = self.resume.take() else {
            self.drive = Drive::Paused;
            return;
        };
        self.running = before;
        match self.held {
            Some(Held { generation, is_shown: true }) => self.generation = generation,
            _ => self.reload(),
        }
        self.drive = drive;
        effects.push(Effect::SaveLink);
    }

    /// Ends a worker that does not answer. What it held is run again when it is needed.
    fn end_worker(&mut self, effects: &mut Vec<Effect>) {
        let was_reading = matches!(self.worker, Worker::Asked { what: Asked::Trace, .. });
        let was_cancelled = self.traces.is_cancelled();
        if let Some(name) = self.traces.forgotten(was_reading).filter(|_| !was_cancelled) {
            self.notice = Some(Notice::TraceStopped(name));
        }
        self.worker = Worker::None;
        self.held = None;
        self.wish_s = 0.0;
        if self.drive == Drive::Playing {
            self.catch_up();
        }
        effects.push(Effect::EndWorker);
    }

    fn fail(&mut self, failure: Failure, details: String, effects: &mut Vec<Effect>) {
        self.end_worker(effects);
        self.drive = Drive::Paused;
        self.halt = Some(Halt::Failed { failure, details });
    }

    /// The reader does not want to wait. What was shown stays; only the reading of a trace ends without more ado.
    fn stop(&mut self, effects: &mut Vec<Effect>) {
        let is_reading = matches!(self.worker, Worker::Asked { what: Asked::Trace, .. });
        self.end_worker(effects);
        if !is_reading {
            self.drive = Drive::Paused;
            self.halt = Some(Halt::Stopped);
        }
    }

    /// The same experiment again, up to where the reader is.
    fn run_again(&mut self) {
        self.halt = None;
        self.reload();
        self.catch_up();
    }

    fn take_frame(&mut self, frame: Frame) {
        let run = &mut self.run;
        let fresh = frame.series.iter().all(|tail| tail.first == 0);
        run.now = Nanos(frame.now_ns);
        run.finished = frame.finished;
        run.unplayed = frame.unplayed;
        let series = Rc::make_mut(&mut run.series);
        let stories = Rc::make_mut(&mut run.stories);
        if fresh || series.len() != frame.series.len() {
            *series = frame.series;
        } else {
            for (whole, tail) in series.iter_mut().zip(frame.series) {
                whole.points.truncate(tail.first);
                whole.points.extend(tail.points);
            }
        }
        if run.now == Nanos::ZERO || stories.len() != frame.stories.len() {
            *stories = vec![Vec::new(); frame.stories.len()];
        }
        for (told, tail) in stories.iter_mut().zip(frame.stories) {
            told.truncate(tail.first);
            told.extend(tail.told);
            told.truncate(STORIES_TOLD_MAX);
        }
        run.report = Some(Rc::new(frame.report));
        if let Drive::Toward { to, then_play } = self.drive {
            if run.finished || run.now >= to {
                self.drive = if then_play { Drive::Playing } else { Drive::Paused };
                self.due = run.now;
            }
        } else if self.drive == Drive::Playing {
            self.due = self.due.max(run.now);
            if run.finished {
                self.drive = Drive::Paused;
            }
        }
    }

    fn open_link(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let decoded = shelf::decode(&in_full(text));
        let (view, options) = decoded.as_ref().map(|link| View::of(&link.view)).unwrap_or_default();
        match decoded {
            Ok(link) if options.is_empty() => {
                let before = self.snapshot();
                self.lang = view.lang.unwrap_or(self.lang);
                let shade = if view.shade == Shade::System { self.view.shade } else { view.shade };
                self.view = View { shade, ..view };
                if self.unopened.is_some() {
                    effects.push(Effect::SaveLink); // the mended one, not the bad one in the address bar
                }
                self.begin(link.scenario, Some(link.preset.to_owned()), before);
            }
            decoded => {
                let problems = decoded.err().unwrap_or_default();
                self.unopened = Some(Unopened { text: text.to_owned(), problems, options });
                self.drive = Drive::Paused;
            }
        }
    }

    fn open_preset(&mut self, name: &str, effects: &mut Vec<Effect>) {
        match shelf::preset(name) {
            Some(scenario) => {
                let before = self.snapshot();
                (self.view.lanes, self.view.speed, self.view.percentile) = (None, None, None);
                self.begin(scenario, Some(name.to_owned()), before);
                self.drive = Drive::Toward { to: self.running.warmup, then_play: true };
                effects.push(Effect::SaveLink);
            }
            None => self.notice = Some(Notice::Said(format!("there is no preset called {name:?}"))),
        }
    }

    fn open_toml(&mut self, text: String, effects: &mut Vec<Effect>) {
        match Scenario::from_toml(&text) {
            Ok(scenario) => {
                let before = self.snapshot();
                self.view.lanes = None;
                self.begin(scenario, None, before);
                effects.push(Effect::SaveLink);
            }
            Err(error) => self.notice = Some(Notice::Said(shelf::sentences(&error))),
        }
    }

    /// Starts on a scenario from outside, at its beginning.
    fn begin(&mut self, scenario: Scenario, preset: Option<String>, before: Step) {
        if self.generation > 0 {
            self.history.record(before);
        }
        let scenario = Rc::new(scenario);
        self.draft = scenario.clone();
        self.running = scenario;
        self.view.usual = shelf::usual_percentile(preset.as_deref());
        self.preset = preset;
        self.problems = Rc::default();
        self.mistyped.clear();
        self.unopened = None;
        (self.notice, self.halt, self.resume) = (None, None, None);
        self.run = Run::default();
        self.speed = self.view.speed.unwrap_or_else(|| fitting_speed(&self.running));
        self.due = Nanos::ZERO;
        if !matches!(self.drive, Drive::Toward { then_play: false, .. }) {
            // The warm-up counts for nothing, so nobody need watch it.
            self.drive = Drive::Toward { to: self.running.warmup, then_play: true };
        }
        self.reload();
    }

    /// Changes what the controls show now, whatever they showed when the reader made the edit.
    fn edit(&mut self, edits: &[Edit], accept: Accept, is_drag: bool, effects: &mut Vec<Effect>) {
        let path = edits.iter().find_map(Edit::path).unwrap_or_default();
        let changed = match self.draft.apply(edits, accept) {
            Ok(changed) => changed,
            Err(error) => return self.mistype(path, Some(worst(error, path))),
        };
        edits.iter().filter_map(Edit::path).for_each(|path| self.mistype(path, None));
        if changed != *self.draft {
            let before = self.snapshot();
            if is_drag {
                self.history.record_drag(path, before);
            } else {
                self.history.record(before);
            }
            self.draw_up(Rc::new(changed), effects);
        }
    }

    /// Takes what was typed for the field at `path`, or notes why it cannot be.
    fn enter(&mut self, path: String, text: &str, accept: Accept, effects: &mut Vec<Effect>) {
        let takes = Form::of(&self.draft).fields(&path).into_iter().next().map(|field| field.takes);
        let text = match takes {
            Some(Input::Text) => Ok(FieldValue::text(text)),
            Some(Input::Choice(_) | Input::Flag) => shelf::written(&path, text.trim()),
            _ => shelf::typed(&path, text).and_then(|plain| shelf::written(&path, &plain)),
        };
        match text {
            Ok(value) => self.edit(&[Edit::Set { path, value }], accept, false, effects),
            Err(problem) => self.mistype(&path, Some(problem)),
        }
    }

    /// Goes a step back or forth. What was mistyped goes: the controls show that step, and nothing else.
    fn travel(&mut self, way: fn(&mut History, Step) -> Option<Step>, effects: &mut Vec<Effect>) {
        if self.unopened.is_some() || self.view.embed.is_some() {
            return; // there are no controls
        }
        let now = self.snapshot();
        let Some(Step { scenario, preset, lanes, speed, percentile }) = way(&mut self.history, now) else { return };
        self.mistyped.clear();
        if preset != self.preset {
            self.view.usual = shelf::usual_percentile(preset.as_deref());
            (self.view.speed, self.view.percentile) = (speed, percentile);
            self.speed = speed.unwrap_or_else(|| fitting_speed(&scenario));
            self.preset = preset;
        }
        let has_other_lanes = scenario.lanes.len() != self.draft.lanes.len();
        self.draw_up(scenario, effects);
        if has_other_lanes {
            self.view.lanes = lanes;
        }
        effects.push(Effect::SaveLink);
    }

    /// The experiment as it stands, to come back to.
    fn snapshot(&self) -> Step {
        Step {
            scenario: self.draft.clone(),
            preset: self.preset.clone(),
            lanes: self.view.lanes.clone(),
            speed: self.view.speed,
            percentile: self.view.percentile,
        }
    }

    /// Shows another scenario in the controls, and runs it if it is good.
    fn draw_up(&mut self, draft: Rc<Scenario>, effects: &mut Vec<Effect>) {
        if draft.lanes.len() != self.draft.lanes.len() {
            self.view.lanes = None;
        }
        self.draft = draft;
        if !self.mistyped.is_empty() {
            // A field that is gone takes what was wrong with it along.
            let form = Form::of(&self.draft);
            self.mistyped.retain(|(field, _)| form.has(field));
        }
        match shelf::check(&self.draft) {
            Ok(()) => {
                self.problems = Rc::default();
                if *self.draft != *self.running {
                    self.run_draft();
                    effects.push(Effect::SaveLink);
                }
            }
            Err(problems) => self.problems = Rc::new(problems),
        }
    }

    /// Runs the changed scenario from its start, up to where the reader is, and goes on from there.
    fn run_draft(&mut self) {
        let (to, then_play) = match self.drive {
            Drive::Toward { to, then_play } => (to, then_play),
            _ if self.at_end() => (Nanos::MAX, false),
            drive => (self.run.now, drive == Drive::Playing),
        };
        let span = |scenario: &Scenario| (scenario.duration, scenario.warmup);
        if span(&self.running) != span(&self.draft) && self.view.speed.is_none() {
            self.speed = fitting_speed(&self.draft);
        }
        if self.resume.is_none() && !self.must_load {
            self.resume = Some((self.drive, self.running.clone()));
        }
        self.running = self.draft.clone();
        self.halt = None;
        self.reload();
        self.drive = Drive::Toward { to, then_play };
    }

    /// What the field at `path` holds is no value of it, or is one again.
    fn mistype(&mut self, path: &str, problem: Option<Problem>) {
        self.mistyped.retain(|(name, _)| name != path);
        self.mistyped.extend(problem.map(|problem| (path.to_owned(), problem)));
    }

    /// From here on the keys are those of the trace called `name`.
    fn replay(&mut self, name: String, effects: &mut Vec<Effect>) {
        let edit = match self.draft.clients.keys {
            Keys::Trace { .. } => Edit::set("clients.keys.file", FieldValue::text(&name)),
            _ => Edit::set("clients.keys", FieldValue::of(&Keys::of_trace(name))),
        };
        let before = self.generation;
        self.edit(&[edit], Accept::Readable, false, effects);
        if self.generation == before && self.problems.is_empty() {
            self.run_draft(); // the same name, another file
        }
    }

    fn strike(&mut self, what: What, server: Option<u32>, link: Option<Link>, lasts: Nanos) {
        if self.at_end() || self.must_load || self.halt.is_some() || self.strikes.len() >= STRIKES_MAX {
            return;
        }
        self.strikes.push_back(ToWorker::Inject {
            generation: self.generation,
            what: what.name().to_owned(),
            server,
            link: link.map(|link| link.name().to_owned()),
            lasts,
        });
    }
}

/// Of what is wrong, what is wrong with the field at `path` itself; else whatever is first.
fn worst(error: ScenarioError, path: &str) -> Problem {
    let mut problems = error.problems;
    let own = problems.iter().position(|problem| problem.field.starts_with(path)).unwrap_or(0);
    problems.swap_remove(own)
}

/// The offered speed at which what is measured of a run plays for about [`RUN_WALL_S`].
fn fitting_speed(scenario: &Scenario) -> f64 {
    let wanted = scenario.duration.saturating_sub(scenario.warmup).as_secs_f64() / RUN_WALL_S;
    let above = SPEEDS.into_iter().find(|speed| *speed >= wanted * 0.99);
    above.unwrap_or(wanted.min(SPEED_RANGE.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::List;
    use crate::web::protocol::{Progress, TraceFacts};

    fn frame(generation: u32, seconds: u64, finished: bool) -> Action {
        let report = Report { engine: "1".into(), scenario: String::new(), seed: 1, deadline_s: 1.0, lanes: vec![] };
        let now_ns = Nanos::from_secs(seconds).0;
        let frame = Frame { generation, now_ns, finished, unplayed: None, report, series: vec![], stories: vec![] };
        Action::Heard(FromWorker::Frame(Box::new(frame)))
    }

    fn sent(effects: &[Effect]) -> Option<&ToWorker> {
        effects.iter().find_map(|effect| if let Effect::Send(said) = effect { Some(&**said) } else { None })
    }

    fn hears(state: &mut State, said: FromWorker) -> Vec<Effect> {
        state.apply(Action::Heard(said))
    }

    /// A new worker is up; gives what it is sent first.
    fn comes_up(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
        let new = effects.iter().position(|effect| *effect == Effect::NewWorker).expect("a new worker");
        assert_eq!(sent(&effects[new..]), Some(&ToWorker::Hello), "{effects:?}");
        hears(state, FromWorker::Here)
    }

    fn playing() -> State {
        let mut state = State::new(Lang::En, false);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"".into()));
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 1, .. })));
        state
    }

    /// So many seconds go by; gives what happened.
    fn waits(state: &mut State, seconds: f64) -> Vec<Effect> {
        let ticks = (seconds * 10.0) as u32;
        (0..ticks).flat_map(|_| state.apply(Action::Tick { wall_s: 0.1 })).collect()
    }

    fn set(path: &str, text: &str) -> Action {
        Action::Edit(vec![Edit::set(path, FieldValue::parse(text).unwrap())])
    }

    fn enter(path: &str, text: &str, accept: Accept) -> Action {
        Action::Enter { path: path.into(), text: text.into(), accept }
    }

    #[test]
    fn one_message_at_a_time_is_under_way() {
        let mut state = playing();
        assert_eq!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), None);
        assert_eq!(sent(&state.apply(frame(1, 0, false))), None);
        assert!(matches!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), Some(ToWorker::Advance { .. })));
        assert_eq!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), None);
    }

    #[test]
    fn a_preset_about_the_slowest_answers_shows_them_unless_somebody_chose_otherwise() {
        let mut state = State::new(Lang::En, false);
        state.apply(Action::OpenLink("#v2&preset=keys-star".into()));
        assert_eq!(state.view.percentile(), Percentile::P99);
        assert!(!state.link().unwrap().contains("percentile"), "{:?}", state.link());
        state.apply(Action::Percentile(Percentile::P50));
        let link = state.link().unwrap();
        assert!(link.contains("view.percentile=p50"), "{link}");
        let mut other = State::new(Lang::En, false);
        other.apply(Action::OpenLink(link));
        assert_eq!(other.view.percentile(), Percentile::P50);
        other.apply(Action::OpenPreset("default".into()));
        assert_eq!(other.view.percentile(), Percentile::P50);
        assert!(!other.link().unwrap().contains("percentile"));
    }

    #[test]
    fn nobody_has_to_watch_the_warm_up() {
        let mut state = State::new(Lang::En, false);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"\nwarmup = \"20s\"".into()));
        assert_eq!(state.speed, 2.0, "40 s in 20");
        comes_up(&mut state, &effects);
        let effects = state.apply(frame(1, 0, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { to_ns: 20_000_000_000, .. })), "{effects:?}");
        state.apply(frame(1, 20, false));
        assert_eq!(state.drive, Drive::Playing);
        state.apply(Action::Restart);
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
    }

    fn opened(state: &mut State, name: &str) -> Vec<Effect> {
        state.apply(Action::OpenTrace(TraceFile { name: name.into(), bytes: name.as_bytes().into() }))
    }

    #[test]
    fn a_bad_trace_is_told_and_changes_nothing() {
        let mut state = playing();
        let before = state.running.clone();
        state.apply(frame(1, 1, false));
        assert!(matches!(sent(&opened(&mut state, "keys.txt")), Some(ToWorker::Open { .. })));
        state.apply(Action::Heard(FromWorker::Unreadable { why: "keys.txt: line 2".into() }));
        assert_eq!((state.notice, &state.running), (Some(Notice::Said("keys.txt: line 2".into())), &before));
        assert_eq!(state.traces, Traces::default());
    }

    #[test]
    fn a_trace_that_was_read_is_replayed_and_a_second_of_the_same_name_too() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        for generation in [2, 3] {
            opened(&mut state, "keys.txt");
            let effects = state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
            assert_eq!(state.running.clients.keys, Keys::of_trace("keys.txt".into()));
            let loads = matches!(sent(&effects), Some(ToWorker::Load { generation: now, .. }) if *now == generation);
            assert!(loads, "{effects:?}");
            state.apply(frame(generation, 1, false));
        }
    }

    #[test]
    fn two_traces_are_read_one_after_the_other_and_the_second_is_replayed() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        opened(&mut state, "a");
        assert_eq!(sent(&opened(&mut state, "b")), None);
        let effects = state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
        let effects = state.apply(frame(2, 1, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Open { name, .. }) if name == "b"), "{effects:?}");
        state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        assert_eq!(state.running.clients.keys, Keys::of_trace("b".into()));
    }

    #[test]
    fn a_new_worker_reads_the_trace_in_use_again_before_it_runs() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        opened(&mut state, "a");
        state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        hears(&mut state, FromWorker::Panicked { message: "oh".into() });
        let effects = state.apply(Action::RunAgain);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Open { name, .. }) if name == "a"));
        let generation = state.generation;
        let effects = state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })));
        assert_eq!(state.generation, generation);
    }

    #[test]
    fn a_change_runs_from_the_start_and_goes_on_where_the_reader_was() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("seed", "9"));
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
        assert_eq!(state.running.seed, 9);
    }

    #[test]
    fn a_bad_value_leaves_the_last_good_run_alone() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("clients.write_ratio", "7"));
        assert_eq!(state.problems.len(), 1);
        assert_eq!(state.running.clients.write_ratio, 0.1);
        assert_eq!(state.generation, 1);
    }

    #[test]
    fn a_bad_link_keeps_its_text_and_replaces_nothing() {
        let mut state = State::new(Lang::En, false);
        let effects = state.apply(Action::OpenLink("#v2&cache.capacity=lots".into()));
        assert_eq!(effects, []);
        assert_eq!(state.unopened.as_ref().map(|u| u.text.as_str()), Some("#v2&cache.capacity=lots"));
    }

    #[test]
    fn an_experiment_too_large_for_a_link_says_how_large_and_is_no_empty_link() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        let fault = |n: u64| crate::scenario::Fault::new(What::CacheCrash, Nanos::from_millis(1_000 + n));
        let add = |n: u64| Edit::set(format!("fault.{n}"), FieldValue::of(&fault(n)));
        state.apply(Action::Edit((0..1_000).map(add).collect()));
        let TooLong { bytes } = state.link().unwrap_err();
        assert!((20_000..80_000).contains(&bytes), "{bytes}");
        assert_eq!(state.running.faults.len(), 1_000, "it runs all the same");
        let text = state.running.to_toml();
        state.apply(Action::OpenPreset("default".into()));
        assert!(state.link().is_ok());
        state.apply(Action::OpenToml(text));
        assert_eq!((state.running.faults.len(), state.link().is_err()), (1_000, true), "the file keeps it");
    }

    #[test]
    fn what_an_old_scenario_says_is_thrown_away() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("seed", "9"));
        state.apply(frame(1, 30, false));
        assert_eq!(state.run.now, Nanos::from_secs(20));
    }

    #[test]
    fn play_at_the_end_begins_again() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        assert!(!state.is_running());
        state.apply(Action::PlayPause);
        assert_eq!(state.generation, 2);
        assert_eq!(state.drive, Drive::Toward { to: Nanos::ZERO, then_play: true });
    }

    #[test]
    fn after_a_panic_nothing_is_sent_until_the_reader_asks_for_it() {
        let mut state = playing();
        hears(&mut state, FromWorker::Panicked { message: "oh".into() });
        let failed = Halt::Failed { failure: Failure::Crashed, details: "oh".into() };
        assert_eq!(state.halt.as_ref(), Some(&failed));
        assert_eq!(waits(&mut state, 60.0), []);
        assert!(!state.is_running());
        let effects = state.apply(Action::RunAgain);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })));
    }

    #[test]
    fn after_a_panic_another_scenario_runs_without_more_ado() {
        let others: [fn() -> Action; 3] =
            [|| Action::OpenPreset("default".into()), || set("seed", "9"), || Action::Restart];
        for other in others {
            let mut state = playing();
            state.apply(frame(1, 20, false));
            hears(&mut state, FromWorker::Panicked { message: "oh".into() });
            let effects = state.apply(other());
            let effects = comes_up(&mut state, &effects);
            assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
            assert_eq!(state.halt, None);
        }
    }

    #[test]
    fn a_worker_that_cannot_be_started_is_not_started_again_and_again() {
        let mut state = State::new(Lang::En, false);
        state.apply(Action::OpenLink("#v2".into()));
        let failed = Action::WorkerFailed { failure: Failure::NotStarted, details: String::new() };
        assert_eq!(state.apply(failed), [Effect::EndWorker]);
        assert_eq!(waits(&mut state, 60.0), []);
    }

    #[test]
    fn calm_readers_see_the_outcome_at_once() {
        let mut state = State::new(Lang::En, true);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"".into()));
        comes_up(&mut state, &effects);
        let effects = state.apply(frame(1, 0, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { to_ns: u64::MAX, .. })));
    }

    #[test]
    fn a_silent_worker_is_said_to_compute_and_can_be_stopped() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Finish);
        waits(&mut state, 2.8);
        assert_eq!(state.patience(), Patience::Fine);
        assert_eq!(waits(&mut state, 0.4), [], "it is waited for");
        assert_eq!(state.patience(), Patience::Computing);
        waits(&mut state, 20.0);
        assert_eq!(state.patience(), Patience::Lost);
        assert_eq!(state.apply(Action::Stop), [Effect::EndWorker]);
        assert_eq!((state.patience(), state.halt.clone()), (Patience::Fine, Some(Halt::Stopped)));
        assert_eq!((state.run.now, state.is_running()), (Nanos::from_secs(20), false), "what was seen stays");
        // And goes on from there when it is asked for.
        let effects = state.apply(Action::PlayPause);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })));
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
    }

    #[test]
    fn an_answer_ends_the_waiting() {
        let mut state = playing();
        state.apply(frame(1, 0, false));
        state.apply(Action::Finish);
        waits(&mut state, 4.0);
        state.apply(frame(1, 5, false));
        assert_eq!(state.patience(), Patience::Fine);
    }

    #[test]
    fn another_scenario_waits_a_moment_for_a_silent_worker_and_no_longer() {
        let others: [fn() -> Action; 4] = [
            || Action::OpenPreset("default".into()),
            || set("seed", "9"),
            || Action::OpenLink("#v2&seed=4".into()),
            || Action::Restart,
        ];
        for other in others {
            let mut state = playing();
            state.apply(frame(1, 20, false));
            state.apply(Action::Finish);
            assert_eq!(waits(&mut state, 10.0), [], "nobody wants anything else");
            assert_eq!(sent(&state.apply(other())), None);
            assert_eq!(waits(&mut state, 0.3), []);
            let effects = waits(&mut state, 0.2);
            assert_eq!(effects[0], Effect::EndWorker);
            let effects = comes_up(&mut state, &effects);
            assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
        }
    }

    #[test]
    fn a_worker_that_answers_in_time_is_kept() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Finish);
        state.apply(set("seed", "9"));
        waits(&mut state, 0.3);
        let effects = state.apply(frame(1, 30, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })));
        assert_eq!(waits(&mut state, 2.0), [], "its load is waited for: nobody wants anything else");
    }

    #[test]
    fn a_worker_that_is_still_being_loaded_is_not_ended_for_it() {
        let mut state = State::new(Lang::En, false);
        state.apply(Action::OpenLink("#v2".into()));
        state.apply(set("seed", "9"));
        assert_eq!(waits(&mut state, 60.0), []);
        assert_eq!(state.patience(), Patience::Loading);
    }

    #[test]
    fn a_sleeping_machine_is_no_silent_worker() {
        let mut state = playing();
        state.apply(frame(1, 0, false));
        state.apply(Action::Finish);
        state.apply(Action::Tick { wall_s: 3_600.0 });
        assert_eq!(state.patience(), Patience::Fine);
    }

    #[test]
    fn an_idle_worker_is_asked_whether_it_is_there_and_missed_when_it_is_not() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        let asked = |effects: &[Effect]| sent(effects) == Some(&ToWorker::Hello);
        assert!(!asked(&waits(&mut state, 4.9)));
        assert!(asked(&waits(&mut state, 0.3)));
        assert_eq!(hears(&mut state, FromWorker::Here), []);
        assert!(asked(&waits(&mut state, 5.3)));
        assert_eq!(waits(&mut state, 3.2), [Effect::EndWorker]);
        assert!(matches!(state.halt, Some(Halt::Failed { failure: Failure::Gone, .. })));
        assert!(state.run.finished, "what was shown stays");
    }

    #[test]
    fn a_click_that_breaks_something_waits_until_the_worker_is_free() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Finish);
        let click = || Action::Break { what: What::CacheCrash, server: None, link: None, lasts: Nanos::from_secs(1) };
        assert_eq!(state.apply(click()), [], "one message at a time");
        let effects = state.apply(frame(1, 21, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Inject { generation: 1, .. })));
        assert_eq!(state.apply(click()), []);
        let effects = hears(&mut state, FromWorker::Injected { generation: 1, scenario: Box::default() });
        assert!(matches!(sent(&effects), Some(ToWorker::Inject { .. })), "{effects:?}");
    }

    #[test]
    fn a_refused_click_stops_nothing() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Break { what: What::CacheCrash, server: None, link: None, lasts: Nanos::from_secs(1) });
        let why = "there is no replica".to_owned();
        let effects = hears(&mut state, FromWorker::Refused { generation: 1, why: why.clone() });
        assert_eq!((state.notice.clone(), state.drive), (Some(Notice::Said(why)), Drive::Playing));
        assert_eq!(effects, []);
        assert!(matches!(sent(&waits(&mut state, 0.2)), Some(ToWorker::Advance { .. })));
    }

    #[test]
    fn a_refused_edit_loses_nothing_that_ran() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        let before = (state.running.clone(), state.run.clone(), state.link());
        state.apply(set("seed", "9"));
        state.apply(set("seed", "10"));
        let effects = hears(&mut state, FromWorker::Refused { generation: 2, why: "no".into() });
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 3, .. })), "a newer one is tried");
        let effects = hears(&mut state, FromWorker::Refused { generation: 3, why: "no".into() });
        assert!(effects.contains(&Effect::SaveLink));
        assert_eq!((state.running.clone(), state.run.clone(), state.link()), before);
        assert_eq!((state.drive, state.draft.seed), (Drive::Playing, 10), "the controls keep what was typed");
        assert!(state.shows_what_does_not_run(), "and the page says so");
        let effects = waits(&mut state, 0.2);
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { generation: 1, .. })), "{effects:?}");
        state.apply(frame(1, 21, false));
        assert_eq!(state.run.now, Nanos::from_secs(21));
    }

    #[test]
    fn an_edit_between_two_others_that_was_never_shown_is_run_again_when_the_last_is_refused() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("seed", "9"));
        state.apply(set("seed", "10"));
        state.apply(frame(2, 0, false));
        let effects = hears(&mut state, FromWorker::Refused { generation: 3, why: "no".into() });
        assert_eq!(state.running.seed, 1, "the one that was shown");
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 4, .. })), "{effects:?}");
    }

    #[test]
    fn a_scenario_from_outside_that_is_refused_stays_on_the_page() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::OpenLink("#v2&clients.keys=trace(file:a)".into()));
        state.apply(Action::Heard(FromWorker::Refused { generation: 2, why: "open that file".into() }));
        assert_eq!(state.running.clients.keys, Keys::of_trace("a".into()));
        assert_eq!(waits(&mut state, 2.0), [], "it is not tried again by itself");
        let effects = state.apply(Action::PlayPause);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "but when the reader wants it");
    }

    fn reading(state: &mut State, done: u64) -> Vec<Effect> {
        hears(state, FromWorker::Reading(Progress { done, total: 10 }))
    }

    #[test]
    fn a_trace_is_read_piece_by_piece_and_the_run_goes_on() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        opened(&mut state, "a");
        assert_eq!(reading(&mut state, 3), [Effect::Send(Box::new(ToWorker::Continue))]);
        assert_eq!(state.traces.shown().reading, Some(("a".into(), Progress { done: 3, total: 10 })));
        waits(&mut state, 0.1);
        let effects = reading(&mut state, 4);
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { .. })), "{effects:?}");
        assert_eq!(sent(&state.apply(frame(1, 2, false))), Some(&ToWorker::Continue));
        hears(&mut state, FromWorker::Opened(TraceFacts::default()));
        assert_eq!(state.running.clients.keys, Keys::of_trace("a".into()));
    }

    #[test]
    fn a_trace_that_nobody_wants_any_more_is_left_and_changes_nothing() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        let before = state.running.clone();
        opened(&mut state, "a");
        reading(&mut state, 3);
        assert_eq!(state.apply(Action::CancelTrace), []);
        assert_eq!(state.traces.shown().reading, None);
        assert_eq!(sent(&reading(&mut state, 4)), Some(&ToWorker::Cancel));
        hears(&mut state, FromWorker::Cancelled);
        assert_eq!((&state.running, &state.traces), (&before, &Traces::default()));
        // One that was done before the word came is not used either.
        opened(&mut state, "b");
        state.apply(Action::CancelTrace);
        hears(&mut state, FromWorker::Opened(TraceFacts::default()));
        assert_eq!((&state.running, &state.traces), (&before, &Traces::default()));
    }

    #[test]
    fn a_worker_that_does_not_let_go_of_a_trace_is_replaced_and_the_run_goes_on() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        opened(&mut state, "a");
        waits(&mut state, 10.0);
        state.apply(Action::CancelTrace);
        let effects = waits(&mut state, 0.6);
        assert_eq!(effects[0], Effect::EndWorker);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 1, .. })), "{effects:?}");
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
        assert_eq!((state.traces, state.notice), (Traces::default(), None));
    }

    #[test]
    fn a_trace_that_a_worker_did_not_survive_is_named_and_not_tried_again() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        opened(&mut state, "a");
        state.apply(Action::WorkerFailed { failure: Failure::OutOfMemory, details: String::new() });
        assert_eq!(state.notice, Some(Notice::TraceStopped("a".into())));
        let effects = state.apply(Action::RunAgain);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "{effects:?}");
    }

    #[test]
    fn another_preset_does_not_wait_for_a_trace_that_it_does_not_need() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        opened(&mut state, "a");
        hears(&mut state, FromWorker::Opened(TraceFacts::default()));
        waits(&mut state, 2.0);
        state.apply(Action::OpenPreset("default".into()));
        let effects = waits(&mut state, 0.6);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "{effects:?}");
    }

    #[test]
    fn an_edit_changes_what_is_there_now_whatever_was_there_when_it_was_made() {
        // Two controls, drawn from the same scenario, are used before either is drawn again; so is a click that breaks
        // something. Nothing of all that is lost.
        let mut state = playing();
        state.apply(frame(1, 1, false));
        let made = [
            set("cache.shards", "3"),
            enter("database.replicas", "2", Accept::NoWorse),
            enter("clients.write_ratio", "0.4", Accept::Readable),
            Action::Edit(vec![Edit::Add(List::Lanes)]),
            Action::Edit(vec![Edit::Add(List::Lanes)]),
            Action::Edit(vec![Edit::Add(List::Faults)]),
        ];
        made.into_iter().for_each(|action| _ = state.apply(action));
        let now = &state.running;
        assert_eq!((now.cache.shards, now.database.replicas, now.clients.write_ratio), (3, 2, 0.4));
        assert_eq!((now.lanes.len(), now.faults.len()), (3, 1));
        assert!(now.lanes[1] != now.lanes[2]);
    }

    #[test]
    fn a_fault_that_was_injected_beside_a_bad_value_is_there_when_the_value_is_mended() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("cache.capacity", "0"));
        injected(&mut state);
        assert_eq!((state.draft.faults.len(), state.problems.len()), (1, 1));
        state.apply(set("cache.capacity", "7"));
        assert_eq!((state.running.faults.len(), state.running.cache.capacity), (1, 7.into()));
    }

    /// The reader breaks something, and the worker has done so.
    fn injected(state: &mut State) {
        let lasts = Nanos::from_secs(1);
        state.apply(Action::Break { what: What::CacheCrash, server: None, link: None, lasts });
        let mut scenario = (*state.running).clone();
        scenario.faults.push(crate::scenario::Fault::new(What::CacheCrash, Nanos::from_secs(20)));
        let generation = state.generation;
        state.worker = Worker::Asked { what: Asked::Inject, silent_s: 0.0 };
        hears(state, FromWorker::Injected { generation, scenario: scenario.into() });
    }

    #[test]
    fn what_cannot_be_read_is_told_beside_its_field_and_changes_nothing() {
        let mut state = playing();
        let before = state.draft.clone();
        state.apply(enter("cache.shards", "1000", Accept::NoWorse));
        state.apply(enter("cache.capacity", "many", Accept::Readable));
        state.apply(enter("seed", "1,000", Accept::Readable));
        let fields: Vec<&str> = state.mistyped.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!((fields, &state.draft), (vec!["cache.shards", "cache.capacity", "seed"], &before));
        assert!(!state.history.can_undo(), "nothing to take back");
        state.apply(enter("seed", "1 000", Accept::Readable));
        assert_eq!((state.draft.seed, state.mistyped.len()), (1_000, 2));
        state.apply(Action::Undo);
        assert_eq!((&state.draft, state.mistyped.len()), (&before, 0), "the controls show that step, and nothing else");
    }

    #[test]
    fn undo_and_redo_go_back_and_forth_over_whatever_has_changed_the_experiment() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::ToggleLane(0));
        let makers: [fn(&mut State); 7] = [
            |state| _ = state.apply(set("seed", "9")),
            |state| _ = state.apply(Action::Edit(vec![Edit::Add(List::Lanes)])),
            |state| _ = state.apply(Action::Edit(vec![Edit::Add(List::Faults)])),
            injected,
            |state| _ = state.apply(Action::OpenPreset("redis-down".into())),
            |state| _ = state.apply(Action::OpenToml("seed = 4\n[[lane]]\n".into())),
            |state| _ = state.apply(Action::OpenLink("#v2&preset=flush-race&seed=3".into())),
        ];
        let seen =
            |state: &State| (state.running.clone(), state.preset.clone(), state.view.lanes.clone(), state.link());
        let mut steps = vec![seen(&state)];
        for make in makers {
            make(&mut state);
            let generation = state.generation;
            state.worker = Worker::Free { idle_s: 0.0 };
            state.apply(frame(generation, 20, false));
            state.must_load = false;
            steps.push(seen(&state));
            assert!(steps[steps.len() - 2].0 != state.running, "{}", steps.len());
        }
        for step in steps.iter().rev().skip(1) {
            let effects = state.apply(Action::Undo);
            assert_eq!(&seen(&state), step);
            assert!(effects.contains(&Effect::SaveLink));
        }
        assert!(!state.history.can_undo());
        for step in &steps[1..] {
            state.apply(Action::Redo);
            assert_eq!(&seen(&state), step);
        }
        assert!(!state.history.can_redo());
    }

    #[test]
    fn undo_runs_what_was_up_to_where_the_reader_is() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("seed", "9"));
        state.apply(frame(2, 20, false));
        state.apply(Action::Undo);
        assert_eq!((state.running.seed, state.generation, state.must_load), (1, 3, true));
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
    }

    #[test]
    fn a_slider_s_drag_is_one_step() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        for seed in 2_u64..50 {
            state.apply(Action::Drag(vec![Edit::set("seed", FieldValue::of(&seed))]));
        }
        state.apply(Action::DragEnd);
        state.apply(Action::Drag(vec![Edit::set("seed", FieldValue::of(&99_u64))]));
        state.apply(Action::Undo);
        assert_eq!(state.running.seed, 49);
        state.apply(Action::Undo);
        assert_eq!((state.running.seed, state.history.can_undo()), (1, false));
    }

    #[test]
    fn a_bad_edit_is_undone_and_one_that_changes_nothing_is_no_step() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("cache.capacity", "0"));
        assert_eq!(state.problems.len(), 1);
        state.apply(Action::Undo);
        assert_eq!((state.problems.len(), state.generation), (0, 1), "what ran goes on");
        state.apply(set("seed", "1"));
        assert!(state.history.can_redo() && !state.history.can_undo());
    }

    #[test]
    fn a_link_that_cannot_be_opened_and_an_embed_have_nothing_to_undo() {
        let mut state = playing();
        state.apply(set("seed", "9"));
        state.apply(Action::OpenLink("#v2&cache.capacity=lots".into()));
        state.apply(Action::Undo);
        assert!(state.unopened.is_some() && state.draft.seed == 9);
        state.apply(Action::OpenLink("#v2&view.embed=lost".into()));
        state.apply(Action::Undo);
        assert_eq!(state.preset.as_deref(), Some("default"));
    }

    #[test]
    fn what_happened_can_be_logged_and_played_again() {
        let log = [
            Action::OpenLink("#v2".into()),
            set("cache.ttl", "sliding(5s)"),
            Action::Edit(vec![Edit::Choose { path: "clients.arrivals".into(), value: FieldValue::word("constant") }]),
            enter("seed", "7", Accept::Readable),
            Action::Edit(vec![Edit::Add(List::Lanes), Edit::remove("lane.0")]),
            Action::Undo,
            Action::Redo,
        ];
        let play = |log: &[Action]| {
            let mut state = State::new(Lang::En, false);
            let effects: Vec<Effect> = log.iter().flat_map(|action| state.apply(action.clone())).collect();
            (state, effects)
        };
        assert_eq!(play(&log), play(&log.clone()));
        assert!(format!("{log:?}").contains("sliding(5s)"));
    }
}
