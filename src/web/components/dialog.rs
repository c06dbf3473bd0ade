//! What stands before the page until it is closed.

use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::web::platform::dom;
use crate::web::words::Words;

/// What a dialog is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct DialogProps {
    /// Its title.
    pub title: &'static str,
    /// Hears that it should close.
    pub close: Callback<()>,
    /// The language.
    pub words: &'static Words,
    /// What is in it.
    pub children: Html,
}

/// Stands before the page until it is closed; the focus moves into it, and Escape closes it.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let frame = use_node_ref();
    {
        let frame = frame.clone();
        use_effect_with((), move |()| {
            let before = dom::document().active_element().and_then(|e| e.dyn_into::<HtmlElement>().ok());
            if let Some(dialog) = frame.cast::<web_sys::Element>() {
                call(&dialog, "showModal");
            }
            move || {
                if let Some(before) = before {
                    let _ = before.focus(); // gone with what it stood in: the browser then picks
                }
            }
        });
    }
    let close = props.close.reform(|_: MouseEvent| ());
    let on_key = {
        let close = props.close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                close.emit(());
            }
        })
    };
    html! {
        <dialog ref={frame} aria-labelledby="dialog-title" onkeydown={on_key}>
            <div class="dialog-head">
                <h2 id="dialog-title">{ props.title }</h2>
                <button type="button" class="icon" aria-label={props.words.close} onclick={close}>{ "×" }</button>
            </div>
            { props.children.clone() }
        </dialog>
    }
}

fn call(element: &web_sys::Element, method: &str) {
    let function = js_sys::Reflect::get(element, &method.into()).ok();
    if let Some(function) = function.and_then(|f| f.dyn_into::<js_sys::Function>().ok()) {
        let _ = function.call0(element); // already open: nothing to do
    }
}
