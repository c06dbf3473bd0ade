//! The rest of the page's program, which follows while its first figure moves (`scripts/start.js`).

use gloo_events::EventListener;
use wasm_bindgen::prelude::wasm_bindgen;
use yew::Callback;

use super::dom::window;

#[wasm_bindgen]
extern "C" {
    /// Whether the program that runs is a part; nothing where nobody has divided it.
    #[wasm_bindgen(thread_local_v2, js_name = cachelaneIsPart)]
    static IS_PART: Option<bool>;
}

/// Whether it is there: who needs it waits for nothing.
pub fn is_there() -> bool {
    !IS_PART.with(|part| part.unwrap_or(false))
}

/// Says when it has come, unless the listener is dropped before.
pub fn listen(has_come: Callback<()>) -> EventListener {
    EventListener::once(&window(), "cachelane-whole", move |_| has_come.emit(()))
}
