//! The keys, and what else the page hears for as long as it stands.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, KeyboardEvent};
use yew::prelude::*;

use super::{App, Msg};
use crate::web::platform::dom;
use crate::web::state::{Action, TimeAction, ViewAction};

/// Hears the keys and the address bar, until the listeners are dropped.
pub(super) fn listen(ctx: &Context<App>) -> Vec<EventListener> {
    let window = dom::window();
    let link = ctx.link().clone();
    let keys = move |event: &Event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>()
            && let Some(msg) = key(event)
        {
            event.prevent_default();
            link.send_message(msg);
        }
    };
    let active = EventListenerOptions::enable_prevent_default();
    let link = ctx.link().clone();
    let hash = move |_: &Event| link.send_message(Msg::Dispatch(Action::OpenLink(dom::hash())));
    let mut listeners = vec![
        EventListener::new_with_options(&window, "keydown", active, keys),
        EventListener::new(&window, "hashchange", hash),
    ];
    listeners.extend(["beforeunload", "pagehide", "visibilitychange"].map(|event| {
        let link = ctx.link().clone();
        EventListener::new(&window, event, move |_| link.send_message(Msg::Leave))
    }));
    listeners
}

/// What is typed into.
const TYPED: &str = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea";

/// Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; on a Mac with the command key.
fn undo_key(event: &KeyboardEvent, key: &str) -> Option<Action> {
    match (key.to_ascii_lowercase().as_str(), event.shift_key(), event.alt_key()) {
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
    if dom::has_dialog() {
        return None; // the page waits behind it, wherever the focus is
    }
    if event.ctrl_key() || event.meta_key() {
        // A text that is being typed has an Undo of its own, the browser's.
        return undo_key(event, &key).filter(|_| !is(TYPED)).map(Msg::Dispatch);
    }
    if event.alt_key() {
        return None;
    }
    if is("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=dialog]") {
        return None;
    }
    if key == " " && is("button, summary, a, input, label") {
        return None; // it presses that
    }
    if is("input") && key.starts_with("Arrow") {
        return None; // it moves within a group of choices
    }
    match key.as_str() {
        " " => Some(Msg::Dispatch(Action::Time(TimeAction::PlayPause))),
        "ArrowLeft" => Some(Msg::Dispatch(Action::Time(TimeAction::StepBack))),
        "ArrowRight" => Some(Msg::Dispatch(Action::Time(TimeAction::Step))),
        "r" | "R" => Some(Msg::Dispatch(Action::Time(TimeAction::Restart))),
        "f" | "F" => Some(Msg::Dispatch(Action::Time(TimeAction::Finish))),
        "Escape" => Some(Msg::Dispatch(Action::CancelTrace)),
        "?" => Some(Msg::Help(true)),
        digit => digit
            .parse()
            .ok()
            .filter(|n| (1..=9).contains(n))
            .map(|n: usize| Msg::Dispatch(Action::View(ViewAction::ToggleLane(n - 1)))),
    }
}
