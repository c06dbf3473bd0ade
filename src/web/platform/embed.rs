//! An embed's manners: tells its host how high it is, and runs only while it is in sight.

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry, ResizeObserver};
use yew::prelude::*;

use super::dom;

/// What an embed remembers about being seen.
#[derive(Debug, Default)]
pub struct Host {
    /// Whether it was ever started.
    started: bool,
    /// Whether it ran when it was last hidden.
    ran: bool,
}

impl Host {
    /// Whether the run should go on, now that the embed is `seen` or not.
    pub fn resumes(&mut self, seen: bool, runs: bool, waits_for_click: bool) -> bool {
        if !seen {
            self.ran = self.started && runs;
            return false;
        }
        let first = !std::mem::replace(&mut self.started, true);
        if first { !waits_for_click } else { self.ran }
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
    if let Ok(Some(parent)) = dom::window().parent()
        && dom::is_framed()
    {
        let _ = parent.post_message(&message, "*"); // a host that cannot be told keeps its height
    }
}
