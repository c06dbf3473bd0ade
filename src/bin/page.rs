//! The page: what `trunk` builds as the main program of index.html.

#[cfg(target_arch = "wasm32")]
mod page {
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};
    use yew::prelude::*;

    /// The address of the worker that belongs to this build; scripts/finish-dist writes it into index.html.
    fn worker_url() -> Option<String> {
        let meta = web_sys::window()?.document()?.query_selector("meta[name=cachelane-worker]").ok()??;
        meta.get_attribute("content")
    }

    /// Shows the box with the id `boot-error` of index.html, whose script defines `cachelaneFailed`.
    fn report_failure(reason: &str) {
        let failed = js_sys::Reflect::get(&js_sys::global(), &"cachelaneFailed".into());
        if let Some(failed) = failed.ok().and_then(|value| value.dyn_into::<js_sys::Function>().ok()) {
            // It touches the document only; if even that fails there is nobody left to tell.
            let _ = failed.call1(&JsValue::NULL, &JsValue::from_str(reason));
        }
    }

    fn start_worker(on_answer: Callback<String>) -> Result<Worker, JsValue> {
        let url = worker_url().ok_or("index.html has no <meta name=cachelane-worker>")?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&url, &options)?;
        let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            on_answer.emit(event.data().as_string().unwrap_or_default());
        });
        worker.set_onmessage(Some(listen.as_ref().unchecked_ref()));
        listen.forget(); // the worker lives as long as the page
        let stumble = Closure::<dyn FnMut(Event)>::new(|event: Event| {
            event.prevent_default();
            // A worker that panicked says why; one whose script did not arrive says nothing.
            let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            report_failure(&format!("The simulation's worker failed. {}", reason.unwrap_or_default()));
        });
        worker.set_onerror(Some(stumble.as_ref().unchecked_ref()));
        stumble.forget();
        worker.post_message(&JsValue::from_str("hello"))?;
        Ok(worker)
    }

    #[component]
    fn App() -> Html {
        let answer = use_state(|| None::<String>);
        let set = answer.setter();
        use_effect_with((), move |()| {
            let failed = set.clone();
            if let Err(error) = start_worker(Callback::from(move |text| set.set(Some(text)))) {
                failed.set(Some(format!("the worker did not start: {error:?}")));
            }
        });
        html! {
            <main id="page">
                <h1>{ "Cachelane" }</h1>
                <p id="answer">{ answer.as_deref().unwrap_or("…") }</p>
            </main>
        }
    }

    pub fn start() {
        let root = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.get_element_by_id("app"))
            .expect("index.html has an element with the id `app`");
        yew::Renderer::<App>::with_root(root).render();
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    page::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
