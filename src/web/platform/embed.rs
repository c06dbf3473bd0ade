//! An embed's manners: tells its host how high it is and where its run is, does what the host asks, and runs only while it
//! is in sight.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Event, IntersectionObserver, IntersectionObserverEntry, MessageEvent, ResizeObserver};
use yew::prelude::*;

use super::dom;
use super::host::{Asked, Parts, Requests, Told};

/// What an embed remembers about being seen.
#[derive(Debug, Default)]
pub struct Host {
    /// Whether it was ever started.
    started: bool,
    /// Whether it ran when it was last hidden.
    ran: bool,
    /// Whether it is in sight.
    seen: bool,
    /// Whether it runs on out of sight, because one that goes with it is in sight.
    held: bool,
    /// What the host has asked for and is not done yet.
    pub requests: Requests,
    /// Whether the host has said to play or to pause: then it needs no sight to begin.
    pub is_told: bool,
    told: Option<Told>,
}

impl Host {
    /// Whether it was seen until now, and whether it is, now that one of the two is another; alike where nothing changes.
    pub fn sees(&mut self, seen: Option<bool>, held: Option<bool>) -> (bool, bool) {
        let before = self.seen || self.held;
        (self.seen, self.held) = (seen.unwrap_or(self.seen), held.unwrap_or(self.held));
        (before, self.seen || self.held)
    }

    /// Whether somebody sees it, or one that goes with it.
    pub fn is_seen(&self) -> bool {
        self.seen || self.held
    }

    /// A tenth of a second has gone by: tells the host what is new.
    pub fn tick(&mut self, now: impl FnOnce() -> Option<Told>) {
        self.requests.tick();
        let now = now();
        if now != self.told {
            self.told = now;
            let text = self.told.as_ref().and_then(|told| serde_json::to_string(told).ok());
            if let Some(message) = text.and_then(|text| js_sys::JSON::parse(&text).ok()) {
                post(&message);
            }
        }
    }

    /// Whether it was never in sight.
    pub fn is_new(&self) -> bool {
        !self.started
    }

    /// Whether the run should go on, now that the embed is `seen` or not.
    pub fn resumes(&mut self, seen: bool, runs: bool, waits_for_click: bool) -> bool {
        if !seen {
            self.ran = self.started && runs;
            return false;
        }
        let first = !std::mem::replace(&mut self.started, true);
        if first { !waits_for_click && !self.is_told } else { self.ran }
    }
}

/// Watches the page's height and whether it is in sight; `seen` hears the latter. Both watch as long as the page stands.
pub fn watch(seen: Callback<bool>) -> Host {
    let Some(root) = dom::document().document_element() else { return Host::default() };
    let measure = Closure::<dyn FnMut()>::new(tell_height);
    if let (Ok(observer), Some(body)) =
        (ResizeObserver::new(measure.as_ref().unchecked_ref()), dom::document().get_element_by_id("app"))
    {
        observer.observe(&body);
    }
    measure.forget();
    let sight = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        if let Ok(entry) = entries.pop().dyn_into::<IntersectionObserverEntry>() {
            seen.emit(entry.is_intersecting());
        }
    });
    if let Ok(observer) = IntersectionObserver::new(sight.as_ref().unchecked_ref()) {
        observer.observe(&root);
    }
    sight.forget();
    Host::default()
}

/// Posts `{source: "cachelane", type: "height", height}` to the host. The figure's height is no secret: any host may hear it.
fn tell_height() {
    let Some(body) = dom::document().get_element_by_id("app") else { return };
    let height = body.get_bounding_client_rect().height().ceil();
    let message = js_sys::Object::new();
    for (key, value) in
        [("source", "cachelane".into()), ("type", "height".into()), ("height", JsValue::from_f64(height))]
    {
        let _ = js_sys::Reflect::set(&message, &key.into(), &value); // a plain object takes any key
    }
    post(&message);
}

/// Posts a message to the host, if there is one.
fn post(message: &JsValue) {
    if let Ok(Some(parent)) = dom::window().parent()
        && dom::is_framed()
    {
        let _ = parent.post_message(message, "*"); // a host that cannot be told keeps its height
    }
}

/// Hears what the host asks for. Only the window around this one is heard, under the origin that the browser says it has.
pub fn hear(asked: Callback<Asked>) -> EventListener {
    EventListener::new(&dom::window(), "message", move |event: &Event| {
        if let Some(event) = event.dyn_ref::<MessageEvent>()
            && is_of_host(event)
            && let Some(said) = asked_in(&event.data())
        {
            asked.emit(said);
        }
    })
}

fn is_of_host(event: &MessageEvent) -> bool {
    let (window, source) = (dom::window(), event.source());
    let is_parent = window.parent().ok().flatten().is_some_and(|parent| {
        let parent: &JsValue = parent.as_ref();
        source.is_some_and(|source| parent == AsRef::<JsValue>::as_ref(&source))
    });
    // Firefox does not say which origins are around; there the window alone has to do.
    let around = js_sys::Reflect::get(&window.location(), &"ancestorOrigins".into()).unwrap_or_default();
    let nearest = js_sys::Reflect::get_u32(&around, 0).ok().and_then(|origin| origin.as_string());
    dom::is_framed() && is_parent && nearest.is_none_or(|nearest| nearest == event.origin())
}

/// What a message asks for: its parts are looked at one by one, and what is something else is not there.
fn asked_in(data: &JsValue) -> Option<Asked> {
    if !data.is_object() {
        return None;
    }
    let part = |name: &str| js_sys::Reflect::get(data, &name.into()).unwrap_or_default();
    (part("source").as_string()? == "cachelane-host").then_some(())?;
    Asked::of(Parts {
        kind: part("type").as_string(),
        seconds: part("seconds").as_f64(),
        path: part("path").as_string(),
        value: part("value").as_string(),
        theme: part("theme").as_string(),
        on: part("on").as_bool(),
    })
}
