//! What stands before the page until it is closed.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::web::i18n::Words;

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

/// Stands before the page until it is closed. The browser moves the focus into it and back, and closes it at Escape.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let frame = use_node_ref();
    {
        let frame = frame.clone();
        use_effect_with((), move |()| {
            let dialog = frame.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                let _ = dialog.show_modal(); // fails only for one that is open
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close(); // nothing where it is closed already
                }
            }
        });
    }
    let onclick = Callback::from({
        let frame = frame.clone();
        move |_: MouseEvent| {
            if let Some(dialog) = frame.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        }
    });
    let onclose = props.close.reform(|_: Event| ());
    html! {
        <dialog ref={frame} aria-labelledby="dialog-title" closedby="any" {onclose}>
            <div class="dialog-head">
                <h2 id="dialog-title">{ props.title }</h2>
                <button type="button" class="icon" aria-label={props.words.close} {onclick}>{ "×" }</button>
            </div>
            { props.children.clone() }
        </dialog>
    }
}
