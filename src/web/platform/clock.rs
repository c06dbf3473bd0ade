//! A clock that only goes forward, in the page as in the worker: the time of day may be set back while somebody waits.

use wasm_bindgen::JsCast as _;
use web_sys::Performance;

/// Milliseconds since the page or the worker began.
pub fn now_ms() -> f64 {
    thread_local!(static CLOCK: Option<Performance> = js_sys::Reflect::get(&js_sys::global(), &"performance".into())
        .ok()
        .and_then(|clock| clock.dyn_into().ok()));
    // Wherever WebAssembly runs there is such a clock.
    CLOCK.with(|clock| clock.as_ref().map_or(0.0, Performance::now))
}
