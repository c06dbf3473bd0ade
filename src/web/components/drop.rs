//! A part of the page on which a file can be dropped.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{File, FileList, Node};
use yew::prelude::*;

/// What a [`FileDrop`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct DropProps {
    /// Hears which file was dropped.
    pub on_file: Callback<File>,
    /// A class of its frame.
    #[prop_or_default]
    pub class: &'static str,
    /// What is in it.
    pub children: Html,
}

/// Takes the file that is dropped on it; while one is dragged over it, it has an outline.
#[component]
pub fn FileDrop(props: &DropProps) -> Html {
    let is_over = use_state_eq(|| false);
    let over = is_over.setter();
    let ondragover = Callback::from(move |event: DragEvent| {
        // A text is for the field that it is dragged over.
        if has_files(&event) {
            event.prevent_default(); // else the browser would open the file itself
            over.set(true);
        }
    });
    let over = is_over.setter();
    let ondragleave = Callback::from(move |event: DragEvent| {
        let frame = event.current_target().and_then(|frame| frame.dyn_into::<Node>().ok());
        let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
        over.set(frame.is_some_and(|frame| to.is_some() && frame.contains(to.as_ref())));
    });
    let (over, on_file) = (is_over.setter(), props.on_file.clone());
    let ondrop = Callback::from(move |event: DragEvent| {
        over.set(false);
        if let Some(file) = first(&event) {
            event.prevent_default();
            on_file.emit(file);
        }
    });
    html! {
        <div class={classes!("drop", props.class, is_over.then_some("over"))} {ondragover} {ondragleave} {ondrop}>
            { props.children.clone() }
        </div>
    }
}

/// Whether files are dragged.
fn has_files(event: &DragEvent) -> bool {
    let types = data(event).and_then(|data| Reflect::get(&data, &"types".into()).ok()?.dyn_into::<Array>().ok());
    types.is_some_and(|types| types.includes(&"Files".into(), 0))
}

/// The first file of those dropped; of a text that was dropped there is none.
fn first(event: &DragEvent) -> Option<File> {
    Reflect::get(&data(event)?, &"files".into()).ok()?.dyn_into::<FileList>().ok()?.get(0)
}

fn data(event: &DragEvent) -> Option<JsValue> {
    Reflect::get(event, &"dataTransfer".into()).ok().filter(JsValue::is_object)
}
