//! The controls of time; on a narrow screen they are a bar at its lower edge.

use std::rc::Rc;

use yew::prelude::*;

use super::breakers::Breakers;
use super::strip::Strip;
use crate::chart::text;
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::Scenario;
use crate::time::Nanos;
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::platform::dom;
use crate::web::state::view::{Control, View};
use crate::web::state::{Action, SPEEDS, TimeAction};

/// What the controls of time show.
#[derive(Clone, PartialEq, Properties)]
pub struct TransportProps {
    /// Whether time goes on.
    pub running: bool,
    /// Whether the run is over.
    pub at_end: bool,
    /// Whether nothing runs until the reader asks for it.
    pub halted: bool,
    /// The moment that is seen.
    pub now: Nanos,
    /// The moment that the run has reached.
    pub reached: Nanos,
    /// What runs, for its faults.
    pub scenario: Rc<Scenario>,
    /// The run's length.
    pub duration: Nanos,
    /// Virtual seconds per second.
    pub speed: f64,
    /// Which controls the reader may use.
    pub view: View,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// Opens and closes the controls of the scenario, where they are a sheet; none where there are none.
    #[prop_or_default]
    pub on_settings: Option<Callback<bool>>,
    /// Whether they are open.
    #[prop_or_default]
    pub has_settings_open: bool,
    /// The language.
    pub words: &'static Words,
}

/// Play, step, seek, speed, finish; what breaks something; the way to the settings.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let w = props.words;
    let allows = |control| props.view.allows(control);
    html! {
        <div class="transport" role="group" aria-label={w.time_controls}>
            if allows(Control::Play) { { play_buttons(props) } }
            if !props.view.is_embed() { <Strip ..props.clone() /> } else { { progress(props) } }
            if allows(Control::Speed) { { speed(props) } }
            if allows(Control::Crash) { <Breakers at_end={props.at_end || props.halted} scenario={props.scenario.clone()} dispatch={props.dispatch.clone()} words={w} /> }
            if let Some(on_settings) = &props.on_settings { { settings(props, on_settings) } }
        </div>
    }
}

fn settings(props: &TransportProps, on_settings: &Callback<bool>) -> Html {
    let is_open = props.has_settings_open;
    html! {
        <button type="button" id="settings-button" class="narrow" aria-expanded={is_open.to_string()} aria-controls="settings"
            onclick={on_settings.reform(move |_: MouseEvent| !is_open)}>{ props.words.controls }</button>
    }
}

fn icon(d: &'static str) -> Html {
    html! { <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d={d} fill="currentColor" /></svg> }
}

fn play_buttons(props: &TransportProps) -> Html {
    let w = props.words;
    let on = |action: fn() -> Action| {
        props.dispatch.reform(move |event: MouseEvent| {
            dom::leave_after_click(&event);
            action()
        })
    };
    let (name, shape) = match (props.running, props.at_end) {
        (true, _) => (w.pause, "M3 2h3.5v12H3zM9.5 2H13v12H9.5z"),
        (_, true) => (w.replay, "M3 2v5.2A6 6 0 1 1 2.3 10h1.9A4.2 4.2 0 1 0 5 7h3.3v1.7H2V2z"),
        _ => (w.play, "M3.5 1.8l10 6.2-10 6.2z"),
    };
    let step = props.view.allows(Control::Step);
    // Whoever has come to the end with one of these keeps the focus on it.
    let at_end = props.at_end.then_some("true");
    html! {
        <div class="buttons">
            <button type="button" class="play" onclick={on(|| Action::Time(TimeAction::PlayPause))} title={w.key_space}>
                { icon(shape) }<span>{ name }</span>
            </button>
            if step {
                <button type="button" class="icon spare" aria-label={w.step_once} title={w.key_right} aria-disabled={at_end}
                    onclick={on(|| Action::Time(TimeAction::Step))}>{ icon("M2 1.8l7.5 6.2L2 14.2zM11 2h3v12h-3z") }</button>
                <button type="button" class="icon spare" aria-label={w.restart} title={w.key_r}
                    onclick={on(|| Action::Time(TimeAction::Restart))}>{ icon("M14 1.8L6.500 8l7.500 6.200zM2 2h3v12H2z") }</button>
                <button type="button" class="icon" aria-label={w.finish} title={w.key_f} aria-disabled={at_end}
                    onclick={on(|| Action::Time(TimeAction::Finish))}>{ icon("M1 1.800L7 8l-6 6.200zM7 1.800L13 8l-6 6.200zM13 2h2v12h-2z") }</button>
            }
        </div>
    }
}

/// How far an embed is.
fn progress(props: &TransportProps) -> Html {
    let all = props.duration.as_secs_f64();
    let now = props.now.as_secs_f64().min(all);
    html! {
        <div class="progress">
            <progress max="1000" value={format!("{:.0}", now * 1000.0 / all.max(1e-9))} aria-label={props.words.moment} />
            { clock(now, all, props.words.lang) }
        </div>
    }
}

pub(super) fn clock(now: f64, all: f64, language: Language) -> Html {
    html! { <span class="clock"><b>{ text::moment(now, true, language) }</b>{ " / " }{ text::moment(all, false, language) }</span> }
}

fn speed(props: &TransportProps) -> Html {
    let w = props.words;
    let mut speeds = SPEEDS.to_vec();
    if !speeds.contains(&props.speed) {
        speeds.push(props.speed);
        crate::sort::by(&mut speeds, f64::total_cmp);
    }
    let choose = props.dispatch.reform(|text: String| {
        Action::Time(TimeAction::Speed(text.parse().unwrap_or(1.0))) // the values are the numbers below
    });
    let options = speeds.into_iter().map(|speed| {
        html! { <option key={speed.to_string()} value={speed.to_string()} title={in_words(speed).say(w.lang).to_owned()}>{ short(speed).say(w.lang).to_owned() }</option> }
    });
    let title = in_words(props.speed).say(w.lang).to_owned();
    html! { <label class="speed" {title}>{ w.speed }<Select value={props.speed.to_string()} {choose}>{ for options }</Select></label> }
}

/// A speed in a word or two: `real time`, `1/100`, `10×`.
fn short(speed: f64) -> Phrase {
    match slower(speed) {
        Some(1.0) => REAL_TIME,
        Some(slower) => phrase!("1/{slower}", "1/{slower}"),
        None => phrase!("{speed}×", "{speed}배"),
    }
}

/// How many times as slow as real time it is, where that is a whole number.
fn slower(speed: f64) -> Option<f64> {
    let slower = libm::round(1.0 / speed);
    ((1.0 / speed - slower).abs() < 1e-9).then_some(slower)
}

const REAL_TIME: Phrase = Phrase::fixed("real time", "실시간");

/// A speed in words.
pub(super) fn in_words(speed: f64) -> Phrase {
    match slower(speed) {
        Some(1.0) => REAL_TIME,
        Some(slower) => phrase!("1/{slower} of real time", "실시간의 1/{slower}"),
        None => phrase!("{speed} times real time", "실시간의 {speed}배"),
    }
}
