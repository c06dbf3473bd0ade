//! The page's one component with a will: holds the [`State`], hears the worker, the clock, the keys and the address bar,
//! and lays the parts out.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, Event, KeyboardEvent};
use yew::prelude::*;

use super::controls::Controls;
use super::dom;
use super::embed::{self, Host};
use super::fields::Ctx;
use super::notices::Notices;
use super::office::Office;
use super::panels::{
    CacheNodes, DivergedCopies, Headline, Legend, LostWrites, MoreFigures, Percentiles, Reproduce, Scoreboard,
    StoppedLanes,
};
use super::plots::Plot;
use super::share::Share;
use super::shelf::{self, TooLong};
use super::state::{Action, Effect, Patience, State};
use super::transport::Transport;
use super::view::{Control, Lang, Shade, Shown};
use super::words::{self, PresetGroup, Words};
use crate::chart::palette::Theme;
use crate::chart::{Band, Data, LaneData, Percentile};
use crate::escape::shown;
use crate::experiment::strikes;
use crate::report::FaultReport;
use crate::scenario::presets;

/// How often the page asks the worker to go on.
const TICK_MS: u32 = 100;
/// The page is put up in steps: first a figure each, then the tables, then the controls, a section each.
const CONTROLS_FROM: u8 = 4;
/// The address bar follows a change at once, but not more often than this: browsers limit it, and a slider makes many.
const SAVE_EVERY_MS: u32 = 400;

/// What the component hears.
pub enum Msg {
    /// A change of the state.
    Do(Action),
    /// The pointer is at another moment of the figures.
    Point(Option<f64>),
    /// The link may follow the state again, and should if it has fallen behind.
    Save,
    /// The page may be about to go away: the link must follow now.
    Leave,
    /// The share dialog opens or closes.
    Share(bool),
    /// The help opens or closes.
    Help(bool),
    /// The embed came into sight or left it.
    Seen(bool),
    /// The next part of the page may be put up.
    Grow,
}

/// The page.
pub struct App {
    state: State,
    /// Where the worker sits; `None` while there is none.
    worker: Option<Office>,
    dark: bool,
    pointed: Option<f64>,
    sharing: bool,
    helping: bool,
    last_tick: f64,
    /// Runs for a while after each time the link was saved.
    saving: Option<Timeout>,
    /// Whether the link has fallen behind.
    unsaved: bool,
    /// The experiment is too large for a link: the address shows an older one.
    too_long: Option<TooLong>,
    host: Host,
    /// One callback for all parts: they would take another one for a change.
    act: Callback<Action>,
    on_point: Callback<Option<f64>>,
    /// The page is put up in steps, so that no step keeps the browser long.
    phase: u8,
    _interval: Interval,
}

/// The state with the link opened, and what is to be done about it.
struct Start {
    state: State,
    effects: Vec<Effect>,
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
fn open() -> Opened {
    let lang = dom::remembered("lang").and_then(|name| Lang::named(&name)).unwrap_or_else(browser_lang);
    let mut state = State::new(lang, dom::media("(prefers-reduced-motion: reduce)"));
    state.view.shade = match dom::remembered("theme").as_deref() {
        Some("light") => Shade::Light,
        Some("dark") => Shade::Dark,
        _ => Shade::System,
    };
    let effects = state.apply(Action::OpenLink(dom::hash()));
    Opened(Rc::new(Cell::new(Some(Start { state, effects }))))
}

impl Component for App {
    type Message = Msg;
    type Properties = AppProps;

    fn create(ctx: &Context<App>) -> App {
        let opened = ctx.props().opened.0.take();
        let fresh = || Start { state: State::new(browser_lang(), false), effects: Vec::new() };
        let Start { state, effects } = opened.unwrap_or_else(fresh);
        let link = ctx.link().clone();
        let interval = Interval::new(TICK_MS, move || link.send_message(Msg::Do(Action::Tick { wall_s: 0.0 })));
        listen(ctx);
        let mut app = App {
            state,
            worker: None,
            dark: dom::media("(prefers-color-scheme: dark)"),
            pointed: None,
            sharing: false,
            helping: false,
            last_tick: js_sys::Date::now(),
            saving: None,
            unsaved: false,
            too_long: None,
            host: Host::default(),
            act: ctx.link().callback(Msg::Do),
            on_point: ctx.link().callback(Msg::Point),
            phase: 0,
            _interval: interval,
        };
        app.carry_out(ctx, effects);
        if app.state.view.embed.is_some() {
            app.state.apply(Action::Pause); // until it is seen
            app.host = embed::watch(ctx.link().callback(Msg::Seen));
        }
        app.dress();
        app
    }

    fn update(&mut self, ctx: &Context<App>, msg: Msg) -> bool {
        match msg {
            Msg::Do(Action::Tick { .. }) => return self.tick(ctx),
            Msg::Do(action) => {
                if matches!(action, Action::OpenLink(_)) {
                    self.too_long = None; // it came as a link
                }
                let unopened = self.state.unopened.is_some();
                let effects = self.state.apply(action);
                self.carry_out(ctx, effects);
                self.dress();
                if unopened {
                    self.grow(ctx);
                }
            }
            Msg::Point(moment) => self.pointed = moment,
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
            Msg::Help(open) => self.helping = open,
            Msg::Seen(seen) => self.seen(ctx, seen),
            Msg::Grow => {
                self.phase += 1;
                self.grow(ctx);
            }
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<App>, first: bool) {
        if first {
            self.grow(ctx);
        }
    }

    fn view(&self, ctx: &Context<App>) -> Html {
        let fields = Ctx {
            act: self.act.clone(),
            words: self.words(),
            problems: self.state.problems.clone(),
            mistyped: self.state.mistyped.clone(),
        };
        let inside = match (&self.state.unopened, &self.state.view.embed) {
            (Some(_), _) => self.unopened(ctx),
            (None, Some(_)) => self.embedded(),
            (None, None) => self.whole(ctx),
        };
        html! { <ContextProvider<Ctx> context={fields}>{ inside }</ContextProvider<Ctx>> }
    }
}

impl App {
    /// Not while a link is being mended: each step would put back the text that the reader is changing.
    fn grow(&self, ctx: &Context<App>) {
        if self.state.unopened.is_none() && self.phase < CONTROLS_FROM + super::controls::SECTIONS {
            let link = ctx.link().clone();
            Timeout::new(20, move || link.send_message(Msg::Grow)).forget();
        }
    }

    fn words(&self) -> &'static Words {
        words::of(self.state.lang)
    }

    fn theme(&self) -> Theme {
        self.state.view.shade.theme(self.dark)
    }

    fn tick(&mut self, ctx: &Context<App>) -> bool {
        let now = js_sys::Date::now();
        let wall_s = (now - self.last_tick).max(0.0) / 1000.0;
        self.last_tick = now;
        let before = self.tells();
        let effects = self.state.apply(Action::Tick { wall_s });
        self.carry_out(ctx, effects);
        self.dark = dom::media("(prefers-color-scheme: dark)");
        before != self.tells()
    }

    /// What of the page may change by time alone.
    fn tells(&self) -> (bool, Patience, bool) {
        (self.dark, self.state.patience(), self.state.halt.is_some())
    }

    fn carry_out(&mut self, ctx: &Context<App>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(said) => {
                    if let Some(worker) = &self.worker {
                        worker.send(&said);
                    }
                }
                Effect::SaveLink if self.state.view.embed.is_none() => {
                    self.unsaved = true;
                    if self.saving.is_none() {
                        self.save(ctx);
                    }
                }
                Effect::SaveLink => {} // an embed never rewrites its own address
                Effect::Remember(key, value) => dom::remember(key, value),
                Effect::NewWorker => self.worker = Some(Office::open(&self.act)),
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

    /// An embed runs only while it is in sight.
    fn seen(&mut self, ctx: &Context<App>, seen: bool) {
        let action = match (seen, self.host.resumes(seen, self.state.is_running(), self.state.view.waits)) {
            (true, true) => Action::Play,
            (false, _) => Action::Pause,
            _ => return,
        };
        let effects = self.state.apply(action);
        self.carry_out(ctx, effects);
    }

    /// What stands outside the component: the language, the theme, the title.
    fn dress(&self) {
        if let Some(root) = dom::document().document_element() {
            let theme = match self.state.view.shade {
                Shade::System => "system",
                Shade::Light => "light",
                Shade::Dark => "dark",
            };
            for (name, value) in [("lang", self.state.lang.name()), ("data-theme", theme)] {
                if root.get_attribute(name).as_deref() != Some(value) {
                    let _ = root.set_attribute(name, value); // both names are valid ones
                }
            }
            let _ = root.class_list().toggle_with_force("embedded", self.state.view.embed.is_some());
        }
    }

    fn shown(&self) -> Vec<bool> {
        (0..self.state.draft.lanes.len()).map(|lane| self.state.view.shows(lane)).collect()
    }

    fn titles(&self) -> Rc<Vec<String>> {
        Rc::new(words::titles(&self.state.draft, self.words()))
    }

    fn fault_name(&self, strike: &FaultReport) -> String {
        let fault = self.state.running.faults.get(strike.fault as usize);
        fault.map_or_else(|| strike.what.clone(), |fault| (self.words().fault_name)(fault.what).to_owned())
    }

    fn data(&self, titles: &[String]) -> Rc<Data> {
        let run = &self.state.run;
        let lanes = run.series.iter().enumerate().filter(|(lane, _)| self.state.view.shows(*lane));
        let lanes = lanes.map(|(number, series)| LaneData {
            number,
            label: titles.get(number).cloned().unwrap_or_default(),
            series: series.clone(),
        });
        let lanes_met = run.report.iter().flat_map(|report| &report.lanes);
        let strikes = strikes(&self.state.running, lanes_met).into_iter();
        let faults = strikes.map(|strike| Band {
            from_s: strike.at_s,
            to_s: strike.at_s + strike.for_s,
            label: self.fault_name(&strike),
        });
        Rc::new(Data {
            lanes: lanes.collect(),
            faults: faults.collect(),
            duration_s: self.state.running.duration.as_secs_f64(),
            now_s: run.now.as_secs_f64(),
            no_reads: self.state.running.clients.never_reads(),
            no_writes: self.state.running.clients.never_writes(),
        })
    }
}

// What is on the page, part by part.
impl App {
    fn whole(&self, ctx: &Context<App>) -> Html {
        let titles = self.titles();
        let w = self.words();
        html! {
            <div class="page">
                { self.head(ctx) }
                <main>
                    { self.notices() }
                    { self.sentence(&titles) }
                    <div class="stage">
                        <div class="sight">
                            { self.legend(&titles) }
                            { self.transport() }
                            { self.figures(&titles) }
                            if self.phase >= CONTROLS_FROM { { self.tables(&titles) } }
                        </div>
                        <Controls phase={self.phase.saturating_sub(CONTROLS_FROM)} scenario={self.state.draft.clone()} titles={titles.clone()} shown={self.shown()}
                            can_undo={self.state.history.can_undo()} can_redo={self.state.history.can_redo()} traces={self.state.traces.shown()} />
                    </div>
                </main>
                <footer><p class="soft">{ w.footer }</p></footer>
                if self.sharing { { self.share(ctx, &titles) } }
                if self.helping { { self.help(ctx) } }
            </div>
        }
    }

    fn embedded(&self) -> Html {
        let titles = self.titles();
        let view = &self.state.view;
        let controls = Control::ALL.into_iter().any(|control| control != Control::Lanes && view.allows(control));
        let mut full = view.clone();
        full.embed = None;
        full.controls = None;
        let href = self.state.link_as(&full).map(|link| format!("{}{link}", dom::address()));
        html! {
            <main class="page embed" id="embed">
                { self.notices() }
                { self.sentence(&titles) }
                { self.legend(&titles) }
                if controls { { self.transport() } }
                { self.figures(&titles) }
                if let Ok(href) = href {
                    <p class="full"><a {href} target="_blank" rel="noopener">{ self.words().open_full }</a></p>
                }
            </main>
        }
    }

    fn head(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let act = self.act.clone();
        let preset = act.reform(|event: Event| {
            Action::OpenPreset(event.target_unchecked_into::<web_sys::HtmlSelectElement>().value())
        });
        let chosen = self.state.preset.as_deref();
        let groups = PresetGroup::ALL.into_iter().map(|group| {
            let options = presets::all().filter(|preset| PresetGroup::of(preset.name) == group).map(|preset| {
                html! { <option value={preset.name} selected={chosen == Some(preset.name)}>{ (w.preset_name)(preset.name) }</option> }
            });
            let options: Vec<Html> = options.collect();
            if options.is_empty() {
                return html! {};
            }
            html! { <optgroup label={(w.preset_group)(group)}>{ for options }</optgroup> }
        });
        let korean = self.state.lang == Lang::Ko;
        let language = act.reform(move |_: MouseEvent| Action::Language(if korean { Lang::En } else { Lang::Ko }));
        let dark = self.theme() == Theme::Dark;
        let shade = act.reform(move |_: MouseEvent| Action::Shade(if dark { Shade::Light } else { Shade::Dark }));
        html! {
            <header class="head">
                <h1>{ "Cachelane" }</h1>
                <label class="preset"><span class="unseen">{ w.preset }</span>
                    <select onchange={preset}>
                        if chosen.is_none() { <option selected=true disabled=true>{ w.own_scenario }</option> }
                        { for groups }
                    </select>
                </label>
                <div class="tools">
                    <button type="button" class="plain" onclick={ctx.link().callback(|_| Msg::Share(true))}>{ w.share }</button>
                    <button type="button" class="plain" onclick={ctx.link().callback(|_| Msg::Help(true))} aria-label={w.help} title={w.help}>{ "?" }</button>
                    <button type="button" class="plain" onclick={shade} aria-label={w.change_theme} title={w.change_theme}>{ if dark { "☀" } else { "☾" } }</button>
                    <button type="button" class="plain" onclick={language} lang={if korean { "en" } else { "ko" }}>{ if korean { "English" } else { "한국어" } }</button>
                </div>
            </header>
        }
    }

    fn sentence(&self, titles: &Rc<Vec<String>>) -> Html {
        let preset = self.state.preset.as_deref().and_then(|name| presets::get(name).ok());
        let lang = self.state.lang as usize;
        let whole = self.state.view.embed.is_none();
        html! {
            <div class="lead">
                <Headline report={self.state.run.report.clone()} titles={titles.clone()} shown={self.shown()}
                    finished={self.state.at_end()} words={self.words()} />
                if let (Some(preset), true) = (preset, whole) {
                    <p class="about soft">{ preset.description[lang] }{ " " }{ preset.question[lang] }</p>
                }
            </div>
        }
    }

    fn legend(&self, titles: &Rc<Vec<String>>) -> Html {
        let switches = self.state.view.allows(Control::Lanes);
        html! {
            <Legend titles={titles.clone()} shown={self.shown()} {switches} act={self.act.clone()} words={self.words()} />
        }
    }

    fn transport(&self) -> Html {
        let state = &self.state;
        html! {
            <Transport running={state.is_running()} at_end={state.at_end()} now={state.run.now}
                duration={state.running.duration} speed={state.speed} view={state.view.clone()}
                halted={state.halt.is_some()} servers={state.running.app.servers} act={self.act.clone()} words={self.words()} />
        }
    }

    fn figures(&self, titles: &[String]) -> Html {
        let data = self.data(titles);
        let plots = self.state.view.figures().into_iter().enumerate().map(|(i, shown)| {
            if i >= usize::from(self.phase) {
                let class = classes!("figure", format!("figure-{}", shown.name()));
                return html! { <div {class}><div class="figure-head" /><div class="figure-body" /></div> };
            }
            let switches = match shown {
                Shown::Latency if self.state.view.embed.is_none() => self.latency_switches(),
                Shown::Lost => html! { <span class="key">{ self.words().lost_key }</span> },
                _ => html! {},
            };
            html! {
                <Plot key={shown.name()} {shown} figure={self.state.view.figure(shown)} data={data.clone()} theme={self.theme()}
                    words={self.words()} pointed={self.pointed} on_point={self.on_point.clone()}>
                    { switches }
                </Plot>
            }
        });
        html! { <section class="figures" aria-label={self.words().figures}>{ for plots }</section> }
    }

    fn latency_switches(&self) -> Html {
        let w = self.words();
        let act = self.act.clone();
        let view = &self.state.view;
        let p99 = view.percentile() == Percentile::P99;
        let percentile = |p: Percentile| act.reform(move |_: Event| Action::Percentile(p));
        let linear = view.linear;
        let axis = act.reform(move |_: Event| Action::Linear(!linear));
        html! {
            <div class="switches">
                <div role="radiogroup" aria-label={w.percentile} class="segments small"><div>
                    <label><input type="radio" name="percentile" checked={!p99} onchange={percentile(Percentile::P50)} /><span>{ w.median }</span></label>
                    <label><input type="radio" name="percentile" checked={p99} onchange={percentile(Percentile::P99)} /><span>{ "p99" }</span></label>
                </div></div>
                <label class="check"><input type="checkbox" checked={!linear} onchange={axis} />{ w.log_axis }</label>
            </div>
        }
    }

    fn tables(&self, titles: &Rc<Vec<String>>) -> Html {
        let Some(report) = &self.state.run.report else { return html! {} };
        let (report, shown, words) = (report.clone(), self.shown(), self.words());
        html! {
            <>
                if let (true, Some((played, all))) = (self.state.at_end(), self.state.run.unplayed) {
                    <p class="notice small calm" role="status">{ (words.trace_longer)(played, all) }</p>
                }
                <StoppedLanes report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <Scoreboard report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <MoreFigures report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <DivergedCopies report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <CacheNodes report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <LostWrites report={report.clone()} stories={self.state.run.stories.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <Percentiles report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <Reproduce {report} titles={titles.clone()} {shown} {words} />
            </>
        }
    }

    /// What went wrong, or takes long, with a way on.
    fn notices(&self) -> Html {
        let state = &self.state;
        html! {
            <Notices halt={state.halt.clone()} patience={state.patience()} notice={state.notice.clone()}
                at={state.run.report.is_some().then_some(state.run.now)} too_long={self.too_long} scenario={state.running.clone()}
                has_bad_values={state.shows_what_does_not_run()}
                act={self.act.clone()} words={self.words()} />
        }
    }

    /// A link that could not be opened: what is wrong with it, and the text as it was.
    fn unopened(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let Some(unopened) = &self.state.unopened else { return html! {} };
        let problems = unopened.problems.iter().map(|problem| {
            html! { <li><code>{ shown(&problem.field).into_owned() }</code>{ " " }{ shelf::say(problem, w) }</li> }
        });
        let options = unopened.options.iter().map(|option| {
            let why = (w.reason)(&crate::scenario::Reason::NotAllowed(option.allowed.to_owned()));
            html! { <li><code>{ format!("view.{}", option.name) }</code>{ " " }{ shown(&format!("{}: {why}", option.value)).into_owned() }</li> }
        });
        let field = use_text(ctx);
        let act = self.act.clone();
        let default = act.reform(|_: MouseEvent| Action::OpenPreset("default".to_owned()));
        html! {
            <main class="page unopened">
                <h1>{ "Cachelane" }</h1>
                <div role="alert">
                    <h2>{ w.link_not_opened }</h2>
                    <ul class="problems">{ for problems }{ for options }</ul>
                </div>
                <label for="link-text">{ w.link_text }</label>
                <textarea id="link-text" rows="4" spellcheck="false" value={unopened.text.clone()} />
                <p class="buttons">
                    <button type="button" class="play" onclick={field}>{ w.open_edited }</button>
                    <button type="button" onclick={default}>{ w.open_default }</button>
                </p>
            </main>
        }
    }

    fn share(&self, ctx: &Context<App>, titles: &Rc<Vec<String>>) -> Html {
        // The dialog closes, so that the page can be seen, or what it has against the file.
        let open = ctx.link().batch_callback(|text| vec![Msg::Share(false), Msg::Do(Action::OpenToml(text))]);
        let unread = ctx.link().batch_callback(|why| vec![Msg::Share(false), Msg::Do(Action::Unread(why))]);
        let on_file = Callback::from(move |event: Event| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                dom::read_text(&file, open.clone(), unread.clone());
            }
        });
        let data = self.data(titles);
        html! {
            <Share link={self.state.link()} view={self.state.view.clone()} scenario={self.state.running.clone()}
                report={self.state.run.report.clone()} {data} titles={titles.clone()} theme={self.theme()}
                preset={self.state.preset.clone()} on_file={on_file} close={ctx.link().callback(|()| Msg::Share(false))} words={self.words()} />
        }
    }

    fn help(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let rows = w.keys_help.iter().map(|(key, what)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></> });
        html! {
            <super::share::Dialog title={w.help} close={ctx.link().callback(|()| Msg::Help(false))} words={w}>
                <p>{ w.how_to_read }</p>
                <dl class="keys">{ for rows }</dl>
            </super::share::Dialog>
        }
    }
}

/// Opens the text in the field of the page that could not open it.
fn use_text(ctx: &Context<App>) -> Callback<MouseEvent> {
    ctx.link().callback(|_| {
        let field = dom::document().get_element_by_id("link-text");
        let field = field.and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
        let text = field.map(|field| field.value()).unwrap_or_default();
        Msg::Do(Action::OpenLink(text.trim().split_once('#').map_or(text.clone(), |(_, link)| format!("#{link}"))))
    })
}

/// English, or Korean where the browser asks for it.
fn browser_lang() -> Lang {
    let asked = dom::window().navigator().language().unwrap_or_default();
    if asked.starts_with("ko") { Lang::Ko } else { Lang::En }
}

/// Hears the keys and the address bar, for as long as the page stands.
fn listen(ctx: &Context<App>) {
    let link = ctx.link().clone();
    let keys = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        if let Some(msg) = key(&event) {
            event.prevent_default();
            link.send_message(msg);
        }
    });
    let link = ctx.link().clone();
    let hash = Closure::<dyn FnMut(Event)>::new(move |_: Event| {
        link.send_message(Msg::Do(Action::OpenLink(dom::hash())));
    });
    let link = ctx.link().clone();
    let leave = Closure::<dyn FnMut(Event)>::new(move |_: Event| link.send_message(Msg::Leave));
    let window = dom::window();
    for event in ["beforeunload", "pagehide", "visibilitychange"] {
        let _ = window.add_event_listener_with_callback(event, leave.as_ref().unchecked_ref());
    }
    leave.forget();
    // All fail only on a window that is going away.
    let _ = window.add_event_listener_with_callback("keydown", keys.as_ref().unchecked_ref());
    let _ = window.add_event_listener_with_callback("hashchange", hash.as_ref().unchecked_ref());
    keys.forget();
    hash.forget();
}

/// What is typed into.
const TYPED: &str = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea";

/// Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; on a Mac with the command key.
fn undo_key(event: &KeyboardEvent, key: &str) -> Option<Action> {
    match (key.to_lowercase().as_str(), event.shift_key(), event.alt_key()) {
        ("z", false, false) => Some(Action::Undo),
        ("z", true, false) | ("y", false, false) => Some(Action::Redo),
        _ => None,
    }
}

/// What a key means, unless it is meant for the element that has the focus.
fn key(event: &KeyboardEvent) -> Option<Msg> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is = |names: &str| target.as_ref().is_some_and(|e| e.closest(names).ok().flatten().is_some());
    let key = event.key();
    if event.ctrl_key() || event.meta_key() {
        // A text that is being typed has an Undo of its own, the browser's.
        return undo_key(event, &key).filter(|_| !is(TYPED) && !is("dialog")).map(Msg::Do);
    }
    if event.alt_key() {
        return None;
    }
    if is("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [role=dialog]") {
        return None;
    }
    if key == " " && is("button, summary, a, input, label") {
        return None; // it presses that
    }
    if is("input") && key.starts_with("Arrow") {
        return None; // it moves within a group of choices
    }
    match key.as_str() {
        " " => Some(Msg::Do(Action::PlayPause)),
        "ArrowRight" => Some(Msg::Do(Action::Step)),
        "r" | "R" => Some(Msg::Do(Action::Restart)),
        "f" | "F" => Some(Msg::Do(Action::Finish)),
        "Escape" => Some(Msg::Do(Action::CancelTrace)),
        "?" => Some(Msg::Help(true)),
        digit => digit.parse().ok().filter(|n| (1..=9).contains(n)).map(|n: usize| Msg::Do(Action::ToggleLane(n - 1))),
    }
}

/// Puts the page in place of what stands in `#app`: the link first, the page in a task of its own.
pub fn start() {
    std::panic::set_hook(Box::new(|info| dom::report_failure(&info.to_string())));
    yew::set_custom_panic_hook(Box::new(|info| dom::report_failure(&info.to_string())));
    let opened = open();
    Timeout::new(0, move || match dom::document().get_element_by_id("app") {
        Some(root) => {
            yew::Renderer::<App>::with_root_and_props(root, AppProps { opened }).render();
        }
        None => dom::report_failure("index.html has no element with the id app"),
    })
    .forget();
}
