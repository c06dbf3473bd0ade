//! The worker, seen from the page: how it is started, heard, missed and ended.
//!
//! A page starts the worker by its address. A page in a sandboxed frame has no origin of its own, so that no address is
//! its own, and browsers refuse; there a short script, made here, takes the worker from where it is. For that the
//! simulator's site must let other origins read its files (`Access-Control-Allow-Origin`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, Event, MessageEvent, Url, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use super::dom;
use super::protocol::{FromWorker, ToWorker};
use crate::web::state::{Action, Failure};

/// A worker, until it is dropped.
pub struct WorkerHandle {
    worker: Option<Worker>,
    // Before the worker's end they are no longer heard.
    listeners: Vec<EventListener>,
}

impl WorkerHandle {
    /// Starts the worker that belongs to this build; `act` hears it.
    pub fn open(act: &Callback<Action>) -> WorkerHandle {
        let fail = act.reform(|(failure, details)| Action::WorkerFailed { failure, details });
        match start() {
            Ok(worker) => WorkerHandle { listeners: listen(&worker, act, &fail), worker: Some(worker) },
            Err(error) => {
                // Later: whoever asked for the worker is still at work.
                let why = message_of(&error);
                Timeout::new(0, move || fail.emit((Failure::NotStarted, why))).forget();
                WorkerHandle { listeners: Vec::new(), worker: None }
            }
        }
    }

    /// Sends a text, or a text and a file's bytes.
    pub fn send(&self, said: &ToWorker) {
        let (Some(worker), Ok(text)) = (&self.worker, serde_json::to_string(said)) else { return };
        let text = JsValue::from_str(&text);
        // Both fail only for what cannot be cloned, and these can.
        let _ = match said {
            ToWorker::Open { bytes, .. } => {
                let bytes = js_sys::Uint8Array::from(&**bytes);
                // The copy goes over to the worker, without another one.
                let goes_over = js_sys::Array::of1(&bytes.buffer());
                worker.post_message_with_transfer(&js_sys::Array::of2(&text, &bytes), &goes_over)
            }
            _ => worker.post_message(&text),
        };
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.listeners.clear();
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}

/// Hears what the worker says, and how it fails.
fn listen(worker: &Worker, act: &Callback<Action>, fail: &Callback<(Failure, String)>) -> Vec<EventListener> {
    let is_up = Rc::new(Cell::new(false));
    let (act, garbled, was_up) = (act.clone(), fail.clone(), is_up.clone());
    let message = move |event: &Event| {
        was_up.set(true);
        let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()).unwrap_or_default();
        match serde_json::from_str::<FromWorker>(&text) {
            Ok(said) => act.emit(Action::FromWorker(said)),
            Err(error) => garbled.emit((Failure::Crashed, error.to_string())),
        }
    };
    let failed = fail.clone();
    let error = move |event: &Event| {
        event.prevent_default();
        failed.emit(failure(event, is_up.get()));
    };
    let garbled = fail.clone();
    let message_error = move |_: &Event| garbled.emit((Failure::Crashed, "messageerror".to_owned()));
    let active = EventListenerOptions::enable_prevent_default();
    vec![
        EventListener::new(worker, "message", message),
        EventListener::new_with_options(worker, "error", active, error),
        EventListener::new(worker, "messageerror", message_error),
    ]
}

/// What an error of the worker means. A script that did not arrive says nothing.
fn failure(event: &Event, is_up: bool) -> (Failure, String) {
    let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
    if !is_up {
        return (Failure::NotStarted, message);
    }
    // A panic tells its own words before this. A program that gets no memory ends without any.
    let is_wordless = ["unreachable", "out of memory", "Out of memory"].iter().any(|sign| message.contains(sign));
    (if is_wordless { Failure::OutOfMemory } else { Failure::Crashed }, message)
}

fn message_of(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

/// scripts/finish-dist writes the worker's address into index.html.
fn start() -> Result<Worker, JsValue> {
    let meta = dom::document().query_selector("meta[name=cachelane-worker]")?;
    let name = meta.and_then(|meta| meta.get_attribute("content")).ok_or("index.html does not name the worker")?;
    if !dom::has_origin() {
        return Worker::new(&proxy_script(&name)?);
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&name, &options)
}

/// What the stand-in does once it has the worker's address: it holds back what the page sends until the worker listens.
/// A classic script, because Chromium starts no module in a frame without an origin; a lost promise would stay in here,
/// an error reaches the page.
const PROXY_SCRIPT: &str = r#"
const early = [];
const hold = (event) => early.push(event);
addEventListener("message", hold);
import(address).then(
  () => {
    removeEventListener("message", hold);
    for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
  },
  (reason) => setTimeout(() => { throw reason; }),
);
"#;

/// The address of a script that takes the worker called `name` from the simulator's site; made once.
fn proxy_script(name: &str) -> Result<String, JsValue> {
    thread_local!(static MADE: RefCell<Option<String>> = const { RefCell::new(None) });
    if let Some(made) = MADE.with_borrow(Clone::clone) {
        return Ok(made);
    }
    let whole = Url::new_with_base(name, &dom::base())?.href();
    let script = format!("const address = {};{PROXY_SCRIPT}", String::from(js_sys::JSON::stringify(&whole.into())?));
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&script.into()), &options)?;
    let made = Url::create_object_url_with_blob(&blob)?;
    MADE.with_borrow_mut(|kept| *kept = Some(made.clone()));
    Ok(made)
}
