//! What stands beside the figures on a wide screen, and on a narrow one is a sheet over its lower half.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::web::i18n::Words;
use crate::web::platform::dom;

/// What a sheet is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SheetProps {
    /// What it is called.
    pub name: &'static str,
    /// Whether it is open, where it is a sheet.
    pub is_open: bool,
    /// Closes it.
    pub close: Callback<()>,
    /// The language.
    pub words: &'static Words,
    /// What is in it.
    pub children: Html,
}

/// The sheet. Opened, it has the focus, and the first figure is in sight above it; Escape closes it.
#[component]
pub fn Sheet(props: &SheetProps) -> Html {
    let closer = use_node_ref();
    {
        let (closer, close) = (closer.clone(), props.close.clone());
        use_effect_with(props.is_open, move |is_open| {
            let listener = is_open.then(|| {
                show_figure();
                focus(closer.cast::<HtmlElement>());
                on_escape(close)
            });
            move || {
                if listener.is_some() {
                    let opener = dom::document().get_element_by_id("settings-button");
                    focus(opener.and_then(|opener| opener.dyn_into().ok()));
                }
            }
        });
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    html! {
        <aside id="settings" class={classes!("controls", props.is_open.then_some("open"))} aria-label={props.name}>
            <div class="sheet-head narrow">
                <b>{ props.name }</b>
                <button type="button" class="icon" ref={closer} aria-label={props.words.close} {onclick}>{ "×" }</button>
            </div>
            { props.children.clone() }
        </aside>
    }
}

fn focus(element: Option<HtmlElement>) {
    if let Some(element) = element {
        let _ = element.focus(); // what is not shown takes no focus
    }
}

fn show_figure() {
    if let Ok(Some(figure)) = dom::document().query_selector(".figures .figure") {
        figure.scroll_into_view();
    }
}

/// Closes at Escape, unless a dialog stands before it; nobody else hears of it then.
fn on_escape(close: Callback<()>) -> EventListener {
    let early = EventListenerOptions::run_in_capture_phase();
    EventListener::new_with_options(&dom::window(), "keydown", early, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>().filter(|event| event.key() == "Escape") else { return };
        if !dom::has_dialog() {
            event.stop_propagation();
            close.emit(());
        }
    })
}
