//! The workers, seen from the page: how they are heard, missed and ended. scripts/start.js starts them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use yew::Callback;

use super::dom;
use super::pool::Pool;
use super::protocol::{FromWorker, ToWorker};
use super::wire;
use crate::web::state::{Action, Failure};

/// The workers of a page, until they are dropped: from outside they are one.
pub struct WorkerHandle {
    workers: Vec<OneWorker>,
    pool: Rc<RefCell<Pool>>,
    act: Callback<Action>,
}

impl WorkerHandle {
    /// Starts the worker that belongs to this build, and later up to `most` of them, as far as there are lanes for them;
    /// `act` hears them.
    pub fn open(act: &Callback<Action>, most: usize) -> WorkerHandle {
        let pool = Rc::new(RefCell::new(Pool::new(most)));
        let mut all = WorkerHandle { workers: Vec::new(), pool, act: act.clone() };
        all.start_up_to(1);
        all
    }

    /// Sends what the page would say to a single worker.
    pub fn send(&mut self, said: ToWorker) {
        let messages = self.pool.borrow_mut().send(said);
        let count = self.pool.borrow().workers();
        self.workers.truncate(count); // what the others hold is of no use to anybody
        self.start_up_to(count);
        for (worker, said) in messages {
            self.workers[worker].send(&said);
        }
    }

    fn start_up_to(&mut self, count: usize) {
        for number in self.workers.len()..count {
            let pool = self.pool.clone();
            let hear = self.act.reform(Action::FromWorker);
            let hear = Callback::from(move |said| {
                let told = pool.borrow_mut().hear(number, said);
                if let Some(told) = told {
                    hear.emit(told);
                }
            });
            let helps = number > 0; // there is another one that could do it all
            let fail = self.act.reform(move |(failure, details)| match failure {
                Failure::NotStarted | Failure::OutOfMemory if helps => Action::HelperFailed,
                _ => Action::WorkerFailed { failure, details },
            });
            self.workers.push(OneWorker::open(hear, fail));
        }
    }
}

/// How many workers the machine is good for: one a processor, but no more than a few, for each has a program of its own.
pub fn most_workers() -> usize {
    const MOST: usize = 4;
    processors().min(MOST)
}

/// How many processors the browser says there are, at least one.
pub(super) fn processors() -> usize {
    (dom::window().navigator().hardware_concurrency() as usize).max(1)
}

/// A worker, until it is dropped.
pub(super) struct OneWorker {
    worker: Option<Worker>,
    // Before the worker's end they are no longer heard.
    listeners: Vec<EventListener>,
}

impl OneWorker {
    /// Starts it; `hear` hears what it says, `fail` how it ends, and its own words if it has any.
    pub(super) fn open(hear: Callback<FromWorker>, fail: Callback<(Failure, String)>) -> OneWorker {
        match start() {
            Ok(worker) => OneWorker { listeners: listen(&worker, hear, &fail), worker: Some(worker) },
            Err(error) => {
                // Later: whoever asked for the worker is still at work.
                let why = message_of(&error);
                Timeout::new(0, move || fail.emit((Failure::NotStarted, why))).forget();
                OneWorker { listeners: Vec::new(), worker: None }
            }
        }
    }

    /// Sends bytes, or bytes and those of a file.
    pub(super) fn send(&self, said: &ToWorker) {
        let (Some(worker), Ok(message)) = (&self.worker, wire::write(said)) else { return };
        let message = js_sys::Uint8Array::from(&*message);
        // Both fail only for what cannot be cloned, and these can.
        let _ = match said {
            ToWorker::Open { bytes, .. } | ToWorker::Hold { bytes, .. } => {
                let bytes = js_sys::Uint8Array::from(&**bytes);
                // The copy goes over to the worker, without another one.
                let goes_over = js_sys::Array::of1(&bytes.buffer());
                worker.post_message_with_transfer(&js_sys::Array::of2(&message, &bytes), &goes_over)
            }
            _ => worker.post_message(&message),
        };
    }
}

impl Drop for OneWorker {
    fn drop(&mut self) {
        self.listeners.clear();
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}

/// Hears what the worker says, and how it fails.
fn listen(worker: &Worker, hear: Callback<FromWorker>, fail: &Callback<(Failure, String)>) -> Vec<EventListener> {
    let is_up = Rc::new(Cell::new(false));
    let (garbled, was_up) = (fail.clone(), is_up.clone());
    let message = move |event: &Event| {
        was_up.set(true);
        let bytes = event.dyn_ref::<MessageEvent>().map(|event| wire::bytes_of(&event.data())).unwrap_or_default();
        match wire::read::<FromWorker>(&bytes) {
            Ok(said) => hear.emit(said),
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

#[wasm_bindgen]
extern "C" {
    /// A worker that has been given the page's own program: scripts/start.js makes it, the first one before it is asked to.
    #[wasm_bindgen(catch, js_name = cachelaneWorker)]
    fn start() -> Result<Worker, JsValue>;
}
