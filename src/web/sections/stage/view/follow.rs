//! Following one request: the same in every lane, as slowly as it takes to be seen.

use std::cell::RefCell;

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::{Msg, Stage, StageProps};
use crate::phrase::Language;
use crate::time::Nanos;
use crate::web::platform::dom;
use crate::web::sections::stage::code::{self, Book, Frame, Line, Mark};
use crate::web::sections::stage::follow;
use crate::web::sections::transport::in_words;
use crate::web::state::story::Wanted;
use crate::web::state::{Action, SPEEDS, TimeAction, stage};

/// A request that is followed takes about so long, seconds of the viewer.
const WATCHED_S: f64 = 2.0;

/// A step of a request is looked for in so many pieces of the time that a request takes, and so often at most.
const PIECES: f64 = 24.0;
const TRIES: u32 = 400;

/// Which request is followed.
#[derive(Default)]
pub(super) struct Following {
    /// Whether the next one is to be.
    is_wanted: bool,
    request: Option<u64>,
    /// Which one, where it is not just the next.
    wanted: Option<Wanted>,
    /// Until how many of its steps are known time goes on, and how often it was asked to.
    wants_step: Option<(usize, u32)>,
    /// The speed before and the one that was set for the eye, where following has set one.
    slowed: Option<(f64, f64)>,
    book: RefCell<Book>,
    /// The lines that were lit last.
    lit: Vec<String>,
}

impl Following {
    pub(super) fn is_on(&self) -> bool {
        self.is_wanted || self.request.is_some()
    }
}

impl Stage {
    /// The lane that decides which request it is, and when its next step was: the first that is seen.
    fn leader(&self, props: &StageProps) -> usize {
        self.open_lanes(props).first().copied().unwrap_or(0)
    }

    /// Begins to follow a request, or ends it.
    pub(super) fn follow(&mut self, props: &StageProps) {
        if self.following.is_on() {
            if let Some((before, _)) = self.following.slowed.filter(|(_, set)| *set == props.speed) {
                props.dispatch.emit(Action::Time(TimeAction::Speed(before)));
            }
            self.following = Following::default();
            self.set_followed(None);
            return;
        }
        self.following.is_wanted = true;
        self.slow_down(props);
        if !props.plays {
            props.dispatch.emit(Action::Time(TimeAction::Play));
        }
    }

    /// Time goes as slowly as a request takes to be seen.
    fn slow_down(&mut self, props: &StageProps) {
        let latency = props.latencies.get(self.leader(props)).copied().flatten();
        if stage::is_flow(latency, props.speed) {
            let slow = |speed: &f64| latency.unwrap_or(0.0) >= WATCHED_S * speed;
            let speed = SPEEDS.into_iter().rev().find(slow).unwrap_or(SPEEDS[0]);
            let before = self.following.slowed.map_or(props.speed, |(before, _)| before);
            self.following.slowed = Some((before, speed));
            props.dispatch.emit(Action::Time(TimeAction::Speed(speed)));
        }
    }

    /// Follows the next request after one that is over.
    pub(super) fn next_request(&mut self, props: &StageProps) {
        self.follow_another();
        self.slow_down(props);
        if !props.plays {
            props.dispatch.emit(Action::Time(TimeAction::Play));
        }
    }

    /// Time is another: the request that was followed is not there, and the next one takes its place.
    pub(super) fn follow_another(&mut self) {
        if self.following.is_on() {
            // One that has not been found yet is still waited for.
            let Following { slowed, wanted, request, .. } = self.following;
            let wanted = wanted.filter(|_| request.is_none());
            self.following = Following { is_wanted: true, slowed, wanted, ..Following::default() };
            self.set_followed(None);
        }
    }

    /// From now on that request is waited for.
    pub(super) fn await_wanted(&mut self, wanted: Option<Wanted>) {
        self.following = Following { is_wanted: true, wanted, ..Following::default() };
        self.set_followed(None);
    }

    /// The request to follow, if it is under way.
    fn next_to_follow(&self, props: &StageProps) -> Option<u64> {
        let show = self.show.borrow();
        let film = |lane: usize| show.strips.get(lane).map(|strip| &strip.film);
        match self.following.wanted {
            Some(Wanted { lane, client, key }) => film(lane)?.of(client, key),
            None => film(self.leader(props))?.newest(),
        }
    }

    fn set_followed(&self, request: Option<u64>) {
        self.show.borrow_mut().strips.iter_mut().for_each(|strip| strip.film.followed = request);
    }

    /// The worker has told something: a request to follow may be among it, or the step that was waited for.
    pub(super) fn follow_on(&mut self, props: &StageProps) {
        let (known, is_over) = (self.known(props), self.is_over(props, u64::MAX));
        let next = self.following.is_wanted.then(|| self.next_to_follow(props)).flatten();
        if next.is_some() {
            let slowed = self.following.slowed;
            self.following = Following { request: next, slowed, ..Following::default() };
            self.set_followed(next);
        }
        if let Some((wanted, tries)) = self.following.wants_step {
            let goes_on = known < wanted && !is_over && tries < TRIES;
            self.following.wants_step = goes_on.then_some((wanted, tries + 1));
            if goes_on {
                self.go_on(props);
            }
        }
    }

    /// Lets time go on to the next step of the request.
    pub(super) fn next_step(&mut self, props: &StageProps) {
        if props.plays {
            props.dispatch.emit(Action::Time(TimeAction::Pause));
        }
        if props.halted || self.is_over(props, u64::MAX) {
            return;
        }
        self.following.wants_step = Some((self.known(props) + 1, 0));
        self.go_on(props);
    }

    /// How many steps of the request are known: in the lane that leads, and once it is over there, in the others, too.
    fn known(&self, props: &StageProps) -> usize {
        let show = self.show.borrow();
        let mut known = 0;
        for lane in self.open_lanes(props) {
            let Some((_, trail)) = show.strips.get(lane).and_then(|strip| strip.film.followed()) else { continue };
            known += follow::steps(trail, u64::MAX).len();
            if trail.ended().is_none() {
                break;
            }
        }
        known
    }

    /// Whether the request is over at the moment `until` in all lanes that are open.
    fn is_over(&self, props: &StageProps, until: u64) -> bool {
        let show = self.show.borrow();
        let open = self.open_lanes(props).into_iter();
        let mut followed = open.filter_map(|lane| show.strips.get(lane)?.film.followed()).peekable();
        followed.peek().is_some() && followed.all(|(_, trail)| trail.ended().is_some_and(|end| end.at <= until))
    }

    fn go_on(&self, props: &StageProps) {
        let latency = props.latencies.get(self.leader(props)).copied().flatten().unwrap_or(0.001);
        let piece = Nanos::from_secs_f64(latency / PIECES).max(Nanos::from_micros(1));
        props.dispatch.emit(Action::Time(TimeAction::Seek(props.now.saturating_add(piece))));
    }

    /// The steps of the request, lane by lane.
    pub(super) fn followed(&self, ctx: &Context<Stage>, lanes: &[usize]) -> Html {
        let props = ctx.props();
        let texts = props.words.lang;
        if !self.following.is_on() {
            return html! {};
        }
        let show = self.show.borrow();
        // Where time stands still, all that is known is seen.
        let until = if props.plays { show.shown() } else { u64::MAX };
        let films = lanes.iter().filter_map(|lane| Some((*lane, show.strips.get(*lane)?.film.followed()?)));
        let mut title = None;
        let columns: Vec<Html> = films
            .map(|(lane, (journey, trail))| {
                title.get_or_insert_with(|| follow::title(journey));
                let steps = follow::steps(trail, until);
                let last = steps.len().saturating_sub(1);
                let steps = steps.into_iter().enumerate().map(|(i, step)| {
                    let current = (i == last).then_some("step");
                    html! { <li aria-current={current}><span class="nos" aria-hidden="true">{ i + 1 }</span><span class="after">{ step.after }</span>{ step.what.say(texts).to_owned() }</li> }
                });
                let frames = self.following.book.borrow_mut().frames(trail, until);
                let label = code::label(&props.titles[lane]);
                html! {
                    <div key={lane}>
                        <h3>{ &props.titles[lane] }</h3>
                        <ol class="steps">{ for steps }</ol>
                        <div class="code" role="group" tabindex="0" aria-label={label.say(texts).to_owned()}>
                            { for frames.iter().map(|frame| function(frame, lane, texts)) }
                        </div>
                    </div>
                }
            })
            .collect();
        let next = ctx.link().callback(|_: MouseEvent| Msg::Next);
        let another = ctx.link().callback(|event: MouseEvent| {
            dom::leave_after_click(&event);
            Msg::Another
        });
        let is_over = self.is_over(props, until);
        // Whoever has pressed it to the last step keeps the focus on it.
        let has_none = (is_over || props.halted).then_some("true");
        let title = title.unwrap_or(follow::WAITS).say(texts).to_owned();
        html! {
            <div class="followed">
                <p><b>{ title }</b>
                    if self.following.request.is_some() {
                        <button type="button" onclick={next} aria-disabled={has_none}>{ follow::NEXT.say(texts).to_owned() }</button>
                        if is_over && !props.halted {
                            <button type="button" onclick={another}>{ follow::ANOTHER.say(texts).to_owned() }</button>
                        }
                    }
                    <span class="soft">{ in_words(props.speed).say(texts).to_owned() }</span>
                </p>
                <div class="followed-lanes">{ for columns }</div>
            </div>
        }
    }

    /// Brings the lines that have just been lit into sight, in their boxes.
    pub(super) fn show_lines(&mut self) {
        let Some(root) = self.root.cast::<Element>().filter(|_| self.following.is_on()) else { return };
        let mut lit = Vec::new();
        for number in 0..self.stops.len() {
            let id = format!("code-here-{number}");
            let line = root.query_selector(&format!("#{id}")).ok().flatten();
            let Some(line) = line.and_then(|line| line.dyn_into::<HtmlElement>().ok()) else { continue };
            let Some(code) = line.closest(".code").ok().flatten() else { continue };
            let known = format!("{id} {}", line.get_attribute("data-line").unwrap_or_default());
            let is_new = !self.following.lit.contains(&known);
            lit.push(known);
            let (top, bottom) = (line.offset_top(), line.offset_top() + line.offset_height());
            if is_new && (top < code.scroll_top() || bottom > code.scroll_top() + code.client_height()) {
                code.set_scroll_top(top - code.client_height() / 3);
            }
        }
        self.following.lit = lit;
    }
}

/// A function with its lines.
fn function(frame: &Frame, lane: usize, texts: Language) -> Html {
    let lines = frame.lines.iter().map(|line| one_line(frame, line, lane, texts));
    html! { <div key={frame.name.clone()} lang="en"><p><b>{ &frame.name }</b></p><pre>{ for lines }</pre></div> }
}

fn one_line(frame: &Frame, line: &Line, lane: usize, texts: Language) -> Html {
    let Line { number, text, mark, steps } = line;
    let class = match mark {
        Mark::Ahead => "line",
        Mark::Passed => "line passed",
        Mark::Within => "line within",
        Mark::Here => "line here",
    };
    let is_here = *mark == Mark::Here;
    let shown = steps.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
    let said = code::steps_of(steps).map(|steps| steps.say(texts).to_owned());
    html! {
        <span {class} key={*number} id={is_here.then(|| format!("code-here-{lane}"))} data-line={is_here.then(|| format!("{}:{number}", frame.name))}
            aria-current={is_here.then_some("step")}>
            <span class="nos" aria-hidden="true">{ shown }</span>
            if let Some(said) = said { <span class="unseen" lang={texts.code()}>{ said }</span> }
            { *text }
        </span>
    }
}
