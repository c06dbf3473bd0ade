//! A trace that is pasted: it is opened as a file of that text would be.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::phrase::Phrase;
use crate::web::components::context::use_ctx;
use crate::web::components::fold::use_fold;
use crate::web::state::Action;
use crate::web::state::traces::TraceFile;

const TITLE: Phrase = Phrase::fixed("Paste a trace", "트레이스 붙여 넣기");
const HINT: Phrase = Phrase::fixed(
    "What redis-cli MONITOR prints, a table with a header, or one key per line. It does not leave this page.",
    "redis-cli MONITOR 출력, 열 이름이 있는 표, 또는 한 줄에 키 하나. 이 페이지 밖으로 전송되지 않습니다.",
);
const USE: Phrase = Phrase::fixed("Replay this", "이 트레이스 재생");

/// What a pasted trace is called in the scenario.
const NAME: &str = "pasted.txt";

/// A text area for a trace, folded, and the button that opens it.
#[component]
pub fn PasteTrace() -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let (open, ontoggle) = use_fold(false);
    let (area, is_empty) = (use_node_ref(), use_state_eq(|| true));
    let oninput = {
        let is_empty = is_empty.setter();
        Callback::from(move |event: InputEvent| {
            is_empty.set(event.target_unchecked_into::<HtmlTextAreaElement>().value().trim().is_empty());
        })
    };
    // The text stays where it was typed: it may be long.
    let (dispatch, text) = (ctx.dispatch.clone(), area.clone());
    let replay = Callback::from(move |_: MouseEvent| {
        if let Some(area) = text.cast::<HtmlTextAreaElement>() {
            let bytes = area.value().into_bytes().into();
            dispatch.emit(Action::OpenTrace(TraceFile { name: NAME.to_owned(), bytes }));
        }
    });
    html! {
        <details class="options paste" {ontoggle}>
            <summary>{ TITLE.say(w.lang).to_owned() }</summary>
            if open {
                <label for="trace-paste" class="unseen">{ TITLE.say(w.lang).to_owned() }</label>
                <textarea ref={area} id="trace-paste" rows="4" spellcheck="false" autocomplete="off" {oninput} aria-describedby="trace-paste-hint" />
                <p class="soft" id="trace-paste-hint">{ HINT.say(w.lang).to_owned() }</p>
                <p class="buttons"><button type="button" disabled={*is_empty} onclick={replay}>{ USE.say(w.lang).to_owned() }</button></p>
            }
        </details>
    }
}
