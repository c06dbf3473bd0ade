//! The state of the page and how it changes.
//!
//! [`State::apply`] takes an [`Action`] and gives the [`Effect`]s that the browser must carry out; it touches nothing
//! else, so that the whole behaviour of the page can be tested without one.
//!
//! The page drives the worker: at most one message is under way, each answered by one (a frame, mostly). While the run
//! plays, every tick asks for the stretch of virtual time that has become due; a slow machine falls behind, and nothing
//! piles up. Going to a moment (finish, seek, a changed scenario) asks for all of it, a piece after the other.

use std::rc::Rc;

use super::protocol::{Frame, FromWorker, STORIES_TOLD_MAX, Story, ToWorker};
use super::shelf::{self, Problem};
use super::traces::{TraceFile, Traces};
use super::view::{BadOption, Lang, SPEED_RANGE, Shade, View, in_full};
use crate::chart::Percentile;
use crate::report::{Report, Series};
use crate::scenario::form::Form;
use crate::scenario::{Keys, Link, Scenario, What};
use crate::time::Nanos;

/// A change of the scenario, made by a control.
pub struct Edit(pub Box<dyn FnOnce(&mut Scenario)>);

/// What can happen to the page.
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
    Edit(Edit),
    /// A control holds something that is no value; `None` when it is one again.
    Mistyped {
        field: String,
        problem: Option<Problem>,
    },
    OpenTrace(TraceFile),
    /// A file could not be read at all.
    Unread(String),
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
    /// Start a new worker; the old one panicked.
    NewWorker,
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
    /// What went wrong in the worker.
    pub trouble: Option<String>,
    /// What could not be done, said by the worker or by the page.
    pub notice: Option<String>,
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
    generation: u32,
    must_load: bool,
    waiting: bool,
    /// How far playing should be by now.
    due: Nanos,
}

/// The longest the worker works before it answers.
const BUDGET_PLAYING_MS: f64 = 60.0;
/// The same where the page only waits: one frame every tenth of a second.
const BUDGET_HURRY_MS: f64 = 90.0;
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
            trouble: None,
            notice: None,
            traces: Traces::default(),
            run: Run::default(),
            drive: if calm { Drive::Toward { to: Nanos::MAX, then_play: false } } else { Drive::Playing },
            speed: 1.0,
            view: View::default(),
            lang,
            generation: 0,
            must_load: false,
            waiting: false,
            due: Nanos::ZERO,
        }
    }

    /// Changes the state and says what the browser must do.
    pub fn apply(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Tick { wall_s } => self.tick(wall_s),
            Action::Heard(said) => self.hear(said, &mut effects),
            Action::OpenLink(text) => self.open_link(&text, &mut effects),
            Action::OpenPreset(name) => self.open_preset(&name, &mut effects),
            Action::OpenToml(text) => self.open_toml(text, &mut effects),
            Action::Edit(edit) => self.edit(edit, &mut effects),
            Action::Mistyped { field, problem } => self.mistype(field, problem),
            Action::OpenTrace(file) => self.traces.add(file),
            Action::Unread(why) => self.notice = Some(why),
            Action::Break { what, server, link, lasts } => self.strike(what, server, link, lasts, &mut effects),
            Action::Dismiss => self.notice = None,
            other => self.operate(other, &mut effects),
        }
        self.ask(&mut effects);
        effects
    }

    /// The controls of time and view.
    fn operate(&mut self, action: Action, effects: &mut Vec<Effect>) {
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

    /// The link of what is on the page now, with its `#`.
    pub fn link(&self) -> String {
        self.link_as(&self.view)
    }

    /// The link of the experiment, looked at as `view` says.
    pub fn link_as(&self, view: &View) -> String {
        format!("#{}{}", shelf::encode(&self.running, self.preset.as_deref()), view.write())
    }

    fn play(&mut self) {
        if self.at_end() {
            self.seek(self.running.warmup, true);
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
        self.generation += 1;
        self.must_load = true;
    }

    fn tick(&mut self, wall_s: f64) {
        if self.drive == Drive::Playing && self.run.report.is_some() && !self.must_load {
            let due = self.due.saturating_add(Nanos::from_secs_f64(self.speed * wall_s.min(0.25)));
            // Never more than three ticks ahead: what a slow machine cannot do is left out of the playing, not of the run.
            let most = self.run.now.saturating_add(Nanos::from_secs_f64(self.speed * 0.3));
            self.due = due.min(most);
        }
    }

    /// Sends the worker what it should do next, if it is free.
    fn ask(&mut self, effects: &mut Vec<Effect>) {
        if self.waiting || self.trouble.is_some() || self.unopened.is_some() || self.generation == 0 {
            return;
        }
        let generation = self.generation;
        let said = if let Some(open) = self.traces.next() {
            self.waiting = true;
            return effects.push(Effect::Send(Box::new(open)));
        } else if self.must_load {
            ToWorker::Load { generation, scenario: Box::new((*self.running).clone()) }
        } else {
            let (to, budget_ms) = match self.drive {
                _ if self.run.finished => return,
                Drive::Playing if self.due > self.run.now => (self.due, BUDGET_PLAYING_MS),
                Drive::Toward { to, .. } if to > self.run.now => (to, BUDGET_HURRY_MS),
                _ => return,
            };
            ToWorker::Advance { generation, to_ns: to.0, budget_ms }
        };
        self.must_load = false;
        self.waiting = true;
        effects.push(Effect::Send(Box::new(said)));
    }

    fn hear(&mut self, said: FromWorker, effects: &mut Vec<Effect>) {
        match said {
            FromWorker::Frame(frame) => {
                self.waiting = false;
                if frame.generation == self.generation && !self.must_load {
                    self.take_frame(*frame);
                }
            }
            FromWorker::Injected { generation, scenario } => {
                if generation == self.generation {
                    let scenario: Rc<Scenario> = scenario.into();
                    if *self.draft == *self.running {
                        self.draft = scenario.clone();
                    }
                    self.running = scenario;
                    effects.push(Effect::SaveLink);
                }
            }
            FromWorker::Opened(facts) => {
                self.waiting = false;
                if let Some(name) = self.traces.opened(facts) {
                    self.replay(name, effects);
                }
            }
            // A bad trace changes nothing: the last good experiment goes on.
            FromWorker::Unreadable { why } => {
                self.waiting = false;
                self.traces.unreadable();
                self.notice = Some(why);
            }
            FromWorker::Refused { generation, why } => {
                self.waiting = false;
                if generation == self.generation {
                    self.notice = Some(why);
                    self.drive = Drive::Paused;
                }
            }
            FromWorker::Panicked { message } => {
                self.waiting = false;
                // A trap is heard of twice: by the panic's own words, and then by the worker's error.
                self.trouble.get_or_insert(message);
            }
        }
    }

    fn take_frame(&mut self, frame: Frame) {
        let run = &mut self.run;
        let fresh = frame.series.iter().all(|tail| tail.first == 0);
        run.now = Nanos(frame.now_ns);
        run.finished = frame.finished;
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
                self.lang = view.lang.unwrap_or(self.lang);
                let shade = if view.shade == Shade::System { self.view.shade } else { view.shade };
                self.view = View { shade, ..view };
                if self.unopened.is_some() {
                    effects.push(Effect::SaveLink); // the mended one, not the bad one in the address bar
                }
                self.begin(link.scenario, Some(link.preset.to_owned()));
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
                (self.view.lanes, self.view.speed, self.view.percentile) = (None, None, None);
                self.begin(scenario, Some(name.to_owned()));
                self.drive = Drive::Toward { to: self.running.warmup, then_play: true };
                effects.push(Effect::SaveLink);
            }
            None => self.notice = Some(format!("there is no preset called {name:?}")),
        }
    }

    fn open_toml(&mut self, text: String, effects: &mut Vec<Effect>) {
        match Scenario::from_toml(&text) {
            Ok(scenario) => {
                self.view.lanes = None;
                self.begin(scenario, None);
                effects.push(Effect::SaveLink);
            }
            Err(error) => self.notice = Some(shelf::sentences(&error)),
        }
    }

    /// Starts on a scenario from outside, at its beginning.
    fn begin(&mut self, scenario: Scenario, preset: Option<String>) {
        let scenario = Rc::new(scenario);
        self.draft = scenario.clone();
        self.running = scenario;
        self.view.usual = shelf::usual_percentile(preset.as_deref());
        self.preset = preset;
        self.problems = Rc::default();
        self.mistyped.clear();
        self.unopened = None;
        self.notice = None;
        self.run = Run::default();
        self.speed = self.view.speed.unwrap_or_else(|| fitting_speed(&self.running));
        self.due = Nanos::ZERO;
        if !matches!(self.drive, Drive::Toward { then_play: false, .. }) {
            // The warm-up counts for nothing, so nobody need watch it.
            self.drive = Drive::Toward { to: self.running.warmup, then_play: true };
        }
        self.reload();
    }

    fn edit(&mut self, Edit(change): Edit, effects: &mut Vec<Effect>) {
        let lanes = self.draft.lanes.len();
        let before = self.draft.clone();
        change(Rc::make_mut(&mut self.draft));
        // What the change has left without effect goes with it; the reader did not touch it, and need not be told off.
        self.draft = Rc::new(Rc::unwrap_or_clone(std::mem::take(&mut self.draft)).tidied(&before));
        if self.draft.lanes.len() != lanes {
            self.view.lanes = None;
        }
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
        self.running = self.draft.clone();
        self.reload();
        self.drive = Drive::Toward { to, then_play };
    }

    fn mistype(&mut self, field: String, problem: Option<Problem>) {
        self.mistyped.retain(|(name, _)| *name != field);
        self.mistyped.extend(problem.map(|problem| (field, problem)));
    }

    /// From here on the keys are those of the trace called `name`.
    fn replay(&mut self, name: String, effects: &mut Vec<Effect>) {
        let edit = Edit(Box::new(move |s| match &mut s.clients.keys {
            Keys::Trace { file, .. } => *file = name,
            keys => *keys = Keys::of_trace(name),
        }));
        let before = self.generation;
        self.edit(edit, effects);
        if self.generation == before && self.problems.is_empty() {
            self.run_draft(); // the same name, another file
        }
    }

    fn strike(&mut self, what: What, server: Option<u32>, link: Option<Link>, lasts: Nanos, effects: &mut Vec<Effect>) {
        if self.at_end() || self.must_load || self.generation == 0 {
            return;
        }
        effects.push(Effect::Send(Box::new(ToWorker::Inject {
            generation: self.generation,
            what: what.name().to_owned(),
            server,
            link: link.map(|link| link.name().to_owned()),
            lasts,
        })));
    }

    /// After a panic: a new worker runs the same experiment again.
    pub fn recover(&mut self) -> Vec<Effect> {
        self.trouble = None;
        self.waiting = false;
        self.traces.forgotten();
        self.reload();
        let mut effects = vec![Effect::NewWorker];
        self.ask(&mut effects);
        effects
    }
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
    use crate::web::protocol::TraceFacts;

    fn frame(generation: u32, seconds: u64, finished: bool) -> Action {
        let report = Report { engine: "1".into(), scenario: String::new(), seed: 1, lanes: vec![] };
        let now_ns = Nanos::from_secs(seconds).0;
        let frame = Frame { generation, now_ns, finished, report, series: vec![], stories: vec![] };
        Action::Heard(FromWorker::Frame(Box::new(frame)))
    }

    fn sent(effects: &[Effect]) -> Option<&ToWorker> {
        effects.iter().find_map(|effect| if let Effect::Send(said) = effect { Some(&**said) } else { None })
    }

    fn playing() -> State {
        let mut state = State::new(Lang::En, false);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"".into()));
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 1, .. })));
        state
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
        state.apply(Action::OpenLink("#v1&preset=keys-star".into()));
        assert_eq!(state.view.percentile(), Percentile::P99);
        assert!(!state.link().contains("percentile"), "{}", state.link());
        state.apply(Action::Percentile(Percentile::P50));
        let link = state.link();
        assert!(link.contains("view.percentile=p50"), "{link}");
        let mut other = State::new(Lang::En, false);
        other.apply(Action::OpenLink(link));
        assert_eq!(other.view.percentile(), Percentile::P50);
        other.apply(Action::OpenPreset("default".into()));
        assert_eq!(other.view.percentile(), Percentile::P50);
        assert!(!other.link().contains("percentile"));
    }

    #[test]
    fn nobody_has_to_watch_the_warm_up() {
        let mut state = State::new(Lang::En, false);
        state.apply(Action::OpenToml("duration = \"60s\"\nwarmup = \"20s\"".into()));
        assert_eq!(state.speed, 2.0, "40 s in 20");
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
        assert_eq!((state.notice.as_deref(), &state.running), (Some("keys.txt: line 2"), &before));
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
        assert!(matches!(sent(&effects), Some(ToWorker::Open { name, .. }) if name == "b"));
        state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        assert_eq!(state.running.clients.keys, Keys::of_trace("b".into()));
    }

    #[test]
    fn a_new_worker_reads_the_trace_in_use_again_before_it_runs() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        opened(&mut state, "a");
        state.apply(Action::Heard(FromWorker::Opened(TraceFacts::default())));
        state.apply(Action::Heard(FromWorker::Panicked { message: "oh".into() }));
        let effects = state.recover();
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
        state.apply(Action::Edit(Edit(Box::new(|s| s.seed = 9))));
        assert_eq!(state.drive, Drive::Toward { to: Nanos::from_secs(20), then_play: true });
        assert_eq!(state.running.seed, 9);
    }

    #[test]
    fn a_bad_value_leaves_the_last_good_run_alone() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Edit(Edit(Box::new(|s| s.clients.write_ratio = 7.0))));
        assert_eq!(state.problems.len(), 1);
        assert_eq!(state.running.clients.write_ratio, 0.1);
        assert_eq!(state.generation, 1);
    }

    #[test]
    fn a_bad_link_keeps_its_text_and_replaces_nothing() {
        let mut state = State::new(Lang::En, false);
        let effects = state.apply(Action::OpenLink("#v1&cache.capacity=lots".into()));
        assert_eq!(effects, []);
        assert_eq!(state.unopened.as_ref().map(|u| u.text.as_str()), Some("#v1&cache.capacity=lots"));
    }

    #[test]
    fn what_an_old_scenario_says_is_thrown_away() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Edit(Edit(Box::new(|s| s.seed = 9))));
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
        state.apply(Action::Heard(FromWorker::Panicked { message: "oh".into() }));
        state.apply(Action::Heard(FromWorker::Panicked { message: String::new() }));
        assert_eq!(state.trouble.as_deref(), Some("oh"));
        assert_eq!(state.apply(Action::Tick { wall_s: 0.1 }), []);
        let effects = state.recover();
        assert_eq!(effects[0], Effect::NewWorker);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })));
    }

    #[test]
    fn calm_readers_see_the_outcome_at_once() {
        let mut state = State::new(Lang::En, true);
        state.apply(Action::OpenToml("duration = \"60s\"".into()));
        let effects = state.apply(frame(1, 0, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { to_ns: u64::MAX, .. })));
    }
}
