//! For the keyboard: from the top of the page straight to one of its parts.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::stage::words::STAGE;
use crate::phrase::Phrase;
use crate::web::i18n::Words;
use crate::web::platform::dom;

const LABEL: Phrase = Phrase::fixed("Skip to", "바로 가기");

/// Links that are seen only while they have the focus. They are buttons, since the address's `#` is the scenario's.
pub fn skip_links(words: &'static Words) -> Html {
    let parts = [
        (".transport", words.time_controls.to_owned()),
        (".scenes", STAGE.say(words.lang).to_owned()),
        (".figures", words.figures.to_owned()),
        (".scoreboard", words.scoreboard.to_owned()),
        ("#settings", words.controls.to_owned()),
    ];
    let links = parts.into_iter().map(|(selector, name)| {
        let go = move |_: MouseEvent| {
            let found = dom::document().query_selector(selector).ok().flatten();
            if let Some(part) = found.and_then(|part| part.dyn_into::<HtmlElement>().ok()) {
                part.set_tab_index(-1);
                let _ = part.focus(); // a part that cannot have it leaves the focus where it is
            }
        };
        html! { <button type="button" role="link" onclick={Callback::from(go)}>{ name }</button> }
    });
    html! { <nav class="skip" aria-label={LABEL.say(words.lang).to_owned()}>{ for links }</nav> }
}
