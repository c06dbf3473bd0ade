//! The browser's odds and ends, each in one place: the window, the address bar, the clipboard.

use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Document, HtmlElement, Window};

/// The window. The page runs in one; the worker does not use this module.
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The window's document.
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Physical pixels per CSS pixel.
pub fn pixel_ratio() -> f64 {
    window().device_pixel_ratio().clamp(0.5, 4.0)
}

/// The part of the address after `#`, with its `#`, as it stands there; empty where there is none. Whoever reads the link
/// decodes it once, after taking it apart: an `&` or a `+` in a name must not be taken for the link's own.
pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Puts `hash` (with its `#`) into the address bar without a new entry in the history.
pub fn replace_hash(hash: &str) {
    if let Ok(history) = window().history() {
        // Browsers limit how often this may be done; the next change brings the address up to date.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// Opens `hash` (with its `#`) as a new entry of the history, so that Back leads to what was there before.
pub fn push_hash(hash: &str) {
    if self::hash() != hash
        && let Ok(history) = window().history()
    {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(hash)); // see `replace_hash`
    }
}

/// The page's address without what follows `#`.
pub fn address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// Brings the first element that `selector` finds into sight, and gives it the focus, which it has from then on as Tab's
/// place; without one, nothing.
pub fn focus_on(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(part) = found.and_then(|part| part.dyn_into::<HtmlElement>().ok()) {
        part.set_tab_index(-1);
        let _ = part.focus(); // a part that cannot have it leaves the focus where it is
    }
}

/// The same, where the focus is nowhere: what had it is gone.
pub fn focus_if_lost(selector: &str) {
    if document().active_element().is_none_or(|element| element.tag_name() == "BODY") {
        focus_on(selector);
    }
}

/// Whether the focus is in an element that `selector` finds.
pub fn has_focus_within(selector: &str) -> bool {
    let found = document().active_element().and_then(|element| element.closest(selector).ok().flatten());
    found.is_some()
}

/// Whether a dialog stands before the page.
pub fn has_dialog() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some())
}

/// Scrolls to the first element that `selector` finds, if none of it is in sight; without one, nothing.
pub fn bring_into_sight(selector: &str) {
    let Some(part) = document().query_selector(selector).ok().flatten() else { return };
    let (place, window) = (part.get_bounding_client_rect(), window());
    let high = window.inner_height().ok().and_then(|high| high.as_f64()).unwrap_or(f64::MAX);
    if place.bottom() <= 0.0 || place.top() >= high {
        part.scroll_into_view();
    }
}

/// Whether the page has an origin of its own. In a sandboxed frame it has not: then it may start no worker by its
/// address, and has no storage.
pub fn has_origin() -> bool {
    let origin = js_sys::Reflect::get(&js_sys::global(), &"origin".into()).ok().and_then(|origin| origin.as_string());
    origin.as_deref() != Some("null")
}

/// Whether the page stands in a frame of another page.
pub fn is_framed() -> bool {
    let window = window();
    window.parent().ok().flatten().is_some_and(|parent| parent != window)
}

/// After a click with the pointer the focus leaves the button, so that the keys mean the page again; whoever pressed it
/// with a key stays there.
pub fn leave_after_click(event: &web_sys::MouseEvent) {
    if event.detail() > 0
        && let Some(button) = document().active_element().and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        let _ = button.blur(); // nothing had the focus: nothing to leave
    }
}

/// Puts `text` on the clipboard; `done` hears whether it worked.
pub fn copy(text: &str, done: impl Fn(bool) + 'static) {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    if clipboard.is_undefined() {
        return done(false); // not a secure page
    }
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::spawn_local(async move {
        done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// Shows the box of index.html that says the page has stopped, and why.
pub fn report_failure(reason: &str) {
    let failed = js_sys::Reflect::get(&js_sys::global(), &"cachelaneFailed".into());
    if let Some(failed) = failed.ok().and_then(|value| value.dyn_into::<js_sys::Function>().ok()) {
        // It touches the document only; if even that fails there is nobody left to tell.
        let _ = failed.call1(&JsValue::NULL, &JsValue::from_str(reason));
    }
}
