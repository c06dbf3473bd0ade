//! The stage as a part of the page.

mod follow;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry};
use yew::prelude::*;

use self::follow::Following;
use super::draw::Show;
use super::menu::Menu;
use super::restore::restores;
use super::words;
use crate::chart::palette::{Theme, lane_style};
use crate::scenario::Scenario;
use crate::stage::{Condition, Part, Parts, Scene};
use crate::time::Nanos;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::animation::Animation;
use crate::web::platform::clock::now_ms;
use crate::web::platform::{dom, media};
use crate::web::sections::breakers::IS_OVER;
use crate::web::state::story::Wanted;
use crate::web::state::{Action, stage};

/// So many lanes are open on a wide screen, and one on a narrow one; the others are folded away.
const OPEN: usize = 3;
const NARROW: &str = "(max-width: 40rem)";

/// Where the reader has asked for less motion, nothing moves.
const CALM: &str = "(prefers-reduced-motion: reduce)";

/// What is said for who does not see the stage changes after so long at most, milliseconds, or when a part breaks.
const SAID_MS: f64 = 3_000.0;

/// The parts that can be struck, and the tray, in the order of the arrow keys.
const STOPS: [Option<Part>; 4] = [Some(Part::App), Some(Part::Cache), Some(Part::Database), None];

/// The tray among them, which can be pressed when nothing can be struck any more.
const TRAY: usize = STOPS.len() - 1;

/// What the stage shows.
#[derive(Clone, PartialEq, Properties)]
pub struct StageProps {
    /// Which run it is of those that the page has had.
    pub run: u32,
    /// Per lane: what the worker told last.
    pub scenes: Rc<Vec<Scene>>,
    /// The moment up to which it did.
    pub now: Nanos,
    /// The experiment as it stands, for its faults.
    pub scenario: Rc<Scenario>,
    /// Virtual seconds per second.
    pub speed: f64,
    /// Whether time goes on.
    pub plays: bool,
    /// Per lane: how long a request takes on average, seconds.
    pub latencies: Vec<Option<f64>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The colour, dash and marker of each.
    pub looks: Rc<Vec<usize>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// The lanes that the sentence at the top compares, the one it is about first.
    pub compared: Vec<usize>,
    /// The lanes whose cache has dirty entries: of those there is most to see.
    pub writes_back: Vec<bool>,
    /// The request that is to be followed as soon as it is sent, if one is.
    pub wanted: Option<Wanted>,
    /// Whether there is nothing left to break.
    pub halted: bool,
    /// Light or dark.
    pub theme: Theme,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// What the stage hears.
pub enum Msg {
    Seen(bool),
    Narrow(bool),
    Calm(bool),
    Unfold,
    /// A stop of a lane was pressed.
    Press(usize, usize),
    Close,
    /// A key on a stop of a lane.
    Key(usize, KeyboardEvent),
    /// A request is to be followed, or no longer.
    Follow,
    /// Its next step is to be seen.
    Next,
    /// It is over: another one is to be followed.
    Another,
}

/// See the module.
pub struct Stage {
    show: Rc<RefCell<Show>>,
    animation: Animation,
    root: NodeRef,
    is_seen: bool,
    is_narrow: bool,
    is_unfolded: bool,
    /// The menu that is open: of which lane, and which stop.
    open: Option<(usize, usize)>,
    /// The stop that Tab gets to, by lane.
    stops: Vec<usize>,
    /// What is said, by lane, and since when.
    said: Vec<String>,
    said_ms: f64,
    conditions: Vec<[Condition; 3]>,
    following: Following,
    _media: Vec<EventListener>,
    _sight: Option<Sight>,
}

/// Watches whether an element is in sight, until it is dropped.
struct Sight(
    IntersectionObserver,
    #[allow(dead_code, reason = "the observer calls it")] Closure<dyn FnMut(js_sys::Array)>,
);

impl Sight {
    fn of(element: &Element, seen: Callback<bool>) -> Option<Sight> {
        let callback = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            if let Ok(entry) = entries.pop().dyn_into::<IntersectionObserverEntry>() {
                seen.emit(entry.is_intersecting());
            }
        });
        let observer = IntersectionObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Sight(observer, callback))
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

impl Component for Stage {
    type Message = Msg;
    type Properties = StageProps;

    fn create(ctx: &Context<Stage>) -> Stage {
        let show = Rc::new(RefCell::new(Show::new(media::matches(CALM))));
        let drawn = show.clone();
        let media = [
            media::listen(NARROW, ctx.link().callback(Msg::Narrow)),
            media::listen(CALM, ctx.link().callback(Msg::Calm)),
        ];
        let mut stage = Stage {
            show,
            animation: Animation::new(move |now| drawn.borrow_mut().draw(now)),
            root: NodeRef::default(),
            is_seen: false,
            is_narrow: media::matches(NARROW),
            is_unfolded: false,
            open: None,
            stops: Vec::new(),
            said: Vec::new(),
            said_ms: 0.0,
            conditions: Vec::new(),
            following: Following::default(),
            _media: media.into_iter().flatten().collect(),
            _sight: None,
        };
        if let wanted @ Some(_) = ctx.props().wanted {
            stage.await_wanted(wanted);
        }
        stage.take(ctx.props(), true);
        stage
    }

    fn changed(&mut self, ctx: &Context<Stage>, old: &StageProps) -> bool {
        let props = ctx.props();
        if props.run != old.run || props.now < old.now {
            self.follow_another();
        }
        if !self.is_seen && props.now != old.now {
            // Out of sight nothing is told: what was under way goes on unseen.
            self.show.borrow_mut().strips.iter_mut().for_each(|strip| strip.film.lose_track());
            self.follow_another();
        }
        if props.wanted.is_some() && props.wanted != old.wanted {
            self.await_wanted(props.wanted);
        }
        let is_news = !Rc::ptr_eq(&props.scenes, &old.scenes);
        self.take(props, is_news);
        if is_news {
            self.follow_on(props);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Stage>, msg: Msg) -> bool {
        match msg {
            Msg::Seen(seen) => {
                self.is_seen = seen;
                ctx.props().dispatch.emit(Action::StageSeen(seen));
            }
            Msg::Narrow(narrow) => self.is_narrow = narrow,
            Msg::Calm(calm) => self.show.borrow_mut().is_calm = calm,
            Msg::Unfold => self.is_unfolded = !self.is_unfolded,
            Msg::Press(_, stop) if ctx.props().halted && STOPS[stop].is_some() => {}
            Msg::Press(lane, stop) => self.press(lane, stop),
            Msg::Close => {
                if let Some((lane, stop)) = self.open.take() {
                    self.focus(lane, stop);
                }
            }
            Msg::Key(lane, event) => return self.key(lane, &event),
            Msg::Follow => self.follow(ctx.props()),
            Msg::Next => self.next_step(ctx.props()),
            Msg::Another => self.next_request(ctx.props()),
        }
        true
    }

    fn view(&self, ctx: &Context<Stage>) -> Html {
        let props = ctx.props();
        let texts = props.words.lang;
        let lanes = shown(props);
        let (most, open) = (self.most(), self.open_lanes(props));
        let strips = open.iter().map(|lane| self.strip(ctx, *lane));
        let unfold = ctx.link().callback(|event: MouseEvent| {
            dom::leave_after_click(&event);
            Msg::Unfold
        });
        let follow = ctx.link().callback(|event: MouseEvent| {
            dom::leave_after_click(&event);
            Msg::Follow
        });
        let words_of_follow = super::follow::follow(self.following.is_on());
        let key = words::KEY.into_iter().map(|(class, what)| {
            html! { <span class={classes!("mark", class)}>{ what.say(texts).to_owned() }</span> }
        });
        html! {
            <section class="scenes" ref={self.root.clone()} aria-label={words::STAGE.say(texts).to_owned()}>
                <div class="scenes-head">
                    <h2>{ words::STAGE.say(texts).to_owned() }</h2>
                    <p class="marks" aria-hidden="true">{ for key }</p>
                    <button type="button" class="plain" onclick={follow} aria-pressed={self.following.is_on().to_string()}>
                        { words_of_follow.say(texts).to_owned() }
                    </button>
                    if lanes.len() > most {
                        <button type="button" class="plain" onclick={unfold} aria-expanded={self.is_unfolded.to_string()}>
                            { words::unfold(self.is_unfolded, lanes.len()).say(texts).to_owned() }
                        </button>
                    }
                </div>
                { for strips }
                { self.followed(ctx, &open) }
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Stage>, first: bool) {
        if first && let Some(root) = self.root.cast::<Element>() {
            self._sight = Sight::of(&root, ctx.link().callback(Msg::Seen));
        }
        if self.is_seen {
            self.animation.wake();
        }
        self.show_lines();
    }

    fn destroy(&mut self, ctx: &Context<Stage>) {
        ctx.props().dispatch.emit(Action::StageSeen(false));
    }
}

/// The lanes that are shown, folded away or not.
fn shown(props: &StageProps) -> Vec<usize> {
    (0..props.titles.len()).filter(|lane| props.shown.get(*lane) == Some(&true)).collect()
}

impl Stage {
    fn most(&self) -> usize {
        if self.is_narrow { 1 } else { OPEN }
    }

    /// The lanes that are shown and not folded away.
    fn open_lanes(&self, props: &StageProps) -> Vec<usize> {
        let lanes = shown(props);
        if self.is_unfolded { lanes } else { words::open(&lanes, &props.compared, &props.writes_back, self.most()) }
    }

    /// Takes what has changed; `is_news` when the worker has told something.
    fn take(&mut self, props: &StageProps, is_news: bool) {
        let show = &mut *self.show.borrow_mut();
        if is_news && !props.scenes.is_empty() {
            show.hear(props.run, props.now.0, &props.scenes);
        }
        show.strips.resize_with(props.titles.len(), Default::default);
        (show.pace, show.theme) = ((props.speed, props.plays), props.theme);
        for (lane, strip) in show.strips.iter_mut().enumerate() {
            strip.colour = props.looks.get(lane).map(|look| lane_style(*look).colour);
            let is_quick = stage::is_flow(props.latencies.get(lane).copied().flatten(), props.speed);
            // Nor can single ones be shown where none was followed, as on the way to the end.
            strip.is_flow = is_quick || strip.parts().is_some() && strip.every() == 0;
        }
        self.stops.resize(props.titles.len(), 0);
        let conditions = show.strips.iter().map(|strip| {
            let parts = strip.parts().cloned().unwrap_or_default();
            [Part::App, Part::Cache, Part::Database].map(|part| words::condition_of(&parts, part))
        });
        let conditions: Vec<[Condition; 3]> = conditions.collect();
        let now = now_ms();
        // Where time stands still, what was said last would stay beside what is shown.
        if conditions != self.conditions || now - self.said_ms > SAID_MS || !props.plays {
            let say = |(strip, title): (&super::draw::Strip, &String)| {
                strip.parts().map(|parts| words::sentence(parts, title).say(props.words.lang).to_owned())
            };
            self.said = show.strips.iter().zip(props.titles.iter()).map(say).map(Option::unwrap_or_default).collect();
            (self.said_ms, self.conditions) = (now, conditions);
        }
    }

    fn strip(&self, ctx: &Context<Stage>, lane: usize) -> Html {
        let props = ctx.props();
        let texts = props.words.lang;
        let title = &props.titles[lane];
        let show = self.show.borrow();
        let Some(strip) = show.strips.get(lane) else { return html! {} };
        let empty = Parts::default();
        let parts = strip.parts().unwrap_or(&empty);
        let shown = words::shown(strip.every(), strip.is_flow).map(|shown| shown.say(texts).to_owned());
        let stops = STOPS.iter().enumerate().map(|(stop, part)| self.button(ctx, (lane, stop), *part, parts));
        let menu = self.open.filter(|(of, _)| *of == lane).and_then(|(_, stop)| STOPS[stop]).map(|part| {
            let close = ctx.link().callback(|()| Msg::Close);
            let restores = restores(&props.scenario, part, props.now);
            html! { <Menu {part} parts={parts.clone()} {restores} dispatch={props.dispatch.clone()} {close} words={props.words} /> }
        });
        let onkeydown = ctx.link().batch_callback(move |event: KeyboardEvent| {
            let moves = ["ArrowLeft", "ArrowRight", "Home", "End"].contains(&event.key().as_str());
            moves.then(|| {
                event.stop_propagation(); // on the page it would be a step of the run
                event.prevent_default();
                Msg::Key(lane, event)
            })
        });
        html! {
            <div class="scene" key={lane}>
                <p class="scene-name"><Swatch {lane} /><span>{ title }</span>
                    if let Some(shown) = shown { <span class="soft">{ shown }</span> }
                </p>
                <div class="scene-strip" role="toolbar" aria-label={title.clone()} {onkeydown}>
                    <canvas ref={strip.canvas.clone()} aria-hidden="true" />
                    <span class="part part-client" aria-hidden="true">{ words::name(Part::Client).say(texts).to_owned() }</span>
                    { for stops }
                </div>
                { menu.unwrap_or_default() }
                <p class="unseen scene-said">{ self.said.get(lane).cloned().unwrap_or_default() }</p>
            </div>
        }
    }

    /// A part as a button, or the tray.
    fn button(&self, ctx: &Context<Stage>, (lane, stop): (usize, usize), part: Option<Part>, parts: &Parts) -> Html {
        let props = ctx.props();
        let (texts, title) = (props.words.lang, &props.titles[lane]);
        let onclick = ctx.link().callback(move |_: MouseEvent| Msg::Press(lane, stop));
        let is_stop = if props.halted { stop == TRAY } else { self.stops.get(lane) == Some(&stop) };
        let tabindex = if is_stop { "0" } else { "-1" };
        let id = stop_id(lane, stop);
        let Some(part) = part else {
            // Who speaks to the page says what is to be seen: it is a part of the name.
            let shown = words::tray(parts.lost).say(texts).to_owned();
            let label = format!("{shown}: {}", words::tray_label(parts.lost, title).say(texts));
            let class = classes!("part", "part-tray", (parts.lost > 0).then_some("alarm"));
            return html! {
                <button type="button" {id} {class} {tabindex} {onclick} aria-label={label}>
                    { shown }
                </button>
            };
        };
        let condition = words::condition_of(parts, part);
        let name = format!("{part:?}").to_lowercase();
        let class = classes!("part", format!("part-{name}"), (condition != Condition::Up).then_some("broken"));
        let is_open = self.open == Some((lane, stop));
        let (named, short) = (words::name(part), words::short(parts, part, self.is_narrow));
        let (named, short) = (named.say(texts).to_owned(), short.say(texts).to_owned());
        let label = words::label(parts, part, title).say(texts).to_owned();
        let label = if short.is_empty() { label } else { format!("{named} {short}: {label}") };
        let title = if props.halted { format!("{label}\n{}", IS_OVER.say(texts)) } else { label.clone() };
        // It keeps the focus when the run comes to its end.
        html! {
            <button type="button" {id} {class} {tabindex} {onclick} aria-disabled={props.halted.then_some("true")}
                aria-expanded={is_open.to_string()} aria-label={label} {title}>
                <b>{ named }</b>{ " " }<span>{ short }</span>
            </button>
        }
    }

    fn press(&mut self, lane: usize, stop: usize) {
        self.stops[lane] = stop;
        if STOPS[stop].is_some() {
            self.open = (self.open != Some((lane, stop))).then_some((lane, stop));
            return;
        }
        self.open = None;
        // The list of lost writes, with all that is told of each.
        if let Some(list) = dom::document().get_element_by_id("lost-writes") {
            let _ = list.set_attribute("open", ""); // a valid name
            list.scroll_into_view();
            if let Some(summary) = list.first_element_child().and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                let _ = summary.focus(); // a summary can have it
            }
        }
    }

    /// The arrow keys go from stop to stop.
    fn key(&mut self, lane: usize, event: &KeyboardEvent) -> bool {
        let focused = dom::document().active_element().map(|focused| focused.id());
        let stop = (0..STOPS.len()).find(|stop| focused.as_ref() == Some(&stop_id(lane, *stop)));
        let stop = stop.unwrap_or(self.stops[lane]);
        let next = match event.key().as_str() {
            "ArrowRight" => (stop + 1).min(TRAY),
            "ArrowLeft" => stop.saturating_sub(1),
            "Home" => 0,
            _ => TRAY,
        };
        self.stops[lane] = next;
        self.focus(lane, next);
        true
    }

    fn focus(&self, lane: usize, stop: usize) {
        let button = dom::document().get_element_by_id(&stop_id(lane, stop));
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus(); // a button can have it
        }
    }
}

fn stop_id(lane: usize, stop: usize) -> String {
    format!("stage-{lane}-{stop}")
}
