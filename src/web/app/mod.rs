//! The page's one component with a will: holds the [`State`], hears the worker, the clock, the keys and the address bar,
//! and lays the parts out.

mod keyboard;
mod layout;

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use yew::prelude::*;

use self::keyboard::listen;
use super::components::context::Ctx;
use super::i18n::{self, Titles, Words};
use super::platform::clock::now_ms;
use super::platform::embed::{self, Host};
use super::platform::host::{Asked, Told};
use super::platform::protocol::FromWorker;
use super::platform::worker_handle::{WorkerHandle, most_workers};
use super::platform::{dom, media, rest, storage};
use super::sections::welcome;
use super::state::looking::{Look, Looking};
use super::state::saved::TooLong;
use super::state::seeds::Ranged;
use super::state::view::ThemeChoice;
use super::state::{Action, Effect, State, TimeAction, WorkerStatus};
use crate::chart::palette::Theme;
use crate::chart::{Band, Data, LaneData};
use crate::experiment::occurrences;
use crate::phrase::{Language, Phrase};
use crate::report::{FaultReport, Series};
use crate::scenario::Scenario;
use crate::scenario::presets::twitter;

/// How often the page asks the worker to go on.
const TICK_MS: u32 = 100;

/// Whether the reader asks for less motion.
const LESS_MOTION: &str = "(prefers-reduced-motion: reduce)";

/// Whether the system asks for dark.
const DARK: &str = "(prefers-color-scheme: dark)";

/// The address bar follows a change at once, but not more often than this: browsers limit it, and a slider makes many.
const SAVE_EVERY_MS: u32 = 400;

/// What the component hears.
pub enum Msg {
    /// A change of the state.
    Dispatch(Action),
    /// The reader looks at something else in the figures.
    Look(Look),
    /// From where to where the lanes lie with many seeds.
    Ranged(Option<Ranged>),
    /// The link may follow the state again, and should if it has fallen behind.
    Save,
    /// The page may be about to go away: the link must follow now.
    Leave,
    /// The share dialog opens or closes.
    Share(bool),
    /// The gallery opens or closes.
    Choose(bool),
    /// The help opens or closes.
    Help(bool),
    /// The settings open or close, where they are a sheet.
    Settings(bool),
    /// The rest of the program has come, or the reader wants what needs it.
    Whole,
    /// The reader wants this field swept.
    Sweep(&'static str),
    /// The system asks for dark or light.
    Dark(bool),
    /// The embed came into sight or left it.
    InView(bool),
    /// The page around the embed asks for something.
    Asked(Asked),
}

/// The page.
pub struct App {
    state: State,
    /// Where the workers sit; `None` while there is none.
    worker: Option<WorkerHandle>,
    dark: bool,
    looking: Looking,
    ranged: Option<Ranged>,
    sharing: bool,
    choosing: bool,
    helping: bool,
    has_settings_open: bool,
    /// Whether all of the page is shown. What stands further down comes with the rest of the program, and so neither keeps a
    /// figure waiting nor stands still for it.
    is_whole: bool,
    /// The field that was last to be swept, and how often one was.
    to_sweep: (u32, &'static str),
    last_tick: f64,
    /// Which part gets the focus once what has changed is drawn.
    focus_next: Option<&'static str>,
    /// The part of the page that is to be in sight then.
    show_next: Option<&'static str>,
    /// When a frame of the worker's was last drawn.
    last_drawn: f64,
    /// Runs for a while after each time the link was saved.
    saving: Option<Timeout>,
    /// Whether the link has fallen behind.
    unsaved: bool,
    /// The experiment is too large for a link: the address shows an older one.
    too_long: Option<TooLong>,
    host: Host,
    titles: Titles,
    /// One callback for all parts: they would take another one for a change.
    dispatch: Callback<Action>,
    on_look: Callback<Look>,
    on_range: Callback<Option<Ranged>>,
    on_settings: Callback<bool>,
    on_sweep: Callback<&'static str>,
    on_settings_close: Callback<()>,
    _interval: Interval,
    _listeners: Vec<EventListener>,
    whole: Option<Whole>,
}

/// The page beyond the embed: the embed's program does without it, and is smaller by it.
type Whole = fn(&App, &Context<App>) -> Html;

/// The state with the link opened, and what is to be done about it.
struct Start {
    state: State,
    effects: Vec<Effect>,
    whole: Option<Whole>,
}

/// A [`Start`], handed over once.
#[derive(Clone)]
struct Opened(Rc<Cell<Option<Start>>>);

impl PartialEq for Opened {
    fn eq(&self, other: &Opened) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What the page begins with.
#[derive(PartialEq, Properties)]
pub struct AppProps {
    opened: Opened,
}

/// Reads what an earlier visit left, and the link.
fn open(whole: Option<Whole>) -> Opened {
    let lang = storage::remembered("lang").and_then(|name| Language::of_code(&name)).unwrap_or_else(browser_lang);
    let mut state = State::new(lang, media::matches(LESS_MOTION));
    state.view.theme = storage::remembered("theme").and_then(|name| ThemeChoice::named(&name)).unwrap_or_default();
    let effects = state.apply(Action::OpenLink(dom::hash()));
    if dom::hash().is_empty() && welcome::is_first_visit() {
        state.begin_before_the_fault();
    }
    Opened(Rc::new(Cell::new(Some(Start { state, effects, whole }))))
}

impl Component for App {
    type Message = Msg;
    type Properties = AppProps;

    fn create(ctx: &Context<App>) -> App {
        let opened = ctx.props().opened.0.take();
        let fresh = || Start { state: State::new(browser_lang(), false), effects: Vec::new(), whole: None };
        let Start { state, effects, whole } = opened.unwrap_or_else(fresh);
        let link = ctx.link().clone();
        let interval = Interval::new(TICK_MS, move || link.send_message(Msg::Dispatch(Action::Tick { wall_s: 0.0 })));
        let mut listeners = listen(ctx);
        listeners.extend(media::listen(DARK, ctx.link().callback(Msg::Dark)));
        listeners.push(rest::listen(ctx.link().callback(|()| Msg::Whole)));
        let mut app = App {
            state,
            worker: None,
            dark: media::matches(DARK),
            looking: Looking::default(),
            ranged: None,
            sharing: false,
            choosing: false,
            helping: false,
            has_settings_open: false,
            is_whole: rest::is_there(),
            to_sweep: (0, ""),
            last_tick: now_ms(),
            focus_next: None,
            show_next: None,
            last_drawn: f64::NEG_INFINITY,
            saving: None,
            unsaved: false,
            too_long: None,
            host: Host::default(),
            titles: Titles::default(),
            dispatch: ctx.link().callback(Msg::Dispatch),
            on_look: ctx.link().callback(Msg::Look),
            on_range: ctx.link().callback(Msg::Ranged),
            on_settings: ctx.link().callback(Msg::Settings),
            on_sweep: ctx.link().callback(Msg::Sweep),
            on_settings_close: ctx.link().callback(|()| Msg::Settings(false)),
            _interval: interval,
            _listeners: listeners,
            whole,
        };
        app.run_effects(ctx, effects);
        if app.state.view.is_embed() {
            app.state.apply(Action::Time(TimeAction::Pause)); // until it is seen
            app.host = embed::watch(ctx.link().callback(Msg::InView));
            app._listeners.push(embed::hear(ctx.link().callback(Msg::Asked)));
        }
        app.apply_theme();
        app
    }

    fn update(&mut self, ctx: &Context<App>, msg: Msg) -> bool {
        match msg {
            Msg::Dispatch(Action::Tick { .. }) => return self.tick(ctx),
            Msg::Dispatch(action) => return self.act(ctx, action),
            Msg::Look(look) => {
                let before = self.looking;
                self.looking.apply(look);
                return before != self.looking;
            }
            Msg::Ranged(ranged) => self.ranged = ranged,
            Msg::Save => {
                self.saving = None;
                let before = self.too_long;
                if self.unsaved {
                    self.save(ctx);
                }
                return before != self.too_long;
            }
            Msg::Leave => {
                if self.unsaved {
                    self.save(ctx);
                }
                return false;
            }
            Msg::Share(open) => self.sharing = open,
            Msg::Choose(open) => self.choosing = open,
            Msg::Help(open) => self.helping = open,
            Msg::Settings(open) => self.has_settings_open = open,
            Msg::Whole => {
                self.is_whole = true;
                if dom::has_focus_within(".on-its-way") {
                    self.focus_next = Some(".seeds");
                }
            }
            Msg::Sweep(field) => {
                self.is_whole = true;
                self.to_sweep = (self.to_sweep.0 + 1, field);
                self.focus_next = Some("#sweep");
            }
            Msg::Dark(dark) => self.dark = dark,
            Msg::InView(seen) => self.set_in_view(ctx, Some(seen), None),
            Msg::Asked(asked) => self.hear_host(ctx, asked),
        }
        true
    }

    fn rendered(&mut self, _: &Context<App>, _: bool) {
        // Now that the dialog has closed, which gives the focus back to where it was.
        if let Some(part) = self.focus_next.take() {
            dom::focus_on(part);
        }
        if let Some(part) = self.show_next.take() {
            dom::bring_into_sight(part);
        }
    }

    fn view(&self, ctx: &Context<App>) -> Html {
        let fields = Ctx {
            dispatch: self.dispatch.clone(),
            words: self.words(),
            problems: self.state.problems.clone(),
            invalid: self.state.invalid.clone(),
            overridden: self.state.overridden().into(),
            looks: self.looks(),
        };
        let inside = match (&self.state.unopened, &self.state.view.embed, self.whole) {
            (Some(_), ..) => self.unopened(ctx),
            (None, None, Some(whole)) => whole(self, ctx),
            (None, ..) => self.embedded(),
        };
        html! { <ContextProvider<Ctx> context={fields}>{ inside }</ContextProvider<Ctx>> }
    }
}

impl App {
    fn words(&self) -> &'static Words {
        i18n::of(self.state.lang)
    }

    fn theme(&self) -> Theme {
        self.state.view.theme.resolve(self.dark)
    }

    /// Does what somebody asks for, or hears what has come of it.
    fn act(&mut self, ctx: &Context<App>, action: Action) -> bool {
        if matches!(action, Action::OpenLink(_)) {
            self.too_long = None; // it came as a link
        }
        if matches!(action, Action::OpenPreset(_)) && self.unsaved {
            self.save(ctx); // Back leads to what is there now
        }
        let is_link = matches!(action, Action::OpenLink(_));
        let goes_to_stage = matches!(action, Action::GoToStory);
        let is_frame = matches!(action, Action::FromWorker(FromWorker::Frame(_)));
        let effects = self.state.apply(action);
        self.run_effects(ctx, effects);
        self.do_asked(ctx);
        if is_frame && !self.is_frame_drawn() {
            return false;
        }
        if goes_to_stage {
            self.focus_next = Some(".transport");
            self.show_next = Some(".scenes");
        }
        if is_link && self.state.view.is_embed() {
            self.open_for_host(ctx);
        }
        self.apply_theme();
        true
    }

    fn tick(&mut self, ctx: &Context<App>) -> bool {
        let now = now_ms();
        let wall_s = (now - self.last_tick).max(0.0) / 1000.0;
        self.last_tick = now;
        let before = self.shown_by_time();
        let effects = self.state.apply(Action::Tick { wall_s });
        self.run_effects(ctx, effects);
        let is_done = self.do_asked(ctx);
        if self.state.view.is_embed() {
            let (state, titles) = (&self.state, self.titles());
            self.host.tick(|| Told::of(state, &titles));
        }
        is_done || before != self.shown_by_time()
    }

    /// Whether what has just come from the worker is drawn. On the way to a moment further on only some of it is: the
    /// processor is the workers' then.
    fn is_frame_drawn(&mut self) -> bool {
        const HURRY_MS: f64 = 350.0; // every fourth frame of a worker that hurries
        let now = now_ms();
        let drawn = !self.state.is_hurrying() || now - self.last_drawn >= HURRY_MS;
        if drawn {
            self.last_drawn = now;
        }
        drawn
    }

    /// What of the page may change by time alone.
    fn shown_by_time(&self) -> (WorkerStatus, bool) {
        (self.state.worker_status(), self.state.stop_reason.is_some())
    }

    fn run_effects(&mut self, ctx: &Context<App>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(said) => {
                    if let Some(worker) = &mut self.worker {
                        worker.send(*said);
                    }
                }
                Effect::SaveLink if !self.state.view.is_embed() => {
                    self.unsaved = true;
                    if self.saving.is_none() {
                        self.save(ctx);
                    }
                }
                Effect::PushLink if !self.state.view.is_embed() => {
                    if let Ok(link) = self.state.link() {
                        dom::push_hash(&link);
                    }
                    self.save(ctx);
                }
                Effect::SaveLink | Effect::PushLink => {} // an embed never rewrites its own address
                Effect::Remember(..) if self.state.view.is_embed() => {} // what its host asks for is no reader's choice
                Effect::Remember(key, value) => storage::remember(key, value),
                Effect::NewWorker => {
                    // An embed is a guest: one processor is enough for it.
                    let alone = self.state.view.is_embed() || self.state.works_alone;
                    let most = if alone { 1 } else { most_workers() };
                    self.worker = Some(WorkerHandle::open(&self.dispatch, most));
                }
                Effect::EndWorker => self.worker = None,
            }
        }
    }

    /// Puts the link into the address bar.
    fn save(&mut self, ctx: &Context<App>) {
        self.unsaved = false;
        let link = self.state.link();
        self.too_long = link.as_ref().err().copied();
        if let Ok(link) = link {
            dom::replace_hash(&link);
        }
        let link = ctx.link().clone();
        self.saving = Some(Timeout::new(SAVE_EVERY_MS, move || link.send_message(Msg::Save)));
    }

    /// The page around the embed asks for something.
    fn hear_host(&mut self, ctx: &Context<App>, asked: Asked) {
        if !asked.is_urgent() {
            self.host.requests.hear(asked);
            self.do_asked(ctx);
        } else if self.state.view.is_embed() && self.host.requests.affords() {
            self.answer(ctx, asked);
        }
        self.apply_theme();
    }

    /// What the page around the embed has asked for: the same is done as by a button, as far as what came before is done.
    /// Gives whether anything was done.
    fn do_asked(&mut self, ctx: &Context<App>) -> bool {
        let mut is_done = false;
        while self.state.view.is_embed()
            && let Some(asked) = self.host.requests.next(&self.state)
        {
            self.host.is_told |= matches!(asked, Asked::Play | Asked::Pause);
            self.answer(ctx, asked);
            is_done = true;
        }
        is_done
    }

    fn answer(&mut self, ctx: &Context<App>, asked: Asked) {
        if let Asked::Hold(on) = asked {
            self.set_in_view(ctx, None, Some(on));
        } else if let Some(action) = asked.action(&self.state) {
            let effects = self.state.apply(action);
            self.run_effects(ctx, effects);
        }
    }

    /// The host shows another experiment: out of sight it waits, and for a reader who wants no motion its end is shown.
    fn open_for_host(&mut self, ctx: &Context<App>) {
        let waits = !self.host.is_seen() || self.state.view.starts_on_click;
        let action = match (!waits, media::matches(LESS_MOTION)) {
            (false, _) => TimeAction::Pause,
            (true, true) => TimeAction::Finish,
            (true, false) => return,
        };
        let effects = self.state.apply(Action::Time(action));
        self.run_effects(ctx, effects);
    }

    /// An embed runs only while it is in sight, or held by another one that is. At first a reader who wants no motion sees its
    /// end.
    fn set_in_view(&mut self, ctx: &Context<App>, seen: Option<bool>, held: Option<bool>) {
        let (before, seen) = self.host.sees(seen, held);
        if before == seen {
            return;
        }
        let is_calm = self.host.is_new() && media::matches(LESS_MOTION);
        let action = match (seen, self.host.resumes(seen, self.state.is_running(), self.state.view.starts_on_click)) {
            (true, true) if is_calm => Action::Time(TimeAction::Finish),
            // On its way to a moment it goes there all the same, and then on, or not.
            (true, true) if self.state.is_hurrying() => return self.state.then_play(true),
            (false, _) if self.state.is_hurrying() => return self.state.then_play(false),
            (true, true) => Action::Time(TimeAction::Play),
            (false, _) => Action::Time(TimeAction::Pause),
            _ => return,
        };
        let effects = self.state.apply(action);
        self.run_effects(ctx, effects);
    }

    /// What stands outside the component: the language, the theme, the title.
    fn apply_theme(&self) {
        if let Some(root) = dom::document().document_element() {
            let theme = self.state.view.theme.name();
            for (name, value) in [("lang", self.state.lang.code()), ("data-theme", theme)] {
                if root.get_attribute(name).as_deref() != Some(value) {
                    let _ = root.set_attribute(name, value); // both names are valid ones
                }
            }
            let _ = root.class_list().toggle_with_force("embedded", self.state.view.is_embed());
        }
    }

    fn shown(&self) -> Vec<bool> {
        (0..self.state.draft.lanes.len()).map(|lane| self.state.view.shows(lane)).collect()
    }

    fn titles(&self) -> Rc<Vec<String>> {
        self.titles.of(&self.state.draft, self.words())
    }

    fn looks(&self) -> Rc<Vec<usize>> {
        self.state.draft.looks().into()
    }

    fn fault_name(&self, occurrence: &FaultReport) -> String {
        let fault = self.state.running.faults.get(occurrence.fault as usize);
        fault.map_or_else(|| occurrence.what.clone(), |fault| fault.what.title().say(self.words().lang).to_owned())
    }

    /// The lanes that are shown, as they went before the last change.
    fn lanes_before(&self, titles: &[String]) -> Vec<LaneData> {
        self.state.before().map_or_else(Vec::new, |before| self.lane_data(&before.scenario, &before.series, titles))
    }

    /// The lanes of `scenario` that are shown, with these measures.
    fn lane_data(&self, scenario: &Scenario, series: &[Series], titles: &[String]) -> Vec<LaneData> {
        let looks = scenario.looks();
        let shown = series.iter().enumerate().filter(|(lane, _)| self.state.view.shows(*lane));
        let lane = |(number, series): (usize, &Series)| LaneData {
            number,
            look: looks.get(number).copied().unwrap_or(number),
            label: titles.get(number).cloned().unwrap_or_default(),
            series: series.clone(),
            range: self.ranged.as_ref().filter(|_| !self.looking.hides_seeds).and_then(|of| of.lane(number, scenario)),
        };
        shown.map(lane).collect()
    }

    /// What the bands of many seeds are, where there are some.
    fn seeds_band(&self) -> Option<Phrase> {
        Some(self.ranged.as_ref()?.lane(0, &self.state.running)?.phrase())
    }

    /// The miss ratio that was published for the preset, if it is one of Twitter's.
    fn published(&self) -> Option<(f64, String)> {
        const PUBLISHED: Phrase = Phrase::fixed("published", "논문 공개값");
        let preset = self.state.preset.as_deref()?;
        Some((twitter::miss_ratio(preset)?, PUBLISHED.say(self.words().lang).to_owned()))
    }

    fn data(&self, titles: &[String]) -> Rc<Data> {
        let run = &self.state.run;
        let lanes_met = run.report.iter().flat_map(|report| &report.lanes);
        let occurrences = occurrences(&self.state.running, lanes_met).into_iter();
        let faults = occurrences.map(|occurrence| Band {
            from_s: occurrence.at_s,
            to_s: occurrence.at_s + occurrence.for_s,
            label: self.fault_name(&occurrence),
            spares: self.state.running.spared_by(occurrence.fault),
        });
        Rc::new(Data {
            lanes: self.lane_data(&self.state.running, &self.state.series(), titles),
            faults: faults.collect(),
            warmup: Band::of_warmup(self.state.running.warmup.as_secs_f64(), self.words().lang),
            duration_s: self.state.running.duration.as_secs_f64(),
            now_s: self.state.seen().as_secs_f64(),
            zoom: self.looking.zoom,
            before: self.lanes_before(titles),
            focus: self.looking.focus,
            reference: self.published(),
            no_reads: self.state.running.clients.never_reads(),
            no_writes: self.state.running.clients.never_writes(),
        })
    }
}

/// The language that the browser asks for, if the page speaks it.
fn browser_lang() -> Language {
    Language::asked_for(&dom::window().navigator().language().unwrap_or_default())
}

/// The page: all of it.
pub fn start() {
    mount(Some(App::whole));
}

/// The embed alone.
pub fn start_figure() {
    mount(None);
}

/// Puts the page in place of what stands in `#app`: the link first, the page in a task of its own.
fn mount(whole: Option<Whole>) {
    std::panic::set_hook(Box::new(|info| dom::report_failure(&info.to_string())));
    yew::set_custom_panic_hook(Box::new(|info| dom::report_failure(&info.to_string())));
    let opened = open(whole);
    Timeout::new(0, move || match dom::document().get_element_by_id("app") {
        Some(root) => {
            yew::Renderer::<App>::with_root_and_props(root, AppProps { opened }).render();
        }
        None => dom::report_failure("index.html has no element with the id app"),
    })
    .forget();
}
