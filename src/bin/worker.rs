//! The worker: runs simulations beside the page, so that the page never blocks.

#[cfg(target_arch = "wasm32")]
mod worker {
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    pub fn start() {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let answer = scope.clone();
        let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            let reply = JsValue::from_str(&format!("the worker heard: {text}"));
            // Fails only for what cannot be cloned, and a string can.
            answer.post_message(&reply).expect("a string can be sent");
        });
        scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
        listen.forget(); // the worker listens until the page closes it
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
