//! The state of the page and how it changes.
//!
//! [`State::apply`] takes an [`Action`] and gives the [`Effect`]s that the browser must carry out; it touches nothing
//! else, so that the whole behaviour of the page can be tested without one.
//!
//! ```text
//! edits     the experiment is changed, undone, redone      history   what there is to go back to
//! opening   links, presets, files                          saved     how they are read and written
//! playback  whether time goes on; what the run has shown   view      how it is looked at
//! controls  what the buttons of time and view do
//! story     the story that is open
//! worker    what the worker is asked, and what it answers  traces    the files it reads
//! fit       what makes a run play a whole trace            overridden  fields that something else says
//! jobs      what a crew of workers is at, beside the run (not in an embed)
//! seeds     many runs of the same    capacity  the loads that lanes serve and heal from
//! worst     the run with most harm   shrink    the smallest scenario that still has it
//! curve     miss ratio against cache size    when  at which moment something was decided
//! ```

pub mod board;
pub mod capacity;
pub mod curve;
pub mod fit;
pub mod history;
pub mod jobs;
pub mod limits;
pub mod looking;
pub mod overridden;
pub mod saved;
pub mod seeds;
pub mod shrink;
pub mod stage;
pub mod story;
pub mod sweep;
pub mod traces;
pub mod view;
pub mod when;
pub mod worst;

mod controls;
mod edits;
mod names;
mod opening;
mod playback;
pub mod seen;
#[cfg(test)]
pub(super) mod testing;
mod worker;

use std::collections::VecDeque;
use std::rc::Rc;

use self::history::History;
use self::saved::{Problem, TooLong};
use self::seen::Seen;
use self::story::{OpenStory, Wanted};
use self::traces::{TraceFile, Traces};
use self::view::View;
use self::worker::{LoadedRun, Request, Worker};
use super::platform::protocol::{FromWorker, ToWorker};
use crate::ledger::Case;
use crate::phrase::{Language, Phrase};
use crate::scenario::presets::{self, Claim};
use crate::scenario::{Accept, Edit, FaultKind, Link, Scenario};
use crate::time::Nanos;

pub use self::controls::{TimeAction, ViewAction};
pub use self::opening::UnopenedLink;
pub use self::playback::{Playback, Run, SPEEDS};

/// What can happen to the page: a plain value, so that what happened can be compared, logged and played again.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Action {
    /// A tenth of a second or so has gone by.
    Tick {
        wall_s: f64,
    },
    FromWorker(FromWorker),
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
    /// A trace's file could not be read at all.
    TraceRefused(Phrase),
    /// Another file could not be.
    FileUnreadable(Phrase),
    /// A further worker could not be started, or found no memory: one does what several would.
    HelperFailed,
    /// The worker has ended, or could not be started.
    WorkerFailed {
        failure: Failure,
        details: String,
    },
    /// The reader does not want to wait for the worker any longer.
    Stop,
    /// After [`Action::Stop`] or a failure: the same experiment again.
    RunAgain,
    Time(TimeAction),
    View(ViewAction),
    Inject {
        what: FaultKind,
        server: Option<u32>,
        link: Option<Link>,
        lasts: Nanos,
    },
    /// The stage came into sight, or left it.
    StageSeen(bool),
    /// How did this come about?
    OpenStory {
        lane: usize,
        case: Case,
    },
    CloseStory,
    /// To shortly before the cause of the story that is open, in slow motion.
    GoToStory,
    Dismiss,
}

/// What the browser must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send this to the worker.
    Send(Box<ToWorker>),
    /// The experiment or the view changed: the link follows.
    SaveLink,
    /// Another experiment was opened from here: its link is a new entry of the browser's history.
    PushLink,
    /// Keep the reader's language or theme for the next visit.
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
pub enum StopReason {
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
    /// Said by the worker or by the page.
    Message(Phrase),
    /// A trace of this name was not read to its end.
    TraceStopped(String),
}

/// What a control holds that is no value of its field, and that has changed nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Invalid {
    /// The field's path.
    pub field: String,
    /// What was typed or chosen: it stays there until it is mended or taken back.
    pub typed: String,
    /// Why it will not do.
    pub problem: Problem,
}

/// What the reader is waiting for, if it takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerStatus {
    /// Nothing.
    Responsive,
    /// The worker's files.
    Loading,
    /// The worker computes, and has not answered for some seconds.
    Busy,
    /// The worker has not answered for so long that it may be gone.
    Unresponsive,
}

/// The state of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What the controls show, good or not.
    pub draft: Rc<Scenario>,
    /// Whether one worker must do: another one could not be started.
    pub works_alone: bool,
    /// The last good scenario: what runs.
    pub running: Rc<Scenario>,
    /// How many faults were injected since it was opened.
    pub injected: usize,
    /// The preset it began from.
    pub preset: Option<String>,
    /// Why `draft` does not run.
    pub problems: Rc<Vec<Problem>>,
    /// What controls hold that is no value.
    pub invalid: Vec<Invalid>,
    /// A link that could not be opened.
    pub unopened: Option<UnopenedLink>,
    /// Why nothing runs until the reader asks for it.
    pub stop_reason: Option<StopReason>,
    /// What could not be done.
    pub notice: Option<Notice>,
    /// What Undo goes back to.
    pub history: History,
    /// The trace files.
    pub traces: Traces,
    /// The run.
    pub run: Run,
    seen: Seen,
    /// Whether time goes on.
    pub playback: Playback,
    /// Virtual seconds per second.
    pub speed: f64,
    /// The story that is open.
    pub story: Option<OpenStory>,
    /// How it is looked at.
    pub view: View,
    /// The language.
    pub lang: Language,
    /// The scenario that `running` is to the worker; 0 before there is one.
    generation: u32,
    /// The highest there was.
    generations: u32,
    /// Whether what `run` shows is not of this generation.
    must_load: bool,
    worker: Worker,
    loaded: Option<LoadedRun>,
    /// An edit is on its way to the worker; if it is refused, this goes on like that.
    resume: Option<(Playback, Rc<Scenario>)>,
    /// How long something that cannot wait has waited for the worker, seconds.
    overdue_s: f64,
    /// Clicks that break something, for a worker that is not free.
    injections: VecDeque<ToWorker>,
    /// The request that the stage is to follow as soon as it is sent.
    pub wanted: Option<Wanted>,
    /// Whether the worker's last piece of work was of a trace.
    read_last: bool,
    /// How far playing should be by now.
    due: Nanos,
    /// Whether anybody sees the stage.
    stage_seen: bool,
}

impl State {
    /// The page before it has a scenario. `reduced_motion` is set where the reader asked for less motion: runs then finish at once.
    pub fn new(lang: Language, reduced_motion: bool) -> State {
        let scenario = Rc::new(Scenario::default());
        State {
            draft: scenario.clone(),
            works_alone: false,
            running: scenario,
            injected: 0,
            preset: None,
            problems: Rc::default(),
            invalid: Vec::new(),
            unopened: None,
            stop_reason: None,
            notice: None,
            history: History::default(),
            traces: Traces::default(),
            run: Run::default(),
            seen: Seen::default(),
            playback: if reduced_motion {
                Playback::Seeking { to: Nanos::MAX, then_play: false }
            } else {
                Playback::Playing
            },
            speed: 1.0,
            story: None,
            view: View::default(),
            lang,
            generation: 0,
            generations: 0,
            must_load: false,
            worker: Worker::None,
            loaded: None,
            resume: None,
            overdue_s: 0.0,
            injections: VecDeque::new(),
            wanted: None,
            read_last: false,
            due: Nanos::ZERO,
            stage_seen: false,
        }
    }

    /// Changes the state and says what the browser must do.
    pub fn apply(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Tick { wall_s } => self.tick(wall_s, &mut effects),
            Action::FromWorker(said) => self.handle_message(said, &mut effects),
            Action::OpenLink(text) => self.open_link(&text, &mut effects),
            Action::OpenPreset(name) => self.open_preset(&name, &mut effects),
            Action::OpenToml(text) => self.open_toml(text, &mut effects),
            Action::Edit(edits) => self.edit(&edits, Accept::Readable, false, &mut effects),
            Action::Drag(edits) => self.edit(&edits, Accept::Readable, true, &mut effects),
            Action::DragEnd => self.history.end_drag(),
            Action::Enter { path, text, accept } => self.enter(path, text, accept, &mut effects),
            Action::Undo => self.undo_or_redo(History::undo, &mut effects),
            Action::Redo => self.undo_or_redo(History::redo, &mut effects),
            Action::OpenTrace(file) => {
                self.stop_reason = None;
                self.traces.add(file);
            }
            Action::CancelTrace => {
                let has_begun = matches!(self.worker, Worker::Busy { request: Request::Trace, .. });
                self.traces.cancel(has_begun);
            }
            Action::TraceRefused(why) => self.refuse_trace(why),
            Action::FileUnreadable(why) => self.notice = Some(Notice::Message(why)),
            Action::HelperFailed => self.go_on_alone(&mut effects),
            Action::WorkerFailed { failure, details } => self.fail(failure, details, &mut effects),
            Action::Stop => self.stop(&mut effects),
            Action::RunAgain => self.run_again(),
            Action::Inject { what, server, link, lasts } => self.inject(what, (server, link), lasts, &mut effects),
            Action::Time(action) => self.control_time(action, &mut effects),
            Action::View(action) => self.change_view(action, &mut effects),
            Action::StageSeen(seen) => self.stage_seen = seen,
            Action::OpenStory { lane, case } => self.open_story(lane, case),
            Action::CloseStory => self.story = None,
            Action::GoToStory => self.go_to_story(&mut effects),
            Action::Dismiss => self.notice = None,
        }
        self.send_next(&mut effects);
        effects
    }

    /// A file is no trace: that is said at the top, and beside the button that opens one.
    fn refuse_trace(&mut self, why: Phrase) {
        self.traces.refuse(why.clone());
        self.notice = Some(Notice::Message(why));
    }

    /// Whether a control holds something else than what runs: no value, a bad one, or one that the worker refused.
    pub fn shows_what_does_not_run(&self) -> bool {
        let differs = !Rc::ptr_eq(&self.draft, &self.running) && self.draft != self.running;
        differs || !self.problems.is_empty() || !self.invalid.is_empty()
    }

    /// Which lane the sentence is to compare with which: what the preset says, as long as it is the preset; or, of two futures
    /// that are kept, the one that was struck with its twin, or the changed one with what it was, that of the preset's own
    /// lane first; else what the preset says, as long as its two lanes are what they were.
    pub fn claim(&self) -> Option<Claim> {
        let preset = self.preset.as_deref().and_then(|name| presets::get(name).ok());
        let own = preset.and_then(|preset| preset.about().claim);
        if preset.is_some_and(|preset| preset.is_but_for_its_seed(&self.draft)) {
            return own;
        }
        let of_own = |pairs: Vec<(usize, usize)>| {
            // few: LANES_MAX
            let wanted = pairs.iter().find(|(lane, _)| own.is_some_and(|own| own.lane == *lane));
            wanted.or(pairs.first()).map(|&(lane, than)| Claim { lane, than })
        };
        let still = |claim: &Claim| {
            let was = preset.map(|preset| &preset.scenario().lanes);
            let is_same = |lane: usize| {
                was.is_some_and(|was| self.running.lanes.get(lane).is_some_and(|now| now.is_of_strategy(&was[lane])))
            };
            is_same(claim.lane) && is_same(claim.than)
        };
        let twins = of_own(self.running.twins().collect());
        let kept = || preset.and_then(|_| of_own(self.running.kept_beside().collect()));
        twins.or_else(kept).or(own.filter(still))
    }

    /// The link of what is on the page now, with its `#`.
    pub fn link(&self) -> Result<String, TooLong> {
        self.link_as(&self.view)
    }

    /// The link of the experiment, looked at as `view` says.
    pub fn link_as(&self, view: &View) -> Result<String, TooLong> {
        saved::encode(&self.running, self.preset.as_deref(), &view.write())
    }
}
